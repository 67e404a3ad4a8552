import numpy as np
import pytest

from skhypershap.surrogate.kernels import process_blends as blends
from skhypershap.surrogate.process import ProductProcess, predict_flat


def _all(n_players):
    return (np.arange(1 << n_players)[:, None] >> np.arange(n_players) & 1).astype(bool)


def _fitted(n_columns=6, n_trials=45, seed=0):
    generator = np.random.default_rng(seed)
    X = generator.random((n_trials, n_columns))
    X[:, 1] = generator.integers(4, size=n_trials)
    X[:, 2] = generator.integers(3, size=n_trials)
    y = np.sin(4 * X[:, 0]) * X[:, 1] + X[:, 2] * X[:, -1]
    spans = np.where(np.arange(n_columns) == 1, 3.0, 1.0)
    return ProductProcess([2], spans).fit(X, y), X


def _slow(process, candidates, baseline, player_of_column, coalitions):
    """Blend and predict."""
    owned = player_of_column >= 0
    rows = []
    for coalition in coalitions:
        taken = owned & coalition[np.maximum(player_of_column, 0)]
        rows.append(process.predict(np.where(taken, candidates, baseline)))
    return np.array(rows).T


PLAYERS = {
    "each column": [0, 1, 2, 3, 4, 5],
    "groups": [0, 1, 0, 2, 1, 2],
    "a column without a player": [0, 1, -1, 2, 3, -1],
    "two players": [0, 0, 1, 1, 0, 0],
    "one player": [0, 0, 0, -1, 0, 0],
}


@pytest.mark.parametrize("name", PLAYERS)
def test_scores_are_those_of_predicted_blends(name):
    process, X = _fitted()
    player_of_column = np.array(PLAYERS[name])
    coalitions = _all(player_of_column.max() + 1)
    plan = blends.plan_blends(process.flat_, X[1:20], X[0], player_of_column)
    found = blends.score_block(plan, np.arange(19))
    expected = _slow(process, X[1:20], X[0], player_of_column, coalitions)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize("name", PLAYERS)
def test_some_coalitions_score_as_among_all(name):
    process, X = _fitted()
    player_of_column = np.array(PLAYERS[name])
    n_players = player_of_column.max() + 1
    generator = np.random.default_rng(1)
    coalitions = generator.random((11, n_players)) < 0.5  # in any order, and twice the same
    plan = blends.plan_blends(process.flat_, X[1:20], X[0], player_of_column, coalitions=coalitions)
    found = blends.score_block(plan, np.array([3, 17, 3]))
    expected = _slow(process, X[[4, 18, 4]], X[0], player_of_column, coalitions)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9)


def test_some_coalitions_of_many_players():
    process, X = _fitted(n_columns=24, n_trials=40)
    coalitions = np.random.default_rng(1).random((50, 24)) < 0.5
    plan = blends.plan_blends(process.flat_, X[1:9], X[0], np.arange(24), coalitions=coalitions)
    found = blends.score_block(plan, np.arange(8))
    expected = _slow(process, X[1:9], X[0], np.arange(24), coalitions)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9)


def test_an_order_of_players_moves_the_bits_of_positions():
    process, X = _fitted()
    order = np.array([4, 0, 5, 2, 1, 3])
    bits = _all(6)
    coalitions = np.zeros_like(bits)
    coalitions[:, order] = bits
    plan = blends.plan_blends(process.flat_, X[1:5], X[0], np.arange(6), order=order)
    expected = _slow(process, X[1:5], X[0], np.arange(6), coalitions)
    np.testing.assert_allclose(blends.score_block(plan, np.arange(4)), expected, rtol=0, atol=1e-9)


def test_scores_do_not_depend_on_the_block():
    process, X = _fitted()
    plan = blends.plan_blends(process.flat_, X, X[0], np.arange(6))
    together = blends.score_block(plan, np.arange(len(X)))
    alone = [blends.score_block(plan, np.array([row]))[0] for row in range(len(X))]
    np.testing.assert_array_equal(together, alone)
    np.testing.assert_array_equal(np.concatenate(plan.blocks()), np.arange(len(X)))


def test_held_columns_are_held():
    process, X = _fitted()
    less = blends.without_column(process.flat_, 1, 2.0)
    full = X.copy()
    full[:, 1] = 2.0
    np.testing.assert_allclose(
        predict_flat(less, np.delete(X, 1, axis=1)), process.predict(full), atol=1e-12
    )


def test_padding_adds_nothing():
    process, X = _fitted()
    wide = blends.padded(process.flat_)
    assert len(wide.weights) % blends.LANES == 0
    np.testing.assert_allclose(predict_flat(wide, X), process.predict(X), atol=1e-12)
