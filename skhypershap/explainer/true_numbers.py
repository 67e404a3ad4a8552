"""True numbers: what to measure, measured trials, and how far to trust the surrogate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skhypershap.advice.claims import claimed_gain, telling_configs
from skhypershap.advice.diagnostics import Evidence, diagnose, outliers, warn_of_claims
from skhypershap.advice.measuring import measured_scores
from skhypershap.advice.verification import check_data
from skhypershap.advice_frames import diagnostics_frame, predictions_frame
from skhypershap.errors import MOST, check_integer, check_name, naming
from skhypershap.explainer.base import ExplainerBase, as_it_is_now, game_context, of_one_fit
from skhypershap.explainer.fitted import Fitted
from skhypershap.frame_libraries import in_chosen_library
from skhypershap.games.setting import GAMES, GameContext
from skhypershap.parallel import one_addition_at_a_time
from skhypershap.space.encoding import Config, as_configs
from skhypershap.trials.measurements import (
    BASELINE,
    CLAIM,
    TOLD,
    Measurements,
    config_keys,
    measurements,
)

if TYPE_CHECKING:
    import pandas as pd

Self = TypeVar("Self", bound="TrueNumbers")


class TrueNumbers(ExplainerBase):
    """The methods of `HyperSHAPExplainer` that compare claims with measurements."""

    @of_one_fit
    def ask(self, n_trials: int = 20, game: str = "tunability") -> list[dict[str, Any]]:
        """Choose the configurations that an explanation rests on, to be measured.

        Parameters
        ----------
        n_trials : int, default=20
            How many configurations.
        game : str, default="tunability"
            As in `explain`, except for "optimizer_bias".

        Returns
        -------
        list of dict
            Distinct legal configurations that are not among the trials, the most telling first: the
            baseline if it was not measured; those that attain v of the full coalition, of each
            hyperparameter alone, of all but one, and of the largest pairs; then promising ones
            elsewhere. Fewer than `n_trials` only where the space has no more.

        Raises
        ------
        ValueError
            For an unknown game, or if `n_trials` is not an integer of at least 1.
        sklearn.exceptions.NotFittedError
            Before fit.

        See Also
        --------
        tell : Adds their scores.
        measure : Measures them by the search's cross-validation.

        Examples
        --------
        >>> from ConfigSpace import ConfigurationSpace
        >>> from skhypershap import HyperSHAPExplainer
        >>> space = ConfigurationSpace({"a": (0.0, 1.0), "b": (0.0, 1.0)}, seed=0)
        >>> configs = space.sample_configuration(50)
        >>> scores = [config["a"] * (1 - config["b"]) for config in configs]
        >>> explainer = HyperSHAPExplainer(space, random_state=0).fit(configs, scores)
        >>> asked = explainer.ask(5)
        >>> asked[0]
        {'a': 0.5, 'b': 0.5}
        >>> explainer = explainer.tell(asked, [config["a"] * (1 - config["b"]) for config in asked])
        >>> len(explainer.trials_)
        55
        """
        context = game_context(self)
        n_trials = check_integer(
            "n_trials", n_trials, 1, MOST, what=", how many configurations to ask for"
        )
        check_name("game", game, [name for name in GAMES if name != "optimizer_bias"])
        fitted = self.fitted_
        (game_spec,) = fitted.game_specs([game])
        ran = [*fitted.trials.configs, *fitted.trials.failed]
        if np.isfinite(fitted.baseline_measured()):
            ran += fitted.baselines
        return telling_configs(
            game_spec,
            context,
            n_trials,
            lambda configs: config_keys(fitted.trials, configs),
            set(config_keys(fitted.trials, ran)),
        )

    def tell(self: Self, configs: Any, scores: Any, fidelity: Any = None) -> Self:
        """Add trials that ran elsewhere, and fit the surrogate again.

        Parameters
        ----------
        configs : DataFrame, list of dict or list of Configuration
            Complete configurations, n_configs of them.
        scores : array-like of shape (n_configs,)
            In units of the metric; NaN where a configuration failed.
        fidelity : array-like of shape (n_configs,), optional
            The resource of each, where trials had different ones; by default the largest.

        Returns
        -------
        HyperSHAPExplainer
            Itself; `trials_`, `measured_`, `incumbent_` and `surrogate_` are new.

        Raises
        ------
        ValueError
            For an unknown or missing hyperparameter, a value outside the space, or a wrong length.
            Nothing has changed then.
        TypeError
            If `configs` is of another type.
        RuntimeError
            If another thread has fitted the explainer anew meanwhile. Trials that several threads add
            at once are all kept.
        sklearn.exceptions.NotFittedError
            Before fit.

        See Also
        --------
        ask : The configurations that are worth measuring.

        Examples
        --------
        >>> from ConfigSpace import ConfigurationSpace
        >>> from skhypershap import HyperSHAPExplainer
        >>> space = ConfigurationSpace({"a": (0.0, 1.0), "b": (0.0, 1.0)}, seed=0)
        >>> configs = space.sample_configuration(50)
        >>> scores = [config["a"] * (1 - config["b"]) for config in configs]
        >>> explainer = HyperSHAPExplainer(space, random_state=0).fit(configs, scores)
        >>> explainer.tell([{"a": 1.0, "b": 0.0}], [1.0]).incumbent_
        {'a': 1.0, 'b': 0.0}
        >>> explainer.measured_["why"].tolist()
        ['told']
        """
        check_is_fitted(self)
        fitted = self.fitted_
        with naming("configs"):
            given = as_configs(configs, fitted.trials.space)
        added = measurements(fitted.source, given, scores, [TOLD] * len(given), fidelity)
        return self._learn(added, fitted)

    def measure(self: Self, X: Any, y: Any = None, n_trials: int = 20, **fit_params: Any) -> Self:
        """Measure the configurations that the explanation rests on, and fit the surrogate again.

        They are those of `ask`, evaluated by the search's own cross-validation and scoring, at the
        largest resource of a halving search, `n_jobs` of the search at a time. With `verbose` a
        progress bar shows the scores.

        The best of many configurations on the same splits is optimistic: compare a few final
        configurations with `verify(X, y, cv=...)` on other splits.

        Parameters
        ----------
        X, y : array-like of shape (n_samples, ...) and (n_samples,)
            Data, as for the search.
        n_trials : int, default=20
            How many configurations.
        **fit_params : dict
            As for the search's own fit, such as `groups` or `sample_weight`.

        Returns
        -------
        HyperSHAPExplainer
            Itself; `trials_`, `measured_`, `incumbent_` and `surrogate_` are new. `predict` remains
            that of the search.

        Raises
        ------
        ValueError
            Without a search or data, for a search without `cv`, or if `n_trials` is not an integer of
            at least 1. A configuration that cannot be fitted is a failed trial, not an error.
        RuntimeError
            If another thread has fitted the explainer anew meanwhile.
        sklearn.exceptions.NotFittedError
            Before fit.

        See Also
        --------
        ask, tell : The same where something else runs the configurations.
        verify : Measures given configurations, on other splits if asked for, and learns nothing.
        diagnostics : Compares what is claimed with what was measured.

        Examples
        --------
        >>> from scipy.stats import loguniform
        >>> from sklearn.datasets import load_wine
        >>> from sklearn.model_selection import RandomizedSearchCV
        >>> from sklearn.pipeline import make_pipeline
        >>> from sklearn.preprocessing import StandardScaler
        >>> from sklearn.svm import SVC
        >>> from skhypershap import HyperSHAPExplainer
        >>> search = RandomizedSearchCV(
        ...     make_pipeline(StandardScaler(), SVC(gamma=0.1)),
        ...     {"svc__C": loguniform(1e-3, 1e3), "svc__gamma": loguniform(1e-4, 1e1)},
        ...     n_iter=30, random_state=0,
        ... )
        >>> X, y = load_wine(return_X_y=True)
        >>> explainer = HyperSHAPExplainer(search, random_state=0).fit(X, y)
        >>> explainer.measure(X, y, n_trials=5).measured_["why"].tolist()
        ['baseline', 'claim', 'claim', 'claim', 'claim', 'claim']
        """
        check_is_fitted(self)
        if not hasattr(self, "search_"):
            raise ValueError(
                f"measure needs a search that evaluates configurations; {type(self.search).__name__} "
                "cannot. Evaluate the configurations of ask() yourself and pass the scores to tell()."
            )
        if X is None:
            raise ValueError("measure needs data: measure(X, y), as fit of the search.")
        check_data(X, y)
        now = as_it_is_now(self)
        asked, fitted = now.ask(n_trials), now.fitted_
        if not asked:
            return self
        scores = measured_scores(
            now.search_,
            asked,
            X,
            y,
            fitted.trials.metric,
            self._routed("fit", fit_params),
            verbose=self.verbose,
        )
        added = measurements(fitted.source, asked, scores, _reasons(fitted, asked))
        return self._learn(added, fitted)

    @in_chosen_library
    @of_one_fit
    def diagnostics(self) -> pd.DataFrame:
        """Check how far the surrogate and its claims can be trusted.

        Returns
        -------
        DataFrame of 10 rows
            `check`, `value`, `level` ("good", "fair", "poor", or "unknown" where nothing was
            measured) and `advice`. Errors and gains are in units of the metric:

            - "r2", "rank_correlation", "r2_without_outliers": held-out predictions against the scores
              of the source's trials. Outliers are three interquartile ranges beyond the quartiles.
            - "near_optimum_error": mean absolute error of held-out predictions among the best quarter.
            - "baseline_error", "incumbent_error": absolute difference of the prediction, on which
              gains rest, and the measured score.
            - "claimed_gain": what tuning everything gains over the baseline by the surrogate.
            - "measured_gain": what the best trial gains over the measured baseline.
            - "n_outliers", "n_failed": numbers of trials.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            Before fit.

        See Also
        --------
        predictions : The held-out predictions themselves.
        measure : Measures what is claimed.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from sklearn.model_selection import GridSearchCV
        >>> from sklearn.tree import DecisionTreeClassifier
        >>> from skhypershap import HyperSHAPExplainer
        >>> grid = {"max_depth": [1, 2, 3, 4, 5], "min_samples_leaf": [1, 5, 20, 40]}
        >>> search = GridSearchCV(DecisionTreeClassifier(random_state=0), grid)
        >>> explainer = HyperSHAPExplainer(search, baseline="worst", random_state=0)
        >>> table = explainer.fit(*load_iris(return_X_y=True)).diagnostics()
        >>> table.set_index("check").loc[["claimed_gain", "measured_gain"], ["value", "level"]].round(2)
                       value level
        check
        claimed_gain     0.3  good
        measured_gain    0.3  good
        """
        context = game_context(self)
        return diagnostics_frame(diagnose(evidence_of(self.fitted_, context, self.max_exact)))

    @in_chosen_library
    @of_one_fit
    def predictions(self) -> pd.DataFrame:
        """Held-out predictions of the trials, next to their measured scores.

        Returns
        -------
        DataFrame of n_trials rows
            A row per row of `trials_`: `measured`, `predicted` (by a surrogate that was not fitted on
            the trial: out-of-bag for a forest that bootstraps, 5 folds otherwise; NaN for trials of
            `measured_`, which are never held out) and `outlier` (bool: the score is three
            interquartile ranges beyond the quartiles).

        Raises
        ------
        sklearn.exceptions.NotFittedError
            Before fit.

        See Also
        --------
        diagnostics : What follows from them.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from sklearn.model_selection import GridSearchCV
        >>> from sklearn.tree import DecisionTreeClassifier
        >>> from skhypershap import HyperSHAPExplainer
        >>> grid = {"max_depth": [1, 2, 3, 4, 5], "min_samples_leaf": [1, 5, 20, 40]}
        >>> search = GridSearchCV(DecisionTreeClassifier(random_state=0), grid)
        >>> explainer = HyperSHAPExplainer(search, baseline="worst", random_state=0)
        >>> explainer.fit(*load_iris(return_X_y=True)).predictions().head(2).round(1)
           measured  predicted  outlier
        0       0.7        0.7    False
        1       0.7        0.7    False
        """
        check_is_fitted(self)
        fitted = self.fitted_
        scores = fitted.trials.scores
        n_measured = len(scores) - len(fitted.held_out)
        predicted = np.append(fitted.held_out, np.full(n_measured, np.nan))
        table = predictions_frame(scores, predicted, outliers(scores))
        table.attrs = dict(fitted.attrs)
        return table

    def _learn(self: Self, added: Measurements, known: Fitted) -> Self:
        """Add measured trials to a known fit, and fit again; nothing changes if that fails.

        Trials that other threads have added to it meanwhile are kept.
        """
        if not added.configs:
            return self
        with one_addition_at_a_time():
            now = as_it_is_now(self)
            if now.fitted_.source is not known.source:
                raise RuntimeError(
                    "The explainer was fitted anew while these configurations were measured, so their "
                    "scores were not added. If they belong to the new fit: "
                    f"tell({added.configs}, {added.scores.tolist()})."
                )
            fitted = now.fitted_.with_measured(added, self.n_jobs)
            self._hold(fitted, getattr(now, "search_", None))
        context = game_context(self, fitted=fitted)
        warn_of_claims(evidence_of(fitted, context, quick=True), fitted.trials.metric)
        return self


def _reasons(fitted: Fitted, configs: list[Config]) -> list[str]:
    baselines = set(config_keys(fitted.trials, fitted.baselines))
    return [BASELINE if key in baselines else CLAIM for key in config_keys(fitted.trials, configs)]


def evidence_of(
    fitted: Fitted, context: GameContext, max_exact: int = 0, *, quick: bool = False
) -> Evidence:
    """What there is to judge a surrogate by.

    Parameters
    ----------
    fitted : Fitted
        The surrogate and its trials.
    context : GameContext
        For the tunability game.
    max_exact : int
        Up to this many players the claimed gain is that of `explain`.
    quick : bool
        Whether the claimed gain is computed with fewer candidates, and only if the baseline was
        measured.
    """
    baseline_measured = fitted.baseline_measured()
    claimed = float("nan")
    if not quick or np.isfinite(baseline_measured):
        (game_spec,) = fitted.game_specs(["tunability"])
        all_coalitions = not quick and context.n_players <= max_exact
        claimed = claimed_gain(game_spec, context, quick=quick, all_coalitions=all_coalitions)
    predicted = fitted.predict_score(fitted.baselines)
    return Evidence(
        scores=fitted.source.scores,
        held_out=fitted.held_out,
        sign=1.0 if fitted.trials.maximize else -1.0,
        n_failed=len(fitted.trials.failed),
        baseline=(float(predicted.mean()), baseline_measured),
        incumbent=(
            float(fitted.predict_score([fitted.incumbent])[0]),
            fitted.incumbent_measured,
        ),
        claimed_gain=claimed,
    )
