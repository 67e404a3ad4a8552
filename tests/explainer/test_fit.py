"""Fit: sources of trials, fitted attributes, defaults and baselines."""

from __future__ import annotations

import copy

import numpy as np
import pandas as pd
import pytest
from ConfigSpace import ConfigurationSpace
from conftest import iris_svc_search
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.ensemble import ExtraTreesRegressor, RandomForestRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import r2_score
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.tree import DecisionTreeClassifier

from skhypershap import (
    BaselineWarning,
    HyperSHAPExplainer,
    HyperSHAPWarning,
)

X, Y = load_iris(return_X_y=True)


def test_fit_sets_attributes_from_search(explainer, fitted_search):
    assert explainer.search_ is fitted_search
    assert isinstance(explainer.space_, ConfigurationSpace)
    assert explainer.hyperparameter_names_ == ["C", "gamma", "kernel"]
    assert explainer.trials_.columns.tolist() == ["C", "gamma", "kernel", "score"]
    assert len(explainer.trials_) == 40
    scores = fitted_search.cv_results_["mean_test_score"]
    np.testing.assert_array_equal(explainer.trials_["score"], scores)
    assert explainer.incumbent_ == fitted_search.best_params_
    assert explainer.baseline_ == {"C": 1.0, "gamma": 0.1, "kernel": "rbf"}
    assert 0.3 < explainer.surrogate_score_ < 1


def test_fitting_search_equals_reading_fitted_search(explainer):
    unfitted = HyperSHAPExplainer(
        iris_svc_search(), baseline_score="predict", n_samples=300, random_state=0
    ).fit(X, Y)
    pd.testing.assert_frame_equal(unfitted.explain(), explainer.explain())
    assert not hasattr(unfitted.search, "cv_results_")


def test_frozen_search_is_not_refitted(fitted_search, explainer):
    frozen = HyperSHAPExplainer(FrozenEstimator(fitted_search), n_samples=300, random_state=0)
    with_data = frozen.fit(X[:20], Y[:20])
    assert with_data.search_ is fitted_search
    pd.testing.assert_frame_equal(with_data.explain(), explainer.explain())
    assert clone(frozen).fit().search_ is fitted_search


def test_search_without_refit_explains_but_has_no_predict():
    fitted = HyperSHAPExplainer(iris_svc_search(refit=False), n_samples=50, random_state=0)
    fitted.fit(X, Y)
    assert len(fitted.explain(order=1)) == 3
    with pytest.raises(AttributeError):
        fitted.predict(X)


@pytest.mark.parametrize("form", ["frame", "dicts", "configurations"])
def test_configs_as_frame_dicts_or_configurations_are_equivalent(mixed_space, mixed_trials, form):
    configs, scores = mixed_trials
    given = {
        "frame": pd.DataFrame(configs).sample(frac=1, axis=1, random_state=0),
        "dicts": configs,
        "configurations": mixed_space.sample_configuration(80),
    }[form]
    if form == "configurations":
        given = [type(given[0])(mixed_space, values=config) for config in configs]
    fitted = HyperSHAPExplainer(mixed_space, n_samples=50, random_state=0).fit(given, scores)
    expected = HyperSHAPExplainer(mixed_space, n_samples=50, random_state=0)
    expected.fit(configs=configs, scores=scores)
    pd.testing.assert_frame_equal(fitted.explain(), expected.explain())
    assert fitted.baseline_ == dict(mixed_space.get_default_configuration())
    assert not hasattr(fitted, "predict")
    np.testing.assert_allclose(fitted.predict_score(given), expected.predict_score(configs))


def test_trials_frame_can_be_passed_to_predict_score(explainer):
    configs = explainer.trials_.drop(columns="score")
    scores = explainer.predict_score(configs)
    records = explainer.predict_score(configs.to_dict("records"))
    np.testing.assert_array_equal(scores, records)
    assert explainer.predict_score([]).shape == (0,)
    assert np.corrcoef(scores, explainer.trials_["score"])[0, 1] > 0.9


def test_integers_stored_as_floats_are_returned_as_int(mixed_space, mixed_trials):
    configs, scores = mixed_trials
    frame = pd.DataFrame(configs).astype({"depth": float, "units": float})
    fitted = HyperSHAPExplainer(mixed_space, baseline="median", n_samples=20, random_state=0)
    fitted.fit(frame, scores)
    for config in (fitted.incumbent_, fitted.baseline_):
        assert [type(config[name]) for name in ("depth", "units", "kernel")] == [int, int, str]
    assert fitted.trials_["depth"].dtype == fitted.trials_["units"].dtype == int


def test_none_is_kept_in_trials_frame():
    space = ConfigurationSpace({"depth": [None, 2, 4], "width": [1, 2, 3, 4]})
    configs = [{"depth": d, "width": w} for d in (None, 2, 4) for w in (1, 2, 3, 4)]
    scores = [(c["depth"] or 9) + 0.1 * c["width"] for c in configs]
    fitted = HyperSHAPExplainer(space, random_state=0).fit(pd.DataFrame(configs), scores)
    assert fitted.trials_["depth"].tolist() == [c["depth"] for c in configs]
    assert fitted.incumbent_ == {"depth": None, "width": 4}


def test_fit_and_explain_do_not_mutate_inputs(mixed_space, mixed_trials):
    configs, scores = mixed_trials
    frame, surrogate = pd.DataFrame(configs), ExtraTreesRegressor(5)
    state = mixed_space.random.get_state()[1].copy()
    before = copy.deepcopy((frame, scores, mixed_space, surrogate.get_params()))
    fitted = HyperSHAPExplainer(mixed_space, surrogate=surrogate, n_samples=20, random_state=0)
    fitted.fit(frame, scores).explain(["tunability", "sensitivity"])
    pd.testing.assert_frame_equal(frame, before[0])
    np.testing.assert_array_equal(scores, before[1])
    np.testing.assert_array_equal(mixed_space.random.get_state()[1], state)
    assert mixed_space == before[2]
    assert surrogate.get_params() == before[3]
    assert not hasattr(surrogate, "estimators_")
    fitted.baseline_["alpha"] = 99
    assert fitted.explain()["value"].notna().all()


def test_default_outside_space_is_replaced_with_one_warning():
    """None in place of a number: the median; 1 below a list of numbers: the nearest."""
    grid = {
        "max_depth": [1, 2, 5],
        "min_samples_leaf": [3, 5, 40],
        "criterion": ["gini", "entropy"],
    }
    fitted = HyperSHAPExplainer(
        GridSearchCV(DecisionTreeClassifier(random_state=0), grid), random_state=0
    )
    with pytest.warns(BaselineWarning) as caught:
        fitted.fit(X, Y)
    (warning,) = [w for w in caught if issubclass(w.category, HyperSHAPWarning)]
    assert "max_depth: default None, 2 (of the trials)" in str(warning.message)
    assert "min_samples_leaf: default 1, 3 (nearest to it)" in str(warning.message)
    assert warning.filename == __file__
    assert fitted.baseline_ == {"criterion": "gini", "max_depth": 2, "min_samples_leaf": 3}


@pytest.mark.filterwarnings("ignore::skhypershap.SurrogateWarning")
def test_float_default_is_not_read_as_integer_choice():
    """max_features=1.0, the forest's own default, means all features, not one."""
    grid = {"max_features": [1, 2, 4], "max_depth": [None, 1, 2, 3]}
    forest = RandomForestRegressor(n_estimators=3, random_state=0)
    fitted = HyperSHAPExplainer(GridSearchCV(forest, grid), random_state=0)
    message = r"max_features: default 1.0, 2 \(of the trials\)"
    with pytest.warns(BaselineWarning, match=message):
        fitted.fit(X, Y)
    assert fitted.baseline_ == {"max_depth": None, "max_features": 2}
    with pytest.raises(ValueError, match=r"1.0 is no value of 'max_features'"):
        fitted.explain(baseline={"max_features": 1.0})
    mixed = GridSearchCV(forest, {**grid, "max_features": ["sqrt", 1, 2]})
    with pytest.warns(BaselineWarning, match="max_features: default 1.0"):
        HyperSHAPExplainer(mixed, random_state=0).fit(X, Y)


@pytest.mark.parametrize("word", ["median", "worst", "best"])
def test_baseline_of_trials_is_median_worst_or_best(fitted_search, word):
    exact = ExtraTreesRegressor(random_state=0)  # predicts each trial as it was measured
    fitted = HyperSHAPExplainer(fitted_search, surrogate=exact, baseline=word, n_samples=50).fit()
    trials = fitted.trials_
    if word == "median":
        expected = {
            "C": trials["C"].median(),
            "gamma": trials["gamma"].median(),
            "kernel": trials["kernel"].mode()[0],
        }
    else:
        row = trials["score"].idxmin() if word == "worst" else trials["score"].idxmax()
        expected = trials.drop(columns="score").loc[row].to_dict()
    assert fitted.baseline_ == pytest.approx(expected)


def test_partial_and_several_baselines_are_completed(fitted_search):
    fitted = HyperSHAPExplainer(
        fitted_search, baseline=[{"C": 5}, "best"], n_samples=50, random_state=0
    ).fit()
    assert fitted.baseline_ == [
        {"C": 5, "gamma": 0.1, "kernel": "rbf"},
        fitted_search.best_params_,
    ]


def test_unseeded_explainer_repeats_its_explanation(fitted_search):
    fitted = HyperSHAPExplainer(fitted_search, n_samples=50).fit()
    pd.testing.assert_frame_equal(fitted.explain(), fitted.explain())


def test_surrogate_score_of_forest_is_out_of_bag_r2(fitted_search):
    """As `oob_score_` of scikit-learn, where every trial has a vote."""
    forest = HyperSHAPExplainer(fitted_search, surrogate="forest", random_state=0).fit()
    expected = RandomForestRegressor(oob_score=True, random_state=0)
    expected.fit(
        [[*config.get_array()] for config in configurations_of(forest)], forest.trials_["score"]
    )
    assert forest.surrogate_score_ == pytest.approx(expected.oob_score_)


def test_surrogate_needs_only_fit_and_predict(fitted_search):
    """Its score is that of five folds."""

    class Nearest:
        def fit(self, vectors, scores):
            self.vectors, self.scores = vectors, scores

        def predict(self, vectors):
            gaps = np.abs(vectors[:, None] - self.vectors).sum(axis=2)
            return self.scores[gaps.argmin(axis=1)]

    given = Nearest()
    fitted = HyperSHAPExplainer(fitted_search, surrogate=given, n_samples=20, random_state=0).fit()
    assert not hasattr(given, "vectors")
    vectors = np.array([config.get_array() for config in configurations_of(fitted)])
    scores, predicted = fitted.trials_["score"].to_numpy(), np.empty(40)
    for seen, unseen in KFold(5, shuffle=True, random_state=0).split(vectors):
        part = Nearest()
        part.fit(vectors[seen], scores[seen])
        predicted[unseen] = part.predict(vectors[unseen])
    assert fitted.surrogate_score_ == pytest.approx(r2_score(scores, predicted))
    assert len(fitted.explain()) == 6


@pytest.mark.filterwarnings("ignore::skhypershap.SurrogateWarning")
def test_surrogate_score_ignores_trials_without_out_of_bag_tree(fitted_search):
    """Two trees leave many trials without a vote; scikit-learn counts those as zeros."""
    tiny = RandomForestRegressor(n_estimators=2)
    fitted = HyperSHAPExplainer(fitted_search, surrogate=tiny, random_state=0).fit()
    vectors = np.array([config.get_array() for config in configurations_of(fitted)])
    votes = np.full((2, 40), np.nan)
    model = fitted.surrogate_
    for row, tree, seen in zip(votes, model.estimators_, model.estimators_samples_, strict=True):
        unseen = np.setdiff1d(np.arange(40), seen)
        row[unseen] = tree.predict(vectors[unseen])
    voted = ~np.isnan(votes).all(axis=0)
    assert not voted.all()
    means = np.nanmean(votes[:, voted], axis=0)
    expected = r2_score(fitted.trials_["score"][voted], means)
    assert fitted.surrogate_score_ == pytest.approx(expected)


def configurations_of(explainer):
    from ConfigSpace import Configuration

    rows = explainer.trials_.drop(columns="score").to_dict("records")
    return [Configuration(explainer.space_, values=row) for row in rows]
