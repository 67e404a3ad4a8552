"""Players that conditions link: a factor of the process depends on all of their columns."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from skhypershap.arrays import Integers
from skhypershap.surrogate.kernels.conditional_process import ConditionalProcess

NOTHING = -1


class LinkedPlayers(NamedTuple):
    """Players whose columns depend on each other.

    Attributes
    ----------
    players : list of list of int
        Each player is in one of the lists.
    of_column : ndarray of shape (n_columns,)
        In which of the lists a column's players are; `NOTHING` where no player changes its factor.
    """

    players: list[list[int]]
    of_column: Integers

    def columns_of(self, players: Integers) -> Integers:
        """Columns whose factors depend on some players; those of the first players come last."""
        ranks = {group: place for place, group in enumerate(self._groups_of(players))}
        columns = [column for column, group in enumerate(self.of_column) if group in ranks]
        columns.sort(key=lambda column: -ranks[int(self.of_column[column])])
        return np.array(columns, dtype=np.int64)

    def _groups_of(self, players: Integers) -> list[int]:
        found = [
            next(at for at, some in enumerate(self.players) if player in some) for player in players
        ]
        return list(dict.fromkeys(found))


def linked_players(process: ConditionalProcess, player_of_column: Integers) -> LinkedPlayers:
    """Join players of which one may switch on a column of another, or of which both do so."""
    needs = process.readers().T | np.eye(len(player_of_column), dtype=bool)
    n_players = int(player_of_column.max()) + 1
    group = np.arange(n_players)
    behind = [np.unique(player_of_column[needed & (player_of_column >= 0)]) for needed in needs]
    for players in behind:
        if len(players):
            group[np.isin(group, group[players])] = group[players].min()
    names, position = np.unique(group, return_inverse=True)
    of_column = [position[players[0]] if len(players) else NOTHING for players in behind]
    together = [np.flatnonzero(group == name).tolist() for name in names]
    return LinkedPlayers(together, np.array(of_column, dtype=np.int64))


def halves_of(groups: list[list[int]]) -> tuple[Integers, Integers]:
    """Players of two parts, about as many in each; groups stay together."""
    halves: tuple[list[int], list[int]] = ([], [])
    for players in sorted(groups, key=len, reverse=True):
        min(halves, key=len).extend(players)
    low, high = sorted(halves, key=len)
    return np.array(low, dtype=np.int64), np.array(high, dtype=np.int64)
