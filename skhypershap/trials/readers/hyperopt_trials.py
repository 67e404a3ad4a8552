"""Trials from hyperopt: `hyperopt.Trials`, and as `space=` the search space of `fmin`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from ConfigSpace import ConfigurationSpace

from skhypershap.errors import TrialsWarning, unknown_name, warn
from skhypershap.space.distributions import choices_of
from skhypershap.space.domains import Choices, domain_of
from skhypershap.space.value_keys import is_number
from skhypershap.trials.derived import without_derived
from skhypershap.trials.failure_metric import own_or
from skhypershap.trials.inferred_space import space_given, space_of_trials
from skhypershap.trials.metric_names import by_position
from skhypershap.trials.readers.hyperopt_space import is_expression, space_of_expression
from skhypershap.trials.records import Checked, Records
from skhypershap.trials.search_space import dicts_of

LOSS = "loss"
RAISED = 3  # the state, hyperopt.JOB_STATE_ERROR, of trials that are not among `trials`


class Finished(NamedTuple):
    """The trials that ended, and for each choice of the space the values of its options."""

    trials: list[Any]
    options: Mapping[str, Sequence[Any]]


def metric_of_failures(source: Any) -> str | int | None:
    """See `Reader`."""
    return own_or([name for trial in _finished(source) for name in trial["result"]], LOSS)


def check(source: Any, *, space: Any = None, metric: str | int | None = None) -> Checked:
    """See `Reader`; `space` may also be the space of `fmin`."""
    finished = _finished(source)
    name = _metric_name(finished, metric)
    built, options = (None, {}) if space is None else _space_and_options(space)
    return Checked(name, built, space, details=Finished(finished, options))


def read(source: Any, checked: Checked, *, direction: str | None = None) -> Records:
    """See `Reader`; the details are `Finished`.

    Hyperparameters are hyperopt's labels, with the values that it drew for them; values that the space
    computes from these are not used. A choice has the values of its options. If there are
    hyperparameters in them, an option is named by the text that distinguishes it (`"svm"` in
    `{"type": "svm", "C": hp...}`), or else by its index, as in hyperopt itself.

    With a ConfigurationSpace or a dict as `space=`, an integer is an index where the space has a list
    of values; a `hp.randint` must be a range of integers there. Without `space=`, choices keep their
    indices.
    """
    name, (finished, options) = checked.metric, checked.details
    if direction is None and name != LOSS:
        raise ValueError(
            f"hyperopt minimises {LOSS!r}, but the direction of {name!r} is not known: pass "
            "direction='maximize' or direction='minimize'."
        )
    drawn = [_drawn(trial["misc"]["vals"]) for trial in finished]
    configs = [_with_options(config, options) for config in drawn]
    if checked.given is None:
        configs = without_derived(configs)
    has_conditions = is_expression(checked.given)
    space = checked.known_space if has_conditions else space_of_trials(checked, configs)
    n_raised = source.count_by_state_unsynced(RAISED)
    if n_raised:
        warn(
            f"{n_raised} trials raised an error; hyperopt keeps no result of them: they are left out.",
            TrialsWarning,
        )
    return Records(
        space=space,
        configs=configs,
        scores=[_score(trial["result"], name) for trial in finished],
        metric=name,
        direction=direction or "minimize",
        unknown=not checked.complete,
    )


def _finished(source: Any) -> list[Any]:
    """Trials that ended, with or without success."""
    finished = [trial for trial in source.trials if trial["result"].get("status") in ("ok", "fail")]
    if not finished:
        raise ValueError(
            f"The hyperopt Trials have no finished trial, and {source.count_by_state_unsynced(RAISED)} "
            "that raised an error. Run fmin with trials= first."
        )
    return finished


def _metric_name(finished: Sequence[Any], metric: str | int | None) -> str:
    """Name of the result to explain, or an error that lists those that are there."""
    results = [trial["result"] for trial in finished]
    numeric = [key for result in results for key, value in result.items() if is_number(value)]
    names = dict.fromkeys([LOSS, *numeric])
    metric = by_position(metric, list(names))
    if metric is not None and metric not in names:
        raise unknown_name("metric", metric, names)
    return LOSS if metric is None else str(metric)


def _score(result: Mapping[str, Any], name: str) -> float:
    """The score of a trial; NaN where it failed."""
    measured = result["status"] == "ok" and is_number(result.get(name))
    return float(result[name]) if measured else np.nan


def _drawn(values: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    """A trial's configuration; the list of an inactive label is empty in hyperopt."""
    return {label: np.asarray(drawn[0]).item() for label, drawn in values.items() if len(drawn)}


def _space_and_options(space: Any) -> tuple[ConfigurationSpace, Mapping[str, Sequence[Any]]]:
    """Read `space=`, and list for each choice the values of its indices, in the user's order."""
    if is_expression(space):
        return space_of_expression(space)
    built = space_given(space)
    if isinstance(space, ConfigurationSpace):
        domains = {name: domain_of(hyperparameter) for name, hyperparameter in built.items()}
        return built, {name: d.values for name, d in domains.items() if isinstance(d, Choices)}
    lists: dict[str, list[Any]] = {}
    for entry in dicts_of(space):
        for name, given in entry.items():
            lists.setdefault(name, []).extend(choices_of(name, given) or [])
    return built, {name: values for name, values in lists.items() if values}


def _with_options(
    config: Mapping[str, Any], options: Mapping[str, Sequence[Any]]
) -> dict[str, Any]:
    """Replace the indices of choices by their values."""
    values = dict(config)
    for label, index in config.items():
        if label in options and isinstance(index, int):
            if not 0 <= index < len(options[label]):
                raise ValueError(
                    f"hyperopt chose option {index} of {label!r}, but space= has {len(options[label])} "
                    "values for it. A list must have the options of the hp.choice in their order; for "
                    "a hp.randint pass a range of integers: scipy.stats.randint(low, high)."
                )
            values[label] = options[label][index]
    return values
