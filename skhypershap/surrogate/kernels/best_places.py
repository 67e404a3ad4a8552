"""The best place on a line through trees and a process: on a grid, in a piece of the trees, and between.

Where all legal values are on the grid, their scores are compared. Elsewhere each piece of the trees is
judged by the grid values inside and by interpolation at both of its ends; in the best piece parabolas
lead to the top near the best place, or to the better one of the two legal values beside it.
"""

from __future__ import annotations

import math

import numpy as np

from skhypershap.arrays import Floats, Integers
from skhypershap.surrogate.kernels._jit import called_part, summing_part
from skhypershap.surrogate.kernels.flat_process import CENTER

MOST_PARABOLAS = 12
ZOOM = 1e-4  # a search ends when it has narrowed the place to this part of the column's span


@called_part
def _best_listed(
    scores: Floats, starts: Integers, heights: Floats, grid_ranks: Floats, n_pieces: int
) -> int:
    """The first of the best places where all legal values are on the grid, -1 if there is none."""
    best, place, piece = -np.inf, -1, 0
    for k in range(len(grid_ranks)):
        while piece + 1 < n_pieces and starts[piece + 1] <= grid_ranks[k]:
            piece += 1
        score = scores[k] + heights[piece]
        if score > best:
            best, place = score, k
    return place


@called_part
def _best_piece(
    scores: Floats,
    starts: Integers,
    heights: Floats,
    n_pieces: int,
    grid: Floats,
    lowest: Floats,
    highest: Floats,
    legal: Floats,
    legal_ranks: Floats,
) -> tuple[float, float, float, float, float]:
    """Ends of the best piece, its best place about, how far to search around it, the score there.

    Ends are legal values; a piece without any is passed over.
    """
    n_grid = len(grid)
    best, best_low, best_high, guess, width, peak = -np.inf, 1.0, 0.0, 0.0, 0.0, 0.0
    k = 0  # the last grid value that is not above the low end of the piece
    for piece in range(n_pieces):
        first, last = starts[piece], starts[piece + 1] - 1
        low, high = higher(lowest[first], grid[0]), lower(highest[last], grid[n_grid - 1])
        if len(legal) > 0:
            one, other = n_below(legal_ranks, float(first)), n_below(legal_ranks, last + 1.0) - 1
            if one > other:
                continue
            low, high = legal[one], legal[other]
        if low > high:
            continue
        while k + 1 < n_grid and grid[k + 1] <= low:
            k += 1
        place, score = low, _between(grid, scores, k, low)
        m = k
        while m + 1 < n_grid and grid[m + 1] <= high:
            m += 1
            if scores[m] > score:
                place, score = grid[m], scores[m]
        at_end = _between(grid, scores, m, high)
        if at_end > score:
            place, score = high, at_end
        if score + heights[piece] > best:
            best, best_low, best_high = score + heights[piece], low, high
            guess = place
            width = grid[m + 1] - grid[m] if m + 1 < n_grid else 0.0
            if m > 0:
                width = higher(width, grid[m] - grid[m - 1])
            peak = best + _rise(scores, grid, place)
    return best_low, best_high, guess, width, peak


@called_part
def _rise(scores: Floats, grid: Floats, place: float) -> float:
    """By how much a parabola through grid values next to a place may exceed the score there."""
    m = n_below(grid, place)
    if m < 1:
        m = 1
    if m > len(grid) - 2:
        m = len(grid) - 2
    bend = 2 * scores[m] - scores[m - 1] - scores[m + 1]
    if grid[m] == place and bend > 0.0:
        side = scores[m - 1] - scores[m + 1]
        return float(side * side / (8 * bend))
    return float(abs(bend) / 8)


@called_part
def _between(grid: Floats, scores: Floats, k: int, value: float) -> float:
    """Linear interpolation between two grid values."""
    if k + 1 >= len(grid):
        return float(scores[k])
    share = (value - grid[k]) / (grid[k + 1] - grid[k])
    return float(scores[k] + share * (scores[k + 1] - scores[k]))


@called_part
def _zoom(
    sign: float,
    pairs: Floats,
    others: Floats,
    column: int,
    rate: float,
    is_choice: float,
    low: float,
    high: float,
    guess: float,
) -> float:
    """The best place for the process on an interval, by parabolas; never worse than the guess."""
    left, right = low, high
    middle = guess if low < guess < high else (low + high) / 2
    at_left = sign * _value_at(pairs, others, column, rate, is_choice, left)
    at_right = sign * _value_at(pairs, others, column, rate, is_choice, right)
    at_middle = sign * _value_at(pairs, others, column, rate, is_choice, middle)
    for _ in range(MOST_PARABOLAS):
        if right - left < ZOOM or at_middle < higher(at_left, at_right):
            break
        place = _vertex(left, middle, right, at_left, at_middle, at_right)
        if abs(place - middle) < ZOOM:
            break
        at_place = sign * _value_at(pairs, others, column, rate, is_choice, place)
        if (place > middle) == (at_place > at_middle):
            left, at_left = lower(place, middle), at_middle if place > middle else at_place
        else:
            right, at_right = higher(place, middle), at_middle if place < middle else at_place
        if at_place > at_middle:
            middle, at_middle = place, at_place
    if at_left > higher(at_middle, at_right):
        return left
    return right if at_right > at_middle else middle


@called_part
def _value_at(
    pairs: Floats, others: Floats, column: int, rate: float, is_choice: float, value: float
) -> float:
    """What the process adds up to at one place of a line."""
    total = 0.0
    if is_choice > 0.0:
        for i in range(len(others)):
            total += others[i] * (1.0 if pairs[0, column, i] == value else rate)
        return total
    up, down = math.exp(rate * (value - CENTER)), math.exp(-rate * (value - CENTER))
    for i in range(len(others)):
        a = rate * abs(pairs[0, column, i] - value)
        left, right = up * pairs[2, column, i], down * pairs[1, column, i]
        total += others[i] * ((1.0 + a * (1.0 + a / 3.0)) * (left if left < right else right))
    return total


@summing_part
def _vertex(
    left: float, middle: float, right: float, at_left: float, at_middle: float, at_right: float
) -> float:
    """Top of the parabola through three points, of which the middle one is the highest."""
    above_left = (middle - left) * (at_middle - at_right)
    above_right = (right - middle) * (at_middle - at_left)
    if above_left + above_right <= 0.0:
        return middle
    shift = (right - middle) * above_right - (middle - left) * above_left
    return middle + 0.5 * shift / (above_left + above_right)


@called_part
def _nearest(
    sign: float,
    pairs: Floats,
    others: Floats,
    column: int,
    rate: float,
    is_choice: float,
    legal: Floats,
    low: float,
    high: float,
    value: float,
) -> int:
    """Position of the better one of the two legal values beside a value, within two ends."""
    above: int = n_below(legal, value)
    if above == len(legal):
        above -= 1
    below = above - 1 if above > 0 else 0
    if legal[above] > high:
        return below
    if legal[below] < low:
        return above
    one = sign * _value_at(pairs, others, column, rate, is_choice, legal[below])
    other = sign * _value_at(pairs, others, column, rate, is_choice, legal[above])
    return below if one > other else above


@called_part
def n_below(ascending: Floats, value: float) -> int:
    """`np.searchsorted(ascending, value)`, which takes long to compile."""
    low, high = 0, len(ascending)
    while low < high:
        middle = (low + high) >> 1
        if ascending[middle] < value:
            low = middle + 1
        else:
            high = middle
    return low


@summing_part
def lower(one: float, other: float) -> float:
    """The smaller of two numbers: `min` takes long to compile."""
    return one if one < other else other


@summing_part
def higher(one: float, other: float) -> float:
    """The larger of two numbers."""
    return one if one > other else other
