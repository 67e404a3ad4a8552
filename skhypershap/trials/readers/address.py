"""Trials at an address: text or a path that names a file, a folder or a database.

What is there is opened, and read by the reader of its kind.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from skhypershap.trials import storages
from skhypershap.trials.files import TABLES, refuse_pickle, table_in
from skhypershap.trials.readers import (
    deepcave_csv,
    deepcave_run,
    mlflow,
    optuna_study,
    ray_folder,
    ray_tune,
    smac,
    smac_files,
    table,
)
from skhypershap.trials.records import Checked, Records

KINDS = (
    "a table (.csv, .tsv, .parquet, .jsonl), an Optuna storage ('sqlite:///study.db', 'study.db', a "
    "journal), the folder of a SMAC, Ray Tune or DeepCAVE run, or 'mlflow:EXPERIMENT'"
)


MLFLOW_META = "meta.yaml"


class Opened(NamedTuple):
    """What was found at an address: its reader, and the source that this reads."""

    reader: Any
    source: Any
    file: Path | str | None = None  # named in messages
    checked: Checked | None = None


def metric_of_failures(source: Any) -> str | int | None:
    """See `Reader`."""
    opened = opened_at(source)
    named: str | int | None = getattr(opened.reader, "metric_of_failures", lambda _: None)(
        opened.source
    )
    return named


def check(source: Any, *, space: Any = None, metric: str | int | None = None) -> Checked:
    """See `Reader`; the details are what was opened."""
    opened = opened_at(source)
    with _naming(opened.file):
        checked: Checked = opened.reader.check(opened.source, space=space, metric=metric)
    return Checked(checked.metric, checked.space, checked.given, opened._replace(checked=checked))


def read(source: Any, checked: Checked, *, direction: str | None = None) -> Records:
    """See `Reader`."""
    opened: Opened = checked.details
    with _naming(opened.file):
        records: Records = opened.reader.read(opened.source, opened.checked, direction=direction)
    return records


@contextmanager
def _naming(file: Path | str | None) -> Iterator[None]:
    """Begin the message of an error with the file that it is about."""
    try:
        yield
    except ValueError as error:
        if file is None:
            raise
        raise ValueError(f"{str(file)!r}: {error}") from error


def opened_at(source: Any, study_name: str | None = None) -> Opened:
    """Open what is at an address.

    Parameters
    ----------
    source : str, path-like or Optuna storage
        The address.
    study_name : str, optional
        The study to read, where the address is that of a storage.

    Raises
    ------
    FileNotFoundError
        If there is nothing.
    ValueError
        If it is of no known kind, or broken; if several studies are there and none is named.
    """
    storage = _storage(source)
    if storage is not None:
        file = None if storages.is_storage(source) else storages.without_password(str(source))
        shown = type(source).__name__ if file is None else file
        return Opened(optuna_study, storages.study_in(storage, shown, study_name), file)
    if study_name is not None:
        raise ValueError(
            "study_name is for the address of an Optuna storage, such as 'sqlite:///study.db'; got "
            + (
                f"{str(source)!r}."
                if isinstance(source, (str, os.PathLike))
                else f"a {type(source).__name__}."
            )
        )
    if isinstance(source, str) and source.startswith(mlflow.PREFIX):
        return Opened(mlflow, source)
    path = _path_of(source)
    if path.is_dir():
        return _folder(path)
    if path.name.lower().endswith(TABLES):
        return Opened(table, table_in(path), path)
    if not path.exists() and not path.suffix:
        return Opened(smac, path)
    raise ValueError(f"{str(path)!r} is of no known kind. An address must be that of {KINDS}.")


def _storage(source: Any) -> Any:
    """The storage of Optuna's at an address, None if there is something else."""
    if storages.is_storage(source):
        return source
    if isinstance(source, str) and storages.is_address(source):
        return storages.storage_at(source)
    if not isinstance(source, (str, os.PathLike)) or str(source).startswith(mlflow.PREFIX):
        return None
    path = _path_of(source)
    if path.is_file() and storages.is_journal(path):
        return storages.journal_in(path)
    if path.suffix.lower() in storages.FILES or storages.starts_with(path, storages.MAGIC):
        return storages.storage_in(path)
    return None


def _path_of(source: Any) -> Path:
    """The path, which must exist if its name has an ending that is known."""
    if not str(source).strip():
        raise ValueError(f"search is empty text. An address must be that of {KINDS}.")
    path = Path(source).expanduser()
    refuse_pickle(path)
    if not path.exists() and path.suffix:
        raise FileNotFoundError(
            f"There is no file {str(path)!r}. An address must be that of {KINDS}."
        )
    return path


def _folder(folder: Path) -> Opened:
    """The run in a folder; one that has none of them is refused by SMAC's reader."""
    if deepcave_run.is_run(folder):
        return Opened(deepcave_run, folder)
    if deepcave_csv.is_run(folder):
        return Opened(deepcave_csv, folder, folder)
    if ray_folder.is_run(folder):
        return Opened(ray_tune, ray_folder.results_in(folder))
    if not smac_files.is_run(folder):
        _refuse_above(folder)
    return Opened(smac, folder)


def _refuse_above(folder: Path) -> None:
    """Refuse a folder with runs below it, and a store of MLflow's."""
    if (folder / MLFLOW_META).is_file() or any(folder.glob(f"*/{MLFLOW_META}")):
        raise ValueError(
            f"{str(folder)!r} is a store of MLflow, which only mlflow reads: call "
            "mlflow.set_tracking_uri, and pass 'mlflow:EXPERIMENT'."
        )
    inner = sorted(path for path in folder.iterdir() if path.is_dir())
    found = [str(path) for path in inner if deepcave_run.is_run(path) or ray_folder.is_run(path)]
    if found:
        raise FileNotFoundError(
            f"{str(folder)!r} is not the folder of a run; there are runs in "
            f"{', '.join(map(repr, found))}."
        )
