"""How uncertain the mean over folds is: standard errors of the scores of a search.

All configurations run on the same folds, and a fold that is difficult is so for most of them. What
tells configurations apart is what remains of the scores of single folds without the folds' own means;
`std_test_*` has both parts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from skhypershap.arrays import Floats, floats_of
from skhypershap.trials.cv_results import MEAN, STD, TEST

USUAL_FOLDS = 5  # where there are standard deviations, but no scores of folds to count


def fold_errors(results: Mapping[str, Any], column: str, resource: Any = None) -> Floats | None:
    """Standard errors of a column of `cv_results_`, of shape (n_rows,).

    Parameters
    ----------
    results : mapping of str to array
        The columns.
    column : str
        Of the mean score.
    resource : array-like of shape (n_rows,), optional
        Of each row: different resources have folds of their own.

    Returns
    -------
    ndarray or None
        NaN where a row has no finite scores; None where nothing is known: for times, a single fold, and
        results without scores of folds and without their standard deviation.

    Examples
    --------
    >>> results = {"split0_test_score": [0.7, 0.8], "split1_test_score": [0.9, 1.0]}
    >>> fold_errors(results, "mean_test_score").round(3).tolist()
    [0.0, 0.0]
    >>> fold_errors({"std_test_score": [0.2]}, "mean_test_score").round(3).tolist()
    [0.1]
    """
    if not column.startswith(TEST):
        return None
    name = re.escape(column.removeprefix(MEAN))
    folds = [key for key in results if re.fullmatch(rf"split\d+_{name}", str(key))]
    if len(folds) > 1:
        scores = np.column_stack([_floats(results[key]) for key in folds])
        return _of_folds(scores, np.zeros(len(scores)) if resource is None else _floats(resource))
    deviation = column.replace(MEAN, STD, 1)
    if folds or deviation not in results:
        return None
    # The deviation of scikit-learn divides by the number of folds.
    return _floats(results[deviation]) / np.sqrt(USUAL_FOLDS - 1)


def _of_folds(scores: Floats, resource: Floats) -> Floats:
    """Standard errors of means over columns, without what rows of one resource have in common."""
    errors = np.full(len(scores), np.nan)
    n_folds = scores.shape[1]
    finished = np.isfinite(scores).all(axis=1)
    for level in np.unique(resource[finished]):
        rows = np.flatnonzero(finished & (resource == level))
        own = scores[rows] - scores[rows].mean(axis=1, keepdims=True)
        n_rows = len(rows)
        if n_rows > 1:
            own = (own - own.mean(axis=0)) * np.sqrt(n_rows / (n_rows - 1))
        errors[rows] = np.sqrt((own**2).sum(axis=1) / (n_folds - 1) / n_folds)
    return errors


def _floats(values: Any) -> Floats:
    """Numbers, NaN for what is none."""
    try:
        return floats_of(values)
    except (TypeError, ValueError):
        return np.full(len(values), np.nan)
