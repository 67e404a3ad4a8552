"""What all displays share: a frame that is drawn when `plot` is called, as in scikit-learn."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np


class Display:
    """Base class of displays: keeps a frame, and what its plot was drawn on.

    Parameters
    ----------
    frame : DataFrame
        What the plot function of the display takes.

    Attributes
    ----------
    ax_ : Axes or ndarray of Axes
        What `plot` has drawn on.
    figure_ : Figure
        The figure of these.
    """

    _plot: ClassVar[Any]

    def __init__(self, frame: Any) -> None:
        self.frame = frame

    @classmethod
    def from_frame(cls, frame: Any, *, ax: Any = None, **options: Any) -> Self:
        """Plot a frame.

        Parameters
        ----------
        frame : DataFrame
            What the plot function of the display takes.
        ax : Axes or array of Axes, default=None
            Where to draw; None creates a figure.
        **options : dict
            Further options of the plot function.

        Returns
        -------
        display
            With the attributes `ax_` and `figure_`.
        """
        return cls(frame).plot(ax, **options)

    def plot(self, ax: Any = None, **options: Any) -> Self:
        """Draw the frame, again if it was drawn before.

        Parameters
        ----------
        ax : Axes or array of Axes, default=None
            Where to draw; None creates a figure.
        **options : dict
            Further options of the plot function.

        Returns
        -------
        self
        """
        self.ax_ = type(self)._plot(self.frame, ax, **options)
        self.figure_ = np.ravel(np.asarray(self.ax_, dtype=object))[0].get_figure(root=True)
        return self
