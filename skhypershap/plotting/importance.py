"""Bars of an explanation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from skhypershap.frames import restored
from skhypershap.plotting._table import (
    check_ax,
    inner_size,
    one_game,
    show_names_as_they_are,
    unit_of,
    with_intervals,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

SIZES = {1: "alone", 2: "pair", 3: "triple"}


def plot_importance(table: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Plot each interaction as a signed bar, sorted by |value|, coloured by order.

    Parameters
    ----------
    table : DataFrame
        The result of `HyperSHAPExplainer.explain` for one game. With `n_bootstrap`, whiskers are
        the 90 % intervals of `summarize`; if `table` is its result, they span `low` to `high`.
    ax : matplotlib Axes, default=None
        The Axes to draw on; None creates a figure whose size fits the table.

    Returns
    -------
    matplotlib.axes.Axes
        The plot, values in units of the metric; save it with `ax.figure.savefig(...)`.

    Raises
    ------
    TypeError
        If `table` is not a DataFrame, or `ax` not an Axes.
    ValueError
        If `table` is not an explanation, is empty, or holds several games or data sets.

    See Also
    --------
    plot_interactions : Heatmap of pairs.
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
    import matplotlib.pyplot as plt
    import seaborn as sns

    table = restored(table)
    game = one_game(table)
    check_ax(ax)
    data = with_intervals(table).sort_values("value", key=abs, ascending=False, kind="stable")
    n_bars = data["interaction"].nunique()
    if ax is None:
        longest = data["interaction"].str.len().max()
        size = (5 + 0.075 * longest, 1.3 + 0.27 * n_bars)
        ax = plt.subplots(figsize=size, layout="constrained")[1]
    orders = sorted(data["order"].unique())
    label = {order: SIZES.get(order, f"{order} together") for order in orders}
    sns.barplot(
        x=data["value"].to_numpy(),
        y=data["interaction"].to_numpy(),
        hue=data["order"].map(label).to_numpy(),
        hue_order=[label[order] for order in orders],
        palette=sns.color_palette("deep", len(orders)),
        dodge=False,
        legend=len(orders) > 1,
        ax=ax,
    )
    if {"low", "high"} <= set(data):
        # By name: on a shared axis rows are where other plots have put them.
        ax.hlines(data["interaction"], data["low"], data["high"], color="0.25", linewidth=1.2)
    ax.axvline(0, color="0.3", linewidth=0.8)
    ax.set(xlabel=unit_of(table, game), ylabel="", title=f"{game} ({data['measure'].iloc[0]})")
    show_names_as_they_are(ax)
    if len(orders) > 1:  # bars are sorted, so the lower right is empty
        sns.move_legend(ax, "lower right")
    sns.despine(ax=ax, left=True)
    ax.tick_params(axis="y", length=0)
    # In Axes of any height the labels of all rows must fit.
    ax.tick_params(axis="y", labelsize=max(3.0, min(10.0, 0.8 * inner_size(ax)[1] / n_bars)))
    return ax
