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

from typing import NamedTuple

import numpy as np

from skhypershap.arrays import Booleans, Floats, Integers
from skhypershap.surrogate.kernels._jit import called_part, jit, summing_part
from skhypershap.surrogate.kernels._vector import lowest_lane
from skhypershap.surrogate.kernels.coordinate_ascent import WORD, _add_pieces, _score_at
from skhypershap.surrogate.kernels.line_tables import LinePlan, LineRoom
from skhypershap.surrogate.kernels.product_kernel import (
    dot,
    four_dots,
    set_factors,
    total,
)

RATE, IS_CHOICE, SPAN, LISTED = range(4)  # rows of `Line.columns`
GRID, NODES, LEGAL, CELLS = range(4)  # rows of `Line.firsts`
MOST_PARABOLAS = 12
ZOOM = 1e-4  # a search ends when it has narrowed the place to this part of the column's span


class Line(NamedTuple):
    """A `LinePlan` in few arrays: compiling takes longer for each array that a function takes.

    `pairs` holds trials, rising and falling; `columns` rates, is_choice, spans and listed; `firsts`
    where grid, nodes, legal values and cells of each column begin; `grid` and `legal` values and their
    ranks; `cells` their lowest and highest values.
    """

    pairs: Floats
    columns: Floats
    firsts: Integers
    weights: Floats
    grid: Floats
    tables: Floats
    spreads: Floats
    legal: Floats
    cells: Floats


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


def in_few_arrays(plan: LinePlan) -> Line:
    """What kernels are given of a plan."""
    return Line(
        np.stack([plan.trials, plan.rising, plan.falling]),
        np.stack([plan.rates, plan.is_choice, plan.spans, plan.listed]),
        np.stack([plan.first_grid, plan.first_node, plan.first_legal, plan.first_rank]),
        plan.weights,
        np.stack([plan.grid, plan.grid_ranks]),
        plan.tables,
        plan.spreads,
        np.stack([plan.legal, plan.legal_ranks]),
        np.stack([plan.lowest, plan.highest]),
    )


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
        _multiply_others(weights, factors, -1, others)
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
                    _multiply_others(weights, factors, -1, others)
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
    set_factors(
        factors[column],
        pairs[0, column],
        pairs[1, column],
        pairs[2, column],
        columns[RATE, column],
        columns[IS_CHOICE, column] > 0.0,
        value,
    )


@called_part
def _multiply_others(weights: Floats, factors: Floats, column: int, others: Floats) -> None:
    """Weights of trials along a line: all factors but one, or all of them with -1."""
    for i in range(len(others)):
        others[i] = weights[i]
    for other in range(len(factors)):
        if other != column:
            for i in range(len(others)):
                others[i] *= factors[other, i]


@called_part
def _value_at(
    pairs: Floats, others: Floats, column: int, rate: float, is_choice: float, value: float
) -> float:
    """What the process adds up to at one place of a line."""
    total = 0.0
    if is_choice > 0.0:
        for i in range(len(others)):
            total += others[i] * (1.0 if pairs[0, column, i] == value else rate)
        return total
    up, down = np.exp(rate * (value - 0.5)), np.exp(-rate * (value - 0.5))
    for i in range(len(others)):
        a = rate * abs(pairs[0, column, i] - value)
        near = min(up * pairs[2, column, i], down * pairs[1, column, i])
        total += others[i] * ((1.0 + a * (1.0 + a / 3.0)) * near)
    return total


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
    n_ranks = firsts[CELLS, column + 1] - firsts[CELLS, column]
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
) -> tuple[float, int]:
    """Best legal value of a column and its rank; the present ones if none seems better."""
    pairs, columns, firsts, others = line.pairs, line.columns, line.firsts, room.others
    scores, starts, heights = room.scores, room.starts, room.heights
    begin, end = firsts[GRID, column], firsts[GRID, column + 1]
    grid = line.grid[0, begin:end]
    _set_grid_scores(sign, others, line.tables, line.spreads, firsts, column, room.at_nodes, scores)
    if columns[LISTED, column] > 0.0:
        place = _best_listed(scores, starts, heights, line.grid[1, begin:end], n_pieces)
        return (grid[place], int(line.grid[1, begin + place])) if place >= 0 else (value, rank)
    start, stop = firsts[LEGAL, column], firsts[LEGAL, column + 1]
    legal, legal_ranks = line.legal[0, start:stop], line.legal[1, start:stop]
    first, last = firsts[CELLS, column], firsts[CELLS, column + 1]
    lowest, highest = line.cells[0, first:last], line.cells[1, first:last]
    low, high, guess, width, peak = _best_piece(
        scores, starts, heights, n_pieces, grid, lowest, highest, legal, legal_ranks
    )
    if low > high or peak <= score:
        return value, rank
    rate, is_choice = columns[RATE, column], columns[IS_CHOICE, column]
    left, right = max(low, guess - width), min(high, guess + width)
    found = _zoom(sign, pairs, others, column, rate, is_choice, left, right, guess)
    if len(legal) > 0:
        nearest = _nearest(sign, pairs, others, column, rate, is_choice, legal, low, high, found)
        return legal[nearest], int(legal_ranks[nearest])
    span = columns[SPAN, column]
    found = np.float64(np.float32(found * span)) / span
    found = min(max(found, low), high)
    return found, n_below(highest, found)


@called_part
def n_below(ascending: Floats, value: float) -> int:
    """`np.searchsorted(ascending, value)`, which takes long to compile."""
    low, high = 0, len(ascending)
    while low < high:
        middle = (low + high) >> 1
        if ascending[middle] < value:
            low = middle + 1
        else:
            high = middle
    return low


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
    begin, n_grid = firsts[GRID, column], firsts[GRID, column + 1] - firsts[GRID, column]
    first, n_nodes = firsts[NODES, column], firsts[NODES, column + 1] - firsts[NODES, column]
    out = scores if n_nodes == n_grid else at_nodes
    n_fours = n_nodes - n_nodes % 4
    for k in range(0, n_fours, 4):
        row = first + k
        a, b, c, d = four_dots(
            others, tables[row], tables[row + 1], tables[row + 2], tables[row + 3]
        )
        out[k], out[k + 1], out[k + 2], out[k + 3] = sign * a, sign * b, sign * c, sign * d
    for k in range(n_fours, n_nodes):
        out[k] = sign * dot(others, tables[first + k])
    if n_nodes != n_grid:
        for k in range(n_grid):
            scores[k] = dot(at_nodes[:n_nodes], spreads[begin + k])


@called_part
def _best_listed(
    scores: Floats, starts: Integers, heights: Floats, grid_ranks: Floats, n_pieces: int
) -> int:
    """The first of the best places where all legal values are on the grid, -1 if there is none."""
    best, place, piece = -np.inf, -1, 0
    for k in range(len(grid_ranks)):
        while piece + 1 < n_pieces and starts[piece + 1] <= grid_ranks[k]:
            piece += 1
        score = scores[k] + heights[piece]
        if score > best:
            best, place = score, k
    return place


@called_part
def _best_piece(
    scores: Floats,
    starts: Integers,
    heights: Floats,
    n_pieces: int,
    grid: Floats,
    lowest: Floats,
    highest: Floats,
    legal: Floats,
    legal_ranks: Floats,
) -> tuple[float, float, float, float, float]:
    """Ends of the best piece, its best place about, how far to search around it, the score there.

    Ends are legal values; a piece without any is passed over.
    """
    n_grid = len(grid)
    best, best_low, best_high, guess, width, peak = -np.inf, 1.0, 0.0, 0.0, 0.0, 0.0
    k = 0  # the last grid value that is not above the low end of the piece
    for piece in range(n_pieces):
        first, last = starts[piece], starts[piece + 1] - 1
        low, high = max(lowest[first], grid[0]), min(highest[last], grid[n_grid - 1])
        if len(legal) > 0:
            one, other = n_below(legal_ranks, float(first)), n_below(legal_ranks, last + 1.0) - 1
            if one > other:
                continue
            low, high = legal[one], legal[other]
        if low > high:
            continue
        while k + 1 < n_grid and grid[k + 1] <= low:
            k += 1
        place, score = low, _between(grid, scores, k, low)
        m = k
        while m + 1 < n_grid and grid[m + 1] <= high:
            m += 1
            if scores[m] > score:
                place, score = grid[m], scores[m]
        at_end = _between(grid, scores, m, high)
        if at_end > score:
            place, score = high, at_end
        if score + heights[piece] > best:
            best, best_low, best_high = score + heights[piece], low, high
            guess = place
            width = grid[min(m + 1, n_grid - 1)] - grid[m]
            if m > 0:
                width = max(width, grid[m] - grid[m - 1])
            peak = best + _rise(scores, grid, place)
    return best_low, best_high, guess, width, peak


@called_part
def _rise(scores: Floats, grid: Floats, place: float) -> float:
    """By how much a parabola through grid values next to a place may exceed the score there."""
    m = min(max(int(n_below(grid, place)), 1), len(grid) - 2)
    bend = 2 * scores[m] - scores[m - 1] - scores[m + 1]
    if grid[m] == place and bend > 0.0:
        side = scores[m - 1] - scores[m + 1]
        return float(side * side / (8 * bend))
    return float(abs(bend) / 8)


@called_part
def _between(grid: Floats, scores: Floats, k: int, value: float) -> float:
    """Linear interpolation between two grid values."""
    if k + 1 >= len(grid):
        return float(scores[k])
    share = (value - grid[k]) / (grid[k + 1] - grid[k])
    return float(scores[k] + share * (scores[k + 1] - scores[k]))


@called_part
def _zoom(
    sign: float,
    pairs: Floats,
    others: Floats,
    column: int,
    rate: float,
    is_choice: float,
    low: float,
    high: float,
    guess: float,
) -> float:
    """The best place for the process on an interval, by parabolas; never worse than the guess."""
    left, right = low, high
    middle = guess if low < guess < high else (low + high) / 2
    at_left = sign * _value_at(pairs, others, column, rate, is_choice, left)
    at_right = sign * _value_at(pairs, others, column, rate, is_choice, right)
    at_middle = sign * _value_at(pairs, others, column, rate, is_choice, middle)
    for _ in range(MOST_PARABOLAS):
        if right - left < ZOOM or at_middle < max(at_left, at_right):
            break
        place = _vertex(left, middle, right, at_left, at_middle, at_right)
        if abs(place - middle) < ZOOM:
            break
        at_place = sign * _value_at(pairs, others, column, rate, is_choice, place)
        if (place > middle) == (at_place > at_middle):
            left, at_left = min(place, middle), at_middle if place > middle else at_place
        else:
            right, at_right = max(place, middle), at_middle if place < middle else at_place
        if at_place > at_middle:
            middle, at_middle = place, at_place
    if at_left > max(at_middle, at_right):
        return left
    return right if at_right > at_middle else middle


@summing_part
def _vertex(
    left: float, middle: float, right: float, at_left: float, at_middle: float, at_right: float
) -> float:
    """Top of the parabola through three points, of which the middle one is the highest."""
    above_left = (middle - left) * (at_middle - at_right)
    above_right = (right - middle) * (at_middle - at_left)
    if above_left + above_right <= 0.0:
        return middle
    shift = (right - middle) * above_right - (middle - left) * above_left
    return middle + 0.5 * shift / (above_left + above_right)


@called_part
def _nearest(
    sign: float,
    pairs: Floats,
    others: Floats,
    column: int,
    rate: float,
    is_choice: float,
    legal: Floats,
    low: float,
    high: float,
    value: float,
) -> int:
    """Position of the better one of the two legal values beside a value, within two ends."""
    above = min(int(n_below(legal, value)), len(legal) - 1)
    below = max(above - 1, 0)
    if legal[above] > high:
        return below
    if legal[below] < low:
        return above
    one = sign * _value_at(pairs, others, column, rate, is_choice, legal[below])
    other = sign * _value_at(pairs, others, column, rate, is_choice, legal[above])
    return below if one > other else above
