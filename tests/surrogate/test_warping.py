import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from skhypershap.surrogate.kernels.interpolation import interpolate
from skhypershap.surrogate.warping import RankWarp

numbers = st.floats(-1e6, 1e6, allow_nan=False)
scores = st.lists(numbers, min_size=1, max_size=40).map(np.array)
# No denormal numbers, which lose digits when they are scaled.
places = st.floats(-8, 8).filter(lambda place: place == 0 or abs(place) > 1e-100)
ranks = st.lists(places, min_size=1, max_size=40).map(np.array)


def test_ranks_are_a_mean_of_normal_quantiles_and_robust_deviations():
    values = np.array([3.0, 1.0, 2.0, 2.0])
    quantiles = norm.ppf([3.5 / 4, 0.5 / 4, 2 / 4, 2 / 4])  # of average ranks
    tenth = np.quantile(values, 0.9) - 2  # wider than the quartile, in deviations
    deviations = (values - 2) / (tenth / 1.2816)
    expected = (quantiles + 0.5 * deviations) / 1.5
    np.testing.assert_allclose(RankWarp.of(values).to_ranks(values), expected)


@given(scores)
def test_scores_return_from_their_ranks(values):
    warp = RankWarp.of(values)
    np.testing.assert_array_equal(warp.to_scores(warp.to_ranks(values)), values)


@given(scores, ranks)
def test_inverse_never_decreases(values, points):
    back = RankWarp.of(values).to_scores(np.sort(points))
    assert (np.diff(back) >= 0).all()


@given(scores, numbers, numbers)
def test_ranks_never_decrease(values, one, other):
    low, high = RankWarp.of(values).to_ranks(np.sort([one, other]))
    assert low <= high


@given(scores, ranks, st.integers(-200, 200))
def test_powers_of_two_scale_exactly(values, points, power):
    values = np.where(np.abs(values) < 1e-6, 0.0, values)  # no number loses digits on the way down
    scale = 2.0**power
    np.testing.assert_array_equal(
        RankWarp.of(scale * values).to_scores(points), scale * RankWarp.of(values).to_scores(points)
    )


def test_beyond_the_ends_a_quarter_of_the_distance_to_the_median_is_the_limit():
    warp = RankWarp.of(np.array([0.0, 1.0, 2.0, 3.0, 8.0]))
    assert warp.to_scores(np.array([100.0]))[0] == 8 + (8 - 2) / 4
    assert warp.to_scores(np.array([-100.0]))[0] == 0 - (2 - 0) / 4
    slope = (8.0 - 3.0) / (warp.ranks[-1] - warp.ranks[-2])
    assert warp.to_scores(warp.ranks[-1:] + 0.1)[0] == pytest.approx(8 + 0.1 * slope)


@pytest.mark.parametrize("n_shared", [2, 10])
def test_beyond_a_score_that_several_share_the_limit_is_one_of_so_many_parts(n_shared):
    values = np.array([0.0, 1.0, 2.0, 3.0, 8.0])
    warp, alone = RankWarp.of(values, n_shared, 2 * n_shared), RankWarp.of(values)
    assert warp.to_scores(np.array([100.0]))[0] == 8 + 1.5 / (2 * n_shared)
    assert warp.to_scores(np.array([-100.0]))[0] == 0 - 0.5 / n_shared
    within = np.linspace(warp.ranks[0], warp.ranks[-1], 50)
    np.testing.assert_array_equal(warp.to_scores(within), alone.to_scores(within))


def test_one_distinct_score_is_all_that_comes_back():
    warp = RankWarp.of(np.full(3, 7.0))
    assert warp.to_ranks(np.array([7.0, 9.0])).tolist() == [0, 0]
    assert warp.to_scores(np.array([-3.0, 0.0, 3.0])).tolist() == [7, 7, 7]
    assert warp.slopes(np.array([7.0])).tolist() == [0]


def test_interpolation_agrees_with_numpy_and_keeps_shapes():
    generator = np.random.default_rng(0)
    warp = RankWarp.of(generator.standard_t(1, size=300))
    points = generator.uniform(warp.ranks[0], warp.ranks[-1], size=(50, 40))
    expected = np.interp(points, warp.ranks, warp.scores)
    np.testing.assert_allclose(warp.to_scores(points), expected, rtol=1e-9)
    np.testing.assert_array_equal(warp.to_scores(points.T), warp.to_scores(points).T)


def test_slopes_are_local_rates_of_change():
    values = np.exp(np.linspace(0, 5, 400))
    warp = RankWarp.of(values)
    found = warp.slopes(values)[[100, 300]]
    step = 1e-3
    expected = [
        np.ptp(warp.to_ranks(values[k] * np.array([1 - 20 * step, 1 + 20 * step])))
        / (40 * step * values[k])
        for k in (100, 300)
    ]
    np.testing.assert_allclose(found, expected, rtol=0.1)


def test_a_wide_gap_between_groups_is_wide_in_ranks():
    values = np.concatenate([np.linspace(0, 1, 40), np.linspace(2, 3, 40)])
    ranks = RankWarp.of(values).to_ranks(values)
    within = np.diff(ranks)[30:39].mean()
    assert ranks[40] - ranks[39] > 10 * within
    # A step of ranks just above the lower group stays near it.
    assert RankWarp.of(values).to_scores(ranks[39:40] + within)[0] < 1.1


def test_normal_scores_keep_normal_ranks():
    values = norm.ppf((np.arange(200) + 0.5) / 200)
    np.testing.assert_allclose(RankWarp.of(values).ranks, values, atol=0.01)


@pytest.mark.parametrize("penalty", [3.0, 1e10, 1e300])
def test_no_outlier_decides_the_ranks_of_others(penalty):
    values = np.random.default_rng(0).random(200)
    spoiled = values.copy()
    spoiled[:4] = -penalty
    others = values[4:][values[4:] > 0.2]
    kept, alone = (RankWarp.of(some).to_ranks(others) for some in (spoiled, values))
    assert np.abs(kept - alone).max() < 0.1
    assert np.ptp(RankWarp.of(spoiled).ranks) < np.ptp(RankWarp.of(values).ranks) + 3


@given(scores)
def test_distinct_scores_have_distinct_ranks(values):
    assert (np.diff(RankWarp.of(values).ranks) > 0).all()


def test_crowded_scores_near_the_best_are_not_stretched():
    spread, crowd = np.linspace(0, 1, 60), np.linspace(0.99, 1.0, 40)
    values = np.concatenate([spread, crowd])
    below, within = np.diff(RankWarp.of(values).to_ranks(np.array([0.5, 0.98, 0.992, 1.0])))[[0, 2]]
    assert within < 2.5 * below


def test_scores_a_denormal_number_apart_have_ranks():
    values = np.array([0.0, 0.0, 0.0, 0.0, 1.0, -1.0, -1.0, -1.0, -1.0, -2.2250738585e-313])
    assert np.isfinite(RankWarp.of(values).ranks).all()


def test_huge_scores_come_back():
    values = 1e300 * np.random.default_rng(0).normal(size=50)
    warp = RankWarp.of(values)
    back = warp.to_scores(np.linspace(-10, 10, 101))
    assert np.isfinite(back).all()
    assert (np.diff(back) >= 0).all()


def test_an_offset_changes_ranks_by_rounding_only():
    values = np.append(np.random.default_rng(0).random(60), [4.0, 4.5])
    np.testing.assert_allclose(
        RankWarp.of(values + 1024.0).ranks, RankWarp.of(values).ranks, atol=1e-10
    )


@pytest.mark.parametrize("power", [-1074, 1018])  # the least number; a span beyond the greatest
def test_extreme_knots_are_read_within_their_table(power):
    values, knots, heights = np.arange(-40.0, 41), np.array([-40.0, 0, 40]), np.array([0.0, 1, 3])
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = interpolate(np.ldexp(values, power), np.ldexp(knots, power), heights)
    np.testing.assert_array_equal(scaled, interpolate(values, knots, heights))
