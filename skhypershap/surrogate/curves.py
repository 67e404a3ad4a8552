"""Scores of many vectors along one column: kernels for trees and processes, `predict` for others."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator

import numpy as np

from skhypershap.arrays import Floats, Integers, Positions, Scores, ScoreTable, Vectors
from skhypershap.parallel import in_threads
from skhypershap.surrogate.kernels.forest import FlatForest
from skhypershap.surrogate.surrogate import PREDICT_ROWS, Surrogate
from skhypershap.surrogate.warped import WarpedSurrogate
from skhypershap.surrogate.warping import RankWarp

BLOCK = 256  # vectors that are scored together: a table that a core's cache holds
NO_COLUMN = -1
ALIKE = 64  # vectors that a tree is walked with together

Along = Callable[[Vectors], ScoreTable]


def curve_blocks(
    surrogate: Surrogate,
    vectors: Vectors,
    column: int,
    numbers: Floats,
    n_jobs: int | None = None,
) -> Iterator[tuple[Positions, ScoreTable]]:
    """Scores of vectors in which one column takes each of some numbers, block after block.

    Parameters
    ----------
    surrogate : Surrogate
        Scores vectors.
    vectors : ndarray of shape (n_vectors, n_columns)
        Filled vectors.
    column : int
        Whose number is replaced.
    numbers : ndarray of shape (n_numbers,)
        What replaces it.
    n_jobs : int, optional
        As in scikit-learn; neither scores nor blocks depend on it.

    Yields
    ------
    rows : ndarray of int
        Positions of the vectors of a block; each vector is in one block.
    scores : ndarray of shape (len(rows), n_numbers)
        In the metric's own units. Clauses are not heeded.
    """
    trees = trees_of(surrogate)
    order: Positions = np.arange(len(vectors))
    if trees is None:
        size = max(1, PREDICT_ROWS // max(len(numbers), 1))
    else:
        order, size = _alike_together(trees, vectors, column), BLOCK
    along = _scorer(surrogate, column, numbers)
    blocks = [order[start : start + size] for start in range(0, len(order), size)]
    if trees is None and not _has_process(surrogate):  # a model's own predict is not for threads
        n_jobs = 1
    tables = in_threads(lambda rows: along(vectors[rows]), blocks, n_jobs)
    yield from zip(blocks, tables, strict=True)


def curves(
    surrogate: Surrogate,
    vectors: Vectors,
    column: int,
    numbers: Floats,
    n_jobs: int | None = None,
) -> ScoreTable:
    """The same as one table of shape (n_vectors, n_numbers)."""
    scores = np.empty((len(vectors), len(numbers)))
    for rows, table in curve_blocks(surrogate, vectors, column, numbers, n_jobs):
        scores[rows] = table
    return scores


def fast_scores(surrogate: Surrogate, vectors: Vectors, n_jobs: int | None = None) -> Scores:
    """Scores of filled vectors, of shape (n_vectors,), by the kernels for curves."""
    if trees_of(surrogate) is None and not _has_process(surrogate):
        return surrogate.predict(vectors)
    return curves(surrogate, vectors, NO_COLUMN, np.zeros(1), n_jobs)[:, 0]


def trees_of(surrogate: Surrogate) -> FlatForest | None:
    """The trees that a kernel can walk, if there are any."""
    if isinstance(surrogate, WarpedSurrogate):
        return surrogate.trees if surrogate.process is not None else None
    return surrogate.forest


def _has_process(surrogate: Surrogate) -> bool:
    return isinstance(surrogate, WarpedSurrogate) and surrogate.process is not None


def _scorer(surrogate: Surrogate, column: int, numbers: Floats) -> Along:
    """A function that scores vectors along a column."""
    from skhypershap.surrogate.kernels import curves as kernel

    trees = trees_of(surrogate)
    of_trees = None
    if trees is not None:
        of_trees = functools.partial(kernel.tree_curves, kernel.plan_trees(trees, column, numbers))
    if isinstance(surrogate, WarpedSurrogate) and surrogate.process is not None:
        factors = np.ones((len(surrogate.process.weights), 1))
        if column != NO_COLUMN:
            factors = kernel.process_factors(surrogate.process, column, numbers)
        of_process = functools.partial(kernel.process_curves, surrogate.process, column, factors)
        return functools.partial(_from_ranks, surrogate.warp, of_trees, of_process)
    if of_trees is not None and not isinstance(surrogate, WarpedSurrogate):
        return of_trees
    return functools.partial(_predicted, surrogate, column, numbers)


def _from_ranks(
    warp: RankWarp, of_trees: Along | None, of_process: Along, vectors: Vectors
) -> ScoreTable:
    ranks = of_process(vectors)
    if of_trees is not None:
        ranks += of_trees(vectors)
    return warp.to_scores(ranks)


def _predicted(surrogate: Surrogate, column: int, numbers: Floats, vectors: Vectors) -> ScoreTable:
    changed = np.repeat(vectors, len(numbers), axis=0)
    changed[:, column] = np.tile(numbers, len(vectors))
    return surrogate.predict(changed).reshape(len(vectors), len(numbers))


def _alike_together(forest: FlatForest, vectors: Vectors, column: int) -> Positions:
    """An order of the vectors in which neighbours go the same ways: halves of the other columns."""
    n_halvings = max(0, (len(vectors) // ALIKE).bit_length() - 1)
    split = forest.column[forest.left >= 0]
    counts: Integers = np.bincount(split, minlength=len(forest.thresholds))
    if column != NO_COLUMN:
        counts[column : column + 1] = 0
    halved = np.argsort(-counts, kind="stable")[:n_halvings]
    key = np.zeros(len(vectors), dtype=np.int64)
    for other in halved[counts[halved] > 0]:
        key = 2 * key + (vectors[:, other] > np.median(vectors[:, other]))
    order: Positions = np.argsort(key, kind="stable")
    return order
