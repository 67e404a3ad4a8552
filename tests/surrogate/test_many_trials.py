"""Trees of very many trials are bounded, those of usual numbers are not."""

from __future__ import annotations

import numpy as np
import pytest
from ConfigSpace import ConfigurationSpace

from skhypershap import HyperSHAPExplainer
from skhypershap.space.domains import Choices

SPACE = ConfigurationSpace({"a": (0.0, 1.0), "b": (0.0, 1.0)})


def fitted(surrogate, n_trials=200):
    rows = np.random.default_rng(0).random((n_trials, 2))
    configs = [{"a": a, "b": b} for a, b in rows.tolist()]
    explainer = HyperSHAPExplainer(SPACE, surrogate=surrogate, random_state=0)
    return explainer.fit(configs, rows @ [1.0, 2.0])


def leaves(forest):
    return max(tree.tree_.n_leaves for tree in forest.estimators_)


def test_a_tree_of_the_forest_sees_some_of_very_many_trials(monkeypatch):
    usual = fitted("forest")
    assert usual.fitted_.surrogate.model.max_samples is None
    assert "max_samples" not in usual.explain().attrs
    monkeypatch.setattr("skhypershap.surrogate.fitting.MOST_SAMPLES", 50)
    bounded = fitted("forest")
    assert bounded.explain().attrs["max_samples"] == 50
    assert leaves(bounded.fitted_.surrogate.model) <= 50 < leaves(usual.fitted_.surrogate.model)
    assert bounded.surrogate_score_ > 0.9


def test_leaves_of_the_default_hold_more_of_very_many_trials(monkeypatch):
    usual = fitted("auto")
    assert leaves(usual.fitted_.surrogate.model.forest_) == 200
    assert "min_samples_leaf" not in usual.explain().attrs
    monkeypatch.setattr("skhypershap.surrogate.averaged.TRIALS_OF_LEAF", 50)
    bounded = fitted("auto")
    assert bounded.explain().attrs["min_samples_leaf"] == 5
    assert leaves(bounded.fitted_.surrogate.model.forest_) <= 200 / 5
    assert bounded.surrogate_score_ > 0.9


@pytest.mark.parametrize("exact", [False, True])
def test_many_values_are_encoded_as_one_by_one(exact):
    kinds = ["a", "b", None, True, False, 1, 1.0, 0, 0.0, 2, 2.5, float("nan"), 10**400]
    values = [kinds[i] for i in np.random.default_rng(0).integers(len(kinds), size=300)]
    for some in (("a", "b", None, True, 1), (1, 2.5, 0), ("a", False, 0.0, 1.0)):
        choices = Choices(some, False, exact)
        one_by_one = np.concatenate([choices.encode([value]) for value in values])
        np.testing.assert_array_equal(choices.encode(values), one_by_one)
