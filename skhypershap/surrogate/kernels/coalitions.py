"""Scores of blends of candidates with a baseline: of all 2^d coalitions, or of some of many players.

A leaf that is reached with A and B (see `tree_walk`) adds its value to the scores of all coalitions S
that contain A and avoid B.

For all coalitions it is added to a table with more places than the 2^d scores, so that one leaf changes
few of them:

* the 2^3 coalitions of the three *low* players lie side by side and are changed together;
* a *ternary* player has three rows: it must be in, it must be out, or it is free;
* a *binary* player has two rows, in Moebius form: "must be out" is "free" minus "must be in".

A pass over the table then sums the rows that each coalition belongs to. As many players are ternary as
fit the processor's cache.

If only some coalitions of many players are scored, each is a bit of a long word; there is one word for
each player, and bitwise "and" over A and B gives the coalitions that a leaf adds to.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from skhypershap.arrays import Coalitions, Floats, Integers, Positions, Scores
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
from skhypershap.surrogate.kernels.tree_walk import Walk, Workspace, walk_tree, workspace

# A larger table leaves the first cache of a processor, where leaves are added and rows are joined.
TERNARY_BYTES = 1 << 15
ALL_TERNARY_BYTES = 1 << 16  # up to nine players; a table without binary players may be larger
BLOCK_NUMBERS = 1 << 22  # scores in a block at most: 32 MB
WORD = 64
# For each set of low players the coalitions of these, as bits, that contain it and that avoid it.
LOW_SETS = np.arange(1 << N_LOW)
CONTAINING = np.packbits(LOW_SETS[:, None] & ~LOW_SETS == 0, axis=1, bitorder="little").ravel()
AVOIDING = np.packbits(LOW_SETS[:, None] & LOW_SETS == 0, axis=1, bitorder="little").ravel()
MOST = WORDS * WORD  # coalitions at a time, if only some are scored

Buffer = npt.NDArray[Any]  # leaves of one lane, records as in `Workspace.waiting`


class ScoreLayout(NamedTuple):
    """The place of each coalition in a candidate's table of scores.

    Attributes
    ----------
    coalitions : ndarray of shape (n_coalitions,), dtype int64
        Position of the coalition at each place: in the table of all, or among those asked for.
    size : int
        Length of a table of scores, at least that for the coalitions of the low players.
    n_ternary, n_binary : int
        Number of players with three and with two rows; the rest are low.
    allowed : ndarray of shape (2 * n_players * 32,), dtype uint64
        If only some coalitions are scored, 2,048 bits for each player, in the order of the walk: those
        of the coalitions that contain it; and after these those of the coalitions that avoid it.
        Empty if all are scored.
    """

    coalitions: Positions
    size: int
    n_ternary: int
    n_binary: int
    allowed: Integers

    @property
    def table_size(self) -> int:
        """Length of the table to which leaves are added."""
        if len(self.allowed):
            return self.size
        rows: int = 3**self.n_ternary
        return rows << (self.n_binary + N_LOW)

    @property
    def most_candidates(self) -> int:
        """Number of candidates whose tables of scores fit a block."""
        return BLOCK_NUMBERS // self.size


def layout_of_all(walk: Walk) -> ScoreLayout:
    """Lay out all coalitions so that a leaf changes few places."""
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


def _ternary_rows(n_ternary: int) -> Integers:
    """For each set of ternary players the row in which they must be in and all others are free."""
    sets = np.arange(1 << n_ternary)[:, None]
    players = np.arange(n_ternary)
    rows: Integers = ((sets >> players & 1) * 3**players).sum(axis=1).astype(np.uint64)
    return rows


def _table_bytes(n_ternary: int, n_high: int) -> int:
    size: int = 3**n_ternary * 2 ** (n_high - n_ternary + N_LOW) * 8
    return size


def layout_of_some(walk: Walk, coalitions: Coalitions) -> ScoreLayout:
    """Lay out at most `MOST` coalitions, rows of bools, similar ones together."""
    members = coalitions[:, walk.player_at]
    order = np.lexsort(members.T[::-1])
    bits = np.zeros((2, len(walk.player_at), MOST), dtype=bool)
    bits[0, :, : len(order)], bits[1, :, : len(order)] = members[order].T, ~members[order].T
    allowed = np.packbits(bits.ravel(), bitorder="little").view("<u8").astype(np.uint64)
    return ScoreLayout(order, MOST, 0, 0, allowed)


def score_block(walk: Walk, layout: ScoreLayout, candidates: Positions) -> Floats:
    """Scores of shape (n_candidates, n_coalitions), in the order of the layout.

    Parameters
    ----------
    walk : Walk
        Of the forest.
    layout : ScoreLayout
        Of the coalitions.
    candidates : ndarray of shape (n_candidates,)
        Positions of some candidates of the walk.
    """
    scores = np.empty((len(candidates), layout.size))
    _score(walk, layout, candidates, 0.0, scores, np.empty(0), np.empty(0, dtype=np.int64))
    return scores[:, : len(layout.coalitions)]


def best_of_block(
    walk: Walk, layout: ScoreLayout, sign: float, candidates: Positions
) -> tuple[Scores, Positions]:
    """For each coalition the largest sign * score, and the position of the candidate that attains it."""
    best, winners = np.full(layout.size, -np.inf), np.zeros(layout.size, dtype=np.int64)
    _score(walk, layout, candidates, sign, np.empty((0, 0)), best, winners)
    return best[: len(layout.coalitions)], winners[: len(layout.coalitions)]


def _score(
    walk: Walk,
    layout: ScoreLayout,
    candidates: Positions,
    sign: float,
    scores: Floats,
    best: Scores,
    winners: Positions,
) -> None:
    """Call the kernel with memory that no other thread uses."""
    work = workspace(walk, layout.table_size)
    amounts, path_players = walk.leaves if len(walk.leaves[0]) else (None, None)
    overflows = len(walk.roots) * walk.most_leaves > work.waiting.shape[1]
    _score_block(
        walk.roots,
        walk.most_leaves,
        walk.nodes,
        walk.values,
        amounts,
        path_players,
        walk.offset,
        layout.n_ternary,
        layout.n_binary,
        _ternary_rows(layout.n_ternary),
        1.0 - 2.0 * (np.bitwise_count(np.arange(1 << layout.n_binary)) % 2),
        layout.allowed if len(layout.allowed) else None,
        walk.ranks,
        candidates,
        work,
        np.empty((LANES, layout.table_size) if overflows else (0, 0)),
        sign,
        scores,
        best,
        winners,
    )
    walk.spare.append(work)


@jit
def _score_block(
    roots: Integers,
    most: int,
    nodes: Integers,
    values: Floats,
    amounts: Floats | None,
    path_players: Any,
    offset: float,
    n_ternary: int,
    n_binary: int,
    ternary_rows: Integers,
    signs: Floats,
    allowed: Any,
    ranks: Integers,
    candidates: Positions,
    work: Workspace,
    kept: Floats,
    sign: float,
    scores: Floats,
    best: Scores,
    winners: Positions,
) -> None:
    """Fill `scores`, one row for each candidate, or, if `sign` is not 0, `best` and `winners`.

    `kept` is memory for the tables of all lanes, where a buffer may be too short for all leaves.
    `amounts` and `path_players` are None where leaves are not given by position, `allowed` where all
    coalitions are scored: numba leaves out what only the other case needs.
    """
    tables, counts, waiting = work.tables, work.counts, work.waiting
    table, width = tables[0], 1 << (n_binary + N_LOW)
    n_rows = len(table) // width
    lanes, chosen = work.ranks, work.chosen
    for start in range(0, len(candidates), LANES):
        n_left = len(candidates) - start
        n_lanes = n_left if n_left < LANES else LANES
        for column in range(len(ranks)):
            for lane in range(n_lanes):
                lanes[LANES * column + lane] = ranks[column, candidates[start + lane]]
        is_kept = False
        for lane in range(n_lanes):
            counts[lane] = np.uint64(0)
        for tree in range(len(roots)):
            walk_tree(roots[tree], nodes, values, work, n_lanes)
            last = tree == len(roots) - 1
            longest = np.uint64(0)
            for lane in range(n_lanes):
                longest = counts[lane] if counts[lane] > longest else longest
            if not last and np.int64(longest) + most <= waiting.shape[1]:
                continue
            for lane in range(n_lanes):
                for place in range(len(table)):
                    table[place] = kept[lane, place] if is_kept else 0.0
                leaves, joined = waiting[lane, : counts[lane]], 0
                if amounts is not None:
                    _add_by_path(leaves, amounts, path_players, allowed, chosen, table)
                elif allowed is not None:
                    _add_to_some(leaves, allowed, chosen, table)
                else:
                    _add_leaves(leaves, ternary_rows, signs, n_ternary, n_binary, table)
                counts[lane] = np.uint64(0)
                if not last:
                    for place in range(len(table)):
                        kept[lane, place] = table[place]
                    continue
                if allowed is None:
                    joined = _join_rows(tables, n_rows, width)
                if sign == 0.0:
                    row, found = scores[start + lane], tables[joined]
                    for place in range(len(row)):
                        row[place] = found[place] + offset
                else:
                    _keep_best(
                        tables[joined], sign, offset, candidates[start + lane], best, winners
                    )
            is_kept = True


@part
def _add_leaves(
    leaves: Buffer,
    ternary_rows: Integers,
    signs: Floats,
    n_ternary: int,
    n_binary: int,
    table: Floats,
) -> None:
    """Add leaves to the rows that they belong to."""
    none, one, two = np.uint64(0), np.uint64(1), np.uint64(2)
    n_low, n_three, n_two = np.uint64(N_LOW), np.uint64(n_ternary), np.uint64(n_binary)
    low, ternary = (one << n_low) - one, (one << n_three) - one
    for index in range(len(leaves)):
        leaf = leaves[index]
        inside, outside = np.uint64(leaf.inside), np.uint64(leaf.outside)
        which = CONTAINING[inside & low] & AVOIDING[outside & low]
        inside, outside = inside >> n_low, outside >> n_low
        row = ternary_rows[inside & ternary] + two * ternary_rows[outside & ternary]
        row = (row << n_two) + (inside >> n_three)
        outside >>= n_three
        add_to_eight(table, row << n_low, which, leaf.amount)
        if n_binary == 0:
            continue
        # Most leaves mention one binary player or none: no branch for these, a loop for more.
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
def _add_to_some(leaves: Buffer, allowed: Integers, chosen: Integers, scores: Floats) -> None:
    """Add leaves to the coalitions that contain A and avoid B."""
    one = np.uint64(1)
    absent = np.int64(len(allowed) // 2)  # where the words for coalitions without a player begin
    for index in range(len(leaves)):
        leaf = leaves[index]
        inside, outside = np.uint64(leaf.inside), np.uint64(leaf.outside)
        for word in range(WORDS):
            chosen[word] = ~np.uint64(0)
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
def _add_by_path(
    leaves: Buffer,
    amounts: Floats,
    path_players: Integers,
    allowed: Integers,
    chosen: Integers,
    scores: Floats,
) -> None:
    """The same for leaves that are given by position, whose sets hold numbers of their paths."""
    one = np.uint64(1)
    absent = np.int64(len(allowed) // 2)
    for index in range(len(leaves)):
        leaf = leaves[index]
        position = np.int64(leaf.amount)
        players = path_players[position]
        inside, outside = np.uint64(leaf.inside), np.uint64(leaf.outside)
        for word in range(WORDS):
            chosen[word] = ~np.uint64(0)
        while inside:
            narrow(chosen, allowed, WORDS * np.int64(players[lowest_lane(inside)]))
            inside &= inside - one
        while outside:
            narrow(chosen, allowed, absent + WORDS * np.int64(players[lowest_lane(outside)]))
            outside &= outside - one
        words = not_empty(chosen)
        while words:
            word = lowest_lane(words)
            add_to_word(scores, WORD * word, chosen[word], amounts[position])
            words &= words - one


@part
def _join_rows(tables: Floats, n_rows: int, width: int) -> int:
    """Sum the rows of the first table to the scores of all coalitions, in that table or the other."""
    step, last = 1 << N_LOW, 0
    while step < width:
        for start in range(0, n_rows * width, 2 * step):
            free = tables[0, start : start + step]
            within = tables[0, start + step : start + 2 * step]
            for place in range(step):
                within[place] += free[place]
        step <<= 1
    while n_rows > 1:
        n_rows //= 3
        _join_thirds(tables[last], tables[1 - last], n_rows, width)
        last = 1 - last
        width *= 2
    return last


@part
def _join_thirds(table: Floats, other: Floats, n_rows: int, width: int) -> None:
    """Make two rows of three: without a player, and with it."""
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


@part
def _keep_best(
    scores: Floats, sign: float, offset: float, candidate: int, best: Scores, winners: Positions
) -> None:
    """Put a candidate in front for the coalitions for which it is better than all before it."""
    for place in range(len(best)):
        score = sign * (scores[place] + offset)
        wins = score > best[place]
        best[place] = score if wins else best[place]
        winners[place] = candidate if wins else winners[place]
