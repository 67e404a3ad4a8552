"""Legal values of a column, and those next to a number."""

from __future__ import annotations

import numpy as np
import pytest
from ConfigSpace import Categorical, ConfigurationSpace, Float, Integer

from skhypershap.games.candidates import evenly
from skhypershap.games.legal_values import legal_values, nearest_legal


@pytest.mark.parametrize("n_legal", [1, 2, 3, 17])
def test_nearest_legal_value(n_legal):
    generator = np.random.default_rng(n_legal)
    legal = np.sort(generator.random(n_legal))
    numbers = np.concatenate([generator.random(50), legal, [-0.5, 0.0, 1.0, 1.5]])
    nearest = legal[np.argmin(np.abs(numbers[:, None] - legal), axis=1)]
    np.testing.assert_array_equal(nearest_legal(numbers, legal), nearest)
    np.testing.assert_array_equal(nearest_legal(numbers[:, None], legal), nearest[:, None])
    middle = np.array([0.25])  # of equally near values the smaller one
    np.testing.assert_array_equal(nearest_legal(middle, np.array([0.0, 0.5])), [0.0])


def test_numbers_of_a_range_stay_within_it():
    numbers = np.array([[-0.2, 0.0, 0.3, 1.0, 1.2]])
    np.testing.assert_array_equal(nearest_legal(numbers, None), [[0.0, 0.0, 0.3, 1.0, 1.0]])


def test_only_plain_ranges_have_no_list_of_values():
    space = ConfigurationSpace()
    space.add(Categorical("a", list("xyz")), Float("b", (0.0, 1.0)), Integer("c", (1, 3)))
    a, b, c = legal_values(space)
    np.testing.assert_array_equal(a, [0, 1, 2])
    assert b is None
    np.testing.assert_allclose(c, [space["c"].to_vector(n) for n in (1, 2, 3)])


def test_of_many_vectors_some_are_kept_from_the_first_to_the_last():
    vectors = np.arange(10.0)[:, None]
    for most in (10, 11):
        assert evenly(vectors, most) is vectors
    assert evenly(vectors, 4)[:, 0].tolist() == [0, 3, 6, 9]
