"""Ray Tune's ResultGrid: one small real run with a scheduler and a failure, one without."""

from __future__ import annotations

import math
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from ConfigSpace import Categorical, ConfigurationSpace, Float, Integer
from scipy.stats import loguniform, randint

from skhypershap import HyperSHAPExplainer, read_trials
from skhypershap.errors import SpaceWarning, SurrogateWarning, TrialsWarning
from skhypershap.space.domains import domain_of

ray = pytest.importorskip("ray")
tune = pytest.importorskip("ray.tune")

FAILED = 0.09  # the learning rate that fails


@pytest.fixture(scope="module")
def fit():
    """Run trials in one process that they share, which takes seconds where many take minutes."""
    with tempfile.TemporaryDirectory() as folder:  # the sockets in it need a short name
        ray.init(
            num_cpus=1,
            include_dashboard=False,
            _temp_dir=f"{folder}/ray",
            logging_level="ERROR",
            log_to_driver=False,
        )

        def fit(train, param_space, **tune_config):
            return tune.Tuner(
                train,
                param_space=param_space,
                tune_config=tune.TuneConfig(reuse_actors=True, **tune_config),
                run_config=tune.RunConfig(storage_path=f"{folder}/runs", verbose=0),
            ).fit()

        yield fit
        ray.shutdown()


def make_param_space():
    return {
        "model": {"rate": tune.loguniform(1e-4, 1e-1), "layers": tune.randint(1, 5)},
        "activation": tune.choice(["relu", None, True]),
        "dropout": tune.quniform(0, 0.5, 0.25),
        "data": "train.csv",
    }


@pytest.fixture(scope="module")
def stopped(fit):
    """24 trials, most of them stopped early; the first one fails."""

    def train(config):
        rate, layers = config["model"]["rate"], config["model"]["layers"]
        if rate == FAILED:
            raise ValueError("too fast")
        for epoch in range(1, 5):
            loss = abs(math.log10(rate) + 2) + layers / epoch + config["dropout"]
            tune.report({"loss": loss, "test": {"accuracy": 1 / loss}, "note": "fine"})

    return fit(
        train,
        make_param_space(),
        metric="loss",
        mode="min",
        num_samples=24,
        search_alg=tune.search.BasicVariantGenerator(
            points_to_evaluate=[{"model": {"rate": FAILED, "layers": 4}}], random_state=0
        ),
        scheduler=tune.schedulers.ASHAScheduler(max_t=4, grace_period=1, reduction_factor=2),
    )


@pytest.fixture(scope="module")
def finished(fit):
    """12 trials of a Tuner that was told no metric, and of a space with a function in it."""

    def train(config):
        return {"accuracy": config["depth"] / 10 + config["width"] / 100}

    space = {
        "depth": tune.grid_search([1, 2, 3]),
        "width": tune.sample_from(lambda config: 10 * config["depth"]),
        "size": tune.qrandint(2, 8, 2),
        "trees": tune.lograndint(1, 100),
        "noise": tune.randn(0, 2),
        "block": tune.choice([{"kind": "a", "n": 1}, {"kind": "b"}]),
    }
    grid = fit(
        train,
        space,
        num_samples=4,
        search_alg=tune.search.BasicVariantGenerator(random_state=1),
    )
    return grid, space


def known(grid):
    """What Ray's own DataFrame says of the trials that went well."""
    table = grid.get_dataframe()
    return table[table["loss"].notna()]


NAMES = ["model/rate", "model/layers", "activation", "dropout"]


@pytest.mark.filterwarnings("ignore:.*trials failed:skhypershap.errors.TrialsWarning")
def test_trials_equal_those_of_rays_table(stopped):
    table = known(stopped)
    trials = read_trials(stopped, space=make_param_space())
    assert len(trials.configs) == len(table) == 23
    assert sorted(trials.space) == sorted(NAMES)
    for name in NAMES:
        values = table[f"config/{name}"].tolist()
        read = [config[name] for config in trials.configs]
        assert [value is None or value for value in read] == [v is None or v for v in values]
    assert {type(config["activation"]) for config in trials.configs} == {str, type(None), bool}
    assert trials.scores.tolist() == table["loss"].tolist()
    assert (trials.metric, trials.direction) == ("loss", "minimize")
    assert trials.default is None


@pytest.mark.filterwarnings("ignore:.*trials failed:skhypershap.errors.TrialsWarning")
def test_iterations_are_the_fidelity_where_trials_were_stopped(stopped):
    trials = read_trials(stopped, space=make_param_space())
    assert trials.fidelity.tolist() == known(stopped)["training_iteration"].tolist()
    assert len(set(trials.fidelity)) > 1
    explainer = HyperSHAPExplainer(
        stopped, space=make_param_space(), baseline="median", random_state=0
    ).fit()
    assert explainer.trials_["fidelity"].tolist() == trials.fidelity.tolist()
    assert explainer.incumbent_ == trials.configs[trials.incumbent]


def test_failed_trials_are_counted_and_left_out(stopped):
    assert stopped.num_errors == 1
    with pytest.warns(TrialsWarning, match="1 of 24 trials failed"):
        trials = read_trials(stopped, space=make_param_space())
    assert FAILED not in [config["model/rate"] for config in trials.configs]


@pytest.mark.filterwarnings("ignore:.*trials failed:skhypershap.errors.TrialsWarning")
def test_param_space_of_the_tuner_is_read(stopped):
    space = read_trials(stopped, space=make_param_space()).space
    rate = space["model/rate"]
    assert (rate.lower, rate.upper, rate.log) == pytest.approx((1e-4, 1e-1, True))
    assert (space["model/layers"].lower, space["model/layers"].upper) == (1, 4)
    assert domain_of(space["activation"]).values == ("relu", None, True)
    # round(u / 0.25) * 0.25 for u uniform on [0, 0.5]: the ends have half a step only.
    assert domain_of(space["dropout"]).values == (0, 0.25, 0.5)
    assert space["dropout"].probabilities == pytest.approx([0.25, 0.5, 0.25])


@pytest.mark.filterwarnings("ignore:.*trials failed:skhypershap.errors.TrialsWarning")
def test_explanation_equals_that_of_its_trials(stopped):
    trials = read_trials(stopped, space=make_param_space())
    read = HyperSHAPExplainer(
        stopped, space=make_param_space(), baseline="median", random_state=0
    ).fit()
    given = HyperSHAPExplainer(
        trials.space, direction="minimize", baseline="median", random_state=0
    ).fit(trials.configs, trials.scores, fidelity=trials.fidelity)
    games = ["tunability", "ablation"]
    pd.testing.assert_frame_equal(read.explain(games), given.explain(games))


@pytest.mark.filterwarnings("ignore:.*trials failed:skhypershap.errors.TrialsWarning")
def test_other_kinds_of_space_are_read(stopped):
    """What never varies, as the path of the data, need not be in a space that is given."""
    own = read_trials(stopped, space=make_param_space())
    space = ConfigurationSpace()
    space.add(
        Float("model/rate", (1e-4, 1e-1), log=True),
        Integer("model/layers", (1, 4)),
        Categorical("activation", ["relu", None, True]),
        Float("dropout", (0.0, 0.5)),
    )
    values = {
        "model/rate": loguniform(1e-4, 1e-1),
        "model/layers": randint(1, 5),
        "activation": ["relu", None, True],
        "dropout": [0, 0.25, 0.5],
    }
    for given in (space, values):
        assert read_trials(stopped, space=given).configs == own.configs
    del values["dropout"]
    with pytest.raises(ValueError, match=r"first in number 0: 'dropout'"):
        read_trials(stopped, space=values)


@pytest.mark.filterwarnings("ignore:.*trials failed:skhypershap.errors.TrialsWarning")
def test_space_is_inferred_without_one(stopped):
    with pytest.warns(SpaceWarning, match="inferred from the 24 trials"):
        trials = read_trials(stopped)
    assert {config["data"] for config in trials.configs} == {"train.csv"}
    assert trials.space["data"].size == 1
    assert trials.scores.tolist() == known(stopped)["loss"].tolist()


@pytest.mark.filterwarnings("ignore:.*trials failed:skhypershap.errors.TrialsWarning")
def test_other_metrics_need_a_direction(stopped):
    options = {"space": make_param_space(), "metric": "test/accuracy"}
    with pytest.raises(ValueError, match="has no direction for 'test/accuracy': pass direction="):
        read_trials(stopped, **options)
    trials = read_trials(stopped, **options, direction="maximize")
    assert trials.scores.tolist() == known(stopped)["test/accuracy"].tolist()
    times = read_trials(stopped, space=make_param_space(), metric="time_total_s")
    assert times.scores.tolist() == known(stopped)["time_total_s"].tolist()
    assert times.direction == "minimize"
    for wrong in ("test/acuracy", "note", "config/dropout"):
        with pytest.raises(ValueError, match=f"Unknown metric '{wrong}'.*'test/accuracy'"):
            HyperSHAPExplainer(stopped, metric=wrong).fit()


def test_tuner_without_a_metric_needs_one(finished):
    grid, space = finished
    with pytest.raises(ValueError, match=r"no metric in its TuneConfig.*metric=: 'accuracy'"):
        HyperSHAPExplainer(grid, space=space).fit()
    with pytest.raises(ValueError, match="direction='maximize' or direction='minimize'"):
        HyperSHAPExplainer(grid, space=space, metric="accuracy").fit()


def test_every_kind_of_entry_is_read(finished):
    grid, space = finished
    with pytest.warns(
        SpaceWarning, match=r"inferred from the 12 trials \(width: one of 10, 20, 30"
    ):
        trials = read_trials(grid, space=space, metric="accuracy", direction="maximize")
    assert trials.configs == [result.config for result in grid]
    assert trials.fidelity is None
    assert domain_of(trials.space["block"]).values == ({"kind": "a", "n": 1}, {"kind": "b"})
    assert domain_of(trials.space["depth"]).values == (1, 2, 3)
    assert domain_of(trials.space["size"]).values == (2, 4, 6, 8)
    assert trials.space["size"].probabilities == pytest.approx(np.full(4, 0.25))
    trees = trials.space["trees"]
    assert (trees.lower, trees.upper, trees.log) == (1, 99, True)
    noise = domain_of(trials.space["noise"]).distribution
    assert (noise.mean(), noise.std()) == pytest.approx((0, 2))


def test_steps_have_the_probabilities_of_ray():
    """Against 20,000 draws of Ray's own: an error of 0.015 is more than four standard errors."""
    from skhypershap.trials.readers.ray_tune import _hyperparameter

    domains = {
        "quniform": tune.quniform(0, 2, 0.5),
        "qloguniform": tune.qloguniform(1, 9, 1),
        "qrandint": tune.qrandint(3, 12, 3),
        "qrandint by one": tune.qrandint(3, 12, 1),
        "qlograndint": tune.qlograndint(2, 12, 2),
        "qrandn": tune.qrandn(0, 1, 0.5),
        "randint": tune.randint(3, 6),
    }
    for name, domain in domains.items():
        hyperparameter = _hyperparameter(name, domain)
        drawn = domain.sample(size=20_000, random_state=0)
        values, counts = np.unique(np.asarray(drawn), return_counts=True)
        assert not np.isnan(domain_of(hyperparameter).encode(values.tolist())).any(), name
        if hasattr(hyperparameter, "probabilities"):
            expected = dict(
                zip(domain_of(hyperparameter).values, hyperparameter.probabilities, strict=True)
            )
            for value, count in zip(values, counts, strict=True):
                assert expected[value] == pytest.approx(count / 20_000, abs=0.015), name
        else:
            ends = (hyperparameter.lower, hyperparameter.upper)
            assert ends == (values.min(), values.max()), name


def test_no_successful_trial_is_refused(fit):
    def train(config):
        raise ValueError("never")

    grid = fit(train, {"a": tune.uniform(0, 1)}, num_samples=1, metric="loss", mode="min")
    with pytest.raises(ValueError, match="no trial that ended without an error"):
        HyperSHAPExplainer(grid, space={"a": [0.0, 1.0]}).fit()


def test_few_trials_give_a_warning(fit):
    grid = fit(
        lambda config: {"loss": config["a"]},
        {"a": tune.uniform(0, 1)},
        num_samples=2,
        metric="loss",
        mode="max",
    )
    with pytest.warns(SurrogateWarning):
        explainer = HyperSHAPExplainer(
            grid, space={"a": loguniform(1e-9, 1)}, baseline="median"
        ).fit()
    assert explainer.explain().attrs["direction"] == "maximize"


@pytest.mark.filterwarnings("ignore:.*trials failed:skhypershap.errors.TrialsWarning")
class TestOtherFormsOfARun:
    """The analysis, the table and the folder of a run hold the trials that its ResultGrid has."""

    @staticmethod
    def check_same(found, expected, n_failed=1):
        key = {
            str(config): score
            for config, score in zip(expected.configs, expected.scores, strict=True)
        }
        assert {str(c): s for c, s in zip(found.configs, found.scores, strict=True)} == key
        assert sorted(found.fidelity.tolist()) == sorted(expected.fidelity.tolist())
        assert str(found.space) == str(expected.space)
        assert found.direction == expected.direction
        assert len(found.failed) == n_failed

    def test_analysis(self, stopped):
        analysis = stopped._experiment_analysis
        assert isinstance(analysis, tune.ExperimentAnalysis)
        expected = read_trials(stopped, space=make_param_space())
        self.check_same(read_trials(analysis, space=make_param_space()), expected)
        assert read_trials(analysis, space=make_param_space(), metric=0).metric == "loss"

    def test_table(self, stopped):
        expected = read_trials(stopped, space=make_param_space())
        passed = {"space": make_param_space(), "metric": "loss", "direction": "minimize"}
        # Ray's table lacks trials that reported nothing.
        self.check_same(read_trials(stopped.get_dataframe(), **passed), expected, n_failed=0)
        table = read_trials(stopped.get_dataframe(), **{**passed, "metric": "test/accuracy"})
        assert table.scores == pytest.approx([1 / score for score in expected.scores])

    def test_folder(self, stopped):
        expected = read_trials(stopped, space=make_param_space())
        passed = {"space": make_param_space(), "metric": "loss", "direction": "minimize"}
        self.check_same(read_trials(stopped.experiment_path, **passed), expected)
        self.check_same(read_trials(Path(stopped.experiment_path), **passed), expected)
        with pytest.raises(ValueError, match="pass direction="):
            read_trials(stopped.experiment_path, metric="loss")
