"""The configurations that tuning is measured against: from a word, a dict or a list of those."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from ConfigSpace import ConfigurationSpace

from skhypershap.errors import BaselineWarning, check_name, warn
from skhypershap.space.conditions import violates
from skhypershap.space.domains import domain_of, value_key
from skhypershap.space.encoding import as_own, encode
from skhypershap.trials.defaults import Defaults, typical
from skhypershap.trials.inferred_clauses import TAKEN, warn_if_always_failed
from skhypershap.trials.trials import Trials

WORDS = ("default", "median", "worst", "best")


def check_baseline(baseline: Any, space: ConfigurationSpace | None) -> None:
    """Refuse what cannot be a baseline, before there are trials; `space` is None where it is unknown.

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
        if space is not None:
            check_partial(baseline, space)
    else:
        raise TypeError(
            f"baseline must be one of {', '.join(map(repr, WORDS))}, a dict, or a list of those; got "
            f"{type(baseline).__name__}."
        )


def baseline_configs(baseline: Any, trials: Trials, defaults: Defaults) -> list[dict[str, Any]]:
    """Legal configurations of one or several baselines.

    Parameters
    ----------
    baseline : str, dict or list of those
        As the constructor of `HyperSHAPExplainer` takes it.
    trials : Trials
        Where medians, modes, the best and the worst come from.
    defaults : Defaults
        Of these trials.

    Returns
    -------
    list of dict
        One configuration per baseline, without inactive hyperparameters.
    """
    check_baseline(baseline, trials.space)
    members = baseline if isinstance(baseline, (list, tuple)) else [baseline]
    return [_one_baseline(member, trials, defaults) for member in members]


def complete_config(
    config: Mapping[str, Any], rest: Mapping[str, Any], trials: Trials, defaults: Defaults
) -> dict[str, Any]:
    """Complete a configuration that a user gave in part; values outside the space are an error."""
    check_partial(config, trials.space)
    configs = [{**defaults.values, **rest, **config}]
    # What always failed is forbidden only to what we propose.
    return as_own(trials.space, configs, encode(trials.searched_space, configs))[0]


def check_partial(config: Mapping[str, Any], space: ConfigurationSpace) -> None:
    """Check names and values of a configuration that may lack some of its hyperparameters."""
    for name, value in config.items():
        check_name("hyperparameter", name, space)
        domain = domain_of(space[name])
        if np.isnan(domain.encode([value])[0]):
            raise ValueError(f"{value!r} is no value of {name!r}. Allowed: {domain.describe()}.")


def _one_baseline(
    baseline: str | Mapping[str, Any], trials: Trials, defaults: Defaults
) -> dict[str, Any]:
    if baseline == "worst":
        return dict(trials.configs[trials.worst])
    if baseline == "best":
        return dict(trials.configs[trials.incumbent])
    if baseline == "median":
        middle = {name: typical(name, trials.space, trials.configs) for name in trials.space}
        return _allowed(middle, trials)
    given = baseline if isinstance(baseline, Mapping) else {}
    if given:
        config = complete_config(given, {}, trials, defaults)
        warn_if_always_failed(trials, [config], "baseline", TAKEN)
    else:
        config = _allowed(defaults.values, trials)
    replaced = [
        f"{name}: {defaults.replaced[name]}"
        for name in config
        if name in defaults.replaced and name not in given
    ]
    if replaced:
        warn(
            f"The default lies outside the search space for {'; '.join(replaced)}. Pass "
            "baseline={...} to choose the values and silence this warning.",
            BaselineWarning,
        )
    return config


def _allowed(config: dict[str, Any], trials: Trials) -> dict[str, Any]:
    """The configuration itself, or the trial most similar to it where the space forbids it."""
    space = trials.space
    vectors = encode(space, [config], forbidden=True)
    (legal,) = as_own(space, [config], vectors)
    if not violates(space, vectors)[0]:
        return legal
    keys = {name: value_key(value) for name, value in legal.items()}
    n_equal = [
        sum(value_key(value) == keys.get(name) for name, value in trial.items())
        for trial in trials.configs
    ]
    nearest = trials.configs[int(np.argmax(n_equal))]
    warn(
        f"The space forbids the baseline {legal}; the trial that has most in common with it is used: "
        f"{nearest}. Pass baseline={{...}} to choose another and silence this warning.",
        BaselineWarning,
    )
    return dict(nearest)
