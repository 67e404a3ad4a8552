"""What passes between the common code and a reader: `Checked` first, then `Records`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ConfigSpace import ConfigurationSpace


@dataclass(frozen=True)
class Checked:
    """What a reader's `check` has found, so that its `read` does not look for it again.

    Attributes
    ----------
    metric : str or None
        What to explain; None where only the results can decide.
    space : ConfigSpace.ConfigurationSpace or None
        The space, built once: a copy, to which `read` may add. None where it follows from the trials.
    given : object
        What the user passed as `space=`.
    details : object
        Anything else that this reader's `read` needs.
    failures : bool
        Whether failure itself is explained: `read` is called as always, and its scores become 1 or 0.
        Set by the common code.
    """

    metric: Any
    space: ConfigurationSpace | None = None
    given: Any = None
    details: Any = None
    failures: bool = False

    @property
    def complete(self) -> bool:
        """Whether the user gave a ConfigurationSpace, which has all conditions: no value is unknown."""
        return isinstance(self.given, ConfigurationSpace)

    @property
    def known_space(self) -> ConfigurationSpace:
        """The space, where `check` always builds one."""
        if self.space is None:
            raise ValueError("The reader's check has built no space.")
        return self.space


@dataclass(frozen=True)
class Records:
    """What a reader's `read` returns: one entry per trial that ended, also for those that failed.

    Attributes
    ----------
    space : ConfigSpace.ConfigurationSpace
        What could be tried. It belongs to the records: its hyperparameters will be given the defaults
        that are used.
    configs : sequence of mapping
        One per trial. Values of inactive hyperparameters are dropped later; a name that the space does
        not have is an error.
    scores : array-like of shape (n_trials,)
        In the metric's own units and direction; NaN or infinite where a trial failed.
    metric : str
        What the scores measure.
    direction : {"maximize", "minimize"}
        Which scores are better.
    default : mapping or None
        The configuration that runs when nothing is tuned, where the source has one. Its values may lie
        outside the space.
    fidelity : array-like of shape (n_trials,) or None
        The resource of each trial.
    unknown : bool
        Whether a trial may lack a hyperparameter that is active in it.
    failed : sequence of mapping
        Configurations of further trials that failed, perhaps before they were complete: what the space
        does not have is ignored.
    left_out : str
        A sentence on trials that the reader left out, the ones in `failed` included, or nothing. It
        becomes part of the warning on failed trials.
    constraints : array-like of shape (n_trials, n_constraints) or None
        Values of the source's constraints, which a trial keeps where they are zero or less, or NaN; None
        where there are no constraints.
    standard_errors : array-like of shape (n_trials,) or None
        By how much scores vary with the folds, NaN where that is not known; see `Trials`.
    """

    space: ConfigurationSpace
    configs: Sequence[Mapping[str, Any]]
    scores: Any
    metric: str
    direction: str
    default: Mapping[str, Any] | None = None
    fidelity: Any = None
    unknown: bool = False
    failed: Sequence[Mapping[str, Any]] = ()
    left_out: str = ""
    constraints: Any = None
    standard_errors: Any = None
