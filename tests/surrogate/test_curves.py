"""Scores along one column: the kernels agree with the model's own predict."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesRegressor, RandomForestRegressor
from sklearn.svm import SVR

from skhypershap import HyperSHAPExplainer
from skhypershap.space.sampling import sample_columns
from skhypershap.surrogate.curves import curve_blocks, curves, fast_scores

MODELS = {
    "auto": None,
    "gp": "gp",
    "forest": RandomForestRegressor(10),
    "trees": ExtraTreesRegressor(10),
    "other": SVR(),
}


def twin_curves(surrogate, vectors, column, numbers):
    changed = np.repeat(vectors, len(numbers), axis=0)
    changed[:, column] = np.tile(numbers, len(vectors))
    return surrogate.predict(changed).reshape(len(vectors), len(numbers))


@pytest.mark.filterwarnings("ignore:The surrogate fits poorly")  # the support vectors
@pytest.mark.parametrize("model", MODELS)
def test_curves_equal_predictions_of_changed_vectors(mixed_space, mixed_trials, model):
    explainer = HyperSHAPExplainer(mixed_space, surrogate=MODELS[model], random_state=0)
    surrogate = explainer.fit(*mixed_trials).fitted_.surrogate
    vectors = sample_columns(mixed_space, 131, 0)  # no multiple of 64
    for column, name in enumerate(mixed_space):
        is_choice = name in ("kernel", "units")
        numbers = np.arange(3.0) if is_choice else np.linspace(0, 1, 9)
        found = curves(surrogate, vectors, column, numbers[::-1])
        twin = twin_curves(surrogate, vectors, column, numbers[::-1])
        np.testing.assert_allclose(found, twin, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(fast_scores(surrogate, vectors), surrogate.predict(vectors), 1e-9)


def test_curves_do_not_depend_on_threads(mixed_space, mixed_trials):
    surrogate = HyperSHAPExplainer(mixed_space, random_state=0).fit(*mixed_trials).fitted_.surrogate
    vectors = sample_columns(mixed_space, 600, 0)
    one, two = (curves(surrogate, vectors, 0, np.linspace(0, 1, 5), n_jobs=n) for n in (1, 2))
    assert np.array_equal(one, two)
    rows = np.concatenate([rows for rows, _ in curve_blocks(surrogate, vectors, 0, np.zeros(1))])
    assert np.array_equal(np.sort(rows), np.arange(600))


def test_one_number_and_one_vector(mixed_space, mixed_trials):
    surrogate = HyperSHAPExplainer(mixed_space, random_state=0).fit(*mixed_trials).fitted_.surrogate
    vector = sample_columns(mixed_space, 2, 0)[:1]
    assert curves(surrogate, vector, 1, vector[:, 1])[0, 0] == pytest.approx(
        surrogate.predict(vector)[0], abs=1e-9
    )
