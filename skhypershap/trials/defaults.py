"""What hyperparameters do untuned: their own defaults, or what stands in for those."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from skhypershap.space.conditions import Legality, violates
from skhypershap.space.domains import domain_of, value_key
from skhypershap.space.encoding import encode

if TYPE_CHECKING:
    from ConfigSpace import ConfigurationSpace

    from skhypershap.trials.trials import Trials


class Defaults(NamedTuple):
    """What every hyperparameter does untuned, were it active.

    Attributes
    ----------
    values : dict
        A legal value for each hyperparameter.
    replaced : dict of str to str
        For those whose own default the space does not hold, what stands in for it.
    """

    values: dict[str, Any]
    replaced: dict[str, str]

    def set_in(self, space: ConfigurationSpace) -> None:
        """Let a space have these defaults, so that it alone tells them, unless it forbids them."""
        if violates(space, encode(space, [self.values], forbidden=True))[0]:
            return
        for hyperparameter, number in zip(space.values(), self._filled(space), strict=True):
            if hyperparameter.to_vector(hyperparameter.default_value) != number:
                value = hyperparameter.to_value(number)
                # Plain, so that the space can be written to a file.
                plain = value.item() if isinstance(value, np.generic) else value
                hyperparameter.default_value = plain

    def legality(self, space: ConfigurationSpace) -> Legality:
        """What makes vectors of the space legal, with these defaults."""
        return Legality(space, self._filled(space))

    def _filled(self, space: ConfigurationSpace) -> np.ndarray:
        return np.array([domain_of(space[name]).encode([self.values[name]])[0] for name in space])


def defaults_of(trials: Trials) -> Defaults:
    """Find a legal default for every hyperparameter: its own, or the nearest, or what is typical."""
    values: dict[str, Any] = {}
    replaced: dict[str, str] = {}
    for name, hyperparameter in trials.space.items():
        values[name] = typical(name, trials)
        if trials.default is None or hyperparameter.size == 1:
            continue  # nothing is known, or what the user has fixed is no default to miss
        if name not in trials.default:
            replaced[name] = f"no default that the space can hold, {values[name]!r} is used"
            continue
        value, domain = trials.default[name], domain_of(hyperparameter)
        if not np.isnan(domain.encode([value])[0]):
            (values[name],) = domain.own([value])
            continue
        nearest = domain.nearest(value)
        if nearest is not None:
            values[name] = nearest
        how = "of the trials" if nearest is None else "nearest to it"
        replaced[name] = f"default {value!r}, {values[name]!r} ({how}) is used"
    return Defaults(values, replaced)


def typical(name: str, trials: Trials) -> Any:
    """Median of the trials where values are ordered, otherwise their mode."""
    values = [config[name] for config in trials.configs if name in config]
    domain = domain_of(trials.space[name])
    if not values:  # it was active in none of them
        number = trials.space[name].to_vector(trials.space[name].default_value)
        return domain.decode(np.array([number]))[0]
    median = domain.median(values)
    if median is not None:
        return median
    counts = Counter(map(value_key, values))
    return max(values, key=lambda value: counts[value_key(value)])
