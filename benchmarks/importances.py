"""Other importances of the same trials: what they take, and whom they put first."""

from __future__ import annotations

import numpy as np

from benchmarks.common import Table, explainer, installed, problem, seconds, short


def tables(quick=False):
    n_players = 4 if quick else 8
    task = problem(n_players, 60 if quick else 1_000)
    ours = explainer(task, n_samples=200 if quick else 10_000)
    rows = []
    for game in ("tunability", "sensitivity"):
        ours.explain(game)
        time, table = seconds(lambda game=game: ours.explain(game), repeats=3)
        singles = table[table["order"] == 1].set_index("interaction")["value"]
        rows.append(
            [f"skhypershap, {game} with pairs", short(time), first_names(singles.to_dict())]
        )
    if installed("optuna"):
        rows += optuna_rows(task, n_players)
    if installed("shap"):
        rows.append(shap_row(ours, task))
    note = (
        f"{len(task.configs):,} trials of {n_players} hyperparameters; `x0` and `x1` interact, the "
        "others are alike. Fitting our surrogate is not counted; Optuna's fANOVA fits its own each time."
    )
    return [Table("Importances of the same trials", note, ["what", "seconds", "first three"], rows)]


def first_names(importances):
    return ", ".join(sorted(importances, key=importances.get, reverse=True)[:3])


def optuna_rows(task, n_players):
    import optuna
    from optuna.importance import (
        FanovaImportanceEvaluator,
        PedAnovaImportanceEvaluator,
        get_param_importances,
    )

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    distributions = {name: optuna.distributions.FloatDistribution(0, 1) for name in task.space}
    study = optuna.create_study(direction="maximize")
    study.add_trials(
        [
            optuna.trial.create_trial(
                params={name: float(config[name]) for name in task.space},
                distributions=distributions,
                value=float(score),
            )
            for config, score in zip(task.configs, task.scores, strict=True)
        ]
    )
    rows = []
    for name, evaluator in (
        ("Optuna, fANOVA", FanovaImportanceEvaluator(seed=0)),
        ("Optuna, PED-ANOVA", PedAnovaImportanceEvaluator()),
    ):
        time, found = seconds(
            lambda evaluator=evaluator: get_param_importances(study, evaluator=evaluator)
        )
        rows.append([name, short(time), first_names(found)])
    return rows


def shap_row(ours, task):
    import shap

    vectors = np.array([[config[name] for name in task.space] for config in task.configs])
    time, values = seconds(lambda: shap.TreeExplainer(ours.surrogate_).shap_values(vectors))
    mean = dict(zip(task.space, np.abs(values).mean(axis=0), strict=True))
    return ["shap's TreeExplainer, mean size over all trials", short(time), first_names(mean)]
