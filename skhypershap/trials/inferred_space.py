"""The space of trials whose source does not tell it: given by the user, or inferred from the trials."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

import numpy as np
from ConfigSpace import ConfigurationSpace
from ConfigSpace.conditions import (
    Condition,
    GreaterThanCondition,
    InCondition,
    LessThanCondition,
)
from ConfigSpace.hyperparameters import (
    CategoricalHyperparameter,
    Hyperparameter,
    UniformFloatHyperparameter,
    UniformIntegerHyperparameter,
)

from skhypershap.errors import SpaceWarning, warn
from skhypershap.space.distributions import hyperparameter_from
from skhypershap.space.domains import MANY_NUMBERS, domain_of, is_number, value_key
from skhypershap.trials.search_space import EstimatorDefaults, dicts_of, space_of_dicts

FEW = 10  # numbers, repeated over and over, are taken for a grid
EVIDENCE = 3  # trials, with and without a hyperparameter, before it is taken for conditional
MANY_MAGNITUDES = 1e3  # numbers further apart are taken for a logarithmic scale

Configs = Sequence[Mapping[str, Any]]


def space_given(space: Any) -> ConfigurationSpace:
    """Read what a user gives as `space=`: a copy of a ConfigurationSpace, or dicts of values.

    Raises
    ------
    TypeError
        For anything else.
    ValueError
        If dicts lack a hyperparameter and nothing says why.
    """
    if isinstance(space, ConfigurationSpace):
        return deepcopy(space)
    return space_of_dicts(dicts_of(space), EstimatorDefaults(None))


def space_inferred(configs: Configs) -> ConfigurationSpace:
    """Infer ranges, choices and conditions from what the trials tried, with a warning that says so."""
    names = list(dict.fromkeys(name for config in configs for name in config))
    if not names:
        raise ValueError("The trials have no hyperparameters, so there is nothing to explain.")
    hyperparameters = [_inferred(name, configs) for name in names]
    space, unexplained = _with_conditions(hyperparameters, configs, evidence=EVIDENCE)
    shown = [f"{name}: {domain_of(space[name]).describe()}" for name in space]
    shown += map(str, space.conditions)
    unsure = f" Nothing tells why some trials lack {', '.join(unexplained)}." if unexplained else ""
    warn(
        f"The search space was inferred from the {len(configs)} trials ({'; '.join(shown)}).{unsure} "
        "Values beyond what was tried are not explained. Give the space with space= if you know it.",
        SpaceWarning,
    )
    return space


def space_with_conditions(
    hyperparameters: Sequence[Hyperparameter], configs: Configs
) -> ConfigurationSpace:
    """Make a space whose conditions follow from which trials have which hyperparameter.

    A hyperparameter that is there exactly for some choices of another one, or above or below some
    number of it, is conditional on that.
    """
    space, unexplained = _with_conditions(hyperparameters, configs, evidence=1)
    if unexplained:
        warn(
            f"Some trials lack {', '.join(unexplained)}, and no other hyperparameter tells why; their "
            "values are taken for unknown. If they are conditional, give the space with space=.",
            SpaceWarning,
        )
    return space


def space_told(space: Any, own: ConfigurationSpace, configs: Configs) -> ConfigurationSpace:
    """Add the conditions that trials tell to what a user gave as one dict, which can tell none."""
    told = isinstance(space, ConfigurationSpace) or not isinstance(space, Mapping)
    return own if told else space_with_conditions(list(own.values()), configs)


def _inferred(name: str, configs: Configs) -> Hyperparameter:
    values = [config[name] for config in configs if name in config]
    values = [value.item() if isinstance(value, np.generic) else value for value in values]
    n_distinct = len({value_key(value) for value in values})
    numeric = all(is_number(value) and math.isfinite(value) for value in values)
    grid = n_distinct == 1 or (n_distinct <= FEW and 2 * n_distinct <= len(values))
    if grid or not numeric:
        return hyperparameter_from(name, [values])
    lower, upper = min(values), max(values)
    log = lower > 0 and upper / lower >= MANY_MAGNITUDES
    whole = all(isinstance(value, int) for value in values)
    kind = UniformIntegerHyperparameter if whole else UniformFloatHyperparameter
    return kind(name, lower, upper, log=log)


def _with_conditions(
    hyperparameters: Sequence[Hyperparameter], configs: Configs, *, evidence: int
) -> tuple[ConfigurationSpace, list[str]]:
    """Also name the hyperparameters that some trials lack for no reason that could be found.

    So many trials with and without a hyperparameter are asked for before a condition is believed;
    numbers, of which any one may happen to be the largest, always need some.
    """
    space = ConfigurationSpace()
    space.add(list(hyperparameters))
    present = {
        hyperparameter.name: np.array([hyperparameter.name in config for config in configs])
        for hyperparameter in hyperparameters
    }
    likely = sorted(hyperparameters, key=_unlikeliness)
    conditions, unexplained = [], []
    for child in hyperparameters:
        if present[child.name].all():
            continue
        if not present[child.name].any():
            raise ValueError(f"No trial has a value for {child.name!r}; leave it out of space=.")
        n_fewer = min(present[child.name].sum(), (~present[child.name]).sum())
        found = (
            _condition(child, parent, configs, present, sure=evidence > 1)
            for parent in likely
            if n_fewer >= (EVIDENCE if _unlikeliness(parent) else evidence)
        )
        condition = next(filter(None, found), None)
        if condition is None:
            unexplained.append(child.name)
        else:
            conditions.append(condition)
    space.add(conditions)
    return space, unexplained


def _unlikeliness(parent: Hyperparameter) -> int:
    """Choices decide what else there is more often than counts do, and these more than floats."""
    if isinstance(parent, CategoricalHyperparameter):
        return 0
    return 2 if isinstance(parent, UniformFloatHyperparameter) else 1


def _condition(
    child: Hyperparameter,
    parent: Hyperparameter,
    configs: Configs,
    present: Mapping[str, np.ndarray],
    *,
    sure: bool,
) -> Condition | None:
    """Say how values of the parent tell trials with the child from those without, if they do.

    With `sure` values have to repeat, as those of counts and grids always have to.
    """
    if parent is child or (present[child.name] & ~present[parent.name]).any():
        return None
    rows = np.flatnonzero(present[parent.name]).tolist()
    numbers = domain_of(parent).encode([configs[row][parent.name] for row in rows])
    active = present[child.name][rows]
    within, without = np.unique(numbers[active]), np.unique(numbers[~active])
    if not len(without) or not len(within) or np.isin(within, without).any():
        return None
    if not isinstance(parent, CategoricalHyperparameter):
        if without.max() < within.min():
            return GreaterThanCondition(child, parent, _value(parent, without.max()))
        if within.max() < without.min():
            return LessThanCondition(child, parent, _value(parent, without.min()))
        sure = True
    # Values that hardly repeat, names of runs, say, tell everything and nothing.
    repeated = 2 * (len(within) + len(without)) <= len(rows)
    if parent.size > MANY_NUMBERS or (sure and not repeated):
        return None
    return InCondition(child, parent, [_value(parent, number) for number in within])


def _value(parent: Hyperparameter, number: float) -> Any:
    """ConfigSpace's own value of a number, which it can write to a file."""
    value = parent.to_value(number)
    return value.item() if isinstance(value, np.generic) else value
