"""The warnings of skhypershap, and its errors for names and numbers."""

from __future__ import annotations

import difflib
import re
import sys
import threading
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from numbers import Integral
from types import FrameType

import numpy as np

# Their lines are nobody's fault: a search, a Pipeline or joblib calls us, and a thread calls joblib.
LIBRARIES = frozenset(
    [
        "skhypershap",
        "sklearn",
        "joblib",
        "imblearn",
        "threading",
        "concurrent",
        "multiprocessing",
        "contextlib",
        "functools",
    ]
)
N_SHOWN = 200  # characters of a value in a message
MOST = 1_000_000  # resamples or trials that one call may ask for
MOST_JOBS = 100_000  # joblib refuses five times as many

UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
"""Controls, which a terminal would obey; marks of direction; halves of surrogate pairs."""


class HyperSHAPWarning(UserWarning):
    """Base class of all warnings of skhypershap."""


class SurrogateWarning(HyperSHAPWarning):
    """The surrogate fits poorly, or claims far more than was measured; the message has the remedy."""


class TrialsWarning(HyperSHAPWarning):
    """Some trials could not be used, or all of them scored the same."""


class SpaceWarning(HyperSHAPWarning):
    """The search space is unknown and was inferred from the trials."""


class ApproximationWarning(HyperSHAPWarning):
    """An approximated index does not sum to the gain; with many hyperparameters only."""


class BaselineWarning(HyperSHAPWarning):
    """A default outside the space or a forbidden baseline was replaced, or it cannot be measured."""


def printable(text: str) -> str:
    r"""Text on one line, with a code such as \x1b for each character that is not seen."""
    return UNSEEN.sub(lambda found: repr(found[0])[1:-1], text)


def shown(value: object) -> str:
    """The value as Python writes it, in a message: long ones are shortened."""
    try:
        text = " ".join(repr(value).split())
    except ValueError:  # Python writes no integer of more than 4,300 digits
        text = f"an integer of {value.bit_length()} bits" if isinstance(value, int) else "?"
    return text if len(text) <= N_SHOWN else f"{text[:N_SHOWN]}..."


def check_integer(
    name: str, value: object, lowest: int, highest: int | None = None, *, what: str = ""
) -> int:
    """Raise a ValueError that names an argument unless it is an integer within bounds.

    Parameters
    ----------
    name : str
        Of the argument.
    value : object
        NumPy's integers are integers, bools are not.
    lowest, highest : int
        Bounds; no upper bound if None.
    what : str
        What the number stands for, and what else is allowed.
    """
    is_integer = isinstance(value, Integral) and not isinstance(value, bool)
    if not is_integer or int(value) < lowest or (highest is not None and int(value) > highest):  # type: ignore[call-overload]
        bounds = f"of at least {lowest}" + ("" if highest is None else f" and at most {highest}")
        raise ValueError(f"{name} must be an integer {bounds}{what}; got {shown(value)}.")
    return int(value)  # type: ignore[call-overload]


def check_bool(name: str, value: object) -> None:
    """Raise a TypeError that names an argument unless it is True or False."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name} must be True or False; got {shown(value)}.")


@contextmanager
def naming(parameter: str) -> Iterator[None]:
    """Put the name of an argument in front of errors about it whose message does not have it."""
    try:
        yield
    except (ValueError, TypeError) as error:
        message = str(error)
        if not re.search(rf"\b{parameter}\b", message):
            error.args = (f"{parameter}: {message}",)
        raise


def check_name(what: str, got: object, allowed: Iterable[str]) -> None:
    """Raise the error of `unknown_name` unless `got` is an allowed name."""
    if not isinstance(got, str) or got not in allowed:
        raise unknown_name(what, got, allowed)


def unknown_name(what: str, got: object, allowed: Iterable[str]) -> ValueError:
    """The error for an unknown name: the name, the closest and all allowed names."""
    names = [str(name) for name in allowed]
    text = got if isinstance(got, str) else shown(got)
    close = difflib.get_close_matches(text, names, n=1, cutoff=0.5)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    return ValueError(f"Unknown {what} {shown(got)}.{hint} Allowed: {', '.join(map(repr, names))}.")


def warn(message: str, category: type[HyperSHAPWarning]) -> None:
    """Warn at the user's line: the first one outside skhypershap and the libraries that call it.

    A thread of joblib has no such line; the main thread waits at it.
    """
    message = printable(message)
    frame = _users_frame(sys._getframe(1)) or _users_frame(
        sys._current_frames().get(threading.main_thread().ident or 0)
    )
    if frame is None:
        warnings.warn(message, category, stacklevel=2)
        return
    warnings.warn_explicit(
        message,
        category,
        frame.f_code.co_filename,
        frame.f_lineno,
        module=frame.f_globals.get("__name__", "__main__"),
        registry=frame.f_globals.setdefault("__warningregistry__", {}),
    )


def _users_frame(frame: FrameType | None) -> FrameType | None:
    """The innermost frame of code that is not one of `LIBRARIES`; None where there is none."""
    while frame and str(frame.f_globals.get("__name__", "")).split(".")[0] in LIBRARIES:
        frame = frame.f_back
    return frame
