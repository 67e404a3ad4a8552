"""Best subsets where some players change nothing, and what attains them."""

from __future__ import annotations

import numpy as np
import pytest

from skhypershap.advice import many_players, subset_configs
from skhypershap.advice.subsets import Subset, best_subsets
from skhypershap.games.value_function import ValueFunction
from skhypershap.surrogate.blends import all_coalitions, positions_of


def game_of(values):
    n_players = len(values).bit_length() - 1

    def scores(coalitions):
        return values if coalitions is None else values[positions_of(coalitions)]

    return ValueFunction("tunability", n_players, 1.0, False, 0, scores)


@pytest.mark.parametrize("matter", [(0,), (1, 3), (0, 1, 4), (0, 1, 2, 3, 4)])
@pytest.mark.parametrize("seed", range(3))
def test_null_players_fill_up_the_best_subsets(matter, seed):
    """As the whole game has them, in which any of these may join without a change."""
    values = np.random.default_rng(seed).normal(size=1 << len(matter)).round(1)
    whole = values[positions_of(all_coalitions(5)[:, list(matter)])]
    small = best_subsets(game_of(values), 5)
    found = many_players._with_null_players(small, np.array(matter), 5)
    assert found == best_subsets(game_of(whole), 5)


def test_subset_that_gains_nothing_more_keeps_the_point_of_the_smaller_one():
    points = np.arange(8.0).reshape(4, 2)
    before = points.copy()
    subsets = [
        Subset((1,), 1.0),
        Subset((0, 1), 1.0),
        Subset((0, 2, 3), 1.0),  # another one
        Subset((0, 1, 2, 3), 2.0),
    ]
    found = subset_configs._of_best_so_far(points, subsets)
    np.testing.assert_array_equal(found, points[[0, 0, 2, 3]])
    np.testing.assert_array_equal(points, before)
    subsets[2] = Subset((0, 1, 2), 1.0)  # and so on
    np.testing.assert_array_equal(
        subset_configs._of_best_so_far(points, subsets), points[[0, 0, 0, 3]]
    )
