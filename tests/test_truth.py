"""The yardstick itself: true games, measures, and that a surrogate that is the function has no error."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapiq
from ConfigSpace import Configuration
from sklearn.base import BaseEstimator, RegressorMixin

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks import cells, grids, known, methods, scores, truth  # noqa: E402
from benchmarks.problems import closed_forms  # noqa: E402

CLOSED = {problem.name: problem for problem in closed_forms("both")}
SMALL = ["smooth_5", "narrow_4", "cliff_5", "conditional_6", "mixed_7", "bottleneck_8", "heavy_8"]


def column(name, n_values, baseline, kind="ordinal"):
    top = n_values - 1 if kind == "choice" else 1.0
    return known.Column(name, top * baseline / (n_values - 1), tuple(range(n_values)), kind)


def small_grid():
    values = np.random.default_rng(0).normal(size=(4, 3, 5))
    columns = (column("a", 4, 1), column("b", 3, 2, "choice"), column("c", 5, 0))
    return known.FullGrid("small", "grid", "develop", columns, values)


class TrueGrid(RegressorMixin, BaseEstimator):
    """A surrogate that looks up the grid: vectors are positions."""

    def __init__(self, values=None):
        self.values = values

    def fit(self, X, y):
        return self

    def predict(self, X):
        return self.values[tuple(np.asarray(X).round().astype(int).T)]


@pytest.mark.parametrize("n_players", [3, 5])
def test_faithful_and_shapley_agree_with_shapiq(n_players):
    values = np.random.default_rng(1).normal(size=1 << n_players)
    values -= values[0]
    bits = 1 << np.arange(n_players)
    computer = shapiq.ExactComputer(lambda coalitions: values[coalitions @ bits], n_players)
    pairs, singles = computer("FSII", order=2), computer("SV", order=1)
    found = scores.faithful(values)
    assert found == pytest.approx([pairs[who] for who in scores.labels(n_players)], abs=1e-7)
    phi = scores.shapley(found, n_players)
    assert phi == pytest.approx([singles[(i,)] for i in range(n_players)], abs=1e-9)


@pytest.mark.parametrize("name", CLOSED)
def test_no_blend_exceeds_the_true_maximum(name):
    problem = CLOSED[name]
    sample = problem.sample(2_000, np.random.default_rng(0))
    inside = known.memberships(problem.n_players)
    chosen = np.random.default_rng(1).choice(len(inside), min(len(inside), 64), replace=False)
    for coalition in [*chosen, len(inside) - 1]:
        blends = problem.legal(np.where(inside[coalition], sample, problem.baseline_units))
        assert problem.evaluate(blends).max() <= problem.true_tunability[coalition] + 1e-9


@pytest.mark.parametrize("name", ["smooth_5", "narrow_4", "plateau_5", "conditional_6", "field_4"])
def test_the_true_maximum_is_attained(name):
    """A search that starts from the best of many samples comes as high as the claim."""
    problem = CLOSED[name]
    generator = np.random.default_rng(0)
    best = problem.sample(50_000, generator)
    best = best[problem.evaluate(best).argsort()[-20:]]
    for width in np.geomspace(0.1, 1e-4, 25):
        near = best[:, None] + generator.normal(scale=width, size=(20, 200, problem.n_players))
        fixed = [bool(column.values) for column in problem.columns]
        near = np.where(fixed, best[:, None], np.clip(near, 0, 1)).reshape(-1, problem.n_players)
        near = np.concatenate([best, near])
        best = near[problem.evaluate(near).argsort()[-20:]]
    gain = problem.true_tunability[-1] - problem.true_tunability[0]
    assert problem.evaluate(best).max() == pytest.approx(
        problem.true_tunability[-1], abs=0.01 * gain
    )


@pytest.mark.parametrize("name", SMALL)
def test_true_variances_agree_with_monte_carlo(name):
    problem = CLOSED[name]
    sample = problem.sample(40_000, np.random.default_rng(0))
    inside = known.memberships(problem.n_players)
    for coalition in (1, 2, len(inside) // 2, len(inside) - 1):
        blends = problem.legal(np.where(inside[coalition], sample, problem.baseline_units))
        parts = problem.evaluate(blends).reshape(20, -1).var(axis=1)
        error = parts.std(ddof=1) / np.sqrt(20) + problem.sensitivity_error * problem.deviation**2
        assert abs(parts.mean() - problem.true_sensitivity[coalition]) <= 5 * error + 1e-12


def test_ablation_is_the_function_on_blends():
    problem = CLOSED["conditional_6"]
    config = {"optimizer": "adam", "beta": 0.8, "rate": 0.01, "dropout": 0.5, "width": 0.9}
    values = problem.true_ablation(config)
    alone = {"optimizer": "adam", "beta": 0.5, "rate": problem.baseline()["rate"]}
    alone |= {"dropout": 0.5, "width": 0.3}
    assert values[1] == pytest.approx(problem.true_scores([alone])[0])
    assert values[2] == values[0]  # momentum is inactive in the configuration
    assert values[-1] == pytest.approx(problem.true_scores([config])[0])


@pytest.mark.parametrize("name", CLOSED)
def test_configurations_are_legal_and_come_back(name):
    problem = CLOSED[name]
    units = problem.sample(30, np.random.default_rng(0))
    space = problem.space()
    for config in problem.configs(units):
        Configuration(space, values=config)  # raises where it is not legal
    assert problem.units(problem.configs(units)) == pytest.approx(units, abs=1e-9)
    assert dict(space.get_default_configuration()) == pytest.approx(problem.baseline())


def test_a_grid_is_looked_up_by_brute_force():
    grid = small_grid()
    for free in itertools.product((False, True), repeat=3):
        index = tuple(slice(None) if f else i for f, i in zip(free, (1, 2, 0), strict=True))
        coalition = sum(1 << i for i in range(3) if free[i])
        assert grid.true_tunability[coalition] == grid.scores[index].max()
        assert grid.true_sensitivity[coalition] == pytest.approx(grid.scores[index].var())


@pytest.mark.filterwarnings("ignore")
def test_a_surrogate_that_is_the_function_has_no_error():
    grid = small_grid()
    cell = cells.Cell(grid, noise=0.1, n_trials=20)
    ours = methods.method(TrueGrid(grid.scores))
    found = truth.evaluate({"true": ours}, [cell], reference=None)
    assert found["game"].tolist() == list(cells.GAMES)
    assert found[["error_singles", "error_pairs", "bias"]].to_numpy() == pytest.approx(0, abs=1e-9)
    assert (found[["rank_correlation", "top1", "top2"]] == 1).all(axis=None)


class TrueFunction(RegressorMixin, BaseEstimator):
    """A surrogate that is a known function whose units are vectors: no integers, no ordinals."""

    def __init__(self, name=None):
        self.name = name

    def fit(self, X, y):
        return self

    def predict(self, X):
        problem = CLOSED[self.name]
        order = [list(problem.space()).index(name) for name in problem.names]  # a space sorts names
        X = np.asarray(X)[:, order]
        return problem.evaluate(np.where(np.isnan(X), problem.baseline_units, X))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["narrow_4", "conditional_6", "plateau_6"])
def test_explanations_of_a_known_function_come_close(name):
    """Candidates and a line search replace the dense grid, random numbers the Sobol points."""
    cell = cells.Cell(CLOSED[name], noise=0.0, n_trials=60, n_samples=40_000)
    ours = methods.method(TrueFunction(name))
    found = truth.evaluate({"true": ours}, [cell], reference=None).set_index("game")
    assert found.loc["ablation", "error_singles"] == pytest.approx(0, abs=1e-9)
    assert (found[["error_singles", "error_pairs"]] < 0.01).all(axis=None)
    assert found["bias"].abs().max() < 0.03
    assert found.loc["tunability", "bias"] <= 1e-6  # nothing is above the true maximum


@pytest.mark.filterwarnings("ignore")
def test_evaluation_repeats_and_has_intervals():
    cell = cells.Cell(CLOSED["narrow_4"], 0.25, 30, n_bootstrap=3, n_samples=200)
    runs = [truth.evaluate({}, [cell]).drop(columns="seconds") for _ in range(2)]
    assert runs[0].equals(runs[1])
    assert set(scores.MEASURES) <= set(runs[0])
    assert runs[0]["coverage_singles"].between(0, 1).all()
    ratio = truth.ratios(runs[0], runs[0], "error_singles", "forest")
    assert (ratio == 1).all()


def test_intervals_are_scored_by_gneiting_and_raftery():
    """Width 2, truth 1 above it: 2 + 20 * 1."""
    rows = [
        {"hyperparameters": who, "low": 0.0, "high": 2.0} for who in (("a",), ("b",), ("a", "b"))
    ]
    found = scores._intervals(pd.DataFrame(rows), np.array([3.0, 1.0, 2.0]), ["a", "b"], 1.0)
    assert found["interval_score_singles"] == pytest.approx((22 + 2) / 2)
    assert found["coverage_singles"] == 0.5
    assert found["coverage_pairs"] == 1


def test_noise_belongs_to_a_configuration():
    cell = cells.Cell(CLOSED["smooth_5"], 0.25, 30)
    assert (cell.measure(cell.configs[::-1])[::-1] == cell.scores).all()
    noise = cell.scores - cell.problem.true_scores(cell.configs)
    assert noise.std() == pytest.approx(0.25 * cell.problem.spread_of_scores, rel=0.5)


def test_gaps_of_a_grid_get_the_mean_of_the_cells_beside_them():
    values = np.arange(12.0).reshape(2, 2, 3)
    values[1, 0, 1] = np.nan
    assert grids.filled(values)[1, 0, 1] == pytest.approx((6 + 8 + 10) / 3)


def test_halves_share_no_problem():
    names = [{problem.name for problem in cells.problems(half)} for half in ("develop", "report")]
    assert not names[0] & names[1]
    kinds = [{problem.kind for problem in closed_forms(half)} for half in ("develop", "report")]
    assert kinds[0] == kinds[1]
