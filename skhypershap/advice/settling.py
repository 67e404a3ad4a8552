"""Whether an explanation has settled: whether more trials have stopped to change it.

What counts are the hyperparameters whose interval excludes a share of the gain. The answer agrees from
some number of trials on if these stay the same, in the same order, and their values stay within the
intervals that they had there. It has settled if it agrees over the second half of the trials at least,
and if neither of the two largest values is open: above this share, in an interval that does not
exclude it. `python -m benchmarks history` reports how often such answers last.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from skhypershap.arrays import Floats

NEAR_ZERO = 0.05  # of the gain: values below do not count
SPAN = 0.5  # of the trials: over so many of the last an answer must not change
FEWEST_POINTS = 3  # that agree
FARTHEST = 4.0  # times the trials that there are: nothing is said of more
SHRINKS = 0.2  # least exponent by which intervals must have shrunk to be extrapolated


class Point(NamedTuple):
    """The values of hyperparameters after some trials.

    Attributes
    ----------
    n_trials : int
        How many trials.
    values, low, high : ndarray of shape (n_hyperparameters,)
        Values and intervals.
    gain : float
        Of tuning everything.
    """

    n_trials: int
    values: Floats
    low: Floats
    high: Floats
    gain: float

    @property
    def counts(self) -> tuple[int, ...]:
        """Positions of the hyperparameters that count, the largest value first."""
        if self.gain == 0:
            return ()
        least = NEAR_ZERO * abs(self.gain)
        found = np.flatnonzero((self.low > least) | (self.high < -least))
        order = np.argsort(-np.abs(self.values[found]), kind="stable")
        return tuple(found[order].tolist())

    @property
    def is_open(self) -> bool:
        """Whether one of the two largest values exceeds what is near zero, but its interval does not."""
        sizes = np.abs(self.values)
        largest = np.argsort(-sizes, kind="stable")[:2]
        large = largest[sizes[largest] > NEAR_ZERO * abs(self.gain)]
        return not set(large.tolist()) <= set(self.counts)


class Verdict(NamedTuple):
    """Whether an answer has settled.

    Attributes
    ----------
    settled : bool
        Whether it has.
    since : int or None
        The number of trials from which on it agrees; None if it changed at the last point.
    n_more : int or None
        How many more trials it may take; 0 if settled, None if that is unknown.
    """

    settled: bool
    since: int | None
    n_more: int | None


def judged(points: Sequence[Point]) -> Verdict:
    """Judge whether an answer has settled, and guess when it may.

    Parameters
    ----------
    points : sequence of Point
        By growing numbers of trials; the last one has all.
    """
    last = points[-1]
    first = next(row for row in range(len(points)) if _agrees(points, row))
    n_trials, since = last.n_trials, points[first].n_trials
    lasts = first <= len(points) - FEWEST_POINTS and since <= SPAN * n_trials
    if lasts and last.counts and not last.is_open:
        return Verdict(True, since, 0)
    if not last.counts:
        return Verdict(False, None, None)
    known = None if first == len(points) - 1 else since
    return Verdict(False, known, _n_more(points, since))


def in_words(verdict: Verdict, points: Sequence[Point], names: Sequence[str]) -> str:
    """The verdict as a sentence or two.

    Parameters
    ----------
    verdict : Verdict
        Of these points.
    points : sequence of Point
        As in `judged`.
    names : sequence of str
        The hyperparameters by position.
    """
    last = points[-1]
    n_trials = last.n_trials
    if verdict.settled:
        order = ", then ".join(names[position] for position in last.counts)
        return (
            f"Settled: from {verdict.since} to {n_trials} trials the same matters, in the same order: "
            f"{order}."
        )
    if last.gain == 0:
        why = f"after {n_trials} trials tuning gains nothing that could be split"
    elif not last.counts:
        why = f"after {n_trials} trials no interval excludes {NEAR_ZERO:.0%} of the gain"
    elif last.is_open and verdict.since is not None and verdict.since <= SPAN * n_trials:
        why = (
            f"after {n_trials} trials it is open whether one of the two largest values is near zero"
        )
    elif verdict.since is not None:
        why = f"the answer has been the same only since {verdict.since} of {n_trials} trials"
    elif len(points) > 1:
        why = f"the answer changed between {points[-2].n_trials} and {n_trials} trials"
    else:
        why = f"{n_trials} trials are too few to compare answers"
    more = (
        "How many more trials it may take is unknown."
        if verdict.n_more is None
        else f"It may take about {verdict.n_more} more trials."
    )
    return f"Not settled: {why}. {more}"


def _agrees(points: Sequence[Point], row: int) -> bool:
    """Whether all later points have the answer of this one."""
    start = points[row]
    counts = list(start.counts)
    low, high = start.low[counts], start.high[counts]
    return all(
        later.counts == start.counts
        and bool(np.all((later.values[counts] >= low) & (later.values[counts] <= high)))
        for later in points[row + 1 :]
    )


def _n_more(points: Sequence[Point], since: int) -> int | None:
    """How many more trials it may take.

    An answer that changes no more has settled when it is old enough; one that is undecided must also
    get narrower intervals, which is extrapolated from how they have shrunk.
    """
    n_trials = points[-1].n_trials
    needed = since / SPAN
    excess = _excess(points[-1])
    if excess > 1:
        exponent = _shrinking(points)
        if exponent < SHRINKS:
            return None
        needed = max(needed, n_trials * excess ** (1 / exponent))
    if needed > FARTHEST * n_trials:
        return None
    return max(1, math.ceil(needed) - n_trials)


def _excess(point: Point) -> float:
    """By how much intervals are too wide to tell what counts, at least 1."""
    least = NEAR_ZERO * abs(point.gain)
    values = np.abs(point.values)
    toward_zero = np.where(point.values >= 0, point.values - point.low, point.high - point.values)
    away = np.where(point.values >= 0, point.high - point.values, point.values - point.low)
    undecided = (values - toward_zero < least) & (values > least)
    ratios = toward_zero[undecided] / (values[undecided] - least)
    # Two that count are in an order for good once neither interval holds the other's value.
    counts = list(point.counts)
    for one, other in itertools.pairwise(counts):
        gap = values[one] - values[other]
        reach = max(toward_zero[one], away[other])
        if gap > 0:
            ratios = np.append(ratios, reach / gap)
    return float(max(1.0, *ratios)) if len(ratios) else 1.0


def _shrinking(points: Sequence[Point]) -> float:
    """The exponent a of widths that shrink like n to the power of -a, at most that of means."""
    seen = [point for point in points if point.gain]
    widths = np.array([np.mean(point.high - point.low) / abs(point.gain) for point in seen])
    counts = np.array([point.n_trials for point in seen], dtype=float)
    positive = widths > 0
    if positive.sum() < FEWEST_POINTS:
        return 0.0
    slope = np.polyfit(np.log(counts[positive]), np.log(widths[positive]), 1)[0]
    return float(min(0.5, -slope))
