"""The numbers of HyperSHAP 0.0.6 (see reference/make_reference.py), to 1e-9."""

from __future__ import annotations

import ast
import json
import warnings
from pathlib import Path

import numpy as np
import pytest
from ConfigSpace import Categorical, ConfigurationSpace, Float, Integer, OrdinalHyperparameter
from conftest import bits
from sklearn.base import BaseEstimator, RegressorMixin

from skhypershap import HyperSHAPExplainer, SurrogateWarning

REFERENCE = json.loads((Path(__file__).parent / "reference" / "hypershap_0_0_6.json").read_text())


class Formula(RegressorMixin, BaseEstimator):
    """The formula of make_reference.py, which needs no fit."""

    def fit(self, X, y):
        return self

    def predict(self, X):
        return np.sin(5 * X[:, 0]) + X[:, 1] * X[:, 2] - X[:, -1] ** 2 / 3


@pytest.fixture(scope="module", params=REFERENCE)
def case(request):
    space = ConfigurationSpace()
    space.add(Float("alpha", (0.0, 1.0)), Float("rate", (1e-4, 1e-1), log=True))
    space.add(Integer("depth", (1, 40)))
    if request.param.startswith("mixed"):
        space.add(OrdinalHyperparameter("units", [8, 16, 32, 64]))
        space.add(Categorical("kernel", ["linear", "poly", "rbf"]))
    reference = REFERENCE[request.param]
    explainer = HyperSHAPExplainer(
        space,
        surrogate=Formula() if request.param.endswith("formula") else "forest",
        optimizer="random",
        n_samples=reference["n_samples"],
        random_state=0,
    )
    with (
        warnings.catch_warnings()
    ):  # what the surrogate knows is beside the point: it is the peer's
        warnings.simplefilter("ignore", SurrogateWarning)
        explainer.fit(reference["configs"], reference["scores"])
    if not np.allclose(explainer.predict_score(reference["configs"]), reference["predicted"]):
        pytest.skip("this scikit-learn grows another forest than the one of the reference")
    return explainer, reference


@pytest.mark.parametrize("game", ["ablation", "tunability", "mistunability", "sensitivity"])
def test_values_of_all_coalitions(case, game):
    explainer, reference = case
    names = explainer.hyperparameter_names_
    table = explainer.coalition_values(game)
    for coalition, value in zip(table["coalition"], table["value"], strict=True):
        expected = reference["values"][game][bits(map(names.index, coalition))]
        assert value == pytest.approx(expected, abs=1e-9), coalition


@pytest.mark.parametrize("game", ["ablation", "tunability", "mistunability", "sensitivity"])
def test_fsii(case, game):
    explainer, reference = case
    names = explainer.hyperparameter_names_
    table = explainer.explain(game, order=2)
    expected = {ast.literal_eval(key): value for key, value in reference["FSII"][game].items()}
    assert len(table) == len(expected)
    # Its solver enforces efficiency by a large weight (1e8), which is itself off by some 1e-9.
    scale = max(1.0, np.abs(table["value"]).max())
    for hyperparameters, value in zip(table["hyperparameters"], table["value"], strict=True):
        members = tuple(map(names.index, hyperparameters))
        assert value == pytest.approx(expected[members], abs=1e-9 * scale), hyperparameters
