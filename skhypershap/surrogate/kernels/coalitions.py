"""Scores of blends of candidates with a baseline: of all 2^d coalitions, or of some of many players.

A leaf that is reached with A and B (see `skhypershap.kernels.walk`) adds its value to the scores of
all coalitions S with A in S and B outside.

For all coalitions it is added to a table that has room for more than the 2^d scores, so that few
places change:

* the 2^3 coalitions of the three *low* players lie side by side, and are added to together;
* a *ternary* player has three rows: it must be in, it must be out, or it is free;
* a *binary* player has two, in Moebius form: "must be out" is "free" less "must be in".

A pass over the table then adds up what the coalitions have in common. There are as many ternary
players as fit the processor's own memory.

For some coalitions of too many players these are bits of long words, one word for each player, and
those that a leaf adds to follow from A and B by "and".
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from skhypershap.surrogate.kernels._jit import jit, part
from skhypershap.surrogate.kernels._vector import (
    LANES,
    N_LOW,
    WORDS,
    add_to_eight,
    add_to_word,
    lowest_lane,
    narrow,
    not_empty,
)
from skhypershap.surrogate.kernels.tree_walk import Walk, walk_tree, workspace

TERNARY_BYTES = 1 << 16  # a larger table is slow to join, and worth it only without binary players
ALL_TERNARY_BYTES = 9 << 14  # up to ten players
BLOCK_NUMBERS = 1 << 22  # 32 MB: what a block's scores may hold
WORD = 64
# For each set of low players the coalitions of these, as bits, that contain it and that avoid it.
LOW_SETS = np.arange(1 << N_LOW)
CONTAINING = np.packbits(LOW_SETS[:, None] & ~LOW_SETS == 0, axis=1, bitorder="little").ravel()
AVOIDING = np.packbits(LOW_SETS[:, None] & LOW_SETS == 0, axis=1, bitorder="little").ravel()
MOST = WORDS * WORD  # coalitions of which only some are scored at a time


class ScoreLayout(NamedTuple):
    """Where the score of each coalition is in a candidate's table of scores.

    Attributes
    ----------
    coalitions : ndarray of shape (n_coalitions,), dtype int64
        At each place: bit i says that player i is in; of some coalitions their numbers.
    size : int
        Length of a table of scores, which has room for at least the low players' coalitions.
    n_ternary, n_binary : int
        How many players have three and two rows; the rest are low.
    allowed : ndarray of shape (2 * n_players * 32,), dtype uint64
        Of some coalitions as bits: for each player, by position, those that it is in, and after these
        for each player those that it is not in. Empty for all coalitions.
    """

    coalitions: np.ndarray
    size: int
    n_ternary: int
    n_binary: int
    allowed: np.ndarray

    @property
    def table_size(self) -> int:
        """Length of the table to which leaves are added."""
        if len(self.allowed):
            return self.size
        return 3**self.n_ternary << (self.n_binary + N_LOW)

    @property
    def most_candidates(self) -> int:
        """How many tables of scores a block may have."""
        return BLOCK_NUMBERS // self.size


def layout_of_all(walk: Walk) -> ScoreLayout:
    """Places of all coalitions, in the order that is quickest."""
    n_players = len(walk.player_at)
    n_high = max(n_players - N_LOW, 0)
    n_ternary = n_high if _table_bytes(n_high, n_high) <= ALL_TERNARY_BYTES else 0
    while n_ternary < n_high and _table_bytes(n_ternary + 1, n_high) <= TERNARY_BYTES:
        n_ternary += 1
    low, ternary, binary = np.split(walk.player_at, [N_LOW, N_LOW + n_ternary])
    places = np.arange(1 << n_players)
    coalitions = np.zeros_like(places)
    for at, player in enumerate(np.concatenate([low, binary, ternary])):
        coalitions |= (places >> at & 1) << player
    nothing = np.empty(0, dtype=np.uint64)
    return ScoreLayout(coalitions, 1 << (N_LOW + n_high), n_ternary, n_high - n_ternary, nothing)


def _ternary_rows(n_ternary: int) -> np.ndarray:
    """For each set of ternary players the row in which they must be in and the rest are free."""
    sets = np.arange(1 << n_ternary)[:, None]
    players = np.arange(n_ternary)
    return ((sets >> players & 1) * 3**players).sum(axis=1).astype(np.uint64)


def _table_bytes(n_ternary: int, n_high: int) -> int:
    return 3**n_ternary * 2 ** (n_high - n_ternary + N_LOW) * 8


def layout_of_some(walk: Walk, coalitions: np.ndarray) -> ScoreLayout:
    """Places of at most `MOST` coalitions, rows of bools, similar ones together."""
    members = coalitions[:, walk.player_at]
    order = np.lexsort(members.T[::-1])
    bits = np.zeros((2, len(walk.player_at), MOST), dtype=bool)
    bits[0, :, : len(order)], bits[1, :, : len(order)] = members[order].T, ~members[order].T
    allowed = np.packbits(bits.ravel(), bitorder="little").view("<u8").astype(np.uint64)
    return ScoreLayout(order, MOST, 0, 0, allowed)


def score_block(walk: Walk, places: ScoreLayout, members: np.ndarray) -> np.ndarray:
    """Scores of shape (n_members, n_coalitions), in the order of the places."""
    scores = np.empty((len(members), places.size))
    _score(walk, places, members, 0.0, scores, np.empty(0), np.empty(0, dtype=np.int64))
    return scores[:, : len(places.coalitions)]


def best_of_block(
    walk: Walk, places: ScoreLayout, sign: float, members: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """For each coalition the largest of sign * score, and which candidate's it is."""
    best, winners = np.full(places.size, -np.inf), np.zeros(places.size, dtype=np.int64)
    _score(walk, places, members, sign, np.empty((0, 0)), best, winners)
    return best[: len(places.coalitions)], winners[: len(places.coalitions)]


def _score(
    walk: Walk,
    places: ScoreLayout,
    members: np.ndarray,
    sign: float,
    scores: np.ndarray,
    best: np.ndarray,
    winners: np.ndarray,
) -> None:
    work = workspace(walk, places.table_size)
    _score_block(
        walk.roots,
        walk.most_leaves,
        walk.nodes,
        walk.values,
        walk.offset,
        places.n_ternary,
        places.n_binary,
        _ternary_rows(places.n_ternary),
        1.0 - 2.0 * (np.bitwise_count(np.arange(1 << places.n_binary)) % 2),
        places.allowed,
        walk.ranks,
        members,
        work,
        sign,
        scores,
        best,
        winners,
    )
    walk.spare.append(work)


@jit
def _score_block(
    roots,
    most,
    nodes,
    values,
    offset,
    n_ternary,
    n_binary,
    ternary_rows,
    signs,
    allowed,
    ranks,
    members,
    work,
    sign,
    scores,
    best,
    winners,
):
    """Fill `scores`, one row for each of the members, or with a sign `best` and `winners`."""
    table, other = work.tables[0], work.tables[1]
    for start in range(0, len(members), LANES):
        n_lanes = min(LANES, len(members) - start)
        for column in range(len(ranks)):
            for lane in range(n_lanes):
                work.ranks[LANES * column + lane] = ranks[column, members[start + lane]]
        kept = np.zeros((0, len(table)))  # tables of all candidates, if their leaves cannot wait
        for lane in range(n_lanes):
            work.counts[lane] = np.uint64(0)
        for tree in range(len(roots)):
            walk_tree(roots[tree], nodes, values, work, n_lanes)
            last = tree == len(roots) - 1
            longest = np.uint64(0)
            for lane in range(n_lanes):
                longest = max(longest, work.counts[lane])
            if not last and np.int64(longest) + most <= work.waiting.shape[1]:
                continue
            if not last and len(kept) == 0:
                kept = np.zeros((n_lanes, len(table)))
            for lane in range(n_lanes):
                for place in range(len(table)):
                    table[place] = kept[lane, place] if len(kept) > 0 else 0.0
                leaves = work.waiting[lane, : work.counts[lane]]
                joined = table
                if len(allowed) > 0:
                    _add_to_some(leaves, allowed, work.chosen, table)
                else:
                    _add_leaves(leaves, ternary_rows, signs, n_ternary, n_binary, table)
                work.counts[lane] = np.uint64(0)
                if not last:
                    for place in range(len(table)):
                        kept[lane, place] = table[place]
                    continue
                if len(allowed) == 0:
                    joined = _join_rows(table, other, n_ternary, n_binary)
                if sign == 0.0:
                    for place in range(scores.shape[1]):
                        scores[start + lane, place] = joined[place] + offset
                else:
                    _keep_best(joined, sign, offset, members[start + lane], best, winners)


@part
def _add_leaves(leaves, ternary_rows, signs, n_ternary, n_binary, table):
    """Add leaves to the rows in which they belong."""
    none, one, two = np.uint64(0), np.uint64(1), np.uint64(2)
    n_low, n_three, n_two = np.uint64(N_LOW), np.uint64(n_ternary), np.uint64(n_binary)
    low, ternary = (one << n_low) - one, (one << n_three) - one
    for number in range(len(leaves)):
        leaf = leaves[number]
        inside, outside = np.uint64(leaf.inside), np.uint64(leaf.outside)
        which = CONTAINING[inside & low] & AVOIDING[outside & low]
        inside, outside = inside >> n_low, outside >> n_low
        row = ternary_rows[inside & ternary] + two * ternary_rows[outside & ternary]
        row = (row << n_two) + (inside >> n_three)
        outside >>= n_three
        add_to_eight(table, row << n_low, which, leaf.amount)
        if n_binary == 0:
            continue
        # Most leaves mention one binary player or none: a place without a branch, a loop for more.
        bit = outside & (none - outside)
        add_to_eight(table, (row | bit) << n_low, which if bit else np.uint8(0), -leaf.amount)
        outside ^= bit
        subset = outside
        while subset != none:
            amount = signs[subset] * leaf.amount
            add_to_eight(table, (row | subset) << n_low, which, amount)
            add_to_eight(table, (row | subset | bit) << n_low, which, -amount)
            subset = (subset - one) & outside


@part
def _add_to_some(leaves, allowed, chosen, scores):
    """Add leaves to the coalitions that contain A and avoid B."""
    one = np.uint64(1)
    absent = np.int64(len(allowed) // 2)  # where the rows begin of coalitions without a player
    for number in range(len(leaves)):
        leaf = leaves[number]
        inside, outside = np.uint64(leaf.inside), np.uint64(leaf.outside)
        chosen[:] = ~np.uint64(0)
        while inside:
            narrow(chosen, allowed, WORDS * lowest_lane(inside))
            inside &= inside - one
        while outside:
            narrow(chosen, allowed, absent + WORDS * lowest_lane(outside))
            outside &= outside - one
        words = not_empty(chosen)
        while words:
            word = lowest_lane(words)
            add_to_word(scores, WORD * word, chosen[word], leaf.amount)
            words &= words - one


@part
def _join_rows(table, other, n_ternary, n_binary):
    """Scores of all coalitions from the rows of a table, in this one or in the other one."""
    width = 1 << (n_binary + N_LOW)
    n_rows = 3**n_ternary
    step = 1 << N_LOW
    while step < width:
        for start in range(0, n_rows * width, 2 * step):
            free, within = table[start : start + step], table[start + step : start + 2 * step]
            for place in range(step):
                within[place] += free[place]
        step <<= 1
    while n_rows > 1:
        n_rows //= 3
        for row in range(n_rows):
            start = 3 * row * width
            free, within = table[start : start + width], table[start + width : start + 2 * width]
            without = table[start + 2 * width : start + 3 * width]
            start = 2 * row * width
            lower, upper = other[start : start + width], other[start + width : start + 2 * width]
            for place in range(width):
                lower[place] = free[place] + without[place]
            for place in range(width):
                upper[place] = free[place] + within[place]
        width *= 2
        table, other = other, table
    return table


@part
def _keep_best(scores, sign, offset, candidate, best, winners):
    """Let a candidate win the coalitions for which it is better than all before it."""
    for place in range(len(best)):
        score = sign * (scores[place] + offset)
        wins = score > best[place]
        best[place] = score if wins else best[place]
        winners[place] = candidate if wins else winners[place]
