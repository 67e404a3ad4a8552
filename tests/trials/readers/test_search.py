"""What people hand to scikit-learn's searches, and what it becomes."""

from __future__ import annotations

import copy
import sys
from functools import partial
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
from conftest import space_of_sources
from scipy import stats
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.feature_selection import SelectKBest, f_classif, mutual_info_classif
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, KFold, RandomizedSearchCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from skhypershap import HyperSHAPExplainer, SpaceWarning, TrialsWarning, read_trials
from skhypershap.space.distributions import hyperparameter_from
from skhypershap.space.domains import domain_of, value_key
from skhypershap.space.encoding import decode, encode
from skhypershap.space.sampling import enumerate_vectors, sample_vectors
from skhypershap.trials import space_of_search
from skhypershap.trials.search_space import as_dimensions

X, Y = load_iris(return_X_y=True)


def results_of(search, scores=None, **columns):
    """Pretend that a search ran: the genuine shape of cv_results_ without the cost."""
    from sklearn.model_selection import ParameterGrid, ParameterSampler

    if hasattr(search, "param_grid"):
        params = list(ParameterGrid(search.param_grid))
    else:
        params = list(ParameterSampler(search.param_distributions, search.n_iter, random_state=0))
    scores = np.linspace(0, 1, len(params)) if scores is None else np.asarray(scores, dtype=float)
    times = np.linspace(1, 2, len(params))
    search.cv_results_ = {"params": params, "mean_fit_time": times, "mean_score_time": times / 9}
    search.cv_results_.update(columns or {"mean_test_score": scores})
    return search


class TestDomains:
    """Every kind of value, to a number and back."""

    @pytest.mark.parametrize(
        "values",
        [
            [1, 10, 2.5],
            [None, "sqrt", 0.5],
            [True, False],
            [True, 1.5],
            [(50,), (50, 50), (100,)],
            [StandardScaler(), MinMaxScaler(), "passthrough", None],
            [SVC(), SVC(C=2), LogisticRegression()],
            [f_classif, mutual_info_classif],
            [None, "balanced", {0: 1, 1: 2}],
            [np.nan, 0],
            np.logspace(-2, 2, 5),
            np.array(["rbf", "linear"]),
            range(1, 4),
            [float("inf"), 1, 2],
            [{1}, {1, 2}],
        ],
        ids=range(15),
    )
    def test_values_come_back_as_they_were_typed(self, values):
        space = space_of_sources({"h": [values]})
        configs = [{"h": value} for value in values]
        back = decode(space, encode(space, configs))
        assert all(b["h"] is c["h"] or b["h"] == c["h"] for b, c in zip(back, configs, strict=True))
        assert [type(b["h"]) for b in back] == [type(c["h"]) for c in configs]

    def test_numbers_are_ordered_and_everything_else_is_a_category(self):
        assert domain_of(hyperparameter_from("h", [[10, 1, 5]])).values == (1, 5, 10)
        assert domain_of(hyperparameter_from("h", [[10, None, 5]])).values == (10, None, 5)
        assert not domain_of(hyperparameter_from("h", [[10, True]])).ordered

    def test_equal_values_are_one(self):
        assert domain_of(hyperparameter_from("h", [[1, 1.0, np.int64(1), 2]])).values == (1, 2)
        assert value_key(SVC(C=1)) == value_key(SVC(C=1)) != value_key(SVC(C=2))
        assert value_key(True) != value_key(1)
        assert value_key(np.float64("nan")) == value_key(float("nan"))
        for value in (partial(np.clip, a_min=0), KFold(3), np.tanh, load_iris):
            assert value_key(value) == value_key(copy.deepcopy(value))
        assert value_key(KFold(3)) != value_key(KFold(4))

    def test_uniform_kinds_are_exact(self):
        made = hyperparameter_from("h", [stats.uniform(2, 3)])
        assert (made.lower, made.upper, made.log) == (2.0, 5.0, False)
        made = hyperparameter_from("h", [stats.loguniform(1e-3, 10, scale=2)])
        assert (made.lower, made.upper) == pytest.approx((2e-3, 20))
        assert made.log
        made = hyperparameter_from("h", [stats.randint(1, 6, loc=2)])
        assert (made.lower, made.upper) == (3, 7)
        assert domain_of(made).decode(np.array([0.0, 1.0])) == [3, 7]
        made = hyperparameter_from("h", [stats.uniform])  # not frozen
        assert (made.lower, made.upper) == (0.0, 1.0)

    @pytest.mark.parametrize(
        "distribution",
        [
            stats.norm(1, 2),
            stats.expon(scale=3),
            stats.loguniform(1, 10, loc=2, scale=3),
            stats.poisson(3),
            stats.poisson(3, loc=2),
            stats.geom(0.2),
            stats.beta(2, 5),
        ],
        ids=lambda d: f"{d.dist.name}{d.args}",
    )
    def test_any_other_distribution_goes_through_its_quantiles(self, distribution):
        space = space_of_sources({"h": [distribution]})
        values = distribution.rvs(size=200, random_state=0)
        vectors = encode(space, [{"h": value} for value in values])
        assert ((vectors > 0) & (vectors < 1)).all()
        back = [config["h"] for config in decode(space, vectors)]
        np.testing.assert_allclose(back, values, rtol=1e-6)
        # The candidates follow the distribution.
        drawn = np.array([c["h"] for c in decode(space, sample_vectors(space, 4000, 0))])
        assert drawn.mean() == pytest.approx(distribution.mean(), abs=0.1 * distribution.std())
        assert drawn.std() == pytest.approx(distribution.std(), rel=0.15)

    def test_far_out_values_of_a_distribution_are_legal_and_stay_what_they_are(self):
        """The probability of 1000 under poisson(50) underflows; it is a value all the same."""
        domain = domain_of(hyperparameter_from("h", [stats.poisson(50)]))
        assert domain.own([1000, 1010.0, 60]) == [1000, 1010, 60]
        assert domain.nearest(-3) == 0
        assert not np.isnan(domain.encode([domain.nearest(1000.4)])[0])
        np.testing.assert_array_equal(
            np.isnan(domain.encode([None, "a", 1.5, -1, 7])), [1, 1, 1, 1, 0]
        )

    @pytest.mark.parametrize(
        "distribution",
        [
            stats.binom(5, 0.3),
            stats.bernoulli(0.2),
            stats.rv_discrete(values=([0.1, 0.25, 0.5], [0.2, 0.5, 0.3])),
            stats.hypergeom(20, 7, 12),
        ],
        ids=["binom", "bernoulli", "own", "hypergeom"],
    )
    def test_finitely_many_steps_are_listed_with_their_probabilities(self, distribution):
        space = space_of_sources({"h": [distribution]})
        values = distribution.rvs(size=100, random_state=0)
        back = [c["h"] for c in decode(space, encode(space, [{"h": v} for v in values]))]
        np.testing.assert_allclose(back, values)
        vectors, chances = enumerate_vectors(space, 100)
        numbers = np.array([c["h"] for c in decode(space, vectors)])
        assert (np.diff(numbers) > 0).all()
        np.testing.assert_allclose(chances, distribution.pmf(numbers))
        assert chances @ numbers == pytest.approx(distribution.mean())

    def test_a_discrete_candidate_is_where_the_trials_of_its_value_are(self):
        space = space_of_sources({"h": [stats.poisson(2)]})
        vectors = sample_vectors(space, 500, 0)
        np.testing.assert_array_equal(vectors, encode(space, decode(space, vectors)))

    def test_what_is_no_number_stands_beside_a_range(self):
        space = space_of_sources({"gamma": [stats.loguniform(1e-3, 1), ["scale", "auto"]]})
        configs = [{"gamma": value} for value in ("scale", "auto", 1e-3, 0.1, 1.0)]
        vectors = encode(space, configs)[:, 0]
        assert (np.diff(vectors) > 0).all()
        back = [config["gamma"] for config in decode(space, vectors[:, None])]
        assert back[:2] == ["scale", "auto"]
        assert back[2:] == pytest.approx([1e-3, 0.1, 1.0])

    def test_ranges_of_several_dicts_join(self):
        """As drawn: one dict in two, then its distribution; nothing in between is invented."""
        parts = [stats.loguniform(1e-5, 1e-3), stats.uniform(10, 90)]
        space = space_of_sources({"h": parts})
        drawn = np.array([c["h"] for c in decode(space, sample_vectors(space, 2000, 0))])
        assert (drawn < 1e-3).mean() == pytest.approx(0.5, abs=0.05)
        assert ((drawn < 1e-3) | (drawn > 10)).mean() > 0.999
        values = np.concatenate([part.rvs(50, random_state=0) for part in parts])
        vectors = encode(space, [{"h": value} for value in values])
        assert (np.argsort(vectors[:, 0]) == np.argsort(values)).all()
        np.testing.assert_allclose([c["h"] for c in decode(space, vectors)], values, rtol=1e-6)
        same = hyperparameter_from("h", [stats.loguniform(1, 10), stats.loguniform(1, 10), [2]])
        assert (same.lower, same.upper, same.log) == (1, 10, True)
        domain = domain_of(space["h"])
        assert np.isnan(domain.encode([5.0])[0]), "the gap is no part of the space"
        assert domain.nearest(5.0) == pytest.approx(1e-3)
        with pytest.raises(ValueError, match=r"endless, or discrete and continuous.*space="):
            hyperparameter_from("h", [stats.randint(1, 4), stats.uniform(0, 1)])

    def test_finite_ranges_join_with_their_probabilities(self):
        """Half of each dict: 1, 2, 3 at a sixth each, 2 and 3 at a quarter."""
        space = space_of_sources({"h": [stats.randint(1, 4), stats.binom(1, 0.5, loc=2)]})
        vectors, chances = enumerate_vectors(space, 10)
        assert [c["h"] for c in decode(space, vectors)] == [1, 2, 3]
        np.testing.assert_allclose(chances, [1 / 6, 1 / 6 + 1 / 4, 1 / 6 + 1 / 4])
        space = space_of_sources({"h": [stats.randint(1, 4), ["auto"]]})
        vectors, chances = enumerate_vectors(space, 10)
        assert [c["h"] for c in decode(space, vectors)] == ["auto", 1, 2, 3]
        np.testing.assert_allclose(chances, [1 / 2, 1 / 6, 1 / 6, 1 / 6])

    def test_a_fraction_between_integers_is_a_value_of_its_own(self):
        space = space_of_sources({"h": [stats.randint(1, 5), [2.5, 3]]})
        configs = [{"h": value} for value in (1, 2, 2.5, 3, 4)]
        vectors = encode(space, configs)
        assert [c["h"] for c in decode(space, vectors)] == [1, 2, 2.5, 3, 4]

    def test_a_median_may_be_an_extra_value(self):
        domain = domain_of(hyperparameter_from("h", [stats.uniform(0.1, 0.9), [0.0]]))
        assert domain.median([0.0, 0.0, 0.5]) == 0.0
        assert domain.median([0.0, 0.2, 0.4]) == 0.2

    def test_a_number_outside_a_range_does_not_stretch_it(self):
        space = space_of_sources({"h": [stats.loguniform(1e-6, 1e-1), [0.0]]})
        drawn = np.array([c["h"] for c in decode(space, sample_vectors(space, 2000, 0))])
        assert (drawn == 0).mean() == pytest.approx(0.5, abs=0.05)
        assert (drawn[drawn > 0] < 1e-3).mean() == pytest.approx(0.6, abs=0.05)

    def test_counts_and_shares_are_told_apart(self):
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

    def test_distributions_of_optuna_are_read_too(self):
        optuna = pytest.importorskip("optuna.distributions")
        made = hyperparameter_from("h", [optuna.FloatDistribution(1e-3, 10, log=True)])
        assert (made.lower, made.upper, made.log) == (1e-3, 10, True)
        made = hyperparameter_from("h", [optuna.IntDistribution(2, 7)])
        assert (made.lower, made.upper, type(made).__name__) == (
            2,
            7,
            "UniformIntegerHyperparameter",
        )
        for made, values in (
            (optuna.IntDistribution(2, 11, step=3), (2, 5, 8, 11)),
            (optuna.FloatDistribution(0.1, 0.4, step=0.1), tuple(0.1 + 0.1 * k for k in range(4))),
            (optuna.CategoricalDistribution([True, None, "a"]), (True, None, "a")),
        ):
            assert domain_of(hyperparameter_from("h", [made])).values == values

    def test_a_distribution_that_cannot_be_read_says_what_to_do(self):
        class OnlyDraws:
            def rvs(self, random_state=None):
                return 0.5

        for unreadable in (OnlyDraws(), stats.poisson(3, loc=0.5), stats.randint(1, 4, loc=0.5)):
            with pytest.raises(ValueError, match=r"'C'.*space="):
                hyperparameter_from("C", [unreadable])


class TestSpaces:
    """Dicts and lists of dicts."""

    def test_a_single_value_is_no_player_but_part_of_every_configuration(self):
        grid = {"C": [1, 10], "kernel": ["rbf"], "gamma": [0.1, 1.0, 10.0]}
        explainer = HyperSHAPExplainer(results_of(GridSearchCV(SVC(), grid)), baseline="best")
        explainer.set_params(random_state=0)
        with pytest.warns(UserWarning, match="fits poorly"):
            explainer.fit()
        assert explainer.hyperparameter_names_ == ["C", "gamma"]
        assert explainer.trials_.columns.tolist() == ["C", "gamma", "kernel", "score"]
        assert explainer.incumbent_ == {"C": 10, "gamma": 10.0, "kernel": "rbf"}

    def test_a_dict_that_lacks_a_hyperparameter_runs_at_the_estimators_own_value(self):
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

    def test_own_values_come_from_the_estimator_that_the_dict_puts_in(self):
        pipeline = Pipeline([("clf", SVC(C=7))])
        grid = [
            {"clf": [LogisticRegression(C=0.3), LogisticRegression(C=0.4)]},
            {"clf__C": [1, 10]},
        ]
        trials = read_trials(results_of(GridSearchCV(pipeline, grid)))
        assert [config["clf__C"] for config in trials.configs] == [0.3, 0.4, 1, 10]
        assert trials.default["clf__C"] == 7

    def test_a_space_given_beside_the_search_wins(self):
        search = results_of(GridSearchCV(SVC(), {"C": [1, 10, 100]}))
        wide = read_trials(search, space={"C": stats.loguniform(1e-2, 1e4)})
        assert (wide.space["C"].lower, wide.space["C"].upper) == pytest.approx((1e-2, 1e4))
        with pytest.raises(ValueError, match=r"1 of 3 values of 'C' are outside.*100"):
            read_trials(search, space={"C": stats.loguniform(1e-2, 50)})

    def test_random_search_draws_are_inside_their_space(self):
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

    def test_a_kernel_decides(self):
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

    def test_whole_estimators_decide_and_what_they_hold_is_nested(self):
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

    def test_counts_and_shares_of_an_estimator_that_is_put_in(self):
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
    def test_any_choice_that_is_no_number_decides(self, choices):
        first, second = choices
        pipeline = Pipeline([("a", SelectKBest()), ("b", SVC())])
        grid = [
            {"a__k": [first], "b__C": [1, 2]},
            {"a__k": [second], "b__C": [1], "b__tol": [1, 2]},
        ]
        trials, found = self.conditions_of(grid, pipeline)
        assert found == {"b__tol": ("a__k", [trials.space["a__k"].choices[1]])}

    def test_numbers_and_shared_values_decide_nothing(self):
        for grid in (
            [{"degree": [2], "C": [1]}, {"degree": [3], "C": [1], "coef0": [0.5, 1]}],
            [{"kernel": ["rbf", "poly"]}, {"kernel": ["poly"], "coef0": [0.5, 1]}],
            [{"kernel": ["linear"]}, {"coef0": [0.5, 1]}],
            [{"kernel": stats.rv_discrete(values=([1, 2], [0.5, 0.5]))}, {"coef0": [0.5, 1]}],
        ):
            space = space_of_search(RandomizedSearchCV(SVC(), grid))
            assert not space.conditions
            assert domain_of(space["coef0"]).values == (0.0, 0.5, 1)

    def test_the_hyperparameter_of_the_same_step_decides_first(self):
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

    def test_what_runs_nowhere_else_is_an_error_before_the_search_runs(self):
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
    def test_an_explanation_equals_that_of_the_same_trials(self):
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


class TestMetrics:
    """Which column is explained."""

    def test_several_metrics_need_a_name_unless_refit_gives_one(self):
        columns = {"mean_test_acc": [0.1, 0.9], "mean_test_f1": [0.8, 0.2]}
        search = GridSearchCV(SVC(), {"C": [1, 2]}, scoring={"acc": "accuracy", "f1": "f1_macro"})
        search.set_params(refit="f1")
        results_of(search, **columns)
        assert read_trials(search).scores.tolist() == [0.8, 0.2]
        assert read_trials(search).metric == "f1"
        assert read_trials(search, metric="acc").scores.tolist() == [0.1, 0.9]
        search.set_params(refit=False)
        with pytest.raises(ValueError, match=r"several metrics \('acc', 'f1'\).*metric="):
            read_trials(search)
        with pytest.raises(ValueError, match=r"'accc'.*Did you mean 'acc'"):
            read_trials(search, metric="accc")

    def test_a_metric_that_is_not_there_is_found_out_before_the_search_runs(self):
        search = GridSearchCV(SVC(), {"C": [1, 2]}, scoring=["accuracy", "f1_macro"], refit=False)
        explainer = HyperSHAPExplainer(search)
        with pytest.raises(ValueError, match="several metrics"):
            explainer.fit(X, Y)
        with pytest.raises(ValueError, match="'roc'"):
            explainer.set_params(metric="roc").fit(X, Y)
        assert not hasattr(explainer, "search_")

    def test_times_are_minimised(self):
        search = results_of(GridSearchCV(SVC(), {"C": [1, 2, 3]}))
        for metric in ("fit_time", "score_time"):
            trials = read_trials(search, metric=metric)
            assert (trials.metric, trials.direction) == (metric, "minimize")
            assert trials.scores.tolist() == search.cv_results_[f"mean_{metric}"].tolist()
            assert trials.incumbent == 0
        assert read_trials(search, metric="fit_time", direction="maximize").incumbent == 2
        with pytest.raises(ValueError, match=r"Unknown direction 'max'.*'maximize'"):
            read_trials(search, direction="max")

    def test_a_single_metric_goes_by_its_scorers_name_or_as_score(self):
        search = results_of(GridSearchCV(SVC(), {"C": [1, 2]}, scoring="accuracy"))
        assert read_trials(search).metric == "accuracy"
        assert read_trials(search, metric="accuracy").metric == "accuracy"
        assert read_trials(search, metric="score").scores.tolist() == [0, 1]
        with pytest.raises(ValueError, match="Unknown metric 'f1'"):
            read_trials(search, metric="f1")

    def test_failed_trials_are_counted_and_left_out(self):
        search = results_of(GridSearchCV(SVC(), {"C": [1, 2, 3]}), [0.5, np.nan, -np.inf])
        with pytest.warns(TrialsWarning, match="2 of 3 trials failed"):
            trials = read_trials(search)
        assert trials.configs == [{"C": 1}]
        with pytest.raises(ValueError, match="All 3 trials failed"):
            read_trials(results_of(search, [np.nan] * 3))


class TestShapedLikeASearch:
    """Anything with cv_results_, a search of scikit-learn or not."""

    class Found:
        """What a library of its own may return; it cannot be fitted."""

        def __init__(self, cv_results, **attributes):
            self.cv_results_ = cv_results
            vars(self).update(attributes)

    PARAMS: ClassVar = [{"a": a, "b": b} for a in (1, 2, 3) for b in ("x", "y")] * 3
    SCORES = np.arange(18.0) % 6

    @pytest.mark.parametrize(
        "attribute", ["param_grid", "param_distributions", "search_spaces", "parameters"]
    )
    @pytest.mark.parametrize("column", ["mean_test_score", "test_score"])
    def test_its_space_and_scores_are_found(self, attribute, column):
        space = {"a": stats.randint(1, 9), "b": ["x", "y", "z"]}
        found = self.Found({"params": self.PARAMS, column: self.SCORES}, **{attribute: space})
        trials = read_trials(found)
        assert trials.configs == self.PARAMS
        assert trials.scores.tolist() == self.SCORES.tolist()
        assert (trials.space["a"].upper, trials.default, trials.fidelity) == (8, None, None)

    def test_an_explanation_equals_that_of_the_same_trials(self):
        space = {"a": [1, 2, 3], "b": ["x", "y"]}
        found = self.Found({"params": self.PARAMS, "test_score": self.SCORES}, parameters=space)
        read = HyperSHAPExplainer(found, random_state=0).fit()
        given = HyperSHAPExplainer(read.space_, baseline="median", random_state=0)
        given.fit(self.PARAMS, self.SCORES)
        games = ["tunability", "ablation"]
        pd.testing.assert_frame_equal(read.explain(games), given.explain(games))

    def test_a_space_that_is_not_there_is_given_or_inferred(self):
        found = self.Found({"params": self.PARAMS, "mean_test_score": self.SCORES})
        trials = read_trials(found, space={"a": stats.randint(1, 9), "b": ["x", "y", "z"]})
        assert trials.space["a"].upper == 8
        with pytest.warns(SpaceWarning, match="inferred from the 18 trials") as caught:
            trials = read_trials(found)
        assert len(caught) == 1
        assert domain_of(trials.space["a"]).values == (1, 2, 3)
        with pytest.warns(SpaceWarning, match="inferred"):
            explainer = HyperSHAPExplainer(found, random_state=0).fit()
        assert explainer.hyperparameter_names_ == ["a", "b"]

    def test_a_distribution_that_only_draws_is_inferred_from_what_it_drew(self):
        class OnlyDraws:
            def rvs(self, random_state=None):
                return float(random_state.uniform(1, 2))

        search = RandomizedSearchCV(SVC(), {"C": OnlyDraws(), "gamma": [0.1, 1]}, cv=2, n_iter=12)
        assert space_of_search(search) is None
        search.set_params(random_state=0).fit(X, Y)
        with pytest.warns(
            SpaceWarning, match=r"inferred from the 12 trials \(C: a number from 1\."
        ):
            trials = read_trials(search)
        assert trials.configs == search.cv_results_["params"]
        with pytest.raises(ValueError, match=r"'C'.*space="):
            read_trials(search, space={"C": OnlyDraws(), "gamma": [0.1, 1]})

    def test_a_fidelity_and_times_are_found_too(self):
        results = {
            "params": self.PARAMS,
            "mean_test_score": self.SCORES,
            "mean_fit_time": self.SCORES + 1,
            "n_resources": [1] * 12 + [3] * 6,
        }
        trials = read_trials(self.Found(results, param_grid={"a": [1, 2, 3], "b": ["x", "y"]}))
        assert trials.fidelity.tolist() == results["n_resources"]
        times = read_trials(
            self.Found(results, param_grid={"a": [1, 2, 3], "b": ["x", "y"]}), metric="fit_time"
        )
        assert (times.direction, times.scores[0]) == ("minimize", 1.0)

    def test_what_is_missing_is_said(self):
        grid = {"a": [1, 2, 3], "b": ["x", "y"]}
        with pytest.raises(ValueError, match=r"of Found has no 'params'"):
            read_trials(self.Found({"mean_test_score": [1.0]}, param_grid=grid))
        with pytest.raises(ValueError, match=r"no scores.*among params, loss"):
            read_trials(self.Found({"params": self.PARAMS, "loss": self.SCORES}, param_grid=grid))
        found = self.Found({"params": self.PARAMS, "mean_test_auc": self.SCORES}, param_grid=grid)
        assert read_trials(found, metric="auc").metric == read_trials(found).metric == "auc"
        with pytest.raises(ValueError, match=r"'acu'.*Did you mean 'auc'"):
            read_trials(found, metric="acu")
        for words in ("rbf", 3):
            with pytest.raises(TypeError, match=rf"values of 'a' must be a list.*got {words!r}"):
                read_trials(found, metric="auc", space={"a": words, "b": ["x", "y"]})
        with pytest.raises(TypeError, match="dict or a list of dicts"):
            read_trials(found, metric="auc", space=[{"a": [1, 2]}, "b"])
        with pytest.raises(ValueError, match=r"first in number 0: 'b'.*Allowed: 'a'"):
            read_trials(found, metric="auc", space={"a": [1, 2, 3]})


def test_frozen_searches_are_read_and_never_refitted():
    search = results_of(GridSearchCV(SVC(), {"C": [1, 2]}))
    assert read_trials(FrozenEstimator(search)).configs == [{"C": 1}, {"C": 2}]


def test_sources_that_are_none():
    with pytest.raises(TypeError, match="Cannot read trials from list"):
        read_trials([1, 2])
    with pytest.raises(TypeError, match="SVC is not a search: it has no search space"):
        read_trials(SVC())
    with pytest.raises(
        ValueError, match="with a ConfigurationSpace only; a GridSearchCV has results"
    ):
        read_trials(results_of(GridSearchCV(SVC(), {"C": [1, 2]})), configs=[{"C": 1}])


def test_nested_names_of_pipelines():
    pipeline = make_pipeline(SelectKBest(), SVC())
    grid = {"selectkbest__score_func": [f_classif, mutual_info_classif], "svc__C": [1, 2]}
    trials = read_trials(results_of(GridSearchCV(pipeline, grid)))
    assert list(trials.space) == ["selectkbest__score_func", "svc__C"]
    assert trials.default == {"selectkbest__score_func": f_classif, "svc__C": 1.0}


def test_a_missing_library_names_its_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "skopt.space", None)
    with pytest.raises(ImportError, match=r"needs skopt.*pip install 'skhypershap\[skopt\]'"):
        as_dimensions([{"C": (1e-3, 1.0, "log-uniform")}])
