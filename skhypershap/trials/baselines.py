"""The configurations that tuning is measured against: from a word, a dict or a list of those."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any, NamedTuple

import numpy as np
from ConfigSpace import ConfigurationSpace

from skhypershap.errors import BaselineWarning, check_name, naming, shown, warn
from skhypershap.space.conditions import violates
from skhypershap.space.domains import domain_of
from skhypershap.space.encoding import as_own, encode
from skhypershap.space.value_keys import is_number, value_key
from skhypershap.trials.defaults import Defaults, typical
from skhypershap.trials.inferred_clauses import TAKEN, warn_if_always_failed, without_infeasible
from skhypershap.trials.inferred_space import was_inferred
from skhypershap.trials.trials import Trials

WORDS = ("default", "center", "median", "worst", "best")
SCORE_WORDS = ("auto", "predict")


class Baseline(NamedTuple):
    """A configuration that tuning is measured against.

    Attributes
    ----------
    config : dict
        Legal, without inactive hyperparameters.
    replaced : tuple of str
        The hyperparameters whose default lies outside the space, so that another value is used.
    assumed : bool
        Whether it is the center of the space because no default is known, and no warning says so yet.
    """

    config: dict[str, Any]
    replaced: tuple[str, ...] = ()
    assumed: bool = False


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
            with naming("baseline"):
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
    found = baselines_of(baseline, trials, defaults)
    sentence = describe_replaced(found, defaults)
    if sentence:
        warn(sentence, BaselineWarning)
    return [one.config for one in found]


def baselines_of(baseline: Any, trials: Trials, defaults: Defaults) -> list[Baseline]:
    """The same as `baseline_configs`, without a warning of defaults outside the space."""
    check_baseline(baseline, trials.space)
    members = baseline if isinstance(baseline, (list, tuple)) else [baseline]
    with naming("baseline"):
        return [_one_baseline(member, trials, defaults) for member in members]


def describe_replaced(
    baselines: Sequence[Baseline], defaults: Defaults, measured: str = ""
) -> str | None:
    """The message on defaults outside the space, or on none; `measured` is a sentence on scores."""
    assumed = next((baseline for baseline in baselines if baseline.assumed), None)
    if assumed is not None:
        return (
            f"No default is known, so baseline='default' is the center of the space: {assumed.config}. "
            "Pass baseline='center', another word or a dict to choose it and silence this warning."
        )
    replaced = dict.fromkeys(name for baseline in baselines for name in baseline.replaced)
    if not replaced:
        return None
    which = "; ".join(f"{name}: {defaults.replaced[name]}" for name in replaced)
    return (
        f"The default lies outside the search space for {which}.{measured} Pass baseline={{...}} to "
        "choose the values and silence this warning."
    )


def check_baseline_score(baseline_score: Any, baseline: Any) -> None:
    """Refuse a `baseline_score` that does not fit the baselines.

    Raises
    ------
    ValueError
        For an unknown word, a number that is not finite, or a list of another length than the
        baselines have.
    TypeError
        For anything but a word, a number, or a list of numbers.
    """
    if isinstance(baseline_score, str):
        check_name("baseline_score", baseline_score, SCORE_WORDS)
        return
    several = isinstance(baseline, (list, tuple))
    if isinstance(baseline_score, (list, tuple, np.ndarray)) and np.ndim(baseline_score):
        n_baselines = len(baseline) if several else 1
        if not several or len(baseline_score) != n_baselines:
            what = f"a list of {n_baselines} numbers" if several else "one number"
            raise ValueError(
                f"baseline_score must be {what}, as baseline is; got {len(baseline_score)} numbers."
            )
        scores = list(baseline_score)
    elif several:
        raise ValueError(
            f"baseline_score must be a list of {len(baseline)} numbers, one for each baseline; got "
            f"{baseline_score!r}."
        )
    else:
        scores = [baseline_score]
    for score in scores:
        if not isinstance(score, Real) or isinstance(score, (bool, np.bool_)):
            raise TypeError(
                "baseline_score must be 'auto', 'predict', a number, or a list of numbers; got "
                f"{score!r}."
            )
        if not is_number(score) or not np.isfinite(float(score)):
            raise ValueError(f"baseline_score must be finite; got {shown(score)}.")


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
            raise ValueError(
                f"{shown(value)} is no value of {name!r}. Allowed: {domain.describe()}."
            )


def _one_baseline(
    baseline: str | Mapping[str, Any], trials: Trials, defaults: Defaults
) -> Baseline:
    if baseline == "worst":
        return Baseline(dict(trials.configs[trials.worst]))
    if baseline == "best":
        return Baseline(dict(trials.configs[trials.incumbent]))
    if baseline == "center":
        return Baseline(_allowed(defaults.center, trials))
    if baseline == "median":
        middle = {name: typical(name, trials.space, trials.configs) for name in trials.space}
        return Baseline(_allowed(middle, trials))
    given = baseline if isinstance(baseline, Mapping) else {}
    if given:
        config = complete_config(given, {}, trials, defaults)
        warn_if_always_failed(trials, [config], "baseline", TAKEN)
    else:
        config = _allowed(defaults.values, trials)
    replaced = [name for name in config if name in defaults.replaced and name not in given]
    assumed = (
        not given
        and is_center(config, trials)
        and not defaults.known
        and not was_inferred(trials.space)
    )
    return Baseline(config, tuple(replaced), assumed)


def is_center(config: dict[str, Any], trials: Trials) -> bool:
    """Whether each value is the middle of its values, as of the baseline "center"."""
    center = trials.defaults.center
    return all(value_key(config[name]) == value_key(center[name]) for name in config)


def _allowed(config: dict[str, Any], trials: Trials) -> dict[str, Any]:
    """The configuration itself, or the trial most similar to it where the space forbids it."""
    space = without_infeasible(trials).space  # a baseline need not keep constraints
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
