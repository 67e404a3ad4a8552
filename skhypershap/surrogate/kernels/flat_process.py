"""A fitted process as flat arrays, which the kernels for predictions, blends and lines work on."""

from __future__ import annotations

from typing import NamedTuple

from skhypershap.arrays import Booleans, Floats

CENTER = 0.5  # of the unit interval, from which exponents are measured to keep them small


class FlatProcess(NamedTuple):
    """A fitted process as flat arrays: what it predicts is offset + sum_i weights_i prod_j factor_j.

    Attributes
    ----------
    trials : ndarray of shape (n_columns, n_trials)
        Values of each column, numbers divided by their column's span.
    spans : ndarray of shape (n_columns,)
        What values of a column are divided by; 1 for choices.
    is_choice : ndarray of shape (n_columns,), dtype bool
        Whether values of a column are equal or not, and nothing else.
    rates : ndarray of shape (n_columns,)
        sqrt(5) / length for numbers, exp(-1 / length) for choices.
    rising, falling : ndarray of shape (n_columns, n_trials)
        exp(rate (x - 1/2)) and exp(-rate (x - 1/2)) of each number.
    weights : ndarray of shape (n_trials,)
        What each trial adds where all factors are 1.
    offset : float
        What is predicted far away from all trials.
    """

    trials: Floats
    spans: Floats
    is_choice: Booleans
    rates: Floats
    rising: Floats
    falling: Floats
    weights: Floats
    offset: float
