"""Configurations are measured as the trials of the search were."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.model_selection import KFold
from sklearn.model_selection._search_successive_halving import _SubsampleMetaSplitter
from sklearn.svm import SVC

from skhypershap.advice import measuring
from skhypershap.advice.measuring import SubsampledSplits


def test_splits_of_a_part_are_those_of_halving_searches():
    X = np.arange(30)
    ours = SubsampledSplits(KFold(3), 0.35, 1)
    known = _SubsampleMetaSplitter(
        base_cv=KFold(3), fraction=0.35, subsample_test=True, random_state=1
    )
    assert ours.get_n_splits(X) == 3
    for (train, test), (known_train, known_test) in zip(
        ours.split(X), known.split(X, None), strict=True
    ):
        assert (len(train), len(test)) == (7, 3)
        np.testing.assert_array_equal(train, known_train)
        np.testing.assert_array_equal(test, known_test)


@pytest.mark.parametrize(("largest", "fraction"), [(10, 0.5), (20, 1.0), (40, 1.0)])
def test_last_rung_over_samples_has_a_part_of_the_data(largest, fraction, monkeypatch):
    monkeypatch.setattr(measuring, "largest_resource", lambda search: ("n_samples", largest))
    search = SimpleNamespace(cv=KFold(4), estimator=SVC(), random_state=0)
    for X in (np.zeros((20, 2)), [[0.0, 0.0]] * 20):
        resource, splits = measuring._as_last_rung(search, X, np.zeros(20))
        assert resource == {}
        assert (splits.fraction, splits.get_n_splits()) == (fraction, 4)
    monkeypatch.setattr(measuring, "largest_resource", lambda search: ("n_estimators", largest))
    assert measuring._as_last_rung(search, X, None) == ({"n_estimators": largest}, search.cv)
    monkeypatch.setattr(measuring, "largest_resource", lambda search: None)
    assert measuring._as_last_rung(search, X, None) == ({}, search.cv)


@pytest.mark.parametrize(("own", "used"), [("raise", np.nan), (-1.0, -1.0), (np.nan, np.nan)])
def test_one_failure_does_not_stop_the_others(own, used, monkeypatch):
    seen = []

    def scored(search, configs, data, metric, fit_params, *, cv, error_score):
        seen.append(error_score)
        if len(configs) > 2:
            raise ValueError("All the 5 fits failed.")
        if len(configs) > 1:
            raise ValueError("n_splits is too large.")
        return np.array([0.5]), None

    monkeypatch.setattr(measuring, "cross_validated", scored)
    search = SimpleNamespace(error_score=own)
    assert measuring._scores(search, [{}], ([], []), None, {}, None).tolist() == [0.5]
    np.testing.assert_equal(seen, [used])
    assert np.isnan(measuring._scores(search, [{}] * 3, ([], []), None, {}, None)).all()
    with pytest.raises(ValueError, match="n_splits is too large"):
        measuring._scores(search, [{}] * 2, ([], []), None, {}, None)


@pytest.mark.parametrize("verbose", [0, 1])
def test_configurations_run_in_pieces_only_where_a_bar_shows_them(verbose, monkeypatch):
    pieces = []

    def scores(search, configs, data, metric, fit_params, cv):
        pieces.append(len(configs))
        return np.array([config["a"] for config in configs])

    monkeypatch.setattr(measuring, "_scores", scores)
    monkeypatch.setattr(measuring, "largest_resource", lambda search: None)
    monkeypatch.setattr(measuring, "check_can_evaluate", lambda search: None)
    search = SimpleNamespace(cv=KFold(2), n_jobs=2)
    configs = [{"a": value} for value in (1.0, np.inf, 3.0, -np.inf, 5.0)]
    found = measuring.measured_scores(search, configs, [], [], None, {}, verbose=verbose)
    np.testing.assert_array_equal(found, [1.0, np.nan, 3.0, np.nan, 5.0])
    assert pieces == ([2, 2, 1] if verbose else [5])
    assert not len(measuring.measured_scores(search, [], [], [], None, {}, verbose=verbose))
