"""The leaves that blends of candidates with a baseline reach, from one walk through every tree.

At a split on player j where candidate x and baseline b go different ways both ways are followed:
one remembers that j is in the coalition S, the other that it is not; a player already decided is
followed without branching. A leaf reached with A (players that must be in S) and B (players that
must be out) is where x blended with b ends for every S with A in S and B outside.

Trees are walked for 64 candidates at once, one bit for each. The baseline's way is the same for
all, so a node is visited at most once, with the same A for everybody; B is kept for each candidate.
Candidates that are alike are put into the same block, where they stay together for longer.

The leaf where the baseline itself ends, the only one with an empty A, is left out: all others tell by
how much they differ from it.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from skhypershap.surrogate.kernels._jit import jit, part
from skhypershap.surrogate.kernels._vector import LANES, WORDS, lanes_above, lowest_lane, toggle
from skhypershap.surrogate.kernels.forest import FlatForest, ranks_of

SKIP, RANK, COLUMN, OWNER = range(4)  # columns of `Walk.nodes`
NARROW, MOST_PLAYERS = 31, 62  # players in a set of 32 bits, and in one of 64
BLOCK = 4 * LANES  # candidates
BLOCKS = 32  # at least, where there are as many candidates: for threads, and for many good ones
COUNTED_TREES = 16  # enough to tell which players leaves mention most
WAITING = 4_112  # leaves of a candidate that wait to be added; no multiple of a memory page
CACHE_LINE = 64


class Walk(NamedTuple):
    """Everything about a forest, a baseline and candidates that all blocks share.

    Attributes
    ----------
    roots : ndarray of shape (n_trees,), dtype int64
        Node at which each tree begins.
    nodes : ndarray of shape (n_nodes, 4), dtype int32
        In the order of a walk that takes the baseline's side first, which is always the next node.
        For a split: the node on the other side, the threshold's rank, where the column's ranks begin
        in a block, and twice the player's position, plus one where the baseline goes right. For a
        leaf: -1 and the number of its value.
    values : ndarray of shape (n_leaves,), dtype float64
        By how much each leaf differs from the one of its tree where the baseline ends.
    offset : float
        Score of the baseline.
    deepest, most_leaves : int
        Of any tree: splits above a leaf, and leaves that one candidate can reach.
    player_at : ndarray of shape (n_players,), dtype int64
        Players by position: those that leaves mention most come first.
    ranks : ndarray of shape (n_columns, n_candidates), dtype int32
        Candidates as ranks; where a column has no player, the baseline's.
    ordered : ndarray of shape (n_candidates,), dtype int64
        Candidates, similar ones together.
    spare : list
        Memory for blocks that no thread uses at the moment.
    """

    roots: np.ndarray
    nodes: np.ndarray
    values: np.ndarray
    offset: float
    deepest: int
    most_leaves: int
    player_at: np.ndarray
    ranks: np.ndarray
    ordered: np.ndarray
    spare: list[Workspace]

    def blocks(self, most: int) -> list[np.ndarray]:
        """Candidates, by position, that are scored together, at most so many."""
        width = max(1, min(BLOCK, most, len(self.ordered) // BLOCKS))
        starts = range(0, len(self.ordered), width)
        return [self.ordered[start : start + width] for start in starts]


def plan_walk(
    forest: FlatForest, candidates: np.ndarray, baseline: np.ndarray, player_of_column: np.ndarray
) -> Walk:
    """Put nodes, players and candidates into the order in which a walk needs them."""
    n_players = int(player_of_column.max()) + 1
    ranks = ranks_of(forest, np.vstack([candidates, baseline]))
    ranks, baseline_ranks = ranks[:, :-1], ranks[:, -1].copy()
    ownerless = player_of_column[: len(ranks)] < 0
    ranks[ownerless] = baseline_ranks[ownerless, None]
    nodes = np.empty((len(forest.left), 4), dtype=np.int32)
    values = np.empty(int((forest.left < 0).sum()))
    mentions = np.zeros(n_players)
    roots, deepest = _order_nodes(
        forest.roots,
        forest.left,
        forest.right,
        forest.column,
        forest.rank,
        forest.value,
        baseline_ranks,
        np.maximum(player_of_column, 0),
        nodes,
        values,
        mentions,
    )
    player_at = np.argsort(-mentions, kind="stable")
    position_of = np.argsort(player_at)
    split = nodes[:, SKIP] >= 0
    owner = nodes[split, OWNER]
    nodes[split, OWNER] = 2 * position_of[owner >> 1] + (owner & 1)
    n_leaves = (np.diff(roots, append=len(nodes)) + 1) // 2
    first = values[np.cumsum(n_leaves) - n_leaves]
    return Walk(
        roots=roots,
        nodes=nodes,
        values=values - np.repeat(first, n_leaves),
        offset=forest.offset + first.sum(),
        deepest=int(deepest),
        most_leaves=min(int(n_leaves.max()), 1 << n_players),
        player_at=player_at,
        ranks=ranks,
        ordered=_alike(ranks, np.arange(len(candidates))),
        spare=[],
    )


def _alike(ranks: np.ndarray, positions: np.ndarray, column: int = 0) -> np.ndarray:
    """Order candidates so that those that are walked together are alike, halving column by column."""
    if len(positions) <= LANES:
        return positions
    if len(ranks):
        positions = positions[np.argsort(ranks[column % len(ranks), positions], kind="stable")]
    half = -(-len(positions) // LANES) // 2 * LANES
    lower, upper = positions[:half], positions[half:]
    return np.concatenate([_alike(ranks, lower, column + 1), _alike(ranks, upper, column + 1)])


class Workspace(NamedTuple):
    """Memory of one thread, used for block after block: fresh memory costs more than the walk.

    Attributes
    ----------
    ranks : ndarray of shape (n_columns * 64,), dtype int32
        The block's candidates, column by column.
    outside : ndarray of shape (64,), dtype int32 or int64
        B of each candidate where the walk is.
    who_out : ndarray of shape (62,), dtype uint64
        The same for each player: the candidates for which it must be out.
    later, later_who : ndarray of shapes (deepest, 3) and (deepest,)
        Nodes to be visited: node, A, and how many changes are known there; for which candidates.
    changed_owner, changed_who : ndarray of shape (deepest,), dtype uint64
        Changes of `outside` and `who_out` on the way to where the walk is.
    counts : ndarray of shape (64,), dtype uint64
        How many leaves of each candidate wait.
    waiting : ndarray of shape (64, n_waiting)
        These leaves: records of `amount`, `inside` (A) and `outside` (B).
    chosen : ndarray of shape (32,), dtype uint64
        Coalitions that a leaf adds to, where only some are scored.
    tables : ndarray of shape (2, n_numbers), dtype float64
        What leaves are added to, and room to join its rows.
    """

    ranks: np.ndarray
    outside: np.ndarray
    who_out: np.ndarray
    later: np.ndarray
    later_who: np.ndarray
    changed_owner: np.ndarray
    changed_who: np.ndarray
    counts: np.ndarray
    waiting: np.ndarray
    chosen: np.ndarray
    tables: np.ndarray


def workspace(walk: Walk, table_size: int) -> Workspace:
    """Take memory that no other thread uses; put it back into `walk.spare` afterwards."""
    try:
        return walk.spare.pop()
    except IndexError:
        pass
    members = np.int32 if len(walk.player_at) <= NARROW else np.int64
    leaf = np.dtype([("amount", np.float64), ("inside", members), ("outside", members)])
    return Workspace(
        ranks=_aligned((len(walk.ranks) * LANES,), np.int32),
        outside=_aligned((LANES,), members),
        who_out=np.zeros(MOST_PLAYERS, dtype=np.uint64),
        later=np.empty((walk.deepest, 3), dtype=members),
        later_who=np.empty(walk.deepest, dtype=np.uint64),
        changed_owner=np.empty(walk.deepest, dtype=np.uint64),
        changed_who=np.empty(walk.deepest, dtype=np.uint64),
        counts=np.zeros(LANES, dtype=np.uint64),
        waiting=np.empty((LANES, max(WAITING, walk.most_leaves)), dtype=leaf),
        chosen=_aligned((WORDS,), np.uint64),
        tables=_aligned((2, table_size), np.float64),
    )


def _aligned(shape: tuple[int, ...], dtype: type) -> np.ndarray:
    """Zeros that begin with a cache line: a vector across two of them costs twice."""
    n_bytes = math.prod(shape) * np.dtype(dtype).itemsize
    room = np.zeros(n_bytes + CACHE_LINE, dtype=np.uint8)
    start = -room.ctypes.data % CACHE_LINE
    return room[start : start + n_bytes].view(dtype).reshape(shape)


@jit
def _order_nodes(
    roots, left, right, column, rank, value, baseline, player_of_column, nodes, values, mentions
):
    """Fill `nodes` and `values` in the order of a walk; count how often leaves mention players.

    A leaf that needs |A| players in is reached by 1 of 2^|A| candidates, hence its weight.
    """
    capacity = len(left) + 1
    stack = np.empty(capacity, np.int64)
    above = np.empty(capacity, np.int64)  # whose SKIP a node becomes; -1 for a baseline's side
    depths = np.empty(capacity, np.int64)
    owners = np.empty(capacity, np.int64)  # of the splits on the way, and whether they were crossed
    crossed = np.empty(capacity, np.bool_)
    state = np.zeros(len(mentions), np.int64)
    starts = np.empty(len(roots), np.int64)
    n_nodes, n_leaves, deepest = 0, 0, 1
    for tree in range(len(roots)):
        starts[tree] = n_nodes
        stack[0], above[0], depths[0] = roots[tree], -1, 0
        size = 1
        while size > 0:
            size -= 1
            node, depth = stack[size], depths[size]
            if depth > 0:
                crossed[depth - 1] = above[size] >= 0
            if above[size] >= 0:
                nodes[above[size], SKIP] = n_nodes
            if left[node] >= 0:
                player = player_of_column[column[node]]
                goes_left = baseline[column[node]] <= rank[node]
                nodes[n_nodes, RANK] = rank[node]
                nodes[n_nodes, COLUMN] = LANES * column[node]
                nodes[n_nodes, OWNER] = 2 * player + (0 if goes_left else 1)
                owners[depth] = player
                stack[size] = right[node] if goes_left else left[node]
                above[size], depths[size] = n_nodes, depth + 1
                stack[size + 1] = left[node] if goes_left else right[node]
                above[size + 1], depths[size + 1] = -1, depth + 1
                size += 2
            else:
                nodes[n_nodes, SKIP], nodes[n_nodes, RANK] = -1, n_leaves
                values[n_leaves] = value[node]
                n_leaves += 1
                deepest = max(deepest, depth)
                weight = 1.0
                if tree >= COUNTED_TREES:
                    depth = 0
                for step in range(depth):
                    if crossed[step] and state[owners[step]] != 2:
                        state[owners[step]] = 2
                        weight /= 2
                for step in range(depth):
                    if state[owners[step]] == 0:
                        state[owners[step]] = 1
                        mentions[owners[step]] += weight
                for step in range(depth):
                    state[owners[step]] = 0
            n_nodes += 1
    return starts, deepest


@part
def walk_tree(root, nodes, values, work, n_lanes):
    """List for each candidate the leaves that its blends reach, with their A and B."""
    ranks, counts, waiting = work.ranks, work.counts, work.waiting
    outside, who_out = (
        work.outside,
        work.who_out,
    )  # B of each candidate, and who is out for each player
    later, later_who = work.later, work.later_who
    changed_owner, changed_who = work.changed_owner, work.changed_who
    none, one = np.uint64(0), np.uint64(1)
    as_set = outside.dtype.type
    node, inside, who = np.uint64(root), as_set(0), ~none >> np.uint64(LANES - n_lanes)
    n_later, n_changed = np.uint64(0), np.uint64(0)
    while True:
        while nodes[node, SKIP] >= 0:
            owner = np.uint64(nodes[node, OWNER] >> 1)
            goes_right = none - np.uint64(nodes[node, OWNER] & 1)
            differ = who & (lanes_above(ranks, nodes[node, COLUMN], nodes[node, RANK]) ^ goes_right)
            bit = as_set(1) << as_set(owner)
            decided = inside & bit
            if not decided:
                differ &= ~who_out[owner]
            if differ == none:
                node += one
                continue
            if decided:
                who ^= differ
                if who == none:
                    who = differ
                    node = np.uint64(nodes[node, SKIP])
                    continue
            later[n_later, 0], later[n_later, 1] = nodes[node, SKIP], inside | bit
            later[n_later, 2], later_who[n_later] = n_changed, differ
            n_later += one
            if not decided:  # they may also stay with the baseline
                who_out[owner] ^= differ
                toggle(outside, differ, bit)
                changed_owner[n_changed], changed_who[n_changed] = owner, differ
                n_changed += one
            node += one
        amount = values[np.uint64(nodes[node, RANK])]
        while inside and who:
            lane = np.uint64(lowest_lane(who))
            position = counts[lane]
            waiting[lane, position].amount = amount
            waiting[lane, position].inside = inside
            waiting[lane, position].outside = outside[lane]
            counts[lane] = position + one
            who &= who - one
        if n_later == none:
            break
        n_later -= one
        node, inside, who = np.uint64(later[n_later, 0]), later[n_later, 1], later_who[n_later]
        known = np.uint64(later[n_later, 2])
        while n_changed > known:
            n_changed -= one
            owner, differ = changed_owner[n_changed], changed_who[n_changed]
            who_out[owner] ^= differ
            toggle(outside, differ, as_set(1) << as_set(owner))
    while n_changed > none:
        n_changed -= one
        owner, differ = changed_owner[n_changed], changed_who[n_changed]
        who_out[owner] ^= differ
        toggle(outside, differ, as_set(1) << as_set(owner))
