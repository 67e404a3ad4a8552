"""The face of the library: `HyperSHAPExplainer` walks the rooms in order and computes nothing."""

from __future__ import annotations

from numbers import Integral
from typing import Any, ClassVar

import numpy as np
from sklearn.base import clone
from sklearn.utils import check_random_state

from skhypershap._compat import HasMethods, Interval, StrOptions
from skhypershap.errors import check_name
from skhypershap.explainer.delegation import SearchDelegation
from skhypershap.explainer.explanations import Explanations
from skhypershap.explainer.next_steps import NextSteps
from skhypershap.frames import trials_frame
from skhypershap.space.encoding import encode, player_names
from skhypershap.surrogate.fitting import SurrogateSpec, check_surrogate, scaled, warn_if_unreliable
from skhypershap.trials import (
    Checked,
    check_source,
    copy_of,
    is_frozen,
    read_checked,
    reader_of,
    unwrap,
)
from skhypershap.trials.baselines import baseline_configs, check_baseline


class HyperSHAPExplainer(Explanations, NextSteps, SearchDelegation):
    """Explain a hyperparameter search: what mattered, what works together, what tuning gained.

    Fits a surrogate of *configuration -> score* on the trials of a search, plays the games of
    HyperSHAP [1]_ on it, and returns Shapley values and interactions as tidy DataFrames. Wrapped
    around a scikit-learn search it is used like the search itself: `fit(X, y)`, `predict`, `score`,
    alone or as the last step of a Pipeline.

    Parameters
    ----------
    search : estimator, ConfigSpace.ConfigurationSpace, or any source of trials
        A scikit-learn search or one shaped like it, fitted or not, also inside a `FrozenEstimator`; a
        space, whose trials are given to `fit`; or whatever else `read_trials` reads: an Optuna study,
        a SMAC run or its folder, a Ray Tune ResultGrid, hyperopt Trials, a DataFrame.
    space : ConfigSpace.ConfigurationSpace, dict or list of dict, default=None
        The space, where the source does not tell it; None: what it tells, or else what is inferred
        from the trials, with a warning.
    surrogate : regressor, default=None
        Any regressor with fit and predict; it is cloned. None: `RandomForestRegressor` with 100 trees.
        It sees configurations as `ConfigSpace.Configuration.get_array()` does: numbers in [0, 1],
        positions of choices, NaN where a hyperparameter is inactive (its default, if the model takes
        no NaN); then the fidelity, scaled to [0, 1], if trials had several. Models that are sums of
        scikit-learn's trees are walked by a kernel; others are asked through `predict`, which is slower.
    metric : str or int, default=None
        Which results to explain: None for the score that the search optimises, the name of a scorer
        of a multi-metric search, `"fit_time"` or `"score_time"`, an objective by name or number, a
        column of a DataFrame.
    direction : {"maximize", "minimize"}, default=None
        Which scores are better; None: what the source says (scikit-learn's scores are maximised,
        times minimised), and for a ConfigurationSpace or a DataFrame "maximize".
    baseline : {"default", "median", "worst", "best"}, dict, or list of those, default="default"
        What tuning is measured against. "default": the estimator's own values (for a
        ConfigurationSpace its default configuration, and "median" where no default is known);
        "median": median or mode of the trials;
        "worst", "best": of the trials; a dict may be partial, the rest is from "default"; with a
        list the game is the mean over its members.
    n_samples : int, default=10_000
        Candidates per game. A finite space with no more configurations is enumerated, and the
        game is exact on the surrogate.
    optimizer : {"refine", "random"}, default="refine"
        How best and worst are found. "refine": candidates, the trials, what a coalition's subsets
        found, and from these a line search, one hyperparameter at a time (exact with trees, on a grid
        with other surrogates), so a larger coalition is never worse; "random": candidates only, as
        in [1]_.
    max_exact : int, default=16
        Up to this many hyperparameters all 2^d coalitions are evaluated.
    n_jobs : int, default=None
        Threads, as in scikit-learn. Results do not depend on it.
    random_state : int, RandomState or None, default=None
        Seeds the surrogate and the candidates. Pass an int for the same output every time.
    verbose : int, default=0
        1 shows a progress bar where work takes longer than a moment.

    Attributes
    ----------
    search_ : estimator
        The fitted search, where there is one.
    space_ : ConfigSpace.ConfigurationSpace
        What could be tried, with the default of each hyperparameter that is used where neither side
        of a blend has a value for it.
    trials_ : DataFrame of shape (n_trials, n_hyperparameters + 1 or 2)
        One row per finished trial: each hyperparameter in its own values, missing where it is
        inactive, `score`, and `fidelity` where trials had different ones.
    surrogate_ : regressor
        The fitted surrogate.
    surrogate_score_ : float
        R2 of the surrogate on held-out trials: out-of-bag for a forest, 5-fold otherwise.
    hyperparameter_names_ : list of str
        The players, in the order of the space; a hyperparameter with one value is none.
    baseline_ : dict or list of dict
        What tuning is measured against.
    incumbent_ : dict
        The best trial, of those at the largest fidelity.

    See Also
    --------
    skhypershap.read_trials : What `fit` reads from a source.
    skhypershap.plotting.plot_importance : Bars of an explanation.

    Notes
    -----
    `n_samples`, `optimizer`, `max_exact`, `n_jobs` and `verbose` may be set after fit and hold from
    the next call on; the other parameters need another fit.

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

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "search": "no_validation",
        "space": "no_validation",
        "surrogate": [HasMethods(["fit", "predict"]), None],
        "metric": [str, Integral, None],
        "direction": [StrOptions({"maximize", "minimize"}), None],
        "baseline": "no_validation",
        "n_samples": [Interval(Integral, 1, None, closed="left")],
        "optimizer": [StrOptions({"refine", "random"})],
        "max_exact": [Interval(Integral, 1, None, closed="left")],
        "n_jobs": [Integral, None],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        search: Any,
        *,
        space: Any = None,
        surrogate: Any = None,
        metric: str | int | None = None,
        direction: str | None = None,
        baseline: Any = "default",
        n_samples: int = 10_000,
        optimizer: str = "refine",
        max_exact: int = 16,
        n_jobs: int | None = None,
        random_state: Any = None,
        verbose: int = 0,
    ) -> None:
        self.search = search
        self.space = space
        self.surrogate = surrogate
        self.metric = metric
        self.direction = direction
        self.baseline = baseline
        self.n_samples = n_samples
        self.optimizer = optimizer
        self.max_exact = max_exact
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.verbose = verbose

    def fit(self, X: Any = None, y: Any = None, **fit_params: Any) -> HyperSHAPExplainer:
        """Run the search where there is data for it, read its trials, and fit the surrogate.

        Parameters
        ----------
        X : array-like, DataFrame or list, optional
            Data for a search; without it the search must be fitted already. For a
            ConfigurationSpace the configurations that ran: a DataFrame, or a list of dicts or
            Configurations.
        y : array-like, optional
            Target for a search; for a ConfigurationSpace the scores, of shape (n_trials,).
        **fit_params : dict
            For the search's own fit. For a ConfigurationSpace `fidelity`: the resource of each trial,
            array-like of shape (n_trials,), where they had different ones.

        Returns
        -------
        HyperSHAPExplainer
            Itself.

        Raises
        ------
        ValueError
            For parameters, metrics, configurations or values that are not legal, and when all
            trials failed. A search that has run is kept in `search_`.
        sklearn.exceptions.NotFittedError
            When there is neither a fitted search nor data.
        """
        self._validate_params()
        source = unwrap(self.search)
        reader_of(source)  # an unknown source is refused before it is copied
        runs = hasattr(self.search, "fit") and X is not None and not is_frozen(self.search)
        if runs:
            source = copy_of(self.search)
        checked = check_source(source, space=self.space, metric=self.metric)
        check_baseline(self.baseline, checked.space)
        check_surrogate(self.surrogate)
        if not hasattr(self.search, "fit"):
            given = {"configs": X, "scores": y, "fidelity": None}
            for name in fit_params:
                check_name("argument of fit without a search:", name, given)
                if given[name] is not None:
                    raise TypeError(f"fit got {name} twice, by position and by name.")
            return self._fit_trials(source, None, checked, **{**given, **fit_params})
        if X is None and (y is not None or fit_params):
            raise ValueError(
                f"fit got {', '.join(fit_params) or 'y'} without X. Give the data to run the search, or "
                "nothing to read a search that has run."
            )
        if not runs:
            return self._fit_trials(source, source, checked)
        search = source.fit(X, y, **self._routed("fit", fit_params))
        self._forget()
        self.search_ = search  # hours of work, perhaps: kept whatever happens to its trials
        try:
            return self._fit_trials(search, search, checked)
        except Exception as error:
            error.add_note("The search itself is kept in the explainer's attribute search_.")
            raise

    def __sklearn_clone__(self) -> HyperSHAPExplainer:
        """Clone also around a search that scikit-learn refuses to clone."""
        try:
            return super().__sklearn_clone__()
        except RuntimeError:
            return type(self)(**{**self.get_params(deep=False), "search": copy_of(self.search)})

    def _forget(self) -> None:
        """Drop an earlier fit, once there is a new one: there is never a mixture of both."""
        for name in [name for name in vars(self) if name.endswith("_")]:
            delattr(self, name)

    def _fit_trials(
        self, source: Any, search: Any, checked: Checked, **given: Any
    ) -> HyperSHAPExplainer:
        """Read trials and fit the surrogate on them; `search` is the fitted one, if there is one."""
        trials = read_checked(source, checked, direction=self.direction, **given)
        random_state = self.random_state
        if not isinstance(random_state, Integral):
            random_state = check_random_state(random_state).randint(np.iinfo(np.int32).max)
        seed = int(random_state)
        defaults = trials.defaults
        spec = SurrogateSpec(
            None if self.surrogate is None else clone(self.surrogate, safe=False),
            encode(trials.space, trials.configs, unknown=True),
            trials.scores,
            defaults.legality(trials.space),
            scaled(trials.fidelity),
        )
        surrogate = spec.fit(seed, self.n_jobs)
        baselines = baseline_configs(self.baseline, trials, defaults)
        self._forget()
        if search is not None:
            self.search_ = search
        self._seed = seed
        self._trials, self._surrogate, self._spec = trials, surrogate, spec
        self._baselines, self._defaults = baselines, defaults
        self.space_ = trials.space
        self.trials_ = trials_frame(
            list(trials.space), trials.configs, trials.scores, trials.fidelity
        )
        self.surrogate_ = surrogate.model
        self.surrogate_score_ = surrogate.score
        self.hyperparameter_names_ = player_names(trials.space)
        several = isinstance(self.baseline, (list, tuple))
        shown = [dict(config) for config in baselines]
        self.baseline_ = shown if several else shown[0]
        self.incumbent_ = dict(trials.configs[trials.incumbent])
        warn_if_unreliable(trials.scores, trials.metric, surrogate.score)
        return self

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "surrogate_")
