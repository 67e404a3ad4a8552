"""Trials of Optuna, made by hand: states, steps, distributions, constraints and objectives."""

from __future__ import annotations

from types import SimpleNamespace
from typing import ClassVar

import numpy as np
import pytest

from skhypershap.space.domains import domain_of
from skhypershap.trials.readers import optuna_study

optuna = pytest.importorskip("optuna")

FloatDistribution = optuna.distributions.FloatDistribution
IntDistribution = optuna.distributions.IntDistribution
CategoricalDistribution = optuna.distributions.CategoricalDistribution


class _Study:
    """As much of a study as the reader reads."""

    directions: ClassVar = [SimpleNamespace(name="MAXIMIZE")]
    metric_names = None

    def __init__(self, *trials):
        self.trials = list(trials)

    def get_trials(self, deepcopy):
        return self.trials


def made(state, values=None, reports=(), number=0, params=None, distributions=None, attrs=None):
    reports = dict(enumerate(reports))
    return SimpleNamespace(
        number=number,
        state=SimpleNamespace(name=state),
        values=values,
        intermediate_values=reports,
        last_step=max(reports, default=None),
        params=params or {},
        distributions=distributions or {},
        system_attrs=attrs or {},
    )


def test_pruned_trials_count_where_complete_ones_end_with_their_last_report():
    complete, pruned = made("COMPLETE", [0.5], [0.1, 0.5]), made("PRUNED", [0.2], [0.2])
    early, failed = made("PRUNED"), made("FAIL")
    found = optuna_study.scored(_Study(complete, pruned, failed, early, made("RUNNING")))
    assert found.trials == [complete, pruned]
    assert found.failed == [failed]
    assert found.left_out == (
        "2 of 5 trials are left out: 1 failed; 1 were pruned without a score to compare."
    )
    for other in (made("COMPLETE", [0.5], [0.5, 0.1]), made("COMPLETE", [0.5])):
        found = optuna_study.scored(_Study(complete, pruned, other))
        assert found.trials == [complete, other]
        assert found.left_out.endswith(
            "1 were pruned without a score to compare, and complete ones do not end with the value they "
            "report."
        )
    assert optuna_study.scored(_Study(complete)).left_out == ""


def test_steps_of_pruned_trials_and_the_last_of_all_for_complete_ones():
    complete = made("COMPLETE", [0.5], [0.1, 0.2, 0.5], number=0)
    pruned = [made("PRUNED", [0.2], [0.2] * n, number=n) for n in (1, 2)]
    assert optuna_study.last_steps([complete, *pruned]) == [2, 0, 1]
    assert optuna_study.last_steps([complete]) is None


def test_values_of_steps_are_those_of_decimals():
    """Sums of floats miss them, and so does what is near, but not a step."""
    tenths = FloatDistribution(0.1, 0.9, step=0.1)
    trial = made(
        "COMPLETE", params={"x": 0.1 + 2 * 0.1, "y": 0.3}, distributions={"x": tenths, "y": tenths}
    )
    assert trial.params["x"] != 0.3
    assert optuna_study.config_of(trial) == {"x": 0.3, "y": 0.3}
    trial.params["x"] = 0.31
    assert optuna_study.config_of(trial)["x"] == 0.31
    assert trial.params["x"] == 0.31
    zero = FloatDistribution(-0.2, 0.2, step=0.1)
    rounded = made("COMPLETE", params={"x": -0.2 + 2 * 0.1 + 1e-17}, distributions={"x": zero})
    assert optuna_study.config_of(rounded) == {"x": 0.0}


@pytest.mark.parametrize(
    ("distribution", "grid"),
    [
        (FloatDistribution(0.0, 0.3, step=0.1), [0.0, 0.1, 0.2, 0.3]),
        (IntDistribution(2, 8, step=3), [2, 5, 8]),
        (IntDistribution(2, 8), None),
        (FloatDistribution(0.0, 0.3), None),
        (FloatDistribution(0.5, 0.5), [0.5]),
        (IntDistribution(3, 3), [3]),
    ],
)
def test_grid_of_a_distribution(distribution, grid):
    assert optuna_study._grid(distribution) == grid


def test_grids_of_many_steps_are_ranges(monkeypatch):
    monkeypatch.setattr(optuna_study, "MAX_STEPS", 4)
    assert len(optuna_study._grid(IntDistribution(0, 6, step=2))) == 4
    assert optuna_study._grid(IntDistribution(0, 8, step=2)) is None


def test_several_distributions_of_one_hyperparameter_are_joined():
    def joined(*distributions, **options):
        return optuna_study.hyperparameter_of("x", distributions, **options)

    whole = joined(IntDistribution(1, 8, log=True), IntDistribution(4, 20, log=True))
    assert (type(whole).__name__, whole.lower, whole.upper) == (
        "UniformIntegerHyperparameter",
        1,
        20,
    )
    assert whole.log
    assert whole.meta is None
    mixed = joined(IntDistribution(1, 8), FloatDistribution(0.5, 2.0, log=True))
    assert (type(mixed).__name__, mixed.lower, mixed.upper) == (
        "UniformFloatHyperparameter",
        0.5,
        8.0,
    )
    assert not mixed.log
    assert joined(IntDistribution(1, 8), exact=True).meta
    grids = joined(IntDistribution(0, 4, step=2), IntDistribution(4, 8, step=4))
    assert domain_of(grids).values == (0, 2, 4, 8)
    ranged = joined(IntDistribution(0, 4, step=2), IntDistribution(0, 9))
    assert (ranged.lower, ranged.upper) == (0, 9)
    choices = joined(CategoricalDistribution(["a", "b"]), CategoricalDistribution(["b", "c"]))
    assert domain_of(choices).values == ("a", "b", "c")
    with pytest.raises(ValueError, match="'x' from choices in some trials and from a range"):
        joined(CategoricalDistribution(["a"]), IntDistribution(0, 1))


def test_constraints_by_trial_and_name():
    """A missing constraint is NaN; one of another type than a number is an error."""
    trials = [
        made("COMPLETE", attrs=attrs)
        for attrs in (
            {"constraints": [1.0, -2.0]},
            {},
            {"constraints": [np.nan, 0.0]},
            {"other": 1},
        )
    ]
    found = optuna_study.constraints_array([optuna_study._constraints_of(t) for t in trials])
    nan = np.nan
    np.testing.assert_array_equal(found, [[1, -2], [nan, nan], [np.inf, 0], [nan, nan]])
    named = made("COMPLETE", attrs={"constraints:size": 3.0, "constraints": None})
    assert optuna_study._constraints_of(named) == {"constraints:size": 3.0}
    assert optuna_study.constraints_array([{}, {}]) is None


def test_objectives_are_named_numbered_or_the_duration():
    study = _Study()
    objective = optuna_study._objective(study, None)
    assert (objective.name, objective.direction) == ("value", "maximize")
    study.directions = [SimpleNamespace(name=name) for name in ("MINIMIZE", "MAXIMIZE")]
    for metric in (1, "1", "values_1"):
        objective = optuna_study._objective(study, metric)
        assert (objective.name, objective.direction) == ("values_1", "maximize")
        assert objective.score_of(made("COMPLETE", [3.0, 4.0])) == 4.0
    study.metric_names = ["loss", "duration"]
    assert optuna_study._objective(study, "duration").direction == "maximize"
    with pytest.raises(ValueError, match=r"several objectives.*'loss', 'duration', '0', '1'"):
        optuna_study._objective(study, None)
    with pytest.raises(ValueError, match="Unknown metric"):
        optuna_study._objective(study, 2)


def test_ranges_of_numbers_by_trial():
    choice, number = CategoricalDistribution(["a"]), IntDistribution(1, 5)
    trials = [
        made("COMPLETE", distributions={"k": choice, "n": number}),
        made("COMPLETE", distributions={"k": choice}),
        made("COMPLETE", distributions={"n": IntDistribution(2, 9)}),
    ]
    assert optuna_study._ranges(trials) == {"n": {0: (1, 5), 2: (2, 9)}}
