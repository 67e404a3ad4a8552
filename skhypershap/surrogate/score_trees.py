"""Extra trees that predict scores themselves, for the default model without a process.

scikit-learn makes a leaf of a node whose variance is below 2e-16, and rounding decides between equally
good splits. So trees are grown on scores that are centered, scaled by a power of two, and rounded to a
grid on which sums are exact; leaves then predict the means of the scores. If all scores are multiplied
by a power of two, so are the predictions, exactly; if they are shifted, the trees remain the same.
"""

from __future__ import annotations

import math

import numpy as np
from sklearn.ensemble import ExtraTreesRegressor

from skhypershap.arrays import Floats, Integers, Scores, Vectors
from skhypershap.surrogate.tree_growing import grow

FAR_OUT = 3.0  # interquartile ranges beyond the quartiles, Tukey's fence
FEW = 0.1  # of the trials: more bad scores are a part of what is explained
GRID = 2.0**24  # steps in a usual difference of scores
WIDEST = 2.0**18  # usual differences: farther scores all look the same to splits


def fit_on_scores(
    forest: ExtraTreesRegressor,
    X: Vectors,
    y: Scores,
    *,
    maximize: bool = True,
    always: Integers | None = None,
) -> ExtraTreesRegressor:
    """Fit a forest to scores, of which a few diverged ones count as the edge of the others.

    Parameters
    ----------
    forest : ExtraTreesRegressor
        Is fitted in place.
    X, y : ndarray of shape (n_rows, n_columns) and (n_rows,)
        Trials.
    maximize : bool
        Whether large scores are better.
    always : ndarray of int, optional
        Rows that are taken as they are, diverged or not.
    """
    exponent = math.frexp(float(np.abs(y).max(initial=0.0)))[1]
    scores = np.ldexp(y, -exponent)
    labels = without_diverged(scores, maximize=maximize)
    if always is not None:
        labels[always] = scores[always]
    grow(forest, X, _on_grid(labels))
    relabel(forest, X, labels, exponent)
    return forest


def without_diverged(scores: Scores, *, maximize: bool = True) -> Scores:
    """Scores of which the bad ones far from all others are moved to the edge, if they are few.

    Examples
    --------
    >>> without_diverged(np.array([-1e9] + [1.0, 2.0, 3.0, 4.0] * 5)).min().item()
    -5.0
    """
    low, high = np.quantile(scores, [0.25, 0.75])
    width = FAR_OUT * (high - low)
    edges = (low - width, np.inf) if maximize else (-np.inf, high + width)
    found: Scores = np.clip(scores, *edges)
    moved = np.mean(found != scores)
    return found if width > 0 and moved <= FEW else scores.copy()


def relabel(forest: ExtraTreesRegressor, X: Vectors, targets: Scores, exponent: int = 0) -> None:
    """Let leaves predict the means of other targets, times 2^exponent, than trees were grown on."""
    rows = X.astype(np.float32)
    for tree in (one.tree_ for one in forest.estimators_):
        leaves = tree.apply(rows)
        totals = np.bincount(leaves, targets, tree.node_count)
        counts = np.bincount(leaves, minlength=tree.node_count)
        tree.value[:, 0, 0] = np.ldexp(totals / np.maximum(counts, 1), exponent)


def _on_grid(scores: Floats) -> Floats:
    """Scores that are centered, scaled by a power of two, and rounded."""
    centered = scores - np.median(scores)
    low, high = np.quantile(centered, [0.25, 0.75])
    usual = float(high - low) or float(np.abs(centered).mean())
    if not usual > 0:
        return np.zeros(len(scores))
    scaled = np.ldexp(centered, -math.frexp(usual)[1])
    rounded: Floats = np.rint(np.clip(scaled, -WIDEST, WIDEST) * GRID) / GRID
    return rounded
