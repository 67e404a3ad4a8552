"""The legal values of each column, for line searches on models that are not sums of trees."""

from __future__ import annotations

from typing import Any

import numpy as np
from ConfigSpace import ConfigurationSpace
from ConfigSpace.hyperparameters import UniformFloatHyperparameter

from skhypershap.arrays import Floats
from skhypershap.space.domains import META_KEY, legal_numbers

PROBES = 4097  # places in [0, 1] next to which legal values of a column are listed


def legal_values(space: ConfigurationSpace) -> list[Floats | None]:
    """For each column its legal values, ascending, or None where every number in [0, 1] is legal."""
    return [_values(hyperparameter) for hyperparameter in space.values()]


def _values(hyperparameter: Any) -> Floats | None:
    has_meta = META_KEY in (hyperparameter.meta or {})
    if type(hyperparameter) is UniformFloatHyperparameter and not has_meta:
        return None
    values: Floats = np.unique(legal_numbers(hyperparameter, np.linspace(0, 1, PROBES)))
    return values


def nearest_legal(numbers: Floats, legal: Floats | None) -> Floats:
    """The legal values next to numbers, of the same shape."""
    if legal is None:
        return np.clip(numbers, 0.0, 1.0)
    above = np.searchsorted(legal, numbers).clip(1, max(len(legal) - 1, 1)) % len(legal)
    below = np.maximum(above - 1, 0)
    is_below = numbers - legal[below] <= legal[above] - numbers
    nearest: Floats = np.where(is_below, legal[below], legal[above])
    return nearest
