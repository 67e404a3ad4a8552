"""The best of n draws, against closed forms."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from ConfigSpace import Categorical, ConfigurationSpace, Integer
from conftest import memorised

from skhypershap.advice.next_trials import (
    HeldOut,
    draws_of_space,
    expected_maximum,
    held_out_errors,
    quantile_of_maximum,
    seconds_of_trials,
    with_errors,
)
from skhypershap.explainer.base import game_context


@pytest.mark.parametrize("n_draws", [1, 2, 7, 100])
def test_maximum_of_uniform_draws(n_draws):
    scores = (np.arange(10_000) + 0.5) / 10_000
    weights = np.full(10_000, 1e-4)
    found = expected_maximum(scores, weights, n_draws, -1.0)
    assert found == pytest.approx(n_draws / (n_draws + 1), abs=1e-4)
    best = 0.7  # E max(b, M) = b + integral of 1 - x^n from b to 1
    known = 1 - (1 - best ** (n_draws + 1)) / (n_draws + 1)
    assert expected_maximum(scores, weights, n_draws, best) == pytest.approx(known, abs=1e-4)
    median = quantile_of_maximum([scores], weights, n_draws, -1.0, 0.5)
    assert median == pytest.approx(0.5 ** (1 / n_draws), abs=2e-4)


def test_weights_count():
    found = expected_maximum(np.array([0.0, 1.0]), np.array([0.75, 0.25]), 2, 0.0)
    assert found == pytest.approx(1 - 0.75**2)


def test_quantiles_mix_resamples():
    low, high = np.zeros(4), np.ones(4)
    weights = np.full(4, 0.25)
    assert quantile_of_maximum([low, high, high], weights, 3, -1.0, 0.3) == 0.0
    assert quantile_of_maximum([low, high, high], weights, 3, -1.0, 0.4) == 1.0


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_errors_are_those_of_similar_predictions(sign):
    predicted = np.arange(40.0)
    errors = np.where(predicted > 30, 0.1, 5.0)
    shuffled = np.random.default_rng(0).permutation(40)
    scores = sign * (predicted + errors)[shuffled]
    known = sign * predicted[shuffled]
    held_out = held_out_errors(
        np.append(scores, [1.0, np.nan]), np.append(known, [np.nan, 1.0]), maximize=sign > 0
    )
    np.testing.assert_allclose(held_out.predicted, predicted)
    near = held_out.near(np.array([-9.0, 15.0, 99.0]))
    assert near.shape == (3, 8)
    np.testing.assert_allclose(near, [[5.0] * 8, [5.0] * 8, [0.1] * 8])


def test_without_held_out_predictions_there_are_no_errors():
    held_out = held_out_errors(np.ones(5), np.full(5, np.nan), maximize=True)
    np.testing.assert_array_equal(held_out.near(np.array([0.5])), [[0.0]])


def test_seconds():
    results = {"mean_fit_time": np.array([1.0, 3.0, np.nan]), "mean_score_time": np.zeros(3)}
    search = SimpleNamespace(cv_results_=results, n_splits_=5)
    assert seconds_of_trials(search) == pytest.approx(10.0)
    assert np.isnan(seconds_of_trials(object()))
    assert np.isnan(seconds_of_trials(SimpleNamespace(cv_results_={})))


def test_expected_best_with_errors_is_the_closed_form():
    predicted, weights = np.array([0.0, 1.0]), np.array([0.5, 0.5])
    held_out = HeldOut(np.array([0.0, 1.0]), np.array([-0.5, 0.5]))
    scores, likely = with_errors(predicted, weights, held_out)
    np.testing.assert_allclose(likely.sum(), 1.0)
    # Of -0.5, 0.5, 0.5 and 1.5, equally likely: two draws miss 1.5 with probability (3/4)**2.
    best = 1.0
    known = best + 0.5 * (1 - 0.75**2)
    assert expected_maximum(scores, likely, 2, best) == pytest.approx(known)


def test_errors_are_added_to_predictions():
    held_out = HeldOut(np.array([1.0, 2.0]), np.array([0.0, 0.5]))
    scores, weights = with_errors(np.array([1.0, 2.0]), np.array([0.4, 0.6]), held_out)
    assert scores.tolist() == [1.0, 1.5, 2.0, 2.5]
    assert weights.tolist() == [0.2, 0.2, 0.3, 0.3]


@pytest.mark.filterwarnings("ignore::skhypershap.SurrogateWarning")
def test_draws_are_all_configurations_of_a_small_space_or_samples():
    space = ConfigurationSpace()
    space.add(Categorical("a", ["x", "y"], weights=[3, 1]), Integer("b", (0, 2)))
    explainer = memorised(space, lambda config: float(config["b"]))
    draws = draws_of_space(game_context(explainer))
    assert len(np.unique(draws.vectors, axis=0)) == len(draws.vectors) == 6
    of_choice = [draws.weights[draws.vectors[:, 0] == choice].sum() for choice in (0, 1)]
    np.testing.assert_allclose(of_choice, [3 / 4, 1 / 4])
    draws = draws_of_space(game_context(explainer)._replace(n_samples=5))
    assert len(draws.vectors) == 5
    np.testing.assert_allclose(draws.weights, 0.2)


def test_draws_that_cannot_be_better_may_be_left_out():
    whole = expected_maximum(np.array([0.0, 1.0]), np.array([0.75, 0.25]), 3, 0.0)
    assert expected_maximum(np.array([1.0]), np.array([0.25]), 3, 0.0) == pytest.approx(whole)
    assert expected_maximum(np.empty(0), np.empty(0), 3, 0.4) == 0.4
