"""Weighted means and sums of squares of scores, where some may be missing."""

from __future__ import annotations

import numpy as np

from skhypershap.arrays import Floats, ScoreTable


def row_moments(scores: ScoreTable, weights: Floats) -> tuple[Floats | float, Floats, Floats]:
    """Mass, mean and sum of squared deviations of each row.

    Computed around one score of the row, so that equal scores have a variance of exactly zero.
    """
    is_missing = np.isnan(scores)
    shift = scores[np.arange(len(scores)), np.argmin(is_missing, axis=1)]
    if not is_missing.any():
        mass = float(weights.sum())
        means = shift + (scores - shift[:, None]) @ weights / (mass or 1.0)
        return mass, means, (scores - means[:, None]) ** 2 @ weights
    legal_weights = np.where(is_missing, 0.0, weights)
    masses = legal_weights.sum(axis=1)
    steps = np.where(is_missing, 0.0, scores - shift[:, None])
    mean_steps = ratio((steps * legal_weights).sum(axis=1), masses)
    squares = ((steps - mean_steps[:, None]) ** 2 * legal_weights).sum(axis=1)
    return masses, np.where(masses > 0, shift + mean_steps, 0.0), squares


def ratio(part: Floats, mass: Floats) -> Floats:
    """The part per mass, zero where there is no mass."""
    found: Floats = np.divide(part, mass, out=np.zeros_like(part), where=mass > 0)
    return found
