"""What scores can be at best, by the name of their metric."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.cluster import KMeans
from sklearn.datasets import make_classification, make_regression
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import get_scorer, get_scorer_names
from sklearn.model_selection import GridSearchCV

from skhypershap.trials.metric_bounds import best_possible, scored_as

UNBOUNDED = {
    "mutual_info_score",
    "positive_likelihood_ratio",
    "neg_negative_likelihood_ratio",
}


def test_all_other_scorers_of_scikit_learn_have_a_bound():
    scores = np.array([-0.5, -0.2])
    found = {name: best_possible(name, scores, maximize=True) for name in get_scorer_names()}
    assert {name for name, bound in found.items() if np.isinf(bound)} == UNBOUNDED
    for name, bound in found.items():
        assert bound in ((0.0, np.inf) if name.startswith("neg_") else (1.0, np.inf))


class _Perfect(RegressorMixin, BaseEstimator):
    """Predicts what it was given as data."""

    def predict(self, X):
        return X[:, 0]


@pytest.mark.parametrize("name", ["r2", "explained_variance", "neg_root_mean_squared_error"])
def test_perfect_predictions_reach_the_bound(name):
    y = np.arange(1.0, 9.0)
    reached = get_scorer(name)(_Perfect(), y[:, None], y)
    assert reached == best_possible(name, np.array([reached]), maximize=True)


@pytest.mark.parametrize(
    ("metric", "scores", "maximize", "bound"),
    [
        ("val_accuracy", [0.5, 1.0], True, 1.0),
        ("accuracy", [0.5, 1.0 + 1e-9], True, np.inf),
        ("accuracy", [50.0, 93.0], True, np.inf),
        ("accuracy", [0.5], False, -np.inf),
        ("log_loss", [0.3, 0.0], False, 0.0),
        ("rmse", [0.3], True, np.inf),
        ("neg_log_loss", [-0.3], False, -np.inf),
        ("log_loss", [0.3, -0.1], False, -np.inf),
        ("loss", [0.3], False, -np.inf),
        ("fit_time", [3.0], False, 0.0),
        ("score", [0.3], True, np.inf),
        ("accuracy", [], True, 1.0),
    ],
)
def test_names_tell_unless_scores_contradict(metric, scores, maximize, bound):
    assert best_possible(metric, np.array(scores), maximize=maximize) == bound


def test_own_score_is_what_its_kind_of_estimator_has():
    grids = {
        "accuracy": GridSearchCV(LogisticRegression(), {}),
        "r2": GridSearchCV(Ridge(), {}),
        "score": GridSearchCV(KMeans(), {}),
    }
    for name, search in grids.items():
        assert scored_as(search, "score") == name
    chosen = GridSearchCV(Ridge(), {}, scoring=lambda model, X, y: 3.0)
    assert scored_as(chosen, "score") == "score"
    assert scored_as(None, "score") == "score"
    assert scored_as(grids["r2"], "fit_time") == "fit_time"
    X, y = make_classification(random_state=0)
    assert grids["accuracy"].fit(X, y).scorer_(grids["accuracy"], X, y) <= 1
    assert grids["r2"].fit(*make_regression(random_state=0)).best_score_ <= 1
