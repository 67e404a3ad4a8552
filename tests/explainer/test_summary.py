"""`HyperSHAPExplainer.summary` on searches of which the answer is known, and its numbers."""

from __future__ import annotations

import re
import warnings
from functools import lru_cache

import numpy as np
import pandas as pd
import pytest
from ConfigSpace import Categorical, ConfigurationSpace, EqualsCondition, Float
from sklearn.datasets import load_iris
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.tree import DecisionTreeClassifier

from skhypershap import HyperSHAPExplainer, SurrogateWarning, TrialsWarning, summarize

GRID = [{"a": a, "b": b, "c": c} for a in range(4) for b in range(4) for c in range(4)]
SPACE = {name: [0, 1, 2, 3] for name in "abc"}
START = {"a": 0, "b": 0, "c": 0}


def explained(score, configs=GRID, space=SPACE, **parameters):
    """An explainer of a known score on a full grid, which a forest nearly memorises."""
    parameters = {"surrogate": "forest", "baseline": START, **parameters}
    explainer = HyperSHAPExplainer(
        ConfigurationSpace(space), n_samples=200, random_state=0, **parameters
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SurrogateWarning)
        return explainer.fit(configs * 4, [score(config) for config in configs] * 4)


@lru_cache
def sentences_of(explainer):
    return explainer.summary().sentences


def text_of(explainer, begin):
    return [text for text in sentences_of(explainer) if text.startswith(begin)]


def test_sum_has_two_that_matter_and_one_that_hardly_does():
    explainer = explained(lambda config: config["a"] + 0.3 * config["b"])
    (matters,) = text_of(explainer, "What matters")
    assert re.search(r"a gains [\d.]+ .* and b gains [\d.]+ ", matters)
    assert "c gains" not in matters
    (hardly,) = text_of(explainer, "What hardly matters")
    assert hardly.startswith("What hardly matters: c (")
    assert not text_of(explainer, "Tuned together")
    assert text_of(explainer, "Next: tune only a and b, which keep ")


def test_product_is_together_and_maximum_stands_in():
    both = explained(lambda config: float(min(config["a"], config["b"])))
    assert text_of(both, "Tuned together, a and b gain")
    assert not text_of(both, "a and b overlap")
    either = explained(lambda config: float(max(config["a"], config["b"])))
    (text,) = text_of(either, "a and b overlap")
    assert "One can stand in for the other" in text
    assert not text_of(either, "Tuned together")


def test_minimised_score_falls():
    explainer = explained(lambda config: 9.0 - config["a"], direction="minimize")
    (measured,) = text_of(explainer, "Measured")
    assert "falls from 9 at the baseline to 6 in the best trial, a gain of 3." in measured
    assert text_of(explainer, "What matters, not counting pairs: a gains")


def test_best_baseline_leaves_no_gain():
    explainer = explained(lambda config: float(config["a"]), baseline="best")
    assert text_of(explainer, "Measured: no trial is better than the baseline")
    assert text_of(explainer, "Claimed by the surrogate: tuning gains nothing")
    assert not text_of(explainer, "What matters")


def test_constant_score_makes_no_difference():
    with pytest.warns(TrialsWarning):
        explainer = explained(lambda config: 0.5)
    assert "so no hyperparameter makes a difference" in sentences_of(explainer)[1]


def test_one_hyperparameter_has_the_whole_gain():
    configs = [{"a": a} for a in range(4)] * 4
    explainer = explained(
        lambda config: float(config["a"]), configs, {"a": [0, 1, 2, 3]}, baseline={"a": 0}
    )
    (matters,) = text_of(explainer, "What matters")
    assert matters.startswith("What matters: a gains ")
    assert "(100 % of the claimed gain; " in matters


def test_several_baselines_failed_trials_and_a_baseline_that_was_not_measured():
    explainer = explained(lambda config: float(config["a"]), baseline=[START, {**START, "b": 1}])
    assert text_of(explainer, "Measured: the score rises from 0 at the mean of the 2 baselines")
    configs = [config for config in GRID if config != START]
    with pytest.warns(TrialsWarning, match="failed"):
        explainer = explained(
            lambda config: np.nan if config == configs[0] else float(config["a"]),
            configs,
            infer_failures=False,
        )
    sentences = sentences_of(explainer)
    assert "4 more trials failed and have no score." in sentences
    assert text_of(explainer, "Measured: in the best trial the score is 3; the baseline was not")
    assert "Next: measure the baseline and what is claimed, with ask() and tell()." in sentences


def test_conditional_space():
    space = ConfigurationSpace(seed=0)
    gamma, kernel = Float("gamma", (0.0, 1.0)), Categorical("kernel", ["linear", "rbf"])
    space.add(gamma, kernel, EqualsCondition(gamma, kernel, "rbf"))
    configs = space.sample_configuration(150)
    explainer = HyperSHAPExplainer(
        space, surrogate="forest", baseline={"kernel": "linear"}, n_samples=200, random_state=0
    ).fit(configs, [config.get("gamma", 0.0) for config in configs])
    assert text_of(explainer, "What matters") or text_of(explainer, "Tuned together")


def test_more_than_max_exact_is_approximated():
    random = np.random.default_rng(0)
    names = [f"x{i}" for i in range(7)]
    space = ConfigurationSpace(dict.fromkeys(names, (0.0, 1.0)))
    configs = pd.DataFrame(random.random((200, 7)), columns=names)
    explainer = HyperSHAPExplainer(
        space, surrogate="forest", baseline="worst", n_samples=100, max_exact=5, random_state=0
    ).fit(configs, configs["x0"])
    (text,) = text_of(explainer, "Values are approximated from")
    assert str(explainer.explain().attrs["budget"]) in text


def test_failure_itself_is_explained():
    rows = pd.DataFrame(
        {**pd.DataFrame(GRID), "score": [np.nan if c["a"] > 1 else 1.0 for c in GRID]}
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        explainer = HyperSHAPExplainer(
            rows,
            space=ConfigurationSpace(SPACE),
            metric="failed",
            baseline={**START, "a": 3},
            surrogate="forest",
            n_samples=100,
            random_state=0,
        ).fit()
    assert "1 where a trial failed, 0 where not" in sentences_of(explainer)[0]
    assert text_of(explainer, "Measured: failed falls from 1 at the baseline to 0")


@pytest.fixture(scope="module")
def search():
    grid = {"max_depth": [1, 2, 3, 4, 5], "min_samples_leaf": [1, 5, 20, 40]}
    search = GridSearchCV(DecisionTreeClassifier(random_state=0), grid)
    return HyperSHAPExplainer(search, baseline="worst", random_state=0).fit(
        *load_iris(return_X_y=True)
    )


def test_every_number_is_one_of_the_frames(search):
    table = search.explain(n_bootstrap=20)
    summary = summarize(table)
    attrs, gain = table.attrs, search.best_subsets()["gain"].iloc[-1]
    checks = search.diagnostics()
    known = [len(search.trials_), len(search.hyperparameter_names_), 90, 5, 1, 2, 20]
    known += [*summary["value"], *summary["low"], *summary["high"], *checks["value"]]
    known += [100 * value / gain for value in summary["value"]]
    known += [100 * share for share in search.best_subsets()["share"]]
    known += [attrs["baseline_measured"], attrs["incumbent_measured"], gain]
    known += [attrs["baseline_score"], attrs["full_score"]]
    known += [*search.next_trials(20)["expected"], *search.next_trials(20)["seconds"]]
    for text in search.summary().sentences:
        for number in map(float, re.findall(r"(?<![\w.])\d+(?:\.\d+)?", text)):
            assert (
                min(abs(abs(value) - number) for value in known)
                < 0.5 * 10 ** (-len(f"{number:g}".partition(".")[2])) + 1e-9
            ), (number, text)


def test_report_begins_with_the_summary_and_explains_once(search, monkeypatch):
    explain, calls = type(search).explain, []

    def counted(self, *arguments, **keywords):
        calls.append(arguments)
        return explain(self, *arguments, **keywords)

    monkeypatch.setattr(type(search), "explain", counted)
    report = search.report()
    assert len(calls) == 1
    assert report.to_dict()["summary"] == search.summary().sentences
    calls.clear()
    told = search.report(games="ablation", n_bootstrap=None).to_dict()["summary"]
    assert len(calls) == 2
    assert any(text.startswith("No intervals were computed") for text in told)


def test_summary_is_the_same_again_and_changes_nothing(search):
    before = dict(vars(search))
    assert str(search.summary()) == str(search.summary())
    assert vars(search).keys() == before.keys()


def test_summary_before_fit_raises():
    with pytest.raises(NotFittedError):
        HyperSHAPExplainer(ConfigurationSpace({"a": (0.0, 1.0)})).summary()
