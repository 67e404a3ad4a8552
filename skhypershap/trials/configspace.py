"""Trials from a ConfigurationSpace with configurations and scores handed in beside it."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import numpy as np
from ConfigSpace import ConfigurationSpace

from skhypershap.space import as_configs, as_own, check_supported, encode
from skhypershap.trials._trials import Trials, finished_trials


def check(
    source: ConfigurationSpace, *, space: Any = None, metric: str | None = None
) -> ConfigurationSpace:
    """Refuse early what `read` would refuse, and give the space."""
    if space is not None:
        raise ValueError(
            "space= is for sources that do not tell their space; search is one already."
        )
    check_supported(source)
    return source


def read(
    source: ConfigurationSpace,
    *,
    configs: Any,
    scores: Any,
    fidelity: Any = None,
    space: Any = None,
    metric: str | None = None,
    direction: str | None = None,
) -> Trials:
    """See `read_trials`."""
    check(source, space=space)
    if fidelity is not None:
        raise NotImplementedError(
            "Trials at several fidelities are not supported yet. Give the trials of one fidelity only."
        )
    if configs is None or scores is None:
        raise ValueError(
            "A ConfigurationSpace holds no results: call fit(configs, scores) with the configurations "
            "that ran and their scores."
        )
    configs = as_configs(configs, source)
    scores = np.asarray(scores, dtype=float)
    if scores.shape != (len(configs),):
        raise ValueError(
            f"scores must have one number for each of the {len(configs)} configurations; got an array "
            f"of shape {scores.shape}."
        )
    encode(source, configs)  # a value outside the space is an error even where the trial failed
    configs = as_own(source, configs)
    own = deepcopy(source)  # drawing the default must not touch the caller's random state
    return finished_trials(
        own,
        configs,
        scores,
        metric=metric or "score",
        direction=direction or "maximize",
        default=dict(own.get_default_configuration()),
    )
