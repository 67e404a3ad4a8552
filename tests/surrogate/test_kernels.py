"""The kernel against its obvious twin: blend, predict, coalition by coalition."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from ConfigSpace import ConfigurationSpace
from conftest import twin_scores
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import (
    AdaBoostRegressor,
    BaggingRegressor,
    ExtraTreesRegressor,
    GradientBoostingRegressor,
    HistGradientBoostingRegressor,
    RandomForestRegressor,
)
from sklearn.linear_model import LinearRegression
from sklearn.neighbors import KNeighborsRegressor
from sklearn.tree import DecisionTreeRegressor, ExtraTreeRegressor

import skhypershap
from skhypershap.interactions.from_leaves import leaf_interactions
from skhypershap.interactions.indices import exact_interactions
from skhypershap.space.conditions import Legality
from skhypershap.surrogate.blends import Blends
from skhypershap.surrogate.fitting import SurrogateSpec
from skhypershap.surrogate.kernels.coalitions import layout_of_all, score_block
from skhypershap.surrogate.kernels.leaves import reachable_leaves
from skhypershap.surrogate.kernels.tree_walk import plan_walk


def fitted(model, vectors, scores):
    n = vectors.shape[1]
    space = ConfigurationSpace({f"x{i:03}": (0.0, 1.0) for i in range(n)})
    return SurrogateSpec(model, vectors, scores, Legality(space, np.full(n, 0.5))).fit(seed=0)


class LogForest(RandomForestRegressor):
    """A forest in name only: its predictions are no sum of its trees."""

    def predict(self, X):
        return np.exp(super().predict(X))


TREE_MODELS = [
    RandomForestRegressor(n_estimators=10),
    RandomForestRegressor(n_estimators=10, max_features=0.5, min_samples_leaf=3, bootstrap=False),
    ExtraTreesRegressor(n_estimators=10),
    DecisionTreeRegressor(),
    ExtraTreeRegressor(),
    DecisionTreeRegressor(max_depth=1),
    GradientBoostingRegressor(n_estimators=20),
    GradientBoostingRegressor(n_estimators=20, init="zero", loss="huber"),
    BaggingRegressor(DecisionTreeRegressor(), n_estimators=5, max_features=0.7),
    BaggingRegressor(DecisionTreeRegressor(), n_estimators=5, max_features=1),
    HistGradientBoostingRegressor(max_iter=10, min_samples_leaf=3),
]
OTHER_MODELS = [
    GradientBoostingRegressor(n_estimators=5, init=LinearRegression()),
    HistGradientBoostingRegressor(max_iter=5, loss="poisson", min_samples_leaf=3),
    BaggingRegressor(KNeighborsRegressor(), n_estimators=3),
    LogForest(n_estimators=5),
    AdaBoostRegressor(n_estimators=3),
    KNeighborsRegressor(),
    LinearRegression(),
]


def problem(seed=0, n_trials=60, n_columns=5):
    """Vectors of floats, ranks and categories, as the surrogate sees them, and scores."""
    random = np.random.default_rng(seed)
    vectors = random.random((n_trials, n_columns))
    vectors[:, 1] = random.integers(0, 3, n_trials)
    vectors[:, 2] = np.round(vectors[:, 2], 1)
    scores = 5 + np.sin(6 * vectors[:, 0]) * vectors[:, 1] + vectors[:, 2] * vectors[:, 3]
    return vectors, scores


def all_blocks(surrogate, candidates, baseline, player_of_column, n_jobs=None):
    scores = np.full((2 ** (max(player_of_column) + 1), len(candidates)), np.nan)
    blends = Blends(candidates, baseline, np.asarray(player_of_column))
    blocks = surrogate.coalition_blocks(blends, n_jobs=n_jobs)
    for coalitions, members, block in blocks:
        rows = np.arange(len(scores))[coalitions]
        scores[np.ix_(rows, members)] = block
    return scores


@pytest.mark.parametrize("model", TREE_MODELS + OTHER_MODELS, ids=lambda model: repr(model)[:60])
def test_all_blends_equal_the_twin(model):
    vectors, scores = problem()
    surrogate = fitted(model, vectors, scores)
    assert (surrogate.forest is not None) == (model in TREE_MODELS)
    candidates, baseline = problem(seed=1, n_trials=150)[0], vectors[7]
    players = np.arange(5)
    expected = twin_scores(surrogate.predict, candidates, baseline, players)
    found = all_blocks(surrogate, candidates, baseline, players)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize("model", [RandomForestRegressor(n_estimators=5), LinearRegression()])
@pytest.mark.parametrize("players", [[0, 0, 1, -1, 2], [2, 1, 0, 1, -1], [0, -1, -1, -1, -1]])
def test_columns_may_share_a_player_or_have_none(model, players):
    vectors, scores = problem()
    surrogate = fitted(model, vectors, scores)
    candidates, baseline = problem(seed=2, n_trials=70)[0], vectors[0]
    expected = twin_scores(surrogate.predict, candidates, baseline, players)
    found = all_blocks(surrogate, candidates, baseline, np.array(players))
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9)


def test_threads_and_blocks_change_nothing():
    vectors, scores = problem()
    surrogate = fitted(None, vectors, scores)
    candidates = problem(seed=3, n_trials=300)[0]
    one = all_blocks(surrogate, candidates, vectors[0], np.arange(5), n_jobs=1)
    two = all_blocks(surrogate, candidates, vectors[0], np.arange(5), n_jobs=2)
    np.testing.assert_array_equal(one, two)
    walk = plan_walk(surrogate.forest, candidates, vectors[0], np.arange(5))
    layout, blocks = layout_of_all(walk), walk.blocks(100)
    np.testing.assert_array_equal(np.sort(np.concatenate(blocks)), np.arange(300))
    expected = one[layout.coalitions][:, blocks[1]]
    np.testing.assert_array_equal(score_block(walk, layout, blocks[1]).T, expected)


@pytest.mark.parametrize("n_players", [4, 7, 9, 10])
def test_players_in_every_part_of_the_table(n_players):
    """Low, ternary and binary ones; few candidates, so that the twin takes seconds."""
    random = np.random.default_rng(n_players)
    vectors = random.random((80, n_players))
    scores = np.sin(4 * vectors).sum(axis=1) + vectors[:, 0] * vectors[:, -1]
    surrogate = fitted(RandomForestRegressor(4), vectors, scores)
    candidates, players = random.random((5, n_players)), np.arange(n_players)
    expected = twin_scores(surrogate.predict, candidates, vectors[0], players)
    found = all_blocks(surrogate, candidates, vectors[0], players)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9)


def test_leaves_that_cannot_wait_are_added_in_between(monkeypatch):
    vectors, scores = problem()
    surrogate = fitted(None, vectors, scores)
    candidates = problem(seed=3, n_trials=100)[0]
    whole = all_blocks(surrogate, candidates, vectors[0], np.arange(5))
    monkeypatch.setattr("skhypershap.surrogate.kernels.tree_walk.WAITING", 40)
    parts = all_blocks(surrogate, candidates, vectors[0], np.arange(5))
    np.testing.assert_allclose(parts, whole, rtol=0, atol=1e-12)


@pytest.mark.parametrize("n_players", [6, 31, 32, 62, 63, 70])
@pytest.mark.parametrize("n_coalitions", [1, 70, 2100])
def test_some_coalitions_equal_the_twin(n_players, n_coalitions):
    """Sets of 32 and of 64 bits, more players than both, and more coalitions than fit at a time."""
    random = np.random.default_rng(n_players)
    vectors = random.random((60, n_players))
    scores = vectors @ np.linspace(0, 1, n_players) + vectors[:, 0] * vectors[:, -1]
    surrogate = fitted(RandomForestRegressor(5), vectors, scores)
    candidates, baseline, players = random.random((70, n_players)), vectors[0], np.arange(n_players)
    coalitions = random.random((n_coalitions, n_players)) < random.random((n_coalitions, 1))
    blends = Blends(candidates, baseline, players)
    looked_at = random.integers(0, n_coalitions, 20)
    expected = surrogate.blend_scores(blends, coalitions[looked_at])
    scores = np.full((n_coalitions, len(candidates)), np.nan)
    for numbers, members, block in surrogate.coalition_blocks(blends, coalitions):
        scores[np.ix_(np.arange(n_coalitions)[numbers], members)] = block
    np.testing.assert_allclose(scores[looked_at], expected, rtol=0, atol=1e-9)
    for sign in (1.0, -1.0):
        best = np.full(n_coalitions, -np.inf)
        for numbers, _, found, winners in surrogate.coalition_optima(blends, coalitions, sign=sign):
            which = np.arange(n_coalitions)[numbers]
            np.testing.assert_allclose(found, sign * scores[which, winners], rtol=0, atol=1e-9)
            best[which] = np.maximum(best[which], found)
        np.testing.assert_allclose(best, (sign * scores).max(axis=1), rtol=0, atol=1e-9)


def test_a_forest_of_stumps_without_splits_is_a_constant():
    vectors = problem()[0]
    surrogate = fitted(None, vectors, np.full(len(vectors), 3.5))
    found = all_blocks(surrogate, vectors[:4], vectors[0], np.arange(5))
    np.testing.assert_allclose(found, 3.5)


def test_values_on_a_threshold_go_where_the_model_sends_them():
    """Trees compare float32 values with float64 thresholds; ties and rounding must agree."""
    vectors = np.array([[0.1], [0.1 + 1e-9], [0.3], [0.30000001], [0.5]])
    surrogate = fitted(DecisionTreeRegressor(), vectors, np.arange(5.0))
    thresholds = surrogate.forest.thresholds[0]
    candidates = np.concatenate([vectors, thresholds[:, None], thresholds[:, None] + 1e-10])
    found = all_blocks(surrogate, candidates, vectors[0], np.array([0]))
    np.testing.assert_array_equal(found[1], surrogate.predict(candidates))


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 1000),
    n_columns=st.integers(1, 6),
    levels=st.integers(1, 4),
    n_trials=st.integers(1, 40),
)
def test_any_small_forest_equals_the_twin(seed, n_columns, levels, n_trials):
    random = np.random.default_rng(seed)
    vectors = random.integers(0, levels, (n_trials, n_columns)) / levels
    surrogate = fitted(RandomForestRegressor(n_estimators=3), vectors, random.normal(size=n_trials))
    candidates = random.integers(0, levels, (9, n_columns)) / levels
    baseline = random.integers(0, levels, n_columns) / levels
    players = np.arange(n_columns)
    expected = twin_scores(surrogate.predict, candidates, baseline, players)
    found = all_blocks(surrogate, candidates, baseline, players)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9)


def test_leaves_of_a_hundred_players_add_up():
    """Shapley values sum to the gain, and a player that no tree splits on gets nothing."""
    random = np.random.default_rng(0)
    vectors = random.random((200, 100))
    scores = vectors[:, :30] @ np.arange(30.0)
    surrogate = fitted(RandomForestRegressor(20), vectors[:, :99], scores)
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
def test_a_chain_of_a_hundred_players_adds_up(index):
    """One trial for each player: a leaf mentions them all, and float weights would cancel."""
    vectors = np.vstack([np.zeros(100), np.eye(100)])
    scores = np.concatenate([[0.0], 1.0 + np.arange(100)])
    surrogate = fitted(DecisionTreeRegressor(), vectors, scores)
    candidate, baseline = np.ones(100), np.zeros(100)
    leaves = reachable_leaves(surrogate.forest, candidate, baseline, np.arange(100))
    gain = np.subtract(*surrogate.predict(np.stack([candidate, baseline])))
    assert max(leaves.n_out) > 50
    found = leaf_interactions(leaves, 100, index, 1 if index == "SV" else 2)
    assert sum(found.values()) == pytest.approx(gain, abs=1e-7)


@pytest.mark.parametrize("index", ["SV", "FSII", "k-SII", "SII", "STII", "BII", "FBII", "Moebius"])
def test_reachable_leaves_give_the_interactions_of_all_coalitions(index):
    vectors, scores = problem()
    surrogate = fitted(None, vectors, scores)
    candidate, baseline, players = vectors[3], vectors[11], np.arange(5)
    values = twin_scores(surrogate.predict, candidate[None], baseline, players)[:, 0]
    leaves = reachable_leaves(surrogate.forest, candidate, baseline, players)
    for order in (1, 2, 3):
        expected = exact_interactions(values - values[0], index, order)
        found = leaf_interactions(leaves, 5, index, order)
        assert found.keys() == expected.keys()
        for members, value in expected.items():
            assert found[members] == pytest.approx(value, abs=1e-9)


GUARDED = """
import ctypes, math, mmap
import numpy as np
from skhypershap.surrogate.kernels import coalitions, tree_walk
from ConfigSpace import ConfigurationSpace
from skhypershap import HyperSHAPExplainer

PAGE = mmap.PAGESIZE
protect = ctypes.CDLL(None).mprotect
protect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
kept = []


def at_the_end(shape, dtype):
    size = math.prod(shape) * np.dtype(dtype).itemsize
    room = -(-size // PAGE) * PAGE
    kept.append(mmap.mmap(-1, room + PAGE))
    memory = np.frombuffer(kept[-1], np.uint8)
    assert protect(memory.ctypes.data + room, PAGE, 0) == 0
    return memory[room - size : room].view(dtype).reshape(shape)


tree_walk._aligned = at_the_end
for n_players in (1, 2, 3, 4, 5, 7):
    space = ConfigurationSpace({f"x{number}": (0.0, 1.0) for number in range(n_players)}, seed=0)
    configs = space.sample_configuration(40)
    scores = [sum(config.values()) for config in configs]
    fitted = HyperSHAPExplainer(space, n_samples=300, random_state=0).fit(configs, scores)
    fitted.explain(["tunability", "sensitivity"])
print("nothing beyond the end")
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="protects memory as Linux does")
def test_kernels_stay_within_their_memory(tmp_path):
    """A table ends where a page is that must not be touched, not even with the values it had.

    Vectors that were too wide once read and wrote back what belonged to other threads.
    """
    (tmp_path / "guarded.py").write_text(GUARDED)
    environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
    environment["PYTHONPATH"] = os.pathsep.join([str(Path(skhypershap.__file__).parents[1])])
    run = subprocess.run(
        [sys.executable, "guarded.py"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert run.stdout.strip() == "nothing beyond the end", run.stderr[-2000:]
