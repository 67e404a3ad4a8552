"""When to ask whether a running search has settled, and the answer; the same for all tuners."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from skhypershap.errors import MOST, HyperSHAPWarning, check_integer, check_name, unknown_name
from skhypershap.explainer import HyperSHAPExplainer
from skhypershap.explainer.growing import HISTORIC
from skhypershap.frame_libraries import attrs_of
from skhypershap.surrogate.regressors import check_surrogate
from skhypershap.trials.baselines import check_baseline

if TYPE_CHECKING:
    import pandas as pd


OWN = ("every", "min_trials", "n_points", "game", "n_bootstrap")


class Settling:
    """Asks `history` now and then whether an answer has settled.

    Parameters
    ----------
    every : int
        After how many further finished trials to ask again.
    min_trials : int
        How many finished trials there must be at first.
    n_points, game, n_bootstrap
        As in `HyperSHAPExplainer.history`.
    random_state : int, RandomState or None
        As in `HyperSHAPExplainer`.
    **parameters : dict
        Further parameters of `HyperSHAPExplainer`.

    Attributes
    ----------
    history_ : DataFrame or None
        The last answer.
    settled_ : bool
        Whether it has settled.
    """

    def __init__(
        self,
        *,
        every: int = 25,
        min_trials: int = 50,
        n_points: int = 8,
        game: str = "tunability",
        n_bootstrap: int = 20,
        random_state: Any = 0,
        **parameters: Any,
    ) -> None:
        self.every = check_integer("every", every, 1, what=", a number of trials")
        self.min_trials = check_integer("min_trials", min_trials, 1, what=", a number of trials")
        self.n_points = check_integer("n_points", n_points, 2, MOST)
        self.n_bootstrap = check_integer("n_bootstrap", n_bootstrap, 1, MOST)
        check_name("game", game, HISTORIC)
        self.game = game
        self.parameters = {**parameters, "random_state": random_state}
        _check_parameters(self.parameters, type(self).__name__)  # before the search runs
        self.history_: pd.DataFrame | None = None
        self.settled_ = False
        self._asked_at = 0
        self._lock = threading.Lock()

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "_lock"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state, _lock=threading.Lock())

    def _ask(self, n_trials: int, fitted: Callable[[dict[str, Any]], Any]) -> bool:
        """Whether the answer has settled, if it is time to ask; other threads do not wait.

        `fitted` makes a fitted explainer of its parameters.
        """
        if not self._is_due(n_trials) or not self._lock.acquire(blocking=False):
            return self.settled_
        try:
            self._asked_at = n_trials
            with warnings.catch_warnings():  # which would come again and again
                warnings.simplefilter("ignore", HyperSHAPWarning)
                explainer = fitted(self.parameters)
                self.history_ = explainer.history(
                    self.n_points, self.game, n_bootstrap=self.n_bootstrap
                )
            self.settled_ = bool(attrs_of(self.history_)["settled"])
        finally:
            self._lock.release()
        return self.settled_

    def _is_due(self, n_trials: int) -> bool:
        return n_trials >= self.min_trials and (
            not self._asked_at or n_trials >= self._asked_at + self.every
        )


def _check_parameters(parameters: dict[str, Any], what: str) -> None:
    """Refuse parameters that HyperSHAPExplainer does not have, or values that it would refuse."""
    known = HyperSHAPExplainer._get_param_names()
    for name in parameters:
        if name not in known or name == "search":
            allowed = [*OWN, *(one for one in known if one != "search")]
            raise TypeError(str(unknown_name(f"parameter of {what}", name, allowed)))
    explainer = HyperSHAPExplainer(None, **parameters)
    explainer._validate_params()
    check_surrogate(explainer.surrogate)
    check_baseline(explainer.baseline, None)
