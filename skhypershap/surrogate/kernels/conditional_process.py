"""A process on a space with conditions, as a function of filled vectors.

Columns that conditions link form one factor together: a product over them, in which a column that is
inactive has the factor `absent` in place of that of its number, and one that is active has `present`
besides. Whether it is active, decisions on the vector tell.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from skhypershap.arrays import Booleans, Floats, Integers
from skhypershap.surrogate.kernels._jit import called_part, jit, part
from skhypershap.surrogate.kernels.decisions import ALWAYS, Decisions
from skhypershap.surrogate.kernels.flat_process import FlatProcess
from skhypershap.surrogate.kernels.process_blends import padded
from skhypershap.surrogate.kernels.product_kernel import factors_of, multiply_factors, total

RATE, IS_CHOICE, SPAN = range(3)  # rows of `Tables.columns`
PRESENT, ABSENT = 3, 4  # rows of `Tables.pairs`


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

    def in_few_arrays(self) -> Tables:
        """What kernels are given of it."""
        flat, activity = self.flat, self.activity
        steps = np.stack([activity.column, activity.below, activity.above]).astype(np.int64)
        return Tables(
            np.stack([flat.trials, flat.rising, flat.falling, self.present, self.absent]),
            np.stack([flat.rates, flat.is_choice, flat.spans]),
            activity.roots.astype(np.int64),
            steps,
            np.asarray(activity.threshold, dtype=np.float64),
        )


class Tables(NamedTuple):
    """A `ConditionalProcess` in few arrays: compiling takes longer for each array that a function takes.

    `pairs` holds trials, rising, falling, present and absent; `columns` rates, is_choice and spans;
    `steps` columns of decisions, and which ones follow below and above the threshold.
    """

    pairs: Floats
    columns: Floats
    roots: Integers
    steps: Integers
    thresholds: Floats


def predict(process: ConditionalProcess, vectors: Floats) -> Floats:
    """What is expected of filled vectors."""
    process = process.padded()
    out = np.empty(len(vectors))
    room, weights = np.empty((2, len(process.flat.weights))), process.flat.weights
    vectors = np.ascontiguousarray(vectors, dtype=np.float64)
    _predict(process.in_few_arrays(), weights, vectors, room, out)
    return out + process.flat.offset


def active_factors(process: ConditionalProcess, column: int, vector: Floats) -> Floats:
    """Factors of a column of a vector, where it is active, in plain NumPy."""
    flat = process.flat
    value = np.array([vector[column] / flat.spans[column]])
    factors: Floats = factors_of(flat, column, value)[0] * process.present[column]
    return factors


def factors_at(process: ConditionalProcess, column: int, vector: Floats) -> Floats:
    """Factors of a column of a filled vector, in plain NumPy."""
    activity = process.activity
    node = activity.roots[column]
    while node >= 0:
        below = vector[activity.column[node]] <= activity.threshold[node]
        node = activity.below[node] if below else activity.above[node]
    if node == ALWAYS:
        return active_factors(process, column, vector)
    absent: Floats = process.absent[column]
    return absent


@part
def is_active(process: Tables, column: int, vector: Floats) -> bool:
    """Whether a column of a filled vector is active."""
    node = process.roots[column]
    while node >= 0:
        below = vector[process.steps[0, node]] <= process.thresholds[node]
        node = process.steps[1, node] if below else process.steps[2, node]
    return node == ALWAYS  # type: ignore[no-any-return]


@called_part
def set_active(process: Tables, column: int, value: float, out: Floats) -> None:
    """Factors of a column that is active, for a scaled value."""
    for i in range(len(out)):
        out[i] = process.pairs[PRESENT, column, i]
    multiply_factors(
        out,
        process.pairs[0, column],
        process.pairs[1, column],
        process.pairs[2, column],
        process.columns[RATE, column],
        process.columns[IS_CHOICE, column] > 0.0,
        value,
    )


@called_part
def set_column(process: Tables, column: int, vector: Floats, out: Floats) -> None:
    """Factors of a column of a filled vector."""
    if is_active(process, column, vector):
        set_active(process, column, vector[column] / process.columns[SPAN, column], out)
    else:
        for i in range(len(out)):
            out[i] = process.pairs[ABSENT, column, i]


@called_part
def multiply(out: Floats, factors: Floats) -> None:
    """Multiply in place."""
    for i in range(len(out)):
        out[i] *= factors[i]


@jit
def _predict(process: Tables, weights: Floats, vectors: Floats, room: Floats, out: Floats) -> None:
    products, factors = room[0], room[1]
    for row in range(len(vectors)):
        for i in range(len(products)):
            products[i] = weights[i]
        for column in range(vectors.shape[1]):
            set_column(process, column, vectors[row], factors)
            multiply(products, factors)
        out[row] = total(products)
