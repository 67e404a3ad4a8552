"""Plots: what is on the Axes, and that no label is cut off or overlaps another."""

from __future__ import annotations

import itertools

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from plot_frames import table_of

from skhypershap.frames import summarize
from skhypershap.plotting import plot_importance, plot_interactions


def overlapping(texts):
    figure = plt.gcf()
    figure.canvas.draw()
    boxes = [text.get_window_extent() for text in texts if text.get_text() and text.get_visible()]
    return any(one.overlaps(other) for one, other in itertools.combinations(boxes, 2))


def cut_off(ax):
    figure = ax.get_figure()
    figure.canvas.draw()
    width, height = figure.canvas.get_width_height()
    box = ax.get_tightbbox()
    return box.x0 < -1 or box.y0 < -1 or box.x1 > width + 1 or box.y1 > height + 1


@pytest.mark.parametrize(
    ("n_players", "order", "prefix"),
    [(2, 1, "C"), (2, 2, "svc__"), (8, 2, "pipeline__step__parameter_"), (9, 2, "h"), (4, 4, "x")],
)
def test_importance_shows_each_row_once_without_overlap(n_players, order, prefix):
    table = table_of(n_players, order, prefix=prefix)
    ax = plot_importance(table, max_rows=len(table))
    labels = ax.get_yticklabels()
    by_size = table.reindex(table["value"].abs().sort_values(ascending=False).index)
    shown = [label.get_text().replace("\n", " ") for label in labels]
    assert shown == by_size["interaction"].tolist()
    widths = sorted(patch.get_width() for patch in ax.patches)
    np.testing.assert_allclose(widths, np.sort(table["value"]))
    assert not overlapping(labels)
    assert not cut_off(ax)
    assert (ax.get_legend() is None) == (order == 1)


@pytest.mark.parametrize("n_players", [2, 5, 8, 14])
@pytest.mark.parametrize("prefix", ["h", "columntransformer__num__step_"])
def test_interactions_plot_has_pairs_above_and_singles_on_the_diagonal(n_players, prefix):
    table = table_of(n_players, prefix=prefix)
    ax = plot_interactions(table)
    pairs, alone = (mesh.get_array().reshape(n_players, n_players) for mesh in ax.collections)
    names = [label.get_text() for label in ax.get_yticklabels()]
    values = table.set_index("interaction")["value"]
    np.testing.assert_allclose(np.diag(alone), values[names].abs())
    assert alone.count() == n_players
    rows, columns = np.nonzero(~np.ma.getmaskarray(pairs))
    assert (rows < columns).all()
    assert len(rows) == n_players * (n_players - 1) / 2
    for row, column in zip(rows, columns, strict=True):
        both = {f"{names[row]} × {names[column]}", f"{names[column]} × {names[row]}"}
        assert pairs[row, column] == values[list(both & set(values.index))].item()
    assert not overlapping(ax.texts)
    assert not overlapping(ax.get_yticklabels())
    assert not cut_off(ax)


def test_colours_of_pairs_are_symmetric_about_zero_and_do_not_depend_on_singles():
    table = table_of(4)
    largest = table.loc[table["order"] == 2, "value"].abs().max()
    for factor in (1, 100):
        grown = table.assign(value=table["value"].where(table["order"] == 2, factor))
        mesh = plot_interactions(grown).collections[0]
        assert mesh.get_clim() == (-largest, largest)
        low, middle, high = (mesh.to_rgba(side * largest)[:3] for side in (-1, 0, 1))
        assert middle == pytest.approx((1, 1, 1), abs=0.02)
        assert low[0] > low[2]  # orange
        assert high[2] > high[0]  # blue


def test_given_axes_are_used_and_returned():
    _, (left, right) = plt.subplots(1, 2, figsize=(12, 5), layout="constrained")
    table = table_of(8, prefix="step__parameter_")
    assert plot_importance(table, ax=left) is left
    assert plot_interactions(table, ax=right) is right
    assert not overlapping(left.get_yticklabels())
    assert not overlapping(right.texts)
    assert len(plt.get_fignums()) == 1


def test_labels_name_metric_direction_and_index():
    assert plot_importance(table_of(3)).get_xlabel() == "gain in accuracy"
    timed = table_of(3, metric="fit_time", direction="minimize")
    assert plot_importance(timed).get_xlabel() == "gain in fit_time, lower is better"
    assert plot_importance(table_of(3, game="sensitivity")).get_xlabel() == "variance of accuracy"


def heading(ax):
    """Title and small print, without line breaks."""
    small = [child.get_xlabel() for child in ax.child_axes]
    return " ".join("\n".join([ax.get_title(), *small]).split())


def test_title_is_a_sentence_and_the_index_is_in_the_small_print():
    ax = plot_importance(table_of(3))
    assert "What tuning each hyperparameter gains in accuracy" in heading(ax)
    assert "FSII" not in ax.get_title()
    assert "accuracy: 0.91 at the baseline → 0.98 at its best" in heading(ax)
    assert "tunability · FSII values" in heading(ax)
    assert "costs in accuracy" in heading(plot_importance(table_of(3, game="mistunability")))
    assert "makes accuracy vary" in heading(plot_importance(table_of(3, game="sensitivity")))
    assert "gains in accuracy" in heading(plot_importance(table_of(3, game="ablation")))
    assert "in the score" in heading(plot_importance(table_of(3, metric=None)))


@pytest.mark.parametrize(
    ("n_rows", "n_bars", "last"), [(15, 15, None), (16, 16, None), (20, 16, 5)]
)
def test_importance_joins_what_exceeds_max_rows(n_rows, n_bars, last):
    table = table_of(n_rows, order=1)
    ax = plot_importance(table)
    labels = [label.get_text() for label in ax.get_yticklabels()]
    assert len(ax.patches) == len(labels) == n_bars
    if last:
        assert labels[-1] == f"{last} others"
        smallest = table["value"].abs().nsmallest(last).index
        assert ax.patches[-1].get_width() == pytest.approx(table.loc[smallest, "value"].sum())
    total = sum(patch.get_width() for patch in ax.patches)
    assert total == pytest.approx(table["value"].sum())


@pytest.mark.parametrize("max_rows", [0, -1, 2.5, "all", True])
def test_max_rows_out_of_range_raises(max_rows):
    with pytest.raises(ValueError, match="max_rows must be"):
        plot_importance(table_of(3), max_rows=max_rows)


@pytest.mark.parametrize("plot", [plot_importance, plot_interactions])
def test_several_games_are_small_multiples(plot):
    games = ["tunability", "sensitivity", "mistunability"]
    table = pd.concat([table_of(3, game=game) for game in games])
    scores = {"tunability": 0.9, "sensitivity": 0.0, "mistunability": 0.9}
    table.attrs = {"metric": "accuracy", "baseline_score": scores, "full_score": scores}
    axes = plot(table)
    assert axes.shape == (3,)
    assert len(axes[0].figure.axes) == 3
    for ax, game in zip(axes, games, strict=True):
        assert game in heading(ax)
    _, given = plt.subplots(3, 1, figsize=(6, 12), layout="constrained")
    assert (plot(table, ax=given) == given).all()
    with pytest.raises(ValueError, match=r"3 panels \(tunability, sensitivity, mistunability\)"):
        plot(table, ax=given[0])


@pytest.mark.parametrize("first", ["tunability", "mistunability"])
def test_bars_and_whiskers_keep_to_their_names_on_a_shared_axis(first):
    table = pd.concat([table_of(4, order=1), table_of(4, order=1, game="mistunability")])
    shuffled = np.where(table["game"] == "mistunability", -table["value"] * 3 + 0.1, table["value"])
    table = table.assign(value=shuffled, low=shuffled - 0.01, high=shuffled + 0.01)
    _, axes = plt.subplots(1, 2, sharey=True, layout="constrained")
    games = sorted(["tunability", "mistunability"], key=lambda game: game != first)
    for ax, game in zip(axes, games, strict=True):
        plot_importance(table[table["game"] == game], ax=ax)
    axes[0].figure.canvas.draw()
    names = [label.get_text() for label in axes[0].get_yticklabels()]
    for ax, game in zip(axes, games, strict=True):
        values = table[table["game"] == game].set_index("interaction")["value"]
        for patch in ax.patches:
            name = names[round(patch.get_y() + patch.get_height() / 2)]
            assert patch.get_width() == pytest.approx(values[name])
        for segment in ax.collections[0].get_segments():
            assert segment[:, 0].mean() == pytest.approx(values[names[round(segment[0, 1])]])
        assert ax.get_ylim() == (3.5, -0.5)


def test_zero_values_can_be_plotted():
    table = table_of(3).assign(value=0.0)
    assert len(plot_importance(table).get_yticklabels()) == 6
    plot_interactions(table)


def test_errors_of_rounding_do_not_make_the_scale():
    ax = plot_importance(table_of(3).assign(value=-1.4e-17))
    assert np.ptp(ax.get_xlim()) > 0.01
    small = table_of(3).assign(value=-1.4e-17)
    small.attrs.update(baseline_score=1e-16, full_score=2e-16)
    assert np.ptp(plot_importance(small).get_xlim()) < 1e-15


@pytest.mark.parametrize("plot", [plot_importance, plot_interactions])
def test_unusable_table_raises(plot):
    table = table_of(2)
    with pytest.raises(TypeError, match="DataFrame of explain"):
        plot([1, 2])
    with pytest.raises(ValueError, match="no column 'value'"):
        plot(table.drop(columns="value"))
    if plot is plot_interactions:
        with pytest.raises(ValueError, match="rows of order 1, 2"):
            plot(table_of(3, order=3).query("order == 3"))
    with pytest.raises(ValueError, match="no rows"):
        plot(table[:0])
    with pytest.raises(ValueError, match="several rows of the same interaction"):
        plot(pd.concat([table, table]))


class TestDraws:
    """Whiskers of a bootstrap."""

    @pytest.fixture
    def drawn(self):
        whole = table_of(3)
        random = np.random.default_rng(1)
        noisy = [whole.assign(value=whole["value"] + random.normal(size=6)) for _ in range(40)]
        table = pd.concat([part.assign(draw=draw) for draw, part in enumerate([whole, *noisy])])
        table.attrs = whole.attrs
        return table

    def test_bars_show_all_trials_and_whiskers_quantiles_of_draws(self, drawn):
        ax = plot_importance(drawn)
        names = [label.get_text() for label in ax.get_yticklabels()]
        whole = drawn[drawn["draw"] == 0].set_index("interaction")["value"]
        assert sorted(names) == sorted(whole.index)
        widths = sorted(patch.get_width() for patch in ax.patches if patch.get_height())
        assert widths == pytest.approx(sorted(whole))
        (whiskers,) = ax.collections
        for name, segment in zip(names, whiskers.get_segments(), strict=True):
            values = drawn[(drawn["draw"] > 0) & (drawn["interaction"] == name)]["value"]
            assert segment[:, 0] == pytest.approx(values.quantile([0.05, 0.95]).tolist())
        assert not cut_off(ax)

    def test_whiskers_of_summary_are_its_intervals(self, drawn):
        summary = summarize(drawn, level=0.5)
        (whiskers,) = plot_importance(summary).collections
        ends = {tuple(segment[:, 0]) for segment in whiskers.get_segments()}
        assert ends == set(zip(summary["low"], summary["high"], strict=True))

    def test_heatmap_shows_all_trials(self, drawn):
        ax, other = plot_interactions(drawn), plot_interactions(table_of(3))
        assert [text.get_text() for text in ax.texts] == [text.get_text() for text in other.texts]

    def test_table_without_draw_0_raises(self, drawn):
        with pytest.raises(ValueError, match="no rows of draw 0"):
            plot_importance(drawn[drawn["draw"] > 3])


@pytest.mark.parametrize("plot", [plot_importance, plot_interactions])
def test_several_data_sets_are_small_multiples(plot):
    table = pd.concat([table_of(3).assign(dataset=name) for name in ("all", "adult")])
    table.attrs = table_of(3).attrs
    axes = plot(table)
    assert axes.shape == (2,)
    assert "all" in heading(axes[0])
    assert "adult" in heading(axes[1])
    assert "baseline" not in heading(axes[1]), "the attrs are those of the aggregate"
    assert plot(table[table["dataset"] == "adult"]).get_title()


@pytest.mark.filterwarnings("ignore:table has lost its attrs")
@pytest.mark.parametrize("way", ["csv", "parquet", "json"])
def test_explanation_from_a_file_is_plotted_and_summarized(way, tmp_path):
    table = pd.DataFrame(
        {
            "interaction": ["C", "gamma", "C × gamma"] * 4,
            "value": np.tile([0.3, 0.1, -0.05], 4) + np.repeat([0, -0.1, 0.1, 0.05], 3),
            "order": [1, 1, 2] * 4,
            "game": "tunability",
            "draw": np.repeat(range(4), 3),
            "measure": "FSII",
            "hyperparameters": [("C",), ("gamma",), ("C", "gamma")] * 4,
        }
    )
    path = tmp_path / "table"
    if way == "csv":
        table.to_csv(path, index=False)
        back = pd.read_csv(path)
    elif way == "json":
        table.to_json(path)
        back = pd.read_json(path)
    else:
        pytest.importorskip("pyarrow")
        table.to_parquet(path)
        back = pd.read_parquet(path)
    assert not isinstance(back["hyperparameters"][0], tuple)
    axes = plot_interactions(back)
    assert [label.get_text() for label in axes.get_yticklabels()] == ["C", "gamma"]
    assert plot_importance(back).get_title() == plot_importance(table).get_title()
    pd.testing.assert_frame_equal(summarize(back), summarize(table), check_dtype=False)
    assert not isinstance(back["hyperparameters"][0], tuple), "the caller's table is not changed"


def test_explanation_with_other_text_in_hyperparameters_raises():
    table = pd.DataFrame(
        {"interaction": ["C"], "value": [1.0], "order": [1], "game": "tunability", "measure": "SV"}
    ).assign(hyperparameters="C")
    for function in (plot_interactions, plot_importance):
        with pytest.raises(ValueError, match="'hyperparameters' of table must hold tuples"):
            function(table)


def drawn_table(values, game="tunability", **columns):
    rows = [
        dict(
            interaction=name,
            value=value + 0.01 * (draw % 3 - 1) * (draw > 0),
            order=1,
            game=game,
            measure="SV",
            draw=draw,
            hyperparameters=(name,),
            **columns,
        )
        for name, value in values.items()
        for draw in range(10)
    ]
    table = pd.DataFrame(rows)
    table.attrs = {"metric": "cost_$ in $", "calibration": 1.0}
    return table


def bars_and_whiskers(ax):
    ax.figure.canvas.draw()
    bars = {
        round(bar.get_y() + bar.get_height() / 2): round(bar.get_width(), 9)
        for bar in ax.patches
        if 0 < bar.get_height() < 1 and bar.get_width()
    }
    (whiskers,) = ax.collections
    middles = {round(ends[0, 1]): ends[:, 0].mean().round(9) for ends in whiskers.get_segments()}
    return bars, middles


def test_whiskers_follow_bars_on_a_shared_axis():
    shown = {"tunability": {"a": 0.3, "b": 0.2, "c": 0.1}, "ablation": {"c": -0.9, "b": -0.2}}
    _, axes = plt.subplots(1, 2, sharey=True)
    for ax, (game, values) in zip(axes, shown.items(), strict=True):
        plot_importance(drawn_table(values, game), ax=ax)
    for ax, values in zip(axes, shown.values(), strict=True):
        bars, whiskers = bars_and_whiskers(ax)
        assert bars == {"abc".index(name): value for name, value in values.items()}
        assert whiskers == bars


def test_whiskers_follow_bars_in_facets():
    import seaborn as sns

    table = pd.concat(
        [
            drawn_table({"a": 0.3, "b": 0.2, "c": 0.1}, dataset="one"),
            drawn_table({"a": 0.1, "b": 0.2, "c": 0.3}, dataset="two"),
        ]
    )
    table.attrs = {"calibration": 1.0}
    grid = sns.FacetGrid(table, col="dataset")
    grid.map_dataframe(lambda data, color: plot_importance(data, ax=plt.gca()))
    for ax in grid.axes.flat:
        bars, whiskers = bars_and_whiskers(ax)
        assert len(bars) == 3
        assert whiskers == bars


def test_names_with_dollar_signs_are_shown_as_they_are():
    table = drawn_table({"cost_$": 0.3, "price_$": 0.2, "$x$": 0.1})
    for plot in (plot_importance, plot_interactions):
        ax = plot(table)
        ax.figure.canvas.draw()
        labels = ax.get_yticklabels()
        assert {label.get_text() for label in labels} == {"cost_$", "price_$", "$x$"}
        assert not any(label.get_parse_math() for label in labels)
    _, axes = plt.subplots(1, 2, sharey=True)
    plot_importance(drawn_table({"a": 0.3}), ax=axes[0])
    plot_importance(table, ax=axes[1])
    axes[0].figure.canvas.draw()
    assert not any(label.get_parse_math() for label in axes[0].get_yticklabels())
