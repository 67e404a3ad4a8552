"""Reduced searches whose choices are estimators, which get their held parameters."""

from __future__ import annotations

import pytest
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier

from skhypershap.advice.reduced_search import reduced
from skhypershap.space.domains import domain_of
from skhypershap.space.encoding import player_names
from skhypershap.trials import space_of_search

X, Y = load_iris(return_X_y=True)


def assert_same_domains(smaller, space, names):
    own = space_of_search(smaller)
    assert set(player_names(own)) == set(names)
    for name in names:
        assert type(own[name]) is type(space[name])
        assert domain_of(own[name]).describe() == domain_of(space[name]).describe()


@pytest.fixture
def pipelines():
    pipeline = Pipeline([("scaler", StandardScaler()), ("clf", SVC())])
    dicts = [
        {"clf": [SVC()], "clf__C": [0.1, 1, 10], "scaler": [None, StandardScaler()]},
        {"clf": [RandomForestClassifier(3, random_state=0)], "clf__max_depth": [1, 2, 3]},
        {"clf": [LogisticRegression(C=5, max_iter=500)], "scaler": [MinMaxScaler()]},
    ]
    return GridSearchCV(pipeline, dicts, cv=2)


def fixed_of(pipelines, clf, **values):
    rest = {"clf__C": 10, "clf__max_depth": 2, "scaler": pipelines.param_grid[0]["scaler"][1]}
    return {"clf": clf, **rest, **values}


def test_estimator_choice_gets_its_held_parameters(pipelines):
    svc = pipelines.param_grid[0]["clf"][0]
    smaller = reduced(pipelines, space_of_search(pipelines), ["clf"], fixed_of(pipelines, svc))
    choices = [choice for entry in smaller.param_grid for choice in entry["clf"]]
    assert [type(c) for c in choices] == [SVC, RandomForestClassifier, LogisticRegression]
    assert choices[0].C == 10
    assert choices[1].max_depth == 2
    assert choices[2].C == 5, "the space says that clf__C is SVC's"
    assert svc.C == 1.0
    assert pipelines.estimator.get_params()["clf__C"] == 1.0
    smaller.fit(X, Y)
    by_hand = GridSearchCV(
        Pipeline([("scaler", StandardScaler()), ("clf", SVC())]), {"clf__C": [10]}, cv=2
    ).fit(X, Y)
    score = smaller.cv_results_["mean_test_score"][0]
    assert score == by_hand.cv_results_["mean_test_score"][0]


def test_estimator_choice_with_the_held_value_is_unchanged(pipelines):
    svc = pipelines.param_grid[0]["clf"][0]
    space = space_of_search(pipelines)
    fixed = fixed_of(pipelines, svc, clf__C=1.0)
    smaller = reduced(pipelines, space, ["clf", "clf__max_depth"], fixed)
    assert [set(entry) for entry in smaller.param_grid] == [
        {"clf"},
        {"clf", "clf__max_depth"},
        {"clf"},
    ]
    assert repr(smaller.param_grid[0]["clf"]) == repr([SVC()])
    assert_same_domains(smaller, space, ["clf", "clf__max_depth"])


def test_estimator_is_held_before_its_parameters(pipelines):
    forest = pipelines.param_grid[1]["clf"][0]
    fixed = fixed_of(pipelines, forest, scaler=pipelines.param_grid[0]["scaler"][1])
    smaller = reduced(pipelines, space_of_search(pipelines), ["clf__max_depth"], fixed)
    assert smaller.param_grid == [{"clf__max_depth": [1, 2, 3]}]
    held = smaller.estimator.named_steps["clf"]
    assert isinstance(held, RandomForestClassifier)
    assert held is not forest
    assert smaller.fit(X, Y).best_score_ > 0.8
    svc = pipelines.param_grid[0]["clf"][0]
    smaller = reduced(pipelines, space_of_search(pipelines), ["scaler"], fixed_of(pipelines, svc))
    assert smaller.estimator.get_params()["clf__C"] == 10
    assert svc.C == 1.0


def test_choices_made_equal_by_held_values_are_merged():
    search = GridSearchCV(
        Pipeline([("clf", SVC())]),
        [
            {"clf": [SVC(C=1), SVC(C=2), SVC(kernel="linear")], "clf__C": [3, 4]},
            {"clf": [DecisionTreeClassifier()], "clf__max_depth": [1, 2]},
        ],
    )
    first = search.param_grid[0]["clf"][0]
    fixed = {"clf": first, "clf__C": 3, "clf__max_depth": 1}
    smaller = reduced(search, space_of_search(search), ["clf"], fixed)
    assert repr(smaller.param_grid[0]) == repr({"clf": [SVC(C=3), SVC(C=3, kernel="linear")]})
    assert smaller.param_grid[1]["clf"][0].max_depth == 1
    assert first.C == 1


def test_conditions_inside_a_choice_are_heeded():
    """gamma is held in SVC with the held kernel alone, whatever dict SVC stands in."""
    dicts = [
        {"clf": [SVC()], "clf__kernel": ["linear"]},
        {"clf": [SVC()], "clf__kernel": ["rbf"], "clf__gamma": [0.1, 0.5]},
        {"clf": [LinearSVC()], "clf__tol": [1e-4, 1e-2]},
    ]
    search = GridSearchCV(Pipeline([("clf", SVC())]), dicts)
    fixed = {"clf": dicts[0]["clf"][0], "clf__kernel": "rbf", "clf__gamma": 0.5, "clf__tol": 1e-2}
    space = space_of_search(search)
    smaller = reduced(search, space, ["clf"], fixed)
    assert repr(smaller.param_grid) == repr(
        [{"clf": [SVC(gamma=0.5)]}, {"clf": [LinearSVC(tol=1e-2)]}]
    )
    smaller = reduced(search, space, ["clf"], {**fixed, "clf__kernel": "linear"})
    assert repr(smaller.param_grid[0]) == repr({"clf": [SVC(kernel="linear")]})
    smaller = reduced(search, space, ["clf", "clf__kernel"], fixed)
    assert [entry.get("clf__kernel") for entry in smaller.param_grid] == [["linear"], ["rbf"], None]
    assert smaller.param_grid[1]["clf"][0].gamma == 0.5
