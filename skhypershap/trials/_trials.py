"""What every source of results is read into."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from skhypershap.errors import TrialsWarning, warn

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
        One complete configuration per trial, values as they were typed.
    scores : ndarray of shape (n_trials,), dtype float64
        In the metric's own units and direction.
    metric : str
        What the scores measure.
    direction : {"maximize", "minimize"}
        Which scores are better.
    default : dict or None
        The configuration that runs when nothing is tuned, where the source knows one. Its values
        may lie outside the space.
    """

    space: ConfigurationSpace
    configs: list[dict[str, Any]]
    scores: np.ndarray
    metric: str
    direction: str
    default: dict[str, Any] | None = None

    @property
    def maximize(self) -> bool:
        """Whether a higher score is better."""
        return self.direction == "maximize"

    @property
    def incumbent(self) -> int:
        """Position of the best trial; the first of equals."""
        return int(np.argmax(self.scores) if self.maximize else np.argmin(self.scores))

    @property
    def worst(self) -> int:
        """Position of the worst trial; the first of equals."""
        return int(np.argmin(self.scores) if self.maximize else np.argmax(self.scores))


def finished_trials(
    space: ConfigurationSpace,
    configs: list[dict[str, Any]],
    scores: np.ndarray,
    *,
    metric: str,
    direction: str,
    default: dict[str, Any] | None,
) -> Trials:
    """Make `Trials` of those that have a score; one warning counts the failed ones.

    Raises
    ------
    ValueError
        If there is no trial with a finite score.
    """
    scores = np.asarray(scores, dtype=float)
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
    kept = [config for config, keep in zip(configs, finished, strict=True) if keep]
    return Trials(space, kept, scores[finished], metric, direction, default)
