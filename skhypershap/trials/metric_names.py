"""Metrics by number: the position of an objective among the names that a source has for them."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from typing import Any

from skhypershap.errors import unknown_name


def by_position(metric: Any, names: Sequence[str]) -> Any:
    """The name of a metric that is given by its position; anything else as it is.

    Parameters
    ----------
    metric : str, int or None
        What the user passed as `metric=`.
    names : sequence of str
        The metrics of the source in its own order.

    Raises
    ------
    ValueError
        If there is no metric at that position.

    Examples
    --------
    >>> from skhypershap.trials.metric_names import by_position
    >>> by_position(1, ["loss", "size"]), by_position("loss", ["loss", "size"])
    ('size', 'loss')
    """
    if isinstance(metric, str) and metric.isdecimal() and metric not in names:
        metric = int(metric)
    if not isinstance(metric, Integral) or isinstance(metric, bool):
        return metric
    position = int(metric)
    if str(position) in names:
        return str(position)
    if not 0 <= position < len(names):
        raise unknown_name("metric", metric, [*names, *map(str, range(len(names)))])
    return names[position]
