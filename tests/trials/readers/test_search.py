"""Searches of scikit-learn, and objects shaped like them."""

from __future__ import annotations

import sys
import warnings
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
from conftest import results_of
from scipy import stats
from sklearn.datasets import load_iris
from sklearn.ensemble import BaggingClassifier
from sklearn.feature_selection import RFECV, SelectKBest, f_classif, mutual_info_classif
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

from skhypershap import HyperSHAPExplainer, SpaceWarning, read_trials
from skhypershap.space.domains import domain_of
from skhypershap.trials import space_of_search
from skhypershap.trials.readers import search as search_reader
from skhypershap.trials.search_space import as_dimensions

X, Y = load_iris(return_X_y=True)


class TestShapedLikeASearch:
    """Anything with cv_results_, a search of scikit-learn or not."""

    class Found:
        """What a library of its own may return; it cannot be fitted."""

        def __init__(self, cv_results, **attributes):
            self.cv_results_ = cv_results
            vars(self).update(attributes)

    PARAMS: ClassVar = [{"a": a, "b": b} for a in (1, 2, 3) for b in ("x", "y")] * 3
    SCORES = np.arange(18.0) % 6

    @pytest.mark.parametrize(
        "attribute", ["param_grid", "param_distributions", "search_spaces", "parameters"]
    )
    @pytest.mark.parametrize("column", ["mean_test_score", "test_score"])
    def test_space_and_scores_are_found(self, attribute, column):
        space = {"a": stats.randint(1, 9), "b": ["x", "y", "z"]}
        found = self.Found({"params": self.PARAMS, column: self.SCORES}, **{attribute: space})
        trials = read_trials(found)
        assert trials.configs == self.PARAMS
        assert trials.scores.tolist() == self.SCORES.tolist()
        assert (trials.space["a"].upper, trials.default, trials.fidelity) == (8, None, None)

    def test_explanation_equals_that_of_its_trials(self):
        space = {"a": [1, 2, 3], "b": ["x", "y"]}
        found = self.Found({"params": self.PARAMS, "test_score": self.SCORES}, parameters=space)
        read = HyperSHAPExplainer(found, baseline="median", random_state=0).fit()
        given = HyperSHAPExplainer(read.space_, baseline="median", random_state=0)
        given.fit(self.PARAMS, self.SCORES)
        games = ["tunability", "ablation"]
        pd.testing.assert_frame_equal(read.explain(games), given.explain(games))

    def test_missing_space_is_given_or_inferred(self):
        found = self.Found({"params": self.PARAMS, "mean_test_score": self.SCORES})
        trials = read_trials(found, space={"a": stats.randint(1, 9), "b": ["x", "y", "z"]})
        assert trials.space["a"].upper == 8
        with pytest.warns(SpaceWarning, match="inferred from the 18 trials") as caught:
            trials = read_trials(found)
        assert len(caught) == 1
        assert domain_of(trials.space["a"]).values == (1, 2, 3)
        with pytest.warns(SpaceWarning, match="inferred"):
            explainer = HyperSHAPExplainer(found, random_state=0).fit()
        assert explainer.hyperparameter_names_ == ["a", "b"]

    def test_unreadable_distribution_is_inferred_from_its_draws(self):
        class OnlyDraws:
            def rvs(self, random_state=None):
                return float(random_state.uniform(1, 2))

        search = RandomizedSearchCV(SVC(), {"C": OnlyDraws(), "gamma": [0.1, 1]}, cv=2, n_iter=12)
        assert space_of_search(search) is None
        search.set_params(random_state=0).fit(X, Y)
        with pytest.warns(
            SpaceWarning, match=r"inferred from the 12 trials \(C: a number from 1\."
        ):
            trials = read_trials(search)
        assert trials.configs == search.cv_results_["params"]
        with pytest.raises(ValueError, match=r"'C'.*space="):
            read_trials(search, space={"C": OnlyDraws(), "gamma": [0.1, 1]})

    def test_fidelity_and_times_are_found(self):
        results = {
            "params": self.PARAMS,
            "mean_test_score": self.SCORES,
            "mean_fit_time": self.SCORES + 1,
            "n_resources": [1] * 12 + [3] * 6,
        }
        trials = read_trials(self.Found(results, param_grid={"a": [1, 2, 3], "b": ["x", "y"]}))
        assert trials.fidelity.tolist() == results["n_resources"]
        times = read_trials(
            self.Found(results, param_grid={"a": [1, 2, 3], "b": ["x", "y"]}), metric="fit_time"
        )
        assert (times.direction, times.scores[0]) == ("minimize", 1.0)

    def test_missing_parts_are_named(self):
        grid = {"a": [1, 2, 3], "b": ["x", "y"]}
        with pytest.raises(ValueError, match=r"of Found has no 'params'"):
            read_trials(self.Found({"mean_test_score": [1.0]}, param_grid=grid))
        with pytest.raises(ValueError, match=r"no scores.*among params, loss"):
            read_trials(self.Found({"params": self.PARAMS, "loss": self.SCORES}, param_grid=grid))
        found = self.Found({"params": self.PARAMS, "mean_test_auc": self.SCORES}, param_grid=grid)
        assert read_trials(found, metric="auc").metric == read_trials(found).metric == "auc"
        with pytest.raises(ValueError, match=r"'acu'.*Did you mean 'auc'"):
            read_trials(found, metric="acu")
        for words in ("rbf", 3):
            with pytest.raises(TypeError, match=rf"values of 'a' must be a list.*got {words!r}"):
                read_trials(found, metric="auc", space={"a": words, "b": ["x", "y"]})
        with pytest.raises(TypeError, match="dict or a list of dicts"):
            read_trials(found, metric="auc", space=[{"a": [1, 2]}, "b"])
        with pytest.raises(ValueError, match=r"first in number 0: 'b'.*Allowed: 'a'"):
            read_trials(found, metric="auc", space={"a": [1, 2, 3]})


def test_frozen_search_is_read():
    search = results_of(GridSearchCV(SVC(), {"C": [1, 2]}))
    assert read_trials(FrozenEstimator(search)).configs == [{"C": 1}, {"C": 2}]


def test_objects_that_are_not_sources_are_refused():
    with pytest.raises(TypeError, match="Cannot read trials from list"):
        read_trials([1, 2])
    with pytest.raises(TypeError, match="SVC is not a search: it has no search space"):
        read_trials(SVC())
    with pytest.raises(
        ValueError, match="with a ConfigurationSpace only; a GridSearchCV has results"
    ):
        read_trials(results_of(GridSearchCV(SVC(), {"C": [1, 2]})), configs=[{"C": 1}])


def test_nested_names_of_pipelines_are_kept():
    pipeline = make_pipeline(SelectKBest(), SVC())
    grid = {"selectkbest__score_func": [f_classif, mutual_info_classif], "svc__C": [1, 2]}
    trials = read_trials(results_of(GridSearchCV(pipeline, grid)))
    assert list(trials.space) == ["selectkbest__score_func", "svc__C"]
    assert trials.default == {"selectkbest__score_func": f_classif, "svc__C": 1.0}


def test_missing_library_names_its_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "skopt.space", None)
    with pytest.raises(ImportError, match=r'needs skopt.*pip install "skhypershap\[skopt\]"'):
        as_dimensions([{"C": (1e-3, 1.0, "log-uniform")}])


class _Plain:
    """Has an estimator, and nowhere the results of a search."""

    def __init__(self):
        self.estimator = SVC()

    def fit(self, X, y=None):
        return self


class _SetsResults(_Plain):
    def fit(self, X, y=None):
        self.cv_results_ = {}
        return self


class _SetsResultsByName(_Plain):
    def fit(self, X, y=None):
        setattr(self, *("cv_results_", {}))
        return self


class _HasResultsAsProperty(_Plain):
    @property
    def results(self):
        return self.cv_results_


class _Forwards(_Plain):
    def __getattr__(self, name):
        return object.__getattribute__(self, name)


class _WithoutEstimator:
    cv_results_name = "cv_results_"

    def fit(self, X, y=None):
        self.cv_results_ = {}
        return self


def _with(source, **attributes):
    vars(source).update(attributes)
    return source


@pytest.mark.parametrize(
    ("source", "is_no_search"),
    [
        (_Plain(), True),
        (_SetsResults(), False),
        (_SetsResultsByName(), False),
        (_HasResultsAsProperty(), False),
        (_Forwards(), False),
        (_WithoutEstimator(), True),
        (_with(_Plain(), cv_results_={"loss": []}), False),
        (_with(_WithoutEstimator(), cv_results_={"params": []}), False),
        (_with(_Plain(), param_grid={"C": [1]}), False),
        (GridSearchCV(SVC(), {"C": [1]}), False),
        (BaggingClassifier(SVC()), True),
        (RFECV(SVC()), True),
        (_with(RFECV(SVC()), cv_results_={"mean_test_score": []}), True),
        (_with(RFECV(SVC()), cv_results_={"params": []}), False),
        (HyperSHAPExplainer(GridSearchCV(SVC(), {"C": [1]})), True),
        (SVC(), True),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, bool) else "",
)
def test_what_will_never_have_results_is_no_search(source, is_no_search):
    assert search_reader._is_no_search(source) is is_no_search


def test_explainer_with_the_results_of_its_search_is_no_search():
    search = _with(GridSearchCV(SVC(), {"C": [1]}), cv_results_={"params": [{"C": 1}]})
    explainer = _with(HyperSHAPExplainer(search), search_=search)
    assert explainer.cv_results_ is search.cv_results_
    assert search_reader._is_no_search(explainer)
    with pytest.raises(TypeError, match="HyperSHAPExplainer is not a search"):
        search_reader.check(explainer)


def test_directions_of_scores_times_and_criteria():
    """sklearn-genetic-opt minimizes by `criteria`."""
    results = {"params": TestShapedLikeASearch.PARAMS}
    results |= {"mean_test_score": np.arange(18.0), "mean_fit_time": np.arange(18.0)}
    grid = {"a": [1, 2, 3], "b": ["x", "y"]}

    def direction(metric=None, asked=None, **attributes):
        found = TestShapedLikeASearch.Found(results, param_grid=grid, **attributes)
        return read_trials(found, metric=metric, direction=asked).direction

    assert direction() == direction(criteria="max") == "maximize"
    assert direction(criteria="min") == direction("fit_time") == "minimize"
    assert direction(asked="maximize", criteria="min") == "maximize"
    assert direction(asked="minimize") == "minimize"


def test_values_outside_an_inferred_space_are_unknown():
    """Those of a space that is known are an error."""
    results = {"params": TestShapedLikeASearch.PARAMS, "test_score": np.arange(18.0)}
    for grid, unknown in (({}, True), ({"param_grid": {"a": [1, 2, 3], "b": ["x", "y"]}}, False)):
        found = TestShapedLikeASearch.Found(results, **grid)
        checked = search_reader.check(found)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SpaceWarning)
            assert search_reader.read(found, checked).unknown is unknown


def test_parameters_that_a_dict_lacks_have_the_values_of_the_estimator():
    grid = [{"kernel": ["rbf"], "C": [1, 2]}, {"kernel": ["linear"], "C": [4]}, {"kernel": ["rbf"]}]
    params = [{"kernel": "rbf", "C": 2}, {"kernel": "linear", "C": 4}, {"kernel": "rbf"}]
    search = _with(GridSearchCV(SVC(), grid), cv_results_={"params": params}, n_splits_=2)
    search.cv_results_["mean_test_score"] = np.arange(3.0)
    trials = read_trials(search)
    assert trials.configs == [*params[:2], {"kernel": "rbf", "C": 1.0}]
    assert trials.default == {"kernel": "rbf", "C": 1.0}


def test_failures_of_a_search_are_those_of_its_first_metric():
    several = GridSearchCV(SVC(), {"C": [1]}, scoring=["accuracy", "f1"], refit="f1")
    results = {"params": [{"C": 1}], "mean_test_accuracy": [1.0], "mean_test_f1": [1.0]}
    _with(several, cv_results_=results, multimetric_=True)
    assert search_reader.metric_of_failures(several) == "accuracy"
    assert search_reader.metrics(several) == ["accuracy", "f1"]
    one = _with(GridSearchCV(SVC(), {"C": [1]}), cv_results_={"params": [], "mean_test_score": []})
    assert search_reader.metric_of_failures(one) is None
    # Before the search has run.
    assert search_reader.metric_of_failures(GridSearchCV(SVC(), {"C": [1]})) is None
    several = GridSearchCV(SVC(), {"C": [1]}, scoring=["f1", "accuracy"], refit="f1")
    assert search_reader.metric_of_failures(several) == "f1"
    several.set_params(scoring=["f1", "failed"])
    assert search_reader.metric_of_failures(several) == "failed"
