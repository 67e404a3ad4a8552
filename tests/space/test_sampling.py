"""Sampled and enumerated configurations: legal, and with the probabilities of the space."""

from __future__ import annotations

from copy import deepcopy

import numpy as np
import pytest
from ConfigSpace import (
    Categorical,
    Configuration,
    ConfigurationSpace,
    EqualsCondition,
    ForbiddenEqualsClause,
    ForbiddenLessThanClause,
    ForbiddenLessThanEqualsClause,
    Integer,
    OrdinalHyperparameter,
)
from conftest import CONDITIONAL_SPACES, all_conditions_space
from scipy.stats import ks_2samp

from skhypershap import HyperSHAPExplainer
from skhypershap.space.encoding import decode
from skhypershap.space.sampling import enumerate_vectors, sample_columns, sample_vectors


@pytest.mark.parametrize("name", CONDITIONAL_SPACES)
def test_parents_come_before_children(name):
    space = CONDITIONAL_SPACES[name]()
    order = list(space)
    for child in space:
        assert all(
            order.index(parent.name) < order.index(child) for parent in space.parents_of[child]
        )


SAMPLERS = [sample_columns, sample_vectors]


@pytest.mark.parametrize("sample", SAMPLERS)
@pytest.mark.parametrize("name", CONDITIONAL_SPACES)
def test_sampled_vectors_are_legal(name, sample):
    space = CONDITIONAL_SPACES[name]()
    for vector in sample(space, 50, 0):
        Configuration(space, vector=vector).check_valid_configuration()


@pytest.mark.parametrize("name", CONDITIONAL_SPACES)
def test_both_samplers_have_the_distribution_of_the_space(name):
    """Activity agrees within four standard errors; so do the distributions where active."""
    space = CONDITIONAL_SPACES[name]()
    first, second = (sample(space, 4000, 1) for sample in SAMPLERS)
    assert len(first) == len(second) == 4000
    for one, other in zip(first.T, second.T, strict=True):
        active = [~np.isnan(column) for column in (one, other)]
        assert np.mean(active[0]) == pytest.approx(np.mean(active[1]), abs=4 * (0.5 / 4000) ** 0.5)
        assert ks_2samp(one[active[0]], other[active[1]], method="asymp").pvalue > 1e-4


@pytest.mark.parametrize("sample", SAMPLERS)
def test_sampling_keeps_the_random_state_of_the_space(sample):
    space = all_conditions_space()
    space.seed(3)
    expected = space.sample_configuration(2)
    space.seed(3)
    sample(space, 20, 0)
    assert space.sample_configuration(2) == expected


def test_columns_are_those_of_configspace():
    space = all_conditions_space()
    conditionless = ConfigurationSpace()
    conditionless.add(list(deepcopy(space).values()))
    generator = np.random.RandomState(5)
    expected = [item.sample_vector(30, seed=generator) for item in conditionless.values()]
    np.testing.assert_allclose(sample_columns(conditionless, 30, 5).T, expected, atol=1e-12)


def test_enumerated_configurations_have_the_probabilities_of_the_space():
    """P(linear) = 1/4 once; P(rbf) = 3/4 times 1/2 for each gamma, of which rbf with 2 is forbidden.

    That leaves 1/4 and 3/8, which are 2/5 and 3/5 of what is left.
    """
    space = ConfigurationSpace()
    kernel = Categorical("kernel", ["linear", "rbf"], weights=[1, 3])
    gamma = OrdinalHyperparameter("gamma", [1, 2])
    space.add(kernel, gamma, EqualsCondition(gamma, kernel, "rbf"))
    space.add(ForbiddenEqualsClause(gamma, 2))
    vectors, chances = enumerate_vectors(space, 10)
    assert decode(space, vectors) == [{"kernel": "linear"}, {"kernel": "rbf", "gamma": 1}]
    assert chances == pytest.approx([2 / 5, 3 / 5])
    for sample in SAMPLERS:
        sampled = sample(space, 4000, 0)
        assert np.isnan(sampled[:, 1]).mean() == pytest.approx(2 / 5, abs=0.03)


@pytest.mark.parametrize("sample", SAMPLERS)
@pytest.mark.parametrize("legal", [0.6, 0.05])
def test_sampling_heeds_clause_at_most(legal, sample):
    """ConfigSpace 1.2 itself samples what this clause forbids, and nothing else."""
    space = ConfigurationSpace({"a": (0.0, 1.0), "b": (0.0, 1.0)})
    space["a"].default_value = 0.99
    space.add(ForbiddenLessThanEqualsClause(space["a"], 1 - legal))
    drawn = sample(space, 200, 0)
    assert len(drawn) == 200
    assert drawn[:, 0].min() > 1 - legal
    configs = decode(space, drawn)
    explainer = HyperSHAPExplainer(space, surrogate="forest", n_samples=100, random_state=0)
    explainer.fit(configs, [-config["a"] for config in configs])
    best = explainer.coalition_values()["value"].max()
    assert best <= explainer.predict_score(configs).max() + 1e-9


def test_space_that_forbids_everything_raises():
    space = ConfigurationSpace({"a": (0.0, 1.0)})
    space["a"].default_value = 1.0
    space.add(ForbiddenLessThanClause(space["a"], 1.0))
    for sample in SAMPLERS:
        with pytest.raises(ValueError, match="forbids nearly everything"):
            sample(space, 10, 0)


def test_enumeration_limit_counts_legal_configurations():
    space = ConfigurationSpace({"a": ["x", "y"]})
    children = [Integer(f"b{number}", (1, 10)) for number in range(3)]
    space.add(children)
    space.add([EqualsCondition(child, space["a"], "y") for child in children])
    assert len(enumerate_vectors(space, 1001)[0]) == 1001
    assert enumerate_vectors(space, 1000) is None
