"""Scores under a process of blends of candidates with a baseline, for all or some coalitions.

A blend of x (for S) and b scores offset + sum_i w_i prod_{j in S} k_j(x_j, x_ij) prod_{j not in S}
k_j(b_j, x_ij). The players are split into two halves. For each half a table has a row for each set
of its players, the product of their factors over all trials; with w in the first table, all scores
are dot products of a row of one table with a row of the other. Of all coalitions the rows are built
by doubling: each player makes two of each row. Of some coalitions the rows are those sets that
occur, in an order in which neighbours share most players, and only products after the first change
are taken anew.

Usage: `plan_blends(flat, candidates, baseline, player_of_column, order=...)`, then
`score_block(plan, members)` of shape (n_members, n_coalitions) for candidates by position. Bit k of
a coalition's position says whether player `order[k]` is in it; with `coalitions=` there is one
position for each of these. `blocks` of a plan have sizes that do not depend on threads, and each
candidate is scored by itself: the numbers are the same in any block.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from skhypershap.arrays import Booleans, Floats, Integers, Positions
from skhypershap.surrogate.kernels._jit import called_part, jit, summing_part
from skhypershap.surrogate.kernels.flat_process import FlatProcess
from skhypershap.surrogate.kernels.product_kernel import (
    dot,
    factors_of,
    multiply_factors,
)

LANES = 32  # trials are padded to a multiple of these, with weights of zero
BLOCK_NUMBERS = 1 << 20  # scores of a block: 8 MB
BLOCK = 256  # candidates
TILE_ROWS, TILE_COLUMNS = 2, 4


class Half(NamedTuple):
    """The sets of one half of the players whose products are needed.

    Attributes
    ----------
    players : ndarray of shape (n_half,), dtype int64
        The players, first bit first.
    sets : ndarray of shape (n_sets, n_half), dtype bool
        Sets in the order of rows; without rows for all sets, in the order of their bits.
    changed : ndarray of shape (n_sets,), dtype int64
        The first player (by place in `players`) in which a set differs from the one before it.
    """

    players: Integers
    sets: Booleans
    changed: Integers


class BlendPlan(NamedTuple):
    """What all blocks share.

    Attributes
    ----------
    flat : FlatProcess
        With the factors of columns without a player in its weights.
    columns : ndarray of int64
        Columns that have a player, player after player.
    player_of_place : ndarray of int64
        The players of these columns.
    candidates : ndarray of shape (n_columns, n_candidates)
        Scaled values.
    kept : ndarray of shape (n_players, n_trials)
        Products of factors of each player where it keeps the baseline's values.
    low, high : Half
        Players of the lower and of the upper bits.
    rows : ndarray of shape (2, n_coalitions), dtype int64
        Of some coalitions: their rows in the tables of `low` and `high`; empty for all.
    n_coalitions : int
        How many scores a candidate has.
    """

    flat: FlatProcess
    columns: Integers
    player_of_place: Integers
    candidates: Floats
    kept: Floats
    low: Half
    high: Half
    rows: Integers
    n_coalitions: int

    def blocks(self) -> list[Positions]:
        """Candidates, by position, that are scored together."""
        width = max(1, min(BLOCK, BLOCK_NUMBERS // self.n_coalitions))
        n_candidates = self.candidates.shape[1]
        positions = np.arange(n_candidates)
        return [positions[start : start + width] for start in range(0, n_candidates, width)]


def plan_blends(
    flat: FlatProcess,
    candidates: Floats,
    baseline: Floats,
    player_of_column: Integers,
    *,
    order: Integers | None = None,
    coalitions: Booleans | None = None,
) -> BlendPlan:
    """Prepare what does not depend on a candidate.

    Parameters
    ----------
    flat : FlatProcess
        Of as many columns as candidates have, none of them missing.
    candidates : ndarray of shape (n_candidates, n_columns)
        Vectors whose values a coalition's members take.
    baseline : ndarray of shape (n_columns,)
        Vector whose values all others keep.
    player_of_column : ndarray of shape (n_columns,)
        The player that a column belongs to, -1 for none (it keeps the baseline's value).
    order : ndarray of shape (n_players,), optional
        Player of each bit, by default in their own order.
    coalitions : ndarray of shape (n_coalitions, n_players), dtype bool, optional
        Which coalitions; by default all.
    """
    n_players = int(player_of_column.max()) + 1
    order = np.arange(n_players) if order is None else np.asarray(order, dtype=np.int64)
    flat = held(padded(flat), baseline, player_of_column < 0)
    columns = np.argsort(player_of_column, kind="stable")
    columns = columns[player_of_column[columns] >= 0]
    player_of_place = np.asarray(player_of_column[columns], dtype=np.int64)
    kept = np.ones((n_players, len(flat.weights)))
    for column in columns:
        _multiply(kept[player_of_column[column]], flat, column, baseline)
    n_low = n_players // 2
    halves = (order[:n_low], order[n_low:])
    if coalitions is None:
        low, high = (Half(half, np.zeros((1 << len(half), 0), bool), _NONE) for half in halves)
        rows, n_coalitions = np.zeros((2, 0), dtype=np.int64), 1 << n_players
    else:
        (low, low_rows), (high, high_rows) = (_occurring(half, coalitions) for half in halves)
        rows, n_coalitions = np.stack([low_rows, high_rows]), len(coalitions)
    values = np.ascontiguousarray((candidates / flat.spans).T)
    return BlendPlan(flat, columns, player_of_place, values, kept, low, high, rows, n_coalitions)


_NONE = np.zeros(0, dtype=np.int64)


def score_block(plan: BlendPlan, members: Integers) -> Floats:
    """Scores of shape (n_members, n_coalitions) of candidates, given by position."""
    flat, low, high = plan.flat, plan.low, plan.high
    scores = np.empty((len(members), plan.n_coalitions))
    _score_block(
        flat.trials,
        flat.is_choice,
        flat.rates,
        flat.rising,
        flat.falling,
        flat.weights,
        flat.offset,
        plan.columns,
        plan.player_of_place,
        plan.candidates,
        plan.kept,
        low.players,
        low.sets,
        low.changed,
        high.players,
        high.sets,
        high.changed,
        plan.rows if plan.rows.shape[1] else None,
        members,
        _room(plan),
        scores,
    )
    return scores


class Room(NamedTuple):
    """Scratch memory: factors of a candidate, tables of both halves, and rows to begin with."""

    taken: Floats
    low: Floats
    high: Floats
    ones: Floats
    prefix: Floats


def _room(plan: BlendPlan) -> Room:
    n_players, n_trials = plan.kept.shape
    return Room(
        np.empty((n_players, n_trials)),
        np.empty((len(plan.low.sets), n_trials)),
        np.empty((len(plan.high.sets), n_trials)),
        np.ones(n_trials),
        np.empty((n_players + 1, n_trials)),
    )


def padded(flat: FlatProcess) -> FlatProcess:
    """The same process with further trials that weigh nothing, so that sums end with a full vector."""
    n_more = -len(flat.weights) % LANES
    if not n_more:
        return flat
    wide: dict[str, Any] = {
        name: np.pad(getattr(flat, name), ((0, 0), (0, n_more)), mode="edge")
        for name in ("trials", "rising", "falling")
    }
    return flat._replace(weights=np.pad(flat.weights, (0, n_more)), **wide)


def held(flat: FlatProcess, vector: Floats, is_held: Booleans) -> FlatProcess:
    """The process on a part of the space: some columns keep a vector's values.

    They stay where they are, and weigh nothing from now on.
    """
    weights = flat.weights.copy()
    for column in np.flatnonzero(is_held):
        _multiply(weights, flat, column, vector)
    return flat._replace(weights=weights)


def without_column(flat: FlatProcess, column: int, value: float) -> FlatProcess:
    """The process with one column held at a value, and without that column: the fidelity, say."""
    vector = np.zeros(len(flat.trials))
    vector[column] = value
    flat = held(flat, vector, np.arange(len(flat.trials)) == column)
    names = ("trials", "spans", "is_choice", "rates", "rising", "falling")
    return flat._replace(**{name: np.delete(getattr(flat, name), column, axis=0) for name in names})


def _multiply(products: Floats, flat: FlatProcess, column: Any, vector: Floats) -> None:
    value = np.array([vector[column] / flat.spans[column]])
    products *= factors_of(flat, column, value)[0]


def _occurring(players: Integers, coalitions: Booleans) -> tuple[Half, Floats]:
    """Sets of some players that occur in coalitions, sorted, and which one each coalition has."""
    if not len(players):
        sets, rows = np.zeros((1, 0), dtype=bool), np.zeros(len(coalitions), dtype=np.int64)
    else:
        sets, rows = np.unique(coalitions[:, players], axis=0, return_inverse=True)
    differs = sets[1:] != sets[:-1]
    changed = np.concatenate([[0], np.argmax(differs, axis=1) if differs.size else []])
    return Half(players, sets, changed.astype(np.int64)), rows.reshape(-1).astype(np.int64)


@jit
def _score_block(
    trials: Floats,
    is_choice: Booleans,
    rates: Floats,
    rising: Floats,
    falling: Floats,
    weights: Floats,
    offset: float,
    columns: Integers,
    player_of_place: Integers,
    candidates: Floats,
    kept: Floats,
    low_players: Integers,
    low_sets: Booleans,
    low_changed: Integers,
    high_players: Integers,
    high_sets: Booleans,
    high_changed: Integers,
    rows: Integers | None,
    members: Positions,
    room: Room,
    scores: Floats,
) -> None:
    """Fill `scores`, a row for each of the members.

    `rows` is None for all coalitions: numba leaves out what only some need, and the other way round.
    """
    taken, low, high, ones, prefix = room.taken, room.low, room.high, room.ones, room.prefix
    for number in range(len(members)):
        for player in range(len(taken)):
            for i in range(len(ones)):
                taken[player, i] = 1.0
        for place in range(len(columns)):
            column = columns[place]
            multiply_factors(
                taken[player_of_place[place]],
                trials[column],
                rising[column],
                falling[column],
                rates[column],
                is_choice[column],
                candidates[column, members[number]],
            )
        if rows is None:
            _double(low, ones, low_players, taken, kept)
            _double(high, weights, high_players, taken, kept)
            _all_dots(high, low, offset, scores[number])
        else:
            _build(low, ones, low_players, low_sets, low_changed, taken, kept, prefix)
            _build(high, weights, high_players, high_sets, high_changed, taken, kept, prefix)
            for place in range(rows.shape[1]):
                scores[number, place] = offset + dot(low[rows[0, place]], high[rows[1, place]])


@called_part
def _double(
    table: Floats,
    first: Floats,
    players: Integers,
    taken: Floats,
    kept: Floats,
) -> None:
    """Products for all sets of the players, times the first row."""
    for i in range(len(first)):
        table[0, i] = first[i]
    size = 1
    for player in players:
        for row in range(size):
            _fork(table[row], table[size + row], taken[player], kept[player])
        size *= 2


@summing_part
def _fork(
    without: Floats,
    within: Floats,
    taken: Floats,
    kept: Floats,
) -> None:
    """Two rows from one: a player keeps the baseline's values, or takes the candidate's."""
    for i in range(len(without)):
        within[i] = without[i] * taken[i]
        without[i] *= kept[i]


@called_part
def _build(
    table: Floats,
    first: Floats,
    players: Integers,
    sets: Booleans,
    changed: Integers,
    taken: Floats,
    kept: Floats,
    prefix: Floats,
) -> None:
    """Products for some sets of the players, which share what comes before their first change."""
    for i in range(len(first)):
        prefix[0, i] = first[i]
    for row in range(len(sets)):
        for place in range(changed[row], len(players)):
            player = players[place]
            factors = taken[player] if sets[row, place] else kept[player]
            _product(prefix[place], factors, prefix[place + 1])
        for i in range(len(first)):
            table[row, i] = prefix[len(players), i]


@summing_part
def _product(
    first: Floats,
    second: Floats,
    out: Floats,
) -> None:
    for i in range(len(out)):
        out[i] = first[i] * second[i]


@summing_part
def _all_dots(
    high: Floats,
    low: Floats,
    offset: float,
    out: Floats,
) -> None:
    """Fill `out` with the dot product of each row of one table with each row of the other."""
    n_low = len(low)
    if len(high) < TILE_ROWS or n_low < TILE_COLUMNS:
        for i in range(len(high)):
            for j in range(n_low):
                out[i * n_low + j] = offset + dot(high[i], low[j])
        return
    for i in range(0, len(high), TILE_ROWS):
        for j in range(0, n_low, TILE_COLUMNS):
            a, b, c, d, e, f, g, h = _tile(
                high[i], high[i + 1], low[j], low[j + 1], low[j + 2], low[j + 3]
            )
            upper = out[i * n_low + j : i * n_low + j + TILE_COLUMNS]
            upper[0], upper[1], upper[2], upper[3] = a + offset, b + offset, c + offset, d + offset
            lower = out[(i + 1) * n_low + j : (i + 1) * n_low + j + TILE_COLUMNS]
            lower[0], lower[1], lower[2], lower[3] = e + offset, f + offset, g + offset, h + offset


@summing_part
def _tile(
    one: Floats,
    two: Floats,
    first: Floats,
    second: Floats,
    third: Floats,
    fourth: Floats,
) -> tuple[float, float, float, float, float, float, float, float]:
    """Eight dot products at once, so that each number that is read is used more than once."""
    a, b, c, d, e, f, g, h = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for i in range(len(one)):
        x, y = one[i], two[i]
        a += x * first[i]
        b += x * second[i]
        c += x * third[i]
        d += x * fourth[i]
        e += y * first[i]
        f += y * second[i]
        g += y * third[i]
        h += y * fourth[i]
    return a, b, c, d, e, f, g, h
