"""The face of the library: `HyperSHAPExplainer` walks the rooms in order and computes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from numbers import Integral
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from sklearn.base import clone
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from skhypershap._compat import HasMethods, Interval, StrOptions
from skhypershap.baseline import baseline_configs, check_baseline, complete_config
from skhypershap.delegation import SearchDelegation
from skhypershap.errors import unknown_name
from skhypershap.frames import coalitions_frame, explanation_frame, trials_frame
from skhypershap.games import GAMES, Setting, coalition_scores, sign_of_gain
from skhypershap.interactions import INDICES, check_order
from skhypershap.solve import Explained, GainsOf, Question, solve
from skhypershap.space import as_configs, encode, player_names
from skhypershap.surrogate import fit_surrogate, warn_of_little_knowledge
from skhypershap.trials import read_trials, reader_of
from skhypershap.trials.search import is_frozen, unwrap

if TYPE_CHECKING:
    import pandas as pd
    import shapiq


class HyperSHAPExplainer(SearchDelegation):
    """Explain a hyperparameter search: what mattered, what works together, what tuning gained.

    Fits a surrogate of *configuration -> score* on the trials of a search, plays the games of
    HyperSHAP [1]_ on it, and returns Shapley values and interactions as tidy DataFrames. Wrapped
    around a scikit-learn search it is used like the search itself: `fit(X, y)`, `predict`, `score`,
    alone or as the last step of a Pipeline.

    Parameters
    ----------
    search : estimator or ConfigSpace.ConfigurationSpace
        A scikit-learn search, fitted or not, also inside a `FrozenEstimator`; or a space, whose
        trials are given to `fit`.
    space : ConfigSpace.ConfigurationSpace, dict or list of dict, default=None
        The space, where the source does not tell it.
    surrogate : regressor, default=None
        Any scikit-learn regressor; it is cloned. None: `RandomForestRegressor` with 100 trees.
        It sees configurations as `ConfigSpace.Configuration.get_array()` does: numbers in [0, 1],
        positions of choices. Models that are sums of scikit-learn's trees are walked by a kernel;
        others are asked through `predict`, which is slower.
    metric : str, default=None
        Which results to explain: None for the score that the search optimises, the name of a scorer
        of a multi-metric search, `"fit_time"` or `"score_time"`.
    direction : {"maximize", "minimize"}, default=None
        Which scores are better; None: scikit-learn's scores are maximised, times minimised, and
        scores given with a ConfigurationSpace maximised.
    baseline : {"default", "median", "worst", "best"}, dict, or list of those, default="default"
        What tuning is measured against. "default": the estimator's own values (for a
        ConfigurationSpace its default configuration); "median": median or mode of the trials;
        "worst", "best": of the trials; a dict may be partial, the rest is from "default"; with a
        list the game is the mean over its members.
    n_samples : int, default=10_000
        Candidates per game. A finite space with no more configurations is enumerated, and the
        game is exact on the surrogate.
    optimizer : {"refine", "random"}, default="refine"
        How best and worst are found. "refine": candidates, the trials, and what a coalition's
        subsets found, so a larger coalition is never worse; "random": candidates only, as in [1]_.
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
        What could be tried.
    trials_ : DataFrame of shape (n_trials, n_hyperparameters + 1)
        One row per finished trial: each hyperparameter in its own values, and `score`.
    surrogate_ : regressor
        The fitted surrogate.
    surrogate_score_ : float
        R2 of the surrogate on held-out trials: out-of-bag for a forest, 5-fold otherwise.
    hyperparameter_names_ : list of str
        The players, in the order of the space; a hyperparameter with one value is none.
    baseline_ : dict or list of dict
        What tuning is measured against.
    incumbent_ : dict
        The best trial.

    See Also
    --------
    skhypershap.read_trials : What `fit` reads from a source.
    skhypershap.plotting.plot_importance : Bars of an explanation.

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
        "metric": [str, None],
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
        metric: str | None = None,
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
            For the search's own fit. `fidelity`, for a ConfigurationSpace, is not supported yet.

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
        NotImplementedError
            For conditional spaces and several fidelities.
        """
        self._validate_params()
        check_baseline(self.baseline)
        reader_of(self.search).check(self.search, space=self.space, metric=self.metric)
        if not hasattr(self.search, "fit"):
            given = {"configs": X, "scores": y, "fidelity": None, **fit_params}
            return self._fit_trials(self.search, **given)
        if X is None or is_frozen(self.search):
            self.search_ = unwrap(self.search)
            return self._fit_trials(self.search_)
        self.search_ = clone(self.search).fit(X, y, **self._routed("fit", fit_params))
        try:
            return self._fit_trials(self.search_)
        except Exception as error:
            error.add_note("The search itself is kept in the explainer's attribute search_.")
            raise

    def _fit_trials(self, source: Any, **given: Any) -> HyperSHAPExplainer:
        """Read trials and fit the surrogate on them."""
        trials = read_trials(
            source, space=self.space, metric=self.metric, direction=self.direction, **given
        )
        random_state = self.random_state
        if not isinstance(random_state, Integral):
            random_state = check_random_state(random_state).randint(np.iinfo(np.int32).max)
        self._seed = int(random_state)
        vectors = encode(trials.space, trials.configs)
        surrogate = fit_surrogate(
            self.surrogate, vectors, trials.scores, seed=self._seed, n_jobs=self.n_jobs
        )
        baselines = baseline_configs(self.baseline, trials)
        self._trials, self._surrogate, self._baselines = trials, surrogate, baselines
        self.space_ = trials.space
        self.trials_ = trials_frame(list(trials.space), trials.configs, trials.scores)
        self.surrogate_ = surrogate.model
        self.surrogate_score_ = surrogate.score
        self.hyperparameter_names_ = player_names(trials.space)
        several = isinstance(self.baseline, (list, tuple))
        shown = [dict(config) for config in baselines]
        self.baseline_ = shown if several else shown[0]
        self.incumbent_ = dict(trials.configs[trials.incumbent])
        warn_of_little_knowledge(trials.scores, trials.metric, surrogate.score)
        return self

    def explain(
        self,
        game: str | Sequence[str] = "tunability",
        *,
        index: str = "FSII",
        order: int = 2,
        baseline: Any = None,
        config: Mapping[str, Any] | None = None,
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

        Returns
        -------
        DataFrame
            One row per game and interaction: `game`, `measure` (shapiq's name for the result),
            `order`, `interaction` ("C × gamma"), `hyperparameters` (tuple), `value` (in units of the
            metric, positive is better; for sensitivity the metric squared). Sorted by game, order
            and size. `attrs` hold "baseline_score", "full_score", "exact", "metric", "direction"
            and "surrogate_score"; with a list of games the first three are dicts keyed by game.
            Where an approximator was needed also its "budget" and "approximator".

        Raises
        ------
        ValueError
            For an unknown game, index, baseline or hyperparameter, an order out of range, or a value
            outside the space.
        sklearn.exceptions.NotFittedError
            Before fit.
        """
        stacked = not isinstance(game, str)
        names = [game] if isinstance(game, str) else list(game)
        if not names:
            raise ValueError("game is an empty list; name at least one game.")
        explained = [self._solve(name, index, order, baseline, config) for name in names]
        attrs = {
            "metric": self._trials.metric,
            "direction": self._trials.direction,
            "surrogate_score": self.surrogate_score_,
        }
        return explanation_frame(explained, self.hyperparameter_names_, attrs, stacked=stacked)

    def coalition_values(
        self,
        game: str = "tunability",
        *,
        baseline: Any = None,
        config: Mapping[str, Any] | None = None,
    ) -> pd.DataFrame:
        """Values of all 2^d coalitions, the predicted scores themselves.

        Parameters
        ----------
        game : str, default="tunability"
            As in `explain`.
        baseline, config : optional
            As in `explain`.

        Returns
        -------
        DataFrame
            `coalition` (tuple of str), `size` (int) and `value` (in the metric's own units and
            direction; for sensitivity the variance), ordered by size and then by position.

        Raises
        ------
        ValueError
            As `explain`, and with more than `max_exact` hyperparameters.
        """
        question = self._question(game, baseline, config)
        values = self._all_scores(question)
        if values is None:
            raise ValueError(
                f"{len(self.hyperparameter_names_)} hyperparameters have too many coalitions: all are "
                f"listed up to max_exact={self.max_exact}. Raise max_exact if you have the memory."
            )
        return coalitions_frame(values, self.hyperparameter_names_)

    def game(
        self, name: str, *, baseline: Any = None, config: Mapping[str, Any] | None = None
    ) -> shapiq.Game:
        """Give a game to shapiq's own tools.

        Parameters
        ----------
        name : str
            As `game` in `explain`.
        baseline, config : optional
            As in `explain`.

        Returns
        -------
        shapiq.Game
            The value function in gain units, v(empty) = 0. Up to `max_exact` hyperparameters all
            values are computed at once; beyond, coalitions are evaluated when asked for.
        """
        from skhypershap.shapiq_bridge import HyperparameterGame

        question = self._question(name, baseline, config)
        values = self._all_scores(question)
        if values is None:
            return HyperparameterGame(
                GainsOf(question, self._setting()), self.hyperparameter_names_
            )
        gains = sign_of_gain(name, self._trials) * (values - values[0])
        return HyperparameterGame(gains, self.hyperparameter_names_)

    def interaction_values(
        self,
        game: str = "tunability",
        *,
        index: str = "FSII",
        order: int = 2,
        baseline: Any = None,
        config: Mapping[str, Any] | None = None,
    ) -> shapiq.InteractionValues:
        """Explain a game as `explain` does, for shapiq's plots and tools.

        Parameters
        ----------
        game : str, default="tunability"
            One game.
        index, order, baseline, config : optional
            As in `explain`.

        Returns
        -------
        shapiq.InteractionValues
            Players are numbered as in `hyperparameter_names_`.
        """
        from skhypershap.shapiq_bridge import as_interaction_values

        if not isinstance(game, str):
            raise TypeError("interaction_values takes one game; call it once for each game.")
        explained = self._solve(game, index, order, baseline, config)
        return as_interaction_values(explained, len(self.hyperparameter_names_))

    def predict_score(self, configs: Any) -> np.ndarray:
        """Score that the surrogate expects of configurations.

        Parameters
        ----------
        configs : DataFrame, list of dict or list of Configuration
            Complete configurations, n_configs of them.

        Returns
        -------
        ndarray of shape (n_configs,)
            In the metric's own units.
        """
        check_is_fitted(self)
        return self._surrogate.predict(encode(self.space_, as_configs(configs, self.space_)))

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "surrogate_")

    def _solve(
        self, game: str, index: str, order: int, baseline: Any, config: Mapping[str, Any] | None
    ) -> Explained:
        question = self._question(game, baseline, config)
        if index not in INDICES:
            raise unknown_name("index", index, INDICES)
        order = check_order(order, len(self.hyperparameter_names_))
        return solve(replace(question, index=index, order=order), self._setting())

    def _question(self, game: str, baseline: Any, config: Mapping[str, Any] | None) -> Question:
        """Check and complete what all questions have in common."""
        check_is_fitted(self)
        if game not in GAMES:
            raise unknown_name("game", game, GAMES)
        baselines = self._baselines
        if baseline is not None:
            baselines = baseline_configs(baseline, self._trials)
        incumbent = self._trials.configs[self._trials.incumbent]
        full = complete_config(config or {}, incumbent, self._trials)
        return Question(game, baselines, full, max_exact=self.max_exact)

    def _all_scores(self, question: Question) -> np.ndarray | None:
        """Scores of all coalitions, None where there are too many."""
        if len(self.hyperparameter_names_) > self.max_exact:
            return None
        baselines = encode(self.space_, question.baselines)
        return coalition_scores(question.game, self._setting(), baselines, question.config)

    def _setting(self) -> Setting:
        return Setting(
            trials=self._trials,
            surrogate=self._surrogate,
            n_samples=self.n_samples,
            optimizer=self.optimizer,
            seed=self._seed,
            n_jobs=self.n_jobs,
            verbose=self.verbose,
        )
