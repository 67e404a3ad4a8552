"""Words and numbers in plots: names as they are, titles that fit, numbers of a few digits."""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from skhypershap.frames import SEPARATOR

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Text
    from matplotlib.transforms import Bbox

POINTS_PER_INCH = 72
LETTER_WIDTH = 0.6  # of the fonts' average letter, in multiples of the font size
ROW_HEIGHT = 1.25  # of a line of text, in multiples of the font size
MIN_FONT = 4.0  # points; nothing is written smaller
LARGE = 720, 540  # points; fonts grow with Axes that are larger than this, as on a poster
MAX_VALUE = 24  # letters of a value; longer ones are shortened


def as_it_is(*texts: Text) -> None:
    """Show texts letter by letter: `$`, `_` and `^` are part of names, not mathematics or TeX."""
    for text in texts:
        text.set(parse_math=False, usetex=False)


def number(value: float, digits: int = 3) -> str:
    """A number with a few digits."""
    return f"{value:.{digits}g}" if value else "0"


def signed(value: float) -> str:
    """The same with its sign."""
    return f"{value:+.2g}" if value else "0"


def pair_of_numbers(first: float, second: float) -> tuple[str, str]:
    """Two numbers with enough digits to see their difference."""
    size, difference = max(abs(first), abs(second)), abs(first - second)
    if not (math.isfinite(size) and math.isfinite(difference) and difference > 0):
        return number(first), number(second)
    digits = math.floor(math.log10(size)) - math.floor(math.log10(difference)) + 2
    digits = min(max(3, digits), 8)
    return number(first, digits), number(second, digits)


def value_text(value: Any) -> str:
    """A value of a hyperparameter; "–" where it has none."""
    if value is None:
        return "None"
    if isinstance(value, float) or (hasattr(value, "dtype") and value.dtype.kind == "f"):
        return "–" if math.isnan(value) else number(float(value))
    text = " ".join(str(value).split())
    return text if len(text) <= MAX_VALUE else text[: MAX_VALUE - 1] + "…"


def wrapped(name: str, width: int) -> str:
    """A name on several lines of at most `width` letters, broken at × and between words.

    Where there is no such place, a name is broken after a `_` or `.`, or anywhere.
    """
    if len(name) <= width:
        return name
    lines: list[str] = []
    for part in _parts(name):
        pieces = re.findall(r"[^_.\s]*[_.\s]*", part)
        line = ""
        for piece in filter(None, pieces):
            if line and len(line) + len(piece.rstrip()) > width:
                lines.append(line.rstrip())
                line = ""
            line += piece
        lines += textwrap.wrap(line, max(width, 8)) if line.strip() else []
    return "\n".join(lines)


def _parts(name: str) -> list[str]:
    """The members of an interaction, each but the last with its ×."""
    members = name.split(SEPARATOR)
    return [f"{member}{SEPARATOR}" for member in members[:-1]] + members[-1:]


def figure_of(ax: Axes) -> Figure:
    """The figure of axes, also of those in a subfigure."""
    figure = ax.get_figure(root=True)
    assert figure is not None, "every Axes belongs to a figure"
    return figure


def inner_size(ax: Axes) -> tuple[float, float]:
    """Width and height of axes in points, after the figure's layout.

    Where nothing lays out the figure yet, as before a call of `tight_layout`, some room is left for
    the title and the labels.
    """
    figure = figure_of(ax)
    figure.draw_without_rendering()
    width, height = _points(ax, ax.get_window_extent())
    if figure.get_layout_engine() is None:
        return 0.85 * width, 0.7 * height
    return width, height


def slot_width(ax: Axes) -> float:
    """Width in points of what a grid of subplots gives to axes and their labels."""
    box = figure_of(ax).bbox
    spec = ax.get_subplotspec()
    if spec is None:
        return (
            min(2 * ax.get_window_extent().width, box.width) / figure_of(ax).dpi * POINTS_PER_INCH
        )
    grid = spec.get_gridspec()
    ratios = np.asarray(grid.get_width_ratios(), dtype=float)
    fraction = ratios[list(spec.colspan)].sum() / ratios.sum()
    parent = ax.get_figure().bbox if ax.get_figure() is not None else box  # type: ignore[union-attr]
    return float(parent.width * fraction / figure_of(ax).dpi * POINTS_PER_INCH)


def _points(ax: Axes, box: Bbox) -> tuple[float, float]:
    dpi = figure_of(ax).dpi
    return box.width / dpi * POINTS_PER_INCH, box.height / dpi * POINTS_PER_INCH


def font_size(ax: Axes, setting: str = "ytick.labelsize") -> float:
    """The font size of a setting in points; larger in very large axes."""
    import matplotlib as mpl
    from matplotlib.font_manager import FontProperties

    size = float(FontProperties(size=mpl.rcParams[setting]).get_size_in_points())
    return size * _growth(ax)


def _growth(ax: Axes) -> float:
    sides = _points(ax, ax.get_window_extent())
    return max(1.0, min(side / large for side, large in zip(sides, LARGE, strict=True)))


def fit_axis_labels(ax: Axes) -> None:
    """Labels and ticks of the axes in the size of everything else, and ticks that do not meet."""
    from matplotlib.ticker import AutoLocator

    for axis in (ax.xaxis, ax.yaxis):
        as_it_is(axis.label)
        if _growth(ax) > 1:
            axis.label.set_fontsize(font_size(ax, "axes.labelsize"))
            axis.set_tick_params(labelsize=font_size(ax))
    if isinstance(ax.xaxis.get_major_locator(), AutoLocator):
        width = min(inner_size(ax)[0], 0.8 * slot_width(ax))
        letters = 8 * LETTER_WIDTH * font_size(ax, "xtick.labelsize")
        ax.locator_params(axis="x", nbins=int(np.clip(width / letters, 2, 9)))


def widest(names: Iterable[str]) -> int:
    """Letters of the longest line."""
    return max((len(line) for name in names for line in name.split("\n")), default=1)


def set_title(ax: Axes, title: str, small_print: Sequence[str] = ()) -> None:
    """Put a title above axes, and lines of small print between them.

    Both are as wide as the axes and their labels at most. The small print is the label of a
    hidden x axis on top, above which matplotlib keeps titles, also those that are set later.
    """
    size = font_size(ax, "axes.titlesize")
    small = 0.78 * size
    width, centre = _width_and_centre(ax)
    lines = [line for text in small_print if text for line in _filled(text, width, small)]
    if lines:
        top = ax.secondary_xaxis("top")
        top.set_xticks([])
        top.tick_params(which="both", length=0, labeltop=False)
        top.spines[:].set_visible(False)
        top.patch.set_visible(False)
        label = top.set_xlabel("\n".join(lines), fontsize=small, alpha=0.8, labelpad=4)
        label.set_x(centre)
        as_it_is(label)
    shown = _filled(title, width, size)
    if len(shown) > 2:
        size *= 0.85
        shown = _filled(title, width, size)
    text = ax.set_title("\n".join(shown), fontsize=size)
    if text.get_horizontalalignment() == "center":
        text.set_x(centre)
    as_it_is(text)


def _width_and_centre(ax: Axes) -> tuple[float, float]:
    """Width of axes and their labels in points, and the centre in multiples of the axes' width."""
    figure = figure_of(ax)
    figure.draw_without_rendering()
    box, outer = ax.get_window_extent(), ax.get_tightbbox()
    if outer is None or not box.width:
        return 300.0, 0.5
    left, right = max(outer.x0, 0), min(outer.x1, figure.bbox.width)
    width = (right - left) / figure.dpi * POINTS_PER_INCH
    width = min(width, 0.97 * slot_width(ax))
    return max(width, 80.0), ((left + right) / 2 - box.x0) / box.width


def _filled(text: str, width: float, size: float) -> list[str]:
    return textwrap.wrap(text, max(12, int(width / size / LETTER_WIDTH)), break_on_hyphens=False)
