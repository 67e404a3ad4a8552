"""Distributions with slow quantiles: tables of them are close, quick, and lead back."""

import numpy as np
import pytest
from scipy import stats

from skhypershap.space.distributions import hyperparameter_from
from skhypershap.space.domains import domain_of
from skhypershap.space.tabulated import tabulated

QUANTILES = np.linspace(0.001, 0.999, 41)
CONTINUOUS = [
    stats.genhyperbolic(0.5, 1.5, 0.5),
    stats.vonmises(2, loc=1, scale=3),
    stats.norminvgauss(2, 1),
    stats.ksone(100),
]
if hasattr(stats, "irwinhall"):  # since scipy 1.14
    CONTINUOUS.append(stats.irwinhall(10))
DISCRETE = [stats.skellam(3, 1), stats.poisson(1e6), stats.logser(0.9), stats.zipfian(1.5, 100_000)]


@pytest.mark.parametrize("distribution", CONTINUOUS)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_continuous_quantiles_are_close(distribution):
    table = tabulated(distribution)
    found = table.ppf(QUANTILES)
    np.testing.assert_allclose(distribution.cdf(found), QUANTILES, atol=1e-3)
    np.testing.assert_allclose(table.cdf(found), QUANTILES, atol=1e-9)
    assert (np.diff(table.ppf(np.linspace(0, 1, 10_001))) >= 0).all()


@pytest.mark.parametrize("distribution", DISCRETE)
def test_discrete_quantiles_are_exact(distribution):
    np.testing.assert_array_equal(
        tabulated(distribution).ppf(QUANTILES), distribution.ppf(QUANTILES)
    )
    if np.isneginf(distribution.support()[0]):
        with pytest.raises(ValueError, match="Pass the search space"):
            hyperparameter_from("x", [distribution])
        return
    domain = domain_of(hyperparameter_from("x", [distribution]))
    values = distribution.rvs(50, random_state=0).tolist()
    assert domain.decode(domain.encode(values)) == values


@pytest.mark.parametrize("distribution", [stats.norm(), stats.cauchy(), stats.geom(1e-6)])
def test_quick_ones_stay(distribution):
    assert tabulated(distribution) is distribution


def test_distribution_that_cannot_be_tabulated_is_refused_by_name():
    class Broken(stats.rv_continuous):
        def _pdf(self, x):
            return np.full_like(x, np.nan)

        def rvs(self, *args, **kwargs):
            return 1.0

    with pytest.raises(ValueError, match="distribution of 'x'"):
        hyperparameter_from("x", [Broken(a=0, b=1)])
