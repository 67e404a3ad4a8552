"""A whole explanation, from the call to the finished table, against HyperSHAP and `predict`."""

from __future__ import annotations

import numpy as np

from benchmarks.common import Table, explainer, installed, model, problem, seconds, short
from skhypershap.space.sampling import sample_vectors

TARGETS = {6: 25, 8: 80, 10: 250, 12: 750}
TIMED_COALITIONS = 64


def tables(quick=False):
    sizes, n_samples = ((3, 4), 200) if quick else (TARGETS, 10_000)
    rows = []
    for n_players in sizes:
        task = problem(n_players, 60 if quick else 1_000)
        ours = explainer(task, optimizer="random", n_samples=n_samples)
        ours.explain("tunability")  # compile
        time, table = seconds(lambda explain=ours.explain: explain("tunability"), repeats=7)
        row = [n_players, short(time)]
        if installed("hypershap"):
            theirs, difference = hypershap(task, table, n_samples)
            row += [short(theirs), f"**{theirs / time:.0f}**", f"{difference:.0e}"]
        else:
            row += ["not installed", "", ""]
        row += [TARGETS.get(n_players, ""), short(predict_per_coalition(ours) / time)]
        rows.append(row)
    note = (
        f"Tunability, FSII of order 2, {n_samples:,} random candidates, 100 trees grown fully on 1,000 "
        "trials, one thread, warmed up; ours is the best of seven calls. The last column is the ratio "
        f"to one `predict` per coalition, extrapolated from {TIMED_COALITIONS} coalitions."
    )
    columns = [
        "d",
        "ours, s",
        "HyperSHAP 0.0.6, s",
        "ratio",
        "largest difference",
        "to reach",
        "`predict`",
    ]
    return [Table("All coalitions", note, columns, rows)]


def hypershap(task, table, n_samples):
    """Time of the rival, and how far its values are from ours."""
    from hypershap import ExplanationTask, HyperSHAP

    data = [(config, float(score)) for config, score in zip(task.configs, task.scores, strict=True)]
    asked = ExplanationTask.from_data(task.space, data, base_model=model())
    baseline = task.space.get_default_configuration()
    time, values = seconds(
        lambda: HyperSHAP(asked).tunability(
            baseline, index="FSII", order=2, n_samples=n_samples, seed=0
        )
    )
    names = list(task.space)
    found = [values[tuple(map(names.index, members))] for members in table["hyperparameters"]]
    difference = float(np.abs(table["value"] - found).max())
    assert difference < 1e-9, difference
    return time, difference


def predict_per_coalition(ours):
    """Seconds for all coalitions of blending and predicting all candidates; the values must agree."""
    names = ours.hyperparameter_names_
    candidates = sample_vectors(ours.space_, ours.n_samples, 0)
    table = ours.coalition_values("tunability").head(TIMED_COALITIONS)
    members = [[name in coalition for name in names] for coalition in table["coalition"]]

    def scores():
        return [ours.surrogate_.predict(np.where(row, candidates, 0.5)).max() for row in members]

    time, found = seconds(scores)
    assert np.abs(found - table["value"]).max() < 1e-9
    return time * 2 ** len(names) / len(table)
