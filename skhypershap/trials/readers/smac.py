"""Trials from a SMAC run: its facade, its run history and scenario, or the folder that it wrote."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from ConfigSpace import ConfigurationSpace

from skhypershap.errors import unknown_name
from skhypershap.space.encoding import default_values
from skhypershap.trials.failure_metric import own_or
from skhypershap.trials.inferred_space import space_given
from skhypershap.trials.records import Checked, Records

FILES = ("scenario.json", "configspace.json", "runhistory.json")
# SMAC before 2.3 wrote these as a list, later versions write a dict.
FIELDS = ("config_id", "instance", "seed", "budget", "cost", "time", "status")
RUNNING, SUCCESS = 0, 1
TIME = "time"


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


def metric_of_failures(source: Any) -> str | int | None:
    """See `Reader`; all objectives of an evaluation fail together."""
    objectives = _run_of(source).objectives
    return own_or(objectives, objectives[0])


def check(source: Any, *, space: Any = None, metric: str | None = None) -> Checked:
    """See `Reader`."""
    run = _run_of(source)
    built = space_given(run.space if space is None else space)
    return Checked(_metric_name(run, metric), built, space, details=run)


def read(source: Any, checked: Checked, *, direction: str | None = None) -> Records:
    """See `Reader`; the seeds and instances of a configuration at one budget are one trial.

    Its score is their mean, over whichever of them SMAC has tried; it has failed if one of them has. The
    details are the `Run`.
    """
    run: Run = checked.details
    groups: dict[tuple[int, float | None], list[float]] = {}
    for evaluation in run.evaluations:
        key = (evaluation.config_id, evaluation.budget)
        groups.setdefault(key, []).append(_score(run, evaluation, checked.metric))
    budgets = [budget for _, budget in groups]
    return Records(
        space=checked.known_space,
        configs=[run.configs[config_id] for config_id, _ in groups],
        scores=[np.mean(scores) for scores in groups.values()],
        metric=checked.metric,
        direction=direction or "minimize",
        default=default_values(deepcopy(run.space)),
        fidelity=None if None in budgets else budgets,
    )


def _score(run: Run, evaluation: Evaluation, metric: str) -> float:
    """The score of an evaluation; NaN where it crashed or ran out of time or memory."""
    if evaluation.status != SUCCESS:
        return np.nan
    if metric in run.objectives:
        return evaluation.costs[run.objectives.index(metric)]
    return evaluation.time


def _metric_name(run: Run, metric: str | None) -> str:
    """Name of the objective to explain, or an error that lists those that are there."""
    allowed = list(dict.fromkeys([*run.objectives, TIME]))
    if metric is None and len(run.objectives) > 1:
        raise ValueError(
            f"The SMAC run has several objectives ({', '.join(map(repr, run.objectives))}); choose one "
            "with metric=."
        )
    if metric is not None and metric not in allowed:
        raise unknown_name("metric", metric, allowed)
    return run.objectives[0] if metric is None else metric


def _run_of(source: Any) -> Run:
    """Read a run from any of its forms, and refuse one without a finished trial."""
    if isinstance(source, (str, Path)):
        run = _run_in(Path(source))
    elif isinstance(source, tuple):
        run = _run_of_pair(source)
    elif hasattr(source, "get_config"):
        run = _run_of_history(source, None)
    else:
        run = _run_of_history(source.runhistory, source.scenario)
    if not run.evaluations:
        raise ValueError("The SMAC run has no finished trial yet; optimize() has to run first.")
    return run


def _run_of_pair(pair: tuple[Any, ...]) -> Run:
    """Read a run history and its scenario, in either order."""
    histories = [item for item in pair if hasattr(item, "get_config")]
    scenarios = [item for item in pair if hasattr(item, "configspace")]
    if len(pair) != 2 or not histories or not scenarios:
        raise TypeError(
            "A tuple must be a SMAC run as the pair (runhistory, scenario); got "
            f"({', '.join(type(item).__name__ for item in pair)}). For configurations and scores that "
            "you have use HyperSHAPExplainer(space).fit(configs, scores)."
        )
    return _run_of_history(histories[0], scenarios[0])


def _run_of_history(history: Any, scenario: Any | None) -> Run:
    """Read SMAC's objects; configurations hold the space, only the scenario names the objectives."""
    evaluations = [
        Evaluation(key.config_id, key.budget, _as_list(value.cost), value.time, int(value.status))
        for key, value in history.items()
        if value.status != RUNNING
    ]
    configs = {item.config_id: history.get_config(item.config_id) for item in evaluations}
    if scenario is not None:
        return Run(scenario.configspace, _as_list(scenario.objectives), configs, evaluations)
    if evaluations and len(evaluations[0].costs) > 1:
        raise ValueError(
            f"The run history has {len(evaluations[0].costs)} objectives, but not their names: pass the "
            "pair (runhistory, scenario) or the facade."
        )
    space = next((config.config_space for config in configs.values()), ConfigurationSpace())
    return Run(space, ["cost"], configs, evaluations)


def _run_in(folder: Path) -> Run:
    """Read the files of a run; this does not need SMAC."""
    missing = [name for name in FILES if not (folder / name).is_file()]
    if missing:
        raise _no_run(folder, missing)
    scenario, history = (_read_json(folder / name) for name in ("scenario.json", "runhistory.json"))
    with warnings.catch_warnings():  # about fields of old files, which are read correctly
        warnings.filterwarnings("ignore", "The field", UserWarning)
        space = ConfigurationSpace.from_json(folder / "configspace.json")
    rows = [
        row if isinstance(row, dict) else dict(zip(FIELDS, row, strict=False))
        for row in history["data"]
    ]
    evaluations = [
        Evaluation(
            row["config_id"], row["budget"], _as_list(row["cost"]), row["time"], row["status"]
        )
        for row in rows
        if row["status"] != RUNNING
    ]
    configs = {int(config_id): config for config_id, config in history["configs"].items()}
    return Run(space, _as_list(scenario["objectives"]), configs, evaluations)


def _no_run(folder: Path, missing: list[str]) -> FileNotFoundError:
    """The error for missing files; it names runs in subfolders, which SMAC nests by name and seed."""
    found = [str(file.parent) for depth in (1, 2) for file in folder.glob("*/" * depth + FILES[-1])]
    below = f" There are runs in {', '.join(map(repr, sorted(found)))}." if found else ""
    return FileNotFoundError(
        f"No SMAC run in {str(folder)!r}: it has no {', '.join(missing)}. A path must be the folder of "
        f"a run, scenario.output_directory, with {', '.join(FILES)}.{below}"
    )


def _read_json(file: Path) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise ValueError(f"{str(file)!r} is not a complete JSON file ({error}).") from error


def _as_list(one_or_several: Any) -> list[Any]:
    """A list of one or several; SMAC writes a single objective without a list."""
    return list(one_or_several) if isinstance(one_or_several, (list, tuple)) else [one_or_several]
