"""The heatmap of hyperparameters and data sets: what is where, and in which order."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from plot_frames import datasets_of, drawn, readable

from skhypershap.plotting import plot_datasets


def table_with(values, names=("a", "b")):
    """An explanation with a row of values for each data set."""
    parts = [
        pd.DataFrame(
            {
                "interaction": list(names),
                "value": row,
                "order": 1,
                "game": "tunability",
                "dataset": dataset,
                "measure": "SV",
                "hyperparameters": [(name,) for name in names],
            }
        )
        for dataset, row in values.items()
    ]
    return pd.concat(parts, ignore_index=True)


def labels_of(ax):
    columns = [label.get_text() for label in ax.get_xticklabels()]
    return [label.get_text() for label in ax.get_yticklabels()], columns


def test_cells_are_shares_of_their_data_set():
    ax = plot_datasets(table_with({"one": [1.0, 3.0], "two": [200.0, -200.0]}))
    rows, columns = labels_of(ax)
    cells = np.asarray(ax.collections[0].get_array()).reshape(2, 2)
    found = {
        (row, column): cells[y, x] for y, row in enumerate(rows) for x, column in enumerate(columns)
    }
    assert found == {("a", "one"): 0.25, ("b", "one"): 0.75, ("a", "two"): 0.5, ("b", "two"): -0.5}


def test_cells_are_values_without_normalizing():
    ax = plot_datasets(table_with({"one": [1.0, 3.0], "two": [200.0, -200.0]}), normalize=False)
    assert np.abs(ax.collections[0].get_array()).max() == 200


def test_similar_data_sets_are_neighbours():
    values = {"p": [1, 0.1], "q": [0.1, 1], "r": [1, 0.12], "s": [0.12, 1], "t": [1, 0.11]}
    _, columns = labels_of(plot_datasets(table_with(values)))
    groups = ["".join("x" if name in "prt" else "y" for name in columns)]
    assert groups[0] in ("xxxyy", "yyxxx")


def test_hyperparameters_are_in_the_order_of_their_mean():
    rows, _ = labels_of(plot_datasets(table_with({"one": [1.0, 3.0], "two": [1.0, 2.0]})))
    assert rows == ["b", "a"]


def test_aggregate_and_resamples_are_left_out():
    table = drawn(datasets_of(4, n_datasets=3))
    _, columns = labels_of(plot_datasets(table))
    assert sorted(columns) == [f"data set {number}" for number in range(3)]


def test_one_data_set_has_no_tree():
    ax = plot_datasets(table_with({"one": [1.0, 3.0]}))
    assert labels_of(ax)[1] == ["one"]


def test_many_data_sets_are_readable():
    ax = plot_datasets(datasets_of(6, n_datasets=94))
    assert len(ax.get_xticklabels()) == 94
    readable(ax.figure)


def test_zero_everywhere_is_drawn():
    assert plot_datasets(table_with({"one": [0.0, 0.0], "two": [0.0, 0.0]})).has_data()


def test_aggregate_alone_is_an_error():
    table = datasets_of(3)
    with pytest.raises(ValueError, match="no single hyperparameters of single data sets"):
        plot_datasets(table[table["dataset"] == "all"])
