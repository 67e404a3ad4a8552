"""Tables of a process along each column, and which values of a column are legal, for line search.

A column with few legal values (integers, ordered values, choices) has all of them on its grid. A
continuous column has 65 grid values, and any number of [0, 1] is legal; so is, of a column with
many legal values, each of a list. Numbers are scaled by their spans. A forest that is added to the
process sees values as ranks: `lowest` and `highest` are the ends of its cells.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from skhypershap.arrays import Booleans, Floats, Integers
from skhypershap.surrogate.kernels.flat_process import FlatProcess
from skhypershap.surrogate.kernels.process_blends import padded
from skhypershap.surrogate.kernels.product_kernel import factors_of

WORD = 64
GRID = 65  # values of a column that has more
MOST_LISTED = 128  # legal values of a column that are all tried
STEPS = (8, 4, 2)  # every so many grid values may be nodes; GRID - 1 is a multiple of each
NEAREST = 6  # nodes that a score between them depends on
RATE, IS_CHOICE, SPAN, LISTED = range(4)  # rows of `Line.columns`
OF_GRID, OF_NODES, OF_LEGAL, OF_CELLS = range(4)  # rows of `Line.firsts`
PRECISION = 1e-4  # of scores at grid values, in ranks


class LinePlan(NamedTuple):
    """A process tabulated along each column, and which values of a column are legal.

    Attributes
    ----------
    trials, is_choice, rates, rising, falling, weights
        Of the (padded) `FlatProcess`.
    spans : ndarray of shape (n_columns,)
        Of the process.
    grid, grid_ranks : ndarray of shape (n_grid,)
        Values to try, scaled and ascending, column after column, and their ranks in the forest.
    first_grid : ndarray of shape (n_columns + 1,), dtype int64
        Where those of each column begin.
    tables : ndarray of shape (n_nodes, n_trials)
        Factors between nodes and trials, column after column. Nodes are grid values: all of them, or
        so many that interpolation between them is as good.
    first_node : ndarray of shape (n_columns + 1,), dtype int64
        Where those of each column begin.
    spreads : ndarray of shape (n_grid, most_nodes)
        Weights of a column's nodes in the score at each of its grid values, where there are fewer.
    listed : ndarray of shape (n_columns,), dtype bool
        Whether all legal values of a column are on its grid.
    legal, legal_ranks : ndarray of shape (n_legal,)
        Legal values of columns that have too many for the grid; none for a continuous column.
    first_legal : ndarray of shape (n_columns + 1,), dtype int64
        Where those of each column begin.
    lowest, highest : ndarray of shape (n_ranks,)
        Scaled values at the two ends of each cell of the forest, column after column.
    first_rank : ndarray of shape (n_columns + 1,), dtype int64
        Where those of each column begin.
    """

    trials: Floats
    is_choice: Booleans
    rates: Floats
    rising: Floats
    falling: Floats
    weights: Floats
    spans: Floats
    grid: Floats
    grid_ranks: Integers
    first_grid: Integers
    tables: Floats
    first_node: Integers
    spreads: Floats
    listed: Booleans
    legal: Floats
    legal_ranks: Integers
    first_legal: Integers
    lowest: Floats
    highest: Floats
    first_rank: Integers


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


class LineRoom(NamedTuple):
    """Scratch memory of one thread; `changes` and `marks` are zero on entry and on exit."""

    changes: Floats
    marks: Integers
    stack: Integers
    starts: Integers
    heights: Floats
    others: Floats
    factors: Floats
    scores: Floats
    at_nodes: Floats


def plan_lines(
    flat: FlatProcess,
    legal: Sequence[Floats | None],
    thresholds: Sequence[Floats] = (),
    dtype: type = np.float32,
) -> LinePlan:
    """Tabulate a process.

    Parameters
    ----------
    flat : FlatProcess
        The process, without the fidelity.
    legal : sequence of ndarray or None
        For each column its legal values, ascending, or None where all of [0, 1] is legal.
    thresholds : sequence of ndarray
        Of a `FlatForest`, for its columns; there may be fewer columns, or none.
    dtype : type
        What the forest casts values to.
    """
    flat = padded(flat)
    levels = [*thresholds, *[np.empty(0)] * (len(legal) - len(thresholds))]
    grids, lists, listed = [], [], np.zeros(len(legal), dtype=bool)
    for column, values in enumerate(legal):
        listed[column] = values is not None and len(values) <= MOST_LISTED
        if values is None:
            grids.append(np.linspace(0.0, 1.0, GRID))
        elif listed[column]:
            grids.append(values)
        else:
            grids.append(values[np.round(np.linspace(0, len(values) - 1, GRID)).astype(int)])
        lists.append(np.empty(0) if values is None or listed[column] else values)
    bounds = [_cells(part, dtype) for part in levels]
    spans = flat.spans
    tables, spreads = _tables(flat, grids, listed)
    return LinePlan(
        flat.trials,
        flat.is_choice,
        flat.rates,
        flat.rising,
        flat.falling,
        flat.weights,
        spans,
        _joined([grid / span for grid, span in zip(grids, spans, strict=True)]),
        _joined(_ranks(grids, levels, dtype)).astype(np.int32),
        _starts(grids),
        np.concatenate(tables),
        _starts(tables),
        _padded(spreads),
        listed,
        _joined([values / span for values, span in zip(lists, spans, strict=True)]),
        _joined(_ranks(lists, levels, dtype)).astype(np.int32),
        _starts(lists),
        _joined([low / span for (low, _), span in zip(bounds, spans, strict=True)]),
        _joined([high / span for (_, high), span in zip(bounds, spans, strict=True)]),
        _starts([low for low, _ in bounds]),
    )


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


def room_of(plan: LinePlan, deepest: int) -> LineRoom:
    """Scratch memory for a plan and for trees of at most so many splits above a leaf."""
    most = int(np.diff(plan.first_rank).max())
    return LineRoom(
        np.zeros(most + 1),
        np.zeros(most // WORD + 1, dtype=np.uint64),
        np.empty((max(deepest, 1), 3), dtype=np.int32),
        np.empty(most + 2, dtype=np.int64),
        np.empty(most + 2),
        np.empty(len(plan.weights)),
        np.empty((len(plan.trials), len(plan.weights))),
        np.empty(int(np.diff(plan.first_grid).max())),
        np.empty(int(np.diff(plan.first_node).max())),
    )


def _tables(
    flat: FlatProcess, grids: Sequence[Floats], listed: Booleans
) -> tuple[list[Floats], list[Floats]]:
    """For each column factors at its nodes, and how scores at nodes spread to its grid."""
    tables, spreads = [], []
    for column, grid in enumerate(grids):
        table, spread = (
            factors_of(flat, column, grid / flat.spans[column]),
            np.empty((len(grid), 0)),
        )
        if not listed[column]:
            table, spread = _thinned(grid, table, np.abs(flat.weights))
        tables.append(table)
        spreads.append(spread)
    return tables, spreads


def _thinned(grid: Floats, table: Floats, sizes: Floats) -> tuple[Floats, Floats]:
    """The part of a table from which interpolation gives all of it, and how; or all of it.

    The longer the length of a column, the fewer nodes it needs.
    """
    for step in STEPS:
        nodes = np.arange(0, len(grid), step)
        spread = _interpolation(grid[nodes], grid)
        error = np.abs(spread @ table[nodes] - table) @ sizes
        if error.max() < PRECISION:
            return np.ascontiguousarray(table[nodes]), spread
    return table, np.empty((len(grid), 0))


def _interpolation(nodes: Floats, values: Floats) -> Floats:
    """Weights of nodes in polynomials through the nearest ones, of shape (n_values, n_nodes)."""
    n_near = min(NEAREST, len(nodes))
    first = np.searchsorted(nodes, values) - n_near // 2
    near = np.clip(first, 0, len(nodes) - n_near)[:, None] + np.arange(n_near)
    weights = np.ones(near.shape)
    for k in range(n_near):
        for other in range(n_near):
            if other != k:
                here, there = nodes[near[:, k]], nodes[near[:, other]]
                weights[:, k] *= (values - there) / (here - there)
    spread = np.zeros((len(values), len(nodes)))
    np.put_along_axis(spread, near, weights, axis=1)
    return spread


def _padded(spreads: Sequence[Floats]) -> Floats:
    most = max(part.shape[1] for part in spreads)
    return np.vstack([np.pad(part, ((0, 0), (0, most - part.shape[1]))) for part in spreads])


def _cells(levels: Floats, dtype: type) -> tuple[Floats, Floats]:
    """Smallest and largest value of each cell, as numbers of the forest's own type.

    An empty cell has a smallest value above its largest.
    """
    highest: Floats = levels.astype(dtype)
    above = highest.astype(np.float64) > levels
    highest[above] = np.nextafter(highest[above], dtype(-np.inf))
    lowest = np.nextafter(highest, dtype(np.inf))
    ends = np.array([-np.inf]), np.array([np.inf])
    return (
        np.concatenate([ends[0], lowest.astype(np.float64)]),
        np.concatenate([highest.astype(np.float64), ends[1]]),
    )


def _ranks(values: Sequence[Floats], levels: Sequence[Floats], dtype: type) -> list[Integers]:
    cast = (part.astype(dtype).astype(np.float64) for part in values)
    return [np.searchsorted(steps, part) for steps, part in zip(levels, cast, strict=True)]


def _joined(parts: Sequence[npt.NDArray[Any]]) -> npt.NDArray[Any]:
    return np.concatenate(parts) if len(parts) else np.empty(0)


def _starts(parts: Sequence[Floats]) -> Integers:
    return np.concatenate([[0], np.cumsum([len(part) for part in parts])]).astype(np.int64)
