"""Resamples share candidates: as many starts as they need, and no worse than candidates alone."""

from __future__ import annotations

import numpy as np
import pytest
from ConfigSpace import Categorical, ConfigurationSpace
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LinearRegression

from skhypershap import HyperSHAPExplainer
from skhypershap.explainer.base import game_context
from skhypershap.games.coalition_scores import coalition_scores
from skhypershap.games.shared_candidates import with_shared_candidates

pytestmark = [
    pytest.mark.filterwarnings("ignore::skhypershap.SurrogateWarning"),
    pytest.mark.filterwarnings("ignore::skhypershap.BaselineWarning"),
]
SURROGATES = {
    "auto": "auto",
    "gp": "gp",
    "forest": RandomForestRegressor(20, random_state=0),
    "line": LinearRegression(),
}


def fitted(surrogate="auto", **arguments):
    space = ConfigurationSpace(
        {"a": (0.0, 1.0), "b": (0.0, 1.0), "n": (1, 300), "c": Categorical("c", ["x", "y", "z"])},
        seed=0,
    )
    configs = [dict(config) for config in space.sample_configuration(60)]
    noise = np.random.default_rng(0).normal(scale=0.1, size=60)
    scores = [
        np.sin(5 * c["a"]) + c["b"] * (c["c"] == "y") - abs(c["n"] - 90) / 300 for c in configs
    ]
    arguments = {"n_samples": 3000, "baseline": "median", "random_state": 0, **arguments}
    explainer = HyperSHAPExplainer(space, surrogate=surrogate, **arguments)
    return explainer.fit(configs, np.array(scores) + noise)


def setting(explainer, game="tunability", max_exact=16):
    """A game, contexts with all and with shared candidates, and its baselines as vectors."""
    context = game_context(explainer)
    game_specs = explainer.fitted_.game_specs([game])
    new = with_shared_candidates(game_specs, context, max_exact)
    return context, new, context.filled(game_specs[0].baselines)


@pytest.mark.parametrize("game", ["tunability", "mistunability"])
@pytest.mark.parametrize("name", SURROGATES)
def test_resamples_find_what_all_candidates_find(name, game):
    old, new, baselines = setting(fitted(SURROGATES[name]), game)
    assert len(new.shared[game]) < 2500
    sign = 1 if game == "tunability" else -1
    for draw in (1, 2, 3):
        one, other = (
            sign * coalition_scores(game, context.resampled(draw), baselines, {})
            for context in (old, new)
        )
        gain = one[-1] - one[0]
        assert other[0] == one[0]
        assert (other >= one - 0.02 * gain).all()
        plain = old.resampled(draw)._replace(optimizer="random")
        assert (other >= sign * coalition_scores(game, plain, baselines, {}) - 1e-6 * gain).all()


def test_larger_coalitions_score_no_less_in_a_resample():
    _, new, baselines = setting(fitted())
    values = coalition_scores("tunability", new.resampled(1), baselines, {})
    for coalition in range(len(values)):
        for player in range(4):
            assert values[coalition | 1 << player] >= values[coalition]


def test_shared_candidates_hold_the_optima_of_all_trials():
    explainer = fitted()
    old, new, baselines = setting(explainer)
    values = coalition_scores("tunability", old, baselines, {})
    scores = old.surrogate.predict_filled(new.shared["tunability"])
    assert scores.max() == pytest.approx(values[-1], abs=1e-9)


def test_all_configurations_and_games_without_search_are_not_thinned():
    space = ConfigurationSpace({"a": [1, 2, 3], "b": [1, 2]})
    configs = [{"a": a, "b": b} for a in (1, 2, 3) for b in (1, 2)]
    explainer = HyperSHAPExplainer(space, random_state=0).fit(configs, range(6))
    assert setting(explainer)[1].shared == {}
    for game in ("ablation", "sensitivity"):
        assert setting(fitted(), game)[1].shared == {}
    assert setting(fitted(optimizer="random"))[1].shared == {}
    assert setting(fitted(), max_exact=2)[1].shared is None


def test_draws_do_not_depend_on_workers_or_other_games():
    explainer = fitted()
    alone = explainer.explain("tunability", n_bootstrap=2, order=1)
    two = explainer.set_params(n_jobs=2).explain(
        ["tunability", "sensitivity"], n_bootstrap=2, order=1
    )
    same = two[two["game"] == "tunability"].reset_index(drop=True)
    assert same["value"].tolist() == alone["value"].tolist()
