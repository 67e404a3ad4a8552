"""The page of a report: escaped, closed, small, and readable without JavaScript."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from html.parser import HTMLParser

import pytest

from skhypershap.report import words
from skhypershap.report.page import SCRIPTS, asset, json_for_html, page

HOSTILE = "</script><img src=x onerror=alert(1)> {{7*7}} ${title} $data \"'\u2028\u2029&amp;<!--"


def row(label, members, value):
    return {
        "label": label,
        "members": members,
        "value": value,
        "low": None,
        "high": value,
        "kind": words.UNCLEAR,
        "text": ["0.1", HOSTILE, "–"],
    }


def data_of(text):
    """The data of a report in which every text that a user chooses is `text`."""
    game = {
        "game": "tunability",
        "question": "?",
        "unit": text,
        "measure": "FSII",
        "note": "",
        "meanings": words.meanings_of("tunability"),
        "baseline_score": 0.0,
        "full_score": None,
        "exact": True,
        "rows": [row(text, [0], 0.5), row("b", [1], 0.1), row(f"{text} × b", [0, 1], -0.2)],
    }
    step = {"name": text, "from": text, "to": text, "score": 1.0, "gain": 1.0, "text": ["1", "1"]}
    axis = {"hyperparameter": 0, "best": {"value": text, "text": "1", "score": 1.0}}
    axis["good"] = {"text": text, "from": None, "to": None}
    return {
        "title": text,
        "subtitle": text,
        "metric": text,
        "direction": "maximize",
        "names": [text, "b"],
        "short": [text, "b"],
        "summary": [text],
        "facts": [{"name": text, "text": "1"}],
        "games": [game],
        "configurations": {"columns": [text], "rows": [{"name": text, "texts": [text]}]},
        "effects": {"held": [], "axes": [axis], "scores": []},
        "path": [{**step, "name": None}, step],
        "subsets": [
            {
                "label": text,
                "members": [0],
                "gain": 1.0,
                "share": 1.0,
                "text": ["1", "1"],
                "values": text,
            }
        ],
        "history": {
            "note": "A quick check: 4 numbers of trials, 5 resamples.",
            "settled": False,
            "verdict": text,
            "counts": [5],
            "lines": [{"label": text, "members": [0], "values": [1.0], "text": ["1"]}],
        },
        "next_trials": {"n_trials": 5, "rows": [{"label": text, "text": ["1", text, text]}]},
        "metrics": {
            "metrics": [text, "b"],
            "total_text": ["1", "2"],
            "rows": [{"label": text, "text": ["1", "2"], "dominated": True}],
        },
        "predictions": {"n_trials": 0, "measured": [], "predicted": [], "outlier": []},
        "diagnostics": [
            {"check": "r2", "name": text, "value": None, "text": "1", "level": text, "advice": text}
        ],
        "good": "Good",
        "verdict": {"level": "good", "text": text},
        "made": [{"name": text, "text": text}],
    }


class Tags(HTMLParser):
    """Collects tags with their attributes, and what is in scripts and styles."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.tags, self.contents, self.inside = [], [], False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.inside = tag in ("script", "style")
        if self.inside:
            self.contents.append("")

    def handle_endtag(self, tag):
        self.inside = False

    def handle_data(self, data):
        if self.inside:
            self.contents[-1] += data


def test_a_hostile_name_adds_no_tag_and_no_attribute():
    harmless, hostile = (Tags(page(data_of(text))) for text in ("name", HOSTILE))
    shape = [[(tag, sorted(attrs)) for tag, attrs in tags.tags] for tags in (harmless, hostile)]
    assert shape[0] == shape[1]
    assert [tag for tag, _ in hostile.tags].count("script") == 2


def test_no_character_of_a_tag_is_in_the_data_as_it_is():
    written = json_for_html(data_of(HOSTILE))
    assert not set("<>&\u2028\u2029") & set(written)
    assert "\\u003c/script\\u003e\\u003cimg" in written


def test_data_come_back_through_json():
    data = data_of(HOSTILE)
    styled, given, script = Tags(page(data)).contents[:3]
    assert json.loads(given) == data
    assert styled == asset("style.css")
    assert script.startswith('"use strict";')


def test_nan_is_an_error_and_not_in_a_page():
    data = data_of("a")
    data["games"][0]["full_score"] = float("nan")
    with pytest.raises(ValueError, match="JSON"):
        page(data)


def test_placeholders_in_names_are_not_filled_in():
    text = page(data_of("$title $$ ${data} {{x}} %s {0}"))
    assert "<h1>$title $$ ${data} {{x}} %s {0}</h1>" in text


def test_policy_allows_this_style_and_this_script_only():
    tags = Tags(page(data_of("a")))
    (policy,) = (
        attrs["content"]
        for tag, attrs in tags.tags
        if tag == "meta" and attrs.get("http-equiv") == "Content-Security-Policy"
    )
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    style, _, script = tags.contents[:3]
    for name, content in (("style-src", style), ("script-src", script)):
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert rules[name] == f"'sha256-{digest}'"
    assert rules["default-src"] == "'none'"
    assert rules["img-src"] == "data:"
    assert set(rules) == {
        "default-src",
        "script-src",
        "style-src",
        "img-src",
        "base-uri",
        "form-action",
    }


def test_policy_comes_before_all_that_it_governs():
    names = [tag for tag, _ in Tags(page(data_of("a"))).tags]
    assert names[:4] == ["html", "head", "meta", "meta"]


def test_there_is_no_address():
    text = page(data_of("a"))
    for tag, attrs in Tags(text).tags:
        assert "style" not in attrs
        assert not any(name.startswith("on") for name in attrs)
        for name in ("src", "href", "srcset", "action", "data"):
            assert attrs.get(name, "#").startswith(("#", "data:")), (tag, name)
    for name in ("style.css", "page.html", *(f"{name}.js" for name in SCRIPTS)):
        without_comments = re.sub(r"(^|\s)//.*$", "", asset(name), flags=re.MULTILINE)
        assert "//" not in without_comments
        assert "url(" not in asset(name)
        assert "@import" not in asset(name)


def test_scripts_use_nothing_that_runs_or_parses_text():
    script = "\n".join(asset(f"{name}.js") for name in SCRIPTS)
    forbidden = [
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "Function(",
    ]
    forbidden += [
        "fetch(",
        "XMLHttpRequest",
        "WebSocket",
        "import(",
        "localStorage",
        "</script",
        "<!--",
    ]
    assert [word for word in forbidden if word in script] == []


def test_code_is_small():
    names = ["style.css", "page.html", *(f"{name}.js" for name in SCRIPTS)]
    assert sum(len(asset(name).encode()) for name in names) < 66_000


def test_elements_that_scripts_look_for_are_in_the_page():
    script = "\n".join(asset(f"{name}.js") for name in SCRIPTS)
    wanted = set(re.findall(r'byId\("([\w-]+)"\)', script))
    found = {attrs["id"] for _, attrs in Tags(page(data_of("a"))).tags if "id" in attrs}
    made = set(re.findall(r'\bid: "([\w-]+)"', script))
    assert wanted - made <= found
    assert len(wanted) > 10


def test_words_and_tables_are_there_without_scripts():
    text = re.sub(r"<script.*?</script>", "", page(data_of("A & B")), flags=re.DOTALL)
    shown = html.unescape(re.sub(r"<[^>]+>", " ", text))
    assert shown.count("A & B") > 15
    for heading in ("In short", "All values", "Can this be trusted?", "How it was made"):
        assert heading in shown


def test_one_hyperparameter_has_no_sections_of_pairs():
    data = data_of("a")
    data["names"], data["games"][0]["rows"] = ["a"], [row("a", [0], 0.5)]
    text = page(data)
    assert 'id="graph"' not in text
    assert 'id="map"' not in text
    assert 'id="bars"' in text
