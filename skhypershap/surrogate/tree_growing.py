"""Grow the trees of our own forests without what scikit-learn does around each of them.

A forest's `fit` copies, checks and schedules every tree, which takes longer than to grow a tree of some
hundred trials. `grow` calls the trees' own `fit`, with the seeds and the resamples that the forest would
give them, and leaves a forest with the same attributes.
"""

from __future__ import annotations

import numpy as np
from joblib import effective_n_jobs
from sklearn import config_context
from sklearn.ensemble import ExtraTreesRegressor, RandomForestRegressor
from sklearn.tree import DecisionTreeRegressor, ExtraTreeRegressor

from skhypershap.arrays import Scores, Vectors

LARGEST_SEED = np.iinfo(np.int32).max


def grow(forest: ExtraTreesRegressor | RandomForestRegressor, X: Vectors, y: Scores) -> None:
    """Fit a forest whose parameters are the usual ones, but for those that this library sets.

    Parameters
    ----------
    forest : ExtraTreesRegressor or RandomForestRegressor
        With an int as `random_state`; is fitted in place. What a forest needs to tell which trials
        its trees have not seen is left out.
    X, y : ndarray of shape (n_rows, n_columns) and (n_rows,)
        What it is fitted on.
    """
    if effective_n_jobs(forest.n_jobs) > 1:
        forest.fit(X, y)
        return
    kind = DecisionTreeRegressor if forest.bootstrap else ExtraTreeRegressor
    rows = np.ascontiguousarray(X, dtype=np.float32)
    has_missing = bool(np.isnan(rows).any())  # then each tree has to find out in which columns
    n_drawn = len(rows) if forest.max_samples is None else forest.max_samples
    seeds = np.random.RandomState(forest.random_state)
    state = np.random.RandomState(0)  # seeded for each tree: to make one takes longer than that
    trees = []
    with config_context(skip_parameter_validation=True, assume_finite=not has_missing):
        for _ in range(forest.n_estimators):
            seed = seeds.randint(LARGEST_SEED)
            tree = kind(
                max_features=forest.max_features,
                min_samples_leaf=forest.min_samples_leaf,
                random_state=state,
            )
            weights = None
            state.seed(seed)
            if forest.bootstrap:
                drawn = state.randint(0, len(rows), n_drawn)
                weights = np.bincount(drawn, minlength=len(rows)).astype(float)
                state.seed(seed)
            trees.append(tree.fit(rows, y, weights, check_input=has_missing))
            tree.random_state = seed
    forest.estimator_, forest.estimators_ = kind(), trees
    forest.n_features_in_, forest.n_outputs_ = rows.shape[1], 1
