"""A sum of trees as flat arrays, in which ranks stand for thresholds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from skhypershap.arrays import Booleans, Floats, Integers, Scores, Vectors

MOST_PLAYERS = 62  # in a set of 64 bits, of a tree walk
MISSING = -1  # stands for the rank of a missing value


class Table(NamedTuple):
    """One tree; all arrays have shape (n_nodes,).

    Attributes
    ----------
    left, right : ndarray of int
        Children, -1 at a leaf.
    column : ndarray of int
        Column that a node splits.
    threshold : ndarray of float64
        A vector goes left where its value is at most this.
    value : ndarray of float64
        What a leaf adds.
    missing_left : ndarray of bool
        Whether a vector without a value for the column goes left.
    """

    left: Integers
    right: Integers
    column: Integers
    threshold: Floats
    value: Floats
    missing_left: Booleans


class FlatForest(NamedTuple):
    """Nodes of all trees one after the other.

    The rank of a value is the number of its column's thresholds below it. A vector goes left at a node
    where the rank of its value is at most the node's, so comparing integers is enough.

    Attributes
    ----------
    roots : ndarray of shape (n_trees,), dtype int32
        Node at which each tree begins.
    left, right : ndarray of shape (n_nodes,), dtype int32
        Children; -1 at a leaf.
    missing : ndarray of shape (n_nodes,), dtype int32
        The child where a vector without a value for the column goes on.
    column : ndarray of shape (n_nodes,), dtype int32
        Column that a node splits.
    rank : ndarray of shape (n_nodes,), dtype int32
        Rank of its threshold among `thresholds[column]`.
    value : ndarray of shape (n_nodes,), dtype float64
        What a leaf adds to the prediction.
    offset : float
        Added to the prediction of every vector.
    thresholds : tuple of ndarray
        For each column its sorted distinct thresholds.
    dtype : dtype
        Vectors are cast to it before they are compared, as the model itself does.
    """

    roots: Integers
    left: Integers
    right: Integers
    missing: Integers
    column: Integers
    rank: Integers
    value: Floats
    offset: float
    thresholds: tuple[Floats, ...]
    dtype: type[np.floating[Any]]


NO_NODES = np.empty(0, dtype=np.int32)
NO_TREES = FlatForest(
    NO_NODES, NO_NODES, NO_NODES, NO_NODES, NO_NODES, NO_NODES, np.empty(0), 0.0, (), np.float32
)
"""A forest without trees, to which trees may be added."""


def flatten(
    tables: Sequence[Table], *, weight: float, offset: float, dtype: type[np.floating[Any]]
) -> FlatForest:
    """Join trees into one forest; the values of leaves are multiplied by a weight."""
    sizes = [len(table.left) for table in tables]
    roots = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int32)
    left, right, column, threshold, value, missing_left = (
        np.concatenate(part) for part in zip(*tables, strict=True)
    )
    inner = left >= 0
    shift = np.repeat(roots, sizes)
    n_columns = int(column[inner].max(initial=-1)) + 1
    thresholds = tuple(
        np.unique(threshold[inner & (column == index)]) for index in range(n_columns)
    )
    rank = np.zeros(len(left), dtype=np.int32)
    for index, levels in enumerate(thresholds):
        here = inner & (column == index)
        rank[here] = np.searchsorted(levels, threshold[here])
    left = np.where(inner, left + shift, -1).astype(np.int32)
    right = np.where(inner, right + shift, -1).astype(np.int32)
    return FlatForest(
        roots=roots,
        left=left,
        right=right,
        missing=np.where(missing_left, left, right),
        column=np.where(inner, column, 0).astype(np.int32),
        rank=rank,
        value=value * weight,
        offset=offset,
        thresholds=thresholds,
        dtype=dtype,
    )


def add_trees(forest: FlatForest, tables: Sequence[Table], *, n_columns: int) -> FlatForest:
    """Add trees to a forest; the result has at least `n_columns` columns."""
    if not tables:
        return forest
    added = flatten(tables, weight=1.0, offset=0.0, dtype=forest.dtype)
    size = max(n_columns, len(forest.thresholds), len(added.thresholds))
    parts = [
        part.thresholds + (np.empty(0),) * (size - len(part.thresholds)) for part in (forest, added)
    ]
    thresholds = tuple(np.unique(np.concatenate(levels)) for levels in zip(*parts, strict=True))
    shift = len(forest.left)

    def joined(name: str, later: npt.NDArray[Any]) -> npt.NDArray[Any]:
        own: npt.NDArray[Any] = getattr(forest, name)
        return np.concatenate([own, later]).astype(own.dtype)

    def shifted(children: Integers) -> Integers:
        return np.where(children >= 0, children + shift, -1)

    return forest._replace(
        roots=joined("roots", added.roots + shift),
        left=joined("left", shifted(added.left)),
        right=joined("right", shifted(added.right)),
        missing=joined("missing", shifted(added.missing)),
        column=joined("column", added.column),
        rank=np.concatenate(
            [rerank(forest, parts[0], thresholds), rerank(added, parts[1], thresholds)]
        ),
        value=joined("value", added.value),
        thresholds=thresholds,
    )


def rerank(forest: FlatForest, old: Sequence[Floats], new: Sequence[Floats]) -> Integers:
    """Ranks of the nodes' thresholds among new thresholds, of shape (n_nodes,), dtype int32."""
    ranks = [np.searchsorted(levels, part) for levels, part in zip(new, old, strict=True)]
    starts = np.cumsum([0, *map(len, old)])
    ranks.append(np.zeros(1, dtype=np.int64))  # for a leaf, which has no threshold
    return np.concatenate(ranks)[starts[forest.column] + forest.rank].astype(np.int32)


def ranks_of(forest: FlatForest, vectors: Vectors) -> Integers:
    """Ranks of shape (n_columns_used, n_vectors), dtype int32, of vectors' values."""
    ranks = np.empty((len(forest.thresholds), len(vectors)), dtype=np.int32)
    for column in range(len(ranks)):
        ranks[column] = column_ranks(forest, column, vectors[:, column])
    return ranks


def column_ranks(forest: FlatForest, column: int, numbers: Floats) -> Integers:
    """Ranks of shape (n_numbers,) of numbers of one column, none of them NaN."""
    numbers = numbers.astype(forest.dtype).astype(np.float64)
    order = np.argsort(numbers)  # sorted numbers are found in less than half of the time
    ranks = np.empty(len(numbers), dtype=np.int64)
    ranks[order] = np.searchsorted(forest.thresholds[column], numbers[order], side="left")
    return ranks


def predict_flat(forest: FlatForest, vectors: Vectors) -> Scores:
    """Predictions of shape (n_vectors,) in plain NumPy, to check that a forest equals its model."""
    ranks = ranks_of(forest, vectors)
    ranks[np.isnan(vectors[:, : len(ranks)].T)] = MISSING
    rows = np.arange(len(vectors))[:, None]
    nodes = np.tile(forest.roots, (len(vectors), 1))
    while (forest.left[nodes] >= 0).any():
        present = ranks[forest.column[nodes], rows]
        below = np.where(present <= forest.rank[nodes], forest.left[nodes], forest.right[nodes])
        below = np.where(present == MISSING, forest.missing[nodes], below)
        nodes = np.where(below >= 0, below, nodes)
    predicted: Scores = forest.value[nodes].sum(axis=1) + forest.offset
    return predicted
