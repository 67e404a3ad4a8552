"""Which branches a space is split into, and trees that are held at one of them."""

from __future__ import annotations

from types import SimpleNamespace

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
from skhypershap.games import branch_games
from skhypershap.games.branch_games import BranchGames, SmallGame
from skhypershap.games.branches import OUT, Branches, Root, find_branches
from skhypershap.games.candidates import Candidates
from skhypershap.games.coalition_scores import coalition_scores
from skhypershap.space.sampling import sample_vectors
from skhypershap.surrogate.blends import all_coalitions
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


def _optimum(n_candidates, forbidden):
    surrogate = SimpleNamespace(
        predict_filled=lambda points: points.sum(axis=1),
        legality=SimpleNamespace(forbidden=lambda points: np.full(len(points), forbidden)),
    )
    part = SimpleNamespace(
        baseline=np.array([1.0, 2.0]), context=SimpleNamespace(surrogate=surrogate)
    )
    blends = SimpleNamespace(candidates=np.zeros((n_candidates, 2)))
    return branch_games._optimum_without_players(blends, part, -1.0)


def test_branch_without_players_is_one_configuration_if_that_is_possible():
    found = _optimum(2, False)
    assert found.values.tolist() == [-3.0]
    assert found.points.tolist() == [[1.0, 2.0]]
    for n_candidates, forbidden in ((0, False), (2, True), (0, True)):
        assert _optimum(n_candidates, forbidden).values.tolist() == [-np.inf]


@pytest.mark.parametrize(
    ("n_games", "n_players", "shared", "n_starts"),
    [
        (2, 4, (), 16),  # as for five players together: 1 + 4
        (3, 3, (), 16),  # log2 of three is rounded up
        (8, 10, (), 2),  # of thirteen players it would be one
        (2, 12, (), 1),  # and no more than without branches
        (2, 4, ("tunability",), 2),
        (2, 4, ("mistunability",), 16),
    ],
)
def test_searches_of_small_games_are_fewer_if_there_are_many_games(
    n_games, n_players, shared, n_starts
):
    context = SimpleNamespace(n_players=n_players, shared=dict.fromkeys(shared) or None)
    branches = SimpleNamespace(n_games=n_games, most_players=n_players)
    assert branch_games._n_starts("tunability", context, branches) == n_starts


def small_games(is_variance):
    """One shared player, 0, and a root, 1, with two values; the first one has player 2."""
    root = Root(1, 1, np.array([0.0, 1.0]), ((2,), ()))
    branches = Branches((root,), (0,))

    def game(players, values, mass):
        values = np.array(values, dtype=float)
        return SmallGame(players, values, values / 2, values**2, mass)

    small = {
        (OUT,): game((0, 2), [0, 1, 2, 5], 1.0),
        (0,): game((0, 2), [-np.inf if not is_variance else 1, 3, 2, 6], 0.25),
        (1,): game((0,), [-np.inf if not is_variance else 2, 4], 0.75),
    }
    return BranchGames(branches, (0,), small, is_variance, -1.0, 0.0)


def test_coalition_that_tunes_the_root_has_the_best_of_its_branches():
    """Bits of coalitions are players 0, 1 (the root) and 2; a gain is -1 times a value here."""
    games, everyone = small_games(False), all_coalitions(3)
    untuned = {0: 0, 1: 1, 4: 2, 5: 5}
    tuned = {2: 0, 3: max(3, 4), 6: 2, 7: max(6, 4)}  # nothing is legal at 2: the baseline stays
    expected = [-({**untuned, **tuned}[position]) for position in range(8)]
    np.testing.assert_array_equal(games.gains(everyone), expected)
    np.testing.assert_array_equal(games.gains(everyone[::-1]), expected[::-1])


def test_coalition_that_tunes_the_root_has_the_variance_of_a_mixture():
    games, everyone = small_games(True), all_coalitions(3)

    def mixture(first, second):
        mean = 0.25 * first / 2 + 0.75 * second / 2
        return max(0.25 * first**2 + 0.75 * second**2 - mean**2, 0.0)

    expected = [0, 1, mixture(1, 2), mixture(3, 4), 2, 5, mixture(2, 2), mixture(6, 4)]
    np.testing.assert_allclose(games.gains(everyone), expected)


def test_games_at_the_value_of_the_baseline_are_no_worse_than_untuned():
    games = small_games(False)
    small = branch_games._at_least_untuned(dict(games.small), (0,))
    assert small[0,].values.tolist() == [0, 3, 2, 6]
    assert small[1,].values.tolist() == [-np.inf, 4]
    assert small[OUT,].values.tolist() == [0, 1, 2, 5]


@pytest.mark.parametrize("weighted", [False, True])
def test_part_of_a_value_has_its_candidates_and_starts_there(weighted):
    explainer = fitted(branching_space, "forest")
    context = game_context(explainer)
    branches = find_branches(context, max_exact=5)
    (root,) = branches.roots
    vectors = context.filled(context.trials.configs)
    weights = np.arange(1.0, len(vectors) + 1) if weighted else np.ones(len(vectors))
    weights /= weights.sum()
    candidates = Candidates(vectors, weights if weighted else None, complete=True)
    baseline = context.filled([explainer.baseline_])[0]
    masses = {}
    for key in branches.all_keys():
        part = branch_games.part_of_key("tunability", context, baseline, branches, key, candidates)
        chosen = np.full(len(vectors), True)
        start = baseline.copy()
        if key != (OUT,):
            chosen = root.positions_in(vectors) == key[0]
            start[root.column] = root.numbers[key[0]]
        masses[key] = part.mass
        np.testing.assert_array_equal(part.candidates.vectors, vectors[chosen])
        np.testing.assert_array_equal(part.baseline, start)
        assert part.mass == pytest.approx(weights[chosen].sum())
        if weighted:
            expected = weights[chosen] / weights[chosen].sum()
            np.testing.assert_allclose(part.candidates.probabilities, expected)
        assert part.candidates.complete
        kept = (int(root.positions_in(baseline[None])[0]),)
        players = [list(context.players)[player] for player in branches.players(key, kept)]
        assert list(part.context.players) == players
    assert masses[OUT,] == pytest.approx(1.0)
    assert sum(masses.values()) == pytest.approx(2.0)


def test_impossible_value_of_the_root_has_no_small_games():
    explainer = fitted(branching_space, "forest")
    context = game_context(explainer)
    branches = find_branches(context, max_exact=5)
    baseline = context.filled([explainer.baseline_])[0]
    assert branch_games.branch_games("tunability", context, baseline, branches) is not None
    baseline[branches.roots[0].column] = 0.5
    assert branch_games.branch_games("tunability", context, baseline, branches) is None


@pytest.mark.parametrize("game", ["tunability", "mistunability", "sensitivity"])
def test_small_games_have_the_values_of_the_whole_game(game):
    """Without a search, which may find different optima."""
    explainer = fitted(branching_space, "forest", optimizer="random")
    context = game_context(explainer)
    branches = find_branches(context, max_exact=5)
    baseline = context.filled([explainer.baseline_])[0]
    games = branch_games.branch_games(game, context, baseline, branches)
    everyone = all_coalitions(context.n_players)
    whole = coalition_scores(game, context, baseline[None], explainer.incumbent_)
    expected = whole - (0.0 if game == "sensitivity" else whole[0])
    np.testing.assert_allclose(games.gains(everyone), expected, atol=1e-9)
    assert games.gain_sign == (-1.0 if game == "mistunability" else 1.0)
