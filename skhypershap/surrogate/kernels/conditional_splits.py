"""Conditions as splits: a forest for filled vectors, which need not mark what is inactive in them.

In front of each split on a conditional column come splits on the columns that decide whether it is
active; where it is not, the tree goes on as the model does for a missing value. A comparison whose
outcome follows from those above it is left out, and so is any on a column that is held at one value.
"""

from __future__ import annotations

from typing import NamedTuple, cast

import numpy as np

from skhypershap.arrays import Booleans, Floats, Integers, Vector
from skhypershap.surrogate.kernels._jit import jit, part
from skhypershap.surrogate.kernels.decisions import ALWAYS, NEVER, Decisions
from skhypershap.surrogate.kernels.forest import FlatForest, ranks_of, rerank

LEFT, RIGHT, MISSING, COLUMN, RANK = range(5)  # rows of nodes
BELOW, ABOVE = 2, 3  # rows of steps of decisions, after column and threshold
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


def _add_splits(
    trees: Trees, decisions: Decisions, lowest: Integers, highest: Integers
) -> tuple[Integers, Integers, Integers, Integers, Integers, Integers, Floats]:
    """Copy trees node by node; a tree for which memory is too short is begun anew with more."""
    old = np.stack(trees[1:6]).astype(np.int32)
    steps = np.stack(decisions[1:]).astype(np.int32)
    size, depth = 2 * old.shape[1] + 64, 64
    new, values = np.zeros((4, size), np.int32), np.zeros(size)
    roots = np.empty(len(trees.roots), np.int32)
    ends = np.stack([lowest, highest]).astype(np.int32)
    state = np.zeros(2, np.int64)
    while True:
        bounds, later = np.empty((2, depth, len(lowest)), np.int32), np.empty((depth, 3), np.int64)
        is_too_deep = _copy_trees(
            trees.roots, old, trees.value, decisions.roots, steps, ends,
            bounds, later, roots, new, values, state,
        )  # fmt: skip
        if state[0] == len(roots):
            break
        if is_too_deep:
            depth *= 2
        else:
            new, values = np.hstack([new, 0 * new]), np.append(values, 0.0 * values)
    left, right, column, rank = new[:, : state[1]].copy()
    # The fourth, `missing`, is never used: filled vectors have no missing values.
    return roots, left, right, left.copy(), column, rank, values[: state[1]].copy()


@jit
def _copy_trees(
    old_roots: Integers,
    old: Integers,
    old_values: Floats,
    step_roots: Integers,
    steps: Integers,
    ends: Integers,
    bounds: Integers,
    later: Integers,
    roots: Integers,
    new: Integers,
    values: Floats,
    state: Integers,
) -> bool:
    """Copy trees, with the bounds of each column's rank that hold on the way.

    Rows of `old` are those of `Trees`, rows of `steps` those of `Decisions`, without roots; of `new`
    left, right, column and rank. `later` has the nodes to visit, the place in their decision, and the
    node whose right side each is. `state` has the number of trees that are copied, and of their
    nodes. Where memory ends it returns whether that of `later` does.
    """
    low, high = bounds[0], bounds[1]
    for tree in range(state[0], len(old_roots)):
        n_nodes = state[1]
        roots[tree] = n_nodes
        for column in range(ends.shape[1]):
            low[0, column], high[0, column] = ends[0, column], ends[1, column]
        later[0, 0], later[0, 1], later[0, 2] = old_roots[tree], START, -1
        n_later = 1
        while n_later > 0:
            n_later -= 1
            node, place = int(later[n_later, 0]), int(later[n_later, 1])
            if later[n_later, 2] >= 0:
                new[RIGHT, later[n_later, 2]] = n_nodes
            while True:
                node, place = _open_comparison(
                    old, step_roots, steps, node, place, low[n_later], high[n_later]
                )
                if n_nodes == len(values):
                    return False
                if old[LEFT, node] < 0:
                    new[LEFT, n_nodes], new[RIGHT, n_nodes] = -1, -1
                    values[n_nodes] = old_values[node]
                    n_nodes += 1
                    break
                if n_later + 2 >= len(later):
                    return True
                if place >= 0:
                    compared, rank = int(steps[0, place]), int(steps[1, place])
                    above, place_above = node, int(steps[ABOVE, place])
                    place = int(steps[BELOW, place])
                else:
                    compared, rank = int(old[COLUMN, node]), int(old[RANK, node])
                    above, place_above = int(old[RIGHT, node]), START
                    node, place = int(old[LEFT, node]), START
                new[2, n_nodes], new[3, n_nodes], new[LEFT, n_nodes] = compared, rank, n_nodes + 1
                # The right side waits in this place of the stack; the left side moves one up.
                for column in range(ends.shape[1]):
                    low[n_later + 1, column] = low[n_later, column]
                    high[n_later + 1, column] = high[n_later, column]
                low[n_later, compared], high[n_later + 1, compared] = rank + 1, rank
                later[n_later, 0], later[n_later, 1] = above, place_above
                later[n_later, 2] = n_nodes
                n_later += 1
                n_nodes += 1
        state[0], state[1] = tree + 1, n_nodes
    return False


@part
def _open_comparison(
    old: Integers,
    step_roots: Integers,
    steps: Integers,
    node: int,
    place: int,
    low: Integers,
    high: Integers,
) -> tuple[int, int]:
    """The next leaf, or the next comparison whose outcome the bounds leave open."""
    while old[LEFT, node] >= 0:
        if place == START:
            place = int(step_roots[old[COLUMN, node]])
        if place == NEVER:
            node, place = int(old[MISSING, node]), START
            continue
        is_step = place >= 0
        column = steps[0, place] if is_step else old[COLUMN, node]
        rank = steps[1, place] if is_step else old[RANK, node]
        if high[column] <= rank:
            side, step = LEFT, BELOW
        elif low[column] > rank:
            side, step = RIGHT, ABOVE
        else:
            break
        if is_step:
            place = int(steps[step, place])
        else:
            node, place = int(old[side, node]), START
    return node, place
