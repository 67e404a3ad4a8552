"""Lines through a space: the numbers that one hyperparameter, or a pair, takes in turn."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from ConfigSpace import ConfigurationSpace

from skhypershap.arrays import Booleans, Floats, Positions, Vectors
from skhypershap.space.conditions import Legality
from skhypershap.space.domains import Choices, Quantiles, all_numbers, domain_of

SAME = 1e-9  # two numbers of a column that differ by less are one point


class Line(NamedTuple):
    """The points of one hyperparameter, or of a pair.

    Attributes
    ----------
    columns : tuple of int
        Its column, or two.
    grids : tuple of ndarray
        For each column the numbers that it takes, ascending. A pair has a point for each combination,
        the numbers of the first column changing last.
    """

    columns: tuple[int, ...]
    grids: tuple[Floats, ...]

    @property
    def numbers(self) -> Vectors:
        """The points, of shape (n_points, n_columns_of_the_line)."""
        meshed = np.meshgrid(*self.grids, indexing="ij")
        return np.column_stack([part.ravel() for part in meshed])

    def through(self, vector: Floats) -> Vectors:
        """A filled vector with the numbers of each point in its columns."""
        vectors: Vectors = np.tile(vector, (len(self.numbers), 1))
        vectors[:, list(self.columns)] = self.numbers
        return vectors


def grid_of(hyperparameter: Any, n_points: int, included: Floats) -> Floats:
    """Numbers of a hyperparameter for a line, ascending.

    All numbers of a finite one, if they are no more than `n_points` or have no order; otherwise a grid
    on its own scale, in which the included numbers replace their neighbours.
    """
    domain = domain_of(hyperparameter)
    has_order = not isinstance(domain, Choices) or domain.ordered
    if hyperparameter.size <= n_points or not has_order:
        numbers: Floats = np.concatenate([all_numbers(hyperparameter), included])
        return _distinct(numbers)
    if isinstance(domain, Choices):
        known = all_numbers(hyperparameter)
        numbers = known[np.rint(np.linspace(0, len(known) - 1, n_points)).astype(int)]
    elif isinstance(domain, Quantiles):
        numbers = _quantiles(domain, n_points)
    else:
        numbers = domain.encode(domain.decode(np.linspace(0.0, 1.0, n_points)))
    return _including(_distinct(numbers), included)


def _quantiles(domain: Quantiles, n_points: int) -> Floats:
    """One number for each extra value, and quantiles from end to end if both ends are finite."""
    ends = [end for part in domain.supports for end in part]
    n_extras = len(domain.extras.values)
    places = np.linspace(0.0, 1.0, max(n_points - n_extras, 2))
    if not all(map(math.isfinite, ends)):
        places = (np.arange(len(places)) + 0.5) / len(places)
    numbers = domain.start + (1 - domain.start) * places
    if domain.discrete:
        numbers = domain.encode(domain.decode(numbers))
    cells = (np.arange(n_extras) + 0.5) * domain.start / max(n_extras, 1)
    return np.concatenate([cells, numbers])


def _including(numbers: Floats, included: Floats) -> Floats:
    """Numbers of which some are replaced by the included ones, but never the first or the last."""
    kept = np.zeros(len(numbers), dtype=bool)
    kept[[0, -1]] = True
    numbers, extra = numbers.copy(), []
    for number in _distinct(included):
        nearest = int(np.argmin(np.abs(numbers - number)))
        if abs(numbers[nearest] - number) <= SAME:
            numbers[nearest], kept[nearest] = number, True
            continue
        free = np.flatnonzero(~kept)
        if not len(free):
            extra.append(number)
            continue
        nearest = free[np.argmin(np.abs(numbers[free] - number))]
        numbers[nearest], kept[nearest] = number, True
    return _distinct(np.concatenate([numbers, extra]))


def _distinct(numbers: Floats) -> Floats:
    numbers = np.unique(numbers)
    return numbers[np.append(True, np.diff(numbers) > SAME)] if len(numbers) else numbers


def ancestors(space: ConfigurationSpace, column: int) -> list[int]:
    """Columns of the hyperparameters that decide whether one is active."""
    found: set[str] = set()
    waiting = [space.at[column]]
    while waiting:
        for parent in space.parents_of[waiting.pop()]:
            if parent.name not in found:
                found.add(parent.name)
                waiting.append(parent.name)
    return sorted(space.index_of[name] for name in found)


def is_active(legality: Legality, vectors: Vectors, columns: Sequence[int]) -> Booleans:
    """Whether all of some columns are active in filled vectors."""
    if not legality.space.conditions:
        return np.ones(len(vectors), dtype=bool)
    active: Booleans = ~np.isnan(legality.legal(vectors)[:, list(columns)]).any(axis=1)
    return active


def activated(legality: Legality, vectors: Vectors, line: Line, donors: Vectors) -> Vectors:
    """Vectors in which the line's hyperparameters are active.

    Where one is not, the hyperparameters that it depends on take the values of a donor in which it is:
    those that change fewest of them, and of equals the nearest. The line's own columns stay.
    """
    vectors = vectors.copy()
    space = legality.space
    for column in line.columns:
        parents = [other for other in ancestors(space, column) if other not in line.columns]
        rows = np.flatnonzero(~is_active(legality, vectors, [column]))
        if not parents or not len(rows):
            continue
        known = donors[is_active(legality, donors, [column])]
        if not len(known):
            continue
        ways = np.unique(known[:, parents], axis=0)
        for row in rows:
            vectors[row, parents] = ways[_nearest(ways, vectors[row, parents])]
    return vectors


def _nearest(ways: Vectors, present: Floats) -> int:
    """Position of the way that changes fewest numbers, and these least."""
    distances = np.abs(ways - present)
    order: Positions = np.lexsort((distances.sum(axis=1), (distances > 0).sum(axis=1)))
    return int(order[0])
