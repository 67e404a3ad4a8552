import numpy as np
import pytest
from scipy.stats import norm, rankdata

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
    ranks = 0.35 * model.forest_.predict(X) + 0.65 * model.process_.predict(X)
    np.testing.assert_allclose(model.predict(X), model.warp_.to_scores(ranks))
    assert model.score(*_problem()) > 0.9


@pytest.mark.parametrize("parts", ["both", "trees", "process"])
def test_powers_of_two_scale_exactly(parts):
    X, y = _problem()
    model = WarpedMean(parts=parts, random_state=0)
    one, other = (model.fit(X, scale * y).predict(X / 2) for scale in (1.0, 2.0**30))
    np.testing.assert_array_equal(other, 2.0**30 * one)


def test_an_order_keeping_change_that_opens_no_gap_changes_nothing_in_ranks():
    X, y = _problem()
    y = norm.ppf((rankdata(y) - 0.5) / len(y))
    model = WarpedMean(random_state=0)
    one, other = (model.fit(X, targets).predict_ranks(X) for targets in (y, y + y**3 / 50))
    np.testing.assert_array_equal(one, other)


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
