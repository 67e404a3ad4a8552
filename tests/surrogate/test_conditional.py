"""Blends of spaces with conditions under the default surrogate: the slow twin, threads, resamples."""

import pickle

import numpy as np
import pytest
from ConfigSpace import Categorical, ConfigurationSpace, EqualsCondition, Float
from conftest import CONDITIONAL_SPACES, scores_of_blends
from hypothesis import given, settings
from hypothesis import strategies as st
from random_spaces import legality_of, random_space

from skhypershap.space.sampling import sample_vectors
from skhypershap.surrogate import conditional, linked_columns
from skhypershap.surrogate.blends import Blends, all_coalitions
from skhypershap.surrogate.conditional import ConditionalSurrogate
from skhypershap.surrogate.fitting import SurrogateSpec
from skhypershap.surrogate.surrogate import LARGEST

NAMES = ["auto", "gp"]


def spec_of(name, space, n_trials=80, *, fidelity=None, scale=1.0):
    vectors = sample_vectors(space, n_trials, 0)
    scores = np.nan_to_num(vectors, nan=-1.0) @ np.arange(1.0, 1 + len(space))
    scores = scores + np.sin(5 * np.nan_to_num(vectors)).sum(axis=1)
    if fidelity is not None:
        scores = scores + fidelity
    return SurrogateSpec(name, vectors, scale * scores, legality_of(space), fidelity)


def twin(surrogate, blends, coalitions):
    """Blend, make legal, and let the model itself predict."""
    legality = surrogate.legality
    rows = []
    for coalition in coalitions:
        vectors = legality.legal(blends.vectors(coalition[None])[0])
        rows.append(surrogate.model.predict(surrogate.inputs.seen(vectors, LARGEST)))
    return np.array(rows)


def assert_equal_twin(surrogate, players, some=None, n_candidates=50):
    space = surrogate.legality.space
    candidates = surrogate.legality.fill(sample_vectors(space, n_candidates, 1))
    blends = Blends(candidates, candidates[3], np.array(players))
    coalitions = all_coalitions(blends.n_players) if some is None else some
    expected = twin(surrogate, blends, coalitions)
    seen = np.zeros(expected.shape, dtype=int)
    for block in surrogate.coalition_blocks(blends, some):
        at = np.ix_(np.arange(len(coalitions))[block.coalitions], block.candidates)
        seen[at] += 1
        legal = ~np.isnan(block.scores)
        np.testing.assert_allclose(
            block.scores[legal],
            expected[at][legal],
            rtol=0,
            atol=1e-9 * np.ptp(surrogate.model.warp_.scores),
        )
    assert np.all(seen == 1)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", CONDITIONAL_SPACES)
def test_blends_equal_the_twin(name, kind):
    space = CONDITIONAL_SPACES[kind]()
    surrogate = spec_of(name, space).fit(seed=0)
    assert isinstance(surrogate, ConditionalSurrogate)
    assert_equal_twin(surrogate, range(len(space)))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "players",
    [[0, 0, 1, 1], [0, 1, 0, 1], [0, -1, 1, 2], [-1, 0, 1, 2], [0, 1, 2, -1], [3, 2, 1, 0]],
)
def test_groups_and_columns_without_a_player_equal_the_twin(name, players):
    assert_equal_twin(spec_of(name, CONDITIONAL_SPACES["chain"]()).fit(seed=0), players)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**31))
def test_blends_of_random_spaces_equal_the_twin(seed):
    space = random_space(seed)
    surrogate = spec_of("gp", space, 30).fit_unmeasured(seed=0)
    generator = np.random.default_rng(seed)
    players = generator.integers(-1, 4, size=len(space))
    players[:4] = generator.permutation(4)
    assert_equal_twin(surrogate, players, n_candidates=10)
    assert_equal_twin(surrogate, players, generator.random((9, 4)) < 0.5, n_candidates=10)


@pytest.mark.parametrize("name", NAMES)
def test_some_coalitions_equal_the_twin(name):
    space = CONDITIONAL_SPACES["mixed"]()
    some = all_coalitions(len(space))[[3, 30, 0, 17, 3, 127]]
    assert_equal_twin(spec_of(name, space).fit(seed=0), range(len(space)), some)


@pytest.mark.parametrize("name", NAMES)
def test_fidelity_is_held_at_its_largest(name):
    fidelity = np.random.default_rng(0).choice([0.0, 0.3, 1.0], size=80)
    space = CONDITIONAL_SPACES["chain"]()
    assert_equal_twin(spec_of(name, space, fidelity=fidelity).fit(seed=0), range(4))


def test_factors_of_too_many_players_are_predicted(monkeypatch):
    surrogate = spec_of("gp", CONDITIONAL_SPACES["chain"]()).fit(seed=0)
    candidates = surrogate.legality.fill(sample_vectors(surrogate.legality.space, 30, 1))
    expected = scores_of_blends(surrogate, candidates, candidates[0], np.arange(4))
    monkeypatch.setattr(conditional, "MOST_TOGETHER", 3)
    assert not surrogate._has_kernel(Blends(candidates, candidates[0], np.arange(4)))
    found = scores_of_blends(surrogate, candidates, candidates[0], np.arange(4))
    np.testing.assert_allclose(found, expected, atol=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_scores_travel_and_do_not_depend_on_threads(name):
    space = CONDITIONAL_SPACES["mixed"]()
    surrogate = spec_of(name, space).fit(seed=0)
    candidates = surrogate.legality.fill(sample_vectors(space, 700, 1))
    players = np.arange(len(space))
    one, two = (
        scores_of_blends(surrogate, candidates, candidates[0], players, n_jobs=n_jobs)
        for n_jobs in (1, 2)
    )
    np.testing.assert_array_equal(one, two)
    other = pickle.loads(pickle.dumps(surrogate))
    three = scores_of_blends(other, candidates, candidates[0], players)
    np.testing.assert_array_equal(one, three)


@pytest.mark.parametrize("name", NAMES)
def test_powers_of_two_scale_exactly(name):
    space = CONDITIONAL_SPACES["chain"]()
    one, other = (spec_of(name, space, scale=scale).fit(seed=0) for scale in (1.0, 2.0**20))
    candidates = one.legality.fill(sample_vectors(space, 60, 1))
    scores, scaled = (
        scores_of_blends(surrogate, candidates, candidates[0], np.arange(4))
        for surrogate in (one, other)
    )
    np.testing.assert_array_equal(scaled, 2.0**20 * scores)


def test_resamples_keep_the_hyperparameters_of_all_trials():
    spec = spec_of("auto", CONDITIONAL_SPACES["chain"]())
    fitted = spec.fit(seed=0)
    refitted = spec.refit(np.random.default_rng(1), fitted)
    assert refitted.model.process_.hyperparameters_ is fitted.model.process_.hyperparameters_
    assert not np.allclose(refitted.predict(spec.vectors), fitted.predict(spec.vectors))


def wide_space(n_children):
    """A choice that switches children on."""
    space = ConfigurationSpace(seed=0)
    kind = Categorical("kind", ["p", "q"])
    children = [Float(f"c{i}", (0.0, 1.0)) for i in range(n_children)]
    space.add(kind, Float("free", (0.0, 1.0)), *children)
    space.add([EqualsCondition(child, kind, "q") for child in children])
    return space


def test_linked_columns_are_found_through_others():
    chain = CONDITIONAL_SPACES["chain"]()
    assert linked_columns.linked_columns(chain) == [[0, 1, 2, 3]]
    assert linked_columns.linked_columns(ConfigurationSpace({"a": (0.0, 1.0)})) == []
    space = wide_space(2)
    expected = sorted(space.index_of[name] for name in ("c0", "c1", "kind"))
    assert linked_columns.linked_columns(space) == [expected]


@pytest.mark.parametrize(("n_children", "has_process"), [(7, True), (8, False)])
def test_trees_are_alone_where_more_than_eight_columns_are_linked(n_children, has_process):
    surrogate = spec_of("auto", wide_space(n_children), 30).fit_unmeasured(seed=0)
    assert (surrogate.model.process_ is not None) == has_process
    assert (surrogate.forest is None) == has_process
    assert surrogate.model.failure_ is None
    alone = spec_of("gp", wide_space(n_children), 30).fit_unmeasured(seed=0)
    assert alone.model.forest_ is None
