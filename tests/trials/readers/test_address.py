"""Addresses of files, folders and databases: what is there is read whole, or refused by name."""

from __future__ import annotations

import csv
import importlib.util
import json
import os
import pickle
import sqlite3
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import needs
from made_sources import journal, made_trials, plain_table, smac_folder, storage, study

from skhypershap import HyperSHAPExplainer, TrialsWarning, read_trials
from skhypershap.trials import storages

try:
    import optuna
except ImportError:  # tests that need it are skipped
    optuna = None

pytestmark = [
    pytest.mark.filterwarnings("ignore::skhypershap.SpaceWarning"),
    pytest.mark.filterwarnings("ignore::skhypershap.BaselineWarning"),
    pytest.mark.filterwarnings("ignore::skhypershap.SurrogateWarning"),
    pytest.mark.filterwarnings("ignore:JournalStorage is experimental"),
]


@pytest.fixture(scope="module")
def one(tmp_path_factory):
    """A file with one study."""
    folder = tmp_path_factory.mktemp("one")
    storage(made_trials(n_trials=30), None, folder)
    return folder / "study.db"


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """A file with two studies, of 30 and of 20 trials."""
    file = tmp_path_factory.mktemp("two") / "both.sqlite3"
    for name, n_trials in (("first", 30), ("second", 20)):
        made = optuna.create_study(
            storage=f"sqlite:///{file}", study_name=name, direction="maximize"
        )
        made.add_trials(study(made_trials(n_trials=n_trials), None, None).get_trials())
    return file


def same_trials(found, expected):
    assert found.configs == expected.configs
    np.testing.assert_array_equal(found.scores, expected.scores)
    assert (found.metric, found.direction) == (expected.metric, expected.direction)


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("mysql+pymysql://me:pa/ss@host:3306/runs", "mysql+pymysql://me:***@host:3306/runs"),
        ("mysql://me:p@ss@host/runs", "mysql://me:***@host/runs"),
        ("postgresql://host:5432/runs", "postgresql://host:5432/runs"),
        ("sqlite:////runs@home/a:b.db", "sqlite:////runs@home/a:b.db"),
    ],
)
def test_messages_hide_passwords_of_addresses(address, shown):
    assert storages.without_password(address) == shown


@needs("optuna")
class TestStorages:
    def test_every_address_of_a_file_gives_the_study(self, one, monkeypatch):
        expected = read_trials(optuna.load_study(study_name="made", storage=f"sqlite:///{one}"))
        monkeypatch.chdir(one.parent)
        relative = [one.name, f"sqlite:///{one.name}", f"sqlite+pysqlite:///{one.name}"]
        for address in (one, str(one), f"sqlite:///{one}", f"sqlite:///{one}?timeout=9", *relative):
            same_trials(read_trials(address), expected)
            same_trials(read_trials(address, study_name="made"), expected)
        same_trials(read_trials(optuna.storages.RDBStorage(f"sqlite:///{one}")), expected)

    def test_explainer_takes_the_address(self, one):
        found = HyperSHAPExplainer(f"sqlite:///{one}", surrogate="forest", random_state=0).fit()
        made = optuna.load_study(study_name="made", storage=f"sqlite:///{one}")
        expected = HyperSHAPExplainer(made, surrogate="forest", random_state=0).fit()
        pd.testing.assert_frame_equal(found.explain(), expected.explain())

    def test_one_of_several_studies_is_named(self, two):
        for address in (two, f"sqlite:///{two}"):
            with pytest.raises(ValueError, match=r"2 studies: 'first', 'second'\. .*study_name="):
                read_trials(address)
            with pytest.raises(ValueError, match="2 studies: 'first', 'second'"):
                HyperSHAPExplainer(address).fit()
            with pytest.raises(ValueError, match=r"'secnd'\. Did you mean 'second'"):
                read_trials(address, study_name="secnd")
            assert len(read_trials(address, study_name="first").configs) == 30
            trials = read_trials(address, study_name="second")
            assert len(trials.configs) == 20
        explainer = HyperSHAPExplainer(trials, surrogate="forest", random_state=0).fit()
        assert len(explainer.trials_) == 20
        assert {"rate", "kernel"} <= set(explainer.hyperparameter_names_)

    def test_file_is_not_changed(self, one):
        before = one.read_bytes()
        mode = one.stat().st_mode
        one.chmod(0o444)
        try:
            read_trials(one)
        finally:
            one.chmod(mode)
        assert one.read_bytes() == before

    def test_nothing_is_created(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        for address in ("no.db", "sqlite:///no.db", Path("no.sqlite3"), "no.csv"):
            with pytest.raises(FileNotFoundError, match=r"no\.(db|csv|sqlite3)"):
                read_trials(address)
        for address in ("sqlite://", "sqlite:///:memory:"):
            with pytest.raises(ValueError, match="in memory"):
                read_trials(address)
        assert os.listdir(tmp_path) == []

    def test_other_files_are_refused(self, one, tmp_path):
        text = tmp_path / "text.db"
        text.write_text("no database")
        with pytest.raises(ValueError, match=r"text\.db' is not a file of sqlite"):
            read_trials(text)
        cut = tmp_path / "cut.db"
        for n_bytes in (3000, one.stat().st_size // 2):
            cut.write_bytes(one.read_bytes()[:n_bytes])
            with pytest.raises(ValueError, match=r"cut\.db"):
                read_trials(f"sqlite:///{cut}")
        other = tmp_path / "other.db"
        with sqlite3.connect(other) as connection:
            connection.execute("CREATE TABLE runs (a)")
        connection.close()
        before = other.read_bytes()
        with pytest.raises(
            ValueError, match=r"other\.db' is no storage of Optuna's: .*tables: runs"
        ):
            read_trials(other)
        assert other.read_bytes() == before

    def test_storage_without_studies(self, tmp_path):
        optuna.storages.RDBStorage(f"sqlite:///{tmp_path}/none.db")
        with pytest.raises(ValueError, match=r"none\.db' has no study"):
            read_trials(tmp_path / "none.db")

    def test_journal_that_was_cut_off(self, tmp_path):
        file = journal(made_trials(n_trials=10), None, tmp_path)
        file.write_text(file.read_text()[:-20])
        with pytest.raises(ValueError, match=r"study\.log' is not a complete journal"):
            read_trials(file)

    def test_study_name_is_for_storages(self, tmp_path):
        table = plain_table(made_trials(), None, None)
        with pytest.raises(ValueError, match=r"study_name is for .*got a DataFrame"):
            read_trials(table, study_name="made")
        table.to_csv(tmp_path / "a.csv", index=False)
        with pytest.raises(ValueError, match=r"study_name is for .*a\.csv"):
            read_trials(tmp_path / "a.csv", study_name="made")


class TestTables:
    @pytest.fixture
    def table(self):
        return plain_table(made_trials("conditional"), None, None)

    @pytest.mark.parametrize("ending", [".csv", ".tsv", ".csv.gz", ".parquet", ".jsonl", ".ndjson"])
    def test_file_is_read_as_its_table(self, table, tmp_path, ending):
        file = tmp_path / f"trials{ending}"
        if "sv" in ending:
            table.to_csv(file, index=False, sep="\t" if "tsv" in ending else ",")
        elif ending == ".parquet":
            table.astype({"depth": int}).to_parquet(file)
        else:
            file.write_text("".join(json.dumps(c) + "\n" for c in _rows(table)))
        expected = read_trials(table)
        for address in (file, str(file)):
            same_trials(read_trials(address), expected)

    def test_semicolons_and_marks_of_bytes(self, table, tmp_path):
        table.to_csv(tmp_path / "a.csv", index=False, sep=";", encoding="utf-8-sig")
        same_trials(read_trials(tmp_path / "a.csv"), read_trials(table))

    @needs("optuna")
    def test_tables_of_libraries_are_recognised(self, tmp_path):
        made = study(made_trials("failed"), None, None)
        made.trials_dataframe().to_csv(tmp_path / "a.csv")
        with pytest.warns(TrialsWarning):
            found = read_trials(tmp_path / "a.csv", direction="maximize")
        with pytest.warns(TrialsWarning):
            expected = read_trials(made)
        assert found.configs == expected.configs
        assert len(found.failed) == len(expected.failed)

    @pytest.mark.parametrize(
        ("name", "contents", "message"),
        [
            ("a.csv", "", "is empty"),
            ("a.csv", "x,score\n", "has no rows"),
            ("a.csv", "x,y,score\n1,2,3\n1,2\n", "line 3 has 2 cells, but the header has 3"),
            ("a.csv", "x,score\n1,2,3\n", "line 2 has 3 cells"),
            ("a.csv", 'x,score\n"1,2\n', "line 2 cannot be read"),
            ("a.csv", "x,score\n1,2\n2,bad\n3,4\n", "'score' must hold numbers; row 1 has 'bad'"),
            ("a.csv", b"x,score\n\xff\xfe,1\n", "is not text in UTF-8"),
            ("a.csv.gz", b"not gzip", "not complete text in gzip"),
            ("a.jsonl", "", "is empty"),
            ("a.jsonl", "\n\n", "is empty"),
            ("a.jsonl", '{"x": 1, "score": 2}\n{"x": 1, "sc', "line 2 is not complete JSON"),
            ("a.jsonl", '[{"x": 1}]\n', r"line 1 must be a dict; got \["),
            ("a.jsonl", '{"x": 1, "score": "a"}\n', "'score' must hold numbers; row 0 has 'a'"),
            ("a.jsonl", '{"x": 1, "score": {"v": 2}}\n', "metric"),
            ("a.parquet", "x", "is not a complete parquet file"),
            ("a.xlsx", "x", "of no known kind"),
            ("a", "x", "of no known kind"),
        ],
    )
    def test_broken_file_is_named(self, tmp_path, name, contents, message):
        file = tmp_path / name
        file.write_bytes(contents if isinstance(contents, bytes) else contents.encode())
        with pytest.raises(ValueError, match=message) as caught:
            read_trials(file)
        assert str(file) in str(caught.value)
        with pytest.raises(ValueError, match=message):
            HyperSHAPExplainer(str(file)).fit()

    def test_long_cells_are_read(self, table, tmp_path):
        file = tmp_path / "a.csv"
        table.assign(run_name=["x" * 200_000 + str(row) for row in range(len(table))])[:20].to_csv(
            file, index=False
        )
        limit = csv.field_size_limit()
        assert len(read_trials(file).configs) == 20
        assert csv.field_size_limit() == limit

    def test_last_line_without_end_is_a_warning(self, table, tmp_path):
        file = tmp_path / "a.csv"
        file.write_text(table.to_csv(index=False)[:-3])
        with pytest.warns(TrialsWarning, match=r"a\.csv': the last line has no end"):
            read_trials(file)

    def test_parquet_that_was_cut_off(self, table, tmp_path):
        file = tmp_path / "a.parquet"
        table.astype({"depth": int}).to_parquet(file)
        file.write_bytes(file.read_bytes()[:-100])
        with pytest.raises(ValueError, match=r"a\.parquet' is not a complete parquet file"):
            read_trials(file)


def _rows(table):
    return [
        {name: value for name, value in row.items() if value == value}
        for row in table.to_dict(orient="records")
    ]


class Bomb:
    """Creates a file when it is unpickled."""

    def __init__(self, file):
        self.file = file

    def __reduce__(self):
        return Path.touch, (self.file,)


@pytest.mark.parametrize("name", ["a.pkl", "a.pickle", "a.joblib", "a.csv", "a.jsonl", "a.db", "a"])
def test_pickle_is_never_opened(tmp_path, name):
    file = tmp_path / name
    file.write_bytes(pickle.dumps(Bomb(tmp_path / "ran")))
    with pytest.raises(ValueError, match=r"is a pickle.*load it yourself"):
        read_trials(file)
    with pytest.raises(ValueError, match="is a pickle"):
        HyperSHAPExplainer(str(file)).fit()
    assert not (tmp_path / "ran").exists()


def test_pickles_in_the_folder_of_a_run_are_not_opened(tmp_path):
    from made_sources import ray_folder

    folder = ray_folder(made_trials(), None, tmp_path)
    for inside in (folder, folder / "train_000"):
        (inside / "params.pkl").write_bytes(pickle.dumps(Bomb(tmp_path / "ran")))
    assert len(read_trials(folder, metric="score", direction="maximize").configs) == 60
    assert not (tmp_path / "ran").exists()


def test_nothing_at_an_address(tmp_path):
    with pytest.raises(FileNotFoundError, match="nothing at this address"):
        read_trials(tmp_path / "nowhere")
    with pytest.raises(ValueError, match="empty text"):
        read_trials("")


def test_folder_above_runs(tmp_path):
    from made_sources import deepcave_folder, ray_folder

    for name, make in (("first", deepcave_folder), ("second", ray_folder)):
        (tmp_path / name).mkdir()
        make(made_trials(n_trials=3), None, tmp_path / name)
    with pytest.raises(FileNotFoundError, match=r"there are runs in '.*first', '.*second'\."):
        read_trials(tmp_path)
    (tmp_path / "0").mkdir()
    (tmp_path / "0" / "meta.yaml").write_text("name: Default")
    with pytest.raises(ValueError, match=r"store of MLflow.*'mlflow:EXPERIMENT'"):
        read_trials(tmp_path)


def test_mlflow_that_is_not_installed():
    if importlib.util.find_spec("mlflow"):
        pytest.skip("mlflow is installed")
    with pytest.raises(ImportError, match=r"needs mlflow.*skhypershap\[mlflow\]"):
        read_trials("mlflow:mine")


def test_experiment_of_mlflow_by_name(monkeypatch):
    """With a stand-in for mlflow."""
    import sys
    from types import SimpleNamespace

    from made_sources import mlflow_frame

    frame = mlflow_frame(made_trials(), None, None)
    experiment = SimpleNamespace(name="mine", experiment_id="1")
    fake = SimpleNamespace(
        get_experiment_by_name=lambda name: experiment if name == "mine" else None,
        search_experiments=lambda: [experiment],
        search_runs=lambda experiment_ids: frame if experiment_ids == ["1"] else frame[:0],
    )
    monkeypatch.setitem(sys.modules, "mlflow", fake)
    found = read_trials("mlflow:mine", direction="maximize")
    same_trials(found, read_trials(frame, direction="maximize"))
    with pytest.raises(ValueError, match=r"Unknown MLflow experiment 'mien'.*'mine'"):
        read_trials("mlflow:mien")


def edited(folder, name, edit):
    file = folder / name
    contents = json.loads(file.read_text())
    file.write_text(json.dumps(edit(contents)))


def with_entry(**fields):
    """An edit of the history: fields of its entry 3."""
    positions = ["config_id", "instance", "seed", "budget", "cost", "time", "status"]

    def edit(history):
        for name, value in fields.items():
            history["data"][3][positions.index(name)] = value
        return history

    return edit


def without(*path):
    def edit(contents):
        inner = contents
        for key in path[:-1]:
            inner = inner[key]
        del inner[path[-1]]
        return contents

    return edit


def replaced(*path, by):
    def edit(contents):
        inner = contents
        for key in path[:-1]:
            inner = inner[key]
        inner[path[-1]] = by
        return contents

    return edit


@pytest.mark.parametrize(
    ("name", "edit", "message"),
    [
        ("runhistory.json", without("data"), "has no 'data'"),
        ("runhistory.json", without("configs"), "has no 'configs'"),
        ("runhistory.json", without("configs", "4"), "entry 3 is of configuration 4, which is not"),
        ("runhistory.json", lambda h: [h], "must be a dict"),
        ("runhistory.json", lambda h: {"data": h}, "has no 'configs'"),
        ("runhistory.json", replaced("data", by={}), "'data' must be a list"),
        ("runhistory.json", replaced("data", 3, by=[1, 2]), "entry 3 must have 7 fields .*has 2"),
        ("runhistory.json", replaced("data", 3, by={"cost": 1}), "entry 3 has no 'status'"),
        ("runhistory.json", with_entry(cost=[0.1, 0.2]), "entry 3, 'cost' has 2 costs, .*'score'"),
        ("runhistory.json", with_entry(cost=[[0.1]]), "entry 3, 'cost' must be a number or a list"),
        ("runhistory.json", with_entry(cost="0.1"), "entry 3, 'cost' must be .*got '0.1'"),
        ("runhistory.json", with_entry(cost=None), "entry 3, 'cost' must be"),
        ("runhistory.json", with_entry(status="SUCCESS"), "'status' must be an integer; got 'SUCC"),
        ("runhistory.json", with_entry(status=7), "entry 3, 'status' must be from 0 to 4; got 7"),
        ("runhistory.json", with_entry(budget="ten"), "entry 3, 'budget' must be a number or null"),
        ("runhistory.json", with_entry(time="now"), "entry 3, 'time' must be a number"),
        ("runhistory.json", with_entry(config_id="4"), "entry 3, 'config_id' must be an integer"),
        ("runhistory.json", replaced("configs", "4", by=[1]), "configuration 4 must be a dict"),
        ("runhistory.json", without("configs", "4", "rate"), "configuration 4 is not of the space"),
        (
            "runhistory.json",
            replaced("configs", "4", "rate", by={"v": 1}),
            "configuration 4 is not",
        ),
        (
            "runhistory.json",
            replaced("configs", "4", "kernel", by="cubic"),
            "configuration 4 .*'cubic'",
        ),
        ("runhistory.json", replaced("configs", "4", "other", by=1), "configuration 4 .*'other'"),
        ("runhistory.json", replaced("configs", "four", by={}), "configuration named 'four'"),
        ("scenario.json", without("objectives"), "has no 'objectives'"),
        ("scenario.json", replaced("objectives", by=3), "'objectives' must be a name or a list"),
        ("scenario.json", replaced("objectives", by=[]), "must be distinct names"),
        ("scenario.json", replaced("objectives", by=["a", "b"]), "entry 0, 'cost' has 1 costs"),
        ("configspace.json", without("hyperparameters"), "has no 'hyperparameters'"),
        ("configspace.json", without("hyperparameters", 0, "type"), "no space that ConfigSpace"),
        (
            "configspace.json",
            replaced("hyperparameters", 0, "type", by="x"),
            "no space that Config",
        ),
    ],
)
def test_broken_run_of_smac_names_file_and_entry(tmp_path, name, edit, message):
    folder = smac_folder(made_trials(n_trials=10), None, tmp_path)
    edited(folder, name, edit)
    with pytest.raises(ValueError, match=message) as caught:
        read_trials(folder)
    expected = "runhistory.json" if "entry 0" in message else name
    assert str(folder / expected) in str(caught.value)
