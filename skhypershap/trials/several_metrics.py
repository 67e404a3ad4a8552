"""Several metrics of one source, as `Trials` for each that hold the same trials."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from ConfigSpace import ConfigurationSpace

from skhypershap.errors import HyperSHAPWarning, unknown_name
from skhypershap.trials.reading import check_source, reader_of
from skhypershap.trials.records import Checked, Records
from skhypershap.trials.scores_by_metric import (
    NOTHING_GIVEN,
    GivenResults,
    check_results,
    checked_by_metric,
    direction_of,
)
from skhypershap.trials.searches import unwrap
from skhypershap.trials.trials import Trials, numbers_of, trials_of

Key = tuple[str, int]  # a configuration, and how often it occurred before


def trials_of_metrics(
    source: Any,
    metrics: Sequence[str | int],
    *,
    space: Any = None,
    direction: Mapping[Any, str] | str | None = None,
    infer_failures: bool = True,
    results: GivenResults = NOTHING_GIVEN,
) -> dict[str, Trials]:
    """Read several metrics of a source, each for the trials that have all of them.

    Parameters
    ----------
    source, space
        As in `read_trials`.
    metrics : sequence of str or int
        As `metric` in `read_trials`, each; one that is named twice is read once.
    direction : dict, str or None
        By metric as in `metrics` or by its name, or one for all; None for those of the source.
    infer_failures : bool
        As in `HyperSHAPExplainer`.
    results : GivenResults
        Configurations and scores, where the source is a ConfigurationSpace.

    Returns
    -------
    dict of str to Trials
        By the name of the metric, in the order of `metrics`.

    Raises
    ------
    ValueError
        For an unknown metric (the message lists those that are known), one without a finite score, and
        where no trial has all of them.
    TypeError
        If there is no reader for the source, or it has no results.
    """
    source = _table_of(unwrap(source))
    check_results(source, results)
    records: dict[str, Records] = {}
    found = _checked(source, metrics, space, results)
    _check_directions(direction, found)
    for (metric, checked), others in zip(found, _others(found), strict=True):
        own = _direction(direction, metric, checked.metric)
        with _first_warning_only(not records):
            if own is None and isinstance(source, ConfigurationSpace):
                own = direction_of(checked.metric)
            table = _without(source, others)
            if others:
                checked = check_source(table, space=space, metric=metric)
            one = _read(table, checked, own)
        records.setdefault(one.metric, one)
    return {
        name: _trials(one, infer_failures, first=position == 0)
        for position, (name, one) in enumerate(_of_the_same_trials(records).items())
    }


def metrics_of(source: Any) -> list[str]:
    """Names of the metrics that a source was made for, in its own order; none where this is unknown."""
    source = unwrap(source)
    names = getattr(reader_of(source), "metrics", None)
    return [] if names is None else list(names(source))


def _table_of(source: Any) -> Any:
    """The DataFrame that a frame of another library or an address stands for; anything else as is."""
    reader = reader_of(source)
    name = getattr(reader, "__name__", "")
    if name.endswith(".readers.frame"):
        return reader.as_pandas(source)  # type: ignore[attr-defined]
    if name.endswith(".readers.address"):
        opened = reader.opened_at(source).source  # type: ignore[attr-defined]
        return opened if isinstance(opened, pd.DataFrame) else source
    return source


def _checked(
    source: Any, metrics: Sequence[str | int], space: Any, results: GivenResults
) -> list[tuple[str | int, Checked]]:
    """All metrics, refused before any is read."""
    if isinstance(source, ConfigurationSpace) and space is None:
        return checked_by_metric(source, metrics, results)
    found: list[Any] = []
    for metric in metrics:
        with _first_warning_only(not found):
            checked = check_source(source, space=space, metric=metric)
        if checked.failures:
            raise ValueError(
                "'failed' cannot be explained beside other metrics: trials that failed have no other. "
                "Explain it by itself: HyperSHAPExplainer(source, metric='failed')."
            )
        found.append((metric, checked))
    return found


def _others(found: Sequence[tuple[Any, Checked]]) -> list[list[str]]:
    """For each metric the columns of a plain table that are scores of other metrics."""
    columns = [
        checked.details.score if getattr(checked.details, "kind", None) == "plain" else None
        for _, checked in found
    ]
    return [[name for name in columns if name not in (None, own)] for own in columns]


def _without(source: Any, columns: Sequence[str]) -> Any:
    """A table without some columns, which would be read as hyperparameters."""
    if not columns:
        return source
    return source.loc[:, [str(name) not in columns for name in source.columns]]


def _check_directions(
    direction: Mapping[Any, str] | str | None, found: Sequence[tuple[Any, Checked]]
) -> None:
    """Refuse the direction of a metric that is not asked for."""
    names = [name for metric, checked in found for name in (metric, checked.metric)]
    for name in direction if isinstance(direction, Mapping) else ():
        if name not in names:
            raise unknown_name("metric of direction", name, dict.fromkeys(map(str, names)))


def _direction(
    direction: Mapping[Any, str] | str | None, metric: str | int, name: str | None
) -> str | None:
    """The direction of a metric, by what the user called it or by its name."""
    if not isinstance(direction, Mapping):
        return direction
    return direction.get(metric, direction.get(name))


def _read(source: Any, checked: Checked, direction: str | None) -> Records:
    """Records of one metric, with scores as numbers."""
    records = reader_of(source).read(source, checked, direction=direction)
    scores = numbers_of("scores", records.scores, len(records.configs))
    if len(scores) and not np.isfinite(scores).any():
        raise ValueError(
            f"All {len(scores)} trials failed: none has a finite {records.metric!r} score. Leave this "
            "metric out."
        )
    return replace(records, scores=scores)


def _of_the_same_trials(records: Mapping[str, Records]) -> dict[str, Records]:
    """Records of the trials that have all metrics, and of those that have none."""
    first = next(iter(records.values()))
    keys = _keys(first)
    rows = {name: dict(zip(_keys(one), one.scores, strict=True)) for name, one in records.items()}
    scores = np.array([[known.get(key, np.nan) for key in keys] for known in rows.values()])
    finite = np.isfinite(scores)
    if not finite.all(axis=0).any():
        raise ValueError(
            f"No trial has all of the metrics {', '.join(map(repr, records))}. Explain each by itself: "
            f"HyperSHAPExplainer(source, metric={first.metric!r})."
        )
    kept = np.flatnonzero(finite.all(axis=0) | ~finite.any(axis=0))
    n_partial = len(keys) - len(kept)
    left_out = first.left_out
    if n_partial:
        counted = f"{n_partial} of {len(keys)} trials lack one of the metrics; they are left out."
        left_out = " ".join(filter(None, [left_out, counted]))
    whole = replace(
        first,
        configs=[first.configs[int(row)] for row in kept],
        fidelity=None if first.fidelity is None else np.asarray(first.fidelity)[kept],
        constraints=None if first.constraints is None else np.asarray(first.constraints)[kept],
        left_out=left_out,
    )
    return {
        name: replace(
            whole,
            space=deepcopy(first.space),
            scores=own[kept],
            standard_errors=_errors_of(records[name], [keys[row] for row in kept.tolist()]),
            metric=name,
            direction=records[name].direction,
        )
        for name, own in zip(records, scores, strict=True)
    }


def _errors_of(records: Records, keys: Sequence[Key]) -> np.ndarray | None:
    """Standard errors of some trials, which may be in another order."""
    if records.standard_errors is None:
        return None
    errors = np.asarray(records.standard_errors, dtype=float)
    known = dict(zip(_keys(records), errors.tolist(), strict=True))
    return np.array([known.get(key, np.nan) for key in keys])


def _keys(records: Records) -> list[Key]:
    """What tells trials apart in any order; equal ones are counted."""
    counts: Counter[str] = Counter()
    found: list[Any] = []
    for config in records.configs:
        key = repr(sorted((str(name), repr(value)) for name, value in dict(config).items()))
        found.append((key, counts[key]))
        counts[key] += 1
    return found


def _trials(records: Records, infer_failures: bool, *, first: bool) -> Trials:
    with _first_warning_only(first):
        return trials_of(records, infer_failures=infer_failures)


@contextmanager
def _first_warning_only(is_first: bool) -> Iterator[None]:
    """Silence what the same trials were warned of with the first metric."""
    if is_first:
        yield
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", HyperSHAPWarning)
        yield
