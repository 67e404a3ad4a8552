"""Objectives by number."""

from __future__ import annotations

import numpy as np
import pytest
from made_sources import made_trials, plain_table
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier

from skhypershap import HyperSHAPExplainer, read_trials
from skhypershap.trials.metric_names import by_position

pytestmark = pytest.mark.filterwarnings("ignore::skhypershap.HyperSHAPWarning")
SCORING = ["accuracy", "f1_macro"]


@pytest.mark.parametrize("position", [1, np.int64(1), "1"])
def test_position_is_that_of_the_name(position):
    assert by_position(position, ["a", "b"]) == "b"


@pytest.mark.parametrize("metric", ["b", "c", None, True, 1.0])
def test_anything_else_is_left_alone(metric):
    assert by_position(metric, ["a", "b"]) is metric


def test_number_that_is_a_name_is_this_name():
    assert by_position(0, ["1", "0"]) == "0"


@pytest.mark.parametrize("position", [2, -1])
def test_position_that_is_none_lists_names_and_positions(position):
    with pytest.raises(ValueError, match=rf"Unknown metric {position}\. .*'a', 'b', '0', '1'"):
        by_position(position, ["a", "b"])


@pytest.fixture
def search():
    grid = {"n_neighbors": [1, 5, 15], "p": [1, 2]}
    return GridSearchCV(KNeighborsClassifier(), grid, scoring=SCORING, refit=False)


def test_search_that_has_run_or_not(search):
    X, y = load_iris(return_X_y=True)
    with pytest.raises(ValueError, match="Unknown metric 2"):
        HyperSHAPExplainer(search, metric=2).fit(X, y)
    found = HyperSHAPExplainer(search, metric=1, baseline="worst", surrogate="forest").fit(X, y)
    for position, name in enumerate(SCORING):
        expected = found.search_.cv_results_[f"mean_test_{name}"]
        trials = read_trials(found.search_, metric=position)
        np.testing.assert_array_equal(trials.scores, expected)
        assert trials.metric == name
    assert found.trials_["score"].tolist() == expected.tolist()


def test_number_of_a_table_without_an_order_is_its_score():
    table = plain_table(made_trials(), None, None)
    assert read_trials(table, metric=0).metric == "score"
    with pytest.raises(ValueError, match="Unknown metric"):
        read_trials(table, metric=1)
    with pytest.raises(ValueError, match=r"Pass metric= one of"):
        read_trials(table.rename(columns={"score": "quality"}), metric=0)
    trials = read_trials(table)
    assert read_trials(trials, metric=0).metric == "score"
