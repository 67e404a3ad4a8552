"""The fitted surrogate: scores of any configuration, and of all blends of candidates with a baseline.

`Surrogate.predict` scores vectors. `Surrogate.coalition_blocks` scores blends, for all 2^n_players
coalitions or for some of them; `Surrogate.coalition_optima` keeps only the best candidate of each
coalition. Both walk the trees of a forest (see `skhypershap.surrogate.kernels`), and call `predict` for
any other model.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from skhypershap.arrays import Coalitions, Floats, Positions, Scores, ScoreTable, Vectors
from skhypershap.parallel import in_threads
from skhypershap.space.conditions import Legality
from skhypershap.surrogate.blends import Blends, all_coalitions, coalitions_at
from skhypershap.surrogate.kernels.forest import MOST_PLAYERS, FlatForest, predict_flat
from skhypershap.surrogate.moments import row_moments
from skhypershap.surrogate.regressors import predictions_of

if TYPE_CHECKING:
    from skhypershap.surrogate.kernels.score_layouts import ScoreLayout
    from skhypershap.surrogate.kernels.tree_walk import Walk

GROUPS = 32  # of candidates, each with a best one, for models without trees
LARGEST = 1.0  # fidelity, scaled to [0, 1]
PREDICT_ROWS = 1 << 17  # rows per call of a model's own predict: some MB, well above its overhead


class Block(NamedTuple):
    """Scores of some blends; see `Surrogate.coalition_blocks`.

    Attributes
    ----------
    coalitions : slice or ndarray of shape (n_coalitions,)
        Positions of the coalitions.
    candidates : ndarray of shape (n_candidates,)
        Positions of the candidates.
    scores : ndarray of shape (n_coalitions, n_candidates)
        NaN where the space forbids the blend.
    """

    coalitions: slice | Positions
    candidates: Positions
    scores: ScoreTable


class BestOfBlock(NamedTuple):
    """The best of some candidates; see `Surrogate.coalition_optima`.

    Attributes
    ----------
    coalitions : slice or ndarray of shape (n_coalitions,)
        Positions of the coalitions.
    n_candidates : int
        Number of candidates that were compared.
    gains : ndarray of shape (n_coalitions,)
        The largest sign * score, -inf where the space forbids every blend.
    winners : ndarray of shape (n_coalitions,)
        Position of the candidate that attains it.
    """

    coalitions: slice | Positions
    n_candidates: int
    gains: Scores
    winners: Positions


class MomentsOfBlock(NamedTuple):
    """Moments of scores of some candidates; see `Surrogate.coalition_moments`.

    Attributes
    ----------
    coalitions : slice or ndarray of shape (n_coalitions,)
        Positions of the coalitions.
    n_candidates : int
        Number of candidates.
    mass : float or ndarray of shape (n_coalitions,)
        Sum of the weights of the blends that the space allows.
    means, squares : ndarray of shape (n_coalitions,)
        Weighted mean of their scores, and weighted sum of squared deviations from it.
    """

    coalitions: slice | Positions
    n_candidates: int
    mass: Floats | float
    means: Floats
    squares: Floats


@dataclass(frozen=True)
class Inputs:
    """What a model is fitted on: vectors with NaN or filled, with their fidelity if there is one.

    Attributes
    ----------
    legality : Legality
        What makes vectors legal.
    takes_missing : bool
        Whether the model sees inactive hyperparameters as NaN; otherwise it sees their default.
    has_fidelity : bool
        Whether there is a last column for the fidelity, scaled to [0, 1].
    """

    legality: Legality
    takes_missing: bool
    has_fidelity: bool

    def seen(self, vectors: Vectors, fidelity: Scores | float) -> Floats:
        """The rows that a model is given for legal vectors."""
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
        model that is not a sum of trees.
    inputs : Inputs
        What the model is given for a vector.
    held_out : ndarray of shape (n_trials,) or None
        Predicted scores of the source's trials by models that were not fitted on them, NaN where there
        are none; None where nothing was held out.
    """

    model: Any
    score: float
    forest: FlatForest | None
    inputs: Inputs
    held_out: Scores | None = field(default=None, kw_only=True)

    @property
    def legality(self) -> Legality:
        """What makes vectors legal."""
        return self.inputs.legality

    def predict(self, vectors: Vectors) -> Scores:
        """Scores of shape (n_vectors,) expected of vectors, filled or legal, at the largest fidelity."""
        if not len(vectors):  # scikit-learn's own predict refuses an empty array
            return np.zeros(0)
        seen = self.inputs.seen(self.legality.legal(vectors), LARGEST)
        return predictions_of(self.model, seen)

    def predict_filled(self, vectors: Vectors) -> Scores:
        """The same for filled vectors, of trees without the overhead of the model's own predict."""
        return self.predict(vectors) if self.forest is None else predict_flat(self.forest, vectors)

    def blend_scores(self, blends: Blends, coalitions: Coalitions) -> ScoreTable:
        """Scores of shape (n_coalitions, n_candidates) by the model's own predict."""
        vectors = blends.vectors(coalitions)
        scores = self.predict(vectors.reshape(-1, vectors.shape[2]))
        return scores.reshape(vectors.shape[:2])

    def coalition_blocks(
        self, blends: Blends, coalitions: Coalitions | None = None, n_jobs: int | None = None
    ) -> Iterator[Block]:
        """Scores of the blends of every candidate, block after block.

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
        Block
            Positions are those in `coalitions`, or in the table of all of them. Every blend occurs
            once; neither the blocks nor their order depend on `n_jobs`.
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
        for block in self._blocks(blends, coalitions, n_jobs):
            forbidden = is_forbidden(block.coalitions, block.candidates)
            yield block._replace(scores=np.where(forbidden, np.nan, block.scores))

    def coalition_optima(
        self,
        blends: Blends,
        coalitions: Coalitions | None = None,
        *,
        sign: float,
        n_jobs: int | None = None,
    ) -> Iterator[BestOfBlock]:
        """The best candidate of each coalition, for one group of candidates after the other.

        Parameters
        ----------
        blends, coalitions, n_jobs
            As in `coalition_blocks`.
        sign : float
            1 for the largest score, -1 for the smallest.

        Yields
        ------
        BestOfBlock
            For each coalition once for each group of candidates.
        """
        has_kernel = self._has_kernel(blends)
        if has_kernel and not self.legality.forbids:
            yield from self._kernel_optima(blends, coalitions, sign, n_jobs)
            return
        for block in self.coalition_blocks(blends, coalitions, n_jobs):
            gains = np.where(np.isnan(block.scores), -np.inf, sign * block.scores)
            n_groups = 1 if has_kernel else min(GROUPS, len(block.candidates))
            for group in np.array_split(np.arange(len(block.candidates)), n_groups):
                best = group[np.argmax(gains[:, group], axis=1)]
                found = gains[np.arange(len(gains)), best]
                yield BestOfBlock(block.coalitions, len(group), found, block.candidates[best])

    def coalition_moments(
        self,
        blends: Blends,
        weights: Floats,
        coalitions: Coalitions | None = None,
        n_jobs: int | None = None,
    ) -> Iterator[MomentsOfBlock]:
        """Weighted moments of each coalition's scores, for one group of candidates after the other.

        Parameters
        ----------
        blends, coalitions, n_jobs
            As in `coalition_blocks`.
        weights : ndarray of shape (n_candidates,)
            Weights of the candidates, at least 0.

        Yields
        ------
        MomentsOfBlock
            For each coalition once for each group of candidates.
        """
        if self.forest is not None and can_walk(self.forest, blends) and not self.legality.forbids:
            yield from _kernel_moments(self.forest, blends, weights, coalitions, n_jobs)
            return
        for positions, members, scores in self.coalition_blocks(blends, coalitions, n_jobs):
            yield MomentsOfBlock(positions, len(members), *row_moments(scores, weights[members]))

    def _blocks(
        self, blends: Blends, coalitions: Coalitions | None, n_jobs: int | None
    ) -> Iterator[Block]:
        """Blocks without regard to forbidden blends."""
        if not self._has_kernel(blends):
            yield from self._predicted_blocks(blends, coalitions)
            return
        from skhypershap.surrogate.kernels.coalitions import score_block

        assert self.forest is not None
        for walk, layout, positions in walk_plans(self.forest, blends, coalitions):
            groups = walk.blocks(layout.most_candidates)
            score = functools.partial(score_block, walk, layout)
            for group, scores in zip(groups, in_threads(score, groups, n_jobs), strict=True):
                yield Block(positions, group, scores.T)

    def _kernel_optima(
        self, blends: Blends, coalitions: Coalitions | None, sign: float, n_jobs: int | None
    ) -> Iterator[BestOfBlock]:
        from skhypershap.surrogate.kernels.coalitions import best_of_block

        assert self.forest is not None
        for walk, layout, positions in walk_plans(self.forest, blends, coalitions):
            groups = walk.blocks(layout.most_candidates)
            best_of = functools.partial(best_of_block, walk, layout, sign)
            found = in_threads(best_of, groups, n_jobs)
            for group, (gains, winners) in zip(groups, found, strict=True):
                yield BestOfBlock(positions, len(group), gains, winners)

    def _has_kernel(self, blends: Blends) -> bool:
        """Whether blends are scored without the model's own predict."""
        return self.forest is not None and can_walk(self.forest, blends)

    def _predicted_blocks(self, blends: Blends, coalitions: Coalitions | None) -> Iterator[Block]:
        """Blocks of all candidates and some coalitions, by the model's own predict."""
        n_coalitions = blends.n_coalitions if coalitions is None else len(coalitions)
        step = max(1, PREDICT_ROWS // len(blends.candidates))
        for start in range(0, n_coalitions, step):
            part = slice(start, min(start + step, n_coalitions))
            if coalitions is None:
                rows = coalitions_at(np.arange(part.start, part.stop), blends.n_players)
            else:
                rows = coalitions[part]
            scores = self.blend_scores(blends, rows)
            yield Block(part, np.arange(len(blends.candidates)), scores)


def _kernel_moments(
    forest: FlatForest,
    blends: Blends,
    weights: Floats,
    coalitions: Coalitions | None,
    n_jobs: int | None,
) -> Iterator[MomentsOfBlock]:
    from skhypershap.surrogate.kernels.coalitions import moments_of_block

    for walk, layout, positions in walk_plans(forest, blends, coalitions):
        groups = walk.blocks(len(weights))
        moments_of = functools.partial(moments_of_block, walk, layout, weights)
        found = in_threads(moments_of, groups, n_jobs)
        for group, moments in zip(groups, found, strict=True):
            yield MomentsOfBlock(positions, len(group), *moments)


def can_walk(forest: FlatForest, blends: Blends) -> bool:
    """Whether no path passes more players than fit a set of the tree walk."""
    return _n_numbers(forest, blends) <= MOST_PLAYERS


def _n_numbers(forest: FlatForest, blends: Blends) -> int:
    """How many players a set of the walk must hold: those of the longest path if there are many."""
    from skhypershap.surrogate.kernels.path_players import most_on_a_path

    if blends.n_players <= MOST_PLAYERS:
        return blends.n_players
    return most_on_a_path(forest, blends.player_of_column)


def walk_plans(
    forest: FlatForest, blends: Blends, coalitions: Coalitions | None, n_parts: int | None = None
) -> Iterator[tuple[Walk, ScoreLayout, Positions]]:
    """A walk, a layout of its scores, and positions of the coalitions in the layout's order.

    Of some coalitions a layout holds 2,048 in each of `n_parts` parts, of which there are as many as may
    share a walk by default.
    """
    from skhypershap.surrogate.kernels.score_layouts import (
        MOST,
        MOST_PARTS,
        layout_of_all,
        layout_of_some,
    )
    from skhypershap.surrogate.kernels.tree_walk import plan_walk

    walk = plan_walk(forest, blends.candidates, blends.baseline, blends.player_of_column)
    if blends.n_players > MOST_PLAYERS:
        from skhypershap.surrogate.kernels.path_players import numbered_by_path

        walk = numbered_by_path(walk, _n_numbers(forest, blends))
    if coalitions is None:
        layout = layout_of_all(walk)
        yield walk, layout, layout.coalitions
        return
    most = (n_parts or MOST_PARTS) * MOST
    for start in range(0, len(coalitions), most):
        layout = layout_of_some(walk, coalitions[start : start + most])
        yield walk, layout, start + layout.coalitions
