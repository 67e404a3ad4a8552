"""The same trials as every source would hold them: what a source can tell is compared to the trials."""

from __future__ import annotations

import json
import math
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np
import pandas as pd
from ConfigSpace import Categorical, ConfigurationSpace, EqualsCondition, Float

DEPTHS = [None, 2, 4, 8]
LARGEST = 9  # epochs


class Made(NamedTuple):
    """One trial; without a score where it failed."""

    config: dict
    score: float
    size: float
    epochs: int


def made_trials(feature=None, n_trials=60):
    """Trials with one feature: failed, fidelity, several, conditional or none."""
    rng = np.random.default_rng(3)
    trials = []
    for number in range(n_trials):
        kernel = ["rbf", "linear"][number % 2]
        config = {"rate": float(np.exp(rng.uniform(-7, 0))), "kernel": kernel}
        config["depth"] = DEPTHS[int(rng.integers(0 if feature == "none" else 1, 4))]
        gamma = float(rng.uniform(0.1, 0.9))
        if feature != "conditional" or kernel == "rbf":
            config["gamma"] = gamma
        epochs = [1, 3, LARGEST][number % 3] if feature == "fidelity" else LARGEST
        score = round(-math.log(config["rate"]) / 7 + gamma * (kernel == "rbf") + epochs / 20, 6)
        failed = feature == "failed" and number % 8 == 5
        size = float(number % 11) + 0.5
        trials.append(Made(config, math.nan if failed else score, size, epochs))
    return trials


def own_space(feature=None):
    """The space of the trials."""
    space = ConfigurationSpace()
    depths = DEPTHS if feature == "none" else DEPTHS[1:]
    space.add(
        Float("rate", (1e-4, 1.0), log=True),
        Categorical("kernel", ["rbf", "linear"]),
        Categorical("depth", depths),
        Float("gamma", (0.0, 1.0)),
    )
    if feature == "conditional":
        space.add(EqualsCondition(space["gamma"], space["kernel"], "rbf"))
    return space


def as_lists(feature=None):
    """The space as a dict."""
    from scipy.stats import loguniform, uniform

    depths = DEPTHS if feature == "none" else DEPTHS[1:]
    return {
        "rate": loguniform(1e-4, 1.0),
        "kernel": ["rbf", "linear"],
        "depth": depths,
        "gamma": uniform(0, 1),
    }


def results_of(trial, feature):
    """What a trial reports by name."""
    return {"score": trial.score, **({"size": trial.size} if feature == "several" else {})}


def search(trials, feature, folder):
    """A search like those of scikit-learn, after it ran."""
    params = [trial.config for trial in trials]
    results = {"params": params}
    for name in results_of(trials[0], feature):
        values = np.array([results_of(trial, feature)[name] for trial in trials])
        results |= {f"mean_test_{name}": values, f"rank_test_{name}": np.arange(len(trials))}
    if feature == "fidelity":
        results["n_resources"] = np.array([trial.epochs for trial in trials])
    lists = as_lists(feature)
    dicts = [lists]
    if feature == "conditional":
        without = {name: values for name, values in lists.items() if name != "gamma"}
        dicts = [{**lists, "kernel": ["rbf"]}, {**without, "kernel": ["linear"]}]
    return SimpleNamespace(cv_results_=results, param_distributions=dicts)


def cv_results_table(trials, feature, folder):
    """The same as a DataFrame."""
    results = search(trials, feature, folder).cv_results_
    names = dict.fromkeys(name for trial in trials for name in trial.config)
    columns = {
        f"param_{name}": pd.Series([t.config.get(name, np.nan) for t in trials], dtype=object)
        for name in names
    }
    return pd.DataFrame({**columns, **results})


def study(trials, feature, folder, storage=None):
    """An Optuna study with these trials; below the last epoch they were pruned."""
    import optuna
    from optuna.distributions import CategoricalDistribution, FloatDistribution

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    own = {
        "rate": FloatDistribution(1e-4, 1.0, log=True),
        "kernel": CategoricalDistribution(["rbf", "linear"]),
        "depth": CategoricalDistribution(DEPTHS if feature == "none" else DEPTHS[1:]),
        "gamma": FloatDistribution(0.0, 1.0),
    }
    n_objectives = 2 if feature == "several" else 1
    made = optuna.create_study(
        directions=["maximize"] * n_objectives, storage=storage, study_name="made"
    )
    if feature == "several":
        made.set_metric_names(["score", "size"])
    for trial in trials:
        failed, pruned = math.isnan(trial.score), trial.epochs < LARGEST
        made.add_trial(
            optuna.trial.create_trial(
                state=optuna.trial.TrialState[
                    "FAIL" if failed else "PRUNED" if pruned else "COMPLETE"
                ],
                values=None if failed else list(results_of(trial, feature).values()),
                params=trial.config,
                distributions={name: own[name] for name in trial.config},
                intermediate_values={trial.epochs: trial.score} if feature == "fidelity" else {},
            )
        )
    return made


def storage(trials, feature, folder):
    """The study in a file of sqlite."""
    study(trials, feature, folder, f"sqlite:///{folder}/study.db")
    return f"sqlite:///{folder}/study.db"


def journal(trials, feature, folder):
    """The study in a journal."""
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    file = folder / "study.log"
    study(trials, feature, folder, JournalStorage(JournalFileBackend(str(file))))
    return file


def trials_dataframe(trials, feature, folder):
    """The study's table, with the steps of pruned trials."""
    table = study(trials, feature, folder).trials_dataframe()
    if feature == "fidelity":
        table["fidelity"] = [trial.epochs for trial in trials]
    return table


def smac_folder(trials, feature, folder):
    """The files of a SMAC run."""
    names = list(results_of(trials[0], feature))
    data, configs = [], {}
    for number, trial in enumerate(trials, start=1):
        failed = math.isnan(trial.score)
        costs = [math.inf if failed else cost for cost in results_of(trial, feature).values()]
        budget = float(trial.epochs) if feature == "fidelity" else None
        cost = costs if len(costs) > 1 else costs[0]
        data.append([number, None, 0, budget, cost, 0.1, 2 if failed else 1, 0, 0, {}])
        configs[number] = trial.config
    own_space(feature).to_json(folder / "configspace.json")
    objectives = names if len(names) > 1 else names[0]
    (folder / "scenario.json").write_text(json.dumps({"objectives": objectives}))
    (folder / "runhistory.json").write_text(json.dumps({"data": data, "configs": configs}))
    return folder


def ray_folder(trials, feature, folder):
    """The folders that Ray Tune's trials write."""
    (folder / "experiment_state-2026.json").write_text("{}")
    for number, trial in enumerate(trials):
        own = folder / f"train_{number:03d}"
        own.mkdir()
        (own / "params.json").write_text(json.dumps(trial.config))
        report = {"training_iteration": trial.epochs, "time_total_s": 0.5, "trial_id": str(number)}
        if math.isnan(trial.score):
            (own / "error.txt").write_text("ValueError")
            (own / "result.json").write_text("")
        else:
            lines = [
                {"score": 0.0, "training_iteration": 0},
                {**results_of(trial, feature), **report},
            ]
            (own / "result.json").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder


def ray_table(trials, feature, folder):
    """`ResultGrid.get_dataframe()`."""
    rows = [
        {
            **results_of(trial, feature),
            "timestamp": 1700000000 + number,
            "training_iteration": np.nan if math.isnan(trial.score) else trial.epochs,
            "trial_id": f"a{number:04d}",
            "date": "2026-01-01_10-00-00",
            "time_total_s": 0.1 * number,
            "pid": 12,
            **{f"config/{name}": value for name, value in trial.config.items()},
            "logdir": f"t{number}",
        }
        for number, trial in enumerate(trials)
    ]
    return _with_none(pd.DataFrame(rows), rows, "config/depth")


def _with_none(table, rows, name):
    """None as it is in a column of objects; pandas would make it NaN among numbers."""
    cells = [row.get(name, np.nan) for row in rows]
    return table.assign(**{name: pd.Series(cells, dtype=object)})


def hyperopt_trials(trials, feature, folder):
    """hyperopt's Trials; choices are indices there."""
    import hyperopt

    made = hyperopt.Trials()
    docs = []
    for number, trial in enumerate(trials):
        drawn = dict(trial.config)
        depths = DEPTHS if feature == "none" else DEPTHS[1:]
        drawn["kernel"] = ["rbf", "linear"].index(drawn["kernel"])
        drawn["depth"] = depths.index(drawn["depth"])
        failed = math.isnan(trial.score)
        names = ["rate", "kernel", "depth", "gamma"]
        result = {"status": "fail"} if failed else {"status": "ok", "loss": trial.score}
        if feature == "several":
            result["size"] = trial.size
        misc = {
            "tid": number,
            "cmd": None,
            "idxs": {name: [number] if name in drawn else [] for name in names},
            "vals": {name: [drawn[name]] if name in drawn else [] for name in names},
        }
        docs.append(
            {
                **{"tid": number, "spec": None, "exp_key": None, "owner": None, "version": 0},
                **{"book_time": None, "refresh_time": None, "state": 2},
                "result": result,
                "misc": misc,
            }
        )
    made.insert_trial_docs(docs)
    made.refresh()
    return made


def rows_of(trials, feature):
    """One dict per trial."""
    return [
        {
            **trial.config,
            **results_of(trial, feature),
            **({"fidelity": trial.epochs} if feature == "fidelity" else {}),
        }
        for trial in trials
    ]


def plain_table(trials, feature, folder):
    """Any DataFrame."""
    rows = rows_of(trials, feature)
    return _with_none(pd.DataFrame(rows), rows, "depth")


def csv_file(trials, feature, folder):
    """A csv, with None as text."""
    table = plain_table(trials, feature, folder)
    if feature == "none":
        table["depth"] = table["depth"].map(str)
    table.to_csv(folder / "trials.csv", index=False)
    return str(folder / "trials.csv")


def jsonl_file(trials, feature, folder):
    """JSON lines."""
    file = folder / "trials.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows_of(trials, feature)))
    return file


def parquet_file(trials, feature, folder):
    """A parquet file, where None among numbers is null."""
    pd.DataFrame(rows_of(trials, feature)).to_parquet(folder / "trials.parquet")
    return folder / "trials.parquet"


def polars_frame(trials, feature, folder):
    """A frame of polars, where None is null."""
    import polars as pl

    return pl.DataFrame(rows_of(trials, feature))


def arrow_table(trials, feature, folder):
    """A table of pyarrow."""
    import pyarrow as pa

    return pa.Table.from_pylist(rows_of(trials, feature))


def mlflow_frame(trials, feature, folder):
    """`mlflow.search_runs()`: parameters are text, and None where a run has none."""
    names = ["rate", "kernel", "depth", "gamma"]
    rows = []
    for number, trial in enumerate(trials):
        failed = math.isnan(trial.score)
        logged = {name: str(value) for name, value in trial.config.items()}
        metrics = {} if failed else results_of(trial, feature)
        if feature == "fidelity":
            metrics["fidelity"] = float(trial.epochs)
        rows.append(
            {
                "run_id": f"{number:032x}",
                "experiment_id": "1",
                "status": "FAILED" if failed else "FINISHED",
                "artifact_uri": f"file:///mlruns/1/{number}",
                "start_time": pd.Timestamp("2026-01-01", tz="UTC"),
                "end_time": pd.Timestamp("2026-01-02", tz="UTC"),
                **{f"metrics.{name}": metrics.get(name, np.nan) for name in metrics},
                **{f"params.{name}": logged.get(name) for name in names},
                "params.data": "train.csv",
                "params.out": f"runs/{number}",
                "tags.mlflow.user": "me",
                "tags.mlflow.runName": f"calm-fish-{number}",
            }
        )
    return pd.DataFrame(rows)


def wandb_api_frame(trials, feature, folder):
    """The frame that W&B's documentation makes of its Api: dicts in the cells."""
    rows = [
        {
            "summary": {
                **({} if math.isnan(trial.score) else results_of(trial, feature)),
                **({"fidelity": trial.epochs} if feature == "fidelity" else {}),
                "_runtime": 12.5,
                "_step": 10,
                "_wandb": {"runtime": 12},
            },
            "config": {**trial.config, "data": "train.csv", "_wandb": {"version": 1}},
            "name": f"calm-fish-{number}",
            "state": "crashed" if math.isnan(trial.score) else "finished",
        }
        for number, trial in enumerate(trials)
    ]
    return pd.DataFrame(rows)


def wandb_csv(trials, feature, folder):
    """An export of W&B's table of runs: bare columns of config and summary, mixed."""
    rows = [
        {
            "Name": f"calm-fish-{number}",
            "State": "crashed" if math.isnan(trial.score) else "finished",
            "Notes": "-",
            "User": "me",
            "Tags": "",
            "Created": f"2026-01-01T10:{number % 60:02d}:00.000Z",
            "Runtime": 10 + number,
            "Sweep": "",
            **{name: "None" if value is None else value for name, value in trial.config.items()},
            **({"fidelity": trial.epochs} if feature == "fidelity" else {}),
            **({} if math.isnan(trial.score) else results_of(trial, feature)),
        }
        for number, trial in enumerate(trials)
    ]
    pd.DataFrame(rows).to_csv(folder / "export.csv", index=False)
    return folder / "export.csv"


def deepcave_folder(trials, feature, folder):
    """The files of DeepCAVE's Recorder."""
    names = [*results_of(trials[0], feature), "time"]
    objectives = [
        {"name": name, "lower": 0, "upper": 9, "optimize": "lower" if name == "time" else "upper"}
        for name in names
    ]
    history = []
    for number, trial in enumerate(trials):
        failed = math.isnan(trial.score)
        costs = [None if failed else value for value in results_of(trial, feature).values()]
        history.append(
            [number, float(trial.epochs), -1, [*costs, 0.1], 0.0, 0.1, 4 if failed else 1, {}]
        )
    configs = {str(number): trial.config for number, trial in enumerate(trials)}
    own_space(feature).to_json(folder / "configspace.json")
    (folder / "meta.json").write_text(json.dumps({"objectives": objectives, "budgets": []}))
    (folder / "configs.json").write_text(json.dumps(configs))
    (folder / "origins.json").write_text("{}")
    (folder / "history.jsonl").write_text("".join(json.dumps(row) + "\n" for row in history))
    return folder


def deepcave_table(trials, feature, folder):
    """`trials.csv` of DeepCAVE."""
    rows = [
        {
            "config_id": number,
            **({"budget": trial.epochs} if feature == "fidelity" else {}),
            **{
                f"metric:{name} [0; 9] (maximize)": value
                for name, value in results_of(trial, feature).items()
            },
            "start_time": 0.0,
            "end_time": 1.0,
            "status": "CRASHED" if math.isnan(trial.score) else "SUCCESS",
            **trial.config,
        }
        for number, trial in enumerate(trials)
    ]
    return _with_none(pd.DataFrame(rows), rows, "depth")


class Source(NamedTuple):
    """How a source is made, and what has to be passed with it."""

    make: object
    passed: dict = {}  # noqa: RUF012 - never changed
    needs: str = ""  # a library
    score: str = "score"  # its name for the score
    lists: tuple = ()  # features that need space=


SOURCES = {
    "a search with `cv_results_`": Source(search),
    "`pd.DataFrame(cv_results_)`": Source(cv_results_table),
    "an Optuna study": Source(study, needs="optuna"),
    "an Optuna storage": Source(storage, needs="optuna"),
    "an Optuna journal": Source(journal, needs="optuna"),
    "`study.trials_dataframe()`": Source(
        trials_dataframe, {"direction": "maximize"}, "optuna", lists=("none",)
    ),
    "a SMAC run": Source(smac_folder, {"direction": "maximize"}),
    "the folder of a Ray Tune run": Source(
        ray_folder, {"direction": "maximize", "metric": "score"}
    ),
    "Ray Tune's `get_dataframe()`": Source(ray_table),
    "hyperopt `Trials`": Source(
        hyperopt_trials,
        needs="hyperopt",
        score="loss",
        lists=("none", "conditional", "failed", "several"),
    ),
    "any DataFrame": Source(plain_table, lists=("several",)),
    "`.csv`": Source(csv_file, lists=("several",)),
    "`.jsonl`": Source(jsonl_file, lists=("several",)),
    "`.parquet`": Source(parquet_file, needs="pyarrow", lists=("several", "none")),
    "polars": Source(polars_frame, needs="polars", lists=("several", "none")),
    "pyarrow": Source(arrow_table, needs="pyarrow", lists=("several", "none")),
    "MLflow's `search_runs()`": Source(mlflow_frame),
    "W&B's Api": Source(wandb_api_frame),
    "W&B's csv": Source(wandb_csv, {"metric": "score"}, lists=("several",)),
    "the folder of a DeepCAVE run": Source(deepcave_folder),
    "DeepCAVE's `trials.csv`": Source(deepcave_table),
}
