"""Branches of a space: hyperparameters that matter for one value of a choice only.

A *root* is a choice, such as the classifier, with hyperparameters that are active for one of its values
only. These are the *branch* of the value. What is active for several values, or whatever the root
is, is *shared*. With the root at a value, all other branches are inactive: a game of many players is
therefore made of one small game for each value, of what is shared and its branch.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from ConfigSpace import ConfigurationSpace
from ConfigSpace.conditions import AndConjunction, Conjunction

from skhypershap.arrays import Booleans, Floats, Integers, Vectors
from skhypershap.games.setting import GameContext
from skhypershap.space.conditions import names_in
from skhypershap.space.domains import all_numbers
from skhypershap.surrogate.warped import WarpedSurrogate

MOST_VALUES = 256  # of a root
MOST_COALITIONS = 1 << 20  # of all small games together: about a minute on one thread
MOST_GAMES = 1 << 10
MOST_ROOTS = 3
MOST_PLAYERS = 900  # beyond, numbers of coalitions overflow a float
TOLERANCE = 1e-6  # of a number in a vector
OUT = -1  # stands for the baseline's value, where a root is not tuned

Key = tuple[int, ...]
"""For each root the position of its value, or `OUT`."""


class Root(NamedTuple):
    """A choice that switches players on.

    Attributes
    ----------
    player, column : int
        Its player, and its position in the space.
    numbers : ndarray of shape (n_values,)
        Its values in a vector.
    branches : tuple of tuple of int
        For each value the players that matter for it only.
    """

    player: int
    column: int
    numbers: Floats
    branches: tuple[tuple[int, ...], ...]

    def positions_in(self, vectors: Vectors) -> Integers:
        """Position of the value that filled vectors have, -1 for an impossible one."""
        distances = np.abs(vectors[:, self.column, None] - self.numbers)
        positions: Integers = np.argmin(distances, axis=1)
        return np.where(distances.min(axis=1) < TOLERANCE, positions, -1)


class Branches(NamedTuple):
    """The roots of a game, and the players that belong to no branch."""

    roots: tuple[Root, ...]
    shared: tuple[int, ...]

    def all_keys(self) -> Iterator[Key]:
        """The small games: each root is at one of its values, or not tuned."""
        return itertools.product(*(range(OUT, len(root.numbers)) for root in self.roots))

    def players(self, key: Key, kept: Key) -> tuple[int, ...]:
        """Players of a small game: shared ones, then those of a branch of each root.

        `kept` has the position of the baseline's value of each root.
        """
        at = [here if value == OUT else value for value, here in zip(key, kept, strict=True)]
        of_roots = [root.branches[value] for root, value in zip(self.roots, at, strict=True)]
        return sum(of_roots, self.shared)

    @property
    def most_players(self) -> int:
        """Of a small game, at most."""
        return len(self.shared) + sum(max(map(len, root.branches)) for root in self.roots)

    @property
    def n_games(self) -> int:
        """Number of small games."""
        return math.prod(1 + len(root.numbers) for root in self.roots)


def find_branches(context: GameContext, max_exact: int) -> Branches | None:
    """Split a game by as few roots as possible, so that small games have at most `max_exact` players.

    None where that is impossible.
    """
    if context.n_players > MOST_PLAYERS:
        return None
    roots = list(_roots_of(context))
    for n_roots in range(1, MOST_ROOTS + 1):
        found = [
            _joined(context.n_players, some) for some in itertools.combinations(roots, n_roots)
        ]
        small = [branches for branches in found if _is_small(branches, max_exact)]
        if small:
            return min(small, key=lambda branches: branches.most_players)
    return None


def _is_small(branches: Branches, max_exact: int) -> bool:
    if branches.most_players > max_exact or branches.n_games > MOST_GAMES:
        return False
    sizes = [sum(1 << len(branch) for branch in root.branches) for root in branches.roots]
    return math.prod(sizes) << len(branches.shared) <= MOST_COALITIONS


def _roots_of(context: GameContext) -> Iterator[Root]:
    """Single players with few values, with the branches of each."""
    space, player_of = context.trials.space, context.player_of_column
    alone = [names[0] for names in context.players.values() if len(names) == 1]
    for name in alone:
        if not space.children_of[name] or space[name].size > MOST_VALUES:
            continue
        column = space.index_of[name]
        numbers = np.sort(all_numbers(space[name]))
        active = _Activity(space, name, numbers)
        needed = np.zeros((context.n_players, len(numbers)), dtype=bool)
        for other, player in zip(space, player_of, strict=True):
            if player >= 0:
                needed[player] |= active.where(other)
        only = needed.sum(axis=1) == 1
        only[player_of[column]] = False
        branches = [np.flatnonzero(only & needed[:, at]).tolist() for at in range(len(numbers))]
        if only.any():
            yield Root(int(player_of[column]), column, numbers, tuple(map(tuple, branches)))


def _joined(n_players: int, roots: tuple[Root, ...]) -> Branches:
    """Several roots; what would belong to the branches of two of them is shared."""
    counts = np.zeros(n_players, dtype=int)
    for root in roots:
        for player in itertools.chain(*root.branches):
            counts[player] += 1
    apart = tuple(
        root._replace(
            branches=tuple(
                tuple(player for player in branch if counts[player] == 1)
                for branch in root.branches
            )
        )
        for root in roots
    )
    own = {root.player for root in apart}
    own.update(player for root in apart for player in itertools.chain(*root.branches))
    if sum(len(branch) for root in apart for branch in root.branches) + len(apart) > len(own):
        return Branches(roots, tuple(range(n_players)))  # a root below another one: too large
    return Branches(apart, tuple(player for player in range(n_players) if player not in own))


class _Activity:
    """For which values of a root other hyperparameters can be active."""

    def __init__(self, space: ConfigurationSpace, root: str, numbers: Floats) -> None:
        self.space, self.root, self.numbers = space, root, numbers
        self._known: dict[str, Booleans] = {}

    def where(self, name: str) -> Booleans:
        """Whether it can be active, for each value of the root."""
        if name not in self._known:
            conditions = self.space.parent_conditions_of[name]
            parts = [self._holds(condition) for condition in conditions]
            self._known[name] = np.logical_and.reduce([self._always(), *parts])
        return self._known[name]

    def _always(self) -> Booleans:
        return np.ones(len(self.numbers), dtype=bool)

    def _holds(self, condition: Any) -> Booleans:
        if isinstance(condition, Conjunction):
            join = np.logical_and if isinstance(condition, AndConjunction) else np.logical_or
            found: Booleans = join.reduce([self._holds(part) for part in condition.components])
            return found
        parent = condition.parent.name
        rows = np.full((len(self.space), 1 + len(self.numbers)), np.nan)
        if parent == self.root:
            rows[self.space.index_of[parent], 1:] = self.numbers
        holds = np.asarray(condition.satisfied_by_vector_array(rows), dtype=bool)
        if holds[0]:  # also where the parent is inactive, so that nothing follows
            return self._always()
        return holds[1:] if parent == self.root else self.where(parent)


def touched_players(context: GameContext) -> list[int]:
    """Players that can change a score, ascending; at least one.

    A player whose columns no tree splits, and no clause is about, is a null player: all its
    interactions are zero, and those of the others are what they are without it.
    """
    surrogate = context.surrogate
    has_process = isinstance(surrogate, WarpedSurrogate) and surrogate.process is not None
    if surrogate.forest is None or has_process:
        return list(range(context.n_players))
    space = context.trials.space
    columns = set(np.unique(surrogate.forest.column[surrogate.forest.left >= 0]).tolist())
    for clause in space.forbidden_clauses:
        waiting = names_in(clause)
        while waiting:
            name = waiting.pop()
            columns.add(space.index_of[name])
            waiting.extend(parent.name for parent in space.parents_of[name])
    touched = {int(context.player_of_column[column]) for column in columns if column < len(space)}
    return sorted(touched - {-1}) or [0]
