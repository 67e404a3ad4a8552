"""The DataFrame of the best subsets for many data sets; its columns are named here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from skhypershap.advice.joint_subsets import JointSubset

ALL = "all"


def joint_subsets_frame(
    found: Sequence[JointSubset],
    names: Sequence[str],
    datasets: Sequence[str],
    attrs: Mapping[str, Any],
    *,
    per_dataset: bool,
) -> pd.DataFrame:
    """One row per size for all data sets, then one per data set and size.

    Parameters
    ----------
    found : sequence of JointSubset
        By size.
    names : sequence of str
        The players by position.
    datasets : sequence of str
        The names of the data sets.
    attrs : mapping
        Of the frame.
    per_dataset : bool
        Whether there are rows of each data set.
    """
    rows: list[dict[str, Any]] = []
    for one in found:
        means = {
            "left_out_share": _mean([left.share for left in one.left_out]),
            "regret": _mean([left.regret for left in one.left_out]),
            "regret_own": _mean([left.regret_own for left in one.left_out]),
        }
        rows.append(_row(one, names, ALL) | means)
    if per_dataset:
        for position, name in enumerate(datasets):
            for one in found:
                if one.left_out:
                    left = one.left_out[position]
                    rows.append(
                        _row(left, names, name)
                        | {"left_out_share": left.share, "regret": left.regret}
                        | {"regret_own": left.regret_own}
                    )
    hyperparameters = np.empty(len(rows), dtype=object)
    hyperparameters[:] = [row["hyperparameters"] for row in rows]
    table = pd.DataFrame(rows).assign(hyperparameters=hyperparameters)
    table.attrs = dict(attrs)
    return table


def _row(one: Any, names: Sequence[str], dataset: str) -> dict[str, Any]:
    return {
        "size": len(one.members),
        "hyperparameters": tuple(names[player] for player in one.members),
        "gain": one.gain,
        "share": one.share,
        "dataset": dataset,
    }


def _mean(values: Sequence[float]) -> float:
    """Their mean without missing ones; NaN of none."""
    known = [value for value in values if value == value]
    return float(np.mean(known)) if known else float("nan")
