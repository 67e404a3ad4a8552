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

from skhypershap.distributions import hyperparameter_from
from skhypershap.domains import domain_of, is_number, value_key
from skhypershap.errors import SpaceWarning, warn
from skhypershap.trials._search_space import OwnValues, dicts_of, space_of_dicts

FEW = 10  # numbers, repeated over and over, are taken for a grid
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
    return space_of_dicts(dicts_of(space), OwnValues(None))


def space_inferred(configs: Configs) -> ConfigurationSpace:
    """Infer ranges, choices and conditions from what the trials tried, with a warning that says so."""
    names = list(dict.fromkeys(name for config in configs for name in config))
    if not names:
        raise ValueError("The trials have no hyperparameters, so there is nothing to explain.")
    space, unexplained = _with_conditions([_inferred(name, configs) for name in names], configs)
    shown = "; ".join(f"{name}: {domain_of(space[name]).describe()}" for name in space)
    unsure = f" Nothing tells why some trials lack {', '.join(unexplained)}." if unexplained else ""
    warn(
        f"The search space was inferred from the {len(configs)} trials ({shown}).{unsure} Values beyond "
        "what was tried are not explained. Give the space with space= if you know it.",
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
    space, unexplained = _with_conditions(hyperparameters, configs)
    if unexplained:
        warn(
            f"Some trials lack {', '.join(unexplained)}, and no other hyperparameter tells why; their "
            "values are taken for unknown. If they are conditional, give the space with space=.",
            SpaceWarning,
        )
    return space


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
    hyperparameters: Sequence[Hyperparameter], configs: Configs
) -> tuple[ConfigurationSpace, list[str]]:
    """Also name the hyperparameters that some trials lack for no reason that could be found."""
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
        found = (_condition(child, parent, configs, present) for parent in likely)
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
) -> Condition | None:
    """Say how values of the parent tell trials with the child from those without, if they do."""
    if parent is child or (present[child.name] & ~present[parent.name]).any():
        return None
    rows = np.flatnonzero(present[parent.name]).tolist()
    numbers = domain_of(parent).encode([configs[row][parent.name] for row in rows])
    active = present[child.name][rows]
    within, without = np.unique(numbers[active]), np.unique(numbers[~active])
    if not len(without) or not len(within) or np.isin(within, without).any():
        return None
    if isinstance(parent, CategoricalHyperparameter):
        return InCondition(child, parent, parent.to_value(within).tolist())
    if without.max() < within.min():
        return GreaterThanCondition(child, parent, parent.to_value(without.max()))
    if within.max() < without.min():
        return LessThanCondition(child, parent, parent.to_value(without.min()))
    return None
