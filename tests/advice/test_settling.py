"""Verdicts of made histories, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from skhypershap.advice.settling import Point, in_words, judged


def point(n_trials, values, half=0.05, gain=1.0):
    values = np.array(values, dtype=float)
    return Point(n_trials, values, values - half, values + half, gain)


def points(*values, **options):
    return [point(10 * (row + 1), one, **options) for row, one in enumerate(values)]


def test_same_answer_has_settled():
    verdict = judged(points(*[[0.6, 0.3, 0.02]] * 8))
    assert verdict == (True, 10, 0)


def test_what_is_near_zero_does_not_count():
    small = [[0.6, 0.3, value] for value in (0.02, -0.02, 0.04, 0.0, 0.01, 0.03, -0.01, 0.02)]
    assert judged(points(*small)).settled


@pytest.mark.parametrize(("row", "settled"), [(2, True), (4, False), (6, False)])
def test_another_order_lasts_for_half_of_the_trials(row, settled):
    """The order changes after 10 * row of 80 trials, so the last answer begins 10 trials later."""
    values = [[0.3, 0.6]] * row + [[0.6, 0.3]] * (8 - row)
    verdict = judged(points(*values))
    assert verdict.settled is settled
    assert verdict.since == 10 * (row + 1)


def test_value_that_leaves_its_interval():
    values = [[0.6, 0.3]] * 6 + [[0.66, 0.3]] * 2
    assert judged(points(*values)) == (False, 70, 60)  # 70 is half of 140
    assert judged(points(*[[0.6, 0.3]] * 6, *[[0.64, 0.3]] * 2)).settled


def test_another_that_counts():
    values = [[0.6, 0.2, 0.05]] * 6 + [[0.6, 0.2, 0.15]] * 2
    assert not judged(points(*values)).settled


def test_second_place_must_not_be_open():
    """One counts throughout; the second is large, and its interval wide."""
    wide = np.array([0.05, 0.2, 0.2])

    def made(last):
        return [point(10 * (row + 1), last, wide) for row in range(8)]

    assert made([0.6, 0.15, 0.1])[-1].counts == (0,)
    assert not judged(made([0.6, 0.15, 0.1])).settled
    assert judged(made([0.6, 0.04, 0.01])).settled  # near zero, so it does not count
    said = in_words(judged(made([0.6, 0.15, 0.1])), made([0.6, 0.15, 0.1]), ["a", "b", "c"])
    assert said.startswith("Not settled: after 80 trials it is open")


def test_losses_count_as_gains_do():
    assert judged(points(*[[-0.6, -0.3, 0.0]] * 8, gain=-1.0)).settled


@pytest.mark.parametrize(("gain", "values"), [(0.0, [0.0, 0.0]), (1.0, [0.04, 0.04])])
def test_nothing_that_counts_is_no_answer(gain, values):
    verdict = judged(points(*[values] * 8, gain=gain))
    assert verdict == (False, None, None)
    assert "unknown" in in_words(verdict, points(values, gain=gain), ["a", "b"])


def test_one_point_is_no_answer():
    assert not judged([point(80, [0.6, 0.3])]).settled
    assert "too few" in in_words(judged([point(80, [0.6])]), [point(80, [0.6])], ["a"])


def test_undecided_intervals_are_extrapolated():
    """Half-widths 1.2 / sqrt(n), so that at 80 trials 0.3 is 0.25 from what counts and 0.134 wide."""
    values = [[0.3, 0.45]] * 7 + [[0.45, 0.3]]
    made = [
        point(10 * (row + 1), one, 1.2 / (10 * (row + 1)) ** 0.5) for row, one in enumerate(values)
    ]
    needed = np.ceil(1.2**2 / 0.15**2)  # where half the width is the gap of the two
    assert judged(made).n_more == max(80, needed - 80)


def test_intervals_that_do_not_shrink_are_not():
    values = [[0.3, 0.35]] * 7 + [[0.35, 0.3]]
    assert judged(points(*values, half=0.2)).n_more is None


def test_words():
    made = points(*[[0.3, 0.6]] * 8)
    assert in_words(judged(made), made, ["a", "b"]) == (
        "Settled: from 10 to 80 trials the same matters, in the same order: b, then a."
    )
    made = points(*[[0.3, 0.6]] * 7, [0.6, 0.3])
    assert in_words(judged(made), made, ["a", "b"]) == (
        "Not settled: the answer changed between 70 and 80 trials. It may take about 80 more trials."
    )
