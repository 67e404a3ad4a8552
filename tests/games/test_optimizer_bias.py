"""Optimizer bias: the gain that an optimizer finds, minus the best that is found at all."""

from __future__ import annotations

import itertools

import joblib
import numpy as np
import pandas as pd
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
)
from scipy.stats import norm
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.datasets import load_iris
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import RandomizedSearchCV
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeRegressor

from skhypershap import HyperSHAPExplainer, optimizers
from skhypershap.explainer.base import game_context
from skhypershap.games.surrogate_objective import SurrogateObjective

pytestmark = pytest.mark.filterwarnings("ignore::skhypershap.HyperSHAPWarning")


def binary(score, names="abc", direction="maximize", **arguments):
    """Binary hyperparameters with zeros as baseline, and a surrogate trained on all configurations."""
    space = ConfigurationSpace()
    space.add([Categorical(name, [0, 1], default=0) for name in names])
    rows = itertools.product([0, 1], repeat=len(names))
    configs = [dict(zip(names, row, strict=True)) for row in rows]
    tree = DecisionTreeRegressor(random_state=0)
    fitted = HyperSHAPExplainer(
        space, surrogate=tree, direction=direction, random_state=0, **arguments
    )
    return fitted.fit(configs, [score(**config) for config in configs])


def stays(objective, space, n_trials, random_state):
    return dict(space.get_default_configuration())


def values(table):
    return dict(zip(table["interaction"], table["value"], strict=True))


def additive(a, b, c):
    return a + 2 * b + 4 * c


class Formula(RegressorMixin, BaseEstimator):
    """A surrogate with a given function: a product of two columns, and a third column alone."""

    def fit(self, X, y):
        return self

    def predict(self, X):
        return 4 * (X[:, 0] - 0.5) * (X[:, 1] - 0.5) - (X[:, 2] - 0.7) ** 2


class TestCasesOfThePaper:
    @pytest.mark.parametrize("direction", ["maximize", "minimize"])
    def test_one_at_a_time_misses_the_interaction(self, direction):
        """Neither a nor b gains alone, both together do: the shortfall is that of the pair."""
        sign = 1 if direction == "maximize" else -1
        fitted = binary(lambda a, b, c: sign * (3 * a * b + c), direction=direction)
        table = fitted.explain("optimizer_bias", optimizer_of_interest=optimizers.one_at_a_time)
        expected = dict.fromkeys(values(table), 0.0) | {"a × b": -3.0}
        assert values(table) == pytest.approx(expected, abs=1e-12)
        assert table.attrs["baseline_score"] == 0
        assert table.attrs["full_score"] == pytest.approx(-3 * sign)

    def test_one_at_a_time_misses_the_interaction_of_floats(self):
        space = ConfigurationSpace(seed=0)
        space.add([Float(name, (-1.0, 1.0), default=0.0) for name in "abc"])
        fitted = HyperSHAPExplainer(space, surrogate=Formula(), n_samples=500, random_state=0)
        fitted.fit(space.sample_configuration(20), np.arange(20.0))
        table = fitted.explain(
            "optimizer_bias", optimizer_of_interest=optimizers.one_at_a_time, n_trials=63
        )
        found = values(table)
        assert found["a × b"] < -0.5
        assert all(abs(value) < 0.1 for name, value in found.items() if name != "a × b")

    def test_shortfall_falls_on_the_ignored_hyperparameter(self):
        fitted = binary(additive)
        ignoring = optimizers.ignoring("b", optimizers.grid)
        table = fitted.explain("optimizer_bias", optimizer_of_interest=ignoring)
        expected = dict.fromkeys(values(table), 0.0) | {"b": -2.0}
        assert values(table) == pytest.approx(expected, abs=1e-12)


class TestDefinition:
    def test_optimizer_that_keeps_the_default_loses_all_of_tunability(self):
        """v(S) = 0 - tunability(S), so every index is the negative of tunability's."""
        fitted = binary(lambda a, b, c: a * b + 2 * c - a)
        bias = fitted.explain("optimizer_bias", optimizer_of_interest=stays, order=3)
        gain = values(fitted.explain("tunability", order=3))
        assert values(bias) == pytest.approx({name: -value for name, value in gain.items()})

    def test_bias_is_never_positive(self, mixed_space, mixed_trials):
        """v(S) <= 0 for all S, where v(S) is the sum of Moebius values over subsets of S."""
        fitted = HyperSHAPExplainer(mixed_space, n_samples=100, random_state=0).fit(*mixed_trials)
        for optimizer in (optimizers.random, optimizers.grid, optimizers.one_at_a_time):
            table = fitted.explain(
                "optimizer_bias",
                optimizer_of_interest=optimizer,
                n_trials=30,
                index="Moebius",
                order=5,
            )
            part = dict(zip(table["hyperparameters"], table["value"], strict=True))
            for size in range(1, 6):
                for whole in itertools.combinations(fitted.hyperparameter_names_, size):
                    v = sum(value for names, value in part.items() if set(names) <= set(whole))
                    assert v <= 1e-9

    def test_ensemble_never_reduces_the_shortfall(self, mixed_space, mixed_trials):
        arguments = {"n_samples": 5, "random_state": 0}
        fitted = HyperSHAPExplainer(mixed_space, surrogate=LinearRegression(), **arguments)
        fitted.fit(*mixed_trials)
        game = {"game": "optimizer_bias", "optimizer_of_interest": stays, "n_trials": 400}
        alone = fitted.explain(**game).attrs["full_score"]
        beside = fitted.explain(**game, optimizer_ensemble=[optimizers.grid]).attrs["full_score"]
        assert beside <= alone + 1e-12

    def test_several_baselines_are_averaged(self):
        fitted = binary(additive)
        starts = [{"a": 0, "b": 0, "c": 0}, {"a": 1, "b": 1, "c": 0}]
        table = fitted.explain("optimizer_bias", optimizer_of_interest=stays, baseline=starts)
        assert {name: value for name, value in values(table).items() if "×" not in name} == (
            pytest.approx({"a": -0.5, "b": -1.0, "c": -4.0})
        )

    def test_groups_are_tuned_together(self):
        table = binary(additive).explain(
            "optimizer_bias", optimizer_of_interest=stays, groups={"ab": ["a", "b"]}
        )
        assert values(table) == pytest.approx({"c": -4, "ab": -3, "ab × c": 0}, abs=1e-12)

    def test_works_with_other_games_and_bootstrap(self):
        fitted = binary(additive)
        table = fitted.explain(
            ["tunability", "optimizer_bias"], optimizer_of_interest=stays, n_bootstrap=2
        )
        rows = table[table["draw"] == 2].set_index(["game", "interaction"])["value"]
        assert rows["optimizer_bias"].sort_index().tolist() == pytest.approx(
            (-rows["tunability"]).sort_index().tolist()
        )

    def test_approximation_beyond_max_exact_equals_exact_values(self):
        exact = binary(additive).explain("optimizer_bias", optimizer_of_interest=stays)
        table = binary(additive, max_exact=2).explain("optimizer_bias", optimizer_of_interest=stays)
        assert table.attrs["exact"] is False
        assert values(table) == pytest.approx(values(exact), abs=1e-6)


class TestWhatAnOptimizerIsGiven:
    def test_optimizer_gets_space_objective_budget_and_seed(self):
        seen = []

        def spy(objective, space, n_trials, random_state):
            config = dict(space.get_default_configuration())
            (gain,) = objective([config])
            assert gain == 0  # the default is the baseline
            seen.append((tuple(space), n_trials, random_state))
            best = dict.fromkeys(space, 1)
            assert objective([best, config]).shape == (2,)
            assert objective([best])[0] == sum({"a": 1, "b": 2, "c": 4}[name] for name in space)
            return best

        table = binary(additive).explain("optimizer_bias", optimizer_of_interest=spy, n_trials=7)
        assert table["value"].abs().max() < 1e-12
        coalitions = [c for size in (1, 2, 3) for c in itertools.combinations("abc", size)]
        assert sorted(names for names, _, _ in seen) == sorted(coalitions)
        assert {n_trials for _, n_trials, _ in seen} == {7}
        assert len({random_state for _, _, random_state in seen}) == 7

    def test_objective_equals_predict_score(self, mixed_space, mixed_trials):
        fitted = HyperSHAPExplainer(mixed_space, direction="minimize", n_samples=50, random_state=0)
        fitted.fit(*mixed_trials)
        objective = SurrogateObjective(game_context(fitted), fitted.baseline_)
        configs = [{"alpha": 0.3, "depth": 7}, {"kernel": "poly"}, {}]
        scores = fitted.predict_score([{**fitted.baseline_, **config} for config in configs])
        expected = fitted.predict_score([fitted.baseline_]) - scores
        np.testing.assert_allclose(objective(configs), expected, atol=1e-12)

    def test_spaces_keep_conditions_and_clauses(self):
        space = ConfigurationSpace(seed=0)
        kernel = Categorical("kernel", ["linear", "rbf"])
        gamma, a, b = (Float(name, (0.0, 1.0)) for name in ("gamma", "a", "b"))
        space.add(kernel, gamma, a, b, EqualsCondition(gamma, kernel, "rbf"))
        space.add(ForbiddenGreaterThanRelation(a, b))
        both = ForbiddenEqualsClause(kernel, "rbf"), ForbiddenEqualsClause(a, 0.5)
        space.add(ForbiddenAndConjunction(*both))
        baseline = {"kernel": "linear", "a": 0.2, "b": 0.6}
        fitted = HyperSHAPExplainer(space, baseline=baseline, n_samples=100, random_state=0)
        configs = [
            config for config in space.sample_configuration(300) if config["a"] <= config["b"]
        ]
        scores = [c["a"] - c["b"] + c.get("gamma", 0.3) for c in configs]
        fitted.fit(configs, scores)
        spaces = []

        def spy(objective, space, n_trials, random_state):
            spaces.append({name: len(space.parents_of[name]) for name in space})
            return optimizers.random(objective, space, n_trials, random_state)

        for optimizer in (spy, optimizers.grid, optimizers.one_at_a_time, optimizers.optuna):
            if optimizer is optimizers.optuna:
                pytest.importorskip("optuna")
                optimizer = optimizer()
            table = fitted.explain("optimizer_bias", optimizer_of_interest=optimizer, n_trials=9)
            assert np.isfinite(table["value"]).all()
        assert {"kernel": 0, "gamma": 1} in spaces

    def test_values_that_configspace_cannot_represent(self):
        """None, and a distribution of scipy, which ConfigSpace sees by its quantiles."""
        X, y = load_iris(return_X_y=True)
        search = RandomizedSearchCV(
            SVC(), {"C": norm(5, 1), "class_weight": [None, "balanced"]}, n_iter=8, random_state=0
        ).fit(X, y)
        fitted = HyperSHAPExplainer(search, n_samples=50, random_state=0).fit()
        seen = []

        def spy(objective, space, n_trials, random_state):
            sampled = space.sample_configuration(20)
            gains = objective(sampled)
            np.testing.assert_array_equal(gains, objective([dict(config) for config in sampled]))
            seen.append(gains)
            return dict(sampled[int(np.argmax(gains))])

        for optimizer in (spy, optimizers.random, optimizers.grid, optimizers.one_at_a_time):
            table = fitted.explain("optimizer_bias", optimizer_of_interest=optimizer, n_trials=10)
            assert (table.attrs["full_score"]) <= 1e-12
        assert max(map(np.ptp, seen)) > 0

    def test_optimizers_do_not_see_each_others_state(self):
        """An optimizer may change its space and itself; its space comes with a seed."""

        class Messy:
            calls = 0

            def __call__(self, objective, space, n_trials, random_state):
                self.calls += 1
                assert self.calls == 1
                configs = [dict(space.sample_configuration()) for _ in range(n_trials)]
                best = configs[int(np.argmax(objective(iter(configs))))]
                space.add(Constant("seed", 1))
                return best

        game = {"optimizer_of_interest": Messy(), "optimizer_ensemble": [Messy()], "n_trials": 2}
        first, again = (binary(additive).explain("optimizer_bias", **game) for _ in range(2))
        pd.testing.assert_frame_equal(first, again)

    def test_objective_of_wrong_type_raises(self):
        objective = SurrogateObjective(game_context(binary(additive)), {"a": 0, "b": 0, "c": 0})
        for given in ({"a": 1}, pd.DataFrame({"a": [1]})):
            with pytest.raises(TypeError, match="objective takes a list of configurations"):
                objective(given)

    def test_estimators_can_be_choices(self):
        from sklearn.model_selection import GridSearchCV
        from sklearn.pipeline import Pipeline

        pipeline = Pipeline([("scale", None), ("svc", SVC())])
        grid = {"scale": [None, StandardScaler()], "svc__C": [0.01, 1, 100]}
        search = GridSearchCV(pipeline, grid, cv=3).fit(*load_iris(return_X_y=True))
        fitted = HyperSHAPExplainer(search, random_state=0).fit()
        table = fitted.explain("optimizer_bias", optimizer_of_interest=optimizers.grid, n_trials=6)
        assert table["value"].abs().max() < 1e-12  # a full grid finds the best


class TestRepeatable:
    @pytest.mark.parametrize("backend", ["threading", "loky"])
    def test_backends_give_equal_tables(self, backend):
        optuna = pytest.importorskip("optuna")
        game = {
            "game": "optimizer_bias",
            "optimizer_of_interest": optimizers.random,
            "optimizer_ensemble": [optuna.samplers.TPESampler(seed=3), optimizers.optuna()],
            "n_trials": 4,
        }
        expected = binary(additive).explain(**game)
        pd.testing.assert_frame_equal(binary(additive).explain(**game), expected)
        with joblib.parallel_config(backend=backend):
            found = binary(additive, n_jobs=2).explain(**game)
        pd.testing.assert_frame_equal(found, expected)

    def test_verbose_shows_a_progress_bar(self, capsys, monkeypatch):
        monkeypatch.setattr("skhypershap.parallel.PROGRESS_DELAY", 0)
        binary(additive, verbose=1).explain("optimizer_bias", optimizer_of_interest=stays)
        assert "optimizer_bias" in capsys.readouterr().err


class TestBadInput:
    @pytest.mark.parametrize(
        ("config", "message"),
        [
            ({"a": 7}, "7 is no value of a"),
            ({"a": 1, "zzz": 1}, "zzz"),
            ({}, "It lacks 'a'"),
        ],
    )
    def test_illegal_result_raises(self, config, message):
        def bad(objective, space, n_trials, random_state):
            return config

        with pytest.raises(ValueError, match=f"The optimizer bad must return(.|\n)*{message}"):
            binary(additive).explain("optimizer_bias", optimizer_of_interest=bad)

    @pytest.mark.parametrize("returned", [None, 3, [{"a": 1}], "a"])
    def test_result_that_is_not_a_configuration_raises(self, returned):
        def bad(objective, space, n_trials, random_state):
            return returned

        with pytest.raises(TypeError, match="The optimizer bad must return a configuration"):
            binary(additive).explain("optimizer_bias", optimizer_of_interest=bad)

    def test_forbidden_result_raises(self):
        space = ConfigurationSpace(seed=0)
        a, b = (Categorical(name, [0, 1]) for name in "ab")
        space.add(a, b)
        both = ForbiddenEqualsClause(a, 1), ForbiddenEqualsClause(b, 1)
        space.add(ForbiddenAndConjunction(*both))
        configs = [{"a": 0, "b": 0}, {"a": 0, "b": 1}, {"a": 1, "b": 0}]
        fitted = HyperSHAPExplainer(space, random_state=0).fit(configs, [0, 1, 2])

        def bad(objective, space, n_trials, random_state):
            assert len(space) == 1 or objective([{"a": 1, "b": 1}])[0] == -np.inf
            return dict.fromkeys(space, 1)

        with pytest.raises(ValueError, match="The space forbids it"):
            fitted.explain("optimizer_bias", optimizer_of_interest=bad)

    def test_error_of_an_optimizer_names_it(self):
        def broken(objective, space, n_trials, random_state):
            raise KeyError("boom")

        with pytest.raises(KeyError, match="boom") as caught:
            binary(additive).explain("optimizer_bias", optimizer_of_interest=broken)
        assert any("optimizer broken" in note for note in caught.value.__notes__)

    def test_unknown_value_in_objective_raises(self):
        def asks(objective, space, n_trials, random_state):
            return objective([{"a": "much"}])

        with pytest.raises(ValueError, match="'much' is no value of"):
            binary(additive).explain("optimizer_bias", optimizer_of_interest=asks)

    def test_invalid_arguments_raise(self):
        fitted, game = binary(additive), "optimizer_bias"
        with pytest.raises(ValueError, match="needs optimizer_of_interest="):
            fitted.explain(game)
        for given in ("random", 3, optimizers):
            with pytest.raises(TypeError, match="optimizer_of_interest must be a callable"):
                fitted.explain(game, optimizer_of_interest=given)
        with pytest.raises(TypeError, match="optimizer_ensemble must be a list"):
            fitted.explain(game, optimizer_of_interest=stays, optimizer_ensemble=stays)
        with pytest.raises(TypeError, match=r"optimizer_ensemble\[1\] must be a callable"):
            fitted.explain(game, optimizer_of_interest=stays, optimizer_ensemble=[stays, None])
        for n_trials in (0, -1, 2.5, "5", True):
            with pytest.raises(ValueError, match="n_trials must be an integer of at least 1"):
                fitted.explain(game, optimizer_of_interest=stays, n_trials=n_trials)
        with pytest.raises(ValueError, match="are for the game 'optimizer_bias'"):
            fitted.explain("tunability", optimizer_of_interest=stays)

    def test_other_methods_refuse_optimizer_bias(self):
        fitted = binary(additive)
        for ask in (
            fitted.coalition_values,
            fitted.game,
            fitted.interaction_values,
            fitted.best_subsets,
        ):
            with pytest.raises(ValueError, match="it takes the optimizers"):
                ask("optimizer_bias")
