"""What always failed is forbidden: tables are those with the clause written by hand."""

import warnings
from contextlib import nullcontext

import numpy as np
import pandas as pd
import pytest
from ConfigSpace import (
    Categorical,
    ConfigurationSpace,
    Float,
    ForbiddenAndConjunction,
    ForbiddenEqualsClause,
)
from scipy.stats import uniform
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import load_iris
from sklearn.exceptions import FitFailedWarning
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV

from skhypershap import HyperSHAPExplainer, explain_jointly, read_trials
from skhypershap.errors import BaselineWarning, SurrogateWarning, TrialsWarning
from skhypershap.space.conditions import violates
from skhypershap.space.encoding import encode
from skhypershap.trials.inferred_clauses import still_forbidden

BASELINE = {"a": "p", "b": "u", "x": 0.5}
pytestmark = [
    pytest.mark.filterwarnings("ignore:.*trials failed:skhypershap.errors.TrialsWarning"),
    pytest.mark.filterwarnings("ignore:.*space was inferred:skhypershap.errors.SpaceWarning"),
]


def space():
    found = ConfigurationSpace()
    found.add(Categorical("a", ["p", "q"]), Categorical("b", ["u", "v"]), Float("x", (0.0, 1.0)))
    return found


def by_hand():
    found = space()
    parts = [ForbiddenEqualsClause(found["a"], "p"), ForbiddenEqualsClause(found["b"], "v")]
    found.add(ForbiddenAndConjunction(*parts))
    return found


def trials(n=200, seed=0):
    """Configurations and scores; (p, v) always fails, and (q, v) gains 2."""
    generator = np.random.default_rng(seed)
    configs, scores = [], []
    for _ in range(n):
        a, b, x = generator.choice(["p", "q"]), generator.choice(["u", "v"]), generator.random()
        configs.append({"a": str(a), "b": str(b), "x": float(x)})
        scores.append(np.nan if (a, b) == ("p", "v") else x + 2 * ((a, b) == ("q", "v")))
    return configs, scores


def fitted(search=None, data=None, **arguments):
    arguments = {"random_state": 0, "n_samples": 500, "baseline": BASELINE, **arguments}
    explainer = HyperSHAPExplainer(search or space(), **arguments)
    return explainer.fit(*(trials() if data is None else data))


@pytest.fixture(scope="module")
def explainer():
    with warnings.catch_warnings(action="ignore"):
        return fitted()


@pytest.fixture(scope="module")
def twin():
    configs, scores = trials()
    kept = np.flatnonzero(np.isfinite(scores))
    return fitted(by_hand(), ([configs[row] for row in kept], [scores[row] for row in kept]))


GAMES = ["tunability", "mistunability", "sensitivity", "ablation"]


@pytest.mark.parametrize("optimizer", ["refine", "random"])
def test_tables_equal_those_with_the_clause_by_hand(explainer, twin, optimizer):
    tables = []
    for one in (explainer, twin):
        one.set_params(optimizer=optimizer)
        tables.append(one.explain(GAMES, n_bootstrap=2))
        one.set_params(optimizer="refine")
    pd.testing.assert_frame_equal(*tables)
    for game in GAMES:
        values = [one.coalition_values(game) for one in (explainer, twin)]
        pd.testing.assert_frame_equal(*values)
    pd.testing.assert_frame_equal(explainer.best_subsets(), twin.best_subsets())


def test_effect_belongs_to_the_pair(explainer):
    table = explainer.explain().set_index("interaction")["value"]
    assert abs(table["a"]) < 0.1
    assert abs(table["b"]) < 0.1
    assert table["a × b"] == pytest.approx(2, abs=0.1)


def test_one_warning_counts_failures_and_names_the_pair():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fitted().explain(n_bootstrap=3)
    messages = [str(one.message) for one in caught if issubclass(one.category, TrialsWarning)]
    (message,) = messages
    n_failed = int(np.isnan(trials()[1]).sum())
    assert f"{n_failed} of 200 trials failed" in message
    assert f"a='p' with b='v' ({n_failed} trials)" in message


def test_infer_failures_false_forbids_nothing():
    explainer = fitted(infer_failures=False)
    assert explainer.space_.forbidden_clauses == []
    assert explainer.coalition_values()["value"][2] > 1.5  # the effect at b alone


def test_space_of_the_user_is_not_changed():
    given = space()
    explainer = fitted(given)
    assert given.forbidden_clauses == []
    assert len(explainer.space_.forbidden_clauses) == 1


def test_default_baseline_that_always_failed_is_replaced():
    given = space()
    given["b"].default_value = "v"
    with pytest.warns(BaselineWarning, match="forbids the baseline"):
        explainer = fitted(given, baseline="default")
    assert (explainer.baseline_["a"], explainer.baseline_["b"]) != ("p", "v")
    default = dict(explainer.space_.get_default_configuration())
    assert (default["a"], default["b"]) != ("p", "v")


BAD = {"a": "p", "b": "v", "x": 0.2}


def test_own_baseline_is_taken_with_a_warning():
    with pytest.warns(TrialsWarning, match="baseline has what failed in all of its trials: a='p'"):
        explainer = fitted(baseline=BAD)
    assert explainer.baseline_ == BAD
    values = explainer.coalition_values().set_index("coalition")["value"]
    with pytest.warns(TrialsWarning, match="configs"):
        expected = explainer.predict_score([BAD])[0]
    assert values[()] == pytest.approx(expected)
    assert values[("x",)] == pytest.approx(expected)  # nothing there can run, whatever x is
    assert values[("a", "b", "x")] == pytest.approx(3, abs=0.1)


def test_own_config_is_taken_with_a_warning(explainer):
    with pytest.warns(TrialsWarning, match="config has what failed"):
        table = explainer.explain("ablation", config=BAD)
    with pytest.warns(TrialsWarning, match="configs"):
        expected = explainer.predict_score([BAD])[0]
    assert table.attrs["full_score"] == pytest.approx(expected)
    assert table["value"].sum() == pytest.approx(expected - table.attrs["baseline_score"])


def test_clause_of_the_user_still_refuses(twin):
    with pytest.raises(ValueError, match="forbids"):
        twin.predict_score([BAD])
    with pytest.raises(ValueError, match="forbids"):
        twin.explain("ablation", config=BAD)


def test_optimizer_bias_takes_an_own_baseline(explainer):
    def first(objective, space, n_trials, random_state):
        return dict(space.get_default_configuration())

    with pytest.warns(TrialsWarning, match="baseline has what failed"):
        table = explainer.explain("optimizer_bias", baseline=BAD, optimizer_of_interest=first)
    assert np.isfinite(table["value"]).all()


def test_one_success_removes_the_clause(explainer):
    from dataclasses import replace

    before = explainer.fitted_.trials
    assert still_forbidden(before) is before
    after = still_forbidden(
        replace(before, configs=[*before.configs, BAD], scores=np.append(before.scores, 1.0))
    )
    assert after.inferred == ()
    assert after.space.forbidden_clauses == []
    assert len(before.space.forbidden_clauses) == 1


def test_joint_explanation_uses_shared_clauses_only():
    other = trials(seed=1)
    one_side = [1.0 if np.isnan(score) else score for score in other[1]]
    both = {"one": fitted(), "two": fitted(data=other)}
    mixed = {"one": fitted(), "two": fitted(data=(other[0], one_side))}
    values = {
        name: explain_jointly(group, index="SV", order=1).set_index("interaction")["value"]
        for name, group in (("both", both), ("mixed", mixed))
    }
    assert values["both"]["b"] == pytest.approx(values["both"]["a"], abs=0.1)  # only together
    free = {"one": fitted(infer_failures=False), "two": mixed["two"]}
    expected = explain_jointly(free, index="SV", order=1).set_index("interaction")["value"]
    pd.testing.assert_series_equal(values["mixed"], expected)


class Picky(ClassifierMixin, BaseEstimator):
    """Cannot be fitted with a = p and b = v, nor with x above 0.8; remembers what ran."""

    ran = []  # noqa: RUF012

    def __init__(self, a="p", b="u", x=0.5, limit=2.0):
        self.a, self.b, self.x, self.limit = a, b, x, limit

    def fit(self, X, y):
        Picky.ran.append((self.a, self.b, self.x))
        if (self.a, self.b) == ("p", "v") or self.x > self.limit:
            raise ValueError("cannot run")
        self.classes_ = np.unique(y)
        return self

    def score(self, X, y):
        return self.x + 2 * ((self.a, self.b) == ("q", "v"))

    def predict(self, X):
        return np.zeros(len(X), dtype=int)


DATA = load_iris(return_X_y=True)
GRID = {"a": ["p", "q"], "b": ["u", "v"], "x": [0.1, 0.3, 0.5, 0.7, 0.9]}


def explained(search, **arguments):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FitFailedWarning)
        warnings.filterwarnings("ignore", "One or more of the test scores")
        return HyperSHAPExplainer(search, random_state=0, n_samples=200, **arguments).fit(*DATA)


@pytest.mark.parametrize("size", [1, 2, 3])
def test_reduced_grid_runs_no_cell_that_always_failed(size):
    explainer = explained(GridSearchCV(Picky(), GRID, cv=2))
    with nullcontext() if size == 3 else pytest.warns(SurrogateWarning, match="the incumbent"):
        reduced = explainer.reduced_search(size)
    Picky.ran.clear()
    reduced.fit(*DATA)  # a failed fit would warn
    assert Picky.ran
    assert not any(run[:2] == ("p", "v") for run in Picky.ran)
    if size == 3:
        legal = {(a, b, x) for a in "pq" for b in "uv" for x in GRID["x"]} - {
            ("p", "v", x) for x in GRID["x"]
        }
        assert set(Picky.ran) == legal


def test_reduced_search_cuts_a_distribution():
    lists = {**GRID, "x": uniform(0, 1)}
    search = RandomizedSearchCV(Picky(limit=0.8), lists, n_iter=120, cv=2, random_state=0)
    explainer = explained(search)
    threshold = next(
        clause for clause in explainer.space_.forbidden_clauses if hasattr(clause, "value")
    )
    assert threshold.value == pytest.approx(0.8, abs=0.03)
    reduced = explainer.reduced_search(3)
    Picky.ran.clear()
    with warnings.catch_warnings(action="ignore"):  # up to the threshold a few more may fail
        reduced.fit(*DATA)
    assert not any(run[:2] == ("p", "v") for run in Picky.ran)
    assert 0.7 < max(run[2] for run in Picky.ran) <= threshold.value
    assert {run[:2] for run in Picky.ran} == {("p", "u"), ("q", "u"), ("q", "v")}


def test_verify_runs_nothing_that_always_failed():
    explainer = explained(GridSearchCV(Picky(), GRID, cv=2))
    Picky.ran.clear()
    explainer.verify(*DATA)
    with pytest.warns(TrialsWarning, match="1 of 2 configurations has what failed"):
        table = explainer.verify(*DATA, configs=[{"a": "p", "b": "v"}, {"a": "q", "b": "v"}])
    assert not any(run[:2] == ("p", "v") for run in Picky.ran)
    assert table["measured"].isna().tolist() == [True, False]


def test_baseline_that_cannot_run_is_left_by_the_reduced_search():
    bad = {"a": "p", "b": "v", "x": 0.1}
    with pytest.warns(TrialsWarning, match="baseline has"):
        explainer = explained(GridSearchCV(Picky(), GRID, cv=2), baseline=bad)
    assert explainer.best_subsets()["hyperparameters"][0] != ("x",)
    Picky.ran.clear()
    with pytest.warns(SurrogateWarning, match="the incumbent"):
        reduced = explainer.reduced_search(1)
    reduced.fit(*DATA)
    assert not any(run[:2] == ("p", "v") for run in Picky.ran)


class TestMetricFailed:
    """`metric="failed"`: 1 where a trial failed, 0 where it did not, minimised."""

    def check(self, explainer, expected):
        trials = explainer.fitted_.trials
        assert (trials.metric, trials.direction) == ("failed", "minimize")
        assert trials.scores.tolist() == [float(failed) for failed in expected]
        assert explainer.space_.forbidden_clauses == []

    def test_configspace(self):
        with warnings.catch_warnings(action="error"):
            explainer = fitted(metric="failed")
        self.check(explainer, np.isnan(trials()[1]))
        values = explainer.coalition_values("mistunability").set_index("coalition")["value"]
        assert values[("a", "x")] == pytest.approx(0, abs=0.1)
        assert values[("b",)] == pytest.approx(1, abs=0.1)  # beside the a of the baseline

    def test_table_and_its_own_column(self):
        table = pd.DataFrame(trials()[0]).assign(score=trials()[1])
        explainer = HyperSHAPExplainer(table, metric="failed", random_state=0).fit()
        self.check(explainer, np.isnan(trials()[1]))
        own = table.assign(failed=np.arange(200.0)).drop(columns="score")
        assert read_trials(own, metric="failed").scores.tolist() == list(range(200))

    @pytest.mark.parametrize("scoring", [None, ["accuracy", "r2"]])
    def test_search(self, scoring):
        search = GridSearchCV(Picky(), GRID, cv=2, scoring=scoring, refit=scoring is None)
        explainer = explained(search, metric="failed")
        configs = explainer.fitted_.trials.configs
        self.check(explainer, [config["a"] + config["b"] == "pv" for config in configs])

    def test_optuna(self):
        explainer = HyperSHAPExplainer(
            study(), metric="failed", baseline="center", random_state=0
        ).fit()
        configs = explainer.fitted_.trials.configs
        self.check(explainer, [config["a"] + config["b"] == "pv" for config in configs])

    def test_optuna_objective_of_that_name(self):
        optuna = pytest.importorskip("optuna")
        found = optuna.create_study()
        with warnings.catch_warnings(action="ignore"):  # experimental
            found.set_metric_names(["failed"])
        found.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=5)
        assert set(read_trials(found, metric="failed").scores) - {0.0, 1.0}


def study(before=True):
    """A study whose (p, v) fails, before or after the other hyperparameter is suggested."""
    optuna = pytest.importorskip("optuna")

    def objective(trial):
        a = trial.suggest_categorical("a", ["p", "q"])
        b = trial.suggest_categorical("b", ["u", "v"])
        x = None if before and (a, b) == ("p", "v") else trial.suggest_float("x", 0, 1)
        if (a, b) == ("p", "v"):
            raise ValueError
        return x + 2 * (b == "v")

    sampler = optuna.samplers.RandomSampler(seed=0)
    found = optuna.create_study(direction="maximize", sampler=sampler)
    found.optimize(objective, n_trials=150, catch=(ValueError,))
    return found


@pytest.mark.parametrize("before", [True, False])
def test_failed_combination_of_a_study_is_forbidden(before):
    made = study(before)
    with pytest.warns(TrialsWarning, match=r"left out: \d+ failed.*a='p' with b='v'"):
        explainer = HyperSHAPExplainer(made, random_state=0, baseline=BASELINE).fit()
    assert explainer.space_.conditions == []
    values = explainer.coalition_values().set_index("coalition")["value"]
    assert values[("b",)] == pytest.approx(values[()])
    assert values[("a", "b")] == pytest.approx(values[()] + 2, abs=0.1)


def test_games_never_attain_a_forbidden_configuration(explainer):
    vectors = encode(explainer.space_, explainer.fitted_.trials.configs)
    assert not violates(explainer.space_, vectors).any()
    bad = encode(explainer.space_, [BAD], forbidden=True)
    assert violates(explainer.space_, bad).all()


def test_tell_of_one_success_removes_the_clause():
    explainer = fitted()
    explainer.tell([{"a": "p", "b": "v", "x": 0.4}], [np.nan])
    assert len(explainer.space_.forbidden_clauses) == 1
    explainer.tell([BAD], [5.0])
    assert explainer.space_.forbidden_clauses == []
    assert explainer.incumbent_ == BAD


def test_ask_never_proposes_what_always_failed(explainer):
    assert not any(config["a"] + config["b"] == "pv" for config in explainer.ask(40))
    with pytest.warns(TrialsWarning, match="baseline has"):
        bad = fitted(baseline=BAD)
    assert not any(config["a"] + config["b"] == "pv" for config in bad.ask(40))


def test_read_trials_are_explained_as_their_source(explainer):
    configs, scores = trials()
    read = read_trials(space(), configs=configs, scores=scores)
    assert read.space.forbidden_clauses == []
    arguments = {"random_state": 0, "n_samples": 500, "baseline": BASELINE}
    for source in (read, explainer.fitted_.trials):
        again = HyperSHAPExplainer(source, **arguments).fit()
        pd.testing.assert_frame_equal(again.explain(), explainer.explain())
    failures = HyperSHAPExplainer(read, metric="failed", **arguments).fit()
    assert failures.fitted_.trials.scores.sum() == len(read.failed)
