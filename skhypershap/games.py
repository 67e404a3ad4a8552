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

from skhypershap.climbers import climber_of
from skhypershap.optima import best_candidates, monotone, refine, starts_of
from skhypershap.sampling import enumerate_vectors, sample_vectors
from skhypershap.space import encode
from skhypershap.surrogate import Block, Surrogate
from skhypershap.trials import Trials

Config = dict[str, Any]
SUBSET_ROWS = 512
PROGRESS_DELAY = 0.5  # seconds; what is quicker needs no progress bar


class GameDefinition(NamedTuple):
    """One row of the table of games.

    Attributes
    ----------
    candidates : {"config", "search", "distribution"}
        One configuration; anything a search could find; draws from the space.
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
}


class Setting(NamedTuple):
    """What all games of one explainer share.

    Attributes
    ----------
    trials : Trials
        For the space, the direction, and the configurations that a search has found already.
    surrogate : Surrogate
        What scores blends.
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
    """

    trials: Trials
    surrogate: Surrogate
    players: Mapping[str, Sequence[str]]
    n_samples: int
    optimizer: str
    seed: int
    n_jobs: int | None
    verbose: int

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


def candidates_of(name: str, setting: Setting, config: Config) -> Candidates:
    """Find the candidates of a game; those of an ablation are the one configuration `config`."""
    source = GAMES[name].candidates
    space = setting.trials.space
    if source == "config":
        return Candidates(setting.filled([config]), complete=True)
    enumerated = enumerate_vectors(space, setting.n_samples)
    if enumerated is not None and (source == "search" or enumerated[1] is not None):
        vectors, probabilities = enumerated
        return Candidates(setting.surrogate.legality.fill(vectors), probabilities, complete=True)
    vectors = setting.surrogate.legality.fill(
        sample_vectors(space, setting.n_samples, setting.seed)
    )
    if learns_from_subsets(name, setting):
        vectors = np.vstack([vectors, setting.filled(setting.trials.configs)])
    return Candidates(vectors)


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
    candidates = candidates_of(name, setting, config)
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
    with _progress(setting, name, size * len(vectors), "blend") as bar:
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
        with _progress(setting, f"{name}, line search", size, "coalition") as bar:
            values = refine(climber, optima, coalitions, n_jobs=setting.n_jobs, progress=bar.update)
    if refined and coalitions is None:
        values = monotone(values)
    return sign * values


def _progress(setting: Setting, what: str, total: int, unit: str) -> tqdm:
    return tqdm(
        total=total,
        desc=what,
        unit=unit,
        unit_scale=True,
        delay=PROGRESS_DELAY,
        disable=not setting.verbose,
    )


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
