"""Games on conditional spaces and forbidden clauses, against ConfigSpace's own checks."""

from __future__ import annotations

from math import factorial

import numpy as np
import pytest
from ConfigSpace import (
    Configuration,
    ConfigurationSpace,
    ForbiddenAndConjunction,
    ForbiddenGreaterThanClause,
    ForbiddenGreaterThanRelation,
    ForbiddenLessThanClause,
    GreaterThanCondition,
    InCondition,
    Integer,
)
from ConfigSpace.exceptions import ForbiddenValueError
from conftest import CONDITIONAL_SPACES, coalitions, fitted, values_of
from sklearn.ensemble import (
    ExtraTreesRegressor,
    GradientBoostingRegressor,
    HistGradientBoostingRegressor,
)
from sklearn.linear_model import LinearRegression
from sklearn.neighbors import KNeighborsRegressor

from skhypershap import HyperSHAPExplainer
from skhypershap.space.encoding import decode, default_values, encode
from skhypershap.space.sampling import sample_columns, sample_vectors

# Small random problems and full grids: how well a surrogate predicts other trials is irrelevant.
pytestmark = pytest.mark.filterwarnings("ignore::skhypershap.SurrogateWarning")

MODELS = {
    "forest": None,
    "extra": ExtraTreesRegressor(10),
    "histogram": HistGradientBoostingRegressor(min_samples_leaf=3, max_iter=10),
    "boosting": GradientBoostingRegressor(n_estimators=20),
    "neighbours": KNeighborsRegressor(),
}


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
@pytest.mark.parametrize("name", CONDITIONAL_SPACES)
def test_every_game_equals_blend_check_predict_reduce(name, model):
    explainer = fitted(CONDITIONAL_SPACES[name], MODELS[model], optimizer="random")
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
@pytest.mark.parametrize("name", CONDITIONAL_SPACES)
def test_line_search_is_monotone_legal_and_no_worse(name, model, monkeypatch):
    # "random" takes the same candidates, or else either may have found a better one by chance.
    monkeypatch.setattr("skhypershap.games.setting.sample_vectors", sample_columns)
    explainer = fitted(CONDITIONAL_SPACES[name], MODELS[model], optimizer="random")
    random = values_of(explainer)
    explainer.optimizer = "refine"
    refined = values_of(explainer)
    for coalition, value in refined.items():
        assert value >= random[coalition]
        for left_out in coalition:
            assert value >= refined[tuple(n for n in coalition if n != left_out)] - 1e-12
    # No legal configuration scores higher than the maximum over all.
    legal = decode(explainer.space_, sample_vectors(explainer.space_, 3000, 5))
    # Other models have a grid, and two hyperparameters in a relation stay where they were sampled.
    margin = 1e-9 if model == "forest" and name != "related" else 0.05
    assert max(refined.values()) >= explainer.predict_score(legal).max() - margin


@pytest.mark.parametrize("rule", ["relation", "clause"])
@pytest.mark.parametrize("model", [GradientBoostingRegressor(max_depth=1), LinearRegression()])
def test_line_search_ignores_forbidden_blends(rule, model):
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
def test_ablation_from_leaves_equals_ablation_from_coalitions(name):
    explainer = fitted(CONDITIONAL_SPACES[name])
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


@pytest.mark.parametrize("log", [False, True])
def test_missing_large_count_scores_as_inactive(log):
    """Only a missing c scores: with p active for good, no value of c is as good as none."""
    space = ConfigurationSpace({"p": (0.0, 1.0)}, seed=0)
    c = Integer("c", (1, 10**6), log=log)
    space.add(c, GreaterThanCondition(c, space["p"], 0.5))
    configs = [dict(config) for config in space.sample_configuration(200)]
    explainer = HyperSHAPExplainer(
        space,
        surrogate="forest",
        n_samples=50,
        baseline={"p": 0.9, "c": 1000},
        random_state=0,
    ).fit(configs, [5.0 * ("c" not in config) for config in configs])
    assert list(values_of(explainer).values()) == pytest.approx([0, 5, 0, 5])


def test_condition_on_very_many_values():
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
