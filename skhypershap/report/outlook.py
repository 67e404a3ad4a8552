"""How the answer has grown, what more trials may bring, and other metrics, as plain data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from skhypershap.report import words
from skhypershap.report.words import finite, interval_text, number_text, rounded_text

Data = dict[str, Any]


def history_data(table: pd.DataFrame | None, names: Sequence[str]) -> Data | None:
    """A line for each hyperparameter, those with the largest value of all trials first.

    Parameters
    ----------
    table : DataFrame or None
        As `history` returns it; of a quick one `attrs["quick"]` is the number of resamples.
    names : sequence of str
        The hyperparameters, in the order of the report.
    """
    if table is None:
        return None
    singles = table[table["order"] == 1]
    counts = sorted(int(n) for n in singles["n_trials"].unique())
    position = {name: place for place, name in enumerate(names)}
    lines: list[Data] = []
    for label, rows in singles.groupby("interaction", sort=False):
        rows = rows.set_index("n_trials").loc[counts]
        lines.append(
            {
                "label": str(label),
                "members": [position[name] for name in rows["hyperparameters"].iloc[0]],
                "values": list(map(finite, rows["value"])),
                "low": list(map(finite, rows["low"])),
                "high": list(map(finite, rows["high"])),
                "text": list(map(number_text, rows["value"])),
            }
        )
    lines.sort(key=lambda line: -abs(line["values"][-1] or 0.0))
    return {
        "settled": bool(table.attrs["settled"]),
        "verdict": str(table.attrs["verdict"]),
        "note": _quick_note(len(counts), table.attrs.get("quick")),
        "counts": counts,
        "lines": lines,
    }


def _quick_note(n_points: int, n_resamples: int | None) -> str:
    """That a history is a quick one, and how to get a whole one; nothing of a whole one."""
    if n_resamples is None:
        return ""
    points = words.count_text(n_points, "number") + " of trials"
    resamples = words.count_text(n_resamples, "resample")
    return f"A quick check: {points}, {resamples}. report(history=True) checks more closely."


def next_trials_data(table: pd.DataFrame | None, best: float) -> Data | None:
    """What to expect of further trials in each space.

    Parameters
    ----------
    table : DataFrame or None
        As `next_trials` returns it.
    best : float
        The best measured score.
    """
    if table is None:
        return None
    n_trials = int(table["n_trials"].iloc[0])
    subset = words.list_text(list(map(words.name_text, table.attrs["hyperparameters"])))
    labels = {
        "all": "all hyperparameters",
        "best subset": f"best subset: {subset}",
        "good ranges": "within good ranges",
    }
    gain = float(np.abs(table["expected"] - best).max())
    rows = [
        {
            "space": str(row["space"]),
            "label": labels.get(row["space"], str(row["space"])),
            "expected": finite(row["expected"]),
            "low": finite(row["low"]),
            "high": finite(row["high"]),
            "seconds": finite(row["seconds"]),
            "text": [
                rounded_text(float(row["expected"]), gain),
                interval_text(row["low"], row["high"]),
                words.duration_text(row["seconds"]),
            ],
        }
        for row in table.to_dict("records")
    ]
    return {"n_trials": n_trials, "best": finite(best), "rows": rows}


def metrics_data(table: pd.DataFrame | None, names: Sequence[str]) -> Data | None:
    """Gains and costs of the best trial by hyperparameter, in each metric.

    Parameters
    ----------
    table : DataFrame or None
        As `trade_off` returns it, of single hyperparameters.
    names : sequence of str
        The hyperparameters, in the order of the report.
    """
    if table is None:
        return None
    metrics = [str(name) for name in table.attrs["metric"]]
    columns = [name for name in table if name not in ("interaction", "game", "dominated")]
    gains = table[columns].to_numpy(dtype=float)
    totals = gains.sum(axis=0)
    position = {name: place for place, name in enumerate(names)}
    rows = [
        {
            "label": str(label),
            "members": [position[label]] if label in position else [],
            "gains": list(map(finite, row)),
            "text": list(map(number_text, row)),
            "dominated": bool(beaten),
        }
        for label, row, beaten in zip(table["interaction"], gains, table["dominated"], strict=True)
    ]
    return {
        "metrics": metrics,
        "directions": [str(table.attrs["direction"][name]) for name in table.attrs["metric"]],
        "total": list(map(finite, totals)),
        "total_text": list(map(number_text, totals)),
        "rows": rows,
    }
