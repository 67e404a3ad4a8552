"""The folder of a DeepCAVE run, as its Recorder wrote it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from ConfigSpace import ConfigurationSpace

from skhypershap.errors import unknown_name
from skhypershap.space.encoding import default_values
from skhypershap.trials.failure_metric import own_or
from skhypershap.trials.inferred_space import space_given
from skhypershap.trials.json_files import (
    COUNT,
    DICT,
    LIST,
    NUMBER,
    NUMBER_OR_NONE,
    TEXT,
    Place,
    check_within,
    configs_by_id,
    read_json,
    read_json_lines,
)
from skhypershap.trials.metric_names import by_position
from skhypershap.trials.readers.smac_files import space_in
from skhypershap.trials.records import Checked, Records

META, SPACE, CONFIGS, HISTORY = "meta.json", "configspace.json", "configs.json", "history.jsonl"
FILES = (META, SPACE, CONFIGS, HISTORY)
SUCCESS, NOT_EVALUATED = 1, 6
TIME = "time"
LENGTHS = (7, 8)  # of an entry; later versions have a seed after the budget


class Objective(NamedTuple):
    """One result of a run."""

    name: str
    direction: str


class Trial(NamedTuple):
    """One entry of the history."""

    config_id: int
    budget: float | None
    costs: list[float | None]
    status: int


class Run(NamedTuple):
    """The contents of a run."""

    space: ConfigurationSpace
    objectives: list[Objective]
    configs: dict[int, dict[str, Any]]
    trials: list[Trial]


def is_run(folder: Path) -> bool:
    """Whether a folder is that of a DeepCAVE run."""
    return (folder / HISTORY).is_file() and (folder / CONFIGS).is_file()


def metric_of_failures(source: Path) -> str | int | None:
    """See `Reader`; all objectives fail together."""
    names = [objective.name for objective in run_in(source).objectives]
    return own_or(names, names[0])


def check(source: Path, *, space: Any = None, metric: str | int | None = None) -> Checked:
    """See `Reader`; the details are the `Run`."""
    run = run_in(source)
    names = [objective.name for objective in run.objectives]
    asked = by_position(metric, names)
    others = [name for name in names if name != TIME]
    if asked is None and len(others) != 1:
        raise ValueError(
            f"The DeepCAVE run has several objectives ({', '.join(map(repr, names))}); choose one with "
            "metric=."
        )
    if asked is not None and asked not in names:
        raise unknown_name("metric", asked, names)
    built = space_given(run.space if space is None else space)
    return Checked(others[0] if asked is None else asked, built, space, details=run)


def read(source: Path, checked: Checked, *, direction: str | None = None) -> Records:
    """See `Reader`; the seeds of a configuration at one budget are one trial."""
    run: Run = checked.details
    position = [objective.name for objective in run.objectives].index(checked.metric)
    groups: dict[tuple[int, float | None], list[float]] = {}
    for trial in run.trials:
        cost = trial.costs[position] if trial.status == SUCCESS else None
        score = np.nan if cost is None else cost
        groups.setdefault((trial.config_id, trial.budget), []).append(score)
    budgets = [budget for _, budget in groups]
    known = all(budget is not None and np.isfinite(budget) for budget in budgets)
    return Records(
        space=checked.known_space,
        configs=[run.configs[config_id] for config_id, _ in groups],
        scores=[np.mean(scores) for scores in groups.values()],
        metric=checked.metric,
        direction=direction or run.objectives[position].direction,
        default=default_values(run.space),
        fidelity=budgets if known else None,
    )


def run_in(folder: Path) -> Run:
    """Read the files of a run; this does not need DeepCAVE."""
    missing = [name for name in FILES if not (folder / name).is_file()]
    if missing:
        raise FileNotFoundError(f"The DeepCAVE run in {str(folder)!r} has no {', '.join(missing)}.")
    objectives = _objectives(folder / META)
    space = space_in(folder / SPACE)
    place = Place(folder / CONFIGS)
    configs = configs_by_id(place, place.check(read_json(place.file), DICT))
    check_within(place, space, configs)
    trials = [
        _trial(where, row, configs, len(objectives))
        for where, row in read_json_lines(folder / HISTORY)
    ]
    trials = [trial for trial in trials if trial.status != NOT_EVALUATED]
    if not trials:
        raise ValueError(f"The DeepCAVE run in {str(folder)!r} has no trial.")
    return Run(space, objectives, configs, trials)


def _objectives(file: Path) -> list[Objective]:
    place = Place(file)
    found: list[Objective] = []
    for number, entry in enumerate(
        place.field(place.check(read_json(file), DICT), "objectives", LIST)
    ):
        where = place.at(f"objective {number}")
        where.check(entry, DICT)
        name, best = (where.field(entry, key, TEXT) for key in ("name", "optimize"))
        if best not in ("lower", "upper"):
            raise where.error(f"has optimize {best!r}, which must be 'lower' or 'upper'")
        found.append(Objective(name, "minimize" if best == "lower" else "maximize"))
    if not found:
        raise place.error("has no objectives")
    return found


def _trial(place: Place, row: Any, configs: dict[int, Any], n_objectives: int) -> Trial:
    """Read one entry of the history."""
    place.check(row, LIST)
    if len(row) not in LENGTHS:
        raise place.error(f"must have 7 or 8 fields; it has {len(row)}")
    config_id, budget = row[0], row[1]
    costs, status = row[len(row) - 5], row[len(row) - 2]
    place.at("configuration").check(config_id, COUNT)
    place.at("budget").check(budget, NUMBER_OR_NONE)
    place.at("status").check(status, COUNT)
    place.at("costs").check(costs, LIST)
    for cost in costs:
        place.at("costs").check(cost, NUMBER if status == SUCCESS else NUMBER_OR_NONE)
    if len(costs) != n_objectives:
        raise place.error(f"has {len(costs)} costs for {n_objectives} objectives")
    if config_id not in configs:
        raise place.error(f"is of configuration {config_id}, which is not in {CONFIGS}")
    return Trial(config_id, budget, costs, status)
