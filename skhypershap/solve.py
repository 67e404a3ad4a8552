"""One game in, its interactions out: exactly where that can be done, approximated otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from skhypershap.approximation import approximate
from skhypershap.errors import ApproximationWarning, warn
from skhypershap.games import (
    Setting,
    best_of_evaluated_subsets,
    coalition_scores,
    learns_from_subsets,
    sign_of_gain,
)
from skhypershap.interactions import (
    INDICES,
    exact_interactions,
    interactions_of,
    leaf_interactions,
    measure_name,
    moebius_of_small,
)

MAX_EXACT_ABLATION = 20
LOST_GAIN = 0.1  # of the gain: what an efficient index may lose before a user is told


@dataclass(frozen=True)
class Question:
    """What is asked of a game.

    Attributes
    ----------
    game : str
        A key of `skhypershap.games.GAMES`.
    baselines : list of dict
        The game is the mean over these configurations.
    config : dict
        What an ablation explains.
    index : str
        A key of `skhypershap.interactions.INDICES`.
    order : int
        Size of the largest interactions.
    max_exact : int
        Up to this many players all coalitions are evaluated.
    """

    game: str
    baselines: list[dict[str, Any]]
    config: dict[str, Any]
    index: str = "FSII"
    order: int = 1
    max_exact: int = 16


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
    exact: bool = True
    budget: int | None = None
    approximator: str | None = None


def solve(question: Question, setting: Setting) -> Explained:
    """Compute the interactions that are asked for."""
    game, index, order = question.game, question.index, question.order
    measure = measure_name(index, order)
    n_players = setting.n_players
    if game == "ablation" and _has_leaves(setting):
        return _explained_ablation(question, setting)
    baselines = setting.filled(question.baselines)
    if n_players <= _max_exact(question, setting):
        values = coalition_scores(game, setting, baselines, question.config)
        gains = sign_of_gain(game, setting.trials) * (values - values[0])
        interactions = exact_interactions(gains, index, order)
        return Explained(game, measure, interactions, float(values[0]), float(values[-1]))

    gains_of = GainsOf(question, setting)
    first = gains_of.empty_score
    full = 0.0

    def evaluate(coalitions: np.ndarray) -> np.ndarray:
        """Gains of the coalitions that an approximator asks for, the full one among them."""
        nonlocal full
        coalitions = np.vstack([coalitions, np.ones(n_players)]).astype(bool)
        gains = gains_of(coalitions)
        if learns_from_subsets(game, setting):
            gains = best_of_evaluated_subsets(game, gains, coalitions)
        full = gains[-1]
        return gains[:-1]

    if index == "Moebius":  # needs the coalitions up to its order only
        small = interactions_of(n_players, order)
        members = np.array([[player in part for player in range(n_players)] for part in small])
        interactions = moebius_of_small(small, evaluate(members))
        approximator, budget = "small coalitions", len(small) + 1
    else:
        interactions, approximator, budget = approximate(
            evaluate, n_players, index, order, setting.seed
        )
    last = float(first + gains_of.sign * full)
    if INDICES[index].efficient:
        _warn_of_lost_gain(measure, approximator, sum(interactions.values()), float(full))
    return Explained(game, measure, interactions, first, last, False, budget, approximator)


def _warn_of_lost_gain(measure: str, approximator: str, found: float, full: float) -> None:
    """An index that should sum to the gain tells by how much its approximation misses it."""
    if abs(found - full) > LOST_GAIN * abs(full):
        warn(
            f"The approximation is poor: {measure} by {approximator} sums to {found:.3g} where the gain "
            f"is {full:.3g}. Use index='FSII' or 'k-SII', which are approximated better, or raise "
            "max_exact to evaluate all coalitions.",
            ApproximationWarning,
        )


def _max_exact(question: Question, setting: Setting) -> int:
    """An ablation has one candidate: without trees to list, all coalitions are evaluated for longer."""
    if question.game == "ablation" and not _has_leaves(setting):
        return max(question.max_exact, MAX_EXACT_ABLATION)
    return question.max_exact


def _has_leaves(setting: Setting) -> bool:
    """Whether scores of blends are sums of leaves: in trees, unless blends are left out."""
    return setting.surrogate.forest is not None and not setting.surrogate.legality.forbids


class GainsOf:
    """Gains of coalitions given as rows of bools, evaluated when asked."""

    def __init__(self, question: Question, setting: Setting) -> None:
        self.question = question
        self.setting = setting
        self.baselines = setting.filled(question.baselines)
        self.sign = sign_of_gain(question.game, setting.trials)
        empty = np.zeros((1, setting.n_players), dtype=bool)
        self.empty_score = float(self._scores(empty)[0])

    def __call__(self, coalitions: np.ndarray) -> np.ndarray:
        """Gains of shape (n_coalitions,) over the baseline, in units of the metric."""
        return self.sign * (self._scores(coalitions) - self.empty_score)

    def _scores(self, coalitions: np.ndarray) -> np.ndarray:
        question = self.question
        return coalition_scores(
            question.game, self.setting, self.baselines, question.config, coalitions
        )


def _explained_ablation(question: Question, setting: Setting) -> Explained:
    """Exact at any number of players: from the leaves that blends of two configurations reach."""
    from skhypershap.kernels.leaves import reachable_leaves

    forest = setting.surrogate.forest
    assert forest is not None
    *baselines, vector = setting.filled([*question.baselines, question.config])
    sign = sign_of_gain(question.game, setting.trials)
    share = 1 / len(baselines)
    sums: dict[tuple[int, ...], float] = {}
    first = last = 0.0
    for baseline in baselines:
        leaves = reachable_leaves(forest, vector, baseline, setting.player_of_column)
        first += share * leaves.amounts[leaves.n_in == 0].sum()
        last += share * leaves.amounts[leaves.n_out == 0].sum()
        found = leaf_interactions(leaves, setting.n_players, question.index, question.order)
        for members, value in found.items():
            sums[members] = sums.get(members, 0.0) + sign * share * value
    measure = measure_name(question.index, question.order)
    return Explained(question.game, measure, sums, float(first), float(last))
