"""Configurations of a space, as vectors: all of them if they are few, samples otherwise."""

from __future__ import annotations

import math
from collections.abc import Callable
from copy import deepcopy

import numpy as np
from ConfigSpace import ConfigurationSpace
from ConfigSpace.hyperparameters import UniformFloatHyperparameter

from skhypershap.arrays import Floats, Vectors
from skhypershap.space.conditions import Legality, active_where, violates
from skhypershap.space.domains import META_KEY, Hyperparameter, all_numbers
from skhypershap.space.quantiles import numbers_of_samples, probabilities_of

BATCH = 5  # vectors that ConfigSpace samples at once
MAX_ROUNDS = 20  # of sampling, where much is forbidden
N_COMPARED = 4 * BATCH  # vectors of the shortcut that are checked against those of ConfigSpace


def sample_columns(space: ConfigurationSpace, n_samples: int, seed: int) -> Vectors:
    """Sample legal vectors from the distribution of the space, one column after the other.

    Parameters
    ----------
    space : ConfigSpace.ConfigurationSpace
        It is not changed, nor is its random state.
    n_samples : int
        How many.
    seed : int
        The random state.

    Returns
    -------
    ndarray of shape (n_samples, n_columns)
        NaN where one is inactive. There may be fewer rows if clauses forbid nearly everything.

    Raises
    ------
    ValueError
        If no sample is legal.

    See Also
    --------
    sample_vectors : The same distribution in the order of HyperSHAP, which takes longer.

    Examples
    --------
    >>> from ConfigSpace import ConfigurationSpace
    >>> from skhypershap.space.sampling import sample_columns
    >>> space = ConfigurationSpace({"C": (0.1, 10.0), "kernel": ["linear", "rbf"]})
    >>> sample_columns(space, 3, 0).shape
    (3, 2)
    """
    return _sample_legal(space, n_samples, seed, _sample_all_columns)


def _sample_all_columns(space: ConfigurationSpace, n_samples: int, seed: int) -> Vectors:
    """Numbers for every hyperparameter, active or not, without clauses."""
    generator = np.random.RandomState(seed)
    columns = [
        numbers_of_samples(item, item.sample_vector(n_samples, seed=generator))
        for item in space.values()
    ]
    return np.column_stack(columns)


def sample_vectors(space: ConfigurationSpace, n_samples: int, seed: int) -> Vectors:
    """Sample legal vectors from the distribution of the space, as HyperSHAP does for the same seed.

    Parameters
    ----------
    space : ConfigSpace.ConfigurationSpace
        It is not changed, nor is its random state.
    n_samples : int
        How many.
    seed : int
        The random state of ConfigSpace.

    Returns
    -------
    ndarray of shape (n_samples, n_columns)
        NaN where one is inactive. There may be fewer rows if clauses forbid nearly everything.

    Raises
    ------
    ValueError
        If no sample is legal.

    Examples
    --------
    >>> from ConfigSpace import ConfigurationSpace
    >>> from skhypershap.space.sampling import sample_vectors
    >>> space = ConfigurationSpace({"C": (0.1, 10.0), "kernel": ["linear", "rbf"]})
    >>> sample_vectors(space, 3, 0).shape
    (3, 2)
    """
    if space.conditions or space.forbidden_clauses:
        unbound = copied = deepcopy(space)
        if space.forbidden_clauses:
            unbound = ConfigurationSpace()
            unbound.add(list(copied.values()))
            unbound.add(list(copied.conditions))
        return _sample_legal(
            space, n_samples, seed, lambda _, *rest: _sample_as_configspace(unbound, *rest)
        )
    if all(_is_unit_interval(hyperparameter) for hyperparameter in space.values()):
        vectors = _sample_cube(len(space), n_samples, seed)
        compared = min(n_samples, N_COMPARED)
        if np.array_equal(vectors[:N_COMPARED], _sample_as_configspace(space, compared, seed)):
            return vectors
    return _sample_as_configspace(space, n_samples, seed)


def _is_unit_interval(hyperparameter: Hyperparameter) -> bool:
    meta = hyperparameter.meta or {}
    return type(hyperparameter) is UniformFloatHyperparameter and META_KEY not in meta


def _sample_as_configspace(space: ConfigurationSpace, n_samples: int, seed: int) -> Vectors:
    sampled = deepcopy(space)  # so that the random state of the space is not advanced
    sampled.seed(seed)
    # For one configuration, ConfigSpace does not return a list.
    configurations = sampled.sample_configuration(max(n_samples, 2))[:n_samples]
    vectors = np.array([configuration.get_array() for configuration in configurations])
    for column, hyperparameter in enumerate(space.values()):
        active = ~np.isnan(vectors[:, column])
        vectors[active, column] = numbers_of_samples(hyperparameter, vectors[active, column])
    return vectors


def _sample_legal(
    space: ConfigurationSpace,
    n_samples: int,
    seed: int,
    sample: Callable[[ConfigurationSpace, int, int], Vectors],
) -> Vectors:
    """Sample without clauses, remove what is inactive, and leave out what breaks a clause.

    ConfigSpace itself may not terminate, and may return forbidden or inactive values.
    """
    legality = legality_of(space)
    found: list[Vectors] = []
    for round_ in range(MAX_ROUNDS):
        legal = legality.legal(legality.fill(sample(space, n_samples, seed + round_)))
        found.append(legal[~violates(space, legal)])
        if sum(map(len, found)) >= n_samples:
            break
    if not sum(map(len, found)):
        raise forbids_everything(MAX_ROUNDS * n_samples)
    return np.concatenate(found)[:n_samples]


def legality_of(space: ConfigurationSpace) -> Legality:
    """What makes vectors of a space legal, with its own defaults."""
    numbers = [item.to_vector(item.default_value) for item in space.values()]
    return Legality(space, np.array(numbers))


def forbids_everything(n_samples: int) -> ValueError:
    """The error of a space of which no sample is legal."""
    return ValueError(
        f"The space forbids nearly everything: none of {n_samples} samples is legal. "
        "Narrow the ranges of its hyperparameters to what is allowed."
    )


def _sample_cube(n_columns: int, n_samples: int, seed: int) -> Vectors:
    """Sample floats in the order of ConfigSpace, which takes five vectors at a time, but all at once."""
    n_batches = -(-n_samples // BATCH)
    numbers = np.random.RandomState(seed).random_sample((n_batches, n_columns, BATCH))
    return numbers.transpose(0, 2, 1).reshape(-1, n_columns)[:n_samples]


def enumerate_vectors(space: ConfigurationSpace, limit: int) -> tuple[Vectors, Floats] | None:
    """List all legal vectors of a finite space.

    Parameters
    ----------
    space : ConfigSpace.ConfigurationSpace
        With its conditions and clauses.
    limit : int
        The largest number of vectors, including those that only a clause forbids.

    Returns
    -------
    vectors : ndarray of shape (n_vectors, n_columns)
        NaN where a hyperparameter is inactive.
    probabilities : ndarray of shape (n_vectors,)
        Of each vector in the distribution of the space.

    None in place of both if the space is infinite or larger than `limit`.

    Examples
    --------
    >>> from ConfigSpace import ConfigurationSpace
    >>> from skhypershap.space.sampling import enumerate_vectors
    >>> vectors, probabilities = enumerate_vectors(ConfigurationSpace({"kernel": ["a", "b"]}), 10)
    >>> vectors.ravel(), probabilities
    (array([0., 1.]), array([0.5, 0.5]))
    """
    if any(math.isinf(hyperparameter.size) for hyperparameter in space.values()):
        return None
    rows: Floats = np.full((len(space), 1), np.nan)
    chances: Floats = np.ones(1)
    for column, hyperparameter in enumerate(space.values()):
        size = int(hyperparameter.size)
        active = active_where(space, column, rows)
        if len(active) + (size - 1) * active.sum() > limit:
            return None
        numbers, probabilities = all_numbers(hyperparameter), probabilities_of(hyperparameter)
        counts = np.where(active, len(numbers), 1)
        rows = np.repeat(rows, counts, axis=1)
        rows[column, np.repeat(active, counts)] = np.tile(numbers, active.sum())
        chances = np.repeat(chances, counts)
        chances[np.repeat(active, counts)] *= np.tile(probabilities, active.sum())
    vectors = rows.T
    legal = ~violates(space, vectors)
    return vectors[legal], chances[legal] / chances[legal].sum()
