"""Restricted spaces: the values of what is free and of what is held, and errors."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from ConfigSpace import (
    Beta,
    BetaIntegerHyperparameter,
    Categorical,
    ConfigurationSpace,
    Constant,
    Float,
    ForbiddenEqualsClause,
    ForbiddenInClause,
    GreaterThanCondition,
    Integer,
    Normal,
    NormalIntegerHyperparameter,
    NotEqualsCondition,
    OrdinalHyperparameter,
)
from scipy.stats import norm
from sklearn.svm import SVC

from skhypershap.space.distributions import hyperparameter_from
from skhypershap.space.domains import domain_of
from skhypershap.space.encoding import decode, default_values
from skhypershap.space.restriction import restricted
from skhypershap.space.value_keys import value_key


def chain_of_three():
    """The gear is there for a vehicle, and the clutch where the gear is high."""
    space = ConfigurationSpace()
    kind = Categorical("kind", ["foot", "bike", "car"])
    gear = Integer("gear", (1, 5), default=1)
    clutch = Float("clutch", (0.0, 1.0), default=0.5)
    space.add(kind, gear, clutch)
    space.add(NotEqualsCondition(gear, kind, "foot"), GreaterThanCondition(clutch, gear, 3))
    return space


class TestValues:
    """What is free keeps all but its default; what is held is a constant as the user typed it."""

    FREE = (
        Float("x", (0.1, 10.0), default=1.0, log=True, meta={"mine": 1}),
        Float("x", (0.0, 1.0)),
        Integer("x", (1, 1000), log=True),
        Float("x", (0.0, 4.0), distribution=Normal(1.0, 2.0)),
        Float("x", (0.0, 4.0), distribution=Beta(2, 3)),
        NormalIntegerHyperparameter("x", mu=3, sigma=2, lower=0, upper=9),
        BetaIntegerHyperparameter("x", alpha=2, beta=3, lower=0, upper=9),
        Categorical("x", ["a", "b", None, (1, 2), 3], weights=[1, 2, 3, 4, 5]),
        OrdinalHyperparameter("x", ["low", "middle", "high"]),
        Constant("x", "only"),
        hyperparameter_from("x", [[SVC(C=1), SVC(C=2), None, print]]),
        hyperparameter_from("x", [norm(5, 2)]),
        hyperparameter_from("x", [norm(5, 2), [None]]),
        hyperparameter_from("x", [[1, 2.0, 3]], exact=True),
    )

    @pytest.mark.parametrize("item", FREE, ids=lambda item: type(item).__name__)
    def test_free_hyperparameter_keeps_all_but_its_default(self, item):
        space = ConfigurationSpace()
        space.add(item, Integer("other", (0, 1)))
        before = repr(space), item.default_value
        sampled = item.sample_vector(3, seed=np.random.RandomState(0))[2:]
        (number,) = domain_of(item).encode(domain_of(item).decode(sampled))
        (value,) = domain_of(item).decode(np.array([number]))
        new = restricted(space, ["x"], {"x": value, "other": 0}, constants=False)
        copied = new["x"]
        assert copied is not item
        assert type(copied) is type(item)
        for attribute in ("lower", "upper", "log", "mu", "sigma", "alpha", "beta", "choices"):
            assert getattr(copied, attribute, None) == getattr(item, attribute, None)
        for attribute in ("weights", "sequence", "meta", "size"):
            assert getattr(copied, attribute, None) == getattr(item, attribute, None)
        assert value_key(default_values(new)["x"]) == value_key(value)
        numbers = np.linspace(0, 1, 5) if np.isinf(item.size) else np.array([number])
        decoded = [list(map(value_key, domain_of(x).decode(numbers))) for x in (item, copied)]
        assert decoded[0] == decoded[1]
        assert (repr(space), item.default_value) == before

    def test_small_default_is_not_rounded(self):
        space = ConfigurationSpace({"x": Float("x", (1e-10, 1.0), log=True)})
        small = 1.2345678901234567e-9
        assert default_values(restricted(space, ["x"], {"x": small}, constants=False)) == {
            "x": small
        }
        assert default_values(restricted(space, [], {"x": small}, constants=True)) == {"x": small}

    @pytest.mark.parametrize(
        "value", [True, 1, 1.5, None, "a", (1, 2), SVC(C=2), print, [1, 2], np.arange(3), {"a": 1}]
    )
    def test_held_value_keeps_its_type(self, value):
        space = ConfigurationSpace()
        space.add(hyperparameter_from("x", [[value, "other"]]), Integer("n", (0, 3)))
        new = restricted(space, ["n"], {"x": value, "n": 2}, constants=True)
        (config,) = decode(new, new.get_default_configuration().get_array()[None])
        assert value_key(config["x"]) == value_key(value)
        assert config["n"] == 2
        assert new["x"].size == 1

    def test_held_count_and_fraction_stay_apart(self):
        space = ConfigurationSpace()
        space.add(hyperparameter_from("x", [[1, 1.0]], exact=True), Integer("n", (0, 3)))
        for value in (1, 1.0):
            new = restricted(space, ["n"], {"x": value, "n": 2}, constants=True)
            assert value_key(default_values(new)["x"]) == value_key(value)
            assert np.isnan(domain_of(new["x"]).encode([2 - value, 3])).sum() == 1

    def test_number_from_a_table_becomes_the_choice(self):
        space = ConfigurationSpace()
        space.add(OrdinalHyperparameter("x", [1, 2, 4]), Integer("n", (0, 3)))
        new = restricted(space, ["n"], {"x": 2.0, "n": np.float64(3)}, constants=True)
        assert repr(default_values(new)) == "{'n': 3, 'x': 2}"

    def test_clause_without_values_forbids_nothing(self):
        space = chain_of_three()
        space.add(ForbiddenInClause(space["kind"], []))
        new = restricted(
            space, ["kind"], {"kind": "foot", "gear": 1, "clutch": 0.5}, constants=True
        )
        assert not new.forbidden_clauses

    def test_restricted_space_can_be_pickled(self):
        fixed = {"kind": "car", "gear": 4, "clutch": 0.25}
        new = restricted(chain_of_three(), ["gear", "clutch"], fixed, constants=True)
        again = pickle.loads(pickle.dumps(new))
        assert again == new
        assert list(again) == list(new)


class TestErrors:
    FIXED = {"kind": "car", "gear": 4, "clutch": 0.25}  # noqa: RUF012

    def test_unknown_names_raise(self):
        with pytest.raises(ValueError, match=r"'clutsh'. Did you mean 'clutch'\?"):
            restricted(chain_of_three(), ["clutsh"], self.FIXED, constants=True)
        with pytest.raises(ValueError, match=r"in fixed: 'brake'"):
            restricted(chain_of_three(), ["kind"], {**self.FIXED, "brake": 1}, constants=True)

    def test_missing_value_raises(self):
        with pytest.raises(
            ValueError, match="no value for 'gear', 'clutch'; give it one for every"
        ):
            restricted(chain_of_three(), ["kind"], {"kind": "foot"}, constants=True)

    def test_value_outside_the_space_raises(self):
        with pytest.raises(
            ValueError, match=r"'boat' is no value of 'kind'. Allowed: one of 'foot'"
        ):
            restricted(chain_of_three(), ["kind"], {**self.FIXED, "kind": "boat"}, constants=True)
        inactive = {**self.FIXED, "kind": "foot", "gear": 9}
        with pytest.raises(
            ValueError, match=r"9 is no value of 'gear'. Allowed: an integer from 1"
        ):
            restricted(chain_of_three(), [], inactive, constants=True)

    def test_forbidden_values_raise(self):
        space = ConfigurationSpace({"a": (0, 3), "b": (0, 3)})
        space.add(ForbiddenEqualsClause(space["a"], 3))
        with pytest.raises(ValueError, match="The space forbids this configuration"):
            restricted(space, ["b"], {"a": 3, "b": 0}, constants=False)
