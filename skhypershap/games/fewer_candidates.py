"""Fewer candidates for games of many players: those that their searches need.

With many players most random candidates start no search. Line search finds about the same from a tenth
of them (evenly spread, and the best trials), if the optima of some coalitions are added: what is
best for the whole coalition, or for one of a similar size, is a good start for most others. So some
coalitions, the *pilots*, are searched first, each from several starts.
"""

from __future__ import annotations

import numpy as np

from skhypershap.arrays import Coalitions, Vectors
from skhypershap.games.best_candidates import best_candidates
from skhypershap.games.candidates import best_trials, candidates_of
from skhypershap.games.line_search import line_search_in_vectors
from skhypershap.games.refinement import refine
from skhypershap.games.setting import GameContext, learns_from_subsets, sign_of_search
from skhypershap.surrogate.blends import Blends

MANY_PLAYERS = 13  # one search for each coalition, or fewer; below, candidates cost little
N_SPREAD, N_TRIALS = 800, 200  # of all candidates, and of the best trials
N_PILOTS, STARTS_OF_PILOT = 64, 8


def with_fewer_candidates(name: str, context: GameContext, blends: Blends) -> Blends:
    """The same blends with the candidates that searches need; of few candidates all.

    Parameters
    ----------
    name : str
        A key of `GAMES`, of a game that searches.
    context : GameContext
        What the games of an explainer share.
    blends : Blends
        All candidates.
    """
    candidates = blends.candidates
    if not _needs_few(name, context):
        return blends
    if len(candidates) > N_SPREAD + N_TRIALS:
        spread = candidates[np.linspace(0, len(candidates) - 1, N_SPREAD).astype(int)]
        known = best_trials(name, context, N_TRIALS)
        blends = blends.with_candidates(np.vstack([spread, known]))
        blends = blends.with_baseline_as_candidate()
    return blends.with_candidates(
        np.vstack([blends.candidates, _optima_of_pilots(name, context, blends)])
    )


def with_few_candidates_once(name: str, context: GameContext, baselines: Vectors) -> GameContext:
    """The same context with the candidates of `with_fewer_candidates`, for several calls of a game.

    They do not depend on the coalitions that are asked for, and take longer to find than these.
    """
    if not learns_from_subsets(name, context) or not _needs_few(name, context):
        return context
    candidates = candidates_of(name, context)
    if candidates.complete:
        return context
    few = {}
    for baseline in baselines:
        blends = Blends(candidates.vectors, baseline, context.player_of_column)
        blends = with_fewer_candidates(name, context, blends.with_baseline_as_candidate())
        few[baseline.tobytes()] = blends.candidates
    return context._replace(few=few)


def _needs_few(name: str, context: GameContext) -> bool:
    """Whether there are many players, and no candidates that were chosen already."""
    is_chosen = context.few is not None or name in (context.shared or {})
    return context.n_players >= MANY_PLAYERS and not is_chosen


def _optima_of_pilots(name: str, context: GameContext, blends: Blends) -> Vectors:
    """Vectors that are optimal for some coalitions, the whole one among them."""
    sign, pilots = sign_of_search(name, context.trials), _pilots(context)
    best = best_candidates(
        context.surrogate,
        blends,
        pilots,
        sign=sign,
        n_best=STARTS_OF_PILOT,
        n_jobs=context.n_jobs,
        progress=lambda _: None,
    )
    found = refine(
        line_search_in_vectors(context.surrogate, context.trials.space, blends, sign=sign),
        best,
        pilots,
        n_starts=STARTS_OF_PILOT,
        n_jobs=context.n_jobs,
        progress=lambda _: None,
    )
    optima: Vectors = np.unique(found.points[np.isfinite(found.values)], axis=0)
    return optima


def _pilots(context: GameContext) -> Coalitions:
    """The coalition of all players, and others of all sizes."""
    generator = np.random.default_rng([context.seed, context.n_players])
    shares = np.linspace(0, 1, N_PILOTS)[:, None]
    pilots: Coalitions = generator.random((N_PILOTS, context.n_players)) < shares
    return pilots
