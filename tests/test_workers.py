"""Workers that die, and Ctrl+C in the middle: an error or an answer, and an explainer as before."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from contextlib import contextmanager

import joblib
import numba
import numpy as np
import pandas as pd
import pytest
from ConfigSpace import ConfigurationSpace
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LinearRegression
from sklearn.svm import SVC
from threadpoolctl import threadpool_info

from skhypershap import HyperSHAPExplainer, explain_jointly, parallel

pytestmark = [
    pytest.mark.filterwarnings("ignore::skhypershap.SurrogateWarning"),
    pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals"),
]


def explained(model, n_jobs=None, seed=0):
    space = ConfigurationSpace(dict.fromkeys("abc", (0.0, 1.0)), seed=0)
    configs = [dict(config) for config in space.sample_configuration(40)]
    scores = [config["a"] + 2 * config["b"] * config["c"] for config in configs]
    explainer = HyperSHAPExplainer(
        space, surrogate=model, random_state=seed, n_samples=50, n_jobs=n_jobs
    )
    return explainer.fit(configs, scores), configs, scores


def of_this_function(flag):
    """A model that ends its worker where a file is missing, which it makes first; pickled by value."""

    class Deadly(RandomForestRegressor):
        def fit(self, X, y):
            if os.getpid() != self.parent and not os.path.exists(self.flag):
                with open(self.flag, "w"):
                    os.kill(os.getpid(), 9)
            return super().fit(X, y)

        parent = os.getpid()

    Deadly.flag = str(flag)
    return Deadly(n_estimators=3, random_state=0)


@contextmanager
def dask_workers(monkeypatch, tmp_path):
    """Two processes; a worker that dies is replaced."""
    distributed = pytest.importorskip("distributed")
    monkeypatch.chdir(tmp_path)  # workers spill to the current folder
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        client.wait_for_workers(2, timeout=120)
        yield client


@pytest.mark.filterwarnings("ignore")
def test_loky_answers_again_after_a_worker_was_killed(tmp_path):
    flag = tmp_path / "killed"
    explainer, _, _ = explained(of_this_function(flag))
    expected = explainer.explain(n_bootstrap=2)
    explainer.set_params(n_jobs=2)
    with joblib.parallel_config(backend="loky", n_jobs=2):
        with pytest.raises(Exception, match="terminated"):
            explainer.explain(n_bootstrap=2)
        assert flag.exists()
        pd.testing.assert_frame_equal(explainer.explain(n_bootstrap=2), expected)


@pytest.mark.filterwarnings("ignore")
def test_dask_goes_on_after_a_worker_was_killed(tmp_path, monkeypatch):
    """In the middle of resamples, and of dask-ml's own search."""
    flag = tmp_path / "killed"
    explainer, _, _ = explained(of_this_function(flag))
    expected = explainer.explain(n_bootstrap=2)
    with dask_workers(monkeypatch, tmp_path) as client:
        before = set(client.scheduler_info()["workers"])
        with joblib.parallel_config(backend="dask"):
            found = explainer.set_params(n_jobs=-1).explain(n_bootstrap=2)
        assert flag.exists()
        pd.testing.assert_frame_equal(found, expected)
        client.wait_for_workers(2, timeout=60)
        assert set(client.scheduler_info()["workers"]) != before
        check_search_of_dask(tmp_path / "killed too", client)


def check_search_of_dask(flag, client):
    dask_ml = pytest.importorskip("dask_ml.model_selection")

    class Deadly(SVC):
        def fit(self, X, y):
            if os.getpid() != self.parent and not os.path.exists(self.path):
                with open(self.path, "w"):
                    os.kill(os.getpid(), 9)
            return super().fit(X, y)

        parent, path = os.getpid(), str(flag)

    grid = {"C": [0.1, 1, 10], "gamma": [0.1, 1, 3]}
    search = dask_ml.GridSearchCV(Deadly(), grid, cv=2, scheduler=client)
    plain = dask_ml.GridSearchCV(SVC(), grid, cv=2, scheduler="sync")
    arguments = {"surrogate": "forest", "baseline": {"C": 1, "gamma": 1}, "random_state": 0}
    data = load_iris(return_X_y=True)
    explainer = HyperSHAPExplainer(search, **arguments).fit(*data)
    assert flag.exists()
    expected = HyperSHAPExplainer(plain, **arguments).fit(*data)
    pd.testing.assert_frame_equal(explainer.explain(), expected.explain())


class Slow(LinearRegression):
    """Waits in predict or fit where `at` says so, and tells that it does."""

    at = None
    reached = threading.Event()

    def _wait(self, where):
        if type(self).at == where:
            self.reached.set()
            time.sleep(0.2)

    def predict(self, X):
        self._wait("predict")
        return super().predict(X)

    def fit(self, X, y):
        self._wait("fit")
        return super().fit(X, y)


@contextmanager
def ctrl_c_when_reached():
    """The signal of Ctrl+C to this process as soon as a model is at work.

    It is sent again where the first one met a destructor, in which Python ignores exceptions. A shell
    that starts tests in the background makes them ignore the signal, so they get Python's handler.
    """
    Slow.reached.clear()
    ended = threading.Event()

    def press():
        while not ended.is_set():
            if Slow.reached.wait(0.01):
                os.kill(os.getpid(), signal.SIGINT)
                ended.wait(10)

    thread = threading.Thread(target=press)
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        signal.signal(signal.SIGINT, handler)


def state():
    return (
        numba.get_num_threads(),
        [(library["user_api"], library["num_threads"]) for library in threadpool_info()],
        parallel._ONE_THREAD_EACH.n_running,
    )


def check_state(before, n_threads):
    """As before, and no more threads: those of joblib end a moment after their pool, as do limits."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if threading.active_count() <= n_threads and state() == before:
            break
        time.sleep(0.02)
    assert threading.active_count() <= n_threads
    assert state() == before


CALLS = {
    "explain": ("predict", lambda e, _: e.explain()),
    "n_bootstrap": ("fit", lambda e, _: e.explain("ablation", n_bootstrap=4)),
    "n_bootstrap, later": ("predict", lambda e, _: e.explain("ablation", n_bootstrap=4)),
    "report": ("predict", lambda e, _: e.report(n_bootstrap=2)),
    "explain_jointly": (
        "predict",
        lambda e, n_jobs: explain_jointly({"one": e, "two": e}, n_jobs=n_jobs),
    ),
    "summary": ("fit", lambda e, _: e.summary()),
    "measure": ("fit", lambda e, _: e.tell([e.baseline_], [0.5])),
}


@pytest.mark.parametrize("n_jobs", [1, 2])
@pytest.mark.parametrize("name", CALLS)
def test_ctrl_c_leaves_all_as_it_was(monkeypatch, name, n_jobs):
    """A signal, as the user sends it: the main thread gets it, wherever it waits."""
    explainer, _, _ = explained(Slow(), n_jobs)
    expected = explainer.explain(["tunability", "ablation"])
    before, n_threads = state(), threading.active_count()
    at, call = CALLS[name]
    monkeypatch.setattr(Slow, "at", at)
    with ctrl_c_when_reached(), pytest.raises(KeyboardInterrupt):
        call(explainer, n_jobs)
    monkeypatch.setattr(Slow, "at", None)
    check_state(before, n_threads)
    assert len(explainer.measured_) == 0
    pd.testing.assert_frame_equal(explainer.explain(["tunability", "ablation"]), expected)
    assert np.isfinite(explainer.explain(n_bootstrap=2)["value"]).all()
