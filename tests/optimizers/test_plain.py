"""Random search, grid and one at a time: closed forms and brute force."""

from __future__ import annotations

import numpy as np
import pytest
from ConfigSpace import (
    Categorical,
    ConfigurationSpace,
    Constant,
    EqualsCondition,
    Float,
    ForbiddenAndConjunction,
    ForbiddenEqualsClause,
    ForbiddenGreaterThanRelation,
    ForbiddenInClause,
    Integer,
    NotEqualsCondition,
    OrdinalHyperparameter,
)
from conftest import Recorder, numbers_space
from scipy.stats import norm

from skhypershap.optimizers import grid, one_at_a_time, random
from skhypershap.space.distributions import hyperparameter_from
from skhypershap.space.encoding import decode
from skhypershap.space.sampling import enumerate_vectors


class TestRandom:
    def test_many_trials_find_the_optimum_of_a_finite_space(self):
        space = ConfigurationSpace()
        kernel = Categorical("kernel", ["linear", "rbf", "poly"])
        gamma, degree = OrdinalHyperparameter("gamma", [1, 2, 4]), Integer("degree", (2, 5))
        space.add(kernel, gamma, degree, EqualsCondition(degree, kernel, "poly"))
        space.add(NotEqualsCondition(gamma, kernel, "linear"))
        vectors, _ = enumerate_vectors(space, 100)
        configs = decode(space, vectors)
        assert len(configs) == 1 + 3 + 3 * 4
        for seed in range(5):
            gain = dict(zip(map(str, configs), np.random.default_rng(seed).random(16), strict=True))
            objective = Recorder(lambda config, gain=gain: gain[str(config)])
            best = random(objective, space, 500, seed)
            assert gain[str(best)] == max(gain.values())
            assert len(objective.configs) == 500
            assert objective.calls == 1

    def test_ties_return_the_first_configuration(self):
        objective = Recorder(lambda config: config["a"])
        assert random(objective, numbers_space(), 50, 0) == next(
            config for config in objective.configs if config["a"] == 4
        )


class TestGrid:
    @pytest.mark.parametrize("n_trials", [1, 2, 7, 26, 100, 1000])
    def test_grid_has_at_most_n_trials_and_includes_corners(self, n_trials):
        space = ConfigurationSpace({"a": (0.0, 1.0), "b": (0.0, 1.0), "c": (0.0, 1.0)})
        objective = Recorder(lambda config: 0.0)
        grid(objective, space, n_trials, 0)
        tried = {tuple(config.values()) for config in objective.configs}
        assert len(tried) == len(objective.configs) <= n_trials
        steps = [len({config[name] for config in objective.configs}) for name in space]
        assert np.prod(steps) == len(tried)
        assert max(steps) - min(steps) <= 2  # steps are added in turn
        assert all(len(tried) * (count + 1) // count > n_trials for count in steps)
        if n_trials >= 8:
            assert {(x, y, z) for x in (0, 1) for y in (0, 1) for z in (0, 1)} <= tried
        if n_trials == 2:
            assert tried == {(0, 0.5, 0.5), (1, 0.5, 0.5)}

    def test_steps_are_evenly_spaced_on_the_scale_of_the_space(self):
        """Numbers are evenly spaced on the scale of the space; of choices all, or evenly spaced ones."""

        def steps(hyperparameter, n_trials):
            space = ConfigurationSpace()
            space.add(hyperparameter)
            objective = Recorder(lambda config: 0.0)
            grid(objective, space, n_trials, 0)
            return [config["x"] for config in objective.configs]

        np.testing.assert_allclose(steps(Float("x", (0, 1)), 5), [0, 0.25, 0.5, 0.75, 1])
        np.testing.assert_allclose(steps(Float("x", (1, 1000), log=True), 4), [1, 10, 100, 1000])
        assert steps(Integer("x", (1, 1000), log=True), 4) == [1, 10, 100, 1000]
        assert steps(Integer("x", (0, 100)), 3) == [0, 50, 100]
        assert steps(Integer("x", (3, 5)), 100) == [3, 4, 5]
        assert steps(Integer("x", (0, 9), default=7), 1) == [7]
        assert steps(OrdinalHyperparameter("x", list("abcde")), 3) == ["a", "c", "e"]
        assert steps(Categorical("x", [True, None, 1.5], default=None), 1) == [None]
        assert [*map(type, steps(Categorical("x", [True, None, 2]), 9))] == [bool, type(None), int]
        assert steps(Categorical("x", ["a", "b", "never"], weights=[1, 1, 0]), 9) == ["a", "b"]
        assert steps(Constant("x", 3), 9) == [3]
        # ConfigSpace's own values: a quantile, and labels of objects that it cannot hold.
        assert steps(hyperparameter_from("x", [norm(5, 2)]), 3) == [0, 0.5, 1]
        assert steps(hyperparameter_from("x", [[print, None]]), 3) == ["print", "None"]

    def test_duplicates_are_evaluated_once(self):
        space = ConfigurationSpace()
        kernel, gamma = Categorical("kernel", ["linear", "rbf"]), Integer("gamma", (1, 5))
        space.add(kernel, gamma, EqualsCondition(gamma, kernel, "rbf"))
        objective = Recorder(lambda config: config.get("gamma", 0))
        assert grid(objective, space, 10, 0) == {"kernel": "rbf", "gamma": 5}
        rbf = [{"gamma": gamma, "kernel": "rbf"} for gamma in range(1, 6)]
        assert objective.configs == [{"kernel": "linear"}, *rbf]

    def test_forbidden_configurations_are_not_evaluated(self):
        space = numbers_space("ab", default=0)
        space.add(ForbiddenGreaterThanRelation(space["a"], space["b"]))
        objective = Recorder(lambda config: 10 * config["a"] - config["b"])
        assert grid(objective, space, 25, 0) == {"a": 4, "b": 4}
        assert len(objective.configs) == 15
        # Only the default is legal.
        space = ConfigurationSpace({"a": (0.0, 1.0)})
        space.add(ForbiddenInClause(space["a"], [0.0, 1.0]))
        assert grid(objective := Recorder(lambda config: 0.0), space, 2, 0) == {"a": 0.5}
        assert objective.configs == [{"a": 0.5}]


class TestOneAtATime:
    def test_additive_function_is_solved_like_the_grid_does(self):
        for seed in range(5):
            parts = np.random.default_rng(seed).normal(size=(3, 5))
            objective = Recorder(
                lambda config, parts=parts: sum(
                    part[config[name]] for name, part in zip("abc", parts, strict=True)
                )
            )
            best = one_at_a_time(objective, numbers_space(), 15, 0)
            assert list(best.values()) == parts.argmax(axis=1).tolist()
            assert best == grid(objective, numbers_space(), 125, 0)

    def test_product_is_not_solved(self):
        """From (0, 0) no single step changes a product."""
        objective = Recorder(lambda config: config["a"] * config["b"])
        assert one_at_a_time(objective, numbers_space("ab", default=0), 10, 0) == {"a": 0, "b": 0}
        assert grid(objective, numbers_space("ab", default=0), 25, 0) == {"a": 4, "b": 4}

    def test_redundant_hyperparameters_are_both_changed(self):
        """Each alone reaches 4; together they overshoot: the cost of tuning one at a time."""
        objective = Recorder(lambda config: -abs(config["a"] + config["b"] - 4))
        assert one_at_a_time(objective, numbers_space("ab", default=0), 10, 0) == {"a": 4, "b": 4}

    def test_trials_are_shared_and_one_step_tunes_nothing(self):
        objective = Recorder(lambda config: -sum(config.values()))
        assert one_at_a_time(objective, numbers_space(), 5, 0) == {"a": 2, "b": 2, "c": 2}
        assert objective.configs == [{"a": 2, "b": 2, "c": 2}]
        objective = Recorder(lambda config: -sum(config.values()))
        assert one_at_a_time(objective, numbers_space(), 6, 0) == {"a": 0, "b": 0, "c": 0}
        assert len(objective.configs) == 1 + 3 * 2

    def test_inactive_child_keeps_its_default(self):
        space = ConfigurationSpace()
        a, b = Categorical("a", ["off", "on"]), Integer("b", (0, 4), default=1)
        space.add(a, b, EqualsCondition(b, a, "on"))
        objective = Recorder(lambda config: config.get("b", 0))
        assert one_at_a_time(objective, space, 20, 0) == {"a": "on", "b": 1}

    def test_forbidden_join_undoes_the_smallest_gains_first(self):
        space = numbers_space("abc", default=0)
        both = [ForbiddenEqualsClause(space[name], 4) for name in "ab"]
        space.add(ForbiddenAndConjunction(*both))
        objective = Recorder(lambda config: 3 * config["a"] + config["b"] + 2 * config["c"])
        assert one_at_a_time(objective, space, 15, 0) == {"a": 4, "b": 0, "c": 4}
        assert {"a": 4, "b": 4, "c": 0} not in objective.configs
