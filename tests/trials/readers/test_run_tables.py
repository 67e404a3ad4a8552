"""Tables of MLflow, Weights & Biases, Ray Tune and DeepCAVE, beyond the matrix of the sources."""

from __future__ import annotations

import io
import json

import numpy as np
import pandas as pd
import pytest
from made_sources import (
    as_lists,
    deepcave_folder,
    deepcave_table,
    made_trials,
    mlflow_frame,
    own_space,
    ray_table,
    search,
    wandb_api_frame,
    wandb_csv,
)

from skhypershap import HyperSHAPExplainer, SpaceWarning, TrialsWarning, read_trials

pytestmark = [
    pytest.mark.filterwarnings("ignore:The search space was inferred"),
    pytest.mark.filterwarnings("ignore::skhypershap.BaselineWarning"),
    pytest.mark.filterwarnings("ignore::skhypershap.SurrogateWarning"),
]
UP = {"direction": "maximize"}
MAKERS = [mlflow_frame, wandb_api_frame, wandb_csv, ray_table, deepcave_table]


def types(configs):
    return [{name: type(value) for name, value in config.items()} for config in configs]


@pytest.mark.parametrize("make", MAKERS)
def test_given_the_space_the_explanation_is_that_of_the_search(make, tmp_path):
    made = made_trials()
    passed = {"space": own_space(), "surrogate": "forest", "random_state": 0, **UP}
    found = HyperSHAPExplainer(make(made, None, tmp_path), metric="score", **passed).fit()
    expected = HyperSHAPExplainer(search(made, None, tmp_path), metric="score", **passed).fit()
    passed = {"baseline": {"rate": 0.1, "kernel": "rbf", "depth": 2, "gamma": 0.5}}
    frames = [one.set_params(**passed).fit().explain() for one in (found, expected)]
    pd.testing.assert_frame_equal(*frames)


@pytest.mark.parametrize("make", [mlflow_frame, wandb_api_frame, deepcave_table])
def test_file_is_read_as_the_table(make, tmp_path):
    table = make(made_trials("none"), "none", tmp_path)
    table.to_csv(tmp_path / "runs.csv", na_rep="", index=False)
    passed = UP if make is not deepcave_table else {**UP, "space": as_lists("none")}
    found, expected = read_trials(tmp_path / "runs.csv", **passed), read_trials(table, **passed)
    assert found.configs == expected.configs
    assert types(found.configs) == types(expected.configs)


@pytest.mark.parametrize("make", [mlflow_frame, wandb_api_frame])
def test_fidelity_is_no_result(make, tmp_path):
    table = make(made_trials("fidelity"), "fidelity", tmp_path)
    if make is mlflow_frame:
        table = table.rename(columns={"metrics.score": "metrics.acc"})
    else:
        for summary in table["summary"]:
            summary["acc"] = summary.pop("score")
    trials = read_trials(table, **UP)
    assert trials.metric == "acc"
    assert sorted(set(trials.fidelity)) == [1, 3, 9]


class TestMlflow:
    def test_logged_text_has_its_values_again(self):
        cells = {
            "trees": ["10", "200"],
            "share": ["0.5", "1"],
            "features": ["sqrt", "0.3"],
            "depth": ["None", "4"],
            "warm": ["True", "False"],
            "name": ["1e", "x"],
        }
        table = pd.DataFrame({f"params.{name}": values * 10 for name, values in cells.items()})
        table["metrics.acc"] = np.arange(20.0)
        first, second = read_trials(table, **UP).configs[:2]
        assert first == {
            **{"trees": 10, "share": 0.5, "features": "sqrt"},
            **{"depth": None, "warm": True, "name": "1e"},
        }
        assert second == {
            **{"trees": 200, "share": 1.0, "features": 0.3, "depth": 4, "warm": False, "name": "x"}
        }
        assert types([second])[0] | {"name": str} == {
            **{"trees": int, "share": float, "features": float},
            **{"depth": int, "warm": bool, "name": str},
        }

    def test_table_that_is_all_text(self, tmp_path):
        table = mlflow_frame(made_trials("failed"), "failed", tmp_path)
        with pytest.warns(TrialsWarning, match="7 of 60 trials failed"):
            expected = read_trials(table, **UP)
        with pytest.warns(TrialsWarning, match="7 of 60 trials failed"):
            found = read_trials(table.astype(str), **UP)
        assert found.configs == expected.configs
        assert types(found.configs) == types(expected.configs)

    def test_constants_and_names_are_left_out_with_a_warning(self, tmp_path):
        table = mlflow_frame(made_trials(), None, tmp_path)
        with pytest.warns(SpaceWarning, match=r"'data' \(the same in all runs\), 'out' \(it ident"):
            trials = read_trials(table, **UP)
        assert sorted(trials.space) == ["depth", "gamma", "kernel", "rate"]

    def test_runs_that_are_no_trials(self, tmp_path):
        table = mlflow_frame(made_trials(), None, tmp_path)
        params = [name for name in table if name.startswith("params.")]
        table["tags.mlflow.parentRunId"] = None
        table.loc[1:, "tags.mlflow.parentRunId"] = table["run_id"][0]
        table.loc[2, "status"], table.loc[3, "status"] = "RUNNING", "KILLED"
        table.loc[4:6, "status"] = "FAILED"
        table.loc[4:5, params] = None
        message = (
            r"5 of 60 runs are left out: 2 failed before their parameters were logged; 2 were stopped "
            r"or have not ended; 1 have runs of their own\. 1 of 55 trials failed"
        )
        with pytest.warns(TrialsWarning, match=message):
            trials = read_trials(table, **UP)
        assert len(trials.configs) == 54
        assert trials.configs[0] == made_trials()[1].config
        assert len(trials.failed) == 3
        failures = read_trials(table, metric="failed")
        assert failures.scores.sum() == 3

    def test_metric_by_the_name_of_its_column(self, tmp_path):
        table = mlflow_frame(made_trials("several"), "several", tmp_path)
        assert read_trials(table, metric="metrics.size", **UP).metric == "size"

    def test_table_without_results(self, tmp_path):
        table = mlflow_frame(made_trials(), None, tmp_path).drop(columns="metrics.score")
        with pytest.raises(ValueError, match="MLflow runs has no results"):
            read_trials(table)

    def test_unknown_hyperparameter_is_named(self, tmp_path):
        table = mlflow_frame(made_trials(), None, tmp_path)
        with pytest.raises(ValueError, match=r"MLflow runs 'ratee'\. Did you mean 'rate'"):
            read_trials(table, space={"ratee": [1, 2]})

    @pytest.mark.parametrize(
        ("name", "direction"),
        [("val/loss", "minimize"), ("test-rmse", "minimize"), ("accuracy", "maximize")],
    )
    def test_direction_is_guessed_with_a_warning(self, tmp_path, name, direction):
        table = mlflow_frame(made_trials(), None, tmp_path)
        table = table.rename(columns={"metrics.score": f"metrics.{name}"})
        with pytest.warns(TrialsWarning, match=f"direction of '{name}', .* to {direction}"):
            assert read_trials(table).direction == direction


class TestWandb:
    def test_text_of_dicts(self, tmp_path):
        table = wandb_api_frame(made_trials("none"), "none", tmp_path)
        table.loc[3, "summary"]["score"] = float("nan")
        text = pd.read_csv(io.StringIO(table.to_csv()))
        assert "nan" in text["summary"][3]
        with pytest.warns(TrialsWarning, match="1 of 60 trials failed"):
            found = read_trials(text, **UP)
        with pytest.warns(TrialsWarning):
            expected = read_trials(table, **UP)
        assert found.configs == expected.configs
        as_json = table.assign(
            **{name: table[name].map(json.dumps) for name in ("config", "summary")}
        )
        with pytest.warns(TrialsWarning):
            assert read_trials(as_json, **UP).configs == expected.configs

    def test_broken_text_of_a_dict_names_the_row(self, tmp_path):
        table = wandb_api_frame(made_trials(), None, tmp_path)
        text = pd.read_csv(io.StringIO(table.to_csv()))
        text.loc[7, "config"] = "{'rate': open('x')}"
        with pytest.raises(ValueError, match=r"column 'config' has a dict in row 7 that cannot be"):
            read_trials(text, **UP)

    def test_nested_and_wrapped_entries(self, tmp_path):
        table = wandb_api_frame(made_trials(), None, tmp_path)
        table["config"] = [
            {"model": {"rate": one["rate"]}, "depth": {"value": one["depth"], "desc": None}}
            for one in table["config"]
        ]
        trials = read_trials(table, **UP)
        assert sorted(trials.space) == ["depth", "model.rate"]
        assert trials.configs[0]["depth"] == made_trials()[0].config["depth"]

    def test_columns_with_prefixes(self, tmp_path):
        table = wandb_api_frame(made_trials(), None, tmp_path)
        config = pd.DataFrame(list(table["config"])).add_prefix("config.")
        summary = pd.DataFrame(list(table["summary"])).add_prefix("summary.")
        expected = read_trials(table, **UP).configs
        assert read_trials(pd.concat([config, summary], axis=1), **UP).configs == expected
        bare = config.rename(columns=lambda name: name.removeprefix("config."))
        for table in (
            pd.concat([bare, summary], axis=1),
            pd.concat([config, summary["summary.score"].rename("score")], axis=1),
        ):
            assert read_trials(table, **UP).configs == expected

    def test_export_names_what_it_takes_as_parameters(self, tmp_path):
        file = wandb_csv(made_trials("several"), "several", tmp_path)
        with pytest.warns(SpaceWarning, match=r"taken as parameters: .*'size'.*Pass space="):
            trials = read_trials(file, metric="score", **UP)
        assert sorted(trials.space) == ["depth", "gamma", "kernel", "rate", "size"]
        trials = read_trials(file, metric="score", space=as_lists(), **UP)
        assert sorted(trials.space) == ["depth", "gamma", "kernel", "rate"]

    def test_unfinished_runs_are_left_out(self, tmp_path):
        table = wandb_api_frame(made_trials(), None, tmp_path)
        table.loc[2, "state"], table.loc[5, "state"] = "running", "killed"
        with pytest.warns(TrialsWarning, match="2 of 60 runs are left out: 2 were stopped"):
            assert len(read_trials(table, **UP).configs) == 58


class TestRay:
    def test_times_are_no_objectives(self, tmp_path):
        table = ray_table(made_trials(), None, tmp_path)
        assert read_trials(table, **UP).metric == "score"
        times = read_trials(table, metric="time_total_s")
        assert (times.metric, times.direction) == ("time_total_s", "minimize")


class TestDeepcave:
    def test_directions_are_those_of_the_run(self, tmp_path):
        table = deepcave_table(made_trials(), None, tmp_path)
        assert read_trials(table).direction == "maximize"
        lower = table.rename(columns=lambda name: name.replace("maximize", "minimize"))
        assert read_trials(lower).direction == "minimize"
        folder = deepcave_folder(made_trials(), None, tmp_path)
        assert read_trials(folder).direction == "maximize"
        assert read_trials(folder, metric="time").direction == "minimize"

    @pytest.fixture
    def two_tables(self, tmp_path):
        made = made_trials("failed")
        deepcave_table(made, "failed", tmp_path).to_csv(tmp_path / "trials.csv", index=False)
        (tmp_path / "configspace.csv").write_text(
            "name,type,lower,upper,log,default,ordered,item_0,item_1,item_2\n"
            "rate,float,0.0001,1.0,True,0.01,,,,\n"
            "kernel,categorical,,,,linear,False,rbf,linear,\n"
            "depth,integer,1,9,False,3,,,,\n"
            "gamma,float,0,1,False,,,,,\n"
        )
        return made, tmp_path

    def test_two_tables(self, two_tables):
        made, folder = two_tables
        with pytest.warns(TrialsWarning, match="7 of 60 trials failed"):
            trials = read_trials(folder)
        assert trials.configs == [trial.config for trial in made if trial.score == trial.score]
        assert (trials.metric, trials.direction) == ("score", "maximize")
        assert trials.space["rate"].log
        assert trials.default == {"rate": 0.01, "kernel": "linear", "depth": 3, "gamma": 0.5}

    @pytest.mark.parametrize(
        ("old", "new", "message"),
        [
            (
                "rate,float,0.0001",
                "rate,float,low",
                r"configspace\.csv': row 0 is not a hyperparameter",
            ),
            ("kernel,categorical", "kernel,choice", r"configspace\.csv': row 1 is not a hyper"),
            ("rate,float", "speed,float", r"trials\.csv' has no column 'speed'"),
            (",False,,,,,\n", ",False,,,\n", r"configspace\.csv': line 5 has 8 cells"),
        ],
    )
    def test_broken_tables_are_named(self, two_tables, old, new, message):
        _, folder = two_tables
        file = folder / "configspace.csv"
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new))
        with pytest.raises(ValueError, match=message) as caught:
            read_trials(folder)
        assert str(folder) in str(caught.value)

    def test_stored_table(self, data_folder):
        table = pd.read_csv(data_folder / "deepcave_digits_sklearn" / "run_1.csv")
        with pytest.warns(SpaceWarning, match="taken as parameters: 'activation', 'batch_size'"):
            trials = read_trials(table, metric="accuracy", **UP)
        assert len(trials.space) == 6
        assert sorted(set(trials.fidelity)) == sorted(set(table["budget"]))
        assert len(trials.configs) == table["accuracy"].notna().sum()

    @pytest.mark.parametrize(
        ("name", "edit", "message"),
        [
            ("history.jsonl", lambda text: text[:-9], r"line 10 is not complete JSON"),
            ("history.jsonl", lambda text: "", "has no trial"),
            (
                "history.jsonl",
                lambda text: text.replace("[0, ", '["0", ', 1),
                "line 1, configuration",
            ),
            (
                "history.jsonl",
                lambda text: text.replace(", 1, {}]", ', "ok", {}]', 1),
                "status must",
            ),
            ("history.jsonl", lambda text: text.replace("[0, ", "[99, ", 1), "configuration 99"),
            ("history.jsonl", lambda text: text.replace(", {}]", "]", 5), "line 1, .*must be"),
            ("history.jsonl", lambda text: '{"a": 1}\n' + text, "line 1 must be a list"),
            ("meta.json", lambda text: "{}", "has no 'objectives'"),
            ("meta.json", lambda text: text.replace('"upper"}', '"best"}'), "optimize 'best'"),
            (
                "configs.json",
                lambda text: text.replace('"rbf"', '"cubic"', 1),
                "configuration 0 is",
            ),
            ("configspace.json", lambda text: "[]", "must be a dict"),
        ],
    )
    def test_broken_run_names_file_and_entry(self, tmp_path, name, edit, message):
        folder = deepcave_folder(made_trials(n_trials=10), None, tmp_path)
        (folder / name).write_text(edit((folder / name).read_text()))
        with pytest.raises(ValueError, match=message) as caught:
            read_trials(folder)
        assert str(folder) in str(caught.value)
