"""The warnings skhypershap gives, and how it says that a name is unknown."""

from __future__ import annotations

import difflib
import sys
import warnings
from collections.abc import Iterable


class HyperSHAPWarning(UserWarning):
    """Base class of every warning that skhypershap gives."""


class SurrogateWarning(HyperSHAPWarning):
    """The surrogate knows too little about the scores for the explanation to be trusted."""


class TrialsWarning(HyperSHAPWarning):
    """Some trials could not be used, or all of them scored the same."""


class SpaceWarning(HyperSHAPWarning):
    """The search space is not known, and what stands in for it was inferred from the trials."""


class ApproximationWarning(HyperSHAPWarning):
    """With many hyperparameters, an approximated index misses the gain that it should sum to."""


class BaselineWarning(HyperSHAPWarning):
    """The space does not hold a default, or forbids the baseline; it says what stands in for it."""


def check_name(what: str, got: object, allowed: Iterable[str]) -> None:
    """Raise the error of `unknown_name` unless `got` is one of the allowed names."""
    if not isinstance(got, str) or got not in allowed:
        raise unknown_name(what, got, allowed)


def unknown_name(what: str, got: object, allowed: Iterable[str]) -> ValueError:
    """Build the one error for a name that is not there: what came, the closest, what is allowed."""
    names = [str(name) for name in allowed]
    close = difflib.get_close_matches(str(got), names, n=1, cutoff=0.5)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    return ValueError(f"Unknown {what} {got!r}.{hint} Allowed: {', '.join(map(repr, names))}.")


def warn(message: str, category: type[HyperSHAPWarning]) -> None:
    """Warn at the user's own line: the first one outside skhypershap and scikit-learn."""
    level, frame = 1, sys._getframe(1)
    while frame.f_back and frame.f_globals.get("__name__", "").startswith(
        ("skhypershap", "sklearn")
    ):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level + 1)
