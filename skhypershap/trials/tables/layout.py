"""What the columns of a table are, and names for columns that have none of their own."""

from __future__ import annotations

from typing import Literal, NamedTuple

import pandas as pd

FIDELITY = "fidelity"


class Layout(NamedTuple):
    """What the columns of a table are.

    Attributes
    ----------
    kind : {"plain", "runs", "cv_results", "optuna"}
        Which library wrote the table; "runs" is that of a tracker, which logs None where it was tried.
    score : str
        The column of scores.
    parameters : dict of str to str
        The column of each hyperparameter, by its name; "" where there is no column.
    left_out : dict of str to str
        Columns that are not hyperparameters, and why.
    """

    kind: Literal["plain", "runs", "cv_results", "optuna"]
    score: str
    parameters: dict[str, str]
    left_out: dict[str, str] = {}  # noqa: RUF012 - never changed

    def column_of(self, name: str) -> str:
        """The column of a hyperparameter, which may be given by the name of its column, too."""
        return self.parameters.get(name, name)


def named(table: pd.DataFrame) -> pd.DataFrame:
    """The same table with distinct text as names of columns, those of several levels joined by "_".

    Of several columns with the same name the second is called "name.1", as pandas does when it reads a
    file; a copy of a column with the same cells is dropped. Levels of the index that have names are
    columns, too, unless there is a column of that name. The data are not copied.
    """
    table = _with_named_levels(table)
    names = [_name_of(label) for label in table.columns]
    if names == list(table.columns) and len(set(names)) == len(names):
        return table
    kept: list[int] = []
    found: list[str] = []
    for position, name in enumerate(names):
        before = [k for k in kept if names[k] == name]
        if any(table.iloc[:, k].equals(table.iloc[:, position]) for k in before):
            continue
        kept.append(position)
        distinct, count = name, 0
        while distinct in found or (count and distinct in names):
            count += 1
            distinct = f"{name}.{count}"
        found.append(distinct)
    return table.iloc[:, kept].set_axis(found, axis=1)


def _with_named_levels(table: pd.DataFrame) -> pd.DataFrame:
    """Named levels of the index as the first columns: `groupby` and `set_index` move columns there."""
    columns = set(map(_name_of, table.columns))
    levels = {
        position: _name_of(label)
        for position, label in enumerate(table.index.names)
        if label is not None and _name_of(label) not in columns
    }
    if not levels:
        return table
    cells = {name: table.index.get_level_values(position) for position, name in levels.items()}
    plain = table.reset_index(drop=True)
    return pd.concat([pd.DataFrame(cells), plain], axis=1)


def _name_of(label: object) -> str:
    if isinstance(label, tuple):
        return "_".join(str(part) for part in label if str(part))
    return str(label)
