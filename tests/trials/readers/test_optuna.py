"""Optuna studies: read as Optuna's own API has them, explained as the same trials are."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest
from ConfigSpace import ConfigurationSpace, Float
from ConfigSpace.hyperparameters import (
    Constant,
    UniformFloatHyperparameter,
    UniformIntegerHyperparameter,
)

from skhypershap import HyperSHAPExplainer, read_trials
from skhypershap.errors import SpaceWarning, TrialsWarning
from skhypershap.space.domains import domain_of

optuna = pytest.importorskip("optuna")

FloatDistribution = optuna.distributions.FloatDistribution
IntDistribution = optuna.distributions.IntDistribution
CategoricalDistribution = optuna.distributions.CategoricalDistribution

FILES = {
    "fcnet_protein_tpe": ("optuna_tabular", "fcnet_protein_tpe.csv"),
    "rbv2_svm_1489_tpe": ("optuna_rbv2_svm", "rbv2_svm_1489_tpe.csv"),
}


@pytest.fixture(autouse=True)
def _quiet():
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.CRITICAL)
    yield
    optuna.logging.set_verbosity(before)


def run(objective, n_trials=40, **options):
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0), **options)
    study.optimize(objective, n_trials=n_trials, catch=(ArithmeticError,))
    return study


def bowl(trial):
    x, y = trial.suggest_float("x", -1, 1), trial.suggest_float("y", 1e-3, 1, log=True)
    return x**2 + (np.log10(y) + 1) ** 2


def by_state(study, name):
    return [trial for trial in study.trials if trial.state.name == name]


def assert_explained_as_its_trials(study, **parameters):
    explainer = HyperSHAPExplainer(study, random_state=0, **parameters).fit()
    trials = read_trials(study, **parameters)
    own = HyperSHAPExplainer(
        trials.space, direction=trials.direction, baseline="median", random_state=0
    )
    own.fit(trials.configs, trials.scores, fidelity=trials.fidelity)
    games = ["tunability", "ablation"]
    pd.testing.assert_frame_equal(explainer.explain(games), own.explain(games))
    pd.testing.assert_frame_equal(explainer.trials_, own.trials_)
    return explainer


# Real studies


@pytest.fixture(params=FILES)
def real(request, data_folder, tmp_path):
    """A study, its table and its described space."""
    database = tmp_path / "studies.db"
    shutil.copyfile(data_folder / "optuna_tabular" / "studies.db", database)
    study = optuna.load_study(study_name=request.param, storage=f"sqlite:///{database}")
    folder, table = FILES[request.param]
    described = json.loads((data_folder / folder / "space.json").read_text())
    return study, pd.read_csv(data_folder / folder / table), described


def test_real_studies_are_read_as_their_tables_have_them(real):
    study, table, described = real
    trials = read_trials(study)
    assert trials.configs == [dict(sorted_like(trial.params, trials)) for trial in study.trials]
    np.testing.assert_allclose(trials.scores, table["value"], rtol=1e-5)  # six digits in the table
    assert trials.scores.tolist() == [trial.value for trial in study.trials]
    assert trials.direction == described["objectives"][0]["direction"]
    assert trials.metric == "value"
    assert trials.fidelity is None
    assert trials.default is None


def sorted_like(params, trials):
    return [(name, params[name]) for name in trials.space if name in params]


def test_real_studies_have_the_space_that_is_described(real):
    study, _, described = real
    space = read_trials(study).space
    expected = {
        entry["name"].removeprefix("params_"): entry for entry in described["hyperparameters"]
    }
    assert set(space) == set(expected)
    for name, entry in expected.items():
        if entry["type"] == "categorical":
            assert set(domain_of(space[name]).values) == set(entry["choices"])
        else:
            ends = (space[name].lower, space[name].upper)
            assert ends == pytest.approx((entry["lower"], entry["upper"]))
            assert space[name].log == entry["log"]
    found = [
        (condition.child.name, condition.parent.name, list(condition.values))
        for condition in space.conditions
    ]
    assert sorted(found) == sorted(
        (
            condition["child"].removeprefix("params_"),
            condition["parent"].removeprefix("params_"),
            condition["values"],
        )
        for condition in described["conditions"]
    )


def test_real_studies_are_explained(real):
    study, _, _ = real
    explainer = assert_explained_as_its_trials(study)
    assert explainer.surrogate_score_ > 0.8
    best = study.best_trial
    assert explainer.incumbent_ == best.params
    table = explainer.explain("ablation")
    gain = table.attrs["full_score"] - table.attrs["baseline_score"]
    sign = 1 if study.direction.name == "MAXIMIZE" else -1
    assert table["value"].sum() == pytest.approx(sign * gain)


# The space


def test_conditions_follow_from_which_trials_have_what():
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

    study = run(objective, n_trials=80)
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


def test_absence_without_a_reason_is_said_and_explained():
    def objective(trial):
        score = bowl(trial)
        return score + trial.suggest_float("z", 0, 1) if trial.number % 3 else score

    with pytest.warns(SpaceWarning, match="lack z"):
        trials = read_trials(run(objective))
    assert not trials.space.conditions
    assert sum("z" in config for config in trials.configs) == 26  # all but 0, 3, ..., 39


def test_changing_bounds_are_joined():
    def objective(trial):
        wide = trial.number % 2
        x = trial.suggest_float("x", 1e-3, 10.0 if wide else 1.0, log=True)
        return x + trial.suggest_int("n", -2 if wide else 0, 5)

    study = run(objective)
    trials = read_trials(study)
    x, n = trials.space["x"], trials.space["n"]
    assert type(x) is UniformFloatHyperparameter
    assert (x.lower, x.upper, x.log) == (1e-3, 10.0, True)
    assert type(n) is UniformIntegerHyperparameter
    assert (n.lower, n.upper, n.log) == (-2, 5, False)
    assert all(type(config["n"]) is int for config in trials.configs)
    assert_explained_as_its_trials(study)


def test_a_log_integer_stays_one():
    study = run(lambda trial: bowl(trial) + trial.suggest_int("n", 1, 1024, log=True) / 1024)
    n = read_trials(study).space["n"]
    assert (type(n), n.lower, n.upper, n.log) == (UniformIntegerHyperparameter, 1, 1024, True)


def test_steps_are_the_values_that_optuna_can_draw():
    study = run(
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


def test_steps_that_change_are_joined():
    def objective(trial):
        x = trial.suggest_float("x", 0.0, 1.0, step=0.5 if trial.number % 2 else 0.25)
        return x + trial.suggest_int("n", 0, 4, step=2 if trial.number % 2 else 1)

    trials = read_trials(run(objective))
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

    study = run(objective)
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
    study = run(lambda trial: bowl(trial) + len(str(trial.suggest_categorical("layers", choices))))
    for config, trial in zip(read_trials(study).configs, study.trials, strict=True):
        assert config["layers"] == trial.params["layers"]
        assert type(config["layers"]) is type(trial.params["layers"])


def test_a_single_value_is_no_player():
    def objective(trial):
        fixed = trial.suggest_float("fixed", 0.5, 0.5) + trial.suggest_int("one", 1, 1)
        return bowl(trial) + fixed + len(trial.suggest_categorical("name", ["adam"]))

    study = run(objective)
    explainer = assert_explained_as_its_trials(study)
    assert explainer.hyperparameter_names_ == ["x", "y"]
    assert isinstance(explainer.space_["fixed"], Constant)
    assert (explainer.incumbent_["fixed"], explainer.incumbent_["name"]) == (0.5, "adam")


def test_a_kind_that_changes_is_refused_with_a_way_out():
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


# Which trials


def stepwise(report, result):
    """An objective that reports on its way, and may be pruned."""

    def objective(trial):
        score = bowl(trial)
        for step in range(1, 5):
            trial.report(report(score, step), step)
            if trial.should_prune():
                raise optuna.TrialPruned
        return result(score)

    return objective


def test_pruned_trials_are_trials_at_a_lower_fidelity():
    study = run(
        stepwise(lambda score, step: score + 1 / step, lambda score: score + 1 / 4),
        pruner=optuna.pruners.MedianPruner(n_startup_trials=4),
    )
    pruned = by_state(study, "PRUNED")
    assert 5 < len(pruned) < 35
    trials = read_trials(study)
    assert trials.fidelity.tolist() == [trial.last_step for trial in study.trials]
    assert trials.scores.tolist() == [trial.value for trial in study.trials]
    explainer = assert_explained_as_its_trials(study)
    assert explainer.trials_["fidelity"].max() == 4
    assert explainer.incumbent_ == study.best_params


def test_a_complete_trial_has_gone_all_the_way_however_early_it_stopped():
    def objective(trial):
        score = bowl(trial)
        for step in range(1, 3 + trial.number % 3):
            trial.report(score, step)
            if trial.number % 5 == 0:
                raise optuna.TrialPruned
        return score

    trials = read_trials(run(objective))
    assert trials.fidelity.tolist() == [4 if number % 5 else 1 for number in range(40)]


def test_pruned_trials_are_left_out_where_reports_are_another_thing():
    study = run(
        stepwise(lambda score, step: -score * step, lambda score: score),
        pruner=optuna.pruners.PercentilePruner(30, n_startup_trials=4),
    )
    n_pruned = len(by_state(study, "PRUNED"))
    assert n_pruned > 0
    with pytest.warns(
        TrialsWarning, match=f"{n_pruned} were pruned without a score to compare, and"
    ):
        trials = read_trials(study)
    assert trials.fidelity is None
    assert trials.scores.tolist() == [trial.value for trial in by_state(study, "COMPLETE")]


def test_trials_pruned_before_any_report_are_counted():
    def objective(trial):
        score = bowl(trial)
        if score > 2:
            raise optuna.TrialPruned
        return score

    study = run(objective)
    n_pruned = len(by_state(study, "PRUNED"))
    with pytest.warns(
        TrialsWarning, match=f"{n_pruned} of 40 trials are left out: {n_pruned} were pruned"
    ):
        trials = read_trials(study)
    assert len(trials.scores) == 40 - n_pruned


def test_failed_trials_are_counted_and_unfinished_ones_are_not_there():
    def objective(trial):
        x = trial.suggest_float("x", -1, 1)
        if x > 0.8:
            raise ZeroDivisionError
        return x + (float("nan") if x < -0.8 else trial.suggest_float("y", 0, 1))

    study = run(objective)
    study.enqueue_trial({"x": 0.0})
    study.enqueue_trial({"x": 0.1})
    study.ask()  # one is running, one is waiting
    n_failed = len(by_state(study, "FAIL"))
    assert n_failed > 3
    with pytest.warns(TrialsWarning, match=f"{n_failed} of 42 trials are left out") as caught:
        trials = read_trials(study)
    assert len(caught) == 1
    assert len(trials.scores) == 40 - n_failed
    with pytest.warns(TrialsWarning):
        assert_explained_as_its_trials(study)


def test_infinite_values_are_failures():
    study = run(lambda trial: bowl(trial) + (np.inf if trial.number < 3 else 0))
    with pytest.warns(TrialsWarning, match="3 of 40 trials failed"):
        assert len(read_trials(study).scores) == 37


@pytest.mark.filterwarnings("ignore:Fixed parameter:UserWarning")
def test_enqueued_values_outside_the_distributions():
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    study.enqueue_trial({"x": 5.0, "y": 0.1})
    study.optimize(bowl, n_trials=40)
    with pytest.warns(TrialsWarning, match=r"1 of 40 trials have values outside.*number 0: .*5\.0"):
        trials = read_trials(study)
    assert trials.configs == [trial.params for trial in study.trials[1:]]
    assert (trials.space["x"].lower, trials.space["x"].upper) == (-1, 1)

    wider = {"x": FloatDistribution(-5, 5), "y": FloatDistribution(1e-3, 1, log=True)}
    assert read_trials(study, space=wider).configs[0] == {"x": 5.0, "y": 0.1}


@pytest.mark.parametrize("n_trials", [0, 5])
def test_a_study_without_completed_trials(n_trials):
    def fail(trial):
        raise ZeroDivisionError(bowl(trial))

    study = run(fail, n_trials=n_trials)
    found = "5 FAIL" if n_trials else "none"
    with pytest.raises(ValueError, match=f"no completed trial.*{found}"):
        HyperSHAPExplainer(study).fit()


# The metric


@pytest.mark.parametrize("direction", ["minimize", "maximize"])
def test_the_direction_is_the_study_s_own(direction):
    study = run(bowl, direction=direction)
    explainer = assert_explained_as_its_trials(study)
    assert explainer.incumbent_ == study.best_params
    table = explainer.explain("tunability")
    assert table.attrs["direction"] == direction
    assert table["value"].sum() > 0
    other = "maximize" if direction == "minimize" else "minimize"
    assert read_trials(study, direction=other).direction == other


def two_objectives(trial):
    x = trial.suggest_float("x", 0, 1)
    return x + trial.suggest_float("y", 0, 1), x


@pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
@pytest.mark.parametrize("named", [False, True])
def test_one_of_several_objectives(named):
    study = run(two_objectives, directions=["minimize", "maximize"])
    names = ["loss", "accuracy"] if named else ["values_0", "values_1"]
    if named:
        study.set_metric_names(names)
    for position, direction in enumerate(["minimize", "maximize"]):
        for metric in (names[position], position, str(position)):
            trials = read_trials(study, metric=metric)
            assert trials.scores.tolist() == [trial.values[position] for trial in study.trials]
            assert (trials.metric, trials.direction) == (names[position], direction)
        explainer = assert_explained_as_its_trials(study, metric=names[position])
    assert explainer.explain().attrs["metric"] == names[1]
    assert explainer.explain()["interaction"][0] == "x"  # the second objective is x alone

    with pytest.raises(
        ValueError, match=f"several objectives.*metric=.*'{names[0]}', '{names[1]}'"
    ):
        read_trials(study)
    with pytest.raises(ValueError, match=f"Did you mean '{names[1]}'"):
        HyperSHAPExplainer(study, metric=names[1][:-1] + "x").fit()
    for metric in (2, -1, True):
        with pytest.raises(ValueError, match="Unknown metric"):
            read_trials(study, metric=metric)


@pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
def test_the_only_objective_has_a_name():
    study = run(bowl)
    assert read_trials(study, metric="value").metric == "value"
    study.set_metric_names(["loss"])
    assert read_trials(study).metric == "loss"
    assert read_trials(study, metric=0).metric == "loss"
    with pytest.raises(ValueError, match=r"Unknown metric 'los'.*Did you mean 'loss'"):
        HyperSHAPExplainer(study, metric="los").fit()


def test_durations_are_seconds_and_minimised():
    study = run(bowl)
    trials = read_trials(study, metric="duration")
    assert trials.scores.tolist() == [trial.duration.total_seconds() for trial in study.trials]
    assert (trials.metric, trials.direction) == ("duration", "minimize")


# A space that the user gives


def test_optuna_s_distributions_are_a_space():
    def objective(trial):
        kernel = trial.suggest_categorical("kernel", ["linear", "rbf"])
        score = trial.suggest_float("C", 0.1, 1.0 + trial.number)
        return score + (trial.suggest_float("gamma", 0, 1) if kernel == "rbf" else 0)

    study = run(objective)
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


def test_a_space_that_does_not_hold_the_trials():
    study = run(bowl)
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


def test_a_given_configuration_space_is_taken_as_it_is():
    study = run(bowl)
    space = ConfigurationSpace()
    space.add(Float("x", (-2.0, 2.0)), Float("y", (1e-4, 1.0), log=True))
    explainer = HyperSHAPExplainer(study, space=space, random_state=0).fit()
    assert explainer.space_ is not space
    assert explainer.space_["x"].upper == 2
    assert_explained_as_its_trials(study, space=space)


def test_the_study_stays_as_it_is():
    study = run(bowl)
    before = study.get_trials(deepcopy=True)
    HyperSHAPExplainer(study, random_state=0).fit().explain()
    assert study.trials == before


def test_the_space_tells_the_defaults_that_are_used():
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    study.optimize(lambda trial: trial.suggest_float("x", 0, 1) ** 2, n_trials=15)
    explainer = HyperSHAPExplainer(study, random_state=0).fit()
    assert dict(explainer.space_.get_default_configuration()) == pytest.approx(explainer.baseline_)
    assert explainer.space_["x"].default_value != 0.5
    assert read_trials(study).space["x"].default_value == explainer.space_["x"].default_value
