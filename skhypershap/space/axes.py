"""Values and positions of hyperparameters on an axis, in the user's units and types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from ConfigSpace import ConfigurationSpace

from skhypershap.arrays import Floats
from skhypershap.space.domains import Choices, Quantiles, domain_of
from skhypershap.space.encoding import encode

SAME = 1e-9  # numbers of a column that differ by less stand for the same value


class Axis(NamedTuple):
    """Where points lie in one hyperparameter.

    Attributes
    ----------
    name : str
        The hyperparameter.
    values : list
        Its value at each point, as the user types it.
    positions : ndarray of shape (n_points,)
        In [0, 1] on its scale, or the index of a choice.
    """

    name: str
    values: list[Any]
    positions: Floats


def axis_of(
    space: ConfigurationSpace, column: int, numbers: Floats, own: Sequence[Mapping[str, Any]]
) -> Axis:
    """The axis of numbers of one column.

    Parameters
    ----------
    space : ConfigSpace.ConfigurationSpace
        Of the column.
    column : int
        Its position.
    numbers : ndarray of shape (n_points,)
        Legal numbers.
    own : sequence of mapping
        Configurations whose values must not be rounded by the way to a number and back.
    """
    name = space.at[column]
    domain = domain_of(space[name])
    values = domain.decode(numbers)
    exact = [config[name] for config in own if name in config]
    for number, value in zip(domain.encode(exact), domain.own(exact), strict=True):
        for row in np.flatnonzero(np.abs(numbers - number) <= SAME):
            values[row] = value
    return Axis(name, values, numbers)


def own_positions(space: ConfigurationSpace, config: Mapping[str, Any]) -> dict[str, float]:
    """Positions of the values of a configuration, of the hyperparameters that are active in it."""
    vector = encode(space, [config], unknown=True, forbidden=True)[0]
    return {name: float(n) for name, n in zip(space, vector, strict=True) if not np.isnan(n)}


def scale_of(hyperparameter: Any) -> str:
    """On which scale positions are even: "linear", "log", "choices" or "quantiles"."""
    domain = domain_of(hyperparameter)
    if isinstance(domain, Choices):
        return "choices"
    if isinstance(domain, Quantiles):
        return "quantiles"
    return "log" if getattr(hyperparameter, "log", False) else "linear"
