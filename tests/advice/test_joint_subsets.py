"""The best subsets for many data sets: against brute force, and grown against compared."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from skhypershap.advice.grown_joint_subsets import Evaluated, grown_joint_subsets
from skhypershap.advice.joint_subsets import (
    JointSubset,
    joint_subsets,
    share_of,
    smallest_reaching,
)
from skhypershap.surrogate.blends import all_coalitions, positions_of


def mean(values):
    return values.mean(axis=0)


def tables(seed, n_datasets=3, n_players=3):
    values = np.random.default_rng(seed).normal(size=(n_datasets, 1 << n_players)).round(1)
    return values + np.arange(n_datasets)[:, None]  # baselines differ


def sets_of(size, n_players=3):
    return itertools.combinations(range(n_players), size)


def position(members):
    return sum(1 << player for player in members)


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize("seed", range(4))
def test_joint_subsets_equal_brute_force(sign, seed):
    """Ties are frequent among rounded values: the first by position is chosen."""
    values = tables(seed)
    gains = sign * (values - values[:, :1])
    found = joint_subsets(values, mean, sign)
    for size, one in enumerate(found, start=1):
        best = max(sets_of(size), key=lambda some: round(gains[:, position(some)].mean(), 9))
        assert one.members == best
        assert one.gain == pytest.approx(gains[:, position(best)].mean())
        full = gains[:, -1].mean()
        assert one.share == pytest.approx(one.gain / full if full > 0 else np.nan, nan_ok=True)
        for left, judged in enumerate(one.left_out):
            rest = np.delete(gains, left, axis=0)
            best = max(sets_of(size), key=lambda some: round(rest[:, position(some)].mean(), 9))
            own = gains[left]
            assert judged.members == best
            assert judged.gain == pytest.approx(own[position(best)])
            assert judged.regret == pytest.approx(own[-1] - own[position(best)])
            most = max(own[position(some)] for some in sets_of(size))
            assert judged.regret_own == pytest.approx(most - own[position(best)])
        assert len(one.left_out) == 3


def test_single_data_set_is_not_left_out():
    assert all(one.left_out == [] for one in joint_subsets(tables(0)[:1], mean, 1.0))


def scores_from(values):
    """The same tables as a function of coalitions, which counts what is asked for."""

    def scores_of(each):
        scores_of.asked += sum(map(len, each))
        return [
            own[positions_of(rows)] if len(rows) else np.zeros(0)
            for own, rows in zip(values, each, strict=True)
        ]

    scores_of.asked = 0
    return scores_of


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize("seed", range(4))
def test_grown_subsets_equal_compared_ones_where_players_add_up(sign, seed):
    weights = np.random.default_rng(seed).normal(size=(3, 4))
    values = 5 + sign * weights @ all_coalitions(4).T
    compared = joint_subsets(values, mean, sign)
    grown = grown_joint_subsets(scores_from(values), 3, (4, []), mean, sign)
    for one, other in zip(grown, compared, strict=True):
        assert one.members == other.members
        assert (one.gain, one.share) == pytest.approx((other.gain, other.share), nan_ok=True)
        for judged, expected in zip(one.left_out, other.left_out, strict=True):
            assert judged.members == expected.members
            assert judged.gain == pytest.approx(expected.gain)
            assert judged.regret_own == pytest.approx(expected.regret_own)


@pytest.mark.parametrize(("n_datasets", "judged"), [(1, True), (3, False)])
def test_grown_subsets_without_judgement_evaluate_less(n_datasets, judged):
    values = tables(1)[:n_datasets]
    scores_of = scores_from(values)
    found = grown_joint_subsets(scores_of, n_datasets, (3, []), mean, 1.0, judged=judged)
    assert all(one.left_out == [] for one in found)
    assert scores_of.asked == n_datasets * 7  # empty and full, three singles, two pairs


def test_grown_subsets_are_as_good_as_smaller_ones():
    """The search found less for both than for one alone; the worst case is the smaller one."""
    values = np.array([[0.0, 3.0, 1.0, 2.0]])
    first, second = grown_joint_subsets(
        scores_from(values), 1, (2, []), mean, 1.0, extreme=np.maximum
    )
    assert (first.members, first.gain, second.gain) == ((0,), 3.0, 3.0)
    first, second = grown_joint_subsets(
        scores_from(values - 2), 1, (2, []), mean, 1.0, extreme=np.minimum
    )
    assert (first.members, first.gain, second.gain) == ((0,), 0.0, 0.0)
    *_, last = grown_joint_subsets(scores_from(values), 1, (2, []), mean, 1.0)
    assert last.gain == 2.0


def test_of_players_without_influence_the_first_stands_for_all():
    weights = np.array([[0.0, 2.0, 0.0, -1.0, 0.0]] * 2)
    scores_of = scores_from(weights @ all_coalitions(5).T)
    found = grown_joint_subsets(scores_of, 2, (5, [0, 2, 4]), mean, 1.0, judged=False)
    members = [one.members for one in found]
    assert members == [(1,), (0, 1), (0, 1, 2), (0, 1, 2, 4), (0, 1, 2, 3, 4)]
    assert [one.gain for one in found] == [2, 2, 2, 2, 1]
    assert scores_of.asked < 2 * 20


def test_what_is_known_is_not_evaluated_again():
    scores_of = scores_from(tables(0))
    known = Evaluated(scores_of, None, 1.0, [{}, {}, {}])
    rows = list(all_coalitions(3)[[0, 3, 3]])
    known.evaluate([rows, rows, []])
    known.evaluate([rows, [], rows])
    assert scores_of.asked == 6
    np.testing.assert_array_equal(known.values([2, 0], rows[:2]), tables(0)[[2, 0]][:, [0, 3]])


def test_smallest_subset_that_reaches_a_share():
    subsets = [JointSubset((0,), 2.0, 0.5, []), JointSubset((0, 1), 4.0, 1.0, [])]
    for share, size in ((0.1, 1), (0.5, 1), (0.51, 2), (1.0, 2)):
        assert len(smallest_reaching(subsets, share).members) == size
    with pytest.raises(ValueError, match="Tuning gains nothing"):
        smallest_reaching([JointSubset((0,), 0.0, np.nan, [])], 0.5)
    assert share_of(1.0, 4.0) == 0.25
    assert np.isnan(share_of(1.0, 0.0))
    assert np.isnan(share_of(1.0, -4.0))
