"""Games and interaction values for shapiq's own tools and plots; imported only when needed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import shapiq

from skhypershap.arrays import Coalitions, Scores
from skhypershap.interactions.solve import Explained
from skhypershap.surrogate.blends import positions_of


class HyperparameterGame(shapiq.Game):
    """A game over hyperparameters for shapiq's own tools, in gain units, v(empty) = 0.

    Parameters
    ----------
    gains : ndarray of shape (2^n_players,), or callable
        The gains of all coalitions (bit i of a position is set if player i is in the coalition), or a
        function from coalitions of shape (n_coalitions, n_players) to gains.
    names : sequence of str
        The players.
    """

    def __init__(
        self, gains: Scores | Callable[[Coalitions], Scores], names: Sequence[str]
    ) -> None:
        self.gains = gains
        super().__init__(
            n_players=len(names), normalize=True, normalization_value=0.0, player_names=list(names)
        )

    def value_function(self, coalitions: npt.NDArray[Any]) -> Scores:
        """Gains of shape (n_coalitions,) of coalitions, one per row."""
        coalitions = np.asarray(coalitions, dtype=bool)
        if callable(self.gains):
            return self.gains(coalitions)
        return self.gains[positions_of(coalitions)]


def as_interaction_values(explained: Explained, n_players: int) -> shapiq.InteractionValues:
    """Convert an explained game to shapiq's own type."""
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
