"""Trials from a SMAC run: its facade, its run history and scenario, or the folder that it wrote."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
from ConfigSpace import ConfigurationSpace

from skhypershap.errors import unknown_name
from skhypershap.space.encoding import default_values
from skhypershap.trials.failure_metric import own_or
from skhypershap.trials.inferred_space import space_given
from skhypershap.trials.metric_names import by_position
from skhypershap.trials.readers.smac_files import RUNNING, SUCCESS, Evaluation, Run, run_in
from skhypershap.trials.records import Checked, Records

TIME = "time"


def metric_of_failures(source: Any) -> str | int | None:
    """See `Reader`; all objectives of an evaluation fail together."""
    objectives = _run_of(source).objectives
    return own_or(objectives, objectives[0])


def check(source: Any, *, space: Any = None, metric: str | int | None = None) -> Checked:
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


def _metric_name(run: Run, metric: str | int | None) -> str:
    """Name of the objective to explain, or an error that lists those that are there."""
    allowed = list(dict.fromkeys([*run.objectives, TIME]))
    metric = by_position(metric, run.objectives)
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
        run = run_in(Path(source))
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


def _as_list(one_or_several: Any) -> list[Any]:
    """A list of one or several; SMAC writes a single objective without a list."""
    return list(one_or_several) if isinstance(one_or_several, (list, tuple)) else [one_or_several]
