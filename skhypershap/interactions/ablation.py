"""Ablations on surrogates that are not sums of leaves: which players matter, and how many are exact.

A player whose hyperparameters are the same in the configuration and in all baselines changes no
blend. It is a null player: all its interactions are zero, and those of the others are what they
are without it, for every index, since its weights depend on the Moebius transform alone. So only
coalitions of the other players are evaluated, all of them as long as they fit into memory.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from skhypershap.games.setting import GameContext
from skhypershap.games.value_function import GameSpec
from skhypershap.interactions.indices import Interactions, Players, interactions_of
from skhypershap.surrogate.warped import WarpedSurrogate

MOST, MOST_OF_KERNEL = 20, 24  # of players; the kernel takes 9 s and 1.4 GB for 2^24 coalitions


def largest_exact(context: GameContext) -> int:
    """Number of players up to which all coalitions of an ablation are evaluated.

    It is larger than that of games with many candidates, and largest where no model is asked for
    each blend.
    """
    surrogate = context.surrogate
    has_kernel = isinstance(surrogate, WarpedSurrogate) and surrogate.process is not None
    return MOST_OF_KERNEL if has_kernel and not surrogate.legality.forbids else MOST


def moving_players(game_spec: GameSpec, context: GameContext, *, at_least: int) -> list[int]:
    """Players whose hyperparameters differ between the configuration and a baseline, ascending.

    Further ones are added until there are as many as asked for.
    """
    *baselines, config = context.filled([*game_spec.baselines, game_spec.config])
    differs = np.any(np.stack(baselines) != config, axis=0)
    moving = set(context.player_of_column[differs].tolist()) - {-1}
    others = [player for player in range(context.n_players) if player not in moving]
    return sorted([*moving, *others[: max(at_least - len(moving), 0)]])


def of_all_players(
    interactions: Mapping[Players, float], moving: Sequence[int], n_players: int, order: int
) -> Interactions:
    """Interactions of some players as those of all, of which the others have none."""
    largest = max(map(len, interactions))
    found: Interactions = {(): interactions[()]}
    found.update(dict.fromkeys(interactions_of(n_players, min(order, largest)), 0.0))
    for players, value in interactions.items():
        found[tuple(moving[player] for player in players)] = value
    return found
