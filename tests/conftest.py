"""Shared by test modules: the obvious twin of the kernels, small surrogates, spaces and trials."""

from __future__ import annotations

import itertools
import os
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from ConfigSpace import Categorical, ConfigurationSpace, Float, Integer, OrdinalHyperparameter

from skhypershap.space.conditions import Legality
from skhypershap.space.distributions import hyperparameter_from
from skhypershap.surrogate.blends import Blends
from skhypershap.surrogate.fitting import SurrogateSpec

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


def tree_problem(seed=0, n_trials=60, n_columns=5):
    """Vectors of floats, ranks and categories, as the surrogate sees them, and scores."""
    random = np.random.default_rng(seed)
    vectors = random.random((n_trials, n_columns))
    vectors[:, 1] = random.integers(0, 3, n_trials)
    vectors[:, 2] = np.round(vectors[:, 2], 1)
    scores = 5 + np.sin(6 * vectors[:, 0]) * vectors[:, 1] + vectors[:, 2] * vectors[:, 3]
    return vectors, scores


def fitted_surrogate(model, vectors, scores):
    """A surrogate on floats in [0, 1]."""
    n = vectors.shape[1]
    space = ConfigurationSpace({f"x{i:03}": (0.0, 1.0) for i in range(n)})
    return SurrogateSpec(model, vectors, scores, Legality(space, np.full(n, 0.5))).fit(seed=0)


def scores_of_blends(surrogate, candidates, baseline, player_of_column, n_jobs=None):
    """Scores of shape (2^d, n_candidates) from the blocks of a surrogate."""
    blends = Blends(candidates, baseline, np.asarray(player_of_column))
    scores = np.full((blends.n_coalitions, len(candidates)), np.nan)
    for block in surrogate.coalition_blocks(blends, n_jobs=n_jobs):
        rows = np.arange(len(scores))[block.coalitions]
        scores[np.ix_(rows, block.candidates)] = block.scores
    return scores


def coalitions(n_players):
    """All coalitions as tuples, by size and then by position."""
    players = range(n_players)
    return [s for size in range(n_players + 1) for s in itertools.combinations(players, size)]


def bits(coalition):
    return sum(1 << player for player in coalition)


def space_of_sources(sources):
    """A space from, for each name, a list of what its values come from."""
    space = ConfigurationSpace()
    space.add([hyperparameter_from(name, parts) for name, parts in sources.items()])
    return space
