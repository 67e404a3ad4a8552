"""Ranges that are not the same in all trials, perhaps because they depend on another hyperparameter."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import ConfigSpace as cs  # noqa: N813
import numpy as np

from skhypershap.errors import SpaceWarning, warn
from skhypershap.space.conditions import breaks
from skhypershap.space.domains import META_KEY
from skhypershap.space.encoding import encode
from skhypershap.trials.inferred_clauses import set_defaults

EVIDENCE = 5  # trials before a relation is inferred
LEVEL = 1e-3  # probability that all trials keep a relation by chance

Ranges = dict[str, dict[int, tuple[float, float]]]  # by name and trial
# For a bound that another hyperparameter sets: which relation is forbidden.
FORBIDDEN = (cs.ForbiddenLessThanRelation, cs.ForbiddenGreaterThanRelation)


def add_relations(
    space: cs.ConfigurationSpace, configs: Sequence[Mapping[str, Any]], ranges: Ranges
) -> None:
    """Forbid what no trial could be: values beyond a bound that is another hyperparameter's value.

    The space has the union of the ranges. One warning names the hyperparameters whose ranges moved for
    any other reason.

    Parameters
    ----------
    space : ConfigSpace.ConfigurationSpace
        Relations are added to it.
    configs : sequence of mapping
        The trials.
    ranges : dict
        For each hyperparameter its lower and upper bound in each trial, by position, that has it.
    """
    related: list[str] = []
    unexplained: list[str] = []
    for name, by_trial in ranges.items():
        for side in (0, 1):
            bounds = {row: ends[side] for row, ends in by_trial.items()}
            if name not in space or len(set(bounds.values())) == 1:
                continue
            other = _setting(space, configs, name, bounds)
            if other is not None and _added(space, configs, FORBIDDEN[side], name, other):
                related.append(f"{name} {'>=' if side == 0 else '<='} {other}")
            else:
                unexplained.append(name)
    sentences = []
    if related:
        sentences.append(f"Ranges depend on other hyperparameters, taken as: {'; '.join(related)}.")
    if unexplained:
        names = ", ".join(dict.fromkeys(unexplained))
        sentences.append(
            f"The range of {names} is not the same in all trials; the union is explained, also where "
            "no trial could be."
        )
    if sentences:
        warn(f"{' '.join(sentences)} Pass the space as space= if you know it.", SpaceWarning)


def infer_relations(space: cs.ConfigurationSpace, configs: Sequence[Mapping[str, Any]]) -> None:
    """Forbid one hyperparameter above another where it never is, and chance does not explain that.

    For trials without the ranges that they were drawn from. One warning names the relations.
    """
    names = [name for name in space if all(name in config for config in configs)]
    names = [name for name in names if _is_range(space[name])]
    pairs = list(itertools.permutations(names, 2))
    found = [
        f"{name} >= {other}"
        for name, other in pairs
        if _never_below(configs, name, other) < LEVEL / len(pairs)
        and _added(space, configs, cs.ForbiddenLessThanRelation, name, other)
    ]
    if found:
        warn(
            f"In all trials {' and '.join(found)}; anything else is taken as forbidden. Pass the space "
            "as space= to allow it.",
            SpaceWarning,
        )


def _never_below(configs: Sequence[Mapping[str, Any]], name: str, other: str) -> float:
    """Probability that independent values keep the order that all trials have; 1 if some do not."""
    lower, upper = (np.array([config[key] for config in configs], float) for key in (other, name))
    if (upper < lower).any():
        return 1.0
    n_pairs = len(configs) ** 2
    n_below = int(np.searchsorted(np.sort(upper), lower, side="left").sum())
    return float((1 - n_below / n_pairs) ** len(configs))


def _is_range(item: Any) -> bool:
    return hasattr(item, "lower") and META_KEY not in (item.meta or {})


def _setting(
    space: cs.ConfigurationSpace,
    configs: Sequence[Mapping[str, Any]],
    name: str,
    bounds: Mapping[int, float],
) -> str | None:
    """The other hyperparameter whose value is the bound in all trials."""
    if len(bounds) < EVIDENCE:
        return None
    for other in space:
        if other != name and all(configs[row].get(other) == bounds[row] for row in bounds):
            return other
    return None


def _added(
    space: cs.ConfigurationSpace,
    configs: Sequence[Mapping[str, Any]],
    relation: Any,
    name: str,
    other: str,
) -> bool:
    """Add a relation, unless the space cannot express it or rounding makes a trial break it."""
    pair = [space[name], space[other]]
    if not all(map(_is_range, pair)):
        return False
    clause = relation(*pair)
    vectors = encode(space, configs, unknown=True, forbidden=True)
    if breaks(clause, np.ascontiguousarray(vectors.T)).any():
        return False
    both = next(config for config in configs if name in config and other in config)
    set_defaults(space, {key: both[key] for key in (name, other)})  # ConfigSpace checks them
    space.add(clause)
    return True
