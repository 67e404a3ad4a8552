"""Files of trials as tables: csv, parquet and JSON lines. None of them is opened as a pickle."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from skhypershap._compat import optional
from skhypershap.errors import TrialsWarning, warn
from skhypershap.trials.json_files import DICT, read_json_lines, read_text

TEXT_TABLES = (".csv", ".tsv", ".csv.gz", ".tsv.gz")
PARQUET = (".parquet", ".pq")
JSON_LINES = (".jsonl", ".ndjson")
TABLES = TEXT_TABLES + PARQUET + JSON_LINES
SEPARATORS = (",", "\t", ";")
# What pandas reads as an empty cell, without "None", which is a value that was tried.
EMPTY = ["", "null", "NULL", "NaN", "nan", "NA", "N/A", "n/a", "<NA>", "#N/A", "-nan", "-NaN"]
NONE = "None"
PICKLES = (".pkl", ".pickle", ".joblib", ".dill", ".pt", ".pth")
# Before pandas 3 other ways to read floats lose the last digit; later it is the only way.
ALL_DIGITS: Any = {} if pd.__version__ >= "3" else {"float_precision": "round_trip"}
SHOWN = 200  # characters of another library's message

Cell = Any


def table_in(file: Path) -> pd.DataFrame:
    """Read a table of trials by the ending of its name.

    Raises
    ------
    ValueError
        If the file is broken or has no rows; it is never read in part.
    """
    name = file.name.lower()
    if name.endswith(TEXT_TABLES):
        table = _text_table(file)
    elif name.endswith(PARQUET):
        table = _parquet(file)
    else:
        table = _json_lines(file)
    if not len(table):
        raise ValueError(f"{str(file)!r} has no rows, so there is nothing to explain.")
    return table


def refuse_pickle(file: Path) -> None:
    """Refuse a file that is a pickle by its name or its first bytes.

    Opening one runs whatever code is in it.
    """
    by_name = file.name.lower().endswith(PICKLES)
    start = b"" if by_name or not file.is_file() else _start(file, 2)
    if by_name or (len(start) == 2 and start[0] == 0x80 and 2 <= start[1] <= 5):
        raise ValueError(
            f"{str(file)!r} is a pickle. Opening one runs the code in it, so paths to pickles are not "
            "read. If you trust the file, load it yourself (joblib.load or pickle.load) and pass the "
            "object: the search, the study or the table."
        )


def _start(file: Path, n_bytes: int) -> bytes:
    with file.open("rb") as stream:
        return stream.read(n_bytes)


def starts_with(file: Path, magic: bytes) -> bool:
    """Whether these are the first bytes of a file."""
    return file.is_file() and _start(file, len(magic)) == magic


def _text_table(file: Path) -> pd.DataFrame:
    text = _unzipped(file) if file.name.lower().endswith(".gz") else read_text(file)
    if not text.strip():
        raise ValueError(f"{str(file)!r} is empty, so there is nothing to explain.")
    header = text.lstrip("\r\n").split("\n", 1)[0]
    separator = max(SEPARATORS, key=header.count)
    _check_rows(file, text, separator)
    if not text.endswith(("\n", "\r")):
        warn(
            f"{str(file)!r}: the last line has no end. If the file was cut off there, the last cell is "
            "wrong; otherwise add a line end.",
            TrialsWarning,
        )
    table = pd.read_csv(
        io.StringIO(text),
        sep=separator,
        keep_default_na=False,
        na_values=EMPTY,
        low_memory=False,
        **ALL_DIGITS,
    )
    return table.apply(_with_none) if len(table) else table


def _unzipped(file: Path) -> str:
    try:
        with gzip.open(file, "rt", encoding="utf-8-sig") as stream:
            return stream.read()
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise ValueError(f"{str(file)!r} is not complete text in gzip ({error}).") from error


def _check_rows(file: Path, text: str, separator: str) -> None:
    """Refuse rows with more or fewer cells than the header; pandas fills them."""
    reader = csv.reader(io.StringIO(text), delimiter=separator, strict=True)
    n_columns = 0
    limit = csv.field_size_limit(max(len(text), 1))  # of all readers; set back below
    try:
        for row in reader:
            if not row:
                continue
            n_columns = n_columns or len(row)
            if len(row) != n_columns:
                raise ValueError(
                    f"{str(file)!r}: line {reader.line_num} has {len(row)} cells, but the header has "
                    f"{n_columns}. The file is broken or cut off, and is not read any further."
                )
    except csv.Error as error:
        raise ValueError(
            f"{str(file)!r}: line {reader.line_num} cannot be read ({error}). The file is broken or cut "
            "off, and is not read any further."
        ) from error
    finally:
        csv.field_size_limit(limit)


def _with_none(cells: pd.Series) -> pd.Series:
    """A column of text with None where the file says so; a parameter that MLflow logged is text."""
    if (
        str(cells.name).startswith("params.")
        or pd.api.types.is_numeric_dtype(cells.dtype)
        or not (cells == NONE).any()
    ):
        return cells
    values = [None if cell == NONE else cell for cell in cells.astype(object).tolist()]
    return pd.Series(values, index=cells.index, name=cells.name, dtype=object)


def _parquet(file: Path) -> pd.DataFrame:
    optional("pyarrow", "parquet")
    try:
        return pd.read_parquet(file, engine="pyarrow")
    except Exception as error:  # pyarrow has errors of several kinds for broken files
        message = str(error)[:SHOWN]
        raise ValueError(f"{str(file)!r} is not a complete parquet file ({message}).") from error


def _json_lines(file: Path) -> pd.DataFrame:
    rows = [flat(place.check(row, DICT)) for place, row in read_json_lines(file)]
    if not rows:
        raise ValueError(f"{str(file)!r} is empty, so there is nothing to explain.")
    return table_of_rows(rows)


def flat(nested: Mapping[str, Any], before: str = "", joint: str = ".") -> dict[str, Any]:
    """Join the names of nested dicts."""
    found: dict[str, Any] = {}
    for key, value in nested.items():
        name = f"{before}{key}"
        if isinstance(value, Mapping) and value:
            found |= flat(value, f"{name}{joint}", joint)
        else:
            found[name] = value
    return found


def table_of_rows(rows: Sequence[Mapping[str, Cell]]) -> pd.DataFrame:
    """A table of dicts; None stays a value, and what a row does not have is an empty cell."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = {name: _column([row.get(name, np.nan) for row in rows]) for name in names}
    return pd.DataFrame(columns, index=range(len(rows)))


def _column(cells: list[Cell]) -> pd.Series:
    """Cells with their own types where one of them is None or missing, or they are no plain values."""
    plain = all(isinstance(cell, (str, bool, int, float)) for cell in cells)
    whole = plain and len({type(cell) for cell in cells}) == 1
    return pd.Series(cells) if whole else pd.Series(cells, dtype=object)
