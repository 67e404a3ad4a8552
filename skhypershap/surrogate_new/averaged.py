"""The default surrogate: the mean of extra trees and a product-kernel process, both on normal ranks.

f(x) = g^-1((T(x) + P(x)) / 2), where g maps scores to normal ranks (`RankWarp`), T is the forest's
and P the process's prediction of g(score). As g^-1 does not decrease, the best blend by (T + P) / 2
is the best by f: games that take a maximum or a minimum work in ranks, with the parts `forest_` and
`process_`, and apply `warp_.to_scores` once at the end. Means (several baselines, the variance) are
taken after g^-1.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.utils.validation import check_is_fitted, validate_data

from skhypershap.surrogate_new.process import ProcessFitError, ProductProcess
from skhypershap.surrogate_new.warping import RankWarp

N_TREES = 100


class WarpedMean(RegressorMixin, BaseEstimator):
    """The mean of extra trees and a Gaussian process on normal ranks of the targets.

    Parameters
    ----------
    choices, spans
        As in `ProductProcess`.
    parts : {"both", "trees", "process"}
        What is averaged.
    maximize : bool
        Whether large targets are the good ones.
    random_state : int or None
        Of the trees.
    n_jobs : int or None
        Of the trees.

    Attributes
    ----------
    warp_ : RankWarp
        Between targets and normal ranks.
    forest_ : ExtraTreesRegressor or None
        Predicts normal ranks; None without trees.
    process_ : ProductProcess or None
        Predicts normal ranks; None without a process, or where it could not be fitted.
    failure_ : str or None
        Why it could not be fitted.

    Examples
    --------
    >>> X = np.linspace(0, 1, 30)[:, None]
    >>> model = WarpedMean(random_state=0).fit(X, np.sin(6 * X[:, 0]))
    >>> bool(abs(model.predict([[0.52]])[0] - np.sin(6 * 0.52)) < 0.2)
    True
    """

    def __init__(
        self,
        choices: Sequence[int] = (),
        spans: np.ndarray | None = None,
        *,
        parts: str = "both",
        maximize: bool = True,
        random_state: int | None = None,
        n_jobs: int | None = None,
    ) -> None:
        self.choices = choices
        self.spans = spans
        self.parts = parts
        self.maximize = maximize
        self.random_state = random_state
        self.n_jobs = n_jobs

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags

    def fit(
        self,
        X: np.ndarray,
        y: np.ndarray,
        noise_variance: np.ndarray | None = None,
        always: np.ndarray | None = None,
    ) -> WarpedMean:
        """Fit both parts.

        `noise_variance`, in the targets' own units, and `always` are as in `ProductProcess.fit`.
        """
        X, y = validate_data(
            self, X, y, dtype=np.float64, y_numeric=True, ensure_all_finite="allow-nan"
        )
        self.warp_ = RankWarp.of(y)
        ranks = self.warp_.to_ranks(y)
        self.forest_ = self.process_ = self.failure_ = None
        if self.parts != "trees":
            if noise_variance is not None:
                noise_variance = noise_variance * self.warp_.slopes(y) ** 2
            process = ProductProcess(self.choices, self.spans, maximize=self.maximize)
            try:
                self.process_ = process.fit(X, ranks, noise_variance, always)
            except ProcessFitError as error:
                self.failure_ = str(error)
        if self.parts != "process" or self.process_ is None:
            self.forest_ = ExtraTreesRegressor(
                N_TREES, random_state=self.random_state, n_jobs=self.n_jobs
            ).fit(X, ranks)
        return self

    def predict_ranks(self, X: np.ndarray) -> np.ndarray:
        """Normal ranks that are expected of vectors: the mean of the parts."""
        check_is_fitted(self)
        parts = [part.predict(X) for part in (self.forest_, self.process_) if part is not None]
        return np.mean(parts, axis=0)

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Targets of shape (n_rows,) that are expected of vectors."""
        return self.warp_.to_scores(self.predict_ranks(X))
