"""Tables of scikit-learn, of Optuna and others: metrics, parameters and fidelities."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from ConfigSpace import Categorical, ConfigurationSpace, EqualsCondition, Float

from skhypershap import SpaceWarning, read_trials
from skhypershap.trials.readers import table as table_reader
from skhypershap.trials.tables import dict_cells, optuna_table


def read_quietly(table, **arguments):
    with pytest.warns(SpaceWarning):
        return read_trials(table, **arguments)


def cv_table(**columns):
    """A table of a search, with columns besides."""
    return pd.DataFrame(
        {
            "param_a": [1, 2, 3],
            "params": [{"a": 1}, {"a": 2}, {"a": 3}],
            "mean_test_score": [0.1, 0.2, 0.3],
            **columns,
        }
    )


OF_OPTUNA = pd.DataFrame(
    {"number": [0, 1, 2], "value": [0.1, 0.2, 0.3], "params_a": [1, 2, 3], "params_b": [4, 5, 6]}
)
PLAIN = pd.DataFrame({"a": [1, 2, 3], "accuracy": [0.1, np.nan, 0.3]})


@pytest.mark.parametrize(
    ("source", "metric"),
    [
        (cv_table(), None),
        (cv_table(mean_test_f1=[1.0, 2.0, 3.0]), "score"),
        (cv_table(mean_test_failed=[1.0, 2.0, 3.0]), "failed"),
        (OF_OPTUNA, "0"),
        (OF_OPTUNA.rename(columns={"value": "values_failed"}), "failed"),
        (PLAIN, "accuracy"),
        (PLAIN.rename(columns={"accuracy": "score"}), None),
        (PLAIN.assign(failed=0.0), "failed"),
        (PLAIN.assign(loss=[1.0, 2.0, 3.0]), "accuracy"),  # a loss is there for all
        (PLAIN.assign(loss=[1.0, np.nan, 3.0]), "accuracy"),  # both fail together
        (PLAIN.fillna(0.2), "accuracy"),
    ],
)
def test_metric_of_failures(source, metric):
    assert table_reader.metric_of_failures(source) == metric


def test_failures_of_different_results_need_a_name():
    unclear = PLAIN.assign(loss=[np.nan, 2.0, 3.0])
    for source in (unclear, PLAIN.fillna(0.2).assign(loss=1.0), PLAIN[["a"]]):
        with pytest.raises(ValueError, match="needs to know the column of scores"):
            table_reader.metric_of_failures(source)


def test_given_space_names_parameters_of_optuna_by_name_or_column():
    for names in (("a", "b"), ("params_a", "params_b")):
        checked = table_reader.check(OF_OPTUNA, space=dict.fromkeys(names, (0, 9)))
        assert checked.details.parameters == {"a": "params_a", "b": "params_b"}
    with pytest.raises(ValueError, match="for the hyperparameter 'c'"):
        table_reader.check(OF_OPTUNA, space={"a": (0, 9), "c": (0, 9)})


def test_column_that_may_be_inactive_hides_no_other_that_is_missing():
    space = ConfigurationSpace()
    kernel, gamma = Categorical("kernel", ["linear", "rbf"]), Float("gamma", (0.0, 1.0))
    space.add(kernel, gamma, EqualsCondition(gamma, kernel, "rbf"))
    frame = pd.DataFrame({"kernel": ["linear"] * 3, "score": [1.0, 2.0, 3.0]})
    assert table_reader.check(frame, space=space).metric == "score"
    space.add(Float("zeta", (0.0, 1.0)))
    with pytest.raises(ValueError, match="for the hyperparameter 'zeta'"):
        table_reader.check(frame, space=space)


def test_fidelity_of_a_halving_search_is_its_resource():
    resources = {"n_resources": [10, 10, 20], "iter": [0, 0, 1]}
    for more in ({}, {"fidelity": [1, 2, 3]}):  # its own column comes first
        read = read_quietly(cv_table(**resources, **more))
        assert read.fidelity.tolist() == [10, 10, 20]
    assert read_quietly(cv_table(fidelity=[5, 6, 6])).fidelity.tolist() == [5, 6, 6]
    assert read_quietly(cv_table()).fidelity is None


@pytest.mark.filterwarnings("ignore:.*direction=:skhypershap.TrialsWarning")
def test_direction_of_tables_follows_the_kind_of_table():
    times = cv_table(mean_fit_time=[1.0, 2.0, 3.0], mean_test_loss=[1.0, 2.0, 3.0])
    assert read_quietly(times, metric="fit_time").direction == "minimize"
    assert read_quietly(times, metric="loss").direction == "maximize"  # scikit-learn negates it
    assert read_quietly(OF_OPTUNA).direction == "maximize"
    loss = OF_OPTUNA.rename(columns={"value": "values_loss"})
    assert read_quietly(loss).direction == "minimize"


def test_parameters_that_only_the_dicts_set_are_read():
    table = cv_table(params=[{"a": 1, "b": 7}, {"a": 2, "b": 8}, {"a": 3, "b": 7}])
    assert read_quietly(table).configs == table["params"].tolist()


@pytest.mark.parametrize(
    ("source", "metric", "column"),
    [
        (PLAIN, "accuracy", "accuracy"),
        (PLAIN.rename(columns={"accuracy": "score"}), "0", "score"),
        (PLAIN.rename(columns={"accuracy": "0"}), 0, "0"),
        (PLAIN.rename(columns={"accuracy": "mean_test_f1"}), None, "mean_test_f1"),
        (PLAIN.assign(score=1.0, mean_test_f1=1.0), None, "score"),
    ],
)
def test_column_of_scores_in_a_plain_table(source, metric, column):
    assert table_reader.check(source, metric=metric).metric == column


def test_column_of_scores_must_be_known():
    with pytest.raises(ValueError, match=r"Pass metric= one of 'accuracy'\."):
        table_reader.check(PLAIN)
    two = PLAIN.assign(mean_test_a=1.0, mean_test_b=1.0)
    with pytest.raises(ValueError, match="Pass metric= one of"):
        table_reader.check(two)
    with pytest.raises(ValueError, match="has no columns"):
        table_reader.check(pd.DataFrame({"fidelity": [1.0]}))
    with pytest.raises(ValueError, match=r"the column of scores.*'acc'"):
        table_reader.check(PLAIN, metric="acc")
    for name in ("fidelity", "a"):  # neither the fidelity nor a hyperparameter is a score
        with pytest.raises(ValueError, match="Unknown metric"):
            table_reader.check(PLAIN.assign(fidelity=1.0), metric=name, space={"a": (0, 9)})


@pytest.mark.parametrize(
    ("cell", "numbers"),
    [
        ("(1.0, -2.5)", [1.0, -2.5]),
        ("[3]", [3.0]),
        ("()", []),
        ((1, 2), [1.0, 2.0]),
        (4.5, [4.5]),
        (np.nan, []),
        (None, []),
    ],
)
def test_constraints_in_a_cell(cell, numbers):
    table = OF_OPTUNA.assign(system_attrs_constraints=[(9.0, 9.0), cell, (8.0, 7.0)])
    found = optuna_table.constraints_of(table)
    assert found[0].tolist() == [9.0, 9.0]
    np.testing.assert_array_equal(found[1], [*numbers, np.nan, np.nan][:2])


def test_states_follow_from_scores_where_there_are_none():
    scores = np.array([0.1, np.nan, np.inf])
    states = optuna_table.states_of(OF_OPTUNA, scores)
    assert states == ["COMPLETE", "FAIL", "FAIL"]
    written = OF_OPTUNA.assign(state=["TrialState.COMPLETE", "pruned", "Fail"])
    assert optuna_table.states_of(written, scores) == ["COMPLETE", "PRUNED", "FAIL"]


@pytest.mark.parametrize(
    ("text", "message"), [("{1, 2}", "has no dict in row 1"), ("{a: }", "cannot be read")]
)
def test_text_that_is_no_dict_is_refused(text, message):
    table = pd.DataFrame({"config": ["{'a': 1}", text], "score": [1.0, 2.0]})
    with pytest.raises(ValueError, match=rf"The column 'config' .*{message}"):
        dict_cells.with_columns_of_dicts(table, ["config"])
