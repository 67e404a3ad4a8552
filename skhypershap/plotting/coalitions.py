"""Gains of tuning some hyperparameters only, as an UpSet plot."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from skhypershap.frame_libraries import of_any_library
from skhypershap.plotting._colours import colours, ink
from skhypershap.plotting._display import Display
from skhypershap.plotting._panels import for_facets, given_axes, new_axes
from skhypershap.plotting._table import check_columns, lower_is_better, metric_of, unit_of
from skhypershap.plotting._text import (
    LETTER_WIDTH,
    MIN_FONT,
    ROW_HEIGHT,
    Heading,
    as_it_is,
    finish,
    font_size,
    inner_size,
    number,
    slot_size,
    widest,
    wrapped,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

SUBSETS = ("size", "hyperparameters", "gain")  # of best_subsets()
COALITIONS = ("coalition", "size", "value")  # of coalition_values()
MAX_FRACTION_OF_ROWS = 0.6  # of the height of the axes that rows of dots may take
N_TICKS = 4
MIN_NUMBER = 5  # points; smaller numbers are left out


@dataclass(frozen=True)
class Bars:
    """What is drawn: coalitions, their gains, and how many are the best of a size."""

    names: list[str]
    coalitions: list[tuple[str, ...]]
    gains: np.ndarray
    n_best: int


@for_facets
@of_any_library
def plot_coalitions(frame: pd.DataFrame, ax: Any = None) -> Any:
    """Plot what tuning only some hyperparameters gains: bars above the hyperparameters of each.

    Parameters
    ----------
    frame : DataFrame
        The result of `HyperSHAPExplainer.best_subsets` or `coalition_values`. Shown are the best
        coalition of each size, then paler the single hyperparameters where the frame has them.
    ax : Axes, default=None
        Where to draw; None creates a figure whose size fits the frame.

    Returns
    -------
    Axes
        The plot (an UpSet plot [1]_), gains in units of the metric.

    Raises
    ------
    TypeError
        If `frame` is not a DataFrame.
    ValueError
        If `frame` lacks columns or rows, or the empty coalition that gains are measured from.

    See Also
    --------
    plot_importance : The values of single hyperparameters and pairs.

    References
    ----------
    .. [1] A. Lex et al. (2014). UpSet: Visualization of Intersecting Sets. IEEE TVCG 20(12).

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import GridSearchCV
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from skhypershap import HyperSHAPExplainer
    >>> from skhypershap.plotting import plot_coalitions
    >>> grid = {"max_depth": [1, 2, 3, 4, 5], "min_samples_leaf": [1, 5, 20, 40]}
    >>> search = GridSearchCV(DecisionTreeClassifier(random_state=0), grid)
    >>> explainer = HyperSHAPExplainer(search, baseline="worst", random_state=0)
    >>> ax = plot_coalitions(explainer.fit(*load_iris(return_X_y=True)).best_subsets())
    >>> len(ax.patches)
    2
    """
    bars = _bars_of(frame)
    if ax is None:
        letters = min(widest(bars.names), 44)
        width = 3.6 + 0.075 * letters + 0.36 * len(bars.gains)
        ax = new_axes(1, min(max(width, 5.0), 18.0), 3.0 + 0.24 * len(bars.names))[0]
    else:
        ax = given_axes(ax, 1, ["best_subsets()"])[0]
    _draw_bars(bars, ax)
    ax.set(xlim=(-0.6, len(bars.gains) - 0.4), xticks=[], yticks=[])
    ax.spines[:].set_visible(False)
    ax.grid(False)
    better = ", lower is better" if lower_is_better(frame) else ""
    best = "blue: the best of each size"
    small_print = (
        f"gain in {unit_of(frame)}{better}",
        f"{best}; paler: single hyperparameters" if bars.n_best < len(bars.gains) else best,
    )
    title = f"How far tuning only a few hyperparameters takes {metric_of(frame)}"
    finish(
        [ax],
        [Heading(title, small_print)],
        fit=lambda _: _label(bars, _rows_below(bars, ax), ax),
        draw=lambda _: _draw_dots(bars, _rows_below(bars, ax), ax),
    )
    _write_gains(bars, ax)
    return ax


def _bars_of(frame: pd.DataFrame) -> Bars:
    """The best coalition of each size, then single ones, with their gains."""
    is_subsets = hasattr(frame, "columns") and "coalition" not in frame
    check_columns(
        frame, SUBSETS if is_subsets else COALITIONS, "best_subsets() or coalition_values()"
    )
    members = [
        _members_of(cell) for cell in frame["hyperparameters" if is_subsets else "coalition"]
    ]
    gains = np.asarray(frame["gain"] if is_subsets else _gains(frame, members), dtype=float)
    names = list(dict.fromkeys(name for one in members for name in one))
    by_size: dict[int, int] = {}
    for row, coalition in enumerate(members):
        size = len(coalition)
        if size and (size not in by_size or gains[row] > gains[by_size[size]]):
            by_size[size] = row
    best = [by_size[size] for size in sorted(by_size)]
    if not best:
        raise ValueError("frame has no coalition of one hyperparameter or more.")
    singles = [row for row, one in enumerate(members) if len(one) == 1 and row not in best]
    singles.sort(key=lambda row: -gains[row])
    shown = best + singles
    return Bars(names, [members[row] for row in shown], gains[shown], len(best))


def _gains(frame: pd.DataFrame, members: list[tuple[str, ...]]) -> np.ndarray:
    """Gains of coalitions over the empty one."""
    if () not in members:
        raise ValueError(
            "frame lacks the empty coalition, whose score gains are measured from; pass the whole "
            "result of coalition_values()."
        )
    values = frame["value"].to_numpy(dtype=float)
    is_loss = lower_is_better(frame) and frame.attrs.get("game") != "sensitivity"
    return (values - values[members.index(())]) * (-1 if is_loss else 1)


def _members_of(cell: Any) -> tuple[str, ...]:
    """The members of a coalition, also from the text that CSV stores."""
    if isinstance(cell, str):
        try:
            cell = ast.literal_eval(cell)
        except (ValueError, SyntaxError):
            cell = None
    if not isinstance(cell, (tuple, list, np.ndarray)):
        raise ValueError("Coalitions must be tuples of names, or their text as to_csv writes it.")
    return tuple(map(str, cell))


def _draw_bars(bars: Bars, ax: Axes) -> None:
    (blue,) = colours(ax, 1)
    for first, last, alpha in ((0, bars.n_best, 1.0), (bars.n_best, len(bars.gains), 0.45)):
        ax.bar(np.arange(first, last), bars.gains[first:last], width=0.74, color=blue, alpha=alpha)
    ax.axhline(0, color=ink(ax, 0.7), linewidth=0.8)


def _rows_below(bars: Bars, ax: Axes) -> np.ndarray:
    """Make room below the bars, and return the heights of the rows of dots."""
    low, high = min(0.0, float(bars.gains.min())), max(0.0, float(bars.gains.max()))
    high += 0.12 * ((high - low) or 1.0)
    height = inner_size(ax)[1]
    n_rows = len(bars.names)
    of_row = min(1.5 * font_size(ax), MAX_FRACTION_OF_ROWS * height / (n_rows + 1))
    row = (high - low) * of_row / (height - of_row * (n_rows + 0.7))
    heights = low - row * (np.arange(n_rows) + 1.0)
    ax.set_ylim(heights[-1] - 0.7 * row, high)
    return heights


def _draw_dots(bars: Bars, heights: np.ndarray, ax: Axes) -> None:
    """Draw the hyperparameters of each coalition as dots."""
    width, height = inner_size(ax)
    of_row = height * (bars.gains.min(initial=0) - heights[0]) / np.diff(ax.get_ylim())[0]
    size = min(0.55 * of_row, 0.5 * width / len(bars.gains), font_size(ax))
    columns, rows = np.meshgrid(np.arange(len(bars.gains)), heights)
    ax.scatter(columns, rows, s=(0.8 * size) ** 2, color=ink(ax, 0.15), linewidths=0, zorder=1)
    for column, coalition in enumerate(bars.coalitions):
        of_members = heights[[bars.names.index(name) for name in coalition]]
        ax.plot(
            [column] * len(of_members),
            of_members,
            "o-",
            color=ink(ax, 0.9),
            markersize=size,
            linewidth=0.25 * size,
            zorder=2,
        )


def _label(bars: Bars, heights: np.ndarray, ax: Axes) -> None:
    """Label the axis with gains above and with names below."""
    from matplotlib.ticker import MaxNLocator

    low, high = min(0.0, bars.gains.min()), max(0.0, bars.gains.max())
    gains = [
        tick for tick in MaxNLocator(N_TICKS).tick_values(low, high) if low <= tick <= 1.02 * high
    ]
    span, height = np.diff(ax.get_ylim())[0], inner_size(ax)[1]
    per_row = height * (low - heights[0]) / span
    room = 0.5 * slot_size(ax)[0]
    largest = font_size(ax)
    for font in np.linspace(largest, MIN_FONT, 25):
        letters = max(int(room / LETTER_WIDTH / font), 12)
        names = [wrapped(name, letters) for name in bars.names]
        if max(name.count("\n") + 1 for name in names) * ROW_HEIGHT * font <= per_row:
            break
    ax.set_yticks([*heights, *gains], labels=[*names, *map(number, gains)])
    ax.tick_params(axis="y", length=0)
    for position, label in enumerate(ax.get_yticklabels()):
        label.set_fontsize(font if position < len(names) else largest)
        as_it_is(label)


def _write_gains(bars: Bars, ax: Axes) -> None:
    """Write gains above the bars, where they fit."""
    width = inner_size(ax)[0]
    decimals = 1 - int(np.floor(np.log10(np.abs(bars.gains).max() or 1.0)))
    texts = [f"{gain:.{min(max(decimals, 0), 6)}f}" for gain in bars.gains]
    font = min(
        0.85 * font_size(ax), width / (len(texts) + 1) / LETTER_WIDTH / (widest(texts) + 0.5)
    )
    if font < MIN_NUMBER:
        return
    for column, (gain, text) in enumerate(zip(bars.gains, texts, strict=True)):
        ax.annotate(
            text,
            (column, gain),
            (0, 2 if gain >= 0 else -2),
            textcoords="offset points",
            fontsize=font,
            color=ink(ax),
            horizontalalignment="center",
            verticalalignment="bottom" if gain >= 0 else "top",
        )


class CoalitionsDisplay(Display):
    """Gains of tuning some hyperparameters only, as scikit-learn's displays are used.

    Parameters
    ----------
    frame : DataFrame
        The result of `HyperSHAPExplainer.best_subsets` or `coalition_values`.

    Attributes
    ----------
    ax_ : Axes
        What `plot` has drawn on.
    figure_ : Figure
        Its figure.

    See Also
    --------
    plot_coalitions : The same as a function.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import GridSearchCV
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from skhypershap import HyperSHAPExplainer
    >>> from skhypershap.plotting import CoalitionsDisplay
    >>> grid = {"max_depth": [1, 2, 3, 4, 5], "min_samples_leaf": [1, 5, 20, 40]}
    >>> search = GridSearchCV(DecisionTreeClassifier(random_state=0), grid)
    >>> explainer = HyperSHAPExplainer(search, baseline="worst", random_state=0)
    >>> explainer = explainer.fit(*load_iris(return_X_y=True))
    >>> len(CoalitionsDisplay.from_explainer(explainer).ax_.patches)
    3
    """

    _plot = staticmethod(plot_coalitions)

    @classmethod
    def from_explainer(
        cls, explainer: Any, game: str = "tunability", *, ax: Any = None, **options: Any
    ) -> Self:
        """Compute the values of coalitions, and plot them.

        With more than `max_exact` hyperparameters only the best subsets are known and shown.

        Parameters
        ----------
        explainer : HyperSHAPExplainer
            Fitted.
        game : str, default="tunability"
            As in `coalition_values`.
        ax : Axes, default=None
            Where to draw; None creates a figure.
        **options : dict
            Further arguments of `coalition_values`, or of `best_subsets`.

        Returns
        -------
        CoalitionsDisplay
        """
        few = len(explainer.hyperparameter_names_) <= explainer.max_exact
        values = explainer.coalition_values if few else explainer.best_subsets
        return cls(values(game, **options)).plot(ax)
