"""The command: what it prints and writes, exit codes, and errors without a traceback."""

from __future__ import annotations

import html
import json
import os
import subprocess
import sys
import warnings

import numpy as np
import pandas as pd
import pytest

from skhypershap import HyperSHAPExplainer, HyperSHAPWarning, __version__, summarize
from skhypershap.command import BASELINES, GAMES, main
from skhypershap.explainer.reporting import REPORTED
from skhypershap.trials.baselines import WORDS

COMMAND = [sys.executable, "-m", "skhypershap"]


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """A file of trials, in which depth matters, and two columns of scores."""
    random = np.random.default_rng(0)
    frame = pd.DataFrame({"depth": random.integers(1, 9, 40), "rate": random.random(40).round(3)})
    frame["accuracy"] = 0.5 + 0.05 * frame["depth"] + 0.01 * frame["rate"]
    frame["loss"] = 1 - frame["accuracy"]
    path = tmp_path_factory.mktemp("command") / "trials.csv"
    frame.to_csv(path, index=False)
    return str(path)


def run(*arguments, **options):
    return subprocess.run(
        [*COMMAND, *arguments], capture_output=True, text=True, timeout=300, check=False, **options
    )


def explained(file, **parameters):
    """What the command should explain, without its warnings."""
    parameters = {"metric": "accuracy", "random_state": 0, **parameters}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", HyperSHAPWarning)
        return HyperSHAPExplainer(file, **parameters).fit()


ONLY = ["--metric", "accuracy", "--bootstrap", "0"]


@pytest.fixture(scope="module")
def one_score(table):
    """The same file without the second column of scores."""
    path = table.replace("trials", "one")
    pd.read_csv(table).drop(columns="loss").to_csv(path, index=False)
    return path


def test_constants_are_those_of_the_package():
    assert set(GAMES) == set(REPORTED)
    assert BASELINES == WORDS


def test_prints_summary_and_table_of_the_explainer(one_score, capsys):
    assert main([one_score, "--metric", "accuracy", "--bootstrap", "3"]) == 0
    printed = capsys.readouterr()
    explainer = explained(one_score)
    table = summarize(explainer.explain(n_bootstrap=3))
    lines = printed.out.splitlines()
    assert lines[0] == explainer.summary().sentences[0]
    rows = [line.split() for line in lines[-3:]]
    assert [row[0] for row in rows] == ["depth", "rate", "depth"]
    assert float(rows[0][1]) == pytest.approx(table["value"][0], rel=1e-3)
    assert float(rows[0][2]) == pytest.approx(table["low"][0], rel=1e-3)
    assert "90 % interval" in printed.out
    assert "Reading" in printed.err
    assert "Reading" not in printed.out


def test_table_and_csv_have_the_games_that_are_asked_for(one_score, tmp_path, capsys):
    file = tmp_path / "values.csv"
    games = ["--game", "sensitivity", "ablation"]
    assert main([one_score, *ONLY, *games, "--csv", str(file)]) == 0
    table = pd.read_csv(file)
    assert table["game"].unique().tolist() == ["sensitivity", "ablation"]
    assert "low" not in table
    printed = capsys.readouterr().out
    assert "variance of accuracy" in printed
    assert "Claimed by the surrogate" in printed


def test_csv_has_all_digits_and_can_be_read_again(one_score, tmp_path):
    file = tmp_path / "values.csv"
    assert main([one_score, "--metric", "accuracy", "--bootstrap", "3", "--csv", str(file)]) == 0
    wanted = summarize(explained(one_score).explain(n_bootstrap=3))
    found = pd.read_csv(file)
    assert found.columns.tolist() == wanted.columns.tolist()
    np.testing.assert_allclose(found["low"], wanted["low"], rtol=1e-12)


def test_report_has_all_games_and_the_table_only_tunability(one_score, tmp_path, capsys):
    file = tmp_path / "report.html"
    file.write_text("old")
    assert main([one_score, *ONLY, "--html", str(file)]) == 0
    page = file.read_text("utf-8")
    assert all(game in page for game in GAMES)
    assert "one.csv" in page
    assert str(tmp_path) not in page
    printed = capsys.readouterr().out
    assert "ablation" not in printed
    for sentence in printed.split("\n\n")[0].splitlines():
        assert html.escape(sentence) in page


def test_quiet_prints_nothing_but_writes(one_score, tmp_path, capsys):
    file = tmp_path / "values.csv"
    assert main([one_score, *ONLY, "--quiet", "--csv", str(file)]) == 0
    assert capsys.readouterr() == ("", "")
    assert file.exists()
    assert main(["nothing.csv", "--quiet"]) == 1
    assert capsys.readouterr().err.startswith("skhypershap: error: ")


def test_options_are_those_of_the_constructor(one_score, tmp_path, capsys):
    file, baseline = tmp_path / "values.csv", {"depth": 8, "rate": 0.5}
    options = ["--direction", "minimize", "--baseline", json.dumps(baseline), "--seed", "3"]
    assert main([one_score, *ONLY, *options, "--csv", str(file)]) == 0
    assert "lower is better" in capsys.readouterr().out
    parameters = {"direction": "minimize", "baseline": baseline, "random_state": 3}
    wanted = explained(one_score, **parameters).explain()
    np.testing.assert_allclose(pd.read_csv(file)["value"], wanted["value"], rtol=1e-12)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--metric", "acuracy"], "accuracy"),
        (["--metric", "accuracy", "--baseline", '{"deep": 3}'], "deep"),
        (["--metric", "accuracy", "--html", "no-such-folder/report.html"], "no-such-folder"),
        (["--metric", "accuracy", "--csv", "."], "is a folder"),
        (["--study", "mine"], "study"),
        ([], "--metric"),
    ],
)
def test_errors_are_one_line_with_the_remedy(table, arguments, named, capsys):
    assert main([table, *arguments]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    last = printed.err.splitlines()[-1]
    assert last.startswith("skhypershap: error: ")
    assert named in last
    assert printed.err.count("error") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--direction", "up"],
        ["--baseline", "middle"],
        ["--baseline", "{not json"],
        ["--game", "tunabilty"],
        ["--game", "optimizer_bias"],
        ["--bootstrap", "-1"],
        ["--bootstrap", "many"],
        ["--seed", "-1"],
        ["--unknown"],
    ],
)
def test_wrong_usage_is_two(table, arguments, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(arguments and [table, *arguments])
    assert stopped.value.code == 2
    assert "usage: skhypershap" in capsys.readouterr().err


def test_warning_is_one_line_without_its_place(one_score, capsys):
    assert main([one_score, *ONLY]) == 0
    lines = [line for line in capsys.readouterr().err.splitlines() if "warning" in line]
    assert lines
    assert all(line.startswith("skhypershap: warning: ") for line in lines)
    assert len(set(lines)) == len(lines)
    assert not any(".py" in line for line in lines)


def test_unexpected_error_names_its_type(one_score, capsys, monkeypatch):
    monkeypatch.setattr(HyperSHAPExplainer, "fit", lambda self: {}["key"])
    assert main([one_score]) == 1
    assert capsys.readouterr().err.splitlines()[-1] == "skhypershap: error: KeyError: 'key'"


def test_interrupt_is_130(one_score, capsys, monkeypatch):
    def interrupted(self):
        raise KeyboardInterrupt

    monkeypatch.setattr(HyperSHAPExplainer, "fit", interrupted)
    assert main([one_score]) == 130
    assert "Traceback" not in capsys.readouterr().err


def test_help_and_version_load_nothing_heavy():
    code = (
        "import sys, skhypershap.command as c\n"
        "try: c.main(['--help'])\n"
        "except SystemExit as stopped: assert stopped.code == 0\n"
        "assert not {'shapiq', 'numba', 'seaborn', 'matplotlib', 'optuna'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "SOURCE" in done.stdout
    assert run("--version").stdout == f"skhypershap {__version__}\n"


def test_as_a_process_results_are_on_stdout_and_errors_on_stderr(one_score):
    done = run(one_score, *ONLY)
    assert done.returncode == 0
    assert "What matters" in done.stdout
    assert "Reading" in done.stderr
    again = run(one_score, *ONLY)
    assert again.stdout == done.stdout
    wrong = run("nothing.csv")
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert "Traceback" not in wrong.stderr
    assert run().returncode == 2


def test_output_that_the_terminal_cannot_show_is_replaced(one_score):
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    done = run(one_score, *ONLY, env=environment)
    assert done.returncode == 0, done.stderr
    assert "depth ? rate" in done.stdout


@pytest.mark.skipif(os.name == "nt", reason="pipes break in another way there")
def test_broken_pipe_is_quiet(one_score):
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [*COMMAND, one_score, *ONLY],
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        timeout=300,
        check=False,
    )
    os.close(writing)
    assert done.returncode == 0
    assert "BrokenPipe" not in done.stderr
    assert "Traceback" not in done.stderr


def test_study_of_several_is_named(tmp_path, capsys):
    optuna = pytest.importorskip("optuna")
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    storage = f"sqlite:///{tmp_path / 'studies.db'}"
    for name in ("one", "two"):
        study = optuna.create_study(storage=storage, study_name=name)
        for x in np.linspace(0, 1, 12):
            study.add_trial(
                optuna.trial.create_trial(
                    params={"x": float(x)},
                    distributions={"x": optuna.distributions.FloatDistribution(0, 1)},
                    value=float(x),
                )
            )
    file = str(tmp_path / "studies.db")
    assert main([file]) == 1
    assert "'one', 'two'" in (error := capsys.readouterr().err)
    assert "--study" in error
    report = tmp_path / "report.html"
    assert main([file, "--study", "two", "--bootstrap", "0", "--html", str(report)]) == 0
    assert "12 trials of 1 hyperparameter (x)" in capsys.readouterr().out
    assert "What mattered in two" in report.read_text("utf-8")
    assert main([storage, "--study", "three"]) == 1
    assert "three" in capsys.readouterr().err


def test_jsonl_a_position_and_json_baselines(tmp_path, capsys):
    rows = [{"x": x / 20, "y": x % 3, "score": x / 20} for x in range(21)]
    file = tmp_path / "trials.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)))
    baseline = json.dumps([{"x": 0.0, "y": 0}, "median"])
    assert main([str(file), "--metric", "0", "--bootstrap", "0", "--baseline", baseline]) == 0
    assert "2 baselines" in capsys.readouterr().out
