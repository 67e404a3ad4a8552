"""Candidates: enumerated spaces, samples, and trials."""

from __future__ import annotations

import numpy as np
import pytest
from ConfigSpace import (
    Beta,
    Categorical,
    ConfigurationSpace,
    Float,
    Integer,
    Normal,
)

from skhypershap import HyperSHAPExplainer
from skhypershap.explainer.base import game_context
from skhypershap.games.candidates import candidates_of
from skhypershap.space.encoding import decode, encode
from skhypershap.space.sampling import enumerate_vectors, sample_vectors

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
