"""The best of n draws, against closed forms."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from skhypershap.advice.next_trials import (
    errors_near_best,
    expected_maximum,
    quantile_of_maximum,
    seconds_of_trials,
)


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


@pytest.mark.parametrize(("maximize", "expected"), [(True, 4.0), (False, 1.0)])
def test_errors_are_those_near_the_best(maximize, expected):
    held_out = np.array([0.0, 1.0, 2.0, 3.0, np.nan])
    scores = held_out + np.arange(1.0, 6.0)
    errors = errors_near_best(scores, held_out, maximize=maximize)
    np.testing.assert_allclose(errors, [expected])
    assert errors_near_best(scores, np.full(5, np.nan), maximize=maximize) == [0.0]


def test_seconds():
    results = {"mean_fit_time": np.array([1.0, 3.0, np.nan]), "mean_score_time": np.zeros(3)}
    search = SimpleNamespace(cv_results_=results, n_splits_=5)
    assert seconds_of_trials(search) == pytest.approx(10.0)
    assert np.isnan(seconds_of_trials(object()))
    assert np.isnan(seconds_of_trials(SimpleNamespace(cv_results_={})))
