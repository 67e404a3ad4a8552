"""`jit`: numba without Python objects, cached on disk where there is a place to write to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba


def jit(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a kernel lazily and without holding the interpreter lock."""
    try:
        return _Guarded(function, numba.njit(nogil=True, cache=True)(function))
    except RuntimeError:  # numba finds no folder that it could write its cache to
        return numba.njit(nogil=True)(function)


def part(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a part of kernels, which is cached with each of these."""
    return numba.njit(nogil=True)(function)


class _Guarded:
    """A cached kernel that compiles anew when its cache turns out to be read-only."""

    def __init__(self, function: Callable[..., Any], compiled: Callable[..., Any]) -> None:
        self.function = function
        self.compiled = compiled

    def __call__(self, *arguments: Any) -> Any:
        try:
            return self.compiled(*arguments)
        except (OSError, EOFError):  # read-only, or cut short by another process
            self.compiled = numba.njit(nogil=True)(self.function)
            return self.compiled(*arguments)
