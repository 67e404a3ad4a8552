"""Explain games of more players than `max_exact` by the structure of the space.

Players that cannot change a score are left out. If one choice splits the rest into branches, values are
exact; with several choices values of coalitions are, and coalitions are sampled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from skhypershap.arrays import Coalitions, Scores
from skhypershap.games.branch_games import BranchGames, branch_games
from skhypershap.games.branches import Branches, find_branches, touched_players
from skhypershap.games.setting import GAMES, GameContext, sign_of_gain
from skhypershap.games.value_function import GameSpec, ValueFunction, context_for
from skhypershap.interactions.from_branches import branch_interactions
from skhypershap.interactions.indices import Interactions, definition_at
from skhypershap.interactions.sampled_branches import sampled_interactions

APPROXIMATOR = "branches"  # as attrs call it; all others are shapiq's
LARGEST = 2  # interactions that follow from branches


class Found(NamedTuple):
    """Interactions, and how they were found: the budget and the error are None where exact."""

    interactions: Interactions
    budget: int | None
    error: float | None


@dataclass(frozen=True)
class BranchedGame:
    """A game that is made of small games, for each baseline.

    Attributes
    ----------
    games : sequence of BranchGames
        One for each baseline; the game is their mean.
    n_players : int
        Number of players.
    sign : float
        1 where a larger v(S) is a gain, -1 where it is a loss.
    """

    games: Sequence[BranchGames]
    n_players: int
    sign: float

    @property
    def empty(self) -> float:
        """V of the empty coalition, in the metric's own units."""
        return float(np.mean([part.empty for part in self.games]))

    @property
    def has_one_root(self) -> bool:
        """Whether interactions follow exactly."""
        return len(self.games[0].branches.roots) == 1

    def gains(self, coalitions: Coalitions) -> Scores:
        """Gains of coalitions over the empty one."""
        gains: Scores = np.mean([part.gains(coalitions) for part in self.games], axis=0)
        return gains

    def scores(self, coalitions: Coalitions | None) -> Scores:
        """V of some coalitions, as in `ValueFunction`."""
        assert coalitions is not None
        return self.empty + self.sign * self.gains(coalitions)

    def can_explain(self, index: str, order: int) -> bool:
        """Whether `interactions` has all interactions up to an order."""
        return definition_at(index, order)[1] <= LARGEST

    def interactions(self, index: str, order: int, seed: int) -> Found:
        """Interactions up to an order, exact with one root."""
        if self.has_one_root:
            parts = [branch_interactions(part, self.n_players, index, order) for part in self.games]
            return Found(_mean(parts), None, None)
        sampled = [
            sampled_interactions(part, self.n_players, index, order, seed) for part in self.games
        ]
        errors = [part.error for part in sampled]
        error = float(np.sqrt(np.sum(np.square(errors))) / len(errors))
        budget = sum(part.budget for part in sampled)
        return Found(_mean([part.interactions for part in sampled]), budget, error)


def _mean(parts: Sequence[Interactions]) -> Interactions:
    return {players: float(np.mean([part[players] for part in parts])) for players in parts[0]}


def branched_game(game_spec: GameSpec, context: GameContext, max_exact: int) -> BranchedGame | None:
    """Evaluate the small games of a game; None if it has no branches that are small enough."""
    branches = branches_of(game_spec, context, max_exact)
    if branches is None:
        return None
    context = context_for(game_spec, context).with_samples([game_spec.game])
    games = [
        branch_games(game_spec.game, context, baseline, branches)
        for baseline in context.filled(game_spec.baselines)
    ]
    known = [part for part in games if part is not None]
    if len(known) < len(games):
        return None
    return BranchedGame(known, context.n_players, sign_of_gain(game_spec.game, context.trials))


def by_branches(
    v: ValueFunction, game_spec: GameSpec, context: GameContext, max_exact: int
) -> ValueFunction:
    """The same function by the tables of small games, if it has branches that are small enough."""
    branched = branched_game(game_spec, context, max_exact)
    return v if branched is None else replace(v, scores=branched.scores)


def branches_of(game_spec: GameSpec, context: GameContext, max_exact: int) -> Branches | None:
    """Branches that a game may be split into, if it has more players than `max_exact`."""
    game = GAMES[game_spec.game]
    if game.candidates not in ("search", "distribution") or context.n_players <= max_exact:
        return None
    context = context_for(game_spec, context)
    if game.reduce == "variance" and context.surrogate.legality.forbids:
        return None  # how many blends are forbidden differs between coalitions
    return find_branches(context, max_exact)


def players_that_matter(game_spec: GameSpec, context: GameContext, *, at_least: int) -> list[int]:
    """Players that can change a score, ascending, and others until there are `at_least` so many."""
    if GAMES[game_spec.game].candidates not in ("search", "distribution"):
        return list(range(context.n_players))
    touched = touched_players(context_for(game_spec, context))
    others = [player for player in range(context.n_players) if player not in set(touched)]
    return sorted([*touched, *others[: max(at_least - len(touched), 0)]])
