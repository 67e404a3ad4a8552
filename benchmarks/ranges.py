"""Do good ranges pay? Random search within them, against one over the full ranges, equal trials."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
from ConfigSpace import ConfigurationSpace, OrdinalHyperparameter

from benchmarks.common import DATA, Problem, Table, explainer, model, real_tasks
from benchmarks.reduced import halves
from skhypershap.space.encoding import encode

SETS = {"lcbench_surrogate": "val_accuracy", "openml_rf": "predictive_accuracy"}
GRID = ("hpobench_mlp", "full_car.csv.gz", "val_acc")
SHARES = (0.8, 0.95)
N_KNOWN = 100  # trials of the grid that the explanation knows


def tables(quick=False):
    n_tasks, n_seeds, trials = (2, 2, (5, 10)) if quick else (12, 100, (5, 10, 25, 50))
    found = []
    for name, metric in SETS.items():
        tasks = dict(list(real_tasks(name, metric).items())[:n_tasks])
        if tasks:
            found.append(on_forests(name, tasks, n_seeds, trials))
    if (DATA / GRID[0]).is_dir():
        found.append(on_grid(2 if quick else 10, n_seeds, trials))
    return found


def on_forests(name, tasks, n_seeds, trials):
    """Both searches on a forest of the half of each task's trials that the explanation has not seen."""
    known = [
        halves(task) for task in tasks.values() if all(np.ptp(h.scores) > 0 for h in halves(task))
    ]
    found = np.array([on_forest(*parts, n_seeds, max(trials)) for parts in known])
    note = (
        f"{len(known)} tasks, {n_seeds} seeds. Methods know half of a task's trials; the objective is a "
        "forest fitted on the other half."
    )
    return table(name, note, found, trials)


def on_forest(known, unknown, n_seeds, n_trials):
    objective = model().fit(encode(known.space, unknown.configs), unknown.scores)
    spaces = [known.space, *narrowed(explainer(known, surrogate=None))]
    found = []
    for space in spaces:
        space.seed(0)
        configs = [dict(one) for one in space.sample_configuration(n_seeds * n_trials)]
        scores = objective.predict(encode(known.space, configs)).reshape(n_seeds, n_trials)
        found.append(np.maximum.accumulate(scores, axis=1))
    return found


def on_grid(n_explainers, n_seeds, trials):
    """Both searches on a full grid of real runs, without what the explanation knows."""
    folder = DATA / GRID[0]
    described = json.loads((folder / "space.json").read_text())
    rows = pd.read_csv(folder / GRID[1])
    space = ConfigurationSpace()
    space.add(
        [
            OrdinalHyperparameter(entry["name"], entry["choices"])
            for entry in described["hyperparameters"]
        ]
    )
    vectors, scores = encode(space, rows[list(space)].to_dict("records")), rows[GRID[2]].to_numpy()
    found = []
    for seed in range(n_explainers):
        generator = np.random.default_rng(seed)
        known = generator.choice(len(rows), N_KNOWN, replace=False)
        task = Problem(space, rows[list(space)].iloc[known].to_dict("records"), scores[known])
        fitted = explainer(task, surrogate=None, baseline="median")
        others = np.setdiff1d(np.arange(len(rows)), known)
        parts = [others, *(others[inside(fitted, vectors[others], share)] for share in SHARES)]
        found.append([drawn(scores[part], generator, n_seeds, max(trials)) for part in parts])
    note = (
        f"A full grid of {len(rows):,} real runs; the explanation knows {N_KNOWN} random ones, "
        f"{n_explainers} times, and {n_seeds} searches follow on the others."
    )
    return table(f"{GRID[0]}, full grid", note, np.array(found), trials)


def narrowed(fitted):
    """Spaces of all hyperparameters within the good ranges of some shares."""
    size = len(fitted.hyperparameter_names_)
    return [fitted.reduced_search(size, share=share, ranges=True) for share in SHARES]


def inside(fitted, vectors, share):
    """Which vectors of choices are within the good ranges."""
    kept = np.ones(len(vectors), dtype=bool)
    for row in fitted.good_ranges(share).itertuples():
        column = fitted.space_.index_of[row.hyperparameter]
        sequence = list(fitted.space_[row.hyperparameter].sequence)
        kept &= np.isin(vectors[:, column], [sequence.index(choice) for choice in row.choices])
    return kept


def drawn(scores, generator, n_seeds, n_trials):
    """Best score so far of random searches, of shape (n_seeds, n_trials)."""
    rows = generator.integers(len(scores), size=(n_seeds, n_trials))
    return np.maximum.accumulate(scores[rows], axis=1)


def table(name, note, found, trials):
    """Mean best scores, in parts of the way from one random trial to the best of anyone."""
    start = found[:, 0, :, 0].mean(axis=1)
    best = found.max(axis=(1, 2, 3))
    worth = best > start
    parts = (found - start[:, None, None, None])[worth] / (best - start)[worth, None, None, None]
    means = parts.mean(axis=(0, 2))
    wins = (parts.mean(axis=2) > parts[:, :1].mean(axis=2)).mean(axis=0)
    labels = ["full ranges", *(f"good ranges, share {share}" for share in SHARES)]
    rows = [
        [
            label,
            *(f"{100 * mean[n - 1]:.1f} %" for n in trials),
            "" if index == 0 else f"{100 * wins[index, trials[-2] - 1]:.0f} %",
        ]
        for index, (label, mean) in enumerate(zip(labels, means, strict=True))
    ]
    note += (
        " Mean best score of random search, in parts of the way from the mean of one random trial to "
        f"the best of anyone; last, on how many of them it is better after {trials[-2]} trials."
    )
    columns = ["searched", *(f"{n} trials" for n in trials), "better"]
    return Table(f"Good ranges: {name}", note, columns, rows)
