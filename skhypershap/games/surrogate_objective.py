"""The objective of optimizers in the game "optimizer_bias": gains that the surrogate predicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from ConfigSpace import ConfigurationSpace

from skhypershap.arrays import Scores
from skhypershap.games.setting import GameContext, sign_of_gain
from skhypershap.space.conditions import Legality, active_where, violates
from skhypershap.space.encoding import Config, decode, from_configspace


class SurrogateObjective:
    """Predicted gains of configurations over the baseline.

    Parameters
    ----------
    context : GameContext
        What the games of an explainer share.
    baseline : dict
        Where hyperparameters stay that a configuration does not contain.
    """

    def __init__(self, context: GameContext, baseline: Mapping[str, Any]) -> None:
        self.context = context
        self._baseline = context.filled([baseline])
        self._baseline_score = context.surrogate.predict_filled(self._baseline)[0]

    @property
    def held(self) -> Config:
        """The baseline, with a value for inactive hyperparameters, too."""
        return decode(self.context.trials.space, self._baseline)[0]

    def __call__(self, configs: Sequence[Mapping[str, Any]]) -> Scores:
        """Predicted gains of configurations.

        Parameters
        ----------
        configs : list of dict or Configuration
            In the values of the optimizer's space. Values of inactive hyperparameters are ignored;
            hyperparameters that are missing stay at the baseline.

        Returns
        -------
        ndarray of shape (n_configs,)
            Over the baseline, in units of the metric, larger is better; -inf where the space forbids a
            configuration.

        Raises
        ------
        TypeError
            If `configs` is not a list.
        ValueError
            For an unknown hyperparameter or a value outside the space.
        """
        if isinstance(configs, (str, Mapping)) or hasattr(configs, "columns"):
            raise TypeError(
                "objective takes a list of configurations, dicts or Configurations; got "
                f"{type(configs).__name__}. For a DataFrame: table.to_dict('records')."
            )
        given = from_configspace(self.context.trials.space, list(configs))
        vectors = np.where(np.isnan(given), self._baseline, given)
        sign = sign_of_gain("tunability", self.context.trials)
        surrogate = self.context.surrogate
        gains: Scores = sign * (surrogate.predict_filled(vectors) - self._baseline_score)
        legality = surrogate.legality
        if legality.forbids:
            gains[legality.forbidden(vectors)] = -np.inf
        return gains


def checked_gain(
    optimizer: str, config: Any, objective: SurrogateObjective, space: ConfigurationSpace
) -> float:
    """Gain of the configuration that an optimizer returned.

    Parameters
    ----------
    optimizer : str
        Its name, for the message of an error.
    config : object
        What it returned.
    objective : SurrogateObjective
        Scores the configuration.
    space : ConfigSpace.ConfigurationSpace
        The space that it was given.

    Raises
    ------
    TypeError
        If `config` is not a dict or a Configuration.
    ValueError
        If it is not a legal configuration of the space.
    """
    what = f"The optimizer {optimizer} must return a configuration of {list(space)}, a dict; got"
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
    # The optimizer's space cannot express every clause of the whole one: then the baseline stays.
    return gain if np.isfinite(gain) else 0.0
