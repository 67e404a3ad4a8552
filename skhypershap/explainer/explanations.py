"""What a fitted explainer answers: tables, values of coalitions, games, and predicted scores."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from ConfigSpace import ConfigurationSpace
from sklearn.utils.validation import check_is_fitted

from skhypershap.errors import check_name
from skhypershap.frames import coalitions_frame, explanation_frame
from skhypershap.games.optimizer_bias import comparison_of
from skhypershap.games.players import players_of
from skhypershap.games.setting import GAMES, GameContext
from skhypershap.games.value_function import GameSpec, value_function
from skhypershap.interactions.bootstrap import bootstrap, check_n_bootstrap
from skhypershap.interactions.indices import IndexSpec
from skhypershap.interactions.solve import (
    Explained,
    GainFunction,
    solve,
    warn_if_gain_is_missed,
)
from skhypershap.space.encoding import as_configs, encode
from skhypershap.surrogate.fitting import SurrogateSpec
from skhypershap.surrogate.surrogate import Surrogate
from skhypershap.trials import Defaults, Trials
from skhypershap.trials.baselines import baseline_configs, complete_config

if TYPE_CHECKING:
    import pandas as pd
    import shapiq


def games_of(game: Any) -> tuple[list[str], bool]:
    """Names of the games that are asked for, each once, and whether they came as a list."""
    stacked = isinstance(game, (list, tuple))
    names = list(game) if stacked else [game]
    if not names:
        raise ValueError("game is an empty list; name at least one game.")
    for name in names:
        check_name("game", name, GAMES)
    return list(dict.fromkeys(names)), stacked


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
    _spec: SurrogateSpec
    _baselines: list[dict[str, Any]]
    _defaults: Defaults
    _seed: int
    __sklearn_is_fitted__: Callable[[], bool]
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
        n_bootstrap: int | None = None,
        optimizer_of_interest: Any = None,
        optimizer_ensemble: Sequence[Any] | None = None,
        n_trials: int = 100,
    ) -> pd.DataFrame:
        """Split what a game is worth among the hyperparameters and their interactions.

        Parameters
        ----------
        game : {"ablation", "tunability", "mistunability", "sensitivity", "optimizer_bias"} or list
            "tunability": what the best values gain over the baseline; "mistunability": what the
            worst lose; "sensitivity": the variance of the score; "ablation": what one configuration
            gains; "optimizer_bias": what an optimizer fails to gain.
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
        n_bootstrap : int, optional
            How often to refit the surrogate on a resample of the trials and explain that one, too, with
            the same baseline and candidates. Refits run under joblib, `n_jobs` of them at a time, by
            the backend that `joblib.parallel_config` chooses. See `skhypershap.summarize`.
        optimizer_of_interest : callable or optuna sampler
            For "optimizer_bias", `(objective, space, n_trials, random_state) -> configuration`: what is
            explained. `space` is a ConfigurationSpace over the coalition, its default the baseline;
            `objective` takes a list of configurations and returns their gains on the surrogate. See
            `skhypershap.optimizers`. Coalitions run under joblib, like `n_bootstrap`.
        optimizer_ensemble : list of those, optional
            What it is compared to, beside itself and the search of the tunability game.
        n_trials : int, default=100
            How many trials an optimizer is told that it has for each coalition.

        Returns
        -------
        DataFrame
            One row per game and interaction: `game`, `measure` (shapiq's name for the result),
            `order`, `interaction` ("C × gamma"), `hyperparameters` (tuple), `value` (in units of the
            metric, positive is better; for sensitivity the metric squared). Sorted by game, by
            order, and by the size of the value. `attrs` hold "baseline_score", "full_score",
            "exact", "metric", "direction" and "surrogate_score"; with a list of games the first
            three are dicts keyed by game. Where "exact" is False also the "budget" of coalitions
            and the "approximator". With `n_bootstrap` there is a column `draw`: 0 for all trials, from 1
            for the resamples; rows of each draw are in the order of draw 0, which `attrs` are of.

        Raises
        ------
        ValueError
            For an unknown game, index, baseline or hyperparameter, an order out of range, a value
            outside the space, a hyperparameter in two groups, `n_bootstrap` below 1, or an optimizer
            that returns what is no configuration of its space. What an optimizer raises is raised.
        TypeError
            If `baseline`, `config`, `groups` or an optimizer is of another kind.
        sklearn.exceptions.NotFittedError
            Before fit.
        """
        names, stacked = games_of(game)
        check_n_bootstrap(n_bootstrap)
        context = self._context(groups)
        index_spec = self._index_spec(index, order, context)
        game_specs = [self._game_spec(name, baseline, config) for name in names]
        if "optimizer_bias" in names:
            comparison = comparison_of(optimizer_of_interest, optimizer_ensemble, n_trials)
            game_specs = [
                replace(game_spec, comparison=comparison)
                if game_spec.game == "optimizer_bias"
                else game_spec
                for game_spec in game_specs
            ]
        elif optimizer_of_interest is not None or optimizer_ensemble is not None:
            raise ValueError(
                "optimizer_of_interest and optimizer_ensemble are for the game 'optimizer_bias'; got "
                f"{', '.join(map(repr, names))}."
            )
        draws = [self._solved(game_specs, context, index_spec)]
        if n_bootstrap is not None:
            draws += bootstrap(game_specs, context, index_spec, n_bootstrap)
        attrs = {
            "metric": self._trials.metric,
            "direction": self._trials.direction,
            "surrogate_score": self.surrogate_score_,
        }
        return explanation_frame(draws, list(context.players), attrs, stacked=stacked)

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
        context = self._context(groups)
        game_spec = self._game_spec_without_optimizers(game, baseline, config)
        if context.n_players > self.max_exact:
            raise ValueError(
                f"{context.n_players} players have too many coalitions: all are listed up to "
                f"max_exact={self.max_exact}. Raise max_exact if you have the memory, or join "
                "hyperparameters with groups=."
            )
        values = value_function(game_spec, context).all_scores()
        return coalitions_frame(values, list(context.players))

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
        from skhypershap.interactions.shapiq_bridge import HyperparameterGame

        context = self._context(groups)
        v = value_function(self._game_spec_without_optimizers(name, baseline, config), context)
        if context.n_players > self.max_exact:
            return HyperparameterGame(GainFunction(v), list(context.players))
        values = v.all_scores()
        return HyperparameterGame(v.sign * (values - values[0]), list(context.players))

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
        from skhypershap.interactions.shapiq_bridge import as_interaction_values

        if not isinstance(game, str):
            raise TypeError("interaction_values takes one game; call it once for each game.")
        context = self._context(groups)
        index_spec = self._index_spec(index, order, context)
        game_spec = self._game_spec_without_optimizers(game, baseline, config)
        (explained,) = self._solved([game_spec], context, index_spec)
        return as_interaction_values(explained, context.n_players)

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

    def _solved(
        self, game_specs: Sequence[GameSpec], context: GameContext, index_spec: IndexSpec
    ) -> list[Explained]:
        """Explain several games, and warn where an approximation is poor."""
        found = [solve(one, context, index_spec) for one in game_specs]
        for part in found:
            warn_if_gain_is_missed(part, index_spec)
        return found

    def _index_spec(self, index: str, order: int, context: GameContext) -> IndexSpec:
        return IndexSpec.checked(
            index, order, n_players=context.n_players, max_exact=self.max_exact
        )

    def _game_spec_without_optimizers(
        self, game: str, baseline: Any, config: Mapping[str, Any] | None
    ) -> GameSpec:
        """Refuse the one game that needs more than a question tells."""
        if game == "optimizer_bias":
            raise ValueError("Only explain() plays 'optimizer_bias': it takes the optimizers.")
        return self._game_spec(game, baseline, config)

    def _game_spec(self, game: str, baseline: Any, config: Mapping[str, Any] | None) -> GameSpec:
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
        return GameSpec(game, baselines, full)

    def _context(self, groups: Any = None) -> GameContext:
        check_is_fitted(self)
        self._validate_params()  # they may have been set since fit
        return GameContext(
            trials=self._trials,
            surrogate=self._surrogate,
            spec=self._spec,
            players=players_of(self._trials.space, groups),
            n_samples=self.n_samples,
            optimizer=self.optimizer,
            seed=self._seed,
            n_jobs=self.n_jobs,
            verbose=self.verbose,
        )
