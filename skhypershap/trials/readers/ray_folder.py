"""The folder of a Ray Tune run: read as text, without Ray.

A folder per trial holds what it was given (`params.json`) and what it reported (`result.json`). Ray's
own way to open such a folder runs pickles.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from skhypershap.trials.json_files import DICT, Place, read_json, read_json_lines

PARAMS, RESULT = "params.json", "result.json"
ERRORS = ("error.txt", "error.pkl")  # only whether they are there


class TrialFolder(NamedTuple):
    """One trial, with the attributes of Ray's own results."""

    config: Mapping[str, Any]
    metrics: Mapping[str, Any]
    error: str | None


class RayResults:
    """The trials of a folder; iterates over them, as Ray's ResultGrid does."""

    def __init__(self, trials: list[TrialFolder]):
        self.trials = trials

    def __iter__(self) -> Iterator[TrialFolder]:
        return iter(self.trials)


def is_run(folder: Path) -> bool:
    """Whether a folder is that of a run of Ray Tune."""
    return any(folder.glob("experiment_state-*.json")) or any(folder.glob(f"*/{PARAMS}"))


def results_in(folder: Path) -> RayResults:
    """Read all trials of a run."""
    folders = sorted(file.parent for file in folder.glob(f"*/{PARAMS}"))
    if not folders:
        raise ValueError(f"The Ray Tune run in {str(folder)!r} has no trial with a {PARAMS}.")
    return RayResults([_trial_in(one) for one in folders])


def _trial_in(folder: Path) -> TrialFolder:
    """Read one trial: its last report counts, as in a ResultGrid."""
    config = Place(folder / PARAMS).check(read_json(folder / PARAMS), DICT)
    reports: list[Any] = []
    if (folder / RESULT).is_file():
        reports = [place.check(row, DICT) for place, row in read_json_lines(folder / RESULT)]
    has_error = any((folder / name).is_file() for name in ERRORS)
    return TrialFolder(config, reports[-1] if reports else {}, "failed" if has_error else None)
