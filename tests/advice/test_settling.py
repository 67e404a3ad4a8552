"""Verdicts of made histories, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from skhypershap.advice.settling import Point, _excess, _shrinking, in_words, judged


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


@pytest.mark.parametrize(("row", "since"), [(3, 40), (6, 70)])
def test_answer_that_is_too_young(row, since):
    """From 40 of 80 trials on is just long enough; one from 70 on is old enough after 140."""
    made = points(*[[0.3, 0.6]] * row, *[[0.6, 0.3]] * (8 - row))
    verdict = judged(made)
    assert verdict == ((True, 40, 0) if row == 3 else (False, 70, 60))
    if row == 6:
        assert in_words(verdict, made, ["a", "b"]) == (
            "Not settled: the answer has been the same only since 70 of 80 trials. "
            "It may take about 60 more trials."
        )


@pytest.mark.parametrize(("n_points", "verdict"), [(2, (False, 10, 1)), (3, (True, 10, 0))])
def test_two_points_that_agree_are_too_few(n_points, verdict):
    made = [point(10 * 4**row, [0.6, 0.3]) for row in range(n_points)]
    assert judged(made) == verdict


def test_words_where_nothing_counts():
    for gain, why in (
        (0.0, "tuning gains nothing that could be split"),
        (1.0, "no interval excludes 5% of the gain"),
    ):
        made = points(*[[0.04, 0.04]] * 8, gain=gain)
        assert in_words(judged(made), made, ["a", "b"]) == (
            f"Not settled: after 80 trials {why}. How many more trials it may take is unknown."
        )


@pytest.mark.parametrize(
    ("values", "low", "high", "excess"),
    [
        ([0.3], [0.1], [0.9], 1.0),
        ([0.3], [-0.2], [0.35], 2.0),  # 0.5 wide, 0.25 above what counts
        ([0.3], [0.04], [0.35], 1.04),
        ([0.04], [-0.2], [0.2], 1.0),  # near zero
        ([0.6, 0.5], [0.4, 0.4], [0.7, 0.8], 3.0),  # the second reaches 0.3 up, the gap is 0.1
        ([0.6, 0.5], [0.35, 0.4], [0.7, 0.6], 2.5),  # the first reaches 0.25 down
        ([0.6, 0.3, 0.3], [0.55, 0.2, 0.1], [0.65, 0.35, 0.4], 1.0),
    ],
)
def test_excess_by_hand(values, low, high, excess):
    one = Point(10, *map(np.array, (values, low, high)), 1.0)
    assert _excess(one) == pytest.approx(excess)
    mirrored = Point(10, *(-np.array(ends) for ends in (values, high, low)), -1.0)
    assert _excess(mirrored) == pytest.approx(excess)


@pytest.mark.parametrize("exponent", [0.1, 0.4, 0.5, 0.9])
def test_shrinking_is_the_exponent_of_widths_per_gain(exponent):
    def made(n, width=1.0, gain=1.0):
        half = np.array([1.0, 3.0]) * width * gain * n**-exponent
        return point(n, [0.5, 0.5], half, gain)

    history = [made(10), made(30, gain=2.0), made(40, gain=-1.0), made(90)]
    assert _shrinking(history) == pytest.approx(min(exponent, 0.5))
    others = [made(20, width=0.0), made(50, gain=0.0)]  # which show nothing
    assert _shrinking([*others, *history]) == pytest.approx(min(exponent, 0.5))
    assert _shrinking([*others, *history[:2]]) == 0.0


@pytest.mark.parametrize(("half", "n_more"), [(0.13, 56), (0.19, 209), (0.21, None)])
def test_open_value_needs_intervals_as_narrow_as_its_distance(half, n_more):
    """0.15 is 0.1 above what counts, so 80 trials times (half / 0.1)^2 are needed, at most 320."""
    made = [
        point(n, [0.6, 0.15], np.array([0.05, half]) * np.sqrt(80 / n)) for n in range(20, 81, 10)
    ]
    assert made[-1].is_open
    assert judged(made) == (False, 20, n_more)
    flat = [one._replace(low=made[-1].low, high=made[-1].high) for one in made]
    assert judged(flat) == (False, 20, None)


def test_open_is_only_what_is_among_the_two_largest():
    wide = np.array([0.05, 0.05, 0.36])
    assert not point(10, [0.6, 0.3, 0.2], wide).is_open
    assert point(10, [0.6, 0.3, 0.4], wide).is_open
    assert point(10, [-0.6, -0.3, -0.4], wide, -1.0).is_open
    assert not point(10, [0.6, 0.04, 0.04], wide).is_open
