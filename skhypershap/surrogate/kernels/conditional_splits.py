"""Conditions as splits: a forest for filled vectors, which need not mark what is inactive in them.

In front of each split on a conditional column come splits on the columns that decide whether it is
active; where it is not, the tree goes on as the model does for a missing value. A comparison whose
outcome follows from those above it is left out, and so is any on a column that is held at one value.
"""

from __future__ import annotations

from typing import Any, NamedTuple, cast

import numpy as np
import numpy.typing as npt

from skhypershap.arrays import Booleans, Floats, Integers, Vector
from skhypershap.surrogate.kernels._jit import jit, part
from skhypershap.surrogate.kernels.decisions import ALWAYS, NEVER, Decisions
from skhypershap.surrogate.kernels.forest import FlatForest, ranks_of, rerank

START = -3  # of a decision: in its root, which may be `NEVER` (-1) or `ALWAYS` (-2)


class Trees(NamedTuple):
    """What numba is given of a `FlatForest`."""

    roots: Integers
    left: Integers
    right: Integers
    missing: Integers
    column: Integers
    rank: Integers
    value: Floats


def add_conditional_splits(
    forest: FlatForest, activity: Decisions, held: float | None = None
) -> FlatForest:
    """Put in front of each split those that decide whether its column is active.

    Parameters
    ----------
    forest : FlatForest
        Of `len(activity.roots)` columns, and of one more if there is a held one.
    activity : Decisions
        When each column is active.
    held : float, optional
        The number at which the last column is held; the new forest does not have that column.

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
    ranks = [
        np.searchsorted(new[column], threshold)
        for column, threshold in zip(activity.column, activity.threshold, strict=True)
    ]
    lowest = np.zeros(n_columns + 1, dtype=np.int32)
    highest = np.array([len(levels) for levels in new], dtype=np.int32)
    if held is not None:
        number = np.array([held]).astype(forest.dtype).astype(float)
        lowest[-1] = highest[-1] = np.searchsorted(new[-1], number[0])
    rank = rerank(forest, old, new)
    trees = Trees(*forest[:5], rank, forest.value)
    in_ranks = activity._replace(
        roots=np.append(activity.roots, np.int32(ALWAYS)),
        threshold=np.array(ranks, dtype=np.int32),
    )
    found = Trees(*_add_splits(trees, in_ranks, lowest, highest))
    return forest._replace(**found._asdict(), thresholds=tuple(new[:n_columns]))


def held_at(forest: FlatForest, vector: Vector, free: Booleans) -> FlatForest:
    """The same function of vectors that differ from one in some columns only, with fewer nodes.

    Parameters
    ----------
    forest : FlatForest
        Of filled vectors.
    vector : ndarray of shape (n_columns,)
        The values at which all other columns are held.
    free : ndarray of shape (n_columns,), dtype bool
        Columns that may differ. Only these have thresholds in the result.
    """
    n_columns = len(forest.thresholds)
    lowest = ranks_of(forest, vector[None])[:, 0]
    highest = np.where(free[:n_columns], [len(part) for part in forest.thresholds], lowest)
    lowest = np.where(free[:n_columns], 0, lowest)
    nothing = np.empty(0, dtype=np.int32)
    always = np.full(n_columns, ALWAYS, dtype=np.int32)
    decisions = Decisions(always, nothing, cast(Floats, nothing), nothing, nothing)
    bounds = lowest.astype(np.int32), highest.astype(np.int32)
    found = Trees(*_add_splits(Trees(*forest[:7]), decisions, *bounds))
    inner = found.left >= 0
    used = [np.unique(found.rank[inner & (found.column == column)]) for column in range(n_columns)]
    thresholds = [levels[ranks] for levels, ranks in zip(forest.thresholds, used, strict=True)]
    position = np.zeros((n_columns, 1 + max(map(len, forest.thresholds))), dtype=np.int32)
    for column, ranks in enumerate(used):
        position[column, ranks] = np.arange(len(ranks))
    rank = np.where(inner, position[found.column, found.rank], 0).astype(np.int32)
    found = found._replace(rank=rank)
    return forest._replace(**found._asdict(), thresholds=tuple(thresholds))


@jit
def _add_splits(
    trees: Trees, decisions: Decisions, lowest: Integers, highest: Integers
) -> tuple[Integers, Integers, Integers, Integers, Integers, Integers, Floats]:
    """Copy trees node by node, with the bounds of each column's rank that hold on the way."""
    size = 2 * len(trees.left) + 64
    left, right = np.zeros(size, np.int32), np.zeros(size, np.int32)
    columns, ranks = np.zeros(size, np.int32), np.zeros(size, np.int32)
    values, roots = np.zeros(size), np.empty(len(trees.roots), np.int32)
    n_columns, depth = len(lowest), 64
    low, high = np.empty((depth, n_columns), np.int32), np.empty((depth, n_columns), np.int32)
    later = np.empty(
        (depth, 3), np.int64
    )  # node, place in its decision, node whose right side it is
    n_nodes = 0
    for tree in range(len(trees.roots)):
        roots[tree] = n_nodes
        low[0], high[0] = lowest, highest
        later[0, 0], later[0, 1], later[0, 2] = trees.roots[tree], START, -1
        n_later = 1
        while n_later > 0:
            n_later -= 1
            node, place = later[n_later, 0], later[n_later, 1]
            if later[n_later, 2] >= 0:
                right[later[n_later, 2]] = n_nodes
            while True:
                node, place = _open_comparison(
                    trees, decisions, node, place, low[n_later], high[n_later]
                )
                if n_nodes == len(left):
                    left, right = _longer(left), _longer(right)
                    columns, ranks, values = _longer(columns), _longer(ranks), _longer(values)
                if trees.left[node] < 0:
                    left[n_nodes], right[n_nodes] = -1, -1
                    values[n_nodes] = trees.value[node]
                    n_nodes += 1
                    break
                if n_later + 2 >= len(later):
                    later, low, high = _longer(later), _longer(low), _longer(high)
                column, rank = _comparison(trees, decisions, node, place)
                columns[n_nodes], ranks[n_nodes], left[n_nodes] = column, rank, n_nodes + 1
                # The right side waits in this place of the stack; the left side moves one up.
                low[n_later + 1], high[n_later + 1] = low[n_later], high[n_later]
                low[n_later, column], high[n_later + 1, column] = rank + 1, rank
                above, place_above = _side(trees, decisions, node, place, False)
                later[n_later, 0], later[n_later, 1] = above, place_above
                later[n_later, 2] = n_nodes
                n_later += 1
                node, place = _side(trees, decisions, node, place, True)
                n_nodes += 1
    left, right = left[:n_nodes], right[:n_nodes]
    missing = left.copy()  # never used: filled vectors have no missing values
    return roots, left, right, missing, columns[:n_nodes], ranks[:n_nodes], values[:n_nodes]


@part
def _open_comparison(
    trees: Trees, decisions: Decisions, node: int, place: int, low: Integers, high: Integers
) -> tuple[int, int]:
    """The next leaf, or the next comparison whose outcome the bounds leave open."""
    while trees.left[node] >= 0:
        if place == START:
            place = int(decisions.roots[trees.column[node]])
        if place == NEVER:
            node, place = int(trees.missing[node]), START
            continue
        column, rank = _comparison(trees, decisions, node, place)
        if high[column] <= rank:
            node, place = _side(trees, decisions, node, place, True)
        elif low[column] > rank:
            node, place = _side(trees, decisions, node, place, False)
        else:
            break
    return node, place


@part
def _comparison(trees: Trees, decisions: Decisions, node: int, place: int) -> tuple[int, int]:
    """Column and rank that are compared: a step of the decision, or the tree's own split."""
    if place >= 0:
        return decisions.column[place], decisions.threshold[place]
    return trees.column[node], trees.rank[node]


@part
def _side(
    trees: Trees, decisions: Decisions, node: int, place: int, below: bool
) -> tuple[int, int]:
    """Node and place in its decision on one side of a comparison."""
    if place >= 0:
        return node, int(decisions.below[place] if below else decisions.above[place])
    return int(trees.left[node] if below else trees.right[node]), START


@part
def _longer(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The same array with zeros to twice its length."""
    return np.concatenate((array, np.zeros_like(array)))
