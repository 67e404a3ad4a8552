"""Conditional spaces against the same spaces without their conditions or forbidden clauses."""

from __future__ import annotations

import math

from ConfigSpace import (
    Categorical,
    ConfigurationSpace,
    EqualsCondition,
    Float,
    ForbiddenAndConjunction,
    ForbiddenEqualsClause,
    ForbiddenGreaterThanClause,
    ForbiddenGreaterThanRelation,
    GreaterThanCondition,
    InCondition,
    LessThanCondition,
)

from benchmarks.common import Problem, Table, explainer, seconds, short

ALLOWED = 5  # times as long as without


def children(kernel, floats):
    return [
        EqualsCondition(floats[0], kernel, "rbf"),
        InCondition(floats[1], kernel, ["rbf", "poly"]),
    ]


def chain(kernel, floats):
    return [
        EqualsCondition(floats[0], kernel, "rbf"),
        GreaterThanCondition(floats[1], floats[0], 0.3),
        LessThanCondition(floats[2], floats[1], 0.7),
    ]


def pipelines(kernel, floats):
    choices = kernel.choices
    return [EqualsCondition(one, kernel, choices[i % 3]) for i, one in enumerate(floats)]


def pair(kernel, floats):
    both = ForbiddenEqualsClause(kernel, "poly"), ForbiddenGreaterThanClause(floats[0], 0.6)
    return [ForbiddenAndConjunction(*both)]


def relation(kernel, floats):
    return [ForbiddenGreaterThanRelation(floats[0], floats[1])]


RULES = {
    "a parent of two": children,
    "a chain of three": chain,
    "every float, on one of three": pipelines,
    "a forbidden pair": pair,
    "a forbidden relation": relation,
}


def tables(quick=False):
    rows = []
    for name, rules in RULES.items():
        for n_players in (4,) if quick else (6, 10):
            row = [name, n_players]
            for optimizer in ("random", "refine"):
                times = [
                    time_of(n_players, rule, optimizer, quick) for rule in (lambda *_: [], rules)
                ]
                ratio = times[1] / times[0]
                assert quick or ratio <= ALLOWED
                row += [*map(short, times), f"**{ratio:.2f}**"]
            rows.append(row)
    note = (
        "Seconds of explain('tunability') without and with the rules; 10,000 candidates, 1,000 trials, "
        f"one thread. At most {ALLOWED} times as long is what we ask."
    )
    columns = ["rules", "d", "random", "with", "ratio", "refine", "with", "ratio"]
    return [Table("Conditions", note, columns, rows)]


def time_of(n_players, rules, optimizer, quick):
    space = ConfigurationSpace(seed=1)
    kernel = Categorical("kernel", ["linear", "poly", "rbf"], default="rbf")
    floats = [Float(f"x{number}", (0.0, 1.0)) for number in range(n_players - 1)]
    space.add(kernel, *floats)
    space.add(rules(kernel, floats))
    configs = [dict(config) for config in space.sample_configuration(60 if quick else 1_000)]
    n_samples = 100 if quick else 10_000
    task = Problem(space, configs, [score(config) for config in configs])
    ours = explainer(task, optimizer=optimizer, n_samples=n_samples)
    ours.explain("tunability")
    return seconds(lambda: ours.explain("tunability"), repeats=1 if quick else 3)[0]


def score(config):
    x, y = config.get("x0", 0.5), config.get("x1", 0.5)
    smooth = sum(math.sin(3 * value) for name, value in config.items() if name != "kernel")
    return smooth + 4 * (x - 0.5) * (y - 0.5) + len(config["kernel"]) / 6
