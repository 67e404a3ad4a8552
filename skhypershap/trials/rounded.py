"""Distributions rounded to multiples of a step, as in hyperopt and Ray Tune."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.stats import loguniform, randint, uniform

from skhypershap.space.distributions import MAX_STEPS, Weighted
from skhypershap.space.domains import TAIL


def rounded(distribution: Any, step: float) -> Any:
    """The distribution of `round(x / step) * step` for x from a frozen distribution of scipy.

    With more than `MAX_STEPS` values the steps no longer matter, and it is the distribution itself,
    widened to the values that rounding can reach.
    """
    lower, upper = distribution.support()
    lower = lower if np.isfinite(lower) else distribution.ppf(TAIL)
    upper = upper if np.isfinite(upper) else distribution.ppf(1 - TAIL)
    first, last = np.round(lower / step), np.round(upper / step)
    if last - first < MAX_STEPS:
        counts = np.arange(first, last + 1)
        edges = (np.append(counts, last + 1) - 0.5) * step
        return weighted(counts * step, np.diff(distribution.cdf(edges)))
    kind = distribution.dist.name
    if kind == "uniform" and step == 1:
        return randint(int(first), int(last) + 1)
    if kind == "uniform":
        return uniform(first * step, (last - first) * step)
    if kind == "loguniform":
        return loguniform(first * step if first > 0 else lower, last * step)
    return distribution


def weighted(numbers: np.ndarray, weights: np.ndarray) -> Weighted:
    """Numbers with weights for their probabilities; whole numbers become integers."""
    values = [int(number) if number.is_integer() else number for number in map(float, numbers)]
    return Weighted(values, weights.tolist())
