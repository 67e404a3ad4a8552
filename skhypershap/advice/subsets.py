"""The hyperparameters worth tuning: the best coalition of each size."""

from __future__ import annotations

from numbers import Real
from typing import Any, NamedTuple

import numpy as np

from skhypershap.errors import shown
from skhypershap.games.coalition_scores import best_of_evaluated_subsets
from skhypershap.games.value_function import ValueFunction
from skhypershap.interactions.solve import GainFunction
from skhypershap.surrogate.blends import all_coalitions


class Subset(NamedTuple):
    """A coalition, as positions of its players, and its gain over the baseline."""

    members: tuple[int, ...]
    gain: float


class Subsets(NamedTuple):
    """The best coalition of each size from 1, and v of the empty and the full one, in metric units."""

    best: list[Subset]
    baseline_score: float
    full_score: float
    exact: bool


def best_subsets(v: ValueFunction, max_exact: int) -> Subsets:
    """Find the coalition with the highest gain of each size; of equal ones, the first by position.

    With more than `max_exact` players, subsets are grown greedily, adding the hyperparameter with the
    largest gain.

    Parameters
    ----------
    v : ValueFunction
        Of one game.
    max_exact : int
        Up to this many players, all coalitions are compared.

    Returns
    -------
    Subsets
        `exact` is False if they were grown.

    See Also
    --------
    skhypershap.HyperSHAPExplainer.best_subsets : The same as a table.
    """
    if v.n_players > max_exact:
        return grown_subsets(v)
    values = v.all_scores()
    gains = v.sign * (values - values[0])
    members = all_coalitions(v.n_players)
    sizes = members.sum(axis=1)
    best = []
    for size in range(1, v.n_players + 1):
        rows = np.flatnonzero(sizes == size)
        rows = rows[np.lexsort(-members[rows].T[::-1].astype(int))]
        row = rows[np.argmax(gains[rows])]
        best.append(Subset(tuple(np.flatnonzero(members[row]).tolist()), float(gains[row] + 0.0)))
    return Subsets(best, float(values[0]), float(values[-1]), True)


def grown_subsets(v: ValueFunction) -> Subsets:
    """Grow subsets greedily, adding the player with the largest gain."""
    gains_of = GainFunction(v)
    coalition, gain = np.zeros(v.n_players, dtype=bool), 0.0
    best: list[Subset] = []
    while not coalition.all():
        newcomers = np.flatnonzero(~coalition)
        larger = np.tile(coalition, (len(newcomers), 1))
        larger[np.arange(len(newcomers)), newcomers] = True
        gains = gains_of(larger)
        if v.keeps_subsets:
            known = np.concatenate([[gain], gains])
            gains = best_of_evaluated_subsets(v.game, known, np.vstack([coalition, larger]))[1:]
        winner = int(np.argmax(gains))
        coalition, gain = larger[winner], float(gains[winner])
        best.append(Subset(tuple(np.flatnonzero(coalition).tolist()), gain))
    first = gains_of.empty_score
    return Subsets(best, first, first + v.sign * gain, False)


def check_share(share: Any) -> None:
    """Raise a ValueError for anything but a number above 0 and at most 1."""
    is_number = isinstance(share, Real) and not isinstance(share, bool)
    if not is_number or not 0 < share <= 1:
        raise ValueError(f"share must be a number above 0 and at most 1; got {shown(share)}.")
