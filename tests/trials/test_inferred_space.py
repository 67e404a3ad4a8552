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

from skhypershap import HyperSHAPExplainer, SpaceWarning, read_trials
from skhypershap.trials.inferred_space import space_given, space_inferred, space_with_conditions

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
                [1, 3 * np.nanmedian(momentum), 1, 3], abs=0.25
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
