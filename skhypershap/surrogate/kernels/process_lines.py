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

import numpy as np

from skhypershap.arrays import Booleans, Floats, Integers
from skhypershap.surrogate.kernels._jit import jit, summing_part
from skhypershap.surrogate.kernels._vector import lowest_lane
from skhypershap.surrogate.kernels.coordinate_ascent import WORD, _add_pieces, _score_at
from skhypershap.surrogate.kernels.line_tables import LinePlan, LineRoom
from skhypershap.surrogate.kernels.product_kernel import (
    dot,
    set_factors,
)

MOST_PARABOLAS = 12
ZOOM = 1e-4  # a search ends when it has narrowed the place to this part of the column's span


@jit
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
    room : Room
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
    n_columns = points.shape[1]
    for number in range(len(points)):
        point, cell = points[number], ranks[number]
        n_free = 0
        for column in range(n_columns):
            n_free += free[number, column]
            _set(plan, column, point[column], room.factors[column])
        column, idle = turn[number, 0], turn[number, 1]
        found[number] = -np.inf
        score = sign * (_score_at(roots, nodes, values, cell) + _process_at(plan, room))
        while idle < n_free:
            if free[number, column]:
                value, rank = point[column], cell[column]
                _multiply_others(plan, room, column)
                n_pieces = _set_pieces(roots, nodes, values, sign, plan, room, cell, column)
                point[column], cell[column] = _best_on_line(
                    sign, plan, room, column, n_pieces, value, rank, score
                )
                idle += 1
                if point[column] != value:
                    _set(plan, column, point[column], room.factors[column])
                    moved = sign * (_score_at(roots, nodes, values, cell) + _process_at(plan, room))
                    if moved > score:
                        if moved > score + tolerance:
                            idle = 1
                        score = found[number] = moved
                    else:
                        point[column], cell[column] = value, rank
                        _set(plan, column, value, room.factors[column])
            column = (column + 1) % n_columns


@summing_part
def _set(
    plan: LinePlan,
    column: int,
    value: float,
    out: Floats,
) -> None:
    """Factors between a value and all trials."""
    set_factors(
        out,
        plan.trials[column],
        plan.rising[column],
        plan.falling[column],
        plan.rates[column],
        plan.is_choice[column],
        value,
    )


@summing_part
def _process_at(
    plan: LinePlan,
    room: LineRoom,
) -> float:
    """What the process adds up to where the factors are known."""
    room.others[:] = plan.weights
    for column in range(len(room.factors)):
        _times(room.others, room.factors[column])
    total = 0.0
    for i in range(len(room.others)):
        total += room.others[i]
    return total


@summing_part
def _multiply_others(
    plan: LinePlan,
    room: LineRoom,
    column: int,
) -> None:
    """Weights of trials along a line: all factors but one."""
    room.others[:] = plan.weights
    for other in range(len(room.factors)):
        if other != column:
            _times(room.others, room.factors[other])


@summing_part
def _times(
    out: Floats,
    factors: Floats,
) -> None:
    for i in range(len(out)):
        out[i] *= factors[i]


@summing_part
def _value_at(
    plan: LinePlan,
    room: LineRoom,
    column: int,
    value: float,
) -> float:
    """What the process adds up to at one place of a line."""
    total = 0.0
    if plan.is_choice[column]:
        for i in range(len(room.others)):
            total += room.others[i] * (
                1.0 if plan.trials[column, i] == value else plan.rates[column]
            )
        return total
    rate = plan.rates[column]
    up, down = np.exp(rate * (value - 0.5)), np.exp(-rate * (value - 0.5))
    trials, rising, falling = plan.trials[column], plan.rising[column], plan.falling[column]
    for i in range(len(room.others)):
        a = rate * abs(trials[i] - value)
        near = min(up * falling[i], down * rising[i])
        total += room.others[i] * ((1.0 + a * (1.0 + a / 3.0)) * near)
    return total


@summing_part
def _set_pieces(
    roots: Integers,
    nodes: Integers,
    values: Floats,
    sign: float,
    plan: LinePlan,
    room: LineRoom,
    cell: Integers,
    column: int,
) -> int:
    """List pieces of a line on which the trees are constant: first ranks and heights; how many."""
    n_ranks = plan.first_rank[column + 1] - plan.first_rank[column]
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


@summing_part
def _best_on_line(
    sign: float,
    plan: LinePlan,
    room: LineRoom,
    column: int,
    n_pieces: int,
    value: float,
    rank: int,
    score: float,
) -> tuple[float, int]:
    """Best legal value of a column and its rank; the present ones if none seems better."""
    begin, end = plan.first_grid[column], plan.first_grid[column + 1]
    grid, grid_ranks = plan.grid[begin:end], plan.grid_ranks[begin:end]
    _set_grid_scores(sign, plan, room, column)
    if plan.listed[column]:
        place, position = _best_listed(room.scores, room, grid, grid_ranks, n_pieces, value, rank)
        return place, position
    start, stop = plan.first_legal[column], plan.first_legal[column + 1]
    legal, legal_ranks = plan.legal[start:stop], plan.legal_ranks[start:stop]
    cells = plan.first_rank[column], plan.first_rank[column + 1]
    lowest, highest = plan.lowest[cells[0] : cells[1]], plan.highest[cells[0] : cells[1]]
    low, high, guess, width, peak = _best_piece(
        room, grid, n_pieces, lowest, highest, legal, legal_ranks
    )
    if low > high or peak <= score:
        return value, rank
    found = _zoom(
        sign, plan, room, column, max(low, guess - width), min(high, guess + width), guess
    )
    if len(legal) > 0:
        nearest = _nearest(sign, plan, room, column, legal, low, high, found)
        return legal[nearest], legal_ranks[nearest]
    span = plan.spans[column]
    found = np.float64(np.float32(found * span)) / span
    found = min(max(found, low), high)
    return found, int(np.searchsorted(highest, found))


@summing_part
def _set_grid_scores(sign: float, plan: LinePlan, room: LineRoom, column: int) -> None:
    """Score of the process at each grid value: from the table, or from scores at nodes."""
    begin, end = plan.first_grid[column], plan.first_grid[column + 1]
    first, last = plan.first_node[column], plan.first_node[column + 1]
    n_nodes = last - first
    if n_nodes == end - begin:
        _set_scores(sign, room.others, plan.tables[first:last], room.scores)
        return
    at_nodes = room.at_nodes[:n_nodes]
    _set_scores(sign, room.others, plan.tables[first:last], at_nodes)
    for k in range(end - begin):
        room.scores[k] = dot(at_nodes, plan.spreads[begin + k, :n_nodes])


@summing_part
def _set_scores(
    sign: float,
    others: Floats,
    table: Floats,
    scores: Floats,
) -> None:
    """Score of the process at each grid value."""
    n_grid = len(table)
    n_fours = n_grid - n_grid % 4
    for k in range(0, n_fours, 4):
        a, b, c, d = _four(others, table[k], table[k + 1], table[k + 2], table[k + 3])
        scores[k], scores[k + 1] = sign * a, sign * b
        scores[k + 2], scores[k + 3] = sign * c, sign * d
    for k in range(n_fours, n_grid):
        scores[k] = sign * dot(others, table[k])


@summing_part
def _four(
    others: Floats,
    first: Floats,
    second: Floats,
    third: Floats,
    fourth: Floats,
) -> tuple[float, float, float, float]:
    a, b, c, d = 0.0, 0.0, 0.0, 0.0
    for i in range(len(others)):
        w = others[i]
        a += w * first[i]
        b += w * second[i]
        c += w * third[i]
        d += w * fourth[i]
    return a, b, c, d


@summing_part
def _best_listed(
    scores: Floats,
    room: LineRoom,
    grid: Floats,
    grid_ranks: Integers,
    n_pieces: int,
    value: float,
    rank: int,
) -> tuple[float, int]:
    """The best where all legal values are on the grid; the first one of equals."""
    best, place, piece = -np.inf, -1, 0
    for k in range(len(grid)):
        while piece + 1 < n_pieces and room.starts[piece + 1] <= grid_ranks[k]:
            piece += 1
        score = scores[k] + room.heights[piece]
        if score > best:
            best, place = score, k
    if place < 0:
        return value, rank
    return grid[place], grid_ranks[place]


@summing_part
def _best_piece(
    room: LineRoom,
    grid: Floats,
    n_pieces: int,
    lowest: Floats,
    highest: Floats,
    legal: Floats,
    legal_ranks: Integers,
) -> tuple[float, float, float, float, float]:
    """Ends of the best piece, its best place about, how far to search around it, the score there.

    Ends are legal values; a piece without any is passed over.
    """
    scores, n_grid = room.scores, len(grid)
    best, best_low, best_high, guess, width, peak = -np.inf, 1.0, 0.0, 0.0, 0.0, 0.0
    k = 0  # the last grid value that is not above the low end of the piece
    for piece in range(n_pieces):
        first, last = room.starts[piece], room.starts[piece + 1] - 1
        low, high = max(lowest[first], grid[0]), min(highest[last], grid[-1])
        if len(legal) > 0:
            one = np.searchsorted(legal_ranks, first)
            other = np.searchsorted(legal_ranks, last, side="right") - 1
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
        if score + room.heights[piece] > best:
            best, best_low, best_high = score + room.heights[piece], low, high
            guess = place
            width = grid[min(m + 1, n_grid - 1)] - grid[m]
            if m > 0:
                width = max(width, grid[m] - grid[m - 1])
            peak = best + _rise(scores, n_grid, grid, place)
    return best_low, best_high, guess, width, peak


@summing_part
def _rise(scores: Floats, n_grid: int, grid: Floats, place: float) -> float:
    """By how much a parabola through grid values next to a place may exceed the score there."""
    m = min(max(int(np.searchsorted(grid, place)), 1), n_grid - 2)
    bend = 2 * scores[m] - scores[m - 1] - scores[m + 1]
    if grid[m] == place and bend > 0.0:
        return float((scores[m - 1] - scores[m + 1]) ** 2 / (8 * bend))
    return float(abs(bend) / 8)


@summing_part
def _between(
    grid: Floats,
    scores: Floats,
    k: int,
    value: float,
) -> float:
    """Linear interpolation between two grid values."""
    if k + 1 >= len(grid):
        return float(scores[k])
    share = (value - grid[k]) / (grid[k + 1] - grid[k])
    return float(scores[k] + share * (scores[k + 1] - scores[k]))


@summing_part
def _zoom(
    sign: float,
    plan: LinePlan,
    room: LineRoom,
    column: int,
    low: float,
    high: float,
    guess: float,
) -> float:
    """The best place for the process on an interval, by parabolas; never worse than the guess."""
    left, right = low, high
    middle = guess if low < guess < high else (low + high) / 2
    at_left = sign * _value_at(plan, room, column, left)
    at_right = sign * _value_at(plan, room, column, right)
    at_middle = sign * _value_at(plan, room, column, middle)
    for _ in range(MOST_PARABOLAS):
        if right - left < ZOOM or at_middle < max(at_left, at_right):
            break
        place = _vertex(left, middle, right, at_left, at_middle, at_right)
        if abs(place - middle) < ZOOM:
            break
        at_place = sign * _value_at(plan, room, column, place)
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


@summing_part
def _nearest(
    sign: float,
    plan: LinePlan,
    room: LineRoom,
    column: int,
    legal: Floats,
    low: float,
    high: float,
    value: float,
) -> int:
    """Position of the better one of the two legal values beside a value, within two ends."""
    above = min(int(np.searchsorted(legal, value)), len(legal) - 1)
    below = max(above - 1, 0)
    if legal[above] > high:
        return below
    if legal[below] < low:
        return above
    one = sign * _value_at(plan, room, column, legal[below])
    other = sign * _value_at(plan, room, column, legal[above])
    return below if one > other else above
