"""Axes of hyperparameters: numbers on their own scale, and anything else as steps."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np

from skhypershap.plotting._text import (
    LETTER_WIDTH,
    MIN_FONT,
    as_it_is,
    font_size,
    inner_size,
    value_text,
    widest,
    wrapped,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

STRAIGHT = 1e-3  # of the range: how far positions may lie off a line
MAX_TICKS = 12
LETTERS_OF_TICK = 14


@dataclass(frozen=True)
class Scale:
    """Where the values of a hyperparameter lie on an axis.

    Attributes
    ----------
    kind : {"linear", "log", "steps"}
        Numbers lie where they are; steps, for choices and lists, at their positions.
    positions : ndarray of shape (n_values,)
        Of the distinct values, ascending.
    values : list
        The distinct values as they were typed, in the order of `positions`.
    is_choice : bool
        Whether some value is not a number: nothing lies between the steps.
    """

    kind: str
    positions: np.ndarray
    values: list[Any]
    is_choice: bool

    def place(self, values: Iterable[Any]) -> np.ndarray:
        """Coordinates of values; NaN for those that are nowhere on the axis."""
        if self.kind != "steps":
            return as_numbers(values)
        known = {
            _key(value): place for value, place in zip(self.values, self.positions, strict=True)
        }
        return np.array([known.get(_key(value), np.nan) for value in values], dtype=float)

    def edges(self) -> np.ndarray:
        """Bounds of the cells around the positions, of shape (n_values + 1,)."""
        centres = np.log10(self.positions) if self.kind == "log" else self.positions
        if len(centres) == 1:
            edges = centres[0] + np.array([-0.5, 0.5])
        else:
            middle = (centres[1:] + centres[:-1]) / 2
            edges = np.concatenate(
                [[2 * centres[0] - middle[0]], middle, [2 * centres[-1] - middle[-1]]]
            )
        return 10**edges if self.kind == "log" else edges

    def apply(self, ax: Axes, which: str) -> None:
        """Scale and label the x or y axis."""
        axis = ax.xaxis if which == "x" else ax.yaxis
        if self.kind == "log":
            (ax.set_xscale if which == "x" else ax.set_yscale)("log")
        if self.kind != "steps":
            return
        shown = np.unique(np.linspace(0, len(self.values) - 1, MAX_TICKS).round().astype(int))
        labels = [wrapped(value_text(self.values[i]), LETTERS_OF_TICK) for i in shown]
        axis.set_ticks(self.positions[shown], labels=labels)
        font = font_size(ax, f"{which}tick.labelsize")
        if which == "x":
            # Labels that do not fit beside each other are turned.
            room = inner_size(ax)[0] / len(labels)
            turned = LETTER_WIDTH * font * (widest(labels) + 1) > room
            lines = max(label.count("\n") + 1 for label in labels)
            if turned:
                font = max(min(font, 0.8 * room / lines), MIN_FONT)
            for label in ax.get_xticklabels():
                label.set(
                    rotation=45 * turned,
                    rotation_mode="anchor",
                    horizontalalignment="right" if turned else "center",
                    verticalalignment="center" if turned else "top",
                )
        axis.set_tick_params(labelsize=font)
        as_it_is(*axis.get_ticklabels())


def scale_of(values: Sequence[Any], positions: Sequence[float]) -> Scale:
    """Find the scale on which values lie at their positions.

    Parameters
    ----------
    values : sequence of length n_rows
        Of a hyperparameter, as typed.
    positions : sequence of length n_rows
        Where they lie, the same for the same value; in any unit.
    """
    distinct = {float(place): value for place, value in zip(positions, values, strict=True)}
    places = np.array(sorted(distinct))
    typed = [distinct[place] for place in places.tolist()]
    numbers = as_numbers(typed)
    is_choice = not np.isfinite(numbers).all()
    if not is_choice and len(numbers) > 1 and np.all(np.diff(numbers) > 0):
        if _lie_on_a_line(numbers, places):
            return Scale("linear", numbers, typed, is_choice)
        if numbers[0] > 0 and _lie_on_a_line(np.log(numbers), places):
            return Scale("log", numbers, typed, is_choice)
    return Scale("steps", places, typed, is_choice)


def _lie_on_a_line(numbers: np.ndarray, places: np.ndarray) -> bool:
    scaled = (numbers - numbers[0]) / np.ptp(numbers)
    return bool(np.max(np.abs(scaled - (places - places[0]) / np.ptp(places))) < STRAIGHT)


def as_numbers(values: Iterable[Any]) -> np.ndarray:
    """Values as floats, NaN for anything but numbers; text that CSV made of a number is one."""
    return np.array([_as_number(value) for value in values], dtype=float)


def _as_number(value: Any) -> float:
    if isinstance(value, (bool, np.bool_)):
        return math.nan
    if isinstance(value, Real):
        return float(value)
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return math.nan
    return math.nan


def _key(value: Any) -> Any:
    """What equal values have in common: also numbers of numpy, and values that cannot be hashed."""
    number = _as_number(value)
    return number if math.isfinite(number) else str(value)
