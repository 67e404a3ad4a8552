"""Where the configurations of a game come from: one, a finite space, or draws from it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from skhypershap.games.best_candidates import best_candidates
from skhypershap.games.line_search import GridLineSearch
from skhypershap.games.setting import GAMES, Config, GameContext, learns_from_subsets, sign_of_gain
from skhypershap.space.encoding import decode
from skhypershap.space.sampling import enumerate_vectors, sample_vectors
from skhypershap.surrogate.blends import Blends

N_STARTS = 4  # of the search for one configuration


class Candidates(NamedTuple):
    """Vectors that are blended with a baseline.

    Attributes
    ----------
    vectors : ndarray of shape (n_candidates, n_columns)
        The candidates, filled.
    probabilities : ndarray of shape (n_candidates,) or None
        Where they differ.
    complete : bool
        Whether there are no others, so that nothing better can be found.
    """

    vectors: np.ndarray
    probabilities: np.ndarray | None = None
    complete: bool = False


def candidates_of(name: str, context: GameContext) -> Candidates:
    """Find the candidates of a game that has many."""
    source, space = GAMES[name].candidates, context.trials.space
    enumerated = enumerate_vectors(space, context.n_samples)
    if enumerated is not None and (source == "search" or enumerated[1] is not None):
        vectors, probabilities = enumerated
        return Candidates(context.surrogate.legality.fill(vectors), probabilities, complete=True)
    drawn = context.drawn
    if drawn is None:
        drawn = sample_vectors(space, context.n_samples, context.seed)
    vectors = context.surrogate.legality.fill(drawn)
    if learns_from_subsets(name, context):
        vectors = np.vstack([vectors, context.filled(context.trials.configs)])
    return Candidates(vectors)


def best_config(context: GameContext, baseline: Config, coalition: np.ndarray) -> Config:
    """Find the configuration that a coalition, a row of bools, would tune the baseline to."""
    surrogate = context.surrogate
    start = context.filled([baseline])
    candidates = candidates_of("tunability", context._replace(optimizer="refine"))
    blends = Blends(candidates.vectors, start[0], context.player_of_column)
    blends = blends.with_baseline_as_candidate()
    sign = sign_of_gain("tunability", context.trials)
    optima = best_candidates(
        surrogate,
        blends,
        coalition[None],
        sign=sign,
        n_starts=N_STARTS,
        n_jobs=context.n_jobs,
        progress=lambda _: None,
    )
    taken = blends.taken(coalition[None])[0]
    known = np.isfinite(optima.values[:, 0])
    points = np.where(taken, blends.candidates[optima.candidates[known, 0]], start[0])
    if not candidates.complete:
        line_search = GridLineSearch(surrogate, context.trials.space, blends, sign)
        free = np.tile(taken & ~line_search.fixed, (len(points), 1))
        points, _ = line_search.ascend(points, free, np.zeros((len(points), 2), dtype=np.int64))
    points = np.vstack([points, start])
    best = points[np.argmax(sign * surrogate.predict(points))]
    config = decode(context.trials.space, surrogate.legality.legal(best[None]))[0]
    # What stays is the baseline's own value, without what rounding to a number and back does to it.
    stays = [name for name, mine in zip(context.trials.space, taken, strict=True) if not mine]
    return config | {name: baseline[name] for name in stays if name in config and name in baseline}
