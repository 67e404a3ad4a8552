"""Tables of Optuna: `study.trials_dataframe()`, as it is or from a file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from skhypershap.errors import unknown_name
from skhypershap.trials.readers.optuna_study import constraints_array

PARAMS, STATE, DURATION = "params_", "state", "duration"
VALUE = re.compile(r"values?(?:_(.*))?")
CONSTRAINTS = re.compile(r"system_attrs_constraints(:.*)?")
COMPLETE, FAIL, PRUNED = "COMPLETE", "FAIL", "PRUNED"
LOSS_NAME = re.compile(
    r"(.*[_ ./-])?(loss|error|err|error_rate|rmse|mse|mae|mape|logloss|nll|cross_?entropy|perplexity"
    r"|mmce|regret|cost|latency)",
    re.I,
)


def is_trials_dataframe(table: pd.DataFrame) -> bool:
    """Whether columns are those of `trials_dataframe()`."""
    names = list(table.columns)
    has_parameters = any(name.startswith(PARAMS) and name != PARAMS for name in names)
    return has_parameters and bool(objectives_of(table))


def objectives_of(table: pd.DataFrame) -> dict[str, str]:
    """The column of each objective, by the name that the study has for it."""
    found = {name: match for name in table.columns if (match := VALUE.fullmatch(name))}
    numbered = all(match[1] is None or match[1].isdigit() for match in found.values())
    return {name if numbered else match[1] or name: name for name, match in found.items()}


def metric_column(table: pd.DataFrame, metric: Any) -> tuple[str, str]:
    """Name and column of an objective, by its name, its column or its position; or the duration."""
    objectives = objectives_of(table)
    if metric == DURATION and DURATION in table and DURATION not in objectives:
        return DURATION, DURATION
    names = list(objectives)
    positions = [str(position) for position in range(len(names))]
    allowed = [*names, *positions, *([DURATION] if DURATION in table else [])]
    if metric is None and len(names) > 1:
        raise ValueError(
            "The table has several objectives; choose the one to explain with metric=, by its name or "
            f"its position. Allowed: {', '.join(map(repr, allowed))}."
        )
    asked = "0" if metric is None else str(metric)
    by_column = {column: name for name, column in objectives.items()}
    if asked in objectives:
        return asked, objectives[asked]
    if asked in by_column:
        return by_column[asked], asked
    if asked in positions:
        return names[int(asked)], objectives[names[int(asked)]]
    raise unknown_name("metric", metric, allowed)


def parameter_columns(table: pd.DataFrame) -> dict[str, str]:
    """The column of each parameter, by the parameter's own name."""
    return {
        name.removeprefix(PARAMS): name
        for name in table.columns
        if name.startswith(PARAMS) and name != PARAMS
    }


def scores_of(table: pd.DataFrame, column: str) -> np.ndarray:
    """The numbers of an objective; the duration in seconds."""
    cells = table[column]
    if column == DURATION and not pd.api.types.is_numeric_dtype(cells.dtype):
        return pd.to_timedelta(cells).dt.total_seconds().to_numpy(dtype=float)
    return pd.to_numeric(cells).to_numpy(dtype=float)


def is_loss(metric: str) -> bool:
    """Whether lower is better, as far as a name shows it."""
    is_named = LOSS_NAME.fullmatch(metric) is not None and not metric.startswith("neg")
    return is_named or metric == DURATION


class Ended(NamedTuple):
    """Rows of trials with a score, rows of those that failed, and a sentence on what is left out."""

    scored: list[int]
    failed: list[int]
    left_out: str


def ended_trials(states: Sequence[str], scores: np.ndarray, steps: Any) -> Ended:
    """Sort trials by how they ended.

    A pruned trial's score belongs to the step where it stopped. Without that, it cannot be compared with
    the others, so the trial is left out.

    Parameters
    ----------
    states : sequence of str
        As Optuna names them.
    scores : ndarray of shape (n_trials,)
        NaN where there is none.
    steps : ndarray of shape (n_trials,) or None
        The resource of each trial, NaN where it is unknown.
    """
    scored: list[int] = []
    failed: list[int] = []
    n_pruned = 0
    for row, state in enumerate(states):
        has_step = steps is not None and np.isfinite(steps[row]) and np.isfinite(scores[row])
        if state == COMPLETE or (state == PRUNED and has_step):
            scored.append(row)
        elif state == FAIL:
            failed.append(row)
        elif state == PRUNED:
            n_pruned += 1
    left_out = [f"{len(failed)} failed"] if failed else []
    if n_pruned:
        left_out.append(
            f"{n_pruned} were pruned, and the table does not have the step at which they stopped (a "
            "column 'fidelity' would)"
        )
    n_left_out = len(failed) + n_pruned
    sentence = f"{n_left_out} of {len(states)} trials are left out: {'; '.join(left_out)}."
    return Ended(scored, failed, sentence if left_out else "")


def constraints_of(table: pd.DataFrame) -> np.ndarray | None:
    """The values of constraints by row; None where the study has none."""
    columns = {name: table[name].tolist() for name in table.columns if CONSTRAINTS.fullmatch(name)}
    return constraints_array(
        [
            {
                f"{name} {position}": value
                for name, cells in columns.items()
                for position, value in enumerate(_numbers_of(cells[row]))
            }
            for row in range(len(table))
        ]
    )


def _numbers_of(cell: Any) -> list[float]:
    """The numbers of a cell: one, a tuple, or the text of a tuple; none of an empty cell."""
    if isinstance(cell, str):
        cell = [part for part in cell.strip("()[] ").split(",") if part.strip()]
    elif not isinstance(cell, Iterable):
        cell = [] if pd.isna(cell) else [cell]
    return [float(value) for value in cell]


def states_of(table: pd.DataFrame, scores: np.ndarray) -> list[str]:
    """The state of each trial; without a column of states a trial with a score is complete."""
    if STATE not in table:
        return [COMPLETE if np.isfinite(score) else FAIL for score in scores]
    return [str(state).rsplit(".", 1)[-1].upper() for state in table[STATE].tolist()]
