"""Interactions of games with too many players for all coalitions, by shapiq's approximators."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from skhypershap.interactions.indices import Interactions, interactions_of

MIN_BUDGET = 2048
BUDGET_PER_INTERACTION = 4  # a regression on fewer coalitions than unknowns has no answer

# The approximator of shapiq for each index, by name, and whether it must be told which index. BII
# follows from FBII, the least-squares fit of an order, which keeps all BII up to that order (Hammer &
# Holzman 1992).
APPROXIMATORS = {
    "SV": ("KernelSHAP", False),
    "BV": ("RegressionFBII", False),
    "FSII": ("RegressionFSII", False),
    "FBII": ("RegressionFBII", False),
    "SII": ("KernelSHAPIQ", True),
    "k-SII": ("KernelSHAPIQ", True),
    "STII": ("SVARMIQ", True),
    "BII": ("RegressionFBII", False),
}


def approximate(
    gains_of: Callable[[np.ndarray], np.ndarray], n_players: int, index: str, order: int, seed: int
) -> tuple[Interactions, str, int]:
    """Estimate interactions from some coalitions; also name the approximator and its budget."""
    from shapiq import approximator as approximators  # seconds, so not before it is needed

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
    if index == "BII":
        values = {members: _bii_from_fbii(values, members) for members in values}
    return values, name, budget


def _bii_from_fbii(fbii: Interactions, members: tuple[int, ...]) -> float:
    """BII of a game that is known by its Moebius transform up to an order."""
    part = set(members)
    return sum(
        value * 0.5 ** (len(larger) - len(members))
        for larger, value in fbii.items()
        if part.issubset(larger)
    )
