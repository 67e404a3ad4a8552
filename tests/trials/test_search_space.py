"""The space of a search from its dicts, and its conditions."""

from __future__ import annotations

import pandas as pd
import pytest
from conftest import results_of
from scipy import stats
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.feature_selection import SelectKBest, f_classif, mutual_info_classif
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from skhypershap import HyperSHAPExplainer, read_trials
from skhypershap.space.domains import domain_of
from skhypershap.space.encoding import encode
from skhypershap.space.value_keys import value_key
from skhypershap.trials import space_of_search

X, Y = load_iris(return_X_y=True)


class TestSpaces:
    """Dicts and lists of dicts."""

    def test_single_value_is_in_every_config_but_not_a_player(self):
        grid = {"C": [1, 10], "kernel": ["rbf"], "gamma": [0.1, 1.0, 10.0]}
        explainer = HyperSHAPExplainer(results_of(GridSearchCV(SVC(), grid)), baseline="best")
        explainer.set_params(random_state=0)
        with pytest.warns(UserWarning, match="fits poorly"):
            explainer.fit()
        assert explainer.hyperparameter_names_ == ["C", "gamma"]
        assert explainer.trials_.columns.tolist() == ["C", "gamma", "kernel", "score"]
        assert explainer.incumbent_ == {"C": 10, "gamma": 10.0, "kernel": "rbf"}

    def test_missing_hyperparameter_has_the_value_of_the_estimator(self):
        grid = [
            {"svc__kernel": ["linear"], "svc__C": [1, 10]},
            {"svc__kernel": ["rbf"], "svc__C": [1, 100], "svc__gamma": [0.1, 1.0]},
            {"scaler": [MinMaxScaler()]},
        ]
        pipeline = Pipeline([("scaler", StandardScaler()), ("svc", SVC(C=3, gamma=0.5))])
        trials = read_trials(results_of(GridSearchCV(pipeline, grid)))
        assert domain_of(trials.space["svc__C"]).values == (1, 3, 10, 100)
        assert domain_of(trials.space["svc__gamma"]).values == (0.1, 0.5, 1.0)
        assert trials.configs[0]["svc__gamma"] == 0.5
        assert trials.configs[-1]["svc__C"] == 3
        assert isinstance(trials.configs[0]["scaler"], StandardScaler)
        assert isinstance(trials.configs[-1]["scaler"], MinMaxScaler)
        assert trials.default["svc__gamma"] == 0.5

    def test_default_comes_from_swapped_in_estimator(self):
        pipeline = Pipeline([("clf", SVC(C=7))])
        grid = [
            {"clf": [LogisticRegression(C=0.3), LogisticRegression(C=0.4)]},
            {"clf__C": [1, 10]},
        ]
        trials = read_trials(results_of(GridSearchCV(pipeline, grid)))
        assert [config["clf__C"] for config in trials.configs] == [0.3, 0.4, 1, 10]
        assert trials.default["clf__C"] == 7

    def test_given_space_replaces_that_of_the_search(self):
        search = results_of(GridSearchCV(SVC(), {"C": [1, 10, 100]}))
        wide = read_trials(search, space={"C": stats.loguniform(1e-2, 1e4)})
        assert (wide.space["C"].lower, wide.space["C"].upper) == pytest.approx((1e-2, 1e4))
        with pytest.raises(ValueError, match=r"1 of 3 values of 'C' are outside.*100"):
            read_trials(search, space={"C": stats.loguniform(1e-2, 50)})

    def test_random_search_trials_are_inside_the_space(self):
        space = {
            "max_depth": stats.randint(1, 20),
            "ccp_alpha": stats.uniform(0, 0.1),
            "min_samples_split": stats.loguniform(1e-3, 0.5),
            "max_features": [None, "sqrt", 0.5, 1],
        }
        search = RandomizedSearchCV(DecisionTreeClassifier(), space, n_iter=200)
        trials = read_trials(results_of(search))
        assert len(trials.configs) == 200
        assert trials.metric == "score"

    def test_counts_and_fractions_are_different_values(self):
        """For max_features 1 is one feature and 1.0 all of them; for C both are the same."""
        grid = {"max_features": [1, 1.0, 2], "max_depth": [1, 2]}
        trials = read_trials(results_of(GridSearchCV(RandomForestClassifier(), grid)))
        values = [config["max_features"] for config in trials.configs]
        vectors = encode(trials.space, trials.configs)[:, 1]
        assert [type(value) for value in values[:3]] == [int, float, int]
        assert len(set(vectors)) == 3
        grid = [{"max_features": [1, 2, 3]}, {"max_depth": [1, 2]}]
        trials = read_trials(results_of(GridSearchCV(RandomForestRegressor(), grid)))
        assert domain_of(trials.space["max_features"]).values == (1, 2, 3, 1.0)
        assert trials.default["max_features"] == 1.0
        assert not domain_of(trials.space["max_features"]).ordered
        own = [{"max_features": stats.randint(1, 4)}, {"max_depth": [1, 2]}]
        search = RandomizedSearchCV(RandomForestRegressor(), own, n_iter=10)
        trials = read_trials(results_of(search))
        vectors = encode(trials.space, [{"max_depth": 1, "max_features": v} for v in (1, 1.0, 3)])
        assert len(set(vectors[:, 1])) == 3
        svc = read_trials(results_of(GridSearchCV(SVC(), [{"C": [1, 10]}, {"gamma": [1, 2]}])))
        assert domain_of(svc.space["C"]).values == (1, 10)


class TestConditions:
    """Where one categorical tells the dicts apart, what only some have is conditional on it."""

    @staticmethod
    def conditions_of(dicts, estimator=None, **kwargs):
        search = results_of(GridSearchCV(SVC() if estimator is None else estimator, dicts))
        trials = read_trials(search, **kwargs)
        conditions = {c.child.name: c for c in trials.space.conditions}
        # Every trial has exactly what it set: nothing is filled in, nothing is dropped.
        params = search.cv_results_["params"]
        assert [set(config) for config in trials.configs] == [set(p) for p in params]
        for config, param in zip(trials.configs, params, strict=True):
            assert all(value_key(config[name]) == value_key(param[name]) for name in param)
        return trials, {
            name: (c.parent.name, list(getattr(c, "values", [c.value])))
            for name, c in conditions.items()
        }

    def test_kernel_is_a_parent(self):
        grid = [
            {"kernel": ["linear"], "C": [1, 10]},
            {"kernel": ["rbf", "sigmoid"], "C": [1, 10], "gamma": [0.1, 1.0]},
            {"kernel": ["poly"], "C": [1], "gamma": [0.1], "degree": [2, 3]},
        ]
        for trials, found in (
            self.conditions_of(grid),
            self.conditions_of(grid, space=grid),
        ):
            assert found == {
                "gamma": ("kernel", ["rbf", "sigmoid", "poly"]),
                "degree": ("kernel", ["poly"]),
            }
            assert domain_of(trials.space["gamma"]).values == (0.1, 1.0), "no own value"
            assert trials.default == {"kernel": "rbf", "C": 1.0, "gamma": "scale", "degree": 3}

    def test_estimators_are_parents_of_nested_conditions(self):
        grid = [
            {"clf": [SVC()], "clf__kernel": ["rbf"], "clf__gamma": [0.1, 1], "clf__C": [1, 2]},
            {"clf": [SVC()], "clf__kernel": ["linear"], "clf__C": [3, 4]},
            {"clf": [LogisticRegression()], "clf__C": [5]},
            {"clf": [RandomForestClassifier(max_depth=7)], "clf__max_depth": [1, 2]},
        ]
        pipeline = Pipeline([("clf", LogisticRegression(C=9))])
        trials, found = self.conditions_of(grid, pipeline)
        svc, logistic, forest = trials.space["clf"].choices
        assert found == {
            "clf__kernel": ("clf", [svc]),
            "clf__gamma": ("clf__kernel", ["rbf"]),
            "clf__C": ("clf", [svc, logistic]),
            "clf__max_depth": ("clf", [forest]),
        }
        assert domain_of(trials.space["clf__C"]).values == (1, 2, 3, 4, 5)
        assert isinstance(trials.configs[0]["clf"], SVC)
        # LogisticRegression has a C of its own; the others' own values are those of the choices.
        clf = trials.default.pop("clf")
        assert value_key(clf) == value_key(LogisticRegression(C=9))
        own = {"clf__C": 9, "clf__kernel": "rbf", "clf__gamma": "scale", "clf__max_depth": 7}
        assert trials.default == own

    def test_counts_and_fractions_of_a_swapped_in_estimator_differ(self):
        grid = [
            {"clf": [RandomForestClassifier()], "clf__max_features": [1, 1.0]},
            {"clf": [SVC()], "clf__C": [1, 1.0]},
        ]
        space = read_trials(results_of(GridSearchCV(Pipeline([("clf", SVC())]), grid))).space
        assert domain_of(space["clf__max_features"]).values == (1, 1.0)
        assert space["clf__C"].size == 1

    @pytest.mark.parametrize(
        "choices",
        [
            ("passthrough", StandardScaler()),
            (None, "balanced"),
            (True, False),
            (f_classif, mutual_info_classif),
            ((50,), (50, 50)),
            (1, "auto"),
        ],
        ids=range(6),
    )
    def test_any_choice_that_is_not_a_number_is_a_parent(self, choices):
        first, second = choices
        pipeline = Pipeline([("a", SelectKBest()), ("b", SVC())])
        grid = [
            {"a__k": [first], "b__C": [1, 2]},
            {"a__k": [second], "b__C": [1], "b__tol": [1, 2]},
        ]
        trials, found = self.conditions_of(grid, pipeline)
        assert found == {"b__tol": ("a__k", [trials.space["a__k"].choices[1]])}

    def test_numbers_and_shared_values_are_not_parents(self):
        for grid in (
            [{"degree": [2], "C": [1]}, {"degree": [3], "C": [1], "coef0": [0.5, 1]}],
            [{"kernel": ["rbf", "poly"]}, {"kernel": ["poly"], "coef0": [0.5, 1]}],
            [{"kernel": ["linear"]}, {"coef0": [0.5, 1]}],
            [{"kernel": stats.rv_discrete(values=([1, 2], [0.5, 0.5]))}, {"coef0": [0.5, 1]}],
        ):
            space = space_of_search(RandomizedSearchCV(SVC(), grid))
            assert not space.conditions
            assert domain_of(space["coef0"]).values == (0.0, 0.5, 1)

    def test_parent_in_the_same_step_comes_first(self):
        grid = [
            {"scaler": [None], "svc__kernel": ["linear"], "svc__C": [1, 2]},
            {
                "scaler": [MinMaxScaler()],
                "svc__kernel": ["rbf"],
                "svc__C": [1],
                "svc__gamma": [1, 2],
            },
        ]
        pipeline = Pipeline([("scaler", None), ("svc", SVC())])
        assert self.conditions_of(grid, pipeline)[1] == {"svc__gamma": ("svc__kernel", ["rbf"])}

    def test_unset_parameter_raises_before_search(self):
        grid = [
            {"clf": [SVC(), LogisticRegression()]},
            {"clf": [SVC()], "clf__gamma": [0.1, 1]},
        ]
        explainer = HyperSHAPExplainer(GridSearchCV(Pipeline([("clf", SVC())]), grid))
        with pytest.raises(ValueError, match=r"lack 'clf__gamma'.*clf=LogisticRegression.*space="):
            explainer.fit(X, Y)
        assert not hasattr(explainer, "search_")
        grid = [{"clf": [SVC()], "clf__C": [1, 2]}, {"clf": RandomForestClassifier()}]
        search = RandomizedSearchCV(Pipeline([("clf", SVC())]), grid)
        with pytest.raises(TypeError, match=r"values of 'clf' must be a list.*got RandomForest"):
            HyperSHAPExplainer(search).fit(X, Y)
        explainer = HyperSHAPExplainer(GridSearchCV(SVC(), [{"C": [1, 2]}, {"gama": [1, 2]}]))
        with pytest.raises(ValueError, match=r"lack 'gama'.*SVC\(\) has no such parameter"):
            explainer.fit(X, Y)

    @pytest.mark.filterwarnings("ignore::skhypershap.SurrogateWarning")
    def test_explanation_equals_that_of_its_trials(self):
        grid = [
            {"clf": [SVC(gamma=0.5)], "clf__C": [0.1, 1, 10], "clf__gamma": [0.1, 0.5, 1]},
            {"clf": [DecisionTreeClassifier()], "clf__max_depth": [1, 2, 3, 4]},
        ]
        search = GridSearchCV(Pipeline([("clf", SVC(gamma=0.5))]), grid, cv=2)
        explainer = HyperSHAPExplainer(search, random_state=0).fit(X, Y)
        trials = read_trials(explainer.search_)
        same = HyperSHAPExplainer(trials.space, baseline=explainer.baseline_, random_state=0)
        same.fit(trials.configs, explainer.search_.cv_results_["mean_test_score"])
        games = ["tunability", "ablation"]
        pd.testing.assert_frame_equal(explainer.explain(games), same.explain(games))
        assert explainer.trials_["clf__C"].isna().sum() == 4
        assert set(explainer.baseline_) == {"clf", "clf__C", "clf__gamma"}
