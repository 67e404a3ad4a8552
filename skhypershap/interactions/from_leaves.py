"""Interactions of an ablation on trees, from the leaves that it reaches, for any number of players."""

from __future__ import annotations

import functools
import itertools
from fractions import Fraction
from math import comb
from typing import TYPE_CHECKING

import numpy as np

from skhypershap.interactions.indices import Interactions, _row, interactions_of

if TYPE_CHECKING:
    from skhypershap.surrogate.kernels.leaves import Leaves


def leaf_interactions(leaves: Leaves, n_players: int, index: str, order: int) -> Interactions:
    """Interactions of a sum of "all of A are in, all of B are out" games, for any number of players.

    Such a game has m(A + U) = (-1)^|U| for the subsets U of B, so an interaction S inside A + B gets
    a weight that depends on |A|, |B|, |S| and the part of S in B alone.

    Parameters
    ----------
    leaves : Leaves
        Value, A and B of each game.
    n_players, index, order
        As for `exact_interactions`.

    Returns
    -------
    dict of tuple of int to float
        As `exact_interactions`.
    """
    from skhypershap.surrogate.kernels.leaves import add_leaves

    _, order = _row(index, order)
    sizes = np.stack([leaves.n_in, leaves.n_out], axis=1)
    distinct, which = np.unique(sizes, axis=0, return_inverse=True)
    kinds = [(0, 0), (1, 0), (1, 1), (2, 0), (2, 1), (2, 2)]
    table = [
        [_leaf_weight(index, order, *counts, *kind) for kind in kinds]
        for counts in distinct.tolist()
    ]
    singles, pairs = np.zeros(n_players), np.zeros((n_players, n_players) if order > 1 else (0, 0))
    weights = np.array(table)[which.ravel()]
    values: Interactions = {(): add_leaves(*leaves, weights, singles, pairs)}
    values.update(((player,), value) for player, value in enumerate(singles.tolist()))
    if order > 1:
        upper = np.triu_indices(n_players, 1)
        members = zip(upper[0].tolist(), upper[1].tolist(), strict=True)
        values.update(zip(members, pairs[upper].tolist(), strict=True))
    if order > 2:
        values.update(_large_leaf_interactions(leaves, n_players, index, order))
    return values


@functools.lru_cache(maxsize=1 << 16)
def _leaf_weight(index: str, order: int, n_in: int, n_out: int, size: int, size_out: int) -> float:
    """Weight of an interaction of a size, of which `size_out` are among the B of a leaf."""
    row, order = _row(index, order)
    if size > order or size_out > n_out or size - size_out > n_in:
        return 0.0
    if size == 0 and row.fits_baseline:
        return 0.0
    parts = (
        (-1) ** (size_out + j)
        * comb(n_out - size_out, j)
        * row.weight(n_in + size_out + j, size, order)
        for j in range(n_out - size_out + 1)
    )
    empty = size == 0 and n_in == 0  # the game is normalised to v(empty) = 0
    return float(sum(parts, Fraction(0)) - empty)


def _large_leaf_interactions(
    leaves: Leaves, n_players: int, index: str, order: int
) -> Interactions:
    """Interactions of three and more players, which are seldom asked for."""
    everything = interactions_of(n_players, order)
    values = {members: 0.0 for members in everything if len(members) > 2}
    for amount, n_in, n_out, first in zip(*(part.tolist() for part in leaves[:4]), strict=True):
        players = leaves.players[first : first + n_in + n_out].tolist()
        out = set(players[n_in:])
        for size in range(3, order + 1):
            for part in itertools.combinations(sorted(players), size):
                size_out = len(out.intersection(part))
                values[part] += amount * _leaf_weight(index, order, n_in, n_out, size, size_out)
    return values
