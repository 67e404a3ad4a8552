"""The small games that a game with branches is made of, one for each value of its roots.

A coalition that tunes all roots can reach what any of its small games reaches: v(S) is the best of
them. One that does not tune a root plays with the branch of the baseline's value. For a variance the
small games have the first two moments of scores, and the mass of their candidates.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from skhypershap.arrays import Coalitions, Positions, Scores, Vector, Vectors
from skhypershap.games.best_candidates import best_candidates
from skhypershap.games.branches import OUT, Branches, Key
from skhypershap.games.candidates import Candidates, candidates_of
from skhypershap.games.coalition_scores import STARTS_OF_SHARED
from skhypershap.games.line_search import line_search_for, line_search_in_vectors
from skhypershap.games.refinement import Refined, monotone, monotone_optima, n_starts_for, refine
from skhypershap.games.setting import (
    GAMES,
    GameContext,
    learns_from_subsets,
    sign_of_gain,
    sign_of_search,
)
from skhypershap.parallel import progress_bar
from skhypershap.surrogate.blends import Blends

FEW_STARTS = 2  # of each coalition; more change values of 14 branches by 0.02 % of the largest


class SmallGame(NamedTuple):
    """All coalitions of what is shared and of one branch of each root.

    Attributes
    ----------
    players : tuple of int
        Bit i of a position stands for the i-th of them.
    values : ndarray of shape (2^n,)
        sign * (score - baseline's score) of the best, -inf where all blends are forbidden; for a
        variance the variance of the scores.
    means, squares : ndarray of shape (2^n,)
        For a variance: means of scores and of their squares, from some common score.
    mass : float
        Probability of its candidates.
    """

    players: tuple[int, ...]
    values: Scores
    means: Scores
    squares: Scores
    mass: float

    def positions_of(self, coalitions: Coalitions) -> Positions:
        """Position of each coalition of all players in the table of this game."""
        weights = 1 << np.arange(len(self.players), dtype=np.int64)
        positions: Positions = coalitions[:, list(self.players)] @ weights
        return positions


class BranchGames(NamedTuple):
    """A game with one baseline as small games.

    Attributes
    ----------
    branches : Branches
        The roots and their branches.
    kept : tuple of int
        For each root the position of the baseline's value.
    small : mapping of key to SmallGame
        See `Branches.all_keys`.
    is_variance : bool
        How small games become one: by moments, or by their maximum.
    gain_sign : float
        Times a value, it is a gain.
    empty : float
        v of the empty coalition, in the metric's own units.
    """

    branches: Branches
    kept: Key
    small: Mapping[Key, SmallGame]
    is_variance: bool
    gain_sign: float
    empty: float

    def tuned_keys(self, tuned: tuple[bool, ...]) -> Iterator[Key]:
        """Keys of the small games that a coalition plays which tunes some roots."""
        for key in self.small:
            if all((value != OUT) == is_in for value, is_in in zip(key, tuned, strict=True)):
                yield key

    def gains(self, coalitions: Coalitions) -> Scores:
        """v(S) - v(empty) as gains, from the tables alone."""
        gains = np.zeros(len(coalitions))
        roots = np.array([root.player for root in self.branches.roots])
        kinds, kind_of = np.unique(coalitions[:, roots], axis=0, return_inverse=True)
        for position, kind in enumerate(kinds):
            rows = np.flatnonzero(kind_of.ravel() == position)
            gains[rows] = self._gains_of_kind(coalitions[rows], tuple(kind.tolist()))
        return gains

    def _gains_of_kind(self, coalitions: Coalitions, tuned: tuple[bool, ...]) -> Scores:
        games = [self.small[key] for key in self.tuned_keys(tuned)]
        if not self.is_variance:
            best = np.full(len(coalitions), -np.inf)
            for game in games:
                np.maximum(best, game.values[game.positions_of(coalitions)], out=best)
            return gains_of(self, best)
        mean, square = np.zeros(len(coalitions)), np.zeros(len(coalitions))
        if not any(tuned):
            return games[0].values[games[0].positions_of(coalitions)]
        for game in games:
            at = game.positions_of(coalitions)
            mean += game.mass * game.means[at]
            square += game.mass * game.squares[at]
        variances: Scores = np.maximum(square - mean**2, 0.0)
        return variances


def gains_of(games: BranchGames, best: Scores) -> Scores:
    """Gains of the best values; where all is forbidden a coalition stays at the baseline."""
    gains: Scores = games.gain_sign * np.where(np.isneginf(best), 0.0, best)
    return gains


def branch_games(
    name: str, context: GameContext, baseline: Vector, branches: Branches
) -> BranchGames | None:
    """Evaluate all small games of one baseline; None if its own value of a root is impossible.

    Parameters
    ----------
    name : str
        A game that searches, or a variance.
    context : GameContext
        What the games of an explainer share.
    baseline : ndarray of shape (n_columns,)
        A filled vector.
    branches : Branches
        Of the players of the context.
    """
    kept = tuple(int(root.positions_in(baseline[None])[0]) for root in branches.roots)
    if min(kept) < 0:
        return None
    is_variance = GAMES[name].reduce == "variance"
    candidates = candidates_of(name, context)
    base = float(context.surrogate.predict_filled(baseline[None])[0])
    play = _moments if is_variance else _maxima
    small = {}
    with progress_bar(name, branches.n_games, "branch", context.verbose) as bar:
        for key in branches.all_keys():
            part = part_of_key(name, context, baseline, branches, key, candidates)
            small[key] = play(name, part, branches.players(key, kept), base)
            bar.update()
    if learns_from_subsets(name, context):
        small = _at_least_untuned(small, kept)
    sign = (
        1.0
        if is_variance
        else sign_of_gain(name, context.trials) * sign_of_search(name, context.trials)
    )
    return BranchGames(branches, kept, small, is_variance, sign, 0.0 if is_variance else base)


class Part(NamedTuple):
    """What one small game is played with: its context, candidates with its values, and baseline.

    `n_starts` is the number of searches for each coalition.
    """

    context: GameContext
    candidates: Candidates
    baseline: Vector
    mass: float
    n_starts: int


def part_of_key(
    name: str,
    context: GameContext,
    baseline: Vector,
    branches: Branches,
    key: Key,
    candidates: Candidates,
) -> Part:
    """The candidates and the baseline of a small game: roots that are tuned have its values."""
    chosen = np.ones(len(candidates.vectors), dtype=bool)
    start = baseline.copy()
    for root, value in zip(branches.roots, key, strict=True):
        if value != OUT:
            chosen &= root.positions_in(candidates.vectors) == value
            start[root.column] = root.numbers[value]
    kept = tuple(int(root.positions_in(baseline[None])[0]) for root in branches.roots)
    names = list(context.players)
    players = {
        names[player]: context.players[names[player]] for player in branches.players(key, kept)
    }
    weights = candidates.probabilities
    mass = float(chosen.mean() if weights is None else weights[chosen].sum())
    some = Candidates(
        candidates.vectors[chosen],
        None if weights is None else weights[chosen] / (mass or 1.0),
        candidates.complete,
    )
    own = _held(context._replace(players=players), start)
    return Part(own, some, start, mass, _n_starts(name, own, branches))


def _n_starts(name: str, context: GameContext, branches: Branches) -> int:
    """Number of searches for each coalition of a small game: fewer if there are many games."""
    size = math.ceil(math.log2(branches.n_games)) + branches.most_players
    n_starts = min(n_starts_for(context.n_players), max(n_starts_for(size), FEW_STARTS))
    return min(n_starts, STARTS_OF_SHARED) if name in (context.shared or {}) else n_starts


def _held(context: GameContext, start: Vector) -> GameContext:
    """The same context with trees in which all columns without a player are held."""
    forest = context.surrogate.forest
    if forest is None or not forest.thresholds:
        return context
    from skhypershap.surrogate.kernels.conditional_splits import held_at

    held = held_at(forest, start, context.player_of_column >= 0)
    return context._replace(surrogate=replace(context.surrogate, forest=held))


def _maxima(name: str, part: Part, players: tuple[int, ...], base: float) -> SmallGame:
    sign = sign_of_search(name, part.context.trials)
    values = part_optima(name, part, in_vectors=False).values - sign * base
    if learns_from_subsets(name, part.context):
        values = np.maximum(values, 0.0)  # a coalition is never worse than the empty one
    nothing = np.empty(0)
    return SmallGame(players, values, nothing, nothing, part.mass)


def part_optima(name: str, part: Part, *, in_vectors: bool) -> Refined:
    """The best of each coalition of a small game as sign * score; -inf where all is forbidden."""
    context, surrogate = part.context, part.context.surrogate
    sign = sign_of_search(name, context.trials)
    refined = learns_from_subsets(name, context)
    blends = Blends(part.candidates.vectors, part.baseline, context.player_of_column)
    if refined:
        blends = blends.with_baseline_as_candidate()
    if not context.players:
        return _optimum_without_players(blends, part, sign)
    if not len(blends.candidates):
        size = blends.n_coalitions
        return Refined(np.full(size, -np.inf), np.tile(part.baseline, (size, 1)))
    searches = refined and not part.candidates.complete
    n_starts = part.n_starts
    best = best_candidates(
        surrogate,
        blends,
        sign=sign,
        n_best=n_starts if searches else 1,
        n_jobs=context.n_jobs,
        progress=_quiet,
    )
    if searches:
        searcher = line_search_in_vectors if in_vectors else line_search_for
        search = searcher(surrogate, context.trials.space, blends, sign=sign)
        found = refine(search, best, n_starts=n_starts, n_jobs=context.n_jobs, progress=_quiet)
    else:
        points = _blended(blends, best.positions[0]) if in_vectors else best.values
        found = Refined(best.values[0], points)
    if not refined:
        return found
    return monotone_optima(found) if in_vectors else Refined(monotone(found.values), found.points)


def _optimum_without_players(blends: Blends, part: Part, sign: float) -> Refined:
    """A branch without players, and nothing that is shared: one configuration."""
    point = part.baseline[None]
    surrogate = part.context.surrogate
    legal = len(blends.candidates) > 0 and not surrogate.legality.forbidden(point)[0]
    value = sign * surrogate.predict_filled(point) if legal else np.array([-np.inf])
    return Refined(value, point)


def _blended(blends: Blends, winners: Positions) -> Vectors:
    from skhypershap.surrogate.blends import all_coalitions

    taken = blends.taken(all_coalitions(blends.n_players))
    points: Vectors = np.where(taken, blends.candidates[winners], blends.baseline)
    return points


def _moments(name: str, part: Part, players: tuple[int, ...], base: float) -> SmallGame:
    """Means of scores and of squares, counted from the baseline's score."""
    context, candidates = part.context, part.candidates
    blends = Blends(candidates.vectors, part.baseline, context.player_of_column)
    size = blends.n_coalitions
    means, squares = np.zeros(size), np.zeros(size)
    weights = candidates.weights
    if not len(candidates.vectors):
        pass
    elif not context.players:
        means[0] = float(context.surrogate.predict_filled(part.baseline[None])[0]) - base
        squares[0] = means[0] ** 2
    else:
        for block in context.surrogate.coalition_blocks(blends, n_jobs=context.n_jobs):
            scores = block.scores - base
            means[block.coalitions] += scores @ weights[block.candidates]
            squares[block.coalitions] += scores**2 @ weights[block.candidates]
    return SmallGame(players, np.maximum(squares - means**2, 0.0), means, squares, part.mass)


def _at_least_untuned(small: dict[Key, SmallGame], kept: Key) -> dict[Key, SmallGame]:
    """Raise games at the baseline's values to those that do not tune the root: these are legal, too."""
    for root, here in enumerate(kept):
        for key, game in small.items():
            if key[root] == here:
                without = small[(*key[:root], OUT, *key[root + 1 :])]
                small[key] = game._replace(values=np.maximum(game.values, without.values))
    return small


def _quiet(_: int) -> None:
    pass
