"""Private parts of other libraries, and libraries that are not always installed.

Faults of other libraries are worked around in `skhypershap.library_faults`.
"""

from __future__ import annotations

import importlib
from importlib.util import find_spec
from types import ModuleType
from typing import Any

import numpy as np
from sklearn.utils._param_validation import Interval, RealNotInt, StrOptions

__all__ = [
    "Interval",
    "StrOptions",
    "class_names",
    "float_is_fraction",
    "histogram_trees",
    "optional",
    "optuna_database",
    "tuner_objective",
]


def histogram_trees(model: Any) -> tuple[list[np.ndarray], float] | None:
    """Node tables and offset of a HistGradientBoostingRegressor; None if trees do not add up.

    They do not with native categories, or with a link other than the identity.
    """
    if model.loss not in ("squared_error", "absolute_error", "quantile"):
        return None
    trees = [tree.nodes for iteration in model._predictors for tree in iteration]
    if any(nodes["is_categorical"].any() for nodes in trees):
        return None
    return trees, float(np.ravel(model._baseline_prediction)[0])


def float_is_fraction(estimator: Any, name: str) -> bool:
    """Whether scikit-learn reads 1.0 as a fraction and 1 as a count, as it does for max_features."""
    *path, last = name.split("__")
    owner = estimator.get_params().get("__".join(path)) if path else estimator
    constraints = getattr(owner, "_parameter_constraints", {}).get(last, [])
    return isinstance(constraints, list) and any(
        isinstance(constraint, Interval) and constraint.type is RealNotInt
        for constraint in constraints
    )


def class_names(obj: Any) -> list[str]:
    """Full names of the class of an object and its bases, to identify it without its library."""
    return [f"{base.__module__}.{base.__qualname__}" for base in type(obj).__mro__]


def optional(module: str, extra: str) -> ModuleType:
    """Import a module of an optional library.

    Raises
    ------
    ImportError
        If it is not installed, or does not run with what else is installed; the message names the
        extra that installs it.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        library = module.split(".")[0]
        missing = find_spec(library) is None
        why = "is not installed" if missing else f"is installed, but cannot be imported ({error})"
        raise ImportError(
            f'This needs {library}, which {why}: pip install "skhypershap[{extra}]".'
        ) from error


def optuna_database(study: Any) -> tuple[Any, int, ModuleType]:
    """Engine, id and tables of an Optuna study that is in a database; AttributeError for another one."""
    engine = study._storage._backend.engine
    return engine, study._study_id, importlib.import_module("optuna.storages._rdb.models")


def tuner_objective(grid: Any) -> tuple[str | None, str | None]:
    """Metric and mode in the TuneConfig of a Ray Tune ResultGrid; None where it has none."""
    analysis = getattr(grid, "_experiment_analysis", None)
    return getattr(analysis, "default_metric", None), getattr(analysis, "default_mode", None)
