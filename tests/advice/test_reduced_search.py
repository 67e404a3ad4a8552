"""Reduced searches: grids, lists of dicts, random searches and errors."""

from __future__ import annotations

import itertools
import pickle

import numpy as np
import pytest
from ConfigSpace import Categorical, ConfigurationSpace, Float, ForbiddenEqualsClause
from scipy.stats import loguniform, randint, uniform
from sklearn.base import BaseEstimator, clone
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import GridSearchCV, KFold, RandomizedSearchCV
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from skhypershap import HyperSHAPExplainer
from skhypershap.advice.reduced_search import reduced
from skhypershap.space.domains import domain_of
from skhypershap.space.encoding import as_own, encode, player_names
from skhypershap.space.value_keys import value_key
from skhypershap.trials import space_of_search

X, Y = load_iris(return_X_y=True)


def subsets_of(names):
    sizes = range(1, len(names) + 1)
    return [set(c) for size in sizes for c in itertools.combinations(names, size)]


def full_config(space, fixed, params):
    """The configuration that runs: the values of the trial over the held ones."""
    blend = {**fixed, **params}
    return as_own(space, [blend], encode(space, [blend]))[0]


def scores_by_config(search):
    results = search.cv_results_
    pairs = zip(results["params"], results["mean_test_score"], strict=True)
    return {value_key(params): score for params, score in pairs}


def keys_of(form):
    return {name for entry in ([form] if isinstance(form, dict) else form) for name in entry}


def assert_same_domains(smaller, space, names):
    own = space_of_search(smaller)
    assert set(player_names(own)) == set(names)
    for name in names:
        assert type(own[name]) is type(space[name])
        assert domain_of(own[name]).describe() == domain_of(space[name]).describe()


# A grid


@pytest.fixture(scope="module")
def grid():
    tree = DecisionTreeClassifier(random_state=0)
    choices = {
        "max_depth": [1, 3, None],
        "min_samples_leaf": [1, 30, 60],
        "criterion": ["gini", "entropy"],
    }
    return GridSearchCV(tree, choices, cv=3).fit(X, Y)


@pytest.mark.parametrize("subset", subsets_of(["max_depth", "min_samples_leaf", "criterion"]))
def test_trials_of_a_smaller_grid_are_in_the_whole_grid(grid, subset):
    space, before = space_of_search(grid), scores_by_config(grid)
    for fixed in grid.cv_results_["params"][::5]:
        smaller = reduced(grid, space, subset, fixed)
        assert set(smaller.param_grid) == subset
        assert_same_domains(smaller, space, subset)
        smaller.fit(X, Y)
        n_expected = np.prod([len(grid.param_grid[name]) for name in subset])
        assert len(smaller.cv_results_["params"]) == n_expected
        scores = smaller.cv_results_["mean_test_score"]
        for params, score in zip(smaller.cv_results_["params"], scores, strict=True):
            ran = clone(smaller.estimator).set_params(**params).get_params()
            assert {name: ran[name] for name in space} == {**fixed, **params}
            assert score == before[value_key({**fixed, **params})]


def test_reduced_does_not_mutate_or_share(grid):
    shown, choices = repr(grid.estimator), {n: list(v) for n, v in grid.param_grid.items()}
    fixed = {"max_depth": 3, "min_samples_leaf": 30, "criterion": "entropy"}
    smaller = reduced(grid, space_of_search(grid), ["max_depth"], fixed)
    smaller.param_grid["max_depth"].append(99)
    assert (repr(grid.estimator), grid.param_grid) == (shown, choices)
    assert fixed == {"max_depth": 3, "min_samples_leaf": 30, "criterion": "entropy"}
    assert hasattr(grid, "cv_results_")
    assert not hasattr(smaller, "cv_results_")
    assert smaller.estimator is not grid.estimator


def test_all_other_settings_are_kept(grid):
    search = GridSearchCV(
        grid.estimator,
        grid.param_grid,
        scoring={"a": "accuracy", "f": "f1_macro"},
        refit="f",
        cv=4,
        n_jobs=1,
        error_score="raise",
        return_train_score=True,
    )
    smaller = reduced(search, space_of_search(search), ["criterion"], grid.best_params_)
    settings = [search.get_params(deep=False), smaller.get_params(deep=False)]
    for setting in settings:
        del setting["estimator"], setting["param_grid"]
    assert settings[0] == settings[1]
    again = pickle.loads(pickle.dumps(clone(smaller).fit(X, Y)))
    assert again.best_params_ == smaller.fit(X, Y).best_params_


def test_held_values_keep_their_type():
    """True is not 1, None is a value, and a fraction is not a count."""
    choices = {
        "bootstrap": [True, False],
        "max_features": [1, 1.0],
        "max_depth": [None, 1],
        "min_samples_leaf": [1, 2],
    }
    search = GridSearchCV(RandomForestClassifier(3, max_depth=7, max_features=2), choices)
    fixed = {"bootstrap": True, "max_features": 1.0, "max_depth": None, "min_samples_leaf": 1}
    held = reduced(search, space_of_search(search), ["min_samples_leaf"], fixed).estimator
    assert held.bootstrap is True
    assert held.max_depth is None
    assert type(held.max_features) is float
    fixed["max_features"] = 1
    held = reduced(search, space_of_search(search), ["min_samples_leaf"], fixed).estimator
    assert type(held.max_features) is int


# Lists of dicts

C, GAMMA = [0.1, 1.0], [0.01, 0.1, 1.0]
KERNELS = [
    {"kernel": ["linear"], "C": C},
    {"kernel": ["rbf"], "C": C, "gamma": GAMMA},
    {"kernel": ["poly"], "C": C, "gamma": GAMMA, "degree": [2, 3]},
]


@pytest.fixture(scope="module")
def kernels():
    return GridSearchCV(SVC(), KERNELS, cv=3).fit(X, Y)


def test_trials_of_smaller_dicts_are_in_the_whole(kernels):
    space, before = space_of_search(kernels), scores_by_config(kernels)
    filling = {"kernel": "rbf", "C": 1.0, "gamma": 0.1, "degree": 2}
    n_compared = 0
    for baseline in kernels.cv_results_["params"][::10]:
        fixed = {**filling, **baseline}
        for subset in subsets_of(space):
            active = set(subset)
            if "kernel" not in subset:  # then it is held, and what it switches off has no effect
                active -= {"linear": {"gamma", "degree"}, "rbf": {"degree"}}.get(
                    fixed["kernel"], set()
                )
            if not active:
                with pytest.raises(ValueError, match="has no effect while all others are held"):
                    reduced(kernels, space, subset, fixed)
                continue
            smaller = reduced(kernels, space, subset, fixed)
            assert_same_domains(smaller, space, active)
            smaller.fit(X, Y)
            configs = [full_config(space, fixed, p) for p in smaller.cv_results_["params"]]
            assert len({value_key(config) for config in configs}) == len(configs)
            expected = [before[value_key(config)] for config in configs]
            assert smaller.cv_results_["mean_test_score"].tolist() == expected
            n_compared += len(configs)
    assert n_compared > 100


def test_dict_without_ranges_stays_for_its_choice(kernels):
    fixed = {"kernel": "rbf", "C": 1.0, "gamma": 0.1, "degree": 3}
    smaller = reduced(kernels, space_of_search(kernels), {"kernel"}, fixed)
    assert smaller.param_grid == [
        {"kernel": ["linear"]},
        {"kernel": ["rbf"], "gamma": [0.1]},
        {"kernel": ["poly"], "gamma": [0.1]},  # its degree is what the estimator has anyway
    ]
    assert (smaller.estimator.gamma, smaller.estimator.C) == ("scale", 1.0)


def test_dicts_that_lack_a_held_hyperparameter_run_without_it():
    """max_samples without a bootstrap would raise an error in RandomForestClassifier."""
    forest = RandomForestClassifier(3, random_state=0)
    dicts = [{"bootstrap": [False]}, {"bootstrap": [True], "max_samples": [0.1, 0.2, 0.5]}]
    search = GridSearchCV(forest, dicts, cv=3, error_score="raise").fit(X, Y)
    fixed = {"bootstrap": True, "max_samples": 0.1}
    smaller = reduced(search, space_of_search(search), ["bootstrap"], fixed).fit(X, Y)
    whole = scores_by_config(search)
    assert scores_by_config(smaller) == {
        key: whole[key] for key in map(value_key, [{"bootstrap": False}, fixed])
    }
    assert player_names(space_of_search(smaller)) == ["bootstrap"]


def test_iterator_of_splits_raises():
    search = GridSearchCV(SVC(), {"C": [1, 10], "gamma": [0.1, 1]}, cv=KFold(3).split(X))
    with pytest.raises(TypeError, match=r"its cv is an iterator.*cv=list\(splits\)"):
        reduced(search, space_of_search(search), ["C"], {"C": 1, "gamma": 0.1})


def test_dicts_of_another_held_value_are_dropped(kernels):
    fixed = {"kernel": "rbf", "C": 1.0, "gamma": 0.1, "degree": 3}
    smaller = reduced(kernels, space_of_search(kernels), {"C", "gamma"}, fixed)
    assert smaller.param_grid == [{"C": C, "gamma": GAMMA}]
    fixed["kernel"] = "linear"
    smaller = reduced(kernels, space_of_search(kernels), {"C", "gamma"}, fixed)
    assert smaller.param_grid == [{"C": C}]
    assert smaller.estimator.kernel == "linear"
    assert smaller.estimator.gamma == "scale", "inactive, so it is not set"


def test_range_stays_in_its_dict():
    dicts = [{"kernel": ["rbf"], "C": [1, 10, 100]}, {"kernel": ["linear"], "C": [0.01, 0.1]}]
    search = GridSearchCV(SVC(), dicts)
    for kernel, expected in (("rbf", [1, 10, 100]), ("linear", [0.01, 0.1])):
        smaller = reduced(search, space_of_search(search), ["C"], {"kernel": kernel, "C": 1})
        assert smaller.param_grid == [{"C": expected}]


def test_reduced_dicts_keep_entry_with_same_default():
    dicts = [
        {"kernel": ["rbf"], "C": [1.0, 10.0], "gamma": GAMMA},
        {"kernel": ["rbf", "poly"], "gamma": GAMMA},
    ]
    search = GridSearchCV(SVC(), dicts)
    space = space_of_search(search)
    assert not space.conditions, "what this test is about"
    at_own = reduced(search, space, ["gamma"], {"kernel": "rbf", "C": 1.0, "gamma": 0.1})
    assert at_own.param_grid == [{"gamma": GAMMA}], "and the two that are alike are one"
    other = reduced(search, space, ["gamma"], {"kernel": "rbf", "C": 10.0, "gamma": 0.1})
    assert other.param_grid == [{"gamma": GAMMA}]
    assert other.estimator.C == 10.0


def test_dict_may_become_empty():
    dicts = [{"kernel": ["rbf"], "gamma": GAMMA}, {"kernel": ["rbf", "poly"], "C": [1.0, 10.0]}]
    search = GridSearchCV(SVC(), dicts, cv=2)
    space = space_of_search(search)
    smaller = reduced(search, space, ["gamma"], {"kernel": "rbf", "C": 1.0, "gamma": 0.1})
    assert smaller.param_grid == [{"gamma": GAMMA}, {}]
    assert_same_domains(smaller, space, ["gamma"])
    assert smaller.fit(X, Y).cv_results_["params"] == [*({"gamma": g} for g in GAMMA), {}]


def test_all_dicts_stay_if_the_subset_varies_only_with_all():
    dicts = [{"kernel": ["rbf"], "C": [1, 10]}, {"kernel": ["linear"], "C": [0.1]}]
    search = GridSearchCV(SVC(), dicts)
    smaller = reduced(search, space_of_search(search), ["kernel"], {"kernel": "rbf", "C": 1})
    assert smaller.param_grid == [{"kernel": ["rbf"]}, {"kernel": ["linear"]}]


# Random searches


def test_distributions_are_kept():
    ranges = {"C": loguniform(1e-2, 1e2), "gamma": uniform(0.1, 1), "degree": randint(1, 4)}
    search = RandomizedSearchCV(SVC(), ranges, n_iter=7, random_state=3, cv=2)
    space = space_of_search(search)
    fixed = {"C": 2.5, "gamma": 0.3, "degree": 2}
    for subset in subsets_of(ranges):
        smaller = reduced(search, space, subset, fixed)
        assert_same_domains(smaller, space, subset)
        distributions = smaller.param_distributions
        for name in subset:
            np.testing.assert_array_equal(
                distributions[name].rvs(5, random_state=0), ranges[name].rvs(5, random_state=0)
            )
        assert len(smaller.fit(X, Y).cv_results_["params"]) == 7
        held = smaller.estimator.get_params()
        assert {n: held[n] for n in set(ranges) - subset} == {
            n: fixed[n] for n in set(ranges) - subset
        }


def test_lists_are_not_drawn_from_more_often_than_their_size():
    """Otherwise scikit-learn warns, which is an error in this test."""
    search = RandomizedSearchCV(SVC(), KERNELS, n_iter=12, random_state=0, cv=2)
    fixed = {"kernel": "rbf", "C": 1.0, "gamma": 0.1, "degree": 3}
    for subset, n_expected in (({"C"}, 2), ({"kernel"}, 3), ({"C", "gamma"}, 6)):
        smaller = reduced(search, space_of_search(search), subset, fixed)
        assert smaller.n_iter == n_expected
        assert len(smaller.fit(X, Y).cv_results_["params"]) == n_expected
    assert reduced(search, space_of_search(search), fixed, fixed).n_iter == 12
    assert search.n_iter == 12


def test_unreadable_distribution_may_hold_any_value():
    class Odd:
        def rvs(self, random_state=None):
            return 1.0

    dicts = [{"kernel": ["rbf"], "C": Odd(), "gamma": GAMMA}, {"kernel": ["linear"], "C": Odd()}]
    search = RandomizedSearchCV(SVC(), dicts)
    space = ConfigurationSpace()
    space.add(
        Categorical("kernel", ["rbf", "linear"]), Float("C", (0.1, 10)), Float("gamma", (0.01, 1))
    )
    smaller = reduced(search, space, ["gamma"], {"kernel": "rbf", "C": 1.0, "gamma": 0.1})
    assert smaller.param_distributions == [{"gamma": GAMMA}]


def test_forbidden_clauses_are_ignored_in_a_search():
    search = GridSearchCV(SVC(), {"kernel": ["rbf", "linear"], "C": [1, 10]})
    space = space_of_search(search)
    space.add(ForbiddenEqualsClause(space["kernel"], "linear"))
    smaller = reduced(search, space, ["kernel"], {"kernel": "linear", "C": 10})
    assert smaller.param_grid == {"kernel": ["rbf", "linear"]}
    assert len(space.forbidden_clauses) == 1


# What cannot be done


def test_unknown_name_or_empty_subset_raises(grid):
    space, fixed = space_of_search(grid), grid.best_params_
    with pytest.raises(ValueError, match=r"'max_dept'.*Did you mean 'max_depth'"):
        reduced(grid, space, ["max_dept"], fixed)
    with pytest.raises(ValueError, match="an empty subset has no effect"):
        reduced(grid, space, [], fixed)


def test_hyperparameter_outside_the_search_raises(grid):
    space = space_of_search(grid)
    space.add(Float("ccp_alpha", (0.0, 1.0)))
    fixed = {**grid.best_params_, "ccp_alpha": 0.0}
    with pytest.raises(
        ValueError, match="param_grid of this GridSearchCV does not have 'ccp_alpha'"
    ):
        reduced(grid, space, ["ccp_alpha", "criterion"], fixed)


class OwnSearch(BaseEstimator):
    """Has the attributes of a search of scikit-learn."""

    def __init__(self, estimator=None, param_grid=None, patience=3):
        self.estimator = estimator
        self.param_grid = param_grid
        self.patience = patience


def test_search_of_another_library_can_be_rebuilt(grid):
    own = OwnSearch(grid.estimator, grid.param_grid, patience=7)
    smaller = reduced(own, space_of_search(own), ["criterion"], grid.best_params_)
    assert isinstance(smaller, OwnSearch)
    assert smaller.param_grid == {"criterion": ["gini", "entropy"]}
    assert smaller.patience == 7
    assert smaller.estimator.min_samples_leaf == grid.best_params_["min_samples_leaf"]


class Bare:
    """A search without get_params."""

    estimator = SVC()
    param_grid = KERNELS


@pytest.mark.parametrize(
    ("search", "missing"),
    [
        (Bare(), "get_params"),
        (OwnSearch(None, {"C": [1, 2]}), "estimator"),
        (OwnSearch(lambda x: x, {"C": [1, 2]}), "estimator"),
        (OwnSearch(SVC()), "param_grid or param_distributions or search_spaces or parameters"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_search_that_cannot_be_rebuilt_raises(search, missing):
    space = ConfigurationSpace({"C": [1, 2], "D": [1, 2]})
    with pytest.raises(
        TypeError, match=rf"{type(search).__name__}: it has no {missing}.*best_subsets"
    ):
        reduced(search, space, ["C"], {"C": 1, "D": 2})


# With an explainer


@pytest.mark.filterwarnings("ignore::skhypershap.HyperSHAPWarning")
def test_reduced_search_can_be_explained_again():
    search = GridSearchCV(SVC(gamma=0.1), KERNELS, cv=2).fit(X, Y)
    explainer = HyperSHAPExplainer(search, random_state=0).fit()
    fixed = {**explainer.fitted_.trials.defaults.values, **explainer.baseline_}
    for subset in ({"kernel"}, {"C", "degree"}, {"kernel", "gamma"}):
        smaller = reduced(search, explainer.space_, subset, fixed)
        again = HyperSHAPExplainer(smaller, random_state=0).fit(X, Y)
        names = set(again.hyperparameter_names_)
        assert names == subset - (set() if "kernel" in subset else {"degree"})
        assert again.baseline_.items() <= fixed.items()
