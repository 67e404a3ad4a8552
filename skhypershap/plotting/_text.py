"""Words and numbers in plots: names as they are, titles that fit, numbers of a few digits."""

from __future__ import annotations

import functools
import itertools
import math
import re
import textwrap
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from skhypershap.frames import SEPARATOR

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Text
    from matplotlib.transforms import BboxBase

POINTS_PER_INCH = 72
LETTER_WIDTH = 0.6  # of the fonts' average letter, in multiples of the font size
ROW_HEIGHT = 1.25  # of a line of text, in multiples of the font size
MIN_FONT = 3.5  # points; nothing is written smaller
LARGE = 900, 680  # points; fonts grow in figures that are larger than this, as on a poster
TOP = "_small print"  # label of the axis that holds it
PAD = 12  # points that `tight_layout` leaves around axes
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
MAX_VALUE = 24  # letters of a value; longer ones are shortened
MAX_NAME = 72  # letters of a hyperparameter's name
MAX_METRIC = 36  # letters of a metric's name


def as_it_is(*texts: Text) -> None:
    """Show texts letter by letter: `$`, `_` and `^` are part of names, not mathematics or TeX."""
    for text in texts:
        text.set(parse_math=False, usetex=False)
        shown = drawable(text.get_text())
        if shown != text.get_text():
            text.set_text(shown)


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
    text = visible(" ".join(str(value).split()))
    return text if len(text) <= MAX_VALUE else text[: MAX_VALUE - 1] + "…"


def visible(name: str, longest: int = MAX_NAME) -> str:
    """A name on one line, of letters that fonts have, without the middle of very long members."""
    members = [_shortened(member, longest) for member in name.split(SEPARATOR)]
    return drawable(SEPARATOR.join(members).replace("\n", "\N{REPLACEMENT CHARACTER}"))


def _shortened(name: str, longest: int) -> str:
    """A name without its middle if it is longer than that."""
    half = longest // 2
    return name if len(name) <= longest else f"{name[:half]}…{name[1 - half :]}"


def distinct(names: Iterable[str]) -> dict[str, str]:
    """What `visible` makes of each name, with a number where several would look the same."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        if name not in found:
            shown = visible(name)
            counted = (f"{shown} ({number})" for number in itertools.count(2))
            found[name] = next(one for one in itertools.chain([shown], counted) if one not in taken)
            taken.add(found[name])
    return found


def drawable(text: str) -> str:
    """Text with a sign for each control character, and codes for letters that no font in use has."""
    text = "\n".join(CONTROL.sub("\N{REPLACEMENT CHARACTER}", line) for line in text.split("\n"))
    if text.isascii():
        return text
    known = _letters_of_fonts()
    return "".join(one if ord(one) in known or one == "\n" else _code(one) for one in text)


def _code(letter: str) -> str:
    r"""A letter as Python writes it in ASCII, such as \u5b66."""
    return letter.encode("ascii", "backslashreplace").decode()


def _letters_of_fonts() -> frozenset[int]:
    """The code points that the fonts of matplotlib's settings can draw."""
    import matplotlib as mpl
    from matplotlib.font_manager import FontProperties, findfont

    paths = []
    for family in mpl.rcParams["font.family"]:
        with suppress(ValueError):  # it is not installed
            paths.append(findfont(FontProperties(family=family), fallback_to_default=False))
    return _letters_of(tuple(paths) or (findfont(FontProperties()),))


@functools.cache
def _letters_of(paths: tuple[str, ...]) -> frozenset[int]:
    from matplotlib.font_manager import get_font

    return frozenset(code for path in paths for code in get_font(path).get_charmap())


def wrapped(name: str, width: int) -> str:
    """A name on several lines of at most `width` letters, broken at × and between words.

    Where there is no such place, a name is broken after a `_` or `.`, or anywhere.
    """
    name = visible(name)
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

    Where nothing lays out the figure yet, as before a call of `tight_layout`, what remains beside
    the labels that are there.
    """
    figure = figure_of(ax)
    figure.draw_without_rendering()
    width, height = _points(ax, ax.get_window_extent())
    if is_laid_out(figure):
        return width, height
    slot, (across, down) = slot_size(ax), _room_for_labels(ax)
    return (
        max(min(width, slot[0] - across - PAD), 0.2 * slot[0]),
        max(min(height, slot[1] - down - PAD), 0.2 * slot[1]),
    )


def _room_for_labels(ax: Axes) -> tuple[float, float]:
    """What labels take of the slot of axes, as `tight_layout` shares it among columns and rows."""
    spec = ax.get_subplotspec()
    if spec is None:
        return sum(_margins(ax)), _height_of_labels(ax)
    grid = spec.get_gridspec()
    across, down = np.zeros(grid.ncols), np.zeros(grid.nrows)
    for one in figure_of(ax).axes:
        of_one = one.get_subplotspec()
        if of_one is not None and of_one.get_gridspec() is grid:
            column, row = of_one.colspan.start, of_one.rowspan.start
            across[column] = max(across[column], sum(_margins(one)))
            down[row] = max(down[row], _height_of_labels(one))
    return float(across.mean()), float(down.mean())


def _height_of_labels(ax: Axes) -> float:
    outer = ax.get_tightbbox()
    if outer is None:
        return 0.0
    return _points(ax, outer)[1] - _points(ax, ax.get_window_extent())[1]


def is_laid_out(figure: Figure) -> bool:
    """Whether a layout engine keeps labels inside the figure, at every draw."""
    from matplotlib.layout_engine import PlaceHolderLayoutEngine

    engine = figure.get_layout_engine()
    return engine is not None and not isinstance(engine, PlaceHolderLayoutEngine)


def _margins(ax: Axes) -> tuple[float, float]:
    """Width in points of what is at the left and at the right of axes, headings left out."""
    shown = [text for text in _headings_of(ax) if text.get_visible()]
    for text in shown:
        text.set_visible(False)
    box, outer = ax.get_window_extent(), ax.get_tightbbox()
    for text in shown:
        text.set_visible(True)
    if outer is None:
        return 0.0, 0.0
    to_points = POINTS_PER_INCH / figure_of(ax).dpi
    return (box.x0 - outer.x0) * to_points, (outer.x1 - box.x1) * to_points


def slot_size(ax: Axes) -> tuple[float, float]:
    """Width and height in points of what a grid of subplots gives to axes and their labels."""
    figure = ax.get_figure()
    spec = ax.get_subplotspec()
    if spec is None or figure is None:
        width, height = _points(ax, ax.get_window_extent())
        largest = _points(ax, figure_of(ax).bbox)
        return min(1.4 * width, largest[0]), min(1.4 * height, largest[1])
    grid = spec.get_gridspec()
    size = _points(ax, figure.bbox)
    widths, heights = np.asarray(grid.get_width_ratios()), np.asarray(grid.get_height_ratios())
    return (
        float(size[0] * widths[list(spec.colspan)].sum() / widths.sum()),
        float(size[1] * heights[list(spec.rowspan)].sum() / heights.sum()),
    )


def _points(ax: Axes, box: BboxBase) -> tuple[float, float]:
    dpi = figure_of(ax).dpi
    return box.width / dpi * POINTS_PER_INCH, box.height / dpi * POINTS_PER_INCH


def font_size(ax: Axes, setting: str = "ytick.labelsize") -> float:
    """The font size of a setting in points; larger in very large axes."""
    import matplotlib as mpl
    from matplotlib.font_manager import FontProperties

    setting_of: Any = mpl.rcParams
    size = float(FontProperties(size=setting_of[setting]).get_size_in_points())
    return size * _growth(ax)


def _growth(ax: Axes) -> float:
    sides = slot_size(ax)
    return max(1.0, min(side / large for side, large in zip(sides, LARGE, strict=True)))


def fit_axis_labels(ax: Axes) -> None:
    """Labels and ticks of the axes in the size of everything else, and ticks that do not meet."""
    from matplotlib.ticker import AutoLocator

    for axis in (ax.xaxis, ax.yaxis):
        as_it_is(axis.label)
        if _growth(ax) > 1:
            axis.label.set_fontsize(font_size(ax, "axes.labelsize"))
            axis.set_tick_params(labelsize=font_size(ax))
    for label, room in zip((ax.xaxis.label, ax.yaxis.label), slot_size(ax), strict=True):
        fit_label(label, room)
    if isinstance(ax.xaxis.get_major_locator(), AutoLocator):
        width = min(inner_size(ax)[0], 0.8 * slot_size(ax)[0])
        letters = 8 * LETTER_WIDTH * font_size(ax, "xtick.labelsize")
        ax.locator_params(axis="x", nbins=int(np.clip(width / letters, 2, 9)))


def fit_label(label: Text, room: float) -> None:
    """Break the label of an axis, as it is letter by letter, into lines of so many points."""
    as_it_is(label)
    text = label.get_text()
    if "\n" not in text:
        label.set_text(
            wrapped(text, max(12, int(room / float(label.get_fontsize()) / LETTER_WIDTH)))
        )


def widest(names: Iterable[str]) -> int:
    """Letters of the longest line."""
    return max((len(line) for name in names for line in name.split("\n")), default=1)


@dataclass(frozen=True)
class Heading:
    """What stands above axes: a title, and lines of small print between them."""

    title: str
    small_print: tuple[str, ...] = ()


def finish(
    axes: Sequence[Axes] | np.ndarray,
    headings: Sequence[Heading],
    *,
    fit: Callable[[int], None] | None = None,
    draw: Callable[[int], None] | None = None,
) -> None:
    """Put headings above all axes, fit what is in them into the rest, and centre the headings.

    Parameters
    ----------
    axes : sequence of Axes
        All Axes of a plot.
    headings : sequence of Heading
        One for each.
    fit : callable, optional
        Called with the position of each Axes when all headings are there, and once again.
    draw : callable, optional
        Called with the position of each Axes in the end, when their size is known.
    """
    for heading, ax in zip(headings, axes, strict=True):
        _write(heading, ax, slot_size(ax)[0])
    for _ in range(2):  # what is fitted moves the axes, and with them the headings
        if fit is not None:
            for position in range(len(axes)):
                fit(position)
        for heading, ax in zip(headings, axes, strict=True):
            _write(heading, ax, _width_of_heading(ax))
    if draw is not None:
        for position in range(len(axes)):
            draw(position)
    for ax in axes:
        centre = _centre(ax)
        for text in _headings_of(ax):
            if text.get_horizontalalignment() == "center":
                text.set_x(centre)


def _width_of_heading(ax: Axes) -> float:
    """The width of a slot where it has no neighbours, otherwise of axes and their labels."""
    spec = ax.get_subplotspec()
    slot = slot_size(ax)[0]
    if spec is not None and spec.get_gridspec().ncols == 1:
        return slot
    return min(slot, inner_size(ax)[0] + sum(_margins(ax)))


def _headings_of(ax: Axes) -> list[Text]:
    """The title, and the small print where there is some."""
    return [ax.title, *(child.xaxis.label for child in ax.child_axes if child.get_label() == TOP)]


def _write(heading: Heading, ax: Axes, width: float) -> None:
    """Write title and small print, of so many points width at most.

    The small print is the label of a hidden x axis on top, above which matplotlib keeps titles, also
    those that are set later.
    """
    size = font_size(ax, "axes.titlesize")
    small = 0.78 * size
    width *= 0.97
    shown = _filled(heading.title, width, size)
    if len(shown) > 2:
        size *= 0.85
        shown = _filled(heading.title, width, size)
    ax.set_title("\n".join(shown), fontsize=size)
    lines = [line for text in heading.small_print if text for line in _filled(text, width, small)]
    tops = [child for child in ax.child_axes if child.get_label() == TOP]
    if lines:
        top = tops[0] if tops else _hidden_axis(ax)
        top.set_xlabel("\n".join(lines), fontsize=small, alpha=0.8, labelpad=0.6 * small)
    as_it_is(*_headings_of(ax))


def _hidden_axis(ax: Axes) -> Any:
    top = ax.secondary_xaxis("top", label=TOP)
    top.set_xticks([])
    top.tick_params(which="both", length=0, labeltop=False)
    top.spines[:].set_visible(False)
    return top


def _centre(ax: Axes) -> float:
    """The middle of axes and their labels, in multiples of the axes' width."""
    left, right = _margins(ax)
    slot = slot_size(ax)[0]
    width = inner_size(ax)[0]
    if not is_laid_out(figure_of(ax)):
        left = min(left, slot - width)
    return 0.5 + (right - left) / 2 / width


def _filled(text: str, width: float, size: float) -> list[str]:
    return textwrap.wrap(text, max(12, int(width / size / LETTER_WIDTH)), break_on_hyphens=False)
