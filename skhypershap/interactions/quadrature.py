"""Indices as integrals: players join with probability z, and z is integrated out.

If each other player is in a coalition T with probability z, the expected discrete derivative of v by a
set S is a polynomial in z, the sum of m(S + L) z^|L| over all sets L of other players. An index has
weights w(t, s) for the Moebius transform m (see `indices`), so the interaction of S is a linear function
of this polynomial that takes z^l to w(s + l, s). On polynomials of a bounded degree it is a weighted sum
of values at the nodes of Gauss-Legendre: weights are found from Legendre polynomials, in fractions.
"""

from __future__ import annotations

import functools
from fractions import Fraction
from math import comb
from typing import NamedTuple

import numpy as np

from skhypershap.arrays import Floats
from skhypershap.interactions.indices import definition_at


class Quadrature(NamedTuple):
    """Nodes z in (0, 1), and for each size of an interaction, from 0 on, weights of shape (n_nodes,)."""

    nodes: Floats
    weights: tuple[Floats, ...]


@functools.lru_cache(maxsize=16)
def quadrature(index: str, order: int, n_players: int) -> Quadrature:
    """Nodes and weights for all interactions of an index up to an order.

    Examples
    --------
    >>> from skhypershap.interactions.quadrature import quadrature
    >>> nodes, weights = quadrature("SV", 1, 2)
    >>> float(weights[1].sum().round(12)), float((weights[1] * nodes).sum().round(12))
    (1.0, 0.5)
    """
    definition, order = definition_at(index, order)
    points, gauss = np.polynomial.legendre.leggauss(n_players + 1)
    weights = []
    for size in range(min(order, n_players) + 1):
        if size == 0 and definition.fits_baseline:
            weights.append(np.zeros(len(points)))
            continue
        moments = [definition.weight(t, size, order) for t in range(size, n_players + 1)]
        series = [(2 * m + 1) * float(_of_legendre(m, moments)) for m in range(len(moments))]
        weights.append(gauss / 2 * np.polynomial.legendre.legval(points, series))
    return Quadrature((points + 1) / 2, tuple(weights))


def _of_legendre(m: int, moments: list[Fraction]) -> Fraction:
    """What the function with these moments makes of the shifted Legendre polynomial of degree m."""
    terms = ((-1) ** (m + k) * comb(m, k) * comb(m + k, k) * moments[k] for k in range(m + 1))
    return sum(terms, Fraction(0))
