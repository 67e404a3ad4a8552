"""Variances that are merged from blocks, against all scores at once."""

from __future__ import annotations

import numpy as np
import pytest

from skhypershap.games.variance import variance_over_blocks
from skhypershap.surrogate import moments
from skhypershap.surrogate.moments import row_moments
from skhypershap.surrogate.surrogate import MomentsOfBlock

SIZE, N = 7, 40


@pytest.fixture(autouse=True)
def _few_rows_at_once(monkeypatch):
    monkeypatch.setattr(moments, "ROWS", 2)


def blocks_of(scores, weights, width=6, height=3):
    """Moments of some coalitions and some candidates, in an order of their own."""
    places = [(row, column) for column in range(0, N, width) for row in range(0, SIZE, height)]
    for row, column in places[::-1]:
        coalitions = np.arange(row, min(row + height, SIZE))
        members = slice(column, min(column + width, N))
        found = row_moments(scores[coalitions, members], weights[members])
        yield MomentsOfBlock(coalitions, width, *found)


def expected(scores, weights):
    """The weighted variance of what is known in each row, zero where nothing is."""
    found = []
    for row in scores:
        known = ~np.isnan(row) & (weights > 0)
        if not known.any():
            found.append(0.0)
            continue
        mean = np.average(row[known], weights=weights[known])
        found.append(np.average((row[known] - mean) ** 2, weights=weights[known]))
    return found


@pytest.mark.parametrize("missing", [0.0, 0.3])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("far", [0.0, 1e9])
def test_variance_of_blocks_is_that_of_all_scores(missing, weighted, far):
    random = np.random.default_rng(0)
    scores = random.integers(0, 100, (SIZE, N)) / 8  # exact, wherever they are
    scores[random.random((SIZE, N)) < missing] = np.nan
    if missing:
        scores[3] = np.nan
        scores[4, 1:] = np.nan
    weights = np.full(N, 1 / N)
    if weighted:
        weights = random.random(N)
        weights[6:12] = 0.0  # a whole block
        weights /= weights.sum()
    found = variance_over_blocks(blocks_of(scores + far, weights), SIZE)
    rtol = 1e-9 if far == 0 else 1e-6  # the difference of mean squares would be lost altogether
    np.testing.assert_allclose(found, expected(scores, weights), rtol=rtol, atol=1e-12)


@pytest.mark.parametrize("score", [0.1, 1e6 + 0.1, -3e-7, 1e300])
def test_equal_scores_have_no_variance_at_all(score):
    for missing in (False, True):
        scores = np.full((SIZE, N), score)
        if missing:
            scores[:, ::3] = np.nan
            scores[1:5, :6] = np.nan  # a whole block
        found = variance_over_blocks(blocks_of(scores, np.full(N, 1 / N)), SIZE)
        np.testing.assert_array_equal(found, np.zeros(SIZE))
