"""Columns of any table that are not hyperparameters: they identify a row, or are other results."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from scipy.stats import spearmanr
from sklearn.ensemble import ExtraTreesRegressor

from skhypershap.space.value_keys import is_number, value_key
from skhypershap.trials.inferred_space import FEW
from skhypershap.trials.tables.optuna_table import is_loss

# Names of columns that count rows or name them, where their values do so, too.
ROW_NAME = re.compile(r"(unnamed: ?\d+|(.*_)?(number|trial|run|id|uuid|index|row))", re.IGNORECASE)
TIME_NAME = re.compile(
    r"(.*[_ .])?(time|times|seconds|secs?|duration|runtime|elapsed|wall_?(time|clock)|timestamp)"
    r"([_ ]?(s|ms|secs?|seconds|total|start|end))?",
    re.IGNORECASE,
)
RANK_NAME = re.compile(r"(rank|ranking)|rank_test_.*|.*_rank", re.IGNORECASE)
SPLIT_NAME = re.compile(r"split_?\d+(_.*)?|fold_?\d+(_.*)?", re.IGNORECASE)
STD_NAME = re.compile(
    r"(?:std|stdev|stddev|stderr)(?:[_ .](.*))?|(.*)[_ .](?:std|stdev|stddev|stderr)", re.I
)
FOLD_NAME = re.compile(r"(mean_)?(test|train|val|valid|validation|cv)([_ .].*)?", re.IGNORECASE)
RESULT_NAME = re.compile(
    r"(.*[_ .])?(score|scores|acc|accuracy|loss|auc|roc_?auc|f1|r2|rmse|mse|mae|logloss|log_loss|error)",
    re.IGNORECASE,
)
DATE = re.compile(r"\d{4}-\d{2}-\d{2}([T ].*)?|-?\d+ days.*")
ALONE = 0.95  # rank correlation with the score of a column that predicts it alone
NAMED = 0.7  # the same, of a column with the name of a metric
DISTINCT = 0.9  # of the cells of a text that identifies its row
FOLLOWS = 0.3  # R2 with which the other columns predict what is a result, too
MIN_ROWS = 12  # fewer show too little of what a column is


def columns_left_out(table: pd.DataFrame, names: Sequence[str], score: str) -> dict[str, str]:
    """Find the columns that are not hyperparameters, and why.

    Parameters
    ----------
    table : DataFrame
        A row per trial; only read.
    names : sequence of str
        The columns that may be hyperparameters.
    score : str
        The column of scores.

    Returns
    -------
    dict of str to str
        What each column seems to be. Empty if nothing would remain.
    """
    scores = pd.to_numeric(table[score], errors="coerce").to_numpy(dtype=float)
    found = {
        name: reason for name in names if (reason := _reason(table[name], name, score, scores))
    }
    rest = [name for name in names if name not in found]
    found |= dict.fromkeys(_other_results(table, rest, scores), "another result")
    return found if len(found) < len(names) else {}


def score_columns(table: pd.DataFrame, names: Sequence[str]) -> list[str]:
    """Columns that may be scores: numbers, and no ranks, deviations, splits or numbers of rows."""
    others = (ROW_NAME, RANK_NAME, SPLIT_NAME, STD_NAME)
    numeric = [name for name in names if pd.api.types.is_numeric_dtype(table[name].dtype)]
    return [name for name in numeric if not any(pattern.fullmatch(name) for pattern in others)]


def likely_scores(table: pd.DataFrame, names: Sequence[str]) -> list[str]:
    """Columns that may be scores: those with the name of a metric, where there are any."""
    numeric = score_columns(table, names)
    return [name for name in numeric if RESULT_NAME.fullmatch(name)] or numeric


def looks_lower_better(name: str) -> bool:
    """Whether a column of scores has the name of a loss or a time."""
    return is_loss(name) or TIME_NAME.fullmatch(name) is not None


def described(left_out: dict[str, str]) -> str:
    """The sentence on columns that were left out, and how to use them; nothing if there are none."""
    if not left_out:
        return ""
    shown = ", ".join(f"{name!r} ({reason})" for name, reason in left_out.items())
    return (
        f"Left out as columns that are not hyperparameters: {shown}. To use one of them, pass space= "
        "with an entry for each hyperparameter."
    )


def _reason(cells: pd.Series, name: str, score: str, scores: np.ndarray) -> str | None:
    """What a column is if it cannot be a hyperparameter, by its values, or by its name and values."""
    if pd.api.types.is_datetime64_any_dtype(cells.dtype):
        return "a date"
    if pd.api.types.is_timedelta64_dtype(cells.dtype):
        return "a time"
    given = cells[cells.notna()].tolist()
    numbers = np.array([v for v in given if is_number(v) and math.isfinite(v)], dtype=float)
    if not given or len(numbers) < len(given):
        return _reason_of_text(given, name)
    n_distinct, whole = len(set(numbers)), bool(np.all(numbers == np.rint(numbers)))
    spread = n_distinct > 1 and n_distinct > DISTINCT / 2 * len(numbers)
    if ROW_NAME.fullmatch(name) and whole and n_distinct == len(numbers) > 1:
        return "it identifies the row"
    if SPLIT_NAME.fullmatch(name) and spread:
        return "the score of a split"
    if TIME_NAME.fullmatch(name) and (spread or not whole):
        return "a time"
    if _is_std_of_result(name, score) and spread and not whole:
        return "a standard deviation"
    if RANK_NAME.fullmatch(name) and whole and _is_rank(cells, scores):
        return "a rank of the score"
    return None


def _is_std_of_result(name: str, score: str) -> bool:
    """Whether a name is that of a standard deviation of scores, unlike `init_std`."""
    match = STD_NAME.fullmatch(name)
    if match is None:
        return False
    of = match[1] or match[2] or score
    return bool(of == score or RESULT_NAME.fullmatch(of) or FOLD_NAME.fullmatch(of))


def _reason_of_text(given: Sequence[object], name: str) -> str | None:
    texts = [value for value in given if isinstance(value, str)]
    if texts and len(texts) == len(given) and all(map(DATE.fullmatch, texts)):
        return "a time" if "days" in texts[0] else "a date"
    n_distinct = len({value_key(value) for value in given})
    n_numbers = sum(map(is_number, given))
    if n_distinct > FEW and n_distinct >= DISTINCT * len(given) and 2 * n_numbers < len(given):
        is_number_text = texts and all(map(_is_number_text, texts))
        return None if is_number_text else "it identifies the row"
    return None


def _is_number_text(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return text == "None"
    return True


def _is_rank(cells: pd.Series, scores: np.ndarray) -> bool:
    """Whether a column orders the trials as their scores do, in either direction."""
    values = pd.to_numeric(cells, errors="coerce").to_numpy(dtype=float)
    return abs(_rank_correlation(values, scores)) > ALONE


def _rank_correlation(values: np.ndarray, scores: np.ndarray) -> float:
    known = np.isfinite(values) & np.isfinite(scores)
    varies = known.sum() > 2 and np.ptp(values[known]) > 0 and np.ptp(scores[known]) > 0
    return float(spearmanr(values[known], scores[known])[0]) if varies else 0.0


def _other_results(table: pd.DataFrame, names: Iterable[str], scores: np.ndarray) -> list[str]:
    """Columns that order the trials as the scores do, and are themselves predicted by the others.

    A single hyperparameter may decide the score; but it does not depend on the others, as a result does.
    Where a column has the name of a metric, its agreement with the score is enough.
    """
    numbers = {
        name: pd.to_numeric(table[name], errors="coerce").to_numpy(dtype=float) for name in names
    }
    agreeing = [
        name
        for name, values in numbers.items()
        if np.isfinite(values).sum() >= MIN_ROWS
        and len(np.unique(values[np.isfinite(values)])) > FEW
        and abs(_rank_correlation(values, scores))
        >= (NAMED if RESULT_NAME.fullmatch(name) else ALONE)
    ]
    others = [name for name in numbers if name not in agreeing]
    if not agreeing or not others:
        return [name for name in agreeing if RESULT_NAME.fullmatch(name)]
    inputs = np.column_stack([_codes(table[name], numbers[name]) for name in others])
    return [
        name
        for name in agreeing
        if RESULT_NAME.fullmatch(name) or _predicted(inputs, numbers[name]) > FOLLOWS
    ]


def _codes(cells: pd.Series, numbers: np.ndarray) -> np.ndarray:
    """A column as an input of trees: ranks of numbers, positions of choices, -1 for an empty cell."""
    if np.isfinite(numbers).any():
        finite = np.where(np.isfinite(numbers), numbers, np.nan)
        return pd.Series(finite).rank().fillna(-1).to_numpy()
    return pd.factorize(cells.map(str))[0].astype(float)


def _predicted(inputs: np.ndarray, values: np.ndarray) -> float:
    """R2 on trees' left-out trials of the ranks of a column."""
    known = np.isfinite(values)
    ranks = pd.Series(values[known]).rank().to_numpy()
    model = ExtraTreesRegressor(100, bootstrap=True, oob_score=False, random_state=0)
    return _held_out_r2(model, inputs[known], ranks)


def _held_out_r2(model: ExtraTreesRegressor, inputs: np.ndarray, values: np.ndarray) -> float:
    fold = np.arange(len(values)) % 5
    fold = np.random.RandomState(0).permutation(fold)
    predicted = np.empty(len(values))
    for part in range(5):
        inside = fold == part
        model.fit(inputs[~inside], values[~inside])
        predicted[inside] = model.predict(inputs[inside])
    return 1 - float(np.mean((values - predicted) ** 2) / np.var(values))
