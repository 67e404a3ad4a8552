"""The picture of a trade-off: what is where, and which points are marked."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from skhypershap.plotting import TradeOffDisplay, plot_trade_off

FRAME = pd.DataFrame(
    {
        "interaction": ["depth", "rate", "leaves"],
        "accuracy": [0.02, 0.05, -0.01],
        "fit_time": [1.0, -4.0, -9.0],
        "memory": [3.0, 2.0, 1.0],
        "dominated": [False, False, True],
    }
)


def points_of(ax):
    beaten, front = (np.asarray(one.get_offsets()) for one in ax.collections)
    return beaten.tolist(), front.tolist()


def test_front_is_apart_from_dominated_points():
    ax = plot_trade_off(FRAME)
    beaten, front = points_of(ax)
    assert beaten == [[-0.01, -9.0]]
    assert sorted(front) == [[0.02, 1.0], [0.05, -4.0]]
    assert ax.get_ylabel() == "gain in fit_time"


def test_metrics_can_be_chosen_and_are_checked():
    ax = plot_trade_off(FRAME, metrics=["memory", "accuracy"])
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("gain in memory", "gain in accuracy")
    with pytest.raises(ValueError, match="metric"):
        plot_trade_off(FRAME, metrics=["memory", "accuraci"])
    with pytest.raises(ValueError, match="two of"):
        plot_trade_off(FRAME, metrics=["memory"])
    with pytest.raises(ValueError, match="fewer than two"):
        plot_trade_off(FRAME[["interaction", "accuracy", "dominated"]])


def test_points_are_named():
    ax = plot_trade_off(FRAME)
    ax.figure.canvas.draw()
    assert {text.get_text() for text in ax.texts} == {"depth", "rate", "leaves"}


def test_subsets_are_named_by_their_hyperparameters():
    frame = FRAME.drop(columns="interaction").assign(
        hyperparameters=[(), ("a",), ("a", "b")], size=[0, 1, 2], tuned_for="accuracy"
    )
    ax = TradeOffDisplay.from_frame(frame).ax_
    ax.figure.canvas.draw()
    assert {text.get_text() for text in ax.texts} == {"nothing", "a", "a, b"}
