"""The variance of the scores of blends, accumulated from one block of them after another."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from skhypershap.arrays import Scores
from skhypershap.surrogate.moments import ratio
from skhypershap.surrogate.surrogate import MomentsOfBlock


def variance_over_blocks(blocks: Iterable[MomentsOfBlock], size: int) -> Scores:
    """Population variance over the legal blends of each coalition.

    Blocks are merged as in Chan, Golub, LeVeque (1983), Algorithms for Computing the Sample Variance.

    Parameters
    ----------
    blocks : iterable of MomentsOfBlock
        As from `Surrogate.coalition_moments`.
    size : int
        Number of coalitions.

    Returns
    -------
    ndarray of shape (size,)
        Zero where every blend is forbidden.
    """
    mean, spread, mass = np.zeros(size), np.zeros(size), np.zeros(size)
    for coalitions, _, block_mass, block_mean, block_spread in blocks:
        total = mass[coalitions] + block_mass
        step = block_mean - mean[coalitions]
        # Weighted before it is squared: where one side has no mass, the square may overflow.
        between = step * np.sqrt(ratio(mass[coalitions] * block_mass, total))
        spread[coalitions] += block_spread + between**2
        mean[coalitions] += step * ratio(total - mass[coalitions], total)
        mass[coalitions] = total
    return ratio(spread, mass)
