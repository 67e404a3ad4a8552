"""Clauses from failed trials: what always failed is found, what chance explains is not."""

import itertools
import math

import numpy as np
import pytest
from ConfigSpace import (
    Categorical,
    ConfigurationSpace,
    EqualsCondition,
    Float,
    Integer,
    OrdinalHyperparameter,
)

from skhypershap.space.encoding import encode
from skhypershap.space.sampling import enumerate_vectors, sample_columns
from skhypershap.trials import failures
from skhypershap.trials.failures import (
    LEVEL,
    FailureClause,
    Part,
    chance_of_all,
    clause_holds,
    failure_clauses,
    joint_rate,
    shared_clauses,
)
from skhypershap.trials.inferred_clauses import described


def mixed():
    space = ConfigurationSpace()
    space.add(
        Categorical("a", ["p", "q", "r"]),
        Categorical("b", ["u", "v", "w"]),
        OrdinalHyperparameter("units", [8, 16, 32, 64]),
        Integer("depth", (1, 30)),
        Float("rate", (1e-4, 1.0), log=True),
    )
    return space


def found(space, vectors, fails):
    return failure_clauses(space, vectors[~fails], vectors[fails])


def shown(space, vectors, fails):
    return [
        described(space, [clause]).rsplit(" (", 1)[0] for clause in found(space, vectors, fails)
    ]


def values(space, vectors, name):
    return vectors[:, space.index_of[name]]


def test_chance_of_all_is_a_ratio_of_binomials():
    for n_trials, n_failed in itertools.product(range(1, 9), range(9)):
        for n in range(min(n_failed, n_trials) + 1):
            if n_failed <= n_trials:
                expected = math.comb(n_trials - n, n_failed - n) / math.comb(n_trials, n_failed)
                assert chance_of_all(n_trials, n_failed, n) == pytest.approx(expected)


def test_joint_rate_is_no_less_than_either_rate():
    assert joint_rate((5, 10), (5, 10), (1, 10)) > 0.5
    assert joint_rate((9, 10), (0, 10), (0, 10)) == pytest.approx(9.5 / 11)
    assert joint_rate((0, 50), (0, 50), (0, 50)) == pytest.approx(0.5 / 51)


@pytest.mark.parametrize(
    ("fails", "expected"),
    [
        (lambda a, b, u, d, r: a == 1, ["a='q'"]),
        (lambda a, b, u, d, r: (a == 0) & (b == 1), ["a='p' with b='v'"]),
        (lambda a, b, u, d, r: (a == 0) & (u == 1), ["a='p' with units=16"]),
        (lambda a, b, u, d, r: u >= 2, ["units > 16"]),
        (lambda a, b, u, d, r: u == 1, ["units=16"]),
    ],
)
def test_cause_of_failures_is_the_only_clause(fails, expected):
    space = mixed()
    vectors = sample_columns(space, 300, 0)
    failed = fails(*(values(space, vectors, name) for name in NAMES))
    assert shown(space, vectors, failed) == expected


NAMES = ("a", "b", "units", "depth", "rate")


def test_several_causes_are_found_together():
    space = mixed()
    vectors = sample_columns(space, 500, 0)
    a, b = values(space, vectors, "a"), values(space, vectors, "b")
    failed = (a == 2) | ((a == 0) & (b == 1)) | ((a == 1) & (b == 2))
    assert set(shown(space, vectors, failed)) == {"a='r'", "a='p' with b='v'", "a='q' with b='w'"}


def test_threshold_lies_between_the_last_success_and_the_first_failure():
    space = mixed()
    vectors = sample_columns(space, 200, 0)
    rate = values(space, vectors, "rate")
    failed = rate > 0.8
    (clause,) = found(space, vectors, failed)
    ((name, operator, number),) = clause.parts
    assert (name, operator, clause.n_failed) == ("rate", ">", failed.sum())
    assert number == pytest.approx((rate[~failed].max() + rate[failed].min()) / 2)


def test_integer_threshold_is_next_to_the_failures():
    space = mixed()
    vectors = sample_columns(space, 400, 0)
    failed = values(space, vectors, "depth") < space["depth"].to_vector(10)
    assert shown(space, vectors, failed) == ["depth < 10"]


def test_threshold_beside_a_choice():
    space = mixed()
    vectors = sample_columns(space, 300, 0)
    rate = values(space, vectors, "rate")
    failed = (values(space, vectors, "b") == 2) & (rate < 0.4)
    (clause,) = found(space, vectors, failed)
    assert [part[:2] for part in clause.parts] == [("b", "=="), ("rate", "<")]


def test_rising_rate_of_failures_is_no_threshold():
    space = mixed()
    for seed in range(20):
        vectors = sample_columns(space, 200, seed)
        rate = values(space, vectors, "rate")
        failed = np.random.default_rng(seed).random(200) < rate
        assert not any(len(clause.parts) == 1 for clause in found(space, vectors, failed))


def test_four_failures_are_too_few_and_six_beside_many_successes_are_enough():
    space = ConfigurationSpace({"a": ["p", "q"], "x": (0.0, 1.0)})
    for n_failed, expected in ((4, []), (6, ["a='q'"])):
        configs = [{"a": "q", "x": (i % 4 + 1) / 6} for i in range(n_failed)]
        configs += [{"a": "p", "x": i / 60} for i in range(61)]
        vectors = encode(space, configs)
        assert shown(space, vectors, np.arange(len(vectors)) < n_failed) == expected


def test_one_success_is_enough_against_a_clause():
    space = mixed()
    vectors = sample_columns(space, 300, 0)
    cell = np.flatnonzero((values(space, vectors, "a") == 0) & (values(space, vectors, "b") == 1))
    failed = np.isin(np.arange(300), cell[1:])
    assert "a='p' with b='v'" not in shown(space, vectors, failed)


@pytest.mark.parametrize("rate", [0.05, 0.3, 0.6, 0.9])
def test_random_failures_give_no_clause(rate):
    space = mixed()
    n_wrong, n_runs = 0, 100
    for seed in range(n_runs):
        vectors = sample_columns(space, 120, seed)
        failed = np.random.default_rng(seed).random(120) < rate
        n_wrong += bool(found(space, vectors, failed))
    assert n_wrong <= LEVEL * n_runs


def test_single_rates_explain_a_pair():
    # Odds multiply: where a = p and b = u meet nearly everything fails, without any cause of its own.
    space = mixed()
    n_wrong = 0
    for seed in range(100):
        vectors = sample_columns(space, 150, seed)
        odds = 0.3 * np.where(values(space, vectors, "a") == 0, 6, 1)
        odds = odds * np.where(values(space, vectors, "b") == 0, 6, 1)
        failed = np.random.default_rng(seed).random(150) < odds / (1 + odds)
        n_wrong += bool(found(space, vectors, failed))
    assert n_wrong <= 1


def grid(**lists):
    space = ConfigurationSpace()
    space.add([Categorical(name, choices) for name, choices in lists.items()])
    return space, enumerate_vectors(space, 1000)[0]


def test_complete_grid_needs_all_cells_only():
    space, vectors = grid(penalty=["l1", "l2"], solver=["lbfgs", "saga", "sag"], C=["1", "2"])
    penalty, solver = (values(space, vectors, name) for name in ("penalty", "solver"))
    failed = (penalty == 0) & (solver != 1)
    assert set(shown(space, vectors, failed)) == {
        "penalty='l1' with solver='lbfgs'",
        "penalty='l1' with solver='sag'",
    }
    assert shown(space, vectors[:-1], failed[:-1]) == []  # the grid is not complete


def test_repeated_grid_with_random_failures_is_no_complete_grid():
    space, vectors = grid(a=["p", "q"], b=["u", "v"])
    vectors = np.repeat(vectors, 4, axis=0)
    failed = np.arange(len(vectors)) % 4 > 0
    failed[:4] = True
    assert shown(space, vectors, failed) == []


def test_child_is_compared_where_it_is_active():
    space = ConfigurationSpace()
    kernel, gamma = Categorical("kernel", ["linear", "rbf"]), Categorical("gamma", ["s", "a", "b"])
    space.add(kernel, gamma, Float("C", (0.0, 1.0)), EqualsCondition(gamma, kernel, "rbf"))
    configs = [{"kernel": "linear", "C": i / 50} for i in range(50)]
    configs += [{"kernel": "rbf", "gamma": "sab"[i % 3], "C": i / 60} for i in range(60)]
    vectors = encode(space, configs)
    assert shown(space, vectors, values(space, vectors, "gamma") == 2) == ["gamma='b'"]


def test_no_finished_trial_breaks_a_clause():
    space = mixed()
    for seed in range(15):
        generator = np.random.default_rng(seed)
        vectors = sample_columns(space, 250, seed)
        failed = generator.random(250) < 0.1
        for name, number in (("a", 0), ("b", 2)):
            failed |= (values(space, vectors, name) == number) & (generator.random(250) < 0.9)
        failed |= (values(space, vectors, "a") == 1) & (values(space, vectors, "units") == 3)
        for clause in found(space, vectors, failed):
            assert not clause_holds(space, clause.parts, vectors[~failed]).any()
            assert clause_holds(space, clause.parts, vectors[failed]).sum() == clause.n_failed


def test_shared_clauses_forbid_what_all_forbid():
    pair = (Part("a", "==", 0.0), Part("b", "==", 1.0))
    other = (Part("a", "==", 1.0), Part("b", "==", 1.0))
    first = [FailureClause(pair, 5), FailureClause((Part("x", ">", 0.7),), 9)]
    second = [FailureClause((Part("x", ">", 0.8),), 6), FailureClause(pair, 7)]
    assert shared_clauses([first, second]) == [
        FailureClause(pair, 12),
        FailureClause((Part("x", ">", 0.8),), 15),
    ]
    assert shared_clauses([first, [FailureClause(other, 5)]]) == []
    assert shared_clauses([first, []]) == []


@pytest.mark.parametrize(("rate_is", "depth_is"), list(itertools.product("<>", repeat=2)))
def test_corner_of_two_thresholds(rate_is, depth_is):
    """Fails where rate and depth are both beyond a threshold, and nowhere else."""
    space = mixed()
    vectors = sample_columns(space, 400, 0)
    far = {"<": lambda numbers: numbers < 0.4, ">": lambda numbers: numbers > 0.6}
    rate, depth = (values(space, vectors, name) for name in ("rate", "depth"))
    fails = far[rate_is](rate) & far[depth_is](depth)
    (clause,) = found(space, vectors, fails)
    assert {(part.name, part.operator) for part in clause.parts} == {
        ("rate", rate_is),
        ("depth", depth_is),
    }
    for part in clause.parts:
        assert part.number == pytest.approx(0.4 if part.operator == "<" else 0.6, abs=0.05)
    broken = clause_holds(space, clause.parts, vectors)
    assert broken[fails].all()
    assert not broken[~fails].any()


def test_corner_with_failures_elsewhere_is_none():
    space = mixed()
    vectors = sample_columns(space, 400, 0)
    rate, depth = (values(space, vectors, name) for name in ("rate", "depth"))
    chance = np.random.default_rng(0).random(400)
    fails = ((rate > 0.9) & (depth > 0.8)) | (chance < 0.5)
    assert [c for c in found(space, vectors, fails) if len(c.parts) == 2] == []


@pytest.mark.parametrize("choice", ["a", "z"])
def test_range_beside_a_choice_is_found_whatever_the_names(choice):
    """Large rates fail with the second choice; names come before or after that of the range."""
    space = ConfigurationSpace()
    space.add(Categorical(choice, ["p", "q"]), Float("rate", (0.0, 1.0)))
    vectors = sample_columns(space, 300, 0)
    failed = (values(space, vectors, choice) == 1) & (values(space, vectors, "rate") > 0.7)
    (clause,) = found(space, vectors, failed)
    assert {part.name for part in clause.parts} == {choice, "rate"}
    assert clause.n_failed == failed.sum()


@pytest.mark.parametrize(
    ("hyperparameter", "has_choices", "is_ordered"),
    [
        (Categorical("x", ["only"]), False, False),
        (Categorical("x", ["p", "q"]), True, False),
        (OrdinalHyperparameter("x", [1]), False, False),
        (OrdinalHyperparameter("x", [1, 2]), True, True),
        (Integer("x", (1, failures.FEW_INTEGERS)), True, True),
        (Integer("x", (0, failures.FEW_INTEGERS)), False, True),
        (Float("x", (0.0, 1.0)), False, True),
    ],
)
def test_what_is_a_choice_and_what_has_an_order(hyperparameter, has_choices, is_ordered):
    assert failures._has_choices(hyperparameter) is has_choices
    assert failures._is_ordered(hyperparameter) is is_ordered


def test_no_corner_or_range_is_looked_for_without_finished_or_enough_failed_trials():
    space = ConfigurationSpace({"x": (0.0, 1.0), "y": (0.0, 1.0)})
    low = np.array([[0.2, 0.6], [0.6, 0.2]])
    high = np.full((failures.LEAST_TRIALS, 2), 0.8)
    inference = failures._Inference(space, low, high)
    everything = np.ones(len(inference.vectors), dtype=bool)
    operators = (">", ">")
    corner, n_cuts = inference._widest_corner(("x", "y"), operators, everything)
    assert [part.number for part in corner] == pytest.approx([0.5, 0.5])
    assert n_cuts == 2
    assert inference._outermost("x", ">", everything).number == pytest.approx(0.7)
    assert inference._outermost("x", "<", everything) is None
    for rows in (inference.failed, ~inference.failed):
        assert inference._widest_corner(("x", "y"), operators, rows) is None
        assert inference._outermost("x", ">", rows) is None
    few = failures._Inference(space, low, high[:-1])
    everything = everything[:-1]
    assert few._widest_corner(("x", "y"), operators, everything) is None
    assert few._outermost("x", ">", everything) is None


@pytest.mark.parametrize(
    ("hyperparameter", "finished", "failed", "value"),
    [
        (Float("x", (0.0, 1.0)), 0.2, 0.8, 0.5),
        (Integer("x", (0, 30)), 10, 20, 19),
        (Integer("x", (0, 30)), 20, 10, 11),
        (OrdinalHyperparameter("x", [1, 2, 4, 8]), 1, 8, 4),
        (OrdinalHyperparameter("x", [1, 2, 4, 8]), 8, 1, 2),
    ],
)
def test_ranges_begin_next_to_the_failed_value_or_half_way(hyperparameter, finished, failed, value):
    ends = (float(hyperparameter.to_vector(end)) for end in (finished, failed))
    number = failures._between(hyperparameter, *ends)
    assert hyperparameter.to_value(number) == pytest.approx(value)


def test_chance_is_shared_by_all_clauses_that_could_be_found():
    """Choices and pairs of them with enough trials, ends of ranges beside a choice, and corners."""
    space = ConfigurationSpace()
    space.add(Categorical("a", ["p", "q"]), Categorical("b", ["u", "v", "w"]))
    space.add(Float("x", (0.0, 1.0)), Float("y", (0.0, 1.0)), Float("z", (0.0, 1.0)))
    for n_trials in (0, 24, 60):
        vectors = sample_columns(space, n_trials, 0) if n_trials else np.empty((0, 5))
        inference = failures._Inference(space, vectors[::2], vectors[1::2])
        cells = list(inference.choices)
        assert len(cells) == 5
        pairs = [pair for pair in itertools.combinations(cells, 2) if pair[0].name != pair[1].name]
        frequent = [
            parts
            for parts in ([(one,) for one in cells] + pairs)
            if clause_holds(space, parts, vectors).sum() >= failures.LEAST_TRIALS
        ]
        ends = list(itertools.product("xyz", "<>", [None, *cells]))
        corners = list(itertools.product(itertools.combinations("xyz", 2), "<>", "<>"))
        assert inference.n_hypotheses == len(frequent) + len(ends) + len(corners)
    single = ConfigurationSpace({"x": [1.5]})
    assert failures._Inference(single, np.zeros((3, 1)), np.zeros((3, 1))).n_hypotheses == 1


def test_chance_of_a_corner_counts_the_places_of_its_first_threshold():
    """Of two places the better one was taken, so that chance had two ways to it."""
    space = ConfigurationSpace({"x": (0.0, 1.0), "y": (0.0, 1.0)})
    finished = np.array([[0.2, 0.6], [0.6, 0.2]])
    inference = failures._Inference(space, finished, np.full((failures.LEAST_TRIALS, 2), 0.8))
    everything = np.ones(len(inference.vectors), dtype=bool)
    (corner,) = inference._corners(("x", "y"), everything)
    assert corner.is_range
    assert corner.n_spared == -failures.LEAST_TRIALS
    alone = inference._chance_of_pair(corner.parts, everything, failures.LEAST_TRIALS)
    assert corner.probability == pytest.approx(2 * alone)
    assert 0 < alone < 1
