"""Optimizers that tune the hyperparameters of a space; the game "optimizer_bias" compares them.

An optimizer is a callable `(objective, space, n_trials, random_state) -> configuration`. `objective`
takes a list of configurations and returns their gains: larger is better; -inf marks a forbidden
configuration. Any callable of this kind works, for example a function that calls another library.
"""

from skhypershap.optimizers.ignoring_some import ignoring
from skhypershap.optimizers.optuna_samplers import optuna
from skhypershap.optimizers.plain import grid, one_at_a_time, random

__all__ = ["grid", "ignoring", "one_at_a_time", "optuna", "random"]
