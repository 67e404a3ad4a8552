"""v(S) as one function from coalitions to scores, for every game and every way to compute it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from joblib import effective_n_jobs

from skhypershap.arrays import Coalitions, Scores
from skhypershap.games.coalition_scores import check_all_fit, coalition_scores
from skhypershap.games.fewer_candidates import with_few_candidates_once
from skhypershap.games.optimizer_bias import OptimizerComparison, bias_scores
from skhypershap.games.setting import GAMES, GameContext, learns_from_subsets, sign_of_gain
from skhypershap.parallel import has_other_workers, in_parallel
from skhypershap.space.encoding import Config
from skhypershap.trials.inferred_clauses import without_broken, without_infeasible


@dataclass(frozen=True)
class GameSpec:
    """Which game, of which configurations.

    Attributes
    ----------
    game : str
        A key of `skhypershap.games.GAMES`.
    baselines : list of dict
        The game is the mean over these configurations.
    config : dict
        The configuration that an ablation explains.
    comparison : OptimizerComparison or None
        The optimizers of the game "optimizer_bias".
    """

    game: str
    baselines: list[Config]
    config: Config
    comparison: OptimizerComparison | None = None


@dataclass(frozen=True)
class ValueFunction:
    """A game as a function from coalitions to scores, with what is needed to explain it.

    Attributes
    ----------
    game : str
        A key of `skhypershap.games.GAMES`.
    n_players : int
        Number of players.
    sign : float
        1 where a larger v(S) is a gain, -1 where it is a loss.
    keeps_subsets : bool
        Whether a coalition scores at least as well as its subsets.
    seed : int
        Seeds approximators.
    scores : callable
        v of some coalitions, of shape (n_coalitions, n_players), or of all (None): shape
        (n_coalitions,), in the metric's own units and direction. Of all coalitions bit i of a position
        is set if player i is in the coalition.
    """

    game: str
    n_players: int
    sign: float
    keeps_subsets: bool
    seed: int
    scores: Callable[[Coalitions | None], Scores]

    def all_scores(self) -> Scores:
        """Values of all 2^n_players coalitions.

        Raises
        ------
        ValueError
            If they do not fit into memory.
        """
        check_all_fit(self.n_players)
        return self.scores(None)


def context_for(game_spec: GameSpec, context: GameContext) -> GameContext:
    """The context of one game: without inferred clauses that the configurations it blends break.

    An ablation proposes nothing: it compares configurations that the user gave, and what always failed
    binds only what we propose. An optimizer needs a baseline that is legal in its space. The other games
    keep the clauses: tuning cannot move within what always failed, only out of it. Clauses that
    constraints lead to are for games that look for an optimum.
    """
    candidates = GAMES[game_spec.game].candidates
    if candidates in ("config", "distribution"):  # these look for no optimum
        context = context.with_trials(without_infeasible(context.trials))
    if candidates not in ("config", "optimizers"):
        return context
    configs = [*game_spec.baselines, *([game_spec.config] if candidates == "config" else [])]
    return context.with_trials(without_broken(context.trials, configs))


def scores_of(
    game_spec: GameSpec, context: GameContext, coalitions: Coalitions | None = None
) -> Scores:
    """Values of some coalitions, or of all; see `ValueFunction.scores`."""
    context = context_for(game_spec, context)
    if game_spec.comparison is not None:
        return bias_scores(game_spec.comparison, context, game_spec.baselines, coalitions)
    if coalitions is not None and has_other_workers(context.n_jobs):
        return _scores_in_batches(game_spec, context, coalitions)
    baselines = context.filled(game_spec.baselines)
    return coalition_scores(game_spec.game, context, baselines, game_spec.config, coalitions)


def _scores_in_batches(game_spec: GameSpec, context: GameContext, coalitions: Coalitions) -> Scores:
    """Split coalitions among the workers; the value of one does not depend on the others."""
    batches = np.array_split(coalitions, effective_n_jobs(context.n_jobs))
    worker = context.with_samples([game_spec.game]).alone()
    tasks = [(game_spec, worker, batch) for batch in batches if len(batch)]
    what = f"{game_spec.game}, some coalitions"
    found = in_parallel(
        scores_of, tasks, context.n_jobs, what=what, unit="batch", verbose=context.verbose
    )
    return np.concatenate(found)


def value_function(game_spec: GameSpec, context: GameContext) -> ValueFunction:
    """The value function of a game."""
    return ValueFunction(
        game=game_spec.game,
        n_players=context.n_players,
        sign=sign_of_gain(game_spec.game, context.trials),
        keeps_subsets=learns_from_subsets(game_spec.game, context),
        seed=context.seed,
        scores=_Scores(game_spec, context),
    )


@dataclass(frozen=True)
class _Scores:
    """`scores_of` one game, which finds its candidates once where calls ask for some coalitions."""

    game_spec: GameSpec
    context: GameContext

    def __call__(self, coalitions: Coalitions | None = None) -> Scores:
        """See `ValueFunction.scores`."""
        asks_all = coalitions is None or not coalitions.any()
        return scores_of(self.game_spec, self.context if asks_all else self._prepared, coalitions)

    @functools.cached_property
    def _prepared(self) -> GameContext:
        if self.game_spec.comparison is not None:
            return self.context
        context = context_for(self.game_spec, self.context)
        baselines = context.filled(self.game_spec.baselines)
        return with_few_candidates_once(self.game_spec.game, context, baselines)
