"""Trials from a ConfigurationSpace with configurations and scores handed in beside it."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from ConfigSpace import ConfigurationSpace

from skhypershap.space.encoding import as_configs, check_supported, default_values
from skhypershap.trials.trials import Trials, trials_of


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
    configs: Any = None,
    scores: Any = None,
    fidelity: Any = None,
    space: Any = None,
    metric: str | None = None,
    direction: str | None = None,
) -> Trials:
    """See `read_trials`."""
    check(source, space=space)
    if configs is None or scores is None:
        raise ValueError(
            "A ConfigurationSpace holds no results: call fit(configs, scores) with the configurations "
            "that ran and their scores."
        )
    own = deepcopy(source)  # drawing the default must not touch the caller's random state
    return trials_of(
        own,
        as_configs(configs, own),
        scores,
        metric=metric or "score",
        direction=direction or "maximize",
        default=default_values(own),
        fidelity=fidelity,
    )
