"""Trials that were read are a source themselves."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
from conftest import bowl, run_study
from sklearn.base import clone

from skhypershap import HyperSHAPExplainer, read_trials
from skhypershap.errors import TrialsWarning

pytestmark = [
    pytest.mark.filterwarnings("ignore:No default is known"),
]


def test_trials_explain_as_their_source(mixed_space, mixed_trials):
    configs, scores = mixed_trials
    trials = read_trials(mixed_space, configs=configs, scores=scores)
    expected = HyperSHAPExplainer(mixed_space, n_samples=50, random_state=0).fit(configs, scores)
    explainer = clone(HyperSHAPExplainer(trials, n_samples=50, random_state=0)).fit()
    pd.testing.assert_frame_equal(explainer.explain(), expected.explain())
    again = pickle.loads(pickle.dumps(explainer))
    pd.testing.assert_frame_equal(again.explain(), expected.explain())


def test_trials_keep_direction_fidelity_and_failures(mixed_space, mixed_trials):
    configs, scores = mixed_trials
    scores = np.where(np.arange(80) < 3, np.nan, scores)
    fidelity = 1.0 + np.arange(80) % 2
    with pytest.warns(TrialsWarning, match="3 of 80 trials failed"):
        trials = read_trials(
            mixed_space, configs=configs, scores=scores, fidelity=fidelity, direction="minimize"
        )
    assert trials.failed == configs[:3]
    with pytest.warns(TrialsWarning, match="3 of 80 trials failed"):
        again = read_trials(trials)
    assert again.configs == trials.configs
    assert again.failed == trials.failed
    assert again.direction == "minimize"
    np.testing.assert_array_equal(again.scores, trials.scores)
    np.testing.assert_array_equal(again.fidelity, trials.fidelity)


def test_trials_of_a_study():
    study = run_study(bowl)
    trials = read_trials(study)
    expected = HyperSHAPExplainer(study, n_samples=50, random_state=0).fit().explain()
    explainer = HyperSHAPExplainer(trials, n_samples=50, random_state=0).fit()
    pd.testing.assert_frame_equal(explainer.explain(), expected)


def test_other_metric_or_space_is_an_error(mixed_space, mixed_trials):
    trials = read_trials(mixed_space, configs=mixed_trials[0], scores=mixed_trials[1])
    with pytest.raises(ValueError, match="Unknown metric 'loss'"):
        HyperSHAPExplainer(trials, metric="loss").fit()
    with pytest.raises(ValueError, match="space="):
        read_trials(trials, space=mixed_space)
