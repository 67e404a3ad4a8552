"""Heatmap of pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from skhypershap.plotting._table import inner_size, one_game, unit_of, with_intervals

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

NUMBER_WIDTH = 4.5  # of "-0.0012", in multiples of the font size
SHORT_NAME = 4  # letters that fit under a cell
SMALLEST_FONT = 5  # points; smaller numbers are left out


def plot_interactions(table: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw the values of pairs as a symmetric heatmap, single hyperparameters on the diagonal.

    Parameters
    ----------
    table : DataFrame
        What `HyperSHAPExplainer.explain` returns for one game with `order=2` or more; larger
        interactions are not drawn, nor are draws of a bootstrap. Hyperparameters come in the order
        of the table.
    ax : matplotlib Axes, default=None
        Where to draw; None makes a figure as large as the table needs.

    Returns
    -------
    matplotlib.axes.Axes
        With the drawing.

    Raises
    ------
    TypeError, ValueError
        If `table` is no explanation, empty, or of several games or data sets.

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

    game = one_game(table)
    drawn = with_intervals(table)
    drawn = drawn[drawn["order"] <= 2]
    if drawn.empty:
        raise ValueError(
            "table has no single hyperparameters or pairs; keep its rows of order 1, 2."
        )
    names = list(dict.fromkeys(name for part in drawn["hyperparameters"] for name in part))
    matrix = pd.DataFrame(np.nan, index=names, columns=names)
    for part, value in zip(drawn["hyperparameters"], drawn["value"], strict=True):
        matrix.loc[part[0], part[-1]] = matrix.loc[part[-1], part[0]] = value
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
        ax=ax,
    )
    ax.set(xlabel="", ylabel="", title=f"{game} ({table['measure'].iloc[0]})")
    ax.set_xticks(ax.get_xticks(), labels=names)
    if max(map(len, names)) > SHORT_NAME:
        ax.set_xticks(ax.get_xticks(), names, rotation=45, ha="right", rotation_mode="anchor")
    ax.set_yticks(ax.get_yticks(), labels=names, rotation=0)
    ax.tick_params(length=0)
    width, height = inner_size(ax)
    font = min(10.0, width / len(names) / NUMBER_WIDTH, 0.8 * height / len(names))
    for text in ax.texts:
        text.set(fontsize=font, visible=font >= SMALLEST_FONT)
    return ax
