"""history() and next_trials(): the explanation of the first trials, and what more may bring."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from ConfigSpace import ConfigurationSpace
from scipy.stats import randint, uniform
from sklearn.datasets import load_iris
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV
from sklearn.neighbors import KNeighborsRegressor
from sklearn.tree import DecisionTreeClassifier

from skhypershap import HyperSHAPExplainer, SurrogateWarning, summarize
from skhypershap.frames import FIRST, LAST
from skhypershap.plotting import HistoryDisplay

SPACE = ConfigurationSpace({"a": (0.0, 1.0), "b": (0.0, 1.0), "c": (0.0, 1.0)}, seed=0)
CONFIGS = [dict(config) for config in SPACE.sample_configuration(48)]
SCORES = np.array([2 * one["a"] + one["b"] for one in CONFIGS])


def fitted(n_trials=48, sign=1.0, **arguments):
    arguments = {"random_state": 0, "n_samples": 500, "surrogate": "forest", **arguments}
    direction = "maximize" if sign > 0 else "minimize"
    explainer = HyperSHAPExplainer(SPACE, direction=direction, **arguments)
    return quietly(explainer, CONFIGS[:n_trials], sign * SCORES[:n_trials])


def quietly(explainer, configs, scores):
    """Fit; few trials, at which a surrogate is poor, are what these tests are about."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SurrogateWarning)
        return explainer.fit(configs, scores)


def test_last_rows_are_those_of_explain():
    explainer = fitted()
    history = explainer.history(4, n_bootstrap=8, order=2)
    assert list(history) == [*FIRST, "n_trials", *LAST]
    assert history["n_trials"].unique().tolist() == [12, 24, 36, 48]
    last = history[history["n_trials"] == 48].drop(columns="n_trials").reset_index(drop=True)
    pd.testing.assert_frame_equal(last, summarize(explainer.explain(n_bootstrap=8)))
    assert (history["low"] <= history["value"]).all()
    assert (history["value"] <= history["high"]).all()
    assert isinstance(history.attrs["settled"], bool)
    assert isinstance(history.attrs["verdict"], str)
    names = [rows["interaction"].tolist() for _, rows in history.groupby("n_trials")]
    assert all(one == names[-1] for one in names)


@pytest.mark.parametrize("game", ["tunability", "mistunability", "sensitivity", "ablation"])
def test_first_rows_are_those_of_a_fit_of_the_first(game):
    """A finite space: the candidates are all configurations, whatever the trials."""
    space = ConfigurationSpace({"a": [0, 1, 2, 3], "b": [0, 1, 2]}, seed=0)
    configs = [dict(one) for one in space.sample_configuration(40)]
    scores = np.array([2.0 * one["a"] + one["b"] for one in configs])
    end = dict(configs[int(np.argmax(scores))])

    def explainer(n_trials):
        return HyperSHAPExplainer(
            space, random_state=0, surrogate="forest", baseline={"a": 0, "b": 0}
        ).fit(configs[:n_trials], scores[:n_trials])

    start = [one == {"a": 0, "b": 0} for one in configs]
    n_trials = 20 if not any(start[20:]) else max(np.flatnonzero(start)) + 1
    points = 40 // (40 - n_trials) if n_trials != 20 else 2
    history = explainer(40).history(points, game, n_bootstrap=2)
    first = history[history["n_trials"] == history["n_trials"].iloc[-3]].set_index("interaction")
    count = int(first["n_trials"].iloc[0])
    if any(start[count:]):
        pytest.skip("the baseline ran later")
    options = {"config": end} if game == "ablation" else {}
    alone = explainer(count).explain(game, order=1, **options).set_index("interaction")
    np.testing.assert_allclose(first["value"], alone["value"].loc[first.index], atol=1e-9)


def test_later_trials_teach_the_first_rows_nothing():
    arguments = {"random_state": 0, "n_samples": 500, "surrogate": "forest", "optimizer": "random"}
    other = np.append(SCORES[:24], 2 * SCORES[24:] + 1)
    one, two = (
        quietly(HyperSHAPExplainer(SPACE, **arguments), CONFIGS, scores).history(2, n_bootstrap=2)
        for scores in (SCORES, other)
    )
    first, second = (
        history[history["n_trials"] == 24].set_index("interaction")["value"].sort_index()
        for history in (one, two)
    )
    pd.testing.assert_series_equal(first, second)


def test_additive_function_settles():
    space = ConfigurationSpace({"a": (0.0, 1.0), "b": (0.0, 1.0)}, seed=0)
    configs = [dict(config) for config in space.sample_configuration(80)]
    scores = [2 * one["a"] + one["b"] for one in configs]
    explainer = HyperSHAPExplainer(space, random_state=0, n_samples=300).fit(configs, scores)
    history = explainer.history(n_bootstrap=10)
    assert history.attrs["settled"]
    assert history.attrs["verdict"].endswith("a, then b.")


def test_noise_does_not_settle():
    noise = np.random.default_rng(0).normal(size=48)
    explainer = HyperSHAPExplainer(SPACE, random_state=0, n_samples=200, surrogate="forest")
    quietly(explainer, CONFIGS, noise)
    history = explainer.history(n_bootstrap=4)
    assert not history.attrs["settled"]
    assert history.attrs["verdict"].startswith("Not settled: ")


def test_measured_trials_and_baseline_are_in_every_prefix():
    explainer = fitted(24)
    explainer.tell([{"a": 0.5, "b": 0.5, "c": 0.5}, {"a": 1.0, "b": 1.0, "c": 0.0}], [1.5, 3.0])
    spec = explainer.fitted_.spec.first(6)
    assert (spec.n_source, spec.n_measured, len(spec.scores)) == (6, 2, 8)
    assert explainer.history(4, n_bootstrap=2)["n_trials"].max() == 24
    chosen = fitted(24, baseline=CONFIGS[20]).fitted_.spec.first(6)
    np.testing.assert_allclose(chosen.scores, [*SCORES[:6], SCORES[20]])
    assert chosen.always.tolist() == [6]


def test_does_not_depend_on_jobs():
    one, two = (fitted(24, n_jobs=n).history(3, n_bootstrap=2) for n in (1, 2))
    pd.testing.assert_frame_equal(one, two)
    one, two = (fitted(24, n_jobs=n).next_trials(5) for n in (1, 2))
    pd.testing.assert_frame_equal(one, two)


def test_few_trials_and_models_that_refuse_them():
    assert fitted(3).history(n_bootstrap=2)["n_trials"].unique().tolist() == [3]
    neighbors = fitted(48, surrogate=KNeighborsRegressor(14)).history(4, n_bootstrap=2)
    assert neighbors["n_trials"].unique().tolist() == [24, 36, 48]


def test_picture():
    shown = HistoryDisplay.from_explainer(fitted(24), n_points=3, n_bootstrap=2)
    assert len(shown.ax_.lines) >= 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_points": 1}, "n_points"),
        ({"n_points": 2.5}, "n_points"),
        ({"n_points": True}, "n_points"),
        ({"n_bootstrap": 0}, "n_bootstrap"),
        ({"n_bootstrap": None}, "n_bootstrap"),
        ({"order": 4}, "order"),
        ({"game": "tuneability"}, "Did you mean"),
        ({"game": ["tunability"]}, "game"),
        ({"game": "optimizer_bias"}, "game"),
    ],
)
def test_clumsy_history(arguments, message):
    with pytest.raises(ValueError, match=message):
        fitted(12).history(**arguments)


def test_before_fit():
    with pytest.raises(NotFittedError):
        HyperSHAPExplainer(SPACE).history()
    with pytest.raises(NotFittedError):
        HyperSHAPExplainer(SPACE).next_trials(3)


@pytest.mark.parametrize("n", [0, -1, 2.5, "10", None, True])
def test_clumsy_next_trials(n):
    with pytest.raises(ValueError, match="n must be an integer"):
        fitted(12).next_trials(n)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_expected_best_of_an_additive_function(sign):
    """2 a + b of uniform a and b: P(above 3 - t) is known, and E max its integral."""
    best = int(np.argsort(SCORES)[4])  # few trials are worse, so that nothing is known yet
    rows = np.argsort(SCORES)[:5]
    configs = [CONFIGS[row] for row in rows]
    explainer = HyperSHAPExplainer(
        SPACE,
        direction="maximize" if sign > 0 else "minimize",
        surrogate=_Exact(sign),
        random_state=0,
        n_samples=20_000,
    )
    quietly(explainer, configs, sign * SCORES[rows])
    t = np.linspace(0, 3 - SCORES[best], 200_001)
    above = np.where(t < 1, t**2 / 4, np.where(t < 2, (2 * t - 1) / 4, 1 - (3 - t) ** 2 / 4))
    for n in (1, 10, 100):
        table = explainer.next_trials(n)
        known = 3 - np.trapezoid((1 - above) ** n, t)
        assert sign * table["expected"][0] == pytest.approx(known, abs=0.01)
        assert table["space"].tolist() == ["all", "best subset", "good ranges"]
        assert (table["low"] <= table["expected"]).all()
        assert (table["expected"] <= table["high"]).all()
        gains = sign * table["expected"]
        assert gains[2] > gains[0]
    assert table["n_trials"].tolist() == [100] * 3
    assert table["seconds"].isna().all()


@pytest.mark.parametrize(
    ("metric", "sign", "bound"),
    [("accuracy", 1.0, 1.0), ("rmse", -1.0, 0.0), ("points", 1.0, 3.0), ("cost", -1.0, -3.0)],
)
def test_expected_best_is_within_the_bound_of_the_metric(metric, sign, bound):
    """The surrogate goes on to 3, what was measured is within the bound of metrics that have one."""
    table = pd.DataFrame(CONFIGS).iloc[np.argsort(SCORES)[:12]]
    table[metric] = sign * (2 * table["a"] + table["b"])
    if metric == "rmse":
        table[metric] += 1.0
    explainer = HyperSHAPExplainer(
        table,
        space=SPACE,
        metric=metric,
        direction="maximize" if sign > 0 else "minimize",
        surrogate=_Exact(sign, shift=float(metric == "rmse")),
        baseline="worst",
        random_state=0,
        n_samples=1_000,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SurrogateWarning)
        explainer.fit()
    ends = sign * explainer.next_trials(100)[["low", "expected", "high"]].to_numpy()
    if metric in ("accuracy", "rmse"):
        assert ends.max() == sign * bound  # reached nearly always, exceeded never
        assert ends.min() > sign * bound - 0.05
    else:
        assert 2.5 < ends.max() <= 3


class _Exact(KNeighborsRegressor):
    """Knows the function."""

    def __init__(self, sign=1.0, shift=0.0):
        super().__init__(1)
        self.sign = sign
        self.shift = shift

    def fit(self, X, y):
        return super().fit(X, y)

    def predict(self, X):
        X = np.asarray(X)
        return self.sign * (2 * X[:, 0] + X[:, 1]) + self.shift


def test_seconds_and_attrs():
    grid = {"max_depth": [1, 2, 3, 4, 5], "min_samples_leaf": [1, 5, 20, 40]}
    search = GridSearchCV(DecisionTreeClassifier(random_state=0), grid)
    explainer = HyperSHAPExplainer(search, baseline="worst", random_state=0)
    table = explainer.fit(*load_iris(return_X_y=True)).next_trials(10)
    results = explainer.search_.cv_results_
    each = 5 * (results["mean_fit_time"] + results["mean_score_time"]).mean()
    np.testing.assert_allclose(table["seconds"], 10 * each)
    assert table.attrs["hyperparameters"] == ("max_depth",)
    # All configurations have run, so more trials bring nothing new.
    np.testing.assert_allclose(table[["expected", "low", "high"]], explainer.best_score_)


def test_no_accuracy_above_one_is_expected():
    """Nearly all trees are perfect here, and errors of predictions reach beyond."""
    generator = np.random.default_rng(0)
    X = generator.random((80, 3))
    y = (X[:, 0] > 0.5) ^ (generator.random(80) < 0.02)
    search = RandomizedSearchCV(
        DecisionTreeClassifier(random_state=0),
        {"max_depth": randint(1, 20), "ccp_alpha": uniform(0, 0.3), "max_features": [1, 2, 3]},
        n_iter=20,
        random_state=0,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SurrogateWarning)
        explainer = HyperSHAPExplainer(search, baseline="worst", random_state=0, n_samples=500).fit(
            X, y
        )
    table = explainer.next_trials(50)
    assert (table[["expected", "high"]] <= 1).all().all()
    explainer.search_.scoring = lambda model, X, y: 0.0  # nothing is known of such a score
    assert (explainer.next_trials(50)["high"] > 1).all()


def test_conditional_and_several_baselines():
    from ConfigSpace import Categorical, EqualsCondition, Float

    space = ConfigurationSpace(seed=0)
    kind, x, y = Categorical("kind", ["u", "v"]), Float("x", (0.0, 1.0)), Float("y", (0.0, 1.0))
    space.add(kind, x, y)
    space.add(EqualsCondition(x, kind, "v"))
    configs = [dict(one) for one in space.sample_configuration(40)]
    scores = [one.get("x", 0.0) + 0.1 * one["y"] for one in configs]
    explainer = HyperSHAPExplainer(
        space, random_state=0, n_samples=500, baseline=["worst", "median"]
    ).fit(configs, scores)
    table = explainer.next_trials(20)
    assert np.isfinite(table[["expected", "low", "high"]].to_numpy()).all()
    assert table["expected"][2] >= table["expected"][0]
    assert len(explainer.history(2, n_bootstrap=2)) == 6
