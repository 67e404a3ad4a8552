"""shapiq's regressions of singles and pairs, solved without their design matrix."""

from __future__ import annotations

from typing import Any

import numpy as np
from shapiq.approximator import RegressionFBII, RegressionFSII

from skhypershap.arrays import Floats, Positions, Scores
from skhypershap.interactions.pair_regression import FEWEST_PLAYERS, pair_regression


class _SolvedByPairs:
    """Coalitions and weights are shapiq's own; so is the solution where ours does not exist."""

    n: int
    max_order: int
    _sampler: Any

    def regression_routine(
        self, *, game_values: Scores, index_approximation: Any, **of_sizes: Floats
    ) -> Floats:
        """The empty interaction, singles and pairs.

        The weights of coalitions by their size are `kernel_weights`; later versions of shapiq, such
        as 1.8, have their logarithms instead, `log_kernel_weights`.
        """
        coalitions = self._sampler.coalitions_matrix.astype(bool)
        sizes = coalitions.sum(axis=1)
        empty = float(game_values[sizes == 0][0])
        found = None
        if self.max_order == 2 and self.n >= FEWEST_PLAYERS:
            weights = self._weights(sizes, **of_sizes)
            found = pair_regression(coalitions, game_values - empty, weights)
        if found is None:
            solved: Floats = super().regression_routine(  # type: ignore[misc]
                game_values=game_values, index_approximation=index_approximation, **of_sizes
            )
            return solved
        found[0] = empty + (found[0] if index_approximation == "FBII" else 0.0)
        return found

    def _weights(
        self,
        sizes: Positions,
        *,
        kernel_weights: Floats | None = None,
        log_kernel_weights: Floats | None = None,
    ) -> Floats:
        """How much each sampled coalition counts."""
        if log_kernel_weights is not None:
            logarithms: Floats = self._sampler.log_sampling_adjustment_weights
            return np.exp(log_kernel_weights[sizes] + logarithms)
        assert kernel_weights is not None
        adjustments: Floats = self._sampler.sampling_adjustment_weights
        return kernel_weights[sizes] * adjustments


class FsiiByPairs(_SolvedByPairs, RegressionFSII):  # type: ignore[misc]
    """shapiq's `RegressionFSII`."""


class FbiiByPairs(_SolvedByPairs, RegressionFBII):  # type: ignore[misc]
    """shapiq's `RegressionFBII`."""
