"""Good ranges, searches within them, ablation paths, and the configurations of best subsets."""

from __future__ import annotations

import numpy as np
import pytest
from ConfigSpace import (
    Categorical,
    ConfigurationSpace,
    EqualsCondition,
    Float,
    ForbiddenAndConjunction,
    ForbiddenEqualsClause,
    Integer,
)
from conftest import CONDITIONAL_SPACES, fitted, memorised, numbers_space, results_of
from scipy.stats import expon, loguniform, poisson, randint, uniform
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeRegressor

from skhypershap import HyperSHAPExplainer
from skhypershap.advice import narrowing


def peaked(config):
    return -((config["a"] - 3) ** 2) - 0.01 * config["b"] + 0.001 * config["c"]


def test_good_ranges_of_a_finite_space_follow_the_profile():
    explainer = memorised(numbers_space(), peaked, baseline={"a": 0, "b": 4, "c": 0})
    table = explainer.good_ranges(share=0.8).set_index("hyperparameter")
    assert table.columns.tolist() == ["low", "high", "choices", "width"]
    assert table.loc["a", ["low", "high"]].tolist() == [2, 4]  # 9 - 1 of a gain of 9.044
    assert isinstance(table.loc["a", "low"], int)
    assert table.loc["a", "width"] == pytest.approx(3 / 5)
    assert table.loc["b", ["low", "high", "width"]].tolist() == [0, 4, 1]
    everything = explainer.good_ranges(share=1.0)
    assert everything["low"].tolist() == [3, 0, 4]
    assert everything["high"].tolist() == [3, 0, 4]
    assert everything["choices"].tolist() == [None] * 3


def test_good_ranges_keep_their_share_and_grow_as_it_falls(mixed_space, mixed_trials):
    explainer = HyperSHAPExplainer(mixed_space, surrogate="forest", n_samples=300, random_state=0)
    explainer.fit(*mixed_trials)
    profile = explainer.effects(held="best")
    start, full = (profile.attrs[name] for name in ("baseline_score", "full_score"))
    before = np.zeros(5)
    for share in (1.0, 0.9, 0.5, 0.01):
        table = explainer.good_ranges(share)
        assert (table["width"] >= before).all()
        before = table["width"].to_numpy()
        for row in table.itertuples():
            rows = profile[profile["hyperparameter"] == row.hyperparameter]
            is_in = [
                value in row.choices if row.choices is not None else row.low <= value <= row.high
                for value in rows["value"]
            ]
            assert any(is_in)
            assert (rows.loc[is_in, "score"] >= start + share * (full - start) - 1e-9).all()


@pytest.mark.parametrize("share", [0, -1, 1.01, True, "a", None, float("nan")])
def test_share_out_of_range_is_refused(share):
    explainer = memorised(numbers_space("ab"), lambda config: config["a"])
    with pytest.raises(ValueError, match="share must be a number"):
        explainer.good_ranges(share)


def test_child_that_no_good_configuration_has_keeps_nothing():
    space = ConfigurationSpace()
    kernel = Categorical("kernel", ["linear", "rbf"], default="rbf")
    gamma, size = Integer("gamma", (0, 3), default=0), Integer("size", (0, 2), default=0)
    space.add(kernel, gamma, size, EqualsCondition(gamma, kernel, "rbf"))
    explainer = memorised(space, lambda config: config.get("gamma", 9) + 0.1 * config["size"])
    table = explainer.good_ranges().set_index("hyperparameter")
    assert table.loc["kernel", "choices"] == ["linear"]
    assert table.loc["gamma", "width"] == 0
    assert table.loc["gamma", "low"] is None
    narrowed = explainer.reduced_search(share=1.0, ranges=True)
    assert {config["kernel"] for config in narrowed.sample_configuration(20)} == {"linear"}


@pytest.mark.filterwarnings("ignore:The best .score. that the surrogate expects")
def test_reduced_space_is_sampled_within_good_ranges(mixed_space, mixed_trials):
    explainer = HyperSHAPExplainer(mixed_space, surrogate="forest", n_samples=300, random_state=0)
    explainer.fit(*mixed_trials)
    wide = explainer.reduced_search(size=5)
    narrow = explainer.reduced_search(size=5, ranges=True, share=0.8)
    ranges = explainer.good_ranges(0.8).set_index("hyperparameter")
    assert (ranges["width"] < 1).any()
    narrow.seed(0)
    configs = [dict(config) for config in narrow.sample_configuration(200)]
    for name, row in ranges.iterrows():
        values = [config[name] for config in configs]
        if row["choices"] is not None:
            assert set(values) <= set(row["choices"])
        else:
            assert row["low"] - 1e-9 <= min(values)
            assert max(values) <= row["high"] + 1e-9
    wide.seed(0)
    sampled = [dict(config) for config in wide.sample_configuration(200)]
    assert explainer.predict_score(configs).mean() > explainer.predict_score(sampled).mean()


@pytest.mark.filterwarnings("ignore:The best .score. that the surrogate expects")
@pytest.mark.parametrize("make", CONDITIONAL_SPACES.values(), ids=CONDITIONAL_SPACES)
def test_reduced_conditional_spaces_stay_legal(make):
    explainer = fitted(make, "forest")
    narrow = explainer.reduced_search(ranges=True, share=0.7)
    narrow.seed(0)
    configs = [dict(config) for config in narrow.sample_configuration(30)]
    assert np.isfinite(explainer.predict_score(configs)).all()


def test_grid_search_keeps_the_values_inside():
    grid = {"C": [0.01, 0.1, 1.0, 10.0], "gamma": [0.1, 1.0], "kernel": ["rbf", "poly", "sigmoid"]}
    search = results_of(GridSearchCV(SVC(), grid), np.zeros(24))
    rows = search.cv_results_["params"]
    scores = [
        -0.3 * abs(np.log10(p["C"])) - 0.1 * p["gamma"] + (p["kernel"] != "poly") for p in rows
    ]
    search.cv_results_["mean_test_score"] = np.array(scores)
    exact = DecisionTreeRegressor(random_state=0)
    explainer = HyperSHAPExplainer(search, surrogate=exact, baseline="worst", random_state=0)
    smaller = explainer.fit().reduced_search(size=3, ranges=True, share=0.7)
    assert isinstance(smaller, GridSearchCV)
    assert smaller.param_grid["kernel"] == ["rbf", "sigmoid"]
    assert smaller.param_grid["C"] == [0.1, 1.0, 10.0]
    assert smaller.param_grid["gamma"] == [0.1, 1.0]
    assert search.param_grid == grid  # the search itself has not changed
    X, y = load_iris(return_X_y=True)
    assert smaller.fit(X, y).best_params_["C"] in smaller.param_grid["C"]


def test_cut_integers_keep_both_ends():
    cut = narrowing._cut(randint(1, 9), 3, 5)
    assert cut.support() == (3, 5)
    assert narrowing._cut(randint(1, 9), 4, 4) == [4]


@pytest.mark.filterwarnings("ignore:The surrogate fits poorly")  # scores without a pattern
def test_random_search_draws_within_good_ranges():
    space = {
        "C": loguniform(1e-3, 1e3),
        "gamma": uniform(0.1, 2.0),
        "degree": randint(1, 9),
        "coef0": expon(scale=1.0),
        "max_iter": poisson(40),
    }
    search = results_of(RandomizedSearchCV(SVC(gamma=1.0), space, n_iter=120), np.zeros(120))
    rows = search.cv_results_["params"]
    scores = [
        -((np.log10(p["C"]) - 1) ** 2)
        - (p["gamma"] - 0.6) ** 2
        - 0.1 * (p["degree"] - 3) ** 2
        - (p["coef0"] - 1) ** 2
        - 0.02 * (p["max_iter"] - 40) ** 2
        for p in rows
    ]
    search.cv_results_["mean_test_score"] = np.array(scores)
    baseline = {"C": 1e-3, "gamma": 2.0, "degree": 8, "coef0": 4.0, "max_iter": 60}
    explainer = HyperSHAPExplainer(
        search, surrogate="forest", baseline=baseline, n_samples=300, random_state=0
    )
    ranges = explainer.fit().good_ranges(0.9).set_index("hyperparameter")
    smaller = explainer.reduced_search(size=5, ranges=True, share=0.9)
    distributions = smaller.param_distributions
    narrowed = ranges.index[ranges["width"] < 1]
    assert len(narrowed) >= 4
    for name in narrowed:
        distribution = distributions[name]
        drawn = distribution.rvs(size=200, random_state=0)
        low, high = ranges.loc[name, ["low", "high"]]
        if low is None:
            low, high = min(ranges.loc[name, "choices"]), max(ranges.loc[name, "choices"])
        assert drawn.min() >= low - 1e-9
        assert drawn.max() <= high + 1e-9
    assert distributions["C"].dist.name in ("loguniform", "reciprocal")
    again = HyperSHAPExplainer(
        results_of(smaller, np.arange(120.0)), baseline="median", random_state=0
    ).fit()
    assert again.space_["coef0"].size > 1  # a cut distribution can be read, too


def test_path_ends_at_the_configuration_and_sums_to_the_ablation(mixed_space, mixed_trials):
    explainer = HyperSHAPExplainer(mixed_space, n_samples=64, random_state=0).fit(*mixed_trials)
    path = explainer.ablation_path()
    columns = ["step", "hyperparameter", "from", "to", "score", "gain"]
    assert path.columns.tolist() == columns
    assert path["step"].tolist() == list(range(len(path)))
    assert path.loc[0, "hyperparameter"] is None
    assert path.loc[0, "gain"] == 0
    ablation = explainer.explain("ablation")
    assert path["gain"].sum() == pytest.approx(ablation["value"].sum(), abs=1e-9)
    assert path["score"].iloc[-1] == pytest.approx(ablation.attrs["full_score"], abs=1e-9)
    assert path.attrs["configurations"][-1] == explainer.incumbent_
    np.testing.assert_allclose(
        explainer.predict_score(path.attrs["configurations"]), path["score"], atol=1e-9
    )
    present = dict(explainer.baseline_)
    for row in path.iloc[1:].itertuples():
        assert present[row.hyperparameter] == row[3]
        gains = []
        for name, value in explainer.incumbent_.items():
            if present[name] != value:  # the last change may lose
                gains.append(explainer.predict_score([{**present, name: value}])[0])
        assert row.score == pytest.approx(max(gains), abs=1e-9)  # the largest gain first
        present[row.hyperparameter] = row.to
        assert present == pytest.approx(path.attrs["configurations"][row.step])


def test_path_to_a_partial_configuration_minimised():
    explainer = memorised(numbers_space(), peaked, direction="minimize", baseline={"a": 3})
    path = explainer.ablation_path({"a": 0, "b": 2, "c": 2}, baseline={"a": 3, "b": 2, "c": 4})
    assert path["hyperparameter"].tolist() == [None, "a", "c"]
    assert path["from"].tolist() == [None, 3, 4]
    assert path["to"].tolist() == [None, 0, 2]
    assert path["gain"].tolist() == pytest.approx([0, 9, 0.002])
    assert len(explainer.ablation_path({"a": 3}, baseline=explainer.incumbent_ | {"a": 3})) == 1


def test_path_switches_children_on_with_their_parent():
    space = ConfigurationSpace()
    kernel = Categorical("kernel", ["linear", "rbf"], default="linear")
    gamma, size = Integer("gamma", (0, 3), default=0), Integer("size", (0, 2), default=0)
    space.add(kernel, gamma, size, EqualsCondition(gamma, kernel, "rbf"))
    explainer = memorised(space, lambda config: config.get("gamma", 1) + 0.1 * config["size"])
    path = explainer.ablation_path()
    assert path["hyperparameter"].tolist() == [None, "kernel", "size"]
    assert path.attrs["configurations"] == [
        {"kernel": "linear", "size": 0},
        {"kernel": "rbf", "gamma": 3, "size": 0},
        {"kernel": "rbf", "gamma": 3, "size": 2},
    ]
    back = explainer.ablation_path(
        {"kernel": "linear", "size": 0}, baseline={"kernel": "rbf", "gamma": 2, "size": 0}
    )
    assert back["hyperparameter"].tolist() == [None, "kernel"]


@pytest.mark.filterwarnings("ignore:The surrogate fits poorly")  # eight trials
def test_path_around_forbidden_configurations():
    space = numbers_space("ab", upper=2, default=0)
    for a, b in ((1, 0), (2, 0), (0, 2), (2, 1)):
        space.add(
            ForbiddenAndConjunction(
                ForbiddenEqualsClause(space["a"], a), ForbiddenEqualsClause(space["b"], b)
            )
        )
    explainer = memorised(space, lambda config: config["a"] + config["b"])
    path = explainer.ablation_path()
    assert path["hyperparameter"].tolist() == [None, "a × b"]
    assert path["to"].tolist() == [None, (2, 2)]


def test_clumsy_paths():
    explainer = memorised(numbers_space("ab"), lambda config: config["a"])
    with pytest.raises(ValueError, match="hyperparameter"):
        explainer.ablation_path({"z": 1})
    with pytest.raises(TypeError, match="config must be a dict"):
        explainer.ablation_path([1])
    with pytest.raises(ValueError, match="a path begins at one"):
        explainer.ablation_path(baseline=[{"a": 0, "b": 0}, {"a": 1, "b": 0}])


@pytest.mark.parametrize("game", ["tunability", "mistunability", "ablation"])
@pytest.mark.parametrize("model", ["forest", "auto"])
def test_configuration_of_a_best_subset_attains_its_gain(mixed_space, mixed_trials, model, game):
    explainer = HyperSHAPExplainer(mixed_space, surrogate=model, n_samples=100, random_state=0)
    explainer.fit(*mixed_trials)
    base = explainer.predict_score([explainer.baseline_])[0]
    for row in explainer.best_subsets(game).itertuples():
        assert set(row.configuration) == set(row.hyperparameters)
        (score,) = explainer.predict_score([{**explainer.baseline_, **row.configuration}])
        assert score - base == pytest.approx(row.gain, abs=1e-7)


@pytest.mark.parametrize("make", CONDITIONAL_SPACES.values(), ids=CONDITIONAL_SPACES)
@pytest.mark.parametrize("arguments", [{}, {"max_exact": 2}, {"optimizer": "random"}])
def test_configurations_of_subsets_in_conditional_spaces(make, arguments):
    explainer = fitted(make, "forest", **arguments)
    base = explainer.predict_score([explainer.baseline_])[0]
    for row in explainer.best_subsets().itertuples():
        config = {**explainer.baseline_, **row.configuration}
        assert explainer.predict_score([config])[0] - base == pytest.approx(row.gain, abs=1e-7)


def test_configurations_of_several_baselines_and_of_variances():
    baselines = [{"a": 0, "b": 0}, {"a": 4, "b": 4}]
    explainer = memorised(numbers_space("ab"), lambda c: c["a"] * c["b"], baseline=baselines)
    for row in explainer.best_subsets().itertuples():
        gains = [
            np.subtract(*explainer.predict_score([{**base, **config}, base]))
            for base, config in zip(baselines, row.configuration, strict=True)
        ]
        assert np.mean(gains) == pytest.approx(row.gain)
    assert explainer.best_subsets("sensitivity")["configuration"].tolist() == [None, None]


def test_configuration_of_a_subset_has_the_children_that_it_switches_on():
    space = ConfigurationSpace()
    kernel = Categorical("kernel", ["linear", "rbf"], default="linear")
    gamma = Float("gamma", (0.0, 1.0), default=0.5)
    space.add(kernel, gamma, Integer("size", (0, 2), default=0))
    space.add(EqualsCondition(gamma, kernel, "rbf"))
    space.seed(0)
    configs = [dict(config) for config in space.sample_configuration(80)]
    scores = [config.get("gamma", -1.0) + config["size"] * 0.01 for config in configs]
    explainer = HyperSHAPExplainer(space, surrogate="forest", n_samples=100, random_state=0)
    table = explainer.fit(configs, scores).best_subsets()
    assert table["hyperparameters"][0] == ("kernel",)
    assert table["configuration"][0] == {"kernel": "rbf", "gamma": 0.5}
