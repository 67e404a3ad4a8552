"""Small multiples: which Axes a plot uses, one for each game, data set or hyperparameter."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Plot = TypeVar("Plot", bound=Callable[..., Any])

MAX_COLUMNS = 3


def new_axes(n_panels: int, width: float, height: float) -> np.ndarray:
    """New Axes of shape (n_panels,) in one figure, each of so many inches.

    Parameters
    ----------
    n_panels : int
        How many; rows have up to three, and none is left empty.
    width, height : float
        Of each.
    """
    import matplotlib.pyplot as plt

    n_columns = n_panels if n_panels <= MAX_COLUMNS else (2 if n_panels == 4 else MAX_COLUMNS)
    n_rows = -(-n_panels // n_columns)
    figure, axes = plt.subplots(
        n_rows,
        n_columns,
        figsize=(min(width * n_columns, 60), min(height * n_rows, 60)),
        layout="constrained",
        squeeze=False,
    )
    for unused in axes.flat[n_panels:]:
        figure.delaxes(unused)
    return axes.ravel()[:n_panels]


def given_axes(ax: Any, n_panels: int, what: Sequence[str]) -> np.ndarray:
    """The Axes that a user passes, of shape (n_panels,).

    Raises
    ------
    TypeError
        If they are something else.
    ValueError
        If they are more or fewer than panels.
    """
    from matplotlib.axes import Axes

    found: list[Axes] = list(np.ravel(np.asarray(ax, dtype=object)))
    if not all(isinstance(one, Axes) for one in found):
        raise TypeError(f"ax must be matplotlib Axes, or an array of them; got {ax!r}.")
    if len(found) != n_panels:
        some = ", ".join(what[:5])
        raise ValueError(
            f"The frame has {n_panels} panel{'s' * (n_panels > 1)} ({some}), which need as many Axes; "
            f"got {len(found)}. Pass an array of {n_panels}, leave out ax=, or plot some of the rows."
        )
    axes = np.empty(n_panels, dtype=object)
    axes[:] = found
    return axes


def one_or_all(axes: np.ndarray) -> Any:
    """The Axes itself where there is one, otherwise the array."""
    return axes[0] if len(axes) == 1 else axes


def for_facets(plot: Plot) -> Plot:
    """Let seaborn's `FacetGrid.map_dataframe` call a plot.

    It passes the rows of a facet as `data=`, with a `color` and a `label` that are of no use
    here, and makes the Axes of the facet the current ones.
    """

    @functools.wraps(plot)
    def callable_by_seaborn(*arguments: Any, **named: Any) -> Any:
        if "data" in named and not arguments:
            import matplotlib.pyplot as plt

            arguments = (named.pop("data"),)
            named.setdefault("ax", plt.gca())
            named.pop("color", None)
            named.pop("label", None)
        return plot(*arguments, **named)

    return callable_by_seaborn  # type: ignore[return-value]


def shared_with(ax: Axes, which: str) -> Iterable[Axes]:
    """The Axes whose x or y axis is that of `ax`, itself included."""
    group = ax.get_shared_x_axes() if which == "x" else ax.get_shared_y_axes()
    return group.get_siblings(ax)
