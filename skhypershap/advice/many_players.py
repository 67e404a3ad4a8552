"""The best subsets of games of more players than `max_exact`, found by the structure of the space."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from skhypershap.advice.branch_subsets import best_of_branches, can_rank, points_of_branches
from skhypershap.advice.subset_configs import configs_at, optima_of_all
from skhypershap.advice.subsets import Subset, Subsets, best_subsets, grown_subsets
from skhypershap.arrays import Coalitions, Positions, Vectors
from skhypershap.games.setting import GAMES, GameContext
from skhypershap.games.value_function import GameSpec, context_for, value_function
from skhypershap.interactions.branched import branched_game, players_that_matter
from skhypershap.surrogate.blends import positions_of

PointsOf = Callable[[Coalitions], list[Vectors]]
"""For each baseline filled vectors that attain the values of coalitions."""


class Ranked(NamedTuple):
    """The best subsets, and what makes configurations of them; None for a variance."""

    subsets: Subsets
    points_of: PointsOf | None


def subsets_of_many(
    game_spec: GameSpec, context: GameContext, max_exact: int
) -> tuple[Subsets, list[Any]] | None:
    """The best subset of each size, and its configuration as `subset_configs` has it.

    None where the space does not help: all players matter, and there are no small branches.
    """
    if context.n_players <= max_exact:
        return None
    matter = np.array(players_that_matter(game_spec, context, at_least=1))
    names = list(context.players)
    some = context._replace(players={names[i]: context.players[names[i]] for i in matter})
    found = _ranked(game_spec, some, max_exact)
    if found is None:
        return None
    subsets = _with_null_players(found.subsets, matter, context.n_players)
    if found.points_of is None:
        return subsets, [None] * len(subsets.best)
    members = np.array(
        [np.isin(np.arange(context.n_players), subset.members) for subset in subsets.best]
    )
    points = found.points_of(members[:, matter])
    return subsets, configs_at(game_spec, context, subsets.best, points)


def _ranked(game_spec: GameSpec, context: GameContext, max_exact: int) -> Ranked | None:
    """The best subsets of players that all matter."""
    is_variance = GAMES[game_spec.game].reduce == "variance"
    v = value_function(game_spec, context)
    if context.n_players <= max_exact:
        if is_variance:
            return Ranked(best_subsets(v, max_exact), None)
        optima = optima_of_all(game_spec, context)
        values = np.mean([part.values for part in optima], axis=0)
        found = best_subsets(replace(v, scores=lambda coalitions: values), max_exact)
        return Ranked(
            found, lambda members: [part.points[positions_of(members)] for part in optima]
        )
    branched = branched_game(game_spec, context, max_exact)
    if branched is None:
        return None
    if can_rank(branched):
        found = best_of_branches(branched)
    else:
        found = grown_subsets(replace(v, scores=branched.scores))
    if is_variance:
        return Ranked(found, None)

    def points_of(members: Coalitions) -> list[Vectors]:
        own = context_for(game_spec, context).with_samples([game_spec.game])
        return [
            points_of_branches(game_spec.game, own, games, start, members)
            for games, start in zip(branched.games, own.filled(game_spec.baselines), strict=True)
        ]

    return Ranked(found, points_of)


def _with_null_players(subsets: Subsets, matter: Positions, n_players: int) -> Subsets:
    """Subsets of all players: of each size the best that null players may fill up."""
    null = np.setdiff1d(np.arange(n_players), matter)
    if not len(null):
        return subsets
    known = [Subset((), 0.0), *subsets.best]
    best = []
    for size in range(1, n_players + 1):
        smallest, largest = max(0, size - len(null)), min(size, len(matter))
        options = []
        for subset in known[smallest : largest + 1]:
            filled = np.concatenate(
                [matter[list(subset.members)], null[: size - len(subset.members)]]
            )
            options.append(Subset(tuple(sorted(filled.astype(int).tolist())), subset.gain))
        best.append(min(options, key=lambda option: (-option.gain, option.members)))
    return subsets._replace(best=best)
