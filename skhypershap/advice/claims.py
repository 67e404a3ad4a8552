"""What an explanation rests on: configurations that attain v of its most important coalitions."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Hashable, Iterator, Sequence

import numpy as np

from skhypershap.arrays import Booleans, Coalitions, Vector
from skhypershap.games.candidates import best_configs, candidates_of
from skhypershap.games.setting import GAMES, GameContext, sign_of_gain
from skhypershap.games.value_function import GameSpec, value_function
from skhypershap.space.encoding import Config, decode
from skhypershap.trials.inferred_clauses import breaking

MOST_PAIRED = 8  # players whose pairs are compared, those of the largest gain: 28 pairs
MOST_OTHERS = 64  # coalitions of other sizes
QUICK_SAMPLES = 1000  # candidates of a claim that is computed in passing

Keys = Callable[[Sequence[Config]], list[Hashable]]


def telling_configs(
    game_spec: GameSpec, context: GameContext, n_configs: int, keys_of: Keys, known: set[Hashable]
) -> list[Config]:
    """Configurations that the explanation of a game rests on, the most telling first.

    Those that attain v of the full coalition, then of singles, of all players but one, of the largest
    pairs, and of other coalitions; then promising ones in other parts of the space.

    Parameters
    ----------
    game_spec : GameSpec
        Which game.
    context : GameContext
        What the games of an explainer share.
    n_configs : int
        How many; there are fewer only where the space has no more.
    keys_of : callable
        Gives configurations that run alike the same key.
    known : set
        Keys of the configurations that ran already.

    Returns
    -------
    list of dict
        Distinct, legal, and none of the known ones.
    """
    found: dict[Hashable, Config] = {}
    for configs in _in_order(game_spec, context, n_configs):
        always_failed = breaking(context.trials, configs)
        for key, config, fails in zip(keys_of(configs), configs, always_failed, strict=True):
            if key not in known and not fails and len(found) < n_configs:
                found.setdefault(key, config)
        if len(found) >= n_configs:
            break
    return list(found.values())


def claimed_gain(
    game_spec: GameSpec,
    context: GameContext,
    *,
    quick: bool = False,
    all_coalitions: bool = False,
) -> float:
    """What tuning all players is expected to gain.

    Parameters
    ----------
    game_spec, context
        The tunability game.
    quick : bool
        Whether fewer candidates are compared.
    all_coalitions : bool
        Whether all coalitions are evaluated, as `explain` does, each of which helps larger ones.
    """
    if quick:
        context = context._replace(n_samples=min(context.n_samples, QUICK_SAMPLES))
    v = value_function(game_spec, context.alone())
    ends = np.array([[False] * v.n_players, [True] * v.n_players])
    values = v.all_scores() if all_coalitions else v.scores(ends)
    return float(v.sign * (values[-1] - values[0]))


def _in_order(game_spec: GameSpec, context: GameContext, n_configs: int) -> Iterator[list[Config]]:
    """Configurations in parts, each of which is found only when it is needed."""
    yield list(game_spec.baselines)
    context = context.with_samples(["tunability"])
    players, all_players = range(context.n_players), set(range(context.n_players))
    singles = [{player} for player in players]
    yield from _attaining([all_players], game_spec, context)[0]
    configs, order = _attaining(singles, game_spec, context)
    yield from configs
    yield from _attaining([all_players - single for single in singles], game_spec, context)[0]
    paired = sorted(order[:MOST_PAIRED])
    pairs = [set(pair) for pair in itertools.combinations(paired, 2)]
    yield from _attaining(pairs, game_spec, context)[0]
    sizes = range(3, context.n_players - 1)
    larger = itertools.chain.from_iterable(itertools.combinations(players, k) for k in sizes)
    others = [set(members) for members in itertools.islice(larger, MOST_OTHERS)]
    yield from _attaining(others, game_spec, context)[0]
    yield from _promising(context, n_configs)


def _attaining(
    members: Sequence[set[int]], game_spec: GameSpec, context: GameContext
) -> tuple[list[list[Config]], list[int]]:
    """Configurations that attain v of coalitions, and the order of these: the largest gain first.

    Where the baseline attains it there is no other configuration.
    """
    if not members:
        return [], []
    coalitions = np.array(
        [[player in some for player in range(context.n_players)] for some in members]
    )
    found, gains = [], np.zeros(len(members))
    for baseline in game_spec.baselines:
        if GAMES[game_spec.game].candidates == "config":
            parts = [_blends(game_spec.config, baseline, context, coalitions)]
        else:
            signs = _signs(game_spec.game, context)
            parts = [best_configs(context, baseline, coalitions, sign=sign) for sign in signs]
        scores = [context.surrogate.predict(context.filled(part)) for part in parts]
        start = context.surrogate.predict(context.filled([baseline]))
        gains += np.sum(np.abs(scores - start), axis=0)
        found += parts
    order = np.argsort(-gains, kind="stable").tolist()
    return [[part[row] for part in found] for row in order if gains[row] > 0], order


def _signs(game: str, context: GameContext) -> list[float]:
    """What is searched: 1 for the largest score, -1 for the smallest, both for a variance."""
    if GAMES[game].reduce == "variance":
        return [1.0, -1.0]
    sign = sign_of_gain(game, context.trials)
    return [sign if GAMES[game].reduce == "best" else -sign]


def _blends(
    config: Config, baseline: Config, context: GameContext, coalitions: Coalitions
) -> list[Config]:
    """A configuration for the coalition, the baseline for the rest; the baseline if it is forbidden."""
    vectors = context.filled([config, baseline])
    taken = coalitions[:, np.maximum(context.player_of_column, 0)] & (context.player_of_column >= 0)
    legality = context.surrogate.legality
    points = legality.legal(np.where(taken, vectors[0], vectors[1]))
    if legality.forbids:
        points[legality.forbidden(legality.fill(points))] = legality.legal(vectors[1:])[0]
    # Values as they were typed: decoding may round.
    return [
        {
            name: (config if is_taken else baseline).get(name, value)
            for (name, value), is_taken in zip(decoded.items(), _of_active(row, point), strict=True)
        }
        for decoded, row, point in zip(
            decode(context.trials.space, points), taken, points, strict=True
        )
    ]


def _of_active(taken: Booleans, point: Vector) -> Booleans:
    return taken[~np.isnan(point)]


def _promising(context: GameContext, n_configs: int) -> Iterator[list[Config]]:
    """The best of as many groups of candidates, then all others by what is expected of them."""
    vectors = candidates_of("tunability", context._replace(optimizer="random")).vectors
    gains = sign_of_gain("tunability", context.trials) * context.surrogate.predict(vectors)
    order = np.argsort(-gains, kind="stable")
    groups = np.arange(len(order)) * min(n_configs, len(order)) // len(order)
    _, first = np.unique(groups[order], return_index=True)
    order = np.concatenate([order[np.sort(first)], np.delete(order, first)])
    for start in range(0, len(order), n_configs):
        points = context.surrogate.legality.legal(vectors[order[start : start + n_configs]])
        yield decode(context.trials.space, points)
