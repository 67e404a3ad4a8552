"""The default model of a surrogate, as a space and its trials need it."""

from __future__ import annotations

from typing import Any

import numpy as np
from ConfigSpace.hyperparameters import CategoricalHyperparameter, OrdinalHyperparameter
from sklearn.base import clone

from skhypershap.errors import SurrogateWarning, warn
from skhypershap.space.conditions import Legality
from skhypershap.surrogate.averaged import WarpedMean
from skhypershap.surrogate.hyperparameters import Hyperparameters
from skhypershap.surrogate.linked_columns import are_few

# Columns times trials. Beyond `max_exact` players a process takes 5 to 9 times the time of trees for
# 20,000 and less, and 9 to 18 times for 30,000 (`python -m benchmarks many`).
MOST_FOR_PROCESS = 20_000
FOLD_TREES = 20  # of the model of a fold: its score needs less precision than its predictions


def is_costly(n_columns: int, n_trials: int, max_exact: int) -> bool:
    """Whether a process would take about ten times as long to explain as trees, or longer."""
    return n_columns > max_exact and n_columns * n_trials > MOST_FOR_PROCESS


def warped_mean(
    name: str, legality: Legality, has_fidelity: bool, *, trees_alone: bool = False
) -> WarpedMean:
    """The model of "auto" or "gp" for a space.

    Parameters
    ----------
    name : {"auto", "gp"}
        The mean of trees and a process, or the process alone. Where conditions link many
        hyperparameters, "auto" has trees only.
    legality : Legality
        Of the space.
    has_fidelity : bool
        Whether the rows of the model end with a fidelity.
    trees_alone : bool
        Whether "auto" does without the process.
    """
    items = list(legality.space.values())
    choices = [
        column for column, item in enumerate(items) if isinstance(item, CategoricalHyperparameter)
    ]
    spans = [
        float(max(item.size - 1, 1)) if isinstance(item, OrdinalHyperparameter) else 1.0
        for item in items
    ]
    trees_alone = trees_alone or not are_few(legality.space)
    parts = "process" if name == "gp" else "trees" if trees_alone else "both"
    space = legality.space
    optional = [column for column, name in enumerate(space) if space.parents_of[name]]
    spans += [1.0] * has_fidelity
    return WarpedMean(choices, np.array(spans), optional=optional, parts=parts)


def is_trees_alone(model: Any) -> bool:
    """Whether a fitted model is "auto" without its process."""
    return isinstance(model, WarpedMean) and model.process_ is None


def learned_by(model: Any) -> Hyperparameters | None:
    """What a fitted model's process has learned; None if it has no process."""
    if not isinstance(model, WarpedMean) or model.process_ is None:
        return None
    if len(np.setdiff1d(model.process_.lacking_, model.optional)):
        return None  # a part of the trials may lack values of other columns
    learned: Hyperparameters = model.process_.hyperparameters_
    return learned


def for_folds(model: WarpedMean) -> WarpedMean:
    """An unfitted model like a fitted one, for parts of its trials: nothing is learned anew."""
    unfitted: WarpedMean = clone(model)
    parts = "trees" if model.process_ is None else model.parts
    unfitted.set_params(
        hyperparameters=learned_by(model), n_trees=FOLD_TREES, parts=parts, n_jobs=None
    )
    return unfitted


def warn_if_process_failed(model: WarpedMean) -> None:
    """Warn if trees have to do without the process."""
    if model.failure_ is not None:
        warn(
            "The Gaussian process of the surrogate cannot be fitted to these trials, so extra trees are "
            f"used alone. {model.failure_}",
            SurrogateWarning,
        )
