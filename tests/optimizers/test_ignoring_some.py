"""Optimizers that leave some hyperparameters at their defaults."""

from __future__ import annotations

import pytest
from ConfigSpace import (
    Categorical,
    ConfigurationSpace,
    EqualsCondition,
    GreaterThanCondition,
    Integer,
)
from conftest import Recorder, numbers_space

from skhypershap.optimizers import grid, ignoring, one_at_a_time
from skhypershap.space.encoding import as_own, encode


class TestIgnoring:
    def test_ignored_hyperparameters_stay_at_their_defaults(self):
        objective = Recorder(lambda config: sum(config.values()))
        best = ignoring("b", grid)(objective, numbers_space(), 25, 0)
        assert best == {"a": 4, "b": 2, "c": 4}
        assert len(objective.configs) == 25
        assert {config["b"] for config in objective.configs} == {2}
        assert ignoring(["a", "c"], grid)(objective, numbers_space(), 5, 0) == {
            "a": 2,
            "b": 4,
            "c": 2,
        }

    def test_unknown_names_are_skipped(self):
        for names in ("z", [], ("y", "z")):
            objective = Recorder(lambda config: sum(config.values()))
            best = ignoring(names, grid)(objective, numbers_space(), 125, 0)
            assert best == {"a": 4, "b": 4, "c": 4}

    def test_ignoring_all_returns_the_default(self):
        objective = Recorder(lambda config: 0.0)
        assert ignoring(["a", "b", "c"], grid)(objective, numbers_space(), 5, 0) == {
            "a": 2,
            "b": 2,
            "c": 2,
        }
        assert objective.configs == []

    def test_ignored_parent_keeps_its_children_inactive(self):
        space = ConfigurationSpace()
        a, b, c = Categorical("a", ["off", "on"]), Integer("b", (0, 4)), Integer("c", (0, 4))
        space.add(a, b, c, EqualsCondition(b, a, "on"), GreaterThanCondition(c, b, 2))
        objective = Recorder(lambda config: len(config) + config.get("c", 0))
        assert ignoring("a", grid)(objective, space, 50, 0) == {"a": "off"}
        # b is ignored and stays at 2, so c is inactive.
        assert ignoring("b", grid)(objective, space, 50, 0) == {"a": "on", "b": 2}
        assert all(
            config in map(dict, as_own(space, [config], encode(space, [config])))
            for config in objective.configs
        )

    def test_nested_ignoring_adds_up(self):
        optimizer = ignoring("a", ignoring("b", one_at_a_time))
        best = optimizer(Recorder(lambda config: sum(config.values())), numbers_space(), 5, 0)
        assert best == {"a": 2, "b": 2, "c": 4}
        assert repr(optimizer) == "ignoring('a', ignoring('b', one_at_a_time))"


def test_invalid_optimizer_or_names_raises():
    with pytest.raises(TypeError, match=r"optimizer must be a callable .* got 'grid'"):
        ignoring("a", "grid")
    with pytest.raises(TypeError, match=r"names must be a name or a list of names .* got 3"):
        ignoring(3, grid)
    with pytest.raises(TypeError, match=r"names must be a name or a list of names .* got \[1\]"):
        ignoring([1], grid)
