"""Scores of blends under a process on a space with conditions, for all or some coalitions.

As in `process_blends`, all scores are dot products of rows of two tables, one for each part of the
players. Players whose columns conditions link are in one part, since a factor of theirs depends on
all of them: a parent's value, the candidate's or the baseline's, decides whether a child is active. A
row is the product of factors for one set of the part's players; each column has one of three
(`KEPT`, `TAKEN`, `ABSENT`), only products after the first column that differs from the row before are
taken anew, and sets that differ in inactive columns only share a row.

Usage: `plan_blends(...)`, then `score_block(plan, members)`, as in `process_blends`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from skhypershap.arrays import Booleans, Floats, Integers, Positions
from skhypershap.surrogate.kernels._jit import called_part, jit, part, summing_part
from skhypershap.surrogate.kernels.conditional_process import (
    SPAN,
    ConditionalProcess,
    Tables,
    active_factors,
    factors_at,
    is_active,
    set_active,
)
from skhypershap.surrogate.kernels.linked_players import NOTHING, halves_of, linked_players
from skhypershap.surrogate.kernels.process_blends import (
    BLOCK,
    BLOCK_NUMBERS,
    TILE_COLUMNS,
    TILE_ROWS,
    _all_dots,
    _product,
)
from skhypershap.surrogate.kernels.product_kernel import dot

KEPT, TAKEN, ABSENT = 0, 1, 2
BUILT = 1  # row of `Room.states`
HASHED = 2  # places of a hash table for each set


class Part(NamedTuple):
    """Some of the players, and the sets of them whose products are needed.

    Attributes
    ----------
    columns : ndarray of int64
        Columns of these players, and others that they switch on.
    sets : ndarray of shape (n_sets, n_players), dtype bool
        In the order of rows; players of the other part are in none.
    """

    columns: Integers
    sets: Booleans


class BlendPlan(NamedTuple):
    """What all blocks share.

    Attributes
    ----------
    process : Tables
        Of a padded `ConditionalProcess`.
    weights : ndarray of shape (n_trials,)
        Its weights times the factors of columns that no player changes.
    offset : float
        Its offset.
    candidates : ndarray of shape (n_candidates, n_columns)
        Filled vectors.
    baseline : ndarray of shape (n_columns,)
        The filled vector whose values are kept.
    player_of_column : ndarray of shape (n_columns,), dtype int64
        -1 for none.
    factors : ndarray of shape (3, n_columns, n_trials)
        Factors of the baseline's values where they are active (`KEPT`), room for those of a candidate
        (`TAKEN`), and what is there where they are not active (`ABSENT`).
    low, high : Part
        Players of the lower and of the upper bits.
    rows : ndarray of shape (2, n_coalitions), dtype int64
        Of some coalitions: their rows in the tables of `low` and `high`; empty for all.
    places : ndarray of shape (n_coalitions,), dtype int64
        Of all coalitions: where the score of each is in the order of the two tables.
    n_coalitions : int
        How many scores a candidate has.
    """

    process: Tables
    weights: Floats
    offset: float
    candidates: Floats
    baseline: Floats
    player_of_column: Integers
    factors: Floats
    low: Part
    high: Part
    rows: Integers
    places: Integers
    n_coalitions: int

    def blocks(self) -> list[Positions]:
        """Candidates, by position, that are scored together."""
        width = max(1, min(BLOCK, BLOCK_NUMBERS // self.n_coalitions))
        positions = np.arange(len(self.candidates))
        return [positions[start : start + width] for start in range(0, len(positions), width)]


def plan_blends(
    process: ConditionalProcess,
    candidates: Floats,
    baseline: Floats,
    player_of_column: Integers,
    *,
    order: Integers | None = None,
    coalitions: Booleans | None = None,
) -> BlendPlan:
    """Prepare what does not depend on a candidate; see `process_blends.plan_blends`."""
    process = process.padded()
    baseline = np.ascontiguousarray(baseline, dtype=np.float64)
    player_of_column = np.asarray(player_of_column, dtype=np.int64)
    n_players = int(player_of_column.max()) + 1
    order = np.arange(n_players) if order is None else np.asarray(order, dtype=np.int64)
    groups = linked_players(process, player_of_column)
    weights, kept = process.flat.weights.copy(), np.zeros_like(process.present)
    tables = process.in_few_arrays()
    for column, group in enumerate(groups.of_column):
        if group == NOTHING:
            weights *= factors_at(process, column, baseline)
        else:
            kept[column] = active_factors(process, column, baseline)
    halves = halves_of(groups.players)
    none = np.zeros(0, dtype=np.int64)
    if coalitions is None:
        parts = [Part(groups.columns_of(half), _all_sets(half, n_players)) for half in halves]
        bits = np.argsort(np.concatenate(halves)).astype(np.int64)
        positions = np.arange(1 << n_players)
        places = np.zeros(1 << n_players, dtype=np.int64)
        for bit, player in enumerate(order):
            places |= (positions >> bit & 1) << bits[player]
        rows, n_coalitions = np.zeros((2, 0), dtype=np.int64), 1 << n_players
    else:
        found = [_occurring(half, coalitions) for half in halves]
        parts = [
            Part(groups.columns_of(half[::-1]), sets)
            for half, (sets, _) in zip(halves, found, strict=True)
        ]
        rows, places, n_coalitions = np.stack([at for _, at in found]), none, len(coalitions)
    return BlendPlan(
        tables,
        weights,
        process.flat.offset,
        np.ascontiguousarray(candidates, dtype=np.float64),
        baseline,
        player_of_column,
        np.stack([kept, np.zeros_like(kept), process.absent]),
        parts[0],
        parts[1],
        rows,
        places,
        n_coalitions,
    )


def score_block(plan: BlendPlan, members: Positions) -> Floats:
    """Scores of shape (n_members, n_coalitions) of candidates, given by position."""
    scores = np.empty((len(members), plan.n_coalitions))
    _score_block(
        plan.process,
        plan.weights,
        plan.candidates,
        plan.baseline,
        plan.player_of_column,
        plan.low,
        plan.high,
        plan.rows if plan.rows.shape[1] else None,
        members,
        _room(plan),
        scores,
    )
    scores += plan.offset
    return scores[:, plan.places] if len(plan.places) else scores


class Room(NamedTuple):
    """Scratch memory: factors of a candidate, rows of both parts, and what `_build` needs.

    Attributes
    ----------
    factors : ndarray of shape (3, n_columns, n_trials)
        As in the plan, with those of the candidate.
    lower, upper : ndarray of shape (n_rows, n_trials)
        The two tables, with a few rows more than there are sets.
    row_of_low, row_of_high : ndarray of shape (n_sets,), dtype int64
        Which row each set has.
    products : ndarray of float64
        Dot products of the rows.
    ones : ndarray of shape (n_trials,)
        With which rows of the first table begin.
    prefix : ndarray of shape (n_columns + 1, n_trials)
        Products of the first columns.
    states : ndarray of shape (2, n_columns), dtype int64
        Which factor each column has, and which one is in `prefix`.
    blend : ndarray of shape (n_columns,)
        A blend of the candidate with the baseline.
    hashed : ndarray of shape (2, n_places), dtype int64
        A hash table of states of all columns, and their rows.
    """

    factors: Floats
    lower: Floats
    upper: Floats
    row_of_low: Integers
    row_of_high: Integers
    products: Floats
    ones: Floats
    prefix: Floats
    states: Integers
    blend: Floats
    hashed: Integers


def _room(plan: BlendPlan) -> Room:
    _, n_columns, n_trials = plan.factors.shape
    n_low, n_high = len(plan.low.sets), len(plan.high.sets)
    # Dot products are taken for two rows of one table and four of the other at once.
    lower, upper = np.zeros((n_low + 3, n_trials)), np.zeros((n_high + 1, n_trials))
    return Room(
        plan.factors.copy(),
        lower,
        upper,
        np.empty(n_low, dtype=np.int64),
        np.empty(n_high, dtype=np.int64),
        np.empty(0 if plan.rows.shape[1] else len(lower) * len(upper)),
        np.ones(n_trials),
        np.empty((n_columns + 1, n_trials)),
        np.empty((2, n_columns), dtype=np.int64),
        plan.baseline.copy(),
        np.empty((2, HASHED * max(n_low, n_high)), dtype=np.int64),
    )


def _all_sets(players: Integers, n_players: int) -> Booleans:
    """All sets of some players in the order of their bits."""
    sets = np.zeros((1 << len(players), n_players), dtype=bool)
    sets[:, players] = np.arange(len(sets))[:, None] >> np.arange(len(players)) & 1
    return sets


def _occurring(players: Integers, coalitions: Booleans) -> tuple[Booleans, Integers]:
    """Sets of some players that occur in coalitions, sorted, and which one each coalition has."""
    only = coalitions & np.isin(np.arange(coalitions.shape[1]), players)
    if not len(players):
        return only[:1], np.zeros(len(coalitions), dtype=np.int64)
    _, first, rows = np.unique(only[:, players], axis=0, return_index=True, return_inverse=True)
    return only[first], rows.reshape(-1).astype(np.int64)


@jit
def _score_block(
    process: Tables,
    weights: Floats,
    candidates: Floats,
    baseline: Floats,
    player_of_column: Integers,
    low: Part,
    high: Part,
    rows: Integers | None,
    members: Positions,
    room: Room,
    scores: Floats,
) -> None:
    """Fill `scores`, a row for each of the members, without the offset.

    `rows` is None for all coalitions: numba leaves out what only some need, and the other way round.
    """
    factors, lower, upper, products = room.factors, room.lower, room.upper, room.products
    prefix, states, blend, hashed = room.prefix, room.states, room.blend, room.hashed
    row_of_low, row_of_high = room.row_of_low, room.row_of_high
    for number in range(len(members)):
        vector = candidates[members[number]]
        for column in range(len(vector)):
            if player_of_column[column] >= 0:
                scaled = vector[column] / process.columns[SPAN, column]
                set_active(process, column, scaled, factors[TAKEN, column])
        n_low = _build(
            lower,
            row_of_low,
            room.ones,
            process,
            low,
            vector,
            baseline,
            player_of_column,
            factors,
            prefix,
            states,
            blend,
            hashed,
        )
        n_high = _build(
            upper,
            row_of_high,
            weights,
            process,
            high,
            vector,
            baseline,
            player_of_column,
            factors,
            prefix,
            states,
            blend,
            hashed,
        )
        if rows is not None:
            for place in range(rows.shape[1]):
                one, other = row_of_low[rows[0, place]], row_of_high[rows[1, place]]
                scores[number, place] = dot(lower[one], upper[other])
        else:
            n_low = n_low if n_low < TILE_COLUMNS else n_low + -n_low % TILE_COLUMNS
            n_high = n_high if n_high < TILE_ROWS else n_high + -n_high % TILE_ROWS
            _all_dots(upper[:n_high], lower[:n_low], 0.0, products)
            for i in range(len(row_of_high)):
                for j in range(len(row_of_low)):
                    found = products[row_of_high[i] * n_low + row_of_low[j]]
                    scores[number, i * len(row_of_low) + j] = found


@called_part
def _build(
    table: Floats,
    row_of_set: Integers,
    first: Floats,
    process: Tables,
    half: Part,
    vector: Floats,
    baseline: Floats,
    player_of_column: Integers,
    factors: Floats,
    prefix: Floats,
    states: Integers,
    blend: Floats,
    hashed: Integers,
) -> int:
    """Products for sets of players, which share what comes before the first column that differs.

    Sets that differ in inactive columns only have one row, which `row_of_set` tells; how many rows.
    """
    columns, sets, keys, rows = half.columns, half.sets, hashed[0], hashed[1]
    n_places, n_keys, n_rows = len(columns), HASHED * len(sets), 0
    _copy(first, prefix[0])
    for place in range(n_places):
        states[BUILT, place] = NOTHING
    for place in range(n_keys):
        keys[place] = NOTHING
    for column in range(len(blend)):
        blend[column] = baseline[column]
    for number in range(len(sets)):
        key = _set_states(
            process, columns, sets[number], vector, baseline, player_of_column, blend, states[0]
        )
        place = key % n_keys
        while keys[place] != NOTHING and keys[place] != key:
            place = (place + 1) % n_keys
        if keys[place] == NOTHING:
            keys[place], rows[place] = key, n_rows
            _extend(prefix, columns, states, factors)
            _copy(prefix[n_places], table[n_rows])
            n_rows += 1
        row_of_set[number] = rows[place]
    return n_rows


@summing_part
def _copy(row: Floats, out: Floats) -> None:
    for i in range(len(out)):
        out[i] = row[i]


@called_part
def _extend(prefix: Floats, columns: Integers, states: Integers, factors: Floats) -> None:
    """Take products anew from the first column on whose state differs from what was built."""
    changed = 0
    while changed < len(columns) and states[0, changed] == states[BUILT, changed]:
        changed += 1
    for place in range(changed, len(columns)):
        states[BUILT, place] = states[0, place]
        _product(prefix[place], factors[states[0, place], columns[place]], prefix[place + 1])


@part
def _set_states(
    process: Tables,
    columns: Integers,
    members: Booleans,
    vector: Floats,
    baseline: Floats,
    player_of_column: Integers,
    blend: Floats,
    states: Integers,
) -> int:
    """Which factor each column has for one set of players; all of them as one number.

    Of more than 39 columns it is a hash of 64 bits.
    """
    for place in range(len(columns)):
        column = columns[place]
        player = player_of_column[column]
        states[place] = TAKEN if player >= 0 and members[player] else KEPT
        blend[column] = vector[column] if states[place] == TAKEN else baseline[column]
    key = 0
    for place in range(len(columns)):
        if not is_active(process, columns[place], blend):
            states[place] = ABSENT
        key = 3 * key + states[place]
    return key
