"""`explainer.verify`: a frame with predicted beside measured scores."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_iris
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import (
    GridSearchCV,
    cross_val_score,
)
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from skhypershap import HyperSHAPExplainer, SurrogateWarning


@pytest.fixture
def fitted():
    grid = {"max_depth": [1, 2, 3, 4, 5], "min_samples_leaf": [1, 5, 20, 40]}
    search = GridSearchCV(DecisionTreeClassifier(random_state=0), grid, scoring="accuracy")
    return HyperSHAPExplainer(search, baseline={"max_depth": 1}, random_state=0).fit(
        *load_iris(return_X_y=True)
    )


def test_verify_measures_baseline_incumbent_and_best_subsets(fitted):
    X, y = load_iris(return_X_y=True)
    table = fitted.verify(X, y)
    assert list(table) == ["configuration", "predicted", "measured", "measured_std"]
    best = fitted.best_subsets()["hyperparameters"]
    assert table.index.tolist() == [
        "baseline",
        "incumbent",
        *(f"best of {' × '.join(names)}" for names in best),
    ]
    assert table["configuration"].iloc[0] == fitted.baseline_
    assert table["configuration"].iloc[1] == fitted.incumbent_
    np.testing.assert_array_equal(
        table["predicted"], fitted.predict_score(table["configuration"].tolist())
    )
    for config, mean, std in table[["configuration", "measured", "measured_std"]].to_numpy():
        tree = DecisionTreeClassifier(random_state=0, **config)
        scores = cross_val_score(tree, X, y, scoring="accuracy")
        assert (mean, std) == pytest.approx((scores.mean(), scores.std()), abs=1e-12)


def test_best_of_a_subset_scores_its_coalition_value(fitted):
    """And only the subset's hyperparameters differ from the baseline."""
    table = fitted.verify(*load_iris(return_X_y=True))
    v = fitted.coalition_values().set_index("coalition")["value"]
    best = fitted.best_subsets()["hyperparameters"]
    for row, names in zip(table.iloc[2:].itertuples(), best, strict=True):
        assert row.predicted == pytest.approx(v[names], abs=1e-12)
        differ = {k for k, x in row.configuration.items() if x != fitted.baseline_[k]}
        assert differ <= set(names)


def test_given_configurations_are_verified(fitted):
    X, y = load_iris(return_X_y=True)
    configs = [{"max_depth": 2, "min_samples_leaf": 5}, {"max_depth": 5, "min_samples_leaf": 1}]
    table = fitted.verify(X, y, pd.DataFrame(configs))
    assert table["configuration"].tolist() == configs
    assert table.index.tolist() == [0, 1]
    results = pd.DataFrame(fitted.search_.cv_results_)
    for config, mean in zip(configs, table["measured"], strict=True):
        (row,) = np.flatnonzero([params == config for params in results["params"]])
        assert mean == results["mean_test_score"][row]


def test_missing_values_are_from_the_baseline_and_inactive_ones_not_set():
    X, y = load_iris(return_X_y=True)
    dicts = [{"kernel": ["linear"]}, {"kernel": ["rbf"], "tol": [1e-3, 50.0]}]
    search = GridSearchCV(SVC(), [{**part, "C": [0.01, 1.0]} for part in dicts], cv=3)
    with pytest.warns(SurrogateWarning):
        fitted = HyperSHAPExplainer(search, random_state=0).fit(X, y)
    table = fitted.verify(X, y, [{"kernel": "linear", "tol": 50.0}, {"kernel": "linear"}])
    assert table["configuration"].tolist() == [{"kernel": "linear", "C": 1.0}] * 2
    assert table["measured"].nunique() == 1


def test_several_baselines_without_subsets():
    X, y = load_iris(return_X_y=True)
    search = GridSearchCV(DecisionTreeClassifier(random_state=0), {"max_depth": [1, 2, 3, 4]})
    with pytest.warns(SurrogateWarning):
        fitted = HyperSHAPExplainer(search, baseline=["median", "worst"]).fit(X, y)
    assert fitted.verify(X, y).index.tolist() == ["baseline", "baseline", "incumbent"]


def test_configurations_outside_the_space_raise(fitted):
    X, y = load_iris(return_X_y=True)
    with pytest.raises(ValueError, match="99 is no value of 'max_depth'"):
        fitted.verify(X, y, [{"max_depth": 99, "min_samples_leaf": 1}])
    with pytest.raises(ValueError, match="hyperparameter"):
        fitted.verify(X, y, [{"depth": 2}])
    with pytest.raises(TypeError, match=r"configs=\[config\]"):
        fitted.verify(X, y, config={"max_depth": 2})
    with pytest.raises(ValueError, match="configs is empty"):
        fitted.verify(X, y, [])
