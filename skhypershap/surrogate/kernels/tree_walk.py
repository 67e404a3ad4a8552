"""The leaves that blends of candidates with a baseline reach, from one walk through every tree.

At a split on player j where candidate x and baseline b take different sides the walk follows both: one
path puts j into the coalition S, the other keeps it out. Where j is decided already the walk takes
one side only. A leaf reached with A (players that must be in S) and B (players that must be out) is
where the blend of x and b ends for every S that contains A and avoids B.

Trees are walked for 64 candidates at once (lanes), one bit for each. The baseline's side is the same for
all, so a node is visited at most once, and its A is known before the walk; B is kept for each lane.
Similar candidates are put into the same block, where they share more of the walk.

The leaf where the baseline itself ends, the only one with an empty A, is left out: the values of all
others are differences from it.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from skhypershap.arrays import Floats, Integers, PlayerOfColumn, Positions, Vector, Vectors
from skhypershap.surrogate.kernels._jit import jit, part
from skhypershap.surrogate.kernels._vector import LANES, WORDS, lanes_above, lowest_lane, toggle
from skhypershap.surrogate.kernels.forest import MOST_PLAYERS, FlatForest, ranks_of

SKIP, RANK, COLUMN, OWNER = range(4)  # columns of `Walk.nodes`
DECIDED, PLAYER = 2, 2  # the bit of OWNER for a player that A has, and where the player begins
NARROW = 31  # players in a set of 32 bits; in one of 64 there may be `MOST_PLAYERS`
BLOCK = 4 * LANES  # candidates
BLOCKS = 32  # at least, if candidates suffice: work for threads, and several good candidates
COUNTED_TREES = 16  # enough to estimate which players leaves mention most
WAITING = 4_112  # buffered leaves of a candidate; not a multiple of a memory page
CACHE_LINE = 64


class Walk(NamedTuple):
    """What all blocks of candidates share: the forest, the baseline, and memory.

    Attributes
    ----------
    roots : ndarray of shape (n_trees,), dtype int64
        Node at which each tree begins.
    nodes : ndarray of shape (n_nodes, 4), dtype int32
        In the order of a walk that takes the baseline's side first, so that this is always the next
        node. A split has the node on the other side, the threshold's rank, the place at which the
        column's ranks begin in `Workspace.ranks`, and four times the player's position, plus two
        where A has the player already, plus one where the baseline goes right. A leaf has -1 and the
        position of its value.
    values : ndarray of shape (n_leaves,), dtype float64
        Difference of each leaf from the leaf of its tree where the baseline ends.
    insides : ndarray of shape (n_leaves,), dtype int64
        A of each leaf, a set of positions (or of numbers on the path).
    offset : float
        Score of the baseline.
    deepest, most_leaves : int
        Maxima over trees: splits above a leaf, and leaves but the baseline's that one candidate reaches.
    player_at : ndarray of shape (n_players,), dtype int64
        Players by position: those that leaves mention most come first.
    n_numbers : int
        How many players a set must hold: all, or those of one path (see `path_players`).
    leaves : tuple of ndarray
        Where players are numbered anew on each path: the values of all leaves, of shape (n_leaves,)
        and the players of their paths, of shape (n_leaves, n_numbers). `values` are positions then.
    ranks : ndarray of shape (n_columns, n_candidates), dtype int16, or int32 for very many thresholds
        Candidates as ranks; where a column has no player, the baseline's.
    ordered : ndarray of shape (n_candidates,), dtype int64
        Positions of the candidates, similar ones together.
    spare : list
        Workspaces that no thread uses at the moment.
    """

    roots: Integers
    nodes: Integers
    values: Floats
    insides: Integers
    offset: float
    deepest: int
    most_leaves: int
    player_at: Integers
    n_numbers: int
    leaves: tuple[Floats, Integers]
    ranks: Integers
    ordered: Positions
    spare: list[Workspace]

    def blocks(self, most: int) -> list[Positions]:
        """Positions of the candidates that are scored together, at most `most` in a block."""
        width = max(1, min(BLOCK, most, len(self.ordered) // BLOCKS))
        starts = range(0, len(self.ordered), width)
        return [self.ordered[start : start + width] for start in starts]


def plan_walk(
    forest: FlatForest, candidates: Vectors, baseline: Vector, player_of_column: PlayerOfColumn
) -> Walk:
    """Put nodes, players and candidates into the order of the walk."""
    n_players = int(player_of_column.max()) + 1
    ranks = _short(ranks_of(forest, np.vstack([candidates, baseline])))
    ranks, baseline_ranks = ranks[:, :-1], ranks[:, -1].copy()
    fixed = player_of_column[: len(ranks)] < 0
    ranks[fixed] = baseline_ranks[fixed, None]
    players = np.maximum(player_of_column, 0)
    mentions = _ordered(_first_trees(forest), baseline_ranks, players).mentions
    player_at = np.argsort(-mentions, kind="stable")
    ordered = _ordered(forest, baseline_ranks, np.argsort(player_at)[players])
    values, roots = ordered.values, ordered.roots
    n_leaves = (np.diff(roots, append=len(ordered.nodes)) + 1) // 2
    first = values[np.cumsum(n_leaves) - n_leaves]
    return Walk(
        roots=roots,
        nodes=ordered.nodes,
        values=values - np.repeat(first, n_leaves),
        insides=ordered.insides,
        offset=forest.offset + first.sum(),
        deepest=ordered.deepest,
        most_leaves=min(int(n_leaves.max()), 1 << n_players) - 1,
        player_at=player_at,
        n_numbers=n_players,
        leaves=(np.zeros(0), np.zeros((0, 0), dtype=np.int32)),
        ranks=ranks,
        ordered=_similar_together(_coarse(ranks), np.arange(len(candidates))),
        spare=[],
    )


class _Ordered(NamedTuple):
    """Trees in the order of a walk: attributes of `Walk`, and how often leaves mention players."""

    roots: Integers
    nodes: Integers
    values: Floats
    insides: Integers
    mentions: Floats
    deepest: int


def _first_trees(forest: FlatForest) -> FlatForest:
    """Trees that estimate which players leaves mention most."""
    end = forest.roots[COUNTED_TREES] if len(forest.roots) > COUNTED_TREES else None
    return forest._replace(roots=forest.roots[:COUNTED_TREES], left=forest.left[:end])


def _ordered(forest: FlatForest, baseline: Integers, player_of_column: PlayerOfColumn) -> _Ordered:
    """Put the nodes of trees into the order of the walk, with players as they are given."""
    n_nodes, n_players = len(forest.left), int(player_of_column.max()) + 1
    n_leaves = int((forest.left < 0).sum())
    starts = np.empty(len(forest.roots), dtype=np.int64)
    nodes = np.empty((n_nodes, 4), dtype=np.int32)
    values, insides = np.empty(n_leaves), np.empty(n_leaves, dtype=np.int64)
    mentions = np.zeros(n_players)
    deepest = _order_nodes(
        forest.roots,
        forest.left,
        forest.right,
        forest.column,
        forest.rank,
        forest.value,
        baseline,
        player_of_column,
        np.zeros((7, max(n_nodes, n_players) + 1), dtype=np.int64),
        starts,
        nodes,
        values,
        insides,
        mentions,
    )
    return _Ordered(starts, nodes, values, insides, mentions, int(deepest))


def _short(ranks: Integers) -> Integers:
    """Ranks in 16 bits if these suffice: twice as many are compared at once."""
    return ranks.astype(np.int16) if ranks.max(initial=0) <= np.iinfo(np.int16).max else ranks


def _coarse(ranks: Integers) -> Integers:
    """Ranks divided so that they fit 16 bits, which numpy sorts in linear time."""
    shift = max(int(ranks.max(initial=0)).bit_length() - 15, 0)
    coarse: Integers = (ranks >> shift).astype(np.int16)
    return coarse


def _similar_together(ranks: Integers, positions: Positions, column: int = 0) -> Positions:
    """Order candidates so that lanes are similar: halve them by one column after the other."""
    if len(positions) <= LANES:
        return positions
    if len(ranks):
        positions = positions[np.argsort(ranks[column % len(ranks), positions], kind="stable")]
    middle = -(-len(positions) // LANES) // 2 * LANES
    lower, upper = positions[:middle], positions[middle:]
    halves = [_similar_together(ranks, half, column + 1) for half in (lower, upper)]
    return np.concatenate(halves)


class Workspace(NamedTuple):
    """Memory of one thread, reused for every block: allocating it costs more than the walk.

    Attributes
    ----------
    ranks : ndarray of shape (n_columns * 64,)
        The block's candidates, column by column, dtype as in `Walk`.
    outside : ndarray of shape (64,), dtype int32 or int64
        B of each lane at the current node.
    lanes_out : ndarray of shape (62,), dtype uint64
        The same by player: the lanes for which the player must be out.
    later, later_lanes : ndarray of shapes (deepest, 2) and (deepest,)
        Nodes still to visit: the node, and the number of changes that hold there; and their lanes.
    changed_owner, changed_lanes : ndarray of shape (deepest,), dtype uint64
        Changes of `outside` and `lanes_out` on the path to the current node: player and lanes.
    counts : ndarray of shape (64,), dtype uint64
        Number of buffered leaves of each lane.
    waiting : ndarray of shape (64, n_waiting)
        The buffered leaves: records of `amount`, `inside` (A) and `outside` (B). They are read once
        for each lane, one after the other: looking up amounts and A only then takes longer.
    chosen : ndarray of shape (32,), dtype uint64
        Bits of the coalitions that a leaf adds to, if only some coalitions are scored.
    tables : ndarray of shape (2, table_size), dtype float64
        The table that leaves are added to, and a second one to join its rows.
    """

    ranks: Integers
    outside: Integers
    lanes_out: Integers
    later: Integers
    later_lanes: Integers
    changed_owner: Integers
    changed_lanes: Integers
    counts: Integers
    waiting: npt.NDArray[Any]
    chosen: Integers
    tables: Floats


def workspace(walk: Walk, table_size: int) -> Workspace:
    """Take memory that no other thread uses; the caller puts it back into `walk.spare`."""
    try:
        return walk.spare.pop()
    except IndexError:
        pass
    members = np.int32 if walk.n_numbers <= NARROW else np.int64
    leaf = np.dtype([("amount", np.float64), ("inside", members), ("outside", members)])
    return Workspace(
        ranks=_aligned((len(walk.ranks) * LANES,), walk.ranks.dtype),
        outside=_aligned((LANES,), members),
        lanes_out=np.zeros(MOST_PLAYERS, dtype=np.uint64),
        later=np.empty((walk.deepest, 2), dtype=np.int64),
        later_lanes=np.empty(walk.deepest, dtype=np.uint64),
        changed_owner=np.empty(walk.deepest, dtype=np.uint64),
        changed_lanes=np.empty(walk.deepest, dtype=np.uint64),
        counts=np.zeros(LANES, dtype=np.uint64),
        waiting=np.empty((LANES, max(WAITING, walk.most_leaves)), dtype=leaf),
        chosen=_aligned((WORDS,), np.uint64),
        tables=_aligned((2, table_size), np.float64),
    )


def _aligned(shape: tuple[int, ...], dtype: Any) -> npt.NDArray[Any]:
    """Zeros that begin with a cache line: a vector across two lines costs twice as much."""
    n_bytes = math.prod(shape) * np.dtype(dtype).itemsize
    room = np.zeros(n_bytes + CACHE_LINE, dtype=np.uint8)
    start = -room.ctypes.data % CACHE_LINE
    aligned: npt.NDArray[Any] = room[start : start + n_bytes].view(dtype).reshape(shape)
    return aligned


@jit
def _order_nodes(
    roots: Integers,
    left: Integers,
    right: Integers,
    column: Integers,
    rank: Integers,
    value: Floats,
    baseline: Integers,
    player_of_column: PlayerOfColumn,
    room: Integers,
    starts: Integers,
    nodes: Integers,
    values: Floats,
    insides: Integers,
    mentions: Floats,
) -> int:
    """Fill `starts` (of trees), `nodes`, `values` and `insides` in the order of a walk, and `mentions`.

    These count how often leaves of the first trees mention players: a leaf that needs |A| players in is
    reached by 1 of 2^|A| candidates, hence its weight. Sets wrap around where players are more than
    bits; see `path_players`. Returns how many splits are above the deepest leaf.
    """
    stack, depths, state = room[0], room[1], room[2]
    above = room[3]  # node whose SKIP it becomes; -1 on the baseline's side
    owners, crossed = room[4], room[5]  # players of the splits above; whether the sides differ
    inside = room[6]  # A
    n_nodes, n_leaves, deepest = 0, 0, 1
    for tree in range(len(roots)):
        starts[tree] = n_nodes
        stack[0], above[0], depths[0], inside[0] = roots[tree], -1, 0, 0
        size = 1
        while size > 0:
            size -= 1
            node, depth, members = stack[size], depths[size], inside[size]
            if depth > 0:
                crossed[depth - 1] = above[size] >= 0
            if above[size] >= 0:
                nodes[above[size], SKIP] = n_nodes
            if left[node] >= 0:
                player = player_of_column[column[node]]
                goes_left = baseline[column[node]] <= rank[node]
                nodes[n_nodes, RANK] = rank[node]
                nodes[n_nodes, COLUMN] = LANES * column[node]
                bit = 1 << (player & 63)
                is_inside = DECIDED if members & bit else 0
                nodes[n_nodes, OWNER] = 4 * player + is_inside + (0 if goes_left else 1)
                owners[depth] = player
                stack[size] = right[node] if goes_left else left[node]
                above[size], depths[size], inside[size] = n_nodes, depth + 1, members | bit
                stack[size + 1] = left[node] if goes_left else right[node]
                above[size + 1], depths[size + 1], inside[size + 1] = -1, depth + 1, members
                size += 2
            else:
                nodes[n_nodes, SKIP], nodes[n_nodes, RANK] = -1, n_leaves
                values[n_leaves], insides[n_leaves] = value[node], members
                n_leaves += 1
                deepest = depth if depth > deepest else deepest
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
    return deepest


@part
def walk_tree(
    root: int, nodes: Integers, values: Floats, insides: Integers, work: Workspace, n_lanes: int
) -> None:
    """Append to each lane's buffer the leaves that its blends reach, with their A and B."""
    ranks, counts, waiting = work.ranks, work.counts, work.waiting
    outside, lanes_out = work.outside, work.lanes_out
    later, later_lanes = work.later, work.later_lanes
    changed_owner, changed_lanes = work.changed_owner, work.changed_lanes
    none, one = np.uint64(0), np.uint64(1)
    as_set, as_rank = outside.dtype.type, ranks.dtype.type
    node, lanes = np.uint64(root), ~none >> np.uint64(LANES - n_lanes)
    n_later, n_changed = np.uint64(0), np.uint64(0)
    is_baselines = True  # the first leaf, which is left out
    while True:
        while nodes[node, SKIP] >= 0:
            about = nodes[node, OWNER]
            above = lanes_above(ranks, nodes[node, COLUMN], as_rank(nodes[node, RANK]))
            differ = lanes & (above ^ (none - np.uint64(about & 1)))
            owner = np.uint64(about >> PLAYER)
            decided = about & DECIDED
            if not decided:
                differ &= ~lanes_out[owner]
            if differ == none:
                node += one
                continue
            if decided:
                lanes ^= differ
                if lanes == none:
                    lanes = differ
                    node = np.uint64(nodes[node, SKIP])
                    continue
            later[n_later, 0], later[n_later, 1] = nodes[node, SKIP], n_changed
            later_lanes[n_later] = differ
            n_later += one
            if not decided:  # these lanes may also keep the baseline's value
                lanes_out[owner] ^= differ
                toggle(outside, differ, as_set(1) << as_set(owner))
                changed_owner[n_changed], changed_lanes[n_changed] = owner, differ
                n_changed += one
            node += one
        leaf = np.uint64(nodes[node, RANK])
        amount, inside = values[leaf], as_set(insides[leaf])
        if is_baselines:
            lanes, is_baselines = none, False
        while lanes:
            lane = np.uint64(lowest_lane(lanes))
            position = counts[lane]
            waiting[lane, position].amount = amount
            waiting[lane, position].inside = inside
            waiting[lane, position].outside = outside[lane]
            counts[lane] = position + one
            lanes &= lanes - one
        if n_later == none:
            break
        n_later -= one
        node, lanes = np.uint64(later[n_later, 0]), later_lanes[n_later]
        n_changed = _undo_changes(work, n_changed, np.uint64(later[n_later, 1]))
    _undo_changes(work, n_changed, none)


@part
def _undo_changes(work: Workspace, n_changed: np.uint64, n_kept: np.uint64) -> np.uint64:
    """Take back the last changes of `outside` and `lanes_out` but for the first `n_kept`."""
    as_set = work.outside.dtype.type
    while n_changed > n_kept:
        n_changed -= np.uint64(1)
        owner, lanes = work.changed_owner[n_changed], work.changed_lanes[n_changed]
        work.lanes_out[owner] ^= lanes
        toggle(work.outside, lanes, as_set(1) << as_set(owner))
    return n_changed
