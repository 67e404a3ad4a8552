"""What hyperparameters gain in one metric against what they gain or cost in another."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np

from skhypershap.errors import check_name
from skhypershap.frame_libraries import of_any_library
from skhypershap.plotting._colours import gain_colour, ink
from skhypershap.plotting._display import Display
from skhypershap.plotting._panels import for_facets, given_axes, new_axes
from skhypershap.plotting._table import check_columns
from skhypershap.plotting._text import (
    LETTER_WIDTH,
    MAX_METRIC,
    Heading,
    as_it_is,
    finish,
    fit_axis_labels,
    font_size,
    inner_size,
    visible,
    widest,
    wrapped,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

SOURCE = "trade_off() or trade_off_coalitions()"
NOT_METRICS = (
    *("interaction", "game", "hyperparameters", "size", "tuned_for", "dominated", "configuration"),
)
LETTERS = 22  # of a line of a name
MAX_NAMES = 12
NAME_SIZE = 0.85  # of the labels' font
MARGIN = 0.16
MAX_ROOM = 0.4  # of the width
SIDES = (
    *((1, 0.5, "left", "bottom"), (-1, 0.5, "right", "bottom"), (1, -0.5, "left", "top")),
    *((-1, -0.5, "right", "top"), (0, 1, "center", "bottom"), (0, -1, "center", "top")),
)
"""Where a name may stand beside its point: offsets, and its own alignment."""


class Points(NamedTuple):
    """What is drawn: places, names, and which are beaten."""

    x: np.ndarray
    y: np.ndarray
    names: list[str]
    beaten: np.ndarray


@for_facets
@of_any_library
def plot_trade_off(
    frame: pd.DataFrame, ax: Any = None, *, metrics: Sequence[str] | None = None
) -> Any:
    """Plot gains in one metric against gains, or costs, in another.

    Filled points are those that no other beats in all metrics; a line joins them. Hollow ones are
    dominated.

    Parameters
    ----------
    frame : DataFrame
        The result of `trade_off` or of `trade_off_coalitions`, or some of its rows.
    ax : Axes, default=None
        Where to draw; None creates a figure.
    metrics : sequence of two str, default=None
        Which metrics, across and up; by default the first two.

    Returns
    -------
    Axes
        The plot, gains in the units of each metric: above 0 and right of 0 is better.

    Raises
    ------
    TypeError
        If `frame` is not a DataFrame.
    ValueError
        If `frame` lacks columns or rows or has fewer than two metrics, or if `metrics` are not two of
        them.

    See Also
    --------
    skhypershap.trade_off : Makes the frame for hyperparameters.
    skhypershap.trade_off_coalitions : Makes the frame for subsets that are tuned together.

    Examples
    --------
    >>> import pandas as pd
    >>> from skhypershap.plotting import plot_trade_off
    >>> frame = pd.DataFrame(
    ...     {
    ...         "interaction": ["depth", "rate"],
    ...         "accuracy": [0.02, 0.05],
    ...         "fit_time": [-9.0, 0.0],
    ...         "dominated": [True, False],
    ...     }
    ... )
    >>> plot_trade_off(frame).get_xlabel()
    'gain in accuracy'
    """
    check_columns(frame, ("dominated",), SOURCE)
    across, up = _metrics(frame, metrics)
    points = Points(
        frame[across].to_numpy(dtype=float),
        frame[up].to_numpy(dtype=float),
        _names(frame),
        frame["dominated"].to_numpy(dtype=bool),
    )
    ax = new_axes(1, 6.4, 4.8)[0] if ax is None else given_axes(ax, 1, [SOURCE])[0]
    _draw(points, ax)
    across, up = visible(across, MAX_METRIC), visible(up, MAX_METRIC)
    ax.set(xlabel=f"gain in {across}", ylabel=f"gain in {up}")
    fit_axis_labels(ax)
    counted = f"filled: the {int((~points.beaten).sum())} of {len(points.names)} that none beats"
    heading = Heading(f"Gains in {across} and in {up}", (counted, "below 0: costs"))

    finish([ax], [heading], draw=lambda _: _name_points(points, ax))
    return ax


def _metrics(frame: pd.DataFrame, asked: Sequence[str] | None) -> tuple[str, str]:
    """The columns to draw."""
    columns = [
        str(name)
        for name in frame
        if name not in NOT_METRICS and frame[name].dtype.kind in "fiu"  # not of a facet
    ]
    if len(columns) < 2:
        raise ValueError(
            f"frame has fewer than two metrics; pass the result of {SOURCE}. It has "
            f"{', '.join(map(repr, columns)) or 'none'}."
        )
    if asked is None:
        return columns[0], columns[1]
    if isinstance(asked, str) or len(asked) != 2:
        raise ValueError(f"metrics must be two of {', '.join(map(repr, columns))}; got {asked!r}.")
    for name in asked:
        check_name("metric", name, columns)
    return asked[0], asked[1]


def _names(frame: pd.DataFrame) -> list[str]:
    """What each point is called."""
    if "interaction" in frame:
        return [str(name) for name in frame["interaction"]]
    if "hyperparameters" not in frame:
        raise ValueError(f"frame has no column 'interaction'; pass the result of {SOURCE}.")
    return [
        names if isinstance(names, str) else ", ".join(map(str, names)) or "nothing"
        for names in frame["hyperparameters"]
    ]


def _draw(points: Points, ax: Axes) -> None:
    x, y, beaten = points.x, points.y, points.beaten
    ax.axhline(0, color=ink(ax, 0.5), linewidth=0.8, zorder=1)
    ax.axvline(0, color=ink(ax, 0.5), linewidth=0.8, zorder=1)
    area = (0.75 * font_size(ax)) ** 2
    blue, grey = gain_colour(ax, 1), ink(ax, 0.55)
    ax.scatter(x[beaten], y[beaten], s=0.8 * area, facecolors="none", edgecolors=[grey], zorder=3)
    front = np.flatnonzero(~beaten)
    front = front[np.lexsort((-y[front], x[front]))]
    ax.plot(x[front], y[front], color=blue, linewidth=1, alpha=0.5, zorder=2)
    ax.scatter(x[front], y[front], s=area, color=[blue], zorder=4)
    for values, limit, room in (
        (x, ax.set_xlim, _room_for_names(points, ax)),
        (y, ax.set_ylim, MARGIN),
    ):
        low, high = min(0.0, values.min()), max(0.0, values.max())
        size = (high - low) or 1.0
        limit(low - MARGIN * size, high + room * size)
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)


def _room_for_names(points: Points, ax: Axes) -> float:
    """Room right of the points for names of the front, which is there, in parts of their range."""
    letters = widest(_in_lines(points.names[row]) for row in np.flatnonzero(~points.beaten))
    font = NAME_SIZE * font_size(ax)
    share = min((letters + 2) * LETTER_WIDTH * font / inner_size(ax)[0], MAX_ROOM)
    return max(MARGIN, share / (1 - share) * (1 + MARGIN))


def _name_points(points: Points, ax: Axes) -> None:
    """Names beside the points as far as there is room, those of the front first.

    A name of the front hides dominated points only where it has no other place; of many points
    only the front has names.
    """
    figure = ax.figure
    figure.draw_without_rendering()  # type: ignore[union-attr]  # so that a layout has moved the axes
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    frame = ax.get_window_extent(renderer)
    places = ax.transData.transform(np.column_stack([points.x, points.y]))
    font = NAME_SIZE * font_size(ax)
    step = 0.7 * font * figure.dpi / 72
    boxes = np.column_stack([places - step, places + step])
    named: list[Any] = []
    few = len(points.names) <= MAX_NAMES
    for row in np.argsort(points.beaten, kind="stable"):
        if len(named) >= MAX_NAMES or (points.beaten[row] and not few):
            return
        others = np.arange(len(boxes)) != row
        found = _placed(ax, _in_lines(points.names[row]), (points.x[row], points.y[row]), font)
        found.set_color(ink(ax, 0.55 if points.beaten[row] else 0.9))
        hidden = [others] if few else [others, others & ~points.beaten]
        for (dx, dy, across, up), rest in ((side, rest) for rest in hidden for side in SIDES):
            found.set(ha=across, va=up)
            found.xyann = (0.6 * font * dx, 0.6 * font * dy)
            box = found.get_window_extent(renderer).padded(0.3 * step)
            if _fits(box, frame) and not any(_overlap(box, one) for one in [*boxes[rest], *named]):
                named.append((box.x0, box.y0, box.x1, box.y1))
                break
        else:
            found.remove()


def _in_lines(name: str) -> str:
    """A name in short lines; of several hyperparameters, none is broken that fits on a line."""
    if ", " not in name:
        return wrapped(name, LETTERS)
    lines = textwrap.wrap(name, LETTERS, break_long_words=False, break_on_hyphens=False)
    return "\n".join(wrapped(line, LETTERS) for line in lines)


def _placed(ax: Axes, text: str, place: tuple[float, float], font: float) -> Any:
    found = ax.annotate(
        text, place, (0, 0), textcoords="offset points", fontsize=font, linespacing=1.0, zorder=5
    )
    ground = {"facecolor": ax.get_facecolor(), "edgecolor": "none", "alpha": 0.85, "pad": 0.5}
    found.set_bbox(ground)  # points under a name do not strike it through
    as_it_is(found)
    return found


def _fits(box: Any, frame: Any) -> bool:
    return bool(
        box.x0 >= frame.x0 and box.x1 <= frame.x1 and box.y0 >= frame.y0 and box.y1 <= frame.y1
    )


def _overlap(box: Any, other: tuple[float, float, float, float]) -> bool:
    x0, y0, x1, y1 = other
    return bool(box.x0 < x1 and x0 < box.x1 and box.y0 < y1 and y0 < box.y1)


class TradeOffDisplay(Display):
    """Gains in one metric against those in another, as scikit-learn's displays are used.

    Parameters
    ----------
    frame : DataFrame
        The result of `trade_off` or of `trade_off_coalitions`.

    Attributes
    ----------
    ax_ : Axes
        What `plot` has drawn on.
    figure_ : Figure
        Its figure.

    See Also
    --------
    plot_trade_off : The same as a function.
    """

    _plot = staticmethod(plot_trade_off)

    @classmethod
    def from_explainer(
        cls, explainer: Any, *, ax: Any = None, metrics: Sequence[str], **options: Any
    ) -> Self:
        """Explain several metrics of the source of an explainer, and plot their trade-off.

        Parameters
        ----------
        explainer : HyperSHAPExplainer
            Fitted, on a source with several metrics.
        ax : Axes, default=None
            Where to draw; None creates a figure.
        metrics : sequence of two str
            Which metrics, across and up.
        **options : dict
            Further arguments of `trade_off_coalitions`, such as `baseline` and `random_state`.

        Returns
        -------
        TradeOffDisplay
        """
        from skhypershap import trade_off_coalitions

        return cls(trade_off_coalitions(explainer, metrics, **options)).plot(ax, metrics=metrics)
