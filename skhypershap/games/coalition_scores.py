"""v(S) of the games on a surrogate: blend, score, reduce.

A game blends candidates x with a baseline lambda0 (columns of the coalition take x's values, all others
keep the baseline's) and reduces the scores of the blends to one number. Games differ only in where the
candidates come from and how their scores are reduced, so `GAMES` is a table.

Source: Wever, Muschalik, Fumagalli, Lindauer (2025), "HyperSHAP: Shapley Values and Interactions
for Explaining Hyperparameter Optimization", Definitions of the ablation, tunability, sensitivity
and mistunability games.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np
from tqdm.auto import tqdm

from skhypershap.arrays import Coalitions, Scores, Vectors
from skhypershap.games.best_candidates import best_candidates
from skhypershap.games.candidates import Candidates, candidates_of
from skhypershap.games.fewer_candidates import with_fewer_candidates
from skhypershap.games.line_search import LineSearch, line_search_for, line_search_in_vectors
from skhypershap.games.process_line_search import ProcessLineSearch
from skhypershap.games.refinement import Refined, monotone, monotone_optima, n_starts_for, refine
from skhypershap.games.setting import GAMES, GameContext, learns_from_subsets, sign_of_search
from skhypershap.games.variance import variance_over_blocks
from skhypershap.memory import check_fits
from skhypershap.parallel import progress_bar
from skhypershap.space.encoding import Config
from skhypershap.surrogate.blends import Blends, all_coalitions
from skhypershap.surrogate.surrogate import MomentsOfBlock

TOLERANCE_OF_SHARED = 1e-3  # in ranks; the spread of resamples is a hundred times as large
STARTS_OF_SHARED = 2  # searches for each coalition; candidates hold the optima of all trials
BYTES_PER_COALITION = 48  # its value, its best candidate, and copies of both; at least
SUBSET_ROWS = 512  # coalitions that are compared with all others at once: some MB


def coalition_scores(
    name: str,
    context: GameContext,
    baselines: Vectors,
    config: Config,
    coalitions: Coalitions | None = None,
) -> Scores:
    """v(S) in the metric's own units and direction.

    Parameters
    ----------
    name : str
        A key of `GAMES`.
    context : GameContext
        What the games of an explainer share.
    baselines : ndarray of shape (n_baselines, n_columns)
        Filled vectors; the game is the mean over them.
    config : dict
        The configuration that an ablation explains.
    coalitions : ndarray of shape (n_coalitions, n_players), dtype bool, optional
        Which coalitions; by default all. If only some are asked for, a coalition does not start from
        the optima of its subsets (see `best_of_evaluated_subsets` for those among them).

    Returns
    -------
    ndarray of shape (n_coalitions,)
        Of all coalitions bit i of a position is set if player i is in the coalition.
    """
    candidates = _candidates(name, context, baselines, config)
    reduced = _variances if GAMES[name].reduce == "variance" else _extremes
    values = [
        reduced(name, context, some, baseline, coalitions)
        for some, baseline in zip(candidates, baselines, strict=True)
    ]
    mean: Scores = np.mean(values, axis=0)
    if not np.isfinite(mean).all():
        largest = float(np.abs(context.trials.scores).max())
        raise ValueError(
            f"v of the game {name!r} is too large for a float, with scores as large as {largest:.0e}. "
            "Divide the scores by a constant."
        )
    return mean


def _candidates(
    name: str, context: GameContext, baselines: Vectors, config: Config
) -> list[Candidates]:
    """What the game blends with each baseline."""
    if context.few is not None:
        return [Candidates(context.few[baseline.tobytes()]) for baseline in baselines]
    if GAMES[name].candidates == "config":
        return [Candidates(context.filled([config]), complete=True)] * len(baselines)
    return [candidates_of(name, context)] * len(baselines)


def _variances(
    name: str,
    context: GameContext,
    candidates: Candidates,
    baseline: Vectors,
    coalitions: Coalitions | None,
) -> Scores:
    """Variance of the scores of all blends of each coalition."""
    if coalitions is not None and not coalitions.any():
        return np.zeros(len(coalitions))  # all blends are the baseline
    blends = Blends(candidates.vectors, baseline, context.player_of_column)
    size = _n_coalitions(context, coalitions)
    with progress_bar(name, size * len(blends.candidates), "blend", context.verbose) as bar:
        blocks = context.surrogate.coalition_moments(
            blends, candidates.weights, coalitions, context.n_jobs
        )
        with np.errstate(over="ignore", invalid="ignore"):  # too large values are refused later
            return variance_over_blocks(_watched(blocks, bar), size)


def coalition_optima(
    name: str,
    context: GameContext,
    baseline: Vectors,
    config: Config,
    coalitions: Coalitions | None = None,
) -> Refined:
    """v(S) of one baseline and the filled vectors that attain it, of a game that has such vectors.

    Parameters
    ----------
    name, context, config, coalitions
        As in `coalition_scores`; not a variance.
    baseline : ndarray of shape (n_columns,)
        A filled vector.

    Returns
    -------
    Refined
        `values` are in the metric's own units and direction.
    """
    if coalitions is None:
        check_all_fit(context.n_players)
    found = _optima(
        name,
        context,
        _candidates(name, context, baseline[None], config)[0],
        baseline,
        coalitions,
        searcher=line_search_in_vectors,
    )
    if learns_from_subsets(name, context) and coalitions is None:
        found = monotone_optima(found)
    values, points = found.values, found.points.copy()
    points[np.isneginf(values)] = baseline
    sign = sign_of_search(name, context.trials)
    return Refined(sign * _or_baseline(values, sign, context, baseline), points)


def check_all_fit(n_players: int) -> None:
    """Raise a ValueError if the values of all 2^n_players coalitions do not fit into memory."""
    check_fits(
        BYTES_PER_COALITION << n_players,
        f"All 2^{n_players} coalitions of {n_players} players",
        "Lower max_exact=, so that some coalitions are evaluated, or join hyperparameters with "
        "groups=.",
    )


def _extremes(
    name: str,
    context: GameContext,
    candidates: Candidates,
    baseline: Vectors,
    coalitions: Coalitions | None,
) -> Scores:
    """Best or worst score of each coalition: of the candidates, and of the search from them."""
    found = _optima(name, context, candidates, baseline, coalitions, searcher=line_search_for)
    values = found.values
    if learns_from_subsets(name, context) and coalitions is None:
        values = monotone(values)
    sign = sign_of_search(name, context.trials)
    return sign * _or_baseline(values, sign, context, baseline)


def _or_baseline(values: Scores, sign: float, context: GameContext, baseline: Vectors) -> Scores:
    """The same sign * score; a coalition whose blends are all forbidden keeps that of the baseline."""
    is_forbidden = np.isneginf(values)
    if not is_forbidden.any():
        return values
    return np.where(is_forbidden, sign * context.surrogate.predict(baseline[None])[0], values)


def _optima(
    name: str,
    context: GameContext,
    candidates: Candidates,
    baseline: Vectors,
    coalitions: Coalitions | None,
    *,
    searcher: Callable[..., LineSearch],
) -> Refined:
    """The best of each coalition as sign * score; its points are vectors unless they were moved."""
    surrogate = context.surrogate
    blends = Blends(candidates.vectors, baseline, context.player_of_column)
    refined = learns_from_subsets(name, context)
    if refined and context.few is None:  # so that a coalition is never worse than the baseline
        blends = blends.with_baseline_as_candidate()
    searches = refined and not candidates.complete
    if searches and coalitions is not None and not coalitions.any():
        blends = blends.with_candidates(baseline[None])  # all blends are the baseline
    elif searches:
        blends = with_fewer_candidates(name, context, blends)
    sign = sign_of_search(name, context.trials)
    n_starts = _n_starts(name, context)
    size = _n_coalitions(context, coalitions)
    with progress_bar(name, size * len(blends.candidates), "blend", context.verbose) as bar:
        best = best_candidates(
            surrogate,
            blends,
            coalitions,
            sign=sign,
            n_best=n_starts if searches else 1,
            n_jobs=context.n_jobs,
            progress=bar.update,
        )
    values: Scores = best.values[0]
    if not searches:
        members = all_coalitions(context.n_players) if coalitions is None else coalitions
        points = np.where(blends.taken(members), blends.candidates[best.positions[0]], baseline)
        return Refined(values, points)
    line_search = searcher(surrogate, context.trials.space, blends, sign=sign)
    if name in (context.shared or {}) and isinstance(line_search, ProcessLineSearch):
        line_search.tolerance = TOLERANCE_OF_SHARED
    what = f"{name}, line search"
    with progress_bar(what, size, "coalition", context.verbose) as bar:
        return refine(
            line_search,
            best,
            coalitions,
            n_starts=n_starts,
            n_jobs=context.n_jobs,
            progress=bar.update,
        )


def best_of_evaluated_subsets(name: str, gains: Scores, coalitions: Coalitions) -> Scores:
    """Gains of coalitions, each at least as extreme as those of its subsets among them."""
    better = np.maximum if GAMES[name].reduce == "best" else np.minimum
    members = coalitions.astype(np.float32)
    extreme = np.empty_like(gains)
    for start in range(0, len(gains), SUBSET_ROWS):
        missing = 1 - members[start : start + SUBSET_ROWS]
        is_subset = missing @ members.T == 0
        candidates = np.where(is_subset, gains, 0.0)  # the gain of the empty coalition
        extreme[start : start + SUBSET_ROWS] = better.reduce(candidates, axis=1)
    return extreme


def _n_starts(name: str, context: GameContext) -> int:
    """Number of searches for each coalition: fewer where candidates hold known optima."""
    n_starts = n_starts_for(context.n_players)
    return min(n_starts, STARTS_OF_SHARED) if name in (context.shared or {}) else n_starts


def _n_coalitions(context: GameContext, coalitions: Coalitions | None) -> int:
    return 1 << context.n_players if coalitions is None else len(coalitions)


def _watched(blocks: Iterable[MomentsOfBlock], bar: tqdm) -> Iterator[MomentsOfBlock]:
    """The same blocks; each moves the progress bar."""
    for block in blocks:
        yield block
        bar.update(block.n_candidates * len(block.means))
