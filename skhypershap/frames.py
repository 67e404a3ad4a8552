"""The tidy DataFrames a user gets: the only place that knows their columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd

from skhypershap.interactions.solve import Explained

SEPARATOR = " × "
EXPLAINED_BY = ["game", "measure", "order", "interaction", "hyperparameters"]


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
    draws: Sequence[Sequence[Explained]],
    names: Sequence[str],
    attrs: Mapping[str, Any],
    *,
    stacked: bool,
) -> pd.DataFrame:
    """One row per game and interaction, sorted by game as asked, order, then |value|.

    `draws` are the games on all trials, and then on resamples, which make a column `draw` and keep the
    first one's order. `attrs` are what holds for all games; scores and exactness are one value, or
    with `stacked` a dict keyed by game.
    """
    explained = draws[0]
    rows = [
        (number, who)
        for number, part in enumerate(explained)
        for who in sorted(
            filter(None, part.interactions),
            key=lambda who: (len(who), -abs(part.interactions[who])),
        )
    ]
    hyperparameters = [tuple(names[player] for player in who) for _, who in rows]
    table = pd.DataFrame(
        {
            "game": [explained[number].game for number, _ in rows],
            "measure": [explained[number].measure for number, _ in rows],
            "order": [len(who) for _, who in rows],
            "interaction": list(map(SEPARATOR.join, hyperparameters)),
            "hyperparameters": hyperparameters,
        },
    )
    values = [[draw[number].interactions[who] for number, who in rows] for draw in draws]
    table = pd.concat([table] * len(draws), ignore_index=True)
    table["value"] = np.ravel(values)
    if len(draws) > 1:
        table["draw"] = np.repeat(np.arange(len(draws)), len(rows))
    fields = ["baseline_score", "full_score", "exact"]
    if any(not part.exact for part in explained):
        fields += ["budget", "approximator"]
    for field in fields:
        by_game = {part.game: getattr(part, field) for part in explained}
        table.attrs[field] = by_game if stacked else by_game[explained[0].game]
    table.attrs.update(attrs)
    return table


def datasets_frame(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Explanations of several data sets in one frame, with the first one's attrs."""
    named = [table.assign(dataset=name) for name, table in tables.items()]
    joined = pd.concat(named, ignore_index=True)
    joined.attrs = dict(named[0].attrs)
    return joined


def summarize(table: pd.DataFrame, level: float = 0.9) -> pd.DataFrame:
    """Sum up the draws of an explanation: one row per interaction, with an interval.

    Parameters
    ----------
    table : DataFrame
        What `HyperSHAPExplainer.explain(..., n_bootstrap=B)` or `explain_jointly` returns, or some rows
        of it.
    level : float, default=0.9
        How much of the draws an interval holds, above 0 and below 1.

    Returns
    -------
    DataFrame
        The rows of draw 0 (all trials), with `low` and `high` after `value`: the quantiles
        (1 - level) / 2 and (1 + level) / 2 of the values of draws 1 to B, the percentile interval of
        the bootstrap (Efron & Tibshirani 1993, An Introduction to the Bootstrap, chapter 13). In units
        of `value`.

    Raises
    ------
    TypeError
        If `table` is no DataFrame.
    ValueError
        If it has no draws, or lacks draw 0, or for a level out of range.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import GridSearchCV
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from skhypershap import HyperSHAPExplainer, summarize
    >>> grid = {"max_depth": [1, 2, 3, 4, 5], "min_samples_leaf": [1, 5, 20, 40]}
    >>> search = GridSearchCV(DecisionTreeClassifier(random_state=0), grid)
    >>> explainer = HyperSHAPExplainer(search, baseline="worst", random_state=0)
    >>> table = explainer.fit(*load_iris(return_X_y=True)).explain(n_bootstrap=20)
    >>> summarize(table)[["interaction", "value", "low", "high"]].shape
    (3, 4)
    """
    if not isinstance(table, pd.DataFrame):
        raise TypeError(f"table must be the DataFrame of explain(); got {type(table).__name__}.")
    missing = [column for column in (*EXPLAINED_BY, "value") if column not in table]
    if missing:
        raise ValueError(
            f"table has no column {', '.join(map(repr, missing))}; pass what explain() returns."
        )
    if not isinstance(level, Real) or not 0 < level < 1:
        raise ValueError(f"level must be a number above 0 and below 1; got {level!r}.")
    draw = np.asarray(table["draw"], dtype=int) if "draw" in table else np.zeros(len(table))
    whole, drawn = table[draw == 0], table[draw > 0]
    if whole.empty or drawn.empty:
        raise ValueError(
            "table has no draws to sum up: it needs rows of draw 0 and of others. Ask for them with "
            "explain(..., n_bootstrap=100)."
        )
    rest = [name for name in table if name not in (*EXPLAINED_BY, "value", "draw")]
    # Of what a user has added, only what says which explanation a row is of tells rows apart.
    keys = [name for name in EXPLAINED_BY if name != "hyperparameters"]
    keys += [name for name in rest if set(map(str, whole[name])) == set(map(str, drawn[name]))]
    row = table.groupby(keys, sort=False, dropna=False).ngroup().to_numpy()
    if pd.DataFrame({"row": row, "draw": draw}).duplicated().any():
        raise ValueError(
            "table has several rows of the same game, interaction and draw. Sum up one explanation at a "
            "time, or add a column that tells them apart."
        )
    values = drawn["value"].groupby(row[draw > 0])
    low, high = (
        values.quantile(end).reindex(row[draw == 0]).to_numpy()
        for end in ((1 - level) / 2, (1 + level) / 2)
    )
    summary = whole.assign(low=low, high=high).reset_index(drop=True)
    summary = summary[[*EXPLAINED_BY, "value", "low", "high", *rest]]
    summary.attrs = dict(table.attrs)
    return summary


def subsets_frame(found: Sequence[Any], names: Sequence[str], gain: float) -> pd.DataFrame:
    """The best coalition of each size: who, what it gains, and which share of the full gain that is."""
    hyperparameters = np.empty(len(found), dtype=object)
    hyperparameters[:] = [tuple(names[player] for player in subset.members) for subset in found]
    gains = np.array([subset.gain for subset in found])
    return pd.DataFrame(
        {
            "size": [len(subset.members) for subset in found],
            "hyperparameters": hyperparameters,
            "gain": gains,
            "share": gains / gain if gain else np.nan,
        }
    )


def verified_frame(
    configs: Sequence[Mapping[str, Any]],
    predicted: np.ndarray,
    measured: np.ndarray,
    stds: np.ndarray,
    labels: Sequence[str] | None,
) -> pd.DataFrame:
    """Configurations, and what was expected and measured of them; labels are the index."""
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
