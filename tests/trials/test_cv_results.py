"""Which column of `cv_results_` is explained."""

from __future__ import annotations

import numpy as np
import pytest
from ConfigSpace import ConfigurationSpace
from conftest import results_of
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV
from sklearn.svm import SVC

from skhypershap import HyperSHAPExplainer, TrialsWarning, read_trials

X, Y = load_iris(return_X_y=True)


@pytest.mark.parametrize(
    ("results", "error", "words"),
    [
        (None, TypeError, "cv_results_ must be a dict of columns; got NoneType"),
        ({}, ValueError, r"cv_results_ has no scores: .*it is empty"),
        (
            {"params": [{"C": 1}, {"C": 2}], "mean_test_score": [0.5]},
            ValueError,
            r"2 configurations in 'params', .*'mean_test_score' of 1",
        ),
        (
            {"params": [{"C": 1}, 2], "mean_test_score": [0.5, 0.6]},
            TypeError,
            r"cv_results_\['params'\] must hold dicts; row 1 has 2",
        ),
    ],
)
def test_broken_results_are_an_error_that_names_them(results, error, words):
    search = GridSearchCV(SVC(), {"C": [1, 2]})
    search.cv_results_ = results
    with pytest.raises(error, match=words):
        HyperSHAPExplainer(search).fit()


@pytest.mark.filterwarnings("ignore::skhypershap.HyperSHAPWarning")
def test_masked_scores_are_failed_trials():
    masked = np.ma.array([0.1, 0.9, 0.4], mask=[False, True, False])
    search = results_of(GridSearchCV(SVC(), {"C": [1, 2, 3]}), mean_test_score=masked)
    assert HyperSHAPExplainer(search).fit().trials_["C"].tolist() == [1, 3]
    space = ConfigurationSpace({"C": (1, 3)})
    explainer = HyperSHAPExplainer(space, metric="failed")
    assert explainer.fit([{"C": 1}, {"C": 2}, {"C": 3}], masked).trials_["score"].tolist() == [
        0,
        1,
        0,
    ]


class TestMetrics:
    """Which column is explained."""

    def test_several_metrics_need_a_name_unless_refit_has_one(self):
        columns = {"mean_test_acc": [0.1, 0.9], "mean_test_f1": [0.8, 0.2]}
        search = GridSearchCV(SVC(), {"C": [1, 2]}, scoring={"acc": "accuracy", "f1": "f1_macro"})
        search.set_params(refit="f1")
        results_of(search, **columns)
        assert read_trials(search).scores.tolist() == [0.8, 0.2]
        assert read_trials(search).metric == "f1"
        assert read_trials(search, metric="acc").scores.tolist() == [0.1, 0.9]
        search.set_params(refit=False)
        with pytest.raises(ValueError, match=r"several metrics \('acc', 'f1'\).*metric="):
            read_trials(search)
        with pytest.raises(ValueError, match=r"'accc'.*Did you mean 'acc'"):
            read_trials(search, metric="accc")

    def test_unknown_metric_raises_before_search(self):
        search = GridSearchCV(SVC(), {"C": [1, 2]}, scoring=["accuracy", "f1_macro"], refit=False)
        explainer = HyperSHAPExplainer(search)
        with pytest.raises(ValueError, match="several metrics"):
            explainer.fit(X, Y)
        with pytest.raises(ValueError, match="'roc'"):
            explainer.set_params(metric="roc").fit(X, Y)
        assert not hasattr(explainer, "search_")

    def test_times_are_minimised(self):
        search = results_of(GridSearchCV(SVC(), {"C": [1, 2, 3]}))
        for metric in ("fit_time", "score_time"):
            trials = read_trials(search, metric=metric)
            assert (trials.metric, trials.direction) == (metric, "minimize")
            assert trials.scores.tolist() == search.cv_results_[f"mean_{metric}"].tolist()
            assert trials.incumbent == 0
        assert read_trials(search, metric="fit_time", direction="maximize").incumbent == 2
        with pytest.raises(ValueError, match=r"Unknown direction 'max'.*'maximize'"):
            read_trials(search, direction="max")

    def test_single_metric_is_named_by_its_scorer_or_score(self):
        search = results_of(GridSearchCV(SVC(), {"C": [1, 2]}, scoring="accuracy"))
        assert read_trials(search).metric == "accuracy"
        assert read_trials(search, metric="accuracy").metric == "accuracy"
        assert read_trials(search, metric="score").scores.tolist() == [0, 1]
        with pytest.raises(ValueError, match="Unknown metric 'f1'"):
            read_trials(search, metric="f1")

    def test_failed_trials_are_counted_and_left_out(self):
        search = results_of(GridSearchCV(SVC(), {"C": [1, 2, 3]}), [0.5, np.nan, -np.inf])
        with pytest.warns(TrialsWarning, match="2 of 3 trials failed"):
            trials = read_trials(search)
        assert trials.configs == [{"C": 1}]
        with pytest.raises(ValueError, match="All 3 trials failed"):
            read_trials(results_of(search, [np.nan] * 3))
