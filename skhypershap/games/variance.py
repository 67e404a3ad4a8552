"""The variance of the scores of blends, from one block of them after another."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from skhypershap.games.candidates import Candidates
from skhypershap.surrogate.surrogate import Block


def variance_over_blocks(blocks: Iterable[Block], size: int, candidates: Candidates) -> np.ndarray:
    """Population variance over legal blends, joined block by block (Chan, Golub, LeVeque 1983)."""
    mean, spread, mass = np.zeros(size), np.zeros(size), np.zeros(size)
    weights = candidates.probabilities
    if weights is None:
        weights = np.full(len(candidates.vectors), 1 / len(candidates.vectors))
    for coalitions, members, scores in blocks:
        block_mass, block_mean, block_spread = _moments(scores, weights[members])
        joint = mass[coalitions] + block_mass
        step = block_mean - mean[coalitions]
        between = step**2 * mass[coalitions] * block_mass
        spread[coalitions] += block_spread + _share(between, joint)
        mean[coalitions] += _share(step * block_mass, joint)
        mass[coalitions] = joint
    return _share(spread, mass)


def _moments(
    scores: np.ndarray, chances: np.ndarray
) -> tuple[np.ndarray | float, np.ndarray, np.ndarray]:
    """Mass, mean and summed squares of each row, around one of its scores.

    So equal scores have a variance of exactly zero.
    """
    left_out = np.isnan(scores)
    shift = scores[np.arange(len(scores)), np.argmin(left_out, axis=1)]
    if not left_out.any():
        mass = chances.sum()
        means = shift + (scores - shift[:, None]) @ chances / (mass or 1.0)
        return mass, means, (scores - means[:, None]) ** 2 @ chances
    legal = np.where(left_out, 0.0, chances)
    masses = legal.sum(axis=1)
    steps = np.where(left_out, 0.0, scores - shift[:, None])
    mean_steps = _share((steps * legal).sum(axis=1), masses)
    squares = ((steps - mean_steps[:, None]) ** 2 * legal).sum(axis=1)
    return masses, np.where(masses > 0, shift + mean_steps, 0.0), squares


def _share(part: np.ndarray, mass: np.ndarray) -> np.ndarray:
    """The part per mass, zero where there is no mass."""
    return np.divide(part, mass, out=np.zeros_like(part), where=mass > 0)
