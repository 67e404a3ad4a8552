"""A DeepCAVE run of two tables: `trials.csv`, and its space in `configspace.csv`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
from ConfigSpace import Categorical, ConfigurationSpace, Float, Integer

from skhypershap.space.encoding import default_values
from skhypershap.trials.files import table_in
from skhypershap.trials.readers import table
from skhypershap.trials.records import Checked, Records

TRIALS, SPACE = "trials.csv", "configspace.csv"
ITEM = "item_"
# How cells of a kind are read, and what is made of them.
NUMBERS: dict[str, tuple[Callable[[Any], Any], Callable[..., Any]]] = {
    "float": (float, Float),
    "integer": (lambda cell: int(float(cell)), Integer),
}


class Run(NamedTuple):
    """The trials, their space, and what was found in the table of trials."""

    trials: pd.DataFrame
    space: ConfigurationSpace
    checked: Checked | None = None


def is_run(folder: Path) -> bool:
    """Whether a folder has both tables."""
    return (folder / TRIALS).is_file() and (folder / SPACE).is_file()


def metric_of_failures(source: Path) -> str | int | None:
    """See `Reader`."""
    return table.metric_of_failures(_run_in(source).trials)


def check(source: Path, *, space: Any = None, metric: str | int | None = None) -> Checked:
    """See `Reader`; the details are the `Run`."""
    run = _run_in(source)
    inner = table.check(run.trials, space=run.space if space is None else space, metric=metric)
    return Checked(inner.metric, inner.space, inner.given, run._replace(checked=inner))


def read(source: Path, checked: Checked, *, direction: str | None = None) -> Records:
    """See `Reader`."""
    run: Run = checked.details
    records = table.read(run.trials, run.checked, direction=direction)  # type: ignore[arg-type]
    return replace(records, default=default_values(run.space))


def _run_in(folder: Path) -> Run:
    trials = table_in(folder / TRIALS)
    rows = table_in(folder / SPACE)
    space = ConfigurationSpace()
    for number, row in enumerate(rows.to_dict(orient="records")):
        try:
            space.add(_hyperparameter(row))
        except Exception as error:  # whatever ConfigSpace raises for bounds or defaults
            raise ValueError(
                f"{str(folder / SPACE)!r}: row {number} is not a hyperparameter ({error!r})."
            ) from error
    for name, hyperparameter in space.items():
        if name not in trials:
            raise ValueError(f"{str(folder / TRIALS)!r} has no column {name!r}.")
        if hasattr(hyperparameter, "choices"):  # the items are text
            cells = trials[name]
            trials[name] = cells.astype(object).where(cells.isna(), cells.map(str))
    return Run(trials, space)


def _hyperparameter(row: dict[Any, Any]) -> Any:
    """One row of the table of the space."""
    name, default, kind = str(row["name"]), row.get("default"), row["type"]
    default = None if pd.isna(default) else default
    if kind == "categorical":
        items = [str(row[key]) for key in row if str(key).startswith(ITEM) and pd.notna(row[key])]
        ordered = row.get("ordered") in (True, "True")
        return Categorical(
            name, items, default=items[0] if default is None else str(default), ordered=ordered
        )
    number, build = NUMBERS[kind]
    return build(
        name,
        (number(row["lower"]), number(row["upper"])),
        default=None if default is None else number(default),
        log=row.get("log") in (True, "True"),
    )
