"""Good ranges for many data sets: the values that are good for enough of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from skhypershap.advice.good_ranges import ROUNDING, GoodRange
from skhypershap.space.domains import Choices, all_numbers, domain_of

NEEDED_ROUNDING = 1e-9


def joint_range(hyperparameter: Any, ranges: Sequence[GoodRange], share: float) -> GoodRange:
    """The values of one hyperparameter that are good for more than 1 - share of the data sets.

    Of an interval, everything between the first and the last of them.

    Parameters
    ----------
    hyperparameter : ConfigSpace.Hyperparameter
        The whole.
    ranges : sequence of GoodRange
        Its good range on each data set.
    share : float
        Above 0 and at most 1.
    """
    needed = max(1, math.ceil((1 - share) * len(ranges) - NEEDED_ROUNDING))
    domain = domain_of(hyperparameter)
    numbers = np.unique(np.concatenate([np.round(one.kept, 9) for one in ranges]))
    kept = numbers[[_votes(ranges, number, needed) for number in numbers]]
    ends = _ends(ranges, needed)
    if not len(kept) and ends is None:  # data sets agree on nothing
        kept = numbers
        both = [one.ends for one in ranges if one.ends is not None]
        ends = (min(low for low, _ in both), max(high for _, high in both)) if both else None
    has_choices = any(one.choices is not None for one in ranges)
    low, high = (None, None) if ends is None else _values_at(ranges, ends)
    found = GoodRange(
        ranges[0].name,
        low,
        high,
        domain.decode(kept) if has_choices else None,
        1.0,
        None,
        kept,
        ends,
    )
    number = _typical(domain, found, ranges)
    best = None if number is None else domain.decode(np.array([number]))[0]
    return found._replace(width=_width(hyperparameter, found), best=best)


def _votes(ranges: Sequence[GoodRange], number: float, needed: int) -> bool:
    return sum(bool(one.holds(np.array([number]))[0]) for one in ranges) >= needed


def _ends(ranges: Sequence[GoodRange], needed: int) -> tuple[float, float] | None:
    """The first and the last number that enough intervals hold."""
    both = [one.ends for one in ranges if one.ends is not None]
    known = np.unique([end for ends in both for end in ends])
    held = [
        float(number)
        for number in known
        if sum(low - ROUNDING <= number <= high + ROUNDING for low, high in both) >= needed
    ]
    return (held[0], held[-1]) if held else None


def _values_at(ranges: Sequence[GoodRange], ends: tuple[float, float]) -> tuple[Any, Any]:
    """The values of the ends, as the ranges that they are from have them."""
    value_of: dict[float, Any] = {}
    for one in ranges:
        if one.ends is not None:
            value_of |= {one.ends[0]: one.low, one.ends[1]: one.high}
    return value_of[ends[0]], value_of[ends[1]]


def _typical(domain: Any, found: GoodRange, ranges: Sequence[GoodRange]) -> float | None:
    """A best number within what is kept: the most frequent choice, or the median."""
    best = [domain.encode([one.best])[0] for one in ranges if one.best is not None]
    best = [number for number in best if not np.isnan(number)]
    inside = [number for number in best if found.holds(np.array([number]))[0]]
    if not inside:
        return float(found.kept[0]) if len(found.kept) else None
    if isinstance(domain, Choices) or found.ends is None:
        values, counts = np.unique(inside, return_counts=True)
        return float(values[np.argmax(counts)])
    return float(np.sort(inside)[len(inside) // 2])  # one of them, so that it is a legal value


def _width(hyperparameter: Any, found: GoodRange) -> float:
    """The part that is kept: of a few values their number, of a range its length."""
    if isinstance(domain_of(hyperparameter), Choices):
        return len(found.kept) / len(all_numbers(hyperparameter))
    if found.ends is None:
        return 0.0 if not len(found.kept) else 0.5
    return float(found.ends[1] - found.ends[0])
