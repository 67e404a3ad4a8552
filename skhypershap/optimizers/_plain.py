"""Optimizers that need no other library: random, grid, one at a time, and ignoring some."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from ConfigSpace import ConfigurationSpace
from ConfigSpace.hyperparameters import (
    CategoricalHyperparameter,
    Constant,
    OrdinalHyperparameter,
)

from skhypershap.optimizers._run import Objective, Optimizer, check_run, defaults_of, gains_of
from skhypershap.space.conditions import Legality, violates
from skhypershap.space.domains import all_numbers
from skhypershap.space.encoding import Config, as_configspace, decode, from_configspace
from skhypershap.space.restriction import restricted
from skhypershap.space.sampling import sample_vectors


def random(
    objective: Objective, space: ConfigurationSpace, n_trials: int, random_state: int
) -> Config:
    """Draw configurations from the space and take the best.

    Parameters
    ----------
    objective : callable
        From a list of configurations to their gains.
    space : ConfigSpace.ConfigurationSpace
        What may be tuned.
    n_trials : int
        How many are drawn.
    random_state : int
        For the draws.

    Returns
    -------
    dict
        The first of the best. The default, where clauses forbid whatever is drawn.

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
    defaults = defaults_of(space)
    try:
        vectors = sample_vectors(space, n_trials, random_state) if len(space) else defaults[None]
    except ValueError:  # nothing legal was drawn
        vectors = Legality(space, defaults).legal(defaults[None])
    return _best(objective, as_configspace(space, vectors))


def grid(
    objective: Objective, space: ConfigurationSpace, n_trials: int, random_state: int
) -> Config:
    """Try a grid of at most `n_trials` configurations and take the best.

    One hyperparameter after the other gets one more step, round after round, while the grid is no
    larger than that. With one step it stays at its default. Steps of numbers are evenly spaced from end
    to end (on a log scale where the space has one). What is the same once inactive hyperparameters are
    left out is tried once, and what clauses forbid is not tried.

    Parameters
    ----------
    objective : callable
        From a list of configurations to their gains.
    space : ConfigSpace.ConfigurationSpace
        What may be tuned.
    n_trials : int
        How large the grid may be.
    random_state : int
        Has no effect: a grid is not random.

    Returns
    -------
    dict
        The first of the best. The default, where clauses forbid the whole grid.

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
    legality = Legality(space, defaults_of(space))
    filled = np.array(list(itertools.product(*_steps(space, n_trials))), dtype=float)
    vectors = legality.legal(filled)
    vectors = vectors[~violates(space, vectors)]
    # Children of inactive parents would be tried again and again.
    vectors = np.array(list({row.tobytes(): row for row in vectors}.values()))
    if not len(vectors):
        vectors = legality.legal(legality.defaults[None])
    return _best(objective, as_configspace(space, vectors))


def one_at_a_time(
    objective: Objective, space: ConfigurationSpace, n_trials: int, random_state: int
) -> Config:
    """Tune each hyperparameter alone, with the others at their defaults, and join what is best.

    Each of d hyperparameters gets a grid of `n_trials // d` steps, or all of its values where they are
    fewer; the default, from which all start, is scored besides. A hyperparameter for which nothing is
    better than its default keeps it. Where clauses forbid to join all that is best, the changes that
    gain least are undone.

    Parameters
    ----------
    objective : callable
        From a list of configurations to their gains.
    space : ConfigSpace.ConfigurationSpace
        What may be tuned; its default configuration must be legal.
    n_trials : int
        Shared by all hyperparameters; with fewer than two for each nothing is tuned.
    random_state : int
        Has no effect: nothing here is random.

    Returns
    -------
    dict
        The best values of all, made legal.

    Examples
    --------
    >>> from ConfigSpace import ConfigurationSpace, Integer
    >>> from skhypershap.optimizers import one_at_a_time
    >>> space = ConfigurationSpace()
    >>> space.add(Integer("x", (-1, 1), default=0), Integer("y", (-1, 1), default=0))
    >>> one_at_a_time(lambda configs: [c["x"] - c["y"] for c in configs], space, 6, random_state=0)
    {'x': 1, 'y': -1}
    >>> one_at_a_time(lambda configs: [c["x"] * c["y"] for c in configs], space, 6, random_state=0)
    {'x': 0, 'y': 0}
    """
    check_run(n_trials, random_state)
    legality = Legality(space, defaults_of(space))
    defaults = legality.defaults
    changes = [
        (column, number)
        for column, hyperparameter in enumerate(space.values())
        for number in _evenly(hyperparameter, n_trials // len(space))
        if number != defaults[column]
    ]
    filled = np.tile(defaults, (len(changes) + 1, 1))
    for row, (column, number) in enumerate(changes, start=1):
        filled[row, column] = number
    vectors = legality.legal(filled)
    gains = np.full(len(vectors), -np.inf)
    legal = ~violates(space, vectors)
    gains[legal] = gains_of(objective, as_configspace(space, vectors[legal]))
    joined, best = defaults.copy(), np.full(len(space), gains[0])
    for (column, number), gain in zip(changes, gains[1:], strict=True):
        if gain > best[column]:
            joined[column], best[column] = number, gain
    for column in np.argsort(best, kind="stable"):
        if not legality.forbidden(joined[None])[0]:
            break
        joined[column] = defaults[column]
    return as_configspace(space, legality.legal(joined[None]))[0]


def ignoring(names: str | Collection[str], optimizer: Optimizer) -> Optimizer:
    """Make an optimizer that never tunes some hyperparameters.

    Parameters
    ----------
    names : str or collection of str
        Those that stay at their default. What a space does not have is not missed.
    optimizer : callable
        Tunes the rest.

    Returns
    -------
    callable
        An optimizer.

    Examples
    --------
    >>> from ConfigSpace import ConfigurationSpace
    >>> from skhypershap.optimizers import grid, ignoring
    >>> space = ConfigurationSpace({"x": (0.0, 1.0), "y": (0.0, 1.0)})
    >>> optimizer = ignoring("y", grid)
    >>> optimizer
    ignoring('y', grid)
    >>> optimizer(lambda configs: [c["x"] + c["y"] for c in configs], space, 10, random_state=0)
    {'x': 1.0, 'y': 0.5}
    """
    listed = [names] if isinstance(names, str) else names
    if not isinstance(listed, Collection) or not all(isinstance(name, str) for name in listed):
        raise TypeError(
            f"names must be a name or a list of names of hyperparameters; got {names!r}."
        )
    _check_optimizer(optimizer)
    return _Ignoring(tuple(listed), optimizer)


@dataclass(frozen=True, repr=False)
class _Ignoring:
    """See `ignoring`; a class, so that it can be pickled."""

    names: tuple[str, ...]
    optimizer: Optimizer

    def __call__(
        self, objective: Objective, space: ConfigurationSpace, n_trials: int, random_state: int
    ) -> Config:
        check_run(n_trials, random_state)
        legality = Legality(space, defaults_of(space))

        def legal(configs: Sequence[Mapping[str, Any]]) -> list[Config]:
            vectors = legality.fill(from_configspace(space, configs))
            return as_configspace(space, legality.legal(vectors))

        free = [name for name in space if name not in self.names]
        if not free:
            return legal([{}])[0]
        defaults = decode(space, legality.defaults[None])[0]
        rest = restricted(space, free, defaults, constants=False)
        found = self.optimizer(
            lambda configs: objective(legal(configs)), rest, n_trials, random_state
        )
        return legal([found])[0]

    def __repr__(self) -> str:
        names = repr(self.names[0] if len(self.names) == 1 else list(self.names))
        return f"ignoring({names}, {getattr(self.optimizer, '__name__', repr(self.optimizer))})"


def _check_optimizer(optimizer: Any) -> None:
    if not callable(optimizer) or isinstance(optimizer, type):
        raise TypeError(
            "optimizer must be a callable (objective, space, n_trials, random_state) -> configuration, "
            f"such as skhypershap.optimizers.random; got {optimizer!r}."
        )


def _best(objective: Objective, configs: Sequence[Config]) -> Config:
    return configs[int(np.argmax(gains_of(objective, configs)))]


def _evenly(hyperparameter: Any, n_steps: int) -> np.ndarray:
    """At most `n_steps` numbers of a hyperparameter, from end to end; one alone is its default."""
    if n_steps < 2:
        return np.array([hyperparameter.to_vector(hyperparameter.default_value)], dtype=float)
    if isinstance(hyperparameter, (CategoricalHyperparameter, Constant, OrdinalHyperparameter)):
        numbers = all_numbers(hyperparameter)
        steps = np.linspace(0, len(numbers) - 1, min(n_steps, len(numbers)))
        return numbers[np.rint(steps).astype(int)]
    probes = np.linspace(0, 1, int(min(n_steps, hyperparameter.size)))
    return np.unique(hyperparameter.to_vector(hyperparameter.to_value(probes)))


def _steps(space: ConfigurationSpace, n_trials: int) -> list[np.ndarray]:
    """Numbers of each hyperparameter, so many that their product is no more than `n_trials`."""
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
    return [_evenly(item, count) for item, count in zip(hyperparameters, counts, strict=True)]
