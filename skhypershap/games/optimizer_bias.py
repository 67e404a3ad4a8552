"""Optimizer bias: what an optimizer finds on a coalition, and by how much others find better.

v(S) = what the optimizer of interest finds when it may tune S on the surrogate, minus the best that
anyone finds: an ensemble of optimizers, itself, and the search of the tunability game.

Source: Wever, Muschalik, Fumagalli, Lindauer (2025), "HyperSHAP: Shapley Values and Interactions for
Explaining Hyperparameter Optimization", definition of the optimizer bias game.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np
from ConfigSpace import ConfigurationSpace

from skhypershap._compat import class_names
from skhypershap.games.coalition_scores import coalition_scores
from skhypershap.games.setting import GameContext, sign_of_gain
from skhypershap.parallel import in_parallel
from skhypershap.space.conditions import Legality, active_where, violates
from skhypershap.space.encoding import decode, from_configspace
from skhypershap.space.restriction import restricted
from skhypershap.surrogate.blends import all_coalitions, position_of
from skhypershap.surrogate.kernels.forest import predict_flat

Config = Mapping[str, Any]
Optimizer = Callable[["Objective", ConfigurationSpace, int, int], Config]
MAX_TASKS = 128  # of coalitions: each is sent the surrogate, so that fewer are better
SAMPLER = "optuna.samplers._base.BaseSampler"


@dataclass(frozen=True)
class OptimizerComparison:
    """Who is compared to whom.

    Attributes
    ----------
    optimizers : tuple of callable
        The optimizer of interest, and then the ensemble.
    n_trials : int
        What each of them may try on a coalition.
    """

    optimizers: tuple[Optimizer, ...]
    n_trials: int


def comparison_of(of_interest: Any, ensemble: Any, n_trials: Any) -> OptimizerComparison:
    """Check optimizers; an Optuna sampler becomes one.

    Raises
    ------
    TypeError
        If one is not callable, or the ensemble is no list.
    ValueError
        If there is none of interest, or not at least one trial.
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
    if not isinstance(n_trials, Integral) or isinstance(n_trials, bool) or n_trials < 1:
        raise ValueError(f"n_trials must be an integer of at least 1; got {n_trials!r}.")
    named = {"optimizer_of_interest": of_interest}
    named |= {f"optimizer_ensemble[{i}]": other for i, other in enumerate(ensemble or ())}
    return OptimizerComparison(tuple(_optimizer(*item) for item in named.items()), int(n_trials))


def _optimizer(parameter: str, given: Any) -> Optimizer:
    if SAMPLER in class_names(given):
        from skhypershap.optimizers import optuna

        return optuna(given)
    if not callable(given) or isinstance(given, type):
        raise TypeError(
            f"{parameter} must be a callable (objective, space, n_trials, random_state) -> "
            f"configuration, or an Optuna sampler; got {given!r}."
        )
    return given


def bias_scores(
    comparison: OptimizerComparison,
    context: GameContext,
    baselines: Sequence[Config],
    coalitions: np.ndarray | None = None,
) -> np.ndarray:
    """v(S) in the metric's own units and direction: never a gain.

    Parameters
    ----------
    comparison : OptimizerComparison
        Who is compared.
    context : GameContext
        What the games of an explainer share.
    baselines : sequence of dict
        The game is the mean over these configurations.
    coalitions : ndarray of shape (n_coalitions, n_players), dtype bool, optional
        Which coalitions; by default all.

    Returns
    -------
    ndarray of shape (n_coalitions,)
        Of all coalitions bit i of a position says that player i is in the coalition.
    """
    members = coalitions
    if members is None:
        members = all_coalitions(context.n_players)
    sign = sign_of_gain("tunability", context.trials)
    refining = context._replace(optimizer="refine")
    n_trials, worker = comparison.n_trials, context.alone()
    parts = np.array_split(members, min(len(members), MAX_TASKS))
    pieces = [(comparison, worker, baseline, part) for baseline in baselines for part in parts]
    found = in_parallel(
        found_on,
        pieces,
        context.n_jobs,
        what=f"optimizer_bias, {n_trials} trials for each of {len(comparison.optimizers)} optimizers",
        unit="piece",
        verbose=context.verbose,
        prefer="processes",  # optimizers are Python
    )
    gains = np.concatenate(found).reshape(len(baselines), len(members), -1)
    bias = np.zeros(len(members))
    for baseline, vector, own in zip(baselines, context.filled(baselines), gains, strict=True):
        scores = coalition_scores("tunability", refining, vector[None], dict(baseline), coalitions)
        start = context.surrogate.predict(vector[None])[0]
        best = np.maximum(sign * (scores - start), own.max(axis=1))
        bias += (own[:, 0] - best) / len(baselines)
    bias[~members.any(axis=1)] = 0.0  # but for rounding
    return sign * bias


def found_on(
    comparison: OptimizerComparison, context: GameContext, baseline: Config, coalitions: np.ndarray
) -> list[list[float]]:
    """Gain of the configuration that each optimizer finds on each of some coalitions."""
    objective = Objective(context, baseline)
    return [best_found(comparison, objective, coalition) for coalition in coalitions]


def best_found(
    comparison: OptimizerComparison, objective: Objective, coalition: np.ndarray
) -> list[float]:
    """Gain of the configuration that each optimizer finds on one coalition."""
    context = objective.context
    members = [
        name
        for names, joins in zip(context.players.values(), coalition, strict=True)
        for name in names
        if joins
    ]
    if not members:
        return [0.0] * len(comparison.optimizers)
    number = position_of(np.flatnonzero(coalition).tolist())
    random_state = int(np.random.default_rng([context.seed, number]).integers(2**31 - 1))
    found = []
    for optimizer in comparison.optimizers:
        name = getattr(optimizer, "__name__", None) or repr(optimizer)
        # What one leaves behind, in a space or in itself, is not the next one's.
        space, own_space = (
            restricted(context.trials.space, members, objective.held, constants=False)
            for _ in range(2)
        )
        own_space.seed(random_state)
        try:
            run = copy.deepcopy(optimizer)
            config = run(objective, own_space, comparison.n_trials, random_state)
        except Exception as error:
            error.add_note(f"The optimizer {name} raised this where it may tune {members}.")
            raise
        found.append(_checked_gain(name, config, objective, space))
    return found


def _checked_gain(name: str, config: Any, objective: Objective, space: ConfigurationSpace) -> float:
    """Gain of what an optimizer returned, which must be a legal configuration of its space."""
    what = f"The optimizer {name} must return a configuration of {list(space)}, a dict; got"
    if not isinstance(config, Mapping):
        raise TypeError(f"{what} {config!r}.")
    try:
        vector = from_configspace(space, [config])[0]
        for column, hyperparameter in enumerate(space):
            if np.isnan(vector[column]) and active_where(space, column, vector[:, None])[0]:
                raise ValueError(f"It lacks {hyperparameter!r}.")
        if violates(space, Legality(space, vector).legal(vector[None]))[0]:
            raise ValueError("The space forbids it.")
    except ValueError as error:
        raise ValueError(f"{what} {dict(config)}. {error}") from error
    gain = float(objective([config])[0])
    # Where its space could not tell the optimizer that this is forbidden, the baseline stays.
    return gain if np.isfinite(gain) else 0.0


class Objective:
    """Gains that the surrogate expects of configurations of some hyperparameters.

    Parameters
    ----------
    context : GameContext
        Of the explainer.
    baseline : dict
        Where all other hyperparameters stay.
    """

    def __init__(self, context: GameContext, baseline: Config) -> None:
        self.context = context
        self._baseline = context.filled([baseline])
        self._start = self._predict(self._baseline)[0]

    @property
    def held(self) -> dict[str, Any]:
        """The baseline, with a value for each hyperparameter, were it active."""
        return decode(self.context.trials.space, self._baseline)[0]

    def __call__(self, configs: Sequence[Config]) -> np.ndarray:
        """Gains of configurations.

        Parameters
        ----------
        configs : list of dict or Configuration
            With values as the optimizer's space has them. What they say of inactive hyperparameters is
            ignored; what they lack stays at the baseline.

        Returns
        -------
        ndarray of shape (n_configs,)
            Over the baseline, in units of the metric, larger is better; -inf where the space forbids a
            configuration.
        """
        if isinstance(configs, (str, Mapping)) or hasattr(configs, "columns"):
            raise TypeError(
                "objective takes a list of configurations, dicts or Configurations; got "
                f"{type(configs).__name__}. For a DataFrame: table.to_dict('records')."
            )
        given = from_configspace(self.context.trials.space, list(configs))
        vectors = np.where(np.isnan(given), self._baseline, given)
        sign = sign_of_gain("tunability", self.context.trials)
        gains = sign * (self._predict(vectors) - self._start)
        legality = self.context.surrogate.legality
        if legality.forbids:
            gains[legality.forbidden(vectors)] = -np.inf
        return gains

    def _predict(self, vectors: np.ndarray) -> np.ndarray:
        """Scores of filled vectors; of trees without what a model's own predict takes to start."""
        surrogate = self.context.surrogate
        if surrogate.forest is None:
            return surrogate.predict(vectors)
        return predict_flat(surrogate.forest, vectors)
