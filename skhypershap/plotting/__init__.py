"""Plots of explanations: each function takes a frame and an `ax`, and returns the Axes."""

from skhypershap.plotting.importance import plot_importance
from skhypershap.plotting.interactions import plot_interactions

__all__ = ["plot_importance", "plot_interactions"]
