"""The problem that all benchmarks share, a stopwatch, and tables."""

from __future__ import annotations

import json
import os
import time
import warnings
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from ConfigSpace import Categorical, ConfigurationSpace, Float, Integer
from sklearn.ensemble import RandomForestRegressor

from skhypershap import HyperSHAPExplainer, SurrogateWarning

DATA = Path(os.environ.get("SKHYPERSHAP_DATA", Path(__file__).parents[2] / "shared" / "data"))


class Problem(NamedTuple):
    """Trials of a smooth function plus an interaction, in a unit cube."""

    space: ConfigurationSpace
    configs: list
    scores: np.ndarray


class Table(NamedTuple):
    title: str
    note: str
    columns: list[str]
    rows: list[list]

    def markdown(self):
        lines = [f"## {self.title}", "", self.note, ""]
        lines += [f"| {' | '.join(self.columns)} |", "|" + "---|" * len(self.columns)]
        lines += [f"| {' | '.join(map(str, row))} |" for row in self.rows]
        return "\n".join(lines) + "\n"


def problem(n_players, n_trials=1_000, noise=0.0):
    space = ConfigurationSpace({f"x{i}": (0.0, 1.0) for i in range(n_players)}, seed=1)
    configs = space.sample_configuration(n_trials)
    vectors = np.array([config.get_array() for config in configs])
    scores = np.sin(3 * vectors).sum(axis=1) + 2 * vectors[:, 0] * vectors[:, 1]
    scores += np.random.default_rng(0).normal(scale=noise, size=n_trials)
    return Problem(space, configs, scores)


def real_tasks(name, metric):
    """Real trials by task, none where they are not here."""
    folder = DATA / name
    if not folder.is_dir():
        print(
            f"{name} is left out: {DATA} has no such folder; point SKHYPERSHAP_DATA to the data.\n"
        )
        return {}
    described = json.loads((folder / "space.json").read_text())
    space = ConfigurationSpace()
    space.add([hyperparameter(entry) for entry in described["hyperparameters"]])
    table = pd.read_csv(folder / "data.csv", low_memory=False)
    return {
        str(task): Problem(space, rows[list(space)].to_dict("records"), rows[metric].to_numpy())
        for task, rows in table.groupby(described["task_column"], sort=False)
    }


def hyperparameter(entry):
    name, default = entry["name"], entry["default"]
    if entry["type"] == "categorical":
        return Categorical(name, entry["choices"], default=default)
    kind = {"float": Float, "int": Integer}[entry["type"]]
    return kind(name, (entry["lower"], entry["upper"]), default=default, log=entry["log"])


def model():
    """100 fully grown trees, the same for everybody."""
    return RandomForestRegressor(n_estimators=100, random_state=0)


def explainer(task, **arguments):
    arguments = {"surrogate": model(), "random_state": 0, **arguments}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SurrogateWarning)  # noise is what some of them are about
        return HyperSHAPExplainer(task.space, **arguments).fit(task.configs, task.scores)


def seconds(call, repeats=1):
    """Shortest time of some calls, and what the last one returned."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        result = call()
        times.append(time.perf_counter() - start)
    return min(times), result


def installed(*packages):
    """Whether rivals are here; without them their rows are left out."""
    from importlib.util import find_spec

    return all(find_spec(package) is not None for package in packages)


def short(number):
    """Three digits that a person can read."""
    if number == 0 or abs(number) >= 100:
        return f"{number:,.0f}"
    return f"{number:.3g}"
