"""Searches and spaces within good ranges: lists, distributions and dimensions without the rest."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import ConfigSpace as cs  # noqa: N813
import numpy as np
from ConfigSpace.hyperparameters import UniformFloatHyperparameter, UniformIntegerHyperparameter
from scipy.stats import loguniform, randint, rv_discrete, uniform

from skhypershap.advice.good_ranges import ROUNDING, GoodRange
from skhypershap.advice.reduced_search import fewer_drawn, readable_dicts, space_attribute
from skhypershap.space.conditions import names_in
from skhypershap.space.distributions import choices_of
from skhypershap.space.domains import META_KEY, all_numbers, domain_of
from skhypershap.space.encoding import configspace_value
from skhypershap.space.restriction import restricted
from skhypershap.trials.search_space import dicts_of

MANY = 1000  # values of a discrete distribution that are listed
LEAST = 0.1  # of a range that is kept; clauses that forbid more would make sampling slow


class Truncated:
    """A continuous distribution between two values.

    Parameters
    ----------
    distribution : frozen distribution of scipy
        With `cdf` and `ppf`.
    low, high : float
        The ends.

    Examples
    --------
    >>> from scipy.stats import norm
    >>> from skhypershap.advice.narrowing import Truncated
    >>> half = Truncated(norm(), 0.0, 10.0)
    >>> bool(half.rvs(random_state=0) > 0), round(float(half.ppf(0.5)), 3)
    (True, 0.674)
    """

    def __init__(self, distribution: Any, low: float, high: float) -> None:
        self.distribution, self.low, self.high = distribution, low, high

    def __repr__(self) -> str:
        return f"Truncated({self.distribution!r}, {self.low!r}, {self.high!r})"

    def support(self) -> tuple[float, float]:
        """Both ends."""
        return self.low, self.high

    def _ends(self) -> tuple[float, float]:
        return float(self.distribution.cdf(self.low)), float(self.distribution.cdf(self.high))

    def cdf(self, values: Any) -> Any:
        """Distribution function."""
        first, last = self._ends()
        return np.clip((self.distribution.cdf(values) - first) / (last - first), 0.0, 1.0)

    def ppf(self, quantiles: Any) -> Any:
        """Inverse of the distribution function."""
        first, last = self._ends()
        found = self.distribution.ppf(first + np.asarray(quantiles) * (last - first))
        return np.clip(found, self.low, self.high)

    def rvs(self, size: Any = None, random_state: Any = None) -> Any:
        """Random values."""
        return self.ppf(uniform.rvs(size=size or (), random_state=random_state))


def narrowed_search(search: Any, space: cs.ConfigurationSpace, ranges: Sequence[GoodRange]) -> Any:
    """The search within good ranges.

    Parameters
    ----------
    search : estimator
        Unfitted and of our own making: it is changed.
    space : ConfigSpace.ConfigurationSpace
        The whole space of the search.
    ranges : sequence of GoodRange
        Of its hyperparameters. One that nothing is kept of keeps everything: it is inactive where the
        others are good.
    """
    attribute = space_attribute(search)
    form = getattr(search, attribute)
    entries = dicts_of(form)
    narrow = {one.name: one for one in ranges if one.keeps_some and one.width < 1}
    found = []
    for entry, readable in zip(entries, readable_dicts(search, entries), strict=True):
        new = {
            name: _narrowed(entry[name], readable[name], space[name], narrow[name])
            if name in narrow
            else entry[name]
            for name in entry
        }
        if all(values is not None for values in new.values()):
            found.append(new)
    if not found:
        return search
    form = found[0] if isinstance(form, Mapping) else found
    return search.set_params(**{attribute: form, **fewer_drawn(search, attribute, form)})


def _narrowed(form: Any, readable: Any, hyperparameter: Any, good: GoodRange) -> Any:
    """The values of one hyperparameter that are kept; None where there are none."""
    choices = choices_of(hyperparameter.name, readable)
    if choices is not None:
        numbers = domain_of(hyperparameter).encode(choices)
        kept = [c for c, held in zip(choices, good.holds(numbers), strict=True) if held]
        if not kept:
            return None
        is_list = isinstance(form, (list, tuple, np.ndarray))
        return kept if is_list or len(kept) == len(choices) else _rebuilt(readable, kept)
    low, high = good.low, good.high
    if low is None and good.choices and all(isinstance(c, (int, float)) for c in good.choices):
        low, high = min(good.choices), max(good.choices)
    if low is None:
        return form
    if hasattr(readable, "rvs") and hasattr(readable, "support"):
        return _cut(readable, low, high)
    return _resized(readable, low, high)


def _rebuilt(dimension: Any, kept: list[Any]) -> Any:
    """A dimension of another library with fewer choices."""
    try:
        return type(dimension)(kept)
    except TypeError:
        return dimension


def _cut(distribution: Any, low: Any, high: Any) -> Any:
    """A distribution of scipy, or one like it, between two values."""
    if hasattr(distribution, "freeze"):  # scipy.stats.uniform itself instead of uniform(0, 1)
        distribution = distribution.freeze()
    first, last = distribution.support()
    low, high = max(low, first), min(high, last)
    kind = getattr(getattr(distribution, "dist", None), "name", None)
    if low > high:
        return None
    if low == high:
        return [low]
    is_log = kind in ("loguniform", "reciprocal") and np.isclose(
        distribution.median(), np.sqrt(first * last), rtol=1e-6
    )
    if kind == "uniform":
        return uniform(low, high - low)
    if is_log:
        return loguniform(low, high)
    if kind == "randint":
        return randint(int(low), int(high) + 1)
    if isinstance(getattr(distribution, "dist", None), rv_discrete):
        return _cut_steps(distribution, low, high)
    return Truncated(distribution, float(low), float(high))


def _cut_steps(distribution: Any, low: Any, high: Any) -> Any:
    """A discrete distribution between two values, as it is where these are many."""
    steps = getattr(distribution.dist, "xk", None)
    if steps is None:
        if high - low >= MANY:
            return distribution
        steps = np.arange(int(low), int(high) + 1)
    steps = np.asarray([step for step in steps if low <= step <= high])
    chances = distribution.pmf(steps)
    return rv_discrete(values=(steps, chances / chances.sum()))()


def _resized(dimension: Any, low: Any, high: Any) -> Any:
    """A dimension of scikit-optimize, sklearn-genetic-opt or Optuna with other ends."""
    for first, last in (("low", "high"), ("lower", "upper")):
        if not (hasattr(dimension, first) and hasattr(dimension, last)):
            continue
        options = {
            name: getattr(dimension, attribute)
            for name, attribute in (
                ("prior", "prior"),
                ("base", "base"),
                ("transform", "transform_"),
                ("name", "name"),
                ("log", "log"),
                ("step", "step"),
                ("distribution", "distribution"),
                ("random_state", "random_state"),
            )
            if getattr(dimension, attribute, None) is not None
        }
        try:
            return type(dimension)(low, high, **options)
        except (TypeError, ValueError):
            return dimension
    return dimension


def narrowed_space(
    whole: cs.ConfigurationSpace,
    tuned: Collection[str],
    held: Mapping[str, Any],
    ranges: Sequence[GoodRange],
) -> cs.ConfigurationSpace:
    """The space of some hyperparameters within good ranges, all others constant.

    Parameters
    ----------
    whole : ConfigSpace.ConfigurationSpace
        The whole space.
    tuned, held
        As `free` and `fixed` of `restricted`.
    ranges : sequence of GoodRange
        As in `narrowed_search`.

    Returns
    -------
    ConfigSpace.ConfigurationSpace
        What no condition or clause is about has fewer values; of the others the rest is forbidden,
        unless so little is kept that sampling would take long.
    """
    good = {one.name: one for one in ranges if one.keeps_some and one.width < 1}
    involved = _involved(whole)
    smaller = {
        name: _smaller(whole[name], one)
        for name, one in good.items()
        if name not in involved and META_KEY not in (whole[name].meta or {})
    }
    replaced = {name: item for name, item in smaller.items() if item is not None}
    space = restricted(whole, tuned, held, constants=True, replaced=replaced)
    others = [one for one in ranges if one.name in space and one.name not in replaced]
    if all(one.name not in good for one in others):
        return space
    for one in others:  # ConfigSpace refuses clauses that forbid the default
        if one.best is not None:
            number = domain_of(whole[one.name]).encode([one.best])[0]
            space[one.name].default_value = configspace_value(space[one.name], number)
    for one in others:
        if one.name in good and one.width >= LEAST:
            space.add(_rest(space[one.name], one))
    return space


def _involved(space: cs.ConfigurationSpace) -> set[str]:
    """Hyperparameters that conditions or clauses are about."""
    parents = {parent.name for name in space for parent in space.parents_of[name]}
    clauses = {name for clause in space.forbidden_clauses for name in names_in(clause)}
    return parents | clauses


def _smaller(item: Any, good: GoodRange) -> Any:
    """The hyperparameter with the values that are kept; None where it cannot be made."""
    if isinstance(item, (UniformFloatHyperparameter, UniformIntegerHyperparameter)):
        return _shorter(item, good) if good.ends is not None else None
    if not isinstance(item, (cs.CategoricalHyperparameter, cs.OrdinalHyperparameter)):
        return None
    kept = [configspace_value(item, number) for number in good.kept]
    if len(kept) == 1:
        return cs.Constant(item.name, kept[0], meta=item.meta)
    number = domain_of(item).encode([good.best])[0]
    default = kept[0] if np.isnan(number) else configspace_value(item, number)
    if isinstance(item, cs.OrdinalHyperparameter):
        return type(item)(item.name, kept, default_value=default, meta=item.meta)
    weights = item.probabilities[np.rint(good.kept).astype(int)].tolist()
    return type(item)(item.name, kept, weights=weights, default_value=default, meta=item.meta)


def _shorter(item: Any, good: GoodRange) -> Any:
    """A uniform range between two values, with the best one as its default."""
    default = item.default_value if good.best is None else good.best
    default = min(max(default, good.low), good.high)
    if good.low == good.high:
        return cs.Constant(item.name, good.low, meta=item.meta)
    return type(item)(
        item.name, good.low, good.high, default_value=default, log=item.log, meta=item.meta
    )


def _rest(item: Any, good: GoodRange) -> list[Any]:
    """Clauses that forbid what is not kept."""
    if good.ends is None or item.size <= MANY:
        numbers = all_numbers(item)
        dropped = [configspace_value(item, n) for n in numbers[~good.holds(numbers)]]
        return [cs.ForbiddenInClause(item, dropped)] if dropped else []
    # ConfigSpace rounds the default, which may lie at an end.
    ends = (max(good.ends[0] - ROUNDING, 0.0), min(good.ends[1] + ROUNDING, 1.0))
    low, high = (configspace_value(item, number) for number in ends)
    return [cs.ForbiddenLessThanClause(item, low), cs.ForbiddenGreaterThanClause(item, high)]
