"""Blends of candidates with a baseline, and the bits of coalitions: their one home.

A coalition is a row of bools, one for each player. In a table of all 2^n_players coalitions it is
found at the position whose bit i is set if player i is in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from skhypershap.arrays import Booleans, Coalitions, PlayerOfColumn, Positions


@dataclass(frozen=True, eq=False)
class Blends:
    """Candidates that are blended with a baseline.

    In the blend of a candidate for a coalition, columns of the coalition's players have the candidate's
    values; all others keep the baseline's.

    Attributes
    ----------
    candidates : ndarray of shape (n_candidates, n_columns)
        Filled vectors (or the ranks that stand for them in a line search through a forest).
    baseline : ndarray of shape (n_columns,)
        The same for the baseline.
    player_of_column : ndarray of shape (n_columns,)
        The player that each column belongs to, -1 for none: such a column keeps the baseline's value.

    Examples
    --------
    >>> import numpy as np
    >>> from skhypershap.surrogate.blends import Blends, all_coalitions
    >>> blends = Blends(np.array([[0.1, 0.2]]), np.array([0.8, 0.9]), np.array([0, 1]))
    >>> blends.vectors(all_coalitions(blends.n_players))[:, 0]
    array([[0.8, 0.9],
           [0.1, 0.9],
           [0.8, 0.2],
           [0.1, 0.2]])
    """

    candidates: npt.NDArray[Any]
    baseline: npt.NDArray[Any]
    player_of_column: PlayerOfColumn

    @property
    def n_players(self) -> int:
        """Number of players."""
        return int(self.player_of_column.max(initial=-1)) + 1

    @property
    def n_coalitions(self) -> int:
        """Number of all coalitions, 2^n_players."""
        return 1 << self.n_players

    def taken(self, coalitions: Coalitions) -> Booleans:
        """Whether a blend takes a column from the candidate, of shape (n_coalitions, n_columns)."""
        never = np.zeros((len(coalitions), 1), dtype=bool)  # which the player -1 picks
        return np.hstack([coalitions, never])[:, self.player_of_column]

    def vectors(self, coalitions: Coalitions) -> npt.NDArray[Any]:
        """The blends themselves, of shape (n_coalitions, n_candidates, n_columns)."""
        return np.where(self.taken(coalitions)[:, None, :], self.candidates, self.baseline)

    def with_candidates(self, candidates: npt.NDArray[Any]) -> Blends:
        """Blends of other candidates with the same baseline."""
        return replace(self, candidates=candidates)

    def with_baseline_as_candidate(self) -> Blends:
        """The same, with the baseline as the last candidate."""
        return self.with_candidates(np.vstack([self.candidates, self.baseline]))


def coalitions_at(positions: Positions, n_players: int) -> Coalitions:
    """Coalitions at some positions of the table of all, as rows of bools."""
    coalitions = np.empty((len(positions), n_players), dtype=bool)
    for player in range(n_players):  # one table of numbers for each would take eight times the room
        coalitions[:, player] = positions >> player & 1
    return coalitions


def all_coalitions(n_players: int) -> Coalitions:
    """All 2^n_players coalitions in the order of their positions."""
    return coalitions_at(np.arange(1 << n_players), n_players)


def position_of(players: Iterable[int]) -> int:
    """Position of the coalition of some players, however many there are."""
    return sum(1 << player for player in players)


def positions_of(coalitions: Coalitions) -> Positions:
    """Position of each coalition, a row of bools of at most 62 players."""
    return coalitions @ (1 << np.arange(coalitions.shape[1]))


def positions_without(positions: Positions, players: Positions) -> Positions:
    """Positions of coalitions after one of their players has left; arrays are broadcast."""
    return positions ^ (1 << players)


def player_halves(table: npt.NDArray[Any]) -> Iterator[tuple[npt.NDArray[Any], npt.NDArray[Any]]]:
    """For each player views of all coalitions without it and, in the same order, with it."""
    for player in range(len(table).bit_length() - 1):
        halves = table.reshape(-1, 2, 1 << player)
        yield halves[:, 0], halves[:, 1]
