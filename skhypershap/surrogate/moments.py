"""Weighted means and sums of squares of scores, where some may be missing."""

from __future__ import annotations

import numpy as np

from skhypershap.arrays import Floats, ScoreTable

ROWS = 512  # of scores at once: about a megabyte of most blocks


def row_moments(scores: ScoreTable, weights: Floats) -> tuple[Floats, Floats, Floats]:
    """Mass, mean and sum of squared deviations of each row.

    Computed around one score of the row, so that equal scores have a variance of exactly zero.
    """
    masses, means, squares = np.empty((3, len(scores)))
    for start in range(0, len(scores), ROWS):
        some = slice(start, start + ROWS)
        masses[some] = weights.sum()
        means[some], squares[some] = _moments_of_legal(scores[some], weights)
        if np.isnan(means[some]).any():
            masses[some], means[some], squares[some] = _moments_of_some(scores[some], weights)
    return masses, means, squares


def _moments_of_legal(scores: ScoreTable, weights: Floats) -> tuple[Floats, Floats]:
    """Means and sums of squared deviations of rows; NaN where a score is missing."""
    steps = scores - scores[:, :1]
    step = steps @ weights / (weights.sum() or 1.0)
    steps -= step[:, None]
    np.square(steps, out=steps)
    return scores[:, 0] + step, steps @ weights


def _moments_of_some(scores: ScoreTable, weights: Floats) -> tuple[Floats, Floats, Floats]:
    """As `row_moments`, of rows that may lack scores."""
    is_missing = np.isnan(scores)
    shift = scores[np.arange(len(scores)), np.argmin(is_missing, axis=1)]
    masses = ~is_missing @ weights
    steps = scores - shift[:, None]
    steps[is_missing] = 0.0
    step = ratio(steps @ weights, masses)
    steps -= step[:, None]
    steps[is_missing] = 0.0
    np.square(steps, out=steps)
    return masses, np.where(masses > 0, shift + step, 0.0), steps @ weights


def ratio(part: Floats, mass: Floats) -> Floats:
    """`part / mass`, zero where the mass is zero."""
    found: Floats = np.divide(part, mass, out=np.zeros_like(part), where=mass > 0)
    return found
