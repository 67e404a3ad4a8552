"""Frames in the library that the user has chosen, and frames of any library as those of pandas.

Inside the package all frames are pandas'. `in_chosen_library` is the one door out, around every public
method and function that returns a frame; `as_pandas` is the one door in. Other libraries have no
`attrs`: those of a frame that leaves by the door are kept here for as long as the frame lives.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import json
import weakref
from collections.abc import Callable, Mapping, Sequence
from numbers import Integral, Real
from typing import Any, ParamSpec, TypeVar

import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype, is_integer_dtype

from skhypershap.errors import shown
from skhypershap.settings import config_context, get_config

P = ParamSpec("P")
R = TypeVar("R")

NAMES = ("hyperparameters", "coalition")
"""Columns of tuples of names, also where a frame has no rows."""

VALUES = ("value", "low", "high", "from", "to")
"""Columns of hyperparameters' values, which are text where some are text."""

BOOLS = (bool, np.bool_)

_attrs: dict[int, dict[str, Any]] = {}
"""attrs by the id of a living frame that is not of pandas."""


def in_chosen_library(function: Callable[P, R]) -> Callable[P, R]:
    """Return the frame of a public function in the library of `set_config`; other results as they are.

    Whatever the function itself calls works with pandas.
    """

    @functools.wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        chosen = get_config()["frames"]
        if chosen == "pandas":
            return function(*args, **kwargs)
        with config_context(frames="pandas"):
            result = function(*args, **kwargs)
        return converted(result, chosen) if isinstance(result, pd.DataFrame) else result

    return wrapper


def of_any_library(function: Callable[P, R]) -> Callable[P, R]:
    """Pass a frame of any library, the first argument, to the function as one of pandas.

    Whatever the function itself calls works with pandas, too.
    """
    first = next(iter(inspect.signature(function).parameters))

    @functools.wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        with config_context(frames="pandas"):
            if args:
                return function(as_pandas(args[0]), *args[1:], **kwargs)  # type: ignore[arg-type]
            if first in kwargs:
                kwargs[first] = as_pandas(kwargs[first])
            return function(*args, **kwargs)

    return wrapper


def converted(table: pd.DataFrame, library: str) -> Any:
    """A frame of pandas in another library, with its attrs within reach of `attrs_of`."""
    narwhals = importlib.import_module("narwhals")  # not at the top: importing stays light
    labelled = table if isinstance(table.index, pd.RangeIndex) else table.reset_index()
    columns = {str(name): _plain(str(name), labelled[name]) for name in labelled}
    frame = narwhals.from_dict(
        {name: cells for name, (cells, _) in columns.items()},
        schema={name: _dtype(narwhals, kind) for name, (_, kind) in columns.items()},
        backend=library,
    ).to_native()
    _remember(frame, table.attrs)
    return frame


def as_pandas(frame: Any) -> Any:
    """A frame of any library that narwhals knows as one of pandas; anything else as it is."""
    if isinstance(frame, (pd.DataFrame, np.ndarray, Mapping, Sequence)):
        return frame
    narwhals = importlib.import_module("narwhals")
    wrapped = narwhals.from_native(frame, pass_through=True)
    if isinstance(wrapped, narwhals.LazyFrame):
        wrapped = wrapped.collect()
    if not isinstance(wrapped, narwhals.DataFrame):
        return frame
    if wrapped.implementation.is_pandas():
        return wrapped.to_native()
    back = pd.DataFrame({name: _column(name, wrapped[name]) for name in wrapped.columns})
    back.attrs = dict(_attrs.get(id(frame), {}))
    return back


def attrs_of(table: Any) -> dict[str, Any]:
    """What a frame of skhypershap tells beside its rows: metric, direction, scores, calibration.

    Parameters
    ----------
    table : DataFrame
        What a method or function of skhypershap has returned, in any library.

    Returns
    -------
    dict
        `table.attrs` of a frame of pandas. Frames of other libraries have no such place: their attrs
        are kept beside them, and a frame that is made of one, by a filter for example, has none.

    Raises
    ------
    TypeError
        If `table` is not a frame.

    See Also
    --------
    set_config : Choose the library.

    Examples
    --------
    >>> import numpy as np
    >>> from ConfigSpace import ConfigurationSpace
    >>> from skhypershap import HyperSHAPExplainer, attrs_of, config_context
    >>> space = ConfigurationSpace({"alpha": (0.0, 1.0), "depth": (1, 8)}, seed=0)
    >>> configs = space.sample_configuration(60)
    >>> scores = [np.sin(3 * config["alpha"]) + config["depth"] / 8 for config in configs]
    >>> explainer = HyperSHAPExplainer(space, random_state=0).fit(configs, scores)
    >>> with config_context(frames="polars"):
    ...     table = explainer.explain()
    >>> attrs_of(table)["direction"]
    'maximize'
    """
    if isinstance(table, pd.DataFrame):
        return dict(table.attrs)
    if id(table) not in _attrs and not isinstance(as_pandas(table), pd.DataFrame):
        raise TypeError(f"table must be a DataFrame; got {shown(table)}.")
    return dict(_attrs.get(id(table), {}))


def _remember(frame: Any, attrs: dict[Any, Any]) -> None:
    """Keep attrs until the frame is no more."""
    weakref.finalize(frame, _attrs.pop, id(frame), None).atexit = False
    _attrs[id(frame)] = dict(attrs)


def _plain(name: str, column: pd.Series) -> tuple[list[Any], str]:
    """Cells as every library can hold them, and what they are; missing ones are None.

    NaN stays NaN in a column of floats only, where it is a number.
    """
    if column.dtype.kind == "f" and isinstance(column.dtype, np.dtype):
        return column.tolist(), "Float64"
    cells = [None if is_missing(cell) else cell for cell in column.tolist()]
    there = [cell for cell in cells if cell is not None]
    if name in NAMES or (there and all(isinstance(cell, (tuple, list)) for cell in there)):
        return [None if cell is None else list(map(str, cell)) for cell in cells], "List"
    if is_bool_dtype(column) or (there and all(isinstance(cell, BOOLS) for cell in there)):
        return [None if cell is None else bool(cell) for cell in cells], "Boolean"
    if is_integer_dtype(column) or _are(there, Integral):
        return [None if cell is None else int(cell) for cell in cells], "Int64"
    if _are(there, Real):
        return [None if cell is None else float(cell) for cell in cells], "Float64"
    return [None if cell is None else _text(cell) for cell in cells], "String"


def _are(cells: Sequence[Any], kind: type) -> bool:
    """Whether there are cells, and all of them numbers of a kind."""
    numbers = all(isinstance(cell, kind) and not isinstance(cell, BOOLS) for cell in cells)
    return bool(cells) and numbers and max(abs(cell) for cell in cells) < 2**63


def is_missing(cell: Any) -> bool:
    """Whether a cell is empty."""
    return cell is None or cell is pd.NA or (isinstance(cell, float) and cell != cell)


def _text(cell: Any) -> str:
    """Text as it is, a dict as JSON, anything else as Python writes it."""
    if isinstance(cell, dict):
        return json.dumps(cell, default=_json_value, ensure_ascii=False)
    return cell if isinstance(cell, str) else str(_json_value(cell))


def _json_value(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else str(value)


def _dtype(narwhals: Any, kind: str) -> Any:
    return narwhals.List(narwhals.String) if kind == "List" else getattr(narwhals, kind)


def _column(name: str, series: Any) -> pd.Series:
    """A column of another library: lists are tuples, text that is a number is one."""
    cells = series.to_list()
    lists = name in NAMES or any(isinstance(cell, list) for cell in cells)
    if series.dtype.is_numeric() and not cells:
        return pd.Series([], dtype=float)
    if not lists and name not in VALUES:
        return pd.Series(cells, dtype=None if cells else object)
    read = _tuple if lists else _value
    column = np.empty(len(cells), dtype=object)
    column[:] = [read(cell) for cell in cells]
    return pd.Series(column, dtype=object).infer_objects()


def _tuple(cell: Any) -> Any:
    return tuple(cell) if isinstance(cell, list) else cell


def _value(cell: Any) -> Any:
    """The number that a text of one of `VALUES` was, if it was one."""
    try:
        return float(cell) if isinstance(cell, str) else cell
    except ValueError:
        return cell
