"""Explanations of spaces with conditions by the default surrogate."""

import pickle

import numpy as np
import pytest
from ConfigSpace import Categorical, ConfigurationSpace, EqualsCondition, Float
from conftest import CONDITIONAL_SPACES, fitted

GAMES = ["tunability", "mistunability", "sensitivity", "ablation"]


def switched(n_children=2):
    space = ConfigurationSpace(seed=0)
    kind = Categorical("kind", ["p", "q"])
    children = [Float(f"c{i}", (0.0, 1.0)) for i in range(n_children)]
    space.add(kind, Float("free", (0.0, 1.0)), *children)
    space.add([EqualsCondition(child, kind, "q") for child in children])
    return space


@pytest.mark.parametrize("model", [None, "gp"])
@pytest.mark.parametrize("kind", CONDITIONAL_SPACES)
def test_numbers_do_not_depend_on_threads_nor_travel(kind, model):
    one = fitted(CONDITIONAL_SPACES[kind], model)
    two = fitted(CONDITIONAL_SPACES[kind], model, n_jobs=2)
    table = one.explain(GAMES, order=2)
    assert "surrogate" not in table.attrs
    for other in (two, pickle.loads(pickle.dumps(one))):
        found = other.explain(GAMES, order=2)
        np.testing.assert_array_equal(found["value"], table["value"])


@pytest.mark.parametrize("kind", CONDITIONAL_SPACES)
def test_resamples_are_explained(kind):
    table = fitted(CONDITIONAL_SPACES[kind]).explain(["tunability", "ablation"], n_bootstrap=2)
    assert sorted(table["draw"].unique()) == [0, 1, 2]
    assert np.isfinite(table["value"]).all()


@pytest.mark.parametrize("kind", ["chain", "mixed"])
def test_larger_coalitions_never_score_less(kind):
    explainer = fitted(CONDITIONAL_SPACES[kind])
    table = explainer.coalition_values("tunability")
    values = {frozenset(row.coalition): row.value for row in table.itertuples()}
    for members, value in values.items():
        for member in members:
            assert value >= values[members - {member}]


def test_attrs_say_where_trees_are_alone():
    assert fitted(lambda: switched(8)).explain("ablation").attrs["surrogate"] == "extra trees"
    assert "surrogate" not in fitted(lambda: switched(2)).explain("ablation").attrs
    assert "surrogate" not in fitted(lambda: switched(8), "gp").explain("ablation").attrs


def test_effects_and_ranges_are_those_of_predicted_scores():
    explainer = fitted(CONDITIONAL_SPACES["chain"])
    curve = explainer.effects("kernel")
    assert np.isfinite(curve["score"].dropna()).all()
    assert len(explainer.good_ranges())
