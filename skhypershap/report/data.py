"""Frames -> the plain data of a report: strings, floats, None, lists and dicts that JSON can hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from skhypershap.frames import interaction_name, summarize
from skhypershap.report import words
from skhypershap.report.curves import curves_data
from skhypershap.report.outlook import history_data, metrics_data, next_trials_data
from skhypershap.report.words import finite, number_text, value_text

LEVEL = 0.9  # of the intervals
ROUNDING = 1e-9  # of the largest value: smaller ones are errors of rounding
MAX_POINTS = 1000  # trials in the plot of predictions, so that the file stays small

Data = dict[str, Any]


@dataclass(frozen=True)
class Findings:
    """What a report shows: frames as the explainer returns them, and a few facts.

    Attributes
    ----------
    title, subtitle : str
        What stands on top.
    names : list of str
        The hyperparameters, in space order.
    explanation : DataFrame
        The result of `explain` for a list of games, with or without draws.
    sentences : list of str
        The answer in words.
    trials : DataFrame
        A row per trial.
    columns : dict of str to str
        The column of `trials` of each hyperparameter.
    baselines : list of dict
        What tuning is measured against.
    incumbent : dict
        The best trial.
    predictions, diagnostics, subsets : DataFrame
        As the explainer's methods return them.
    path, effects, ranges : DataFrame or None
        The same; None where there is none.
    history, next_trials, metrics : DataFrame or None
        As `history`, `next_trials` and `trade_off` return them; None where they are not shown.
    settings : list of tuple of str
        How the report was made, as names and texts.
    """

    title: str
    subtitle: str
    names: list[str]
    explanation: pd.DataFrame
    sentences: list[str]
    trials: pd.DataFrame
    columns: dict[str, str]
    baselines: list[dict[str, Any]]
    incumbent: dict[str, Any]
    predictions: pd.DataFrame
    diagnostics: pd.DataFrame
    subsets: pd.DataFrame
    path: pd.DataFrame | None = None
    effects: pd.DataFrame | None = None
    ranges: pd.DataFrame | None = None
    history: pd.DataFrame | None = None
    next_trials: pd.DataFrame | None = None
    metrics: pd.DataFrame | None = None
    settings: list[tuple[str, str]] = field(default_factory=list)

    @property
    def attrs(self) -> dict[Any, Any]:
        """The attrs of the explanation."""
        return dict(self.explanation.attrs)


def report_data(findings: Findings) -> Data:
    """All that a report shows, as plain data; `json.dumps(..., allow_nan=False)` takes it."""
    attrs = findings.attrs
    diagnostics = _diagnostics(findings.diagnostics)
    marked = {"best trial": findings.incumbent}
    if len(findings.baselines) == 1:
        marked["baseline"] = findings.baselines[0]
    return {
        "title": findings.title,
        "subtitle": findings.subtitle,
        "metric": str(attrs["metric"]),
        "direction": str(attrs["direction"]),
        "names": list(findings.names),
        "short": short_names(findings.names),
        "summary": list(map(str, findings.sentences)),
        "facts": _facts(findings),
        "games": _games(findings),
        "configurations": _configurations(findings),
        "effects": curves_data(
            findings.effects,
            findings.ranges,
            findings.names,
            findings.trials,
            findings.columns,
            attrs["direction"],
            marked,
        ),
        "path": _path(findings.path),
        "subsets": _subsets(findings),
        "history": history_data(findings.history, findings.names),
        "next_trials": next_trials_data(findings.next_trials, attrs["incumbent_measured"]),
        "metrics": metrics_data(findings.metrics, findings.names),
        "predictions": _predictions(findings.predictions),
        "diagnostics": diagnostics,
        "good": words.GOOD_VALUES.capitalize(),
        "verdict": dict(zip(("level", "text"), words.verdict(diagnostics), strict=True)),
        "made": [{"name": name, "text": text} for name, text in findings.settings],
    }


def short_names(names: Sequence[str]) -> list[str]:
    """Names without the steps of a pipeline that all of them begin with, such as "svc__"."""
    start = 0
    while True:
        end = names[0].find("__", start) + 2
        prefix = names[0][:end]
        if end < 2 or any(not name.startswith(prefix) or name == prefix for name in names):
            return [name[start:] for name in names]
        start = end


def _facts(findings: Findings) -> list[dict[str, str]]:
    attrs, metric = findings.attrs, findings.attrs["metric"]
    facts = [("trials", str(len(findings.trials)))]
    baseline, best = attrs["baseline_measured"], attrs["incumbent_measured"]
    expected = next(iter(attrs["baseline_score"].values()))
    games = [game for game in attrs["baseline_score"] if game != "sensitivity"]
    if games:
        expected = attrs["baseline_score"][games[0]]
    if finite(baseline) is not None:
        facts.append((f"{metric} of the baseline, measured", number_text(baseline, 4)))
    elif games:
        facts.append((f"{metric} of the baseline, predicted", number_text(expected, 4)))
    facts.append((f"{metric} of the best trial", number_text(best, 4)))
    if "tunability" in attrs["full_score"]:
        full = attrs["full_score"]["tunability"]
        facts.append((f"{metric} that tuning may reach, predicted", number_text(full, 4)))
    facts.append(("R² of the surrogate, held out", number_text(attrs["surrogate_score"])))
    return [{"name": name, "text": text} for name, text in facts]


def _games(findings: Findings) -> list[Data]:
    table = findings.explanation
    has_draws = "draw" in table
    rows = summarize(table, LEVEL) if has_draws else table
    position = {name: place for place, name in enumerate(findings.names)}
    attrs = findings.attrs
    games = []
    for game, part in rows.groupby("game", sort=False):
        least = ROUNDING * part["value"].abs().max()
        games.append(
            {
                "game": str(game),
                "question": words.QUESTIONS[str(game)],
                "unit": words.unit_text(str(game), attrs["metric"], attrs["direction"]),
                "measure": str(part["measure"].iloc[0]),
                "note": _note(attrs, str(game), has_draws, table),
                "meanings": words.meanings_of(str(game)),
                "baseline_score": finite(attrs["baseline_score"][game]),
                "full_score": finite(attrs["full_score"][game]),
                "exact": bool(attrs["exact"][game]),
                "rows": [_row(row, position, least) for row in part.to_dict("records")],
            }
        )
    return games


def _row(row: Mapping[str, Any], position: Mapping[str, int], least: float) -> Data:
    """A row of the frame; in its text and kind, numbers below `least` are zero."""
    members = [position[name] for name in row["hyperparameters"]]
    low, high = finite(row.get("low")), finite(row.get("high"))
    value = 0.0 if abs(row["value"]) <= least else float(row["value"])
    ends = [0.0 if end is not None and abs(end) <= least else end for end in (low, high)]
    return {
        "label": row["interaction"],
        "members": members,
        "value": finite(row["value"]),
        "low": low,
        "high": high,
        "kind": words.kind_of(members, value, *ends),
        "text": [number_text(value), *map(number_text, ends)],
    }


def _note(attrs: Mapping[Any, Any], game: str, has_draws: bool, table: pd.DataFrame) -> str:
    parts = []
    if has_draws:
        parts.append(f"Whiskers: {LEVEL:.0%} intervals from {table['draw'].max()} resamples.")
    else:
        parts.append("No intervals: the report was made without resamples.")
    if not attrs["exact"][game]:
        parts.append(
            f"Approximated from {attrs['budget'][game]} coalitions."
            if isinstance(attrs.get("budget"), Mapping) and attrs["budget"].get(game)
            else "Approximated from some of the coalitions."
        )
    return " ".join(parts)


def _configurations(findings: Findings) -> Data:
    """Each hyperparameter's value at the baselines and in the best trial, as text."""
    several = len(findings.baselines) > 1
    labels = [
        f"baseline {i + 1}" if several else "baseline" for i in range(len(findings.baselines))
    ]
    configs = [*findings.baselines, findings.incumbent]
    names = dict.fromkeys([*findings.names, *(name for config in configs for name in config)])
    rows = [
        {"name": name, "texts": [_text_in(config, name) for config in configs]} for name in names
    ]
    return {"columns": [*labels, "best trial"], "rows": rows}


def _text_in(config: Mapping[str, Any], name: str) -> str:
    return value_text(config[name]) if name in config else "inactive"


def _path(path: pd.DataFrame | None) -> list[Data]:
    """The steps from the baseline to the best trial; none where there is no single path."""
    if path is None:
        return []
    return [
        {
            "name": None if pd.isna(row["hyperparameter"]) else str(row["hyperparameter"]),
            "from": value_text(row["from"]),
            "to": value_text(row["to"]),
            "score": finite(row["score"]),
            "gain": finite(row["gain"]),
            "text": [number_text(row["score"], 4), number_text(row["gain"])],
        }
        for row in path.to_dict("records")
    ]


def _subsets(findings: Findings) -> list[Data]:
    position = {name: place for place, name in enumerate(findings.names)}
    rows = []
    for row in findings.subsets.to_dict("records"):
        share = finite(row["share"])
        rows.append(
            {
                "label": interaction_name(row["hyperparameters"]),
                "members": [position[name] for name in row["hyperparameters"]],
                "gain": finite(row["gain"]),
                "share": share,
                "text": [
                    number_text(row["gain"]),
                    words.MISSING if share is None else f"{share:.0%}",
                ],
                "values": _values_to_set(row["configuration"]),
            }
        )
    return rows


def _values_to_set(configuration: Any) -> str:
    """The values of a subset; with several baselines the different ones, for each baseline."""
    configs = configuration if isinstance(configuration, list) else [configuration]
    return "; ".join(dict.fromkeys(map(words.config_text, configs)))


def _predictions(table: pd.DataFrame) -> Data:
    """Measured and held-out predicted scores; of many trials the outliers and an even choice."""
    known = table[np.isfinite(table["predicted"]) & np.isfinite(table["measured"])]
    shown = known
    if len(known) > MAX_POINTS:
        even = np.linspace(0, len(known) - 1, MAX_POINTS).round().astype(int)
        shown = known.iloc[np.union1d(even, np.flatnonzero(known["outlier"]))]
    return {
        "n_trials": len(known),
        "measured": shown["measured"].tolist(),
        "predicted": shown["predicted"].tolist(),
        "outlier": shown["outlier"].astype(bool).tolist(),
    }


def _diagnostics(table: pd.DataFrame) -> list[Data]:
    return [
        {
            "check": row["check"],
            "name": words.CHECK_NAMES.get(row["check"], str(row["check"])),
            "value": finite(row["value"]),
            "text": number_text(row["value"]),
            "level": str(row["level"]),
            "advice": str(row["advice"]),
        }
        for row in table.to_dict("records")
    ]
