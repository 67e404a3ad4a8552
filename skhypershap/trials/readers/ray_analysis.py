"""Trials of Ray Tune's `ExperimentAnalysis`, which holds what a `ResultGrid` shows."""

from __future__ import annotations

from typing import Any

from skhypershap._compat import optional
from skhypershap.trials.readers import ray_tune
from skhypershap.trials.records import Checked, Records


def metric_of_failures(source: Any) -> str | int | None:
    """See `Reader`."""
    return ray_tune.metric_of_failures(_grid(source))


def check(source: Any, *, space: Any = None, metric: str | int | None = None) -> Checked:
    """See `Reader`."""
    return ray_tune.check(_grid(source), space=space, metric=metric)


def read(source: Any, checked: Checked, *, direction: str | None = None) -> Records:
    """See `Reader`."""
    return ray_tune.read(_grid(source), checked, direction=direction)


def _grid(analysis: Any) -> Any:
    return optional("ray.tune", "ray").ResultGrid(analysis)
