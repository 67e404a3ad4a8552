"""Optimizers that tune the hyperparameters of a space: what optimizer bias compares.

An optimizer is a callable `(objective, space, n_trials, random_state) -> configuration`. `objective`
takes a list of configurations and returns their gains: larger is better, -inf is what must not be.
Any callable of this kind will do, say a `def` around another library; here are a few real ones.
"""

from skhypershap.optimizers._optuna import optuna
from skhypershap.optimizers._plain import grid, ignoring, one_at_a_time, random

__all__ = ["grid", "ignoring", "one_at_a_time", "optuna", "random"]
