"""Shared by test modules: the obvious twin of the kernels, small surrogates, spaces and trials."""

from __future__ import annotations

import itertools
import os
from importlib.util import find_spec
from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from ConfigSpace import (
    AndConjunction,
    Beta,
    Categorical,
    ConfigurationSpace,
    Constant,
    EqualsCondition,
    Float,
    ForbiddenAndConjunction,
    ForbiddenEqualsClause,
    ForbiddenGreaterThanClause,
    ForbiddenGreaterThanRelation,
    ForbiddenInClause,
    GreaterThanCondition,
    InCondition,
    Integer,
    LessThanCondition,
    Normal,
    NotEqualsCondition,
    OrConjunction,
    OrdinalHyperparameter,
)
from scipy.stats import loguniform
from sklearn.model_selection import RandomizedSearchCV
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeRegressor

from skhypershap import HyperSHAPExplainer, read_trials
from skhypershap.optimizers import optuna
from skhypershap.space.conditions import Legality
from skhypershap.space.distributions import hyperparameter_from
from skhypershap.space.encoding import decode
from skhypershap.space.sampling import enumerate_vectors, sample_vectors
from skhypershap.surrogate.blends import Blends
from skhypershap.surrogate.fitting import SurrogateSpec

matplotlib.use("Agg")

DATA = Path(os.environ.get("SKHYPERSHAP_DATA", Path(__file__).parents[2] / "shared" / "data"))


def needs(library):
    """Mark tests that are skipped where an optional library is not installed."""
    return pytest.mark.skipif(find_spec(library) is None, reason=f"{library} is not installed")


# Examples in docstrings that need one.
EXAMPLES = {
    "skhypershap.integrations.optuna.StopWhenSettled": "optuna",
    "skhypershap.optimizers.optuna_samplers.optuna": "optuna",
    "skhypershap.styling.style": "jinja2",
}


def pytest_collection_modifyitems(items):
    for item in items:
        if item.name in EXAMPLES:
            item.add_marker(needs(EXAMPLES[item.name]))


@pytest.fixture(autouse=True)
def _close_figures():
    """An open figure would be the current one of the next test that draws without saying where."""
    yield
    plt.close("all")


@pytest.fixture
def data_folder():
    if not DATA.is_dir():
        pytest.skip("the real tuning results are not here; point SKHYPERSHAP_DATA to them")
    return DATA


@pytest.fixture
def mixed_space():
    """Float, log float, integer, ordinal and categorical hyperparameters."""
    space = ConfigurationSpace()
    space.add(
        Float("alpha", (0.0, 1.0)),
        Float("learning_rate", (1e-4, 1e-1), log=True),
        Integer("depth", (1, 12)),
        OrdinalHyperparameter("units", [8, 16, 32, 64]),
        Categorical("kernel", ["linear", "poly", "rbf"]),
    )
    return space


def mixed_score(config):
    """A smooth function with interactions, for configurations of `mixed_space`."""
    bonus = {"linear": 0.0, "poly": 0.3, "rbf": 0.5}[config["kernel"]]
    rate = np.log10(config["learning_rate"])
    return (
        np.sin(3 * config["alpha"])
        + bonus * config["alpha"]
        - 0.1 * (rate + 2.5) ** 2
        + 0.02 * config["depth"] * np.log2(config["units"]) / 3
    )


@pytest.fixture
def mixed_trials(mixed_space):
    """80 configurations as dicts, and their scores."""
    mixed_space.seed(1)
    configs = [dict(config) for config in mixed_space.sample_configuration(80)]
    return configs, np.array([mixed_score(config) for config in configs])


def twin_scores(predict, candidates, baseline, player_of_column):
    """Scores of shape (2^d, n_candidates): blend, predict, coalition by coalition."""
    n_players = max(player_of_column) + 1
    rows = []
    for number in range(2**n_players):
        blend = np.tile(baseline, (len(candidates), 1))
        for column, player in enumerate(player_of_column):
            if player >= 0 and number >> player & 1:
                blend[:, column] = candidates[:, column]
        rows.append(predict(blend))
    return np.array(rows)


def tree_problem(seed=0, n_trials=60, n_columns=5):
    """Vectors of floats, ranks and categories, as the surrogate sees them, and scores."""
    random = np.random.default_rng(seed)
    vectors = random.random((n_trials, n_columns))
    vectors[:, 1] = random.integers(0, 3, n_trials)
    vectors[:, 2] = np.round(vectors[:, 2], 1)
    scores = 5 + np.sin(6 * vectors[:, 0]) * vectors[:, 1] + vectors[:, 2] * vectors[:, 3]
    return vectors, scores


def fitted_surrogate(model, vectors, scores):
    """A surrogate on floats in [0, 1]."""
    n = vectors.shape[1]
    space = ConfigurationSpace({f"x{i:03}": (0.0, 1.0) for i in range(n)})
    return SurrogateSpec(model, vectors, scores, Legality(space, np.full(n, 0.5))).fit(seed=0)


def scores_of_blends(surrogate, candidates, baseline, player_of_column, n_jobs=None):
    """Scores of shape (2^d, n_candidates) from the blocks of a surrogate."""
    blends = Blends(candidates, baseline, np.asarray(player_of_column))
    scores = np.full((blends.n_coalitions, len(candidates)), np.nan)
    for block in surrogate.coalition_blocks(blends, n_jobs=n_jobs):
        rows = np.arange(len(scores))[block.coalitions]
        scores[np.ix_(rows, block.candidates)] = block.scores
    return scores


def coalitions(n_players):
    """All coalitions as tuples, by size and then by position."""
    players = range(n_players)
    return [s for size in range(n_players + 1) for s in itertools.combinations(players, size)]


def bits(coalition):
    return sum(1 << player for player in coalition)


class Recorder:
    """An objective for optimizers that keeps the configurations it evaluates."""

    def __init__(self, score):
        self.score, self.configs, self.calls = score, [], 0

    def __call__(self, configs):
        self.calls += 1
        self.configs += [dict(config) for config in configs]
        return np.array([self.score(config) for config in configs], dtype=float)


def numbers_space(names="abc", upper=4, default=2):
    """Integers from 0 to `upper`."""
    space = ConfigurationSpace()
    space.add([Integer(name, (0, upper), default=default) for name in names])
    return space


def optuna_optimizers():
    """Optimizers of several Optuna samplers; skips the test where Optuna is not installed."""
    samplers = pytest.importorskip("optuna").samplers
    sampled = [samplers.TPESampler(multivariate=True), samplers.RandomSampler()]
    sampled.append(samplers.NSGAIISampler(population_size=5))
    return [optuna(), *map(optuna, sampled)]


def space_of_sources(sources):
    """A space from, for each name, a list of what its values come from."""
    space = ConfigurationSpace()
    space.add([hyperparameter_from(name, parts) for name, parts in sources.items()])
    return space


def chain_space():
    """Conditions on conditions: kernel, gamma, coef, deep."""
    space = ConfigurationSpace()
    kernel = Categorical("kernel", ["linear", "poly", "rbf", "sigmoid"], default="rbf")
    gamma = Float("gamma", (1e-3, 1.0), log=True, default=0.5)
    coef = Float("coef", (0.0, 1.0))
    deep = Integer("deep", (1, 6))
    space.add(kernel, gamma, coef, deep)
    space.add(InCondition(gamma, kernel, ["poly", "rbf"]), GreaterThanCondition(coef, gamma, 0.05))
    space.add(LessThanCondition(deep, coef, 0.6))
    return space


def all_conditions_space():
    """All kinds of hyperparameters and conditions."""
    space = ConfigurationSpace()
    layers = Integer("layers", (1, 5))
    units = OrdinalHyperparameter("units", [8, 16, 32])
    rate = Float("rate", (0.0, 1.0), distribution=Normal(0.5, 0.2))
    decay = Float("decay", (0.0, 1.0), distribution=Beta(2, 3))
    solver = Categorical("solver", ["sgd", "adam", "lbfgs"], weights=[1, 2, 3])
    momentum = Float("momentum", (0.0, 1.0))
    space.add(layers, units, rate, decay, solver, momentum, Constant("epochs", 10))
    space.add(
        GreaterThanCondition(units, layers, 2),
        OrConjunction(EqualsCondition(rate, solver, "sgd"), GreaterThanCondition(rate, units, 8)),
        NotEqualsCondition(decay, solver, "lbfgs"),
        AndConjunction(
            EqualsCondition(momentum, solver, "sgd"),
            OrConjunction(
                LessThanCondition(momentum, layers, 4), InCondition(momentum, units, [32])
            ),
        ),
    )
    return space


def forbidding_space():
    """The chain with two forbidden clauses."""
    space = chain_space()
    linear = ForbiddenEqualsClause(space["kernel"], "poly")
    space.add(ForbiddenAndConjunction(linear, ForbiddenGreaterThanClause(space["gamma"], 0.2)))
    space.add(
        ForbiddenAndConjunction(
            ForbiddenInClause(space["deep"], [5, 6]), ForbiddenEqualsClause(space["kernel"], "rbf")
        )
    )
    return space


def related_space():
    """A conditional child in a relation: low must not be above high."""
    space = ConfigurationSpace({"low": (0.0, 1.0), "high": (0.0, 1.0), "c": ["x", "y"]})
    space.add(EqualsCondition(space["high"], space["c"], "x"))
    space["low"].default_value = 0.2
    space.add(ForbiddenGreaterThanRelation(space["low"], space["high"]))
    return space


CONDITIONAL_SPACES = {
    "chain": chain_space,
    "mixed": all_conditions_space,
    "forbidding": forbidding_space,
    "related": related_space,
}


def memorised(space, score, **arguments):
    """An explainer whose surrogate equals `score` on every legal configuration of a finite space."""
    vectors, _ = enumerate_vectors(space, 1000)
    configs = decode(space, vectors)
    model = DecisionTreeRegressor(random_state=0)
    explainer = HyperSHAPExplainer(space, surrogate=model, random_state=0, **arguments)
    return explainer.fit(configs, [score(config) for config in configs])


def values_of(explainer, game="tunability", **arguments):
    table = explainer.coalition_values(game, **arguments)
    return dict(zip(table["coalition"], table["value"], strict=True))


def score_of(config):
    """A smooth function of whatever a configuration has."""
    terms = {
        name: len(value) if isinstance(value, str) else float(value)
        for name, value in config.items()
    }
    return sum(np.sin(3 * value) for value in terms.values()) + 2 * terms.get("gamma", 0.3)


def fitted(make, model=None, **arguments):
    """An explainer of 120 trials of one of the conditional spaces."""
    space = make()
    space.seed(0)
    vectors = sample_vectors(space, 120, 1)
    configs = decode(space, vectors)
    arguments = {"n_samples": 60, "random_state": 0, **arguments}
    return HyperSHAPExplainer(space, surrogate=model, **arguments).fit(
        configs, [score_of(config) for config in configs]
    )


def results_of(search, scores=None, **columns):
    """Give a search the `cv_results_` that it would have, without running it."""
    from sklearn.model_selection import ParameterGrid, ParameterSampler

    if hasattr(search, "param_grid"):
        params = list(ParameterGrid(search.param_grid))
    else:
        params = list(ParameterSampler(search.param_distributions, search.n_iter, random_state=0))
    scores = np.linspace(0, 1, len(params)) if scores is None else np.asarray(scores, dtype=float)
    times = np.linspace(1, 2, len(params))
    search.cv_results_ = {"params": params, "mean_fit_time": times, "mean_score_time": times / 9}
    search.cv_results_.update(columns or {"mean_test_score": scores})
    return search


def run_study(objective, n_trials=40, **options):
    """Run an objective with Optuna's random sampler; skips the test where it is not installed."""
    optuna = pytest.importorskip("optuna")
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0), **options)
    study.optimize(objective, n_trials=n_trials, catch=(ArithmeticError,))
    return study


def bowl(trial):
    """An objective of Optuna with two hyperparameters, best at x = 0 and y = 0.1."""
    x, y = trial.suggest_float("x", -1, 1), trial.suggest_float("y", 1e-3, 1, log=True)
    return x**2 + (np.log10(y) + 1) ** 2


def assert_explained_as_its_trials(study, **parameters):
    """A study is explained as a space with the same trials is."""
    explainer = HyperSHAPExplainer(study, baseline="median", random_state=0, **parameters).fit()
    trials = read_trials(study, **parameters)
    own = HyperSHAPExplainer(
        trials.space, direction=trials.direction, baseline="median", random_state=0
    )
    own.fit(trials.configs, trials.scores, fidelity=trials.fidelity)
    games = ["tunability", "ablation"]
    pd.testing.assert_frame_equal(explainer.explain(games), own.explain(games))
    pd.testing.assert_frame_equal(explainer.trials_, own.trials_)
    return explainer


def kernel_table(n=40):
    """A table of trials in which gamma is there where the kernel is rbf."""
    rng = np.random.default_rng(0)
    kernel = rng.choice(["linear", "rbf"], n)
    gamma = np.where(kernel == "rbf", 10 ** rng.uniform(-4, 1, n), np.nan)
    frame = pd.DataFrame({"kernel": kernel, "gamma": gamma, "C": rng.integers(1, 100, n)})
    frame["score"] = np.nan_to_num(np.log10(gamma), nan=-2) + 0.01 * frame["C"]
    return frame


def iris_svc_search(**arguments):
    """A random search over three hyperparameters of an SVC; its defaults lie inside the space."""
    space = {"C": loguniform(1e-3, 1e3), "gamma": loguniform(1e-4, 1e1), "kernel": ["rbf", "poly"]}
    return RandomizedSearchCV(SVC(gamma=0.1), space, n_iter=40, random_state=0, **arguments)
