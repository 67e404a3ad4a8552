"""From the values of all 2^d coalitions to Shapley values and interactions.

Every index here is linear in the game, and on the game "all of T must be there" it gives an
interaction S inside T a weight that depends on the sizes alone. With the Moebius transform m,
v(S) = sum of m(T) over T in S, an index is therefore

    I(S) = sum of m(T) w(|T|, |S|) over all T that contain S,

and a row of `INDICES` is the function w. Sources of the definitions: Grabisch & Roubens (1999) for
SII and BII; Sundararajan, Dhamdhere & Agarwal (2020) for STII; Tsai, Yeh & Ravikumar (2023),
Theorems 17 and 19, for FBII and FSII; Bordt & von Luxburg (2023) for k-SII.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from fractions import Fraction
from math import comb
from numbers import Integral
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from skhypershap.surrogate.blends import player_halves, position_of

if TYPE_CHECKING:
    pass

Interactions = dict[tuple[int, ...], float]


class Index(NamedTuple):
    """One row of the table of indices.

    Attributes
    ----------
    weight : callable
        `weight(t, s, order)`, the w of the module's docstring for |T| = t and |S| = s; exact, because
        sums of many with alternating signs are taken of them.
    measure_of_singles : str
        shapiq's name for what the index is at order 1.
    singles_only : bool
        Whether there are interactions of order 1 only.
    fits_baseline : bool
        Whether the empty interaction is v(empty) itself; otherwise it follows from the weights.
    efficient : bool
        Whether the values sum to v(all) - v(empty).
    """

    weight: Callable[[int, int, int], Fraction]
    measure_of_singles: str
    singles_only: bool = False
    fits_baseline: bool = True
    efficient: bool = False


def _moebius(t: int, s: int, order: int) -> Fraction:
    return Fraction(t == s)


def _sii(t: int, s: int, order: int) -> Fraction:
    return Fraction(1, t - s + 1)


def _bii(t: int, s: int, order: int) -> Fraction:
    return Fraction(1, 2 ** (t - s))


def _k_sii(t: int, s: int, order: int) -> Fraction:
    parts = (
        _bernoulli(j) * Fraction(comb(t - s, j), t - s - j + 1)
        for j in range(min(order, t) - s + 1)
    )
    return sum(parts, Fraction(0))


def _stii(t: int, s: int, order: int) -> Fraction:
    return Fraction(1, comb(t, order)) if s == order else Fraction(t == s)


def _fsii(t: int, s: int, order: int) -> Fraction:
    if t <= order:
        return Fraction(t == s)
    part = Fraction(s * comb(order, s) * comb(t - 1, order), order + s)
    return (-1) ** (order - s) * part / comb(t + order - 1, order + s)


def _fbii(t: int, s: int, order: int) -> Fraction:
    if t <= order:
        return Fraction(t == s)
    return Fraction((-1) ** (order - s) * comb(t - s - 1, order - s), 2 ** (t - s))


@functools.cache
def _bernoulli(number: int) -> Fraction:
    """Bernoulli number, the one with B(1) = -1/2."""
    if number == 0:
        return Fraction(1)
    parts = (comb(number + 1, k) * _bernoulli(k) for k in range(number))
    return -sum(parts, Fraction(0)) / (number + 1)


INDICES = {
    "SV": Index(_sii, "SV", singles_only=True, efficient=True),
    "FSII": Index(_fsii, "SV", efficient=True),
    "k-SII": Index(_k_sii, "SV", efficient=True),
    "SII": Index(_sii, "SV", fits_baseline=False),
    "STII": Index(_stii, "SV", efficient=True),
    "BV": Index(_bii, "BV", singles_only=True, fits_baseline=False),
    "BII": Index(_bii, "BV", fits_baseline=False),
    "FBII": Index(_fbii, "BV", fits_baseline=False),
    "Moebius": Index(_moebius, "Moebius"),
}


def measure_name(index: str, order: int) -> str:
    """Shapiq's name for the result of an index up to an order: at order 1 most are "SV" or "BV"."""
    row = INDICES[index]
    return row.measure_of_singles if order == 1 or row.singles_only else index


def _row(index: str, order: int) -> tuple[Index, int]:
    """The row that computes an index up to an order, and the order that there is anything of."""
    row = INDICES[index]
    if measure_name(index, order) == "SV":
        row = INDICES["SV"]
    return row, 1 if row.singles_only else order


def check_order(order: Any, n_players: int) -> int:
    """Check the size of the largest interaction; the default fits a single hyperparameter, too."""
    if isinstance(order, Integral) and not isinstance(order, bool):
        size = int(order)
        if 1 <= size <= n_players:
            return size
        if size == 2 and n_players == 1:
            return 1
    raise ValueError(
        f"order must be an integer from 1 to {n_players}, the number of players; got {order!r}."
    )


def interactions_of(n_players: int, order: int) -> list[tuple[int, ...]]:
    """All interactions of orders 1..order, by size and then by position."""
    players = range(n_players)
    sizes = range(1, order + 1)
    return [members for size in sizes for members in itertools.combinations(players, size)]


def exact_interactions(gains: np.ndarray, index: str, order: int) -> Interactions:
    """Interactions of a game whose values are all known.

    Parameters
    ----------
    gains : ndarray of shape (2^n_players,)
        v(S) - v(empty); bit i of a position says that player i is in the coalition.
    index : str
        A key of `INDICES`.
    order : int
        Size of the largest interactions.

    Returns
    -------
    dict of tuple of int to float
        Value of each interaction, the empty one first.
    """
    row, order = _row(index, order)
    n_players = len(gains).bit_length() - 1
    sizes = np.bitwise_count(np.arange(len(gains), dtype=np.uint64)).astype(int)
    moebius = _over_subsets(gains, sign=-1)
    values: Interactions = {(): 0.0}
    for size in range(1 if row.fits_baseline else 0, order + 1):
        weights = [
            float(row.weight(t, size, order)) if t >= size else 0.0 for t in range(n_players + 1)
        ]
        sums = _over_supersets(moebius * np.asarray(weights)[sizes])
        for members in itertools.combinations(range(n_players), size):
            values[members] = float(sums[position_of(members)])
    return values


def moebius_of_small(coalitions: list[tuple[int, ...]], gains: np.ndarray) -> Interactions:
    """Moebius transform of all coalitions up to some size, from the gains of these alone."""
    gain = {(): 0.0, **dict(zip(coalitions, gains.tolist(), strict=True))}
    return {
        members: sum(
            (-1) ** (len(members) - size) * gain[part]
            for size in range(len(members) + 1)
            for part in itertools.combinations(members, size)
        )
        for members in gain
    }


def _over_subsets(values: np.ndarray, *, sign: int) -> np.ndarray:
    """Sum over all subsets of each coalition; with sign -1 the inverse, the Moebius transform."""
    table = np.array(values, dtype=float)
    for without, within in player_halves(table):
        within += sign * without
    return table


def _over_supersets(values: np.ndarray) -> np.ndarray:
    """Sum over all coalitions that contain each coalition."""
    table = np.array(values, dtype=float)
    for without, within in player_halves(table):
        without += within
    return table
