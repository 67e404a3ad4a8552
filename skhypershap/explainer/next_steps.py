"""What to do next: the hyperparameters worth tuning, a smaller search, and a look at the real score."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

import numpy as np
from ConfigSpace import ConfigurationSpace
from sklearn.utils.validation import check_is_fitted

from skhypershap.advice.reduced_search import reduced
from skhypershap.advice.subsets import Subsets, best_subsets
from skhypershap.advice.verification import measured
from skhypershap.frames import SEPARATOR, subsets_frame, verified_frame
from skhypershap.games.candidates import best_config
from skhypershap.games.setting import GameContext
from skhypershap.games.value_function import GameSpec, value_function
from skhypershap.space.encoding import as_configs
from skhypershap.space.restriction import restricted
from skhypershap.trials import Defaults, Trials, unwrap
from skhypershap.trials.baselines import complete_config

if TYPE_CHECKING:
    import pandas as pd

N_SMALLEST = 3  # subsets that verify looks at


class NextSteps:
    """What `HyperSHAPExplainer` advises after its fit."""

    search: Any
    search_: Any
    max_exact: int
    space_: ConfigurationSpace
    surrogate_score_: float
    _trials: Trials
    _baselines: list[dict[str, Any]]
    _defaults: Defaults
    _context: Callable[..., GameContext]
    _game_spec_without_optimizers: Callable[..., GameSpec]
    predict_score: Callable[[Any], np.ndarray]

    def best_subsets(self, game: str = "tunability", *, baseline: Any = None) -> pd.DataFrame:
        """Find for every size the hyperparameters that gain most, if only they are tuned.

        Parameters
        ----------
        game : str, default="tunability"
            As in `explain`, but for "optimizer_bias".
        baseline : optional
            As in the constructor, for this call.

        Returns
        -------
        DataFrame
            One row per size k from 1: `size`, `hyperparameters` (tuple of str: of the coalitions of that
            size the one with the highest v(S), the first by position of equals), `gain` (over the
            baseline, in units of the metric, positive is better; a sensitivity is a variance), `share`
            (of the gain of all, NaN where that is zero). `attrs` as those of `explain`; with more than
            `max_exact` hyperparameters "exact" is False, and one after the other joins, whoever
            gains most.

        Raises
        ------
        ValueError
            For an unknown game or baseline.
        TypeError
            If `baseline` is of another kind.
        sklearn.exceptions.NotFittedError
            Before fit.
        """
        context = self._context()
        found = self._best_subsets(game, baseline, context)
        table = subsets_frame(found.best, list(context.players), found.best[-1].gain)
        table.attrs = {
            "baseline_score": found.baseline_score,
            "full_score": found.full_score,
            "exact": found.exact,
            "metric": self._trials.metric,
            "direction": self._trials.direction,
            "surrogate_score": self.surrogate_score_,
        }
        return table

    def reduced_search(self, size: int | None = None, *, share: float = 0.95) -> Any:
        """Make a search over the best subset alone, with everything else at the baseline.

        Parameters
        ----------
        size : int, optional
            How many hyperparameters it tunes; by default as few as reach the `share`.
        share : float, default=0.95
            Of what tuning all gains, above 0 and at most 1. Read where `size` is None.

        Returns
        -------
        search
            A new, unfitted search of the same kind, with all of its other settings, over the best subset
            of the tunability game, around a clone of the estimator with everything else set to the
            baseline: call `.fit(X, y)`. Where the source is no search, a ConfigurationSpace
            with the rest constant.

        Raises
        ------
        ValueError
            If `size` or `share` is out of range, tuning gains nothing, there are several baselines, or
            the search cannot be rebuilt; it says which attribute it lacks.
        sklearn.exceptions.NotFittedError
            Before fit.

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
        context = self._context()
        names = list(context.players)
        if size is not None and (
            not isinstance(size, Integral) or isinstance(size, bool) or not 1 <= size <= len(names)
        ):
            raise ValueError(
                f"size must be an integer from 1 to {len(names)}, how many hyperparameters to tune, "
                f"or None; got {size!r}. A share of the gain goes by name: share=0.95."
            )
        if not isinstance(share, Real) or isinstance(share, bool) or not 0 < share <= 1:
            raise ValueError(f"share must be a number above 0 and at most 1; got {share!r}.")
        if len(self._baselines) > 1:
            raise ValueError(
                f"There are {len(self._baselines)} baselines, and the rest can be held at one only. Fit "
                "with a single baseline=."
            )
        subsets = self._best_subsets("tunability", None, context).best
        gain = subsets[-1].gain
        if size is None and not gain > 0:
            raise ValueError(
                "Tuning gains nothing over the baseline, so there is no share of it to reach. Say "
                "how many hyperparameters to tune with size=."
            )
        reaching = (number for number, one in enumerate(subsets, 1) if one.gain >= share * gain)
        chosen = subsets[(next(reaching) if size is None else int(size)) - 1]
        subset = [names[player] for player in chosen.members]
        held = {**self._defaults.values, **self._baselines[0]}
        if not hasattr(self, "search_"):
            return restricted(self.space_, subset, held, constants=True)
        return reduced(unwrap(self.search_), self.space_, subset, held)

    def verify(self, X: Any, y: Any = None, configs: Any = None, **fit_params: Any) -> pd.DataFrame:
        """Really evaluate configurations, with the search's own cross-validation and scoring.

        Parameters
        ----------
        X, y : array-like
            Data, as for the search.
        configs : DataFrame, list of dict or list of Configuration, optional
            Which configurations, n_configs of them; a dict may be partial, the rest is from the
            baseline. By default the baseline, the incumbent, and what the
            surrogate expects to be the best of each of the three smallest of the best subsets of the
            tunability game, which with several baselines are left out; what each is says the index.
        **fit_params : dict
            As for the search's own fit, such as `groups` or `sample_weight`.

        Returns
        -------
        DataFrame
            `configuration` (dict), `predicted` (by the surrogate), `measured` (mean over the
            folds) and `measured_std` (standard deviation over the folds), in units of the metric.

        Raises
        ------
        ValueError
            For configurations outside the space, where there is no search, or one without `cv`, and what
            scikit-learn raises if none of them can be fitted.
        sklearn.exceptions.NotFittedError
            Before fit.
        """
        check_is_fitted(self)
        if "config" in fit_params:
            raise TypeError("verify takes a list of configurations: configs=[config].")
        labels = None
        if configs is None:
            labels, known = self._default_configs_to_verify()
        else:
            known = [self._completed(config) for config in as_configs(configs, self.space_)]
        predicted = self.predict_score(known)
        means, stds = measured(
            getattr(self, "search_", self.search), known, X, y, self._trials.metric, **fit_params
        )
        return verified_frame(known, predicted, means, stds, labels)

    def _completed(self, config: dict[str, Any]) -> dict[str, Any]:
        """A configuration as it would run: the rest from the baseline, and without what is inactive."""
        rest = self._baselines[0] if len(self._baselines) == 1 else {}
        return complete_config(config, rest, self._trials, self._defaults)

    def _default_configs_to_verify(self) -> tuple[list[str], list[dict[str, Any]]]:
        """Names and configurations that verify measures by default."""
        baselines, context = self._baselines, self._context()
        labels = ["baseline"] * len(baselines)
        configs = [*baselines, self._trials.configs[self._trials.incumbent]]
        labels.append("incumbent")
        if len(baselines) > 1:
            return labels, configs
        names = list(context.players)
        for members, _ in self._best_subsets("tunability", None, context).best[:N_SMALLEST]:
            coalition = np.isin(np.arange(len(names)), members)
            configs.append(best_config(context, baselines[0], coalition))
            labels.append(f"best of {SEPARATOR.join(names[player] for player in members)}")
        return labels, configs

    def _best_subsets(self, game: str, baseline: Any, context: GameContext) -> Subsets:
        game_spec = self._game_spec_without_optimizers(game, baseline, None)
        return best_subsets(value_function(game_spec, context), self.max_exact)
