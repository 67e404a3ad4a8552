"""Each sentence of a summary: a case in which it is said, and one in which it is not."""

from __future__ import annotations

import math

import pytest

from skhypershap.report import Answer, Judgement, More, Other, Row, Summary, sentences

GOOD_R2 = Judgement(0.93, "good", "The surrogate predicts well.")
CHECKS = {"r2": GOOD_R2, "claimed_gain": Judgement(0.02, "good", "It agrees.")}
A = Row(("a",), 0.012, 0.01, 0.014)
B = Row(("b",), 0.002, -0.001, 0.006)
TOGETHER = Row(("a", "b"), 0.006, 0.004, 0.009)
APART = Row(("a", "b"), -0.006, -0.009, -0.004)
BOTH = (("a", "b"), 1.0)


def said(**changes):
    """The sentences of an answer in which all is well, but for what is changed."""
    answer = {
        "names": ["a", "b"],
        "metric": "accuracy",
        "direction": "maximize",
        "n_trials": 100,
        "baseline_measured": 0.972,
        "best_measured": 0.994,
        "baseline_claimed": 0.972,
        "best_claimed": 0.992,
        "rows": [A, B, TOGETHER],
        "subsets": [(("a",), 0.6), BOTH],
        "checks": CHECKS,
        **changes,
    }
    return sentences(Answer(**answer))


def one(begin, **changes):
    """The only sentence that begins like this; None if there is none."""
    found = [sentence for sentence in said(**changes) if sentence.startswith(begin)]
    assert len(found) < 2
    return found[0] if found else None


def test_first_sentence_counts_trials_and_hyperparameters():
    assert said()[0] == (
        "100 trials of 2 hyperparameters (a and b), judged by accuracy (higher is better)."
    )
    assert "lower is better" in said(direction="minimize")[0]
    assert said(n_trials=1, names=["a"])[0].startswith("1 trial of 1 hyperparameter (a),")
    assert "(" not in said(names=[f"x{i}" for i in range(6)])[0].split(",")[0]
    assert "judged by the score" in said(metric="score")[0]
    assert "1 where a trial failed, 0 where not" in said(metric="failed", direction="minimize")[0]


def test_failed_and_measured_trials_are_counted_where_there_are_some():
    assert "1 more trial failed and has no score." in said(n_failed=1)
    assert "3 more trials failed and have no score." in said(n_failed=3)
    assert "2 more trials were measured afterwards." in said(n_measured=2)
    assert not [text for text in said() if " failed" in text or "measured afterwards" in text]


def test_measured_scores_come_before_claimed_ones():
    measured, claimed = said()[1:3]
    assert measured == (
        "Measured: accuracy rises from 0.972 at the baseline to 0.994 in the best trial, a gain of "
        "0.022."
    )
    assert claimed == (
        "Claimed by the surrogate: tuning raises accuracy from 0.972 at the baseline to 0.992, a gain "
        "of 0.02."
    )


def test_minimised_scores_fall():
    measured, claimed = said(
        direction="minimize",
        baseline_measured=130.0,
        best_measured=2.5,
        baseline_claimed=130.0,
        best_claimed=4.0,
    )[1:3]
    assert "falls from 130 at the baseline to 2" in measured
    assert "a gain of 128" in measured
    assert "tuning lowers accuracy from 130 at the baseline to 4, a gain of 126" in claimed


def test_baseline_that_was_not_measured_is_said_to_be():
    assert one("Measured", baseline_measured=math.nan) == (
        "Measured: in the best trial accuracy is 0.994; the baseline was not measured."
    )
    text = one("Measured", baseline_measured=math.nan, n_baselines=2)
    assert text.endswith("not all of the 2 baselines were measured.")


def test_no_gain_is_said_of_measurement_and_claim_apart():
    measured = one("Measured", baseline_measured=0.994)
    assert measured == "Measured: no trial is better than the baseline, where accuracy is 0.994."
    assert "gain of" in one("Claimed", baseline_measured=0.994)
    claimed = one("Claimed", best_claimed=0.972 + 1e-14)
    assert "tuning gains nothing over the baseline, where accuracy is 0.972." in claimed
    assert "gain of" in one("Measured", best_claimed=0.972)


def test_several_baselines_are_their_mean():
    assert "at the mean of the 3 baselines" in one("Measured", n_baselines=3)
    assert "at the mean of the 3 baselines" in one("Claimed", n_baselines=3)


def test_what_matters_has_value_share_and_interval():
    assert one("What matters") == (
        "What matters, not counting pairs: a gains 0.012 (60 % of the claimed gain; 90 % interval 0.01 "
        "to 0.014)."
    )


@pytest.mark.parametrize(
    "row",
    [
        Row(("a",), 0.012, -0.001, 0.03),
        Row(("a",), 0.012, 0.0, 0.03),
        Row(("a",), -0.012, -0.03, -0.001),
        Row(("a",), 0.0005, 0.0001, 0.0009),
    ],
)
def test_nothing_matters_that_may_be_zero_or_is_negligible(row):
    assert one("What matters", rows=[row, TOGETHER]) is None


def test_share_above_one_is_left_out():
    row = Row(("a",), 0.05, 0.04, 0.06)
    assert "%" not in one("What matters", rows=[row]).split("90 %")[0]
    assert "(100 % of the claimed gain; " in one(
        "What matters", rows=[Row(("a",), 0.02, 0.01, 0.03)]
    )


def test_only_the_largest_are_named():
    rows = [Row((name,), 0.004, 0.003, 0.005) for name in "abcde"]
    text = one("What matters", rows=rows, names=list("abcde"))
    assert [name for name in "abcde" if f"{name} gains 0" in text] == ["a", "b", "c"]
    assert text.endswith("; 2 others gain less.")
    assert one("What matters", rows=rows[:4], names=list("abcd")).endswith("; 1 other gains less.")


def test_pair_that_gains_more_is_together():
    text = one("Tuned together")
    assert "a and b gain 0.006 (90 % interval 0.004 to 0.009) more than the sum" in text
    assert one("a and b overlap") is None


def test_pair_that_gains_less_can_stand_in():
    text = one("a and b overlap", rows=[A, B, APART])
    assert "0.006 (90 % interval 0.004 to 0.009) less than the sum" in text
    assert "stand in for the other" in text
    assert one("Tuned together", rows=[A, B, APART]) is None


def test_pair_that_may_be_zero_is_uncertain():
    unclear = Row(("a", "b"), 0.006, -0.001, 0.009)
    text = one("Too uncertain", rows=[A, unclear])
    assert text == (
        "Too uncertain to say: whether a and b interact (90 % intervals that include zero)."
    )
    assert one("Tuned together", rows=[A, unclear]) is None


def test_hyperparameter_that_may_be_zero_is_uncertain():
    assert "whether b matters alone (" in one("Too uncertain")
    rows = [Row((name,), 0.004, -0.003, 0.005) for name in "abcde"]
    text = one("Too uncertain", rows=rows, names=list("abcde"))
    assert "whether a, b, c and 2 more matter alone" in text
    assert one("Too uncertain", rows=[A, TOGETHER]) is None
    assert "whether a matters (" in one(
        "Too uncertain", names=["a"], rows=[Row(("a",), 0.02, -0.01, 0.03)]
    )


def test_what_is_surely_small_hardly_matters():
    small = Row(("b",), 0.0001, -0.0002, 0.0004)
    pair = Row(("a", "b"), 0.0, -0.0003, 0.0003)
    assert one("What hardly matters", rows=[A, small, pair]) == (
        "What hardly matters: b (at most 5 % of the claimed gain, alone and in each pair)."
    )
    assert one("Too uncertain", rows=[A, small, pair]) is None
    assert one("What hardly matters", rows=[A, small, TOGETHER]) is None
    assert one("What hardly matters") is None


def test_without_intervals_nothing_is_called_certain_or_uncertain():
    rows = [Row(("a",), 0.012, math.nan, math.nan), Row(("b",), 0.0, math.nan, math.nan)]
    assert "(60 % of the claimed gain)" in one("What matters", rows=rows)
    assert one("No intervals were computed", rows=rows)
    assert one("What hardly matters", rows=rows) is None
    assert one("Too uncertain", rows=rows) is None
    assert one("No intervals were computed") is None


def test_without_a_gain_nothing_matters():
    for begin in ("What matters", "Tuned together", "Too uncertain", "Next: tune only"):
        assert one(begin, best_claimed=0.972, subsets=[(("a",), math.nan), BOTH]) is None


def test_trust_is_that_of_the_checks():
    assert one("Trust") == (
        "Trust: R² on held-out trials is 0.93 (good; 1 is perfect). The surrogate predicts well."
    )
    assert one("Take care") is None
    poor = {**CHECKS, "near_optimum_error": Judgement(0.1, "poor", "Measure.")}
    assert one("Take care", checks=poor) == (
        "Take care, this check is poor (see diagnostics()): error near the optimum."
    )
    unknown = {"r2": Judgement(math.nan, "unknown", "There are too few trials.")}
    assert one("Trust", checks=unknown) == "Trust: There are too few trials."


def test_approximation_is_said():
    assert "Values are approximated from 500 of 2^2 coalitions." in said(budget=500)
    assert not [sentence for sentence in said() if "approximated" in sentence]


def test_next_is_to_measure_what_was_not_measured():
    text = "Next: measure the baseline and what is claimed, with "
    assert text + "ask() and tell()." in said(baseline_measured=math.nan)
    assert text + "measure(X, y)." in said(baseline_measured=math.nan, can_measure=True)
    poor = {**CHECKS, "claimed_gain": Judgement(0.2, "poor", "Too much.")}
    assert "Next: measure what is claimed, with measure(X, y)." in said(
        checks=poor, can_measure=True
    )
    assert one("Next: measure") is None


def test_next_is_to_tune_only_what_clearly_keeps_the_gain():
    subsets = [(("a",), 0.979), BOTH]
    text = "Next: tune only a, which keeps 97 % of the claimed gain, with reduced_search()."
    assert one("Next: tune only", subsets=subsets) == text
    assert "reduced_search" not in one("Next: tune only", subsets=subsets, n_baselines=2)
    assert one("Next: tune only") is None
    unclear = Row(("a",), 0.012, -0.01, 0.014)
    assert one("Next: tune only", subsets=subsets, rows=[unclear, B]) is None
    poor = {"r2": Judgement(0.1, "poor", "Details are unreliable.")}
    assert one("Next: tune only", subsets=subsets, checks=poor) is None


def test_next_is_more_trials_where_little_is_known():
    assert one("Next: run more trials", rows=[A, B])
    assert one("Next: run more trials", rows=[A, B], subsets=[(("a",), 0.97), BOTH]) is None
    assert one("Next: run more trials") is None  # b has a part in a pair that is clear
    poor = {"r2": Judgement(0.1, "poor", "Details are unreliable.")}
    assert one("Next: run more trials", rows=[A, TOGETHER], checks=poor)


def test_next_is_nothing_where_all_is_known():
    assert said(rows=[A, TOGETHER])[-1].startswith("Next: nothing more is needed")
    assert not said(rows=[A, B])[-1].startswith("Next: nothing more")
    kept = said(best_claimed=0.972, best_measured=0.972)[-1]
    assert kept == "Next: keep the baseline, or search wider ranges."


def test_constant_scores_have_three_sentences():
    texts = said(constant=True, best_measured=0.5)
    assert texts[1] == "In all trials accuracy is 0.5, so no hyperparameter makes a difference."
    assert texts[2].startswith("Next: explain another metric")
    single = said(constant=True, best_measured=0.5, n_trials=1, n_measured=0)
    assert single[1] == ("In the only trial accuracy is 0.5, so there is nothing to compare it to.")
    assert single[2].startswith("Next: run more trials")
    assert len(texts) == 3
    assert not [text for text in said() if text.startswith("In all trials")]


def test_summary_is_text_and_markdown_and_a_list():
    summary = Summary(["svc__C <b> matters.", "a_b $x$ | `y`\n# no heading"])
    assert str(summary) == "svc__C <b> matters.\na_b $x$ | `y`\n# no heading"
    assert repr(summary) == str(summary)
    assert summary._repr_markdown_() == (
        "- svc\\_\\_C &lt;b&gt; matters.\n- a\\_b \\$x\\$ \\| \\`y\\` \\# no heading"
    )


def test_verdict_is_repeated_or_missing():
    assert "Settled: from 50 to 100 trials." in said(verdict="Settled: from 50 to 100 trials.")
    assert one("Whether more trials would change") is not None
    assert one("Whether more trials would change", verdict="Not settled: why.") is None


def test_further_trials_gain_something_or_nothing():
    assert one("100 more", more=More(100, 0.999, 30.0)) == (
        "100 more random trials are expected to raise the best accuracy from 0.994 to 0.999, a gain of "
        "0.005. They take about 30 s, one after the other."
    )
    assert one("1 more", more=More(1, 0.994, math.nan)) == (
        "1 more random trial is expected to gain nothing over the best trial."
    )
    assert not [sentence for sentence in said() if "expected to" in sentence]
    falls = one(
        "9 more",
        metric="loss",
        direction="minimize",
        best_measured=2.0,
        more=More(9, 1.5, math.nan),
    )
    assert (
        falls
        == "9 more random trials are expected to lower the best loss from 2 to 1.5, a gain of 0.5."
    )


def test_other_metrics_gain_cost_or_do_not_change():
    others = [
        Other("auc", 0.02, "a", 0.015),
        Other("fit_time", -3.0, "b", -2.5),
        Other("f1", 0.0, "a", 0.0),
    ]
    assert one("Another metric, auc", others=others) == (
        "Another metric, auc: by its surrogate the best trial gains 0.02 against the baseline, most of "
        "it through a (0.015)."
    )
    costs = one("Another metric, fit_time", others=others)
    assert costs.endswith("costs 3 against the baseline, most of it through b (2.5).")
    assert one("Another metric, f1", others=others).endswith(
        "changes nothing against the baseline."
    )
    assert one("Another metric") is None


def test_constant_scores_have_no_outlook():
    found = said(constant=True, verdict="Not settled: why.", more=More(3, 1.0, 1.0))
    assert not [text for text in found if "settled" in text or "expected" in text]
