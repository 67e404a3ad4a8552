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

FIRST_LEAVES, FIRST_PLAYERS = 1 << 12, 1 << 14  # that there is memory for, until more is needed


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
    n_players = int(player_of_column.max(initial=-1)) + 1
    capacity = min(len(forest.left) + 1, 2 * n_players + 2)
    later, members = np.empty((capacity, 3), np.int64), np.zeros((3, n_players), np.int64)
    amounts, sizes = np.zeros(FIRST_LEAVES), np.zeros((3, FIRST_LEAVES), np.int64)
    players = np.zeros(FIRST_PLAYERS, np.int64)
    state = np.array([0, 1, 0])
    while _list_leaves(
        forest.roots,
        forest.left,
        forest.right,
        forest.column,
        forest.rank,
        forest.value,
        np.ascontiguousarray(candidate_ranks),
        np.ascontiguousarray(baseline_ranks),
        player_of_column,
        later,
        members,
        amounts,
        sizes,
        players,
        state,
    ):
        amounts, sizes = np.append(amounts, 0 * amounts), np.hstack([sizes, 0 * sizes])
        players = np.append(players, 0 * players)
    amounts, (n_in, n_out, first) = amounts[: state[1]], sizes[:, : state[1]]
    amounts[0] = forest.offset
    return Leaves(amounts, n_in.copy(), n_out.copy(), first.copy(), players[: state[2]])


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
    later: Integers,
    members: Integers,
    amounts: Floats,
    sizes: Integers,
    players: Integers,
    state: Integers,
) -> bool:
    """Fill the arrays of `Leaves`; whether memory ended before all trees were listed.

    Rows of `sizes` are n_in, n_out and first. `later` has the nodes to visit and |A|, |B| there, rows of
    `members` the players of A, those of B, and where each player is (1: A, 2: B). `state` has how many
    trees, leaves and players are listed; a tree for which memory is too small is not.
    """
    inside, outside, decided = members[0], members[1], members[2]
    for tree in range(state[0], len(roots)):
        n_leaves, n_listed = state[1], state[2]
        node, size_in, size_out, n_later = int(roots[tree]), 0, 0, 0
        for player in range(len(decided)):
            decided[player] = 0
        while True:
            while left[node] >= 0:
                player = player_of_column[column[node]]
                candidate_left = candidate[column[node]] <= rank[node]
                baseline_left = baseline[column[node]] <= rank[node]
                agreeing = int(left[node] if baseline_left else right[node])
                differing = int(right[node] if baseline_left else left[node])
                if player < 0 or candidate_left == baseline_left or decided[player] == 2:
                    node = agreeing
                elif decided[player] == 1:
                    node = differing
                else:
                    later[n_later, 0], later[n_later, 1] = differing, size_in
                    later[n_later, 2] = size_out
                    n_later += 1
                    decided[player] = 2
                    outside[size_out] = player
                    size_out += 1
                    node = agreeing
            if n_leaves == len(amounts) or n_listed + size_in + size_out > len(players):
                return True
            amounts[n_leaves] = value[node]
            sizes[0, n_leaves], sizes[1, n_leaves], sizes[2, n_leaves] = size_in, size_out, n_listed
            for i in range(size_in):
                players[n_listed + i] = inside[i]
            for i in range(size_out):
                players[n_listed + size_in + i] = outside[i]
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
        state[0], state[1], state[2] = tree + 1, n_leaves, n_listed
    return False


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
