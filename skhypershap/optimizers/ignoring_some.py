"""An optimizer that leaves some hyperparameters at their defaults."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ConfigSpace import ConfigurationSpace

from skhypershap.optimizers.running import (
    Objective,
    Optimizer,
    check_run,
    default_vector,
    is_optimizer,
)
from skhypershap.space.conditions import Legality
from skhypershap.space.encoding import Config, as_configspace, decode, from_configspace
from skhypershap.space.restriction import restricted


def ignoring(names: str | Collection[str], optimizer: Optimizer) -> Optimizer:
    """Make an optimizer that never tunes some hyperparameters.

    Parameters
    ----------
    names : str or collection of str
        The hyperparameters that stay at their defaults. Names that a space does not have are skipped.
    optimizer : callable
        Tunes the other hyperparameters.

    Returns
    -------
    callable
        An optimizer. It returns the default configuration where no hyperparameter is left to tune.

    Raises
    ------
    TypeError
        If `names` is not a name or a collection of names, or `optimizer` is not a callable.

    See Also
    --------
    one_at_a_time : Ignores interactions instead.

    Examples
    --------
    >>> from ConfigSpace import ConfigurationSpace
    >>> from skhypershap.optimizers import grid, ignoring
    >>> space = ConfigurationSpace({"x": (0.0, 1.0), "y": (0.0, 1.0)})
    >>> optimizer = ignoring("y", grid)
    >>> optimizer
    ignoring('y', grid)
    >>> optimizer(lambda configs: [c["x"] + c["y"] for c in configs], space, 10, random_state=0)
    {'x': 1.0, 'y': 0.5}
    """
    listed = [names] if isinstance(names, str) else names
    if not isinstance(listed, Collection) or not all(isinstance(name, str) for name in listed):
        raise TypeError(
            f"names must be a name or a list of names of hyperparameters; got {names!r}."
        )
    if not is_optimizer(optimizer):
        raise TypeError(
            "optimizer must be a callable (objective, space, n_trials, random_state) -> configuration, "
            f"such as skhypershap.optimizers.random; got {optimizer!r}."
        )
    return _Ignoring(tuple(listed), optimizer)


@dataclass(frozen=True, repr=False)
class _Ignoring:
    """What `ignoring` returns; a class, because a closure could not be pickled."""

    names: tuple[str, ...]
    optimizer: Optimizer

    def __call__(
        self, objective: Objective, space: ConfigurationSpace, n_trials: int, random_state: int
    ) -> Config:
        check_run(n_trials, random_state)
        legality = Legality(space, default_vector(space))

        def completed(configs: Sequence[Mapping[str, Any]]) -> list[Config]:
            """Configurations of the whole space, with the ignored hyperparameters at their defaults."""
            vectors = legality.fill(from_configspace(space, configs))
            return as_configspace(space, legality.legal(vectors))

        tuned = [name for name in space if name not in self.names]
        if not tuned:
            return completed([{}])[0]
        defaults = decode(space, legality.defaults[None])[0]
        reduced = restricted(space, tuned, defaults, constants=False)
        best = self.optimizer(
            lambda configs: objective(completed(configs)), reduced, n_trials, random_state
        )
        return completed([best])[0]

    def __repr__(self) -> str:
        names = repr(self.names[0] if len(self.names) == 1 else list(self.names))
        return f"ignoring({names}, {getattr(self.optimizer, '__name__', repr(self.optimizer))})"
