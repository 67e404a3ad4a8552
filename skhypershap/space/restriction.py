"""Spaces in which some hyperparameters vary and all others are held at a value.

Conditions and forbidden clauses are read as formulas: what they say of held hyperparameters is true or
false, and what remains is written back. An inactive hyperparameter satisfies nothing but "is not".
"""

from __future__ import annotations

import inspect
import math
import operator
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Literal, NamedTuple, cast

import numpy as np
from ConfigSpace import ConfigurationSpace
from ConfigSpace.conditions import (
    AndConjunction,
    Condition,
    Conjunction,
    EqualsCondition,
    GreaterThanCondition,
    InCondition,
    LessThanCondition,
    NotEqualsCondition,
    OrConjunction,
)
from ConfigSpace.forbidden import (
    ForbiddenAndConjunction,
    ForbiddenConjunction,
    ForbiddenEqualsClause,
    ForbiddenEqualsRelation,
    ForbiddenGreaterThanClause,
    ForbiddenGreaterThanEqualsClause,
    ForbiddenGreaterThanEqualsRelation,
    ForbiddenGreaterThanRelation,
    ForbiddenInClause,
    ForbiddenLessThanClause,
    ForbiddenLessThanEqualsClause,
    ForbiddenLessThanEqualsRelation,
    ForbiddenLessThanRelation,
    ForbiddenOrConjunction,
    ForbiddenRelation,
)
from ConfigSpace.hyperparameters import (
    CategoricalHyperparameter,
    Constant,
    Hyperparameter,
    IntegerHyperparameter,
)

from skhypershap.errors import check_name
from skhypershap.space.conditions import breaks
from skhypershap.space.distributions import hyperparameter_from
from skhypershap.space.domains import MANY_NUMBERS, Numbers, all_numbers, domain_of
from skhypershap.space.encoding import configspace_value, encode

Operator = Literal["in", "not in", "<", ">"]
# What a rule asks of the value of one hyperparameter; some ask for one of two things.
OPERATORS: dict[type, tuple[Operator, ...]] = {
    EqualsCondition: ("in",),
    InCondition: ("in",),
    NotEqualsCondition: ("not in",),
    LessThanCondition: ("<",),
    GreaterThanCondition: (">",),
    ForbiddenEqualsClause: ("in",),
    ForbiddenInClause: ("in",),
    ForbiddenLessThanClause: ("<",),
    ForbiddenGreaterThanClause: (">",),
    # These two, as they are, ConfigSpace 1.2 compares the wrong way round, or prints.
    ForbiddenLessThanEqualsClause: ("<", "in"),
    ForbiddenGreaterThanEqualsClause: (">", "in"),
}
OPPOSITES: dict[Operator, tuple[Operator, ...]] = {
    "in": ("not in",),
    "not in": ("in",),
    "<": (">", "in"),
    ">": ("<", "in"),
}
# For each relation what it compares by, and the same with its sides exchanged.
RELATIONS: dict[type, tuple[Any, Any]] = {
    ForbiddenLessThanRelation: (operator.lt, operator.gt),
    ForbiddenLessThanEqualsRelation: (operator.le, operator.ge),
    ForbiddenEqualsRelation: (operator.eq, operator.eq),
    ForbiddenGreaterThanEqualsRelation: (operator.ge, operator.le),
    ForbiddenGreaterThanRelation: (operator.gt, operator.lt),
}


class Atom(NamedTuple):
    """What is asked of one hyperparameter that varies: false where it is inactive."""

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
    space: ConfigurationSpace,
    free: Collection[str],
    fixed: Mapping[str, Any],
    *,
    constants: bool,
) -> ConfigurationSpace:
    """Build the space in which only some hyperparameters vary.

    A configuration is active and legal in it exactly where its blend with `fixed`, made legal, is in
    the whole space. A tie of two numbers that a clause relates may be off by a rounding error.

    Parameters
    ----------
    space : ConfigSpace.ConfigurationSpace
        The whole space, which is not changed.
    free : collection of str
        Names of the hyperparameters that vary.
    fixed : mapping
        A value for every hyperparameter: where the others stay, and the default of those that vary.
        Inactive ones have the value that they take once they become active.
    constants : bool
        Whether the others remain, as constants. One that can never be active is then left out. Without
        constants there are the free ones and no other; one that can never be active has no condition.

    Returns
    -------
    ConfigSpace.ConfigurationSpace
        With conditions and clauses as far as they still depend on something.

    Raises
    ------
    ValueError
        If a name is unknown, a value is missing or outside the space, or `fixed` is forbidden.

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
    found = ConfigurationSpace(name=space.name, meta=space.meta)
    new: dict[str, Hyperparameter] = {}
    conditions = []
    for name, hyperparameter in space.items():
        active, is_free = formulas.active[name], name in formulas.free
        if (active is False) if constants else not is_free:
            continue
        new[name] = formulas.held[name] if is_free else _constant(hyperparameter, fixed[name])
        if not isinstance(active, bool):
            conditions.append(_condition(active, new[name], new))
    clauses: list[Any] = []
    for clause in space.forbidden_clauses:
        formula = formulas.of(clause)
        parts = formula.parts if isinstance(formula, Joined) and not formula.all else [formula]
        clauses += [_clause(part, new) for part in parts if part is not False]
    found.add(list(new.values()), conditions, clauses)
    return found


def _defaults(space: ConfigurationSpace, fixed: Mapping[str, Any]) -> dict[str, Hyperparameter]:
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
    encode(space, [fixed])  # refuses what is forbidden
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
    if isinstance(hyperparameter, Constant):
        return type(hyperparameter)(**arguments)
    default = configspace_value(hyperparameter, number)
    if isinstance(domain, Numbers):  # without what rounding to a number and back does to it
        default = type(default)(domain.nearest(value))
    copied = type(hyperparameter)(**{**arguments, "default_value": default})
    copied.default_value = default  # which ConfigSpace rounds
    return copied


def _constant(hyperparameter: Any, value: Any) -> Hyperparameter:
    """A constant of the value as the space has it."""
    (own,) = domain_of(hyperparameter).own([value])
    share = getattr(domain_of(hyperparameter), "exact", False)
    return hyperparameter_from(hyperparameter.name, [[own]], share=share)


def _joined(parts: Iterable[Formula], *, every: bool) -> Formula:
    """All of the parts, or any of them, without what does not matter."""
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
        self, space: ConfigurationSpace, free: set[str], held: dict[str, Hyperparameter]
    ) -> None:
        self.space, self.free, self.held = space, free, held
        self.active: dict[str, Formula] = {}
        for name in space:  # parents come first
            conditions = space.parent_conditions_of[name]
            self.active[name] = _joined(map(self.of, conditions), every=True)

    def of(self, rule: Any) -> Formula:
        """When a condition holds, or a forbidden clause is broken."""
        if isinstance(rule, (Conjunction, ForbiddenConjunction)):
            every = isinstance(rule, (AndConjunction, ForbiddenAndConjunction))
            return _joined(map(self.of, rule.components), every=every)
        if isinstance(rule, ForbiddenRelation):
            return self._of_relation(rule)
        is_condition = isinstance(rule, Condition)
        name = rule.parent.name if is_condition else rule.hyperparameter.name
        if self._varies(name):
            values = tuple(rule.values) if hasattr(rule, "values") else (rule.value,)
            kinds = OPERATORS[type(rule)] if values else ()
            return _joined([self._asked(Atom(name, kind, values)) for kind in kinds], every=False)
        rows = np.full((len(self.space), 1), np.nan)
        rows[self.space.index_of[name]] = self._number(name)
        holds = rule.satisfied_by_vector_array(rows) if is_condition else breaks(rule, rows)
        if isinstance(rule, NotEqualsCondition):
            inactive = self._not(self.active[name])
            return True if holds[0] else inactive
        return self.active[name] if holds[0] else False

    def _varies(self, name: str) -> bool:
        """Whether the hyperparameter has several values, and may be active."""
        varies = name in self.free and not isinstance(self.held[name], Constant)
        return varies and self.active[name] is not False

    def _number(self, name: str) -> float:
        hyperparameter = self.held[name]
        return float(hyperparameter.to_vector(hyperparameter.default_value))

    def _asked(self, atom: Atom) -> Formula:
        """Ask something of a hyperparameter; one that is inactive is found unequal to any value."""
        if atom.operator != "not in":
            return atom
        choices = getattr(self.held[atom.name], "choices", [None])
        is_left = any(choice not in atom.values for choice in choices)
        inactive = self._not(self.active[atom.name])
        return _joined([atom, inactive], every=False) if is_left else inactive

    def _not(self, formula: Formula) -> Formula:
        if isinstance(formula, bool):
            return not formula
        if isinstance(formula, Joined):
            return _joined(map(self._not, formula.parts), every=not formula.all)
        atom = cast(Atom, formula)  # no condition relates hyperparameters to each other
        others = [self._asked(atom._replace(operator=kind)) for kind in OPPOSITES[atom.operator]]
        return _joined([*others, self._not(self.active[atom.name])], every=False)

    def _of_relation(self, clause: Any) -> Formula:
        """When a clause on two hyperparameters is broken, one or both of which may be held."""
        names = [clause.left.name, clause.right.name]
        varying = [name for name in names if self._varies(name)]
        if len(varying) == 2:
            # The original shows in messages only; what is written has copies of both sides.
            return clause
        others = [self.active[name] for name in names if name not in varying]
        rows = np.full((len(self.space), 1), np.nan)
        for name in names:
            rows[self.space.index_of[name]] = self._number(name)
        if not varying:
            return _joined([*others, bool(breaks(clause, rows)[0])], every=True)
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
            compare = RELATIONS[type(clause)][names.index(name)]
            (other,) = {*names} - {name}
            asked = _compared(hyperparameter, compare, self.held[other].default_value)
            if asked is True:  # any value breaks it
                asked = self.active[name]
        return _joined([*others, asked], every=True)


def _compared(hyperparameter: Any, compare: Any, number: Any) -> Formula:
    """When a hyperparameter with many numbers stands in a relation to a number."""
    lower, upper = hyperparameter.lower, hyperparameter.upper
    if compare is operator.eq:
        exists = hyperparameter.legal_value(number)
        return Atom(hyperparameter.name, "in", (number,)) if exists else False
    if compare(lower, number) == compare(upper, number):
        return bool(compare(lower, number))
    below = compare in (operator.lt, operator.le)
    equal = compare in (operator.le, operator.ge)
    if isinstance(hyperparameter, IntegerHyperparameter):  # to the nearest one that does not
        nearest = math.floor(number) if below is equal else math.ceil(number)
        number, equal = nearest + equal * (1 if below else -1), False
    kinds: tuple[Operator, ...] = ("<" if below else ">", *(("in",) if equal else ()))
    atoms = [Atom(hyperparameter.name, kind, (number,)) for kind in kinds]
    return _joined(atoms, every=False)


def _condition(formula: Any, child: Any, new: Mapping[str, Any]) -> Any:
    """Write a formula as a condition of ConfigSpace."""
    if isinstance(formula, Joined):
        join = AndConjunction if formula.all else OrConjunction
        return join(*[_condition(part, child, new) for part in formula.parts])
    name, kind, values = formula
    if kind == "in" and len(values) > 1:
        return InCondition(child, new[name], list(values))
    kinds: dict[Operator, Any] = {
        "in": EqualsCondition,
        "not in": NotEqualsCondition,
        "<": LessThanCondition,
        ">": GreaterThanCondition,
    }
    parts = [kinds[kind](child, new[name], value) for value in values]
    return parts[0] if len(parts) == 1 else AndConjunction(*parts)


def _clause(formula: Any, new: Mapping[str, Any]) -> Any:
    """Write a formula as a forbidden clause of ConfigSpace."""
    if isinstance(formula, Joined):
        join = ForbiddenAndConjunction if formula.all else ForbiddenOrConjunction
        return join(*[_clause(part, new) for part in formula.parts])
    if isinstance(formula, ForbiddenRelation):
        return type(formula)(new[formula.left.name], new[formula.right.name])
    name, kind, values = formula
    hyperparameter = new[name]
    if kind == "not in":
        if isinstance(hyperparameter, CategoricalHyperparameter):
            others = [choice for choice in hyperparameter.choices if choice not in values]
            return _clause(Atom(name, "in", tuple(others)), new)
        beside = [[Atom(name, "<", (value,)), Atom(name, ">", (value,))] for value in values]
        return _clause(_joined([_joined(pair, every=False) for pair in beside], every=True), new)
    if kind == "in" and len(values) > 1:
        return ForbiddenInClause(hyperparameter, values)
    kinds: dict[str, Any] = {
        "in": ForbiddenEqualsClause,
        "<": ForbiddenLessThanClause,
        ">": ForbiddenGreaterThanClause,
    }
    return kinds[kind](hyperparameter, values[0])
