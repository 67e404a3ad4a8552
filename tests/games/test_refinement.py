"""Refined optima against brute force, and their guarantees for any surrogate."""

from __future__ import annotations

import itertools
from types import SimpleNamespace

import numpy as np
import pytest
from ConfigSpace import Categorical, ConfigurationSpace, Float, Integer, OrdinalHyperparameter
from conftest import space_of_sources
from scipy.stats import loguniform
from sklearn.ensemble import (
    ExtraTreesRegressor,
    GradientBoostingRegressor,
    HistGradientBoostingRegressor,
    RandomForestRegressor,
)
from sklearn.linear_model import LinearRegression
from sklearn.neighbors import KNeighborsRegressor
from sklearn.tree import DecisionTreeRegressor

from skhypershap import HyperSHAPExplainer
from skhypershap.games import refinement
from skhypershap.games.best_candidates import BestCandidates
from skhypershap.games.refinement import Refined, monotone, monotone_optima
from skhypershap.space.domains import legal_numbers
from skhypershap.space.encoding import encode

pytestmark = pytest.mark.filterwarnings("ignore::skhypershap.SurrogateWarning")
MODELS = {
    "forest": RandomForestRegressor(5, random_state=0),
    "extra": ExtraTreesRegressor(4, random_state=0),
    "boosting": GradientBoostingRegressor(n_estimators=20, random_state=0),
    "histogram": HistGradientBoostingRegressor(max_iter=10, min_samples_leaf=3, random_state=0),
    "tree": DecisionTreeRegressor(random_state=0),
}
KINDS = {
    "float": lambda name: Float(name, (0.0, 1.0)),
    "log": lambda name: Float(name, (1e-3, 1.0), log=True),
    "integer": lambda name: Integer(name, (1, 50)),
    "ordinal": lambda name: OrdinalHyperparameter(name, [1, 2, 4, 8]),
    "categorical": lambda name: Categorical(name, list("abcd")),
}


def small_problem(seed, n_players, kinds=("float",), n_trials=25, **arguments):
    """An explainer fitted on noisy trials."""
    random = np.random.default_rng(seed)
    space = ConfigurationSpace(seed=seed)
    for number in range(n_players):
        space.add(KINDS[kinds[number % len(kinds)]](f"h{number}"))
    configs = space.sample_configuration(n_trials)
    vectors = np.array([config.get_array() for config in configs])
    scores = np.sin(5 * vectors).sum(axis=1) + 2 * vectors[:, 0] * vectors[:, -1]
    scores = scores + random.normal(scale=0.3, size=n_trials)
    return HyperSHAPExplainer(space, random_state=seed, **arguments).fit(configs, scores)


def cell_numbers(explainer):
    """For each column one legal number between any two thresholds of the forest."""
    forest, numbers = explainer.fitted_.surrogate.forest, []
    for hyperparameter, levels in itertools.zip_longest(
        explainer.space_.values(), forest.thresholds, fillvalue=np.zeros(0)
    ):
        middles = (levels[1:] + levels[:-1]) / 2
        legal = legal_numbers(hyperparameter, np.concatenate([[0.0], levels, middles, [1.0]]))
        cells = np.searchsorted(levels, legal.astype(forest.dtype).astype(float))
        numbers.append(legal[np.unique(cells, return_index=True)[1]])
    return numbers


def brute_force(explainer, coalition, reduce):
    """The optimum over all such numbers of the coalition's hyperparameters."""
    (baseline,) = encode(explainer.space_, [explainer.baseline_])
    grids = [
        numbers if name in coalition else baseline[column : column + 1]
        for column, (name, numbers) in enumerate(
            zip(explainer.space_, cell_numbers(explainer), strict=True)
        )
    ]
    blends = np.stack(np.meshgrid(*grids, indexing="ij"), axis=-1).reshape(-1, len(grids))
    return reduce(explainer.surrogate_.predict(blends))


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("kinds", [("float",), tuple(KINDS)], ids=["floats", "mixed"])
def test_refine_nearly_always_finds_the_exact_optimum(model, kinds):
    found, missed = 0, 0
    for seed, n_samples in enumerate((30, 300, 2_000)):
        explainer = small_problem(
            seed,
            3,
            kinds[seed:] + kinds[:seed],
            surrogate=MODELS[model],
            n_samples=n_samples,
            baseline="median",
        )
        for game, reduce, sign in (("tunability", np.max, 1), ("mistunability", np.min, -1)):
            values = explainer.coalition_values(game)
            for coalition, value in zip(values["coalition"], values["value"], strict=True):
                optimum = brute_force(explainer, coalition, reduce)
                assert sign * (value - optimum) <= 1e-9, "better than every legal cell"
                missed += sign * (optimum - value) > 1e-9
                found += 1
    assert missed <= 0.01 * found


def test_of_many_coalitions_a_part_is_searched_along_the_joining_player():
    """All of few coalitions are searched; of four times as many as the limit a quarter is."""
    few = refinement._is_left_out(np.arange(1000), refinement.MOST_SEARCHES)
    assert not few.any()
    many = 4 * refinement.MOST_SEARCHES
    assert refinement._is_left_out(np.arange(many), many).mean() == pytest.approx(0.75, abs=0.01)
    owners = np.array([0, 0, 1, -1, 1])
    line_search = SimpleNamespace(blends=SimpleNamespace(player_of_column=owners))
    free = refinement._of_first_player(line_search, np.array([1, 4]))
    np.testing.assert_array_equal(free, [owners == 0, owners == 1])


@pytest.mark.parametrize(("n_starts", "n_best"), [(1, 1), (4, 1), (5, 1), (6, 2), (20, 3)])
def test_subsets_leave_room_for_starts_from_candidates(n_starts, n_best):
    """Forbidden blends (-inf) start from the baseline; columns that are not taken keep its value."""
    candidates, baseline = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), np.zeros(2)
    blends = SimpleNamespace(candidates=candidates, baseline=baseline)
    line_search = SimpleNamespace(blends=blends)
    positions, values = (
        np.array([[2, 0], [1, 1], [0, 2]]),
        np.array([[3.0, -np.inf], [2, 1], [1, 0]]),
    )
    best = BestCandidates(values, positions)
    taken = np.array([[True, False]])
    starts = refinement._from_candidates(line_search, best, np.array([0]), taken, n_starts)
    np.testing.assert_array_equal(starts.scores, values[:n_best, :1].T)
    np.testing.assert_array_equal(starts.points[0], [[5.0, 0.0], [3.0, 0.0], [1.0, 0.0]][:n_best])
    starts = refinement._from_candidates(line_search, best, np.array([1]), taken, n_starts)
    np.testing.assert_array_equal(starts.points[0], [[0.0, 0.0], [3.0, 0.0], [5.0, 0.0]][:n_best])


@pytest.mark.parametrize("n_players", [0, 1, 2, 5])
def test_monotone_takes_the_best_of_all_subsets(n_players):
    random = np.random.default_rng(n_players)
    values = random.normal(size=1 << n_players)
    values[random.random(len(values)) < 0.2] = -np.inf
    points = np.arange(2 * len(values)).reshape(-1, 2)
    before = values.copy()
    best = [
        max((other for other in range(len(values)) if other & one == other), key=values.__getitem__)
        for one in range(len(values))
    ]
    np.testing.assert_array_equal(monotone(values), values[best])
    found = monotone_optima(Refined(values, points))
    np.testing.assert_array_equal(found.values, values[best])
    is_finite = np.isfinite(found.values)
    np.testing.assert_array_equal(found.points[is_finite], points[best][is_finite])
    np.testing.assert_array_equal(values, before)


@pytest.mark.parametrize("model", [*MODELS.values(), LinearRegression(), KNeighborsRegressor()])
def test_refine_is_monotone_and_never_worse_than_random(model):
    explainer = small_problem(0, 5, tuple(KINDS), surrogate=model, n_samples=8, n_trials=60)
    for game, sign in (("tunability", 1), ("mistunability", -1)):
        explainer.set_params(optimizer="random")
        random = explainer.coalition_values(game)["value"]
        explainer.set_params(optimizer="refine")
        refined = explainer.coalition_values(game)
        gains = sign * refined["value"]
        assert (gains >= sign * random).all()
        assert (gains > sign * random + 1e-9).any()
        value_of = dict(zip(refined["coalition"], gains, strict=True))
        for smaller, larger in itertools.permutations(value_of, 2):
            if set(smaller) < set(larger):
                assert value_of[smaller] <= value_of[larger]


@pytest.mark.parametrize("model", [RandomForestRegressor(20), KNeighborsRegressor()])
def test_n_jobs_does_not_change_values(model):
    explainer = small_problem(1, 6, tuple(KINDS), surrogate=model, n_samples=100)
    one = explainer.coalition_values()
    two = explainer.set_params(n_jobs=2).coalition_values()
    np.testing.assert_array_equal(one["value"], two["value"])


def test_line_search_visits_only_values_of_the_distribution():
    """Quantiles of a distribution, and a list of integers with gaps."""
    entries = {"C": [loguniform(1e-2, 1e2)], "n": [list(range(1, 40, 3))], "kind": [["u", "v"]]}
    random = np.random.default_rng(0)
    configs = [
        {"C": 10 ** random.uniform(-2, 2), "n": int(random.choice(entries["n"][0])), "kind": kind}
        for kind in ["u", "v"] * 30
    ]
    scores = [-abs(np.log10(c["C"]) - 1) + c["n"] % 7 + (c["kind"] == "v") for c in configs]
    explainer = HyperSHAPExplainer(
        space_of_sources(entries), surrogate=MODELS["extra"], n_samples=20, random_state=0
    ).fit(configs, scores)
    for coalition, value in explainer.coalition_values()[["coalition", "value"]].itertuples(
        index=False
    ):
        assert value == pytest.approx(brute_force(explainer, coalition, np.max))


def test_refine_equals_random_on_a_finite_space():
    space = ConfigurationSpace({"a": (1, 4), "b": ["x", "y", "z"]})
    configs = [{"a": a, "b": b} for a in range(1, 5) for b in "xyz"]
    scores = np.random.default_rng(0).normal(size=12)
    explainer = HyperSHAPExplainer(space, random_state=0).fit(configs, scores)
    refined = explainer.coalition_values()["value"]
    random = explainer.set_params(optimizer="random").coalition_values()["value"]
    np.testing.assert_allclose(refined, random, rtol=0, atol=1e-12)


def test_refine_improves_coalitions_beyond_max_exact():
    explainer = small_problem(0, 7, n_samples=50, surrogate=RandomForestRegressor(10), max_exact=4)
    rows = np.random.default_rng(0).random((60, 7)) < 0.5
    refined = explainer.game("tunability")(rows)
    random = explainer.set_params(optimizer="random").game("tunability")(rows)
    assert (refined >= np.maximum(random, 0) - 1e-12).all()
    assert (refined > random + 1e-9).sum() > 30


def test_searches_of_a_coalition_are_fewer_for_more_players():
    """32 up to four players, eight from six to nine, then 4096 in all, and at least one."""
    found = [refinement.n_starts_for(n_players) for n_players in range(16)]
    assert found == [32] * 5 + [16] + [8] * 4 + [4, 2, 1, 1, 1, 1]


@pytest.mark.parametrize(("n_starts", "n_subsets"), [(1, 1), (2, 1), (3, 2), (4, 3), (9, 3)])
def test_starts_from_the_best_subsets_move_the_joining_player_first(n_starts, n_subsets):
    """The coalition of three players; column 1 belongs to player 2, columns 2 and 3 to player 1."""
    owners = np.array([0, 2, 1, 1, -1])
    line_search = SimpleNamespace(blends=SimpleNamespace(player_of_column=owners))
    values = np.array([0.0, 1.0, 2.0, 5.0, 3.0, 4.0, 6.0, -np.inf])
    optima = np.arange(40.0).reshape(8, 5)
    free = np.array([[True, True, False, True, False]])
    starts = refinement._from_subsets(
        line_search, values, optima, np.array([7]), np.array([[0, 1, 2]]), free, n_starts
    )
    subsets = [6, 3, 5][:n_subsets]  # without player 0, without 2, without 1
    np.testing.assert_array_equal(starts.scores, [values[subsets]])
    np.testing.assert_array_equal(starts.points, [optima[subsets]])
    turns = [[0, 2], [1, 2], [3, 2]]  # two of three free columns are at their best
    np.testing.assert_array_equal(starts.turns, [turns[:n_subsets]])


def test_optima_are_replaced_only_by_better_ones():
    values, optima = np.array([1.0, 2.0, 3.0, 4.0]), np.zeros((4, 2))
    points = np.arange(1.0, 13.0).reshape(3, 2, 2)
    scores = np.array([[5.0, 7.0], [-np.inf, 2.0], [3.5, -np.inf]])
    refinement._keep_better(values, optima, np.array([0, 1, 2]), points, scores)
    np.testing.assert_array_equal(values, [7.0, 2.0, 3.5, 4.0])
    np.testing.assert_array_equal(optima, [[3, 4], [0, 0], [9, 10], [0, 0]])


@pytest.mark.parametrize("game", ["tunability", "mistunability"])
def test_single_searches_of_a_part_of_the_coalitions_keep_the_guarantees(game, monkeypatch):
    """As with more than twelve players: one start each, and most along the joining player only."""
    sign = 1 if game == "tunability" else -1
    arguments = {"surrogate": MODELS["forest"], "n_samples": 30}
    whole = sign * small_problem(0, 6, tuple(KINDS), **arguments).coalition_values(game)["value"]
    monkeypatch.setattr(refinement, "ALL_STARTS", 1)
    monkeypatch.setattr(refinement, "ENOUGH_STARTS", 1)
    monkeypatch.setattr(refinement, "MOST_STARTS", 1)
    monkeypatch.setattr(refinement, "MOST_SEARCHES", 4)
    explainer = small_problem(0, 6, tuple(KINDS), **arguments)
    table = explainer.coalition_values(game)
    gains = sign * table["value"]
    assert (gains <= whole + 0.05 * np.ptp(whole)).all()
    random = explainer.set_params(optimizer="random").coalition_values(game)["value"]
    assert (gains >= sign * random - 1e-12).all()
    assert (gains > sign * random + 1e-9).mean() > 0.25
    value_of = dict(zip(table["coalition"], gains, strict=True))
    for smaller, larger in itertools.permutations(value_of, 2):
        if set(smaller) < set(larger):
            assert value_of[smaller] <= value_of[larger]
