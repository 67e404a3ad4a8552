"""Tables of scikit-learn: `pd.DataFrame(search.cv_results_)`, as it is or from a file."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from skhypershap.space.value_keys import value_key
from skhypershap.trials.cv_results import MEAN, RESOURCES, TEST, TIMES, column_of
from skhypershap.trials.tables.cells import Config

PARAM, PARAMS = "param_", "params"
SPLIT = re.compile(r"split\d+_(test|train)_.*")


def is_cv_results(table: pd.DataFrame) -> bool:
    """Whether columns are those of `cv_results_`.

    Besides parameters and a mean score there is anything else that only a search writes. A table with a
    few columns that somebody chose is read as any other.
    """
    names = list(table.columns)
    has_score = any(name.startswith(TEST) for name in names) or "test_score" in names
    has_parameters = PARAMS in names or any(name.startswith(PARAM) for name in names)
    marks = (PARAMS, *RESOURCES, *(f"{MEAN}{time}" for time in TIMES))
    written = any(
        name in marks or name.startswith(("rank_test_", "std_test_")) or SPLIT.fullmatch(name)
        for name in names
    )
    return has_score and has_parameters and written


def metric_column(table: pd.DataFrame, metric: Any) -> tuple[str, str]:
    """Name and column of a metric: a scorer's name, a time, or the column itself."""
    if isinstance(metric, str) and metric in table and metric.startswith(MEAN):
        metric = metric.removeprefix(TEST) if metric.startswith(TEST) else metric.removeprefix(MEAN)
    return column_of(_search_like(table), metric)


def metrics_of(table: pd.DataFrame) -> list[str]:
    """Names of all metrics."""
    return [name.removeprefix(TEST) for name in table if name.startswith(TEST)]


def _search_like(table: pd.DataFrame) -> Any:
    """What `column_of` reads of a search."""
    return SimpleNamespace(cv_results_={name: table[name] for name in table.columns})


def fidelity_of(table: pd.DataFrame) -> np.ndarray | None:
    """The resource of each row, None if the search had none."""
    found = (table[name].to_numpy(dtype=float) for name in RESOURCES if name in table)
    return next(found, None)


def params_of(table: pd.DataFrame) -> list[Config] | None:
    """What each row set, from the column of dicts or their text; None if it cannot be read.

    The dicts have the types that the columns of single parameters lose: 1 and 1.0, None and no value.
    """
    if PARAMS not in table:
        return None
    found: list[Config] = []
    for cell in table[PARAMS].tolist():
        try:
            params = ast.literal_eval(cell) if isinstance(cell, str) else cell
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return None
        if not isinstance(params, dict):
            return None
        found.append(dict(params))
    return found


def without_resource(configs: Sequence[Config], fidelity: np.ndarray | None) -> list[Config]:
    """Configurations without the parameter that a halving search set to the resource."""
    if fidelity is None or not len(configs):
        return list(configs)
    resource = {
        name
        for name in configs[0]
        if all(
            value_key(c.get(name)) == value_key(int(n))
            for c, n in zip(configs, fidelity, strict=True)
        )
    }
    if len(np.unique(fidelity)) == 1:
        resource = set()
    return [{name: v for name, v in config.items() if name not in resource} for config in configs]


def parameter_columns(table: pd.DataFrame) -> dict[str, str]:
    """The column of each parameter, by the parameter's own name."""
    return {
        name.removeprefix(PARAM): name
        for name in table.columns
        if name.startswith(PARAM) and name != PARAM
    }


def is_none_in_text(table: pd.DataFrame, name: str) -> np.ndarray:
    """Where the text of a row's parameters, which may hold estimators, sets a parameter to None."""
    if PARAMS not in table:
        return np.zeros(len(table), dtype=bool)
    text = table[PARAMS].map(str)
    return text.str.contains(f"{name!r}: None", regex=False).to_numpy(dtype=bool)
