"""The configuration that tuning is measured against, from a word, a dict or a list of those."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
from ConfigSpace import ConfigurationSpace

from skhypershap.domains import domain_of, value_key
from skhypershap.errors import BaselineWarning, check_name, warn
from skhypershap.space import as_own
from skhypershap.trials import Trials

WORDS = ("default", "median", "worst", "best")


def check_baseline(baseline: Any, space: ConfigurationSpace) -> None:
    """Refuse what can be no baseline, before there are trials to measure it on.

    Raises
    ------
    ValueError
        For an unknown word or name, a value outside the space, or an empty list.
    TypeError
        For anything but a word, a dict or a list of those.
    """
    if isinstance(baseline, str):
        check_name("baseline", baseline, WORDS)
    elif isinstance(baseline, (list, tuple)):
        if not baseline:
            raise ValueError("baseline is an empty list; give at least one baseline.")
        for member in baseline:
            if isinstance(member, (list, tuple)):
                raise TypeError("baseline must not be a list of lists.")
            check_baseline(member, space)
    elif isinstance(baseline, Mapping):
        check_partial(baseline, space)
    else:
        raise TypeError(
            f"baseline must be one of {', '.join(map(repr, WORDS))}, a dict, or a list of those; got "
            f"{type(baseline).__name__}."
        )


def baseline_configs(baseline: Any, trials: Trials) -> list[dict[str, Any]]:
    """Complete, legal configurations of one or several baselines.

    Parameters
    ----------
    baseline : str, dict or list of those
        As the constructor of `HyperSHAPExplainer` takes it.
    trials : Trials
        Where medians, modes and the default come from.

    Returns
    -------
    list of dict
        One configuration per baseline.
    """
    check_baseline(baseline, trials.space)
    members = baseline if isinstance(baseline, (list, tuple)) else [baseline]
    return [_one_baseline(member, trials) for member in members]


def complete_config(
    config: Mapping[str, Any], rest: Mapping[str, Any], trials: Trials
) -> dict[str, Any]:
    """Fill a configuration that a user gave in part; a value outside the space is an error."""
    check_partial(config, trials.space)
    return as_own(trials.space, [{**rest, **config}])[0]


def check_partial(config: Mapping[str, Any], space: ConfigurationSpace) -> None:
    """Check names and values of a configuration that may lack some of its hyperparameters."""
    for name, value in config.items():
        check_name("hyperparameter", name, space)
        domain = domain_of(space[name])
        if np.isnan(domain.encode([value])[0]):
            raise ValueError(f"{value!r} is no value of {name!r}. Allowed: {domain.describe()}.")


def _one_baseline(baseline: str | Mapping[str, Any], trials: Trials) -> dict[str, Any]:
    if isinstance(baseline, Mapping):
        unset = [name for name in trials.space if name not in baseline]
        return complete_config(baseline, _default(trials, unset), trials)
    if baseline == "median":
        return {name: _typical(name, trials) for name in trials.space}
    if baseline == "worst":
        return dict(trials.configs[trials.worst])
    if baseline == "best":
        return dict(trials.configs[trials.incumbent])
    return _default(trials, list(trials.space))


def _default(trials: Trials, names: list[str]) -> dict[str, Any]:
    """Defaults of some hyperparameters; one warning says what stands in for those outside."""
    if trials.default is None:
        return {name: _typical(name, trials) for name in names}
    config: dict[str, Any] = {}
    replaced: list[str] = []
    for name in names:
        domain = domain_of(trials.space[name])
        if trials.space[name].size == 1:  # what the user has fixed is no default to miss
            config[name] = trials.configs[0][name]
            continue
        if name not in trials.default:
            config[name] = _typical(name, trials)
            replaced.append(f"{name}: no default that the space can hold, {config[name]!r} is used")
            continue
        value = trials.default[name]
        if not np.isnan(domain.encode([value])[0]):
            (config[name],) = domain.own([value])
            continue
        nearest = domain.nearest(value)
        config[name] = _typical(name, trials) if nearest is None else nearest
        how = "of the trials" if nearest is None else "nearest to it"
        replaced.append(f"{name}: default {value!r}, {config[name]!r} ({how}) is used")
    if replaced:
        warn(
            f"The default lies outside the search space for {'; '.join(replaced)}. Say what you mean "
            "with a dict as baseline=, and this warning goes.",
            BaselineWarning,
        )
    return config


def _typical(name: str, trials: Trials) -> Any:
    """Median of the trials where values are ordered, otherwise their mode."""
    values = [config[name] for config in trials.configs]
    median = domain_of(trials.space[name]).median(values)
    if median is not None:
        return median
    counts = Counter(map(value_key, values))
    return max(values, key=lambda value: counts[value_key(value)])
