"""Scores of several metrics that are passed beside a ConfigurationSpace, one column for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from ConfigSpace import ConfigurationSpace

from skhypershap.errors import TrialsWarning, shown, unknown_name, warn
from skhypershap.frame_libraries import as_pandas
from skhypershap.trials.metric_names import by_position
from skhypershap.trials.reading import check_source
from skhypershap.trials.records import Checked
from skhypershap.trials.tables.columns import looks_lower_better


class GivenResults(NamedTuple):
    """What ran and what came out, where the source is a ConfigurationSpace; else all None.

    Attributes
    ----------
    configs : DataFrame, list of dict or list of Configuration
        The configurations that ran.
    scores : DataFrame, dict of array-like, list of dict, or array of shape (n_trials, n_metrics)
        Their scores by metric; columns of an array are in the order of the metrics.
    fidelity : array-like of shape (n_trials,) or None
        The resource of each trial.
    """

    configs: Any = None
    scores: Any = None
    fidelity: Any = None


NOTHING_GIVEN = GivenResults()


def check_results(source: Any, results: GivenResults) -> None:
    """Refuse results beside a source that has its own, and a ConfigurationSpace without any.

    Raises
    ------
    ValueError
        If the source has results of its own.
    TypeError
        If there are none at all.
    """
    given = [name for name, value in results._asdict().items() if value is not None]
    if not isinstance(source, ConfigurationSpace):
        if given:
            raise ValueError(
                f"{', '.join(given)} can be given with a ConfigurationSpace only; a "
                f"{type(source).__name__} has results of its own."
            )
    elif results.configs is None or results.scores is None:
        raise TypeError(
            "A ConfigurationSpace has no results. Pass configs=, the configurations that ran, and "
            "scores=, a DataFrame or dict with their scores in each metric; or pass the trials as one "
            "DataFrame with a column for each hyperparameter and metric, and the space as space=."
        )


def checked_by_metric(
    space: ConfigurationSpace, metrics: Sequence[str | int], results: GivenResults
) -> list[tuple[str | int, Checked]]:
    """The results of each metric, for the reader of spaces.

    Raises
    ------
    TypeError
        If `scores` are not scores by metric.
    ValueError
        For an unknown metric, or columns of different lengths.

    Examples
    --------
    >>> from ConfigSpace import ConfigurationSpace
    >>> from skhypershap.trials.scores_by_metric import GivenResults, checked_by_metric
    >>> given = GivenResults([{"a": 0.1}, {"a": 0.9}], {"accuracy": [0.5, 0.6], "seconds": [1, 2]})
    >>> found = checked_by_metric(ConfigurationSpace({"a": (0.0, 1.0)}), ["seconds"], given)
    >>> found[0][1].details["scores"].tolist()
    [1, 2]
    """
    columns = _columns(results.scores, metrics)
    if not columns:
        raise ValueError("scores has no column; pass one for each metric.")
    found: list[tuple[str | int, Checked]] = []
    for metric in metrics:
        name = by_position(metric, list(columns))
        if name not in columns:
            raise unknown_name("metric", metric, columns)
        own = {**results._asdict(), "scores": columns[name]}
        found.append((metric, replace(check_source(space), metric=name, details=own)))
    return found


def direction_of(name: str) -> str:
    """The direction of a metric by its name, as of a column of a table, with a warning of losses."""
    if not looks_lower_better(name):
        return "maximize"
    warn(
        f"{name!r} is taken as something to minimize. Pass direction={{{name!r}: 'minimize'}} or "
        "'maximize'.",
        TrialsWarning,
    )
    return "minimize"


def _columns(scores: Any, metrics: Sequence[str | int]) -> dict[str, np.ndarray]:
    """Scores by the name of their metric."""
    table = as_pandas(scores)
    if isinstance(table, pd.DataFrame):
        return {str(name): table[name].to_numpy() for name in table}
    if isinstance(table, Mapping):
        lengths = {str(name): np.size(column) for name, column in table.items()}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"scores must have as many numbers of each metric; got {lengths}.")
        return {str(name): np.asarray(column) for name, column in table.items()}
    rows = list(table) if isinstance(table, Sequence) and not isinstance(table, str) else []
    if rows and all(isinstance(row, Mapping) for row in rows):
        return _columns(pd.DataFrame([dict(row) for row in rows]), metrics)
    array = np.asarray(table)
    if array.ndim == 2 and array.shape[1] == len(metrics):
        return {str(name): array[:, place] for place, name in enumerate(metrics)}
    raise TypeError(
        "scores must be a DataFrame or a dict with a column for each metric, a list with a dict for "
        f"each configuration, or an array of shape (n_trials, {len(metrics)}) with the metrics in their "
        f"order; got {shown(scores)}."
    )
