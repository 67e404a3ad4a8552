"""Optimizer bias: by how much an optimizer misses the best configuration that is found.

v(S) = the gain that the optimizer of interest finds when it may tune S on the surrogate, minus the
largest gain that is found at all: by an ensemble of optimizers, by itself, or by the search of the
tunability game.

Source: Wever, Muschalik, Fumagalli, Lindauer (2025), "HyperSHAP: Shapley Values and Interactions for
Explaining Hyperparameter Optimization", definition of the optimizer bias game.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from skhypershap.arrays import Coalition, Coalitions, Scores
from skhypershap.errors import MOST, check_integer
from skhypershap.games.coalition_scores import coalition_scores
from skhypershap.games.setting import GameContext, sign_of_gain
from skhypershap.games.surrogate_objective import SurrogateObjective, checked_gain
from skhypershap.optimizers.optuna_samplers import is_optuna_sampler, optuna
from skhypershap.optimizers.running import Optimizer, is_optimizer
from skhypershap.parallel import in_parallel
from skhypershap.space.restriction import restricted
from skhypershap.surrogate.blends import all_coalitions, position_of

MAX_TASKS = 128  # each task pickles the surrogate, so keep their number small


@dataclass(frozen=True)
class OptimizerComparison:
    """The optimizers under comparison and their trial budget.

    Attributes
    ----------
    optimizers : tuple of callable
        The optimizer of interest, followed by the ensemble.
    n_trials : int
        Trial budget that each optimizer is given for each coalition (not enforced).
    """

    optimizers: tuple[Optimizer, ...]
    n_trials: int


def comparison_for(
    games: Sequence[str], of_interest: Any, ensemble: Any, n_trials: Any
) -> OptimizerComparison | None:
    """The optimizers of "optimizer_bias"; an error if they are given to other games only."""
    n_trials = check_integer("n_trials", n_trials, 1, MOST)
    if "optimizer_bias" in games:
        return comparison_of(of_interest, ensemble, n_trials)
    if of_interest is not None or ensemble is not None:
        raise ValueError(
            "optimizer_of_interest and optimizer_ensemble are for the game 'optimizer_bias'; got "
            f"{', '.join(map(repr, games))}."
        )
    return None


def comparison_of(of_interest: Any, ensemble: Any, n_trials: Any) -> OptimizerComparison:
    """Check optimizers and their budget; an Optuna sampler is converted to an optimizer.

    Raises
    ------
    TypeError
        If an optimizer is not callable, or the ensemble is not a list.
    ValueError
        If there is no optimizer of interest, or `n_trials` is not an integer of at least 1.
    """
    if of_interest is None:
        raise ValueError(
            "The game 'optimizer_bias' needs optimizer_of_interest=: a callable (objective, space, "
            "n_trials, random_state) -> configuration, such as those in skhypershap.optimizers."
        )
    if ensemble is not None and not isinstance(ensemble, (list, tuple)):
        raise TypeError(
            f"optimizer_ensemble must be a list of optimizers or None; got {type(ensemble).__name__}."
        )
    n_trials = check_integer("n_trials", n_trials, 1, MOST)
    named = {"optimizer_of_interest": of_interest}
    named |= {f"optimizer_ensemble[{i}]": other for i, other in enumerate(ensemble or ())}
    return OptimizerComparison(tuple(_optimizer(*item) for item in named.items()), n_trials)


def _optimizer(parameter: str, given: Any) -> Optimizer:
    if is_optuna_sampler(given):
        return optuna(given)
    if not is_optimizer(given):
        raise TypeError(
            f"{parameter} must be a callable (objective, space, n_trials, random_state) -> "
            f"configuration, or an Optuna sampler; got {given!r}."
        )
    optimizer: Optimizer = given
    return optimizer


def bias_scores(
    comparison: OptimizerComparison,
    context: GameContext,
    baselines: Sequence[Mapping[str, Any]],
    coalitions: Coalitions | None = None,
) -> Scores:
    """v(S) in the metric's own units and direction: never a gain.

    Parameters
    ----------
    comparison : OptimizerComparison
        The optimizers and their budget.
    context : GameContext
        What the games of an explainer share.
    baselines : sequence of dict
        The game is the mean over these configurations.
    coalitions : ndarray of shape (n_coalitions, n_players), dtype bool, optional
        Which coalitions; by default all.

    Returns
    -------
    ndarray of shape (n_coalitions,)
        Of all coalitions bit i of a position is set if player i is in the coalition.
    """
    tuned = all_coalitions(context.n_players) if coalitions is None else coalitions
    sign = sign_of_gain("tunability", context.trials)
    refining = context.with_samples(["tunability"])._replace(optimizer="refine")
    found = _found_gains(comparison, context, baselines, tuned)
    bias = np.zeros(len(tuned))
    for baseline, vector, gains in zip(baselines, context.filled(baselines), found, strict=True):
        scores = coalition_scores("tunability", refining, vector[None], dict(baseline), coalitions)
        baseline_score = context.surrogate.predict(vector[None])[0]
        best = np.maximum(sign * (scores - baseline_score), gains.max(axis=1))
        bias += (gains[:, 0] - best) / len(baselines)
    bias[~tuned.any(axis=1)] = 0.0  # otherwise a rounding error may remain
    return sign * bias


def _found_gains(
    comparison: OptimizerComparison,
    context: GameContext,
    baselines: Sequence[Mapping[str, Any]],
    coalitions: Coalitions,
) -> Scores:
    """Gains that optimizers find, of shape (n_baselines, n_coalitions, n_optimizers)."""
    n_trials, n_optimizers = comparison.n_trials, len(comparison.optimizers)
    worker = context.alone()
    parts = np.array_split(coalitions, min(len(coalitions), MAX_TASKS))
    tasks = [(comparison, worker, baseline, part) for baseline in baselines for part in parts]
    found = in_parallel(
        gains_on_coalitions,
        tasks,
        context.n_jobs,
        what=f"optimizer_bias, {n_trials} trials for each of {n_optimizers} optimizers",
        unit="task",
        verbose=context.verbose,
        prefer="processes",  # optimizers are Python code and hold the GIL
    )
    return np.concatenate(found).reshape(len(baselines), len(coalitions), n_optimizers)


def gains_on_coalitions(
    comparison: OptimizerComparison,
    context: GameContext,
    baseline: Mapping[str, Any],
    coalitions: Coalitions,
) -> list[list[float]]:
    """Gain that each optimizer finds on each coalition; module-level so that it can be pickled."""
    objective = SurrogateObjective(context, baseline)
    return [_gains_on(comparison, objective, coalition) for coalition in coalitions]


def _gains_on(
    comparison: OptimizerComparison, objective: SurrogateObjective, coalition: Coalition
) -> list[float]:
    """Gain that each optimizer finds on one coalition."""
    context = objective.context
    tuned = [
        name
        for names, is_member in zip(context.players.values(), coalition, strict=True)
        for name in names
        if is_member
    ]
    if not tuned:
        return [0.0] * len(comparison.optimizers)
    position = position_of(np.flatnonzero(coalition).tolist())
    random_state = int(np.random.default_rng([context.seed, position]).integers(2**31 - 1))
    return [
        _gain_of(optimizer, comparison.n_trials, objective, tuned, random_state)
        for optimizer in comparison.optimizers
    ]


def _gain_of(
    optimizer: Optimizer,
    n_trials: int,
    objective: SurrogateObjective,
    tuned: list[str],
    random_state: int,
) -> float:
    """Run one optimizer on a space of the hyperparameters that it may tune."""
    name = getattr(optimizer, "__name__", None) or repr(optimizer)
    # Each run gets its own copies, so that no optimizer sees another's state.
    space, space_of_run = (
        restricted(objective.context.trials.space, tuned, objective.held, constants=False)
        for _ in range(2)
    )
    space_of_run.seed(random_state)
    try:
        run = copy.deepcopy(optimizer)
        config = run(objective, space_of_run, n_trials, random_state)
    except Exception as error:
        error.add_note(f"The optimizer {name} raised this where it may tune {tuned}.")
        raise
    return checked_gain(name, config, objective, space)
