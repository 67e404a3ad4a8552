"""v(S): one function from coalitions to scores, whichever game it is and whoever computes it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from joblib import effective_n_jobs

from skhypershap.bias import Contest, bias_scores
from skhypershap.games import Setting, coalition_scores, learns_from_subsets, sign_of_gain
from skhypershap.parallel import has_other_workers, in_parallel


@dataclass(frozen=True)
class Question:
    """What is asked of a setting.

    Attributes
    ----------
    game : str
        A key of `skhypershap.games.GAMES`.
    baselines : list of dict
        The game is the mean over these configurations.
    config : dict
        What an ablation explains.
    contest : Contest or None
        The optimizers of an optimizer bias.
    """

    game: str
    baselines: list[dict[str, Any]]
    config: dict[str, Any]
    contest: Contest | None = None


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
    question: Question, setting: Setting, coalitions: np.ndarray | None = None
) -> np.ndarray:
    """Values of some coalitions, or of all; see `ValueFunction.scores`."""
    if question.contest is not None:
        return bias_scores(question.contest, setting, question.baselines, coalitions)
    if coalitions is not None and has_other_workers(setting.n_jobs):
        return _scores_in_batches(question, setting, coalitions)
    baselines = setting.filled(question.baselines)
    return coalition_scores(question.game, setting, baselines, question.config, coalitions)


def _scores_in_batches(question: Question, setting: Setting, coalitions: np.ndarray) -> np.ndarray:
    """A batch of coalitions for each worker; a value does not depend on what it is asked for with."""
    batches = np.array_split(coalitions, effective_n_jobs(setting.n_jobs))
    worker = setting.with_drawn([question.game]).alone()
    pieces = [(question, worker, batch) for batch in batches if len(batch)]
    what = f"{question.game}, some coalitions"
    found = in_parallel(
        scores_of, pieces, setting.n_jobs, what=what, unit="batch", verbose=setting.verbose
    )
    return np.concatenate(found)


def value_function(question: Question, setting: Setting) -> ValueFunction:
    """The value function of a question."""
    return ValueFunction(
        game=question.game,
        n_players=setting.n_players,
        sign=sign_of_gain(question.game, setting.trials),
        keeps_subsets=learns_from_subsets(question.game, setting),
        seed=setting.seed,
        scores=functools.partial(scores_of, question, setting),
    )
