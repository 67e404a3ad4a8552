"""Explanations: columns, attrs and values of the tables, and shapiq's objects."""

from __future__ import annotations

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
import seaborn as sns
import shapiq
from sklearn.datasets import load_iris, make_regression
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV

from skhypershap import (
    HyperSHAPExplainer,
    SurrogateWarning,
)
from skhypershap.interactions.indices import INDICES

X, Y = load_iris(return_X_y=True)


COLUMNS = ["interaction", "value", "order", "game", "measure", "hyperparameters"]


def test_table_has_columns_sorted_rows_and_attrs(explainer):
    table = explainer.explain("tunability", order=3)
    assert table.columns.tolist() == COLUMNS
    assert table["order"].tolist() == [1, 1, 1, 2, 2, 2, 3]
    assert table["value"].dtype == float
    for _, rows in table.groupby("order"):
        sizes = rows["value"].abs().to_numpy()
        assert (sizes[:-1] >= sizes[1:]).all()
    for row in table.itertuples():
        assert row.interaction == " × ".join(row.hyperparameters)
        assert isinstance(row.hyperparameters, tuple)
    assert set(table.attrs) == {
        *("baseline_score", "full_score", "exact"),
        *("metric", "direction", "surrogate_score", "rank_correlation"),
        *("baseline_measured", "incumbent_measured"),
    }
    assert table.attrs["exact"] is True
    assert table.attrs["metric"] == "score"
    assert table.attrs["direction"] == "maximize"
    assert table.attrs["surrogate_score"] == explainer.surrogate_score_


@pytest.mark.parametrize("index", [name for name, row in INDICES.items() if row.efficient])
@pytest.mark.parametrize("game", ["ablation", "tunability", "mistunability", "sensitivity"])
def test_efficient_index_sums_to_gain(explainer, game, index):
    table = explainer.explain(game, index=index, order=2)
    gain = table.attrs["full_score"] - table.attrs["baseline_score"]
    assert table["value"].sum() == pytest.approx(gain, abs=1e-10)


def test_minimised_metric_has_positive_gain_for_lower_score(fitted_search):
    timed = HyperSHAPExplainer(fitted_search, metric="fit_time", n_samples=100, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SurrogateWarning)  # times are noise here
        table = timed.fit().explain()
    assert table.attrs["direction"] == "minimize"
    gain = table.attrs["baseline_score"] - table.attrs["full_score"]
    assert table["value"].sum() == pytest.approx(gain)
    assert gain >= 0
    fastest = timed.trials_["score"].idxmin()
    assert timed.incumbent_["C"] == timed.trials_["C"][fastest]


def test_list_of_games_stacks_rows_and_keys_attrs_by_game(explainer):
    games = ["sensitivity", "ablation"]
    table = explainer.explain(games, order=1)
    assert table["game"].tolist() == ["sensitivity"] * 3 + ["ablation"] * 3
    for attribute in ("baseline_score", "full_score", "exact"):
        assert list(table.attrs[attribute]) == games
    for game in games:
        alone = explainer.explain(game, order=1)
        rows = table[table["game"] == game].reset_index(drop=True)
        pd.testing.assert_frame_equal(rows, alone)
        assert table.attrs["full_score"][game] == alone.attrs["full_score"]


def test_measure_is_shapiq_name_of_index(explainer):
    names = {
        ("SV", 1): "SV",
        ("SV", 2): "SV",
        ("FSII", 1): "SV",
        ("k-SII", 1): "SV",
        ("BII", 1): "BV",
        ("FBII", 2): "FBII",
        ("Moebius", 1): "Moebius",
    }
    for (index, order), measure in names.items():
        table = explainer.explain(index=index, order=order)
        assert set(table["measure"]) == {measure}
        assert table["order"].max() == (1 if index == "SV" else order)


def test_table_can_be_plotted_by_seaborn(explainer):
    table = explainer.explain(["tunability", "ablation"])
    ax = sns.barplot(table, x="value", y="interaction", hue="game")
    assert [t.get_text() for t in ax.get_yticklabels()] == list(table["interaction"].unique())


def test_coalition_values_start_at_predicted_baseline(explainer):
    table = explainer.coalition_values()
    assert table.columns.tolist() == ["coalition", "size", "value"]
    assert table["coalition"].iloc[:3].tolist() == [(), ("C",), ("gamma",)]
    assert table["size"].tolist() == [0, 1, 1, 1, 2, 2, 2, 3]
    baseline = explainer.predict_score([explainer.baseline_])[0]
    assert table["value"].iloc[0] == pytest.approx(baseline)


def test_ablation_of_partial_config_completes_it_from_incumbent(explainer):
    config = {"C": 10.0, "kernel": "poly"}
    table = explainer.explain("ablation", config=config)
    full = {**explainer.incumbent_, **config}
    score = explainer.predict_score([full])[0]
    assert table.attrs["full_score"] == pytest.approx(score)


def test_game_and_interaction_values_agree_with_shapiq(explainer):
    game = explainer.game("tunability")
    assert isinstance(game, shapiq.Game)
    names = explainer.hyperparameter_names_
    values = explainer.coalition_values().set_index("coalition")["value"]
    for coalition, value in values.items():
        players = tuple(names.index(name) for name in coalition)
        assert game([players])[0] == pytest.approx(value - values[()])
    assert game(game.empty_coalition[None])[0] == 0
    computed = shapiq.ExactComputer(n_players=3, game=game)("FSII", 2)
    ours = explainer.interaction_values(index="FSII", order=2)
    assert isinstance(ours, shapiq.InteractionValues)
    assert (ours.index, ours.max_order, ours.n_players) == ("FSII", 2, 3)
    for members, value in computed.interactions.items():
        assert ours[members] == pytest.approx(value, abs=1e-9)
    pickle.loads(pickle.dumps(game))


def test_single_hyperparameter_has_one_row():
    data, target = make_regression(60, 5, noise=20, random_state=0)
    search = GridSearchCV(Ridge(), {"alpha": np.logspace(-3, 6, 40)})
    table = HyperSHAPExplainer(search, random_state=0).fit(data, target).explain()
    assert table["interaction"].tolist() == ["alpha"]
    assert table["measure"].tolist() == ["SV"]
    assert table["value"][0] >= 0
