"""Heatmap of pairs."""

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

NUMBER_WIDTH = 4.5  # width of "-0.0012" in multiples of the font size
SHORT_NAME = 4  # characters that fit below a cell
MIN_FONT = 5  # points; smaller numbers are hidden


def plot_interactions(table: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Plot the values of pairs as a symmetric heatmap, single hyperparameters on the diagonal.

    Parameters
    ----------
    table : DataFrame
        The result of `HyperSHAPExplainer.explain` for one game with `order=2` or more; larger
        interactions and resamples are not shown. Hyperparameters are in the order of the table.
    ax : matplotlib Axes, default=None
        The Axes to draw on; None creates a figure whose size fits the table.

    Returns
    -------
    matplotlib.axes.Axes
        The plot, values in units of the metric.

    Raises
    ------
    TypeError
        If `table` is not a DataFrame, or `ax` not an Axes.
    ValueError
        If `table` is not an explanation, is empty, or holds several games or data sets.

    See Also
    --------
    plot_importance : Bars of all interactions.

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
    import matplotlib.pyplot as plt
    import numpy as np
    import pandas as pd
    import seaborn as sns

    table = restored(table)
    game = one_game(table)
    check_ax(ax)
    shown = with_intervals(table)
    shown = shown[shown["order"] <= 2]
    if shown.empty:
        raise ValueError(
            "table has no single hyperparameters or pairs; keep the rows of order 1, 2."
        )
    names = list(dict.fromkeys(name for members in shown["hyperparameters"] for name in members))
    matrix = pd.DataFrame(np.nan, index=names, columns=names)
    for members, value in zip(shown["hyperparameters"], shown["value"], strict=True):
        first, last = members[0], members[-1]  # the same for a single hyperparameter
        matrix.loc[first, last] = matrix.loc[last, first] = value
    if ax is None:
        side = 1.6 + 0.62 * len(names) + 0.07 * max(map(len, names))
        ax = plt.subplots(figsize=(side + 1.5, side), layout="constrained")[1]
    largest = np.nanmax(np.abs(matrix.to_numpy())) or 1.0
    sns.heatmap(
        matrix,
        vmin=-largest,
        vmax=largest,
        cmap="vlag_r",
        annot=True,
        fmt=".2g",
        linewidths=0.5,
        cbar_kws={"label": unit_of(table, game), "shrink": 0.8},
        xticklabels=False,  # seaborn would draw them as they are parsed
        yticklabels=False,
        ax=ax,
    )
    ax.set(xlabel="", ylabel="", title=f"{game} ({table['measure'].iloc[0]})")
    middles = np.arange(len(names)) + 0.5
    ax.set_xticks(middles, labels=names)
    if max(map(len, names)) > SHORT_NAME:
        ax.set_xticks(middles, names, rotation=45, ha="right", rotation_mode="anchor")
    ax.set_yticks(middles, labels=names, rotation=0)
    show_names_as_they_are(ax, x=True)
    colorbar = ax.collections[0].colorbar
    if colorbar is not None:
        colorbar.ax.yaxis.label.set_parse_math(False)
    ax.tick_params(length=0)
    width, height = inner_size(ax)
    font = min(10.0, width / len(names) / NUMBER_WIDTH, 0.8 * height / len(names))
    for text in ax.texts:
        text.set(fontsize=font, visible=font >= MIN_FONT)
    return ax
