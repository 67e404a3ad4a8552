"""The best coalition of each size of a game with branches, and vectors that attain its value.

The value of a coalition is that of one small game. So the best coalition of a size holds the best one of
a small game, and players of other branches, which do not change it, fill it up.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from skhypershap.advice.subsets import Subset, Subsets
from skhypershap.arrays import Coalition, Coalitions, Integers, Scores, Vector, Vectors
from skhypershap.games.branch_games import BranchGames, part_of_key, part_optima
from skhypershap.games.branches import OUT, Key
from skhypershap.games.candidates import candidates_of
from skhypershap.games.setting import GameContext
from skhypershap.interactions.branched import BranchedGame

MOST_TIES = 1 << 12  # coalitions of one small game and size that are compared by position


class Winner(NamedTuple):
    """A small game, the position of one of its coalitions, and its value there."""

    key: Key
    position: int
    value: float


def can_rank(branched: BranchedGame) -> bool:
    """Whether the best coalitions follow from the small games: of one baseline, and no variance."""
    (first, *others) = branched.games
    return not others and not first.is_variance and first.gain_sign > 0


def best_of_branches(branched: BranchedGame) -> Subsets:
    """The best coalition of each size; of equal ones, the first by position."""
    (games,) = branched.games
    n_players = branched.n_players
    patterns = list(_patterns(games, n_players))
    best = []
    for size in range(1, n_players + 1):
        usable = [
            (part, np.flatnonzero((part.sizes <= size) & (part.sizes + part.n_others >= size)))
            for part in patterns
        ]
        usable = [(part, rows) for part, rows in usable if len(rows)]
        gain = max(float(part.gains[rows].max()) for part, rows in usable)
        tied = [
            part.filled(rows[part.gains[rows] == gain][:MOST_TIES], size) for part, rows in usable
        ]
        members = np.vstack([part for part in tied if len(part)])
        first = members[np.lexsort(-members.T[::-1].astype(int))[0]]
        # Where every blend is forbidden the coalition stays at the baseline.
        found = 0.0 if np.isneginf(gain) else gain
        best.append(Subset(tuple(np.flatnonzero(first).tolist()), found + 0.0))
    full = branched.empty + branched.sign * best[-1].gain
    return Subsets(best, branched.empty, full, True)


class _Patterns(NamedTuple):
    """Coalitions of one small game as coalitions of all players.

    Attributes
    ----------
    gains, sizes : ndarray of shape (n_coalitions,)
        With the roots that are tuned.
    members : tuple of int
        Players of the small game by bit.
    tuned : list of int
        Roots that are tuned.
    others : ndarray of shape (n_others,)
        Players that do not change the game, ascending.
    """

    gains: Scores
    sizes: Integers
    members: tuple[int, ...]
    tuned: list[int]
    others: Integers
    n_players: int

    @property
    def n_others(self) -> int:
        """How many players may fill a coalition up."""
        return len(self.others)

    def filled(self, rows: Integers, size: int) -> Coalitions:
        """Coalitions at some positions, filled up to a size by the first of the other players."""
        coalitions = np.zeros((len(rows), self.n_players), dtype=bool)
        coalitions[:, self.tuned] = True
        for bit, player in enumerate(self.members):
            coalitions[:, player] = rows >> bit & 1
        missing = size - self.sizes[rows]
        coalitions[:, self.others] = np.arange(self.n_others) < missing[:, None]
        return coalitions


def _patterns(games: BranchGames, n_players: int) -> Iterator[_Patterns]:
    roots = games.branches.roots
    for key, game in games.small.items():
        tuned = [root.player for root, value in zip(roots, key, strict=True) if value != OUT]
        used = {*game.players, *(root.player for root in roots)}
        others = np.array([player for player in range(n_players) if player not in used], dtype=int)
        sizes = np.bitwise_count(np.arange(len(game.values))).astype(int) + len(tuned)
        yield _Patterns(game.values, sizes, game.players, tuned, others, n_players)


def points_of_branches(
    name: str, context: GameContext, games: BranchGames, start: Vector, members: Coalitions
) -> Vectors:
    """A filled vector that attains the value of each coalition, of a game that is not a variance."""
    winners = [_winner(games, coalition) for coalition in members]
    candidates = candidates_of(name, context)
    points = np.tile(start, (len(members), 1))
    for key in dict.fromkeys(winner.key for winner in winners):
        part = part_of_key(name, context, start, games.branches, key, candidates)
        found = part_optima(name, part, in_vectors=True)
        for row, winner in enumerate(winners):
            if winner.key == key and winner.value != 0 and np.isfinite(winner.value):
                points[row] = found.points[winner.position]
    return points


def _winner(games: BranchGames, coalition: Coalition) -> Winner:
    """The small game that gives a coalition its value.

    A game that tunes a root at the baseline's value was raised to the one that does not tune it. If
    both are equal, the latter has the configuration.
    """
    tuned = tuple(bool(coalition[root.player]) for root in games.branches.roots)
    found = []
    for key in games.tuned_keys(tuned):
        game = games.small[key]
        position = int(game.positions_of(coalition[None])[0])
        found.append(Winner(key, position, float(game.values[position])))
    best = max(found, key=lambda winner: winner.value)
    for key in _untuned(best.key, games.kept):
        if games.small[key].values[best.position] == best.value:
            best = best._replace(key=key)
    return best


def _untuned(key: Key, kept: Key) -> Iterator[Key]:
    """The same game with fewer roots tuned, which are at the baseline's value."""
    options = [
        (value, OUT) if value == here else (value,) for value, here in zip(key, kept, strict=True)
    ]
    yield from itertools.product(*options)
