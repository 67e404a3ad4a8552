"""The space of a search from its dicts, and the values that an estimator has without tuning."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ConfigSpace import ConfigurationSpace
from ConfigSpace.conditions import EqualsCondition, InCondition
from ConfigSpace.hyperparameters import CategoricalHyperparameter, Hyperparameter

from skhypershap._compat import float_is_fraction, optional
from skhypershap.space.distributions import choices_of, hyperparameter_from
from skhypershap.space.domains import domain_of
from skhypershap.space.value_keys import is_number

SPACE_ATTRIBUTES = ("param_grid", "param_distributions", "search_spaces", "parameters")
MISSING = object()

Config = Mapping[str, Any]
Dicts = Sequence[Mapping[str, Any]]


def dicts_of(space: Any) -> Dicts:
    """Dicts of a search space; of a pair (dict, number of iterations) the dict.

    Raises
    ------
    TypeError
        If it is neither a dict nor a list of dicts.
    """
    dicts = list(space) if isinstance(space, (list, tuple)) else [space]
    dicts = [entry[0] if isinstance(entry, tuple) and entry else entry for entry in dicts]
    if not dicts or not all(isinstance(entry, Mapping) for entry in dicts):
        raise TypeError(
            "The search space must be a ConfigurationSpace, or a dict or a list of dicts as for "
            f"RandomizedSearchCV; got {type(space).__name__}."
        )
    return dicts


def as_dimensions(dicts: Dicts) -> Dicts:
    """Convert the short forms of scikit-optimize, such as (1e-3, 1, "log-uniform"), as it does."""
    check_dimension = optional("skopt.space", "skopt").check_dimension
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scikit-optimize has already shown the user this warning
        return [{name: check_dimension(form) for name, form in entry.items()} for entry in dicts]


class EstimatorDefaults:
    """The values that hyperparameters have where the search does not set them.

    Parameters
    ----------
    estimator : estimator or None
        The one that is searched over; its parameters are read when they are first needed.
    """

    def __init__(self, estimator: Any) -> None:
        self.estimator = estimator
        self._parameters: dict[int, dict[str, Any]] = {}

    def under(self, params: Mapping[str, Any], name: str) -> Any:
        """Value of a hyperparameter in a configuration that does not set it, MISSING if it has none."""
        swapped = swapped_part(name, params)
        if swapped is None:
            return self._of(self.estimator).get(name, MISSING)
        return self._of(params[swapped]).get(name[len(swapped) + 2 :], MISSING)

    def in_dict(self, entry: Mapping[str, Any], name: str) -> list[Any]:
        """Values of a hyperparameter in a dict that lacks it: one for each estimator around it.

        Raises
        ------
        ValueError
            If it has none in some of the dict's configurations.
        """
        swapped = swapped_part(name, entry)
        choices = [None] if swapped is None else choices_of(swapped, entry[swapped]) or []
        values = [self.under({} if swapped is None else {swapped: c}, name) for c in choices]
        for choice, value in zip(choices, values, strict=True):
            if value is MISSING:
                owner = "the source" if self.estimator is None else repr(self.estimator)
                where = f"{swapped}={choice!r}" if swapped else owner
                raise ValueError(
                    f"Some dicts of the search space lack {name!r}, and its value there is unknown: "
                    f"{where} has no such parameter, and no categorical hyperparameter has other "
                    "values in these dicts than in those that have it. Write separate dicts for each "
                    "estimator, or pass a ConfigurationSpace with conditions as space=."
                )
        return values

    def of_all(self, names: Iterable[str], configs: Sequence[Config]) -> dict[str, Any]:
        """Values of hyperparameters without tuning.

        Parameters of an estimator that only the search puts in have that estimator's values.
        """
        found: dict[str, Any] = {}
        for name in names:
            for config in ({}, *(config for config in configs if name in config)):
                value = self.under(config, name)
                if value is not MISSING:
                    found[name] = value
                    break
        return found

    def is_fraction(self, entry: Mapping[str, Any], name: str) -> bool:
        """Whether 1.0 means "all" and 1 means "one" for a hyperparameter of a dict."""
        swapped = swapped_part(name, entry)
        if swapped is None:
            return hasattr(self.estimator, "get_params") and float_is_fraction(self.estimator, name)
        owners = [c for c in choices_of(swapped, entry[swapped]) or [] if hasattr(c, "get_params")]
        return any(float_is_fraction(owner, name[len(swapped) + 2 :]) for owner in owners)

    def _of(self, estimator: Any) -> dict[str, Any]:
        if not hasattr(estimator, "get_params"):
            return {}
        if id(estimator) not in self._parameters:
            self._parameters[id(estimator)] = estimator.get_params(deep=True)
        return self._parameters[id(estimator)]


def swapped_part(name: str, params: Mapping[str, Any]) -> str | None:
    """Name of the innermost estimator around a hyperparameter that the configuration itself sets."""
    around = [other for other in params if name.startswith(f"{other}__")]
    return max(around, key=len, default=None)


def space_of_dicts(dicts: Dicts, defaults: EstimatorDefaults) -> ConfigurationSpace:
    """Build the space of one or several dicts.

    A hyperparameter that only some dicts have is conditional on a categorical one whose choices
    separate these dicts from the others; if there is none, it has the estimator's value in the others.
    """
    names = list(dict.fromkeys(name for entry in dicts for name in entry))
    parents: dict[str, tuple[str, list[Any]]] = {}
    made: dict[str, Hyperparameter] = {}
    # Parents first: a parent occurs in more dicts than its children.
    for name in sorted(names, key=lambda name: -sum(name in entry for entry in dicts)):
        parent = _parent(name, dicts, parents, made)
        if parent is not None:
            parents[name] = parent
        sources = [
            entry[name] if name in entry else defaults.in_dict(entry, name)
            for entry in dicts
            if name in entry or parent is None
        ]
        exact = any(defaults.is_fraction(entry, name) for entry in dicts if name in entry)
        made[name] = hyperparameter_from(name, sources, exact=exact)
    space = ConfigurationSpace()
    space.add([made[name] for name in names])
    for name, (other, values) in parents.items():
        kind, value = (EqualsCondition, values[0]) if len(values) == 1 else (InCondition, values)
        space.add(kind(made[name], made[other], value))
    return space


def _parent(
    name: str, dicts: Dicts, parents: Mapping[str, Any], made: Mapping[str, Hyperparameter]
) -> tuple[str, list[Any]] | None:
    """The categorical hyperparameter that separates the dicts with a name, and its choices there.

    Of several the one that is closest in a pipeline: `clf` for `clf__C`, before `scaler`.
    """
    if all(name in entry for entry in dicts):
        return None
    found: dict[str, list[Any]] = {}
    for other, parent in made.items():
        everywhere = all(other in entry for entry in dicts)
        beside = all(other in entry for entry in dicts if name in entry)
        if beside and (everywhere or other in parents):
            choices = _choices_with(name, parent, dicts)
            if choices:
                found[other] = choices

    def closeness(other: str) -> int:
        same = (a == b for a, b in zip(name.split("__"), other.split("__"), strict=False))
        return sum(itertools.takewhile(bool, same))

    best = max(found, key=closeness, default=None)
    return None if best is None else (best, found[best])


def _choices_with(name: str, parent: Hyperparameter, dicts: Dicts) -> list[Any]:
    """Choices of a parent that occur in dicts with a name and never in one without, else none."""
    holders = [entry for entry in dicts if parent.name in entry]
    lists = [choices_of(parent.name, entry[parent.name]) or [] for entry in holders]
    numeric = all(is_number(choice) for choices in lists for choice in choices)
    if numeric or not all(lists) or not isinstance(parent, CategoricalHyperparameter):
        return []
    within: set[int] = set()
    without: set[int] = set()
    for entry, choices in zip(holders, lists, strict=True):
        positions = domain_of(parent).encode(choices).astype(int).tolist()
        (within if name in entry else without).update(positions)
    if not without or within & without:
        return []
    # ConfigSpace's choices, which are labels where it cannot hold the values.
    return [parent.choices[position] for position in sorted(within)]
