"""Configurations, as a user types them, to the numbers that the surrogate sees, and back.

A *config* is a dict of values; a *vector* holds its numbers in the order of the space, as
`ConfigSpace.Configuration.get_array()` does.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from ConfigSpace import ConfigurationSpace
from ConfigSpace.hyperparameters import CategoricalHyperparameter, OrdinalHyperparameter

from skhypershap.errors import check_name, shown, unknown_name
from skhypershap.frame_libraries import as_pandas
from skhypershap.space.conditions import active_where, breaks, violates
from skhypershap.space.domains import META_KEY, Choices, domain_of
from skhypershap.space.value_keys import value_key

Config = dict[str, Any]
RESERVED = ("score", "fidelity", "why")  # columns of `trials_` and `measured_`
HALVES = re.compile("[\ud800-\udfff]")  # of pairs that UTF-16 needs for one character
N_PROBES = 17  # numbers at which two ranges are compared
DISTRIBUTION = ("mu", "sigma", "alpha", "beta", "probabilities")  # attributes in ConfigSpace


def columns_of(names: Collection[str]) -> dict[str, str]:
    """The column of each hyperparameter in a frame that also has the columns `RESERVED`."""
    columns: dict[str, str] = {}
    for name in names:
        column = name
        while column in RESERVED or (column != name and column in names):
            column += "_"
        columns[name] = column
    return columns


def check_names(space: ConfigurationSpace) -> None:
    """Refuse names of columns of `trials_` in a space that the user can still change."""
    reserved = [name for name in RESERVED[:2] if name in space]
    if reserved:
        raise ValueError(
            f"A hyperparameter cannot be called {reserved[0]!r}, because trials_ has a column of "
            "that name. Rename it in the space and in the configurations."
        )


def _check_texts(space: ConfigurationSpace) -> None:
    """Refuse names and choices that are no text in UTF-8; frames, files and notebooks need that."""
    texts = list(space)
    for hyperparameter in space.values():
        domain = domain_of(hyperparameter)
        if isinstance(domain, Choices):
            texts += [value for value in domain.values if isinstance(value, str)]
    for text in texts:
        if HALVES.search(text):
            raise ValueError(
                f"The text {shown(text)} has half of a surrogate pair, which is not a character: it "
                "cannot be written in UTF-8. Rename it in the space and in the configurations."
            )


def check_supported(space: ConfigurationSpace) -> None:
    """Refuse a space in which nothing can be tuned, or whose texts cannot be written."""
    _check_texts(space)
    if not player_names(space):
        raise ValueError(
            "No hyperparameter varies: every one has a single value, so there is nothing to explain. "
            "Search over at least one hyperparameter with two values."
        )


def player_names(space: ConfigurationSpace) -> list[str]:
    """Names of the hyperparameters that can vary, in space order; a constant is not a player."""
    return [name for name, hyperparameter in space.items() if hyperparameter.size > 1]


def as_configs(configs: Any, space: ConfigurationSpace) -> list[Config]:
    """Read a DataFrame, or a list of dicts or Configurations, as configurations.

    Empty cells of a DataFrame are left out, unless None is a choice.

    Raises
    ------
    TypeError
        If `configs` is none of these.
    ValueError
        If there are unknown names, or a column is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> from ConfigSpace import ConfigurationSpace
    >>> from skhypershap.space.encoding import as_configs
    >>> space = ConfigurationSpace({"C": (0.1, 10.0), "kernel": ["linear", "rbf"]})
    >>> as_configs(pd.DataFrame({"C": [1.0, 2.0], "kernel": ["rbf", None]}), space)
    [{'C': 1.0, 'kernel': 'rbf'}, {'C': 2.0}]
    """
    configs = as_pandas(configs)
    if isinstance(configs, pd.DataFrame):
        if configs.columns.has_duplicates:
            twice = configs.columns[configs.columns.duplicated()][0]
            raise ValueError(f"The DataFrame of configurations has two columns {twice!r}.")
        own = {column: name for name, column in columns_of(list(space)).items()}
        configs = configs.rename(
            columns={c: own[c] for c in configs if c in own and c not in space}
        )
        for name in configs.columns:
            check_name("column in the DataFrame of configurations:", name, space)
        missing = [name for name in space if name not in configs]
        needed = [name for name in missing if not space.parents_of[name]]
        if needed:
            raise _missing(needed, "the DataFrame of configurations")
        return configs_of_cells(configs, [name for name in space if name in configs], space)
    if isinstance(configs, (str, Mapping)) or not isinstance(configs, (Sequence, np.ndarray)):
        raise TypeError(
            "configs must be a DataFrame, or a list of dicts or of ConfigSpace Configurations; got "
            f"{type(configs).__name__}."
        )
    for row, config in enumerate(configs):
        if not isinstance(config, Mapping):
            raise TypeError(
                f"configs must hold dicts or Configurations; number {row} is a {type(config).__name__}."
            )
    check_known(configs, space)
    return [dict(config) for config in configs]


def configs_of_cells(
    table: pd.DataFrame, names: Sequence[str], space: ConfigurationSpace
) -> list[Config]:
    """Rows of a table without their empty cells, unless None or NaN is a choice of the space.

    Where both are, a cell with None is None, and any other empty one is NaN.
    """
    configs: list[Config] = [{} for _ in range(len(table))]
    for name in names:
        domain = domain_of(space[name])
        takes_none, takes_nan = ~np.isnan(domain.encode([None, np.nan]))
        cells = zip(configs, table[name].tolist(), table[name].isna(), strict=True)
        for config, value, is_empty in cells:
            if not is_empty:
                config[name] = value
            elif takes_none and (value is None or not takes_nan):
                config[name] = None
            elif takes_nan:
                config[name] = np.nan
    return configs


def check_known(configs: Collection[Any], names: Collection[str]) -> None:
    """Refuse a hyperparameter that is not among the names; the message counts and locates it."""
    for row, config in enumerate(configs):
        for name in config:
            if name not in names:
                n_with = sum(name in other for other in configs)
                where = f"in {n_with} of {len(configs)} configurations, first in number {row}:"
                raise unknown_name(f"hyperparameter {where}", name, names)


def _where(row: int, n_rows: int) -> str:
    return f"configuration number {row}" + (f" and {n_rows - 1} more" if n_rows > 1 else "")


def _missing(names: Sequence[str], where: str) -> ValueError:
    return ValueError(f"Missing in {where}: {', '.join(map(repr, names))}.")


def encode(
    space: ConfigurationSpace,
    configs: Sequence[Mapping[str, Any]],
    *,
    unknown: bool = False,
    forbidden: bool = False,
) -> np.ndarray:
    """Encode configurations as legal vectors.

    Parameters
    ----------
    space : ConfigSpace.ConfigurationSpace
        Its order is that of the columns.
    configs : sequence of mapping
        Values of inactive hyperparameters are ignored.
    unknown : bool, default=False
        Whether an active hyperparameter may be missing; it becomes NaN.
    forbidden : bool, default=False
        Whether a configuration may break a forbidden clause.

    Returns
    -------
    ndarray of shape (n_configs, n_hyperparameters)
        NaN where a hyperparameter is inactive.

    Raises
    ------
    ValueError
        If a value is missing or outside the space, or a configuration is forbidden. The message names
        the first of them, how many there are, and what is allowed.

    See Also
    --------
    decode : The inverse.

    Examples
    --------
    >>> from ConfigSpace import ConfigurationSpace
    >>> from skhypershap.space.encoding import decode, encode
    >>> space = ConfigurationSpace({"C": (0.0, 10.0), "kernel": ["linear", "rbf"]})
    >>> encode(space, [{"C": 2.5, "kernel": "rbf"}])
    array([[0.25, 1.  ]])
    >>> decode(space, encode(space, [{"C": 2.5, "kernel": "rbf"}]))
    [{'C': 2.5, 'kernel': 'rbf'}]
    """
    rows = np.full((len(space), len(configs)), np.nan)
    for column, (name, hyperparameter) in enumerate(space.items()):
        active = np.flatnonzero(active_where(space, column, rows)).tolist()
        given = [row for row in active if name in configs[row]]
        if len(given) < len(active) and not unknown:
            row = next(row for row in active if name not in configs[row])
            raise _missing([name], _where(row, len(active) - len(given)))
        domain = domain_of(hyperparameter)
        rows[column, given] = domain.encode([configs[row][name] for row in given])
        illegal = [row for row in given if np.isnan(rows[column, row])]
        if illegal:
            value = shown(configs[illegal[0]][name])
            where = f"{value} is no value of {name!r}"
            if len(configs) > 1:
                where = (
                    f"{len(illegal)} of {len(configs)} values of {name!r} are outside the space; the "
                    f"first is {value}, in configuration number {illegal[0]}"
                )
            raise ValueError(f"{where}. Allowed: {domain.describe()}.")
    vectors = rows.T
    broken = np.flatnonzero(violates(space, vectors)).tolist()
    if broken and not forbidden:
        raise ValueError(_broken(space, configs, vectors, broken))
    return vectors


def _broken(
    space: ConfigurationSpace, configs: Sequence[Any], vectors: np.ndarray, broken: list[int]
) -> str:
    """The message about forbidden configurations, with the clause that the first one breaks."""
    column = np.ascontiguousarray(vectors[broken[:1]].T)
    clauses = space.forbidden_clauses
    clause = next(clause for clause in clauses if breaks(clause, column)[0])
    if len(configs) == 1:
        return f"The space forbids this configuration ({clause}): {dict(configs[0])}."
    return (
        f"The space forbids {len(broken)} of {len(configs)} configurations; the first is number "
        f"{broken[0]} ({clause}): {dict(configs[broken[0]])}."
    )


def decode(space: ConfigurationSpace, vectors: np.ndarray) -> list[Config]:
    """Configurations of vectors, without values that are NaN; the inverse of `encode`."""
    configs: list[Config] = [{} for _ in vectors]
    for column, (name, hyperparameter) in enumerate(space.items()):
        known = np.flatnonzero(~np.isnan(vectors[:, column]))
        values = domain_of(hyperparameter).decode(vectors[known, column])
        for row, value in zip(known, values, strict=True):
            configs[row][name] = value
    return configs


def from_configspace(space: ConfigurationSpace, configs: Sequence[Mapping[str, Any]]) -> np.ndarray:
    """Vectors of configurations with the values of ConfigSpace, NaN for missing ones.

    Where a space has labels for choices that ConfigSpace cannot store, the choices themselves are read,
    too. Where it has the quantiles of a distribution, only quantiles are.
    """
    vectors = np.full((len(configs), len(space)), np.nan)
    for name in dict.fromkeys(name for config in configs for name in config):
        check_name("hyperparameter", name, space)
        rows = [row for row, config in enumerate(configs) if name in config]
        values = [configs[row][name] for row in rows]
        numbers = _numbers_in_configspace(space[name], values)
        may_lack = bool(space.parents_of[name])  # a table shows an inactive value so
        for value, number in zip(values, numbers, strict=True):
            if np.isnan(number) and not (may_lack and (value is None or value != value)):
                raise ValueError(f"{value!r} is no value of {space[name]}.")
        vectors[rows, space.index_of[name]] = numbers
    return vectors


def _numbers_in_configspace(hyperparameter: Any, values: Sequence[Any]) -> np.ndarray:
    domain = domain_of(hyperparameter)
    if META_KEY not in (hyperparameter.meta or {}):
        return domain.encode(values)
    is_choice = isinstance(domain, Choices)
    numbers = domain.encode(values) if is_choice else np.full(len(values), np.nan)
    for row, value in enumerate(values):
        if isinstance(value, (str, int, float)) and hyperparameter.legal_value(value):
            numbers[row] = hyperparameter.to_vector(value)
    return numbers


def as_configspace(space: ConfigurationSpace, vectors: np.ndarray) -> list[Config]:
    """Configurations of vectors with the values of ConfigSpace; a default has no rounding error."""
    configs: list[Config] = [{} for _ in vectors]
    for column, (name, hyperparameter) in enumerate(space.items()):
        known = np.flatnonzero(~np.isnan(vectors[:, column]))
        numbers = vectors[known, column]
        if META_KEY in (hyperparameter.meta or {}):
            values = [configspace_value(hyperparameter, number) for number in numbers]
            default = hyperparameter.default_value
        else:
            values = domain_of(hyperparameter).decode(numbers)
            (default,) = domain_of(hyperparameter).own([hyperparameter.default_value])
        same = numbers == hyperparameter.to_vector(hyperparameter.default_value)
        for row, value, is_default in zip(known, values, same, strict=True):
            configs[row][name] = default if is_default else value
    return configs


def configspace_value(hyperparameter: Any, number: float) -> Any:
    """The value that ConfigSpace has for a number, of the type that ConfigSpace gives it."""
    if isinstance(hyperparameter, CategoricalHyperparameter):
        return hyperparameter.choices[int(number)]
    if isinstance(hyperparameter, OrdinalHyperparameter):
        return hyperparameter.sequence[int(number)]
    return hyperparameter.to_value(number)


def differences(first: ConfigurationSpace, second: ConfigurationSpace) -> list[str]:
    """Describe the differences between two spaces; defaults and the order may differ."""
    found = [
        f"{', '.join(map(repr, names))} is in the {where} only"
        for where, names in (
            ("first", [name for name in first if name not in second]),
            ("second", [name for name in second if name not in first]),
        )
        if names
    ]
    for name in first:
        if name in second and _values_in(first[name]) != _values_in(second[name]):
            one, other = (domain_of(space[name]).describe() for space in (first, second))
            how = f"{one} in the first and {other} in the second"
            found.append(f"{name!r} is " + (how if one != other else "distributed differently"))
    for what in ("conditions", "forbidden_clauses"):
        rules, others = (set(map(str, getattr(space, what))) for space in (first, second))
        if rules != others:
            found.append(f"{what.replace('_', ' ')} differ in {', '.join(sorted(rules ^ others))}")
    return found


def _values_in(hyperparameter: Any) -> tuple[Any, ...]:
    """What makes two hyperparameters equal: the choices, or values along the range."""
    domain = domain_of(hyperparameter)
    shape = tuple(
        str(np.round(np.asarray(getattr(hyperparameter, name), dtype=float), 9).tolist())
        for name in DISTRIBUTION
        if getattr(hyperparameter, name, None) is not None
    )
    if isinstance(domain, Choices):
        return ("choices", domain.ordered, tuple(map(value_key, domain.values)), shape)
    numbers = hyperparameter.to_vector(hyperparameter.to_value(np.linspace(0, 1, N_PROBES)))
    return ("numbers", tuple(f"{value:.9g}" for value in domain.decode(numbers)), shape)


def default_values(space: ConfigurationSpace) -> Config:
    """The default of every hyperparameter, also of an inactive one."""
    numbers = [[item.to_vector(item.default_value) for item in space.values()]]
    values = decode(space, np.array(numbers, dtype=float))[0]
    for name, hyperparameter in space.items():
        if META_KEY not in (hyperparameter.meta or {}):
            # The way to a number and back would round it.
            (values[name],) = domain_of(hyperparameter).own([hyperparameter.default_value])
    return values


def as_own(
    space: ConfigurationSpace, configs: Sequence[Mapping[str, Any]], vectors: np.ndarray
) -> list[Config]:
    """The same configurations with the types of the space, without inactive hyperparameters."""
    typed: list[Config] = [{} for _ in vectors]
    for column, (name, hyperparameter) in enumerate(space.items()):
        known = np.flatnonzero(~np.isnan(vectors[:, column])).tolist()
        values = domain_of(hyperparameter).own([configs[row][name] for row in known])
        for row, value in zip(known, values, strict=True):
            typed[row][name] = value
    return typed
