"""The profile of a hyperparameter: the best score that is left when it is fixed and the rest is tuned.

For each point of a line the best candidates, whose columns of the line take the point's numbers, are
the starts of a line search in all other columns. What one point has found is then tried at the others.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from skhypershap.arrays import Booleans, Coalition, Floats, Positions, Scores, ScoreTable, Vectors
from skhypershap.games.candidates import candidates_of
from skhypershap.games.coalition_scores import coalition_optima
from skhypershap.games.line_search import LineSearch, line_search_in_vectors
from skhypershap.games.lines import Line, activated, ancestors, is_active
from skhypershap.games.setting import GameContext, sign_of_gain
from skhypershap.parallel import in_threads
from skhypershap.surrogate.blends import Blends
from skhypershap.surrogate.curves import curves, fast_scores

N_POOL = 256  # of the best candidates, which are tried at each point
N_FROM = 96  # of these, from which the optimum of everything is searched
N_STARTS = 2  # of the searches at a point of one hyperparameter; a pair has one
N_OPTIMA = 64  # found at some points, which are tried at all others
ROUNDS = 2  # of trying
MOST_EXACT = 6  # players of which all coalitions are evaluated, as in the tunability game
WORTHWHILE = 1e-9  # relative gain from which another search starts
POINTS_PER_TASK = 64  # of a thread


class ProfileSearch:
    """Searches with some columns fixed.

    Parameters
    ----------
    context : GameContext
        What the games of an explainer share.
    baseline : ndarray of shape (n_columns,)
        Filled vector whose values keep the columns that are not tuned.
    coalition : ndarray of shape (n_players,), dtype bool, optional
        Which players are tuned; by default all.
    known : ndarray of shape (n_known, n_columns), optional
        Further filled vectors from which to start.
    exact : bool
        Whether the optimum of all players is that of the tunability game where there are few. Otherwise
        it is searched by itself.

    Attributes
    ----------
    candidates : ndarray of shape (n_candidates, n_columns)
        Filled vectors, the baseline and the known ones last.
    optimum : ndarray of shape (n_columns,)
        The best filled vector of all.
    best_gain : float
        sign * its score, which is v of the tuned players.
    """

    def __init__(
        self,
        context: GameContext,
        baseline: Floats,
        coalition: Coalition | None = None,
        known: Vectors | None = None,
        *,
        exact: bool = True,
    ) -> None:
        self.context = context._replace(optimizer="refine")
        self.sign = sign_of_gain("tunability", context.trials)
        self.baseline = baseline
        found = candidates_of("tunability", self.context)
        self.complete = found.complete
        coalition = np.ones(context.n_players, dtype=bool) if coalition is None else coalition
        blends = Blends(found.vectors, baseline, context.player_of_column)
        self.taken: Booleans = blends.taken(coalition[None])[0]
        parts = [found.vectors, baseline[None]] + ([] if known is None else [known])
        self.candidates: Vectors = np.where(self.taken, np.vstack(parts), baseline)
        self.n_known = len(self.candidates) - len(found.vectors)
        self.gains = self._gains(self.candidates)
        self.search = self._line_search(blends)
        self.optimum, self.best_gain = self._optimum(exact and bool(coalition.all()))

    def _gains(self, vectors: Vectors) -> Scores:
        """Sign * score, where larger is better; -inf where a vector is forbidden."""
        scores = fast_scores(self.context.surrogate, vectors, self.context.n_jobs)
        gains: Scores = self.sign * scores
        legality = self.context.surrogate.legality
        return np.where(legality.forbidden(vectors), -np.inf, gains) if legality.forbids else gains

    def _line_search(self, blends: Blends) -> LineSearch | None:
        if self.complete:
            return None
        pool = blends.with_candidates(self.candidates[self._pool(np.arange(len(self.gains)))])
        return line_search_in_vectors(
            self.context.surrogate, self.context.trials.space, pool, sign=self.sign
        )

    def _pool(self, rows: Positions) -> Positions:
        """Some of the candidates: the best, half of them from different parts of the list."""
        best = rows[np.argsort(-self.gains[rows], kind="stable")[: N_POOL // 2]]
        parts = np.array_split(rows, min(N_POOL // 2, len(rows)) or 1)
        tops = [part[np.argmax(self.gains[part])] for part in parts if len(part)]
        return np.unique(np.concatenate([best, np.array(tops, dtype=np.int64)]))

    def _optimum(self, exact: bool) -> tuple[Floats, float]:
        """The best vector, and its gain."""
        top = int(np.argmax(self.gains))
        vector, gain = self.candidates[top], float(self.gains[top])
        if self.search is None:
            return vector, gain
        if exact and self.context.n_players <= MOST_EXACT:
            found = coalition_optima("tunability", self.context, self.baseline, {})
            return found.points[-1], self.sign * float(found.values[-1])
        pool = self._pool(np.arange(len(self.gains)))
        starts = self.candidates[pool[np.argsort(-self.gains[pool], kind="stable")[:N_FROM]]]
        moved, gains = self._ascend(starts, np.tile(self.taken, (len(starts), 1)))
        best = int(np.argmax(gains))
        return (moved[best], float(gains[best])) if gains[best] > gain else (vector, gain)

    def curve(self, line: Line) -> Scores:
        """Sign * the best score at each point, of shape (n_points,); NaN where nothing is legal.

        No point is better than the optimum.
        """
        if self.search is None:
            best = self._best_of(self.candidates, line)[0][0]
        else:
            best = self._searched(line)
        best = np.minimum(best, self.best_gain)
        capped: Scores = np.where(np.isneginf(best), np.nan, best)
        return capped

    def _searched(self, line: Line) -> Scores:
        pool = self._pool_for(line)
        tops = [self._best_of(pool[part::N_STARTS], line) for part in range(N_STARTS)]
        best, points = tops[0][0][0].copy(), pool[::N_STARTS][tops[0][1][0]]
        starts = [
            (gains[0], pool[part::N_STARTS][rows[0]]) for part, (gains, rows) in enumerate(tops)
        ]
        if len(line.columns) > 1:
            better = starts[1][0] > starts[0][0]
            starts = [
                (
                    np.where(better, starts[1][0], starts[0][0]),
                    np.where(better[:, None], starts[1][1], starts[0][1]),
                )
            ]
        for gains, vectors in starts:
            self._improve(line, best, points, gains, vectors)
        for _ in range(ROUNDS):
            optima = self._some_optima(best, points)
            gains, rows = self._best_of(optima, line)
            margin = np.where(np.isfinite(best), np.abs(best) * WORTHWHILE, 0.0)
            better = gains[0] > best + margin
            if not better.any():
                break
            gains = np.where(better, gains[0], -np.inf)
            self._improve(line, best, points, gains, optima[rows[0]])
        lost = np.isneginf(best)
        if lost.any():  # the best candidates are all forbidden there
            gains, _ = self._best_of(self.candidates, line)
            best[lost] = gains[0][lost]
        found: Scores = best
        return found

    def _improve(
        self, line: Line, best: Scores, points: Vectors, gains: Scores, vectors: Vectors
    ) -> None:
        """Search from a vector for each point, and keep in place what is better."""
        rows = np.flatnonzero(np.isfinite(gains))
        starts = vectors[rows]
        starts[:, list(line.columns)] = line.numbers[rows]
        free = np.tile(self.taken & ~self._fixed(line), (len(rows), 1))
        moved, found = self._ascend(starts, free)
        stayed = gains[rows] >= found
        moved, found = np.where(stayed[:, None], starts, moved), np.maximum(found, gains[rows])
        better = found > best[rows]
        best[rows[better]], points[rows[better]] = found[better], moved[better]

    def _fixed(self, line: Line) -> Booleans:
        """Columns that must stay, so that the line's own keep their numbers and stay active."""
        space = self.context.trials.space
        fixed = {*line.columns}.union(*(ancestors(space, column) for column in line.columns))
        return np.isin(np.arange(len(space)), sorted(fixed))

    def _ascend(self, starts: Vectors, free: Booleans) -> tuple[Vectors, Scores]:
        assert self.search is not None
        search, free = self.search, free & ~self.search.fixed
        turns = np.zeros((len(starts), 2), dtype=np.int64)

        def ascend(first: int) -> tuple[Vectors, Scores]:
            part = slice(first, first + POINTS_PER_TASK)
            return search.ascend(starts[part], free[part], turns[part])

        tasks = range(0, len(starts), POINTS_PER_TASK)
        parts = list(in_threads(ascend, tasks, self.context.n_jobs))
        if not parts:
            return starts, np.empty(0)
        return np.vstack([part[0] for part in parts]), np.concatenate([part[1] for part in parts])

    def _pool_for(self, line: Line) -> Vectors:
        """Candidates to start from, in which the line's columns are active where that can be."""
        legality = self.context.surrogate.legality
        special = np.vstack([self.candidates[-self.n_known :], self.optimum])
        special = activated(legality, special, line, self.candidates)
        parents = {p for c in line.columns for p in ancestors(legality.space, c)} - {*line.columns}
        rows = np.arange(len(self.candidates))
        if parents:
            rows = rows[is_active(legality, self.candidates, line.columns)]
        pool = [self.candidates[self._pool(rows)]] if len(rows) else []
        if parents and len(rows):  # they stay where they are, so each of their values is a start
            rows = rows[np.argsort(-self.gains[rows], kind="stable")]
            ways = self.candidates[rows][:, sorted(parents)]
            first = np.sort(np.unique(ways, axis=0, return_index=True)[1])[:N_POOL]
            pool.append(self.candidates[rows[first]])
        both = np.vstack([*pool, special])
        return both if len(both) >= N_STARTS else np.repeat(both, N_STARTS, axis=0)

    def _some_optima(self, best: Scores, points: Vectors) -> Vectors:
        """Distinct vectors that points have ended at: all of a line, some of a plane."""
        found = points[np.isfinite(best)]
        if len(found) > 2 * N_OPTIMA:
            found = found[np.unique(np.linspace(0, len(found) - 1, N_OPTIMA).astype(int))]
        return np.vstack([found, self.optimum]) if len(found) else self.optimum[None]

    def _best_of(self, vectors: Vectors, line: Line) -> tuple[ScoreTable, Positions]:
        """The best gain of vectors at each point, and which has it; both of shape (1, n_points)."""
        best, rows = [], []
        for table in self._tables(vectors, line):
            top = np.argmax(table, axis=0)
            best.append(table[top, np.arange(table.shape[1])])
            rows.append(top)
        return np.concatenate(best)[None], np.concatenate(rows)[None]

    def _tables(self, vectors: Vectors, line: Line) -> Iterator[ScoreTable]:
        """Gains of shape (n_vectors, n_numbers) along the line's last column."""
        context = self.context
        for changed in along_first(vectors, line):
            scores = curves(
                context.surrogate, changed, line.columns[-1], line.grids[-1], context.n_jobs
            )
            is_legal = legal_points(context, changed, line)
            yield np.where(is_legal, self.sign * scores, -np.inf)


def along_first(vectors: Vectors, line: Line) -> Iterator[Vectors]:
    """The vectors, or for a pair the vectors with each number of its first column."""
    if len(line.columns) == 1:
        yield vectors
        return
    for number in line.grids[0]:
        changed = vectors.copy()
        changed[:, line.columns[0]] = number
        yield changed


def legal_points(context: GameContext, vectors: Vectors, line: Line) -> Booleans:
    """Whether vectors are legal along the line's last column, with all of its columns active."""
    legality = context.surrogate.legality
    active = is_active(legality, vectors, line.columns)
    if not legality.forbids:
        return np.repeat(active[:, None], len(line.grids[-1]), axis=1)
    is_legal = np.empty((len(vectors), len(line.grids[-1])), dtype=bool)
    for place, number in enumerate(line.grids[-1]):
        changed = vectors.copy()
        changed[:, line.columns[-1]] = number
        is_legal[:, place] = active & ~legality.forbidden(changed)
    return is_legal
