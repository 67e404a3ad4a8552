"""What several test modules share: the obvious twin of the kernel, games, and small searches."""

from __future__ import annotations

import itertools
import os
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from ConfigSpace import Categorical, ConfigurationSpace, Float, Integer, OrdinalHyperparameter

from skhypershap.optimizers import optuna
from skhypershap.space.distributions import hyperparameter_from

matplotlib.use("Agg")

DATA = Path(os.environ.get("SKHYPERSHAP_DATA", Path(__file__).parents[2] / "shared" / "data"))


@pytest.fixture
def data_folder():
    if not DATA.is_dir():
        pytest.skip("the real tuning results are not here; point SKHYPERSHAP_DATA to them")
    return DATA


@pytest.fixture
def mixed_space():
    """Float, log float, integer, ordinal and categorical hyperparameters."""
    space = ConfigurationSpace()
    space.add(
        Float("alpha", (0.0, 1.0)),
        Float("learning_rate", (1e-4, 1e-1), log=True),
        Integer("depth", (1, 12)),
        OrdinalHyperparameter("units", [8, 16, 32, 64]),
        Categorical("kernel", ["linear", "poly", "rbf"]),
    )
    return space


def mixed_score(config):
    """A smooth function with interactions, for configurations of `mixed_space`."""
    bonus = {"linear": 0.0, "poly": 0.3, "rbf": 0.5}[config["kernel"]]
    rate = np.log10(config["learning_rate"])
    return (
        np.sin(3 * config["alpha"])
        + bonus * config["alpha"]
        - 0.1 * (rate + 2.5) ** 2
        + 0.02 * config["depth"] * np.log2(config["units"]) / 3
    )


@pytest.fixture
def mixed_trials(mixed_space):
    """80 configurations as dicts, and their scores."""
    mixed_space.seed(1)
    configs = [dict(config) for config in mixed_space.sample_configuration(80)]
    return configs, np.array([mixed_score(config) for config in configs])


def twin_scores(predict, candidates, baseline, player_of_column):
    """Scores of shape (2^d, n_candidates): blend, predict, coalition by coalition."""
    n_players = max(player_of_column) + 1
    rows = []
    for number in range(2**n_players):
        blend = np.tile(baseline, (len(candidates), 1))
        for column, player in enumerate(player_of_column):
            if player >= 0 and number >> player & 1:
                blend[:, column] = candidates[:, column]
        rows.append(predict(blend))
    return np.array(rows)


def coalitions(n_players):
    """All coalitions as tuples, by size and then by position."""
    players = range(n_players)
    return [s for size in range(n_players + 1) for s in itertools.combinations(players, size)]


def bits(coalition):
    return sum(1 << player for player in coalition)


class Recorder:
    """An objective for optimizers that keeps the configurations it evaluates."""

    def __init__(self, score):
        self.score, self.configs, self.calls = score, [], 0

    def __call__(self, configs):
        self.calls += 1
        self.configs += [dict(config) for config in configs]
        return np.array([self.score(config) for config in configs], dtype=float)


def numbers_space(names="abc", upper=4, default=2):
    """Integers from 0 to `upper`."""
    space = ConfigurationSpace()
    space.add([Integer(name, (0, upper), default=default) for name in names])
    return space


def optuna_optimizers():
    """Optimizers of several Optuna samplers; skips the test where Optuna is not installed."""
    samplers = pytest.importorskip("optuna").samplers
    sampled = [samplers.TPESampler(multivariate=True), samplers.RandomSampler()]
    sampled.append(samplers.NSGAIISampler(population_size=5))
    return [optuna(), *map(optuna, sampled)]


def space_of_sources(sources):
    """A space from, for each name, a list of what its values come from."""
    space = ConfigurationSpace()
    space.add([hyperparameter_from(name, parts) for name, parts in sources.items()])
    return space
