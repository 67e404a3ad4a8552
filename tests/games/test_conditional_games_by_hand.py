"""Games on conditional spaces and forbidden clauses, computed by hand."""

from __future__ import annotations

import pytest
from ConfigSpace import (
    AndConjunction,
    Categorical,
    ConfigurationSpace,
    EqualsCondition,
    ForbiddenAndConjunction,
    ForbiddenEqualsClause,
    GreaterThanCondition,
    Integer,
    OrConjunction,
    OrdinalHyperparameter,
)
from conftest import memorised, values_of

# Small random problems and full grids: how well a surrogate predicts other trials is irrelevant.
pytestmark = pytest.mark.filterwarnings("ignore::skhypershap.SurrogateWarning")


def test_parent_activates_its_child_at_the_default():
    """Linear scores 0, rbf its gamma; the baseline is linear, gamma's default 1.

    Tuning the kernel alone switches to rbf, with gamma at its default: 1. Tuning gamma alone changes
    nothing. Both: rbf with gamma 3. Shapley: kernel (1 + 3) / 2, gamma (0 + 2) / 2.
    """
    space = ConfigurationSpace()
    kernel = Categorical("kernel", ["linear", "rbf"])
    gamma = OrdinalHyperparameter("gamma", [1, 2, 3])
    space.add(kernel, gamma, EqualsCondition(gamma, kernel, "rbf"))
    explainer = memorised(space, lambda c: c.get("gamma", 0))
    assert explainer.baseline_ == {"kernel": "linear"}
    assert explainer.incumbent_ == {"kernel": "rbf", "gamma": 3}
    assert values_of(explainer) == {
        (): 0,
        ("kernel",): 1,
        ("gamma",): 0,
        ("kernel", "gamma"): 3,
    }
    table = explainer.explain("tunability", order=1)
    assert dict(zip(table["interaction"], table["value"], strict=True)) == {
        "kernel": 2,
        "gamma": 1,
    }
    # An ablation of rbf with gamma 3 is the same game, since there is but one candidate to lose.
    assert values_of(explainer, "ablation") == values_of(explainer)
    # From rbf with gamma 2 tuning the kernel alone cannot do better than stay.
    better = {"kernel": "rbf", "gamma": 2}
    assert list(values_of(explainer, baseline=better).values()) == [2, 2, 3, 3]


def test_chain_of_three():
    """b is active where the integer a is 1, c where the ordinal b is above 1.

    Score 10 [a = 1] + b + 5 [c = y]. From a = 0, defaults b = 1 and c = x: a alone brings b = 1: 11.
    a and b bring b = 4 and c at its default: 14. a and c: b stays at 1, so c is inactive: 11.
    """
    space = ConfigurationSpace()
    a = Integer("a", (0, 1), default=0)
    b = OrdinalHyperparameter("b", [1, 2, 4])
    c = Categorical("c", ["x", "y"])
    space.add(a, b, c, EqualsCondition(b, a, 1), GreaterThanCondition(c, b, 1))
    explainer = memorised(space, lambda x: 10 * x["a"] + x.get("b", 0) + 5 * (x.get("c") == "y"))
    assert list(values_of(explainer).values()) == [0, 11, 0, 0, 14, 11, 0, 19]


def test_parent_with_two_children():
    """Kernel rbf has gamma, poly has degree; score gamma, or 2 degree, or 1 for linear.

    From rbf with gamma 1: the kernel alone brings poly with degree at its default 1: 2. Gamma alone
    brings 3. Degree alone nothing. Kernel and degree: 4. All: 4.
    """
    space = ConfigurationSpace()
    kernel = Categorical("kernel", ["linear", "poly", "rbf"], default="rbf")
    gamma = OrdinalHyperparameter("gamma", [1, 3])
    degree = OrdinalHyperparameter("degree", [1, 2])
    space.add(kernel, gamma, degree)
    space.add(EqualsCondition(gamma, kernel, "rbf"), EqualsCondition(degree, kernel, "poly"))
    explainer = memorised(space, lambda x: x.get("gamma", 2 * x["degree"] if "degree" in x else 1))
    names = explainer.hyperparameter_names_
    expected = {
        frozenset(): 1,
        frozenset({"kernel"}): 2,
        frozenset({"gamma"}): 3,
        frozenset({"degree"}): 1,
        frozenset({"kernel", "gamma"}): 3,
        frozenset({"kernel", "degree"}): 4,
        frozenset({"gamma", "degree"}): 3,
        frozenset(names): 4,
    }
    assert {frozenset(k): v for k, v in values_of(explainer).items()} == expected


@pytest.mark.parametrize("joined", [AndConjunction, OrConjunction])
def test_child_with_two_parents(joined):
    """c in {1, 2} is active where a and b (or: a or b) are 1, and scores itself; baseline a = b = 0.

    And: only a and b together bring c at its default 1, with c 2. Or: a alone brings c = 1.
    """
    space = ConfigurationSpace()
    a, b = Integer("a", (0, 1), default=0), Integer("b", (0, 1), default=0)
    c = OrdinalHyperparameter("c", [1, 2])
    space.add(a, b, c, joined(EqualsCondition(c, a, 1), EqualsCondition(c, b, 1)))
    explainer = memorised(space, lambda x: x.get("c", 0))
    found = list(values_of(explainer).values())
    if joined is AndConjunction:
        assert found == [0, 0, 0, 0, 1, 0, 0, 2]
    else:
        assert found == [0, 1, 1, 0, 1, 2, 2, 2]


def test_forbidden_pair_is_left_out_of_every_game():
    """a and b in {0, 1}, not both 1; score 2 a + b, which leaves 0, 2 and 1.

    Tunability from (0, 0): 2 with a, 1 with b, 2 with both. Sensitivity: each legal configuration
    has probability 1/3, so a is 1 with 1/3 (variance 4 * 2/9), b too (2/9); both: variance of
    (0, 1, 2) is 2/3. From (1, 0) b may not be 1: it stays, and its variance is 0.
    """
    space = ConfigurationSpace({"a": [0, 1], "b": [0, 1]})
    both = [ForbiddenEqualsClause(space["a"], 1), ForbiddenEqualsClause(space["b"], 1)]
    space.add(ForbiddenAndConjunction(*both))
    explainer = memorised(space, lambda x: 2 * x["a"] + x["b"], baseline={"a": 0, "b": 0})
    assert list(values_of(explainer).values()) == [0, 2, 1, 2]
    assert list(values_of(explainer, "mistunability").values()) == [0, 0, 0, 0]
    sensitivity = list(values_of(explainer, "sensitivity").values())
    assert sensitivity == pytest.approx([0, 8 / 9, 2 / 9, 2 / 3])
    other = {"a": 1, "b": 0}
    sensitivity = list(values_of(explainer, "sensitivity", baseline=other).values())
    assert sensitivity == pytest.approx([0, 8 / 9, 0, 2 / 3])
    # An ablation from (1, 0) to (0, 1): b alone would be forbidden, so it stays at 2.
    ablation = values_of(explainer, "ablation", baseline=other, config={"a": 0, "b": 1})
    assert list(ablation.values()) == [2, 0, 2, 1]
    table = explainer.explain("ablation", baseline=other, config={"a": 0, "b": 1})
    assert table["value"].sum() == pytest.approx(-1)
