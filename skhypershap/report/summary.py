"""`Summary`: what `HyperSHAPExplainer.summary` returns."""

from __future__ import annotations

import re
from collections.abc import Sequence

from skhypershap.errors import printable

ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
SPECIAL = re.compile(r"([\\`*_{}\[\]#|~$])")  # what Markdown, or a notebook's formulas, would read

MARKER = re.compile(r"^(\d*)([-+.)])")  # how an item of a list within the item would begin


class Summary:
    """A few sentences that answer what a search has found.

    `HyperSHAPExplainer.summary` makes it. `str()` has one sentence per line, and a notebook shows a
    list.

    Parameters
    ----------
    sentences : sequence of str
        The sentences.

    Attributes
    ----------
    sentences : list of str
        The sentences, in the order in which one asks.

    See Also
    --------
    skhypershap.HyperSHAPExplainer.summary : Makes a summary.

    Examples
    --------
    >>> from skhypershap.report import Summary
    >>> print(Summary(["20 trials.", "C matters."]))
    20 trials.
    C matters.
    """

    def __init__(self, sentences: Sequence[str]) -> None:
        self.sentences = list(sentences)

    def __str__(self) -> str:
        return "\n".join(self.sentences)

    def __repr__(self) -> str:
        return str(self)

    def _repr_markdown_(self) -> str:
        return "\n".join(f"- {_escaped(sentence)}" for sentence in self.sentences)


def _escaped(text: str) -> str:
    """Text as Markdown that shows it as it is, whatever a hyperparameter is called."""
    one_line = SPECIAL.sub(r"\\\1", printable(" ".join(text.split())))
    one_line = MARKER.sub(r"\1\\\2", one_line)
    return "".join(ENTITIES.get(character, character) for character in one_line)
