"""Threads that share an explainer: what one asks is of one whole fit, and nothing is lost."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from ConfigSpace import ConfigurationSpace

from skhypershap import HyperSHAPExplainer, default_space, explain_jointly
from skhypershap.explainer import base, joint
from skhypershap.plotting import EffectDisplay, SurfaceDisplay

CHANGE_THE_FIT = {"fit", "tell", "measure"}
OF_THE_SEARCH = {
    *("predict", "predict_proba", "predict_log_proba", "decision_function", "score_samples"),
    *("transform", "inverse_transform", "score"),
}
OF_PARAMETERS = {"get_params", "set_params", "get_metadata_routing", "set_fit_request"}


def trials(letter, shift):
    """Trials of two hyperparameters whose names begin with a letter."""
    space = ConfigurationSpace({f"{letter}1": (0.0, 1.0), f"{letter}2": (0.0, 1.0)}, seed=0)
    configs = [dict(config) for config in space.sample_configuration(30)]
    return space, configs, [shift + sum(config.values()) for config in configs]


@pytest.fixture
def explainer():
    space, configs, scores = trials("a", 0.0)
    explainer = HyperSHAPExplainer(space, surrogate="forest", n_samples=30, random_state=0)
    return explainer.fit(configs, scores)


def fit_other(explainer):
    space, configs, scores = trials("b", 1000.0)
    explainer.set_params(search=space).fit(configs, scores)


def test_every_public_method_is_of_one_fit():
    for name in dir(HyperSHAPExplainer):
        method = getattr(HyperSHAPExplainer, name, None)
        if name.startswith("_") or name.endswith("_") or not callable(method):
            continue
        if name in CHANGE_THE_FIT | OF_THE_SEARCH | OF_PARAMETERS:
            continue
        codes = []
        while method is not None:
            codes.append(method.__code__)
            method = getattr(method, "__wrapped__", None)
        assert base.of_one_fit(test_every_public_method_is_of_one_fit).__code__ in codes, name


JOINT = {
    "explain_jointly": lambda e: explain_jointly({"one": e}, per_dataset=True, n_bootstrap=2),
    "default_space": lambda e: default_space({"one": e}),
}


@pytest.mark.parametrize("name", JOINT)
def test_a_fit_during_a_joint_explanation_has_no_part_in_it(explainer, monkeypatch, name):
    expected = JOINT[name](explainer)
    original = joint.tasks_of

    def tasks_of(*arguments):
        fit_other(explainer)  # as another thread would, after the explainers were checked
        return original(*arguments)

    monkeypatch.setattr(joint, "tasks_of", tasks_of)
    monkeypatch.setattr("skhypershap.explainer.joint_advice.tasks_of", tasks_of)
    found = JOINT[name](explainer)
    assert explainer.hyperparameter_names_ == ["b1", "b2"]
    if name == "default_space":
        assert found == expected
        return
    assert found.equals(expected)
    np.testing.assert_equal(found.attrs, expected.attrs)


@pytest.mark.parametrize("display", [EffectDisplay, SurfaceDisplay])
def test_a_fit_during_a_plot_has_no_part_in_it(explainer, monkeypatch, display):
    pair = [("a1", "a2")] if display is SurfaceDisplay else []
    seen, effects = {}, HyperSHAPExplainer.effects

    def effects_before_a_fit(self, *arguments, **options):
        found = effects(self, *arguments, **options)
        fit_other(explainer)
        return found

    monkeypatch.setattr(HyperSHAPExplainer, "effects", effects_before_a_fit)
    monkeypatch.setattr(display, "plot", lambda self, ax=None, **marked: seen.update(marked))
    display.from_explainer(explainer, *pair)
    assert set(seen["baseline"]) == set(seen["incumbent"]) == {"a1", "a2"}


def test_trials_that_threads_add_at_once_are_all_kept(explainer):
    told = [({"a1": k / 10, "a2": 1 - k / 10}, float(k)) for k in range(8)]
    start = threading.Barrier(4)

    def tell(part):
        start.wait()
        for config, score in part:
            explainer.tell([config], [score])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(tell, [told[k::4] for k in range(4)]))
    assert sorted(explainer.measured_["score"]) == [float(k) for k in range(8)]
    assert len(explainer.trials_) == 38


def test_scores_of_an_earlier_fit_are_not_added_to_a_new_one(explainer, monkeypatch):
    from skhypershap.explainer import true_numbers

    original = true_numbers.measurements

    def measurements(*arguments):
        added = original(*arguments)
        fit_other(explainer)
        return added

    monkeypatch.setattr(true_numbers, "measurements", measurements)
    with pytest.raises(
        RuntimeError, match=r"fitted anew while.* tell\(\[{'a1': 0.5, 'a2': 0.5}\], \[1.0\]\)"
    ):
        explainer.tell([{"a1": 0.5, "a2": 0.5}], [1.0])
    assert explainer.hyperparameter_names_ == ["b1", "b2"]
    assert len(explainer.measured_) == 0
