"""The warnings of skhypershap, and its error for unknown names."""

from __future__ import annotations

import difflib
import sys
import warnings
from collections.abc import Iterable


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


def check_name(what: str, got: object, allowed: Iterable[str]) -> None:
    """Raise the error of `unknown_name` unless `got` is an allowed name."""
    if not isinstance(got, str) or got not in allowed:
        raise unknown_name(what, got, allowed)


def unknown_name(what: str, got: object, allowed: Iterable[str]) -> ValueError:
    """The error for an unknown name: the name, the closest and all allowed names."""
    names = [str(name) for name in allowed]
    close = difflib.get_close_matches(str(got), names, n=1, cutoff=0.5)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    return ValueError(f"Unknown {what} {got!r}.{hint} Allowed: {', '.join(map(repr, names))}.")


def warn(message: str, category: type[HyperSHAPWarning]) -> None:
    """Warn at the user's line: the first one outside skhypershap and scikit-learn."""
    level, frame = 1, sys._getframe(1)
    while frame.f_back and frame.f_globals.get("__name__", "").startswith(
        ("skhypershap", "sklearn")
    ):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level + 1)
