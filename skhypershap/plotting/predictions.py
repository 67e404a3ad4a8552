"""Predicted against measured scores."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np

from skhypershap.frame_libraries import of_any_library
from skhypershap.plotting._colours import gain_colour, ink
from skhypershap.plotting._display import Display
from skhypershap.plotting._panels import for_facets, given_axes, new_axes
from skhypershap.plotting._table import check_columns, unit_of
from skhypershap.plotting._text import Heading, as_it_is, finish, fit_axis_labels, font_size, number

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

COLUMNS = ("measured", "predicted", "outlier")
SOURCE = "predictions()"
FAR = 1.0  # in multiples of the range of the other trials: outliers beyond are drawn at the edge
MARGIN = 0.06


@for_facets
@of_any_library
def plot_predictions(frame: pd.DataFrame, ax: Any = None) -> Any:
    """Plot what the surrogate predicted for each trial before it had seen it, against its score.

    Points on the line are predicted exactly. Outliers that are far from all other trials are drawn
    at the edge, so that the others can be seen.

    Parameters
    ----------
    frame : DataFrame
        The result of `HyperSHAPExplainer.predictions`. Trials that failed are left out.
    ax : Axes, default=None
        Where to draw; None creates a figure.

    Returns
    -------
    Axes
        The plot, scores in units of the metric.

    Raises
    ------
    TypeError
        If `frame` is not a DataFrame.
    ValueError
        If `frame` lacks columns or rows, or no trial has a score and a prediction.

    See Also
    --------
    HyperSHAPExplainer.diagnostics : The same in numbers, with a verdict.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import GridSearchCV
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from skhypershap import HyperSHAPExplainer
    >>> from skhypershap.plotting import plot_predictions
    >>> grid = {"max_depth": [1, 2, 3, 4, 5], "min_samples_leaf": [1, 5, 20, 40]}
    >>> search = GridSearchCV(DecisionTreeClassifier(random_state=0), grid)
    >>> explainer = HyperSHAPExplainer(search, baseline="worst", random_state=0)
    >>> ax = plot_predictions(explainer.fit(*load_iris(return_X_y=True)).predictions())
    >>> ax.get_xlabel(), ax.get_ylabel()
    ('measured score', 'predicted score')
    """
    check_columns(frame, COLUMNS, SOURCE)
    scores = frame[["measured", "predicted"]].to_numpy(dtype=float)
    known = np.isfinite(scores).all(axis=1)
    if not known.any():
        raise ValueError("frame has no trial with both a measured and a predicted score.")
    scores, outlier = scores[known], frame["outlier"].to_numpy(dtype=bool)[known]
    ax = new_axes(1, 5.2, 4.8)[0] if ax is None else given_axes(ax, 1, [SOURCE])[0]
    n_far = _draw(scores, outlier, ax)
    metric = unit_of(frame)
    ax.set(xlabel=f"measured {metric}", ylabel=f"predicted {metric}")
    fit_axis_labels(ax)
    title = "How close predicted scores are to measured ones"
    finish([ax], [Heading(title, _small_print(frame, known, n_far))])
    return ax


def _draw(scores: np.ndarray, outlier: np.ndarray, ax: Axes) -> int:
    """Draw points and the line, and return how many outliers lie beyond the edge."""
    usual = scores[~outlier] if not outlier.all() else scores
    low, high = usual.min(), usual.max()
    size = (high - low) or 0.05 * (abs(high) or 1.0)
    near = ((scores > low - FAR * size) & (scores < high + FAR * size)).all(axis=1)
    low, high = scores[near].min() - MARGIN * size, scores[near].max() + MARGIN * size
    ax.axline((low, low), (high, high), color=ink(ax, 0.6), linewidth=1, linestyle="--")
    area = (0.45 * font_size(ax)) ** 2
    blue, orange = gain_colour(ax, 1), gain_colour(ax, -1)
    alpha = float(np.clip(15 / np.sqrt(len(scores)), 0.25, 0.8))
    ax.scatter(
        scores[~outlier, 0],
        scores[~outlier, 1],
        s=area,
        color=blue,
        alpha=alpha,
        linewidths=0,
        label="trial",
    )
    if outlier.any():
        shown = np.clip(scores[outlier], low, high)
        ax.scatter(
            shown[:, 0],
            shown[:, 1],
            s=1.8 * area,
            marker="D",
            facecolors="none",
            edgecolors=[orange],
            label="outlier",
        )
        legend = ax.legend(loc="upper left", fontsize=0.9 * font_size(ax))
        as_it_is(*legend.get_texts())
    ax.set(xlim=(low, high), ylim=(low, high))
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    return int((~near).sum())


def _small_print(frame: pd.DataFrame, known: np.ndarray, n_far: int) -> tuple[str, str]:
    attrs = frame.attrs
    parts = [f"{int(known.sum())} trials, predicted without them", "dashed: exactly right"]
    facts = []
    if isinstance(attrs.get("surrogate_score"), float):
        facts.append(f"R² {number(attrs['surrogate_score'], 2)}")
    if isinstance(attrs.get("rank_correlation"), float):
        facts.append(f"rank correlation {number(attrs['rank_correlation'], 2)}")
    if n_far:
        facts.append(f"{n_far} far outlier{'s' * (n_far > 1)} at the edge")
    return " · ".join(parts), " · ".join(facts)


class PredictionsDisplay(Display):
    """Predicted against measured scores, as scikit-learn's displays are used.

    Parameters
    ----------
    frame : DataFrame
        The result of `HyperSHAPExplainer.predictions`.

    Attributes
    ----------
    ax_ : Axes
        What `plot` has drawn on.
    figure_ : Figure
        Its figure.

    See Also
    --------
    plot_predictions : The same as a function.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import GridSearchCV
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from skhypershap import HyperSHAPExplainer
    >>> from skhypershap.plotting import PredictionsDisplay
    >>> grid = {"max_depth": [1, 2, 3, 4, 5], "min_samples_leaf": [1, 5, 20, 40]}
    >>> search = GridSearchCV(DecisionTreeClassifier(random_state=0), grid)
    >>> explainer = HyperSHAPExplainer(search, baseline="worst", random_state=0)
    >>> explainer = explainer.fit(*load_iris(return_X_y=True))
    >>> PredictionsDisplay.from_explainer(explainer).ax_.get_xlabel()
    'measured score'
    """

    _plot = staticmethod(plot_predictions)

    @classmethod
    def from_explainer(cls, explainer: Any, *, ax: Any = None) -> Self:
        """Plot the predictions of an explainer.

        Parameters
        ----------
        explainer : HyperSHAPExplainer
            Fitted.
        ax : Axes, default=None
            Where to draw; None creates a figure.

        Returns
        -------
        PredictionsDisplay
        """
        return cls(explainer.predictions()).plot(ax)
