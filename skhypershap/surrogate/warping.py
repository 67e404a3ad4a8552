"""Rank warping: scores to normal ranks, which no outlier and no heavy tail can bend, and back.

`RankWarp.of(scores)` learns the map, `to_ranks` and `to_scores` apply it. Ranks alone would hide a gap
between two groups of scores (a prediction a little above the lower group would jump to the upper one),
and stretch the small differences of crowded scores. So a step of ranks is mixed with the gap of
scores across it, in robust deviations; gaps beyond three of these do not count. The map is piecewise
linear and strictly increasing between the worst and the best score. Beyond the best it goes on with
its last slope, but by no more than a quarter of the distance from the median to the best; beyond
the worst likewise. Where k configurations share the best score, this is likely the best that there is
(all of a test set is right), or scores are coarse, and the last slope is that of a jump; so the
extension is a k-th. If all scores are multiplied by a power of two, so is everything that comes
back, exactly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri
from scipy.stats import rankdata

from skhypershap.arrays import Floats

EXTENSION = 0.25
# Ranks alone hide gaps between groups of scores and stretch plateaus. On half of the problems of
# `benchmarks.truth` this weight made errors a little smaller (.95 to 1.0), most where claims were
# measured, which crowd near the best; more weight or less was no better.
WEIGHT_OF_GAPS = 0.5
USUAL_GAP = 2.0  # in steps of ranks: what of a gap is wider widens the step further
FAR = 3.0  # deviations from the median: gaps beyond do not count
QUARTILE, TENTH = 0.6745, 1.2816  # deviations from the median to a quartile, to the best tenth
WINDOW = 20  # a slope is taken over one in so many scores, to either side


@dataclass(frozen=True)
class RankWarp:
    """A piecewise linear map between scores and normal ranks.

    Attributes
    ----------
    scores : ndarray of shape (n_distinct,)
        Distinct scores, ascending.
    ranks : ndarray of shape (n_distinct,)
        Their normal ranks, further apart where gaps are wide, closer where scores are crowded.
    median : float
        Of all scores.
    n_worst, n_best : int
        How many configurations share the worst and the best score.
    """

    scores: Floats
    ranks: Floats
    median: float
    n_worst: int = 1
    n_best: int = 1

    @classmethod
    def of(cls, scores: Floats, n_worst: int = 1, n_best: int = 1) -> RankWarp:
        """Learn the map from finite scores; equal ones share the average of their ranks.

        Parameters
        ----------
        scores : ndarray of shape (n_scores,)
            Finite.
        n_worst, n_best : int
            How many configurations have the smallest and the largest score. Scores do not tell: that of
            a configuration may be there several times.

        Examples
        --------
        >>> warp = RankWarp.of(np.array([0.1, 0.5, 0.9]))
        >>> warp.to_scores(np.array([-10.0, 0.0, 10.0])).round(3).tolist()
        [0.0, 0.5, 1.0]
        """
        scores = np.asarray(scores, dtype=float)
        distinct, first = np.unique(scores, return_index=True)
        levels = (rankdata(scores)[first] - 0.5) / len(scores)
        ranks, median = _with_gaps(ndtri(levels), distinct, scores), float(np.median(scores))
        return cls(distinct, ranks, median, n_worst, n_best)

    def to_ranks(self, scores: Floats) -> Floats:
        """Normal ranks of scores; those beyond the best and the worst have no rank of their own."""
        from skhypershap.surrogate.kernels.interpolation import interpolate

        return interpolate(np.asarray(scores, dtype=float), self.scores, self.ranks)

    def to_scores(self, ranks: Floats) -> Floats:
        """Scores of normal ranks, never decreasing in these."""
        from skhypershap.surrogate.kernels.interpolation import interpolate

        ranks = np.asarray(ranks, dtype=float)
        inner = interpolate(ranks, self.ranks, self.scores)
        if len(self.scores) < 2:
            return inner
        below, above = ranks < self.ranks[0], ranks > self.ranks[-1]
        inner[below] = self.scores[0] - self._extension(self.ranks[0] - ranks[below], 0)
        inner[above] = self.scores[-1] + self._extension(ranks[above] - self.ranks[-1], -1)
        return inner

    def _extension(self, beyond: Floats, end: int) -> Floats:
        """How far scores go beyond the worst (end 0) or the best (end -1), given how far ranks do."""
        slope = np.diff(self.scores)[end] / np.diff(self.ranks)[end]
        shared = self.n_worst if end == 0 else self.n_best
        most = EXTENSION * abs(self.scores[end] - self.median) / shared
        extension: Floats = np.minimum(slope * beyond, most)
        return extension

    def slopes(self, scores: Floats) -> Floats:
        """Ranks per score near each of some scores, for what an error of a score means as ranks."""
        last = len(self.scores) - 1
        if last < 1:
            return np.zeros(np.shape(scores))
        reach = max(1, len(self.scores) // WINDOW)
        place = np.searchsorted(self.scores, scores).clip(0, last)
        low, high = np.maximum(place - reach, 0), np.minimum(place + reach, last)
        slopes: Floats = (self.ranks[high] - self.ranks[low]) / (
            self.scores[high] - self.scores[low]
        )
        return slopes


def _with_gaps(ranks: Floats, distinct: Floats, scores: Floats) -> Floats:
    """Ranks of distinct scores with steps that know the gaps between these; zero is the median."""
    if len(distinct) < 2:
        return ranks
    steps, gaps = np.diff(ranks), np.diff(_places(distinct, scores))
    steps = np.maximum(steps, gaps - USUAL_GAP * steps) + WEIGHT_OF_GAPS * gaps
    spread = np.append(0.0, np.cumsum(steps)) / (1 + WEIGHT_OF_GAPS)
    centered: Floats = spread - _height(float(np.median(scores)), distinct, spread)
    return centered


def _height(value: float, knots: Floats, heights: Floats) -> float:
    """Height at a value between ascending knots, however near or far from each other these are."""
    after = int(np.searchsorted(knots, value, side="right").clip(1, len(knots) - 1))
    with np.errstate(over="ignore"):
        gap = knots[after] - knots[after - 1]
    part = (value - knots[after - 1]) / gap if np.isfinite(gap) else 0.5
    return float(heights[after - 1] + part * (heights[after] - heights[after - 1]))


def _places(distinct: Floats, scores: Floats) -> Floats:
    """How many robust deviations of its own side a score lies from the median, at most FAR."""
    lowest, low, median, high, highest = np.quantile(scores, [0.1, 0.25, 0.5, 0.75, 0.9])
    below = max((median - low) / QUARTILE, (median - lowest) / TENTH)
    above = max((high - median) / QUARTILE, (highest - median) / TENTH)
    below, above = below or above or np.ptp(scores), above or below or np.ptp(scores)
    with np.errstate(over="ignore"):
        places = (distinct - median) / np.where(distinct < median, below, above)
    clipped: Floats = np.clip(places, -FAR, FAR)
    return clipped
