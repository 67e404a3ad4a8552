"""Vectors that represent the distribution of a space better than random samples do."""

from __future__ import annotations

import numpy as np
from ConfigSpace import ConfigurationSpace

from skhypershap.arrays import Floats, Vectors
from skhypershap.space.quantiles import quantiles_of
from skhypershap.space.sampling import MAX_ROUNDS, forbids_everything, legality_of

N_REFERENCE = 8  # legal points for each one that is kept, where clauses forbid some
MOST_DRAWN = 1 << 18  # some 0.1 s


def spread_vectors(
    space: ConfigurationSpace, n_samples: int, seed: int
) -> tuple[Vectors, Floats | None]:
    """Spread legal vectors evenly over the distribution of a space.

    They are scrambled Sobol points, whose means and variances are closer to those of the distribution
    than means and variances of random samples. Each hyperparameter has a coordinate of its own, and
    takes the quantile of its distribution there; where it is inactive, the coordinate is not used.

    What clauses forbid is left out. The edges of what is left are not those of Sobol points, so
    there the vectors have weights, by which their lowest moments are those of many more legal points.

    Parameters
    ----------
    space : ConfigSpace.ConfigurationSpace
        It is not changed, nor is its random state.
    n_samples : int
        The number of vectors is the largest power of two that is not above it; with clauses `n_samples`,
        or fewer if they forbid nearly everything.
    seed : int
        Of the scrambling.

    Returns
    -------
    vectors : ndarray of shape (n_vectors, n_columns)
        Filled: inactive hyperparameters have the space's default.
    weights : ndarray of shape (n_vectors,) or None
        They sum to one; None where all are the same.

    Raises
    ------
    ValueError
        If no point is legal.

    Examples
    --------
    >>> from ConfigSpace import ConfigurationSpace
    >>> from skhypershap.space.spreading import spread_vectors
    >>> space = ConfigurationSpace({"C": (0.0, 1.0), "kernel": ["linear", "rbf"]})
    >>> spread_vectors(space, 100, 0)[0].mean(axis=0).round(3)
    array([0.501, 0.5  ])
    """
    from scipy.stats.qmc import Sobol  # takes a moment, so only where it is needed

    varying = [column for column, item in enumerate(space.values()) if item.size > 1]
    sobol = Sobol(max(len(varying), 1), seed=seed)
    n_points = 1 << (n_samples.bit_length() - 1)
    if not space.forbidden_clauses:
        return _at(space, varying, sobol.random(n_points)), None
    found: list[Vectors] = []
    n_legal = n_drawn = 0
    most = max(MOST_DRAWN, MAX_ROUNDS * n_samples)
    while n_drawn < most and n_legal < N_REFERENCE * n_samples:
        if n_drawn >= MOST_DRAWN and n_legal >= n_samples:
            break
        n_points = max(n_points, n_drawn)  # as many again: Sobol points come in powers of two
        vectors = _at(space, varying, sobol.random(n_points))
        found.append(vectors[~legality_of(space).forbidden(vectors)])
        n_legal, n_drawn = n_legal + len(found[-1]), n_drawn + n_points
    if not n_legal:
        raise forbids_everything(n_drawn)
    legal = np.concatenate(found)
    return legal[:n_samples], calibrated(legal[:n_samples], legal)


def _at(space: ConfigurationSpace, varying: list[int], places: Floats) -> Vectors:
    """Filled vectors at points of the unit cube of the hyperparameters that vary."""
    legality = legality_of(space)
    vectors = np.tile(legality.defaults, (len(places), 1))
    for coordinate, column in enumerate(varying):
        vectors[:, column] = quantiles_of(space[space.at[column]], places[:, coordinate])
    filled: Vectors = legality.fill(legality.legal(vectors))
    return filled


def calibrated(some: Vectors, many: Vectors) -> Floats:
    """Weights of some vectors by which they have the lowest moments of many.

    Of all such weights these are closest to equal ones. So they take the part of a function that is a
    polynomial of low order from the many, as a control variate does. Source: Deville and Sarndal
    (1992), Calibration Estimators in Survey Sampling.
    """
    equal = np.full(len(some), 1 / len(some))
    center, scale = many.mean(axis=0), many.std(axis=0)
    moved = scale > 0
    if len(some) < 10 * _n_moments(int(moved.sum())) or len(some) == len(many):
        return equal
    own, all_of_them = (
        (vectors[:, moved] - center[moved]) / scale[moved] for vectors in (some, many)
    )
    own = _moments(own)
    missing = _means_of_moments(all_of_them) - own.mean(axis=0)
    own = np.column_stack([np.ones(len(own)), own])
    step = own @ np.linalg.lstsq(own.T @ own, np.append(0.0, missing), rcond=1e-10)[0]
    weights: Floats = equal + step
    return weights if weights.min() > 0 else equal


def _n_moments(n_columns: int) -> int:
    return 4 * n_columns + n_columns * (n_columns - 1) // 2


def _moments(vectors: Vectors) -> Floats:
    """Powers up to four, and products of two."""
    first, second = np.triu_indices(vectors.shape[1], 1)
    squares = vectors**2
    powers = [vectors, squares, squares * vectors, squares**2]
    return np.column_stack([*powers, vectors[:, first] * vectors[:, second]])


def _means_of_moments(vectors: Vectors) -> Floats:
    """The means of `_moments`, without its table."""
    squares = vectors**2
    products = (vectors.T @ vectors / len(vectors))[np.triu_indices(vectors.shape[1], 1)]
    cubes = np.einsum("ij,ij->j", squares, vectors) / len(vectors)
    fourth = np.einsum("ij,ij->j", squares, squares) / len(vectors)
    return np.concatenate([vectors.mean(axis=0), squares.mean(axis=0), cubes, fourth, products])
