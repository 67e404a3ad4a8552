"""Games with closed forms, and the guarantees of the theory for all others."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from ConfigSpace import (
    Categorical,
    ConfigurationSpace,
    Float,
    Integer,
    OrdinalHyperparameter,
)
from conftest import bits, coalitions, twin_scores
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import ExtraTreesRegressor, GradientBoostingRegressor
from sklearn.neighbors import KNeighborsRegressor
from sklearn.tree import DecisionTreeRegressor

from skhypershap import HyperSHAPExplainer
from skhypershap.games.setting import GAMES as ALL_GAMES
from skhypershap.space.encoding import encode
from skhypershap.space.sampling import enumerate_vectors, sample_columns, sample_vectors
from skhypershap.space.spreading import spread_vectors

# Surrogates memorise full grids here; held-out R2 is irrelevant.
pytestmark = pytest.mark.filterwarnings("ignore::skhypershap.SurrogateWarning")
EXACT_TREE = DecisionTreeRegressor(random_state=0)  # memorises a full grid

GAMES = [game for game in ALL_GAMES if game != "optimizer_bias"]  # which needs optimizers


def grid_explainer(space, score, **arguments):
    """An explainer whose surrogate equals `score` on a finite space."""
    names = list(space)
    values = [
        hp.sequence
        if hasattr(hp, "sequence")
        else hp.choices
        if hasattr(hp, "choices")
        else range(hp.lower, hp.upper + 1)
        for hp in space.values()
    ]
    configs = [dict(zip(names, row, strict=True)) for row in itertools.product(*values)]
    arguments = {"surrogate": EXACT_TREE, "random_state": 0, **arguments}
    return HyperSHAPExplainer(space, **arguments).fit(configs, [score(c) for c in configs])


def singles(table):
    return dict(zip(table["interaction"], table["value"], strict=True))


@pytest.mark.parametrize("m", [1, 2, 5])
@pytest.mark.parametrize("kind", ["integer", "ordinal", "categorical"])
def test_table_1_of_the_paper_is_reproduced(m, kind):
    """lambda1 in {0, 1}, lambda2 in {0..m}, score [lambda1 = 1] + [lambda2 = m].

    From the wrong baseline (0, 0) tunability gives each what it gains alone, 1, from the optimum
    nothing. Sensitivity: the variance of an indicator of probability p is p (1 - p), here 1/4 and
    m / (m + 1)^2, from either baseline; the indicators are independent, so they add up.
    """
    space = ConfigurationSpace()
    if kind == "integer":
        space.add(Integer("l1", (0, 1)), Integer("l2", (0, m)))
    else:
        make = OrdinalHyperparameter if kind == "ordinal" else Categorical
        space.add(make("l1", [0, 1]), make("l2", list(range(m + 1))))
    explainer = grid_explainer(
        space, lambda c: float(c["l1"] == 1) + float(c["l2"] == m), baseline={"l1": 0, "l2": 0}
    )
    optimum = {"l1": 1, "l2": m}
    wrong = explainer.explain("tunability", order=1)
    assert singles(wrong) == pytest.approx({"l1": 1.0, "l2": 1.0})
    assert singles(explainer.explain("tunability", order=1, baseline=optimum)) == {"l1": 0, "l2": 0}
    assert explainer.explain("sensitivity").attrs["baseline_score"] == 0
    expected = {"l1": 1 / 4, "l2": m / (m + 1) ** 2}
    for baseline in ({"l1": 0, "l2": 0}, optimum):
        found = explainer.explain("sensitivity", order=2, baseline=baseline)
        assert singles(found) == pytest.approx({**expected, "l1 × l2": 0.0}, abs=1e-12)
    ablation = explainer.explain("ablation", order=1, config=optimum)
    assert singles(ablation) == pytest.approx({"l1": 1.0, "l2": 1.0})


def test_pure_interaction_has_known_values():
    """score = [a = 1 and b = 1]: neither gains alone, both together gain 1."""
    space = ConfigurationSpace({"a": [0, 1], "b": [0, 1]})
    explainer = grid_explainer(
        space, lambda c: float(c["a"] == 1 and c["b"] == 1), baseline={"a": 0, "b": 0}
    )
    values = explainer.coalition_values("tunability")
    assert values["value"].tolist() == [0.0, 0.0, 0.0, 1.0]
    assert singles(explainer.explain(order=2)) == pytest.approx({"a": 0, "b": 0, "a × b": 1.0})
    assert singles(explainer.explain(order=1)) == pytest.approx({"a": 0.5, "b": 0.5})


def test_variance_uses_the_weights_of_choices():
    """P(a = x) = 3/4: the variance of its indicator is 3/16."""
    space = ConfigurationSpace()
    space.add(Categorical("a", ["x", "y"], weights=[3, 1]), Categorical("b", ["u", "v"]))
    explainer = grid_explainer(space, lambda c: float(c["a"] == "x"))
    assert singles(explainer.explain("sensitivity", order=1)) == pytest.approx(
        {"a": 3 / 16, "b": 0.0}
    )


def test_minimising_negated_scores_gives_equal_values():
    space = ConfigurationSpace({"a": [0, 1], "b": [0, 1, 2]})
    up = grid_explainer(space, lambda c: 2.0 * c["a"] + c["b"])
    down = grid_explainer(space, lambda c: -2.0 * c["a"] - c["b"], direction="minimize")
    for game in GAMES:
        first, second = up.explain(game), down.explain(game)
        np.testing.assert_allclose(first["value"], second["value"], atol=1e-12)
        assert first["interaction"].tolist() == second["interaction"].tolist()
        sign = 1 if game == "sensitivity" else -1
        for attribute in ("baseline_score", "full_score"):
            assert first.attrs[attribute] == pytest.approx(sign * second.attrs[attribute])
    assert down.incumbent_ == {"a": 1, "b": 2}
    assert down.explain("mistunability", baseline="best")["value"].max() <= 0


@pytest.mark.parametrize(
    "surrogate",
    ["forest", ExtraTreesRegressor(20), GradientBoostingRegressor(), KNeighborsRegressor()],
    ids=["forest", "extra", "boosting", "neighbours"],
)
@pytest.mark.parametrize("optimizer", ["random", "refine"])
def test_games_equal_blend_predict_reduce(mixed_space, mixed_trials, surrogate, optimizer):
    configs, scores = mixed_trials
    explainer = HyperSHAPExplainer(
        mixed_space, surrogate=surrogate, optimizer=optimizer, n_samples=100, random_state=3
    ).fit(configs, scores)
    space, players = explainer.space_, np.arange(len(explainer.space_))
    sample = sample_vectors if optimizer == "random" else sample_columns
    candidates = sample(space, 100, 3)
    spread = candidates if optimizer == "random" else spread_vectors(space, 100, 3)[0]
    baseline = encode(space, [explainer.baseline_])[0]
    trials = encode(space, configs)
    incumbent = encode(space, [explainer.incumbent_])

    def twin(rows):
        return twin_scores(explainer.surrogate_.predict, rows, baseline, players)

    searched = np.vstack([candidates, trials]) if optimizer == "refine" else candidates
    lower_bounds = {
        "ablation": twin(incumbent)[:, 0],
        "tunability": twin(searched).max(axis=1),
        "mistunability": twin(searched).min(axis=1),
        "sensitivity": twin(spread).var(axis=1),
    }
    names = explainer.hyperparameter_names_
    for game, values in lower_bounds.items():
        found = explainer.coalition_values(game)
        assert found["coalition"].tolist() == [tuple(names[i] for i in s) for s in coalitions(5)]
        ordered = np.array([values[bits(s)] for s in coalitions(5)])
        if optimizer == "refine" and "tunability" in game:
            sign = 1 if game == "tunability" else -1
            assert (sign * (found["value"] - ordered) >= -1e-12).all()
            assert (sign * (found["value"] - ordered) > 1e-9).any(), "the line search finds more"
        else:
            np.testing.assert_allclose(found["value"], ordered, rtol=0, atol=1e-9)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), maximize=st.booleans())
def test_larger_coalition_is_never_worse(seed, maximize):
    random = np.random.default_rng(seed)
    space = ConfigurationSpace(dict.fromkeys("abcd", (0.0, 1.0)))
    configs = [dict(zip("abcd", row, strict=True)) for row in random.random((20, 4))]
    explainer = HyperSHAPExplainer(
        space,
        direction="maximize" if maximize else "minimize",
        surrogate=DecisionTreeRegressor(),
        n_samples=15,
        random_state=seed,
    ).fit(configs, random.normal(size=20))
    for game in ("tunability", "mistunability"):
        values = explainer.coalition_values(game).set_index("coalition")["value"]
        rises = maximize == (game == "tunability")
        for smaller, larger in itertools.permutations(values.index, 2):
            if set(smaller) < set(larger):
                step = values[larger] - values[smaller]
                assert step >= 0 if rises else step <= 0


@pytest.mark.parametrize("optimizer", ["random", "refine"])
def test_log_integers_are_enumerated_with_their_probabilities(optimizer):
    """ConfigSpace cuts [1, 8] into 8 cells, in which the logarithm is uniform."""
    space = ConfigurationSpace()
    space.add(Integer("a", (1, 8), log=True))
    vectors, probabilities = enumerate_vectors(space, 100)
    assert len(vectors) == 8
    chances = np.diff(np.log(1 + 7 / 8 * np.arange(9))) / np.log(8)
    np.testing.assert_allclose(probabilities, chances, atol=1e-12)
    explainer = grid_explainer(space, lambda c: float(c["a"]), optimizer=optimizer)
    assert explainer.explain("tunability").attrs["full_score"] == 8
    values = np.arange(1, 9)
    variance = chances @ (values - chances @ values) ** 2
    full_score = explainer.explain("sensitivity").attrs["full_score"]
    assert full_score == pytest.approx(variance, abs=1e-9)


def test_several_baselines_are_averaged(mixed_space, mixed_trials):
    configs, scores = mixed_trials
    explainer = HyperSHAPExplainer(mixed_space, n_samples=50, random_state=0)
    explainer.fit(configs, scores)
    members = ["default", "worst", configs[3]]
    for game in GAMES:
        parts = [explainer.coalition_values(game, baseline=m)["value"] for m in members]
        joint = explainer.coalition_values(game, baseline=members)["value"]
        np.testing.assert_allclose(joint, np.mean(parts, axis=0), atol=1e-12)


def test_variance_is_stable_for_scores_far_from_zero():
    """Several blocks of candidates; the difference of sums of squares would cancel here."""
    space = ConfigurationSpace()
    space.add(Float("a", (0.0, 1.0)), Float("b", (0.0, 1.0)))
    space.seed(0)
    configs = space.sample_configuration(50)
    scores = [1e6 + c["a"] for c in configs]
    explainer = HyperSHAPExplainer(space, surrogate="forest", n_samples=500, random_state=0).fit(
        configs, scores
    )
    candidates, _ = spread_vectors(explainer.space_, 500, 0)
    expected = explainer.surrogate_.predict(candidates).var()
    assert explainer.explain("sensitivity").attrs["full_score"] == pytest.approx(expected, rel=1e-6)
