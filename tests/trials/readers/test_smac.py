"""SMAC runs: every form of a run gives the trials that SMAC's own objects hold."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pandas as pd
import pytest
from ConfigSpace import (
    Categorical,
    ConfigurationSpace,
    Constant,
    EqualsCondition,
    Float,
    ForbiddenEqualsClause,
    Integer,
)

from skhypershap import HyperSHAPExplainer, read_trials
from skhypershap.errors import TrialsWarning

smac = pytest.importorskip("smac")


def make_space():
    space = ConfigurationSpace()
    space.add(
        Float("C", (1e-3, 1e3), log=True, default=2.0),
        Integer("depth", (1, 8), default=3),
        Categorical("kernel", ["rbf", "poly"]),
        Float("gamma", (1e-3, 1.0), log=True),
        Categorical("shrink", [True, False, None]),
        Constant("rounds", 3),
    )
    space.add(EqualsCondition(space["gamma"], space["kernel"], "rbf"))
    space.add(ForbiddenEqualsClause(space["depth"], 7))
    return space


def cost(config, seed=0):
    """A cost that three hyperparameters decide; a depth of 5 crashes."""
    if config["depth"] == 5:
        raise ValueError("no depth of 5")
    return np.log10(config["C"]) ** 2 + 0.1 * config["depth"] + config.get("gamma", 0.5)


def run(folder, target, facade="RandomFacade", **scenario):
    """Run SMAC; random search takes a tenth of a second, where models take several."""
    scenario = {"n_trials": 40, "deterministic": True, "seed": 1, **scenario}
    scenario = smac.Scenario(make_space(), output_directory=folder, **scenario)
    run = getattr(smac, facade)(scenario, target, overwrite=True, logging_level=False)
    run.optimize()
    return run


@pytest.fixture(scope="module")
def facade(tmp_path_factory):
    return run(tmp_path_factory.mktemp("smac"), cost)


def plain(config):
    """A Configuration without numpy's own strings and bools."""
    return {
        name: value.item() if isinstance(value, np.generic) else value
        for name, value in dict(config).items()
    }


@pytest.fixture(scope="module")
def known(facade):
    """Configurations and costs of the trials that went well, by SMAC's own interface."""
    history = facade.runhistory
    rows = [(key, value) for key, value in history.items() if value.status.name == "SUCCESS"]
    configs = [plain(history.get_config(key.config_id)) for key, _ in rows]
    return configs, [value.cost for _, value in rows]


def types(configs):
    return [{name: type(value) for name, value in config.items()} for config in configs]


def check_same(trials, known):
    configs, costs = known
    assert trials.configs == configs
    assert types(trials.configs) == types(configs)
    np.testing.assert_array_equal(trials.scores, costs)


@pytest.mark.filterwarnings("ignore:.*trials failed:skhypershap.errors.TrialsWarning")
@pytest.mark.parametrize(
    "form", ["facade", "history", "pair", "turned pair", "folder", "folder as text"]
)
def test_every_form_of_a_run_gives_the_same_trials(facade, known, form):
    folder = facade.scenario.output_directory
    source = {
        "facade": facade,
        "history": facade.runhistory,
        "pair": (facade.runhistory, facade.scenario),
        "turned pair": (facade.scenario, facade.runhistory),
        "folder": folder,
        "folder as text": str(folder),
    }[form]
    trials = read_trials(source)
    check_same(trials, known)
    assert (trials.metric, trials.direction, trials.fidelity) == ("cost", "minimize", None)
    assert trials.default == dict(make_space().get_default_configuration())
    assert list(trials.space) == list(make_space())
    assert len(trials.space.conditions) == len(trials.space.forbidden_clauses) == 1


def test_crashed_trials_are_counted_and_left_out(facade, known):
    failed = len(facade.runhistory) - len(known[0])
    assert failed > 0
    with pytest.warns(TrialsWarning, match=f"{failed} of 40 trials failed"):
        read_trials(facade)


@pytest.mark.filterwarnings("ignore:.*trials failed:skhypershap.errors.TrialsWarning")
def test_explanation_equals_that_of_its_trials(facade):
    trials = read_trials(facade)
    read = HyperSHAPExplainer(facade, baseline="median", random_state=0).fit()
    given = HyperSHAPExplainer(
        trials.space, direction=trials.direction, baseline="median", random_state=0
    ).fit(trials.configs, trials.scores)
    games = ["tunability", "ablation"]
    pd.testing.assert_frame_equal(read.explain(games), given.explain(games))


@pytest.mark.filterwarnings("ignore:.*trials failed:skhypershap.errors.TrialsWarning")
def test_baseline_is_the_default_of_the_space(facade):
    explainer = HyperSHAPExplainer(facade, random_state=0).fit()
    assert explainer.baseline_["C"] == 2.0
    assert explainer.baseline_["depth"] == 3


@pytest.mark.filterwarnings("ignore:.*trials failed:skhypershap.errors.TrialsWarning")
def test_run_is_not_changed(facade):
    """Reading must not move the random state of the run's space."""
    drawn = make_space()
    drawn.seed(3)
    facade.scenario.configspace.seed(3)
    read_trials(facade)
    assert facade.scenario.configspace.sample_configuration() == drawn.sample_configuration()


@pytest.mark.filterwarnings("ignore:.*trials failed:skhypershap.errors.TrialsWarning")
def test_time_is_a_metric(facade):
    trials = read_trials(facade, metric="time")
    ran = [value for value in facade.runhistory.values() if value.status.name == "SUCCESS"]
    assert trials.scores.tolist() == [value.time for value in ran]
    assert trials.direction == "minimize"


@pytest.mark.filterwarnings("ignore:.*trials failed:skhypershap.errors.TrialsWarning")
def test_given_space_replaces_that_of_the_run(facade, known):
    values = {"C": [*{config["C"] for config in known[0]}], "depth": range(1, 9)}
    with pytest.raises(ValueError, match=r"in 40 of 40 .*: 'kernel'"):
        read_trials(facade, space=values)
    space = make_space()
    trials = read_trials(facade, space=space)
    assert trials.space is not space
    check_same(trials, known)


def test_budgets_are_the_fidelity(tmp_path):
    def target(config, seed=0, budget=1.0):
        return np.log10(config["C"]) ** 2 + config["depth"] / budget

    facade = run(tmp_path, target, "HyperbandFacade", min_budget=1, max_budget=9)
    rows = list(facade.runhistory.items())
    assert {key.budget for key, _ in rows} == {1, 3, 9}
    for source in (facade, facade.scenario.output_directory):
        trials = read_trials(source)
        assert trials.fidelity.tolist() == [key.budget for key, _ in rows]
        assert trials.scores.tolist() == [value.cost for _, value in rows]
        largest = np.flatnonzero(trials.fidelity == 9)
        assert trials.incumbent == largest[np.argmin(trials.scores[largest])]
        explainer = HyperSHAPExplainer(source, random_state=0).fit()
        assert explainer.trials_["fidelity"].tolist() == trials.fidelity.tolist()


def test_score_is_the_mean_over_seeds_and_instances(tmp_path):
    def target(config, instance, seed=0):
        return np.log10(config["C"]) ** 2 + 10 * int(instance) + seed % 7

    facade = run(
        tmp_path,
        target,
        deterministic=False,
        n_trials=30,
        instances=["1", "2", "3"],
        instance_features={"1": [1], "2": [2], "3": [3]},
    )
    history = facade.runhistory
    configs = history.get_configs()
    assert len(history) > len(configs) > 1
    trials = read_trials(facade)
    # SMAC's own mean over instances and seeds.
    assert trials.scores == pytest.approx([history.average_cost(config) for config in configs])
    assert trials.configs == [plain(config) for config in configs]
    from_files = read_trials(facade.scenario.output_directory)
    np.testing.assert_array_equal(from_files.scores, trials.scores)


def test_trial_with_a_crashed_seed_has_failed(tmp_path):
    space = make_space()
    scenario = smac.Scenario(space, output_directory=tmp_path, name="by hand")
    history = smac.RunHistory()
    success, crashed, running = (
        smac.runhistory.StatusType[name] for name in ("SUCCESS", "CRASHED", "RUNNING")
    )
    space.seed(2)
    mixed, good, open_one = space.sample_configuration(3)
    history.add(mixed, cost=1.0, seed=1, status=success)
    history.add(mixed, cost=9.0, seed=2, status=crashed)
    history.add(good, cost=2.0, seed=1, status=success)
    history.add(good, cost=4.0, seed=2, status=success)
    history.add(good, cost=0.0, seed=3, status=running)
    history.add(open_one, cost=0.0, seed=1, status=running)
    with pytest.warns(TrialsWarning, match="1 of 2 trials failed"):
        trials = read_trials((history, scenario))
    assert trials.configs == [plain(good)]
    assert trials.scores.tolist() == [3.0]  # (2 + 4) / 2


def test_one_of_several_objectives_is_chosen(tmp_path):
    def target(config, seed=0):
        return {"loss": np.log10(config["C"]) ** 2, "size": config["depth"]}

    facade = run(tmp_path, target, n_trials=20, objectives=["loss", "size"])
    for source in (facade, facade.scenario.output_directory):
        assert read_trials(source, metric="size").scores.tolist() == [
            config["depth"] for config in facade.runhistory.get_configs()
        ]
        with pytest.raises(ValueError, match=r"several objectives \('loss', 'size'\).*metric="):
            read_trials(source)
        with pytest.raises(ValueError, match=r"Unknown metric 'sise'\. Did you mean 'size'\?"):
            HyperSHAPExplainer(source, metric="sise").fit()
    with pytest.raises(ValueError, match="2 objectives, but not their names"):
        read_trials(facade.runhistory)


def test_mistakes_raise_clear_errors(facade, tmp_path):
    with pytest.raises(ValueError, match=r"Unknown metric 'costs'\. Did you mean 'cost'\?"):
        read_trials(facade, metric="costs")
    with pytest.raises(ValueError, match="no finished trial yet"):
        read_trials((smac.RunHistory(), facade.scenario))
    with pytest.raises(ValueError, match="no finished trial yet"):
        read_trials(smac.RunHistory())
    with pytest.raises(TypeError, match=r"pair \(runhistory, scenario\); got \(list, list\)"):
        HyperSHAPExplainer(([{"C": 1.0}], [0.5])).fit()
    with pytest.raises(
        FileNotFoundError, match=r"no scenario\.json, configspace\.json, runhistory\.json"
    ):
        HyperSHAPExplainer(tmp_path / "nowhere").fit()
    with pytest.raises(FileNotFoundError, match="There are runs in"):
        read_trials(facade.scenario.output_directory.parent.parent)


def test_incomplete_files_are_refused(facade, tmp_path):
    folder = shutil.copytree(facade.scenario.output_directory, tmp_path / "copy")
    (folder / "runhistory.json").write_text('{"data": [')
    with pytest.raises(ValueError, match=r"runhistory\.json' is not a complete JSON file"):
        read_trials(folder)
    (folder / "scenario.json").unlink()
    with pytest.raises(FileNotFoundError, match=r"it has no scenario\.json\. A path must be"):
        read_trials(folder)


@pytest.mark.filterwarnings("ignore:.*trials failed:skhypershap.errors.TrialsWarning")
def test_files_of_older_versions_are_read(facade, known, tmp_path):
    """Before SMAC 2.3 a row was a list; ConfigSpace before 1.0 said default, not default_value."""
    folder = shutil.copytree(facade.scenario.output_directory, tmp_path / "copy")
    history = json.loads((folder / "runhistory.json").read_text())
    names = ["config_id", "instance", "seed", "budget", "cost", "time", "status", "starttime"]
    history["data"] = [[row[name] for name in names] for row in history["data"]]
    (folder / "runhistory.json").write_text(json.dumps(history))
    space = (folder / "configspace.json").read_text()
    (folder / "configspace.json").write_text(space.replace('"default_value"', '"default"'))
    check_same(read_trials(folder), known)


def test_stored_run_is_read(data_folder):
    """A genuine run of SMAC 2.0: its folder and its table have the same trials."""
    folder = data_folder / "smac3_mlp4"
    table = pd.read_csv(folder / "mlp_run_3.csv")
    trials = read_trials(folder / "raw_mlp_run_3")
    assert trials.scores == pytest.approx(table["cost"].to_numpy(), rel=1e-7)
    read = pd.DataFrame(trials.configs)
    for name in read:
        assert read[name].to_numpy() == pytest.approx(table[name].to_numpy(), rel=1e-7)
    read = HyperSHAPExplainer(str(folder / "raw_mlp_run_3"), random_state=0).fit()
    given = HyperSHAPExplainer(trials.space, direction="minimize", random_state=0)
    given.fit(table[list(trials.space)], table["cost"])
    assert read.surrogate_score_ == pytest.approx(given.surrogate_score_, abs=1e-3)
    assert read.baseline_["batch_size"] == 32
