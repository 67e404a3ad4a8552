"""Numbers, values and facts as text."""

from __future__ import annotations

import string

import numpy as np
import pytest
from sklearn.svm import SVC

from skhypershap.report import words


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0721234, "0.0721"),
        (-12, "-12"),
        (0.0, "0"),
        (-0.0, "0"),
        (12345.6, "12346"),
        (1.2345e-7, "1.23e-7"),
        (-4e12, "-4e12"),
        (float("nan"), "–"),
        (float("inf"), "–"),
        (None, "–"),
    ],
)
def test_number_has_three_digits(value, text):
    assert words.number_text(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "None"),
        (True, "True"),
        (np.int64(3), "3"),
        (0.1 + 0.2, "0.3"),
        (np.float64(1e-4), "0.0001"),
        (float("nan"), "nan"),
        ("scale", "scale"),
        (SVC(C=2), "SVC(C=2)"),
        (np.mean, "mean"),
        (SVC, "SVC"),
        ((50, 20), "(50, 20)"),
    ],
)
def test_value_is_written_as_typed(value, text):
    assert words.value_text(value) == text


def test_value_has_no_address_and_is_not_endless():
    assert " at 0x" not in words.value_text([object()])
    assert len(words.value_text("x" * 1000)) == words.LONGEST_VALUE


@pytest.mark.parametrize(
    ("members", "value", "low", "high", "kind"),
    [
        ((0,), 1.0, 0.5, 2.0, words.ALONE),
        ((0,), -1.0, -2.0, -0.5, words.LOSS),
        ((0,), -1.0, None, None, words.LOSS),
        ((0, 1), 1.0, 0.5, 2.0, words.TOGETHER),
        ((0, 1), -1.0, -2.0, -0.5, words.OVERLAP),
        ((0, 1), -1.0, -2.0, 0.5, words.UNCLEAR),
        ((0, 1), 1.0, 0.0, 2.0, words.UNCLEAR),
        ((0, 1), 0.0, 0.0, 0.0, words.NOTHING),
        ((0, 1), 0.0, None, None, words.NOTHING),
    ],
)
def test_kind_is_no_clearer_than_the_interval(members, value, low, high, kind):
    assert words.kind_of(members, value, low, high) == kind


@pytest.mark.parametrize("game", words.QUESTIONS)
def test_every_kind_has_a_sentence_with_known_fields(game):
    meanings = words.meanings_of(game)
    kinds = {words.ALONE, words.LOSS, words.TOGETHER, words.OVERLAP, words.UNCLEAR, words.NOTHING}
    assert set(meanings) == kinds
    for kind, sentence in meanings.items():
        fields = {field for _, field, _, _ in string.Formatter().parse(sentence) if field}
        assert fields <= {"a", "b", "value", "low", "high"}
        assert "b" not in fields or kind in (words.TOGETHER, words.OVERLAP)


@pytest.mark.parametrize(
    ("levels", "level", "named"),
    [
        (["good", "good"], "good", []),
        (["good", "unknown"], "good", ["check 1"]),
        (["fair", "good"], "fair", ["check 0"]),
        (["fair", "poor"], "poor", ["check 1"]),
        (["unknown", "unknown"], "unknown", []),
    ],
)
def test_verdict_is_that_of_the_worst_check(levels, level, named):
    checks = [{"name": f"check {i}", "level": name} for i, name in enumerate(levels)]
    found, sentence = words.verdict(checks)
    assert found == level
    assert [row["name"] for row in checks if row["name"] in sentence] == named


@pytest.mark.parametrize(
    ("score", "difference", "text"),
    [
        (0.97214, 0.0224, "0.9721"),
        (0.972, 0.02, "0.972"),
        (130.0, 127.5, "130"),
        (0.0001, 5.0, "0"),
        (-0.5, 0.25, "-0.5"),
        (1e9 + 0.25, 0.25, "1000000000.25"),
        (1.1671e12, 5.7e11, "1.167e12"),
        (0.00084521, 5.4e-5, "0.0008452"),
        (0.12345678, 0.0, "0.1235"),
        (0.0, 3.0, "0"),
    ],
)
def test_score_has_the_digits_that_its_difference_needs(score, difference, text):
    assert words.rounded_text(score, difference) == text


def test_name_that_would_break_a_sentence_is_quoted():
    assert words.name_text("max depth") == "max depth"
    assert words.name_text("a\nb") == "'a\\nb'"
    assert words.name_text("  ") == "'  '"
    assert words.name_text("") == "''"


def test_unit_names_the_metric_and_its_direction():
    assert words.unit_text("tunability", "accuracy", "maximize") == "gain in accuracy"
    assert "minimised" in words.unit_text("ablation", "loss", "minimize")
    assert words.unit_text("sensitivity", "loss", "minimize") == "variance of loss"


def test_configuration_is_one_line():
    assert words.config_text({"C": 10.0, "kernel": "rbf"}) == "C = 10, kernel = rbf"
    assert words.list_text(["a", "b", "c"]) == "a, b and c"
