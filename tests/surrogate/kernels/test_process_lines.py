import numba
import numpy as np
import pytest

from skhypershap.surrogate.averaged import WarpedMean
from skhypershap.surrogate.hyperparameters import Hyperparameters
from skhypershap.surrogate.kernels import line_tables, process_lines
from skhypershap.surrogate.kernels.forest import Table, flatten, ranks_of
from skhypershap.surrogate.kernels.tree_walk import plan_walk
from skhypershap.surrogate.process import ProductProcess, predict_flat
from skhypershap.surrogate.trees import flat_forest

MANY = np.arange(1000) / 999
LEGAL = [None, MANY, np.arange(3.0), np.arange(5.0)]
SPANS = np.array([1.0, 1.0, 1.0, 4.0])


def _points(n_points, seed):
    generator = np.random.default_rng(seed)
    points = generator.random((n_points, 4)).astype(np.float32).astype(float)
    points[:, 1] = generator.choice(MANY, n_points)
    points[:, 2] = generator.integers(3, size=n_points)
    points[:, 3] = generator.integers(5, size=n_points)
    return points


@pytest.fixture(scope="module")
def model():
    X = _points(70, seed=0)
    y = np.sin(5 * X[:, 0]) + X[:, 1] * (X[:, 2] == 1) + X[:, 3] * X[:, 0] / 4
    return WarpedMean([2], SPANS, random_state=0).fit(X, y)


class Lines:
    """A line search over parts of a model: trees, the process, or both, and their slow twin."""

    def __init__(self, model, trees=True, process=True, fence=None):
        self.forest = flat_forest(model.forest_)
        flat = model.process_.flat_
        self.flat = flat if process else flat._replace(weights=0 * flat.weights, offset=0.0)
        if fence is not None:
            self.forest = fence
        self.is_used = trees or fence is not None
        self.plan = line_tables.plan_lines(
            self.flat, LEGAL, self.forest.thresholds, self.forest.dtype
        )

    def score(self, points):
        found = predict_flat(self.flat, points)
        if self.is_used:
            ranks = ranks_of(self.forest, points)
            node = np.tile(self.forest.roots, (len(points), 1))
            rows = np.arange(len(points))[:, None]
            while (self.forest.left[node] >= 0).any():
                low = ranks[self.forest.column[node], rows] <= self.forest.rank[node]
                below = np.where(low, self.forest.left[node], self.forest.right[node])
                node = np.where(below >= 0, below, node)
            found = found + self.forest.value[node].sum(axis=1) + self.forest.offset
        return found

    def ascend(self, points, free=None, sign=1.0):
        walk = plan_walk(self.forest, points[:0], points[0], np.arange(4))
        moved, found = points / SPANS, np.empty(len(points))
        ranks = np.zeros(points.shape, dtype=np.int32)
        known = ranks_of(self.forest, points).T
        ranks[:, : known.shape[1]] = known
        process_lines.ascend(
            walk.roots if self.is_used else walk.roots[:0],
            walk.nodes,
            walk.values,
            sign,
            self.plan,
            line_tables.room_of(self.plan, walk.deepest),
            1e-6,
            np.ones(points.shape, dtype=bool) if free is None else free,
            np.zeros((len(points), 2), dtype=np.int64),
            moved,
            ranks,
            found,
        )
        offset = self.flat.offset + (walk.offset if self.is_used else 0.0)
        return moved * SPANS, found + sign * offset

    def dense_lines(self, point):
        """The point, and others along each of its lines."""
        for column, legal in enumerate(LEGAL):
            values = np.linspace(0, 1, 5001) if legal is None else legal
            rows = np.repeat(point[None], len(values), axis=0)
            rows[:, column] = values
            yield rows


PARTS = {"both": (True, True), "process": (False, True), "trees": (True, False)}


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize("name", PARTS)
def test_found_is_the_score_of_where_points_end(model, name, sign):
    lines = Lines(model, *PARTS[name])
    points = _points(20, seed=1)
    ended, found = lines.ascend(points, sign=sign)
    moved = np.isfinite(found)
    assert moved.mean() > 0.8
    np.testing.assert_allclose(sign * lines.score(ended)[moved], found[moved], atol=1e-9)
    assert (found[moved] > sign * lines.score(points)[moved]).all()
    np.testing.assert_array_equal(ended[~moved], points[~moved])


@pytest.mark.parametrize("name", PARTS)
def test_no_line_has_anything_better(model, name):
    lines = Lines(model, *PARTS[name])
    ended, _ = lines.ascend(_points(10, seed=2))
    spread = np.ptp(lines.score(_points(500, seed=3)))
    for point in ended:
        best = max(lines.score(rows).max() for rows in lines.dense_lines(point))
        assert best <= lines.score(point[None])[0] + 1e-3 * spread


def test_points_stay_legal_and_held_columns_stay(model):
    points = _points(30, seed=4)
    free = np.random.default_rng(0).random(points.shape) < 0.5
    ended, _ = Lines(model).ascend(points, free)
    np.testing.assert_array_equal(ended[~free], points[~free])
    assert ((ended[:, 0] >= 0) & (ended[:, 0] <= 1)).all()
    for column in (1, 2, 3):
        away = np.abs(ended[:, column, None] - LEGAL[column]).min(axis=1)
        assert away.max() < 1e-12


def test_a_fence_keeps_points_out(model):
    # Forbidden: the second column above 0.4 together with the second or third choice.
    table = Table(
        left=np.array([1, -1, 3, -1, -1]),
        right=np.array([2, -1, 4, -1, -1]),
        column=np.array([1, 0, 2, 0, 0]),
        threshold=np.array([0.4, 0, 0.5, 0, 0]),
        value=np.array([0.0, 0.0, 0.0, 0.0, -100.0]),
        missing_left=np.ones(5, dtype=bool),
    )
    fence = flatten([table], weight=1.0, offset=0.0, dtype=np.float32)
    points = _points(60, seed=5)
    points = points[(points[:, 1] <= 0.4) | (points[:, 2] < 0.5)]
    ended, found = Lines(model, trees=False, fence=fence).ascend(points)
    assert ((ended[:, 1] <= 0.4) | (ended[:, 2] < 0.5)).all()
    assert (found[np.isfinite(found)] > -50).all()


def test_cells_are_where_the_forest_says(model):
    forest = flat_forest(model.forest_)
    plan = line_tables.plan_lines(model.process_.flat_, LEGAL, forest.thresholds, forest.dtype)
    first, last = plan.first_rank[:2]
    for ends in (plan.lowest[first:last][1:], plan.highest[first:last][:-1]):
        vectors = np.zeros((len(ends), 4))
        vectors[:, 0] = ends
        shift = 1 if ends[0] == plan.lowest[first + 1] else 0
        filled = plan.lowest[first:last] <= plan.highest[first:last]
        expected = np.arange(len(ends)) + shift
        keep = filled[expected]
        np.testing.assert_array_equal(ranks_of(forest, vectors)[0][keep], expected[keep])


@numba.njit
def set_grid_scores(line, room, column, other, value):
    """Parts of kernels can be called by kernels only."""
    process_lines._set(line.pairs, line.columns, other, value, room.factors)
    process_lines._multiply_others(line.weights, room.factors, column, room.others)
    process_lines._set_grid_scores(
        -1.0,
        room.others,
        line.tables,
        line.spreads,
        line.firsts,
        column,
        room.at_nodes,
        room.scores,
    )


@pytest.mark.parametrize("length", [0.05, 0.3, 2.0, 30.0])
def test_scores_at_grid_values_follow_from_fewer_nodes(length):
    """The slow twin: the process itself at each grid value."""
    generator = np.random.default_rng(0)
    X = generator.random((40, 2))
    learned = Hyperparameters(np.array([length, 1.0]), 1.0, 1e-3)
    process = ProductProcess(hyperparameters=learned).fit(X, np.sin(7 * X[:, 0]) + X[:, 1])
    plan = line_tables.plan_lines(process.flat_, [None, None])
    room = line_tables.room_of(plan, 1)
    n_nodes = np.diff(plan.first_node)
    assert (n_nodes[0] < line_tables.GRID) == (length > 1)
    point = generator.random(2)
    for column in range(2):
        vectors = np.tile(point, (line_tables.GRID, 1))
        vectors[:, column] = np.linspace(0, 1, line_tables.GRID)
        other = 1 - column
        set_grid_scores(process_lines.in_few_arrays(plan), room, column, other, point[other])
        expected = predict_flat(process.flat_, vectors) - process.flat_.offset
        tolerance = line_tables.PRECISION if n_nodes[column] < line_tables.GRID else 1e-9
        np.testing.assert_allclose(-room.scores, expected, atol=tolerance)
