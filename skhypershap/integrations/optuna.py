"""Stop an Optuna study once its explanation has settled."""

from __future__ import annotations

import math
from typing import Any

from skhypershap.explainer import HyperSHAPExplainer
from skhypershap.integrations.settling import Settling


class StopWhenSettled(Settling):
    """A callback of `study.optimize` that stops the study once its explanation has settled.

    Now and then it computes `HyperSHAPExplainer(study, ...).fit().history(...)` of the trials so far,
    and calls `study.stop()` where its "settled" is True. This takes some seconds each time. What has
    settled is which hyperparameters matter, not the best score.

    Parameters
    ----------
    every : int, default=25
        After how many further finished trials to ask again.
    min_trials : int, default=50
        How many finished trials there must be before it asks at all.
    n_points, game, n_bootstrap
        As in `HyperSHAPExplainer.history`.
    random_state : int, RandomState or None, default=0
        As in `HyperSHAPExplainer`.
    **parameters : dict
        Further parameters of `HyperSHAPExplainer`, such as `space`, `metric` (needed for a study of
        several objectives), `baseline` or `n_jobs`.

    Attributes
    ----------
    history_ : DataFrame or None
        The last result of `history`; None before the first.
    settled_ : bool
        Whether it has settled.

    See Also
    --------
    HyperSHAPExplainer.history : What it asks.

    Examples
    --------
    >>> import optuna
    >>> from skhypershap.integrations.optuna import StopWhenSettled
    >>> optuna.logging.set_verbosity(optuna.logging.WARNING)
    >>> def objective(trial):
    ...     return 2 * trial.suggest_float("x", 0, 1) + trial.suggest_float("y", 0, 1)
    >>> study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    >>> stop = StopWhenSettled(min_trials=40, every=20, baseline="worst", n_bootstrap=10)
    >>> study.optimize(objective, n_trials=120, callbacks=[stop])
    >>> stop.settled_, len(study.trials) < 120
    (True, True)
    """

    def __call__(self, study: Any, trial: Any) -> None:
        """Ask if it is time to, and stop the study if its explanation has settled."""
        if len(study.directions) > 1 and self.parameters.get("metric") is None:
            raise ValueError(
                "The study has several objectives; choose the one to explain: "
                f"{type(self).__name__}(metric=0), by its position or its name."
            )
        finished = sum(_has_score(one) for one in study.get_trials(deepcopy=False))
        if self._ask(finished, lambda known: HyperSHAPExplainer(study, **known).fit()):
            study.stop()


def _has_score(trial: Any) -> bool:
    values = trial.values if trial.state.name == "COMPLETE" else None
    return values is not None and all(math.isfinite(value) for value in values)
