"""Does it pay to tune two hyperparameters only? Random search over the two that each method names."""

from __future__ import annotations

import numpy as np
from sklearn.model_selection import train_test_split

from benchmarks.common import Problem, Table, explainer, installed, model, real_tasks
from skhypershap.space.encoding import encode

SETS = {"lcbench_surrogate": "val_accuracy", "openml_rf": "predictive_accuracy"}
SIZE = 2
N_TREES = 16  # of Optuna's fANOVA, whose own 64 take minutes


def tables(quick=False):
    n_tasks, n_seeds, trials = (2, 2, (5, 10)) if quick else (None, 30, (10, 25, 50, 100, 200))
    found = []
    for name, metric in SETS.items():
        tasks = dict(list(real_tasks(name, metric).items())[:n_tasks])
        if tasks:
            found.append(compare(name, tasks, n_seeds, trials))
    return found


def compare(name, tasks, n_seeds, trials):
    """Mean over tasks and seeds of the gain found, in parts of the best found on the task by anyone."""
    known = [
        task for task in tasks.values() if all(np.ptp(half.scores) > 0 for half in halves(task))
    ]
    gains = np.array([gains_on(task, n_seeds, max(trials)) for task in known])
    best = gains.max(axis=(1, 2, 3))
    shares = (gains[best > 0] / best[best > 0, None, None, None]).mean(axis=(0, 2))
    left_out = len(tasks) - np.sum(best > 0)
    rows = [
        [method, *(f"{100 * share[n - 1]:.1f} %" for n in trials)]
        for method, share in zip(methods(), shares, strict=True)
    ]
    note = (
        f"Random search over {SIZE} hyperparameters, the others at the default; {np.sum(best > 0)} "
        f"tasks, {n_seeds} seeds. Gain over the default, which counts as tried, in parts of the best "
        "that anyone finds on the task. Methods choose by half of a task's trials; the objective is a "
        f"forest fitted on the other half. Optuna's fANOVA has {N_TREES} trees. "
        f"Tasks left out, because all scores are alike or nobody gains: {left_out}."
    )
    return Table(f"What pays: {name}", note, ["tuned", *(f"{n} trials" for n in trials)], rows)


def methods():
    names = ["our best subset", "Shapley values of tunability", "Shapley values of sensitivity"]
    return [*names, *(["Optuna, fANOVA"] if installed("optuna") else []), "all of them"]


def gains_on(task, n_seeds, n_trials):
    """Best gain so far, of shape (n_methods, n_seeds, n_trials)."""
    known, unknown = halves(task)
    space = task.space
    objective = model().fit(encode(space, unknown.configs), unknown.scores)
    space.seed(0)
    drawn = np.array([one.get_array() for one in space.sample_configuration(n_seeds * n_trials)])
    default = space.get_default_configuration().get_array()
    start = objective.predict(default[None])[0]
    found = []
    for names in chosen_on(known):
        blends = np.where([name in names for name in space], drawn, default)
        gains = objective.predict(blends).reshape(n_seeds, n_trials) - start
        found.append(np.maximum(np.maximum.accumulate(gains, axis=1), 0))
    return found


def halves(task):
    rows = train_test_split(np.arange(len(task.scores)), test_size=0.5, random_state=0)
    return [
        Problem(task.space, [task.configs[i] for i in part], task.scores[part]) for part in rows
    ]


def chosen_on(task):
    """Names that each of the methods would tune."""
    ours = explainer(task)
    yield ours.best_subsets()["hyperparameters"][SIZE - 1]
    for game in ("tunability", "sensitivity"):
        values = ours.explain(game, order=1).set_index("interaction")["value"]
        yield values.nlargest(SIZE).index
    if installed("optuna"):
        yield fanova(task)
    yield list(task.space)


def fanova(task):
    from optuna import create_study, logging
    from optuna.importance import FanovaImportanceEvaluator, get_param_importances
    from optuna.trial import create_trial

    logging.set_verbosity(logging.ERROR)
    distributions = {name: distribution(one) for name, one in task.space.items()}
    study = create_study(direction="maximize")
    study.add_trials(
        [
            create_trial(params=config, distributions=distributions, value=score)
            for config, score in zip(task.configs, task.scores, strict=True)
        ]
    )
    evaluator = FanovaImportanceEvaluator(seed=0, n_trees=N_TREES)
    return list(get_param_importances(study, evaluator=evaluator))[:SIZE]  # sorted, largest first


def distribution(hyperparameter):
    from optuna.distributions import (
        CategoricalDistribution,
        FloatDistribution,
        IntDistribution,
    )

    if hasattr(hyperparameter, "choices"):
        return CategoricalDistribution(hyperparameter.choices)
    is_float = isinstance(hyperparameter.lower, float)
    kind = FloatDistribution if is_float else IntDistribution
    return kind(hyperparameter.lower, hyperparameter.upper, log=hyperparameter.log)
