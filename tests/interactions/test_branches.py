"""Games with branches against all their coalitions, on small tables and small nested spaces."""

from __future__ import annotations

import numpy as np
import pytest
from ConfigSpace import (
    AndConjunction,
    Categorical,
    ConfigurationSpace,
    EqualsCondition,
    Float,
    ForbiddenAndConjunction,
    ForbiddenEqualsClause,
    InCondition,
    Integer,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from skhypershap import HyperSHAPExplainer, explain_jointly
from skhypershap.games.branch_games import BranchGames, SmallGame
from skhypershap.games.branches import Branches, Root
from skhypershap.interactions.from_branches import branch_interactions
from skhypershap.interactions.indices import INDICES, exact_interactions
from skhypershap.interactions.sampled_branches import sampled_interactions
from skhypershap.space.encoding import decode
from skhypershap.space.sampling import sample_vectors
from skhypershap.surrogate.blends import all_coalitions

# Small random problems: how well a surrogate predicts other trials is irrelevant.
pytestmark = pytest.mark.filterwarnings("ignore::skhypershap.SurrogateWarning")

NO_MOMENTS = np.empty(0)


def random_games(sizes, n_shared, seed, *, is_variance=False, forbidden=0.1):
    """Random tables with ties, and some coalitions all of whose blends are forbidden."""
    generator = np.random.default_rng(seed)
    order = generator.permutation(1 + n_shared + sum(sizes)).tolist()
    root, shared, rest = order[0], order[1 : 1 + n_shared], order[1 + n_shared :]
    branches = [tuple(sorted(part)) for part in np.split(rest, np.cumsum(sizes)[:-1])]
    branches = [tuple(map(int, part)) for part in branches]
    roots = (Root(root, 0, np.arange(len(sizes)), tuple(branches)),)
    split = Branches(roots, tuple(sorted(shared)))
    mass = generator.dirichlet(np.ones(len(sizes)))
    small = {}
    for key in split.all_keys():
        players = split.players(key, (0,))
        values = generator.normal(size=1 << len(players)).round(1)
        if is_variance:
            squares = values**2 + generator.random(len(values))
            squares[0] = values[0] ** 2
            part = 1.0 if key == (-1,) else float(mass[key[0]])
            small[key] = SmallGame(players, squares - values**2, values, squares, part)
        else:
            values[generator.random(len(values)) < forbidden] = -np.inf
            small[key] = SmallGame(players, values, NO_MOMENTS, NO_MOMENTS, 1.0)
    small[(-1,)].values[0] = 0.0
    return BranchGames(split, (0,), small, is_variance, 1.0, 0.0), len(order)


SIZES = st.lists(st.integers(0, 3), min_size=1, max_size=3)


@settings(max_examples=40, deadline=None)
@given(SIZES, st.integers(0, 2), st.integers(0, 999), st.booleans(), st.sampled_from(list(INDICES)))
def test_branch_interactions_equal_those_of_all_coalitions(sizes, n_shared, seed, variance, index):
    games, n_players = random_games(sizes, n_shared, seed, is_variance=variance)
    gains = games.gains(all_coalitions(n_players))
    for order in range(1, min(n_players, 2) + 1):
        expected = exact_interactions(gains, index, order)
        found = branch_interactions(games, n_players, index, order)
        assert found.keys() == expected.keys()
        np.testing.assert_allclose(list(found.values()), list(expected.values()), atol=1e-9)


@pytest.mark.parametrize("is_variance", [False, True])
@pytest.mark.parametrize("index", ["SV", "FSII", "k-SII", "SII", "BII"])
def test_sampled_interactions_are_within_their_stated_error(index, is_variance):
    games, n_players = random_games([3, 2, 2], 1, 0, is_variance=is_variance)
    order = 1 if index == "SV" else 2
    expected = exact_interactions(games.gains(all_coalitions(n_players)), index, order)
    found = sampled_interactions(games, n_players, index, order, seed=0)
    errors = [abs(found.interactions[players] - expected[players]) for players in expected]
    assert 0 < max(errors) < 4 * found.error < 0.15 * max(map(abs, expected.values()))


def nested_space():
    """A choice with children, one of them a choice with a child, and what is beside it."""
    space = ConfigurationSpace()
    root = Categorical("root", ["a", "b", "c"])
    inner = Categorical("inner", ["x", "y"])
    a1, a2, b1, deep = (
        Float("a1", (0, 1)),
        Integer("a2", (1, 3)),
        Float("b1", (0, 1)),
        Float("deep", (0, 1)),
    )
    both, beside = Float("both", (0, 1)), Integer("beside", (0, 3))
    space.add(root, inner, a1, a2, b1, deep, both, beside)
    for child in (a1, a2):
        space.add(EqualsCondition(child, root, "a"))
    for child in (b1, inner):
        space.add(EqualsCondition(child, root, "b"))
    space.add(EqualsCondition(deep, inner, "y"))
    space.add(InCondition(both, root, ["a", "c"]))
    return space


def nested_root_space():
    """A choice with children that is itself switched on."""
    space = ConfigurationSpace()
    switch, root = Categorical("switch", ["on", "off"]), Categorical("root", ["a", "b"])
    children = [Float(name, (0, 1)) for name in ("a1", "a2", "b1", "b2")]
    either = Float("either", (0, 1))
    space.add(switch, root, either, *children)
    space.add(EqualsCondition(root, switch, "on"))
    for child in children[:3]:
        space.add(EqualsCondition(child, root, child.name[0]))
    last = children[3]
    space.add(AndConjunction(EqualsCondition(last, root, "b"), EqualsCondition(last, switch, "on")))
    return space


def forbidding_branches():
    """Clauses within a branch, and between a branch and what is beside it."""
    space = nested_space()
    space.add(
        ForbiddenAndConjunction(
            ForbiddenEqualsClause(space["beside"], 2), ForbiddenEqualsClause(space["a2"], 3)
        )
    )
    space.add(
        ForbiddenAndConjunction(
            ForbiddenEqualsClause(space["root"], "c"), ForbiddenEqualsClause(space["beside"], 0)
        )
    )
    return space


def two_roots_space():
    """Two independent choices with children."""
    space = ConfigurationSpace()
    for name, values in (("one", "ab"), ("two", "xyz")):
        root = Categorical(name, list(values))
        space.add(root)
        for value in values:
            for number in range(2):
                child = Float(f"{name}_{value}{number}", (0, 1))
                space.add(child)
                space.add(EqualsCondition(child, root, value))
    return space


def explainer_of(make, seed=0, n_trials=150, **arguments):
    space = make()
    space.seed(seed)
    configs = decode(space, sample_vectors(space, n_trials, seed))
    generator = np.random.default_rng(seed)
    weights = {name: generator.normal(size=2) for name in space}
    worth = {choice: generator.normal() for choice in "abcxy"}

    def score(config):
        terms = [
            worth.get(value, 0.3)
            if isinstance(value, str)
            else np.sin(weights[name] @ [3 * value, 1])
            for name, value in config.items()
        ]
        return sum(terms) + terms[0] * terms[-1]

    arguments = {"surrogate": "forest", "random_state": seed, "n_samples": 300, **arguments}
    return HyperSHAPExplainer(space, **arguments).fit(
        configs, [score(config) for config in configs]
    )


def values_of_both(make, game, index, order, max_exact, **arguments):
    """Values by branches and by all coalitions, in one order."""
    explainer = explainer_of(make, **arguments)
    whole = explainer.explain(game, index=index, order=order)
    assert whole.attrs["exact"]
    split = explainer.set_params(max_exact=max_exact).explain(game, index=index, order=order)
    found = split.set_index("interaction")["value"].reindex(whole["interaction"])
    return whole, split, found.to_numpy()


MAKERS = {
    "nested": (nested_space, 6),
    "root": (nested_root_space, 5),
    "forbids": (forbidding_branches, 6),
}


@settings(max_examples=12, deadline=None)
@given(
    st.sampled_from(list(MAKERS)),
    st.sampled_from(["tunability", "mistunability", "sensitivity"]),
    st.sampled_from(["SV", "FSII", "k-SII"]),
    st.integers(0, 50),
)
def test_branches_of_spaces_equal_all_coalitions_of_the_same_candidates(name, game, index, seed):
    make, max_exact = MAKERS[name]
    if name == "forbids" and game == "sensitivity":
        return
    arguments = {"optimizer": "random", "seed": seed, "baseline": "median"}
    order = 1 if index == "SV" else 2
    whole, split, found = values_of_both(make, game, index, order, max_exact, **arguments)
    assert split.attrs["exact"]
    np.testing.assert_allclose(found, whole["value"], atol=1e-9)
    for key in ("baseline_score", "full_score"):
        assert split.attrs[key] == pytest.approx(whole.attrs[key], abs=1e-9)


@pytest.mark.parametrize("name", ["nested", "root"])
def test_several_baselines_give_the_mean(name):
    make, max_exact = MAKERS[name]
    arguments = {"optimizer": "random", "baseline": ["median", "worst"]}
    whole, _, found = values_of_both(make, "tunability", "FSII", 2, max_exact, **arguments)
    np.testing.assert_allclose(found, whole["value"], atol=1e-9)


@pytest.mark.parametrize("name", ["nested", "root", "forbids"])
@pytest.mark.parametrize("direction", ["maximize", "minimize"])
def test_line_search_by_branches_finds_what_that_of_all_coalitions_finds(name, direction):
    make, max_exact = MAKERS[name]
    whole, split, found = values_of_both(
        make, "tunability", "FSII", 2, max_exact, direction=direction, n_trials=40
    )
    assert split.attrs["exact"]
    largest = whole["value"].abs().max()
    np.testing.assert_allclose(found, whole["value"], atol=0.02 * largest)


@pytest.mark.parametrize("game", ["tunability", "mistunability", "sensitivity"])
def test_two_roots_are_within_the_stated_error(game):
    arguments = {"optimizer": "random", "baseline": "median"}
    whole, split, found = values_of_both(two_roots_space, game, "FSII", 2, 5, **arguments)
    assert not split.attrs["exact"]
    assert split.attrs["approximator"] == "branches"
    errors = np.abs(found - whole["value"]).max()
    assert 0 < errors < 4 * split.attrs["error"] < 0.1 * whole["value"].abs().max()


@pytest.mark.parametrize("name", ["nested", "root", "forbids"])
@pytest.mark.parametrize("optimizer", ["random", "refine"])
def test_best_subsets_by_branches(name, optimizer):
    make, max_exact = MAKERS[name]
    explainer = explainer_of(make, optimizer=optimizer, baseline="median", n_trials=40)
    whole = explainer.best_subsets()
    split = explainer.set_params(max_exact=max_exact).best_subsets()
    assert split.attrs["exact"]
    tolerance = 1e-9 if optimizer == "random" else 0.02 * whole["gain"].max()
    np.testing.assert_allclose(split["gain"], whole["gain"], atol=tolerance)
    if optimizer == "random":
        assert split["hyperparameters"].tolist() == whole["hyperparameters"].tolist()
    configs = [{**explainer.baseline_, **values} for values in split["configuration"]]
    scores = explainer.predict_score(configs)
    np.testing.assert_allclose(scores, split.attrs["baseline_score"] + split["gain"], atol=1e-9)
    changed = [set(values) for values in split["configuration"]]
    switched = [set(config) - set(explainer.baseline_) for config in configs]
    for names, values, extra in zip(split["hyperparameters"], changed, switched, strict=True):
        assert values <= set(names) | extra


def test_irrelevant_hyperparameters_change_no_other_value():
    def score(config):
        return config["a"] * config["b"] - config["a"]

    def explained(n_irrelevant, max_exact):
        names = ["a", "b", "c", *(f"n{number}" for number in range(n_irrelevant))]
        space = ConfigurationSpace(dict.fromkeys(names, (0, 3)))
        generator = np.random.default_rng(0)
        configs = [dict.fromkeys(names, 0) for _ in range(80)]
        for config in configs:
            config.update({name: int(generator.integers(4)) for name in ("a", "b", "c")})
        explainer = HyperSHAPExplainer(
            space,
            surrogate="forest",
            random_state=0,
            max_exact=max_exact,
            baseline="worst",
            n_samples=64,
        ).fit(configs, [score(config) for config in configs])
        return explainer.explain(["tunability", "mistunability"])

    few, many = explained(0, 3), explained(70, 3)
    assert many.attrs["exact"] == {"tunability": True, "mistunability": True}
    index = ["game", "interaction"]
    found = many.set_index(index)["value"]
    assert (found.drop(few.set_index(index).index) == 0).all()
    expected = few.set_index(index)["value"]
    assert expected.abs().max() > 1


GROUPS = {
    "choice with a child of its own": {"group": ["root", "a1"]},
    "choice with what is beside it": {"group": ["root", "beside"]},
    "one branch": {"group": ["a1", "a2"]},
    "children of different branches": {"group": ["a1", "b1"]},
}


@pytest.mark.parametrize("groups", GROUPS.values(), ids=GROUPS)
@pytest.mark.parametrize("game", ["tunability", "sensitivity"])
def test_groups_of_branches_equal_all_coalitions(groups, game):
    explainer = explainer_of(nested_space, optimizer="random", baseline="median")
    whole = explainer.explain(game, groups=groups)
    split = explainer.set_params(max_exact=6).explain(game, groups=groups)
    found = split.set_index("interaction")["value"].reindex(whole["interaction"])
    tolerance = 1e-9 if split.attrs["exact"] else 0.1 * whole["value"].abs().max()
    np.testing.assert_allclose(found, whole["value"], atol=tolerance)


def test_children_of_one_root_as_a_group_make_two_roots_exact():
    explainer = explainer_of(two_roots_space, optimizer="random", baseline="median")
    groups = {"two": [name for name in explainer.hyperparameter_names_ if name.startswith("two")]}
    whole = explainer.explain(groups=groups)
    split = explainer.set_params(max_exact=5).explain(groups=groups)
    assert split.attrs["exact"]
    found = split.set_index("interaction")["value"].reindex(whole["interaction"])
    np.testing.assert_allclose(found, whole["value"], atol=1e-9)


@pytest.mark.parametrize("make", [nested_space, two_roots_space])
@pytest.mark.parametrize("aggregate", ["mean", "max"])
def test_data_sets_are_explained_jointly_by_branches(make, aggregate):
    several = {
        f"data {seed}": explainer_of(make, seed, optimizer="random", baseline="median")
        for seed in range(2)
    }
    whole = explain_jointly(several, aggregate=aggregate)
    for explainer in several.values():
        explainer.set_params(max_exact=6)
    split = explain_jointly(several, aggregate=aggregate)
    found = split.set_index("interaction")["value"].reindex(whole["interaction"])
    exact = make is nested_space and aggregate == "mean"
    assert split.attrs["exact"] is exact
    tolerance = 1e-9 if exact else 4 * split.attrs["error"] + 1e-9
    np.testing.assert_allclose(found, whole["value"], atol=tolerance)
