"""`HyperSHAPExplainer`: reads trials, fits the surrogate, and gathers the methods by topic."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.utils import check_random_state

from skhypershap.advice.diagnostics import warn_if_unreliable
from skhypershap.advice.measuring import can_measure, measured_scores
from skhypershap.errors import check_name
from skhypershap.explainer.base import game_context
from skhypershap.explainer.cases import Cases
from skhypershap.explainer.delegation import SearchDelegation
from skhypershap.explainer.fitted import fit_surrogate
from skhypershap.explainer.measured_baseline import Evaluate, measure_baselines, warn_if_near_best
from skhypershap.explainer.reporting import Reporting
from skhypershap.explainer.search_results import SearchResults
from skhypershap.explainer.true_numbers import evidence_of
from skhypershap.surrogate.default_model import is_costly
from skhypershap.surrogate.regressors import check_surrogate
from skhypershap.trials import (
    Checked,
    Trials,
    check_source,
    copy_of,
    is_frozen,
    read_checked,
    reader_of,
    unwrap,
    with_verbose,
)
from skhypershap.trials.baselines import baselines_of, check_baseline, check_baseline_score


class HyperSHAPExplainer(Reporting, Cases, SearchResults, SearchDelegation):
    """Explain a hyperparameter search: what mattered, what works together, what tuning gained.

    Fits a surrogate of *configuration -> score* on the trials of a search, plays the games of
    HyperSHAP [1]_ on it, and returns Shapley values and interactions as tidy DataFrames. Wrapped
    around a scikit-learn search it is used like the search itself: `fit(X, y)`, `predict`, `score`,
    alone or as the last step of a Pipeline.

    Parameters
    ----------
    search : estimator, ConfigSpace.ConfigurationSpace, or any source of trials
        A scikit-learn search or one with the same interface, fitted or not, also inside a
        `FrozenEstimator`; a space, whose trials are passed to `fit`; or any other source that
        `read_trials` reads: an Optuna study, a SMAC run or its folder, a Ray Tune ResultGrid,
        hyperopt Trials, a DataFrame, or the address of a file or database.
    space : ConfigSpace.ConfigurationSpace, dict or list of dict, default=None
        The space, for a source that has none. None: the space of the source, or else a space
        inferred from the trials, with a warning.
    surrogate : {"auto", "forest", "gp"} or regressor, default=None
        None and "auto": the mean of extra trees and a Gaussian process with a product kernel, both
        on normal ranks of the scores (extra trees on scores where conditions link more than eight
        hyperparameters, or where there are more than `max_exact` and their number times that of trials
        is above 20,000); "gp": the process alone; "forest": `RandomForestRegressor` with 100 trees,
        as in [1]_; or any regressor with fit and predict, which is cloned. Its input is what
        `ConfigSpace.Configuration.get_array()` returns: numbers in [0, 1], positions of choices,
        NaN where a hyperparameter is inactive (its default, if the model does not support NaN);
        then the fidelity, scaled to [0, 1], if trials had several. "auto", "gp" and models that are
        sums of scikit-learn's trees are evaluated by fast kernels; for others `predict` is called,
        which is slower.
    metric : str or int, default=None
        Which results to explain: None for the score that the search optimises, the name of a scorer
        of a multi-metric search, `"fit_time"` or `"score_time"`, an objective by name or position,
        a column of a DataFrame; `"failed"` for failure itself, 1 or 0, minimised.
    direction : {"maximize", "minimize"}, default=None
        Which scores are better. None: the direction of the source (scikit-learn's scores are
        maximised, times minimised), and for a ConfigurationSpace or a DataFrame "maximize".
    baseline : {"default", "center", "median", "worst", "best"}, dict, or list, default="default"
        The configuration that tuning is measured against. "default": the estimator's own parameter
        values (for a ConfigurationSpace its default configuration, and "center" where no default is
        known); "center": the middle of a range on its scale or of an ordered list, the first choice;
        "median": median or mode of the trials; "worst", "best": of the trials; a dict may
        be partial, the rest is from "default"; with a list the game is the mean over its members.
    baseline_score : {"auto", "predict"}, float or list of float, default="auto"
        What the baseline really scores. "auto": measured by the search's own cross-validation where
        `fit` runs the search, otherwise predicted by the surrogate; a float, in units of the metric at
        the largest resource, or a list of floats for several baselines; "predict": always predicted.
        A measured baseline is one more trial of the surrogate.
    infer_failures : bool, default=True
        Whether what failed in all of its trials, at least five and more than chance explains, is
        forbidden: a choice, a pair of choices, or a range at the end of an ordered hyperparameter, alone
        or beside a choice. One warning names it. Configurations that you give yourself may have it.
    n_samples : int, default=10_000
        Candidates per game. A finite space with no more configurations is enumerated, and the
        game is exact on the surrogate.
    optimizer : {"refine", "random"}, default="refine"
        How the best and the worst configurations are found. "refine": among candidates, trials and
        the best of smaller coalitions, followed by a line search along one hyperparameter at a time
        (exact with trees, otherwise on a grid that zooms in), so that a larger coalition is never
        worse; "random": among candidates only, as in [1]_.
    max_exact : int, default=16
        Up to this many hyperparameters all 2^d coalitions are evaluated. Of a space that a choice splits
        into branches, as many as are shared or in one branch.
    n_jobs : int, default=None
        Threads, as in scikit-learn. Results do not depend on it.
    random_state : int, RandomState or None, default=None
        Seed of the surrogate and the candidates. Pass an int for reproducible output.
    verbose : int, default=0
        1 shows a progress bar where work takes longer than a moment. A search that `fit` runs gets it,
        too, where its own verbose was left at its default.

    Attributes
    ----------
    search_ : estimator
        The fitted search, where there is one.
    best_params_, best_score_, best_estimator_, best_index_, cv_results_, ...
        Those of the fitted search, and `scorer_`, `refit_time_`, `n_splits_`, `multimetric_`, as far as
        it has them.
    space_ : ConfigSpace.ConfigurationSpace
        The search space, and what failed in all of its trials as forbidden clauses. The default of
        each hyperparameter is the value that is used where neither side of a blend has one.
    trials_ : DataFrame of shape (n_trials, n_hyperparameters + 1 or 2)
        One row per finished trial: each hyperparameter in its own values, missing where it is
        inactive, `score` in units of the metric, and `fidelity` where trials had different ones.
        Measured trials come last.
    measured_ : DataFrame of shape (n_measured, n_hyperparameters + 2)
        Trials that the explainer added to those of the source: each hyperparameter, `score` (NaN for a
        failed one) and `why`: "baseline", "claim" (by `measure`) or "told" (by `tell`).
    surrogate_ : regressor
        The fitted surrogate; its predict takes vectors and returns scores in units of the metric.
    surrogate_score_ : float
        R2 of the surrogate on held-out trials of the source: out-of-bag for a forest, 5-fold
        otherwise.
    hyperparameter_names_ : list of str
        The players, in space order; hyperparameters with a single value are excluded.
    baseline_ : dict or list of dict
        The configuration that tuning is measured against; a list if `baseline` is one.
    incumbent_ : dict
        The best trial, of those at the largest fidelity, measured ones included. `predict` is that of
        the search.

    See Also
    --------
    skhypershap.read_trials : The sources, and what is read from them.
    skhypershap.explain_jointly : Explanations of several data sets together.
    skhypershap.plotting.plot_importance : Bars of an explanation.

    Notes
    -----
    `n_samples`, `optimizer`, `max_exact`, `n_jobs` and `verbose` may be set after fit and apply
    from the next call on; the other parameters need another fit. (Whether "auto" has a process is
    decided at fit.)

    References
    ----------
    .. [1] M. Wever, M. Muschalik, F. Fumagalli, M. Lindauer (2025). HyperSHAP: Shapley Values and
       Interactions for Explaining Hyperparameter Optimization.

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
    ...     n_iter=40, random_state=0,
    ... )
    >>> X, y = load_wine(return_X_y=True)
    >>> explainer = HyperSHAPExplainer(search, random_state=0).fit(X, y)
    >>> table = explainer.explain("tunability")
    >>> table["interaction"].tolist()
    ['svc__C', 'svc__gamma', 'svc__C × svc__gamma']
    """

    def fit(self, X: Any = None, y: Any = None, **fit_params: Any) -> HyperSHAPExplainer:
        """Run the search if data are passed, read its trials, and fit the surrogate.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features), DataFrame or list, optional
            Data for a search; without it the search must be fitted already. For a
            ConfigurationSpace the configurations that ran, n_trials of them: a DataFrame, or a list
            of dicts or Configurations.
        y : array-like of shape (n_samples,) or (n_trials,), optional
            Target for a search; for a ConfigurationSpace the scores, in units of the metric.
        **fit_params : dict
            For the search's own fit. For a ConfigurationSpace `fidelity`: the resource of each
            trial, array-like of shape (n_trials,), where trials had different ones.

        Returns
        -------
        HyperSHAPExplainer
            Itself.

        Raises
        ------
        ValueError
            For parameters, metrics, configurations or values that are not legal, and when all
            trials failed. A search that has run is kept in `search_`.
        TypeError
            If the source is of an unknown type, or an argument was passed twice.
        sklearn.exceptions.NotFittedError
            When there is neither a fitted search nor data.

        See Also
        --------
        explain : Explanations of the fitted trials.

        Examples
        --------
        Trials that something else has run, and their scores:

        >>> import numpy as np
        >>> from ConfigSpace import ConfigurationSpace
        >>> from skhypershap import HyperSHAPExplainer
        >>> space = ConfigurationSpace({"alpha": (0.0, 1.0), "depth": (1, 8)}, seed=0)
        >>> configs = space.sample_configuration(60)
        >>> scores = [np.sin(3 * config["alpha"]) + config["depth"] / 8 for config in configs]
        >>> explainer = HyperSHAPExplainer(space, random_state=0).fit(configs, scores)
        >>> explainer.hyperparameter_names_
        ['alpha', 'depth']
        """
        self._validate_params()
        source = unwrap(self.search)
        reader_of(source)  # an unknown source is refused before it is copied
        runs = hasattr(self.search, "fit") and X is not None and not is_frozen(self.search)
        if runs:
            source = with_verbose(copy_of(self.search), self.verbose)
        checked = check_source(source, space=self.space, metric=self.metric)
        check_baseline(self.baseline, checked.space)
        check_baseline_score(self.baseline_score, self.baseline)
        check_surrogate(self.surrogate)
        if not hasattr(self.search, "fit"):
            return self._fit_trials(source, None, checked, **_given_trials(X, y, fit_params))
        if X is None and (y is not None or fit_params):
            raise ValueError(
                f"fit got {', '.join(fit_params) or 'y'} without X. Pass the data to run the search, or "
                "nothing to read a search that has run."
            )
        if not runs:
            return self._fit_trials(source, source, checked)
        routed = self._routed("fit", fit_params)
        search = source.fit(X, y, **routed)
        try:
            return self._fit_trials(search, search, checked, data=(X, y, routed))
        except BaseException as error:
            self._forget()
            self.search_ = (
                search  # it may have taken hours, so it is kept if its trials are refused
            )
            error.add_note("The search itself is kept in the explainer's attribute search_.")
            raise

    def __sklearn_clone__(self) -> HyperSHAPExplainer:
        """Clone also around a search that scikit-learn refuses to clone."""
        try:
            return super().__sklearn_clone__()
        except RuntimeError:
            return type(self)(**{**self.get_params(deep=False), "search": copy_of(self.search)})

    def _fit_trials(
        self,
        source: Any,
        search: Any,
        checked: Checked,
        *,
        data: tuple[Any, Any, Mapping[str, Any]] | None = None,
        **given: Any,
    ) -> HyperSHAPExplainer:
        """Read trials and fit the surrogate on them.

        `search` is the fitted search or None, `data` are X, y and the fit parameters that it ran on.
        """
        trials = read_checked(
            source,
            checked,
            direction=self.direction,
            infer_failures=self.infer_failures,
            **given,
        )
        return self._fit_read(trials, search, self._evaluate(search, trials.metric, data))

    def _fit_read(
        self, trials: Trials, search: Any, evaluate: Evaluate | None = None
    ) -> HyperSHAPExplainer:
        """Fit the surrogate on trials that were read; `evaluate` measures the baseline."""
        baselines = baselines_of(self.baseline, trials, trials.defaults)
        fitted = fit_surrogate(
            trials,
            measure_baselines(baselines, trials, self.baseline_score, evaluate),
            surrogate=self.surrogate,
            baseline=self.baseline,
            baselines=[one.config for one in baselines],
            seed=self._seed(),
            n_jobs=self.n_jobs,
            trees_alone=is_costly(len(trials.space), len(trials.scores), self.max_exact),
        )
        self._hold(fitted, search)
        warn_if_unreliable(
            evidence_of(fitted, game_context(self, fitted=fitted), quick=True), trials.metric
        )
        warn_if_near_best(fitted)
        return self

    def _evaluate(self, search: Any, metric: str, data: Any) -> Evaluate | None:
        """A function that measures configurations as the search did; None where that cannot be."""
        if data is None or not can_measure(search):
            return None
        X, y, fit_params = data
        return lambda configs: measured_scores(search, configs, X, y, metric, fit_params)

    def _seed(self) -> int:
        """The `random_state` as an integer, drawn where it is none."""
        if isinstance(self.random_state, Integral):
            return int(self.random_state)
        return int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))


def _given_trials(X: Any, y: Any, fit_params: Mapping[str, Any]) -> dict[str, Any]:
    """The trials that `fit` was given in place of data, by position or by name."""
    given = {"configs": X, "scores": y, "fidelity": None}
    for name in fit_params:
        check_name("argument of fit without a search:", name, given)
        if given[name] is not None:
            raise TypeError(f"fit got {name} twice, by position and by name.")
    return {**given, **fit_params}
