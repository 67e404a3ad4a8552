"""What is known of the noise of trials before a process learns it.

A process learns one noise. Each trial has a share of it: a trial that was measured after the search, on
whose score much depends, has a small one, so that predictions follow it closely. Where standard errors
of scores are known, from folds, they say what the noise may be.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from skhypershap.arrays import Floats, Integers, Scores

# Shares of the noise of other trials for a process. Smoothing would move the baseline, on which every
# gain depends, towards its neighbours; claims have the noise of trials, but lie where it matters.
BASELINE_NOISE, CLAIM_NOISE = 0.001, 0.3


LEAST, MOST = 0.05, 20.0  # noise of a trial, in units of a usual one


class Noise(NamedTuple):
    """Of some trials, measured ones last.

    Attributes
    ----------
    shares : ndarray of shape (n_trials,)
        Of the learned noise.
    n_measured : int
        How many of the last trials were measured; they are always among those that a process keeps.
    errors : ndarray of shape (n_trials,) or None
        Standard errors of scores, in units of scores; NaN where unknown.
    """

    shares: Floats
    n_measured: int = 0
    errors: Scores | None = None

    @property
    def measured(self) -> Integers:
        """Positions of the measured trials."""
        n_trials = len(self.shares)
        return np.arange(n_trials - self.n_measured, n_trials)

    def of(self, rows: Integers) -> Noise:
        """The noise of some trials, all measured ones among them and last."""
        errors = None if self.errors is None else self.errors[rows]
        return Noise(self.shares[rows], self.n_measured, errors)


def noise_of(
    n_trials: int,
    n_measured: int,
    baselines: Sequence[int],
    errors: Scores | None = None,
    own_baselines: Sequence[int] | Integers = (),
) -> Noise:
    """The noise of trials, of which the last were measured.

    Parameters
    ----------
    n_trials, n_measured : int
        How many trials there are, and how many of them were measured.
    baselines : sequence of int
        Which of the measured trials are baselines.
    errors : ndarray of shape (n_trials,) or None
        Standard errors of scores.
    own_baselines : sequence of int
        Trials of the search itself that ran a baseline.

    Examples
    --------
    >>> noise_of(4, 2, (0,)).shares.tolist()
    [1.0, 1.0, 0.001, 0.3]
    """
    measured = np.full(n_measured, CLAIM_NOISE)
    measured[list(baselines)] = BASELINE_NOISE
    shares = np.append(np.ones(n_trials - n_measured), measured)
    shares[np.asarray(own_baselines, dtype=int)] = BASELINE_NOISE
    return Noise(shares, n_measured, errors)


def warped_shares(
    slopes: Floats, errors: Scores | None = None, given: Floats | None = None
) -> Floats:
    """Shares of the noise of warped scores, of shape (n_trials,); their mean is one.

    The same noise of scores is more in warped scores where the warp is steep. Of what folds say of a
    single trial half is believed, since a few folds say little.

    Parameters
    ----------
    slopes : ndarray of shape (n_trials,)
        Warped scores per score near each trial.
    errors : ndarray of shape (n_trials,) or None
        Standard errors of scores; NaN where unknown.
    given : ndarray of shape (n_trials,) or None
        Shares that are less than one stay as they are.

    Examples
    --------
    >>> warped_shares(np.array([1.0, 1.0, 4.0])).tolist()
    [0.5, 0.5, 2.0]
    >>> warped_shares(np.ones(3), errors=np.array([0.1, 0.1, 0.3])).round(2).tolist()
    [0.82, 0.82, 1.36]
    """
    given = np.ones(len(slopes)) if given is None else given
    free = given >= 1
    spread = np.where(np.isfinite(slopes), slopes, 0.0) * _relative(errors, len(slopes))
    usual = np.median(spread[free]) if free.any() else 0.0
    if not usual > 0:
        return given
    shares = np.clip(spread / usual, LEAST, MOST)
    return np.where(free, shares / shares[free].mean(), given)


def _relative(errors: Scores | None, n_trials: int) -> Floats:
    """Standard errors in units of a usual one, halfway towards it; one where unknown."""
    known = np.zeros(n_trials, dtype=bool) if errors is None else np.isfinite(errors)
    if errors is None or not np.any(errors[known] > 0):
        return np.ones(n_trials)
    scaled = np.where(known, errors, 0.0) / errors[known].max()
    variances = scaled**2 / np.mean(scaled[known] ** 2)
    return np.sqrt((np.where(known, variances, 1.0) + 1) / 2)
