"""Optuna's storages: files of sqlite, journals and databases by their address, and their studies."""

from __future__ import annotations

import re
import sqlite3
from collections import deque
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

from skhypershap._compat import class_names, optional
from skhypershap.errors import unknown_name
from skhypershap.trials.files import starts_with

ADDRESS = re.compile(r"(sqlite|mysql|mariadb|postgresql|postgres|oracle|mssql)(\+\w+)?://.*", re.I)
PASSWORD = re.compile(r"(?<=://)([^:@/]*):.*(?=@)")  # to the last @: one may be part of it
SQLITE = re.compile(r"sqlite(?:\+\w+)?://(?:/(?P<file>[^?]*))?(?:\?.*)?", re.I)
MAGIC = b"SQLite format 3\x00"
JOURNAL_MAGIC = b'{"op_code"'
FILES = (".db", ".sqlite", ".sqlite3", ".db3")
STORAGE = "optuna.storages._base.BaseStorage"
TABLES = {"studies", "trials", "trial_params"}  # of every version of Optuna's schema


def is_storage(source: Any) -> bool:
    """Whether a source is one of Optuna's storage objects."""
    return STORAGE in class_names(source)


def is_address(text: str) -> bool:
    """Whether text is the address of a database."""
    return ADDRESS.fullmatch(text) is not None


def is_journal(file: Path) -> bool:
    """Whether a file is a journal of Optuna's."""
    return starts_with(file, JOURNAL_MAGIC)


def without_password(address: str) -> str:
    """An address for messages."""
    return PASSWORD.sub(r"\1:***", address)


def storage_at(address: str) -> Any:
    """Open the storage at an address; a file of sqlite is opened for reading only."""
    match = SQLITE.fullmatch(address)
    if match is None:
        return _opened(address, without_password(address))
    file = match["file"]
    if not file or file == ":memory:":
        raise ValueError(
            f"{address!r} is a database in memory, which is empty. Pass the study itself."
        )
    return storage_in(Path(file))


def storage_in(file: Path) -> Any:
    """Open the storage in a file of sqlite.

    Optuna would create a missing file, and tables in a file that is not its own.
    """
    if not file.is_file():
        raise FileNotFoundError(f"There is no file {str(file)!r}.")
    if not starts_with(file, MAGIC):
        raise ValueError(f"{str(file)!r} is not a file of sqlite.")
    uri = f"file:{quote(str(file.resolve()))}?mode=ro"
    try:
        with closing(sqlite3.connect(uri, uri=True)) as connection:
            rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            found = {name for (name,) in rows}
            connection.execute("PRAGMA schema_version")
    except sqlite3.DatabaseError as error:
        raise ValueError(f"{str(file)!r} is not a complete file of sqlite ({error}).") from error
    if not found >= TABLES:
        shown = ", ".join(sorted(found)) or "none"
        raise ValueError(
            f"{str(file)!r} is no storage of Optuna's: it lacks the tables "
            f"{', '.join(sorted(TABLES - found))} (its tables: {shown}). Read another database with "
            "pandas.read_sql, and pass the DataFrame."
        )
    return _opened(f"sqlite:///{uri}&uri=true", str(file))


def journal_in(file: Path) -> Any:
    """Open a journal of Optuna's."""
    with file.open("rb") as lines:
        (last,) = deque(lines, maxlen=1)
    if not last.endswith(b"\n"):
        raise ValueError(
            f"{str(file)!r} is not a complete journal of Optuna's: its last line has no end "
            f"({last[:40].decode(errors='replace')}...)."
        )
    optuna = optional("optuna", "optuna")
    journal = optional("optuna.storages.journal", "optuna")
    try:
        return optuna.storages.JournalStorage(journal.JournalFileBackend(str(file)))
    except Exception as error:  # whatever a broken journal makes Optuna raise
        raise _unreadable(str(file), error) from error


def _opened(url: str, shown: str) -> Any:
    optuna = optional("optuna", "optuna")
    try:
        return optuna.storages.RDBStorage(url)
    except ImportError:
        raise  # the driver of a database; the message names it
    except Exception as error:  # of sqlalchemy, or a schema of another version
        raise _unreadable(shown, error) from error


def _unreadable(shown: str, error: Exception) -> ValueError:
    message = str(error).split("\n")[0]
    return ValueError(f"Optuna cannot read {shown!r} ({type(error).__name__}: {message}).")


def study_in(storage: Any, shown: str, study_name: str | None = None) -> Any:
    """A study of a storage: the one that is named, or the only one.

    Raises
    ------
    ValueError
        If there is none, none with this name, or there are several and no name; the message lists
        their names.
    """
    optuna = optional("optuna", "optuna")
    try:
        names = optuna.get_all_study_names(storage)
    except Exception as error:  # of a database that is broken further inside
        raise _unreadable(shown, error) from error
    if not names:
        raise ValueError(f"{shown!r} has no study.")
    if study_name is not None and study_name not in names:
        raise unknown_name(f"study_name (a study in {shown!r})", study_name, names)
    if study_name is None and len(names) > 1:
        raise ValueError(
            f"{shown!r} has {len(names)} studies: {', '.join(map(repr, names))}. Choose one: "
            "read_trials(..., study_name=...), whose result HyperSHAPExplainer takes, too."
        )
    name = names[0] if study_name is None else study_name
    try:
        return optuna.load_study(study_name=name, storage=storage)
    except Exception as error:  # as above
        raise _unreadable(shown, error) from error
