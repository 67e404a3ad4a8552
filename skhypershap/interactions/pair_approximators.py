"""shapiq's regressions of singles and pairs, solved without their design matrix."""

from __future__ import annotations

from typing import Any

from shapiq.approximator import RegressionFBII, RegressionFSII

from skhypershap.arrays import Floats, Scores
from skhypershap.interactions.pair_regression import FEWEST_PLAYERS, pair_regression


class _SolvedByPairs:
    """Coalitions and weights are shapiq's own; so is the solution where ours does not exist."""

    n: int
    max_order: int
    _sampler: Any

    def regression_routine(
        self, kernel_weights: Floats, game_values: Scores, index_approximation: Any
    ) -> Floats:
        """The empty interaction, singles and pairs."""
        sampler = self._sampler
        coalitions = sampler.coalitions_matrix.astype(bool)
        sizes = coalitions.sum(axis=1)
        empty = float(game_values[sizes == 0][0])
        found = None
        if self.max_order == 2 and self.n >= FEWEST_PLAYERS:
            weights = kernel_weights[sizes] * sampler.sampling_adjustment_weights
            found = pair_regression(coalitions, game_values - empty, weights)
        if found is None:
            given = kernel_weights, game_values, index_approximation
            return super().regression_routine(*given)  # type: ignore[misc,no-any-return]
        found[0] = empty + (found[0] if index_approximation == "FBII" else 0.0)
        return found


class FsiiByPairs(_SolvedByPairs, RegressionFSII):  # type: ignore[misc]
    """shapiq's `RegressionFSII`."""


class FbiiByPairs(_SolvedByPairs, RegressionFBII):  # type: ignore[misc]
    """shapiq's `RegressionFBII`."""
