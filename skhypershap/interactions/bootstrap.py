"""The bootstrap: the same games on surrogates that are refitted on resamples of the trials."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from skhypershap.errors import MOST, check_integer
from skhypershap.games.setting import GameContext
from skhypershap.games.shared_candidates import with_shared_candidates
from skhypershap.games.value_function import GameSpec
from skhypershap.interactions.indices import IndexSpec
from skhypershap.interactions.solve import Explained, solve
from skhypershap.parallel import in_parallel


def check_n_bootstrap(n_bootstrap: Any) -> None:
    """Raise a ValueError for anything but None and an integer from 1 to a million."""
    if n_bootstrap is None:
        return
    what = ", the number of resamples, or None (100 is a good start)"
    check_integer("n_bootstrap", n_bootstrap, 1, MOST, what=what)


def bootstrap(
    game_specs: Sequence[GameSpec], context: GameContext, index_spec: IndexSpec, n_bootstrap: int
) -> list[list[Explained]]:
    """Explain games on each of `n_bootstrap` resamples of the trials.

    Baselines and candidates are the same for all draws. The values of a draw depend on its position
    only, not on how many draws there are or which worker computes it.

    Parameters
    ----------
    game_specs, context, index_spec
        As in `solve`, for each game.
    n_bootstrap : int
        How many resamples.

    Returns
    -------
    list of list of Explained
        For each draw, from 1 on, the games.
    """
    context = with_shared_candidates(game_specs, context, index_spec.max_exact)
    worker = context.with_samples([game_spec.game for game_spec in game_specs]).alone()
    tasks = [(game_specs, worker, index_spec, draw) for draw in range(1, n_bootstrap + 1)]
    return in_parallel(
        solve_draw, tasks, context.n_jobs, what="bootstrap", unit="draw", verbose=context.verbose
    )


def solve_draw(
    game_specs: Sequence[GameSpec], context: GameContext, index_spec: IndexSpec, draw: int
) -> list[Explained]:
    """Explain the games on one resample; module-level so that it can be pickled."""
    context = with_shared_candidates(game_specs, context, index_spec.max_exact)
    context = context.resampled(draw)
    return [solve(game_spec, context, index_spec) for game_spec in game_specs]
