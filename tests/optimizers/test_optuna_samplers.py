"""Optuna's samplers as optimizers."""

from __future__ import annotations

import importlib
import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from ConfigSpace import (
    Categorical,
    ConfigurationSpace,
    EqualsCondition,
    Float,
    ForbiddenGreaterThanRelation,
    Integer,
    OrdinalHyperparameter,
)
from conftest import Recorder, numbers_space, optuna_optimizers

from skhypershap import optimizers

# Optuna 4 marks more samplers as experimental than Optuna 5.
pytestmark = pytest.mark.filterwarnings(
    "ignore:.* is an? experimental feature", "ignore:.* is experimental"
)


class TestOptuna:
    def test_samplers_improve_and_are_deterministic(self):
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
    def test_scrambled_qmc_sampler_is_seeded(self, seed):
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

    def test_cma_es_sampler_is_seeded_and_converges(self):
        optuna = pytest.importorskip("optuna")
        pytest.importorskip("cmaes")
        optimizer = optimizers.optuna(optuna.samplers.CmaEsSampler())
        space = ConfigurationSpace({"x": (0.0, 1.0), "y": (0.0, 1.0)})
        objective = Recorder(lambda config: -((config["x"] - 0.2) ** 2) - config["y"])
        first = optimizer(objective, space, 60, 3)
        assert first == optimizer(objective, space, 60, 3)
        assert objective.score(first) > -0.05

    def test_run_does_not_change_sampler_or_verbosity(self, capfd):
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

    def test_threads_keep_their_seeds_and_restore_verbosity(self):
        optuna = pytest.importorskip("optuna")
        verbosity = optuna.logging.get_verbosity()
        optimizer = optimizers.optuna()

        def run(seed):
            return optimizer(Recorder(lambda config: sum(config.values())), floats, 15, seed)

        floats = ConfigurationSpace({"x": (0.0, 1.0), "y": (0.0, 1.0)})
        with ThreadPoolExecutor(4) as pool:
            assert list(pool.map(run, range(8))) == list(map(run, range(8)))
        assert optuna.logging.get_verbosity() == verbosity

    def test_forbidden_trials_are_never_returned(self):
        pytest.importorskip("optuna")
        space = ConfigurationSpace({"a": (0, 9), "b": (0, 9)})
        space.add(ForbiddenGreaterThanRelation(space["a"], space["b"]))
        objective = Recorder(lambda config: config["a"] - config["b"] / 10)
        best = optimizers.optuna()(objective, space, 40, 0)
        assert all(config["a"] <= config["b"] for config in [best, *objective.configs])
        # An objective may forbid more than the space does.
        objective = Recorder(lambda config: -np.inf if config["a"] else 0.0)
        assert optimizers.optuna()(objective, space, 60, 0)["a"] == 0
        objective = Recorder(lambda config: np.nan)
        default = dict(space.get_default_configuration())
        assert optimizers.optuna()(objective, space, 10, 0) == default

    def test_inactive_hyperparameters_are_not_suggested(self):
        pytest.importorskip("optuna")
        space = ConfigurationSpace()
        a, b = Categorical("a", ["off", "on"]), Integer("b", (0, 4))
        space.add(a, b, EqualsCondition(b, a, "on"))
        objective = Recorder(lambda config: config.get("b", 2.5))
        best = optimizers.optuna()(objective, space, 30, 0)
        assert best == {"a": "on", "b": 4}
        assert {"a": "off"} in objective.configs
        assert all(("b" in config) == (config["a"] == "on") for config in objective.configs)


def test_optuna_optimizers_pickle():
    space = ConfigurationSpace({"x": (0.0, 1.0)})
    for optimizer in optuna_optimizers():
        copied = pickle.loads(pickle.dumps(optimizer))
        assert repr(copied) == repr(optimizer)
        score = Recorder(lambda config: config["x"])
        assert copied(score, space, 12, 0) == optimizer(score, space, 12, 0)


def test_samplers_may_stop_early():
    """These samplers stop once every configuration has been evaluated."""
    optuna = pytest.importorskip("optuna")
    space = numbers_space("ab", upper=2, default=0)
    score = Recorder(lambda config: config["a"] - config["b"])
    for sampler in (
        optuna.samplers.BruteForceSampler(),
        optuna.samplers.GridSampler({"a": [0, 1, 2], "b": [0, 1, 2]}),
    ):
        assert optimizers.optuna(sampler)(score, space, 30, 0) == {"a": 2, "b": 0}


def test_invalid_sampler_raises():
    samplers = pytest.importorskip("optuna").samplers
    for wrong in ("tpe", samplers.TPESampler, 3):
        with pytest.raises(TypeError, match=r"sampler must be an Optuna sampler, such as"):
            optimizers.optuna(wrong)


def test_missing_optuna_raises_import_error(monkeypatch):
    def missing(name):
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(ImportError, match=r'pip install "skhypershap\[optuna\]"'):
        optimizers.optuna()
