"""Least squares of singles and pairs, against a solver that has the whole design matrix."""

from __future__ import annotations

import numpy as np
import pytest
from shapiq.approximator import RegressionFBII, RegressionFSII

from skhypershap.interactions import pair_regression as pair_regressions
from skhypershap.interactions import regression_error
from skhypershap.interactions.approximation import approximate
from skhypershap.interactions.indices import IndexSpec, interactions_of
from skhypershap.interactions.pair_regression import pair_regression
from skhypershap.interactions.regression_error import standard_error
from skhypershap.surrogate.blends import all_coalitions


def some_coalitions(n_players, n_coalitions, seed=0):
    random = np.random.default_rng(seed)
    sampled = random.random((n_coalitions, n_players)) < random.random((n_coalitions, 1))
    return np.unique(sampled, axis=0)


def a_game(coalitions):
    """Singles, pairs and more: a maximum, and a root of a sum."""
    amounts = np.random.default_rng(1).random(coalitions.shape[1])
    return (coalitions * amounts).max(axis=1) + np.sqrt(coalitions @ amounts**2)


@pytest.mark.parametrize("n_players", [4, 8, 13])
@pytest.mark.parametrize("spread", [0, 4])
def test_it_is_the_least_squares_solution(n_players, spread):
    coalitions = some_coalitions(n_players, 600)
    gains = a_game(coalitions)
    weights = np.random.default_rng(2).random(len(gains)) ** spread
    sets = interactions_of(n_players, 2)
    design = np.column_stack(
        [np.ones(len(gains)), *(coalitions[:, players].all(axis=1) for players in sets)]
    )
    roots = np.sqrt(weights)
    expected = np.linalg.lstsq(roots[:, None] * design, roots * gains, rcond=None)[0]
    found = pair_regression(coalitions, gains, weights)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize("n_players", [4, 5, 7])
def test_averaged_equations_are_those_of_symmetric_coalitions(n_players):
    """Weights by size alone make the equations their own average, so one step solves them."""
    coalitions = all_coalitions(n_players)
    weights = np.random.default_rng(0).random(n_players + 1)[coalitions.sum(axis=1)]
    sets = interactions_of(n_players, 2)
    design = np.column_stack(
        [np.ones(len(weights)), *(coalitions[:, players].all(axis=1) for players in sets)]
    )
    inverse = np.linalg.inv(design.T @ (weights[:, None] * design))
    means = pair_regressions._means(coalitions, weights)
    goal = np.random.default_rng(1).normal(size=len(inverse))
    np.testing.assert_allclose(means.solved(goal), inverse @ goal, rtol=1e-9, atol=1e-9)
    variances = pair_regressions.mean_variances(coalitions, weights)
    np.testing.assert_allclose(variances, np.diag(inverse)[[1, n_players + 1]], rtol=1e-9)


def test_coalitions_that_determine_nothing_have_no_solution():
    coalitions = np.eye(9, dtype=bool)
    assert pair_regression(coalitions, np.ones(9), np.ones(9)) is None


@pytest.mark.parametrize(("index", "theirs"), [("FSII", RegressionFSII), ("FBII", RegressionFBII)])
@pytest.mark.parametrize("n_players", [6, 18])
def test_values_are_those_of_shapiq(index, theirs, n_players):
    """Where shapiq's weight of a million stands for a constraint, both miss it a little."""
    spec = IndexSpec.checked(index, 2, n_players=n_players, max_exact=2)
    found = approximate(a_game, n_players, spec, 0)
    known = theirs(n=n_players, max_order=2, random_state=0)(budget=found.budget, game=a_game)
    expected = [known.interactions.get(players, 0.0) for players in found.interactions]
    values = list(found.interactions.values())
    assert found.approximator == theirs.__name__
    np.testing.assert_allclose(values, expected, rtol=0, atol=1e-9 if index == "FBII" else 1e-4)


def test_error_of_many_pairs_is_close_to_that_of_the_whole_design(monkeypatch):
    coalitions = some_coalitions(20, 2_000)
    gains = a_game(coalitions)
    expected = standard_error(coalitions, gains, 2)
    monkeypatch.setattr(regression_error, "MOST_IN_DESIGN", 10)
    assert standard_error(coalitions, gains, 2) == pytest.approx(expected, rel=0.5)
