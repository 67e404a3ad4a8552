"""HyperSHAP's forest sees raw scores; scikit-learn's limit for impurity does not decide."""

from __future__ import annotations

import numpy as np
import pytest
from ConfigSpace import ConfigurationSpace
from sklearn.ensemble import RandomForestRegressor

from skhypershap import HyperSHAPExplainer
from skhypershap.surrogate.raw_scores import scale_for_splits

SPACE = ConfigurationSpace({"a": (0.0, 1.0), "b": (0.0, 1.0), "c": (0.0, 1.0)}, seed=0)
CONFIGS = SPACE.sample_configuration(80)
SCORES = np.array([np.sin(3 * c["a"]) + c["b"] * c["c"] for c in CONFIGS])
pytestmark = pytest.mark.filterwarnings("ignore::skhypershap.errors.HyperSHAPWarning")


def explained(scores, game="tunability"):
    explainer = HyperSHAPExplainer(SPACE, surrogate="forest", n_samples=100, random_state=0)
    return explainer.fit(CONFIGS, scores).explain(game, order=1).set_index("interaction")["value"]


@pytest.fixture(scope="module")
def values():
    return explained(SCORES)


@pytest.mark.parametrize("power", [20, 400, 900, -10, -20, -26, -40, -400, -900])
def test_values_scale_exactly_with_powers_of_two(values, power):
    found = explained(np.ldexp(SCORES, power))
    assert np.ldexp(found, -power).to_dict() == values.to_dict()


@pytest.mark.parametrize("power", [0, 10, -3])
def test_usual_scores_are_not_scaled(power):
    assert scale_for_splits(np.ldexp(SCORES, power)) == 1.0
    scores = np.ldexp(SCORES, power)
    explainer = HyperSHAPExplainer(SPACE, surrogate="forest", random_state=0).fit(CONFIGS, scores)
    assert type(explainer.surrogate_) is RandomForestRegressor
    vectors = np.array([config.get_array() for config in CONFIGS])
    forest = RandomForestRegressor(100, random_state=0).fit(vectors, scores)
    assert explainer.surrogate_.predict(vectors).tolist() == forest.predict(vectors).tolist()


@pytest.mark.parametrize(
    "scores",
    [
        np.zeros(5),
        np.full(5, 1e-300),
        np.array([0.9, 0.9 + 1e-16, 0.95]),  # ties but for rounding
        np.array([0.0, 1e-9, 1.0]),  # a difference that does not matter
    ],
)
def test_scores_without_lost_differences_are_not_scaled(scores):
    assert scale_for_splits(scores) == 1.0


def test_scores_up_to_the_largest_float_give_numbers():
    scores = SCORES * 1e300
    assert np.isfinite(explained(scores)).all()
    explainer = HyperSHAPExplainer(SPACE, surrogate="forest", random_state=0)
    assert 0 < explainer.fit(CONFIGS, scores).surrogate_score_ < 1


@pytest.mark.parametrize("surrogate", ["forest", "auto"])
def test_variance_beyond_floats_is_refused(surrogate):
    explainer = HyperSHAPExplainer(SPACE, surrogate=surrogate, n_samples=50, random_state=0)
    explainer.fit(CONFIGS, SCORES * 1e200)
    with pytest.raises(ValueError, match=r"sensitivity.*too large.*Divide"):
        explainer.explain("sensitivity")
