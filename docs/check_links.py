"""Check that links inside the built pages lead to a file and an anchor.

`make docs` runs `python docs/check_links.py docs/_build`.
"""

from __future__ import annotations

import sys
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class Page(HTMLParser):
    """The links and the anchors of a page."""

    def __init__(self, text: str):
        super().__init__()
        self.links: list[str] = []
        self.anchors: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        for name, value in attributes:
            if not value:
                continue
            if name == "id" or (tag == "a" and name == "name"):
                self.anchors.add(value)
            if name in ("href", "src"):
                self.links.append(value)


@cache
def page_of(path: Path) -> Page:
    return Page(path.read_text())


def has_anchor(path: Path, anchor: str) -> bool:
    return not anchor or anchor in page_of(path).anchors


def broken_links(folder: Path) -> list[str]:
    """A line for each link from a page to a file or an anchor that is not there."""
    found = []
    for path in sorted(folder.rglob("*.html")):
        for link in page_of(path).links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not target.exists():
                found.append(f"{path.relative_to(folder)}: no file {link}")
            elif target.suffix == ".html" and not has_anchor(target, unquote(parts.fragment)):
                found.append(f"{path.relative_to(folder)}: no anchor {link}")
    return found


if __name__ == "__main__":
    broken = broken_links(Path(sys.argv[1]).resolve())
    print("\n".join(broken) or "all links inside the pages lead somewhere")
    sys.exit(bool(broken))
