"""How far to trust a surrogate: checks on held-out trials, and claims against measurements."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.stats import rankdata

from skhypershap.arrays import Booleans, Scores
from skhypershap.errors import SurrogateWarning, TrialsWarning, warn
from skhypershap.surrogate.regressors import r2_of

GOOD, FAIR, POOR, UNKNOWN = "good", "fair", "poor", "unknown"
FEW_TRIALS = 10
LOW_R2 = 0.3
FAR_OUT = 3.0  # Tukey's fence for what is far out, in interquartile ranges
BEST_SHARE = 0.25  # of the trials, which are near the optimum
NEGLIGIBLE = 0.02  # of the scale of the scores: smaller differences of gains do not count
FAR_ABOVE = 2.0  # times the measured gain
A_THIRD = 4 / 3
WELL_RANKED = 0.5
SPOILED = (
    "Few scores far from the others decide R2: judge the surrogate by rank_correlation and "
    "r2_without_outliers. predictions() shows these trials. Leave them out, or explain a metric without "
    "outliers (its logarithm)."
)


class Check(NamedTuple):
    """One row of the diagnostics: what was checked, its value, how good that is, what to do."""

    check: str
    value: float
    level: str
    advice: str


@dataclass(frozen=True)
class Evidence:
    """What there is to judge a surrogate by.

    Attributes
    ----------
    scores, held_out : ndarray of shape (n_trials,)
        Measured scores of the source's trials, and their held-out predictions (NaN for none).
    sign : float
        1 where a higher score is better, -1 otherwise.
    n_failed : int
        Number of trials without a score.
    baseline, incumbent : tuple of float
        Predicted and measured score of each; NaN where it was not measured.
    claimed_gain : float
        What the surrogate expects tuning to gain; NaN where it was not computed.
    """

    scores: Scores
    held_out: Scores
    sign: float
    n_failed: int
    baseline: tuple[float, float]
    incumbent: tuple[float, float]
    claimed_gain: float

    @property
    def measured_gain(self) -> float:
        """The gain of the best trial over the baseline, both measured."""
        return self.sign * (self.incumbent[1] - self.baseline[1]) + 0.0  # never -0

    @property
    def scale(self) -> float:
        """Difference of the best trial and the median: what errors are compared with.

        The range of the scores, where more than half of the trials are the best.
        """
        gains = self.sign * self.scores
        return float(gains.max() - np.median(gains)) or float(np.ptp(gains))

    @property
    def unit(self) -> float:
        """What errors of single predictions are compared with: the gain, where it was measured."""
        gain = self.measured_gain
        return 0.25 * self.scale if np.isnan(gain) else max(gain, NEGLIGIBLE * self.scale)

    @property
    def claims_too_much(self) -> bool:
        """Whether the claimed gain is far above the measured one."""
        excess = self.claimed_gain - self.measured_gain
        tolerated = max((FAR_ABOVE - 1) * max(self.measured_gain, 0.0), NEGLIGIBLE * self.scale)
        return bool(excess > tolerated)


def outliers(scores: Scores) -> Booleans:
    """Which scores are far out: three interquartile ranges beyond the quartiles."""
    low, high = np.quantile(scores, [0.25, 0.75])
    width = FAR_OUT * (high - low)
    if width == 0:  # most trials have the same score, which makes the others no outliers
        return np.zeros(len(scores), dtype=bool)
    found: Booleans = (scores < low - width) | (scores > high + width)
    return found


def rank_correlation(scores: Scores, held_out: Scores) -> float:
    """Spearman's correlation of scores and held-out predictions; NaN where either is constant."""
    known = ~np.isnan(held_out)
    if known.sum() < 2 or np.ptp(scores[known]) == 0 or np.ptp(held_out[known]) == 0:
        return float("nan")
    ranks = rankdata(scores[known]), rankdata(held_out[known])
    return float(np.corrcoef(*ranks)[0, 1])


def diagnose(evidence: Evidence) -> list[Check]:
    """All checks, in the order in which they are shown."""
    scores, held_out = evidence.scores, evidence.held_out
    inliers = ~outliers(scores)
    ranked = rank_correlation(scores, held_out)
    r2_without = _r2_check("r2_without_outliers", r2_of(scores[inliers], held_out[inliers]))
    r2 = _r2_check("r2", r2_of(scores, held_out))
    if not inliers.all() and _is_spoiled(r2.value, r2_without.value, ranked):
        r2 = r2._replace(advice=SPOILED)
    return [
        r2,
        _rank_check(ranked),
        r2_without,
        _near_optimum_check(evidence),
        _error_check("baseline_error", "baseline", evidence.baseline, evidence.unit),
        _error_check("incumbent_error", "incumbent", evidence.incumbent, evidence.unit),
        _claim_check(evidence),
        _measured_check(evidence),
        _outlier_check(int((~inliers).sum()), len(scores)),
        _failure_check(evidence.n_failed, len(scores)),
    ]


def warn_if_unreliable(evidence: Evidence, metric: str) -> None:
    """Warn once if trials or the surrogate make explanations unreliable, and give the remedies."""
    scores, n_trials = evidence.scores, len(evidence.scores)
    if n_trials > 1 and np.ptp(scores) == 0:
        warn(
            f"All {n_trials} trials have the same {metric!r} score, {scores[0]:g}, so every "
            "value of an explanation will be zero.",
            TrialsWarning,
        )
        return
    sentences = []
    checks = {check.check: check for check in diagnose(evidence)}
    r2 = checks["r2"].value
    if n_trials < FEW_TRIALS or not r2 >= LOW_R2:
        sentences.append(_poor_fit(checks, evidence, metric))
    if evidence.claims_too_much:
        sentences.append(_excess_of_claims(evidence, metric))
    if sentences:
        warn(" ".join(sentences), SurrogateWarning)


def warn_of_claims(evidence: Evidence, metric: str) -> None:
    """Warn if tuning is claimed to gain far more than was measured."""
    if evidence.claims_too_much:
        warn(_excess_of_claims(evidence, metric), SurrogateWarning)


def _is_spoiled(r2: float, r2_without: float, ranked: float) -> bool:
    """Whether R2 is low only because of outliers: the other trials are predicted, or all are ranked."""
    return r2 < LOW_R2 and (r2_without >= LOW_R2 or ranked >= WELL_RANKED)


def _poor_fit(checks: Mapping[str, Check], evidence: Evidence, metric: str) -> str:
    n_trials, n_outliers = len(evidence.scores), int(checks["n_outliers"].value)
    r2, r2_without = checks["r2"].value, checks["r2_without_outliers"].value
    ranked = checks["rank_correlation"].value
    trials = "1 trial" if n_trials == 1 else f"{n_trials} trials"
    found = (
        f"The surrogate fits poorly to {metric!r} (held-out R2 = {r2:.2f}, from {trials}; 1 is "
        "perfect, 0 no better than the mean)"
    )
    if n_outliers and n_trials >= FEW_TRIALS and _is_spoiled(r2, r2_without, ranked):
        scores = "score" if n_outliers == 1 else "scores"
        cure = (
            "predictions() shows them (outlier). Leave them out, or explain a metric without such "
            "outliers (its logarithm)."
        )
        if r2_without < LOW_R2:
            return (
                f"{found} because of {n_outliers} {scores} far from the others; the rank correlation is "
                f"{ranked:.2f}, so the order of configurations is more reliable than sizes. {cure}"
            )
        return (
            f"{found} because of {n_outliers} {scores} far from the others; without them R2 = "
            f"{r2_without:.2f}, and the rank correlation of all trials is {ranked:.2f}. Sensitivity and "
            f"mistunability depend on these few trials and are unreliable. {cure}"
        )
    if r2 >= LOW_R2:
        return (
            f"The surrogate fits poorly to {metric!r}, or well by chance (held-out R2 = {r2:.2f}, from "
            f"{trials}, too few to tell); details of the explanation are unreliable. Run more trials "
            "(100 are a good start)."
        )
    return (
        f"{found}; details of the explanation are unreliable. Run more trials (100 are a good start), "
        "try another surrogate=, or explain a less noisy metric (more cross-validation folds)."
    )


def _at_least(value: float, good: float, fair: float) -> str:
    if np.isnan(value):
        return UNKNOWN
    return GOOD if value >= good else FAIR if value >= fair else POOR


def _at_most(value: float, good: float, fair: float) -> str:
    if np.isnan(value):
        return UNKNOWN
    return GOOD if value <= good else FAIR if value <= fair else POOR


def _r2_check(name: str, value: float) -> Check:
    level = _at_least(value, 0.7, LOW_R2)
    advice = {
        GOOD: "The surrogate predicts trials well that it was not fitted on.",
        FAIR: "Large values are reliable, small ones are not. More trials help.",
        POOR: "Details are unreliable. Run more trials, try another surrogate=, or explain a less noisy "
        "metric (more cross-validation folds).",
        UNKNOWN: "There are too few trials to hold any out. Run more.",
    }[level]
    return Check(name, value, level, advice)


def _rank_check(value: float) -> Check:
    level = _at_least(value, 0.8, 0.5)
    advice = {
        GOOD: "The surrogate ranks configurations well.",
        FAIR: "The surrogate ranks configurations roughly. Check what it claims with measure(X, y).",
        POOR: "The surrogate hardly ranks configurations. Run more trials before you use the "
        "explanation.",
        UNKNOWN: "Scores or predictions do not vary, so there is nothing to rank.",
    }[level]
    return Check("rank_correlation", value, level, advice)


def _near_optimum_check(evidence: Evidence) -> Check:
    """Mean absolute error of held-out predictions among the best quarter of the trials."""
    gains = evidence.sign * evidence.scores
    best = gains >= np.quantile(gains, 1 - BEST_SHARE)
    errors = np.abs(evidence.scores - evidence.held_out)[best & ~np.isnan(evidence.held_out)]
    value = float(errors.mean()) if len(errors) else float("nan")
    level = _at_most(value, 0.25 * evidence.scale, 0.5 * evidence.scale)
    advice = {
        GOOD: "Good configurations are predicted well.",
        FAIR: "Good configurations are predicted roughly, so gains are rough, too. measure(X, y) adds "
        "trials where it matters.",
        POOR: "Good configurations are predicted badly, and gains depend on them. Add trials there with "
        "measure(X, y), or with ask() and tell().",
        UNKNOWN: "No good trial was held out.",
    }[level]
    return Check("near_optimum_error", value, level, advice)


def _error_check(name: str, what: str, pair: tuple[float, float], unit: float) -> Check:
    predicted, measured = pair
    value = abs(predicted - measured)
    level = _at_most(value, unit / 3, unit)
    if level == UNKNOWN:
        advice = (
            f"The {what} was not measured. Call fit or measure with data, or pass its score as "
            "baseline_score=."
        )
    elif level == GOOD:
        advice = f"The {what} is predicted as it was measured."
    else:
        where = "above" if predicted > measured else "below"
        advice = (
            f"The {what} is predicted at {predicted:.4g}, {where} the measured {measured:.4g}, and "
            f"gains are off by that. More trials near the {what} help: measure(X, y)."
        )
    return Check(name, value, level, advice)


def _excess_of_claims(evidence: Evidence, metric: str | None = None) -> str:
    """What is claimed and was measured, and the remedy; warnings name the metric."""
    subject = "Tuning" if metric is None else f"Tuning for {metric!r}"
    return (
        f"{subject} is claimed to gain {evidence.claimed_gain:.3g}, but the best configuration measured "
        f"so far gains {evidence.measured_gain:.3g} over the measured baseline. Call measure(X, y), "
        "which evaluates what the explanation rests on and learns from it; without a search run ask() "
        "and tell()."
    )


def _claim_check(evidence: Evidence) -> Check:
    claimed, measured = evidence.claimed_gain, evidence.measured_gain
    tolerated = NEGLIGIBLE * evidence.scale
    if np.isnan(claimed) or np.isnan(measured):
        return Check(
            "claimed_gain",
            claimed,
            UNKNOWN,
            "The baseline was not measured, so the claim cannot be checked. Call fit or measure with "
            "data, or pass its score as baseline_score=.",
        )
    if evidence.claims_too_much:
        return Check(
            "claimed_gain",
            claimed,
            POOR,
            _excess_of_claims(evidence),
        )
    if abs(claimed - measured) <= max((A_THIRD - 1) * abs(measured), tolerated):
        advice = "What tuning is claimed to gain agrees with what was measured."
        return Check("claimed_gain", claimed, GOOD, advice)
    where = "above" if claimed > measured else "below"
    level = POOR if claimed < measured / FAR_ABOVE else FAIR
    return Check(
        "claimed_gain",
        claimed,
        level,
        f"The claimed gain is {where} the measured {measured:.3g}. measure(X, y) brings them together.",
    )


def _measured_check(evidence: Evidence) -> Check:
    value = evidence.measured_gain
    if np.isnan(value):
        advice = (
            "The baseline was not measured. Call fit or measure with data, or pass its score as "
            "baseline_score=."
        )
        return Check("measured_gain", value, UNKNOWN, advice)
    if value > 0:
        advice = (
            "Best trial against the baseline. It is slightly optimistic, since the best of many was "
            "chosen on the same splits: verify(X, y, cv=...) takes others."
        )
        return Check("measured_gain", value, GOOD, advice)
    advice = (
        "No trial is better than the baseline. Keep the baseline, or search longer: "
        "measure(X, y) tries what the surrogate expects most of."
    )
    return Check("measured_gain", value, FAIR, advice)


def _outlier_check(n_outliers: int, n_trials: int) -> Check:
    level = _at_most(n_outliers, 0, 0.05 * n_trials)
    advice = (
        "No score is far from all others."
        if level == GOOD
        else "Few scores far from the others dominate R2, sensitivity and mistunability. predictions() "
        "shows which. Explain a metric without outliers (its logarithm) if these trials do not matter."
    )
    return Check("n_outliers", float(n_outliers), level, advice)


def _failure_check(n_failed: int, n_trials: int) -> Check:
    level = _at_most(n_failed, 0, 0.2 * (n_failed + n_trials))
    advice = (
        "All trials have a score."
        if level == GOOD
        else "Failed trials teach the surrogate no score: regions where trials fail are unknown to it."
    )
    return Check("n_failed", float(n_failed), level, advice)
