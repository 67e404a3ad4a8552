"""What the first explanation of a fresh process costs, and how much memory a large one takes."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.common import Table, short

ROOT = Path(__file__).parents[1]
IMPORT = "import time; start = time.perf_counter(); {}; print(time.perf_counter() - start)"
OURS = ("import skhypershap", "from skhypershap import HyperSHAPExplainer")
FIRST = """
import time
from benchmarks.common import explainer, problem
from benchmarks.many_games import branching
task = {task}
start = time.process_time()
explainer(task, surrogate={surrogate!r}, n_jobs=1).explain("{game}")
print(time.process_time() - start)
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
    plain = shortest_import("import sklearn.model_selection", repeats)
    rows = [["`import sklearn.model_selection`, s", short(plain)]]
    for code in OURS:
        ours = shortest_import(code, repeats)
        rows.append([f"`{code}`, s", f"{short(ours)} ({ours / plain:.2f} times as long)"])
    for what, arguments in first_answers(n_trials, quick):
        with tempfile.TemporaryDirectory() as cache:
            cold, warm = (
                printed(FIRST.format(**arguments), NUMBA_CACHE_DIR=cache) for _ in ("cold", "warm")
            )
        rows.append(
            [
                f"{what}: first fit and answer, CPU s, cold and warm cache of numba",
                f"{short(cold)}, {short(warm)} ({short(cold - warm)} more)",
            ]
        )
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


def shortest_import(code, repeats):
    return min(printed(IMPORT.format(code)) for _ in range(repeats))


def first_answers(n_trials, quick):
    """What is asked first: a name, and how the code in FIRST is filled."""
    plain, branches = f"problem(8, {n_trials})", f"branching((3, 2), n_trials={n_trials})"
    cases = [("forest", plain, "tunability")]
    if not quick:
        cases += [("auto", plain, "tunability")]
        cases += [(surrogate, branches, "tunability") for surrogate in ("forest", "auto")]
        cases += [("forest", plain, game) for game in ("sensitivity", "ablation")]
    for surrogate, task, game in cases:
        space = "with branches" if task == branches else "d = 8"
        arguments = {"surrogate": surrogate, "task": task, "game": game}
        yield f"{game}, {surrogate}, {space}", arguments


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
