"""Trials in a DataFrame."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from conftest import kernel_table
from scipy.stats import loguniform

from skhypershap import HyperSHAPExplainer, read_trials
from skhypershap.trials.inferred_space import space_given

pytestmark = pytest.mark.filterwarnings("ignore::skhypershap.SurrogateWarning")
inferring = pytest.mark.filterwarnings("ignore::skhypershap.SpaceWarning")


class TestTable:
    @inferring
    def test_table_is_read_like_configurations_and_scores(self):
        frame = kernel_table()
        explainer = HyperSHAPExplainer(frame, baseline="median", random_state=0).fit()
        again = HyperSHAPExplainer(explainer.space_, baseline="median", random_state=0)
        again.fit(frame[["kernel", "gamma", "C"]], frame["score"])
        pd.testing.assert_frame_equal(explainer.explain(), again.explain())
        assert "gamma | kernel in {'rbf'}" in str(explainer.space_)
        pd.testing.assert_frame_equal(frame, kernel_table())

    def test_given_space_ignores_other_columns(self):
        frame = kernel_table().assign(seconds=1.0, note="x")
        space = {"C": range(1, 100), "gamma": loguniform(1e-4, 10)}
        frame = frame[frame["kernel"] == "rbf"]
        trials = read_trials(frame, space=space, direction="minimize")
        assert list(trials.space) == ["C", "gamma"]
        assert trials.configs[0].keys() == {"C", "gamma"}
        assert (trials.metric, trials.direction) == ("score", "minimize")

    def test_conditions_are_inferred_for_a_given_dict_only(self):
        space = {"kernel": ["linear", "rbf"], "gamma": loguniform(1e-4, 10), "C": range(1, 100)}
        (condition,) = read_trials(kernel_table(), space=space).space.conditions
        assert (condition.child.name, condition.parent.name) == ("gamma", "kernel")
        with pytest.raises(
            ValueError, match=r"Missing in configuration number \d+ and \d+ more: 'g"
        ):
            read_trials(kernel_table(), space=space_given(space))
        with pytest.raises(ValueError, match="No trial has a value for 'D'"):
            read_trials(kernel_table().assign(D=np.nan), space={**space, "D": [1, 2]})

    def test_none_may_be_a_choice(self):
        frame = pd.DataFrame({"w": [None, "balanced"] * 6, "x": range(12), "score": range(12)})
        trials = read_trials(frame, space={"w": [None, "balanced"], "x": range(12)})
        assert [config["w"] for config in trials.configs] == [None, "balanced"] * 6

    @inferring
    def test_metric_and_fidelity_are_columns(self):
        frame = kernel_table().rename(columns={"score": "auc"}).assign(fidelity=[1, 2] * 20)
        trials = read_trials(frame, metric="auc")
        assert trials.metric == "auc"
        assert set(trials.space) == {"kernel", "gamma", "C"}
        assert trials.fidelity.tolist() == [1, 2] * 20

    @pytest.mark.parametrize(
        ("change", "arguments", "message"),
        [
            (lambda t: t.rename(columns={"score": "acc"}), {}, "Unknown metric .* 'score'.*'acc'"),
            (lambda t: t, {"metric": "scor"}, "Did you mean 'score'"),
            (lambda t: t, {"space": {"gama": [1]}}, "Unknown column .*Did you mean 'gamma'"),
            (lambda t: t.iloc[:0], {"space": {"C": [1, 2]}}, "no trials"),
            (lambda t: t, {"space": {"C": [1, 2]}}, r"of 40 values of 'C' are outside"),
            (lambda t: pd.concat([t, t[["C"]]], axis=1), {}, "two columns 'C'"),
        ],
    )
    def test_mistakes_raise_clear_errors(self, change, arguments, message):
        with pytest.raises(ValueError, match=message):
            read_trials(change(kernel_table()), **arguments)
