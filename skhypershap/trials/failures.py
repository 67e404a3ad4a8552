"""What always failed: choices, pairs of choices and ranges that no trial survived.

Pure functions of a space and of vectors. Candidates are compared with the failures that chance alone
would give, the strongest is taken, the trials that it explains are set aside, and the rest is looked at
again, so that one cause is not found twice.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
from ConfigSpace import ConfigurationSpace
from ConfigSpace.hyperparameters import (
    CategoricalHyperparameter,
    IntegerHyperparameter,
    OrdinalHyperparameter,
)
from scipy.special import gammaln

from skhypershap.arrays import Booleans, Vectors
from skhypershap.space.domains import META_KEY, all_numbers
from skhypershap.space.sampling import enumerate_vectors

LEAST_TRIALS = 5  # that must have failed, except in a complete grid
LEVEL = 0.01  # probability that chance explains any of the clauses
CLEAN = 0.1  # largest rate of failures on the other side of a threshold
FEW_INTEGERS = 10  # a range of no more integers is also looked at value by value
REPEATS = 4  # trials of a complete grid are no fewer than its size divided by this

OUTWARD: dict[Any, float] = {"<": -1.0, ">": 1.0}  # which way a range extends
Operator = Literal["==", "<", ">", "in"]


class Part(NamedTuple):
    """What a clause asks of one hyperparameter; false where that is inactive.

    Attributes
    ----------
    name : str
        The hyperparameter.
    operator : {"==", "<", ">", "in"}
        How its number is compared.
    number : float or tuple of float
        A number as in vectors; several for "in".
    """

    name: str
    operator: Operator
    number: Any


class FailureClause(NamedTuple):
    """Forbids what has all of its parts, because every such trial failed or broke a constraint.

    Attributes
    ----------
    parts : tuple of Part
        One or two, of different hyperparameters, where trials failed.
    n_failed : int
        How many trials had them.
    infeasible : bool
        Whether these trials have scores, but broke a constraint of their study.
    """

    parts: tuple[Part, ...]
    n_failed: int
    infeasible: bool = False


class _Found(NamedTuple):
    """A candidate: its probability under chance, then what decides between equals."""

    probability: float
    n_parts: int
    n_spared: int  # minus the number of trials, so that the smallest is the strongest
    is_range: bool
    parts: tuple[Part, ...]


def part_holds(space: ConfigurationSpace, part: Part, vectors: Vectors) -> Booleans:
    """Whether vectors have what a part asks for, of shape (n_vectors,)."""
    numbers = vectors[:, space.index_of[part.name]]
    if part.operator in ("==", "in"):
        found: Booleans = np.isin(numbers, part.number)
    else:
        found = numbers < part.number if part.operator == "<" else numbers > part.number
    return found


def clause_holds(space: ConfigurationSpace, parts: Sequence[Part], vectors: Vectors) -> Booleans:
    """Whether vectors have all parts, of shape (n_vectors,)."""
    found: Booleans = np.all([part_holds(space, part, vectors) for part in parts], axis=0)
    return found


def failure_clauses(
    space: ConfigurationSpace, finished: Vectors, failed: Vectors
) -> list[FailureClause]:
    """Find what failed in all of its trials, unless chance explains that.

    Parameters
    ----------
    space : ConfigSpace.ConfigurationSpace
        Of the trials.
    finished, failed : ndarray of shape (n_finished, n_columns) and (n_failed, n_columns)
        Legal vectors; NaN where a hyperparameter is inactive or unknown.

    Returns
    -------
    list of FailureClause
        No finished trial breaks any of them. The probability that random failures give one is below
        `LEVEL`, whatever their rate and even if each choice has a rate of its own. In a complete grid
        whose configurations failed or finished each time, everything that failed is found, because
        nothing is left that could run.
    """
    if not len(failed) or not len(finished):
        return []
    return _Inference(space, finished, failed).clauses()


class _Inference:
    """Looks for clauses in the trials that none of the clauses found so far explains."""

    def __init__(self, space: ConfigurationSpace, finished: Vectors, failed: Vectors) -> None:
        self.space = space
        self.vectors = np.vstack([finished, failed])
        self.failed = np.arange(len(self.vectors)) >= len(finished)
        self.choices = [
            Part(name, "==", number)
            for name, hyperparameter in space.items()
            if _has_choices(hyperparameter)
            for number in sorted(all_numbers(hyperparameter).tolist())
        ]
        self.holds = {part: part_holds(space, part, self.vectors) for part in self.choices}
        self.ordered = [name for name, item in space.items() if _is_ordered(item)]
        self.deterministic = is_complete_grid(space, finished, failed)
        self.n_hypotheses = self._count_hypotheses()

    def clauses(self) -> list[FailureClause]:
        """All clauses, the strongest first."""
        found: list[FailureClause] = []
        rows = np.ones(len(self.vectors), dtype=bool)
        while self.failed[rows].any():
            best = min(self._candidates(rows), default=None, key=lambda one: one[:4])
            if best is None or best.probability * self.n_hypotheses >= LEVEL:
                break
            broken = clause_holds(self.space, best.parts, self.vectors)
            found.append(FailureClause(best.parts, int(broken.sum())))
            rows &= ~broken
        return found

    def _count_hypotheses(self) -> int:
        """Number of candidates with enough trials, failed or not."""
        columns = np.array([self.holds[part] for part in self.choices], dtype=float)
        together = columns @ columns.T if len(columns) else np.zeros((0, 0))
        n_cells = int((np.triu(together) >= LEAST_TRIALS).sum())  # the diagonal: single choices
        n_ranges = 2 * len(self.ordered) * (1 + len(self.choices))
        n_corners = 2 * len(self.ordered) * (len(self.ordered) - 1)
        return max(1, n_cells + n_ranges + n_corners)

    def _candidates(self, rows: Booleans) -> Iterator[_Found]:
        """Everything that failed in all of the given rows that have it."""
        for part in self.choices:
            yield from self._checked((part,), rows)
        columns = np.array([self.holds[part][rows] for part in self.choices], dtype=float)
        if len(columns):
            finished = columns[:, ~self.failed[rows]]
            together, survived = columns @ columns.T, finished @ finished.T
            cells = np.argwhere(np.triu((together > 0) & (survived == 0), k=1))
            for first, second in cells.tolist():
                pair = self.choices[first], self.choices[second]
                if pair[0].name != pair[1].name:
                    yield from self._checked(pair, rows)
        for name in self.ordered:
            yield from self._ranges(name, rows)
        for names in itertools.combinations(self.ordered, 2):
            yield from self._corners(names, rows)

    def _ranges(self, name: str, rows: Booleans) -> Iterator[_Found]:
        """Ranges at the ends of an ordered hyperparameter, alone or beside a choice of another."""
        for beside in ((), *((part,) for part in self.choices if part.name != name)):
            inside = rows & self._among(beside)
            for operator in ("<", ">"):
                part = self._outermost(name, operator, inside)
                if part is not None:
                    beyond = inside & part_holds(self.space, part, self.vectors)
                    rest = inside & self._known(name) & ~beyond
                    if not rest.any() or self.failed[rest].mean() <= CLEAN:
                        yield from self._checked((*beside, part), rows, is_range=True)

    def _outermost(self, name: str, operator: Operator, rows: Booleans) -> Part | None:
        """The range beyond the last finished trial, where there are failed ones."""
        numbers = self.vectors[:, self.space.index_of[name]]
        sign = 1.0 if operator == ">" else -1.0
        finished, failed = (sign * numbers[rows & mask] for mask in (~self.failed, self.failed))
        finished, failed = finished[~np.isnan(finished)], failed[~np.isnan(failed)]
        if not len(finished):
            return None
        beyond = failed[failed > finished.max()]
        if len(beyond) < LEAST_TRIALS:
            return None
        cut = _between(self.space[name], sign * finished.max(), sign * beyond.min())
        return Part(name, operator, cut)

    def _corners(self, names: tuple[str, str], rows: Booleans) -> Iterator[_Found]:
        """Where two ordered hyperparameters are beyond a threshold each, and all else ran."""
        known = rows & self._known(names[0]) & self._known(names[1])
        for operators in itertools.product(OUTWARD, repeat=2):
            found = self._widest_corner(names, operators, known)
            if found is None:
                continue
            parts, n_cuts = found
            rest = known & ~self._among(parts)
            if not rest.any() or self.failed[rest].mean() <= CLEAN:
                for one in self._checked(parts, rows, is_range=True):
                    # Among so many places of the first threshold the best was taken.
                    yield one._replace(probability=one.probability * n_cuts)

    def _widest_corner(
        self, names: tuple[str, str], operators: tuple[Operator, Operator], rows: Booleans
    ) -> tuple[tuple[Part, Part], int] | None:
        """The corner with the most failed trials and no finished one, and the number that was tried."""
        columns = [self.space.index_of[name] for name in names]
        signs = np.array([OUTWARD[operator] for operator in operators])
        numbers = self.vectors[:, columns] * signs
        finished, failed = numbers[rows & ~self.failed], numbers[rows & self.failed]
        if len(failed) < LEAST_TRIALS or not len(finished):
            return None
        cuts = np.unique(finished[:, 0])
        order = np.argsort(-finished[:, 0], kind="stable")
        highest = np.maximum.accumulate(finished[order, 1])
        n_beyond = len(finished) - np.searchsorted(np.sort(finished[:, 0]), cuts, side="right")
        seconds = np.where(n_beyond > 0, highest[np.maximum(n_beyond - 1, 0)], np.nan)
        inside = (failed[:, :1] > cuts) & (failed[:, 1:] > seconds)  # never beside NaN
        best = int(np.argmax(inside.sum(axis=0)))
        beyond = failed[inside[:, best]]
        if len(beyond) < LEAST_TRIALS:
            return None
        ends = zip(names, operators, signs, (cuts[best], seconds[best]), beyond.min(0), strict=True)
        first, second = (
            Part(name, operator, _between(self.space[name], sign * low, sign * high))
            for name, operator, sign, low, high in ends
        )
        return (first, second), len(cuts)

    def _checked(
        self, parts: tuple[Part, ...], rows: Booleans, *, is_range: bool = False
    ) -> Iterator[_Found]:
        """The candidate itself, if all of its trials failed and are enough."""
        inside = rows & self._among(parts)
        n = int(inside.sum())
        if not n or not self.failed[inside].all():
            return
        if self.deterministic and not is_range:
            probability = 0.0
        elif n < LEAST_TRIALS:
            return
        elif len(parts) == 1:
            probability = self._chance_within(rows & self._known(parts[0].name), n)
        else:
            probability = self._chance_of_pair(parts, rows, n)
        yield _Found(probability, len(parts), -n, is_range, parts)

    def _chance_of_pair(self, parts: Sequence[Part], rows: Booleans, n: int) -> float:
        """Probability that n trials with both parts fail, given the failures with one of them.

        The largest of three: the failures of each part fall on the pair by chance, and each part adds
        its own rate of failures.
        """
        known = rows & np.all([self._known(part.name) for part in parts], axis=0)
        first, second = (part_holds(self.space, part, self.vectors) & known for part in parts)
        groups = first & ~second, second & ~first, known & ~first & ~second
        rate = joint_rate(*((int(self.failed[g].sum()), int(g.sum())) for g in groups))
        return max(self._chance_within(first, n), self._chance_within(second, n), float(rate**n))

    def _chance_within(self, rows: Booleans, n: int) -> float:
        return chance_of_all(int(rows.sum()), int(self.failed[rows].sum()), n)

    def _among(self, parts: Sequence[Part]) -> Booleans:
        found = np.ones(len(self.vectors), dtype=bool)
        for part in parts:
            holds = self.holds.get(part)
            found &= part_holds(self.space, part, self.vectors) if holds is None else holds
        return found

    def _known(self, name: str) -> Booleans:
        known: Booleans = ~np.isnan(self.vectors[:, self.space.index_of[name]])
        return known


def chance_of_all(n_trials: int, n_failed: int, n: int) -> float:
    """Probability that n given trials are all among the failed ones (Fisher's exact test)."""
    logs = gammaln([n_failed + 1, n_failed - n + 1, n_trials + 1, n_trials - n + 1])
    return float(np.exp(min(0.0, logs[0] - logs[1] - logs[2] + logs[3])))


def joint_rate(first: tuple[int, int], second: tuple[int, int], rest: tuple[int, int]) -> float:
    """Rate of failures expected where two causes meet that do not depend on each other.

    Arguments are the failed and all trials with the first cause only, the second only, and neither.
    The odds of failing multiply; a cause that fails no more than the rest adds nothing.
    """
    rates = [failed / n if n else 0.0 for failed, n in (first, second, rest)]
    odds = [(failed + 0.5) / (n - failed + 0.5) for failed, n in (first, second, rest)]
    joint = max(odds[:2])
    if rest[1] and min(rates[:2]) > rates[2]:
        joint = odds[0] * odds[1] / odds[2]
    return joint / (1 + joint)


def is_complete_grid(space: ConfigurationSpace, finished: Vectors, failed: Vectors) -> bool:
    """Whether each configuration of a finite space ran, and always failed or always finished."""
    ran, lost = ({row.tobytes() for row in part + 0.0} for part in (finished, failed))
    if ran & lost:
        return False
    found = enumerate_vectors(space, REPEATS * (len(finished) + len(failed)))
    return found is not None and {row.tobytes() for row in found[0] + 0.0} <= ran | lost


def shared_clauses(several: Sequence[Sequence[FailureClause]]) -> list[FailureClause]:
    """What all of several searches forbid: equal choices, and where ranges overlap."""
    shared = list(several[0])
    for others in several[1:]:
        pairs = itertools.product(shared, others)
        shared = [found for one, other in pairs if (found := _overlap(one, other)) is not None]
    return shared


def _overlap(first: FailureClause, second: FailureClause) -> FailureClause | None:
    """The clause that forbids what both forbid, where they ask for the same."""
    asked = {(part.name, part.operator): part for part in second.parts}
    same = {(part.name, part.operator) for part in first.parts} == set(asked)
    if not same or first.infeasible != second.infeasible:
        return None
    parts = []
    for part in first.parts:
        other = asked[part.name, part.operator]
        if part.operator in ("==", "in"):
            if part.number != other.number:
                return None
            parts.append(part)
            continue
        narrow = min if part.operator == "<" else max
        parts.append(part._replace(number=narrow(part.number, other.number)))
    return FailureClause(tuple(parts), first.n_failed + second.n_failed, first.infeasible)


def _has_choices(hyperparameter: Any) -> bool:
    if isinstance(hyperparameter, IntegerHyperparameter):
        return META_KEY not in (hyperparameter.meta or {}) and (
            1 < hyperparameter.size <= FEW_INTEGERS
        )
    kinds = (CategoricalHyperparameter, OrdinalHyperparameter)
    return isinstance(hyperparameter, kinds) and hyperparameter.size > 1


def _is_ordered(hyperparameter: Any) -> bool:
    return hyperparameter.size > 1 and not isinstance(hyperparameter, CategoricalHyperparameter)


def _between(hyperparameter: Any, finished: float, failed: float) -> float:
    """The number at which a range begins: next to the failed one if values are few, or half way."""
    if isinstance(hyperparameter, OrdinalHyperparameter):
        return failed - np.sign(failed - finished)
    if isinstance(hyperparameter, IntegerHyperparameter):
        value = int(hyperparameter.to_value(failed)) - int(np.sign(failed - finished))
        return float(hyperparameter.to_vector(value))
    return (finished + failed) / 2
