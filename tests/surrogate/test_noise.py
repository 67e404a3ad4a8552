"""What is known of the noise of trials: shares, folds, the warp, baselines."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from ConfigSpace import ConfigurationSpace

from skhypershap.space.conditions import Legality
from skhypershap.surrogate.averaged import WarpedMean
from skhypershap.surrogate.fitting import SurrogateSpec
from skhypershap.surrogate.noise import (
    BASELINE_NOISE,
    CLAIM_NOISE,
    LEAST,
    MOST,
    noise_of,
    warped_shares,
)
from skhypershap.surrogate.warping import RankWarp


def _spec(**arguments):
    generator = np.random.default_rng(1)
    vectors = generator.random((60, 2))
    scores = np.sin(3 * vectors[:, 0]) + vectors[:, 1] + generator.normal(0, 0.2, 60)
    legality = Legality(ConfigurationSpace({"a": (0.0, 1.0), "b": (0.0, 1.0)}), np.zeros(2))
    return SurrogateSpec("gp", vectors, scores, legality, **arguments)


class TestShares:
    """How much of the learned noise each trial has."""

    def test_they_are_in_proportion_to_slopes_with_a_mean_of_one(self):
        slopes = np.array([1.0, 2.0, 4.0, 3.0])
        np.testing.assert_allclose(warped_shares(slopes), slopes / 2.5, rtol=1e-12)

    def test_units_of_scores_do_not_count(self):
        slopes = np.random.default_rng(0).random(30) + 0.1
        np.testing.assert_allclose(warped_shares(1e9 * slopes), warped_shares(slopes))

    def test_shares_below_one_stay(self):
        given = np.array([1.0, 1.0, BASELINE_NOISE, CLAIM_NOISE])
        shares = warped_shares(np.array([1.0, 3.0, 7.0, 9.0]), given=given)
        np.testing.assert_allclose(shares, [0.5, 1.5, BASELINE_NOISE, CLAIM_NOISE])

    def test_they_are_bounded(self):
        shares = warped_shares(np.array([1e-300, 1.0, 1.0, 1.0, np.inf, 1e300]))
        assert shares.max() / shares.min() <= MOST / LEAST * (1 + 1e-12)
        np.testing.assert_array_equal(warped_shares(np.zeros(3)), 1.0)

    def test_of_equal_noise_of_scores_they_are_what_the_warp_makes_of_it(self):
        """Simulated: noise in warped scores is larger where the warp is steeper."""
        generator = np.random.default_rng(0)
        truth = generator.standard_exponential(400) ** 2
        warp = RankWarp.of(truth)
        moved = [
            warp.to_ranks(truth + generator.normal(0, 0.05, 400)) - warp.to_ranks(truth)
            for _ in range(200)
        ]
        shares = warped_shares(warp.slopes(truth))
        assert np.corrcoef(np.log(np.std(moved, axis=0)), np.log(shares))[0, 1] > 0.9


class TestNoiseOf:
    """Trials of the search, baselines and claims."""

    def test_baselines_have_least_whoever_ran_them(self):
        noise = noise_of(5, 2, (1,), own_baselines=np.array([2]))
        assert noise.shares.tolist() == [1, 1, BASELINE_NOISE, CLAIM_NOISE, BASELINE_NOISE]
        assert noise.measured.tolist() == [3, 4]

    def test_parts_stay_aligned(self):
        noise = noise_of(4, 1, (0,)).of(np.array([2, 0, 0, 3]))
        assert noise.shares.tolist() == [1, 1, 1, BASELINE_NOISE]
        assert noise.measured.tolist() == [3]


class TestFits:
    """What a process makes of it."""

    def test_the_searchs_own_baseline_is_followed_unless_its_score_chose_it(self):
        spec = _spec()
        spec.scores[7] += 0.4
        followed = replace(spec, always=np.array([7]))
        chosen = replace(followed, follows_baselines=False)
        gaps = [
            abs(one.fit(0).predict(spec.vectors[[7]])[0] - spec.scores[7])
            for one in (spec, chosen, followed)
        ]
        assert gaps[0] == gaps[1] > 0.1
        assert gaps[2] < 0.02

    @pytest.mark.parametrize("n_trials", [20, 57])
    def test_prefixes_and_resamples_keep_shares_with_their_trials(self, n_trials):
        spec = _spec(n_measured=3, always=np.array([33]), baselines=(1,))
        of_score = dict(zip(spec.scores, spec._noise.shares, strict=True))
        part = spec.first(n_trials)
        np.testing.assert_array_equal(part.vectors[part.always], spec.vectors[[33]])
        fitted = []
        fit = WarpedMean.fit

        def remember(self, X, y, *rest):
            fitted.append((y, rest[-1]))
            return fit(self, X, y, *rest)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(WarpedMean, "fit", remember)
            surrogate = part.fit(0)
            part.refit(np.random.default_rng(0), surrogate)
        assert len(fitted) == 7  # itself, five folds, a resample
        for y, shares in fitted:
            np.testing.assert_array_equal(shares, [of_score[score] for score in y])
