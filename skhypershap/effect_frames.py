"""The DataFrames of curves, good ranges and ablation paths; their columns are named here.

As in `frames`, inputs are plain and nothing that is passed is changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from skhypershap.frames import column_of_values
from skhypershap.space.axes import Axis

PARTS = ("hyperparameter", "value", "position")
"""Columns of each hyperparameter of a row; those of the second of a pair end with "_2"."""


class Curve(NamedTuple):
    """One hyperparameter or a pair, and its curves.

    Attributes
    ----------
    axes : list of Axis
        One or two.
    scores : mapping of str to ndarray of shape (n_points,)
        By what the others are held at.
    low, high : mapping or None
        The same of an interval.
    """

    axes: list[Axis]
    scores: Mapping[str, np.ndarray]
    low: Mapping[str, np.ndarray] | None = None
    high: Mapping[str, np.ndarray] | None = None


def effects_frame(curves: Sequence[Curve], attrs: Mapping[str, Any]) -> pd.DataFrame:
    """One row per curve and point, without points at which nothing is legal."""
    most = max(len(curve.axes) for curve in curves)
    columns: dict[str, list[Any]] = {
        part + "_2" * second: [] for second in range(most) for part in PARTS
    }
    columns |= {"held": [], "score": []}
    if curves[0].low is not None:
        columns |= {"low": [], "high": []}
    for curve in curves:
        for held, scores in curve.scores.items():
            rows = np.flatnonzero(~np.isnan(scores)).tolist()
            for second in range(most):
                _add_axis(columns, curve.axes[second:][:1], "_2" * second, rows)
            columns["held"] += [held] * len(rows)
            columns["score"] += scores[rows].tolist()
            if curve.low is not None and curve.high is not None:
                columns["low"] += curve.low[held][rows].tolist()
                columns["high"] += curve.high[held][rows].tolist()
    table = pd.DataFrame({name: _typed(name, cells) for name, cells in columns.items()})
    names = ("hyperparameter", "value", "hyperparameter_2", "value_2", "held", "score", "low")
    order = [*names, "high", "position", "position_2"]
    table = table[[name for name in order if name in table]]
    table.attrs = dict(attrs)
    return table


def _add_axis(
    columns: dict[str, list[Any]], axes: Sequence[Axis], suffix: str, rows: list[int]
) -> None:
    """Append the cells of one hyperparameter; a curve beside pairs has none for the second."""
    if not axes:
        for part, empty in zip(PARTS, (None, None, np.nan), strict=True):
            columns[part + suffix] += [empty] * len(rows)
        return
    (axis,) = axes
    columns["hyperparameter" + suffix] += [axis.name] * len(rows)
    columns["value" + suffix] += [axis.values[row] for row in rows]
    columns["position" + suffix] += axis.positions[rows].tolist()


def _typed(name: str, cells: list[Any]) -> pd.Series:
    """A column: values as they were typed, anything else with pandas' own dtype."""
    if name.startswith("value"):
        return column_of_values(cells)
    return pd.Series(cells, dtype=float if name in NUMERIC else None)


NUMERIC = ("score", "low", "high", "position", "position_2", "width", "gain")


def ranges_frame(rows: Sequence[Mapping[str, Any]], attrs: Mapping[str, Any]) -> pd.DataFrame:
    """One row per hyperparameter: the values whose profile keeps a share of the gain."""
    table = pd.DataFrame(
        {
            "hyperparameter": [row["hyperparameter"] for row in rows],
            "low": _objects([row["low"] for row in rows]),
            "high": _objects([row["high"] for row in rows]),
            "choices": _objects([row["choices"] for row in rows]),
            "width": [float(row["width"]) for row in rows],
        }
    )
    table.attrs = dict(attrs)
    return table


def path_frame(rows: Sequence[Mapping[str, Any]], attrs: Mapping[str, Any]) -> pd.DataFrame:
    """One row per step from a baseline to a configuration, the baseline first."""
    table = pd.DataFrame(
        {
            "step": np.arange(len(rows)),
            **{
                name: _objects([row[name] for row in rows])
                for name in ("hyperparameter", "from", "to")
            },
            "score": [float(row["score"]) for row in rows],
            "gain": [float(row["gain"]) for row in rows],
        }
    )
    table.attrs = {**attrs, "configurations": [dict(row["configuration"]) for row in rows]}
    return table


def _objects(cells: Sequence[Any]) -> pd.Series:
    """A column that leaves cells as they are: None stays None, lists stay lists."""
    column = np.empty(len(cells), dtype=object)
    for row, cell in enumerate(cells):
        column[row] = cell
    return pd.Series(column, dtype=object)
