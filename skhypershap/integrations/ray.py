"""Stop a Ray Tune experiment once its explanation has settled."""

from __future__ import annotations

import math
from collections.abc import Mapping
from numbers import Real
from typing import Any

import pandas as pd

from skhypershap._compat import optional
from skhypershap.errors import check_name
from skhypershap.explainer import HyperSHAPExplainer
from skhypershap.integrations.settling import Settling

Stopper: Any = optional("ray.tune", "ray").Stopper

DIRECTIONS = {"min": "minimize", "max": "maximize"}


class StopWhenSettled(Settling, Stopper):
    """A stopper of Ray Tune that ends all trials once the explanation has settled.

    As that of Optuna: see `skhypershap.integrations.optuna.StopWhenSettled`, whose further parameters it
    has. A trial counts when it is done, with what it reported last; trials that a scheduler stops
    early do not count.

    Parameters
    ----------
    metric : str
        The name under which trials report the score.
    mode : {"min", "max"}
        Which scores are better, as in `ray.tune.TuneConfig`.
    space : ConfigurationSpace or dict, optional
        As in `HyperSHAPExplainer`; not the `param_space` of the Tuner. Without it the space is
        inferred from the trials.
    **parameters : dict
        As in `skhypershap.integrations.optuna.StopWhenSettled`.

    Attributes
    ----------
    history_ : DataFrame or None
        The last result of `history`; None before the first.
    settled_ : bool
        Whether it has settled.

    Examples
    --------
    >>> from ray import tune  # doctest: +SKIP
    >>> from skhypershap.integrations.ray import StopWhenSettled  # doctest: +SKIP
    >>> stop = StopWhenSettled("loss", "min", space={"lr": loguniform(1e-4, 1)})  # doctest: +SKIP
    >>> tune.Tuner(train, run_config=tune.RunConfig(stop=stop))  # doctest: +SKIP
    """

    def __init__(self, metric: str, mode: str, *, space: Any = None, **parameters: Any) -> None:
        if not isinstance(metric, str):
            raise TypeError(f"metric must be the name of what trials report; got {metric!r}.")
        check_name("mode", mode, DIRECTIONS)
        super().__init__(**parameters)
        self.metric, self.mode, self.space = metric, mode, space
        self._done: dict[str, dict[str, Any]] = {}  # trials in the order in which they were done

    def __call__(self, trial_id: str, result: Mapping[str, Any]) -> bool:
        """Remember a trial that is done, and ask if it is time to; no single trial is stopped."""
        score = _at(result, self.metric)
        if result.get("done") and isinstance(score, Real) and math.isfinite(score):
            config = _flat(result.get("config", {}))
            self._done[trial_id] = {**config, self.metric: float(score)}
            self._ask(len(self._done), self._fitted)
        return False

    def stop_all(self) -> bool:
        """Return whether the explanation has settled, which ends the experiment."""
        return self.settled_

    def _fitted(self, known: dict[str, Any]) -> HyperSHAPExplainer:
        table = pd.DataFrame(list(self._done.values()))
        varies = [name for name in table if table[name].map(repr).nunique() > 1]
        names = [name for name in table if name in varies or name == self.metric]
        settings = {"metric": self.metric, "direction": DIRECTIONS[self.mode], "space": self.space}
        return HyperSHAPExplainer(table[names], **{**settings, **known}).fit()


def _flat(nested: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    """Join the names of nested dicts by a slash, as Ray does."""
    flat: dict[str, Any] = {}
    for key, value in nested.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{before}{key}/")
        else:
            flat[f"{before}{key}"] = value
    return flat


def _at(result: Mapping[str, Any], metric: str) -> Any:
    """What was reported under a name, which may join those of nested dicts."""
    return result[metric] if metric in result else _flat(result).get(metric)
