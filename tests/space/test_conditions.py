"""Conditional spaces and forbidden clauses: by hand, against ConfigSpace itself, and in tables."""

from __future__ import annotations

from math import factorial

import numpy as np
import pandas as pd
import pytest
from ConfigSpace import (
    AndConjunction,
    Beta,
    Categorical,
    Configuration,
    ConfigurationSpace,
    Constant,
    EqualsCondition,
    Float,
    ForbiddenAndConjunction,
    ForbiddenEqualsClause,
    ForbiddenGreaterThanClause,
    ForbiddenGreaterThanRelation,
    ForbiddenInClause,
    ForbiddenLessThanClause,
    ForbiddenLessThanEqualsClause,
    GreaterThanCondition,
    InCondition,
    Integer,
    LessThanCondition,
    Normal,
    NotEqualsCondition,
    OrConjunction,
    OrdinalHyperparameter,
)
from ConfigSpace.exceptions import ForbiddenValueError
from conftest import coalitions
from sklearn.ensemble import (
    ExtraTreesRegressor,
    GradientBoostingRegressor,
    HistGradientBoostingRegressor,
)
from sklearn.linear_model import LinearRegression
from sklearn.neighbors import KNeighborsRegressor
from sklearn.tree import DecisionTreeRegressor

from skhypershap import BaselineWarning, HyperSHAPExplainer
from skhypershap.space.encoding import decode, default_values, encode
from skhypershap.space.sampling import enumerate_vectors, sample_vectors

# Small random problems and grids by heart: what a surrogate knows of other trials is beside the point.
pytestmark = pytest.mark.filterwarnings("ignore::skhypershap.SurrogateWarning")
BY_HEART = DecisionTreeRegressor(random_state=0)


def known_by_heart(space, score, **arguments):
    """An explainer whose surrogate equals `score` on every legal configuration of a finite space."""
    vectors, _ = enumerate_vectors(space, 1000)
    configs = decode(space, vectors)
    explainer = HyperSHAPExplainer(space, surrogate=BY_HEART, random_state=0, **arguments)
    return explainer.fit(configs, [score(config) for config in configs])


def values_of(explainer, game="tunability", **arguments):
    table = explainer.coalition_values(game, **arguments)
    return dict(zip(table["coalition"], table["value"], strict=True))


class TestByHand:
    def test_a_parent_brings_its_child_at_the_default(self):
        """Linear scores 0, rbf its gamma; the baseline is linear, gamma's default 1.

        Tuning the kernel alone switches to rbf, with gamma at its default: 1. Tuning gamma alone changes
        nothing. Both: rbf with gamma 3. Shapley: kernel (1 + 3) / 2, gamma (0 + 2) / 2.
        """
        space = ConfigurationSpace()
        kernel = Categorical("kernel", ["linear", "rbf"])
        gamma = OrdinalHyperparameter("gamma", [1, 2, 3])
        space.add(kernel, gamma, EqualsCondition(gamma, kernel, "rbf"))
        explainer = known_by_heart(space, lambda c: c.get("gamma", 0))
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

    def test_a_chain_of_three(self):
        """b is active where the integer a is 1, c where the ordinal b is above 1.

        Score 10 [a = 1] + b + 5 [c = y]. From a = 0, defaults b = 1 and c = x: a alone brings b = 1: 11.
        a and b bring b = 4 and c at its default: 14. a and c: b stays at 1, so c is inactive: 11.
        """
        space = ConfigurationSpace()
        a = Integer("a", (0, 1), default=0)
        b = OrdinalHyperparameter("b", [1, 2, 4])
        c = Categorical("c", ["x", "y"])
        space.add(a, b, c, EqualsCondition(b, a, 1), GreaterThanCondition(c, b, 1))
        explainer = known_by_heart(
            space, lambda x: 10 * x["a"] + x.get("b", 0) + 5 * (x.get("c") == "y")
        )
        assert list(values_of(explainer).values()) == [0, 11, 0, 0, 14, 11, 0, 19]

    def test_a_parent_with_two_children(self):
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
        explainer = known_by_heart(
            space, lambda x: x.get("gamma", 2 * x["degree"] if "degree" in x else 1)
        )
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
    def test_a_child_with_two_parents(self, joined):
        """c in {1, 2} is active where a and b (or: a or b) are 1, and scores itself; baseline a = b = 0.

        And: only a and b together bring c at its default 1, with c 2. Or: a alone brings c = 1.
        """
        space = ConfigurationSpace()
        a, b = Integer("a", (0, 1), default=0), Integer("b", (0, 1), default=0)
        c = OrdinalHyperparameter("c", [1, 2])
        space.add(a, b, c, joined(EqualsCondition(c, a, 1), EqualsCondition(c, b, 1)))
        explainer = known_by_heart(space, lambda x: x.get("c", 0))
        found = list(values_of(explainer).values())
        if joined is AndConjunction:
            assert found == [0, 0, 0, 0, 1, 0, 0, 2]
        else:
            assert found == [0, 1, 1, 0, 1, 2, 2, 2]

    def test_a_forbidden_pair(self):
        """a and b in {0, 1}, not both 1; score 2 a + b, which leaves 0, 2 and 1.

        Tunability from (0, 0): 2 with a, 1 with b, 2 with both. Sensitivity: each legal configuration
        has probability 1/3, so a is 1 with 1/3 (variance 4 * 2/9), b too (2/9); both: variance of
        (0, 1, 2) is 2/3. From (1, 0) b may not be 1: it stays, and its variance is 0.
        """
        space = ConfigurationSpace({"a": [0, 1], "b": [0, 1]})
        both = [ForbiddenEqualsClause(space["a"], 1), ForbiddenEqualsClause(space["b"], 1)]
        space.add(ForbiddenAndConjunction(*both))
        explainer = known_by_heart(space, lambda x: 2 * x["a"] + x["b"], baseline={"a": 0, "b": 0})
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


def chain():
    space = ConfigurationSpace()
    kernel = Categorical("kernel", ["linear", "poly", "rbf", "sigmoid"], default="rbf")
    gamma = Float("gamma", (1e-3, 1.0), log=True, default=0.5)
    coef = Float("coef", (0.0, 1.0))
    deep = Integer("deep", (1, 6))
    space.add(kernel, gamma, coef, deep)
    space.add(InCondition(gamma, kernel, ["poly", "rbf"]), GreaterThanCondition(coef, gamma, 0.05))
    space.add(LessThanCondition(deep, coef, 0.6))
    return space


def mixed():
    space = ConfigurationSpace()
    layers = Integer("layers", (1, 5))
    units = OrdinalHyperparameter("units", [8, 16, 32])
    rate = Float("rate", (0.0, 1.0), distribution=Normal(0.5, 0.2))
    decay = Float("decay", (0.0, 1.0), distribution=Beta(2, 3))
    solver = Categorical("solver", ["sgd", "adam", "lbfgs"], weights=[1, 2, 3])
    momentum = Float("momentum", (0.0, 1.0))
    space.add(layers, units, rate, decay, solver, momentum, Constant("epochs", 10))
    space.add(
        GreaterThanCondition(units, layers, 2),
        OrConjunction(EqualsCondition(rate, solver, "sgd"), GreaterThanCondition(rate, units, 8)),
        NotEqualsCondition(decay, solver, "lbfgs"),
        AndConjunction(
            EqualsCondition(momentum, solver, "sgd"),
            OrConjunction(
                LessThanCondition(momentum, layers, 4), InCondition(momentum, units, [32])
            ),
        ),
    )
    return space


def forbidding():
    space = chain()
    linear = ForbiddenEqualsClause(space["kernel"], "poly")
    space.add(ForbiddenAndConjunction(linear, ForbiddenGreaterThanClause(space["gamma"], 0.2)))
    space.add(
        ForbiddenAndConjunction(
            ForbiddenInClause(space["deep"], [5, 6]), ForbiddenEqualsClause(space["kernel"], "rbf")
        )
    )
    return space


def related():
    space = ConfigurationSpace({"low": (0.0, 1.0), "high": (0.0, 1.0), "c": ["x", "y"]})
    space.add(EqualsCondition(space["high"], space["c"], "x"))
    space["low"].default_value = 0.2
    space.add(ForbiddenGreaterThanRelation(space["low"], space["high"]))
    return space


SPACES = {"chain": chain, "mixed": mixed, "forbidding": forbidding, "related": related}
MODELS = {
    "forest": None,
    "extra": ExtraTreesRegressor(10),
    "histogram": HistGradientBoostingRegressor(min_samples_leaf=3, max_iter=20),
    "boosting": GradientBoostingRegressor(n_estimators=20),
    "neighbours": KNeighborsRegressor(),
}


def score_of(config):
    terms = {
        name: len(value) if isinstance(value, str) else float(value)
        for name, value in config.items()
    }
    return sum(np.sin(3 * value) for value in terms.values()) + 2 * terms.get("gamma", 0.3)


def fitted(make, model=None, **arguments):
    space = make()
    space.seed(0)
    vectors = sample_vectors(space, 120, 1)
    configs = decode(space, vectors)
    arguments = {"n_samples": 60, "random_state": 0, **arguments}
    return HyperSHAPExplainer(space, surrogate=model, **arguments).fit(
        configs, [score_of(config) for config in configs]
    )


def legal_blend(space, candidate, baseline, members, defaults):
    """From parents to children; ConfigSpace says what is active."""
    blend = np.full(len(space), np.nan)
    for column, name in enumerate(space):
        if all(c.satisfied_by_vector(blend) for c in space.parent_conditions_of[name]):
            side = candidate[column] if name in members else baseline[column]
            blend[column] = defaults[column] if np.isnan(side) else side
    return blend


def slow_twin(explainer, candidates, baseline):
    """Scores of shape (2^d, n_candidates): blend, let ConfigSpace check, predict; NaN if forbidden."""
    space, names = explainer.space_, explainer.hyperparameter_names_
    defaults = encode_all(space, default_values(space))
    takes_missing = not isinstance(
        explainer.surrogate_, (GradientBoostingRegressor, KNeighborsRegressor)
    )
    rows = []
    for members in coalitions(len(names)):
        chosen = {names[player] for player in members}
        blends = [legal_blend(space, x, baseline, chosen, defaults) for x in candidates]
        forbidden = []
        for blend in blends:
            try:
                Configuration(space, vector=blend).check_valid_configuration()
                forbidden.append(False)
            except ForbiddenValueError:
                forbidden.append(True)
        seen = np.array(blends)
        if not takes_missing:
            seen = np.where(np.isnan(seen), defaults, seen)
        rows.append(np.where(forbidden, np.nan, explainer.surrogate_.predict(seen)))
    return np.array(rows)


def encode_all(space, config):
    """Numbers of all hyperparameters, active or not."""
    return np.array([hp.to_vector(config[name]) for name, hp in space.items()])


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("name", SPACES)
def test_every_game_equals_blend_check_predict_reduce(name, model):
    explainer = fitted(SPACES[name], MODELS[model], optimizer="random")
    space = explainer.space_
    candidates = sample_vectors(space, 60, 0)
    baseline = encode(space, [explainer.baseline_])[0]
    scores = slow_twin(explainer, candidates, baseline)
    stays = explainer.predict_score([explainer.baseline_])[0]
    incumbent = slow_twin(explainer, encode(space, [explainer.incumbent_]), baseline)[:, 0]
    expected = {
        "tunability": np.nanmax(scores, axis=1),
        "mistunability": np.nanmin(scores, axis=1),
        "sensitivity": np.nanvar(scores, axis=1),
        "ablation": np.where(np.isnan(incumbent), stays, incumbent),
    }
    for game, values in expected.items():
        found = explainer.coalition_values(game)["value"].to_numpy()
        np.testing.assert_allclose(found, values, atol=1e-9, err_msg=game)
        explained = explainer.explain(game, index="Moebius", order=len(space) - 2)
        assert explained.attrs["full_score"] == pytest.approx(values[-1], abs=1e-9)
    assert np.isnan(scores).any() == bool(space.forbidden_clauses)


@pytest.mark.parametrize("model", ["forest", "neighbours"])
@pytest.mark.parametrize("name", SPACES)
def test_line_search_is_monotone_legal_and_no_worse(name, model):
    explainer = fitted(SPACES[name], MODELS[model], optimizer="random")
    random = values_of(explainer)
    explainer.optimizer = "refine"
    refined = values_of(explainer)
    for coalition, value in refined.items():
        assert value >= random[coalition]
        for left_out in coalition:
            assert value >= refined[tuple(n for n in coalition if n != left_out)] - 1e-12
    # Nothing legal is better than what all together found, or else it would be no maximum.
    legal = decode(explainer.space_, sample_vectors(explainer.space_, 3000, 5))
    # Models without trees have a grid, and what a relation ties together stays where it was drawn.
    margin = 1e-9 if model == "forest" and name != "related" else 0.05
    assert max(refined.values()) >= explainer.predict_score(legal).max() - margin


@pytest.mark.parametrize("rule", ["relation", "clause"])
@pytest.mark.parametrize("model", [GradientBoostingRegressor(max_depth=1), LinearRegression()])
def test_line_search_never_counts_a_forbidden_blend(rule, model):
    """The score low - high is best where it is forbidden, and a sum: every line leads there."""
    space = ConfigurationSpace({"low": (0.0, 1.0), "high": (0.0, 1.0), "other": (0.0, 1.0)}, seed=0)
    space["low"].default_value = 0.1
    if rule == "relation":
        space.add(ForbiddenGreaterThanRelation(space["low"], space["high"]))
    else:
        half = ForbiddenGreaterThanClause(space["low"], 0.5)
        space.add(ForbiddenAndConjunction(half, ForbiddenLessThanClause(space["high"], 0.5)))
    configs = decode(space, sample_vectors(space, 150, 0))
    explainer = HyperSHAPExplainer(space, surrogate=model, n_samples=20, random_state=0)
    explainer.fit(configs, [config["low"] - config["high"] for config in configs])
    axis = np.linspace(0, 1, 101)
    grid = [{"low": low, "high": high, "other": 0.5} for low in axis for high in axis]
    low, high = np.array([[config["low"], config["high"]] for config in grid]).T
    legal = low <= high if rule == "relation" else (low <= 0.5) | (high >= 0.5)
    everywhere = explainer.surrogate_.predict(np.column_stack([high, low, np.full(len(low), 0.5)]))
    assert list(explainer.space_) == ["high", "low", "other"]
    best, best_legal = everywhere.max(), everywhere[legal].max()
    assert best > best_legal + 0.2
    assert max(values_of(explainer).values()) < best_legal + 0.1


@pytest.mark.parametrize("name", ["chain", "mixed"])
def test_an_ablation_from_leaves_is_the_one_from_coalitions(name):
    explainer = fitted(SPACES[name])
    values = explainer.coalition_values("ablation")["value"].to_numpy()
    table = explainer.explain("ablation", index="SV")
    assert table["value"].sum() == pytest.approx(values[-1] - values[0], abs=1e-9)
    game = explainer.game("ablation")
    n = game.n_players
    members = (np.arange(2**n)[:, None] >> np.arange(n) & 1).astype(bool)
    by_hand = np.array([game(row)[0] for row in members])
    singles = dict(zip(table["interaction"], table["value"], strict=True))
    for player, hyperparameter in enumerate(explainer.hyperparameter_names_):
        without = members[~members[:, player]]
        numbers = without @ (1 << np.arange(n))
        sizes = without.sum(axis=1)
        weights = [factorial(s) * factorial(n - s - 1) / factorial(n) for s in sizes]
        gained = by_hand[numbers + (1 << player)] - by_hand[numbers]
        assert singles[hyperparameter] == pytest.approx(weights @ gained, abs=1e-9)


class TestSpaces:
    @pytest.mark.parametrize("name", SPACES)
    def test_parents_come_before_children(self, name):
        space = SPACES[name]()
        order = list(space)
        for child in space:
            assert all(
                order.index(parent.name) < order.index(child) for parent in space.parents_of[child]
            )

    @pytest.mark.parametrize("name", SPACES)
    def test_drawn_vectors_are_legal(self, name):
        space = SPACES[name]()
        for vector in sample_vectors(space, 50, 0):
            Configuration(space, vector=vector).check_valid_configuration()

    def test_enumerated_with_the_probabilities_of_drawing(self):
        """P(linear) = 1/4 once; P(rbf) = 3/4 times 1/2 for each gamma, of which rbf with 2 is forbidden.

        That leaves 1/4 and 3/8, which are 2/5 and 3/5 of what is left.
        """
        space = ConfigurationSpace()
        kernel = Categorical("kernel", ["linear", "rbf"], weights=[1, 3])
        gamma = OrdinalHyperparameter("gamma", [1, 2])
        space.add(kernel, gamma, EqualsCondition(gamma, kernel, "rbf"))
        space.add(ForbiddenEqualsClause(gamma, 2))
        vectors, chances = enumerate_vectors(space, 10)
        assert decode(space, vectors) == [{"kernel": "linear"}, {"kernel": "rbf", "gamma": 1}]
        assert chances == pytest.approx([2 / 5, 3 / 5])
        drawn = sample_vectors(space, 4000, 0)
        assert np.isnan(drawn[:, 1]).mean() == pytest.approx(2 / 5, abs=0.03)

    @pytest.mark.parametrize("legal", [0.6, 0.05])
    def test_at_most_is_forbidden_as_it_says(self, legal):
        """ConfigSpace 1.2 draws exactly what this clause forbids."""
        space = ConfigurationSpace({"a": (0.0, 1.0), "b": (0.0, 1.0)})
        space["a"].default_value = 0.99
        space.add(ForbiddenLessThanEqualsClause(space["a"], 1 - legal))
        drawn = sample_vectors(space, 200, 0)
        assert len(drawn) == 200
        assert drawn[:, 0].min() > 1 - legal
        configs = decode(space, drawn)
        explainer = HyperSHAPExplainer(space, n_samples=100, random_state=0)
        explainer.fit(configs, [-config["a"] for config in configs])
        best = explainer.coalition_values()["value"].max()
        assert best <= explainer.predict_score(configs).max() + 1e-9

    def test_nothing_is_allowed(self):
        space = ConfigurationSpace({"a": (0.0, 1.0)})
        space["a"].default_value = 1.0
        space.add(ForbiddenLessThanClause(space["a"], 1.0))
        with pytest.raises(ValueError, match="forbids nearly everything"):
            sample_vectors(space, 10, 0)

    def test_limit_counts_legal_configurations(self):
        space = ConfigurationSpace({"a": ["x", "y"]})
        children = [Integer(f"b{number}", (1, 10)) for number in range(3)]
        space.add(children)
        space.add([EqualsCondition(child, space["a"], "y") for child in children])
        assert len(enumerate_vectors(space, 1001)[0]) == 1001
        assert enumerate_vectors(space, 1000) is None


@pytest.mark.parametrize("log", [False, True])
def test_a_large_count_that_may_be_missing_stays_active(log):
    """Only a missing c scores: with p active for good, no value of c is as good as none."""
    space = ConfigurationSpace({"p": (0.0, 1.0)}, seed=0)
    c = Integer("c", (1, 10**6), log=log)
    space.add(c, GreaterThanCondition(c, space["p"], 0.5))
    configs = [dict(config) for config in space.sample_configuration(200)]
    explainer = HyperSHAPExplainer(
        space, n_samples=50, baseline={"p": 0.9, "c": 1000}, random_state=0
    ).fit(configs, [5.0 * ("c" not in config) for config in configs])
    assert list(values_of(explainer).values()) == pytest.approx([0, 5, 0, 5])


def test_a_condition_on_very_many_values():
    space = ConfigurationSpace({"x": (0.0, 1.0)}, seed=0)
    count = Integer("count", (1, 4000), default=2)
    space.add(count, InCondition(space["x"], count, list(range(2, 4000, 2))))
    configs = [dict(config) for config in space.sample_configuration(60)]
    explainer = HyperSHAPExplainer(space, n_samples=50, random_state=0)
    explainer.fit(configs, [config.get("x", 0.0) for config in configs])
    odd, even = explainer.predict_score([{"count": 7}, {"count": 8, "x": 0.9}])
    assert values_of(explainer, "ablation", baseline={"count": 7}, config={"count": 8, "x": 0.9})[
        ("count", "x")
    ] == pytest.approx(even)
    assert odd < even


class TestTables:
    def test_inactive_is_missing_and_types_stay(self):
        space = ConfigurationSpace()
        kernel = Categorical("kernel", ["linear", "poly"])
        degree = Integer("degree", (1, 5))
        shrink = Categorical("shrink", [True, False])
        kind = Categorical("kind", [None, "a"])
        space.add(kernel, degree, shrink, kind)
        for child in (degree, shrink, kind):
            space.add(EqualsCondition(child, kernel, "poly"))
        poly = {"kernel": "poly", "degree": 3, "shrink": True, "kind": None}
        configs = [{"kernel": "linear"}, poly] * 10
        explainer = HyperSHAPExplainer(space, random_state=0).fit(configs, range(20))
        trials = explainer.trials_
        assert trials["degree"].isna().tolist() == [True, False] * 10
        assert trials["degree"][1] == 3
        assert isinstance(trials["degree"].tolist()[1], int)
        assert trials["shrink"].tolist()[1] is True
        assert trials["kind"].tolist()[1] is None
        assert trials["kind"].isna()[0]
        assert explainer.incumbent_ == poly
        # The table itself is a table of configurations.
        again = HyperSHAPExplainer(space, random_state=0).fit(trials[list(space)], trials["score"])
        pd.testing.assert_frame_equal(again.trials_, trials)
        pd.testing.assert_frame_equal(again.explain(), explainer.explain())

    def test_what_is_said_of_inactive_hyperparameters_is_ignored(self):
        explainer = fitted(chain)
        linear = {"kernel": "linear"}
        more = {"kernel": "linear", "gamma": 0.5, "deep": 3}
        alone, ignored = explainer.predict_score([linear, more])
        assert alone == ignored
        pd.testing.assert_frame_equal(
            explainer.explain(baseline=linear), explainer.explain(baseline=more)
        )

    def test_constants_are_no_players(self):
        explainer = fitted(mixed)
        assert "epochs" in explainer.space_
        assert "epochs" not in explainer.hyperparameter_names_


class TestErrors:
    def test_an_active_hyperparameter_is_missing(self):
        space = chain()
        with pytest.raises(ValueError, match="Missing in configuration number 1: 'gamma'"):
            HyperSHAPExplainer(space).fit([{"kernel": "linear"}, {"kernel": "rbf"}], [1, 2])

    def test_forbidden_trials(self):
        space = ConfigurationSpace({"a": [0, 1], "b": [0, 1]})
        both = [ForbiddenEqualsClause(space["a"], 1), ForbiddenEqualsClause(space["b"], 1)]
        space.add(ForbiddenAndConjunction(*both))
        configs = [{"a": 0, "b": 0}, {"a": 1, "b": 1}, {"a": 1, "b": 1}]
        with pytest.raises(ValueError, match=r"forbids 2 of 3 .* number 1 .*a == 1 && "):
            HyperSHAPExplainer(space).fit(configs, [1, 2, 3])
        explainer = known_by_heart(space, lambda x: x["a"])
        with pytest.raises(ValueError, match="forbids this configuration"):
            explainer.explain(baseline={"a": 1, "b": 1})
        with pytest.raises(ValueError, match="forbids this configuration"):
            explainer.predict_score([{"a": 1, "b": 1}])

    def test_the_median_may_be_forbidden(self):
        """Both modes are 0, but not in one trial."""
        space = ConfigurationSpace()
        a, b = (Categorical(name, [0, 1, 2], default=1) for name in "ab")
        space.add(a, b, Float("c", (0.0, 1.0)))
        both = [ForbiddenEqualsClause(a, 0), ForbiddenEqualsClause(b, 0)]
        space.add(ForbiddenAndConjunction(*both))
        configs = [
            {"a": a, "b": b, "c": number / 12}
            for number, (a, b) in enumerate([(0, 1), (0, 2), (1, 0), (2, 0)] * 3)
        ]
        with pytest.warns(BaselineWarning, match="most in common"):
            explainer = HyperSHAPExplainer(space, baseline="median", random_state=0).fit(
                configs, np.arange(12)
            )
        assert explainer.baseline_ in configs
