"""The matrix of docs/sources.md: what each source tells; each test is one of its cells."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from made_sources import SOURCES, as_lists, made_trials

from skhypershap import HyperSHAPExplainer, read_trials
from skhypershap.space.value_keys import value_key

PAGE = Path(__file__).parents[3] / "docs" / "sources.md"
FEATURES = ("failed", "fidelity", "several metrics", "conditional", "None")
NOT_TOLD = "no"  # a cell whose source does not have this

pytestmark = [
    pytest.mark.filterwarnings("ignore::skhypershap.SpaceWarning"),
    pytest.mark.filterwarnings("ignore::skhypershap.TrialsWarning"),
    pytest.mark.filterwarnings("ignore::skhypershap.BaselineWarning"),
    pytest.mark.filterwarnings("ignore::skhypershap.SurrogateWarning"),
    pytest.mark.filterwarnings("ignore:Choices for a categorical:UserWarning"),
    pytest.mark.filterwarnings("ignore:.*set_metric_names is experimental"),
    pytest.mark.filterwarnings("ignore:JournalStorage is experimental"),
]


def matrix():
    """The cells of the page by source and feature."""
    lines = (
        PAGE.read_text().split("## What each source contains\n")[1].split("\n## ")[0].split("\n")
    )
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if "|" in line]
    header, _, *body = rows
    return {
        (row[0], name): cell for row in body for name, cell in zip(header[1:], row[1:], strict=True)
    }


CELLS = matrix()


def test_page_has_a_cell_for_every_source_and_feature():
    assert list(CELLS) == [(source, feature) for source in SOURCES for feature in FEATURES]


def read(source, feature, folder, **passed):
    """The trials that were made, and those that are read of them."""
    kind = SOURCES[source]
    if kind.needs:
        pytest.importorskip(kind.needs)
    made = made_trials(feature)
    if feature in kind.lists:
        passed["space"] = as_lists(feature)
    return made, kind.make(made, feature, folder), {**kind.passed, **passed}


def cells(feature):
    """The sources that tell a feature."""
    return pytest.mark.parametrize(
        "source",
        [source for source, name in CELLS if name == feature and CELLS[source, name] != NOT_TOLD],
    )


def same(found, made):
    """Configurations with their types; floats may have been written as text."""
    return [{name: value_key(value) for name, value in config.items()} for config in found] == [
        {name: value_key(value) for name, value in trial.config.items()} for trial in made
    ]


@cells("failed")
def test_failed(source, tmp_path):
    made, opened, passed = read(source, "failed", tmp_path)
    trials = read_trials(opened, **passed)
    finished = [trial for trial in made if np.isfinite(trial.score)]
    assert same(trials.configs, finished)
    assert trials.scores.tolist() == [trial.score for trial in finished]
    assert len(trials.failed) == len(made) - len(finished) > 0
    failures = read_trials(opened, **{**passed, "metric": "failed", "direction": None})
    assert (failures.metric, failures.direction) == ("failed", "minimize")
    assert failures.scores.sum() == len(trials.failed)
    assert len(failures.scores) == len(made)


@cells("fidelity")
def test_fidelity(source, tmp_path):
    made, opened, passed = read(source, "fidelity", tmp_path)
    trials = read_trials(opened, **passed)
    assert same(trials.configs, made)
    assert trials.scores.tolist() == [trial.score for trial in made]
    assert trials.fidelity.tolist() == [trial.epochs for trial in made]


@cells("several metrics")
def test_several_metrics(source, tmp_path):
    made, opened, passed = read(source, "several", tmp_path)
    sizes = [trial.size for trial in made]
    passed = {**passed, "direction": "maximize"}
    trials = read_trials(opened, **{**passed, "metric": "size"})
    assert trials.scores.tolist() == sizes
    assert same(trials.configs, made)
    if CELLS[source, "several metrics"] != "by name":
        assert read_trials(opened, **{**passed, "metric": 1}).scores.tolist() == sizes
        first = read_trials(opened, **{**passed, "metric": 0})
        assert first.scores.tolist() == [trial.score for trial in made]
    with pytest.raises(ValueError, match=r"Unknown metric.*sise.*size"):
        read_trials(opened, **{**passed, "metric": "sise"})


@cells("conditional")
def test_conditional(source, tmp_path):
    made, opened, passed = read(source, "conditional", tmp_path)
    trials = read_trials(opened, **passed)
    assert same(trials.configs, made)
    assert [str(condition) for condition in trials.space.conditions] in (
        ["gamma | kernel == 'rbf'"],
        ["gamma | kernel in {'rbf'}"],
    )


@cells("None")
def test_none(source, tmp_path):
    made, opened, passed = read(source, "none", tmp_path)
    trials = read_trials(opened, **passed)
    assert same(trials.configs, made)
    assert any(config["depth"] is None for config in trials.configs)
    assert trials.space["depth"].size == 4


@pytest.mark.parametrize("source", SOURCES)
def test_source_is_explained_as_its_trials_are(source, tmp_path):
    _, opened, passed = read(source, None, tmp_path)
    explainer = HyperSHAPExplainer(opened, surrogate="forest", random_state=0, **passed).fit()
    read_first = HyperSHAPExplainer(
        read_trials(opened, **passed), surrogate="forest", random_state=0
    ).fit()
    pd.testing.assert_frame_equal(explainer.explain(), read_first.explain())
    assert sorted(explainer.hyperparameter_names_) == ["depth", "gamma", "kernel", "rate"]
