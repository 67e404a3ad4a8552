"""What holds for every optimizer: legal results, determinism, pickling, errors."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from ConfigSpace import (
    AndConjunction,
    Categorical,
    ConfigurationSpace,
    EqualsCondition,
    Float,
    ForbiddenAndConjunction,
    ForbiddenEqualsClause,
    ForbiddenGreaterThanRelation,
    ForbiddenInClause,
    GreaterThanCondition,
    InCondition,
    Integer,
    OrdinalHyperparameter,
)
from conftest import Recorder, numbers_space, optuna_optimizers
from scipy.stats import norm
from sklearn.svm import SVC

from skhypershap.optimizers import grid, ignoring, one_at_a_time, random
from skhypershap.space.conditions import Legality
from skhypershap.space.distributions import hyperparameter_from
from skhypershap.space.encoding import as_configspace, decode, encode, from_configspace

# Optuna 4 marks more samplers as experimental than Optuna 5.
pytestmark = pytest.mark.filterwarnings(
    "ignore:.* is an? experimental feature", "ignore:.* is experimental"
)


def name_of(optimizer):
    return getattr(optimizer, "__name__", None) or str(optimizer)


PLAIN = [random, grid, one_at_a_time, ignoring("b", random), ignoring(["a", "nothing"], grid)]


def random_space(seed):
    """Up to five hyperparameters of all kinds, with conditions and clauses."""
    rng = np.random.default_rng(seed)
    a = Categorical("a", ["x", "y", "z"], default=["x", "y", "z"][seed % 3])
    kinds = [
        Float("b", (0.1, 10.0), log=True),
        Integer("b", (1, 1000), log=True),
        Integer("b", (0, 5)),
        hyperparameter_from("b", [norm(0, 1)]),
    ]
    b = kinds[rng.integers(len(kinds))]
    c = OrdinalHyperparameter("c", [1, 2, 4], default_value=2)
    d = hyperparameter_from("d", [[SVC(), None, True, 1.5]])
    e = Float("e", (0.1, 10.0))
    space = ConfigurationSpace()
    space.add(a, b, c, d, e)
    if seed % 2:
        on_a = InCondition(d, a, ["y", "z"])
        space.add(AndConjunction(on_a, GreaterThanCondition(d, c, 1)) if seed % 4 > 1 else on_a)
        space.add(EqualsCondition(e, d, d.choices[seed % 4]))
    if seed % 3 != 1:
        space.add(
            ForbiddenAndConjunction(
                ForbiddenEqualsClause(a, ["x", "y", "z"][(seed + 1) % 3]),
                ForbiddenInClause(c, [1, 4]),
            )
        )
    if seed % 5 < 2:
        space.add(ForbiddenGreaterThanRelation(c, e) if c.default_value <= e.default_value else [])
    return space


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("optimizer", [*PLAIN, "optuna"], ids=name_of)
def test_evaluated_and_returned_configurations_are_legal(optimizer, seed):
    if optimizer == "optuna":
        optimizer = optuna_optimizers()[0]
    space = random_space(seed)
    before = repr(space)
    noise = np.random.default_rng(seed).normal(size=1000)
    objective = Recorder(lambda config: noise[len(repr(sorted(config.items(), key=str)))])
    best = optimizer(objective, space, 30, seed)
    for config in [best, *objective.configs]:
        assert type(config) is dict
        vectors = from_configspace(space, [config])  # raises for values outside the space
        encode(space, decode(space, vectors))  # raises for missing or forbidden values
        defaults = np.array([item.to_vector(item.default_value) for item in space.values()])
        legality = Legality(space, defaults)
        np.testing.assert_array_equal(legality.legal(legality.fill(vectors)), vectors)
        (again,) = as_configspace(space, vectors)
        assert {name: type(again[name]) for name in again} == {
            name: type(value) for name, value in config.items()
        }
        np.testing.assert_allclose(from_configspace(space, [again]), vectors)
    assert repr(space) == before
    again = Recorder(objective.score)
    assert repr(optimizer(again, space, 30, seed)) == repr(best)
    assert repr(again.configs) == repr(objective.configs)


@pytest.mark.parametrize("optimizer", PLAIN, ids=name_of)
def test_optimizers_pickle_and_have_stable_names(optimizer):
    assert pickle.loads(pickle.dumps(optimizer)) == optimizer
    assert " at 0x" not in getattr(optimizer, "__name__", repr(optimizer))


@pytest.mark.parametrize("optimizer", [random, grid, one_at_a_time], ids=name_of)
def test_empty_space_returns_empty_configuration(optimizer):
    assert optimizer(Recorder(lambda config: 0.0), ConfigurationSpace(), 3, 0) == {}


def test_defaults_are_returned_without_rounding():
    """Encoding and decoding does not change a default."""
    space = ConfigurationSpace()
    space.add(Float("x", (1e-5, 1.0), default=0.3, log=True), Float("y", (0.0, 0.7), default=0.1))
    objective = Recorder(lambda config: -1.0)
    assert one_at_a_time(objective, space, 9, 0) == {"x": 0.3, "y": 0.1}
    assert grid(Recorder(lambda config: 0.0), space, 1, 0) == {"x": 0.3, "y": 0.1}


@pytest.mark.parametrize("optimizer", PLAIN, ids=name_of)
def test_invalid_n_trials_or_random_state_raises(optimizer):
    for wrong in (0, -3, 2.0, True, None):
        with pytest.raises(
            ValueError, match=f"n_trials must be an integer of at least 1; got {wrong}"
        ):
            optimizer(Recorder(len), numbers_space(), wrong, 0)
    for wrong in (-1, None, 1.5):
        with pytest.raises(ValueError, match=f"random_state must be an integer .* got {wrong}"):
            optimizer(Recorder(len), numbers_space(), 5, wrong)


@pytest.mark.parametrize("optimizer", PLAIN, ids=name_of)
def test_objective_of_wrong_shape_raises(optimizer):
    with pytest.raises(ValueError, match=r"a gain for each of \d+ configurations; .* shape \(\)"):
        optimizer(lambda configs: 1.0, numbers_space(), 20, 0)
