"""Spaces in which some hyperparameters vary and all others are held at a value.

Conditions and forbidden clauses are read as formulas. What they ask of a held hyperparameter becomes
true or false, and what remains is written back. An inactive hyperparameter satisfies only "!=".
"""

from __future__ import annotations

import inspect
import math
import operator
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Literal, NamedTuple, cast

import ConfigSpace as cs  # noqa: N813
import numpy as np
from ConfigSpace.conditions import Condition, Conjunction
from ConfigSpace.forbidden import ForbiddenConjunction, ForbiddenRelation
from ConfigSpace.hyperparameters import IntegerHyperparameter

from skhypershap.errors import check_name
from skhypershap.library_faults import simple_clauses, with_exact_default
from skhypershap.space.conditions import breaks
from skhypershap.space.distributions import hyperparameter_from
from skhypershap.space.domains import MANY_NUMBERS, Hyperparameter, Numbers, all_numbers, domain_of
from skhypershap.space.encoding import configspace_value, encode

Operator = Literal["in", "not in", "<", ">"]
# What a rule asks of the value of one hyperparameter; "!=" is read as the negation of "==".
OPERATORS: dict[type, Operator] = {
    cs.EqualsCondition: "in",
    cs.InCondition: "in",
    cs.NotEqualsCondition: "in",
    cs.LessThanCondition: "<",
    cs.GreaterThanCondition: ">",
    cs.ForbiddenEqualsClause: "in",
    cs.ForbiddenInClause: "in",
    cs.ForbiddenLessThanClause: "<",
    cs.ForbiddenGreaterThanClause: ">",
}
OPPOSITES: dict[Operator, tuple[Operator, ...]] = {
    "in": ("not in",),
    "not in": ("in",),
    "<": (">", "in"),
    ">": ("<", "in"),
}
# How a question about one value is written, as a condition and as a forbidden clause.
WRITTEN: dict[Operator, tuple[Any, Any]] = {
    "in": (cs.EqualsCondition, cs.ForbiddenEqualsClause),
    "not in": (cs.NotEqualsCondition, None),
    "<": (cs.LessThanCondition, cs.ForbiddenLessThanClause),
    ">": (cs.GreaterThanCondition, cs.ForbiddenGreaterThanClause),
}
# For each relation what it compares by, and the same with its sides exchanged.
RELATIONS: dict[type, tuple[Any, Any]] = {
    cs.ForbiddenLessThanRelation: (operator.lt, operator.gt),
    cs.ForbiddenLessThanEqualsRelation: (operator.le, operator.ge),
    cs.ForbiddenEqualsRelation: (operator.eq, operator.eq),
    cs.ForbiddenGreaterThanEqualsRelation: (operator.ge, operator.le),
    cs.ForbiddenGreaterThanRelation: (operator.gt, operator.lt),
}


class Atom(NamedTuple):
    """A question about one hyperparameter that varies: false where it is inactive."""

    name: str
    operator: Operator
    values: tuple[Any, ...]


class Joined(NamedTuple):
    """All of the parts, or any of them."""

    all: bool
    parts: tuple[Any, ...]


# A relation is one between two hyperparameters that vary.
Formula = bool | Atom | ForbiddenRelation | Joined


def restricted(
    space: cs.ConfigurationSpace,
    free: Collection[str],
    fixed: Mapping[str, Any],
    *,
    constants: bool,
    replaced: Mapping[str, Hyperparameter] | None = None,
) -> cs.ConfigurationSpace:
    """Build the space in which only some hyperparameters vary.

    A configuration is active and legal in it exactly where its blend with `fixed` is so in the whole
    space. Where a relation compares two numbers that are equal, rounding may decide.

    Parameters
    ----------
    space : ConfigSpace.ConfigurationSpace
        The whole space, which is not changed.
    free : collection of str
        Names of the hyperparameters that vary.
    fixed : mapping
        A value for every hyperparameter: the value of those that are held, and the default of those that
        vary. An inactive one has the value that it takes once it becomes active.
    constants : bool
        Whether the held ones remain, as constants, without those that can never be active. Otherwise
        only the free ones remain; one that can never be active has no condition then.
    replaced : mapping, optional
        Hyperparameters that take the place of free ones of the same name, which no rule is about: of a
        part of their values, for example.

    Returns
    -------
    ConfigSpace.ConfigurationSpace
        With the conditions and clauses that still depend on a free hyperparameter.

    Raises
    ------
    ValueError
        If a name is unknown, a value is missing or outside the space, or `fixed` is forbidden.

    See Also
    --------
    skhypershap.advice.reduced_search.reduced : The same for a search.

    Examples
    --------
    >>> from ConfigSpace import Categorical, ConfigurationSpace, EqualsCondition, Float
    >>> from skhypershap.space.restriction import restricted
    >>> space = ConfigurationSpace()
    >>> kernel, gamma = Categorical("kernel", ["linear", "rbf"]), Float("gamma", (0.1, 10.0), log=True)
    >>> space.add(kernel, gamma, Float("C", (0.1, 10.0)), EqualsCondition(gamma, kernel, "rbf"))
    >>> rest = {"kernel": "rbf", "gamma": 0.5, "C": 2.0}
    >>> restricted(space, ["C", "gamma"], rest, constants=False)
    Configuration space object:
      Hyperparameters:
        C, Type: UniformFloat, Range: [0.1, 10.0], Default: 2.0
        gamma, Type: UniformFloat, Range: [0.1, 10.0], Default: 0.5, on log-scale
    <BLANKLINE>
    """
    for name in free:
        check_name("hyperparameter", name, space)
    formulas = _Formulas(space, set(free), _defaults(space, fixed))
    found = cs.ConfigurationSpace(name=space.name, meta=space.meta)
    new: dict[str, Hyperparameter] = {}
    conditions = []
    for name, hyperparameter in space.items():
        active, is_free = formulas.active[name], name in formulas.free
        if (active is False) if constants else not is_free:
            continue
        free_one = (replaced or {}).get(name, formulas.held[name])
        new[name] = free_one if is_free else _constant(hyperparameter, fixed[name])
        if not isinstance(active, bool):
            conditions.append(_condition(active, new[name], new))
    clauses: list[Any] = []
    for clause in space.forbidden_clauses:
        formula = formulas.of(clause)
        parts = formula.parts if isinstance(formula, Joined) and not formula.all else [formula]
        clauses += [_clause(part, new) for part in parts if part is not False]
    found.add(list(new.values()), conditions, clauses)
    return found


def _defaults(space: cs.ConfigurationSpace, fixed: Mapping[str, Any]) -> dict[str, Hyperparameter]:
    """Copies of all hyperparameters with the fixed values as their defaults."""
    for name in fixed:
        check_name("hyperparameter in fixed:", name, space)
    missing = [name for name in space if name not in fixed]
    if missing:
        raise ValueError(
            f"fixed has no value for {', '.join(map(repr, missing))}; give it one for every "
            "hyperparameter of the space, also for those that are inactive."
        )
    copies = {name: _with_default(item, fixed[name]) for name, item in space.items()}
    encode(space, [fixed])  # raises an error if the clauses forbid it
    return copies


def _with_default(hyperparameter: Any, value: Any) -> Hyperparameter:
    """Copy with another default."""
    domain = domain_of(hyperparameter)
    number = domain.encode([value])[0]
    if np.isnan(number):
        raise ValueError(
            f"{value!r} is no value of {hyperparameter.name!r}. Allowed: {domain.describe()}."
        )
    parameters = inspect.signature(type(hyperparameter).__init__).parameters
    arguments = {name: getattr(hyperparameter, name) for name in parameters if name != "self"}
    copied: Hyperparameter
    if isinstance(hyperparameter, cs.Constant):
        copied = type(hyperparameter)(**arguments)
        return copied
    default = configspace_value(hyperparameter, number)
    if isinstance(domain, Numbers):  # not rounded by the way to a number and back
        default = type(default)(domain.nearest(value))
    copied = with_exact_default(hyperparameter, arguments, default)
    return copied


def _constant(hyperparameter: Hyperparameter, value: Any) -> Hyperparameter:
    """A constant of the value, of the type that it has in the space."""
    domain = domain_of(hyperparameter)
    return hyperparameter_from(
        hyperparameter.name, [domain.own([value])], exact=getattr(domain, "exact", False)
    )


def _joined(parts: Iterable[Formula], *, every: bool) -> Formula:
    """All of the parts, or any of them, without those that change nothing."""
    kept: list[Formula] = []
    for part in parts:
        if isinstance(part, bool):
            if part is not every:
                return part
            continue
        inner = part.parts if isinstance(part, Joined) and part.all is every else [part]
        kept += [item for item in inner if item not in kept]
    if not kept:
        return every
    return kept[0] if len(kept) == 1 else Joined(every, tuple(kept))


class _Formulas:
    """Rules of a space as formulas over the hyperparameters that vary.

    Attributes
    ----------
    free : set of str
        Those that vary.
    held : dict of str to Hyperparameter
        All of them, with the fixed value as default.
    active : dict of str to Formula
        When each is active.
    """

    def __init__(
        self, space: cs.ConfigurationSpace, free: set[str], held: dict[str, Hyperparameter]
    ) -> None:
        self.space, self.free, self.held = space, free, held
        self.active: dict[str, Formula] = {}
        for name in space:  # parents come first
            conditions = space.parent_conditions_of[name]
            self.active[name] = _joined(map(self.of, conditions), every=True)

    def of(self, rule: Any) -> Formula:
        """When a condition holds, or a forbidden clause is broken."""
        if isinstance(rule, (Conjunction, ForbiddenConjunction)):
            every = isinstance(rule, (cs.AndConjunction, cs.ForbiddenAndConjunction))
            return _joined(map(self.of, rule.components), every=every)
        if isinstance(rule, ForbiddenRelation):
            return self._of_relation(rule)
        is_condition, unequal = isinstance(rule, Condition), isinstance(rule, cs.NotEqualsCondition)
        name = rule.parent.name if is_condition else rule.hyperparameter.name
        if self._varies(name):
            formula = _joined([_atom(name, part) for part in simple_clauses(rule)], every=False)
        else:
            rows = self._rows([name])
            holds = rule.satisfied_by_vector_array(rows) if is_condition else breaks(rule, rows)
            formula = self.active[name] if holds[0] != unequal else False
        # ConfigSpace finds an inactive hyperparameter unequal to any value.
        return self._not(formula) if unequal else formula

    def _varies(self, name: str) -> bool:
        """Whether the hyperparameter has several values, and may be active."""
        varies = name in self.free and not isinstance(self.held[name], cs.Constant)
        return varies and self.active[name] is not False

    def _rows(self, names: Iterable[str]) -> np.ndarray:
        """One vector, as a column, that has the fixed values of some hyperparameters only."""
        rows = np.full((len(self.space), 1), np.nan)
        for name in names:
            hyperparameter = self.held[name]
            rows[self.space.index_of[name]] = hyperparameter.to_vector(hyperparameter.default_value)
        return rows

    def _not(self, formula: Formula) -> Formula:
        """The negation of a formula without relations."""
        if isinstance(formula, bool):
            return not formula
        if isinstance(formula, Joined):
            return _joined(map(self._not, formula.parts), every=not formula.all)
        name, kind, values = cast(Atom, formula)
        choices = getattr(self.held[name], "choices", ())
        never = kind == "in" and choices and all(choice in values for choice in choices)
        kinds = () if never else OPPOSITES[kind]
        others = [Atom(name, other, values) for other in kinds]
        return _joined([*others, self._not(self.active[name])], every=False)

    def _of_relation(self, clause: Any) -> Formula:
        """When a clause on two hyperparameters is broken, one or both of which may be held."""
        names = [clause.left.name, clause.right.name]
        varying = [name for name in names if self._varies(name)]
        if len(varying) == 2:
            # This object is only shown in messages; the new space gets one with copies of both sides.
            return clause  # type: ignore[no-any-return]
        active = [self.active[name] for name in names if name not in varying]
        rows = self._rows(names)
        if not varying:
            return _joined([*active, bool(breaks(clause, rows)[0])], every=True)
        (name,) = varying
        hyperparameter: Any = self.held[name]
        if hyperparameter.size <= MANY_NUMBERS:
            numbers = all_numbers(hyperparameter)
            rows = np.repeat(rows, len(numbers), axis=1)
            rows[self.space.index_of[name]] = numbers
            broken = numbers[breaks(clause, rows)]
            values = tuple(configspace_value(hyperparameter, number) for number in broken)
            asked: Formula = Atom(name, "in", values) if values else False
        else:
            (other,) = {*names} - {name}
            compare = RELATIONS[type(clause)][names.index(name)]
            asked = _compared(hyperparameter, compare, self.held[other].default_value)
            if asked is True:  # any value breaks it
                asked = self.active[name]
        return _joined([*active, asked], every=True)


def _atom(name: str, rule: Any) -> Formula:
    values = tuple(rule.values) if hasattr(rule, "values") else (rule.value,)
    return Atom(name, OPERATORS[type(rule)], values) if values else False


def _compared(hyperparameter: Any, compare: Any, number: Any) -> Formula:
    """When a hyperparameter with very many values stands in a relation to a number."""
    lower, upper = hyperparameter.lower, hyperparameter.upper
    if compare is operator.eq:
        exists = hyperparameter.legal_value(number)
        return Atom(hyperparameter.name, "in", (number,)) if exists else False
    if compare(lower, number) == compare(upper, number):
        return bool(compare(lower, number))
    below, equal = compare in (operator.lt, operator.le), compare in (operator.le, operator.ge)
    if isinstance(hyperparameter, IntegerHyperparameter):  # the nearest legal bound
        nearest = math.floor(number) if below is equal else math.ceil(number)
        number, equal = nearest + equal * (1 if below else -1), False
    kinds: tuple[Operator, ...] = ("<" if below else ">", *(("in",) if equal else ()))
    atoms = [Atom(hyperparameter.name, kind, (number,)) for kind in kinds]
    return _joined(atoms, every=False)


def _condition(formula: Any, child: Any, new: Mapping[str, Any]) -> Any:
    """Write a formula as a condition of ConfigSpace."""
    if isinstance(formula, Joined):
        join = cs.AndConjunction if formula.all else cs.OrConjunction
        return join(*[_condition(part, child, new) for part in formula.parts])
    name, kind, values = formula
    if kind == "in" and len(values) > 1:
        return cs.InCondition(child, new[name], list(values))
    parts = [WRITTEN[kind][0](child, new[name], value) for value in values]
    return parts[0] if len(parts) == 1 else cs.AndConjunction(*parts)


def _clause(formula: Any, new: Mapping[str, Any]) -> Any:
    """Write a formula as a forbidden clause of ConfigSpace."""
    if isinstance(formula, Joined):
        join = cs.ForbiddenAndConjunction if formula.all else cs.ForbiddenOrConjunction
        return join(*[_clause(part, new) for part in formula.parts])
    if isinstance(formula, ForbiddenRelation):
        return type(formula)(new[formula.left.name], new[formula.right.name])
    name, kind, values = formula
    if kind == "not in":  # which no clause of ConfigSpace asks
        return _clause(_unequal(new[name], values), new)
    if len(values) > 1:
        return cs.ForbiddenInClause(new[name], values)
    return WRITTEN[kind][1](new[name], values[0])


def _unequal(hyperparameter: Any, values: tuple[Any, ...]) -> Formula:
    """The question whether a hyperparameter is unequal to all values, without "not in"."""
    name = hyperparameter.name
    if isinstance(hyperparameter, cs.CategoricalHyperparameter):
        others = tuple(choice for choice in hyperparameter.choices if choice not in values)
        return Atom(name, "in", others)
    sides = [(Atom(name, "<", (value,)), Atom(name, ">", (value,))) for value in values]
    return _joined([_joined(pair, every=False) for pair in sides], every=True)
