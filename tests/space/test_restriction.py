"""Restricted spaces: conditions and clauses, against blends in the whole space and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from ConfigSpace import (
    AndConjunction,
    Categorical,
    Configuration,
    ConfigurationSpace,
    Constant,
    EqualsCondition,
    Float,
    ForbiddenAndConjunction,
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
    GreaterThanCondition,
    InCondition,
    Integer,
    LessThanCondition,
    NotEqualsCondition,
    OrConjunction,
    OrdinalHyperparameter,
)
from ConfigSpace.exceptions import ActiveHyperparameterNotSetError, ForbiddenValueError
from scipy.stats import norm
from sklearn.svm import SVC

from skhypershap.space.conditions import Legality, violates
from skhypershap.space.distributions import hyperparameter_from
from skhypershap.space.domains import domain_of
from skhypershap.space.encoding import default_values
from skhypershap.space.restriction import restricted
from skhypershap.space.value_keys import value_key

RELATIONS = [
    ForbiddenLessThanRelation,
    ForbiddenLessThanEqualsRelation,
    ForbiddenEqualsRelation,
    ForbiddenGreaterThanEqualsRelation,
    ForbiddenGreaterThanRelation,
]
ORDERED_CLAUSES = [
    ForbiddenLessThanClause,
    ForbiddenLessThanEqualsClause,
    ForbiddenGreaterThanClause,
    ForbiddenGreaterThanEqualsClause,
]


def numbers_drawn(hyperparameter, n_draws, rng):
    seed = np.random.RandomState(rng.integers(1e9))
    domain = domain_of(hyperparameter)
    # What ConfigSpace draws of integers on a log scale misses their numbers by a rounding error.
    return domain.encode(domain.decode(hyperparameter.sample_vector(n_draws, seed=seed)))


def filled_draws(space, n_draws, rng):
    """Numbers of every hyperparameter, sampled without conditions and clauses."""
    return np.column_stack([numbers_drawn(item, n_draws, rng) for item in space.values()])


def values_at(space, filled):
    return {
        name: domain_of(space[name]).decode(filled[[column]])[0]
        for column, name in enumerate(space)
    }


def check_against_blends(space, free, fixed, *, constants, seed=0, n_draws=200):
    """The twin: a blend is active and legal in the restricted space exactly if it is in the whole."""
    new = restricted(space, free, fixed, constants=constants)
    base = np.array([domain_of(space[name]).encode([fixed[name]])[0] for name in space])
    draws = filled_draws(space, n_draws, np.random.default_rng(seed))
    draws[0] = base
    blends = np.where([name in free for name in space], draws, base)
    legal = Legality(space, base).legal(blends)
    forbidden = violates(space, legal)

    columns = [space.index_of[name] for name in new]
    filled = np.where([name in free for name in new], blends[:, columns], 1.0)
    new_legal = Legality(new, filled[0]).legal(filled)
    active, was_active = ~np.isnan(new_legal), ~np.isnan(legal[:, columns])
    for column, name in enumerate(new):
        never = not was_active[:, column].any()
        if never and not constants and not new.parent_conditions_of[name]:
            continue  # tuning it has no effect
        np.testing.assert_array_equal(active[:, column], was_active[:, column], err_msg=name)
    np.testing.assert_array_equal(violates(new, new_legal), forbidden)
    left_out = [space.index_of[name] for name in space if name not in new]
    if constants:
        assert np.isnan(legal[:, left_out]).all()
    else:
        assert set(new) == set(free)

    # ConfigSpace itself agrees, by vectors and by values.
    for row in range(0, n_draws, 20):
        configuration = Configuration(new, vector=new_legal[row])
        if forbidden[row]:
            with pytest.raises(ForbiddenValueError):
                configuration.check_valid_configuration()
        else:
            configuration.check_valid_configuration()
            Configuration(new, values=dict(configuration)).check_valid_configuration()
    default = new.get_default_configuration().get_array()
    np.testing.assert_array_equal(np.isnan(default), np.isnan(new_legal[0]))
    np.testing.assert_allclose(default, new_legal[0], atol=1e-12)  # ConfigSpace rounds
    return new


def random_hyperparameter(name, rng):
    return [
        lambda: Float(name, (1.0, 9.0)),
        lambda: Float(name, (0.5, 16.0), log=True),
        lambda: Integer(name, (0, 5)),
        lambda: Integer(name, (1, 10_000), log=True),
        lambda: Categorical(name, ["a", "b", "c"], weights=[1, 2, 3]),
        lambda: Categorical(name, [True, False]),
        lambda: OrdinalHyperparameter(name, [1, 2, 4, 8]),
        lambda: Constant(name, 3),
        lambda: hyperparameter_from(name, [[SVC(), None, "none", 1, True]]),
        lambda: hyperparameter_from(name, [norm(5, 2)]),
    ][rng.integers(10)]()


def some_value(hyperparameter, rng):
    """A value as ConfigSpace has it."""
    number = numbers_drawn(hyperparameter, 1, rng)[0]
    for attribute in ("choices", "sequence"):
        if hasattr(hyperparameter, attribute):
            return getattr(hyperparameter, attribute)[int(number)]
    return getattr(hyperparameter, "value", hyperparameter.to_value(number))


def random_condition(child, parents, rng, depth=0):
    if depth < 2 and rng.random() < 0.4:
        join = [AndConjunction, OrConjunction][rng.integers(2)]
        return join(*[random_condition(child, parents, rng, depth + 1) for _ in range(2)])
    parent = parents[rng.integers(len(parents))]
    kinds = [EqualsCondition, NotEqualsCondition, InCondition]
    kinds += [LessThanCondition, GreaterThanCondition] * 2 if parent.ORDERABLE else []
    kind = kinds[rng.integers(len(kinds))]
    if kind is InCondition:
        values = [some_value(parent, rng) for _ in range(2)]
        return InCondition(child, parent, list({value_key(v): v for v in values}.values()))
    return kind(child, parent, some_value(parent, rng))


def random_clause(items, rng, depth=0):
    if depth < 2 and rng.random() < 0.6:
        join = [ForbiddenAndConjunction, ForbiddenOrConjunction][int(rng.random() < 0.3)]
        return join(*[random_clause(items, rng, depth + 1) for _ in range(2)])
    numeric = [
        item
        for item in items
        if item.ORDERABLE and not (item.meta or {}) and item.default_value is not True
    ]
    if len(numeric) > 1 and rng.random() < 0.4:
        left, right = rng.choice(len(numeric), 2, replace=False)
        return RELATIONS[rng.integers(5)](numeric[left], numeric[right])
    item = items[rng.integers(len(items))]
    kinds = [ForbiddenEqualsClause, ForbiddenInClause]
    kinds += ORDERED_CLAUSES if item.ORDERABLE else []
    kind = kinds[rng.integers(len(kinds))]
    value = some_value(item, rng)
    return kind(item, [value] if kind is ForbiddenInClause else value)


def random_space(seed, n_clauses=3):
    """Five hyperparameters with chains of conditions, and clauses that leave the default legal."""
    rng = np.random.default_rng(seed)
    while True:
        items = [random_hyperparameter(f"h{number}", rng) for number in range(5)]
        conditions = [
            random_condition(item, items[:number], rng)
            for number, item in enumerate(items)
            if number and rng.random() < 0.6
        ]
        space = ConfigurationSpace()
        try:
            space.add(items, conditions)
        except ActiveHyperparameterNotSetError:
            continue  # ConfigSpace's values and vectors differ on "not equal" to what is inactive
        clauses = []
        for _ in range(n_clauses):
            tried = ConfigurationSpace()
            try:
                tried.add(items, conditions, *clauses, clause := random_clause(items, rng))
            except ForbiddenValueError:
                continue
            clauses, space = [*clauses, clause], tried
        return space


def legal_fixed(space, seed):
    """Values of a legal configuration, and of what it leaves inactive."""
    draws = filled_draws(space, 500, np.random.default_rng(seed))
    legal = draws[~Legality(space, draws[0]).forbidden(draws)]
    return values_at(space, legal[0]) if len(legal) else default_values(space)


@pytest.mark.parametrize("seed", range(60))
def test_restricted_random_space_equals_blends(seed):
    rng = np.random.default_rng(seed)
    space = random_space(seed)
    fixed = legal_fixed(space, seed)
    free = [name for name in space if rng.random() < 0.5]
    for constants in (False, True):
        check_against_blends(space, free, fixed, constants=constants, seed=seed)


def chain():
    """The gear is there for a vehicle, and the clutch where the gear is high."""
    space = ConfigurationSpace()
    kind = Categorical("kind", ["foot", "bike", "car"])
    gear = Integer("gear", (1, 5), default=1)
    clutch = Float("clutch", (0.0, 1.0), default=0.5)
    space.add(kind, gear, clutch)
    space.add(NotEqualsCondition(gear, kind, "foot"), GreaterThanCondition(clutch, gear, 3))
    return space


class TestConditions:
    def test_held_parent_in_the_middle_of_a_chain(self):
        high = {"kind": "car", "gear": 4, "clutch": 0.25}
        new = check_against_blends(chain(), ["kind", "clutch"], high, constants=False)
        assert str(new.conditions) == "[clutch | kind != 'foot']"
        low = {"kind": "car", "gear": 2, "clutch": 0.25}
        new = check_against_blends(chain(), ["kind", "clutch"], low, constants=False)
        assert new.conditions == []  # the clutch has no effect
        new = check_against_blends(chain(), ["kind", "clutch"], low, constants=True)
        assert list(new) == ["kind", "gear"]
        assert str(new.conditions) == "[gear | kind != 'foot']"

    def test_all_free_gives_the_same_space(self):
        space = chain()
        fixed = {"kind": "car", "gear": 4, "clutch": 0.25}
        new = check_against_blends(space, list(space), fixed, constants=True)
        assert list(map(str, new.conditions)) == list(map(str, space.conditions))
        assert dict(new.get_default_configuration()) == fixed
        assert dict(space.get_default_configuration()) == {"kind": "foot"}

    def test_none_free_gives_constants(self):
        fixed = {"kind": "bike", "gear": 2, "clutch": 0.25}
        assert len(restricted(chain(), [], fixed, constants=False)) == 0
        new = check_against_blends(chain(), [], fixed, constants=True)
        assert dict(new.get_default_configuration()) == {"kind": "bike", "gear": 2}
        assert all(isinstance(item, Constant) for item in new.values())

    def test_unequal_to_a_held_value_means_inactive(self):
        """c is active where b is not 1; b, held at 1, has no value where a is not "on"."""
        space = ConfigurationSpace()
        a, b, c = Categorical("a", ["on", "off"]), Integer("b", (0, 3)), Integer("c", (0, 3))
        space.add(a, b, c, EqualsCondition(b, a, "on"), NotEqualsCondition(c, b, 1))
        fixed = {"a": "on", "b": 1, "c": 0}
        new = check_against_blends(space, ["a", "c"], fixed, constants=False)
        assert str(new.conditions) == "[c | a != 'on']"
        # ConfigSpace's values and vectors disagree on an inactive b, so the new condition names it.
        new = check_against_blends(space, ["a", "b", "c"], {**fixed, "a": "off"}, constants=False)
        assert str(new.parent_conditions_of["c"]) == "[(c | b != 1 || c | a != 'on')]"

    def test_unequal_to_every_choice_is_never_true(self):
        space = ConfigurationSpace()
        a, b, c = Categorical("a", ["x", "y"]), Integer("b", (0, 3)), Integer("c", (0, 3))
        space.add(a, b, c, InCondition(b, a, ["x", "y"]), NotEqualsCondition(c, b, 1))
        new = check_against_blends(space, ["a", "c"], {"a": "x", "b": 1, "c": 0}, constants=True)
        assert list(new) == ["a", "b"]

    @pytest.mark.parametrize(("kind", "bound"), [(LessThanCondition, 4), (GreaterThanCondition, 2)])
    @pytest.mark.parametrize("value", [1, 3, 5])
    def test_conditions_less_and_greater(self, kind, bound, value):
        space = ConfigurationSpace()
        a, b = Integer("a", (1, 5)), Float("b", (0.0, 1.0))
        space.add(a, b, kind(b, a, bound))
        fixed = {"a": value, "b": 0.5}
        new = check_against_blends(space, ["b"], fixed, constants=True)
        holds = value < bound if kind is LessThanCondition else value > bound
        assert set(new) == ({"a", "b"} if holds else {"a"})
        check_against_blends(space, ["a", "b"], fixed, constants=False)

    @pytest.mark.parametrize(
        ("kind", "default"), [(LessThanCondition, 1), (GreaterThanCondition, 5)]
    )
    def test_negated_comparison_holds_at_its_bound(self, kind, default):
        """c is active where the held b is not, which depends on a: where a is 3, too."""
        space = ConfigurationSpace()
        a, b, c = Integer("a", (1, 5), default=default), Integer("b", (0, 3)), Integer("c", (0, 3))
        space.add(a, b, c, kind(b, a, 3), NotEqualsCondition(c, b, 1))
        new = check_against_blends(space, ["a", "c"], {"a": 3, "b": 1, "c": 0}, constants=False)
        (condition,) = new.conditions
        active = [value for value in range(1, 6) if condition.satisfied_by_value({"a": value})]
        assert active == ([3, 4, 5] if kind is LessThanCondition else [1, 2, 3])

    def test_conjunctions_lose_held_parts(self):
        space = ConfigurationSpace()
        a, b, c = (Categorical(name, ["x", "y", "z"]) for name in "abc")
        d = Float("d", (0.0, 1.0))
        any_of = OrConjunction(InCondition(d, b, ["x", "y"]), EqualsCondition(d, c, "z"))
        space.add(a, b, c, d, AndConjunction(EqualsCondition(d, a, "x"), any_of))

        def condition(**held):
            fixed = {"a": "x", "b": "x", "c": "x", "d": 0.5, **held}
            free = [name for name in space if name not in held]
            new = check_against_blends(space, free, fixed, constants=False)
            return str(new.parent_conditions_of["d"])

        assert condition(a="x") == "[(d | b in {'x', 'y'} || d | c == 'z')]"
        assert condition(a="y") == "[]"
        assert condition(b="x") == "[d | a == 'x']"
        assert condition(b="z") == "[(d | a == 'x' && d | c == 'z')]"
        assert condition(b="z", c="x") == "[]"
        assert condition(b="z", c="z", a="x") == "[]"


class TestClauses:
    def test_clause_loses_held_parts(self):
        space = ConfigurationSpace()
        a, b = Categorical("a", ["x", "y"]), Integer("b", (0, 9), default=0)
        space.add(a, b)
        space.add(
            ForbiddenAndConjunction(ForbiddenEqualsClause(a, "y"), ForbiddenInClause(b, [7, 8]))
        )
        new = check_against_blends(space, ["b"], {"a": "y", "b": 1}, constants=False)
        assert str(new.forbidden_clauses) == "[Forbidden: b in {7, 8}]"
        new = check_against_blends(space, ["a"], {"a": "x", "b": 8}, constants=True)
        assert str(new.forbidden_clauses) == "[Forbidden: a == 'y']"
        new = check_against_blends(space, ["b"], {"a": "x", "b": 1}, constants=True)
        assert new.forbidden_clauses == []

    def test_clause_on_held_child_keeps_its_condition(self):
        space = ConfigurationSpace()
        a, b, c = Categorical("a", ["x", "y", "z"]), Integer("b", (0, 3)), Integer("c", (0, 3))
        space.add(a, b, c, NotEqualsCondition(b, a, "x"))
        both = ForbiddenAndConjunction(ForbiddenEqualsClause(b, 2), ForbiddenEqualsClause(c, 3))
        space.add(both)
        new = check_against_blends(space, ["a", "c"], {"a": "x", "b": 2, "c": 1}, constants=False)
        (clause,) = new.forbidden_clauses
        assert str(clause) == "(Forbidden: a in {'y', 'z'} && Forbidden: c == 3)"

    @pytest.mark.parametrize("relation", RELATIONS)
    @pytest.mark.parametrize("exchanged", [False, True])
    @pytest.mark.parametrize(
        "other",
        [
            lambda value: Float("b", (0.0, 10.0), default=value),
            lambda value: Float("b", (1.5, 7.0), default=value, log=True),
            lambda value: Integer("b", (0, 9), default=value),
            lambda value: Integer("b", (1, 5000), default=value, log=True),
            lambda value: OrdinalHyperparameter("b", [7, 4, 2], default_value=value),
        ],
        ids=["float", "log float", "integer", "log integer", "ordinal"],
    )
    def test_relations_to_a_held_value(self, relation, exchanged, other):
        """Held below, at, between and above the values of the other side, either side free."""
        for left in (0.0, 2.0, 3.5, 4.0, 9.0):
            for right in (2, 4, 7):
                a, b = Float("a", (0.0, 9.0), default=left), other(right)
                clause = relation(b, a) if exchanged else relation(a, b)
                fixed = {"a": left, "b": right}
                if clause.is_forbidden_value(fixed):
                    continue
                space = ConfigurationSpace()
                try:
                    space.add(a, b, clause)
                except ForbiddenValueError:
                    continue  # ConfigSpace rounds a tie on a log scale
                for free in ("a", "b"):
                    new = check_against_blends(space, [free], fixed, constants=False, n_draws=40)
                    assert not any(isinstance(c, relation) for c in new.forbidden_clauses)
                new = check_against_blends(space, ["a", "b"], fixed, constants=True, n_draws=40)
                assert str(new.forbidden_clauses) == str(space.forbidden_clauses)

    def test_relation_broken_by_any_active_value(self):
        """b is above the held a wherever it is active at all."""
        space = ConfigurationSpace()
        a, b, c = Integer("a", (0, 9)), Float("b", (5.0, 9.0)), Categorical("c", ["off", "on"])
        space.add(a, b, c, EqualsCondition(b, c, "on"), ForbiddenGreaterThanRelation(b, a))
        new = check_against_blends(
            space, ["b", "c"], {"a": 2, "b": 6.0, "c": "off"}, constants=True
        )
        assert str(new.forbidden_clauses) == "[Forbidden: c == 'on']"

    @pytest.mark.parametrize("kind", ORDERED_CLAUSES)
    def test_ordered_clauses_are_written_without_faults(self, kind, capsys):
        space = ConfigurationSpace()
        a = Integer("a", (0, 9), default=5)
        b = OrdinalHyperparameter("b", ["low", "middle", "high"], default_value="middle")
        space.add(a, b)
        bound = 3 if "Less" in kind.__name__ else 7
        space.add(ForbiddenAndConjunction(kind(a, bound), kind(b, "middle")))
        capsys.readouterr()
        check_against_blends(space, ["a", "b"], {"a": 5, "b": "high"}, constants=False)
        check_against_blends(space, ["a"], {"a": 5, "b": "low"}, constants=True)
        assert capsys.readouterr().out == ""  # as ConfigSpace does for one of them
