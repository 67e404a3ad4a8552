"""The baseline "center", and what "default" means where no default is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from ConfigSpace import Categorical, ConfigurationSpace, Float, Integer, OrdinalHyperparameter
from conftest import iris_svc_search
from scipy.stats import loguniform, norm
from sklearn.datasets import load_iris

from skhypershap import (
    BaselineWarning,
    HyperSHAPExplainer,
    SpaceWarning,
    TrialsWarning,
    read_trials,
)
from skhypershap.space.distributions import hyperparameter_from
from skhypershap.trials.defaults import center_of

pytestmark = pytest.mark.filterwarnings("ignore::skhypershap.SurrogateWarning")
X, Y = load_iris(return_X_y=True)


@pytest.mark.parametrize(
    ("hyperparameter", "center"),
    [
        (Float("x", (-1.0, 3.0)), 1.0),
        (Float("x", (1e-4, 1e-2), log=True), 1e-3),
        (Float("x", (0.0, 1.0), default=0.2), 0.2),
        (Integer("x", (1, 9)), 5),
        (Integer("x", (1, 100), log=True), 10),
        (OrdinalHyperparameter("x", [1, 2, 4, 8, 16]), 4),
        (OrdinalHyperparameter("x", [1, 2, 4, 8]), 2),
        (OrdinalHyperparameter("x", [1, 2, 4, 8], default_value=8), 8),
        (Categorical("x", ["a", "b", "c"]), "a"),
        (Categorical("x", ["a", "b", "c"], default="c"), "c"),
        (hyperparameter_from("x", [[None, 1, 2]]), None),
        (hyperparameter_from("x", [[(1,), (2,)]]), (1,)),
        (hyperparameter_from("x", [[5]]), 5),
        (hyperparameter_from("x", [norm(3, 1)]), 3.0),
        (hyperparameter_from("x", [loguniform(0.01, 100), ["scale"]]), 1.0),
    ],
)
def test_center_is_the_middle_of_the_values(hyperparameter, center):
    found = center_of(hyperparameter)
    assert found == (center if not isinstance(center, float) else pytest.approx(center))
    assert type(found) is type(center)


def test_center_is_a_word_for_every_source():
    search = iris_svc_search().fit(X, Y)
    explainer = HyperSHAPExplainer(search, baseline="center", random_state=0).fit()
    expected = {"C": 1.0, "gamma": 10**-1.5, "kernel": "rbf"}
    assert explainer.baseline_ == pytest.approx(expected)
    untuned = HyperSHAPExplainer(search, random_state=0).fit()
    pd.testing.assert_frame_equal(untuned.explain(baseline="center"), explainer.explain())
    space = ConfigurationSpace({"x": (0.0, 1.0), "k": ["a", "b"]})
    space["x"].default_value = 0.25
    configs = [{"x": x, "k": "ab"[n % 2]} for n, x in enumerate(np.linspace(0, 1, 20))]
    own = HyperSHAPExplainer(space, baseline="center").fit(configs, np.arange(20.0))
    assert own.baseline_ == {"x": 0.25, "k": "a"}


def converged_study():
    """A study whose trials crowd at the optimum, as those of any good optimizer."""
    optuna = pytest.importorskip("optuna")
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=0))
    study.optimize(
        lambda t: (t.suggest_float("x", -4, 4) - 3) ** 2 + t.suggest_float("y", 0, 1), n_trials=60
    )
    return study


def test_study_is_explained_from_the_center_with_one_warning():
    study = converged_study()
    with pytest.warns(
        BaselineWarning, match=r"center of the space: \{'x': 0.0, 'y': 0.5\}"
    ) as caught:
        explainer = HyperSHAPExplainer(study, random_state=0).fit()
    assert len(caught) == 1
    assert explainer.baseline_ == {"x": 0.0, "y": 0.5}
    values = explainer.explain(order=1).set_index("interaction")["value"]
    assert values["x"] == pytest.approx(9, abs=1.5)
    center = HyperSHAPExplainer(study, baseline="center", random_state=0).fit()
    pd.testing.assert_frame_equal(center.explain(), explainer.explain())
    median = HyperSHAPExplainer(study, baseline="median", random_state=0).fit()
    assert abs(median.baseline_["x"] - 3) < 0.5
    partial = HyperSHAPExplainer(study, baseline={"x": 1.0}, random_state=0).fit()
    assert partial.baseline_ == {"x": 1.0, "y": 0.5}


def test_inferred_space_names_the_center_in_its_own_warning():
    table = pd.DataFrame({"x": np.linspace(0, 2, 30), "k": [1, 2, 3] * 10, "score": np.arange(30)})
    with pytest.warns(SpaceWarning, match="baseline='default' is the center") as caught:
        explainer = HyperSHAPExplainer(table, random_state=0).fit()
    assert len(caught) == 1
    assert explainer.baseline_ == {"x": 1.0, "k": 2}


def test_forbidden_center_is_replaced():
    space = {"a": ["p", "q"], "b": ["u", "v"]}
    table = pd.DataFrame({"a": ["q", "p", "q"] * 8, "b": ["u", "v", "v"] * 8})
    table["score"] = np.arange(24.0)
    failed = table.assign(a="p", b="u", score=np.nan)
    with (
        pytest.warns(BaselineWarning, match="forbids the baseline"),
        pytest.warns(TrialsWarning),
    ):
        explainer = HyperSHAPExplainer(
            pd.concat([table, failed], ignore_index=True), space=space, random_state=0
        ).fit()
    assert explainer.baseline_ != {"a": "p", "b": "u"}


class TestNearTheBest:
    """A baseline among the best tenth of trials leaves little to gain."""

    space = ConfigurationSpace({"x": (0.0, 1.0), "y": (0.0, 1.0)})
    configs = tuple({"x": x, "y": y} for x in np.linspace(0, 1, 6) for y in np.linspace(0, 1, 6))

    def fitted(self, baseline, direction="maximize"):
        sign = 1 if direction == "maximize" else -1
        scores = [sign * (config["x"] + config["y"]) for config in self.configs]
        explainer = HyperSHAPExplainer(
            self.space, baseline=baseline, direction=direction, random_state=0
        )
        return explainer.fit(list(self.configs), scores)

    @pytest.mark.parametrize("direction", ["maximize", "minimize"])
    @pytest.mark.parametrize("several", [False, True])
    def test_baseline_near_the_best_warns(self, direction, several):
        near = {"x": 1.0, "y": 0.8}
        with pytest.warns(
            BaselineWarning, match="best tenth .*'center' or baseline='worst'"
        ) as caught:
            self.fitted(["worst", near] if several else near, direction)
        assert len(caught) == 1

    def test_advice_for_a_center_near_the_best_is_another_word(self):
        scores = [-abs(config["x"] - 0.5) - abs(config["y"] - 0.5) for config in self.configs]
        with pytest.warns(BaselineWarning, match="best tenth .*small. baseline='worst' measures"):
            HyperSHAPExplainer(self.space, baseline="center").fit(list(self.configs), scores)

    @pytest.mark.parametrize("baseline", ["best", "center", "worst", {"x": 0.6, "y": 0.6}])
    @pytest.mark.filterwarnings("error:The baseline scores")
    def test_other_baselines_and_the_word_best_do_not_warn(self, baseline):
        self.fitted(baseline)


def test_fill_values_are_the_center_where_no_default_is_known():
    optuna = pytest.importorskip("optuna")
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))

    def objective(trial):
        if trial.suggest_categorical("kernel", ["linear", "rbf"]) == "linear":
            return 1.0
        return trial.suggest_float("gamma", 1e-4, 1e-2, log=True)

    study.optimize(objective, n_trials=40)
    assert read_trials(study).defaults.values == pytest.approx({"kernel": "linear", "gamma": 1e-3})
