"""What all optimizers share: their types, the checks of their arguments, and the objective's gains."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from numbers import Integral
from typing import Any

import numpy as np
from ConfigSpace import ConfigurationSpace
from numpy.typing import ArrayLike

from skhypershap.arrays import Scores, Vector
from skhypershap.space.encoding import Config

Objective = Callable[[Sequence[Mapping[str, Any]]], ArrayLike]
"""From n configurations to their gains, of shape (n,): larger is better, -inf is forbidden."""

Optimizer = Callable[[Objective, ConfigurationSpace, int, int], Mapping[str, Any]]
"""`(objective, space, n_trials, random_state) -> configuration`."""


def check_run(n_trials: Any, random_state: Any) -> None:
    """Raise a ValueError unless there is a positive number of trials and a seed."""
    for name, value, least in (("n_trials", n_trials, 1), ("random_state", random_state, 0)):
        if not isinstance(value, Integral) or isinstance(value, bool) or int(value) < least:
            raise ValueError(f"{name} must be an integer of at least {least}; got {value!r}.")


def is_optimizer(given: Any) -> bool:
    """Whether this can be called as an optimizer; a class is not an optimizer."""
    return callable(given) and not isinstance(given, type)


def default_vector(space: ConfigurationSpace) -> Vector:
    """Vector of shape (n_columns,) of all defaults, those of inactive hyperparameters included."""
    return np.array([item.to_vector(item.default_value) for item in space.values()], dtype=float)


def gains_of(objective: Objective, configs: Sequence[Config]) -> Scores:
    """Gains of shape (n_configs,); NaN becomes -inf, as if the configuration were forbidden."""
    gains = np.asarray(objective(configs), dtype=float)
    if gains.shape != (len(configs),):
        raise ValueError(
            f"objective must return a gain for each of {len(configs)} configurations; got an array of "
            f"shape {gains.shape}."
        )
    return np.where(np.isnan(gains), -np.inf, gains)
