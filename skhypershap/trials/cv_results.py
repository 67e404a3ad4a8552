"""The keys of `cv_results_`: metrics, resources and rows of a search that has run."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np

from skhypershap.arrays import floats_of
from skhypershap.errors import shown, unknown_name
from skhypershap.space.value_keys import value_key
from skhypershap.trials.metric_names import by_position

TIMES = ("fit_time", "score_time", "partial_fit_time")
RESOURCE = "n_resources"  # of scikit-learn's halving searches
RESOURCES = (RESOURCE, "partial_fit_calls")  # and of dask-ml's
MEAN, STD = "mean_", "std_"
TEST = f"{MEAN}test_"


def check_metric(search: Any, metric: str | int | None) -> None:
    """Refuse a metric that a search, fitted or not, will not have."""
    scoring = getattr(search, "scoring", None)
    times = ("partial_fit_time", "score_time") if hasattr(search, "parameters") else TIMES[:2]
    if not hasattr(search, "scoring") and hasattr(search, "cv_results_"):
        column_of(search, metric)
    elif isinstance(scoring, (list, tuple, set, dict)):
        metric_name(search, metric, list(scoring), times)
    elif scoring is None or isinstance(scoring, str):
        metric_name(search, metric, ["score"], times)


def metric_names(search: Any) -> list[str]:
    """Names of the scores of a search, fitted or not, as far as they are known."""
    results = getattr(search, "cv_results_", None)
    if results is not None:
        return [key.removeprefix(TEST) for key in results if key.startswith(TEST)]
    scoring = getattr(search, "scoring", None)
    return list(scoring) if isinstance(scoring, (list, tuple, set, dict)) else []


def column_of(search: Any, metric: str | int | None) -> tuple[str, str]:
    """Name of the metric to explain, and the key of its column in the results."""
    results = search.cv_results_
    if not isinstance(results, Mapping):
        raise TypeError(f"cv_results_ must be a dict of columns; got {type(results).__name__}.")
    columns = {key.removeprefix(TEST): key for key in results if key.startswith(TEST)}
    if not columns and "test_score" in results:  # dask-ml's incremental searches have one fold only
        columns = {"score": "test_score"}
    times = [time for time in TIMES if f"{MEAN}{time}" in results]
    if not columns and metric not in times:
        raise ValueError(
            f"cv_results_ has no scores: no key begins with {TEST} among "
            f"{', '.join(results) or 'none, since it is empty'}."
        )
    name = metric_name(search, metric, list(columns), times)
    if name in times:
        return name, f"{MEAN}{name}"
    return name, columns[name] if name in columns else columns["score"]


def metric_name(
    search: Any, metric: str | int | None, names: Sequence[str], times: Sequence[str]
) -> str:
    """Name of the metric to explain, or an error that lists those that are there."""
    metric = by_position(metric, names)
    if metric in times:
        return str(metric)
    if names == ["score"]:
        scoring = getattr(search, "scoring", None)
        scorer = scoring if isinstance(scoring, str) else "score"
        if metric not in (None, "score", scorer):
            raise unknown_name("metric", metric, dict.fromkeys([scorer, "score", *times]))
        return scorer
    refit = getattr(search, "refit", None)
    if metric is None and isinstance(refit, str) and refit in names:
        return refit
    if metric is None and len(names) == 1:
        return names[0]
    if metric is None:
        raise ValueError(
            f"The search has several metrics ({', '.join(map(repr, names))}), and its refit names none "
            "of them; choose one with metric=."
        )
    if metric not in names:
        raise unknown_name("metric", metric, [*names, *times])
    return str(metric)


def mean_and_std(search: Any, metric: str | int | None) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of a metric over the folds, both of shape (n_rows,)."""
    _, column = column_of(search, metric)
    keys = column, column.replace(MEAN, STD, 1)
    mean, std = (floats_of(search.cv_results_[key]) for key in keys)
    return mean, std


def trial_rows(search: Any) -> list[int]:
    """Rows of the results that are trials of their own.

    sklearn-genetic-opt has a row, too, for each configuration that it looked up in its cache.
    """
    results = search.cv_results_
    if "params" not in results:
        raise ValueError(
            f"cv_results_ of {type(search).__name__} has no 'params', so its configurations are not "
            "known."
        )
    n_rows = len(results["params"])
    for row, params in enumerate(results["params"]):
        if not isinstance(params, Mapping):
            raise TypeError(
                f"cv_results_['params'] must hold dicts; row {row} has {shown(params)}."
            )
    lengths = {key: len(results[key]) for key in results if key.startswith(MEAN)}
    others = {key: length for key, length in lengths.items() if length != n_rows}
    if others:
        raise ValueError(
            f"cv_results_ has {n_rows} configurations in 'params', and columns of another length: "
            f"{', '.join(f'{key!r} of {length}' for key, length in others.items())}."
        )
    rows = range(n_rows)
    if not getattr(search, "use_cache", False):
        return list(rows)
    first: dict[Hashable, int] = {}
    keys = [value_key(dict(params)) for params in results["params"]]
    return [row for row, key in zip(rows, keys, strict=True) if first.setdefault(key, row) == row]


def trial_params(search: Any, rows: Sequence[int]) -> list[dict[str, Any]]:
    """What rows of the results set, without the resource, which a halving search sets itself."""
    results = search.cv_results_
    resource = getattr(search, "resource", None) if RESOURCE in results else None
    return [
        {name: value for name, value in results["params"][row].items() if name != resource}
        for row in rows
    ]


def resources(search: Any) -> np.ndarray | None:
    """The resource of each row, None if all had the same."""
    found = (search.cv_results_[key] for key in RESOURCES if key in search.cv_results_)
    return next(map(np.asarray, found), None)


def largest_resource(search: Any) -> tuple[str, Any] | None:
    """Name and largest value of what a halving search raised; None for any other search.

    The name is `"n_samples"` or that of a parameter.
    """
    results, name = getattr(search, "cv_results_", {}), getattr(search, "resource", None)
    if name is None or RESOURCE not in results:
        return None
    return name, max(np.asarray(results[RESOURCE]).tolist())
