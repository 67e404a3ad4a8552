"""Rows of a tracker's table as `Records`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from skhypershap.errors import SpaceWarning, TrialsWarning, unknown_name, warn
from skhypershap.space.value_keys import value_key
from skhypershap.trials.failure_metric import own_or
from skhypershap.trials.inferred_space import FEW, space_given
from skhypershap.trials.metric_names import by_position
from skhypershap.trials.readers.ray_tune import space_of_param_space
from skhypershap.trials.records import Checked, Records
from skhypershap.trials.tables.cells import column_of_cells, configs_of_columns
from skhypershap.trials.tables.columns import DISTINCT, columns_left_out
from skhypershap.trials.tables.layout import Layout
from skhypershap.trials.tables.optuna_table import is_loss
from skhypershap.trials.tables.reading import Rows, records_of_rows
from skhypershap.trials.tables.run_tables import FAILED, OPEN, OTHER, RunTable

SCORE = "score"
PREFIXES = ("metrics.", "summary.")  # of columns of results


def objectives_of(runs: RunTable) -> list[str]:
    """The results that are no times."""
    return [name for name in runs.metrics if name not in runs.times]


def metric_of_failures(runs: RunTable) -> str | int | None:
    """See `Reader`; all results of a run fail together."""
    names = objectives_of(runs)
    return own_or(names, None if runs.bare or not names else names[0])


def check(runs: RunTable, space: Any, metric: Any) -> Checked:
    """See `Reader`; the details are the table, without the metric among its parameters."""
    name = _metric(runs, metric)
    parameters = runs.parameters
    if runs.bare:
        parameters = parameters.drop(columns=name, errors="ignore")
    built = None
    if space is not None:
        built = space_of_param_space(space, _configs(parameters)) or space_given(space)
        for given in built:
            if given not in parameters:
                raise unknown_name(
                    f"parameter of the table of {runs.kind} runs", given, list(parameters)
                )
    return Checked(name, built, space, details=RunsRead(runs, parameters))


class RunsRead(NamedTuple):
    """A tracker's table, and the columns that may be hyperparameters."""

    runs: RunTable
    parameters: pd.DataFrame


def _configs(parameters: pd.DataFrame) -> list[dict[str, Any]]:
    return configs_of_columns({name: column_of_cells(parameters[name]) for name in parameters})


def _metric(runs: RunTable, metric: Any) -> str:
    """Name of the result to explain, or an error that lists those that are there."""
    names = objectives_of(runs)
    if not runs.bare:
        metric = by_position(metric, names)
    if metric is None and (len(names) == 1 or SCORE in names):
        return SCORE if SCORE in names else names[0]
    if not runs.metrics:
        raise ValueError(
            f"The table of {runs.kind} runs has no results, so there is nothing to explain."
        )
    if metric is None:
        raise ValueError(
            f"The table of {runs.kind} runs has several results; choose the one to explain with "
            f"metric=: {', '.join(map(repr, names))}."
        )
    for prefix in PREFIXES:
        if isinstance(metric, str) and metric.removeprefix(prefix) in runs.metrics:
            metric = metric.removeprefix(prefix)
    if metric not in runs.metrics:
        raise unknown_name("metric", metric, [*names, *runs.times])
    return str(metric)


def read(checked: Checked, direction: str | None) -> Records:
    """See `Reader`."""
    found: RunsRead = checked.details
    runs, name = found.runs, checked.metric
    scores = numbers_in(runs.metrics[name], name)
    rows = _rows(runs, found.parameters, scores)
    layout = Layout("runs", name, {column: column for column in found.parameters})
    if checked.given is None:
        layout = layout._replace(left_out=_left_out(found, name, rows))
        _warn_of_mixture(runs, layout)
    return records_of_rows(
        rows, checked, layout, direction or _direction(runs, name), lower_is_better=False
    )


def numbers_in(cells: pd.Series, name: str) -> np.ndarray:
    """A column of scores, NaN where a cell is empty; the error names the first other cell."""
    if cells.dtype.kind in "mM":
        # pandas makes numbers of dates and durations, in units that depend on its version.
        raise ValueError(
            f"The column {name!r} must hold numbers; it has {cells.dtype}. Make seconds of durations "
            "with .dt.total_seconds()."
        )
    cells = cells.map(lambda cell: str(cell) if isinstance(cell, complex) else cell)
    numbers = pd.to_numeric(cells, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    is_other = np.isnan(numbers) & cells.notna().to_numpy()
    texts = cells.astype(object).tolist()
    others = [row for row in np.flatnonzero(is_other).tolist() if not _is_nan(texts[row])]
    if others:
        raise ValueError(
            f"The column {name!r} must hold numbers; row {others[0]} has {texts[others[0]]!r}"
            + (f", and {len(others) - 1} more are none." if len(others) > 1 else ".")
        )
    return numbers


def _is_nan(cell: Any) -> bool:
    return isinstance(cell, str) and cell.strip().lower() in ("", "nan", "none")


def _rows(runs: RunTable, parameters: pd.DataFrame, scores: np.ndarray) -> Rows:
    """Sort runs by how they ended; a failed one has no score, and perhaps not all parameters.

    The score of a run that was stopped can be compared only where the table has the resources.
    """
    states = np.array(runs.states)
    is_open = states == OPEN
    if runs.fidelity is not None:
        is_open &= ~(np.isfinite(runs.fidelity) & np.isfinite(scores))
    is_other = states == OTHER
    scores = np.where(is_open | is_other | (states == FAILED), np.nan, scores)
    good = np.isfinite(scores)
    has = _is_set(parameters)
    needed = has[good].all(axis=0)
    partial = ~good & ~is_open & ~is_other & ~has[:, needed].all(axis=1)
    reasons = {
        "failed before their parameters were logged": int(partial.sum()),
        "were stopped or have not ended": int(is_open.sum()),
        "have runs of their own": int(is_other.sum()),
    }
    shown = "; ".join(f"{count} {reason}" for reason, count in reasons.items() if count)
    return Rows(
        parameters,
        scores,
        runs.fidelity,
        np.flatnonzero(~is_open & ~is_other & ~partial).tolist() if good.any() else [],
        np.flatnonzero(partial).tolist(),
        f"{sum(reasons.values())} of {len(scores)} runs are left out: {shown}." if shown else "",
    )


def _is_set(parameters: pd.DataFrame) -> np.ndarray:
    """Where a cell is not empty; None is a value in a column of objects."""
    columns = [~column_of_cells(parameters[name]).empty for name in parameters]
    return np.column_stack(columns) if columns else np.zeros((len(parameters), 0), dtype=bool)


def _left_out(found: RunsRead, name: str, rows: Rows) -> dict[str, str]:
    """Columns that are not hyperparameters, and why; nothing if none would remain."""
    parameters = found.parameters.iloc[rows.scored]
    reasons: dict[str, str] = {}
    if found.runs.bare:
        with_score = found.parameters.assign(**{name: found.runs.metrics[name].to_numpy()})
        reasons |= columns_left_out(with_score.iloc[rows.scored], list(parameters), name)
    if found.runs.everything:
        reasons |= {
            column: "the same in all runs"
            for column in parameters
            if _is_constant(parameters[column])
        }
        reasons |= {
            column: "it identifies the run"
            for column in parameters
            if _identifies(parameters[column])
        }
    return reasons if len(reasons) < parameters.shape[1] else {}


def _warn_of_mixture(runs: RunTable, layout: Layout) -> None:
    taken = [name for name in layout.parameters if name not in layout.left_out]
    if runs.bare:
        warn(
            f"The table of {runs.kind} runs does not tell parameters from results; taken as parameters: "
            f"{', '.join(map(repr, taken))}. Pass space= with an entry for each parameter if one of "
            "them is a result.",
            SpaceWarning,
        )


def _is_constant(cells: pd.Series) -> bool:
    values = cells.tolist()
    return bool(cells.notna().all()) and len({value_key(value) for value in values}) == 1


def _identifies(cells: pd.Series) -> bool:
    """Whether nearly all cells are distinct text: a name of the run, a path."""
    given: Sequence[Any] = cells.dropna().tolist()
    n_distinct = len({value_key(value) for value in given})
    is_text = bool(given) and all(isinstance(value, str) for value in given)
    return is_text and n_distinct > FEW and n_distinct >= DISTINCT * len(given)


def _direction(runs: RunTable, name: str) -> str:
    """The direction where none is given: the table's, or a guess by the name, with a warning."""
    if name in runs.directions:
        return runs.directions[name]
    if name in runs.times:
        return "minimize"
    plain = re.sub(r"[^A-Za-z0-9]+", "_", name)
    found = "minimize" if is_loss(plain) else "maximize"
    warn(
        f"The table of {runs.kind} runs does not have the direction of {name!r}, which is taken as "
        f"something to {found}. Pass direction='maximize' or direction='minimize'.",
        TrialsWarning,
    )
    return found
