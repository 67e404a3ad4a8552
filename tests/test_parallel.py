"""Parallel and distributed runs: workers of joblib, dask and ray return the same numbers."""

from __future__ import annotations

import warnings
from contextlib import suppress
from types import SimpleNamespace

import joblib
import numpy as np
import pandas as pd
import pytest
from ConfigSpace import ConfigurationSpace
from threadpoolctl import threadpool_info, threadpool_limits
from tqdm.notebook import tqdm_notebook

from skhypershap import HyperSHAPExplainer, explain_jointly, optimizers, parallel
from skhypershap.parallel import in_parallel, progress_bar

pytestmark = pytest.mark.filterwarnings("ignore::skhypershap.SurrogateWarning")


def explainer(seed=0, **arguments):
    space = ConfigurationSpace(dict.fromkeys("abcd", (0.0, 1.0)), seed=seed)
    configs = space.sample_configuration(30)
    vectors = np.array([config.get_array() for config in configs])
    arguments = {"n_samples": 100, "random_state": 0, **arguments}
    fitted = HyperSHAPExplainer(space, **arguments)
    return fitted.fit(configs, np.sin(3 * vectors).sum(axis=1) + seed * vectors[:, 0])


def everything(n_jobs):
    """All work that is distributed: data sets, resamples, coalitions of optimizer bias, batches."""
    sets = {"one": explainer(0), "two": explainer(1)}
    many = {name: explainer(seed, max_exact=2) for seed, name in enumerate(sets)}
    fitted = explainer(n_jobs=n_jobs)
    return [
        fitted.explain(["tunability", "sensitivity"], n_bootstrap=3),
        explain_jointly(sets, per_dataset=True, n_jobs=n_jobs),
        explain_jointly(many, aggregate="median", n_jobs=n_jobs),
        fitted.explain("optimizer_bias", optimizer_of_interest=optimizers.grid, n_trials=5),
        explainer(n_jobs=n_jobs, max_exact=2).explain("tunability"),
    ]


@pytest.fixture(scope="module")
def expected():
    return everything(None)


def check(found, expected):
    for one, other in zip(found, expected, strict=True):
        pd.testing.assert_frame_equal(one, other)
        assert repr(one.attrs) == repr(other.attrs)  # NaN is not equal to itself


def thread_counts(n_jobs, fitted=None):
    """Of each worker: the threads of linear algebra and OpenMP, and those that explaining starts."""

    def count(_):  # pickled by value, so that workers need not find this module
        import os
        import threading

        from threadpoolctl import threadpool_info

        def alive():
            folder = "/proc/self/task"  # of all threads, not of Python's alone
            return len(os.listdir(folder)) if os.path.isdir(folder) else threading.active_count()

        before = alive()
        if fitted is not None:
            fitted.explain("tunability", n_bootstrap=2)
        return {library["num_threads"] for library in threadpool_info()}, alive() - before

    return in_parallel(count, [(i,) for i in range(4)], n_jobs, what="", unit="task")


def check_one_thread_each(counts):
    assert len(counts) == 4
    for of_libraries, started in counts:
        assert of_libraries == {1}
        assert started == 0


def test_joblib_processes_return_the_same_numbers(expected):
    with joblib.parallel_config(backend="loky"):
        check(everything(2), expected)


def test_joblib_processes_have_one_thread_each():
    fitted = explainer()
    fitted.explain("tunability", n_bootstrap=2)
    with joblib.parallel_config(backend="loky", inner_max_num_threads=2):
        thread_counts(2, fitted)  # imports and compiles
        check_one_thread_each(thread_counts(2, fitted))


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_threads_limit_linear_algebra_while_they_work(n_jobs):
    with threadpool_limits(2):
        outside = [library["num_threads"] for library in threadpool_info()]
        counts = thread_counts(n_jobs)
        assert [libraries for libraries, _ in counts] == [{1}] * 4
        assert [library["num_threads"] for library in threadpool_info()] == outside
    assert 2 in outside


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_dask_workers_return_the_same_numbers(expected, tmp_path, monkeypatch):
    distributed = pytest.importorskip("distributed")
    monkeypatch.chdir(tmp_path)  # workers spill to the current folder
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
        joblib.parallel_config(backend="dask"),
    ):
        client.wait_for_workers(2, timeout=120)
        check(everything(-1), expected)
        # Dask starts threads of its own at any time.
        assert [libraries for libraries, _ in thread_counts(-1)] == [{1}] * 4


def test_ray_actors_return_the_same_numbers(expected):
    ray = pytest.importorskip("ray")
    from ray.util.joblib import register_ray

    register_ray()
    ray.init(num_cpus=2, include_dashboard=False, logging_level="ERROR", log_to_driver=False)
    try:
        with joblib.parallel_config(backend="ray"):  # starts its actors anew in every call
            found = explainer(n_jobs=2).explain(["tunability", "sensitivity"], n_bootstrap=3)
            counts = thread_counts(2)
        check([found], expected[:1])
        assert [libraries for libraries, _ in counts] == [{1}] * 4
    finally:
        ray.shutdown()


def test_resamples_in_threads_leave_the_warning_filters_alone():
    """Forests in two threads replace the filters that both share; see `one_model_at_a_time`."""
    space = ConfigurationSpace({"a": (0.0, 1.0), "b": (0.0, 1.0)}, seed=0)
    configs = space.sample_configuration(30)
    scores = [config["a"] + config["b"] for config in configs]
    before = len(warnings.filters)
    explainer = HyperSHAPExplainer(space, n_jobs=2, n_samples=50, random_state=0)
    explainer.fit(configs, scores).explain(n_bootstrap=20)
    assert len(warnings.filters) == before


class Clock:
    """Stands in for the time that a progress bar reads."""

    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def bar(capsys):
    made = progress_bar("work", 10, "task", verbose=1)
    made._time = Clock()
    made.start_t = made.last_print_t = made._time()
    yield made
    made.disable = True


def test_progress_is_not_forecast_from_what_came_before_the_first_task(bar):
    bar._time.now += 60  # a compilation
    bar.update(1)
    assert (bar.n, bar.format_dict["rate"]) == (1, None)
    bar._time.now += 2
    bar.update(1)
    assert (bar.n, bar.initial, bar.format_dict["elapsed"]) == (2, 1, 2)


def test_progress_appears_a_second_after_the_work_began(bar):
    bar._time.now += 0.25
    bar.update(1)
    assert bar.start_t + bar.delay == 1001.0


@pytest.mark.parametrize("error", [None, ValueError, KeyboardInterrupt])
def test_progress_leaves_no_line_behind(capsys, monkeypatch, error):
    monkeypatch.setattr("skhypershap.parallel.PROGRESS_DELAY", 0)

    def work(number):
        if error is not None and number == 2:
            raise error

    with suppress(ValueError, KeyboardInterrupt):
        in_parallel(work, [(n,) for n in range(4)], 1, what="work", unit="task", verbose=1)
    shown = capsys.readouterr().err
    assert "work" in shown
    assert "\n" not in shown
    assert not shown.rstrip("\r").rpartition("\r")[2].strip()


class Widget(SimpleNamespace):
    """Stands in for a widget of a notebook, so that ipywidgets need not be installed."""

    def __init__(self, *children):
        super().__init__(
            children=children, layout=SimpleNamespace(), style=SimpleNamespace(), bar_style=""
        )

    def close(self):
        self.closed = True


class NotebookBar(parallel._Bar, tqdm_notebook):
    """The bar that `tqdm.auto` makes in a notebook."""

    @staticmethod
    def status_printer(*_):
        return Widget(Widget(), Widget(), Widget())


@pytest.mark.parametrize("n_done", [2, 4])
def test_bar_of_a_notebook_is_removed_also_where_work_stopped_early(n_done):
    with NotebookBar(total=4, leave=False, display=False) as bar:
        bar.update(n_done)
    assert bar.container.closed
    assert bar.container.children[1].bar_style == ""
