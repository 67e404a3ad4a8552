"""Fewer candidates for many players: no worse than all of them, and few searches."""

from __future__ import annotations

import numpy as np
import pytest
from ConfigSpace import ConfigurationSpace
from sklearn.ensemble import RandomForestRegressor

from skhypershap import HyperSHAPExplainer, SurrogateWarning
from skhypershap.games import fewer_candidates, refinement


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
