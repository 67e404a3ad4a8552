"""How far an explanation is from the true game: error, bias, order, coverage and interval score.

phi are Shapley values, phi_ij the pairs of the faithful interaction index (FSII, order 2); the true ones
are those of the true game. All sizes are divided by the *scale* of the cell and game:

* tunability: the true gain v*(all) - v*(none);
* sensitivity: the true full variance;
* ablation: the true gain of the configuration that is explained, at least a tenth of the true
  tunability gain (noise can make a trial the best whose true gain is nothing).

`error_singles` is the mean of |phi - phi*| over the d hyperparameters, `error_pairs` over the pairs,
`bias` the claimed gain minus the true one. Coverage and interval score are those of the rows of the
order-2 table as a user gets them, by `summarize(table, 0.9)`: score = width + 20 * distance outside
(Gneiting & Raftery 2007, equation 43), the mean over rows.
"""

from __future__ import annotations

from functools import cache
from itertools import combinations

import numpy as np
from scipy.stats import spearmanr

from benchmarks.known import memberships
from skhypershap import summarize

LEVEL = 0.9
MEASURES = [
    "error_singles",
    "error_pairs",
    "bias",
    "rank_correlation",
    "top1",
    "top2",
    "coverage_singles",
    "coverage_pairs",
    "interval_score_singles",
    "interval_score_pairs",
]


@cache
def labels(n_players):
    """Singles, then pairs, as tuples of players."""
    return [(i,) for i in range(n_players)] + list(combinations(range(n_players), 2))


@cache
def _projection(n_players):
    """Matrix from the values of proper coalitions to FSII of order 2, without the constraint."""
    inside = memberships(n_players)[1:-1]
    design = np.stack([inside[:, list(who)].all(axis=1) for who in labels(n_players)], axis=1)
    sizes = inside.sum(axis=1)
    weights = np.array([_kernel(n_players, size) for size in sizes])
    gram = design.T @ (weights[:, None] * design)
    n_rows = len(gram)
    system = np.block([[gram, np.ones((n_rows, 1))], [np.ones((1, n_rows)), np.zeros((1, 1))]])
    return np.linalg.inv(system), design.T * weights


@cache
def _kernel(n_players, size):
    """The Shapley kernel: (d - 1) / (C(d, s) s (d - s))."""
    from math import comb

    return (n_players - 1) / (comb(n_players, size) * size * (n_players - size))


def faithful(values):
    """FSII of order 2 of a game given by its 2^d values: the least-squares fit of singles and pairs."""
    n_players = int(np.log2(len(values)))
    values = values - values[0]
    inverse, weighted = _projection(n_players)
    return (inverse @ np.append(weighted @ values[1:-1], values[-1]))[:-1]


def shapley(interactions, n_players):
    """Shapley values of a game that is a sum of singles and pairs: each pair is shared equally.

    The Shapley value is the least-squares fit of singles alone, by the same kernel and constraint; so
    that of the game is that of its faithful fit.
    """
    values = np.array(interactions[:n_players])
    for (first, second), value in zip(
        labels(n_players)[n_players:], interactions[n_players:], strict=True
    ):
        values[first] += value / 2
        values[second] += value / 2
    return values


def compare(table, truth, names, scale):
    """Measures of one game's table (order 2, with or without draws) against 2^d true values."""
    n_players = len(names)
    true = faithful(truth)
    first = table[table["draw"] == 0] if "draw" in table else table
    found = _in_order(first, names, "value")
    phi, true_phi = shapley(found, n_players), shapley(true, n_players)
    measures = {
        "error_singles": np.abs(phi - true_phi).mean() / scale,
        "error_pairs": np.abs(found - true)[n_players:].mean() / scale,
        "bias": (found.sum() - true.sum()) / scale,
        "rank_correlation": _rank_correlation(phi, true_phi),
        "top1": float(phi.argmax() == true_phi.argmax()),
        "top2": float(set(np.argsort(-phi)[:2]) == set(np.argsort(-true_phi)[:2])),
    }
    if "draw" in table:
        measures |= _intervals(summarize(table, LEVEL), true, names, scale)
    return measures


def _in_order(table, names, column):
    place = {name: i for i, name in enumerate(names)}
    by_players = {
        tuple(sorted(place[name] for name in who)): value
        for who, value in zip(table["hyperparameters"], table[column], strict=True)
    }
    return np.array([by_players.get(who, 0.0) for who in labels(len(names))])


def _rank_correlation(found, true):
    if np.ptp(found) == 0 or np.ptp(true) == 0:
        return 0.0
    return float(spearmanr(found, true).statistic)


def _intervals(summary, true, names, scale):
    low, high = (_in_order(summary, names, column) for column in ("low", "high"))
    n_players = len(names)
    slack = 1e-9 * scale  # true zeros that are zeros in every draw, up to rounding
    holds = (low - slack <= true) & (true <= high + slack)
    outside = np.maximum(low - true, 0) + np.maximum(true - high, 0)
    score = (high - low + 2 / (1 - LEVEL) * outside) / scale
    return {
        "coverage_singles": holds[:n_players].mean(),
        "coverage_pairs": holds[n_players:].mean(),
        "interval_score_singles": score[:n_players].mean(),
        "interval_score_pairs": score[n_players:].mean(),
    }
