"""What holds for every plot: labels can be read, nothing else changes, displays and errors."""

from __future__ import annotations

import inspect

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import seaborn as sns
from matplotlib.axes import Axes
from plot_frames import (
    datasets_of,
    drawn,
    effects_of,
    history_of,
    overlapping,
    path_of,
    predictions_of,
    readable,
    shown_ticks,
    subsets_of,
    surface_of,
    table_of,
    texts_in,
    through_csv,
    trade_off_of,
)

from skhypershap import plotting
from skhypershap.plotting import (
    plot_coalitions,
    plot_datasets,
    plot_effect,
    plot_history,
    plot_importance,
    plot_interactions,
    plot_network,
    plot_path,
    plot_predictions,
    plot_surface,
    plot_trade_off,
)

KINDS = ["log", "choices", "linear", "list"]
FRAMES = {
    plot_importance: lambda n, long: drawn(table_of(n, long=long)),
    plot_interactions: lambda n, long: table_of(n, long=long),
    plot_network: lambda n, long: drawn(table_of(n, long=long)),
    plot_path: lambda n, long: path_of(n, long=long),
    plot_coalitions: lambda n, long: subsets_of(n, long=long),
    plot_datasets: lambda n, long: datasets_of(n, long=long),
    plot_effect: lambda n, long: effects_of(KINDS[n % 4 : n % 4 + 1], long=long, bands=True),
    plot_surface: lambda n, long: surface_of((KINDS[n % 2], KINDS[1]), long=long),
    plot_predictions: lambda n, long: predictions_of(10 * n),
    plot_history: lambda n, long: history_of(n, long=long),
    plot_trade_off: lambda n, long: trade_off_of(n, long=long),
}
PLOTS = list(FRAMES)
every_plot = pytest.mark.parametrize("plot", PLOTS, ids=lambda plot: plot.__name__)


def display_name(plot):
    return "".join(map(str.capitalize, plot.__name__.split("_")[1:])) + "Display"


def test_every_plot_is_tested_and_has_a_display():
    public = [getattr(plotting, name) for name in plotting.__all__]
    assert {one for one in public if not inspect.isclass(one)} == set(PLOTS)
    for plot in PLOTS:
        display = getattr(plotting, display_name(plot))
        assert display._plot is plot


@every_plot
@pytest.mark.parametrize(("n_names", "long"), [(3, False), (3, True), (20, False), (20, True)])
def test_own_figure_is_readable(plot, n_names, long):
    ax = plot(FRAMES[plot](n_names, long))
    assert isinstance(ax, Axes)
    readable(ax.figure)


@every_plot
@pytest.mark.parametrize("layout", ["constrained", "tight", "tight_layout()"])
@pytest.mark.parametrize("n_names", [3, 6])
def test_small_figure_is_readable(plot, layout, n_names):
    engine = None if layout == "tight_layout()" else layout
    figure, ax = plt.subplots(figsize=(5, 4), layout=engine)
    assert plot(FRAMES[plot](n_names, False), ax=ax) is ax
    if engine is None:
        figure.tight_layout()
    readable(figure)
    assert len(plt.get_fignums()) == 1


@every_plot
def test_long_names_fit_into_small_figure(plot):
    figure, ax = plt.subplots(figsize=(5, 4), layout="constrained")
    plot(FRAMES[plot](8, True), ax=ax)
    readable(figure)


@every_plot
def test_poster_is_readable_and_its_text_is_large(plot):
    with sns.plotting_context("poster"):
        figure, ax = plt.subplots(figsize=(24, 18), layout="constrained")
        plot(FRAMES[plot](8, False), ax=ax)
        readable(figure)
        assert ax.title.get_fontsize() > 1.2 * mpl.rcParams["font.size"]


@every_plot
def test_neighbours_in_a_grid_are_readable(plot):
    figure, axes = plt.subplots(1, 2, figsize=(12, 5), layout="constrained")
    for ax in axes:
        plot(FRAMES[plot](5, False), ax=ax)
    readable(figure)


@every_plot
@pytest.mark.parametrize("style", ["dark_background", "ggplot"])
def test_text_stands_out_from_the_background(plot, style):
    with plt.style.context(style):
        ax = plot(FRAMES[plot](4, False))
        background = np.mean(mpl.colors.to_rgb(ax.figure.get_facecolor()))
        for text in (ax.title, *shown_ticks(ax.figure)):
            assert abs(np.mean(mpl.colors.to_rgb(text.get_color())) - background) > 0.3


@every_plot
def test_plot_changes_no_setting_and_no_frame_and_shows_nothing(plot, monkeypatch):
    monkeypatch.setattr(plt, "show", lambda *_, **__: pytest.fail("plt.show was called"))
    frame = FRAMES[plot](4, False)
    before, settings = frame.copy(), dict(mpl.rcParams)
    plot(frame)
    pd.testing.assert_frame_equal(frame, before)
    assert frame.attrs == before.attrs
    assert dict(mpl.rcParams) == settings


@every_plot
@pytest.mark.filterwarnings("ignore:table has lost its attrs")
def test_frame_from_csv_is_plotted_with_a_plain_title(plot, tmp_path):
    back = through_csv(FRAMES[plot](4, False), tmp_path)
    assert not back.attrs
    ax = plot(back)
    ax.figure.canvas.draw()
    assert ax.get_title()
    assert "accuracy" not in ax.get_title()


@every_plot
def test_other_frames_are_refused(plot):
    with pytest.raises(TypeError, match="must be the DataFrame of"):
        plot([1, 2])
    frame = FRAMES[plot](3, False)
    with pytest.raises(ValueError, match=r"has no column '"):
        plot(pd.DataFrame({"x": [1]}))
    needed = {
        plot_path: "score",
        plot_coalitions: "gain",
        plot_effect: "position",
        plot_surface: "position_2",
        plot_predictions: "outlier",
        plot_history: "n_trials",
        plot_trade_off: "dominated",
    }.get(plot, "value")
    with pytest.raises(ValueError, match=f"has no column '{needed}'"):
        plot(frame.drop(columns=needed))


@pytest.mark.parametrize(
    ("spoiled", "words"),
    [
        (lambda table: table.assign(value=np.inf), "'value' of table must hold finite numbers"),
        (lambda table: table.assign(value="0.5"), "'value' of table must hold finite numbers"),
        (lambda table: pd.concat([table, table], axis=1), "table has two columns 'interaction'"),
    ],
)
def test_spoiled_explanations_are_refused_by_name(spoiled, words):
    for plot in (plot_importance, plot_interactions, plot_network):
        with pytest.raises(ValueError, match=words):
            plot(spoiled(table_of(3, long=False)))


@every_plot
def test_frame_without_rows_is_refused(plot):
    with pytest.raises(ValueError, match="no rows"):
        plot(FRAMES[plot](3, False)[:0])


@every_plot
def test_something_else_as_axes_is_refused(plot):
    with pytest.raises(TypeError, match="ax must be matplotlib Axes"):
        plot(FRAMES[plot](3, False), ax="left")
    _, axes = plt.subplots(1, 2)
    with pytest.raises(ValueError, match="has 1 panel"):
        plot(FRAMES[plot](3, False), ax=axes)


@every_plot
def test_display_keeps_the_frame_and_what_it_was_drawn_on(plot):
    display = getattr(plotting, display_name(plot))
    frame = FRAMES[plot](3, False)
    shown = display.from_frame(frame)
    assert isinstance(shown, display)
    assert shown.frame is frame
    assert shown.figure_ is shown.ax_.figure
    figure, ax = plt.subplots()
    assert shown.plot(ax=ax) is shown
    assert shown.ax_ is ax
    assert shown.figure_ is figure


@every_plot
@pytest.mark.parametrize("letters", ["cost_$", "$x$", "x^2_i", "a\\b", "50 %"])
def test_names_are_shown_letter_by_letter(plot, letters):
    frame = FRAMES[plot](3, False)

    def renamed(cell):
        if isinstance(cell, tuple):
            return tuple(map(renamed, cell))
        return cell.replace("a0", letters) if isinstance(cell, str) else cell

    columns = [name for name in frame if name not in ("game", "measure", "held")]
    attrs = frame.attrs
    frame = frame.assign(**{name: frame[name].map(renamed) for name in columns})
    frame.attrs = {**attrs, "metric": "cost_$ in $"}
    ax = plot(frame)
    written = texts_in(ax.figure)
    if plot is not plot_predictions:
        assert any(letters in text.get_text().replace("\n", "") for text in written)
    assert not any(
        text.get_parse_math()
        for text in written
        if "$" in text.get_text() or letters in text.get_text()
    )


HOSTILE = (
    "$x^2$ \\frac{1}{2} <b> =cmd %s \x00\x1b \N{ROCKET} \u5b66 \u05e9\u05dc\u05d5\u05dd \u202e"
)


@every_plot
@pytest.mark.parametrize("bad", [HOSTILE, "word " * 600, "n" * 3000], ids=["signs", "words", "n"])
def test_any_name_is_drawn_without_warnings(plot, bad):
    frame = FRAMES[plot](3, False)

    def renamed(cell):
        if isinstance(cell, tuple):
            return tuple(map(renamed, cell))
        return cell.replace("a0", bad) if isinstance(cell, str) else cell

    attrs = {**frame.attrs, "metric": bad}
    texts = [name for name in frame if name not in ("game", "measure", "held")]
    frame = frame.assign(**{name: frame[name].map(renamed) for name in texts})
    frame = frame.rename(columns={"loss": bad})
    if "value" in frame and frame["value"].dtype == object:
        frame["value"] = frame["value"].replace({"rbf": bad})
    frame.attrs = attrs
    written = texts_in(plot(frame).figure)
    assert not any(text.get_parse_math() for text in written if "$" in text.get_text())
    assert not any(letter in text.get_text() for text in written for letter in "\0\x1b\u5b66")


def test_names_that_look_the_same_stay_apart():
    table = table_of(3)
    odd = {"a0": "n\0", "a1": "n\1"}
    table["hyperparameters"] = [
        tuple(odd.get(name, name) for name in names) for names in table["hyperparameters"]
    ]
    table["interaction"] = table["hyperparameters"].map(" × ".join)
    labels = [label.get_text() for label in plot_importance(table).get_yticklabels()]
    assert len(set(labels)) == len(table)
    history = pd.concat([table.assign(n_trials=n) for n in (20, 40)], ignore_index=True)
    lines = plot_history(history).get_lines()
    assert sum(len(line.get_xdata()) == 2 for line in lines) > len(table)


@every_plot
def test_facet_grid_of_seaborn_draws_each_facet(plot):
    parts = [FRAMES[plot](3, False).assign(part=part) for part in ("one", "two")]
    frame = pd.concat(parts, ignore_index=True)
    frame.attrs = parts[0].attrs
    grid = sns.FacetGrid(frame, col="part", height=4, sharex=False, sharey=False)
    grid.map_dataframe(plot)
    assert len(plt.get_fignums()) == 1
    for ax in grid.axes.flat:
        assert ax.get_title() != ""
        assert ax.has_data()
    assert not overlapping([ax.title for ax in grid.axes.flat])
