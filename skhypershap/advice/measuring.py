"""Measure configurations as the trials of a search were: same splits, scoring and resource."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from joblib import effective_n_jobs
from sklearn.base import is_classifier
from sklearn.model_selection import check_cv
from sklearn.utils import resample

from skhypershap.advice.verification import (
    check_can_evaluate,
    cross_validated,
    is_failure,
    scored_metric,
)
from skhypershap.parallel import progress_bar
from skhypershap.trials import largest_resource, unwrap


class SubsampledSplits:
    """Splits of a part of the data, as the last rung of a halving search over samples has them.

    Parameters
    ----------
    splits : splitter
        Of all data.
    fraction : float
        How much of each training and test set is used.
    random_state : int, RandomState or None
        That of the search.
    """

    def __init__(self, splits: Any, fraction: float, random_state: Any) -> None:
        self.splits = splits
        self.fraction = fraction
        self.random_state = random_state

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Number of splits."""
        return int(self.splits.get_n_splits(X, y, groups))

    def split(
        self, X: Any, y: Any = None, groups: Any = None
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Positions of training and test sets."""
        for train, test in self.splits.split(X, y, groups):
            yield self._part(train), self._part(test)

    def _part(self, rows: np.ndarray) -> np.ndarray:
        n_samples = int(self.fraction * len(rows))
        return np.asarray(
            resample(rows, replace=False, random_state=self.random_state, n_samples=n_samples)
        )


def measured_scores(
    search: Any,
    configs: Sequence[Mapping[str, Any]],
    X: Any,
    y: Any,
    metric: str | None,
    fit_params: Mapping[str, Any],
    *,
    verbose: int = 0,
) -> np.ndarray:
    """Scores of configurations, evaluated as the trials of the search were.

    Parameters
    ----------
    search : estimator
        The search that has run, with `estimator` and `cv`.
    configs : sequence of mapping
        n_configs of them.
    X, y : array-like
        Data, as for the search.
    metric : str or None
        That of the trials; None for the one that the search optimises.
    fit_params : mapping
        For the search's own fit.
    verbose : int
        Whether a progress bar shows the scores.

    Returns
    -------
    ndarray of shape (n_configs,)
        Means over the folds, in units of the metric; NaN where a fit or a score failed.

    Raises
    ------
    ValueError
        If the search has no estimator or no splits that can be used again.
    """
    search = unwrap(search)
    check_can_evaluate(search)
    if is_failure(search, metric):
        scored = scored_metric(search)
        scores = measured_scores(search, configs, X, y, scored, fit_params, verbose=verbose)
        return np.where(np.isfinite(scores), 0.0, 1.0)
    resource, cv = _as_last_rung(search, X, y)
    runs = [{**config, **resource} for config in configs]
    scores = np.full(len(runs), np.nan)
    # With a bar one piece after the other, so that it can show scores; each piece runs in parallel.
    step = max(1, effective_n_jobs(getattr(search, "n_jobs", None))) if verbose else len(runs)
    with progress_bar("measure", len(runs), "configuration", verbose) as bar:
        for start in range(0, len(runs), max(1, step)):
            part = slice(start, start + step)
            scores[part] = _scores(search, runs[part], (X, y), metric, fit_params, cv)
            bar.set_postfix_str(", ".join(f"{score:.4g}" for score in scores[part]))
            bar.update(len(runs[part]))
    return np.where(np.isfinite(scores), scores, np.nan)


def can_measure(search: Any) -> bool:
    """Whether a search has an estimator and splits that can be used again."""
    try:
        check_can_evaluate(unwrap(search))
    except ValueError:
        return False
    return True


def _as_last_rung(search: Any, X: Any, y: Any) -> tuple[dict[str, Any], Any]:
    """What a halving search set in its last rung, and its splits there."""
    found = largest_resource(search)
    if found is None:
        return {}, search.cv
    resource, largest = found
    if resource != "n_samples":
        return {resource: largest}, search.cv
    n_samples = X.shape[0] if hasattr(X, "shape") else len(X)
    splits = check_cv(search.cv, y, classifier=is_classifier(search.estimator))
    return {}, SubsampledSplits(splits, min(1.0, largest / n_samples), search.random_state)


def _scores(
    search: Any,
    configs: Sequence[Mapping[str, Any]],
    data: tuple[Any, Any],
    metric: str | None,
    fit_params: Mapping[str, Any],
    cv: Any,
) -> np.ndarray:
    """Mean scores; configurations that fail score what the search gives to failed ones, or NaN."""
    error_score = getattr(search, "error_score", np.nan)
    if isinstance(error_score, str):  # "raise": here one failure must not stop the others
        error_score = np.nan
    try:
        return cross_validated(
            search, configs, data, metric, fit_params, cv=cv, error_score=error_score
        )[0]
    except ValueError as error:
        if "fits failed" not in str(error):  # scikit-learn's message where no configuration ran
            raise
        return np.full(len(configs), np.nan)
