"""Plots: what is on the Axes, and that no label is cut off or overlaps another."""

from __future__ import annotations

import itertools

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from skhypershap.frames import explanation_frame, summarize
from skhypershap.interactions.solve import Explained
from skhypershap.plotting import plot_importance, plot_interactions


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def table_of(n_players, order=2, game="tunability", prefix="a", **attrs):
    random = np.random.default_rng(0)
    names = [f"{prefix}{number}" for number in range(n_players)]
    interactions = {
        members: random.normal() / 4 ** len(members)
        for size in range(1, order + 1)
        for members in itertools.combinations(range(n_players), size)
    }
    explained = Explained(game, "FSII", interactions, 0.0, 1.0, 1.0)
    attrs = {"metric": "accuracy", "direction": "maximize", **attrs}
    return explanation_frame([[explained]], names, attrs, stacked=False)


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
    ax = plot_importance(table)
    labels = ax.get_yticklabels()
    by_size = table.reindex(table["value"].abs().sort_values(ascending=False).index)
    assert [label.get_text() for label in labels] == by_size["interaction"].tolist()
    widths = sorted(patch.get_width() for patch in ax.patches if patch.get_height() > 0)
    widths = [width for width in widths if np.isfinite(width) and width != 0]
    np.testing.assert_allclose(widths, np.sort(table["value"]))
    assert not overlapping(labels)
    assert not cut_off(ax)
    assert (ax.get_legend() is None) == (order == 1)


@pytest.mark.parametrize("n_players", [2, 5, 8, 14])
@pytest.mark.parametrize("prefix", ["h", "columntransformer__num__step_"])
def test_interactions_plot_is_symmetric_heatmap(n_players, prefix):
    table = table_of(n_players, prefix=prefix)
    ax = plot_interactions(table)
    matrix = ax.collections[0].get_array().reshape(n_players, n_players)
    np.testing.assert_array_equal(matrix, matrix.T)
    names = [label.get_text() for label in ax.get_yticklabels()]
    values = table.set_index("interaction")["value"]
    np.testing.assert_allclose(np.diag(matrix), values[names])
    assert not overlapping(ax.texts)
    assert not overlapping(ax.get_yticklabels())
    assert not cut_off(ax)


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
    assert plot_interactions(table_of(3)).get_title() == "tunability (FSII)"


def test_zero_values_can_be_plotted():
    table = table_of(3).assign(value=0.0)
    assert len(plot_importance(table).get_yticklabels()) == 6
    plot_interactions(table)


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
    with pytest.raises(ValueError, match=r"several games \(tunability, sensitivity\)"):
        plot(pd.concat([table, table.assign(game="sensitivity")]))


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
def test_several_data_sets_raise(plot):
    table = pd.concat([table_of(3).assign(dataset=name) for name in ("all", "adult")])
    with pytest.raises(ValueError, match=r"several data sets \(all, adult\)"):
        plot(table)
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
