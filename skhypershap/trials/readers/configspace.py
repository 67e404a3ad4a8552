"""Trials from a ConfigurationSpace, with the configurations and scores passed beside it."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from ConfigSpace import ConfigurationSpace

from skhypershap.errors import naming
from skhypershap.space.encoding import (
    as_configs,
    check_names,
    check_supported,
    default_values,
    encode,
)
from skhypershap.trials.metric_names import by_position
from skhypershap.trials.records import Checked, Records


def check(
    source: ConfigurationSpace, *, space: Any = None, metric: str | int | None = None
) -> Checked:
    """See `Reader`."""
    if space is not None:
        raise ValueError(
            "space= is for sources that do not contain their space; search is a space already."
        )
    check_names(source)
    check_supported(source)
    return Checked(by_position(metric, ["score"]) or "score", deepcopy(source))


def read(source: ConfigurationSpace, checked: Checked, *, direction: str | None = None) -> Records:
    """See `Reader`; the details are the trials: configs, scores and perhaps fidelity."""
    space, given = checked.known_space, checked.details
    if given["configs"] is None or given["scores"] is None:
        raise ValueError(
            "A ConfigurationSpace holds no results: call fit(configs, scores) with the configurations "
            "that ran and their scores."
        )
    with naming("configs"):
        configs = as_configs(given["configs"], space)
        encode(space, configs)
    return Records(
        space=space,
        configs=configs,
        scores=given["scores"],
        metric=checked.metric,
        direction=direction or "maximize",
        default=default_values(space),
        fidelity=given["fidelity"],
    )
