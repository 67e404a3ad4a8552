"""The methods that are compared: functions of a cell that return an explanation of order 2.

"hypershap"       HyperSHAP 0.0.6 itself, random search among as many candidates; no conditions
"forest"          HyperSHAP's random forest, our line search
"forest-random"   the same, candidates only: HyperSHAP's numbers, faster
"auto"            the default surrogate
"auto+baseline"   the baseline's true score is given
"auto+measure"    as before, then 20 configurations of `ask` are measured (with noise) and told
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable
from functools import cache

import numpy as np
import pandas as pd

from benchmarks.cells import Cell
from benchmarks.common import installed
from skhypershap import HyperSHAPExplainer

N_MEASURED = 20


class NotAvailableError(Exception):
    """A method cannot run here or on this cell; the message is the reason."""


def require(feature):
    """Raise where this version of skhypershap lacks a feature: the only place that checks it."""
    lacks = {
        "baseline_score": "baseline_score" not in inspect.signature(HyperSHAPExplainer).parameters,
        "ask": not hasattr(HyperSHAPExplainer, "ask") or not hasattr(HyperSHAPExplainer, "tell"),
    }
    if lacks[feature]:
        raise NotAvailableError(f"this version of skhypershap has no {feature}")


@cache
def forest():
    """The value of `surrogate=` for HyperSHAP's forest: "forest", or None in versions without that."""
    from ConfigSpace import ConfigurationSpace

    trials = [{"a": 0.0}, {"a": 0.5}, {"a": 1.0}] * 4
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            space = ConfigurationSpace({"a": (0.0, 1.0)})
            HyperSHAPExplainer(space, surrogate="forest").fit(trials, np.arange(12.0))
        except (TypeError, ValueError):
            return None
    return "forest"


def fitted(cell: Cell, *, added=(), **arguments) -> HyperSHAPExplainer:
    """Fit an explainer on the trials of a cell and on others: pairs of a configuration and a score."""
    arguments = {"n_samples": cell.n_samples, "random_state": cell.seed, **arguments}
    configs = [*cell.configs, *(config for config, _ in added)]
    scores = np.append(cell.scores, [score for _, score in added])
    return HyperSHAPExplainer(cell.space(), **arguments).fit(configs, scores)


def explained(explainer: HyperSHAPExplainer, cell: Cell) -> pd.DataFrame:
    """Explain all games of a cell, with draws where it wants intervals."""
    draws = {"n_bootstrap": cell.n_bootstrap} if cell.n_bootstrap else {}
    return explainer.explain(list(cell.games), order=2, config=cell.config, **draws)


def method(surrogate=None, **arguments) -> Callable[[Cell], pd.DataFrame]:
    """Make a method of a regressor (or whatever `surrogate=` takes) and arguments of the explainer."""

    def play(cell):
        return explained(fitted(cell, surrogate=surrogate, **arguments), cell)

    return play


def auto(cell):
    return explained(fitted(cell), cell)


def auto_baseline(cell):
    require("baseline_score")
    return explained(fitted(cell, baseline_score=cell.baseline_score), cell)


def auto_measure(cell):
    require("baseline_score")
    require("ask")
    explainer = fitted(cell, baseline_score=cell.baseline_score)
    asked = explainer.ask(N_MEASURED)
    return explained(explainer.tell(asked, cell.measure(asked)), cell)


def plain_forest(cell):
    return explained(fitted(cell, surrogate=forest()), cell)


def forest_random(cell):
    return explained(fitted(cell, surrogate=forest(), optimizer="random"), cell)


def hypershap(cell):
    if not installed("hypershap"):
        raise NotAvailableError("hypershap is not installed (the extra bench has it)")
    if cell.problem.children:
        raise NotAvailableError("HyperSHAP drops trials of conditional spaces")
    if cell.repetition or cell.noise != 0.1 or cell.problem.n_players > 8:
        raise NotAvailableError("played at 10 % noise, up to 8 hyperparameters, to save time")
    from ConfigSpace import Configuration
    from hypershap import ExplanationTask, HyperSHAP
    from sklearn.ensemble import RandomForestRegressor

    space = cell.space()
    trials = [
        (Configuration(space, values=config), float(score))
        for config, score in zip(cell.configs, cell.scores, strict=True)
    ]
    model = RandomForestRegressor(n_estimators=100, random_state=cell.seed)
    shap = HyperSHAP(ExplanationTask.from_data(space, trials, base_model=model))
    baseline = Configuration(space, values=cell.baseline)
    searched = {"order": 2, "n_samples": cell.n_samples, "seed": cell.seed}
    rows = []
    for game in cell.games:
        if game == "ablation":
            config = Configuration(space, values=cell.config)
            found = shap.ablation(config, baseline, order=2)
        else:
            found = getattr(shap, game)(baseline, **searched)
        names = list(space)
        rows += [
            {"game": game, "hyperparameters": tuple(names[i] for i in who), "value": float(value)}
            for who, value in found.interactions.items()
            if who
        ]
    return pd.DataFrame(rows)


METHODS = {
    "hypershap": hypershap,
    "forest": plain_forest,
    "forest-random": forest_random,
    "auto": auto,
    "auto+baseline": auto_baseline,
    "auto+measure": auto_measure,
}
