"""Coordinate ascent: exact line search for forests, a grid per line for other models."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from ConfigSpace import ConfigurationSpace

from skhypershap.arrays import Booleans, Floats, Integers, Positions, Scores, Vectors
from skhypershap.games.conditional_line_search import ConditionalLineSearch
from skhypershap.games.legal_values import legal_values, nearest_legal
from skhypershap.games.process_line_search import ProcessLineSearch
from skhypershap.space.domains import legal_numbers
from skhypershap.surrogate.blends import Blends
from skhypershap.surrogate.conditional import ConditionalSurrogate
from skhypershap.surrogate.kernels.forest import FlatForest, column_ranks, ranks_of
from skhypershap.surrogate.rules import penalty_of, with_penalties
from skhypershap.surrogate.surrogate import PREDICT_ROWS, Surrogate
from skhypershap.surrogate.warped import WarpedSurrogate

GRID = 32  # points on a line
ZOOMS = 3  # finer grids, each between the two neighbours of the best point
FINER = np.array([-0.8, -0.6, -0.4, -0.2, 0.2, 0.4, 0.6, 0.8])  # steps of the grid before
MANY_CHOICES = 4 * GRID  # of a discrete hyperparameter; up to this many all are evaluated

Points = npt.NDArray[Any]
"""Vectors in the numbers of a line search, of shape (n_points, n_columns)."""


class LineSearch(Protocol):
    """Coordinate ascent from given points: one column at a time moves to its best legal value.

    Points stand for vectors, in whatever numbers suit the surrogate: a forest uses ranks, a grid the
    vectors themselves. For another kind of surrogate, write a class with these two attributes and this
    method, and choose it in `line_search_for`.

    Attributes
    ----------
    blends : Blends
        The candidates and the baseline as points.
    fixed : ndarray of shape (n_columns,), dtype bool
        Columns that the search cannot move. Callers never set them free.
    """

    blends: Blends
    fixed: Booleans

    def ascend(self, points: Points, free: Booleans, turns: Integers) -> tuple[Points, Scores]:
        """Move each point, in cycles through its free columns, until no column improves it.

        Parameters
        ----------
        points : ndarray of shape (n_points, n_columns)
            Where to start; not changed.
        free : ndarray of shape (n_points, n_columns), dtype bool
            Which columns of a point may move.
        turns : ndarray of shape (n_points, 2), dtype int
            The column that moves first, and how many free columns are at their best value already, and
            need not move unless another one does. Zeros where nothing is known.

        Returns
        -------
        points : ndarray of shape (n_points, n_columns)
            Where the search ends.
        scores : ndarray of shape (n_points,)
            sign * score there, where larger is better; -inf for a point that did not move. The score of
            a point depends neither on the other points nor on the number of calls.
        """


def line_search_for(
    surrogate: Surrogate, space: ConfigurationSpace, blends: Blends, *, sign: float
) -> LineSearch:
    """Choose the line search of a surrogate: exact for trees, on a grid for any other model.

    Parameters
    ----------
    surrogate : Surrogate
        Scores points.
    space : ConfigSpace.ConfigurationSpace
        Its hyperparameters have the legal values of each column.
    blends : Blends
        Filled vectors from which searches start.
    sign : float
        1 to maximise, -1 to minimise.
    """
    if isinstance(surrogate, ConditionalSurrogate):
        return ConditionalLineSearch(surrogate, space, blends, sign)
    if isinstance(surrogate, WarpedSurrogate) and surrogate.process is not None:
        return ProcessLineSearch(surrogate, space, blends, sign)
    if surrogate.forest is not None and surrogate.forest.thresholds:
        return ForestLineSearch(surrogate, space, blends, sign)
    return GridLineSearch(surrogate, space, blends, sign)


def line_search_in_vectors(
    surrogate: Surrogate, space: ConfigurationSpace, blends: Blends, *, sign: float
) -> LineSearch:
    """As `line_search_for`, but points are vectors, which can become configurations."""
    search = line_search_for(surrogate, space, blends, sign=sign)
    if isinstance(search, ForestLineSearch):
        return ForestVectorSearch(search, search.forest, space, blends)
    return search


class ForestLineSearch:
    """A `LineSearch` that is exact on each line of a forest.

    Points are ranks. A rank stands for an interval between two thresholds of a column, in which the
    forest is constant; ranks without a legal value are never entered.
    """

    def __init__(
        self, surrogate: Surrogate, space: ConfigurationSpace, blends: Blends, sign: float
    ) -> None:
        from skhypershap.surrogate.kernels.tree_walk import plan_walk

        assert surrogate.forest is not None
        self.sign = sign
        self.forest = forest = with_penalties(surrogate.forest, surrogate.legality, sign)
        # Forbidden points are below it.
        self.worst = sign * forest.offset - penalty_of(surrogate.forest) / 2
        self.walk = plan_walk(
            forest, blends.candidates[:0], blends.baseline, blends.player_of_column
        )
        self.blends = Blends(
            candidates=ranks_of(forest, blends.candidates).T,
            baseline=ranks_of(forest, blends.baseline[None])[:, 0],
            player_of_column=blends.player_of_column[: len(forest.thresholds)],
        )
        # Ranks cannot express clauses that compare two columns, so these columns stay.
        related = np.array(surrogate.legality.related_columns(), dtype=int)
        self.fixed = np.isin(np.arange(len(self.blends.baseline)), related)
        next_legal = self._next_legal_ranks(forest, space)
        self.first_rank = np.concatenate([[0], np.cumsum([len(ranks) for ranks in next_legal])])
        self.next_legal = np.concatenate(next_legal).astype(np.int32)

    def _next_legal_ranks(self, forest: FlatForest, space: ConfigurationSpace) -> list[Integers]:
        """For each rank of each column the lowest rank from there on that has a legal value.

        One more than the highest rank where there is none. Ranks of the candidates are legal.
        """
        next_legal: list[Integers] = []
        for column, (hyperparameter, thresholds) in enumerate(
            zip(space.values(), forest.thresholds, strict=False)
        ):
            numbers = legal_numbers(hyperparameter, _probes(thresholds))
            is_legal = np.zeros(len(thresholds) + 1, dtype=bool)
            is_legal[column_ranks(forest, column, numbers)] = True
            is_legal[self.blends.candidates[:, column]] = True
            ranks = np.where(is_legal, np.arange(len(is_legal)), len(is_legal))
            next_legal.append(np.minimum.accumulate(ranks[::-1])[::-1])
        return next_legal

    def ascend(self, points: Points, free: Booleans, turns: Integers) -> tuple[Points, Scores]:
        """See `LineSearch`."""
        from skhypershap.surrogate.kernels.coordinate_ascent import ascend, line_buffers

        walk, points = self.walk, points.copy()
        scores = np.empty(len(points))
        ascend(
            walk.roots,
            walk.nodes,
            walk.values,
            self.sign,
            self.next_legal,
            self.first_rank,
            line_buffers(
                int(np.diff(self.first_rank).max()), walk.deepest, len(walk.roots), points.shape[1]
            ),
            free,
            turns,
            points,
            scores,
        )
        scores += self.sign * walk.offset
        scores[scores < self.worst] = -np.inf
        return points, scores


class ForestVectorSearch:
    """A `LineSearch` through a forest whose points are vectors.

    A column that moves takes a legal value of its new rank, in the middle of the interval if that is
    legal.

    Parameters
    ----------
    in_ranks : LineSearch
        Whose points are ranks of the forest.
    forest : FlatForest
        With the thresholds that divide ranks.
    space : ConfigurationSpace
        Its hyperparameters have the legal values of each column.
    blends : Blends
        Filled vectors.
    """

    def __init__(
        self, in_ranks: LineSearch, forest: FlatForest, space: ConfigurationSpace, blends: Blends
    ) -> None:
        self.in_ranks = in_ranks
        self.forest = forest
        self.space = space
        self.blends = blends
        self._known: dict[int, tuple[Integers, Floats]] = {}
        n_unused = len(blends.baseline) - len(forest.thresholds)
        self.fixed = np.append(in_ranks.fixed, np.ones(n_unused, dtype=bool))

    def ascend(self, points: Points, free: Booleans, turns: Integers) -> tuple[Points, Scores]:
        """See `LineSearch`."""
        ranks = ranks_of(self.forest, points).T
        n_used = ranks.shape[1]
        free = np.ascontiguousarray(free[:, :n_used])
        moved, scores = self.in_ranks.ascend(ranks, free, turns)
        points = points.copy()
        for column in range(n_used):
            rows = np.flatnonzero(moved[:, column] != ranks[:, column])
            if len(rows):
                known, numbers = self._values_of_ranks(column)
                points[rows, column] = numbers[np.searchsorted(known, moved[rows, column])]
        return points, scores

    def _values_of_ranks(self, column: int) -> tuple[Integers, Floats]:
        """The ranks of a column that have a legal value, and such a value for each."""
        if column not in self._known:
            self._known[column] = self._found_values_of_ranks(column)
        return self._known[column]

    def _found_values_of_ranks(self, column: int) -> tuple[Integers, Floats]:
        hyperparameter = list(self.space.values())[column]
        numbers = legal_numbers(hyperparameter, _probes(self.forest.thresholds[column]))
        numbers = np.concatenate([numbers, self.blends.candidates[:, column]])
        known, first = np.unique(column_ranks(self.forest, column, numbers), return_index=True)
        return known, numbers[first]


def _probes(thresholds: Floats) -> Floats:
    """Numbers in each interval between thresholds; some trees split at infinity to find NaN."""
    middles = (thresholds[1:] + thresholds[:-1]) / 2
    probes: Floats = np.concatenate([[0.0], thresholds, middles, [1.0]])
    return np.clip(probes, 0.0, 1.0)


class GridLineSearch:
    """A `LineSearch` that asks the surrogate for a grid of legal values on each line.

    Points are vectors. Where there is a forest, the grid has one value in each interval between its
    thresholds. Otherwise finer grids follow around the best value of a column that has many.
    """

    def __init__(
        self, surrogate: Surrogate, space: ConfigurationSpace, blends: Blends, sign: float
    ) -> None:
        self.surrogate = surrogate
        self.sign = sign
        self.blends = blends
        self.fixed = np.zeros(len(blends.baseline), dtype=bool)
        self.legal = legal_values(space)
        self.grids = [
            _grid(hyperparameter, column, surrogate.forest)
            for column, hyperparameter in enumerate(space.values())
        ]

    def ascend(self, points: Points, free: Booleans, turns: Integers) -> tuple[Points, Scores]:
        """See `LineSearch`."""
        points = points.copy()
        current = self._gains(points)
        scores = np.full(len(points), -np.inf)
        column, n_settled = turns[:, 0].copy(), turns[:, 1].copy()
        n_free = free.sum(axis=1)
        while (active := np.flatnonzero(n_settled < n_free)).size:
            for rows in _grouped_by(column, active):
                here = column[rows[0]]
                moving = rows[free[rows, here]]
                if len(moving):
                    numbers, best = self._best_on_line(points[moving], here)
                    n_settled[moving] += 1
                    better = best > current[moving]
                    moved = moving[better]
                    points[moved, here] = numbers[better]
                    current[moved] = scores[moved] = best[better]
                    n_settled[moved] = 1
                column[rows] = (here + 1) % points.shape[1]
        return points, scores

    def _gains(self, points: Vectors) -> Scores:
        """Sign * score, where larger is better; -inf where a point is forbidden."""
        gains = self.sign * self.surrogate.predict(points)
        legality = self.surrogate.legality
        if not legality.forbids:
            return gains
        return np.where(legality.forbidden(points), -np.inf, gains)

    def _best_on_line(self, points: Vectors, column: int) -> tuple[Floats, Scores]:
        """The best value of a column for each point, and its gain."""
        numbers = np.tile(self.grids[column], (len(points), 1))
        best, gains = self._best_of(points, column, numbers)
        step = self._step(column)
        for _ in range(ZOOMS if step > 0 else 0):
            near = nearest_legal(best[:, None] + step * FINER, self.legal[column])
            found, found_gains = self._best_of(points, column, near)
            better = found_gains > gains
            best, gains = np.where(better, found, best), np.where(better, found_gains, gains)
            step *= FINER[-1] - FINER[-2]
        return best, gains

    def _step(self, column: int) -> float:
        """Distance of neighbours on a grid, if there are better values between them; or 0."""
        grid, legal, forest = self.grids[column], self.legal[column], self.surrogate.forest
        has_steps = forest is not None and column < len(forest.thresholds)
        if has_steps or (legal is not None and len(legal) <= len(grid)):
            return 0.0
        return float(np.diff(grid).max())

    def _best_of(self, points: Vectors, column: int, numbers: Floats) -> tuple[Floats, Scores]:
        """The best of some values of a column, of shape (n_points, n_values), and its gain."""
        vectors = np.repeat(points, numbers.shape[1], axis=0)
        vectors[:, column] = numbers.ravel()
        starts = range(0, len(vectors), PREDICT_ROWS)
        gains = [self._gains(vectors[start : start + PREDICT_ROWS]) for start in starts]
        scores = np.concatenate(gains).reshape(numbers.shape)
        rows, best = np.arange(len(points)), np.argmax(scores, axis=1)
        return numbers[rows, best], scores[rows, best]


def _grid(hyperparameter: Any, column: int, forest: FlatForest | None) -> Floats:
    """The legal values of a column that are compared on a line."""
    if forest is not None and column < len(forest.thresholds):
        numbers: Floats = legal_numbers(hyperparameter, _probes(forest.thresholds[column]))
        ranks = column_ranks(forest, column, numbers)
        return numbers[np.unique(ranks, return_index=True)[1]]
    numbers = np.unique(legal_numbers(hyperparameter, np.linspace(0, 1, GRID)))
    if len(numbers) > MANY_CHOICES:
        numbers = numbers[:: -(-len(numbers) // GRID)]
    return numbers


def _grouped_by(keys: Integers, rows: Positions) -> list[Positions]:
    """Split rows by their key."""
    return [rows[keys[rows] == key] for key in np.unique(keys[rows])]
