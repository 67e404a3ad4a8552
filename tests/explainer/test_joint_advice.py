"""Advice from many data sets: closed forms on additive functions, and leaving one data set out."""

from __future__ import annotations

import itertools

import joblib
import numpy as np
import pandas as pd
import pytest
from ConfigSpace import (
    Categorical,
    ConfigurationSpace,
    Constant,
    EqualsCondition,
    Float,
)
from sklearn.exceptions import NotFittedError
from sklearn.tree import DecisionTreeRegressor

from skhypershap import (
    HyperSHAPExplainer,
    best_subsets_jointly,
    default_space,
    explain_jointly,
)

SPACE = {"a": [0, 1, 2, 3], "b": [0, 1, 2, 3], "c": [0, 1, 2]}
START = {"a": 0, "b": 0, "c": 0}
WEIGHTS = {"one": (4, 1, 0), "two": (3, 2, 0), "three": (0, 0, 5)}


def fitted_on(weights, **options):
    """A tree that knows an additive function on a full grid by heart."""
    rows = list(itertools.product(*SPACE.values()))
    table = pd.DataFrame(rows, columns=list(SPACE))
    table["score"] = table.to_numpy() @ np.array(weights, dtype=float)
    options = {"space": SPACE, "baseline": START, "random_state": 0, **options}
    return HyperSHAPExplainer(
        table, surrogate=DecisionTreeRegressor(random_state=0), **options
    ).fit()


@pytest.fixture(scope="module")
def explainers():
    return {name: fitted_on(weights) for name, weights in WEIGHTS.items()}


def gains_of(S, name):
    """The gain of a coalition in closed form."""
    best = {"a": 3, "b": 3, "c": 2}
    weights = dict(zip(SPACE, WEIGHTS[name], strict=True))
    return sum(weights[player] * best[player] for player in S)


def test_subsets_have_the_largest_mean_gain(explainers):
    table = best_subsets_jointly(explainers)
    assert table["size"].tolist() == [1, 2, 3]
    assert table["hyperparameters"].tolist() == [("a",), ("a", "c"), ("a", "b", "c")]
    for members, gain in zip(table["hyperparameters"], table["gain"], strict=True):
        assert gain == pytest.approx(np.mean([gains_of(members, name) for name in WEIGHTS]))
    assert table["share"].iloc[-1] == 1
    assert table.attrs == {"metric": "score", "direction": "maximize", "n_datasets": 3}


def test_full_gain_is_that_of_explain_jointly(explainers):
    full = best_subsets_jointly(explainers)["gain"].iloc[-1]
    assert full == pytest.approx(explain_jointly(explainers, order=1)["value"].sum())


@pytest.mark.parametrize("size", [1, 2])
def test_regret_is_that_of_the_others_choice(explainers, size):
    table = best_subsets_jointly(explainers, per_dataset=True)
    row = table[(table["dataset"] == "all") & (table["size"] == size)].iloc[0]
    regrets, own = [], []
    subsets = list(itertools.combinations(SPACE, size))
    for left in WEIGHTS:
        others = [name for name in WEIGHTS if name != left]
        chosen = max(subsets, key=lambda S, of=others: np.mean([gains_of(S, one) for one in of]))
        regrets.append(gains_of(SPACE, left) - gains_of(chosen, left))
        own.append(max(gains_of(S, left) for S in subsets) - gains_of(chosen, left))
        mine = table[(table["dataset"] == left) & (table["size"] == size)].iloc[0]
        assert mine["hyperparameters"] == chosen
        assert mine["gain"] == pytest.approx(gains_of(chosen, left))
        assert mine["regret"] == pytest.approx(regrets[-1])
    assert row["regret"] == pytest.approx(np.mean(regrets))
    assert row["regret_own"] == pytest.approx(np.mean(own))


def test_data_sets_count_the_same_when_normalized():
    loud = {
        "loud": fitted_on((0, 0, 1000)),
        "one": fitted_on((1, 0, 0)),
        "two": fitted_on((2, 0, 0)),
    }
    assert best_subsets_jointly(loud)["hyperparameters"][0] == ("c",)
    normalized = best_subsets_jointly(loud, normalize=True)
    assert normalized["hyperparameters"][0] == ("a",)
    assert normalized["gain"].tolist() == pytest.approx([2 / 3, 1, 1])


def test_minimised_scores_gain_as_well():
    lower = {
        name: fitted_on([-w for w in weights], direction="minimize")
        for name, weights in WEIGHTS.items()
    }
    table = best_subsets_jointly(lower)
    assert table["hyperparameters"].tolist() == [("a",), ("a", "c"), ("a", "b", "c")]
    assert (table["gain"] > 0).all()


def test_aggregate_decides(explainers):
    table = best_subsets_jointly(explainers, aggregate="median")
    assert table["gain"][0] == pytest.approx(9)  # of a: 12, 9 and 0


def test_single_data_set_has_no_regret(explainers):
    table = best_subsets_jointly({"one": explainers["one"]}, per_dataset=True)
    assert table["dataset"].tolist() == ["all"] * 3
    assert table["regret"].isna().all()


def test_n_jobs_changes_nothing(explainers):
    pd.testing.assert_frame_equal(
        best_subsets_jointly(explainers), best_subsets_jointly(explainers, n_jobs=2)
    )


# The default space.


def varying(space):
    return {name for name in space if space[name].size > 1}


def test_space_holds_what_gains_little():
    fitted = {"one": fitted_on((5, 0.01, 5)), "two": fitted_on((5, 0.01, 5))}
    space = default_space(fitted, 0.6)
    assert isinstance(space, ConfigurationSpace)
    assert list(space) == list(SPACE)
    assert varying(space) == {"a", "c"}
    assert isinstance(space["b"], Constant)
    assert space["b"].value == 0


def test_space_has_values_that_are_good_somewhere():
    table = {"up": (5, 0, 0), "down": (-5, 0, 0)}
    middle = {**START, "a": 1}
    fitted = {name: fitted_on(weights, baseline=middle) for name, weights in table.items()}
    space = default_space(fitted, 0.95)
    assert sorted(space["a"].sequence) == [0, 3]  # 3 is best on one, 0 on the other


def test_rare_values_are_left_out():
    fitted = {f"up {number}": fitted_on((5, 0, 1)) for number in range(10)}
    fitted["down"] = fitted_on((-5, 0, 1), baseline={**START, "a": 1})
    space = default_space(fitted, 0.85, baseline={**START, "a": 1})
    assert 0 not in np.atleast_1d(
        getattr(space["a"], "sequence", getattr(space["a"], "value", None))
    )


def test_range_spans_those_of_the_data_sets():
    random = np.random.default_rng(0)
    space = ConfigurationSpace(seed=0)
    space.add(Float("x", (0.0, 1.0), default=0.0), Float("y", (0.0, 1.0), default=0.5))
    vectors = random.random((150, 2))
    fitted = {
        f"peak at {peak}": HyperSHAPExplainer(space, random_state=0).fit(
            pd.DataFrame(vectors, columns=["x", "y"]), -np.abs(vectors[:, 0] - peak)
        )
        for peak in (0.4, 0.6)
    }
    found = default_space(fitted, 0.9)
    assert varying(found) == {"x"}
    assert 0.25 < found["x"].lower < 0.42
    assert 0.58 < found["x"].upper < 0.75
    assert found["y"].value == 0.5


def test_conditions_survive():
    space = ConfigurationSpace(seed=0)
    space.add(Categorical("kernel", ["linear", "rbf"], default="linear"))
    space.add(Float("gamma", (0.0, 1.0), default=0.5))
    space.add(EqualsCondition(space["gamma"], space["kernel"], "rbf"))
    configs = space.sample_configuration(120)
    fitted = {}
    for name, scale in (("one", 1.0), ("two", 2.0)):
        scores = [scale * config.get("gamma", -0.5) for config in configs]
        fitted[name] = HyperSHAPExplainer(space, random_state=0).fit(configs, scores)
    found = default_space(fitted)
    config = found.sample_configuration()
    assert set(config) <= {"kernel", "gamma"}
    assert "gamma" in varying(found)


def test_baselines_that_differ_are_held_at_a_typical_value():
    fitted = {
        name: fitted_on((5, 0.01, 0), baseline={**START, "b": b})
        for name, b in zip("xyz", (2, 2, 0), strict=True)
    }
    assert default_space(fitted)["b"].value == 2


def test_same_space_for_any_n_jobs(explainers):
    assert default_space(explainers) == default_space(explainers, n_jobs=2)


@pytest.mark.parametrize("share", [0, 1.5, "all", True, None])
def test_bad_share_is_an_error(explainers, share):
    with pytest.raises(ValueError, match="share"):
        default_space(explainers, share)


def test_nothing_to_gain_is_an_error():
    best = {"a": 3, "b": 3, "c": 2}
    with pytest.raises(ValueError, match="gains nothing"):
        default_space({"one": fitted_on((1, 1, 1), baseline=best)})


def test_several_baselines_are_an_error():
    several = fitted_on((1, 1, 1), baseline=[START, {**START, "a": 1}])
    with pytest.raises(ValueError, match="2 baselines"):
        default_space({"one": several})


@pytest.mark.parametrize("advise", [best_subsets_jointly, default_space])
def test_clumsy_explainers_are_errors(advise, explainers):
    with pytest.raises(TypeError, match="dict"):
        advise(list(explainers.values()))
    with pytest.raises(ValueError, match="empty"):
        advise({})
    with pytest.raises(TypeError, match="Names must be text: '7'"):
        advise({7: explainers["one"]})
    with pytest.raises(NotFittedError):
        advise({"one": HyperSHAPExplainer(ConfigurationSpace({"a": (0.0, 1.0)}))})


GROWN = {
    "mean": {},
    "quantile": {"aggregate": 0.4},
    "normalized": {"normalize": True},
    "mistunability": {"game": "mistunability", "baseline": {"a": 1, "b": 1, "c": 1}},
    "sensitivity": {"game": "sensitivity"},
}


@pytest.mark.parametrize("options", GROWN.values(), ids=GROWN)
def test_grown_subsets_are_the_best_of_additive_functions(options, explainers):
    few = {name: fitted_on(weights, max_exact=2) for name, weights in WEIGHTS.items()}
    grown = best_subsets_jointly(few, per_dataset=True, **options)
    exact = best_subsets_jointly(explainers, per_dataset=True, **options)
    pd.testing.assert_frame_equal(grown, exact)
    assert grown.attrs == exact.attrs


def test_default_space_of_grown_subsets(explainers):
    few = {name: fitted_on(weights, max_exact=1) for name, weights in WEIGHTS.items()}
    for share in (0.5, 0.95):
        assert default_space(few, share) == default_space(explainers, share)


def test_subsets_of_many_hyperparameters_are_grown():
    names = [f"h{i:02}" for i in range(18)]
    space = ConfigurationSpace(dict.fromkeys(names, (0.0, 1.0)), seed=0)
    configs = space.sample_configuration(60)
    made = {}
    for dataset, (first, second) in {"one": (3, 7), "two": (3, 11), "three": (3, 7)}.items():
        scores = [5 * config[names[first]] + 2 * config[names[second]] for config in configs]
        made[dataset] = HyperSHAPExplainer(
            space, surrogate="forest", n_samples=50, random_state=0
        ).fit(configs, scores)
    table = best_subsets_jointly(made)
    assert table["size"].tolist() == list(range(1, 19))
    assert table["hyperparameters"][:2].tolist() == [("h03",), ("h03", "h07")]
    assert (np.diff(table["gain"]) >= 0).all()
    assert (table[["regret", "regret_own"]] >= 0).all(axis=None)
    assert table["regret"].iloc[-1] == 0
    with joblib.parallel_config("threading"):
        pd.testing.assert_frame_equal(table, best_subsets_jointly(made, n_jobs=2))
    found = default_space(made, 0.5)
    assert [name for name in names if found[name].size > 1] == ["h03"]


def test_unknown_arguments_are_errors(explainers):
    with pytest.raises(ValueError, match="aggregate"):
        best_subsets_jointly(explainers, aggregate="mode")
    with pytest.raises(ValueError, match="game"):
        best_subsets_jointly(explainers, "optimizer_bias")
    with pytest.raises(TypeError, match="normalize"):
        best_subsets_jointly(explainers, normalize="yes")
