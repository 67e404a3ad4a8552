"""Fitting: held-out scores, seeds, and models that are not scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import fitted_surrogate, tree_problem
from sklearn.base import clone
from sklearn.ensemble import GradientBoostingRegressor, RandomForestRegressor
from sklearn.linear_model import Ridge
from sklearn.metrics import r2_score
from sklearn.model_selection import KFold


class Mean:
    """Not a scikit-learn estimator; predicts a column."""

    def __repr__(self):
        return "Mean()"

    def fit(self, X, y):
        self.mean = y.mean()

    def predict(self, X):
        return np.full((len(X), 1), self.mean)


@pytest.mark.parametrize("n_trials", [3, 4, 60])
@pytest.mark.parametrize(
    "model", [Ridge(), GradientBoostingRegressor(max_features=2, random_state=0), Mean()], ids=repr
)
def test_score_is_that_of_five_folds(model, n_trials):
    vectors, scores = tree_problem(n_trials=n_trials)
    predicted = np.empty(n_trials)
    folds = KFold(min(5, n_trials), shuffle=True, random_state=0)
    for seen, unseen in folds.split(vectors):
        part = clone(model, safe=False)
        part.fit(vectors[seen], scores[seen])
        predicted[unseen] = np.ravel(part.predict(vectors[unseen]))
    surrogate = fitted_surrogate(model, vectors, scores)
    assert surrogate.score == r2_score(scores, predicted)
    if not isinstance(model, Mean):
        expected = (
            clone(model).fit(vectors, scores).predict(vectors)
        )  # on all trials, not on a fold
        np.testing.assert_array_equal(surrogate.predict(vectors), expected)


def test_score_of_a_forest_is_out_of_bag():
    vectors, scores = tree_problem(n_trials=80)
    surrogate = fitted_surrogate("forest", vectors, scores)
    forest = RandomForestRegressor(oob_score=True, random_state=0).fit(vectors, scores)
    assert surrogate.score == pytest.approx(forest.oob_score_, abs=1e-12)


def test_score_of_a_single_trial_is_nan():
    vectors, scores = tree_problem(n_trials=1)
    assert np.isnan(fitted_surrogate(Ridge(), vectors, scores).score)


def test_fit_does_not_change_the_model_that_was_given():
    model = RandomForestRegressor(5)
    fitted_surrogate(model, *tree_problem())
    assert model.random_state is None
    assert not hasattr(model, "estimators_")
