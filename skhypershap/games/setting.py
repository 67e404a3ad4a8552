"""The table of games, and what all games of an explainer share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from skhypershap.arrays import Floats, PlayerOfColumn, Vectors
from skhypershap.errors import shown
from skhypershap.memory import check_fits
from skhypershap.space.encoding import encode
from skhypershap.space.sampling import enumerate_vectors, sample_columns, sample_vectors
from skhypershap.surrogate.fitting import SurrogateSpec
from skhypershap.surrogate.surrogate import Surrogate
from skhypershap.trials import Trials


class GameDefinition(NamedTuple):
    """One row of the table of games.

    Attributes
    ----------
    candidates : {"config", "search", "distribution", "optimizers"}
        One configuration; any that a search could find; samples from the space; those that optimizers
        find (see `optimizer_bias`).
    reduce : {"best", "worst", "variance"}
        How the scores of the candidates become one number; the "best" of one candidate is its score.
    """

    candidates: str
    reduce: str


GAMES = {
    "ablation": GameDefinition("config", "best"),
    "tunability": GameDefinition("search", "best"),
    "mistunability": GameDefinition("search", "worst"),
    "sensitivity": GameDefinition("distribution", "variance"),
    "optimizer_bias": GameDefinition("optimizers", "best"),
}


class GameContext(NamedTuple):
    """What all games of one explainer share.

    Attributes
    ----------
    trials : Trials
        With the space, the direction, and the configurations that a search has found already.
    surrogate : Surrogate
        Scores blends.
    spec : SurrogateSpec
        How the surrogate was fitted.
    players : mapping of str to sequence of str
        The hyperparameters of each player, which enter and leave a coalition together.
    n_samples : int
        How many candidates are sampled; a finite space no larger than this is enumerated.
    optimizer : {"refine", "random"}
        How the best and the worst are found: "random" among candidates only; "refine" also among trials,
        with a line search from there and from the optima of subsets.
    seed : int
        Seeds the candidates.
    n_jobs : int or None
        As in scikit-learn.
    verbose : int
        Whether to show progress.
    sampled : ndarray of shape (n_samples, n_columns) or None
        Vectors sampled from the space, where they are known already.
    shared : mapping of str to ndarray of shape (n_candidates, n_columns), or None
        Filled vectors that resamples share as candidates, for each game that searches; see
        `skhypershap.games.shared_candidates`.
    few : mapping of bytes to ndarray of shape (n_candidates, n_columns), or None
        The few candidates that searches of one game start from, by the bytes of a filled baseline, where
        they are known already; see `skhypershap.games.fewer_candidates`.
    """

    trials: Trials
    surrogate: Surrogate
    spec: SurrogateSpec
    players: Mapping[str, Sequence[str]]
    n_samples: int
    optimizer: str
    seed: int
    n_jobs: int | None
    verbose: int
    sampled: Vectors | None = None
    shared: Mapping[str, Vectors] | None = None
    few: Mapping[bytes, Vectors] | None = None

    @property
    def player_of_column(self) -> PlayerOfColumn:
        """The player that each column belongs to, -1 for none, of shape (n_columns,)."""
        player_of = {
            name: player for player, names in enumerate(self.players.values()) for name in names
        }
        return np.array([player_of.get(name, -1) for name in self.trials.space])

    @property
    def n_players(self) -> int:
        """Number of players."""
        return len(self.players)

    def filled(self, configs: Sequence[Mapping[str, Any]]) -> Vectors:
        """Vectors of configurations; inactive hyperparameters have their default."""
        # What a user gives may break clauses that were inferred from failures.
        vectors = encode(self.trials.space, configs, unknown=True, forbidden=True)
        return self.surrogate.legality.fill(vectors)

    def with_trials(self, trials: Trials) -> GameContext:
        """The same context with trials whose space has other clauses."""
        if trials is self.trials:
            return self
        legality = trials.defaults.legality(trials.space)
        inputs = replace(self.surrogate.inputs, legality=legality)
        return self._replace(
            trials=trials,
            surrogate=replace(self.surrogate, inputs=inputs),
            spec=replace(self.spec, legality=legality),
        )

    def with_samples(self, games: Iterable[str]) -> GameContext:
        """The same context with candidates sampled once, for several surrogates that share them."""
        if self.few is not None:
            return self
        known = self.shared or {}
        needing = [name for name in games if name not in known and self._is_sampled(name)]
        return self._replace(sampled=self.samples()) if needing else self

    def _is_sampled(self, name: str) -> bool:
        """Whether a game needs random samples of the space."""
        source = GAMES[name].candidates
        if source == "config" or (source == "distribution" and self.optimizer != "random"):
            return False
        return self.enumerated() is None

    def enumerated(self) -> tuple[Vectors, Floats] | None:
        """All legal vectors of a small finite space and their probabilities; None of any other space."""
        return enumerate_vectors(self.trials.space, self.n_samples)

    def samples(self) -> Vectors:
        """Sample candidates from the space; "random" takes those of HyperSHAP for the same seed."""
        check_fits(
            16 * len(self.trials.space) * self.n_samples,
            f"n_samples={shown(self.n_samples)} candidates",
            "Lower n_samples=.",
        )
        sample = sample_vectors if self.optimizer == "random" else sample_columns
        return sample(self.trials.space, self.n_samples, self.seed)

    def alone(self) -> GameContext:
        """The same context for one of several workers: one thread, no progress bar."""
        return self._replace(n_jobs=1, verbose=0)

    def resampled(self, draw: int) -> GameContext:
        """The same context with the surrogate fitted on a resample of the trials."""
        generator = np.random.default_rng([self.seed, draw])
        return self._replace(surrogate=self.spec.refit(generator, self.surrogate))


def sign_of_gain(name: str, trials: Trials) -> float:
    """1 where a larger v(S) is a gain, -1 where it is a loss; variance is never a loss."""
    return 1.0 if trials.maximize or GAMES[name].reduce == "variance" else -1.0


def sign_of_search(name: str, trials: Trials) -> float:
    """1 where the game looks for the largest score, -1 for the smallest."""
    return 1.0 if trials.maximize == (GAMES[name].reduce == "best") else -1.0


def learns_from_subsets(name: str, context: GameContext) -> bool:
    """Whether a coalition of the game starts from the optima of its subsets."""
    return GAMES[name].candidates == "search" and context.optimizer == "refine"
