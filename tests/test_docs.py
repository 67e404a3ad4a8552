"""The code of the README and of the documentation runs as it stands, page by page.

Blocks marked `python` run from top to bottom; those marked `py` need a service or files.
"""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = {  # and the optional library that a page is about
    "docs/first_steps.md": None,
    "docs/indices.md": None,
    "docs/how_to/conditional_spaces.md": None,
    "docs/how_to/notebooks.md": None,
    "docs/how_to/optuna.md": "optuna",
    "docs/how_to/smac.md": "smac",
    "docs/how_to/tables.md": None,
}
LINK = re.compile(r"\]\((?!http)([^)#\s]+)")


def blocks(page):
    """The Python code of a page, each block at its own lines so that errors point to them."""
    text = (ROOT / page).read_text()
    for match in re.finditer(r"^```python\n(.*?)^```", text, re.M | re.S):
        yield "\n" * (text[: match.start()].count("\n") + 1) + match[1]


@pytest.mark.parametrize("page", PAGES)
def test_page_runs_from_top_to_bottom(page, tmp_path, monkeypatch):
    if PAGES[page]:
        pytest.importorskip(PAGES[page])
    monkeypatch.chdir(tmp_path)
    names = {"__name__": "docs"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pages explain the warnings that they cause
        for block in blocks(page):
            exec(compile(block, page, "exec"), names)


@pytest.mark.parametrize(
    "page", [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")], ids=lambda page: page.name
)
def test_links_between_pages_lead_somewhere(page):
    for target in LINK.findall(page.read_text()):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"
