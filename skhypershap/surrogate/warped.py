"""A surrogate of trees and a Gaussian process on normal ranks, taken back to scores at the end.

Ranks of blends are sums of what the kernels of both parts return. Since the way back to scores never
decreases, the best blends are found in ranks, and only their scores are taken back.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from skhypershap.arrays import Coalitions, Floats, Positions, Scores, Vectors
from skhypershap.parallel import in_threads
from skhypershap.surrogate.averaged import WarpedMean
from skhypershap.surrogate.blends import Blends
from skhypershap.surrogate.kernels.flat_process import FlatProcess
from skhypershap.surrogate.kernels.forest import FlatForest, predict_flat
from skhypershap.surrogate.process import PRESENT
from skhypershap.surrogate.process import predict_flat as predict_process
from skhypershap.surrogate.surrogate import (
    LARGEST,
    BestOfBlock,
    Block,
    Inputs,
    Surrogate,
    can_walk,
    walk_plans,
)
from skhypershap.surrogate.warping import RankWarp

MOST_COALITIONS = 1 << 11  # of some, in one plan of a process alone

RanksOf = Callable[[Positions], Floats]  # of some candidates, of shape (n_candidates, n_coalitions)


class PlannedProcess(NamedTuple):
    """Groups of candidates, by position, and the function that scores a group by the process."""

    groups: list[Positions]
    ranks_of: RanksOf


@dataclass(frozen=True)
class WarpedSurrogate(Surrogate):
    """A fitted `WarpedMean`, whose parts are functions of filled vectors at the largest fidelity.

    `forest` is None: scores are not a sum of trees. `skhypershap.surrogate.conditional` has the one for
    spaces with conditions, whose `process` is None.

    Attributes
    ----------
    trees : FlatForest or None
        What trees, if there are any, add to the rank of a vector.
    process : FlatProcess or None
        What the process adds to it.
    warp : RankWarp
        Takes ranks back to scores.
    """

    trees: FlatForest | None
    process: FlatProcess | None
    warp: RankWarp

    def predict_filled(self, vectors: Vectors) -> Scores:
        """Scores of filled vectors, without the overhead of the model's own predict."""
        if self.process is None:
            return self.predict(vectors)
        ranks = predict_process(self.process, vectors)
        if self.trees is not None:
            ranks += predict_flat(self.trees, vectors)
        return self.warp.to_scores(ranks)

    def _has_kernel(self, blends: Blends) -> bool:
        return self.process is not None and self._walks(blends)

    def _walks(self, blends: Blends) -> bool:
        return self.trees is None or can_walk(self.trees, blends)

    def _blocks(
        self, blends: Blends, coalitions: Coalitions | None, n_jobs: int | None
    ) -> Iterator[Block]:
        if not self._has_kernel(blends):
            yield from self._predicted_blocks(blends, coalitions)
            return
        for positions, groups, ranks_of in self._rank_plans(blends, coalitions):
            score = functools.partial(_scores, ranks_of, self.warp)
            for group, scores in zip(groups, in_threads(score, groups, n_jobs), strict=True):
                yield Block(positions, group, scores.T)

    def _kernel_optima(
        self, blends: Blends, coalitions: Coalitions | None, sign: float, n_jobs: int | None
    ) -> Iterator[BestOfBlock]:
        for positions, groups, ranks_of in self._rank_plans(blends, coalitions):
            best_of = functools.partial(_best, ranks_of, sign)
            found = in_threads(best_of, groups, n_jobs)
            for group, (ranks, winners) in zip(groups, found, strict=True):
                yield BestOfBlock(positions, len(group), sign * self.warp.to_scores(ranks), winners)

    def _rank_plans(
        self, blends: Blends, coalitions: Coalitions | None
    ) -> Iterator[tuple[Positions, list[Positions], RanksOf]]:
        """Positions of coalitions, groups of candidates, and the function that scores a group."""
        from skhypershap.surrogate.kernels import coalitions as tree_kernel

        if self.trees is None:
            for positions in _parts(blends, coalitions):
                some = None if coalitions is None else coalitions[positions]
                yield positions, *self._planned(blends, some)
            return
        # Tables of the process grow with the number of coalitions of a plan.
        for walk, layout, positions in walk_plans(self.trees, blends, coalitions, n_parts=1):
            if coalitions is None:
                order = _player_of_bit(positions, blends.n_players)
                planned = self._planned(blends, None, order)
            else:
                planned = self._planned(blends, coalitions[positions])
            of_trees = functools.partial(tree_kernel.score_block, walk, layout)
            score = functools.partial(_sum, of_trees, planned.ranks_of)
            yield positions, walk.blocks(layout.most_candidates), score

    def _planned(
        self, blends: Blends, coalitions: Coalitions | None, order: Positions | None = None
    ) -> PlannedProcess:
        """The process on all or some coalitions; of all, `order` has the player of each bit."""
        from skhypershap.surrogate.kernels import process_blends as kernel

        assert self.process is not None
        plan = kernel.plan_blends(
            self.process,
            blends.candidates,
            blends.baseline,
            blends.player_of_column,
            coalitions=coalitions,
            order=order,
        )
        return PlannedProcess(plan.blocks(), functools.partial(kernel.score_block, plan))


def warped_surrogate(
    model: WarpedMean, inputs: Inputs, trees: FlatForest | None
) -> WarpedSurrogate:
    """The surrogate of a fitted model that has a process.

    Parameters
    ----------
    model : WarpedMean
        Fitted on the rows of `inputs`.
    inputs : Inputs
        What the model sees of a vector.
    trees : FlatForest or None
        The model's trees as a function of filled vectors.
    """
    assert model.process_ is not None
    weight = model.process_weight_
    if trees is not None:
        trees = _weighted_trees(trees, 1 - weight)
    if inputs.legality.space.conditions:
        from skhypershap.surrogate.conditional import conditional_surrogate

        return conditional_surrogate(model, inputs, trees)
    process = weighted_process(_of_vectors(model.process_.flat_, inputs), weight)
    return WarpedSurrogate(
        model, float("nan"), None, inputs, trees=trees, process=process, warp=model.warp_
    )


def _weighted_trees(trees: FlatForest, weight: float) -> FlatForest:
    return trees._replace(value=weight * trees.value, offset=weight * trees.offset)


def weighted_process(flat: FlatProcess, weight: float) -> FlatProcess:
    """The process times a weight."""
    return flat._replace(weights=weight * flat.weights, offset=weight * flat.offset)


def _of_vectors(flat: FlatProcess, inputs: Inputs) -> FlatProcess:
    """The process as a function of vectors without missing values, at the largest fidelity."""
    from skhypershap.surrogate.kernels.process_blends import without_column

    n_columns = len(inputs.legality.space)
    n_seen = n_columns + inputs.has_fidelity
    for column in range(len(flat.trials) - 1, n_seen - 1, -1):
        flat = without_column(flat, column, PRESENT)
    return without_column(flat, n_columns, LARGEST) if inputs.has_fidelity else flat


def _parts(blends: Blends, coalitions: Coalitions | None) -> Iterator[Positions]:
    """Positions of coalitions that share a plan."""
    if coalitions is None:
        yield np.arange(blends.n_coalitions)
        return
    for start in range(0, len(coalitions), MOST_COALITIONS):
        yield np.arange(start, min(start + MOST_COALITIONS, len(coalitions)))


def _player_of_bit(positions: Positions, n_players: int) -> Positions:
    """The player that each bit of a place in a layout of all coalitions stands for."""
    singles = positions[1 << np.arange(n_players)]
    return np.array([int(single).bit_length() - 1 for single in singles], dtype=np.int64)


def _sum(of_trees: RanksOf, of_process: RanksOf, group: Positions) -> Floats:
    ranks = of_trees(group)
    ranks += of_process(group)
    return ranks


def _scores(ranks_of: RanksOf, warp: RankWarp, group: Positions) -> Floats:
    return warp.to_scores(ranks_of(group))


def _best(ranks_of: RanksOf, sign: float, group: Positions) -> tuple[Scores, Positions]:
    """The best rank of each coalition, and the candidate that has it."""
    ranks = ranks_of(group)
    best = np.argmax(ranks, axis=0) if sign > 0 else np.argmin(ranks, axis=0)
    return ranks[best, np.arange(ranks.shape[1])], group[best]
