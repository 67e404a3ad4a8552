"""How often does the 90 % interval of a bootstrap hold the true value? On a function that is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
from ConfigSpace import ConfigurationSpace
from sklearn.base import BaseEstimator, RegressorMixin

from benchmarks.common import Problem, Table, explainer
from skhypershap import summarize

SPACE = ConfigurationSpace({f"x{number}": (0.0, 1.0) for number in range(4)})
SCALE = 0.746  # of the raw function, whose standard deviation it is
NOISE = 0.25  # standard deviation; that of the scores without noise is 1
CONFIG = {"x0": 0.8, "x1": 0.9, "x2": 0.3, "x3": 0.9}  # what the ablation explains
GAMES = ["ablation", "tunability", "sensitivity"]
LEVEL = 0.9
N_SAMPLES = 1_000


def tables(quick=False):
    sizes, n_repetitions, n_draws = ((30,), 2, 3) if quick else ((30, 100, 300), 30, 40)
    truth = [true_values(seed) for seed in range(n_repetitions)]
    rows = []
    for n_trials in sizes:
        found = [
            with_truth(drawn(n_trials, seed, n_draws), truth[seed]) for seed in range(len(truth))
        ]
        for game, values in pd.concat(found).groupby("game", sort=False):
            rows.append([game, n_trials, *summary(values)])
    note = (
        "Trials of four hyperparameters at random places: two interact, one is nearly without effect. "
        f"The scores' standard deviation is 1, the noise's {NOISE}. The true values are the same games "
        f"on the function itself. {n_repetitions} repetitions, {n_draws} draws each, default surrogate, "
        "order 2. Coverage: how often `summarize` holds the true value, of singles and of pairs; "
        "width, error and bias are of singles, in units of the value."
    )
    columns = [
        "game",
        "trials",
        "coverage, singles",
        "coverage, pairs",
        "mean width",
        "mean absolute error",
        "mean bias",
    ]
    return [Table(f"How often the {LEVEL:.0%} interval holds the truth", note, columns, rows)]


def score(vectors):
    """A hump, a slope that the hump's place makes steeper, a wave, and nearly nothing."""
    x0, x1, x2, x3 = vectors.T
    raw = 1.5 * x0 * x1 - 3 * (x0 - 0.7) ** 2 + 0.5 * np.sin(5 * x2) + 0.1 * x3
    return raw / SCALE


class Known(RegressorMixin, BaseEstimator):
    """A surrogate that is the function."""

    def fit(self, X, y):
        return self

    def predict(self, X):
        return score(X)


def trials(n_trials, seed):
    generator = np.random.default_rng(seed)
    vectors = generator.random((n_trials, len(SPACE)))
    configs = [dict(zip(SPACE, vector, strict=True)) for vector in vectors.tolist()]
    return Problem(SPACE, configs, score(vectors) + generator.normal(scale=NOISE, size=n_trials))


def true_values(seed):
    """By interaction, from the same candidates."""
    known = explainer(trials(10, seed), surrogate=Known(), n_samples=N_SAMPLES, random_state=seed)
    return known.explain(GAMES, config=CONFIG).set_index(["game", "interaction"])["value"]


def drawn(n_trials, seed, n_draws):
    """What a user gets, draw by draw."""
    ours = explainer(trials(n_trials, seed), surrogate=None, n_samples=N_SAMPLES, random_state=seed)
    return ours.explain(GAMES, config=CONFIG, n_bootstrap=n_draws)


def with_truth(table, truth):
    found = summarize(table, LEVEL)
    return found.join(truth.rename("true"), on=["game", "interaction"])


def summary(values):
    """Coverage, width, error and bias of one game at one number of trials."""
    holds = values["true"].between(values["low"], values["high"])
    singles = values[values["order"] == 1]
    error = singles["value"] - singles["true"]
    return [
        *(f"**{holds[values['order'] == order].mean():.0%}**" for order in (1, 2)),
        f"{(singles['high'] - singles['low']).mean():.3f}",
        f"{error.abs().mean():.3f}",
        f"{error.mean():+.3f}",
    ]
