"""The leaves that blends of one candidate with a baseline can reach, for any number of players.

The same walk as in `tree_walk`, for one candidate and with sets of any size. A leaf that is reached
if all players of A are in and all of B are out is a small game, whose interactions depend only on the
sizes of A and B.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from skhypershap.arrays import Floats, Integers, PlayerOfColumn, Vector
from skhypershap.surrogate.kernels._jit import jit
from skhypershap.surrogate.kernels.forest import FlatForest, ranks_of


class Leaves(NamedTuple):
    """Leaves of all trees that some blend reaches.

    Attributes
    ----------
    amounts : ndarray of shape (n_leaves,), dtype float64
        What each leaf adds.
    n_in, n_out : ndarray of shape (n_leaves,), dtype int64
        Sizes of its A and B.
    first : ndarray of shape (n_leaves,), dtype int64
        Position in `players` at which its own begin.
    players : ndarray of int64
        Players of A and then of B, leaf after leaf.
    """

    amounts: Floats
    n_in: Integers
    n_out: Integers
    first: Integers
    players: Integers


def reachable_leaves(
    forest: FlatForest, candidate: Vector, baseline: Vector, player_of_column: PlayerOfColumn
) -> Leaves:
    """List the leaves of all trees; the offset of the forest comes first, as one more leaf."""
    candidate_ranks, baseline_ranks = ranks_of(forest, np.stack([candidate, baseline])).T
    leaves = Leaves(
        *_list_leaves(
            forest.roots,
            forest.left,
            forest.right,
            forest.column,
            forest.rank,
            forest.value,
            np.ascontiguousarray(candidate_ranks),
            np.ascontiguousarray(baseline_ranks),
            player_of_column,
        )
    )
    leaves.amounts[0] = forest.offset
    return leaves


@jit
def _list_leaves(
    roots: Integers,
    left: Integers,
    right: Integers,
    column: Integers,
    rank: Integers,
    value: Floats,
    candidate: Integers,
    baseline: Integers,
    player_of_column: PlayerOfColumn,
) -> tuple[Floats, Integers, Integers, Integers, Integers]:
    """Grow the arrays of `Leaves` as leaves are found."""
    n_players = player_of_column.max() + 1
    amounts, first = np.zeros(256), np.zeros(256, np.int64)
    n_in, n_out = np.zeros(256, np.int64), np.zeros(256, np.int64)
    players = np.zeros(4096, np.int64)
    n_leaves, n_listed = 1, 0
    inside, outside = np.empty(n_players, np.int64), np.empty(n_players, np.int64)
    decided = np.zeros(n_players, np.int8)  # 1: in, 2: out
    capacity = len(left) + 1
    later = np.empty((min(capacity, 2 * n_players + 2), 3), np.int64)  # node, |A|, |B| there
    for root in roots:
        node, size_in, size_out, n_later = root, 0, 0, 0
        while True:
            while left[node] >= 0:
                player = player_of_column[column[node]]
                candidate_left = candidate[column[node]] <= rank[node]
                baseline_left = baseline[column[node]] <= rank[node]
                agreeing = left[node] if baseline_left else right[node]
                differing = right[node] if baseline_left else left[node]
                if player < 0 or candidate_left == baseline_left or decided[player] == 2:
                    node = agreeing
                elif decided[player] == 1:
                    node = differing
                else:
                    later[n_later, 0], later[n_later, 1], later[n_later, 2] = (
                        differing,
                        size_in,
                        size_out,
                    )
                    n_later += 1
                    decided[player] = 2
                    outside[size_out] = player
                    size_out += 1
                    node = agreeing
            if n_leaves == len(amounts):
                amounts = np.concatenate((amounts, np.zeros_like(amounts)))
                first = np.concatenate((first, np.zeros_like(first)))
                n_in = np.concatenate((n_in, np.zeros_like(n_in)))
                n_out = np.concatenate((n_out, np.zeros_like(n_out)))
            while n_listed + size_in + size_out > len(players):
                players = np.concatenate((players, np.zeros_like(players)))
            amounts[n_leaves], first[n_leaves] = value[node], n_listed
            n_in[n_leaves], n_out[n_leaves] = size_in, size_out
            players[n_listed : n_listed + size_in] = inside[:size_in]
            players[n_listed + size_in : n_listed + size_in + size_out] = outside[:size_out]
            n_listed += size_in + size_out
            n_leaves += 1
            if n_later == 0:
                break
            # Back to the last split with a side to visit: its player is now in, later ones are open.
            n_later -= 1
            node = later[n_later, 0]
            while size_in > later[n_later, 1]:
                size_in -= 1
                decided[inside[size_in]] = 0
            while size_out > later[n_later, 2]:
                size_out -= 1
                player = outside[size_out]
                decided[player] = 0
            decided[player] = 1
            inside[size_in] = player
            size_in += 1
        decided[:] = 0
    return (
        amounts[:n_leaves],
        n_in[:n_leaves],
        n_out[:n_leaves],
        first[:n_leaves],
        players[:n_listed],
    )


@jit
def add_leaves(
    amounts: Floats,
    n_in: Integers,
    n_out: Integers,
    first: Integers,
    players: Integers,
    weights: Floats,
    singles: Floats,
    pairs: Floats,
) -> float:
    """Sum the interactions of all leaves, weighted by their amounts.

    Parameters
    ----------
    amounts, n_in, n_out, first, players : ndarray
        Of `Leaves`.
    weights : ndarray of shape (n_leaves, 6)
        For each leaf the weight of the empty interaction, of a player in A, of one in B, and of pairs
        with none, one and two of their members in B.
    singles : ndarray of shape (n_players,)
        Values of single players; changed in place.
    pairs : ndarray of shape (n_players, n_players) or (0, 0)
        Values of pairs, the smaller player first; changed in place, unless empty.

    Returns
    -------
    float
        Value of the empty interaction.
    """
    empty = 0.0
    for leaf in range(len(amounts)):
        amount, begin = amounts[leaf], first[leaf]
        size, size_in = n_in[leaf] + n_out[leaf], n_in[leaf]
        empty += amount * weights[leaf, 0]
        for i in range(size):
            one, is_out = players[begin + i], 1 if i >= size_in else 0
            singles[one] += amount * weights[leaf, 1 + is_out]
            if len(pairs) == 0:
                continue
            for j in range(i + 1, size):
                other = players[begin + j]
                n_outside = is_out + (1 if j >= size_in else 0)
                pairs[min(one, other), max(one, other)] += amount * weights[leaf, 3 + n_outside]
    return empty
