"""A whole explanation, from the call to the finished table, against HyperSHAP and `predict`."""

from __future__ import annotations

import statistics

import numpy as np

from benchmarks.common import Table, explainer, installed, model, problem, seconds, short
from skhypershap.space.sampling import sample_vectors

SIZES = (6, 8, 10, 12)
# Ratios to HyperSHAP to reach.
TARGETS = {
    ("tunability", 8): 120,
    ("tunability", 10): 300,
    ("tunability", 12): 900,
    ("sensitivity", 8): 120,
    ("sensitivity", 10): 250,
    ("sensitivity", 12): 600,
}
TIMED_COALITIONS = 64


def tables(quick=False):
    sizes, n_samples = ((3, 4), 200) if quick else (SIZES, 10_000)
    rows = [
        measured(game, problem(n_players, 60 if quick else 1_000), n_samples)
        for game in ("tunability", "sensitivity")
        for n_players in sizes
    ]
    note = (
        f"FSII of order 2, {n_samples:,} random candidates, 100 trees grown fully on 1,000 trials, one "
        "thread, warmed up; ours is the median of seven calls. The last column is the ratio to one "
        f"`predict` per coalition, extrapolated from {TIMED_COALITIONS} coalitions."
    )
    columns = [
        "game",
        "d",
        "ours, s",
        "HyperSHAP 0.0.6, s",
        "ratio",
        "largest difference",
        "to reach",
        "`predict`",
    ]
    return [Table("All coalitions", note, columns, rows)]


def measured(game, task, n_samples):
    """A row of the table: our time for one game, and how many times as long others take."""
    ours = explainer(task, optimizer="random", n_samples=n_samples)
    ours.explain(game)  # compile
    times, asked = zip(*(seconds(lambda: ours.explain(game)) for _ in range(7)), strict=True)
    time, table = statistics.median(times), asked[-1]
    n_players = len(task.space)
    row = [game, n_players, short(time)]
    if installed("hypershap"):
        theirs, difference = hypershap(game, task, table, n_samples)
        row += [short(theirs), f"**{theirs / time:.0f}**", f"{difference:.0e}"]
    else:
        row += ["not installed", "", ""]
    return [
        *row,
        TARGETS.get((game, n_players), ""),
        short(predict_per_coalition(game, ours) / time),
    ]


def hypershap(game, task, table, n_samples):
    """Time of the rival, and how far its values are from ours."""
    from hypershap import ExplanationTask, HyperSHAP

    data = [(config, float(score)) for config, score in zip(task.configs, task.scores, strict=True)]
    asked = ExplanationTask.from_data(task.space, data, base_model=model())
    baseline = task.space.get_default_configuration()
    time, values = seconds(
        lambda: getattr(HyperSHAP(asked), game)(
            baseline, index="FSII", order=2, n_samples=n_samples, seed=0
        )
    )
    names = list(task.space)
    found = [values[tuple(map(names.index, members))] for members in table["hyperparameters"]]
    difference = float(np.abs(table["value"] - found).max())
    assert difference < 1e-9, difference
    return time, difference


def predict_per_coalition(game, ours):
    """Seconds for all coalitions of blending and predicting all candidates; the values must agree."""
    names = ours.hyperparameter_names_
    candidates = sample_vectors(ours.space_, ours.n_samples, 0)
    table = ours.coalition_values(game).head(TIMED_COALITIONS)
    members = [[name in coalition for name in names] for coalition in table["coalition"]]

    reduce = np.max if game == "tunability" else np.var

    def scores():
        return [reduce(ours.surrogate_.predict(np.where(row, candidates, 0.5))) for row in members]

    time, found = seconds(scores)
    assert np.abs(found - table["value"]).max() < 1e-9
    return time * 2 ** len(names) / len(table)
