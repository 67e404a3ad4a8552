"""Blends of candidates with a baseline, and the positions of coalitions."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from skhypershap.surrogate.blends import (
    Blends,
    all_coalitions,
    coalitions_at,
    player_halves,
    position_of,
    positions_of,
    positions_without,
)


def test_blend_takes_columns_of_members_from_the_candidate():
    blends = Blends(np.array([[1, 2, 3, 4]]), np.array([5, 6, 7, 8]), np.array([0, 1, 0, -1]))
    found = blends.vectors(np.array([[False, False], [True, False], [False, True], [True, True]]))
    np.testing.assert_array_equal(
        found[:, 0], [[5, 6, 7, 8], [1, 6, 3, 8], [5, 2, 7, 8], [1, 2, 3, 8]]
    )
    assert (blends.n_players, blends.n_coalitions) == (2, 4)


def test_blends_of_the_baseline_are_the_baseline():
    random = np.random.default_rng(0)
    blends = Blends(random.random((3, 4)), random.random(4), np.arange(4))
    found = blends.with_baseline_as_candidate().vectors(all_coalitions(4))
    assert found.shape == (16, 4, 4)
    np.testing.assert_array_equal(found[:, 3], np.tile(blends.baseline, (16, 1)))
    np.testing.assert_array_equal(found[-1, :3], blends.candidates)
    np.testing.assert_array_equal(found[0, :3], np.tile(blends.baseline, (3, 1)))


def test_blends_cannot_be_changed():
    blends = Blends(np.zeros((1, 1)), np.zeros(1), np.zeros(1, dtype=int))
    with pytest.raises(AttributeError):
        blends.baseline = np.ones(1)


@pytest.mark.parametrize("n_players", [0, 1, 5])
def test_positions_and_coalitions_are_inverse(n_players):
    rows = all_coalitions(n_players)
    assert rows.shape == (2**n_players, n_players)
    np.testing.assert_array_equal(positions_of(rows), np.arange(2**n_players))
    for position, row in enumerate(rows):
        assert position_of(np.flatnonzero(row).tolist()) == position
    np.testing.assert_array_equal(
        coalitions_at(np.array([2**n_players - 1]), n_players).sum(), n_players
    )


def test_position_of_many_players_is_exact():
    assert position_of(range(100)) == 2**100 - 1


def test_player_that_leaves_changes_one_bit():
    rows = all_coalitions(4)
    for position, player in itertools.product(range(16), range(4)):
        if rows[position, player]:
            (found,) = positions_without(np.array([position]), np.array([player]))
            assert (rows[position] != rows[found]).tolist() == [i == player for i in range(4)]


def test_player_halves_are_views_of_coalitions_without_and_with_a_player():
    rows = all_coalitions(3)
    table = np.arange(8)
    for player, (without, within) in enumerate(player_halves(table)):
        assert not rows[without.ravel(), player].any()
        np.testing.assert_array_equal(within, without + (1 << player))
        assert np.shares_memory(without, table)
