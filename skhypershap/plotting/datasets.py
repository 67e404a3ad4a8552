"""Heatmap of hyperparameters and data sets, with similar data sets next to each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np

from skhypershap.frame_libraries import of_any_library
from skhypershap.frames import restored
from skhypershap.plotting._colours import diverging, ink
from skhypershap.plotting._display import Display
from skhypershap.plotting._names import reserve_rows, show_names
from skhypershap.plotting._panels import for_facets, given_axes, new_axes, one_or_all
from skhypershap.plotting._table import ALL_DATASETS, Panel, check_columns, panels_of
from skhypershap.plotting._text import (
    LETTER_WIDTH,
    MIN_FONT,
    Heading,
    as_it_is,
    drawable,
    finish,
    fit_axis_labels,
    fit_label,
    font_size,
    inner_size,
    slot_size,
    widest,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.collections import QuadMesh

SOURCE = "explain_jointly(..., per_dataset=True)"
MAX_LETTERS = 24  # of the name of a data set
MAX_HEIGHT = 0.3  # of a slot that names of data sets may take
TREE = 0.16  # height of the tree above the cells, as a part of theirs


class Matrix(NamedTuple):
    """What a heatmap shows.

    Attributes
    ----------
    values : ndarray of shape (n_hyperparameters, n_datasets)
        Zero where a data set has no value.
    hyperparameters, datasets : list of str
        Names of rows and columns.
    links : ndarray of shape (n_datasets - 1, 4) or None
        The tree of the data sets as scipy describes it; None for one data set.
    """

    values: np.ndarray
    hyperparameters: list[str]
    datasets: list[str]
    links: np.ndarray | None


@for_facets
@of_any_library
def plot_datasets(frame: pd.DataFrame, ax: Any = None, *, normalize: bool = True) -> Any:
    """Plot the values of single hyperparameters on each data set, similar data sets side by side.

    Data sets are ordered by hierarchical clustering of their columns (average linkage of Euclidean
    distances, with the best order of the leaves), whose tree stands above them. Hyperparameters are
    ordered by their mean.

    Parameters
    ----------
    frame : DataFrame
        The result of `explain_jointly(..., per_dataset=True)`, or explanations joined with a column
        `dataset`. Only single hyperparameters are shown, without resamples.
    ax : Axes or array of Axes, default=None
        Where to draw; None creates a figure whose size fits. Several games or metrics need an Axes each.
    normalize : bool, default=True
        Whether each value is divided by the sum of the absolute values of its data set, so that data
        sets whose scores vary much do not outshine the others.

    Returns
    -------
    Axes, or ndarray of Axes of shape (n_panels,)
        The plot: one Axes for each game and metric.

    Raises
    ------
    TypeError
        If `frame` is not a DataFrame.
    ValueError
        If `frame` lacks columns, rows, data sets or single hyperparameters, or has rows twice, or if
        `ax` has too many or too few Axes.

    See Also
    --------
    plot_importance : Bars, an Axes for each data set.
    skhypershap.best_subsets_jointly : What to tune on the next data set.

    Examples
    --------
    >>> import pandas as pd
    >>> from skhypershap.plotting import plot_datasets
    >>> table = pd.DataFrame(
    ...     {
    ...         "interaction": ["C", "gamma"] * 3,
    ...         "value": [0.1, 0.0, 0.0, 0.3, 0.2, 0.0],
    ...         "order": 1,
    ...         "game": "tunability",
    ...         "dataset": ["a", "a", "b", "b", "c", "c"],
    ...         "measure": "SV",
    ...         "hyperparameters": [("C",), ("gamma",)] * 3,
    ...     }
    ... )
    >>> ax = plot_datasets(table)
    >>> [label.get_text() for label in ax.get_xticklabels()]
    ['b', 'c', 'a']
    """
    check_columns(frame, ("dataset",), SOURCE)
    parts = _parts(frame)
    matrices = [_matrix(part, normalize) for part in parts]
    panels = [part[0] for part in parts]
    if ax is None:
        n_rows = max(len(one.hyperparameters) for one in matrices)
        n_columns = max(len(one.datasets) for one in matrices)
        names = max(widest(one.hyperparameters) for one in matrices)
        width = 2.6 + 0.19 * n_columns + 0.07 * min(names, MAX_LETTERS)
        axes = new_axes(len(panels), max(width, 5.0), max(2.8 + 0.3 * n_rows, 3.8))
    else:
        axes = given_axes(ax, len(panels), [panel.label for panel in panels])
    for panel, matrix, one in zip(panels, matrices, axes, strict=True):
        _draw(panel, matrix, one, normalize=normalize)
    headings = [
        Heading(panel.title, (_small_print(panel, matrix),))
        for panel, matrix in zip(panels, matrices, strict=True)
    ]

    def fit(position: int) -> None:
        matrix = matrices[position]
        above = 0.0 if matrix.links is None else TREE
        show_names(axes[position], matrix.hyperparameters, above)
        fit_axis_labels(axes[position])
        _label_columns(axes[position], matrix.datasets)

    finish(axes, headings, fit=fit)
    return one_or_all(axes)


def _parts(frame: pd.DataFrame) -> list[list[Panel]]:
    """The panels of single data sets, by game and metric."""
    rows = restored(frame)
    rows = rows[(rows["order"] == 1) & (rows["dataset"].astype(str) != ALL_DATASETS)]
    if rows.empty:
        raise ValueError(
            "frame has no single hyperparameters of single data sets; pass the result of "
            f"{SOURCE}, with its rows of order 1."
        )
    if "draw" in rows:
        rows = rows[rows["draw"] == 0].drop(columns="draw")
    rows.attrs = dict(frame.attrs)
    found: dict[tuple[str, str], list[Panel]] = {}
    for panel in panels_of(rows):
        metric = panel.rows["metric"].iloc[0] if "metric" in panel.rows else ""
        found.setdefault((panel.game, str(metric)), []).append(panel)
    return list(found.values())


def _matrix(panels: Sequence[Panel], normalize: bool) -> Matrix:
    """Values of all data sets, rows by their mean and columns by the clustering."""
    names = list(dict.fromkeys(name for one in panels for name in one.rows["interaction"]))
    values = np.zeros((len(names), len(panels)))
    for column, panel in enumerate(panels):
        for name, value in zip(panel.rows["interaction"], panel.rows["value"], strict=True):
            values[names.index(name), column] = value
    if normalize:
        sums = np.abs(values).sum(axis=0)
        values = np.divide(values, sums, out=np.zeros_like(values), where=sums > 0)
    order = np.argsort(-values.mean(axis=1), kind="stable")
    values, names = values[order], [names[row] for row in order]
    datasets = [str(panel.rows["dataset"].iloc[0]) for panel in panels]
    links = _links(values)
    if links is not None:
        from scipy.cluster.hierarchy import leaves_list

        leaves = leaves_list(links)
        values, datasets = values[:, leaves], [datasets[column] for column in leaves]
    return Matrix(values, names, datasets, links)


def _links(values: np.ndarray) -> np.ndarray | None:
    """The clustering of columns; None where there is one."""
    if values.shape[1] < 2:
        return None
    from scipy.cluster.hierarchy import linkage
    from scipy.spatial.distance import pdist

    return linkage(pdist(values.T), "average", optimal_ordering=True)  # type: ignore[no-any-return]


def _small_print(panel: Panel, matrix: Matrix) -> str:
    n_datasets = len(matrix.datasets)
    sets = f"{n_datasets} data set{'s' * (n_datasets > 1)}"
    return " · ".join([panel.game, f"{panel.rows['measure'].iloc[0]} values", sets])


def _draw(panel: Panel, matrix: Matrix, ax: Axes, *, normalize: bool) -> None:
    """Cells, the colour bar and the tree."""
    rows = reserve_rows(ax, matrix.hyperparameters)
    values = np.full((int(rows.max()) + 1, len(matrix.datasets)), np.nan)
    values[rows] = matrix.values
    edges = [np.arange(size + 1) - 0.5 for size in values.shape]
    largest = float(np.nanmax(np.abs(values))) or 1.0
    cells = np.ma.masked_invalid(values)
    mesh = ax.pcolormesh(edges[1], edges[0], cells, cmap=diverging(ax), vmin=-largest, vmax=largest)
    ax.set(xlim=(-0.5, len(matrix.datasets) - 0.5))
    ax.grid(False)
    ax.spines[:].set_visible(False)
    _colour_bar(ax, mesh, "share of the data set" if normalize else panel.unit)
    if matrix.links is not None:
        _tree(ax, matrix.links)


def _colour_bar(ax: Axes, mesh: QuadMesh, unit: str) -> None:
    """A colour bar that takes nothing from the Axes: a child of it, at its right."""
    figure = ax.get_figure(root=True)
    assert figure is not None, "every Axes belongs to a figure"
    bar = figure.colorbar(mesh, cax=ax.inset_axes((1.04, 0.1, 0.04, 0.8)))
    size = 0.9 * font_size(ax)
    bar.set_label(unit, fontsize=size)
    bar.ax.tick_params(labelsize=size)
    bar.ax.locator_params(nbins=5)
    bar.outline.set_visible(False)  # type: ignore[operator]
    fit_label(bar.ax.yaxis.label, 0.8 * slot_size(ax)[1])


def _tree(ax: Axes, links: np.ndarray) -> None:
    """The tree of the clustering above the cells, in room that `show_names` leaves."""
    from matplotlib.collections import LineCollection
    from scipy.cluster.hierarchy import dendrogram

    drawn = dendrogram(links, no_plot=True)
    top = max(float(np.max(drawn["dcoord"])), 1e-12)
    height = TREE * len(ax.get_yticks())
    across = (np.array(drawn["icoord"]) - 5) / 10  # leaves of scipy are at 5, 15, 25
    up = -0.5 - height * (0.06 + 0.9 * np.array(drawn["dcoord"]) / top)
    lines = [np.column_stack(pair) for pair in zip(across, up, strict=True)]
    ax.add_collection(LineCollection(lines, colors=[ink(ax, 0.6)], linewidths=1.0), autolim=False)


def _label_columns(ax: Axes, datasets: Sequence[str]) -> None:
    """Upright names below the columns where they fit; otherwise what the columns are."""
    font = min(font_size(ax, "xtick.labelsize"), 0.85 * inner_size(ax)[0] / len(datasets))
    names = [
        drawable(name if len(name) <= MAX_LETTERS else f"{name[: MAX_LETTERS - 1]}…")
        for name in datasets
    ]
    most = MAX_HEIGHT * slot_size(ax)[1] / widest(names) / LETTER_WIDTH
    font = min(font, most)
    if font < MIN_FONT:
        ax.set_xticks([])
        ax.set_xlabel("data sets")
        as_it_is(ax.xaxis.label)
        return
    ax.set_xticks(range(len(names)), names, rotation=90, fontsize=font)
    ax.tick_params(axis="x", length=0)
    as_it_is(*ax.get_xticklabels())


class DatasetsDisplay(Display):
    """Heatmap of hyperparameters and data sets, as scikit-learn's displays are used.

    Parameters
    ----------
    frame : DataFrame
        The result of `explain_jointly(..., per_dataset=True)`.

    Attributes
    ----------
    ax_ : Axes or ndarray of Axes
        What `plot` has drawn on.
    figure_ : Figure
        The figure of these.

    See Also
    --------
    plot_datasets : The same as a function.
    """

    _plot = staticmethod(plot_datasets)

    @classmethod
    def from_explainers(
        cls,
        explainers: Any,
        game: Any = "tunability",
        *,
        ax: Any = None,
        normalize: bool = True,
        **options: Any,
    ) -> Self:
        """Explain data sets jointly, and plot each of them.

        Parameters
        ----------
        explainers : dict of str to HyperSHAPExplainer
            Fitted.
        game : str or list of str, default="tunability"
            As in `explain_jointly`.
        ax : Axes or array of Axes, default=None
            Where to draw; None creates a figure.
        normalize : bool, default=True
            As in `plot_datasets`.
        **options : dict
            Further arguments of `explain_jointly`.

        Returns
        -------
        DatasetsDisplay
        """
        from skhypershap import explain_jointly

        frame = explain_jointly(explainers, game, per_dataset=True, **options)
        return cls(frame).plot(ax, normalize=normalize)
