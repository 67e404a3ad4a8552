"""A cell of the yardstick: a problem, how noisy, how many trials, and which repetition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from benchmarks.grids import grids
from benchmarks.known import Problem
from benchmarks.problems import closed_forms

GAMES = ("tunability", "ablation", "sensitivity")
NOISES, SIZES = (0.0, 0.1, 0.25), (60, 200)
MANY_PLAYERS = 9  # from here on fewer candidates, so that a run stays short


@dataclass(frozen=True)
class Cell:
    """What a method sees: a space, trials, a baseline; and a function that it may measure.

    Noise is a share of the standard deviation of the scores (of their interquartile range / 1.349 where
    that is smaller, as with heavy tails).
    """

    problem: Problem
    noise: float
    n_trials: int
    repetition: int = 0
    n_bootstrap: int = 0
    n_samples: int = 10_000
    games: Sequence[str] = GAMES

    @property
    def seed(self) -> int:
        return self.repetition

    @cached_property
    def _units(self):
        generator = np.random.default_rng([self.repetition, self.n_trials])
        return self.problem.sample(self.n_trials, generator)

    @cached_property
    def configs(self) -> list[dict]:
        return self.problem.configs(self._units)

    @cached_property
    def scores(self):
        return self.measure(self.configs)

    def space(self):
        """A new ConfigSpace every time: its default configuration is the baseline."""
        return self.problem.space()

    @property
    def names(self) -> list[str]:
        return self.problem.names

    @property
    def baseline(self) -> dict:
        return self.problem.baseline()

    @property
    def baseline_score(self) -> float:
        """The true one, without noise."""
        return float(self.problem.true_scores([self.baseline])[0])

    @cached_property
    def config(self) -> dict:
        """What ablations explain: the best of the trials, the same for every method."""
        return self.configs[int(np.argmax(self.scores))]

    def measure(self, configs):
        """Scores as the trials have them: with noise, the same for the same configuration."""
        return self.problem.measured(configs, self.noise, self.seed)

    def truth(self, game):
        """All 2^d true values of a game; bit i of a coalition is hyperparameter i."""
        if game == "ablation":
            return self.problem.true_ablation(self.config)
        return getattr(self.problem, f"true_{game}")

    def scale(self, game):
        """What sizes are divided by; see `benchmarks.scores`."""
        gain = self.problem.true_tunability[-1] - self.problem.true_tunability[0]
        if game == "tunability":
            return gain
        values = self.truth(game)
        if game == "sensitivity":
            return values[-1]
        return max(values[-1] - values[0], 0.1 * gain)


@lru_cache(maxsize=4)
def problems(half):
    """Closed forms and full grids of a half: "develop", "report" or "both"."""
    return [*closed_forms(half), *grids(half)]


def make_cells(
    half="develop", *, noises=NOISES, sizes=SIZES, n_repetitions=1, n_bootstrap=0, names=None
):
    """All combinations of the problems of a half (or those of `names`) with noises and sizes.

    A grid is left out at sizes above half of its configurations.
    """
    return [
        Cell(
            problem,
            noise,
            n_trials,
            repetition,
            n_bootstrap,
            2_000 if problem.n_players >= MANY_PLAYERS else 10_000,
        )
        for problem in problems(half)
        for n_trials in sizes
        for noise in noises
        for repetition in range(n_repetitions)
        if (names is None or problem.name in names) and n_trials <= _most_trials(problem)
    ]


def _most_trials(problem):
    scores = getattr(problem, "scores", None)
    return np.inf if scores is None else scores.size / 2
