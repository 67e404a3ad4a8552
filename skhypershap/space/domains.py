"""The values of one hyperparameter, and the number that the surrogate sees for each of them.

`domain_of` returns the domain of a ConfigSpace hyperparameter. A domain turns values as a user types
them into numbers (`encode`, NaN where a value is not legal) and back (`decode`). One that ConfigSpace
cannot express is kept in the `meta` of the hyperparameter, so that a `ConfigurationSpace` alone is
enough to read and write configurations.
"""

from __future__ import annotations

import contextlib
import functools
import math
import numbers
import statistics
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

import numpy as np
from ConfigSpace.hyperparameters import (
    CategoricalHyperparameter,
    Constant,
    IntegerHyperparameter,
    OrdinalHyperparameter,
)
from ConfigSpace.hyperparameters import Hyperparameter as _Hyperparameter

from skhypershap.space.value_keys import is_number, value_key

Hyperparameter: TypeAlias = _Hyperparameter[Any, Any]  # of any type of values

META_KEY = "skhypershap"
EXACT_KEY = "skhypershap-exact"
TAIL = 1e-9
# Relative tolerance at a bound, for numbers from a CSV file and for the rounding of a distribution.
BOUND_TOLERANCE = 1e-6
UNCHANGING = (str, bytes, int, float, type(None))
HASHED = {str, bool, int, float, type(None)}  # types of values that a dict finds
MANY_VALUES = 64  # from here on, equal ones are looked up together
MOST_SHOWN = 10  # choices in a message
MANY_NUMBERS = 1 << 12  # up to this many values, all are enumerated
CONSTANT_NUMBER = 1  # the number of a Constant's value in ConfigSpace


class Domain(Protocol):
    """The values of one hyperparameter.

    One with `exact` never reads an int as a float, nor the other way round: where scikit-learn reads
    1 as a count and 1.0 as a fraction (max_features), they are different values.
    """

    def encode(self, values: Sequence[Any]) -> np.ndarray:
        """Numbers of shape (n_values,) that the surrogate sees; NaN where a value is illegal."""

    def decode(self, vector: np.ndarray) -> list[Any]:
        """Values as a user types them; the inverse of `encode`."""

    def own(self, values: Sequence[Any]) -> list[Any]:
        """Legal values with the types of the space: the choice 2 where 2.0 came from a table."""

    def nearest(self, value: Any) -> Any | None:
        """The legal value closest to a number; None where values have no distance."""

    def median(self, values: Sequence[Any]) -> Any | None:
        """A legal value in the middle of legal values; None where they have no order."""

    def describe(self) -> str:
        """What is allowed, for error messages."""


@dataclass(frozen=True)
class Choices:
    """A finite set of values of any type; the number of a value is its position.

    Unless `exact`, a number matches a choice of another type (2.0 the choice 2) if it equals one choice
    only.
    """

    values: tuple[Any, ...]
    ordered: bool
    exact: bool = False
    first: int = 0
    positions: dict[Hashable, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        positions: dict[Hashable, int] = {}
        numeric = Counter(value for value in self.values if is_number(value) and not self.exact)
        for position, value in enumerate(self.values, start=self.first):
            positions[value_key(value)] = position
            if is_number(value) and numeric[value] == 1:
                positions[("equal to", value)] = position
        object.__setattr__(self, "positions", positions)

    def __reduce__(self) -> tuple[Any, ...]:
        # A key may contain what cannot be pickled (the type of a function), or the id of an object.
        return Choices, (self.values, self.ordered, self.exact, self.first)

    def encode(self, values: Sequence[Any]) -> np.ndarray:
        """See `Domain`."""
        kinds = set(map(type, values))
        if len(values) < MANY_VALUES or not kinds <= HASHED:
            return np.array([self._position(value) for value in values], dtype=float)
        # Most values of many trials are equal: each is looked up once, apart from others of its type.
        keys = list(zip(map(type, values), values, strict=True))
        found = {key: self._position(key[1]) for key in set(keys)}
        return np.array([found[key] for key in keys], dtype=float)

    def _position(self, value: Any) -> float:
        position = self.positions.get(value_key(value))
        if position is None and is_number(value):
            position = self.positions.get(("equal to", value))
        return np.nan if position is None else position

    def decode(self, vector: np.ndarray) -> list[Any]:
        """See `Domain`."""
        return [self.values[position - self.first] for position in np.rint(vector).astype(int)]

    def own(self, values: Sequence[Any]) -> list[Any]:
        """See `Domain`."""
        return self.decode(self.encode(values))

    def nearest(self, value: Any) -> Any | None:
        """See `Domain`; if two values are equally near, the smaller one."""
        everything = (value, *self.values)
        near = self.ordered and all(map(is_number, everything))
        if self.exact:
            near &= len({isinstance(item, numbers.Integral) for item in everything}) == 1
        return min(self.values, key=lambda choice: abs(choice - value)) if near else None

    def median(self, values: Sequence[Any]) -> Any | None:
        """See `Domain`; if two values are in the middle, the first one."""
        if not self.ordered:
            return None
        return self.decode(np.array([statistics.median_low(self.encode(values).tolist())]))[0]

    def describe(self) -> str:
        """See `Domain`."""
        shown = ", ".join(map(repr, self.values[:MOST_SHOWN]))
        rest = len(self.values) - MOST_SHOWN
        return f"one of {shown}" + (f" and {rest} more" if rest > 0 else "")


@dataclass(frozen=True)
class Numbers:
    """An interval of floats or integers, as ConfigSpace defines it."""

    hyperparameter: Any
    exact: bool = False

    @property
    def integer(self) -> bool:
        """Whether only whole numbers are legal."""
        return isinstance(self.hyperparameter, IntegerHyperparameter)

    def encode(self, values: Sequence[Any]) -> np.ndarray:
        """See `Domain`."""
        lower, upper = float(self.hyperparameter.lower), float(self.hyperparameter.upper)
        array = _as_floats(values, integer=self.integer, exact=self.exact)
        legal = _within(array, lower, upper, log=getattr(self.hyperparameter, "log", False))
        if self.integer:
            legal &= (array == np.rint(array)) & (array >= lower) & (array <= upper)
        vector = self.hyperparameter.to_vector(np.clip(np.where(legal, array, lower), lower, upper))
        return np.where(legal, vector, np.nan)

    def decode(self, vector: np.ndarray) -> list[Any]:
        """See `Domain`."""
        values: list[Any] = self.hyperparameter.to_value(np.asarray(vector, dtype=float)).tolist()
        return values

    def own(self, values: Sequence[Any]) -> list[Any]:
        """See `Domain`."""
        return [int(value) for value in values] if self.integer else list(values)

    def nearest(self, value: Any) -> Any | None:
        """See `Domain`."""
        if np.isnan(_as_floats([value], integer=self.integer, exact=self.exact)[0]):
            return None
        clipped = min(max(value, self.hyperparameter.lower), self.hyperparameter.upper)
        return round(clipped) if self.integer else float(clipped)

    def median(self, values: Sequence[Any]) -> Any | None:
        """See `Domain`."""
        middle = float(np.median(np.asarray(values, dtype=float)))
        return round(middle) if self.integer else middle

    def describe(self) -> str:
        """See `Domain`."""
        kind = "an integer" if self.integer else "a number"
        return f"{kind} from {self.hyperparameter.lower} to {self.hyperparameter.upper}"


@dataclass(frozen=True)
class Quantiles:
    """Any distribution with `cdf` and `ppf`, as quantiles, beside some extra values.

    [0, 1] is divided into equal cells: one for each extra value (for example `"scale"`, at which a
    hyperparameter runs in the dicts that lack it), and the last one for the distribution. A distribution
    may be a mixture with `parts`.
    """

    extras: Choices
    distribution: Any
    discrete: bool
    exact: bool = False

    @property
    def start(self) -> float:
        """Where the distribution begins on [0, 1]."""
        return len(self.extras.values) / (len(self.extras.values) + 1)

    @property
    def supports(self) -> list[tuple[float, float]]:
        """Lower and upper bound of each part."""
        parts = getattr(self.distribution, "parts", [self.distribution])
        return [(float(part.support()[0]), float(part.support()[1])) for part in parts]

    def encode(self, values: Sequence[Any]) -> np.ndarray:
        """See `Domain`."""
        array = _as_floats(values, integer=self.discrete, exact=self.exact)
        bounds = self.supports
        if (
            self.discrete
        ):  # by its support, since the probability of a legal value may underflow to 0
            ((lower, upper),) = bounds
            legal = (array >= lower) & (array <= upper) & (array == np.rint(array))
        else:
            legal = np.any([_within(array, *ends, log=False) for ends in bounds], axis=0)
        array = np.clip(array, min(bounds)[0], max(upper for _, upper in bounds))
        array = np.where(legal, array, self.distribution.ppf(0.5))
        vector = np.where(legal, self._vector_of(array), np.nan)
        if not self.extras.values:
            return vector
        # A number that the distribution also has is an extra value only if the types agree (1, 1.0).
        exact = [self.extras.positions.get(value_key(value), np.nan) for value in values]
        positions = np.where(legal, exact, self.extras.encode(values))
        cell = self.start / len(self.extras.values)
        return np.where(np.isnan(positions), vector, (positions + 0.5) * cell)

    def _vector_of(self, numbers: np.ndarray) -> np.ndarray:
        """Vector of legal numbers of the distribution."""
        quantiles: np.ndarray = self.distribution.cdf(numbers)
        if self.discrete:  # the middle of the step, so that `ppf` leads back to the value
            quantiles = quantiles - self.distribution.pmf(numbers) / 2
        return self.start + (1 - self.start) * quantiles

    def decode(self, vector: np.ndarray) -> list[Any]:
        """See `Domain`."""
        vector = np.asarray(vector, dtype=float)
        # At the ends of [0, 1] an infinite support would give infinite values.
        quantiles = np.clip((vector - self.start) / (1 - self.start), TAIL, 1 - TAIL)
        values: list[Any] = self.distribution.ppf(quantiles).tolist()
        if self.discrete:
            values = [int(value) for value in values]
        if self.extras.values:
            cell = self.start / len(self.extras.values)
            for row in np.flatnonzero(vector < self.start):
                values[row] = self.extras.values[int(vector[row] / cell)]
        return values

    def own(self, values: Sequence[Any]) -> list[Any]:
        """See `Domain`."""
        is_extra = self.encode(values) < self.start
        return [
            self.extras.own([value])[0] if extra else int(value) if self.discrete else value
            for value, extra in zip(values, is_extra, strict=True)
        ]

    def nearest(self, value: Any) -> Any | None:
        """See `Domain`."""
        if np.isnan(_as_floats([value], integer=self.discrete, exact=self.exact)[0]):
            return None
        clipped = [min(max(value, lower), upper) for lower, upper in self.supports]
        closest = float(min(clipped, key=lambda other: abs(other - value)))
        return round(closest) if self.discrete else closest

    def median(self, values: Sequence[Any]) -> Any | None:
        """See `Domain`."""
        if not all(map(is_number, values)):
            return None
        middle = float(np.median(np.asarray(values, dtype=float)))
        legal = not self.discrete and not np.isnan(self.encode([middle])[0])
        return middle if legal else statistics.median_low(values)

    def describe(self) -> str:
        """See `Domain`."""
        ranges = " or ".join(f"from {lower:g} to {upper:g}" for lower, upper in self.supports)
        extras = f" or {self.extras.describe()}" if self.extras.values else ""
        return f"{'an integer' if self.discrete else 'a number'} {ranges}{extras}"


def _as_floats(values: Sequence[Any], *, integer: bool, exact: bool) -> np.ndarray:
    """Numbers as floats, NaN for everything else, and for the other type of number with `exact`."""
    kinds = set(map(type, values))
    if kinds <= {float} or kinds <= {int}:  # quickly, since it is what most trials have
        if exact and kinds and integer != (kinds == {int}):
            return np.full(len(values), np.nan)
        with contextlib.suppress(OverflowError):  # an integer that no float can hold
            return np.array(values, dtype=float)
    return np.array(
        [
            float(value)
            if is_number(value) and (not exact or isinstance(value, numbers.Integral) == integer)
            else np.nan
            for value in values
        ]
    )


def _within(array: np.ndarray, lower: float, upper: float, *, log: bool) -> np.ndarray:
    """Whether numbers lie in an interval, within rounding tolerance; False for NaN."""
    span = upper - lower if math.isfinite(upper - lower) else 0.0
    below, above = (abs(lower), abs(upper)) if log or not span else (span, span)
    return (array >= lower - BOUND_TOLERANCE * below) & (array <= upper + BOUND_TOLERANCE * above)


def domain_of(hyperparameter: Hyperparameter) -> Domain:
    """Find the domain of a ConfigSpace hyperparameter; the one in its `meta` comes first.

    Examples
    --------
    >>> from ConfigSpace import OrdinalHyperparameter
    >>> from skhypershap.space.domains import domain_of
    >>> domain = domain_of(OrdinalHyperparameter("units", [8, 16, 32]))
    >>> domain.encode([16, 32.0, 5])
    array([ 1.,  2., nan])
    >>> domain.describe()
    'one of 8, 16, 32'
    """
    meta: Mapping[Hashable, Any] = hyperparameter.meta or {}
    domain: Domain | None = meta.get(META_KEY)
    if domain is not None:
        return domain
    exact = meta.get(EXACT_KEY, False)
    if isinstance(hyperparameter, CategoricalHyperparameter):
        return _choices(tuple(hyperparameter.choices), ordered=False, exact=exact)
    if isinstance(hyperparameter, OrdinalHyperparameter):
        return _choices(tuple(hyperparameter.sequence), ordered=True, exact=exact)
    if isinstance(hyperparameter, Constant):
        return Choices((hyperparameter.value,), False, exact, first=CONSTANT_NUMBER)
    return Numbers(hyperparameter, exact=exact)


class _Same:
    """A tuple as a key that is compared by identity.

    A cache with this key keeps the tuple alive, so no other one can get its id.
    """

    def __init__(self, values: tuple[Any, ...]) -> None:
        self.values = values

    def __hash__(self) -> int:
        return id(self.values)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.values is other.values


def _choices(values: tuple[Any, ...], *, ordered: bool, exact: bool) -> Choices:
    """The domain of choices, built once for each tuple of values that cannot change."""
    if all(isinstance(value, UNCHANGING) for value in values):
        return _cached_choices(_Same(values), ordered, exact)
    return Choices(tuple(values), ordered, exact)


@functools.lru_cache(maxsize=256)
def _cached_choices(same: _Same, ordered: bool, exact: bool) -> Choices:
    return Choices(same.values, ordered, exact)


def legal_numbers(hyperparameter: Hyperparameter, probes: np.ndarray) -> np.ndarray:
    """Numbers of all legal values, or of those next to the probes in [0, 1] if there are too many."""
    if hyperparameter.size <= MANY_NUMBERS:
        return all_numbers(hyperparameter)
    if META_KEY in (hyperparameter.meta or {}):
        domain = domain_of(hyperparameter)
        return domain.encode(domain.decode(probes))
    if isinstance(hyperparameter, IntegerHyperparameter):
        return hyperparameter.to_vector(hyperparameter.to_value(probes))
    return probes


def all_numbers(hyperparameter: Any) -> np.ndarray:
    """Numbers of all legal values of a finite hyperparameter, without choices of probability 0."""
    if isinstance(hyperparameter, CategoricalHyperparameter):
        return np.flatnonzero(hyperparameter.probabilities).astype(float)
    if isinstance(hyperparameter, OrdinalHyperparameter):
        return np.arange(hyperparameter.size, dtype=float)
    if isinstance(hyperparameter, Constant):
        return np.full(1, float(CONSTANT_NUMBER))
    values = np.arange(hyperparameter.lower, hyperparameter.upper + 1)
    numbers: np.ndarray = hyperparameter.to_vector(values)
    return numbers
