"""Candidates: enumerated spaces, samples, and trials."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from ConfigSpace import (
    Beta,
    Categorical,
    ConfigurationSpace,
    Float,
    ForbiddenAndConjunction,
    ForbiddenEqualsClause,
    Integer,
    Normal,
)
from conftest import memorised

from skhypershap import HyperSHAPExplainer
from skhypershap.explainer.base import game_context
from skhypershap.games.candidates import best_configs, candidates_of
from skhypershap.space.encoding import decode, encode
from skhypershap.space.sampling import enumerate_vectors, sample_vectors
from skhypershap.space.spreading import spread_vectors
from skhypershap.surrogate.blends import Blends, all_coalitions

pytestmark = pytest.mark.filterwarnings("ignore::skhypershap.SurrogateWarning")


def test_trials_are_candidates_of_refine_only(mixed_space, mixed_trials):
    configs, scores = mixed_trials
    best = {}
    for optimizer in ("refine", "random"):
        explainer = HyperSHAPExplainer(
            mixed_space, optimizer=optimizer, n_samples=1, random_state=0
        )
        explainer.fit(configs, scores)
        best[optimizer] = explainer.coalition_values()["value"].iloc[-1]
    assert best["refine"] >= explainer.predict_score(configs).max() > best["random"]


def test_of_very_many_trials_the_best_are_candidates(mixed_space, mixed_trials, monkeypatch):
    explainer = HyperSHAPExplainer(mixed_space, n_samples=1, random_state=0).fit(*mixed_trials)
    context, scores = game_context(explainer), mixed_trials[1]
    vectors = context.filled(context.trials.configs)
    np.testing.assert_array_equal(candidates_of("tunability", context).vectors[1:], vectors)
    monkeypatch.setattr("skhypershap.games.candidates.MOST_TRIALS", 5)
    best, worst = (
        candidates_of(game, context).vectors[1:] for game in ("tunability", "mistunability")
    )
    order = np.argsort(scores)
    np.testing.assert_array_equal(best, vectors[order[::-1][:5]])
    np.testing.assert_array_equal(worst, vectors[order[:5]])


def test_finite_spaces_are_enumerated_up_to_n_samples():
    space = ConfigurationSpace({"a": (1, 4), "b": ["x", "y", "z"]})
    vectors, probabilities = enumerate_vectors(space, 12)
    assert len(np.unique(vectors, axis=0)) == 12
    np.testing.assert_allclose(probabilities, 1 / 12)
    assert enumerate_vectors(space, 11) is None
    assert enumerate_vectors(ConfigurationSpace({"a": (0.0, 1.0)}), 10**6) is None


def test_choices_of_zero_weight_are_not_enumerated():
    space = ConfigurationSpace()
    space.add(
        Categorical("a", ["x", "never", "y"], weights=[1, 0, 3]), Categorical("b", ["u", "v"])
    )
    vectors, probabilities = enumerate_vectors(space, 100)
    assert sorted(set(vectors[:, 0])) == [0, 2]
    np.testing.assert_allclose(probabilities, [1 / 8, 1 / 8, 3 / 8, 3 / 8])


def test_samples_of_integers_round_trip():
    """ConfigSpace samples normal and beta integers on a log scale beside their own vectors."""
    space = ConfigurationSpace()
    space.add(Integer("a", (1, 200), distribution=Beta(2, 3), log=True))
    space.add(
        Integer("b", (1, 200), distribution=Normal(40, 20), log=True),
        Integer("c", (1, 200), log=True),
    )
    vectors = sample_vectors(space, 300, 0)
    np.testing.assert_allclose(vectors, encode(space, decode(space, vectors)), atol=1e-12)


@pytest.mark.parametrize("n_samples", [2, 13, 400])
def test_unit_cube_samples_equal_configspaces(n_samples, monkeypatch):
    space = ConfigurationSpace()
    space.add(Float("a", (0.0, 1.0)), Float("b", (1e-3, 1.0), log=True), Float("c", (-5.0, 5.0)))
    quick = sample_vectors(space, n_samples, 7)
    monkeypatch.setattr(
        "skhypershap.space.sampling._sample_cube", lambda *_: np.zeros((n_samples, 3))
    )
    np.testing.assert_array_equal(quick, sample_vectors(space, n_samples, 7))


def forbidding_grid():
    """Two numbers and a choice; a = 0 is forbidden beside b = 0."""
    space = ConfigurationSpace()
    a, b = Integer("a", (0, 3), default=1), Integer("b", (0, 3), default=1)
    space.add(a, b, Categorical("kind", ["u", "v"]))
    both = ForbiddenEqualsClause(a, 0), ForbiddenEqualsClause(b, 0)
    space.add(ForbiddenAndConjunction(*both))
    return space


def score_of_grid(config):
    return (config["a"] - 2) ** 2 + 3 * (config["b"] - 1) * (config["kind"] == "v") + config["b"]


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize("start", [(1, 1), (0, 3), (0, 0)])  # the last one is forbidden
def test_best_configurations_of_a_grid_are_those_of_brute_force(sign, start):
    explainer = memorised(forbidding_grid(), score_of_grid)
    context, space = game_context(explainer), explainer.space_
    baseline = {"a": start[0], "b": start[1], "kind": "u"}
    coalitions = all_coalitions(3)
    found = best_configs(context, baseline, coalitions, sign=sign)
    choices = {"a": range(4), "b": range(4), "kind": "uv"}
    for coalition, config in zip(coalitions, found, strict=True):
        free = [
            choices[name] if is_in else [baseline[name]]
            for name, is_in in zip(space, coalition, strict=True)
        ]
        blends = [dict(zip(space, values, strict=True)) for values in itertools.product(*free)]
        legal = [blend for blend in blends if (blend["a"], blend["b"]) != (0, 0)]
        assert config in (legal or [baseline])
        if legal:
            best = max(sign * score_of_grid(blend) for blend in legal)
            assert sign * score_of_grid(config) == pytest.approx(best)


def test_spread_and_shared_candidates(mixed_space, mixed_trials):
    """A variance takes spread vectors unless the optimizer is "random"."""
    explainer = HyperSHAPExplainer(mixed_space, n_samples=16, random_state=0).fit(*mixed_trials)
    context = game_context(explainer)
    spread, weights = spread_vectors(explainer.space_, 16, context.seed)
    found = candidates_of("sensitivity", context)
    np.testing.assert_array_equal(found.vectors, spread)
    assert (found.probabilities is None) == (weights is None)
    drawn = candidates_of("sensitivity", context._replace(optimizer="random"))
    np.testing.assert_array_equal(drawn.vectors, sample_vectors(explainer.space_, 16, context.seed))
    shared = context._replace(shared={"tunability": spread[:3]})
    np.testing.assert_array_equal(candidates_of("tunability", shared).vectors, spread[:3])
    np.testing.assert_array_equal(candidates_of("sensitivity", shared).vectors, spread)
    assert not candidates_of("tunability", shared).complete


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_searched_configurations_beat_all_blends(mixed_space, mixed_trials, sign):
    explainer = HyperSHAPExplainer(
        mixed_space, surrogate="forest", n_samples=40, random_state=0
    ).fit(*mixed_trials)
    context, baseline = game_context(explainer), explainer.baseline_
    coalitions = all_coalitions(5)[[0, 1, 6, 21, 31]]
    configs = best_configs(context, baseline, coalitions, sign=sign)
    blends = Blends(
        context.filled(context.trials.configs), context.filled([baseline])[0], np.arange(5)
    )
    scores = context.surrogate.predict(context.filled(configs))
    for coalition, config, score in zip(coalitions, configs, scores, strict=True):
        kept = [name for name, is_in in zip(mixed_space, coalition, strict=True) if not is_in]
        assert {name: config[name] for name in kept} == {name: baseline[name] for name in kept}
        blended = np.where(coalition, blends.candidates, blends.baseline)
        best = (sign * context.surrogate.predict(blended)).max()
        assert sign * score >= best - 1e-9
        if coalition.sum() > 2:
            assert sign * score > best + 1e-6
