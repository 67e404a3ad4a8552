"""What two values have in common: a key that is equal where they mean the same, and what is a number."""

from __future__ import annotations

import functools
import math
import numbers
from collections.abc import Hashable
from typing import Any

import numpy as np


def is_number(value: Any) -> bool:
    """Whether a value is a real number, infinity included; bools and NaN are not.

    Neither is an integer that no float can hold.
    """
    if isinstance(value, float):
        return not math.isnan(value)
    if not isinstance(value, numbers.Real) or isinstance(value, (bool, np.bool_)):
        return False
    try:
        return not math.isnan(value)
    except OverflowError:
        return False


def value_key(value: Any) -> Hashable:
    """Key that is equal for two values that mean the same: 1 and np.int64(1), but not 1 and 1.0.

    scikit-learn may read one as a count and the other as a fraction, as for max_features. Estimators
    are equal if their class and parameters are.

    Examples
    --------
    >>> import numpy as np
    >>> from skhypershap.space.value_keys import value_key
    >>> value_key(1) == value_key(np.int64(1)), value_key(1) == value_key(1.0)
    (True, False)
    """
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, (bool, int, float)):
        return (type(value).__name__, "nan" if value != value else value)
    if isinstance(value, (set, frozenset)):
        return ("set", frozenset(value_key(item) for item in value))
    if isinstance(value, (list, tuple)):
        return (type(value).__name__, tuple(value_key(item) for item in value))
    if isinstance(value, np.ndarray):
        return ("array", value.shape, tuple(value_key(item) for item in value.ravel()))
    if isinstance(value, dict):
        return ("dict", frozenset((key, value_key(item)) for key, item in value.items()))
    if hasattr(value, "get_params") and not isinstance(value, type):
        parameters = value.get_params(deep=False)
        return (type(value), tuple((name, value_key(parameters[name])) for name in parameters))
    if isinstance(value, functools.partial):
        return ("partial", value_key((value.func, value.args, value.keywords)))
    return _object_key(value)


def _object_key(value: Any) -> Hashable:
    """Key of anything else: the value itself, or its attributes where `==` compares identities.

    A search clones its estimator and its space separately, so a copy must have an equal key.
    """
    by_identity = getattr(type(value), "__eq__", None) is object.__eq__
    if (
        by_identity
        and not isinstance(value, type)
        and not callable(value)
        and hasattr(value, "__dict__")
    ):
        try:
            return (type(value), value_key(vars(value)))
        except RecursionError:
            return ("object", id(value))
    try:
        hash(value)
    except TypeError:
        return ("object", id(value))
    return (type(value), value)
