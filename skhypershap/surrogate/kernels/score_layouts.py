"""Where a candidate's scores of coalitions lie, and the table to which leaves are added before.

One leaf should change few places of the table, so it has more of them than there are coalitions:

* the 2^3 coalitions of the three *low* players lie side by side and are changed together;
* a *ternary* player has three rows: it must be in, it must be out, or it is free;
* a *binary* player has two rows, in Moebius form: "must be out" is "free" minus "must be in".

As many players are ternary as fit the processor's cache.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from skhypershap.arrays import Coalitions, Floats, Integers, Positions
from skhypershap.surrogate.kernels._vector import N_LOW, WORDS
from skhypershap.surrogate.kernels.tree_walk import Walk

# A larger table leaves the first cache of a processor, where leaves are added and rows are joined.
TERNARY_BYTES = 1 << 15
ALL_TERNARY_BYTES = 1 << 16  # up to nine players; a table without binary players may be larger
BLOCK_NUMBERS = 1 << 22  # scores in a block at most: 32 MB
# For each set of low players the coalitions of these, as bits, that contain it and that avoid it.
LOW_SETS = np.arange(1 << N_LOW)
CONTAINING = np.packbits(LOW_SETS[:, None] & ~LOW_SETS == 0, axis=1, bitorder="little").ravel()
AVOIDING = np.packbits(LOW_SETS[:, None] & LOW_SETS == 0, axis=1, bitorder="little").ravel()
MOST = WORDS * 64  # coalitions of a part, if only some are scored
MOST_PARTS = 8  # that share one walk
NO_BITS, NO_PARTS = np.empty(0, dtype=np.uint64), np.empty((1, 0), dtype=np.uint64)
NO_NUMBERS = np.empty(0)


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
    rows_in, rows_out : ndarray of dtype uint64
        For each set of low and ternary players what it means that they must be in, or out: the first
        byte has the coalitions of low players that are left, the others the first row that is.
    signs : ndarray of float64
        For each set of binary players 1 if their number is even, else -1.
    allowed : ndarray of shape (n_parts, 2 * n_players * 32), dtype uint64
        If only some coalitions are scored, 2,048 of them in each part, and as many bits for each player,
        in the order of the walk: those of the coalitions that contain it; and after these those of the
        coalitions that avoid it. In one part without bits if all are scored.
    """

    coalitions: Positions
    size: int
    n_ternary: int
    n_binary: int
    rows_in: Integers
    rows_out: Integers
    signs: Floats
    allowed: Integers

    @property
    def table_size(self) -> int:
        """Length of the table to which leaves are added."""
        if self.allowed.size:
            return MOST
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
    return ScoreLayout(
        coalitions,
        1 << (N_LOW + n_high),
        n_ternary,
        len(binary),
        *_rows(n_ternary, len(binary)),
        NO_PARTS,
    )


def _rows(n_ternary: int, n_binary: int) -> tuple[Integers, Integers, Floats]:
    """`rows_in`, `rows_out` and `signs` of a layout."""
    sets = np.arange(1 << (N_LOW + n_ternary))
    ternary = sets[:, None] >> (N_LOW + np.arange(n_ternary)) & 1
    rows = (ternary * 3 ** np.arange(n_ternary)).sum(axis=1) << n_binary
    low = sets & ((1 << N_LOW) - 1)
    inside, outside = rows << 8 | CONTAINING[low], 2 * rows << 8 | AVOIDING[low]
    signs = 1.0 - 2.0 * (np.bitwise_count(np.arange(1 << n_binary)) % 2)
    return inside.astype(np.uint64), outside.astype(np.uint64), signs


def _table_bytes(n_ternary: int, n_high: int) -> int:
    size: int = 3**n_ternary * 2 ** (n_high - n_ternary + N_LOW) * 8
    return size


def layout_of_some(walk: Walk, coalitions: Coalitions) -> ScoreLayout:
    """Lay out at most `MOST_PARTS * MOST` coalitions, rows of bools, similar ones together."""
    members = coalitions[:, walk.player_at]
    order = np.lexsort(members.T[::-1])
    n_parts = -(-len(order) // MOST)
    bits = np.zeros((n_parts, 2, len(walk.player_at), MOST), dtype=bool)
    for at in range(n_parts):
        some = members[order[at * MOST : (at + 1) * MOST]].T
        bits[at, 0, :, : some.shape[1]], bits[at, 1, :, : some.shape[1]] = some, ~some
    allowed = np.packbits(bits.reshape(n_parts, -1), axis=1, bitorder="little").view("<u8")
    return ScoreLayout(
        order, n_parts * MOST, 0, 0, NO_BITS, NO_BITS, NO_NUMBERS, allowed.astype(np.uint64)
    )
