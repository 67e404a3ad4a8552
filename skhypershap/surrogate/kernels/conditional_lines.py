"""Line search through trees and a process on a space with conditions.

As in `process_lines`; but a line along a parent, which switches other columns on and off, is scored at
some values of the parent with the factors that these columns then have. Where these are not all legal
values, a search of the usual kind follows, with the others as they are. A column that
is inactive changes nothing, and does not move.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from skhypershap.arrays import Booleans, Floats, Integers
from skhypershap.surrogate.kernels._jit import called_part, jit, part
from skhypershap.surrogate.kernels.best_places import _best_listed
from skhypershap.surrogate.kernels.conditional_process import (
    ABSENT,
    PRESENT,
    ConditionalProcess,
    Tables,
    is_active,
    multiply,
    set_active,
    set_column,
)
from skhypershap.surrogate.kernels.coordinate_ascent import _score_at
from skhypershap.surrogate.kernels.line_tables import (
    LISTED,
    SPAN,
    Line,
    LinePlan,
    LineRoom,
    in_few_arrays,
)
from skhypershap.surrogate.kernels.process_lines import (
    _best_on_line,
    _multiply_others,
    _set_pieces,
)
from skhypershap.surrogate.kernels.product_kernel import total

AMONG_VALUES, ON_LINE = 0, 1


class ParentLines(NamedTuple):
    """Lines along columns that switch others on and off.

    Attributes
    ----------
    reads : ndarray of shape (n_columns, n_columns), dtype bool
        Which columns (first axis) the activity of which others depends on.
    values, ranks : ndarray of shape (n_values,)
        Values to try of each parent, scaled and ascending, and their ranks in the forest: its grid and,
        where that does not hold all legal values, both sides of each number that switches a column.
    first : ndarray of shape (n_columns + 1,), dtype int64
        Where those of each column begin.
    """

    reads: Booleans
    values: Floats
    ranks: Floats
    first: Integers


def plan_parents(
    process: ConditionalProcess, plan: LinePlan, thresholds: Sequence[Floats], dtype: type
) -> ParentLines:
    """List what is tried along parents; thresholds and type are those of the forest."""
    reads = process.readers()
    values, ranks = [], []
    for column, is_parent in enumerate(np.any(reads, axis=1).tolist()):
        place = slice(*plan.first_grid[column : column + 2])
        tried, known = plan.grid[place], plan.grid_ranks[place]
        if is_parent and not plan.listed[column]:
            tried = np.unique(np.concatenate([tried, _edges(process, plan, column)]))
            levels = thresholds[column] if column < len(thresholds) else np.empty(0)
            numbers = (tried * plan.spans[column]).astype(dtype).astype(np.float64)
            known = np.searchsorted(levels, numbers).astype(np.int32)
        values.append(tried if is_parent else tried[:0])
        ranks.append(known if is_parent else known[:0])
    first = np.concatenate([[0], np.cumsum([len(part) for part in values])]).astype(np.int64)
    return ParentLines(
        reads, np.concatenate(values), np.concatenate(ranks).astype(np.float64), first
    )


def _edges(process: ConditionalProcess, plan: LinePlan, column: int) -> Floats:
    """Legal scaled values on both sides of each number that switches another column."""
    activity, span = process.activity, plan.spans[column]
    cuts = activity.threshold[activity.column == column]
    legal = plan.legal[slice(*plan.first_legal[column : column + 2])]
    if len(legal):
        above = np.searchsorted(legal, cuts / span, side="right")
        near = np.concatenate([above - 1, above])
        listed: Floats = legal[near[(near >= 0) & (near < len(legal))]]
        return listed
    below = cuts.astype(np.float32)
    too_high = below.astype(np.float64) > cuts
    below[too_high] = np.nextafter(below[too_high], np.float32(-np.inf))
    sides: Floats = np.concatenate([below, np.nextafter(below, np.float32(np.inf))]).astype(
        np.float64
    )
    inside: Floats = sides[(sides >= 0) & (sides <= 1)] / span
    return inside


def ascend(
    roots: Integers,
    nodes: Integers,
    values: Floats,
    sign: float,
    plan: LinePlan,
    room: LineRoom,
    process: ConditionalProcess,
    parents: ParentLines,
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
    parents : ParentLines
        Lines along parents.
    roots, nodes, values, sign, plan, room, tolerance, free, turn, points, ranks, found
        As in `process_lines.ascend`.
    """
    line = in_few_arrays(plan)
    _ascend(
        roots,
        nodes,
        values,
        sign,
        line,
        room,
        process.in_few_arrays(),
        parents,
        tolerance,
        free,
        turn,
        _room(points.shape[1], len(line.weights), len(parents.values)),
        points,
        ranks,
        found,
    )


def _room(n_columns: int, n_trials: int, n_values: int) -> tuple[Floats, Floats, Floats]:
    """Scratch memory: factors by column, a vector, and scores of a parent's values."""
    return np.empty((n_columns, n_trials)), np.empty(n_columns), np.empty(n_values)


@jit
def _ascend(
    roots: Integers,
    nodes: Integers,
    values: Floats,
    sign: float,
    line: Line,
    room: LineRoom,
    process: Tables,
    parents: ParentLines,
    tolerance: float,
    free: Booleans,
    turn: Integers,
    more_room: tuple[Floats, Floats, Floats],
    points: Floats,
    ranks: Integers,
    found: Floats,
) -> None:
    """See `ascend`."""
    weights, spans, (rows, vector, scores) = line.weights, line.columns[SPAN], more_room
    factors, others = room.factors, room.others
    n_columns = points.shape[1]
    for number in range(len(points)):
        point, cell = points[number], ranks[number]
        n_free = 0
        for column in range(n_columns):
            n_free += free[number, column]
            vector[column] = point[column] * spans[column]
        for column in range(n_columns):
            set_column(process, column, vector, factors[column])
        column, idle = turn[number, 0], turn[number, 1]
        found[number] = -np.inf
        found_here = _process_at(weights, factors, others)
        score = sign * (_score_at(roots, nodes, values, cell) + found_here)
        while idle < n_free:
            if free[number, column]:
                idle += 1
                first, last = _steps(line.columns, process, parents.first, vector, column)
                for step in range(first, last):
                    value, rank = point[column], cell[column]
                    n_pieces = _set_pieces(
                        roots, nodes, values, sign, line.firsts, room, cell, column
                    )
                    if step == AMONG_VALUES:
                        _set_parent_scores(
                            sign,
                            weights,
                            factors,
                            others,
                            spans,
                            process,
                            parents,
                            vector,
                            column,
                            rows,
                            scores,
                        )
                        place, position = _best_value(
                            room.starts,
                            room.heights,
                            parents,
                            column,
                            n_pieces,
                            scores,
                            value,
                            rank,
                        )
                    else:
                        _multiply_others(weights, factors, column, others)
                        multiply(others, process.pairs[PRESENT, column])
                        place, position = _best_on_line(
                            sign, line, room, column, n_pieces, value, rank, score
                        )
                    if place == value:
                        continue
                    point[column], cell[column] = place, position
                    _move(spans, factors, process, parents.reads, vector, column, place)
                    found_here = _process_at(weights, factors, others)
                    moved = sign * (_score_at(roots, nodes, values, cell) + found_here)
                    if moved > score:
                        if moved > score + tolerance:
                            idle = 1
                        score = found[number] = moved
                    else:
                        point[column], cell[column] = value, rank
                        _move(spans, factors, process, parents.reads, vector, column, value)
            column = (column + 1) % n_columns


@part
def _steps(
    columns: Floats,
    process: Tables,
    first: Integers,
    vector: Floats,
    column: int,
) -> tuple[int, int]:
    """Range of the searches that a column needs: `AMONG_VALUES`, `ON_LINE`, both or none."""
    if not is_active(process, column, vector):
        return AMONG_VALUES, AMONG_VALUES
    if first[column + 1] == first[column]:
        return ON_LINE, ON_LINE + 1
    return AMONG_VALUES, ON_LINE if columns[LISTED, column] > 0.0 else ON_LINE + 1


@called_part
def _process_at(weights: Floats, factors: Floats, others: Floats) -> float:
    """What the process adds up to where the factors are known."""
    _multiply_others(weights, factors, len(factors), others)
    return float(total(others))


@called_part
def _best_value(
    starts: Integers,
    heights: Floats,
    parents: ParentLines,
    column: int,
    n_pieces: int,
    scores: Floats,
    value: float,
    rank: int,
) -> tuple[float, Any]:
    """The best of the values that are tried of a parent, and its rank."""
    begin, end = parents.first[column], parents.first[column + 1]
    values, ranks = parents.values[begin:end], parents.ranks[begin:end]
    place = _best_listed(scores, starts, heights, ranks, n_pieces)
    return (values[place], np.int64(ranks[place])) if place >= 0 else (value, rank)


@called_part
def _move(
    spans: Floats,
    factors: Floats,
    process: Tables,
    reads: Booleans,
    vector: Floats,
    column: int,
    value: float,
) -> None:
    """Set a column to a scaled value, and the factors that depend on it."""
    vector[column] = value * spans[column]
    for other in range(len(vector)):
        if other == column or reads[column, other]:
            set_column(process, other, vector, factors[other])


@called_part
def _set_parent_scores(
    sign: float,
    weights: Floats,
    factors: Floats,
    others: Floats,
    spans: Floats,
    process: Tables,
    parents: ParentLines,
    vector: Floats,
    column: int,
    rows: Floats,
    scores: Floats,
) -> None:
    """Score of the process at each value that is tried of a column that switches others on and off.

    `rows` is room for factors of each column.
    """
    reads = parents.reads
    for i in range(len(others)):
        others[i] = weights[i]
    for other in range(len(vector)):
        if other == column:
            continue
        if reads[column, other]:
            set_active(process, other, vector[other] / spans[other], rows[other])
        else:
            multiply(others, factors[other])
    begin, value = parents.first[column], vector[column]
    products = rows[column]
    for k in range(parents.first[column + 1] - begin):
        tried = parents.values[begin + k]
        set_active(process, column, tried, products)
        multiply(products, others)
        vector[column] = tried * spans[column]
        for other in range(len(vector)):
            if reads[column, other]:
                active = is_active(process, other, vector)
                multiply(products, rows[other] if active else process.pairs[ABSENT, other])
        scores[k] = sign * total(products)
    vector[column] = value
