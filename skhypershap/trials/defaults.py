"""The value of each hyperparameter when it is not tuned: its default, or what replaces it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from skhypershap.space.conditions import Legality, violates
from skhypershap.space.domains import META_KEY, Choices, Quantiles, domain_of
from skhypershap.space.encoding import encode
from skhypershap.space.value_keys import value_key

if TYPE_CHECKING:
    from ConfigSpace import ConfigurationSpace

    from skhypershap.space.domains import Hyperparameter

Configs = Sequence[Mapping[str, Any]]


class Defaults(NamedTuple):
    """The value of each hyperparameter when it is active and not tuned.

    Attributes
    ----------
    values : dict
        A legal value for each hyperparameter.
    replaced : dict of str to str
        For those whose default lies outside the space, what replaces it and why.
    center : dict
        For each hyperparameter the middle of its values, see `center_of`.
    known : bool
        Whether the source has a default at all; where it has none, the values are the center.
    """

    values: dict[str, Any]
    replaced: dict[str, str]
    center: dict[str, Any]
    known: bool

    def set_in(self, space: ConfigurationSpace) -> None:
        """Make these the defaults of a space, unless it forbids them together."""
        if violates(space, encode(space, [self.values], forbidden=True))[0]:
            return
        for hyperparameter, number in zip(space.values(), self._filled(space), strict=True):
            if hyperparameter.to_vector(hyperparameter.default_value) != number:
                value = hyperparameter.to_value(number)
                # Plain, so that the space can be written to a file.
                plain = value.item() if isinstance(value, np.generic) else value
                hyperparameter.default_value = plain

    def legality(self, space: ConfigurationSpace) -> Legality:
        """The rules that make vectors of the space legal, with these defaults."""
        return Legality(space, self._filled(space))

    def _filled(self, space: ConfigurationSpace) -> np.ndarray:
        return np.array([domain_of(space[name]).encode([self.values[name]])[0] for name in space])


def defaults_of(
    space: ConfigurationSpace, configs: Configs, default: Mapping[str, Any] | None
) -> Defaults:
    """Find a legal default for every hyperparameter.

    Parameters
    ----------
    space : ConfigSpace.ConfigurationSpace
        Whose hyperparameters these are.
    configs : sequence of mapping
        The configurations of the trials.
    default : mapping or None
        The defaults that the source has. Of one outside the space the nearest legal value is used, or,
        where values have no distance, the `typical` one of the trials. Where there are no defaults, the
        values are those of `center_of`.
    """
    center = {name: center_of(hyperparameter) for name, hyperparameter in space.items()}
    values: dict[str, Any] = {}
    replaced: dict[str, str] = {}
    for name, hyperparameter in space.items():
        if default is None:
            values[name] = center[name]
            continue
        values[name] = typical(name, space, configs)
        if hyperparameter.size == 1:
            continue  # there is no default to replace, because the user fixed the value
        if name not in default:
            replaced[name] = f"no default in the space, {values[name]!r} is used"
            continue
        domain = domain_of(hyperparameter)
        if not np.isnan(domain.encode([default[name]])[0]):
            (values[name],) = domain.own([default[name]])
            continue
        nearest = domain.nearest(default[name])
        if nearest is not None:
            values[name] = nearest
        how = "of the trials" if nearest is None else "nearest to it"
        replaced[name] = f"default {default[name]!r}, {values[name]!r} ({how}) is used"
    return Defaults(values, replaced, center, known=default is not None)


def center_of(hyperparameter: Hyperparameter) -> Any:
    """The middle of a range on its scale or of an ordered list, the first choice of any other.

    A default that the user has set in a ConfigurationSpace comes first. The one that ConfigSpace sets
    is the middle, except in an ordered list, where it is the first value.

    Examples
    --------
    >>> from ConfigSpace import Float, OrdinalHyperparameter
    >>> from skhypershap.trials.defaults import center_of
    >>> center_of(Float("rate", (0.01, 1.0), log=True)), center_of(Float("rate", (0, 1), default=0.3))
    (0.1, 0.3)
    >>> center_of(OrdinalHyperparameter("units", [8, 16, 32]))
    16
    """
    domain = domain_of(hyperparameter)
    number = float(hyperparameter.to_vector(hyperparameter.default_value))
    if isinstance(domain, Quantiles):
        number = (1 + domain.start) / 2
    elif isinstance(domain, Choices) and hyperparameter.size > 1:
        has_labels = META_KEY in (hyperparameter.meta or {})
        if domain.ordered and (has_labels or number == domain.first):
            number = domain.first + (len(domain.values) - 1) // 2
        elif has_labels:
            number = domain.first
    elif META_KEY not in (hyperparameter.meta or {}):
        return domain.own([hyperparameter.default_value])[0]  # a number and back would round it
    return domain.decode(np.array([number]))[0]


def typical(name: str, space: ConfigurationSpace, configs: Configs) -> Any:
    """Median of the trials where values are ordered, otherwise their mode."""
    values = [config[name] for config in configs if name in config]
    domain = domain_of(space[name])
    if not values:  # it was active in none of them
        number = space[name].to_vector(space[name].default_value)
        return domain.decode(np.array([number]))[0]
    median = domain.median(values)
    if median is not None:
        return median
    counts = Counter(map(value_key, values))
    return max(values, key=lambda value: counts[value_key(value)])
