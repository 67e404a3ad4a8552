"""Trials from an Optuna study, and Optuna's distributions as hyperparameters of a ConfigurationSpace."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

import numpy as np
from ConfigSpace import ConfigurationSpace
from ConfigSpace.hyperparameters import (
    Hyperparameter,
    UniformFloatHyperparameter,
    UniformIntegerHyperparameter,
)

from skhypershap.errors import TrialsWarning, unknown_name, warn
from skhypershap.space.distributions import MAX_STEPS, hyperparameter_from
from skhypershap.space.domains import EXACT_KEY, domain_of
from skhypershap.space.encoding import check_known
from skhypershap.space.value_keys import value_key
from skhypershap.trials.derived import without_derived
from skhypershap.trials.failure_metric import own_or
from skhypershap.trials.inferred_space import space_given, space_with_conditions
from skhypershap.trials.moving_ranges import Ranges, add_relations
from skhypershap.trials.readers.optuna_database import all_trials
from skhypershap.trials.records import Checked, Records

DURATION = "duration"
CONSTRAINTS = "constraints"  # in the system attributes of a trial
ROUNDING = 1e-9  # relative error of a sum of steps against the decimal number that is meant

Config = Mapping[str, Any]


class Objective(NamedTuple):
    """What is explained: its name, its direction, and how to read it from a trial."""

    name: str
    direction: str
    score_of: Callable[[Any], float]


def metric_of_failures(study: Any) -> str | int | None:
    """See `Reader`; all objectives of a trial fail together."""
    return own_or(study.metric_names or (), "0")


def metrics(study: Any) -> list[str]:
    """See `Reader`; the objectives."""
    return _objective_names(study)


def check(study: Any, *, space: Any = None, metric: str | int | None = None) -> Checked:
    """See `Reader`; `metric` may be an objective's position, or the duration in seconds."""
    objective = _objective(study, metric)
    built = space_given(space) if isinstance(space, ConfigurationSpace) else None
    return Checked(objective.name, built, space, details=objective)


def read(study: Any, checked: Checked, *, direction: str | None = None) -> Records:
    """See `Reader`; the details are the `Objective`."""
    objective: Objective = checked.details
    trials, failed, left_out = scored(study)
    configs = [config_of(trial) for trial in trials]
    if checked.given is None:
        inside = _inside(trials, configs)
        trials = [trials[row] for row in inside]
        configs = without_derived([configs[row] for row in inside])
    return Records(
        space=_space(checked, trials, configs),
        configs=configs,
        scores=[objective.score_of(trial) for trial in trials],
        metric=objective.name,
        direction=direction or objective.direction,
        fidelity=last_steps(trials),
        unknown=not checked.complete,
        failed=[config_of(trial) for trial in failed],
        left_out=left_out,
        constraints=constraints_array([_constraints_of(trial) for trial in trials]),
    )


def _constraints_of(trial: Any) -> dict[str, float]:
    """The values of a trial's constraints, which it keeps where they are zero or less.

    Optuna 5 stores each under a name of its own, earlier versions a list; both are read by hand for
    trials of any version.
    """
    stored = trial.system_attrs
    listed = enumerate(stored.get(CONSTRAINTS) or ())
    named = {key: value for key, value in stored.items() if key.startswith(f"{CONSTRAINTS}:")}
    return {**{str(position): value for position, value in listed}, **named}


def constraints_array(constraints: Sequence[Mapping[str, float]]) -> np.ndarray | None:
    """Values of constraints by trial and name, NaN where a trial lacks one; None without any.

    Optuna takes a constraint that is no number as broken.
    """
    names = list(dict.fromkeys(name for values in constraints for name in values))
    if not names:
        return None
    rows = [[values.get(name, -np.inf) for name in names] for values in constraints]
    found = np.array(rows, dtype=float)
    return np.where(np.isnan(found), np.inf, np.where(np.isneginf(found), np.nan, found))


def _space(
    checked: Checked, trials: Sequence[Any], configs: Sequence[Config]
) -> ConfigurationSpace:
    """The space that the user gave, or else the study's."""
    if checked.space is not None:
        return checked.space
    if checked.given is None:
        names = {name for config in configs for name in config}
        hyperparameters = [item for item in _hyperparameters(trials) if item.name in names]
        space = space_with_conditions(hyperparameters, configs)
        add_relations(space, configs, _ranges(trials))
        return space
    if not isinstance(checked.given, Mapping):
        return space_given(checked.given)
    check_known(configs, checked.given)  # before anything is inferred from what they lack
    return space_with_conditions(hyperparameters_given(checked.given), configs)


def _ranges(trials: Sequence[Any]) -> Ranges:
    """The range of each numeric hyperparameter in each trial that has it."""
    found: Ranges = {}
    for row, trial in enumerate(trials):
        for name, distribution in trial.distributions.items():
            if hasattr(distribution, "low"):
                found.setdefault(name, {})[row] = (distribution.low, distribution.high)
    return found


def _objective(study: Any, metric: str | int | None) -> Objective:
    """The objective to explain, or an error that lists those that are there."""
    directions = [direction.name.lower() for direction in study.directions]
    several = len(directions) > 1
    names = _objective_names(study)
    if metric == DURATION and DURATION not in names:
        return Objective(DURATION, "minimize", lambda trial: trial.duration.total_seconds())
    positions = [str(position) for position in range(len(names))]
    allowed = [*names, *positions, DURATION]
    if metric is None and several:
        raise ValueError(
            "The study has several objectives; choose the one to explain with metric=, by its name or "
            f"its position. Allowed: {', '.join(map(repr, allowed))}."
        )
    asked = "0" if metric is None else str(metric)
    if asked not in (*names, *positions):
        raise unknown_name("metric", metric, allowed)
    position = names.index(asked) if asked in names else int(asked)
    return Objective(names[position], directions[position], lambda trial: trial.values[position])


def _objective_names(study: Any) -> list[str]:
    n_objectives = len(study.directions)
    unnamed = [f"values_{i}" for i in range(n_objectives)] if n_objectives > 1 else ["value"]
    return list(study.metric_names or unnamed)


class Scored(NamedTuple):
    """The trials of a study that have a score, those that failed, and a sentence on what is left out."""

    trials: list[Any]
    failed: list[Any]
    left_out: str


def scored(study: Any) -> Scored:
    """Trials of a study that have a score, and those that failed, perhaps before they were complete.

    A pruned trial's score is its last report. If complete trials, too, end with the value that they
    report last, the pruned trial is one at a lower fidelity; without such trials the surrogate would see
    survivors only, and overestimate everything else. If intermediate values are not the objective,
    pruned trials are dropped.
    """
    trials = all_trials(study)
    states = Counter(trial.state.name for trial in trials)
    complete = [trial for trial in trials if trial.state.name == "COMPLETE"]
    if not complete:
        found = ", ".join(f"{count} {state}" for state, count in states.items()) or "none"
        raise ValueError(
            f"The study has no completed trial, so there is nothing to explain; its trials: {found}."
        )
    comparable = all(
        trial.intermediate_values
        and math.isclose(trial.intermediate_values[trial.last_step], trial.values[0])
        for trial in complete
    )
    kept = [
        trial
        for trial in trials
        if trial.state.name == "COMPLETE"
        or (trial.state.name == "PRUNED" and comparable and trial.values)
    ]
    n_failed, n_pruned = states["FAIL"], states["PRUNED"] - (len(kept) - len(complete))
    left_out = [f"{n_failed} failed"] if n_failed else []
    if n_pruned:
        why = "" if comparable else ", and complete ones do not end with the value they report"
        left_out.append(f"{n_pruned} were pruned without a score to compare{why}")
    sentence = f"{n_failed + n_pruned} of {len(trials)} trials are left out: {'; '.join(left_out)}."
    failed = [trial for trial in trials if trial.state.name == "FAIL"]
    return Scored(kept, failed, sentence if left_out else "")


def _inside(trials: Sequence[Any], configs: Sequence[Config]) -> list[int]:
    """Rows within the study's own distributions; one warning counts what was enqueued elsewhere.

    A space that contained such values would have many candidates where the study never searched.
    """
    outside: set[int] = set()
    for hyperparameter in _hyperparameters(trials):
        name = hyperparameter.name
        rows = [row for row, config in enumerate(configs) if name in config]
        numbers = domain_of(hyperparameter).encode([configs[row][name] for row in rows])
        outside.update(row for row, number in zip(rows, numbers, strict=True) if np.isnan(number))
    if outside:
        first = trials[min(outside)]
        warn(
            f"{len(outside)} of {len(trials)} trials have values outside the study's own "
            f"distributions and are left out; the first is number {first.number}: {first.params}. Give "
            "a wider space as space= to keep them.",
            TrialsWarning,
        )
    return [row for row in range(len(trials)) if row not in outside]


def last_steps(trials: Sequence[Any]) -> list[int] | None:
    """How far each trial went: to its last step if pruned, all the way if complete."""
    pruned = {trial.number: trial.last_step for trial in trials if trial.state.name == "PRUNED"}
    if not pruned:
        return None
    end = max(trial.last_step for trial in trials)
    return [pruned.get(trial.number, end) for trial in trials]


def config_of(trial: Any) -> dict[str, Any]:
    """Parameters of a trial; 0.3, not 0.30000000000000004, for a sum of steps of 0.1."""
    config = dict(trial.params)
    for name, distribution in trial.distributions.items():
        step, value = getattr(distribution, "step", None), config[name]
        if isinstance(step, float):
            near = _on_grid(distribution, round((value - distribution.low) / step))
            if math.isclose(near, value, rel_tol=ROUNDING, abs_tol=ROUNDING * step):
                config[name] = near
    return config


def _on_grid(distribution: Any, n_steps: int) -> Any:
    """Value that many steps above the lower bound."""
    if isinstance(distribution.step, int):
        return distribution.low + n_steps * distribution.step
    return float(Decimal(str(distribution.low)) + n_steps * Decimal(str(distribution.step)))


def _grid(distribution: Any) -> list[Any] | None:
    """All values of a distribution, None for a range of integers or where there are too many."""
    if distribution.low == distribution.high:
        return [distribution.low]
    if distribution.step is None or (isinstance(distribution.step, int) and distribution.step == 1):
        return None
    n_steps = round((distribution.high - distribution.low) / distribution.step)
    return [_on_grid(distribution, n) for n in range(n_steps + 1)] if n_steps < MAX_STEPS else None


def _hyperparameters(trials: Sequence[Any]) -> list[Hyperparameter]:
    """All hyperparameters of the trials; where distributions changed, the union of them."""
    found: dict[str, dict[int, Any]] = {}
    for trial in trials:
        for name, distribution in trial.distributions.items():
            found.setdefault(name, {})[id(distribution)] = distribution
    return [hyperparameter_of(name, _distinct(known.values())) for name, known in found.items()]


def _distinct(distributions: Iterable[Any]) -> list[Any]:
    """The first of equal distributions.

    A journal makes each trial's distributions anew, so their texts are compared first.
    """
    by_text: dict[str, Any] = {}
    for distribution in distributions:
        by_text.setdefault(repr(vars(distribution)), distribution)
    found: dict[Hashable, Any] = {}
    for distribution in by_text.values():
        found.setdefault(value_key(vars(distribution)), distribution)
    return list(found.values())


def hyperparameters_given(
    space: Mapping[str, Any], exact: Collection[str] = ()
) -> list[Hyperparameter]:
    """Hyperparameters of a dict of Optuna's distributions, scipy's, or lists of values."""
    return [
        hyperparameter_of(name, [values], exact=name in exact)
        if hasattr(values, "to_external_repr")
        else hyperparameter_from(name, [values], exact=name in exact)
        for name, values in space.items()
    ]


def hyperparameter_of(
    name: str, distributions: Sequence[Any], *, exact: bool = False
) -> Hyperparameter:
    """Build one hyperparameter from the distributions that Optuna drew it from.

    Raises
    ------
    ValueError
        If some are choices and some are ranges.
    """
    choices = [d.choices for d in distributions if hasattr(d, "choices")]
    if len(choices) == len(distributions):
        return hyperparameter_from(name, choices, exact=exact)
    if choices:
        raise ValueError(
            f"The study draws {name!r} from choices in some trials and from a range in others. Pass the "
            "space as space=."
        )
    grids = [_grid(distribution) for distribution in distributions]
    if all(grid is not None for grid in grids):
        return hyperparameter_from(name, grids, exact=exact)
    integer = all(isinstance(distribution.low, int) for distribution in distributions)
    kind = UniformIntegerHyperparameter if integer else UniformFloatHyperparameter
    return kind(
        name,
        min(distribution.low for distribution in distributions),
        max(distribution.high for distribution in distributions),
        log=all(distribution.log for distribution in distributions),
        meta={EXACT_KEY: True} if exact else None,
    )
