"""Dicts of a smaller search without what always failed, which the search would run again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from ConfigSpace import ConfigurationSpace
from scipy.stats import loguniform, randint, uniform

from skhypershap.space.distributions import choices_of
from skhypershap.space.domains import domain_of
from skhypershap.trials.failures import FailureClause, Part, part_holds

Entry = dict[str, Any]


class CannotLeaveOutError(Exception):
    """The form of a search cannot leave out what always failed; the message names it."""


def allowed_dicts(
    entries: Sequence[Mapping[str, Any]],
    readable: Sequence[Mapping[str, Any]],
    clauses: Sequence[FailureClause],
    space: ConfigurationSpace,
    held: Mapping[str, Any],
) -> list[Entry]:
    """Split dicts so that none of their configurations breaks a clause.

    Parameters
    ----------
    entries : sequence of dict
        Of lists or distributions, as the search takes them.
    readable : sequence of mapping
        The same in a form that does not depend on the search's library.
    clauses : sequence of FailureClause
        What always failed.
    space : ConfigSpace.ConfigurationSpace
        Of the search.
    held : mapping
        Values of the hyperparameters that are not in the dicts.

    Returns
    -------
    list of dict
        Two in place of one where a clause is about two hyperparameters that both vary. A dict with
        nothing left is dropped.

    Raises
    ------
    CannotLeaveOutError
        For a distribution that cannot be cut.
    """
    found = [(dict(entry), dict(read)) for entry, read in zip(entries, readable, strict=True)]
    for clause in clauses:
        found = [part for entry, read in found for part in _split(entry, read, clause, space, held)]
    return [entry for entry, _ in found]


def _split(
    entry: Entry,
    read: Entry,
    clause: FailureClause,
    space: ConfigurationSpace,
    held: Mapping[str, Any],
) -> list[tuple[Entry, Entry]]:
    """The parts of one dict that do not break a clause."""
    fixed = [part for part in clause.parts if part.name not in entry]
    if not all(part.name in held and _holds(space, part, held[part.name]) for part in fixed):
        return [(entry, read)]
    found: list[tuple[Entry, Entry]] = []
    for part in clause.parts:
        if part.name in entry:
            good, bad = _halves(entry[part.name], read[part.name], part, space)
            if bad is None:
                return [*found, (entry, read)]
            if good is not None:
                new = {part.name: good}
                found.append((entry | new, read | new))
            entry, read = entry | {part.name: bad}, read | {part.name: bad}
    return found


def _holds(space: ConfigurationSpace, part: Part, value: Any) -> bool:
    vector = np.full((1, len(space)), np.nan)
    vector[0, space.index_of[part.name]] = domain_of(space[part.name]).encode([value])[0]
    return bool(part_holds(space, part, vector)[0])


def _halves(form: Any, read: Any, part: Part, space: ConfigurationSpace) -> tuple[Any, Any]:
    """The values without and with a part of a clause; None where there are none."""
    choices = choices_of(part.name, read)
    if choices is None:
        return _cut(form, part, space)
    holding = [_holds(space, part, choice) for choice in choices]
    halves = []
    for wanted in (False, True):
        kept = [choice for choice, holds in zip(choices, holding, strict=True) if holds is wanted]
        halves.append(_with_choices(form, kept) if kept else None)
    return halves[0], halves[1]


def _with_choices(form: Any, kept: list[Any]) -> Any:
    return kept if isinstance(form, (list, tuple, np.ndarray)) else type(form)(kept)


def _cut(form: Any, part: Part, space: ConfigurationSpace) -> tuple[Any, Any]:
    """A distribution on both sides of a threshold."""
    (value,) = domain_of(space[part.name]).decode(np.array([part.number]))
    lower, upper = form.support() if hasattr(form, "support") else (None, None)
    kind = getattr(getattr(form, "dist", None), "name", None)
    makers: dict[Any, Any] = {
        "uniform": lambda low, high: uniform(low, high - low),
        "loguniform": loguniform,
        "reciprocal": loguniform,
        "randint": lambda low, high: randint(int(low), int(high) + 1),
    }
    if part.operator == "==" or kind not in makers or not lower <= value <= upper:
        raise CannotLeaveOutError(part.name)
    make, step = makers[kind], 1 if kind == "randint" else 0
    if part.operator == ">":
        return make(lower, value), make(value + step, upper)
    return make(value, upper), make(lower, value - step)
