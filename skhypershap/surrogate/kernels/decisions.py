"""Questions about numbers, laid out as trees of comparisons."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from skhypershap.surrogate.kernels.forest import Table

NEVER, ALWAYS = -1, -2


class Decisions(NamedTuple):
    """Trees of comparisons that end with yes or no.

    Attributes
    ----------
    roots : ndarray of shape (n_decisions,), dtype int32
        Where each begins: a node, or `NEVER` or `ALWAYS`.
    column : ndarray of shape (n_nodes,), dtype int32
        Whose number is compared.
    threshold : ndarray of shape (n_nodes,), dtype float64
        To what.
    below, above : ndarray of shape (n_nodes,), dtype int32
        Where it goes on if the number is at most the threshold, and if it is larger.
    """

    roots: np.ndarray
    column: np.ndarray
    threshold: np.ndarray
    below: np.ndarray
    above: np.ndarray

    def table(self, number: int, amount: float) -> Table:
        """One of them as a tree that adds an amount where it ends with yes."""
        left, right, column, threshold, value = [], [], [], [], []
        waiting = [int(self.roots[number])]
        for node in waiting:  # which grows on the way
            inner = node >= 0
            left.append(len(waiting) if inner else -1)
            right.append(len(waiting) + 1 if inner else -1)
            column.append(self.column[node] if inner else 0)
            threshold.append(self.threshold[node] if inner else 0.0)
            value.append(amount if node == ALWAYS else 0.0)
            if inner:
                waiting += [int(self.below[node]), int(self.above[node])]
        missing = np.ones(len(left), dtype=bool)
        whole, real = np.int64, np.float64
        return (
            np.array(left, whole),
            np.array(right, whole),
            np.array(column, whole),
            np.array(threshold, real),
            np.array(value, real),
            missing,
        )
