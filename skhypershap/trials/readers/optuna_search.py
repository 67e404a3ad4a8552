"""Trials from optuna-integration's OptunaSearchCV: a scikit-learn search whose results are a study."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from ConfigSpace import ConfigurationSpace

from skhypershap._compat import float_is_fraction
from skhypershap.space.encoding import check_supported
from skhypershap.trials.cv_results import metric_name
from skhypershap.trials.inferred_space import space_given
from skhypershap.trials.readers.optuna_study import (
    config_of,
    hyperparameters_given,
    last_steps,
    scored,
)
from skhypershap.trials.records import Checked, Records
from skhypershap.trials.search_space import EstimatorDefaults
from skhypershap.trials.searches import check_ran, untuned

TIMES = ("fit_time", "score_time")


def check(search: Any, *, space: Any = None, metric: str | int | None = None) -> Checked:
    """Refuse before hours of search what `read` would refuse after them; see `Reader`."""
    name = metric_name(search, metric, ["score"], TIMES)
    given = search.param_distributions if space is None else space
    if isinstance(given, ConfigurationSpace) or not isinstance(given, Mapping):
        built = space_given(given)
    else:
        exact = [name for name in given if float_is_fraction(search.estimator, name)]
        built = ConfigurationSpace()
        built.add(hyperparameters_given(given, exact))
    check_supported(built)
    return Checked(name, built, space, details=untuned(search))


def read(search: Any, checked: Checked, *, direction: str | None = None) -> Records:
    """See `Reader`; pruned trials are read as those of any study are."""
    check_ran(search, "study_")
    trials, failed, left_out = scored(search.study_)
    is_time, space = checked.metric in TIMES, checked.known_space
    if is_time:
        # A study that was begun elsewhere may hold trials without the times of scikit-learn.
        scores = [trial.user_attrs.get(f"mean_{checked.metric}", np.nan) for trial in trials]
    else:
        scores = [trial.values[0] for trial in trials]
    defaults: EstimatorDefaults | None = checked.details
    return Records(
        space=space,
        configs=[config_of(trial) for trial in trials],
        scores=scores,
        metric=checked.metric,
        direction=direction or ("minimize" if is_time else "maximize"),
        default=None if defaults is None else defaults.of_all(space, ()),
        fidelity=last_steps(trials),
        failed=[config_of(trial) for trial in failed],
        left_out=left_out,
    )
