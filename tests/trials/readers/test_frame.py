"""Frames of other libraries are read as the same frame in pandas."""

from __future__ import annotations

import datetime
import subprocess
import sys

import narwhals
import numpy as np
import pandas as pd
import pytest

from skhypershap import HyperSHAPExplainer, read_trials
from skhypershap.trials.readers.frame import as_pandas

pl = pytest.importorskip("polars")
pa = pytest.importorskip("pyarrow")

pytestmark = pytest.mark.filterwarnings("ignore::skhypershap.HyperSHAPWarning")

N = 40


@pytest.fixture(scope="module")
def columns():
    rng = np.random.default_rng(0)
    rate = rng.random(N)
    layers = rng.integers(1, 4, N).tolist()
    return {
        "rate": rate.tolist(),
        "layers": layers,
        "units": [32 * (i % 3 + 1) if n > 1 else None for i, n in enumerate(layers)],
        "solver": [["adam", "sgd"][i % 2] for i in range(N)],
        "score": (rate + np.array(layers)).tolist(),
    }


FORMS = {
    "polars": lambda columns: pl.DataFrame(columns),
    "lazy polars": lambda columns: pl.LazyFrame(columns),
    "pyarrow": lambda columns: pa.table(columns),
    "narwhals": lambda columns: narwhals.from_native(pl.DataFrame(columns)),
    "categories": lambda columns: pl.DataFrame(columns).with_columns(
        pl.col("solver").cast(pl.Categorical)
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_frame_is_read_as_that_of_pandas(columns, form):
    frame = FORMS[form](columns)
    found, expected = read_trials(frame), read_trials(pd.DataFrame(columns))
    assert found.configs == expected.configs
    assert {type(c["units"]) for c in found.configs if "units" in c} == {int}
    assert str(found.space) == str(expected.space)
    assert [str(one) for one in found.space.conditions] == ["units | layers > 1"]
    fitted = HyperSHAPExplainer(frame, surrogate="forest", random_state=0).fit()
    assert len(fitted.trials_) == N


def test_columns_keep_their_types():
    day = datetime.date(2026, 1, 2)
    frame = pl.DataFrame(
        {
            "whole": [1, None, 3],
            "real": [0.5, None, float("nan")],
            "flag": [True, None, False],
            "text": ["a", None, "b"],
            "nested": [{"a": 1}, None, {"a": 2}],
            "nothing": [None, None, None],
            "day": [day, day, day],
            "huge": [2**62, None, 2**62 + 1],
        }
    )
    found = as_pandas(frame)
    empty = found.isna().sum().to_dict()
    assert empty == {**dict.fromkeys(frame.columns, 1), "real": 2, "nothing": 3, "day": 0}
    assert found["huge"][2] == 2**62 + 1
    assert type(found["whole"].tolist()[0]) is int
    assert found["flag"].tolist()[0] is True
    assert pd.api.types.is_datetime64_any_dtype(found["day"])


def test_frame_is_not_changed(columns):
    frame = pl.DataFrame(columns)
    before = frame.clone()
    read_trials(frame)
    assert frame.equals(before)


def test_column_is_refused():
    with pytest.raises(TypeError, match="Cannot read trials from Series"):
        read_trials(pl.Series([1, 2]))


def test_frame_without_score_names_its_columns(columns):
    with pytest.raises(ValueError, match=r"metric= one of 'rate', 'layers', 'units'"):
        read_trials(pl.DataFrame(columns).rename({"score": "goodness"}).drop("goodness"))


def test_importing_loads_no_reader_and_no_library():
    code = "import sys, skhypershap; print(*sys.modules)"
    printed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
    loaded = set(printed.split())
    assert not loaded & {"polars", "optuna", "ray", "mlflow"}
    assert not [name for name in loaded if name.startswith("skhypershap.trials.readers.")]
