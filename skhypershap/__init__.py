"""Explain hyperparameter searches with Shapley values and interactions, the scikit-learn way."""

from skhypershap import optimizers, plotting
from skhypershap.errors import (
    ApproximationWarning,
    BaselineWarning,
    HyperSHAPWarning,
    SpaceWarning,
    SurrogateWarning,
    TrialsWarning,
)
from skhypershap.explainer.cases import load_case
from skhypershap.explainer.explainer import HyperSHAPExplainer
from skhypershap.explainer.joint import explain_jointly
from skhypershap.explainer.joint_advice import best_subsets_jointly, default_space
from skhypershap.explainer.metric_coalitions import trade_off_coalitions
from skhypershap.explainer.metrics import explain_metrics
from skhypershap.frame_libraries import attrs_of
from skhypershap.frames import summarize
from skhypershap.metric_frames import trade_off
from skhypershap.settings import config_context, get_config, set_config
from skhypershap.styling import style
from skhypershap.trials import Trials, read_trials, register_reader

__version__ = "0.1.0"

__all__ = [
    "ApproximationWarning",
    "BaselineWarning",
    "HyperSHAPExplainer",
    "HyperSHAPWarning",
    "SpaceWarning",
    "SurrogateWarning",
    "Trials",
    "TrialsWarning",
    "attrs_of",
    "best_subsets_jointly",
    "config_context",
    "default_space",
    "explain_jointly",
    "explain_metrics",
    "get_config",
    "load_case",
    "optimizers",
    "plotting",
    "read_trials",
    "register_reader",
    "set_config",
    "style",
    "summarize",
    "trade_off",
    "trade_off_coalitions",
]
