"""Each wrong value of a public method gives one error that names the argument."""

from __future__ import annotations

import re

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from ConfigSpace import Categorical, ConfigurationSpace, EqualsCondition, Float
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_iris
from sklearn.ensemble import BaggingClassifier
from sklearn.feature_selection import RFECV
from sklearn.model_selection import GridSearchCV, TunedThresholdClassifierCV
from sklearn.tree import DecisionTreeClassifier

from skhypershap import (
    HyperSHAPExplainer,
    attrs_of,
    explain_jointly,
    explain_metrics,
    load_case,
    read_trials,
    summarize,
)
from skhypershap.optimizers import random as random_search
from skhypershap.plotting import plot_importance, plot_interactions

pytestmark = pytest.mark.filterwarnings("ignore::skhypershap.HyperSHAPWarning")
SPACE = ConfigurationSpace({"a": (0.0, 1.0), "b": (0, 10), "k": ["x", "y"]}, seed=0)
CONFIGS = [dict(config) for config in SPACE.sample_configuration(30)]
SCORES = [config["a"] + (config["k"] == "x") for config in CONFIGS]
X, Y = load_iris(return_X_y=True)
HUGE = 10**400
GRID = {"max_depth": [1, 2, 3], "min_samples_leaf": [1, 5, 20]}


def explainer_of(**arguments):
    arguments = {"surrogate": "forest", "n_samples": 50, "random_state": 0, **arguments}
    return HyperSHAPExplainer(SPACE, **arguments)


@pytest.fixture(scope="module")
def fitted():
    return explainer_of().fit(CONFIGS, SCORES)


@pytest.fixture(scope="module")
def of_search():
    search = GridSearchCV(DecisionTreeClassifier(random_state=0), GRID)
    explainer = HyperSHAPExplainer(search, surrogate="forest", baseline="worst", random_state=0)
    return explainer.fit(X, Y)


ARRAY, FRAME = np.array([1, 2]), pd.DataFrame({"a": [0.1]})
INTEGERS = [0, -1, 1.5, True, "2", HUGE, ARRAY, float("nan"), [1]]
NAMES = ["zzz", "", 1, None, ARRAY, FRAME, HUGE, {}]
CONFIG = [3, "x", ARRAY, FRAME, {"zzz": 1}, {"a": "much"}, {"a": HUGE}, {"a": np.nan}, {1: 2}]
SEVERAL = [*CONFIG, 0.5, None, {}, [{"a": 0.5}], [None], [3], pd.Series({"a": 1.0}), iter([1])]
CALLS = {
    "explain game": (lambda e, v: e.explain(v), [*NAMES, [], ["zzz"], [None]], "game"),
    "index": (lambda e, v: e.explain(index=v), NAMES, "index"),
    "order": (lambda e, v: e.explain(order=v), [*INTEGERS, None], "order"),
    "baseline": (lambda e, v: e.explain(baseline=v), [*CONFIG, [], ["zzz"], [[]]], "baseline"),
    "config": (lambda e, v: e.explain("ablation", config=v), [*CONFIG, []], "config"),
    "groups": (
        lambda e, v: e.explain(groups=v),
        [
            ARRAY,
            FRAME,
            "zzz",
            3,
            ["a"],
            {"g": "a"},
            {"g": [1]},
            {"g": [["a"]]},
            {1: ["a"]},
            {"g": []},
        ],
        "groups",
    ),
    "n_bootstrap": (lambda e, v: e.explain(n_bootstrap=v), INTEGERS, "n_bootstrap"),
    "n_trials": (
        lambda e, v: e.explain("optimizer_bias", optimizer_of_interest=random_search, n_trials=v),
        INTEGERS,
        "n_trials",
    ),
    "n_trials of another game": (lambda e, v: e.explain(n_trials=v), INTEGERS, "n_trials"),
    "scores of metrics": (
        lambda _, v: explain_metrics(SPACE, ["m"], configs=CONFIGS, scores=v),
        [{}, pd.DataFrame(), [{}], 3, "x", ARRAY],
        "scores",
    ),
    "coalition_values": (
        lambda e, v: e.coalition_values(v),
        [*NAMES, "optimizer_bias"],
        "game|plays",
    ),
    "game": (lambda e, v: e.game(v), [*NAMES, "optimizer_bias"], "name|plays"),
    "interaction_values": (lambda e, v: e.interaction_values(v), NAMES, "game"),
    "best_subsets": (lambda e, v: e.best_subsets(v), NAMES, "game"),
    "predict_score": (lambda e, v: e.predict_score(v), SEVERAL, "configs"),
    "ask": (lambda e, v: e.ask(v), INTEGERS, "n_trials"),
    "ask game": (lambda e, v: e.ask(2, v), [*NAMES, "optimizer_bias"], "game"),
    "tell": (lambda e, v: e.tell(v, [1.0]), SEVERAL, "configs"),
    "tell scores": (
        lambda e, v: e.tell(CONFIGS[:1], v),
        ["x", HUGE, [1, 2], [HUGE], None, {}],
        "scores",
    ),
    "tell fidelity": (lambda e, v: e.tell(CONFIGS[:1], [1.0], v), [1, [1.0], "x"], "fidelity"),
    "size": (lambda e, v: e.reduced_search(v), [*INTEGERS, 4], "size"),
    "share": (
        lambda e, v: e.reduced_search(share=v),
        [0, 1.1, HUGE, "x", None, True, ARRAY],
        "share",
    ),
    "ranges": (lambda e, v: e.reduced_search(ranges=v), [None, 1, "x", ARRAY, FRAME], "ranges"),
    "hyperparameters": (
        lambda e, v: e.effects(v),
        [3, np.array(3), {}, [], ["zzz"], [None], {"a"}],
        "hyperparameters?",
    ),
    "explainers": (lambda _, v: explain_jointly(v), [None, [], {}, {"d": 3}, ARRAY], "explainers"),
    "aggregate": (
        lambda e, v: explain_jointly({"d": e}, aggregate=v),
        ["zzz", 1.5, None, HUGE, True],
        "aggregate",
    ),
    "per_dataset": (
        lambda e, v: explain_jointly({"d": e}, per_dataset=v),
        [ARRAY, FRAME, "x", 1],
        "per_dataset",
    ),
    "n_points": (lambda e, v: e.effects(n_points=v), [*INTEGERS, 1, 10**9], "n_points"),
    "path": (lambda e, v: e.dump_case(v), [None, 3, ARRAY], "path"),
    "path of report": (lambda e, v: e.report(v), [3, ARRAY, ""], "path"),
    "path of case": (lambda _, v: load_case(v), [None, 3, ARRAY, ""], "path"),
    "frame": (lambda _, v: attrs_of(v), [None, 3, "x", [], {}, ARRAY], "table"),
    "n_jobs": (
        lambda e, v: explain_jointly({"d": e}, n_jobs=v),
        [0, "x", HUGE, 1.5, ARRAY],
        "n_jobs",
    ),
    "verbose": (lambda e, v: explain_jointly({"d": e}, verbose=v), [-1, "x", ARRAY], "verbose"),
    "table": (lambda _, v: summarize(v), [None, [], pd.DataFrame(), FRAME, ARRAY], "table"),
    "plotted table": (lambda _, v: plot_importance(v), [None, [], pd.DataFrame(), FRAME], "table"),
    "ax": (lambda e, v: plot_importance(e.explain(), v), [3, "x", ARRAY, []], "ax"),
    "heatmap ax": (lambda e, v: plot_interactions(e.explain(), v), [3, "x", ARRAY, []], "ax"),
    "fit configs": (lambda _, v: explainer_of().fit(v, [1.0]), SEVERAL[:-1], "configs"),
    "fit scores": (
        lambda _, v: explainer_of().fit(CONFIGS, v),
        ["x", HUGE, [HUGE] * 30, [1.0], None, {}],
        "scores",
    ),
    "fit fidelity": (
        lambda _, v: explainer_of().fit(CONFIGS, SCORES, fidelity=v),
        ["x", HUGE, [HUGE] * 30, [1.0], [np.nan] * 30],
        "fidelity",
    ),
    "metric": (
        lambda _, v: read_trials(SPACE, configs=CONFIGS, scores=SCORES, metric=v),
        [True, 1.5, ARRAY, FRAME, []],
        "metric",
    ),
    "space": (
        lambda _, v: read_trials(pd.DataFrame({"a": [1.0, 2.0], "score": [1.0, 2.0]}), space=v),
        [{}, [], {"a": 3}, {"a": "x"}, {"a": [HUGE, 1]}, 3, "x", ARRAY],
        "space",
    ),
}


@pytest.mark.parametrize("call", CALLS)
def test_wrong_values_are_refused_by_name(fitted, call):
    work, wrong, name = CALLS[call]
    for value in wrong:
        with pytest.raises((ValueError, TypeError), match=rf"\b({name})\b"):
            work(fitted, value)
    plt.close("all")


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("n_samples", [0, 1.5, True, "x"]),
        ("max_exact", [0, True, None]),
        ("n_jobs", [0, True, HUGE, 1.5]),
        ("random_state", [-1, True, HUGE, "x"]),
        ("metric", [True, 1.5, []]),
        ("direction", ["up", 1]),
        ("baseline", [3, "zzz", {"a": HUGE}, {"zzz": 1}, [], ARRAY]),
        ("baseline_score", ["zzz", None, HUGE, np.nan, [1.0], True, np.array("x")]),
        ("surrogate", [3, "zzz", [], DecisionTreeClassifier(), DecisionTreeClassifier, object()]),
        ("infer_failures", [None, "x"]),
        ("optimizer", ["zzz", None]),
        ("verbose", [-1, "x"]),
    ],
)
def test_wrong_parameters_are_refused_by_name(name, wrong):
    for value in wrong:
        with pytest.raises((ValueError, TypeError), match=rf"\b{name}\b"):
            explainer_of(**{name: value}).fit(CONFIGS, SCORES)


@pytest.mark.parametrize("value", ["x", [], [[1]], {"a": 1}, HUGE, ARRAY, 10**6, [None], b"x"])
def test_wrong_cv_is_refused_by_name(of_search, value):
    with pytest.raises(ValueError, match="cv must be"):
        of_search.verify(X, Y, cv=value)


@pytest.mark.parametrize("value", [None, 3, [], [[1]], "x"])
@pytest.mark.parametrize("method", ["verify", "measure"])
def test_wrong_data_are_refused_by_name(of_search, value, method):
    with pytest.raises(ValueError, match=r"\bX\b|needs data"):
        getattr(of_search, method)(value, Y)


def test_numpy_integers_are_integers(fitted):
    explainer = explainer_of(
        n_samples=np.int64(50), max_exact=np.int32(5), random_state=np.int64(0)
    )
    explainer.set_params(n_jobs=np.int64(1), verbose=np.int64(0)).fit(CONFIGS, SCORES)
    table = explainer.explain(order=np.int64(2), n_bootstrap=np.int8(2))
    pd.testing.assert_frame_equal(table, fitted.explain(order=2, n_bootstrap=2))
    assert len(explainer.ask(np.uint8(3))) == 3
    assert list(explainer.reduced_search(np.int64(1))) == list(fitted.reduced_search(1))


@pytest.mark.parametrize(
    "call",
    [
        lambda e: e.explain("tunability", config={"a": 0.5}),
        lambda e: e.explain(["sensitivity", "mistunability"], config={}),
        lambda e: e.coalition_values(config={"a": 0.5}),
        lambda e: e.game("tunability", config={"a": 0.5}),
        lambda e: e.interaction_values(config={"a": 0.5}),
        lambda e: explain_jointly({"d": e}, config={"a": 0.5}),
    ],
)
def test_config_outside_ablation_is_refused(fitted, call):
    with pytest.raises(ValueError, match=r"config is what the game 'ablation' explains"):
        call(fitted)


def test_config_with_ablation_among_games_is_taken(fitted):
    table = fitted.explain(["tunability", "ablation"], config={"a": 0.5})
    assert table["game"].nunique() == 2


def test_huge_integers_of_a_source_name_their_place():
    search = GridSearchCV(DecisionTreeClassifier(), {"max_leaf_nodes": [HUGE, 3]})
    with pytest.raises(ValueError, match=r"'max_leaf_nodes' .* too large for a float"):
        HyperSHAPExplainer(search).fit(X, Y)
    for column in ("x", "score"):
        table = pd.DataFrame({"x": [1, 2, 3], "score": [1, 2, 3]}).astype(object)
        table.loc[1, column] = HUGE
        with pytest.raises(ValueError, match=rf"column '{column}' .* too large for a float"):
            HyperSHAPExplainer(table).fit()


def test_cells_and_scores_of_any_type_are_read_or_refused_by_name():
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"a": rng.random(20), "b": [np.arange(2), np.arange(3)] * 10})
    table["score"] = table["a"]
    explainer = HyperSHAPExplainer(table, surrogate="forest", random_state=0, n_samples=50)
    assert explainer.fit().hyperparameter_names_ == ["a", "b"]
    large = pd.Series([2**70 * (row + 1) for row in range(20)], dtype=object)
    explainer.set_params(search=table.assign(b=large)).fit()
    assert explainer.trials_["b"].tolist() == large.astype(float).tolist()
    with pytest.raises(ValueError, match=r"'score' must hold numbers; row 0 has .*1j"):
        HyperSHAPExplainer(table.assign(score=1j)).fit()


class OwnMeta(DecisionTreeClassifier):
    """Has an estimator, and counts its fits."""

    n_fits = 0

    def __init__(self, estimator=None):
        self.estimator = estimator

    def fit(self, X, y):
        type(self).n_fits += 1
        return self


class OwnRFECV(RFECV):
    pass


TREE = DecisionTreeClassifier(random_state=0)


@pytest.mark.parametrize(
    "estimator",
    [
        TunedThresholdClassifierCV(TREE),
        RFECV(TREE),
        OwnRFECV(TREE),
        CalibratedClassifierCV(TREE),
        BaggingClassifier(TREE),
        OwnMeta(TREE),
        HyperSHAPExplainer(GridSearchCV(TREE, GRID)),
    ],
    ids=lambda estimator: type(estimator).__name__,
)
def test_estimators_that_are_not_searches_are_refused_before_they_run(estimator):
    with pytest.raises(TypeError, match=f"{type(estimator).__name__} is not a search"):
        HyperSHAPExplainer(estimator).fit(X, Y)
    assert OwnMeta.n_fits == 0


def test_fitted_rfecv_and_explainer_are_no_searches(of_search):
    for estimator in (RFECV(TREE, cv=2).fit(X, Y), of_search):
        with pytest.raises(TypeError, match="is not a search"):
            HyperSHAPExplainer(estimator).fit()


class TestInactiveColumns:
    @staticmethod
    def space():
        space = ConfigurationSpace(seed=0)
        kernel, gamma = Categorical("kernel", ["linear", "rbf"]), Float("gamma", (0.1, 10.0))
        space.add(kernel, gamma, Float("C", (0.0, 1.0)), EqualsCondition(gamma, kernel, "rbf"))
        return space

    def test_frames_may_lack_the_column_of_what_is_never_active(self):
        space = self.space()
        linear = [dict(c) for c in space.sample_configuration(60) if c["kernel"] == "linear"]
        frame = pd.DataFrame(linear)
        assert "gamma" not in frame
        scores = [config["C"] for config in linear]
        arguments = {"surrogate": "forest", "n_samples": 50, "random_state": 0}
        of_list = HyperSHAPExplainer(space, **arguments).fit(linear, scores)
        of_frame = HyperSHAPExplainer(space, **arguments).fit(frame, scores)
        table = frame.assign(score=scores)
        of_table = HyperSHAPExplainer(
            table, space=space, baseline=of_list.baseline_, **arguments
        ).fit()
        expected = of_list.explain()
        for found in (of_frame.explain(), of_table.explain()):
            assert found["value"].tolist() == expected["value"].tolist()
        assert of_list.predict_score(frame).tolist() == of_list.predict_score(linear).tolist()

    def test_frames_that_lack_an_active_column_are_refused(self):
        configs = pd.DataFrame(self.space().sample_configuration(20)).drop(columns="gamma")
        with pytest.raises(ValueError, match=r"configs: Missing in configuration number .*'gamma'"):
            HyperSHAPExplainer(self.space()).fit(configs, range(20))


class TestSearch:
    NAMES = (
        "best_params_",
        "best_score_",
        "best_estimator_",
        "best_index_",
        "cv_results_",
        "scorer_",
        "refit_time_",
        "n_splits_",
        "multimetric_",
    )

    def test_results_of_the_search_are_on_the_explainer(self, of_search):
        for name in self.NAMES:
            assert getattr(of_search, name) is getattr(of_search.search_, name)

    def test_what_the_search_lacks_the_explainer_lacks(self):
        search = GridSearchCV(TREE, GRID, refit=False).fit(X, Y)
        explainer = HyperSHAPExplainer(search, random_state=0)
        assert not any(hasattr(explainer, name) for name in self.NAMES)
        explainer.fit()
        assert not hasattr(explainer, "best_estimator_")
        assert explainer.best_params_ == search.best_params_
        assert explainer.cv_results_ is search.cv_results_

    def test_explainers_without_a_search_have_no_results(self, fitted):
        with pytest.raises(AttributeError, match=r"no best_params_: .* no fitted search"):
            fitted.best_params_  # noqa: B018

    @pytest.mark.parametrize(("own", "asked", "expected"), [(0, 2, 2), (1, 3, 1), (0, 0, 0)])
    def test_verbose_reaches_a_search_that_has_its_default(self, own, asked, expected):
        search = GridSearchCV(TREE, GRID, cv=2, verbose=own)
        explainer = HyperSHAPExplainer(search, verbose=asked, random_state=0).fit(X, Y)
        assert explainer.search_.verbose == expected
        assert search.verbose == own


class TestReducedSearch:
    def explainer(self, lift):
        """The best trial is `lift` above what the surrogate, a constant for a, can expect."""

        class OfA:
            def fit(self, X, y):
                return self

            def predict(self, X):
                return X[:, 0]

        space = ConfigurationSpace({"a": (0.0, 1.0), "b": (0.0, 1.0)}, seed=0)
        configs = space.sample_configuration(30)
        scores = [config["a"] for config in configs]
        scores[0] = 1.0 + lift
        return HyperSHAPExplainer(space, surrogate=OfA(), n_samples=50, random_state=0).fit(
            configs, scores
        )

    def test_expected_best_below_the_incumbent_is_said(self):
        explainer = self.explainer(lift=0.5)
        with pytest.warns(
            UserWarning, match=re.escape("expects of the reduced search is 1, worse than")
        ):
            explainer.reduced_search(1)

    @pytest.mark.filterwarnings("error")
    def test_expected_best_above_the_incumbent_needs_no_warning(self, recwarn):
        explainer = self.explainer(lift=0.0)
        recwarn.clear()
        explainer.reduced_search(1)
        assert not [one for one in recwarn if "incumbent" in str(one.message)]
