"""The frame of effects -> curves: axes from 0 to 1, their labels, and where trials lie on them."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd

from skhypershap.report import words
from skhypershap.report.words import finite, number_text, value_text

MAX_DOTS = 250  # trials beside the curves, so that the file stays small
N_TICKS = 5
DIGITS = 4  # of a position on an axis

Data = dict[str, Any]


def curves_data(
    effects: pd.DataFrame | None,
    ranges: pd.DataFrame | None,
    names: Sequence[str],
    trials: pd.DataFrame,
    columns: Mapping[str, str],
    direction: str,
    marked: Mapping[str, Mapping[str, Any]],
) -> Data:
    """How the score changes along each hyperparameter.

    Parameters
    ----------
    effects : DataFrame or None
        With the columns `hyperparameter`, `value`, `held`, `score` and `position`.
    ranges : DataFrame or None
        As `good_ranges` returns it.
    names : sequence of str
        The hyperparameters, in the order of the report.
    trials : DataFrame
        With a column for each hyperparameter, and `score`.
    columns : mapping of str to str
        The column of each hyperparameter in `trials`.
    direction : {"maximize", "minimize"}
        Which scores are better.
    marked : mapping of str to dict
        Configurations whose values are marked on the axes, by their label.
    """
    if effects is None or effects.empty:
        return {"held": [], "axes": [], "scores": []}
    shown = _trials_shown(trials, direction)
    found = dict(tuple(effects.groupby("hyperparameter", sort=False)))
    held = [name for name in words.CURVES if name in set(effects["held"])]
    axes = [
        _axis(place, found[name], held, shown[columns[name]].tolist(), direction)
        | {"marks": _marks(name, found[name], marked), "good": _good(name, found[name], ranges)}
        for place, name in enumerate(names)
        if name in found
    ]
    return {
        "held": [{"held": name, "label": words.CURVES[name]} for name in held],
        "axes": axes,
        "scores": [finite(score) for score in shown["score"]],
    }


def _trials_shown(trials: pd.DataFrame, direction: str) -> pd.DataFrame:
    """All trials; of many the best fifth of `MAX_DOTS`, and an even choice of the others."""
    if len(trials) <= MAX_DOTS:
        return trials
    ranked = trials["score"].to_numpy().argsort(kind="stable")
    if direction == "maximize":
        ranked = ranked[::-1]
    n_best = MAX_DOTS // 5
    even = np.linspace(n_best, len(trials) - 1, MAX_DOTS - n_best).round().astype(int)
    return trials.iloc[np.sort(ranked[[*range(n_best), *even]])]


def _axis(
    place: int, rows: pd.DataFrame, held: Sequence[str], values: Sequence[Any], direction: str
) -> Data:
    """One hyperparameter: its axis, its curves, and the trials along it."""
    points = _points(rows)
    positions, typed = points["position"].tolist(), points["value"].tolist()
    at = _scaled(positions)
    where = Places(typed, at)
    curves = {name: _curve(rows[rows["held"] == name], positions) for name in held}
    return {
        "hyperparameter": place,
        "discrete": not where.ordered,
        "at": [round(float(place), DIGITS) for place in at],
        "values": list(map(value_text, typed)),
        "ticks": _ticks(at, typed, where.ordered),
        "curves": curves,
        "best": _best(curves.get("best"), typed, direction),
        "trials": list(map(where.of, values)),
    }


def _points(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.drop_duplicates("position").sort_values("position")


def _marks(name: str, rows: pd.DataFrame, marked: Mapping[str, Mapping[str, Any]]) -> list[Data]:
    """Where the values of some configurations lie, if the hyperparameter is active in them."""
    points = _points(rows)
    where = Places(points["value"].tolist(), _scaled(points["position"].tolist()))
    places = {label: where.of(config[name]) for label, config in marked.items() if name in config}
    return [{"text": label, "at": at} for label, at in places.items() if at is not None]


def _good(name: str, rows: pd.DataFrame, ranges: pd.DataFrame | None) -> Data | None:
    """The values that keep most of the gain, as text, and where an interval of them lies."""
    if ranges is None:
        return None
    for row in ranges[ranges["hyperparameter"] == name].to_dict("records"):
        if isinstance(row["choices"], list):
            return {"text": ", ".join(map(value_text, row["choices"])), "from": None, "to": None}
        if pd.isna(row["low"]) or pd.isna(row["high"]):
            return None
        points = _points(rows)
        where = Places(points["value"].tolist(), _scaled(points["position"].tolist()))
        text = f"{value_text(row['low'])} to {value_text(row['high'])}"
        return {"text": text, "from": where.of(row["low"]), "to": where.of(row["high"])}
    return None


def _scaled(given: Sequence[float]) -> np.ndarray:
    """Positions from 0 to 1; a single one lies in the middle."""
    positions = np.array(given, dtype=float)
    width = np.ptp(positions)
    return (positions - positions.min()) / width if width else np.full(len(positions), 0.5)


def _curve(rows: pd.DataFrame, positions: Sequence[float]) -> list[float | None]:
    scores = dict(zip(rows["position"], rows["score"], strict=True))
    return [finite(scores.get(position)) for position in positions]


def _ticks(at: np.ndarray, typed: Sequence[Any], ordered: bool) -> list[Data]:
    """The labels of an axis: all choices, or some numbers evenly along it."""
    chosen = list(range(len(at)))
    if ordered:
        evenly = np.linspace(0, 1, N_TICKS)
        chosen = sorted({int(np.abs(at - place).argmin()) for place in evenly})
    return [
        {
            "at": round(float(at[i]), DIGITS),
            "text": number_text(typed[i]) if isinstance(typed[i], float) else value_text(typed[i]),
        }
        for i in chosen
    ]


def _best(
    curve: Sequence[float | None] | None, typed: Sequence[Any], direction: str
) -> Data | None:
    """The value with the best score that can still be reached with it."""
    known = [] if curve is None else [(s, i) for i, s in enumerate(curve) if s is not None]
    if not known:
        return None
    sign = 1 if direction == "maximize" else -1
    score, i = max(known, key=lambda pair: (sign * pair[0], -pair[1]))
    return {"value": value_text(typed[i]), "score": score, "text": number_text(score, 4)}


class Places:
    """Where values lie on an axis from 0 to 1: between the points of a curve, or at a choice.

    Parameters
    ----------
    typed : sequence
        The values of the points, as typed.
    at : ndarray of shape (n_points,)
        Where they lie, increasing.
    """

    def __init__(self, typed: Sequence[Any], at: np.ndarray) -> None:
        self.ordered = all(isinstance(v, Real) and not isinstance(v, bool) for v in typed)
        self._at = at
        self._numbers = np.array(typed, dtype=float) if self.ordered else np.empty(0)
        self._choices: dict[Hashable, float] = {
            _key(value): float(place) for value, place in zip(typed, at, strict=True)
        }

    def of(self, value: Any) -> float | None:
        """The place of a value, None for one that is missing or unknown."""
        if self.ordered and isinstance(value, Real) and finite(value) is not None:
            return round(float(np.interp(float(value), self._numbers, self._at)), DIGITS)
        place = self._choices.get(_key(value))
        return None if place is None else round(place, DIGITS)


def _key(value: Any) -> Hashable:
    """What tells choices apart: "1" is not 1, and True is not "True"."""
    return isinstance(value, str), value_text(value)
