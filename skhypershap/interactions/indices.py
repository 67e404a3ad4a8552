"""Shapley values and interactions from the values of all 2^d coalitions.

Every index here is linear in the game. In the unanimity game of T, which is 1 for coalitions that
contain T and 0 for all others, it gives an interaction S inside T a weight that depends on the sizes
|T| and |S| only. With the Moebius transform m, v(S) = sum of m(T) over T in S, an index is therefore

    I(S) = sum of m(T) w(|T|, |S|) over all T that contain S,

and a row of `INDICES` holds the function w and a link to its definition: Grabisch & Roubens (1999) for
SII and BII; Sundararajan, Dhamdhere & Agarwal (2020) for STII; Tsai, Yeh & Ravikumar (2023), Theorems
17 and 19, for FBII and FSII; Bordt & von Luxburg (2023) for k-SII.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import comb
from numbers import Integral
from typing import Any, NamedTuple

import numpy as np

from skhypershap.arrays import Floats, Scores
from skhypershap.errors import check_name, shown
from skhypershap.surrogate.blends import player_halves, position_of

Players = tuple[int, ...]
"""The players of an interaction by position, in ascending order."""

Interactions = dict[Players, float]
"""The value of each interaction, the empty one included."""


class IndexDefinition(NamedTuple):
    """One row of the table of indices.

    Attributes
    ----------
    weight : callable
        `weight(t, s, order)`, the w of the module's docstring for |T| = t and |S| = s. Exact fractions,
        because sums of many weights with alternating signs are computed.
    source : str
        Where the index is defined, as in shapiq's list of indices.
    measure_of_singles : str
        shapiq's name for the index at order 1.
    singles_only : bool
        Whether there are interactions of order 1 only.
    fits_baseline : bool
        Whether the empty interaction is v(empty) itself; otherwise it follows from the weights.
    efficient : bool
        Whether the values sum to v(all) - v(empty).
    """

    weight: Callable[[int, int, int], Fraction]
    source: str
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
    return Fraction((-1) ** (order - s)) * part / comb(t + order - 1, order + s)


def _fbii(t: int, s: int, order: int) -> Fraction:
    if t <= order:
        return Fraction(t == s)
    return Fraction((-1) ** (order - s) * comb(t - s - 1, order - s), 2 ** (t - s))


@functools.cache
def _bernoulli(n: int) -> Fraction:
    """Bernoulli number B(n), with B(1) = -1/2."""
    if n == 0:
        return Fraction(1)
    parts = (comb(n + 1, k) * _bernoulli(k) for k in range(n))
    return -sum(parts, Fraction(0)) / (n + 1)


SHAPLEY = "https://doi.org/10.1515/9781400881970-018"
BANZHAF = (
    "Banzhaf, J. F. (1965). Weighted Voting Doesn't Work: A Mathematical Analysis. Rutgers Law "
    "Review 19, 317-343."  # has no DOI
)
GRABISCH_ROUBENS = "https://link.springer.com/article/10.1007/s001820050125"
SUNDARARAJAN = "https://proceedings.mlr.press/v119/sundararajan20a.html"
BORDT_LUXBURG = "https://proceedings.mlr.press/v206/bordt23a.html"
TSAI = "https://jmlr.org/papers/v24/22-0202.html"
HARSANYI = "https://doi.org/10.2307/2525487"

INDICES = {
    "SV": IndexDefinition(_sii, SHAPLEY, "SV", singles_only=True, efficient=True),
    "FSII": IndexDefinition(_fsii, TSAI, "SV", efficient=True),
    "k-SII": IndexDefinition(_k_sii, BORDT_LUXBURG, "SV", efficient=True),
    "SII": IndexDefinition(_sii, GRABISCH_ROUBENS, "SV", fits_baseline=False),
    "STII": IndexDefinition(_stii, SUNDARARAJAN, "SV", efficient=True),
    "BV": IndexDefinition(_bii, BANZHAF, "BV", singles_only=True, fits_baseline=False),
    "BII": IndexDefinition(_bii, GRABISCH_ROUBENS, "BV", fits_baseline=False),
    "FBII": IndexDefinition(_fbii, TSAI, "BV", fits_baseline=False),
    "Moebius": IndexDefinition(_moebius, HARSANYI, "Moebius"),
}


@dataclass(frozen=True)
class IndexSpec:
    """Which index explains a game, up to which order, and up to how many players exactly.

    Attributes
    ----------
    name : str
        A key of `INDICES`.
    order : int
        Size of the largest interaction.
    max_exact : int
        Up to this many players all coalitions are evaluated.

    Examples
    --------
    >>> from skhypershap.interactions.indices import IndexSpec
    >>> IndexSpec.checked("FSII", 2, n_players=5, max_exact=16).measure
    'FSII'
    >>> IndexSpec.checked("FSII", 1, n_players=5, max_exact=16).measure
    'SV'
    """

    name: str
    order: int
    max_exact: int

    @classmethod
    def checked(cls, index: Any, order: Any, *, n_players: int, max_exact: int) -> IndexSpec:
        """Check what a user asks for.

        Raises
        ------
        ValueError
            For an unknown index, or an order that is not from 1 to the number of players.
        """
        check_name("index", index, INDICES)
        return cls(index, check_order(order, n_players), max_exact)

    @property
    def measure(self) -> str:
        """Shapiq's name for the result."""
        return measure_name(self.name, self.order)

    @property
    def efficient(self) -> bool:
        """Whether the values sum to the gain."""
        return INDICES[self.name].efficient


def measure_name(index: str, order: int) -> str:
    """Shapiq's name for the result of an index up to an order: at order 1 most are "SV" or "BV"."""
    definition = INDICES[index]
    singles = order == 1 or definition.singles_only
    return definition.measure_of_singles if singles else index


def definition_at(index: str, order: int) -> tuple[IndexDefinition, int]:
    """The definition to compute with, and the size of the largest interaction that it has.

    At order 1 the interactions of several indices are the Shapley value.
    """
    definition = INDICES[index]
    if measure_name(index, order) == "SV":
        definition = INDICES["SV"]
    return definition, 1 if definition.singles_only else order


def check_order(order: Any, n_players: int) -> int:
    """Check the size of the largest interaction; the default, 2, is allowed for a single player, too."""
    if isinstance(order, Integral) and not isinstance(order, bool):
        size = int(order)
        if 1 <= size <= n_players:
            return size
        if size == 2 and n_players == 1:
            return 1
    raise ValueError(
        f"order must be an integer from 1 to {n_players}, the number of players; got "
        f"{shown(order)}."
    )


def interactions_of(n_players: int, order: int) -> list[Players]:
    """All interactions of sizes 1 to `order`, by size and then by position."""
    sizes = range(1, order + 1)
    return [part for size in sizes for part in itertools.combinations(range(n_players), size)]


def exact_interactions(gains: Scores, index: str, order: int) -> Interactions:
    """Interactions of a game whose values are all known.

    Parameters
    ----------
    gains : ndarray of shape (2^n_players,)
        v(S) - v(empty) of all coalitions; bit i of a position is set if player i is in the coalition.
    index : str
        A key of `INDICES`.
    order : int
        Size of the largest interactions.

    Returns
    -------
    dict of tuple of int to float
        Value of each interaction, the empty one first.

    Examples
    --------
    Neither of two players gains anything alone, both together gain 1:

    >>> import numpy as np
    >>> from skhypershap.interactions.indices import exact_interactions
    >>> exact_interactions(np.array([0.0, 0.0, 0.0, 1.0]), "SV", 1)
    {(): 0.0, (0,): 0.5, (1,): 0.5}
    >>> exact_interactions(np.array([0.0, 0.0, 0.0, 1.0]), "FSII", 2)
    {(): 0.0, (0,): 0.0, (1,): 0.0, (0, 1): 1.0}
    """
    definition, order = definition_at(index, order)
    n_players = len(gains).bit_length() - 1
    sizes = np.bitwise_count(np.arange(len(gains), dtype=np.uint64)).astype(int)
    moebius = _moebius_transform(gains)
    values: Interactions = {(): 0.0}
    for size in range(1 if definition.fits_baseline else 0, order + 1):
        weights = [
            float(definition.weight(t, size, order)) if t >= size else 0.0
            for t in range(n_players + 1)
        ]
        sums = _sums_over_supersets(moebius * np.asarray(weights)[sizes])
        for players in itertools.combinations(range(n_players), size):
            values[players] = float(sums[position_of(players)])
    return values


def moebius_of_small(coalitions: Sequence[Players], gains: Scores) -> Interactions:
    """Moebius transform of all coalitions up to some size, from their gains alone."""
    gain: Interactions = {(): 0.0, **dict(zip(coalitions, gains.tolist(), strict=True))}
    return {
        players: sum(
            (-1) ** (len(players) - size) * gain[subset]
            for size in range(len(players) + 1)
            for subset in itertools.combinations(players, size)
        )
        for players in gain
    }


def _moebius_transform(values: Floats) -> Floats:
    """The m with v(S) = sum of m(T) over all subsets T of S."""
    table = np.array(values, dtype=float)
    for without, within in player_halves(table):
        within -= without
    return table


def _sums_over_supersets(values: Floats) -> Floats:
    """Sum over all coalitions that contain each coalition."""
    table = np.array(values, dtype=float)
    for without, within in player_halves(table):
        without += within
    return table
