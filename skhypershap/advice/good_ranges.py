"""The values of each hyperparameter with which tuning the rest still gains most."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from skhypershap.arrays import Booleans, Coalition, Floats, Scores
from skhypershap.games.lines import Line, grid_of
from skhypershap.games.profile import ProfileSearch
from skhypershap.games.setting import GameContext
from skhypershap.space.axes import axis_of
from skhypershap.space.domains import Choices, Quantiles, domain_of
from skhypershap.space.encoding import Config

N_POINTS = 50  # of a hyperparameter with more values
N_FINER = 8  # parts of a step of the grid in which the profile crosses what is needed
ROUNDING = 1e-9  # relative, of gains that are compared and of numbers at an end


class GoodRange(NamedTuple):
    """The values of one hyperparameter that keep a share of the gain.

    Attributes
    ----------
    name : str
        The hyperparameter.
    low, high : object
        Ends of the interval around the best value, as the user types them; None for choices.
    choices : list or None
        Of a hyperparameter with choices those that are kept; None for an interval alone.
    width : float
        The part of all values, or of the range on its own scale, that is kept.
    best : object
        The value of the best configuration, None if it is inactive there.
    kept : ndarray
        Numbers of the kept choices.
    ends : tuple of float or None
        Numbers of low and high.
    """

    name: str
    low: Any
    high: Any
    choices: list[Any] | None
    width: float
    best: Any
    kept: Floats
    ends: tuple[float, float] | None

    @property
    def keeps_some(self) -> bool:
        """Whether there is a value that is kept."""
        return self.ends is not None or len(self.kept) > 0

    def holds(self, numbers: Floats) -> Booleans:
        """Whether numbers of the hyperparameter are kept."""
        held = np.isin(np.round(numbers, 9), np.round(self.kept, 9))
        if self.ends is not None:
            low, high = self.ends
            held |= (numbers >= low - ROUNDING) & (numbers <= high + ROUNDING)
        return held


class GoodRanges(NamedTuple):
    """The good ranges of what is tuned, and v of tuning it, in units of the metric."""

    ranges: list[GoodRange]
    full_score: float


def good_ranges(
    context: GameContext,
    baselines: list[Config],
    incumbent: Config,
    share: float,
    coalition: Coalition | None = None,
) -> GoodRanges:
    """The good range of each hyperparameter that is tuned, by its profile.

    Parameters
    ----------
    context : GameContext
        What the games of an explainer share.
    baselines : list of dict
        What gains are measured from.
    incumbent : dict
        The best trial.
    share : float
        Of the gain of tuning all that is tuned, above 0 and at most 1.
    coalition : ndarray of shape (n_players,), dtype bool, optional
        The players that are tuned, while the rest stays at the first baseline; by default all.
    """
    filled = context.filled([*baselines, incumbent])
    search = ProfileSearch(context, filled[0], coalition, filled[1:])
    start = search.sign * float(np.mean(context.surrogate.predict_filled(filled[:-1])))
    needed = start + share * (search.best_gain - start)
    needed -= ROUNDING * (abs(start) + abs(search.best_gain))
    space, found = context.trials.space, []
    best = context.surrogate.legality.legal(search.optimum[None])[0]
    for column in np.flatnonzero(search.taken).tolist():
        hyperparameter = space[space.at[column]]
        if hyperparameter.size <= 1:
            continue
        own = np.append(filled[:, column], search.optimum[column])
        grid = grid_of(hyperparameter, N_POINTS, own)
        gains = search.curve(Line((column,), (grid,)))
        if hyperparameter.size > N_POINTS and not isinstance(domain_of(hyperparameter), Choices):
            grid, gains = _refined(search, column, hyperparameter, grid, gains, needed)
        found.append(_range_of(space, column, grid, gains, needed, [*baselines, incumbent], best))
    return GoodRanges(found, search.sign * search.best_gain)


def _refined(
    search: ProfileSearch,
    column: int,
    hyperparameter: Any,
    grid: Floats,
    gains: Scores,
    needed: float,
) -> tuple[Floats, Scores]:
    """The profile with more points where it crosses what is needed."""
    good = np.nan_to_num(gains, nan=-np.inf) >= needed
    steps = np.arange(1, N_FINER) / N_FINER
    crossings = np.flatnonzero(good[1:] != good[:-1])
    finer = np.ravel([grid[i] + steps * (grid[i + 1] - grid[i]) for i in crossings])
    domain = domain_of(hyperparameter)
    if isinstance(domain, Quantiles):  # extra values have whole cells
        finer = finer[finer > domain.start]
    if not len(finer):
        return grid, gains
    finer = np.setdiff1d(domain.encode(domain.decode(finer)), grid)
    both = np.concatenate([grid, finer])
    found = np.concatenate([gains, search.curve(Line((column,), (finer,)))])
    order = np.argsort(both, kind="stable")
    return both[order], found[order]


def _range_of(
    space: Any,
    column: int,
    grid: Floats,
    gains: Scores,
    needed: float,
    own: list[Config],
    best: Floats,
) -> GoodRange:
    """The range of one hyperparameter, from its profile."""
    name = space.at[column]
    domain = domain_of(space[name])
    good = np.nan_to_num(gains, nan=-np.inf) >= needed
    is_choice = np.full(len(grid), isinstance(domain, Choices))
    if isinstance(domain, Quantiles):
        is_choice = grid < domain.start
    choices = axis_of(space, column, grid[is_choice & good], own).values
    ends = _run_around_best(grid[~is_choice], gains[~is_choice], good[~is_choice])
    low, high = axis_of(space, column, np.array(ends), own).values if ends else (None, None)
    value = None
    if not np.isnan(best[column]):
        (value,) = axis_of(space, column, best[[column]], own).values
    return GoodRange(
        name,
        low,
        high,
        choices if is_choice.any() else None,
        _width(space[name], grid, is_choice, good, ends),
        value,
        grid[is_choice & good],
        ends,
    )


def _run_around_best(grid: Floats, gains: Scores, good: Booleans) -> tuple[float, float] | None:
    """Ends of the good points next to each other, around the best one."""
    if not good.any():
        return None
    best = int(np.argmax(np.where(good, gains, -np.inf)))
    bad_below, bad_above = np.flatnonzero(~good[:best]), np.flatnonzero(~good[best:])
    first = bad_below[-1] + 1 if len(bad_below) else 0
    last = best + bad_above[0] - 1 if len(bad_above) else len(grid) - 1
    return float(grid[first]), float(grid[last])


def _width(
    hyperparameter: Any,
    grid: Floats,
    is_choice: Booleans,
    good: Booleans,
    ends: tuple[float, float] | None,
) -> float:
    """The part that is kept: of a few values their number, of a range its length."""
    inside = is_choice & good
    if ends is not None:
        inside |= ~is_choice & (grid >= ends[0]) & (grid <= ends[1])
    if is_choice.all() or hyperparameter.size <= N_POINTS:
        return float(inside.mean())
    if not is_choice.any():
        return (ends[1] - ends[0]) / (grid[-1] - grid[0]) if ends else 0.0
    # Extra values and the distribution have cells of the same size.
    n_cells = is_choice.sum() + 1
    cell = 1 / n_cells
    length = (ends[1] - ends[0]) / cell if ends else 0.0
    return float((good[is_choice].sum() + min(length, 1.0)) / n_cells)
