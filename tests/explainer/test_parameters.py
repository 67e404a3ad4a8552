"""Each constructor parameter changes a result."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from conftest import iris_svc_search
from scipy.stats import loguniform
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsRegressor
from sklearn.svm import SVC

from skhypershap import (
    BaselineWarning,
    HyperSHAPExplainer,
    SurrogateWarning,
)

X, Y = load_iris(return_X_y=True)


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("space", {**iris_svc_search().param_distributions, "C": loguniform(1e-9, 1e9)}),
        ("surrogate", KNeighborsRegressor(3)),
        ("metric", "score_time"),
        ("direction", "minimize"),
        ("baseline", "worst"),
        ("n_samples", 3),
        ("optimizer", "random"),
        ("random_state", 1),
    ],
)
def test_parameter_changes_explanation(fitted_search, parameter, value):
    start = {"n_samples": 50, "random_state": 0}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SurrogateWarning)
        games = ["tunability", "sensitivity"]
        first = HyperSHAPExplainer(fitted_search, **start).fit().explain(games)
        changed = HyperSHAPExplainer(fitted_search, **{**start, parameter: value})
        second = changed.fit().explain(games)
    assert not np.allclose(np.sort(first["value"]), np.sort(second["value"]))


def test_search_changes_hyperparameters(fitted_search):
    other = GridSearchCV(SVC(), {"C": [1, 10], "gamma": [0.1, 1, 2, 5, 10, 20]}).fit(X, Y)
    with pytest.warns(BaselineWarning):
        table = HyperSHAPExplainer(other, random_state=0).fit().explain()
    assert table["interaction"].tolist() != ["C", "gamma", "kernel"]


def test_max_exact_set_after_fit_makes_explanation_exact(fitted_search):
    few = HyperSHAPExplainer(fitted_search, max_exact=2, n_samples=50, random_state=0).fit()
    assert few.explain().attrs["exact"] is False
    assert few.set_params(max_exact=3).explain().attrs["exact"] is True


def test_n_jobs_changes_no_number(fitted_search):
    tables, predictions = {}, {}
    for n_jobs in (None, 2):
        fitted = HyperSHAPExplainer(fitted_search, n_jobs=n_jobs, n_samples=500, random_state=0)
        tables[n_jobs] = fitted.fit().explain(["tunability", "sensitivity"])
        points = np.random.default_rng(0).random((2000, 3))
        predictions[n_jobs] = fitted.surrogate_.predict(points)
    pd.testing.assert_frame_equal(tables[None], tables[2])
    np.testing.assert_array_equal(predictions[None], predictions[2])


def test_verbose_shows_progress_bar(fitted_search, capsys, monkeypatch):
    monkeypatch.setattr("skhypershap.parallel.PROGRESS_DELAY", 0)
    quiet = HyperSHAPExplainer(fitted_search, n_samples=50, random_state=0).fit()
    quiet.explain()
    assert capsys.readouterr().err == ""
    quiet.set_params(verbose=1).explain()
    assert "tunability" in capsys.readouterr().err
