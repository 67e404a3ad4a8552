"""Values that are good for enough data sets."""

from __future__ import annotations

import numpy as np
import pytest
from ConfigSpace import Categorical, Float, Integer, OrdinalHyperparameter
from conftest import space_of_sources
from scipy.stats import uniform

from skhypershap.advice import good_ranges
from skhypershap.advice.good_ranges import GoodRange
from skhypershap.advice.joint_ranges import joint_range
from skhypershap.space.domains import domain_of

X = Float("x", (0.0, 10.0))
KIND = Categorical("kind", ["a", "b", "c", "d"])


def interval(low, high, best=None):
    return GoodRange("x", low, high, None, 0.5, best, np.empty(0), (low / 10, high / 10))


def choices(*kept, best=None):
    numbers = np.array(["abcd".index(choice) for choice in kept], dtype=float)
    return GoodRange("kind", None, None, list(kept), 0.5, best, numbers, None)


THREE = [interval(0.0, 4.0, 1.0), interval(2.0, 6.0, 3.0), interval(3.0, 9.0, 8.0)]


@pytest.mark.parametrize(
    ("share", "low", "high"),
    [
        (1.0, 0.0, 9.0),  # good for one
        (0.9, 0.0, 9.0),
        (2 / 3, 0.0, 9.0),  # one of three is more than a third, up to rounding
        (0.5, 2.0, 6.0),  # for two of three
        (1 / 3, 2.0, 6.0),
        (0.1, 3.0, 4.0),  # for all
    ],
)
def test_interval_is_good_for_enough_data_sets(share, low, high):
    found = joint_range(X, THREE, share)
    assert (found.name, found.low, found.high) == ("x", low, high)
    assert found.ends == (low / 10, high / 10)
    assert found.width == pytest.approx((high - low) / 10)
    assert found.choices is None
    assert found.keeps_some


def test_best_value_is_one_of_those_inside():
    assert joint_range(X, THREE, 1.0).best == pytest.approx(3.0)  # the median
    assert joint_range(X, THREE, 0.5).best == pytest.approx(3.0)
    assert joint_range(X, [interval(0.0, 4.0), interval(2.0, 6.0)], 0.5).best is None
    assert joint_range(X, [interval(0.0, 4.0, 1.0), interval(2.0, 6.0)], 0.1).best is None


def test_intervals_apart_are_joined_where_data_sets_agree_on_nothing():
    found = joint_range(X, [interval(0.0, 1.0, 0.5), interval(7.0, 9.0, 8.0)], 0.1)
    assert (found.low, found.high) == (0.0, 9.0)
    touching = joint_range(X, [interval(0.0, 5.0), interval(5.0, 9.0)], 0.1)
    assert (touching.low, touching.high, touching.width) == (5.0, 5.0, 0.0)


@pytest.mark.parametrize(
    ("share", "kept"), [(1.0, ["a", "b", "c"]), (0.5, ["a", "b"]), (0.1, ["b"])]
)
def test_choices_are_good_for_enough_data_sets(share, kept):
    ranges = [choices("a", "b", best="b"), choices("a", "b", best="a"), choices("b", "c", best="b")]
    found = joint_range(KIND, ranges, share)
    assert found.choices == kept
    assert found.width == len(kept) / 4
    assert found.best == "b"  # the most frequent best choice
    assert found.ends is None


def test_choices_that_data_sets_do_not_share_are_all_kept():
    found = joint_range(KIND, [choices("a", best="a"), choices("d", best="d")], 0.1)
    assert found.choices == ["a", "d"]
    assert found.best == "a"
    # No best value is kept: the first choice that is.
    ranges = [choices("b", "d", best="d"), choices("b", "c", best="c")]
    assert joint_range(KIND, ranges, 0.1).best == "b"


def test_width_of_extra_values_without_an_interval():
    """A distribution beside the word "auto", which alone is good, or nothing is."""
    source = space_of_sources({"x": [uniform(0, 10), ["auto"]]})["x"]
    (number,) = domain_of(source).encode(["auto"])
    word = GoodRange("x", None, None, ["auto"], 0.5, "auto", np.array([number]), None)
    found = joint_range(source, [word, word], 0.1)
    assert (found.choices, found.best, found.width) == (["auto"], "auto", 0.5)
    nothing = word._replace(choices=None, best=None, kept=np.empty(0))
    found = joint_range(source, [nothing, nothing], 0.1)
    assert (found.best, found.width, found.keeps_some) == (None, 0.0, False)


def test_numbers_that_differ_by_rounding_are_one_choice():
    ranges = [choices("b"), choices("b")._replace(kept=np.array([1 + 3e-10]))]
    assert joint_range(KIND, ranges, 0.1).choices == ["b"]


@pytest.mark.parametrize("number", [0.25 - 2e-9, 0.75 + 2e-9])
def test_ranges_hold_their_ends(number):
    one = GoodRange("x", 2.5, 7.5, None, 0.5, 5.0, np.array([0.9]), (0.25, 0.75))
    inside = np.array([0.25 - 5e-10, 0.25, 0.5, 0.75, 0.75 + 5e-10, 0.9, 0.9 + 1e-10])
    assert one.holds(inside).all()
    assert not one.holds(np.array([number, 0.8, np.nan])).any()


def test_range_that_keeps_nothing():
    nothing = GoodRange("x", None, None, [], 0.0, None, np.empty(0), None)
    assert not nothing.keeps_some
    assert nothing._replace(kept=np.zeros(1)).keeps_some
    assert nothing._replace(ends=(0.0, 0.0)).keeps_some


@pytest.mark.parametrize(
    ("gains", "needed", "ends"),
    [
        ([0, 1, 5, 4, 0], 1, (1, 3)),
        ([3, 0, 5, 4, 0], 1, (2, 3)),  # another run is not next to the best
        ([5, 0, 3, 3, 3], 1, (0, 0)),
        ([0, 0, 0, 2, 5], 2, (3, 4)),
        ([1, 1, 1, 1, 1], 1, (0, 4)),
        ([0, 0, 0, 0, 0], 1, None),
        ([np.nan, 2, np.nan, 1, 1], 1, (1, 1)),
    ],
)
def test_good_points_next_to_the_best_are_the_interval(gains, needed, ends):
    gains = np.array(gains, dtype=float)
    good = np.nan_to_num(gains, nan=-np.inf) >= needed
    assert good_ranges._run_around_best(np.arange(5.0), gains, good) == ends


@pytest.mark.parametrize(
    ("hyperparameter", "is_choice", "good", "ends", "width"),
    [
        (KIND, [True] * 4, [True, False, True, False], None, 0.5),
        (OrdinalHyperparameter("n", [1, 2, 3, 4]), [False] * 4, [1, 1, 1, 0], (0, 2), 0.75),
        (X, [False] * 4, [0, 1, 1, 0], (1, 2), 1 / 3),  # of a length of three
        (X, [False] * 4, [0, 0, 0, 0], None, 0.0),
        (Integer("n", (1, 50)), [False] * 4, [0, 1, 1, 0], (1, 2), 0.5),
        (Integer("n", (1, 51)), [False] * 4, [0, 1, 1, 0], (1, 2), 1 / 3),
    ],
)
def test_width_is_a_part_of_the_values_or_of_the_range(
    hyperparameter, is_choice, good, ends, width
):
    found = good_ranges._width(
        hyperparameter, np.arange(4.0), np.array(is_choice), np.array(good, dtype=bool), ends
    )
    assert found == pytest.approx(width)


def test_width_of_extra_values_beside_a_distribution():
    """Cells of the same size: one for each extra value, and one for all of the distribution."""
    grid = np.array([0.1, 0.3, 0.6, 0.8, 1.0])  # two extra values, then the rest from a third on
    is_choice = np.array([True, True, False, False, False])
    good = np.array([True, False, True, True, False])
    width = good_ranges._width(X, grid, is_choice, good, (2 / 3, 5 / 6))
    assert width == pytest.approx((1 + 0.5) / 3)
    assert good_ranges._width(X, grid, is_choice, good, None) == pytest.approx(1 / 3)
    assert good_ranges._width(X, grid, is_choice, good, (0.5, 1.0)) == pytest.approx(2 / 3)
