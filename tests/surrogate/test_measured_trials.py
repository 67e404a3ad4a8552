"""Measured trials: in every tree, fold and resample, and never held out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from ConfigSpace import ConfigurationSpace
from sklearn.ensemble import ExtraTreesRegressor, RandomForestRegressor
from sklearn.model_selection import KFold
from sklearn.neighbors import KNeighborsRegressor

from skhypershap import HyperSHAPExplainer
from skhypershap.space.conditions import Legality
from skhypershap.surrogate.fitting import SurrogateSpec

N_SOURCE, N_MEASURED = 40, 3


def spec_of(model, n_measured=N_MEASURED):
    """Trials near zero, followed by measured trials in a corner that score 100."""
    generator = np.random.default_rng(0)
    vectors = generator.uniform(0, 0.9, size=(N_SOURCE + N_MEASURED, 2))
    scores = vectors.sum(axis=1)
    vectors[N_SOURCE:], scores[N_SOURCE:] = 0.95 + 0.01 * np.arange(3)[:, None], 100.0
    legality = Legality(ConfigurationSpace({"a": (0.0, 1.0), "b": (0.0, 1.0)}), np.zeros(2))
    return SurrogateSpec(model, vectors, scores, legality, n_measured=n_measured)


def test_nearly_every_tree_of_a_bootstrap_has_each_measured_trial():
    forest = RandomForestRegressor(400, random_state=0)
    model = spec_of(forest).fit(0).model
    rows = np.arange(N_SOURCE + 3 * N_MEASURED)
    trial = np.where(rows < N_SOURCE, rows, N_SOURCE + (rows - N_SOURCE) % N_MEASURED)
    drawn = np.array(
        [np.isin(range(N_SOURCE + N_MEASURED), trial[s]) for s in model.estimators_samples_]
    )
    frequency = drawn.mean(axis=0)
    assert frequency[N_SOURCE:] == pytest.approx(1 - np.exp(-3), abs=0.04)
    assert frequency[:N_SOURCE].mean() == pytest.approx(1 - np.exp(-1), abs=0.04)


def test_trees_without_bootstrap_predict_measured_trials_exactly():
    spec = spec_of(ExtraTreesRegressor(20, random_state=0))
    predicted = spec.fit(0).predict(spec.vectors)
    np.testing.assert_allclose(predicted, spec.scores, rtol=1e-12)


def test_without_measured_trials_the_forest_is_the_plain_one():
    spec = spec_of("forest", n_measured=0)
    plain = RandomForestRegressor(100, random_state=7).fit(spec.vectors, spec.scores)
    np.testing.assert_array_equal(spec.fit(7).predict(spec.vectors), plain.predict(spec.vectors))


def test_folds_train_on_all_measured_trials():
    spec = spec_of(KNeighborsRegressor(1))
    held_out = spec.fit(3).held_out
    assert held_out.shape == (N_SOURCE,)
    expected = np.empty(N_SOURCE)
    for seen, unseen in KFold(5, shuffle=True, random_state=3).split(spec.vectors[:N_SOURCE]):
        seen = np.append(seen, np.arange(N_SOURCE, N_SOURCE + N_MEASURED))
        model = KNeighborsRegressor(1).fit(spec.vectors[seen], spec.scores[seen])
        expected[unseen] = model.predict(spec.vectors[unseen])
    np.testing.assert_array_equal(held_out, expected)
    assert (expected == 100).any()  # a measured trial is the nearest of some


@pytest.mark.parametrize("model", [RandomForestRegressor(50), KNeighborsRegressor(2)])
def test_score_counts_trials_of_the_source_only(model):
    spec = spec_of(model)
    surrogate = spec.fit(0)
    known = ~np.isnan(surrogate.held_out)
    scores = spec.scores[:N_SOURCE][known]
    residual = ((scores - surrogate.held_out[known]) ** 2).sum()
    assert surrogate.score == pytest.approx(1 - residual / ((scores - scores.mean()) ** 2).sum())


def test_every_resample_has_every_measured_trial():
    seen = []

    class Memory(KNeighborsRegressor):
        def fit(self, X, y):
            seen.append((X, y))
            return super().fit(X, y)

    spec = spec_of(Memory(1))
    surrogate = spec.fit(0)
    seen.clear()
    for draw in range(20):
        spec.refit(np.random.default_rng(draw), surrogate)
    for rows, scores in seen:
        assert len(rows) == N_SOURCE + N_MEASURED
        np.testing.assert_array_equal(rows[N_SOURCE:], spec.vectors[N_SOURCE:])
        assert (scores[:N_SOURCE] < 100).all()
    assert len({rows.tobytes() for rows, _ in seen}) == 20


@pytest.mark.parametrize("name", ["auto", "gp"])
def test_measured_trials_are_followed_and_baselines_most(name):
    generator = np.random.default_rng(1)
    vectors = generator.random((61, 2))
    scores = np.sin(3 * vectors[:, 0]) + vectors[:, 1] + generator.normal(0, 0.2, 61)
    vectors[60], scores[60] = 0.5, 2.2  # far above what its neighbours have
    legality = Legality(ConfigurationSpace({"a": (0.0, 1.0), "b": (0.0, 1.0)}), np.zeros(2))
    spec = SurrogateSpec(name, vectors, scores, legality)
    specs = [spec, replace(spec, n_measured=1), replace(spec, n_measured=1, baselines=(0,))]
    trial, claim, baseline = (abs(one.fit(0).predict(vectors[60:])[0] - 2.2) for one in specs)
    assert claim < 0.9 * trial
    assert baseline < 0.05


@pytest.mark.filterwarnings("ignore::skhypershap.SurrogateWarning")
def test_every_resample_has_the_trial_of_the_baseline():
    """A search that tried its own default would lose it in 37 % of the resamples."""
    space = ConfigurationSpace({"a": (0.0, 1.0), "b": (0.0, 1.0)}, seed=0)
    configs = [dict(config) for config in space.sample_configuration(N_SOURCE)]
    baseline = dict(configs[7])
    scores = np.array([config["a"] for config in configs])
    scores[7] = 100.0
    explainer = HyperSHAPExplainer(
        space, surrogate=KNeighborsRegressor(1), baseline=baseline, n_samples=20, random_state=0
    )
    spec = explainer.fit(configs, scores).fitted_.spec
    np.testing.assert_array_equal(spec.always, [7])
    sizes = set()
    for draw in range(20):
        refitted = spec.refit(np.random.default_rng(draw), explainer.fitted_.surrogate)
        assert refitted.predict(spec.vectors[[7]])[0] == 100.0
        sizes.add(refitted.model.n_samples_fit_)
    assert sizes == {N_SOURCE, N_SOURCE + 1}  # an own copy only where it was not drawn


@pytest.mark.filterwarnings("ignore::skhypershap.SurrogateWarning")
@pytest.mark.filterwarnings("ignore::skhypershap.BaselineWarning")
def test_trials_of_a_configuration_are_those_at_the_largest_resource():
    space = ConfigurationSpace({"a": (0.0, 1.0)}, seed=0)
    configs = [{"a": 0.5}, {"a": 0.5}, {"a": 0.25}, {"a": 0.5}]
    explainer = HyperSHAPExplainer(space, baseline={"a": 0.5}, random_state=0)
    fitted = explainer.fit(configs, [1.0, 2.0, 3.0, 4.0], fidelity=[1, 9, 9, 9]).fitted_
    np.testing.assert_array_equal(fitted.spec.always, [1, 3])
