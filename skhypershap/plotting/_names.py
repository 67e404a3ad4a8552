"""Names of hyperparameters beside the rows of an axis."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from skhypershap.plotting._panels import shared_with
from skhypershap.plotting._text import (
    LETTER_WIDTH,
    MIN_FONT,
    ROW_HEIGHT,
    as_it_is,
    font_size,
    inner_size,
    slot_size,
    wrapped,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MAX_FRACTION = 0.55  # of the width of axes and names that names may take
FEWEST_LETTERS = 12  # of a line of a name


def reserve_rows(ax: Axes, names: Sequence[str]) -> np.ndarray:
    """Make the y axis categorical, and return the row of each name, of shape (n_names,).

    Labels take no room until `show_names` has found their size: a layout would fail where they are
    larger than the figure.
    """
    rows = rows_of(ax, names)
    for one in shared_with(ax, "y"):
        one.tick_params(axis="y", length=0, labelsize=0.1)
        as_it_is(*one.get_yticklabels())
    return rows


def rows_of(ax: Axes, names: Sequence[str]) -> np.ndarray:
    """The row of each name; a name keeps its row on an axis that others share."""
    ax.yaxis.update_units(list(names))
    return np.asarray(ax.convert_yunits(list(names)), dtype=int)


def show_names(ax: Axes, names: Sequence[str], above: float = 0.0) -> None:
    """Label the rows of a categorical y axis, the first on top, so that all labels fit.

    Long names are broken into lines, and the font is as small as the rows ask. On an axis that
    others share, all rows of all of them stay visible. `above` is room above the first row, in
    multiples of all rows.
    """
    n_rows = len(ax.get_yticks())
    ax.set_ylim(n_rows - 0.5, -0.5 - above * n_rows)
    font, width = _font_and_width(ax, names, n_rows * (1 + above))
    formatter = ax.yaxis.get_major_formatter()
    of_names = getattr(formatter, "of_names", formatter)
    ax.yaxis.set_major_formatter(_wrapping(of_names, width))
    for one in shared_with(ax, "y"):
        one.tick_params(axis="y", length=0, labelsize=font)
        as_it_is(*one.get_yticklabels())


def _font_and_width(ax: Axes, names: Sequence[str], n_rows: float) -> tuple[float, int]:
    """The largest font at which all rows fit, in points, and the longest line in letters."""
    height = inner_size(ax)[1]
    largest = font_size(ax)
    room = MAX_FRACTION * slot_size(ax)[0] - largest
    for font in np.linspace(largest, MIN_FONT, 25):
        letters = max(int(room / LETTER_WIDTH / font), FEWEST_LETTERS)
        lines = max(wrapped(name, letters).count("\n") + 1 for name in names)
        if n_rows * lines * ROW_HEIGHT * font <= height:
            break
    return float(font), letters


def _wrapping(of_names: Any, width: int) -> Any:
    """A formatter of ticks that breaks the names of another one into lines."""
    from matplotlib.ticker import FuncFormatter

    name_at: Callable[[float, int | None], str] = of_names
    formatter: Any = FuncFormatter(lambda y, position: wrapped(name_at(y, position), width))
    formatter.of_names = of_names
    return formatter
