"""What the pictures read from an explanation before they draw it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from matplotlib.axes import Axes

POINTS_PER_INCH = 72
ENDS = (0.05, 0.95)  # of the draws that a whisker spans
MOST_SHOWN = 5  # data sets, in a message
COLUMNS = ("game", "measure", "order", "interaction", "hyperparameters", "value")


def one_game(table: pd.DataFrame) -> str:
    """Check that a frame is the explanation of a single game, and name that game.

    Raises
    ------
    TypeError
        If `table` is no DataFrame.
    ValueError
        If columns are missing, there are no rows, or several games or data sets.
    """
    if not isinstance(table, pd.DataFrame):
        raise TypeError(f"table must be the DataFrame of explain(); got {type(table).__name__}.")
    missing = [column for column in COLUMNS if column not in table]
    if missing:
        raise ValueError(
            f"table has no column {', '.join(map(repr, missing))}; pass what explain() returns."
        )
    games = list(table["game"].unique())
    if not games:
        raise ValueError("table has no rows, so there is nothing to draw.")
    datasets = list(table["dataset"].unique()) if "dataset" in table else []
    if len(datasets) > 1:
        raise ValueError(
            f"table explains several data sets ({', '.join(datasets[:MOST_SHOWN])}). Draw one: "
            f"table[table['dataset'] == {datasets[0]!r}], or all by seaborn with hue='dataset'."
        )
    if len(games) > 1:
        raise ValueError(
            f"table explains several games ({', '.join(games)}), whose values do not share an axis. "
            f"Draw one at a time: table[table['game'] == {games[0]!r}]."
        )
    return games[0]


def with_intervals(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of draw 0, with `low` and `high` where there are draws, or intervals already."""
    if "draw" not in table:
        return table
    whole = table[table["draw"] == 0]
    if whole.empty:
        raise ValueError("table has no rows of draw 0, the explanation of all trials.")
    drawn = table[table["draw"] > 0].groupby("interaction")["value"]
    low, high = (drawn.quantile(end).reindex(whole["interaction"]) for end in ENDS)
    return whole.assign(low=low.to_numpy(), high=high.to_numpy()) if len(drawn) else whole


def unit_of(table: pd.DataFrame, game: str) -> str:
    """Say what the values measure."""
    metric = table.attrs.get("metric", "score")
    if game == "sensitivity":
        return f"variance of {metric}"
    better = ", lower is better" if table.attrs.get("direction") == "minimize" else ""
    return f"gain in {metric}{better}"


def inner_size(ax: Axes) -> tuple[float, float]:
    """Width and height in points of finished axes, after the layout is done."""
    figure = ax.get_figure(root=True)
    assert figure is not None, "axes that are drawn to belong to a figure"
    figure.draw_without_rendering()
    box = ax.get_window_extent()
    return box.width / figure.dpi * POINTS_PER_INCH, box.height / figure.dpi * POINTS_PER_INCH
