"""Tables with bars: what is shown, what is hidden, and that nothing in a frame breaks them."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from plot_frames import drawn, path_of, table_of

from skhypershap import style, summarize
from skhypershap.frame_libraries import converted
from skhypershap.styling import ABOVE, BELOW

pytest.importorskip("jinja2")


def cells_of(table):
    """The texts of all cells that are shown, row by row."""
    text = style(table).to_html()
    body = text[text.index("<tbody>") :]
    return [re.findall(r"<td[^>]*>(.*?)</td>", row) for row in body.split("<tr>")[1:]]


def columns_of(table):
    return re.findall(r"<th[^>]*col_heading[^>]*>(.*?)</th>", style(table).to_html())


def css_of(table):
    """The style of each cell, by row and column."""
    styler = style(table)
    styler._compute()
    return {place: dict(parts) for place, parts in styler.ctx.items() if parts}


def test_an_explanation_has_bars_formatted_values_and_no_index():
    table = table_of(3)
    rows = cells_of(table)
    assert columns_of(table) == ["interaction", "value", "order", "game", "measure"]
    assert [row[0] for row in rows] == table["interaction"].tolist()
    assert [float(row[1]) for row in rows] == pytest.approx(table["value"], abs=5e-4)
    assert len({len(row[1].lstrip("-").partition(".")[2]) for row in rows}) == 1
    assert "level0" not in "".join(style(table).to_html().partition("<tbody>")[2:])


def test_bars_leave_zero_to_the_side_of_the_sign():
    table = table_of(3).assign(value=[1.0, -1.0, 0.5, 0.0, np.nan, -0.25])
    column = table.columns.get_loc("value")
    bars = {row: str(parts) for (row, col), parts in css_of(table).items() if col == column}
    assert all(ABOVE in bars[row] and BELOW not in bars[row] for row in (0, 2))
    assert all(BELOW in bars[row] and ABOVE not in bars[row] for row in (1, 5))
    assert not any(colour in bars.get(row, "") for row in (3, 4) for colour in (ABOVE, BELOW)) or (
        "50.0%" in bars[3]
    )


def test_games_have_scales_of_their_own():
    table = pd.concat([table_of(2, game="tunability"), table_of(2, game="sensitivity")])
    table["value"] = [1.0, 0.5, 0.1, 1e-4, 5e-5, 1e-5]
    css = css_of(table)
    column = table.columns.get_loc("value")
    assert [css[row, column] for row in range(3)] == [css[row + 3, column] for row in range(3)]
    assert [row[1] for row in cells_of(table)][2:5] == ["0.10", "0.000100", "0.000050"]


def test_no_text_colour_is_set_so_that_dark_pages_stay_readable():
    css = str(css_of(table_of(3)))
    assert "'color'" not in css
    assert "rgba" in css


def test_shares_are_percentages_with_bars_from_zero_to_one():
    table = pd.DataFrame(
        {
            "size": [0, 1],
            "hyperparameters": [(), ("C", "gamma")],
            "gain": [0.0, 0.02],
            "share": [0.0, 0.5],
            "configuration": [{}, {"C": 1.0, "kernel": "rbf"}],
        }
    )
    assert cells_of(table)[1] == ["1", "C, gamma", "0.0200", "50 %", "C=1.0, kernel=rbf"]
    assert "45.0%" in str(css_of(table)[1, 3])  # half of 90 % of the cell


FRAMES = {
    "summary": lambda: summarize(drawn(table_of(4))),
    "draws": lambda: drawn(table_of(4)),
    "path": lambda: path_of(3),
    "trade-off": lambda: pd.DataFrame(
        {"interaction": ["a"], "accuracy": [0.1], "fit_time": [-3e9], "dominated": [True]}
    ),
    "labelled": lambda: pd.DataFrame({"measured": [0.1, np.nan]}, index=["baseline", "best"]),
    "infinite": lambda: table_of(2).assign(value=[np.inf, np.nan, -np.inf]),
    "tiny": lambda: table_of(2).assign(value=[1e-300, 0.0, -1e-310]),
    "integers": lambda: table_of(2).assign(value=[1, 2, -3]),
    "nullable": lambda: table_of(2).assign(value=pd.array([1.5, None, 2.0], dtype="Float64")),
    "objects": lambda: table_of(2).assign(value=pd.Series([None, "x", 2.0], dtype=object)),
    "nothing": lambda: pd.DataFrame(),
    "tuned_for": lambda: pd.DataFrame({"tuned_for": ["a"], "a": [1.0], "dominated": [False]}),
}


@pytest.mark.parametrize("name", FRAMES)
def test_no_frame_fails_with_rows_or_without(name):
    table = FRAMES[name]()
    before = table.copy()
    assert "<table" in style(table).to_html()
    assert "<table" in style(table.iloc[:0]).to_html()
    pd.testing.assert_frame_equal(table, before)


def test_labels_of_rows_are_shown():
    assert cells_of(FRAMES["labelled"]()) == [["baseline", "0.100"], ["best", ""]]


def test_frames_of_other_libraries_have_the_same_table():
    pytest.importorskip("polars")
    table = summarize(drawn(table_of(4)))
    assert cells_of(converted(table, "polars")) == cells_of(table)


def test_hostile_text_is_text_in_cells_and_headings():
    bad = "<script>alert(1)</script>"
    table = pd.DataFrame({"interaction": [bad], "dominated": [True], bad: [1.0]})
    table["hyperparameters"] = [(bad,)]
    text = style(table).to_html()
    assert "<script" not in text
    assert text.count("&lt;script&gt;") == 2
    text = style(table.drop(columns="interaction")).to_html()
    assert "<script" not in text
    configuration = pd.DataFrame({"configuration": [{bad: bad}], "other": [[bad]]})
    assert "<script" not in style(configuration).to_html()


def test_bad_tables_are_errors():
    with pytest.raises(TypeError, match=r"table must be a DataFrame; got dict"):
        style({"value": [1]})
    with pytest.raises(ValueError, match="two columns 'a'"):
        style(pd.DataFrame([[1, 2]], columns=["a", "a"]))


def test_missing_jinja2_is_an_error_with_advice(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "jinja2", None)
    with pytest.raises(ImportError, match=r"skhypershap\[notebook\]"):
        style(table_of(2))
