"""Frames as tables with bars, for notebooks."""

from __future__ import annotations

import html
from collections.abc import Hashable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from skhypershap._compat import optional
from skhypershap.frame_libraries import as_pandas, is_missing

if TYPE_CHECKING:
    from pandas.io.formats.style import Styler

# Orange and blue differ for all kinds of colour vision; half transparent, they let a light page and a
# dark one shine through, and text keeps the colour that the page gives it.
BELOW, ABOVE = "rgba(230, 159, 0, 0.5)", "rgba(0, 114, 178, 0.45)"
NO_FORMULAS = "tex2jax_ignore mathjax_ignore"  # `$` in a name is a letter, also where MathJax runs
WIDTH = 90  # percent of a cell, of the longest bar
DIGITS = 3  # significant ones of the largest value of a column
KINDS = (
    "game",
    "dataset",
    "metric",
    "n_trials",
)  # values of different ones are on different scales
GAINS = ("gain", "regret", "regret_own")
SHARES = ("share", "left_out_share")


def style(table: Any) -> Styler:
    """A table with bars, which a notebook shows.

    Parameters
    ----------
    table : DataFrame
        The result of `explain`, `summarize`, `best_subsets`, `trade_off` or any other frame of
        skhypershap, in any library.

    Returns
    -------
    pandas.io.formats.style.Styler
        Gains have bars around 0, blue above and orange below, one scale for each game, data set and
        metric; shares have bars from 0 to 1. The index is hidden, and so is the column `hyperparameters`
        where `interaction` names the same. It takes all methods of Styler.

    Raises
    ------
    TypeError
        If `table` is not a DataFrame.
    ValueError
        If two columns have the same name.
    ImportError
        If jinja2 is not installed, which Styler needs.

    See Also
    --------
    skhypershap.plotting.plot_importance : Bars as a figure, with intervals.

    Examples
    --------
    >>> import pandas as pd
    >>> from skhypershap import style
    >>> subsets = pd.DataFrame({"size": [1, 2], "gain": [0.021, 0.03], "share": [0.7, 1.0]})
    >>> "70 %" in style(subsets).to_html()
    True
    """
    table = as_pandas(table)
    if not isinstance(table, pd.DataFrame):
        raise TypeError(f"table must be a DataFrame; got {type(table).__name__}.")
    if table.columns.has_duplicates:
        twice = table.columns[table.columns.duplicated()][0]
        raise ValueError(f"table has two columns {twice!r}.")
    optional("jinja2", "notebook")
    is_labelled = not pd.api.types.is_numeric_dtype(table.index.dtype)
    shown = table.reset_index(drop=not is_labelled)
    styler = shown.style.hide(axis="index").format_index(escape="html", axis="columns")
    styler = styler.set_table_attributes(f'class="{NO_FORMULAS}"')
    if {"interaction", "hyperparameters"} <= set(shown):
        styler = styler.hide(["hyperparameters"], axis="columns")
    for column in shown:
        styler = styler.format(_formatter(shown[column]), subset=[column])
    for rows, column in _bars(shown):
        styler = _with_bars(styler, rows, column)
        styler = styler.format(_formatter(shown.loc[rows, column]), subset=(rows, [column]))
    return styler


def _bars(table: pd.DataFrame) -> Iterator[tuple[pd.Index, Hashable]]:
    """Rows that share a scale, and the column whose values have bars."""
    columns = [name for name in (*GAINS, *SHARES) if name in table]
    if "interaction" in table and "value" in table:
        columns.append("value")
    if "dominated" in table:  # a trade-off: a column for each metric
        columns = [name for name in table if table[name].dtype.kind == "f"]
    kinds = [kind for kind in KINDS if kind in table and kind not in columns]
    groups = (
        [part.index for _, part in table.groupby(kinds, sort=False, dropna=False)] if kinds else []
    )
    for column in columns:
        if pd.api.types.is_numeric_dtype(table[column]):
            for rows in groups or [table.index]:
                yield rows, column


def _with_bars(styler: Styler, rows: pd.Index, column: Any) -> Styler:
    """Bars in some cells of a column: shares from 0 to 1, all else to both sides of 0."""
    subset = (rows, [column])
    longest = _longest(styler.data.loc[rows, column])
    if not longest:
        return styler
    colours = [BELOW, ABOVE]
    if column in SHARES:
        return styler.bar(
            subset, color=colours, align="zero", vmin=0, vmax=max(1, longest), width=WIDTH
        )
    return styler.bar(subset, color=colours, align="zero", vmin=-longest, vmax=longest, width=WIDTH)


def _longest(values: pd.Series) -> float:
    """The largest finite absolute value, 0 where there is none."""
    numbers = np.abs(values.to_numpy(dtype=float, na_value=np.nan))
    return float(np.max(numbers[np.isfinite(numbers)], initial=0.0))


def _formatter(column: pd.Series) -> Any:
    """A function that writes the cells of a column, all numbers with as many decimals."""
    if column.name in SHARES:
        return _percent
    if column.dtype.kind != "f":
        return _text
    longest = _longest(column)
    decimals = DIGITS - 1 - int(np.floor(np.log10(longest))) if longest else 0
    if decimals > 9 or decimals < -9:
        return lambda number: "" if is_missing(number) else f"{number:.{DIGITS - 1}e}"
    return lambda number: "" if is_missing(number) else f"{number:.{max(decimals, 0)}f}"


def _percent(number: Any) -> str:
    return "" if is_missing(number) else f"{100 * number:.0f} %"


def _text(cell: Any) -> str:
    """A cell as text that is safe in HTML."""
    return html.escape(_plain_text(cell))


def _plain_text(cell: Any) -> str:
    if isinstance(cell, bool | np.bool_):
        return "yes" if cell else ""
    if isinstance(cell, tuple | list):
        return ", ".join(map(str, cell))
    if isinstance(cell, dict):
        return ", ".join(f"{name}={value}" for name, value in cell.items())
    return "" if is_missing(cell) else str(cell)
