"""The Pareto game: v(S) is the hypervolume of the best compromises that tuning S can reach.

Scores of each metric are scaled so that its ideal is 0 and its reference 1. The front of a coalition
holds the blends of its candidates that no other blend beats in all metrics, and the fronts of its
subsets, whose blends it could use, too: so a larger coalition never has a smaller hypervolume.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from skhypershap.arrays import Coalitions, Floats, Scores, Vectors
from skhypershap.games.candidates import candidates_of, evenly
from skhypershap.games.coalition_scores import coalition_optima
from skhypershap.games.pareto_front import front_of, hypervolume
from skhypershap.games.setting import GameContext
from skhypershap.space.encoding import Config
from skhypershap.surrogate.blends import Blends, coalitions_at, positions_without

MOST_SPREAD = 2000  # of all candidates, evenly spread
MOST_OPTIMA = 1 << 10  # of each metric and baseline
BATCH = 128  # coalitions whose scores are in memory at once


class ParetoGame(NamedTuple):
    """The metrics of a Pareto game, and what its coalitions are blended from.

    Attributes
    ----------
    contexts : tuple of GameContext
        One for each metric, with the same trials, players and seed.
    baselines : ndarray of shape (n_baselines, n_columns)
        Filled vectors; the game is the mean over them.
    candidates : ndarray of shape (n_candidates, n_columns)
        Filled vectors.
    reference, ideal : ndarray of shape (n_metrics,)
        Scores in the metrics' own units.
    """

    contexts: tuple[GameContext, ...]
    baselines: Vectors
    candidates: Vectors
    reference: Floats
    ideal: Floats

    @property
    def n_players(self) -> int:
        """Number of players."""
        return self.contexts[0].n_players

    def resampled(self, draw: int) -> ParetoGame:
        """The same game with surrogates of a resample, which has the same trials for each metric."""
        return self._replace(contexts=tuple(one.alone().resampled(draw) for one in self.contexts))


def pareto_game(
    contexts: tuple[GameContext, ...],
    baselines: list[Config],
    reference: Floats,
    ideal: Floats,
    *,
    all_coalitions: bool,
) -> ParetoGame:
    """Choose the candidates: all configurations of a small space, or else a spread and the optima.

    Parameters
    ----------
    contexts, reference, ideal
        As in `ParetoGame`.
    baselines : list of dict
        Configurations.
    all_coalitions : bool
        Whether the optima of all coalitions are candidates; otherwise those of single metrics are not
        searched.
    """
    first = contexts[0]
    filled = first.filled(baselines)
    found = candidates_of("tunability", first)
    parts = [found.vectors if found.complete else evenly(found.vectors, MOST_SPREAD)]
    if not found.complete:
        parts.append(first.filled(first.trials.configs))
        if all_coalitions and first.optimizer == "refine":
            parts += [
                evenly(coalition_optima("tunability", one, baseline, {}).points, MOST_OPTIMA)
                for one in contexts
                for baseline in filled
            ]
    candidates = np.unique(np.vstack(parts), axis=0)
    return ParetoGame(contexts, filled, candidates, reference, ideal)


def pareto_scores(game: ParetoGame, coalitions: Coalitions | None = None) -> Scores:
    """Hypervolumes of some coalitions, or of all, of shape (n_coalitions,), the mean over baselines."""
    per_baseline = [_of_baseline(game, baseline, coalitions) for baseline in game.baselines]
    mean: Scores = np.mean(per_baseline, axis=0)
    return mean


def _of_baseline(game: ParetoGame, baseline: Floats, coalitions: Coalitions | None) -> Scores:
    blends = Blends(game.candidates, baseline, game.contexts[0].player_of_column)
    blends = blends.with_baseline_as_candidate()
    n_coalitions = 1 << game.n_players if coalitions is None else len(coalitions)
    fronts: list[Floats] = []
    for first in range(0, n_coalitions, BATCH):
        positions = np.arange(first, min(first + BATCH, n_coalitions))
        rows = (
            coalitions_at(positions, game.n_players)
            if coalitions is None
            else coalitions[positions]
        )
        points = _normalized(game, blends, rows)
        for position, row, own in zip(positions, rows, points, strict=True):
            parts = [own]
            if coalitions is None:  # subsets have smaller positions, so that their fronts are known
                subsets = positions_without(np.array(position), np.flatnonzero(row))
                parts += [fronts[subset] for subset in subsets]
            fronts.append(front_of(np.vstack(parts)))
    return np.array([hypervolume(front) for front in fronts])


def _normalized(game: ParetoGame, blends: Blends, coalitions: Coalitions) -> Floats:
    """Scaled scores of shape (n_coalitions, n_candidates, n_metrics); NaN where a blend is forbidden."""
    scores = np.full((len(coalitions), len(blends.candidates), len(game.contexts)), np.nan)
    for metric, context in enumerate(game.contexts):
        blocks = context.surrogate.coalition_blocks(blends, coalitions, context.n_jobs)
        for positions, candidates, block in blocks:
            rows = np.arange(len(coalitions))[positions]  # which may be a slice
            scores[rows[:, None], candidates, metric] = block
    scaled: Floats = (scores - game.ideal) / (game.reference - game.ideal)
    return scaled
