"""`jit`, `part`, `summing_part`: numba without Python objects; a disk cache that is never out of date.

numba stamps a cached kernel with the file of that kernel only, not with the functions it calls: after
a change in another file of this folder it would go on with the old machine code. So machine code
is kept in a folder whose name is a hash of all that it depends on: every source in this folder, the
versions of this library and of numba, and the processor. A folder for other sources or versions is
removed by the next process that uses the cache; folders of other processors stay, since a cluster may
share its disk.

Only this module and `_pipeline` use numba's private interface (here `numba.core.caching`). Versions of
numba with which `_pipeline` was not tested compile by their own steps, which takes longer.
"""

from __future__ import annotations

import functools
import hashlib
import os
import pickle
import shutil
import sys
from collections.abc import Callable
from contextlib import suppress
from importlib.resources import files
from pathlib import Path
from typing import Any

import numba
from llvmlite import binding
from numba.core import caching

TESTED = ("0.68.",)  # versions of numba in which the steps of `_pipeline` are known to work

if numba.__version__.startswith(TESTED):
    from skhypershap.surrogate.kernels import _pipeline

    KERNEL: Any = {"pipeline_class": _pipeline.KernelSteps}
    PART: Any = {"pipeline_class": _pipeline.PartSteps}
    CALLED_PART: Any = {"pipeline_class": _pipeline.CalledPartSteps}
else:
    KERNEL = PART = CALLED_PART = {}

# Entries that nobody uses take longer to compile than many a kernel itself.
FROM_PYTHON: Any = {"no_cfunc_wrapper": True, "error_model": "numpy"}
# Parts are given all memory that they need, so that nobody counts references to it.
FROM_KERNELS: Any = {**FROM_PYTHON, "no_cpython_wrapper": True, "_nrt": False}
REORDERED = {"reassoc", "contract", "nsz"}  # what a compiler needs to sum in several lanes


def jit(function: Callable[..., Any]) -> Any:
    """Compile a kernel when it is first called; cache it if a folder can be written to.

    It releases the interpreter's lock, so that threads run it at the same time.
    """
    compiled: Any = numba.njit(nogil=True, **KERNEL, **FROM_PYTHON)(function)
    # Locators that a user has set in NUMBA_CACHE_LOCATOR_CLASSES would bring numba's own stamps back.
    if not getattr(numba.config, "CACHE_LOCATOR_CLASSES", ""):
        with suppress(RuntimeError):  # there is no folder to write to
            compiled._cache = KernelCache(function)
    return compiled


def part(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a part of kernels, which is cached with each kernel that calls it.

    Kernels can call it and Python cannot: the process would crash.
    """
    compiled: Any = numba.njit(nogil=True, **PART, **FROM_KERNELS)(function)
    return compiled  # type: ignore[no-any-return]


def summing_part(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a part whose sums may be taken in several lanes: the compiler fixes the order."""
    compiled: Any = numba.njit(nogil=True, fastmath=REORDERED, **PART, **FROM_KERNELS)(function)
    return compiled  # type: ignore[no-any-return]


def called_part(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a summing part that is in a kernel once, however often it is called.

    LLVM would copy it to each place, which takes long to compile, and to run for hundreds of trials
    takes as long either way.
    """
    compiled: Any = numba.njit(nogil=True, fastmath=REORDERED, **CALLED_PART, **FROM_KERNELS)(
        function
    )
    return compiled  # type: ignore[no-any-return]


def _hash(*parts: bytes) -> str:
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]


def _sources() -> list[bytes]:
    """Names and contents of all modules in this folder, which may lie in a zip file."""
    modules = [file for file in files(__package__).iterdir() if file.name.endswith(".py")]
    modules.sort(key=lambda file: file.name)
    return [part for file in modules for part in (file.name.encode(), file.read_bytes())]


def _library() -> bytes:
    """The file that holds the version of this library, which kernels do not import."""
    return (files(__package__.partition(".")[0]) / "__init__.py").read_bytes()


def _processor() -> str:
    """What machine code is made for: the processor's name and its instruction sets."""
    try:
        features = binding.get_host_cpu_features().flatten()
    except RuntimeError:  # LLVM cannot find out on every system
        features = ""
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    return f"{binding.get_host_cpu_name()} {features} {python}"


PROCESSOR = "kernels-" + _hash(_processor().encode())
ENTRY = f"{PROCESSOR}-{_hash(_library(), numba.__version__.encode(), *_sources())}"


@functools.cache  # once in a process
def _remove_old_entries(folder: str) -> None:
    """Remove entries of this processor for other sources, and files from before there were entries."""
    for old in Path(folder).glob(f"{PROCESSOR}-*"):
        if old.name != ENTRY:
            shutil.rmtree(old, ignore_errors=True)
    for file in Path(folder).glob("*.nb[ic]"):
        with suppress(OSError):
            file.unlink()


class _Located:
    """Makes any of numba's locators use the folder `ENTRY` inside its own, which no one else uses."""

    def get_cache_path(self) -> str:
        return os.path.join(super().get_cache_path(), ENTRY)  # type: ignore[misc]

    def ensure_cache_path(self) -> None:
        super().ensure_cache_path()  # type: ignore[misc]
        _remove_old_entries(os.path.dirname(self.get_cache_path()))

    def get_source_stamp(self) -> str:
        return ENTRY

    def get_disambiguator(self) -> str:
        return ""  # names of kernels are unique in a module


class _Kernels(caching.CompileResultCacheImpl):
    """Where machine code is kept: as numba does, in NUMBA_CACHE_DIR, __pycache__ or the user's cache."""

    _locator_classes: Any = tuple(
        type(locator.__name__, (_Located, locator), {})
        for locator in caching.CompileResultCacheImpl._locator_classes
    )


class _Files(caching.IndexDataCacheFile):
    """One file for each signature of a kernel, written at once.

    numba has an index of numbered files, which processes that save at the same time may mix up.
    """

    def load(self, key: Any) -> Any:
        """Machine code for a signature, None where there is none."""
        try:
            saved_key, data = self._load_data(self._name(key))  # type: ignore[no-untyped-call]
        except (OSError, EOFError, ValueError, pickle.UnpicklingError):
            return None
        return data if saved_key == key else None

    def save(self, key: Any, data: Any) -> None:
        """Keep machine code; another process that saves the same does no harm."""
        self._save_data(self._name(key), (key, data))  # type: ignore[no-untyped-call]

    def _name(self, key: Any) -> str:
        kernel = self._index_name.removesuffix(".nbi")
        return f"{kernel}.{_hash(str(key).encode())}.nbc"


class KernelCache(caching.FunctionCache):
    """Machine code of one kernel on disk."""

    _impl_class = _Kernels

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function)  # type: ignore[no-untyped-call]
        self._cache_file = _Files(self._cache_path, self._impl.filename_base, ENTRY)  # type: ignore[no-untyped-call]

    def save_overload(self, sig: Any, data: Any) -> None:
        """Save if possible: a full disk, or one that has become read-only, is no reason to stop."""
        with suppress(OSError):
            super().save_overload(sig, data)  # type: ignore[no-untyped-call]
