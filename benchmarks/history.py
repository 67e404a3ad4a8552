"""Do answers that are called settled last, and what do further trials bring?"""

from __future__ import annotations

import time
import warnings

import numpy as np

from benchmarks.common import Table, problem, real_tasks, seconds, short
from skhypershap import HyperSHAPExplainer, HyperSHAPWarning

SOURCES = (("lcbench_surrogate", "val_accuracy"), ("openml_rf", "predictive_accuracy"))
SIZES = (60, 120, 250)
FURTHER = (10, 50, 250)
N_LUCKS = 200  # random choices of further trials
MINUTES = 10  # of each source and table


def tables(quick):
    return [lasting(quick), expecting(quick), cost(quick)]


def lasting(quick):
    records = [one for source in SOURCES for one in answers(*source, quick)]
    rows = []
    for source, _ in SOURCES:
        for size in SIZES:
            rows += [summed(source, size, [one for one in records if one[:2] == (source, size)])]
    rows.append(summed("all", "", records))
    return Table(
        "Settled answers",
        "Tunability of the first trials of a random order of real trials, default surrogate, "
        f"`history()` with its defaults. Of the answers called settled: how many have the same two "
        f"largest hyperparameters, in the same order, when all 500 trials are used; the same two in "
        f"any order; of those that count the first two in order. As many data sets as "
        f"{MINUTES} minutes allow.",
        ["trials of", "first", "answers", "settled", "top two", "any order", "that count"],
        [row for row in rows if row[2]],
    )


def summed(source, size, records):
    settled = [one for one in records if one[2]]
    return (
        [source, size, len(records), len(settled), *np.sum([one[3:] for one in settled], 0, int)]
        if settled
        else [source, size, len(records), 0, "", "", ""]
    )


def answers(source, metric, quick, first=0, minutes=MINUTES):
    """Yield source, size, whether settled, and whether it lasted in three ways."""
    start = time.monotonic()
    for place, task in enumerate(list(real_tasks(source, metric).values())[first:], first):
        if time.monotonic() - start > 60 * minutes or (quick and place):
            return
        task = shuffled(task, place)
        size = SIZES[place % len(SIZES)]
        history = fit(task, size).history(**({"n_points": 4, "n_bootstrap": 2} if quick else {}))
        whole = top(fit(task, len(task.scores)).explain(order=1))
        last = history[history["n_trials"] == size]
        counting = top(last[last["low"] > 0.05 * last["value"].sum()])
        mine = top(last)
        kept = mine == whole, set(mine) == set(whole), counting == whole[: len(counting)]
        yield (source, size, history.attrs["settled"], *kept)


def top(table):
    """The two largest hyperparameters."""
    return table.sort_values("value", ascending=False, kind="stable")["interaction"].tolist()[:2]


def shuffled(task, seed):
    order = np.random.default_rng(seed).permutation(len(task.scores))
    configs = [task.configs[row] for row in order]
    configs = [{name: v for name, v in one.items() if v == v} for one in configs]
    return task._replace(configs=configs, scores=np.asarray(task.scores)[order])


def fit(task, size):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", HyperSHAPWarning)
        return HyperSHAPExplainer(task.space, random_state=0).fit(
            task.configs[:size], task.scores[:size]
        )


def expecting(quick):
    rows = []
    for source, metric in SOURCES:
        found = list(futures(source, metric, quick))
        for size in SIZES[::2]:
            for n in FURTHER:
                mine = np.array([one[2:] for one in found if one[:2] == (size, n)])
                if len(mine):
                    gain, expected, error, held, width = mine.mean(axis=0)
                    numbers = [f"{one:.3f}" for one in (gain, expected, error)]
                    rows.append(
                        [source, size, n, len(mine), *numbers, f"{held:.0%}", f"{width:.3f}"]
                    )
    return Table(
        "The best of further trials",
        "`next_trials` from the first trials, over the whole space, against the best of those and of "
        f"random ones of the remaining (mean of {N_LUCKS} choices). Gain over the best so far, in "
        "standard deviations of all scores: real, expected, and mean absolute error of the expected "
        "one; how often the best lay within the interval, and the width of it.",
        [
            "trials of",
            "first",
            "further",
            "data sets",
            "real",
            "expected",
            "error",
            "held",
            "width",
        ],
        rows,
    )


def futures(source, metric, quick, step=5, minutes=MINUTES):
    """Yield size, n, real and expected gain, error, how much the interval held, its width."""
    start = time.monotonic()
    for place, task in enumerate(list(real_tasks(source, metric).values())[::step]):
        if time.monotonic() - start > 60 * minutes or (quick and place):
            return
        task = shuffled(task, place)
        if np.ptp(task.scores) == 0:  # in which there is nothing to gain
            continue
        size = SIZES[::2][place % 2]
        explainer = fit(task, size)
        best, rest = task.scores[:size].max(), task.scores[size:]
        generator = np.random.default_rng(1)
        for n in FURTHER:
            real = np.maximum(best, generator.choice(rest, (N_LUCKS, n)).max(axis=1))
            row = explainer.next_trials(n).iloc[0]
            spread = task.scores.std()
            held = ((real >= row["low"] - 1e-12) & (real <= row["high"] + 1e-12)).mean()
            error = abs(row["expected"] - real.mean()) / spread
            yield (
                *(size, n, (real.mean() - best) / spread, (row["expected"] - best) / spread),
                *(error, held, (row["high"] - row["low"]) / spread),
            )


def cost(quick):
    rows = []
    for d, n_trials in ((3, 30),) if quick else ((4, 100), (8, 300)):
        task = problem(d, n_trials, noise=0.25)
        explainer = fit(task, n_trials)
        explainer.history(2, n_bootstrap=1)  # compiles
        once, _ = seconds(lambda one=explainer: one.explain(order=1, n_bootstrap=20))
        grown, _ = seconds(lambda one=explainer: one.history())
        more, _ = seconds(lambda one=explainer: one.next_trials(100))
        rows.append([d, n_trials, *map(short, (once, grown, more)), f"**{grown / once:.1f}**"])
    return Table(
        "History: time",
        "Seconds of explain(order=1, n_bootstrap=20), of history() and of next_trials(100); default "
        "surrogate, one thread. History is to take at most 6 times as long as explain.",
        ["d", "trials", "explain, s", "history, s", "next_trials, s", "ratio"],
        rows,
    )
