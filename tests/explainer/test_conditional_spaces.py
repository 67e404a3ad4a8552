"""Tables and error messages of an explainer of a conditional space."""

from __future__ import annotations

import numpy as np
import pandas as pd
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
from conftest import all_conditions_space, chain_space, fitted, memorised

from skhypershap import BaselineWarning, HyperSHAPExplainer

# Small random problems and full grids: how well a surrogate predicts other trials is irrelevant.
pytestmark = pytest.mark.filterwarnings("ignore::skhypershap.SurrogateWarning")


class TestTables:
    def test_inactive_values_are_missing_and_others_keep_their_type(self):
        space = ConfigurationSpace()
        kernel = Categorical("kernel", ["linear", "poly"])
        degree = Integer("degree", (1, 5))
        shrink = Categorical("shrink", [True, False])
        kind = Categorical("kind", [None, "a"])
        space.add(kernel, degree, shrink, kind)
        for child in (degree, shrink, kind):
            space.add(EqualsCondition(child, kernel, "poly"))
        poly = {"kernel": "poly", "degree": 3, "shrink": True, "kind": None}
        configs = [{"kernel": "linear"}, poly] * 10
        explainer = HyperSHAPExplainer(space, random_state=0).fit(configs, range(20))
        trials = explainer.trials_
        assert trials["degree"].isna().tolist() == [True, False] * 10
        assert trials["degree"][1] == 3
        assert isinstance(trials["degree"].tolist()[1], int)
        assert trials["shrink"].tolist()[1] is True
        assert trials["kind"].tolist()[1] is None
        assert trials["kind"].isna()[0]
        assert explainer.incumbent_ == poly
        # The table itself is a table of configurations.
        again = HyperSHAPExplainer(space, random_state=0).fit(trials[list(space)], trials["score"])
        pd.testing.assert_frame_equal(again.trials_, trials)
        pd.testing.assert_frame_equal(again.explain(), explainer.explain())

    def test_values_of_inactive_hyperparameters_are_ignored(self):
        explainer = fitted(chain_space)
        linear = {"kernel": "linear"}
        more = {"kernel": "linear", "gamma": 0.5, "deep": 3}
        alone, ignored = explainer.predict_score([linear, more])
        assert alone == ignored
        pd.testing.assert_frame_equal(
            explainer.explain(baseline=linear), explainer.explain(baseline=more)
        )

    def test_constants_are_not_players(self):
        explainer = fitted(all_conditions_space)
        assert "epochs" in explainer.space_
        assert "epochs" not in explainer.hyperparameter_names_


class TestErrors:
    def test_missing_active_hyperparameter_raises(self):
        space = chain_space()
        with pytest.raises(ValueError, match="Missing in configuration number 1: 'gamma'"):
            HyperSHAPExplainer(space).fit([{"kernel": "linear"}, {"kernel": "rbf"}], [1, 2])

    def test_forbidden_trials_raise(self):
        space = ConfigurationSpace({"a": [0, 1], "b": [0, 1]})
        both = [ForbiddenEqualsClause(space["a"], 1), ForbiddenEqualsClause(space["b"], 1)]
        space.add(ForbiddenAndConjunction(*both))
        configs = [{"a": 0, "b": 0}, {"a": 1, "b": 1}, {"a": 1, "b": 1}]
        with pytest.raises(ValueError, match=r"forbids 2 of 3 .* number 1 .*a == 1 && "):
            HyperSHAPExplainer(space).fit(configs, [1, 2, 3])
        explainer = memorised(space, lambda x: x["a"])
        with pytest.raises(ValueError, match="forbids this configuration"):
            explainer.explain(baseline={"a": 1, "b": 1})
        with pytest.raises(ValueError, match="forbids this configuration"):
            explainer.predict_score([{"a": 1, "b": 1}])

    def test_forbidden_median_is_replaced_by_a_trial(self):
        """Both modes are 0, but not in one trial."""
        space = ConfigurationSpace()
        a, b = (Categorical(name, [0, 1, 2], default=1) for name in "ab")
        space.add(a, b, Float("c", (0.0, 1.0)))
        both = [ForbiddenEqualsClause(a, 0), ForbiddenEqualsClause(b, 0)]
        space.add(ForbiddenAndConjunction(*both))
        configs = [
            {"a": a, "b": b, "c": number / 12}
            for number, (a, b) in enumerate([(0, 1), (0, 2), (1, 0), (2, 0)] * 3)
        ]
        with pytest.warns(BaselineWarning, match="most in common"):
            explainer = HyperSHAPExplainer(space, baseline="median", random_state=0).fit(
                configs, np.arange(12)
            )
        assert explainer.baseline_ in configs
