"""scikit-learn's models that are sums of trees, as flat forests."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.dummy import DummyRegressor
from sklearn.ensemble import (
    BaggingRegressor,
    ExtraTreesRegressor,
    GradientBoostingRegressor,
    HistGradientBoostingRegressor,
    RandomForestRegressor,
)
from sklearn.tree import DecisionTreeRegressor

from skhypershap._compat import histogram_trees
from skhypershap.surrogate.kernels.forest import FlatForest, Table, flatten


def flat_forest(model: Any) -> FlatForest | None:
    """Flatten a scikit-learn model that is a weighted sum of trees; None for any other model."""
    if isinstance(model, (RandomForestRegressor, ExtraTreesRegressor)):
        trees, weight, offset = model.estimators_, 1 / len(model.estimators_), 0.0
    elif isinstance(model, DecisionTreeRegressor):
        trees, weight, offset = [model], 1.0, 0.0
    elif isinstance(model, GradientBoostingRegressor):
        trees, weight = list(model.estimators_.ravel()), model.learning_rate
        if model.init_ == "zero":
            offset = 0.0
        elif isinstance(model.init_, DummyRegressor):
            offset = float(np.ravel(model.init_.constant_)[0])
        else:
            return None
    elif isinstance(model, HistGradientBoostingRegressor):
        return _flat_histogram_forest(model)
    elif isinstance(model, BaggingRegressor) and all(
        isinstance(tree, DecisionTreeRegressor) for tree in model.estimators_
    ):
        trees, weight, offset = model.estimators_, 1 / len(model.estimators_), 0.0
    else:
        return None
    features = getattr(model, "estimators_features_", None)
    tables = []
    for index, tree in enumerate(trees):
        nodes = tree.tree_
        columns = nodes.feature
        if features is not None:  # a tree of some columns has positions among these; a leaf has -2
            columns = features[index][np.maximum(columns, 0)]
        tables.append(
            Table(
                left=nodes.children_left,
                right=nodes.children_right,
                column=columns,
                threshold=nodes.threshold,
                value=nodes.value.ravel(),
                missing_left=nodes.missing_go_to_left.astype(bool),
            )
        )
    return flatten(tables, weight=weight, offset=offset, dtype=np.float32)


def _flat_histogram_forest(model: HistGradientBoostingRegressor) -> FlatForest | None:
    read = histogram_trees(model)
    if read is None:
        return None
    tables = []
    for nodes in read[0]:
        leaf = nodes["is_leaf"].astype(bool)
        tables.append(
            Table(
                left=np.where(leaf, -1, nodes["left"].astype(np.int64)),
                right=np.where(leaf, -1, nodes["right"].astype(np.int64)),
                column=nodes["feature_idx"].astype(np.int64),
                threshold=nodes["num_threshold"],
                value=nodes["value"],
                missing_left=nodes["missing_go_to_left"].astype(bool),
            )
        )
    return flatten(tables, weight=1.0, offset=read[1], dtype=np.float64)
