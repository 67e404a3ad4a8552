"""Frames that plots take, made by hand, and checks of what can be seen."""

from __future__ import annotations

import itertools
import warnings

import numpy as np
import pandas as pd
from matplotlib.text import Text

from skhypershap.frames import explanation_frame
from skhypershap.interactions.solve import Explained

LONG = "classifier__histgradientboosting_param_{:02d}"  # 40 letters


def names_of(n_names, *, long=False):
    return [LONG.format(number) if long else f"a{number}" for number in range(n_names)]


def table_of(n_players, order=2, game="tunability", prefix="a", *, long=False, **attrs):
    random = np.random.default_rng(0)
    names = names_of(n_players, long=long)
    if not long:
        names = [f"{prefix}{number}" for number in range(n_players)]
    interactions = {
        members: random.normal() / 4 ** len(members)
        for size in range(1, order + 1)
        for members in itertools.combinations(range(n_players), size)
    }
    explained = Explained(game, "FSII", interactions, 0.91, 0.98, 0.07)
    attrs = {"metric": "accuracy", "direction": "maximize", **attrs}
    return explanation_frame([[explained]], names, attrs, stacked=False)


def drawn(table, n_draws=20):
    """The same with resamples."""
    random = np.random.default_rng(1)
    parts = [table] + [
        table.assign(value=table["value"] + 0.02 * random.normal(size=len(table)))
        for _ in range(n_draws)
    ]
    found = pd.concat([part.assign(draw=draw) for draw, part in enumerate(parts)])
    found.attrs = {**table.attrs, "calibration": 1.0}
    return found


def path_of(n_steps, *, long=False):
    gains = np.append(0.01 * 0.7 ** np.arange(n_steps - 1), -0.004)
    frame = pd.DataFrame(
        {
            "step": range(n_steps + 1),
            "hyperparameter": [None, *names_of(n_steps, long=long)],
            "from": pd.Series([None, *[0.1] * n_steps], dtype=object),
            "to": pd.Series([None, "rbf", *[3] * (n_steps - 1)], dtype=object),
            "score": 0.9 + np.append(0, gains.cumsum()),
            "gain": np.append(0, gains),
        }
    )
    frame.attrs = {"metric": "accuracy", "direction": "maximize"}
    return frame


def subsets_of(n_names, *, long=False):
    names = names_of(n_names, long=long)
    frame = pd.DataFrame(
        {
            "size": range(1, n_names + 1),
            "hyperparameters": [tuple(names[-size:]) for size in range(1, n_names + 1)],
            "gain": 0.02 * (1 - 0.5 ** np.arange(1, n_names + 1)),
            "share": 1 - 0.5 ** np.arange(1, n_names + 1),
        }
    )
    frame.attrs = {"metric": "accuracy", "direction": "maximize"}
    return frame


def datasets_of(n_names, n_datasets=6, *, long=False):
    random = np.random.default_rng(0)
    one = table_of(n_names, order=1, long=long)
    parts = [
        one.assign(dataset=f"data set {number}", value=random.normal(size=len(one)))
        for number in range(n_datasets)
    ]
    frame = pd.concat([one.assign(dataset="all"), *parts], ignore_index=True)
    frame.attrs = one.attrs
    return frame


def coalitions_of(n_names, direction="maximize"):
    names = names_of(n_names)
    rows = [
        (members, len(members), sum(names.index(name) + 1 for name in members))
        for size in range(n_names + 1)
        for members in itertools.combinations(names, size)
    ]
    frame = pd.DataFrame(rows, columns=["coalition", "size", "value"])
    sign = 1 if direction == "maximize" else -1
    frame["value"] = 0.5 + sign * 0.01 * frame["value"]
    frame.attrs = {"metric": "accuracy", "direction": direction}
    return frame


AXES = {
    "log": (np.geomspace(1e-3, 10, 9).tolist(), np.linspace(0, 1, 9)),
    "linear": (list(range(1, 9)), np.linspace(0, 1, 8)),
    "choices": (["rbf", "poly", None, True], np.arange(4.0)),
    "list": ([1, 5, 20, 40], np.arange(4.0)),
}


def effects_of(kinds=("log",), held=("baseline", "best"), *, long=False, bands=False):
    rows = []
    for name, kind in zip(names_of(len(kinds), long=long), kinds, strict=True):
        for number, how in enumerate(held):
            for value, place in zip(*AXES[kind], strict=True):
                score = 0.9 + 0.01 * number + 0.02 * np.sin(place)
                rows.append((name, value, how, score, score - 0.01, score + 0.01, place))
    columns = ["hyperparameter", "value", "held", "score", "low", "high", "position"]
    cells = {
        name: list(cells) for name, cells in zip(columns, zip(*rows, strict=True), strict=True)
    }
    frame = pd.DataFrame({**cells, "value": pd.Series(cells["value"], dtype=object)})
    frame.attrs = {"metric": "accuracy", "direction": "maximize"}
    return frame if bands else frame.drop(columns=["low", "high"])


def surface_of(kinds=("log", "choices"), held=("baseline",), *, long=False):
    names = names_of(2, long=long)
    (first, places), (second, places_2) = (AXES[kind] for kind in kinds)
    rows = [
        (names[0], one, names[1], other, how, 0.9 + 0.01 * x - 0.02 * y * x, x, y)
        for how in held
        for one, x in zip(first, places, strict=True)
        for other, y in zip(second, places_2, strict=True)
    ]
    columns = ["hyperparameter", "value", "hyperparameter_2", "value_2", "held", "score"]
    columns += ["position", "position_2"]
    cells = {
        name: list(cells) for name, cells in zip(columns, zip(*rows, strict=True), strict=True)
    }
    for name in ("value", "value_2"):
        cells[name] = pd.Series(cells[name], dtype=object)
    frame = pd.DataFrame(cells)
    frame.attrs = {"metric": "accuracy", "direction": "maximize"}
    return frame


def predictions_of(n_trials=60, n_outliers=2):
    random = np.random.default_rng(0)
    measured = 0.9 + 0.05 * random.normal(size=n_trials)
    predicted = measured + 0.01 * random.normal(size=n_trials)
    frame = pd.DataFrame({"measured": measured, "predicted": predicted, "outlier": False})
    frame.loc[: n_outliers - 1, "outlier"] = True
    frame.attrs = {"metric": "accuracy", "direction": "maximize", "surrogate_score": 0.41}
    return frame


def history_of(n_names, *, long=False):
    table = table_of(n_names, order=1, long=long)
    parts = [
        table.assign(n_trials=n, value=table["value"] * (1 + 5 / n)).assign(
            low=lambda part: part["value"] - 0.02, high=lambda part: part["value"] + 0.02
        )
        for n in (20, 40, 80)
    ]
    frame = pd.concat(parts, ignore_index=True)
    frame.attrs = {**table.attrs, "settled": False, "verdict": "40 more trials may tell."}
    return frame


def texts_in(figure):
    """Whatever is written in a figure."""
    figure.canvas.draw()
    found = [text for text in figure.findobj(Text) if text.get_text().strip()]
    return [text for text in found if text.get_visible()]


def overlapping(texts):
    """Pairs of texts whose boxes overlap by more than a point."""
    boxes = [text.get_window_extent() for text in texts]
    texts = [text.get_text() for text in texts]
    return [
        (texts[i], texts[j])
        for i, j in itertools.combinations(range(len(boxes)), 2)
        if min(boxes[i].x1, boxes[j].x1) - max(boxes[i].x0, boxes[j].x0) > 1
        and min(boxes[i].y1, boxes[j].y1) - max(boxes[i].y0, boxes[j].y0) > 1
    ]


def outside(texts):
    """Texts that the edge of their figure cuts off."""
    found = []
    for text in texts:
        figure = text.get_figure(root=True)
        width, height = figure.canvas.get_width_height()
        box = text.get_window_extent()
        if box.x0 < -2 or box.y0 < -2 or box.x1 > width + 2 or box.y1 > height + 2:
            found.append(text.get_text())
    return found


def shown_ticks(figure):
    """Tick labels inside the limits of their axes; matplotlib keeps others, unseen."""
    labels = []
    for axes in [*figure.axes, *(child for one in figure.axes for child in one.child_axes)]:
        for axis, (low, high) in ((axes.xaxis, axes.get_xlim()), (axes.yaxis, axes.get_ylim())):
            low, high = min(low, high), max(low, high)
            for tick in axis.get_major_ticks():
                if low <= tick.get_loc() <= high:
                    labels += [tick.label1, tick.label2]
    return [label for label in labels if label.get_visible() and label.get_text().strip()]


def readable(figure):
    """Assert that no text is cut off and none overlaps another."""
    figure.canvas.draw()
    written = [*shown_ticks(figure)]
    for axes in figure.axes:
        headings = [axes.title, axes.xaxis.label, axes.yaxis.label]
        headings += [child.xaxis.label for child in axes.child_axes]
        written += [text for text in [*headings, *axes.texts] if text.get_text().strip()]
        if axes.get_legend() is not None:
            written += axes.get_legend().get_texts()
    for legend in figure.legends:
        written += legend.get_texts()
    written = [text for text in written if text.get_visible()]
    assert not outside(written)
    assert not overlapping(written)


def through_csv(frame, tmp_path):
    """What is left of a frame in a CSV file: no attrs, tuples as text."""
    path = tmp_path / "frame.csv"
    frame.to_csv(path, index=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pd.read_csv(path)


def trade_off_of(n_names, *, long=False):
    from skhypershap.metric_frames import dominated

    random = np.random.default_rng(0)
    gains = random.normal(size=(n_names, 2)) * [0.01, 3.0]
    frame = pd.DataFrame({"interaction": names_of(n_names, long=long)})
    frame["loss"], frame["seconds"] = gains.T
    frame["dominated"] = dominated(gains)
    frame.attrs = {
        "metric": ["loss", "seconds"],
        "direction": dict.fromkeys(["loss", "seconds"], "minimize"),
    }
    return frame
