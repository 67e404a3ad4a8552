"""The leaves that blends of one candidate with a baseline can reach, for any number of players."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from skhypershap.kernels.forest import FlatForest, ranks_of

Leaf = tuple[float, tuple[int, ...], tuple[int, ...]]


def reachable_leaves(
    forest: FlatForest, candidate: np.ndarray, baseline: np.ndarray, player_of_column: np.ndarray
) -> Iterator[Leaf]:
    """Yield for each leaf its value, the players that must be in, and those that must be out.

    The same walk as in `skhypershap.kernels.coalitions`, for one candidate, with sets of any size.
    """
    candidate_ranks, baseline_ranks = ranks_of(forest, np.stack([candidate, baseline])).T.tolist()
    left, right, value = forest.left.tolist(), forest.right.tolist(), forest.value.tolist()
    column, rank = forest.column.tolist(), forest.rank.tolist()
    players = player_of_column.tolist()
    yield forest.offset, (), ()
    stack: list[tuple[int, tuple[int, ...], tuple[int, ...]]]
    stack = [(root, (), ()) for root in reversed(forest.roots.tolist())]
    while stack:
        node, inside, outside = stack.pop()
        while left[node] >= 0:
            player = players[column[node]]
            candidate_left = candidate_ranks[column[node]] <= rank[node]
            baseline_left = baseline_ranks[column[node]] <= rank[node]
            agreeing = left[node] if baseline_left else right[node]
            differing = right[node] if baseline_left else left[node]
            if player < 0 or player in outside or candidate_left == baseline_left:
                node = agreeing
            elif player in inside:
                node = differing
            else:
                stack.append((differing, (*inside, player), outside))
                outside = (*outside, player)
                node = agreeing
        yield value[node], inside, outside
