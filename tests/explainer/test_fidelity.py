"""Trials at several fidelities: all are used, and every game is played at the largest."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from ConfigSpace import Categorical, ConfigurationSpace, EqualsCondition, Float
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.neighbors import KNeighborsRegressor
from sklearn.tree import DecisionTreeRegressor

from skhypershap import HyperSHAPExplainer
from skhypershap.space.encoding import encode

pytestmark = pytest.mark.filterwarnings("ignore::skhypershap.SurrogateWarning")


def runs(n_configs=60):
    """Configurations of a conditional space, each at three resources; more epochs score more."""
    space = ConfigurationSpace(seed=0)
    kind, rate = Categorical("kind", ["flat", "steep"]), Float("rate", (0.0, 1.0))
    space.add(kind, rate, EqualsCondition(rate, kind, "steep"))
    configs = [dict(config) for config in space.sample_configuration(n_configs)] * 3
    epochs = np.repeat([1, 3, 9], n_configs)
    scores = [
        np.sqrt(epoch) * (1 + 2 * config.get("rate", 0.2))
        for config, epoch in zip(configs, epochs, strict=True)
    ]
    return space, configs, np.array(scores), epochs


@pytest.mark.parametrize(
    "model",
    [None, DecisionTreeRegressor(), GradientBoostingRegressor(), KNeighborsRegressor(3)],
    ids=["forest", "tree", "boosting", "neighbours"],
)
def test_fidelity_is_input_of_surrogate_held_at_largest(model):
    space, configs, scores, epochs = runs()
    explainer = HyperSHAPExplainer(space, surrogate=model, n_samples=300, random_state=0)
    explainer.fit(configs, scores, fidelity=epochs)
    assert explainer.hyperparameter_names_ == ["kind", "rate"]
    assert explainer.surrogate_.n_features_in_ == 3
    asked = [{"kind": "flat"}, {"kind": "steep", "rate": 0.7}]
    vectors = encode(explainer.space_, asked)
    if not isinstance(model, (type(None), DecisionTreeRegressor)):
        default = explainer.space_["rate"].default_value
        vectors = np.where(np.isnan(vectors), default, vectors)
    by_hand = explainer.surrogate_.predict(np.column_stack([vectors, np.ones(2)]))
    np.testing.assert_allclose(explainer.predict_score(asked), by_hand)
    assert explainer.predict_score(asked)[1] > 5  # sqrt(9) * 2.4 is 7.2, at one epoch 2.4
    values = explainer.coalition_values("ablation", config=asked[1])["value"]
    blends = [{"kind": "flat"}, {"kind": "steep", "rate": default_rate(explainer)}]
    blends += [{"kind": "flat"}, asked[1]]
    np.testing.assert_allclose(values, explainer.predict_score(blends))


def default_rate(explainer):
    return explainer.space_["rate"].default_value


def test_incumbent_and_worst_are_of_largest_fidelity():
    """The best score of all is at 3 epochs, the worst at 1; neither counts."""
    space, configs, scores, epochs = runs(20)
    scores[np.flatnonzero(epochs == 3)[0]] = 1e3
    scores[np.flatnonzero(epochs == 1)[0]] = -1e3
    explainer = HyperSHAPExplainer(space, random_state=0).fit(configs, scores, fidelity=epochs)
    trials = explainer.trials_
    assert list(trials) == ["kind", "rate", "score", "fidelity"]
    assert trials["fidelity"].tolist() == epochs.tolist()
    largest = trials[trials["fidelity"] == 9]
    best = largest.loc[largest["score"].idxmax()]
    assert explainer.incumbent_["rate"] == best["rate"]
    worst = largest.loc[largest["score"].idxmin()]
    explainer.set_params(baseline="worst").fit(configs, scores, fidelity=epochs)
    assert explainer.baseline_["kind"] == worst["kind"]
    explainer.set_params(direction="minimize").fit(configs, scores, fidelity=epochs)
    assert explainer.incumbent_["kind"] == worst["kind"]
    assert explainer.baseline_["rate"] == best["rate"]


def test_constant_fidelity_is_ignored():
    space, configs, scores, _ = runs(20)
    plain = HyperSHAPExplainer(space, random_state=0).fit(configs, scores)
    same = HyperSHAPExplainer(space, random_state=0).fit(configs, scores, fidelity=np.full(60, 7))
    pd.testing.assert_frame_equal(plain.trials_, same.trials_)
    pd.testing.assert_frame_equal(plain.explain(), same.explain())


def test_fidelity_of_failed_trials_is_dropped():
    space, configs, scores, epochs = runs(20)
    scores[epochs == 9] = np.nan
    epochs = np.where(epochs == 9, np.nan, epochs)
    with pytest.warns(UserWarning, match="20 of 60 trials failed"):
        explainer = HyperSHAPExplainer(space, random_state=0).fit(configs, scores, fidelity=epochs)
    assert explainer.trials_["fidelity"].max() == 3


def test_small_fidelities_reduce_error_where_largest_has_few_trials():
    """The fidelity adds a constant to the score, so the effect of the rate can be learnt from all."""
    space, configs, _, epochs = runs(60)
    truth = np.array([2 * config.get("rate", 0.2) for config in configs])
    truth += np.random.default_rng(0).normal(0, 1e-3, len(truth))  # scores are hardly ever equal
    kept = np.flatnonzero((epochs < 9) | (np.arange(180) % 20 == 0))
    some = [configs[row] for row in kept]
    explainer = HyperSHAPExplainer(space, random_state=0)
    explainer.fit(some, (truth + 0.1 * epochs)[kept], fidelity=epochs[kept])
    top = kept[epochs[kept] == 9]
    alone = HyperSHAPExplainer(space, random_state=0)
    alone.fit([configs[row] for row in top], (truth + 0.9)[top])
    asked = configs[:60]
    error = np.abs(explainer.predict_score(asked) - truth[:60] - 0.9).mean()
    assert error < np.abs(alone.predict_score(asked) - truth[:60] - 0.9).mean()
