"""The true scores of configurations, by the cross-validation of the search."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.exceptions import FitFailedWarning
from sklearn.model_selection import GridSearchCV, check_cv
from sklearn.utils import check_consistent_length

from skhypershap.errors import TrialsWarning, shown, warn
from skhypershap.space.value_keys import value_key
from skhypershap.trials import largest_resource, mean_and_std, unwrap
from skhypershap.trials.cv_results import metric_names
from skhypershap.trials.failure_metric import FAILED


def measured(
    search: Any,
    configs: Sequence[Mapping[str, Any]],
    X: Any,
    y: Any = None,
    metric: str | None = None,
    *,
    cv: Any = None,
    **fit_params: Any,
) -> tuple[np.ndarray, np.ndarray]:
    """Evaluate configurations as a search does, all of them on the same splits.

    If the trials of the search had different resources, the largest is used: all samples, or the largest
    value of the parameter that a halving search raised.

    Parameters
    ----------
    search : estimator
        With `estimator` and `cv`, and perhaps `scoring`, `n_jobs` and `error_score`. Nothing else of it
        is used, and nothing is changed.
    configs : sequence of mapping
        n_configs of them; parameters that they lack have the values of the estimator.
    X, y : array-like
        Data, as for the search.
    metric : str, optional
        As for `HyperSHAPExplainer`: a scorer's name, `"fit_time"` or `"score_time"`.
    cv : int, splitter or iterable, optional
        Other splits than the search's own.
    **fit_params : dict
        For the search's own fit, such as `groups` or `sample_weight`.

    Returns
    -------
    mean, std : ndarray of shape (n_configs,)
        Over the folds, in units of the metric; NaN where a fit failed.

    Raises
    ------
    ValueError
        If there is no search, it has no cross-validation, the metric is unknown, or every fit failed.

    See Also
    --------
    skhypershap.HyperSHAPExplainer.verify : The same beside the predictions of the surrogate.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import GridSearchCV
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from skhypershap.advice.verification import measured
    >>> search = GridSearchCV(DecisionTreeClassifier(random_state=0), {"max_depth": [1, 2, 3]})
    >>> mean, std = measured(search, [{"max_depth": 1}, {"max_depth": 3}], *load_iris(return_X_y=True))
    >>> mean.round(3)
    array([0.667, 0.96 ])
    """
    search = unwrap(search)
    check_can_evaluate(search, cv)
    if is_failure(search, metric):
        mean, _ = measured(search, configs, X, y, scored_metric(search), cv=cv, **fit_params)
        return (~np.isfinite(mean)).astype(float), np.zeros(len(mean))
    if not len(configs):
        raise ValueError("configs is empty, so there is nothing to evaluate; give at least one.")
    check_data(X, y)
    if cv is not None:
        cv = checked_cv(cv, search, X, y, fit_params.get("groups"))
    resource = _largest_resource(search, X)
    keys = [value_key(dict(config)) for config in configs]
    distinct = dict(zip(keys, configs, strict=True))
    mean, std = cross_validated(
        search,
        [{**config, **resource} for config in distinct.values()],
        (X, y),
        metric,
        fit_params,
        cv=search.cv if cv is None else cv,
        error_score=getattr(search, "error_score", np.nan),
    )
    rows = [list(distinct).index(key) for key in keys]
    mean, std = mean[rows], std[rows]
    n_failed = int((~np.isfinite(mean)).sum())
    if n_failed:
        warn(
            f"{n_failed} of {len(configs)} configurations could not be evaluated: a fit or a score "
            "failed in at least one fold. A search with error_score='raise' shows why.",
            TrialsWarning,
        )
    return mean, std


def cross_validated(
    search: Any,
    configs: Sequence[Mapping[str, Any]],
    data: tuple[Any, Any],
    metric: str | None,
    fit_params: Mapping[str, Any],
    *,
    cv: Any,
    error_score: Any,
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation over the folds, both of shape (n_configs,), without a warning."""
    grid = GridSearchCV(
        search.estimator,
        [{name: [value] for name, value in config.items()} for config in configs],
        scoring=getattr(search, "scoring", None),
        cv=copy.deepcopy(cv),  # splitting advances a RandomState
        n_jobs=getattr(search, "n_jobs", None),
        error_score=error_score,
        refit=False,
    )
    with warnings.catch_warnings():
        # The caller's warning replaces both.
        warnings.simplefilter("ignore", FitFailedWarning)
        warnings.filterwarnings("ignore", "One or more of the test scores are non-finite")
        grid.fit(*data, **fit_params)
    return mean_and_std(grid, metric)


def check_data(X: Any, y: Any) -> None:
    """Raise a ValueError for data that are none, or of different lengths."""
    if X is None:
        raise ValueError("X is None; pass the data on which configurations are evaluated.")
    try:
        check_consistent_length(X, y)
    except (TypeError, ValueError) as error:
        raise ValueError(f"X and y must be data of the same length, as for fit: {error}") from error


def checked_cv(cv: Any, search: Any, X: Any, y: Any, groups: Any = None) -> Any:
    """A splitter of what a user passed as `cv=`; it has split the data once.

    Raises
    ------
    ValueError
        If it cannot split them.
    """
    try:
        splitter = check_cv(cv, y, classifier=is_classifier(search.estimator))
        train, test = next(iter(copy.deepcopy(splitter).split(X, y, groups)))
        len(train), len(test)  # a number has no length
    except Exception as error:
        reason = "it has no split" if isinstance(error, StopIteration) else error
        raise ValueError(
            "cv must be an integer, a splitter or a list of pairs of positions (train, test), as for "
            f"GridSearchCV; got {shown(cv)}: {reason}"
        ) from error
    return splitter


def is_failure(search: Any, metric: str | None) -> bool:
    """Whether a metric is failure itself, and not one of the search of that name."""
    return metric == FAILED and FAILED not in metric_names(search)


def scored_metric(search: Any) -> str | None:
    """A metric whose scores are missing where a fit fails."""
    names = metric_names(search)
    return names[0] if len(names) > 1 else None


def check_can_evaluate(search: Any, cv: Any = None) -> None:
    """Raise a ValueError for anything but a search with an estimator and splits to use again."""
    for attribute in ("estimator", "cv") if cv is None else ("estimator",):
        if not hasattr(search, attribute):
            raise ValueError(
                f"Only a search with estimator and cv can evaluate configurations; this "
                f"{type(search).__name__} has no {attribute}. Evaluate them as the trials were, or wrap "
                "your estimator in a search of scikit-learn."
            )
    if cv is None and isinstance(search.cv, Iterator):
        raise ValueError(
            f"cv of this {type(search).__name__} is an iterator, which can be used only once. "
            "Make the search with a list of splits: cv=list(splits)."
        )


def _largest_resource(search: Any, X: Any) -> dict[str, Any]:
    """The parameter that a halving search raises, at the largest value that ran."""
    found = largest_resource(search)
    if found is None:
        return {}
    resource, largest = found
    if resource != "n_samples":
        return {resource: largest}
    n_samples = X.shape[0] if hasattr(X, "shape") else len(X)
    if largest < n_samples:
        warn(
            f"The trials had at most {largest} samples, and the measured scores are from all "
            f"{n_samples}: expect them to differ from the predicted ones.",
            TrialsWarning,
        )
    return {}
