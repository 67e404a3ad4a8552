"""Waterfall from the baseline's score to that of a configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Self

from skhypershap.frame_libraries import of_any_library
from skhypershap.plotting._colours import gain_colour, ink
from skhypershap.plotting._display import Display
from skhypershap.plotting._names import reserve_rows, rows_of, show_names
from skhypershap.plotting._panels import for_facets, given_axes, new_axes
from skhypershap.plotting._table import check_columns, lower_is_better, metric_of, unit_of
from skhypershap.plotting._text import (
    Heading,
    as_it_is,
    distinct,
    finish,
    fit_axis_labels,
    font_size,
    pair_of_numbers,
    signed,
    value_text,
    widest,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

COLUMNS = ("step", "hyperparameter", "from", "to", "score", "gain")
SOURCE = "ablation_path()"
START = "baseline"
EARLIER = "{} smaller changes"


@for_facets
@of_any_library
def plot_path(
    frame: pd.DataFrame, ax: Any = None, *, max_rows: int = 15, end: str = "best trial"
) -> Any:
    """Plot an ablation path: one bar for each change, from the baseline's to the best score.

    Parameters
    ----------
    frame : DataFrame
        The result of `HyperSHAPExplainer.ablation_path`.
    ax : Axes, default=None
        Where to draw; None creates a figure whose size fits the frame.
    max_rows : int, default=15
        How many changes to show; the last ones are joined to one bar where there are more.
    end : str, default="best trial"
        What the configuration is called that the path leads to.

    Returns
    -------
    Axes
        The plot, scores in units of the metric; at the right what changes, and its gain.

    Raises
    ------
    TypeError
        If `frame` is not a DataFrame.
    ValueError
        If `frame` lacks columns or rows.

    See Also
    --------
    plot_importance : Values that do not depend on the order of changes.

    Examples
    --------
    >>> import pandas as pd
    >>> from skhypershap.plotting import plot_path
    >>> path = pd.DataFrame(
    ...     {
    ...         "step": [0, 1, 2],
    ...         "hyperparameter": [None, "C", "gamma"],
    ...         "from": [None, 1.0, 0.1],
    ...         "to": [None, 10.0, 0.01],
    ...         "score": [0.9, 0.94, 0.95],
    ...         "gain": [0.0, 0.04, 0.01],
    ...     }
    ... )
    >>> [label.get_text() for label in plot_path(path).get_yticklabels()]
    ['baseline', 'C', 'gamma', 'best trial']
    """
    check_columns(frame, COLUMNS, SOURCE)
    if max_rows < 1:
        raise ValueError(f"max_rows must be at least 1; got {max_rows!r}.")
    bars = _bars(frame, int(max_rows), end)
    names = [bar.name for bar in bars]
    if ax is None:
        letters = min(widest(names), 40) + min(widest(_notes(bars)), 40)
        ax = new_axes(1, 4.4 + 0.075 * letters, 1.6 + 0.3 * len(bars))[0]
    else:
        ax = given_axes(ax, 1, [SOURCE])[0]
    _draw(bars, ax)
    metric = metric_of(frame)
    better = ", lower is better" if lower_is_better(frame) else ""
    ax.set_xlabel(f"{unit_of(frame)}{better}")
    fit_axis_labels(ax)
    first, last = pair_of_numbers(bars[0].end, bars[-1].end)
    small_print = (
        f"{metric}: {first} at the baseline → {last} in the {end}",
        "ablation path: the change with the largest gain first",
    )
    heading = Heading(f"From the baseline to the {end}, one change at a time", small_print)

    right = _write_notes(ax, names, _notes(bars))

    def fit(position: int) -> None:
        show_names(ax, names)
        right.tick_params(labelsize=ax.get_yticklabels()[0].get_fontsize())
        fit_axis_labels(ax)

    finish([ax], [heading], fit=fit)
    return ax


class Bar(NamedTuple):
    """A row of the waterfall.

    Attributes
    ----------
    name : str
        Its label.
    start, end : float
        The scores before and after the change.
    gain : float or None
        None at the ends of the path.
    change : str
        The values before and after.
    """

    name: str
    start: float
    end: float
    gain: float | None
    change: str


def _bars(frame: pd.DataFrame, max_rows: int, end: str) -> list[Bar]:
    """The rows of the waterfall from top to bottom; ends have no gain."""
    frame = frame.sort_values("step", kind="stable")
    start = float(frame["score"].iloc[0])
    changes = frame.iloc[1:]
    names = distinct(map(str, changes["hyperparameter"]))
    taken = set(names.values())
    bars = [Bar(_unlike(taken, START), start, start, None, "")]
    shown = changes if len(changes) <= max_rows + 1 else changes.iloc[:max_rows]
    before = start
    for name, old, new, score, gain in zip(*(shown[column] for column in COLUMNS[1:]), strict=True):
        change = f"({value_text(old)} → {value_text(new)})"
        bars.append(Bar(names[str(name)], before, float(score), float(gain), change))
        before = float(score)
    last = float(frame["score"].iloc[-1])
    rest = changes.iloc[len(shown) :]
    if len(rest):
        gain = float(rest["gain"].sum())
        bars.append(Bar(EARLIER.format(len(rest)), before, last, gain, ""))
    return [*bars, Bar(_unlike(taken, end), last, last, None, "")]


def _unlike(taken: set[str], name: str) -> str:
    """A name that no hyperparameter has: rows of the same name would be one."""
    return _unlike(taken, f"{name} ") if name in taken else name


def _notes(bars: list[Bar]) -> list[str]:
    """What stands at the right of each row."""
    return [
        value_text(after) if gain is None else "   ".join(filter(None, [signed(gain), change]))
        for _, _, after, gain, change in bars
    ]


def _draw(bars: list[Bar], ax: Axes) -> None:
    names = [bar.name for bar in bars]
    starts, ends = [bar.start for bar in bars], [bar.end for bar in bars]
    rows = reserve_rows(ax, names).tolist()
    colours = [ink(ax, 0.7) if gain is None else gain_colour(ax, gain) for *_, gain, _ in bars]
    widths = [end - start for start, end in zip(starts, ends, strict=True)]
    ax.barh(names, widths, left=starts, height=0.62, color=colours, zorder=2)
    for row, end in zip(rows[:-1], ends[:-1], strict=True):
        ax.plot([end, end], [row, row + 1], color=ink(ax, 0.5), linewidth=0.8, zorder=1)
    ax.plot(
        [starts[0], ends[-1]],
        [rows[0], rows[-1]],
        "D",
        color=ink(ax, 0.8),
        markersize=0.5 * font_size(ax),
        zorder=3,
    )
    lowest, highest = min(starts + ends), max(starts + ends)
    margin = 0.08 * (highest - lowest) or 0.05 * (abs(highest) or 1.0)
    ax.set_xlim(lowest - margin, highest + margin)
    for side in ("top", "right", "left"):
        ax.spines[side].set_visible(False)


def _write_notes(ax: Axes, names: list[str], notes: list[str]) -> Any:
    """Label the rows at the right, too, with an axis of their own that layouts see."""
    right = ax.secondary_yaxis("right")
    right.set_yticks(rows_of(ax, names), labels=notes)
    right.tick_params(axis="y", length=0, labelsize=0.8 * font_size(ax))
    right.spines[:].set_visible(False)
    as_it_is(*right.get_yticklabels())
    return right


class PathDisplay(Display):
    """Waterfall of an ablation path, as scikit-learn's displays are used.

    Parameters
    ----------
    frame : DataFrame
        The result of `HyperSHAPExplainer.ablation_path`.

    Attributes
    ----------
    ax_ : Axes
        What `plot` has drawn on.
    figure_ : Figure
        Its figure.

    See Also
    --------
    plot_path : The same as a function.
    """

    _plot = staticmethod(plot_path)

    @classmethod
    def from_explainer(
        cls,
        explainer: Any,
        config: Any = None,
        *,
        ax: Any = None,
        max_rows: int = 15,
        **options: Any,
    ) -> Self:
        """Find the ablation path, and plot it.

        Parameters
        ----------
        explainer : HyperSHAPExplainer
            Fitted.
        config : dict, default=None
            Where the path leads to; None for the incumbent.
        ax : Axes, default=None
            Where to draw; None creates a figure.
        max_rows : int, default=15
            How many changes to show.
        **options : dict
            Further arguments of `ablation_path`.

        Returns
        -------
        PathDisplay
        """
        end = "best trial" if config is None else "configuration explained"
        frame = explainer.ablation_path(config, **options)
        return cls(frame).plot(ax, max_rows=max_rows, end=end)
