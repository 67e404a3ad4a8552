"""The static part of a report: sentences and tables in HTML, readable without JavaScript.

Whatever a user named goes through `text`, so that no tag of it is in the page.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from typing import Any

from skhypershap.errors import printable
from skhypershap.report import words

Data = dict[str, Any]


def text(value: object) -> str:
    """Text as HTML, with quotes escaped as well, so that it may stand in an attribute."""
    return html.escape("\n".join(map(printable, str(value).split("\n"))))


def table(
    caption: str,
    head: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    numbers: Iterable[int] = (),
    name: str = "",
) -> str:
    """A table; the columns in `numbers` are set to the right. The first column names the row."""
    right = set(numbers)
    kind = [' class="number"' if i in right else "" for i in range(len(head))]
    columns = "".join(f'<th scope="col"{kind[i]}>{text(cell)}</th>' for i, cell in enumerate(head))
    body = "\n".join(
        "<tr>"
        + "".join(
            f'<th scope="row"{kind[i]}>{text(cell)}</th>'
            if i == 0
            else f"<td{kind[i]}>{text(cell)}</td>"
            for i, cell in enumerate(row)
        )
        + "</tr>"
        for row in rows
    )
    label = f' id="{name}"' if name else ""
    return (
        f"<table{label}><caption>{text(caption)}</caption>\n"
        f"<thead><tr>{columns}</tr></thead>\n<tbody>\n{body}\n</tbody></table>"
    )


def sentences(data: Data) -> str:
    """The answer in words, and the numbers that one asks for first."""
    facts = "".join(
        f"<div><dt>{text(fact['name'])}</dt><dd>{text(fact['text'])}</dd></div>"
        for fact in data["facts"]
    )
    items = "".join(f"<li>{text(sentence)}</li>" for sentence in data["summary"])
    return f'<ul class="words">{items}</ul>\n<dl class="facts">{facts}</dl>'


def values_table(data: Data) -> str:
    """All values of all games; the script sorts and searches its rows."""
    rows = [
        (row["label"], game["game"], *row["text"], len(row["members"]), game["measure"])
        for game in data["games"]
        for row in game["rows"]
    ]
    return table(
        "Every value, with its 90 % interval",
        ["interaction", "game", "value", "low", "high", "order", "measure"],
        rows,
        numbers=(2, 3, 4, 5),
        name="values",
    )


def configurations_table(data: Data) -> str:
    """The baseline, the best trial, and the value with the best score that it can still reach."""
    configurations = data["configurations"]
    axes = {data["names"][axis["hyperparameter"]]: axis for axis in data["effects"]["axes"]}
    head = ["hyperparameter", *configurations["columns"]]
    if axes:
        head += ["best value", "score it can reach", words.GOOD_VALUES]
    rows = [
        [row["name"], *row["texts"], *(_reached(axes.get(row["name"])) if axes else [])]
        for row in configurations["rows"]
    ]
    return table("Values of each hyperparameter", head, rows)


def _reached(axis: Data | None) -> list[str]:
    best, good = (axis["best"], axis["good"]) if axis else (None, None)
    reached = [best["value"], best["text"]] if best else [words.MISSING] * 2
    return [*reached, good["text"] if good else words.MISSING]


def path_table(data: Data) -> str:
    """The steps from the baseline to the best trial."""
    rows = [
        (step["name"] or "baseline", step["from"], step["to"], step["text"][1], step["text"][0])
        if step["name"]
        else ("baseline", words.MISSING, words.MISSING, words.MISSING, step["text"][0])
        for step in data["path"]
    ]
    head = ["change", "from", "to", "gain", "score after it"]
    return table("One change after the other, the largest gain first", head, rows, numbers=(3, 4))


def subsets_table(data: Data) -> str:
    """The best hyperparameters of each size, and the values to set."""
    head = ["best subset", "size", "gain", "share", "values to set"]
    rows = [
        (row["label"], len(row["members"]), *row["text"], row["values"]) for row in data["subsets"]
    ]
    return table("If only so many are tuned", head, rows, numbers=(1, 2, 3))


def history_table(data: Data) -> str:
    """The value of each hyperparameter after some numbers of trials."""
    history = data["history"]
    head = ["hyperparameter", *(f"{n} trials" for n in history["counts"])]
    rows = [(line["label"], *line["text"]) for line in history["lines"]]
    caption = "Shapley values of tunability from the first trials"
    return table(caption, head, rows, numbers=range(1, len(head)))


def next_trials_table(data: Data) -> str:
    """What to expect of further trials."""
    found = data["next_trials"]
    head = ["random trials of", "expected best", "90 % interval", "time"]
    rows = [(row["label"], *row["text"]) for row in found["rows"]]
    caption = f"The best {data['metric']} after {found['n_trials']} more trials"
    return table(caption, head, rows, numbers=(1, 2, 3))


def metrics_table(data: Data) -> str:
    """What each hyperparameter of the best trial gains or costs in each metric."""
    found = data["metrics"]
    head = ["hyperparameter", *found["metrics"], "beaten by another"]
    rows = [
        (row["label"], *row["text"], "yes" if row["dominated"] else "no") for row in found["rows"]
    ]
    rows.append(("together", *found["total_text"], words.MISSING))
    caption = "Gains of the best trial over the baseline, predicted; costs are negative"
    return table(caption, head, rows, numbers=range(1, len(head) - 1))


def diagnostics_table(data: Data) -> str:
    """The checks of the surrogate, and what to do."""
    rows = [(row["name"], row["text"], row["level"], row["advice"]) for row in data["diagnostics"]]
    return table(
        "Checks of the surrogate", ["check", "value", "level", "advice"], rows, numbers=[1]
    )


def made(data: Data) -> str:
    """How the report was made."""
    rows = "".join(
        f"<div><dt>{text(row['name'])}</dt><dd>{text(row['text'])}</dd></div>"
        for row in data["made"]
    )
    return f'<dl class="made">{rows}</dl>'
