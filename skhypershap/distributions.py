"""From what people hand to a scikit-learn search (lists, distributions) to a ConfigurationSpace."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
from ConfigSpace import ConfigurationSpace
from ConfigSpace.hyperparameters import (
    CategoricalHyperparameter,
    Constant,
    Hyperparameter,
    OrdinalHyperparameter,
    UniformFloatHyperparameter,
    UniformIntegerHyperparameter,
)
from scipy.stats import rv_discrete

from skhypershap.domains import META_KEY, Choices, Quantiles, is_number, value_key


class Interval(NamedTuple):
    """A uniform or log-uniform range of floats or integers, bounds included."""

    lower: float
    upper: float
    log: bool
    integer: bool


def space_from_entries(entries: Mapping[str, list[Any]]) -> ConfigurationSpace:
    """Build the space from, for each hyperparameter, everything that its values come from.

    Parameters
    ----------
    entries : mapping of str to list
        For each name a list with a member for each dict of the search space: a collection of
        values, or a distribution.

    Returns
    -------
    ConfigSpace.ConfigurationSpace
        With one hyperparameter for each name; values that ConfigSpace cannot hold travel in `meta`.
    """
    space = ConfigurationSpace()
    space.add([hyperparameter_from(name, sources) for name, sources in entries.items()])
    return space


def hyperparameter_from(name: str, sources: Iterable[Any]) -> Hyperparameter:
    """Build one hyperparameter whose domain is the union of the sources."""
    values: list[Any] = []
    ranges: list[Any] = []
    for source in sources:
        if hasattr(source, "rvs"):
            ranges.append(_range_of(name, source))
        else:
            values.extend(source)
    values = list({value_key(value): value for value in reversed(values)}.values())[::-1]
    if not ranges:
        return _from_values(name, values)
    return _from_ranges(name, ranges, values)


def _from_values(name: str, values: list[Any]) -> Hyperparameter:
    """Numbers are ordered, everything else is a category; a single value is a constant."""
    if not values:
        raise ValueError(f"The search space has no value for {name!r}; give it at least one.")
    if len(values) > 1 and all(map(is_number, values)):
        return OrdinalHyperparameter(name, sorted(values))
    plain = all(map(_is_plain, values)) and len(set(values)) == len(values)
    shown = values if plain else _labels(values)
    meta: dict[Hashable, Any] | None
    meta = None if plain else {META_KEY: Choices(tuple(values), ordered=False)}
    if len(values) == 1:
        return Constant(name, shown[0], meta=meta)
    return CategoricalHyperparameter(name, shown, meta=meta)


def _is_plain(value: Any) -> bool:
    """Whether ConfigSpace gives a choice back as it was typed."""
    if isinstance(value, tuple):
        return all(map(_is_plain, value))
    return value is None or (isinstance(value, (str, int, float)) and value == value)


def _labels(values: list[Any]) -> list[str]:
    """Distinct names for values that ConfigSpace cannot tell apart or hold."""
    labels: list[str] = []
    for value in values:
        label = " ".join(str(getattr(value, "__name__", value)).split())
        labels.append(f"{label} ({len(labels)})" if label in labels else label)
    return labels


def _from_ranges(name: str, ranges: list[Any], values: list[Any]) -> Hyperparameter:
    """A range from all ranges and numbers; what is no number becomes an extra value beside it."""
    extras = [value for value in values if not is_number(value)]
    shaped = {_shape_key(item): item for item in ranges if not isinstance(item, Interval)}
    numbers = [value for value in values if is_number(value)]
    if shaped:
        if len(shaped) > 1 or any(isinstance(item, Interval) for item in ranges):
            raise ValueError(
                f"The dicts of the search space give {name!r} different distributions that have no "
                "common one. Give the explainer one for all of them with space=."
            )
        distribution = next(iter(shaped.values()))
        lower, upper = distribution.support()
        extras += [value for value in numbers if not lower <= value <= upper]
        return _quantile_hyperparameter(name, distribution, extras)
    interval = Interval(
        lower=min([item.lower for item in ranges] + numbers),
        upper=max([item.upper for item in ranges] + numbers),
        log=all(item.log for item in ranges) and all(value > 0 for value in numbers),
        integer=all(item.integer for item in ranges) and all(v == int(v) for v in numbers),
    )
    if extras:
        return _quantile_hyperparameter(name, _distribution_of(interval), extras)
    if interval.lower == interval.upper:
        return Constant(name, interval.lower)
    kind = UniformIntegerHyperparameter if interval.integer else UniformFloatHyperparameter
    return kind(name, interval.lower, interval.upper, log=interval.log)


def _quantile_hyperparameter(name: str, distribution: Any, extras: list[Any]) -> Hyperparameter:
    discrete = (
        isinstance(distribution.dist, rv_discrete) if hasattr(distribution, "dist") else False
    )
    domain = Quantiles(Choices(tuple(extras), ordered=False), distribution, discrete)
    return UniformFloatHyperparameter(name, 0.0, 1.0, meta={META_KEY: domain})


def _shape_key(distribution: Any) -> Hashable:
    """Equal for two frozen distributions that are the same; frozen ones do not compare equal."""
    if not hasattr(distribution, "dist"):
        return id(distribution)
    probes = distribution.ppf([0.1, 0.5, 0.9])
    return (distribution.dist.name, tuple(distribution.support()), tuple(np.round(probes, 12)))


def _range_of(name: str, distribution: Any) -> Any:
    """Read uniform, loguniform and randint exactly; keep any other distribution as it is."""
    if hasattr(distribution, "freeze"):  # scipy.stats.uniform itself instead of uniform(0, 1)
        distribution = distribution.freeze()
    if not all(hasattr(distribution, method) for method in ("support", "cdf", "ppf")):
        raise ValueError(
            f"The distribution of {name!r}, {distribution!r}, has no support, cdf and ppf methods, so "
            "its values cannot be laid out. Describe this space to the explainer with space=."
        )
    lower, upper = distribution.support()
    if not lower <= upper:
        raise ValueError(f"The distribution of {name!r} has no values: its support is empty.")
    kind = getattr(getattr(distribution, "dist", None), "name", None)
    if kind == "randint":
        return Interval(int(lower), int(upper), log=False, integer=True)
    if kind == "uniform":
        return Interval(float(lower), float(upper), log=False, integer=False)
    # With a loc, scipy's loguniform is not log-uniform on its support; its median tells.
    if kind in ("loguniform", "reciprocal") and np.isclose(
        distribution.ppf(0.5), np.sqrt(lower * upper), rtol=1e-6
    ):
        return Interval(float(lower), float(upper), log=True, integer=False)
    return distribution


def _distribution_of(interval: Interval) -> Any:
    """The scipy distribution of a range, where it has to stand beside extra values."""
    from scipy.stats import loguniform, randint, uniform

    if interval.integer:
        return randint(interval.lower, interval.upper + 1)
    if interval.log:
        return loguniform(interval.lower, interval.upper)
    return uniform(interval.lower, interval.upper - interval.lower)
