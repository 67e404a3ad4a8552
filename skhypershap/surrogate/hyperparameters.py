"""What a Gaussian process learns, and the error if it cannot."""

from __future__ import annotations

from typing import NamedTuple

from skhypershap.arrays import Floats


class ProcessFitError(RuntimeError):
    """The process cannot be fitted to these trials; the message says why."""


class Hyperparameters(NamedTuple):
    """What a process learns about scores whose variance is one: lengths by column, signal, noise."""

    lengths: Floats
    signal: float
    noise: float
