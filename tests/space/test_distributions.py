"""Lists and distributions as hyperparameters: every kind of value, to a number and back."""

from __future__ import annotations

import copy
from functools import partial

import numpy as np
import pytest
from conftest import space_of_sources
from scipy import stats
from sklearn.datasets import load_iris
from sklearn.feature_selection import f_classif, mutual_info_classif
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.svm import SVC

from skhypershap.space.distributions import UnreadableError, hyperparameter_from
from skhypershap.space.domains import domain_of
from skhypershap.space.encoding import decode, encode
from skhypershap.space.sampling import enumerate_vectors, sample_vectors
from skhypershap.space.value_keys import value_key

X, Y = load_iris(return_X_y=True)


class TestDomains:
    """Every kind of value, to a number and back."""

    @pytest.mark.parametrize(
        "values",
        [
            [1, 10, 2.5],
            [None, "sqrt", 0.5],
            [True, False],
            [True, 1.5],
            [(50,), (50, 50), (100,)],
            [StandardScaler(), MinMaxScaler(), "passthrough", None],
            [SVC(), SVC(C=2), LogisticRegression()],
            [f_classif, mutual_info_classif],
            [None, "balanced", {0: 1, 1: 2}],
            [np.nan, 0],
            np.logspace(-2, 2, 5),
            np.array(["rbf", "linear"]),
            range(1, 4),
            [float("inf"), 1, 2],
            [{1}, {1, 2}],
        ],
        ids=range(15),
    )
    def test_values_round_trip_as_typed(self, values):
        space = space_of_sources({"h": [values]})
        configs = [{"h": value} for value in values]
        back = decode(space, encode(space, configs))
        assert all(b["h"] is c["h"] or b["h"] == c["h"] for b, c in zip(back, configs, strict=True))
        assert [type(b["h"]) for b in back] == [type(c["h"]) for c in configs]

    def test_numbers_are_ordered_and_everything_else_is_a_category(self):
        assert domain_of(hyperparameter_from("h", [[10, 1, 5]])).values == (1, 5, 10)
        assert domain_of(hyperparameter_from("h", [[10, None, 5]])).values == (10, None, 5)
        assert not domain_of(hyperparameter_from("h", [[10, True]])).ordered

    def test_equal_values_are_merged(self):
        assert domain_of(hyperparameter_from("h", [[1, 1.0, np.int64(1), 2]])).values == (1, 2)
        assert value_key(SVC(C=1)) == value_key(SVC(C=1)) != value_key(SVC(C=2))
        assert value_key(True) != value_key(1)
        assert value_key(np.float64("nan")) == value_key(float("nan"))
        for value in (partial(np.clip, a_min=0), KFold(3), np.tanh, load_iris):
            assert value_key(value) == value_key(copy.deepcopy(value))
        assert value_key(KFold(3)) != value_key(KFold(4))

    def test_uniform_distributions_become_ranges(self):
        made = hyperparameter_from("h", [stats.uniform(2, 3)])
        assert (made.lower, made.upper, made.log) == (2.0, 5.0, False)
        made = hyperparameter_from("h", [stats.loguniform(1e-3, 10, scale=2)])
        assert (made.lower, made.upper) == pytest.approx((2e-3, 20))
        assert made.log
        made = hyperparameter_from("h", [stats.randint(1, 6, loc=2)])
        assert (made.lower, made.upper) == (3, 7)
        assert domain_of(made).decode(np.array([0.0, 1.0])) == [3, 7]
        made = hyperparameter_from("h", [stats.uniform])  # not frozen
        assert (made.lower, made.upper) == (0.0, 1.0)

    @pytest.mark.parametrize(
        "distribution",
        [
            stats.norm(1, 2),
            stats.expon(scale=3),
            stats.loguniform(1, 10, loc=2, scale=3),
            stats.poisson(3),
            stats.poisson(3, loc=2),
            stats.geom(0.2),
            stats.beta(2, 5),
        ],
        ids=lambda d: f"{d.dist.name}{d.args}",
    )
    def test_other_distributions_are_encoded_by_quantiles(self, distribution):
        space = space_of_sources({"h": [distribution]})
        values = distribution.rvs(size=200, random_state=0)
        vectors = encode(space, [{"h": value} for value in values])
        assert ((vectors > 0) & (vectors < 1)).all()
        back = [config["h"] for config in decode(space, vectors)]
        np.testing.assert_allclose(back, values, rtol=1e-6)
        # The candidates follow the distribution.
        drawn = np.array([c["h"] for c in decode(space, sample_vectors(space, 4000, 0))])
        assert drawn.mean() == pytest.approx(distribution.mean(), abs=0.1 * distribution.std())
        assert drawn.std() == pytest.approx(distribution.std(), rel=0.15)

    def test_far_tail_values_round_trip(self):
        """The probability of 1000 under poisson(50) underflows; it is a value all the same."""
        domain = domain_of(hyperparameter_from("h", [stats.poisson(50)]))
        assert domain.own([1000, 1010.0, 60]) == [1000, 1010, 60]
        assert domain.nearest(-3) == 0
        assert not np.isnan(domain.encode([domain.nearest(1000.4)])[0])
        np.testing.assert_array_equal(
            np.isnan(domain.encode([None, "a", 1.5, -1, 7])), [1, 1, 1, 1, 0]
        )

    @pytest.mark.parametrize(
        "distribution",
        [
            stats.binom(5, 0.3),
            stats.bernoulli(0.2),
            stats.rv_discrete(values=([0.1, 0.25, 0.5], [0.2, 0.5, 0.3])),
            stats.hypergeom(20, 7, 12),
        ],
        ids=["binom", "bernoulli", "own", "hypergeom"],
    )
    def test_few_steps_are_listed_with_their_probabilities(self, distribution):
        space = space_of_sources({"h": [distribution]})
        values = distribution.rvs(size=100, random_state=0)
        back = [c["h"] for c in decode(space, encode(space, [{"h": v} for v in values]))]
        np.testing.assert_allclose(back, values)
        vectors, chances = enumerate_vectors(space, 100)
        numbers = np.array([c["h"] for c in decode(space, vectors)])
        assert (np.diff(numbers) > 0).all()
        np.testing.assert_allclose(chances, distribution.pmf(numbers))
        assert chances @ numbers == pytest.approx(distribution.mean())

    def test_discrete_samples_round_trip(self):
        space = space_of_sources({"h": [stats.poisson(2)]})
        vectors = sample_vectors(space, 500, 0)
        np.testing.assert_array_equal(vectors, encode(space, decode(space, vectors)))

    def test_choices_stand_beside_a_range(self):
        space = space_of_sources({"gamma": [stats.loguniform(1e-3, 1), ["scale", "auto"]]})
        configs = [{"gamma": value} for value in ("scale", "auto", 1e-3, 0.1, 1.0)]
        vectors = encode(space, configs)[:, 0]
        assert (np.diff(vectors) > 0).all()
        back = [config["gamma"] for config in decode(space, vectors[:, None])]
        assert back[:2] == ["scale", "auto"]
        assert back[2:] == pytest.approx([1e-3, 0.1, 1.0])

    def test_ranges_of_several_dicts_are_joined(self):
        """As drawn: one dict in two, then its distribution; nothing in between is invented."""
        parts = [stats.loguniform(1e-5, 1e-3), stats.uniform(10, 90)]
        space = space_of_sources({"h": parts})
        drawn = np.array([c["h"] for c in decode(space, sample_vectors(space, 2000, 0))])
        assert (drawn < 1e-3).mean() == pytest.approx(0.5, abs=0.05)
        assert ((drawn < 1e-3) | (drawn > 10)).mean() > 0.999
        values = np.concatenate([part.rvs(50, random_state=0) for part in parts])
        vectors = encode(space, [{"h": value} for value in values])
        assert (np.argsort(vectors[:, 0]) == np.argsort(values)).all()
        np.testing.assert_allclose([c["h"] for c in decode(space, vectors)], values, rtol=1e-6)
        same = hyperparameter_from("h", [stats.loguniform(1, 10), stats.loguniform(1, 10), [2]])
        assert (same.lower, same.upper, same.log) == (1, 10, True)
        domain = domain_of(space["h"])
        assert np.isnan(domain.encode([5.0])[0]), "the gap is no part of the space"
        assert domain.nearest(5.0) == pytest.approx(1e-3)
        with pytest.raises(ValueError, match=r"endless, or discrete and continuous.*space="):
            hyperparameter_from("h", [stats.randint(1, 4), stats.uniform(0, 1)])

    def test_finite_ranges_are_joined_with_their_probabilities(self):
        """Half of each dict: 1, 2, 3 at a sixth each, 2 and 3 at a quarter."""
        space = space_of_sources({"h": [stats.randint(1, 4), stats.binom(1, 0.5, loc=2)]})
        vectors, chances = enumerate_vectors(space, 10)
        assert [c["h"] for c in decode(space, vectors)] == [1, 2, 3]
        np.testing.assert_allclose(chances, [1 / 6, 1 / 6 + 1 / 4, 1 / 6 + 1 / 4])
        space = space_of_sources({"h": [stats.randint(1, 4), ["auto"]]})
        vectors, chances = enumerate_vectors(space, 10)
        assert [c["h"] for c in decode(space, vectors)] == ["auto", 1, 2, 3]
        np.testing.assert_allclose(chances, [1 / 2, 1 / 6, 1 / 6, 1 / 6])

    def test_number_between_integers_is_a_separate_value(self):
        space = space_of_sources({"h": [stats.randint(1, 5), [2.5, 3]]})
        configs = [{"h": value} for value in (1, 2, 2.5, 3, 4)]
        vectors = encode(space, configs)
        assert [c["h"] for c in decode(space, vectors)] == [1, 2, 2.5, 3, 4]

    def test_median_may_be_an_extra_value(self):
        domain = domain_of(hyperparameter_from("h", [stats.uniform(0.1, 0.9), [0.0]]))
        assert domain.median([0.0, 0.0, 0.5]) == 0.0
        assert domain.median([0.0, 0.2, 0.4]) == 0.2

    def test_number_outside_a_range_does_not_widen_it(self):
        space = space_of_sources({"h": [stats.loguniform(1e-6, 1e-1), [0.0]]})
        drawn = np.array([c["h"] for c in decode(space, sample_vectors(space, 2000, 0))])
        assert (drawn == 0).mean() == pytest.approx(0.5, abs=0.05)
        assert (drawn[drawn > 0] < 1e-3).mean() == pytest.approx(0.6, abs=0.05)

    def test_optuna_distributions_are_read(self):
        optuna = pytest.importorskip("optuna.distributions")
        made = hyperparameter_from("h", [optuna.FloatDistribution(1e-3, 10, log=True)])
        assert (made.lower, made.upper, made.log) == (1e-3, 10, True)
        made = hyperparameter_from("h", [optuna.IntDistribution(2, 7)])
        assert (made.lower, made.upper, type(made).__name__) == (
            2,
            7,
            "UniformIntegerHyperparameter",
        )
        for made, values in (
            (optuna.IntDistribution(2, 11, step=3), (2, 5, 8, 11)),
            (optuna.FloatDistribution(0.1, 0.4, step=0.1), tuple(0.1 + 0.1 * k for k in range(4))),
            (optuna.CategoricalDistribution([True, None, "a"]), (True, None, "a")),
        ):
            assert domain_of(hyperparameter_from("h", [made])).values == values

    def test_unreadable_distribution_is_refused_with_advice(self):
        class OnlyDraws:
            def rvs(self, random_state=None):
                return 0.5

        for unreadable in (OnlyDraws(), stats.poisson(3, loc=0.5), stats.randint(1, 4, loc=0.5)):
            with pytest.raises(ValueError, match=r"'C'.*space="):
                hyperparameter_from("C", [unreadable])


@pytest.mark.parametrize("exponent", [1.2, 1.5, 2.0])
def test_heavy_discrete_tail_is_refused_before_its_quantiles_are_computed(exponent):
    with pytest.raises(UnreadableError, match="zipfian"):
        hyperparameter_from("n", [stats.zipf(exponent)])


@pytest.mark.parametrize("distribution", [stats.geom(1e-5), stats.poisson(5), stats.zipf(3.0)])
def test_light_discrete_tail_is_read(distribution):
    hyperparameter = hyperparameter_from("n", [distribution])
    assert domain_of(hyperparameter).decode(np.array([0.5])) == [distribution.ppf(0.5)]
