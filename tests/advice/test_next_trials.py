"""The best of n draws, against closed forms."""

from __future__ import annotations

import itertools
from datetime import timedelta
from types import SimpleNamespace

import numpy as np
import pytest
from ConfigSpace import Categorical, ConfigurationSpace, Integer
from conftest import memorised

from skhypershap.advice import next_trials
from skhypershap.advice.good_ranges import GoodRange
from skhypershap.advice.next_trials import (
    Draws,
    HeldOut,
    draws_of_ranges,
    draws_of_space,
    draws_of_subset,
    expected_best,
    expected_maximum,
    held_out_errors,
    quantile_of_maximum,
    seconds_of_trials,
    with_errors,
)
from skhypershap.explainer.base import game_context


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


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_errors_are_those_of_similar_predictions(sign):
    predicted = np.arange(40.0)
    errors = np.where(predicted > 30, 0.1, 5.0)
    shuffled = np.random.default_rng(0).permutation(40)
    scores = sign * (predicted + errors)[shuffled]
    known = sign * predicted[shuffled]
    held_out = held_out_errors(
        np.append(scores, [1.0, np.nan]), np.append(known, [np.nan, 1.0]), maximize=sign > 0
    )
    np.testing.assert_allclose(held_out.predicted, predicted)
    near = held_out.near(np.array([-9.0, 15.0, 99.0]))
    assert near.shape == (3, 8)
    np.testing.assert_allclose(near, [[5.0] * 8, [5.0] * 8, [0.1] * 8])


def test_without_held_out_predictions_there_are_no_errors():
    held_out = held_out_errors(np.ones(5), np.full(5, np.nan), maximize=True)
    np.testing.assert_array_equal(held_out.near(np.array([0.5])), [[0.0]])


def test_seconds():
    results = {"mean_fit_time": np.array([1.0, 3.0, np.nan]), "mean_score_time": np.zeros(3)}
    search = SimpleNamespace(cv_results_=results, n_splits_=5)
    assert seconds_of_trials(search) == pytest.approx(10.0)
    assert np.isnan(seconds_of_trials(object()))
    assert np.isnan(seconds_of_trials(SimpleNamespace(cv_results_={})))


def test_expected_best_with_errors_is_the_closed_form():
    predicted, weights = np.array([0.0, 1.0]), np.array([0.5, 0.5])
    held_out = HeldOut(np.array([0.0, 1.0]), np.array([-0.5, 0.5]))
    scores, likely = with_errors(predicted, weights, held_out)
    np.testing.assert_allclose(likely.sum(), 1.0)
    # Of -0.5, 0.5, 0.5 and 1.5, equally likely: two draws miss 1.5 with probability (3/4)**2.
    best = 1.0
    known = best + 0.5 * (1 - 0.75**2)
    assert expected_maximum(scores, likely, 2, best) == pytest.approx(known)


def test_errors_are_added_to_predictions():
    held_out = HeldOut(np.array([1.0, 2.0]), np.array([0.0, 0.5]))
    scores, weights = with_errors(np.array([1.0, 2.0]), np.array([0.4, 0.6]), held_out)
    assert scores.tolist() == [1.0, 1.5, 2.0, 2.5]
    assert weights.tolist() == [0.2, 0.2, 0.3, 0.3]


@pytest.mark.filterwarnings("ignore::skhypershap.SurrogateWarning")
def test_draws_are_all_configurations_of_a_small_space_or_samples():
    space = ConfigurationSpace()
    space.add(Categorical("a", ["x", "y"], weights=[3, 1]), Integer("b", (0, 2)))
    explainer = memorised(space, lambda config: float(config["b"]))
    draws = draws_of_space(game_context(explainer))
    assert len(np.unique(draws.vectors, axis=0)) == len(draws.vectors) == 6
    of_choice = [draws.weights[draws.vectors[:, 0] == choice].sum() for choice in (0, 1)]
    np.testing.assert_allclose(of_choice, [3 / 4, 1 / 4])
    draws = draws_of_space(game_context(explainer)._replace(n_samples=5))
    assert len(draws.vectors) == 5
    np.testing.assert_allclose(draws.weights, 0.2)


def test_draws_that_cannot_be_better_may_be_left_out():
    whole = expected_maximum(np.array([0.0, 1.0]), np.array([0.75, 0.25]), 3, 0.0)
    assert expected_maximum(np.array([1.0]), np.array([0.25]), 3, 0.0) == pytest.approx(whole)
    assert expected_maximum(np.empty(0), np.empty(0), 3, 0.4) == 0.4


class OneColumn:
    """A context of one hyperparameter whose score is its number, on resamples shifted."""

    seed, n_jobs, verbose = 0, 1, 0

    def __init__(self, sign, ran, *, shift=0.0, forbidden=(), fidelity=None):
        self.sign, self.shift, self.player_of_column = sign, shift, np.array([0])
        self.trials = SimpleNamespace(
            maximize=sign > 0, configs=list(ran), fidelity=fidelity, space=["a"]
        )
        legality = SimpleNamespace(
            legal=lambda vectors: vectors,
            fill=lambda vectors: vectors,
            forbidden=lambda vectors: np.isin(vectors[:, 0], forbidden),
        )
        self.surrogate = SimpleNamespace(predict=self.predict, legality=legality)

    def predict(self, vectors):
        return self.sign * (vectors[:, 0] + self.shift)

    def filled(self, configs):
        return np.array(configs, dtype=float).reshape(-1, 1)

    def alone(self):
        return self

    def resampled(self, draw):
        return OneColumn(self.sign, self.trials.configs, shift={1: -2.5, 2: 0.0}[draw])


def equal_draws(numbers):
    numbers = np.array(numbers, dtype=float)
    return Draws(numbers[:, None], np.full(len(numbers), 1 / len(numbers)))


def maxima(scores, ran, best):
    """All equally likely maxima of a best score and two draws, those that ran left out."""
    scores = [score if row not in ran else -np.inf for row, score in enumerate(scores)]
    return [max(best, *pair) for pair in itertools.product(scores, repeat=2)]


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize("error", [0.0, 0.75])
@pytest.mark.parametrize("bound", [np.inf, 7.25])
def test_expected_best_by_enumeration(sign, error, bound):
    """The numbers 0 to 9, of which 0 and 9 ran; all errors are equal, and count in mean and high."""
    context, numbers = OneColumn(sign, [0, 9]), np.arange(10.0)
    held_out = HeldOut(np.zeros(1), np.array([error]))
    best = 4.0 if np.isinf(bound) else 3.0
    arguments = (context, [equal_draws(numbers)], 2, sign * best, held_out)
    bound_of_metric = sign * bound
    (found,) = expected_best(*arguments, 2, bound_of_metric)
    mean = np.mean(maxima(np.minimum(numbers + error, bound), (0, 9), best))
    assert sign * found.mean == pytest.approx(mean)
    low = [m for s in (-2.5, 0.0) for m in maxima(np.minimum(numbers + s, bound), (0, 9), best)]
    high = [
        m
        for s in (-2.5, 0.0)
        for m in maxima(np.minimum(np.minimum(numbers + s, bound) + error, bound), (0, 9), best)
    ]
    low = np.quantile(low, 0.05, method="inverted_cdf")
    high = np.quantile(high, 0.95, method="inverted_cdf")
    assert low < mean < high
    ends = sorted([sign * low, sign * high])
    assert (found.low, found.high) == pytest.approx(ends)
    (found,) = expected_best(*arguments, 0, bound_of_metric)
    assert sign * found.mean == pytest.approx(mean)
    assert np.isnan([found.low, found.high]).all()


def test_every_space_has_a_mean():
    held_out = HeldOut(np.zeros(1), np.zeros(1))
    spaces = [equal_draws([2.0]), equal_draws([3.0])]
    for n_bootstrap in (0, 1):
        found = expected_best(OneColumn(1.0, []), spaces, 1, 1.0, held_out, n_bootstrap)
        assert [one.mean for one in found] == [2.0, 3.0]


def test_trials_at_lower_fidelity_may_run_again():
    held_out = HeldOut(np.zeros(1), np.zeros(1))
    for fidelity, best in ((None, 1.0), (np.ones(3), 2.0)):
        context = OneColumn(1.0, [0, 1, 2], fidelity=fidelity)
        (found,) = expected_best(context, [equal_draws([2.0])], 1, 1.0, held_out, 0)
        assert found.mean == best


def test_interval_holds_the_mean():
    """Resamples whose scores are all lower than the mean, which is at the end then."""
    context = OneColumn(1.0, [])
    context.resampled = lambda draw: OneColumn(1.0, [], shift=-5.0)
    (found,) = expected_best(
        context, [equal_draws([1.0])], 1, -9.0, HeldOut(np.zeros(1), np.zeros(1)), 1
    )
    assert (found.low, found.mean, found.high) == (-4.0, 1.0, 1.0)


def test_resamples_score_a_part_of_many_draws(monkeypatch):
    draws = Draws(np.arange(6.0)[:, None], np.arange(1.0, 7.0) / 21)
    monkeypatch.setattr(next_trials, "N_RESAMPLED", 6)
    assert next_trials._some_of(draws, 0) is draws
    monkeypatch.setattr(next_trials, "N_RESAMPLED", 4)
    some = next_trials._some_of(draws, 0)
    assert len(np.unique(some.vectors)) == len(some.vectors) == 4
    np.testing.assert_allclose(some.weights, (some.vectors[:, 0] + 1) / (some.vectors + 1).sum())


def test_draws_of_a_subset_have_all_else_at_each_baseline():
    context = OneColumn(1.0, [])
    context.player_of_column = np.array([0, 1, -1])  # the last one is no player
    context.filled = np.array
    draws = Draws(np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), np.array([0.25, 0.75]))
    coalition = np.array([False, True])
    starts = [[7.0, 8.0, 9.0], [0.0, 0.0, 0.0]]
    found = draws_of_subset(context, draws, starts, coalition)
    np.testing.assert_array_equal(found.vectors, [[7, 2, 9], [7, 5, 9], [0, 2, 0], [0, 5, 0]])
    np.testing.assert_allclose(found.weights, [0.125, 0.375, 0.125, 0.375])


@pytest.mark.parametrize(
    ("forbidden", "kept"), [((), [1, 2, 3]), ((2,), [1, 3]), ((1, 2, 3), [1, 2, 3])]
)
def test_forbidden_draws_are_left_out_unless_all_are(forbidden, kept):
    context = OneColumn(1.0, [], forbidden=forbidden)
    draws = Draws(np.array([[1.0], [2.0], [3.0]]), np.array([0.2, 0.3, 0.5]))
    found = next_trials._allowed(context, draws)
    assert found.vectors[:, 0].tolist() == kept
    weights = {1: 0.2, 2: 0.3, 3: 0.5}
    total = sum(weights[number] for number in kept)
    np.testing.assert_allclose(found.weights, [weights[number] / total for number in kept])


def good(ends=None, kept=(), width=0.5):
    return GoodRange("a", None, None, None, width, None, np.array(kept, dtype=float), ends)


def test_draws_of_ranges_are_drawn_anew_from_what_is_kept():
    numbers = np.linspace(0, 1, 201)
    weights = np.where(numbers < 0.5, 1.0, 3.0)
    draws = Draws(numbers[:, None], weights / weights.sum())
    context = OneColumn(1.0, [])

    def drawn(one):
        found = draws_of_ranges(context, draws, [one])
        np.testing.assert_allclose(found.weights, 1 / 201)
        return found.vectors[:, 0]

    inside = drawn(good((0.25, 0.75)))
    assert 0.25 <= inside.min() < 0.3
    assert 0.7 < inside.max() <= 0.75
    assert np.isin(np.round(inside, 9), np.round(numbers, 9)).all()
    assert np.mean(inside > 0.5) == pytest.approx(0.75, abs=0.1)  # three times as likely
    # Nothing is left out, or all is.
    for whole in (good((0.25, 0.75), width=1.0), good((-0.1, 1.1)), good()):
        assert sorted(drawn(whole)) == pytest.approx(numbers)
    narrow = drawn(good((0.2511, 0.2513)))  # between two draws
    assert set(narrow) == {0.2511, 0.2513}
    assert sorted(set(drawn(good(kept=[0.1, 0.9])))) == pytest.approx([0.1, 0.9])
    assert set(drawn(good(kept=[0.1001, 0.9001]))) == {0.1001, 0.9001}
    twice = [draws_of_ranges(context, draws, [good((0.25, 0.75))]).vectors for _ in range(2)]
    np.testing.assert_array_equal(*twice)


def test_errors_near_are_a_tenth_of_the_trials_around_the_prediction():
    held_out = HeldOut(np.arange(200.0), np.arange(200.0))
    near = held_out.near(np.array([-1.0, 50.0, 999.0]))
    np.testing.assert_array_equal(near[0], np.arange(20))
    np.testing.assert_array_equal(near[1], np.arange(40, 60))
    np.testing.assert_array_equal(near[2], np.arange(180, 200))
    few = HeldOut(np.arange(5.0), np.arange(5.0)).near(np.array([2.0]))
    np.testing.assert_array_equal(few, [np.arange(5)])


def test_quantile_of_one_draw_is_that_of_the_scores():
    scores, weights = np.array([3.0, 1.0, 2.0]), np.array([0.2, 0.5, 0.3])
    for level, value in ((0.0, 1.0), (0.49, 1.0), (0.51, 2.0), (0.79, 2.0), (0.81, 3.0), (1, 3.0)):
        assert quantile_of_maximum([scores], weights, 1, -1.0, level) == value
        assert quantile_of_maximum([scores], weights, 1, 2.5, level) == max(value, 2.5)


def test_drawn_errors_are_among_those_that_are_near():
    near = np.arange(3000.0).reshape(1000, 3)
    drawn = next_trials._drawn(near, 0)
    chosen = drawn - near[:, 0]
    assert set(chosen) == {0.0, 1.0, 2.0}
    np.testing.assert_allclose(np.bincount(chosen.astype(int)) / 1000, 1 / 3, atol=0.05)


def test_seconds_of_fits_and_scores_on_all_splits_or_of_a_study():
    results = {"mean_fit_time": [1.0, 3.0], "mean_score_time": [0.5, 0.5]}
    assert seconds_of_trials(SimpleNamespace(cv_results_=results, n_splits_=4)) == 10.0
    assert np.isnan(seconds_of_trials(SimpleNamespace(cv_results_=results)))
    del results["mean_score_time"]
    assert seconds_of_trials(SimpleNamespace(cv_results_=results, n_splits_=4)) == 8.0
    trials = [SimpleNamespace(duration=d) for d in (timedelta(seconds=2), timedelta(hours=1), None)]
    assert seconds_of_trials(SimpleNamespace(trials=trials)) == 1801.0
    assert np.isnan(seconds_of_trials(SimpleNamespace(trials=iter(trials))))
