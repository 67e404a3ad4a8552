"""Curves: brute force on finite spaces, closed forms, invariances, types and clumsy input."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from ConfigSpace import (
    Categorical,
    ConfigurationSpace,
    Constant,
    EqualsCondition,
    Float,
    ForbiddenAndConjunction,
    ForbiddenEqualsClause,
    Integer,
)
from conftest import (
    CONDITIONAL_SPACES,
    fitted,
    memorised,
    mixed_score,
    numbers_space,
    results_of,
)
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.ensemble import RandomForestRegressor
from sklearn.inspection import partial_dependence
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from skhypershap import HyperSHAPExplainer
from skhypershap.explainer.base import game_context
from skhypershap.games.candidates import candidates_of
from skhypershap.space.encoding import decode
from skhypershap.space.sampling import enumerate_vectors

HELD = ["baseline", "incumbent", "best", "average"]


def interacting(config):
    return config["a"] * config["b"] - (config["c"] - 1) ** 2 + 0.3 * config["a"]


def curve(table, held, name=None):
    """Scores by value, of one `held` and one hyperparameter."""
    rows = table[table["held"] == held]
    if name is not None:
        rows = rows[rows["hyperparameter"] == name]
    return dict(zip(rows["value"], rows["score"], strict=True))


@pytest.mark.parametrize("direction", ["maximize", "minimize"])
def test_curves_of_a_finite_space_equal_brute_force(direction):
    space = numbers_space()
    explainer = memorised(space, interacting, direction=direction)
    table = explainer.effects()
    configs = decode(space, enumerate_vectors(space, 1000)[0])
    best = max if direction == "maximize" else min
    for name in space:
        for value in range(5):
            held = [interacting(c) for c in configs if c[name] == value]
            assert curve(table, "best", name)[value] == pytest.approx(best(held))
            assert curve(table, "average", name)[value] == pytest.approx(np.mean(held))
            for word, config in (
                ("baseline", explainer.baseline_),
                ("incumbent", explainer.incumbent_),
            ):
                expected = interacting({**config, name: value})
                assert curve(table, word, name)[value] == pytest.approx(expected)


def test_pair_of_a_finite_space_equals_brute_force():
    space = numbers_space()
    table = memorised(space, interacting).effects(("a", "b"), held=["best", "average"])
    columns = ["hyperparameter", "value", "hyperparameter_2", "value_2", "held", "score"]
    assert table.columns.tolist() == [*columns, "position", "position_2"]
    assert len(table) == 50
    for row in table.itertuples():
        scores = [interacting({"a": row.value, "b": row.value_2, "c": c}) for c in range(5)]
        expected = max(scores) if row.held == "best" else np.mean(scores)
        assert row.score == pytest.approx(expected)


def test_pair_of_different_lengths_is_the_same_in_both_orders(mixed_space, mixed_trials):
    explainer = HyperSHAPExplainer(mixed_space, n_samples=64, surrogate="forest", random_state=0)
    explainer.fit(*mixed_trials)
    one = explainer.effects(("alpha", "kernel"), held="average", n_points=7)
    other = explainer.effects(("kernel", "alpha"), held="average", n_points=7)
    other = other.set_index(["value_2", "value"])["score"]
    for row in one.itertuples():
        assert other[row.value, row.value_2] == pytest.approx(row.score, abs=1e-12)


def test_average_equals_partial_dependence_of_scikit_learn():
    space = numbers_space()
    explainer = memorised(space, interacting)
    vectors = enumerate_vectors(space, 1000)[0]
    for column, name in enumerate(space):
        found = curve(explainer.effects(name, held="average"), "average")
        expected = partial_dependence(explainer.surrogate_, vectors, [column], method="brute")
        np.testing.assert_allclose(list(found.values()), expected["average"][0])


@pytest.mark.parametrize("model", ["forest", "auto", "gp"])
def test_average_is_the_mean_over_the_candidates_of_sensitivity(mixed_space, mixed_trials, model):
    explainer = HyperSHAPExplainer(mixed_space, n_samples=100, surrogate=model, random_state=0)
    table = explainer.fit(*mixed_trials).effects("alpha", held="average", n_points=5)
    candidates = candidates_of("sensitivity", game_context(explainer)).vectors
    for row in table.itertuples():
        changed = candidates.copy()
        changed[:, 0] = row.position
        mean = explainer.surrogate_.predict(changed).mean()
        assert row.score == pytest.approx(mean, abs=1e-9)


@pytest.mark.parametrize("model", ["forest", "auto"])
@pytest.mark.parametrize("direction", ["maximize", "minimize"])
def test_profile_reaches_the_full_score_and_is_below_no_other_curve(
    mixed_space, mixed_trials, model, direction
):
    explainer = HyperSHAPExplainer(
        mixed_space, n_samples=200, surrogate=model, direction=direction, random_state=0
    )
    table = explainer.fit(*mixed_trials).effects(n_points=12)
    sign = 1 if direction == "maximize" else -1
    wide = table.set_index(["hyperparameter", "position", "held"])["score"].unstack() * sign
    assert (wide["best"] >= wide[["baseline", "incumbent", "average"]].max(axis=1)).all()
    full = explainer.explain(order=1).attrs["full_score"]
    assert table.attrs["full_score"] == pytest.approx(full, abs=1e-9)
    tops = wide["best"].groupby("hyperparameter").max()
    np.testing.assert_allclose(tops, sign * full, rtol=1e-9)


class Additive(RegressorMixin, BaseEstimator):
    """A surrogate that is a known function of vectors in the unit cube."""

    def fit(self, X, y):
        self.n_features_in_ = X.shape[1]
        return self

    def predict(self, X):
        return np.sin(3 * X[:, 0]) + X[:, 1] ** 2 - abs(X[:, 2] - 0.3)


def test_curves_of_an_additive_function_have_closed_forms():
    space = ConfigurationSpace({"x": (0.0, 1.0), "y": (0.0, 1.0), "z": (0.0, 1.0)}, seed=0)
    configs = [dict(config) for config in space.sample_configuration(60)]
    scores = Additive().predict(np.array([[c["x"], c["y"], c["z"]] for c in configs]))
    explainer = HyperSHAPExplainer(space, surrogate=Additive(), n_samples=2000, random_state=0)
    table = explainer.fit(configs, scores).effects("x", n_points=9)
    held = {
        "baseline": 0.5**2 - 0.2,
        "incumbent": explainer.incumbent_["y"] ** 2 - abs(explainer.incumbent_["z"] - 0.3),
        "best": 1.0,
        "average": 1 / 3 - (0.3**2 + 0.7**2) / 2,
    }
    for word, rest in held.items():
        found = curve(table, word)
        expected = [np.sin(3 * value) + rest for value in found]
        tolerance = 0.02 if word == "average" else 1e-3
        np.testing.assert_allclose(list(found.values()), expected, atol=tolerance)


def test_curves_do_not_depend_on_what_else_is_asked(mixed_space, mixed_trials):
    explainer = HyperSHAPExplainer(mixed_space, n_samples=100, random_state=0).fit(*mixed_trials)
    everything = explainer.effects(n_points=6)
    for held in HELD:
        alone = explainer.effects("alpha", held=[held, "best"], n_points=6)
        alone = alone[alone["held"] == held]
        rows = (everything["hyperparameter"] == "alpha") & (everything["held"] == held)
        np.testing.assert_allclose(alone["score"], everything.loc[rows, "score"], atol=1e-9)
    explainer.set_params(n_jobs=2)
    assert np.array_equal(explainer.effects(n_points=6)["score"], everything["score"])


def test_values_have_own_units_and_types(mixed_space, mixed_trials):
    explainer = HyperSHAPExplainer(mixed_space, n_samples=64, surrogate="forest", random_state=0)
    table = explainer.fit(*mixed_trials).effects(n_points=8)
    assert table.columns.tolist() == ["hyperparameter", "value", "held", "score", "position"]
    assert table["held"].unique().tolist() == HELD
    by_name = {
        name: rows["value"].tolist()
        for name, rows in table[table["held"] == "best"].groupby("hyperparameter")
    }
    assert by_name["kernel"] == ["linear", "poly", "rbf"]
    assert by_name["units"] == [8, 16, 32, 64]
    assert all(isinstance(value, int) for value in by_name["depth"] + by_name["units"])
    assert [len(by_name[name]) for name in ("alpha", "depth")] == [8, 8]
    rates = by_name["learning_rate"]
    assert rates[0] == pytest.approx(1e-4)
    assert rates[-1] == pytest.approx(1e-1)
    assert table.attrs["scale"]["learning_rate"] == "log"
    for word in ("baseline", "incumbent"):
        for name, value in table.attrs[word].items():
            assert value in by_name[name]
            position = table.attrs[f"{word}_position"][name]
            rows = table[(table["hyperparameter"] == name) & (table["held"] == word)]
            at = rows[np.isclose(rows["position"], position)]
            assert at["value"].tolist() == [value]
            assert at["score"].iloc[0] == pytest.approx(table.attrs[f"{word}_score"])


def test_positions_are_the_same_for_every_held_and_ascend(mixed_space, mixed_trials):
    explainer = HyperSHAPExplainer(mixed_space, n_samples=64, surrogate="forest", random_state=0)
    table = explainer.fit(*mixed_trials).effects(n_points=8)
    for _, rows in table.groupby("hyperparameter"):
        lists = [part["position"].tolist() for _, part in rows.groupby("held")]
        assert all(one == lists[0] for one in lists)
        assert lists[0] == sorted(lists[0])


@pytest.mark.filterwarnings("ignore:The surrogate fits poorly")  # four trials
def test_choices_may_be_none_and_estimators():
    pipeline = Pipeline([("scale", StandardScaler()), ("svc", SVC())])
    grid = {"scale": [StandardScaler(), "passthrough"], "svc__class_weight": [None, "balanced"]}
    search = results_of(GridSearchCV(pipeline, grid), [0.1, 0.4, 0.2, 0.9])
    explainer = HyperSHAPExplainer(search, surrogate="forest", random_state=0)
    table = explainer.fit().effects(held="best")
    values = table["value"].tolist()
    assert isinstance(values[0], StandardScaler)
    assert values[1:] == ["passthrough", None, "balanced"]
    assert table["position"].tolist() == [0, 1, 0, 1]


def test_mean_over_several_baselines():
    space = numbers_space()
    baselines = [{"a": 0, "b": 0, "c": 0}, {"a": 4, "b": 4, "c": 4}]
    explainer = memorised(space, interacting, baseline=baselines)
    table = explainer.effects("a")
    for value, score in curve(table, "baseline").items():
        expected = np.mean([interacting({**config, "a": value}) for config in baselines])
        assert score == pytest.approx(expected)
    assert table.attrs["baseline"] == baselines


def test_child_has_curves_where_it_is_active():
    space = ConfigurationSpace()
    kernel = Categorical("kernel", ["linear", "poly", "rbf"], default="linear")
    gamma, size = Integer("gamma", (0, 3)), Integer("size", (0, 2), default=0)
    space.add(kernel, gamma, size, EqualsCondition(gamma, kernel, "rbf"))

    def score(config):
        return config.get("gamma", 5) + 0.1 * config["size"]  # best where gamma is inactive

    explainer = memorised(space, score)
    table = explainer.effects("gamma")
    for word, more in (("baseline", 0.0), ("incumbent", 0.2), ("best", 0.2), ("average", 0.1)):
        found = curve(table, word)
        assert found == pytest.approx({value: value + more for value in range(4)})
    parent = curve(explainer.effects("kernel", held="best"), "best")
    assert parent == pytest.approx({"linear": 5.2, "poly": 5.2, "rbf": 3.2})
    pair = explainer.effects(("kernel", "gamma"), held=["best", "average", "baseline"])
    assert set(pair["value"]) == {"rbf"}
    assert len(pair) == 12


@pytest.mark.parametrize("make", CONDITIONAL_SPACES.values(), ids=CONDITIONAL_SPACES)
@pytest.mark.parametrize("model", [None, RandomForestRegressor(10)])
def test_profile_in_conditional_spaces(make, model):
    explainer = fitted(make, model)
    table = explainer.effects(n_points=6)
    wide = table.set_index(["hyperparameter", "position", "held"])["score"].unstack()
    others = wide[["baseline", "incumbent", "average"]].max(axis=1)
    assert (wide["best"] >= others - 1e-12).all()
    assert wide["best"].max() == pytest.approx(table.attrs["full_score"], abs=1e-9)
    assert wide["best"].max() == pytest.approx(explainer.explain().attrs["full_score"], abs=1e-9)
    names = [name for name in explainer.space_ if explainer.space_[name].size > 1]
    assert table["hyperparameter"].unique().tolist() == names


@pytest.mark.filterwarnings("ignore:The surrogate fits poorly")  # eight trials
def test_forbidden_values_are_left_out():
    space = numbers_space("ab", upper=2, default=1)
    space.add(
        ForbiddenAndConjunction(
            ForbiddenEqualsClause(space["a"], 2), ForbiddenEqualsClause(space["b"], 1)
        )
    )
    explainer = memorised(space, lambda config: config["a"] + config["b"])
    table = explainer.effects("a")
    assert list(curve(table, "baseline")) == [0, 1]  # b is 1 there
    assert curve(table, "best") == {0: 2.0, 1: 3.0, 2: 4.0}


def test_draws_give_an_interval_around_the_score(mixed_space, mixed_trials):
    explainer = HyperSHAPExplainer(mixed_space, n_samples=64, surrogate="forest", random_state=0)
    explainer.fit(*mixed_trials)
    plain = explainer.effects("alpha", n_points=5)
    table = explainer.effects("alpha", n_points=5, n_bootstrap=4)
    assert table.columns.tolist() == [*plain.columns[:4], "low", "high", "position"]
    assert (table["low"] <= table["score"]).all()
    assert (table["score"] <= table["high"]).all()
    assert (table["low"] < table["high"]).any()
    pd.testing.assert_series_equal(table["score"], plain["score"])
    again = explainer.set_params(n_jobs=2).effects("alpha", n_points=5, n_bootstrap=4)
    pd.testing.assert_frame_equal(again, table)


def test_profile_with_more_hyperparameters_than_are_enumerated():
    space = ConfigurationSpace({f"x{i}": (0.0, 1.0) for i in range(8)}, seed=0)
    configs = [dict(config) for config in space.sample_configuration(100)]
    scores = [sum(config.values()) + config["x0"] * config["x1"] for config in configs]
    explainer = HyperSHAPExplainer(space, n_samples=200, surrogate="forest", random_state=0)
    table = explainer.fit(configs, scores).effects(held="best", n_points=6)
    tops = table.groupby("hyperparameter")["score"].max()
    np.testing.assert_allclose(tops, table.attrs["full_score"])
    full = explainer.explain(order=1).attrs["full_score"]
    gain = full - table.attrs["baseline_score"]
    assert table.attrs["full_score"] == pytest.approx(full, abs=0.02 * gain)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"hyperparameters": "alhpa"}, ValueError, "Did you mean 'alpha'"),
        ({"hyperparameters": ["alpha", 3]}, TypeError, "names"),
        ({"hyperparameters": 3}, TypeError, "a name"),
        ({"hyperparameters": {"tree": ["alpha"]}}, TypeError, "a name"),
        ({"hyperparameters": []}, ValueError, "empty"),
        ({"hyperparameters": ("alpha", "alpha")}, ValueError, "two different"),
        ({"hyperparameters": [("alpha", "depth", "units")]}, ValueError, "A pair is a tuple"),
        ({"held": "bset"}, ValueError, "Did you mean 'best'"),
        ({"held": []}, ValueError, "held is empty"),
        ({"held": 1}, TypeError, "held"),
        ({"n_points": 1}, ValueError, "n_points"),
        ({"n_points": 2.5}, ValueError, "n_points"),
        ({"n_points": True}, ValueError, "n_points"),
        ({"n_bootstrap": 0}, ValueError, "n_bootstrap"),
    ],
)
def test_clumsy_arguments(mixed_space, mixed_trials, arguments, error, message):
    explainer = HyperSHAPExplainer(mixed_space, n_samples=64, surrogate="forest", random_state=0)
    explainer.fit(*mixed_trials)
    with pytest.raises(error, match=message):
        explainer.effects(**arguments)


def test_constant_has_no_effect():
    space = ConfigurationSpace({"x": (0.0, 1.0)}, seed=0)
    space.add(Constant("fixed", 3), Float("y", (0.0, 1.0)))
    configs = [dict(config) for config in space.sample_configuration(40)]
    explainer = HyperSHAPExplainer(space, n_samples=64, surrogate="forest", random_state=0)
    explainer.fit(configs, [config["x"] for config in configs])
    with pytest.raises(ValueError, match="'fixed' has a single value"):
        explainer.effects("fixed")
    assert set(explainer.effects(held="best", n_points=3)["hyperparameter"]) == {"x", "y"}


def test_duplicates_are_asked_once_and_two_points_are_enough(mixed_space, mixed_trials):
    explainer = HyperSHAPExplainer(mixed_space, n_samples=64, surrogate="forest", random_state=0)
    explainer.fit(*mixed_trials)
    table = explainer.effects(["kernel", "kernel"], held=["best", "best"], n_points=2)
    assert table["value"].tolist() == ["linear", "poly", "rbf"]
    table = explainer.effects(["alpha", ("alpha", "kernel")], held="best", n_points=2)
    assert table["hyperparameter_2"].isna().sum() == len(
        explainer.effects("alpha", held="best", n_points=2)
    )
    assert mixed_score(explainer.incumbent_) == pytest.approx(max(mixed_trials[1]))
