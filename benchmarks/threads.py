"""Two threads against one: wall and processor seconds, and what share of the work runs in both."""

from __future__ import annotations

import time

from benchmarks.common import Table, explainer, problem, short
from skhypershap import explain_jointly

SURROGATES = ("auto", "forest")
N_DATA_SETS = 4


def tables(quick=False):
    rows = []
    for surrogate in SURROGATES:
        for what, call in calls(surrogate, quick):
            call(1)  # compiles
            one, two = (measured(call, n_jobs, 1 if quick else 3) for n_jobs in (1, 2))
            numbers = [short(number) for pair in zip(one, two, strict=True) for number in pair]
            rows.append([surrogate, what, *numbers, f"**{one[0] / two[0]:.2f}**"])
    note = (
        "Seconds of wall clock and of processors; the shortest of three calls each. Two threads on "
        "two idle processors should take 1 / 1.6 of the time of one; on busy processors the ratio says "
        "nothing, and processor seconds say whether threads do work twice."
    )
    columns = [
        "surrogate",
        "what",
        *("wall, n_jobs=1", "wall, n_jobs=2", "CPU, n_jobs=1", "CPU, n_jobs=2", "ratio"),
    ]
    return [Table("Threads", note, columns, rows)]


def calls(surrogate, quick):
    """What is measured: names, and functions of `n_jobs`."""
    n_trials = 40 if quick else 500
    for d in (3,) if quick else (10, 12):
        one = explainer(problem(d, n_trials, noise=0.25), surrogate=surrogate)
        yield f"explain, d = {d}", asking(one, n_bootstrap=None)
    few = explainer(problem(3 if quick else 8, n_trials, noise=0.25), surrogate=surrogate)
    n_bootstrap = 2 if quick else 20
    yield f"n_bootstrap={n_bootstrap}, d = {len(few.space_)}", asking(few, n_bootstrap=n_bootstrap)
    several = {
        f"data set {seed}": explainer(
            problem(3 if quick else 10, n_trials, noise=0.25),
            surrogate=surrogate,
            random_state=seed,
        )
        for seed in range(N_DATA_SETS)
    }
    yield f"{N_DATA_SETS} data sets", lambda n_jobs: explain_jointly(several, n_jobs=n_jobs)


def asking(fitted, **arguments):
    return lambda n_jobs: fitted.set_params(n_jobs=n_jobs).explain("tunability", **arguments)


def measured(call, n_jobs, repeats):
    """The shortest wall time of some calls, and the processor time of that call."""
    found = []
    for _ in range(repeats):
        wall, processor = time.perf_counter(), time.process_time()
        call(n_jobs)
        found.append((time.perf_counter() - wall, time.process_time() - processor))
    return min(found)
