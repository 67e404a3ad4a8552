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


def test_single_trial_is_too_few_and_two_that_are_equal_are_constant():
    one = replace(GOOD, scores=np.array([0.5]), held_out=np.array([np.nan]))
    with pytest.warns(SurrogateWarning, match="fits poorly"):
        warn_if_unreliable(one, "score")
    two = replace(GOOD, scores=np.array([0.5, 0.5]), held_out=np.array([0.4, 0.5]))
    with pytest.warns(TrialsWarning, match="All 2 trials have the same 'score' score, 0.5,"):
        warn_if_unreliable(two, "score")


def test_good_fit_to_fewer_than_ten_trials_may_be_chance():
    def first(n):
        return replace(GOOD, scores=SCORES[:n], held_out=SCORES[:n])

    with pytest.warns(SurrogateWarning, match=r"or well by chance \(held-out R2 = 1.00, from 9 "):
        warn_if_unreliable(first(9), "score")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warn_if_unreliable(first(10), "score")


def test_poor_fit_without_outliers_says_what_helps():
    noise = replace(GOOD, held_out=np.full(100, SCORES.mean()))
    with pytest.warns(
        SurrogateWarning, match=r"R2 = 0\.00, from 100 trials; 1 is perfect.*try another surrogate="
    ) as caught:
        warn_if_unreliable(noise, "score")
    assert "outliers" not in str(caught[0].message)


@pytest.mark.parametrize(
    ("r2", "r2_without", "ranked", "spoiled"),
    [
        (0.29, 0.3, -1.0, True),
        (0.29, 0.29, 0.5, True),
        (0.29, 0.29, 0.49, False),
        (0.3, 0.9, 0.9, False),
        (np.nan, 0.9, 0.9, False),
    ],
)
def test_outliers_spoil_r2_where_the_rest_or_the_order_is_predicted(
    r2, r2_without, ranked, spoiled
):
    assert diagnostics._is_spoiled(r2, r2_without, ranked) is spoiled


def test_claims_warn_alone():
    claims = replace(GOOD, baseline=(0.9, 0.9), claimed_gain=0.4)
    with pytest.warns(SurrogateWarning, match="Tuning for 'score' is claimed to gain 0.4, but"):
        diagnostics.warn_of_claims(claims, "score")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        diagnostics.warn_of_claims(GOOD, "score")


def scored(scores, **fields):
    """Evidence of perfect predictions."""
    scores = np.array(scores, dtype=float)
    return replace(GOOD, scores=scores, held_out=scores, **fields)


def test_scale_is_the_distance_of_the_best_from_the_median():
    assert scored([0, 1, 2, 5, 9]).scale == 7
    assert scored([0, 1, 2, 5, 9], sign=-1.0).scale == 2
    assert scored([0, 4, 9, 9, 9]).scale == 9  # more than half are the best
    unmeasured = (0.0, np.nan)
    assert scored([0, 1, 2, 5, 9], baseline=unmeasured).unit == 7 / 4
    tiny = scored([0, 1, 2, 5, 9], baseline=(0.0, 9.0), incumbent=(9.0, 9.0))
    assert tiny.unit == pytest.approx(0.02 * 7)
    assert replace(tiny, baseline=(0.0, 4.0)).unit == 5


@pytest.mark.parametrize(
    ("measured", "claimed", "level"),
    [
        (1.0, 2.0, "fair"),  # twice as much is tolerated
        (1.0, 2.01, "poor"),
        (1.0, 1.33, "good"),  # a third is as measured
        (1.0, 1.34, "fair"),
        (1.0, 0.67, "good"),
        (1.0, 0.66, "fair"),
        (1.0, 0.5, "fair"),
        (1.0, 0.49, "poor"),
        (0.0, 0.2, "good"),  # 2 % of the scale, which is 10
        (0.0, 0.21, "poor"),
        (-1.0, -0.8, "good"),
        (-1.0, -0.7, "poor"),
    ],
)
def test_levels_of_claims(measured, claimed, level):
    evidence = scored(
        np.linspace(0, 20, 41),
        baseline=(0.0, 20.0 - measured),
        incumbent=(20.0, 20.0),
        claimed_gain=claimed,
    )
    check = checks_of(evidence)["claimed_gain"]
    assert (check.value, check.level) == (claimed, level)
    if level == "fair":
        where = "above" if claimed > measured else "below"
        assert f"is {where} the measured 1." in check.advice


@pytest.mark.parametrize(
    ("predicted", "level", "where"),
    [(0.6, "good", ""), (0.7, "fair", "above"), (0.3, "fair", "below"), (1.1, "poor", "above")],
)
def test_error_of_the_baseline_in_measured_gains(predicted, level, where):
    """The gain is 0.5: errors up to a third of it are good, and up to all of it fair."""
    found = checks_of(replace(GOOD, baseline=(predicted, 0.5)))["baseline_error"]
    assert found.value == pytest.approx(abs(predicted - 0.5))
    assert found.level == level
    assert where in found.advice
    assert ("above" in found.advice) == (where == "above")


@pytest.mark.parametrize(("error", "level"), [(2.4, "good"), (2.6, "fair"), (5.1, "poor")])
def test_levels_near_the_optimum_are_parts_of_the_scale(error, level):
    evidence = scored(np.linspace(0, 20, 41))
    found = checks_of(replace(evidence, held_out=evidence.scores - error))["near_optimum_error"]
    assert found.value == pytest.approx(error)
    assert found.level == level
    unknown = np.where(evidence.scores >= 15, np.nan, evidence.scores)
    found = checks_of(replace(evidence, held_out=unknown))["near_optimum_error"]
    assert found.level == "unknown"


@pytest.mark.parametrize(("gain", "level"), [(0.1, "good"), (0.0, "fair"), (-0.1, "fair")])
def test_level_of_the_measured_gain(gain, level):
    found = checks_of(replace(GOOD, baseline=(0.5, 1.0 - gain)))["measured_gain"]
    assert found.value == pytest.approx(gain)
    assert found.level == level
    assert ("No trial is better" in found.advice) == (gain <= 0)


@pytest.mark.parametrize(("n_far", "level"), [(0, "good"), (5, "fair"), (6, "poor")])
def test_up_to_a_twentieth_of_the_trials_may_be_outliers(n_far, level):
    scores = np.append(np.linspace(0, 1, 100 - n_far), np.full(n_far, 1e3))
    found = checks_of(scored(scores))["n_outliers"]
    assert (found.value, found.level) == (n_far, level)


@pytest.mark.parametrize(("n_failed", "level"), [(1, "fair"), (25, "fair"), (26, "poor")])
def test_up_to_a_fifth_of_all_trials_may_have_failed(n_failed, level):
    assert checks_of(replace(GOOD, n_failed=n_failed))["n_failed"].level == level


def test_correlation_of_two_trials():
    assert rank_correlation(np.array([1.0, 2.0]), np.array([3.0, 5.0])) == pytest.approx(1.0)
    assert np.isnan(rank_correlation(np.array([1.0, 2.0]), np.array([3.0, np.nan])))
    assert np.isnan(rank_correlation(np.zeros(3), np.arange(3.0)))


@pytest.mark.parametrize(
    ("name", "good", "fair"), [("r2", 0.7, 0.3), ("rank_correlation", 0.8, 0.5)]
)
def test_levels_of_fit(name, good, fair):
    check = {
        "r2": lambda value: diagnostics._r2_check("r2", value),
        "rank_correlation": diagnostics._rank_check,
    }[name]
    values = (good, good - 0.01, fair, fair - 0.01, np.nan)
    assert [check(value).level for value in values] == ["good", "fair", "fair", "poor", "unknown"]
    assert {check(value).check for value in values} == {name}
