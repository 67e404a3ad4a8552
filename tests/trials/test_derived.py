"""Hyperparameters that follow another one, and relations that all trials of a table keep."""

import numpy as np
import pandas as pd
import pytest
from ConfigSpace import ForbiddenLessThanRelation
from conftest import run_study

from skhypershap import HyperSHAPExplainer, SpaceWarning, read_trials
from skhypershap.trials.derived import derived_names

inferring = pytest.mark.filterwarnings("ignore:The search space was inferred")
LETTERS = ["a", "b", "c", "d"]


def rows(n_trials=80, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.uniform(1, 4, n_trials)
    return {"x": x, "n": rng.integers(1, 6, n_trials), "k": rng.choice(LETTERS, n_trials)}


def configs_of(columns):
    return pd.DataFrame(columns).to_dict("records")


@pytest.mark.parametrize(
    ("source", "function"),
    [
        ("x", np.log),
        ("x", lambda x: -3 * x),
        ("x", lambda x: x),
        ("n", lambda n: n % 2),
        ("k", lambda k: [{"a": 1, "b": 2, "c": 2, "d": 3}[one] for one in k]),
    ],
)
def test_function_of_one_other_is_found_and_the_first_stays(source, function):
    columns = rows()
    expected = {"derived": source}
    assert derived_names(configs_of({**columns, "derived": function(columns[source])})) == expected


def test_chains_end_at_the_first():
    columns = rows()
    columns |= {"log": np.log(columns["x"]), "double": 2 * columns["x"]}
    assert set(derived_names(configs_of(columns))) == {"log", "double"}


def test_configurations_that_ran_again_show_nothing_new():
    assert derived_names(configs_of(rows(20)) * 10) == {}
    columns = rows(40) | {"log": np.log(rows(40)["x"])}
    assert derived_names(configs_of(columns) * 3) == {"log": "x"}


@pytest.mark.parametrize("n_trials", [3, 10, 30, 200])
def test_independent_values_are_not_derived(n_trials):
    for seed in range(20):
        assert derived_names(configs_of(rows(n_trials, seed))) == {}


def test_values_on_which_an_optimizer_settled_are_not_derived():
    columns = rows(20)
    settled = {"x": np.linspace(2, 2.01, 180), "n": [3] * 180, "k": ["a"] * 180}
    joined = {name: [*columns[name], *settled[name]] for name in columns}
    joined["n"][:20] = range(6, 26)  # each of them once, so that n decides k in all trials
    assert derived_names(configs_of(joined)) == {}


@inferring
def test_derived_column_is_not_a_player_and_is_named():
    columns = rows()
    frame = pd.DataFrame({**columns, "log_x": np.log(columns["x"]), "score": columns["x"]})
    with pytest.warns(SpaceWarning, match=r"not a player: log_x \(of x\)"):
        trials = read_trials(frame)
    assert set(trials.space) == {"x", "n", "k"}
    kept = read_trials(frame, space={"x": [*columns["x"]], "log_x": [*frame["log_x"]]})
    assert set(kept.space) == {"x", "log_x"}


@inferring
@pytest.mark.filterwarnings("ignore:The table does not have the direction")
def test_parameter_of_a_study_that_repeats_another_is_not_a_player():
    def repeated(trial):
        x = trial.suggest_float("x", 1, 4)
        return trial.suggest_float("y", x, x) + trial.suggest_float("z", 0, 1)

    study = run_study(repeated, n_trials=40)
    for source in (study, study.trials_dataframe()):
        with pytest.warns(SpaceWarning, match=r"not a player: y \(of x\)"):
            assert set(read_trials(source).space) == {"x", "z"}


@inferring
@pytest.mark.filterwarnings("ignore::skhypershap.SurrogateWarning")
def test_relation_that_all_trials_of_a_table_keep_is_inferred():
    rng = np.random.default_rng(0)
    x = rng.uniform(1, 4, 300)
    y = rng.uniform(x, 5)
    frame = pd.DataFrame({"x": x, "y": y, "score": x * x + y * y})
    baseline = {"x": 3.0, "y": 4.0}
    explainer = HyperSHAPExplainer(frame, direction="minimize", baseline=baseline, random_state=0)
    with pytest.warns(SpaceWarning, match="In all trials y >= x"):
        explainer.fit()
    (clause,) = explainer.space_.forbidden_clauses
    assert type(clause) is ForbiddenLessThanRelation
    values = explainer.coalition_values().set_index("coalition")["value"]
    assert values[("y",)] > 17.5  # y = 3 is the best that is legal: 18


@inferring
@pytest.mark.parametrize("upper", [5, 50])
def test_order_that_chance_explains_is_no_relation(upper):
    rng = np.random.default_rng(0)
    x, y = rng.uniform(0, 1, 30), rng.uniform(0.9, upper, 30)
    assert read_trials(pd.DataFrame({"x": x, "y": y, "score": x})).space.forbidden_clauses == []
