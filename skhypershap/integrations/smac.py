"""Stop a SMAC run once its explanation has settled."""

from __future__ import annotations

from typing import Any

import numpy as np

from skhypershap._compat import optional
from skhypershap.explainer import HyperSHAPExplainer
from skhypershap.integrations.settling import Settling

Callback: Any = optional("smac.callback", "smac").Callback
StatusType: Any = optional("smac.runhistory", "smac").StatusType


class StopWhenSettled(Settling, Callback):
    """A callback of SMAC that ends the optimization once its explanation has settled.

    As that of Optuna: see `skhypershap.integrations.optuna.StopWhenSettled`, whose parameters it has.
    A trial is a configuration, its score the mean cost over its seeds and instances, as SMAC counts it.

    Examples
    --------
    >>> from smac import HyperparameterOptimizationFacade, Scenario  # doctest: +SKIP
    >>> from skhypershap.integrations.smac import StopWhenSettled  # doctest: +SKIP
    >>> smac = HyperparameterOptimizationFacade(
    ...     scenario, train, callbacks=[StopWhenSettled(min_trials=50)]
    ... )  # doctest: +SKIP
    """

    def on_tell_end(self, smbo: Any, info: Any, value: Any) -> bool | None:
        """Return False, which ends the optimization, if the explanation has settled."""
        configs, costs = _finished(smbo.runhistory)

        def fitted(known: dict[str, Any]) -> HyperSHAPExplainer:
            explainer = HyperSHAPExplainer(configs[0].config_space, **known)
            explainer.set_params(direction="minimize")
            return explainer.fit(configs, costs)

        return False if self._ask(len(configs), fitted) else None


def _finished(runhistory: Any) -> tuple[list[Any], list[float]]:
    """Configurations that ran, in the order in which they were proposed, and their costs."""
    ran = {key.config_id for key, value in runhistory.items() if value.status == StatusType.SUCCESS}
    configs = [runhistory.get_config(one) for one in sorted(ran)]
    costs = [float(np.mean(runhistory.get_cost(config))) for config in configs]
    return configs, costs
