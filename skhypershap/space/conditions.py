"""Which hyperparameters of a vector are active, and which vectors a space forbids.

A *filled* vector has a number for every hyperparameter; a *legal* one has NaN where one is inactive.
A blend of filled vectors is made legal from parents to children, which is the order of a space.
`skhypershap.surrogate.rules` turns the same conditions into splits of a tree.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from ConfigSpace import ConfigurationSpace
from ConfigSpace.forbidden import (
    ForbiddenAndConjunction,
    ForbiddenConjunction,
    ForbiddenRelation,
)

from skhypershap.library_faults import breaks_simple_clause


def active_where(space: ConfigurationSpace, column: int, rows: np.ndarray) -> np.ndarray:
    """Whether a hyperparameter is active in vectors.

    Parameters
    ----------
    space : ConfigSpace.ConfigurationSpace
        With its conditions.
    column : int
        Position of the hyperparameter in the space.
    rows : ndarray of shape (n_columns, n_vectors)
        Vectors as columns, as ConfigSpace has them; legal up to the hyperparameter.

    Returns
    -------
    ndarray of shape (n_vectors,), dtype bool
    """
    active: np.ndarray = np.ones(rows.shape[1], dtype=bool)
    for condition in space.parent_conditions_of[space.at[column]]:
        active &= condition.satisfied_by_vector_array(rows)
    return active


def breaks(clause: Any, rows: np.ndarray) -> np.ndarray:
    """Whether legal vectors, the columns of `rows`, break a clause."""
    if isinstance(clause, ForbiddenConjunction):
        both = isinstance(clause, ForbiddenAndConjunction)
        parts = [breaks(part, rows) for part in clause.components]
        broken: np.ndarray = np.all(parts, axis=0) if both else np.any(parts, axis=0)
        return broken
    return breaks_simple_clause(clause, rows)


def violates(space: ConfigurationSpace, vectors: np.ndarray) -> np.ndarray:
    """Whether legal vectors break a forbidden clause."""
    rows = np.ascontiguousarray(vectors.T)  # a row for each hyperparameter
    broken = np.zeros(len(vectors), dtype=bool)
    for clause in space.forbidden_clauses:
        broken |= breaks(clause, rows)
    return broken


@dataclass(frozen=True)
class Legality:
    """What makes vectors of a space legal.

    Attributes
    ----------
    space : ConfigSpace.ConfigurationSpace
        With its conditions and forbidden clauses.
    defaults : ndarray of shape (n_columns,)
        Number of each hyperparameter where neither side of a blend has one for it.
    """

    space: ConfigurationSpace
    defaults: np.ndarray

    def fill(self, vectors: np.ndarray) -> np.ndarray:
        """Filled vectors of legal ones: an inactive or unknown hyperparameter gets its default."""
        return np.where(np.isnan(vectors), self.defaults, vectors)

    def legal(self, vectors: np.ndarray) -> np.ndarray:
        """Legal vectors of filled ones: an inactive hyperparameter gets NaN."""
        if not self.space.conditions:
            return vectors
        rows = np.array(vectors.T, order="C")
        for column in range(len(rows)):
            rows[column, ~active_where(self.space, column, rows)] = np.nan
        return rows.T

    @property
    def forbids(self) -> bool:
        """Whether there are clauses that could forbid anything."""
        return bool(self.space.forbidden_clauses)

    def forbidden(self, vectors: np.ndarray) -> np.ndarray:
        """Whether filled vectors break a clause once they are legal."""
        return violates(self.space, self.legal(vectors))

    def forbidden_blends(
        self,
        candidates: np.ndarray,
        baseline: np.ndarray,
        player_of_column: np.ndarray,
        coalitions: np.ndarray,
    ) -> Callable[[slice | np.ndarray, np.ndarray], np.ndarray]:
        """Make a function that tells which blends are forbidden.

        It takes positions of coalitions and of candidates, and returns bools of shape (n_coalitions,
        n_candidates). A clause depends on few hyperparameters, so each is evaluated only once for all
        coalitions that agree on these.
        """
        tables = []
        for clause in self.space.forbidden_clauses:
            columns = self._columns_behind(clause)
            players = np.unique(player_of_column[columns])
            players = players[players >= 0]
            kinds, kind_of = np.unique(coalitions[:, players], axis=0, return_inverse=True)
            broken = np.empty((len(kinds), len(candidates)), dtype=bool)
            for row, kind in enumerate(kinds):
                from_candidate = np.isin(player_of_column, players[kind])
                blends = self.legal(np.where(from_candidate, candidates, baseline))
                broken[row] = breaks(clause, blends.T)
            tables.append((kind_of.ravel(), broken))

        def is_forbidden(rows: slice | np.ndarray, members: np.ndarray) -> np.ndarray:
            found = [broken[np.ix_(kind_of[rows], members)] for kind_of, broken in tables]
            forbidden: np.ndarray = np.any(found, axis=0)
            return forbidden

        return is_forbidden

    def related_columns(self) -> list[int]:
        """Columns that a relation between two hyperparameters depends on."""
        clauses = filter(has_relation, self.space.forbidden_clauses)
        return sorted({column for clause in clauses for column in self._columns_behind(clause)})

    def _columns_behind(self, clause: Any) -> list[int]:
        """Columns of the hyperparameters in a clause, and of those that activate them."""
        found: set[str] = set()
        waiting = names_in(clause)
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting.extend(parent.name for parent in self.space.parents_of[name])
        return sorted(self.space.index_of[name] for name in found)


def names_in(clause: Any) -> list[str]:
    """Names of the hyperparameters that a forbidden clause is about."""
    if isinstance(clause, ForbiddenConjunction):
        return [name for part in clause.dlcs for name in names_in(part)]
    if isinstance(clause, ForbiddenRelation):
        return [clause.left.name, clause.right.name]
    return [clause.hyperparameter.name]


def has_relation(clause: Any) -> bool:
    """Whether a clause contains a relation between two hyperparameters."""
    parts = clause.dlcs if isinstance(clause, ForbiddenConjunction) else [clause]
    return any(isinstance(part, ForbiddenRelation) for part in parts)
