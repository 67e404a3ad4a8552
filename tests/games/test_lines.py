"""Points of a line: whole lists, grids with values of interest, and what makes them active."""

from __future__ import annotations

import numpy as np
import pytest
from ConfigSpace import (
    Categorical,
    ConfigurationSpace,
    EqualsCondition,
    Float,
    Integer,
    OrdinalHyperparameter,
)
from conftest import space_of_sources
from scipy.stats import norm, uniform

from skhypershap.games import lines
from skhypershap.games.lines import Line, activated, ancestors, grid_of, is_active
from skhypershap.space.conditions import Legality
from skhypershap.space.domains import domain_of

X = Float("x", (0.0, 1.0))
NOTHING = np.empty(0)


def test_pair_has_all_combinations_and_leaves_the_rest():
    line = Line((2, 0), (np.array([0.1, 0.9]), np.array([0.3, 0.4, 0.5])))
    expected = [[a, b] for a in (0.1, 0.9) for b in (0.3, 0.4, 0.5)]
    np.testing.assert_array_equal(line.numbers, expected)
    vector = np.array([7.0, 8.0, 9.0])
    np.testing.assert_array_equal(line.through(vector), [[b, 8.0, a] for a, b in expected])
    assert vector.tolist() == [7.0, 8.0, 9.0]


@pytest.mark.parametrize(
    ("included", "numbers"),
    [
        ([], [0, 0.25, 0.5, 0.75, 1]),
        ([0.5], [0, 0.25, 0.5, 0.75, 1]),
        ([0.3], [0, 0.3, 0.5, 0.75, 1]),
        ([0.02], [0, 0.02, 0.5, 0.75, 1]),  # the ends stay
        ([0.26, 0.27], [0, 0.26, 0.27, 0.75, 1]),  # the next free neighbour
        ([0.5, 0.52], [0, 0.25, 0.5, 0.52, 1]),
        ([0.1, 0.2, 0.3, 0.4], [0, 0.1, 0.2, 0.3, 0.4, 1]),  # no neighbour is left
        ([0.3, 0.3 + 1e-12], [0, 0.3, 0.5, 0.75, 1]),
    ],
)
def test_included_numbers_replace_their_neighbours(included, numbers):
    found = grid_of(X, 5, np.array(included))
    np.testing.assert_allclose(found, numbers, atol=1e-9)
    assert np.isin(np.round(included, 9), np.round(found, 9)).all()


@pytest.mark.parametrize(
    ("hyperparameter", "n_points", "values"),
    [
        (Categorical("x", [9, 5, 7, 8]), 3, [9, 5, 7, 8]),  # without an order all are shown
        (OrdinalHyperparameter("x", list(range(10))), 10, list(range(10))),
        (OrdinalHyperparameter("x", list(range(10))), 4, [0, 3, 6, 9]),
        (Integer("x", (1, 4)), 4, [1, 2, 3, 4]),
        (Integer("x", (1, 101)), 5, [1, 26, 51, 76, 101]),
        (Integer("x", (1, 10_000), log=True), 5, [1, 10, 100, 1000, 10_000]),
        (Integer("x", (1, 5)), 4, [1, 2, 4, 5]),
    ],
)
def test_few_values_are_all_there_and_many_are_spread(hyperparameter, n_points, values):
    found = grid_of(hyperparameter, n_points, NOTHING)
    assert (np.diff(found) > 0).all()
    assert domain_of(hyperparameter).decode(found) == pytest.approx(values, rel=0.02)
    assert len(found) == len(values)
    again = grid_of(hyperparameter, n_points, found[1:2])
    np.testing.assert_array_equal(again, found)


def quantiles(source, n_points):
    space = space_of_sources({"x": source})
    domain = domain_of(space["x"])
    return domain.decode(grid_of(space["x"], n_points, NOTHING))


def test_quantiles_reach_finite_ends_and_halves_of_steps_elsewhere():
    assert quantiles([uniform(2, 4)], 5) == pytest.approx([2, 3, 4, 5, 6], abs=1e-6)
    expected = norm().ppf([0.125, 0.375, 0.625, 0.875])
    assert quantiles([norm()], 4) == pytest.approx(expected)
    *words, first, middle, last = quantiles([uniform(2, 4), ["a", "b"]], 5)
    assert words == ["a", "b"]  # and the rest of the points for the distribution
    assert (first, middle, last) == pytest.approx((2, 4, 6), abs=1e-6)


def nested():
    """The child is there if the parent is 1, and that if the root is 1; columns in this order."""
    space = ConfigurationSpace()
    root, parent = Categorical("root", [0, 1, 2]), Categorical("parent", [0, 1])
    child, free = Float("child", (0.0, 1.0)), Float("a", (0.0, 1.0))
    space.add(root, parent, child, free)
    space.add(EqualsCondition(parent, root, 1), EqualsCondition(child, parent, 1))
    assert list(space) == ["a", "root", "parent", "child"]
    return Legality(space, np.full(4, 0.5))


def test_ancestors_decide_whether_one_is_active():
    legality = nested()
    assert [ancestors(legality.space, column) for column in range(4)] == [[], [], [1], [1, 2]]
    vectors = np.array([[0.5, 1, 1, 0.5], [0.5, 1, 0, 0.5], [0.5, 0, 1, 0.5]])
    assert is_active(legality, vectors, [3]).tolist() == [True, False, False]
    assert is_active(legality, vectors, [2]).tolist() == [True, True, False]
    assert is_active(legality, vectors, [2, 3]).tolist() == [True, False, False]
    assert is_active(legality, vectors, [0]).all()


def test_inactive_points_take_what_activates_them_from_a_donor():
    legality = nested()
    donors = np.array([[0.9, 1, 1, 0.2], [0.9, 0, 1, 0.2]])  # the child is active in the first only
    vectors = np.array([[0.3, 0, 0, 0.4], [0.3, 1, 1, 0.4]])
    found = activated(legality, vectors, Line((3,), (np.array([0.4]),)), donors)
    np.testing.assert_array_equal(found, [[0.3, 1, 1, 0.4], [0.3, 1, 1, 0.4]])
    assert vectors[0, 1] == 0  # a copy
    # A column of the line keeps its number, even if another one stays inactive then.
    found = activated(legality, vectors, Line((1, 3), (np.zeros(1), np.zeros(1))), donors)
    np.testing.assert_array_equal(found, [[0.3, 0, 1, 0.4], [0.3, 1, 1, 0.4]])
    unknown = activated(legality, vectors, Line((3,), (np.zeros(1),)), donors[1:])
    np.testing.assert_array_equal(unknown, vectors)


def test_fewest_changes_come_before_the_smallest():
    ways = np.array([[0.1, 0.1], [0.9, 0.0], [0.5, 0.0]])
    assert lines._nearest(ways, np.array([0.0, 0.0])) == 2  # one change each of the last two
    assert (
        lines._nearest(ways[:2], np.array([0.0, 0.0])) == 1
    )  # one large change, not two small ones
