"""Domains of hyperparameters: the cache of choices."""

from __future__ import annotations

import pickle

import numpy as np
from ConfigSpace import Categorical, OrdinalHyperparameter
from sklearn.svm import SVC

from skhypershap.space.domains import domain_of


def test_domain_of_choices_is_built_once():
    units = OrdinalHyperparameter("units", [8, 16])
    assert domain_of(units) is domain_of(units)


def test_domains_of_equal_choices_keep_their_types():
    """(1, 2) == (1.0, 2.0) == (True, 2) in Python."""
    for choices in ([1, 2], [1.0, 2], [True, 2]):
        domain = domain_of(Categorical("x", choices))
        assert list(map(type, domain.decode(np.array([0, 1])))) == list(map(type, choices))


def test_domain_of_changed_choices_is_built_again():
    svc = SVC(C=1)
    hyperparameter = Categorical("clf", [svc, "none"])
    assert domain_of(hyperparameter).encode([SVC(C=1)]).tolist() == [0]
    svc.set_params(C=2)
    assert domain_of(hyperparameter).encode([SVC(C=2)]).tolist() == [0]
    assert np.isnan(domain_of(hyperparameter).encode([SVC(C=1)])[0])


def test_domain_of_a_copy_equals_the_original():
    kind = Categorical("kind", ["a", None, 3])
    again = domain_of(pickle.loads(pickle.dumps(kind)))
    assert again == domain_of(kind)
