"""Clauses inferred from failures and constraints, in a copy of the space: added, named, taken back.

They bind what is proposed. What a user gives may break them, with a warning.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import ConfigSpace as cs  # noqa: N813
import numpy as np

from skhypershap.arrays import Booleans
from skhypershap.errors import TrialsWarning, warn
from skhypershap.space.conditions import Legality
from skhypershap.space.domains import domain_of
from skhypershap.space.encoding import configspace_value, encode
from skhypershap.trials.failures import FailureClause, Part, clause_holds, shared_clauses

if TYPE_CHECKING:
    from skhypershap.trials.trials import Trials

TAKEN = "It is taken as given, but its predicted score is that of a configuration that cannot run."
MOST_NAMED = 5  # clauses in a message
WRITTEN: dict[str, Any] = {
    "==": cs.ForbiddenEqualsClause,
    "<": cs.ForbiddenLessThanClause,
    ">": cs.ForbiddenGreaterThanClause,
}

Configs = Sequence[Mapping[str, Any]]


def with_clauses(trials: Trials, clauses: Collection[FailureClause]) -> Trials:
    """The same trials in a copy of the space that forbids some clauses, in place of those it had."""
    if list(clauses) == list(trials.inferred):
        return trials
    searched = trials.searched_space
    if not clauses:
        return replace(trials, space=searched, inferred=(), given_space=None)
    space = deepcopy(searched)
    added = [_written(space, clause) for clause in clauses]
    _make_default_legal(space, clauses, trials.configs[trials.incumbent])
    space.add(added)
    return replace(trials, space=space, inferred=tuple(clauses), given_space=searched)


def still_forbidden(trials: Trials) -> Trials:
    """The same trials without the clauses that one of them has finished in spite of.

    For trials that were added after the fit: one success is enough. It does not show that constraints
    were kept.
    """
    if not trials.inferred:
        return trials
    vectors = encode(trials.space, trials.configs, unknown=True, forbidden=True)
    kept = [
        clause
        for clause in trials.inferred
        if clause.infeasible or not clause_holds(trials.space, clause.parts, vectors).any()
    ]
    return with_clauses(trials, kept)


def without_infeasible(trials: Trials) -> Trials:
    """The same trials without the clauses that constraints lead to."""
    return with_clauses(trials, [clause for clause in trials.inferred if not clause.infeasible])


def predicted_feasible(trials: Trials, configs: Configs) -> Booleans:
    """Whether each configuration breaks no clause that constraints lead to, of shape (n_configs,)."""
    return ~_any_holds(trials, configs, [clause for clause in trials.inferred if clause.infeasible])


def without_broken(trials: Trials, configs: Configs) -> Trials:
    """The same trials without the clauses that some configurations break."""
    broken = broken_clauses(trials, configs)
    return with_clauses(trials, [clause for clause in trials.inferred if clause not in broken])


def with_shared(several: Sequence[Trials]) -> list[Trials]:
    """The same trials of several searches, with the clauses that all of them have."""
    shared = shared_clauses([trials.inferred for trials in several])
    return [with_clauses(trials, shared) for trials in several]


def broken_clauses(trials: Trials, configs: Configs) -> list[FailureClause]:
    """The inferred clauses that at least one configuration breaks."""
    if not trials.inferred or not len(configs):
        return []
    vectors = encode(trials.space, configs, unknown=True, forbidden=True)
    return [
        clause
        for clause in trials.inferred
        if clause_holds(trials.space, clause.parts, vectors).any()
    ]


def breaking(trials: Trials, configs: Configs) -> Booleans:
    """Whether each configuration breaks an inferred clause, of shape (n_configs,)."""
    return _any_holds(trials, configs, trials.inferred)


def _any_holds(trials: Trials, configs: Configs, clauses: Collection[FailureClause]) -> Booleans:
    vectors = encode(trials.space, configs, unknown=True, forbidden=True)
    found = np.zeros(len(configs), dtype=bool)
    for clause in clauses:
        found |= clause_holds(trials.space, clause.parts, vectors)
    return found


def warn_if_always_failed(trials: Trials, configs: Configs, what: str, how: str) -> None:
    """Warn of configurations that a user gave although they break an inferred clause.

    Parameters
    ----------
    trials : Trials
        With the clauses.
    configs : sequence of mapping
        What the user gave.
    what : str
        Its name in the message.
    how : str
        What happens to it, as the end of the message.
    """
    broken = broken_clauses(trials, configs)
    if broken and all(clause.infeasible for clause in broken):
        warn(
            f"{what} lies where trials broke constraints: {described(trials.space, broken)}. It is "
            "taken as given, but tuning never leads there.",
            TrialsWarning,
        )
    elif broken:
        broken = [clause for clause in broken if not clause.infeasible]
        warn(
            f"{what} has what failed in all of its trials: {described(trials.space, broken)}. {how}",
            TrialsWarning,
        )


def described(space: cs.ConfigurationSpace, clauses: Sequence[FailureClause]) -> str:
    """Clauses as the user would write them, with how many trials failed."""
    shown = [
        f"{' with '.join(_part_described(space, part) for part in clause.parts)} "
        f"({clause.n_failed} trials)"
        for clause in clauses[:MOST_NAMED]
    ]
    rest = len(clauses) - MOST_NAMED
    return "; ".join(shown) + (f"; and {rest} more" if rest > 0 else "")


def _part_described(space: cs.ConfigurationSpace, part: Part) -> str:
    values = domain_of(space[part.name]).decode(np.atleast_1d(part.number))
    if part.operator == "in":
        return f"{part.name} in {values!r}"
    (value,) = values
    if part.operator == "==":
        return f"{part.name}={value!r}"
    shown = f"{value:.4g}" if isinstance(value, float) else repr(value)
    return f"{part.name} {part.operator} {shown}"


def _written(space: cs.ConfigurationSpace, clause: FailureClause) -> Any:
    """The clause of ConfigSpace, about the hyperparameters of a space."""
    written = [_written_part(space[part.name], part) for part in clause.parts]
    return written[0] if len(written) == 1 else cs.ForbiddenAndConjunction(*written)


def _written_part(item: Any, part: Part) -> Any:
    if part.operator == "in":
        numbers = part.number
        return cs.ForbiddenInClause(item, [_plain(configspace_value(item, n)) for n in numbers])
    return WRITTEN[part.operator](item, _plain(configspace_value(item, part.number)))


def _plain(value: Any) -> Any:
    """Plain, so that the space can be written to a file."""
    return value.item() if isinstance(value, np.generic) else value


def _make_default_legal(
    space: cs.ConfigurationSpace, clauses: Collection[FailureClause], legal: Mapping[str, Any]
) -> None:
    """Move the defaults that clauses forbid to the values of a legal configuration.

    ConfigSpace refuses a clause that forbids the default configuration.
    """
    broken = _broken_by_default(space, clauses)
    named = [part.name for clause in broken for part in clause.parts if part.name in legal]
    set_defaults(space, {name: legal[name] for name in named})
    if _broken_by_default(space, clauses):  # what moved may break another clause
        set_defaults(space, legal)


def _broken_by_default(
    space: cs.ConfigurationSpace, clauses: Collection[FailureClause]
) -> list[FailureClause]:
    numbers = np.array([item.to_vector(item.default_value) for item in space.values()])
    default = Legality(space, numbers).legal(numbers[None])
    return [clause for clause in clauses if clause_holds(space, clause.parts, default)[0]]


def set_defaults(space: cs.ConfigurationSpace, config: Mapping[str, Any]) -> None:
    """Make the values of a configuration the defaults of a space, which it changes."""
    for name, value in config.items():
        number = domain_of(space[name]).encode([value])[0]
        space[name].default_value = _plain(configspace_value(space[name], number))
