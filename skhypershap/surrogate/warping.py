"""Rank warping: scores to normal ranks, which no outlier and no heavy tail can bend, and back.

`RankWarp.of(scores)` learns the map, `to_ranks` and `to_scores` apply it. The map is piecewise
linear and strictly increasing between the worst and the best score. Beyond the best it goes on with
its last slope, but by no more than a quarter of the distance from the median to the best; beyond
the worst likewise. If all scores are multiplied by a power of two, so is everything that comes
back, exactly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri
from scipy.stats import rankdata

from skhypershap.arrays import Floats
from skhypershap.surrogate.kernels.interpolation import interpolate

EXTENSION = 0.25
WINDOW = 20  # a slope is taken over one in so many scores, to either side


@dataclass(frozen=True)
class RankWarp:
    """A piecewise linear map between scores and normal ranks.

    Attributes
    ----------
    scores : ndarray of shape (n_distinct,)
        Distinct scores, ascending.
    ranks : ndarray of shape (n_distinct,)
        Their normal ranks.
    median : float
        Of all scores.
    """

    scores: Floats
    ranks: Floats
    median: float

    @classmethod
    def of(cls, scores: Floats) -> RankWarp:
        """Learn the map from finite scores; equal ones share the average of their ranks.

        Examples
        --------
        >>> warp = RankWarp.of(np.array([0.1, 0.5, 0.9]))
        >>> warp.to_scores(np.array([-10.0, 0.0, 10.0])).round(3).tolist()
        [0.0, 0.5, 1.0]
        """
        scores = np.asarray(scores, dtype=float)
        distinct, first = np.unique(scores, return_index=True)
        levels = (rankdata(scores)[first] - 0.5) / len(scores)
        return cls(distinct, ndtri(levels), float(np.median(scores)))

    def to_ranks(self, scores: Floats) -> Floats:
        """Normal ranks of scores; those beyond the best and the worst have no rank of their own."""
        return interpolate(np.asarray(scores, dtype=float), self.scores, self.ranks)

    def to_scores(self, ranks: Floats) -> Floats:
        """Scores of normal ranks, never decreasing in these."""
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
        most = EXTENSION * abs(self.scores[end] - self.median)
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
