"""Optimizers that need no other library: random search, a grid, and one hyperparameter at a time."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
from ConfigSpace import ConfigurationSpace
from ConfigSpace.hyperparameters import (
    CategoricalHyperparameter,
    Constant,
    OrdinalHyperparameter,
)

from skhypershap.arrays import Floats, Positions
from skhypershap.optimizers.running import Objective, check_run, default_vector, gains_of
from skhypershap.space.conditions import Legality, violates
from skhypershap.space.domains import all_numbers
from skhypershap.space.encoding import Config, as_configspace
from skhypershap.space.sampling import sample_vectors


def random(
    objective: Objective, space: ConfigurationSpace, n_trials: int, random_state: int
) -> Config:
    """Sample configurations from the space and return the best.

    Parameters
    ----------
    objective : callable
        From a list of configurations to their gains.
    space : ConfigSpace.ConfigurationSpace
        The hyperparameters to tune.
    n_trials : int
        How many configurations are sampled.
    random_state : int
        Seeds the samples.

    Returns
    -------
    dict
        The best configuration, the first one in case of a tie. The default configuration if forbidden
        clauses exclude every sample.

    Raises
    ------
    ValueError
        If `n_trials` is not an integer of at least 1, or `random_state` not one of at least 0.

    See Also
    --------
    grid : Evenly spaced configurations instead of random ones.
    optuna : Samples that depend on earlier trials.

    Examples
    --------
    >>> from ConfigSpace import ConfigurationSpace, Float
    >>> from skhypershap.optimizers import random
    >>> space = ConfigurationSpace({"x": Float("x", (0.0, 1.0))})
    >>> best = random(lambda configs: [-abs(c["x"] - 0.3) for c in configs], space, 200, random_state=0)
    >>> round(best["x"], 2)
    0.3
    """
    check_run(n_trials, random_state)
    defaults = default_vector(space)
    try:
        vectors = sample_vectors(space, n_trials, random_state) if len(space) else defaults[None]
    except ValueError:  # no sample was legal
        vectors = Legality(space, defaults).legal(defaults[None])
    return _best(objective, as_configspace(space, vectors))


def grid(
    objective: Objective, space: ConfigurationSpace, n_trials: int, random_state: int
) -> Config:
    """Evaluate a grid of at most `n_trials` configurations and return the best.

    All hyperparameters start with one step, their default. In turn each gets one more step, as long
    as the grid does not exceed `n_trials`. Steps of numbers are evenly spaced from end to end, on a log
    scale where the space has one. Configurations that differ only in inactive hyperparameters are
    evaluated once; forbidden configurations are not evaluated.

    Parameters
    ----------
    objective : callable
        From a list of configurations to their gains.
    space : ConfigSpace.ConfigurationSpace
        The hyperparameters to tune.
    n_trials : int
        Largest size of the grid.
    random_state : int
        Has no effect: a grid is not random.

    Returns
    -------
    dict
        The best configuration, the first one in case of a tie. The default configuration if forbidden
        clauses exclude the whole grid.

    Raises
    ------
    ValueError
        If `n_trials` is not an integer of at least 1, or `random_state` not one of at least 0.

    See Also
    --------
    random : Random configurations instead of evenly spaced ones.
    one_at_a_time : A grid for each hyperparameter alone.

    Examples
    --------
    >>> from ConfigSpace import ConfigurationSpace
    >>> from skhypershap.optimizers import grid
    >>> space = ConfigurationSpace({"x": (0.0, 1.0), "kernel": ["linear", "rbf"]})
    >>> objective = lambda configs: [c["x"] * (c["kernel"] == "rbf") for c in configs]
    >>> grid(objective, space, 10, random_state=0)
    {'kernel': 'rbf', 'x': 1.0}
    """
    check_run(n_trials, random_state)
    legality = Legality(space, default_vector(space))
    filled = np.array(list(itertools.product(*_grid_steps(space, n_trials))), dtype=float)
    vectors = legality.legal(filled)
    vectors = vectors[~violates(space, vectors)]
    # Legal vectors are equal if they differ in inactive children only: keep the first of them.
    vectors = np.array(list({row.tobytes(): row for row in vectors}.values()))
    if not len(vectors):
        vectors = legality.legal(legality.defaults[None])
    return _best(objective, as_configspace(space, vectors))


def one_at_a_time(
    objective: Objective, space: ConfigurationSpace, n_trials: int, random_state: int
) -> Config:
    """Tune each hyperparameter alone, with the others at their defaults, and join the best values.

    Each of d hyperparameters gets a grid of `n_trials // d` steps, or all of its values if they are
    fewer; the default configuration is evaluated in addition. A hyperparameter keeps its default
    unless another value is better. If the joined configuration is forbidden, hyperparameters
    return to their defaults, the one with the smallest gain first, until it is legal.

    Parameters
    ----------
    objective : callable
        From a list of configurations to their gains.
    space : ConfigSpace.ConfigurationSpace
        The hyperparameters to tune; its default configuration must be legal.
    n_trials : int
        Shared by all hyperparameters; nothing is tuned with fewer than two for each.
    random_state : int
        Has no effect: the search is not random.

    Returns
    -------
    dict
        The best value of each hyperparameter; inactive hyperparameters are left out.

    Raises
    ------
    ValueError
        If `n_trials` is not an integer of at least 1, or `random_state` not one of at least 0.

    See Also
    --------
    grid : One grid for all hyperparameters together.
    ignoring : Leave some hyperparameters out altogether.

    Examples
    --------
    >>> from ConfigSpace import ConfigurationSpace, Integer
    >>> from skhypershap.optimizers import one_at_a_time
    >>> space = ConfigurationSpace()
    >>> space.add(Integer("x", (-1, 1), default=0), Integer("y", (-1, 1), default=0))
    >>> one_at_a_time(lambda configs: [c["x"] - c["y"] for c in configs], space, 6, random_state=0)
    {'x': 1, 'y': -1}

    From (0, 0) no single change improves a product:

    >>> one_at_a_time(lambda configs: [c["x"] * c["y"] for c in configs], space, 6, random_state=0)
    {'x': 0, 'y': 0}
    """
    check_run(n_trials, random_state)
    legality = Legality(space, default_vector(space))
    defaults = legality.defaults
    changes = [
        (column, step)
        for column, hyperparameter in enumerate(space.values())
        for step in _evenly_spaced(hyperparameter, n_trials // len(space))
        if step != defaults[column]
    ]
    filled = np.tile(defaults, (len(changes) + 1, 1))  # the first row stays the default
    for row, (column, step) in enumerate(changes, start=1):
        filled[row, column] = step
    vectors = legality.legal(filled)
    gains = np.full(len(vectors), -np.inf)
    is_legal = ~violates(space, vectors)
    gains[is_legal] = gains_of(objective, as_configspace(space, vectors[is_legal]))
    joined, best = defaults.copy(), np.full(len(space), gains[0])
    for (column, step), gain in zip(changes, gains[1:], strict=True):
        if gain > best[column]:
            joined[column], best[column] = step, gain
    for column in np.argsort(best, kind="stable"):
        if not legality.forbidden(joined[None])[0]:
            break
        joined[column] = defaults[column]
    return as_configspace(space, legality.legal(joined[None]))[0]


def _best(objective: Objective, configs: Sequence[Config]) -> Config:
    """The configuration with the largest gain, the first one in case of a tie."""
    return configs[int(np.argmax(gains_of(objective, configs)))]


def _evenly_spaced(hyperparameter: Any, n_steps: int) -> Floats:
    """At most `n_steps` encoded values, from end to end; the default if there is one step only."""
    if n_steps < 2:
        return np.array([hyperparameter.to_vector(hyperparameter.default_value)], dtype=float)
    if isinstance(hyperparameter, (CategoricalHyperparameter, Constant, OrdinalHyperparameter)):
        encoded: Floats = all_numbers(hyperparameter)
        steps = np.linspace(0, len(encoded) - 1, min(n_steps, len(encoded)))
        positions: Positions = np.rint(steps).astype(int)
        return encoded[positions]
    probes = np.linspace(0, 1, int(min(n_steps, hyperparameter.size)))
    steps = np.unique(hyperparameter.to_vector(hyperparameter.to_value(probes)))
    return steps


def _grid_steps(space: ConfigurationSpace, n_trials: int) -> list[Floats]:
    """Steps of each hyperparameter; the product of their counts is at most `n_trials`."""
    hyperparameters = list(space.values())
    counts = np.ones(len(hyperparameters), dtype=int)
    growing = [column for column, item in enumerate(hyperparameters) if item.size > 1]
    while growing:
        for column in list(growing):
            raised = counts.copy()
            raised[column] += 1
            if raised[column] > hyperparameters[column].size or np.prod(raised) > n_trials:
                growing.remove(column)
            else:
                counts = raised
    return [
        _evenly_spaced(item, count) for item, count in zip(hyperparameters, counts, strict=True)
    ]
