"""Line search through trees and a process on a space with conditions.

As in `process_lines`; but a line along a parent, which switches other columns on and off, is scored at
the grid values of the parent with the factors that these columns then have. Where the grid does not
hold all legal values, a search of the usual kind follows, with the others as they are. A column that
is inactive changes nothing, and does not move.
"""

from __future__ import annotations

import numpy as np

from skhypershap.arrays import Booleans, Floats, Integers
from skhypershap.surrogate.kernels._jit import jit, summing_part
from skhypershap.surrogate.kernels.conditional_process import (
    ConditionalProcess,
    is_active,
    multiply,
    set_active,
    set_column,
)
from skhypershap.surrogate.kernels.coordinate_ascent import _score_at
from skhypershap.surrogate.kernels.line_tables import LinePlan, LineRoom
from skhypershap.surrogate.kernels.process_lines import (
    _best_listed,
    _best_on_line,
    _multiply_others,
    _process_at,
    _set_pieces,
)
from skhypershap.surrogate.kernels.product_kernel import total


@jit
def ascend(
    roots: Integers,
    nodes: Integers,
    values: Floats,
    sign: float,
    plan: LinePlan,
    room: LineRoom,
    process: ConditionalProcess,
    reads: Booleans,
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
    process : ConditionalProcess
        Padded; `plan` tabulates it.
    reads : ndarray of shape (n_columns, n_columns), dtype bool
        Which columns (first axis) the activity of which others depends on.
    roots, nodes, values, sign, plan, room, tolerance, free, turn, points, ranks, found
        As in `process_lines.ascend`.
    """
    n_columns = points.shape[1]
    rows = np.empty((n_columns, len(plan.weights)))
    vector = np.empty(n_columns)
    for number in range(len(points)):
        point, cell = points[number], ranks[number]
        n_free = 0
        for column in range(n_columns):
            n_free += free[number, column]
            vector[column] = point[column] * plan.spans[column]
        for column in range(n_columns):
            set_column(process, column, vector, room.factors[column])
        column, idle = turn[number, 0], turn[number, 1]
        found[number] = -np.inf
        score = sign * (_score_at(roots, nodes, values, cell) + _process_at(plan, room))
        while idle < n_free:
            if free[number, column]:
                idle += 1
                is_parent = reads[column].any()
                for step in range(2):
                    along_parent = is_parent and step == 0
                    if not is_active(process.activity, column, vector):
                        break
                    if step == 1 and is_parent and plan.listed[column]:
                        break
                    if step == 1 and not is_parent:
                        break
                    value, rank = point[column], cell[column]
                    n_pieces = _set_pieces(
                        roots, nodes, values, sign, plan, room, cell, column
                    )
                    if along_parent:
                        _set_parent_scores(
                            sign, plan, room, process, reads, vector, column, rows
                        )
                        begin, end = plan.first_grid[column], plan.first_grid[column + 1]
                        grid, grid_ranks = plan.grid[begin:end], plan.grid_ranks[begin:end]
                        place, position = _best_listed(
                            room, grid, grid_ranks, n_pieces, value, rank
                        )
                    else:
                        _multiply_others(plan, room, column)
                        multiply(room.others, process.present[column])
                        place, position = _best_on_line(
                            sign, plan, room, column, n_pieces, value, rank, score
                        )
                    if place == value:
                        continue
                    point[column], cell[column] = place, position
                    _move(plan, room, process, reads, vector, column, place)
                    moved = sign * (_score_at(roots, nodes, values, cell) + _process_at(plan, room))
                    if moved > score:
                        if moved > score + tolerance:
                            idle = 1
                        score = found[number] = moved
                    else:
                        point[column], cell[column] = value, rank
                        _move(plan, room, process, reads, vector, column, value)
            column = (column + 1) % n_columns


@summing_part
def _move(
    plan: LinePlan,
    room: LineRoom,
    process: ConditionalProcess,
    reads: Booleans,
    vector: Floats,
    column: int,
    value: float,
) -> None:
    """Set a column to a scaled value, and the factors that depend on it."""
    vector[column] = value * plan.spans[column]
    set_column(process, column, vector, room.factors[column])
    for other in range(len(vector)):
        if reads[column, other]:
            set_column(process, other, vector, room.factors[other])


@summing_part
def _set_parent_scores(
    sign: float,
    plan: LinePlan,
    room: LineRoom,
    process: ConditionalProcess,
    reads: Booleans,
    vector: Floats,
    column: int,
    rows: Floats,
) -> None:
    """Score of the process at each grid value of a column that switches others on and off.

    `rows` is room for factors of each column.
    """
    room.others[:] = plan.weights
    for other in range(len(vector)):
        if other == column:
            continue
        if reads[column, other]:
            set_active(process, other, vector[other] / plan.spans[other], rows[other])
        else:
            multiply(room.others, room.factors[other])
    begin, value = plan.first_grid[column], vector[column]
    products = rows[column]
    for k in range(plan.first_grid[column + 1] - begin):
        set_active(process, column, plan.grid[begin + k], products)
        multiply(products, room.others)
        vector[column] = plan.grid[begin + k] * plan.spans[column]
        for other in range(len(vector)):
            if reads[column, other]:
                if is_active(process.activity, other, vector):
                    multiply(products, rows[other])
                else:
                    multiply(products, process.absent[other])
        room.scores[k] = sign * total(products)
    vector[column] = value
