"""Tables of a database give the trials that Optuna makes of them."""

from __future__ import annotations

import datetime
import sqlite3
from contextlib import closing

import numpy as np
import pytest

from skhypershap import read_trials
from skhypershap.trials.readers import optuna_database

optuna = pytest.importorskip("optuna")

pytestmark = pytest.mark.filterwarnings("ignore::skhypershap.HyperSHAPWarning")

RATE = optuna.distributions.FloatDistribution(1e-3, 1.0, log=True)
TENTHS = optuna.distributions.FloatDistribution(0.0, 1.0, step=0.1)
SIZE = optuna.distributions.IntDistribution(2, 64, step=2)
WIDER = optuna.distributions.IntDistribution(2, 128, step=2)
KIND = optuna.distributions.CategoricalDistribution(["a", 1, 1.0, None, True])
MOMENT = datetime.datetime(2026, 3, 29, 1, 30)  # Europe's clocks change half an hour later

PUBLIC = [
    "number",
    "state",
    "values",
    "datetime_start",
    "datetime_complete",
    "params",
    "distributions",
    "user_attrs",
    "system_attrs",
    "intermediate_values",
    "last_step",
    "duration",
]


def made(state, number, values=None, **options):
    """A trial whose hyperparameters depend on its number."""
    rng = np.random.default_rng(number)
    drawn = {
        "size": (int(rng.integers(1, 33)) * 2, WIDER if number % 3 else SIZE),
        "rate": (float(rng.uniform(1e-3, 1.0)), RATE),
        "kind": (KIND.choices[number % 5], KIND),
    }
    if number % 5 == 1:
        drawn["tenths"] = (0.1 * int(rng.integers(0, 11)), TENTHS)
    trial = optuna.trial.create_trial(
        state=state,
        values=values,
        params={name: value for name, (value, _) in drawn.items()},
        distributions={name: distribution for name, (_, distribution) in drawn.items()},
        **options,
    )
    trial.datetime_start = MOMENT + datetime.timedelta(seconds=number)
    if state.is_finished():
        trial.datetime_complete = MOMENT + datetime.timedelta(minutes=number)
    return trial


def study_in(file, name="made", directions=("minimize", "maximize")):
    study = optuna.create_study(
        storage=f"sqlite:///{file}",
        study_name=name,
        directions=list(directions),
        sampler=optuna.samplers.RandomSampler(seed=0),
    )
    states = optuna.trial.TrialState
    for number in range(10):
        values = [number / 7, float("inf") if number == 3 else -number / 3][: len(directions)]
        study.add_trial(
            made(
                states.COMPLETE,
                number,
                values,
                user_attrs={"zeta": [number, None], "alpha": "ä"},
                system_attrs={"constraints": [number - 7.0, -1.0]} if number else {},
                intermediate_values={9: values[0], 1: float("nan"), 4: float("-inf")},
            )
        )
    study.add_trial(made(states.PRUNED, 10, intermediate_values={0: 0.5}))
    study.add_trial(made(states.PRUNED, 11, [0.5] * len(directions), intermediate_values={2: 0.5}))
    study.add_trial(made(states.FAIL, 12))
    study.add_trial(optuna.trial.create_trial(state=states.FAIL))
    study.enqueue_trial({"size": 4})
    study.ask()
    study.ask({"rate": RATE})
    return study


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """A file with two studies, of two objectives and of one."""
    file = tmp_path_factory.mktemp("two") / "two.db"
    study_in(file)
    study_in(file, "other", ["maximize"])
    return file


def loaded(file, name):
    return optuna.load_study(study_name=name, storage=f"sqlite:///{file}")


def shown(trial):
    """All that a trial has, NaN included; parameters in their order."""
    ordered = [list(trial.params), list(trial.distributions)]
    return [ordered, *(repr((name, getattr(trial, name))) for name in PUBLIC), trial._trial_id]


def sorted_entries(trial):
    """Optuna leaves the order of attributes and of reports to the database."""
    for name in ("_user_attrs", "_system_attrs", "intermediate_values"):
        setattr(trial, name, dict(sorted(getattr(trial, name).items())))
    return trial


@pytest.mark.parametrize("name", ["made", "other"])
def test_trials_are_those_that_optuna_reads(two, name, monkeypatch):
    monkeypatch.delattr(optuna_database, "_read_by_optuna")
    found = optuna_database.all_trials(loaded(two, name))
    expected = loaded(two, name).get_trials()
    assert len(found) == 16
    assert {trial.state.name for trial in found} == {"COMPLETE", "PRUNED", "FAIL", "RUNNING"}
    for one, other in zip(found, expected, strict=True):
        assert shown(sorted_entries(one)) == shown(sorted_entries(other))


@pytest.mark.parametrize("metric", ["1", "duration"])
def test_read_trials_are_the_same_without_the_tables(two, metric, monkeypatch):
    fast = read_trials(loaded(two, "made"), metric=metric)
    monkeypatch.setattr(optuna_database, "_trials_in", None)
    slow = read_trials(loaded(two, "made"), metric=metric)
    assert fast.space == slow.space
    assert [list(config.items()) for config in fast.configs] == [
        list(config.items()) for config in slow.configs
    ]
    np.testing.assert_array_equal(fast.scores, slow.scores)
    np.testing.assert_array_equal(fast.constraints, slow.constraints)
    np.testing.assert_array_equal(fast.fidelity, slow.fidelity)
    assert fast.failed == slow.failed


def test_other_storages_are_read_by_optuna(two):
    study = optuna.create_study(directions=["minimize", "maximize"])
    study.add_trials(loaded(two, "made").get_trials(deepcopy=False)[:5])
    assert optuna_database.all_trials(study) == study.get_trials()


def test_study_whose_trials_cannot_be_read_is_named(two, tmp_path):
    file = tmp_path / "torn.db"
    file.write_bytes(two.read_bytes())
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("DELETE FROM studies WHERE study_name = 'made'")
        connection.execute("UPDATE trial_params SET distribution_json = '{'")
    with pytest.raises(ValueError, match=r"torn\.db': Optuna cannot read .*'other' \(JSONDecode"):
        read_trials(file)
