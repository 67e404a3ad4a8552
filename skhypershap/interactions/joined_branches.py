"""Expected derivatives where the root is tuned or not, with one set of shared players.

Branches are independent there: each player joins with the probability of a node of `quadrature`.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from skhypershap.arrays import Floats, Positions
from skhypershap.games.branch_games import SmallGame

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


class BranchOfShared:
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
        sums = np.bincount(size, weights=sign * values[rows])
        derivative: Floats = sums @ self.basis(self.n_players - len(by))
        return derivative

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


def maximum(
    branches: list[BranchOfShared], n_players: int, of_pairs: Floats | None, gain_sign: float
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

    def __init__(
        self, branch: BranchOfShared, levels: Positions, n_levels: int, with_pairs: bool
    ) -> None:
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
            _add_across(
                rising[first], rising[second], slopes[first] * others, slopes[second], pairs
            )
            between = between * below[second]


def _add_across(
    one: _Rising, other: _Rising, slopes: Floats, other_slopes: Floats, pairs: Floats
) -> None:
    """Add pairs of players of two branches, in place."""
    found = slopes.reshape(len(slopes), -1) @ other_slopes.reshape(len(other_slopes), -1).T
    _subtract(pairs, one.players, other.players, found)


def _subtract(pairs: Floats, players: Sequence[int], others: Sequence[int], found: Floats) -> None:
    i, j = np.meshgrid(players, others, indexing="ij")
    np.subtract.at(pairs, (np.minimum(i, j), np.maximum(i, j)), found)


def _products(factors: list[Floats]) -> list[Floats]:
    """Products of the first 0, 1, ... factors."""
    ones = np.ones((1, 1))
    return list(itertools.accumulate(factors, np.multiply, initial=ones))


def variance(
    branches: list[BranchOfShared], n_players: int, of_pairs: Floats | None, *, tuned: bool
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
    expected = [branch.derivative(mean) for branch, mean in zip(branches, means, strict=True)]
    total = np.sum(expected, axis=0)
    value = np.sum(
        [branch.derivative(values) for branch, values in zip(branches, own, strict=True)], axis=0
    )
    value = value - total**2 + np.sum(np.square(expected), axis=0)
    parts = [
        _Mixed(branch, mean, values, 2 * (total - here))
        for branch, mean, values, here in zip(branches, means, own, expected, strict=True)
    ]
    for part in parts:
        part.add_to(singles, pairs, of_pairs)
    for one, other in itertools.combinations(parts if of_pairs is not None else (), 2):
        if one.branch.players and other.branch.players:
            found = 2 * (one.slopes * of_pairs) @ other.slopes.T
            _subtract(pairs, one.branch.players, other.branch.players, found)
    return Part(value, singles, pairs)


class _Mixed:
    """A branch in a mixture: `others` is twice the expected mean of all other branches."""

    def __init__(self, branch: BranchOfShared, mean: Floats, own: Floats, others: Floats) -> None:
        self.branch, self.mean, self.own, self.others = branch, mean, own, others
        members = range(branch.n_players)
        self.slopes = np.array([branch.derivative(mean, [player]) for player in members])

    def add_to(self, singles: Floats, pairs: Floats, of_pairs: Floats | None) -> None:
        """Add the players of this branch, and their pairs, in place."""
        players = self.branch.players
        for at, player in enumerate(players):
            singles[player] = self._derivative(at)
        if of_pairs is None:
            return
        for first, second in itertools.combinations(range(len(players)), 2):
            i, j = sorted((players[first], players[second]))
            pairs[i, j] += self._derivative(first, second) @ of_pairs

    def _derivative(self, *by: int) -> Floats:
        mean = self.branch.derivative(self.mean, by)
        found: Floats = self.branch.derivative(self.own, by) - self.others * mean
        return found
