"""Yes-or-no decisions about vectors, laid out as trees of comparisons."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from skhypershap.arrays import Floats, Integers
from skhypershap.surrogate.kernels.forest import Table

NEVER, ALWAYS = -1, -2


class Decisions(NamedTuple):
    """Trees of comparisons that end with yes or no.

    Attributes
    ----------
    roots : ndarray of shape (n_decisions,), dtype int32
        The node at which each begins, or `NEVER` (no) or `ALWAYS` (yes).
    column : ndarray of shape (n_nodes,), dtype int32
        The column whose number is compared.
    threshold : ndarray of shape (n_nodes,), dtype float64
        The number that it is compared with.
    below, above : ndarray of shape (n_nodes,), dtype int32
        The next node if the number is at most the threshold and if it is larger, or `NEVER` or
        `ALWAYS`.
    """

    roots: Integers
    column: Integers
    threshold: Floats
    below: Integers
    above: Integers

    def table(self, index: int, amount: float) -> Table:
        """One decision as a tree that adds an amount where the answer is yes."""
        left, right, column, threshold, value = [], [], [], [], []
        queue = [int(self.roots[index])]
        for node in queue:  # breadth-first; the loop appends children
            inner = node >= 0
            left.append(len(queue) if inner else -1)
            right.append(len(queue) + 1 if inner else -1)
            column.append(self.column[node] if inner else 0)
            threshold.append(self.threshold[node] if inner else 0.0)
            value.append(amount if node == ALWAYS else 0.0)
            if inner:
                queue += [int(self.below[node]), int(self.above[node])]
        missing = np.ones(len(left), dtype=bool)
        whole, real = np.int64, np.float64
        return Table(
            np.array(left, whole),
            np.array(right, whole),
            np.array(column, whole),
            np.array(threshold, real),
            np.array(value, real),
            missing,
        )
