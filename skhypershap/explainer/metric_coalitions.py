"""What each subset of the hyperparameters gains and costs when tuned for one of several metrics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from skhypershap.arrays import Floats, Vectors
from skhypershap.explainer.base import game_context
from skhypershap.explainer.metrics import check_metrics, fitted_by_metric
from skhypershap.frame_libraries import in_chosen_library
from skhypershap.games.coalition_scores import coalition_optima
from skhypershap.games.setting import GameContext
from skhypershap.metric_frames import coalitions_trade_off_frame
from skhypershap.space.encoding import decode
from skhypershap.surrogate.blends import all_coalitions
from skhypershap.trials.scores_by_metric import GivenResults

if TYPE_CHECKING:
    import pandas as pd


@in_chosen_library
def trade_off_coalitions(
    source: Any,
    metrics: Sequence[str | int],
    *,
    direction: Any = None,
    configs: Any = None,
    scores: Any = None,
    fidelity: Any = None,
    **parameters: Any,
) -> pd.DataFrame:
    """Compare what all subsets of the hyperparameters gain in one metric and cost in another.

    Each subset is tuned for each of the metrics in turn, everything else at the baseline; the
    configuration that this leads to is scored in all metrics.

    Parameters
    ----------
    source, metrics, direction, configs, scores, fidelity
        As in `explain_metrics`.
    **parameters : dict
        As in `HyperSHAPExplainer`: baseline, space, n_samples, random_state and so on. A single
        baseline.

    Returns
    -------
    DataFrame
        One row for each subset and metric that it is tuned for, by size and position:
        `hyperparameters` (tuple of str), `size`, `tuned_for` (a metric), a column for each metric with
        its gain over the baseline (in its own units, positive is better), `dominated` (whether another
        row gains at least as much in all metrics and more in one), and `configuration` (dict). `attrs`
        hold "metric" (the names), "direction" and "baseline_score" (dicts).

    Raises
    ------
    ValueError
        With fewer than two metrics, several baselines, or more than `max_exact` hyperparameters, and
        as `explain_metrics`.
    TypeError
        As `explain_metrics`.

    See Also
    --------
    trade_off : The same for the values of an explanation.

    Examples
    --------
    >>> import pandas as pd
    >>> from skhypershap import trade_off_coalitions
    >>> rows = [(depth, rate, depth + rate, 10 * depth) for depth in range(4) for rate in range(4)]
    >>> table = pd.DataFrame(rows, columns=["depth", "rate", "score", "seconds"])
    >>> found = trade_off_coalitions(
    ...     table, ["score", "seconds"], space={"depth": [0, 1, 2, 3], "rate": [0, 1, 2, 3]},
    ...     direction={"seconds": "minimize"}, baseline={"depth": 1, "rate": 1}, random_state=0,
    ... )
    >>> found[["hyperparameters", "tuned_for", "score", "seconds"]].round(1).iloc[1:4]
      hyperparameters tuned_for  score  seconds
    1              ()   seconds    0.0      0.0
    2        (depth,)     score    2.0    -20.0
    3        (depth,)   seconds   -1.0     10.0
    """
    results = GivenResults(configs, scores, fidelity)
    explainers = fitted_by_metric(source, check_metrics(metrics), direction, parameters, results)
    contexts = {name: game_context(one) for name, one in explainers.items()}
    first = next(iter(explainers.values()))
    if len(explainers) < 2:
        raise ValueError(f"A trade-off needs at least two metrics; got {', '.join(explainers)}.")
    if len(first.fitted_.baselines) > 1:
        raise ValueError(
            f"There are {len(first.fitted_.baselines)} baselines, and a trade-off starts at one. Pass "
            "it: baseline=."
        )
    n_players = contexts[next(iter(contexts))].n_players
    if n_players > first.max_exact:
        raise ValueError(
            f"{n_players} hyperparameters have too many subsets: all are compared up to "
            f"max_exact={first.max_exact}. Raise max_exact."
        )
    return _table(contexts, first.fitted_.baselines[0])


def _table(contexts: dict[str, GameContext], baseline: dict[str, Any]) -> pd.DataFrame:
    """Optima of all coalitions for each metric, and their scores in all."""
    first = next(iter(contexts.values()))
    start = first.filled([baseline])
    coalitions = all_coalitions(first.n_players)
    order = sorted(
        range(len(coalitions)),
        key=lambda row: (coalitions[row].sum(), *np.flatnonzero(coalitions[row])),
    )
    optima = [
        coalition_optima("tunability", one, start[0], {}).points[order] for one in contexts.values()
    ]
    points = np.stack(optima, axis=1).reshape(-1, start.shape[1])
    base = {name: float(one.surrogate.predict(start)[0]) for name, one in contexts.items()}
    members = [
        tuple(np.array(list(first.players), dtype=object)[coalitions[row]])
        for row in order
        for _ in contexts
    ]
    labels: dict[str, list[Any]] = {
        "hyperparameters": members,
        "size": list(map(len, members)),
        "tuned_for": list(contexts) * len(order),
    }
    attrs = {
        "metric": list(contexts),
        "direction": {name: one.trials.direction for name, one in contexts.items()},
        "baseline_score": base,
    }
    configs = decode(first.trials.space, first.surrogate.legality.legal(points))
    gains = np.column_stack([_gains(one, points, base[name]) for name, one in contexts.items()])
    return coalitions_trade_off_frame(labels, gains, list(contexts), configs, attrs)


def _gains(context: GameContext, points: Vectors, base: float) -> Floats:
    sign = 1.0 if context.trials.maximize else -1.0
    gains: Floats = sign * (context.surrogate.predict(points) - base)
    return gains + 0.0
