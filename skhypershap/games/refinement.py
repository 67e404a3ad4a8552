"""The best that a coalition can score: line search from its best candidates.

Candidates alone underestimate what tuning can gain, and may violate what the theory guarantees, that a
larger coalition never scores less. `refine` restores the guarantee: it processes the coalitions by size,
starts from the optima of their subsets and from their own best candidates, and moves one column at a
time to its best legal value until nothing improves (coordinate ascent, see `line_search`). If only some
coalitions are asked for, each starts from its own best candidates.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from skhypershap.arrays import Booleans, Coalitions, Floats, Integers, Positions, Scores
from skhypershap.games.best_candidates import BestCandidates
from skhypershap.games.line_search import LineSearch, Points
from skhypershap.parallel import in_threads
from skhypershap.surrogate.blends import coalitions_at, player_halves, positions_without

ALL_STARTS = 4 << 10  # of all coalitions together: four each for ten players, one from twelve on
ENOUGH_STARTS, MOST_STARTS = 8, 32  # of one coalition; more than enough if coalitions are few
FEW_COALITIONS = 1 << 9
MOST_SEARCHES = 1 << 14  # of all columns: of more coalitions a part, evenly spread
GOLDEN, WORD = np.uint64(2654435769), np.uint64((1 << 32) - 1)  # of multiplicative hashing
ALL_SEARCHED = 4  # players of coalitions that are all searched in all columns
MOST_SUBSETS = 4  # whose optima a coalition starts from
BATCH = 1 << 10  # coalitions between two progress updates
OF_ONE_SIZE = 1 << 13  # the same where all coalitions are searched: some MB
POINTS_PER_TASK = 64  # of a thread


class Starts(NamedTuple):
    """Where searches start, and what is known there.

    Attributes
    ----------
    points : ndarray of shape (n_coalitions, n_starts, n_columns)
        In the numbers of the line search.
    scores : ndarray of shape (n_coalitions, n_starts)
        sign * score, where larger is better; -inf if there is no such start.
    turns : ndarray of shape (n_coalitions, n_starts, 2)
        As in `LineSearch.ascend`.
    """

    points: Points
    scores: Floats
    turns: Integers


class Refined(NamedTuple):
    """What a search has found for each coalition.

    Attributes
    ----------
    values : ndarray of shape (n_coalitions,)
        sign * score, where larger is better.
    points : ndarray of shape (n_coalitions, n_columns)
        Where it is attained, in the numbers of the line search.
    """

    values: Scores
    points: Points


def n_starts_for(n_players: int) -> int:
    """Number of searches for each coalition, whether all coalitions are asked for or some."""
    n_coalitions = 1 << n_players
    few = min(MOST_STARTS, FEW_COALITIONS // n_coalitions)
    return max(1, min(ALL_STARTS // n_coalitions, max(ENOUGH_STARTS, few)))


def monotone(values: Scores) -> Scores:
    """Raise the value of each coalition to the best of its subsets, whose blends it could use too."""
    values = values.copy()
    for without, within in player_halves(values):
        np.maximum(without, within, out=within)
    return values


def monotone_optima(found: Refined) -> Refined:
    """The same, and each coalition takes the point of the subset whose value it takes."""
    values = found.values.copy()
    winners = np.arange(len(values))
    for (without, within), (position_without, position_within) in zip(
        player_halves(values), player_halves(winners), strict=True
    ):
        better = without > within
        within[better] = without[better]
        position_within[better] = position_without[better]
    return Refined(values, found.points[winners])


def refine(
    line_search: LineSearch,
    best: BestCandidates,
    coalitions: Coalitions | None = None,
    *,
    n_starts: int,
    n_jobs: int | None,
    progress: Callable[[int], object],
) -> Refined:
    """Search from the best candidates and, if all coalitions are asked for, the optima of subsets.

    Parameters
    ----------
    line_search : LineSearch
        For the surrogate and the blends.
    best : BestCandidates
        Of the coalitions.
    coalitions : ndarray of shape (n_coalitions, n_players), dtype bool, optional
        Which coalitions; by default all.
    n_starts : int
        Number of searches for each coalition.
    n_jobs : int or None
        As in scikit-learn.
    progress : callable
        Called with the number of coalitions that have been processed since its last call.

    Returns
    -------
    Refined
        No value is smaller than in `best`.
    """
    if coalitions is None:
        return _refine_all(line_search, best, n_starts, n_jobs, progress)
    values: Scores = best.values[0].copy()
    optima = np.tile(line_search.blends.baseline, (len(values), 1))
    for first in range(0, len(values), BATCH):
        some = np.arange(first, min(first + BATCH, len(values)))
        taken = line_search.blends.taken(coalitions[some])
        starts = _from_candidates(line_search, best, some, taken, n_starts)
        optima[some] = starts.points[:, 0]
        points, scores = _ascend(line_search, starts, taken & ~line_search.fixed, n_jobs)
        _keep_better(values, optima, some, points, scores)
        progress(len(some))
    return Refined(values, optima)


def optima_of(line_search: LineSearch, best: BestCandidates, *, n_jobs: int | None) -> Points:
    """Search for all coalitions, and return the best point of each."""
    n_starts = len(best.values)
    return _refine_all(line_search, best, n_starts, n_jobs, progress=lambda _: None).points


def _refine_all(
    line_search: LineSearch,
    best: BestCandidates,
    n_starts: int,
    n_jobs: int | None,
    progress: Callable[[int], object],
) -> Refined:
    """Refine all coalitions, one size after the other."""
    values: Scores = best.values[0].copy()
    n_players = len(values).bit_length() - 1
    sizes = np.bitwise_count(np.arange(len(values)))
    optima = np.tile(line_search.blends.baseline, (len(values), 1))
    found = Refined(values, optima)
    for size in range(n_players + 1):
        of_size = np.flatnonzero(sizes == size)
        for first in range(0, len(of_size), OF_ONE_SIZE):
            some = of_size[first : first + OF_ONE_SIZE]
            _refine_some(line_search, best, found, some, n_starts, n_jobs)
            progress(len(some))
    return found


def _refine_some(
    line_search: LineSearch,
    best: BestCandidates,
    found: Refined,
    some: Positions,
    n_starts: int,
    n_jobs: int | None,
) -> None:
    """Refine some coalitions of one size, whose subsets are refined already; in place."""
    values, optima = found
    coalitions = coalitions_at(some, len(values).bit_length() - 1)
    rows, size = np.arange(len(some)), int(coalitions[0].sum())
    taken = line_search.blends.taken(coalitions)
    free = taken & ~line_search.fixed
    starts = _from_candidates(line_search, best, some, taken, n_starts)
    if size > 0:
        players = np.nonzero(coalitions)[1].reshape(len(some), size)
        inherited = _from_subsets(line_search, values, optima, some, players, free, n_starts)
        n_inherited = inherited.scores.shape[1]
        starts = Starts(
            *(np.concatenate(pair, axis=1) for pair in zip(inherited, starts, strict=True))
        )
    top = np.argmax(starts.scores, axis=1)
    values[some], optima[some] = starts.scores[rows, top], starts.points[rows, top]
    if n_starts == 1:
        points, scores, turns = starts
        best_only = rows, top, None
        starts = Starts(points[best_only], scores[best_only], turns[best_only])
        if size > ALL_SEARCHED:
            is_short = (top < n_inherited) & _is_left_out(some, len(values))
            free[is_short] &= _of_first_player(line_search, starts.turns[is_short, 0, 0])
            starts.turns[is_short, 0, 1] = 0
    points, scores = _ascend(line_search, starts, free, n_jobs)
    _keep_better(values, optima, some, points, scores)


def _is_left_out(positions: Positions, n_coalitions: int) -> Booleans:
    """Whether coalitions, if there are too many, are searched along the joining player only.

    Their supersets inherit what the others find; the choice looks random and is the same for all runs.
    """
    share = MOST_SEARCHES / n_coalitions
    chance = (positions.astype(np.uint64) * GOLDEN & WORD).astype(float) / float(WORD)
    left_out: Booleans = chance >= share
    return left_out


def _of_first_player(line_search: LineSearch, columns: Integers) -> Booleans:
    """Columns that belong to the same player as another one, of shape (n_points, n_columns)."""
    player_of = line_search.blends.player_of_column
    same: Booleans = player_of == player_of[columns][:, None]
    return same


def _keep_better(
    values: Scores, optima: Points, some: Positions, points: Points, scores: Floats
) -> None:
    """Take what searches have found for some coalitions, where it is better; in place."""
    rows, top = np.arange(len(some)), np.argmax(scores, axis=1)
    better = scores[rows, top] > values[some]
    values[some[better]] = scores[rows, top][better]
    optima[some[better]] = points[rows, top][better]


def _from_candidates(
    line_search: LineSearch, best: BestCandidates, some: Positions, taken: Booleans, n_starts: int
) -> Starts:
    """Start from the best candidates of some coalitions: at least one, next to the subsets' optima."""
    blends = line_search.blends
    n_best = min(len(best.values), max(1, n_starts - MOST_SUBSETS))
    positions, scores = best.positions[:n_best, some].T, best.values[:n_best, some].T
    # Where the score is -inf the blend is forbidden: the baseline is the start.
    usable = taken[:, None, :] & np.isfinite(scores)[:, :, None]
    points = np.where(usable, blends.candidates[positions], blends.baseline)
    return Starts(points, scores, np.zeros((*positions.shape, 2), dtype=np.int64))


def _from_subsets(
    line_search: LineSearch,
    values: Scores,
    optima: Points,
    some: Positions,
    players: Integers,
    free: Booleans,
    n_starts: int,
) -> Starts:
    """Start from the optima of the best subsets that lack one player, whose columns move first.

    All other columns are at their best already and need not move unless these do. `players` are those
    of each coalition, of shape (n_coalitions, size).
    """
    subsets = positions_without(some[:, None], players)
    n_subsets = min(players.shape[1], MOST_SUBSETS, max(1, n_starts - 1))
    order = np.argsort(-values[subsets], axis=1, kind="stable")[:, :n_subsets]
    joining = np.take_along_axis(players, order, axis=1)
    subsets = np.take_along_axis(subsets, order, axis=1)
    joins = (line_search.blends.player_of_column == joining[:, :, None]) & free[:, None, :]
    first, n_settled = np.argmax(joins, axis=2), free.sum(axis=1)[:, None] - joins.sum(axis=2)
    return Starts(optima[subsets], values[subsets], np.stack([first, n_settled], axis=2))


def _ascend(
    line_search: LineSearch, starts: Starts, free: Booleans, n_jobs: int | None
) -> tuple[Points, Floats]:
    """Search from all starts; points and scores as in these, -inf where a point did not move."""
    shape = starts.points.shape
    points = starts.points.reshape(-1, shape[2])
    turns = starts.turns.reshape(-1, 2)
    free = np.repeat(free, shape[1], axis=0)

    def ascend(first: int) -> tuple[Points, Scores]:
        part = slice(first, first + POINTS_PER_TASK)
        return line_search.ascend(points[part], free[part], turns[part])

    parts = list(in_threads(ascend, range(0, len(points), POINTS_PER_TASK), n_jobs))
    moved = np.concatenate([part[0] for part in parts]).reshape(shape)
    return moved, np.concatenate([part[1] for part in parts]).reshape(shape[:2])
