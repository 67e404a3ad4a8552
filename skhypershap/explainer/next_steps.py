"""Next steps: the best hyperparameters to tune, a smaller search, and measured scores."""

from __future__ import annotations

from dataclasses import replace
from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skhypershap.advice.good_ranges import good_ranges
from skhypershap.advice.many_players import subsets_of_many
from skhypershap.advice.narrowing import narrowed_search, narrowed_space
from skhypershap.advice.reduced_search import reduced
from skhypershap.advice.subset_configs import optima_of_all, subset_configs
from skhypershap.advice.subsets import Subset, Subsets, best_subsets, check_share
from skhypershap.advice.verification import measured
from skhypershap.advice_frames import subsets_frame, verified_frame
from skhypershap.errors import SurrogateWarning, check_bool, naming, shown, warn
from skhypershap.explainer.base import ExplainerBase, game_context, of_one_fit
from skhypershap.frame_libraries import in_chosen_library
from skhypershap.frames import interaction_name
from skhypershap.games.candidates import best_config
from skhypershap.games.setting import GAMES, GameContext
from skhypershap.games.value_function import GameSpec, value_function
from skhypershap.space.encoding import Config, as_configs
from skhypershap.space.restriction import restricted
from skhypershap.trials import unwrap
from skhypershap.trials.inferred_clauses import (
    breaking,
    broken_clauses,
    described,
    warn_if_always_failed,
)

if TYPE_CHECKING:
    import pandas as pd

NEGLIGIBLE = 0.02  # of the range of the scores: a smaller difference is not worth a warning
N_SMALLEST = 3  # subsets whose best configuration verify measures by default


class NextSteps(ExplainerBase):
    """The methods of `HyperSHAPExplainer` that advise what to do next."""

    @in_chosen_library
    @of_one_fit
    def best_subsets(self, game: str = "tunability", *, baseline: Any = None) -> pd.DataFrame:
        """Find for each size the best hyperparameters to tune, if only so many are tuned.

        Parameters
        ----------
        game : str, default="tunability"
            As in `explain`, except for "optimizer_bias".
        baseline : optional
            As in the constructor, for this call.

        Returns
        -------
        DataFrame of n_hyperparameters rows
            One row per size k from 1: `size`, `hyperparameters` (tuple of str: the coalition of
            that size with the highest v(S); of equals the first by position), `gain` (over the
            baseline, in units of the metric, positive is better; for sensitivity the variance),
            `share` (of the gain of all hyperparameters, NaN where that is zero), and `configuration`
            (dict: values of the subset and of what these switch on, so that
            `{**baseline_, **configuration}` scores baseline + gain; with several baselines a list of
            dicts, for sensitivity None). `attrs` are those of `explain`. With more than `max_exact`
            hyperparameters, unless choices split the space into small branches, "exact" is False, and
            subsets are grown greedily, adding the hyperparameter with the largest gain.

        Raises
        ------
        ValueError
            For an unknown game or baseline.
        TypeError
            If `baseline` is of another type.
        sklearn.exceptions.NotFittedError
            Before fit.

        See Also
        --------
        reduced_search : A search over the best subset.
        coalition_values : The values of all subsets.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from sklearn.model_selection import GridSearchCV
        >>> from sklearn.tree import DecisionTreeClassifier
        >>> from skhypershap import HyperSHAPExplainer
        >>> grid = {"max_depth": [1, 2, 3, 4, 5], "min_samples_leaf": [1, 5, 20, 40]}
        >>> search = GridSearchCV(DecisionTreeClassifier(random_state=0), grid)
        >>> explainer = HyperSHAPExplainer(search, baseline="worst", random_state=0)
        >>> table = explainer.fit(*load_iris(return_X_y=True)).best_subsets()
        >>> table[["size", "hyperparameters", "gain", "share"]].round(2)
           size                hyperparameters  gain  share
        0     1                   (max_depth,)   0.3    1.0
        1     2  (max_depth, min_samples_leaf)   0.3    1.0
        >>> table["configuration"][0]
        {'max_depth': 4}
        """
        context = game_context(self)
        (game_spec,) = self.fitted_.game_specs([game], baseline)
        found, configs = _subsets_and_configs(game_spec, context, self.max_exact)
        table = subsets_frame(found.best, list(context.players), found.best[-1].gain, configs)
        table.attrs = {
            "baseline_score": found.baseline_score,
            "full_score": found.full_score,
            "exact": found.exact,
            **self.fitted_.attrs_for(self.fitted_.baselines),
        }
        return table

    @in_chosen_library
    @of_one_fit
    def reduced_search(
        self, size: int | None = None, *, share: float = 0.95, ranges: bool = False
    ) -> Any:
        """Make a search over the best subset only, with everything else held at the baseline.

        Parameters
        ----------
        size : int, optional
            How many hyperparameters to tune; by default as few as reach the `share`.
        share : float, default=0.95
            Share of the gain of tuning all hyperparameters, above 0 and at most 1. Ignored where
            `size` is given.
        ranges : bool, default=False
            Whether to search within good ranges only: the values of each hyperparameter with which
            tuning the others of the subset keeps the `share` of the subset's gain.

        Returns
        -------
        search
            A new, unfitted search of the same class, with all of its other settings, over the best
            subset of the tunability game, around a clone of the estimator with everything else set
            to the baseline: call `.fit(X, y)`. What always failed is left out. Where the source is not
            a search, a ConfigurationSpace in which everything else is constant.

        Warns
        -----
        SurrogateWarning
            If the best score that the surrogate expects of the new search is worse than that of the
            incumbent, which was measured.

        Raises
        ------
        ValueError
            If `size` or `share` is out of range, tuning gains nothing, there are several baselines,
            or the search cannot be rebuilt; the message names the attribute that it lacks.
        sklearn.exceptions.NotFittedError
            Before fit.

        See Also
        --------
        best_subsets : The subsets to choose from, and their gains.
        good_ranges : Good values where everything is tuned.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from sklearn.model_selection import GridSearchCV
        >>> from sklearn.tree import DecisionTreeClassifier
        >>> from skhypershap import HyperSHAPExplainer
        >>> X, y = load_iris(return_X_y=True)
        >>> grid = {"max_depth": [1, 2, 3, 4, 5], "min_samples_leaf": [1, 5, 20, 40]}
        >>> search = GridSearchCV(DecisionTreeClassifier(random_state=0), grid)
        >>> explainer = HyperSHAPExplainer(search, baseline="worst", random_state=0).fit(X, y)
        >>> explainer.reduced_search(size=1).fit(X, y).best_params_
        {'max_depth': 4}
        """
        context = game_context(self)
        names = list(context.players)
        fitted = self.fitted_
        _check_size(size, len(names))
        check_share(share)
        check_bool("ranges", ranges)
        if len(fitted.baselines) > 1:
            raise ValueError(
                f"There are {len(fitted.baselines)} baselines, and the rest can be held at one only. "
                "Fit with a single baseline=."
            )
        subsets = self._best_subsets("tunability", None, context).best
        subset = _smallest_reaching(share, subsets) if size is None else subsets[int(size) - 1]
        tuned = [names[player] for player in subset.members]
        self._warn_if_incumbent_is_better(subset)
        held = self._legal_start({**fitted.trials.defaults.values, **fitted.baselines[0]}, tuned)
        good = None
        if ranges:
            coalition = np.isin(np.arange(len(names)), subset.members)
            good = good_ranges(context, [held], fitted.incumbent, share, coalition).ranges
        if not hasattr(self, "search_"):
            if good is not None:
                return narrowed_space(self.space_, tuned, held, good)
            return restricted(self.space_, tuned, held, constants=True)
        search = reduced(
            unwrap(self.search_), self.space_, tuned, held, clauses=fitted.trials.inferred
        )
        return search if good is None else narrowed_search(search, self.space_, good)

    def _warn_if_incumbent_is_better(self, subset: Subset) -> None:
        """Warn if the best that the surrogate expects of a subset is worse than the best trial."""
        fitted = self.fitted_
        sign = 1.0 if fitted.trials.maximize else -1.0
        start = float(fitted.predict_score(fitted.baselines).mean())
        expected, reached = start + sign * subset.gain, fitted.incumbent_measured
        scores = fitted.source.scores
        # The best of many noisy scores is above what a surrogate expects: errors are no news.
        errors = np.abs(scores - fitted.held_out)
        typical = float(np.median(errors)) if np.isfinite(errors).all() else 0.0
        tolerated = max(NEGLIGIBLE * float(np.ptp(scores)), typical)
        if sign * (reached - expected) > tolerated:
            of_incumbent = float(fitted.predict_score([fitted.incumbent])[0])
            advice = (
                "The smaller search may not improve on it; tune more hyperparameters with size= or "
                "share=, or hold the rest at the incumbent with baseline='best'."
            )
            if sign * (of_incumbent - expected) <= 0:
                advice = (
                    f"It expects {of_incumbent:.4g} of the incumbent itself: that score may be luck, or "
                    "the surrogate flattens it. Measure the incumbent again; where there is a search, "
                    "verify(X, y, cv=...) does so on other splits."
                )
            warn(
                f"The best {fitted.trials.metric!r} that the surrogate expects of the reduced search is "
                f"{expected:.4g}, worse than the {reached:.4g} of the incumbent, the best trial so far. "
                f"{advice}",
                SurrogateWarning,
            )

    def _legal_start(self, held: Config, tuned: list[str]) -> Config:
        """The values to hold; where they always failed, others for what is tuned."""
        trials = self.fitted_.trials
        if not breaking(trials, [held])[0]:
            return held
        context = game_context(self)
        coalition = np.isin(list(context.players), tuned)
        best = best_config(context, self.fitted_.baselines[0], coalition)
        held = held | {name: value for name, value in best.items() if name in tuned}
        if breaking(trials, [held])[0]:
            raise ValueError(
                f"Tuning {', '.join(tuned)} only cannot leave what always failed: "
                f"{described(trials.space, broken_clauses(trials, [held]))}. Choose another baseline, "
                "or more hyperparameters with size=."
            )
        return held

    @in_chosen_library
    @of_one_fit
    def verify(
        self, X: Any, y: Any = None, configs: Any = None, *, cv: Any = None, **fit_params: Any
    ) -> pd.DataFrame:
        """Measure configurations with the search's own scoring, on its own splits or on others.

        The best of many configurations is optimistic on the splits that it was chosen on, so pass
        other splits to compare final configurations, such as `cv=RepeatedKFold(random_state=1)`.

        Parameters
        ----------
        X, y : array-like of shape (n_samples, ...) and (n_samples,)
            Data, as for the search.
        configs : DataFrame, list of dict or list of Configuration, optional
            Configurations, n_configs of them; a dict may be partial, the rest is from the baseline.
            By default the baseline, the incumbent, and the configurations with the best predicted
            score of the three smallest `best_subsets`, which with several baselines are left out;
            the index labels each row.
        cv : int, splitter or iterable, optional
            Splits; by default those of the search.
        **fit_params : dict
            As for the search's own fit, such as `groups` or `sample_weight`.

        Returns
        -------
        DataFrame of n_configs rows
            `configuration` (dict), `predicted` (by the surrogate), `measured` (mean over the
            folds) and `measured_std` (standard deviation over the folds), in units of the metric.
            What always failed is not run again; it is measured as NaN.

        Raises
        ------
        ValueError
            For configurations outside the space, and where there is no search, or no `cv`.
            What scikit-learn raises if none of them can be fitted is passed on.
        TypeError
            If `configs` is of another type, or is passed as `config=`.
        sklearn.exceptions.NotFittedError
            Before fit.

        See Also
        --------
        predict_score : The predicted scores alone.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from sklearn.model_selection import GridSearchCV
        >>> from sklearn.tree import DecisionTreeClassifier
        >>> from skhypershap import HyperSHAPExplainer
        >>> X, y = load_iris(return_X_y=True)
        >>> grid = {"max_depth": [1, 2, 3, 4, 5], "min_samples_leaf": [1, 5, 20, 40]}
        >>> search = GridSearchCV(DecisionTreeClassifier(random_state=0), grid)
        >>> explainer = HyperSHAPExplainer(search, baseline="worst", random_state=0).fit(X, y)
        >>> explainer.verify(X, y)[["predicted", "measured", "measured_std"]].round(2)
                                              predicted  measured  measured_std
        baseline                                   0.67      0.67          0.00
        incumbent                                  0.96      0.97          0.04
        best of max_depth                          0.96      0.97          0.04
        best of max_depth × min_samples_leaf       0.96      0.97          0.04
        """
        check_is_fitted(self)
        if "config" in fit_params:
            raise TypeError("verify takes a list of configurations: configs=[config].")
        fitted = self.fitted_
        labels = None
        if configs is None:
            labels, completed = self._default_configs_to_verify()
        else:
            with naming("configs"):
                given = as_configs(configs, self.space_)
                completed = [fitted.completed(config) for config in given]
        predicted = fitted.predict_score(completed)
        search = getattr(self, "search_", self.search)
        means, stds = np.full((2, len(completed)), np.nan)
        always_failed = breaking(fitted.trials, completed)
        if always_failed.any():
            what = f"{int(always_failed.sum())} of {len(completed)} configurations"
            warn_if_always_failed(fitted.trials, completed, what, "They are not run.")
        runs = np.flatnonzero(~always_failed)
        if len(runs) or not len(completed):
            configs = [completed[row] for row in runs]
            means[runs], stds[runs] = measured(
                search, configs, X, y, fitted.trials.metric, cv=cv, **fit_params
            )
        return verified_frame(completed, predicted, means, stds, labels)

    def _default_configs_to_verify(self) -> tuple[list[str], list[Config]]:
        """Labels and configurations that verify measures by default."""
        baselines, context = self.fitted_.baselines, game_context(self)
        labels = [*["baseline"] * len(baselines), "incumbent"]
        configs = [*baselines, self.fitted_.incumbent]
        if len(baselines) > 1:
            return labels, configs
        names = list(context.players)
        for members, _ in self._best_subsets("tunability", None, context).best[:N_SMALLEST]:
            coalition = np.isin(np.arange(len(names)), members)
            configs.append(best_config(context, baselines[0], coalition))
            tuned = [names[player] for player in members]
            labels.append(f"best of {interaction_name(tuned)}")
        return labels, configs

    def _best_subsets(self, game: str, baseline: Any, context: GameContext) -> Subsets:
        (game_spec,) = self.fitted_.game_specs([game], baseline)
        of_many = subsets_of_many(game_spec, context, self.max_exact)
        if of_many is not None:
            return of_many[0]
        return best_subsets(value_function(game_spec, context), self.max_exact)


def _subsets_and_configs(
    game_spec: GameSpec, context: GameContext, max_exact: int
) -> tuple[Subsets, list[Any]]:
    """The best subset of each size, and its configuration."""
    of_many = subsets_of_many(game_spec, context, max_exact)
    if of_many is not None:
        return of_many
    v, optima = value_function(game_spec, context), None
    if GAMES[game_spec.game].reduce != "variance" and context.n_players <= max_exact:
        optima = optima_of_all(game_spec, context)
        values = np.mean([part.values for part in optima], axis=0)
        v = replace(v, scores=lambda coalitions: values)
    found = best_subsets(v, max_exact)
    return found, subset_configs(game_spec, context, found.best, optima)


def _check_size(size: Any, n_hyperparameters: int) -> None:
    if size is None:
        return
    is_integer = isinstance(size, Integral) and not isinstance(size, bool)
    if not is_integer or not 1 <= size <= n_hyperparameters:
        raise ValueError(
            f"size must be an integer from 1 to {n_hyperparameters}, how many hyperparameters to tune, "
            f"or None; got {shown(size)}. For a share of the gain, pass it by name: share=0.95."
        )


def _smallest_reaching(share: float, subsets: list[Subset]) -> Subset:
    """The smallest of the best subsets that reaches a share of the gain of all hyperparameters."""
    gain = subsets[-1].gain
    if not gain > 0:
        raise ValueError(
            "Tuning gains nothing over the baseline, so there is no share of the gain to reach. Choose "
            "how many hyperparameters to tune with size=."
        )
    return next(subset for subset in subsets if subset.gain >= share * gain)
