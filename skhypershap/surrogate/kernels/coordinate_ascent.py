"""Coordinate ascent through a forest: the best value of one column after the other, all others held.

Along one column a forest is piecewise constant, with steps at the column's thresholds only. A walk
through each tree that takes both sides of splits on that column gives the pieces of the tree. Their
sum over the trees, kept as changes at the ranks at which pieces begin, gives the score at every rank.
So the line search is exact.

The way of a point through each tree is remembered: where it first splits on each column, and where it
ends. A tree that does not split on a column there is constant along it, and is left out; in another one
the walk begins at the first split. After a move only trees that split on that column are walked again.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from skhypershap.arrays import Booleans, Floats, Integers
from skhypershap.surrogate.kernels._jit import jit, part
from skhypershap.surrogate.kernels._vector import lowest_lane
from skhypershap.surrogate.kernels.tree_walk import COLUMN, OWNER, RANK, SKIP

WORD = 64


class LineBuffers(NamedTuple):
    """Memory for one line search; changes and marks are zeros on entry and on exit.

    Attributes
    ----------
    changes : ndarray of shape (n_ranks + 1,), dtype float64
        Change of the score from the rank below to this one.
    marks : ndarray of shape (n_words,), dtype uint64
        Bits of the ranks at which the score changes.
    stack : ndarray of shape (deepest, 3), dtype int32
        Nodes still to visit, and the ranks between which they are reached.
    splits : ndarray of shape (n_trees, n_columns), dtype int32
        On the way of the current point the first node that splits on a column, -1 for none.
    ends : ndarray of shape (n_trees,), dtype float64
        What each tree adds to the score of the current point.
    """

    changes: Floats
    marks: Integers
    stack: Integers
    splits: Integers
    ends: Floats


def line_buffers(n_ranks: int, deepest: int, n_trees: int, n_columns: int) -> LineBuffers:
    """Memory for columns of at most `n_ranks` ranks and trees of at most `deepest` splits."""
    return LineBuffers(
        np.zeros(n_ranks + 1),
        np.zeros(n_ranks // WORD + 1, dtype=np.uint64),
        np.empty((deepest, 3), dtype=np.int32),
        np.empty((n_trees, n_columns), dtype=np.int32),
        np.empty(n_trees),
    )


@jit
def ascend(
    roots: Integers,
    nodes: Integers,
    values: Floats,
    sign: float,
    next_legal: Integers,
    first_rank: Integers,
    buffers: LineBuffers,
    free: Booleans,
    turn: Integers,
    points: Integers,
    found: Floats,
) -> None:
    """Move points to better ranks, one column after the other, until no column improves the score.

    Parameters
    ----------
    roots, nodes, values
        As in `skhypershap.surrogate.kernels.tree_walk.Walk`.
    sign : float
        1 to maximise, -1 to minimise.
    next_legal : ndarray of int32
        For each rank of a column the lowest rank, not below it, that has a legal value, or one more
        than the column's highest rank; column after column.
    first_rank : ndarray of shape (n_columns + 1,), dtype int64
        Position in `next_legal` at which each column begins.
    buffers : LineBuffers
        Scratch memory; zeros on entry and on exit.
    free : ndarray of shape (n_points, n_columns), dtype bool
        Which columns of a point may move.
    turn : ndarray of shape (n_points, 2), dtype int64
        The column that is searched first, and the number of columns that are at their best unless
        it changes.
    points : ndarray of shape (n_points, n_columns), dtype int32
        Ranks; changed in place.
    found : ndarray of shape (n_points,), dtype float64
        Becomes sign times the sum of the trees at each point, -inf where no column improved.
    """
    changes, marks, stack = buffers.changes, buffers.marks, buffers.stack
    splits, ends = buffers.splits, buffers.ends
    n_columns = points.shape[1]
    for row in range(len(points)):
        point = points[row]
        n_free = 0
        for column in range(n_columns):
            n_free += free[row, column]
        column, idle = turn[row, 0], turn[row, 1]
        found[row] = -np.inf
        if idle >= n_free:
            continue
        for tree in range(len(roots)):
            _follow(roots[tree], nodes, values, point, splits[tree], ends, tree)
        score = sign * _sum(ends)
        while idle < n_free:
            if free[row, column]:
                legal = next_legal[first_rank[column] : first_rank[column + 1]]
                current = point[column]
                for tree in range(len(roots)):
                    if splits[tree, column] >= 0:
                        _add_pieces_of_tree(
                            splits[tree, column],
                            nodes,
                            values,
                            point,
                            column,
                            len(legal),
                            changes,
                            marks,
                            stack,
                        )
                point[column] = _best_rank(sign, legal, current, changes, marks)
                idle += 1
                if point[column] != current:
                    # Sums along a line are rounded, so the sum at the point itself decides.
                    _follow_again(roots, nodes, values, point, column, splits, ends)
                    moved = sign * _sum(ends)
                    if moved > score:
                        score = found[row] = moved
                        idle = 1
                    else:
                        point[column] = current
                        _follow_again(roots, nodes, values, point, column, splits, ends)
            column = (column + 1) % n_columns


@part
def _sum(ends: Floats) -> float:
    score = 0.0
    for tree in range(len(ends)):
        score += ends[tree]
    return score


@part
def _follow_again(
    roots: Integers,
    nodes: Integers,
    values: Floats,
    point: Integers,
    column: int,
    splits: Integers,
    ends: Floats,
) -> None:
    """Follow a point through the trees that its move along a column may have changed."""
    for tree in range(len(roots)):
        if splits[tree, column] >= 0:
            _follow(roots[tree], nodes, values, point, splits[tree], ends, tree)


@part
def _follow(
    root: int,
    nodes: Integers,
    values: Floats,
    point: Integers,
    splits: Integers,
    ends: Floats,
    tree: int,
) -> None:
    """Follow a point through a tree, and note where it splits and where it ends."""
    one = np.uint64(1)
    splits[:] = -1
    node = np.uint64(root)
    while nodes[node, SKIP] >= 0:
        column = np.uint64(nodes[node, COLUMN] >> 6)
        if splits[column] < 0:
            splits[column] = np.int32(node)
        above = point[column] > nodes[node, RANK]
        goes_right = (nodes[node, OWNER] & 1) != 0
        node = node + one if above == goes_right else np.uint64(nodes[node, SKIP])
    ends[tree] = values[np.uint64(nodes[node, RANK])]


@part
def _score_at(roots: Integers, nodes: Integers, values: Floats, point: Integers) -> float:
    """Sum of the trees at a point."""
    one, score = np.uint64(1), 0.0
    for root in roots:
        node = np.uint64(root)
        while nodes[node, SKIP] >= 0:
            above = point[np.uint64(nodes[node, COLUMN] >> 6)] > nodes[node, RANK]
            goes_right = (nodes[node, OWNER] & 1) != 0
            node = node + one if above == goes_right else np.uint64(nodes[node, SKIP])
        score += values[np.uint64(nodes[node, RANK])]
    return score


@part
def _add_pieces(
    roots: Integers,
    nodes: Integers,
    values: Floats,
    point: Integers,
    column: int,
    n_ranks: int,
    changes: Floats,
    marks: Integers,
    stack: Integers,
) -> None:
    """Add to `changes` and `marks` the ranks at which pieces of the trees begin and end (exclusive)."""
    for root in roots:
        _add_pieces_of_tree(root, nodes, values, point, column, n_ranks, changes, marks, stack)


@part
def _add_pieces_of_tree(
    root: int,
    nodes: Integers,
    values: Floats,
    point: Integers,
    column: int,
    n_ranks: int,
    changes: Floats,
    marks: Integers,
    stack: Integers,
) -> None:
    """The same for what is below one node, which every rank of the column reaches."""
    one, six = np.uint64(1), np.uint64(6)
    node, low, high = np.uint64(root), np.int32(0), np.int32(n_ranks)
    size = np.uint64(0)
    while True:
        skip = nodes[node, SKIP]
        while skip >= 0:
            split, rank = nodes[node, COLUMN] >> 6, nodes[node, RANK] + 1
            goes_right = (nodes[node, OWNER] & 1) != 0
            if split == column and low < rank < high:
                stack[size, 0] = skip
                stack[size, 1] = low if goes_right else rank
                stack[size, 2] = rank if goes_right else high
                low, high = rank if goes_right else low, high if goes_right else rank
                size += one
                node += one
            else:
                here = low if split == column else point[np.uint64(split)]
                node = node + one if (here >= rank) == goes_right else np.uint64(skip)
            skip = nodes[node, SKIP]
        amount = values[np.uint64(nodes[node, RANK])]
        begin, end = np.uint64(low), np.uint64(high)
        changes[begin] += amount
        changes[end] -= amount
        marks[begin >> six] |= one << (begin & np.uint64(63))
        marks[end >> six] |= one << (end & np.uint64(63))
        if size == np.uint64(0):
            break
        size -= one
        node, low, high = np.uint64(stack[size, 0]), stack[size, 1], stack[size, 2]


@part
def _best_rank(sign: float, legal: Integers, current: int, changes: Floats, marks: Integers) -> int:
    """Lowest legal rank with the best score, the current one if none is better. Resets the buffers."""
    best, best_rank, score_here = -np.inf, current, -np.inf
    score, start = 0.0, 0
    one, none = np.uint64(1), np.uint64(0)
    for word in range(len(legal) // WORD + 1):
        bits = marks[word]
        marks[word] = none
        while bits:
            rank = WORD * word + lowest_lane(bits)
            bits &= bits - one
            if start <= current < rank:  # the piece that began at start ends at rank
                score_here = score
            if score > best and rank > start and legal[start] < rank:
                best, best_rank = score, legal[start]
            score += sign * changes[rank]
            changes[rank] = 0.0
            start = rank
    return best_rank if best > score_here else current
