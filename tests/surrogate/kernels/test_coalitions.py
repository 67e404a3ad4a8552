"""Kernels for coalitions equal the obvious twin and stay within their memory."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import fitted_surrogate, scores_of_blends, tree_problem, twin_scores
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import RandomForestRegressor
from sklearn.tree import DecisionTreeRegressor

import skhypershap
from skhypershap.games.variance import variance_over_blocks
from skhypershap.surrogate.blends import Blends, all_coalitions
from skhypershap.surrogate.kernels.path_players import most_on_a_path
from skhypershap.surrogate.kernels.tree_walk import plan_walk


@pytest.mark.parametrize("n_players", [4, 7, 9, 10])
def test_low_ternary_and_binary_players_equal_the_twin(n_players):
    """Few candidates, so that the twin takes seconds."""
    random = np.random.default_rng(n_players)
    vectors = random.random((80, n_players))
    scores = np.sin(4 * vectors).sum(axis=1) + vectors[:, 0] * vectors[:, -1]
    surrogate = fitted_surrogate(RandomForestRegressor(4), vectors, scores)
    candidates, players = random.random((5, n_players)), np.arange(n_players)
    expected = twin_scores(surrogate.predict, candidates, vectors[0], players)
    found = scores_of_blends(surrogate, candidates, vectors[0], players)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9)


def test_full_leaf_buffers_are_emptied_between_trees(monkeypatch):
    vectors, scores = tree_problem()
    surrogate = fitted_surrogate("forest", vectors, scores)
    candidates = tree_problem(seed=3, n_trials=100)[0]
    whole = scores_of_blends(surrogate, candidates, vectors[0], np.arange(5))
    monkeypatch.setattr("skhypershap.surrogate.kernels.tree_walk.WAITING", 40)
    parts = scores_of_blends(surrogate, candidates, vectors[0], np.arange(5))
    np.testing.assert_allclose(parts, whole, rtol=0, atol=1e-12)


def test_leaf_buffers_are_filled_to_their_last_place_and_no_further(monkeypatch):
    """A candidate that differs everywhere reaches all 8 leaves; all but the baseline's wait."""
    vectors = np.array(list(itertools.product([0.0, 1.0], repeat=3)))
    scores = np.random.default_rng(0).normal(size=8)
    surrogate = fitted_surrogate(RandomForestRegressor(6, bootstrap=False), vectors, scores)
    candidates, players = np.ones((4, 3)), np.arange(3)
    expected = twin_scores(surrogate.predict, candidates, np.zeros(3), players)
    for waiting in range(7, 23):
        monkeypatch.setattr("skhypershap.surrogate.kernels.tree_walk.WAITING", waiting)
        found = scores_of_blends(surrogate, candidates, np.zeros(3), players)
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)
    walk = plan_walk(surrogate.forest, candidates, np.zeros(3), players)
    assert walk.most_leaves == 7


@pytest.mark.parametrize("only_some", [False, True])
@pytest.mark.parametrize("first_weights", [(), (0.0, 1e-30, 1e-300)])
def test_variances_equal_those_of_all_scores(only_some, first_weights):
    """Weights differ; at the beginning of a block some are nothing to what follows."""
    vectors, scores = tree_problem()
    surrogate = fitted_surrogate("forest", vectors, 1e3 + scores)
    candidates = tree_problem(seed=3, n_trials=200)[0]
    blends = Blends(candidates, vectors[0], np.arange(5))
    coalitions = all_coalitions(5)
    weights = np.random.default_rng(0).random(len(candidates))
    for group in plan_walk(surrogate.forest, candidates, vectors[0], np.arange(5)).blocks(200):
        weights[group[: len(first_weights)]] = first_weights[: len(group)]
    table = surrogate.blend_scores(blends, coalitions)
    means = np.average(table, axis=1, weights=weights)
    expected = np.average((table - means[:, None]) ** 2, axis=1, weights=weights)
    blocks = surrogate.coalition_moments(blends, weights, coalitions if only_some else None)
    found = variance_over_blocks(blocks, len(coalitions))
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-15)
    assert found[0] == 0.0


def test_more_thresholds_than_16_bits_count():
    vectors = np.random.default_rng(0).random((34_000, 1))
    surrogate = fitted_surrogate(DecisionTreeRegressor(), vectors, vectors[:, 0])
    assert len(surrogate.forest.thresholds[0]) > 1 << 15
    found = scores_of_blends(surrogate, vectors[:50], vectors[50], np.array([0]))
    np.testing.assert_allclose(found[1], vectors[:50, 0], rtol=0, atol=1e-12)


@pytest.mark.parametrize("n_players", [6, 31, 32, 62, 63, 70])
@pytest.mark.parametrize("n_coalitions", [1, 70, 2100])
def test_some_coalitions_equal_the_twin(n_players, n_coalitions):
    """Sets of 32 and of 64 bits, more players than 64 bits hold, more coalitions than one part."""
    random = np.random.default_rng(n_players)
    vectors = random.random((60, n_players))
    scores = vectors @ np.linspace(0, 1, n_players) + vectors[:, 0] * vectors[:, -1]
    surrogate = fitted_surrogate(RandomForestRegressor(5), vectors, scores)
    candidates, baseline, players = random.random((70, n_players)), vectors[0], np.arange(n_players)
    coalitions = random.random((n_coalitions, n_players)) < random.random((n_coalitions, 1))
    blends = Blends(candidates, baseline, players)
    sample = random.integers(0, n_coalitions, 20)
    expected = surrogate.blend_scores(blends, coalitions[sample])
    scores = np.full((n_coalitions, len(candidates)), np.nan)
    for numbers, members, block in surrogate.coalition_blocks(blends, coalitions):
        scores[np.ix_(np.arange(n_coalitions)[numbers], members)] = block
    np.testing.assert_allclose(scores[sample], expected, rtol=0, atol=1e-9)
    for sign in (1.0, -1.0):
        best = np.full(n_coalitions, -np.inf)
        for numbers, _, found, winners in surrogate.coalition_optima(blends, coalitions, sign=sign):
            which = np.arange(n_coalitions)[numbers]
            np.testing.assert_allclose(found, sign * scores[which, winners], rtol=0, atol=1e-9)
            best[which] = np.maximum(best[which], found)
        np.testing.assert_allclose(best, (sign * scores).max(axis=1), rtol=0, atol=1e-9)


@pytest.mark.parametrize("n_players", [9, 70])
def test_parts_of_coalitions_that_share_a_walk_equal_parts_with_walks_of_their_own(
    n_players, monkeypatch
):
    """Also where leaf buffers are emptied between trees, so that tables of all parts are kept."""
    random = np.random.default_rng(n_players)
    vectors = random.random((60, n_players))
    surrogate = fitted_surrogate(RandomForestRegressor(6), vectors, (vectors**2).sum(axis=1))
    blends = Blends(random.random((9, n_players)), vectors[0], np.arange(n_players))
    coalitions = random.random((4_200, n_players)) < random.random((4_200, 1))

    def found(n_parts, waiting):
        monkeypatch.setattr("skhypershap.surrogate.kernels.score_layouts.MOST_PARTS", n_parts)
        monkeypatch.setattr("skhypershap.surrogate.kernels.tree_walk.WAITING", waiting)
        scores, best = np.full((4_200, 9), np.nan), np.full(4_200, -np.inf)
        for rows, members, block in surrogate.coalition_blocks(blends, coalitions):
            scores[np.ix_(rows, members)] = block
        for rows, _, gains, _ in surrogate.coalition_optima(blends, coalitions, sign=1.0):
            best[rows] = np.maximum(best[rows], gains)
        np.testing.assert_array_equal(best, scores.max(axis=1))
        return scores

    expected = found(1, 4_112)
    np.testing.assert_array_equal(found(8, 4_112), expected)
    np.testing.assert_allclose(found(8, 40), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("n_players", [70, 130])
def test_more_players_than_a_set_holds_are_walked(n_players, monkeypatch):
    """No path passes 62 players; those that share columns count once, columns without one never."""
    random = np.random.default_rng(n_players)
    vectors = random.random((300, 2 * n_players))
    surrogate = fitted_surrogate(
        RandomForestRegressor(5, max_features=0.3), vectors, (vectors**2).sum(axis=1)
    )
    players = random.permutation(np.repeat(np.arange(-1, n_players), 2)[2:])
    players[:3] = -1
    players = np.unique(players, return_inverse=True)[1] - 1
    blends = Blends(random.random((40, 2 * n_players)), vectors[0], players)
    coalitions = random.random((30, blends.n_players)) < random.random((30, 1))
    expected = surrogate.blend_scores(blends, coalitions)
    monkeypatch.setattr(type(surrogate), "blend_scores", None)
    scores = np.full((30, 40), np.nan)
    for numbers, members, block in surrogate.coalition_blocks(blends, coalitions):
        scores[np.ix_(np.arange(30)[numbers], members)] = block
    np.testing.assert_allclose(scores, expected, rtol=0, atol=1e-9)


def test_a_path_of_more_players_than_a_set_holds_is_predicted():
    vectors = np.eye(80)
    surrogate = fitted_surrogate(DecisionTreeRegressor(), vectors, np.arange(80.0))
    blends = Blends(vectors, vectors[40], np.arange(80))
    assert most_on_a_path(surrogate.forest, np.arange(80)) > 62
    coalitions = np.random.default_rng(0).random((9, 80)) < 0.5
    scores = np.full((9, 80), np.nan)
    for numbers, members, block in surrogate.coalition_blocks(blends, coalitions):
        scores[np.ix_(np.arange(9)[numbers], members)] = block
    np.testing.assert_allclose(scores, surrogate.blend_scores(blends, coalitions), atol=1e-9)


def test_forest_without_splits_is_a_constant():
    vectors = tree_problem()[0]
    surrogate = fitted_surrogate("forest", vectors, np.full(len(vectors), 3.5))
    found = scores_of_blends(surrogate, vectors[:4], vectors[0], np.arange(5))
    np.testing.assert_allclose(found, 3.5)


def test_values_on_a_threshold_take_the_side_of_the_model():
    """Trees compare float32 values with float64 thresholds; ties and rounding must agree."""
    vectors = np.array([[0.1], [0.1 + 1e-9], [0.3], [0.30000001], [0.5]])
    surrogate = fitted_surrogate(DecisionTreeRegressor(), vectors, np.arange(5.0))
    thresholds = surrogate.forest.thresholds[0]
    candidates = np.concatenate([vectors, thresholds[:, None], thresholds[:, None] + 1e-10])
    found = scores_of_blends(surrogate, candidates, vectors[0], np.array([0]))
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
    surrogate = fitted_surrogate(
        RandomForestRegressor(n_estimators=3), vectors, random.normal(size=n_trials)
    )
    candidates = random.integers(0, levels, (9, n_columns)) / levels
    baseline = random.integers(0, levels, n_columns) / levels
    players = np.arange(n_columns)
    expected = twin_scores(surrogate.predict, candidates, baseline, players)
    found = scores_of_blends(surrogate, candidates, baseline, players)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9)


AT_THE_END_OF_MEMORY = """
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
    """Every array ends at a page of memory that must not be touched, not even to write back its values.

    Vectors that were too wide once read and wrote back memory of other threads.
    """
    (tmp_path / "at_the_end.py").write_text(AT_THE_END_OF_MEMORY)
    environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
    environment["PYTHONPATH"] = os.pathsep.join([str(Path(skhypershap.__file__).parents[1])])
    run = subprocess.run(
        [sys.executable, "at_the_end.py"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert run.stdout.strip() == "nothing beyond the end", run.stderr[-2000:]
