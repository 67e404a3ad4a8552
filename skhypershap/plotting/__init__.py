"""Plots: each function takes a frame and an `ax`, and returns the Axes; displays do the same."""

from skhypershap.plotting.coalitions import CoalitionsDisplay, plot_coalitions
from skhypershap.plotting.datasets import DatasetsDisplay, plot_datasets
from skhypershap.plotting.effect import EffectDisplay, plot_effect
from skhypershap.plotting.history import HistoryDisplay, plot_history
from skhypershap.plotting.importance import ImportanceDisplay, plot_importance
from skhypershap.plotting.interactions import InteractionsDisplay, plot_interactions
from skhypershap.plotting.network import NetworkDisplay, plot_network
from skhypershap.plotting.path import PathDisplay, plot_path
from skhypershap.plotting.predictions import PredictionsDisplay, plot_predictions
from skhypershap.plotting.surface import SurfaceDisplay, plot_surface
from skhypershap.plotting.trade_off import TradeOffDisplay, plot_trade_off

__all__ = [
    "CoalitionsDisplay",
    "DatasetsDisplay",
    "EffectDisplay",
    "HistoryDisplay",
    "ImportanceDisplay",
    "InteractionsDisplay",
    "NetworkDisplay",
    "PathDisplay",
    "PredictionsDisplay",
    "SurfaceDisplay",
    "TradeOffDisplay",
    "plot_coalitions",
    "plot_datasets",
    "plot_effect",
    "plot_history",
    "plot_importance",
    "plot_interactions",
    "plot_network",
    "plot_path",
    "plot_predictions",
    "plot_surface",
    "plot_trade_off",
]
