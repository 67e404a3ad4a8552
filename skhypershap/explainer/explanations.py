"""Explanations of a fitted explainer: tables, values of coalitions, games, and predicted scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skhypershap.errors import check_name
from skhypershap.explainer.base import ExplainerBase, game_context, of_one_fit
from skhypershap.explainer.fitted import BIAS
from skhypershap.frame_libraries import in_chosen_library
from skhypershap.frames import coalitions_frame, explanation_frame
from skhypershap.games.optimizer_bias import comparison_for
from skhypershap.games.setting import GAMES, GameContext, sign_of_gain
from skhypershap.games.value_function import GameSpec, value_function
from skhypershap.interactions.bootstrap import bootstrap, check_n_bootstrap
from skhypershap.interactions.branched import by_branches
from skhypershap.interactions.indices import IndexSpec
from skhypershap.interactions.solve import (
    Explained,
    GainFunction,
    solve,
    warn_if_gain_is_missed,
)
from skhypershap.space.encoding import as_configs
from skhypershap.trials.inferred_clauses import TAKEN, warn_if_always_failed

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


class Explanations(ExplainerBase):
    """The methods of `HyperSHAPExplainer` that explain."""

    @in_chosen_library
    @of_one_fit
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
        """Split the value of a game among the hyperparameters and their interactions.

        Parameters
        ----------
        game : {"ablation", "tunability", "mistunability", "sensitivity", "optimizer_bias"} or list
            The games of HyperSHAP [1]_. "tunability": what the best values gain over the baseline;
            "mistunability": what the worst values lose; "sensitivity": the variance of the score;
            "ablation": what one configuration gains; "optimizer_bias": what an optimizer fails to
            gain.
        index : {"FSII", "SV", "k-SII", "SII", "STII", "BV", "BII", "FBII", "Moebius"}
            How the gain is split, as shapiq defines it [2]_; SV and BV have no interactions.
        order : int, default=2
            Size of the largest interaction, at most the number of hyperparameters.
        baseline : optional
            As in the constructor, for this call.
        config : dict, optional
            The configuration that an ablation explains. Hyperparameters that it lacks take their
            value from the incumbent, which is also the default.
        groups : dict of str to list of str, or "step", optional
            Hyperparameters that are one player: they enter and leave a coalition together. All
            others remain players by themselves. "step": one player for each step of a Pipeline
            (`svc__C` and `svc__gamma` are "svc"). Results use the group's key as its name.
        n_bootstrap : int, optional
            Number of resamples of the trials. For each, the surrogate is refitted and explained
            with the same baseline and candidates, of which games that search keep the best. Refits
            run under joblib, `n_jobs` of them at a time, by the backend that
            `joblib.parallel_config` chooses.
        optimizer_of_interest : callable or optuna sampler
            The optimizer that "optimizer_bias" explains:
            `(objective, space, n_trials, random_state) -> configuration`. `space` is a
            ConfigurationSpace over the coalition, its default the baseline; `objective` takes a
            list of configurations and returns their gains on the surrogate. Coalitions run under
            joblib, like `n_bootstrap`.
        optimizer_ensemble : list of those, optional
            The optimizers that it is compared to, beside itself and the search of the tunability
            game.
        n_trials : int, default=100
            Trial budget passed to each optimizer, per coalition (not enforced).

        Returns
        -------
        DataFrame of n_interactions rows
            One row per game and interaction, sorted by game as asked, order, and absolute value
            descending: `interaction` (str, "C × gamma"; a name that contains " × " is quoted),
            `value` (in units of the metric, positive is better; for sensitivity the metric
            squared), `order` (1 for a single hyperparameter), `game`, `measure` (shapiq's name for
            the result) and `hyperparameters` (tuple of str). With `n_bootstrap` there is a column
            `draw` after `game`: 0 for all trials, 1 to `n_bootstrap` for the resamples; rows of
            each draw are in the order of draw 0.

            `attrs` describe draw 0: "baseline_score" and "full_score" (v of the empty and of the
            full coalition, in units of the metric), "exact", "metric", "direction" and
            "surrogate_score", "rank_correlation" (of held-out trials), "baseline_measured" and
            "incumbent_measured" (scores, NaN where not measured); with a list of games the first three
            are dicts keyed by game. With draws there is the "calibration" that `summarize` widens
            intervals by, a dict keyed by game. "surrogate" is "extra trees" where the default
            surrogate does without its process. Where "exact" is False (more than `max_exact`
            players, except in ablations where few differ, and where one choice splits the space
            into branches) there are also the "budget" of coalitions, the "approximator", and the
            "error", the largest standard error of a value (estimated; None or absent where it is
            not known).

        Raises
        ------
        ValueError
            For an unknown game, index, baseline or hyperparameter, an order out of range, a value
            outside the space, a hyperparameter in two groups, `n_bootstrap` below 1, or an
            optimizer that returns something other than a configuration of its space. Exceptions of
            an optimizer are passed on.
        TypeError
            If `baseline`, `config`, `groups` or an optimizer is of another type.
        sklearn.exceptions.NotFittedError
            Before fit.

        See Also
        --------
        skhypershap.summarize : Intervals from `n_bootstrap` resamples.
        skhypershap.explain_jointly : The same for several data sets together.
        skhypershap.optimizers : Optimizers for "optimizer_bias".
        skhypershap.plotting.plot_importance : Bars of the result.

        References
        ----------
        .. [1] M. Wever, M. Muschalik, F. Fumagalli, M. Lindauer (2025). HyperSHAP: Shapley Values and
           Interactions for Explaining Hyperparameter Optimization.
        .. [2] M. Muschalik, H. Baniecki, F. Fumagalli, P. Kolpaczki, B. Hammer, E. Hüllermeier (2024).
           shapiq: Shapley Interactions for Machine Learning.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from sklearn.model_selection import GridSearchCV
        >>> from sklearn.tree import DecisionTreeClassifier
        >>> from skhypershap import HyperSHAPExplainer
        >>> grid = {"max_depth": [1, 2, 3, 4, 5], "min_samples_leaf": [1, 5, 20, 40]}
        >>> search = GridSearchCV(DecisionTreeClassifier(random_state=0), grid)
        >>> explainer = HyperSHAPExplainer(search, baseline="worst", random_state=0)
        >>> table = explainer.fit(*load_iris(return_X_y=True)).explain(["tunability", "ablation"])
        >>> table[["interaction", "value", "game"]].round(2).head(4)
                            interaction  value        game
        0                     max_depth   0.30  tunability
        1              min_samples_leaf   0.01  tunability
        2  max_depth × min_samples_leaf  -0.01  tunability
        3                     max_depth   0.30    ablation
        """
        games, stacked = games_of(game)
        check_n_bootstrap(n_bootstrap)
        context = game_context(self, groups)
        index_spec = IndexSpec.checked(
            index, order, n_players=context.n_players, max_exact=self.max_exact
        )
        comparison = comparison_for(games, optimizer_of_interest, optimizer_ensemble, n_trials)
        game_specs = self.fitted_.game_specs(games, baseline, config, comparison)
        draws = [_solved(game_specs, context, index_spec)]
        if n_bootstrap is not None:
            draws += bootstrap(game_specs, context, index_spec, n_bootstrap)
        attrs = self.fitted_.attrs_for(game_specs[0].baselines)
        return explanation_frame(draws, list(context.players), attrs, stacked=stacked)

    @in_chosen_library
    @of_one_fit
    def coalition_values(
        self,
        game: str = "tunability",
        *,
        baseline: Any = None,
        config: Mapping[str, Any] | None = None,
        groups: Mapping[str, Sequence[str]] | str | None = None,
    ) -> pd.DataFrame:
        """Values of all 2^d coalitions, as predicted scores.

        Parameters
        ----------
        game : str, default="tunability"
            As in `explain`, except for "optimizer_bias".
        baseline, config, groups : optional
            As in `explain`.

        Returns
        -------
        DataFrame of 2^d rows
            `coalition` (tuple of str), `size` (int) and `value` (a score, in units of the metric;
            for sensitivity the variance), sorted by size and then by position in
            `hyperparameter_names_`. `attrs` hold "metric", "direction" and "game".

        Raises
        ------
        ValueError
            As `explain`, and with more than `max_exact` players.
        TypeError
            If `baseline`, `config` or `groups` is of another type.
        sklearn.exceptions.NotFittedError
            Before fit.

        See Also
        --------
        explain : Split these values among the hyperparameters.
        best_subsets : The coalition of each size with the best value.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from sklearn.model_selection import GridSearchCV
        >>> from sklearn.tree import DecisionTreeClassifier
        >>> from skhypershap import HyperSHAPExplainer
        >>> grid = {"max_depth": [1, 2, 3, 4, 5], "min_samples_leaf": [1, 5, 20, 40]}
        >>> search = GridSearchCV(DecisionTreeClassifier(random_state=0), grid)
        >>> explainer = HyperSHAPExplainer(search, baseline="worst", random_state=0)
        >>> explainer.fit(*load_iris(return_X_y=True)).coalition_values().round(2)
                               coalition  size  value
        0                             ()     0   0.67
        1                   (max_depth,)     1   0.96
        2            (min_samples_leaf,)     1   0.67
        3  (max_depth, min_samples_leaf)     2   0.96
        """
        context = game_context(self, groups)
        (game_spec,) = self.fitted_.game_specs([game], baseline, config)
        if context.n_players > self.max_exact:
            raise ValueError(
                f"{context.n_players} players have too many coalitions: all are listed up to "
                f"max_exact={self.max_exact}. Raise max_exact if you have the memory, or join "
                "hyperparameters with groups=."
            )
        values = value_function(game_spec, context).all_scores()
        table = coalitions_frame(values, list(context.players))
        table.attrs = {**self.fitted_.attrs, "game": game}
        return table

    @of_one_fit
    def game(
        self,
        name: str,
        *,
        baseline: Any = None,
        config: Mapping[str, Any] | None = None,
        groups: Mapping[str, Sequence[str]] | str | None = None,
    ) -> shapiq.Game:
        """Make a game for shapiq's own tools.

        Parameters
        ----------
        name : str
            As `game` in `explain`, except for "optimizer_bias".
        baseline, config, groups : optional
            As in `explain`.

        Returns
        -------
        shapiq.Game
            The value function in gain units (those of the metric, positive is better), with
            v(empty) = 0. Up to `max_exact` players all values are computed at once; beyond,
            coalitions are evaluated when shapiq asks for them.

        Raises
        ------
        ValueError
            For an unknown game, baseline or hyperparameter, or a value outside the space.
        TypeError
            If `baseline`, `config` or `groups` is of another type.
        sklearn.exceptions.NotFittedError
            Before fit.

        See Also
        --------
        interaction_values : The explained game as an object of shapiq.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from sklearn.model_selection import GridSearchCV
        >>> from sklearn.tree import DecisionTreeClassifier
        >>> from skhypershap import HyperSHAPExplainer
        >>> grid = {"max_depth": [1, 2, 3, 4, 5], "min_samples_leaf": [1, 5, 20, 40]}
        >>> search = GridSearchCV(DecisionTreeClassifier(random_state=0), grid)
        >>> explainer = HyperSHAPExplainer(search, baseline="worst", random_state=0)
        >>> game = explainer.fit(*load_iris(return_X_y=True)).game("tunability")
        >>> game.n_players
        2
        >>> game([(), (0,), (0, 1)]).round(2)
        array([0. , 0.3, 0.3])
        """
        from skhypershap.interactions.shapiq_bridge import HyperparameterGame

        context = game_context(self, groups)
        if not (isinstance(name, str) and name == BIAS):  # refused with a message of its own below
            check_name("name of a game", name, [known for known in GAMES if known != BIAS])
        (game_spec,) = self.fitted_.game_specs([name], baseline, config)
        v = value_function(game_spec, context)
        if context.n_players > self.max_exact:
            v = by_branches(v, game_spec, context, self.max_exact)
            return HyperparameterGame(GainFunction(v), list(context.players))
        values = v.all_scores()
        return HyperparameterGame(v.sign * (values - values[0]), list(context.players))

    @of_one_fit
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
            One game, as in `explain`, except for "optimizer_bias".
        index, order, baseline, config, groups : optional
            As in `explain`.

        Returns
        -------
        shapiq.InteractionValues
            In units of the metric, positive is better. Player i is the i-th of `feature_names`: those of
            `hyperparameter_names_`, or groups in the order of their first members. Its methods that
            plot show these names. `baseline_value` is the predicted score of the baseline, for
            sensitivity 0. Where the metric is minimised the score is negated, so that it grows by the
            values.

        Raises
        ------
        ValueError
            As `explain`.
        TypeError
            If `game` is a list, or `baseline`, `config` or `groups` is of another type.
        sklearn.exceptions.NotFittedError
            Before fit.

        See Also
        --------
        explain : The same as a DataFrame.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from sklearn.model_selection import GridSearchCV
        >>> from sklearn.tree import DecisionTreeClassifier
        >>> from skhypershap import HyperSHAPExplainer
        >>> grid = {"max_depth": [1, 2, 3, 4, 5], "min_samples_leaf": [1, 5, 20, 40]}
        >>> search = GridSearchCV(DecisionTreeClassifier(random_state=0), grid)
        >>> explainer = HyperSHAPExplainer(search, baseline="worst", random_state=0)
        >>> values = explainer.fit(*load_iris(return_X_y=True)).interaction_values()
        >>> values.index, values.max_order, values.n_players
        ('FSII', 2, 2)
        """
        from skhypershap.interactions.shapiq_bridge import as_interaction_values

        if not isinstance(game, str):
            raise TypeError("interaction_values takes one game; call it once for each game.")
        context = game_context(self, groups)
        index_spec = IndexSpec.checked(
            index, order, n_players=context.n_players, max_exact=self.max_exact
        )
        game_specs = self.fitted_.game_specs([game], baseline, config)
        (explained,) = _solved(game_specs, context, index_spec)
        sign = sign_of_gain(game, self.fitted_.trials)
        return as_interaction_values(explained, list(context.players), sign)

    @of_one_fit
    def predict_score(self, configs: Any) -> np.ndarray:
        """Predict the scores of configurations with the surrogate.

        Parameters
        ----------
        configs : DataFrame, list of dict or list of Configuration
            Configurations, n_configs of them; values of inactive hyperparameters are ignored.

        Returns
        -------
        ndarray of shape (n_configs,)
            In units of the metric; at the largest fidelity, where trials had several.

        Raises
        ------
        ValueError
            For an unknown or missing hyperparameter, or a value outside the space.
        TypeError
            If `configs` is of another type.
        sklearn.exceptions.NotFittedError
            Before fit.

        See Also
        --------
        verify : The measured scores of configurations.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from sklearn.model_selection import GridSearchCV
        >>> from sklearn.tree import DecisionTreeClassifier
        >>> from skhypershap import HyperSHAPExplainer
        >>> grid = {"max_depth": [1, 2, 3, 4, 5], "min_samples_leaf": [1, 5, 20, 40]}
        >>> search = GridSearchCV(DecisionTreeClassifier(random_state=0), grid)
        >>> explainer = HyperSHAPExplainer(search, baseline="worst", random_state=0)
        >>> explainer = explainer.fit(*load_iris(return_X_y=True))
        >>> explainer.predict_score([explainer.baseline_, explainer.incumbent_]).round(2)
        array([0.67, 0.96])
        """
        check_is_fitted(self)
        predicted = self.fitted_.predict_score(configs)
        given = as_configs(configs, self.space_)
        warn_if_always_failed(self.fitted_.trials, given, "configs", TAKEN)
        return predicted


def _solved(
    game_specs: Sequence[GameSpec], context: GameContext, index_spec: IndexSpec
) -> list[Explained]:
    """Explain several games, and warn where an approximation is poor."""
    found = [solve(game_spec, context, index_spec) for game_spec in game_specs]
    for part in found:
        warn_if_gain_is_missed(part, index_spec)
    return found
