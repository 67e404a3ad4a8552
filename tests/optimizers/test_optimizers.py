"""Optimizers: closed forms, legal results on conditional spaces, and a clumsy user."""

from __future__ import annotations

import importlib
import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from ConfigSpace import (
    AndConjunction,
    Categorical,
    ConfigurationSpace,
    Constant,
    EqualsCondition,
    Float,
    ForbiddenAndConjunction,
    ForbiddenEqualsClause,
    ForbiddenGreaterThanRelation,
    ForbiddenInClause,
    GreaterThanCondition,
    InCondition,
    Integer,
    NotEqualsCondition,
    OrdinalHyperparameter,
)
from scipy.stats import norm
from sklearn.svm import SVC

from skhypershap import optimizers
from skhypershap.optimizers import grid, ignoring, one_at_a_time, random
from skhypershap.space.conditions import Legality
from skhypershap.space.distributions import hyperparameter_from
from skhypershap.space.encoding import as_configspace, as_own, decode, encode, from_configspace
from skhypershap.space.sampling import enumerate_vectors

# Optuna 4 says so of more samplers than Optuna 5.
pytestmark = pytest.mark.filterwarnings(
    "ignore:.* is an? experimental feature", "ignore:.* is experimental"
)


def name_of(optimizer):
    return getattr(optimizer, "__name__", None) or str(optimizer)


PLAIN = [random, grid, one_at_a_time, ignoring("b", random), ignoring(["a", "nothing"], grid)]


class Recorder:
    """An objective that keeps what it is asked for."""

    def __init__(self, score):
        self.score, self.configs, self.calls = score, [], 0

    def __call__(self, configs):
        self.calls += 1
        self.configs += [dict(config) for config in configs]
        return np.array([self.score(config) for config in configs], dtype=float)


def numbers_space(names="abc", upper=4, default=2):
    space = ConfigurationSpace()
    space.add([Integer(name, (0, upper), default=default) for name in names])
    return space


def optuna_optimizers():
    samplers = pytest.importorskip("optuna").samplers
    found = [optimizers.optuna(), optimizers.optuna(samplers.TPESampler(multivariate=True))]
    found += [optimizers.optuna(samplers.RandomSampler())]
    return [*found, optimizers.optuna(samplers.NSGAIISampler(population_size=5))]


class TestRandom:
    def test_many_trials_equal_brute_force_on_a_finite_space(self):
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

    def test_the_first_of_the_best(self):
        objective = Recorder(lambda config: config["a"])
        assert random(objective, numbers_space(), 50, 0) == next(
            config for config in objective.configs if config["a"] == 4
        )


class TestGrid:
    @pytest.mark.parametrize("n_trials", [1, 2, 7, 26, 100, 1000])
    def test_no_larger_than_the_trials_and_with_corners(self, n_trials):
        space = ConfigurationSpace({"a": (0.0, 1.0), "b": (0.0, 1.0), "c": (0.0, 1.0)})
        objective = Recorder(lambda config: 0.0)
        grid(objective, space, n_trials, 0)
        tried = {tuple(config.values()) for config in objective.configs}
        assert len(tried) == len(objective.configs) <= n_trials
        steps = [len({config[name] for config in objective.configs}) for name in space]
        assert np.prod(steps) == len(tried)
        assert max(steps) - min(steps) <= 2  # they take turns
        assert all(len(tried) * (count + 1) // count > n_trials for count in steps)
        if n_trials >= 8:
            assert {(x, y, z) for x in (0, 1) for y in (0, 1) for z in (0, 1)} <= tried
        if n_trials == 2:
            assert tried == {(0, 0.5, 0.5), (1, 0.5, 0.5)}

    def test_steps(self):
        """Evenly spaced in the space's own scale; choices all, or evenly chosen."""

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
        # As ConfigSpace has them: a quantile, and labels of what it cannot hold.
        assert steps(hyperparameter_from("x", [norm(5, 2)]), 3) == [0, 0.5, 1]
        assert steps(hyperparameter_from("x", [[print, None]]), 3) == ["print", "None"]

    def test_the_same_is_not_tried_twice(self):
        space = ConfigurationSpace()
        kernel, gamma = Categorical("kernel", ["linear", "rbf"]), Integer("gamma", (1, 5))
        space.add(kernel, gamma, EqualsCondition(gamma, kernel, "rbf"))
        objective = Recorder(lambda config: config.get("gamma", 0))
        assert grid(objective, space, 10, 0) == {"kernel": "rbf", "gamma": 5}
        rbf = [{"gamma": gamma, "kernel": "rbf"} for gamma in range(1, 6)]
        assert objective.configs == [{"kernel": "linear"}, *rbf]

    def test_what_is_forbidden_is_not_tried(self):
        space = numbers_space("ab", default=0)
        space.add(ForbiddenGreaterThanRelation(space["a"], space["b"]))
        objective = Recorder(lambda config: 10 * config["a"] - config["b"])
        assert grid(objective, space, 25, 0) == {"a": 4, "b": 4}
        assert len(objective.configs) == 15
        # Everything but the default.
        space = ConfigurationSpace({"a": (0.0, 1.0)})
        space.add(ForbiddenInClause(space["a"], [0.0, 1.0]))
        assert grid(objective := Recorder(lambda config: 0.0), space, 2, 0) == {"a": 0.5}
        assert objective.configs == [{"a": 0.5}]


class TestOneAtATime:
    def test_an_additive_function_is_solved_as_the_grid_solves_it(self):
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

    def test_a_product_is_not_solved(self):
        """From (0, 0) no single step changes a product."""
        objective = Recorder(lambda config: config["a"] * config["b"])
        assert one_at_a_time(objective, numbers_space("ab", default=0), 10, 0) == {"a": 0, "b": 0}
        assert grid(objective, numbers_space("ab", default=0), 25, 0) == {"a": 4, "b": 4}

    def test_two_that_do_the_same_are_both_changed(self):
        """Each alone reaches 4; together they overshoot: the cost of tuning one at a time."""
        objective = Recorder(lambda config: -abs(config["a"] + config["b"] - 4))
        assert one_at_a_time(objective, numbers_space("ab", default=0), 10, 0) == {"a": 4, "b": 4}

    def test_trials_are_shared_and_a_single_one_tunes_nothing(self):
        objective = Recorder(lambda config: -sum(config.values()))
        assert one_at_a_time(objective, numbers_space(), 5, 0) == {"a": 2, "b": 2, "c": 2}
        assert objective.configs == [{"a": 2, "b": 2, "c": 2}]
        objective = Recorder(lambda config: -sum(config.values()))
        assert one_at_a_time(objective, numbers_space(), 6, 0) == {"a": 0, "b": 0, "c": 0}
        assert len(objective.configs) == 1 + 3 * 2

    def test_an_inactive_child_keeps_its_default(self):
        space = ConfigurationSpace()
        a, b = Categorical("a", ["off", "on"]), Integer("b", (0, 4), default=1)
        space.add(a, b, EqualsCondition(b, a, "on"))
        objective = Recorder(lambda config: config.get("b", 0))
        assert one_at_a_time(objective, space, 20, 0) == {"a": "on", "b": 1}

    def test_what_cannot_be_joined_is_undone_from_the_least_gain(self):
        space = numbers_space("abc", default=0)
        both = [ForbiddenEqualsClause(space[name], 4) for name in "ab"]
        space.add(ForbiddenAndConjunction(*both))
        objective = Recorder(lambda config: 3 * config["a"] + config["b"] + 2 * config["c"])
        assert one_at_a_time(objective, space, 15, 0) == {"a": 4, "b": 0, "c": 4}
        assert {"a": 4, "b": 4, "c": 0} not in objective.configs


class TestIgnoring:
    def test_what_is_ignored_stays_at_its_default(self):
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

    def test_what_a_space_lacks_is_not_missed(self):
        for names in ("z", [], ("y", "z")):
            objective = Recorder(lambda config: sum(config.values()))
            best = ignoring(names, grid)(objective, numbers_space(), 125, 0)
            assert best == {"a": 4, "b": 4, "c": 4}

    def test_nothing_left_is_the_default(self):
        objective = Recorder(lambda config: 0.0)
        assert ignoring(["a", "b", "c"], grid)(objective, numbers_space(), 5, 0) == {
            "a": 2,
            "b": 2,
            "c": 2,
        }
        assert objective.configs == []

    def test_an_ignored_parent_leaves_its_children_inactive(self):
        space = ConfigurationSpace()
        a, b, c = Categorical("a", ["off", "on"]), Integer("b", (0, 4)), Integer("c", (0, 4))
        space.add(a, b, c, EqualsCondition(b, a, "on"), GreaterThanCondition(c, b, 2))
        objective = Recorder(lambda config: len(config) + config.get("c", 0))
        assert ignoring("a", grid)(objective, space, 50, 0) == {"a": "off"}
        # With the middle ignored at 2 there is no c.
        assert ignoring("b", grid)(objective, space, 50, 0) == {"a": "on", "b": 2}
        assert all(
            config in map(dict, as_own(space, [config], encode(space, [config])))
            for config in objective.configs
        )

    def test_one_in_another(self):
        optimizer = ignoring("a", ignoring("b", one_at_a_time))
        best = optimizer(Recorder(lambda config: sum(config.values())), numbers_space(), 5, 0)
        assert best == {"a": 2, "b": 2, "c": 4}
        assert repr(optimizer) == "ignoring('a', ignoring('b', one_at_a_time))"


class TestOptuna:
    def test_better_than_one_trial_and_the_same_again(self):
        space = ConfigurationSpace()
        space.add(Float("x", (0.0, 1.0)), Float("y", (1e-3, 1.0), log=True), Integer("n", (1, 50)))
        space.add(Categorical("k", ["a", None, True]), OrdinalHyperparameter("o", [1, 2, 4]))

        def score(config):
            distance = (config["x"] - 0.3) ** 2 + (np.log10(config["y"]) + 1) ** 2
            return (config["k"] is None) - distance - abs(config["n"] - 20) / 50 + config["o"] / 4

        for optimizer in optuna_optimizers():
            first = optimizer(objective := Recorder(score), space, 25, 1)
            assert score(first) > score(objective.configs[0])
            assert score(first) == max(map(score, objective.configs))
            assert len(objective.configs) == 25
            again = Recorder(score)
            assert optimizer(again, space, 25, 1) == first
            assert again.configs == objective.configs
            assert optimizer(other := Recorder(score), space, 25, 2) != first
            assert other.configs != objective.configs

    @pytest.mark.parametrize("seed", [None, 5])
    def test_quasi_random_and_scrambled(self, seed):
        optuna = pytest.importorskip("optuna")
        sampler = optuna.samplers.QMCSampler(
            scramble=True, seed=seed, warn_asynchronous_seeding=False
        )
        space, found = ConfigurationSpace({"x": (0.0, 1.0), "y": (0.0, 1.0)}), []
        for random_state in (1, 1, 2):
            objective = Recorder(lambda config: config["x"])
            optimizers.optuna(sampler)(objective, space, 8, random_state)
            found.append(objective.configs)
        assert found[0] == found[1] != found[2]

    def test_covariance_matrix_adaptation(self):
        optuna = pytest.importorskip("optuna")
        pytest.importorskip("cmaes")
        optimizer = optimizers.optuna(optuna.samplers.CmaEsSampler())
        space = ConfigurationSpace({"x": (0.0, 1.0), "y": (0.0, 1.0)})
        objective = Recorder(lambda config: -((config["x"] - 0.2) ** 2) - config["y"])
        first = optimizer(objective, space, 60, 3)
        assert first == optimizer(objective, space, 60, 3)
        assert objective.score(first) > -0.05

    def test_the_sampler_and_the_log_are_left_as_they_were(self, capfd):
        optuna = pytest.importorskip("optuna")
        sampler = optuna.samplers.TPESampler(seed=3)
        optimizer, verbosity = optimizers.optuna(sampler), optuna.logging.get_verbosity()
        optimizer(Recorder(lambda config: 0.0), numbers_space(), 12, 0)
        with pytest.raises(ZeroDivisionError):
            optimizer(Recorder(lambda config: 1 / 0), numbers_space(), 12, 0)
        assert capfd.readouterr().err == ""
        assert optuna.logging.get_verbosity() == verbosity

        def draws(sampler):
            study = optuna.create_study(sampler=sampler)
            study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=3)
            return [trial.params for trial in study.trials]

        assert draws(sampler) == draws(optuna.samplers.TPESampler(seed=3))

    def test_threads_neither_mix_seeds_nor_lose_the_log(self):
        optuna = pytest.importorskip("optuna")
        verbosity = optuna.logging.get_verbosity()
        optimizer = optimizers.optuna()

        def run(seed):
            return optimizer(Recorder(lambda config: sum(config.values())), floats, 15, seed)

        floats = ConfigurationSpace({"x": (0.0, 1.0), "y": (0.0, 1.0)})
        with ThreadPoolExecutor(4) as pool:
            assert list(pool.map(run, range(8))) == list(map(run, range(8)))
        assert optuna.logging.get_verbosity() == verbosity

    def test_a_forbidden_trial_is_no_result(self):
        pytest.importorskip("optuna")
        space = ConfigurationSpace({"a": (0, 9), "b": (0, 9)})
        space.add(ForbiddenGreaterThanRelation(space["a"], space["b"]))
        objective = Recorder(lambda config: config["a"] - config["b"] / 10)
        best = optimizers.optuna()(objective, space, 40, 0)
        assert all(config["a"] <= config["b"] for config in [best, *objective.configs])
        # An objective that knows of more that must not be.
        objective = Recorder(lambda config: -np.inf if config["a"] else 0.0)
        assert optimizers.optuna()(objective, space, 60, 0)["a"] == 0
        objective = Recorder(lambda config: np.nan)
        default = dict(space.get_default_configuration())
        assert optimizers.optuna()(objective, space, 10, 0) == default

    def test_inactive_hyperparameters_are_not_asked_for(self):
        pytest.importorskip("optuna")
        space = ConfigurationSpace()
        a, b = Categorical("a", ["off", "on"]), Integer("b", (0, 4))
        space.add(a, b, EqualsCondition(b, a, "on"))
        objective = Recorder(lambda config: config.get("b", 2.5))
        best = optimizers.optuna()(objective, space, 30, 0)
        assert best == {"a": "on", "b": 4}
        assert {"a": "off"} in objective.configs
        assert all(("b" in config) == (config["a"] == "on") for config in objective.configs)


def random_space(seed):
    """Up to five hyperparameters of all kinds, with conditions and clauses."""
    rng = np.random.default_rng(seed)
    a = Categorical("a", ["x", "y", "z"], default=["x", "y", "z"][seed % 3])
    kinds = [
        Float("b", (0.1, 10.0), log=True),
        Integer("b", (1, 1000), log=True),
        Integer("b", (0, 5)),
        hyperparameter_from("b", [norm(0, 1)]),
    ]
    b = kinds[rng.integers(len(kinds))]
    c = OrdinalHyperparameter("c", [1, 2, 4], default_value=2)
    d = hyperparameter_from("d", [[SVC(), None, True, 1.5]])
    e = Float("e", (0.1, 10.0))
    space = ConfigurationSpace()
    space.add(a, b, c, d, e)
    if seed % 2:
        on_a = InCondition(d, a, ["y", "z"])
        space.add(AndConjunction(on_a, GreaterThanCondition(d, c, 1)) if seed % 4 > 1 else on_a)
        space.add(EqualsCondition(e, d, d.choices[seed % 4]))
    if seed % 3 != 1:
        space.add(
            ForbiddenAndConjunction(
                ForbiddenEqualsClause(a, ["x", "y", "z"][(seed + 1) % 3]),
                ForbiddenInClause(c, [1, 4]),
            )
        )
    if seed % 5 < 2:
        space.add(ForbiddenGreaterThanRelation(c, e) if c.default_value <= e.default_value else [])
    return space


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("optimizer", [*PLAIN, "optuna"], ids=name_of)
def test_every_result_and_every_question_is_legal(optimizer, seed):
    if optimizer == "optuna":
        optimizer = optuna_optimizers()[0]
    space = random_space(seed)
    before = repr(space)
    noise = np.random.default_rng(seed).normal(size=1000)
    objective = Recorder(lambda config: noise[len(repr(sorted(config.items(), key=str)))])
    best = optimizer(objective, space, 30, seed)
    for config in [best, *objective.configs]:
        assert type(config) is dict
        vectors = from_configspace(space, [config])  # refuses what is outside
        encode(space, decode(space, vectors))  # refuses what is missing or forbidden
        defaults = np.array([item.to_vector(item.default_value) for item in space.values()])
        legality = Legality(space, defaults)
        np.testing.assert_array_equal(legality.legal(legality.fill(vectors)), vectors)
        (again,) = as_configspace(space, vectors)
        assert {name: type(again[name]) for name in again} == {
            name: type(value) for name, value in config.items()
        }
        np.testing.assert_allclose(from_configspace(space, [again]), vectors)
    assert repr(space) == before
    again = Recorder(objective.score)
    assert repr(optimizer(again, space, 30, seed)) == repr(best)
    assert repr(again.configs) == repr(objective.configs)


@pytest.mark.parametrize("optimizer", PLAIN, ids=name_of)
def test_pickling_and_names(optimizer):
    assert pickle.loads(pickle.dumps(optimizer)) == optimizer
    assert " at 0x" not in getattr(optimizer, "__name__", repr(optimizer))


def test_pickling_an_optuna_sampler():
    space = ConfigurationSpace({"x": (0.0, 1.0)})
    for optimizer in optuna_optimizers():
        copied = pickle.loads(pickle.dumps(optimizer))
        assert repr(copied) == repr(optimizer)
        score = Recorder(lambda config: config["x"])
        assert copied(score, space, 12, 0) == optimizer(score, space, 12, 0)


@pytest.mark.parametrize("optimizer", [random, grid, one_at_a_time], ids=name_of)
def test_an_empty_space(optimizer):
    assert optimizer(Recorder(lambda config: 0.0), ConfigurationSpace(), 3, 0) == {}


def test_an_optimizer_sees_the_baseline_exactly():
    """A default that is not a round number on its scale comes back as it is."""
    space = ConfigurationSpace()
    space.add(Float("x", (1e-5, 1.0), default=0.3, log=True), Float("y", (0.0, 0.7), default=0.1))
    objective = Recorder(lambda config: -1.0)
    assert one_at_a_time(objective, space, 9, 0) == {"x": 0.3, "y": 0.1}
    assert grid(Recorder(lambda config: 0.0), space, 1, 0) == {"x": 0.3, "y": 0.1}


class TestClumsyUser:
    @pytest.mark.parametrize("optimizer", PLAIN, ids=name_of)
    def test_trials_and_seeds(self, optimizer):
        for wrong in (0, -3, 2.0, True, None):
            with pytest.raises(
                ValueError, match=f"n_trials must be an integer of at least 1; got {wrong}"
            ):
                optimizer(Recorder(len), numbers_space(), wrong, 0)
        for wrong in (-1, None, 1.5):
            with pytest.raises(ValueError, match=f"random_state must be an integer .* got {wrong}"):
                optimizer(Recorder(len), numbers_space(), 5, wrong)

    def test_what_is_no_optimizer(self):
        with pytest.raises(TypeError, match=r"optimizer must be a callable .* got 'grid'"):
            ignoring("a", "grid")
        with pytest.raises(TypeError, match=r"names must be a name or a list of names .* got 3"):
            ignoring(3, grid)
        with pytest.raises(
            TypeError, match=r"names must be a name or a list of names .* got \[1\]"
        ):
            ignoring([1], grid)

    def test_what_is_no_sampler(self):
        samplers = pytest.importorskip("optuna").samplers
        for wrong in ("tpe", samplers.TPESampler, 3):
            with pytest.raises(TypeError, match=r"sampler must be an Optuna sampler, such as"):
                optimizers.optuna(wrong)

    @pytest.mark.parametrize("optimizer", PLAIN, ids=name_of)
    def test_an_objective_that_returns_one_number(self, optimizer):
        with pytest.raises(
            ValueError, match=r"a gain for each of \d+ configurations; .* shape \(\)"
        ):
            optimizer(lambda configs: 1.0, numbers_space(), 20, 0)

    def test_without_optuna(self, monkeypatch):
        def missing(name):
            raise ImportError(name)

        monkeypatch.setattr(importlib, "import_module", missing)
        with pytest.raises(ImportError, match=r"pip install 'skhypershap\[optuna\]'"):
            optimizers.optuna()


def test_samplers_that_stop_by_themselves():
    """All has been tried before the trials are used up."""
    optuna = pytest.importorskip("optuna")
    space = numbers_space("ab", upper=2, default=0)
    score = Recorder(lambda config: config["a"] - config["b"])
    for sampler in (
        optuna.samplers.BruteForceSampler(),
        optuna.samplers.GridSampler({"a": [0, 1, 2], "b": [0, 1, 2]}),
    ):
        assert optimizers.optuna(sampler)(score, space, 30, 0) == {"a": 2, "b": 0}
