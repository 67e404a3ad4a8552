"""Fewer candidates for many players: no worse than all of them, and few searches."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from ConfigSpace import ConfigurationSpace
from sklearn.ensemble import RandomForestRegressor

from skhypershap import HyperSHAPExplainer, SurrogateWarning
from skhypershap.explainer.base import game_context
from skhypershap.games import fewer_candidates, refinement
from skhypershap.games.value_function import scores_of, value_function


@pytest.fixture(scope="module")
def explainer():
    names = [f"h{number:02}" for number in range(13)]
    space = ConfigurationSpace(dict.fromkeys(names, (0.0, 1.0)), seed=0)
    configs = space.sample_configuration(200)
    rows = np.array([config.get_array() for config in configs])
    scores = np.sin(3 * rows).sum(axis=1) + 2 * rows[:, 0] * rows[:, 1]
    model = RandomForestRegressor(n_estimators=8, random_state=0)
    fitted = HyperSHAPExplainer(space, surrogate=model, n_samples=3_000, random_state=0)
    with pytest.warns(SurrogateWarning):  # few trees
        return fitted.fit([dict(config) for config in configs], scores)


def values(explainer, game):
    return explainer.coalition_values(game).set_index("coalition")["value"]


@pytest.mark.parametrize(("game", "sign"), [("tunability", 1), ("mistunability", -1)])
def test_values_are_no_worse_on_average_than_with_all_candidates(
    explainer, game, sign, monkeypatch
):
    few = values(explainer, game)
    with monkeypatch.context() as patch:
        patch.setattr(fewer_candidates, "MANY_PLAYERS", 99)
        every = values(explainer, game)[few.index]
    gain = abs(few.iloc[-1] - few.iloc[0])
    assert (sign * (few - every)).mean() > -0.001 * gain
    assert sign * (few.iloc[-1] - every.iloc[-1]) >= -0.001 * gain


def test_few_searches_of_all_columns_lose_little_and_keep_subsets(explainer, monkeypatch):
    every = values(explainer, "tunability")
    monkeypatch.setattr(refinement, "MOST_SEARCHES", 1 << 10)
    some = values(explainer, "tunability")[every.index]
    gain = every.iloc[-1] - every.iloc[0]
    assert abs((some - every).mean()) < 0.01 * gain
    of = {frozenset(coalition): value for coalition, value in some.items()}
    for coalition, value in list(of.items())[::37]:
        assert all(value >= of[coalition - {player}] for player in coalition)


def test_parts_of_a_size_score_as_all_of_them_together(explainer, monkeypatch):
    whole = values(explainer, "tunability")
    monkeypatch.setattr(refinement, "OF_ONE_SIZE", 100)
    parts = values(explainer, "tunability")[whole.index]
    np.testing.assert_array_equal(parts, whole)


def test_calls_of_a_game_find_candidates_once_and_score_as_each_alone(explainer, monkeypatch):
    context = game_context(explainer)
    (game_spec,) = explainer.fitted_.game_specs(["tunability"], ["worst", "median"])
    coalitions = np.random.default_rng(0).random((30, 13)) < 0.5
    alone = [scores_of(game_spec, context, some) for some in (coalitions[:10], coalitions[10:])]
    searched, search = [], fewer_candidates._optima_of_pilots
    with monkeypatch.context() as patch:
        patch.setattr(
            fewer_candidates,
            "_optima_of_pilots",
            lambda *arguments: searched.append(arguments) or search(*arguments),
        )
        v = value_function(game_spec, context)
        calls = [v.scores(some) for some in (coalitions[:10], coalitions[10:])]
    np.testing.assert_array_equal(np.concatenate(calls), np.concatenate(alone))
    assert len(searched) == 2  # one for each baseline


def test_workers_get_the_candidates_of_a_game(explainer):
    context = game_context(explainer)
    (game_spec,) = explainer.fitted_.game_specs(["tunability"])
    coalitions = np.random.default_rng(0).random((20, 13)) < 0.5
    v = value_function(game_spec, context)
    expected = v.scores(coalitions)
    sent = pickle.loads(pickle.dumps(v))
    np.testing.assert_array_equal(sent.scores(coalitions), expected)
