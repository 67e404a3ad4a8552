"""The stopper of Ray Tune: asked as Ray asks it, and in a real experiment."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

pytest.importorskip("ray.tune")

from skhypershap import HyperSHAPExplainer
from skhypershap.integrations.ray import StopWhenSettled

QUICK = {
    "min_trials": 30,
    "every": 10,
    "n_points": 4,
    "n_bootstrap": 4,
    "surrogate": "forest",
    "n_samples": 200,
}
SPACE = {"a": np.linspace(0, 1, 1001).tolist(), "b": np.linspace(0, 1, 1001).tolist()}


def results(n_trials, seed=0, score=lambda a, b: 3 * a + 0.3 * b):
    generator = np.random.default_rng(seed)
    for number in range(n_trials):
        a, b = (float(SPACE["a"][row]) for row in generator.integers(0, 1001, 2))
        config = {"a": a, "b": b, "path": "data"}
        yield f"t{number}", {"config": config, "loss": score(a, b), "done": False}
        yield f"t{number}", {"config": config, "loss": score(a, b), "done": True}


def test_stops_all_trials_when_it_has_settled_and_none_before():
    stop = StopWhenSettled("loss", "min", space=SPACE, baseline="worst", **QUICK)
    n_done = 0
    for trial, result in results(100):
        assert not stop(trial, result)
        n_done += result["done"]
        if stop.stop_all():
            break
    assert 30 <= n_done < 100
    assert stop.history_.attrs["settled"]
    assert stop.history_["n_trials"].max() == n_done


def test_verdict_is_that_of_the_history_of_the_same_trials():
    import pandas as pd

    stop = StopWhenSettled("loss", "min", space=SPACE, baseline="worst", **QUICK)
    rows = []
    for trial, result in results(30):
        stop(trial, result)
        if result["done"]:
            rows.append(
                {"a": result["config"]["a"], "b": result["config"]["b"], "loss": result["loss"]}
            )
    explainer = HyperSHAPExplainer(
        pd.DataFrame(rows),
        metric="loss",
        direction="minimize",
        space=SPACE,
        baseline="worst",
        surrogate="forest",
        n_samples=200,
        random_state=0,
    ).fit()
    pd.testing.assert_frame_equal(stop.history_, explainer.history(4, n_bootstrap=4))


def test_trials_without_a_score_do_not_count():
    stop = StopWhenSettled("loss", "min", space=SPACE, **QUICK)
    for trial, result in results(40, score=lambda a, b: float("nan")):
        stop(trial, result)
    for trial, result in results(40):
        stop(trial, {**result, "done": False})
    assert stop.history_ is None
    assert not stop.stop_all()


def test_can_be_pickled_with_what_it_has_seen():
    stop = StopWhenSettled("loss", "min", space=SPACE, baseline="worst", **QUICK)
    for trial, result in results(20):
        stop(trial, result)
    copy = pickle.loads(pickle.dumps(stop))
    for trial, result in list(results(30))[40:]:
        copy(trial, result)
    assert copy.history_["n_trials"].max() == 30


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (("loss", "minimize"), ValueError, "mode"),
        ((0, "min"), TypeError, "metric"),
    ],
)
def test_bad_arguments_are_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        StopWhenSettled(*arguments)
    with pytest.raises(ValueError, match="every"):
        StopWhenSettled("loss", "min", every=0)
