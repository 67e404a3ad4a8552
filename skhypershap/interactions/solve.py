"""One game in, its interactions out: exactly where that can be done, approximated otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from skhypershap.errors import ApproximationWarning, warn
from skhypershap.games.coalition_scores import best_of_evaluated_subsets
from skhypershap.games.setting import GameContext, sign_of_gain
from skhypershap.games.value_function import GameSpec, ValueFunction, value_function
from skhypershap.interactions.approximation import approximate
from skhypershap.interactions.from_leaves import leaf_interactions
from skhypershap.interactions.indices import (
    INDICES,
    exact_interactions,
    interactions_of,
    measure_name,
    moebius_of_small,
)

MAX_EXACT_ABLATION = 20
LOST_GAIN = 0.1  # of the gain: what an efficient index may lose before a user is told


@dataclass(frozen=True)
class Explained:
    """One game, explained.

    Attributes
    ----------
    game, measure : str
        Which game, and shapiq's name for the index.
    interactions : dict of tuple of int to float
        In gain units, the empty one included.
    baseline_score, full_score : float
        v of the empty and of the full coalition, in the metric's own units.
    gain : float
        Their difference in gain units, which an efficient index sums to.
    exact : bool
        Whether all coalitions were evaluated, or an ablation's leaves in their place.
    budget : int or None
        How many coalitions were evaluated where not all were.
    approximator : str or None
        Its name in shapiq.
    """

    game: str
    measure: str
    interactions: Mapping[tuple[int, ...], float]
    baseline_score: float
    full_score: float
    gain: float
    exact: bool = True
    budget: int | None = None
    approximator: str | None = None


def solve(
    game_spec: GameSpec, context: GameContext, index: str, order: int, max_exact: int
) -> Explained:
    """Compute the interactions that are asked for.

    Parameters
    ----------
    game_spec : GameSpec
        Of which game.
    context : GameContext
        Of which explainer.
    index : str
        A key of `skhypershap.interactions.INDICES`.
    order : int
        Size of the largest interactions.
    max_exact : int
        Up to this many players all coalitions are evaluated.
    """
    if game_spec.game == "ablation":
        if has_leaves(context):
            return _explained_ablation(game_spec, context, index, order)
        # There is one candidate: without trees to list, all coalitions are evaluated for longer.
        max_exact = max(max_exact, MAX_EXACT_ABLATION)
    return explained(value_function(game_spec, context), index, order, max_exact)


def explained(v: ValueFunction, index: str, order: int, max_exact: int) -> Explained:
    """Explain a value function, exactly up to `max_exact` players; arguments as in `solve`."""
    measure, n_players = measure_name(index, order), v.n_players
    if n_players <= max_exact:
        values = v.all_scores()
        gains = v.sign * (values - values[0])
        interactions = exact_interactions(gains, index, order)
        return Explained(
            v.game, measure, interactions, float(values[0]), float(values[-1]), float(gains[-1])
        )

    gains_of = GainFunction(v)
    full = 0.0

    def evaluate(coalitions: np.ndarray) -> np.ndarray:
        """Gains of the coalitions that an approximator asks for, the full one among them."""
        nonlocal full
        coalitions = np.vstack([coalitions, np.ones(n_players)]).astype(bool)
        gains = gains_of(coalitions)
        if v.keeps_subsets:
            gains = best_of_evaluated_subsets(v.game, gains, coalitions)
        full = gains[-1]
        return gains[:-1]

    if index == "Moebius":  # needs the coalitions up to its order only
        small = interactions_of(n_players, order)
        members = np.array([[player in part for player in range(n_players)] for part in small])
        interactions = moebius_of_small(small, evaluate(members))
        approximator, budget = "small coalitions", len(small) + 1
    else:
        interactions, approximator, budget = approximate(evaluate, n_players, index, order, v.seed)
    return Explained(
        v.game,
        measure,
        interactions,
        baseline_score=gains_of.empty_score,
        full_score=float(gains_of.empty_score + v.sign * full),
        gain=float(full),
        exact=False,
        budget=budget,
        approximator=approximator,
    )


def warn_of_lost_gain(part: Explained, index: str) -> None:
    """An index that should sum to the gain tells by how much its approximation misses it."""
    if part.exact or not INDICES[index].efficient:
        return
    found = sum(part.interactions.values())
    if abs(found - part.gain) > LOST_GAIN * abs(part.gain):
        warn(
            f"The approximation is poor: {part.measure} by {part.approximator} sums to {found:.3g} "
            f"where the gain is {part.gain:.3g}. Use index='FSII' or 'k-SII', which are approximated "
            "better, or raise max_exact to evaluate all coalitions.",
            ApproximationWarning,
        )


def has_leaves(context: GameContext) -> bool:
    """Whether scores of blends are sums of leaves: in trees, unless blends are left out."""
    return context.surrogate.forest is not None and not context.surrogate.legality.forbids


class GainFunction:
    """Gains of coalitions given as rows of bools, evaluated when asked."""

    def __init__(self, v: ValueFunction) -> None:
        self.v = v
        self.empty_score = float(v.scores(np.zeros((1, v.n_players), dtype=bool))[0])

    def __call__(self, coalitions: np.ndarray) -> np.ndarray:
        """Gains of shape (n_coalitions,) over the baseline, in units of the metric."""
        return self.v.sign * (self.v.scores(coalitions) - self.empty_score)


def _explained_ablation(
    game_spec: GameSpec, context: GameContext, index: str, order: int
) -> Explained:
    """Exact at any number of players: from the leaves that blends of two configurations reach."""
    from skhypershap.surrogate.kernels.leaves import reachable_leaves

    forest = context.surrogate.forest
    assert forest is not None
    *baselines, vector = context.filled([*game_spec.baselines, game_spec.config])
    sign = sign_of_gain(game_spec.game, context.trials)
    share = 1 / len(baselines)
    sums: dict[tuple[int, ...], float] = {}
    first = last = 0.0
    for baseline in baselines:
        leaves = reachable_leaves(forest, vector, baseline, context.player_of_column)
        first += share * leaves.amounts[leaves.n_in == 0].sum()
        last += share * leaves.amounts[leaves.n_out == 0].sum()
        found = leaf_interactions(leaves, context.n_players, index, order)
        for members, value in found.items():
            sums[members] = sums.get(members, 0.0) + sign * share * value
    return Explained(
        game_spec.game,
        measure_name(index, order),
        sums,
        float(first),
        float(last),
        float(sign * (last - first)),
    )
