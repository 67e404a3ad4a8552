"""The files of a SMAC run: read without SMAC, and refused as a whole where one entry is broken."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ConfigSpace import ConfigurationSpace

from skhypershap.trials.json_files import (
    COUNT,
    DICT,
    LIST,
    NUMBER,
    NUMBER_OR_NONE,
    TEXT,
    Kind,
    Place,
    check_within,
    configs_by_id,
    is_score,
    read_json,
)

FILES = ("scenario.json", "configspace.json", "runhistory.json")
# SMAC before 2.3 wrote these as a list, later versions write a dict.
FIELDS = ("config_id", "instance", "seed", "budget", "cost", "time", "status")
RUNNING, SUCCESS = 0, 1
STATES = range(5)  # running, success, crashed, timeout, memory


class Evaluation(NamedTuple):
    """One call of the target function: a configuration at one seed, instance and budget."""

    config_id: int
    budget: float | None
    costs: list[float]
    time: float
    status: int


class Run(NamedTuple):
    """The contents of a SMAC run, in whichever form it came."""

    space: ConfigurationSpace
    objectives: list[str]
    configs: Mapping[int, Mapping[str, Any]]
    evaluations: list[Evaluation]


def is_run(folder: Path) -> bool:
    """Whether a folder has the history of a SMAC run."""
    return (folder / FILES[-1]).is_file()


def run_in(folder: Path) -> Run:
    """Read the files of a run; this does not need SMAC."""
    missing = [name for name in FILES if not (folder / name).is_file()]
    if missing:
        raise _no_run(folder, missing)
    scenario, space_file, history_file = (folder / name for name in FILES)
    objectives = _objectives(scenario)
    space = space_in(space_file)
    place = Place(history_file)
    history = place.check(read_json(history_file), DICT)
    configs = configs_by_id(place.at("'configs'"), place.field(history, "configs", DICT))
    check_within(place, space, configs)
    rows = place.field(history, "data", LIST)
    read = [_evaluation(place.at(f"entry {n}"), row, objectives) for n, row in enumerate(rows)]
    for number, evaluation in enumerate(read):
        if evaluation.config_id not in configs:
            raise place.at(f"entry {number}").error(
                f"is of configuration {evaluation.config_id}, which is not among 'configs'"
            )
    return Run(space, objectives, configs, [one for one in read if one.status != RUNNING])


def space_in(file: Path) -> ConfigurationSpace:
    """The space in a file that ConfigSpace wrote."""
    contents = Place(file).check(read_json(file), DICT)
    Place(file).field(contents, "hyperparameters", LIST)
    try:
        with warnings.catch_warnings():  # about fields of old files, which are read correctly
            warnings.filterwarnings("ignore", "The field", UserWarning)
            return ConfigurationSpace.from_json(file)
    except Exception as error:  # whatever a broken file makes ConfigSpace raise
        raise ValueError(
            f"{str(file)!r} is no space that ConfigSpace can read ({type(error).__name__}: {error})."
        ) from error


def _objectives(file: Path) -> list[str]:
    """The names of the objectives; SMAC writes a single one without a list."""
    place = Place(file)
    scenario = place.check(read_json(file), DICT)
    kind = Kind("a name or a list of names", lambda value: isinstance(value, (str, list)))
    found = place.field(scenario, "objectives", kind)
    names = [found] if isinstance(found, str) else found
    for name in names:
        place.at("'objectives'").check(name, TEXT)
    if not names or len(set(names)) < len(names):
        raise place.at("'objectives'").error(f"must be distinct names; got {names!r}")
    return names


def _evaluation(place: Place, row: Any, objectives: list[str]) -> Evaluation:
    """Read one entry of the history."""
    if isinstance(row, list):
        if len(row) < len(FIELDS):
            raise place.error(
                f"must have {len(FIELDS)} fields ({', '.join(FIELDS)}); it has {len(row)}"
            )
        row = dict(zip(FIELDS, row, strict=False))
    place.check(row, DICT)
    status = place.field(row, "status", COUNT)
    if status not in STATES:
        raise place.at("'status'").error(f"must be from 0 to {STATES[-1]}; got {status}")
    return Evaluation(
        config_id=place.field(row, "config_id", COUNT),
        budget=place.field(row, "budget", NUMBER_OR_NONE),
        costs=_costs(place, row, objectives),
        time=place.field(row, "time", NUMBER),
        status=status,
    )


def _costs(place: Place, row: Mapping[str, Any], objectives: list[str]) -> list[float]:
    """One cost for each objective."""
    kind = Kind(
        "a number or a list of numbers",
        lambda value: (
            is_score(value)
            or (isinstance(value, list) and bool(value) and all(map(is_score, value)))
        ),
    )
    found = place.field(row, "cost", kind)
    costs = found if isinstance(found, list) else [found]
    if len(costs) != len(objectives) and row["status"] == SUCCESS:
        raise place.at("'cost'").error(
            f"has {len(costs)} costs, but the scenario has the objectives "
            f"{', '.join(map(repr, objectives))}"
        )
    return costs


def _no_run(folder: Path, missing: list[str]) -> FileNotFoundError:
    """The error for missing files; it names runs in subfolders, which SMAC nests by name and seed."""
    found = [str(file.parent) for depth in (1, 2) for file in folder.glob("*/" * depth + FILES[-1])]
    other = "" if folder.exists() else " There is nothing at this address."
    below = f" There are runs in {', '.join(map(repr, sorted(found)))}." if found else ""
    return FileNotFoundError(
        f"No SMAC run in {str(folder)!r}: it has no {', '.join(missing)}. A path must be the folder of "
        f"a run, scenario.output_directory, with {', '.join(FILES)}.{other}{below}"
    )
