"""Tiny versions of the benchmarks: that they run and that values agree, not how long it takes."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.filterwarnings("ignore")  # of the rivals that happen to be installed
@pytest.mark.parametrize(
    "name",
    [
        "kernel",
        "line_search",
        "conditions",
        pytest.param("history", marks=pytest.mark.slow),
        "many",
        "importances",
        "intervals",
        "reduced",
        "ranges",
        "joint",
        pytest.param("next_dataset", marks=pytest.mark.slow),
        "startup",
        "threads",
        "truth",
    ],
)
def test_a_tiny_benchmark_runs(name, monkeypatch):
    monkeypatch.setattr(sys, "path", [str(ROOT), *sys.path])
    if name == "history" and not importlib.import_module("benchmarks.common").DATA.exists():
        pytest.skip("the real tuning results are not here")
    for table in importlib.import_module(f"benchmarks.{name}").tables(quick=True):
        assert table.rows
        assert all(len(row) <= len(table.columns) for row in table.rows)
        assert table.title in table.markdown()
