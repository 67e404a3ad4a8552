"""Exact interactions of a game that one choice splits into branches, for any number of players.

With what is shared fixed, branches are independent: where each player joins with probability z, the
best of all branches is at most t with the product of the branches' probabilities. So expected
derivatives at each node of `quadrature` need only counts of each branch's subsets below each
threshold t. A variance needs products of pairs of branches' means.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from skhypershap.arrays import Floats
from skhypershap.games.branch_games import BranchGames
from skhypershap.games.branches import OUT
from skhypershap.interactions.indices import Interactions, definition_at, interactions_of
from skhypershap.interactions.joined_branches import BranchOfShared, Part, maximum, variance
from skhypershap.interactions.quadrature import Quadrature, quadrature


def branch_interactions(games: BranchGames, n_players: int, index: str, order: int) -> Interactions:
    """Interactions up to order 2 of a game with one root.

    Parameters
    ----------
    games : BranchGames
        With a single root.
    n_players, index, order
        As for `exact_interactions`; there may be any number of players.

    Returns
    -------
    dict of tuple of int to float
        As `exact_interactions`.
    """
    _, order = definition_at(index, order)
    if order > 2:
        raise ValueError(
            f"Interactions of order {order} do not follow from branches; at most of 2."
        )
    rule = quadrature(index, order, n_players)
    sums = _Sums(rule, games, n_players)
    shared = games.branches.shared
    for members in range(1 << len(shared)):
        sums.add(members)
    values: Interactions = {(): sums.empty}
    for players in interactions_of(n_players, order):
        values[players] = float(sums.singles[players] if len(players) == 1 else sums.pairs[players])
    return values


class _Sums:
    """Interactions, summed over all sets of shared players."""

    def __init__(self, rule: Quadrature, games: BranchGames, n_players: int) -> None:
        self.rule, self.games, self.n_players = rule, games, n_players
        (self.root,) = games.branches.roots
        self.shared = games.branches.shared
        self.empty = 0.0
        self.singles = np.zeros(n_players)
        self.pairs = np.zeros((n_players, n_players))

    def add(self, members: int) -> None:
        """Add what belongs to one set of shared players, whose bits are those of `members`."""
        z, weights, shared = self.rule.nodes, self.rule.weights, self.shared
        is_in = [bool(members >> at & 1) for at in range(len(shared))]
        factors = np.array([z if one else 1 - z for one in is_in]).reshape(len(shared), len(z))
        signs = [1.0 if one else -1.0 for one in is_in]
        among = _product(factors)
        of_pairs = weights[2] if len(weights) > 2 else None
        tuned = self._part(members, True, None if of_pairs is None else of_pairs * z * among)
        kept = self._part(members, False, None if of_pairs is None else of_pairs * (1 - z) * among)
        mean = z * tuned.mean + (1 - z) * kept.mean
        singles = z * tuned.singles + (1 - z) * kept.singles
        by_root = tuned.mean - kept.mean
        self.empty += float(weights[0] * among @ mean)
        self.singles += singles @ (weights[1] * among)
        self.singles[self.root.player] += weights[1] * among @ by_root
        for at, player in enumerate(shared):
            without = signs[at] * _product(np.delete(factors, at, axis=0))
            self.singles[player] += weights[1] * without @ mean
            if of_pairs is not None:
                self._add_pairs(player, singles @ (of_pairs * without))
                self._add_pair(player, self.root.player, of_pairs * without @ by_root)
        if of_pairs is None:
            return
        self.pairs += tuned.pairs + kept.pairs
        self._add_pairs(self.root.player, (tuned.singles - kept.singles) @ (of_pairs * among))
        for first, second in itertools.combinations(range(len(shared)), 2):
            without = _product(np.delete(factors, [first, second], axis=0))
            value = signs[first] * signs[second] * of_pairs * without @ mean
            self._add_pair(shared[first], shared[second], value)

    def _add_pairs(self, player: int, values: Floats) -> None:
        """Add pairs of a player with all players of branches; others have zero."""
        self.pairs[player, player + 1 :] += values[player + 1 :]
        self.pairs[:player, player] += values[:player]

    def _add_pair(self, first: int, second: int, value: Any) -> None:
        self.pairs[min(first, second), max(first, second)] += value

    def _part(self, members: int, tuned: bool, of_pairs: Floats | None) -> Part:
        """Expected derivatives where the root is tuned, or where it is not."""
        games, n_shared = self.games, len(self.shared)
        keys = [key for key in games.small if (key[0] != OUT) == tuned]
        some = [
            BranchOfShared(games.small[key], members, n_shared, self.rule.nodes) for key in keys
        ]
        if games.is_variance:
            return variance(some, self.n_players, of_pairs, tuned=tuned)
        return maximum(some, self.n_players, of_pairs, games.gain_sign)


def _product(factors: Floats) -> Floats:
    """Product of rows; ones where there are none."""
    product: Floats = np.prod(factors, axis=0)
    return product
