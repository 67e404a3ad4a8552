"""Names for arrays, each with its shape.

Static type checkers see element types only; the docstring below an alias gives the shape that the
alias stands for. A function whose arrays have other shapes says so in its own docstring.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
"""Any shape."""

Integers: TypeAlias = npt.NDArray[np.integer[Any]]
"""Any shape, and any size of integer."""

Booleans: TypeAlias = npt.NDArray[np.bool_]
"""Any shape."""

Vector: TypeAlias = npt.NDArray[np.float64]
"""One configuration as numbers in [0, 1] (or category indices), of shape (n_columns,)."""

Vectors: TypeAlias = npt.NDArray[np.float64]
"""Configurations as vectors, of shape (n_vectors, n_columns); NaN where inactive, unless filled."""

Scores: TypeAlias = npt.NDArray[np.float64]
"""One score for each vector or coalition, of shape (n_scores,)."""

ScoreTable: TypeAlias = npt.NDArray[np.float64]
"""A score for each coalition and candidate, of shape (n_coalitions, n_candidates)."""

Coalition: TypeAlias = npt.NDArray[np.bool_]
"""Whether each player is in it, of shape (n_players,)."""

Coalitions: TypeAlias = npt.NDArray[np.bool_]
"""One coalition per row, of shape (n_coalitions, n_players)."""

Positions: TypeAlias = npt.NDArray[np.integer[Any]]
"""Places in a list, of shape (n_positions,). In a table of all coalitions bit i of a position is set
if player i is in the coalition."""

PlayerOfColumn: TypeAlias = npt.NDArray[np.integer[Any]]
"""The player that each column belongs to, -1 for none, of shape (n_columns,)."""


def floats_of(values: npt.ArrayLike) -> Floats:
    """Numbers of any shape, NaN where an array masks them."""
    if isinstance(values, np.ma.MaskedArray):
        values = np.ma.filled(values.astype(float), np.nan)
    return np.asarray(values, dtype=float)
