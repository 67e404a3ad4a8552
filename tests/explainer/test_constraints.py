"""Constraints of Optuna studies: the incumbent and every optimum are feasible."""

import io
import itertools
import warnings

import numpy as np
import pandas as pd
import pytest
from conftest import run_study, values_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.tree import DecisionTreeRegressor

from skhypershap import HyperSHAPExplainer, TrialsWarning, read_trials
from skhypershap.optimizers import random as random_search
from skhypershap.trials.inferred_clauses import predicted_feasible, without_infeasible

optuna = pytest.importorskip("optuna")
pytestmark = [
    pytest.mark.filterwarnings("ignore::skhypershap.SurrogateWarning"),
    pytest.mark.filterwarnings("ignore::skhypershap.BaselineWarning"),
]
counted = pytest.mark.filterwarnings("ignore:.*broke a constraint")
inferring = pytest.mark.filterwarnings("ignore:The search space was inferred")
LEAST = {"a": 50, "b": 20, "c": 100}


def half(trial):
    x, y = trial.suggest_float("x", 0, 1), trial.suggest_float("y", 0, 1)
    trial.set_constraint("at least a half", 0.5 - x)
    return x + 0.1 * y


def mixed(trial):
    kind = trial.suggest_categorical("kind", list(LEAST))
    n = trial.suggest_int("n", 1, 200, log=True)
    x = trial.suggest_float("x", 1e-3, 1, log=True)
    child = trial.suggest_float("child", 0, 1) if kind == "a" else 0
    trial.set_constraint("n", LEAST[kind] - n)
    trial.set_constraint("child", child - 0.7)
    return n / 200 + x + child * 0.1 + (kind == "b") * 0.1


def is_feasible(config):
    return LEAST[config["kind"]] <= config["n"] and config.get("child", 0) <= 0.7


def old_study():
    """A study whose sampler states the constraint."""
    with warnings.catch_warnings(action="ignore"):  # deprecated since Optuna 5
        sampler = optuna.samplers.TPESampler(
            seed=0, constraints_func=lambda trial: [0.5 - trial.params["x"]]
        )
    study = optuna.create_study(sampler=sampler)
    study.optimize(
        lambda trial: trial.suggest_float("x", 0, 1) + 0.1 * trial.suggest_float("y", 0, 1),
        n_trials=60,
    )
    return study


@pytest.fixture(scope="module")
def study():
    return run_study(mixed, n_trials=300)


@pytest.fixture(scope="module")
def explainer(study):
    baseline = {"kind": "c", "n": 150, "x": 0.1}
    with pytest.warns(TrialsWarning, match="broke a constraint"):
        return HyperSHAPExplainer(study, baseline=baseline, random_state=0).fit()


@pytest.mark.parametrize("make", [lambda: run_study(half, n_trials=200), old_study])
def test_both_ways_to_state_constraints(make):
    study = make()
    n_broken = sum(trial.params["x"] < 0.5 for trial in study.trials)
    message = f"{n_broken} of {len(study.trials)} trials with a score broke a constraint"
    with pytest.warns(TrialsWarning, match=message):
        explainer = HyperSHAPExplainer(study, baseline={"x": 0.8, "y": 0.5}, random_state=0).fit()
    assert explainer.incumbent_ == study.best_trial.params
    assert len(explainer.trials_) == len(study.trials)  # infeasible ones inform the surrogate
    values = values_of(explainer)
    assert values[()] == pytest.approx(0.85, abs=0.02)
    assert values[("x",)] == pytest.approx(0.55, abs=0.03)
    assert values[("x", "y")] == pytest.approx(0.5, abs=0.03)
    assert values_of(explainer, "mistunability")[("x", "y")] == pytest.approx(1.1, abs=0.05)
    table = explainer.explain("ablation", order=1)
    assert table.attrs["full_score"] == pytest.approx(study.best_value, abs=0.03)


@counted
@inferring
@pytest.mark.parametrize("make", [lambda: run_study(half, n_trials=60), old_study])
def test_tables_have_the_constraints_too(make):
    study = make()
    frame = study.trials_dataframe()
    expected = read_trials(study)
    for table in (frame, pd.read_csv(io.StringIO(frame.to_csv()))):
        found = read_trials(table, direction="minimize")
        np.testing.assert_array_equal(found.constraints, expected.constraints)
        assert set(found.space) == {"x", "y"}
        assert found.configs[found.incumbent] == study.best_trial.params
        assert found.feasible[found.worst]


@counted
def test_trials_that_were_read_keep_their_constraints(study):
    trials = read_trials(study)
    again = read_trials(trials)
    assert again.inferred == trials.inferred
    np.testing.assert_array_equal(again.constraints, trials.constraints)
    assert HyperSHAPExplainer(trials, random_state=0).fit().incumbent_ == study.best_trial.params
    assert read_trials(study, metric="failed").constraints is None


@pytest.mark.filterwarnings("error::skhypershap.TrialsWarning")
def test_kept_constraints_change_nothing():
    def kept(trial):
        x = trial.suggest_float("x", 0, 1)
        trial.set_constraint("c", -1.0)
        return x

    trials = read_trials(run_study(kept))
    assert trials.inferred == ()
    assert trials.feasible.all()


def test_where_no_trial_is_feasible_constraints_are_ignored():
    def never(trial):
        x = trial.suggest_float("x", 0, 1)
        trial.set_constraint("c", 1.0 + x)
        return x

    study = run_study(never)
    with pytest.warns(TrialsWarning, match="40 of 40 trials.*constraints are ignored"):
        trials = read_trials(study)
    assert trials.inferred == ()
    assert trials.incumbent == int(np.argmin(trials.scores))


def test_feasibility_is_predicted_for_conditional_and_mixed_spaces(explainer):
    fresh = [trial.params for trial in run_study(mixed, n_trials=1500).trials[300:]]
    predicted = predicted_feasible(explainer.fitted_.trials, fresh)
    truth = np.array([is_feasible(config) for config in fresh])
    assert (predicted == truth).mean() > 0.98
    trials = explainer.fitted_.trials
    assert predicted_feasible(trials, trials.configs)[trials.feasible].all()


def test_optima_are_feasible(explainer):
    for game in ("tunability", "mistunability"):
        assert np.isfinite(list(values_of(explainer, game).values())).all()
    asked = explainer.ask(10)
    assert sum(map(is_feasible, asked)) >= 8
    values = values_of(explainer)
    # kind alone stays at n = 150 and x = 0.1; n alone may go down to 100.
    assert values[("n",)] == pytest.approx(0.6, abs=0.06)
    assert values[("kind", "n", "x")] == pytest.approx(0.2, abs=0.06)


def test_larger_coalitions_are_no_worse(explainer):
    values = values_of(explainer)
    for small, large in itertools.product(values, repeat=2):
        if set(small) < set(large):
            assert values[large] <= values[small] + 1e-12


def test_infeasible_baseline_keeps_its_score(explainer):
    """At n = 1 only n, or kind with it, leads to where trials were feasible, at a worse score."""
    baseline = {"kind": "c", "n": 1, "x": 0.01}
    with pytest.warns(TrialsWarning, match="baseline lies where trials broke constraints"):
        values = values_of(explainer, baseline=baseline)
    with pytest.warns(TrialsWarning, match="configs lies where"):
        score = explainer.predict_score([baseline])[0]
    assert values[()] == values[("kind",)] == values[("x",)] == pytest.approx(score)
    assert values[("n",)] == pytest.approx(0.51, abs=0.06)
    assert values[("n",)] > values[()]


def test_games_without_an_optimum_ignore_constraints(explainer):
    context = explainer.fitted_.trials
    assert without_infeasible(context).space.forbidden_clauses == []
    table = explainer.explain("ablation", order=1)
    assert table["value"].sum() == pytest.approx(
        table.attrs["baseline_score"] - table.attrs["full_score"]
    )
    variances = values_of(explainer, "sensitivity")
    assert variances[()] == 0
    assert (np.array(list(variances.values())) >= 0).all()


def test_resamples_telling_advice_and_optimizers(explainer, study):
    table = explainer.explain("tunability", order=1, n_bootstrap=2)
    assert set(table["draw"]) == {0, 1, 2}
    subsets = explainer.best_subsets()
    assert subsets["gain"].is_monotonic_increasing
    bias = explainer.explain("optimizer_bias", optimizer_of_interest=random_search, n_trials=10)
    assert np.isfinite(bias["value"]).all()
    told = HyperSHAPExplainer(explainer.fitted_.source, random_state=0)
    with pytest.warns(TrialsWarning, match="broke a constraint"):
        told.fit()
    inferred = told.fitted_.trials.inferred
    told.tell([{"kind": "c", "n": 1, "x": 0.01}, {"kind": "c", "n": 190, "x": 0.5}], [-5.0, 3.0])
    assert told.fitted_.trials.inferred == inferred
    assert told.incumbent_ == study.best_trial.params  # what is predicted infeasible is not
    told.tell([{"kind": "c", "n": 190, "x": 0.6}], [-1.0])
    assert told.incumbent_["x"] == 0.6


CHOICES = {"k": ["a", "b", "c"], "n": [1, 2, 3, 4], "s": [0.0, 0.5, 1.0]}
CONFIGS = [
    dict(zip(CHOICES, values, strict=True)) for values in itertools.product(*CHOICES.values())
]


@given(st.integers(0, 10**6), st.floats(-1, 1), st.integers(1, 2), st.booleans())
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@counted
@pytest.mark.filterwarnings("ignore:baseline lies where")
def test_games_equal_a_search_by_hand(seed, shift, n_constraints, maximize):
    """Every configuration ran, and the surrogate has memorised it: the best feasible blends."""
    rng = np.random.default_rng(seed)
    scores = rng.normal(size=len(CONFIGS))
    constraints = rng.normal(shift, size=(len(CONFIGS), n_constraints))
    feasible = (constraints <= 0).all(axis=1)

    def objective(trial):
        trial.suggest_categorical("k", CHOICES["k"])
        trial.suggest_int("n", 1, 4)
        trial.suggest_float("s", 0, 1, step=0.5)
        row = CONFIGS.index(trial.params)
        for number, value in enumerate(constraints[row]):
            trial.set_constraint(str(number), value)
        return scores[row]

    direction = "maximize" if maximize else "minimize"
    study = optuna.create_study(
        sampler=optuna.samplers.GridSampler(CHOICES, 0), direction=direction
    )
    study.optimize(objective, n_trials=len(CONFIGS))
    start = int(rng.integers(len(CONFIGS)))
    explainer = HyperSHAPExplainer(
        study,
        surrogate=DecisionTreeRegressor(random_state=0),
        baseline=CONFIGS[start],
        random_state=0,
    ).fit()
    sign = 1 if maximize else -1
    for game, better in (("tunability", sign), ("mistunability", -sign)):
        for members, value in values_of(explainer, game).items():
            blends = [
                CONFIGS.index({**CONFIGS[start], **{name: config[name] for name in members}})
                for config in CONFIGS
            ]
            usable = [row for row in blends if feasible[row] or not feasible.any()]
            expected = max((better * scores[row] for row in usable), default=None)
            if not members or expected is None:
                expected = better * scores[start]
            assert better * value == pytest.approx(expected)
    best = np.argmax(np.where(feasible | ~feasible.any(), sign * scores, -np.inf))
    assert explainer.incumbent_ == CONFIGS[best]
