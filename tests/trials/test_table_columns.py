"""What a column of a table seems to be, at the bounds of each rule."""

from __future__ import annotations

import datetime

import numpy as np
import pandas as pd
import pytest

from skhypershap.trials.tables import columns

N = 20
SCORES = np.linspace(0, 1, N)
UP, SHUFFLED = np.arange(N), np.random.default_rng(0).permutation(N)
FRACTIONS = np.random.default_rng(1).random(N)


def few(n_distinct):
    """As many distinct fractions as asked for, in 20 rows."""
    return np.arange(N) % n_distinct + 0.5


@pytest.mark.parametrize(
    ("name", "values", "reason"),
    [
        ("x", pd.date_range("2024-01-01", periods=N), "a date"),
        ("x", pd.to_timedelta(UP, unit="s"), "a time"),
        ("trial_id", SHUFFLED, "it identifies the row"),
        ("trial_id", SHUFFLED + 0.5, None),  # not whole
        ("trial_id", SHUFFLED / 2, None),  # every second one is not
        ("trial_id", UP // 2, None),  # repeats
        ("x", UP, None),
        ("split0", FRACTIONS, "the score of a split"),
        ("split0", few(10), "the score of a split"),
        ("split0", few(9), None),
        ("seconds", few(2), "a time"),  # fractions
        ("seconds", UP % 4 / 2, "a time"),  # half of them
        ("seconds", UP // 2, "a time"),  # spread
        ("seconds", UP % 9, None),
        ("std", FRACTIONS, "a standard deviation"),
        ("score_std", FRACTIONS, "a standard deviation"),
        ("accuracy_std", FRACTIONS, "a standard deviation"),
        ("std_test_x", FRACTIONS, "a standard deviation"),
        ("init_std", FRACTIONS, None),
        ("std", np.where(UP > 0, FRACTIONS, 0.0), "a standard deviation"),  # equal folds
        ("std", few(9), None),
        ("std", UP, None),  # whole
        ("rank", UP, "a rank of the score"),
        ("rank", UP[::-1], "a rank of the score"),
        ("rank", SHUFFLED, None),
        ("rank", UP + 0.5, None),
        ("rank", UP / 2, None),
        ("x_rank", UP, "a rank of the score"),
    ],
)
def test_columns_of_numbers(name, values, reason):
    assert columns._reason(pd.Series(values), name, "score", SCORES) == reason


def test_single_row_is_not_identified():
    for values, reason in (([7], None), ([7, 8], "it identifies the row")):
        cells = pd.Series(values)
        assert columns._reason(cells, "id", "score", SCORES[: len(values)]) == reason


def test_empty_cells_are_not_looked_at():
    cells = pd.Series([*UP[:-1].astype(float), np.nan])
    assert columns._reason(cells, "id", "score", SCORES) == "it identifies the row"
    assert columns._reason(pd.Series([np.nan] * N), "id", "score", SCORES) is None


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (["2024-01-05", "2024-02-05T10:00"], "a date"),
        (["2024-01-05", "later"], None),
        (["3 days 00:00:01", "-1 days"], "a time"),
        (["2024-01-05", 3], None),
        ([f"run {k}" for k in range(11)], "it identifies the row"),
        ([f"run {k}" for k in range(10)], None),  # a grid of ten may be choices
        ([f"run {min(k, 17)}" for k in range(20)], "it identifies the row"),  # 18 of 20
        ([f"run {min(k, 16)}" for k in range(20)], None),  # 17 of 20
        ([f"{k}.5" for k in range(20)], None),  # numbers in text
        ([*map(str, range(19)), "None"], None),
        ([*map(str, range(19)), "auto"], "it identifies the row"),
        ([*range(10), *(f"run {k}" for k in range(10))], None),  # half are numbers
        ([*range(9), *(f"run {k}" for k in range(11))], "it identifies the row"),
        ([datetime.date(2024, 1, k) for k in range(1, 21)], "it identifies the row"),
        ([], None),
    ],
)
def test_columns_of_text(given, reason):
    assert columns._reason_of_text(given, "x") == reason


def test_rank_correlation_needs_three_rows_that_vary():
    ranked = columns._rank_correlation
    assert ranked(np.array([1.0, 2.0, 3.0]), np.array([5.0, 6.0, 9.0])) == pytest.approx(1.0)
    assert ranked(np.array([1.0, 2.0]), np.array([5.0, 6.0])) == 0.0
    assert ranked(np.array([1.0, 2.0, 3.0, np.nan]), np.array([5.0, 6.0, 5.5, 0.0])) == 0.5
    assert ranked(np.array([1.0, 2.0, 3.0]), np.zeros(3)) == 0.0
    assert ranked(np.ones(3), np.array([5.0, 6.0, 9.0])) == 0.0


@pytest.mark.parametrize(
    ("name", "is_lower_better"),
    [("val_loss", True), ("train_time", True), ("accuracy", False), ("neg_loss", False)],
)
def test_losses_and_times_are_lower_better(name, is_lower_better):
    assert columns.looks_lower_better(name) is is_lower_better


def noisy(scores, size):
    return scores + np.random.default_rng(5).normal(0, size, len(scores))


def results_in(table, n_rows=40):
    """Names that seem to be another result, of a table with two hyperparameters and a score."""
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({"a": rng.random(n_rows), "b": rng.random(n_rows)})
    scores = (frame["a"] + frame["b"]).to_numpy()
    frame = frame.assign(**{name: make(scores) for name, make in table.items()})
    return columns._other_results(frame, list(frame), scores)


def test_what_the_others_predict_and_the_score_follows_is_another_result():
    assert results_in({"g": np.exp}) == ["g"]
    assert results_in({"g": lambda scores: -scores}) == ["g"]
    assert results_in({"g": lambda scores: noisy(scores, 0.4)}) == []  # follows it too loosely
    named = {"accuracy": lambda scores: noisy(scores, 0.25)}
    assert results_in(named) == ["accuracy"]
    assert results_in({"accuracy": lambda scores: noisy(scores, 2.0)}) == []
    assert results_in({"g": np.exp}, n_rows=12) == ["g"]
    assert results_in({"g": np.exp}, n_rows=11) == []
    assert results_in({"g": lambda scores: np.round(4 * scores)}) == []  # few distinct values


def test_hyperparameter_that_decides_the_score_is_none():
    """It does not follow from the others; without others a result is found by its name alone."""
    a, b = np.random.default_rng(3).random((2, 40))
    table = pd.DataFrame({"a": a, "b": b})
    assert columns._other_results(table, ["a", "b"], a) == []
    assert columns._other_results(table, ["a"], a) == []
    assert columns._other_results(table.rename(columns={"a": "auc"}), ["auc"], a) == ["auc"]


def test_codes_are_ranks_of_numbers_or_positions_of_choices():
    numbers = np.array([0.5, np.nan, 0.1, 0.5])
    codes = columns._codes(pd.Series(numbers), numbers)
    np.testing.assert_array_equal(codes, [2.5, -1, 1, 2.5])
    codes = columns._codes(pd.Series(["u", "v", "u", "w"]), np.full(4, np.nan))
    np.testing.assert_array_equal(codes, [0, 1, 0, 2])


def test_held_out_r2_is_that_of_five_folds():
    """A model that remembers the mean of its training rows, checked fold by fold."""

    class Mean:
        def fit(self, inputs, values):
            self.seen, self.mean = inputs[:, 0], values.mean()

        def predict(self, inputs):
            assert not np.isin(inputs[:, 0], self.seen).any()
            assert len(inputs) + len(self.seen) == 23
            assert len(inputs) in (4, 5)
            return np.full(len(inputs), self.mean)

    values = np.random.default_rng(4).random(23)
    inputs = np.arange(23.0)[:, None]
    fold = np.random.RandomState(0).permutation(np.arange(23) % 5)
    means = np.array([values[fold != part].mean() for part in range(5)])
    expected = 1 - np.mean((values - means[fold]) ** 2) / np.var(values)
    assert columns._held_out_r2(Mean(), inputs, values) == pytest.approx(expected)


def test_scores_are_numbers_without_ranks_deviations_and_splits():
    table = pd.DataFrame(
        {
            "accuracy": FRACTIONS,
            "x": FRACTIONS,
            "rank": UP,
            "std_score": FRACTIONS,
            "split1": FRACTIONS,
            "trial": UP,
            "kind": list("ab") * (N // 2),
        }
    )
    assert columns.score_columns(table, list(table)) == ["accuracy", "x"]
    assert columns.likely_scores(table, list(table)) == ["accuracy"]
    assert columns.likely_scores(table, ["x", "kind"]) == ["x"]
