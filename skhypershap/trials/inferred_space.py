"""The space of trials whose source does not contain it: given by the user, or inferred from trials."""

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
from scipy.stats import binom

from skhypershap.errors import SpaceWarning, naming, warn
from skhypershap.space.distributions import Interval, hyperparameter_from
from skhypershap.space.domains import MANY_NUMBERS, Numbers, Quantiles, domain_of
from skhypershap.space.value_keys import is_number, value_key
from skhypershap.trials.moving_ranges import infer_relations
from skhypershap.trials.records import Checked
from skhypershap.trials.search_space import EstimatorDefaults, dicts_of, space_of_dicts

FEW = 10  # no more numbers than these, each tried about twice or more, are a grid
EVIDENCE = 3  # trials with, and trials without, a hyperparameter before a condition is inferred
MAGNITUDE = 5  # a range with a smaller ratio of its ends is linear: there both scales look alike
SMALL = 1e-2  # of the largest value: uniform draws are rarely smaller than that
LOG_UNIFORM = ("loguniform", "reciprocal")  # names in scipy
INFERRED_KEY = "skhypershap-inferred"  # in the meta of a space
NO_DEFAULT = "Where no default is known, baseline='default' is the center of this space."
CHANCE = 1e-3  # probability of as many small values, if they were uniform, that speaks against it

Configs = Sequence[Mapping[str, Any]]


def space_given(space: Any) -> ConfigurationSpace:
    """Read what a user passes as `space=`: a ConfigurationSpace, which is copied, or dicts of values.

    Raises
    ------
    TypeError
        For anything else.
    ValueError
        If some dicts lack a hyperparameter and nothing tells its value there.

    See Also
    --------
    space_inferred : The space of trials, where none is given.

    Examples
    --------
    >>> from scipy.stats import loguniform
    >>> from skhypershap.trials import space_given
    >>> space_given({"C": loguniform(0.1, 10)})["C"].log
    True
    """
    if isinstance(space, ConfigurationSpace):
        return deepcopy(space)
    with naming("space"):
        dicts = dicts_of(space)
        if not any(dicts):
            raise ValueError("space has no hyperparameters; give each of them its values.")
        return space_of_dicts(dicts, EstimatorDefaults(None))


def space_inferred(configs: Configs, notes: str = "") -> ConfigurationSpace:
    """Infer ranges, choices and conditions from the configurations of trials; one warning lists them.

    Parameters
    ----------
    configs : sequence of mapping
        The configurations of the trials, without inactive hyperparameters.
    notes : str, default=""
        Sentences that the warning ends with.

    Raises
    ------
    ValueError
        If no trial has a hyperparameter.

    See Also
    --------
    space_given : The space that a user passes.

    Examples
    --------
    >>> import warnings
    >>> from skhypershap.trials import space_inferred
    >>> with warnings.catch_warnings(action="ignore"):
    ...     space = space_inferred([{"C": 0.1}, {"C": 3.0}, {"C": 20.0}])
    >>> space["C"].lower, space["C"].upper
    (0.1, 20.0)
    """
    names = list(dict.fromkeys(name for config in configs for name in config))
    if not names:
        raise ValueError("The trials have no hyperparameters, so there is nothing to explain.")
    space, unexplained = _inferred_space(names, configs, EVIDENCE)
    shown = [f"{name}: {domain_of(space[name]).describe()}{_scale(space[name])}" for name in space]
    shown += map(str, space.conditions)
    unsure = (
        f" No condition was found for {', '.join(unexplained)}, which some trials lack."
        if unexplained
        else ""
    )
    warn(
        f"The search space was inferred from the {len(configs)} trials ({'; '.join(shown)}).{unsure} "
        "Values beyond what was tried are not explained. Pass the space as space= if you know it."
        + (f" {notes}" if notes else ""),
        SpaceWarning,
    )
    return space


def space_without_default(configs: Configs, notes: str = "") -> ConfigurationSpace:
    """The same for a source that has no default; the warning says what the baseline is, too."""
    space = space_inferred(configs, f"{notes} {NO_DEFAULT}".strip())
    infer_relations(space, configs)
    space.meta = {**(space.meta or {}), INFERRED_KEY: True}
    return space


def _inferred_space(
    names: Sequence[str], configs: Configs, evidence: int
) -> tuple[ConfigurationSpace, list[str]]:
    """A space of these names, and those of them that some trials lack without a condition."""
    space = ConfigurationSpace()
    space.add([_inferred(name, configs) for name in names])
    return space, _add_conditions(space, names, configs, evidence=evidence)


def unexplained_names(configs: Configs, *, evidence: int = EVIDENCE) -> list[str]:
    """Names of the hyperparameters that some trials lack although no condition explains it."""
    names = list(dict.fromkeys(name for config in configs for name in config))
    return _inferred_space(names, configs, evidence)[1]


def was_inferred(space: ConfigurationSpace) -> bool:
    """Whether a space follows from trials alone; then the warning names the baseline, too."""
    return bool((space.meta or {}).get(INFERRED_KEY, False))


def _scale(hyperparameter: Hyperparameter) -> str:
    """The scale of a range, for the warning."""
    domain = domain_of(hyperparameter)
    if isinstance(domain, Quantiles):
        kind = getattr(getattr(domain.distribution, "dist", None), "name", "")
        is_log = kind in LOG_UNIFORM
    elif isinstance(domain, Numbers):
        is_log = domain.hyperparameter.log
    else:
        return ""
    return f" on a {'logarithmic' if is_log else 'linear'} scale"


def space_with_conditions(
    hyperparameters: Sequence[Hyperparameter], configs: Configs
) -> ConfigurationSpace:
    """Make a space whose conditions follow from which trials have which hyperparameter.

    A hyperparameter that is there exactly for some choices of another one, or above or below some
    number of it, is conditional on that one.
    """
    space = ConfigurationSpace()
    space.add(list(hyperparameters))
    _add_conditions_and_warn(space, [item.name for item in hyperparameters], configs)
    return space


def space_of_trials(checked: Checked, configs: Configs, notes: str = "") -> ConfigurationSpace:
    """The space for trials of a source that does not contain it: given or inferred.

    Parameters
    ----------
    checked : Checked
        Its space, if it has one, is used. One dict cannot express conditions, so they are inferred from
        the trials and added.
    configs : sequence of mapping
        The configurations of the trials, without inactive hyperparameters.
    notes : str, default=""
        Sentences for the warning about an inferred space.

    Returns
    -------
    ConfigSpace.ConfigurationSpace
        The space in `checked`, or a new one.

    See Also
    --------
    space_inferred : What happens where no space was given.

    Examples
    --------
    >>> from skhypershap.trials import Checked, space_given, space_of_trials
    >>> given = {"kernel": ["rbf", "linear"], "gamma": [0.1, 1]}
    >>> checked = Checked("score", space_given(given), given)
    >>> space_of_trials(checked, [{"kernel": "rbf", "gamma": 1}, {"kernel": "linear"}]).conditions
    [gamma | kernel in {'rbf'}]
    """
    if checked.space is None:
        return space_without_default(configs, notes)
    if isinstance(checked.given, Mapping) and not checked.complete:
        _add_conditions_and_warn(checked.space, list(checked.space), configs)
    return checked.space


def _add_conditions_and_warn(
    space: ConfigurationSpace, names: Sequence[str], configs: Configs
) -> None:
    unexplained = _add_conditions(space, names, configs, evidence=1)
    if unexplained:
        warn(
            f"Some trials lack {', '.join(unexplained)}, and no condition on another hyperparameter "
            "explains it; their values are treated as unknown. If they are conditional, pass the space "
            "as space=.",
            SpaceWarning,
        )


def _inferred(name: str, configs: Configs) -> Hyperparameter:
    values = [config[name] for config in configs if name in config]
    values = [value.item() if isinstance(value, np.generic) else value for value in values]
    n_distinct = len({value_key(value) for value in values})
    numbers = [value for value in values if is_number(value) and math.isfinite(value)]
    others = [value for value in values if not (is_number(value) and math.isfinite(value))]
    grid = n_distinct == 1 or (n_distinct <= FEW and 2 * n_distinct <= len(values))
    if grid or not numbers:
        return hyperparameter_from(name, [values], exact=_both_kinds(numbers))
    if others and not _beside_a_range(numbers, others):
        return hyperparameter_from(name, [values], exact=_both_kinds(numbers))
    lower, upper = min(numbers), max(numbers)
    # A range of integers in ConfigSpace has 64 bits.
    whole = all(isinstance(value, int) and abs(value) < 2**62 for value in numbers)
    if not whole:
        lower, upper = float(lower), float(upper)
    log = is_logarithmic(numbers)
    if others:
        return hyperparameter_from(name, [Interval(lower, upper, log, whole), others])
    kind = UniformIntegerHyperparameter if whole else UniformFloatHyperparameter
    return kind(name, lower, upper, log=log)


def _both_kinds(numbers: Sequence[float]) -> bool:
    """Whether a number occurs as an integer and as a float: 1 and 1.0 were meant to differ."""
    return len({value_key(number) for number in numbers}) > len(set(numbers))


def _beside_a_range(numbers: Sequence[float], others: Sequence[Any]) -> bool:
    """Whether numbers are a range and the other values a few choices beside it, None for example."""
    n_numbers, n_others = len(set(numbers)), len({value_key(value) for value in others})
    return n_numbers > FEW and n_others <= FEW


def is_logarithmic(numbers: Sequence[float]) -> bool:
    """Whether the values of a range look log-uniform rather than uniform.

    Both have a likelihood, on the range from the smallest to the largest value. The log-uniform one is
    larger if the geometric mean of the values is below the logarithmic mean of the ends. An optimizer
    that searched most near the upper end hides that; there it counts if far more values are small than
    a uniform distribution has.

    Examples
    --------
    >>> import numpy as np
    >>> from skhypershap.trials.inferred_space import is_logarithmic
    >>> is_logarithmic(np.geomspace(0.01, 0.99, 30)), is_logarithmic(np.linspace(0.01, 0.99, 30))
    (True, False)
    """
    values = np.asarray(numbers, dtype=float)
    lower, upper = values.min(), values.max()
    if not lower > 0 or upper / lower < MAGNITUDE:
        return False
    log_mean_of_ends = np.log(upper - lower) - np.log(np.log(upper / lower))
    if np.log(values).mean() < log_mean_of_ends:
        return True
    n_small = int((values < SMALL * upper).sum())
    return bool(binom.sf(n_small - 1, len(values), SMALL) < CHANCE)


def _add_conditions(
    space: ConfigurationSpace, names: Sequence[str], configs: Configs, *, evidence: int
) -> list[str]:
    """Infer conditions, and return the names that some trials lack and no condition explains.

    At least `evidence` trials with and without a hyperparameter are needed for a condition on choices,
    and `EVIDENCE` for one on a number, of which any one may happen to be the largest.
    """
    present = {name: np.array([name in config for config in configs]) for name in names}
    parents = sorted((space[name] for name in names), key=_priority)
    conditions, unexplained = [], []
    for name in names:
        if present[name].all():
            continue
        if not present[name].any():
            raise ValueError(f"No trial has a value for {name!r}; leave it out of space=.")
        n_fewer = min(present[name].sum(), (~present[name]).sum())
        found = (
            _condition(space[name], parent, configs, present, repeated=evidence > 1)
            for parent in parents
            if n_fewer >= (EVIDENCE if _priority(parent) else evidence)
        )
        condition = next(filter(None, found), None)
        if condition is None:
            unexplained.append(name)
        else:
            conditions.append(condition)
    space.add(conditions)
    return unexplained


def _priority(parent: Hyperparameter) -> int:
    """Order in which parents are tried: choices decide most often, then counts, then floats."""
    if isinstance(parent, CategoricalHyperparameter):
        return 0
    return 2 if isinstance(parent, UniformFloatHyperparameter) else 1


def _condition(
    child: Hyperparameter,
    parent: Hyperparameter,
    configs: Configs,
    present: Mapping[str, np.ndarray],
    *,
    repeated: bool,
) -> Condition | None:
    """The condition on a parent that separates trials with the child from those without, if any.

    With `repeated` it must rest on values that occur several times; those of counts and grids always
    must.
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
        repeated = True
    # Values that rarely repeat (run names, for example) separate any trials by chance.
    repeat = 2 * (len(within) + len(without)) <= len(rows)
    if parent.size > MANY_NUMBERS or (repeated and not repeat):
        return None
    return InCondition(child, parent, [_value(parent, number) for number in within])


def _value(parent: Hyperparameter, number: float) -> Any:
    """ConfigSpace's value for a number, which it can write to a file."""
    value = parent.to_value(number)
    return value.item() if isinstance(value, np.generic) else value
