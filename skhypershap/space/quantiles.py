"""Quantiles and probabilities of one hyperparameter's distribution, which ConfigSpace only samples."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from ConfigSpace.hyperparameters import (
    BetaFloatHyperparameter,
    BetaIntegerHyperparameter,
    CategoricalHyperparameter,
    Constant,
    IntegerHyperparameter,
    NormalFloatHyperparameter,
    NormalIntegerHyperparameter,
    OrdinalHyperparameter,
    UniformFloatHyperparameter,
    UniformIntegerHyperparameter,
)

from skhypershap.arrays import Floats
from skhypershap.library_faults import numbers_of_values
from skhypershap.space.domains import Hyperparameter, Quantiles, all_numbers, domain_of

UNIFORM = (UniformFloatHyperparameter, UniformIntegerHyperparameter)
NORMAL = (NormalFloatHyperparameter, NormalIntegerHyperparameter)
BETA = (BetaFloatHyperparameter, BetaIntegerHyperparameter)
N_SAMPLED = 1 << 16  # of a distribution that is not known


def quantiles_of(item: Hyperparameter, places: Floats) -> Floats:
    """Numbers at some places, in [0, 1), of a hyperparameter's distribution.

    Examples
    --------
    >>> from ConfigSpace import Integer
    >>> from skhypershap.space.quantiles import quantiles_of
    >>> quantiles_of(Integer("a", (1, 5)), np.array([0.0, 0.19, 0.21, 0.99]))
    array([0.  , 0.  , 0.25, 1.  ])
    """
    if isinstance(item, (CategoricalHyperparameter, OrdinalHyperparameter, Constant)):
        chances, numbers = probabilities_of(item), all_numbers(item)
        found = np.searchsorted(np.cumsum(chances), places, side="right")
        chosen: Floats = numbers[np.minimum(found, len(numbers) - 1)]
        return chosen
    distribution = _distribution_of(item)
    if distribution is None:
        sampled = item.sample_vector(N_SAMPLED, seed=np.random.RandomState(0))
        return numbers_of_samples(item, np.quantile(sampled, places, method="inverted_cdf"))
    continuous = places if distribution == "uniform" else distribution.ppf(places)
    numbers = _rounded(item, continuous) if isinstance(item, IntegerHyperparameter) else continuous
    return numbers_of_samples(item, numbers)


def probabilities_of(item: Any) -> Floats:
    """Probabilities of the values in `all_numbers` of a finite hyperparameter.

    Examples
    --------
    >>> from ConfigSpace import Integer
    >>> from skhypershap.space.quantiles import probabilities_of
    >>> probabilities_of(Integer("a", (1, 4), log=True)).round(3)
    array([0.404, 0.257, 0.189, 0.15 ])
    """
    if isinstance(item, CategoricalHyperparameter):
        positive: Floats = item.probabilities[item.probabilities > 0]
        return positive
    if not _has_uneven_values(item):
        return np.full(int(item.size), 1 / item.size)
    size, distribution = int(item.size), _distribution_of(item)
    edges = np.arange(size + 1) / size
    if distribution is None:
        places: Floats = item.sample_vector(N_SAMPLED, seed=np.random.RandomState(0))
        masses: Floats = np.ones(N_SAMPLED)
    elif distribution == "uniform":  # on a log scale
        edges = item.to_vector(item.lower + (item.upper - item.lower) * edges)
        places, masses = all_numbers(item), np.diff(edges)
    else:
        # ConfigSpace rounds places to the grid of the range, and then to values: on a log scale some
        # values have several points of the grid, and others none.
        places, masses = np.linspace(0, 1, size), np.diff(distribution.cdf(edges))
    values = np.array(domain_of(item).decode(places))
    found = np.bincount(values - int(item.lower), masses, size)
    chances: Floats = found / found.sum()
    return chances


def _has_uneven_values(item: Any) -> bool:
    """Whether it is an integer whose values are not equally likely."""
    is_even = isinstance(item, UniformIntegerHyperparameter) and not item.log
    return isinstance(item, IntegerHyperparameter) and not is_even


def numbers_of_samples(item: Hyperparameter, sampled: Floats) -> Floats:
    """Sampled numbers, or those that `encode` returns for the same values where these may differ."""
    domain = domain_of(item)
    if isinstance(domain, Quantiles) or isinstance(item, IntegerHyperparameter):
        return numbers_of_values(domain, sampled)
    return sampled


def _distribution_of(item: Any) -> Any:
    """The distribution on [0, 1] that ConfigSpace samples: "uniform", one of scipy, or None."""
    from scipy.stats import beta, truncnorm  # takes a moment, so only where it is needed

    if isinstance(item, UNIFORM):
        return "uniform"
    if isinstance(item, BETA):
        return beta(item.alpha, item.beta)
    if not isinstance(item, NORMAL):
        return None
    mean = item.to_vector(np.array([item.mu]))[0]
    if item.log:
        width = math.log(item.upper) - math.log(item.lower)
        deviation = abs(math.log(item.lower + item.sigma) / width)
    else:
        deviation = item.sigma / (item.upper - item.lower)
    return truncnorm(-mean / deviation, (1 - mean) / deviation, mean, deviation)


def _rounded(item: Any, places: Floats) -> Floats:
    """Numbers of the integers that ConfigSpace rounds places in [0, 1] to."""
    size = int(item.size)
    if isinstance(item, UniformIntegerHyperparameter) and item.log:
        log_lower, log_upper = math.log(item.lower), math.log(item.upper)
        values = np.exp(log_lower + (log_upper - log_lower) * places)
        places = (values - item.lower) / (item.upper - item.lower)
        steps = np.clip(np.floor(places * size), 0, size - 1)
        rounded: Floats = item.to_vector(item.lower + steps)
        return rounded
    steps = np.clip(np.floor(places * size), 0, size - 1)
    return steps / (size - 1)
