"""Joint explanations: v is aggregated over data sets for each coalition, and then explained."""

from __future__ import annotations

import itertools

import joblib
import numpy as np
import pandas as pd
import pytest
from ConfigSpace import (
    Beta,
    Categorical,
    ConfigurationSpace,
    EqualsCondition,
    Float,
    ForbiddenEqualsClause,
    Integer,
    Normal,
)
from sklearn.exceptions import NotFittedError
from sklearn.tree import DecisionTreeRegressor

from skhypershap import HyperSHAPExplainer, explain_jointly, summarize
from skhypershap.explainer.joint import max_exact_of

pytestmark = pytest.mark.filterwarnings("ignore::skhypershap.SurrogateWarning")
NAMES = ["a", "b", "c"]
WEIGHTS = {"one": [1.0, -2.0, 0.5], "two": [3.0, 4.0, -1.0], "three": [0.0, 1.0, 2.5]}
AGGREGATES = {
    "mean": np.mean,
    "median": np.median,
    "min": np.min,
    "max": np.max,
    0.25: lambda v, axis: np.quantile(v, 0.25, axis=axis),
}


def linear_game(weights, start=0.0, direction="maximize", names=NAMES, **arguments):
    """Binary hyperparameters, a baseline of zeros, and a tree that memorises all configurations."""
    space = ConfigurationSpace()
    space.add([Categorical(name, [0, 1], default=0) for name in names])
    rows = list(itertools.product([0, 1], repeat=len(names)))
    configs = [dict(zip(names, row, strict=True)) for row in rows]
    scores = [start + np.dot(weights, row) for row in rows]
    tree = DecisionTreeRegressor(random_state=0)
    fitted = HyperSHAPExplainer(
        space, surrogate=tree, direction=direction, random_state=0, **arguments
    )
    return fitted.fit(configs, scores)


@pytest.fixture
def explainers():
    return {name: linear_game(weights) for name, weights in WEIGHTS.items()}


def moebius(values):
    """Moebius transform of a dict from coalitions to values, by inclusion and exclusion."""
    return {
        whole: sum(
            (-1) ** (len(whole) - len(part)) * value
            for part, value in values.items()
            if set(part) <= set(whole)
        )
        for whole in values
    }


class TestClosedForms:
    @pytest.mark.parametrize("direction", ["maximize", "minimize"])
    def test_mean_of_linear_games_is_mean_of_positive_weights(self, direction):
        sign = 1 if direction == "maximize" else -1
        explainers = {name: linear_game(w, direction=direction) for name, w in WEIGHTS.items()}
        table = explain_jointly(explainers)
        singles = table[table["order"] == 1].set_index("interaction")["value"]
        for number, name in enumerate(NAMES):
            expected = np.mean([max(sign * w[number], 0) for w in WEIGHTS.values()])
            assert singles[name] == pytest.approx(expected)
        assert table.loc[table["order"] == 2, "value"].abs().max() < 1e-12
        assert (table["dataset"] == "all").all()

    @pytest.mark.parametrize("aggregate", AGGREGATES)
    @pytest.mark.parametrize("game", ["tunability", "ablation", "sensitivity", "mistunability"])
    @pytest.mark.parametrize("direction", ["maximize", "minimize"])
    def test_values_are_moebius_transform_of_aggregated_coalitions(
        self, aggregate, game, direction
    ):
        """By hand: the values of coalition_values aggregated, and then transformed."""
        explainers = {
            name: linear_game(weights, start=10 * number, direction=direction)
            for number, (name, weights) in enumerate(WEIGHTS.items())
        }
        each = [one.coalition_values(game) for one in explainers.values()]
        reduce = AGGREGATES[aggregate]
        v = dict(zip(each[0]["coalition"], reduce([t["value"] for t in each], axis=0), strict=True))
        sign = -1 if direction == "minimize" and game != "sensitivity" else 1
        expected = moebius({coalition: sign * value for coalition, value in v.items()})
        table = explain_jointly(explainers, game, aggregate=aggregate, index="Moebius", order=3)
        found = dict(zip(table["hyperparameters"], table["value"], strict=True))
        assert found == pytest.approx({k: x for k, x in expected.items() if k}, abs=1e-9)
        assert table.attrs["baseline_score"] == pytest.approx(v[()])
        assert table.attrs["full_score"] == pytest.approx(v[tuple(NAMES)])

    def test_quantiles_0_half_and_1_equal_min_median_and_max(self, explainers):
        for quantile, name in ((0, "min"), (0.5, "median"), (1.0, "max")):
            found = explain_jointly(explainers, aggregate=quantile)
            pd.testing.assert_frame_equal(found, explain_jointly(explainers, aggregate=name))

    def test_single_data_set_equals_its_own_explanation(self, explainers):
        joint = explain_jointly({"one": explainers["one"]}, ["tunability", "sensitivity"], order=3)
        own = explainers["one"].explain(["tunability", "sensitivity"], order=3)
        pd.testing.assert_frame_equal(joint.drop(columns="dataset"), own)

    def test_order_of_hyperparameters_may_differ(self, explainers):
        turned = linear_game(WEIGHTS["two"][::-1], names=NAMES[::-1])
        # ConfigSpace sorts by name; spaces of other sources may not.
        expected = explain_jointly({name: explainers[name] for name in ("one", "two")})
        found = explain_jointly({"one": explainers["one"], "two": turned})
        pd.testing.assert_frame_equal(found, expected)


class TestRows:
    def test_per_dataset_adds_rows_of_each_explainer(self, explainers):
        table = explain_jointly(explainers, per_dataset=True)
        assert table["dataset"].unique().tolist() == ["all", *WEIGHTS]
        for name, one in explainers.items():
            rows = table[table["dataset"] == name].drop(columns="dataset")
            pd.testing.assert_frame_equal(rows.reset_index(drop=True), one.explain())
        whole = table[table["dataset"] == "all"].reset_index(drop=True)
        pd.testing.assert_frame_equal(whole, explain_jointly(explainers))

    def test_attrs_are_keyed_by_game_and_data_set(self, explainers):
        attrs = explain_jointly(explainers, ["tunability", "ablation"], per_dataset=True).attrs
        assert attrs["exact"] == {"tunability": True, "ablation": True}
        assert attrs["surrogate_score"].keys() == WEIGHTS.keys()
        assert (attrs["metric"], attrs["direction"]) == ("score", "maximize")

    def test_baseline_config_and_groups_apply_to_each_data_set(self, explainers):
        groups = {"ab": ["a", "b"]}
        start, end = {"a": 1, "b": 1, "c": 1}, {"a": 0, "b": 0, "c": 0}
        table = explain_jointly(
            explainers, "ablation", baseline=start, config=end, groups=groups, order=1
        )
        values = dict(zip(table["interaction"], table["value"], strict=True))
        expected = -np.mean(list(WEIGHTS.values()), axis=0)
        assert values == pytest.approx({"ab": expected[0] + expected[1], "c": expected[2]})

    def test_draws_of_a_data_set_equal_its_own_bootstrap(self, explainers):
        table = explain_jointly(explainers, n_bootstrap=3, per_dataset=True)
        assert sorted(table["draw"].unique()) == [0, 1, 2, 3]
        own = explainers["two"].explain(n_bootstrap=3)
        rows = table[table["dataset"] == "two"].drop(columns="dataset").reset_index(drop=True)
        pd.testing.assert_frame_equal(rows, own)
        summary = summarize(table)
        assert len(summary) == (table["draw"] == 0).sum()
        assert "dataset" in summary

    def test_draws_of_mean_are_means_of_draws(self, explainers):
        table = explain_jointly(explainers, n_bootstrap=2, per_dataset=True)
        wide = table.pivot_table(index=["draw", "interaction"], columns="dataset", values="value")
        np.testing.assert_allclose(wide["all"], wide[list(WEIGHTS)].mean(axis=1), atol=1e-12)

    @pytest.mark.parametrize("backend", ["threading", "loky"])
    def test_values_do_not_depend_on_backend(self, explainers, backend):
        expected = explain_jointly(explainers, per_dataset=True)
        with joblib.parallel_config(backend=backend):
            found = explain_jointly(explainers, per_dataset=True, n_jobs=2)
        pd.testing.assert_frame_equal(found, expected)

    def test_more_players_than_max_exact_are_approximated(self):
        explainers = {name: linear_game(w, max_exact=2) for name, w in WEIGHTS.items()}
        table = explain_jointly(explainers, per_dataset=True, n_jobs=2)
        exact = explain_jointly(
            {name: linear_game(w) for name, w in WEIGHTS.items()}, per_dataset=True
        )
        assert table.attrs["exact"] is False
        keys = ["dataset", "interaction"]
        found, expected = (t.set_index(keys)["value"].sort_index() for t in (table, exact))
        pd.testing.assert_series_equal(found, expected, atol=1e-6)
        # Ablations are exact for any number of players, and so is their mean.
        table = explain_jointly(explainers, "ablation", per_dataset=True)
        assert table.attrs["exact"] is True
        found = table.set_index(keys)["value"].sort_index()
        exact = explain_jointly(
            {name: linear_game(w) for name, w in WEIGHTS.items()}, "ablation", per_dataset=True
        )
        pd.testing.assert_series_equal(found, exact.set_index(keys)["value"].sort_index())

    @pytest.mark.parametrize("aggregate", ["mean", "median"])
    def test_draws_of_more_players_than_max_exact_are_those_of_all_coalitions(self, aggregate):
        arguments = {"aggregate": aggregate, "per_dataset": True, "n_bootstrap": 2}
        some, every = (
            explain_jointly(
                {name: linear_game(w, **limit) for name, w in WEIGHTS.items()}, **arguments
            )
            for limit in ({"max_exact": 2}, {})
        )
        assert some.attrs["exact"] is False
        assert set(some["draw"]) == {0, 1, 2}
        keys = ["dataset", "draw", "interaction"]
        found, expected = (t.set_index(keys)["value"].sort_index() for t in (some, every))
        pd.testing.assert_series_equal(found, expected, atol=1e-6)

    def test_the_smallest_max_exact_decides(self):
        """No data set evaluates more coalitions than it is allowed to, wherever it stands."""
        for limits in ((2, 3, 3), (3, 3, 2)):
            explainers = {
                name: linear_game(weights, max_exact=limit)
                for (name, weights), limit in zip(WEIGHTS.items(), limits, strict=True)
            }
            assert explain_jointly(explainers).attrs["exact"] is False
            assert max_exact_of(explainers) == 2


def explainer_of(*hyperparameters, conditions=(), clauses=(), **arguments):
    space = ConfigurationSpace(seed=0)
    space.add([*hyperparameters], list(conditions), list(clauses))
    configs = space.sample_configuration(12)
    return HyperSHAPExplainer(space, n_samples=20, **arguments).fit(configs, np.arange(12.0))


class TestDifferences:
    def of(self, *others, first=None):
        explain_jointly(
            {
                "first": first or explainer_of(Float("x", (0, 1)), Float("y", (0, 1))),
                **{f"other{number}": other for number, other in enumerate(others)},
            }
        )

    @pytest.mark.parametrize(
        ("hyperparameters", "message"),
        [
            (
                [Float("x", (0, 1)), Float("z", (0, 1))],
                "'y' is in the first only; 'z' is in the second",
            ),
            (
                [Float("x", (0, 2)), Float("y", (0, 1))],
                "'x' is a number from 0.0 to 1.0 in the first and",
            ),
            ([Integer("x", (0, 1)), Float("y", (0, 1))], "an integer from 0 to 1 in the second"),
            ([Categorical("x", [0, 1]), Float("y", (0, 1))], "one of 0, 1 in the second"),
        ],
    )
    def test_different_hyperparameters_raise(self, hyperparameters, message):
        with pytest.raises(ValueError, match=message):
            self.of(explainer_of(*hyperparameters))

    def test_different_scale_raises(self):
        first = explainer_of(Float("x", (1, 10)))
        with pytest.raises(ValueError, match="'x' is distributed differently"):
            self.of(explainer_of(Float("x", (1, 10), log=True)), first=first)

    @pytest.mark.parametrize(
        "other",
        [
            Float("x", (0, 1), distribution=Normal(0.9, 0.01)),
            Float("x", (0, 1), distribution=Beta(8, 2)),
            Float("x", (0, 1), distribution=Normal(0.5, 1)),
        ],
    )
    def test_different_distribution_raises(self, other):
        with pytest.raises(ValueError, match=r"'x' is (distributed differently|a number)"):
            self.of(explainer_of(other), first=explainer_of(Float("x", (0, 1))))

    def test_different_weights_raise(self):
        first, other = (Categorical("x", ["a", "b"], weights=w) for w in ([1, 1], [9, 1]))
        with pytest.raises(ValueError, match="'x' is distributed differently"):
            self.of(explainer_of(other), first=explainer_of(first))

    def test_different_choices_raise(self):
        first = explainer_of(Categorical("x", ["a", "b"]))
        with pytest.raises(ValueError, match="one of 'a', 'c' in the second"):
            self.of(explainer_of(Categorical("x", ["a", "c"])), first=first)

    def test_different_conditions_or_clauses_raise(self):
        def make():
            return Categorical("x", ["a", "b"]), Float("y", (0, 1))

        first = explainer_of(*make())
        x, y = make()
        with pytest.raises(ValueError, match="conditions differ in"):
            self.of(explainer_of(x, y, conditions=[EqualsCondition(y, x, "a")]), first=first)
        x, y = make()
        with pytest.raises(ValueError, match="forbidden clauses differ in"):
            self.of(explainer_of(x, y, clauses=[ForbiddenEqualsClause(x, "b")]), first=first)

    def test_different_defaults_are_allowed(self):
        self.of(explainer_of(Float("x", (0, 1), default=0.1), Float("y", (0, 1))))

    def test_different_directions_raise(self):
        first, other = (
            explainer_of(Float("x", (0, 1)), direction=way) for way in ("maximize", "minimize")
        )
        with pytest.raises(ValueError, match="direction is 'maximize' in the first and 'minimize'"):
            self.of(other, first=first)


class TestBadInput:
    def test_anything_but_dict_of_fitted_explainers_raises(self, explainers):
        for given in (list(explainers.values()), explainers["one"], None):
            with pytest.raises(TypeError, match="explainers must be a dict from names"):
                explain_jointly(given)
        with pytest.raises(TypeError, match="it has 'x': DataFrame"):
            explain_jointly({"x": pd.DataFrame()})
        with pytest.raises(TypeError, match="it has 31: HyperSHAPExplainer"):
            explain_jointly({31: explainers["one"]})
        with pytest.raises(ValueError, match="explainers is empty"):
            explain_jointly({})
        with pytest.raises(ValueError, match="cannot be called 'all'"):
            explain_jointly({"all": explainers["one"]})
        with pytest.raises(NotFittedError):
            explain_jointly({"new": HyperSHAPExplainer(ConfigurationSpace())})

    @pytest.mark.parametrize("aggregate", ["average", "Mean", None, True, [0.5], -0.1, 1.5, 50])
    def test_unknown_aggregate_raises(self, explainers, aggregate):
        with pytest.raises(ValueError, match="aggregate"):
            explain_jointly(explainers, aggregate=aggregate)

    def test_other_arguments_are_checked_as_by_explain(self, explainers):
        with pytest.raises(ValueError, match="game"):
            explain_jointly(explainers, "tunabilty")
        with pytest.raises(ValueError, match="optimizer"):
            explain_jointly(explainers, "optimizer_bias")
        with pytest.raises(ValueError, match="order"):
            explain_jointly(explainers, order=4)
        with pytest.raises(ValueError, match="index"):
            explain_jointly(explainers, index="shap")
        with pytest.raises(ValueError, match="n_bootstrap"):
            explain_jointly(explainers, n_bootstrap=0)
        with pytest.raises(ValueError, match="is no value"):
            explain_jointly(explainers, baseline={"a": 7})
        with pytest.raises(ValueError, match="empty list"):
            explain_jointly(explainers, [])
