"""ask, tell and measure; diagnostics and predictions of a fitted explainer."""

from __future__ import annotations

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from ConfigSpace import ConfigurationSpace
from conftest import (
    CONDITIONAL_SPACES,
    bowl,
    coalitions,
    fitted,
    iris_svc_search,
    mixed_score,
    run_study,
    score_of,
)
from scipy.stats import loguniform
from sklearn.datasets import load_iris
from sklearn.ensemble import ExtraTreesRegressor, RandomForestRegressor
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import KFold, RandomizedSearchCV, cross_val_score
from sklearn.neighbors import KNeighborsRegressor
from sklearn.svm import SVC

from skhypershap import HyperSHAPExplainer
from skhypershap.errors import SurrogateWarning
from skhypershap.space.encoding import encode
from skhypershap.trials.measurements import config_keys

X, Y = load_iris(return_X_y=True)
EXACT = ExtraTreesRegressor(30, random_state=0)  # predicts each trial as it was measured
GAMES = ["ablation", "tunability", "mistunability", "sensitivity"]


@pytest.fixture
def mixed(mixed_space, mixed_trials):
    return HyperSHAPExplainer(mixed_space, n_samples=300, random_state=0).fit(*mixed_trials)


@pytest.fixture(scope="module")
def of_search():
    """Pickled, so that each test has a copy of its own."""
    search = iris_svc_search()
    arguments = {"surrogate": EXACT, "n_samples": 200, "random_state": 0}
    return pickle.dumps(HyperSHAPExplainer(search, **arguments).fit(X, Y))


def keys_of(explainer, configs):
    return config_keys(explainer.fitted_.trials, configs)


def assert_legal_distinct_and_new(explainer, asked):
    encode(explainer.space_, asked)  # complete, in the space, not forbidden
    keys = keys_of(explainer, asked)
    assert len(set(keys)) == len(keys)
    assert not set(keys) & set(keys_of(explainer, explainer.fitted_.trials.configs))


class TestAsk:
    @pytest.mark.parametrize("game", GAMES)
    def test_asked_configs_are_legal_distinct_and_new(self, mixed, game):
        asked = mixed.ask(25, game)
        assert len(asked) == 25
        assert_legal_distinct_and_new(mixed, asked)
        assert mixed.ask(25, game) == asked
        assert mixed.ask(7, game) == asked[:7]

    @pytest.mark.parametrize("name", CONDITIONAL_SPACES)
    @pytest.mark.parametrize("game", GAMES)
    def test_asked_configs_heed_conditions_and_clauses(self, name, game):
        explainer = fitted(CONDITIONAL_SPACES[name])
        assert_legal_distinct_and_new(explainer, explainer.ask(15, game))

    def test_first_the_baseline_then_what_attains_v_of_all_and_of_singles(
        self, mixed_space, mixed_trials
    ):
        mixed = HyperSHAPExplainer(
            mixed_space, surrogate="forest", n_samples=300, random_state=0
        ).fit(*mixed_trials)
        asked = mixed.ask(6)
        assert asked[0] == mixed.baseline_
        values = mixed.coalition_values().set_index("coalition")["value"]
        predicted = mixed.predict_score(asked)
        names = mixed.hyperparameter_names_
        assert predicted[1] == pytest.approx(values[tuple(names)], rel=0.02)
        singles = sorted(values[(name,)] for name in names)
        assert singles[0] == values[()]  # the baseline itself attains it
        np.testing.assert_allclose(predicted[2:], singles[:0:-1], rtol=0.02)
        for config in asked[2:]:  # one hyperparameter differs from the baseline
            assert sum(config[name] != mixed.baseline_[name] for name in names) == 1

    def test_ablation_asks_for_its_own_blends(self, mixed):
        names, base = mixed.hyperparameter_names_, mixed.baseline_
        blends = [
            {
                name: (mixed.incumbent_ if i in members else base)[name]
                for i, name in enumerate(names)
            }
            for members in coalitions(5)
        ]
        asked = mixed.ask(20, "ablation")
        blends = set(keys_of(mixed, blends))
        assert set(keys_of(mixed, asked)) <= blends

    def test_mistunability_asks_for_bad_configurations(self, mixed):
        best = mixed.predict_score(mixed.ask(2)[1:])[0]
        worst = mixed.predict_score(mixed.ask(2, "mistunability")[1:])[0]
        scores = mixed.trials_["score"]
        assert worst < scores.quantile(0.2) < scores.quantile(0.8) < best

    def test_each_of_several_baselines_is_asked_for(self, mixed_space, mixed_trials):
        others = [{"alpha": 0.111}, {"depth": 7, "kernel": "linear"}]
        explainer = HyperSHAPExplainer(mixed_space, baseline=others, n_samples=50, random_state=0)
        asked = explainer.fit(*mixed_trials).ask(6)
        assert asked[:2] == explainer.baseline_
        assert_legal_distinct_and_new(explainer, asked)

    def test_exhausted_space_gives_what_is_left(self):
        space = ConfigurationSpace({"a": [1, 2, 3], "b": [True, False]}, seed=0)
        configs = [{"a": a, "b": b} for a in (1, 2) for b in (True, False)]
        explainer = HyperSHAPExplainer(space, surrogate=KNeighborsRegressor(1))
        with pytest.warns(SurrogateWarning):
            explainer.fit(configs, [1.0, 2.0, 3.0, 4.0])
        asked = explainer.ask(20)
        assert sorted(map(str, asked)) == ["{'a': 3, 'b': False}", "{'a': 3, 'b': True}"]
        explainer.tell(asked, [1.0, np.nan])
        assert explainer.ask(20) == []
        assert explainer.tell([], []) is explainer

    def test_bad_arguments(self, mixed, mixed_space):
        for n_trials in (0, 2.5, True, "all"):
            with pytest.raises(ValueError, match="n_trials must be an integer"):
                mixed.ask(n_trials)
        for game in ("tuneability", "optimizer_bias"):
            with pytest.raises(ValueError, match="Unknown game"):
                mixed.ask(game=game)
        with pytest.raises(NotFittedError):
            HyperSHAPExplainer(mixed_space).ask()


class TestTell:
    def test_told_trials_are_trials(self, mixed):
        n_trials, r2 = len(mixed.trials_), mixed.surrogate_score_
        told = mixed.ask(5)
        scores = [mixed_score(config) for config in told]
        assert mixed.tell(told, scores) is mixed
        assert len(mixed.trials_) == n_trials + 5
        assert mixed.trials_["score"].tolist()[-5:] == scores
        assert mixed.measured_["score"].tolist() == scores
        assert mixed.measured_["why"].tolist() == ["told"] * 5
        assert mixed.measured_.columns.tolist() == [*mixed.space_, "score", "why"]
        assert mixed.surrogate_score_ != r2  # other trees, same trials
        assert mixed.explain().attrs["baseline_measured"] == pytest.approx(scores[0])

    def test_telling_twice_equals_telling_at_once(self, mixed):
        other = pickle.loads(pickle.dumps(mixed))
        told = mixed.ask(6)
        scores = [mixed_score(config) for config in told]
        mixed.tell(told, scores)
        other.tell(told[:2], scores[:2]).tell(pd.DataFrame(told[2:]), scores[2:])
        pd.testing.assert_frame_equal(mixed.explain(), other.explain())
        pd.testing.assert_frame_equal(mixed.measured_, other.measured_)

    def test_best_told_trial_is_the_incumbent(self, mixed):
        config = mixed.ask(3)[2]
        mixed.tell([config], [1e3])
        assert mixed.incumbent_ == pytest.approx(config)
        assert mixed.explain().attrs["incumbent_measured"] == 1e3

    def test_worst_median_and_score_count_the_source_only(self, mixed_space, mixed_trials):
        explainer = HyperSHAPExplainer(mixed_space, surrogate=EXACT, baseline="worst")
        explainer.fit(*mixed_trials)
        worst, asked = explainer.baseline_, explainer.ask(4)
        median = explainer.explain("ablation", baseline="median").attrs["baseline_score"]
        explainer.tell(asked, [-1e3] * 4)
        assert explainer.baseline_ == worst
        values = explainer.coalition_values(baseline="worst")["value"]
        assert values[0] == pytest.approx(mixed_trials[1].min())
        again = explainer.explain("ablation", baseline="median").attrs["baseline_score"]
        assert again == pytest.approx(median, abs=2)  # the same configuration, other trees
        assert explainer.predictions()["predicted"].notna().sum() == 80
        assert explainer.diagnostics().set_index("check").loc["n_outliers", "value"] == 0

    def test_failed_trials_are_counted_and_not_learned(self, mixed):
        asked = mixed.ask(3)
        before = mixed.explain()
        mixed.tell(asked, [np.nan, np.inf, -np.inf])
        assert len(mixed.trials_) == 80
        assert mixed.measured_["score"].isna().all()
        assert mixed.diagnostics().set_index("check").loc["n_failed", "value"] == 3
        pd.testing.assert_frame_equal(mixed.explain(), before)
        assert not set(keys_of(mixed, asked)) & set(keys_of(mixed, mixed.ask(10)))

    @pytest.mark.parametrize(
        ("configs", "scores", "arguments", "message"),
        [
            ([{"alpah": 0.5}], [1.0], {}, "Did you mean 'alpha'"),
            ([{"alpha": 0.5}], [1.0], {}, "Missing"),
            ("same", [1.0, 2.0], {}, "one number for each"),
            ("same", ["high"], {}, "numbers"),
            ("outside", [1.0], {}, "no value of 'alpha'"),
            ("same", [1.0], {"fidelity": [3]}, "fidelity"),
        ],
    )
    def test_bad_input_changes_nothing(self, mixed, configs, scores, arguments, message):
        before = pickle.dumps((mixed.trials_, mixed.measured_, mixed.explain()))
        model = mixed.surrogate_
        if isinstance(configs, str):
            changed = {"alpha": 7.0} if configs == "outside" else {}
            configs = [{**mixed.baseline_, **changed}]
        with pytest.raises(ValueError, match=message):
            mixed.tell(configs, scores, **arguments)
        assert mixed.surrogate_ is model
        for old, new in zip(
            pickle.loads(before), (mixed.trials_, mixed.measured_, mixed.explain()), strict=True
        ):
            pd.testing.assert_frame_equal(old, new)

    def test_one_dict_is_a_type_error(self, mixed):
        with pytest.raises(TypeError, match="list of dicts"):
            mixed.tell(mixed.baseline_, [1.0])

    def test_minimised_study(self):
        study = run_study(bowl, direction="minimize")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            explainer = HyperSHAPExplainer(study, random_state=0).fit()
        asked = explainer.ask(20)
        best = explainer.trials_["score"].min()
        explainer.tell(asked, [c["x"] ** 2 + (np.log10(c["y"]) + 1) ** 2 for c in asked])
        attrs = explainer.explain().attrs
        assert attrs["incumbent_measured"] < best
        assert attrs["incumbent_measured"] == explainer.trials_["score"].min()
        checks = explainer.diagnostics().set_index("check")["value"]
        expected = attrs["baseline_measured"] - attrs["incumbent_measured"]
        assert checks["measured_gain"] == pytest.approx(expected)
        assert checks["claimed_gain"] == pytest.approx(
            attrs["baseline_score"] - attrs["full_score"]
        )

    def test_fidelity_of_told_trials(self, mixed_space, mixed_trials):
        configs, scores = mixed_trials
        explainer = HyperSHAPExplainer(mixed_space, n_samples=50, random_state=0)
        explainer.fit(configs, scores, fidelity=1 + np.arange(80) % 3)
        first, second = explainer.ask(2)
        explainer.tell([first], [0.5]).tell([second], [5.0], fidelity=[1])
        assert explainer.trials_["fidelity"].tolist()[-2:] == [3, 1]
        assert explainer.incumbent_ != second
        assert explainer.explain().attrs["baseline_measured"] == 0.5
        with pytest.raises(ValueError, match="fidelity must be a finite number"):
            explainer.tell([second], [5.0], fidelity=[np.nan])


class TestMeasure:
    def test_measured_claims_are_scores_of_the_cross_validation(self, of_search):
        explainer = pickle.loads(of_search)
        asked, predicted = explainer.ask(6), explainer.predict(X)
        assert explainer.measure(X, Y, n_trials=6) is explainer
        rows = explainer.measured_
        assert rows["why"].tolist() == ["baseline", *["claim"] * 6]
        for config, score in zip(asked, rows["score"][1:], strict=True):
            assert score == cross_val_score(SVC(**config), X, Y).mean()
        np.testing.assert_array_equal(explainer.predict(X), predicted)
        assert len(explainer.trials_) == 47
        again = pickle.loads(of_search).measure(X, Y, n_trials=6)
        pd.testing.assert_frame_equal(again.explain(), explainer.explain())

    def test_claims_are_true_after_measuring(self, of_search):
        explainer = pickle.loads(of_search).measure(X, Y)
        checks = explainer.diagnostics().set_index("check")
        assert checks.loc["claimed_gain", "level"] == "good"
        claimed, measured = checks.loc[["claimed_gain", "measured_gain"], "value"]
        assert claimed == pytest.approx(measured, rel=1 / 3)
        attrs = explainer.explain().attrs
        assert claimed == pytest.approx(attrs["full_score"] - attrs["baseline_score"], abs=1e-12)

    def test_unmeasured_baseline_is_measured_first(self, fitted_search):
        explainer = HyperSHAPExplainer(fitted_search, surrogate=EXACT, random_state=0).fit()
        explainer.measure(X, Y, n_trials=2)
        assert explainer.measured_["why"].tolist() == ["baseline", "claim"]
        assert explainer.measured_["score"][0] == cross_val_score(SVC(gamma=0.1), X, Y).mean()

    def test_result_does_not_depend_on_n_jobs_and_bar_shows_scores(
        self, of_search, capsys, monkeypatch
    ):
        monkeypatch.setattr("skhypershap.parallel.PROGRESS_DELAY", 0)
        alone = pickle.loads(of_search).measure(X, Y, n_trials=4)
        explainer = pickle.loads(of_search)
        explainer.search_.n_jobs = 2
        explainer.verbose = 1
        explainer.measure(X, Y, n_trials=4)
        pd.testing.assert_frame_equal(explainer.measured_, alone.measured_)
        assert f"{explainer.measured_['score'].iloc[-1]:.4g}" in capsys.readouterr().err

    def test_failures_are_failed_trials(self):
        space = {"C": loguniform(1e-2, 1e2), "gamma": [0.01, 0.1, 1.0]}
        search = RandomizedSearchCV(SVC(gamma=0.1), space, n_iter=30, random_state=0)
        explainer = HyperSHAPExplainer(search, surrogate=EXACT, random_state=0).fit(X, Y)
        explainer.search_.estimator = SVC(gamma=0.1, degree=-1)  # cannot be fitted
        explainer.measure(X, Y, n_trials=3)
        assert explainer.measured_["score"].isna().tolist() == [False, True, True, True]
        assert explainer.diagnostics().set_index("check").loc["n_failed", "value"] == 3
        assert len(explainer.trials_) == 31

    def test_errors_without_search_data_or_splits(self, mixed, of_search):
        with pytest.raises(ValueError, match=r"ask\(\) yourself and pass the scores to tell\(\)"):
            mixed.measure(X, Y)
        explainer = pickle.loads(of_search)
        with pytest.raises(ValueError, match=r"measure\(X, y\)"):
            explainer.measure(None)
        with pytest.raises(ValueError, match="n_trials"):
            explainer.measure(X, Y, n_trials=0)
        with pytest.raises(ValueError, match="inconsistent numbers of samples"):
            explainer.measure(X, Y[:-1])
        explainer.search_.cv = iter([])
        with pytest.raises(ValueError, match="iterator"):
            explainer.measure(X, Y)
        assert len(explainer.measured_) == 1
        with pytest.raises(NotFittedError):
            HyperSHAPExplainer(iris_svc_search()).measure(X, Y)

    def test_verify_takes_other_splits(self, of_search):
        explainer = pickle.loads(of_search)
        cv = KFold(4, shuffle=True, random_state=3)
        table = explainer.verify(X, Y, [explainer.baseline_], cv=cv)
        expected = cross_val_score(SVC(gamma=0.1), X, Y, cv=cv)
        assert table["measured"][0] == pytest.approx(expected.mean())
        assert table["measured_std"][0] == pytest.approx(expected.std())


class TestTrust:
    def test_predictions_have_a_row_per_trial(self, mixed):
        told = mixed.ask(2)
        mixed.tell(told, [mixed_score(config) for config in told])
        table = mixed.predictions()
        assert table.columns.tolist() == ["measured", "predicted", "outlier"]
        assert table["measured"].tolist() == mixed.trials_["score"].tolist()
        assert table["outlier"].dtype == bool
        assert table["predicted"].isna().tolist() == [False] * 80 + [True] * 2

    def test_predictions_of_a_forest_are_out_of_bag(self, mixed_space, mixed_trials):
        model = RandomForestRegressor(100, oob_score=True, random_state=0)
        explainer = HyperSHAPExplainer(mixed_space, surrogate=model).fit(*mixed_trials)
        expected = explainer.surrogate_.oob_prediction_
        np.testing.assert_allclose(explainer.predictions()["predicted"], expected)
        attrs = explainer.explain().attrs
        ranks = pd.Series(expected).corr(explainer.trials_["score"], method="spearman")
        assert attrs["rank_correlation"] == pytest.approx(ranks)
        checks = explainer.diagnostics().set_index("check")["value"]
        assert checks["rank_correlation"] == pytest.approx(ranks)
        assert checks["r2"] == explainer.surrogate_score_

    def test_diagnostics_without_measurements_are_unknown(self, mixed):
        checks = mixed.diagnostics()
        assert checks.columns.tolist() == ["check", "value", "level", "advice"]
        assert len(checks) == 10
        unknown = checks.loc[checks["level"] == "unknown", "check"].tolist()
        assert unknown == ["baseline_error", "claimed_gain", "measured_gain"]

    def test_claim_above_measurement_warns_at_fit(self, mixed_space, mixed_trials):
        """A true score of the baseline that is as good as the best trial leaves nothing to gain."""
        configs, scores = mixed_trials
        model = KNeighborsRegressor(15)  # ignores what single trials score
        with pytest.warns(SurrogateWarning, match=r"claimed to gain .* gains 0 .*measure\(X, y\)"):
            HyperSHAPExplainer(
                mixed_space, surrogate=model, baseline_score=scores.max(), random_state=0
            ).fit(configs, scores)

    def test_measuring_nothing_is_unasked(self, mixed_space):
        """fit evaluates the baseline and nothing else."""
        calls = []

        class Counted(SVC):
            def fit(self, X, y):
                calls.append(self.get_params())
                return super().fit(X, y)

        search = RandomizedSearchCV(Counted(gamma=0.1), {"C": loguniform(0.01, 100)}, n_iter=12)
        HyperSHAPExplainer(search, surrogate=EXACT, random_state=0).fit(X, Y)
        assert len(calls) == 12 * 5 + 1 + 5
        assert all(params["C"] == 1.0 for params in calls[-5:])


@pytest.mark.parametrize("name", CONDITIONAL_SPACES)
def test_measured_trials_of_conditional_spaces(name):
    explainer = fitted(CONDITIONAL_SPACES[name])
    asked = explainer.ask(10)
    explainer.tell(asked, [score_of(config) for config in asked])
    assert len(explainer.measured_) == 10
    table = explainer.explain(["tunability", "sensitivity"], n_bootstrap=2)
    assert table["value"].notna().all()
    assert np.isfinite(table.attrs["baseline_measured"])
