"""The variance of the scores of blends, accumulated from one block of them after another."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from skhypershap.arrays import Floats, Scores, ScoreTable
from skhypershap.games.candidates import Candidates
from skhypershap.surrogate.surrogate import Block

ROWS = 512  # of scores at once: about a megabyte of most blocks


def variance_over_blocks(blocks: Iterable[Block], size: int, candidates: Candidates) -> Scores:
    """Population variance over the legal blends of each coalition.

    Blocks are merged as in Chan, Golub, LeVeque (1983), Algorithms for Computing the Sample Variance.

    Parameters
    ----------
    blocks : iterable of Block
        As from `Surrogate.coalition_blocks`.
    size : int
        Number of coalitions.
    candidates : Candidates
        Their probabilities weight the scores.

    Returns
    -------
    ndarray of shape (size,)
        Zero where every blend is forbidden.
    """
    mean, spread, mass = np.zeros(size), np.zeros(size), np.zeros(size)
    weights = candidates.probabilities
    if weights is None:
        weights = np.full(len(candidates.vectors), 1 / len(candidates.vectors))
    for coalitions, members, scores in blocks:
        block_mass, block_mean, block_spread = _moments(scores, weights[members])
        total = mass[coalitions] + block_mass
        step = block_mean - mean[coalitions]
        between = step**2 * mass[coalitions] * block_mass
        spread[coalitions] += block_spread + _ratio(between, total)
        mean[coalitions] += step * _ratio(total - mass[coalitions], total)
        mass[coalitions] = total
    return _ratio(spread, mass)


def _moments(scores: ScoreTable, weights: Floats) -> tuple[Floats, Floats, Floats]:
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
    """As `_moments`, of rows that may lack scores."""
    is_missing = np.isnan(scores)
    shift = scores[np.arange(len(scores)), np.argmin(is_missing, axis=1)]
    masses = ~is_missing @ weights
    steps = scores - shift[:, None]
    steps[is_missing] = 0.0
    step = _ratio(steps @ weights, masses)
    steps -= step[:, None]
    steps[is_missing] = 0.0
    np.square(steps, out=steps)
    return masses, np.where(masses > 0, shift + step, 0.0), steps @ weights


def _ratio(part: Floats, mass: Floats) -> Floats:
    """The part per mass, zero where there is no mass."""
    ratio: Floats = np.divide(part, mass, out=np.zeros_like(part), where=mass > 0)
    return ratio
