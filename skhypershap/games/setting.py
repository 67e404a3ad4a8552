"""The table of games, and what all games of an explainer share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from skhypershap.space.encoding import encode
from skhypershap.space.sampling import enumerate_vectors, sample_vectors
from skhypershap.surrogate.fitting import SurrogateSpec
from skhypershap.surrogate.surrogate import Surrogate
from skhypershap.trials import Trials

Config = dict[str, Any]


class GameDefinition(NamedTuple):
    """One row of the table of games.

    Attributes
    ----------
    candidates : {"config", "search", "distribution", "optimizers"}
        One configuration; anything a search could find; draws from the space; what optimizers find
        (see `skhypershap.bias`).
    reduce : {"best", "worst", "variance"}
        What becomes of the candidates' scores; "best" of one candidate is its score.
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
        For the space, the direction, and the configurations that a search has found already.
    surrogate : Surrogate
        What scores blends.
    spec : SurrogateSpec
        How it was fitted.
    players : mapping of str to sequence of str
        The hyperparameters of each player, which enter and leave a coalition together.
    n_samples : int
        How many candidates are drawn; a finite space no larger than this is enumerated.
    optimizer : {"refine", "random"}
        Whether max and min go on from candidates, trials and subsets by line search.
    seed : int
        For the candidates.
    n_jobs : int or None
        As in scikit-learn.
    verbose : int
        Whether to show progress.
    drawn : ndarray of shape (n_samples, n_columns) or None
        Vectors drawn from the space, where they are known already.
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
    drawn: np.ndarray | None = None

    @property
    def player_of_column(self) -> np.ndarray:
        """For each column the player that owns it, -1 for none, of shape (n_columns,)."""
        owner = {
            name: number for number, names in enumerate(self.players.values()) for name in names
        }
        return np.array([owner.get(name, -1) for name in self.trials.space])

    @property
    def n_players(self) -> int:
        """Number of players."""
        return len(self.players)

    def filled(self, configs: Sequence[Mapping[str, Any]]) -> np.ndarray:
        """Filled vectors of configurations."""
        return self.surrogate.legality.fill(encode(self.trials.space, configs, unknown=True))

    def with_drawn(self, games: Iterable[str]) -> GameContext:
        """The same setting, with candidates drawn once, for surrogates that share them."""
        enumerated = enumerate_vectors(self.trials.space, self.n_samples)
        complete = enumerated is not None and enumerated[1] is not None
        if complete or all(GAMES[name].candidates == "config" for name in games):
            return self
        return self._replace(drawn=sample_vectors(self.trials.space, self.n_samples, self.seed))

    def alone(self) -> GameContext:
        """The same setting for one of many workers, which works by itself and in silence."""
        return self._replace(n_jobs=1, verbose=0)

    def resampled(self, draw: int) -> GameContext:
        """The same setting, with the surrogate fitted on a resample of the trials."""
        generator = np.random.default_rng([self.seed, draw])
        return self._replace(surrogate=self.spec.refit(generator))


def sign_of_gain(name: str, trials: Trials) -> float:
    """1 where a larger v(S) is a gain, -1 where it is a loss; variance is never a loss."""
    return 1.0 if trials.maximize or GAMES[name].reduce == "variance" else -1.0


def learns_from_subsets(name: str, context: GameContext) -> bool:
    """Whether a coalition of the game is given what its subsets found."""
    return GAMES[name].candidates == "search" and context.optimizer == "refine"
