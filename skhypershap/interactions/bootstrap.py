"""How sure is it? The same games on surrogates that were fitted on resamples of the trials."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from typing import Any

from skhypershap.games.setting import GameContext
from skhypershap.games.value_function import GameSpec
from skhypershap.interactions.solve import Explained, solve
from skhypershap.parallel import in_parallel


def check_n_bootstrap(n_bootstrap: Any) -> None:
    """Refuse anything but None and an integer from 1."""
    if n_bootstrap is None:
        return
    if not isinstance(n_bootstrap, Integral) or isinstance(n_bootstrap, bool) or n_bootstrap < 1:
        raise ValueError(
            "n_bootstrap must be an integer of at least 1, the number of resamples, or None; got "
            f"{n_bootstrap!r}. 100 are a good start."
        )


def resampled(
    game_specs: Sequence[GameSpec],
    context: GameContext,
    index: str,
    order: int,
    max_exact: int,
    n_bootstrap: int,
) -> list[list[Explained]]:
    """Explain the questions for each draw; draw by draw, arguments as in `solve`.

    Baselines and candidates are the same for all. What a draw gives depends on its number only, not on
    how many there are, or who works on them.
    """
    worker = context.with_drawn([game_spec.game for game_spec in game_specs]).alone()
    pieces = [
        (game_specs, worker, index, order, max_exact, draw) for draw in range(1, n_bootstrap + 1)
    ]
    return in_parallel(
        one_draw, pieces, context.n_jobs, what="bootstrap", unit="draw", verbose=context.verbose
    )


def one_draw(
    game_specs: Sequence[GameSpec],
    context: GameContext,
    index: str,
    order: int,
    max_exact: int,
    draw: int,
) -> list[Explained]:
    """Explain the questions on one resample."""
    context = context.resampled(draw)
    return [solve(game_spec, context, index, order, max_exact) for game_spec in game_specs]
