"""Explain one game: exactly where that is possible, approximately otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from skhypershap.arrays import Coalitions, Scores
from skhypershap.errors import ApproximationWarning, warn
from skhypershap.games.coalition_scores import best_of_evaluated_subsets
from skhypershap.games.setting import GameContext, sign_of_gain
from skhypershap.games.value_function import (
    GameSpec,
    ValueFunction,
    context_for,
    value_function,
)
from skhypershap.interactions.ablation import largest_exact, moving_players, of_all_players
from skhypershap.interactions.approximation import Approximation, approximate
from skhypershap.interactions.branched import (
    APPROXIMATOR,
    BranchedGame,
    branched_game,
    players_that_matter,
)
from skhypershap.interactions.from_leaves import leaf_interactions
from skhypershap.interactions.indices import (
    IndexSpec,
    Interactions,
    Players,
    exact_interactions,
    interactions_of,
    moebius_of_small,
)
from skhypershap.interactions.regression_error import standard_error

TOLERATED_LOSS = 0.1  # fraction of the gain that an efficient index may miss without a warning


@dataclass(frozen=True)
class Explained:
    """One explained game.

    Attributes
    ----------
    game, measure : str
        The game, and shapiq's name for the index.
    interactions : dict of tuple of int to float
        In gain units, the empty interaction included.
    baseline_score, full_score : float
        v of the empty and of the full coalition, in the metric's own units.
    gain : float
        Their difference in gain units; the values of an efficient index sum to it.
    exact : bool
        Whether all coalitions (or, for an ablation, all leaves) were evaluated.
    budget : int or None
        How many coalitions were evaluated, where not all were.
    approximator : str or None
        Its name in shapiq, or "branches" (see `sampled_branches`).
    error : float or None
        The largest standard error of an interaction, where it is known.
    """

    game: str
    measure: str
    interactions: Mapping[Players, float]
    baseline_score: float
    full_score: float
    gain: float
    exact: bool = True
    budget: int | None = None
    approximator: str | None = None
    error: float | None = None


def solve(game_spec: GameSpec, context: GameContext, index_spec: IndexSpec) -> Explained:
    """Compute the interactions of a game.

    Parameters
    ----------
    game_spec : GameSpec
        Which game.
    context : GameContext
        What the games of an explainer share.
    index_spec : IndexSpec
        Which index, up to which order, and up to how many players exactly.
    """
    context = context_for(game_spec, context)
    if game_spec.game == "ablation":
        if has_leaves(context):
            return _explained_from_leaves(game_spec, context, index_spec)
        return explained_ablation(game_spec, context, index_spec)
    if context.n_players > index_spec.max_exact:
        return _explained_by_structure(game_spec, context, index_spec)
    return explained(value_function(game_spec, context), index_spec)


def _explained_by_structure(
    game_spec: GameSpec, context: GameContext, index_spec: IndexSpec
) -> Explained:
    """Explain a game of many players without those that do not matter, by its branches."""
    matter = players_that_matter(game_spec, context, at_least=index_spec.order)
    if len(matter) < context.n_players:
        names = list(context.players)
        some = context._replace(players={names[i]: context.players[names[i]] for i in matter})
        found = solve(game_spec, some, index_spec)
        everyone = of_all_players(found.interactions, matter, context.n_players, index_spec.order)
        return replace(found, interactions=everyone)
    v = value_function(game_spec, context)
    branched = branched_game(game_spec, context, index_spec.max_exact)
    if branched is None:
        return explained(v, index_spec)
    if not branched.can_explain(index_spec.name, index_spec.order):
        return explained(replace(v, scores=branched.scores), index_spec)
    return _explained_by_branches(branched, v, index_spec)


def _explained_by_branches(
    branched: BranchedGame, v: ValueFunction, index_spec: IndexSpec
) -> Explained:
    """Explain a game that is made of small games."""
    found = branched.interactions(index_spec.name, index_spec.order, v.seed)
    gain = float(branched.gains(np.ones((1, v.n_players), dtype=bool))[0])
    is_exact = found.budget is None
    return Explained(
        v.game,
        index_spec.measure,
        found.interactions,
        baseline_score=branched.empty,
        full_score=branched.empty + v.sign * gain,
        gain=gain,
        exact=is_exact,
        budget=found.budget,
        approximator=None if is_exact else APPROXIMATOR,
        error=found.error,
    )


def explained(v: ValueFunction, index_spec: IndexSpec) -> Explained:
    """Explain a value function, exactly up to `index_spec.max_exact` players."""
    if v.n_players > index_spec.max_exact:
        return _explained_approximately(v, index_spec)
    values = v.all_scores()
    gains = v.sign * (values - values[0])
    return Explained(
        v.game,
        index_spec.measure,
        exact_interactions(gains, index_spec.name, index_spec.order),
        baseline_score=float(values[0]),
        full_score=float(values[-1]),
        gain=float(gains[-1]),
    )


def explained_ablation(
    game_spec: GameSpec, context: GameContext, index_spec: IndexSpec
) -> Explained:
    """Explain an ablation that is no sum of leaves, from coalitions of the players that matter."""
    largest = max(index_spec.max_exact, largest_exact(context))
    if context.n_players <= index_spec.max_exact:
        return explained(value_function(game_spec, context), index_spec)
    moving = moving_players(game_spec, context, at_least=index_spec.order)
    names = list(context.players)
    some = context._replace(players={names[i]: context.players[names[i]] for i in moving})
    found = explained(value_function(game_spec, some), replace(index_spec, max_exact=largest))
    everyone = of_all_players(found.interactions, moving, context.n_players, index_spec.order)
    # Those that were added so that there are enough have values of rounding.
    moved = set(moving_players(game_spec, context, at_least=0))
    everyone = {one: value if moved.issuperset(one) else 0.0 for one, value in everyone.items()}
    return replace(found, interactions=everyone)


def _explained_approximately(v: ValueFunction, index_spec: IndexSpec) -> Explained:
    """Explain a value function from the values of some coalitions."""
    gains_of = GainFunction(v)
    gain = 0.0
    seen: list[tuple[Coalitions, Scores]] = []

    def evaluate(coalitions: Coalitions) -> Scores:
        """Gains of the coalitions that an approximator asks for; the full one is always added."""
        nonlocal gain
        coalitions = np.vstack([coalitions, np.ones(v.n_players)]).astype(bool)
        gains = gains_of(coalitions)
        if v.keeps_subsets:
            gains = best_of_evaluated_subsets(v.game, gains, coalitions)
        gain = float(gains[-1])
        seen.append((coalitions, gains))
        return gains[:-1]

    if index_spec.name == "Moebius":  # needs only the coalitions up to its order
        small = interactions_of(v.n_players, index_spec.order)
        rows = np.array([[player in players for player in range(v.n_players)] for players in small])
        found = Approximation(
            moebius_of_small(small, evaluate(rows)), "small coalitions", len(small) + 1
        )
    else:
        found = approximate(evaluate, v.n_players, index_spec, v.seed)
    return Explained(
        v.game,
        index_spec.measure,
        found.interactions,
        baseline_score=gains_of.empty_score,
        full_score=gains_of.empty_score + v.sign * gain,
        gain=gain,
        exact=False,
        budget=found.budget,
        approximator=found.approximator,
        error=_error_of(found, seen),
    )


def _error_of(found: Approximation, seen: list[tuple[Coalitions, Scores]]) -> float | None:
    """The largest standard error of an interaction; None where it follows from no regression."""
    if found.approximator in ("SVARMIQ", "small coalitions"):
        return None
    coalitions, gains = (np.concatenate(parts) for parts in zip(*seen, strict=True))
    order = max(map(len, found.interactions))
    return standard_error(coalitions, gains, order)


def warn_if_gain_is_missed(part: Explained, index_spec: IndexSpec) -> None:
    """Warn if an approximation of an efficient index does not sum to the gain."""
    if part.exact or not index_spec.efficient:
        return
    found = sum(part.interactions.values())
    if abs(found - part.gain) > TOLERATED_LOSS * abs(part.gain):
        warn(
            f"The approximation is poor: {part.measure} by {part.approximator} sums to {found:.3g}, but "
            f"the gain is {part.gain:.3g}. Use index='FSII' or 'k-SII', which are approximated "
            "better, or raise max_exact to evaluate all coalitions, or join hyperparameters with "
            "groups= (those of one choice's branches, say), so that there are fewer.",
            ApproximationWarning,
        )


def has_leaves(context: GameContext) -> bool:
    """Whether ablations can be computed from tree leaves.

    They can for a tree surrogate without forbidden clauses.
    """
    return context.surrogate.forest is not None and not context.surrogate.legality.forbids


class GainFunction:
    """Gains of coalitions over the empty one, evaluated when called.

    Parameters
    ----------
    v : ValueFunction
        The game.

    Attributes
    ----------
    empty_score : float
        v of the empty coalition, in the metric's own units.
    """

    def __init__(self, v: ValueFunction) -> None:
        self.v = v
        self.empty_score = float(v.scores(np.zeros((1, v.n_players), dtype=bool))[0])

    def __call__(self, coalitions: Coalitions) -> Scores:
        """Gains of shape (n_coalitions,), in units of the metric."""
        return self.v.sign * (self.v.scores(coalitions) - self.empty_score)


def _explained_from_leaves(
    game_spec: GameSpec, context: GameContext, index_spec: IndexSpec
) -> Explained:
    """Explain an ablation exactly, from the leaves that blends of two configurations reach."""
    from skhypershap.surrogate.kernels.leaves import reachable_leaves

    forest = context.surrogate.forest
    assert forest is not None
    *baselines, vector = context.filled([*game_spec.baselines, game_spec.config])
    sign = sign_of_gain(game_spec.game, context.trials)
    weight = 1 / len(baselines)
    interactions: Interactions = {}
    empty = full = 0.0
    for baseline in baselines:
        leaves = reachable_leaves(forest, vector, baseline, context.player_of_column)
        empty += weight * leaves.amounts[leaves.n_in == 0].sum()
        full += weight * leaves.amounts[leaves.n_out == 0].sum()
        found = leaf_interactions(leaves, context.n_players, index_spec.name, index_spec.order)
        for players, value in found.items():
            interactions[players] = interactions.get(players, 0.0) + sign * weight * value
    return Explained(
        game_spec.game,
        index_spec.measure,
        interactions,
        baseline_score=float(empty),
        full_score=float(full),
        gain=float(sign * (full - empty)),
    )
