"""Tables of runs that trackers write: MLflow, Weights & Biases, Ray Tune and DeepCAVE.

Their columns say which cells are parameters and which are results; each becomes a `RunTable`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from skhypershap.trials.tables.dict_cells import is_dict_column, with_columns_of_dicts
from skhypershap.trials.tables.layout import FIDELITY
from skhypershap.trials.tables.logged_text import as_logged

COMPLETE, FAILED, OPEN, OTHER = "complete", "failed", "open", "other"
# "terminated" is Ray's word for a trial that ended, and the numbers are DeepCAVE's. Any other word is
# one for a failure.
ENDED = "finished success succeeded complete completed terminated 1 1.0"
NOT_ENDED = (
    "running pending scheduled queued killed paused preempting preempted aborted not_evaluated 5 6"
)
STATES = dict.fromkeys(ENDED.split(), COMPLETE) | dict.fromkeys(NOT_ENDED.split(), OPEN)
PARENT = "tags.mlflow.parentRunId"
ITERATION = "training_iteration"
RAY_TIMES = ("time_total_s", "time_this_iter_s")
# Columns that are neither parameters nor results.
RAY_OTHERS = re.compile(
    r"timestamp|pid|(time|iterations)_since_restore|done|trial_(id|name)|date|hostname|node_ip|logdir"
    r"|checkpoint_dir_name|experiment_tag|should_checkpoint|warmup_time|(timesteps|episodes)_total"
    r"|training_iteration"
)
WANDB_OTHERS = re.compile(
    r"name|state|notes|user(name)?|tags|created([_ ]?at)?|runtime|sweep|id|description|updated|url|path"
    r"|(end|start) time|host(name)?|group|job[_ ]type|commit|project|gpu (type|count)|github|git branch"
    r"|agent|relative time \(process\)|display_name|entity|heartbeatat|fidelity|_.*|unnamed:.*",
    re.IGNORECASE,
)
DEEPCAVE_OTHERS = re.compile(r"config_id|budget|seed|start(_time)?|end(_time)?|status|Unnamed:.*")
DEEPCAVE_METRIC = re.compile(r"metric:(.+?)(?: \[.*\])?(?: \((maximize|minimize)\))?")
ENUM = re.compile(r"^[A-Za-z]\w*\.")  # the class of an enumeration before its member


@dataclass(frozen=True)
class RunTable:
    """A tracker's table, one row per run.

    Attributes
    ----------
    kind : str
        Who wrote it.
    parameters : DataFrame
        A column per parameter, under its own name.
    metrics : dict of str to Series
        The results by name; the first ones are the user's.
    states : list of str
        How each run ended: "complete", "failed" or "open"; "other" if it is no trial.
    fidelity : ndarray or None
        The resource of each run.
    directions : dict of str to str
        Of metrics, as far as the table has them.
    times : tuple of str
        Metrics that are no objectives.
    bare : bool
        Whether columns of parameters are mixed with those of results.
    everything : bool
        Whether the tracker logs whatever is set, so that a constant is not a hyperparameter.
    """

    kind: str
    parameters: pd.DataFrame
    metrics: Mapping[str, pd.Series]
    states: list[str]
    fidelity: np.ndarray | None = None
    directions: Mapping[str, str] = field(default_factory=dict)
    times: tuple[str, ...] = ()
    bare: bool = False
    everything: bool = True


def run_table(table: pd.DataFrame) -> RunTable | None:
    """Recognise a tracker's table by its columns; None if it is any other."""
    for recognise in (_mlflow, _ray, _deepcave, _wandb):
        found = recognise(table)
        if found is not None:
            return found
    return None


def _mlflow(table: pd.DataFrame) -> RunTable | None:
    """`mlflow.search_runs()`: everything in `params.*` is text, and None where it was not logged."""
    params, metrics = _under(table, "params."), _under(table, "metrics.")
    if not params or not (metrics or "run_id" in table):
        return None
    cells = {name: as_logged(table[column]) for name, column in params.items()}
    found = {name: table[column] for name, column in metrics.items()}
    return RunTable(
        "MLflow",
        _frame(cells, len(table)),
        _without_fidelity(found),
        _without_parents(table, _states(table, "status")),
        _fidelity(table, found),
    )


def _without_fidelity(metrics: Mapping[str, pd.Series]) -> dict[str, pd.Series]:
    return {name: cells for name, cells in metrics.items() if name != FIDELITY}


def _without_parents(table: pd.DataFrame, states: list[str]) -> list[str]:
    """States in which a run that other runs belong to is no trial: it sums them up."""
    if "run_id" not in table or PARENT not in table:
        return states
    parents = set(table[PARENT].dropna())
    return [
        OTHER if run in parents else state
        for run, state in zip(table["run_id"].tolist(), states, strict=True)
    ]


def _ray(table: pd.DataFrame) -> RunTable | None:
    """`ResultGrid.get_dataframe()` and `ExperimentAnalysis.dataframe()`: `config/*` and results."""
    params = _under(table, "config/")
    if not params or not (ITERATION in table or "trial_id" in table or "logdir" in table):
        return None
    metrics = {
        name: table[name]
        for name in table.columns
        if name not in params.values()
        and not RAY_OTHERS.fullmatch(name)
        and _is_numeric(table[name])
    }
    fidelity = table.get(ITERATION)
    return RunTable(
        "Ray Tune",
        _frame({name: table[column] for name, column in params.items()}, len(table)),
        metrics,
        [COMPLETE] * len(table),  # a failed one has no score
        None if fidelity is None else np.nan_to_num(_numbers(fidelity)),
        times=RAY_TIMES,
        everything=False,
    )


def _deepcave(table: pd.DataFrame) -> RunTable | None:
    """`trials.csv` of DeepCAVE: `metric:NAME [lower; upper] (direction)`, `budget`, `status`."""
    matches = {name: match for name in table if (match := DEEPCAVE_METRIC.fullmatch(name))}
    bare = not matches and {"config_id", "budget", "status"} <= set(table.columns)
    if not matches and not bare:
        return None
    names = [n for n in table.columns if n not in matches and not DEEPCAVE_OTHERS.fullmatch(n)]
    metrics = {match[1]: table[name] for name, match in matches.items()}
    return RunTable(
        "DeepCAVE",
        table[names],
        metrics or {name: table[name] for name in names if _is_numeric(table[name])},
        _states(table, "status"),
        _numbers(table["budget"]) if "budget" in table else None,
        {match[1]: match[2] for match in matches.values() if match[2]},
        bare=bare,
        everything=False,
    )


def _wandb(table: pd.DataFrame) -> RunTable | None:
    """Runs of Weights & Biases: dicts in `config` and `summary`, or columns of an export."""
    is_api = any(is_dict_column(table, name) for name in ("config", "summary"))
    if is_api:
        table = with_columns_of_dicts(table, ("config", "summary"))
    params, metrics = _under(table, "config."), _under(table, "summary.")
    is_export = "State" in table and ("Created" in table or "Runtime" in table)
    hidden = any(name in table for name in ("_runtime", "_timestamp", "_wandb", "_step"))
    if not (is_api or params or metrics or is_export or hidden):
        return None
    rest = [
        name
        for name in table.columns
        if name not in params.values()
        and name not in metrics.values()
        and not WANDB_OTHERS.fullmatch(name)
    ]
    params = {n: c for n, c in params.items() if not n.startswith("_")} or {n: n for n in rest}
    metrics = {n: c for n, c in metrics.items() if not n.startswith("_")}
    bare = not metrics and list(params) == rest
    metrics = metrics or {n: n for n in rest}
    found = {name: table[column] for name, column in metrics.items() if _is_numeric(table[column])}
    return RunTable(
        "W&B",
        _frame({name: table[column] for name, column in params.items()}, len(table)),
        _without_fidelity(found),
        _states(table, "State" if "State" in table else "state"),
        _fidelity(table, found),
        bare=bare,
    )


def _under(table: pd.DataFrame, prefix: str) -> dict[str, str]:
    """The columns that begin with a prefix, by the rest of their names."""
    return {
        name.removeprefix(prefix): name
        for name in table.columns
        if name.startswith(prefix) and name != prefix
    }


def _frame(cells: Mapping[str, Any], n_rows: int) -> pd.DataFrame:
    return pd.DataFrame(
        {
            name: column.to_numpy() if column.dtype == object else column.array
            for name, column in cells.items()
        },
        index=range(n_rows),
    )


def _is_numeric(cells: pd.Series) -> bool:
    """Whether a column holds numbers, perhaps beside empty cells; of bools it does not."""
    if pd.api.types.is_bool_dtype(cells.dtype):
        return False
    if cells.dtype != object and not pd.api.types.is_string_dtype(cells.dtype):
        return bool(pd.api.types.is_numeric_dtype(cells.dtype))
    numbers = pd.to_numeric(cells.dropna(), errors="coerce")
    return len(numbers) > 0 and bool(np.isfinite(numbers.to_numpy(dtype=float)).any())


def _states(table: pd.DataFrame, column: str) -> list[str]:
    """How each run ended; one without a state is complete, or failed if it has no score."""
    if column not in table:
        return [COMPLETE] * len(table)
    words = [ENUM.sub("", str(state)) for state in table[column].tolist()]
    unknown = ("nan", "none", "<na>", "")
    return [
        COMPLETE if word.lower() in unknown else STATES.get(word.lower(), FAILED) for word in words
    ]


def _fidelity(table: pd.DataFrame, metrics: Mapping[str, pd.Series]) -> np.ndarray | None:
    """The resource, in a column of this name or a metric of this name."""
    found = table[FIDELITY] if FIDELITY in table else metrics.get(FIDELITY)
    return None if found is None else _numbers(found)


def _numbers(cells: pd.Series) -> np.ndarray:
    """Numbers of a column; NaN, which is refused later where it matters, for anything else."""
    return pd.to_numeric(cells, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
