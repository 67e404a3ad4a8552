"""What values one hyperparameter may take, and the number a forest sees for each of them.

`domain_of` gives the domain of any ConfigSpace hyperparameter. Every domain turns values a person
types into numbers (`encode`, NaN where a value is not legal) and back (`decode`). Domains that
ConfigSpace cannot express by itself travel in the `meta` of its hyperparameter, so that a
`ConfigurationSpace` alone is enough to read and write configurations.
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from ConfigSpace.hyperparameters import (
    CategoricalHyperparameter,
    Constant,
    Hyperparameter,
    IntegerHyperparameter,
    OrdinalHyperparameter,
)

META_KEY = "skhypershap"
# Relative: what a CSV file with some digits, or a distribution's own rounding, may miss a bound by.
BOUND_TOLERANCE = 1e-6


class Domain(Protocol):
    """The values of one hyperparameter."""

    def encode(self, values: Sequence[Any]) -> np.ndarray:
        """Numbers of shape (n_values,) that the surrogate sees; NaN where a value is illegal."""

    def decode(self, vector: np.ndarray) -> list[Any]:
        """Values as a person types them; the inverse of `encode`."""

    def nearest(self, value: Any) -> Any | None:
        """The legal value closest to a number; None where nearness means nothing."""

    def describe(self) -> str:
        """What is allowed, for error messages."""

    @property
    def integer(self) -> bool:
        """Whether only whole numbers of an integer type are legal."""


def is_number(value: Any) -> bool:
    """Tell real numbers from bools, NaN and everything else; infinity is a number."""
    return (
        isinstance(value, numbers.Real)
        and not isinstance(value, (bool, np.bool_))
        and not math.isnan(value)
    )


def value_key(value: Any) -> Hashable:
    """Key under which two values are the same to a person: 1 and 1.0 are, True and 1 are not.

    Estimators are the same when their class and parameters are, whatever `==` says of them.
    """
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, bool):
        return ("bool", value)
    if isinstance(value, numbers.Real):
        return ("number", "nan" if math.isnan(value) else value)
    if isinstance(value, (list, tuple)):
        return (type(value).__name__, tuple(value_key(item) for item in value))
    if isinstance(value, np.ndarray):
        return ("array", value.shape, tuple(value_key(item) for item in value.ravel()))
    if isinstance(value, dict):
        return ("dict", frozenset((key, value_key(item)) for key, item in value.items()))
    if hasattr(value, "get_params") and not isinstance(value, type):
        parameters = value.get_params(deep=False)
        return (type(value), tuple((name, value_key(parameters[name])) for name in parameters))
    try:
        hash(value)
    except TypeError:
        return ("object", id(value))
    return (type(value), value)


@dataclass(frozen=True)
class Choices:
    """A finite set of values of any type; the number of a value is its position."""

    values: tuple[Any, ...]
    ordered: bool
    positions: dict[Hashable, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        positions = {value_key(value): position for position, value in enumerate(self.values)}
        object.__setattr__(self, "positions", positions)

    def encode(self, values: Sequence[Any]) -> np.ndarray:
        """See `Domain`."""
        return np.array([self.positions.get(value_key(value), np.nan) for value in values])

    def decode(self, vector: np.ndarray) -> list[Any]:
        """See `Domain`."""
        return [self.values[position] for position in np.rint(vector).astype(int)]

    def nearest(self, value: Any) -> Any | None:
        """See `Domain`; of two equally near values the smaller one."""
        if not self.ordered or not is_number(value):
            return None
        return min(self.values, key=lambda choice: abs(choice - value))

    @property
    def integer(self) -> bool:
        """See `Domain`."""
        return all(isinstance(value, numbers.Integral) for value in self.values)

    def describe(self) -> str:
        """See `Domain`."""
        return f"one of {', '.join(map(repr, self.values))}"


@dataclass(frozen=True)
class Numbers:
    """An interval of floats or integers, as ConfigSpace defines it."""

    hyperparameter: Any

    @property
    def integer(self) -> bool:
        """See `Domain`."""
        return isinstance(self.hyperparameter, IntegerHyperparameter)

    def encode(self, values: Sequence[Any]) -> np.ndarray:
        """See `Domain`."""
        lower, upper = float(self.hyperparameter.lower), float(self.hyperparameter.upper)
        array = np.array([float(value) if is_number(value) else np.nan for value in values])
        legal = array >= lower - BOUND_TOLERANCE * abs(lower)
        legal &= array <= upper + BOUND_TOLERANCE * abs(upper)
        if self.integer:
            legal &= array == np.rint(array)
        vector = self.hyperparameter.to_vector(np.clip(np.where(legal, array, lower), lower, upper))
        return np.where(legal, vector, np.nan)

    def decode(self, vector: np.ndarray) -> list[Any]:
        """See `Domain`."""
        return self.hyperparameter.to_value(np.asarray(vector, dtype=float)).tolist()

    def nearest(self, value: Any) -> Any | None:
        """See `Domain`."""
        if not is_number(value):
            return None
        clipped = min(max(value, self.hyperparameter.lower), self.hyperparameter.upper)
        return round(clipped) if self.integer else float(clipped)

    def describe(self) -> str:
        """See `Domain`."""
        kind = "an integer" if self.integer else "a number"
        return f"{kind} from {self.hyperparameter.lower} to {self.hyperparameter.upper}"


@dataclass(frozen=True)
class Quantiles:
    """Any distribution with `cdf` and `ppf`, seen through its quantiles, after some extra values.

    The extra values (say the `"scale"` that a hyperparameter runs at where a dict of a list of
    dicts lacks it) share the lower end of [0, 1] in equal cells, as does one cell for the
    distribution, which fills the rest.
    """

    extras: Choices
    distribution: Any
    discrete: bool

    @property
    def integer(self) -> bool:
        """See `Domain`."""
        return self.discrete

    @property
    def start(self) -> float:
        """Where the distribution begins on [0, 1]."""
        return len(self.extras.values) / (len(self.extras.values) + 1)

    def encode(self, values: Sequence[Any]) -> np.ndarray:
        """See `Domain`."""
        lower, upper = map(float, self.distribution.support())
        array = np.array([float(value) if is_number(value) else np.nan for value in values])
        legal = array >= lower - BOUND_TOLERANCE * abs(lower)
        legal &= array <= upper + BOUND_TOLERANCE * abs(upper)
        if self.discrete:
            legal &= array == np.rint(array)
        array = np.where(legal, np.clip(array, lower, upper), self.distribution.ppf(0.5))
        quantiles = self.distribution.cdf(array)
        if self.discrete:  # the middle of the step, so that `ppf` leads back to the value
            quantiles = (quantiles + self.distribution.cdf(array - 1)) / 2
        vector = np.where(legal, self.start + (1 - self.start) * quantiles, np.nan)
        if not self.extras.values:
            return vector
        positions = self.extras.encode(values)
        cell = self.start / len(self.extras.values)
        return np.where(np.isnan(positions), vector, (positions + 0.5) * cell)

    def decode(self, vector: np.ndarray) -> list[Any]:
        """See `Domain`."""
        vector = np.asarray(vector, dtype=float)
        # Infinite support: the ends of [0, 1] stand for the last value a float can tell apart.
        quantiles = np.clip((vector - self.start) / (1 - self.start), 1e-12, 1 - 1e-12)
        values = self.distribution.ppf(quantiles)
        values = (values.astype(int) if self.discrete else values).tolist()
        if self.extras.values:
            cell = self.start / len(self.extras.values)
            for row in np.flatnonzero(vector < self.start):
                values[row] = self.extras.values[int(vector[row] / cell)]
        return values

    def nearest(self, value: Any) -> Any | None:
        """See `Domain`."""
        if not is_number(value):
            return None
        lower, upper = self.distribution.support()
        clipped = min(max(value, lower), upper)
        return round(clipped) if self.discrete else float(clipped)

    def describe(self) -> str:
        """See `Domain`."""
        lower, upper = self.distribution.support()
        extras = f" or {self.extras.describe()}" if self.extras.values else ""
        return f"a number from {lower} to {upper}{extras}"


def domain_of(hyperparameter: Hyperparameter) -> Domain:
    """Find the domain of a ConfigSpace hyperparameter, ours (in `meta`) before ConfigSpace's."""
    if hyperparameter.meta and META_KEY in hyperparameter.meta:
        return hyperparameter.meta[META_KEY]
    if isinstance(hyperparameter, CategoricalHyperparameter):
        return Choices(tuple(hyperparameter.choices), ordered=False)
    if isinstance(hyperparameter, OrdinalHyperparameter):
        ordered = all(is_number(value) for value in hyperparameter.sequence)
        return Choices(tuple(hyperparameter.sequence), ordered=ordered)
    if isinstance(hyperparameter, Constant):
        return Choices((hyperparameter.value,), ordered=False)
    return Numbers(hyperparameter)
