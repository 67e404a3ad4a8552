"""Trials from optuna-integration's OptunaSearchCV: a scikit-learn search whose results are a study."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from ConfigSpace import ConfigurationSpace

from skhypershap._compat import float_is_fraction
from skhypershap.space.encoding import check_supported
from skhypershap.trials.inferred_space import space_given
from skhypershap.trials.readers.optuna_study import hyperparameters_given, trials_of_study
from skhypershap.trials.readers.search import check_ran, default_config, metric_name
from skhypershap.trials.trials import Trials

TIMES = ("fit_time", "score_time")


def check(search: Any, *, space: Any = None, metric: str | None = None) -> ConfigurationSpace:
    """Refuse before hours of search what `read` would refuse after them, and give the space."""
    metric_name(search, metric, ["score"], TIMES)
    given = search.param_distributions if space is None else space
    if isinstance(given, ConfigurationSpace) or not isinstance(given, Mapping):
        own = space_given(given)
    else:
        shares = [name for name in given if float_is_fraction(search.estimator, name)]
        own = ConfigurationSpace()
        own.add(hyperparameters_given(given, shares))
    check_supported(own)
    return own


def read(
    search: Any,
    *,
    space: Any = None,
    metric: str | None = None,
    direction: str | None = None,
) -> Trials:
    """See `read_trials`; pruned trials are read as those of any study are."""
    own = check(search, space=space, metric=metric)
    check_ran(search, "study_")
    name = metric_name(search, metric, ["score"], TIMES)
    is_time = name in TIMES

    def score_of(trial: Any) -> float:
        # A study that was begun elsewhere may hold trials without the times of scikit-learn.
        return trial.user_attrs.get(f"mean_{name}", np.nan) if is_time else trial.values[0]

    return trials_of_study(
        search.study_,
        score_of,
        space=own,
        metric=name,
        direction=direction or ("minimize" if is_time else "maximize"),
        default=default_config(search, own, ()),
    )
