"""Candidates that all resamples of a bootstrap share: what was good for the surrogate of all trials.

A resample's surrogate is much like that of all trials. So its searches start where that one has its
optima, and compare fewer candidates: those that were among the best of any coalition, and some of
the others, evenly spread. Line search from there finds about what it finds from all candidates (see
`python -m benchmarks resamples`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from skhypershap.arrays import Vectors
from skhypershap.games.best_candidates import best_candidates
from skhypershap.games.candidates import candidates_of, evenly
from skhypershap.games.line_search import line_search_in_vectors
from skhypershap.games.refinement import n_starts_for, optima_of
from skhypershap.games.setting import GameContext, learns_from_subsets, sign_of_search
from skhypershap.surrogate.blends import Blends

if TYPE_CHECKING:
    from skhypershap.games.value_function import GameSpec

N_SPREAD = 300  # of all candidates
N_BEST = 2  # of each coalition
MOST_OPTIMA = 1 << 10  # of more coalitions some, evenly spread


def with_shared_candidates(
    game_specs: Sequence[GameSpec], context: GameContext, max_exact: int
) -> GameContext:
    """The same context with candidates for the games that search, unless it has them already.

    Parameters
    ----------
    game_specs : sequence of GameSpec
        The games that resamples play.
    context : GameContext
        With the surrogate of all trials.
    max_exact : int
        Up to this many players all coalitions are evaluated. Of more there are no optima to share.
    """
    if context.shared is not None or context.n_players > max_exact:
        return context
    shared = {}
    for game_spec in game_specs:
        if learns_from_subsets(game_spec.game, context):
            found = _shared(game_spec, context)
            if found is not None:
                shared[game_spec.game] = found
    return context._replace(shared=shared)


def _shared(game_spec: GameSpec, context: GameContext) -> Vectors | None:
    """Candidates of one game; None where they are all configurations, so that there is no search."""
    game, n_players = game_spec.game, context.n_players
    candidates = candidates_of(game, context)
    if candidates.complete:
        return None
    spread = evenly(candidates.vectors, N_SPREAD)
    parts = [spread]
    for baseline in context.filled(game_spec.baselines):
        blends = Blends(candidates.vectors, baseline, context.player_of_column)
        blends = blends.with_baseline_as_candidate()
        sign = sign_of_search(game, context.trials)
        best = best_candidates(
            context.surrogate,
            blends,
            sign=sign,
            n_best=n_starts_for(n_players),
            n_jobs=context.n_jobs,
            progress=_quiet,
        )
        is_winner = np.isfinite(best.values[:N_BEST])
        winners = np.unique(best.positions[:N_BEST][is_winner])
        search = line_search_in_vectors(context.surrogate, context.trials.space, blends, sign=sign)
        optima = optima_of(search, best, n_jobs=context.n_jobs)
        parts += [blends.candidates[winners], evenly(np.unique(optima, axis=0), MOST_OPTIMA)]
    return np.vstack(parts)


def _quiet(_: int) -> None:
    pass
