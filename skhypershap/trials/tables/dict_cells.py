"""Columns whose cells are dicts, or their text after a table went through csv."""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from skhypershap.trials.files import flat, table_of_rows

NUMBERS = {"nan": np.nan, "inf": np.inf, "NaN": np.nan, "Infinity": np.inf}
WRAPPED = {"value", "desc"}  # how W&B's own files write each entry of a config


def is_dict_column(table: pd.DataFrame, name: str) -> bool:
    """Whether a table has a column of this name whose cells are dicts, or text that shows dicts."""
    if name not in table:
        return False
    given = [cell for cell in table[name].tolist() if not _is_empty(cell)]
    return bool(given) and all(_looks_like_dict(cell) for cell in given)


def _looks_like_dict(cell: Any) -> bool:
    if isinstance(cell, str):
        return cell.strip().startswith("{") and cell.strip().endswith("}")
    return isinstance(cell, Mapping) or hasattr(cell, "_json_dict")


def _is_empty(cell: Any) -> bool:
    return cell is None or cell is pd.NA or (isinstance(cell, float) and np.isnan(cell))


def with_columns_of_dicts(table: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """The table with a column `name.key` for each key of the dicts in the columns that are named."""
    found = table
    for name in names:
        if not is_dict_column(table, name):
            continue
        rows = [_dict_of(cell, name, row) for row, cell in enumerate(table[name].tolist())]
        cells = table_of_rows([flat(row, f"{name}.") for row in rows])
        cells.index = table.index
        found = pd.concat([found.drop(columns=name), cells], axis=1)
    return found


def _dict_of(cell: Any, name: str, row: int) -> dict[str, Any]:
    """The dict in a cell; nothing of it is run."""
    if _is_empty(cell):
        return {}
    if isinstance(cell, str):
        cell = _dict_of_text(cell, name, row)
    contents = dict(getattr(cell, "_json_dict", cell))
    return {
        str(key): value["value"]
        if isinstance(value, Mapping) and set(value) <= WRAPPED and "value" in value
        else value
        for key, value in contents.items()
    }


def _dict_of_text(text: str, name: str, row: int) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        pass
    try:
        tree = _Numbers().visit(ast.parse(text.strip(), mode="eval"))
        found = ast.literal_eval(tree)
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError) as error:
        raise ValueError(
            f"The column {name!r} has a dict in row {row} that cannot be read ({error}): {text[:60]}."
        ) from error
    if not isinstance(found, dict):
        raise ValueError(f"The column {name!r} has no dict in row {row}: {text[:60]}.")
    return found


class _Numbers(ast.NodeTransformer):
    """Names of numbers, which the text of a dict shows without quotes, as these numbers."""

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id in NUMBERS:
            return ast.copy_location(ast.Constant(NUMBERS[node.id]), node)
        return node
