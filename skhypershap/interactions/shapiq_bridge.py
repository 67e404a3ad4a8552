"""What shapiq's own tools and plots take: games and interaction values. Imported when needed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import shapiq

from skhypershap.interactions.solve import Explained
from skhypershap.surrogate.blends import positions_of


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
        return self.gains[positions_of(coalitions)]


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
