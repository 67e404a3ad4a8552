"""Piecewise linear interpolation that never decreases by rounding, for many millions of numbers.

A table of evenly spaced places says where to begin the search for a segment, so that it takes a
step or two.
"""

from __future__ import annotations

import numpy as np

from skhypershap.arrays import Floats, Integers
from skhypershap.surrogate.kernels._jit import jit

PLACES_PER_KNOT = 4


def interpolate(values: Floats, knots: Floats, heights: Floats) -> Floats:
    """Heights at values, of any shape, given those at ascending knots; constant outside.

    Examples
    --------
    >>> interpolate(np.array([-1.0, 0.25, 3.0]), np.array([0.0, 1.0]), np.array([2.0, 4.0])).tolist()
    [2.0, 2.5, 4.0]
    """
    if len(knots) < 2:
        return np.full(values.shape, heights[0])
    places = np.linspace(knots[0], knots[-1], PLACES_PER_KNOT * len(knots))
    segments = np.searchsorted(knots, places, side="right").clip(1, len(knots) - 1) - 1
    flat = np.ascontiguousarray(values).ravel()
    out = np.empty(flat.shape)
    _interpolate(flat, knots, heights, segments, out)
    return out.reshape(values.shape)


@jit
def _interpolate(
    values: Floats,
    knots: Floats,
    heights: Floats,
    segments: Integers,
    out: Floats,
) -> None:
    first, last = knots[0], len(knots) - 2
    scale = (len(segments) - 1) / (knots[-1] - first)
    for number in range(len(values)):
        value = values[number]
        if not value > first:
            out[number] = heights[0] if value <= first else np.nan
            continue
        if value >= knots[-1]:
            out[number] = heights[-1]
            continue
        place = (value - first) * scale
        # Infinite or NaN where knots are closer than 1e-306 or further apart than 1e308.
        segment = segments[int(place) if place < len(segments) else len(segments) - 1]
        while segment > 0 and knots[segment] > value:
            segment -= 1
        while segment < last and knots[segment + 1] <= value:
            segment += 1
        fraction = (value - knots[segment]) / (knots[segment + 1] - knots[segment])
        low, high = heights[segment], heights[segment + 1]
        out[number] = min(low + fraction * (high - low), high)
