"""Many data sets at once: seconds, how good small approximations of the game are, and the ranking."""

from __future__ import annotations

import numpy as np

from benchmarks.common import Table, explainer, installed, real_tasks, seconds, short
from skhypershap import explain_jointly

TIMED_TASKS = 4  # of HyperSHAP, which would take minutes for all
ORDERS = (1, 2, 3)
PAPER = {"mean of single tasks": (0.44, 0.94, 0.99), "the mean game": (0.63, 0.99, 1.0)}


def tables(quick=False):
    tasks = real_tasks("lcbench_surrogate", "val_accuracy")
    if not tasks:
        return []
    tasks = dict(list(tasks.items())[: 2 if quick else None])
    n_samples = 100 if quick else 10_000
    fitted = {name: explainer(task, n_samples=n_samples) for name, task in tasks.items()}
    return [times(fitted), approximations(fitted), ranking(fitted)]


def times(fitted):
    first = next(iter(fitted.values()))
    rows = []
    for optimizer in ("refine", "random"):
        for one in fitted.values():
            one.set_params(optimizer=optimizer)
        first.explain("tunability")  # compile
        for n_jobs in (1, 2):
            time, _ = seconds(lambda jobs=n_jobs: explain_jointly(fitted, n_jobs=jobs), repeats=3)
            rows.append([f"ours, {optimizer}, n_jobs={n_jobs}", short(time)])
    if installed("hypershap"):
        rows.append(["HyperSHAP 0.0.6", short(hypershap(fitted))])
    for one in fitted.values():
        one.set_params(optimizer="refine")
    note = (
        f"Seconds of explain_jointly('tunability') with pairs over {len(fitted)} tasks of LCBench: "
        f"{len(first.space_)} hyperparameters, {len(first.trials_)} trials each, "
        f"{first.n_samples:,} candidates. Fits are not counted. HyperSHAP draws candidates as "
        f'"random" does; its time is extrapolated from {TIMED_TASKS} tasks, whose values agree.'
    )
    return Table("Many data sets: time", note, ["who", "seconds"], rows)


def hypershap(fitted):
    """Seconds of the rival for all tasks, from some whose values agree with ours."""
    from hypershap import ExplanationTask, HyperSHAP

    some = dict(list(fitted.items())[:TIMED_TASKS])
    first = next(iter(some.values()))
    space, n_samples = first.space_, first.n_samples
    models = [one.surrogate_ for one in some.values()]
    rival = HyperSHAP(ExplanationTask.from_basemodel_multidata(space, models))
    baseline = space.get_default_configuration()
    time, values = seconds(
        lambda: rival.tunability(baseline, index="FSII", order=2, n_samples=n_samples, seed=0)
    )
    table, names = explain_jointly(some), list(space)
    found = [values[tuple(map(names.index, members))] for members in table["hyperparameters"]]
    assert np.abs(table["value"] - found).max() < 1e-9
    return time * len(fitted) / len(some)


def approximations(fitted):
    """R2 of sums of interactions of at most some order, over all coalitions."""
    games = {name: one.coalition_values() for name, one in fitted.items()}
    joint = next(iter(games.values())).copy()
    joint["value"] = np.mean([game["value"] for game in games.values()], axis=0)
    single = [
        [r2(game, fitted[name].explain(order=order)) for order in ORDERS]
        for name, game in games.items()
    ]
    found = {
        "mean of single tasks": np.mean(single, axis=0),
        "median of single tasks": np.median(single, axis=0),
        "the mean game": [r2(joint, explain_jointly(fitted, order=order)) for order in ORDERS],
    }
    rows = [
        [of, *(f"{value:.3f}" for value in values), *PAPER.get(of, ("", "", ""))]
        for of, values in found.items()
    ]
    note = (
        f"Tunability on {len(fitted)} tasks of LCBench. R² of the FSII of order 1, 2 and 3 as an "
        "approximation of v(S), over all coalitions with equal weights. The paper's surrogates are of "
        "epoch 26, these of epoch 52."
    )
    columns = ["R² of", *(f"order {order}" for order in ORDERS)]
    columns += [f"paper, {order}" for order in ORDERS]
    return Table("Many data sets: small approximations", note, columns, rows)


def r2(game, table):
    values, interactions = (
        game["value"].to_numpy(),
        dict(zip(map(frozenset, table["hyperparameters"]), table["value"], strict=True)),
    )
    sums = [
        sum(value for part, value in interactions.items() if part <= set(coalition))
        for coalition in game["coalition"]
    ]
    residuals = values - values[0] - sums  # the empty coalition comes first
    return 1 - np.sum(residuals**2) / np.sum((values - values.mean()) ** 2)


def ranking(fitted):
    table = explain_jointly(fitted, order=1, per_dataset=True)
    joint = table[table["dataset"] == "all"]
    single = table[table["dataset"] != "all"]
    ranks = single.groupby("dataset")["value"].rank(ascending=False)
    rows = [
        [name, f"{value:.3f}", f"{np.mean(of_name == 1):.0%}", f"{of_name.mean():.1f}"]
        for name, value in zip(joint["interaction"], joint["value"], strict=True)
        for of_name in [ranks[single["interaction"] == name]]
    ]
    note = (
        "Shapley values of tunability of the mean game, in percent of accuracy; on how many of the "
        "single tasks it is the first, and its mean rank there."
    )
    columns = ["hyperparameter", "value", "first on", "mean rank"]
    return Table("Many data sets: ranking", note, columns, rows)
