"""The page: its sections, its style, its scripts and its data in one file without any address."""

from __future__ import annotations

import base64
import hashlib
import json
from importlib import resources
from string import Template
from typing import Any

from skhypershap.report import tables
from skhypershap.report.tables import text
from skhypershap.writing import encodable

SCRIPTS = (
    *("tools", "bars", "graph", "details", "map", "curves", "gains", "growth", "metrics"),
    *("trust", "table", "main"),
)
"""Files of assets, in the order in which they are joined to one script."""

ESCAPES = {
    "<": "\\u003c",
    ">": "\\u003e",
    "&": "\\u0026",
    "\u2028": "\\u2028",
    "\u2029": "\\u2029",
}
"""What may not stand in JSON inside HTML, where "</script" would end the element."""

Data = dict[str, Any]


def page(data: Data) -> str:
    """The whole file."""
    style = asset("style.css")
    script = "\n".join(asset(f"{name}.js") for name in SCRIPTS)
    return Template(asset("page.html")).substitute(
        policy=policy(style, script),
        title=text(data["title"]),
        subtitle=text(data["subtitle"]),
        sections="\n".join(sections(data)),
        made=tables.made(data),
        data=json_for_html(data),
        style=style,
        script=script,
    )


def asset(name: str) -> str:
    """The text of a file in assets, with the line ends that the browser hashes."""
    content = resources.files("skhypershap.report").joinpath("assets", name).read_text("utf-8")
    return content.replace("\r\n", "\n")


def policy(style: str, script: str) -> str:
    """The content security policy: this style, this script, and no connection to anywhere."""
    return (
        f"default-src 'none'; script-src '{_digest(script)}'; style-src '{_digest(style)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _digest(content: str) -> str:
    digest = hashlib.sha256(content.encode("utf-8")).digest()
    return f"sha256-{base64.b64encode(digest).decode('ascii')}"


def json_for_html(data: Data) -> str:
    """JSON that may stand in a script element: no tag of any name or value is in it."""
    written = json.dumps(data, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    for character, escape in ESCAPES.items():
        written = written.replace(character, escape)
    return encodable(written)


def sections(data: Data) -> list[str]:
    """The sections for which there are data, in the order of the page."""
    several = len(data["names"]) > 1
    parts = [
        _section("summary", "In short", tables.sentences(data), kind="wide"),
        _section("bars", "Which hyperparameters matter", _chart("bars"), kind="drawn"),
    ]
    if several:
        parts += [
            _section("graph", "Which work together", GRAPH + _chart("graph"), kind="drawn"),
            _section("details", "Details", DETAILS, kind="drawn"),
            _section("map", "Map of pairs", _chart("map"), kind="drawn"),
        ]
    curves = _chart("curves") if data["effects"]["axes"] else ""
    configurations = _details(tables.configurations_table(data), opened=not curves)
    heading = "How the score changes along each" if curves else "Values"
    parts.append(_section("curves", heading, curves + configurations, kind="wide"))
    if len(data["path"]) > 1:
        body = _chart("path") + _details(tables.path_table(data))
        parts.append(_section("path", "From the baseline to the best trial", body))
    body = _chart("subsets") + _details(tables.subsets_table(data))
    parts.append(_section("subsets", "What tuning only a few reaches", body))
    parts += _outlook(data)
    parts.append(_section("trust", "Can this be trusted?", _verdict(data), kind="wide"))
    parts.append(_section("table", "All values", _all_values(data), kind="wide"))
    return parts


def _outlook(data: Data) -> list[str]:
    """What concerns more trials and other metrics, as far as it is there."""
    parts = []
    if data["history"] is not None:
        history = data["history"]
        level = "good" if history["settled"] else "fair"
        verdict = f'<p class="verdict {level}">{text(history["verdict"])}</p>\n'
        note = f'<p class="note">{text(history["note"])}</p>\n' if history["note"] else ""
        body = verdict + note + _chart("history") + _details(tables.history_table(data))
        parts.append(_section("history", "Has the answer settled?", body))
    if data["next_trials"] is not None:
        body = _chart("more") + _details(tables.next_trials_table(data))
        parts.append(_section("more", "What would more trials gain?", body))
    if data["metrics"] is not None:
        body = _chart("metrics") + _details(tables.metrics_table(data))
        parts.append(_section("metrics", "Several metrics", body, kind="wide"))
    return parts


def _section(name: str, heading: str, body: str, *, kind: str = "") -> str:
    """A section; the kind "drawn" is only shown where the script runs."""
    return (
        f'<section id="{name}-section" class="card {kind}" '
        f'aria-labelledby="{name}-heading">\n<h2 id="{name}-heading">{text(heading)}</h2>\n'
        f"{body}\n</section>"
    )


def _chart(name: str) -> str:
    """Where the script draws; empty, and not shown, without it."""
    return f'<div id="{name}" class="chart"></div>\n'


def _details(content: str, *, opened: bool = True) -> str:
    """A table that can be folded; the script folds it where a picture shows the same."""
    opened_or_not = " open" if opened else ""
    return (
        f"<details{opened_or_not}><summary>as a table</summary>\n"
        f"{_scrolled(content, 'table')}</details>"
    )


def _scrolled(content: str, label: str) -> str:
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{text(label)}">{content}</div>'
    )


def _verdict(data: Data) -> str:
    verdict = data["verdict"]
    return (
        f'<p class="verdict {text(verdict["level"])}">{text(verdict["text"])}</p>\n'
        + f'<div class="beside">{_chart("trust")}'
        + _scrolled(tables.diagnostics_table(data), "checks of the surrogate")
        + "</div>"
    )


def _all_values(data: Data) -> str:
    return TOOLS + _scrolled(tables.values_table(data), "all values")


GRAPH = """<div class="controls">
<label>hide pairs below <input type="range" id="threshold" min="0" max="100" step="1" value="0"></label>
<output id="threshold-text" for="threshold"></output>
<button type="button" id="rearrange">rearrange</button>
</div>
"""

DETAILS = """<div id="details" aria-live="polite">
<p class="note controls">Select a hyperparameter or a pair in a picture.</p>
</div>"""

TOOLS = """<div class="controls">
<label>search <input type="search" id="search" autocomplete="off"></label>
<button type="button" id="csv">CSV</button>
<button type="button" id="json">JSON</button>
<output id="found" for="search" aria-live="polite"></output>
</div>
"""
