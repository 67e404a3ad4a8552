"""Scores of many vectors along one column, which takes each of some numbers in all of them.

A tree is walked once for 64 vectors and all numbers: at a split of another column the vectors part, at
a split of the column itself the numbers do, and at a leaf its value is added to the numbers that
arrive there. A process needs for each vector only one product of the other columns' factors for each
trial, and a sum over trials for each number.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from skhypershap.arrays import Booleans, Floats, Integers, Positions, Vectors
from skhypershap.surrogate.kernels._jit import jit, summing_part
from skhypershap.surrogate.kernels._vector import LANES, lanes_above, lowest_lane
from skhypershap.surrogate.kernels.flat_process import FlatProcess
from skhypershap.surrogate.kernels.forest import FlatForest, column_ranks, ranks_of
from skhypershap.surrogate.kernels.product_kernel import factors_of, multiply_factors

TOGETHER = 4  # vectors whose sums over trials read each factor once


class TreePlan(NamedTuple):
    """What all vectors share that are scored along one column of a forest.

    Attributes
    ----------
    forest : FlatForest
        Trees.
    column : int
        Whose numbers are replaced; -1 for none.
    order : ndarray of shape (n_numbers,)
        Positions of the numbers, the smallest first.
    first_right : ndarray of shape (n_nodes,), dtype int32
        How many of the numbers go left at a node, if it splits the column.
    depth : int
        The largest number of splits above a leaf.
    """

    forest: FlatForest
    column: int
    order: Positions
    first_right: Integers
    depth: int


def plan_trees(forest: FlatForest, column: int, numbers: Floats) -> TreePlan:
    """Prepare what does not depend on the vectors; numbers may have any order."""
    order = np.argsort(numbers, kind="stable")
    first_right = np.zeros(len(forest.left), dtype=np.int32)
    if 0 <= column < len(forest.thresholds):
        known = column_ranks(forest, column, numbers[order])
        n_ranks = len(forest.thresholds[column])
        n_left = np.searchsorted(known, np.arange(n_ranks), side="right").astype(np.int32)
        here = (forest.column == column) & (forest.left >= 0)
        first_right[here] = n_left[forest.rank[here]]
    return TreePlan(forest, column, order, first_right, _depth(forest))


def tree_curves(plan: TreePlan, vectors: Vectors) -> Floats:
    """Predictions of shape (n_vectors, n_numbers) of filled vectors with other numbers in a column.

    It is fastest where neighbours are alike.
    """
    forest = plan.forest
    n_padded = -(-len(vectors) // LANES) * LANES
    ranks = np.zeros((max(len(forest.thresholds), 1), n_padded), dtype=np.int32)
    ranks[: len(forest.thresholds), : len(vectors)] = ranks_of(forest, vectors)
    steps = np.zeros((n_padded, len(plan.order) + 1))
    nodes, firsts, ends = np.empty((3, plan.depth + 1), dtype=np.int32)
    _add_steps(
        forest.roots,
        forest.left,
        forest.right,
        forest.column,
        forest.rank,
        forest.value,
        plan.first_right,
        ranks,
        plan.column,
        nodes,
        firsts,
        ends,
        np.empty(plan.depth + 1, dtype=np.uint64),
        steps,
    )
    scores = np.empty((len(vectors), len(plan.order)))
    scores[:, plan.order] = np.cumsum(steps[: len(vectors), :-1], axis=1) + forest.offset
    return scores


def _depth(forest: FlatForest) -> int:
    """The largest number of splits above a leaf."""
    nodes, depth = forest.roots, 0
    while len(nodes):
        depth += 1
        inner = nodes[forest.left[nodes] >= 0]
        nodes = np.concatenate([forest.left[inner], forest.right[inner]])
    return depth


@jit
def _add_steps(
    roots: Integers,
    left: Integers,
    right: Integers,
    column: Integers,
    rank: Integers,
    value: Floats,
    first_right: Integers,
    ranks: Integers,
    varied: int,
    nodes: Integers,
    firsts: Integers,
    ends: Integers,
    masks: Integers,
    steps: Floats,
) -> None:
    """Add to `steps` how the sum of the trees changes from each number to the next.

    `first_right[node]` is the first of the ascending numbers that goes right at a node of the column.
    """
    n_numbers = steps.shape[1] - 1
    for start in range(0, len(steps), LANES):
        for root in roots:
            top, node, first, end = 0, root, 0, n_numbers
            mask = ~np.uint64(0)
            while True:
                while left[node] >= 0:
                    if column[node] == varied:
                        cut = first_right[node]
                        if cut <= first:
                            node = right[node]
                        elif cut >= end:
                            node = left[node]
                        else:
                            nodes[top], masks[top] = right[node], mask
                            firsts[top], ends[top] = cut, end
                            top += 1
                            node, end = left[node], cut
                        continue
                    above = lanes_above(ranks[column[node]], start, rank[node]) & mask
                    below = mask & ~above
                    if above == 0:
                        node = left[node]
                    elif below == 0:
                        node = right[node]
                    else:
                        nodes[top], masks[top] = right[node], above
                        firsts[top], ends[top] = first, end
                        top += 1
                        node, mask = left[node], below
                added = value[node]
                while mask:
                    row = start + lowest_lane(mask)
                    mask &= mask - np.uint64(1)
                    steps[row, first] += added
                    steps[row, end] -= added
                if top == 0:
                    break
                top -= 1
                node, mask = nodes[top], masks[top]
                first, end = firsts[top], ends[top]


def process_factors(flat: FlatProcess, column: int, numbers: Floats) -> Floats:
    """Factors of one column between numbers and trials, of shape (n_trials, n_numbers)."""
    return np.ascontiguousarray(factors_of(flat, column, numbers / flat.spans[column]).T)


def process_curves(flat: FlatProcess, column: int, factors: Floats, vectors: Vectors) -> Floats:
    """Predictions of a process, as `tree_curves`; factors are those of `process_factors`."""
    n_padded = -(-len(vectors) // TOGETHER) * TOGETHER
    scaled = np.zeros((n_padded, len(flat.spans)))
    scaled[: len(vectors)] = vectors / flat.spans
    scores = np.full((n_padded, factors.shape[1]), float(flat.offset))
    _add_sums(
        flat.trials,
        flat.is_choice,
        flat.rates,
        flat.rising,
        flat.falling,
        flat.weights,
        scaled,
        column,
        factors,
        np.empty((TOGETHER, len(flat.weights))),
        scores,
    )
    return scores[: len(vectors)]


@jit
def _add_sums(
    trials: Floats,
    is_choice: Booleans,
    rates: Floats,
    rising: Floats,
    falling: Floats,
    weights: Floats,
    vectors: Floats,
    varied: int,
    factors: Floats,
    products: Floats,
    scores: Floats,
) -> None:
    """Add the sum over trials for each vector and number; `factors` has a row for each trial."""
    for start in range(0, len(vectors), TOGETHER):
        for lane in range(TOGETHER):
            for i in range(len(weights)):
                products[lane, i] = weights[i]
            for column in range(len(trials)):
                if column != varied:
                    multiply_factors(
                        products[lane],
                        trials[column],
                        rising[column],
                        falling[column],
                        rates[column],
                        is_choice[column],
                        vectors[start + lane, column],
                    )
        _add_four_sums(products, factors, scores[start : start + TOGETHER])


@summing_part
def _add_four_sums(products: Floats, factors: Floats, scores: Floats) -> None:
    one, two, three, four = scores[0], scores[1], scores[2], scores[3]
    for trial in range(len(factors)):
        a, b, c, d = (
            products[0, trial],
            products[1, trial],
            products[2, trial],
            products[3, trial],
        )
        row = factors[trial]
        for place in range(len(row)):
            one[place] += a * row[place]
            two[place] += b * row[place]
            three[place] += c * row[place]
            four[place] += d * row[place]
