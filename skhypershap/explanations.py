"""What a fitted explainer answers: tables, values of coalitions, games, and predicted scores."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from ConfigSpace import ConfigurationSpace
from sklearn.utils.validation import check_is_fitted

from skhypershap.baseline import baseline_configs, complete_config
from skhypershap.errors import check_name
from skhypershap.frames import coalitions_frame, explanation_frame
from skhypershap.games import GAMES, Setting, coalition_scores, sign_of_gain
from skhypershap.interactions import INDICES, check_order
from skhypershap.players import players_of
from skhypershap.solve import Explained, GainsOf, Question, solve
from skhypershap.space import as_configs, encode
from skhypershap.surrogate import Surrogate
from skhypershap.trials import Defaults, Trials

if TYPE_CHECKING:
    import pandas as pd
    import shapiq


class Explanations:
    """The questions that `HyperSHAPExplainer` answers after its fit."""

    n_samples: int
    optimizer: str
    max_exact: int
    n_jobs: int | None
    verbose: int
    space_: ConfigurationSpace
    hyperparameter_names_: list[str]
    surrogate_score_: float
    _trials: Trials
    _surrogate: Surrogate
    _baselines: list[dict[str, Any]]
    _defaults: Defaults
    _seed: int
    _validate_params: Callable[[], None]  # of scikit-learn's BaseEstimator

    def explain(
        self,
        game: str | Sequence[str] = "tunability",
        *,
        index: str = "FSII",
        order: int = 2,
        baseline: Any = None,
        config: Mapping[str, Any] | None = None,
        groups: Mapping[str, Sequence[str]] | str | None = None,
    ) -> pd.DataFrame:
        """Split what a game is worth among the hyperparameters and their interactions.

        Parameters
        ----------
        game : {"ablation", "tunability", "mistunability", "sensitivity"} or list of those
            "tunability": what the best values gain over the baseline; "mistunability": what the
            worst lose; "sensitivity": the variance of the score; "ablation": what one configuration
            gains.
        index : {"FSII", "SV", "k-SII", "SII", "STII", "BV", "BII", "FBII", "Moebius"}
            How the gain is split, as shapiq defines it; SV and BV have no interactions.
        order : int, default=2
            Size of the largest interaction, at most the number of hyperparameters.
        baseline : optional
            As in the constructor, for this call.
        config : dict, optional
            The configuration that an ablation explains, the rest from the incumbent; the incumbent
            by default.
        groups : dict of str to list of str, or "step", optional
            Hyperparameters that are one player: they enter and leave a coalition together. What is not
            named stays a player of its own. "step": one player for each step of a Pipeline (`svc__C`
            and `svc__gamma` are "svc"). In the result a group goes by its name.

        Returns
        -------
        DataFrame
            One row per game and interaction: `game`, `measure` (shapiq's name for the result),
            `order`, `interaction` ("C × gamma"), `hyperparameters` (tuple), `value` (in units of the
            metric, positive is better; for sensitivity the metric squared). Sorted by game, by
            order, and by the size of the value. `attrs` hold "baseline_score", "full_score",
            "exact", "metric", "direction" and "surrogate_score"; with a list of games the first
            three are dicts keyed by game. Where "exact" is False also the "budget" of coalitions
            and the "approximator".

        Raises
        ------
        ValueError
            For an unknown game, index, baseline or hyperparameter, an order out of range, a value
            outside the space, or a hyperparameter in two groups.
        TypeError
            If `baseline`, `config` or `groups` is of another kind.
        sklearn.exceptions.NotFittedError
            Before fit.
        """
        stacked = isinstance(game, (list, tuple))
        names: list[Any] = list(game) if stacked else [game]
        if not names:
            raise ValueError("game is an empty list; name at least one game.")
        for name in names:
            check_name("game", name, GAMES)
        names = list(dict.fromkeys(names))  # a game named twice is still explained once
        setting = self._setting(groups)
        explained = [self._solve(name, index, order, baseline, config, setting) for name in names]
        attrs = {
            "metric": self._trials.metric,
            "direction": self._trials.direction,
            "surrogate_score": self.surrogate_score_,
        }
        return explanation_frame(explained, list(setting.players), attrs, stacked=stacked)

    def coalition_values(
        self,
        game: str = "tunability",
        *,
        baseline: Any = None,
        config: Mapping[str, Any] | None = None,
        groups: Mapping[str, Sequence[str]] | str | None = None,
    ) -> pd.DataFrame:
        """Values of all 2^d coalitions, the predicted scores themselves.

        Parameters
        ----------
        game : str, default="tunability"
            As in `explain`.
        baseline, config, groups : optional
            As in `explain`.

        Returns
        -------
        DataFrame
            `coalition` (tuple of str), `size` (int) and `value` (in the metric's own units and
            direction; for sensitivity the variance), ordered by size and then by position.

        Raises
        ------
        ValueError
            As `explain`, and with more than `max_exact` players.
        """
        setting = self._setting(groups)
        values = self._all_scores(self._question(game, baseline, config), setting)
        if values is None:
            raise ValueError(
                f"{setting.n_players} players have too many coalitions: all are listed up to "
                f"max_exact={self.max_exact}. Raise max_exact if you have the memory, or join "
                "hyperparameters with groups=."
            )
        return coalitions_frame(values, list(setting.players))

    def game(
        self,
        name: str,
        *,
        baseline: Any = None,
        config: Mapping[str, Any] | None = None,
        groups: Mapping[str, Sequence[str]] | str | None = None,
    ) -> shapiq.Game:
        """Give a game to shapiq's own tools.

        Parameters
        ----------
        name : str
            As `game` in `explain`.
        baseline, config, groups : optional
            As in `explain`.

        Returns
        -------
        shapiq.Game
            The value function in gain units, v(empty) = 0. Up to `max_exact` players all
            values are computed at once; beyond, coalitions are evaluated when asked for.
        """
        from skhypershap.shapiq_bridge import HyperparameterGame

        setting = self._setting(groups)
        question = self._question(name, baseline, config)
        values = self._all_scores(question, setting)
        if values is None:
            return HyperparameterGame(GainsOf(question, setting), list(setting.players))
        gains = sign_of_gain(name, self._trials) * (values - values[0])
        return HyperparameterGame(gains, list(setting.players))

    def interaction_values(
        self,
        game: str = "tunability",
        *,
        index: str = "FSII",
        order: int = 2,
        baseline: Any = None,
        config: Mapping[str, Any] | None = None,
        groups: Mapping[str, Sequence[str]] | str | None = None,
    ) -> shapiq.InteractionValues:
        """Explain a game as `explain` does, for shapiq's plots and tools.

        Parameters
        ----------
        game : str, default="tunability"
            One game.
        index, order, baseline, config, groups : optional
            As in `explain`.

        Returns
        -------
        shapiq.InteractionValues
            Players are numbered as in `hyperparameter_names_`; groups by their first member.
        """
        from skhypershap.shapiq_bridge import as_interaction_values

        if not isinstance(game, str):
            raise TypeError("interaction_values takes one game; call it once for each game.")
        setting = self._setting(groups)
        explained = self._solve(game, index, order, baseline, config, setting)
        return as_interaction_values(explained, setting.n_players)

    def predict_score(self, configs: Any) -> np.ndarray:
        """Score that the surrogate expects of configurations.

        Parameters
        ----------
        configs : DataFrame, list of dict or list of Configuration
            Configurations, n_configs of them; what they say of inactive hyperparameters is ignored.

        Returns
        -------
        ndarray of shape (n_configs,)
            In the metric's own units; at the largest fidelity, where trials had several.
        """
        check_is_fitted(self)
        given = as_configs(configs, self.space_)
        return self._surrogate.predict(encode(self.space_, given, unknown=self._trials.unknown))

    def _solve(
        self,
        game: str,
        index: str,
        order: int,
        baseline: Any,
        config: Mapping[str, Any] | None,
        setting: Setting,
    ) -> Explained:
        question = self._question(game, baseline, config)
        check_name("index", index, INDICES)
        order = check_order(order, setting.n_players)
        return solve(replace(question, index=index, order=order), setting)

    def _question(self, game: str, baseline: Any, config: Mapping[str, Any] | None) -> Question:
        """Check and complete what all questions have in common."""
        check_name("game", game, GAMES)
        if config is not None and not isinstance(config, Mapping):
            raise TypeError(f"config must be a dict; got {type(config).__name__}.")
        baselines = self._baselines
        if baseline is not None:
            baselines = baseline_configs(baseline, self._trials, self._defaults)
        full = self._trials.configs[self._trials.incumbent]
        if config:
            full = complete_config(config, full, self._trials, self._defaults)
        return Question(game, baselines, full, max_exact=self.max_exact)

    def _all_scores(self, question: Question, setting: Setting) -> np.ndarray | None:
        """Scores of all coalitions, None where there are too many."""
        if setting.n_players > self.max_exact:
            return None
        baselines = setting.filled(question.baselines)
        return coalition_scores(question.game, setting, baselines, question.config)

    def _setting(self, groups: Any = None) -> Setting:
        check_is_fitted(self)
        self._validate_params()  # they may have been set since fit
        return Setting(
            trials=self._trials,
            surrogate=self._surrogate,
            players=players_of(self._trials.space, groups),
            n_samples=self.n_samples,
            optimizer=self.optimizer,
            seed=self._seed,
            n_jobs=self.n_jobs,
            verbose=self.verbose,
        )
