"""The explainer used like its search: predictions, Pipelines, pickles, metadata routing."""

from __future__ import annotations

import copy
import io
import pickle
import warnings

import joblib
import numpy as np
import pandas as pd
import pytest
import sklearn
from ConfigSpace import ConfigurationSpace
from conftest import iris_svc_search
from sklearn import config_context
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.datasets import load_iris
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestRegressor
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV, cross_val_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.estimator_checks import check_estimator

from skhypershap import (
    HyperSHAPExplainer,
    HyperSHAPWarning,
    SurrogateWarning,
)

X, Y = load_iris(return_X_y=True)


def test_predictions_equal_those_of_search(fitted_search):
    search = fitted_search
    fitted = HyperSHAPExplainer(search, random_state=0).fit()
    for method in ("predict", "decision_function"):
        np.testing.assert_array_equal(getattr(fitted, method)(X), getattr(search, method)(X))
    assert fitted.score(X, Y) == search.score(X, Y)
    np.testing.assert_array_equal(fitted.classes_, search.classes_)
    assert fitted.n_features_in_ == 4
    assert not hasattr(fitted, "predict_proba")
    assert not hasattr(fitted, "transform")
    assert is_classifier(fitted)
    logistic = GridSearchCV(LogisticRegression(max_iter=5000), {"C": np.logspace(-3, 3, 13)}).fit(
        X, Y
    )
    fitted = HyperSHAPExplainer(logistic, random_state=0).fit()
    for method in ("predict_proba", "predict_log_proba"):
        np.testing.assert_array_equal(getattr(fitted, method)(X), getattr(logistic, method)(X))


def test_transforms_equal_those_of_search():
    frame = pd.DataFrame(X, columns=list("abcd"))
    grid = {"n_components": [None, 1, 2, 3], "whiten": [True, False], "tol": [0, 0.1]}
    search = GridSearchCV(PCA(), grid)
    fitted = HyperSHAPExplainer(search, baseline="worst", random_state=0).fit(frame)
    np.testing.assert_array_equal(fitted.transform(frame), fitted.search_.transform(frame))
    there = fitted.search_.inverse_transform(fitted.transform(frame))
    np.testing.assert_array_equal(fitted.inverse_transform(fitted.transform(frame)), there)
    np.testing.assert_array_equal(fitted.feature_names_in_, list("abcd"))
    assert is_regressor(HyperSHAPExplainer(GridSearchCV(Ridge(), {"alpha": [1, 2]})))


def test_pipeline_fits_scores_clones_and_pickles():
    tuned = HyperSHAPExplainer(iris_svc_search(), n_samples=50, random_state=0)
    pipeline = Pipeline([("scale", StandardScaler()), ("tuned", tuned)])
    pipeline.fit(X, Y)
    assert pipeline.score(X, Y) > 0.9
    assert len(pipeline["tuned"].explain(order=1)) == 3
    assert "svc" in pipeline._repr_html_().lower()
    assert "HyperSHAPExplainer" in pipeline._repr_html_()
    again = clone(pipeline).fit(X, Y)
    np.testing.assert_array_equal(again.predict(X), pipeline.predict(X))
    restored = pickle.loads(pickle.dumps(pipeline))
    pd.testing.assert_frame_equal(restored["tuned"].explain(), pipeline["tuned"].explain())
    buffer = io.BytesIO()
    joblib.dump(pipeline, buffer)
    buffer.seek(0)
    np.testing.assert_array_equal(joblib.load(buffer).predict(X), pipeline.predict(X))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SurrogateWarning)
        assert cross_val_score(pipeline, X, Y, cv=2).mean() > 0.9


def test_pickle_keeps_values_that_are_functions():
    grid = {"weights": ["uniform", "distance", np.ones_like], "n_neighbors": [1, 3, 9, 15, 30]}
    search = GridSearchCV(KNeighborsClassifier(), grid)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", HyperSHAPWarning)
        fitted = HyperSHAPExplainer(search, random_state=0).fit(X, Y)
    restored = pickle.loads(pickle.dumps(fitted))
    pd.testing.assert_frame_equal(restored.explain("ablation"), fitted.explain("ablation"))
    pd.testing.assert_frame_equal(copy.deepcopy(fitted).explain(), fitted.explain())


def test_clone_copies_parameters_and_set_params_reaches_search():
    tuned = HyperSHAPExplainer(iris_svc_search(), baseline={"C": 1}, n_samples=7)
    copied = clone(tuned)
    assert copied.get_params()["baseline"] == {"C": 1}
    assert copied.set_params(search__estimator__C=3).search.estimator.C == 3
    assert tuned.search.estimator.C == 1.0


def test_fit_params_are_passed_to_search():
    weights = np.where(Y == 0, 100.0, 0.01)
    grid = {"max_depth": [1, 2, 3], "min_samples_leaf": [1, 2, 4, 8]}
    search = GridSearchCV(DecisionTreeClassifier(random_state=0), grid, scoring="accuracy")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scikit-learn's own word on weights
        fitted = HyperSHAPExplainer(search, random_state=0).fit(X, Y, sample_weight=weights)
        expected = clone(search).fit(X, Y, sample_weight=weights)
    scores = expected.cv_results_["mean_test_score"]
    np.testing.assert_array_equal(fitted.trials_["score"], scores)


@pytest.mark.filterwarnings("ignore::skhypershap.HyperSHAPWarning")
def test_metadata_is_routed_to_search():
    weights = np.random.default_rng(0).random(len(Y))
    with sklearn.config_context(enable_metadata_routing=True):
        tree = DecisionTreeClassifier(random_state=0).set_fit_request(sample_weight=True)
        tree.set_score_request(sample_weight=False)
        search = GridSearchCV(tree, {"max_depth": [1, 2, 3]})
        fitted = HyperSHAPExplainer(search, random_state=0)
        fitted.fit(X, Y, sample_weight=weights)
        expected = clone(search).fit(X, Y, sample_weight=weights)
        scores = expected.cv_results_["mean_test_score"]
        np.testing.assert_array_equal(fitted.trials_["score"], scores)
        scaler = StandardScaler().set_fit_request(sample_weight=False)
        pipeline = make_pipeline(scaler, clone(fitted))
        pipeline.fit(X, Y, sample_weight=weights)
        with pytest.raises(TypeError, match="unexpected argument"):
            clone(fitted).fit(X, Y, nonsense=weights)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "search",
    [
        GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}, cv=2),
        GridSearchCV(Ridge(), {"alpha": [0.1, 1.0]}, cv=2),
        RandomizedSearchCV(
            DecisionTreeClassifier(random_state=0),
            {"max_depth": [2, 3, None], "min_samples_leaf": [1, 2, 3]},
            n_iter=3,
            random_state=0,
            cv=2,
        ),
    ],
    ids=["classifier", "regressor", "random"],
)
def test_check_estimator_fails_no_more_than_for_search(search):
    def failed(estimator):
        found = check_estimator(estimator, on_fail=None)
        return {check["check_name"] for check in found if check["status"] == "failed"}

    model = RandomForestRegressor(n_estimators=3)
    tuned = HyperSHAPExplainer(search, surrogate=model, n_samples=10, random_state=0)
    assert failed(tuned) <= failed(search)


def test_html_repr_before_and_after_fit(explainer):
    assert "HyperSHAPExplainer" in HyperSHAPExplainer(iris_svc_search())._repr_html_()
    assert "SVC" in explainer._repr_html_()
    space = ConfigurationSpace({"a": (0.0, 1.0)})
    assert "HyperSHAPExplainer" in HyperSHAPExplainer(space)._repr_html_()


@pytest.mark.parametrize("of", ["unfitted", "fitted"])
def test_display_of_scikit_learn_is_respected(explainer, of):
    shown = clone(explainer) if of == "unfitted" else explainer
    with config_context(display="diagram"):
        assert "text/html" in shown._repr_mimebundle_()
        assert "<div" in shown._repr_html_()
    with config_context(display="text"):
        assert not hasattr(shown, "_repr_html_")
        assert shown._repr_mimebundle_() == {"text/plain": repr(shown)}
    assert ("Fitted(&lt;40 trials&gt;)" in shown._repr_html_()) == (of == "fitted")


def test_refit_drops_attributes_of_first_fit(mixed_space, mixed_trials, fitted_search):
    fitted = HyperSHAPExplainer(fitted_search, n_samples=20, random_state=0).fit()
    fitted.set_params(search=mixed_space).fit(*mixed_trials)
    assert not hasattr(fitted, "search_")
    assert not hasattr(fitted, "predict")


def test_methods_before_fit_raise_not_fitted():
    unfitted = HyperSHAPExplainer(iris_svc_search())
    for call in (
        unfitted.explain,
        unfitted.coalition_values,
        unfitted.interaction_values,
        lambda: unfitted.game("tunability"),
        lambda: unfitted.predict_score([{}]),
        lambda: unfitted.predict(X),
        lambda: unfitted.score(X, Y),
    ):
        with pytest.raises(NotFittedError):
            call()
    with pytest.raises(NotFittedError, match=r"call fit\(X, y\)"):
        unfitted.fit()
