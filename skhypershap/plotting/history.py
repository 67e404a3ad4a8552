"""How values settle as trials are added."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np

from skhypershap.frame_libraries import of_any_library
from skhypershap.frames import restored
from skhypershap.plotting._colours import colours, ink
from skhypershap.plotting._display import Display
from skhypershap.plotting._names import MAX_FRACTION
from skhypershap.plotting._panels import for_facets, given_axes, new_axes, one_or_all
from skhypershap.plotting._table import Panel, check_columns, panels_of, with_visible_names
from skhypershap.plotting._text import (
    LETTER_WIDTH,
    MIN_FONT,
    ROW_HEIGHT,
    Heading,
    as_it_is,
    finish,
    fit_axis_labels,
    font_size,
    inner_size,
    slot_size,
    widest,
    wrapped,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

SOURCE = "history()"
LETTERS_OF_NAME = 24
SPACING = 0.4  # between names, in multiples of a line
STYLES = ("-", "--", "-.", ":")


@for_facets
@of_any_library
def plot_history(frame: pd.DataFrame, ax: Any = None, *, max_lines: int = 8) -> Any:
    """Plot each value against the number of trials that it was computed from.

    Parameters
    ----------
    frame : DataFrame
        The result of `HyperSHAPExplainer.history`. Bands span `low` to `high` where it has them.
    ax : Axes or array of Axes, default=None
        Where to draw; None creates a figure. Several games or data sets need an Axes each.
    max_lines : int, default=8
        How many interactions to show, those with the largest absolute value at the end.

    Returns
    -------
    Axes, or ndarray of Axes of shape (n_panels,)
        The plot, values in units of the metric.

    Raises
    ------
    TypeError
        If `frame` is not a DataFrame.
    ValueError
        If `frame` lacks columns or rows, `max_lines` is below 1, or `ax` has too many or too few
        Axes.

    See Also
    --------
    plot_importance : The values of all trials.

    Examples
    --------
    >>> import pandas as pd
    >>> from skhypershap.plotting import plot_history
    >>> history = pd.DataFrame(
    ...     {
    ...         "interaction": "C",
    ...         "value": [0.1, 0.05, 0.06],
    ...         "order": 1,
    ...         "game": "tunability",
    ...         "n_trials": [20, 40, 60],
    ...         "measure": "SV",
    ...         "hyperparameters": [("C",)] * 3,
    ...     }
    ... )
    >>> plot_history(history).get_xlabel()
    'trials'
    """
    check_columns(frame, ("n_trials",), SOURCE)
    if max_lines < 1:
        raise ValueError(f"max_lines must be at least 1; got {max_lines!r}.")
    whole = with_visible_names(restored(frame))
    last = whole[whole["n_trials"] == whole["n_trials"].max()]
    last.attrs = dict(frame.attrs)
    panels = panels_of(last)
    if ax is None:
        axes = new_axes(len(panels), 7.2, 4.2)
    else:
        axes = given_axes(ax, len(panels), [panel.label for panel in panels])
    for panel, one in zip(panels, axes, strict=True):
        _draw(panel, _rows_of(whole, panel), int(max_lines), one)
    verdict = str(frame.attrs.get("verdict") or "")
    headings = [Heading(_title(frame), (verdict, panel.small_print[1])) for panel in panels]

    def fit(position: int) -> None:
        _legend(axes[position], len(panels[position].rows) - max_lines)

    finish(axes, headings, fit=fit)
    return one_or_all(axes)


def _title(frame: pd.DataFrame) -> str:
    settled = frame.attrs.get("settled")
    if not isinstance(settled, (bool, np.bool_)):
        return "How the answer settles with more trials"
    return "The answer has settled" if settled else "The answer has not settled yet"


def _rows_of(frame: pd.DataFrame, panel: Panel) -> pd.DataFrame:
    """All rows of the game, the data set and the metric of a panel."""
    same = np.ones(len(frame), dtype=bool)
    for kind in ("game", "dataset", "metric"):
        if kind in frame:
            same &= (frame[kind].astype(str) == str(panel.rows[kind].iloc[0])).to_numpy()
    rows = frame[same]
    return rows[rows["draw"] == 0] if "draw" in rows else rows


def _draw(panel: Panel, rows: pd.DataFrame, max_lines: int, ax: Axes) -> None:
    by_size = panel.rows.sort_values("value", key=abs, ascending=False, kind="stable")
    shown = by_size["interaction"].tolist()[:max_lines]
    palette = colours(ax, min(len(shown), 8))
    for position, name in enumerate(shown):
        line = rows[rows["interaction"] == name].sort_values("n_trials")
        colour = palette[position % len(palette)]
        if {"low", "high"} <= set(line):
            ax.fill_between(
                line["n_trials"].to_numpy(dtype=float),
                line["low"].to_numpy(dtype=float),
                line["high"].to_numpy(dtype=float),
                color=colour,
                alpha=0.13,
                linewidth=0,
            )
        ax.plot(
            line["n_trials"],
            line["value"],
            STYLES[position % len(STYLES)],
            color=colour,
            linewidth=0.2 * font_size(ax),
            marker="o",
            markersize=0.35 * font_size(ax),
            label=wrapped(name, LETTERS_OF_NAME),
        )
    ax.axhline(0, color=ink(ax, 0.5), linewidth=0.8, zorder=1)
    ax.set(xlabel="trials", ylabel=panel.unit)
    fit_axis_labels(ax)
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)


def _legend(ax: Axes, n_hidden: int) -> None:
    """Names beside the axes, in the order of the values, where they cover no line."""
    handles, labels = ax.get_legend_handles_labels()
    lines = sum(label.count("\n") + 1 + SPACING for label in labels) + 1.5 * (n_hidden > 0)
    letters = widest(labels) + 5
    font = min(
        0.9 * font_size(ax),
        inner_size(ax)[1] / lines / ROW_HEIGHT,
        MAX_FRACTION * slot_size(ax)[0] / letters / LETTER_WIDTH,
    )
    font = max(font, MIN_FONT)
    legend = ax.legend(
        handles,
        labels,
        loc="upper left",
        bbox_to_anchor=(1.01, 1.0),
        fontsize=font,
        frameon=False,
        borderaxespad=0,
        labelspacing=SPACING,
        title=f"the largest; {n_hidden} smaller" if n_hidden > 0 else None,
        title_fontsize=font,
        alignment="left",
    )
    as_it_is(*legend.get_texts())


class HistoryDisplay(Display):
    """How values settle as trials are added, as scikit-learn's displays are used.

    Parameters
    ----------
    frame : DataFrame
        The result of `HyperSHAPExplainer.history`.

    Attributes
    ----------
    ax_ : Axes or ndarray of Axes
        What `plot` has drawn on.
    figure_ : Figure
        The figure of these.

    See Also
    --------
    plot_history : The same as a function.
    """

    _plot = staticmethod(plot_history)

    @classmethod
    def from_explainer(
        cls, explainer: Any, *, ax: Any = None, max_lines: int = 8, **options: Any
    ) -> Self:
        """Explain growing numbers of trials, and plot the values.

        Parameters
        ----------
        explainer : HyperSHAPExplainer
            Fitted.
        ax : Axes or array of Axes, default=None
            Where to draw; None creates a figure.
        max_lines : int, default=8
            How many interactions to show.
        **options : dict
            Arguments of `history`.

        Returns
        -------
        HistoryDisplay
        """
        return cls(explainer.history(**options)).plot(ax, max_lines=max_lines)
