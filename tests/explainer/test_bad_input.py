"""Bad input: a clear error or one warning, never a wrong number, and no lost results."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from ConfigSpace import (
    ConfigurationSpace,
)
from sklearn.datasets import load_iris
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.svm import SVC, SVR

from skhypershap import HyperSHAPExplainer, SurrogateWarning, TrialsWarning

X, Y = load_iris(return_X_y=True)
SPACE = ConfigurationSpace({"svc__C": (0.0, 1.0), "svc__gamma": (0.0, 1.0)})


def trials(n_trials=30, seed=0):
    values = np.random.default_rng(seed).random((n_trials, 2))
    configs = [dict(zip(SPACE, row, strict=True)) for row in values]
    return configs, values @ [1.0, 2.0]


@pytest.fixture(scope="module")
def explainer():
    return HyperSHAPExplainer(SPACE, n_samples=50, random_state=0).fit(*trials())


class TestNames:
    """Unknown names: the error suggests the closest."""

    def test_unknown_game_raises(self, explainer):
        with pytest.raises(ValueError, match=r"Unknown game 'tunabilty'.*'tunability'"):
            explainer.explain("tunabilty")
        with pytest.raises(ValueError, match="Unknown game 'x'"):
            explainer.explain(["ablation", "x"])
        with pytest.raises(ValueError, match="at least one game"):
            explainer.explain([])
        for game in (None, 3, [["tunability"]], {"tunability": 1}):
            with pytest.raises(ValueError, match="Unknown game"):
                explainer.explain(game)
        with pytest.raises(TypeError, match="takes one game"):
            explainer.interaction_values(["ablation"])

    def test_unknown_index_raises(self, explainer):
        with pytest.raises(ValueError, match=r"Unknown index 'FSI'.*'FSII'"):
            explainer.explain(index="FSI")
        with pytest.raises(ValueError, match=r"Unknown index \['SV'\]"):
            explainer.explain(index=["SV"])

    def test_unknown_baseline_raises(self, explainer):
        with pytest.raises(ValueError, match=r"Unknown baseline 'defualt'.*'default'"):
            explainer.explain(baseline="defualt")
        with pytest.raises(ValueError, match=r"Unknown hyperparameter 'svc_C'.*'svc__C'"):
            explainer.explain(baseline={"svc_C": 1})
        with pytest.raises(ValueError, match="empty list"):
            explainer.explain(baseline=[])
        with pytest.raises(TypeError, match="baseline must be one of"):
            explainer.explain(baseline=3)
        with pytest.raises(ValueError, match="Unknown baseline 'mean'"):
            HyperSHAPExplainer(SPACE, baseline="mean").fit(*trials())

    def test_config_with_unknown_name_or_type_raises(self, explainer):
        with pytest.raises(ValueError, match=r"Unknown hyperparameter 'gamma'.*'svc__gamma'"):
            explainer.explain("ablation", config={"gamma": 0.5})
        for config in ("best", 5, 0, [{"svc__C": 0.5}]):
            with pytest.raises(TypeError, match="config must be a dict"):
                explainer.explain("ablation", config=config)

    def test_unknown_metric_raises_before_search(self):
        explainer = HyperSHAPExplainer(GridSearchCV(SVC(), {"C": [1, 2]}), metric="acuracy")
        with pytest.raises(ValueError, match="Unknown metric 'acuracy'"):
            explainer.fit(X, Y)
        assert not hasattr(explainer, "search_")

    @pytest.mark.parametrize("baseline", [{"CC": 1}, {"C": 9}, [{"C": 9}], "defualt"])
    def test_bad_baseline_raises_before_search(self, baseline):
        explainer = HyperSHAPExplainer(GridSearchCV(SVC(), {"C": [1, 2]}), baseline=baseline)
        with pytest.raises(ValueError, match=r"'CC'|'C'|'defualt'"):
            explainer.fit(X, Y)
        assert not hasattr(explainer, "search_")


class TestValues:
    """Values outside the space: the error names the place and what is allowed."""

    def test_value_outside_space_raises(self, explainer):
        with pytest.raises(ValueError, match=r"7 is no value of 'svc__C'.*from 0.0 to 1.0"):
            explainer.explain(baseline={"svc__C": 7})
        with pytest.raises(ValueError, match=r"'rbf' is no value of 'svc__C'"):
            explainer.explain("ablation", config={"svc__C": "rbf"})
        with pytest.raises(ValueError, match=r"configuration number 1"):
            explainer.predict_score([*trials(1)[0], {"svc__C": -1, "svc__gamma": 0.5}])

    def test_nan_in_configs_raises(self):
        configs, scores = trials()
        configs[3]["svc__C"] = float("nan")
        with pytest.raises(ValueError, match=r"1 of 30 values of 'svc__C'.*nan.*number 3"):
            HyperSHAPExplainer(SPACE).fit(configs, scores)
        with pytest.raises(ValueError, match="Missing in configuration number 3: 'svc__C'"):
            HyperSHAPExplainer(SPACE).fit(pd.DataFrame(configs), scores)

    @pytest.mark.parametrize("order", [0, -1, 3, 1.5, "2", None, True])
    def test_order_out_of_range_raises(self, explainer, order):
        with pytest.raises(ValueError, match="order must be an integer from 1 to 2"):
            explainer.explain(order=order)

    @pytest.mark.parametrize(
        ("parameter", "value"),
        [
            ("n_samples", 0),
            ("n_samples", 10.5),
            ("optimizer", "best"),
            ("max_exact", 0),
            ("direction", "up"),
            ("surrogate", "trees"),
            ("metric", 3.5),
            ("n_jobs", "all"),
            ("random_state", "seed"),
            ("verbose", "loud"),
        ],
    )
    def test_bad_parameter_raises_in_fit(self, parameter, value):
        broken = HyperSHAPExplainer(SPACE, **{parameter: value})
        with pytest.raises(ValueError, match=f"'{parameter}' parameter of HyperSHAPExplainer"):
            broken.fit(*trials())

    def test_bad_parameter_set_after_fit_raises_in_explain(self):
        fitted = HyperSHAPExplainer(SPACE, random_state=0).fit(*trials())
        with pytest.raises(ValueError, match="'optimizer' parameter"):
            fitted.set_params(optimizer="bogus").explain()

    def test_integer_outside_large_range_raises(self):
        space = ConfigurationSpace({"n": (1, 10_000_000)})
        with pytest.raises(ValueError, match="10000005"):
            HyperSHAPExplainer(space).fit([{"n": 10_000_005}, {"n": 1}], [1, 2])

    def test_surrogate_class_raises(self):
        with pytest.raises(ValueError, match=r"Pass an instance: SVR\(\)"):
            HyperSHAPExplainer(SPACE, surrogate=SVR).fit(*trials())

    def test_classifier_as_surrogate_raises_before_search(self):
        explainer = HyperSHAPExplainer(GridSearchCV(SVC(), {"C": [1, 2]}), surrogate=SVC())
        with pytest.raises(ValueError, match="SVC is a classifier"):
            explainer.fit(X, Y)
        assert not hasattr(explainer, "search_")


class TestData:
    """Arguments of fit."""

    def test_fit_without_results_or_data_raises(self):
        with pytest.raises(NotFittedError, match="GridSearchCV is not fitted"):
            HyperSHAPExplainer(GridSearchCV(SVC(), {"C": [1, 2]})).fit()
        with pytest.raises(ValueError, match="holds no results"):
            HyperSHAPExplainer(SPACE).fit()
        with pytest.raises(ValueError, match="There are no trials"):
            HyperSHAPExplainer(SPACE).fit([], [])

    def test_unused_fit_arguments_raise(self):
        search = GridSearchCV(SVC(), {"C": [1, 2]}).fit(X, Y)
        with pytest.raises(ValueError, match="fit got y without X"):
            HyperSHAPExplainer(search).fit(y=Y)
        with pytest.raises(ValueError, match="fit got sample_weight without X"):
            HyperSHAPExplainer(search).fit(sample_weight=Y)
        with pytest.raises(ValueError, match=r"'score'. Did you mean 'scores'"):
            HyperSHAPExplainer(SPACE).fit(trials()[0], score=trials()[1])
        with pytest.raises(TypeError, match=r"must be a ConfigurationSpace.*got int"):
            HyperSHAPExplainer(search, space=3).fit()

    def test_failed_fit_keeps_earlier_fit(self):
        fitted = HyperSHAPExplainer(SPACE, n_samples=50, random_state=0).fit(*trials())
        before = fitted.explain()
        with pytest.raises(ValueError, match="There are no trials"):
            fitted.fit([], [])
        pd.testing.assert_frame_equal(fitted.explain(), before)
        search = GridSearchCV(SVC(), {"C": [1, 2, 3], "gamma": [0.1, 1, 2, 3]}).fit(X, Y)
        fitted = HyperSHAPExplainer(search, baseline="worst", random_state=0).fit()
        for arguments in ({"y": Y}, {"X": X[:1], "y": Y[:1]}):
            with pytest.raises(ValueError, match=r"without X|n_splits"):
                fitted.fit(**arguments)
            assert fitted.search_ is search
            assert len(fitted.explain()) == 3

    def test_failed_read_keeps_only_search_(self):
        """The new search is kept, and nothing of the earlier fit."""
        grid = {"C": [1, 2, 3], "gamma": [0.1, 1, 2, 3]}
        fitted = HyperSHAPExplainer(GridSearchCV(SVC(), grid), baseline="worst", random_state=0)
        first = fitted.fit(X, Y).search_
        with pytest.raises(ValueError, match="are outside"):
            fitted.set_params(space={"C": [1, 2, 3], "gamma": [0.1, 1]}).fit(X, Y)
        assert fitted.search_ is not first
        with pytest.raises(NotFittedError):
            fitted.explain()

    def test_scores_of_wrong_shape_raise(self):
        configs, scores = trials()
        with pytest.raises(ValueError, match=r"each of the 30 configurations.*\(29,\)"):
            HyperSHAPExplainer(SPACE).fit(configs, scores[:-1])
        with pytest.raises(ValueError, match=r"\(30, 1\)"):
            HyperSHAPExplainer(SPACE).fit(configs, scores[:, None])

    @pytest.mark.parametrize("penalty", [1e307, -np.finfo(float).max])
    def test_scores_near_the_largest_float_raise(self, explainer, penalty):
        configs, scores = trials()
        scores[[3, 7]] = penalty
        with pytest.raises(ValueError, match=r"2 of 30 scores are too large.*Pass NaN"):
            HyperSHAPExplainer(SPACE).fit(configs, scores)
        with pytest.raises(ValueError, match=r"1 of 1 scores are too large"):
            explainer.tell(configs[:1], [penalty])

    @pytest.mark.parametrize("surrogate", [None, "forest"])
    def test_scores_of_up_to_1e300_are_explained(self, surrogate):
        """A power of two changes no digit."""
        configs, scores = trials()
        arguments = {"surrogate": surrogate, "n_samples": 50, "random_state": 0}
        usual = HyperSHAPExplainer(SPACE, **arguments).fit(configs, scores).explain()
        large = HyperSHAPExplainer(SPACE, **arguments).fit(configs, scores * 2.0**990).explain()
        assert large["interaction"].tolist() == usual["interaction"].tolist()
        np.testing.assert_allclose(large["value"] / 2.0**990, usual["value"], rtol=1e-9)

    def test_scores_whose_squares_overflow_in_a_regressor_raise(self):
        configs, scores = trials()
        for surrogate in (SVR(), ExtraTreesRegressor()):
            with pytest.raises(ValueError, match=r"squares scores.*Divide the scores"):
                HyperSHAPExplainer(SPACE, surrogate=surrogate).fit(configs, scores * 1e200)

    def test_frame_with_wrong_columns_raises(self):
        configs, scores = trials()
        frame = pd.DataFrame(configs)
        with pytest.raises(ValueError, match="'note'"):
            HyperSHAPExplainer(SPACE).fit(frame.assign(note=1), scores)
        with pytest.raises(ValueError, match=r"Missing in the DataFrame.*'svc__C'"):
            HyperSHAPExplainer(SPACE).fit(frame[["svc__gamma"]], scores)
        twice = pd.concat([frame, frame[["svc__C"]]], axis=1)
        with pytest.raises(ValueError, match="two columns 'svc__C'"):
            HyperSHAPExplainer(SPACE).fit(twice, scores)
        del configs[2]["svc__C"]
        with pytest.raises(ValueError, match="Missing in configuration number 2: 'svc__C'"):
            HyperSHAPExplainer(SPACE).fit(configs, scores)

    @pytest.mark.parametrize("configs", [{"svc__C": [0.5]}, "configs", 3, [1, 2], [["a"]]])
    def test_configs_of_wrong_type_raise(self, configs):
        with pytest.raises(TypeError, match="configs must"):
            HyperSHAPExplainer(SPACE).fit(configs, [1, 2])

    def test_source_of_wrong_type_raises(self):
        with pytest.raises(FileNotFoundError, match="No SMAC run in 'grid'"):
            HyperSHAPExplainer("grid").fit(X, Y)
        with pytest.raises(TypeError, match="Cannot read trials from list"):
            HyperSHAPExplainer([SVC()]).fit(X, Y)
        with pytest.raises(TypeError, match="SVC is not a search"):
            HyperSHAPExplainer(SVC()).fit(X, Y)
        with pytest.raises(ValueError, match="space= is for sources"):
            HyperSHAPExplainer(SPACE, space=SPACE).fit(*trials())

    @pytest.mark.parametrize("fidelity", [np.ones(3), ["high"] * 30, np.full(30, np.nan)])
    def test_bad_fidelity_raises(self, fidelity):
        with pytest.raises(ValueError, match=r"fidelity|could not convert"):
            HyperSHAPExplainer(SPACE).fit(*trials(), fidelity=fidelity)

    @pytest.mark.parametrize(
        "dates", [pd.date_range("2026", periods=30), [pd.Timedelta("1s")] * 30]
    )
    def test_dates_and_durations_are_refused_as_scores(self, dates):
        """Their numbers are nanoseconds or microseconds, and those of missing ones are negative."""
        table = pd.DataFrame(trials()[0]).assign(when=dates)
        with pytest.raises(ValueError, match=r"'when' must hold numbers; .*total_seconds"):
            HyperSHAPExplainer(table, metric="when").fit()
        with pytest.raises(ValueError, match=r"scores must be numbers, .*total_seconds"):
            HyperSHAPExplainer(SPACE).fit(trials()[0], table["when"])

    def test_trials_beside_a_source_that_has_its_own_raise(self):
        configs, scores = trials()
        table = pd.DataFrame(configs).assign(score=scores)
        with pytest.raises(ValueError, match=r"configs, scores .*DataFrame has results.*tell\(\)"):
            HyperSHAPExplainer(table).fit(configs[:3], scores[:3])

    def test_space_without_free_hyperparameter_raises(self):
        with pytest.raises(ValueError, match="No hyperparameter varies"):
            HyperSHAPExplainer(GridSearchCV(SVC(), {"C": [1]})).fit(X, Y)
        with pytest.raises(ValueError, match="No hyperparameter varies"):
            HyperSHAPExplainer(ConfigurationSpace({"a": 3})).fit([{"a": 3}], [1])
        with pytest.raises(ValueError, match="no value for 'C'"):
            HyperSHAPExplainer(GridSearchCV(SVC(), {"C": []})).fit(X, Y)

    def test_hyperparameter_called_score_raises(self):
        with pytest.raises(ValueError, match="cannot be called 'score'"):
            HyperSHAPExplainer(ConfigurationSpace({"score": (0.0, 1.0)})).fit([], [])


class TestWarnings:
    """One warning for each problem, of our own class."""

    def test_failed_trials_are_dropped_with_one_warning(self):
        configs, scores = trials()
        scores[[2, 5]] = np.nan, np.inf
        with pytest.warns(TrialsWarning, match="2 of 30 trials failed"):
            explainer = HyperSHAPExplainer(SPACE, random_state=0).fit(configs, scores)
        assert len(explainer.trials_) == 28
        with pytest.raises(ValueError, match="All 30 trials failed"):
            HyperSHAPExplainer(SPACE).fit(configs, np.full(30, np.nan))

    def test_constant_scores_warn_and_give_zeros(self):
        with pytest.warns(TrialsWarning, match="same 'score' score, 0.5") as caught:
            explainer = HyperSHAPExplainer(SPACE, random_state=0).fit(trials()[0], [0.5] * 30)
        assert len(caught) == 1
        for game in ("ablation", "tunability", "mistunability", "sensitivity"):
            assert (explainer.explain(game)["value"] == 0).all()

    def test_few_trials_warn(self):
        with pytest.warns(SurrogateWarning, match=r"from 9 trials.*Run more trials") as caught:
            HyperSHAPExplainer(SPACE, random_state=0).fit(*trials(9))
        assert len(caught) == 1
        assert caught[0].filename == __file__

    def test_single_trial_warns_and_gives_zeros(self):
        with pytest.warns(SurrogateWarning, match=r"R2 = nan.*from 1 trial;"):
            explainer = HyperSHAPExplainer(SPACE, random_state=0).fit(*trials(1))
        assert (explainer.explain()["value"] == 0).all()

    def test_noisy_scores_warn(self):
        configs, _ = trials(50)
        noise = np.random.default_rng(1).normal(size=50)
        with pytest.warns(SurrogateWarning, match="fits poorly"):
            HyperSHAPExplainer(SPACE, random_state=0).fit(configs, noise)

    def test_good_fit_does_not_warn(self):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            HyperSHAPExplainer(SPACE, random_state=0).fit(*trials(60)).explain(["ablation"])


def test_search_is_kept_if_its_trials_are_outside_space():
    search = GridSearchCV(SVC(), {"C": [1, 10], "gamma": [0.1, 1]})
    explainer = HyperSHAPExplainer(search, space={"C": [1, 10], "gamma": [0.5, 1]})
    with pytest.raises(ValueError, match="'gamma' are outside") as caught:
        explainer.fit(X, Y)
    assert "search_" in caught.value.__notes__[0]
    assert explainer.search_.best_score_ > 0.9
    assert len(explainer.predict(X)) == len(X)
