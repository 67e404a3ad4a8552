"""The same game on surrogates of the first trials of a search: how an explanation grows."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from skhypershap.games.setting import GameContext
from skhypershap.games.shared_candidates import with_shared_candidates
from skhypershap.games.value_function import GameSpec
from skhypershap.interactions.bootstrap import bootstrap, solve_draw
from skhypershap.interactions.indices import IndexSpec
from skhypershap.interactions.solve import Explained, solve
from skhypershap.parallel import in_parallel
from skhypershap.surrogate.regressors import SurrogateError

FEWEST = 5  # trials that are worth an explanation
DECISIVE = 0.5  # of the trials: from here on there are more draws than before
SHARES = (0.25, 0.75)  # of the draws, before and after that; all draws for all trials


class Grown(NamedTuple):
    """The explanation of the first trials: of all of them, and of their resamples."""

    n_trials: int
    draws: list[Explained]


def counts_of(n_trials: int, n_points: int) -> list[int]:
    """Numbers of trials to explain, evenly spaced; the last is all trials."""
    shares = np.arange(1, n_points + 1) / n_points
    counts = np.unique(np.ceil(np.round(shares * n_trials, 9)).astype(int))
    return [int(count) for count in counts if count >= min(FEWEST, n_trials)]


def explained_growth(
    game_spec: GameSpec,
    context: GameContext,
    index_spec: IndexSpec,
    n_points: int,
    n_bootstrap: int,
) -> list[Grown]:
    """Explain a game for growing numbers of trials, in the order in which they ran.

    The space, the baseline and the candidates are those of all trials; a surrogate learns from the
    first ones alone, its hyperparameters too. Numbers of trials that the model refuses are left out.

    Parameters
    ----------
    game_spec, context, index_spec
        As in `solve`.
    n_points : int
        How many numbers of trials.
    n_bootstrap : int
        How many resamples of all trials, and fewer of the first ones.
    """
    *counts, everything = counts_of(context.spec.n_source, n_points)
    whole = [solve(game_spec, context, index_spec)]
    shared = with_shared_candidates([game_spec], context, index_spec.max_exact)
    shared = shared.with_samples([game_spec.game])
    resampled = bootstrap([game_spec], shared, index_spec, n_bootstrap)
    worker = shared.alone()
    fitted = in_parallel(
        _of_first,
        [(worker, count) for count in counts],
        context.n_jobs,
        what="history",
        unit="fit",
        verbose=context.verbose,
    )
    usable = [(n, one) for n, one in zip(counts, fitted, strict=True) if one is not None]
    tasks = [
        (game_spec, one, index_spec, draw)
        for count, one in usable
        for draw in range(n_draws(count, everything, n_bootstrap) + 1)
    ]
    solved = iter(
        in_parallel(
            _solved,
            tasks,
            context.n_jobs,
            what="history",
            unit="draw",
            verbose=context.verbose,
        )
    )
    grown = []
    for count, _ in usable:
        draws = [next(solved) for _ in range(n_draws(count, everything, n_bootstrap) + 1)]
        if all(part is not None for part in draws):
            grown.append(Grown(count, draws))
    return [*grown, Grown(everything, whole + [part for (part,) in resampled])]


def n_draws(count: int, n_trials: int, n_bootstrap: int) -> int:
    """How many resamples a number of trials gets: all where they may decide the verdict."""
    share = SHARES[int(count >= DECISIVE * n_trials)]
    return math.ceil(share * n_bootstrap)


def _of_first(context: GameContext, n_trials: int) -> GameContext | None:
    """The same context with a surrogate of the first trials; None where the model refuses them."""
    spec = context.spec.first(n_trials)
    try:
        surrogate = spec.fit_unmeasured(context.seed)
    except SurrogateError:  # such as neighbours, of which there are too few
        return None
    return context._replace(spec=spec, surrogate=surrogate)


def _solved(
    game_spec: GameSpec, context: GameContext, index_spec: IndexSpec, draw: int
) -> Explained | None:
    """Explain the game on the trials of a context, or on a resample of them."""
    if draw == 0:
        return solve(game_spec, context, index_spec)
    try:
        (part,) = solve_draw([game_spec], context, index_spec, draw)
    except SurrogateError:
        return None
    return part
