"""The space of an Optuna study: its distributions and the conditions that its trials imply."""

import numpy as np
import pandas as pd
import pytest
from ConfigSpace import ConfigurationSpace, Float
from ConfigSpace.hyperparameters import (
    Constant,
    UniformFloatHyperparameter,
    UniformIntegerHyperparameter,
)
from conftest import assert_explained_as_its_trials, bowl, run_study

from skhypershap import HyperSHAPExplainer, read_trials
from skhypershap.errors import SpaceWarning
from skhypershap.space.domains import domain_of

pytestmark = [
    pytest.mark.filterwarnings("ignore:No default is known"),
]

optuna = pytest.importorskip("optuna")

FloatDistribution = optuna.distributions.FloatDistribution
IntDistribution = optuna.distributions.IntDistribution
CategoricalDistribution = optuna.distributions.CategoricalDistribution


def sorted_like(params, trials):
    return [(name, params[name]) for name in trials.space if name in params]


def test_conditions_follow_from_which_trials_have_a_value():
    def objective(trial):
        kernel = trial.suggest_categorical("kernel", ["linear", "poly", "rbf"])
        n_layers = trial.suggest_int("n_layers", 1, 3)
        score = n_layers + trial.suggest_float("C", 0.01, 100, log=True) / 100
        if kernel != "linear":
            score += trial.suggest_float("gamma", 0, 1)
        if kernel == "poly":
            score += trial.suggest_int("degree", 2, 5)
        for layer in range(2, n_layers + 1):
            score += trial.suggest_int(f"units_{layer}", 8, 64) / 64
        return score

    study = run_study(objective, n_trials=80)
    trials = read_trials(study)
    assert trials.configs == [dict(sorted_like(trial.params, trials)) for trial in study.trials]
    conditions = {condition.child.name: condition for condition in trials.space.conditions}
    assert set(conditions) == {"gamma", "degree", "units_2", "units_3"}
    assert sorted(conditions["gamma"].values) == ["poly", "rbf"]
    assert list(conditions["degree"].values) == ["poly"]
    assert str(conditions["units_2"]) == "units_2 | n_layers > 1"
    assert str(conditions["units_3"]) == "units_3 | n_layers > 2"
    explainer = HyperSHAPExplainer(study, random_state=0).fit()
    # The same as a table: as in a study, nothing says what inactive hyperparameters default to.
    table = pd.DataFrame(trials.configs).assign(score=trials.scores)
    own = HyperSHAPExplainer(table, space=trials.space, direction="minimize", random_state=0).fit()
    pd.testing.assert_frame_equal(explainer.explain(), own.explain())


def test_unexplained_absence_gives_a_warning():
    def objective(trial):
        score = bowl(trial)
        return score + trial.suggest_float("z", 0, 1) if trial.number % 3 else score

    with pytest.warns(SpaceWarning, match="lack z"):
        trials = read_trials(run_study(objective))
    assert not trials.space.conditions
    assert sum("z" in config for config in trials.configs) == 26  # all but 0, 3, ..., 39


def test_changing_bounds_are_joined():
    def objective(trial):
        wide = trial.number % 2
        x = trial.suggest_float("x", 1e-3, 10.0 if wide else 1.0, log=True)
        return x + trial.suggest_int("n", -2 if wide else 0, 5)

    study = run_study(objective)
    with pytest.warns(SpaceWarning, match="range of x, n is not the same in all trials") as caught:
        trials = read_trials(study)
    assert len(caught) == 1
    x, n = trials.space["x"], trials.space["n"]
    assert type(x) is UniformFloatHyperparameter
    assert (x.lower, x.upper, x.log) == (1e-3, 10.0, True)
    assert type(n) is UniformIntegerHyperparameter
    assert (n.lower, n.upper, n.log) == (-2, 5, False)
    assert all(type(config["n"]) is int for config in trials.configs)
    with pytest.warns(SpaceWarning, match="range of x, n"):
        assert_explained_as_its_trials(study)


def test_log_integer_stays_a_log_integer():
    study = run_study(lambda trial: bowl(trial) + trial.suggest_int("n", 1, 1024, log=True) / 1024)
    n = read_trials(study).space["n"]
    assert (type(n), n.lower, n.upper, n.log) == (UniformIntegerHyperparameter, 1, 1024, True)


def test_steps_become_the_values_that_optuna_draws():
    study = run_study(
        lambda trial: (
            trial.suggest_float("x", 0.1, 1.3, step=0.1)
            + trial.suggest_int("n", 1, 9, step=4)
            + trial.suggest_float("fine", 0, 1, step=1e-5)
        )
    )
    trials = read_trials(study)
    tenths = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3]
    assert list(domain_of(trials.space["x"]).values) == tenths
    assert list(domain_of(trials.space["n"]).values) == [1, 5, 9]
    assert type(trials.space["fine"]) is UniformFloatHyperparameter  # too many to list
    drawn = [trial.params for trial in study.trials]
    assert any(params["x"] not in tenths for params in drawn)  # Optuna's 0.30000000000000004
    for config, params in zip(trials.configs, drawn, strict=True):
        assert config["x"] in tenths
        assert config["x"] == pytest.approx(params["x"], rel=1e-12)
        assert config["n"] == params["n"]
        assert type(config["n"]) is int
    assert_explained_as_its_trials(study)


def test_changing_steps_are_joined():
    def objective(trial):
        x = trial.suggest_float("x", 0.0, 1.0, step=0.5 if trial.number % 2 else 0.25)
        return x + trial.suggest_int("n", 0, 4, step=2 if trial.number % 2 else 1)

    trials = read_trials(run_study(objective))
    assert list(domain_of(trials.space["x"]).values) == [0.0, 0.25, 0.5, 0.75, 1.0]
    assert type(trials.space["n"]) is UniformIntegerHyperparameter


def test_values_come_back_as_typed():
    flags, layers, depths = [True, False], ["1", 1, None], [None, 2, 3.5]

    def objective(trial):
        flag = trial.suggest_categorical("flag", flags)
        layer = trial.suggest_categorical("layer", layers)
        depth = trial.suggest_categorical("depth", depths)
        size = trial.suggest_categorical("size", [0, 1])
        return 2 * flag + layers.index(layer) + depths.index(depth) / 2 + size

    study = run_study(objective)
    trials = read_trials(study)
    assert list(domain_of(trials.space["flag"]).values) == flags
    for config, trial in zip(trials.configs, study.trials, strict=True):
        for name, value in trial.params.items():
            assert config[name] == value
            assert type(config[name]) is type(value)
    explainer = assert_explained_as_its_trials(study)
    assert explainer.incumbent_["flag"] is False
    assert explainer.incumbent_["size"] == 0
    assert explainer.incumbent_["size"] is not False


@pytest.mark.filterwarnings("ignore:Choices for a categorical distribution:UserWarning")
def test_choices_may_be_anything():
    choices = [(8, 8), (16,), [4], np.mean]
    study = run_study(
        lambda trial: bowl(trial) + len(str(trial.suggest_categorical("layers", choices)))
    )
    for config, trial in zip(read_trials(study).configs, study.trials, strict=True):
        assert config["layers"] == trial.params["layers"]
        assert type(config["layers"]) is type(trial.params["layers"])


def test_single_value_is_not_a_player():
    def objective(trial):
        fixed = trial.suggest_float("fixed", 0.5, 0.5) + trial.suggest_int("one", 1, 1)
        return bowl(trial) + fixed + len(trial.suggest_categorical("name", ["adam"]))

    study = run_study(objective)
    explainer = assert_explained_as_its_trials(study)
    assert explainer.hyperparameter_names_ == ["x", "y"]
    assert isinstance(explainer.space_["fixed"], Constant)
    assert (explainer.incumbent_["fixed"], explainer.incumbent_["name"]) == (0.5, "adam")


def test_change_from_range_to_choices_is_refused():
    study = optuna.create_study()
    for number in range(20):
        params, distribution = {"x": number}, IntDistribution(0, 20)
        if number % 2:
            distribution = CategoricalDistribution(tuple(range(20)))
        study.add_trial(
            optuna.create_trial(
                params=params, distributions={"x": distribution}, value=float(number)
            )
        )
    with pytest.raises(ValueError, match=r"draws 'x' from choices in some trials.*space="):
        read_trials(study)
    assert read_trials(study, space={"x": IntDistribution(0, 20)}).configs[3] == {"x": 3}


def test_dict_of_optuna_distributions_is_a_space():
    def objective(trial):
        kernel = trial.suggest_categorical("kernel", ["linear", "rbf"])
        score = trial.suggest_float("C", 0.1, 1.0 + trial.number)
        return score + (trial.suggest_float("gamma", 0, 1) if kernel == "rbf" else 0)

    study = run_study(objective)
    space = {
        "C": FloatDistribution(0.1, 50),
        "kernel": CategoricalDistribution(["linear", "rbf", "poly"]),
        "gamma": [0.0, 1.0],
    }
    with pytest.raises(ValueError, match="values of 'gamma' are outside the space"):
        read_trials(study, space=space)
    space["gamma"] = FloatDistribution(0, 2)
    given = read_trials(study, space=space).space
    assert (given["C"].upper, given["gamma"].upper) == (50, 2)
    assert domain_of(given["kernel"]).values == ("linear", "rbf", "poly")
    assert [str(condition) for condition in given.conditions] == ["gamma | kernel in {'rbf'}"]
    assert_explained_as_its_trials(study, space=space)


def test_space_that_lacks_trials_is_refused():
    study = run_study(bowl)
    space = ConfigurationSpace()
    space.add(Float("x", (0.0, 1.0)), Float("y", (1e-3, 1.0), log=True))
    n_outside = sum(trial.params["x"] < 0 for trial in study.trials)
    with pytest.raises(ValueError, match=f"{n_outside} of 40 values of 'x' are outside the space"):
        HyperSHAPExplainer(study, space=space).fit()
    typo = {"x": FloatDistribution(-1, 1), "yy": FloatDistribution(0, 1)}
    with pytest.raises(ValueError, match=r"first in number 0: 'y'.*Did you mean 'yy'"):
        HyperSHAPExplainer(study, space=typo).fit()
    with pytest.raises(TypeError, match="space must be"):
        read_trials(study, space=3)


def test_given_configuration_space_is_used_unchanged():
    study = run_study(bowl)
    space = ConfigurationSpace()
    space.add(Float("x", (-2.0, 2.0)), Float("y", (1e-4, 1.0), log=True))
    explainer = HyperSHAPExplainer(study, space=space, random_state=0).fit()
    assert explainer.space_ is not space
    assert explainer.space_["x"].upper == 2
    assert_explained_as_its_trials(study, space=space)


def test_space_has_the_defaults_that_are_used():
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    study.optimize(lambda trial: trial.suggest_float("x", 0, 1, step=0.25) ** 2, n_trials=25)
    explainer = HyperSHAPExplainer(study, random_state=0).fit()
    assert dict(explainer.space_.get_default_configuration()) == pytest.approx(explainer.baseline_)
    assert explainer.baseline_ == {"x": 0.5}
    assert read_trials(study).space["x"].default_value == explainer.space_["x"].default_value
