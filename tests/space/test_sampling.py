"""Sampled and enumerated configurations: legal, and with the probabilities of the space."""

from __future__ import annotations

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
from conftest import CONDITIONAL_SPACES

from skhypershap import HyperSHAPExplainer
from skhypershap.space.encoding import decode
from skhypershap.space.sampling import enumerate_vectors, sample_vectors


@pytest.mark.parametrize("name", CONDITIONAL_SPACES)
def test_parents_come_before_children(name):
    space = CONDITIONAL_SPACES[name]()
    order = list(space)
    for child in space:
        assert all(
            order.index(parent.name) < order.index(child) for parent in space.parents_of[child]
        )


@pytest.mark.parametrize("name", CONDITIONAL_SPACES)
def test_sampled_vectors_are_legal(name):
    space = CONDITIONAL_SPACES[name]()
    for vector in sample_vectors(space, 50, 0):
        Configuration(space, vector=vector).check_valid_configuration()


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
    drawn = sample_vectors(space, 4000, 0)
    assert np.isnan(drawn[:, 1]).mean() == pytest.approx(2 / 5, abs=0.03)


@pytest.mark.parametrize("legal", [0.6, 0.05])
def test_sampling_heeds_clause_at_most(legal):
    """ConfigSpace 1.2 itself samples what this clause forbids, and nothing else."""
    space = ConfigurationSpace({"a": (0.0, 1.0), "b": (0.0, 1.0)})
    space["a"].default_value = 0.99
    space.add(ForbiddenLessThanEqualsClause(space["a"], 1 - legal))
    drawn = sample_vectors(space, 200, 0)
    assert len(drawn) == 200
    assert drawn[:, 0].min() > 1 - legal
    configs = decode(space, drawn)
    explainer = HyperSHAPExplainer(space, n_samples=100, random_state=0)
    explainer.fit(configs, [-config["a"] for config in configs])
    best = explainer.coalition_values()["value"].max()
    assert best <= explainer.predict_score(configs).max() + 1e-9


def test_space_that_forbids_everything_raises():
    space = ConfigurationSpace({"a": (0.0, 1.0)})
    space["a"].default_value = 1.0
    space.add(ForbiddenLessThanClause(space["a"], 1.0))
    with pytest.raises(ValueError, match="forbids nearly everything"):
        sample_vectors(space, 10, 0)


def test_enumeration_limit_counts_legal_configurations():
    space = ConfigurationSpace({"a": ["x", "y"]})
    children = [Integer(f"b{number}", (1, 10)) for number in range(3)]
    space.add(children)
    space.add([EqualsCondition(child, space["a"], "y") for child in children])
    assert len(enumerate_vectors(space, 1001)[0]) == 1001
    assert enumerate_vectors(space, 1000) is None
