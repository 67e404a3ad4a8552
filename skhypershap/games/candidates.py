"""Where the configurations of a game come from: one, a finite space, or samples from it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from skhypershap.arrays import Booleans, Coalition, Coalitions, Floats, Positions, Vectors
from skhypershap.games.best_candidates import best_candidates
from skhypershap.games.line_search import line_search_in_vectors
from skhypershap.games.setting import (
    GAMES,
    GameContext,
    learns_from_subsets,
    sign_of_gain,
    sign_of_search,
)
from skhypershap.space.encoding import Config, decode
from skhypershap.space.spreading import spread_vectors
from skhypershap.surrogate.blends import Blends

N_STARTS = 4  # of the search for one configuration
POINTS_PER_SEARCH = 64  # that move together: some MB
# Of very many trials the best ones are candidates: the others start no search that finds more.
MOST_TRIALS = 5_000


class Candidates(NamedTuple):
    """Vectors that are blended with a baseline.

    Attributes
    ----------
    vectors : ndarray of shape (n_candidates, n_columns)
        The candidates, filled.
    probabilities : ndarray of shape (n_candidates,) or None
        None where all are equally likely.
    complete : bool
        Whether these are all configurations of the space, so that no search finds a better one.
    """

    vectors: Vectors
    probabilities: Floats | None = None
    complete: bool = False

    @property
    def weights(self) -> Floats:
        """Probabilities, also where all are equally likely."""
        if self.probabilities is not None:
            return self.probabilities
        return np.full(len(self.vectors), 1 / max(len(self.vectors), 1))


def candidates_of(name: str, context: GameContext) -> Candidates:
    """Find the candidates of a game that has many."""
    if context.shared is not None and name in context.shared:
        return Candidates(context.shared[name])
    source = GAMES[name].candidates
    legality = context.surrogate.legality
    enumerated = context.enumerated()
    if enumerated is not None:
        vectors, probabilities = enumerated
        return Candidates(legality.fill(vectors), probabilities, complete=True)
    if source == "distribution" and context.optimizer != "random":
        return Candidates(*_spread(context))
    sampled = context.samples() if context.sampled is None else context.sampled
    vectors = legality.fill(sampled)
    if learns_from_subsets(name, context):
        vectors = np.vstack([vectors, _known(name, context)])
    return Candidates(vectors)


def _known(name: str, context: GameContext) -> Vectors:
    """Filled vectors of the trials, of very many the best ones."""
    if len(context.trials.configs) > MOST_TRIALS:
        return best_trials(name, context, MOST_TRIALS)
    return context.filled(context.trials.configs)


def best_trials(name: str, context: GameContext, most: int) -> Vectors:
    """Filled vectors of at most so many trials, whose scores are the most extreme ones, best first."""
    trials = context.trials
    order = np.argsort(-sign_of_search(name, trials) * trials.scores, kind="stable")
    return context.filled([trials.configs[at] for at in order[:most]])


def _spread(context: GameContext) -> tuple[Vectors, Floats | None]:
    """Filled vectors that are spread over the space, and their weights, if they differ."""
    space, legality = context.trials.space, context.surrogate.legality
    vectors, weights = spread_vectors(space, context.n_samples, context.seed)
    return legality.fill(legality.legal(vectors)), weights


def best_config(context: GameContext, baseline: Config, coalition: Coalition) -> Config:
    """Find the configuration that tuning one coalition would lead to; see `best_configs`."""
    sign = sign_of_gain("tunability", context.trials)
    return best_configs(context, baseline, coalition[None], sign=sign)[0]


def best_configs(
    context: GameContext, baseline: Config, coalitions: Coalitions, *, sign: float
) -> list[Config]:
    """Find for each coalition the configuration that it would be tuned to.

    Parameters
    ----------
    context : GameContext
        What the games of an explainer share.
    baseline : dict
        Where all other hyperparameters stay.
    coalitions : ndarray of shape (n_coalitions, n_players), dtype bool
        The players that are tuned.
    sign : float
        1 for the largest score, -1 for the smallest.
    """
    refining = context.with_samples(["tunability"])._replace(optimizer="refine")
    candidates = candidates_of("tunability", refining)
    start = context.filled([baseline])
    blends = Blends(candidates.vectors, start[0], context.player_of_column)
    blends = blends.with_baseline_as_candidate()
    taken = blends.taken(coalitions)
    search = not candidates.complete
    points, row = _best_blends(context, blends, coalitions, taken, sign, search=search)
    points = np.vstack([np.tile(start, (len(coalitions), 1)), points])
    row = np.concatenate([np.arange(len(coalitions)), row])
    gains = sign * context.surrogate.predict(points)
    if context.surrogate.legality.forbidden(start)[0]:  # the baseline, which comes first
        gains[: len(coalitions)] = -np.inf
    order = np.lexsort((np.arange(len(row)) < len(coalitions), -gains, row))
    best = points[order[np.searchsorted(row[order], np.arange(len(coalitions)))]]
    configs = decode(context.trials.space, context.surrogate.legality.legal(best))
    # Others keep the baseline's own value: encoding it and decoding it again may round.
    return [
        config | _kept(context, baseline, config, moved)
        for config, moved in zip(configs, taken, strict=True)
    ]


def _kept(context: GameContext, baseline: Config, config: Config, taken: Booleans) -> Config:
    """Values of the baseline for what is not tuned and active."""
    kept = [
        name for name, is_taken in zip(context.trials.space, taken, strict=True) if not is_taken
    ]
    return {name: baseline[name] for name in kept if name in config and name in baseline}


def _best_blends(
    context: GameContext,
    blends: Blends,
    coalitions: Coalitions,
    taken: Booleans,
    sign: float,
    *,
    search: bool,
) -> tuple[Vectors, Positions]:
    """Vectors of the best blends, moved by line search if asked for, and the coalition of each."""
    best = best_candidates(
        context.surrogate,
        blends,
        coalitions,
        sign=sign,
        n_best=N_STARTS,
        n_jobs=context.n_jobs,
        progress=lambda _: None,
    )
    is_legal = np.isfinite(best.values.T)
    row = np.nonzero(is_legal)[0]
    candidates = blends.candidates[best.positions.T[is_legal]]
    points = np.where(taken[row], candidates, blends.baseline)
    if not search:
        return points, row
    line_search = line_search_in_vectors(context.surrogate, context.trials.space, blends, sign=sign)
    free = taken[row] & ~line_search.fixed
    for first in range(0, len(points), POINTS_PER_SEARCH):
        part = slice(first, first + POINTS_PER_SEARCH)
        turns = np.zeros((len(points[part]), 2), dtype=np.int64)
        points[part], _ = line_search.ascend(points[part], free[part], turns)
    return points, row


def evenly(vectors: Vectors, most: int) -> Vectors:
    """At most so many of the vectors, evenly spaced."""
    if len(vectors) <= most:
        return vectors
    some: Vectors = vectors[np.linspace(0, len(vectors) - 1, most).astype(int)]
    return some
