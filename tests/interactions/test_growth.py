"""How many trials and resamples the history of an explanation has."""

from __future__ import annotations

import pytest

from skhypershap.interactions.growth import counts_of, n_draws


@pytest.mark.parametrize(
    ("n_trials", "n_points", "counts"),
    [
        (100, 4, [25, 50, 75, 100]),
        (10, 4, [5, 8, 10]),  # rounded up; three trials are too few
        (30, 3, [10, 20, 30]),
        (7, 7, [5, 6, 7]),
        (6, 20, [5, 6]),
        (3, 2, [3]),  # there are no more
        (8, 1, [8]),
    ],
)
def test_numbers_of_trials_are_evenly_spaced_and_end_with_all(n_trials, n_points, counts):
    assert counts_of(n_trials, n_points) == counts


@pytest.mark.parametrize(
    ("count", "draws"), [(10, 5), (49, 5), (50, 15), (75, 15), (99, 15), (100, 15)]
)
def test_second_half_of_the_trials_has_more_draws(count, draws):
    assert n_draws(count, 100, 20) == draws
    assert n_draws(count, 100, 1) == 1
