import pickle

import numpy as np
import pytest
from scipy.optimize import approx_fprime
from sklearn.base import clone
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import Kernel
from threadpoolctl import threadpool_limits

from skhypershap.surrogate import posterior
from skhypershap.surrogate.hyperparameters import Hyperparameters, ProcessFitError
from skhypershap.surrogate.process import ProductProcess


class Product(Kernel):
    """The slow twin of the covariance, column by column, for scikit-learn."""

    def __init__(self, lengths, is_choice, signal):
        self.lengths, self.is_choice, self.signal = lengths, is_choice, signal

    def __call__(self, X, Y=None, eval_gradient=False):
        Y = X if Y is None else Y
        result = np.full((len(X), len(Y)), self.signal)
        for column, (length, is_choice) in enumerate(
            zip(self.lengths, self.is_choice, strict=True)
        ):
            away = np.abs(X[:, None, column] - Y[None, :, column])
            if is_choice:
                result *= np.where(away > 0, np.exp(-1 / length), 1.0)
            else:
                a = np.sqrt(5) * away / length
                result *= (1 + a + a**2 / 3) * np.exp(-a)
        return result

    def diag(self, X):
        return np.full(len(X), self.signal)

    def is_stationary(self):
        return True


def _problem(n_trials=60, seed=0):
    generator = np.random.default_rng(seed)
    X = generator.random((n_trials, 4))
    X[:, 2] = generator.integers(3, size=n_trials)
    X[:, 3] = generator.integers(5, size=n_trials)
    y = np.sin(5 * X[:, 0]) + X[:, 1] * (X[:, 2] == 1) + X[:, 3] / 4
    return X, y + 0.1 * generator.normal(size=n_trials)


SPANS = np.array([1.0, 1.0, 1.0, 4.0])


@pytest.mark.parametrize("known", [None, 0.02])
def test_predictions_agree_with_scikit_learn(known):
    X, y = _problem()
    noise = None if known is None else known * np.random.default_rng(1).random(len(y))
    process = ProductProcess([2], SPANS).fit(X, y, noise)
    learned, spread = process.hyperparameters_, y.std()
    alpha = learned.noise + (0 if noise is None else noise / spread**2)
    twin = GaussianProcessRegressor(
        Product(learned.lengths, [False, False, True, False], learned.signal),
        alpha=alpha,
        optimizer=None,
    ).fit(X / SPANS, (y - y.mean()) / spread)
    new = _problem(200, seed=2)[0]
    expected = y.mean() + spread * twin.predict(new / SPANS)
    np.testing.assert_allclose(process.predict(new), expected, rtol=0, atol=1e-8 * spread)


def test_gradient_of_the_density_is_its_slope():
    X, y = _problem()
    trials = np.ascontiguousarray((X / SPANS).T)
    is_choice = np.array([False, False, True, False])
    targets = (y - y.mean()) / y.std()
    known = np.linspace(0, 0.1, len(y))
    density = posterior._Density(trials, is_choice, targets, known, np.zeros(6), np.ones(6))
    place = np.array([-0.5, 0.3, 0.1, -0.2, 0.2, -2.0])
    expected = approx_fprime(place, lambda logs: density(logs)[0], 1e-6)
    np.testing.assert_allclose(density(place)[1], expected, rtol=1e-4, atol=1e-4)


def test_learned_hyperparameters_are_a_maximum_of_the_posterior():
    X, y = _problem()
    trials = np.ascontiguousarray((X / SPANS).T)
    is_choice = np.array([False, False, True, False])
    targets = (y - y.mean()) / y.std()
    learned = ProductProcess([2], SPANS).fit(X, y).hyperparameters_
    logs = np.log([*learned.lengths, learned.signal, learned.noise])
    means = np.array(
        [posterior.LENGTH_PRIOR[0] + np.log(4) / 2] * 4 + [0.0, posterior.NOISE_PRIOR[0]]
    )
    deviations = np.array([posterior.LENGTH_PRIOR[1]] * 4 + [1.0, 1.0])
    density = posterior._Density(trials, is_choice, targets, np.zeros(len(y)), means, deviations)
    here = density(logs)[0]
    for column in range(len(logs)):
        for step in (-0.3, 0.3):
            assert density(logs + step * (np.arange(len(logs)) == column))[0] > here


def _degenerate():
    generator = np.random.default_rng(0)
    X = generator.random((30, 7))
    y = X[:, 0] + X[:, 1]
    yield "constant targets", X, np.full(30, 3.0)
    yield "duplicates", np.repeat(X[:6], 5, axis=0), np.repeat(y[:6], 5)
    yield "few trials", X[:5], y[:5]
    yield "two trials", X[:2], y[:2]
    yield "outlier", X, np.where(np.arange(30) == 3, -1e12, y)
    yield "two values", X, (y > 1).astype(float)
    yield "constant column", np.column_stack([X, np.full(30, 0.3)]), y
    yield "huge", X, 1e300 * y
    yield "tiny", X, 1e-300 * y


@pytest.mark.parametrize(("name", "X", "y"), list(_degenerate()))
def test_degenerate_trials_are_fitted_within_the_range_of_scores(name, X, y):
    found = ProductProcess().fit(X, y).predict(np.vstack([X, np.full(X.shape[1], 0.5)]))
    margin = 0.5 * np.ptp(y) + 1e-9 * np.abs(y).max()
    assert np.isfinite(found).all()
    assert (found >= y.min() - margin).all()
    assert (found <= y.max() + margin).all()


def test_constant_targets_are_predicted_exactly():
    X = _problem()[0]
    np.testing.assert_array_equal(ProductProcess([2]).fit(X, np.full(60, 0.7)).predict(X), 0.7)


@pytest.mark.parametrize("power", [-40, 3, 60])
def test_powers_of_two_scale_exactly(power):
    X, y = _problem()
    scale = 2.0**power
    one = ProductProcess([2], SPANS).fit(X, y).predict(X[:9] / 2)
    other = ProductProcess([2], SPANS).fit(X, scale * y).predict(X[:9] / 2)
    np.testing.assert_array_equal(other, scale * one)


def test_numbers_do_not_depend_on_threads_of_blas():
    X, y = _problem(300)
    found = []
    for n_threads in (1, 2):
        with threadpool_limits(n_threads):
            found.append(ProductProcess([2], SPANS).fit(X, y).predict(X))
    np.testing.assert_array_equal(*found)


def test_predictions_do_not_depend_on_the_batch():
    X, y = _problem()
    process = ProductProcess([2], SPANS).fit(X, y)
    one_by_one = np.concatenate([process.predict(X[row : row + 1]) for row in range(20)])
    np.testing.assert_array_equal(process.predict(X[:20]), one_by_one)


def test_pickle_and_clone_keep_everything():
    X, y = _problem()
    process = ProductProcess([2], SPANS).fit(X, y)
    travelled = pickle.loads(pickle.dumps(process))
    np.testing.assert_array_equal(travelled.predict(X), process.predict(X))
    np.testing.assert_array_equal(clone(process).fit(X, y).predict(X), process.predict(X))


def test_given_hyperparameters_are_not_learned():
    X, y = _problem()
    learned = ProductProcess([2], SPANS).fit(X, y)
    given = ProductProcess([2], SPANS, hyperparameters=learned.hyperparameters_).fit(X, y)
    np.testing.assert_array_equal(given.predict(X), learned.predict(X))


def test_known_noise_smooths_where_it_is():
    X = np.linspace(0, 1, 21)[:, None]
    y = np.where(np.arange(21) == 10, 1.0, 0.0) + np.sin(3 * X[:, 0])
    sure = Hyperparameters(np.array([0.3]), 1.0, 1e-4)
    noise = np.where(np.arange(21) == 10, 100.0, 0.0)
    close = ProductProcess(hyperparameters=sure).fit(X, y).predict(X[[10]])[0]
    far = ProductProcess(hyperparameters=sure).fit(X, y, noise).predict(X[[10]])[0]
    assert close - np.sin(1.5) > 0.5
    assert abs(far - np.sin(1.5)) < 0.1


def test_absent_values_are_told_from_present_ones():
    generator = np.random.default_rng(0)
    X = generator.random((80, 2))
    y = np.where(np.arange(80) % 2 == 0, 2.0, X[:, 1])
    X[::2, 1] = np.nan
    process = ProductProcess().fit(X, y)
    absent, present = process.predict(np.array([[0.4, np.nan], [0.4, 0.5]]))
    assert absent == pytest.approx(2, abs=0.1)
    assert present == pytest.approx(0.5, abs=0.1)


def test_many_trials_keep_the_best_and_those_asked_for():
    X, y = _problem(600)
    process = ProductProcess([2], SPANS, many=200, n_learned=100, max_trials=300)
    always = [int(np.argmin(y)), 17]
    process.fit(X, y, always=always)
    assert len(process.kept_) == 300
    assert set(np.argsort(-y)[:60]) | set(always) <= set(process.kept_)
    assert process.score(X, y) > 0.9
    low = clone(process).set_params(maximize=False).fit(X, y)
    assert set(np.argsort(y)[:60]) <= set(low.kept_)


@pytest.mark.parametrize(
    ("arguments", "noise", "message"),
    [
        ({}, -np.ones(60), "noise_variance"),
        ({}, np.ones(3), "noise_variance"),
        ({"spans": np.zeros(4)}, None, "spans"),
        ({"hyperparameters": Hyperparameters(np.ones(2), 1.0, 0.1)}, None, "lengths"),
        ({"hyperparameters": Hyperparameters(np.ones(4), 1.0, -2.0)}, None, "positive definite"),
    ],
)
def test_what_cannot_be_fitted_raises_its_own_error(arguments, noise, message):
    X, y = _problem()
    with pytest.raises(ProcessFitError, match=message):
        ProductProcess(**arguments).fit(X, y, noise)


def test_differences_beyond_all_numbers_raise():
    with pytest.raises(ProcessFitError, match="finite"):
        ProductProcess().fit(np.array([[0.0], [1.0]]), np.array([-1.7e308, 1.7e308]))


def test_a_narrow_optimum_is_not_taken_for_noise():
    generator = np.random.default_rng(0)
    X = generator.random((60, 4))
    y = np.exp(-0.5 * ((X[:, 3] - 0.7) / 0.03) ** 2) - 0.3 * (X[:, 0] - 0.4) ** 2
    process = ProductProcess().fit(X, y)
    assert process.hyperparameters_.noise < 0.1
    assert process.hyperparameters_.lengths[3] < 0.5


def test_trials_with_little_noise_are_followed_closely():
    X, y = _problem()
    y[-1] += 2.0
    free, close = ProductProcess([2], SPANS).fit(X, y), ProductProcess([2], SPANS)
    close.fit(X, y, noise_shares=np.where(np.arange(60) < 59, 1.0, 0.1))
    gaps = [abs(process.predict(X[59:])[0] - y[59]) for process in (free, close)]
    assert gaps[1] < gaps[0] / 3
    assert close.hyperparameters_.noise == free.hyperparameters_.noise


def test_equal_trials_count_as_the_plain_formula_counts_them():
    """The slow twin: weights from the covariance of all trials, equal ones repeated."""
    generator = np.random.default_rng(0)
    X = np.round(generator.random((30, 2)), 1)[generator.integers(30, size=60)]
    y = X.sum(axis=1) + generator.normal(scale=0.3, size=60)
    known = generator.random(60) * 0.2
    learned = Hyperparameters(np.array([0.4, 1.0]), 2.0, 0.05)
    process = ProductProcess(hyperparameters=learned).fit(X, y, known)
    assert process.flat_.trials.shape[1] == len(np.unique(X, axis=0)) < 31
    targets = y - y.mean()
    scale = targets.std()
    away = 5**0.5 * np.abs(X[:, None] - X) / learned.lengths
    covariance = 2.0 * ((1 + away + away**2 / 3) * np.exp(-away)).prod(axis=2)
    noise = 0.05 + known / scale**2
    expected = y.mean() + covariance @ np.linalg.solve(covariance + np.diag(noise), targets)
    np.testing.assert_allclose(process.predict(X), expected, rtol=1e-8)
