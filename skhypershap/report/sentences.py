"""The answer in words: plain values of the frames -> a few sentences that their intervals allow."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from skhypershap.report.answer import NEGLIGIBLE, Answer, Row
from skhypershap.report.further import more_trials, other_metrics, settled
from skhypershap.report.words import (
    CHECK_NAMES,
    FAIR,
    GOOD,
    MEANINGS,
    OVERLAP,
    POOR,
    TOGETHER,
    UNKNOWN,
    count_text,
    ends_text,
    interval_text,
    list_text,
    number_text,
)

ENOUGH = 0.95  # of the claimed gain, which a subset must keep to be advised
MOST_NAMED = 3  # hyperparameters or pairs in one sentence
MOST_LISTED = 5  # hyperparameters whose names the first sentence has
FAILED = "failed"  # the metric that is failure itself


def sentences(answer: Answer) -> list[str]:
    """The sentences, in the order in which one asks."""
    said = _what_was_tuned(answer)
    if answer.constant:
        return said + _nothing_varies(answer)
    parts: list[Callable[[Answer], list[str]]] = [_measured, _claimed]
    if answer.claimed_gain > 0:
        parts += [_which_matter, _which_interact, _which_hardly_matter, _too_uncertain]
    for part in [*parts, other_metrics, _trust, settled, more_trials, _next]:
        said += part(answer)
    return said


def _what_was_tuned(answer: Answer) -> list[str]:
    names = f" ({list_text(answer.names)})" if len(answer.names) <= MOST_LISTED else ""
    better = "higher" if answer.direction == "maximize" else "lower"
    meaning = "1 where a trial failed, 0 where not; " if answer.metric == FAILED else ""
    tuned = count_text(len(answer.names), "hyperparameter") + names
    said = [
        f"{count_text(answer.n_trials, 'trial')} of {tuned}, judged by {answer.metric_text} "
        f"({meaning}{better} is better)."
    ]
    if answer.n_failed:
        said.append(
            f"{count_text(answer.n_failed, 'more trial')} failed and {_has(answer.n_failed)} no score."
        )
    if answer.n_measured:
        more = count_text(answer.n_measured, "more trial")
        said.append(f"{more} {_was(answer.n_measured)} measured afterwards.")
    return said


def _nothing_varies(answer: Answer) -> list[str]:
    score = number_text(answer.best_measured, 4)
    if answer.n_trials + answer.n_measured == 1:
        return [
            f"In the only trial {answer.metric_text} is {score}, so there is nothing to compare it to.",
            "Next: run more trials (100 are a good start).",
        ]
    return [
        f"In all trials {answer.metric_text} is {score}, so no hyperparameter makes a difference.",
        "Next: explain another metric, or search wider ranges.",
    ]


def _measured(answer: Answer) -> list[str]:
    gain, metric = answer.measured_gain, answer.metric_text
    if math.isnan(gain):
        best = number_text(answer.best_measured, 4)
        what = (
            "the baseline was not measured"
            if answer.n_baselines == 1
            else f"not all of the {answer.n_baselines} baselines were measured"
        )
        return [f"Measured: in the best trial {metric} is {best}; {what}."]
    if gain <= 0:
        score = number_text(answer.baseline_measured, 4)
        return [
            f"Measured: no trial is better than the {answer.baseline_text}, where {metric} is {score}."
        ]
    start, end = ends_text(answer.baseline_measured, answer.best_measured)
    goes = "rises" if answer.direction == "maximize" else "falls"
    return [
        f"Measured: {metric} {goes} from {start} at the {answer.baseline_text} to {end} in the best "
        f"trial, a gain of {number_text(gain)}."
    ]


def _claimed(answer: Answer) -> list[str]:
    gain = answer.claimed_gain
    if not gain > 0:
        score = number_text(answer.baseline_claimed, 4)
        return [
            "Claimed by the surrogate: tuning gains nothing over the "
            f"{answer.baseline_text}, where {answer.metric_text} is {score}."
        ]
    start, end = ends_text(answer.baseline_claimed, answer.best_claimed)
    changes = "raises" if answer.direction == "maximize" else "lowers"
    return [
        f"Claimed by the surrogate: tuning {changes} {answer.metric_text} from {start} at the "
        f"{answer.baseline_text} to {end}, a gain of {number_text(gain)}."
    ]


def _which_matter(answer: Answer) -> list[str]:
    rows = [row for row in answer.clear_rows if len(row.names) == 1 and row.sign > 0]
    if not rows:
        return []
    alone = ", not counting pairs" if len(answer.names) > 1 else ""
    texts = [
        f"{row.names[0]} gains {number_text(row.value)} ({_of_gain(answer, row)})"
        for row in rows[:MOST_NAMED]
    ]
    more = len(rows) - MOST_NAMED
    less = (
        f"; {count_text(more, 'other')} {'gains' if more == 1 else 'gain'} less" if more > 0 else ""
    )
    return [f"What matters{alone}: {list_text(texts)}{less}."]


def _of_gain(answer: Answer, row: Row) -> str:
    """The share of the claimed gain, unless it is above 1 because pairs lose; and the interval."""
    share = row.value / answer.claimed_gain
    texts = [f"{share:.0%} of the claimed gain".replace("%", " %")] if share < 1.005 else []
    return "; ".join(texts + _interval(row.low, row.high)) or "more than the claimed gain"


def _interval(low: float, high: float) -> list[str]:
    return [f"90 % interval {interval_text(low, high)}"] if math.isfinite(low) else []


def _which_interact(answer: Answer) -> list[str]:
    said = []
    for sign, kind in ((1, TOGETHER), (-1, OVERLAP)):
        rows = [row for row in answer.clear_rows if len(row.names) == 2 and row.sign == sign]
        for row in rows[:MOST_NAMED]:
            ends = sorted((abs(row.low), abs(row.high)))
            interval = "".join(f" ({text})" for text in _interval(*ends))
            a, b = row.names
            value = number_text(abs(row.value)) + interval
            said.append(MEANINGS["tunability"][kind].format(a=a, b=b, value=value))
    return said


def _which_hardly_matter(answer: Answer) -> list[str]:
    """Hyperparameters that are surely small, alone and in every pair."""
    if not any(row.has_interval for row in answer.rows):
        return []
    large = {name for row in answer.rows if not answer.is_negligible(row) for name in row.names}
    small = [name for name in answer.names if name not in large]
    if not small:
        return []
    shown = (
        small
        if len(small) <= MOST_LISTED
        else [*small[:MOST_LISTED], f"{len(small) - MOST_LISTED} more"]
    )
    pairs = ", alone and in each pair" if len(answer.names) > 1 else ""
    return [
        f"What hardly matters: {list_text(shown)} (at most {NEGLIGIBLE:.0%} of the claimed gain".replace(
            "%", " %"
        )
        + f"{pairs})."
    ]


def _too_uncertain(answer: Answer) -> list[str]:
    rows = answer.unclear_rows
    if not any(row.has_interval for row in answer.rows):
        return ["No intervals were computed, so small values may be nothing."]
    singles = [row.names[0] for row in rows if len(row.names) == 1]
    pairs = [" and ".join(row.names) for row in rows if len(row.names) == 2]
    texts = []
    if singles:
        verb = "matters" if len(singles) == 1 else "matter"
        alone = " alone" if len(answer.names) > 1 else ""
        texts.append(f"whether {_some(singles)} {verb}{alone}")
    if pairs:
        texts.append(f"whether {_some(pairs, ' or ')} interact")
    if not texts:
        return []
    return [f"Too uncertain to say: {', and '.join(texts)} (90 % intervals that include zero)."]


def _some(texts: Sequence[str], last: str = " and ") -> str:
    """The first few of some names, and how many more there are."""
    more = len(texts) - MOST_NAMED
    shown = [*texts[:MOST_NAMED], f"{more} more"] if more > 0 else list(texts)
    return last.join(shown) if len(shown) < 3 else ", ".join(shown[:-1]) + last + shown[-1]


def _trust(answer: Answer) -> list[str]:
    said = []
    if "r2" in answer.checks:
        r2 = answer.checks["r2"]
        known = f"R² on held-out trials is {number_text(r2.value, 2)} ({r2.level}; 1 is perfect). "
        said.append(f"Trust: {'' if r2.level == UNKNOWN else known}{r2.advice}")
    poor = [
        CHECK_NAMES.get(name, name)
        for name, check in answer.checks.items()
        if check.level == POOR and name != "r2"
    ]
    if poor:
        checks = "this check is" if len(poor) == 1 else "these checks are"
        said.append(f"Take care, {checks} poor (see diagnostics()): {list_text(poor)}.")
    if answer.budget is not None:
        said.append(
            f"Values are approximated from {answer.budget} of 2^{len(answer.names)} coalitions."
        )
    return said


def _next(answer: Answer) -> list[str]:
    said = [*_measure(answer), *_tune_only(answer)]
    said += _run_more(answer, tune_only=bool(_tune_only(answer)))
    if said:
        return said
    if answer.claimed_gain > 0:
        return ["Next: nothing more is needed; incumbent_ is the best trial."]
    return ["Next: keep the baseline, or search wider ranges."]


def _measure(answer: Answer) -> list[str]:
    how = "measure(X, y)" if answer.can_measure else "ask() and tell()"
    if math.isnan(answer.measured_gain):
        baseline = "baseline" if answer.n_baselines == 1 else "baselines"
        return [f"Next: measure the {baseline} and what is claimed, with {how}."]
    if answer.level("claimed_gain") in (FAIR, POOR):
        return [f"Next: measure what is claimed, with {how}."]
    return []


def _tune_only(answer: Answer) -> list[str]:
    """The smallest subset that keeps the gain, if each of its members clearly has a part in it."""
    clear = {name for row in answer.clear_rows if row.sign > 0 for name in row.names}
    if not answer.claimed_gain > 0 or answer.level("r2") == POOR:
        return []
    for names, share in answer.subsets:
        if share >= ENOUGH:
            if len(names) == len(answer.names) or not clear.issuperset(names):
                return []
            keep = "keeps" if len(names) == 1 else "keep"
            text = f"{math.floor(100 * min(share, 1.0) + 1e-9)} %"
            how = ", with reduced_search()" if answer.n_baselines == 1 else ""
            return [
                f"Next: tune only {list_text(names)}, which {keep} {text} of the claimed gain{how}."
            ]
    return []


def _run_more(answer: Answer, *, tune_only: bool) -> list[str]:
    """Where the surrogate is poor, or a hyperparameter may matter or not and nothing else is advised."""
    clear = {name for row in answer.clear_rows for name in row.names}
    unclear = {name for row in answer.unclear_rows for name in row.names} - clear
    doubtful = answer.claimed_gain > 0 and bool(unclear) and not tune_only
    if answer.level("r2") not in (GOOD, FAIR) or doubtful:
        return ["Next: run more trials, so that less is uncertain."]
    return []


def _has(number: int) -> str:
    return "has" if number == 1 else "have"


def _was(number: int) -> str:
    return "was" if number == 1 else "were"
