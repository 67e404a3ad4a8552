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
TAIL = 1e-9
# Relative: what a CSV file with some digits, or a distribution's own rounding, may miss a bound by.
BOUND_TOLERANCE = 1e-6
CONSTANT_NUMBER = 1  # what ConfigSpace makes of a Constant's value


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
    """Key under which two values of a list are the same: 1 and np.int64(1) are, 1 and 1.0 are not.

    scikit-learn may mean a count by the one and a share by the other, as for max_features.
    Estimators are the same when their class and parameters are, whatever `==` says of them.
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
    try:
        hash(value)
    except TypeError:
        return ("object", id(value))
    return (type(value), value)


@dataclass(frozen=True)
class Choices:
    """A finite set of values of any type; the number of a value is its position.

    A number matches a choice of another type (2.0 the choice 2) where only one choice equals it.
    """

    values: tuple[Any, ...]
    ordered: bool
    first: int = 0
    positions: dict[Hashable, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        positions: dict[Hashable, int] = {}
        numeric = [value for value in self.values if is_number(value)]
        for position, value in enumerate(self.values, start=self.first):
            positions[value_key(value)] = position
            if is_number(value) and sum(value == other for other in numeric) == 1:
                positions[("equal to", value)] = position
        object.__setattr__(self, "positions", positions)

    def __reduce__(self) -> tuple[Any, ...]:
        # Keys may hold what cannot be pickled (the type of a function), or the id of an object.
        return Choices, (self.values, self.ordered, self.first)

    def encode(self, values: Sequence[Any]) -> np.ndarray:
        """See `Domain`."""
        return np.array([self._position(value) for value in values], dtype=float)

    def _position(self, value: Any) -> float:
        position = self.positions.get(value_key(value))
        if position is None and is_number(value):
            position = self.positions.get(("equal to", value))
        return np.nan if position is None else position

    def decode(self, vector: np.ndarray) -> list[Any]:
        """See `Domain`."""
        return [self.values[position - self.first] for position in np.rint(vector).astype(int)]

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
        legal = _within(array, lower, upper, log=getattr(self.hyperparameter, "log", False))
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
        if self.discrete:
            legal = self.distribution.pmf(np.nan_to_num(array, nan=np.inf)) > 0
        else:
            legal = _within(array, lower, upper, log=False)
        array = np.where(legal, np.clip(array, lower, upper), self.distribution.ppf(0.5))
        vector = np.where(legal, self._vector_of(array), np.nan)
        if not self.extras.values:
            return vector
        # What the distribution has, too, is an extra value only if it is of the same type (1, 1.0).
        exact = [self.extras.positions.get(value_key(value), np.nan) for value in values]
        positions = np.where(legal, exact, self.extras.encode(values))
        cell = self.start / len(self.extras.values)
        return np.where(np.isnan(positions), vector, (positions + 0.5) * cell)

    def _vector_of(self, numbers: np.ndarray) -> np.ndarray:
        """Vector of legal numbers of the distribution."""
        quantiles = self.distribution.cdf(numbers)
        if self.discrete:  # the middle of the step, so that `ppf` leads back to the value
            quantiles = quantiles - self.distribution.pmf(numbers) / 2
        return self.start + (1 - self.start) * quantiles

    def decode(self, vector: np.ndarray) -> list[Any]:
        """See `Domain`."""
        vector = np.asarray(vector, dtype=float)
        # The support may be infinite; then the ends of [0, 1] stand for values almost there.
        quantiles = np.clip((vector - self.start) / (1 - self.start), TAIL, 1 - TAIL)
        values = self.distribution.ppf(quantiles).tolist()
        if self.discrete:
            values = [int(value) if float(value).is_integer() else value for value in values]
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
        clipped = float(min(max(value, lower), upper))
        if self.discrete:  # the steps need not be at whole numbers
            return self.decode(self._vector_of(np.array([clipped])))[0]
        return clipped

    def describe(self) -> str:
        """See `Domain`."""
        lower, upper = self.distribution.support()
        extras = f" or {self.extras.describe()}" if self.extras.values else ""
        return f"a number from {lower} to {upper}{extras}"


def _within(array: np.ndarray, lower: float, upper: float, *, log: bool) -> np.ndarray:
    """Whether numbers lie in an interval, give or take what rounding does; NaN never does."""
    span = upper - lower if math.isfinite(upper - lower) else 0.0
    below, above = (abs(lower), abs(upper)) if log or not span else (span, span)
    return (array >= lower - BOUND_TOLERANCE * below) & (array <= upper + BOUND_TOLERANCE * above)


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
        return Choices((hyperparameter.value,), ordered=False, first=CONSTANT_NUMBER)
    return Numbers(hyperparameter)
