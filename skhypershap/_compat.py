"""Every name of another library that is not public, in one place."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils._param_validation import HasMethods, Interval, RealNotInt, StrOptions

__all__ = ["HasMethods", "Interval", "StrOptions", "float_is_share", "histogram_trees"]


def histogram_trees(model: Any) -> tuple[list[np.ndarray], float] | None:
    """Node tables and offset of a HistGradientBoostingRegressor, None if they cannot be added up.

    A model with native categories, or with a link other than the identity, cannot.
    """
    if model.loss not in ("squared_error", "absolute_error", "quantile"):
        return None
    trees = [tree.nodes for iteration in model._predictors for tree in iteration]
    if any(nodes["is_categorical"].any() for nodes in trees):
        return None
    return trees, float(np.ravel(model._baseline_prediction)[0])


def float_is_share(estimator: Any, name: str) -> bool:
    """Whether scikit-learn reads 1.0 as "all" and 1 as "one", as it does for max_features."""
    *path, last = name.split("__")
    owner = estimator.get_params().get("__".join(path)) if path else estimator
    constraints = getattr(owner, "_parameter_constraints", {}).get(last, [])
    return isinstance(constraints, list) and any(
        isinstance(constraint, Interval) and constraint.type is RealNotInt
        for constraint in constraints
    )
