"""Rows of a table as `Records`: their cells, with a given space or without."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from ConfigSpace import ConfigurationSpace
from ConfigSpace.hyperparameters import Hyperparameter

from skhypershap.errors import TrialsWarning, warn
from skhypershap.space.domains import domain_of
from skhypershap.trials.derived import without_derived
from skhypershap.trials.inferred_space import (
    EVIDENCE,
    space_given,
    space_of_trials,
    space_with_conditions,
)
from skhypershap.trials.readers.optuna_study import hyperparameters_given
from skhypershap.trials.records import Checked, Records
from skhypershap.trials.tables.absent_values import fill_failed, fill_none
from skhypershap.trials.tables.cells import (
    Column,
    Config,
    column_of_cells,
    configs_of_columns,
    is_range,
    own_cells,
    unsure_of_none,
)
from skhypershap.trials.tables.columns import described
from skhypershap.trials.tables.cv_results_table import (
    is_none_in_text,
    params_of,
    without_resource,
)
from skhypershap.trials.tables.layout import Layout


@dataclass(frozen=True)
class Rows:
    """The rows of a table: all scores and resources, and which rows are trials.

    Attributes
    ----------
    table : DataFrame
        With text as names of columns.
    scores : array-like of shape (n_rows,)
        NaN where a trial failed.
    fidelity : ndarray of shape (n_rows,) or None
        The resource of each row.
    scored, failed : list of int
        Positions of trials that are read, and of those that failed, perhaps before they were complete.
    left_out : str
        See `Records`.
    constraints : ndarray of shape (n_rows, n_constraints) or None
        Values of constraints; see `Records`.
    errors : ndarray of shape (n_rows,) or None
        Standard errors of scores; see `Records`.
    """

    table: pd.DataFrame
    scores: Any
    fidelity: np.ndarray | None
    scored: list[int]
    failed: list[int] = field(default_factory=list)
    left_out: str = ""
    constraints: np.ndarray | None = None
    errors: np.ndarray | None = None


def records_of_rows(
    rows: Rows, checked: Checked, layout: Layout, direction: str | None, *, lower_is_better: bool
) -> Records:
    """Make records of the rows of a table.

    Parameters
    ----------
    rows : Rows
        The trials.
    checked : Checked
        The metric, and the space where one is given.
    layout : Layout
        Of the table.
    direction : {"maximize", "minimize"} or None
        None for the one that the metric has by its name.
    lower_is_better : bool
        Whether it has the direction "minimize" by its name.
    """
    if not rows.scored:
        raise ValueError("The table has no trials with a score, so there is nothing to explain.")
    given = _given_hyperparameters(checked, layout)
    names = [name for name in layout.parameters if name not in layout.left_out]
    if not names and given is None:
        raise ValueError(
            "The table has no column of a hyperparameter, so there is nothing to explain."
        )
    configs, columns = _configs(rows.table, layout, names if given is None else list(given), given)
    if layout.kind == "cv_results" and given is None:
        configs = without_resource(configs, rows.fidelity)
    if layout.kind != "cv_results" and given is None:
        configs = without_derived(configs, [configs[row] for row in rows.scored])
    scored = [configs[row] for row in rows.scored]
    failed = [configs[row] for row in rows.failed]
    may_be_none = [name for name, column in columns.items() if column.may_be_none]
    if checked.complete:
        for config in scored:
            for name in may_be_none:
                config.setdefault(name, None)
    else:
        filled = fill_none(scored, may_be_none, evidence=EVIDENCE if given is None else 1)
        fill_failed(scored, failed, filled)
    return Records(
        space=_space(checked, layout, given, scored, _notes(columns, layout)),
        configs=scored,
        scores=np.asarray(rows.scores)[rows.scored],
        metric=checked.metric,
        direction=direction or _direction(checked.metric, layout, lower=lower_is_better),
        fidelity=_fidelity(rows),
        unknown=not checked.complete,
        failed=failed,
        left_out=rows.left_out,
        constraints=None if rows.constraints is None else rows.constraints[rows.scored],
        standard_errors=None if rows.errors is None else rows.errors[rows.scored],
    )


def _given_hyperparameters(checked: Checked, layout: Layout) -> dict[str, Hyperparameter] | None:
    """The hyperparameters of the space that the user gave; of a dict as a study would read it."""
    if checked.space is not None:
        return dict(checked.space)
    if checked.given is None:
        return None
    if not isinstance(checked.given, Mapping):
        return dict(space_given(checked.given))
    return {item.name: item for item in hyperparameters_given(checked.given)}


def _configs(
    table: pd.DataFrame,
    layout: Layout,
    names: Sequence[str],
    given: Mapping[str, Hyperparameter] | None,
) -> tuple[list[Config], dict[str, Column]]:
    """The configuration of every row, and the columns that were read for it."""
    known = {*layout.parameters, *layout.parameters.values()}
    names = [name for name in names if name in known]  # what is inactive in all rows has no column
    params = params_of(table) if layout.kind == "cv_results" else None
    if params is not None:
        return _configs_of_params(table, layout, names, params)
    columns: dict[str, Column] = {}
    for name in names:
        cells = table[layout.column_of(name)]
        column = (
            column_of_cells(cells) if given is None else own_cells(cells, domain_of(given[name]))
        )
        if layout.kind == "plain" and given is None:
            column = unsure_of_none(column, cells)
        if layout.kind == "cv_results":
            is_none = column.empty & is_none_in_text(table, _own_name(name, layout))
            for row in np.flatnonzero(is_none):
                column.values[row] = None
            column = column._replace(empty=column.empty & ~is_none)
        if layout.kind == "optuna" and given is None and column.empty.any():
            # A parameter that was suggested has a value; if that was None, pandas made it NaN.
            # Where None is in the column, pandas has kept it apart from empty cells.
            is_unsure = None not in column.given and not is_range(column.given)
            column = column._replace(may_be_none=column.may_be_none or is_unsure)
        columns[name] = column
    return configs_of_columns(columns), columns


def _configs_of_params(
    table: pd.DataFrame, layout: Layout, names: Sequence[str], params: Sequence[Config]
) -> tuple[list[Config], dict[str, Column]]:
    """Configurations from the dicts of rows.

    Parquet gives all dicts the same keys, with None where a row does not set one. Then the cell of the
    parameter is NaN, and only conditions tell whether None was set.
    """
    configs: list[Config] = []
    unsure: dict[str, Column] = {}
    own = {name: _own_name(name, layout) for name in names}
    columns = {name: table.get(layout.parameters.get(key, "")) for name, key in own.items()}
    cells = {name: None if column is None else column.tolist() for name, column in columns.items()}
    as_text = all(isinstance(cell, str) for cell in table["params"])
    for row, config in enumerate(params):
        found = {name: config[key] for name, key in own.items() if key in config}
        for name in [name for name, value in found.items() if value is None]:
            column = cells[name]
            if not as_text and column is not None and column[row] is not None:
                del found[name]
                unsure[name] = Column([], np.zeros(0, dtype=bool), may_be_none=True)
        configs.append(found)
    return configs, unsure


def _own_name(name: str, layout: Layout) -> str:
    """The name of a parameter in the dicts of rows; the user may have given that of its column."""
    if name in layout.parameters:
        return name
    return next(own for own, column in layout.parameters.items() if column == name)


def _space(
    checked: Checked,
    layout: Layout,
    given: Mapping[str, Hyperparameter] | None,
    configs: Sequence[Config],
    notes: str,
) -> ConfigurationSpace:
    if checked.space is None and given is not None:
        if isinstance(checked.given, Mapping):
            return space_with_conditions(list(given.values()), configs)
        return space_given(checked.given)
    return space_of_trials(checked, configs, notes)


def _notes(columns: Mapping[str, Column], layout: Layout) -> str:
    """Sentences on what was read otherwise than it stands in the table."""
    infinite = [
        f"{column.n_infinite} of {name}" for name, column in columns.items() if column.n_infinite
    ]
    sentences = [described(layout.left_out)] if layout.left_out else []
    if infinite:
        sentences.append(f"Infinite values are taken as failed ones: {', '.join(infinite)}.")
    return " ".join(sentences)


def _direction(metric: str, layout: Layout, *, lower: bool) -> str:
    """The direction where none is given; a table does not have that of its study."""
    found = "minimize" if lower else "maximize"
    guessed = lower if layout.kind == "plain" else layout.kind == "optuna" and metric != "duration"
    if guessed:
        of_study = " of the study" if layout.kind == "optuna" else ""
        warn(
            f"The table does not have the direction{of_study}; {metric!r} is taken as something to "
            f"{found}. Pass direction='maximize' or direction='minimize'.",
            TrialsWarning,
        )
    return found


def _fidelity(rows: Rows) -> np.ndarray | None:
    """Resources of the trials that are read; a complete trial without one had the largest."""
    if rows.fidelity is None:
        return None
    fidelity = rows.fidelity[rows.scored]
    if rows.failed or rows.left_out:
        fidelity = np.where(np.isnan(fidelity), np.nanmax(fidelity, initial=0.0), fidelity)
    return fidelity
