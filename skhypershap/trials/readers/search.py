"""Trials from a scikit-learn search, or from an object shaped like one (with `cv_results_`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ConfigSpace import ConfigurationSpace

from skhypershap._compat import class_names
from skhypershap.arrays import floats_of
from skhypershap.trials.cv_results import (
    TIMES,
    check_metric,
    column_of,
    metric_names,
    resources,
    trial_params,
    trial_rows,
)
from skhypershap.trials.failure_metric import own_or
from skhypershap.trials.fold_errors import fold_errors
from skhypershap.trials.inferred_space import space_inferred, space_without_default
from skhypershap.trials.records import Checked, Records
from skhypershap.trials.search_space import MISSING, EstimatorDefaults
from skhypershap.trials.searches import check_ran, space_attribute, space_of_search, untuned


def metric_of_failures(search: Any) -> str | int | None:
    """See `Reader`; of several metrics the first, since all fail together."""
    names = metric_names(search)
    return own_or(names, names[0] if len(names) > 1 else None)


def metrics(search: Any) -> list[str]:
    """See `Reader`."""
    return metric_names(search)


def check(search: Any, *, space: Any = None, metric: str | int | None = None) -> Checked:
    """Refuse before hours of search what `read` would refuse after them; see `Reader`."""
    if _is_no_search(search):
        raise TypeError(
            f"{type(search).__name__} is not a search: it has no search space. Wrap it in one, such as "
            "RandomizedSearchCV; in a Pipeline the explainer, around a search, is the last step."
        )
    built = space_of_search(search, space)
    check_metric(search, metric)
    return Checked(metric, built, space, details=untuned(search))


def _is_no_search(search: Any) -> bool:
    """Whether an estimator will never have the results of a search.

    Some meta-estimators have an estimator, too, and RFECV even has `cv_results_`.
    """
    names = class_names(search)
    if names[0].startswith("skhypershap."):
        return True
    if space_attribute(search) is not None or "params" in getattr(search, "cv_results_", ()):
        return False
    of_sklearn = [name for name in names if name.startswith("sklearn.")]
    bases = ("sklearn.base.", "sklearn.utils.", "sklearn.model_selection._search.")
    if not all(name.startswith(bases) for name in of_sklearn):
        return True
    if hasattr(search, "cv_results_"):
        return False
    return not hasattr(search, "estimator") or not _may_have_results(type(search))


def _may_have_results(cls: type) -> bool:
    """Whether a class mentions `cv_results_` anywhere, or takes attributes from elsewhere."""
    members = [member for base in cls.__mro__ for member in vars(base).items()]
    codes = [getattr(getattr(value, "fget", value), "__code__", None) for _, value in members]
    mentioned = {name for code in codes if code for name in (*code.co_names, *code.co_consts)}
    return bool({"cv_results_", "__getattr__"} & ({name for name, _ in members} | mentioned))


def read(search: Any, checked: Checked, *, direction: str | None = None) -> Records:
    """See `Reader`; the details are the defaults of the estimator, None if they are lost."""
    check_ran(search, "cv_results_")
    name, column = column_of(search, checked.metric)
    rows = trial_rows(search)
    params = configs = trial_params(search, rows)
    defaults: EstimatorDefaults | None = checked.details
    space = checked.space
    if space is None:
        space = (space_without_default if defaults is None else space_inferred)(params)
    else:
        runs = defaults or EstimatorDefaults(getattr(search, "estimator", None))
        configs = [_complete(config, runs, space) for config in params]
    lower = name in TIMES or getattr(search, "criteria", None) == "min"  # sklearn-genetic-opt
    resource = resources(search)
    errors = fold_errors(search.cv_results_, column, resource)
    return Records(
        space=space,
        configs=configs,
        scores=floats_of(search.cv_results_[column])[rows],
        metric=name,
        direction=direction or ("minimize" if lower else "maximize"),
        default=None if defaults is None else defaults.of_all(space, params),
        fidelity=None if resource is None else resource[rows],
        unknown=checked.space is None,
        standard_errors=None if errors is None else errors[rows],
    )


def _complete(
    params: Mapping[str, Any], defaults: EstimatorDefaults, space: ConfigurationSpace
) -> dict[str, Any]:
    """One trial's configuration: what it set, and the estimator's value for the rest."""
    rest = {name: defaults.under(params, name) for name in space if name not in params}
    return {**params, **{name: value for name, value in rest.items() if value is not MISSING}}
