"""The tidy DataFrames a user gets: the only place that knows their columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from skhypershap.solve import Explained

SEPARATOR = " × "
COLUMNS = ["game", "measure", "order", "interaction", "hyperparameters", "value"]


def trials_frame(
    names: Sequence[str],
    configs: Sequence[Mapping[str, Any]],
    scores: np.ndarray,
    fidelity: np.ndarray | None = None,
) -> pd.DataFrame:
    """One row per trial: each hyperparameter in its own values, `score`, and `fidelity` if it varies."""
    columns: dict[str, Any] = {name: _own_values(name, configs) for name in names}
    columns["score"] = scores
    if fidelity is not None:
        columns["fidelity"] = fidelity
    return pd.DataFrame(columns)


def _own_values(name: str, configs: Sequence[Mapping[str, Any]]) -> pd.Series:
    """A column that gives back what it was given; pandas chooses a dtype for plain values only.

    Where the hyperparameter is inactive the cell is missing, by a dtype that keeps integers whole.
    """
    values = [config[name] for config in configs if name in config]
    kind = type(values[0]) if values else float
    alike = all(type(value) is kind for value in values)
    gaps = len(values) < len(configs)
    if alike and gaps and issubclass(kind, (bool, np.bool_)):
        return pd.Series([config.get(name) for config in configs], dtype="boolean")
    if alike and gaps and issubclass(kind, (int, np.integer)):
        return pd.Series([config.get(name) for config in configs], dtype="Int64")
    if alike and (kind in (int, float, bool, str) or issubclass(kind, np.generic)):
        return pd.Series([config.get(name, np.nan) for config in configs])
    column = np.empty(len(configs), dtype=object)
    column[:] = [config.get(name, np.nan) for config in configs]
    return pd.Series(column, dtype=object)


def explanation_frame(
    explained: Sequence[Explained], names: Sequence[str], attrs: Mapping[str, Any], *, stacked: bool
) -> pd.DataFrame:
    """One row per game and interaction, sorted by game as asked, order, then |value|.

    `attrs` are what holds for all games; scores and exactness are one value, or with `stacked` a
    dict keyed by game.
    """
    columns: dict[str, list[Any]] = {name: [] for name in COLUMNS}
    for part in explained:
        values = part.interactions
        members = sorted(filter(None, values), key=lambda who: (len(who), -abs(values[who])))
        hyperparameters = [tuple(names[player] for player in who) for who in members]
        columns["game"] += [part.game] * len(members)
        columns["measure"] += [part.measure] * len(members)
        columns["order"] += map(len, members)
        columns["interaction"] += map(SEPARATOR.join, hyperparameters)
        columns["hyperparameters"] += hyperparameters
        columns["value"] += [values[who] for who in members]
    table = pd.DataFrame(columns)
    fields = ["baseline_score", "full_score", "exact"]
    if any(not part.exact for part in explained):
        fields += ["budget", "approximator"]
    for field in fields:
        by_game = {part.game: getattr(part, field) for part in explained}
        table.attrs[field] = by_game if stacked else by_game[explained[0].game]
    table.attrs.update(attrs)
    return table


def coalitions_frame(values: np.ndarray, names: Sequence[str]) -> pd.DataFrame:
    """All coalitions, by size and then by position, with their values."""
    players = range(len(names))
    members = [tuple(i for i in players if number >> i & 1) for number in range(len(values))]
    order = sorted(range(len(values)), key=lambda number: (len(members[number]), members[number]))
    coalition = np.empty(len(values), dtype=object)
    coalition[:] = [tuple(names[player] for player in members[number]) for number in order]
    return pd.DataFrame(
        {
            "coalition": coalition,
            "size": [len(members[number]) for number in order],
            "value": values[order],
        }
    )
