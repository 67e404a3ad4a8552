"""Checks of frames, and the words for what is in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from skhypershap.frames import check_explanation, restored, summarize
from skhypershap.plotting._text import MAX_METRIC, distinct, pair_of_numbers, visible

LEVEL = 0.9  # of the intervals that whiskers show
ALL_DATASETS = "all"  # what `explain_jointly` calls the aggregate
ROUNDING = 1e-12  # of the scores: smaller gains are errors of rounding
KINDS = ("game", "dataset", "metric")  # columns whose values are explained apart

TITLES = {
    "tunability": "What tuning each hyperparameter gains in {metric}",
    "ablation": "What each changed hyperparameter gains in {metric}",
    "mistunability": "What a bad choice of each hyperparameter costs in {metric}",
    "sensitivity": "How much each hyperparameter makes {metric} vary",
    "optimizer_bias": "What the optimizer misses in {metric}, by hyperparameter",
    "hypervolume": "What each hyperparameter adds to the compromises of {metric}",
}
ENDS = {
    "tunability": "at its best",
    "ablation": "in the configuration explained",
    "mistunability": "at its worst",
}


@dataclass(frozen=True)
class Panel:
    """The rows of one game, data set and metric.

    Attributes
    ----------
    rows : DataFrame
        An explanation, one row per interaction, with `low` and `high` where it has intervals.
    label : str
        What distinguishes it from other panels; empty where there is one.
    attrs : dict
        What the table's attrs hold for this panel.
    """

    rows: pd.DataFrame
    label: str
    attrs: Mapping[str, Any]

    @property
    def game(self) -> str:
        """The name of the game."""
        return str(self.rows["game"].iloc[0])

    @property
    def metric(self) -> str:
        """What is explained; "the score" where the frame has lost its name."""
        metric = self.attrs.get("metric")
        return visible(str(metric), MAX_METRIC) if metric and metric != "score" else "the score"

    @property
    def unit(self) -> str:
        """Label of the axis of values: the unit, and which direction is better."""
        metric = visible(str(self.attrs.get("metric", "score")), MAX_METRIC)
        if self.game == "sensitivity":
            return f"variance of {metric}"
        if self.game == "hypervolume":
            return "gain in normalised hypervolume"
        better = ", lower is better" if self.attrs.get("direction") == "minimize" else ""
        return f"gain in {metric}{better}"

    @property
    def title(self) -> str:
        """What the values are, in a sentence."""
        return TITLES.get(self.game, "What each hyperparameter gains in {metric}").format(
            metric=self.metric
        )

    @property
    def scores(self) -> str:
        """From the baseline's score to the best; empty where the frame has lost them."""
        first, last = (self.attrs.get(key) for key in ("baseline_score", "full_score"))
        if not isinstance(first, (int, float)) or not isinstance(last, (int, float)):
            return ""
        first, last = pair_of_numbers(float(first), float(last))
        if self.game == "sensitivity":
            return f"variance of {self.metric} in the whole space: {last}"
        if self.game not in ENDS:
            return ""
        return f"{self.metric}: {first} at the baseline → {last} {ENDS[self.game]}"

    @property
    def small_print(self) -> tuple[str, str]:
        """Two lines below the title: the scores, then panel and index."""
        measure = str(self.rows["measure"].iloc[0])
        intervals = "intervals" if {"low", "high"} <= set(self.rows) else ""
        parts = [self.label or self.game, f"{measure} values", intervals]
        return self.scores, " · ".join(filter(None, parts))


def panels_of(table: pd.DataFrame) -> list[Panel]:
    """Split an explanation by game, data set and metric, in the order of its rows.

    Raises
    ------
    TypeError
        If `table` is not a DataFrame.
    ValueError
        If columns, rows or draw 0 are missing, or rows are there several times.
    """
    check_explanation(table)
    if table.empty:
        raise ValueError("table has no rows, so there is nothing to plot.")
    attrs = dict(table.attrs)
    table = with_visible_names(with_intervals(restored(table)))
    kinds = [kind for kind in KINDS if kind in table]
    several = [kind for kind in kinds if table[kind].nunique(dropna=False) > 1]
    found = []
    for key, rows in table.groupby(kinds, sort=False, dropna=False):
        of = dict(zip(kinds, map(str, key), strict=True))
        if rows["hyperparameters"].duplicated().any():
            raise ValueError(
                "table has several rows of the same interaction. Plot one explanation at a time."
            )
        label = ", ".join(of[kind] for kind in several)
        of_panel = _attrs_for(attrs, of)
        found.append(Panel(_rounded(rows.reset_index(drop=True), of_panel), label, of_panel))
    return found


def _rounded(rows: pd.DataFrame, attrs: Mapping[str, Any]) -> pd.DataFrame:
    """Zeros for errors of rounding, which would otherwise make the scale where nothing gains."""
    scores = [attrs.get(key) for key in ("baseline_score", "full_score")]
    known = [abs(float(one)) for one in scores if isinstance(one, (int, float))]
    least = ROUNDING * max(known, default=0.0)
    columns = [name for name in ("value", "low", "high") if name in rows]
    return rows.assign(
        **{name: rows[name].mask(rows[name].abs() <= least, 0.0) for name in columns}
    )


def _attrs_for(attrs: Mapping[str, Any], of: Mapping[str, str]) -> dict[str, Any]:
    """What the attrs hold for one game, data set and metric: dicts are keyed by one of these."""
    found = {name: _picked(value, list(of.values())) for name, value in attrs.items()}
    if "metric" in of:
        found["metric"] = of["metric"]
    if of.get("dataset", ALL_DATASETS) != ALL_DATASETS:  # attrs are those of the aggregate
        found.pop("baseline_score", None)
        found.pop("full_score", None)
    return found


def _picked(value: Any, keys: Iterable[str]) -> Any:
    for key in keys:
        if isinstance(value, Mapping):
            value = value.get(key, value)
    return None if isinstance(value, Mapping) else value


def with_visible_names(table: pd.DataFrame) -> pd.DataFrame:
    """The same with names that can be drawn and read; different ones stay different."""
    shown = distinct(name for names in table["hyperparameters"] for name in names)
    members = [tuple(shown[name] for name in names) for names in table["hyperparameters"]]
    interactions = table["interaction"].map(distinct(table["interaction"]))
    return table.assign(
        interaction=interactions,
        hyperparameters=pd.Series(members, index=table.index, dtype=object),
    )


def with_intervals(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of draw 0, with columns `low` and `high` where there are draws.

    A table without draws is returned as it is; it may have intervals already.
    """
    if "draw" not in table:
        return table
    of_all_trials = table[table["draw"] == 0]
    if of_all_trials.empty:
        raise ValueError("table has no rows of draw 0, the explanation of all trials.")
    return of_all_trials if len(of_all_trials) == len(table) else summarize(table, LEVEL)


def check_columns(frame: Any, columns: Iterable[str], source: str) -> None:
    """Raise for anything but a frame with rows and these columns.

    Parameters
    ----------
    frame : object
        What a user passes.
    columns : iterable of str
        What it must have.
    source : str
        The call that returns such frames, for messages.

    Raises
    ------
    TypeError
        If `frame` is not a DataFrame.
    ValueError
        If it lacks columns or has no rows.
    """
    if not isinstance(frame, pd.DataFrame):
        raise TypeError(f"frame must be the DataFrame of {source}; got {type(frame).__name__}.")
    missing = [column for column in columns if column not in frame]
    if missing:
        raise ValueError(
            f"frame has no column {', '.join(map(repr, missing))}; pass the result of {source}."
        )
    if frame.empty:
        raise ValueError("frame has no rows, so there is nothing to plot.")


def metric_of(frame: pd.DataFrame) -> str:
    """The name of the metric; "the score" where the frame has lost it."""
    metric = frame.attrs.get("metric")
    return (
        visible(metric, MAX_METRIC)
        if isinstance(metric, str) and metric != "score"
        else "the score"
    )


def unit_of(frame: pd.DataFrame) -> str:
    """The name of the metric as the unit of an axis."""
    return visible(str(frame.attrs.get("metric", "score")), MAX_METRIC)


def lower_is_better(frame: pd.DataFrame) -> bool:
    """Whether the metric is minimised, as far as the frame tells."""
    return bool(frame.attrs.get("direction") == "minimize")
