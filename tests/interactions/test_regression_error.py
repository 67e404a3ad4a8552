"""The standard error of interactions from some coalitions is as large as their error."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from skhypershap.interactions import regression_error
from skhypershap.interactions.approximation import approximate
from skhypershap.interactions.indices import IndexSpec, exact_interactions, interactions_of
from skhypershap.interactions.regression_error import standard_error
from skhypershap.surrogate.blends import all_coalitions, positions_of


def game_of(seed, n_players=12, size=3):
    """All gains of a random game with interactions of three."""
    rng = np.random.default_rng(seed)
    coalitions = all_coalitions(n_players)
    gains = coalitions @ rng.random(n_players)
    for members in itertools.combinations(range(n_players), size):
        gains += 0.05 * rng.normal() * coalitions[:, members].all(axis=1)
    return gains - gains[0]


@pytest.mark.parametrize(("index", "order"), [("SV", 1), ("FSII", 2)])
def test_it_is_about_as_large_as_the_error(index, order):
    gains, seen = game_of(0), []

    def gains_of(coalitions):
        seen.append(coalitions.astype(bool))
        return gains[positions_of(coalitions.astype(bool))]

    found = approximate(gains_of, 12, IndexSpec(index, order, 2), seed=0).interactions
    exact = exact_interactions(gains, index, order)
    errors = np.array([found[players] - exact[players] for players in exact if players])
    sampled = np.concatenate(seen)
    estimated = standard_error(sampled, gains[positions_of(sampled)], order)
    assert 0.4 < estimated / np.sqrt((errors**2).mean()) < 2.5


def test_it_is_zero_for_a_sum_of_such_interactions():
    gains = game_of(1, size=2)
    coalitions = all_coalitions(12)[::3]
    assert standard_error(coalitions, gains[::3], 2) < 1e-5
    assert standard_error(coalitions, gains[::3], 1) > 1e-3


@pytest.mark.parametrize("order", [1, 2])
def test_it_is_that_of_weighted_least_squares(order):
    """The textbook's formula, with coalitions that occur twice counted once."""
    coalitions = np.vstack([all_coalitions(6)[::2], all_coalitions(6)[1::5]])
    gains = np.random.default_rng(0).normal(size=64)[positions_of(coalitions)]
    sets = interactions_of(6, order)
    rows, first = np.unique(coalitions, axis=0, return_index=True)
    design = np.column_stack([np.ones(len(rows)), *(rows[:, list(s)].all(axis=1) for s in sets)])
    weights = np.where(np.isin(rows.sum(axis=1), [0, 6]), regression_error.ENDS, 1.0)
    normal = np.linalg.inv(design.T @ (weights[:, None] * design))
    left = gains[first] - design @ (normal @ (design.T @ (weights * gains[first])))
    variance = (weights * left**2).sum() / (len(rows) - 1 - len(sets))
    expected = np.sqrt(np.diag(normal)[1:].max() * variance)
    assert standard_error(
        np.vstack([coalitions, coalitions[:9]]), np.r_[gains, gains[:9]], order
    ) == (pytest.approx(expected, rel=1e-5))


def test_error_of_many_pairs_without_the_design_is_as_large(monkeypatch):
    gains, coalitions = game_of(2), all_coalitions(12)
    some = np.random.default_rng(0).permutation(4096)[:1000]
    monkeypatch.setattr(regression_error, "MOST_IN_DESIGN", 78)  # singles and pairs of twelve
    whole = standard_error(coalitions[some], gains[some], 2)
    monkeypatch.setattr(regression_error, "MOST_IN_DESIGN", 77)
    found = standard_error(coalitions[some], gains[some], 2)
    assert found != whole
    assert found == pytest.approx(whole, rel=0.4)
    assert regression_error._of_pairs(np.eye(12, dtype=bool), np.ones(12), 0.5) is None


def test_it_is_unknown_from_too_few_coalitions():
    assert standard_error(np.eye(5, dtype=bool), np.ones(5), 1) is None


def test_large_designs_are_of_single_precision(monkeypatch):
    """64 coalitions of 21 interactions; a sum that the design holds leaves only rounding errors."""
    coalitions = all_coalitions(6)
    gains = 1e3 * coalitions @ np.random.default_rng(0).random(6)
    monkeypatch.setattr(regression_error, "MOST_DOUBLES", 64 * 21)
    double = standard_error(coalitions, gains, 2)
    monkeypatch.setattr(regression_error, "MOST_DOUBLES", 64 * 21 - 1)
    single = standard_error(coalitions, gains, 2)
    assert double < 1e-6 < single < 1.0


def test_error_of_many_pairs_where_the_averaged_equations_are_the_equations():
    """All coalitions: the textbook's formula, and the stated factors of the mean."""
    coalitions = all_coalitions(5)
    gains = np.random.default_rng(3).normal(size=32)
    weights = np.where(np.isin(coalitions.sum(axis=1), [0, 5]), regression_error.ENDS, 1.0)
    sets = interactions_of(5, 2)
    design = np.column_stack([np.ones(32), *(coalitions[:, list(s)].all(axis=1) for s in sets)])
    normal = np.linalg.inv(design.T @ (weights[:, None] * design))
    left = gains - design @ (normal @ (design.T @ (weights * gains)))
    free = 0.5
    variance = (weights * left**2).sum() / (free * 32)
    expected = np.sqrt(np.diag(normal)[[1, 6]].max() / free * variance)
    found = regression_error._of_pairs(coalitions, gains, free)
    assert found == pytest.approx(regression_error.LARGEST_TO_MEAN * expected)
