"""Trials from frames of other libraries, by narwhals: polars, pyarrow, DuckDB, Modin and more.

A frame becomes a pandas DataFrame, which keeps whole numbers beside empty cells.
"""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
import pandas as pd

from skhypershap.trials.readers import table
from skhypershap.trials.records import Checked, Records


def metric_of_failures(source: Any) -> str | int | None:
    """See `Reader`."""
    return table.metric_of_failures(as_pandas(source))


def check(source: Any, *, space: Any = None, metric: str | int | None = None) -> Checked:
    """See `Reader`; the details are the frame in pandas, and what was found in it."""
    frame = as_pandas(source)
    checked = table.check(frame, space=space, metric=metric)
    return Checked(checked.metric, checked.space, checked.given, (frame, checked))


def read(source: Any, checked: Checked, *, direction: str | None = None) -> Records:
    """See `Reader`."""
    frame, inner = checked.details
    return table.read(frame, inner, direction=direction)


def as_pandas(source: Any) -> pd.DataFrame:
    """The same frame in pandas.

    Null is an empty cell; the types of columns stay, so that whole numbers do not become floats. Needs
    no pyarrow.

    Raises
    ------
    TypeError
        If the object is no frame, such as a single column.
    """
    narwhals = importlib.import_module("narwhals")  # not at the top: importing stays light
    try:
        frame = narwhals.from_native(source)
    except TypeError as error:
        raise TypeError(
            f"Cannot read trials from {type(source).__name__}: it is no frame that narwhals knows. Pass "
            "a frame of pandas, polars or pyarrow."
        ) from error
    if hasattr(frame, "collect"):
        frame = frame.collect()
    columns = {name: _as_series(frame.get_column(name)) for name in frame.columns}
    return pd.DataFrame(columns, index=range(len(frame)))


def _as_series(column: Any) -> pd.Series:
    """One column, with a type of pandas that has empty cells where there are any."""
    cells, dtype = column.to_list(), column.dtype
    text = str(dtype)
    if dtype.is_integer():
        return pd.Series(cells, dtype="Int64" if None in cells else None)
    if dtype.is_numeric():
        return pd.Series([None if cell is None else float(cell) for cell in cells], dtype=float)
    if text == "Boolean":
        return pd.Series(cells, dtype="boolean" if None in cells else bool)
    if text.startswith(("String", "Categorical", "Enum")):
        return pd.Series(cells, dtype="string")
    if text.startswith(("Date", "Duration", "Time")):
        return pd.Series(pd.to_datetime(cells) if text == "Date" else cells)
    return pd.Series([np.nan if cell is None else cell for cell in cells], dtype=object)
