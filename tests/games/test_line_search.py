"""What every line search guarantees: where it ends no column can improve, and scores are true."""

from __future__ import annotations

import numpy as np
import pytest
from ConfigSpace import (
    Categorical,
    ConfigurationSpace,
    Float,
    ForbiddenAndConjunction,
    ForbiddenEqualsClause,
    Integer,
)
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.ensemble import GradientBoostingRegressor, RandomForestRegressor
from sklearn.neighbors import KNeighborsRegressor

from skhypershap import HyperSHAPExplainer
from skhypershap.games.line_search import (
    FINER,
    ForestLineSearch,
    GridLineSearch,
    _grouped_by,
    _probes,
    line_search_for,
    line_search_in_vectors,
)
from skhypershap.space.encoding import decode, encode
from skhypershap.space.sampling import sample_vectors
from skhypershap.surrogate.blends import Blends
from skhypershap.surrogate.kernels.forest import ranks_of
from skhypershap.surrogate.rules import with_penalties

pytestmark = pytest.mark.filterwarnings("ignore::skhypershap.SurrogateWarning")
MODELS = {
    "forest": RandomForestRegressor(10, random_state=0),
    "neighbours": KNeighborsRegressor(),
}


class PeakInForbiddenRegion(RegressorMixin, BaseEstimator):
    """Best at kind = "v" and n = 7, whatever the trials are."""

    def fit(self, X, y):
        return self

    def predict(self, X):
        return -((X[:, 0] - 1) ** 2) - (X[:, 1] - Integer("n", (1, 30)).to_vector(7)) ** 2


def problem(model, *, clause=False, n_trials=60):
    """A surrogate of noisy trials, its space, and blends of samples with the default."""
    space = ConfigurationSpace(seed=0)
    space.add(Float("x", (0.0, 1.0)), Integer("n", (1, 30)), Categorical("kind", ["u", "v", "w"]))
    if clause:
        both = ForbiddenEqualsClause(space["n"], 7), ForbiddenEqualsClause(space["kind"], "v")
        space.add(ForbiddenAndConjunction(*both))
    configs = space.sample_configuration(n_trials)
    scores = np.random.default_rng(0).normal(size=n_trials)
    if clause:  # best exactly where the space forbids it
        scores += [5 * (config["n"] == 7) + 5 * (config["kind"] == "v") for config in configs]
    fitted = HyperSHAPExplainer(space, surrogate=model, random_state=0).fit(configs, scores)
    baseline = encode(space, [dict(space.get_default_configuration())])[0]
    blends = Blends(sample_vectors(space, 40, 1), baseline, np.arange(3))
    return fitted.fitted_.surrogate, space, blends


def searches(model, sign=1.0):
    """The line searches that there are for a model, each with a function from points to gains."""
    surrogate, space, blends = problem(MODELS[model])
    grid = GridLineSearch(surrogate, space, blends, sign)
    found = [(grid, lambda points: sign * surrogate.predict(points))]
    if surrogate.forest is not None:
        forest = ForestLineSearch(surrogate, space, blends, sign)
        inside = [
            np.concatenate([levels[:1] - 1, (levels[1:] + levels[:-1]) / 2, levels[-1:] + 1])
            for levels in surrogate.forest.thresholds
        ]

        def gains(ranks):
            columns = [numbers[rank] for numbers, rank in zip(inside, ranks.T, strict=True)]
            return sign * surrogate.predict(np.stack(columns, axis=1))

        found.append((forest, gains))
    return found


def legal_values(search):
    """For each column the values that a line search may choose."""
    if isinstance(search, GridLineSearch):
        return search.grids
    bounds = zip(search.first_rank, search.first_rank[1:], strict=False)
    ranks = [(np.unique(search.next_legal[first:end]), end - first) for first, end in bounds]
    return [legal[legal < n_ranks] for legal, n_ranks in ranks]


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize("model", MODELS)
def test_ascend_ends_where_no_free_column_improves(model, sign):
    for search, gains in searches(model, sign):
        starts = search.blends.candidates
        free = np.random.default_rng(1).random(starts.shape) < 0.7
        points, scores = search.ascend(starts, free, np.zeros((len(starts), 2), dtype=np.int64))
        moved = np.isfinite(scores)
        assert moved.any()
        np.testing.assert_array_equal(points[~free], starts[~free])
        np.testing.assert_array_equal(points[~moved], starts[~moved])
        np.testing.assert_allclose(scores[moved], gains(points)[moved], atol=1e-9)
        assert (scores[moved] > gains(starts)[moved]).all()
        for column, numbers in enumerate(legal_values(search)):
            for number in numbers:
                other = points.copy()
                other[free[:, column], column] = number
                assert (gains(other) <= gains(points) + 1e-9).all()


@pytest.mark.parametrize("model", MODELS)
def test_points_do_not_influence_each_other(model):
    for search, _ in searches(model):
        starts = search.blends.candidates
        free, turns = np.ones(starts.shape, dtype=bool), np.zeros((len(starts), 2), dtype=np.int64)
        points, scores = search.ascend(starts, free, turns)
        for row in (0, 17):
            alone = slice(row, row + 1)
            point, score = search.ascend(starts[alone], free[alone], turns[alone])
            np.testing.assert_array_equal(point, points[alone])
            np.testing.assert_array_equal(score, scores[alone])


@pytest.mark.parametrize("model", MODELS)
def test_ascend_does_not_change_its_starts(model):
    for search, _ in searches(model):
        starts = search.blends.candidates.copy()
        search.ascend(starts, np.ones(starts.shape, bool), np.zeros((len(starts), 2), np.int64))
        np.testing.assert_array_equal(starts, search.blends.candidates)


def test_settled_points_do_not_move():
    """As many settled columns as free ones: nothing is left to do."""
    for search, _ in searches("forest"):
        starts = search.blends.candidates
        turns = np.tile([0, 3], (len(starts), 1))
        points, scores = search.ascend(starts, np.ones(starts.shape, dtype=bool), turns)
        np.testing.assert_array_equal(points, starts)
        assert np.isneginf(scores).all()


@pytest.mark.parametrize(
    "model", [GradientBoostingRegressor(max_depth=2, random_state=0), PeakInForbiddenRegion()]
)
def test_forbidden_values_are_never_entered(model):
    surrogate, space, blends = problem(model, clause=True, n_trials=300)
    assert not surrogate.legality.forbidden(blends.candidates).any()
    search = line_search_for(surrogate, space, blends, sign=1.0)
    starts = search.blends.candidates
    free = np.ones(starts.shape, dtype=bool) & ~search.fixed
    points, scores = search.ascend(starts, free, np.zeros((len(starts), 2), dtype=np.int64))
    assert np.isfinite(scores).any()
    forbidden = np.array([[1.0, space["n"].to_vector(7), 0.5]])  # kind = "v", n = 7
    assert surrogate.legality.forbidden(forbidden).all()
    if isinstance(search, ForestLineSearch):
        forest = with_penalties(surrogate.forest, surrogate.legality, 1.0)
        forbidden = ranks_of(forest, forbidden).T
    assert not (points[:, :2] == forbidden[:, :2]).all(axis=1).any()


def test_line_search_is_exact_for_trees_and_a_grid_for_others():
    assert isinstance(line_search_for(*problem(MODELS["forest"]), sign=1.0), ForestLineSearch)
    assert isinstance(line_search_for(*problem(MODELS["neighbours"]), sign=1.0), GridLineSearch)


def test_grid_zooms_in_on_the_best_value():
    """A peak between two of the grid's values is found to a thousandth of the range."""

    class Peak(RegressorMixin, BaseEstimator):
        def fit(self, X, y):
            return self

        def predict(self, X):
            return -np.abs(X[:, 2] - 0.4813) - np.abs(X[:, 1] - Integer("n", (1, 30)).to_vector(7))

    surrogate, space, blends = problem(Peak())
    search = GridLineSearch(surrogate, space, blends, 1.0)
    starts = blends.candidates
    free = np.ones(starts.shape, dtype=bool)
    points, _ = search.ascend(starts, free, np.zeros((len(starts), 2), dtype=np.int64))
    assert np.abs(points[:, 2] - 0.4813).max() < 1e-3
    np.testing.assert_allclose(points[:, 1], Integer("n", (1, 30)).to_vector(7))


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize("clause", [False, True])
def test_search_in_vectors_ends_where_the_search_in_ranks_does(sign, clause):
    surrogate, space, blends = problem(MODELS["forest"], clause=clause)
    in_ranks = ForestLineSearch(surrogate, space, blends, sign)
    search = line_search_in_vectors(surrogate, space, blends, sign=sign)
    points, turns = blends.candidates[:20], np.zeros((20, 2), dtype=np.int64)
    free = np.random.default_rng(0).random(points.shape) < 0.7
    ended, gains = search.ascend(points, free, turns)
    expected, scores = in_ranks.ascend(in_ranks.blends.candidates[:20], free, turns)
    np.testing.assert_array_equal(ranks_of(in_ranks.forest, ended).T, expected)
    np.testing.assert_array_equal(gains, scores)
    np.testing.assert_array_equal(ended[~free], points[~free])
    moved = np.isfinite(gains)
    assert moved.any()
    np.testing.assert_allclose(sign * surrogate.predict(ended[moved]), gains[moved], rtol=1e-9)
    encode(space, decode(space, ended))  # in the space, and not forbidden


def test_finer_grids_divide_steps_evenly():
    np.testing.assert_allclose(np.insert(FINER, 4, 0.0), np.linspace(-0.8, 0.8, 9), atol=1e-12)


def test_probes_lie_in_every_interval_between_thresholds():
    np.testing.assert_allclose(_probes(np.array([0.2, 0.6])), [0.0, 0.2, 0.6, 0.4, 1.0])
    infinite = _probes(np.array([-np.inf, 0.5, np.inf]))  # some trees split off NaN there
    np.testing.assert_allclose(infinite, [0.0, 0.0, 0.5, 1.0, 0.0, 1.0, 1.0])


class EitherOr(RegressorMixin, BaseEstimator):
    """Best where one of x and n is at its end and the other at its beginning."""

    def fit(self, X, y):
        return self

    def predict(self, X):
        n, x = X[:, 1], X[:, 2]  # columns are in alphabetical order
        return x * (1 - n) + n * (1 - x)


def ascended(start, turn):
    surrogate, space, blends = problem(EitherOr())
    search = GridLineSearch(surrogate, space, blends, 1.0)
    free = np.ones((1, 3), dtype=bool)
    points, scores = search.ascend(np.array([start]), free, np.array([turn]))
    return points[0].tolist(), scores[0]


def test_first_column_of_a_turn_moves_first():
    low, high = (float(Integer("n", (1, 30)).to_vector(n)) for n in (1, 30))
    assert ascended([0.0, low, 0.0], [1, 0])[0] == [0.0, high, 0.0]
    assert ascended([0.0, low, 0.0], [2, 0])[0] == [0.0, low, 1.0]
    assert ascended([0.0, low, 0.0], [0, 0])[0] == [0.0, high, 0.0]  # then the next one


def test_settled_columns_move_only_if_another_does():
    """The kind changes nothing, so with two settled columns the search ends after it."""
    low, high = (float(Integer("n", (1, 30)).to_vector(n)) for n in (1, 30))
    start = [0.0, low, 0.0]
    assert ascended(start, [0, 2]) == (start, -np.inf)
    assert ascended(start, [0, 1])[0] == [0.0, high, 0.0]
    assert ascended(start, [2, 2])[0] == [0.0, low, 1.0]


def test_grids_have_legal_values_and_no_step_where_all_are_there():
    surrogate, space, blends = problem(EitherOr())
    space.add(Integer("many", (1, 1000)), Integer("more", (0, 4)))
    search = GridLineSearch(surrogate, space, blends, 1.0)
    grids = dict(zip(space, search.grids, strict=True))
    np.testing.assert_allclose(grids["x"], np.linspace(0, 1, 32))
    sizes = {name: len(grid) for name, grid in grids.items()}
    assert sizes == {"kind": 3, "many": 32, "more": 5, "n": 30, "x": 32}
    steps = dict(zip(space, map(search._step, range(5)), strict=True))
    assert steps["kind"] == steps["more"] == steps["n"] == 0.0
    assert steps["x"] == pytest.approx(1 / 31)
    assert 0.02 < steps["many"] < 0.05


def test_rows_are_grouped_by_their_key():
    keys = np.array([2, 0, 2, 1, 0])
    groups = _grouped_by(keys, np.array([0, 1, 2, 4]))
    assert [group.tolist() for group in groups] == [[1, 4], [0, 2]]
