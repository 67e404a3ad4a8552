"""Good subsets of more players than `max_exact` for many data sets, grown one player at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from skhypershap.advice.joint_subsets import JointSubset, LeftOut, Reduce, share_of
from skhypershap.arrays import Booleans, Coalitions, Floats

ScoresOf = Callable[[Sequence[Coalitions]], Sequence[Floats]]
"""v of some coalitions on each data set, for which none may be asked."""


@dataclass
class Path:
    """Subsets that grow by what is best for some data sets.

    Attributes
    ----------
    datasets : list of int
        Positions of the data sets whose aggregate decides.
    steps : list of ndarray of shape (n_players,)
        The coalitions so far, from the empty one.
    """

    datasets: list[int]
    steps: list[Booleans]


@dataclass
class Evaluated:
    """What is known of v on each data set.

    Attributes
    ----------
    scores_of : ScoresOf
        Evaluates coalitions.
    extreme : callable or None
        The better of two gains where a coalition is as good as its subsets (`numpy.maximum`, or
        `numpy.minimum` of a game that looks for the worst).
    sign : float
        1 where a larger v is a gain, -1 where it is a loss.
    known : list of dict
        For each data set v by the bytes of a coalition.
    """

    scores_of: ScoresOf
    extreme: Callable[[float, float], float] | None
    sign: float
    known: list[dict[bytes, float]] = field(default_factory=list)

    def evaluate(self, wanted: Sequence[Iterable[Booleans]]) -> None:
        """Evaluate what is not known yet, for each data set."""
        missing = [
            [row for key, row in {one.tobytes(): one for one in some}.items() if key not in known]
            for some, known in zip(wanted, self.known, strict=True)
        ]
        n_players = next(len(row) for some in wanted for row in some)
        coalitions = [np.array(rows, dtype=bool).reshape(-1, n_players) for rows in missing]
        found = self.scores_of(coalitions)
        for known, rows, values in zip(self.known, coalitions, found, strict=True):
            known.update((row.tobytes(), float(v)) for row, v in zip(rows, values, strict=True))

    def learn(self, dataset: int, smaller: Booleans, larger: Booleans) -> None:
        """Let a coalition be as good as a subset of it."""
        if self.extreme is None:
            return
        known = self.known[dataset]
        values = self.sign * known[smaller.tobytes()], self.sign * known[larger.tobytes()]
        known[larger.tobytes()] = self.sign * float(self.extreme(*values))

    def values(self, datasets: Sequence[int], coalitions: Coalitions) -> Floats:
        """V of shape (n_datasets, n_coalitions)."""
        keys = [row.tobytes() for row in coalitions]
        return np.array([[self.known[dataset][key] for key in keys] for dataset in datasets])


def grown_joint_subsets(
    scores_of: ScoresOf,
    n_datasets: int,
    players: tuple[int, Sequence[int]],
    reduce: Reduce,
    sign: float,
    *,
    extreme: Callable[[float, float], float] | None = None,
    judged: bool = True,
) -> list[JointSubset]:
    """Grow subsets greedily, adding the player with the largest gain of the aggregate.

    Parameters
    ----------
    scores_of : ScoresOf
        v on each data set.
    n_datasets : int
        Number of data sets.
    players : tuple of int and sequence of int
        How many there are, and which of them change no score: any of these is as good as another.
    reduce, sign
        As in `joint_subsets`.
    extreme : callable, optional
        See `Evaluated`.
    judged : bool, default=True
        Whether each data set is left out in turn. Its own best subset is grown as well.

    Returns
    -------
    list of JointSubset
        By size from 1.

    Examples
    --------
    >>> import numpy as np
    >>> from skhypershap.advice.grown_joint_subsets import grown_joint_subsets
    >>> weights = [np.array([1.0, 3.0]), np.array([2.0, 3.0])]
    >>> scores_of = lambda each: [rows @ own for rows, own in zip(each, weights)]
    >>> first = grown_joint_subsets(scores_of, 2, (2, []), lambda some: some.mean(axis=0), 1.0)[0]
    >>> first.members, first.gain, first.left_out[0].regret
    ((1,), 3.0, 1.0)
    """
    n_players, null = players
    everything = list(range(n_datasets))
    empty, full = np.zeros(n_players, dtype=bool), np.ones(n_players, dtype=bool)
    known = Evaluated(scores_of, extreme, sign, [{} for _ in everything])
    known.evaluate([[empty, full]] * n_datasets)
    whole = Path(everything, [empty])
    left: list[Path] = []
    own: list[Path] = []
    if judged and n_datasets > 1:
        left = [Path([one for one in everything if one != i], [empty]) for i in everything]
        own = [Path([i], [empty]) for i in everything]
    for _ in range(n_players):
        _grow([whole, *left, *own], left, known, null, reduce)
    gains = _gains(whole, known, reduce)
    judgements = [_left_out(known, i, left[i], own[i]) for i in range(len(left))]
    return [
        JointSubset(
            tuple(np.flatnonzero(step).tolist()),
            float(gain),
            share_of(gain, gains[-1]),
            [judgement[place] for judgement in judgements],
        )
        for place, (step, gain) in enumerate(zip(whole.steps[1:], gains[1:], strict=True))
    ]


def _grow(
    paths: Sequence[Path],
    left: Sequence[Path],
    known: Evaluated,
    null: Sequence[int],
    reduce: Reduce,
) -> None:
    """Add a player to the coalition of each path, and evaluate it where a data set was left out."""
    options = [_larger(path.steps[-1], null) for path in paths]
    wanted: list[list[Booleans]] = [[] for _ in known.known]
    for path, larger in zip(paths, options, strict=True):
        for dataset in path.datasets:
            wanted[dataset].extend(larger)
    known.evaluate(wanted)
    for path, larger in zip(paths, options, strict=True):
        for dataset in path.datasets:
            for row in larger:
                known.learn(dataset, path.steps[-1], row)
    for path, larger in zip(paths, options, strict=True):
        values = known.sign * reduce(known.values(path.datasets, larger))
        path.steps.append(larger[int(np.argmax(values))])
    if left:
        known.evaluate([[path.steps[-1]] for path in left])
    for dataset, path in enumerate(left):
        known.learn(dataset, *path.steps[-2:])


def _larger(coalition: Booleans, null: Sequence[int]) -> Coalitions:
    """A coalition with each further player; of those without influence, the first stands for all."""
    newcomers = np.flatnonzero(~coalition)
    useless = newcomers[np.isin(newcomers, null)][1:]
    newcomers = newcomers[~np.isin(newcomers, useless)]
    larger = np.tile(coalition, (len(newcomers), 1))
    larger[np.arange(len(newcomers)), newcomers] = True
    return larger


def _gains(path: Path, known: Evaluated, reduce: Reduce) -> Floats:
    """Gains of the steps of a path over the empty coalition, of the aggregate."""
    values = known.sign * reduce(known.values(path.datasets, np.array(path.steps)))
    gains: Floats = values - values[0]
    return gains


def _left_out(known: Evaluated, dataset: int, others: Path, own: Path) -> list[LeftOut]:
    """What the others choose for a data set, by size; its own choice is at least as good."""
    chosen, best = (
        known.sign * known.values([dataset], np.array(path.steps))[0] for path in (others, own)
    )
    gains, best = chosen - chosen[0], np.maximum(chosen, best) - chosen[0]
    full = max(gains[-1], best[-1])
    return [
        LeftOut(
            tuple(np.flatnonzero(step).tolist()),
            float(gain),
            share_of(gain, full),
            float(full - gain),
            float(most - gain),
        )
        for step, gain, most in zip(others.steps[1:], gains[1:], best[1:], strict=True)
    ]
