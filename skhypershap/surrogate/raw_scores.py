"""HyperSHAP's forest on scores as they are, scaled only where scikit-learn would not split them.

Multiplying by a power of two loses nothing: the trees are the same, and their values are scaled back.
"""

from __future__ import annotations

import math

import numpy as np
from sklearn.ensemble import RandomForestRegressor

from skhypershap.arrays import Scores

SAME = 2 * math.sqrt(
    np.finfo(float).eps
)  # scikit-learn splits no node of two scores closer than this
MATTERS = 1e-6  # standard deviations; scores that are closer may as well be equal
LARGEST = 2.0**500  # above it squares of scores overflow


def scale_for_splits(scores: Scores) -> float:
    """The power of two to multiply scores by before a forest of scikit-learn is fitted; mostly 1.

    scikit-learn makes a leaf of a node whose variance is below 2e-16, even if its scores differ as much
    as others do. Where some do, the factor takes the standard deviation to between 1 and 2.
    """
    largest = float(np.abs(scores).max(initial=0.0))
    if largest > LARGEST:
        return 2.0 ** -math.frexp(largest)[1]
    exponent = math.frexp(largest)[1]
    spread = math.ldexp(float(np.std(np.ldexp(scores, -exponent))), exponent)
    if not spread > 0:
        return 1.0
    gaps = np.diff(np.unique(scores))
    lost = (gaps <= SAME) & (gaps > MATTERS * spread)
    if not lost.any():
        return 1.0
    return 2.0 ** min(1 - math.frexp(spread)[1], 1000 - exponent, 1000)


def scale_values(model: RandomForestRegressor, factor: float) -> None:
    """Multiply what a fitted forest predicts by a power of two, in place."""
    if factor != 1.0:
        for tree in model.estimators_:
            tree.tree_.value[...] *= factor
