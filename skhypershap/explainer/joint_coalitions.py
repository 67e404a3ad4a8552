"""The best subsets for many data sets, from all coalitions or, of many players, from some."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from skhypershap.advice.grown_joint_subsets import ScoresOf, grown_joint_subsets
from skhypershap.advice.joint_subsets import JointSubset, Reduce, joint_subsets
from skhypershap.arrays import Coalitions, Floats
from skhypershap.explainer.joint import JointTask, scores_at, values_of
from skhypershap.games.setting import GAMES
from skhypershap.games.value_function import ValueFunction, value_function
from skhypershap.interactions.branched import by_branches, players_that_matter
from skhypershap.parallel import in_parallel


def subsets_of_tasks(
    tasks: Mapping[str, JointTask],
    reduce: Reduce,
    *,
    max_exact: int,
    normalize: bool = False,
    judged: bool = True,
    n_jobs: int | None = None,
    verbose: int = 0,
) -> list[JointSubset]:
    """The best subset of each size for the aggregate of data sets.

    Parameters
    ----------
    tasks : mapping of str to JointTask
        Of a single game.
    reduce : callable
        Aggregates the first axis.
    max_exact : int
        With more players subsets are grown greedily.
    normalize : bool, default=False
        Whether gains of a data set are divided by that of tuning everything there.
    judged : bool, default=True
        Whether a data set is left out in turn; of all coalitions this costs nothing and is always done.
    n_jobs, verbose
        As in `explain_jointly`.
    """
    options: dict[str, Any] = {"n_jobs": n_jobs, "verbose": verbose, "unit": "data set"}
    each = [value_function(task.game_specs[0], task.context) for task in tasks.values()]
    first = each[0]
    if first.n_players <= max_exact:
        arguments = [(task, 0) for task in tasks.values()]
        found = in_parallel(values_of, arguments, what="all coalitions", **options)
        values, sign = np.array([games[0] for games in found]), first.sign
        if normalize:
            scale = _scale(values[:, 0], values[:, -1])
            values, sign = sign * (values - values[:, :1]) * scale[:, np.newaxis], 1.0
        return joint_subsets(values, reduce, sign)
    each = [
        by_branches(v, task.game_specs[0], task.context, max_exact)
        for v, task in zip(each, tasks.values(), strict=True)
    ]
    scores_of, sign = _scores_of(each, options), first.sign
    if normalize:
        scores_of, sign = _normalized(scores_of, first.n_players, len(tasks), sign), 1.0
    better = np.maximum if GAMES[first.game].reduce == "best" else np.minimum
    return grown_joint_subsets(
        scores_of,
        len(tasks),
        (first.n_players, _without_influence(tasks, first.n_players)),
        reduce,
        sign,
        extreme=better if first.keeps_subsets else None,
        judged=judged,
    )


def _scores_of(each: Sequence[ValueFunction], options: Mapping[str, Any]) -> ScoresOf:
    """V of some coalitions on each data set, none where none are asked for."""

    def scores_of(coalitions: Sequence[Coalitions]) -> list[Floats]:
        arguments = [(v, own) for v, own in zip(each, coalitions, strict=True) if len(own)]
        found = iter(in_parallel(scores_at, arguments, what="some coalitions", **options))
        return [next(found) if len(own) else np.empty(0) for own in coalitions]

    return scores_of


def _normalized(scores_of: ScoresOf, n_players: int, n_datasets: int, sign: float) -> ScoresOf:
    """Gains divided by that of tuning everything."""
    ends = np.array([[False] * n_players, [True] * n_players])
    empty, full = np.array(scores_of([ends] * n_datasets)).T
    scale = sign * _scale(empty, full)

    def shares_of(coalitions: Sequence[Coalitions]) -> list[Floats]:
        found = scores_of(coalitions)
        return [factor * (v - low) for v, low, factor in zip(found, empty, scale, strict=True)]

    return shares_of


def _scale(empty: Floats, full: Floats) -> Floats:
    """The inverse of the gain of tuning everything; zero where that is nothing."""
    gains = np.abs(full - empty)
    scale: Floats = np.divide(1.0, gains, out=np.zeros_like(gains), where=gains > 0)
    return scale


def _without_influence(tasks: Mapping[str, JointTask], n_players: int) -> list[int]:
    """Players that change no score on any data set."""
    matter: set[int] = set()
    for task in tasks.values():
        matter.update(players_that_matter(task.game_specs[0], task.context, at_least=0))
    return [player for player in range(n_players) if player not in matter]
