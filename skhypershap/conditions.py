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
from ConfigSpace.conditions import AndConjunction, Conjunction
from ConfigSpace.forbidden import (
    ForbiddenAndConjunction,
    ForbiddenConjunction,
    ForbiddenLessThanEqualsClause,
    ForbiddenRelation,
)

from skhypershap.domains import MANY_NUMBERS, all_numbers
from skhypershap.kernels.decisions import ALWAYS, NEVER, Decisions


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
    if isinstance(clause, ForbiddenLessThanEqualsClause):
        # ConfigSpace 1.2 compares arrays the wrong way round.
        return rows[clause.vector_id] <= clause.vector_value
    return clause.is_forbidden_vector_array(rows)


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
        clauses = filter(_has_relation, self.space.forbidden_clauses)
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

    def activity(self, dtype: type) -> Decisions:
        """When each hyperparameter is active, for trees that cast numbers to `dtype`."""
        laid_out = _Layout(self.space, dtype)
        for column in range(len(self.space)):
            laid_out.add(laid_out.is_active(column))
        return laid_out.decisions()

    def clauses(self, dtype: type) -> Decisions:
        """When each clause is broken, but for those that relate hyperparameters to each other."""
        laid_out = _Layout(self.space, dtype)
        for clause in self.space.forbidden_clauses:
            if not _has_relation(clause):
                laid_out.add(laid_out.holds(clause))
        return laid_out.decisions()


def _names_in(clause: Any) -> list[str]:
    if isinstance(clause, ForbiddenConjunction):
        return [name for part in clause.dlcs for name in _names_in(part)]
    if isinstance(clause, ForbiddenRelation):
        return [clause.left.name, clause.right.name]
    return [clause.hyperparameter.name]


def _has_relation(clause: Any) -> bool:
    parts = clause.dlcs if isinstance(clause, ForbiddenConjunction) else [clause]
    return any(isinstance(part, ForbiddenRelation) for part in parts)


# What is known of a filled vector: for each column a number below its own, and one not below it.
Bounds = dict[int, tuple[float, float]]
# Answers True or False, or with a column and a number to compare it to, on which it depends.
Question = Callable[[Bounds], bool | tuple[int, float]]


class _Layout:
    """Turns questions about filled vectors into trees of comparisons."""

    def __init__(self, space: ConfigurationSpace, dtype: type) -> None:
        self.space, self.dtype = space, dtype
        self.nodes: list[tuple[int, float, int, int]] = []
        self.roots: list[int] = []

    def add(self, question: Question) -> None:
        """Lay out one more question."""
        self.roots.append(self._decide(question, {}))

    def decisions(self) -> Decisions:
        """All that has been laid out."""
        column, threshold, below, above = zip(*self.nodes, strict=True) if self.nodes else [()] * 4
        return Decisions(
            roots=np.array(self.roots, dtype=np.int32),
            column=np.array(column, dtype=np.int32),
            threshold=np.array(threshold, dtype=float),
            below=np.array(below, dtype=np.int32),
            above=np.array(above, dtype=np.int32),
        )

    def _decide(self, question: Question, bounds: Bounds) -> int:
        answer = question(bounds)
        if isinstance(answer, bool):
            return ALWAYS if answer else NEVER
        column, cut = answer
        low, high = bounds.get(column, (-np.inf, np.inf))
        number = len(self.nodes)
        self.nodes.append((column, cut, NEVER, NEVER))
        below = self._decide(question, {**bounds, column: (low, cut)})
        above = self._decide(question, {**bounds, column: (cut, high)})
        self.nodes[number] = (column, cut, below, above)
        return number

    def is_active(self, column: int) -> Question:
        """Is the hyperparameter active?"""
        conditions = self.space.parent_conditions_of[self.space.at[column]]
        return _all_of([self.holds(condition) for condition in conditions])

    def holds(self, rule: Any) -> Question:
        """Does a condition hold, or is a forbidden clause broken?"""
        if isinstance(rule, (Conjunction, ForbiddenConjunction)):
            both = isinstance(rule, (AndConjunction, ForbiddenAndConjunction))
            return (_all_of if both else _any_of)([self.holds(part) for part in rule.components])
        forbids = hasattr(rule, "hyperparameter")
        column = self.space.index_of[rule.hyperparameter.name if forbids else rule.parent.name]

        def truth(numbers: np.ndarray) -> np.ndarray:
            rows = np.full((len(self.space), len(numbers)), np.nan)
            rows[column] = numbers
            found = breaks(rule, rows) if forbids else rule.satisfied_by_vector_array(rows)
            return np.asarray(found, dtype=bool)

        cuts, truths = self._steps(rule, column, truth)

        def of_value(bounds: Bounds) -> bool | tuple[int, float]:
            low, high = bounds.get(column, (-np.inf, np.inf))
            inside = [cut for cut in cuts if low < cut < high]
            first = np.searchsorted(cuts, low, side="right")
            seen = set(truths[first : first + len(inside) + 1].tolist())
            return seen.pop() if len(seen) == 1 else (column, inside[len(inside) // 2])

        active = self.is_active(column)
        # ConfigSpace finds an inactive parent unequal to any value.
        if truth(np.array([np.nan])).all():
            return _any_of([_not(active), of_value])
        return _all_of([active, of_value])

    def _steps(
        self, rule: Any, column: int, truth: Callable[[np.ndarray], np.ndarray]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Where along one hyperparameter a rule changes its truth, and its truths between."""
        hyperparameter = self.space[self.space.at[column]]
        if hyperparameter.size <= MANY_NUMBERS:
            numbers = np.sort(all_numbers(hyperparameter))
            cuts, probes = (numbers[1:] + numbers[:-1]) / 2, numbers
        else:
            values = getattr(rule, "vector_values", None)
            values = np.unique([rule.vector_value] if values is None else values).astype(float)
            exact: np.ndarray = values.astype(self.dtype)
            before = np.nextafter(exact, self.dtype(-np.inf))
            cuts = np.column_stack([before, exact]).ravel().astype(float)
            ends = np.concatenate([[values[0] - 1], values, [values[-1] + 1]])
            probes = np.concatenate([values, (ends[1:] + ends[:-1]) / 2])
            probes.sort()
        truths = truth(probes)
        changes = truths[1:] != truths[:-1]
        return cuts[changes], np.concatenate([truths[:1], truths[1:][changes]])


def _not(question: Question) -> Question:
    def answer(bounds: Bounds) -> bool | tuple[int, float]:
        found = question(bounds)
        return not found if isinstance(found, bool) else found

    return answer


def _all_of(questions: list[Question]) -> Question:
    def answer(bounds: Bounds) -> bool | tuple[int, float]:
        open_answers = []
        for question in questions:
            found = question(bounds)
            if found is False:
                return False
            if found is not True:
                open_answers.append(found)
        return open_answers[0] if open_answers else True

    return answer


def _any_of(questions: list[Question]) -> Question:
    return _not(_all_of([_not(question) for question in questions]))
