"""Faults of other libraries: each test fails once the library is repaired.

Then remove the work-around in `skhypershap/library_faults.py`, and the test.
"""

from __future__ import annotations

import copy
import random
from importlib.metadata import version

import numpy as np
import pytest
from ConfigSpace import (
    ConfigurationSpace,
    Float,
    ForbiddenGreaterThanEqualsClause,
    ForbiddenLessThanEqualsClause,
    Integer,
)
from sklearn.datasets import load_iris
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from skhypershap import library_faults
from skhypershap.space.domains import domain_of

VECTORS = np.array([[0.1, 0.5, 0.9]])


def clause_of(kind):
    space = ConfigurationSpace({"a": Float("a", (0.0, 1.0), default=0.6)})
    if kind is ForbiddenGreaterThanEqualsClause:
        space["a"].default_value = 0.1
    clause = kind(space["a"], 0.5)
    clause.set_vector_idx(space.index_of)
    return clause


def test_configspace_compares_arrays_with_at_most_the_wrong_way_round():
    clause = clause_of(ForbiddenLessThanEqualsClause)
    one_by_one = [bool(clause.is_forbidden_vector(vector)) for vector in VECTORS.T]
    assert one_by_one == [True, True, False]
    assert clause.is_forbidden_vector_array(VECTORS).tolist() == [False, True, True]
    assert library_faults.breaks_simple_clause(clause, VECTORS).tolist() == one_by_one


def test_configspace_prints_when_asked_for_at_least(capsys):
    clause = clause_of(ForbiddenGreaterThanEqualsClause)
    assert clause.is_forbidden_vector(VECTORS[:, 1])
    assert capsys.readouterr().out
    for part in library_faults.simple_clauses(clause):
        part.set_vector_idx({"a": 0})
        part.is_forbidden_vector(VECTORS[:, 1])
    assert not capsys.readouterr().out


def test_configspace_rounds_a_default():
    small = 1.2345678901234567e-9
    arguments = {"name": "x", "lower": 1e-10, "upper": 1.0, "log": True}
    kind = type(Float("x", (1e-10, 1.0), log=True))
    assert kind(**arguments, default_value=small).default_value != small
    copied = library_faults.with_exact_default(kind(**arguments), arguments, small)
    assert copied.default_value == small


def test_configspace_samples_log_integers_beside_their_numbers():
    count = Integer("n", (1, 10_000), log=True)
    sampled = count.sample_vector(1000, seed=np.random.RandomState(0))
    exact = library_faults.numbers_of_values(domain_of(count), sampled)
    assert (sampled != exact).any()
    np.testing.assert_allclose(sampled, exact, atol=1e-12)
    np.testing.assert_array_equal(exact, count.to_vector(count.to_value(sampled)))


@pytest.mark.filterwarnings("ignore:Argument ``multivariate`` is an experimental feature")
def test_optuna_keeps_the_search_space_of_the_last_study_in_a_copied_sampler():
    optuna = pytest.importorskip("optuna")

    def study_of(sampler, names):
        study = optuna.create_study(sampler=sampler)
        study.optimize(lambda trial: sum(trial.suggest_float(n, 0, 1) for n in names), n_trials=3)
        return study

    def searched_after_another_study(change):
        first = optuna.samplers.TPESampler(multivariate=True, n_startup_trials=9, seed=0)
        study_of(first, "xy")
        first.infer_relative_search_space(study_of(first, "xy"), None)
        sampler = copy.deepcopy(first)
        change(sampler)
        return set(sampler.infer_relative_search_space(study_of(sampler, "xz"), None))

    assert searched_after_another_study(lambda sampler: None) != {"x", "z"}
    assert searched_after_another_study(library_faults.forget_search_space) == {"x", "z"}


@pytest.fixture
def clean_deap():
    """sklearn-genetic-opt adds classes to deap, and warns where an earlier search has added them."""
    creator = pytest.importorskip("deap.creator")
    yield
    for name in ("FitnessMax", "Individual"):
        vars(creator).pop(name, None)


@pytest.mark.usefixtures("clean_deap")
@pytest.mark.filterwarnings("ignore:Warning, only one parameter", "ignore:A class named")
def test_sklearn_genetic_opt_makes_fractions_of_a_single_integer():
    """0.12.0: it combines a single hyperparameter as if it were a float, so one is refused."""
    pytest.importorskip("sklearn_genetic")
    if not version("sklearn-genetic-opt").startswith("0.12."):
        pytest.skip("other versions do not")
    from sklearn_genetic import GASearchCV
    from sklearn_genetic.space import Integer as Range

    random.seed(0)
    np.random.seed(0)
    search = GASearchCV(
        DecisionTreeClassifier(), param_grid={"max_depth": Range(1, 5)}, cv=2, population_size=4
    )
    with pytest.raises(ValueError, match=r"'max_depth' parameter .* must be an int"):
        search.fit(*load_iris(return_X_y=True))


def test_scikit_optimize_refuses_an_empty_dict_in_a_list():
    """0.10.2: so smaller searches over lists of dicts, which may become empty, are refused."""
    pytest.importorskip("skopt")
    from skopt import BayesSearchCV

    search = BayesSearchCV(SVC(), [{"C": (0.1, 1.0)}, {}], n_iter=1, cv=2)
    with pytest.raises(AssertionError):
        search.fit(*load_iris(return_X_y=True))
