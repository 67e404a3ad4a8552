"""scikit-learn's halving searches: every rung is a trial, the resource its fidelity."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import HalvingGridSearchCV, HalvingRandomSearchCV
from sklearn.pipeline import Pipeline
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from skhypershap import HyperSHAPExplainer, read_trials
from skhypershap.advice.reduced_search import reduced
from skhypershap.trials import space_of_search

pytestmark = pytest.mark.filterwarnings("ignore::skhypershap.SurrogateWarning")

X, Y = make_classification(240, 5, random_state=0)
RANGES = {"C": stats.loguniform(1e-2, 1e2), "gamma": stats.loguniform(1e-3, 1e1)}


@pytest.fixture(scope="module")
def over_samples():
    search = HalvingRandomSearchCV(SVC(gamma=0.1), RANGES, n_candidates=12, random_state=0, cv=3)
    return search.set_params(min_resources=30, factor=2).fit(X, Y)


@pytest.fixture(scope="module")
def over_trees():
    search = HalvingGridSearchCV(
        RandomForestClassifier(random_state=0),
        {"max_depth": [1, 2, 4], "max_features": [1, 1.0]},
        resource="n_estimators",
        min_resources=1,
        max_resources=8,
        factor=2,
        cv=2,
        random_state=0,
    )
    return search.fit(X, Y)


def test_resource_of_each_rung_is_the_fidelity(over_samples):
    results = over_samples.cv_results_
    trials = read_trials(over_samples)
    assert len(set(results["n_resources"])) == 4
    assert trials.configs == results["params"]
    np.testing.assert_array_equal(trials.scores, results["mean_test_score"])
    np.testing.assert_array_equal(trials.fidelity, results["n_resources"])
    assert (trials.metric, trials.direction) == ("score", "maximize")
    assert trials.default == {"C": 1.0, "gamma": 0.1}
    # The best of the last rung, as best_params_ has it, though smaller rungs score higher.
    assert trials.configs[trials.incumbent] == over_samples.best_params_
    assert trials.scores.max() > over_samples.best_score_


def test_resource_parameter_is_not_a_hyperparameter(over_trees):
    results = over_trees.cv_results_
    assert "n_estimators" in results["params"][0], "what this test is about"
    trials = read_trials(over_trees)
    assert list(trials.space) == ["max_depth", "max_features"]
    expected = [{n: v for n, v in p.items() if n != "n_estimators"} for p in results["params"]]
    assert trials.configs == expected
    assert {type(config["max_features"]) for config in trials.configs} == {int, float}
    np.testing.assert_array_equal(trials.fidelity, [p["n_estimators"] for p in results["params"]])
    assert "n_estimators" not in trials.default


@pytest.mark.parametrize("name", ["over_samples", "over_trees"])
def test_explanation_equals_that_of_its_trials(name, request):
    search = request.getfixturevalue(name)
    trials = read_trials(search)
    read = HyperSHAPExplainer(search, baseline="median", random_state=0).fit()
    given = HyperSHAPExplainer(trials.space, baseline="median", random_state=0)
    given.fit(trials.configs, trials.scores, fidelity=search.cv_results_["n_resources"])
    games = ["tunability", "ablation"]
    pd.testing.assert_frame_equal(read.explain(games), given.explain(games))
    pd.testing.assert_frame_equal(read.trials_, given.trials_)
    assert read.trials_["fidelity"].tolist() == search.cv_results_["n_resources"].tolist()


def test_halving_search_runs_and_predicts(over_samples):
    search = HalvingRandomSearchCV(SVC(gamma=0.1), RANGES, n_candidates=12, random_state=0, cv=3)
    search.set_params(min_resources=30, factor=2)
    explainer = HyperSHAPExplainer(search, baseline_score="predict", random_state=0).fit(X, Y)
    assert (
        explainer.trials_["score"].tolist() == over_samples.cv_results_["mean_test_score"].tolist()
    )
    np.testing.assert_array_equal(explainer.predict(X), over_samples.predict(X))
    assert explainer.incumbent_ == over_samples.best_params_


def test_times_are_minimised(over_samples):
    trials = read_trials(over_samples, metric="fit_time")
    assert trials.direction == "minimize"
    np.testing.assert_array_equal(trials.scores, over_samples.cv_results_["mean_fit_time"])
    with pytest.raises(ValueError, match=r"'fit_tim'.*Did you mean 'fit_time'.*'score_time'"):
        read_trials(over_samples, metric="fit_tim")


def test_list_of_dicts_with_estimators_as_choices_is_read():
    dicts = [
        {"clf": [SVC()], "clf__C": [0.1, 1, 10]},
        {"clf": [DecisionTreeClassifier(random_state=0)], "clf__max_depth": [1, 2, 3]},
    ]
    pipeline = Pipeline([("clf", SVC())])
    search = HalvingGridSearchCV(pipeline, dicts, factor=2, min_resources=60, cv=2, random_state=0)
    trials = read_trials(search.fit(X, Y))
    assert [set(c) for c in trials.configs] == [set(p) for p in search.cv_results_["params"]]
    assert {condition.child.name for condition in trials.space.conditions} == {
        "clf__C",
        "clf__max_depth",
    }
    assert len(set(trials.fidelity)) == 3


def test_smaller_searches_run(over_samples, over_trees):
    smaller = reduced(
        over_samples, space_of_search(over_samples), ["gamma"], {"C": 3.0, "gamma": 0.1}
    )
    assert type(smaller) is HalvingRandomSearchCV
    assert (smaller.n_candidates, smaller.min_resources, smaller.factor) == (12, 30, 2)
    smaller.fit(X, Y)
    assert list(smaller.cv_results_["params"][0]) == ["gamma"]
    assert smaller.best_estimator_.C == 3.0
    assert over_samples.estimator.C == 1.0

    fixed = {"max_depth": 4, "max_features": 1.0}
    smaller = reduced(over_trees, space_of_search(over_trees), ["max_depth"], fixed).fit(X, Y)
    assert smaller.param_grid == {"max_depth": [1, 2, 4]}
    held = smaller.best_estimator_.max_features
    assert (held, type(held)) == (1.0, float)
    trials = read_trials(smaller)
    assert list(trials.space) == ["max_depth"]
    # The first rung, where all candidates run, is that of the whole search.
    whole = {
        (c["max_depth"], f): score
        for c, f, score in zip(*scores_of(over_trees), strict=True)
        if type(c["max_features"]) is float
    }
    first = [(c["max_depth"], f, score) for c, f, score in zip(*scores_of(smaller), strict=True)]
    assert [score for _, _, score in first[:3]] == [whole[depth, f] for depth, f, _ in first[:3]]


def scores_of(search):
    results = search.cv_results_
    return results["params"], results["n_resources"], results["mean_test_score"]


def test_smaller_search_draws_no_more_candidates_than_exist():
    lists = {"C": [0.1, 1, 10], "gamma": [0.01, 0.1]}
    search = HalvingRandomSearchCV(SVC(), lists, n_candidates=6, random_state=0, cv=2, factor=2)
    smaller = reduced(search, space_of_search(search), ["C"], {"C": 1, "gamma": 0.1})
    assert smaller.n_candidates == 3
    smaller.set_params(min_resources=60).fit(X, Y)
