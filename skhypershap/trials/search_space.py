"""The space of a search from its own dicts, and what runs where a dict lacks a hyperparameter."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

from ConfigSpace import ConfigurationSpace
from ConfigSpace.conditions import EqualsCondition, InCondition
from ConfigSpace.hyperparameters import CategoricalHyperparameter, Hyperparameter

from skhypershap._compat import float_is_fraction, optional
from skhypershap.space.distributions import choices_of, hyperparameter_from
from skhypershap.space.domains import domain_of, is_number

SPACE_ATTRIBUTES = ("param_grid", "param_distributions", "search_spaces", "parameters")
MISSING = object()

Dicts = Sequence[Mapping[str, Any]]


def space_attribute(search: Any) -> Any:
    """Find what a search calls its space, None if it has none."""
    found = (getattr(search, attribute, None) for attribute in SPACE_ATTRIBUTES)
    return next((space for space in found if isinstance(space, (Mapping, list, tuple))), None)


def dicts_of(space: Any) -> Dicts:
    """Dicts of a search space; of pairs of a dict and its number of iterations, the dict.

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
        warnings.simplefilter("ignore")  # what it thinks of a short form it has said to the user
        return [{name: check_dimension(form) for name, form in entry.items()} for entry in dicts]


class EstimatorDefaults:
    """What hyperparameters run at where the search does not set them."""

    def __init__(self, estimator: Any) -> None:
        self.estimator = estimator
        self._parameters: dict[int, dict[str, Any]] = {}

    def under(self, params: Mapping[str, Any], name: str) -> Any:
        """Value that a hyperparameter has under what is set, MISSING if there is no such one."""
        swapped = swapped_part(name, params)
        if swapped is None:
            return self._of(self.estimator).get(name, MISSING)
        return self._of(params[swapped]).get(name[len(swapped) + 2 :], MISSING)

    def in_dict(self, entry: Mapping[str, Any], name: str) -> list[Any]:
        """Values that a hyperparameter has under a dict that lacks it.

        Raises
        ------
        ValueError
            If there is none for some of the dict's configurations.
        """
        swapped = swapped_part(name, entry)
        choices = [None] if swapped is None else choices_of(swapped, entry[swapped]) or []
        values = [self.under({} if swapped is None else {swapped: c}, name) for c in choices]
        for choice, value in zip(choices, values, strict=True):
            if value is MISSING:
                owner = "the source" if self.estimator is None else repr(self.estimator)
                where = f"{swapped}={choice!r}" if swapped else owner
                raise ValueError(
                    f"Some dicts of the search space lack {name!r}, and nothing says what runs there: "
                    f"{where} has no such parameter, and no categorical hyperparameter has other "
                    "values in these dicts than in those that have it. Give each estimator dicts of its "
                    "own, or give a ConfigurationSpace with conditions as space=."
                )
        return values

    def is_share(self, entry: Mapping[str, Any], name: str) -> bool:
        """Whether 1.0 means "all" and 1 "one" for a hyperparameter of a dict."""
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
    """The innermost estimator around a hyperparameter that the configuration itself sets."""
    around = [other for other in params if name.startswith(f"{other}__")]
    return max(around, key=len, default=None)


def space_of_dicts(dicts: Dicts, own: EstimatorDefaults) -> ConfigurationSpace:
    """Build the space of one or several dicts.

    A hyperparameter that only some dicts have is conditional on a categorical one whose values tell
    these dicts from the others; if there is none, it runs at the estimator's own value in the others.
    """
    names = list(dict.fromkeys(name for entry in dicts for name in entry))
    parents: dict[str, tuple[str, list[Any]]] = {}
    made: dict[str, Hyperparameter] = {}
    # A parent is in more dicts than its child, so it is there when its child looks for it.
    for name in sorted(names, key=lambda name: -sum(name in entry for entry in dicts)):
        telling = _telling(name, dicts, parents, made)
        if telling is not None:
            parents[name] = telling
        sources = [
            entry[name] if name in entry else own.in_dict(entry, name)
            for entry in dicts
            if name in entry or telling is None
        ]
        share = any(own.is_share(entry, name) for entry in dicts if name in entry)
        made[name] = hyperparameter_from(name, sources, exact=share)
    space = ConfigurationSpace()
    space.add([made[name] for name in names])
    for name, (parent, values) in parents.items():
        kind, value = (EqualsCondition, values[0]) if len(values) == 1 else (InCondition, values)
        space.add(kind(made[name], made[parent], value))
    return space


def _telling(
    name: str, dicts: Dicts, parents: Mapping[str, Any], made: Mapping[str, Hyperparameter]
) -> tuple[str, list[Any]] | None:
    """Find the categorical hyperparameter that tells the dicts with a name, and its choices there.

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
        numbers = domain_of(parent).encode(choices).astype(int).tolist()
        (within if name in entry else without).update(numbers)
    if not without or within & without:
        return []
    # ConfigSpace's own choices, which are labels where it cannot hold the values.
    return [parent.choices[number] for number in sorted(within)]
