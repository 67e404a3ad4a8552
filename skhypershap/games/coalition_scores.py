"""The games: what a coalition of hyperparameters is worth.

A game blends candidates x with a baseline lambda0 (a coalition's members take x's values, all
others keep the baseline's) and reduces the scores of the blends to one number. Games differ only
in where the candidates come from and how their scores are reduced, so `GAMES` is a table.

Source: Wever, Muschalik, Fumagalli, Lindauer (2025), "HyperSHAP: Shapley Values and Interactions
for Explaining Hyperparameter Optimization", Definitions of the ablation, tunability, sensitivity
and mistunability games.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from tqdm.auto import tqdm

from skhypershap.games.best_candidates import best_candidates, monotone, refine, starts_of
from skhypershap.games.candidates import Candidates, candidates_of
from skhypershap.games.line_search import line_search_for
from skhypershap.games.setting import GAMES, Config, GameContext, learns_from_subsets
from skhypershap.games.variance import variance_over_blocks
from skhypershap.parallel import progress_bar
from skhypershap.surrogate.blends import Blends
from skhypershap.surrogate.surrogate import Block
from skhypershap.trials import Trials

SUBSET_ROWS = 512


def coalition_scores(
    name: str,
    context: GameContext,
    baselines: np.ndarray,
    config: Config,
    coalitions: np.ndarray | None = None,
) -> np.ndarray:
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
        What an ablation explains.
    coalitions : ndarray of shape (n_coalitions, n_players), dtype bool, optional
        Which coalitions; by default all. If only some are asked for, a coalition does not learn from
        its subsets (it may from those among them, see `best_of_evaluated_subsets`).

    Returns
    -------
    ndarray of shape (n_coalitions,)
        Of all coalitions bit i of a position says that player i is in the coalition.
    """
    if GAMES[name].candidates == "config":
        candidates = Candidates(context.filled([config]), complete=True)
    else:
        candidates = candidates_of(name, context)
    values = [
        _scores_from(name, context, candidates, baseline, coalitions) for baseline in baselines
    ]
    return np.mean(values, axis=0)


def _scores_from(
    name: str,
    context: GameContext,
    candidates: Candidates,
    baseline: np.ndarray,
    coalitions: np.ndarray | None,
) -> np.ndarray:
    surrogate = context.surrogate
    blends = Blends(candidates.vectors, baseline, context.player_of_column)
    size = 2**context.n_players if coalitions is None else len(coalitions)
    refined = learns_from_subsets(name, context)
    if refined:  # also what changes nothing can be found
        blends = blends.with_baseline_as_candidate()
    with progress_bar(name, size * len(blends.candidates), "blend", context.verbose) as bar:
        if GAMES[name].reduce == "variance":
            blocks = surrogate.coalition_blocks(blends, coalitions, context.n_jobs)
            return variance_over_blocks(_watched(blocks, bar), size, candidates)
        sign = 1.0 if _wants_maximum(name, context.trials) else -1.0
        searches_on = refined and not candidates.complete
        optima = best_candidates(
            surrogate,
            blends,
            coalitions,
            sign=sign,
            n_starts=starts_of(context.n_players) if searches_on else 1,
            n_jobs=context.n_jobs,
            progress=bar.update,
        )
    values = optima.values[0]
    # Where every blend is forbidden nothing can be changed, and the baseline stays.
    stays = np.isneginf(values)
    if stays.any():
        values[stays] = sign * surrogate.predict(baseline[None])[0]
    if searches_on:
        line_search = line_search_for(surrogate, context.trials.space, blends, sign=sign)
        what = f"{name}, line search"
        with progress_bar(what, size, "coalition", context.verbose) as bar:
            values = refine(
                line_search, optima, coalitions, n_jobs=context.n_jobs, progress=bar.update
            )
    if refined and coalitions is None:
        values = monotone(values)
    return sign * values


def best_of_evaluated_subsets(name: str, gains: np.ndarray, coalitions: np.ndarray) -> np.ndarray:
    """Gains of coalitions, rows of bools, each at least as extreme as its subsets among them."""
    better = np.maximum if GAMES[name].reduce == "best" else np.minimum
    members = coalitions.astype(np.float32)
    closed = np.empty_like(gains)
    for start in range(0, len(gains), SUBSET_ROWS):
        missing = 1 - members[start : start + SUBSET_ROWS]
        is_subset = missing @ members.T == 0
        neutral = np.where(is_subset, gains, 0.0)  # the gain of the empty coalition
        closed[start : start + SUBSET_ROWS] = better.reduce(neutral, axis=1)
    return closed


def _wants_maximum(name: str, trials: Trials) -> bool:
    return trials.maximize == (GAMES[name].reduce == "best")


def _watched(blocks: Iterable[Block], progress: tqdm) -> Iterator[Block]:
    for block in blocks:
        yield block
        progress.update(block[2].size)
