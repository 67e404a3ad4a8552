"""A user's script that `make test-wheel` checks with `mypy --strict` against the wheel, and runs.

`assert_type` fails where an annotation is lost, for example because py.typed is not in the wheel.
"""

from __future__ import annotations

from typing import Any, assert_type

import pandas as pd
from ConfigSpace import ConfigurationSpace

import skhypershap
from skhypershap import HyperSHAPExplainer, Trials, plotting

space = ConfigurationSpace({"depth": (1, 8), "rate": (0.0, 1.0)}, seed=0)
configs = [dict(config) for config in space.sample_configuration(30)]
trials = pd.DataFrame(configs)
trials["score"] = trials["rate"] - 0.1 * trials["depth"]

explainer = HyperSHAPExplainer(space, surrogate="forest", n_samples=20, random_state=0)
assert_type(explainer.fit(configs, trials["score"]), HyperSHAPExplainer)
table = explainer.explain(["tunability", "ablation"], order=2, n_bootstrap=2)
assert_type(table, pd.DataFrame)
assert_type(explainer.best_subsets(), pd.DataFrame)
assert_type(explainer.effects("rate"), pd.DataFrame)
assert_type(skhypershap.summarize(table), pd.DataFrame)
assert_type(skhypershap.read_trials(trials, metric="score", direction="maximize"), Trials)
assert_type(skhypershap.explain_jointly({"a": explainer, "b": explainer}), pd.DataFrame)
assert_type(skhypershap.attrs_of(table), dict[str, Any])
display = plotting.ImportanceDisplay(table)
assert_type(display.plot(), plotting.ImportanceDisplay)
