"""Where trials kept the constraints of their study: a tree of feasible and infeasible trials.

Its leaves without a feasible trial become clauses, so that everything that keeps to the clauses of a
space keeps to them: candidates, line searches, proposals.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from ConfigSpace import ConfigurationSpace
from ConfigSpace.hyperparameters import (
    CategoricalHyperparameter,
    IntegerHyperparameter,
    OrdinalHyperparameter,
)
from sklearn.tree import DecisionTreeClassifier

from skhypershap.arrays import Booleans, Vectors
from skhypershap.space.conditions import Legality
from skhypershap.space.domains import META_KEY, all_numbers
from skhypershap.trials.failures import FailureClause, Part, clause_holds

Bounds = dict[int, tuple[float, float]]  # of some columns: above the first, at most the second


def infeasible_clauses(
    space: ConfigurationSpace, legality: Legality, vectors: Vectors, feasible: Booleans
) -> list[FailureClause]:
    """Predict where constraints are broken.

    Parameters
    ----------
    space : ConfigSpace.ConfigurationSpace
        Of the trials.
    legality : Legality
        With the defaults that inactive hyperparameters count as.
    vectors : ndarray of shape (n_trials, n_columns)
        Legal vectors.
    feasible : ndarray of shape (n_trials,), dtype bool
        Whether each trial kept all constraints.

    Returns
    -------
    list of FailureClause
        None of them holds for a feasible trial; nothing if all trials are feasible, or none is. Where
        trials are alike in all hyperparameters but not in feasibility, they count as feasible.
    """
    if feasible.all() or not feasible.any():
        return []
    filled = legality.fill(vectors)
    model = DecisionTreeClassifier(random_state=0).fit(filled, feasible)
    leaf_of = model.apply(filled)
    possible = set(leaf_of[feasible].tolist())
    found = []
    for leaf, bounds in _leaves(model.tree_):
        if leaf not in possible:
            parts = tuple(part for column in bounds for part in _parts(space, column, bounds))
            clause = FailureClause(parts, int((leaf_of == leaf).sum()), infeasible=True)
            if not clause_holds(space, parts, vectors[feasible]).any():
                found.append(clause)
    return sorted(found, key=lambda clause: -clause.n_failed)


def _leaves(tree: Any) -> list[tuple[int, Bounds]]:
    """The leaves of a tree, and what leads to each."""
    found: list[tuple[int, Bounds]] = []
    waiting: list[tuple[int, Bounds]] = [(0, {})]
    while waiting:
        node, bounds = waiting.pop()
        left, right = int(tree.children_left[node]), int(tree.children_right[node])
        if left < 0:
            found.append((node, bounds))
            continue
        column, cut = int(tree.feature[node]), float(tree.threshold[node])
        low, high = bounds.get(column, (-np.inf, np.inf))
        waiting.append((right, {**bounds, column: (cut, high)}))
        waiting.append((left, {**bounds, column: (low, cut)}))
    return found


def _parts(space: ConfigurationSpace, column: int, bounds: Bounds) -> list[Part]:
    """The numbers of one column between bounds, as parts of a clause."""
    name = space.at[column]
    hyperparameter = space[name]
    low, high = bounds[column]
    if isinstance(hyperparameter, CategoricalHyperparameter):
        numbers = np.sort(all_numbers(hyperparameter))
        inside = numbers[(numbers > low) & (numbers <= high)].tolist()
        return [
            Part(name, "==", inside[0]) if len(inside) == 1 else Part(name, "in", tuple(inside))
        ]
    parts = []
    if np.isfinite(low):
        parts.append(Part(name, ">", _last_below(hyperparameter, low)))
    if np.isfinite(high):
        parts.append(Part(name, "<", _next_above(hyperparameter, high)))
    return parts


def _last_below(hyperparameter: Any, cut: float) -> float:
    """The largest number up to a cut that has a value of its own; in a range of floats the cut."""
    return _around(hyperparameter, cut)[0]


def _next_above(hyperparameter: Any, cut: float) -> float:
    """The smallest such number above a cut."""
    return _around(hyperparameter, cut)[1]


def _around(hyperparameter: Any, cut: float) -> tuple[float, float]:
    if isinstance(hyperparameter, OrdinalHyperparameter):
        numbers = np.sort(all_numbers(hyperparameter))
        above = int(np.searchsorted(numbers, cut, side="right"))
        return float(numbers[above - 1]), float(numbers[above])
    is_integer = isinstance(hyperparameter, IntegerHyperparameter)
    if is_integer and META_KEY not in (hyperparameter.meta or {}):
        value = int(hyperparameter.to_value(float(np.clip(cut, 0.0, 1.0))))
        below = value if hyperparameter.to_vector(value) <= cut else value - 1
        return float(hyperparameter.to_vector(below)), float(hyperparameter.to_vector(below + 1))
    return cut, cut
