"""Configurations, as a person types them, to the numbers a forest sees, and back.

A *config* is a dict of values; a *vector* holds its numbers in the order of the space, as
`ConfigSpace.Configuration.get_array()` does. Names here say which of the two they mean.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

import numpy as np
import pandas as pd
from ConfigSpace import ConfigurationSpace
from ConfigSpace.hyperparameters import (
    BetaIntegerHyperparameter,
    CategoricalHyperparameter,
    Constant,
    IntegerHyperparameter,
    NormalIntegerHyperparameter,
    OrdinalHyperparameter,
    UniformFloatHyperparameter,
    UniformIntegerHyperparameter,
)

from skhypershap.domains import CONSTANT_NUMBER, META_KEY, Quantiles, domain_of
from skhypershap.errors import unknown_name

MANY = 1 << 12
BATCH = 5
N_COMPARED = 4 * BATCH  # with what ConfigSpace draws itself, in case it changes its ways
UNEVEN_INTEGERS = (BetaIntegerHyperparameter, NormalIntegerHyperparameter)


def check_supported(space: ConfigurationSpace) -> None:
    """Refuse what would be explained wrongly today, and a space in which nothing can be tuned."""
    if space.conditions or space.forbidden_clauses:
        raise NotImplementedError(
            "Conditions and forbidden clauses in a ConfigurationSpace are not supported yet: this one "
            f"has {len(space.conditions)} conditions and {len(space.forbidden_clauses)} forbidden "
            "clauses. Explain a part of the space without them."
        )
    taken = {"score", "fidelity"} & set(space)
    if taken:
        raise ValueError(
            f"A hyperparameter cannot be called {taken.pop()!r}, because trials_ has a column of that "
            "name. Rename it in the space and in the configurations."
        )
    if not player_names(space):
        raise ValueError(
            "No hyperparameter varies: every one has a single value, so there is nothing to explain. "
            "Search over at least one hyperparameter with two values."
        )


def player_names(space: ConfigurationSpace) -> list[str]:
    """Names of the hyperparameters that can vary, in space order; a constant is no player."""
    return [name for name, hyperparameter in space.items() if hyperparameter.size > 1]


def player_of_column(space: ConfigurationSpace) -> np.ndarray:
    """For each column of a vector the player that owns it, -1 for none, of shape (n_columns,)."""
    players = player_names(space)
    return np.array([players.index(name) if name in players else -1 for name in space])


def as_configs(configs: Any, space: ConfigurationSpace) -> list[dict[str, Any]]:
    """Read a DataFrame, or a list of dicts or Configurations, as complete configurations.

    Raises
    ------
    TypeError
        If `configs` is none of these.
    ValueError
        If a hyperparameter is missing or unknown.
    """
    if isinstance(configs, pd.DataFrame):
        if configs.columns.has_duplicates:
            twice = configs.columns[configs.columns.duplicated()][0]
            raise ValueError(f"The DataFrame of configurations has two columns {twice!r}.")
        _check_names(configs.columns, space, "the DataFrame of configurations")
        columns = {name: _cells(configs[name], space[name]) for name in space}
        return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
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
        _check_names(config, space, f"configuration number {row}")
    return [{name: config[name] for name in space} for config in configs]


def _check_names(names: Any, space: ConfigurationSpace, where: str) -> None:
    for name in names:
        if name not in space:
            raise unknown_name(f"hyperparameter in {where}:", name, space)
    missing = [name for name in space if name not in names]
    if missing:
        raise ValueError(f"Missing in {where}: {', '.join(map(repr, missing))}.")


def _cells(column: pd.Series, hyperparameter: Any) -> list[Any]:
    """Values of a DataFrame column; an empty cell means None where None is a choice."""
    cells = column.tolist()
    if np.isnan(domain_of(hyperparameter).encode([None])[0]):
        return cells
    return [None if missing else cell for cell, missing in zip(cells, column.isna(), strict=True)]


def encode(space: ConfigurationSpace, configs: Sequence[Mapping[str, Any]]) -> np.ndarray:
    """Vectors of shape (n_configs, n_hyperparameters) of complete configurations.

    Raises
    ------
    ValueError
        If a value lies outside the space; it says which, where, how many, and what is allowed.
    """
    vectors = np.empty((len(configs), len(space)))
    for column, (name, hyperparameter) in enumerate(space.items()):
        domain = domain_of(hyperparameter)
        vectors[:, column] = domain.encode([config[name] for config in configs])
        illegal = np.flatnonzero(np.isnan(vectors[:, column]))
        if len(illegal):
            where = f"{configs[illegal[0]][name]!r} is no value of {name!r}"
            if len(configs) > 1:
                where = (
                    f"{len(illegal)} of {len(configs)} values of {name!r} are outside the space; the "
                    f"first is {configs[illegal[0]][name]!r}, in configuration number {illegal[0]}"
                )
            raise ValueError(f"{where}. Allowed: {domain.describe()}.")
    return vectors


def as_own(space: ConfigurationSpace, configs: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Legal configurations with values as the space has them, in the order of the space."""
    columns = [
        domain_of(hyperparameter).own([config[name] for config in configs])
        for name, hyperparameter in space.items()
    ]
    return [dict(zip(space, row, strict=True)) for row in zip(*columns, strict=True)]


def decode(space: ConfigurationSpace, vectors: np.ndarray) -> list[dict[str, Any]]:
    """Configurations of vectors; the inverse of `encode`."""
    columns = [
        domain_of(hyperparameter).decode(vectors[:, column])
        for column, hyperparameter in enumerate(space.values())
    ]
    return [dict(zip(space, row, strict=True)) for row in zip(*columns, strict=True)]


def sample_vectors(space: ConfigurationSpace, n_samples: int, seed: int) -> np.ndarray:
    """Draw vectors from the space's own distribution, the very ones HyperSHAP draws for a seed."""
    if all(_is_unit_interval(hyperparameter) for hyperparameter in space.values()):
        vectors = _draw_cube(len(space), n_samples, seed)
        if np.array_equal(vectors[:N_COMPARED], _draw(space, min(n_samples, N_COMPARED), seed)):
            return vectors
    vectors = _draw(space, n_samples, seed)
    for column, hyperparameter in enumerate(space.values()):
        domain = domain_of(hyperparameter)
        # Where many numbers are one value, use the one that trials have.
        if isinstance(domain, Quantiles) or isinstance(hyperparameter, UNEVEN_INTEGERS):
            vectors[:, column] = domain.encode(domain.decode(vectors[:, column]))
    return vectors


def _is_unit_interval(hyperparameter: Any) -> bool:
    meta = hyperparameter.meta or {}
    return type(hyperparameter) is UniformFloatHyperparameter and META_KEY not in meta


def _draw(space: ConfigurationSpace, n_samples: int, seed: int) -> np.ndarray:
    drawn = deepcopy(space)  # the caller's random state stays as it is
    drawn.seed(seed)
    # Asking for one configuration gives a bare Configuration, hence at least two.
    configurations = drawn.sample_configuration(max(n_samples, 2))[:n_samples]
    return np.array([configuration.get_array() for configuration in configurations])


def _draw_cube(n_columns: int, n_samples: int, seed: int) -> np.ndarray:
    """Draw floats in the order in which ConfigSpace does, five vectors at a time, but all at once."""
    n_batches = -(-n_samples // BATCH)
    numbers = np.random.RandomState(seed).random_sample((n_batches, n_columns, BATCH))
    return numbers.transpose(0, 2, 1).reshape(-1, n_columns)[:n_samples]


def enumerate_vectors(
    space: ConfigurationSpace, limit: int
) -> tuple[np.ndarray, np.ndarray | None] | None:
    """All vectors of a finite space with at most `limit` configurations, None for any other.

    The second member holds the probability of each configuration in the space's distribution,
    None where ConfigSpace does not tell it (integers that are not uniform).
    """
    if math.prod(hyperparameter.size for hyperparameter in space.values()) > limit:
        return None
    numbers = [_all_numbers(hyperparameter) for hyperparameter in space.values()]
    vectors = np.array(list(itertools.product(*numbers)))
    chances = [_probabilities(hyperparameter) for hyperparameter in space.values()]
    known = [chance for chance in chances if chance is not None]
    if len(known) < len(chances):
        return vectors, None
    return vectors, np.array([math.prod(row) for row in itertools.product(*known)])


def legal_numbers(hyperparameter: Any, probes: np.ndarray) -> np.ndarray:
    """Numbers of legal values: all, or those near the probes, from 0 to 1, where there are too many."""
    if hyperparameter.size <= MANY:
        return _all_numbers(hyperparameter)
    if META_KEY in (hyperparameter.meta or {}):
        domain = domain_of(hyperparameter)
        return domain.encode(domain.decode(probes))
    if isinstance(hyperparameter, IntegerHyperparameter):
        return hyperparameter.to_vector(hyperparameter.to_value(probes))
    return probes


def _all_numbers(hyperparameter: Any) -> np.ndarray:
    if isinstance(hyperparameter, CategoricalHyperparameter):
        return np.flatnonzero(hyperparameter.probabilities).astype(float)
    if isinstance(hyperparameter, OrdinalHyperparameter):
        return np.arange(hyperparameter.size, dtype=float)
    if isinstance(hyperparameter, Constant):
        return np.full(1, float(CONSTANT_NUMBER))
    return hyperparameter.to_vector(np.arange(hyperparameter.lower, hyperparameter.upper + 1))


def _probabilities(hyperparameter: Any) -> np.ndarray | None:
    if isinstance(hyperparameter, CategoricalHyperparameter):
        return hyperparameter.probabilities[hyperparameter.probabilities > 0]
    uniform = isinstance(hyperparameter, (OrdinalHyperparameter, Constant)) or (
        isinstance(hyperparameter, UniformIntegerHyperparameter) and not hyperparameter.log
    )
    return np.full(int(hyperparameter.size), 1 / hyperparameter.size) if uniform else None
