"""The baseline is measured where fit runs a search, and given or predicted elsewhere."""

from __future__ import annotations

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from conftest import iris_svc_search, results_of
from scipy.stats import loguniform
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.datasets import load_iris
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    HalvingRandomSearchCV,
    KFold,
    RandomizedSearchCV,
    cross_val_score,
    cross_validate,
)
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from skhypershap import HyperSHAPExplainer
from skhypershap.errors import BaselineWarning, SurrogateWarning

X, Y = load_iris(return_X_y=True)
EXACT = ExtraTreesRegressor(30, random_state=0)  # predicts each trial as it was measured
RANGES = {"C": loguniform(1e-3, 1e3), "gamma": loguniform(1e-4, 1e1)}


def explained(search, data=(X, Y), fit_params=(), **arguments):
    arguments = {"surrogate": EXACT, "n_samples": 100, "random_state": 0, **arguments}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SurrogateWarning)
        return HyperSHAPExplainer(search, **arguments).fit(*data, **dict(fit_params))


def test_baseline_scores_as_cross_validation_of_the_estimator():
    explainer = explained(iris_svc_search(scoring="f1_macro", cv=4))
    expected = cross_val_score(SVC(gamma=0.1), X, Y, cv=4, scoring="f1_macro").mean()
    assert explainer.measured_["score"].tolist() == [pytest.approx(expected, abs=1e-12)]
    assert explainer.measured_["why"].tolist() == ["baseline"]
    assert explainer.measured_[["C", "gamma", "kernel"]].iloc[0].tolist() == [1.0, 0.1, "rbf"]
    assert len(explainer.trials_) == 41
    table = explainer.explain(["tunability", "ablation"])
    assert table.attrs["baseline_measured"] == pytest.approx(expected, abs=1e-12)
    assert table.attrs["incumbent_measured"] == explainer.trials_["score"].max()
    for score in table.attrs["baseline_score"].values():
        assert score == pytest.approx(expected, abs=1e-9)


def test_predicted_gain_becomes_the_measured_one():
    explainer = explained(iris_svc_search())
    attrs = explainer.explain().attrs
    measured = attrs["incumbent_measured"] - attrs["baseline_measured"]
    assert attrs["full_score"] - attrs["baseline_score"] == pytest.approx(measured, abs=1e-3)


def test_measuring_does_not_change_other_baselines_or_the_source_trials():
    explainer = explained(iris_svc_search(), baseline=["default", "median", "worst"])
    plain = explained(
        iris_svc_search(), baseline=["default", "median", "worst"], baseline_score="predict"
    )
    assert explainer.baseline_ == plain.baseline_
    assert plain.measured_.empty
    pd.testing.assert_frame_equal(explainer.trials_[:40], plain.trials_)
    assert len(explainer.predictions().dropna()) == 40


def test_baseline_among_the_trials_is_not_measured_again():
    grid = {"max_depth": [None, 1, 2, 3], "min_samples_leaf": [1, 5, 20, 40]}
    explainer = explained(GridSearchCV(DecisionTreeClassifier(random_state=0), grid))
    assert explainer.measured_.empty
    assert explainer.measured_.columns.tolist() == ["max_depth", "min_samples_leaf", "score", "why"]
    table = explainer.explain()
    assert table.attrs["baseline_measured"] == explainer.trials_["score"][0]


def test_several_baselines_are_measured_and_averaged():
    other = {"C": 0.01, "gamma": 0.001, "kernel": "rbf"}
    explainer = explained(iris_svc_search(cv=3), baseline=["default", other])
    expected = [
        cross_val_score(SVC(**params), X, Y, cv=3).mean() for params in ({"gamma": 0.1}, other)
    ]
    assert explainer.measured_["score"].tolist() == pytest.approx(expected)
    attrs = explainer.explain().attrs
    assert attrs["baseline_measured"] == pytest.approx(np.mean(expected))
    assert attrs["baseline_score"] == pytest.approx(np.mean(expected))
    assert explainer.explain(baseline=other).attrs["baseline_measured"] == expected[1]
    unknown = explainer.explain(baseline={"C": 3.0}).attrs["baseline_measured"]
    assert np.isnan(unknown)


def test_default_outside_the_space_is_measured_with_its_stand_in():
    search = RandomizedSearchCV(SVC(), RANGES, n_iter=30, random_state=0)
    with pytest.warns(BaselineWarning, match="gamma: default 'scale'") as caught:
        explainer = explained(search)
    (warning,) = caught
    own = cross_val_score(SVC(), X, Y).mean()
    stand_in = explainer.measured_["score"][0]
    assert f"own default scores {own:.4g}" in str(warning.message)
    assert f"what is used {stand_in:.4g}" in str(warning.message)
    assert stand_in == cross_val_score(SVC(**explainer.baseline_), X, Y).mean()


class Fragile(ClassifierMixin, BaseEstimator):
    """Cannot be fitted with its default."""

    def __init__(self, alpha=0.5):
        self.alpha = alpha

    def fit(self, X, y):
        if self.alpha == 0.5:
            raise RuntimeError("no")
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return np.where(X[:, 2] > 5 * self.alpha, 1, 0)


@pytest.mark.parametrize("error_score", [np.nan, "raise"])
def test_baseline_that_cannot_be_fitted_is_predicted_with_one_warning(error_score):
    grid = {"alpha": np.linspace(0, 1, 20).tolist()}
    search = GridSearchCV(Fragile(), grid, error_score=error_score)
    explainer = HyperSHAPExplainer(search, baseline={"alpha": 0.5}, space={"alpha": (0.0, 1.0)})
    search = RandomizedSearchCV(
        Fragile(), {"alpha": loguniform(0.1, 1)}, n_iter=30, random_state=0, error_score=error_score
    )
    with pytest.warns(BaselineWarning, match="could not be evaluated.*predicted") as caught:
        explainer = HyperSHAPExplainer(search, surrogate=EXACT, random_state=0).fit(X, Y)
    assert len(caught) == 1
    assert explainer.measured_["score"].isna().tolist() == [True]
    assert np.isnan(explainer.explain().attrs["baseline_measured"])
    assert len(explainer.trials_) == 30
    checks = explainer.diagnostics().set_index("check")
    assert checks.loc["n_failed", "value"] == 1
    assert checks.loc["measured_gain", "level"] == "unknown"


def test_given_score_is_one_more_trial():
    search = iris_svc_search().fit(X, Y)
    explainer = HyperSHAPExplainer(search, surrogate=EXACT, baseline_score=0.42, random_state=0)
    explainer.fit()
    assert explainer.measured_["score"].tolist() == [0.42]
    attrs = explainer.explain().attrs
    assert attrs["baseline_measured"] == 0.42
    assert attrs["baseline_score"] == pytest.approx(0.42)
    assert explained(iris_svc_search(), baseline_score=0.42).measured_["score"].tolist() == [0.42]


def test_given_scores_of_several_baselines(mixed_space, mixed_trials):
    other = {**mixed_trials[0][0], "alpha": 0.123}
    explainer = HyperSHAPExplainer(
        mixed_space, surrogate=EXACT, baseline=["default", other], baseline_score=[0.5, 1.5]
    )
    explainer.fit(*mixed_trials)
    assert explainer.measured_["score"].tolist() == [0.5, 1.5]
    assert explainer.explain().attrs["baseline_measured"] == 1.0


@pytest.mark.parametrize(
    ("baseline", "score", "error", "message"),
    [
        ("default", "measure", ValueError, "Unknown baseline_score 'measure'"),
        ("default", np.nan, ValueError, "finite"),
        ("default", [0.5], ValueError, "one number"),
        (["default", "worst"], 0.5, ValueError, "list of 2 numbers"),
        (["default", "worst"], [0.5, 0.5, 0.5], ValueError, "list of 2 numbers"),
        (["default", "worst"], [0.5, "auto"], TypeError, "'auto'"),
        ("default", None, TypeError, "None"),
        ("default", True, TypeError, "True"),
    ],
)
def test_baseline_score_of_wrong_kind_or_length_raises_before_the_search(
    baseline, score, error, message
):
    explainer = HyperSHAPExplainer(iris_svc_search(), baseline=baseline, baseline_score=score)
    with pytest.raises(error, match=message):
        explainer.fit(X, Y)
    assert not hasattr(explainer, "search_")


def test_nothing_is_measured_without_data_or_with_predict(fitted_search):
    for explainer in (
        HyperSHAPExplainer(fitted_search, n_samples=50, random_state=0).fit(),
        explained(iris_svc_search(), baseline_score="predict"),
    ):
        assert explainer.measured_.empty
        assert np.isnan(explainer.explain().attrs["baseline_measured"])
        assert len(explainer.trials_) == 40


@pytest.mark.parametrize("resource", ["n_samples", "max_iter"])
def test_halving_measures_at_its_last_rung(resource):
    arguments = {"max_resources": 90} if resource == "n_samples" else {"max_resources": 200}
    search = HalvingRandomSearchCV(
        SVC(gamma=0.1),
        RANGES,
        n_candidates=24,
        min_resources=20,
        cv=3,
        resource=resource,
        random_state=0,
        **arguments,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # SVC stops early
        explainer = explained(search)
        results = explainer.search_.cv_results_
        last = np.flatnonzero(results["iter"] == results["iter"].max())
        # A configuration of the last rung, measured as a baseline is, scores as it did there.
        params = {**results["params"][last[0]]}
        params.pop(resource, None)
        again = explained(search, baseline={**params, "C": params["C"] * (1 + 1e-6)})
    assert explainer.trials_["fidelity"].iloc[-1] == results["n_resources"].max()
    assert explainer.measured_["why"].tolist() == ["baseline"]
    assert again.measured_["score"][0] == pytest.approx(
        results["mean_test_score"][last[0]], abs=1e-12
    )


def test_metric_of_several_and_minimised_times():
    search = iris_svc_search(scoring=["accuracy", "f1_macro"], refit="accuracy", cv=3)
    explainer = explained(search, metric="f1_macro")
    expected = cross_validate(SVC(gamma=0.1), X, Y, cv=3, scoring="f1_macro")["test_score"].mean()
    assert explainer.measured_["score"].tolist() == [pytest.approx(expected)]
    timed = explained(search, metric="fit_time")
    assert timed.measured_["score"][0] > 0
    assert timed.explain().attrs["direction"] == "minimize"


def test_fit_params_reach_the_estimator():
    weights = np.where(Y == 0, 1e-6, 1.0)
    explainer = explained(iris_svc_search(cv=3), fit_params={"sample_weight": weights})
    one = GridSearchCV(SVC(gamma=0.1), {"C": [1.0]}, cv=3).fit(X, Y, sample_weight=weights)
    assert explainer.measured_["score"].tolist() == [pytest.approx(one.best_score_)]
    assert one.best_score_ != cross_val_score(SVC(gamma=0.1), X, Y, cv=3).mean()


def test_groups_reach_the_splits():
    groups = np.arange(150) % 6
    explainer = explained(iris_svc_search(cv=GroupKFold(3)), fit_params={"groups": groups})
    expected = cross_val_score(SVC(gamma=0.1), X, Y, cv=GroupKFold(3), groups=groups).mean()
    assert explainer.measured_["score"].tolist() == [pytest.approx(expected)]


def test_last_step_of_a_pipeline_measures_transformed_data():
    pipeline = Pipeline(
        [
            ("scale", StandardScaler()),
            ("tuned", HyperSHAPExplainer(iris_svc_search(), surrogate=EXACT, random_state=0)),
        ]
    )
    again = clone(pipeline.fit(X, Y)).fit(X, Y)
    scaled = StandardScaler().fit_transform(X)
    expected = cross_val_score(SVC(gamma=0.1), scaled, Y).mean()
    tuned = pipeline["tuned"]
    assert tuned.measured_["score"].tolist() == [pytest.approx(expected)]
    pd.testing.assert_frame_equal(again["tuned"].explain(), tuned.explain())
    pd.testing.assert_frame_equal(pickle.loads(pickle.dumps(tuned)).explain(), tuned.explain())


def test_search_without_usable_splits_is_predicted():
    splits = list(KFold(3, shuffle=True, random_state=0).split(X))
    explainer = explained(iris_svc_search(cv=iter(splits)))
    assert explainer.measured_.empty


def test_every_bootstrap_draw_has_the_measured_baseline():
    explainer = explained(iris_svc_search())
    held = explainer.fitted_
    for draw in range(5):
        surrogate = held.spec.refit(np.random.default_rng(draw), held.surrogate)
        predicted = surrogate.predict(held.spec.vectors[-1:])
        assert predicted[0] == pytest.approx(explainer.measured_["score"][0])


def test_baseline_of_a_search_that_was_read_can_be_given_later():
    search = results_of(RandomizedSearchCV(SVC(gamma=0.1), RANGES, n_iter=30))
    explainer = HyperSHAPExplainer(search, surrogate=EXACT, baseline_score=0.5, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SurrogateWarning)
        explainer.fit()
    assert explainer.explain().attrs["baseline_measured"] == 0.5
