"""Refuse work that cannot fit into this machine's memory, before anything is allocated."""

from __future__ import annotations

import os

GIB = 2**30
UNITS = ("GiB", "TiB", "PiB")
FALLBACK = 2**40  # bytes, where the memory of the machine is not known


def machine_memory() -> int | None:
    """Bytes of memory that the machine has; None where the system does not tell."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # not on Windows
        return None


def check_fits(n_bytes: int, what: str, advice: str) -> None:
    """Raise a ValueError if the machine has less memory than needed.

    Parameters
    ----------
    n_bytes : int
        At least so many are needed.
    what : str
        What needs them, as the subject of a sentence.
    advice : str
        How to need less, as a sentence that names the parameter.
    """
    memory = machine_memory()
    limit = FALLBACK if memory is None else memory
    if n_bytes > limit:
        has = "" if memory is None else f", and this machine has {_readable(memory)}"
        raise ValueError(
            f"{what} would need at least {_readable(n_bytes)} of memory{has}. {advice}"
        )


def _readable(n_bytes: int) -> str:
    """A number of bytes in GiB or a larger unit."""
    power = min((n_bytes // GIB).bit_length() // 10, len(UNITS))
    if power == len(UNITS):
        return f"2^{n_bytes.bit_length() - 1} bytes"
    return f"{n_bytes / (GIB << 10 * power):.3g} {UNITS[power]}"
