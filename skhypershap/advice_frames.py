"""The DataFrames of advice and trust: checks, predictions, subsets, further trials, verified scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

Check = tuple[str, float, str, str]
"""A check, its value, its level and an advice."""


def predictions_frame(
    measured: np.ndarray, predicted: np.ndarray, outlier: np.ndarray
) -> pd.DataFrame:
    """One row per trial: its `measured` and its `predicted` score, and whether it is an `outlier`."""
    return pd.DataFrame({"measured": measured, "predicted": predicted, "outlier": outlier})


def diagnostics_frame(checks: Sequence[Check]) -> pd.DataFrame:
    """One row per check: `check`, `value`, `level`, `advice`."""
    return pd.DataFrame(checks, columns=["check", "value", "level", "advice"])


def next_trials_frame(
    spaces: Sequence[str],
    n_trials: int,
    expected: Sequence[tuple[float, float, float]],
    seconds: float,
    attrs: Mapping[str, Any],
) -> pd.DataFrame:
    """One row per space: `space`, `n_trials`, `expected`, `low`, `high`, `seconds`."""
    means, low, high = zip(*expected, strict=True)
    table = pd.DataFrame(
        {
            "space": list(spaces),
            "n_trials": n_trials,
            "expected": means,
            "low": low,
            "high": high,
            "seconds": float(seconds),
        }
    )
    table.attrs.update(attrs)
    return table


def subsets_frame(
    found: Sequence[Any], names: Sequence[str], gain: float, configs: Sequence[Any]
) -> pd.DataFrame:
    """The best coalition of each size, its gain, its share of that of all players, and its values."""
    configuration = np.empty(len(found), dtype=object)
    configuration[:] = list(configs)
    hyperparameters = np.empty(len(found), dtype=object)
    hyperparameters[:] = [tuple(names[player] for player in subset.members) for subset in found]
    gains = np.array([subset.gain for subset in found])
    return pd.DataFrame(
        {
            "size": [len(subset.members) for subset in found],
            "hyperparameters": hyperparameters,
            "gain": gains,
            "share": gains / gain if gain else np.nan,
            "configuration": configuration,
        }
    )


def verified_frame(
    configs: Sequence[Mapping[str, Any]],
    predicted: np.ndarray,
    measured: np.ndarray,
    stds: np.ndarray,
    labels: Sequence[str] | None,
) -> pd.DataFrame:
    """Configurations, their predicted and their measured scores; labels become the index."""
    configuration = np.empty(len(configs), dtype=object)
    configuration[:] = list(map(dict, configs))
    return pd.DataFrame(
        {
            "configuration": configuration,
            "predicted": predicted,
            "measured": measured,
            "measured_std": stds,
        },
        index=None if labels is None else pd.Index(labels),
    )
