"""v(S): one function from coalitions to scores, whichever game it is and whoever computes it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from joblib import effective_n_jobs

from skhypershap.games.coalition_scores import coalition_scores
from skhypershap.games.optimizer_bias import OptimizerComparison, bias_scores
from skhypershap.games.setting import GameContext, learns_from_subsets, sign_of_gain
from skhypershap.parallel import has_other_workers, in_parallel


@dataclass(frozen=True)
class GameSpec:
    """What is asked of a setting.

    Attributes
    ----------
    game : str
        A key of `skhypershap.games.GAMES`.
    baselines : list of dict
        The game is the mean over these configurations.
    config : dict
        What an ablation explains.
    comparison : OptimizerComparison or None
        The optimizers of an optimizer bias.
    """

    game: str
    baselines: list[dict[str, Any]]
    config: dict[str, Any]
    comparison: OptimizerComparison | None = None


@dataclass(frozen=True)
class ValueFunction:
    """What a game is to those who explain it.

    Attributes
    ----------
    game : str
        A key of `skhypershap.games.GAMES`.
    n_players : int
        How many players it has.
    sign : float
        1 where a larger v(S) is a gain, -1 where it is a loss.
    keeps_subsets : bool
        Whether a coalition is worth at least what its subsets are.
    seed : int
        For approximators.
    scores : callable
        v of coalitions given as rows of bools, or of all (None): shape (n_coalitions,), in the metric's
        own units and direction. Of all coalitions bit i of a position says that player i is in it.
    """

    game: str
    n_players: int
    sign: float
    keeps_subsets: bool
    seed: int
    scores: Callable[[np.ndarray | None], np.ndarray]

    def all_scores(self) -> np.ndarray:
        """Values of all 2^n_players coalitions."""
        return self.scores(None)


def scores_of(
    game_spec: GameSpec, context: GameContext, coalitions: np.ndarray | None = None
) -> np.ndarray:
    """Values of some coalitions, or of all; see `ValueFunction.scores`."""
    if game_spec.comparison is not None:
        return bias_scores(game_spec.comparison, context, game_spec.baselines, coalitions)
    if coalitions is not None and has_other_workers(context.n_jobs):
        return _scores_in_batches(game_spec, context, coalitions)
    baselines = context.filled(game_spec.baselines)
    return coalition_scores(game_spec.game, context, baselines, game_spec.config, coalitions)


def _scores_in_batches(
    game_spec: GameSpec, context: GameContext, coalitions: np.ndarray
) -> np.ndarray:
    """A batch of coalitions for each worker; a value does not depend on what it is asked for with."""
    batches = np.array_split(coalitions, effective_n_jobs(context.n_jobs))
    worker = context.with_drawn([game_spec.game]).alone()
    pieces = [(game_spec, worker, batch) for batch in batches if len(batch)]
    what = f"{game_spec.game}, some coalitions"
    found = in_parallel(
        scores_of, pieces, context.n_jobs, what=what, unit="batch", verbose=context.verbose
    )
    return np.concatenate(found)


def value_function(game_spec: GameSpec, context: GameContext) -> ValueFunction:
    """The value function of a question."""
    return ValueFunction(
        game=game_spec.game,
        n_players=context.n_players,
        sign=sign_of_gain(game_spec.game, context.trials),
        keeps_subsets=learns_from_subsets(game_spec.game, context),
        seed=context.seed,
        scores=functools.partial(scores_of, game_spec, context),
    )
