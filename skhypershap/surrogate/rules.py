"""How conditions and forbidden clauses become splits of trees."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from ConfigSpace import ConfigurationSpace
from ConfigSpace.conditions import AndConjunction, Conjunction
from ConfigSpace.forbidden import ForbiddenAndConjunction, ForbiddenConjunction

from skhypershap.space.conditions import Legality, breaks, has_relation
from skhypershap.space.domains import MANY_NUMBERS, all_numbers
from skhypershap.surrogate.kernels.decisions import ALWAYS, NEVER, Decisions


def activity_of(legality: Legality, dtype: type) -> Decisions:
    """When each hyperparameter is active, for trees that cast numbers to `dtype`."""
    laid_out = _Layout(legality.space, dtype)
    for column in range(len(legality.space)):
        laid_out.add(laid_out.is_active(column))
    return laid_out.decisions()


def clauses_of(legality: Legality, dtype: type) -> Decisions:
    """When each clause is broken, but for those that relate hyperparameters to each other."""
    laid_out = _Layout(legality.space, dtype)
    for clause in legality.space.forbidden_clauses:
        if not has_relation(clause):
            laid_out.add(laid_out.holds(clause))
    return laid_out.decisions()


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
