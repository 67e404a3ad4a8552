"""How the score changes along a line: all others at a configuration, averaged, or tuned."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from skhypershap.arrays import Scores, Vectors
from skhypershap.games.candidates import Candidates, candidates_of
from skhypershap.games.lines import Line, activated, grid_of, is_active
from skhypershap.games.profile import ProfileSearch, along_first, legal_points
from skhypershap.games.setting import GameContext
from skhypershap.parallel import in_parallel
from skhypershap.space.encoding import Config
from skhypershap.surrogate.curves import curve_blocks
from skhypershap.trials.inferred_clauses import without_broken

HELD = ("baseline", "incumbent", "best", "average")
"""What the hyperparameters that are not on a line do: stay at a configuration, are tuned, vary."""


class Effect(NamedTuple):
    """Curves of one line.

    Attributes
    ----------
    line : Line
        Its points.
    scores : mapping of str to ndarray of shape (n_points,)
        For each of `HELD` that was asked for, in units of the metric; NaN where nothing is legal.
    """

    line: Line
    scores: Mapping[str, Scores]


class Effects(NamedTuple):
    """Curves of several lines.

    Attributes
    ----------
    effects : list of Effect
        One for each line.
    full_score : float
        v of tuning everything, which no profile is better than; NaN where no profile was asked for.
    """

    effects: list[Effect]
    full_score: float


def lines_through(
    context: GameContext, names: Sequence[Sequence[str]], n_points: int, included: Vectors
) -> list[Line]:
    """A line for each hyperparameter or pair, through the numbers of some filled vectors."""
    space = context.trials.space
    found = []
    for members in names:
        columns = tuple(space.index_of[name] for name in members)
        grids = tuple(grid_of(space[space.at[c]], n_points, included[:, c]) for c in columns)
        found.append(Line(columns, grids))
    return found


def effects_of(
    context: GameContext,
    baselines: Sequence[Config],
    incumbent: Config,
    names: Sequence[Sequence[str]],
    held: Sequence[str],
    n_points: int,
) -> Effects:
    """Curves of hyperparameters and pairs through the baselines and the incumbent.

    With a profile they go through the optimum, too, at which it has its best score.

    Parameters
    ----------
    context : GameContext
        What the games of an explainer share.
    baselines, incumbent
        Configurations that the rest is held at; of several baselines the curve is the mean.
    names : sequence of sequence of str
        One or two hyperparameters for each line.
    held : sequence of str
        Keys of `HELD`.
    n_points : int
        Of each hyperparameter; at least 2.
    """
    context = context.with_samples(["tunability", "sensitivity"])
    own = context.filled([*baselines, incumbent])
    search = None
    if "best" in held:
        search = ProfileSearch(context, own[0], known=own[1:])
        own = np.vstack([own, search.optimum])
    lines = lines_through(context, names, n_points, own)
    return _along(context, baselines, incumbent, lines, held, search)


def effects_of_draw(
    context: GameContext,
    baselines: Sequence[Config],
    incumbent: Config,
    lines: Sequence[Line],
    held: Sequence[str],
    draw: int,
) -> Effects:
    """The same lines on one resample of the trials; module-level so that it can be pickled."""
    context = context.resampled(draw)
    search = None
    if "best" in held:
        own = context.filled([*baselines, incumbent])
        search = ProfileSearch(context, own[0], known=own[1:], exact=False)
    return _along(context, baselines, incumbent, lines, held, search)


def bootstrap_effects(
    context: GameContext,
    baselines: Sequence[Config],
    incumbent: Config,
    lines: Sequence[Line],
    held: Sequence[str],
    n_bootstrap: int,
) -> list[Effects]:
    """Curves on each resample of the trials, along the same lines."""
    worker = context.with_samples(["tunability", "sensitivity"]).alone()
    tasks = [
        (worker, baselines, incumbent, lines, held, draw) for draw in range(1, n_bootstrap + 1)
    ]
    return in_parallel(
        effects_of_draw, tasks, context.n_jobs, what="effects", unit="draw", verbose=context.verbose
    )


def _along(
    context: GameContext,
    baselines: Sequence[Config],
    incumbent: Config,
    lines: Sequence[Line],
    held: Sequence[str],
    search: ProfileSearch | None,
) -> Effects:
    donors = np.empty((0, len(context.trials.space)))
    if context.trials.space.conditions:
        donors = candidates_of("tunability", context._replace(optimizer="refine")).vectors
    candidates = candidates_of("sensitivity", context) if "average" in held else None
    found = []
    for line in lines:
        scores = {
            "baseline": _held_at(context, baselines, line, donors),
            "incumbent": _held_at(context, [incumbent], line, donors),
        }
        if candidates is not None:
            mean = functools.partial(average_along, context, candidates)
            scores["average"] = _along_longer(mean, line)
        if search is not None:
            # The others are configurations that tuning could choose, too.
            gains = [
                _along_longer(search.curve, line),
                *(search.sign * curve for curve in scores.values()),
            ]
            scores["best"] = search.sign * np.fmax.reduce(gains)
        found.append(Effect(line, {how: scores[how] for how in held}))
    full_score = np.nan if search is None else search.sign * search.best_gain
    return Effects(found, full_score)


def _along_longer(scores_of: Callable[[Line], Scores], line: Line) -> Scores:
    """Scores of a line; those of a pair along its longer grid, which takes fewer walks."""
    lengths = [len(grid) for grid in line.grids]
    if len(lengths) == 1 or lengths[0] <= lengths[1]:
        return scores_of(line)
    turned = scores_of(Line(line.columns[::-1], line.grids[::-1]))
    return turned.reshape(lengths[::-1]).T.ravel()


def _held_at(
    context: GameContext, configs: Sequence[Config], line: Line, donors: Vectors
) -> Scores:
    """Mean score along a line through configurations, in which its hyperparameters are active.

    What always failed is legal where a configuration itself has it.
    """
    context = context.with_trials(without_broken(context.trials, configs))
    legality = context.surrogate.legality
    scores = []
    for vector in activated(legality, context.filled(configs), line, donors):
        points = line.through(vector)
        is_legal = is_active(legality, points, line.columns)
        if legality.forbids:
            is_legal &= ~legality.forbidden(points)
        predicted = context.surrogate.predict_filled(points)
        scores.append(np.where(is_legal, predicted, np.nan))
    mean: Scores = np.mean(scores, axis=0)
    return mean


def average_along(context: GameContext, candidates: Candidates, line: Line) -> Scores:
    """Partial dependence: the mean score of all candidates that are legal at a point.

    Candidates count in which the line's hyperparameters are active. Source: Friedman (2001), Greedy
    Function Approximation, section 8.2.
    """
    weights = candidates.probabilities
    if weights is None:
        weights = np.ones(len(candidates.vectors))
    means = []
    for vectors in along_first(candidates.vectors, line):
        mass, total = np.zeros((2, len(line.grids[-1])))
        is_legal = legal_points(context, vectors, line)
        rows_used = np.flatnonzero(is_legal.any(axis=1))
        blocks = curve_blocks(
            context.surrogate, vectors[rows_used], line.columns[-1], line.grids[-1], context.n_jobs
        )
        for rows, scores in blocks:
            here = rows_used[rows]
            used = np.where(is_legal[here], weights[here, None], 0.0)
            total += (used * scores).sum(axis=0)
            mass += used.sum(axis=0)
        means.append(np.divide(total, mass, out=np.full_like(total, np.nan), where=mass > 0))
    return np.concatenate(means)
