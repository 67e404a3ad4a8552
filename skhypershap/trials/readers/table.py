"""Trials from a DataFrame: one row per trial, a column per hyperparameter, and the scores."""

from __future__ import annotations

from typing import Any

import pandas as pd

from skhypershap.errors import check_name
from skhypershap.space.encoding import configs_of_cells
from skhypershap.trials.failure_metric import own_or
from skhypershap.trials.inferred_space import space_given, space_of_trials
from skhypershap.trials.records import Checked, Records

SCORE, FIDELITY = "score", "fidelity"


def metric_of_failures(source: pd.DataFrame) -> str | int | None:
    """See `Reader`."""
    return own_or(source.columns, None)


def check(source: pd.DataFrame, *, space: Any = None, metric: str | None = None) -> Checked:
    """See `Reader`."""
    if source.columns.has_duplicates:
        twice = source.columns[source.columns.duplicated()][0]
        raise ValueError(f"The DataFrame of trials has two columns {twice!r}.")
    built = None if space is None else space_given(space)
    score = SCORE if metric is None else metric
    rest = [name for name in source.columns if name != FIDELITY and name not in (built or ())]
    check_name("metric (the column of scores)", score, rest)
    for name in built or ():
        check_name("column of the DataFrame for the hyperparameter", name, source.columns)
    return Checked(score, built, space)


def read(source: pd.DataFrame, checked: Checked, *, direction: str | None = None) -> Records:
    """See `Reader`; with a given space only its columns, the scores and the fidelity are read."""
    score = checked.metric or SCORE
    names = [name for name in source.columns if name not in (score, FIDELITY)]
    if checked.space is not None:
        names = list(checked.space)
    configs = configs_of_cells(source, names, checked.space)
    return Records(
        space=space_of_trials(checked, configs),
        configs=configs,
        scores=source[score],
        metric=score,
        direction=direction or "maximize",
        fidelity=source.get(FIDELITY),
        unknown=not checked.complete,
    )
