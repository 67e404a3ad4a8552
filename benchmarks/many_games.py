"""Games of 16 to 100 hyperparameters, with branches and without: processor time, estimated errors."""

from __future__ import annotations

import time

import numpy as np
from ConfigSpace import Categorical, ConfigurationSpace, EqualsCondition, Float, Integer

from benchmarks.common import Problem, Table, explainer, problem, short

GAMES = ("tunability", "sensitivity")
MOST_GROWN = 30  # hyperparameters whose best subsets are grown here; of more that takes a minute


def branching(*roots, n_trials=2_000):
    """An AutoML space: choices of so many values, each with so many hyperparameters of its own."""
    space, generator = ConfigurationSpace(seed=1), np.random.default_rng(0)
    for number, (n_values, n_children) in enumerate(roots):
        root = Categorical(f"root{number}", [f"v{value}" for value in range(n_values)])
        space.add(root)
        for value in root.choices:
            for child in range(n_children):
                name = f"{root.name}_{value}_{child}"
                one = Integer(name, (1, 30)) if child % 2 else Float(name, (0.0, 1.0))
                space.add(one, EqualsCondition(one, root, value))
    configs = space.sample_configuration(n_trials)
    terms = {name: (generator.random(), generator.random()) for name in space}
    heights = {
        name: dict(
            zip(space[name].choices, generator.random(len(space[name].choices)), strict=True)
        )
        for name in space
        if hasattr(space[name], "choices")
    }
    scores = [
        sum(
            heights[name][value]
            if name in heights
            else -terms[name][0] * (space[name].to_vector(value) - terms[name][1]) ** 2
            for name, value in dict(config).items()
        )
        for config in configs
    ]
    return Problem(space, configs, np.array(scores))


def tables(quick=False):
    n_trials = 60 if quick else 1_000
    cases = [(f"d = {d}", problem(d, n_trials), {}) for d in ((6,) if quick else (16, 30, 60, 100))]
    cases.append(("d = 7, all coalitions" if quick else "d = 20, all coalitions", *exact(quick)))
    sizes = ((3, 2),) if quick else ((14, 7),)
    more = ((2, 2), (2, 2)) if quick else ((12, 5), (6, 4))
    n_trials = 100 if quick else 2_000
    cases += [
        ("one choice with branches", branching(*sizes, n_trials=n_trials), {}),
        ("two choices with branches", branching(*more, n_trials=n_trials), {}),
    ]
    shared = {"n_samples": 50, "max_exact": 5} if quick else {}
    rows = []
    for name, task, arguments in cases:
        for surrogate in ("forest", "auto"):
            if name.endswith("all coalitions") and surrogate == "auto" and not quick:
                continue  # takes minutes
            rows.append(row(name, task, surrogate, {**shared, **arguments}))
    note = (
        "Processor seconds on one thread: the fit, and singles and pairs of a game; its best subsets. "
        "The largest standard error of a value is in units of the largest value. 1,000 trials; with "
        "branches 2,000."
    )
    columns = ["space", "surrogate", "d", "fit"]
    for game in GAMES:
        columns += [game, "error"]
    return [Table("Many players", note, [*columns, "best subsets"], rows)]


def exact(quick):
    n_players = 7 if quick else 20
    return problem(n_players, 60 if quick else 1_000), {"max_exact": n_players}


def row(name, task, surrogate, arguments):
    spent, ours = processor_seconds(lambda: explainer(task, surrogate=surrogate, **arguments))
    cells = [name, surrogate, len(task.space), short(spent)]
    for game in GAMES:
        spent, table = processor_seconds(lambda game=game: ours.explain(game))
        if "surrogate" in table.attrs:
            cells[1] = f"{surrogate} ({table.attrs['surrogate']})"
        error = table.attrs.get("error")
        largest = table["value"].abs().max()
        is_exact = table.attrs["exact"]
        cells += [short(spent), "exact" if is_exact else f"{100 * error / largest:.2f} %"]
    if len(task.space) > MOST_GROWN and not task.space.conditions:
        return [*cells, ""]
    spent, _ = processor_seconds(lambda: ours.best_subsets("tunability"))
    return [*cells, short(spent)]


def processor_seconds(call):
    start = time.process_time()
    result = call()
    return time.process_time() - start, result
