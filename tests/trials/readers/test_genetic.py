"""sklearn-genetic-opt's GASearchCV, which scikit-learn cannot clone and which repeats itself."""

from __future__ import annotations

import random

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.model_selection import cross_val_score
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from skhypershap import HyperSHAPExplainer, read_trials
from skhypershap.advice.reduced_search import reduced
from skhypershap.advice.verification import measured
from skhypershap.space.domains import domain_of
from skhypershap.space.value_keys import value_key
from skhypershap.trials import check_source, copy_of, space_of_search

pytest.importorskip("sklearn_genetic")
from sklearn_genetic import GASearchCV
from sklearn_genetic.space import Categorical, Continuous, Integer

pytestmark = [
    pytest.mark.filterwarnings("ignore::skhypershap.SurrogateWarning"),
    # sklearn-genetic-opt makes its classes anew for each search, also after other test modules.
    pytest.mark.filterwarnings("ignore:A class named:RuntimeWarning"),
]

X, Y = load_iris(return_X_y=True)


def unfitted(**kwargs):
    spaces = {
        "C": Continuous(1e-2, 1e2, distribution="log-uniform"),
        "tol": Continuous(1e-4, 1e-2),
        "degree": Integer(1, 4),
        "kernel": Categorical(["rbf", "poly"], priors=[0.9, 0.1]),
    }
    kwargs = {"population_size": 6, "generations": 3, "cv": 2, "verbose": False, **kwargs}
    return GASearchCV(SVC(gamma=0.5, degree=2), param_grid=spaces, **kwargs)


@pytest.fixture(scope="module")
def search():
    random.seed(0)
    np.random.seed(0)
    return unfitted(scoring="accuracy").fit(X, Y)


def once(search):
    """Rows of cv_results_ that are no repetition of an earlier one."""
    keys = [value_key(params) for params in search.cv_results_["params"]]
    return [row for row, key in enumerate(keys) if key not in keys[:row]]


def test_rows_from_the_cache_are_left_out(search):
    results, rows = search.cv_results_, once(search)
    assert len(rows) < len(results["params"]), "what this test is about"
    trials = read_trials(search)
    assert trials.configs == [results["params"][row] for row in rows]
    assert trials.scores.tolist() == [results["mean_test_score"][row] for row in rows]
    assert (trials.metric, trials.direction) == ("accuracy", "maximize")
    times = read_trials(search, metric="fit_time")
    assert times.scores.tolist() == [results["mean_fit_time"][row] for row in rows]
    space = trials.space
    assert (space["C"].lower, space["C"].upper, space["C"].log) == (0.01, 100, True)
    assert (space["tol"].lower, space["tol"].upper, space["tol"].log) == (1e-4, 1e-2, False)
    assert (space["degree"].lower, space["degree"].upper) == (1, 4)
    assert domain_of(space["kernel"]).values == ("rbf", "poly")
    # The library draws them alike, whatever priors says.
    np.testing.assert_allclose(space["kernel"].probabilities, [0.5, 0.5])


def test_without_cache_every_row_is_a_trial(search):
    random.seed(0)
    again = unfitted(use_cache=False).fit(X, Y)
    assert read_trials(again).configs == again.cv_results_["params"]


def test_refitted_search_has_no_default(search):
    """Versions before 0.13 set the best configuration on the very estimator that they were given."""
    own = {"C": 1.0, "tol": 1e-3, "degree": 2, "kernel": "rbf"}
    is_changed = search.best_params_["C"] == search.estimator.C
    assert read_trials(search).default == (None if is_changed else own)
    random.seed(0)
    kept = unfitted(refit=False).fit(X, Y)
    assert read_trials(kept).default == own


def test_explanation_equals_that_of_its_trials(search):
    trials = read_trials(search)
    read = HyperSHAPExplainer(search, baseline="median", random_state=0).fit()
    given = HyperSHAPExplainer(trials.space, baseline="median", random_state=0)
    given.fit(trials.configs, trials.scores)
    games = ["tunability", "ablation"]
    pd.testing.assert_frame_equal(read.explain(games), given.explain(games))
    assert read.baseline_ == given.baseline_


def test_fit_predict_does_not_mutate_search():
    own = unfitted()
    random.seed(0)
    explainer = HyperSHAPExplainer(own, random_state=0).fit(X, Y)
    assert not hasattr(own, "cv_results_")
    assert own.estimator.get_params() == SVC(gamma=0.5, degree=2).get_params()
    assert explainer.search_.best_score_ == explainer.trials_["score"].max()
    np.testing.assert_array_equal(
        explainer.predict(X), explainer.search_.best_estimator_.predict(X)
    )


def test_copy_is_unfitted_and_has_no_cache(search):
    """It keeps a cache of scores, which are wrong for other data."""
    assert search.fitness_cache
    copy = copy_of(search)
    assert not copy.fitness_cache
    assert not hasattr(copy, "cv_results_")
    assert copy.estimator is not search.estimator


def test_criteria_min_is_minimised():
    random.seed(0)
    search = unfitted(criteria="min", scoring=["accuracy", "f1_macro"], refit="accuracy").fit(X, Y)
    trials = read_trials(search)
    assert (trials.metric, trials.direction) == ("accuracy", "minimize")
    assert trials.scores[trials.incumbent] == min(search.cv_results_["mean_test_accuracy"])
    assert read_trials(search, direction="maximize").direction == "maximize"
    assert read_trials(search, metric="f1_macro").scores.tolist() == [
        search.cv_results_["mean_test_f1_macro"][row] for row in once(search)
    ]
    with pytest.raises(ValueError, match=r"'f1_makro'.*Did you mean 'f1_macro'.*'accuracy'"):
        read_trials(search, metric="f1_makro")


def test_space_and_metric_are_checked_before_the_run():
    assert set(space_of_search(unfitted())) == {"C", "tol", "degree", "kernel"}
    with pytest.raises(ValueError, match=r"Unknown metric 'acuracy'.*Did you mean 'accuracy'"):
        check_source(unfitted(scoring="accuracy"), metric="acuracy")


def test_explainer_keeps_defaults_and_can_be_cloned():
    explainer = HyperSHAPExplainer(unfitted(), random_state=0)
    copied = clone(explainer)
    assert copied.search is not explainer.search
    assert copied.random_state == 0
    random.seed(0)
    np.random.seed(0)
    copied.fit(X, Y)
    assert copied.baseline_["degree"] == 2
    assert copied.baseline_["C"] == 1.0
    assert explainer.search.estimator.get_params()["C"] == 1.0


FIXED = {"C": 3.0, "tol": 2e-3, "degree": 3, "kernel": "poly"}


def test_smaller_search_runs(search):
    names, before = ["C", "kernel"], search.estimator.get_params()
    smaller = reduced(search, space_of_search(search), names, FIXED)
    assert list(space_of_search(smaller)) == names
    held = smaller.estimator.get_params()
    assert {name: held[name] for name in set(FIXED) - set(names)} == {
        name: FIXED[name] for name in set(FIXED) - set(names)
    }
    random.seed(0)
    params = smaller.fit(X, Y).cv_results_["params"]
    assert {name for config in params for name in config} == set(names)
    assert search.estimator.get_params() == before
    assert set(search.param_grid) == set(FIXED)


def test_smaller_search_over_one_hyperparameter_is_refused(search):
    with pytest.raises(
        TypeError, match="needs two hyperparameters to combine, so search over one more"
    ):
        reduced(search, space_of_search(search), ["C"], FIXED)


def test_verify_measures_as_the_search_does(search):
    rows = once(search)[:4]
    params = [search.cv_results_["params"][row] for row in rows]
    mean, std = measured(search, params, X, Y, "accuracy")
    expected = np.array(search.cv_results_["mean_test_score"])[rows]
    np.testing.assert_allclose(mean, expected, rtol=0, atol=1e-12)
    estimator = clone(search.estimator).set_params(**params[0])
    by_hand = cross_val_score(estimator, X, Y, cv=2, scoring="accuracy")
    assert (mean[0], std[0]) == pytest.approx((by_hand.mean(), by_hand.std()), abs=1e-12)


def test_smaller_search_with_warm_starts_is_refused():
    starts = [{"max_depth": 5, "min_samples_leaf": 1}, {"max_depth": 2, "min_samples_leaf": 1}]
    space = {"max_depth": Integer(1, 5), "min_samples_leaf": Integer(1, 50)}
    tree = DecisionTreeClassifier(random_state=0)
    search = GASearchCV(tree, param_grid=space, cv=3, warm_start_configs=starts)
    fixed = {"max_depth": 1, "min_samples_leaf": 50}
    with pytest.raises(TypeError, match="warm_start_configs set what would be held"):
        reduced(search, space_of_search(search), ["max_depth", "min_samples_leaf"], fixed)
    smaller = reduced(
        search.set_params(warm_start_configs=None), space_of_search(search), list(space), fixed
    )
    assert smaller.param_grid.keys() == space.keys()
