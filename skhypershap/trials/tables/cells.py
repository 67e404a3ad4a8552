"""Cells of a table as values of hyperparameters: text as numbers, None, empty cells, infinities."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from skhypershap.errors import shown
from skhypershap.space.domains import Choices, Domain
from skhypershap.space.value_keys import is_number
from skhypershap.trials.inferred_space import FEW

INTEGER = re.compile(r"[+-]?\d+")
NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?|[+-]?inf(inity)?", re.IGNORECASE)
NONE = "None"
RARE = 0.1  # largest fraction of a range's trials that are failed values if they are infinite
ROUNDING = 1e-9  # relative error of a sum of steps against the choice that is meant

Config = dict[str, Any]


def check_sizes(table: pd.DataFrame) -> None:
    """Refuse integers that no float can hold.

    Raises
    ------
    ValueError
        The message names the column.
    """
    for column in table.columns:
        for value in table[column] if table[column].dtype == object else ():
            if isinstance(value, int) and not isinstance(value, bool) and not is_number(value):
                raise ValueError(
                    f"The column {column!r} of the DataFrame has a number too large for a float: "
                    f"{shown(value)}. Use smaller numbers, up to 1e308."
                )


class Column(NamedTuple):
    """The cells of one column as values.

    Attributes
    ----------
    values : list
        One per row; of an empty cell it means nothing.
    empty : ndarray of bool
        Where there is no value.
    may_be_none : bool
        Whether an empty cell may have been None: pandas stores both alike in columns of text.
    n_infinite : int
        How many cells count as empty because they are infinite.
    """

    values: list[Any]
    empty: np.ndarray
    may_be_none: bool
    n_infinite: int = 0

    @property
    def given(self) -> list[Any]:
        """The values of the cells that are not empty."""
        return [value for value, gone in zip(self.values, self.empty, strict=True) if not gone]


def column_of_cells(cells: pd.Series) -> Column:
    """Read a column without knowing its hyperparameter.

    None in a column of objects is a value; NaN and other missing values are empty cells. Text that is
    all numbers is numbers. Whole numbers beside empty cells were integers before pandas changed them.
    """
    empty = cells.isna().to_numpy().copy()
    values: list[Any] = cells.tolist()
    is_object = cells.dtype == object
    if is_object:
        empty &= np.array([value is not None for value in values], dtype=bool)
    given = [value for value, gone in zip(values, empty, strict=True) if not gone]
    may_be_none = not is_object and bool(given) and all(isinstance(v, str) for v in given)
    if any(isinstance(value, str) for value in given):
        values, given = _numbers_of_text(values, given)
    if pd.api.types.is_float_dtype(cells.dtype) and empty.any() and given and _are_whole(given):
        values = [value if gone else int(value) for value, gone in zip(values, empty, strict=True)]
    if is_object and not empty.any() and is_range(given) and any(v is None for v in given):
        may_be_none = True
        empty = np.array([value is None for value in values], dtype=bool)
    infinite = _failed_values(values, empty)
    return Column(values, empty | infinite, may_be_none, int(infinite.sum()))


def unsure_of_none(column: Column, cells: pd.Series) -> Column:
    """The same column with None as empty cells that may have been None, where no other cell is missing.

    JSON has null for both, and so has a frame whose NaN became None.
    """
    is_none = np.array([value is None for value in cells.tolist()], dtype=bool)
    if not is_none.any() or not np.array_equal(is_none, cells.isna()):
        return column
    return column._replace(empty=column.empty | is_none, may_be_none=True)


def _numbers_of_text(values: list[Any], given: list[Any]) -> tuple[list[Any], list[Any]]:
    """Values as numbers if all that is given is text with numbers, perhaps beside "None"."""
    texts = [value.strip() for value in given if isinstance(value, str) and value != NONE]
    only_text = all(isinstance(value, str) or value is None for value in given)
    if not texts or not only_text or not all(map(NUMBER.fullmatch, texts)):
        return values, given
    whole = all(map(INTEGER.fullmatch, texts))

    def number(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        return None if value == NONE else int(value) if whole else float(value)

    return list(map(number, values)), list(map(number, given))


def _are_whole(values: Sequence[Any]) -> bool:
    return all(math.isfinite(value) and float(value).is_integer() for value in values)


def is_range(values: Sequence[Any]) -> bool:
    """Whether the finite numbers among values are too many, and repeat too little, for a grid."""
    numbers = [value for value in values if is_number(value) and math.isfinite(value)]
    n_distinct = len(set(numbers))
    return n_distinct > FEW or 2 * n_distinct > len(numbers) > FEW


def _failed_values(values: list[Any], empty: np.ndarray) -> np.ndarray:
    """Where a number is infinite beside a range of finite ones: a failed value, not a choice."""
    infinite = np.array(
        [is_number(value) and not math.isfinite(value) for value in values], dtype=bool
    )
    infinite &= ~empty
    given = [value for value, gone in zip(values, empty, strict=True) if not gone]
    few = infinite.sum() <= max(1, RARE * len(given))
    return infinite if few and is_range(given) else np.zeros(len(values), dtype=bool)


def own_cells(cells: pd.Series, domain: Domain) -> Column:
    """Read a column whose hyperparameter is known: text and rounded numbers become its values."""
    column = column_of_cells(cells)
    empty = cells.isna().to_numpy()
    raw: list[Any] = cells.tolist()
    takes_none = not np.isnan(domain.encode([None])[0])
    takes_nan = not np.isnan(domain.encode([np.nan])[0])
    values: list[Any] = []
    gone: list[bool] = []
    for before, value, is_empty in zip(raw, column.values, empty, strict=True):
        if is_empty:
            is_value = takes_none if before is None else takes_nan
            values.append(before if before is None else np.nan)
            gone.append(not is_value)
        else:
            values.append(_own_value(before, value, domain))
            gone.append(False)
    # Where None is in the column, pandas has kept it apart from empty cells.
    return Column(values, np.array(gone, dtype=bool), takes_none and None not in column.given)


def _own_value(cell: Any, value: Any, domain: Domain) -> Any:
    """The value of a domain that a cell means; the cell itself where it means none."""
    for candidate in (cell, value):
        if not np.isnan(domain.encode([candidate])[0]):
            return candidate
    if isinstance(cell, str) and NUMBER.fullmatch(cell.strip()):
        number = int(cell) if INTEGER.fullmatch(cell.strip()) else float(cell)
        if not np.isnan(domain.encode([number])[0]):
            return number
    if not isinstance(domain, Choices):
        return cell
    if is_number(value):
        near = [
            v for v in domain.values if is_number(v) and math.isclose(v, value, rel_tol=ROUNDING)
        ]
    else:
        near = [v for v in domain.values if isinstance(cell, str) and cell in (str(v), repr(v))]
    return near[0] if len(near) == 1 else cell


def configs_of_columns(columns: Mapping[str, Column]) -> list[Config]:
    """Rows of columns as configurations, without empty cells."""
    n_rows = max((len(column.values) for column in columns.values()), default=0)
    configs: list[Config] = [{} for _ in range(n_rows)]
    for name, column in columns.items():
        for row in np.flatnonzero(~column.empty).tolist():
            configs[row][name] = column.values[row]
    return configs
