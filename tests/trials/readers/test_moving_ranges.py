"""Optuna studies whose ranges move: relations are inferred, anything else is warned of."""

import pytest
from ConfigSpace import ForbiddenGreaterThanRelation, ForbiddenLessThanRelation
from conftest import run_study

from skhypershap import HyperSHAPExplainer, read_trials
from skhypershap.errors import SpaceWarning

optuna = pytest.importorskip("optuna")


def above(trial):
    x = trial.suggest_float("x", 1, 4)
    y = trial.suggest_float("y", x, 5)
    return x * x + y * y


def test_lower_bound_of_another_value_is_a_relation():
    study = run_study(above, n_trials=200)
    with pytest.warns(SpaceWarning, match="taken as: y >= x"):
        explainer = HyperSHAPExplainer(study, random_state=0, baseline={"x": 3.0, "y": 4.0}).fit()
    (clause,) = explainer.space_.forbidden_clauses
    assert type(clause) is ForbiddenLessThanRelation
    values = explainer.coalition_values().set_index("coalition")["value"]
    assert values[("y",)] > 17.5  # y = 3 is the best that is legal: 18
    assert values[("x", "y")] == pytest.approx(2, abs=2)


def test_upper_bound_of_another_value_is_a_relation():
    def below(trial):
        n = trial.suggest_int("n", 2, 30)
        return trial.suggest_int("k", 1, n) / n

    with pytest.warns(SpaceWarning, match="taken as: k <= n"):
        trials = read_trials(run_study(below, n_trials=60))
    (clause,) = trials.space.forbidden_clauses
    assert type(clause) is ForbiddenGreaterThanRelation


def test_other_bound_is_named_in_a_warning():
    def twice(trial):
        x = trial.suggest_float("x", 1, 4)
        return trial.suggest_float("y", 2 * x, 10) + trial.suggest_float("z", 0, 1)

    with pytest.warns(SpaceWarning, match="range of y is not the same in all trials"):
        trials = read_trials(run_study(twice, n_trials=30))
    assert trials.space.forbidden_clauses == []
