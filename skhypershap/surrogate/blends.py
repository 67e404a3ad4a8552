"""Coalitions as numbers and as rows of bools, and the columns that follow them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np


def members_of(numbers: np.ndarray, n_players: int) -> np.ndarray:
    """Coalitions as rows of bools; bit i of a number says that player i is in it."""
    return (numbers[:, None] >> np.arange(n_players) & 1).astype(bool)


def columns_of(members: np.ndarray, player_of_column: np.ndarray) -> np.ndarray:
    """Which columns are a coalition's; one without a player follows an extra, absent one."""
    never = np.zeros((len(members), 1), dtype=bool)
    return np.hstack([members, never])[:, player_of_column]


def player_halves(table: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """For each player views of all coalitions without it and, in the same order, with it."""
    for player in range(len(table).bit_length() - 1):
        halves = table.reshape(-1, 2, 1 << player)
        yield halves[:, 0], halves[:, 1]
