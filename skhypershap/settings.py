"""Settings of the whole library, as scikit-learn has them: `set_config` and its companions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from importlib.util import find_spec

from skhypershap.errors import check_name

EXTRAS = {
    "pandas": None,  # always there
    "polars": "polars",
    "pyarrow": "parquet",
    "modin": None,
    "cudf": None,
}
"""The libraries that make frames, and the extra of skhypershap that installs each."""

_everywhere: dict[str, str] = {"frames": "pandas"}
_here: ContextVar[dict[str, str] | None] = ContextVar("settings of a config_context", default=None)


def get_config() -> dict[str, str]:
    """The settings in force.

    Returns
    -------
    dict
        A copy, with the key "frames".

    See Also
    --------
    set_config : Change them.
    config_context : Change them for a block of code.

    Examples
    --------
    >>> from skhypershap import get_config
    >>> get_config()
    {'frames': 'pandas'}
    """
    return dict(_in_force())


def set_config(*, frames: str | None = None) -> None:
    """Choose the library of the frames that explanations and advice are returned in.

    Parameters
    ----------
    frames : {"pandas", "polars", "pyarrow", "modin", "cudf"}, default=None
        The library; None leaves it as it is. At first it is "pandas".

    Raises
    ------
    ValueError
        For an unknown name.
    ImportError
        If the library is not installed.

    See Also
    --------
    config_context : The same for a block of code.
    attrs_of : What pandas keeps in `attrs`, of a frame of any library.

    Notes
    -----
    It applies to what public methods and functions return, in all threads of this process; fitted
    attributes such as `trials_` stay frames of pandas. In other libraries a tuple of names is a list of
    strings, a dict is JSON text, a column of numbers and text is text, and an index that labels rows is
    the first column, `index`. Functions that take a frame of skhypershap take those of every library.

    Examples
    --------
    >>> from skhypershap import get_config, set_config
    >>> set_config(frames="pandas")
    >>> get_config()["frames"]
    'pandas'
    """
    if frames is not None:
        check_name("library of frames:", frames, EXTRAS)
        _check_installed(frames)
        _in_force()["frames"] = frames


@contextmanager
def config_context(*, frames: str | None = None) -> Iterator[None]:
    """Choose settings for a block of code, in this thread.

    Parameters
    ----------
    frames : {"pandas", "polars", "pyarrow", "modin", "cudf"}, default=None
        As in `set_config`.

    Yields
    ------
    None

    See Also
    --------
    set_config : The same for the whole process.

    Examples
    --------
    >>> from skhypershap import config_context, get_config
    >>> with config_context(frames="polars"):
    ...     get_config()["frames"]
    'polars'
    >>> get_config()["frames"]
    'pandas'
    """
    token = _here.set(get_config())
    try:
        set_config(frames=frames)
        yield
    finally:
        _here.reset(token)


def _in_force() -> dict[str, str]:
    """The settings of the innermost context of this thread, or else those of the process."""
    here = _here.get()
    return _everywhere if here is None else here


def _check_installed(frames: str) -> None:
    """Raise an ImportError with advice unless a library is installed; it is not imported."""
    if find_spec(frames) is not None:
        return
    extra = EXTRAS[frames]
    package = f'"skhypershap[{extra}]"' if extra else frames
    raise ImportError(
        f"frames={frames!r} needs {frames}, which is not installed: pip install {package}."
    )
