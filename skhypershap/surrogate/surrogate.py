"""What would a configuration score? A regressor on vectors, and its trees as flat arrays.

A `Surrogate` answers two questions: `predict` for vectors, and what blends of many candidates with one
baseline score, for all 2^d coalitions or for some (`coalition_blocks`, and only the best of them,
`coalition_optima`). The second walks the trees where it can (see `skhypershap.kernels`) and calls the
model's `predict` where it must.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from skhypershap.parallel import in_threads
from skhypershap.space.conditions import Legality
from skhypershap.surrogate.blends import Blends, all_coalitions, coalitions_at
from skhypershap.surrogate.kernels.forest import FlatForest

if TYPE_CHECKING:
    from skhypershap.surrogate.kernels.coalitions import ScoreLayout
    from skhypershap.surrogate.kernels.tree_walk import Walk

Block = tuple[slice | np.ndarray, np.ndarray, np.ndarray]  # see `Surrogate.coalition_blocks`
GROUPS = 32  # of candidates, whose best are told apart where there are no trees to walk
LARGEST = 1.0  # fidelity, scaled to [0, 1]
PREDICT_ROWS = 1 << 17  # rows per call of a model's own predict: some MB, well above its overhead


@dataclass(frozen=True)
class Inputs:
    """How a model is shown vectors: with their fidelity, and filled where it takes no missing values.

    Attributes
    ----------
    legality : Legality
        What makes vectors legal.
    takes_missing : bool
        Whether inactive hyperparameters are shown as NaN; otherwise by their default.
    has_fidelity : bool
        Whether there is a last column for the fidelity, scaled to [0, 1].
    """

    legality: Legality
    takes_missing: bool
    has_fidelity: bool

    def seen(self, vectors: np.ndarray, fidelity: np.ndarray | float) -> np.ndarray:
        """What a model is shown for legal vectors."""
        if not self.takes_missing:
            vectors = self.legality.fill(vectors)
        if not self.has_fidelity:
            return vectors
        return np.column_stack([vectors, np.broadcast_to(fidelity, len(vectors))])


@dataclass(frozen=True)
class Surrogate:
    """A fitted regressor from vectors to scores, in the metric's own units.

    Attributes
    ----------
    model : regressor
        Fitted on legal vectors, with the trials' fidelity as one more column where they have one.
    score : float
        R2 on held-out trials, NaN where there are too few.
    forest : FlatForest or None
        The trees of the model as a function of filled vectors, at the largest fidelity; None for a
        model that is no sum of trees.
    inputs : Inputs
        How the model is shown vectors.
    """

    model: Any
    score: float
    forest: FlatForest | None
    inputs: Inputs

    @property
    def legality(self) -> Legality:
        """What makes vectors legal."""
        return self.inputs.legality

    def predict(self, vectors: np.ndarray) -> np.ndarray:
        """Scores of shape (n_vectors,) expected of vectors, filled or legal, at the largest fidelity."""
        if not len(vectors):  # scikit-learn's own predict takes no empty array
            return np.zeros(0)
        seen = self.inputs.seen(self.legality.legal(vectors), LARGEST)
        return np.asarray(self.model.predict(seen), dtype=float).reshape(len(vectors))

    def coalition_blocks(
        self,
        blends: Blends,
        coalitions: np.ndarray | None = None,
        n_jobs: int | None = None,
    ) -> Iterator[Block]:
        """Scores of blends of every candidate with the baseline, block after block.

        Parameters
        ----------
        blends : Blends
            Of filled vectors.
        coalitions : ndarray of shape (n_coalitions, n_players), dtype bool, optional
            Which coalitions; by default all.
        n_jobs : int, optional
            As in scikit-learn.

        Yields
        ------
        numbers, members, scores : slice or ndarray of int, ndarray of int, ndarray
            `scores` has a row for each of the numbered coalitions (of all coalitions bit i of a number
            says that player i is in it) and a column for each of the candidates, given by position; a
            forbidden blend has none (NaN). The blocks and their order do not depend on `n_jobs`.
        """
        if not self.legality.forbids:
            yield from self._blocks(blends, coalitions, n_jobs)
            return
        is_forbidden = self.legality.forbidden_blends(
            blends.candidates,
            blends.baseline,
            blends.player_of_column,
            all_coalitions(blends.n_players) if coalitions is None else coalitions,
        )
        for numbers, members, scores in self._blocks(blends, coalitions, n_jobs):
            yield numbers, members, np.where(is_forbidden(numbers, members), np.nan, scores)

    def _blocks(
        self,
        blends: Blends,
        coalitions: np.ndarray | None,
        n_jobs: int | None,
    ) -> Iterator[Block]:
        if not self._walks(blends):
            yield from self._predicted_blocks(blends, coalitions)
            return
        from skhypershap.surrogate.kernels.coalitions import score_block

        for walk, places, numbers in self._places(blends, coalitions):
            groups = walk.blocks(places.most_candidates)
            score = functools.partial(score_block, walk, places)
            for members, scores in zip(groups, in_threads(score, groups, n_jobs), strict=True):
                yield numbers, members, scores.T

    def coalition_optima(
        self,
        blends: Blends,
        coalitions: np.ndarray | None = None,
        *,
        sign: float,
        n_jobs: int | None = None,
    ) -> Iterator[tuple[slice | np.ndarray, int, np.ndarray, np.ndarray]]:
        """Best scores of coalitions, block after block.

        Parameters
        ----------
        blends, coalitions, n_jobs
            As in `coalition_blocks`.
        sign : float
            1 for the largest score, -1 for the smallest.

        Yields
        ------
        numbers, n_members, best, winners : slice or ndarray of int, int, ndarray, ndarray of int
            For each of the coalitions the largest of sign * score among the block's candidates, -inf
            where all of its blends are forbidden, and the position of the candidate that has it.
        """
        walks = self._walks(blends)
        if self.legality.forbids or not walks:
            for numbers, members, scores in self.coalition_blocks(blends, coalitions, n_jobs):
                gains = np.where(np.isnan(scores), -np.inf, sign * scores)
                n_groups = 1 if walks else min(GROUPS, len(members))
                for group in np.array_split(np.arange(len(members)), n_groups):
                    best = np.argmax(gains[:, group], axis=1)
                    found = gains[np.arange(len(gains)), group[best]]
                    yield numbers, len(group), found, members[group[best]]
            return
        from skhypershap.surrogate.kernels.coalitions import best_of_block

        for walk, places, numbers in self._places(blends, coalitions):
            groups = walk.blocks(places.most_candidates)
            best_of = functools.partial(best_of_block, walk, places, sign)
            found = in_threads(best_of, groups, n_jobs)
            for members, (best, winners) in zip(groups, found, strict=True):
                yield numbers, len(members), best, winners

    def _walks(self, blends: Blends) -> bool:
        """Whether there are trees to walk, and not more players than a walk can tell apart."""
        if self.forest is None:
            return False
        from skhypershap.surrogate.kernels.tree_walk import MOST_PLAYERS

        return blends.n_players <= MOST_PLAYERS

    def _places(
        self,
        blends: Blends,
        coalitions: np.ndarray | None,
    ) -> Iterator[tuple[Walk, ScoreLayout, np.ndarray]]:
        """Plan a walk, and where it puts scores; some coalitions 2,048 at a time."""
        from skhypershap.surrogate.kernels.coalitions import MOST, layout_of_all, layout_of_some
        from skhypershap.surrogate.kernels.tree_walk import plan_walk

        assert self.forest is not None
        walk = plan_walk(self.forest, blends.candidates, blends.baseline, blends.player_of_column)
        if coalitions is None:
            places = layout_of_all(walk)
            yield walk, places, places.coalitions
            return
        for start in range(0, len(coalitions), MOST):
            places = layout_of_some(walk, coalitions[start : start + MOST])
            yield walk, places, start + places.coalitions

    def blend_scores(self, blends: Blends, coalitions: np.ndarray) -> np.ndarray:
        """Scores of shape (n_coalitions, n_candidates) for coalitions given as rows of bools."""
        vectors = blends.vectors(coalitions)
        scores = self.predict(vectors.reshape(-1, vectors.shape[2]))
        return scores.reshape(vectors.shape[:2])

    def _predicted_blocks(
        self,
        blends: Blends,
        coalitions: np.ndarray | None,
    ) -> Iterator[tuple[slice, np.ndarray, np.ndarray]]:
        n_coalitions = blends.n_coalitions if coalitions is None else len(coalitions)
        step = max(1, PREDICT_ROWS // len(blends.candidates))
        for start in range(0, n_coalitions, step):
            part = slice(start, min(start + step, n_coalitions))
            if coalitions is None:
                numbers = np.arange(part.start, part.stop)
                members = coalitions_at(numbers, blends.n_players)
            else:
                members = coalitions[part]
            yield part, np.arange(len(blends.candidates)), self.blend_scores(blends, members)
