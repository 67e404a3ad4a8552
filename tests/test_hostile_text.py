"""Names and values that are HTML, TeX, Markdown, formulas or control characters are text everywhere."""

from __future__ import annotations

import html
import io
import json
import re
import warnings

import numpy as np
import pandas as pd
import pytest
from ConfigSpace import ConfigurationSpace
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.svm import SVC

from skhypershap import (
    HyperSHAPExplainer,
    HyperSHAPWarning,
    load_case,
    plotting,
    style,
)
from skhypershap.command import main
from skhypershap.errors import UNSEEN, printable
from skhypershap.report import Summary

TAG = "\"'><img src=x onerror=alert(1)><script>alert(1)</script>"
HOSTILE = {
    "tag": TAG,
    "tex": "$x_1^2$ \\frac{",
    "formula": "=cmd|' /C calc'!A0",
    "plus": "+ x",
    "minus": "- x",
    "at": "@SUM(A1)",
    "number": "1. x",
    "tab": "\tx",
    "carriage return": "\r=x",
    "line": "a\nb",
    "controls": "a\x00b\x1b[31mc\x07\x7f\x9b",
    "directions": "a\u202eb\u200f\u2066c",
    "long": "n" * 500,
    "placeholders": "{0} %s {a} $style",
}
GROUPS = [list(HOSTILE.values())[start : start + 4] for start in range(0, len(HOSTILE), 4)]
KINDS = ["name", "value"]


def trials_of(texts, kind):
    """The texts as names, or as choices of one name."""
    rng = np.random.default_rng(0)
    if kind == "name":
        space = dict.fromkeys(texts, (0.0, 1.0))
        frame = pd.DataFrame({name: rng.random(40) for name in space})
        return frame, frame.sum(axis=1) + frame[texts[0]] * frame[texts[-1]], space
    frame = pd.DataFrame({"choice": rng.choice(texts, 40), "other": rng.random(40)})
    space = {"choice": texts, "other": (0.0, 1.0)}
    return frame, (frame["choice"] == texts[0]) + frame["other"], space


def fitted(texts, kind):
    frame, scores, space = trials_of(texts, kind)
    explainer = HyperSHAPExplainer(
        ConfigurationSpace(space), surrogate="forest", random_state=0, n_samples=30
    )
    return explainer.fit(frame.to_dict("records"), scores)


@pytest.fixture(scope="module", params=range(len(GROUPS)))
def texts(request):
    return GROUPS[request.param]


@pytest.fixture(scope="module", params=KINDS)
def kind(request):
    return request.param


@pytest.fixture(scope="module")
def explained(texts, kind):
    return fitted(texts, kind)


def assert_harmless(text, *, lines=True):
    """Nothing that a terminal or a browser would obey, and bytes in UTF-8."""
    assert not UNSEEN.search(text.replace("\n", "") if lines else text)
    text.encode("utf-8")


def test_summary_report_and_case(explained, texts, tmp_path):
    summary = explained.summary()
    assert len(str(summary).split("\n")) == len(summary.sentences)
    assert_harmless(str(summary))
    assert_harmless(summary._repr_markdown_())
    report = explained.report(title=texts[0], n_bootstrap=None)
    page = tmp_path / "report.html"
    report.save(page)
    written = page.read_bytes().decode("utf-8")
    assert html.unescape(re.search(r'srcdoc="([^"]*)"', report._repr_html_())[1]) == written
    assert_harmless(re.sub("<script.*?</script>", "", written, flags=re.DOTALL))
    assert "<img" not in written
    assert written.count("<script") == 2
    data = re.search(r"<script[^>]*json[^>]*>(.*?)</script>", written, re.DOTALL)[1]
    assert json.loads(data)["title"] == texts[0]
    case = tmp_path / "case.json"
    explained.dump_case(case)
    assert not [bad for bad in texts if len(bad) > 3 and json.dumps(bad)[1:-1] in case.read_text()]
    found, expected = load_case(case).explain(), explained.explain()
    assert found["value"].tolist() == expected["value"].tolist()


def test_tables_and_diagrams_of_notebooks(explained):
    for table in (explained.effects(), explained.best_subsets(), explained.ablation_path()):
        text = style(table).to_html()
        assert not re.search("<img|<script", text)
        assert re.search('<table id="[^"]*" class="tex2jax_ignore', text)
    for shown in (explained, HyperSHAPExplainer(explained.space_, baseline=explained.baseline_)):
        assert not re.search("<img|<script>alert", shown._repr_html_())


def test_command(texts, kind, tmp_path, capsys):
    frame, scores, _ = trials_of(texts, kind)
    source, table = tmp_path / "t.jsonl", tmp_path / "t.csv"
    frame.assign(score=scores).to_json(source, orient="records", lines=True)
    call = [str(source), "--metric", "score", "--direction", "maximize", "--bootstrap", "0"]
    assert main([*call, "--csv", str(table)]) == 0
    assert main([*call, "--baseline", json.dumps({texts[0] + "!": 1})]) == 1
    output = capsys.readouterr()
    assert_harmless(output.out)
    assert_harmless(output.err)
    rows = pd.read_csv(table, dtype=str, keep_default_na=False)
    cells = rows[["interaction", "hyperparameters", "game"]].to_numpy().ravel()
    assert not [cell for cell in cells if re.match(r"\s*[=+\-@\t\r]", cell)]
    assert_harmless(table.read_bytes().decode("utf-8"))
    assert len(table.read_text().splitlines()) == len(rows) + 1


def test_errors_are_one_readable_line(explained, texts, kind):
    frame, scores, space = trials_of(texts, kind)
    first = next(iter(space))
    for bad in texts:
        calls = [
            lambda: explained.explain(baseline={first: object()}),
            lambda bad=bad: explained.explain(baseline={bad + "!": 1}),
            lambda bad=bad: explained.explain("ablation", config={first: bad + "!"}),
            lambda bad=bad: explained.explain(bad),
            lambda bad=bad: explained.effects(bad + "!"),
        ]
        for call in calls:
            with pytest.raises((ValueError, TypeError)) as caught:
                call()
            assert_harmless(str(caught.value), lines=False)
    with pytest.raises(ValueError, match="Unknown metric") as caught:
        HyperSHAPExplainer(frame.assign(score=scores), metric=texts[0] + "!").fit()
    assert_harmless(str(caught.value), lines=False)


def test_warnings_are_one_readable_line(texts, kind):
    """Those that name what failed in all of its trials."""
    for bad in texts:
        frame, scores, space = trials_of([bad, "other"], kind)
        failed = frame[bad] > 0.6 if kind == "name" else frame["choice"] == bad
        explainer = HyperSHAPExplainer(
            ConfigurationSpace(space), surrogate=LinearRegression(), random_state=0
        )
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            explainer.fit(frame.to_dict("records"), scores.where(~failed))
        ours = [one for one in caught if issubclass(one.category, HyperSHAPWarning)]
        assert ours
        for one in ours:
            assert_harmless(str(one.message), lines=False)


DISPLAYS = sorted(name for name in dir(plotting) if name.endswith("Display"))
SOME = [HOSTILE[name] for name in ("tag", "tex", "controls")]


@pytest.mark.parametrize("display", DISPLAYS)
def test_displays_draw(display):
    make = getattr(getattr(plotting, display), "from_explainer", None)
    explainer = fitted(SOME[:2], "name")
    if display == "DatasetsDisplay":
        shown = plotting.DatasetsDisplay.from_explainers(dict.fromkeys(SOME, explainer))
    elif display == "SurfaceDisplay":
        shown = make(explainer, tuple(SOME[:2]))
    elif display == "TradeOffDisplay":
        return  # of several metrics of a search
    else:
        options = {"n_points": 2, "n_bootstrap": 2} if display == "HistoryDisplay" else {}
        shown = make(explainer, **options)
    shown.figure_.savefig(io.BytesIO(), format="svg")


@pytest.mark.parametrize("first", ["+ x", "- x", "1. x", "2) x", "* x", "# x", "> x", "===", "---"])
def test_a_sentence_stays_one_item_of_markdown(first):
    (line,) = Summary([first])._repr_markdown_().split("\n")
    assert not re.match(r"- ([-+*>#]|\d+[.)]) ", line)
    assert re.sub(r"\\(.)", r"\1", html.unescape(line)) == f"- {first}"


def test_estimators_with_hostile_representations_are_text():
    """A step of a pipeline, whose repr is in the diagram and in values of the table."""

    def hostile(X):
        return X

    hostile.__qualname__ = hostile.__name__ = TAG
    pipeline = make_pipeline(FunctionTransformer(hostile), SVC())
    explainer = HyperSHAPExplainer(GridSearchCV(pipeline, {"svc__C": [1, 2]}))
    assert "<img" not in explainer._repr_html_()


@pytest.mark.parametrize("kind", KINDS)
def test_halves_of_surrogate_pairs_are_refused_by_name(kind):
    """They are no text in UTF-8: pandas, files and notebooks do not take them."""
    bad = "a\ud800b"
    space = {bad: (0.0, 1.0)} if kind == "name" else {"choice": [bad, "y"]}
    value = {bad: 0.5} if kind == "name" else {"choice": "y"}
    with pytest.raises(ValueError, match=r"'a\\ud800b'.* surrogate") as caught:
        HyperSHAPExplainer(ConfigurationSpace(space)).fit([value], [0.0])
    assert_harmless(str(caught.value))


def test_letters_of_all_languages_are_kept():
    text = "größe × 学習率 обучение می\u200cشود \N{ROCKET} 5\u00a0%"
    assert printable(text) == text
