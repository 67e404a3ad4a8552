"""The standard error of interactions from some coalitions is as large as their error."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from skhypershap.interactions.approximation import approximate
from skhypershap.interactions.indices import IndexSpec, exact_interactions
from skhypershap.interactions.regression_error import standard_error
from skhypershap.surrogate.blends import all_coalitions, positions_of


def game_of(seed, n_players=12, size=3):
    """All gains of a random game with interactions of three."""
    rng = np.random.default_rng(seed)
    coalitions = all_coalitions(n_players)
    gains = coalitions @ rng.random(n_players)
    for members in itertools.combinations(range(n_players), size):
        gains += 0.05 * rng.normal() * coalitions[:, members].all(axis=1)
    return gains - gains[0]


@pytest.mark.parametrize(("index", "order"), [("SV", 1), ("FSII", 2)])
def test_it_is_about_as_large_as_the_error(index, order):
    gains, seen = game_of(0), []

    def gains_of(coalitions):
        seen.append(coalitions.astype(bool))
        return gains[positions_of(coalitions.astype(bool))]

    found = approximate(gains_of, 12, IndexSpec(index, order, 2), seed=0).interactions
    exact = exact_interactions(gains, index, order)
    errors = np.array([found[players] - exact[players] for players in exact if players])
    sampled = np.concatenate(seen)
    estimated = standard_error(sampled, gains[positions_of(sampled)], order)
    assert 0.4 < estimated / np.sqrt((errors**2).mean()) < 2.5


def test_it_is_zero_for_a_sum_of_such_interactions():
    gains = game_of(1, size=2)
    coalitions = all_coalitions(12)[::3]
    assert standard_error(coalitions, gains[::3], 2) < 1e-5
    assert standard_error(coalitions, gains[::3], 1) > 1e-3


def test_it_is_unknown_from_too_few_coalitions():
    assert standard_error(np.eye(5, dtype=bool), np.ones(5), 1) is None
