"""Frames: the order of columns, and names of interactions."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skhypershap.frames import datasets_frame, explanation_frame, interaction_name, summarize
from skhypershap.interactions.solve import Explained


def explanation(names, n_draws=1):
    interactions = {(): 0.0, (0,): 1.0, (1,): -2.0, (0, 1): 0.5}
    explained = Explained("tunability", "FSII", interactions, 0.0, 1.0, 1.0)
    return explanation_frame([[explained]] * n_draws, names, {}, stacked=False)


def test_columns_that_one_reads_first_come_first():
    expected = ["interaction", "value", "order", "game", "measure", "hyperparameters"]
    assert list(explanation(["a", "b"])) == expected


def test_rows_are_sorted_by_order_and_absolute_value():
    table = explanation(["a", "b"])
    assert table["interaction"].tolist() == ["b", "a", "a × b"]
    np.testing.assert_array_equal(table["value"], [-2.0, 1.0, 0.5])


def test_draw_and_dataset_come_after_game():
    table = datasets_frame({"adult": explanation(["a", "b"], n_draws=3)})
    first = ["interaction", "value", "order", "game", "draw", "dataset"]
    assert list(table) == [*first, "measure", "hyperparameters"]


def test_summary_has_interval_after_value_and_no_draw():
    table = datasets_frame({"adult": explanation(["a", "b"], n_draws=3)})
    first = ["interaction", "value", "low", "high", "order", "game", "dataset"]
    assert list(summarize(table)) == [*first, "measure", "hyperparameters"]


def test_column_of_user_is_kept_before_measure():
    table = explanation(["a", "b"], n_draws=3).assign(search="random")
    assert list(summarize(table))[5:] == ["game", "search", "measure", "hyperparameters"]


def test_name_with_separator_is_quoted():
    table = explanation(["a × b", "c"])
    assert table["interaction"].tolist() == ["c", "'a × b'", "'a × b' × c"]
    assert table["hyperparameters"].tolist() == [("c",), ("a × b",), ("a × b", "c")]


@pytest.mark.parametrize("name", ["C", "svc__C", "a×b", "l'été", "a x b", "max depth"])
def test_other_names_are_not_quoted(name):
    assert interaction_name([name]) == name


@settings(derandomize=True, deadline=None, max_examples=200)
@given(
    st.lists(
        st.text(alphabet="a × '\"", min_size=1, max_size=5), min_size=2, max_size=4, unique=True
    )
)
def test_names_of_interactions_are_unique(names):
    interactions = [
        members
        for size in range(1, len(names) + 1)
        for members in itertools.combinations(names, size)
    ]
    labels = list(map(interaction_name, interactions))
    assert len(set(labels)) == len(labels)
