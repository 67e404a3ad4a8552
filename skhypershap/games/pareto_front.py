"""Pareto fronts of points in two or three objectives, smaller is better, and their hypervolume."""

from __future__ import annotations

from types import ModuleType

import numpy as np

from skhypershap.arrays import Floats

REFERENCE = 1.0  # of each objective, as `normalized` scales them
MOST_OBJECTIVES = 3


def check_library(n_objectives: int) -> None:
    """Raise an ImportError where the library that many objectives need is not installed."""
    if n_objectives > 2:
        _moocore()


def front_of(points: Floats) -> Floats:
    """The points that no other dominates, within the reference point; equal ones once.

    Parameters
    ----------
    points : ndarray of shape (n_points, n_objectives)
        Points with NaN are left out.
    """
    inside = points[(points < REFERENCE).all(axis=1)]
    if len(inside) < 2:
        return inside
    if points.shape[1] > 2:
        kept: Floats = inside[_moocore().is_nondominated(inside)]
        return kept
    inside = inside[np.lexsort((inside[:, 1], inside[:, 0]))]
    best_before = np.minimum.accumulate(np.append(np.inf, inside[:-1, 1]))
    front: Floats = inside[inside[:, 1] < best_before]
    return front


def hypervolume(front: Floats) -> float:
    """The exact volume between a front of `front_of` and the reference point.

    Of two objectives it is a sum of rectangles; of three moocore computes it.

    Examples
    --------
    >>> import numpy as np
    >>> from skhypershap.games.pareto_front import front_of, hypervolume
    >>> points = np.array([[0.2, 0.5], [0.5, 0.2], [0.6, 0.6]])
    >>> round(hypervolume(front_of(points)), 12)
    0.55
    """
    if not len(front):
        return 0.0
    if front.shape[1] > 2:
        return float(_moocore().hypervolume(front, ref=[REFERENCE] * front.shape[1]))
    ends = np.append(front[1:, 0], REFERENCE)
    return float(np.sum((ends - front[:, 0]) * (REFERENCE - front[:, 1])))


def _moocore() -> ModuleType:
    try:
        import moocore
    except ImportError as error:
        raise ImportError(
            'The hypervolume of three metrics needs moocore: pip install "skhypershap[pareto]". That of '
            "two needs nothing."
        ) from error
    found: ModuleType = moocore
    return found
