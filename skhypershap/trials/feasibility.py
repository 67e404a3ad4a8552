"""Where trials kept the constraints of their study, learned by trees.

Boxes where a constraint is predicted to be broken become clauses, so that everything that keeps to the
clauses of a space keeps to them: candidates, line searches, proposals.
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
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.tree import DecisionTreeClassifier

from skhypershap.arrays import Booleans, Floats, Vectors
from skhypershap.space.conditions import Legality
from skhypershap.space.domains import META_KEY, all_numbers
from skhypershap.space.sampling import enumerate_vectors, sample_vectors
from skhypershap.trials.failures import FailureClause, Part, clause_holds

N_TREES = 100
N_PLACES = 4096  # at which they are asked
MOST_LEAVES = 64  # of the tree that learns what they say
WEIGHT = 16.0  # of a trial, against a place

Bounds = dict[int, tuple[float, float]]  # of some columns: above the first, at most the second


def infeasible_clauses(
    space: ConfigurationSpace, legality: Legality, vectors: Vectors, constraints: Floats
) -> list[FailureClause]:
    """Predict where constraints are broken.

    For each constraint, trees learn its value, and one tree of few leaves learns the sign of what these
    predict. Where trials show otherwise they are right.

    Parameters
    ----------
    space : ConfigSpace.ConfigurationSpace
        Of the trials.
    legality : Legality
        With the defaults that inactive hyperparameters count as.
    vectors : ndarray of shape (n_trials, n_columns)
        Legal vectors.
    constraints : ndarray of shape (n_trials, n_constraints)
        Kept where they are zero or less, or NaN.

    Returns
    -------
    list of FailureClause
        None of them holds for a feasible trial; nothing if all trials are feasible, or none is.
    """
    broken = constraints > 0
    if not broken.any() or broken.any(axis=1).all():
        return []
    filled = legality.fill(vectors)
    places = legality.fill(_places(space))
    found: list[FailureClause] = []
    for column in np.flatnonzero(broken.any(axis=0)).tolist():
        for bounds in _broken_boxes(filled, constraints[:, column], places):
            parts = tuple(part for one in bounds for part in _parts(space, one, bounds))
            holds = clause_holds(space, parts, vectors)
            if parts and not (holds & ~broken.any(axis=1)).any():
                found.append(FailureClause(parts, int(holds.sum()), infeasible=True))
    return sorted(found, key=lambda clause: -clause.n_failed)


def feasible_trials(constraints: Floats | None) -> Booleans | None:
    """Which trials kept all constraints; None where there are no constraints, or none kept them."""
    if constraints is None:
        return None
    feasible: Booleans = np.logical_not((constraints > 0).any(axis=1))
    return feasible if feasible.any() else None


def _places(space: ConfigurationSpace) -> Vectors:
    """Where the sign of constraints is predicted: everywhere in a small space, or samples."""
    enumerated = enumerate_vectors(space, N_PLACES)
    return sample_vectors(space, N_PLACES, 0) if enumerated is None else enumerated[0]


def _broken_boxes(filled: Vectors, values: Floats, places: Vectors) -> list[Bounds]:
    """Bounds of the boxes in which one constraint is broken."""
    known = ~np.isnan(values)
    filled, values = filled[known], values[known]
    scale = np.median(np.abs(values[values != 0])) if values.any() else 1.0
    model = ExtraTreesRegressor(N_TREES, random_state=0).fit(filled, np.arcsinh(values / scale))
    rows = np.vstack([filled, places])
    broken = np.append(values > 0, model.predict(places) > 0)
    weights = np.append(np.full(len(filled), WEIGHT), np.ones(len(places)))
    few = DecisionTreeClassifier(max_leaf_nodes=MOST_LEAVES, random_state=0)
    few.fit(rows, broken, sample_weight=weights)
    leaf_of, found = few.apply(filled), []
    for leaf, bounds in _leaves(few.tree_):
        inside = leaf_of == leaf
        is_broken = bool(few.classes_[few.tree_.value[leaf, 0].argmax()])
        if not inside.any() or ((values[inside] > 0) == is_broken).all():
            found += [bounds] if is_broken else []
            continue
        tree = DecisionTreeClassifier(random_state=0).fit(filled[inside], values[inside] > 0)
        found += [
            box
            for part, box in _leaves(tree.tree_, bounds)
            if tree.classes_[tree.tree_.value[part, 0].argmax()]
        ]
    return found


def _leaves(tree: Any, within: Bounds | None = None) -> list[tuple[int, Bounds]]:
    """The leaves of a tree, and the bounds of each, within those of the whole tree."""
    found: list[tuple[int, Bounds]] = []
    waiting: list[tuple[int, Bounds]] = [(0, within or {})]
    while waiting:
        node, bounds = waiting.pop()
        left, right = int(tree.children_left[node]), int(tree.children_right[node])
        if left < 0:
            found.append((node, bounds))
            continue
        column, cut = int(tree.feature[node]), float(tree.threshold[node])
        low, high = bounds.get(column, (-np.inf, np.inf))
        waiting.append((right, {**bounds, column: (max(low, cut), high)}))
        waiting.append((left, {**bounds, column: (low, min(cut, high))}))
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
