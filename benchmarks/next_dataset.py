"""What to search on the next data set: subsets and spaces, judged on data sets that are left out."""

from __future__ import annotations

import numpy as np

from benchmarks.common import Table, explainer, real_tasks
from skhypershap import best_subsets_jointly, default_space

SOURCES = {"lcbench_surrogate": "val_accuracy", "openml_rf": "predictive_accuracy"}
N_TRIALS = (10, 30, 100)
N_CONFIGS = 2000  # of a space, from which the best of so many random trials is expected


def tables(quick=False):
    found = []
    for folder, metric in SOURCES.items():
        tasks = real_tasks(folder, metric)
        if not tasks:
            continue
        tasks = dict(list(tasks.items())[: 4 if quick else None])
        fitted = {
            name: explainer(task, n_samples=100 if quick else 1000) for name, task in tasks.items()
        }
        found += [subsets(folder, fitted), spaces(folder, fitted)]
    return found


def subsets(folder, fitted):
    rows = []
    for normalize in (False, True):
        table = best_subsets_jointly(fitted, normalize=normalize, per_dataset=True)
        own = table[table["dataset"] != "all"]
        for _, row in table[table["dataset"] == "all"].iterrows():
            same = own[own["size"] == row["size"]]
            agree = np.mean([one == row["hyperparameters"] for one in same["hyperparameters"]])
            rows.append(
                [
                    "share" if normalize else "gain",
                    row["size"],
                    ", ".join(row["hyperparameters"]),
                    f"{row['left_out_share']:.0%}",
                    f"{same['share'].quantile(0.1):.0%}",
                    f"{row['regret']:.3g}",
                    f"{row['regret_own']:.3g}",
                    f"{agree:.0%}",
                ]
            )
    note = (
        f"Tunability on {len(fitted)} data sets of {folder}, on their surrogates; each is left out "
        "once, and the others choose the subset. Share of the gain of tuning everything: mean and "
        "lowest tenth. Regret against tuning everything and against the data set's own best subset of "
        "this size; by share both are shares. Agree: the others choose what all choose."
    )
    columns = ["mean of", "size", "subset", "share", "lowest 10 %", "regret", "own", "agree"]
    return Table(f"The next data set: subsets, {folder}", note, columns, rows)


def spaces(folder, fitted):
    """Each half of the data sets is searched in the space of the other half."""
    names = list(fitted)
    halves = names[::2], names[1::2]
    shares = {"whole space": [], "default_space(0.95)": [], "default_space(0.8)": []}
    sizes = {name: [] for name in shares}
    for own, other in (halves, halves[::-1]):
        known = {name: fitted[name] for name in other}
        choices = {
            "whole space": fitted[names[0]].space_,
            "default_space(0.95)": default_space(known, 0.95),
            "default_space(0.8)": default_space(known, 0.8),
        }
        for label, space in choices.items():
            sizes[label].append(sum(space[name].size > 1 for name in space))
            shares[label] += [reached(fitted[name], space) for name in own]
    rows = []
    for label, found in shares.items():
        gains = np.array([gain for gain, _ in found])
        part = gains.sum(axis=0) / sum(full for _, full in found)
        rows.append([label, " / ".join(map(str, sizes[label])), *(f"{of:.0%}" for of in part)])
    note = (
        f"Expected best of n random configurations on the surrogates of {len(fitted)} data sets of "
        f"{folder}, as a share of the gain of tuning everything, both summed over data sets. "
        "The space is made from the other half of the data sets. Tuned: how "
        "many hyperparameters the spaces of both halves have."
    )
    columns = ["random search in", "tuned", *(f"n = {n}" for n in N_TRIALS)]
    return Table(f"The next data set: spaces, {folder}", note, columns, rows)


def reached(one, space):
    """Gains that the best of some random configurations is expected to reach, and that of everything."""
    space.seed(0)
    configs = [dict(config) for config in space.sample_configuration(N_CONFIGS)]
    sign = 1.0 if one.fitted_.trials.maximize else -1.0
    start, best = full_game(one)
    gains = np.sort(sign * (one.predict_score(configs) - start))
    places = np.arange(N_CONFIGS + 1) / N_CONFIGS
    return [float(np.diff(places**n) @ gains) for n in N_TRIALS], sign * (best - start)


def full_game(one):
    table = one.explain(order=1)
    return table.attrs["baseline_score"], table.attrs["full_score"]
