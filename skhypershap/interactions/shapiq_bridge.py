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


class HyperparameterInteractions(shapiq.InteractionValues):
    """Interaction values whose plots show the names of hyperparameters.

    Attributes
    ----------
    feature_names : list of str
        The players. shapiq's methods that plot use them where no others are passed; its functions take
        them as `feature_names=values.feature_names`.
    """

    feature_names: list[str]

    def plot_network(self, *, show: bool = True, **options: Any) -> Any:
        """As in shapiq, with the names of hyperparameters."""
        return super().plot_network(show=show, **self._named(options))

    def plot_si_graph(self, *, show: bool = True, **options: Any) -> Any:
        """As in shapiq, with the names of hyperparameters."""
        return super().plot_si_graph(show=show, **self._named(options))

    def plot_stacked_bar(self, *, show: bool = True, **options: Any) -> Any:
        """As in shapiq, with the names of hyperparameters."""
        return super().plot_stacked_bar(show=show, **self._named(options))

    def plot_upset(self, *, show: bool = True, **options: Any) -> Any:
        """As in shapiq, with the names of hyperparameters."""
        return super().plot_upset(show=show, **self._named(options))

    def plot_force(self, feature_names: Any = None, *, show: bool = True, **options: Any) -> Any:
        """As in shapiq, with the names of hyperparameters, which are not abbreviated."""
        names = np.array(self.feature_names) if feature_names is None else feature_names
        return super().plot_force(names, show=show, **{"abbreviate": False, **options})

    def plot_waterfall(
        self, feature_names: Any = None, *, show: bool = True, **options: Any
    ) -> Any:
        """As in shapiq, with the names of hyperparameters, which are not abbreviated."""
        names = np.array(self.feature_names) if feature_names is None else feature_names
        return super().plot_waterfall(names, show=show, **{"abbreviate": False, **options})

    def _named(self, options: dict[str, Any]) -> dict[str, Any]:
        return {"feature_names": self.feature_names, **options}


def as_interaction_values(
    explained: Explained, names: Sequence[str], sign: float
) -> HyperparameterInteractions:
    """Convert an explained game to shapiq's own type.

    Parameters
    ----------
    explained : Explained
        The game.
    names : sequence of str
        The players.
    sign : {1, -1}
        1 where a larger score is a gain. With -1 the baseline's value is the negated score, so that
        gains can be added to it, as shapiq's plots do.
    """
    values = HyperparameterInteractions(
        values=dict(explained.interactions),
        index=explained.measure,
        max_order=max(map(len, explained.interactions)),
        min_order=0,
        n_players=len(names),
        estimated=not explained.exact,
        estimation_budget=explained.budget,
        baseline_value=sign * float(explained.baseline_score),
    )
    # shapiq has put the baseline's value there; the value of the empty set is in gain units, too.
    values.interactions[()] = explained.interactions.get((), 0.0)
    values.feature_names = list(names)
    return values
