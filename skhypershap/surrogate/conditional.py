"""The default surrogate on a space with conditions: trees and a process on filled vectors.

Columns that conditions link are one factor of the process; see
`skhypershap.surrogate.kernels.conditional_process`.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from skhypershap.arrays import Coalitions, Floats, Positions, Scores, Vectors
from skhypershap.surrogate.averaged import WarpedMean
from skhypershap.surrogate.blends import Blends
from skhypershap.surrogate.kernels.forest import FlatForest, predict_flat
from skhypershap.surrogate.process import PRESENT, ProductProcess
from skhypershap.surrogate.rules import activity_of
from skhypershap.surrogate.surrogate import LARGEST, Inputs
from skhypershap.surrogate.warped import PlannedProcess, WarpedSurrogate, weighted_process

if TYPE_CHECKING:
    from skhypershap.surrogate.kernels.conditional_process import ConditionalProcess

MOST_TOGETHER = 12  # players of one factor, whose sets are tabulated; groups may join many columns


@dataclass(frozen=True)
class ConditionalSurrogate(WarpedSurrogate):
    """A fitted `WarpedMean` on a space with conditions.

    Its `process` is None, as that does not heed conditions.

    Attributes
    ----------
    conditional : ConditionalProcess
        What the process adds to the rank of a filled vector.
    """

    conditional: ConditionalProcess

    def predict(self, vectors: Vectors) -> Scores:
        """Scores of shape (n_vectors,) expected of vectors, filled or legal, at the largest fidelity."""
        return self.predict_filled(self.legality.fill(vectors))

    def predict_filled(self, vectors: Vectors) -> Scores:
        """The same for filled vectors."""
        from skhypershap.surrogate.kernels.conditional_process import predict

        if not len(vectors):
            return np.zeros(0)
        ranks = predict(self.conditional, vectors)
        if self.trees is not None:
            ranks += predict_flat(self.trees, vectors)
        return self.warp.to_scores(ranks)

    def _has_kernel(self, blends: Blends) -> bool:
        from skhypershap.surrogate.kernels.linked_players import linked_players

        if not self._walks(blends) or blends.n_players == 0:
            return False
        together = linked_players(self.conditional, blends.player_of_column).players
        return max(map(len, together)) <= MOST_TOGETHER

    def _planned(
        self, blends: Blends, coalitions: Coalitions | None, order: Positions | None = None
    ) -> PlannedProcess:
        from skhypershap.surrogate.kernels import conditional_blends as kernel

        plan = kernel.plan_blends(
            self.conditional,
            blends.candidates,
            blends.baseline,
            blends.player_of_column,
            coalitions=coalitions,
            order=order,
        )
        return PlannedProcess(plan.blocks(), functools.partial(kernel.score_block, plan))


def conditional_surrogate(
    model: WarpedMean, inputs: Inputs, trees: FlatForest | None
) -> ConditionalSurrogate:
    """The surrogate of a fitted model; `trees` add to the rank of a filled vector."""
    assert model.process_ is not None
    found = conditional_process(model.process_, inputs)
    found = found._replace(flat=weighted_process(found.flat, model.process_weight_))
    return ConditionalSurrogate(
        model,
        float("nan"),
        None,
        inputs,
        trees=trees,
        process=None,
        warp=model.warp_,
        conditional=found,
    )


def conditional_process(process: ProductProcess, inputs: Inputs) -> ConditionalProcess:
    """The process as a function of filled vectors at the largest fidelity.

    Parameters
    ----------
    process : ProductProcess
        Fitted on the rows of `inputs`.
    inputs : Inputs
        What it sees of a vector.
    """
    from skhypershap.surrogate.kernels.conditional_process import ConditionalProcess
    from skhypershap.surrogate.kernels.process_blends import without_column

    flat = process.flat_
    n_columns = len(inputs.legality.space)
    n_seen = n_columns + inputs.has_fidelity
    nothing = process.scaled(inputs.seen(np.full((1, n_columns), np.nan), LARGEST))[0]
    present = np.ones((n_columns, len(flat.weights)))
    absent = np.stack([_factors(process, at, nothing[at]) for at in range(n_columns)])
    for place, column in enumerate(process.lacking_, start=n_seen):
        present[column] = _factors(process, place, PRESENT)
        absent[column] *= _factors(process, place, nothing[place])
    arrays = ("trials", "spans", "is_choice", "rates", "rising", "falling")
    flat = flat._replace(**{name: getattr(flat, name)[:n_seen] for name in arrays})
    if inputs.has_fidelity:
        flat = without_column(flat, n_columns, LARGEST)
    activity = activity_of(inputs.legality, np.float64)
    return ConditionalProcess(flat, present, absent, activity)


def _factors(process: ProductProcess, column: int, scaled: float) -> Floats:
    """Factors of a column between a scaled value and all trials."""
    from skhypershap.surrogate.kernels.product_kernel import factors_of

    return factors_of(process.flat_, column, np.array([scaled]))[0]  # type: ignore[no-any-return]
