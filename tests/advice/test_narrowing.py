"""Values, distributions and dimensions within good ranges."""

from __future__ import annotations

from types import SimpleNamespace

import ConfigSpace as cs  # noqa: N813
import numpy as np
import pytest
from scipy import stats
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV
from sklearn.svm import SVC

from skhypershap.advice import narrowing
from skhypershap.advice.good_ranges import GoodRange
from skhypershap.advice.narrowing import Truncated, narrowed_search, narrowed_space


def good(name, low=None, high=None, *, choices=None, width=0.5, best=None, kept=(), ends=None):
    return GoodRange(name, low, high, choices, width, best, np.array(kept, dtype=float), ends)


def test_truncated_distribution_equals_scipys():
    cut, known = Truncated(stats.norm(), -0.5, 2.0), stats.truncnorm(-0.5, 2.0)
    values, quantiles = np.linspace(-1, 3, 50), np.linspace(0, 1, 21)
    np.testing.assert_allclose(cut.cdf(values), known.cdf(values), atol=1e-12)
    np.testing.assert_allclose(cut.ppf(quantiles), known.ppf(quantiles), atol=1e-9)
    assert cut.support() == (-0.5, 2.0)
    assert cut.ppf([0.0, 1.0]).tolist() == [-0.5, 2.0]
    drawn = cut.rvs(size=2000, random_state=0)
    assert stats.kstest(drawn, known.cdf).pvalue > 0.01
    assert np.ndim(cut.rvs(random_state=0)) == 0
    assert repr(cut).endswith(", -0.5, 2.0)")


@pytest.mark.parametrize(
    ("distribution", "low", "high", "kind", "support"),
    [
        (stats.uniform(1, 4), 2.0, 3.0, "uniform", (2.0, 3.0)),
        (stats.uniform, 0.5, 9.0, "uniform", (0.5, 1.0)),  # never beyond its own ends
        (stats.uniform(1, 4), 0.0, 3.0, "uniform", (1.0, 3.0)),
        (stats.loguniform(0.1, 10), 1.0, 5.0, "loguniform", (1.0, 5.0)),
        (stats.randint(1, 9), 3, 5, "randint", (3, 5)),
        (stats.norm(), -1.0, 1.0, None, (-1.0, 1.0)),
        (stats.loguniform(0.1, 10, loc=1), 2.0, 5.0, None, (2.0, 5.0)),  # moved: not logarithmic
    ],
)
def test_cut_distributions_keep_their_kind(distribution, low, high, kind, support):
    cut = narrowing._cut(distribution, low, high)
    assert getattr(getattr(cut, "dist", None), "name", None) == kind
    assert cut.support() == pytest.approx(support)


def test_cut_at_a_point_or_beside_the_support():
    assert narrowing._cut(stats.uniform(0, 1), 0.5, 0.5) == [0.5]
    assert narrowing._cut(stats.uniform(0, 1), 2.0, 3.0) is None
    assert narrowing._cut(stats.uniform(0, 1), 1.0, 3.0) == [1.0]


def test_cut_steps_keep_their_odds():
    cut = narrowing._cut(stats.binom(10, 0.3), 2, 4)
    assert cut.support() == (2, 4)
    known = stats.binom(10, 0.3).pmf([2, 3, 4])
    np.testing.assert_allclose(cut.pmf([1, 2, 3, 4, 5]), [0, *known / known.sum(), 0], atol=1e-12)
    odd = stats.rv_discrete(values=([1, 5, 9], [0.2, 0.3, 0.5]))()
    cut = narrowing._cut(odd, 4, 9)
    np.testing.assert_allclose(cut.pmf([1, 5, 9]), [0, 3 / 8, 5 / 8])
    for high, is_cut in ((999, True), (1000, False)):
        many = stats.poisson(400)
        assert (narrowing._cut(many, 0, high) is not many) == is_cut


def test_search_within_ranges():
    grid = [
        {"C": stats.uniform(0, 10), "kernel": ["rbf", "linear"], "degree": [1, 2, 3]},
        {"kernel": ["linear"], "degree": [3]},
    ]
    search = RandomizedSearchCV(SVC(), grid)
    space = cs.ConfigurationSpace({"C": (0.0, 10.0), "kernel": ["rbf", "linear"]})
    space.add(cs.OrdinalHyperparameter("degree", [1, 2, 3]))

    def forms(*ranges):
        return narrowed_search(RandomizedSearchCV(SVC(), grid), space, ranges).param_distributions

    (first,) = forms(good("kernel", choices=["rbf"], kept=[0.0]))
    assert first["kernel"] == ["rbf"]
    assert first["degree"] == [1, 2, 3]
    first, second = forms(good("degree", choices=[2, 3], kept=[1.0, 2.0]))
    assert (first["degree"], second["degree"]) == ([2, 3], [3])
    first, _ = forms(good("C", 2.0, 4.0, ends=(0.2, 0.4)))
    assert first["C"].support() == (2.0, 4.0)
    for nothing in (good("kernel"), good("kernel", choices=["rbf"], kept=[0.0], width=1.0)):
        assert forms(nothing)[0]["kernel"] == ["rbf", "linear"]
    both = good("kernel", choices=["rbf"], kept=[0.0]), good("C", 11.0, 12.0, ends=(1.1, 1.2))
    assert forms(*both) == search.param_distributions  # nothing would remain


def test_grid_of_one_dict_stays_one():
    space = cs.ConfigurationSpace({"C": [1, 2, 3]})
    search = GridSearchCV(SVC(), {"C": np.array([1, 2, 3])})
    found = narrowed_search(search, space, [good("C", choices=[2, 3], kept=[1.0, 2.0])])
    assert found.param_grid == {"C": [2, 3]}


def test_numbers_among_choices_are_ends_of_a_distribution():
    space = cs.ConfigurationSpace()
    space.add(cs.OrdinalHyperparameter("n", [1, 2, 3, 4]))
    cut = narrowing._narrowed(
        stats.randint(1, 5), stats.randint(1, 5), space["n"], good("n", choices=[2, 3], kept=[1, 2])
    )
    assert cut.support() == (2, 3)
    form = stats.randint(1, 5)
    words = good("n", choices=["a", 2], kept=[1, 2])
    assert narrowing._narrowed(form, form, space["n"], words) is form


class _Dimension:
    """As those of other libraries, with options of some of them."""

    def __init__(self, low, high, prior="uniform", name=None, step=None):
        self.low, self.high, self.prior, self.name, self.step = low, high, prior, name, step


class _Bounds:
    def __init__(self, lower, upper, distribution="normal"):
        self.lower, self.upper, self.distribution = lower, upper, distribution


class _Strict(_Bounds):
    def __init__(self, lower, upper):
        super().__init__(lower, upper)


def test_dimensions_of_other_libraries_keep_their_options():
    found = narrowing._resized(_Dimension(0, 9, prior="log", name="x", step=3), 3, 6)
    assert vars(found) == {"low": 3, "high": 6, "prior": "log", "name": "x", "step": 3}
    found = narrowing._resized(_Bounds(0, 9, "log"), 3, 6)
    assert (found.lower, found.upper, found.distribution) == (3, 6, "log")
    for other in (_Strict(0, 9), SimpleNamespace(low=3), object()):
        assert narrowing._resized(other, 3, 6) is other
    assert narrowing._rebuilt(("a", "b"), ["a"]) == ("a",)
    assert narrowing._rebuilt(3, ["a"]) == 3


def whole_space():
    space = cs.ConfigurationSpace()
    space.add(
        cs.Float("x", (0.1, 10.0), log=True, default=1.0),
        cs.Integer("n", (1, 9), default=5),
        cs.Categorical("kind", ["a", "b", "c"], weights=[1, 2, 3], default="a"),
        cs.OrdinalHyperparameter("size", [1, 2, 4, 8]),
        cs.Float("free", (0.0, 1.0)),
    )
    return space


HELD = {"x": 1.0, "n": 5, "kind": "a", "size": 1, "free": 0.5}


def test_space_within_ranges_has_fewer_values():
    ranges = [
        good("x", 0.5, 2.0, best=1.5, ends=(0.3, 0.6)),
        good("n", 3, 4, best=9, ends=(0.2, 0.4)),  # the best value lies beside: the nearest end
        good("kind", choices=["b", "c"], kept=[1.0, 2.0], best="c"),
        good("size", choices=[2, 4], kept=[1.0, 2.0]),
    ]
    found = narrowed_space(whole_space(), list(HELD), HELD, ranges)
    x, n, kind, size = (found[name] for name in ("x", "n", "kind", "size"))
    assert (x.lower, x.upper, x.log, x.default_value) == (0.5, 2.0, True, 1.5)
    assert (n.lower, n.upper, n.default_value) == (3, 4, 4)
    assert (kind.choices, kind.default_value) == (("b", "c"), "c")
    np.testing.assert_allclose(kind.probabilities, [0.4, 0.6])
    assert (size.sequence, size.default_value) == ((2, 4), 2)
    assert (found["free"].lower, found["free"].upper) == (0.0, 1.0)
    assert not found.forbidden_clauses


def test_space_within_single_values_has_constants():
    ranges = [
        good("x", 2.0, 2.0, ends=(0.6, 0.6)),
        good("kind", choices=["b"], kept=[1.0]),
        good("size", choices=[4], kept=[2.0]),
    ]
    found = narrowed_space(whole_space(), list(HELD), HELD, ranges)
    values = {name: found[name].default_value for name in ("x", "kind", "size")}
    assert values == {"x": 2.0, "kind": "b", "size": 4}
    assert all(found[name].size == 1 for name in values)


@pytest.mark.parametrize(("width", "n_clauses"), [(0.1, 2), (0.09, 0)])
def test_rest_of_what_conditions_are_about_is_forbidden_unless_little_is_kept(width, n_clauses):
    space = whole_space()
    space.add(cs.GreaterThanCondition(space["free"], space["x"], 0.2))
    one = good("x", 0.5, 2.0, best=0.7, ends=(0.35, 0.65), width=width)
    found = narrowed_space(space, list(HELD), HELD, [one])
    assert (found["x"].lower, found["x"].upper) == (0.1, 10.0)
    assert found["x"].default_value == pytest.approx(0.7)
    assert len(found.forbidden_clauses) == n_clauses
    if n_clauses:
        ends = {type(clause): clause.value for clause in found.forbidden_clauses}
        low = ends[cs.ForbiddenLessThanClause]
        high = ends[cs.ForbiddenGreaterThanClause]
        assert found["x"].to_vector(low) == pytest.approx(0.35)
        assert found["x"].to_vector(high) == pytest.approx(0.65)
        assert found["x"].to_vector(low) < 0.35 < 0.65 < found["x"].to_vector(high)


def test_rest_of_choices_is_listed():
    space = whole_space()
    space.add(cs.EqualsCondition(space["free"], space["kind"], "c"))
    some = good("kind", choices=["b", "c"], kept=[1.0, 2.0], best="c")
    found = narrowed_space(space, list(HELD), HELD, [some])
    (clause,) = found.forbidden_clauses
    assert list(clause.values) == ["a"]
    assert found["kind"].default_value == "c"
    every = good("kind", choices=["a", "b", "c"], kept=[0.0, 1.0, 2.0], best="c")
    assert narrowing._rest(space["kind"], every) == []
    n = good("n", 3, 4, ends=(float(space["n"].to_vector(3)), float(space["n"].to_vector(4))))
    (clause,) = narrowing._rest(space["n"], n)
    assert list(clause.values) == [1, 2, 5, 6, 7, 8, 9]
