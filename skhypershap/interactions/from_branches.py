"""Exact interactions of a game that one choice splits into branches, for any number of players.

With what is shared fixed, branches are independent: where each player joins with probability z, the
best of all branches is at most t with the product of the branches' probabilities. So expected
derivatives at each node of `quadrature` need only counts of each branch's subsets below each
threshold t. A variance needs products of pairs of branches' means.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from skhypershap.arrays import Floats, Positions
from skhypershap.games.branch_games import BranchGames, SmallGame
from skhypershap.games.branches import OUT
from skhypershap.interactions.indices import Interactions, definition_at, interactions_of
from skhypershap.interactions.quadrature import Quadrature, quadrature

LEVELS = 256  # thresholds at a time: some MB


class Part(NamedTuple):
    """Expected derivatives of one side of the game, at each node.

    Attributes
    ----------
    mean : ndarray of shape (n_nodes,)
        Expected gain.
    singles : ndarray of shape (n_players, n_nodes)
        Expected derivatives by each player of a branch.
    pairs : ndarray of shape (n_players, n_players)
        Of each two players of branches, i < j, summed over nodes with weights.
    """

    mean: Floats
    singles: Floats
    pairs: Floats


def branch_interactions(
    games: BranchGames, n_players: int, index: str, order: int
) -> Interactions:
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
        raise ValueError(f"Interactions of order {order} do not follow from branches; at most of 2.")
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

    def _add_pair(self, first: int, second: int, value: float) -> None:
        self.pairs[min(first, second), max(first, second)] += value

    def _part(self, members: int, tuned: bool, of_pairs: Floats | None) -> Part:
        """Expected derivatives where the root is tuned, or where it is not."""
        games, n_shared = self.games, len(self.shared)
        keys = [key for key in games.small if (key[0] != OUT) == tuned]
        some = [_Branch(games.small[key], members, n_shared, self.rule.nodes) for key in keys]
        if games.is_variance:
            return _variance(some, self.n_players, of_pairs, tuned=tuned)
        return _maximum(some, self.n_players, of_pairs, games.gain_sign)


def _product(factors: Floats) -> Floats:
    """Product of rows; ones where there are none."""
    product: Floats = np.prod(factors, axis=0)
    return product


class _Branch:
    """The coalitions of one branch with one set of shared players."""

    def __init__(self, game: SmallGame, members: int, n_shared: int, nodes: Floats) -> None:
        self.players = game.players[n_shared:]
        self.rows = slice(members, None, 1 << n_shared)
        self.game, self.nodes = game, nodes
        self.n_players = len(self.players)

    def column(self, values: Floats) -> Floats:
        """Values of the coalitions of the branch, by position."""
        return values[self.rows]

    def basis(self, n_players: int) -> Floats:
        """Probability of one set of each size, of shape (1 + n_players, n_nodes)."""
        sizes = np.arange(n_players + 1)[:, None]
        basis: Floats = self.nodes**sizes * (1 - self.nodes) ** (n_players - sizes)
        return basis

    def derivative(self, values: Floats, by: Sequence[int] = ()) -> Floats:
        """Expected derivative of values of coalitions by some of its players, of shape (n_nodes,)."""
        rows, sign, size = terms_of(self.n_players, by)
        sums = np.bincount(size, weights=sign * values[rows], minlength=self.n_players - len(by) + 1)
        return sums @ self.basis(self.n_players - len(by))

    def counts(self, levels: Positions, n_levels: int, by: Sequence[int] = ()) -> Floats:
        """Signed numbers of coalitions of each size up to each level, of shape (n_levels, sizes)."""
        rows, sign, size = terms_of(self.n_players, by)
        width = self.n_players - len(by) + 1
        places = levels[rows] * width + size
        found = np.bincount(places, weights=sign, minlength=n_levels * width)
        return np.cumsum(found.reshape(n_levels, width), axis=0)


def terms_of(n_players: int, by: Sequence[int]) -> tuple[Positions, Floats, Positions]:
    """Terms of a discrete derivative: positions of coalitions, signs, and sizes without `by`."""
    rows = np.arange(1 << n_players)
    mask = sum(1 << player for player in by)
    inside = np.bitwise_count(rows & mask).astype(int)
    sizes = np.bitwise_count(rows).astype(int) - inside
    return rows, np.where((len(by) - inside) % 2, -1.0, 1.0), sizes


def _maximum(
    branches: list[_Branch], n_players: int, of_pairs: Floats | None, gain_sign: float
) -> Part:
    """The best of independent branches.

    It is the highest value minus, for each step to a lower one, the step if all are at most there.
    """
    n_nodes = len(branches[0].nodes)
    values = [branch.column(branch.game.values) for branch in branches]
    floor = max(float(own.min()) for own in values)
    levels = np.unique(np.maximum(np.concatenate(values), floor))
    at = [np.searchsorted(levels, np.maximum(own, floor)) for own in values]
    gains = gain_sign * np.where(np.isneginf(levels), 0.0, levels)
    mean = np.full(n_nodes, gains[-1])
    singles, pairs = np.zeros((n_players, n_nodes)), np.zeros((n_players, n_players))
    n_levels = len(levels) - 1
    rising = [
        _Rising(branch, levels_of, n_levels, of_pairs is not None)
        for branch, levels_of in zip(branches, at, strict=True)
        if levels_of.any()  # others are never above the floor
    ]
    for start in range(0, n_levels, LEVELS):
        part = slice(start, min(start + LEVELS, n_levels))
        steps = np.diff(gains)[part, None]
        _add_levels(rising, part, steps, of_pairs, mean, singles, pairs)
    return Part(mean, singles, pairs)


class _Rising:
    """Counts of a branch's coalitions up to each level but the last, and of their derivatives."""

    def __init__(self, branch: _Branch, levels: Positions, n_levels: int, with_pairs: bool) -> None:
        self.branch, self.players = branch, list(branch.players)

        def counts(*by: int) -> Floats:
            return branch.counts(levels, n_levels + 1, by)[:-1]

        members = range(branch.n_players)
        self.all = counts()
        self.by_one = [counts(player) for player in members]
        both = itertools.combinations(members, 2) if with_pairs else ()
        self.by_two = {pair: counts(*pair) for pair in both}
        self.bases = [branch.basis(max(branch.n_players - size, 0)) for size in range(3)]


def _add_levels(
    rising: list[_Rising],
    part: slice,
    steps: Floats,
    of_pairs: Floats | None,
    mean: Floats,
    singles: Floats,
    pairs: Floats,
) -> None:
    """Add what some levels contribute, in place."""
    below = [one.all[part] @ one.bases[0] for one in rising]
    before, after = _products(below), _products(below[::-1])[::-1]
    mean -= np.sum(steps * before[-1], axis=0)
    slopes = []
    for at, one in enumerate(rising):
        others = steps * before[at] * after[at + 1]
        slope = np.array([counts[part] @ one.bases[1] for counts in one.by_one])
        slopes.append(slope)
        singles[one.players] -= np.einsum("plq,lq->pq", slope, others)
        if of_pairs is None:
            continue
        weighted = others * of_pairs
        for (first, second), counts in one.by_two.items():
            i, j = sorted((one.players[first], one.players[second]))
            pairs[i, j] -= np.sum((counts[part] @ one.bases[2]) * weighted)
    if of_pairs is None:
        return
    for first in range(len(rising)):
        between = steps * of_pairs * before[first]
        for second in range(first + 1, len(rising)):
            others = between * after[second + 1]
            _add_across(rising[first], rising[second], slopes[first] * others, slopes[second], pairs)
            between = between * below[second]


def _add_across(
    one: _Rising, other: _Rising, slopes: Floats, other_slopes: Floats, pairs: Floats
) -> None:
    """Add pairs of players of two branches, in place."""
    found = slopes.reshape(len(slopes), -1) @ other_slopes.reshape(len(other_slopes), -1).T
    _subtract(pairs, one.players, other.players, found)


def _subtract(
    pairs: Floats, players: Sequence[int], others: Sequence[int], found: Floats
) -> None:
    i, j = np.meshgrid(players, others, indexing="ij")
    np.subtract.at(pairs, (np.minimum(i, j), np.maximum(i, j)), found)


def _products(factors: list[Floats]) -> list[Floats]:
    """Products of the first 0, 1, ... factors."""
    ones = np.ones((1, 1))
    return list(itertools.accumulate(factors, np.multiply, initial=ones))


def _variance(
    branches: list[_Branch], n_players: int, of_pairs: Floats | None, *, tuned: bool
) -> Part:
    """The variance of a mixture of branches: what each has alone, and products of pairs' means."""
    n_nodes = len(branches[0].nodes)
    singles, pairs = np.zeros((n_players, n_nodes)), np.zeros((n_players, n_players))
    if not tuned:
        own = [branch.column(branch.game.values) for branch in branches]
        means = [np.zeros_like(values) for values in own]
    else:
        means = [branch.game.mass * branch.column(branch.game.means) for branch in branches]
        own = [
            branch.game.mass * branch.column(branch.game.squares) - mean**2
            for branch, mean in zip(branches, means, strict=True)
        ]
    expected = [
        branch.derivative(mean) for branch, mean in zip(branches, means, strict=True)
    ]
    total = np.sum(expected, axis=0)
    value = np.sum(
        [branch.derivative(values) for branch, values in zip(branches, own, strict=True)], axis=0
    )
    value = value - total**2 + np.sum(np.square(expected), axis=0)
    slopes = []
    for branch, mean, values, here in zip(branches, means, own, expected, strict=True):
        others = 2 * (total - here)

        def by(*members: int) -> Floats:
            return branch.derivative(values, members) - others * branch.derivative(mean, members)

        for player, position in enumerate(branch.players):
            singles[position] = by(player)
        slopes.append(
            np.array([branch.derivative(mean, [player]) for player in range(branch.n_players)])
        )
        if of_pairs is not None:
            for first, second in itertools.combinations(range(branch.n_players), 2):
                i, j = sorted((branch.players[first], branch.players[second]))
                pairs[i, j] += by(first, second) @ of_pairs
    if of_pairs is not None:
        for one, other in itertools.combinations(range(len(branches)), 2):
            if branches[one].players and branches[other].players:
                found = 2 * (slopes[one] * of_pairs) @ slopes[other].T
                _subtract(pairs, branches[one].players, branches[other].players, found)
    return Part(value, singles, pairs)
