"""Distributions whose draws are rounded to multiples of a step, as hyperopt and Ray Tune have them."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.stats import loguniform, randint, uniform

from skhypershap.space.distributions import MAX_STEPS, Weighted
from skhypershap.space.domains import TAIL


def rounded(distribution: Any, step: float) -> Any:
    """The scipy distribution of `round(draw / step) * step`, for draws of a frozen distribution.

    With more than `MAX_STEPS` values the steps no longer matter: the range without them, widened to
    what the rounding can reach.
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
    """Numbers that are drawn as often as their weights say, whole ones as integers."""
    values = [int(number) if number.is_integer() else number for number in map(float, numbers)]
    return Weighted(values, weights.tolist())
