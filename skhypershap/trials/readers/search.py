"""Trials from a scikit-learn search, or one shaped like it: the one place that knows `cv_results_`."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
from ConfigSpace import ConfigurationSpace
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from skhypershap._compat import class_names
from skhypershap.errors import unknown_name
from skhypershap.space.distributions import UnreadableError
from skhypershap.space.domains import value_key
from skhypershap.space.encoding import check_supported
from skhypershap.trials.inferred_space import space_given, space_inferred
from skhypershap.trials.search_space import (
    MISSING,
    SPACE_ATTRIBUTES,
    EstimatorDefaults,
    as_dimensions,
    dicts_of,
    space_attribute,
    space_of_dicts,
)
from skhypershap.trials.trials import Trials, trials_of

TIMES = ("fit_time", "score_time", "partial_fit_time")
FIDELITIES = ("n_resources", "partial_fit_calls")  # scikit-learn's halving searches, dask-ml's


def check(
    search: Any, *, space: Any = None, metric: str | None = None
) -> ConfigurationSpace | None:
    """Refuse before hours of search what `read` would refuse after them, and give the space.

    None is for a space that is known only once there are trials.
    """
    if not hasattr(search, "cv_results_") and not hasattr(search, "estimator"):
        raise TypeError(
            f"{type(search).__name__} is no search: it has no search space. Wrap it in one, say "
            "RandomizedSearchCV; in a Pipeline the explainer, around a search, is the last step."
        )
    own_space = _space_of(search, space)
    scoring = getattr(search, "scoring", None)
    times = ("partial_fit_time", "score_time") if hasattr(search, "parameters") else TIMES[:2]
    if not hasattr(search, "scoring") and hasattr(search, "cv_results_"):
        column_of(search, metric)
    elif isinstance(scoring, (list, tuple, set, dict)):
        metric_name(search, metric, list(scoring), times)
    elif scoring is None or isinstance(scoring, str):
        metric_name(search, metric, ["score"], times)
    return own_space


def read(
    search: Any,
    *,
    space: Any = None,
    metric: str | None = None,
    direction: str | None = None,
) -> Trials:
    """See `read_trials`."""
    own_space = check(search, space=space, metric=metric)
    check_ran(search, "cv_results_")
    name, column = column_of(search, metric)
    results = search.cv_results_
    rows = _rows(search)
    # A halving search sets the resource, too, which is no hyperparameter.
    resource = getattr(search, "resource", None) if "n_resources" in results else None
    params = [
        {key: value for key, value in results["params"][row].items() if key != resource}
        for row in rows
    ]
    own = EstimatorDefaults(getattr(search, "estimator", None))
    inferred = own_space is None
    if own_space is None:
        own_space = space_inferred(params)
    lower = name in TIMES or getattr(search, "criteria", None) == "min"  # sklearn-genetic-opt
    fidelity = next((results[key] for key in FIDELITIES if key in results), None)
    return trials_of(
        own_space,
        params if inferred else [_complete(config, own, own_space) for config in params],
        np.asarray(results[column], dtype=float)[rows],
        metric=name,
        direction=direction or ("minimize" if lower else "maximize"),
        default=default_config(search, own_space, params),
        fidelity=None if fidelity is None else np.asarray(fidelity)[rows],
        unknown=inferred,
    )


def check_ran(search: Any, results: str) -> None:
    """Refuse a search without its results."""
    if not hasattr(search, results):
        raise NotFittedError(
            f"This {type(search).__name__} is not fitted and there is no data to fit it on: call "
            "fit(X, y), or fit the search first."
        )


def copy_of(search: Any) -> Any:
    """Make an unfitted copy of a search, also of one that scikit-learn refuses to clone.

    sklearn-genetic-opt changes a parameter in its constructor, which `clone` does not allow.
    """
    try:
        return clone(search)
    except RuntimeError:
        given = search.get_params(deep=False)
        return type(search)(**{name: clone(value, safe=False) for name, value in given.items()})


def default_config(
    search: Any, space: ConfigurationSpace, params: Sequence[Mapping[str, Any]]
) -> dict[str, Any] | None:
    """What the wrapped estimator does untuned, as far as it tells.

    Parameters of an estimator that only the search puts in have that estimator's own values.
    """
    estimator = getattr(search, "estimator", None)
    if estimator is None or estimator is getattr(search, "best_estimator_", None):
        return None  # sklearn-genetic-opt tunes the very estimator it was given
    own, default = EstimatorDefaults(estimator), {}
    for name in space:
        for giver in ({}, *(config for config in params if name in config)):
            value = own.under(giver, name)
            if value is not MISSING:
                default[name] = value
                break
    return default


def _space_of(search: Any, space: Any) -> ConfigurationSpace | None:
    """Build the space of a search, or the one given for it; None where it cannot be read."""
    if isinstance(space, ConfigurationSpace):
        built = space_given(space)
    else:
        known = space_attribute(search) if space is None else space
        if known is None:
            if hasattr(search, "cv_results_") or hasattr(search, "estimator"):
                return None
            raise TypeError(
                f"Cannot find the search space of {type(search).__name__}: it has none of "
                f"{', '.join(SPACE_ATTRIBUTES)}. Give it with space=, as for RandomizedSearchCV."
            )
        dicts = dicts_of(known)
        if space is None and is_of(search, "skopt"):
            dicts = as_dimensions(dicts)
        try:
            built = space_of_dicts(dicts, EstimatorDefaults(getattr(search, "estimator", None)))
        except UnreadableError:
            if space is not None:
                raise
            return None
    check_supported(built)
    return built


def is_of(search: Any, library: str) -> bool:
    """Whether a library has the class of a search, or one of its bases."""
    return any(name.startswith(f"{library}.") for name in class_names(search))


def column_of(search: Any, metric: str | None) -> tuple[str, str]:
    """Name of the metric to explain, and the key of its column in the results."""
    results = search.cv_results_
    columns = {
        key.removeprefix("mean_test_"): key for key in results if key.startswith("mean_test_")
    }
    if not columns and "test_score" in results:  # dask-ml's incremental searches have one fold only
        columns = {"score": "test_score"}
    times = [time for time in TIMES if f"mean_{time}" in results]
    if not columns and metric not in times:
        raise ValueError(
            f"cv_results_ has no scores: no key begins with mean_test_ among {', '.join(results)}."
        )
    name = metric_name(search, metric, list(columns), times)
    if name in times:
        return name, f"mean_{name}"
    return name, columns[name] if name in columns else columns["score"]


def metric_name(search: Any, metric: str | None, names: Sequence[str], times: Sequence[str]) -> str:
    """Name of the metric to explain, or an error that lists those that are there."""
    if metric in times:
        return str(metric)
    if names == ["score"]:
        scoring = getattr(search, "scoring", None)
        own_name = scoring if isinstance(scoring, str) else "score"
        if metric not in (None, "score", own_name):
            raise unknown_name("metric", metric, dict.fromkeys([own_name, "score", *times]))
        return own_name
    refit = getattr(search, "refit", None)
    if metric is None and isinstance(refit, str) and refit in names:
        return refit
    if metric is None and len(names) == 1:
        return names[0]
    if metric is None:
        raise ValueError(
            f"The search has several metrics ({', '.join(map(repr, names))}) and does not say by "
            "name which one it optimises; choose one with metric=."
        )
    if metric not in names:
        raise unknown_name("metric", metric, [*names, *times])
    return metric


def _rows(search: Any) -> list[int]:
    """Positions of the trials in cv_results_: a repetition that was only looked up is none."""
    results = search.cv_results_
    if "params" not in results:
        raise ValueError(
            f"cv_results_ of {type(search).__name__} has no 'params', so nothing says which "
            "configurations ran."
        )
    rows = list(range(len(results["params"])))
    if getattr(search, "use_cache", False):  # sklearn-genetic-opt
        first: dict[Hashable, int] = {}
        keys = [value_key(dict(params)) for params in results["params"]]
        rows = [
            row for row, key in zip(rows, keys, strict=True) if first.setdefault(key, row) == row
        ]
    return rows


def _complete(
    params: Mapping[str, Any], own: EstimatorDefaults, space: ConfigurationSpace
) -> dict[str, Any]:
    """One trial's configuration: what it set, and the estimator's own value for the rest."""
    rest = {name: own.under(params, name) for name in space if name not in params}
    return {**params, **{name: value for name, value in rest.items() if value is not MISSING}}
