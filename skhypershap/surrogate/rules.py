"""Conditions and forbidden clauses of a space as trees of comparisons, to be part of a forest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from ConfigSpace import ConfigurationSpace
from ConfigSpace.conditions import AndConjunction, Conjunction
from ConfigSpace.forbidden import ForbiddenAndConjunction, ForbiddenConjunction

from skhypershap.arrays import Booleans, Floats
from skhypershap.space.conditions import Legality, breaks, has_relation
from skhypershap.space.domains import MANY_NUMBERS, all_numbers
from skhypershap.surrogate.kernels.decisions import ALWAYS, NEVER, Decisions
from skhypershap.surrogate.kernels.forest import FlatForest, add_trees

PENALTY = 2.0  # times the largest sum that the leaves of a forest can have

DType = type[np.floating[Any]]


def activity_of(legality: Legality, dtype: DType) -> Decisions:
    """Decisions whether each hyperparameter is active, for trees that cast numbers to `dtype`."""
    builder = _DecisionBuilder(legality.space, dtype)
    for column in range(len(legality.space)):
        builder.add(builder.is_active(column))
    return builder.decisions()


def clauses_of(legality: Legality, dtype: DType) -> Decisions:
    """Decisions whether each clause is broken, except clauses that relate hyperparameters."""
    builder = _DecisionBuilder(legality.space, dtype)
    for clause in legality.space.forbidden_clauses:
        if not has_relation(clause):
            builder.add(builder.holds(clause))
    return builder.decisions()


def penalty_of(forest: FlatForest, reach: float = 0.0) -> float:
    """More than twice what scores can differ by, if `reach` is what other parts add to the trees."""
    return PENALTY * (float(np.abs(forest.value).sum()) + reach + 1)


def with_penalties(
    forest: FlatForest, legality: Legality, sign: float, reach: float = 0.0
) -> FlatForest:
    """Add a tree for each forbidden clause, so that forbidden points are worse than any legal one."""
    if not legality.forbids:
        return forest
    clauses, penalty = clauses_of(legality, forest.dtype), penalty_of(forest, reach)
    tables = [clauses.table(clause, -sign * penalty) for clause in range(len(clauses.roots))]
    return add_trees(forest, tables, n_columns=len(legality.space))


# For some columns of a filled vector, a number below its value and one that is not below it.
Bounds = dict[int, tuple[float, float]]
# A column, and a number that its value is to be compared with.
Comparison = tuple[int, float]
# What follows from bounds: True or False, or the comparison that is needed next.
Predicate = Callable[[Bounds], bool | Comparison]


class _DecisionBuilder:
    """Turns predicates on filled vectors into trees of comparisons."""

    def __init__(self, space: ConfigurationSpace, dtype: DType) -> None:
        self.space, self.dtype = space, dtype
        self.nodes: list[tuple[int, float, int, int]] = []
        self.roots: list[int] = []

    def add(self, predicate: Predicate) -> None:
        """Append the tree of one more predicate."""
        self.roots.append(self._decide(predicate, {}))

    def decisions(self) -> Decisions:
        """The trees of all predicates that were added."""
        column, threshold, below, above = zip(*self.nodes, strict=True) if self.nodes else [()] * 4
        return Decisions(
            roots=np.array(self.roots, dtype=np.int32),
            column=np.array(column, dtype=np.int32),
            threshold=np.array(threshold, dtype=float),
            below=np.array(below, dtype=np.int32),
            above=np.array(above, dtype=np.int32),
        )

    def _decide(self, predicate: Predicate, bounds: Bounds) -> int:
        """Append a tree for vectors within bounds, and return its root."""
        answer = predicate(bounds)
        if isinstance(answer, bool):
            return ALWAYS if answer else NEVER
        column, cut = answer
        low, high = bounds.get(column, (-np.inf, np.inf))
        node = len(self.nodes)
        self.nodes.append((column, cut, NEVER, NEVER))
        below = self._decide(predicate, {**bounds, column: (low, cut)})
        above = self._decide(predicate, {**bounds, column: (cut, high)})
        self.nodes[node] = (column, cut, below, above)
        return node

    def is_active(self, column: int) -> Predicate:
        """Whether the hyperparameter is active."""
        conditions = self.space.parent_conditions_of[self.space.at[column]]
        return _all_of([self.holds(condition) for condition in conditions])

    def holds(self, rule: Any) -> Predicate:
        """Whether a condition holds, or a forbidden clause is broken."""
        if isinstance(rule, (Conjunction, ForbiddenConjunction)):
            both = isinstance(rule, (AndConjunction, ForbiddenAndConjunction))
            return (_all_of if both else _any_of)([self.holds(part) for part in rule.components])
        forbids = hasattr(rule, "hyperparameter")
        column = self.space.index_of[rule.hyperparameter.name if forbids else rule.parent.name]

        def truth(numbers: Floats) -> Booleans:
            rows = np.full((len(self.space), len(numbers)), np.nan)
            rows[column] = numbers
            found = breaks(rule, rows) if forbids else rule.satisfied_by_vector_array(rows)
            return np.asarray(found, dtype=bool)

        cuts, truths = self._steps(rule, column, truth)

        def of_value(bounds: Bounds) -> bool | Comparison:
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
        self, rule: Any, column: int, truth: Callable[[Floats], Booleans]
    ) -> tuple[Floats, Booleans]:
        """Numbers of one hyperparameter at which a rule changes its truth, and the truths between."""
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


def _not(predicate: Predicate) -> Predicate:
    def answer(bounds: Bounds) -> bool | Comparison:
        found = predicate(bounds)
        return not found if isinstance(found, bool) else found

    return answer


def _all_of(predicates: list[Predicate]) -> Predicate:
    def answer(bounds: Bounds) -> bool | Comparison:
        open_answers = []
        for predicate in predicates:
            found = predicate(bounds)
            if found is False:
                return False
            if found is not True:
                open_answers.append(found)
        return open_answers[0] if open_answers else True

    return answer


def _any_of(predicates: list[Predicate]) -> Predicate:
    return _not(_all_of([_not(predicate) for predicate in predicates]))
