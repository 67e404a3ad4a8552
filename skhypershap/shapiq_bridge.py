"""shapiq's side: its games, its interaction values, its approximators. Imported when needed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import shapiq
from shapiq import approximator as approximators

from skhypershap.interactions import Interactions, interactions_of
from skhypershap.solve import Explained

MIN_BUDGET = 2048
BUDGET_PER_INTERACTION = 4  # a regression on fewer coalitions than unknowns has no answer

# The approximator of shapiq for each index, by name, and whether it must be told which index.
APPROXIMATORS = {
    "SV": ("KernelSHAP", False),
    "BV": ("RegressionFBII", False),
    "FSII": ("RegressionFSII", False),
    "FBII": ("RegressionFBII", False),
    "SII": ("KernelSHAPIQ", True),
    "k-SII": ("KernelSHAPIQ", True),
    "STII": ("SVARMIQ", True),
    "BII": ("SVARMIQ", True),
}


class HyperparameterGame(shapiq.Game):
    """A game over hyperparameters for shapiq's own tools, in gain units, v(empty) = 0.

    Parameters
    ----------
    gains : ndarray of shape (2^n_players,), or callable
        All gains (bit i of a position says that player i is in), or a function from coalitions of
        shape (n_coalitions, n_players) to gains.
    names : sequence of str
        The hyperparameters.
    """

    def __init__(
        self, gains: np.ndarray | Callable[[np.ndarray], np.ndarray], names: Sequence[str]
    ) -> None:
        self.gains = gains
        super().__init__(
            n_players=len(names), normalize=True, normalization_value=0.0, player_names=list(names)
        )

    def value_function(self, coalitions: np.ndarray) -> np.ndarray:
        """Gains of shape (n_coalitions,) of coalitions given as rows of bools."""
        coalitions = np.asarray(coalitions, dtype=bool)
        if callable(self.gains):
            return self.gains(coalitions)
        return self.gains[coalitions @ (1 << np.arange(self.n_players))]


def approximate(
    gains_of: Callable[[np.ndarray], np.ndarray], n_players: int, index: str, order: int, seed: int
) -> tuple[Interactions, str, int]:
    """Estimate interactions from some coalitions; also name the approximator and its budget."""
    name, tell_index = APPROXIMATORS[index]
    order = 1 if index in ("SV", "BV") else order
    arguments: dict[str, Any] = {"n": n_players, "random_state": seed}
    if name != "KernelSHAP":
        arguments["max_order"] = order
    if tell_index:
        arguments["index"] = index
    n_interactions = len(interactions_of(n_players, order))
    budget = max(MIN_BUDGET, BUDGET_PER_INTERACTION * n_interactions)
    budget = min(budget, 2**n_players)
    estimate = getattr(approximators, name)(**arguments)(budget=budget, game=gains_of)
    values: Interactions = {(): float(estimate.interactions.get((), 0.0))}
    for members in interactions_of(n_players, order):
        values[members] = float(estimate.interactions.get(members, 0.0))
    return values, name, budget


def as_interaction_values(explained: Explained, n_players: int) -> shapiq.InteractionValues:
    """Hand the interactions over as shapiq keeps them."""
    return shapiq.InteractionValues(
        values=dict(explained.interactions),
        index=explained.measure,
        max_order=max(map(len, explained.interactions)),
        min_order=0,
        n_players=n_players,
        estimated=not explained.exact,
        estimation_budget=explained.budget,
        baseline_value=0.0,
    )
