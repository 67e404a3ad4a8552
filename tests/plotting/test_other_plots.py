"""What is drawn by the plots of networks, paths, coalitions, effects, surfaces and predictions."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import shapiq
from matplotlib.text import Text
from plot_frames import (
    coalitions_of,
    drawn,
    effects_of,
    history_of,
    path_of,
    predictions_of,
    subsets_of,
    surface_of,
    table_of,
)

from skhypershap.plotting import (
    EffectDisplay,
    ImportanceDisplay,
    plot_coalitions,
    plot_effect,
    plot_history,
    plot_network,
    plot_path,
    plot_predictions,
    plot_surface,
)


def test_network_has_a_node_for_each_hyperparameter_and_an_edge_for_each_pair():
    table = table_of(5)
    ax = plot_network(table)
    assert len(ax.patches) == 5
    assert len(ax.lines) == 10
    pairs = table[table["order"] == 2]
    assert sum(line.is_dashed() for line in ax.lines) == (pairs["value"] < 0).sum()
    widths = sorted(line.get_linewidth() for line in ax.lines)
    assert widths[-1] > widths[0]
    alone = table[table["order"] == 1]["value"].abs()
    areas = sorted(node.get_radius() ** 2 for node in ax.patches)
    assert areas[-1] / areas[-2] == pytest.approx(
        alone.nlargest(2).iloc[0] / alone.nlargest(2).iloc[1]
    )


def test_edges_that_may_be_zero_are_pale():
    table = table_of(3)
    pairs = table["order"] == 2
    summary = table.assign(low=table["value"] - 0.001, high=table["value"] + 0.001)
    sure = plot_network(summary).lines
    summary.loc[pairs, ["low", "high"]] = [-1.0, 1.0]
    unsure = plot_network(summary).lines
    for one, other in zip(sure, unsure, strict=True):
        assert np.mean(other.get_color()) > np.mean(one.get_color())


def test_path_bars_lead_from_one_score_to_the_next():
    frame = path_of(4)
    ax = plot_path(frame)
    assert [label.get_text() for label in ax.get_yticklabels()] == [
        "baseline", "a0", "a1", "a2", "a3", "best trial",
    ]  # fmt: skip
    starts = [patch.get_x() for patch in ax.patches]
    widths = [patch.get_width() for patch in ax.patches]
    np.testing.assert_allclose(np.add(starts, widths)[1:-1], frame["score"][1:])
    np.testing.assert_allclose(starts[1:-1], frame["score"][:-1])
    assert ax.patches[4].get_facecolor() != ax.patches[1].get_facecolor(), (
        "a loss has another colour"
    )


def test_path_joins_what_exceeds_max_rows():
    frame = path_of(10)
    ax = plot_path(frame, max_rows=4)
    names = [label.get_text() for label in ax.get_yticklabels()]
    assert names[-2:] == ["6 smaller changes", "best trial"]
    assert ax.patches[-2].get_width() == pytest.approx(frame["gain"][5:].sum())


def test_hyperparameter_called_as_the_ends_of_a_path_keeps_its_row():
    frame = path_of(2).replace({"hyperparameter": {"a0": "baseline"}})
    assert len(plot_path(frame).get_yticks()) == 4


@pytest.mark.parametrize("direction", ["maximize", "minimize"])
def test_coalitions_show_the_best_of_each_size_then_singles(direction):
    ax = plot_coalitions(coalitions_of(4, direction))
    heights = [patch.get_height() for patch in ax.patches]
    np.testing.assert_allclose(heights, [0.04, 0.07, 0.09, 0.10, 0.03, 0.02, 0.01])
    dots = [line for line in ax.lines if line.get_marker() == "o"]
    assert [len(line.get_xdata()) for line in dots] == [1, 2, 3, 4, 1, 1, 1]


def test_best_subsets_are_bars_without_singles():
    ax = plot_coalitions(subsets_of(5))
    assert len(ax.patches) == 5
    labels = [label.get_text() for label in ax.get_yticklabels()]
    assert set(labels) >= {"a0", "a1", "a2", "a3", "a4", "0"}


def test_coalitions_without_the_empty_one_raise():
    with pytest.raises(ValueError, match="lacks the empty coalition"):
        plot_coalitions(coalitions_of(3)[1:])


@pytest.mark.parametrize(
    ("kind", "scale"), [("log", "log"), ("linear", "linear"), ("choices", "linear")]
)
def test_effect_is_drawn_on_the_scale_of_the_hyperparameter(kind, scale):
    frame = effects_of([kind], bands=True)
    ax = plot_effect(frame)
    assert ax.get_xscale() == scale
    assert ax.get_xlabel() == "a0"
    curves = [line for line in ax.lines if not line.get_label().startswith("_")]
    assert [line.get_label() for line in curves] == [
        "others at the baseline",
        "others at their best",
    ]
    for line, how in zip(curves, ["baseline", "best"], strict=True):
        rows = frame[frame["held"] == how]
        np.testing.assert_allclose(line.get_ydata(), rows["score"])
        assert (line.get_linestyle() == "None") == (kind == "choices")
    if kind == "choices":
        assert [label.get_text() for label in ax.get_xticklabels()] == [
            "rbf",
            "poly",
            "None",
            "True",
        ]
    else:
        np.testing.assert_allclose(curves[0].get_xdata(), frame["value"][: len(rows)].astype(float))


def test_several_effects_are_panels_and_configurations_are_marked():
    frame = effects_of(["log", "choices", "list"])
    axes = plot_effect(frame, baseline={"a0": 0.1, "a1": None, "a2": 5}, incumbent={"a1": "poly"})
    assert axes.shape == (3,)
    marks = [[line for line in ax.lines if len(set(line.get_xdata())) == 1] for ax in axes]
    assert [[line.get_xdata()[0] for line in lines] for lines in marks] == [
        [0.1],
        [2.0, 1.0],
        [1.0],
    ]
    assert len({ax.get_ylim() for ax in axes}) == 1
    (legend,) = axes[0].figure.legends
    assert {text.get_text() for text in legend.get_texts()} >= {"baseline", "best trial"}


def test_effect_display_marks_baseline_and_incumbent_of_the_explainer():
    class Explainer:
        baseline_, incumbent_ = {"a0": 0.1}, {"a0": 1.0}

        def effects(self, hyperparameters, **options):
            assert (hyperparameters, options) == (["a0"], {"held": "best"})
            return effects_of(["log"], held=("best",))

    display = EffectDisplay.from_explainer(Explainer(), ["a0"], held="best")
    marks = [line.get_xdata()[0] for line in display.ax_.lines if len(set(line.get_xdata())) == 1]
    assert marks == [0.1, 1.0]


def test_pairs_and_singles_have_plots_of_their_own():
    with pytest.raises(ValueError, match="plot_surface"):
        plot_effect(surface_of())
    singles = effects_of().assign(hyperparameter_2=None, value_2=None, position_2=np.nan)
    with pytest.raises(ValueError, match="plot_effect"):
        plot_surface(singles)


def test_surface_has_a_cell_for_each_pair_of_values():
    frame = surface_of(held=("baseline", "best"))
    axes = plot_surface(frame, baseline={"a0": 0.1, "a1": "poly"})
    assert axes.shape == (2,)
    scores = axes[0].collections[0].get_array()
    assert scores.shape == (4, 9)
    assert scores[2, 0] == frame["score"][2]
    assert axes[0].get_xscale() == "log"
    (mark,) = axes[0].lines
    assert (mark.get_xdata()[0], mark.get_ydata()[0]) == (0.1, 1.0)


def test_far_outliers_are_drawn_at_the_edge():
    frame = predictions_of()
    frame.loc[0, "measured"] = -1000.0
    frame.loc[7, "predicted"] = np.nan
    ax = plot_predictions(frame)
    trials, outliers = (points.get_offsets() for points in ax.collections)
    assert (len(trials), len(outliers)) == (57, 2)
    assert ax.get_xlim()[0] > 0
    assert outliers[:, 0].min() == pytest.approx(ax.get_xlim()[0])
    texts = [text.get_text() for text in ax.figure.findobj(Text)]
    assert any("1 far outlier at the edge" in text.replace("\n", " ") for text in texts)


def test_history_has_a_line_for_each_of_the_largest():
    frame = history_of(12)
    ax = plot_history(frame, max_lines=5)
    lines = [line for line in ax.lines if not line.get_label().startswith("_")]
    last = frame[frame["n_trials"] == 80]
    largest = last.loc[last["value"].abs().nlargest(5).index, "interaction"]
    assert [line.get_label() for line in lines] == largest.tolist()
    assert lines[0].get_xdata().tolist() == [20, 40, 80]
    assert len(ax.collections) == 5
    assert ax.get_title() == "The answer has not settled yet"


def test_display_explains_with_the_options_of_explain():
    class Explainer:
        def explain(self, game, **options):
            assert options == {"order": 2, "n_bootstrap": 5}
            return drawn(table_of(3, game=game))

    _, ax = plt.subplots()
    display = ImportanceDisplay.from_explainer(
        Explainer(), "ablation", ax=ax, max_rows=4, order=2, n_bootstrap=5
    )
    assert display.ax_ is ax
    assert len(ax.patches) == 5


def test_plots_of_shapiq_show_names_and_scores():
    from skhypershap.interactions.shapiq_bridge import as_interaction_values
    from skhypershap.interactions.solve import Explained

    names = ["learning_rate", "max_depth"]
    interactions = {(): 0.0, (0,): 0.03, (1,): 0.01, (0, 1): 0.01}
    explained = Explained("tunability", "FSII", interactions, 0.9, 0.95, 0.05)
    values = as_interaction_values(explained, names, 1)
    assert isinstance(values, shapiq.InteractionValues)
    assert values.feature_names == names
    assert values.baseline_value == 0.9
    assert values[()] == 0
    figure, _ = values.plot_network(show=False)
    assert set(names) <= {text.get_text() for text in figure.findobj(Text)}
    values.plot_waterfall(show=False)
    written = " ".join(text.get_text() for text in plt.gcf().findobj(Text))
    assert "max_depth" in written
    assert as_interaction_values(explained, names, -1).baseline_value == -0.9


def test_frames_of_plots_are_those_of_pandas_without_attrs():
    frame = pd.DataFrame(path_of(3).to_dict("list"))
    assert plot_path(frame).get_xlabel() == "score"
