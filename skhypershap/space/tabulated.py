"""Distributions whose quantiles scipy finds by a search for each one, tabulated once."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.interpolate import PchipInterpolator
from scipy.special import ndtr, ndtri
from scipy.stats import rv_continuous, rv_discrete

from skhypershap.space.domains import TAIL

N_POINTS = 41  # of a continuous distribution
MOST_VALUES = 100_000  # of a discrete one
# Distributions with quantiles of their own, which take about as long as a search for them.
SLOW = ("ksone", "kstwo", "kstwobign", "poisson", "binom", "nbinom", "skellam")
BISECTIONS = 60


def tabulated(distribution: Any) -> Any:
    """A distribution of scipy that computes many quantiles in a moment, close to the given one.

    Parameters
    ----------
    distribution : frozen distribution of scipy
        One whose quantiles are quick to compute is returned as it is, as is a discrete one with too many
        values.
    """
    kind = getattr(distribution, "dist", None)
    searched = getattr(type(kind), "_ppf", None) in (rv_continuous._ppf, rv_discrete._ppf)
    if not searched and getattr(kind, "name", None) not in SLOW:
        return distribution
    if not isinstance(kind, rv_discrete):
        return TabulatedContinuous(distribution)
    ends = np.asarray(distribution.ppf([TAIL, 1 - TAIL]), dtype=float)
    few = bool(np.isfinite(ends).all()) and ends[1] - ends[0] < MOST_VALUES
    return TabulatedDiscrete(distribution, *ends.astype(int).tolist()) if few else distribution


class _Tabulated:
    """What a table keeps of its distribution."""

    def __init__(self, distribution: Any) -> None:
        self.distribution = distribution
        self.dist = distribution.dist

    def support(self) -> tuple[float, float]:
        """Smallest and largest value."""
        lower, upper = self.distribution.support()
        return lower, upper

    def rvs(self, *args: Any, **kwargs: Any) -> Any:
        """Draw values."""
        return self.distribution.rvs(*args, **kwargs)


class TabulatedContinuous(_Tabulated):
    """Quantiles between those of a table, and their inverse.

    Both axes are bent so that also a heavy tail is smooth: quantiles as those of a normal distribution,
    values by the inverse hyperbolic sine.
    """

    def __init__(self, distribution: Any) -> None:
        super().__init__(distribution)
        end = ndtri(1 - TAIL)
        points = np.linspace(-end, end, N_POINTS)
        values = np.array([_quantile(distribution, quantile) for quantile in ndtr(points)])
        points, values = points[np.isfinite(values)], values[np.isfinite(values)]
        quarters = np.asarray(distribution.ppf([0.25, 0.5, 0.75]), dtype=float)
        self.center, self.scale = float(quarters[1]), float(quarters[2] - quarters[0]) or 1.0
        bent = np.maximum.accumulate(np.arcsinh((values - self.center) / self.scale))
        self.curve = PchipInterpolator(points, bent, extrapolate=False)

    def ppf(self, quantiles: Any) -> Any:
        """Values of quantiles."""
        points = ndtri(np.clip(quantiles, TAIL, 1 - TAIL))
        values = self.center + self.scale * np.sinh(self._bent(points))
        return np.clip(values, *self.support())

    def cdf(self, values: Any) -> np.ndarray:
        """Inverse of `ppf`, by bisection."""
        asked = np.arcsinh((np.asarray(values, dtype=float) - self.center) / self.scale)
        lower = np.full(asked.shape, self.curve.x[0])
        upper = np.full(asked.shape, self.curve.x[-1])
        for _ in range(BISECTIONS):
            middle = (lower + upper) / 2
            below = self._bent(middle) < asked
            lower, upper = np.where(below, middle, lower), np.where(below, upper, middle)
        quantiles: np.ndarray = ndtr((lower + upper) / 2)
        return quantiles

    def _bent(self, points: np.ndarray) -> np.ndarray:
        bent: np.ndarray = self.curve(np.clip(points, self.curve.x[0], self.curve.x[-1]))
        return bent


def _quantile(distribution: Any, quantile: float) -> float:
    """One quantile; NaN far out in a tail where scipy does not find it."""
    try:
        return float(distribution.ppf(quantile))
    except (ArithmeticError, RuntimeError, ValueError):
        return np.nan


class TabulatedDiscrete(_Tabulated):
    """Exact quantiles of a discrete distribution, from a table of its distribution function."""

    def __init__(self, distribution: Any, lower: int, upper: int) -> None:
        super().__init__(distribution)
        self.values = np.arange(lower, upper + 1)
        self.chances = np.asarray(distribution.cdf(self.values), dtype=float)

    def ppf(self, quantiles: Any) -> Any:
        """The smallest value that reaches each quantile."""
        rows = np.searchsorted(self.chances, np.clip(quantiles, TAIL, 1 - TAIL))
        return self.values[np.minimum(rows, len(self.values) - 1)]

    def cdf(self, values: Any) -> Any:
        """The distribution's own."""
        return self.distribution.cdf(values)

    def pmf(self, values: Any) -> Any:
        """The distribution's own."""
        return self.distribution.pmf(values)
