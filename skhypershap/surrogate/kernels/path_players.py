"""Walks of more players than fit a set of 64 bits: players are numbered anew on each path.

A path through a tree passes few players, however many the game has. So each of them gets its number by
its turn on the path, and sets of the walk need as many bits as a path has players. Which player a number
stands for is looked up where the walk has reached a leaf.
"""

from __future__ import annotations

import numpy as np

from skhypershap.arrays import Integers, PlayerOfColumn
from skhypershap.surrogate.kernels._jit import jit
from skhypershap.surrogate.kernels.forest import FlatForest
from skhypershap.surrogate.kernels.tree_walk import DECIDED, OWNER, PLAYER, RANK, SKIP, Walk


def most_on_a_path(forest: FlatForest, player_of_column: PlayerOfColumn) -> int:
    """The largest number of different players on a path of a forest."""
    n_players = int(player_of_column.max()) + 1
    return int(
        _most_on_a_path(
            forest.roots,
            forest.left,
            forest.right,
            forest.column,
            np.maximum(player_of_column, 0),  # as in `plan_walk`
            np.zeros(n_players, dtype=np.int64),
            np.zeros(2 * len(forest.left) + 1, dtype=np.int64),
        )
    )


def numbered_by_path(walk: Walk, n_numbers: int) -> Walk:
    """The same walk with players numbered on each path, of which each has at most `n_numbers`."""
    nodes, insides = walk.nodes.copy(), np.empty_like(walk.insides)
    path_players = np.zeros((len(walk.values), n_numbers), dtype=np.int32)
    n_players = len(walk.player_at)
    _number(
        walk.roots,
        nodes,
        insides,
        path_players,
        np.full(n_players, -1, dtype=np.int64),
        np.zeros(n_players + 1, dtype=np.int64),
        np.zeros((3, len(nodes) + 1), dtype=np.int64),
    )
    return walk._replace(
        nodes=nodes,
        values=np.arange(len(walk.values), dtype=float),
        insides=insides,
        n_numbers=n_numbers,
        leaves=(walk.values, path_players),
    )


@jit
def _most_on_a_path(
    roots: Integers,
    left: Integers,
    right: Integers,
    column: Integers,
    player_of_column: PlayerOfColumn,
    passed: Integers,
    stack: Integers,
) -> int:
    """Walk depth first; a node below zero takes back what the path counted at a split."""
    most = 0
    for root in roots:
        stack[0], size, n_passed = root, 1, 0
        while size > 0:
            size -= 1
            node = stack[size]
            if node < 0:
                player = player_of_column[column[-1 - node]]
                passed[player] -= 1
                n_passed -= passed[player] == 0
                continue
            if left[node] < 0:
                continue
            player = player_of_column[column[node]]
            n_passed += passed[player] == 0
            passed[player] += 1
            most = max(most, n_passed)
            stack[size], stack[size + 1], stack[size + 2] = -1 - node, left[node], right[node]
            size += 3
    return most


@jit
def _number(
    roots: Integers,
    nodes: Integers,
    insides: Integers,
    path_players: Integers,
    number_of: Integers,
    path: Integers,
    room: Integers,
) -> None:
    """Put numbers into the nodes' owners, and fill in A and the players of each leaf's path."""
    waiting, waiting_passed, waiting_inside = room[0], room[1], room[2]
    n_passed = 0
    for root in roots:
        waiting[0], waiting_passed[0], waiting_inside[0], size = root, 0, 0, 1
        while size > 0:
            size -= 1
            node, inside = waiting[size], waiting_inside[size]
            while n_passed > waiting_passed[size]:
                n_passed -= 1
                number_of[path[n_passed]] = -1
            while nodes[node, SKIP] >= 0:
                player = nodes[node, OWNER] >> PLAYER
                if number_of[player] < 0:
                    number_of[player], path[n_passed] = n_passed, player
                    n_passed += 1
                bit = 1 << number_of[player]
                is_inside = DECIDED if inside & bit else 0
                nodes[node, OWNER] = 4 * number_of[player] + is_inside + (nodes[node, OWNER] & 1)
                waiting[size], waiting_passed[size] = nodes[node, SKIP], n_passed
                waiting_inside[size] = inside | bit
                size += 1
                node += 1
            insides[nodes[node, RANK]] = inside
            for number in range(n_passed):
                path_players[nodes[node, RANK], number] = path[number]
