"""Scores of blends equal the obvious twin: blend, predict, coalition by coalition."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import fitted_surrogate, scores_of_blends, tree_problem, twin_scores
from sklearn.ensemble import (
    AdaBoostRegressor,
    BaggingRegressor,
    ExtraTreesRegressor,
    GradientBoostingRegressor,
    HistGradientBoostingRegressor,
    RandomForestRegressor,
)
from sklearn.linear_model import LinearRegression
from sklearn.neighbors import KNeighborsRegressor
from sklearn.tree import DecisionTreeRegressor, ExtraTreeRegressor

from skhypershap.surrogate.kernels.coalitions import score_block
from skhypershap.surrogate.kernels.score_layouts import layout_of_all
from skhypershap.surrogate.kernels.tree_walk import plan_walk


class LogForest(RandomForestRegressor):
    """A subclass of a forest whose predictions are not a sum of its trees."""

    def predict(self, X):
        return np.exp(super().predict(X))


TREE_MODELS = [
    RandomForestRegressor(n_estimators=10),
    RandomForestRegressor(n_estimators=10, max_features=0.5, min_samples_leaf=3, bootstrap=False),
    ExtraTreesRegressor(n_estimators=10),
    DecisionTreeRegressor(),
    ExtraTreeRegressor(),
    DecisionTreeRegressor(max_depth=1),
    GradientBoostingRegressor(n_estimators=20),
    GradientBoostingRegressor(n_estimators=20, init="zero", loss="huber"),
    BaggingRegressor(DecisionTreeRegressor(), n_estimators=5, max_features=0.7),
    BaggingRegressor(DecisionTreeRegressor(), n_estimators=5, max_features=1),
    HistGradientBoostingRegressor(max_iter=10, min_samples_leaf=3),
]
OTHER_MODELS = [
    GradientBoostingRegressor(n_estimators=5, init=LinearRegression()),
    HistGradientBoostingRegressor(max_iter=5, loss="poisson", min_samples_leaf=3),
    BaggingRegressor(KNeighborsRegressor(), n_estimators=3),
    LogForest(n_estimators=5),
    AdaBoostRegressor(n_estimators=3),
    KNeighborsRegressor(),
    LinearRegression(),
]


@pytest.mark.parametrize("model", TREE_MODELS + OTHER_MODELS, ids=lambda model: repr(model)[:60])
def test_blends_of_any_model_equal_the_twin(model):
    vectors, scores = tree_problem()
    surrogate = fitted_surrogate(model, vectors, scores)
    assert (surrogate.forest is not None) == (model in TREE_MODELS)
    candidates, baseline = tree_problem(seed=1, n_trials=150)[0], vectors[7]
    players = np.arange(5)
    expected = twin_scores(surrogate.predict, candidates, baseline, players)
    found = scores_of_blends(surrogate, candidates, baseline, players)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize("model", [RandomForestRegressor(n_estimators=5), LinearRegression()])
@pytest.mark.parametrize("players", [[0, 0, 1, -1, 2], [2, 1, 0, 1, -1], [0, -1, -1, -1, -1]])
def test_blends_equal_the_twin_if_columns_share_a_player_or_have_none(model, players):
    vectors, scores = tree_problem()
    surrogate = fitted_surrogate(model, vectors, scores)
    candidates, baseline = tree_problem(seed=2, n_trials=70)[0], vectors[0]
    expected = twin_scores(surrogate.predict, candidates, baseline, players)
    found = scores_of_blends(surrogate, candidates, baseline, np.array(players))
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9)


def test_scores_do_not_depend_on_threads_or_blocks():
    vectors, scores = tree_problem()
    surrogate = fitted_surrogate("forest", vectors, scores)
    candidates = tree_problem(seed=3, n_trials=300)[0]
    one = scores_of_blends(surrogate, candidates, vectors[0], np.arange(5), n_jobs=1)
    two = scores_of_blends(surrogate, candidates, vectors[0], np.arange(5), n_jobs=2)
    np.testing.assert_array_equal(one, two)
    walk = plan_walk(surrogate.forest, candidates, vectors[0], np.arange(5))
    layout, blocks = layout_of_all(walk), walk.blocks(100)
    np.testing.assert_array_equal(np.sort(np.concatenate(blocks)), np.arange(300))
    expected = one[layout.coalitions][:, blocks[1]]
    np.testing.assert_array_equal(score_block(walk, layout, blocks[1]).T, expected)
