"""Heatmap of pairs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from skhypershap.frame_libraries import of_any_library
from skhypershap.plotting._colours import diverging, greys, text_on
from skhypershap.plotting._display import Display
from skhypershap.plotting._names import reserve_rows, show_names
from skhypershap.plotting._panels import for_facets, given_axes, new_axes, one_or_all
from skhypershap.plotting._table import Panel, panels_of
from skhypershap.plotting._text import (
    LETTER_WIDTH,
    POINTS_PER_INCH,
    Heading,
    as_it_is,
    figure_of,
    finish,
    fit_label,
    font_size,
    inner_size,
    is_laid_out,
    slot_size,
    widest,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import QuadMesh

MIN_NUMBER = 5  # points; smaller numbers are hidden
MAX_LETTERS = 24  # of a line of a name


@for_facets
@of_any_library
def plot_interactions(table: Any, ax: Any = None) -> Any:
    """Plot the values of pairs as an upper triangle, single hyperparameters on the diagonal.

    Colours show the pairs, on a scale that is symmetric about zero: blue for more together, orange
    for less. The diagonal is grey, because single values are often far larger.

    Parameters
    ----------
    table : DataFrame
        The result of `HyperSHAPExplainer.explain` with `order=2` or more; larger interactions are
        not shown, nor are resamples. Hyperparameters are in the order of the table.
    ax : Axes or array of Axes, default=None
        Where to draw; None creates a figure whose size fits the table. Several games or data sets
        need an Axes each.

    Returns
    -------
    Axes, or ndarray of Axes of shape (n_panels,)
        The plot, values in units of the metric: one Axes for each game and data set.

    Raises
    ------
    TypeError
        If `table` is not a DataFrame.
    ValueError
        If `table` is not an explanation or is empty, has only interactions of more than two, or if
        `ax` has too many or too few Axes.

    See Also
    --------
    plot_importance : Bars of all interactions.
    plot_network : The same as a graph.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import GridSearchCV
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from skhypershap import HyperSHAPExplainer
    >>> from skhypershap.plotting import plot_interactions
    >>> grid = {"max_depth": [1, 2, 3, 4, 5], "min_samples_leaf": [1, 5, 20, 40]}
    >>> search = GridSearchCV(DecisionTreeClassifier(random_state=0), grid)
    >>> explainer = HyperSHAPExplainer(search, baseline="worst", random_state=0)
    >>> ax = plot_interactions(explainer.fit(*load_iris(return_X_y=True)).explain())
    >>> [label.get_text() for label in ax.get_yticklabels()]
    ['max_depth', 'min_samples_leaf']
    """
    panels = panels_of(table)
    names = _names_in(panels)
    if ax is None:
        side = 1.8 + 0.55 * len(names) + 0.07 * min(widest(names), MAX_LETTERS)
        axes = new_axes(len(panels), max(side + 1.2, 5.0), max(side, 3.6))
    else:
        axes = given_axes(ax, len(panels), [panel.label for panel in panels])
    matrices = [_draw(panel, names, one) for panel, one in zip(panels, axes, strict=True)]
    headings = [
        Heading(
            "Which hyperparameters work together",
            (panel.small_print[1], "colours: pairs · grey: each alone"),
        )
        for panel in panels
    ]

    finish(
        axes,
        headings,
        fit=lambda position: _label(axes[position], names),
        draw=lambda position: _write_numbers(axes[position], matrices[position]),
    )
    return one_or_all(axes)


def _names_in(panels: Sequence[Panel]) -> list[str]:
    """All hyperparameters of all panels, in the order of their rows."""
    found = dict.fromkeys(name for panel in panels for name in names_of(panel))
    return list(found)


def names_of(panel: Panel) -> list[str]:
    """The hyperparameters of the single values and pairs, in the order of the rows.

    Raises
    ------
    ValueError
        If there are neither single hyperparameters nor pairs.
    """
    shown = panel.rows[panel.rows["order"] <= 2]
    if shown.empty:
        raise ValueError(
            "table has no single hyperparameters or pairs; keep the rows of order 1, 2."
        )
    return list(dict.fromkeys(name for members in shown["hyperparameters"] for name in members))


def matrix_of(panel: Panel, position_of: Mapping[str, int]) -> np.ndarray:
    """Values of shape (n_names, n_names): pairs above the diagonal, NaN below it."""
    size = max(position_of.values()) + 1
    matrix = np.full((size, size), np.nan)
    shown = panel.rows[panel.rows["order"] <= 2]
    for members, value in zip(shown["hyperparameters"], shown["value"], strict=True):
        matrix[upper(members, position_of)] = value
    return matrix


def upper(members: Sequence[str], position_of: Mapping[str, int]) -> tuple[int, int]:
    """Row and column of an interaction in the upper triangle; the diagonal for a single one."""
    first, last = sorted((position_of[members[0]], position_of[members[-1]]))
    return first, last


def _draw(panel: Panel, names: list[str], ax: Axes) -> np.ndarray:
    """Draw pairs and diagonal, and return the matrix."""
    position_of = dict(zip(names, reserve_rows(ax, names).tolist(), strict=True))
    matrix = matrix_of(panel, position_of)
    edges = np.arange(len(matrix) + 1) - 0.5
    on_diagonal = np.eye(len(matrix), dtype=bool)
    pairs = np.ma.masked_invalid(np.where(on_diagonal, np.nan, matrix))
    alone = np.ma.masked_invalid(np.where(on_diagonal, matrix, np.nan))
    largest = _largest(pairs)
    mesh = ax.pcolormesh(edges, edges, pairs, cmap=diverging(ax), vmin=-largest, vmax=largest)
    ax.pcolormesh(edges, edges, abs(alone), cmap=greys(ax), vmin=0, vmax=_largest(alone))
    ax.set(xlim=(-0.5, len(matrix) - 0.5), xticks=[])
    ax.grid(False)
    ax.spines[:].set_visible(False)
    if pairs.count():
        _colour_bar(ax, mesh, panel.unit)
    return matrix


def _largest(values: np.ma.MaskedArray[Any, Any]) -> float:
    """The largest absolute value, 1 where all are zero or none is there."""
    return float(abs(values).max()) or 1.0 if values.count() else 1.0


def _label(ax: Axes, names: list[str]) -> None:
    """Names beside the diagonal, where they label a row and, seen from above, a column."""
    show_names(ax, names)
    ax.tick_params(axis="y", labelleft=True)
    n_rows = len(ax.get_yticks())
    for row, label in enumerate(ax.get_yticklabels()):
        label.set_x(row / n_rows)
        as_it_is(label)


def _keep_room(ax: Axes) -> None:
    """Reserve room at the left for labels that stick out further once the axes are smaller.

    `tight_layout` measures labels once, before it makes the axes smaller.
    """
    width_now = ax.get_window_extent().width
    width = inner_size(ax)[0] * figure_of(ax).dpi / POINTS_PER_INCH
    beyond = [
        label.get_window_extent().width - label.get_position()[0] * width
        for label in ax.get_yticklabels()
    ]
    (line,) = ax.plot(
        [-max(beyond) / width_now, 0], [0.5, 0.5], transform=ax.transAxes, alpha=0, clip_on=False
    )
    line.set_label("_room for names")


def _colour_bar(ax: Axes, mesh: QuadMesh, unit: str) -> None:
    """A colour bar that takes nothing from the Axes: a child of it, at its right."""
    figure = ax.get_figure(root=True)
    assert figure is not None, "every Axes belongs to a figure"
    bar = figure.colorbar(mesh, cax=ax.inset_axes((1.04, 0.1, 0.04, 0.8)))
    size = 0.9 * font_size(ax)
    bar.set_label(f"{unit}, together", fontsize=size)
    bar.ax.tick_params(labelsize=size)
    bar.ax.locator_params(nbins=5)
    bar.outline.set_visible(False)  # type: ignore[operator]
    fit_label(bar.ax.yaxis.label, 0.8 * slot_size(ax)[1])


def _write_numbers(ax: Axes, matrix: np.ndarray) -> None:
    """Write the values into their cells, where they can be read."""
    if not is_laid_out(figure_of(ax)):
        _keep_room(ax)
    width, height = inner_size(ax)
    pairs, alone = ax.collections[-2:]
    on_diagonal = np.eye(len(matrix), dtype=bool)
    cells = list(zip(*np.nonzero(np.isfinite(matrix)), strict=True))
    texts = [
        _cell_text(matrix[cell], np.nanmax(np.abs(matrix[on_diagonal == on_diagonal[cell]])))
        for cell in cells
    ]
    room = width / len(matrix) / LETTER_WIDTH / (widest(texts) + 1)
    font = min(font_size(ax), room, 0.6 * height / len(matrix))
    for (row, column), number in zip(cells, texts, strict=True):
        value = matrix[row, column]
        mesh = alone if row == column else pairs
        red, green, blue, _ = mesh.to_rgba(abs(value) if row == column else value)
        text = ax.text(
            column,
            row,
            number,
            fontsize=font,
            visible=bool(font >= MIN_NUMBER),
            color=text_on((red, green, blue)),
            horizontalalignment="center",
            verticalalignment="center",
        )
        as_it_is(text)


def _cell_text(value: float, largest: float) -> str:
    """A value with as many decimals as the largest of its kind needs for two digits."""
    if not value or not largest:
        return "0"
    decimals = 1 - math.floor(math.log10(largest))
    if not -3 <= decimals <= 5:
        return f"{value:.1e}"
    text = f"{value:.{max(decimals, 0)}f}"
    return text if float(text) else "0"


class InteractionsDisplay(Display):
    """Heatmap of pairs, as scikit-learn's displays are used.

    Parameters
    ----------
    frame : DataFrame
        The result of `HyperSHAPExplainer.explain` with `order=2`.

    Attributes
    ----------
    ax_ : Axes or ndarray of Axes
        What `plot` has drawn on.
    figure_ : Figure
        The figure of these.

    See Also
    --------
    plot_interactions : The same as a function.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import GridSearchCV
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from skhypershap import HyperSHAPExplainer
    >>> from skhypershap.plotting import InteractionsDisplay
    >>> grid = {"max_depth": [1, 2, 3, 4, 5], "min_samples_leaf": [1, 5, 20, 40]}
    >>> search = GridSearchCV(DecisionTreeClassifier(random_state=0), grid)
    >>> explainer = HyperSHAPExplainer(search, baseline="worst", random_state=0)
    >>> explainer = explainer.fit(*load_iris(return_X_y=True))
    >>> InteractionsDisplay.from_explainer(explainer).ax_.get_title()
    'Which hyperparameters work together'
    """

    _plot = staticmethod(plot_interactions)

    @classmethod
    def from_explainer(
        cls, explainer: Any, game: Any = "tunability", *, ax: Any = None, **options: Any
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
        **options : dict
            Further arguments of `explain`.

        Returns
        -------
        InteractionsDisplay
        """
        return cls(explainer.explain(game, **options)).plot(ax)
