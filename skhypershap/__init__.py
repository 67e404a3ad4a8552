"""Explain hyperparameter searches with Shapley values and interactions, the scikit-learn way.

Names are imported when they are first used, so that importing the package costs next to nothing.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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

_HOMES = {
    "errors": (
        "ApproximationWarning",
        "BaselineWarning",
        "HyperSHAPWarning",
        "SpaceWarning",
        "SurrogateWarning",
        "TrialsWarning",
    ),
    "explainer.cases": ("load_case",),
    "explainer.explainer": ("HyperSHAPExplainer",),
    "explainer.joint": ("explain_jointly",),
    "explainer.joint_advice": ("best_subsets_jointly", "default_space"),
    "explainer.metric_coalitions": ("trade_off_coalitions",),
    "explainer.metrics": ("explain_metrics",),
    "frame_libraries": ("attrs_of",),
    "frames": ("summarize",),
    "metric_frames": ("trade_off",),
    "settings": ("config_context", "get_config", "set_config"),
    "styling": ("style",),
    "trials": ("Trials", "read_trials", "register_reader"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}
_MODULES = ("optimizers", "plotting")


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return importlib.import_module(f"{__name__}.{name}")
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(importlib.import_module(f"{__name__}.{_HOME_OF[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
