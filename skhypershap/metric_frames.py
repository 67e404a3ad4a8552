"""The DataFrames of several metrics; their columns are named here.

As in `frames`, inputs are plain and nothing that is passed is changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from skhypershap.arrays import Booleans, Floats
from skhypershap.errors import shown
from skhypershap.frame_libraries import as_pandas, in_chosen_library
from skhypershap.frames import FIRST, LAST, restored

OF_GAMES = ("baseline_score", "full_score", "exact", "budget", "approximator")
OF_POINTS = ("reference_point", "ideal_point")
SAME = 1e-9  # of the largest |gain| of a metric: smaller differences are rounding
NO_GAIN = "sensitivity"


def metrics_frame(
    tables: Mapping[str, pd.DataFrame], metrics: Sequence[str], *, stacked: bool
) -> pd.DataFrame:
    """Explanations of several metrics in one frame.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        By metric, explained as a list of games.
    metrics : sequence of str
        The metrics themselves; other keys stand for several of them.
    stacked : bool
        Whether attrs that differ by game are dicts keyed by game, then by metric.
    """
    named = [table.assign(metric=name) for name, table in tables.items()]
    for table in named:
        table.attrs = {}
    joined = pd.concat(named, ignore_index=True)
    first = [name for name in (*FIRST, "metric") if name in joined]
    further = [name for name in joined if name not in (*first, *LAST)]
    joined = joined[[*first, *further, *LAST]]
    joined.attrs = _attrs(tables, list(metrics), stacked=stacked)
    return joined


def _attrs(
    tables: Mapping[str, pd.DataFrame], metrics: list[str], *, stacked: bool
) -> dict[str, Any]:
    """Attrs of all tables, keyed by metric."""
    found: dict[str, Any] = {"metric": metrics}
    for name, table in tables.items():
        for key, value in table.attrs.items():
            if key in OF_GAMES:
                for game, of_game in value.items():
                    place = found.setdefault(key, {})
                    place = place.setdefault(game, {}) if stacked else place
                    place[name] = of_game
            elif key in OF_POINTS:
                found[key] = value
            elif key != "metric":
                found.setdefault(key, {})[name] = value
    return found


@in_chosen_library
def trade_off(table: pd.DataFrame) -> pd.DataFrame:
    """Compare what each hyperparameter gains in one metric and costs in another.

    Parameters
    ----------
    table : DataFrame
        The result of `explain_metrics`, or some of its rows. Of draws only draw 0 (all trials) is
        shown; rows of "sensitivity", which are no gains, and of "hypervolume" are left out.

    Returns
    -------
    DataFrame of n_interactions rows
        `interaction`, a column for each metric with its gain (in its own units, positive is better
        whatever the direction), and `dominated`: whether another row gains at least as much in all
        metrics and more in one. With several games there is a column `game` after `interaction`, and
        rows compete within their game. Rows are in the order of the first metric. `attrs` hold
        "metric" (the names) and "direction" (a dict).

    Raises
    ------
    TypeError
        If `table` is not a DataFrame.
    ValueError
        If `table` is not a result of `explain_metrics`, or has fewer than two metrics.

    See Also
    --------
    explain_metrics : Makes the table. An ablation shows costs: tuning for a metric costs it nothing.
    trade_off_coalitions : What subsets that are tuned together gain and cost.

    Examples
    --------
    >>> import pandas as pd
    >>> from skhypershap import trade_off
    >>> table = pd.DataFrame(
    ...     {
    ...         "interaction": ["depth", "rate"] * 2,
    ...         "value": [0.02, 0.05, -9.0, 0.0],
    ...         "order": 1,
    ...         "game": "ablation",
    ...         "metric": ["accuracy", "accuracy", "fit_time", "fit_time"],
    ...         "measure": "SV",
    ...         "hyperparameters": [("depth",), ("rate",)] * 2,
    ...     }
    ... )
    >>> trade_off(table)
      interaction  accuracy  fit_time  dominated
    0       depth      0.02      -9.0       True
    1        rate      0.05       0.0      False
    """
    table = as_pandas(table)
    whole = restored(table)
    if "metric" not in whole:
        raise ValueError("table has no column 'metric'; pass the result of explain_metrics().")
    rows = whole[whole["draw"] == 0] if "draw" in whole else whole
    rows = rows[~rows["game"].isin([NO_GAIN, "hypervolume"])]
    metrics = list(dict.fromkeys(rows["metric"]))
    if len(metrics) < 2:
        raise ValueError(
            "A trade-off needs gains of at least two metrics; table has "
            f"{', '.join(map(repr, metrics)) or 'none'}. Explain two, in a game whose values are gains: "
            "explain_metrics(source, ['accuracy', 'fit_time'], 'ablation')."
        )
    kinds = ["game"] if rows["game"].nunique() > 1 else []
    keys = ["interaction", *kinds]
    if rows.duplicated([*keys, "metric"]).any():
        raise ValueError(
            "table has several rows of the same interaction and metric. Compare one explanation at a "
            "time."
        )
    wide = rows.set_index([*keys, "metric"])["value"].unstack("metric")[metrics]
    first = pd.MultiIndex.from_frame(rows[keys]) if kinds else pd.Index(rows["interaction"])
    wide = wide.reindex(first.unique())
    if wide.isna().to_numpy().any():
        raise ValueError("table lacks some interactions for some of its metrics.")
    beaten = pd.Series(False, index=wide.index)
    groups = wide.groupby(level="game", sort=False) if kinds else [(None, wide)]
    for _, part in groups:
        beaten[part.index] = dominated(part.to_numpy(dtype=float))
    return _finished(
        wide.index.to_frame(index=False), wide.to_numpy(dtype=float), metrics, beaten, table
    )


def _finished(
    labels: pd.DataFrame, gains: Floats, metrics: Sequence[str], beaten: Any, table: pd.DataFrame
) -> pd.DataFrame:
    """Labels, gains and dominance in one frame; a metric that is called like a column ends with "_"."""
    found = labels.copy()
    for position, metric in enumerate(metrics):
        name = str(metric)
        while name in found or name == "dominated":
            name += "_"
        found[name] = gains[:, position]
    found["dominated"] = np.asarray(beaten, dtype=bool)
    direction = table.attrs.get("direction")
    found.attrs = {"metric": list(metrics)}
    if isinstance(direction, Mapping):
        found.attrs["direction"] = {m: direction[m] for m in metrics if m in direction}
    return found


def coalitions_trade_off_frame(
    labels: Mapping[str, Sequence[Any]],
    gains: Floats,
    metrics: Sequence[str],
    configs: Sequence[Any],
    attrs: Mapping[str, Any],
) -> pd.DataFrame:
    """One row per coalition and metric that it is tuned for, with its gains in all metrics."""
    columns = {}
    for name, cells in labels.items():
        column = np.empty(len(cells), dtype=object)
        column[:] = list(cells)
        columns[name] = pd.Series(column).infer_objects()
    empty = pd.DataFrame()
    empty.attrs = dict(attrs)
    found = _finished(pd.DataFrame(columns), gains, metrics, dominated(gains), empty)
    configuration = np.empty(len(configs), dtype=object)
    configuration[:] = list(configs)
    found["configuration"] = configuration
    found.attrs = dict(attrs)
    return found


def dominated(gains: Floats) -> Booleans:
    """Whether another row is at least as large everywhere and larger somewhere.

    Parameters
    ----------
    gains : ndarray of shape (n_rows, n_metrics)
        Differences of less than a billionth of the largest are none.

    Examples
    --------
    >>> import numpy as np
    >>> from skhypershap.metric_frames import dominated
    >>> dominated(np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]])).tolist()
    [False, False, True]
    """
    if not np.isfinite(gains).all():
        raise ValueError(f"Gains must be finite numbers; got {shown(gains)}.")
    margin = SAME * np.abs(gains).max(axis=0, initial=0.0)
    scale = np.where(margin > 0, margin, 1.0)
    found: Booleans = np.zeros(len(gains), dtype=bool)
    front = np.empty((0, gains.shape[1]))
    for position in np.argsort(-(gains / scale).sum(axis=1), kind="stable"):  # best sums first
        row = gains[position]
        beats = (front >= row - margin).all(axis=1) & (front > row + margin).any(axis=1)
        found[position] = beats.any()
        if not beats.any():
            front = np.vstack([front, row])
    return found
