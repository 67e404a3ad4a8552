"""A Gaussian process with a product kernel: `ProductProcess`, a scikit-learn regressor on vectors.

Its covariance is signal * prod_j factor_j + noise, with a Matern 5/2 factor for a number and
exp(-[a != b] / length) for a choice, one length for each column. Lengths, signal and noise maximise
the posterior under log-normal priors (L-BFGS with analytic gradients, two starts). What it has
learned is a `FlatProcess` (attribute `flat_`), which the kernels for blends and lines work on.

A missing value (NaN, an inactive hyperparameter) counts as the middle of its column, and a choice
that is hidden in a further column tells whether there is one, so that any values give a covariance.

From 1,000 trials on hyperparameters are learned from some of them; above 2,000 only some are kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from skhypershap.arrays import Floats, Integers
from skhypershap.surrogate.hyperparameters import Hyperparameters, ProcessFitError
from skhypershap.surrogate.kernels.flat_process import CENTER, FlatProcess

FIRST = (
    150  # trials from which the search for hyperparameters begins, where there are twice as many
)
BEST = 0.1  # share of the trials that is always kept
PRESENT, ABSENT = 0.0, 1.0
TOGETHER = 64  # vectors that are predicted at a time


class ProductProcess(RegressorMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Gaussian process regression with one factor for each column.

    Parameters
    ----------
    choices : sequence of int
        Columns whose values are equal or different and have no order.
    spans : ndarray of shape (n_columns,), optional
        By what the values of each column are divided, so that they lie in [0, 1].
    maximize : bool
        Whether large values are the good ones, which a subset of many trials must hold.
    n_learned : int
        From how many trials lengths, signal and noise are learned where there are `many`.
    many : int
        How many trials that is.
    max_trials : int
        How many trials are kept at most.
    optional : sequence of int
        Columns that may lack values in other trials, also where they do not lack any in these.
    hyperparameters : Hyperparameters, optional
        Taken as they are, nothing is learned: for resamples and folds of the same trials.
    random_state : int
        For the choice of trials where there are many.

    Attributes
    ----------
    flat_ : FlatProcess
        What is predicted, as arrays; equal trials are one.
    hyperparameters_ : Hyperparameters
        For targets with a variance of one.
    kept_ : ndarray of int
        The trials that are kept, ascending.

    Examples
    --------
    >>> X = np.linspace(0, 1, 20)[:, None]
    >>> process = ProductProcess().fit(X, np.sin(6 * X[:, 0]))
    >>> abs(process.predict([[0.52]])[0] - np.sin(6 * 0.52)) < 0.05
    np.True_
    """

    def __init__(
        self,
        choices: Sequence[int] = (),
        spans: Floats | None = None,
        *,
        maximize: bool = True,
        n_learned: int = 400,
        many: int = 1000,
        max_trials: int = 2000,
        optional: Sequence[int] = (),
        hyperparameters: Hyperparameters | None = None,
        random_state: int | None = 0,
    ) -> None:
        self.choices = choices
        self.spans = spans
        self.maximize = maximize
        self.n_learned = n_learned
        self.many = many
        self.max_trials = max_trials
        self.optional = optional
        self.hyperparameters = hyperparameters
        self.random_state = random_state

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags

    def fit(
        self,
        X: Floats,
        y: Floats,
        noise_variance: Floats | None = None,
        always: Integers | None = None,
        noise_shares: Floats | None = None,
    ) -> ProductProcess:
        """Learn hyperparameters and weights.

        Parameters
        ----------
        X : array-like of shape (n_trials, n_columns)
            Vectors; NaN where there is no value.
        y : array-like of shape (n_trials,)
            Targets.
        noise_variance : array-like of shape (n_trials,), optional
            What is known of the variance of each target; more may be learned.
        always : array-like of int, optional
            Trials that are kept, however many there are.
        noise_shares : array-like of shape (n_trials,), optional
            How much of the learned noise each trial has: predictions follow those with little closely.

        Raises
        ------
        ProcessFitError
            If there is no finite answer.
        """
        from skhypershap.surrogate.posterior import flat_process, merged, weights_of

        X, y = validate_data(
            self, X, y, dtype=np.float64, y_numeric=True, ensure_all_finite="allow-nan"
        )
        y = np.asarray(y, dtype=float)
        known = np.zeros(len(y)) if noise_variance is None else np.asarray(noise_variance, float)
        if known.shape != y.shape or not np.all(np.isfinite(known) & (known >= 0)):
            raise ProcessFitError("noise_variance must hold a finite variance for each trial.")
        self._lay_out(X)
        first = np.zeros(0, dtype=int) if always is None else np.asarray(always, dtype=int)
        self.kept_ = _some(self._goodness(y), self.max_trials, first, self._generator())
        rows, y, known = self.scaled(X[self.kept_]), y[self.kept_], known[self.kept_]
        offset = float(np.mean(y))
        targets, scale = _standardised(y - offset)
        known = (np.sqrt(known) / scale) ** 2
        trials = np.ascontiguousarray(rows.T)
        learned = self.hyperparameters
        if learned is None:
            learned = self._learn(
                trials, targets, known, np.flatnonzero(np.isin(self.kept_, first))
            )
        elif len(learned.lengths) != len(trials):
            raise ProcessFitError(f"There must be {len(trials)} lengths.")
        self.hyperparameters_ = learned
        shares = np.ones(len(y)) if noise_shares is None else noise_shares[self.kept_]
        trials, targets, noise = merged(trials, targets, learned.noise * shares + known)
        with np.errstate(over="ignore"):
            weights = weights_of(trials, self._is_choice, targets, noise, learned) * scale
        if not np.all(np.isfinite(weights)):
            raise ProcessFitError("The weights of the trials are not finite.")
        self.flat_ = flat_process(
            trials, self._all_spans, self._is_choice, learned.lengths, weights, offset
        )
        return self

    def predict(self, X: Floats) -> Floats:
        """Targets of shape (n_rows,) that are expected of vectors."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float64, reset=False, ensure_all_finite="allow-nan")
        return _predict(self.flat_, self.scaled(X))

    def _learn(
        self, trials: Floats, targets: Floats, known: Floats, always: Integers
    ) -> Hyperparameters:
        """Learn from all trials, or from some of many."""
        from skhypershap.surrogate.posterior import most_probable

        def on(some: Integers, start: Hyperparameters | None = None) -> Hyperparameters:
            part = np.ascontiguousarray(trials[:, some])
            return most_probable(part, self._is_choice, targets[some], known[some], start)

        n_trials = len(targets)
        if n_trials >= self.many:
            return on(_random(n_trials, self.n_learned, always, self._generator()))
        if n_trials < 2 * FIRST:
            return on(np.arange(n_trials))
        # A step of the search takes n^3 operations, and most of its way is much the same for few trials.
        first = on(_random(n_trials, FIRST, always, self._generator()))
        return on(np.arange(n_trials), first)

    def _lay_out(self, X: Floats) -> None:
        """Note which columns of trials there will be: those of X, and one for each that lacks values."""
        n_columns = X.shape[1]
        spans = np.ones(n_columns) if self.spans is None else np.asarray(self.spans, dtype=float)
        if spans.shape != (n_columns,) or not np.all(spans > 0):
            raise ProcessFitError(f"spans must be {n_columns} positive numbers.")
        is_choice = np.isin(np.arange(n_columns), np.asarray(self.choices, dtype=int))
        self._lacked = np.isnan(X).any(axis=0)
        may_lack = np.isin(np.arange(n_columns), np.asarray(self.optional, dtype=int))
        self.lacking_ = np.flatnonzero(self._lacked | may_lack)
        n_lacking = len(self.lacking_)
        self._middles = np.where(is_choice, -1.0, CENTER)
        for column in np.flatnonzero(~self._lacked & may_lack):  # as usual as possible
            values, counts = np.unique(X[:, column], return_counts=True)
            usual = values[np.argmax(counts)] if is_choice[column] else np.median(X[:, column])
            self._middles[column] = usual if is_choice[column] else usual / spans[column]
        self._is_choice = np.append(is_choice, np.ones(n_lacking, dtype=bool))
        self._all_spans = np.append(np.where(is_choice, 1.0, spans), np.ones(n_lacking))

    def scaled(self, X: Floats) -> Floats:
        """Rows as the kernel sees them."""
        n_columns = X.shape[1]
        lacks = np.isnan(X)
        rows = np.where(lacks, self._middles, X / self._all_spans[:n_columns])
        lacks &= self._lacked  # what no trial lacks tells nothing about lacking it
        return np.column_stack([rows, np.where(lacks[:, self.lacking_], ABSENT, PRESENT)])

    def _goodness(self, y: Floats) -> Floats:
        return y if self.maximize else -y

    def _generator(self) -> np.random.Generator:
        return np.random.default_rng(self.random_state)


def predict_flat(flat: FlatProcess, vectors: Floats) -> Floats:
    """Targets of shape (n_vectors,) that are expected of vectors without missing values."""
    return _predict(flat, vectors / flat.spans)


def _predict(flat: FlatProcess, rows: Floats) -> Floats:
    from skhypershap.surrogate.kernels import product_kernel as kernel

    out = np.empty(len(rows))
    room = np.empty((min(TOGETHER, len(rows)), len(flat.weights)))
    for start in range(0, len(rows), TOGETHER):
        vectors = np.ascontiguousarray(rows[start : start + TOGETHER].T)
        products = room[: vectors.shape[1]]
        kernel.set_products(
            flat.trials,
            flat.is_choice,
            flat.rates,
            flat.rising,
            flat.falling,
            vectors,
            False,
            products,
        )
        # einsum takes sums itself, in an order that does not depend on the installed BLAS.
        out[start : start + TOGETHER] = np.einsum("ij,j->i", products, flat.weights)
    return out + flat.offset


def _standardised(deviations: Floats) -> tuple[Floats, float]:
    """Deviations from the mean with a variance of one, and by what they are divided.

    A power of two is taken out first, so that squares of huge and tiny numbers are no trouble.
    """
    largest = np.abs(deviations).max()
    if not np.isfinite(largest):
        raise ProcessFitError("Targets must be finite, and so must their differences.")
    power = 2.0 ** float(np.frexp(largest)[1] - 1) if largest > 0 else 1.0
    shrunk = deviations / power
    spread = float(np.sqrt(np.mean(shrunk**2))) or 1.0
    return shrunk / spread, spread * power


def _some(
    goodness: Floats, most: int, always: Integers, generator: np.random.Generator
) -> Integers:
    """Positions, ascending, of at most so many trials: the best tenth, those given, random others."""
    if len(goodness) <= most:
        return np.arange(len(goodness))
    n_best = min(int(np.ceil(BEST * len(goodness))), most // 2)
    best = np.argsort(-goodness, kind="stable")[:n_best]
    return _random(len(goodness), most, np.concatenate([always, best]), generator)


def _random(n_trials: int, most: int, always: Integers, generator: np.random.Generator) -> Integers:
    first = np.unique(always)
    others = np.setdiff1d(np.arange(n_trials), first)
    n_others = min(max(most - len(first), 0), len(others))
    return np.sort(np.concatenate([first, generator.permutation(others)[:n_others]]))
