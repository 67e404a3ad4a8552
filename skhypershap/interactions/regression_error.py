"""How uncertain interactions are that follow from the values of some coalitions.

A sum of interactions is fitted to the values. What it leaves over shows how far the game is from such a
sum, and so how much the interactions would change with other coalitions: they have the standard errors
of a least-squares fit.
"""

from __future__ import annotations

import numpy as np

from skhypershap.arrays import Coalitions, Floats, Scores
from skhypershap.interactions.indices import interactions_of
from skhypershap.interactions.pair_regression import (
    fitted_gains,
    mean_variances,
    pair_regression,
)

ENDS = 1e3  # weight of the empty and the full coalition, which an efficient index keeps to
MOST_IN_DESIGN = 500  # interactions; with more, variances are those of averaged normal equations
MOST_DOUBLES = 1 << 24  # numbers of a design; larger ones are of single precision
LARGEST_TO_MEAN = 1.2  # of standard errors, with 34 and with 60 players


def standard_error(coalitions: Coalitions, gains: Scores, order: int) -> float | None:
    """The largest standard error of an interaction up to an order; None from too few coalitions.

    Parameters
    ----------
    coalitions : ndarray of shape (n_coalitions, n_players), dtype bool
        Coalitions that were sampled.
    gains : ndarray of shape (n_coalitions,)
        Their gains.
    order : int
        Size of the largest interactions.

    Examples
    --------
    >>> import numpy as np
    >>> from skhypershap.interactions.regression_error import standard_error
    >>> from skhypershap.surrogate.blends import all_coalitions
    >>> coalitions = all_coalitions(4)
    >>> bool(standard_error(coalitions, coalitions @ np.arange(4.0), 1) < 1e-6)
    True
    """
    coalitions, first = np.unique(coalitions, axis=0, return_index=True)
    n_coalitions, n_players = coalitions.shape
    players = interactions_of(n_players, order)
    n_free = n_coalitions - len(players) - 1
    if n_free <= 0:
        return None
    if order == 2 and len(players) > MOST_IN_DESIGN:
        return _of_pairs(coalitions, gains[first], n_free / n_coalitions)
    is_large = n_coalitions * len(players) > MOST_DOUBLES
    number = np.float32 if is_large else np.float64
    design = np.ones((n_coalitions, 1 + len(players)), dtype=number)
    for at, members in enumerate(players):
        design[:, 1 + at] = coalitions[:, members].all(axis=1)
    weights = _weights(coalitions)
    design *= np.sqrt(weights).astype(number)[:, None]
    goals = gains[first] * np.sqrt(weights)
    products = (design.T @ design).astype(float)
    try:
        inverse = np.linalg.inv(products)
    except np.linalg.LinAlgError:
        return None
    left = goals - design @ (inverse @ (design.T @ goals))
    variances = np.diag(inverse)[1:] * (left @ left) / n_free
    return float(np.sqrt(max(variances.max(), 0.0)))


def _weights(coalitions: Coalitions) -> Floats:
    size = coalitions.sum(axis=1)
    return np.where((size == 0) | (size == coalitions.shape[1]), ENDS, 1.0)


def _of_pairs(coalitions: Coalitions, gains: Scores, free: float) -> float | None:
    """The same for many singles and pairs, of which no matrix is inverted.

    The inverse of a random matrix of normal equations is larger than that of their mean, by one over
    the share of coalitions that are `free`.
    """
    weights = _weights(coalitions)
    found = pair_regression(coalitions, gains, weights)
    variances = None if found is None else mean_variances(coalitions, weights)
    if found is None or variances is None:
        return None
    left = np.sqrt(weights) * (gains - fitted_gains(coalitions.astype(float), found))
    n_free = free * len(gains)
    mean = np.sqrt(max(variances.max(), 0.0) / free * (left @ left) / n_free)
    return float(LARGEST_TO_MEAN * mean)
