"""The games: what a coalition of hyperparameters is worth.

A game blends candidates x with a baseline lambda0 (a coalition's members take x's values, all
others keep the baseline's) and reduces the scores of the blends to one number. Games differ only
in where the candidates come from and how their scores are reduced, so `GAMES` is a table.

Source: Wever, Muschalik, Fumagalli, Lindauer (2025), "HyperSHAP: Shapley Values and Interactions
for Explaining Hyperparameter Optimization", Definitions of the ablation, tunability, sensitivity
and mistunability games.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from tqdm.auto import tqdm

from skhypershap.climbers import VectorClimber, climber_of
from skhypershap.fitting import Recipe
from skhypershap.optima import best_candidates, monotone, refine, starts_of
from skhypershap.parallel import progress_bar
from skhypershap.players import columns_of
from skhypershap.sampling import enumerate_vectors, sample_vectors
from skhypershap.space import decode, encode
from skhypershap.surrogate import Block, Surrogate
from skhypershap.trials import Trials

Config = dict[str, Any]
SUBSET_ROWS = 512
N_STARTS = 4  # of the search for one configuration


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


class Setting(NamedTuple):
    """What all games of one explainer share.

    Attributes
    ----------
    trials : Trials
        For the space, the direction, and the configurations that a search has found already.
    surrogate : Surrogate
        What scores blends.
    recipe : Recipe
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
    recipe: Recipe
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

    def with_drawn(self, games: Iterable[str]) -> Setting:
        """The same setting, with candidates drawn once, for surrogates that share them."""
        enumerated = enumerate_vectors(self.trials.space, self.n_samples)
        complete = enumerated is not None and enumerated[1] is not None
        if complete or all(GAMES[name].candidates == "config" for name in games):
            return self
        return self._replace(drawn=sample_vectors(self.trials.space, self.n_samples, self.seed))

    def alone(self) -> Setting:
        """The same setting for one of many workers, which works by itself and in silence."""
        return self._replace(n_jobs=1, verbose=0)

    def resampled(self, draw: int) -> Setting:
        """The same setting, with the surrogate fitted on a resample of the trials."""
        generator = np.random.default_rng([self.seed, draw])
        return self._replace(surrogate=self.recipe.refit(generator))


class Candidates(NamedTuple):
    """Vectors that are blended with a baseline.

    Attributes
    ----------
    vectors : ndarray of shape (n_candidates, n_columns)
        The candidates, filled.
    probabilities : ndarray of shape (n_candidates,) or None
        Where they differ.
    complete : bool
        Whether there are no others, so that nothing better can be found.
    """

    vectors: np.ndarray
    probabilities: np.ndarray | None = None
    complete: bool = False


def candidates_of(name: str, setting: Setting) -> Candidates:
    """Find the candidates of a game that has many."""
    source, space = GAMES[name].candidates, setting.trials.space
    enumerated = enumerate_vectors(space, setting.n_samples)
    if enumerated is not None and (source == "search" or enumerated[1] is not None):
        vectors, probabilities = enumerated
        return Candidates(setting.surrogate.legality.fill(vectors), probabilities, complete=True)
    drawn = setting.drawn
    if drawn is None:
        drawn = sample_vectors(space, setting.n_samples, setting.seed)
    vectors = setting.surrogate.legality.fill(drawn)
    if learns_from_subsets(name, setting):
        vectors = np.vstack([vectors, setting.filled(setting.trials.configs)])
    return Candidates(vectors)


def best_config(setting: Setting, baseline: Config, coalition: np.ndarray) -> Config:
    """Find the configuration that a coalition, a row of bools, would tune the baseline to."""
    surrogate, columns = setting.surrogate, setting.player_of_column
    start = setting.filled([baseline])
    candidates = candidates_of("tunability", setting._replace(optimizer="refine"))
    vectors = np.vstack([candidates.vectors, start])
    sign = sign_of_gain("tunability", setting.trials)
    optima = best_candidates(
        surrogate,
        vectors,
        start[0],
        columns,
        coalition[None],
        sign=sign,
        n_starts=N_STARTS,
        n_jobs=setting.n_jobs,
        progress=lambda _: None,
    )
    taken = columns_of(coalition[None], columns)[0]
    known = np.isfinite(optima.values[:, 0])
    points = np.where(taken, vectors[optima.candidates[known, 0]], start[0])
    if not candidates.complete:
        climber = VectorClimber(surrogate, setting.trials.space, vectors, start[0], columns, sign)
        free = np.tile(taken & ~climber.fixed, (len(points), 1))
        points, _ = climber.climb(points, free, np.zeros((len(points), 2), dtype=np.int64))
    points = np.vstack([points, start])
    best = points[np.argmax(sign * surrogate.predict(points))]
    config = decode(setting.trials.space, surrogate.legality.legal(best[None]))[0]
    # What stays is the baseline's own value, without what rounding to a number and back does to it.
    stays = [name for name, mine in zip(setting.trials.space, taken, strict=True) if not mine]
    return config | {name: baseline[name] for name in stays if name in config and name in baseline}


def sign_of_gain(name: str, trials: Trials) -> float:
    """1 where a larger v(S) is a gain, -1 where it is a loss; variance is never a loss."""
    return 1.0 if trials.maximize or GAMES[name].reduce == "variance" else -1.0


def coalition_scores(
    name: str,
    setting: Setting,
    baselines: np.ndarray,
    config: Config,
    coalitions: np.ndarray | None = None,
) -> np.ndarray:
    """v(S) in the metric's own units and direction.

    Parameters
    ----------
    name : str
        A key of `GAMES`.
    setting : Setting
        What the games of an explainer share.
    baselines : ndarray of shape (n_baselines, n_columns)
        Filled vectors; the game is the mean over them.
    config : dict
        What an ablation explains.
    coalitions : ndarray of shape (n_coalitions, n_players), dtype bool, optional
        Which coalitions; by default all. If only some are asked for, a coalition does not learn from
        its subsets (it may from those among them, see `best_of_evaluated_subsets`).

    Returns
    -------
    ndarray of shape (n_coalitions,)
        Of all coalitions bit i of a position says that player i is in the coalition.
    """
    if GAMES[name].candidates == "config":
        candidates = Candidates(setting.filled([config]), complete=True)
    else:
        candidates = candidates_of(name, setting)
    values = [
        _scores_from(name, setting, candidates, baseline, coalitions) for baseline in baselines
    ]
    return np.mean(values, axis=0)


def _scores_from(
    name: str,
    setting: Setting,
    candidates: Candidates,
    baseline: np.ndarray,
    coalitions: np.ndarray | None,
) -> np.ndarray:
    surrogate, columns = setting.surrogate, setting.player_of_column
    size = 2**setting.n_players if coalitions is None else len(coalitions)
    vectors = candidates.vectors
    refined = learns_from_subsets(name, setting)
    if refined:  # also what changes nothing can be found
        vectors = np.vstack([vectors, baseline])
    asked = (vectors, baseline, columns, coalitions)
    with progress_bar(name, size * len(vectors), "blend", setting.verbose) as bar:
        if GAMES[name].reduce == "variance":
            blocks = surrogate.coalition_blocks(*asked, n_jobs=setting.n_jobs)
            return _variance(_watched(blocks, bar), size, candidates)
        sign = 1.0 if _wants_maximum(name, setting.trials) else -1.0
        climbs = refined and not candidates.complete
        optima = best_candidates(
            surrogate,
            *asked,
            sign=sign,
            n_starts=starts_of(setting.n_players) if climbs else 1,
            n_jobs=setting.n_jobs,
            progress=bar.update,
        )
    values = optima.values[0]
    # Where every blend is forbidden nothing can be changed, and the baseline stays.
    stays = np.isneginf(values)
    if stays.any():
        values[stays] = sign * surrogate.predict(baseline[None])[0]
    if climbs:
        climber = climber_of(surrogate, setting.trials.space, vectors, baseline, columns, sign=sign)
        what = f"{name}, line search"
        with progress_bar(what, size, "coalition", setting.verbose) as bar:
            values = refine(climber, optima, coalitions, n_jobs=setting.n_jobs, progress=bar.update)
    if refined and coalitions is None:
        values = monotone(values)
    return sign * values


def learns_from_subsets(name: str, setting: Setting) -> bool:
    """Whether a coalition of the game is given what its subsets found."""
    return GAMES[name].candidates == "search" and setting.optimizer == "refine"


def best_of_evaluated_subsets(name: str, gains: np.ndarray, coalitions: np.ndarray) -> np.ndarray:
    """Gains of coalitions, rows of bools, each at least as extreme as its subsets among them."""
    better = np.maximum if GAMES[name].reduce == "best" else np.minimum
    members = coalitions.astype(np.float32)
    closed = np.empty_like(gains)
    for start in range(0, len(gains), SUBSET_ROWS):
        missing = 1 - members[start : start + SUBSET_ROWS]
        is_subset = missing @ members.T == 0
        neutral = np.where(is_subset, gains, 0.0)  # the gain of the empty coalition
        closed[start : start + SUBSET_ROWS] = better.reduce(neutral, axis=1)
    return closed


def _wants_maximum(name: str, trials: Trials) -> bool:
    return trials.maximize == (GAMES[name].reduce == "best")


def _watched(blocks: Iterable[Block], progress: tqdm) -> Iterator[Block]:
    for block in blocks:
        yield block
        progress.update(block[2].size)


def _variance(blocks: Iterable[Block], size: int, candidates: Candidates) -> np.ndarray:
    """Population variance over legal blends, joined block by block (Chan, Golub, LeVeque 1983)."""
    mean, spread, mass = np.zeros(size), np.zeros(size), np.zeros(size)
    weights = candidates.probabilities
    if weights is None:
        weights = np.full(len(candidates.vectors), 1 / len(candidates.vectors))
    for coalitions, members, scores in blocks:
        block_mass, block_mean, block_spread = _moments(scores, weights[members])
        joint = mass[coalitions] + block_mass
        step = block_mean - mean[coalitions]
        between = step**2 * mass[coalitions] * block_mass
        spread[coalitions] += block_spread + _share(between, joint)
        mean[coalitions] += _share(step * block_mass, joint)
        mass[coalitions] = joint
    return _share(spread, mass)


def _moments(
    scores: np.ndarray, chances: np.ndarray
) -> tuple[np.ndarray | float, np.ndarray, np.ndarray]:
    """Mass, mean and summed squares of each row, around one of its scores.

    So equal scores have a variance of exactly zero.
    """
    left_out = np.isnan(scores)
    shift = scores[np.arange(len(scores)), np.argmin(left_out, axis=1)]
    if not left_out.any():
        mass = chances.sum()
        means = shift + (scores - shift[:, None]) @ chances / (mass or 1.0)
        return mass, means, (scores - means[:, None]) ** 2 @ chances
    legal = np.where(left_out, 0.0, chances)
    masses = legal.sum(axis=1)
    steps = np.where(left_out, 0.0, scores - shift[:, None])
    mean_steps = _share((steps * legal).sum(axis=1), masses)
    squares = ((steps - mean_steps[:, None]) ** 2 * legal).sum(axis=1)
    return masses, np.where(masses > 0, shift + mean_steps, 0.0), squares


def _share(part: np.ndarray, mass: np.ndarray) -> np.ndarray:
    """The part per mass, zero where there is no mass."""
    return np.divide(part, mass, out=np.zeros_like(part), where=mass > 0)
