"""Sensitivity against closed forms and very large samples, for all kinds of hyperparameters."""

from __future__ import annotations

import functools

import numpy as np
import pytest
from ConfigSpace import (
    Beta,
    Categorical,
    ConfigurationSpace,
    EqualsCondition,
    Float,
    ForbiddenEqualsClause,
    ForbiddenGreaterThanRelation,
    InCondition,
    Integer,
    Normal,
    OrdinalHyperparameter,
)
from scipy.stats import truncnorm
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LinearRegression

from skhypershap import HyperSHAPExplainer
from skhypershap.space.conditions import Legality
from skhypershap.space.domains import all_numbers
from skhypershap.space.encoding import decode, encode
from skhypershap.space.quantiles import numbers_of_samples, probabilities_of, quantiles_of
from skhypershap.space.sampling import sample_columns
from skhypershap.space.spreading import calibrated, spread_vectors
from skhypershap.surrogate.blends import all_coalitions
from skhypershap.surrogate.surrogate import Surrogate

# Small random problems: how well a surrogate predicts other trials is irrelevant.
pytestmark = pytest.mark.filterwarnings("ignore::skhypershap.SurrogateWarning")

PROMISED = 0.003  # of the largest value, at the default n_samples
SEEDS = (0, 1, 2, 3)


def every_kind():
    """A hyperparameter of every kind of distribution."""
    space = ConfigurationSpace()
    space.add(
        Float("uniform", (-2.0, 3.0)),
        Float("log", (1e-4, 1.0), log=True),
        Integer("integer", (1, 12)),
        Categorical("weighted", ["a", "b", "c"], weights=[1, 2, 3]),
        OrdinalHyperparameter("ordinal", [8, 16, 32, 64]),
        Float("normal", (0.0, 10.0), distribution=Normal(5, 2)),
        Float("beta", (0.0, 1.0), distribution=Beta(2, 3)),
    )
    return space


def conditional():
    space = ConfigurationSpace()
    kernel = Categorical("kernel", ["linear", "rbf", "poly"])
    gamma, degree = Float("gamma", (1e-3, 10.0), log=True), Integer("degree", (1, 5))
    space.add(kernel, Float("C", (1e-2, 100.0), log=True), gamma, degree, Float("tol", (0, 1)))
    space.add(InCondition(gamma, kernel, ["rbf", "poly"]), EqualsCondition(degree, kernel, "poly"))
    return space


def forbidding():
    """Half of a square, and a choice that is forbidden alone."""
    space = ConfigurationSpace(dict.fromkeys(["low", "high", "other"], (0.0, 1.0)))
    space.add(Categorical("choice", ["x", "y", "z"]))
    space["low"].default_value, space["high"].default_value = 0.2, 0.8
    space.add(ForbiddenGreaterThanRelation(space["low"], space["high"]))
    space.add(ForbiddenEqualsClause(space["choice"], "z"))
    return space


def sensitivity(space, weights, seed=0, **arguments):
    """Shapley values of a linear function of vectors."""
    configs = decode(space, sample_columns(space, 60, 1))
    defaults = np.array([item.to_vector(item.default_value) for item in space.values()])
    vectors = encode(space, configs)
    filled = np.where(np.isnan(vectors), defaults, vectors)
    explainer = HyperSHAPExplainer(
        space, surrogate=LinearRegression(), random_state=seed, **arguments
    ).fit(configs, filled @ weights)
    table = explainer.explain("sensitivity", index="SV", order=1)
    return dict(zip(table["interaction"], table["value"], strict=True))


@pytest.mark.parametrize("seed", SEEDS)
def test_values_of_a_sum_are_variances_of_its_terms(seed):
    space = every_kind()
    truncated = truncnorm(-2.5, 2.5, 0.5, 0.2).var()
    variances = {
        "uniform": 1 / 12,
        "log": 1 / 12,
        "integer": 13 / 12 / 11,
        "weighted": 1 / 3 * 4 / 3 + 2 / 3 * 1 / 3 - 1 / 9,  # of 0, 1, 2 with 1/6, 2/6, 3/6
        "ordinal": 15 / 12,
        "normal": truncated,
        "beta": 6 / 150,
    }
    positions = np.arange(3)
    variances["weighted"] = np.average((positions - 4 / 3) ** 2, weights=[1, 2, 3])
    weights = np.array([1 / np.sqrt(variances[name]) for name in space]) * np.linspace(1, 0.5, 7)
    found = sensitivity(space, weights, seed)
    for name, weight in zip(space, weights, strict=True):
        assert found[name] == pytest.approx(weight**2 * variances[name], abs=PROMISED)


@pytest.mark.parametrize("seed", SEEDS)
def test_values_of_a_conditional_term_are_shared_with_its_parent(seed):
    """v is 1/12 for x; gamma adds half of 1/12 once the kernel is tuned with it, and nothing alone."""
    space = ConfigurationSpace()
    kernel, gamma = Categorical("kernel", ["linear", "rbf"]), Float("gamma", (0.0, 1.0))
    space.add(kernel, gamma, Float("x", (0.0, 1.0)), EqualsCondition(gamma, kernel, "rbf"))
    found = sensitivity(space, np.array([1.0 if name != "kernel" else 0.0 for name in space]), seed)
    assert found["x"] == pytest.approx(1 / 12, rel=PROMISED)
    assert found["gamma"] == pytest.approx(1 / 48, abs=PROMISED / 12)
    assert found["kernel"] == pytest.approx(1 / 48, abs=PROMISED / 12)


@pytest.mark.parametrize("seed", SEEDS)
def test_variance_over_what_is_legal(seed):
    """Of low + high on the triangle low <= high it is 2/18 + 2/36, plus 1/12 for another one."""
    space = forbidding()
    found = sensitivity(space, np.array([float(name != "choice") for name in space]), seed)
    assert sum(found.values()) == pytest.approx(1 / 6 + 1 / 12, rel=PROMISED)
    assert found["other"] == pytest.approx(1 / 12, abs=PROMISED / 6)


def smooth_with_noise(space, configs):
    """Scores that no closed form explains."""
    vectors = np.nan_to_num(encode(space, configs), nan=0.3)
    vectors = vectors / np.maximum(vectors.max(axis=0), 1)
    noise = np.random.default_rng(0).normal(scale=0.2, size=len(vectors))
    return np.sin(3 * vectors).sum(axis=1) + 2 * vectors[:, 0] * vectors[:, 1] + noise


@functools.cache
def values_on_forest(make, seed, **arguments):
    space = make()
    configs = decode(space, sample_columns(space, 200, 1))
    forest = RandomForestRegressor(30, random_state=0)
    explainer = HyperSHAPExplainer(space, surrogate=forest, random_state=seed, **arguments)
    explainer.fit(configs, smooth_with_noise(space, configs))
    return explainer.explain("sensitivity", order=2).set_index("interaction")["value"].sort_index()


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("make", [every_kind, conditional, forbidding])
def test_default_samples_are_as_good_as_very_many(make, seed):
    expected = values_on_forest(make, 100, n_samples=1 << 17)
    found = values_on_forest(make, seed)
    assert found.index.equals(expected.index)
    assert np.abs(found - expected).max() < PROMISED * expected.abs().max()


def test_random_samples_miss_the_promise():
    """So that the tests above can fail."""
    expected = values_on_forest(every_kind, 100, n_samples=1 << 17)
    found = values_on_forest(every_kind, 0, optimizer="random")
    assert np.abs(found - expected).max() > PROMISED * expected.abs().max()


def test_branches_have_the_values_of_all_coalitions():
    space = ConfigurationSpace()
    root = Categorical("root", ["a", "b", "c"], weights=[1, 2, 3])
    children = [Float(f"{value}{i}", (0.0, 1.0)) for value in "abc" for i in range(3)]
    space.add(root, Float("beside", (0.0, 1.0)), *children)
    space.add([EqualsCondition(child, root, child.name[0]) for child in children])
    configs = decode(space, sample_columns(space, 200, 1))
    explainer = HyperSHAPExplainer(space, surrogate="forest", random_state=0)
    explainer.fit(configs, smooth_with_noise(space, configs))
    whole, split = (
        explainer.set_params(max_exact=most).explain("sensitivity", order=2) for most in (16, 6)
    )
    both = [table.set_index("interaction")["value"].sort_index() for table in (whole, split)]
    np.testing.assert_allclose(both[1], both[0], rtol=0, atol=1e-9)


@pytest.mark.parametrize("make", [every_kind, conditional, forbidding])
def test_average_curves_are_means_over_the_candidates_of_sensitivity(make):
    space = make()
    configs = decode(space, sample_columns(space, 100, 1))
    explainer = HyperSHAPExplainer(space, surrogate="forest", n_samples=300, random_state=2)
    explainer.fit(configs, smooth_with_noise(space, configs))
    curve = explainer.effects("C" if "C" in space else list(space)[-1], held="average", n_points=5)
    (name,) = curve["hyperparameter"].unique() if "hyperparameter" in curve else (None,)
    vectors, weights = spread_vectors(space, 300, 2)
    weights = np.ones(len(vectors)) if weights is None else weights
    candidates = decode(space, Legality(space, np.zeros(len(space))).legal(vectors))
    for value, score in zip(curve["value"], curve["score"], strict=True):
        moved = [config | {name: value} for config in candidates]
        rows = [row for row, config in enumerate(moved) if is_legal(space, config)]
        predicted = explainer.predict_score([moved[row] for row in rows])
        assert np.average(predicted, weights=weights[rows]) == pytest.approx(score, abs=1e-9)


def is_legal(space, config):
    try:
        encode(space, [config])
    except ValueError:
        return False
    return True


KINDS = {
    "even": Integer("a", (0, 9)),
    "log": Integer("a", (1, 200), log=True),
    "normal": Integer("a", (1, 20), distribution=Normal(4, 3)),
    "log normal": Integer("a", (1, 200), distribution=Normal(40, 20), log=True),
    "beta": Integer("a", (3, 30), distribution=Beta(2, 5)),
    "log beta": Integer("a", (1, 200), distribution=Beta(2, 3), log=True),
    "ordinal": OrdinalHyperparameter("a", [1, 2, 5]),
    "weighted": Categorical("a", ["x", "never", "y"], weights=[1, 0, 3]),
}


@pytest.mark.parametrize("kind", KINDS)
def test_probabilities_are_those_of_configspace_and_of_quantiles(kind):
    item = KINDS[kind]
    numbers, chances = all_numbers(item), probabilities_of(item)
    assert chances.sum() == pytest.approx(1)
    sampled = numbers_of_samples(item, item.sample_vector(100_000, seed=np.random.RandomState(1)))
    at_quantiles = quantiles_of(item, (np.arange(20_000) + 0.5) / 20_000)
    for found, tolerance in ((sampled, 4 * (0.25 / 100_000) ** 0.5), (at_quantiles, 1e-4)):
        counts = [np.isclose(found, number, atol=1e-9).mean() for number in numbers]
        assert sum(counts) == pytest.approx(1)
        np.testing.assert_allclose(counts, chances, rtol=0, atol=tolerance)


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("distribution", [Normal(3, 2), Beta(2, 4), None])
def test_quantiles_of_floats_are_those_of_configspace(distribution, log):
    item = Float("a", (0.01, 10.0), distribution=distribution, log=log)
    sampled = np.sort(item.sample_vector(50_000, seed=np.random.RandomState(1)))
    quantiles = quantiles_of(item, (np.arange(50_000) + 0.5) / 50_000)
    assert np.abs(sampled - quantiles).max() < 0.03


def test_a_huge_range_of_integers_is_not_listed():
    item = Integer("a", (0, 10**12))
    np.testing.assert_allclose(quantiles_of(item, np.array([0.0, 0.5])), [0.0, 0.5], atol=1e-9)


def test_the_empty_coalition_needs_no_scores(monkeypatch):
    space = conditional()
    configs = [dict(config) for config in space.sample_configuration(40)]
    fitted = HyperSHAPExplainer(space, surrogate="forest", random_state=0)
    game = fitted.fit(configs, np.arange(40.0)).game("sensitivity")
    whole = game(all_coalitions(game.n_players))
    assert whole[0] == 0.0 < whole[-1]
    for name in ("coalition_blocks", "coalition_moments"):
        monkeypatch.setattr(Surrogate, name, None)
    assert game(np.zeros((2, game.n_players), dtype=bool)).tolist() == [0.0, 0.0]


def test_calibrated_weights_have_the_moments_of_many_points():
    random = np.random.default_rng(0)
    many = random.random((5_000, 4)) ** [1, 2, 3, 0]  # the last column does not vary
    weights = calibrated(many[:600], many)
    assert weights.min() > 0
    for power in (0, 1, 2, 3, 4):
        np.testing.assert_allclose(weights @ many[:600] ** power, (many**power).mean(axis=0))
    products = (weights[:, None] * many[:600]).T @ many[:600]
    np.testing.assert_allclose(products, many.T @ many / len(many))
