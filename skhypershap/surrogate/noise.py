"""What is known of the noise of trials before a process learns it.

A process learns one noise. Each trial has a share of it: a trial that was measured after the search, on
whose score much depends, has a small one, so that predictions follow it closely. Standard errors from
folds have no part in it: a few folds say little about one trial.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from skhypershap.arrays import Floats, Integers

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
    """

    shares: Floats
    n_measured: int = 0

    @property
    def measured(self) -> Integers:
        """Positions of the measured trials."""
        n_trials = len(self.shares)
        return np.arange(n_trials - self.n_measured, n_trials)

    def of(self, rows: Integers) -> Noise:
        """The noise of some trials, all measured ones among them and last."""
        return Noise(self.shares[rows], self.n_measured)


def noise_of(
    n_trials: int,
    n_measured: int,
    baselines: Sequence[int],
    own_baselines: Sequence[int] | Integers = (),
) -> Noise:
    """The noise of trials, of which the last were measured.

    Parameters
    ----------
    n_trials, n_measured : int
        How many trials there are, and how many of them were measured.
    baselines : sequence of int
        Which of the measured trials are baselines.
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
    return Noise(shares, n_measured)


def warped_shares(slopes: Floats, given: Floats | None = None) -> Floats:
    """Shares of the noise of warped scores, of shape (n_trials,); their mean is one.

    The same noise of scores is more in warped scores where the warp is steep.

    Parameters
    ----------
    slopes : ndarray of shape (n_trials,)
        Warped scores per score near each trial.
    given : ndarray of shape (n_trials,) or None
        Shares that are less than one stay as they are.

    Examples
    --------
    >>> warped_shares(np.array([1.0, 1.0, 4.0])).tolist()
    [0.5, 0.5, 2.0]
    """
    given = np.ones(len(slopes)) if given is None else given
    free = given >= 1
    spread = np.where(np.isfinite(slopes), slopes, 0.0)
    usual = np.median(spread[free]) if free.any() else 0.0
    if not usual > 0:
        return given
    shares = np.clip(spread / usual, LEAST, MOST)
    return np.where(free, shares / shares[free].mean(), given)
