"""What a user does with the explainer: scripts, notebooks, Pipelines, and scikit-learn's own checks."""

from __future__ import annotations

import copy
import io
import pickle
import warnings

import joblib
import numpy as np
import pandas as pd
import pytest
import seaborn as sns
import shapiq
import sklearn
from ConfigSpace import ConfigurationSpace
from scipy.stats import loguniform
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.datasets import load_iris, make_regression
from sklearn.decomposition import PCA
from sklearn.ensemble import ExtraTreesRegressor, RandomForestRegressor
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import r2_score
from sklearn.model_selection import GridSearchCV, KFold, RandomizedSearchCV, cross_val_score
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.estimator_checks import check_estimator

from skhypershap import (
    ApproximationWarning,
    BaselineWarning,
    HyperSHAPExplainer,
    HyperSHAPWarning,
    SurrogateWarning,
)
from skhypershap.interactions.indices import INDICES, exact_interactions

X, Y = load_iris(return_X_y=True)
COLUMNS = ["game", "measure", "order", "interaction", "hyperparameters", "value"]


def svc_search(**arguments):
    space = {"C": loguniform(1e-3, 1e3), "gamma": loguniform(1e-4, 1e1), "kernel": ["rbf", "poly"]}
    return RandomizedSearchCV(SVC(gamma=0.1), space, n_iter=40, random_state=0, **arguments)


@pytest.fixture(scope="module")
def fitted_search():
    return svc_search().fit(X, Y)


@pytest.fixture(scope="module")
def explainer(fitted_search):
    return HyperSHAPExplainer(fitted_search, n_samples=300, random_state=0).fit()


@pytest.fixture(scope="module")
def many():
    """18 hyperparameters, of which three matter; too many for all coalitions."""
    names = [f"h{number:02}" for number in range(18)]
    space = ConfigurationSpace(dict.fromkeys(names, (0.0, 1.0)))
    space.seed(0)
    configs = space.sample_configuration(120)
    scores = [3 * c["h03"] + 2 * c["h07"] * c["h11"] for c in configs]
    model = RandomForestRegressor(n_estimators=10)
    return HyperSHAPExplainer(space, surrogate=model, n_samples=20, random_state=0).fit(
        configs, scores
    )


class TestTheTable:
    """explain() and its attributes."""

    def test_columns_order_and_attributes(self, explainer):
        table = explainer.explain("tunability", order=3)
        assert table.columns.tolist() == COLUMNS
        assert table["order"].tolist() == [1, 1, 1, 2, 2, 2, 3]
        assert table["value"].dtype == float
        for _, rows in table.groupby("order"):
            sizes = rows["value"].abs().to_numpy()
            assert (sizes[:-1] >= sizes[1:]).all()
        for row in table.itertuples():
            assert row.interaction == " × ".join(row.hyperparameters)
            assert isinstance(row.hyperparameters, tuple)
        assert set(table.attrs) == {
            *("baseline_score", "full_score", "exact"),
            *("metric", "direction", "surrogate_score"),
        }
        assert table.attrs["exact"] is True
        assert table.attrs["metric"] == "score"
        assert table.attrs["direction"] == "maximize"
        assert table.attrs["surrogate_score"] == explainer.surrogate_score_

    @pytest.mark.parametrize("index", [name for name, row in INDICES.items() if row.efficient])
    @pytest.mark.parametrize("game", ["ablation", "tunability", "mistunability", "sensitivity"])
    def test_efficient_indices_sum_to_the_gain(self, explainer, game, index):
        table = explainer.explain(game, index=index, order=2)
        gain = table.attrs["full_score"] - table.attrs["baseline_score"]
        assert table["value"].sum() == pytest.approx(gain, abs=1e-10)

    def test_minimised_metrics_gain_by_going_down(self, fitted_search):
        timed = HyperSHAPExplainer(fitted_search, metric="fit_time", n_samples=100, random_state=0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SurrogateWarning)  # times are noise here
            table = timed.fit().explain()
        assert table.attrs["direction"] == "minimize"
        gain = table.attrs["baseline_score"] - table.attrs["full_score"]
        assert table["value"].sum() == pytest.approx(gain)
        assert gain >= 0
        fastest = timed.trials_["score"].idxmin()
        assert timed.incumbent_["C"] == timed.trials_["C"][fastest]

    def test_a_list_of_games_is_stacked(self, explainer):
        games = ["sensitivity", "ablation"]
        table = explainer.explain(games, order=1)
        assert table["game"].tolist() == ["sensitivity"] * 3 + ["ablation"] * 3
        for attribute in ("baseline_score", "full_score", "exact"):
            assert list(table.attrs[attribute]) == games
        for game in games:
            alone = explainer.explain(game, order=1)
            rows = table[table["game"] == game].reset_index(drop=True)
            pd.testing.assert_frame_equal(rows, alone)
            assert table.attrs["full_score"][game] == alone.attrs["full_score"]

    def test_measure_is_shapiqs_name(self, explainer):
        names = {
            ("SV", 1): "SV",
            ("SV", 2): "SV",
            ("FSII", 1): "SV",
            ("k-SII", 1): "SV",
            ("BII", 1): "BV",
            ("FBII", 2): "FBII",
            ("Moebius", 1): "Moebius",
        }
        for (index, order), measure in names.items():
            table = explainer.explain(index=index, order=order)
            assert set(table["measure"]) == {measure}
            assert table["order"].max() == (1 if index == "SV" else order)

    def test_it_goes_straight_into_seaborn(self, explainer):
        table = explainer.explain(["tunability", "ablation"])
        ax = sns.barplot(table, x="value", y="interaction", hue="game")
        assert [t.get_text() for t in ax.get_yticklabels()] == list(table["interaction"].unique())

    def test_coalition_values(self, explainer):
        table = explainer.coalition_values()
        assert table.columns.tolist() == ["coalition", "size", "value"]
        assert table["coalition"].iloc[:3].tolist() == [(), ("C",), ("gamma",)]
        assert table["size"].tolist() == [0, 1, 1, 1, 2, 2, 2, 3]
        baseline = explainer.predict_score([explainer.baseline_])[0]
        assert table["value"].iloc[0] == pytest.approx(baseline)

    def test_an_ablation_of_any_configuration(self, explainer):
        config = {"C": 10.0, "kernel": "poly"}
        table = explainer.explain("ablation", config=config)
        full = {**explainer.incumbent_, **config}
        score = explainer.predict_score([full])[0]
        assert table.attrs["full_score"] == pytest.approx(score)

    def test_shapiq_gets_its_own_objects(self, explainer):
        game = explainer.game("tunability")
        assert isinstance(game, shapiq.Game)
        names = explainer.hyperparameter_names_
        values = explainer.coalition_values().set_index("coalition")["value"]
        for coalition, value in values.items():
            players = tuple(names.index(name) for name in coalition)
            assert game([players])[0] == pytest.approx(value - values[()])
        assert game(game.empty_coalition[None])[0] == 0
        computed = shapiq.ExactComputer(n_players=3, game=game)("FSII", 2)
        ours = explainer.interaction_values(index="FSII", order=2)
        assert isinstance(ours, shapiq.InteractionValues)
        assert (ours.index, ours.max_order, ours.n_players) == ("FSII", 2, 3)
        for members, value in computed.interactions.items():
            assert ours[members] == pytest.approx(value, abs=1e-9)
        pickle.loads(pickle.dumps(game))


class TestFit:
    """Where trials come from, and what fit leaves behind."""

    def test_fitted_attributes(self, explainer, fitted_search):
        assert explainer.search_ is fitted_search
        assert isinstance(explainer.space_, ConfigurationSpace)
        assert explainer.hyperparameter_names_ == ["C", "gamma", "kernel"]
        assert explainer.trials_.columns.tolist() == ["C", "gamma", "kernel", "score"]
        assert len(explainer.trials_) == 40
        scores = fitted_search.cv_results_["mean_test_score"]
        np.testing.assert_array_equal(explainer.trials_["score"], scores)
        assert explainer.incumbent_ == fitted_search.best_params_
        assert explainer.baseline_ == {"C": 1.0, "gamma": 0.1, "kernel": "rbf"}
        assert 0.3 < explainer.surrogate_score_ < 1

    def test_fitting_the_search_or_reading_it_is_the_same(self, explainer):
        unfitted = HyperSHAPExplainer(svc_search(), n_samples=300, random_state=0).fit(X, Y)
        pd.testing.assert_frame_equal(unfitted.explain(), explainer.explain())
        assert not hasattr(unfitted.search, "cv_results_")

    def test_frozen_searches_stay_as_they_are(self, fitted_search, explainer):
        frozen = HyperSHAPExplainer(FrozenEstimator(fitted_search), n_samples=300, random_state=0)
        with_data = frozen.fit(X[:20], Y[:20])
        assert with_data.search_ is fitted_search
        pd.testing.assert_frame_equal(with_data.explain(), explainer.explain())
        assert clone(frozen).fit().search_ is fitted_search

    def test_refit_false_explains_but_does_not_predict(self):
        fitted = HyperSHAPExplainer(svc_search(refit=False), n_samples=50, random_state=0)
        fitted.fit(X, Y)
        assert len(fitted.explain(order=1)) == 3
        with pytest.raises(AttributeError):
            fitted.predict(X)

    @pytest.mark.parametrize("form", ["frame", "dicts", "configurations"])
    def test_configurations_and_scores(self, mixed_space, mixed_trials, form):
        configs, scores = mixed_trials
        given = {
            "frame": pd.DataFrame(configs).sample(frac=1, axis=1, random_state=0),
            "dicts": configs,
            "configurations": mixed_space.sample_configuration(80),
        }[form]
        if form == "configurations":
            given = [type(given[0])(mixed_space, values=config) for config in configs]
        fitted = HyperSHAPExplainer(mixed_space, n_samples=50, random_state=0).fit(given, scores)
        expected = HyperSHAPExplainer(mixed_space, n_samples=50, random_state=0)
        expected.fit(configs=configs, scores=scores)
        pd.testing.assert_frame_equal(fitted.explain(), expected.explain())
        assert fitted.baseline_ == dict(mixed_space.get_default_configuration())
        assert not hasattr(fitted, "predict")
        np.testing.assert_allclose(fitted.predict_score(given), expected.predict_score(configs))

    def test_trials_frame_round_trips(self, explainer):
        configs = explainer.trials_.drop(columns="score")
        scores = explainer.predict_score(configs)
        records = explainer.predict_score(configs.to_dict("records"))
        np.testing.assert_array_equal(scores, records)
        assert explainer.predict_score([]).shape == (0,)
        assert np.corrcoef(scores, explainer.trials_["score"])[0, 1] > 0.9

    def test_ints_that_a_frame_made_floats_come_back_as_ints(self, mixed_space, mixed_trials):
        configs, scores = mixed_trials
        frame = pd.DataFrame(configs).astype({"depth": float, "units": float})
        fitted = HyperSHAPExplainer(mixed_space, baseline="median", n_samples=20, random_state=0)
        fitted.fit(frame, scores)
        for config in (fitted.incumbent_, fitted.baseline_):
            assert [type(config[name]) for name in ("depth", "units", "kernel")] == [int, int, str]
        assert fitted.trials_["depth"].dtype == fitted.trials_["units"].dtype == int

    def test_none_survives_pandas(self):
        space = ConfigurationSpace({"depth": [None, 2, 4], "width": [1, 2, 3, 4]})
        configs = [{"depth": d, "width": w} for d in (None, 2, 4) for w in (1, 2, 3, 4)]
        scores = [(c["depth"] or 9) + 0.1 * c["width"] for c in configs]
        fitted = HyperSHAPExplainer(space, random_state=0).fit(pd.DataFrame(configs), scores)
        assert fitted.trials_["depth"].tolist() == [c["depth"] for c in configs]
        assert fitted.incumbent_ == {"depth": None, "width": 4}

    def test_nothing_of_the_callers_is_changed(self, mixed_space, mixed_trials):
        configs, scores = mixed_trials
        frame, surrogate = pd.DataFrame(configs), ExtraTreesRegressor(5)
        state = mixed_space.random.get_state()[1].copy()
        before = copy.deepcopy((frame, scores, mixed_space, surrogate.get_params()))
        fitted = HyperSHAPExplainer(mixed_space, surrogate=surrogate, n_samples=20, random_state=0)
        fitted.fit(frame, scores).explain(["tunability", "sensitivity"])
        pd.testing.assert_frame_equal(frame, before[0])
        np.testing.assert_array_equal(scores, before[1])
        np.testing.assert_array_equal(mixed_space.random.get_state()[1], state)
        assert mixed_space == before[2]
        assert surrogate.get_params() == before[3]
        assert not hasattr(surrogate, "estimators_")
        fitted.baseline_["alpha"] = 99
        assert fitted.explain()["value"].notna().all()

    def test_defaults_outside_the_space(self):
        """None for a range: the median; 0.5 below a list: the nearest; one warning says both."""
        grid = {
            "max_depth": [1, 2, 5],
            "min_samples_leaf": [3, 5, 40],
            "criterion": ["gini", "entropy"],
        }
        fitted = HyperSHAPExplainer(
            GridSearchCV(DecisionTreeClassifier(random_state=0), grid), random_state=0
        )
        with pytest.warns(BaselineWarning) as caught:
            fitted.fit(X, Y)
        (warning,) = [w for w in caught if issubclass(w.category, HyperSHAPWarning)]
        assert "max_depth: default None, 2 (of the trials)" in str(warning.message)
        assert "min_samples_leaf: default 1, 3 (nearest to it)" in str(warning.message)
        assert warning.filename == __file__
        assert fitted.baseline_ == {"criterion": "gini", "max_depth": 2, "min_samples_leaf": 3}

    @pytest.mark.filterwarnings("ignore::skhypershap.SurrogateWarning")
    def test_a_share_does_not_pass_for_a_count(self):
        """max_features=1.0, the forest's own default, means all features, not one."""
        grid = {"max_features": [1, 2, 4], "max_depth": [None, 1, 2, 3]}
        forest = RandomForestRegressor(n_estimators=3, random_state=0)
        fitted = HyperSHAPExplainer(GridSearchCV(forest, grid), random_state=0)
        message = r"max_features: default 1.0, 2 \(of the trials\)"
        with pytest.warns(BaselineWarning, match=message):
            fitted.fit(X, Y)
        assert fitted.baseline_ == {"max_depth": None, "max_features": 2}
        with pytest.raises(ValueError, match=r"1.0 is no value of 'max_features'"):
            fitted.explain(baseline={"max_features": 1.0})
        mixed = GridSearchCV(forest, {**grid, "max_features": ["sqrt", 1, 2]})
        with pytest.warns(BaselineWarning, match="max_features: default 1.0"):
            HyperSHAPExplainer(mixed, random_state=0).fit(X, Y)

    @pytest.mark.parametrize("word", ["median", "worst", "best"])
    def test_baselines_of_the_trials(self, fitted_search, word):
        fitted = HyperSHAPExplainer(
            fitted_search, baseline=word, n_samples=50, random_state=0
        ).fit()
        trials = fitted.trials_
        if word == "median":
            expected = {
                "C": trials["C"].median(),
                "gamma": trials["gamma"].median(),
                "kernel": trials["kernel"].mode()[0],
            }
        else:
            row = trials["score"].idxmin() if word == "worst" else trials["score"].idxmax()
            expected = trials.drop(columns="score").loc[row].to_dict()
        assert fitted.baseline_ == pytest.approx(expected)

    def test_partial_and_several_baselines(self, fitted_search):
        fitted = HyperSHAPExplainer(
            fitted_search, baseline=[{"C": 5}, "best"], n_samples=50, random_state=0
        ).fit()
        assert fitted.baseline_ == [
            {"C": 5, "gamma": 0.1, "kernel": "rbf"},
            fitted_search.best_params_,
        ]

    def test_without_random_state_an_explainer_still_agrees_with_itself(self, fitted_search):
        fitted = HyperSHAPExplainer(fitted_search, n_samples=50).fit()
        pd.testing.assert_frame_equal(fitted.explain(), fitted.explain())

    def test_the_surrogates_score(self, fitted_search):
        """Out-of-bag for a forest as scikit-learn counts it, otherwise cross-validated."""
        forest = HyperSHAPExplainer(fitted_search, random_state=0).fit()
        own = RandomForestRegressor(oob_score=True, random_state=0)
        own.fit(
            [[*config.get_array()] for config in _configurations(forest)], forest.trials_["score"]
        )
        assert forest.surrogate_score_ == pytest.approx(own.oob_score_)

    def test_a_surrogate_that_is_no_estimator(self, fitted_search):
        """fit and predict are enough; the score is that of five folds."""

        class Nearest:
            def fit(self, vectors, scores):
                self.vectors, self.scores = vectors, scores

            def predict(self, vectors):
                gaps = np.abs(vectors[:, None] - self.vectors).sum(axis=2)
                return self.scores[gaps.argmin(axis=1)]

        own = Nearest()
        fitted = HyperSHAPExplainer(
            fitted_search, surrogate=own, n_samples=20, random_state=0
        ).fit()
        assert not hasattr(own, "vectors")
        vectors = np.array([config.get_array() for config in _configurations(fitted)])
        scores, predicted = fitted.trials_["score"].to_numpy(), np.empty(40)
        for seen, unseen in KFold(5, shuffle=True, random_state=0).split(vectors):
            part = Nearest()
            part.fit(vectors[seen], scores[seen])
            predicted[unseen] = part.predict(vectors[unseen])
        assert fitted.surrogate_score_ == pytest.approx(r2_score(scores, predicted))
        assert len(fitted.explain()) == 6

    @pytest.mark.filterwarnings("ignore::skhypershap.SurrogateWarning")
    def test_trials_that_every_tree_has_seen_do_not_count(self, fitted_search):
        """Two trees leave many trials without a vote; scikit-learn counts those as zeros."""
        tiny = RandomForestRegressor(n_estimators=2)
        fitted = HyperSHAPExplainer(fitted_search, surrogate=tiny, random_state=0).fit()
        vectors = np.array([config.get_array() for config in _configurations(fitted)])
        votes = np.full((2, 40), np.nan)
        model = fitted.surrogate_
        for row, tree, seen in zip(
            votes, model.estimators_, model.estimators_samples_, strict=True
        ):
            unseen = np.setdiff1d(np.arange(40), seen)
            row[unseen] = tree.predict(vectors[unseen])
        voted = ~np.isnan(votes).all(axis=0)
        assert not voted.all()
        means = np.nanmean(votes[:, voted], axis=0)
        expected = r2_score(fitted.trials_["score"][voted], means)
        assert fitted.surrogate_score_ == pytest.approx(expected)


def _configurations(explainer):
    from ConfigSpace import Configuration

    rows = explainer.trials_.drop(columns="score").to_dict("records")
    return [Configuration(explainer.space_, values=row) for row in rows]


class TestEveryParameterMatters:
    """Each constructor parameter is shown to change a result."""

    @pytest.mark.parametrize(
        ("parameter", "value"),
        [
            ("space", {**svc_search().param_distributions, "C": loguniform(1e-9, 1e9)}),
            ("surrogate", KNeighborsRegressor(3)),
            ("metric", "score_time"),
            ("direction", "minimize"),
            ("baseline", "worst"),
            ("n_samples", 3),
            ("optimizer", "random"),
            ("random_state", 1),
        ],
    )
    def test_of_the_explanation(self, fitted_search, parameter, value):
        start = {"n_samples": 50, "random_state": 0}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SurrogateWarning)
            games = ["tunability", "sensitivity"]
            first = HyperSHAPExplainer(fitted_search, **start).fit().explain(games)
            changed = HyperSHAPExplainer(fitted_search, **{**start, parameter: value})
            second = changed.fit().explain(games)
        assert not np.allclose(np.sort(first["value"]), np.sort(second["value"]))

    def test_search(self, fitted_search):
        other = GridSearchCV(SVC(), {"C": [1, 10], "gamma": [0.1, 1, 2, 5, 10, 20]}).fit(X, Y)
        with pytest.warns(BaselineWarning):
            table = HyperSHAPExplainer(other, random_state=0).fit().explain()
        assert table["interaction"].tolist() != ["C", "gamma", "kernel"]

    def test_max_exact(self, fitted_search):
        few = HyperSHAPExplainer(fitted_search, max_exact=2, n_samples=50, random_state=0).fit()
        assert few.explain().attrs["exact"] is False
        assert few.set_params(max_exact=3).explain().attrs["exact"] is True

    def test_n_jobs_reaches_the_forest_and_changes_no_number(self, fitted_search):
        tables = {}
        for n_jobs in (None, 2):
            fitted = HyperSHAPExplainer(fitted_search, n_jobs=n_jobs, n_samples=500, random_state=0)
            tables[n_jobs] = fitted.fit().explain(["tunability", "sensitivity"])
            assert fitted.surrogate_.n_jobs == n_jobs
        pd.testing.assert_frame_equal(tables[None], tables[2])

    def test_verbose_shows_progress_where_work_takes_long(self, fitted_search, capsys, monkeypatch):
        monkeypatch.setattr("skhypershap.parallel.PROGRESS_DELAY", 0)
        quiet = HyperSHAPExplainer(fitted_search, n_samples=50, random_state=0).fit()
        quiet.explain()
        assert capsys.readouterr().err == ""
        quiet.set_params(verbose=1).explain()
        assert "tunability" in capsys.readouterr().err


class TestManyHyperparameters:
    """Beyond max_exact."""

    def test_ablation_stays_exact(self, many):
        table = many.explain("ablation", order=2)
        assert table.attrs["exact"] is True
        assert table["interaction"].iloc[0] == "h03"
        many.set_params(max_exact=18)
        values = many.coalition_values("ablation").set_index("coalition")["value"]
        many.set_params(max_exact=16)
        names = many.hyperparameter_names_
        in_bits = [tuple(n for i, n in enumerate(names) if s >> i & 1) for s in range(2**18)]
        gains = values.loc[in_bits].to_numpy() - values.iloc[0]
        expected = exact_interactions(gains, "FSII", 2)
        for hyperparameters, value in zip(table["hyperparameters"], table["value"], strict=True):
            members = tuple(names.index(name) for name in hyperparameters)
            assert value == pytest.approx(expected[members], abs=1e-9)
        assert table.attrs["full_score"] == pytest.approx(values.iloc[-1], abs=1e-9)

    @pytest.mark.parametrize("index", INDICES)
    def test_other_games_are_approximated_with_a_stated_budget(self, many, index):
        table = many.explain("tunability", index=index, order=1)
        assert table["interaction"].iloc[0] == "h03"
        assert table.attrs["exact"] is False
        assert table.attrs["budget"] == (19 if index == "Moebius" else 2048)
        assert table.attrs["approximator"]

    def test_an_approximation_is_close_to_the_exact_values(self, many):
        found = many.explain("sensitivity", index="SV").set_index("interaction")["value"]
        exact = many.set_params(max_exact=18).explain("sensitivity", index="SV")
        many.set_params(max_exact=16)
        expected = exact.set_index("interaction")["value"]
        assert (found - expected).abs().max() < 0.02 * expected.sum()

    @pytest.mark.parametrize("index", ["FSII", "k-SII", "BII", "FBII"])
    def test_pairs_are_close_too(self, many, index):
        found = many.explain("tunability", index=index).set_index("interaction")["value"]
        exact = many.set_params(max_exact=18).explain("tunability", index=index)
        many.set_params(max_exact=16)
        expected = exact.set_index("interaction")["value"]
        assert (found - expected).abs().max() < 0.1 * expected.abs().max()

    def test_a_poor_approximation_says_so(self, many):
        with pytest.warns(ApproximationWarning, match=r"STII by SVARMIQ sums to"):
            many.explain("tunability", index="STII", order=2)

    def test_the_full_coalition_is_never_worse_than_what_was_evaluated(self, many):
        for game, sign in (("tunability", 1), ("mistunability", -1)):
            table = many.explain(game, index="FSII", order=1)
            gain = sign * (table.attrs["full_score"] - table.attrs["baseline_score"])
            alone = many.explain(game, index="Moebius", order=1)["value"]
            assert gain >= (sign * alone).max() - 1e-12
            assert (sign * alone >= 0).all()

    def test_ablation_of_another_surrogate_is_exact_for_longer(self):
        names = [f"h{number}" for number in range(4)]
        space = ConfigurationSpace(dict.fromkeys(names, (0.0, 1.0)))
        configs = [
            dict(zip(names, row, strict=True)) for row in np.random.default_rng(0).random((60, 4))
        ]
        fitted = HyperSHAPExplainer(
            space, surrogate=KNeighborsRegressor(), max_exact=2, random_state=0
        )
        table = fitted.fit(configs, [sum(c.values()) for c in configs]).explain("ablation")
        assert table.attrs["exact"] is True

    def test_coalitions_are_evaluated_when_asked_for(self, many):
        with pytest.raises(ValueError, match="max_exact=16"):
            many.coalition_values()
        game = many.game("ablation")
        table = many.explain("ablation", index="SV", order=1)
        assert game(game.grand_coalition[None])[0] == pytest.approx(table["value"].sum())
        estimated = many.interaction_values(index="SV", order=1)
        assert estimated.estimated
        assert estimated.estimation_budget == 2048


class TestLikeTheSearchItself:
    """Delegation, Pipelines, pickles, routing, checks."""

    def test_every_prediction(self, fitted_search):
        search = fitted_search
        fitted = HyperSHAPExplainer(search, random_state=0).fit()
        for method in ("predict", "decision_function"):
            np.testing.assert_array_equal(getattr(fitted, method)(X), getattr(search, method)(X))
        assert fitted.score(X, Y) == search.score(X, Y)
        np.testing.assert_array_equal(fitted.classes_, search.classes_)
        assert fitted.n_features_in_ == 4
        assert not hasattr(fitted, "predict_proba")
        assert not hasattr(fitted, "transform")
        assert is_classifier(fitted)
        logistic = GridSearchCV(
            LogisticRegression(max_iter=5000), {"C": np.logspace(-3, 3, 13)}
        ).fit(X, Y)
        fitted = HyperSHAPExplainer(logistic, random_state=0).fit()
        for method in ("predict_proba", "predict_log_proba"):
            np.testing.assert_array_equal(getattr(fitted, method)(X), getattr(logistic, method)(X))

    def test_transformers_and_regressors(self):
        frame = pd.DataFrame(X, columns=list("abcd"))
        grid = {"n_components": [None, 1, 2, 3], "whiten": [True, False], "tol": [0, 0.1]}
        fitted = HyperSHAPExplainer(GridSearchCV(PCA(), grid), random_state=0).fit(frame)
        np.testing.assert_array_equal(fitted.transform(frame), fitted.search_.transform(frame))
        there = fitted.search_.inverse_transform(fitted.transform(frame))
        np.testing.assert_array_equal(fitted.inverse_transform(fitted.transform(frame)), there)
        np.testing.assert_array_equal(fitted.feature_names_in_, list("abcd"))
        assert is_regressor(HyperSHAPExplainer(GridSearchCV(Ridge(), {"alpha": [1, 2]})))

    def test_in_a_pipeline(self):
        tuned = HyperSHAPExplainer(svc_search(), n_samples=50, random_state=0)
        pipeline = Pipeline([("scale", StandardScaler()), ("tuned", tuned)])
        pipeline.fit(X, Y)
        assert pipeline.score(X, Y) > 0.9
        assert len(pipeline["tuned"].explain(order=1)) == 3
        assert "svc" in pipeline._repr_html_().lower()
        assert "HyperSHAPExplainer" in pipeline._repr_html_()
        again = clone(pipeline).fit(X, Y)
        np.testing.assert_array_equal(again.predict(X), pipeline.predict(X))
        restored = pickle.loads(pickle.dumps(pipeline))
        pd.testing.assert_frame_equal(restored["tuned"].explain(), pipeline["tuned"].explain())
        buffer = io.BytesIO()
        joblib.dump(pipeline, buffer)
        buffer.seek(0)
        np.testing.assert_array_equal(joblib.load(buffer).predict(X), pipeline.predict(X))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SurrogateWarning)
            assert cross_val_score(pipeline, X, Y, cv=2).mean() > 0.9

    def test_pickles_of_values_that_are_functions(self):
        grid = {"weights": ["uniform", "distance", np.ones_like], "n_neighbors": [1, 3, 9, 15, 30]}
        search = GridSearchCV(KNeighborsClassifier(), grid)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", HyperSHAPWarning)
            fitted = HyperSHAPExplainer(search, random_state=0).fit(X, Y)
        restored = pickle.loads(pickle.dumps(fitted))
        pd.testing.assert_frame_equal(restored.explain("ablation"), fitted.explain("ablation"))
        pd.testing.assert_frame_equal(copy.deepcopy(fitted).explain(), fitted.explain())

    def test_clone_and_parameters(self):
        tuned = HyperSHAPExplainer(svc_search(), baseline={"C": 1}, n_samples=7)
        copied = clone(tuned)
        assert copied.get_params()["baseline"] == {"C": 1}
        assert copied.set_params(search__estimator__C=3).search.estimator.C == 3
        assert tuned.search.estimator.C == 1.0

    def test_fit_parameters_reach_the_search(self):
        weights = np.where(Y == 0, 100.0, 0.01)
        grid = {"max_depth": [1, 2, 3], "min_samples_leaf": [1, 2, 4, 8]}
        search = GridSearchCV(DecisionTreeClassifier(random_state=0), grid, scoring="accuracy")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # scikit-learn's own word on weights
            fitted = HyperSHAPExplainer(search, random_state=0).fit(X, Y, sample_weight=weights)
            expected = clone(search).fit(X, Y, sample_weight=weights)
        scores = expected.cv_results_["mean_test_score"]
        np.testing.assert_array_equal(fitted.trials_["score"], scores)

    @pytest.mark.filterwarnings("ignore::skhypershap.HyperSHAPWarning")
    def test_metadata_routing(self):
        weights = np.random.default_rng(0).random(len(Y))
        with sklearn.config_context(enable_metadata_routing=True):
            tree = DecisionTreeClassifier(random_state=0).set_fit_request(sample_weight=True)
            tree.set_score_request(sample_weight=False)
            search = GridSearchCV(tree, {"max_depth": [1, 2, 3]})
            fitted = HyperSHAPExplainer(search, random_state=0)
            fitted.fit(X, Y, sample_weight=weights)
            expected = clone(search).fit(X, Y, sample_weight=weights)
            scores = expected.cv_results_["mean_test_score"]
            np.testing.assert_array_equal(fitted.trials_["score"], scores)
            scaler = StandardScaler().set_fit_request(sample_weight=False)
            pipeline = make_pipeline(scaler, clone(fitted))
            pipeline.fit(X, Y, sample_weight=weights)
            with pytest.raises(TypeError, match="unexpected argument"):
                clone(fitted).fit(X, Y, nonsense=weights)

    @pytest.mark.filterwarnings("ignore")
    @pytest.mark.parametrize(
        "search",
        [
            GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}, cv=2),
            GridSearchCV(Ridge(), {"alpha": [0.1, 1.0]}, cv=2),
            RandomizedSearchCV(
                DecisionTreeClassifier(random_state=0),
                {"max_depth": [2, 3, None], "min_samples_leaf": [1, 2, 3]},
                n_iter=3,
                random_state=0,
                cv=2,
            ),
        ],
        ids=["classifier", "regressor", "random"],
    )
    def test_scikit_learns_checks_pass_where_they_pass_for_the_search(self, search):
        def failed(estimator):
            found = check_estimator(estimator, on_fail=None)
            return {check["check_name"] for check in found if check["status"] == "failed"}

        model = RandomForestRegressor(n_estimators=3)
        tuned = HyperSHAPExplainer(search, surrogate=model, n_samples=10, random_state=0)
        assert failed(tuned) <= failed(search)

    def test_html_before_and_after_fit(self, explainer):
        assert "HyperSHAPExplainer" in HyperSHAPExplainer(svc_search())._repr_html_()
        assert "SVC" in explainer._repr_html_()
        space = ConfigurationSpace({"a": (0.0, 1.0)})
        assert "HyperSHAPExplainer" in HyperSHAPExplainer(space)._repr_html_()

    def test_another_fit_forgets_the_first(self, mixed_space, mixed_trials, fitted_search):
        fitted = HyperSHAPExplainer(fitted_search, n_samples=20, random_state=0).fit()
        fitted.set_params(search=mixed_space).fit(*mixed_trials)
        assert not hasattr(fitted, "search_")
        assert not hasattr(fitted, "predict")

    def test_nothing_before_fit(self):
        unfitted = HyperSHAPExplainer(svc_search())
        for call in (
            unfitted.explain,
            unfitted.coalition_values,
            unfitted.interaction_values,
            lambda: unfitted.game("tunability"),
            lambda: unfitted.predict_score([{}]),
            lambda: unfitted.predict(X),
            lambda: unfitted.score(X, Y),
        ):
            with pytest.raises(NotFittedError):
                call()
        with pytest.raises(NotFittedError, match=r"call fit\(X, y\)"):
            unfitted.fit()


def test_a_regression_search_over_one_hyperparameter():
    data, target = make_regression(60, 5, noise=20, random_state=0)
    search = GridSearchCV(Ridge(), {"alpha": np.logspace(-3, 6, 40)})
    table = HyperSHAPExplainer(search, random_state=0).fit(data, target).explain()
    assert table["interaction"].tolist() == ["alpha"]
    assert table["measure"].tolist() == ["SV"]
    assert table["value"][0] >= 0
