"""Interactions of games with too many players for all coalitions, by shapiq's approximators."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from skhypershap.arrays import Coalitions, Scores
from skhypershap.interactions.indices import IndexSpec, Interactions, Players, interactions_of

MIN_BUDGET = 2048
BUDGET_PER_INTERACTION = 4  # a regression needs more coalitions than it has unknowns


class Approximator(NamedTuple):
    """A class of shapiq by name, and whether its constructor takes the index."""

    name: str
    takes_index: bool


# BII follows from FBII: the least-squares fit of an order keeps all BII up to that order (Hammer &
# Holzman 1992).
APPROXIMATORS = {
    "SV": Approximator("KernelSHAP", takes_index=False),
    "BV": Approximator("RegressionFBII", takes_index=False),
    "FSII": Approximator("RegressionFSII", takes_index=False),
    "FBII": Approximator("RegressionFBII", takes_index=False),
    "SII": Approximator("KernelSHAPIQ", takes_index=True),
    "k-SII": Approximator("KernelSHAPIQ", takes_index=True),
    "STII": Approximator("SVARMIQ", takes_index=True),
    "BII": Approximator("RegressionFBII", takes_index=False),
}


class Approximation(NamedTuple):
    """Estimated interactions.

    Attributes
    ----------
    interactions : dict of tuple of int to float
        Value of each interaction, the empty one first.
    approximator : str
        Its name in shapiq.
    budget : int
        How many coalitions it may evaluate.
    """

    interactions: Interactions
    approximator: str
    budget: int


def approximate(
    gains_of: Callable[[Coalitions], Scores], n_players: int, index_spec: IndexSpec, seed: int
) -> Approximation:
    """Estimate interactions from the gains of some coalitions."""
    index, order = index_spec.name, index_spec.order
    approximator = APPROXIMATORS[index]
    order = 1 if index in ("SV", "BV") else order
    arguments: dict[str, Any] = {"n": n_players, "random_state": seed}
    if approximator.name != "KernelSHAP":
        arguments["max_order"] = order
    if approximator.takes_index:
        arguments["index"] = index
    n_interactions = len(interactions_of(n_players, order))
    budget = max(MIN_BUDGET, BUDGET_PER_INTERACTION * n_interactions)
    budget = min(budget, 2**n_players)
    made = _class_of(approximator.name)(**arguments)
    estimate = made(budget=budget, game=gains_of)
    values: Interactions = {(): float(estimate.interactions.get((), 0.0))}
    for players in interactions_of(n_players, order):
        values[players] = float(estimate.interactions.get(players, 0.0))
    if index == "BII":
        values = {players: _bii_from_fbii(values, players) for players in values}
    return Approximation(values, approximator.name, budget)


def _class_of(name: str) -> Any:
    """A class of shapiq, or ours that differs from it in how it solves a regression."""
    from shapiq import approximator as approximators  # takes seconds, so only where it is needed

    from skhypershap.interactions.pair_approximators import FbiiByPairs, FsiiByPairs

    ours = {"RegressionFSII": FsiiByPairs, "RegressionFBII": FbiiByPairs}
    return ours.get(name) or getattr(approximators, name)


def _bii_from_fbii(fbii: Interactions, players: Players) -> float:
    """BII of the game whose Moebius transform is `fbii`."""
    subset = set(players)
    return sum(
        value * 0.5 ** (len(larger) - len(players))
        for larger, value in fbii.items()
        if subset.issubset(larger)
    )
