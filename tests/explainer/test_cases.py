"""Cases: the same values after writing and reading, and no word of the user's in the file."""

from __future__ import annotations

import json
import warnings

import numpy as np
import pandas as pd
import pytest
from ConfigSpace import ConfigurationSpace
from conftest import CONDITIONAL_SPACES, fitted, mixed_score
from scipy.stats import gamma, loguniform, poisson
from sklearn.datasets import load_iris
from sklearn.ensemble import ExtraTreesRegressor, RandomForestRegressor
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import RandomizedSearchCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from skhypershap import HyperSHAPExplainer, load_case


def assert_same_values(explainer, path, games=("tunability", "sensitivity"), **given):
    """Write, read and compare; return the loaded explainer and the text of the file."""
    explainer.dump_case(path)
    loaded = load_case(path, **given)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for game in games:
            expected = explainer.coalition_values(game)["value"]
            found = loaded.coalition_values(game)["value"]
            np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-14)
    assert len(loaded.hyperparameter_names_) == len(explainer.hyperparameter_names_)
    positions = [list(explainer.space_).index(name) for name in explainer.hyperparameter_names_]
    names = list(loaded.space_)
    assert loaded.hyperparameter_names_ == [names[position] for position in positions]
    np.testing.assert_array_equal(loaded.trials_["score"], explainer.trials_["score"])
    assert loaded.surrogate_score_ == pytest.approx(explainer.surrogate_score_, rel=1e-12)
    return loaded, path.read_text()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "case.json"


@pytest.mark.parametrize("name", CONDITIONAL_SPACES)
def test_conditions_and_clauses(name, path):
    """Of all kinds that ConfigSpace has."""
    explainer = fitted(CONDITIONAL_SPACES[name], "forest")
    loaded, text = assert_same_values(explainer, path, ["tunability", "ablation"])
    for word in (*explainer.space_, "linear", "poly", "sgd", "adam"):
        assert f'"{word}"' not in text
    assert len(loaded.space_.conditions) == len(explainer.space_.conditions)
    assert len(loaded.space_.forbidden_clauses) == len(explainer.space_.forbidden_clauses)


def test_search_with_estimators_none_and_distributions(path):
    space = [
        {
            "scale": [StandardScaler(), MinMaxScaler(), None],
            "svc": [SVC()],
            "svc__C": loguniform(0.1, 10),
            "svc__kernel": ["rbf", "poly"],
            "svc__gamma": gamma(2.0, scale=0.1),
            "svc__class_weight": [None, "balanced", {0: 2, 1: 1, 2: 1}],
        },
        {
            "svc": [DecisionTreeClassifier(random_state=0)],
            "svc__max_depth": [None, 1, 2, 3],
            "svc__min_samples_leaf": poisson(3, loc=1),
            "svc__max_features": [1, 1.0, "sqrt"],
        },
    ]
    pipeline = Pipeline([("scale", StandardScaler()), ("svc", SVC())])
    search = RandomizedSearchCV(pipeline, space, n_iter=40, random_state=0, cv=3)
    explainer = HyperSHAPExplainer(search, random_state=3, n_samples=200, surrogate="forest")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        explainer.fit(*load_iris(return_X_y=True))
        loaded, text = assert_same_values(explainer, path)
    words = ("svc", "Scaler", "SVC", "rbf", "balanced", "sqrt", "accuracy", "DecisionTree")
    assert not [word for word in words if word in text]
    assert len(loaded.measured_) == 1


@pytest.mark.parametrize(
    ("metric", "expected"),
    [("accuracy", "metric (at most 1)"), ("mae", "metric (at least 0)"), ("secret", "metric")],
)
def test_bounds_of_metrics_are_kept(metric, expected, path):
    """`next_trials` expects no score beyond the best possible one."""
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"x": rng.random(30)})
    table[metric] = 0.02 + 0.97 * (table["x"] if metric == "accuracy" else 1 - table["x"])
    direction = "maximize" if metric == "accuracy" else "minimize"
    given = {
        "metric": metric,
        "direction": direction,
        "space": ConfigurationSpace({"x": (0.0, 1.0)}),
        "baseline": "center",
    }
    explainer = HyperSHAPExplainer(table, random_state=0, surrogate="forest", **given).fit()
    loaded, text = assert_same_values(explainer, path)
    assert json.loads(text)["metric"] == expected
    expected, found = (one.next_trials(20) for one in (explainer, loaded))
    pd.testing.assert_frame_equal(found, expected)
    loaded.dump_case(path)
    assert path.read_text() == text


def test_all_text_of_the_file_is_of_the_library_or_a_number(path):
    """A space, trials and settings full of secrets."""
    space = ConfigurationSpace(name="secret space", meta={"secret": "secret"}, seed=0)
    space.add(
        ConfigurationSpace({"secret x": (0.0, 1.0), "secret c": ["secret a", "secret b"]}).values()
    )
    for item in space.values():
        item.meta = {"secret": "secret path"}
    configs = [dict(config) for config in space.sample_configuration(40)]
    scores = [config["secret x"] + len(config["secret c"]) for config in configs]
    explainer = HyperSHAPExplainer(
        space, random_state=0, surrogate="forest", baseline={"secret c": "secret b"}, n_samples=100
    )
    _, text = assert_same_values(explainer.fit(configs, scores), path)
    assert "secret" not in text
    assert text.isascii()


def test_file_is_the_same_each_time_and_small(path):
    explainer = fitted(CONDITIONAL_SPACES["mixed"], "forest")
    explainer.dump_case(path)
    first = path.read_bytes()
    explainer.dump_case(str(path))
    assert path.read_bytes() == first
    assert len(first) < 500 * len(explainer.trials_) + 20_000


def test_names_keep_their_order_with_more_than_nine(path):
    space = ConfigurationSpace({f"x{number}": (0.0, 1.0) for number in range(12)}, seed=0)
    vectors = np.random.default_rng(0).random((60, 12))
    configs = [dict(zip(space, map(float, row), strict=True)) for row in vectors]
    explainer = HyperSHAPExplainer(space, random_state=0, n_samples=50, surrogate="forest")
    explainer.fit(configs, vectors @ np.arange(12))
    loaded, _ = assert_same_values(explainer, path, ["tunability"])
    assert loaded.hyperparameter_names_[8:] == [f"hyperparameter_{n:02d}" for n in range(9, 13)]


def test_fidelity_failures_measured_trials_and_several_baselines(mixed_space, path):
    mixed_space.seed(1)
    configs = [dict(config) for config in mixed_space.sample_configuration(120)]
    scores = np.array([mixed_score(config) for config in configs])
    scores[[config["kernel"] == "poly" for config in configs]] = np.nan
    fidelity = np.where(np.arange(120) % 3, 10.0, 30.0)
    explainer = HyperSHAPExplainer(
        mixed_space,
        random_state=np.random.RandomState(5),
        direction="minimize",
        baseline=["worst", {"alpha": 0.25, "kernel": "rbf"}],
        n_samples=100,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        explainer.fit(configs, scores, fidelity=fidelity)
        better = {**explainer.incumbent_, "alpha": 0.125}
        explainer.tell([better, {**better, "alpha": 0.5}], [-1.0, np.nan], fidelity=[30.0, 10.0])
        assert explainer.fitted_.source.inferred
        loaded, _ = assert_same_values(explainer, path)
        np.testing.assert_allclose(
            loaded.explain(n_bootstrap=2)["value"],
            explainer.explain(n_bootstrap=2)["value"],
            rtol=1e-12,
            atol=1e-14,
        )
    assert len(loaded.baseline_) == 2
    assert loaded.measured_["why"].tolist() == ["told", "told"]
    pd.testing.assert_series_equal(loaded.trials_["fidelity"], explainer.trials_["fidelity"])


@pytest.mark.parametrize(
    "model",
    [None, "gp", ExtraTreesRegressor(n_estimators=7, criterion="absolute_error", random_state=1)],
)
def test_surrogates_are_written(model, path):
    explainer = fitted(CONDITIONAL_SPACES["related"], model)
    assert_same_values(explainer, path)


class SecretForest(RandomForestRegressor):
    """A surrogate of the user's own."""


@pytest.mark.parametrize(
    "model",
    [
        SecretForest(n_estimators=5, random_state=0),
        make_pipeline(MinMaxScaler(), RandomForestRegressor(n_estimators=5, random_state=0)),
    ],
)
def test_other_surrogates_are_given_again(model, path):
    explainer = fitted(CONDITIONAL_SPACES["related"], model)
    _, text = assert_same_values(explainer, path, surrogate=model)
    assert "Secret" not in text
    with pytest.raises(ValueError, match="load_case\\(path, surrogate"):
        load_case(path)


def test_loaded_case_can_be_fitted_again_and_written_again(path):
    explainer = fitted(CONDITIONAL_SPACES["forbidding"], "forest")
    loaded, text = assert_same_values(explainer, path)
    loaded.dump_case(path)
    assert path.read_text() == text
    again = loaded.fit()
    np.testing.assert_allclose(again.explain()["value"], explainer.explain()["value"], rtol=1e-12)


def test_logistic_search_with_failed_trials(path):
    """The default of the estimator lies outside the space."""
    space = {"C": loguniform(1e-3, 10), "penalty": ["l2", "l1"], "solver": ["lbfgs"]}
    search = RandomizedSearchCV(LogisticRegression(max_iter=50), space, n_iter=30, random_state=0)
    explainer = HyperSHAPExplainer(search, random_state=0, n_samples=100, surrogate="forest")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        explainer.fit(*load_iris(return_X_y=True))
        assert_same_values(explainer, path)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"skhypershap_case": 99}', "\x00"])
def test_other_files_are_errors(text, path):
    path.write_text(text)
    with pytest.raises(ValueError, match="is not a case"):
        load_case(path)


def test_a_file_makes_no_other_class_than_a_regressor_of_scikit_learn(path):
    model = ExtraTreesRegressor(n_estimators=3, random_state=0)
    fitted(CONDITIONAL_SPACES["related"], model).dump_case(path)
    case = json.loads(path.read_text())
    for module, name in (("os", "system"), ("sklearn.base", "clone"), ("sklearn.os", "system")):
        case["settings"]["surrogate"] = {"module": module, "class": name, "parameters": {}}
        path.write_text(json.dumps(case))
        with pytest.raises(ValueError, match="not an estimator of scikit-learn"):
            load_case(path)


def test_half_a_case_is_an_error(path):
    fitted(CONDITIONAL_SPACES["related"], "forest").dump_case(path)
    case = json.loads(path.read_text())
    del case["trials"]["scores"]
    path.write_text(json.dumps(case))
    with pytest.raises(ValueError, match=r"not a whole case.*scores"):
        load_case(path)


def test_unfitted_explainers_and_missing_files_are_errors(path):
    with pytest.raises(NotFittedError):
        HyperSHAPExplainer(ConfigurationSpace({"a": (0.0, 1.0)})).dump_case(path)
    with pytest.raises(FileNotFoundError):
        load_case(path)
