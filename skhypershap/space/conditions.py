"""Which hyperparameters of a vector are active, and which vectors a space forbids.

A *filled* vector has a number for every hyperparameter; a *legal* one has none (NaN) for those that are
inactive. Blends of filled vectors are made legal from parents to children, which is the order of a
space. For a walk through trees the same conditions are laid out as questions about the numbers of
filled vectors, `Decisions`, that are asked before a tree splits on a conditional hyperparameter.
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
    """Whether a hyperparameter is active in vectors that are legal up to it; `rows` are columns."""
    active = np.ones(rows.shape[1], dtype=bool)
    for condition in space.parent_conditions_of[space.at[column]]:
        active &= condition.satisfied_by_vector_array(rows)
    return active


def breaks(clause: Any, rows: np.ndarray) -> np.ndarray:
    """Whether legal vectors break a clause; `rows` are columns."""
    if isinstance(clause, ForbiddenConjunction):
        both = isinstance(clause, ForbiddenAndConjunction)
        join = np.logical_and if both else np.logical_or
        return join.reduce([breaks(part, rows) for part in clause.components])
    return breaks_simple_clause(clause, rows)


def violates(space: ConfigurationSpace, vectors: np.ndarray) -> np.ndarray:
    """Whether legal vectors break a forbidden clause."""
    rows = np.ascontiguousarray(vectors.T)  # as ConfigSpace has them: a row for each hyperparameter
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
        Numbers that hyperparameters take where neither side of a blend has one for them.
    """

    space: ConfigurationSpace
    defaults: np.ndarray

    def fill(self, vectors: np.ndarray) -> np.ndarray:
        """Filled vectors of legal ones: what is inactive, or unknown, gets its default."""
        return np.where(np.isnan(vectors), self.defaults, vectors)

    def legal(self, vectors: np.ndarray) -> np.ndarray:
        """Legal vectors of filled ones: what is inactive has no number."""
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
        """Make a function from coalitions and candidates, by position, to which blends are forbidden.

        A clause depends on few hyperparameters, so that few kinds of coalitions need be told apart.
        """
        tables = []
        for clause in self.space.forbidden_clauses:
            columns = self._columns_behind(clause)
            players = np.unique(player_of_column[columns])
            players = players[players >= 0]
            kinds, kind_of = np.unique(coalitions[:, players], axis=0, return_inverse=True)
            broken = np.empty((len(kinds), len(candidates)), dtype=bool)
            for number, kind in enumerate(kinds):
                taken = np.isin(player_of_column, players[kind])
                blends = self.legal(np.where(taken, candidates, baseline))
                broken[number] = breaks(clause, blends.T)
            tables.append((kind_of.ravel(), broken))

        def is_forbidden(numbers: slice | np.ndarray, members: np.ndarray) -> np.ndarray:
            found = [broken[np.ix_(kind_of[numbers], members)] for kind_of, broken in tables]
            return np.logical_or.reduce(found)

        return is_forbidden

    def related_columns(self) -> list[int]:
        """Columns on which clauses depend that relate hyperparameters to each other."""
        clauses = filter(has_relation, self.space.forbidden_clauses)
        return sorted({column for clause in clauses for column in self._columns_behind(clause)})

    def _columns_behind(self, clause: Any) -> list[int]:
        """Columns that a clause names, and those that decide whether these are active."""
        found: set[str] = set()
        waiting = _names_in(clause)
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting.extend(parent.name for parent in self.space.parents_of[name])
        return sorted(self.space.index_of[name] for name in found)


def _names_in(clause: Any) -> list[str]:
    if isinstance(clause, ForbiddenConjunction):
        return [name for part in clause.dlcs for name in _names_in(part)]
    if isinstance(clause, ForbiddenRelation):
        return [clause.left.name, clause.right.name]
    return [clause.hyperparameter.name]


def has_relation(clause: Any) -> bool:
    """Whether a clause relates hyperparameters to each other."""
    parts = clause.dlcs if isinstance(clause, ForbiddenConjunction) else [clause]
    return any(isinstance(part, ForbiddenRelation) for part in parts)
