"""Forests that are grown tree by tree are those that scikit-learn's own fit grows."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesRegressor, RandomForestRegressor

from skhypershap.surrogate.tree_growing import grow

FORESTS = {
    "extra trees": ExtraTreesRegressor(20, min_samples_leaf=2, random_state=3),
    "forest": RandomForestRegressor(20, random_state=3),
    "bounded forest": RandomForestRegressor(20, max_samples=30, random_state=3),
}


def data(missing):
    rng = np.random.default_rng(0)
    X = rng.random((80, 3))
    y = np.sin(5 * X[:, 0]) + X[:, 1] * X[:, 2]
    if missing:
        X[rng.random(80) < 0.3, 1] = np.nan
    return X, y


@pytest.mark.parametrize("missing", [False, True])
@pytest.mark.parametrize("name", FORESTS)
def test_trees_are_those_of_scikit_learn(name, missing):
    X, y = data(missing)
    theirs = FORESTS[name].fit(X, y)
    ours = type(theirs)(**theirs.get_params())
    grow(ours, X, y)
    assert len({tree.tree_.node_count for tree in ours.estimators_}) > 1
    np.testing.assert_array_equal(ours.predict(X), theirs.predict(X))
    np.testing.assert_array_equal(ours.feature_importances_, theirs.feature_importances_)
    assert ours.n_features_in_ == 3


def test_several_jobs_grow_the_same_trees():
    X, y = data(missing=False)
    forests = [ExtraTreesRegressor(10, random_state=0, n_jobs=n_jobs) for n_jobs in (None, 1, 2)]
    for forest in forests:
        grow(forest, X, y)
    first, *others = [forest.set_params(n_jobs=1).predict(X) for forest in forests]
    for other in others:
        np.testing.assert_array_equal(other, first)
