"""Curves of a report: a frame of effects becomes axes from 0 to 1."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from skhypershap.report.curves import MAX_DOTS, Places, curves_data

TRIALS = pd.DataFrame(
    {"C": [1.0, 10.0, 30.0], "kernel": ["rbf", None, "poly"], "score": [0.1, 0.2, np.nan]}
)


def effects_frame():
    rows = [
        ("C", v, held, s, p)
        for held in ("baseline", "best")
        for v, s, p in [(1.0, 0.1, 2.0), (10.0, 0.3, 3.0), (100.0, 0.2, 4.0)]
    ]
    rows += [("kernel", v, "best", s, p) for v, s, p in [("rbf", 0.5, 0), ("poly", np.inf, 1)]]
    return pd.DataFrame(rows, columns=["hyperparameter", "value", "held", "score", "position"])


RANGES = pd.DataFrame(
    {
        "hyperparameter": ["C", "kernel"],
        "low": pd.Series([10.0, None], dtype=object),
        "high": pd.Series([100.0, None], dtype=object),
        "choices": pd.Series([None, ["rbf"]], dtype=object),
    }
)


def made(direction="maximize", marked=None, trials=TRIALS):
    names, columns = ["kernel", "C"], {"C": "C", "kernel": "kernel"}
    return curves_data(effects_frame(), RANGES, names, trials, columns, direction, marked or {})


def test_axes_are_in_the_order_of_names_and_from_zero_to_one():
    kernel, c = made()["axes"]
    assert (kernel["hyperparameter"], c["hyperparameter"]) == (0, 1)
    assert c["at"] == [0.0, 0.5, 1.0]
    assert c["values"] == ["1", "10", "100"]
    assert kernel["discrete"]
    assert not c["discrete"]


def test_scores_are_those_of_the_frame_and_missing_where_there_is_none():
    kernel, c = made()["axes"]
    assert c["curves"] == {"best": [0.1, 0.3, 0.2], "baseline": [0.1, 0.3, 0.2]}
    assert kernel["curves"] == {"best": [0.5, None], "baseline": [None, None]}


@pytest.mark.parametrize(("direction", "value"), [("maximize", "10"), ("minimize", "1")])
def test_best_value_is_that_of_the_profile(direction, value):
    _, c = made(direction)["axes"]
    assert c["best"]["value"] == value


def test_trials_lie_between_the_points():
    data = made()
    kernel, c = data["axes"]
    assert data["scores"] == [0.1, 0.2, None]
    assert kernel["trials"] == [0.0, None, 1.0]
    assert c["trials"] == pytest.approx([0.0, 0.5, 0.5 + 20 / 90 / 2], abs=1e-4)


def test_marked_configurations_lie_on_the_axes_where_they_are_active():
    kernel, c = made(marked={"baseline": {"C": 10}, "best trial": {"C": 1, "kernel": "poly"}})[
        "axes"
    ]
    assert kernel["marks"] == [{"text": "best trial", "at": 1.0}]
    assert c["marks"] == [{"text": "baseline", "at": 0.5}, {"text": "best trial", "at": 0.0}]


def test_of_many_trials_the_best_are_shown():
    scores = np.random.default_rng(0).permutation(1000) / 1000
    trials = pd.DataFrame({"C": 1.0, "kernel": "rbf", "score": scores})
    for direction, best in (("maximize", 0.999), ("minimize", 0.0)):
        shown = made(direction, trials=trials)["scores"]
        assert best in shown
        assert len(shown) <= MAX_DOTS
        assert len(set(shown)) == len(shown)


def test_good_values_are_those_of_the_ranges():
    kernel, c = made()["axes"]
    assert c["good"] == {"text": "10 to 100", "from": 0.5, "to": 1.0}
    assert kernel["good"] == {"text": "rbf", "from": None, "to": None}


def test_no_frame_gives_no_axes():
    assert curves_data(None, None, ["C"], TRIALS, {"C": "C"}, "maximize", {})["axes"] == []


def test_choices_of_several_types_are_told_apart():
    places = Places([1, "1", None, True], np.array([0.0, 0.3, 0.6, 1.0]))
    assert [places.of(value) for value in (1, "1", None, True, "other")] == [
        0.0,
        0.3,
        0.6,
        1.0,
        None,
    ]
