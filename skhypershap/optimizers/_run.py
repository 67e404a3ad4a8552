"""What all optimizers do: check what they are told, and ask the objective."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from numbers import Integral
from typing import Any

import numpy as np
from ConfigSpace import ConfigurationSpace

from skhypershap.space.encoding import Config

Objective = Callable[[Sequence[Mapping[str, Any]]], np.ndarray]
Optimizer = Callable[[Objective, ConfigurationSpace, int, int], Mapping[str, Any]]


def check_run(n_trials: Any, random_state: Any) -> None:
    """Refuse anything but a positive number of trials and a seed."""
    for name, value, least in (("n_trials", n_trials, 1), ("random_state", random_state, 0)):
        if not isinstance(value, Integral) or isinstance(value, bool) or value < least:
            raise ValueError(f"{name} must be an integer of at least {least}; got {value!r}.")


def defaults_of(space: ConfigurationSpace) -> np.ndarray:
    """Filled vector of the defaults."""
    return np.array([item.to_vector(item.default_value) for item in space.values()], dtype=float)


def gains_of(objective: Objective, configs: Sequence[Config]) -> np.ndarray:
    """Gains of configurations; what has none is as bad as what is forbidden."""
    gains = np.asarray(objective(configs), dtype=float)
    if gains.shape != (len(configs),):
        raise ValueError(
            f"objective must return a gain for each of {len(configs)} configurations; got an array of "
            f"shape {gains.shape}."
        )
    return np.where(np.isnan(gains), -np.inf, gains)
