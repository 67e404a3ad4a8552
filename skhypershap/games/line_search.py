"""Who climbs: exact line search through a forest, and a grid on each line for any other model."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from ConfigSpace import ConfigurationSpace

from skhypershap.space.conditions import Legality
from skhypershap.space.domains import legal_numbers
from skhypershap.surrogate.blends import Blends
from skhypershap.surrogate.kernels.forest import FlatForest, add_trees, column_ranks, ranks_of
from skhypershap.surrogate.rules import clauses_of
from skhypershap.surrogate.surrogate import PREDICT_ROWS, Surrogate

GRID = 32
FENCE = 2.0  # times all that a forest could add up to
MANY_CHOICES = 4 * GRID  # of a finite hyperparameter; fewer are all tried


class LineSearch(Protocol):
    """Moves points uphill."""

    blends: Blends  # of points
    fixed: np.ndarray  # columns that stay where they are, of shape (n_columns,), dtype bool

    def ascend(
        self, points: np.ndarray, free: np.ndarray, turn: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Moved points and what they score; -inf where none is better.

        See `skhypershap.surrogate.kernels.coordinate_ascent.ascend`.
        """


def line_search_for(
    surrogate: Surrogate,
    space: ConfigurationSpace,
    blends: Blends,
    *,
    sign: float,
) -> LineSearch:
    """Exact for a surrogate of trees, on a grid for any other."""
    if surrogate.forest is not None and surrogate.forest.thresholds:
        return ForestLineSearch(surrogate, space, blends, sign)
    return GridLineSearch(surrogate, space, blends, sign)


class ForestLineSearch:
    """Points are ranks: cells of the forest that hold a legal value."""

    def __init__(
        self,
        surrogate: Surrogate,
        space: ConfigurationSpace,
        blends: Blends,
        sign: float,
    ) -> None:
        from skhypershap.surrogate.kernels.tree_walk import plan_walk

        assert surrogate.forest is not None
        self.sign = sign
        forest = _fenced(surrogate.forest, surrogate.legality, sign)
        self.walk = plan_walk(
            forest, blends.candidates[:0], blends.baseline, blends.player_of_column
        )
        self.blends = Blends(
            candidates=ranks_of(forest, blends.candidates).T,
            baseline=ranks_of(forest, blends.baseline[None])[:, 0],
            player_of_column=blends.player_of_column[: len(forest.thresholds)],
        )
        related = np.array(surrogate.legality.related_columns(), dtype=int)
        self.fixed = np.isin(
            np.arange(len(self.blends.baseline)), related
        )  # no tree can tell these
        legal = []
        for column, (hyperparameter, levels) in enumerate(
            zip(space.values(), forest.thresholds, strict=False)
        ):
            numbers = legal_numbers(hyperparameter, _probes(levels))
            is_legal = np.zeros(len(levels) + 1, dtype=bool)
            is_legal[column_ranks(forest, column, numbers)] = True
            is_legal[self.blends.candidates[:, column]] = True
            where = np.where(is_legal, np.arange(len(is_legal)), len(is_legal))
            legal.append(np.minimum.accumulate(where[::-1])[::-1])
        self.first_rank = np.concatenate([[0], np.cumsum([len(ranks) for ranks in legal])])
        self.next_legal = np.concatenate(legal).astype(np.int32)

    def ascend(
        self, points: np.ndarray, free: np.ndarray, turn: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """See `LineSearch`."""
        from skhypershap.surrogate.kernels.coordinate_ascent import ascend, line_buffers

        walk, points = self.walk, points.copy()
        found = np.empty(len(points))
        ascend(
            walk.roots,
            walk.nodes,
            walk.values,
            self.sign,
            self.next_legal,
            self.first_rank,
            line_buffers(int(np.diff(self.first_rank).max()), walk.deepest),
            free,
            turn,
            points,
            found,
        )
        return points, found + self.sign * walk.offset


def _probes(levels: np.ndarray) -> np.ndarray:
    """Numbers in each cell of a column; a tree that only tells what is missing splits at infinity."""
    middles = (levels[1:] + levels[:-1]) / 2
    return np.clip(np.concatenate([[0.0], levels, middles, [1.0]]), 0.0, 1.0)


def _fenced(forest: FlatForest, legality: Legality, sign: float) -> FlatForest:
    """Add trees that make forbidden points worse than any legal one."""
    if not legality.forbids:
        return forest
    clauses = clauses_of(legality, forest.dtype)
    fence = FENCE * (np.abs(forest.value).sum() + 1)
    tables = [clauses.table(number, -sign * fence) for number in range(len(clauses.roots))]
    return add_trees(forest, tables, n_columns=len(legality.space))


class GridLineSearch:
    """Points are vectors; on a line a model is asked for a grid of legal values.

    The grid has a value in each cell of a forest, where there is one.
    """

    def __init__(
        self,
        surrogate: Surrogate,
        space: ConfigurationSpace,
        blends: Blends,
        sign: float,
    ) -> None:
        self.surrogate = surrogate
        self.sign = sign
        self.blends = blends
        self.fixed = np.zeros(len(blends.baseline), dtype=bool)
        self.grids = []
        forest = surrogate.forest
        for column, hyperparameter in enumerate(space.values()):
            if forest is not None and column < len(forest.thresholds):
                numbers = legal_numbers(hyperparameter, _probes(forest.thresholds[column]))
                cells = column_ranks(forest, column, numbers)
                self.grids.append(numbers[np.unique(cells, return_index=True)[1]])
                continue
            numbers = np.unique(legal_numbers(hyperparameter, np.linspace(0, 1, GRID)))
            if len(numbers) > MANY_CHOICES:
                numbers = numbers[:: -(-len(numbers) // GRID)]
            self.grids.append(numbers)

    def ascend(
        self, points: np.ndarray, free: np.ndarray, turn: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """See `LineSearch`."""
        points = points.copy()
        scores = self._gains(points)
        found = np.full(len(points), -np.inf)
        column, idle = turn[:, 0].copy(), turn[:, 1].copy()
        n_free = free.sum(axis=1)
        while (active := np.flatnonzero(idle < n_free)).size:
            for rows in _of_equal(column, active):
                here = column[rows[0]]
                rows_free = rows[free[rows, here]]
                if len(rows_free):
                    numbers, best = self._best_on_line(points[rows_free], here)
                    idle[rows_free] += 1
                    better = best > scores[rows_free]
                    moved = rows_free[better]
                    points[moved, here] = numbers[better]
                    scores[moved] = found[moved] = best[better]
                    idle[moved] = 1
                column[rows] = (here + 1) % points.shape[1]
        return points, found

    def _gains(self, points: np.ndarray) -> np.ndarray:
        """Scores in the sense that larger is better, -inf where a point is forbidden."""
        gains = self.sign * self.surrogate.predict(points)
        legality = self.surrogate.legality
        if not legality.forbids:
            return gains
        return np.where(legality.forbidden(points), -np.inf, gains)

    def _best_on_line(self, points: np.ndarray, column: int) -> tuple[np.ndarray, np.ndarray]:
        grid = self.grids[column]
        vectors = np.repeat(points, len(grid), axis=0)
        vectors[:, column] = np.tile(grid, len(points))
        steps = range(0, len(vectors), PREDICT_ROWS)
        gains = [self._gains(vectors[start : start + PREDICT_ROWS]) for start in steps]
        scores = np.concatenate(gains).reshape(len(points), len(grid))
        best = np.argmax(scores, axis=1)
        return grid[best], scores[np.arange(len(points)), best]


def _of_equal(keys: np.ndarray, rows: np.ndarray) -> list[np.ndarray]:
    """Split rows by their key."""
    return [rows[keys[rows] == key] for key in np.unique(keys[rows])]
