"""Scores of blends under the default surrogate equal the slow twin: blend, predict, blend by blend."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from ConfigSpace import Categorical, ConfigurationSpace, Float, Integer, OrdinalHyperparameter
from conftest import CONDITIONAL_SPACES, scores_of_blends, tree_problem, twin_scores

from skhypershap import SurrogateWarning
from skhypershap.space.conditions import Legality
from skhypershap.space.sampling import sample_columns, sample_vectors
from skhypershap.surrogate import averaged
from skhypershap.surrogate.blends import Blends, all_coalitions
from skhypershap.surrogate.fitting import SurrogateSpec
from skhypershap.surrogate.hyperparameters import ProcessFitError

NAMES = ["auto", "gp"]


def plain_space():
    space = ConfigurationSpace()
    space.add(Float("a", (0.0, 1.0)), Float("b", (1e-3, 1.0), log=True), Integer("c", (1, 500)))
    space.add(OrdinalHyperparameter("d", [1, 2, 4, 8, 16]), Categorical("e", ["x", "y", "z"]))
    return space


def spec_of(name, n_trials=60, *, space=None, fidelity=None, scale=1.0):
    space = space or plain_space()
    vectors = sample_columns(space, n_trials, 1)
    filled = np.nan_to_num(vectors, nan=0.3)
    scores = np.exp(2 * filled[:, 0]) + np.sin(4 * filled[:, 1]) * filled[:, -1]
    if fidelity is not None:
        scores = scores + fidelity
    legality = Legality(space, np.zeros(len(space)))
    return SurrogateSpec(name, vectors, scale * scores, legality, fidelity)


def assert_blocks_equal_twin(surrogate, candidates, baseline, players):
    found = scores_of_blends(surrogate, candidates, baseline, players)
    expected = twin_scores(surrogate.predict, candidates, baseline, players)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9 * np.ptp(expected) + 1e-12)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "players", [[0, 1, 2, 3, 4], [0, 1, 0, -1, 2], [0, 0, 0, 0, 0], [4, 3, 2, 1, 0]]
)
def test_blends_equal_the_twin(name, players):
    surrogate = spec_of(name).fit(seed=0)
    candidates = sample_columns(plain_space(), 150, 2)
    assert_blocks_equal_twin(surrogate, candidates, candidates[7], np.array(players))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_optima_are_those_of_all_blends(name, sign):
    surrogate = spec_of(name).fit(seed=0)
    candidates = sample_columns(plain_space(), 700, 2)
    blends = Blends(candidates, candidates[7], np.arange(5))
    expected = sign * twin_scores(surrogate.predict, candidates, candidates[7], np.arange(5))
    best = np.full(32, -np.inf)
    for block in surrogate.coalition_optima(blends, sign=sign):
        found = np.full(32, -np.inf)
        found[block.coalitions] = block.gains
        best = np.maximum(best, found)
        attained = expected[np.arange(32)[block.coalitions], block.winners]
        np.testing.assert_allclose(block.gains, attained, atol=1e-9)
    np.testing.assert_allclose(best, expected.max(axis=1), atol=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_some_coalitions_equal_all(name):
    surrogate = spec_of(name).fit(seed=0)
    candidates = sample_columns(plain_space(), 90, 2)
    blends = Blends(candidates, candidates[7], np.arange(5))
    some = all_coalitions(5)[[3, 30, 0, 17, 3]]
    expected = twin_scores(surrogate.predict, candidates, candidates[7], np.arange(5))
    for block in surrogate.coalition_blocks(blends, some):
        rows = np.array([3, 30, 0, 17, 3])[block.coalitions]
        np.testing.assert_allclose(
            block.scores, expected[np.ix_(rows, block.candidates)], atol=1e-9
        )


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", CONDITIONAL_SPACES)
def test_blends_of_conditional_spaces_equal_the_twin(name, kind):
    space = CONDITIONAL_SPACES[kind]()
    defaults = np.array([item.to_vector(item.default_value) for item in space.values()])
    legality = Legality(space, defaults)
    vectors = sample_vectors(space, 80, 0)
    scores = np.nan_to_num(vectors, nan=-1.0) @ np.arange(1.0, 1 + len(space))
    surrogate = SurrogateSpec(name, vectors, scores, legality).fit(seed=0)
    candidates = legality.fill(sample_vectors(space, 70, 1))
    players = np.arange(len(space))
    blends = Blends(candidates, candidates[3], players)
    expected = twin_scores(surrogate.predict, candidates, candidates[3], players)
    for block in surrogate.coalition_blocks(blends):
        legal = ~np.isnan(block.scores)
        part = expected[np.ix_(np.arange(len(expected))[block.coalitions], block.candidates)]
        np.testing.assert_allclose(block.scores[legal], part[legal], atol=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_fidelity_is_held_at_its_largest(name):
    fidelity = np.random.default_rng(0).choice([0.0, 0.3, 1.0], size=60)
    surrogate = spec_of(name, fidelity=fidelity).fit(seed=0)
    candidates = sample_columns(plain_space(), 60, 2)
    by_hand = surrogate.model.predict(np.column_stack([candidates, np.ones(60)]))
    np.testing.assert_allclose(surrogate.predict(candidates), by_hand)
    np.testing.assert_allclose(surrogate.predict_filled(candidates), by_hand)
    assert_blocks_equal_twin(surrogate, candidates, candidates[0], np.arange(5))


@pytest.mark.parametrize("name", NAMES)
def test_unknown_values_of_trials_are_known_in_blends(name):
    spec = spec_of(name)
    spec.vectors[::3, 1] = np.nan
    surrogate = spec.fit(seed=0)
    candidates = sample_columns(plain_space(), 60, 2)
    np.testing.assert_allclose(
        surrogate.predict_filled(candidates), surrogate.predict(candidates), atol=1e-9
    )
    assert_blocks_equal_twin(surrogate, candidates, candidates[0], np.arange(5))


@pytest.mark.parametrize("name", NAMES)
def test_scores_travel_and_do_not_depend_on_threads(name):
    surrogate = spec_of(name).fit(seed=0)
    candidates = sample_columns(plain_space(), 700, 2)
    one, two = (
        scores_of_blends(surrogate, candidates, candidates[0], np.arange(5), n_jobs=n_jobs)
        for n_jobs in (1, 2)
    )
    np.testing.assert_array_equal(one, two)
    other = pickle.loads(pickle.dumps(surrogate))
    three = scores_of_blends(other, candidates, candidates[0], np.arange(5))
    np.testing.assert_array_equal(one, three)


@pytest.mark.parametrize("name", NAMES)
def test_powers_of_two_scale_exactly(name):
    one, other = (spec_of(name, scale=scale).fit(seed=0) for scale in (1.0, 2.0**20))
    candidates = sample_columns(plain_space(), 100, 2)
    scores, scaled = (
        scores_of_blends(surrogate, candidates, candidates[0], np.arange(5))
        for surrogate in (one, other)
    )
    np.testing.assert_array_equal(scaled, 2.0**20 * scores)
    assert other.score == pytest.approx(one.score, abs=1e-12)


def test_auto_is_none_and_differs_from_its_parts():
    candidates = sample_columns(plain_space(), 20, 2)
    found = {name: spec_of(name).fit(seed=0) for name in (None, "auto", "gp", "forest")}
    scores = {name: surrogate.predict(candidates) for name, surrogate in found.items()}
    np.testing.assert_array_equal(scores[None], scores["auto"])
    assert found[None].score == found["auto"].score > 0.7
    assert not np.allclose(scores["auto"], scores["gp"])
    assert found["gp"].model.forest_ is None
    assert found["forest"].forest is not None


def test_resamples_keep_the_hyperparameters_of_all_trials():
    spec = spec_of("auto")
    fitted = spec.fit(seed=0)
    refitted = spec.refit(np.random.default_rng(1), fitted)
    assert refitted.model.process_.hyperparameters_ is fitted.model.process_.hyperparameters_
    assert not np.allclose(refitted.process.weights.sum(), fitted.process.weights.sum())
    again = spec.refit(np.random.default_rng(1), fitted)
    np.testing.assert_array_equal(refitted.predict(spec.vectors), again.predict(spec.vectors))


@pytest.mark.parametrize("name", NAMES)
def test_trees_alone_and_one_warning_where_the_process_cannot_be_fitted(monkeypatch, name):
    def fail(*arguments):
        raise ProcessFitError("It failed.")

    monkeypatch.setattr(averaged.ProductProcess, "fit", fail)
    spec = spec_of(name)
    with pytest.warns(SurrogateWarning, match=r"extra trees are used alone. It failed.") as caught:
        surrogate = spec.fit(seed=0)
    assert len(caught) == 1
    assert surrogate.forest is not None
    candidates = sample_columns(plain_space(), 60, 2)
    assert_blocks_equal_twin(surrogate, candidates, candidates[0], np.arange(5))


@pytest.mark.parametrize("n_trials", [1, 2, 3])
def test_few_trials_are_fitted(n_trials):
    vectors, scores = tree_problem(n_trials=n_trials)
    space = ConfigurationSpace({f"x{i}": (0.0, 1.0) for i in range(5)})
    surrogate = SurrogateSpec(None, vectors, scores, Legality(space, np.full(5, 0.5))).fit(seed=0)
    assert np.isfinite(surrogate.predict(vectors)).all()
