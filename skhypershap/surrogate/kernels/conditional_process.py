"""A process on a space with conditions, as a function of filled vectors.

Columns that conditions link form one factor together: a product over them, in which a column that is
inactive has the factor `absent` in place of that of its number, and one that is active has `present`
besides. Whether it is active, decisions on the vector tell.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from skhypershap.arrays import Booleans, Floats
from skhypershap.surrogate.kernels._jit import called_part, jit, part, summing_part
from skhypershap.surrogate.kernels.decisions import ALWAYS, Decisions
from skhypershap.surrogate.kernels.flat_process import FlatProcess
from skhypershap.surrogate.kernels.process_blends import padded
from skhypershap.surrogate.kernels.product_kernel import set_factors, total


class ConditionalProcess(NamedTuple):
    """A fitted process and when each of its columns is active.

    Attributes
    ----------
    flat : FlatProcess
        A column for each hyperparameter.
    present, absent : ndarray of shape (n_columns, n_trials)
        Factors of a column that is active, next to that of its number, and of one that is not.
    activity : Decisions
        On filled vectors, one for each column.
    """

    flat: FlatProcess
    present: Floats
    absent: Floats
    activity: Decisions

    def padded(self) -> ConditionalProcess:
        """The same with further trials that weigh nothing."""
        flat = padded(self.flat)
        more = ((0, 0), (0, len(flat.weights) - len(self.flat.weights)))
        present, absent = (np.pad(rows, more, mode="edge") for rows in (self.present, self.absent))
        return self._replace(flat=flat, present=present, absent=absent)

    def readers(self) -> Booleans:
        """Which columns (first axis) the activity of which others depends on."""
        n_columns = len(self.activity.roots)
        reads = np.zeros((n_columns, n_columns), dtype=bool)
        for column, root in enumerate(self.activity.roots):
            waiting = [int(root)]
            while waiting:
                node = waiting.pop()
                if node >= 0:
                    reads[self.activity.column[node], column] = True
                    waiting += [int(self.activity.below[node]), int(self.activity.above[node])]
        return reads


def predict(process: ConditionalProcess, vectors: Floats) -> Floats:
    """What is expected of filled vectors."""
    process = process.padded()
    out = np.empty(len(vectors))
    room = np.empty((2, len(process.flat.weights)))
    _predict(process, np.ascontiguousarray(vectors, dtype=np.float64), room, out)
    return out


@part
def is_active(activity: Decisions, column: int, vector: Floats) -> bool:
    """Whether a column of a filled vector is active."""
    node = activity.roots[column]
    while node >= 0:
        if vector[activity.column[node]] <= activity.threshold[node]:
            node = activity.below[node]
        else:
            node = activity.above[node]
    return bool(node == ALWAYS)


@called_part
def set_active(process: ConditionalProcess, column: int, value: float, out: Floats) -> None:
    """Factors of a column that is active, for a scaled value."""
    flat = process.flat
    set_factors(
        out,
        flat.trials[column],
        flat.rising[column],
        flat.falling[column],
        flat.rates[column],
        flat.is_choice[column],
        value,
    )
    multiply(out, process.present[column])


@called_part
def set_column(process: ConditionalProcess, column: int, vector: Floats, out: Floats) -> None:
    """Factors of a column of a filled vector."""
    if is_active(process.activity, column, vector):
        set_active(process, column, vector[column] / process.flat.spans[column], out)
    else:
        for i in range(len(out)):
            out[i] = process.absent[column, i]


@summing_part
def multiply(out: Floats, factors: Floats) -> None:
    """Multiply in place."""
    for i in range(len(out)):
        out[i] *= factors[i]


@jit
def _predict(process: ConditionalProcess, vectors: Floats, room: Floats, out: Floats) -> None:
    flat, products, factors = process.flat, room[0], room[1]
    for row in range(len(vectors)):
        for i in range(len(products)):
            products[i] = flat.weights[i]
        for column in range(len(flat.trials)):
            set_column(process, column, vectors[row], factors)
            multiply(products, factors)
        out[row] = flat.offset + total(products)
