"""Optuna studies: their trials and metrics are those of Optuna's own API."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest
from conftest import assert_explained_as_its_trials, bowl, run_study

from skhypershap import HyperSHAPExplainer, read_trials
from skhypershap.errors import TrialsWarning
from skhypershap.space.domains import domain_of

pytestmark = [
    pytest.mark.filterwarnings("ignore:No default is known"),
]

optuna = pytest.importorskip("optuna")

FloatDistribution = optuna.distributions.FloatDistribution
IntDistribution = optuna.distributions.IntDistribution
CategoricalDistribution = optuna.distributions.CategoricalDistribution

FILES = {
    "fcnet_protein_tpe": ("optuna_tabular", "fcnet_protein_tpe.csv"),
    "rbv2_svm_1489_tpe": ("optuna_rbv2_svm", "rbv2_svm_1489_tpe.csv"),
}


def by_state(study, name):
    return [trial for trial in study.trials if trial.state.name == name]


@pytest.fixture(params=FILES)
def real(request, data_folder, tmp_path):
    """A study, its table and its described space."""
    database = tmp_path / "studies.db"
    shutil.copyfile(data_folder / "optuna_tabular" / "studies.db", database)
    study = optuna.load_study(study_name=request.param, storage=f"sqlite:///{database}")
    folder, table = FILES[request.param]
    described = json.loads((data_folder / folder / "space.json").read_text())
    return study, pd.read_csv(data_folder / folder / table), described


def test_real_study_has_the_trials_of_its_table(real):
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


def test_real_study_has_the_described_space(real):
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


def test_real_study_is_explained(real):
    study, _, _ = real
    explainer = assert_explained_as_its_trials(study)
    assert explainer.surrogate_score_ > 0.8
    best = study.best_trial
    assert explainer.incumbent_ == best.params
    table = explainer.explain("ablation")
    gain = table.attrs["full_score"] - table.attrs["baseline_score"]
    sign = 1 if study.direction.name == "MAXIMIZE" else -1
    assert table["value"].sum() == pytest.approx(sign * gain)


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


def test_pruned_trials_have_a_lower_fidelity():
    study = run_study(
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


def test_complete_trial_has_the_full_fidelity():
    def objective(trial):
        score = bowl(trial)
        for step in range(1, 3 + trial.number % 3):
            trial.report(score, step)
            if trial.number % 5 == 0:
                raise optuna.TrialPruned
        return score

    trials = read_trials(run_study(objective))
    assert trials.fidelity.tolist() == [4 if number % 5 else 1 for number in range(40)]


def test_pruned_trials_are_left_out_if_reports_are_not_the_objective():
    study = run_study(
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

    study = run_study(objective)
    n_pruned = len(by_state(study, "PRUNED"))
    with pytest.warns(
        TrialsWarning, match=f"{n_pruned} of 40 trials are left out: {n_pruned} were pruned"
    ):
        trials = read_trials(study)
    assert len(trials.scores) == 40 - n_pruned


def test_failed_trials_are_counted_and_unfinished_ones_ignored():
    def objective(trial):
        x = trial.suggest_float("x", -1, 1)
        if x > 0.8:
            raise ZeroDivisionError
        return x + (float("nan") if x < -0.8 else trial.suggest_float("y", 0, 1))

    study = run_study(objective)
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


def test_infinite_values_are_failed_trials():
    study = run_study(lambda trial: bowl(trial) + (np.inf if trial.number < 3 else 0))
    with pytest.warns(TrialsWarning, match="3 of 40 trials failed"):
        assert len(read_trials(study).scores) == 37


@pytest.mark.filterwarnings("ignore:Fixed parameter:UserWarning")
def test_enqueued_values_outside_the_distributions_are_left_out():
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
def test_study_without_completed_trials_is_refused(n_trials):
    def fail(trial):
        raise ZeroDivisionError(bowl(trial))

    study = run_study(fail, n_trials=n_trials)
    found = "5 FAIL" if n_trials else "none"
    with pytest.raises(ValueError, match=f"no completed trial.*{found}"):
        HyperSHAPExplainer(study).fit()


@pytest.mark.parametrize("direction", ["minimize", "maximize"])
def test_direction_is_that_of_the_study(direction):
    study = run_study(bowl, direction=direction)
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
def test_one_of_several_objectives_is_chosen(named):
    study = run_study(two_objectives, directions=["minimize", "maximize"])
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
def test_single_objective_has_a_name():
    study = run_study(bowl)
    assert read_trials(study, metric="value").metric == "value"
    study.set_metric_names(["loss"])
    assert read_trials(study).metric == "loss"
    assert read_trials(study, metric=0).metric == "loss"
    with pytest.raises(ValueError, match=r"Unknown metric 'los'.*Did you mean 'loss'"):
        HyperSHAPExplainer(study, metric="los").fit()


def test_duration_is_in_seconds_and_minimised():
    study = run_study(bowl)
    trials = read_trials(study, metric="duration")
    assert trials.scores.tolist() == [trial.duration.total_seconds() for trial in study.trials]
    assert (trials.metric, trials.direction) == ("duration", "minimize")


def test_study_is_not_changed():
    study = run_study(bowl)
    before = study.get_trials(deepcopy=True)
    HyperSHAPExplainer(study, random_state=0).fit().explain()
    assert study.trials == before
