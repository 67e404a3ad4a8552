"""Measured scores equal those of cross_val_score."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from ConfigSpace import ConfigurationSpace
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.datasets import load_diabetes, load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import accuracy_score, f1_score, make_scorer
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    HalvingGridSearchCV,
    KFold,
    RandomizedSearchCV,
    ShuffleSplit,
    StratifiedKFold,
    cross_val_score,
)
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from skhypershap import HyperSHAPExplainer, TrialsWarning
from skhypershap.advice.verification import (
    check_data,
    checked_cv,
    is_failure,
    measured,
    scored_metric,
)
from skhypershap.explainer.base import game_context
from skhypershap.games.candidates import best_config

X, Y = load_iris(return_X_y=True)
TREES = [{"max_depth": 1}, {"max_depth": 2, "min_samples_leaf": 20}, {}]
SPLITS = list(ShuffleSplit(4, random_state=0).split(X))


def tree_search(**options):
    tree = DecisionTreeClassifier(random_state=0)
    return GridSearchCV(tree, {"max_depth": [1, 2], "min_samples_leaf": [1, 20]}, **options)


def by_hand(search, configs, x=X, y=Y, scoring=None, cv=None, **options):
    """Mean and standard deviation, one configuration after the other."""
    cv = search.cv if cv is None else cv
    scores = [
        cross_val_score(
            clone(search.estimator).set_params(**clone(config, safe=False)),
            x,
            y,
            cv=cv,
            scoring=scoring,
            **options,
        )
        for config in configs
    ]
    return np.mean(scores, axis=1), np.std(scores, axis=1)


def assert_close(pairs, expected):
    for got, wanted in zip(pairs, expected, strict=True):
        assert got.dtype == float
        np.testing.assert_allclose(got, wanted, rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    "cv",
    [None, 3, KFold(3, shuffle=True, random_state=1), SPLITS],
    ids=["None", "int", "KFold", "splits"],
)
@pytest.mark.parametrize("scoring", [None, "f1_macro", make_scorer(accuracy_score)], ids=str)
def test_measured_equals_cross_val_score_for_any_cv_and_scoring(cv, scoring):
    search = tree_search(cv=cv, scoring=scoring)
    expected = by_hand(search, TREES, scoring=scoring)
    assert_close(measured(search, TREES, X, Y), expected)
    assert_close(measured(search.fit(X, Y), TREES, X, Y, "score"), expected)


def test_scorer_is_a_metric_by_its_name():
    search = tree_search(cv=3, scoring="f1_macro")
    assert_close(
        measured(search, TREES, X, Y, "f1_macro"), by_hand(search, TREES, scoring="f1_macro")
    )
    with pytest.raises(ValueError, match=r"'f1_makro'.*Did you mean 'f1_macro'"):
        measured(search, TREES, X, Y, "f1_makro")


@pytest.mark.parametrize(
    "scoring",
    [
        {"acc": "accuracy", "f1": make_scorer(f1_score, average="macro")},
        lambda estimator, x, y: {
            "acc": accuracy_score(y, estimator.predict(x)),
            "f1": f1_score(y, estimator.predict(x), average="macro"),
        },
    ],
    ids=["dict", "callable"],
)
def test_one_of_several_metrics_is_measured(scoring):
    search = tree_search(cv=3, scoring=scoring, refit="f1")
    assert_close(measured(search, TREES, X, Y, "acc"), by_hand(search, TREES, scoring="accuracy"))
    assert_close(measured(search, TREES, X, Y, "f1"), by_hand(search, TREES, scoring="f1_macro"))
    with pytest.raises(ValueError, match="choose one with metric="):
        measured(search, TREES, X, Y)


def test_regressor_is_measured():
    x, y = load_diabetes(return_X_y=True)
    search = RandomizedSearchCV(
        Ridge(), {"alpha": [0.1, 1.0]}, cv=4, scoring="neg_mean_squared_error"
    )
    configs = [{"alpha": 0.03}, {"alpha": 2.0, "fit_intercept": False}]
    expected = by_hand(search, configs, x, y, scoring="neg_mean_squared_error")
    assert_close(measured(search, configs, x, y), expected)


def test_pipeline_with_swapped_steps_is_measured():
    pipeline = Pipeline([("scaler", None), ("clf", SVC())])
    search = GridSearchCV(pipeline, {"scaler": [None, StandardScaler()]}, cv=3)
    svc = SVC(C=3)
    configs = [
        {"scaler": None, "clf": svc, "clf__C": 0.1},
        {"scaler": MinMaxScaler(), "clf": svc, "clf__C": 10},
        {"scaler": StandardScaler(), "clf": LogisticRegression(max_iter=500)},
    ]
    assert_close(measured(search, configs, X, Y), by_hand(search, configs))
    assert svc.C == 3
    assert not hasattr(svc, "classes_")
    assert search.estimator.steps[0][1] is None


def test_trials_of_a_grid_are_measured_equal():
    search = tree_search(cv=KFold(5, shuffle=True, random_state=0), scoring="balanced_accuracy")
    results = search.fit(X, Y).cv_results_
    got = measured(search, results["params"], X, Y, "balanced_accuracy")
    assert_close(got, (results["mean_test_score"], results["std_test_score"]))


def test_times_are_metrics():
    configs = [{"n_estimators": 1}, {"n_estimators": 60}]
    search = GridSearchCV(RandomForestClassifier(), {"n_estimators": [1, 60]}, cv=2)
    for metric in ("fit_time", "score_time"):
        mean, std = measured(search, configs, X, Y, metric)
        assert mean[0] < mean[1]
        assert (std >= 0).all()
    with pytest.raises(ValueError, match=r"'fit_tim'.*Did you mean 'fit_time'"):
        measured(search, configs, X, Y, "fit_tim")


def test_all_configurations_have_the_same_splits():
    search = tree_search(cv=KFold(3, shuffle=True))
    mean, std = measured(search, [{"max_depth": 2}] * 5, X, Y)
    assert len(set(mean)) == len(set(std)) == 1


def test_measured_does_not_mutate():
    state = np.random.RandomState(0)
    search = tree_search(cv=KFold(3, shuffle=True, random_state=state))
    before, shown, configs = state.get_state()[2], repr(search), [dict(config) for config in TREES]
    first = measured(search, configs, X, Y)
    assert state.get_state()[2] == before
    assert_close(measured(search, configs, X, Y), first)
    assert repr(search) == shown
    assert configs == TREES
    assert not hasattr(search, "cv_results_")
    assert not hasattr(search.estimator, "tree_")


def test_frozen_search_is_unwrapped():
    search = tree_search(cv=3).fit(X, Y)
    assert_close(measured(FrozenEstimator(search), TREES, X, Y), by_hand(search, TREES))


def test_data_frames_are_accepted():
    x, y = load_iris(return_X_y=True, as_frame=True)
    search = tree_search(cv=3)
    assert_close(measured(search, TREES, x, y), by_hand(search, TREES))


# Metadata


GROUPS = np.arange(len(Y)) % 7
WEIGHTS = np.linspace(0.1, 3, len(Y))


def test_groups_and_weights_are_passed_on():
    search = tree_search(cv=GroupKFold(3))
    params = {"groups": GROUPS, "sample_weight": WEIGHTS}
    results = search.fit(X, Y, **params).cv_results_  # scores, too, are weighted
    got = measured(search, results["params"], X, Y, **params)
    assert_close(got, (results["mean_test_score"], results["std_test_score"]))
    folds = list(GroupKFold(3).split(X, Y, GROUPS))
    assert_close(measured(search, TREES, X, Y, groups=GROUPS), by_hand(search, TREES, cv=folds))


def test_metadata_is_routed():
    with config_context(enable_metadata_routing=True):
        tree = DecisionTreeClassifier(random_state=0).set_fit_request(sample_weight=True)
        tree.set_score_request(sample_weight=False)
        search = GridSearchCV(tree, {"max_depth": [1, 2]}, cv=GroupKFold(3))
        params = {"groups": GROUPS, "sample_weight": WEIGHTS}
        expected = by_hand(search, TREES, params=params)
        assert_close(measured(search, TREES, X, Y, **params), expected)


# Failures


class Fragile(ClassifierMixin, BaseEstimator):
    """Fails in all folds, or in one."""

    def __init__(self, broken=False):
        self.broken = broken

    def fit(self, X, y):
        if self.broken is True or (self.broken == "sometimes" and X[0, 0] == 5.1):
            raise RuntimeError("this cannot be fitted")
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return np.full(len(X), self.classes_[0])


def test_failed_fits_are_nan_with_one_warning():
    folds = KFold(3)
    search = GridSearchCV(Fragile(), {"broken": [False, True]}, cv=folds)
    configs = [{"broken": False}, {"broken": True}, {"broken": "sometimes"}]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        mean, std = measured(search, configs, X, Y)
    assert [w.category for w in caught] == [TrialsWarning]
    assert "2 of 3 configurations could not be evaluated" in str(caught[0].message)
    assert caught[0].filename == __file__
    assert np.isnan(mean).tolist() == np.isnan(std).tolist() == [False, True, True]
    with pytest.raises(ValueError, match=r"All the 3 fits failed(.|\n)*this cannot be fitted"):
        measured(search, [{"broken": True}], X, Y)


def test_error_score_of_the_search_is_used():
    search = GridSearchCV(Fragile(), {"broken": [False, True]}, cv=KFold(3), error_score=-1)
    assert measured(search, [{"broken": True}, {}], X, Y)[0][0] == -1
    search.set_params(error_score="raise")
    with pytest.raises(RuntimeError, match="this cannot be fitted"):
        measured(search, [{"broken": True}, {}], X, Y)


# Resources


def halving(**options):
    forest = RandomForestClassifier(random_state=0)
    options = {"factor": 2, "cv": 3, "random_state": 0, "max_resources": 8, **options}
    return HalvingGridSearchCV(forest, {"max_depth": [1, 2, 4, 8]}, min_resources=2, **options)


def test_resource_parameter_has_its_largest_value():
    search = halving(resource="n_estimators").fit(X, Y)
    largest = max(search.cv_results_["n_resources"])
    configs = [{"max_depth": 1}, {"max_depth": 8}]
    expected = by_hand(search, [{**config, "n_estimators": int(largest)} for config in configs])
    assert largest == 8
    assert_close(measured(search, configs, X, Y), expected)


def test_resource_n_samples_is_all_samples_with_a_warning():
    search = halving(resource="n_samples", max_resources="auto")
    search.set_params(min_resources=30, estimator__n_estimators=3).fit(X, Y)
    configs = [{"max_depth": 1}, {"max_depth": 8}]
    with pytest.warns(
        TrialsWarning, match="at most 120 samples, and the measured scores are from all 150"
    ):
        found = measured(search, configs, X, Y)
    assert_close(found, by_hand(search, configs))


def test_equal_configurations_are_fitted_once():
    fits = []

    class Counting(DecisionTreeClassifier):
        def fit(self, X, y, **params):
            fits.append(self.max_depth)
            return super().fit(X, y, **params)

    search = GridSearchCV(Counting(random_state=0), {"max_depth": [1, 2]}, cv=3)
    mean, _ = measured(search, [{"max_depth": 1}, {"max_depth": 2}, {"max_depth": 1}], X, Y)
    assert fits == [1, 1, 1, 2, 2, 2]
    assert mean[0] == mean[2] != mean[1]


# What cannot be measured


class Uncrossed(BaseEstimator):
    """A search with a split of its own, as dask-ml's incremental ones."""

    def __init__(self, estimator=None):
        self.estimator = estimator


@pytest.mark.parametrize(
    ("source", "missing"),
    [
        (ConfigurationSpace({"C": [1, 2]}), "ConfigurationSpace has no estimator"),
        (pd.DataFrame({"C": [1, 2], "score": [0.1, 0.2]}), "DataFrame has no estimator"),
        (SVC(), "SVC has no estimator"),
        (Uncrossed(SVC()), "Uncrossed has no cv"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_source_that_cannot_measure_raises(source, missing):
    with pytest.raises(ValueError, match=missing):
        measured(source, [{"C": 1}], X, Y)


def test_iterator_of_splits_or_no_configurations_raises():
    search = tree_search(cv=KFold(3).split(X))
    with pytest.raises(ValueError, match=r"iterator.*list of splits: cv=list\(splits\)"):
        measured(search, TREES, X, Y)
    with pytest.raises(ValueError, match="configs is empty"):
        measured(tree_search(), [], X, Y)


def test_list_tuple_array_and_string_are_single_values():
    """Lists, tuples, arrays and strings are not taken for several values."""
    search = GridSearchCV(LogisticRegression(max_iter=500), {"C": [1]}, cv=3)
    configs = [{"class_weight": {0: 1.0, 1: 2.0, 2: 0.5}}, {"class_weight": "balanced"}]
    assert_close(measured(search, configs, X, Y), by_hand(search, configs))
    pipeline = Pipeline([("scaler", MinMaxScaler()), ("clf", SVC())])
    search = GridSearchCV(pipeline, {"clf__C": [1, 2]}, cv=3)
    configs = [{"scaler__feature_range": (-1, 1)}, {"scaler__feature_range": (0, 3)}]
    assert_close(measured(search, configs, X, Y), by_hand(search, configs))


def test_best_config_is_as_good_as_the_line_search(mixed_space, mixed_trials):
    """It is as good as the line search of the game, by a search of its own over the same cells."""
    fitted = HyperSHAPExplainer(mixed_space, n_samples=300, random_state=0).fit(*mixed_trials)
    setting = game_context(fitted)
    v = fitted.coalition_values().set_index("coalition")["value"]
    for coalition in (["alpha"], ["learning_rate", "kernel"], fitted.hyperparameter_names_):
        row = np.isin(fitted.hyperparameter_names_, coalition)
        config = best_config(setting, fitted.baseline_, row)
        names = tuple(name for name, joins in zip(v.index[-1], row, strict=True) if joins)
        assert fitted.predict_score([config])[0] == pytest.approx(v[names], rel=0.02)
        held = {name: value for name, value in fitted.baseline_.items() if name not in names}
        assert {name: config[name] for name in held} == held


def test_data_of_different_lengths_or_none_are_refused():
    check_data(X, Y)
    check_data(X, None)
    with pytest.raises(ValueError, match="X is None; pass the data"):
        check_data(None, Y)
    with pytest.raises(ValueError, match="data of the same length, as for fit"):
        check_data(X, Y[:-1])
    with pytest.raises(ValueError, match="data of the same length, as for fit"):
        check_data(3, Y)


@pytest.mark.parametrize(
    ("cv", "reason"),
    [
        ("five", "'five'"),
        (1, "got 1: "),
        ([], "it has no split"),
        ([(0, 1)], "got "),
        (GroupKFold(2), "groups"),
    ],
)
def test_splits_that_cannot_be_used_are_refused(cv, reason):
    with pytest.raises(ValueError, match=f"cv must be an integer, a splitter or .*{reason}"):
        checked_cv(cv, tree_search(), X, Y)


def test_checked_splits_are_those_of_the_search():
    """Stratified for classifiers only; groups are passed on, and nothing is drawn."""
    assert isinstance(checked_cv(3, tree_search(), X, Y), StratifiedKFold)
    assert isinstance(checked_cv(3, GridSearchCV(Ridge(), {}), X, Y), KFold)
    assert checked_cv(GroupKFold(2), tree_search(), X, Y, np.arange(150) % 2).n_splits == 2
    random, same = np.random.RandomState(0), np.random.RandomState(0)
    checked_cv(ShuffleSplit(2, random_state=random), tree_search(), X, Y)
    assert random.randint(1 << 30) == same.randint(1 << 30)


def test_failure_is_a_metric_unless_the_search_has_one_of_its_name():
    several = {"failed": make_scorer(accuracy_score), "zero": make_scorer(f1_score)}
    own = tree_search(scoring=several, refit=False)
    for search, metric, expected in (
        (tree_search(), "failed", True),
        (tree_search(), "zero", False),
        (tree_search(), None, False),
        (own, "failed", False),
    ):
        assert is_failure(search, metric) is expected
    assert scored_metric(own) == "failed"
    assert scored_metric(tree_search()) is None


def test_failures_are_measured_as_zeros_and_ones():
    search = GridSearchCV(DecisionTreeClassifier(random_state=0), {"max_depth": [1, 2]}, cv=2)
    with pytest.warns(TrialsWarning, match="1 of 2 configurations could not be evaluated"):
        mean, std = measured(search, [{"max_depth": 2}, {"max_depth": -1}], X, Y, "failed")
    np.testing.assert_array_equal(mean, [0.0, 1.0])
    np.testing.assert_array_equal(std, [0.0, 0.0])
