"""Values of a search space (lists, distributions, dimensions) to hyperparameters of ConfigSpace."""

from __future__ import annotations

import itertools
import numbers
from collections.abc import Collection, Hashable, Iterable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from ConfigSpace.hyperparameters import (
    CategoricalHyperparameter,
    Constant,
    OrdinalHyperparameter,
    UniformFloatHyperparameter,
    UniformIntegerHyperparameter,
)
from scipy.stats import loguniform, randint, rv_discrete, uniform

from skhypershap.errors import shown
from skhypershap.space.domains import (
    CONSTANT_NUMBER,
    EXACT_KEY,
    META_KEY,
    TAIL,
    Choices,
    Hyperparameter,
    Quantiles,
)
from skhypershap.space.tabulated import tabulated
from skhypershap.space.value_keys import is_number, value_key

BISECTIONS = 100  # of an interval, down to the last bit of a float
LOG_UNIFORM = "log-uniform"  # in scikit-optimize and sklearn-genetic-opt
STRAIGHT = 1.2  # two slopes of a log-log plot with a smaller ratio are those of a power
MAX_STEPS = 1000  # up to this many values, a discrete distribution becomes choices with weights


class UnreadableError(ValueError):
    """A distribution can be sampled, but the set of its values is not known."""


class Interval(NamedTuple):
    """A uniform or log-uniform range of floats or integers, bounds included."""

    lower: float
    upper: float
    log: bool
    integer: bool


class Steps(NamedTuple):
    """Finitely many numbers and their probabilities."""

    values: tuple[float, ...]
    probabilities: tuple[float, ...]


class Weighted(NamedTuple):
    """Finitely many values of any type and their probabilities."""

    values: Collection[Any]
    probabilities: Collection[float]


class Mixture:
    """Equal parts of several distributions: a search draws one of its dicts first, then a value."""

    def __init__(self, parts: list[Any]) -> None:
        self.parts = parts

    def support(self) -> tuple[float, float]:
        """Smallest and largest value of all parts."""
        bounds = [part.support() for part in self.parts]
        return min(lower for lower, _ in bounds), max(upper for _, upper in bounds)

    def cdf(self, values: np.ndarray) -> np.ndarray:
        """Mean of the distribution functions of the parts."""
        mean: np.ndarray = np.mean([part.cdf(values) for part in self.parts], axis=0)
        return mean

    def ppf(self, quantiles: np.ndarray) -> np.ndarray:
        """Inverse of `cdf` by bisection between the quantiles of the parts."""
        ends = [np.asarray(part.ppf(quantiles), dtype=float) for part in self.parts]
        lower: np.ndarray = np.min(ends, axis=0)
        upper: np.ndarray = np.max(ends, axis=0)
        for _ in range(BISECTIONS):
            middle = (lower + upper) / 2
            below = self.cdf(middle) < quantiles
            lower, upper = np.where(below, middle, lower), np.where(below, upper, middle)
        return upper


def hyperparameter_from(
    name: str, sources: Iterable[Any], *, exact: bool = False
) -> Hyperparameter:
    """Build one hyperparameter whose domain is the union of the sources.

    Parameters
    ----------
    name : str
        Its name.
    sources : iterable
        Collections of values, scipy distributions, and dimensions of scikit-optimize,
        sklearn-genetic-opt or Optuna.
    exact : bool, default=False
        Whether 1 and 1.0 are different values (see `Domain`).

    Returns
    -------
    ConfigSpace hyperparameter
        Ordinal or uniform for numbers, categorical for everything else, a constant for one value. What
        ConfigSpace cannot express has its domain in `meta`.

    Raises
    ------
    ValueError
        If there is no value, or a distribution cannot be read or joined with the others.
    TypeError
        If a source is none of these.

    See Also
    --------
    skhypershap.space.domains.domain_of : The domain of the result.

    Examples
    --------
    >>> from scipy.stats import loguniform
    >>> from skhypershap.space.distributions import hyperparameter_from
    >>> print(hyperparameter_from("C", [loguniform(0.1, 10)]))
    C, Type: UniformFloat, Range: [0.1, 10.0], Default: 1.0, on log-scale
    >>> print(hyperparameter_from("degree", [[3, 2], [4]]))
    degree, Type: Ordinal, Sequence: {2, 3, 4}, Default: 2
    """
    sources = [_read_dimension(source) for source in sources]
    if len(sources) == 1 and isinstance(sources[0], Weighted):
        return _from_weighted(name, *sources[0], exact=exact)
    values: list[Any] = []
    ranges: dict[Hashable, Any] = {}
    for source in sources:
        if isinstance(source, (Interval, Steps)):
            ranges[source] = source
        elif hasattr(source, "rvs"):
            key, item = _read_distribution(name, source)
            ranges[key] = item
        else:
            values.extend(_listed(name, source))
    _check_sizes(name, values)
    values = _distinct(values, exact=exact)
    if ranges:
        return _from_ranges(name, list(ranges.values()), values, exact=exact)
    return _from_values(name, values, exact=exact)


def _check_sizes(name: str, values: Iterable[Any]) -> None:
    """Refuse an integer that no float can hold, beside which other numbers could not be ordered."""
    for value in values:
        is_number_type = isinstance(value, numbers.Real) and not isinstance(value, (bool, np.bool_))
        if is_number_type and not is_number(value) and value == value:
            raise ValueError(
                f"A value of {name!r} in the search space is too large for a float: {shown(value)}. Use "
                "smaller numbers, up to 1e308."
            )


def choices_of(name: str, source: Any) -> list[Any] | None:
    """List the values of a source; None for a distribution."""
    source = _read_dimension(source)
    if isinstance(source, Weighted):
        return list(source.values)
    is_range = isinstance(source, (Interval, Steps)) or hasattr(source, "rvs")
    return None if is_range else list(_listed(name, source))


def _read_dimension(source: Any) -> Any:
    """Read a dimension of another library by its attributes; anything else stays as it is.

    scikit-optimize has `low`, `high`, `prior` and `categories`; sklearn-genetic-opt `lower`, `upper`,
    `distribution` and `choices` (it ignores `priors` when it samples); Optuna `low`, `high`, `log`,
    `step` and `choices`.
    """
    choices = getattr(source, "categories", getattr(source, "choices", None))
    prior = getattr(source, "prior", None)
    if choices is not None:
        return choices if prior is None else Weighted(choices, prior)
    lower: Any = getattr(source, "low", getattr(source, "lower", None))
    upper: Any = getattr(source, "high", getattr(source, "upper", None))
    if isinstance(source, (str, Interval)) or not is_number(lower) or not is_number(upper):
        return source
    integer, step = type(source).__name__.startswith("Int"), getattr(source, "step", None)
    if step is not None and not (integer and step == 1):
        n_steps = int((upper - lower) / step + 1e-9) + 1
        if n_steps <= MAX_STEPS:
            return Steps(tuple(lower + step * k for k in range(n_steps)), (1 / n_steps,) * n_steps)
    log = LOG_UNIFORM in (prior, getattr(source, "distribution", None))
    return Interval(lower, upper, log or getattr(source, "log", False), integer)


def _listed(name: str, source: Any) -> Iterable[Any]:
    single = isinstance(source, (str, bytes, Mapping)) or hasattr(source, "get_params")
    if single or not isinstance(source, Iterable):
        raise TypeError(
            f"The values of {name!r} must be a list or a distribution, as for RandomizedSearchCV; got "
            f"{source!r}."
        )
    return source


def _distinct(values: list[Any], *, exact: bool) -> list[Any]:
    """Each value once, in order of appearance; 1 and 1.0 are the same unless `exact`."""
    found: dict[Hashable, Any] = {}
    for value in values:
        number = is_number(value) and not exact
        found.setdefault(("number", value) if number else value_key(value), value)
    return list(found.values())


def _from_weighted(
    name: str, values: Collection[Any], probabilities: Collection[float], *, exact: bool
) -> Hyperparameter:
    """Build one of values with different probabilities."""
    chances: dict[Hashable, float] = {}
    for value, chance in zip(values, probabilities, strict=True):
        chances[value_key(value)] = chances.get(value_key(value), 0.0) + chance
    distinct = _distinct(list(values), exact=True)
    weights = [chances[value_key(value)] for value in distinct]
    if all(map(is_number, distinct)):
        return _weighted_choices(name, Steps(tuple(distinct), tuple(weights)), [], exact=exact)
    return _from_values(name, distinct, exact=exact, weights=weights)


def _from_values(
    name: str, values: list[Any], *, exact: bool, weights: list[float] | None = None
) -> Hyperparameter:
    """Build an ordinal one of numbers, a categorical one of anything else, a constant of one value."""
    if not values:
        raise ValueError(f"The search space has no value for {name!r}; give it at least one.")
    single = len(values) == 1
    kinds = {isinstance(value, numbers.Integral) for value in values}
    comparable = all(map(is_number, values)) and not (exact and len(kinds) > 1)
    meta: dict[Hashable, Any] | None = {EXACT_KEY: True} if exact else None
    if comparable and not single:
        return OrdinalHyperparameter(name, sorted(values), meta=meta)
    shown = values
    if not all(map(_is_plain, values)) or len(set(values)) < len(values):
        shown = _labels(values)
        first = CONSTANT_NUMBER if single else 0
        meta = {META_KEY: Choices(tuple(values), ordered=False, exact=exact, first=first)}
    if single:
        return Constant(name, shown[0], meta=meta)
    return CategoricalHyperparameter(name, shown, weights=weights, meta=meta)


def _is_plain(value: Any) -> bool:
    """Whether ConfigSpace returns a choice unchanged."""
    if isinstance(value, tuple):
        return all(map(_is_plain, value))
    return value is None or (isinstance(value, (str, bool, np.bool_)) or is_number(value))


def _labels(values: list[Any]) -> list[str]:
    """Distinct names for values that ConfigSpace cannot store or distinguish."""
    labels: list[str] = []
    for value in values:
        label = shown = " ".join(str(getattr(value, "__name__", value)).split())
        for number in itertools.count(2):
            if shown not in labels:
                break
            shown = f"{label} ({number})"
        labels.append(shown)
    return labels


def _from_ranges(name: str, ranges: list[Any], values: list[Any], *, exact: bool) -> Hyperparameter:
    """Build one of a range, or a mixture of several; values outside of it become extra values."""
    if len(ranges) > 1:
        ranges = [_mixed(name, ranges)]
    (item,) = ranges
    if isinstance(item, Interval) and item.lower == item.upper:
        item = Steps((item.lower,), (1.0,))
    if not isinstance(item, Steps):
        none = Choices((), ordered=False, exact=exact)
        domain = Quantiles(none, _distribution_of(item), _is_discrete(item), exact=exact)
        extras = [v for v in values if np.isnan(domain.encode([v])[0])]
        if isinstance(item, Interval) and not extras:
            kind = UniformIntegerHyperparameter if item.integer else UniformFloatHyperparameter
            meta: dict[Hashable, Any] | None = {EXACT_KEY: True} if exact else None
            return kind(name, item.lower, item.upper, log=item.log, meta=meta)
        if _steps(item) is None:
            domain = replace(domain, extras=replace(none, values=tuple(extras)))
            return UniformFloatHyperparameter(name, 0.0, 1.0, meta={META_KEY: domain})
        item = _steps(item)
    return _weighted_choices(name, item, values, exact=exact)


def _mixed(name: str, ranges: list[Any]) -> Any:
    """Join ranges with equal weights: finite ones to steps, continuous ones to a `Mixture`."""
    steps = [_steps(item) for item in ranges]
    finite = [part for part in steps if part is not None]
    if len(finite) == len(ranges):
        chances: dict[float, float] = {}
        for part in finite:
            for value, chance in zip(part.values, part.probabilities, strict=True):
                chances[value] = chances.get(value, 0.0) + chance / len(steps)
        return Steps(tuple(sorted(chances)), tuple(chances[value] for value in sorted(chances)))
    if finite or any(map(_is_discrete, ranges)):
        raise UnreadableError(
            f"The dicts of the search space give {name!r} discrete distributions of which one is "
            "endless, or discrete and continuous ones. Pass one distribution for all with space=."
        )
    return Mixture([_distribution_of(item) for item in ranges])


def _steps(item: Any) -> Steps | None:
    """The values of a finite range and their probabilities; None if there are too many."""
    if isinstance(item, Steps):
        return item
    if isinstance(item, Interval) and item.integer and item.upper - item.lower < MAX_STEPS:
        values = tuple(range(int(item.lower), int(item.upper) + 1))
        return Steps(values, (1 / len(values),) * len(values))
    return None


def _weighted_choices(name: str, steps: Steps, values: list[Any], *, exact: bool) -> Hyperparameter:
    """Build one of numbers with probabilities; each extra value has the weight of a whole dict."""
    known = Choices(steps.values, ordered=True, exact=exact)
    extras = [value for value in values if np.isnan(known.encode([value])[0])]
    if len(extras) + len(steps.values) == 1:
        return _from_values(name, list(steps.values), exact=exact)
    weighted = [(value, 1.0) for value in extras]
    weighted += zip(steps.values, steps.probabilities, strict=True)
    ordered = all(map(is_number, extras)) and not (exact and extras)
    if ordered:
        weighted.sort()
    choices = tuple(value for value, _ in weighted)
    meta: dict[Hashable, Any] = {META_KEY: Choices(choices, ordered, exact=exact)}
    return CategoricalHyperparameter(
        name, _labels(list(choices)), weights=[weight for _, weight in weighted], meta=meta
    )


def _read_distribution(name: str, distribution: Any) -> tuple[Hashable, Any]:
    """Read uniform, loguniform, randint and finite steps exactly; keep any other as it is.

    The first value is a key, since two equal frozen distributions of scipy do not compare equal.
    """
    if hasattr(distribution, "freeze"):  # scipy.stats.uniform itself instead of uniform(0, 1)
        distribution = distribution.freeze()
    if _has_heavy_tail(distribution):
        raise UnreadableError(
            f"The distribution of {name!r}, {distribution!r}, has so heavy a tail that its quantiles "
            "cannot be computed. Give it a largest value, as in scipy.stats.zipfian(a, n) or "
            "randint(low, high), or pass a list."
        )
    try:
        lower, upper = distribution.support()
        probes = tuple(np.round(distribution.ppf([0.001, 0.1, 0.5, 0.9, 0.999]), 12).tolist())
        distribution.cdf(lower)
    except Exception as error:
        raise _unreadable(name, distribution) from error
    if not lower <= upper:
        raise ValueError(f"The distribution of {name!r} has no values: its support is empty.")
    kind = getattr(getattr(distribution, "dist", None), "name", None)
    if _is_discrete(distribution):
        if not (float(lower).is_integer() or hasattr(distribution.dist, "xk")):
            raise _unreadable(name, distribution)  # the numbers that scipy draws are not its steps
        if kind == "randint":
            interval = Interval(int(lower), int(upper), log=False, integer=True)
            return interval, interval
        steps = _steps_of(distribution, lower, upper)
        return (steps, steps) if steps else ((kind, lower, probes), _quick(name, distribution))
    # With a loc, scipy's loguniform is not log-uniform on its support, as its median shows.
    log = kind in ("loguniform", "reciprocal") and np.isclose(
        probes[2], np.sqrt(lower * upper), rtol=1e-6
    )
    if kind == "uniform" or log:
        interval = Interval(float(lower), float(upper), log=bool(log), integer=False)
        return interval, interval
    return (kind, float(lower), float(upper), probes), _quick(name, distribution)


def _quick(name: str, distribution: Any) -> Any:
    """The distribution, tabulated where its quantiles take long."""
    try:
        return tabulated(distribution)
    except Exception as error:
        raise _unreadable(name, distribution) from error


def _has_heavy_tail(distribution: Any) -> bool:
    """Whether a discrete distribution without an upper bound falls like a power of its values.

    Its quantiles next to 1 are so large that scipy runs out of time or memory, and `ppf` must not be
    tried. On a log-log scale a power is straight; anything that falls faster bends down.
    """
    if not _is_discrete(distribution):
        return False
    try:
        lower, upper = distribution.support()
        values = max(float(lower), 0.0) + 2.0 ** np.arange(14, 17)
        beyond = 1 - np.asarray(distribution.cdf(values), dtype=float)
    except Exception:  # an error with a better message follows
        return False
    if np.isfinite(upper) or not beyond[-1] > TAIL:
        return False
    slopes = np.log(beyond[:-1] / beyond[1:])
    return bool(slopes[1] < STRAIGHT * slopes[0])


def _unreadable(name: str, distribution: Any) -> UnreadableError:
    return UnreadableError(
        f"The distribution of {name!r}, {distribution!r}, has no support, cdf and ppf that agree with "
        "what it draws, so its values are not known. Pass the search space to the explainer with space=."
    )


def _is_discrete(item: Any) -> bool:
    if isinstance(item, Interval):
        return item.integer
    return isinstance(getattr(item, "dist", None), rv_discrete)


def _steps_of(distribution: Any, lower: float, upper: float) -> Steps | None:
    """List the values of a discrete distribution; None if there are too many."""
    values = getattr(distribution.dist, "xk", None)  # of rv_discrete(values=...)
    if values is None:
        if upper - lower >= MAX_STEPS:
            return None
        values = lower + np.arange(int(upper - lower) + 1)
    chances = np.asarray(distribution.pmf(values))
    steps = [v.item() for v, chance in zip(np.asarray(values), chances, strict=True) if chance > 0]
    steps = [int(step) if float(step).is_integer() else step for step in steps]
    return Steps(tuple(steps), tuple(chances[chances > 0].tolist()))


def _distribution_of(item: Any) -> Any:
    """The scipy distribution of a range, for use beside other values."""
    if not isinstance(item, Interval):
        return item
    if item.integer:
        return randint(item.lower, item.upper + 1)
    if item.log:
        return loguniform(item.lower, item.upper)
    return uniform(item.lower, item.upper - item.lower)
