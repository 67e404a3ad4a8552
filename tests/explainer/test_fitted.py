"""`Fitted`: what a fit leaves behind, and what may be set after it."""

from __future__ import annotations

import ast
import copy
import dataclasses
import pickle
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV
from sklearn.tree import DecisionTreeClassifier

import skhypershap.explainer.joint
from skhypershap import BaselineWarning, HyperSHAPExplainer, HyperSHAPWarning
from skhypershap.explainer.explanations import Explanations
from skhypershap.explainer.next_steps import NextSteps

X, Y = load_iris(return_X_y=True)


@pytest.fixture
def fresh(fitted_search):
    """An explainer that a test may change."""
    return HyperSHAPExplainer(fitted_search, n_samples=50, random_state=0).fit()


def test_fitted_is_frozen(fresh):
    with pytest.raises(dataclasses.FrozenInstanceError):
        fresh.fitted_.seed = 1


def test_fitted_attributes_agree_with_fitted(fresh):
    fitted = fresh.fitted_
    assert fresh.space_ is fitted.trials.space
    assert fresh.surrogate_ is fitted.surrogate.model
    assert fresh.surrogate_score_ == fitted.surrogate.score == fitted.attrs["surrogate_score"]
    assert fresh.baseline_ == fitted.baselines[0]
    assert fresh.incumbent_ == fitted.incumbent
    np.testing.assert_array_equal(fresh.trials_["score"], fitted.trials.scores)


def test_changed_attributes_of_user_do_not_change_results(fresh):
    before = fresh.explain(["tunability", "ablation"])
    fresh.baseline_["C"] = fresh.incumbent_["C"] = 1e9
    fresh.trials_.loc[:, "score"] = 0.0
    pd.testing.assert_frame_equal(fresh.explain(["tunability", "ablation"]), before)


@pytest.mark.parametrize(
    ("parameter", "value"),
    [("baseline", "worst"), ("direction", "minimize"), ("random_state", 7), ("metric", "fit_time")],
)
def test_parameter_of_fit_set_later_needs_refit(fresh, parameter, value):
    before = fresh.explain(["tunability", "ablation"])
    fresh.set_params(**{parameter: value})
    pd.testing.assert_frame_equal(fresh.explain(["tunability", "ablation"]), before)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", HyperSHAPWarning)  # times are noise
        after = fresh.fit().explain(["tunability", "ablation"])
    assert not before.equals(after)


@pytest.mark.parametrize(("parameter", "value"), [("n_samples", 3), ("optimizer", "random")])
def test_parameter_of_explain_set_later_equals_fit_with_it(fresh, parameter, value):
    parameters = {**fresh.get_params(deep=False), parameter: value}
    expected = HyperSHAPExplainer(**parameters).fit().explain()
    pd.testing.assert_frame_equal(fresh.set_params(**{parameter: value}).explain(), expected)


def test_clone_is_not_fitted(fresh):
    assert not hasattr(clone(fresh), "fitted_")
    assert not [name for name in vars(clone(fresh)) if name.endswith("_")]


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))])
def test_copy_has_the_same_fitted(fresh, copied):
    other = copied(fresh)
    assert other.fitted_.baselines == fresh.fitted_.baselines
    pd.testing.assert_frame_equal(other.explain(n_bootstrap=2), fresh.explain(n_bootstrap=2))


def test_several_games_warn_of_replaced_default_once():
    grid = {"max_depth": [1, 2, 3], "min_samples_leaf": [1, 5, 20, 40]}
    search = GridSearchCV(DecisionTreeClassifier(random_state=0), grid)
    fitted = HyperSHAPExplainer(search, baseline="worst", random_state=0).fit(X, Y)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fitted.explain(["tunability", "ablation", "sensitivity"], baseline="default")
    assert [warning.category for warning in caught] == [BaselineWarning]


def test_topics_keep_no_state():
    """Attributes are declared in the base class alone."""
    for topic in (Explanations, NextSteps):
        assert "__init__" not in vars(topic)
        assert not vars(topic).get("__annotations__")


def test_explain_jointly_uses_no_private_member():
    tree = ast.parse(Path(skhypershap.explainer.joint.__file__).read_text())
    names = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    private = {name for name in names if name.startswith("_") and not name.startswith("__")}
    assert private <= {"_replace"}  # of named tuples
