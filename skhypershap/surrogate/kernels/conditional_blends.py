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
    ConditionalProcess,
    is_active,
    multiply,
    set_active,
    set_column,
)
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
NOTHING = -1
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
    process : ConditionalProcess
        With the factors of columns that no player changes in its weights.
    candidates : ndarray of shape (n_candidates, n_columns)
        Filled vectors.
    baseline : ndarray of shape (n_columns,)
        The filled vector whose values are kept.
    player_of_column : ndarray of shape (n_columns,), dtype int64
        -1 for none.
    kept : ndarray of shape (n_columns, n_trials)
        Factors of the baseline's values, where they are active.
    low, high : Part
        Players of the lower and of the upper bits.
    rows : ndarray of shape (2, n_coalitions), dtype int64
        Of some coalitions: their rows in the tables of `low` and `high`; empty for all.
    places : ndarray of shape (n_coalitions,), dtype int64
        Of all coalitions: where the score of each is in the order of the two tables.
    n_coalitions : int
        How many scores a candidate has.
    """

    process: ConditionalProcess
    candidates: Floats
    baseline: Floats
    player_of_column: Integers
    kept: Floats
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
    _keep(process, baseline, groups.of_column, np.empty_like(weights), weights, kept)
    process = process._replace(flat=process.flat._replace(weights=weights))
    halves = _halves(groups.players)
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
        process,
        np.ascontiguousarray(candidates, dtype=np.float64),
        baseline,
        player_of_column,
        kept,
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
        plan.candidates,
        plan.baseline,
        plan.player_of_column,
        plan.kept,
        plan.low,
        plan.high,
        plan.rows,
        members,
        _room(plan),
        scores,
    )
    return scores[:, plan.places] if len(plan.places) else scores


class Room(NamedTuple):
    """Scratch memory: factors of a candidate, rows of both parts, and what `_build` needs.

    Attributes
    ----------
    taken : ndarray of shape (n_columns, n_trials)
        Factors of the candidate's values, where they are active.
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

    taken: Floats
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
    n_columns, n_trials = plan.kept.shape
    n_low, n_high = len(plan.low.sets), len(plan.high.sets)
    # Dot products are taken for two rows of one table and four of the other at once.
    lower, upper = np.zeros((n_low + 3, n_trials)), np.zeros((n_high + 1, n_trials))
    return Room(
        np.empty((n_columns, n_trials)),
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


class LinkedPlayers(NamedTuple):
    """Players whose columns depend on each other.

    Attributes
    ----------
    players : list of list of int
        Each player is in one of the lists.
    of_column : ndarray of shape (n_columns,)
        In which of the lists a column's players are; -1 where no player changes its factor.
    """

    players: list[list[int]]
    of_column: Integers

    def columns_of(self, players: Integers) -> Integers:
        """Columns whose factors depend on some players; those of the first players come last."""
        ranks = {group: place for place, group in enumerate(self._groups_of(players))}
        columns = [column for column, group in enumerate(self.of_column) if group in ranks]
        columns.sort(key=lambda column: -ranks[int(self.of_column[column])])
        return np.array(columns, dtype=np.int64)

    def _groups_of(self, players: Integers) -> list[int]:
        found = [
            next(at for at, some in enumerate(self.players) if player in some) for player in players
        ]
        return list(dict.fromkeys(found))


def linked_players(process: ConditionalProcess, player_of_column: Integers) -> LinkedPlayers:
    """Join players of which one may switch on a column of another, or of which both do so."""
    needs = process.readers().T | np.eye(len(player_of_column), dtype=bool)
    n_players = int(player_of_column.max()) + 1
    group = np.arange(n_players)
    behind = [np.unique(player_of_column[needed & (player_of_column >= 0)]) for needed in needs]
    for players in behind:
        if len(players):
            group[np.isin(group, group[players])] = group[players].min()
    names, position = np.unique(group, return_inverse=True)
    of_column = [position[players[0]] if len(players) else NOTHING for players in behind]
    together = [np.flatnonzero(group == name).tolist() for name in names]
    return LinkedPlayers(together, np.array(of_column, dtype=np.int64))


def _halves(groups: list[list[int]]) -> tuple[Integers, Integers]:
    """Players of two parts, about as many in each; groups stay together."""
    halves: tuple[list[int], list[int]] = ([], [])
    for players in sorted(groups, key=len, reverse=True):
        min(halves, key=len).extend(players)
    low, high = sorted(halves, key=len)
    return np.array(low, dtype=np.int64), np.array(high, dtype=np.int64)


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
def _keep(
    process: ConditionalProcess,
    baseline: Floats,
    group_of_column: Integers,
    factors: Floats,
    weights: Floats,
    kept: Floats,
) -> None:
    """Fill in factors of the baseline's values; those that no player changes go into the weights."""
    for column in range(len(group_of_column)):
        if group_of_column[column] == NOTHING:
            set_column(process, column, baseline, factors)
            multiply(weights, factors)
        else:
            scaled = baseline[column] / process.flat.spans[column]
            set_active(process, column, scaled, kept[column])


@jit
def _score_block(
    process: ConditionalProcess,
    candidates: Floats,
    baseline: Floats,
    player_of_column: Integers,
    kept: Floats,
    low: Part,
    high: Part,
    rows: Integers,
    members: Positions,
    room: Room,
    scores: Floats,
) -> None:
    """Fill `scores`, a row for each of the members."""
    flat, lower, upper, products = process.flat, room.lower, room.upper, room.products
    row_of_low, row_of_high = room.row_of_low, room.row_of_high
    for number in range(len(members)):
        vector = candidates[members[number]]
        for column in range(len(vector)):
            if player_of_column[column] >= 0:
                scaled = vector[column] / flat.spans[column]
                set_active(process, column, scaled, room.taken[column])
        n_low = _build(
            lower,
            row_of_low,
            room.ones,
            process,
            low,
            vector,
            baseline,
            player_of_column,
            room,
            kept,
        )
        n_high = _build(
            upper,
            row_of_high,
            flat.weights,
            process,
            high,
            vector,
            baseline,
            player_of_column,
            room,
            kept,
        )
        if rows.shape[1] > 0:
            for place in range(rows.shape[1]):
                one, other = row_of_low[rows[0, place]], row_of_high[rows[1, place]]
                scores[number, place] = flat.offset + dot(lower[one], upper[other])
            continue
        n_low = n_low if n_low < TILE_COLUMNS else n_low + -n_low % TILE_COLUMNS
        n_high = n_high if n_high < TILE_ROWS else n_high + -n_high % TILE_ROWS
        _all_dots(upper[:n_high], lower[:n_low], flat.offset, products)
        for i in range(len(row_of_high)):
            for j in range(len(row_of_low)):
                found = products[row_of_high[i] * n_low + row_of_low[j]]
                scores[number, i * len(row_of_low) + j] = found


@called_part
def _build(
    table: Floats,
    row_of_set: Integers,
    first: Floats,
    process: ConditionalProcess,
    half: Part,
    vector: Floats,
    baseline: Floats,
    player_of_column: Integers,
    room: Room,
    kept: Floats,
) -> int:
    """Products for sets of players, which share what comes before the first column that differs.

    Sets that differ in inactive columns only have one row, which `row_of_set` tells; how many rows.
    """
    columns, prefix, blend = half.columns, room.prefix, room.blend
    states, built, keys, rows = room.states[0], room.states[1], room.hashed[0], room.hashed[1]
    n_places, n_keys, n_rows = len(columns), HASHED * len(half.sets), 0
    _copy(first, prefix[0])
    for place in range(n_places):
        built[place] = NOTHING
    for place in range(n_keys):
        keys[place] = NOTHING
    for column in range(len(blend)):
        blend[column] = baseline[column]
    for number in range(len(half.sets)):
        key = _set_states(process, half, number, vector, baseline, player_of_column, blend, states)
        place = key % n_keys
        while keys[place] != NOTHING and keys[place] != key:
            place = (place + 1) % n_keys
        if keys[place] == NOTHING:
            keys[place], rows[place] = key, n_rows
            _extend(prefix, process, columns, states, built, room.taken, kept)
            _copy(prefix[n_places], table[n_rows])
            n_rows += 1
        row_of_set[number] = rows[place]
    return n_rows


@summing_part
def _copy(row: Floats, out: Floats) -> None:
    for i in range(len(out)):
        out[i] = row[i]


@called_part
def _extend(
    prefix: Floats,
    process: ConditionalProcess,
    columns: Integers,
    states: Integers,
    built: Integers,
    taken: Floats,
    kept: Floats,
) -> None:
    """Take products anew from the first column on whose state differs from what was built."""
    changed = 0
    while changed < len(columns) and states[changed] == built[changed]:
        changed += 1
    for place in range(changed, len(columns)):
        column = columns[place]
        built[place] = states[place]
        if states[place] == TAKEN:
            _product(prefix[place], taken[column], prefix[place + 1])
        elif states[place] == KEPT:
            _product(prefix[place], kept[column], prefix[place + 1])
        else:
            _product(prefix[place], process.absent[column], prefix[place + 1])


@part
def _set_states(
    process: ConditionalProcess,
    half: Part,
    number: int,
    vector: Floats,
    baseline: Floats,
    player_of_column: Integers,
    blend: Floats,
    states: Integers,
) -> int:
    """Which factor each column has for one set of players; all of them as one number.

    Of more than 39 columns it is a hash of 64 bits.
    """
    for column in half.columns:
        player = player_of_column[column]
        takes = player >= 0 and half.sets[number, player]
        blend[column] = vector[column] if takes else baseline[column]
    key = 0
    for place, column in enumerate(half.columns):
        player = player_of_column[column]
        state = TAKEN if player >= 0 and half.sets[number, player] else KEPT
        if not is_active(process.activity, column, blend):
            state = ABSENT
        states[place] = state
        key = 3 * key + state
    return key
