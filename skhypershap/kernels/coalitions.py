"""Scores of all 2^d blends of a candidate with a baseline, from one walk through every tree.

At a split on player j where candidate x and baseline b go different ways both ways are followed:
one remembers that j is in the coalition S, the other that it is not; a player already decided is
followed without branching. A leaf reached with A (players that must be in S) and B (players that
must be out) adds its value to every S with A in S and B outside. As a sum over the subsets U of B
that is (-1)^|U| for every S that contains A + U, so one subset-sum transform at the end gives the
scores of all coalitions (Moebius form).

Trees are walked for 64 candidates at once, one bit for each. The baseline's way is the same for
all, so a split only parts a set of candidates into those that agree with the baseline and those
that differ: two bit operations. Candidates that are alike are put into the same block, where they
stay together for longer.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from skhypershap.kernels._jit import jit
from skhypershap.kernels.forest import FlatForest, ranks_of

AGREEING, DIFFERING, TEST, OWNER = range(4)  # columns of `Walk.nodes`
WORD = 64
TABLE_NUMBERS = 1 << 22  # 32 MB: what a block's table of coalitions and candidates may hold
DE_BRUIJN = 0x03F79D71B4CB0A89  # times a power of two, its upper six bits tell the exponent
EXPONENTS = np.zeros(WORD, dtype=np.int64)
for _exponent in range(WORD):
    EXPONENTS[((DE_BRUIJN << _exponent) & (2**WORD - 1)) >> 58] = _exponent


class Walk(NamedTuple):
    """Everything about a forest, a baseline and candidates that all blocks share.

    Attributes
    ----------
    forest : FlatForest
        The trees.
    nodes : ndarray of shape (n_nodes, 4), dtype int32
        For each split the child on the baseline's side and the other one (-1 at a leaf), the test
        that tells who goes with the baseline, and the player who owns the column, -1 for nobody.
        One row each, so that a visit costs one cache line.
    first_test : ndarray of shape (n_columns + 1,), dtype int64
        Where the tests of each column begin: two for each threshold, "left" and "right".
    n_players : int
        d.
    ranks : ndarray of shape (n_columns, n_candidates), dtype int32
        Candidates as ranks.
    blocks : list of ndarray
        Candidates, by position, that are walked together.
    """

    forest: FlatForest
    nodes: np.ndarray
    first_test: np.ndarray
    n_players: int
    ranks: np.ndarray
    blocks: list[np.ndarray]


def plan_walk(
    forest: FlatForest, candidates: np.ndarray, baseline: np.ndarray, player_of_column: np.ndarray
) -> Walk:
    """Compare the baseline with every split, and put similar candidates into the same block."""
    n_players = int(player_of_column.max()) + 1
    baseline_ranks = ranks_of(forest, baseline[None, :])[:, 0]
    inner = forest.left >= 0
    if not inner.any():  # constant trees only: every table has one entry that is never read
        baseline_ranks = np.zeros(1, dtype=np.int32)
    goes_left = baseline_ranks[forest.column] <= forest.rank
    n_tests = [2 * len(levels) for levels in forest.thresholds]
    first_test = np.concatenate([[0], np.cumsum(n_tests)]).astype(np.int64)
    nodes = np.stack(
        [
            np.where(goes_left, forest.left, forest.right),
            np.where(goes_left, forest.right, forest.left),
            first_test[forest.column] + 2 * forest.rank + ~goes_left,
            player_of_column[forest.column],
        ],
        axis=1,
    )
    ranks = ranks_of(forest, candidates)
    width = min(WORD, max(1, TABLE_NUMBERS >> n_players))
    return Walk(
        forest=forest,
        nodes=nodes.astype(np.int32),
        first_test=first_test,
        n_players=n_players,
        ranks=ranks,
        blocks=_alike(ranks, np.arange(len(candidates)), width),
    )


def _alike(
    ranks: np.ndarray, positions: np.ndarray, width: int, column: int = 0
) -> list[np.ndarray]:
    """Halve the candidates by one column after the other until `width` are left together."""
    if len(positions) <= width:
        return [positions]
    if len(ranks):
        positions = positions[np.argsort(ranks[column % len(ranks), positions], kind="stable")]
    n_words = -(-len(positions) // width)
    half = n_words // 2 * width
    lower = _alike(ranks, positions[:half], width, column + 1)
    return lower + _alike(ranks, positions[half:], width, column + 1)


def walk_block(walk: Walk, block: int) -> np.ndarray:
    """Scores of shape (2^n_players, n_candidates of the block); bit i of a row: player i is in."""
    ranks = np.ascontiguousarray(walk.ranks[:, walk.blocks[block]])
    table = np.zeros((1 << walk.n_players, len(walk.blocks[block])))
    if walk.forest.thresholds:
        passing = _passing(ranks, walk.first_test)
    else:
        passing = np.zeros(1, dtype=np.uint64)
    largest_tree = int(np.diff(walk.forest.roots, append=len(walk.forest.left)).max())
    _add_leaves(
        walk.forest.roots,
        walk.forest.value,
        walk.nodes,
        passing,
        2 * largest_tree + 1,
        EXPONENTS,
        table,
    )
    table[0] += walk.forest.offset
    _subset_sums(table)
    return table


@jit
def _passing(ranks, first_test):
    """For each test the candidates that pass it, as bits."""
    n_columns, n_candidates = ranks.shape
    passing = np.empty(first_test[n_columns], np.uint64)
    for column in range(n_columns):
        order = np.argsort(ranks[column])
        bits = np.uint64(0)
        position = 0
        for rank in range((first_test[column + 1] - first_test[column]) // 2):
            while position < n_candidates and ranks[column, order[position]] <= rank:
                bits |= np.uint64(1) << np.uint64(order[position])
                position += 1
            passing[first_test[column] + 2 * rank] = bits
            passing[first_test[column] + 2 * rank + 1] = ~bits
    return passing


@jit
def _add_leaves(roots, value, nodes, passing, capacity, exponents, table):
    """Add every leaf, in Moebius form, to `table` of shape (2^n_players, n_candidates)."""
    one = np.uint64(1)
    n_candidates = table.shape[1]
    everyone = ~np.uint64(0) >> np.uint64(64 - n_candidates)
    stack_node = np.empty(capacity, np.int32)
    stack_in = np.empty(capacity, np.int64)
    stack_out = np.empty(capacity, np.int64)
    stack_who = np.empty(capacity, np.uint64)
    reached = np.empty(64, np.int64)
    for root in roots:
        stack_node[0], stack_in[0], stack_out[0], stack_who[0] = root, 0, 0, everyone
        depth = 1
        while depth > 0:
            depth -= 1
            node, inside, outside = stack_node[depth], stack_in[depth], stack_out[depth]
            who = stack_who[depth]
            while nodes[node, AGREEING] >= 0:
                owner = nodes[node, OWNER]
                if owner < 0 or (outside >> owner) & 1:
                    node = nodes[node, AGREEING]
                    continue
                agree = who & passing[nodes[node, TEST]]
                differ = who ^ agree
                if differ:
                    bit = 1 << owner
                    stack_node[depth], stack_who[depth] = nodes[node, DIFFERING], differ
                    stack_in[depth], stack_out[depth] = inside | bit, outside
                    depth += 1
                    if not inside & bit:  # undecided so far: they may also stay with the baseline
                        stack_node[depth], stack_who[depth] = nodes[node, AGREEING], differ
                        stack_in[depth], stack_out[depth] = inside, outside | bit
                        depth += 1
                if not agree:
                    node = -1
                    break
                who = agree
                node = nodes[node, AGREEING]
            if node < 0:
                continue
            n_reached = 0
            while who:
                lowest = who & (~who + one)
                reached[n_reached] = exponents[(lowest * np.uint64(DE_BRUIJN)) >> np.uint64(58)]
                n_reached += 1
                who ^= lowest
            amount = value[node]
            subset = outside
            while True:
                signed, rest = amount, subset
                while rest:  # the sign of the subset's size
                    rest &= rest - 1
                    signed = -signed
                row = inside | subset
                for number in range(n_reached):
                    table[row, reached[number]] += signed
                if subset == 0:
                    break
                subset = (subset - 1) & outside


@jit
def _subset_sums(table):
    """Replace each row by the sum of the rows of all its subsets."""
    n_coalitions, n_candidates = table.shape
    bit = 1
    while bit < n_coalitions:
        for coalition in range(n_coalitions):
            if coalition & bit:
                for candidate in range(n_candidates):
                    table[coalition, candidate] += table[coalition ^ bit, candidate]
        bit <<= 1
