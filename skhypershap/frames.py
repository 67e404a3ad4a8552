"""The tidy DataFrames that users get; the only module in which their columns are named.

Inputs are plain: names, configurations, arrays, `Explained` games. Each function returns a new
frame and changes none that it is passed.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd

from skhypershap.errors import SurrogateWarning, shown, warn
from skhypershap.frame_libraries import as_pandas, in_chosen_library
from skhypershap.interactions.calibration import (
    calibration_of,
    margins_of,
    widened,
    widened_by_factor,
)
from skhypershap.interactions.solve import Explained
from skhypershap.space.encoding import columns_of
from skhypershap.trials.measurements import Measurements

SEPARATOR = " × "
"""Between the hyperparameters in the name of an interaction."""

COLUMNS = ("interaction", "value", "order", "game", "measure", "hyperparameters")
"""The columns of every explanation, in this order: first what one reads first."""

FIRST = ("interaction", "value", "low", "high", "order", "game")
LAST = ("measure", "hyperparameters")
"""Further columns, such as `draw` and `dataset`, lie between these."""


def trials_frame(
    names: Sequence[str],
    configs: Sequence[Mapping[str, Any]],
    scores: np.ndarray,
    fidelity: np.ndarray | None = None,
) -> pd.DataFrame:
    """One row per trial: each hyperparameter, `score`, and `fidelity` where it varies.

    A hyperparameter that is called like one of these has a column with "_" after its name.
    """
    columns: dict[str, Any] = {
        column: _column_of_values(name, configs) for name, column in columns_of(names).items()
    }
    columns["score"] = scores
    if fidelity is not None:
        columns["fidelity"] = fidelity
    return pd.DataFrame(columns)


def measured_frame(names: Sequence[str], measured: Measurements) -> pd.DataFrame:
    """One row per measured trial: each hyperparameter, `score` (NaN if it failed), and `why`."""
    return trials_frame(names, measured.configs, measured.scores).assign(
        why=pd.Series(measured.why, dtype=str)
    )


def _column_of_values(name: str, configs: Sequence[Mapping[str, Any]]) -> pd.Series:
    """A column that returns values as they were typed; plain values get pandas' own dtype.

    Where the hyperparameter is inactive the cell is missing. Integers and bools with missing cells
    get a nullable dtype, so that integers do not become floats.
    """
    values = [config[name] for config in configs if name in config]
    some_missing = len(values) < len(configs)
    if not some_missing:
        return column_of_values(values)
    kinds = set(map(_plain_type, values)) or {float}
    kind = kinds.pop()
    same_type = not kinds
    if same_type and kind is bool:
        return pd.Series([config.get(name) for config in configs], dtype="boolean")
    if same_type and kind is int:
        return pd.Series([config.get(name) for config in configs], dtype="Int64")
    if same_type and (kind in (int, float, bool, str) or issubclass(kind, np.generic)):
        return pd.Series([config.get(name, np.nan) for config in configs])
    column = np.empty(len(configs), dtype=object)
    column[:] = [config.get(name, np.nan) for config in configs]
    return pd.Series(column, dtype=object)


def column_of_values(values: Sequence[Any]) -> pd.Series:
    """A column of values without missing ones; objects of several types stay as they are."""
    kinds = set(map(_plain_type, values)) or {float}
    kind = kinds.pop()
    if not kinds and (kind in (int, float, bool, str) or issubclass(kind, np.generic)):
        return pd.Series(list(values))
    column = np.empty(len(values), dtype=object)
    for row, value in enumerate(values):  # a tuple or a list is one value
        column[row] = value
    return pd.Series(column, dtype=object)


def _plain_type(value: Any) -> type:
    """The type of a value; a float of numpy and one of Python are the same."""
    for plain, of_numpy in (
        (bool, np.bool_),
        (int, np.integer),
        (float, np.floating),
        (str, np.str_),
    ):
        if type(value) is plain or isinstance(value, of_numpy):
            return plain
    return type(value)


def interaction_name(hyperparameters: Sequence[str]) -> str:
    """The name of an interaction, such as "C × gamma".

    Different interactions have different names: a hyperparameter whose name could be read as that
    of an interaction is quoted.
    """
    return SEPARATOR.join(map(_quoted_if_ambiguous, hyperparameters))


def _quoted_if_ambiguous(name: str) -> str:
    ambiguous = SEPARATOR in f" {name} " or name.startswith(("'", '"'))
    return repr(name) if ambiguous else name


def explanation_frame(
    draws: Sequence[Sequence[Explained]],
    names: Sequence[str],
    attrs: Mapping[str, Any],
    *,
    stacked: bool,
) -> pd.DataFrame:
    """One row per draw, game and interaction, sorted by game as asked, order, then |value|.

    Parameters
    ----------
    draws : sequence of sequence of Explained
        For each draw the games. The first draw is of all trials; further ones are of resamples,
        which add a column `draw`, and keep the order of rows of the first.
    names : sequence of str
        The players by position.
    attrs : mapping
        What holds for all games.
    stacked : bool
        Whether scores and exactness in the attrs are dicts keyed by game.
    """
    games = draws[0]
    rows = [
        (position, members)
        for position in range(len(games))
        for members in _sorted(games[position])
    ]
    hyperparameters = [tuple(names[player] for player in members) for _, members in rows]
    table = pd.DataFrame(
        {
            "interaction": list(map(interaction_name, hyperparameters)),
            "order": [len(members) for _, members in rows],
            "game": [games[position].game for position, _ in rows],
            "measure": [games[position].measure for position, _ in rows],
            "hyperparameters": hyperparameters,
        },
    )
    values = [
        [draw[position].interactions[members] for position, members in rows] for draw in draws
    ]
    table = pd.concat([table] * len(draws), ignore_index=True)
    table["value"] = np.ravel(values)
    if len(draws) > 1:
        table["draw"] = np.repeat(np.arange(len(draws)), len(rows))
    table = _with_columns_in_order(table)
    fields = ["baseline_score", "full_score", "exact"]
    if any(not explained.exact for explained in games):
        fields += ["budget", "approximator"]
    if any(explained.error is not None for explained in games):
        fields += ["error"]
    for field in fields:
        by_game = {explained.game: getattr(explained, field) for explained in games}
        table.attrs[field] = by_game if stacked else by_game[games[0].game]
    if len(draws) > 1:
        table.attrs["calibration"] = calibration_of(draws)
    table.attrs.update(attrs)
    return table


def _sorted(explained: Explained) -> list[tuple[int, ...]]:
    """Interactions by order, then by |value| descending; without the empty one."""
    values = explained.interactions
    return sorted(filter(None, values), key=lambda members: (len(members), -abs(values[members])))


def _with_columns_in_order(table: pd.DataFrame) -> pd.DataFrame:
    first = [name for name in FIRST if name in table]
    further = [name for name in table if name not in (*FIRST, *LAST)]
    return table[[*first, *further, *LAST]]


def datasets_frame(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Explanations of several data sets in one frame, with the attrs of the first.

    Of draws "dataset_calibration" holds the "calibration" of each, since their units may differ.
    """
    named = [table.assign(dataset=name) for name, table in tables.items()]
    joined = _with_columns_in_order(pd.concat(named, ignore_index=True))
    joined.attrs = dict(named[0].attrs)
    if "calibration" in joined.attrs:
        of_each = {name: table.attrs["calibration"] for name, table in tables.items()}
        joined.attrs["dataset_calibration"] = of_each
    return joined


def history_frame(
    tables: Sequence[pd.DataFrame], counts: Sequence[int], settled: bool, verdict: str
) -> pd.DataFrame:
    """Summaries of growing numbers of trials in one frame: row order and attrs are those of the last."""
    order = tables[-1]["interaction"].tolist()
    named = [
        table.set_index("interaction").loc[order].reset_index().assign(n_trials=count)
        for table, count in zip(tables, counts, strict=True)
    ]
    joined = _with_columns_in_order(pd.concat(named, ignore_index=True))
    joined.attrs = {**tables[-1].attrs, "settled": settled, "verdict": verdict}
    return joined


@in_chosen_library
def summarize(table: pd.DataFrame, level: float = 0.9) -> pd.DataFrame:
    """Summarize the draws of an explanation: one row per interaction, with an interval.

    Parameters
    ----------
    table : DataFrame
        The result of `HyperSHAPExplainer.explain(..., n_bootstrap=B)` or `explain_jointly`, or some
        of its rows.
    level : float, default=0.9
        Fraction of the true values that intervals should hold, above 0 and below 1. They were
        calibrated for 0.9.

    Returns
    -------
    DataFrame of n_interactions rows
        The rows of draw 0 (all trials), with `low` and `high` after `value`, in its units. They
        span the value and the quantiles (1 - level) / 2 and (1 + level) / 2 of draws 1 to B (the
        percentile interval of the bootstrap [1]_), widened by `table.attrs["calibration"]`, since
        resamples cannot show what every surrogate of these trials misses. A number there widens
        the quantiles around the value by this factor; 1 leaves them as they are. `attrs` are those
        of `table`.

    Warns
    -----
    SurrogateWarning
        If `table` has lost its attrs, as in a CSV file or in `pandas.concat`: intervals are then
        the plain quantiles, which are too narrow.

    Raises
    ------
    TypeError
        If `table` is not a DataFrame.
    ValueError
        If `table` lacks columns, draw 0 or all other draws, or has several rows of the same
        interaction and draw, and for a level out of range.

    See Also
    --------
    HyperSHAPExplainer.explain : Explanations with draws.
    skhypershap.plotting.plot_importance : Draws the intervals as whiskers.

    References
    ----------
    .. [1] B. Efron, R. Tibshirani (1993). An Introduction to the Bootstrap. Chapter 13.

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
    table = restored(as_pandas(table))
    if not isinstance(level, Real) or not 0 < level < 1:
        raise ValueError(f"level must be a number above 0 and below 1; got {shown(level)}.")
    draw = np.asarray(table["draw"], dtype=int) if "draw" in table else np.zeros(len(table))
    of_all_trials, resampled = table[draw == 0], table[draw > 0]
    if of_all_trials.empty or resampled.empty:
        raise ValueError(
            "table has no draws to summarize: it needs rows of draw 0 and of others. Get them "
            "with explain(..., n_bootstrap=100)."
        )
    others = [name for name in table if name not in (*COLUMNS, "draw")]
    row = _row_of_each(table, draw, others)
    values = resampled["value"].groupby(row[draw > 0])
    low, high = (
        values.quantile(end).reindex(row[draw == 0]).to_numpy()
        for end in ((1 - level) / 2, (1 + level) / 2)
    )
    low, high = _calibrated(of_all_trials, low, high, table.attrs, level)
    summary = of_all_trials.drop(columns="draw").assign(low=low, high=high)
    summary = _with_columns_in_order(summary.reset_index(drop=True))
    summary.attrs = dict(table.attrs)
    return summary


def _calibrated(
    rows: pd.DataFrame, low: np.ndarray, high: np.ndarray, attrs: Mapping[Any, Any], level: float
) -> tuple[np.ndarray, np.ndarray]:
    """Intervals as the calibration of an explanation widens them; one warning if attrs are lost."""
    calibration = attrs.get("calibration")
    values = rows["value"].to_numpy(dtype=float)
    if calibration is None and attrs:  # somebody chose to leave it out
        return low, high
    if calibration is None:
        warn(
            "table has lost its attrs, and with them the calibration of intervals: low and high are "
            "plain quantiles of the draws, which are too narrow. Summarize the result of explain() "
            "itself, or restore them: table.attrs = explained.attrs.",
            SurrogateWarning,
        )
        return low, high
    if isinstance(calibration, Mapping):
        parts = rows.get("metric")
        if "dataset" in rows and "dataset_calibration" in attrs:
            calibration, parts = attrs["dataset_calibration"], rows["dataset"]
        margins = margins_of(calibration, rows["game"], rows["order"].to_numpy(), parts)
        return widened(values, low, high, margins, level)
    return widened_by_factor(values, low, high, float(calibration))


def check_explanation(table: Any) -> None:
    """Raise a TypeError or ValueError for anything but a frame with the columns of `explain`."""
    if not isinstance(table, pd.DataFrame):
        raise TypeError(f"table must be the DataFrame of explain(); got {type(table).__name__}.")
    missing = [column for column in COLUMNS if column not in table]
    if missing:
        raise ValueError(
            f"table has no column {', '.join(map(repr, missing))}; pass the result of explain()."
        )
    twice = table.columns[table.columns.duplicated()]
    if len(twice):
        raise ValueError(f"table has two columns {twice[0]!r}; pass the result of explain().")
    values = table["value"]
    numbers = pd.to_numeric(values, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    if np.isinf(numbers).any() or any(isinstance(value, str) for value in values):
        raise ValueError(
            "The column 'value' of table must hold finite numbers, or NaN; pass the result of explain()."
        )


def restored(table: pd.DataFrame) -> pd.DataFrame:
    """An explanation that went through a file and back, with tuples of text as `hyperparameters`.

    CSV stores a tuple as text, parquet as a list. A table that has tuples is returned as it is.

    Raises
    ------
    TypeError, ValueError
        As `check_explanation`, and for text that is no tuple.
    """
    check_explanation(table)
    cells = table["hyperparameters"].tolist()
    if all(isinstance(cell, tuple) for cell in cells):
        return table
    members = np.empty(len(cells), dtype=object)
    members[:] = list(map(_members_of, cells))
    back = table.assign(hyperparameters=members, interaction=list(map(interaction_name, members)))
    back.attrs = dict(table.attrs)
    return back


def _members_of(cell: Any) -> tuple[str, ...]:
    """The hyperparameters in a cell: a tuple, what a file made of it, or its text."""
    if isinstance(cell, str):
        try:
            cell = ast.literal_eval(cell)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            cell = None
    if not isinstance(cell, (tuple, list, np.ndarray)) or not len(cell):
        raise ValueError(
            "The column 'hyperparameters' of table must hold tuples of names, or their text as "
            "to_csv writes it."
        )
    return tuple(map(str, cell))


def _row_of_each(table: pd.DataFrame, draw: np.ndarray, others: Sequence[str]) -> np.ndarray:
    """Which row of the summary each row of the draws belongs to, of shape (n_rows,).

    A column that a user has added tells rows apart only if it has the same values in draw 0 as in
    the other draws, as the name of a data set has.
    """

    def labels(name: str, rows: np.ndarray) -> set[str]:
        return set(map(str, table.loc[rows, name]))

    # With the tuples of names: groupby of pandas 2 reads text up to its first NUL only.
    keys = [name for name in COLUMNS if name != "value"]
    keys += [name for name in others if labels(name, draw == 0) == labels(name, draw > 0)]
    row = table.groupby(keys, sort=False, dropna=False).ngroup().to_numpy()
    if pd.DataFrame({"row": row, "draw": draw}).duplicated().any():
        raise ValueError(
            "table has several rows of the same game, interaction and draw. Summarize one "
            "explanation at a time, or add a column that tells them apart."
        )
    return row


def coalitions_frame(values: np.ndarray, names: Sequence[str]) -> pd.DataFrame:
    """All coalitions, by size and then by position, with their values."""
    players = range(len(names))
    members = [tuple(i for i in players if bits >> i & 1) for bits in range(len(values))]
    order = sorted(range(len(values)), key=lambda bits: (len(members[bits]), members[bits]))
    coalition = np.empty(len(values), dtype=object)
    coalition[:] = [tuple(names[player] for player in members[bits]) for bits in order]
    return pd.DataFrame(
        {
            "coalition": coalition,
            "size": [len(members[bits]) for bits in order],
            "value": values[order],
        }
    )
