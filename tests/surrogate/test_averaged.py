import numpy as np
import pytest

from skhypershap.surrogate import averaged
from skhypershap.surrogate.averaged import WarpedMean
from skhypershap.surrogate.hyperparameters import ProcessFitError


def _problem():
    generator = np.random.default_rng(0)
    X = generator.random((80, 3))
    return X, np.exp(3 * X[:, 0]) + X[:, 1]


def test_prediction_is_the_weighted_mean_of_the_parts_taken_back():
    X, y = _problem()
    model = WarpedMean(random_state=0).fit(X, y)
    ranks = 0.28 * model.forest_.predict(X) + 0.72 * model.process_.predict(X)
    np.testing.assert_allclose(model.predict(X), model.warp_.to_scores(ranks))
    assert model.score(*_problem()) > 0.9


@pytest.mark.parametrize("parts", ["both", "trees", "process"])
def test_powers_of_two_scale_exactly(parts):
    X, y = _problem()
    model = WarpedMean(parts=parts, random_state=0)
    one, other = (model.fit(X, scale * y).predict(X / 2) for scale in (1.0, 2.0**30))
    np.testing.assert_array_equal(other, 2.0**30 * one)


def test_how_far_outliers_lie_changes_nothing_in_ranks():
    X, y = _problem()
    model, ranks = WarpedMean(random_state=0), []
    for penalty in (1e3, 1e10):
        ranks.append(model.fit(X, np.where(np.arange(len(y)) < 3, -penalty, y)).predict_ranks(X))
    np.testing.assert_array_equal(*ranks)


def test_trees_alone_where_the_process_cannot_be_fitted(monkeypatch):
    def fail(*arguments):
        raise ProcessFitError("no")

    monkeypatch.setattr(averaged.ProductProcess, "fit", fail)
    X, y = _problem()
    model = WarpedMean(random_state=0, parts="process").fit(X, y)
    assert model.process_ is None
    assert model.failure_ == "no"
    assert model.score(X, y) > 0.9


def test_noise_of_targets_informs_the_process():
    X, y = _problem()
    noisy = WarpedMean(parts="process").fit(X, y, np.full(80, 4.0))
    assert noisy.score(X, y) < WarpedMean(parts="process").fit(X, y).score(X, y)


@pytest.mark.parametrize("lacks_one", [False, True])
def test_a_little_beyond_the_best_of_a_group_is_not_in_the_next_group(lacks_one):
    generator = np.random.default_rng(0)
    X = np.column_stack([generator.integers(2, size=(80, 2)), generator.random(80)])
    if lacks_one:
        X = X[(X[:, 0] == 1) | (X[:, 1] == 0)]
    model = WarpedMean([0, 1], random_state=0).fit(X, X[:, 2] + 2 * X[:, 1])
    assert model.predict([[0, 0, 1.0]])[0] == pytest.approx(1.0, abs=0.25)


def test_leaves_predict_the_means_of_warped_targets():
    X, y = _problem()
    model = WarpedMean(random_state=0).fit(X, y)
    np.testing.assert_allclose(model.forest_.predict(X), model.warp_.to_ranks(y), atol=1e-12)


def test_an_offset_changes_predictions_by_rounding_only():
    X, y = _problem()
    model = WarpedMean(random_state=0)
    one, other = (model.fit(X, y + offset).predict(X / 2) - offset for offset in (0.0, 2.0**20))
    np.testing.assert_allclose(other, one, rtol=1e-5)


def _capped(n_best):
    """A slope up to a plateau that so many of 40 trials share."""
    X = np.linspace(0, 1, 40)[:, None]
    return X, np.minimum(X[:, 0], X[-n_best, 0])


@pytest.mark.parametrize("n_best", [1, 2, 10, 30])
def test_little_more_is_expected_than_a_score_that_many_share(n_best):
    X, y = _capped(n_best)
    model = WarpedMean(random_state=0).fit(X, y)
    assert (model.warp_.n_worst, model.warp_.n_best) == (1, n_best)
    most = 0.25 * (y.max() - np.median(y)) / n_best
    assert model.predict(np.linspace(0, 1, 400)[:, None]).max() <= y.max() + most + 1e-12


def test_a_trial_that_is_there_several_times_is_not_a_shared_score():
    X, y = _capped(1)
    rows = np.append(np.arange(40), [39, 39, 0])
    model = WarpedMean(random_state=0).fit(X[rows], y[rows])
    assert (model.warp_.n_worst, model.warp_.n_best) == (1, 1)


@pytest.mark.parametrize("parts", ["both", "process"])
@pytest.mark.parametrize("n_high", [0, 1, 20, 39, 40])
def test_one_or_two_distinct_scores_stay_near_these(parts, n_high):
    generator = np.random.default_rng(0)
    X, y = generator.random((40, 2)), np.zeros(40)
    y[generator.permutation(40)[:n_high]] = 1.0
    predicted = WarpedMean(parts=parts, random_state=0).fit(X, y).predict(generator.random((99, 2)))
    assert np.isfinite(predicted).all()
    if n_high in (0, 40):
        np.testing.assert_array_equal(predicted, y[0])
    assert predicted.min() >= -0.25
    assert predicted.max() <= 1.25
