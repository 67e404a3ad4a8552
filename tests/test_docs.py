"""The code of the README and of the documentation runs as it stands, page by page.

Blocks marked `python` run from top to bottom, each page in a namespace and a folder of its own.
Pages that take longer than a few seconds are marked `slow`: `make docs-test` runs them.
"""

from __future__ import annotations

import re
import runpy
import sys
import textwrap
import warnings
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import skhypershap

ROOT = Path(__file__).parents[1]
NEEDS = {  # the optional libraries that a page is about
    "docs/coming_from.md": [],
    "docs/frames.md": ["jinja2", "polars"],
    "docs/how_to/cluster.md": ["dask.distributed", "ray"],
    "docs/how_to/optuna.md": ["optuna"],
    "docs/how_to/ray.md": ["ray.tune"],
    "docs/how_to/smac.md": ["smac"],
    "docs/more_trials.md": ["optuna"],
    "docs/sources.md": ["optuna"],
}
SLOW = {
    "docs/effects.md",
    "docs/first_steps.md",
    "docs/how_to/cluster.md",
    "docs/how_to/ray.md",
    "docs/metrics.md",
    "docs/more_trials.md",
    "docs/report.md",
}
TRACKERS = "docs/trackers.md"  # has tests of its own, since trackers want a place to log to
CODE = re.compile(r"^( *)```python\n(.*?)^ *```", re.M | re.S)
LINK = re.compile(r"\]\((?!http)([^)#\s]+)")


def text_of(page):
    return (ROOT / page).read_text()


def blocks(page):
    """The Python code of a page, each block at its own lines so that errors point to them."""
    text = text_of(page)
    for match in CODE.finditer(text):
        yield "\n" * (text[: match.start()].count("\n") + 1) + textwrap.dedent(match[2])


PAGES = [
    pytest.param(name, marks=[pytest.mark.slow] * (name in SLOW), id=name)
    for path in sorted(ROOT.glob("docs/**/*.md"))
    if (name := path.relative_to(ROOT).as_posix()) != TRACKERS and any(blocks(name))
]


def run(page, choose=lambda block: True):
    """Run the blocks of a page in order, without the warnings that pages explain."""
    names = {"__name__": "docs"}
    with warnings.catch_warnings(), skhypershap.config_context(frames="pandas"):
        warnings.simplefilter("ignore")
        for block in filter(choose, blocks(page)):
            exec(compile(block, page, "exec"), names)
    return names


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("page", PAGES)
def test_page_runs_from_top_to_bottom(page):
    for library in NEEDS.get(page, []):
        pytest.importorskip(library)
    run(page)


def test_readme_code_returns_the_numbers_that_it_shows():
    names = run("README.md")
    text = text_of("README.md")
    rows = re.findall(r"^\d +(\S.*?) +(-?\d\.\d{6}) +[12]$", text, re.M)
    shown = {interaction: float(value) for interaction, value in rows}
    table = names["table"]
    found = dict(zip(table["interaction"], table["value"], strict=True))
    # Other versions of scikit-learn grow other trees; README rounds gains to three digits.
    assert shown == pytest.approx(found, abs=0.01)
    claimed, measured = re.search(
        r"claims a gain of (\d\.\d+).*\*\*measured\*\* (\d\.\d+)", text, re.S
    ).groups()
    attrs = table.attrs
    assert float(claimed) == pytest.approx(attrs["full_score"] - attrs["baseline_score"], abs=0.01)
    gain = attrs["incumbent_measured"] - attrs["baseline_measured"]
    assert float(measured) == pytest.approx(gain, abs=0.001)


def test_all_code_of_the_pages_is_marked_as_run():
    for page in [ROOT / "README.md", *ROOT.glob("docs/**/*.md")]:
        assert "```py\n" not in page.read_text(), f"{page.name} has code that no test runs"


class TestTrackers:
    """The recipes of `docs/trackers.md`."""

    def test_mlflow_keeps_table_figure_and_report(self, tmp_path, monkeypatch):
        mlflow = pytest.importorskip("mlflow")
        monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")  # later versions refuse it without
        monkeypatch.setenv("MLFLOW_TRACKING_URI", (tmp_path / "mlruns").as_uri())
        names = run(TRACKERS, lambda block: "import wandb" not in block)
        (found,) = mlflow.search_runs(search_all_experiments=True).to_dict("records")
        assert found["metrics.surrogate_score"] == names["explainer"].surrogate_score_
        paths = {each.path for each in mlflow.artifacts.list_artifacts(run_id=found["run_id"])}
        assert {"explanation.json", "importance.png", "summary.txt", "report.html"} <= paths
        table = mlflow.load_table("explanation.json", run_ids=[found["run_id"]])
        assert table["interaction"].tolist() == names["table"]["interaction"].tolist()

    def test_wandb_takes_what_the_recipe_logs(self, monkeypatch):
        monkeypatch.setenv("WANDB_MODE", "offline")
        try:
            import wandb  # noqa: F401
        except ImportError:
            monkeypatch.setitem(sys.modules, "wandb", stand_in_for_wandb())
        run(TRACKERS, lambda block: "import mlflow" not in block)
        logged = [path.name for path in Path("wandb").rglob("media/*/*")]
        assert any(name.startswith("explanation") for name in logged)
        assert any(name.startswith("importance") for name in logged)
        assert "svc__gamma" in Path("report.html").read_text()


def stand_in_for_wandb():
    """The part of wandb that the recipe calls; it refuses what wandb would refuse."""

    class Run:
        def __init__(self, **_settings):
            self.summary = {}

        def __enter__(self):
            return self

        def __exit__(self, *_error):
            assert np.isfinite(self.summary["surrogate_score"])

        def log(self, entries):
            for name, save in entries.items():
                path = Path("wandb", "media", "entries", name)
                path.parent.mkdir(parents=True, exist_ok=True)
                save(path)

        def log_artifact(self, artifact):
            assert artifact.files == ["report.html"]

    class Artifact:
        def __init__(self, name, type):
            self.files = []

        def add_file(self, path):
            assert Path(path).exists()
            self.files.append(path)

    def table(dataframe):
        assert isinstance(dataframe, pd.DataFrame)
        assert dataframe.map(lambda cell: isinstance(cell, (str, int, float))).all(axis=None)
        return dataframe.to_json

    def image(figure):
        return lambda path: figure.savefig(path, format="png")

    return SimpleNamespace(init=Run, Table=table, Image=image, Artifact=Artifact)


@pytest.mark.parametrize(
    "page", [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")], ids=lambda page: page.name
)
def test_links_between_pages_lead_somewhere(page):
    for target in LINK.findall(page.read_text()):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_link_check_finds_missing_files_and_anchors(tmp_path):
    check = runpy.run_path(str(ROOT / "docs" / "check_links.py"))["broken_links"]
    (tmp_path / "a.html").write_text(
        '<p id="here"><a href="#here">1</a> <a href="b.html#there">2</a> <a href="b.html#here">3</a>'
        '<a href="https://nowhere.example/c.html">4</a> <img src="picture.png"></p>'
    )
    (tmp_path / "b.html").write_text('<p id="there"></p>')
    assert check(tmp_path) == ["a.html: no anchor b.html#here", "a.html: no file picture.png"]
