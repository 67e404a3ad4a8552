"""scikit-optimize's BayesSearchCV, whose spaces have short forms of their own."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import Pipeline
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from skhypershap import HyperSHAPExplainer, read_trials
from skhypershap.advice.reduced_search import reduced
from skhypershap.advice.verification import measured
from skhypershap.space.domains import domain_of
from skhypershap.space.encoding import decode
from skhypershap.space.sampling import sample_vectors
from skhypershap.trials import space_of_search

pytest.importorskip("skopt")
from skopt import BayesSearchCV
from skopt.space import Categorical, Integer, Real

pytestmark = [
    pytest.mark.filterwarnings("ignore::skhypershap.SurrogateWarning"),
    pytest.mark.filterwarnings("ignore:Dimension .* was inferred to"),
    pytest.mark.filterwarnings("ignore:The objective has been evaluated at"),
]

X, Y = load_iris(return_X_y=True)


def run(spaces, estimator=None, n_iter=6, **kwargs):
    estimator = SVC(gamma=0.5) if estimator is None else estimator
    return BayesSearchCV(estimator, spaces, n_iter=n_iter, cv=2, random_state=0, **kwargs).fit(X, Y)


@pytest.fixture(scope="module")
def search():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return run(
            {
                "C": Real(1e-2, 1e2, "log-uniform"),
                "degree": Integer(1, 4),
                "kernel": Categorical(["rbf", "poly", "sigmoid"]),
                "shrinking": [True, False],
            },
            n_iter=12,
            scoring="accuracy",
        )


def test_search_is_read_as_its_results(search):
    trials = read_trials(search)
    assert trials.configs == [dict(params) for params in search.cv_results_["params"]]
    assert {type(config["shrinking"]) for config in trials.configs} == {bool}
    assert {type(config["degree"]) for config in trials.configs} == {int}
    np.testing.assert_array_equal(trials.scores, search.cv_results_["mean_test_score"])
    assert (trials.metric, trials.direction) == ("accuracy", "maximize")
    assert trials.default == {"C": 1.0, "degree": 3, "kernel": "rbf", "shrinking": True}
    c, degree = trials.space["C"], trials.space["degree"]
    assert (c.lower, c.upper, c.log) == (0.01, 100, True)
    assert (degree.lower, degree.upper, degree.log) == (1, 4, False)
    assert domain_of(trials.space["shrinking"]).values == (True, False)


def test_explanation_equals_that_of_its_trials(search):
    trials = read_trials(search)
    read = HyperSHAPExplainer(search, baseline="median", random_state=0).fit()
    given = HyperSHAPExplainer(trials.space, baseline="median", random_state=0)
    given.fit(trials.configs, trials.scores)
    games = ["tunability", "ablation"]
    pd.testing.assert_frame_equal(read.explain(games), given.explain(games))
    assert read.baseline_ == given.baseline_


def test_search_runs_and_predicts(search):
    explainer = HyperSHAPExplainer(search, baseline_score="predict", random_state=0).fit(X, Y)
    assert explainer.search_ is not search
    assert explainer.trials_["score"].tolist() == search.cv_results_["mean_test_score"].tolist()
    np.testing.assert_array_equal(explainer.predict(X), search.predict(X))


@pytest.mark.parametrize(
    "form",
    [
        (1, 10),
        (1.0, 10),
        (1e-3, 1, "log-uniform"),
        (1, 100, "log-uniform"),
        (1, 100, "uniform"),
        (1e-3, 1, "log-uniform", 2),
        [1, 10],
        [0.5, 10],
        [0.1, 1, "log-uniform"],
        [1, 5, 10],
        (1, 5, 10, 20),
        [True, False],
        ["a", "b"],
        [None, "a"],
        [7],
        np.array([1, 5]),
        np.array(["a", "b"]),
        Real(1e-3, 10, "log-uniform", base=2),
        Real(1, 10),
        Integer(1, 64, "log-uniform"),
        Categorical([0.1, 1, 10]),
    ],
    ids=str,
)
def test_every_form_of_dimension_contains_its_draws(form):
    """Its own `check_dimension` resolves the form, its own `rvs` draws from it."""
    from skopt.space import check_dimension

    unfitted = BayesSearchCV(SVC(), {"C": form, "tol": (1e-4, 1e-2)})
    space = space_of_search(unfitted)
    dimension = check_dimension(form)
    drawn = dimension.rvs(300, random_state=0)
    numbers = domain_of(space["C"]).encode([np.array(value).item() for value in drawn])
    assert not np.isnan(numbers).any()
    ours = [config["C"] for config in decode(space, sample_vectors(space, 300, 0))]
    assert all(value in dimension for value in ours)
    if isinstance(dimension, (Real, Integer)):
        middle = np.median(np.array(ours, dtype=float))
        below = np.mean([value <= middle for value in drawn])
        assert below == pytest.approx(0.5, abs=0.12)


def test_probabilities_of_categories_are_kept():
    spaces = {
        "kernel": Categorical(["rbf", "poly", "linear"], prior=[0.5, 0.2, 0.3]),
        "C": Categorical([10, 0.1, 1], prior=[0.6, 0.3, 0.1]),
    }
    space = space_of_search(BayesSearchCV(SVC(), spaces))
    configs = decode(space, sample_vectors(space, 4000, 0))
    for name, value, chance in (("kernel", "rbf", 0.5), ("kernel", "poly", 0.2), ("C", 10, 0.6)):
        share = np.mean([config[name] == value for config in configs])
        assert share == pytest.approx(chance, abs=0.03)
    assert domain_of(space["C"]).values == (0.1, 1, 10)
    assert domain_of(space["C"]).ordered


def test_pairs_of_dict_and_iterations_are_read_with_conditions():
    search = run(
        [
            ({"kernel": ["rbf"], "C": (1e-2, 1e2, "log-uniform"), "gamma": (0.1, 1.0)}, 4),
            {"kernel": Categorical(["linear"]), "C": (1e-2, 1e2, "log-uniform")},
        ],
        n_iter=3,
    )
    trials = read_trials(search)
    assert trials.configs == [dict(params) for params in search.cv_results_["params"]]
    assert ["gamma" in config for config in trials.configs] == [True] * 4 + [False] * 3
    (condition,) = trials.space.conditions
    assert (condition.child.name, condition.parent.name, condition.value) == (
        "gamma",
        "kernel",
        "rbf",
    )
    assert trials.space["C"].log


def test_estimators_are_categories():
    search = run(
        [
            {"clf": [SVC()], "clf__C": (1e-2, 1e2, "log-uniform")},
            {"clf": Categorical([DecisionTreeClassifier()]), "clf__max_depth": Integer(1, 5)},
        ],
        Pipeline([("clf", SVC())]),
        n_iter=3,
    )
    trials = read_trials(search)
    assert [set(c) for c in trials.configs] == [set(p) for p in search.cv_results_["params"]]
    assert [type(config["clf"]) for config in trials.configs] == [SVC] * 3 + [
        DecisionTreeClassifier
    ] * 3
    explainer = HyperSHAPExplainer(search, baseline="median", random_state=0).fit()
    assert set(explainer.explain(order=1)["interaction"]) == {"clf", "clf__C", "clf__max_depth"}


def test_metric_is_chosen_by_name(search):
    both = run(
        {"C": (0.1, 10.0), "tol": (1e-4, 1e-2)}, scoring=["accuracy", "f1_macro"], refit="f1_macro"
    )
    assert read_trials(both).metric == "f1_macro"
    trials = read_trials(both, metric="accuracy")
    np.testing.assert_array_equal(trials.scores, both.cv_results_["mean_test_accuracy"])
    with pytest.raises(ValueError, match=r"'acuracy'.*Did you mean 'accuracy'.*'f1_macro'"):
        read_trials(both, metric="acuracy")


def test_space_that_lacks_trials_is_refused_with_a_count(search):
    with pytest.raises(
        ValueError, match=r"of 12 values of 'degree' are outside the space; the first is"
    ):
        read_trials(
            search,
            space={
                "C": Real(1e-2, 1e2, "log-uniform"),
                "degree": [3],
                "kernel": ["rbf", "poly", "sigmoid"],
                "shrinking": [True, False],
            },
        )


def test_smaller_search_over_a_dict_runs(search):
    space = space_of_search(search)
    fixed = {"C": 3.0, "degree": 2, "kernel": "poly", "shrinking": False}
    smaller = reduced(search, space, ["C", "shrinking"], fixed).set_params(n_iter=3)
    assert smaller.search_spaces == {
        name: search.search_spaces[name] for name in ("C", "shrinking")
    }
    held = smaller.estimator.get_params()
    assert {**held, "kernel": "poly", "degree": 2} == held
    assert search.estimator.kernel == "rbf"
    trials = read_trials(smaller.fit(X, Y))
    assert len(trials.configs) == 3
    assert repr(trials.space["C"]) == repr(space["C"])


def test_smaller_search_over_a_list_of_dicts_is_refused():
    spaces = [({"kernel": ["rbf"], "C": (0.1, 9.0)}, 3), {"kernel": ["linear"], "C": (1.0, 9.0)}]
    search = BayesSearchCV(SVC(), spaces, n_iter=2, cv=2, random_state=0)
    with pytest.raises(
        TypeError, match=r"empty dicts that its list of search_spaces.*best_subsets"
    ):
        reduced(search, space_of_search(search), ["C"], {"kernel": "rbf", "C": 5.0})


def test_chosen_estimator_has_the_held_values():
    space = {"clf": Categorical([SVC(), SVC(kernel="linear")]), "clf__C": (1e-2, 1e2)}
    search = BayesSearchCV(Pipeline([("clf", SVC())]), space, n_iter=2, cv=2, random_state=0)
    fixed = {"clf": space["clf"].categories[0], "clf__C": 10.0}
    smaller = reduced(search, space_of_search(search), ["clf"], fixed).fit(X, Y)
    chosen = {repr(params["clf"]) for params in smaller.cv_results_["params"]}
    assert chosen <= {repr(SVC(C=10.0)), repr(SVC(C=10.0, kernel="linear"))}


def test_verify_measures_as_the_search_does(search):
    results = search.cv_results_
    mean, std = measured(search, results["params"][:4], X, Y, "accuracy")
    np.testing.assert_allclose(mean, results["mean_test_score"][:4], rtol=0, atol=1e-12)
    np.testing.assert_allclose(std, results["std_test_score"][:4], rtol=0, atol=1e-12)
    by_hand = cross_val_score(
        clone(search.estimator).set_params(**results["params"][0]), X, Y, cv=2
    )
    assert (mean[0], std[0]) == pytest.approx((by_hand.mean(), by_hand.std()), abs=1e-12)
