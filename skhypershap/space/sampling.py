"""Configurations of a space, as vectors: all of them where they are few, draws where they are not."""

from __future__ import annotations

import math
from copy import deepcopy
from typing import Any

import numpy as np
from ConfigSpace import ConfigurationSpace
from ConfigSpace.hyperparameters import (
    CategoricalHyperparameter,
    Constant,
    IntegerHyperparameter,
    OrdinalHyperparameter,
    UniformFloatHyperparameter,
    UniformIntegerHyperparameter,
)

from skhypershap.space.conditions import Legality, active_where, violates
from skhypershap.space.domains import META_KEY, Quantiles, all_numbers, domain_of

BATCH = 5
MOST_ROUNDS = 20  # of drawing, where much is forbidden
N_COMPARED = 4 * BATCH  # with what ConfigSpace draws itself, in case it changes its ways


def sample_vectors(space: ConfigurationSpace, n_samples: int, seed: int) -> np.ndarray:
    """Draw vectors from the space's own distribution, the very ones HyperSHAP draws for a seed.

    What is inactive has no number (NaN). Where clauses forbid nearly everything there may be fewer.
    """
    free = not space.conditions and not space.forbidden_clauses
    if free and all(_is_unit_interval(hyperparameter) for hyperparameter in space.values()):
        vectors = _draw_cube(len(space), n_samples, seed)
        if np.array_equal(vectors[:N_COMPARED], _draw(space, min(n_samples, N_COMPARED), seed)):
            return vectors
    return _draw(space, n_samples, seed) if free else _draw_legal(space, n_samples, seed)


def _is_unit_interval(hyperparameter: Any) -> bool:
    meta = hyperparameter.meta or {}
    return type(hyperparameter) is UniformFloatHyperparameter and META_KEY not in meta


def _draw(space: ConfigurationSpace, n_samples: int, seed: int) -> np.ndarray:
    drawn = deepcopy(space)  # the caller's random state stays as it is
    drawn.seed(seed)
    # Asking for one configuration gives a bare Configuration, hence at least two.
    configurations = drawn.sample_configuration(max(n_samples, 2))[:n_samples]
    vectors = np.array([configuration.get_array() for configuration in configurations])
    for column, hyperparameter in enumerate(space.values()):
        domain = domain_of(hyperparameter)
        # Where many numbers are one value, or nearly so, use the one that trials have.
        if isinstance(domain, Quantiles) or isinstance(hyperparameter, IntegerHyperparameter):
            active = ~np.isnan(vectors[:, column])
            vectors[active, column] = domain.encode(domain.decode(vectors[active, column]))
    return vectors


def _draw_legal(space: ConfigurationSpace, n_samples: int, seed: int) -> np.ndarray:
    """Draw without clauses and leave out what breaks one.

    ConfigSpace itself may draw for ever, and may draw what it forbids, or what is inactive.
    """
    unbound = own = deepcopy(space)
    if space.forbidden_clauses:
        unbound = ConfigurationSpace()
        unbound.add(list(own.values()))
        unbound.add(list(own.conditions))
    numbers = np.array([item.to_vector(item.default_value) for item in space.values()])
    legality = Legality(space, numbers)
    found: list[np.ndarray] = []
    for number in range(MOST_ROUNDS):
        drawn = _draw(unbound, n_samples, seed + number)
        legal = legality.legal(legality.fill(drawn))
        found.append(legal[~violates(space, legal)])
        if sum(map(len, found)) >= n_samples:
            break
    if not sum(map(len, found)):
        raise ValueError(
            f"The space forbids nearly everything: none of {MOST_ROUNDS * n_samples} draws is legal. "
            "Narrow the ranges of its hyperparameters to what is allowed."
        )
    return np.concatenate(found)[:n_samples]


def _draw_cube(n_columns: int, n_samples: int, seed: int) -> np.ndarray:
    """Draw floats in the order in which ConfigSpace does, five vectors at a time, but all at once."""
    n_batches = -(-n_samples // BATCH)
    numbers = np.random.RandomState(seed).random_sample((n_batches, n_columns, BATCH))
    return numbers.transpose(0, 2, 1).reshape(-1, n_columns)[:n_samples]


def enumerate_vectors(
    space: ConfigurationSpace, limit: int
) -> tuple[np.ndarray, np.ndarray | None] | None:
    """All legal vectors of a finite space with at most `limit` of them, None for any other space.

    The second member holds the probability of each configuration in the space's distribution,
    None where ConfigSpace does not tell it (integers that are not uniform). Clauses are heeded last:
    with them there may be too many for `limit` on the way.
    """
    if any(math.isinf(hyperparameter.size) for hyperparameter in space.values()):
        return None
    rows = np.full((len(space), 1), np.nan)
    chances: np.ndarray | None = np.ones(1)
    for column, hyperparameter in enumerate(space.values()):
        size = int(hyperparameter.size)
        active = active_where(space, column, rows)
        if len(active) + (size - 1) * active.sum() > limit:
            return None
        numbers, own = all_numbers(hyperparameter), _probabilities(hyperparameter)
        counts = np.where(active, len(numbers), 1)
        rows = np.repeat(rows, counts, axis=1)
        rows[column, np.repeat(active, counts)] = np.tile(numbers, active.sum())
        if own is None or chances is None:
            chances = None
            continue
        chances = np.repeat(chances, counts)
        chances[np.repeat(active, counts)] *= np.tile(own, active.sum())
    vectors = rows.T
    legal = ~violates(space, vectors)
    if chances is not None:
        chances = chances[legal] / chances[legal].sum()
    return vectors[legal], chances


def _probabilities(hyperparameter: Any) -> np.ndarray | None:
    if isinstance(hyperparameter, CategoricalHyperparameter):
        return hyperparameter.probabilities[hyperparameter.probabilities > 0]
    uniform = isinstance(hyperparameter, (OrdinalHyperparameter, Constant)) or (
        isinstance(hyperparameter, UniformIntegerHyperparameter) and not hyperparameter.log
    )
    return np.full(int(hyperparameter.size), 1 / hyperparameter.size) if uniform else None
