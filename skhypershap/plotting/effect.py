"""Curves of the score along hyperparameters."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from skhypershap.frame_libraries import of_any_library
from skhypershap.plotting._colours import Colour, colours, ink
from skhypershap.plotting._display import Display
from skhypershap.plotting._panels import for_facets, given_axes, new_axes, one_or_all
from skhypershap.plotting._scale import Scale, scale_of
from skhypershap.plotting._table import check_columns, lower_is_better, metric_of, unit_of
from skhypershap.plotting._text import (
    LETTER_WIDTH,
    POINTS_PER_INCH,
    Heading,
    as_it_is,
    figure_of,
    finish,
    fit_axis_labels,
    font_size,
    inner_size,
    slot_size,
    visible,
    widest,
    wrapped,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

COLUMNS = ("hyperparameter", "value", "held", "score", "position")
SOURCE = "effects()"
HELD = {
    "baseline": "others at the baseline",
    "incumbent": "others as in the best trial",
    "best": "others at their best",
    "average": "average over the others",
}
STYLES = {"baseline": ":", "incumbent": "--", "best": "-", "average": "-."}
MARKS = {"baseline": ("baseline", ":", "o"), "incumbent": ("best trial", "--", "*")}
DODGE = 0.5  # of the distance between choices: how far the points of one spread


@for_facets
@of_any_library
def plot_effect(
    frame: pd.DataFrame, ax: Any = None, *, baseline: Any = None, incumbent: Any = None
) -> Any:
    """Plot how the score changes along hyperparameters, one Axes for each.

    Numbers are curves on the scale of their range, choices are points. Bands and bars span `low`
    to `high` where the frame has them.

    Parameters
    ----------
    frame : DataFrame
        The result of `HyperSHAPExplainer.effects` for single hyperparameters.
    ax : Axes or array of Axes, default=None
        Where to draw; None creates a figure. Several hyperparameters need an Axes each.
    baseline, incumbent : dict or list of dict, default=None
        Configurations whose values are marked; None for those in `frame.attrs`, if any.

    Returns
    -------
    Axes, or ndarray of Axes of shape (n_hyperparameters,)
        The plot, scores in units of the metric.

    Raises
    ------
    TypeError
        If `frame` is not a DataFrame.
    ValueError
        If `frame` lacks columns or rows, or has pairs only, or `ax` has too many or too few Axes.

    See Also
    --------
    plot_surface : The score over two hyperparameters.

    Examples
    --------
    >>> import pandas as pd
    >>> from skhypershap.plotting import plot_effect
    >>> effects = pd.DataFrame(
    ...     {
    ...         "hyperparameter": "C",
    ...         "value": [0.01, 1.0, 100.0],
    ...         "held": "best",
    ...         "score": [0.8, 0.95, 0.9],
    ...         "position": [0.0, 0.5, 1.0],
    ...     }
    ... )
    >>> ax = plot_effect(effects, baseline={"C": 1.0})
    >>> ax.get_xlabel(), ax.get_xscale()
    ('C', 'log')
    """
    check_columns(frame, COLUMNS, SOURCE)
    singles = frame[frame["hyperparameter_2"].isna()] if "hyperparameter_2" in frame else frame
    if singles.empty:
        raise ValueError("frame has pairs only; plot them with plot_surface.")
    marked = {
        "baseline": frame.attrs.get("baseline") if baseline is None else baseline,
        "incumbent": frame.attrs.get("incumbent") if incumbent is None else incumbent,
    }
    names = [str(name) for name in singles["hyperparameter"].unique()]
    own_figure = ax is None
    if own_figure:
        axes = new_axes(len(names), 6.0 if len(names) == 1 else 4.4, 4.2)
    else:
        axes = given_axes(ax, len(names), names)
    held = list(dict.fromkeys(map(str, singles["held"])))
    better = " (lower is better)" if lower_is_better(frame) else ""
    scales = []
    for name, one in zip(names, axes, strict=True):
        rows = singles[singles["hyperparameter"].astype(str) == name]
        scales.append(_draw(rows, held, marked, one))
        letters = int(slot_size(one)[0] / LETTER_WIDTH / font_size(one, "axes.labelsize"))
        one.set(xlabel=wrapped(name, letters), ylabel=f"{unit_of(frame)}{better}")
        fit_axis_labels(one)
    if own_figure and len(axes) > 1:
        _share_limits(axes)
    handles = _handles(axes)
    if own_figure:
        _legend_below(axes, handles)
    headings = [Heading(f"How {metric_of(frame)} changes with {visible(name)}") for name in names]

    def fit(position: int) -> None:
        scales[position].apply(axes[position], "x")
        if not own_figure:
            _legend_inside(axes[position])

    finish(axes, headings, fit=fit)
    return one_or_all(axes)


def _draw(rows: pd.DataFrame, held: Sequence[str], marked: Mapping[str, Any], ax: Axes) -> Scale:
    scale = scale_of(rows["value"].tolist(), rows["position"].tolist())
    name = str(rows["hyperparameter"].iloc[0])
    palette = colours(ax, len(held))
    step = np.diff(scale.positions).min() if len(scale.positions) > 1 else 1.0
    for number, (kind, colour) in enumerate(zip(held, palette, strict=True)):
        curve = rows[rows["held"].astype(str) == kind].sort_values("position")
        if curve.empty:
            continue
        if scale.is_choice:
            offset = (number + 0.5) / len(held) - 0.5
            _draw_points(curve, scale, offset * DODGE * step, colour, kind, ax)
        else:
            _draw_curve(curve, scale, colour, kind, ax)
    for kind, configs in marked.items():
        _mark(kind, _values_in(configs, name), scale, ax)
    scale.apply(ax, "x")
    if scale.kind == "steps":
        ax.set_xlim(scale.positions[0] - 0.6 * step, scale.positions[-1] + 0.6 * step)
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    return scale


def _draw_curve(curve: pd.DataFrame, scale: Scale, colour: Colour, kind: str, ax: Axes) -> None:
    x = scale.place(curve["value"])
    if {"low", "high"} <= set(curve):
        ax.fill_between(x, curve["low"], curve["high"], color=colour, alpha=0.18, linewidth=0)
    ax.plot(
        x,
        curve["score"],
        color=colour,
        linestyle=STYLES.get(kind, "-"),
        linewidth=0.2 * font_size(ax),
        marker="o" if scale.kind == "steps" else None,
        markersize=0.4 * font_size(ax),
        label=HELD.get(kind, kind),
    )


def _draw_points(
    curve: pd.DataFrame, scale: Scale, offset: float, colour: Colour, kind: str, ax: Axes
) -> None:
    x = scale.place(curve["value"]) + offset
    if {"low", "high"} <= set(curve):
        ax.vlines(x, curve["low"], curve["high"], color=colour, alpha=0.6)
    ax.plot(
        x,
        curve["score"],
        linestyle="none",
        marker="osD^v"[list(HELD).index(kind) if kind in HELD else -1],
        color=colour,
        markersize=0.65 * font_size(ax),
        label=HELD.get(kind, kind),
    )


def _values_in(configs: Any, name: str) -> list[Any]:
    """The values of a hyperparameter in a configuration, or in several."""
    several = [configs] if isinstance(configs, Mapping) else list(configs or [])
    return [config[name] for config in several if name in config]


def _mark(kind: str, values: list[Any], scale: Scale, ax: Axes) -> None:
    """A vertical line for each value of the baseline or the incumbent."""
    label, style, _ = MARKS[kind]
    for x in scale.place(values):
        if np.isfinite(x):
            ax.axvline(
                x, color=ink(ax, 0.75), linestyle=style, linewidth=1.0, label=label, zorder=1
            )
            label = "_" + label


def _share_limits(axes: np.ndarray) -> None:
    """The same range of scores in all panels, so that they can be compared."""
    limits = np.array([one.get_ylim() for one in axes])
    for one in axes:
        one.set_ylim(limits[:, 0].min(), limits[:, 1].max())


def _handles(axes: np.ndarray) -> dict[str, Any]:
    """What legends show, each label once."""
    handles: dict[str, Any] = {}
    for one in axes:
        found = one.get_legend_handles_labels()
        handles |= dict(zip(found[1], found[0], strict=True))
    return handles


def _legend_below(axes: np.ndarray, handles: Mapping[str, Any]) -> None:
    """One legend below a figure of our own, in as many columns as fit."""
    figure, font = figure_of(axes[0]), 0.9 * font_size(axes[0])
    width = figure.get_figwidth() * POINTS_PER_INCH / (LETTER_WIDTH * font * (widest(handles) + 6))
    figure.legend(
        handles.values(),
        handles.keys(),
        loc="outside lower center",
        ncols=int(np.clip(width, 1, len(handles))),
        frameon=False,
        fontsize=font,
    )


def _legend_inside(ax: Axes) -> None:
    """A legend in Axes that belong to somebody else, on top, above the curves."""
    handles, labels = ax.get_legend_handles_labels()
    width, height = inner_size(ax)
    font = 0.85 * font_size(ax)
    n_columns = 2 if 2 * LETTER_WIDTH * font * (widest(labels) + 7) < width else 1
    n_lines = -(-len(labels) // n_columns)
    share = min((1.5 * n_lines + 1.5) * font / height, 0.6)
    low, high = ax.get_ylim()
    top = (ax.dataLim.y1 - share * low) / (1 - share)
    ax.set_ylim(low, max(high, top), auto=None)
    legend = ax.legend(handles, labels, fontsize=font, loc="upper center", ncols=n_columns)
    as_it_is(*legend.get_texts())


class EffectDisplay(Display):
    """Curves of the score along hyperparameters, as scikit-learn's displays are used.

    Parameters
    ----------
    frame : DataFrame
        The result of `HyperSHAPExplainer.effects`.

    Attributes
    ----------
    ax_ : Axes or ndarray of Axes
        What `plot` has drawn on.
    figure_ : Figure
        The figure of these.

    See Also
    --------
    plot_effect : The same as a function.
    """

    _plot = staticmethod(plot_effect)

    @classmethod
    def from_explainer(
        cls, explainer: Any, hyperparameters: Any = None, *, ax: Any = None, **options: Any
    ) -> Self:
        """Compute the effects of hyperparameters, and plot them.

        Parameters
        ----------
        explainer : HyperSHAPExplainer
            Fitted; its baseline and incumbent are marked.
        hyperparameters : str or list of str, default=None
            As in `effects`; None for all.
        ax : Axes or array of Axes, default=None
            Where to draw; None creates a figure.
        **options : dict
            Further arguments of `effects`.

        Returns
        -------
        EffectDisplay
        """
        explainer = copy.copy(explainer)  # another thread may fit it
        frame = explainer.effects(hyperparameters, **options)
        marked = {"baseline": explainer.baseline_, "incumbent": explainer.incumbent_}
        return cls(frame).plot(ax, **marked)
