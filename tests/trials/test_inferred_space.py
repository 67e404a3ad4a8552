"""Spaces that are given, and spaces that are inferred from trials."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest
from ConfigSpace import ConfigurationSpace, Float
from ConfigSpace.conditions import GreaterThanCondition, InCondition, LessThanCondition
from ConfigSpace.hyperparameters import (
    CategoricalHyperparameter,
    OrdinalHyperparameter,
    UniformFloatHyperparameter,
    UniformIntegerHyperparameter,
)
from conftest import kernel_table
from scipy.stats import loguniform

from skhypershap import HyperSHAPExplainer, SpaceWarning, read_trials
from skhypershap.space.domains import domain_of
from skhypershap.trials import inferred_space
from skhypershap.trials.inferred_space import (
    is_logarithmic,
    space_given,
    space_inferred,
    space_with_conditions,
)

pytestmark = pytest.mark.filterwarnings("ignore::skhypershap.SurrogateWarning")
inferring = pytest.mark.filterwarnings("ignore::skhypershap.SpaceWarning")


class TestInferredSpaces:
    def test_inferred_space_gives_one_warning(self):
        with pytest.warns(SpaceWarning, match=r"inferred from the 40 trials .*space=") as caught:
            HyperSHAPExplainer(kernel_table(), random_state=0).fit()
        assert len(caught) == 1

    @inferring
    def test_kind_follows_from_the_values(self):
        rng = np.random.default_rng(0)
        configs = [
            {
                "wide": 10.0 ** rng.uniform(-5, 0),
                "narrow": rng.uniform(-1, 1),
                "count": int(rng.integers(1, 60)),
                "grid": int(rng.choice([8, 16, 32])),
                "word": str(rng.choice(["a", "b"])),
                "either": rng.choice([None, 0.5]),
                "flag": bool(rng.choice([True, False])),
                "same": 3,
            }
            for _ in range(50)
        ]
        space = space_inferred(configs)
        kinds = {name: type(hyperparameter) for name, hyperparameter in space.items()}
        assert kinds["wide"] is kinds["narrow"] is UniformFloatHyperparameter
        assert space["wide"].log
        assert not space["narrow"].log
        assert kinds["count"] is UniformIntegerHyperparameter
        assert kinds["grid"] is OrdinalHyperparameter
        assert kinds["word"] is kinds["either"] is kinds["flag"] is CategoricalHyperparameter
        assert space["same"].size == 1

    @inferring
    def test_count_decides_as_a_parent(self):
        """units_2 is there for two layers and more, plain only for one."""
        configs = [
            {"layers": n, "units_1": 8 * k} | ({"units_2": 8 + k} if n > 1 else {"plain": k})
            for n in (1, 2, 3)
            for k in range(1, 8)
        ]
        space = space_inferred(configs)
        kinds = {condition.child.name: type(condition) for condition in space.conditions}
        assert kinds == {"units_2": GreaterThanCondition, "plain": LessThanCondition}
        trials = read_trials(pd.DataFrame(configs).assign(score=np.arange(21.0)))
        assert trials.configs == configs

    @inferring
    def test_bounds_of_conditions_are_the_nearest_values_without_the_child(self):
        """ "more" is there for three layers and more, "few" for at most two."""
        configs = [
            {"layers": n, "units": 8 * k} | ({"more": 8 + k} if n > 2 else {"few": k})
            for n in (1, 2, 3, 4)
            for k in range(1, 8)
        ]
        space = space_inferred(configs)
        bounds = {condition.child.name: condition.value for condition in space.conditions}
        assert bounds == {"more": 2, "few": 3}

    @inferring
    def test_repeated_number_decides_like_a_choice(self):
        """The momentum is there where the optimizer, numbered or by name, is the second."""
        rng = np.random.default_rng(0)
        number = rng.integers(0, 3, 120)
        momentum = np.where(number == 1, rng.random(120), np.nan)
        score = np.where(number == 1, 3 * momentum, 1.0)
        frame = pd.DataFrame({"kind": number, "momentum": momentum, "score": score})
        words = frame.assign(kind=np.array(["sgd", "heavy", "adam"])[number])
        numbered = HyperSHAPExplainer(frame, baseline={"kind": 0}, random_state=0).fit()
        named = HyperSHAPExplainer(words, baseline={"kind": "sgd"}, random_state=0).fit()
        for explainer in (numbered, named):
            (condition,) = explainer.space_.conditions
            assert isinstance(condition, InCondition)
            assert explainer.coalition_values()["value"].tolist() == pytest.approx(
                [1, 3 * (np.nanmin(momentum) + np.nanmax(momentum)) / 2, 1, 3], abs=0.25
            )
        numbered.space_.to_json(io.StringIO())

    def test_condition_needs_evidence_and_is_listed(self):
        rng = np.random.default_rng(0)
        frame = pd.DataFrame({"rate": rng.random(30), "decay": rng.random(30)})
        frame["run"] = [f"run {number}" for number in range(30)]
        frame["score"] = frame["rate"]
        frame.loc[frame["rate"].idxmax(), "decay"] = np.nan
        with pytest.warns(SpaceWarning, match="No condition was found for decay, which"):
            assert not read_trials(frame).space.conditions
        with pytest.warns(SpaceWarning, match=r"gamma \| kernel in \{'rbf'\}"):
            read_trials(kernel_table())

    def test_choices_are_parents_before_numbers(self):
        hyperparameters = [Float("x", (0.0, 1.0)), CategoricalHyperparameter("k", ["a", "b"])]
        hyperparameters.append(Float("child", (0.0, 1.0)))
        configs = [{"x": 0.1, "k": "a"}, {"x": 0.9, "k": "b", "child": 0.5}] * 3
        (condition,) = space_with_conditions(hyperparameters, configs).conditions
        assert isinstance(condition, InCondition)
        assert condition.parent.name == "k"

    def test_unexplained_absence_is_unknown(self):
        rng = np.random.default_rng(1)
        configs = [{"x": rng.uniform(), "y": rng.uniform()} for _ in range(30)]
        for row in rng.choice(30, 7, replace=False):
            del configs[row]["y"]
        frame = pd.DataFrame(configs).assign(score=[config["x"] for config in configs])
        with pytest.warns(
            SpaceWarning, match="No condition was found for y, which some trials lack"
        ):
            explainer = HyperSHAPExplainer(frame, random_state=0).fit()
        assert not explainer.space_.conditions
        assert explainer.trials_["y"].isna().sum() == 7
        assert np.isfinite(explainer.explain("ablation")["value"]).all()
        assert np.isfinite(explainer.explain("tunability")["value"]).all()
        expected = explainer.predict_score(explainer.trials_[["x", "y"]])
        assert np.corrcoef(expected, explainer.trials_["score"])[0, 1] > 0.9
        assert np.isfinite(explainer.predict_score([explainer.incumbent_])).all()

    def test_trials_without_hyperparameters_are_refused(self):
        with pytest.raises(ValueError, match="no hyperparameters"):
            space_inferred([{}, {}])


def test_given_space_is_copied():
    space = ConfigurationSpace({"a": (0.0, 1.0)})
    assert space_given(space) is not space
    assert list(space_given([{"k": ["a"], "x": [1, 2]}, {"k": ["b"]}])) == ["k", "x"]
    with pytest.raises(TypeError, match="dict or a list of dicts"):
        space_given("space")


class TestScale:
    """The scale of an inferred range follows from the shape of its values."""

    @pytest.mark.parametrize(
        ("low", "high"), [(1e-4, 1e-1), (1e-3, 1.0), (1e-2, 10.0), (1e-5, 0.1)]
    )
    def test_sensitivity_is_that_of_the_true_space(self, low, high):
        rng = np.random.default_rng(0)
        x, y = loguniform(low, high).rvs(200, random_state=rng), rng.random(200)
        table = pd.DataFrame({"x": x, "y": y, "score": np.log10(x) + y})
        with pytest.warns(
            SpaceWarning, match=r"x: a number .* on a logarithmic scale; y: .* linear"
        ):
            explainer = HyperSHAPExplainer(table, baseline="worst", random_state=0).fit()
        values = explainer.explain("sensitivity", order=1).set_index("interaction")["value"]
        assert values["x"] == pytest.approx(np.log10(high / low) ** 2 / 12, rel=0.1)

    @pytest.mark.parametrize("seed", range(5))
    def test_draws_are_judged_by_the_distribution_that_they_come_from(self, seed):
        rng = np.random.default_rng(seed)
        for low, high in ((1, 100), (1e-4, 1e-1), (1e-8, 1.0)):
            assert is_logarithmic(loguniform(low, high).rvs(40, random_state=rng))
            assert not is_logarithmic(rng.uniform(low, high, 40))
        assert not is_logarithmic(rng.uniform(0, 1, 40))
        assert not is_logarithmic(rng.uniform(-1, 1, 40))

    def test_search_near_the_upper_end_of_a_logarithmic_range_is_recognised(self):
        rng = np.random.default_rng(0)
        start = loguniform(1e-5, 1e-1).rvs(30, random_state=rng)
        assert is_logarithmic(np.append(start, rng.uniform(0.03, 0.1, 70)))

    @inferring
    def test_choices_beside_a_range_keep_the_range(self):
        configs = [{"x": 10 ** -(k / 20)} for k in range(60)] + [{"x": None}, {"x": "scale"}] * 5
        domain = domain_of(space_inferred(configs)["x"])
        assert domain.extras.values == (None, "scale")
        assert domain.supports == [(pytest.approx(10**-2.95), 1.0)]
        whole = [{"x": k % 17} for k in range(60)] + [{"x": None}] * 5
        assert space_inferred(whole)["x"].size == 18

    @inferring
    def test_one_and_one_point_zero_are_two_choices(self):
        space = space_inferred([{"x": value} for value in (1, 1.0, "sqrt") * 5])
        assert space["x"].size == 3


@inferring
class TestBounds:
    """Each rule, one value above and below."""

    @pytest.mark.parametrize(
        ("values", "kind"),
        [
            ([*range(10)] * 2, OrdinalHyperparameter),
            ([*range(10)] * 2 + [0.5], UniformFloatHyperparameter),  # 11 of them
            (([*range(10)] * 2)[:-1], UniformIntegerHyperparameter),  # not each twice
            ([*range(11)] * 3, UniformIntegerHyperparameter),
            ([1, 2**62 - 1], UniformIntegerHyperparameter),
            ([1, 2**62], UniformFloatHyperparameter),
            ([-(2**62), 1], UniformFloatHyperparameter),
            ([1, 2.0], UniformFloatHyperparameter),
            ([1.0, np.inf], OrdinalHyperparameter),
            (["a", 1, 2], CategoricalHyperparameter),
        ],
    )
    def test_kinds(self, values, kind):
        assert type(space_inferred([{"x": value} for value in values])["x"]) is kind

    def test_ends_of_ranges_are_the_extreme_values(self):
        space = space_inferred([{"n": n, "x": x} for n, x in ((3, 1), (-7, 0.5), (5, 9))])
        assert (space["n"].lower, space["n"].upper) == (-7, 5)
        assert (space["x"].lower, space["x"].upper) == (0.5, 9.0)
        assert isinstance(space["n"].lower, int)
        assert isinstance(space["x"].upper, float)

    @pytest.mark.parametrize(
        ("n_numbers", "n_others", "beside"), [(11, 10, True), (10, 10, False), (11, 11, False)]
    )
    def test_few_choices_beside_many_numbers(self, n_numbers, n_others, beside):
        others = [f"word {k}" for k in range(n_others)]
        assert inferred_space._beside_a_range(range(n_numbers), others) is beside

    def test_scale_of_a_narrow_range_is_linear(self):
        """The geometric mean of a geometric series is below the logarithmic mean of its ends."""
        assert is_logarithmic(np.geomspace(1, 5.01, 9))
        assert not is_logarithmic(np.geomspace(1, 4.99, 9))
        assert not is_logarithmic([0.0, 1e-3, 1.0])
        assert not is_logarithmic([-1.0, 1e-3, 1.0])

    @pytest.mark.parametrize(("n_small", "expected"), [(5, False), (6, True)])
    def test_more_small_values_than_uniform_draws_have(self, n_small, expected):
        """Of 100 uniform draws at least five are below a hundredth with probability 0.0034."""
        values = [0.001] * n_small + [1.0] * (100 - n_small)
        assert is_logarithmic(values) is expected

    @pytest.mark.parametrize(("n_without", "n_conditions"), [(2, 0), (3, 1), (18, 0), (17, 1)])
    def test_number_decides_from_three_trials_on(self, n_without, n_conditions):
        configs = [{"x": k / 20} | ({"child": 0.5} if k >= n_without else {}) for k in range(20)]
        hyperparameters = [Float("x", (0.0, 1.0)), Float("child", (0.0, 1.0))]
        expected = "x > " + repr((n_without - 1) / 20)
        if n_conditions:
            (condition,) = space_with_conditions(hyperparameters, configs).conditions
            assert expected in str(condition)
        else:
            with pytest.warns(SpaceWarning, match="Some trials lack child, and no condition"):
                assert not space_with_conditions(hyperparameters, configs).conditions

    def test_choice_of_a_given_space_decides_from_one_trial_on(self):
        hyperparameters = [CategoricalHyperparameter("k", ["a", "b"]), Float("child", (0.0, 1.0))]
        configs = [{"k": "a", "child": 0.5}] * 3 + [{"k": "b"}]
        (condition,) = space_with_conditions(hyperparameters, configs).conditions
        assert (condition.parent.name, list(condition.values)) == ("k", ["a"])

    def test_choice_of_an_inferred_space_needs_three_trials_and_repeats(self):
        def conditions(n_with, n_without, *, distinct=False):
            with_child = [{"k": "a", "child": 0.1 * n} for n in range(n_with)]
            without = [{"k": f"b{n if distinct else 0}"} for n in range(n_without)]
            return space_inferred([*with_child, *without]).conditions

        assert len(conditions(20, 3)) == len(conditions(3, 20)) == 1
        assert len(conditions(20, 2)) == len(conditions(2, 20)) == 0
        assert len(conditions(3, 3, distinct=True)) == 0  # 8 values would need 8 trials
        assert len(conditions(5, 3, distinct=True)) == 1

    def test_parents_are_tried_choices_first_then_counts(self):
        x, n = Float("x", (0.0, 1.0)), UniformIntegerHyperparameter("n", 0, 9)
        kind, child = CategoricalHyperparameter("kind", ["a", "b"]), Float("child", (0.0, 1.0))
        row = {"x": 0.9, "n": 9, "kind": "a", "child": 0.5}
        configs = [row, {"x": 0.1, "n": 1, "kind": "b"}] * 4
        for names, parent in (("x n kind", "kind"), ("x n", "n"), ("x", "x")):
            items = [item for item in (x, n, kind) if item.name in names.split()]
            some = [
                {k: v for k, v in one.items() if k in (*names.split(), "child")} for one in configs
            ]
            (condition,) = space_with_conditions([*items, child], some).conditions
            assert condition.parent.name == parent

    def test_no_condition_without_trials_on_both_sides(self):
        """Where the parent is there, the child always is, or sometimes for the same value."""
        parent, child = UniformIntegerHyperparameter("n", 0, 9), Float("child", (0.0, 1.0))
        both, none, alone = {"n": 1, "child": 0.5}, {}, {"n": 1}
        for configs in ([both, none] * 4, [both, alone] * 4, [{"child": 0.5}, alone] * 4):
            with pytest.warns(SpaceWarning, match="lack .*child, and no condition"):
                assert not space_with_conditions([parent, child], configs).conditions

    def test_hyperparameter_that_no_trial_has_is_refused(self):
        with pytest.raises(ValueError, match="No trial has a value for 'child'"):
            space_with_conditions(
                [Float("x", (0.0, 1.0)), Float("child", (0.0, 1.0))], [{"x": 0.1}]
            )

    def test_names_that_no_condition_explains(self):
        configs = [{"k": "a", "child": 0.5, "odd": 1}, {"k": "b"}, {"k": "b", "odd": 2}] * 3
        assert inferred_space.unexplained_names(configs) == ["odd"]
        assert inferred_space.unexplained_names(configs[:3]) == ["child", "odd"]
        assert inferred_space.unexplained_names(configs[:3], evidence=1) == ["odd"]
        assert inferred_space.was_inferred(inferred_space.space_without_default(configs))
        assert not inferred_space.was_inferred(space_inferred(configs))
