"""dask-ml's searches, with folds or incremental: then partial_fit_calls is the fidelity."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import loguniform
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.linear_model import SGDClassifier
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.svm import SVC

from skhypershap import HyperSHAPExplainer, read_trials
from skhypershap.advice.reduced_search import reduced
from skhypershap.advice.verification import measured
from skhypershap.trials import space_of_search

pytest.importorskip("dask_ml.model_selection")
pytest.importorskip("distributed")
from dask_ml.model_selection import (
    GridSearchCV,
    HyperbandSearchCV,
    IncrementalSearchCV,
    RandomizedSearchCV,
    SuccessiveHalvingSearchCV,
)

pytestmark = pytest.mark.filterwarnings("ignore::skhypershap.SurrogateWarning")

X, Y = load_iris(return_X_y=True)
ALPHA = {"alpha": loguniform(1e-4, 1), "penalty": ["l1", "l2"]}


@pytest.fixture(scope="module")
def grid():
    pipeline = Pipeline([("scaler", None), ("svc", SVC())])
    choices = {
        "scaler": [None, StandardScaler(), MinMaxScaler()],
        "svc__C": [0.1, 1, 10],
        "svc__gamma": ["scale", 0.1, 1],
    }
    return GridSearchCV(pipeline, choices, cv=2, scheduler="sync").fit(X, Y)


def assert_explained_like_its_trials(search, trials):
    read = HyperSHAPExplainer(search, baseline="median", random_state=0).fit()
    given = HyperSHAPExplainer(trials.space, baseline="median", random_state=0)
    given.fit(trials.configs, trials.scores, fidelity=trials.fidelity)
    games = ["tunability", "ablation"]
    pd.testing.assert_frame_equal(read.explain(games), given.explain(games))


def test_grid_search_is_read_as_its_results(grid):
    trials = read_trials(grid)
    results = grid.cv_results_
    assert [list(map(str, c.values())) for c in trials.configs] == [
        [str(params[name]) for name in trials.space] for params in results["params"]
    ]
    assert {type(config["scaler"]) for config in trials.configs} == {
        type(None),
        StandardScaler,
        MinMaxScaler,
    }
    np.testing.assert_array_equal(trials.scores, results["mean_test_score"])
    assert trials.default == {"scaler": None, "svc__C": 1.0, "svc__gamma": "scale"}
    assert trials.fidelity is None
    assert_explained_like_its_trials(grid, trials)


def test_random_search_runs_and_predicts():
    ranges = {"C": loguniform(1e-2, 1e2), "gamma": loguniform(1e-2, 1e2)}
    search = RandomizedSearchCV(SVC(), ranges, n_iter=8, random_state=0, cv=2, scheduler="sync")
    explainer = HyperSHAPExplainer(search, baseline="best", random_state=0).fit(X, Y)
    assert not hasattr(search, "cv_results_")
    scores = explainer.search_.cv_results_["mean_test_score"]
    assert explainer.trials_["score"].tolist() == scores.tolist()
    np.testing.assert_array_equal(explainer.predict(X), explainer.search_.predict(X))


def test_list_of_dicts_keeps_what_each_trial_set():
    grids = [{"kernel": ["rbf"], "gamma": [0.1, 1]}, {"kernel": ["linear"], "C": [1, 2]}]
    trials = read_trials(GridSearchCV(SVC(), grids, cv=2, scheduler="sync").fit(X, Y))
    assert [set(config) for config in trials.configs] == [
        {"kernel", "gamma"},
        {"kernel", "gamma"},
        {"kernel", "C"},
        {"kernel", "C"},
    ]


def test_incremental_search_is_checked_before_it_runs():
    for kind in (HyperbandSearchCV, SuccessiveHalvingSearchCV, IncrementalSearchCV):
        search = kind(SGDClassifier(), ALPHA, max_iter=9)
        space = space_of_search(search)
        assert (space["alpha"].lower, space["alpha"].upper, space["alpha"].log) == (1e-4, 1, True)
        with pytest.raises(ValueError, match=r"'scor'.*Did you mean 'score'"):
            HyperSHAPExplainer(search, metric="scor").fit(X, Y)


# Genuine results of HyperbandSearchCV(SGDClassifier(random_state=0), ALPHA, max_iter=9,
# random_state=0).fit(X, Y, classes=[0, 1, 2]) with dask-ml 2025.1.0 and dask 2025.2.0, in four digits.
RECORDED = {
    "partial_fit_calls": [3, 3, 9, 1, 1, 1, 1, 1, 1, 3, 9, 3, 3, 3, 9, 9, 9],
    "alpha": [
        *(0.2539, 0.06424, 0.4043, 0.2592, 0.001334, 0.0001823, 0.7747, 0.1853, 0.04239),
        *(0.03038, 0.001174, 0.04768, 0.5944, 0.003276, 0.01568, 0.2383, 0.01512),
    ],
    "penalty": [
        *("l1", "l2", "l2", "l1", "l2", "l1", "l1", "l2", "l2"),
        *("l1", "l2", "l1", "l2", "l1", "l2", "l2", "l2"),
    ],
    "mean_partial_fit_time": [
        *(0.001354, 0.002251, 0.002615, 0.001228, 0.002348, 0.001525, 0.001257, 0.002625, 0.005723),
        *(0.02538, 0.00186, 0.002544, 0.001166, 0.001181, 0.003232, 0.002033, 0.001563),
    ],
    "test_score": [
        *(0.6667, 0.6667, 0.6667, 0.6667, 0.6667, 0.6667, 0.4333, 0.6667, 0.6667),
        *(0.9667, 0.8333, 0.9667, 0.6667, 0.9667, 0.7, 0.7, 0.7),
    ],
}


@pytest.fixture
def recorded():
    search = HyperbandSearchCV(SGDClassifier(random_state=0), ALPHA, max_iter=9, random_state=0)
    params = [
        {"alpha": np.float64(alpha), "penalty": penalty}
        for alpha, penalty in zip(RECORDED["alpha"], RECORDED["penalty"], strict=True)
    ]
    search.cv_results_ = {
        "partial_fit_calls": np.array(RECORDED["partial_fit_calls"]),
        "params": np.array(params, dtype=object),
        "param_alpha": np.array(RECORDED["alpha"]),
        "param_penalty": np.array(RECORDED["penalty"]),
        "mean_partial_fit_time": np.array(RECORDED["mean_partial_fit_time"]),
        "test_score": np.array(RECORDED["test_score"]),
    }
    return search


def test_recorded_hyperband_search_is_read(recorded):
    trials = read_trials(recorded)
    assert [c["alpha"] for c in trials.configs] == RECORDED["alpha"]
    assert [c["penalty"] for c in trials.configs] == RECORDED["penalty"]
    assert trials.scores.tolist() == RECORDED["test_score"]
    assert trials.fidelity.tolist() == RECORDED["partial_fit_calls"]
    assert (trials.metric, trials.direction) == ("score", "maximize")
    assert trials.default == {"alpha": 0.0001, "penalty": "l2"}
    # Its own best_index_ was 10: better scores were met earlier, at three calls.
    assert trials.incumbent == 10
    assert_explained_like_its_trials(recorded, trials)
    times = read_trials(recorded, metric="partial_fit_time")
    assert times.direction == "minimize"
    assert times.scores.tolist() == RECORDED["mean_partial_fit_time"]
    with pytest.raises(ValueError, match=r"'fit_time'.*Did you mean 'partial_fit_time'"):
        read_trials(recorded, metric="fit_time")


@pytest.mark.filterwarnings("ignore")  # dask's own, of which there are many
def test_hyperband_search_runs():
    from distributed import Client

    search = HyperbandSearchCV(SGDClassifier(random_state=0), ALPHA, max_iter=9, random_state=0)
    with Client(n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None):
        try:
            search.fit(X, Y, classes=[0, 1, 2])
        except RuntimeError as error:
            if "asynchronous Client" not in str(error):
                raise
            pytest.skip("dask-ml's incremental searches do not run with this dask")
    trials = read_trials(search)
    assert trials.configs == list(search.cv_results_["params"])
    np.testing.assert_array_equal(trials.scores, search.cv_results_["test_score"])
    np.testing.assert_array_equal(trials.fidelity, search.cv_results_["partial_fit_calls"])
    assert trials.configs[trials.incumbent] == search.best_params_
    assert_explained_like_its_trials(search, trials)


def test_smaller_grid_repeats_trials_of_the_whole_grid(grid):
    scaler = grid.param_grid["scaler"][1]
    fixed = {"scaler": scaler, "svc__C": 10, "svc__gamma": 0.1}
    smaller = reduced(grid, space_of_search(grid), ["svc__C"], fixed)
    assert type(smaller) is GridSearchCV
    assert smaller.param_grid == {"svc__C": [0.1, 1, 10]}
    results = smaller.fit(X, Y).cv_results_
    whole = grid.cv_results_
    for params, score in zip(results["params"], results["mean_test_score"], strict=True):
        same = [
            ran["svc__C"] == params["svc__C"]
            and ran["svc__gamma"] == 0.1
            and isinstance(ran["scaler"], StandardScaler)
            for ran in whole["params"]
        ]
        assert whole["mean_test_score"][same].tolist() == [score]


def test_smaller_random_and_incremental_searches_run():
    ranges = {"C": loguniform(1e-2, 1e2), "kernel": ["rbf", "linear"]}
    search = RandomizedSearchCV(SVC(), ranges, n_iter=8, cv=2, scheduler="sync")
    smaller = reduced(search, space_of_search(search), ["kernel"], {"C": 4.0, "kernel": "rbf"})
    assert smaller.n_iter == 2
    assert len(smaller.fit(X, Y).cv_results_["params"]) == 2
    assert smaller.best_estimator_.C == 4.0
    for kind in (HyperbandSearchCV, SuccessiveHalvingSearchCV, IncrementalSearchCV):
        search = kind(SGDClassifier(), ALPHA, max_iter=9)
        smaller = reduced(
            search, space_of_search(search), ["alpha"], {"alpha": 0.1, "penalty": "l1"}
        )
        assert type(smaller) is kind
        assert (list(smaller.parameters), smaller.max_iter) == (["alpha"], 9)
        assert smaller.estimator.penalty == "l1"
        assert search.estimator.penalty == "l2"


def test_verify_measures_as_the_search_does(grid):
    results = grid.cv_results_
    mean, std = measured(grid.set_params(n_jobs=1), results["params"][:5], X, Y)
    np.testing.assert_allclose(mean, results["mean_test_score"][:5], rtol=0, atol=1e-12)
    np.testing.assert_allclose(std, results["std_test_score"][:5], rtol=0, atol=1e-12)
    by_hand = cross_val_score(clone(grid.estimator).set_params(**results["params"][0]), X, Y, cv=2)
    assert (mean[0], std[0]) == pytest.approx((by_hand.mean(), by_hand.std()), abs=1e-12)


def test_incremental_search_cannot_be_measured_on_folds():
    search = IncrementalSearchCV(SGDClassifier(), ALPHA)
    with pytest.raises(ValueError, match="IncrementalSearchCV has no cv"):
        measured(search, [{"alpha": 0.1}], X, Y)
