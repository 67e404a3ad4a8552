"""The way from a baseline to a configuration: one change after the other, the largest gain first.

Source: Fawcett, Hoos (2016), Analysing Differences between Algorithm Configurations through Ablation.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from skhypershap.arrays import Floats, Scores, Vectors
from skhypershap.games.setting import GameContext, sign_of_gain
from skhypershap.games.value_function import GameSpec, context_for
from skhypershap.space.encoding import Config, decode

SAME = 1e-12  # numbers that differ by less are one value
MOST_TOGETHER = 3  # hyperparameters that change in one step where the space forbids smaller steps


class Step(NamedTuple):
    """A configuration on the way, and how it differs from the one before.

    Attributes
    ----------
    names : tuple of str
        What changes; empty for the baseline.
    before, after : list
        Their values.
    score : float
        Predicted, in units of the metric.
    config : dict
        The configuration.
    """

    names: tuple[str, ...]
    before: list[object]
    after: list[object]
    score: float
    config: Config


def ablation_path(game_spec: GameSpec, context: GameContext) -> list[Step]:
    """Change one hyperparameter at a time, and each time the one that gains most.

    What a change switches on takes the value of the final configuration in the same step. A change that
    the space forbids waits; if all do, two or more are made together.

    Parameters
    ----------
    game_spec : GameSpec
        An ablation with one baseline.
    context : GameContext
        What the games of an explainer share.
    """
    context = context_for(game_spec, context)
    legality = context.surrogate.legality
    start, end = legality.legal(context.filled([*game_spec.baselines, game_spec.config]))
    # What is inactive already has the value of the end, and shows it as soon as it is switched on.
    present = legality.fill(np.where(np.isnan(start), end, start)[None])[0]
    target = np.where(np.isnan(end), present, end)
    columns = np.flatnonzero(np.abs(target - present) > SAME).tolist()
    first, last = (dict(config) for config in (game_spec.baselines[0], game_spec.config))
    score = context.surrogate.predict_filled(present[None])[0]
    steps = [Step((), [], [], float(score), first)]
    while columns:
        moved, score, present = _best_change(context, present, target, columns)
        columns = [column for column in columns if column not in moved]
        config = _config_at(context, present, first, last) if columns else last
        names = tuple(context.trials.space.at[column] for column in moved)
        before = [steps[-1].config.get(name) for name in names]
        after = [last.get(name, config.get(name)) for name in names]
        steps.append(Step(names, before, after, float(score), config))
    return steps


def _best_change(
    context: GameContext, present: Floats, target: Floats, columns: Sequence[int]
) -> tuple[list[int], float, Floats]:
    """The change with the best score, of as few hyperparameters as the space allows."""
    sign = sign_of_gain("ablation", context.trials)
    sizes = [*range(1, min(MOST_TOGETHER, len(columns)) + 1), len(columns)]
    for size in sizes:
        changes = [list(some) for some in itertools.combinations(columns, size)]
        vectors = np.array([_changed(present, target, some) for some in changes])
        gains = sign * context.surrogate.predict_filled(vectors)
        is_legal = ~context.surrogate.legality.forbidden(vectors)
        is_legal |= size == len(columns)
        if is_legal.any():
            best = int(np.argmax(np.where(is_legal, gains, -np.inf)))
            return changes[best], sign * float(gains[best]), vectors[best]
    raise AssertionError("the last change is of all columns")


def _changed(present: Floats, target: Floats, columns: Sequence[int]) -> Vectors:
    changed: Vectors = present.copy()
    changed[list(columns)] = target[list(columns)]
    return changed


def _config_at(context: GameContext, present: Floats, first: Config, last: Config) -> Config:
    """The configuration of a filled vector, with values of both ends as they were typed."""
    space, legality = context.trials.space, context.surrogate.legality
    legal = legality.legal(present[None])
    (config,) = decode(space, legal)
    for end in (last, first):
        numbers = context.filled([end])[0]
        for column, name in enumerate(space):
            if name in config and name in end and abs(numbers[column] - present[column]) <= SAME:
                config[name] = end[name]
    return config


def gains_of(steps: Sequence[Step], sign: float) -> Scores:
    """What each step adds, positive where it is better."""
    scores = np.array([step.score for step in steps])
    return sign * np.diff(scores, prepend=scores[0])
