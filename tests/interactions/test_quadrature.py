"""Indices as integrals against their definition by Moebius transforms."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from skhypershap.interactions.indices import INDICES, exact_interactions
from skhypershap.interactions.quadrature import quadrature


def subsets_of(players):
    return itertools.chain.from_iterable(
        itertools.combinations(players, size) for size in range(len(players) + 1)
    )


def position(members):
    return sum(1 << player for player in members)


@pytest.mark.parametrize("index", INDICES)
@pytest.mark.parametrize("order", [1, 2, 3])
def test_weighted_expected_derivatives_are_the_index(index, order):
    n_players = 4
    values = np.random.default_rng(order).normal(size=1 << n_players)
    values -= values[0]
    moebius = {
        one: sum(
            (-1) ** (len(one) - len(part)) * values[position(part)] for part in subsets_of(one)
        )
        for one in subsets_of(range(n_players))
    }
    known = exact_interactions(values, index, order)
    nodes, weights = quadrature(index, order, n_players)
    assert ((nodes > 0) & (nodes < 1)).all()
    for players, value in known.items():
        if not players and INDICES[index].fits_baseline:
            assert not weights[0].any()
            continue
        derivative = sum(
            amount * nodes ** (len(one) - len(players))
            for one, amount in moebius.items()
            if set(players) <= set(one)
        )
        assert weights[len(players)] @ derivative == pytest.approx(value, abs=1e-9)
