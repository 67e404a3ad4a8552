"""Trials from a scikit-learn search: the one place that knows `cv_results_` and its keys."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import numpy as np
from ConfigSpace import ConfigurationSpace
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator

from skhypershap._compat import float_is_share
from skhypershap.distributions import space_from_entries
from skhypershap.errors import unknown_name
from skhypershap.space import as_own, check_supported, encode
from skhypershap.trials._trials import Trials, finished_trials

SPACE_ATTRIBUTES = ("param_grid", "param_distributions")
TIMES = ("fit_time", "score_time")
MISSING = object()


def check(search: Any, *, space: Any = None, metric: str | None = None) -> ConfigurationSpace:
    """Refuse before hours of search what `read` would refuse after them, and give the space."""
    search = unwrap(search)
    own_space = _space_of(search, space)
    if "resource" in search.get_params(deep=False):
        raise NotImplementedError(
            f"{type(search).__name__} scores its candidates at several resources (fidelities), which "
            "is not supported yet. Explain a GridSearchCV or RandomizedSearchCV."
        )
    scoring = getattr(search, "scoring", None)
    if isinstance(scoring, (list, tuple, set, dict)):
        _metric_name(search, metric, list(scoring), multiple=True)
    elif scoring is None or isinstance(scoring, str):
        _metric_name(search, metric, [], multiple=False)
    return own_space


def read(
    search: Any,
    *,
    configs: Any = None,
    scores: Any = None,
    fidelity: Any = None,
    space: Any = None,
    metric: str | None = None,
    direction: str | None = None,
) -> Trials:
    """See `read_trials`."""
    if configs is not None or scores is not None or fidelity is not None:
        raise ValueError(
            "configs, scores and fidelity are for a ConfigurationSpace, not for a search."
        )
    search = unwrap(search)
    own_space = check(search, space=space, metric=metric)
    if not hasattr(search, "cv_results_"):
        raise NotFittedError(
            f"This {type(search).__name__} is not fitted and there is no data to fit it on: call "
            "fit(X, y), or fit the search first."
        )
    results = search.cv_results_
    if len(np.unique(results.get("n_resources", [0]))) > 1:
        raise NotImplementedError("Trials at several resources are not supported yet.")

    names = [key[len("mean_test_") :] for key in results if key.startswith("mean_test_")]
    if not names and metric not in TIMES:
        raise ValueError(
            f"cv_results_ has no scores: no key begins with mean_test_ among {', '.join(results)}."
        )
    multiple = names != ["score"]
    name = _metric_name(search, metric, names, multiple=multiple)
    column = f"mean_{name}" if name in TIMES else f"mean_test_{name if multiple else 'score'}"

    configs = [_complete(search, params, own_space) for params in results["params"]]
    encode(own_space, configs)
    return finished_trials(
        own_space,
        as_own(own_space, configs),
        np.asarray(results[column], dtype=float),
        metric=name,
        direction=direction or ("minimize" if name in TIMES else "maximize"),
        default=_default_config(search, own_space),
    )


def is_frozen(search: Any) -> bool:
    """Whether a search must stay as it is, whatever data comes."""
    return isinstance(search, FrozenEstimator)


def unwrap(search: Any) -> Any:
    """Look inside a FrozenEstimator."""
    while is_frozen(search):
        search = search.estimator
    return search


def _metric_name(search: Any, metric: str | None, names: list[str], *, multiple: bool) -> str:
    """Name of the metric to explain, or an error that lists those that are there."""
    if metric in TIMES:
        return str(metric)
    if multiple:
        refit = getattr(search, "refit", None)
        if metric is None and isinstance(refit, str) and refit in names:
            return refit
        if metric is None:
            raise ValueError(
                f"The search has several metrics ({', '.join(map(repr, names))}) and does not say by "
                "name which one it optimises; choose one with metric=."
            )
        if metric not in names:
            raise unknown_name("metric", metric, [*names, *TIMES])
        return metric
    scoring = getattr(search, "scoring", None)
    own_name = scoring if isinstance(scoring, str) else "score"
    if metric not in (None, "score", own_name):
        raise unknown_name("metric", metric, dict.fromkeys([own_name, "score", *TIMES]))
    return own_name


def _space_of(search: Any, space: Any) -> ConfigurationSpace:
    """Build the space of a search, or the one that the user gave for it."""
    if space is None:
        for attribute in SPACE_ATTRIBUTES:
            space = getattr(search, attribute, None)
            if space is not None:
                break
        else:
            raise TypeError(
                f"Cannot find the search space of {type(search).__name__}: it has none of "
                f"{', '.join(SPACE_ATTRIBUTES)}. Give it with space=, as for RandomizedSearchCV."
            )
    if isinstance(space, ConfigurationSpace):
        space = deepcopy(space)
    else:
        entries = _entries(search, space)
        shares = [name for name in entries if float_is_share(search.estimator, name)]
        space = space_from_entries(entries, shares)
    check_supported(space)
    return space


def _entries(search: Any, space: Any) -> dict[str, list[Any]]:
    """Collect for each hyperparameter where its values come from, over all dicts of the space."""
    dicts = [space] if isinstance(space, Mapping) else space
    if (
        not isinstance(dicts, (list, tuple))
        or not dicts
        or not all(isinstance(entry, Mapping) for entry in dicts)
    ):
        raise TypeError(
            "The search space must be a ConfigurationSpace, or a dict or a list of dicts as for "
            f"RandomizedSearchCV; got {type(space).__name__}."
        )
    entries: dict[str, list[Any]] = {name: [] for entry in dicts for name in entry}
    for name, sources in entries.items():
        for entry in dicts:
            sources.append(entry[name] if name in entry else _own_values(search, name, entry))
    return entries


def _own_values(search: Any, name: str, entry: Mapping[str, Any]) -> list[Any]:
    """What a hyperparameter runs at under a dict that lacks it: the estimator's own value."""
    swapped = _swapped_part(name, entry)
    choices = [{}] if swapped is None else [{swapped: value} for value in entry[swapped]]
    values = [_own_value(search.estimator, name, params) for params in choices]
    if any(value is MISSING for value in values):
        raise NotImplementedError(
            f"{name!r} exists only under some dicts of the search space (where {swapped or 'it'!r} is "
            "another estimator). Such conditional hyperparameters are not supported yet; explain one "
            "search per estimator."
        )
    return values


def _swapped_part(name: str, params: Mapping[str, Any]) -> str | None:
    """The innermost estimator around a hyperparameter that the configuration itself sets."""
    around = [other for other in params if name.startswith(f"{other}__")]
    return max(around, key=len, default=None)


def _own_value(estimator: Any, name: str, params: Mapping[str, Any]) -> Any:
    """Value that a hyperparameter has before the search sets it, MISSING if it has none."""
    swapped = _swapped_part(name, params)
    if swapped is not None:
        estimator, name = params[swapped], name[len(swapped) + 2 :]
    if not hasattr(estimator, "get_params"):
        return MISSING
    return estimator.get_params(deep=True).get(name, MISSING)


def _complete(search: Any, params: Mapping[str, Any], space: ConfigurationSpace) -> dict[str, Any]:
    """One trial's configuration: what it set, and the estimator's own value for the rest."""
    unknown = [name for name in params if name not in space]
    if unknown:
        raise unknown_name("hyperparameter in the trials:", unknown[0], space)
    config = {
        name: params[name] if name in params else _own_value(search.estimator, name, params)
        for name in space
    }
    absent = [name for name, value in config.items() if value is MISSING]
    if absent:
        raise NotImplementedError(
            f"Some trials have no {absent[0]!r}. Conditional hyperparameters are not supported yet."
        )
    return config


def _default_config(search: Any, space: ConfigurationSpace) -> dict[str, Any]:
    """What the wrapped estimator does untuned, as far as it tells."""
    own = {name: _own_value(search.estimator, name, {}) for name in space}
    return {name: value for name, value in own.items() if value is not MISSING}
