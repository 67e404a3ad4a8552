"""Interactions of the players that matter as those of all, and BII from a fit."""

from __future__ import annotations

import numpy as np
import pytest

from skhypershap.interactions.ablation import of_all_players
from skhypershap.interactions.approximation import _bii_from_fbii
from skhypershap.interactions.indices import INDICES, exact_interactions
from skhypershap.surrogate.blends import all_coalitions, positions_of


@pytest.mark.parametrize("index", INDICES)
@pytest.mark.parametrize("order", [1, 2, 3])
def test_null_players_change_no_interaction_of_the_others(index, order):
    """All coalitions of five players, of which two change nothing."""
    matter = [1, 2, 4]
    values = np.random.default_rng(order).normal(size=8)
    values -= values[0]
    whole = values[positions_of(all_coalitions(5)[:, matter])]
    expected = exact_interactions(whole, index, order)
    found = of_all_players(exact_interactions(values, index, order), matter, 5, order)
    assert set(found) == set(expected)
    for players, value in expected.items():
        assert found[players] == pytest.approx(value, abs=1e-9)
        if players and not set(players) <= set(matter):
            assert found[players] == 0


def test_bii_of_a_least_squares_fit_is_that_of_the_game():
    """Hammer and Holzman 1992: the fit of an order keeps all BII up to that order."""
    values = np.random.default_rng(0).normal(size=16)
    values -= values[0]
    fit = exact_interactions(values, "FBII", 2)
    expected = exact_interactions(values, "BII", 2)
    for players in fit:
        if players:
            assert _bii_from_fbii(fit, players) == pytest.approx(expected[players])
