"""Files that are written whole: what was there before stays until all of the new text is on the disk."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Write a file in UTF-8, or leave it as it was.

    The text goes to a file beside it, which then takes its place; a full disk leaves nothing behind.
    Devices and pipes are written to directly, and so is a file in a folder that takes no new ones.

    Parameters
    ----------
    path : str or path
        A file that is there is replaced, and keeps its permissions.
    text : str
        All of it.

    Raises
    ------
    OSError
        If the file cannot be written.
    TypeError
        If `path` is not a path.
    """
    target = path_of(path)
    whole = Path(os.path.realpath(target))  # a link stays one
    beside = whole.with_name(f".{whole.name[:99]}.{os.getpid()}.part")
    if whole.exists() and not whole.is_file():
        _write(target, text)
        return
    try:
        beside.touch(exist_ok=False)
    except OSError:
        _write(target, text)
        return
    try:
        _write(beside, text)
        if whole.exists():
            shutil.copymode(whole, beside)
        os.replace(beside, whole)
    except BaseException:
        with suppress(OSError):
            beside.unlink()
        raise


def check_target(path: str | os.PathLike[str] | None) -> None:
    """Raise, before anything is computed, if there can be no file of this name; None stands for none."""
    if path is None:
        return
    target = path_of(path)
    if target.is_dir():
        raise IsADirectoryError(f"{str(target)!r} is a folder; name a file.")
    if not target.absolute().parent.is_dir():
        raise FileNotFoundError(f"There is no folder {str(target.absolute().parent)!r}.")


def encodable(text: str) -> str:
    r"""Text with a code, such as \ud800, for each character that has no bytes in UTF-8."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def path_of(path: object) -> Path:
    """A path, or an error that names the argument."""
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(f"path must be text or a path; got {type(path).__name__}.")
    if not os.fspath(path):
        raise ValueError("path must be the name of a file; got an empty text.")
    return Path(path)


def _write(path: Path, text: str) -> None:
    path.write_text(encodable(text), encoding="utf-8", newline="\n")
