"""Covariances of a product of one-dimensional kernels, and the linear algebra of a Gaussian process.

A number has the factor (1 + a + a^2 / 3) exp(-a) with a = sqrt(5) |x - x'| / length (Matern 5/2), a
choice 1 where it is the same and exp(-1 / length) where it is not. A factor needs no exponential
for each pair: exp(-rate |x - x'|) is the smaller of exp(rate (x - x')) and exp(rate (x' - x)), and
both are products of one number for x (`rising`) and one for x' (`falling`).

All sums are taken here, in an order that depends on neither threads nor the installed BLAS.
"""

from __future__ import annotations

import numpy as np

from skhypershap.arrays import Booleans, Floats
from skhypershap.surrogate.kernels._jit import called_part, jit, summing_part
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
def set_factors(
    out: Floats,
    trials: Floats,
    rising: Floats,
    falling: Floats,
    rate: float,
    is_choice: bool,
    value: float,
) -> None:
    """Factors of one column between a value and all trials."""
    if is_choice:
        for i in range(len(out)):
            out[i] = 1.0 if trials[i] == value else rate
        return
    up, down = np.exp(rate * (value - CENTER)), np.exp(-rate * (value - CENTER))
    for i in range(len(out)):
        a = rate * abs(trials[i] - value)
        out[i] = (1.0 + a * (1.0 + a / 3.0)) * min(up * falling[i], down * rising[i])


@summing_part
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
    up, down = np.exp(rate * (value - CENTER)), np.exp(-rate * (value - CENTER))
    for i in range(len(out)):
        a = rate * abs(trials[i] - value)
        out[i] *= (1.0 + a * (1.0 + a / 3.0)) * min(up * falling[i], down * rising[i])


@summing_part
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
def predict(
    trials: Floats,
    is_choice: Booleans,
    rates: Floats,
    rising: Floats,
    falling: Floats,
    weights: Floats,
    vectors: Floats,
    products: Floats,
    out: Floats,
) -> None:
    """Fill `out` with what is predicted of scaled vectors, without the offset.

    `products` is room for a number for each trial.
    """
    for row in range(len(vectors)):
        for i in range(len(products)):
            products[i] = weights[i]
        for column in range(len(trials)):
            multiply_factors(
                products,
                trials[column],
                rising[column],
                falling[column],
                rates[column],
                is_choice[column],
                vectors[row, column],
            )
        total = 0.0
        for i in range(len(products)):
            total += products[i]
        out[row] = total


@jit
def correlations(
    trials: Floats,
    is_choice: Booleans,
    rates: Floats,
    rising: Floats,
    falling: Floats,
    out: Floats,
) -> None:
    """Fill the lower triangle of `out`, of shape (n_trials, n_trials), with products of factors."""
    for row in range(len(out)):
        line = out[row, : row + 1]
        for i in range(row + 1):
            line[i] = 1.0
        for column in range(len(trials)):
            multiply_factors(
                line,
                trials[column, : row + 1],
                rising[column, : row + 1],
                falling[column, : row + 1],
                rates[column],
                is_choice[column],
                trials[column, row],
            )
        line[row] = 1.0


@jit
def set_covariance(
    correlations: Floats,
    signal: float,
    noise: Floats,
    out: Floats,
) -> None:
    """Fill the lower triangle of `out` with signal * correlations, plus noise on the diagonal."""
    for i in range(len(out)):
        for j in range(i):
            out[i, j] = signal * correlations[i, j]
        out[i, i] = signal * correlations[i, i] + noise[i]


@summing_part
def four_dots(
    one: Floats,
    first: Floats,
    second: Floats,
    third: Floats,
    fourth: Floats,
) -> tuple[float, float, float, float]:
    """Dot products of one vector with four, so that each of its numbers is read once."""
    a, b, c, d = 0.0, 0.0, 0.0, 0.0
    for i in range(len(one)):
        x = one[i]
        a += x * first[i]
        b += x * second[i]
        c += x * third[i]
        d += x * fourth[i]
    return a, b, c, d


@jit
def cholesky(
    matrix: Floats,
) -> bool:
    """Replace the lower triangle by its Cholesky factor, in place; False where there is none."""
    n = len(matrix)
    for start in range(0, n, 4):
        first = 0
        if start + 4 <= n:
            for j in range(start):
                w, x, y, z = four_dots(
                    matrix[j, :j],
                    matrix[start, :j],
                    matrix[start + 1, :j],
                    matrix[start + 2, :j],
                    matrix[start + 3, :j],
                )
                scale = matrix[j, j]
                matrix[start, j] = (matrix[start, j] - w) / scale
                matrix[start + 1, j] = (matrix[start + 1, j] - x) / scale
                matrix[start + 2, j] = (matrix[start + 2, j] - y) / scale
                matrix[start + 3, j] = (matrix[start + 3, j] - z) / scale
            first = start
        for i in range(start, min(start + 4, n)):
            for j in range(first, i):
                matrix[i, j] = (matrix[i, j] - dot(matrix[i, :j], matrix[j, :j])) / matrix[j, j]
            rest = matrix[i, i] - dot(matrix[i, :i], matrix[i, :i])
            if not rest > 0.0:
                return False
            matrix[i, i] = np.sqrt(rest)
    return True


@jit
def solve(
    factor: Floats,
    right: Floats,
) -> None:
    """Solve with the lower triangular factor and its transpose, in place."""
    n = len(factor)
    for i in range(n):
        right[i] = (right[i] - dot(factor[i, :i], right[:i])) / factor[i, i]
    for i in range(n - 1, -1, -1):
        right[i] /= factor[i, i]
        subtract(right[:i], factor[i, :i], right[i])


@summing_part
def subtract(
    out: Floats,
    vector: Floats,
    times: float,
) -> None:
    """Subtract a multiple of a vector, in place."""
    for i in range(len(out)):
        out[i] -= times * vector[i]


@jit
def inverse(
    factor: Floats,
    transposed: Floats,
    out: Floats,
) -> None:
    """Fill the lower triangle of `out` with the inverse of a matrix, given its Cholesky factor.

    `transposed`, of the same shape, becomes the transposed inverse of the factor. It is zero on entry
    below its diagonal, and stays so.
    """
    n = len(factor)
    for start in range(0, n, 4):
        stop = min(start + 4, n)
        for j in range(start, stop):
            line = transposed[j]
            line[j] = 1.0 / factor[j, j]
            for i in range(j + 1, stop if stop - start == 4 else n):
                line[i] = -dot(factor[i, j:i], line[j:i]) / factor[i, i]
        if stop - start < 4:
            continue
        for i in range(stop, n):
            w, x, y, z = four_dots(
                factor[i, start:i],
                transposed[start, start:i],
                transposed[start + 1, start:i],
                transposed[start + 2, start:i],
                transposed[start + 3, start:i],
            )
            scale = -factor[i, i]
            transposed[start, i], transposed[start + 1, i] = w / scale, x / scale
            transposed[start + 2, i], transposed[start + 3, i] = y / scale, z / scale
    for i in range(n):
        line = transposed[i, i:]
        n_fours = (i + 1) - (i + 1) % 4
        for j in range(0, n_fours, 4):
            out[i, j], out[i, j + 1], out[i, j + 2], out[i, j + 3] = four_dots(
                line,
                transposed[j, i:],
                transposed[j + 1, i:],
                transposed[j + 2, i:],
                transposed[j + 3, i:],
            )
        for j in range(n_fours, i + 1):
            out[i, j] = dot(line, transposed[j, i:])


@jit
def set_sensitivity(
    inverted: Floats,
    weights: Floats,
    correlations: Floats,
    signal: float,
) -> tuple[float, float]:
    """Replace an inverse, in place, by what `length_slopes` takes as `sensitivity`.

    Returns the function's derivatives by the log signal and by the noise.
    The function is (z' K^-1 z + log |K|) / 2 with K = signal * correlations + noise and weights K^-1 z.
    """
    by_signal, by_noise = 0.0, 0.0
    for i in range(len(weights)):
        _weigh(inverted[i, : i + 1], weights[: i + 1], correlations[i, : i + 1], weights[i], signal)
        # Correlations are 1 on the diagonal.
        by_noise += inverted[i, i] / signal
        by_signal += inverted[i, i]
        by_signal += 2 * total(inverted[i, :i])
    return by_signal / 2, by_noise / 2


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


@summing_part
def total(
    vector: Floats,
) -> float:
    """Sum of a vector."""
    result = 0.0
    for i in range(len(vector)):
        result += vector[i]
    return result


@jit
def length_slopes(
    trials: Floats,
    is_choice: Booleans,
    lengths: Floats,
    sensitivity: Floats,
    out: Floats,
) -> None:
    """Fill `out` with derivatives of a function of correlations, times 1/2, by log lengths.

    `sensitivity` holds in its lower triangle the function's derivative by each correlation times that
    correlation.
    """
    for column in range(len(trials)):
        total = 0.0
        for row in range(1, trials.shape[1]):
            total += _row_slope(
                trials[column, :row],
                trials[column, row],
                is_choice[column],
                lengths[column],
                sensitivity[row, :row],
            )
        out[column] = total


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
