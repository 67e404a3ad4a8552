"""The best subsets for many data sets, judged by leaving one data set out."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from skhypershap.arrays import Floats, Integers
from skhypershap.surrogate.blends import all_coalitions

Reduce = Callable[[Floats], Floats]


class JointSubset(NamedTuple):
    """The best subset of one size for all data sets.

    Attributes
    ----------
    members : tuple of int
        Positions of its players.
    gain : float
        Over the baseline, of the aggregate.
    share : float
        Of the gain of tuning everything, of the aggregate; NaN where that is not positive.
    left_out : list of LeftOut
        What the other data sets would have chosen for each; empty for a single data set.
    """

    members: tuple[int, ...]
    gain: float
    share: float
    left_out: list[LeftOut]


class LeftOut(NamedTuple):
    """What the other data sets choose for one that is left out.

    Attributes
    ----------
    members : tuple of int
        The subset that is best for the others.
    gain : float
        What tuning it gains on the one left out.
    share : float
        Of the gain of tuning everything there; NaN where that is not positive.
    regret : float
        What tuning everything gains more.
    regret_own : float
        What the best subset of this size for this data set gains more.
    """

    members: tuple[int, ...]
    gain: float
    share: float
    regret: float
    regret_own: float


def joint_subsets(values: Floats, reduce: Reduce, sign: float) -> list[JointSubset]:
    """The best subset of each size for the aggregate of data sets, the first by position of equals.

    Parameters
    ----------
    values : ndarray of shape (n_datasets, n_coalitions)
        v of all coalitions on each data set.
    reduce : callable
        Aggregates the first axis.
    sign : float
        1 where a larger v is a gain, -1 where it is a loss.

    Examples
    --------
    Two data sets agree on the second of two hyperparameters:

    >>> import numpy as np
    >>> from skhypershap.advice.joint_subsets import joint_subsets
    >>> values = np.array([[0.0, 1.0, 3.0, 4.0], [0.0, 2.0, 3.0, 5.0]])
    >>> first = joint_subsets(values, lambda some: some.mean(axis=0), 1.0)[0]
    >>> first.members, first.gain, first.left_out[0].regret
    ((1,), 3.0, 1.0)
    """
    own = sign * (values - values[:, :1])
    n_players = values.shape[1].bit_length() - 1
    members = all_coalitions(n_players)
    sizes = members.sum(axis=1)
    aggregates = [_gains(values, reduce, sign)]
    if len(values) > 1:
        aggregates += [
            _gains(np.delete(values, left, axis=0), reduce, sign) for left in range(len(values))
        ]
    found = []
    for size in range(1, n_players + 1):
        rows = np.flatnonzero(sizes == size)
        rows = rows[np.lexsort(-members[rows].T[::-1].astype(int))]
        best, *others = (int(rows[np.argmax(gains[rows])]) for gains in aggregates)
        left_out = [
            LeftOut(
                _members(row),
                float(gains[row]),
                share_of(gains[row], gains[-1]),
                float(gains[-1] - gains[row]),
                float(gains[rows].max() - gains[row]),
            )
            for row, gains in zip(others, own, strict=False)
        ]
        gain = aggregates[0][best]
        share = share_of(gain, aggregates[0][-1])
        found.append(JointSubset(_members(best), float(gain), share, left_out))
    return found


def smallest_reaching(subsets: list[JointSubset], share: float) -> JointSubset:
    """The smallest subset that reaches a share of the gain of tuning everything.

    Raises
    ------
    ValueError
        If tuning gains nothing.
    """
    if not subsets[-1].gain > 0:
        raise ValueError(
            "Tuning gains nothing over the baselines, so there is no share of the gain to reach."
        )
    return next(one for one in subsets if one.gain >= share * subsets[-1].gain)


def _gains(values: Floats, reduce: Reduce, sign: float) -> Floats:
    aggregate = reduce(values)
    gains: Floats = sign * (aggregate - aggregate[0])
    return gains


def share_of(gain: float, full: float) -> float:
    """A gain as a share of that of tuning everything; NaN where that is not positive."""
    return float(gain / full) if full > 0 else float("nan")


def _members(row: int) -> tuple[int, ...]:
    bits: Integers = np.array([row])
    n_bits = int(row).bit_length()
    return tuple(np.flatnonzero(bits >> np.arange(n_bits) & 1).tolist())
