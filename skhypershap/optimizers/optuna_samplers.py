"""Optuna's samplers as optimizers."""

from __future__ import annotations

import copy
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np
from ConfigSpace import ConfigurationSpace
from ConfigSpace.hyperparameters import (
    CategoricalHyperparameter,
    Constant,
    IntegerHyperparameter,
    OrdinalHyperparameter,
)

from skhypershap._compat import class_names, optional
from skhypershap.arrays import Vectors
from skhypershap.optimizers.running import (
    Objective,
    Optimizer,
    check_run,
    default_vector,
    gains_of,
)
from skhypershap.space.conditions import Legality, active_where, violates
from skhypershap.space.domains import all_numbers
from skhypershap.space.encoding import Config, as_configspace

SAMPLER = "optuna.samplers._base.BaseSampler"


def is_optuna_sampler(given: Any) -> bool:
    """Whether this is a sampler of Optuna, without importing Optuna."""
    return SAMPLER in class_names(given)


def optuna(sampler: Any = None) -> Optimizer:
    """Make an optimizer of an Optuna sampler.

    Hyperparameters are suggested from parents to children, and only active ones. A categorical is
    suggested as the position of its choice. A forbidden configuration is a pruned trial.

    Parameters
    ----------
    sampler : optuna.samplers.BaseSampler, optional
        Each run uses a copy of it, seeded from `random_state`; None: `TPESampler`.

    Returns
    -------
    callable
        An optimizer. It returns the default configuration if all trials are forbidden.

    Raises
    ------
    TypeError
        If `sampler` is not an Optuna sampler.
    ImportError
        If Optuna is not installed.

    See Also
    --------
    random : Samples that do not depend on earlier trials.

    Examples
    --------
    >>> from ConfigSpace import ConfigurationSpace
    >>> from skhypershap.optimizers import optuna
    >>> space = ConfigurationSpace({"x": (0.0, 1.0), "kernel": ["linear", "rbf"]})
    >>> optimizer = optuna()
    >>> optimizer
    optuna(TPESampler)
    >>> optimizer(lambda configs: [c["kernel"] == "rbf" for c in configs], space, 10, 0)["kernel"]
    'rbf'
    """
    base = optional("optuna", "optuna").samplers.BaseSampler
    if sampler is not None and not isinstance(sampler, base):
        raise TypeError(
            "sampler must be an Optuna sampler, such as optuna.samplers.TPESampler(), or None; got "
            f"{sampler!r}."
        )
    return _Optuna(sampler)


@dataclass(frozen=True, repr=False)
class _Optuna:
    """What `optuna` returns; a class, because a closure could not be pickled."""

    sampler: Any

    def __call__(
        self, objective: Objective, space: ConfigurationSpace, n_trials: int, random_state: int
    ) -> Config:
        check_run(n_trials, random_state)
        library = optional("optuna", "optuna")
        defaults = default_vector(space)
        best = Legality(space, defaults).legal(defaults[None])
        best_gain = -np.inf

        def score(trial: Any) -> float:
            nonlocal best, best_gain
            vector, gain = _suggested(trial, space), -np.inf
            if not violates(space, vector)[0]:
                gain = gains_of(objective, as_configspace(space, vector))[0]
            if gain > best_gain:
                best, best_gain = vector, gain
            if not np.isfinite(gain):
                raise library.TrialPruned
            return gain

        with _silent(library):
            sampler = _seeded(self.sampler or library.samplers.TPESampler(), random_state)
            study = library.create_study(sampler=sampler, direction="maximize")
            study.optimize(score, n_trials=n_trials)
        return as_configspace(space, best)[0]

    def __repr__(self) -> str:
        return f"optuna({type(self.sampler).__name__ if self.sampler else 'TPESampler'})"


def _suggested(trial: Any, space: ConfigurationSpace) -> Vectors:
    """One vector, of shape (1, n_columns), that an Optuna trial suggests; it may be forbidden."""
    rows = np.full((len(space), 1), np.nan)
    for column, (name, item) in enumerate(space.items()):
        hyperparameter: Any = item
        if not active_where(space, column, rows)[0]:
            continue
        if isinstance(hyperparameter, Constant):
            rows[column] = all_numbers(hyperparameter)
        elif isinstance(hyperparameter, CategoricalHyperparameter):
            positions = all_numbers(hyperparameter).astype(int).tolist()
            rows[column] = trial.suggest_categorical(name, positions)
        elif isinstance(hyperparameter, OrdinalHyperparameter):
            rows[column] = trial.suggest_int(name, 0, int(hyperparameter.size) - 1)
        else:
            is_integer = isinstance(hyperparameter, IntegerHyperparameter)
            suggest = trial.suggest_int if is_integer else trial.suggest_float
            bounds = hyperparameter.lower, hyperparameter.upper
            value = suggest(name, *bounds, log=getattr(hyperparameter, "log", False))
            rows[column] = hyperparameter.to_vector(value)
    return rows.T


def _seeded(sampler: Any, random_state: int) -> Any:
    """Copy a sampler and seed every random generator in it.

    Optuna's own `reseed_rng` takes no seed, so the generators are looked for in the sampler's
    attributes and in those of the Optuna objects that it holds.
    """
    sampler = copy.deepcopy(sampler)
    seeds = np.random.RandomState(random_state)
    stack, seen = [sampler], set()
    while stack:
        part = stack.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        if isinstance(part, np.random.RandomState):
            part.seed(seeds.randint(2**31))
            continue
        if not type(part).__module__.startswith("optuna"):
            continue
        stack.append(getattr(part, "rng", None))  # a lazy generator, created when first read
        for name, value in sorted(getattr(part, "__dict__", {}).items()):
            if name.endswith("seed") and isinstance(value, Integral):
                setattr(part, name, int(seeds.randint(2**31)))
            stack.append(value)
    return sampler


_lock = threading.Lock()
_n_running = 0
_verbosity = 0


@contextmanager
def _silent(library: Any) -> Iterator[None]:
    """Silence Optuna's log, which all threads of a process share, until the last thread has ended."""
    global _n_running, _verbosity
    with _lock:
        if not _n_running:
            _verbosity = library.logging.get_verbosity()
            library.logging.set_verbosity(library.logging.ERROR)
        _n_running += 1
    try:
        yield
    finally:
        with _lock:
            _n_running -= 1
            if not _n_running:
                library.logging.set_verbosity(_verbosity)
