"""Trials from a DataFrame: one row per trial, a column per hyperparameter, and the scores.

Tables of scikit-learn, Optuna and of trackers of runs are recognised by their columns; see
`trials.tables`.
"""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd
from ConfigSpace import ConfigurationSpace

from skhypershap.errors import unknown_name
from skhypershap.trials.cv_results import TIMES
from skhypershap.trials.failure_metric import FAILED, own_or
from skhypershap.trials.fold_errors import fold_errors
from skhypershap.trials.inferred_space import space_given
from skhypershap.trials.records import Checked, Records
from skhypershap.trials.tables import cv_results_table, optuna_table, run_records
from skhypershap.trials.tables.cells import check_sizes
from skhypershap.trials.tables.columns import (
    RESULT_NAME,
    columns_left_out,
    likely_scores,
    looks_lower_better,
    score_columns,
)
from skhypershap.trials.tables.layout import FIDELITY, Layout, named
from skhypershap.trials.tables.reading import Rows, records_of_rows
from skhypershap.trials.tables.run_tables import run_table

SCORE = "score"


def metric_of_failures(source: pd.DataFrame) -> str | int | None:
    """See `Reader`; all metrics of a row fail together."""
    table = named(source)
    if cv_results_table.is_cv_results(table):
        names = cv_results_table.metrics_of(table)
        return own_or(names, names[0] if len(names) > 1 else None)
    if optuna_table.is_trials_dataframe(table):
        return own_or(optuna_table.objectives_of(table), "0")
    runs = run_table(table)
    if runs is not None:
        return run_records.metric_of_failures(runs)
    return own_or(table.columns, _metric_with_failures(table))


def _metric_with_failures(table: pd.DataFrame) -> str | None:
    """The column of scores in a plain table: "score" (None), or a result with empty cells.

    Several will do where the same rows lack them, as all results of a trial fail together.
    """
    means = [name for name in table.columns if name.startswith("mean_test_")]
    if SCORE in table or FAILED in table or len(means) == 1:
        return None
    results = [name for name in table.columns if RESULT_NAME.fullmatch(name)]
    failed = {
        name: ~np.isfinite(run_records.numbers_in(table[name], name))
        for name in score_columns(table, results)
    }
    empty = [name for name, rows in failed.items() if rows.any()]
    if len({failed[name].tobytes() for name in empty}) == 1:
        return empty[0]
    if len(results) == 1:
        return results[0]
    raise ValueError(
        "metric='failed' needs to know the column of scores, since a trial without a score failed. Name "
        f"it {SCORE!r}: table.rename(columns={{...: {SCORE!r}}})."
    )


def check(source: pd.DataFrame, *, space: Any = None, metric: str | int | None = None) -> Checked:
    """See `Reader`; the details are the `Layout` of the table."""
    table = named(source)
    check_sizes(table)
    if isinstance(space, Mapping) and not isinstance(space, ConfigurationSpace):
        space = {str(name): values for name, values in space.items()}
    if optuna_table.is_trials_dataframe(table):
        name, column = optuna_table.metric_column(table, metric)
        built = space_given(space) if isinstance(space, ConfigurationSpace) else None
        layout = Layout("optuna", column, optuna_table.parameter_columns(table))
    else:
        runs = None if cv_results_table.is_cv_results(table) else run_table(table)
        if runs is not None:
            return run_records.check(runs, space, metric)
        built = None if space is None else space_given(space)
        if cv_results_table.is_cv_results(table):
            name, column = cv_results_table.metric_column(table, metric)
            layout = Layout("cv_results", column, _cv_parameters(table))
        else:
            name = column = _plain_metric(table, metric, built)
            layout = Layout("plain", column, _plain_parameters(table, column))
    names = (built or space) if isinstance(space, Mapping) else built
    for given in names or ():
        if built is not None and given in built and built.parents_of[given]:
            continue  # it may be inactive in all rows
        if given not in layout.parameters and given not in layout.parameters.values():
            raise unknown_name(
                "column of the DataFrame for the hyperparameter", given, layout.parameters
            )
    return Checked(name, built, space, details=layout)


def read(source: pd.DataFrame, checked: Checked, *, direction: str | None = None) -> Records:
    """See `Reader`; with a given space only its columns, the scores and the fidelity are read."""
    if isinstance(checked.details, run_records.RunsRead):
        return run_records.read(checked, direction)
    table, layout = named(source), checked.details
    fidelity = _floats(table, FIDELITY) if FIDELITY in table else None
    if layout.kind == "optuna":
        scores = optuna_table.scores_of(table, layout.score)
        states = optuna_table.states_of(table, scores)
        ended = optuna_table.ended_trials(states, scores, fidelity)
        rows = Rows(table, scores, fidelity, *ended, optuna_table.constraints_of(table))
        lower = optuna_table.is_loss(checked.metric)
    elif layout.kind == "cv_results":
        resources = cv_results_table.fidelity_of(table)
        fidelity = fidelity if resources is None else resources
        errors = fold_errors(dict(table.items()), layout.score, fidelity)
        scores = _floats(table, layout.score)
        rows = Rows(table, scores, fidelity, list(range(len(table))), errors=errors)
        lower = checked.metric in TIMES
    else:
        scores = run_records.numbers_in(table[layout.score], layout.score)
        rows = Rows(table, scores, fidelity, list(range(len(table))))
        if checked.given is None:
            names = list(layout.parameters)
            layout = layout._replace(left_out=columns_left_out(table, names, layout.score))
        lower = looks_lower_better(checked.metric)
    return records_of_rows(rows, checked, layout, direction, lower_is_better=lower)


def _floats(table: pd.DataFrame, column: str) -> np.ndarray:
    return run_records.numbers_in(table[column], column)


def _cv_parameters(table: pd.DataFrame) -> dict[str, str]:
    """The parameters by name; those that only the dicts of a row set have no column."""
    found = cv_results_table.parameter_columns(table)
    for config in cv_results_table.params_of(table) or ():
        for name in config:
            found.setdefault(str(name), "")
    return found


def _plain_metric(table: pd.DataFrame, metric: Any, built: ConfigurationSpace | None) -> str:
    """The column of scores: the one that is named, "score", or the only mean of test scores."""
    columns = [name for name in table.columns if name != FIDELITY and name not in (built or ())]
    metric = str(metric) if isinstance(metric, Integral) else metric
    if metric == "0" and metric not in columns:
        metric = None  # the first objective is the only one, if it is known at all
    if metric is not None and metric not in columns:
        raise unknown_name("metric (the column of scores)", metric, score_columns(table, columns))
    if metric is not None:
        return str(metric)
    if SCORE in columns:
        return SCORE
    if not columns:
        raise ValueError("The DataFrame of trials has no columns, so there is nothing to explain.")
    means = [name for name in columns if name.startswith("mean_test_")]
    if len(means) == 1:
        return means[0]
    raise ValueError(
        f"Unknown metric (the column of scores) {SCORE!r}: the DataFrame has no such column. Pass "
        f"metric= one of {', '.join(map(repr, likely_scores(table, columns)))}."
    )


def _plain_parameters(table: pd.DataFrame, score: str) -> dict[str, str]:
    return {name: name for name in table.columns if name not in (score, FIDELITY)}
