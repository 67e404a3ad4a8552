"""Scores that no configuration can exceed, where the metric's name tells: an accuracy is at most 1."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from sklearn.base import is_classifier, is_regressor

from skhypershap.arrays import Scores

# scikit-learn's scorers. A name may say of which set it is: "val_accuracy".
_SET = r"(?:(?:val|valid|validation|test|mean_test|eval)_)?"
AT_MOST_ONE = re.compile(
    _SET + r"(?:(?:balanced_|top_k_)?accuracy|acc|average_precision|(?:f1|precision|recall|jaccard)"
    r"(?:_(?:macro|micro|weighted|samples))?|roc_auc(?:_ov[or](?:_weighted)?)?|auc|r2|explained_variance"
    r"|d2_[a-z_]+_score|matthews_corrcoef|(?:adjusted_)?rand_score|(?:adjusted|normalized)_mutual_info_score"
    r"|(?:homogeneity|completeness|v_measure|fowlkes_mallows)_score)"
)
# Not "loss" or "neg_log_likelihood": a likelihood of densities may be of either sign.
LOSS = re.compile(
    _SET + r"(?P<negative>neg_)?(?:log_loss|brier_score|max_error|mae|mse|rmse|error|error_rate"
    r"|(?:root_)?mean_squared_(?:log_)?error|(?:mean|median)_absolute_(?:percentage_)?error"
    r"|mean_(?:poisson|gamma)_deviance|(?:fit|score)_time)"
)

ANONYMOUS = {  # the best possible score, by name and by whether large scores are better
    ("metric (at most 1)", True): 1.0,
    ("metric (at most 0)", True): 0.0,
    ("metric (at least 0)", False): 0.0,
}


def best_possible(metric: str, scores: Scores, *, maximize: bool) -> float:
    """The score of a perfect configuration; infinite, of the better sign, where none is known.

    Parameters
    ----------
    metric : str
        Name of the metric.
    scores : ndarray of shape (n_trials,)
        What was measured. A bound that some of them exceed is that of another metric, or of other
        units: an accuracy in percent.
    maximize : bool
        Whether large scores are better.

    Examples
    --------
    >>> from skhypershap.trials.metric_bounds import best_possible
    >>> best_possible("accuracy", np.array([0.8, 0.9]), maximize=True)
    1.0
    >>> best_possible("accuracy", np.array([80.0, 90.0]), maximize=True)
    inf
    >>> best_possible("log_loss", np.array([0.8, 0.9]), maximize=False)
    0.0
    """
    loss = LOSS.fullmatch(metric)
    bound = np.inf if maximize else -np.inf
    if maximize and AT_MOST_ONE.fullmatch(metric):
        bound = 1.0
    elif loss and maximize == (loss["negative"] is not None):
        bound = 0.0
    bound = ANONYMOUS.get((metric, maximize), bound)
    sign = 1.0 if maximize else -1.0
    exceeded = len(scores) and np.max(sign * np.asarray(scores)) > sign * bound
    return sign * np.inf if exceeded else float(bound)


def anonymous_name(metric: str, *, maximize: bool) -> str:
    """A name that has none of the user's words, and the best possible score of a metric."""
    bound = best_possible(metric, np.array([]), maximize=maximize)
    for (name, of_maximized), known in ANONYMOUS.items():
        if (of_maximized, known) == (maximize, bound):
            return name
    return "metric"


def scored_as(search: Any, metric: str) -> str:
    """The name of a metric; of the estimator's own score, what scikit-learn computes for its kind."""
    estimator = getattr(search, "estimator", None)
    if metric != "score" or estimator is None or getattr(search, "scoring", 0) is not None:
        return metric
    if is_classifier(estimator):
        return "accuracy"
    return "r2" if is_regressor(estimator) else metric
