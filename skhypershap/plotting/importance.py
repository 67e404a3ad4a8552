"""Bars of an explanation."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Integral
from typing import TYPE_CHECKING, Any, Self

from skhypershap.frame_libraries import of_any_library
from skhypershap.plotting._colours import Colour, colours, ink
from skhypershap.plotting._display import Display
from skhypershap.plotting._names import reserve_rows, rows_of, show_names
from skhypershap.plotting._panels import for_facets, given_axes, new_axes, one_or_all
from skhypershap.plotting._table import Panel, panels_of
from skhypershap.plotting._text import (
    Heading,
    as_it_is,
    finish,
    fit_axis_labels,
    font_size,
    widest,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

SIZES = {1: "alone", 2: "pair", 3: "triple"}
OTHERS = "others"


@for_facets
@of_any_library
def plot_importance(table: pd.DataFrame, ax: Any = None, *, max_rows: int = 15) -> Any:
    """Plot each interaction as a signed bar, sorted by absolute value, coloured by order.

    Parameters
    ----------
    table : DataFrame
        The result of `HyperSHAPExplainer.explain`. With `n_bootstrap`, whiskers are the 90 %
        intervals of `summarize`; if `table` is its result, they span `low` to `high`.
    ax : Axes or array of Axes, default=None
        Where to draw; None creates a figure whose size fits the table. Several games or data sets
        need an Axes each.
    max_rows : int, default=15
        How many bars to show; one more, "n others", is the sum of all others.

    Returns
    -------
    Axes, or ndarray of Axes of shape (n_panels,)
        The plot, values in units of the metric: one Axes for each game and data set.

    Raises
    ------
    TypeError
        If `table` is not a DataFrame.
    ValueError
        If `table` is not an explanation or is empty, `max_rows` is below 1, or `ax` has too many or
        too few Axes.

    See Also
    --------
    plot_interactions : Heatmap of pairs.
    plot_network : Hyperparameters and pairs as a graph.
    skhypershap.summarize : Intervals of another level.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import GridSearchCV
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from skhypershap import HyperSHAPExplainer
    >>> from skhypershap.plotting import plot_importance
    >>> grid = {"max_depth": [1, 2, 3, 4, 5], "min_samples_leaf": [1, 5, 20, 40]}
    >>> search = GridSearchCV(DecisionTreeClassifier(random_state=0), grid)
    >>> explainer = HyperSHAPExplainer(search, baseline="worst", random_state=0)
    >>> ax = plot_importance(explainer.fit(*load_iris(return_X_y=True)).explain())
    >>> ax.get_xlabel()
    'gain in score'
    """
    if isinstance(max_rows, bool) or not isinstance(max_rows, Integral) or max_rows < 1:
        raise ValueError(f"max_rows must be an integer of at least 1; got {max_rows!r}.")
    panels = panels_of(table)
    bars = [_bars(panel, int(max_rows)) for panel in panels]
    if ax is None:
        letters = max(widest(rows["interaction"]) for rows in bars)
        width = 4.6 + 0.075 * min(letters, 60)
        axes = new_axes(len(panels), width, 1.6 + 0.27 * max(map(len, bars)))
    else:
        axes = given_axes(ax, len(panels), [panel.label for panel in panels])
    for panel, rows, one in zip(panels, bars, axes, strict=True):
        _draw(panel, rows, one)
    finish(
        axes,
        [Heading(panel.title, panel.small_print) for panel in panels],
        fit=lambda position: _fit(bars[position], axes[position]),
    )
    return one_or_all(axes)


def _bars(panel: Panel, max_rows: int) -> pd.DataFrame:
    """The rows to show, largest first; what does not fit is one row."""
    import pandas as pd

    rows = panel.rows.sort_values("value", key=abs, ascending=False, kind="stable")
    rows = rows.reset_index(drop=True)
    if len(rows) <= max_rows + 1:
        return rows
    rest = rows[max_rows:]
    others = pd.DataFrame(
        {"interaction": [f"{len(rest)} {OTHERS}"], "value": rest["value"].sum(), "order": 0}
    )
    return pd.concat([rows[:max_rows], others], ignore_index=True)


def _draw(panel: Panel, rows: pd.DataFrame, ax: Axes) -> None:
    names = rows["interaction"].tolist()
    colour_of = _colours_of(rows, ax)
    reserve_rows(ax, names)
    line, width = ink(ax, 0.8), 0.12 * font_size(ax)
    # Names are positions, so that bars of the same name meet on an axis that others share.
    for order, colour in colour_of.items():
        of_order = rows[rows["order"] == order]
        ax.barh(
            of_order["interaction"].tolist(),
            of_order["value"],
            height=0.72,
            color=colour,
            label=_label(order),
        )
    if {"low", "high"} <= set(rows):
        known = rows[rows["low"].notna() & rows["high"].notna()]
        ax.hlines(
            known["interaction"].tolist(), known["low"], known["high"], color=line, linewidth=width
        )
    ax.axvline(0, color=ink(ax, 0.7), linewidth=0.8)
    ax.set_xlabel(panel.unit)
    fit_axis_labels(ax)
    ax.margins(x=0.06)
    for side in ("top", "right", "left"):
        ax.spines[side].set_visible(False)


def _fit(rows: pd.DataFrame, ax: Axes) -> None:
    """Label the bars, and put a legend where no bar is."""
    show_names(ax, rows["interaction"].tolist())
    if len(set(rows["order"]) - {0}) > 1:
        legend = ax.legend(loc=_free_corner(rows, ax), fontsize=0.9 * font_size(ax), framealpha=0.8)
        as_it_is(*legend.get_texts())


def _free_corner(rows: pd.DataFrame, ax: Axes) -> Any:
    """The first corner that bars and whiskers leave free."""
    columns = [name for name in ("value", "low", "high") if name in rows]
    ends = rows[columns].assign(zero=0.0)
    left, right = ax.get_xlim()
    shortest, longest = (
        (side - left) / (right - left) for side in (ends.min(axis=1), ends.max(axis=1))
    )
    place = rows_of(ax, rows["interaction"].tolist()) / len(ax.get_yticks())
    for corner, near in (("lower", place > 0.6), ("upper", place < 0.4)):
        if not (longest[near] > 0.6).any():
            return f"{corner} right"
        if not (shortest[near] < 0.4).any():
            return f"{corner} left"
    return "best"


def _colours_of(rows: pd.DataFrame, ax: Axes) -> Mapping[int, Colour]:
    """A colour for each order that is there, the same in all panels; grey for the others."""
    orders = sorted(map(int, rows["order"].unique()), key=lambda order: order or len(rows))
    palette = colours(ax, max(orders))
    return {order: palette[order - 1] if order else ink(ax, 0.4) for order in orders}


def _label(order: int) -> str:
    return SIZES.get(order, f"{order} together") if order else "sum of all others"


class ImportanceDisplay(Display):
    """Bars of an explanation, as scikit-learn's displays are used.

    Parameters
    ----------
    frame : DataFrame
        The result of `HyperSHAPExplainer.explain`.

    Attributes
    ----------
    ax_ : Axes or ndarray of Axes
        What `plot` has drawn on.
    figure_ : Figure
        The figure of these.

    See Also
    --------
    plot_importance : The same as a function.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import GridSearchCV
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from skhypershap import HyperSHAPExplainer
    >>> from skhypershap.plotting import ImportanceDisplay
    >>> grid = {"max_depth": [1, 2, 3, 4, 5], "min_samples_leaf": [1, 5, 20, 40]}
    >>> search = GridSearchCV(DecisionTreeClassifier(random_state=0), grid)
    >>> explainer = HyperSHAPExplainer(search, baseline="worst", random_state=0)
    >>> explainer = explainer.fit(*load_iris(return_X_y=True))
    >>> display = ImportanceDisplay.from_explainer(explainer, order=1)
    >>> display.ax_.get_title().replace(chr(10), " ")
    'What tuning each hyperparameter gains in the score'
    """

    _plot = staticmethod(plot_importance)

    @classmethod
    def from_explainer(
        cls,
        explainer: Any,
        game: Any = "tunability",
        *,
        ax: Any = None,
        max_rows: int = 15,
        **options: Any,
    ) -> Self:
        """Explain, and plot the result.

        Parameters
        ----------
        explainer : HyperSHAPExplainer
            Fitted.
        game : str or list of str, default="tunability"
            As in `explain`.
        ax : Axes or array of Axes, default=None
            Where to draw; None creates a figure.
        max_rows : int, default=15
            How many bars to show.
        **options : dict
            Further arguments of `explain`.

        Returns
        -------
        ImportanceDisplay
        """
        return cls(explainer.explain(game, **options)).plot(ax, max_rows=max_rows)
