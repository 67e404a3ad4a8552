"""Any regressor of scikit-learn as a surrogate: it works, or one error names it."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from ConfigSpace import Categorical, ConfigurationSpace, EqualsCondition, Float
from sklearn.ensemble import (
    GradientBoostingRegressor,
    HistGradientBoostingRegressor,
    StackingRegressor,
    VotingRegressor,
)
from sklearn.linear_model import LassoCV, LinearRegression, MultiTaskLasso, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeRegressor

from skhypershap import HyperSHAPExplainer
from skhypershap.errors import HyperSHAPWarning, SurrogateWarning
from skhypershap.surrogate.regressors import SurrogateError, held_out_predictions

pytestmark = pytest.mark.filterwarnings("ignore::skhypershap.errors.HyperSHAPWarning")
FLAT = ConfigurationSpace({"a": (0.0, 1.0), "b": (0.0, 1.0)}, seed=0)
CONFIGS = [dict(config) for config in FLAT.sample_configuration(60)]
SCORES = [2 * config["a"] + config["b"] for config in CONFIGS]


def conditional_space():
    space = ConfigurationSpace(seed=0)
    kernel, gamma = Categorical("kernel", ["linear", "rbf"]), Float("gamma", (0.1, 10.0))
    space.add(kernel, gamma, Float("C", (0.0, 1.0)), EqualsCondition(gamma, kernel, "rbf"))
    return space


def fitted(model, configs=CONFIGS, scores=SCORES, space=FLAT, **arguments):
    explainer = HyperSHAPExplainer(
        space, surrogate=model, n_samples=50, random_state=0, **arguments
    )
    return explainer.fit(configs, scores)


class Linear:
    """2 a + b, without the help of scikit-learn; `change` is applied to predictions."""

    def __init__(self, change=lambda found: found):
        self.change = change

    def fit(self, X, y):
        return self

    def predict(self, X):
        return self.change(2 * X[:, 0] + X[:, 1])


class TestTrees:
    @pytest.mark.parametrize(
        "model", [GradientBoostingRegressor(), GradientBoostingRegressor(min_samples_leaf=40)]
    )
    @pytest.mark.parametrize("conditional", [True, False], ids=["conditions", "fidelity"])
    def test_trees_without_splits_explain_zeros(self, model, conditional):
        space = conditional_space() if conditional else FLAT
        configs = space.sample_configuration(30)
        explainer = HyperSHAPExplainer(space, surrogate=model, n_samples=50, random_state=0)
        fidelity = {} if conditional else {"fidelity": [1, 2] * 15}
        explainer.fit(configs, [1.0] * 30, **fidelity)
        for game in ("tunability", "ablation", "sensitivity"):
            table = explainer.explain(game, n_bootstrap=2)
            assert not table["value"].any()
            assert table.attrs["full_score"] == (0.0 if game == "sensitivity" else 1.0)


class TestRarelyActive:
    @pytest.mark.parametrize("n_rbf", [0, 1, 2])
    def test_column_without_values_in_folds_and_resamples_is_constant(self, n_rbf):
        generator = np.random.default_rng(0)
        configs = [{"kernel": "linear", "C": generator.random()} for _ in range(40 - n_rbf)]
        configs += [
            {"kernel": "rbf", "C": generator.random(), "gamma": 1.0 + i} for i in range(n_rbf)
        ]
        scores = [config["C"] + config.get("gamma", 0) for config in configs]
        model = HistGradientBoostingRegressor(max_iter=10, min_samples_leaf=2)
        explainer = fitted(
            model, configs, scores, conditional_space(), baseline={"kernel": "linear"}
        )
        assert np.isfinite(explainer.surrogate_score_)
        values = explainer.explain(order=1, n_bootstrap=5).set_index("interaction")["value"]
        assert np.isfinite(values).all()
        if n_rbf == 0:
            assert not values["gamma"].any()

    def test_model_that_loses_a_column_in_its_own_split_sees_defaults(self):
        generator = np.random.default_rng(0)
        configs = [{"kernel": "linear", "C": generator.random()} for _ in range(59)]
        configs += [{"kernel": "rbf", "C": generator.random(), "gamma": 1.0}]
        scores = [config["C"] + config.get("gamma", 0) for config in configs]
        model = HistGradientBoostingRegressor(max_iter=10, early_stopping=True)
        for seed in range(4):
            explainer = HyperSHAPExplainer(
                conditional_space(), surrogate=model, n_samples=50, random_state=seed
            )
            table = explainer.fit(configs, scores).explain("ablation", order=1)
            assert np.isfinite(table["value"]).all()


class TestPredictAfterFit:
    @pytest.mark.parametrize(
        "model",
        [
            StackingRegressor([("a", Ridge()), ("b", DecisionTreeRegressor(random_state=0))]),
            VotingRegressor([("a", Ridge()), ("b", LinearRegression())]),
            GridSearchCV(Ridge(), {"alpha": [1e-6, 1e-3]}),
            make_pipeline(StandardScaler(), GridSearchCV(Ridge(), {"alpha": [1e-6, 1e-3]})),
        ],
        ids=lambda model: type(model).__name__,
    )
    def test_delegated_predict_works(self, model):
        values = fitted(model, baseline={"a": 0.0, "b": 0.0}).explain("ablation", order=1)
        assert np.isfinite(values["value"]).all()
        assert values["value"].sum() > 1

    def test_pipeline_without_regressor_is_refused_by_name(self):
        with pytest.raises(ValueError, match="surrogate=Pipeline"):
            fitted(make_pipeline(StandardScaler(), StandardScaler()))

    def test_object_without_predict_is_refused_before_fit(self):
        with pytest.raises(ValueError, match=r"'surrogate' parameter .* has no predict"):
            fitted(StandardScaler())


class TestPredictions:
    @pytest.mark.parametrize(
        ("change", "problem"),
        [
            (lambda found: np.where(found > 1, np.nan, found), "NaN"),
            (lambda found: found / 0.0, "infinity"),
            (lambda found: found * 1j, "complex"),
            (lambda found: found.astype(str), "text"),
            (lambda found: np.array(["much"] * len(found), dtype=object), "not numbers"),
            (lambda found: found[:-1], "shape"),
            (lambda found: np.column_stack([found, found]), r"shape \(\d+, 2\)"),
            (lambda found: found.mean(), r"shape \(\)"),
            (lambda found: np.ma.masked_where(found > 1, found), "NaN"),
        ],
    )
    @pytest.mark.filterwarnings("ignore::RuntimeWarning")
    def test_other_predictions_are_refused_by_name(self, change, problem):
        with pytest.raises(ValueError, match=rf"surrogate=Linear must predict .*{problem}"):
            fitted(Linear(change))

    def test_lists_of_several_lengths_are_refused_by_name(self):
        with pytest.raises(ValueError, match=r"surrogate=Linear cannot predict .*inhomogeneous"):
            fitted(Linear(lambda found: [[1.0], *[[1.0, 2.0]] * (len(found) - 1)]))

    def test_nan_that_only_a_game_meets_is_refused(self):
        explainer = fitted(Linear(lambda found: np.where(len(found) > 60, np.nan, found)))
        with pytest.raises(ValueError, match=r"surrogate=Linear must predict .*NaN"):
            explainer.explain()

    def test_integers_and_one_column_are_scores(self):
        wide = fitted(Linear(lambda found: found[:, None])).explain()
        assert wide["value"].tolist() == fitted(Linear()).explain()["value"].tolist()
        whole = fitted(Linear(lambda found: np.round(found).astype(int)))
        assert np.isfinite(whole.explain()["value"]).all()


class TestFewTrials:
    def test_model_that_refuses_trials_is_named(self):
        with pytest.raises(SurrogateError, match="surrogate=LassoCV cannot be fitted to 3 trials"):
            fitted(LassoCV(), CONFIGS[:3], SCORES[:3])
        with pytest.raises(SurrogateError, match="surrogate=MultiTaskLasso cannot be fitted"):
            fitted(MultiTaskLasso())
        with pytest.raises(SurrogateError, match="surrogate=KNeighborsRegressor cannot predict"):
            fitted(KNeighborsRegressor(5), CONFIGS[:3], SCORES[:3])

    def test_model_that_fails_on_folds_has_no_score_and_one_warning(self):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            explainer = fitted(KNeighborsRegressor(5), CONFIGS[:5], SCORES[:5])
        assert np.isnan(explainer.surrogate_score_)
        about_folds = [one for one in caught if "cannot be measured" in str(one.message)]
        assert len(about_folds) == 1
        assert about_folds[0].filename == __file__
        assert issubclass(about_folds[0].category, HyperSHAPWarning)

    def test_equal_scores_need_no_model(self):
        explainer = fitted(LassoCV(cv=20), CONFIGS[:10], [3.0] * 10)
        assert explainer.predict_score(CONFIGS[:2]).tolist() == [3.0, 3.0]
        assert not explainer.explain(n_bootstrap=2)["value"].any()

    def test_folds_are_those_of_scikit_learn(self):
        from sklearn.model_selection import KFold, cross_val_predict

        rows, scores = np.array([[c["a"], c["b"]] for c in CONFIGS]), np.array(SCORES) ** 2
        nothing = np.empty((0, 2)), np.empty(0)
        found = held_out_predictions(LinearRegression(), rows, scores, nothing, seed=3)
        folds = KFold(5, shuffle=True, random_state=3)
        expected = cross_val_predict(LinearRegression(), rows, scores, cv=folds)
        np.testing.assert_allclose(found, expected, rtol=1e-12)

    def test_failing_fold_is_nan_and_warns(self):
        rows, scores = np.arange(6.0)[:, None], np.arange(6.0)
        nothing = np.empty((0, 1)), np.empty(0)
        with pytest.warns(SurrogateWarning, match="0 of 6"):
            found = held_out_predictions(KNeighborsRegressor(6), rows, scores, nothing, seed=0)
        assert np.isnan(found).all()
