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
from skhypershap.explainer.explainer import HyperSHAPExplainer
from skhypershap.explainer.joint import explain_jointly
from skhypershap.explainer.joint_advice import best_subsets_jointly, default_space
from skhypershap.explainer.metric_coalitions import trade_off_coalitions
from skhypershap.explainer.metrics import explain_metrics
from skhypershap.frames import summarize
from skhypershap.metric_frames import trade_off
from skhypershap.trials import Trials, read_trials, register_reader

__version__ = "0.2.0"

__all__ = [
    "ApproximationWarning",
    "BaselineWarning",
    "HyperSHAPExplainer",
    "HyperSHAPWarning",
    "SpaceWarning",
    "SurrogateWarning",
    "Trials",
    "TrialsWarning",
    "best_subsets_jointly",
    "default_space",
    "explain_jointly",
    "explain_metrics",
    "optimizers",
    "plotting",
    "read_trials",
    "register_reader",
    "summarize",
    "trade_off",
    "trade_off_coalitions",
]
