"""What `reduced_search` says where the best trial is better than anything the surrogate expects."""

import numpy as np
import pytest
from ConfigSpace import ConfigurationSpace

from skhypershap import HyperSHAPExplainer, SurrogateWarning


def reduced(noise):
    space = ConfigurationSpace({"a": (0.0, 1.0), "b": (0.0, 1.0), "c": (0.0, 1.0)}, seed=0)
    configs = space.sample_configuration(60)
    scores = np.array([-4 * (c["a"] - 0.7) ** 2 + 0.3 * c["b"] for c in configs])
    scores += noise * np.random.default_rng(0).standard_normal(60)
    HyperSHAPExplainer(space, random_state=0).fit(configs, scores).reduced_search()


def test_nothing_is_said_without_noise():
    reduced(0.0)


def test_a_lucky_incumbent_is_to_be_measured_again():
    with pytest.warns(SurrogateWarning, match=r"worse than .* may be luck.*verify\(X, y, cv"):
        reduced(0.3)
