"""Values that a tracker logged as text: `str(value)`, read back."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from skhypershap.trials.tables.cells import INTEGER, NUMBER

WORDS = {"None": None, "True": True, "False": False, "nan": np.nan}


def as_logged(cells: pd.Series) -> pd.Series:
    """A column of text as the values that were logged; what was not logged is an empty cell.

    A column with one number that is not whole holds floats: 1 was logged as 1.0 or meant so.
    """
    texts: list[Any] = cells.tolist()
    if not any(isinstance(text, str) for text in texts):
        return cells.where(cells.notna(), np.nan)  # read from a file, where they became numbers
    values = [np.nan if _is_missing(text) else _value(text) for text in texts]
    numbers = [v for v in values if isinstance(v, (int, float)) and not isinstance(v, bool)]
    others = {v for v in values if isinstance(v, str)}
    if not others and any(isinstance(v, float) and not math.isnan(v) for v in numbers):
        values = [float(v) if isinstance(v, int) and not isinstance(v, bool) else v for v in values]
    return pd.Series(values, index=cells.index, dtype=object)


def _is_missing(text: Any) -> bool:
    return text is None or text is pd.NA or (isinstance(text, float) and math.isnan(text))


def _value(text: Any) -> Any:
    if not isinstance(text, str):
        return text
    word = text.strip()
    if word in WORDS:
        return WORDS[word]
    if INTEGER.fullmatch(word):
        return int(word)
    return float(word) if NUMBER.fullmatch(word) else text
