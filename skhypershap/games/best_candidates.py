"""The best candidates of each coalition: what its players can gain with values of a candidate."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from skhypershap.arrays import Coalitions, Integers, ScoreTable
from skhypershap.surrogate.blends import Blends
from skhypershap.surrogate.surrogate import Surrogate


class BestCandidates(NamedTuple):
    """The best blends of each coalition.

    Attributes
    ----------
    values : ndarray of shape (n_best, n_coalitions)
        sign * score, where larger is better, of the best blends of each coalition, best first. At most
        one from each of some groups of candidates; -inf where there are fewer groups.
    positions : ndarray of shape (n_best, n_coalitions), dtype int64
        Index of the candidate that attains each value.
    """

    values: ScoreTable
    positions: Integers


def best_candidates(
    surrogate: Surrogate,
    blends: Blends,
    coalitions: Coalitions | None = None,
    *,
    sign: float,
    n_best: int,
    n_jobs: int | None,
    progress: Callable[[int], object],
) -> BestCandidates:
    """Find the best candidates of each coalition.

    Parameters
    ----------
    surrogate, blends, coalitions, n_jobs
        As in `Surrogate.coalition_blocks`.
    sign : float
        1 to maximise, -1 to minimise.
    n_best : int
        How many candidates of each coalition, at most one from each block of candidates.
    progress : callable
        Called with the number of blends that have been scored since its last call.
    """
    n_coalitions = blends.n_coalitions if coalitions is None else len(coalitions)
    values = np.full((n_best, n_coalitions), -np.inf)
    positions = np.zeros((n_best, n_coalitions), dtype=np.int64)
    blocks = surrogate.coalition_optima(blends, coalitions, sign=sign, n_jobs=n_jobs)
    for some, n_candidates, gains, winners in blocks:
        if n_best == 1:
            better = gains > values[0, some]
            values[0, some] = np.where(better, gains, values[0, some])
            positions[0, some] = np.where(better, winners, positions[0, some])
        else:
            all_gains = np.vstack([values[:, some], gains])
            all_winners = np.vstack([positions[:, some], winners])
            order = np.argsort(-all_gains, axis=0, kind="stable")[:n_best]
            values[:, some] = np.take_along_axis(all_gains, order, axis=0)
            positions[:, some] = np.take_along_axis(all_winners, order, axis=0)
        progress(n_candidates * len(gains))
    return BestCandidates(values, positions)
