"""The measured score of the baseline: given by the user, or found by the search's own splits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from skhypershap.errors import BaselineWarning, warn
from skhypershap.space.encoding import Config
from skhypershap.trials import Trials
from skhypershap.trials.baselines import Baseline, describe_replaced, is_center
from skhypershap.trials.inferred_clauses import breaking
from skhypershap.trials.measurements import (
    BASELINE,
    Measurements,
    config_keys,
    known_score,
    measurements,
)

if TYPE_CHECKING:
    from skhypershap.explainer.fitted import Fitted

BEST = 0.1  # of the trials: a baseline among them leaves little to gain

Evaluate = Callable[[Sequence[Config]], np.ndarray]


def measure_baselines(
    baselines: Sequence[Baseline],
    trials: Trials,
    baseline_score: Any,
    evaluate: Evaluate | None,
) -> Measurements:
    """Measure baselines that are no trials yet, and warn of defaults outside the space.

    Parameters
    ----------
    baselines : sequence of Baseline
        What tuning is measured against.
    trials : Trials
        Those of the source.
    baseline_score : {"auto", "predict"}, float or list of float
        As in the constructor of `HyperSHAPExplainer`.
    evaluate : callable or None
        Measures configurations, NaN for those that fail; None where there is no search or no data.
    """
    configs = [one.config for one in baselines]
    if not isinstance(baseline_score, str):
        _warn(describe_replaced(baselines, trials.defaults))
        scores = np.atleast_1d(np.asarray(baseline_score, dtype=float))
        return measurements(trials, configs, scores, [BASELINE] * len(configs))
    if baseline_score == "predict" or evaluate is None:
        _warn(describe_replaced(baselines, trials.defaults))
        return Measurements()
    always_failed = breaking(trials, configs)  # which is not run once more
    unknown = [
        config
        for config, fails in zip(configs, always_failed, strict=True)
        if not fails and np.isnan(known_score(trials, config))
    ]
    keys = config_keys(trials, unknown)
    to_run = list(dict(zip(keys, unknown, strict=True)).values())
    own = [_untuned(one, trials) for one in baselines if one.replaced]
    scores, reason = _evaluated(evaluate, [*to_run, *own])
    found = measurements(trials, to_run, scores[: len(to_run)], [BASELINE] * len(to_run))
    sentence = _scores_of_defaults(baselines, trials, found, scores[len(to_run) :])
    _warn(
        describe_replaced(baselines, trials.defaults, sentence),
        _failures(found, reason),
    )
    return found


def warn_if_near_best(fitted: Fitted) -> None:
    """Warn if a baseline, unless it is the word "best", scores among the best tenth of trials."""
    several = isinstance(fitted.baseline, (list, tuple))
    asked = fitted.baseline if several else [fitted.baseline]
    trials = fitted.source
    scores = trials.scores
    counts = np.ones(len(scores), dtype=bool) if trials.feasible is None else trials.feasible
    if trials.fidelity is not None:
        counts = counts & (trials.fidelity == trials.fidelity[counts].max())
    scores = scores[counts]
    sign = 1 if trials.maximize else -1
    for word, config in zip(asked, fitted.baselines, strict=True):
        score = known_score(trials, config, fitted.measured)
        if np.isnan(score):
            score = float(fitted.predict_score([config])[0])
        n_better = int((sign * scores >= sign * score).sum())
        if n_better <= BEST * len(scores) and (not isinstance(word, str) or word != "best"):
            less = "baseline='worst' measures tuning against less."
            if not is_center(config, trials):
                less = "baseline='center' or baseline='worst' measure tuning against less."
            warn(
                f"The baseline scores {score:.4g}, among the best tenth of the trials, so gains over it "
                f"will be small. {less}",
                BaselineWarning,
            )
            return


def _untuned(baseline: Baseline, trials: Trials) -> Config:
    """The baseline with the estimator's own defaults, although they lie outside the space."""
    default = trials.default or {}
    own = {name: default[name] for name in baseline.replaced if name in default}
    return {**baseline.config, **own}


def _evaluated(evaluate: Evaluate, configs: Sequence[Config]) -> tuple[np.ndarray, str]:
    """Scores, and what stopped their evaluation; a search that took hours is never lost by that."""
    if not configs:
        return np.zeros(0), ""
    try:
        return evaluate(configs), ""
    except Exception as error:
        return np.full(len(configs), np.nan), f" ({type(error).__name__}: {error})"


def _scores_of_defaults(
    baselines: Sequence[Baseline], trials: Trials, found: Measurements, own_scores: np.ndarray
) -> str:
    """A sentence on what the estimators' own defaults and their stand-ins really score."""
    parts = []
    replaced = [one for one in baselines if one.replaced]
    for one, own_score in zip(replaced, own_scores.tolist(), strict=True):
        score = known_score(trials, one.config, found)
        if np.isfinite(score) and np.isfinite(own_score):
            parts.append(
                f"the estimator's own default scores {own_score:.4g}, what is used {score:.4g}"
            )
    return f" Measured: {'; '.join(parts)}." if parts else ""


def _failures(found: Measurements, reason: str) -> str | None:
    n_failed = len(found.configs) - found.n_finished
    if not n_failed:
        return None
    what = "The baseline" if len(found.configs) == 1 else f"{n_failed} of the baselines"
    return (
        f"{what} could not be evaluated by the search's cross-validation{reason}, so the score is "
        "predicted by the surrogate. Pass the score as baseline_score=, or baseline_score='predict' to "
        "silence this warning."
    )


def _warn(*sentences: str | None) -> None:
    """One warning for all that there is to warn of."""
    found = [sentence for sentence in sentences if sentence]
    if found:
        warn(" ".join(found), BaselineWarning)
