"""Checks of a surrogate by hand: correlations, outliers, errors, claims, and their levels."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn.metrics import r2_score

from skhypershap.advice import diagnostics
from skhypershap.advice.diagnostics import (
    Evidence,
    diagnose,
    outliers,
    rank_correlation,
    warn_if_unreliable,
)
from skhypershap.errors import SurrogateWarning, TrialsWarning

CHECKS = [
    *("r2", "rank_correlation", "r2_without_outliers", "near_optimum_error"),
    *("baseline_error", "incumbent_error", "claimed_gain", "measured_gain"),
    *("n_outliers", "n_failed"),
]
GENERATOR = np.random.default_rng(0)
SCORES = GENERATOR.uniform(0, 1, 100)
GOOD = Evidence(
    scores=SCORES,
    held_out=SCORES + GENERATOR.normal(0, 0.05, 100),
    sign=1.0,
    n_failed=0,
    baseline=(0.5, 0.5),
    incumbent=(1.0, 1.0),
    claimed_gain=0.5,
)


def checks_of(evidence):
    return {check.check: check for check in diagnose(evidence)}


def test_checks_are_in_order_and_good_where_all_is_well():
    assert [check.check for check in diagnose(GOOD)] == CHECKS
    assert {check.level for check in diagnose(GOOD)} == {"good"}


def test_correlations_equal_those_of_scipy_and_sklearn():
    held_out = np.where(np.arange(100) % 7 == 0, np.nan, np.round(GOOD.held_out, 1))
    known = ~np.isnan(held_out)
    found = checks_of(replace(GOOD, held_out=held_out))
    assert found["r2"].value == pytest.approx(r2_score(SCORES[known], held_out[known]))
    expected = spearmanr(SCORES[known], held_out[known]).statistic
    assert found["rank_correlation"].value == pytest.approx(expected)


def test_rank_correlation_ignores_monotone_transformations():
    assert rank_correlation(SCORES, np.exp(5 * SCORES)) == pytest.approx(1.0)
    assert rank_correlation(SCORES, -SCORES) == pytest.approx(-1.0)
    assert np.isnan(rank_correlation(SCORES, np.zeros(100)))


def test_outliers_are_three_interquartile_ranges_out():
    scores = np.append(np.linspace(0, 1, 101), [2.2, 2.4, -1.2, -1.4])
    low, high = np.quantile(scores, [0.25, 0.75])
    assert high + 3 * (high - low) == pytest.approx(2.32)
    assert scores[outliers(scores)].tolist() == [2.4, -1.4]
    assert not outliers(np.append(np.zeros(50), 1.0)).any()


def test_levels_include_their_bounds():
    at_least = [
        diagnostics._at_least(value, 0.5, 0.2) for value in (0.6, 0.5, 0.4, 0.2, 0.1, np.nan)
    ]
    assert at_least == ["good", "good", "fair", "fair", "poor", "unknown"]
    at_most = [diagnostics._at_most(value, 0.2, 0.5) for value in (0.1, 0.2, 0.4, 0.5, 0.6, np.nan)]
    assert at_most == ["good", "good", "fair", "fair", "poor", "unknown"]


def test_constant_scores_give_their_own_warning():
    constant = replace(GOOD, scores=np.full(len(SCORES), 0.25))
    with pytest.warns(TrialsWarning, match="have the same 'accuracy' score, 0.25"):
        warn_if_unreliable(constant, "accuracy")


def test_near_optimum_error_counts_the_best_quarter_of_either_direction():
    held_out = np.where(np.quantile(SCORES, 0.25) > SCORES, SCORES + 0.3, SCORES)
    assert checks_of(replace(GOOD, held_out=held_out))["near_optimum_error"].value == 0
    minimised = replace(
        GOOD, held_out=held_out, sign=-1.0, baseline=(0.5, 0.5), incumbent=(0.0, 0.0)
    )
    found = checks_of(minimised)
    assert found["near_optimum_error"].value == pytest.approx(0.3)
    assert found["near_optimum_error"].level == "poor"
    assert found["measured_gain"].value == 0.5


def test_errors_are_compared_with_the_measured_gain():
    found = checks_of(replace(GOOD, baseline=(0.9, 0.95), incumbent=(0.99, 1.0)))
    assert found["baseline_error"].value == pytest.approx(0.05)
    assert found["baseline_error"].level == "fair"
    assert "below the measured 0.95" in found["baseline_error"].advice
    assert found["incumbent_error"].level == "good"


@pytest.mark.parametrize(
    ("claimed", "level"),
    [(0.1, "good"), (0.13, "good"), (0.17, "fair"), (0.25, "poor"), (0.04, "poor")],
)
def test_claim_is_compared_with_the_measured_gain(claimed, level):
    evidence = replace(GOOD, baseline=(0.9, 0.9), claimed_gain=claimed)
    check = checks_of(evidence)["claimed_gain"]
    assert check.level == level
    assert evidence.claims_too_much == (claimed == 0.25)


def test_claim_far_above_the_measured_gain_warns_whatever_r2_is():
    with pytest.warns(
        SurrogateWarning, match=r"claimed to gain 0.4, .* gains 0.1 .*measure\(X, y\)"
    ):
        warn_if_unreliable(replace(GOOD, baseline=(0.6, 0.9), claimed_gain=0.4), "score")


def test_poor_fit_and_claim_are_one_warning():
    noise = replace(GOOD, held_out=GENERATOR.permutation(SCORES), baseline=(0.6, 0.9))
    with pytest.warns(SurrogateWarning) as caught:
        warn_if_unreliable(replace(noise, claimed_gain=0.4), "score")
    (warning,) = caught
    assert "fits poorly" in str(warning.message)
    assert "measure(X, y)" in str(warning.message)


def test_outliers_are_named_as_the_reason_of_a_low_r2():
    scores, held_out = SCORES.copy(), GOOD.held_out.copy()
    scores[:2], held_out[:2] = -1e6, 0.5
    evidence = replace(GOOD, scores=scores, held_out=held_out)
    found = checks_of(evidence)
    assert found["r2"].level == "poor"
    assert found["r2_without_outliers"].level == "good"
    assert found["n_outliers"].value == 2
    with pytest.warns(SurrogateWarning, match="2 scores far from the others"):
        warn_if_unreliable(evidence, "score")


def test_unmeasured_baseline_is_unknown_and_no_reason_to_warn():
    evidence = replace(GOOD, baseline=(0.5, np.nan), claimed_gain=5.0)
    found = checks_of(evidence)
    for name in ("baseline_error", "claimed_gain", "measured_gain"):
        assert found[name].level == "unknown"
        assert "baseline_score=" in found[name].advice
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warn_if_unreliable(evidence, "score")


def test_failed_trials_are_counted():
    assert checks_of(replace(GOOD, n_failed=3))["n_failed"][1:3] == (3.0, "fair")
    assert checks_of(replace(GOOD, n_failed=80))["n_failed"].level == "poor"


def test_a_few_outliers_are_named_where_they_decide_r2():
    generator = np.random.default_rng(0)
    scores = generator.normal(size=100)
    held_out = scores + 0.1 * generator.normal(size=100)
    scores[:3] = -1e6
    evidence = replace(GOOD, scores=scores, held_out=held_out)
    with pytest.warns(SurrogateWarning, match=r"because of 3 scores.*R2 = 0.9.*rank correlation"):
        warn_if_unreliable(evidence, "accuracy")
    checks = checks_of(evidence)
    assert "rank_correlation and r2_without_outliers" in checks["r2"].advice
    assert checks["r2_without_outliers"].level == "good"


def test_an_order_that_outliers_leave_is_told():
    generator = np.random.default_rng(0)
    scores = np.append(generator.normal(size=100), [-1e6])
    held_out = 5 * scores
    with pytest.warns(SurrogateWarning, match=r"because of 1 score far.*rank correlation is 1.00"):
        warn_if_unreliable(replace(GOOD, scores=scores, held_out=held_out), "accuracy")
