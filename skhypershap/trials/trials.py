"""`Trials`: what the records of every source become."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from skhypershap.arrays import floats_of
from skhypershap.errors import TrialsWarning, warn
from skhypershap.space.domains import domain_of
from skhypershap.space.encoding import as_own, check_known, check_supported, encode
from skhypershap.trials.defaults import Defaults, defaults_of
from skhypershap.trials.failures import FailureClause, failure_clauses
from skhypershap.trials.feasibility import feasible_trials, infeasible_clauses
from skhypershap.trials.inferred_clauses import described, with_clauses

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from ConfigSpace import ConfigurationSpace

    from skhypershap.trials.records import Records

DIRECTIONS = ("maximize", "minimize")
DECIMALS = 9  # of a vector, that tell two configurations apart
LARGEST_SCORE = 1e304  # sums of trees and of trials stay below 1.8e308, the largest float


@dataclass(frozen=True)
class Trials:
    """The trials of one search: which configurations ran, and how they scored.

    Attributes
    ----------
    space : ConfigSpace.ConfigurationSpace
        What could be tried. The default of each hyperparameter is the one in `defaults`.
    configs : list of dict
        One configuration per trial, values as they were typed, without inactive hyperparameters.
    scores : ndarray of shape (n_trials,), dtype float64
        In the metric's own units and direction.
    metric : str
        What the scores measure.
    direction : {"maximize", "minimize"}
        Which scores are better.
    defaults : Defaults
        A legal value for each hyperparameter: its default, or what replaces it.
    default : dict or None
        The configuration that runs when nothing is tuned, where the source has one. Its values may lie
        outside the space.
    fidelity : ndarray of shape (n_trials,), dtype float64, or None
        The resource of each trial, where trials had different ones.
    unknown : bool
        Whether a configuration may lack a hyperparameter that is active in it.
    failed : list of dict
        Configurations that ran without a finite score.
    inferred : tuple of FailureClause
        What the space forbids only because it failed in all of its trials, or broke constraints.
    given_space : ConfigSpace.ConfigurationSpace or None
        The space without these clauses; None where there are none.
    constraints : ndarray of shape (n_trials, n_constraints) or None
        Values of constraints, which a trial keeps where they are zero or less, or NaN.
    standard_errors : ndarray of shape (n_trials,), dtype float64, or None
        Of scores that are means over folds: how far each may be from what it would be on other folds,
        without what all trials have in common; NaN where it is not known.
    """

    space: ConfigurationSpace
    configs: list[dict[str, Any]]
    scores: np.ndarray
    metric: str
    direction: str
    defaults: Defaults
    default: dict[str, Any] | None = None
    fidelity: np.ndarray | None = None
    unknown: bool = False
    failed: list[dict[str, Any]] = field(default_factory=list)
    inferred: tuple[FailureClause, ...] = ()
    given_space: ConfigurationSpace | None = None
    constraints: np.ndarray | None = None
    standard_errors: np.ndarray | None = None

    @cached_property
    def keys(self) -> list[Hashable]:
        """A key for each configuration; two that run alike have the same."""
        return keys_of(self.space, self.configs)

    @property
    def feasible(self) -> np.ndarray | None:
        """Which trials kept all constraints; None where there are none, or no trial kept them."""
        return feasible_trials(self.constraints)

    @property
    def searched_space(self) -> ConfigurationSpace:
        """The space without what was inferred from failures and constraints."""
        return self.space if self.given_space is None else self.given_space

    @property
    def maximize(self) -> bool:
        """Whether a higher score is better."""
        return self.direction == "maximize"

    @property
    def incumbent(self) -> int:
        """Position of the best feasible trial at the largest resource; the first of equals."""
        return self._best(1.0 if self.maximize else -1.0)

    @property
    def worst(self) -> int:
        """Position of the worst feasible trial at the largest resource; the first of equals."""
        return self._best(-1.0 if self.maximize else 1.0)

    def _best(self, sign: float) -> int:
        scores = sign * self.scores
        feasible = self.feasible
        counts = np.ones(len(scores), dtype=bool) if feasible is None else feasible
        if self.fidelity is not None:
            counts = counts & (self.fidelity == self.fidelity[counts].max())
        return int(np.argmax(np.where(counts, scores, -np.inf)))


def trials_of(records: Records, *, infer_failures: bool = False) -> Trials:
    """Make `Trials` of the records of a source; one warning counts the failed ones.

    Parameters
    ----------
    records : Records
        What a reader returned.
    infer_failures : bool, default=False
        Whether what failed in all of its trials is forbidden in a copy of the space. The warning names
        it.

    Raises
    ------
    ValueError
        If no trial has a finite score, if lengths differ, or a trial lies outside the space.
    """
    space, configs = records.space, records.configs
    check_supported(space)
    check_known(configs, space)
    scores = numbers_of("scores", records.scores, len(configs))
    vectors = encode(space, configs, unknown=records.unknown)  # errors count failed trials, too
    finished = _finished(scores, records.metric)
    kept = np.flatnonzero(finished).tolist()
    own = as_own(space, configs, vectors)
    partial = _within(space, records.failed)
    lost = encode(space, partial, unknown=True, forbidden=True)
    values = [own[row] for row in kept]
    default = None if records.default is None else dict(records.default)
    defaults = defaults_of(space, values, default)
    defaults.set_in(space)
    trials = Trials(
        space=space,
        configs=values,
        scores=scores[kept],
        metric=records.metric,
        direction=records.direction,
        defaults=defaults,
        default=default,
        fidelity=_fidelity(records, kept),
        standard_errors=_standard_errors(records, kept),
        unknown=records.unknown,
        failed=[own[row] for row in np.flatnonzero(~np.isfinite(scores)).tolist()]
        + as_own(space, partial, lost),
    )
    clauses: list[FailureClause] = []
    if infer_failures:
        failed = np.vstack([vectors[~finished], lost])
        clauses += failure_clauses(space, vectors[finished], failed)
    left_out = records.left_out
    if records.constraints is not None:
        constraints = np.asarray(records.constraints, dtype=float)[kept]
        trials = replace(trials, constraints=constraints)
        legality = defaults.legality(space)
        clauses += infeasible_clauses(space, legality, vectors[finished], constraints)
        left_out = " ".join(filter(None, [left_out, _on_constraints(constraints)]))
    trials = with_clauses(trials, clauses)
    _warn_of_failures(trials, left_out, len(scores) - len(kept), len(scores))
    return trials


def _on_constraints(values: np.ndarray) -> str:
    """A sentence that counts infeasible trials, or nothing."""
    n_infeasible = int((values > 0).any(axis=1).sum())
    if not n_infeasible:
        return ""
    counted = f"{n_infeasible} of {len(values)} trials with a score broke a constraint"
    if n_infeasible == len(values):
        return f"{counted}, so the best of them is no solution, and constraints are ignored."
    return (
        f"{counted}: the surrogate learns from them, but the incumbent is feasible, and tuning leads "
        "only where trials were feasible."
    )


def _within(
    space: ConfigurationSpace, configs: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """What of configurations the space has."""
    legal: dict[str, set[int]] = {}
    for name, hyperparameter in space.items():
        rows = [row for row, config in enumerate(configs) if name in config]
        numbers = domain_of(hyperparameter).encode([configs[row][name] for row in rows])
        legal[name] = {
            row for row, is_nan in zip(rows, np.isnan(numbers), strict=True) if not is_nan
        }
    return [
        {name: value for name, value in config.items() if row in legal.get(name, ())}
        for row, config in enumerate(configs)
    ]


def _finished(scores: np.ndarray, metric: str) -> np.ndarray:
    """Whether each trial has a finite score; an error if none has."""
    finished: np.ndarray = np.isfinite(scores)
    if not len(scores):
        raise ValueError("There are no trials: the configurations and scores are empty.")
    if not finished.any():
        raise ValueError(
            f"All {len(scores)} trials failed: none has a finite {metric!r} score. "
            "With a search estimator, error_score='raise' shows why."
        )
    return finished


def _warn_of_failures(trials: Trials, left_out: str, n_failed: int, n_trials: int) -> None:
    """One warning that counts failed trials and names what failed in all of its trials."""
    sentences = [left_out] if left_out else []
    if n_failed:
        sentences.append(
            f"{n_failed} of {n_trials} trials failed (their {trials.metric!r} score is NaN or "
            "infinite); they are left out."
        )
    inferred = [clause for clause in trials.inferred if not clause.infeasible]
    if inferred:
        sentences.append(
            "What failed in all of its trials is taken as forbidden: "
            f"{described(trials.space, inferred)}. Pass infer_failures=False to allow it."
        )
    if sentences:
        warn(" ".join(sentences), TrialsWarning)


def _fidelity(records: Records, kept: list[int]) -> np.ndarray | None:
    """The resources of the trials that are kept; None if they are all the same."""
    if records.fidelity is None:
        return None
    fidelity = numbers_of("fidelity", records.fidelity, len(records.configs))[kept]
    n_missing = int((~np.isfinite(fidelity)).sum())
    if n_missing:
        raise ValueError(
            "fidelity must be a finite number for each trial; "
            f"{n_missing} of {len(fidelity)} are not."
        )
    return fidelity if np.ptp(fidelity) > 0 else None


def _standard_errors(records: Records, kept: list[int]) -> np.ndarray | None:
    """Standard errors of the trials that are kept; None if none is known."""
    if records.standard_errors is None:
        return None
    errors = np.asarray(records.standard_errors, dtype=float)[kept]
    errors = np.where(np.isfinite(errors) & (errors >= 0), errors, np.nan)
    return None if np.isnan(errors).all() else errors


def keys_of(space: ConfigurationSpace, configs: Sequence[Mapping[str, Any]]) -> list[Hashable]:
    """A key for each configuration of a space; two that run alike have the same."""
    vectors = encode(space, configs, unknown=True, forbidden=True)
    rounded = np.nan_to_num(np.round(vectors, DECIMALS), nan=-1.0) + 0.0
    return [row.tobytes() for row in rounded]


def numbers_of(name: str, given: Any, n_trials: int) -> np.ndarray:
    """Numbers of shape (n_trials,), or a ValueError that names the argument."""
    kind = getattr(getattr(given, "dtype", None), "kind", "f")
    if kind in "mM":
        # numpy makes numbers of dates and durations, in units of its own, also of missing ones.
        raise ValueError(
            f"{name} must be numbers, one for each configuration; got {given.dtype}. Make seconds of "
            "durations with .dt.total_seconds()."
        )
    try:
        floats = floats_of(given)
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"{name} must be numbers, one for each configuration; {error}.") from error
    if floats.shape != (n_trials,):
        raise ValueError(
            f"{name} must have one number for each of the {n_trials} configurations; got an array of "
            f"shape {floats.shape}."
        )
    if name == "scores":
        _check_size(floats)
    return floats


def _check_size(scores: np.ndarray) -> None:
    """Refuse scores whose sums are too large for a float, such as a penalty of 1.8e308."""
    finite = scores[np.isfinite(scores)]
    is_huge = np.abs(finite) > LARGEST_SCORE
    if is_huge.any():
        raise ValueError(
            f"{int(is_huge.sum())} of {len(scores)} scores are too large to be summed, such as "
            f"{finite[is_huge][0]:.3g}: at most {LARGEST_SCORE:.0e} can be explained. Pass NaN for a "
            "trial that failed, or divide the scores by a constant."
        )
