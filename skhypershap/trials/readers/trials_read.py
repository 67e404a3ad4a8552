"""Trials that `read_trials` has read already."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from skhypershap.errors import check_name
from skhypershap.trials.metric_names import by_position
from skhypershap.trials.records import Checked, Records
from skhypershap.trials.trials import Trials


def check(source: Trials, *, space: Any = None, metric: Any = None) -> Checked:
    """See `Reader`."""
    if space is not None:
        raise ValueError("space= is for sources without a space; Trials have one. Leave it out.")
    metric = by_position(metric, [source.metric])
    if metric is not None:
        check_name("metric", metric, [source.metric])
    return Checked(source.metric, deepcopy(source.searched_space))


def read(source: Trials, checked: Checked, *, direction: str | None = None) -> Records:
    """See `Reader`; failed trials are read as such once more."""
    n_failed, n_finished = len(source.failed), len(source.configs)
    counted = f"{n_failed} of {n_failed + n_finished} trials failed; they are left out."
    return Records(
        space=checked.known_space,
        configs=source.configs,
        scores=source.scores,
        metric=source.metric,
        direction=direction or source.direction,
        default=source.default,
        fidelity=source.fidelity,
        unknown=source.unknown,
        failed=source.failed,
        left_out=counted if n_failed else "",
        constraints=source.constraints,
        standard_errors=source.standard_errors,
    )
