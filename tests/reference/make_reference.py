"""Makes hypershap_0_0_6.json: what the reference implementation says of two small problems.

Run once, in an environment of its own (`pip install hypershap==0.0.6`); it needs nothing of
skhypershap. The surrogate is HyperSHAP's own default, a random forest seeded with 0 on the arrays of
its configurations, and a formula, which no version of scikit-learn grows differently; the candidates
are those that HyperSHAP draws with seed 0.
"""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
from ConfigSpace import Categorical, ConfigurationSpace, Float, Integer, OrdinalHyperparameter
from hypershap import ExplanationTask, HyperSHAP
from hypershap.games import (
    AblationGame,
    MistunabilityGame,
    SensitivityGame,
    TunabilityGame,
)
from hypershap.task import (
    AblationExplanationTask,
    MistunabilityExplanationTask,
    SensitivityExplanationTask,
    TunabilityExplanationTask,
)
from hypershap.utils import RandomConfigSpaceSearcher
from sklearn.ensemble import RandomForestRegressor

N_TRIALS, N_SAMPLES = 60, 400
HERE = Path(__file__).parent


def continuous_space():
    space = ConfigurationSpace()
    space.add(Float("alpha", (0.0, 1.0)), Float("rate", (1e-4, 1e-1), log=True))
    space.add(Integer("depth", (1, 40)))
    return space


def mixed_space():
    space = continuous_space()
    space.add(OrdinalHyperparameter("units", [8, 16, 32, 64]))
    space.add(Categorical("kernel", ["linear", "poly", "rbf"]))
    return space


def score(config):
    value = np.sin(5 * config["alpha"]) - 0.2 * (np.log10(config["rate"]) + 2) ** 2
    value += 0.02 * config["depth"] * config["alpha"]
    if "kernel" in config:
        value += {"linear": 0.0, "poly": 0.3, "rbf": 0.1}[config["kernel"]] * config["units"] / 32
    return float(value)


class Formula:
    """A surrogate that is the same everywhere."""

    def predict(self, vectors):
        """Score vectors."""
        return np.sin(5 * vectors[:, 0]) + vectors[:, 1] * vectors[:, 2] - vectors[:, -1] ** 2 / 3


def main():
    made = {}
    spaces = {"continuous": continuous_space, "mixed": mixed_space}
    for name, surrogate in itertools.product(spaces, ("forest", "formula")):
        space = spaces[name]()
        space.seed(7)
        configs = space.sample_configuration(N_TRIALS)
        data = [(config, score(config)) for config in configs]
        if surrogate == "forest":
            model = RandomForestRegressor(n_estimators=100, random_state=0)
            task = ExplanationTask.from_data(space, data, base_model=model)
        else:
            model = Formula()
            task = ExplanationTask.from_base_model(space, model)
        arrays = np.array([config.get_array() for config in configs])
        baseline = space.get_default_configuration()
        best = max(data, key=lambda pair: pair[1])[0]
        players = np.arange(len(space))
        matrix = (np.arange(2 ** len(space))[:, None] >> players & 1).astype(bool)
        asked = task.surrogate_model
        searched = {
            "tunability": (TunabilityExplanationTask, TunabilityGame),
            "mistunability": (MistunabilityExplanationTask, MistunabilityGame),
            "sensitivity": (SensitivityExplanationTask, SensitivityGame),
        }
        values, fsii = {}, {}
        for game_name, (task_type, game_type) in searched.items():
            own_task = task_type(space, asked, baseline)
            searcher = RandomConfigSpaceSearcher(own_task, n_samples=N_SAMPLES, seed=0)
            searcher.mode = game_type(own_task).cs_searcher.mode
            values[game_name] = game_type(own_task, searcher).value_function(matrix).tolist()
            explain = getattr(HyperSHAP(task), game_name)
            found = explain(baseline, order=2, n_samples=N_SAMPLES, seed=0)
            fsii[game_name] = {repr(k): float(v) for k, v in found.interactions.items() if k}
        ablation = AblationGame(AblationExplanationTask(space, asked, baseline, best))
        values["ablation"] = ablation.value_function(matrix).tolist()
        found = HyperSHAP(task).ablation(best, baseline, order=2)
        fsii["ablation"] = {repr(k): float(v) for k, v in found.interactions.items() if k}
        made[f"{name}, {surrogate}"] = {
            "configs": [dict(config) for config in configs],
            "scores": [pair[1] for pair in data],
            "predicted": model.predict(arrays).tolist(),
            "n_samples": N_SAMPLES,
            "values": values,
            "FSII": fsii,
        }
    text = json.dumps(made, default=lambda value: value.item())
    (HERE / "hypershap_0_0_6.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
