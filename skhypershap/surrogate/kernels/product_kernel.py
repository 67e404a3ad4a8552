"""Covariances of a product of one-dimensional kernels, and the linear algebra of a Gaussian process.

A number has the factor (1 + a + a^2 / 3) exp(-a) with a = sqrt(5) |x - x'| / length (Matern 5/2), a
choice 1 where it is the same and exp(-1 / length) where it is not. A factor needs no exponential
for each pair: exp(-rate |x - x'|) is the smaller of exp(rate (x - x')) and exp(rate (x' - x)), and
both are products of one number for x (`rising`) and one for x' (`falling`).

All sums are taken here, in an order that depends on neither threads nor the installed BLAS.
"""

from __future__ import annotations

import math

import numpy as np

from skhypershap.arrays import Booleans, Floats
from skhypershap.surrogate.kernels._jit import called_part, jit, part, summing_part
from skhypershap.surrogate.kernels.flat_process import CENTER, FlatProcess

ROOT_5 = 5.0**0.5


def rates_of(lengths: Floats, is_choice: Booleans) -> Floats:
    """Rates of shape (n_columns,), see `FlatProcess`."""
    return np.where(is_choice, np.exp(-1 / lengths), ROOT_5 / lengths)


def exponentials(trials: Floats, rates: Floats, is_choice: Booleans) -> tuple[Floats, Floats]:
    """`rising` and `falling` of a `FlatProcess`, ones for choices."""
    exponents = np.where(is_choice, 0.0, rates)[:, None] * (trials - CENTER)
    return np.exp(exponents), np.exp(-exponents)


def factors_of(flat: FlatProcess, column: int, values: Floats) -> Floats:
    """Factors of shape (n_values, n_trials) of one column, in plain NumPy: for few values at a time."""
    trials, rate, values = flat.trials[column], flat.rates[column], values[:, None]
    if flat.is_choice[column]:
        return np.where(trials == values, 1.0, rate)
    up, down = np.exp(rate * (values - CENTER)), np.exp(-rate * (values - CENTER))
    a = rate * np.abs(trials - values)
    near = np.minimum(up * flat.falling[column], down * flat.rising[column])
    factors: Floats = (1.0 + a * (1.0 + a / 3.0)) * near
    return factors


@called_part
def multiply_factors(
    out: Floats,
    trials: Floats,
    rising: Floats,
    falling: Floats,
    rate: float,
    is_choice: bool,
    value: float,
) -> None:
    """Multiply by factors of one column between a value and all trials."""
    if is_choice:
        for i in range(len(out)):
            out[i] *= 1.0 if trials[i] == value else rate
        return
    up, down = math.exp(rate * (value - CENTER)), math.exp(-rate * (value - CENTER))
    for i in range(len(out)):
        a = rate * abs(trials[i] - value)
        left, right = up * falling[i], down * rising[i]
        out[i] *= (1.0 + a * (1.0 + a / 3.0)) * (left if left < right else right)


@called_part
def dot(
    first: Floats,
    second: Floats,
) -> float:
    """Sum of products of two vectors of the same length."""
    total = 0.0
    for i in range(len(first)):
        total += first[i] * second[i]
    return total


@jit
def set_products(
    trials: Floats,
    is_choice: Booleans,
    rates: Floats,
    rising: Floats,
    falling: Floats,
    vectors: Floats,
    is_triangle: bool,
    out: Floats,
) -> None:
    """Fill `out` with products of factors between scaled vectors, of shape (n_columns, n), and trials.

    Of a triangle only what is below the diagonal is filled, and that with ones: correlations.
    """
    for row in range(len(out)):
        line = out[row, :row] if is_triangle else out[row]
        for i in range(len(line)):
            line[i] = 1.0
        for column in range(len(trials)):
            multiply_factors(
                line,
                trials[column],
                rising[column],
                falling[column],
                rates[column],
                is_choice[column],
                vectors[column, row],
            )
        if is_triangle:
            out[row, row] = 1.0


@called_part
def four_dots(
    vector: Floats, table: Floats, row: int, last: int
) -> tuple[float, float, float, float]:
    """Dot products of a vector with parts of four rows, so that each of its numbers is read once.

    The parts end before column `last`.
    """
    first = last - len(vector)
    one, two = table[row, first:last], table[row + 1, first:last]
    three, four = table[row + 2, first:last], table[row + 3, first:last]
    a, b, c, d = 0.0, 0.0, 0.0, 0.0
    for i in range(len(vector)):
        x = vector[i]
        a += x * one[i]
        b += x * two[i]
        c += x * three[i]
        d += x * four[i]
    return a, b, c, d


@jit
def solve(
    correlations: Floats,
    signal: float,
    noise: Floats,
    factor: Floats,
    right: Floats,
) -> bool:
    """Solve with signal * correlations + noise on the diagonal, in place.

    False where that is not positive definite.

    Of `correlations` the lower triangle is read. That of `factor` becomes the Cholesky factor.
    """
    n = len(factor)
    for i in range(n):
        for j in range(i):
            factor[i, j] = signal * correlations[i, j]
        factor[i, i] = signal * correlations[i, i] + noise[i]
    if not _cholesky(factor):
        return False
    for i in range(n):
        right[i] = (right[i] - dot(factor[i, :i], right[:i])) / factor[i, i]
    for i in range(n - 1, -1, -1):
        right[i] /= factor[i, i]
        _subtract(right[:i], factor[i, :i], right[i])
    return True


@part
def _cholesky(matrix: Floats) -> bool:
    """Replace the lower triangle by its Cholesky factor, in place; False where there is none."""
    n = len(matrix)
    for start in range(0, n, 4):
        first, stop = 0, n
        if start + 4 <= n:
            stop = start + 4
            for j in range(start):
                w, x, y, z = four_dots(matrix[j, :j], matrix, start, j)
                scale = matrix[j, j]
                matrix[start, j] = (matrix[start, j] - w) / scale
                matrix[start + 1, j] = (matrix[start + 1, j] - x) / scale
                matrix[start + 2, j] = (matrix[start + 2, j] - y) / scale
                matrix[start + 3, j] = (matrix[start + 3, j] - z) / scale
            first = start
        for i in range(start, stop):
            for j in range(first, i):
                matrix[i, j] = (matrix[i, j] - dot(matrix[i, :j], matrix[j, :j])) / matrix[j, j]
            rest = matrix[i, i] - dot(matrix[i, :i], matrix[i, :i])
            if not rest > 0.0:
                return False
            matrix[i, i] = math.sqrt(rest)
    return True


@summing_part
def _subtract(
    out: Floats,
    vector: Floats,
    times: float,
) -> None:
    """Subtract a multiple of a vector, in place."""
    for i in range(len(out)):
        out[i] -= times * vector[i]


@part
def _invert(factor: Floats, transposed: Floats, out: Floats) -> None:
    """Fill the lower triangle of `out` with the inverse of a matrix, given its Cholesky factor.

    `transposed`, of the same shape, becomes the transposed inverse of the factor. It is zero on entry
    below its diagonal, and stays so.
    """
    n = len(factor)
    for start in range(0, n, 4):
        stop = start + 4 if start + 4 <= n else n
        for j in range(start, stop):
            line = transposed[j]
            line[j] = 1.0 / factor[j, j]
            for i in range(j + 1, stop if stop - start == 4 else n):
                line[i] = -dot(factor[i, j:i], line[j:i]) / factor[i, i]
        if stop - start < 4:
            continue
        for i in range(stop, n):
            w, x, y, z = four_dots(factor[i, start:i], transposed, start, i)
            scale = -factor[i, i]
            transposed[start, i], transposed[start + 1, i] = w / scale, x / scale
            transposed[start + 2, i], transposed[start + 3, i] = y / scale, z / scale
    for i in range(n):
        line = transposed[i, i:]
        n_fours = (i + 1) - (i + 1) % 4
        for j in range(0, n_fours, 4):
            w, x, y, z = four_dots(line, transposed, j, n)
            out[i, j], out[i, j + 1], out[i, j + 2], out[i, j + 3] = w, x, y, z
        for j in range(n_fours, i + 1):
            out[i, j] = dot(line, transposed[j, i:])


@jit
def set_slopes(
    trials: Floats,
    is_choice: Booleans,
    lengths: Floats,
    correlations: Floats,
    signal: float,
    factor: Floats,
    weights: Floats,
    transposed: Floats,
    sensitivity: Floats,
    out: Floats,
) -> None:
    """Fill `out` with derivatives of a function by log lengths, the log signal and the noise.

    The function is (z' K^-1 z + log |K|) / 2 with K = signal * correlations + noise; `factor` holds the
    Cholesky factor of K, `weights` K^-1 z. `transposed` and `sensitivity`, of the same shape, are room.
    Below its diagonal `transposed` is zero on entry, and stays so. The lower triangle of `sensitivity`
    becomes twice the derivative by each correlation, times that correlation.
    """
    _invert(factor, transposed, sensitivity)
    by_signal, by_noise = 0.0, 0.0
    for i in range(len(weights)):
        line, known = sensitivity[i, : i + 1], correlations[i, : i + 1]
        _weigh(line, weights[: i + 1], known, weights[i], signal)
        # Correlations are 1 on the diagonal.
        by_noise += line[i] / signal
        by_signal += line[i]
        by_signal += 2 * total(sensitivity[i, :i])
    n_columns = len(trials)
    for column in range(n_columns):
        slope = 0.0
        for row in range(1, trials.shape[1]):
            slope += _row_slope(
                trials[column, :row],
                trials[column, row],
                is_choice[column],
                lengths[column],
                sensitivity[row, :row],
            )
        out[column] = slope
    out[n_columns], out[n_columns + 1] = by_signal / 2, by_noise / 2


@summing_part
def _weigh(
    line: Floats,
    weights: Floats,
    correlations: Floats,
    weight: float,
    signal: float,
) -> None:
    for i in range(len(line)):
        line[i] = (line[i] - weight * weights[i]) * correlations[i] * signal


@called_part
def total(
    vector: Floats,
) -> float:
    """Sum of a vector."""
    result = 0.0
    for i in range(len(vector)):
        result += vector[i]
    return result


@summing_part
def _row_slope(
    trials: Floats,
    value: float,
    is_choice: bool,
    length: float,
    sensitivity: Floats,
) -> float:
    """Add up one row: relative slopes of factors by the log length, weighted."""
    total = 0.0
    if is_choice:
        for i in range(len(trials)):
            total += sensitivity[i] * (0.0 if trials[i] == value else 1.0)
        return total / length
    rate = ROOT_5 / length
    for i in range(len(trials)):
        a = rate * abs(trials[i] - value)
        total += sensitivity[i] * (a * a * (1.0 + a)) / (3.0 + a * (3.0 + a))
    return total
