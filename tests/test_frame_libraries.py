"""Frames of other libraries: the same rows as in pandas, and all functions take them."""

from __future__ import annotations

import gc
import json
import subprocess
import sys
import threading
import warnings

import numpy as np
import pandas as pd
import pytest
from scipy.stats import loguniform
from sklearn.datasets import load_iris
from sklearn.model_selection import RandomizedSearchCV
from sklearn.svm import SVC

import skhypershap
from skhypershap import frame_libraries, plotting, settings

pl = pytest.importorskip("polars")
pa = pytest.importorskip("pyarrow")

TYPES = {"polars": pl.DataFrame, "pyarrow": pa.Table}
LIBRARIES = list(TYPES)


@pytest.fixture(scope="module")
def explainer():
    """A conditional space with None, text, integers and floats among the values."""
    space = [
        {"C": loguniform(0.1, 10), "kernel": ["rbf"], "gamma": ["scale", 0.1, 1.0]},
        {"C": [1, 2, 3], "kernel": ["linear"], "class_weight": [None, "balanced"]},
    ]
    metrics = {"scoring": ["accuracy", "f1_macro"], "refit": "accuracy"}
    search = RandomizedSearchCV(SVC(gamma=0.1), space, n_iter=25, cv=3, random_state=0, **metrics)
    found = skhypershap.HyperSHAPExplainer(
        search, random_state=0, n_samples=100, surrogate="forest"
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return found.fit(*load_iris(return_X_y=True))


CALLS = {
    "explain": lambda e: e.explain(["ablation", "tunability"], n_bootstrap=3),
    "coalition_values": lambda e: e.coalition_values(),
    "best_subsets": lambda e: e.best_subsets(),
    "effects": lambda e: e.effects(),
    "good_ranges": lambda e: e.good_ranges(),
    "ablation_path": lambda e: e.ablation_path(),
    "diagnostics": lambda e: e.diagnostics(),
    "predictions": lambda e: e.predictions(),
    "history": lambda e: e.history(2, n_bootstrap=2),
    "next_trials": lambda e: e.next_trials(10),
    "verify": lambda e: e.verify(*load_iris(return_X_y=True)),
    "summarize": lambda e: skhypershap.summarize(e.explain(n_bootstrap=3)),
    "explain_jointly": lambda e: skhypershap.explain_jointly({"a": e, "b": e}, per_dataset=True),
    "best_subsets_jointly": lambda e: skhypershap.best_subsets_jointly({"a": e, "b": e}),
    "explain_metrics": lambda e: both_metrics(skhypershap.explain_metrics, e),
    "trade_off_coalitions": lambda e: both_metrics(skhypershap.trade_off_coalitions, e),
    "trade_off": lambda e: skhypershap.trade_off(both_metrics(skhypershap.explain_metrics, e)),
}


def both_metrics(function, explainer):
    return function(
        explainer.search_,
        ["accuracy", "f1_macro"],
        random_state=0,
        surrogate="forest",
        n_samples=100,
    )


@pytest.fixture(scope="module")
def in_pandas(explainer):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return {name: call(explainer) for name, call in CALLS.items()}


def plain(cell):
    """A cell of pandas as other libraries hold it."""
    if isinstance(cell, (tuple, list)):
        return list(map(str, cell))
    if cell is None or cell is pd.NA:
        return None
    return cell


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", CALLS)
def test_every_frame_comes_in_polars(explainer, in_pandas, name):
    with skhypershap.config_context(frames="polars"):
        frame = CALLS[name](explainer)
    check_same(frame, in_pandas[name], "polars", labelled=name == "verify")


@pytest.mark.parametrize("name", CALLS)
def test_every_frame_has_the_same_cells_in_pyarrow(in_pandas, name):
    frame = frame_libraries.converted(in_pandas[name], "pyarrow")
    check_same(frame, in_pandas[name], "pyarrow", labelled=name == "verify")


def check_same(frame, expected, library, *, labelled):
    assert type(frame) is TYPES[library]
    columns = list(frame.columns if library == "polars" else frame.column_names)
    assert columns == [*(["index"] if labelled else []), *expected.columns]
    assert len(frame) == len(expected)
    np.testing.assert_equal(skhypershap.attrs_of(frame), expected.attrs)
    cells = frame.to_dict(as_series=False) if library == "polars" else frame.to_pydict()
    for column in expected:
        if isinstance(expected[column].iloc[-1], dict):
            assert all(isinstance(json.loads(cell), dict) for cell in cells[column])
            continue
        for cell, pandas_cell in zip(cells[column], expected[column], strict=True):
            wanted = plain(pandas_cell)
            if isinstance(cell, str):
                wanted = str(wanted)
            missing = cell is None or cell != cell
            assert pd.isna(wanted) if missing else cell == wanted, (column, cell, pandas_cell)


PLOTS = {
    "explain": plotting.plot_importance,
    "coalition_values": plotting.plot_coalitions,
    "best_subsets": plotting.plot_coalitions,
    "effects": plotting.plot_effect,
    "ablation_path": plotting.plot_path,
    "predictions": plotting.plot_predictions,
    "history": plotting.plot_history,
    "explain_jointly": plotting.plot_datasets,
    "trade_off": plotting.plot_trade_off,
}


def texts(axes):
    figure = np.ravel(np.asarray(axes, dtype=object))[0].get_figure(root=True)
    figure.canvas.draw()
    found = [text.get_text() for one in figure.axes for text in one.texts]
    for one in figure.axes:
        found += [one.get_title(), one.get_xlabel(), one.get_ylabel()]
        found += [tick.get_text() for tick in one.get_xticklabels() + one.get_yticklabels()]
    return found


@pytest.fixture(scope="module")
def texts_of_pandas(in_pandas):
    return {name: texts(plot(in_pandas[name])) for name, plot in PLOTS.items()}


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("name", PLOTS)
def test_plots_are_the_same(in_pandas, texts_of_pandas, name, library):
    frame = frame_libraries.converted(in_pandas[name], library)
    assert texts(PLOTS[name](frame)) == texts_of_pandas[name]


@pytest.mark.parametrize("name", PLOTS)
def test_plots_are_the_same_while_frames_come_in_polars(in_pandas, texts_of_pandas, name):
    with skhypershap.config_context(frames="polars"):
        frame = frame_libraries.converted(in_pandas[name], "polars")
        assert texts(PLOTS[name](frame)) == texts_of_pandas[name]


def test_displays_take_frames_of_other_libraries(explainer):
    with skhypershap.config_context(frames="polars"):
        display = plotting.ImportanceDisplay.from_explainer(explainer)
        plotting.SurfaceDisplay.from_explainer(explainer, ("C", "kernel"))
        plotting.InteractionsDisplay.from_explainer(explainer)
        plotting.NetworkDisplay.from_explainer(explainer)
    assert type(display.frame) is pl.DataFrame
    assert texts(display.ax_)


@pytest.mark.parametrize("library", LIBRARIES)
def test_summarize_and_trade_off_take_frames_of_other_libraries(in_pandas, library):
    for name, function in (
        ("explain", skhypershap.summarize),
        ("explain_metrics", skhypershap.trade_off),
    ):
        expected = function(in_pandas[name])
        found = function(frame_libraries.converted(in_pandas[name], library))
        pd.testing.assert_frame_equal(found, expected)
        np.testing.assert_equal(found.attrs, expected.attrs)


def test_a_frame_made_of_another_has_no_attrs_and_summarize_warns(in_pandas):
    frame = frame_libraries.converted(in_pandas["explain"], "polars")
    part = frame.filter(pl.col("game") == "tunability")
    assert skhypershap.attrs_of(part) == {}
    with pytest.warns(skhypershap.SurrogateWarning, match="lost its attrs"):
        assert len(skhypershap.summarize(part)) == len(part) // 4


def test_attrs_are_gone_with_their_frame(in_pandas):
    frame = frame_libraries.converted(in_pandas["explain"], "polars")
    place = id(frame)
    assert place in frame_libraries._attrs
    del frame
    gc.collect()
    assert place not in frame_libraries._attrs


def test_configurations_come_in_frames_of_any_library(explainer):
    configs = explainer.trials_.drop(columns="score").iloc[:8]
    expected = explainer.predict_score(configs)
    simple = configs[["C"]].astype(float).assign(kernel="linear", class_weight="balanced")
    for frame in (pl.DataFrame(simple.to_dict("list")), pa.Table.from_pandas(simple)):
        np.testing.assert_array_equal(
            explainer.predict_score(frame.select(["C", "kernel", "class_weight"])),
            explainer.predict_score(simple),
        )
    assert expected.shape == (8,)


def test_what_the_library_does_itself_stays_with_pandas(explainer):
    expected, report = str(explainer.summary()), explainer.report().to_dict()
    with skhypershap.config_context(frames="polars"):
        assert str(explainer.summary()) == expected
        np.testing.assert_equal(explainer.report().to_dict(), report)
        assert isinstance(explainer.reduced_search(), RandomizedSearchCV)
    assert isinstance(explainer.trials_, pd.DataFrame)


@pytest.mark.parametrize("library", LIBRARIES)
def test_empty_frames_keep_their_types(in_pandas, library):
    for table in in_pandas.values():
        whole = frame_libraries.converted(table, library)
        empty = frame_libraries.converted(table.iloc[:0], library)
        numbers = [name for name in table if table[name].dtype.kind in "ifb"]
        for name in [*numbers, *({"hyperparameters", "coalition"} & set(table))]:
            of_both = [
                frame.schema[name] if library == "polars" else frame.schema.field(name).type
                for frame in (whole, empty)
            ]
            assert of_both[0] == of_both[1], name
        assert len(frame_libraries.as_pandas(empty)) == 0


def test_settings_end_with_their_context_also_after_an_error():
    def fails():
        with skhypershap.config_context(frames="polars"):
            assert skhypershap.get_config() == {"frames": "polars"}
            skhypershap.set_config(frames="pyarrow")  # for the rest of the context
            assert skhypershap.get_config() == {"frames": "pyarrow"}
            with skhypershap.config_context():
                assert skhypershap.get_config() == {"frames": "pyarrow"}
            raise KeyError

    with pytest.raises(KeyError):
        fails()
    assert skhypershap.get_config() == {"frames": "pandas"}
    skhypershap.get_config()["frames"] = "polars"  # a copy
    assert skhypershap.get_config() == {"frames": "pandas"}


def test_a_setting_holds_in_all_threads_and_a_context_in_its_own():
    def seen():
        found = []
        thread = threading.Thread(target=lambda: found.append(skhypershap.get_config()["frames"]))
        thread.start()
        thread.join()
        return found[0]

    with skhypershap.config_context(frames="polars"):
        assert seen() == "pandas"
    skhypershap.set_config(frames="polars")
    try:
        assert seen() == "polars"
    finally:
        skhypershap.set_config(frames="pandas")


def test_unknown_library_is_an_error():
    with pytest.raises(ValueError, match=r"Unknown library of frames.*'Polars'.*'polars'"):
        skhypershap.set_config(frames="Polars")
    with pytest.raises(ValueError, match="library of frames"):
        skhypershap.set_config(frames=3)
    with pytest.raises(TypeError):
        skhypershap.set_config("polars")


@pytest.mark.parametrize(
    ("library", "advice"),
    [
        ("polars", r"skhypershap\[polars\]"),
        ("pyarrow", r"skhypershap\[parquet\]"),
        ("cudf", "cudf"),
    ],
)
def test_missing_library_is_an_error_with_advice(monkeypatch, library, advice):
    monkeypatch.setattr(settings, "find_spec", lambda name: None)
    with pytest.raises(ImportError, match=f"pip install .*{advice}"):
        skhypershap.set_config(frames=library)
    assert skhypershap.get_config() == {"frames": "pandas"}


def test_polars_is_not_imported_before_it_is_needed():
    code = "import sys, skhypershap; skhypershap.set_config(frames='polars')"
    code += "; print('polars' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"
