"""Leaves that blends reach give the interactions of an ablation, for any number of players."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import fitted_surrogate, tree_problem, twin_scores
from sklearn.ensemble import RandomForestRegressor
from sklearn.tree import DecisionTreeRegressor

from skhypershap.interactions.from_leaves import leaf_interactions
from skhypershap.interactions.indices import exact_interactions
from skhypershap.surrogate.kernels.leaves import reachable_leaves


def test_interactions_of_a_hundred_players_sum_to_the_gain():
    """Shapley values sum to the gain, and a player that no tree splits on gets nothing."""
    random = np.random.default_rng(0)
    vectors = random.random((200, 100))
    scores = vectors[:, :30] @ np.arange(30.0)
    surrogate = fitted_surrogate(RandomForestRegressor(20), vectors[:, :99], scores)
    candidate, baseline = vectors[3, :99], vectors[4, :99]
    leaves = reachable_leaves(surrogate.forest, candidate, baseline, np.arange(99))
    gain = np.subtract(*surrogate.predict(np.stack([candidate, baseline])))
    for index, order in (("SV", 1), ("FSII", 2), ("k-SII", 2), ("STII", 2)):
        found = leaf_interactions(leaves, 99, index, order)
        assert sum(found.values()) == pytest.approx(gain, abs=1e-9)
        split = set(surrogate.forest.column[surrogate.forest.left >= 0].tolist())
        assert all(
            value == 0 for (player, *_), value in list(found.items())[1:] if player not in split
        )


@pytest.mark.parametrize("index", ["SV", "FSII", "k-SII", "STII"])
def test_interactions_of_a_leaf_with_a_hundred_players_sum_to_the_gain(index):
    """One trial for each player: a leaf depends on all of them, and float weights would cancel."""
    vectors = np.vstack([np.zeros(100), np.eye(100)])
    scores = np.concatenate([[0.0], 1.0 + np.arange(100)])
    surrogate = fitted_surrogate(DecisionTreeRegressor(), vectors, scores)
    candidate, baseline = np.ones(100), np.zeros(100)
    leaves = reachable_leaves(surrogate.forest, candidate, baseline, np.arange(100))
    gain = np.subtract(*surrogate.predict(np.stack([candidate, baseline])))
    assert max(leaves.n_out) > 50
    found = leaf_interactions(leaves, 100, index, 1 if index == "SV" else 2)
    assert sum(found.values()) == pytest.approx(gain, abs=1e-7)


@pytest.mark.parametrize("index", ["SV", "FSII", "k-SII", "SII", "STII", "BII", "FBII", "Moebius"])
def test_interactions_from_leaves_equal_those_from_all_coalitions(index):
    vectors, scores = tree_problem()
    surrogate = fitted_surrogate("forest", vectors, scores)
    candidate, baseline, players = vectors[3], vectors[11], np.arange(5)
    values = twin_scores(surrogate.predict, candidate[None], baseline, players)[:, 0]
    leaves = reachable_leaves(surrogate.forest, candidate, baseline, players)
    for order in (1, 2, 3):
        expected = exact_interactions(values - values[0], index, order)
        found = leaf_interactions(leaves, 5, index, order)
        assert found.keys() == expected.keys()
        for members, value in expected.items():
            assert found[members] == pytest.approx(value, abs=1e-9)


def test_memory_grows_with_the_leaves(monkeypatch):
    vectors, scores = tree_problem()
    forest = fitted_surrogate("forest", vectors, scores).forest
    asked = forest, vectors[3], vectors[11], np.arange(5)
    usual = reachable_leaves(*asked)
    for size in (1, 7, 100):
        monkeypatch.setattr("skhypershap.surrogate.kernels.leaves.FIRST_LEAVES", max(size, 2))
        monkeypatch.setattr("skhypershap.surrogate.kernels.leaves.FIRST_PLAYERS", size)
        for part, grown in zip(usual, reachable_leaves(*asked), strict=True):
            np.testing.assert_array_equal(grown, part)
