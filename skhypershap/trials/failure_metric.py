"""The metric "failed": failure itself, for every source that keeps failed trials."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np

from skhypershap.arrays import floats_of
from skhypershap.space.domains import domain_of
from skhypershap.trials.records import Records

FAILED = "failed"


def own_or(names: Collection[str], other: str | int | None) -> str | int | None:
    """The metric "failed" of a source that has one, or else another of its metrics."""
    return FAILED if FAILED in names else other


def records_of_failures(records: Records, direction: str | None) -> Records:
    """The same trials with failure as their score: 1 where a trial failed, 0 where it did not."""
    scores = floats_of(records.scores)
    failed = np.append(~np.isfinite(scores), np.ones(len(records.failed), dtype=bool))
    known = [
        {
            name: value
            for name, value in config.items()
            if name in records.space
            and not np.isnan(domain_of(records.space[name]).encode([value])[0])
        }
        for config in records.failed
    ]
    return replace(
        records,
        configs=[*records.configs, *known],
        scores=failed.astype(float),
        metric=FAILED,
        direction=direction or "minimize",
        fidelity=_fidelity(records),
        unknown=records.unknown or bool(known),
        failed=(),
        left_out="",
        constraints=None,
        standard_errors=None,
    )


def _fidelity(records: Records) -> np.ndarray | None:
    """Resources of all trials, where each has one."""
    if records.fidelity is None or len(records.failed):
        return None
    fidelity = np.asarray(records.fidelity, dtype=float)
    return fidelity if np.isfinite(fidelity).all() else None
