"""Faults of machines and hostile input: an error that helps, and an explainer that still answers."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import joblib
import numba
import numpy as np
import pandas as pd
import pytest
from ConfigSpace import ConfigurationSpace
from plot_frames import table_of
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LinearRegression

import skhypershap
from skhypershap import HyperSHAPExplainer, load_case, plotting
from skhypershap.command import main

try:
    import resource
except ImportError:  # on Windows
    resource = None

HOSTILE = [
    "=cmd|' /C calc'!A0",
    "$\\frac{",
    "<script>alert(1)</script>",
    "a\x00b\x1b[31m\n\tc",
    "_^{}&%",
]


def explained(model="forest", *, shift=0.0, names=("a", "b", "c"), n_jobs=None):
    space = ConfigurationSpace(dict.fromkeys(names, (0.0, 1.0)), seed=0)
    configs = [dict(config) for config in space.sample_configuration(50)]
    scores = [shift + sum(k * config[name] for k, name in enumerate(names)) for config in configs]
    explainer = HyperSHAPExplainer(
        space, surrogate=model, random_state=0, n_samples=50, n_jobs=n_jobs
    )
    return explainer.fit(configs, scores), configs, scores


def of_this_function():
    """Classes that workers get by value, since they cannot import a test module."""

    class Deadly(RandomForestRegressor):
        def fit(self, X, y):
            if os.getpid() != self.parent:
                os.kill(os.getpid(), 9)
            return super().fit(X, y)

        parent = os.getpid()

    return Deadly(n_estimators=3, random_state=0)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal")
def test_a_killed_worker_is_an_error_and_the_explainer_still_answers():
    explainer, _, _ = explained(of_this_function())
    expected = explainer.explain()
    with (
        joblib.parallel_config(backend="loky", n_jobs=2),
        pytest.raises(Exception, match="terminated"),
    ):
        explainer.set_params(n_jobs=2).explain(n_bootstrap=2)
    explainer.set_params(n_jobs=None)
    pd.testing.assert_frame_equal(explainer.explain(), expected)


class Interrupted(LinearRegression):
    """Ctrl+C at a call of predict or fit, where `at` says so."""

    at = None

    def predict(self, X):
        if type(self).at == "predict":
            raise KeyboardInterrupt
        return super().predict(X)

    def fit(self, X, y):
        if type(self).at == "fit":
            raise KeyboardInterrupt
        return super().fit(X, y)


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_interrupt_leaves_the_explainer_its_threads_and_numba_as_they_were(monkeypatch, n_jobs):
    explainer, configs, scores = explained(Interrupted(), n_jobs=n_jobs)
    expected = explainer.explain()
    threads, of_numba = threading.active_count(), numba.get_num_threads()
    monkeypatch.setattr(Interrupted, "at", "predict")
    with pytest.raises(KeyboardInterrupt):
        explainer.explain()
    monkeypatch.setattr(Interrupted, "at", "fit")
    with pytest.raises(KeyboardInterrupt):
        explainer.fit(configs, scores)
    with pytest.raises(KeyboardInterrupt):
        explainer.explain(n_bootstrap=2)
    monkeypatch.setattr(Interrupted, "at", None)
    deadline = time.monotonic() + 20  # joblib's threads end a moment after their pool
    while threading.active_count() > threads and time.monotonic() < deadline:
        time.sleep(0.05)
    assert threading.active_count() <= threads
    assert numba.get_num_threads() == of_numba
    pd.testing.assert_frame_equal(explainer.explain(), expected)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")
def test_full_disk_is_an_error_and_the_explainer_still_answers(tmp_path, capsys):
    explainer, configs, scores = explained()
    expected = explainer.explain()
    with pytest.raises(OSError, match="No space left"):
        explainer.dump_case("/dev/full")
    with pytest.raises(OSError, match="No space left"):
        explainer.report(n_bootstrap=None).save("/dev/full")
    source = tmp_path / "trials.csv"
    pd.DataFrame(configs).assign(score=scores).to_csv(source, index=False)
    call = [str(source), "--metric", "score", "--direction", "maximize", "--quiet"]
    assert main([*call, "--csv", "/dev/full"]) == 1
    assert "No space left" in capsys.readouterr().err
    pd.testing.assert_frame_equal(explainer.explain(), expected)


@contextmanager
def files_of_at_most(n_bytes):
    """A disk that gets full while a file is written."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.skipif(resource is None, reason="this system has no limits of files")
def test_full_disk_leaves_the_earlier_file_and_no_half_of_the_new_one(tmp_path, capsys):
    explainer, configs, scores = explained()
    report = explainer.report(n_bootstrap=None)
    source, there, new = tmp_path / "trials.csv", tmp_path / "there", tmp_path / "new"
    pd.DataFrame(configs).assign(score=scores).to_csv(source, index=False)
    there.write_text("before")
    call = [str(source), "--metric", "score", "--direction", "maximize", "--quiet", "--csv"]
    for target in (there, new):
        with files_of_at_most(100):
            for write in (report.save, explainer.dump_case):
                with pytest.raises(OSError, match="too large"):
                    write(target)
            assert main([*call, str(target)]) == 1
    assert "too large" in capsys.readouterr().err
    assert there.read_text() == "before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["there", "trials.csv"]


@pytest.mark.skipif(sys.platform == "win32", reason="permissions and links of POSIX")
def test_a_replaced_file_keeps_its_permissions_and_a_link_stays_one(tmp_path):
    explainer, _, _ = explained()
    there, link = tmp_path / "case.json", tmp_path / "link.json"
    there.write_text("before")
    there.chmod(0o640)
    link.symlink_to(there)
    explainer.dump_case(link)
    assert link.is_symlink()
    assert there.stat().st_mode & 0o777 == 0o640
    assert load_case(there).explain()["value"].tolist() == explainer.explain()["value"].tolist()


READ_ONLY = """
from ConfigSpace import ConfigurationSpace
import skhypershap

space = ConfigurationSpace({"a": (0.0, 1.0), "b": (0.0, 1.0)}, seed=0)
configs = [dict(config) for config in space.sample_configuration(50)]
scores = [config["a"] + config["b"] for config in configs]
explainer = skhypershap.HyperSHAPExplainer(
    space, surrogate="forest", random_state=0, n_samples=50
)
values = explainer.fit(configs, scores).explain("ablation", order=1)["value"].tolist()
"""


def test_package_and_home_without_a_place_to_write_need_no_more_than_time(tmp_path):
    """Files lie where folders would be made, so that root cannot write there either."""
    package = Path(skhypershap.__file__).parent
    copied = tmp_path / "skhypershap"
    shutil.copytree(package, copied, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("given", "home", "skhypershap/surrogate/kernels/__pycache__"):
        (tmp_path / name).write_text("not a folder")
    home = str(tmp_path / "home")
    places = {"HOME": home, "XDG_CACHE_HOME": home, "NUMBA_CACHE_DIR": str(tmp_path / "given")}
    run = subprocess.run(
        [sys.executable, "-c", f"{READ_ONLY}\nprint(skhypershap.__file__, *values)"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path), **places},
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    file, *values = run.stdout.split()
    assert file == str(copied / "__init__.py")
    expected = {}
    exec(READ_ONLY, expected)
    assert list(map(float, values)) == expected["values"]
    assert run.stderr.count("Warning") <= 1


FORKED = """
import os, signal, threading, warnings
warnings.simplefilter("ignore")
from ConfigSpace import ConfigurationSpace
from skhypershap import HyperSHAPExplainer
from skhypershap.parallel import in_parallel, one_addition_at_a_time, one_model_at_a_time

space = ConfigurationSpace({"a": (0.0, 1.0), "b": (0.0, 1.0)}, seed=0)
configs = [dict(config) for config in space.sample_configuration(50)]
scores = [config["a"] + config["b"] for config in configs]

def explained():
    explainer = HyperSHAPExplainer(
        space, surrogate="forest", random_state=0, n_samples=50, n_jobs=2
    )
    explainer.fit(configs, scores).tell([{"a": 0.5, "b": 0.25}], [0.75])
    return explainer.explain()["value"].tolist()

def explained_by_child():
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        signal.alarm(60)
        os.write(write, repr(explained()).encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as pipe:
        found = pipe.read()
    os.waitpid(child, 0)
    return found

found = [explained_by_child()]  # after import: this process has no threads and no kernels yet
expected = repr(explained())
found.append(explained_by_child())  # after threads have worked

reached, ends = threading.Event(), threading.Event()

def work(number):
    reached.set()
    ends.wait()

def fit():
    with one_model_at_a_time(), one_addition_at_a_time():
        in_parallel(work, [(1,)], 1, what="", unit="")

working = threading.Thread(target=fit)
working.start()
reached.wait()
found.append(explained_by_child())  # while a thread, which the child has not, holds the locks
ends.set()
working.join()
print(*[one == expected for one in found], repr(explained()) == expected)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_fork_explains_and_fits_as_its_parent():
    run = subprocess.run(
        [sys.executable, "-c", FORKED], capture_output=True, text=True, timeout=200, check=True
    )
    assert run.stdout.split() == ["True"] * 4, run.stderr


def test_threads_that_fit_and_explain_never_mix_two_fits():
    """The second fit's scores are higher by 1000, in values of coalitions and in attrs."""
    explainer, configs, scores = explained()
    shifted = [score + 1000 for score in scores]
    stop, failures = threading.Event(), []

    def fit():
        for turn in range(12):
            explainer.fit(configs, shifted if turn % 2 == 0 else scores)
        stop.set()

    def explain():
        while not stop.is_set():
            table = explainer.explain()
            attrs = table.attrs
            high = attrs["incumbent_measured"] > 500
            if high != (attrs["baseline_score"] > 500) or high != (attrs["full_score"] > 500):
                failures.append(attrs)
            explainer.best_subsets()

    def guarded():
        try:
            explain()
        except Exception as error:
            failures.append(error)

    readers = [threading.Thread(target=guarded) for _ in range(2)]
    for thread in readers:
        thread.start()
    try:
        fit()
    finally:
        stop.set()
        for thread in readers:
            thread.join()
    assert not failures


def test_a_surrogate_that_fails_or_predicts_nan_is_an_error_that_names_it():
    class Broken(RandomForestRegressor):
        def predict(self, X):
            return np.full(len(X), np.nan)

    class Raising(RandomForestRegressor):
        def fit(self, X, y):
            raise RuntimeError("no licence")

    for model, words in ((Broken(), "Broken"), (Raising(), "no licence")):
        with pytest.raises(ValueError, match=words):
            explained(model)[0].explain()


@pytest.mark.filterwarnings("ignore:The surrogate fits poorly")
def test_too_large_max_exact_is_refused_with_the_memory_that_it_needs():
    names = [f"x{number:02d}" for number in range(40)]
    explainer, _, _ = explained(names=names)
    explainer.set_params(max_exact=64)
    for method in (explainer.explain, explainer.coalition_values, explainer.best_subsets):
        with pytest.raises(ValueError, match=r"at least .* TiB of memory"):
            method()


def test_hostile_names_are_text_in_tables_pages_and_plots(tmp_path):
    explainer, _, _ = explained(names=HOSTILE)
    table = explainer.explain(order=1)
    assert sorted(table["interaction"]) == sorted(explainer.hyperparameter_names_)
    page = tmp_path / "report.html"
    explainer.report(n_bootstrap=None).save(page)
    assert "<script>alert(1)" not in page.read_text()
    assert "<script>alert(1)" not in explainer._repr_html_()
    for plot in (plotting.plot_importance, plotting.plot_interactions):
        plot(explainer.explain()).figure.canvas.draw()


def test_csv_of_the_command_has_no_formulas(tmp_path):
    rng = np.random.default_rng(0)
    trials = pd.DataFrame(rng.random((40, 3)), columns=["=cmd|' /C calc'!A0", "+x", "plain"])
    trials["score"] = trials.sum(axis=1)
    source, target = tmp_path / "trials.csv", tmp_path / "values.csv"
    trials.to_csv(source, index=False)
    call = [str(source), "--metric", "score", "--direction", "maximize", "--quiet"]
    assert main([*call, "--csv", str(target)]) == 0
    texts = pd.read_csv(target, dtype=str)[["interaction", "game", "measure"]].to_numpy().ravel()
    assert not [text for text in texts if text[0] in "=+-@"]
    assert "'+x" in set(texts)


def test_hostile_names_are_text_in_plots_of_frames():
    for bad in HOSTILE:
        table = table_of(2)
        table["interaction"] = [bad, "b", f"{bad} × b"]
        table["hyperparameters"] = [(bad,), ("b",), (bad, "b")]
        plotting.plot_importance(table).figure.canvas.draw()
