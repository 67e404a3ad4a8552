"""Games made of small ones: the mean over baselines, and errors of means."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from skhypershap.interactions import branched
from skhypershap.interactions.branched import BranchedGame
from skhypershap.surrogate.blends import all_coalitions


def part(weights, empty, n_roots=1):
    return SimpleNamespace(
        gains=lambda coalitions: coalitions @ np.array(weights),
        empty=empty,
        branches=SimpleNamespace(roots=[None] * n_roots),
    )


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_game_of_several_baselines_is_their_mean(sign):
    game = BranchedGame([part([1.0, 3.0], 10.0), part([2.0, -1.0], 20.0)], 2, sign)
    assert game.empty == 15.0
    np.testing.assert_allclose(game.gains(all_coalitions(2)), [0, 1.5, 1, 2.5])
    np.testing.assert_allclose(
        game.scores(all_coalitions(2)), 15 + sign * game.gains(all_coalitions(2))
    )


@pytest.mark.parametrize(
    ("index", "order", "can_explain"),
    [("FSII", 1, True), ("FSII", 2, True), ("FSII", 3, False), ("SV", 3, True), ("SII", 3, False)],
)
def test_branches_explain_single_players_and_pairs(index, order, can_explain):
    assert BranchedGame([part([1.0], 0.0)], 1, 1.0).can_explain(index, order) is can_explain


@pytest.mark.parametrize("n_roots", [1, 2])
def test_interactions_of_several_baselines_are_means(n_roots, monkeypatch):
    """One root is exact; with more the error is that of a mean of independent samples."""
    values = {1.0: {(): 0.0, (0,): 1.0}, 2.0: {(): 2.0, (0,): 4.0}}
    errors = {1.0: 0.3, 2.0: 0.4}

    def exact(game, n_players, index, order):
        return values[game.empty]

    def sampled(game, n_players, index, order, seed):
        return SimpleNamespace(
            interactions=values[game.empty], error=errors[game.empty], budget=100
        )

    monkeypatch.setattr(branched, "branch_interactions", exact)
    monkeypatch.setattr(branched, "sampled_interactions", sampled)
    game = BranchedGame([part([1.0], 1.0, n_roots), part([1.0], 2.0, n_roots)], 1, 1.0)
    found = game.interactions("FSII", 1, 0)
    assert found.interactions == {(): 1.0, (0,): 2.5}
    if n_roots == 1:
        assert (found.budget, found.error) == (None, None)
    else:
        assert found.budget == 200
        assert found.error == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("game", "forbids", "n_players", "is_split"),
    [
        ("tunability", False, 5, True),
        ("tunability", True, 5, True),
        ("tunability", False, 4, False),  # all coalitions are evaluated
        ("mistunability", True, 5, True),
        ("sensitivity", False, 5, True),
        ("sensitivity", True, 5, False),  # coalitions have different numbers of legal blends
        ("ablation", False, 5, False),
        ("optimizer_bias", False, 5, False),
    ],
)
def test_which_games_are_split_into_branches(game, forbids, n_players, is_split, monkeypatch):
    surrogate = SimpleNamespace(legality=SimpleNamespace(forbids=forbids))
    context = SimpleNamespace(n_players=n_players, surrogate=surrogate)
    monkeypatch.setattr(branched, "context_for", lambda game_spec, context: context)
    monkeypatch.setattr(branched, "find_branches", lambda context, max_exact: max_exact)
    found = branched.branches_of(SimpleNamespace(game=game), context, 4)
    assert found == (4 if is_split else None)


@pytest.mark.parametrize(
    ("game", "at_least", "players"),
    [
        ("tunability", 0, [1, 3]),
        ("tunability", 1, [1, 3]),
        ("sensitivity", 3, [0, 1, 3]),
        ("tunability", 9, [0, 1, 2, 3]),
        ("ablation", 0, [0, 1, 2, 3]),
    ],
)
def test_players_that_no_score_depends_on_are_left_out(game, at_least, players, monkeypatch):
    context = SimpleNamespace(n_players=4)
    monkeypatch.setattr(branched, "context_for", lambda game_spec, context: context)
    monkeypatch.setattr(branched, "touched_players", lambda context: [3, 1])
    game_spec = SimpleNamespace(game=game)
    assert branched.players_that_matter(game_spec, context, at_least=at_least) == players
