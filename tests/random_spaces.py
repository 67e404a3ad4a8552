"""Random spaces with conditions, for properties that hold on any of them."""

from __future__ import annotations

import numpy as np
from ConfigSpace import (
    Categorical,
    ConfigurationSpace,
    Float,
    GreaterThanCondition,
    InCondition,
    Integer,
    LessThanCondition,
    OrdinalHyperparameter,
)

from skhypershap.space.conditions import Legality


def _hyperparameter(name, generator):
    return [
        lambda: Float(name, (0.0, 1.0)),
        lambda: Integer(name, (1, 6)),
        lambda: OrdinalHyperparameter(name, [1, 2, 4, 8]),
        lambda: Categorical(name, ["x", "y", "z"]),
    ][generator.integers(4)]()


def _condition(child, parent, generator):
    if hasattr(parent, "choices"):
        return InCondition(child, parent, [["x"], ["y", "z"]][generator.integers(2)])
    if hasattr(parent, "sequence"):
        return GreaterThanCondition(child, parent, [1, 2][generator.integers(2)])
    cut = 3 if np.isfinite(parent.size) else 0.4
    return [GreaterThanCondition, LessThanCondition][generator.integers(2)](child, parent, cut)


def random_space(seed, n_columns=6):
    """A space in which hyperparameters may be active only for some values of earlier ones."""
    generator = np.random.default_rng(seed)
    space = ConfigurationSpace(seed=seed)
    space.add(Float("a", (0.0, 1.0)))
    known = []
    for name in "bcdefghi"[: n_columns - 1]:
        made = _hyperparameter(name, generator)
        space.add(made)
        if known and generator.random() < 0.6:
            space.add(_condition(made, known[generator.integers(len(known))], generator))
        known.append(made)
    return space


def legality_of(space):
    """The legality of a space, with its own defaults."""
    defaults = np.array([item.to_vector(item.default_value) for item in space.values()])
    return Legality(space, defaults)
