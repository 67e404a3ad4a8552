"""hyperopt's Trials with a nested space: values, conditions and probabilities as fmin had them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from ConfigSpace import Categorical, ConfigurationSpace, Float
from scipy.stats import loguniform, randint

from skhypershap import HyperSHAPExplainer, read_trials
from skhypershap.errors import SpaceWarning, TrialsWarning
from skhypershap.space.domains import domain_of

hyperopt = pytest.importorskip("hyperopt")
from hyperopt import hp  # noqa: E402
from hyperopt.pyll import scope  # noqa: E402


def make_space():
    """Three models in one choice, two of which share C; a kernel decides on gamma."""
    shared = hp.loguniform("C", -5, 5)
    return {
        "model": hp.choice(
            "model",
            [
                {
                    "type": "svm",
                    "C": shared,
                    "kernel": hp.choice(
                        "kernel",
                        ["linear", ("rbf", hp.lognormal("gamma", 0, 1)), hp.normal("a", 0, 1)],
                    ),
                },
                {
                    "type": "linear",
                    "C": shared,
                    "penalty": hp.choice("penalty", ["l1", None, [1, 2]]),
                },
                {
                    "type": "forest",
                    "depth": scope.int(hp.quniform("depth", 1, 4, 1)),
                    "trees": hp.choice("trees", [100, 10, 1000]),
                    "features": hp.pchoice("features", [(0.2, "sqrt"), (0.8, None)]),
                    "leaf": hp.randint("leaf", 3, 7),
                },
            ],
        ),
        "share": hp.uniform("share", 0, 1),
        "jobs": 3,
    }


def loss(config):
    model = config["model"]
    if model["type"] == "forest":
        if model["depth"] == 4:
            return {"status": hyperopt.STATUS_FAIL}
        value = model["depth"] + model["leaf"] / 10 + np.log10(model["trees"])
    else:
        value = np.log(model["C"]) ** 2 / 10 + config["share"]
    return {"status": hyperopt.STATUS_OK, "loss": value, "seconds": 2.0 * value, "name": "x"}


def minimize(objective, space, n_trials, algorithm=hyperopt.rand, **options):
    trials = hyperopt.Trials()
    hyperopt.fmin(
        objective,
        space,
        algo=algorithm.suggest,
        max_evals=n_trials,
        trials=trials,
        rstate=np.random.default_rng(0),
        show_progressbar=False,
        verbose=False,
        **options,
    )
    return trials


@pytest.fixture(scope="module")
def source():
    return minimize(loss, make_space(), 80, hyperopt.tpe)


@pytest.fixture(scope="module")
def simple():
    space = {
        "kernel": hp.choice("kernel", ["poly", "linear", "rbf"]),
        "C": hp.loguniform("C", -5, 5),
        "degree": hp.randint("degree", 2, 5),
    }
    return space, minimize(lambda config: np.log(config["C"]) ** 2, space, 30)


def ended_well(source):
    return [trial for trial in source.trials if trial["result"]["status"] == "ok"]


OPTIONS = {
    "model": ["svm", "linear", "forest"],
    "kernel": [0, 1, 2],  # no text tells all three apart
    "penalty": ["l1", None, (1, 2)],  # hyperopt itself hands a list on as a tuple
    "trees": [100, 10, 1000],
    "features": ["sqrt", None],
}


def known(source):
    """Configurations by hyperopt's own `vals`, and losses, of the trials that went well."""
    trials = ended_well(source)
    drawn = [
        {label: value[0].item() for label, value in trial["misc"]["vals"].items() if value}
        for trial in trials
    ]
    configs = [
        {label: OPTIONS[label][v] if label in OPTIONS else v for label, v in config.items()}
        for config in drawn
    ]
    return configs, [trial["result"]["loss"] for trial in trials]


@pytest.mark.filterwarnings("ignore:.*trials failed:skhypershap.errors.TrialsWarning")
def test_trials_equal_those_of_hyperopt(source):
    configs, losses = known(source)
    trials = read_trials(source, space=make_space())
    assert trials.configs == configs  # inactive labels are absent in both
    assert trials.scores.tolist() == losses
    assert (trials.metric, trials.direction) == ("loss", "minimize")
    assert trials.default is None
    assert trials.fidelity is None
    types = {(name, type(value)) for config in trials.configs for name, value in config.items()}
    assert {kind for name, kind in types if name in ("depth", "leaf", "trees", "kernel")} == {int}
    assert ("share", float) in types


@pytest.mark.filterwarnings("ignore:.*trials failed:skhypershap.errors.TrialsWarning")
def test_configs_equal_what_the_objective_got(source):
    trials = read_trials(source, space=make_space())
    for trial, config in zip(ended_well(source), trials.configs, strict=True):
        point = {label: value[0] for label, value in trial["misc"]["vals"].items() if value}
        seen = hyperopt.space_eval(make_space(), point)
        assert seen["share"] == config["share"]
        for name in {"C", "penalty", "depth", "trees", "features", "leaf"} & set(config):
            assert seen["model"][name] == config[name]
        assert seen["model"]["type"] == config["model"]


def test_failed_trials_are_counted_and_left_out(source):
    failed = 80 - len(ended_well(source))
    assert failed > 0
    with pytest.warns(TrialsWarning, match=f"{failed} of 80 trials failed"):
        read_trials(source, space=make_space())


@pytest.mark.filterwarnings("ignore:.*trials failed:skhypershap.errors.TrialsWarning")
def test_conditions_follow_the_nesting_of_choices(source):
    space = read_trials(source, space=make_space()).space
    conditions = {
        condition.child.name: (condition.parent.name, set(condition.values))
        for condition in space.conditions
    }
    assert conditions == {
        "C": ("model", {"svm", "linear"}),
        "kernel": ("model", {"svm"}),
        "gamma": ("kernel", {1}),
        "a": ("kernel", {2}),
        "penalty": ("model", {"linear"}),
        **dict.fromkeys(["depth", "trees", "features", "leaf"], ("model", {"forest"})),
    }


@pytest.mark.filterwarnings("ignore:.*trials failed:skhypershap.errors.TrialsWarning")
def test_domains_follow_the_distributions(source):
    space = read_trials(source, space=make_space()).space
    assert (space["C"].lower, space["C"].upper) == pytest.approx((np.exp(-5), np.exp(5)))
    assert space["C"].log
    assert (space["leaf"].lower, space["leaf"].upper) == (3, 6)
    assert domain_of(space["depth"]).values == (1, 2, 3, 4)
    # round(u) for u uniform on [1, 4]: the ends have half a step only.
    assert space["depth"].probabilities == pytest.approx([1 / 6, 1 / 3, 1 / 3, 1 / 6])
    assert domain_of(space["trees"]).values == (10, 100, 1000)  # numbers are ordered
    assert domain_of(space["features"]).values == ("sqrt", None)
    assert space["features"].probabilities == pytest.approx([0.2, 0.8])
    gamma = domain_of(space["gamma"]).distribution
    assert (gamma.median(), gamma.mean()) == pytest.approx((1, np.exp(0.5)))
    a = domain_of(space["a"]).distribution
    assert (a.mean(), a.std()) == pytest.approx((0, 1))


@pytest.mark.filterwarnings("ignore:.*trials failed:skhypershap.errors.TrialsWarning")
def test_explanation_equals_that_of_its_trials(source):
    trials = read_trials(source, space=make_space())
    read = HyperSHAPExplainer(source, space=make_space(), baseline="median", random_state=0).fit()
    given = HyperSHAPExplainer(
        trials.space, direction="minimize", baseline="median", random_state=0
    ).fit(trials.configs, trials.scores)
    games = ["tunability", "ablation"]
    pd.testing.assert_frame_equal(read.explain(games), given.explain(games))


def test_trials_that_raised_are_counted(simple):
    space, _ = simple

    def objective(config):
        if config["kernel"] == "rbf":
            raise ValueError("no rbf")
        return np.log(config["C"]) ** 2

    source = minimize(objective, space, 30, catch_eval_exceptions=True)
    n_raised = 30 - len(source.trials)
    with pytest.warns(TrialsWarning, match=f"^{n_raised} trials raised an error"):
        trials = read_trials(source, space=space)
    assert {config["kernel"] for config in trials.configs} == {"poly", "linear"}


def deep(b):
    """A choice in two options of another one, and a label that three choices hold."""
    inner = hp.choice("inner", [{"b": b}, {"c": hp.uniform("c", 0, 1)}])
    return [
        {"x": inner, "d": hp.uniform("d", 0, 1)},
        {"x": inner, "e": hp.choice("e", [b, 1.0])},
        {"x": 2.0},
    ]


@pytest.mark.parametrize("algorithm", ["rand", "tpe", "anneal"])
def test_active_hyperparameters_are_those_that_hyperopt_drew(algorithm):
    b = hp.uniform("b", 0, 1)
    space = [hp.choice("outer", deep(b)), hp.pchoice("top", [(0.5, b), (0.5, 3)])]
    source = minimize(
        lambda config: float(len(str(config))), space, 60, getattr(hyperopt, algorithm)
    )
    trials = read_trials(source, space=space)
    drawn = [
        {label for label, value in trial["misc"]["vals"].items() if value}
        for trial in source.trials
    ]
    assert [set(config) for config in trials.configs] == drawn
    assert len(set(map(frozenset, drawn))) > 5
    assert [str(condition) for condition in trials.space.conditions] == [
        "d | outer in {0}",
        "e | outer in {1}",
        "inner | outer in {0, 1}",
        "(b | e in {0} || b | inner in {0} || b | top in {0})",
        "c | inner in {1}",
    ]


def test_hyperparameter_in_every_option_is_unconditional():
    rate = hp.uniform("rate", 0, 1)
    space = hp.choice("kind", [{"rate": rate}, {"rate": rate, "more": hp.uniform("more", 0, 1)}])
    source = minimize(lambda config: config["rate"], space, 20)
    conditions = read_trials(source, space=space).space.conditions
    assert [condition.child.name for condition in conditions] == ["more"]


def test_steps_have_the_probabilities_of_hyperopt():
    """Against 2,000 draws of hyperopt's own: 0.05 is more than four standard errors."""
    from hyperopt.pyll.stochastic import sample

    space = {
        "quniform": hp.quniform("quniform", 0.3, 2, 0.5),
        "qloguniform": hp.qloguniform("qloguniform", 0, 2, 1),
        "qnormal": hp.qnormal("qnormal", 1, 2, 0.5),
        "qlognormal": hp.qlognormal("qlognormal", 0, 1, 1),
        "uniformint": hp.uniformint("uniformint", 2, 5),
        "pchoice": hp.pchoice("pchoice", [(0.7, 5), (0.1, 1), (0.2, 3)]),
    }
    source = minimize(lambda config: config["quniform"], space, 10)
    own = read_trials(source, space=space).space
    drawn = [sample(space, np.random.default_rng(seed)) for seed in range(2_000)]
    for name in space:
        domain = domain_of(own[name])
        expected = dict(zip(domain.values, own[name].probabilities, strict=True))
        assert sum(expected.values()) == pytest.approx(1)
        values, counts = np.unique([point[name] for point in drawn], return_counts=True)
        for value, count in zip(values.tolist(), counts, strict=True):
            assert expected[value] == pytest.approx(count / len(drawn), abs=0.05), name


def test_many_steps_become_a_range():
    space = {
        "epochs": hp.uniformint("epochs", 1, 5000),
        "units": hp.qloguniform("units", 2, 10, 2),
        "step": hp.quniform("step", 0, 1000, 0.3),
    }
    source = minimize(lambda config: config["epochs"], space, 20)
    trials = read_trials(source, space=space)
    assert (trials.space["epochs"].lower, trials.space["epochs"].upper) == (1, 5000)
    assert {type(config["epochs"]) for config in trials.configs} == {int}
    # exp(2) = 7.39 and exp(10) = 22026.47, rounded to even numbers; 1000 / 0.3 = 3333.3
    assert (trials.space["units"].lower, trials.space["units"].upper) == (8, 22026)
    assert trials.space["units"].log
    assert trials.space["step"].upper == pytest.approx(999.9)


def test_choice_indices_are_read_with_other_kinds_of_space(simple):
    """An index counts in the order of the list, as in hp.choice, though the space may sort it."""
    space, source = simple
    own = read_trials(source, space=space)
    values = {
        "kernel": ["poly", "linear", "rbf"],
        "C": loguniform(1e-3, 1e3),
        "degree": randint(2, 5),
    }
    assert read_trials(source, space=values).configs == own.configs
    explained = ConfigurationSpace({"degree": (2, 4)})
    explained.add(Float("C", (1e-3, 1e3), log=True), Categorical("kernel", values["kernel"]))
    assert read_trials(source, space=explained).configs == own.configs
    numbers = read_trials(source, space={**values, "kernel": [300, 100, 200]})
    by_name = {"poly": 300, "linear": 100, "rbf": 200}
    assert [config["kernel"] for config in numbers.configs] == [
        by_name[config["kernel"]] for config in own.configs
    ]


def test_choices_are_indices_without_a_space(simple):
    _, source = simple
    with pytest.warns(SpaceWarning, match="inferred from the 30 trials"):
        trials = read_trials(source)
    assert [config["kernel"] for config in trials.configs] == source.vals["kernel"]
    with pytest.warns(SpaceWarning):
        HyperSHAPExplainer(source, baseline="worst", random_state=0).fit().explain()


@pytest.mark.filterwarnings("ignore:.*trials failed:skhypershap.errors.TrialsWarning")
def test_other_metrics_need_a_direction(source):
    with pytest.raises(
        ValueError, match="the direction of 'seconds' is not known: pass direction="
    ):
        read_trials(source, space=make_space(), metric="seconds")
    trials = read_trials(source, space=make_space(), metric="seconds", direction="maximize")
    assert trials.scores == pytest.approx([2 * value for value in known(source)[1]])
    assert trials.maximize
    with pytest.raises(ValueError, match=r"Unknown metric 'los'\. Did you mean 'loss'\?"):
        HyperSHAPExplainer(source, space=make_space(), metric="los").fit()


def test_mistakes_raise_clear_errors(simple):
    _, source = simple
    with pytest.raises(ValueError, match="no finished trial, and 0 that raised"):
        HyperSHAPExplainer(hyperopt.Trials()).fit()
    renamed = {"kernel": hp.choice("kernels", [1, 2, 3]), "C": hp.loguniform("C", -5, 5)}
    with pytest.raises(ValueError, match=r"first in number 0: 'kernel'\. Did you mean 'kernels'"):
        read_trials(source, space=[renamed, hp.randint("degree", 2, 5)])
    narrow = {"kernel": ["poly", "linear", "rbf"], "C": loguniform(1, 1e3), "degree": randint(2, 5)}
    with pytest.raises(ValueError, match="of 30 values of 'C' are outside the space"):
        read_trials(source, space=narrow)
    with pytest.raises(ValueError, match=r"chose option 2 of 'kernel', but space= has 2 values"):
        read_trials(source, space={**narrow, "kernel": ["poly", "linear"]})
    with pytest.raises(ValueError, match=r"of 'degree'.*scipy\.stats\.randint"):
        read_trials(source, space={**narrow, "degree": [2, 3, 4]})
