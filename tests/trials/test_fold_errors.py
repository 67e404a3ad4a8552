"""Standard errors of scores that are means over folds, and that they stay with their trials."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_iris
from sklearn.model_selection import RandomizedSearchCV
from sklearn.tree import DecisionTreeClassifier

from skhypershap import HyperSHAPExplainer, read_trials
from skhypershap.trials.fold_errors import fold_errors
from skhypershap.trials.several_metrics import trials_of_metrics

pytestmark = pytest.mark.filterwarnings("ignore::skhypershap.HyperSHAPWarning")
X, Y = load_iris(return_X_y=True)


def _results(scores):
    folds = {f"split{k}_test_score": column for k, column in enumerate(scores.T)}
    return {**folds, "mean_test_score": scores.mean(axis=1), "std_test_score": scores.std(axis=1)}


@pytest.fixture(scope="module")
def search():
    grid = {"max_depth": list(range(1, 9)), "min_samples_leaf": list(range(1, 30))}
    tree = DecisionTreeClassifier(random_state=0)
    scoring = ["accuracy", "neg_log_loss"]
    return RandomizedSearchCV(
        tree, grid, n_iter=12, scoring=scoring, refit="accuracy", random_state=0
    ).fit(X, Y)


def test_difficult_folds_are_no_error():
    """Simulated: folds differ much, and configurations within them little."""
    generator = np.random.default_rng(0)
    folds, own = generator.normal(0, 1, 5), generator.normal(0, 0.1, (4000, 5))
    found = fold_errors(_results(0.7 + folds + own), "mean_test_score")
    assert np.sqrt(np.mean(found**2)) == pytest.approx(0.1 / np.sqrt(5), rel=0.02)


def test_a_single_row_has_the_plain_standard_error():
    scores = np.array([[0.5, 0.7, 0.9]])
    found = fold_errors(_results(scores), "mean_test_score")
    assert found == pytest.approx(scores.std(ddof=1) / np.sqrt(3))


@pytest.mark.parametrize("n_rows", [2, 3, 7])
def test_errors_are_those_of_a_two_way_table(n_rows):
    """On average the residual variance, by (rows - 1) (folds - 1) degrees of freedom, over folds."""
    scores = np.random.default_rng(n_rows).random((n_rows, 4))
    effects = scores.mean(axis=1, keepdims=True) + scores.mean(axis=0) - scores.mean()
    variance = np.sum((scores - effects) ** 2) / (n_rows - 1) / 3
    found = fold_errors(_results(scores), "mean_test_score")
    assert np.mean(found**2) == pytest.approx(variance / 4)


def test_rungs_have_folds_of_their_own():
    generator = np.random.default_rng(0)
    rungs = generator.random((2, 6, 5)) + generator.normal(0, 3, (2, 1, 5))
    found = fold_errors(_results(np.vstack(rungs)), "mean_test_score", [9] * 6 + [27] * 6)
    each = [fold_errors(_results(rung), "mean_test_score") for rung in rungs]
    np.testing.assert_allclose(found, np.concatenate(each), rtol=1e-12)


def test_failed_folds_are_unknown_and_change_no_other():
    scores = np.random.default_rng(0).random((6, 5))
    expected = fold_errors(_results(scores[1:]), "mean_test_score")
    scores[0, 2] = np.nan
    found = fold_errors(_results(scores), "mean_test_score")
    assert np.isnan(found[0])
    np.testing.assert_allclose(found[1:], expected)


@pytest.mark.parametrize(
    ("results", "column"),
    [
        ({"mean_fit_time": [1.0], "std_fit_time": [0.1]}, "mean_fit_time"),
        ({"mean_test_score": [1.0]}, "mean_test_score"),
        ({"split0_test_score": [1.0], "std_test_score": [0.0]}, "mean_test_score"),
        ({"split0_test_a": [1.0], "split1_test_a": [1.0]}, "mean_test_b"),
    ],
)
def test_nothing_is_known_without_folds_of_the_metric(results, column):
    assert fold_errors(results, column) is None


@pytest.mark.parametrize("cell", ["failed", pd.NA, {}])
def test_columns_with_cells_that_are_no_numbers_are_unknown(cell):
    assert np.isnan(fold_errors({"std_test_score": [0.1, cell]}, "mean_test_score")).all()
    folds = {"split0_test_score": [0.5, 0.7], "split1_test_score": [0.1, cell]}
    assert np.isnan(fold_errors(folds, "mean_test_score")).all()


class TestAlignment:
    """The errors of a trial go wherever it goes."""

    def test_a_search_and_its_table_have_the_same(self, search):
        trials = read_trials(search)
        folds = np.array([search.cv_results_[f"split{k}_test_accuracy"] for k in range(5)]).T
        expected = fold_errors(
            {f"split{k}_test_score": folds[:, k] for k in range(5)}, "mean_test_score"
        )
        np.testing.assert_allclose(trials.standard_errors, expected)
        table = read_trials(pd.DataFrame(search.cv_results_), metric="accuracy")
        np.testing.assert_allclose(table.standard_errors, expected)
        assert read_trials(search, metric="fit_time").standard_errors is None

    def test_failed_trials_take_theirs_away(self, search):
        whole = read_trials(search).standard_errors
        table = pd.DataFrame(search.cv_results_)
        table.loc[[0, 5], "mean_test_accuracy"] = np.nan
        kept = read_trials(table, metric="accuracy").standard_errors
        np.testing.assert_allclose(kept, np.delete(whole, [0, 5]))

    def test_trials_that_are_read_again_keep_them(self, search):
        trials = read_trials(search)
        np.testing.assert_array_equal(read_trials(trials).standard_errors, trials.standard_errors)

    def test_told_trials_have_none(self, search):
        explainer = HyperSHAPExplainer(search, n_samples=20, random_state=0).fit()
        before = explainer.fitted_.trials.standard_errors
        explainer.tell([{"max_depth": 3, "min_samples_leaf": 2}], [0.9])
        after = explainer.fitted_.trials.standard_errors
        np.testing.assert_array_equal(after[: len(before)], before)
        assert np.isnan(after[len(before) :]).all()
        assert len(after) == len(explainer.fitted_.trials.scores) == len(before) + 1

    def test_each_metric_has_its_own(self, search):
        found = trials_of_metrics(search, ["accuracy", "neg_log_loss"])
        for metric, trials in found.items():
            expected = read_trials(search, metric=metric).standard_errors
            np.testing.assert_array_equal(trials.standard_errors, expected)
        assert not np.array_equal(*(trials.standard_errors for trials in found.values()))

    def test_failure_as_a_metric_has_none(self, search):
        assert read_trials(search, metric="failed").standard_errors is None


def test_an_explanation_is_that_of_configurations_and_scores(search):
    """Folds did not help, so a search is explained as its trials are without them."""
    trials = read_trials(search)
    predicted = [
        HyperSHAPExplainer(one, n_samples=20, random_state=0).fit().predict_score(trials.configs)
        for one in (trials, replace(trials, standard_errors=None))
    ]
    np.testing.assert_array_equal(*predicted)
