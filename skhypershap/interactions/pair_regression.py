"""Least-squares fits of singles and pairs to the gains of some coalitions, without a design matrix.

With phi_0, singles phi_i and pairs phi_ij the fitted gain of S is the quadratic form phi_0 + s' (Phi) s
of its members s, and products with the transposed design are as cheap. So conjugate gradients solve the
weighted normal equations. They are preconditioned by the same equations averaged over all orders of
players, whose entries depend on the number of players in both interactions together: these fall apart
into a scalar, a 2 x 2 and a 3 x 3 system.
"""

from __future__ import annotations

from math import comb
from typing import NamedTuple

import numpy as np

from skhypershap.arrays import Coalitions, Floats, Scores

TOLERANCE = 1e-13  # of the residual, in the norm of the preconditioner
MOST_STEPS = 400
FEWEST_PLAYERS = 8  # of fewer, sampled coalitions are too alike, or few enough for any method


class Means(NamedTuple):
    """The normal equations, averaged over all orders of players.

    Attributes
    ----------
    n_players : int
        Number of players.
    shares : ndarray of shape (5,)
        Weight of the coalitions that contain given k players.
    """

    n_players: int
    shares: Floats

    def solved(self, goal: Floats) -> Floats:
        """The solution for one right-hand side."""
        n, g = self.n_players, self.shares
        n_pairs = comb(n, 2)
        singles, pairs = goal[1 : n + 1], _as_matrix(goal[n + 1 :], n)
        rows = pairs.sum(axis=1)
        common = np.array([goal[0], singles.mean(), rows.sum() / 2 / n_pairs])
        own = np.stack([singles - common[1], (rows - (n - 1) * common[2]) / (n - 2)])
        rest = pairs - own[1][:, None] - own[1] - common[2]
        rest /= g[2] - 2 * g[3] + g[4]
        others = n_pairs - 1 - 2 * (n - 2)  # pairs that share no player with one
        whole = np.array(
            [
                [g[0], n * g[1], n_pairs * g[2]],
                [g[1], g[1] + (n - 1) * g[2], (n - 1) * g[2] + (n_pairs - n + 1) * g[3]],
                [g[2], 2 * g[2] + (n - 2) * g[3], g[2] + 2 * (n - 2) * g[3] + others * g[4]],
            ]
        )
        single = np.array(
            [
                [g[1] - g[2], (n - 2) * (g[2] - g[3])],
                [g[2] - g[3], g[2] - 2 * g[3] + g[4] + (n - 2) * (g[3] - g[4])],
            ]
        )
        common, own = np.linalg.solve(whole, common), np.linalg.solve(single, own)
        found = rest + own[1][:, None] + own[1] + common[2]
        return np.concatenate([common[:1], own[0] + common[1], found[np.triu_indices(n, 1)]])


def pair_regression(coalitions: Coalitions, gains: Scores, weights: Floats) -> Floats | None:
    """The empty interaction, singles and pairs (in lexicographic order) that fit gains best.

    Parameters
    ----------
    coalitions : ndarray of shape (n_coalitions, n_players), dtype bool
        Coalitions of at least four players.
    gains, weights : ndarray of shape (n_coalitions,)
        What is fitted, and how much each counts.

    Returns
    -------
    ndarray of shape (1 + n_players + n_pairs,) or None
        None where the coalitions do not determine them.

    Examples
    --------
    >>> from skhypershap.surrogate.blends import all_coalitions
    >>> coalitions = all_coalitions(4)
    >>> pair_regression(coalitions, coalitions @ np.arange(4.0), np.ones(16)).round(6) + 0.0
    array([0., 0., 1., 2., 3., 0., 0., 0., 0., 0., 0.])
    """
    members = coalitions.astype(float)
    means = _means(coalitions, weights)
    left = _transposed(members, weights * gains)
    found = np.zeros_like(left)
    with np.errstate(all="ignore"):
        try:
            step = means.solved(left)
        except np.linalg.LinAlgError:
            return None
        direction, size = step, float(left @ step)
        small = TOLERANCE**2 * size
        for _ in range(MOST_STEPS):
            if not size > small:
                break
            pushed = _transposed(members, weights * fitted_gains(members, direction))
            length = size / float(direction @ pushed)
            found += length * direction
            left -= length * pushed
            step = means.solved(left)
            before, size = size, float(left @ step)
            direction = step + size / before * direction
    return found if np.isfinite(found).all() and size <= max(small, 0.0) else None


def fitted_gains(members: Floats, interactions: Floats) -> Scores:
    """The gains of coalitions as sums of their interactions."""
    n_players = members.shape[1]
    form = _as_matrix(interactions[n_players + 1 :], n_players) / 2
    np.fill_diagonal(form, interactions[1 : n_players + 1])
    gains: Scores = interactions[0] + ((members @ form) * members).sum(axis=1)
    return gains


def mean_variances(coalitions: Coalitions, weights: Floats) -> Floats | None:
    """Diagonal entries of the inverse of the averaged normal equations: of a single, and of a pair."""
    n_players = coalitions.shape[1]
    means = _means(coalitions, weights)
    entries = []
    for place in (1, n_players + 1):
        unit = np.zeros(1 + n_players + comb(n_players, 2))
        unit[place] = 1.0
        try:
            entries.append(means.solved(unit)[place])
        except np.linalg.LinAlgError:
            return None
    return np.array(entries)


def _transposed(members: Floats, amounts: Floats) -> Floats:
    """Sums of amounts over the coalitions that contain each interaction."""
    n_players = members.shape[1]
    sums = members.T @ (members * amounts[:, None])
    pairs = sums[np.triu_indices(n_players, 1)]
    return np.concatenate([[amounts.sum()], np.diag(sums), pairs])


def _means(coalitions: Coalitions, weights: Floats) -> Means:
    n_players = coalitions.shape[1]
    by_size = np.bincount(coalitions.sum(axis=1), weights, n_players + 1)
    contain = [
        [comb(size, k) / comb(n_players, k) for size in range(n_players + 1)] for k in range(5)
    ]
    return Means(n_players, np.array(contain) @ by_size)


def _as_matrix(pairs: Floats, n_players: int) -> Floats:
    """The symmetric matrix of pairs, zero on its diagonal."""
    matrix = np.zeros((n_players, n_players))
    matrix[np.triu_indices(n_players, 1)] = pairs
    return matrix + matrix.T
