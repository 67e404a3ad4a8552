"""`HyperSHAPExplainer.report` on searches of several kinds; its numbers are those of the frames."""

from __future__ import annotations

import html
import json
import math
import re

import numpy as np
import pandas as pd
import pytest
from ConfigSpace import Categorical, ConfigurationSpace, EqualsCondition, Float
from sklearn.datasets import load_iris
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.validation import check_is_fitted

from skhypershap import HyperSHAPExplainer, summarize
from skhypershap.report import Report

GAMES = ("tunability", "ablation", "sensitivity", "mistunability")


def fitted(n_floats=2, choices=("rbf", "poly"), condition=False, n_trials=40, **parameters):
    """An explainer of a made-up score, fast to fit and explain."""
    space = ConfigurationSpace(seed=0)
    floats = [Float(f"x{i}", (0.0, 1.0)) for i in range(n_floats)]
    space.add(*floats)
    if choices:
        kernel = Categorical("kernel", list(choices))
        space.add(kernel)
        if condition:
            space.add(EqualsCondition(floats[0], kernel, choices[0]))
    configs = space.sample_configuration(n_trials)
    scores = [
        config.get("x0", 0.3) + 0.5 * config.get("x1", 0.0) * (config.get("kernel") == "poly")
        for config in configs
    ]
    parameters = {"surrogate": "forest", "n_samples": 50, "random_state": 0, **parameters}
    return HyperSHAPExplainer(space, **parameters).fit(configs, scores)


@pytest.fixture(scope="module")
def explainer():
    return fitted()


@pytest.fixture(scope="module")
def report(explainer):
    return explainer.report(n_bootstrap=3)


def numbers_in(value):
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from numbers_in(part)
    elif isinstance(value, float):
        yield value


def test_values_and_intervals_are_those_of_the_frame(explainer, report):
    table = explainer.explain(list(GAMES), n_bootstrap=3)
    summary = summarize(table)
    games = report.to_dict()["games"]
    assert [one["game"] for one in games] == list(GAMES)
    rows = [row for one in games for row in one["rows"]]
    assert [row["label"] for row in rows] == summary["interaction"].tolist()
    for column in ("value", "low", "high"):
        assert [row[column] for row in rows] == summary[column].tolist()
    names = explainer.hyperparameter_names_
    members = [tuple(names[i] for i in row["members"]) for row in rows]
    assert members == summary["hyperparameters"].tolist()
    for one in games:
        assert one["full_score"] == table.attrs["full_score"][one["game"]]


def test_other_numbers_are_those_of_their_frames(explainer, report):
    data = report.to_dict()
    subsets = explainer.best_subsets()
    assert [row["gain"] for row in data["subsets"]] == subsets["gain"].tolist()
    predictions = explainer.predictions()
    assert data["predictions"]["predicted"] == predictions["predicted"].tolist()
    assert data["predictions"]["measured"] == predictions["measured"].tolist()
    path = explainer.ablation_path()
    assert [step["score"] for step in data["path"]] == path["score"].tolist()
    assert data["subsets"][0]["values"]
    assert data["path"][0]["name"] is None
    effects = explainer.effects()
    for axis in data["effects"]["axes"]:
        name = data["names"][axis["hyperparameter"]]
        part = effects[effects["hyperparameter"] == name]
        for held, curve in axis["curves"].items():
            rows = part[part["held"] == held].sort_values("position")
            assert [score for score in curve if score is not None] == rows["score"].tolist()
    for check, row in zip(
        explainer.diagnostics().to_dict("records"), data["diagnostics"], strict=True
    ):
        assert row["value"] == check["value"] or math.isnan(check["value"])
        assert row["advice"] == check["advice"]


def test_dict_is_json_and_a_copy(report):
    data = report.to_dict()
    assert json.loads(json.dumps(data, allow_nan=False)) == data
    data["names"].clear()
    assert report.to_dict()["names"]


def test_file_is_the_same_whatever_the_number_of_jobs(explainer, report, tmp_path):
    report.save(tmp_path / "one.html")
    again = fitted(n_jobs=2)
    assert isinstance(again.report(tmp_path / "two.html", n_bootstrap=3), Report)
    assert (tmp_path / "one.html").read_bytes() == (tmp_path / "two.html").read_bytes()
    assert b"\r" not in (tmp_path / "one.html").read_bytes()


def test_notebook_shows_the_same_page_in_a_sandbox(report, tmp_path):
    report.save(tmp_path / "report.html")
    shown = report._repr_html_()
    assert shown.count("<") == 2
    source = re.search(r'srcdoc="([^"]*)"', shown).group(1)
    assert html.unescape(source) == (tmp_path / "report.html").read_text("utf-8")
    sandbox = re.search(r'sandbox="([^"]*)"', shown).group(1).split()
    assert "allow-scripts" in sandbox
    assert "allow-same-origin" not in sandbox


def test_some_games_in_the_order_as_asked(explainer):
    data = explainer.report(games=["sensitivity", "ablation"], n_bootstrap=None).to_dict()
    assert [one["game"] for one in data["games"]] == ["sensitivity", "ablation"]
    assert data["games"][0]["unit"].startswith("variance")
    row = data["games"][0]["rows"][0]
    assert row["low"] is None
    assert row["kind"] != "unclear"


def test_one_game_may_be_a_name_and_the_title_is_as_given(explainer):
    report = explainer.report(games="ablation", title="<Mine> & yours", n_bootstrap=None)
    assert len(report.to_dict()["games"]) == 1
    assert "<h1>&lt;Mine&gt; &amp; yours</h1>" in html.unescape(report._repr_html_())
    assert "Mine" in repr(report)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"games": ["tunabilty"]}, "Did you mean 'tunability'"),
        ({"games": []}, "empty"),
        ({"games": ["optimizer_bias"]}, "does not show 'optimizer_bias'"),
        ({"n_bootstrap": 0}, "n_bootstrap"),
    ],
)
def test_wrong_arguments_raise_before_anything_is_computed(explainer, arguments, message):
    with pytest.raises(ValueError, match=message):
        explainer.report(**arguments)


@pytest.mark.filterwarnings("ignore:The surrogate fits poorly")
@pytest.mark.parametrize(
    ("estimator", "name", "what"),
    [(SVC(), "C", "SVC"), (make_pipeline(SVC()), "svc__C", "SVC in a pipeline")],
)
def test_subtitle_names_what_was_tuned(estimator, name, what):
    search = GridSearchCV(estimator, {name: [0.01, 0.1, 1.0, 10.0, 100.0]})
    explainer = HyperSHAPExplainer(search, surrogate="forest", random_state=0)
    report = explainer.fit(*load_iris(return_X_y=True)).report(games="ablation", n_bootstrap=None)
    assert report.to_dict()["subtitle"] == f"GridSearchCV of {what}, 5 trials, score (maximize)"


def test_missing_folder_raises_before_anything_is_computed(explainer, tmp_path, monkeypatch):
    monkeypatch.setattr(type(explainer), "explain", None)
    with pytest.raises(IsADirectoryError, match="is a folder; name a file"):
        explainer.report(tmp_path)
    with pytest.raises(FileNotFoundError, match="nowhere"):
        explainer.report(tmp_path / "nowhere" / "report.html")


def test_wrong_title_and_missing_fit_raise(explainer):
    with pytest.raises(TypeError, match="title"):
        explainer.report(title=3)
    with pytest.raises(NotFittedError):
        HyperSHAPExplainer(ConfigurationSpace({"a": (0.0, 1.0)})).report()


def test_several_baselines_have_no_path():
    one = {"x0": 0.2, "x1": 0.3, "kernel": "rbf"}
    report = fitted(baseline=[one, "median"]).report(n_bootstrap=None)
    data = report.to_dict()
    assert data["path"] == []
    assert data["configurations"]["columns"] == ["baseline 1", "baseline 2", "best trial"]
    assert 'id="path-section"' not in html.unescape(report._repr_html_())


def test_minimised_metric_says_so_and_gains_stay_positive():
    data = fitted(direction="minimize").report(games=["tunability"], n_bootstrap=None).to_dict()
    assert data["direction"] == "minimize"
    (game,) = data["games"]
    assert "minimised" in game["unit"]
    assert game["full_score"] <= game["baseline_score"]
    assert game["rows"][0]["value"] > 0
    for axis in data["effects"]["axes"]:
        known = [score for score in axis["curves"]["best"] if score is not None]
        assert axis["best"]["score"] == min(known)


def test_conditional_hyperparameter_is_shown_where_it_is_active():
    data = fitted(condition=True, n_trials=60).report(n_bootstrap=2).to_dict()
    axis = next(
        axis for axis in data["effects"]["axes"] if data["names"][axis["hyperparameter"]] == "x0"
    )
    assert None in axis["trials"]
    assert any(place is not None for place in axis["trials"])
    json.dumps(data, allow_nan=False)


def test_single_hyperparameter_has_no_pairs():
    report = fitted(n_floats=1, choices=()).report(n_bootstrap=2)
    data = report.to_dict()
    assert all(len(one["rows"]) == 1 for one in data["games"])
    assert 'id="graph"' not in html.unescape(report._repr_html_())


def test_twenty_hyperparameters_are_a_small_file(tmp_path):
    explainer = fitted(n_floats=19, n_trials=60, n_samples=20)
    report = explainer.report(tmp_path / "report.html", n_bootstrap=None)
    data = report.to_dict()
    assert len(data["games"][0]["rows"]) == 20 + 190
    assert not data["games"][0]["exact"]
    assert "Approximated" in data["games"][0]["note"]
    assert (tmp_path / "report.html").stat().st_size < 1_000_000


def test_words_are_in_the_page_without_scripts(report):
    text = html.unescape(report._repr_html_())
    static = re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL)
    shown = html.unescape(re.sub(r"<[^>]+>", " ", static))
    data = report.to_dict()
    for sentence in data["summary"]:
        assert sentence in shown
    for row in data["games"][2]["rows"]:
        assert row["label"] in shown
        assert row["text"][0] in shown
    assert data["verdict"]["text"] in shown


def test_all_numbers_are_finite(report):
    assert all(map(math.isfinite, numbers_in(report.to_dict())))


def test_errors_of_rounding_are_zero_in_words_only():
    explainer = fitted(condition=True, choices=("rbf", "poly", "linear"), n_trials=60)
    table = explainer.explain("tunability").set_index("interaction")["value"]
    (game,) = explainer.report(games="tunability", n_bootstrap=None).to_dict()["games"]
    least = 1e-9 * table.abs().max()
    for row in game["rows"]:
        assert row["value"] == table[row["label"]]
        assert (row["kind"] == "nothing") == (row["text"][0] == "0") == (abs(row["value"]) <= least)


def test_hyperparameter_that_is_inactive_in_both_configurations_is_listed():
    explainer = fitted(condition=True, baseline={"kernel": "poly"}, n_trials=60)
    assert "x0" not in explainer.baseline_
    rows = explainer.report(games="ablation", n_bootstrap=None).to_dict()["configurations"]["rows"]
    assert [row["name"] for row in rows] == explainer.hyperparameter_names_
    assert rows[explainer.hyperparameter_names_.index("x0")]["texts"][0] == "inactive"


def test_explainer_is_not_changed(explainer):
    before = dict(vars(explainer))
    explainer.report(games=["ablation"], n_bootstrap=None)
    check_is_fitted(explainer)
    assert vars(explainer).keys() == before.keys()
    assert explainer.trials_ is before["trials_"]


def test_hostile_names_are_text_everywhere():
    name = "</script><img src=x onerror=alert(1)>"
    frame = pd.DataFrame({name: np.linspace(0, 1, 30), "b": np.tile([0.0, 0.5, 1.0], 10)})
    space = ConfigurationSpace({name: (0.0, 1.0), "b": (0.0, 1.0)})
    explainer = HyperSHAPExplainer(space, surrogate="forest", n_samples=30, random_state=0)
    report = explainer.fit(frame, frame[name] * frame["b"]).report(n_bootstrap=None)
    assert report.to_dict()["names"] == ["</script><img src=x onerror=alert(1)>", "b"]
    page = html.unescape(re.search(r'srcdoc="([^"]*)"', report._repr_html_()).group(1))
    assert "<img" not in page
    assert page.count("</script>") == 2
    assert "<img" not in report._repr_html_()


def test_outlook_is_that_of_the_frames(explainer):
    history = explainer.history(3, n_bootstrap=2)
    data = explainer.report(n_bootstrap=4).to_dict()
    assert data["history"]["verdict"] == history.attrs["verdict"]
    assert data["history"]["counts"] == sorted(history["n_trials"].unique())
    for line in data["history"]["lines"]:
        rows = history[history["interaction"] == line["label"]]
        assert line["values"] == rows["value"].tolist()
        assert line["low"] == rows["low"].tolist()
    expected = explainer.next_trials(40)
    assert data["next_trials"]["n_trials"] == 40
    assert [row["expected"] for row in data["next_trials"]["rows"]] == expected["expected"].tolist()
    assert data["metrics"] is None
    assert history.attrs["verdict"] in data["summary"]
    assert history.attrs["verdict"] in explainer.summary().sentences


def test_history_of_a_report_is_quick_whole_or_left_out():
    explainer = fitted(n_trials=20)
    assert explainer.report(n_bootstrap=None).to_dict()["history"] is None
    assert explainer.report(n_bootstrap=2, history=False).to_dict()["history"] is None
    assert "not checked" in " ".join(explainer.summary().sentences)
    quick = explainer.report(n_bootstrap=8).to_dict()["history"]
    assert quick["counts"] == [5, 10, 15, 20]
    assert quick["verdict"] in explainer.summary().sentences
    whole = explainer.report(n_bootstrap=None, history=True).to_dict()["history"]
    assert len(whole["counts"]) == 7  # of 8 the first has fewer than 5 trials
    explainer.tell([explainer.space_.sample_configuration()], [0.1])
    assert "not checked" in " ".join(explainer.summary().sentences)
    assert quick["note"].startswith("A quick check: 4 numbers of trials, 2 resamples.")
    assert whole["note"] == ""
    with pytest.raises(TypeError, match="history must be"):
        explainer.report(history="yes")


def test_several_metrics_of_a_search_and_of_a_study():
    grid = {"max_depth": [1, 2, 3, 4, 5], "min_samples_leaf": [1, 5, 20, 40]}
    search = GridSearchCV(
        DecisionTreeClassifier(random_state=0),
        grid,
        scoring=["accuracy", "neg_log_loss"],
        refit="accuracy",
    )
    explainer = HyperSHAPExplainer(
        search,
        surrogate="forest",
        baseline={"max_depth": 1, "min_samples_leaf": 40},
        random_state=0,
    ).fit(*load_iris(return_X_y=True))
    report = explainer.report(n_bootstrap=None)
    found = report.to_dict()["metrics"]
    assert found["metrics"] == ["accuracy", "neg_log_loss"]
    own = explainer.explain("ablation", order=1).set_index("interaction")["value"]
    for row in found["rows"]:
        assert row["gains"][0] == pytest.approx(own[row["label"]], abs=0.02)
    np.testing.assert_allclose(np.sum([row["gains"] for row in found["rows"]], 0), found["total"])
    assert "Several metrics" in report._page
    said = [
        s for s in explainer.summary().sentences if s.startswith("Another metric, neg_log_loss")
    ]
    assert len(said) == 1
    assert "most of it through" in said[0]


def test_metrics_of_a_study_differ_in_direction():
    optuna = pytest.importorskip("optuna")
    optuna.logging.set_verbosity(optuna.logging.ERROR)

    def objective(trial):
        x, y = trial.suggest_float("x", 0, 1), trial.suggest_float("y", 0, 1)
        return x + y, 10 * x

    sampler = optuna.samplers.RandomSampler(seed=0)
    study = optuna.create_study(directions=["maximize", "minimize"], sampler=sampler)
    study.optimize(objective, n_trials=40)
    explainer = HyperSHAPExplainer(
        study, metric="0", surrogate="forest", baseline="center", n_samples=50, random_state=0
    ).fit()
    data = explainer.report(n_bootstrap=None, games=["tunability"]).to_dict()
    found = data["metrics"]
    assert found["directions"] == ["maximize", "minimize"]
    gains = {row["label"]: row["gains"] for row in found["rows"]}
    assert gains["x"][0] > 0 > gains["x"][1]  # x gains in the first and costs in the second
    said = " ".join(data["summary"])
    assert "Another metric, values_1: by its surrogate the best trial costs" in said
    assert "most of it through x" in said
