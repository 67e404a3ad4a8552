"""What every source of results is read into."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from skhypershap.errors import TrialsWarning, warn
from skhypershap.space.encoding import as_own, check_known, check_supported, encode
from skhypershap.trials.defaults import defaults_of

if TYPE_CHECKING:
    from ConfigSpace import ConfigurationSpace

DIRECTIONS = ("maximize", "minimize")


@dataclass(frozen=True)
class Trials:
    """The trials of one search: which configurations ran, and how they scored.

    Attributes
    ----------
    space : ConfigSpace.ConfigurationSpace
        What could be tried.
    configs : list of dict
        One configuration per trial, values as they were typed, without inactive hyperparameters.
    scores : ndarray of shape (n_trials,), dtype float64
        In the metric's own units and direction.
    metric : str
        What the scores measure.
    direction : {"maximize", "minimize"}
        Which scores are better.
    default : dict or None
        The configuration that runs when nothing is tuned, where the source knows one. Its values
        may lie outside the space.
    fidelity : ndarray of shape (n_trials,), dtype float64, or None
        The resource of each trial, where trials had different ones.
    unknown : bool
        Whether a configuration may lack a hyperparameter that is active in it.
    """

    space: ConfigurationSpace
    configs: list[dict[str, Any]]
    scores: np.ndarray
    metric: str
    direction: str
    default: dict[str, Any] | None = None
    fidelity: np.ndarray | None = None
    unknown: bool = False

    @property
    def maximize(self) -> bool:
        """Whether a higher score is better."""
        return self.direction == "maximize"

    @property
    def incumbent(self) -> int:
        """Position of the best trial at the largest resource; the first of equals."""
        return self._best(1.0 if self.maximize else -1.0)

    @property
    def worst(self) -> int:
        """Position of the worst trial at the largest resource; the first of equals."""
        return self._best(-1.0 if self.maximize else 1.0)

    def _best(self, sign: float) -> int:
        scores = sign * self.scores
        if self.fidelity is not None:
            scores = np.where(self.fidelity == self.fidelity.max(), scores, -np.inf)
        return int(np.argmax(scores))


def trials_of(
    space: ConfigurationSpace,
    configs: Sequence[Mapping[str, Any]],
    scores: Any,
    *,
    metric: str,
    direction: str,
    default: Mapping[str, Any] | None = None,
    fidelity: Any = None,
    unknown: bool = False,
) -> Trials:
    """Make `Trials` of what a source holds; one warning counts the failed ones.

    Parameters
    ----------
    space : ConfigSpace.ConfigurationSpace
        What could be tried. Its hyperparameters are given the defaults that are used, so that it alone
        tells them.
    configs : sequence of mapping
        One per trial; what they say of inactive hyperparameters is dropped, a name that the space does
        not have is an error.
    scores : array-like of shape (n_trials,)
        NaN or infinite where a trial failed.
    metric, direction, default
        As in `Trials`.
    fidelity : array-like of shape (n_trials,), optional
        The resource of each trial.
    unknown : bool, default=False
        Whether a trial may lack a hyperparameter that is active in it.

    Raises
    ------
    ValueError
        If no trial has a finite score, if lengths differ, or the space does not hold a trial.
    """
    check_supported(space)
    check_known(configs, space)
    scores = _numbers("scores", scores, len(configs))
    vectors = encode(space, configs, unknown=unknown)  # errors count failed trials, too
    finished = np.isfinite(scores)
    if not len(scores):
        raise ValueError("There are no trials: the configurations and scores are empty.")
    n_failed = int((~finished).sum())
    if n_failed == len(scores):
        raise ValueError(
            f"All {len(scores)} trials failed: none has a finite {metric!r} score. "
            "With a search estimator, error_score='raise' shows why."
        )
    if n_failed:
        warn(
            f"{n_failed} of {len(scores)} trials failed (their {metric!r} score is NaN or infinite); "
            "they are left out.",
            TrialsWarning,
        )
    if fidelity is not None:
        fidelity = _numbers("fidelity", fidelity, len(configs))[finished]
        if not np.isfinite(fidelity).all():
            raise ValueError(
                "fidelity must be a finite number for each trial; "
                f"{int((~np.isfinite(fidelity)).sum())} of {len(fidelity)} are not."
            )
        fidelity = fidelity if np.ptp(fidelity) > 0 else None
    kept = np.flatnonzero(finished).tolist()
    own = as_own(space, [configs[row] for row in kept], vectors[kept])
    default = None if default is None else dict(default)
    trials = Trials(space, own, scores[kept], metric, direction, default, fidelity, unknown)
    defaults_of(trials).set_in(space)
    return trials


def _numbers(what: str, given: Any, n_trials: int) -> np.ndarray:
    try:
        numbers = np.asarray(given, dtype=float)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{what} must be numbers, one for each configuration; {error}.") from error
    if numbers.shape != (n_trials,):
        raise ValueError(
            f"{what} must have one number for each of the {n_trials} configurations; got an array of "
            f"shape {numbers.shape}."
        )
    return numbers
