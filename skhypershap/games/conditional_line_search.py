"""Line search through trees and a process on a space with conditions."""

from __future__ import annotations

import numpy as np
from ConfigSpace import ConfigurationSpace

from skhypershap.arrays import Booleans, Floats, Integers
from skhypershap.games.process_line_search import ProcessLineSearch
from skhypershap.surrogate.blends import Blends
from skhypershap.surrogate.conditional import ConditionalSurrogate


class ConditionalLineSearch(ProcessLineSearch):
    """A `ProcessLineSearch` that heeds which columns a value switches on and off."""

    def __init__(
        self,
        surrogate: ConditionalSurrogate,
        space: ConfigurationSpace,
        blends: Blends,
        sign: float,
    ) -> None:
        from skhypershap.surrogate.kernels.conditional_lines import plan_parents

        super().__init__(surrogate, space, blends, sign)
        self.conditional = surrogate.conditional.padded()
        forest = self.forest
        self.parents = plan_parents(self.conditional, self.plan, forest.thresholds, forest.dtype)

    def _climb(
        self, free: Booleans, turns: Integers, scaled: Floats, ranks: Integers, found: Floats
    ) -> None:
        from skhypershap.surrogate.kernels.conditional_lines import ascend
        from skhypershap.surrogate.kernels.line_tables import room_of

        ascend(
            self.roots.astype(np.int64),
            self.nodes,
            self.values,
            self.sign,
            self.plan,
            room_of(self.plan, self.deepest),
            self.conditional,
            self.parents,
            self.tolerance,
            free,
            turns,
            scaled,
            ranks,
            found,
        )
