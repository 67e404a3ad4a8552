"""Exact line search: the best value of one column of a forest, all others held.

Along a line a forest is piecewise constant, with steps at the column's thresholds only. Walking a
tree with that column free gives a few pieces of the line; added up over the trees, as changes at the
places where pieces begin, they give the score of every place on the line.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from skhypershap.surrogate.kernels._jit import jit, part
from skhypershap.surrogate.kernels._vector import lowest_lane
from skhypershap.surrogate.kernels.tree_walk import COLUMN, OWNER, RANK, SKIP

WORD = 64


class LineBuffers(NamedTuple):
    """Memory for one line: zeros, which it leaves behind.

    Attributes
    ----------
    changes : ndarray of shape (n_ranks + 1,), dtype float64
        By how much the score changes where a rank begins.
    marks : ndarray of shape (n_words,), dtype uint64
        Bits of the ranks where anything changes.
    stack : ndarray of shape (deepest, 3), dtype int32
        Nodes to be visited, and the ranks between which they can be reached.
    """

    changes: np.ndarray
    marks: np.ndarray
    stack: np.ndarray


def line_buffers(n_ranks: int, deepest: int) -> LineBuffers:
    """Memory for lines of at most so many ranks."""
    return LineBuffers(
        np.zeros(n_ranks + 1),
        np.zeros(n_ranks // WORD + 1, dtype=np.uint64),
        np.empty((deepest, 3), dtype=np.int32),
    )


@jit
def ascend(roots, nodes, values, sign, next_legal, first_rank, buffers, free, turn, points, found):
    """Move points uphill, one column after the other, until no column improves.

    Parameters
    ----------
    roots, nodes, values
        As in `skhypershap.kernels.walk.Walk`.
    sign : float
        1 to maximise, -1 to minimise.
    next_legal : ndarray of int32
        For each rank of a column the lowest rank from there on that has a legal value, or one more
        than the column's highest rank; column after column.
    first_rank : ndarray of shape (n_columns + 1,), dtype int64
        Where those of each column begin.
    buffers : LineBuffers
        Used up.
    free : ndarray of shape (n_points, n_columns), dtype bool
        Which columns of a point may move.
    turn : ndarray of shape (n_points, 2), dtype int64
        The column that moves first, and how many columns need not move unless it does.
    points : ndarray of shape (n_points, n_columns), dtype int32
        Ranks; moved in place.
    found : ndarray of shape (n_points,), dtype float64
        Becomes sign times what the trees add up to at each point, -inf where nothing moved.
    """
    changes, marks, stack = buffers.changes, buffers.marks, buffers.stack
    n_columns = points.shape[1]
    for number in range(len(points)):
        point = points[number]
        n_free = 0
        for column in range(n_columns):
            n_free += free[number, column]
        column, idle = turn[number, 0], turn[number, 1]
        found[number] = -np.inf
        score = sign * _score_at(roots, nodes, values, point)
        while idle < n_free:
            if free[number, column]:
                legal = next_legal[first_rank[column] : first_rank[column + 1]]
                present = point[column]
                _add_pieces(roots, nodes, values, point, column, len(legal), changes, marks, stack)
                point[column] = _best_rank(sign, legal, present, changes, marks)
                idle += 1
                if point[column] != present:
                    # Sums along a line are rounded: only what is better by itself is better.
                    moved = sign * _score_at(roots, nodes, values, point)
                    if moved > score:
                        score = found[number] = moved
                        idle = 1
                    else:
                        point[column] = present
            column = (column + 1) % n_columns


@part
def _score_at(roots, nodes, values, point):
    """What the trees add up to at a point."""
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
def _add_pieces(roots, nodes, values, point, column, n_ranks, changes, marks, stack):
    """Note at which ranks pieces of the trees begin and end (one rank further)."""
    one, six = np.uint64(1), np.uint64(6)
    for root in roots:
        node, low, high = np.uint64(root), np.int32(0), np.int32(n_ranks)
        size = np.uint64(0)
        while True:
            skip = nodes[node, SKIP]
            while skip >= 0:
                owner, rank = nodes[node, COLUMN] >> 6, nodes[node, RANK] + 1
                goes_right = (nodes[node, OWNER] & 1) != 0
                if owner == column and low < rank < high:
                    stack[size, 0] = skip
                    stack[size, 1] = low if goes_right else rank
                    stack[size, 2] = rank if goes_right else high
                    low, high = rank if goes_right else low, high if goes_right else rank
                    size += one
                    node += one
                else:
                    place = low if owner == column else point[np.uint64(owner)]
                    node = node + one if (place >= rank) == goes_right else np.uint64(skip)
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
def _best_rank(sign, legal, present, changes, marks):
    """Lowest legal rank with the best score, the present one if none is better; forget the line."""
    best, best_rank, here = -np.inf, present, -np.inf
    score, start = 0.0, 0
    one, none = np.uint64(1), np.uint64(0)
    for word in range(len(legal) // WORD + 1):
        bits = marks[word]
        marks[word] = none
        while bits:
            place = WORD * word + lowest_lane(bits)
            bits &= bits - one
            if start <= present < place:  # the piece that began at start ends here
                here = score
            if score > best and place > start and legal[start] < place:
                best, best_rank = score, legal[start]
            score += sign * changes[place]
            changes[place] = 0.0
            start = place
    return best_rank if best > here else present
