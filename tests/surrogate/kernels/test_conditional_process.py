"""The process on spaces with conditions: its covariance, and what it predicts."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from random_spaces import legality_of, random_space

from skhypershap.space.sampling import sample_vectors
from skhypershap.surrogate.conditional import conditional_process
from skhypershap.surrogate.default_model import warped_mean
from skhypershap.surrogate.hyperparameters import Hyperparameters
from skhypershap.surrogate.kernels import conditional_process as kernel
from skhypershap.surrogate.surrogate import Inputs

SEEDS = st.integers(0, 2**31)


def _fitted(seed, n_trials=40):
    """A process on a random space with random lengths, its legal vectors, and what it is given."""
    space = random_space(seed)
    inputs = Inputs(legality_of(space), takes_missing=True, has_fidelity=False)
    generator = np.random.default_rng(seed)
    X = sample_vectors(space, n_trials, seed % 1000)
    model = warped_mean("gp", inputs.legality, has_fidelity=False)
    n_lengths = len(space) + len(model.optional)
    lengths = np.exp(generator.normal(size=n_lengths))
    model.set_params(hyperparameters=Hyperparameters(lengths, 1.0, 0.1))
    model.fit(X, generator.normal(size=n_trials))
    return model.process_, X, inputs


def _covariance(process, X, inputs):
    """Covariances of filled vectors with the trials, one trial after the other."""
    found = conditional_process(process, inputs)
    filled = inputs.legality.fill(X)
    columns = []
    for weights in np.eye(len(found.flat.weights)):
        flat = found.flat._replace(weights=weights, offset=0.0)
        columns.append(kernel.predict(found._replace(flat=flat), filled))
    return np.stack(columns, axis=1)


def _by_hand(process, X, inputs):
    """The product of factors, from the definition."""
    lengths, spans = process.hyperparameters_.lengths, process.spans
    n_columns = X.shape[1]
    product = np.ones((len(X), len(X)))
    for column in range(n_columns):
        lacks = np.isnan(X[:, column])
        is_choice = column in process.choices
        middle = -1.0 if is_choice else 0.5
        x = np.where(lacks, middle, X[:, column] / (1.0 if is_choice else spans[column]))
        if is_choice:
            product *= np.where(x[:, None] == x, 1.0, np.exp(-1 / lengths[column]))
        else:
            a = 5**0.5 * np.abs(x[:, None] - x) / lengths[column]
            product *= (1 + a + a**2 / 3) * np.exp(-a)
        if lacks.any():
            place = n_columns + list(process.optional).index(column)
            product *= np.where(lacks[:, None] == lacks, 1.0, np.exp(-1 / lengths[place]))
    return product


@settings(max_examples=25, deadline=None)
@given(SEEDS)
def test_covariance_is_the_product_of_matern_and_hamming_factors(seed):
    process, X, inputs = _fitted(seed)
    np.testing.assert_allclose(
        _covariance(process, X, inputs), _by_hand(process, X, inputs), rtol=0, atol=1e-12
    )


@settings(max_examples=25, deadline=None)
@given(SEEDS)
def test_covariance_is_positive_semidefinite(seed):
    process, X, inputs = _fitted(seed)
    covariance = _covariance(process, X, inputs)
    np.testing.assert_allclose(covariance, covariance.T, rtol=0, atol=1e-12)
    assert np.linalg.eigvalsh(covariance).min() > -1e-10


@settings(max_examples=25, deadline=None)
@given(SEEDS)
def test_what_is_inactive_does_not_matter(seed):
    process, X, inputs = _fitted(seed)
    found = conditional_process(process, inputs)
    others = np.where(np.isnan(X), np.random.default_rng(seed).integers(2, size=X.shape), X)
    expected = process.predict(X)
    for filled in (inputs.legality.fill(X), others):
        np.testing.assert_allclose(kernel.predict(found, filled), expected, rtol=0, atol=1e-9)


def test_what_no_trial_lacks_and_what_all_lack_count_as_usual():
    space = random_space(0)
    inputs = Inputs(legality_of(space), takes_missing=True, has_fidelity=False)
    X = inputs.legality.fill(sample_vectors(space, 30, 0))
    model = warped_mean("gp", inputs.legality, has_fidelity=False).fit(X, X @ np.arange(1.0, 7.0))
    column = model.optional[0]
    without, usual = X.copy(), X.copy()
    without[:, column] = np.nan
    is_choice = column in model.choices
    values, counts = np.unique(X[:, column], return_counts=True)
    usual[:, column] = values[np.argmax(counts)] if is_choice else np.median(X[:, column])
    np.testing.assert_allclose(model.predict(without), model.predict(usual), atol=1e-12)
