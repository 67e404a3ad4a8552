"""A space without the user's words, as plain data and back: for files that reproduce a problem.

Names become "hyperparameter_1", choices that are not numbers, bools or None become "choice_1". Vectors
of the anonymous space are those of the space, so that all games have the same values.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import scipy.stats
from ConfigSpace import ConfigurationSpace
from ConfigSpace.hyperparameters import (
    CategoricalHyperparameter,
    Constant,
    OrdinalHyperparameter,
)

from skhypershap.space.distributions import Mixture
from skhypershap.space.domains import (
    EXACT_KEY,
    META_KEY,
    Choices,
    Domain,
    Hyperparameter,
    Quantiles,
    domain_of,
)
from skhypershap.space.encoding import Config
from skhypershap.space.tabulated import TabulatedContinuous, TabulatedDiscrete, tabulated
from skhypershap.space.value_keys import is_number

UNIFORM: dict[str, Any] = {"name": "uniform", "args": [0.0, 1.0], "kwds": {}, "tabulated": False}


class AnonymousSpace:
    """Writes a space and its configurations without the user's words.

    Parameters
    ----------
    space : ConfigSpace.ConfigurationSpace
        Its own names and choices are replaced, in the order of the space.
    """

    def __init__(self, space: ConfigurationSpace) -> None:
        self.space = space
        digits = len(str(len(space)))  # ConfigSpace sorts names as text
        self.names = {
            name: f"hyperparameter_{number:0{digits}d}"
            for number, name in enumerate(space, start=1)
        }

    @cached_property
    def _domains(self) -> dict[str, _AnonymousDomain]:
        return {name: _AnonymousDomain(item) for name, item in self.space.items()}

    def config(self, config: Mapping[str, Any]) -> Config:
        """What a configuration has that is legal, by anonymous names."""
        found = {}
        for name, value in config.items():
            if name in self.names and not np.isnan(domain_of(self.space[name]).encode([value])[0]):
                found[self.names[name]] = self._domains[name].value(value)
        return found

    def written(self) -> dict[str, Any]:
        """The space as data of JSON, which `read_space` reads."""
        data = self.space.to_serialized_dict()
        hyperparameters = [self._hyperparameter(item) for item in data["hyperparameters"]]
        return {
            "hyperparameters": hyperparameters,
            "conditions": self._all_renamed(data["conditions"]),
            "forbiddens": self._all_renamed(data["forbiddens"]),
            "format_version": data["format_version"],
        }

    def _hyperparameter(self, item: Mapping[str, Any]) -> dict[str, Any]:
        domain = self._domains[item["name"]]
        found = {**item, "name": self.names[item["name"]], "meta": domain.meta()}
        for key in ("choices", "sequence"):
            if key in item:
                found[key] = list(domain.labels)
        for key in ("default_value", "value"):
            if key in item:
                found[key] = domain.label(item[key])
        if item.get("weights") is not None:
            found["weights"] = [float(weight) for weight in item["weights"]]
        return {key: _plain(value) for key, value in found.items()}

    def _all_renamed(self, items: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Conditions or clauses, in an order that does not depend on how ConfigSpace keeps them."""
        return sorted(map(self._renamed, items), key=json.dumps)

    def _renamed(self, item: Mapping[str, Any]) -> dict[str, Any]:
        """A condition or a clause, with the conditions or clauses in it."""
        found = dict(item)
        for key in ("conditions", "clauses"):
            if key in item:
                found[key] = self._all_renamed(item[key])
        for key in ("child", "parent", "name", "left", "right"):
            if key in item:
                found[key] = self.names[item[key]]
        owner = item.get("parent", item.get("name"))
        if owner is not None and "value" in item:
            found["value"] = _plain(self._domains[owner].label(item["value"]))
        if owner is not None and "values" in item:
            found["values"] = [_plain(self._domains[owner].label(v)) for v in item["values"]]
        return found


class _AnonymousDomain:
    """The values of one hyperparameter, and the labels that ConfigSpace has for them."""

    def __init__(self, hyperparameter: Hyperparameter) -> None:
        self.hyperparameter = hyperparameter
        self.domain: Domain = domain_of(hyperparameter)
        self.values = _anonymous(_values_of(self.domain))
        finite = (CategoricalHyperparameter, OrdinalHyperparameter, Constant)
        self.labels = _anonymous(_labels_of(hyperparameter), labels=self._has_domain)
        self.is_finite = isinstance(hyperparameter, finite)

    @property
    def _has_domain(self) -> bool:
        return META_KEY in (self.hyperparameter.meta or {})

    def label(self, label: Any) -> Any:
        """What stands for a value of ConfigSpace in a default, a condition or a clause."""
        if not self.is_finite:
            return label
        own = _labels_of(self.hyperparameter)
        same = [place for place, value in enumerate(own) if value is label or value == label]
        return self.labels[same[0]]

    def value(self, value: Any) -> Any:
        """What stands for a legal value in a configuration."""
        number = self.domain.encode([value])[0]
        if isinstance(self.domain, Choices):
            return self.values[round(number) - self.domain.first]
        if not isinstance(self.domain, Quantiles):
            return _plain(value)
        if number < self.domain.start:
            return self.values[int(number / self.domain.start * len(self.values))]
        if _distribution(self.domain) is not UNIFORM:
            return _plain(value)
        return float((number - self.domain.start) / (1 - self.domain.start))

    def meta(self) -> dict[str, Any] | None:
        """What `_domain_read` needs beside the hyperparameter; nothing that the user put there."""
        if not self._has_domain:
            return {EXACT_KEY: True} if (self.hyperparameter.meta or {}).get(EXACT_KEY) else None
        if isinstance(self.domain, Choices):
            ordered, exact, first = self.domain.ordered, self.domain.exact, self.domain.first
            return {"values": self.values, "ordered": ordered, "exact": exact, "first": first}
        assert isinstance(self.domain, Quantiles)
        return {
            "extras": self.values,
            "distribution": _distribution(self.domain),
            "discrete": self.domain.discrete,
            "exact": self.domain.exact,
        }


def _values_of(domain: Domain) -> Sequence[Any]:
    if isinstance(domain, Quantiles):
        return domain.extras.values
    return domain.values if isinstance(domain, Choices) else ()


def _labels_of(hyperparameter: Any) -> Sequence[Any]:
    """The values that ConfigSpace has for a finite hyperparameter."""
    if isinstance(hyperparameter, Constant):
        return (hyperparameter.value,)
    if isinstance(hyperparameter, OrdinalHyperparameter):
        return tuple(hyperparameter.sequence)
    return tuple(getattr(hyperparameter, "choices", ()))


def _anonymous(values: Sequence[Any], *, labels: bool = False) -> list[Any]:
    """Numbers, bools and None as they are, all else numbered; of `labels` all are numbered."""
    return [
        _plain(value) if not labels and _is_telling_nothing(value) else f"choice_{number}"
        for number, value in enumerate(values, start=1)
    ]


def _is_telling_nothing(value: Any) -> bool:
    is_nan = isinstance(value, (float, np.floating)) and value != value
    return value is None or is_nan or isinstance(value, (bool, np.bool_)) or is_number(value)


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _distribution(domain: Quantiles) -> dict[str, Any]:
    """A distribution of scipy by its name.

    Of any other continuous one the quantiles take the place of its values.

    Raises
    ------
    ValueError
        For a discrete one that is not of scipy.
    """
    parts = getattr(domain.distribution, "parts", None)
    found = [_of_scipy(part) for part in (parts or [domain.distribution])]
    known = [part for part in found if part is not None]
    if len(known) == len(found):
        return known[0] if parts is None else {"parts": known}
    if domain.discrete:
        raise ValueError(
            "A discrete distribution that is not one of scipy.stats cannot be written to a file."
        )
    return UNIFORM


def _of_scipy(distribution: Any) -> dict[str, Any] | None:
    is_table = isinstance(distribution, (TabulatedContinuous, TabulatedDiscrete))
    frozen = distribution.distribution if is_table else distribution
    kind = getattr(frozen, "dist", None)
    name = getattr(kind, "name", None)
    own = getattr(scipy.stats, name, None) if isinstance(name, str) else None
    args, kwds = list(getattr(frozen, "args", ())), dict(getattr(frozen, "kwds", {}))
    if own is None or type(own) is not type(kind):
        return None
    if not all(map(is_number, [*args, *kwds.values()])):
        return None
    args, kwds = [_plain(value) for value in args], {key: _plain(v) for key, v in kwds.items()}
    return {"name": name, "args": args, "kwds": kwds, "tabulated": is_table}


def read_space(data: Mapping[str, Any]) -> ConfigurationSpace:
    """The anonymous space of what `AnonymousSpace.written` has written."""
    metas = {item["name"]: item["meta"] for item in data["hyperparameters"]}
    plain = [{**item, "meta": None} for item in data["hyperparameters"]]
    space = ConfigurationSpace.from_serialized_dict(
        {"name": None, **data, "hyperparameters": plain}
    )
    for name, meta in metas.items():
        if meta is not None:
            space[name].meta = _meta_read(meta)
    return space


def _meta_read(meta: Mapping[str, Any]) -> dict[Any, Any]:
    if "values" in meta:
        values = tuple(meta["values"])
        return {META_KEY: Choices(values, meta["ordered"], meta["exact"], meta["first"])}
    if "distribution" not in meta:
        return dict(meta)
    extras = Choices(tuple(meta["extras"]), ordered=False, exact=meta["exact"])
    distribution = _distribution_read(meta["distribution"])
    return {META_KEY: Quantiles(extras, distribution, meta["discrete"], meta["exact"])}


def _distribution_read(data: Mapping[str, Any]) -> Any:
    if "parts" in data:
        return Mixture([_distribution_read(part) for part in data["parts"]])
    name = data["name"]
    kind = getattr(scipy.stats, name, None) if isinstance(name, str) else None
    if not isinstance(kind, (scipy.stats.rv_continuous, scipy.stats.rv_discrete)):
        raise ValueError(f"scipy.stats has no distribution {name!r}.")
    frozen = kind(*data["args"], **data["kwds"])
    return tabulated(frozen) if data["tabulated"] else frozen
