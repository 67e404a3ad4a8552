"""Line search through a process in ranks, and through trees that are added to it."""

from __future__ import annotations

import numpy as np
from ConfigSpace import ConfigurationSpace

from skhypershap.arrays import Booleans, Floats, Integers, Scores, Vectors
from skhypershap.games.legal_values import legal_values
from skhypershap.surrogate.blends import Blends
from skhypershap.surrogate.conditional import ConditionalSurrogate
from skhypershap.surrogate.kernels.flat_process import FlatProcess
from skhypershap.surrogate.kernels.forest import NO_TREES, ranks_of
from skhypershap.surrogate.rules import penalty_of, with_penalties
from skhypershap.surrogate.warped import WarpedSurrogate
from skhypershap.surrogate.warping import RankWarp

TOLERANCE = 1e-5  # in ranks; a smaller gain does not make other columns move again


class ProcessLineSearch:
    """A `LineSearch` along lines of a process, to which trees may be added.

    Points are vectors. It is exact where all legal values of a column are compared; on the other lines
    it takes the best piece of the trees by a grid, and parabolas inside.
    """

    def __init__(
        self, surrogate: WarpedSurrogate, space: ConfigurationSpace, blends: Blends, sign: float
    ) -> None:
        from skhypershap.surrogate.kernels.line_tables import plan_lines
        from skhypershap.surrogate.kernels.tree_walk import plan_walk

        process = process_of(surrogate)
        self.tolerance = TOLERANCE
        self.sign, self.warp, self.blends = sign, surrogate.warp, blends
        related = np.array(surrogate.legality.related_columns(), dtype=int)
        self.fixed = np.isin(np.arange(len(blends.baseline)), related)
        trees = NO_TREES if surrogate.trees is None else surrogate.trees
        reach = float(np.abs(process.weights).sum())
        self.worst = -penalty_of(trees, reach) / 2  # ranks of forbidden points are below it
        self.forest = with_penalties(trees, surrogate.legality, sign, reach)
        thresholds = self.forest.thresholds[: len(space)]
        self.plan = plan_lines(process, legal_values(space), thresholds, self.forest.dtype)
        self.roots, self.offset, self.deepest = self.forest.roots, process.offset, 1
        self.nodes: Integers = np.empty((0, 4), dtype=np.int32)
        self.values = np.empty(0)
        if len(self.roots):
            none = blends.candidates[:0]
            walk = plan_walk(self.forest, none, blends.baseline, blends.player_of_column)
            self.roots, self.nodes, self.values = walk.roots, walk.nodes, walk.values
            self.offset, self.deepest = self.offset + walk.offset, walk.deepest

    def ascend(self, points: Vectors, free: Booleans, turns: Integers) -> tuple[Vectors, Scores]:
        """See `LineSearch`."""
        scaled = points / self.plan.spans
        ranks = np.zeros(points.shape, dtype=np.int32)
        known = ranks_of(self.forest, points)
        ranks[:, : len(known)] = known.T
        found = np.empty(len(points))
        self._climb(free, turns, scaled, ranks, found)
        found += self.sign * self.offset
        found[found < self.worst] = -np.inf
        moved = np.isfinite(found)
        ended = np.where(moved[:, None], scaled * self.plan.spans, points)
        return ended, _gains(found, self.warp, self.sign)

    def _climb(
        self, free: Booleans, turns: Integers, scaled: Floats, ranks: Integers, found: Floats
    ) -> None:
        """Move scaled points and their ranks in place, and fill in sign * rank of the score."""
        from skhypershap.surrogate.kernels.line_tables import room_of
        from skhypershap.surrogate.kernels.process_lines import ascend

        ascend(
            self.roots.astype(np.int64),
            self.nodes,
            self.values,
            self.sign,
            self.plan,
            room_of(self.plan, self.deepest),
            self.tolerance,
            free,
            turns,
            scaled,
            ranks,
            found,
        )


def process_of(surrogate: WarpedSurrogate) -> FlatProcess:
    """The process of a surrogate, whether it heeds conditions or not."""
    if isinstance(surrogate, ConditionalSurrogate):
        return surrogate.conditional.flat
    assert surrogate.process is not None
    return surrogate.process


def _gains(ranks: Floats, warp: RankWarp, sign: float) -> Scores:
    """Sign * score of sign * rank; -inf stays."""
    moved = np.isfinite(ranks)
    scores = warp.to_scores(sign * np.where(moved, ranks, 0.0))
    return np.where(moved, sign * scores, -np.inf)
