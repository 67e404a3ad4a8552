"""Line search through the sum of a forest and a process: the best value of one column, all others held.

Along a line the process is a smooth function, sum_i w_i k_j(x_j, x_ij), where w_i holds the trial's
weight and all other factors. It is tabulated: factors between a column's grid values and all trials
are computed once, so that the grid's scores are a matrix times w. The forest is piecewise constant,
as in `coordinate_ascent`. Where all legal values are on the grid, the best is found exactly.
Elsewhere each piece of the forest is judged by the grid values inside and by interpolation at both
of its ends; in the best piece parabolas then lead to the top near the best place. A move is only made
if the sum, computed anew, is larger.

Without trees (`roots` empty) it searches a process alone. Trees that are hugely negative where
a point is forbidden keep it out of there.

Usage: `plan_lines(flat, legal, thresholds, dtype)` of `line_tables`, then `ascend(..., plan,
room_of(plan, deepest), ...)`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from skhypershap.arrays import Booleans, Floats, Integers
from skhypershap.surrogate.kernels._jit import called_part, jit
from skhypershap.surrogate.kernels._vector import lowest_lane
from skhypershap.surrogate.kernels.best_places import (
    _best_listed,
    _best_piece,
    _nearest,
    _zoom,
    higher,
    lower,
    n_below,
)
from skhypershap.surrogate.kernels.coordinate_ascent import WORD, _add_pieces, _score_at
from skhypershap.surrogate.kernels.line_tables import (
    IS_CHOICE,
    LISTED,
    OF_CELLS,
    OF_GRID,
    OF_LEGAL,
    OF_NODES,
    RATE,
    SPAN,
    Line,
    LinePlan,
    LineRoom,
    in_few_arrays,
)
from skhypershap.surrogate.kernels.product_kernel import (
    dot,
    four_dots,
    multiply_factors,
    total,
)


def ascend(
    roots: Integers,
    nodes: Integers,
    values: Floats,
    sign: float,
    plan: LinePlan,
    room: LineRoom,
    tolerance: float,
    free: Booleans,
    turn: Integers,
    points: Floats,
    ranks: Integers,
    found: Floats,
) -> None:
    """Move points to better values, one column after the other, until no column improves.

    Parameters
    ----------
    roots, nodes, values
        As in `skhypershap.surrogate.kernels.tree_walk.Walk`; no roots without trees.
    sign : float
        1 to maximise, -1 to minimise.
    plan : LinePlan
        The process along each column.
    room : LineRoom
        Scratch memory.
    tolerance : float
        A smaller gain does not make other columns move again.
    free : ndarray of shape (n_points, n_columns), dtype bool
        Which columns of a point may move.
    turn : ndarray of shape (n_points, 2), dtype int64
        The column that moves first, and how many columns need not move unless it does.
    points : ndarray of shape (n_points, n_columns), dtype float64
        Scaled values; moved in place.
    ranks : ndarray of shape (n_points, n_columns), dtype int32
        Their ranks in the forest; moved in place.
    found : ndarray of shape (n_points,), dtype float64
        Becomes sign times the sum of trees and process (without offsets), -inf where nothing moved.
    """
    line = in_few_arrays(plan)
    _ascend(roots, nodes, values, sign, line, room, tolerance, free, turn, points, ranks, found)


@jit
def _ascend(
    roots: Integers,
    nodes: Integers,
    values: Floats,
    sign: float,
    line: Line,
    room: LineRoom,
    tolerance: float,
    free: Booleans,
    turn: Integers,
    points: Floats,
    ranks: Integers,
    found: Floats,
) -> None:
    """See `ascend`."""
    pairs, columns, weights = line.pairs, line.columns, line.weights
    factors, others = room.factors, room.others
    n_columns = points.shape[1]
    for number in range(len(points)):
        point, cell = points[number], ranks[number]
        n_free = 0
        for column in range(n_columns):
            n_free += free[number, column]
            _set(pairs, columns, column, point[column], factors)
        column, idle = turn[number, 0], turn[number, 1]
        found[number] = -np.inf
        _multiply_others(weights, factors, n_columns, others)
        score = sign * (_score_at(roots, nodes, values, cell) + total(others))
        while idle < n_free:
            if free[number, column]:
                value, rank = point[column], cell[column]
                _multiply_others(weights, factors, column, others)
                n_pieces = _set_pieces(roots, nodes, values, sign, line.firsts, room, cell, column)
                point[column], cell[column] = _best_on_line(
                    sign, line, room, column, n_pieces, value, rank, score
                )
                idle += 1
                if point[column] != value:
                    _set(pairs, columns, column, point[column], factors)
                    _multiply_others(weights, factors, n_columns, others)
                    moved = sign * (_score_at(roots, nodes, values, cell) + total(others))
                    if moved > score:
                        if moved > score + tolerance:
                            idle = 1
                        score = found[number] = moved
                    else:
                        point[column], cell[column] = value, rank
                        _set(pairs, columns, column, value, factors)
            column = (column + 1) % n_columns


@called_part
def _set(pairs: Floats, columns: Floats, column: int, value: float, factors: Floats) -> None:
    """Factors between a value and all trials."""
    row = factors[column]
    for i in range(len(row)):
        row[i] = 1.0
    multiply_factors(
        row,
        pairs[0, column],
        pairs[1, column],
        pairs[2, column],
        columns[RATE, column],
        columns[IS_CHOICE, column] > 0.0,
        value,
    )


@called_part
def _multiply_others(weights: Floats, factors: Floats, column: int, others: Floats) -> None:
    """Weights of trials along a line: all factors but those of one column, if there is such a column."""
    for i in range(len(others)):
        others[i] = weights[i]
    for other in range(len(factors)):
        if other != column:
            for i in range(len(others)):
                others[i] *= factors[other, i]


@called_part
def _set_pieces(
    roots: Integers,
    nodes: Integers,
    values: Floats,
    sign: float,
    firsts: Integers,
    room: LineRoom,
    cell: Integers,
    column: int,
) -> int:
    """List pieces of a line on which the trees are constant: first ranks and heights; how many."""
    n_ranks = firsts[OF_CELLS, column + 1] - firsts[OF_CELLS, column]
    changes, marks, starts, heights = room.changes, room.marks, room.starts, room.heights
    starts[0], heights[0] = 0, 0.0
    n_pieces = 1
    if len(roots) > 0:
        _add_pieces(roots, nodes, values, cell, column, n_ranks, changes, marks, room.stack)
        one, height = np.uint64(1), 0.0
        for word in range(n_ranks // WORD + 1):
            bits = marks[word]
            marks[word] = np.uint64(0)
            while bits:
                place = WORD * word + lowest_lane(bits)
                bits &= bits - one
                height += sign * changes[place]
                changes[place] = 0.0
                if place == 0:
                    heights[0] = height
                elif place < n_ranks:
                    starts[n_pieces], heights[n_pieces] = place, height
                    n_pieces += 1
    starts[n_pieces] = n_ranks
    return n_pieces


@called_part
def _best_on_line(
    sign: float,
    line: Line,
    room: LineRoom,
    column: int,
    n_pieces: int,
    value: float,
    rank: int,
    score: float,
) -> tuple[float, Any]:
    """Best legal value of a column and its rank; the present ones if none seems better."""
    pairs, columns, firsts, others = line.pairs, line.columns, line.firsts, room.others
    scores, starts, heights = room.scores, room.starts, room.heights
    begin, end = firsts[OF_GRID, column], firsts[OF_GRID, column + 1]
    grid = line.grid[0, begin:end]
    _set_grid_scores(sign, others, line.tables, line.spreads, firsts, column, room.at_nodes, scores)
    if columns[LISTED, column] > 0.0:
        place = _best_listed(scores, starts, heights, line.grid[1, begin:end], n_pieces)
        return (grid[place], np.int64(line.grid[1, begin + place])) if place >= 0 else (value, rank)
    start, stop = firsts[OF_LEGAL, column], firsts[OF_LEGAL, column + 1]
    legal, legal_ranks = line.legal[0, start:stop], line.legal[1, start:stop]
    first, last = firsts[OF_CELLS, column], firsts[OF_CELLS, column + 1]
    lowest, highest = line.cells[0, first:last], line.cells[1, first:last]
    low, high, guess, width, peak = _best_piece(
        scores, starts, heights, n_pieces, grid, lowest, highest, legal, legal_ranks
    )
    if low > high or peak <= score:
        return value, rank
    rate, is_choice = columns[RATE, column], columns[IS_CHOICE, column]
    left, right = higher(low, guess - width), lower(high, guess + width)
    found = _zoom(sign, pairs, others, column, rate, is_choice, left, right, guess)
    if len(legal) > 0:
        nearest = _nearest(sign, pairs, others, column, rate, is_choice, legal, low, high, found)
        return legal[nearest], np.int64(legal_ranks[nearest])
    span = columns[SPAN, column]
    found = np.float64(np.float32(found * span)) / span
    found = lower(higher(found, low), high)
    return found, n_below(highest, found)


@called_part
def _set_grid_scores(
    sign: float,
    others: Floats,
    tables: Floats,
    spreads: Floats,
    firsts: Integers,
    column: int,
    at_nodes: Floats,
    scores: Floats,
) -> None:
    """Score of the process at each grid value: from the table, or from scores at nodes."""
    begin, n_grid = firsts[OF_GRID, column], firsts[OF_GRID, column + 1] - firsts[OF_GRID, column]
    first, n_nodes = (
        firsts[OF_NODES, column],
        firsts[OF_NODES, column + 1] - firsts[OF_NODES, column],
    )
    out = scores if n_nodes == n_grid else at_nodes
    n_fours = n_nodes - n_nodes % 4
    for k in range(0, n_fours, 4):
        a, b, c, d = four_dots(others, tables, first + k, len(others))
        out[k], out[k + 1], out[k + 2], out[k + 3] = sign * a, sign * b, sign * c, sign * d
    for k in range(n_fours, n_nodes):
        out[k] = sign * dot(others, tables[first + k])
    if n_nodes != n_grid:
        for k in range(n_grid):
            scores[k] = dot(at_nodes[:n_nodes], spreads[begin + k])
