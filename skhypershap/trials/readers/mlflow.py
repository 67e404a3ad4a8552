"""Trials of an MLflow experiment: `"mlflow:NAME"`, or the experiment itself.

Its runs are what `mlflow.search_runs` finds with the tracking URI that is set.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from skhypershap._compat import optional
from skhypershap.errors import unknown_name
from skhypershap.trials.readers import table
from skhypershap.trials.records import Checked, Records

PREFIX = "mlflow:"


def metric_of_failures(source: Any) -> str | int | None:
    """See `Reader`."""
    return table.metric_of_failures(_runs_of(source))


def check(source: Any, *, space: Any = None, metric: str | int | None = None) -> Checked:
    """See `Reader`; the details are the runs as a table, and what was found in it."""
    frame = _runs_of(source)
    checked = table.check(frame, space=space, metric=metric)
    return Checked(checked.metric, checked.space, checked.given, (frame, checked))


def read(source: Any, checked: Checked, *, direction: str | None = None) -> Records:
    """See `Reader`."""
    frame, inner = checked.details
    return table.read(frame, inner, direction=direction)


def _runs_of(source: Any) -> pd.DataFrame:
    """All runs of an experiment as a table."""
    mlflow = optional("mlflow", "mlflow")
    if isinstance(source, str):
        name = source.removeprefix(PREFIX).removeprefix("//")
        experiment = mlflow.get_experiment_by_name(name)
        if experiment is None:
            names = [found.name for found in mlflow.search_experiments()]
            raise unknown_name("MLflow experiment", name, names)
    else:
        experiment = source
    found: pd.DataFrame = mlflow.search_runs(experiment_ids=[experiment.experiment_id])
    if not len(found):
        raise ValueError(f"The MLflow experiment {experiment.name!r} has no runs.")
    return found
