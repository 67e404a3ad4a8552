"""Callbacks that stop a study or a run once its explanation has settled."""

from __future__ import annotations

import pickle

import pytest

optuna = pytest.importorskip("optuna")

from skhypershap.integrations.optuna import StopWhenSettled  # noqa: E402

optuna.logging.set_verbosity(optuna.logging.ERROR)
QUICK = {"min_trials": 30, "every": 10, "n_points": 4, "n_bootstrap": 4, "surrogate": "forest"}


def study_of(seed=0, **arguments):
    return optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=seed), **arguments)


def objective(trial):
    return 3 * trial.suggest_float("a", 0, 1) + 0.3 * trial.suggest_float("b", 0, 1)


def test_stops_and_remembers():
    stop = StopWhenSettled(**QUICK, baseline="worst", n_samples=200)
    study = study_of()
    study.optimize(objective, n_trials=100, callbacks=[stop])
    assert 30 <= len(study.trials) < 100
    assert len(study.trials) % 10 == 0
    assert stop.settled_
    assert stop.history_.attrs["settled"]
    assert stop.history_["n_trials"].max() == len(study.trials)


def test_goes_on_where_nothing_settles():
    import numpy as np

    generator = np.random.default_rng(0)

    def noise(trial):
        return objective(trial) * 0 + generator.normal()

    stop = StopWhenSettled(**QUICK, baseline="median", n_samples=200)
    study = study_of()
    study.optimize(noise, n_trials=45, callbacks=[stop])
    assert len(study.trials) == 45
    assert not stop.settled_
    assert stop.history_["n_trials"].max() == 40  # asked at 30 and 40


def test_failed_trials_do_not_count():
    def failing(trial):
        value = objective(trial)
        if trial.number % 2:
            raise optuna.TrialPruned
        return value

    stop = StopWhenSettled(**QUICK, n_samples=200)
    study = study_of()
    study.optimize(failing, n_trials=50, callbacks=[stop])
    assert stop.history_ is None


def test_several_objectives_need_a_metric():
    def two(trial):
        return objective(trial), trial.params["b"]

    stop = StopWhenSettled(**QUICK, metric="0", baseline="worst", n_samples=200)
    study = study_of(directions=["minimize", "maximize"])
    study.optimize(two, n_trials=40, callbacks=[stop])
    assert stop.history_.attrs["direction"] == "minimize"


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"every": 0}, ValueError, "every"),
        ({"min_trials": "many"}, ValueError, "min_trials"),
        ({"n_points": 1}, ValueError, "n_points"),
        ({"game": "tuning"}, ValueError, "game"),
        ({"n_samples": -1}, ValueError, "n_samples"),
        ({"colour": "red"}, TypeError, "colour"),
    ],
)
def test_bad_arguments_are_refused_before_the_study_runs(arguments, error, message):
    with pytest.raises(error, match=message):
        StopWhenSettled(**arguments)


def test_can_be_pickled():
    assert pickle.loads(pickle.dumps(StopWhenSettled(every=7))).every == 7


def test_smac(tmp_path):
    smac = pytest.importorskip("smac")
    from ConfigSpace import ConfigurationSpace

    from skhypershap.integrations.smac import StopWhenSettled as StopSmac

    space = ConfigurationSpace({"a": (0.0, 1.0), "b": (0.0, 1.0)}, seed=0)
    scenario = smac.Scenario(space, n_trials=60, deterministic=True, output_directory=tmp_path)
    stop = StopSmac(**QUICK, n_samples=200)

    def cost(config, seed=0):
        return 3 * config["a"] + 0.3 * config["b"]

    run = smac.RandomFacade(scenario, cost, callbacks=[stop], logging_level=50, overwrite=True)
    run.optimize()
    assert stop.settled_
    assert 30 <= run.runhistory.finished < 60


def test_what_the_explainer_would_refuse_is_refused_before_the_study_runs():
    with pytest.raises(ValueError, match=r"baseline 'wrst'.*Did you mean 'worst'"):
        StopWhenSettled(baseline="wrst")
    with pytest.raises(ValueError, match="surrogate"):
        StopWhenSettled(surrogate="foo")
    with pytest.raises(TypeError, match=r"parameter of StopWhenSettled 'min_trails'.*'min_trials'"):
        StopWhenSettled(min_trails=40)


def test_several_objectives_need_a_metric_at_once():
    study = optuna.create_study(directions=["minimize", "maximize"])
    with pytest.raises(ValueError, match=r"StopWhenSettled\(metric=0\)"):
        study.optimize(lambda trial: (1.0, 2.0), n_trials=1, callbacks=[StopWhenSettled()])
