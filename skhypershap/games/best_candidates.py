"""The best a coalition can score: among candidates, and by line search from the best of them.

Candidates alone understate what tuning can gain, and may break the theory's promise that a larger
coalition never scores less. `refine` keeps the promise: it goes through the coalitions by size, starts
from what subsets have found and from a coalition's own best candidates, and moves one column at a
time to its best legal value until nothing improves (coordinate ascent, see `skhypershap.climbers`).
Where only some coalitions are asked for, each starts from its own best candidates.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from skhypershap.games.line_search import LineSearch
from skhypershap.parallel import in_threads
from skhypershap.surrogate.blends import (
    Blends,
    all_coalitions,
    player_halves,
    positions_without,
)
from skhypershap.surrogate.surrogate import Surrogate

STARTS = 4 << 10  # of all coalitions together: four each for ten players, one from twelve on
ENOUGH, MOST = 8, 32  # starts of one coalition; more than enough where there are few coalitions
FEW_COALITIONS = 1 << 9
BATCH = 1 << 10  # coalitions that climb between two signs of life
MOST_SUBSETS = 4  # whose incumbents a coalition starts from
POINTS_PER_TASK = 64  # in one call of a thread


class Optima(NamedTuple):
    """What candidates offer, in the sense that larger is better (scores may be negated).

    Attributes
    ----------
    values : ndarray of shape (n_starts, n_coalitions)
        Best scores of each coalition, one from each of some groups of candidates, best first; -inf
        where there are fewer groups.
    candidates : ndarray of shape (n_starts, n_coalitions), dtype int64
        Whose blends these are.
    """

    values: np.ndarray
    candidates: np.ndarray


def best_candidates(
    surrogate: Surrogate,
    blends: Blends,
    coalitions: np.ndarray | None = None,
    *,
    sign: float,
    n_starts: int,
    n_jobs: int | None,
    progress: Callable[[int], object],
) -> Optima:
    """Find the best candidates of each coalition.

    Parameters
    ----------
    surrogate, blends, coalitions, n_jobs
        As in `Surrogate.coalition_blocks`.
    sign : float
        1 to maximise, -1 to minimise: what scores are multiplied by.
    n_starts : int
        How many candidates of each coalition, the best of a block of candidates each.
    progress : callable
        Told how many blends have been scored.
    """
    n_coalitions = blends.n_coalitions if coalitions is None else len(coalitions)
    values = np.full((n_starts, n_coalitions), -np.inf)
    winners = np.zeros((n_starts, n_coalitions), dtype=np.int64)
    blocks = surrogate.coalition_optima(blends, coalitions, sign=sign, n_jobs=n_jobs)
    for numbers, n_members, best, who in blocks:
        if n_starts == 1:
            better = best > values[0, numbers]
            values[0, numbers] = np.where(better, best, values[0, numbers])
            winners[0, numbers] = np.where(better, who, winners[0, numbers])
        else:
            joint = np.vstack([values[:, numbers], best])
            order = np.argsort(-joint, axis=0, kind="stable")[:n_starts]
            values[:, numbers] = np.take_along_axis(joint, order, axis=0)
            whose = np.vstack([winners[:, numbers], who])
            winners[:, numbers] = np.take_along_axis(whose, order, axis=0)
        progress(n_members * len(best))
    return Optima(values, winners)


def starts_of(n_players: int) -> int:
    """How many climbs a coalition is worth: the same, whichever coalitions it is asked for with."""
    n_coalitions = 1 << n_players
    few = min(MOST, FEW_COALITIONS // n_coalitions)
    return max(1, min(STARTS // n_coalitions, max(ENOUGH, few)))


def monotone(values: np.ndarray) -> np.ndarray:
    """Let each coalition keep what its subsets found: their blends are legal for it, too."""
    values = values.copy()
    for without, within in player_halves(values):
        np.maximum(without, within, out=within)
    return values


class _Start(NamedTuple):
    """From where coalitions climb; the first axes are coalitions and starts of each."""

    points: np.ndarray
    scores: np.ndarray
    turns: np.ndarray


def refine(
    line_search: LineSearch,
    optima: Optima,
    coalitions: np.ndarray | None = None,
    *,
    n_jobs: int | None,
    progress: Callable[[int], object],
) -> np.ndarray:
    """Climb from the best blends of each coalition, and of all coalitions from what subsets found.

    Parameters
    ----------
    line_search : LineSearch
        For the surrogate and the blends.
    optima : Optima
        The best blends of candidates.
    coalitions : ndarray of shape (n_coalitions, n_players), dtype bool, optional
        As in `best_candidates`.
    n_jobs : int or None
        As in scikit-learn.
    progress : callable
        Told how many coalitions have climbed.

    Returns
    -------
    ndarray of shape (n_coalitions,)
        Values in the sense of `optima`, none smaller than there.
    """
    values = optima.values[0].copy()
    n_players = len(values).bit_length() - 1 if coalitions is None else coalitions.shape[1]
    n_starts = starts_of(n_players)
    if coalitions is not None:
        for first in range(0, len(values), BATCH):
            some = np.arange(first, min(first + BATCH, len(values)))
            taken = line_search.blends.taken(coalitions[some])
            free = taken & ~line_search.fixed
            start = _from_candidates(line_search, optima, some, taken, n_starts)
            _, found = _climb_all(line_search, start, free, n_jobs)
            values[some] = np.maximum(values[some], found.max(axis=1))
            progress(len(some))
        return values

    numbers = np.arange(len(values))
    is_member = all_coalitions(n_players)
    sizes = is_member.sum(axis=1)
    incumbents = np.tile(line_search.blends.baseline, (len(values), 1))
    for size in range(n_players + 1):
        level = numbers[sizes == size]
        taken = line_search.blends.taken(is_member[level])
        free = taken & ~line_search.fixed
        start = _from_candidates(line_search, optima, level, taken, n_starts)
        if size > 0:
            members = np.nonzero(is_member[level])[1].reshape(len(level), size)
            learned = _from_subsets(line_search, values, incumbents, level, members, free, n_starts)
            joined = [np.concatenate(parts, axis=1) for parts in zip(learned, start, strict=True)]
            start = _Start(*joined)
        rows = np.arange(len(level))
        best = np.argmax(start.scores, axis=1)
        values[level], incumbents[level] = start.scores[rows, best], start.points[rows, best]
        if n_starts == 1:
            start = _Start(*(part[rows, best][:, None] for part in start))
        points, found = _climb_all(line_search, start, free, n_jobs)
        best = np.argmax(found, axis=1)
        better = found[rows, best] > values[level]
        values[level[better]] = found[rows, best][better]
        incumbents[level[better]] = points[rows, best][better]
        progress(len(level))
    return values


def _from_candidates(
    line_search: LineSearch, optima: Optima, level: np.ndarray, taken: np.ndarray, n_starts: int
) -> _Start:
    """Best blends of candidates with the baseline; at least one, even if subsets fill the number."""
    blends = line_search.blends
    n_own = min(len(optima.values), max(1, n_starts - MOST_SUBSETS))
    own, scores = optima.candidates[:n_own, level].T, optima.values[:n_own, level].T
    legal = taken[:, None, :] & np.isfinite(scores)[:, :, None]  # a forbidden blend is no start
    points = np.where(legal, blends.candidates[own], blends.baseline)
    return _Start(points, scores, np.zeros((*own.shape, 2), dtype=np.int64))


def _from_subsets(
    line_search: LineSearch,
    values: np.ndarray,
    incumbents: np.ndarray,
    level: np.ndarray,
    members: np.ndarray,
    free: np.ndarray,
    n_starts: int,
) -> _Start:
    """Incumbents of the best subsets that lack one member, whose columns move first.

    All other columns are at their best already and need not move unless these do.
    """
    subsets = positions_without(level[:, None], members)
    n_subsets = min(members.shape[1], MOST_SUBSETS, max(1, n_starts - 1))
    order = np.argsort(-values[subsets], axis=1, kind="stable")[:, :n_subsets]
    newcomers = np.take_along_axis(members, order, axis=1)
    subsets = np.take_along_axis(subsets, order, axis=1)
    owned = (line_search.blends.player_of_column == newcomers[:, :, None]) & free[:, None, :]
    first, n_settled = np.argmax(owned, axis=2), free.sum(axis=1)[:, None] - owned.sum(axis=2)
    return _Start(incumbents[subsets], values[subsets], np.stack([first, n_settled], axis=2))


def _climb_all(
    line_search: LineSearch, start: _Start, free: np.ndarray, n_jobs: int | None
) -> tuple[np.ndarray, np.ndarray]:
    """Climb from all starts; points and scores as in these, -inf where nothing is better."""
    shape = start.points.shape
    points = start.points.reshape(-1, shape[2])
    turns = start.turns.reshape(-1, 2)
    free = np.repeat(free, shape[1], axis=0)

    def ascend(first: int) -> tuple[np.ndarray, np.ndarray]:
        part = slice(first, first + POINTS_PER_TASK)
        return line_search.ascend(points[part], free[part], turns[part])

    parts = list(in_threads(ascend, range(0, len(points), POINTS_PER_TASK), n_jobs))
    climbed = np.concatenate([part[0] for part in parts]).reshape(shape)
    return climbed, np.concatenate([part[1] for part in parts]).reshape(shape[:2])
