"""How much wider than the bootstrap's draws an interval must be to hold the true value.

Resamples show how a value depends on the choice of trials. They cannot show what every surrogate of
these trials misses, which is mostly gain: true values lie above the draws more often than below. So
intervals are widened, by their own width and by the mean width of all singles or all interactions
of the game: where draws of one value are alike while others differ, it is not more certain than they
are. The factors were chosen, game by game, on the develop half of `python -m benchmarks truth`: 68
cells of up to 9 hyperparameters with 60, 200 and 500 trials, a noise of 25 % and 20 draws. Among
a grid of factors those in use held about 87 % (sensitivity) or 90 % of the true values for each number
of trials at nearly the smallest interval score.
docs/uncertainty.md has what came out on the other half.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy.special import ndtri

from skhypershap.arrays import Floats, Integers
from skhypershap.interactions.solve import Explained

LEVEL = 0.9  # of the intervals that the margins were chosen for


class Margins(NamedTuple):
    """What is added to an interval that spans the draws and the value.

    Attributes
    ----------
    below, above : float
        In widths of that interval.
    shared_below, shared_above : float
        In mean widths of the intervals of all singles, or of all interactions, at a level of 90 %.
    """

    below: float
    above: float
    shared_below: float = 0.0
    shared_above: float = 0.0

    def mirrored(self) -> Margins:
        """Margins of a game whose gains are losses."""
        return Margins(self.above, self.below, self.shared_above, self.shared_below)


SINGLES, INTERACTIONS = "singles", "interactions"
TUNABILITY = {
    SINGLES: Margins(0.5, 0.75, 0.0, 0.25),
    INTERACTIONS: Margins(0.75, 0.5, 0.1, 0.0),
}
MARGINS = {
    "tunability": TUNABILITY,
    "ablation": {SINGLES: Margins(0.5, 0.75, 0.0, 0.1), INTERACTIONS: Margins(0.25, 0.5, 0.1, 0.0)},
    "sensitivity": {
        SINGLES: Margins(0.75, 1.0, 0.5, 0.5),
        INTERACTIONS: Margins(1.0, 0.75, 0.25, 0.75),
    },
    # Not measured: the worst is searched as the best is, and what is missing lies below.
    "mistunability": {size: margins.mirrored() for size, margins in TUNABILITY.items()},
    # Not measured: a difference of two maxima may err to either side.
    "optimizer_bias": {SINGLES: Margins(1.0, 1.0), INTERACTIONS: Margins(0.5, 0.5)},
    # Not measured: the best compromises are searched as the best of one metric is.
    "hypervolume": TUNABILITY,
}

Calibration = dict[str, dict[str, list[float]]]
"""For each game, "singles" and "interactions": fields of `Margins`, shared ones in metric units."""


def calibration_of(draws: Sequence[Sequence[Explained]]) -> Calibration:
    """The calibration of an explanation, as plain dicts and lists.

    Parameters
    ----------
    draws : sequence of sequence of Explained
        The games, explained on all trials and then on resamples.
    """
    found: Calibration = {}
    for parts in zip(*draws, strict=True):
        game = parts[0].game
        widths = _mean_widths(parts)
        found[game] = {
            size: [margins.below, margins.above]
            + [widths[size] * shared for shared in (margins.shared_below, margins.shared_above)]
            for size, margins in MARGINS[game].items()
        }
    return found


def _mean_widths(parts: Sequence[Explained]) -> dict[str, float]:
    """Mean width of 90 % intervals of one game, of singles and of interactions."""
    tail = (1 - LEVEL) / 2
    found = {}
    for size in (SINGLES, INTERACTIONS):
        rows = [
            who for who in parts[0].interactions if who and (len(who) == 1) == (size == SINGLES)
        ]
        values = np.array([[part.interactions[who] for who in rows] for part in parts])
        if not rows:
            found[size] = 0.0
            continue
        low, high = np.quantile(values[1:], [tail, 1 - tail], axis=0)
        found[size] = float(np.mean(np.maximum(high, values[0]) - np.minimum(low, values[0])))
    return found


def widened(
    values: Floats, low: Floats, high: Floats, margins: Floats, level: float
) -> tuple[Floats, Floats]:
    """Widen intervals, downwards and upwards.

    Parameters
    ----------
    values, low, high : ndarray of shape (n_intervals,)
        Values of all trials, and quantiles of their draws.
    margins : ndarray of shape (n_intervals, 4)
        As in `Calibration`.
    level : float
        Of the intervals: shared margins grow with it as a normal quantile does.
    """
    low, high = np.minimum(low, values), np.maximum(high, values)
    width = high - low
    growth = ndtri((1 + level) / 2) / ndtri((1 + LEVEL) / 2)
    below, above, shared_below, shared_above = margins.T
    return low - below * width - growth * shared_below, high + above * width + growth * shared_above


def widened_by_factor(
    values: Floats, low: Floats, high: Floats, factor: float
) -> tuple[Floats, Floats]:
    """Widen intervals around their values by one factor; 1 changes nothing."""
    more = factor - 1
    below, above = np.maximum(values - low, 0), np.maximum(high - values, 0)
    return low - more * below, high + more * above


def margins_of(
    calibration: Mapping[Any, Any], games: Any, orders: Integers, keys: Any = None
) -> Floats:
    """Margins of rows of an explanation, of shape (n_rows, 4); nothing for an unknown game.

    With several metrics or data sets the calibration is keyed by these, and then by game: `keys` has
    the one of each row.
    """
    nothing = {SINGLES: [0.0] * 4, INTERACTIONS: [0.0] * 4}
    parts = [calibration] * len(games)
    if keys is not None:
        parts = [calibration.get(key, calibration) for key in keys]
    return np.array(
        [
            part.get(game, nothing)[SINGLES if order == 1 else INTERACTIONS]
            for part, game, order in zip(parts, games, orders, strict=True)
        ],
        dtype=float,
    ).reshape(-1, 4)
