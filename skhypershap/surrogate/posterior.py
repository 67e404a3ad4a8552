"""The posterior of a process: its most probable hyperparameters, and weights of trials given these."""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize

from skhypershap.arrays import Booleans, Floats
from skhypershap.surrogate.hyperparameters import Hyperparameters, ProcessFitError
from skhypershap.surrogate.kernels import product_kernel as kernel
from skhypershap.surrogate.kernels.flat_process import FlatProcess

# Mean and deviation of the log of lengths; half the log of their number is added to the mean.
LENGTH_PRIOR = (2**0.5, 3**0.5)
NOISE_PRIOR = (-4.0, 1.0)  # of the log of noise, where scores have a variance of one
SIGNAL_PRIOR = (0.0, 1.0)
LENGTH_BOUNDS, NOISE_BOUNDS, SIGNAL_BOUNDS = (0.02, 1e3), (1e-6, 1e1), (1e-3, 1e2)
SHORT = 1.0  # the range of a column: lengths from which a second search begins
TOLERANCE = 1e-6  # of the log posterior, relative: lengths matter to a few digits
MOST_STEPS = 100


def _solved(
    correlations: Floats, signal: float, noise: Floats, factor: Floats, targets: Floats
) -> Floats:
    """Solve with signal * correlations + noise, of which `factor` becomes the Cholesky factor."""
    weights = targets.copy()
    if not kernel.solve(correlations, signal, noise, factor, weights):
        raise ProcessFitError("The covariance of the trials is not positive definite.")
    return weights


def merged(trials: Floats, targets: Floats, noise: Floats) -> tuple[Floats, Floats, Floats]:
    """Trials, targets and noise of the same posterior, with one trial for all that are equal.

    Of equal trials only the mean target counts, each target weighted by one over its noise, and the
    noise of the mean. A resample has about 63 % of the trials, some of them several times.
    """
    distinct, group = np.unique(trials, axis=1, return_inverse=True)
    n_distinct = distinct.shape[1]
    if n_distinct == len(targets) or not np.all(noise > 0):
        return trials, targets, noise
    group = group.reshape(-1)
    precision = np.bincount(group, 1 / noise, n_distinct)
    mean = np.bincount(group, targets / noise, n_distinct) / precision
    return np.ascontiguousarray(distinct), mean, 1 / precision


def weights_of(
    trials: Floats,
    is_choice: Booleans,
    targets: Floats,
    noise: Floats,
    learned: Hyperparameters,
) -> Floats:
    """What each trial adds to predictions where all of its factors are 1.

    `noise` is the variance of each target.
    """
    rates = kernel.rates_of(learned.lengths, is_choice)
    rising, falling = kernel.exponentials(trials, rates, is_choice)
    correlations, factor = np.empty((2, len(targets), len(targets)))
    kernel.set_products(trials, is_choice, rates, rising, falling, trials, True, correlations)
    return _solved(correlations, learned.signal, noise, factor, targets) * learned.signal


def flat_process(
    trials: Floats,
    spans: Floats,
    is_choice: Booleans,
    lengths: Floats,
    weights: Floats,
    offset: float,
) -> FlatProcess:
    """What a process predicts, as arrays."""
    rates = kernel.rates_of(lengths, is_choice)
    rising, falling = kernel.exponentials(trials, rates, is_choice)
    return FlatProcess(trials, spans, is_choice, rates, rising, falling, weights, offset)


def most_probable(
    trials: Floats,
    is_choice: Booleans,
    targets: Floats,
    known: Floats,
    first: Hyperparameters | None = None,
) -> Hyperparameters:
    """Maximise the posterior density of the logarithms of all hyperparameters.

    The search begins with `first`, by default with the means of the priors, and once more with short
    lengths: a narrow optimum among few trials looks like noise from where all lengths are long.
    """
    n_columns = len(trials)
    means = np.full(n_columns + 2, LENGTH_PRIOR[0] + np.log(max(n_columns, 1)) / 2)
    deviations = np.full(n_columns + 2, LENGTH_PRIOR[1])
    means[-2:] = SIGNAL_PRIOR[0], NOISE_PRIOR[0]
    deviations[-2:] = SIGNAL_PRIOR[1], NOISE_PRIOR[1]
    bounds = np.log([LENGTH_BOUNDS] * n_columns + [SIGNAL_BOUNDS, NOISE_BOUNDS])
    short = np.append(np.full(n_columns, np.log(SHORT)), means[-2:])
    starts = [means, short] if first is None else [_logs(first)]
    starts = [np.clip(start, *bounds.T) for start in starts]
    if not np.any(targets):
        return _of_logs(starts[0])
    density = _Density(trials, is_choice, targets, known, means, deviations)
    options = {"maxiter": MOST_STEPS, "ftol": TOLERANCE, "gtol": 1e-4}
    found = [
        minimize(density, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options)
        for start in starts
    ]
    return _of_logs(min(found, key=lambda one: float(one.fun)).x)


def _logs(learned: Hyperparameters) -> Floats:
    return np.log([*learned.lengths, learned.signal, learned.noise])


def _of_logs(logs: Floats) -> Hyperparameters:
    return Hyperparameters(np.exp(logs[:-2]), float(np.exp(logs[-2])), float(np.exp(logs[-1])))


class _Density:
    """Negative log posterior of log hyperparameters and its gradient."""

    def __init__(
        self,
        trials: Floats,
        is_choice: Booleans,
        targets: Floats,
        known: Floats,
        means: Floats,
        deviations: Floats,
    ) -> None:
        self.trials, self.is_choice = trials, is_choice
        self.targets, self.known = targets, known
        self.means, self.deviations = means, deviations
        n_trials = len(targets)
        self.room = np.zeros((4, n_trials, n_trials))

    def __call__(self, logs: Floats) -> tuple[float, Floats]:
        lengths, signal, noise = np.exp(logs[:-2]), np.exp(logs[-2]), np.exp(logs[-1])
        rates = kernel.rates_of(lengths, self.is_choice)
        rising, falling = kernel.exponentials(self.trials, rates, self.is_choice)
        correlations, factor, transposed, sensitivity = self.room
        trials, is_choice = self.trials, self.is_choice
        kernel.set_products(trials, is_choice, rates, rising, falling, trials, True, correlations)
        weights = _solved(correlations, signal, noise + self.known, factor, self.targets)
        fit = self.targets @ weights / 2 + np.log(np.diag(factor)).sum()
        slopes = np.empty_like(logs)
        kernel.set_slopes(
            trials,
            is_choice,
            lengths,
            correlations,
            signal,
            factor,
            weights,
            transposed,
            sensitivity,
            slopes,
        )
        slopes[-1] *= noise
        away = (logs - self.means) / self.deviations
        return fit + away @ away / 2, slopes + away / self.deviations
