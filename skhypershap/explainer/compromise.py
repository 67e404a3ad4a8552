"""What the best trial gains in the explained metric, and gains or costs in the others of the source."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING

from skhypershap.errors import HyperSHAPWarning
from skhypershap.explainer.base import ExplainerBase
from skhypershap.metric_frames import trade_off
from skhypershap.trials import unwrap
from skhypershap.trials.several_metrics import metrics_of

if TYPE_CHECKING:
    import pandas as pd

MOST_OTHERS = 3  # metrics besides the one that is explained
NOT_METRICS = ("metric", "direction", "baseline", "baseline_score", "random_state")


def compromise(explainer: ExplainerBase) -> pd.DataFrame | None:
    """Compare metrics of a source that was made for several: a multi-metric search, a study.

    Parameters
    ----------
    explainer : HyperSHAPExplainer
        Fitted.

    Returns
    -------
    DataFrame or None
        `trade_off` of the ablation of the best trial, single hyperparameters, the explained metric
        first; None where the source has one metric, or the others have no scores.
    """
    from skhypershap.explainer.metrics import explain_metrics

    source, trials = (
        unwrap(getattr(explainer, "search_", explainer.search)),
        explainer.fitted_.trials,
    )
    if source is None or isinstance(source, str):  # an address would be opened again
        return None
    names = metrics_of(source)
    others = [name for name in names if name != trials.metric]
    if len(names) < 2 or trials.metric not in names:
        return None
    parameters = explainer.get_params(deep=False)
    parameters.pop("search")
    settings = {name: v for name, v in parameters.items() if name not in NOT_METRICS}
    try:
        with warnings.catch_warnings():  # of the source, which were seen when it was fitted
            warnings.simplefilter("ignore", HyperSHAPWarning)
            table = explain_metrics(
                source,
                [trials.metric, *others[:MOST_OTHERS]],
                "ablation",
                order=1,
                config=explainer.fitted_.incumbent,
                baseline=explainer.baseline_,
                baseline_score={trials.metric: _baseline_score(explainer)},
                direction={trials.metric: trials.direction},
                random_state=explainer.fitted_.seed,
                **settings,
            )
    except ValueError:  # such as a metric that has no score in any trial
        return None
    return trade_off(table)


def _baseline_score(explainer: ExplainerBase) -> float | str:
    """What the baseline really scores; "auto" where it was not measured, or there are several."""
    fitted = explainer.fitted_
    if len(fitted.baselines) > 1:
        return "auto"
    measured = float(fitted.attrs_for(fitted.baselines)["baseline_measured"])
    return measured if math.isfinite(measured) else "auto"
