"""Interactions of an ablation on trees, from the leaves that it reaches, for any number of players."""

from __future__ import annotations

import functools
import itertools
from fractions import Fraction
from math import comb
from typing import TYPE_CHECKING

import numpy as np

from skhypershap.interactions.indices import Interactions, definition_at, interactions_of

if TYPE_CHECKING:
    from skhypershap.surrogate.kernels.leaves import Leaves

KINDS = [(0, 0), (1, 0), (1, 1), (2, 0), (2, 1), (2, 2)]
"""Sizes of an interaction of up to two players, and of its part in B: columns of `add_leaves`."""


def leaf_interactions(leaves: Leaves, n_players: int, index: str, order: int) -> Interactions:
    """Interactions of a sum of games "all players of A are in, all players of B are out".

    Such a game has the Moebius transform m(A + U) = (-1)^|U| for the subsets U of B, so the weight of
    an interaction S inside A + B depends only on |A|, |B|, |S| and the size of the part of S in B.

    Parameters
    ----------
    leaves : Leaves
        Value, A and B of each game.
    n_players, index, order
        As for `exact_interactions`; there may be any number of players.

    Returns
    -------
    dict of tuple of int to float
        As `exact_interactions`.
    """
    from skhypershap.surrogate.kernels.leaves import add_leaves

    _, order = definition_at(index, order)
    sizes = np.stack([leaves.n_in, leaves.n_out], axis=1)
    distinct, position = np.unique(sizes, axis=0, return_inverse=True)
    table = [
        [_leaf_weight(index, order, *counts, *kind) for kind in KINDS]
        for counts in distinct.tolist()
    ]
    weights = np.array(table)[position.ravel()]
    singles, pairs = np.zeros(n_players), np.zeros((n_players, n_players) if order > 1 else (0, 0))
    values: Interactions = {(): add_leaves(*leaves, weights, singles, pairs)}
    values.update(((player,), value) for player, value in enumerate(singles.tolist()))
    if order > 1:
        upper = np.triu_indices(n_players, 1)
        players = zip(upper[0].tolist(), upper[1].tolist(), strict=True)
        values.update(zip(players, pairs[upper].tolist(), strict=True))
    if order > 2:
        values.update(_large_leaf_interactions(leaves, n_players, index, order))
    return values


@functools.lru_cache(maxsize=1 << 16)
def _leaf_weight(index: str, order: int, n_in: int, n_out: int, size: int, size_out: int) -> float:
    """Weight of an interaction of `size` players, `size_out` of which are in the B of a leaf."""
    definition, order = definition_at(index, order)
    if size > order or size_out > n_out or size - size_out > n_in:
        return 0.0
    if size == 0 and definition.fits_baseline:
        return 0.0
    parts = (
        (-1) ** (size_out + j)
        * comb(n_out - size_out, j)
        * definition.weight(n_in + size_out + j, size, order)
        for j in range(n_out - size_out + 1)
    )
    empty = size == 0 and n_in == 0  # the game is normalised to v(empty) = 0
    return float(sum(parts, Fraction(0)) - empty)


def _large_leaf_interactions(
    leaves: Leaves, n_players: int, index: str, order: int
) -> Interactions:
    """Interactions of three and more players: in Python, because they are rarely asked for."""
    values = {players: 0.0 for players in interactions_of(n_players, order) if len(players) > 2}
    for amount, n_in, n_out, first in zip(*(part.tolist() for part in leaves[:4]), strict=True):
        listed = leaves.players[first : first + n_in + n_out].tolist()
        out = set(listed[n_in:])
        for size in range(3, order + 1):
            for players in itertools.combinations(sorted(listed), size):
                size_out = len(out.intersection(players))
                values[players] += amount * _leaf_weight(index, order, n_in, n_out, size, size_out)
    return values
