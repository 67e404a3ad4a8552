"""How much wider than the bootstrap's draws an interval must be to hold the true value.

Resamples show how a value depends on the choice of trials. They cannot show what every surrogate of
these trials misses, which is mostly gain: true values lie above the draws more often than below. So
intervals are widened by factors that were chosen, game by game, on the develop half of
`python -m benchmarks truth`: 61 cells of up to 8 hyperparameters with 60, 200 and 500 trials, a
noise of 25 % and 20 draws, under a default surrogate on plain ranks. Among a grid of
factors these held at least 86 % of the true values for each number of trials at nearly the smallest
interval score.
docs/uncertainty.md has what came out on the other half.
"""

from __future__ import annotations

from collections.abc import Mapping
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
    fixed_below, fixed_above : float
        For a level of 90 %, as a fraction of the gain divided by the number of players.
    """

    below: float
    above: float
    fixed_below: float = 0.0
    fixed_above: float = 0.0

    def mirrored(self) -> Margins:
        """Margins of a game whose gains are losses."""
        return Margins(self.above, self.below, self.fixed_above, self.fixed_below)


SINGLES, INTERACTIONS = "singles", "interactions"
TUNABILITY = {SINGLES: Margins(0.5, 1.0), INTERACTIONS: Margins(0.5, 0.5)}
MARGINS = {
    "tunability": TUNABILITY,
    "ablation": {SINGLES: Margins(0.5, 0.75), INTERACTIONS: Margins(0.5, 0.25)},
    # Draws of a variance are so alike that no factor alone is enough.
    "sensitivity": {SINGLES: Margins(0.5, 1.5, 0.2, 0.3), INTERACTIONS: Margins(1.0, 1.0)},
    # Not measured: the worst is searched as the best is, and what is missing lies below.
    "mistunability": {size: margins.mirrored() for size, margins in TUNABILITY.items()},
    # Not measured: a difference of two maxima may err to either side.
    "optimizer_bias": {SINGLES: Margins(1.0, 1.0), INTERACTIONS: Margins(0.5, 0.5)},
    # Not measured: the best compromises are searched as the best of one metric is.
    "hypervolume": TUNABILITY,
}

Calibration = dict[str, dict[str, list[float]]]
"""For each game, "singles" and "interactions": fields of `Margins`, fixed ones in metric units."""


def calibration_of(games: Mapping[str, Explained], n_players: int) -> Calibration:
    """The calibration of an explanation, as plain dicts and lists.

    Parameters
    ----------
    games : mapping of str to Explained
        The games by name, explained on all trials.
    n_players : int
        Among how many players the gain is split.
    """
    found: Calibration = {}
    for game, part in games.items():
        unit = abs(part.gain) / n_players
        found[game] = {
            size: [margins.below, margins.above]
            + [unit * fixed for fixed in (margins.fixed_below, margins.fixed_above)]
            for size, margins in MARGINS[game].items()
        }
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
        Of the intervals: fixed margins grow with it as a normal quantile does.
    """
    low, high = np.minimum(low, values), np.maximum(high, values)
    width = high - low
    growth = ndtri((1 + level) / 2) / ndtri((1 + LEVEL) / 2)
    below, above, fixed_below, fixed_above = margins.T
    return low - below * width - growth * fixed_below, high + above * width + growth * fixed_above


def widened_by_factor(
    values: Floats, low: Floats, high: Floats, factor: float
) -> tuple[Floats, Floats]:
    """Widen intervals around their values by one factor; 1 changes nothing."""
    more = factor - 1
    below, above = np.maximum(values - low, 0), np.maximum(high - values, 0)
    return low - more * below, high + more * above


def margins_of(
    calibration: Mapping[Any, Any], games: Any, orders: Integers, metrics: Any = None
) -> Floats:
    """Margins of rows of an explanation, of shape (n_rows, 4); nothing for an unknown game.

    With several metrics the calibration is keyed by metric, and then by game.
    """
    nothing = {SINGLES: [0.0] * 4, INTERACTIONS: [0.0] * 4}
    parts = [calibration] * len(games)
    if metrics is not None:
        parts = [calibration.get(metric, calibration) for metric in metrics]
    return np.array(
        [
            part.get(game, nothing)[SINGLES if order == 1 else INTERACTIONS]
            for part, game, order in zip(parts, games, orders, strict=True)
        ],
        dtype=float,
    ).reshape(-1, 4)
