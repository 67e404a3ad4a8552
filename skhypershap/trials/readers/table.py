"""Trials from a DataFrame: one row per trial, a column per hyperparameter, and the scores."""

from __future__ import annotations

from typing import Any

import pandas as pd
from ConfigSpace import ConfigurationSpace

from skhypershap.errors import check_name
from skhypershap.space.encoding import configs_of_cells
from skhypershap.trials.inferred_space import space_given, space_inferred, space_told
from skhypershap.trials.trials import Trials, trials_of

SCORE, FIDELITY = "score", "fidelity"


def check(
    source: pd.DataFrame, *, space: Any = None, metric: str | None = None
) -> ConfigurationSpace | None:
    """Refuse early what `read` would refuse, and give the space if it is known."""
    if source.columns.has_duplicates:
        twice = source.columns[source.columns.duplicated()][0]
        raise ValueError(f"The DataFrame of trials has two columns {twice!r}.")
    own = None if space is None else space_given(space)
    score = SCORE if metric is None else metric
    rest = [name for name in source.columns if name != FIDELITY and name not in (own or ())]
    check_name("metric (the column of scores)", score, rest)
    for name in own or ():
        check_name("column of the DataFrame for the hyperparameter", name, source.columns)
    return own


def read(
    source: pd.DataFrame,
    *,
    space: Any = None,
    metric: str | None = None,
    direction: str | None = None,
) -> Trials:
    """See `read_trials`; columns that are neither in a given space nor score or fidelity are ignored."""
    own = check(source, space=space, metric=metric)
    score = SCORE if metric is None else metric
    if own is None:
        others = [name for name in source.columns if name not in (score, FIDELITY)]
        configs = configs_of_cells(source, others)
        own = space_inferred(configs)
    else:
        configs = configs_of_cells(source, list(own), own)
        own = space_told(space, own, configs)
    return trials_of(
        own,
        configs,
        source[score],
        metric=score,
        direction=direction or "maximize",
        fidelity=source.get(FIDELITY),
        unknown=not isinstance(space, ConfigurationSpace),
    )
