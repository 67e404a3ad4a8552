"""Scores of blends of candidates with a baseline: of all 2^d coalitions, or of some of many players.

A leaf that is reached with A and B (see `tree_walk`) adds its value to the scores of all coalitions S
that contain A and avoid B.

For all coalitions it is added to a table with more places than the 2^d scores (see `score_layouts`), so
that one leaf changes few of them; a pass over the table then sums the rows of each coalition.

If only some coalitions of many players are scored, each is a bit of a long word; there is one word for
each player, and bitwise "and" over A and B gives the coalitions that a leaf adds to. A word has 2,048
bits; of more coalitions each part has words of its own, and all parts take the leaves of one walk.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from skhypershap.arrays import Floats, Integers, Positions, Scores
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
    sum_of_eights,
)
from skhypershap.surrogate.kernels.score_layouts import ScoreLayout
from skhypershap.surrogate.kernels.tree_walk import Walk, Workspace, walk_tree, workspace

WORD = 64

Buffer = npt.NDArray[Any]  # leaves of one lane, records as in `Workspace.waiting`
NO_NUMBERS, NO_TABLE = np.empty(0), np.empty((0, 0))
NO_POSITIONS = np.empty(0, dtype=np.int64)


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
    _score(walk, layout, candidates, scores=scores)
    return scores[:, : len(layout.coalitions)]


def best_of_block(
    walk: Walk, layout: ScoreLayout, sign: float, candidates: Positions
) -> tuple[Scores, Positions]:
    """For each coalition the largest sign * score, and the position of the candidate that attains it."""
    best, winners = np.full(layout.size, -np.inf), np.zeros(layout.size, dtype=np.int64)
    _score(walk, layout, candidates, sign=sign, best=best, winners=winners)
    return best[: len(layout.coalitions)], winners[: len(layout.coalitions)]


def moments_of_block(
    walk: Walk, layout: ScoreLayout, weights: Floats, candidates: Positions
) -> tuple[float, Floats, Floats]:
    """Mass of the candidates, and for each coalition the mean of scores and its sum of squares.

    `weights` has shape (n_candidates_of_the_walk,); squares are those of deviations from the mean.
    """
    moments = np.zeros((3, layout.size))
    _score(walk, layout, candidates, weights=weights, moments=moments)
    first, means, squares = moments[:, : len(layout.coalitions)]
    return float(weights[candidates].sum()), first + means, squares


def _score(
    walk: Walk,
    layout: ScoreLayout,
    candidates: Positions,
    *,
    sign: float = 0.0,
    scores: Floats = NO_TABLE,
    best: Scores = NO_NUMBERS,
    winners: Positions = NO_POSITIONS,
    weights: Floats = NO_NUMBERS,
    moments: Floats = NO_TABLE,
) -> None:
    """Call the kernel with memory that no other thread uses."""
    work = workspace(walk, layout.table_size)
    overflows = len(walk.roots) * walk.most_leaves > work.waiting.shape[1]
    _score_block(
        walk.roots,
        walk.most_leaves,
        walk.nodes,
        walk.values,
        walk.insides,
        *walk.leaves,
        walk.offset,
        layout.n_ternary,
        layout.n_binary,
        layout.rows_in,
        layout.rows_out,
        layout.signs,
        layout.allowed if layout.allowed.size else None,
        len(layout.allowed),
        layout.size // len(layout.allowed),
        walk.ranks,
        candidates,
        work,
        np.empty((LANES, len(layout.allowed) * layout.table_size) if overflows else (0, 0)),
        sign,
        scores,
        best,
        winners,
        weights,
        moments,
    )
    walk.spare.append(work)


@jit
def _score_block(
    roots: Integers,
    most: int,
    nodes: Integers,
    values: Floats,
    insides: Integers,
    amounts: Floats,
    path_players: Integers,
    offset: float,
    n_ternary: int,
    n_binary: int,
    rows_in: Integers,
    rows_out: Integers,
    signs: Floats,
    allowed: Any,
    n_parts: int,
    size: int,
    ranks: Integers,
    candidates: Positions,
    work: Workspace,
    kept: Floats,
    sign: float,
    scores: Floats,
    best: Scores,
    winners: Positions,
    weights: Floats,
    moments: Floats,
) -> None:
    """Fill `scores`, a row for each candidate, or `best` and `winners`, or `moments`: see callers.

    `kept` is memory for the tables of all lanes, where a buffer may be too short for all leaves.
    `allowed` is None where all coalitions are scored: numba leaves out what only the other case needs.
    """
    tables, counts, waiting = work.tables, work.counts, work.waiting
    table, width = tables[0], 1 << (n_binary + N_LOW)
    n_rows = len(table) // width
    lanes, chosen, mass = work.ranks, work.chosen, 0.0
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
            walk_tree(roots[tree], nodes, values, insides, work, n_lanes)
            last = tree == len(roots) - 1
            longest = np.uint64(0)
            for lane in range(n_lanes):
                longest = counts[lane] if counts[lane] > longest else longest
            if not last and np.int64(longest) + most <= waiting.shape[1]:
                continue
            for lane in range(n_lanes):
                leaves, candidate = waiting[lane, : counts[lane]], candidates[start + lane]
                counts[lane] = np.uint64(0)
                if last and len(weights) > 0:
                    mass += weights[candidate]
                for at in range(n_parts):
                    here, joined = at * len(table), 0
                    for place in range(len(table)):
                        table[place] = 0.0
                    if is_kept:
                        for place in range(len(table)):
                            table[place] = kept[lane, here + place]
                    if allowed is not None:
                        _add_to_some(leaves, amounts, path_players, allowed[at], chosen, table)
                    else:
                        _add_leaves(leaves, rows_in, rows_out, signs, n_ternary, n_binary, table)
                    if not last:
                        for place in range(len(table)):
                            kept[lane, here + place] = table[place]
                        continue
                    if allowed is None:
                        joined = _join_rows(tables, n_rows, width)
                    found, end = tables[joined], here + size
                    if len(scores) > 0:
                        row = scores[start + lane, here:end]
                        for place in range(size):
                            row[place] = found[place] + offset
                    elif len(best) > 0:
                        of_part = best[here:end], winners[here:end]
                        _keep_best(found, sign, offset, candidate, *of_part)
                    elif weights[candidate] > 0.0:
                        of_rows = moments[0, here:end], moments[1, here:end], moments[2, here:end]
                        _add_moments(found, offset, weights[candidate], mass, *of_rows)
            is_kept = True


@part
def _add_leaves(
    leaves: Buffer,
    rows_in: Integers,
    rows_out: Integers,
    signs: Floats,
    n_ternary: int,
    n_binary: int,
    table: Floats,
) -> None:
    """Add leaves to the rows that they belong to."""
    none, one, byte = np.uint64(0), np.uint64(1), np.uint64(8)
    n_low, n_first = np.uint64(N_LOW), np.uint64(N_LOW + n_ternary)
    first = (one << n_first) - one
    for index in range(len(leaves)):
        amount = leaves[index].amount
        inside, outside = np.uint64(leaves[index].inside), np.uint64(leaves[index].outside)
        about_in, about_out = rows_in[inside & first], rows_out[outside & first]
        which = np.uint8(about_in & about_out)
        row = (about_in >> byte) + (about_out >> byte) + (inside >> n_first)
        add_to_eight(table, row << n_low, which, amount)
        if n_binary == 0:
            continue
        # Most leaves mention one binary player or none: no branch for these, a loop for more.
        outside >>= n_first
        bit = outside & (none - outside)
        add_to_eight(table, (row | bit) << n_low, which if bit else np.uint8(0), -amount)
        outside ^= bit
        subset = outside
        while subset != none:
            signed = signs[subset] * amount
            add_to_eight(table, (row | subset) << n_low, which, signed)
            add_to_eight(table, (row | subset | bit) << n_low, which, -signed)
            subset = (subset - one) & outside


@part
def _add_to_some(
    leaves: Buffer,
    amounts: Floats,
    path_players: Integers,
    allowed: Integers,
    chosen: Integers,
    scores: Floats,
) -> None:
    """Add leaves to the coalitions that contain A and avoid B.

    If there are `amounts`, leaves are given by position, and sets hold numbers of their paths.
    """
    one = np.uint64(1)
    absent = np.int64(len(allowed) // 2)  # where the words for coalitions without a player begin
    is_numbered = len(amounts) > 0
    for index in range(len(leaves)):
        leaf = leaves[index]
        inside, outside = np.uint64(leaf.inside), np.uint64(leaf.outside)
        position = np.int64(leaf.amount) if is_numbered else 0
        for word in range(WORDS):
            chosen[word] = ~np.uint64(0)
        while inside:
            player = lowest_lane(inside)
            if is_numbered:
                player = np.int64(path_players[position, player])
            narrow(chosen, allowed, WORDS * player)
            inside &= inside - one
        while outside:
            player = lowest_lane(outside)
            if is_numbered:
                player = np.int64(path_players[position, player])
            narrow(chosen, allowed, absent + WORDS * player)
            outside &= outside - one
        amount = amounts[position] if is_numbered else leaf.amount
        words = not_empty(chosen)
        while words:
            word = lowest_lane(words)
            add_to_word(scores, WORD * word, chosen[word], amount)
            words &= words - one


@part
def _join_rows(tables: Floats, n_rows: int, width: int) -> int:
    """Sum the rows of the first table to the scores of all coalitions, in that table or the other."""
    table, step, last = tables[0], 1 << N_LOW, 0
    while step < width:
        for start in range(step, n_rows * width, 2 * step):
            for place in range(start, start + step, 1 << N_LOW):
                sum_of_eights(table, place, table, place, place - step)
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
        for place in range(0, width, 1 << N_LOW):
            free, lower = 3 * row * width + place, 2 * row * width + place
            sum_of_eights(other, lower, table, free, free + 2 * width)
            sum_of_eights(other, lower + width, table, free, free + width)


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


@part
def _add_moments(
    scores: Floats,
    offset: float,
    weight: float,
    mass: float,
    first: Floats,
    means: Floats,
    squares: Floats,
) -> None:
    """Update moments by one candidate as in West (1979); `mass` includes its weight.

    `first` has the scores of the first candidate, from which means are counted, so that equal
    scores deviate by exactly zero.
    """
    share = weight / mass
    if share == 1.0:  # nothing before has a weight
        for place in range(len(first)):
            first[place], means[place], squares[place] = scores[place] + offset, 0.0, 0.0
        return
    others = weight * (1.0 - share)
    for place in range(len(first)):
        step = scores[place] + offset - first[place] - means[place]
        means[place] += share * step
        squares[place] += others * step * step
