"""Trials from Ray Tune: the `ResultGrid` that `Tuner.fit()` returns."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from ConfigSpace import ConfigurationSpace
from ConfigSpace.hyperparameters import Hyperparameter, UniformIntegerHyperparameter
from scipy.stats import loguniform, norm, randint, uniform

from skhypershap._compat import class_names, tuner_objective
from skhypershap.errors import unknown_name
from skhypershap.space.distributions import MAX_STEPS, hyperparameter_from
from skhypershap.space.value_keys import is_number, value_key
from skhypershap.trials.derived import without_derived
from skhypershap.trials.failure_metric import own_or
from skhypershap.trials.inferred_space import space_given, space_inferred, space_of_trials
from skhypershap.trials.metric_names import by_position
from skhypershap.trials.records import Checked, Records
from skhypershap.trials.rounded import rounded, weighted

DOMAIN = "ray.tune.search.sample.Domain"
GRID = "grid_search"
ITERATION = "training_iteration"
TIMES = ("time_total_s", "time_this_iter_s")
# Numbers that Ray reports for every trial, besides those of the user.
NOT_SCORES = (ITERATION, "timestamp", "pid", "time_since_restore", "iterations_since_restore")

Configs = Sequence[Mapping[str, Any]]


def metric_of_failures(source: Any) -> str | int | None:
    """See `Reader`; without a metric in its TuneConfig a time, which every trial reports."""
    names = [name for result in _started(source) for name in _flat(result.metrics)]
    return own_or(names, tuner_objective(source)[0] or TIMES[0])


def check(source: Any, *, space: Any = None, metric: str | int | None = None) -> Checked:
    """See `Reader`; `space` may also be the `param_space` of the Tuner."""
    name = _metric_name(source, metric)
    built = None if space is None or _is_param_space(space) else space_given(space)
    return Checked(name, built, space)


def read(source: Any, checked: Checked, *, direction: str | None = None) -> Records:
    """See `Reader`.

    A score is what a trial reported last. Where trials stopped after different numbers of iterations
    (by a scheduler, for example), these are the fidelity. Names inside nested dicts are joined by "/",
    as in Ray's DataFrame.
    """
    name = checked.metric
    direction = direction or _direction(source, name)
    space, configs = _space_and_configs(source, checked)
    results = _started(source)
    metrics = [_flat(result.metrics) for result in results]
    scores = [
        reported[name] if result.error is None and is_number(reported.get(name)) else np.nan
        for result, reported in zip(results, metrics, strict=True)
    ]
    return Records(
        space=space,
        configs=configs,
        scores=scores,
        metric=name,
        direction=direction,
        fidelity=[reported.get(ITERATION, 0) for reported in metrics],
        unknown=not checked.complete,
    )


def _started(source: Any) -> list[Any]:
    """Results of the trials that have started; the others have no configuration yet."""
    return [result for result in source if result.config is not None]


def _metric_name(source: Any, metric: str | int | None) -> str:
    """Name of the metric to explain, or an error that lists those that are there."""
    results = [result for result in _started(source) if result.error is None]
    if not results:
        raise ValueError(
            "The ResultGrid has no trial that ended without an error, so there is no score to explain."
        )
    names = dict.fromkeys(
        name
        for result in results
        for name, value in _flat(result.metrics).items()
        if is_number(value) and name not in NOT_SCORES and not name.startswith("config/")
    )
    own = tuner_objective(source)[0]
    objectives = [name for name in names if name not in TIMES]
    objectives.sort(key=lambda name: name != own)  # the Tuner's own metric is the first
    name = own if metric is None else by_position(metric, objectives)
    if name is None:
        raise ValueError(
            "The Tuner was given no metric in its TuneConfig; choose one with metric=: "
            f"{', '.join(map(repr, names))}."
        )
    if name not in names:
        raise unknown_name("metric", name, names)
    return name


def _direction(source: Any, name: str) -> str:
    """Direction of the Tuner's metric or of a time; for any other metric it is not known."""
    metric, mode = tuner_objective(source)
    if name == metric and mode is not None:
        return {"min": "minimize", "max": "maximize"}[mode]
    if name in TIMES:
        return "minimize"
    raise ValueError(
        f"The Tuner's TuneConfig has no direction for {name!r}: pass direction='maximize' or "
        "direction='minimize'."
    )


def _space_and_configs(source: Any, checked: Checked) -> tuple[ConfigurationSpace, Configs]:
    """The space that was given, or an inferred one, and the configurations under its names."""
    nested = [result.config for result in _started(source)]
    if _is_param_space(checked.given):
        entries = dict(_entries(checked.given))
        configs = _without_constants(nested, entries)
        return _space_of_entries(entries, configs), configs
    if checked.space is None:
        configs = without_derived([_flat(config) for config in nested])
    else:
        configs = _without_constants(nested, checked.space)
    return space_of_trials(checked, configs), configs


def _without_constants(nested: Configs, known: Any) -> Configs:
    """Configurations without constants (a path, for example) that the space does not have."""
    configs = [_flat(config, whole=known) for config in nested]
    tried: dict[str, set[Hashable]] = {}
    for config in configs:
        for name, value in config.items():
            tried.setdefault(name, set()).add(value_key(value))
    return [
        {name: value for name, value in config.items() if name in known or len(tried[name]) > 1}
        for config in configs
    ]


def _flat(nested: Mapping[str, Any], before: str = "", whole: Any = ()) -> dict[str, Any]:
    """Join the names of nested dicts by a slash; dicts under the names in `whole` are values."""
    flat: dict[str, Any] = {}
    for key, value in nested.items():
        name = f"{before}{key}"
        if isinstance(value, Mapping) and name not in whole:
            flat |= _flat(value, f"{name}/", whole)
        else:
            flat[name] = value
    return flat


def space_of_param_space(space: Any, configs: Configs) -> ConfigurationSpace | None:
    """The space of a Tuner's `param_space`, None if `space` is anything else."""
    return _space_of_entries(dict(_entries(space)), configs) if _is_param_space(space) else None


def _is_domain(entry: Any) -> bool:
    return DOMAIN in class_names(entry)


def _is_param_space(space: Any) -> bool:
    """Whether a space is a Tuner's: no other has entries that are Ray's domains or dicts."""
    if not isinstance(space, Mapping) or isinstance(space, ConfigurationSpace):
        return False
    return any(isinstance(entry, Mapping) or _is_domain(entry) for entry in space.values())


def _entries(space: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """Name and entry of everything that can vary in a Tuner's `param_space`."""
    for key, entry in space.items():
        if isinstance(entry, Mapping) and set(entry) != {GRID}:
            yield from _entries(entry, f"{before}{key}/")
        elif isinstance(entry, Mapping) or _is_domain(entry):
            yield f"{before}{key}", entry


def _space_of_entries(entries: Mapping[str, Any], configs: Configs) -> ConfigurationSpace:
    """Build the space of a `param_space`; that of a function is inferred from the trials."""
    functions = [name for name, entry in entries.items() if _is_function(entry)]
    tried = [{name: config[name] for name in functions} for config in configs]
    known = dict(space_inferred(tried)) if functions else {}
    space = ConfigurationSpace()
    space.add([known.get(name) or _hyperparameter(name, entry) for name, entry in entries.items()])
    return space


def _is_function(entry: Any) -> bool:
    """Whether values came from a `sample_from`, whose possible values are unknown."""
    return not isinstance(entry, Mapping) and entry.is_function()


def _hyperparameter(name: str, entry: Any) -> Hyperparameter:
    """Build one hyperparameter from an entry of a `param_space`."""
    if isinstance(entry, Mapping):
        return hyperparameter_from(name, [entry[GRID]])
    if hasattr(entry, "categories"):
        if any(_is_param_space(choice) for choice in entry.categories):
            raise ValueError(
                f"The choices of {name!r} contain domains, which is not supported. Leave out space=, "
                "and the space is inferred from the trials with its conditions, or describe it with a "
                "ConfigurationSpace."
            )
        return hyperparameter_from(name, [entry.categories])
    sampler = entry.get_sampler()
    step = getattr(sampler, "q", None)
    sampler = sampler if step is None else sampler.get_sampler()
    if type(entry).__name__ == "Integer":
        return _integer(name, entry.lower, entry.upper, step, log=str(sampler) == "LogUniform")
    distribution = {
        "Uniform": lambda: uniform(entry.lower, entry.upper - entry.lower),
        "LogUniform": lambda: loguniform(entry.lower, entry.upper),
        "Normal": lambda: norm(sampler.mean, sampler.sd),
    }[str(sampler)]()
    return hyperparameter_from(
        name, [distribution if step is None else rounded(distribution, step)]
    )


def _integer(name: str, lower: int, upper: int, step: int | None, *, log: bool) -> Hyperparameter:
    """Build an integer; Ray draws the upper bound only where there is a step other than 1."""
    if step not in (None, 1):
        counts = np.arange(-(-lower // step), upper // step + 1)
        if len(counts) <= MAX_STEPS:
            weights = np.log1p(1 / counts) if log else np.ones(len(counts))
            return hyperparameter_from(name, [weighted(counts * step, weights)])
        upper += 1
    if log and upper - lower > 1:
        return UniformIntegerHyperparameter(name, lower, upper - 1, log=True)
    return hyperparameter_from(name, [randint(lower, upper)])
