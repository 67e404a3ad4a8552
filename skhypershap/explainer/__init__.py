"""The public interface: checks arguments and calls the layers in order."""

from skhypershap.explainer.explainer import HyperSHAPExplainer
from skhypershap.explainer.joint import explain_jointly

__all__ = ["HyperSHAPExplainer", "explain_jointly"]
