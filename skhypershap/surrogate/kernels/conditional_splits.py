"""Conditions as splits: a forest that may be walked on filled vectors, whatever is inactive in them.

Before a tree splits on a conditional column it is asked whether that column is active, by splits on
the columns that decide it; where it is not, the tree goes on as the model does for a missing value.
What a way through the tree has found out already is not asked again, and a column that is held at one
value is never asked for.
"""

from __future__ import annotations

import numpy as np

from skhypershap.surrogate.kernels._jit import jit, part
from skhypershap.surrogate.kernels.decisions import ALWAYS, NEVER, Decisions
from skhypershap.surrogate.kernels.forest import FlatForest, rerank


def add_conditional_splits(
    forest: FlatForest, activity: Decisions, held: float | None = None
) -> FlatForest:
    """Ask before each split whether its column is active.

    Parameters
    ----------
    forest : FlatForest
        Of `len(activity.roots)` columns, and of one more if that is held.
    activity : Decisions
        When each column is active.
    held : float, optional
        The number at which the last column is held; the new forest does not have it.

    Returns
    -------
    FlatForest
        The same function of filled vectors.
    """
    n_columns = len(activity.roots)
    old = [*forest.thresholds, *[np.empty(0)] * (n_columns + 1 - len(forest.thresholds))]
    new = [
        np.unique(np.concatenate([levels, activity.threshold[activity.column == column]]))
        for column, levels in enumerate(old)
    ]
    asked = [
        np.searchsorted(new[column], threshold)
        for column, threshold in zip(activity.column, activity.threshold, strict=True)
    ]
    lowest = np.zeros(n_columns + 1, dtype=np.int32)
    highest = np.array([len(levels) for levels in new], dtype=np.int32)
    if held is not None:
        number = np.array([held]).astype(forest.dtype).astype(float)
        lowest[-1] = highest[-1] = np.searchsorted(new[-1], number[0])
    roots, left, right, missing, column, rank, value = _add_splits(
        forest.roots,
        forest.left,
        forest.right,
        forest.missing,
        forest.column,
        rerank(forest, old, new),
        forest.value,
        np.append(activity.roots, np.int32(ALWAYS)),
        activity.column,
        np.array(asked, dtype=np.int32),
        activity.below,
        activity.above,
        lowest,
        highest,
    )
    return forest._replace(
        roots=roots,
        left=left,
        right=right,
        missing=missing,
        column=column,
        rank=rank,
        value=value,
        thresholds=tuple(new[:n_columns]),
    )


@part
def _longer(array):
    """The same array with as much room again."""
    return np.concatenate((array, np.zeros_like(array)))


@jit
def _add_splits(
    roots,
    left,
    right,
    missing,
    column,
    rank,
    value,
    guards,
    guard_column,
    guard_rank,
    guard_below,
    guard_above,
    lowest,
    highest,
):
    """Copy trees node by node, with what is known of each column's rank on the way."""
    size = 2 * len(left) + 64
    new_left, new_right = np.zeros(size, np.int32), np.zeros(size, np.int32)
    new_column, new_rank = np.zeros(size, np.int32), np.zeros(size, np.int32)
    new_value = np.zeros(size)
    new_roots = np.empty(len(roots), np.int32)
    n_columns, depth = len(lowest), 64
    low, high = np.empty((depth, n_columns), np.int32), np.empty((depth, n_columns), np.int32)
    later = np.empty((depth, 3), np.int64)  # node, where its guard is, and whose right side it is
    fresh = np.int64(len(guard_column))  # no guard has been asked yet
    n_nodes = 0
    for tree in range(len(roots)):
        new_roots[tree] = n_nodes
        low[0], high[0] = lowest, highest
        later[0, 0], later[0, 1], later[0, 2] = roots[tree], fresh, -1
        n_later = 1
        while n_later > 0:
            n_later -= 1
            node, asked = later[n_later, 0], later[n_later, 1]
            if later[n_later, 2] >= 0:
                new_right[later[n_later, 2]] = n_nodes
            at_least, at_most = low[n_later], high[n_later]
            while True:
                if n_nodes == len(new_left):
                    new_left, new_right = _longer(new_left), _longer(new_right)
                    new_column, new_rank = _longer(new_column), _longer(new_rank)
                    new_value = _longer(new_value)
                if left[node] < 0:
                    new_left[n_nodes], new_right[n_nodes] = -1, -1
                    new_value[n_nodes] = value[node]
                    n_nodes += 1
                    break
                here = column[node]
                if asked == fresh:
                    asked = np.int64(guards[here])
                if asked >= 0:
                    which, cut = guard_column[asked], guard_rank[asked]
                else:
                    which, cut = here, rank[node]
                if asked == NEVER:
                    node, asked = np.int64(missing[node]), fresh
                    continue
                goes_below, goes_above = at_most[which] <= cut, at_least[which] > cut
                if asked >= 0:
                    below, asked_below = node, np.int64(guard_below[asked])
                    above, asked_above = node, np.int64(guard_above[asked])
                else:
                    below, asked_below = np.int64(left[node]), fresh
                    above, asked_above = np.int64(right[node]), fresh
                if goes_below:
                    node, asked = below, asked_below
                    continue
                if goes_above:
                    node, asked = above, asked_above
                    continue
                if n_later + 2 >= len(later):
                    later, low, high = _longer(later), _longer(low), _longer(high)
                    at_least, at_most = low[n_later], high[n_later]
                new_column[n_nodes], new_rank[n_nodes] = which, cut
                new_left[n_nodes] = n_nodes + 1
                # The other side waits in this place of the stack; this side moves one up.
                low[n_later + 1], high[n_later + 1] = low[n_later], high[n_later]
                low[n_later, which] = cut + 1
                later[n_later, 0], later[n_later, 1], later[n_later, 2] = (
                    above,
                    asked_above,
                    n_nodes,
                )
                n_later += 1
                at_least, at_most = low[n_later], high[n_later]
                at_most[which] = cut
                node, asked = below, asked_below
                n_nodes += 1
    return (
        new_roots,
        new_left[:n_nodes],
        new_right[:n_nodes],
        new_left[:n_nodes].copy(),  # where nothing is missing any more, any child will do
        new_column[:n_nodes],
        new_rank[:n_nodes],
        new_value[:n_nodes],
    )
