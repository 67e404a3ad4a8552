"""What all modules of the explainer share: its parameters, and what fit leaves behind."""

from __future__ import annotations

import functools
from collections.abc import Callable
from numbers import Integral
from typing import Any, ClassVar, ParamSpec, TypeVar

import numpy as np
import pandas as pd
from ConfigSpace import ConfigurationSpace
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from skhypershap._compat import Interval, StrOptions
from skhypershap.errors import MOST_JOBS, HyperSHAPWarning, warn
from skhypershap.explainer.fitted import Fitted
from skhypershap.frames import measured_frame, trials_frame
from skhypershap.games.players import players_of
from skhypershap.games.setting import GameContext
from skhypershap.space.encoding import player_names

P = ParamSpec("P")
R = TypeVar("R")

INTEGERS = ("n_samples", "max_exact", "n_jobs", "random_state", "metric")


class ExplainerBase(BaseEstimator):
    """Holds the parameters of `HyperSHAPExplainer`, and after fit a `Fitted` in `fitted_`.

    The classes that add methods by topic derive from it and keep no state of their own. What they
    need of a fit they take from `fitted_`, and what of the parameters that may be set after fit
    from `game_context`. The other fitted attributes are copies for users, written by `_hold` alone;
    they are described in `HyperSHAPExplainer`.
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "search": "no_validation",
        "space": "no_validation",
        "surrogate": "no_validation",  # some have no predict before fit
        "metric": [str, Integral, None],
        "direction": [StrOptions({"maximize", "minimize"}), None],
        "baseline": "no_validation",
        "baseline_score": "no_validation",
        "infer_failures": ["boolean"],
        "n_samples": [Interval(Integral, 1, None, closed="left")],
        "optimizer": [StrOptions({"refine", "random"})],
        "max_exact": [Interval(Integral, 1, None, closed="left")],
        "n_jobs": [
            Interval(Integral, -MOST_JOBS, -1, closed="both"),
            Interval(Integral, 1, MOST_JOBS, closed="both"),
            None,
        ],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    fitted_: Fitted
    search_: Any
    space_: ConfigurationSpace
    trials_: pd.DataFrame
    measured_: pd.DataFrame
    surrogate_: Any
    surrogate_score_: float
    hyperparameter_names_: list[str]
    baseline_: dict[str, Any] | list[dict[str, Any]]
    incumbent_: dict[str, Any]

    def __init__(
        self,
        search: Any,
        *,
        space: Any = None,
        surrogate: Any = None,
        metric: str | int | None = None,
        direction: str | None = None,
        baseline: Any = "default",
        baseline_score: Any = "auto",
        infer_failures: bool = True,
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
        self.baseline_score = baseline_score
        self.infer_failures = infer_failures
        self.n_samples = n_samples
        self.optimizer = optimizer
        self.max_exact = max_exact
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.verbose = verbose

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        from skhypershap import __version__

        return _unpickled, (type(self), __version__), self.__getstate__()

    def _validate_params(self) -> None:
        """Check parameters; scikit-learn itself takes True for the integer 1."""
        for name in INTEGERS:
            value = getattr(self, name)
            if isinstance(value, (bool, np.bool_)):
                raise ValueError(
                    f"The {name!r} parameter of {type(self).__name__} must be an integer. Got {value!r} "
                    "instead."
                )
        super()._validate_params()

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "fitted_")

    def _forget(self) -> None:
        """Drop an earlier fit, once there is a new one, so that the two are never mixed."""
        for name in [name for name in vars(self) if name.endswith("_")]:
            delattr(self, name)

    def _hold(self, fitted: Fitted, search: Any) -> None:
        """Replace what an earlier fit left; `search` is the fitted search or None.

        All at once: another thread sees one whole fit or the other.
        """
        trials, surrogate = fitted.trials, fitted.surrogate
        names = list(trials.space)
        baselines = [dict(config) for config in fitted.baselines]
        several = isinstance(fitted.baseline, (list, tuple))
        found = {} if search is None else {"search_": search}
        found |= {
            "fitted_": fitted,
            "space_": trials.space,
            "trials_": trials_frame(names, trials.configs, trials.scores, trials.fidelity),
            "measured_": measured_frame(names, fitted.measured),
            "surrogate_": surrogate.model,
            "surrogate_score_": surrogate.score,
            "hyperparameter_names_": player_names(trials.space),
            "baseline_": baselines if several else baselines[0],
            "incumbent_": dict(fitted.incumbent),
        }
        kept = {name: value for name, value in vars(self).items() if not name.endswith("_")}
        self.__dict__ = {**kept, **found}


def _unpickled(kind: type, version: str) -> Any:
    """An explainer whose state follows; what another version wrote may not even be read."""
    from skhypershap import __version__

    if version != __version__:
        warn(
            f"This explainer was pickled by skhypershap {version} and is loaded by {__version__}: it "
            "may fail, or return other numbers. Fit it again, or load it with the earlier version.",
            HyperSHAPWarning,
        )
    return object.__new__(kind)


def of_one_fit(method: Callable[P, R]) -> Callable[P, R]:
    """Run a method that changes nothing on the explainer as it is at the call.

    A fit that ends meanwhile, in another thread, has no part in the result.
    """

    @functools.wraps(method)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        return method(as_it_is_now(args[0]), *args[1:], **kwargs)  # type: ignore[arg-type]

    return wrapper


def as_it_is_now(explainer: Any) -> Any:
    """The explainer with the fit that it has at the call, whatever another thread does to it."""
    if not isinstance(explainer, ExplainerBase):
        return explainer
    now = object.__new__(type(explainer))
    now.__dict__ = dict(explainer.__dict__)
    return now


def game_context(
    explainer: ExplainerBase, groups: Any = None, fitted: Fitted | None = None
) -> GameContext:
    """What all games of a fitted explainer share, by its fit and by its parameters as they are now.

    `fitted` is the fit to use, by default that of the explainer.

    Raises
    ------
    sklearn.exceptions.NotFittedError
        Before fit.
    ValueError
        For a parameter or groups that are not legal; parameters may have been set since fit.
    """
    check_is_fitted(explainer)
    explainer._validate_params()
    fitted = explainer.fitted_ if fitted is None else fitted
    return GameContext(
        trials=fitted.trials,
        surrogate=fitted.surrogate,
        spec=fitted.spec,
        players=players_of(fitted.trials.space, groups),
        n_samples=explainer.n_samples,
        optimizer=explainer.optimizer,
        seed=fitted.seed,
        n_jobs=explainer.n_jobs,
        verbose=explainer.verbose,
    )
