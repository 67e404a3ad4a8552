"""Trials that were measured after the search: the baseline, claims, and what a user tells."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from skhypershap.arrays import Positions
from skhypershap.errors import naming
from skhypershap.space.encoding import as_own, encode
from skhypershap.trials.inferred_clauses import predicted_feasible, still_forbidden
from skhypershap.trials.trials import Trials, keys_of, numbers_of

BASELINE, CLAIM, TOLD = "baseline", "claim", "told"
"""Why a configuration was measured."""


@dataclass(frozen=True)
class Measurements:
    """Trials that the explainer adds to those of the source.

    Attributes
    ----------
    configs : list of dict
        Legal configurations of the space, values as they were typed.
    scores : ndarray of shape (n_measured,)
        In units of the metric; NaN where a configuration failed.
    why : list of {"baseline", "claim", "told"}
        Why each was measured.
    fidelity : ndarray of shape (n_measured,)
        The resource of each; NaN for the largest of the source, or where trials had the same.
    """

    configs: list[dict[str, Any]] = field(default_factory=list)
    scores: np.ndarray = field(default_factory=lambda: np.zeros(0))
    why: list[str] = field(default_factory=list)
    fidelity: np.ndarray = field(default_factory=lambda: np.zeros(0))

    def __add__(self, other: Measurements) -> Measurements:
        return Measurements(
            [*self.configs, *other.configs],
            np.append(self.scores, other.scores),
            [*self.why, *other.why],
            np.append(self.fidelity, other.fidelity),
        )

    @property
    def n_finished(self) -> int:
        """How many have a finite score."""
        return int(np.isfinite(self.scores).sum())

    @property
    def finished_baselines(self) -> tuple[int, ...]:
        """Positions of baselines among those that have a finite score."""
        finished = np.flatnonzero(np.isfinite(self.scores)).tolist()
        return tuple(place for place, row in enumerate(finished) if self.why[row] == BASELINE)


def measurements(
    trials: Trials,
    configs: Sequence[Mapping[str, Any]],
    scores: Any,
    why: Sequence[str],
    fidelity: Any = None,
) -> Measurements:
    """Check measured configurations.

    Parameters
    ----------
    trials : Trials
        Those of the source.
    configs : sequence of mapping
        Complete configurations.
    scores : array-like of shape (n_configs,)
        In units of the metric; NaN or infinite where a configuration failed.
    why : sequence of str
        Why each was measured.
    fidelity : array-like of shape (n_configs,), optional
        The resource of each; by default the largest of the trials.

    Raises
    ------
    ValueError
        For wrong lengths, values outside the space, forbidden configurations, and a fidelity where
        trials had none.
    """
    n_configs = len(configs)
    given = numbers_of("scores", scores, n_configs)
    resources = np.full(n_configs, np.nan)
    if fidelity is not None:
        if trials.fidelity is None:
            raise ValueError(
                "fidelity is for trials that had different resources; these had none, or the same. "
                "Leave it out."
            )
        resources = numbers_of("fidelity", fidelity, n_configs)
        if not np.isfinite(resources).all():
            raise ValueError("fidelity must be a finite number for each configuration.")
    # One success of what always failed shows that it can run.
    with naming("configs"):
        vectors = encode(trials.searched_space, configs, unknown=trials.unknown)
    own = as_own(trials.space, configs, vectors)
    return Measurements(own, np.where(np.isfinite(given), given, np.nan), list(why), resources)


def with_measured(trials: Trials, measured: Measurements) -> Trials:
    """The trials of a source, followed by the measured ones that have a score.

    A success removes the clauses that it breaks, of those that were inferred from failures. It counts as
    feasible where it is predicted to be.
    """
    rows = np.flatnonzero(np.isfinite(measured.scores)).tolist()
    failed = [row for row in range(len(measured.configs)) if row not in set(rows)]
    fidelity = trials.fidelity
    if fidelity is not None:
        added = measured.fidelity[rows]
        fidelity = np.append(fidelity, np.where(np.isnan(added), fidelity.max(), added))
    added_configs = [measured.configs[row] for row in rows]
    constraints = trials.constraints
    if constraints is not None and rows:
        feasible = predicted_feasible(trials, added_configs)[:, None]
        unknown = np.broadcast_to(
            np.where(feasible, np.nan, 1.0), (len(rows), constraints.shape[1])
        )
        constraints = np.vstack([constraints, unknown])
    errors = trials.standard_errors
    together = replace(
        trials,
        constraints=constraints,
        configs=[*trials.configs, *added_configs],
        scores=np.append(trials.scores, measured.scores[rows]),
        fidelity=fidelity,
        standard_errors=None if errors is None else np.append(errors, np.full(len(rows), np.nan)),
        failed=[*trials.failed, *(measured.configs[row] for row in failed)],
    )
    return still_forbidden(together)


def config_keys(trials: Trials, configs: Sequence[Mapping[str, Any]]) -> list[Hashable]:
    """A key for each configuration; two that run alike have the same."""
    return keys_of(trials.space, configs)


def trials_of(trials: Trials, configs: Sequence[Mapping[str, Any]]) -> Positions:
    """Positions of the trials at the largest resource that ran one of some configurations."""
    keys = set(config_keys(trials, configs))
    found = np.array([key in keys for key in trials.keys], dtype=bool)
    if trials.fidelity is not None:
        found &= trials.fidelity == trials.fidelity.max()
    return np.flatnonzero(found)


def known_score(
    trials: Trials, config: Mapping[str, Any], measured: Measurements | None = None
) -> float:
    """Measured score of a configuration at the largest resource, NaN if it did not run there.

    What was measured of a baseline counts first, then the mean of its trials.
    """
    if measured is not None:
        (key,) = config_keys(trials, [config])
        keys = config_keys(trials, measured.configs)
        rows = zip(keys, measured.scores.tolist(), measured.why, strict=True)
        scores = [score for other, score, why in rows if other == key and why == BASELINE]
        if scores and np.isfinite(scores[-1]):
            return float(scores[-1])
    found = trials_of(trials, [config])
    return float(trials.scores[found].mean()) if len(found) else float("nan")
