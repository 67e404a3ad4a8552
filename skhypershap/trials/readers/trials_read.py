"""Trials that `read_trials` has read already."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import numpy as np

from skhypershap.errors import check_name
from skhypershap.trials.records import Checked, Records
from skhypershap.trials.trials import Trials


def check(source: Trials, *, space: Any = None, metric: Any = None) -> Checked:
    """See `Reader`."""
    if space is not None:
        raise ValueError("space= is for sources without a space; Trials have one. Leave it out.")
    if metric is not None:
        check_name("metric", metric, [source.metric])
    return Checked(source.metric, deepcopy(source.space))


def read(source: Trials, checked: Checked, *, direction: str | None = None) -> Records:
    """See `Reader`; failed trials are read as such once more."""
    n_failed = len(source.failed)
    fidelity = source.fidelity
    if fidelity is not None:
        fidelity = np.append(fidelity, np.full(n_failed, fidelity.max()))
    return Records(
        space=checked.known_space,
        configs=[*source.configs, *source.failed],
        scores=np.append(source.scores, np.full(n_failed, np.nan)),
        metric=source.metric,
        direction=direction or source.direction,
        default=source.default,
        fidelity=fidelity,
        unknown=source.unknown,
    )
