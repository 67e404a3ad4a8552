"""Which branches a space is split into, and trees that are held at one of them."""

from __future__ import annotations

import numpy as np
import pytest
from ConfigSpace import (
    Categorical,
    ConfigurationSpace,
    EqualsCondition,
    Float,
    InCondition,
    NotEqualsCondition,
)
from conftest import CONDITIONAL_SPACES, fitted

from skhypershap.explainer.base import game_context
from skhypershap.games.branches import OUT, find_branches
from skhypershap.space.sampling import sample_vectors
from skhypershap.surrogate.kernels.conditional_splits import held_at
from skhypershap.surrogate.kernels.forest import predict_flat

pytestmark = pytest.mark.filterwarnings("ignore::skhypershap.SurrogateWarning")


def branching_space():
    space = ConfigurationSpace()
    root = Categorical("root", ["a", "b", "c"])
    children = {name: Float(name, (0, 1)) for name in ("a1", "b1", "two", "other", "deep")}
    inner = Categorical("inner", ["x", "y"])
    space.add(root, inner, *children.values())
    space.add(EqualsCondition(children["a1"], root, "a"))
    space.add(EqualsCondition(children["b1"], root, "b"))
    space.add(EqualsCondition(inner, root, "b"))
    space.add(EqualsCondition(children["deep"], inner, "y"))
    space.add(InCondition(children["two"], root, ["a", "c"]))
    space.add(NotEqualsCondition(children["other"], root, "a"))
    return space


def test_nested_choices_belong_to_their_branch_and_the_rest_is_shared():
    explainer = fitted(branching_space, "forest")
    names = explainer.hyperparameter_names_
    branches = find_branches(game_context(explainer), max_exact=5)
    (root,) = branches.roots
    assert names[root.player] == "root"
    branch_names = [{names[player] for player in branch} for branch in root.branches]
    assert branch_names[0] == {"a1"}
    assert branch_names[1] == {"b1", "inner", "deep"}
    assert branch_names[2] == set()
    assert {names[player] for player in branches.shared} == {"two", "other"}
    assert branches.n_games == len(list(branches.all_keys())) == 4
    assert branches.players((OUT,), (0,)) == branches.players((0,), (2,))


def test_there_is_no_split_where_branches_are_too_large():
    assert find_branches(game_context(fitted(branching_space, "forest")), max_exact=4) is None


@pytest.mark.parametrize("name", CONDITIONAL_SPACES)
def test_held_trees_equal_the_forest_where_other_columns_are_held(name):
    explainer = fitted(CONDITIONAL_SPACES[name], "forest")
    context = game_context(explainer)
    forest, n_columns = context.surrogate.forest, len(explainer.space_)
    vectors = context.surrogate.legality.fill(sample_vectors(explainer.space_, 200, 3))
    generator = np.random.default_rng(0)
    for _ in range(5):
        free = generator.random(n_columns) < 0.5
        held = held_at(forest, vectors[0], free)
        mixed = np.where(free, vectors, vectors[0])
        np.testing.assert_array_equal(predict_flat(held, mixed), predict_flat(forest, mixed))
        assert len(held.left) <= len(forest.left)
        assert all(
            len(held.thresholds[at]) == 0 for at in np.flatnonzero(~free[: len(held.thresholds)])
        )
