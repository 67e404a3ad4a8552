"""What the first explanation of a fresh process costs, and how much memory a large one takes."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.common import Table, short

ROOT = Path(__file__).parents[1]
IMPORT = "import time; start = time.perf_counter(); import {}; print(time.perf_counter() - start)"
FIRST = """
import time
from benchmarks.common import explainer, problem
ours = explainer(problem(8, {n_trials}))
start = time.perf_counter()
ours.explain("{game}")
print(time.perf_counter() - start)
"""
PEAK = """
from benchmarks.common import explainer, problem
ours = explainer(problem({n_players}, {n_trials}), n_samples={n_samples}, optimizer="{optimizer}")
ours.explain("{game}")
from pathlib import Path
status = Path("/proc/self/status").read_text().splitlines()
print(next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM")))
"""


def tables(quick=False):
    repeats, n_trials = (1, 60) if quick else (5, 1_000)
    plain = min(printed(IMPORT.format("sklearn.model_selection")) for _ in range(repeats))
    ours = min(printed(IMPORT.format("skhypershap")) for _ in range(repeats))
    rows = [
        ["`import sklearn.model_selection`, s", short(plain)],
        ["`import skhypershap`, s", f"{short(ours)} ({ours / plain:.2f} times as long)"],
    ]
    for game in ("tunability",) if quick else ("tunability", "sensitivity", "ablation"):
        with tempfile.TemporaryDirectory() as cache:
            code = FIRST.format(n_trials=n_trials, game=game)
            for state in ("cold", "warm"):
                time = printed(code, NUMBA_CACHE_DIR=cache)
                rows.append([f"first {game}, d = 8, {state} cache of numba, s", short(time)])
    if (
        not quick and Path("/proc/self/status").exists()
    ):  # of Linux; others do not tell it so plainly
        for game, optimizer, n_samples in (
            ("tunability", "refine", 10_000),
            ("sensitivity", "random", 10_000),
            ("tunability", "random", 200_000),
        ):
            code = PEAK.format(
                n_players=14, n_trials=n_trials, n_samples=n_samples, optimizer=optimizer, game=game
            )
            what = f"peak memory, d = 14, {game}, {optimizer}, {n_samples:,} candidates, MB"
            rows.append([what, short(printed(code))])
    note = "Each in a process of its own; of imports the shortest of five."
    return [Table("Start-up and memory", note, ["what", "measured"], rows)]


def printed(code, **environment):
    """Run Python and read the number that it prints."""
    found = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return float(found.stdout.split()[-1])
