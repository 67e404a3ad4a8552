"""The values to set: configurations that attain the gain of the best subsets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from skhypershap.advice.subsets import Subset
from skhypershap.arrays import Coalition, Floats, Vectors
from skhypershap.games.coalition_scores import coalition_optima
from skhypershap.games.refinement import Refined
from skhypershap.games.setting import GAMES, GameContext
from skhypershap.games.value_function import GameSpec, context_for
from skhypershap.space.encoding import Config, decode
from skhypershap.surrogate.blends import position_of


def optima_of_all(game_spec: GameSpec, context: GameContext) -> list[Refined]:
    """Values of all coalitions and what attains them, for each baseline; not for a variance."""
    context = context_for(game_spec, context)
    starts = context.filled(game_spec.baselines)
    return [coalition_optima(game_spec.game, context, start, game_spec.config) for start in starts]


def subset_configs(
    game_spec: GameSpec,
    context: GameContext,
    subsets: Sequence[Subset],
    optima: Sequence[Refined] | None,
) -> list[Any]:
    """For each subset the values that attain its v.

    Parameters
    ----------
    game_spec, context
        The game that the subsets are the best of.
    subsets : sequence of Subset
        By size; where they were grown, each holds the one before it.
    optima : sequence of Refined or None
        Those of all coalitions, for each baseline; None if subsets were grown.

    Returns
    -------
    list
        For each subset a dict: values of its members and of what these switch on, to be put into the
        baseline. A list of dicts where there are several baselines, and None for a variance, which no
        single configuration attains.
    """
    if GAMES[game_spec.game].reduce == "variance":
        return [None] * len(subsets)
    own = context_for(game_spec, context)
    points = []
    for row, start in enumerate(own.filled(game_spec.baselines)):
        if optima is None:
            coalitions = np.array(_members(own, subsets))
            found = coalition_optima(game_spec.game, own, start, game_spec.config, coalitions)
            points.append(found.points)
        else:
            rows = np.array([position_of(subset.members) for subset in subsets])
            points.append(optima[row].points[rows])
    return configs_at(game_spec, context, subsets, points)


def configs_at(
    game_spec: GameSpec, context: GameContext, subsets: Sequence[Subset], points: Sequence[Vectors]
) -> list[Any]:
    """The same from filled vectors that attain the values of the subsets, for each baseline."""
    context = context_for(game_spec, context)
    found = [
        _configs_for(context, baseline, subsets, some)
        for baseline, some in zip(game_spec.baselines, points, strict=True)
    ]
    return found[0] if len(found) == 1 else [list(configs) for configs in zip(*found, strict=True)]


def _members(context: GameContext, subsets: Sequence[Subset]) -> list[Coalition]:
    return [np.isin(np.arange(context.n_players), subset.members) for subset in subsets]


def _configs_for(
    context: GameContext, baseline: Config, subsets: Sequence[Subset], points: Vectors
) -> list[Config]:
    """The values of each subset, with one baseline."""
    start = context.filled([baseline])[0]
    members = _members(context, subsets)
    points = _of_best_so_far(points, subsets)
    configs = decode(context.trials.space, context.surrogate.legality.legal(points))
    return [
        _changes(context, baseline, coalition, point, config, start)
        for coalition, point, config in zip(members, points, configs, strict=True)
    ]


def _of_best_so_far(points: Vectors, subsets: Sequence[Subset]) -> Vectors:
    """Points of subsets; one that gains no more than a smaller subset takes the point of that."""
    points = points.copy()
    for row in range(1, len(subsets)):
        nested = set(subsets[row - 1].members) <= set(subsets[row].members)
        if nested and subsets[row].gain == subsets[row - 1].gain:
            points[row] = points[row - 1]
    return points


def _changes(
    context: GameContext,
    baseline: Config,
    coalition: Coalition,
    point: Floats,
    config: Config,
    start: Floats,
) -> Config:
    """Values of a subset's members, and of what is active beside them and not in the baseline."""
    space = context.trials.space
    tuned = {
        name
        for player, is_in in zip(context.players.values(), coalition, strict=True)
        if is_in
        for name in player
    }
    changes = {}
    for column, name in enumerate(space):
        if name in config and (name in tuned or name not in baseline):
            kept = name in baseline and point[column] == start[column]
            changes[name] = baseline[name] if kept else config[name]
    return changes
