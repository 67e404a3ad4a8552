"""Checks and values of an explanation that all plots share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from skhypershap.frames import check_explanation, summarize

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

POINTS_PER_INCH = 72
LEVEL = 0.9  # of the intervals that whiskers show
MAX_NAMED = 5  # data sets in a message


def one_game(table: pd.DataFrame) -> str:
    """Check that a frame is the explanation of a single game, and return the name of the game.

    Raises
    ------
    TypeError
        If `table` is not a DataFrame.
    ValueError
        If columns or rows are missing, or there are several games or data sets.
    """
    check_explanation(table)
    games = list(table["game"].unique())
    if not games:
        raise ValueError("table has no rows, so there is nothing to plot.")
    datasets = list(table["dataset"].unique()) if "dataset" in table else []
    if len(datasets) > 1:
        raise ValueError(
            f"table explains several data sets ({', '.join(datasets[:MAX_NAMED])}). Plot one: "
            f"table[table['dataset'] == {datasets[0]!r}], or all with seaborn and hue='dataset'."
        )
    if len(games) > 1:
        raise ValueError(
            f"table explains several games ({', '.join(games)}), whose values do not share an axis. "
            f"Plot one at a time: table[table['game'] == {games[0]!r}]."
        )
    return games[0]


def check_ax(ax: Any) -> None:
    """Raise a TypeError for anything but a matplotlib Axes or None."""
    from matplotlib.axes import Axes

    if ax is not None and not isinstance(ax, Axes):
        raise TypeError(
            f"ax must be a matplotlib Axes or None; got {type(ax).__name__}. Pass one of an array."
        )


def with_intervals(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of draw 0, with columns `low` and `high` where there are draws.

    A table without draws is returned as it is; it may have intervals already.
    """
    if "draw" not in table:
        return table
    of_all_trials = table[table["draw"] == 0]
    if of_all_trials.empty:
        raise ValueError("table has no rows of draw 0, the explanation of all trials.")
    return of_all_trials if len(of_all_trials) == len(table) else summarize(table, LEVEL)


def unit_of(table: pd.DataFrame, game: str) -> str:
    """Label of the axis of values: the unit, and which direction is better."""
    metric = table.attrs.get("metric", "score")
    if game == "sensitivity":
        return f"variance of {metric}"
    better = ", lower is better" if table.attrs.get("direction") == "minimize" else ""
    return f"gain in {metric}{better}"


def inner_size(ax: Axes) -> tuple[float, float]:
    """Width and height of axes in points, after the figure's layout."""
    figure = ax.get_figure(root=True)
    assert figure is not None, "every Axes belongs to a figure"
    figure.draw_without_rendering()
    box = ax.get_window_extent()
    return box.width / figure.dpi * POINTS_PER_INCH, box.height / figure.dpi * POINTS_PER_INCH


def show_names_as_they_are(ax: Axes, *, x: bool = False) -> None:
    """Show names that hold a dollar sign, which matplotlib takes for mathematics.

    Parameters
    ----------
    ax : matplotlib Axes
        With names along y, also where other Axes share it.
    x : bool
        Whether there are names along x, too; numbers there may well be mathematics.
    """
    texts = [ax.title, ax.xaxis.label, ax.yaxis.label]
    for shared in ax.get_shared_y_axes().get_siblings(ax):
        texts += shared.get_yticklabels()
    for shared in ax.get_shared_x_axes().get_siblings(ax) if x else ():
        texts += shared.get_xticklabels()
    for text in texts:
        text.set_parse_math(False)
