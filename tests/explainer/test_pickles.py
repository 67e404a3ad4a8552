"""Pickles: in other processes, mapped into memory, and of other versions."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
import warnings

import joblib
import pandas as pd
import pytest

import skhypershap
from skhypershap import HyperSHAPExplainer, HyperSHAPWarning

GAMES = ["tunability", "ablation", "sensitivity"]

LOAD = """
import sys, joblib, warnings
warnings.simplefilter("error")
table = joblib.load(sys.argv[1]).explain(["tunability", "ablation", "sensitivity"])
table.drop(columns="hyperparameters").to_pickle(sys.argv[2])
"""


@pytest.fixture(scope="module")
def explainers(fitted_search):
    """One of each surrogate that has data of its own."""
    return {
        model: HyperSHAPExplainer(
            fitted_search, surrogate=model, n_samples=50, random_state=0
        ).fit()
        for model in ("forest", "auto")
    }


@pytest.mark.parametrize("model", ["forest", "auto"])
def test_memory_maps_are_read_only_and_enough(explainers, model, tmp_path):
    """Kernels take arrays that lie in a file and cannot be written to."""
    explainer, path = explainers[model], tmp_path / "explainer.joblib"
    joblib.dump(explainer, path)
    loaded = joblib.load(path, mmap_mode="r")
    pd.testing.assert_frame_equal(loaded.explain(GAMES), explainer.explain(GAMES))
    pd.testing.assert_frame_equal(loaded.explain(n_bootstrap=2), explainer.explain(n_bootstrap=2))
    told = [dict(explainer.baseline_)], [0.5]
    pd.testing.assert_frame_equal(
        loaded.tell(*told).explain(), copy.deepcopy(explainer).tell(*told).explain()
    )


def test_another_process_explains_the_same(explainers, tmp_path):
    path, found = tmp_path / "explainer.joblib", tmp_path / "table.pickle"
    joblib.dump(explainers["forest"], path)
    subprocess.run([sys.executable, "-c", LOAD, path, found], check=True, timeout=300)
    expected = explainers["forest"].explain(GAMES).drop(columns="hyperparameters")
    pd.testing.assert_frame_equal(pd.read_pickle(found), expected)


def test_other_version_is_named_before_its_state_is_read(explainers, monkeypatch):
    monkeypatch.setattr(skhypershap, "__version__", "0.0.1")
    written = pickle.dumps(explainers["forest"])
    moved = written.replace(b"skhypershap.explainer.fitted", b"skhypershap.explainer.moveed")
    monkeypatch.undo()
    with pytest.warns(HyperSHAPWarning, match=r"pickled by skhypershap 0\.0\.1 .*Fit it again"):
        loaded = pickle.loads(written)
    pd.testing.assert_frame_equal(loaded.explain(), explainers["forest"].explain())
    with (
        pytest.warns(HyperSHAPWarning, match=r"0\.0\.1"),
        pytest.raises(ModuleNotFoundError, match="moveed"),
    ):
        pickle.loads(moved)


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))]
)
def test_copies_of_this_version_do_not_warn(explainers, copied):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        other = copied(explainers["forest"])
    assert vars(other).keys() == vars(explainers["forest"]).keys()
    assert other is not explainers["forest"]
