"""The score over two hyperparameters."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from skhypershap.frame_libraries import of_any_library
from skhypershap.plotting._colours import background, ink
from skhypershap.plotting._display import Display
from skhypershap.plotting._panels import for_facets, given_axes, new_axes, one_or_all
from skhypershap.plotting._scale import Scale, scale_of
from skhypershap.plotting._table import check_columns, lower_is_better, metric_of, unit_of
from skhypershap.plotting._text import (
    Heading,
    figure_of,
    finish,
    fit_axis_labels,
    fit_label,
    font_size,
    slot_size,
    visible,
    wrapped,
)
from skhypershap.plotting.effect import HELD, MARKS

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.collections import QuadMesh

COLUMNS = (
    "hyperparameter",
    "value",
    "hyperparameter_2",
    "value_2",
    "held",
    "score",
    "position",
    "position_2",
)
SOURCE = "effects([(first, second)])"
LETTERS_OF_LABEL = 30


@for_facets
@of_any_library
def plot_surface(
    frame: pd.DataFrame, ax: Any = None, *, baseline: Any = None, incumbent: Any = None
) -> Any:
    """Plot the score over pairs of hyperparameters as colours, the brighter the better.

    Parameters
    ----------
    frame : DataFrame
        The result of `HyperSHAPExplainer.effects` for pairs.
    ax : Axes or array of Axes, default=None
        Where to draw; None creates a figure. Each pair, and each way to hold the others, needs an
        Axes.
    baseline, incumbent : dict or list of dict, default=None
        Configurations that are marked; None for those in `frame.attrs`, if any.

    Returns
    -------
    Axes, or ndarray of Axes of shape (n_panels,)
        The plot, scores in units of the metric.

    Raises
    ------
    TypeError
        If `frame` is not a DataFrame.
    ValueError
        If `frame` lacks columns or rows or has no pairs, or `ax` has too many or too few Axes.

    See Also
    --------
    plot_effect : The score along single hyperparameters.

    Examples
    --------
    >>> import itertools
    >>> import pandas as pd
    >>> from skhypershap.plotting import plot_surface
    >>> cells = itertools.product([0, 1, 2], ["rbf", "poly"])
    >>> frame = pd.DataFrame(cells, columns=["position", "value_2"])
    >>> frame = frame.assign(
    ...     hyperparameter="C",
    ...     value=10.0 ** frame["position"],
    ...     hyperparameter_2="kernel",
    ...     position_2=[0, 1] * 3,
    ...     held="baseline",
    ...     score=[0.8, 0.7, 0.9, 0.75, 0.85, 0.8],
    ... )
    >>> ax = plot_surface(frame)
    >>> ax.get_xlabel(), [label.get_text() for label in ax.get_yticklabels()]
    ('C', ['rbf', 'poly'])
    """
    check_columns(frame, COLUMNS, SOURCE)
    pairs = frame[frame["hyperparameter_2"].notna()]
    if pairs.empty:
        raise ValueError("frame has no pairs; plot single hyperparameters with plot_effect.")
    marked = {
        "baseline": frame.attrs.get("baseline") if baseline is None else baseline,
        "incumbent": frame.attrs.get("incumbent") if incumbent is None else incumbent,
    }
    keys = ["hyperparameter", "hyperparameter_2", "held"]
    groups = [(tuple(map(str, key)), rows) for key, rows in pairs.groupby(keys, sort=False)]
    what = [f"{first} × {second}, {held}" for (first, second, held), _ in groups]
    axes = new_axes(len(groups), 5.4, 4.2) if ax is None else given_axes(ax, len(groups), what)
    better = " (lower is better)" if lower_is_better(frame) else ""
    for ((first, second, _), rows), one in zip(groups, axes, strict=True):
        mesh = _draw(rows, marked, one, reverse=bool(better))
        one.set(
            xlabel=wrapped(first, 2 * LETTERS_OF_LABEL), ylabel=wrapped(second, LETTERS_OF_LABEL)
        )
        fit_axis_labels(one)
        _colour_bar(one, mesh, f"{unit_of(frame)}{better}")
    headings = [
        Heading(
            f"How {metric_of(frame)} changes with {visible(first)} and {visible(second)}",
            (HELD.get(held, held),),
        )
        for (first, second, held), _ in groups
    ]
    finish(axes, headings)
    return one_or_all(axes)


def _draw(rows: pd.DataFrame, marked: Mapping[str, Any], ax: Axes, *, reverse: bool) -> QuadMesh:
    first = scale_of(rows["value"].tolist(), rows["position"].tolist())
    second = scale_of(rows["value_2"].tolist(), rows["position_2"].tolist())
    scores = np.full((len(second.positions), len(first.positions)), np.nan)
    columns = np.searchsorted(np.sort(rows["position"].unique()), rows["position"])
    lines = np.searchsorted(np.sort(rows["position_2"].unique()), rows["position_2"])
    scores[lines, columns] = rows["score"]
    mesh = ax.pcolormesh(
        first.edges(),
        second.edges(),
        np.ma.masked_invalid(scores),
        cmap="viridis_r" if reverse else "viridis",
        rasterized=True,
    )
    ax.grid(False)
    first.apply(ax, "x")
    second.apply(ax, "y")
    ax.set(xlim=first.edges()[[0, -1]], ylim=second.edges()[[0, -1]])
    names = str(rows["hyperparameter"].iloc[0]), str(rows["hyperparameter_2"].iloc[0])
    for kind, configs in marked.items():
        _mark(kind, configs, names, (first, second), ax)
    return mesh


def _mark(
    kind: str, configs: Any, names: tuple[str, str], scales: tuple[Scale, Scale], ax: Axes
) -> None:
    """A symbol at the values of the baseline or the incumbent."""
    label, _, marker = MARKS[kind]
    several = [configs] if isinstance(configs, Mapping) else list(configs or [])
    several = [config for config in several if set(names) <= set(config)]
    x, y = (
        scale.place([config[name] for config in several])
        for scale, name in zip(scales, names, strict=True)
    )
    if not np.isfinite(x + y).any():
        return
    size = font_size(ax)
    ax.plot(
        x,
        y,
        marker,
        color="white",
        markeredgecolor="black",
        markersize=1.5 * size if marker == "*" else 0.9 * size,
        label=label,
        clip_on=False,
    )
    legend = ax.legend(
        loc="best",
        fontsize=0.85 * size,
        facecolor=background(ax),
        labelcolor=ink(ax),
        framealpha=0.85,
    )
    for handle in legend.legend_handles:
        if handle is not None:
            handle.set_markersize(0.8 * size)  # type: ignore[attr-defined]


def _colour_bar(ax: Axes, mesh: QuadMesh, label: str) -> None:
    """A colour bar that takes nothing from the Axes: a child of it, at its right."""
    bar = figure_of(ax).colorbar(mesh, cax=ax.inset_axes((1.04, 0.0, 0.045, 1.0)))
    bar.set_label(label, fontsize=font_size(ax))
    bar.ax.tick_params(labelsize=font_size(ax))
    bar.outline.set_visible(False)  # type: ignore[operator]
    fit_label(bar.ax.yaxis.label, 0.8 * slot_size(ax)[1])


class SurfaceDisplay(Display):
    """The score over two hyperparameters, as scikit-learn's displays are used.

    Parameters
    ----------
    frame : DataFrame
        The result of `HyperSHAPExplainer.effects` for pairs.

    Attributes
    ----------
    ax_ : Axes or ndarray of Axes
        What `plot` has drawn on.
    figure_ : Figure
        The figure of these.

    See Also
    --------
    plot_surface : The same as a function.
    """

    _plot = staticmethod(plot_surface)

    @classmethod
    def from_explainer(
        cls,
        explainer: Any,
        pair: Any,
        *,
        held: Any = ("baseline",),
        ax: Any = None,
        **options: Any,
    ) -> Self:
        """Compute the effect of a pair, and plot it.

        Parameters
        ----------
        explainer : HyperSHAPExplainer
            Fitted; its baseline and incumbent are marked.
        pair : tuple of two str
            The hyperparameters.
        held : tuple of str, default=("baseline",)
            As in `effects`: what the others are held at, an Axes for each.
        ax : Axes or array of Axes, default=None
            Where to draw; None creates a figure.
        **options : dict
            Further arguments of `effects`.

        Returns
        -------
        SurfaceDisplay
        """
        explainer = copy.copy(explainer)  # another thread may fit it
        frame = explainer.effects([tuple(pair)], held=held, **options)
        marked = {"baseline": explainer.baseline_, "incumbent": explainer.incumbent_}
        return cls(frame).plot(ax, **marked)
