"""The answer in words: plain values of the frames -> a few sentences that their intervals allow."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from skhypershap.report.words import (
    CHECK_NAMES,
    FAIR,
    GOOD,
    MEANINGS,
    OVERLAP,
    POOR,
    TOGETHER,
    UNKNOWN,
    interval_text,
    list_text,
    number_text,
    rounded_text,
)

NEGLIGIBLE = 0.05  # of the claimed gain: what is surely smaller hardly matters
ENOUGH = 0.95  # of the claimed gain, which a subset must keep to be advised
ROUNDING = 1e-12  # of the scores: smaller gains are errors of rounding
MOST_NAMED = 3  # hyperparameters or pairs in one sentence
MOST_LISTED = 5  # hyperparameters whose names the first sentence has
FAILED = "failed"  # the metric that is failure itself


class Row(NamedTuple):
    """The value of a hyperparameter or pair in the tunability game, and its interval (NaN for none)."""

    names: tuple[str, ...]
    value: float
    low: float
    high: float

    @property
    def has_interval(self) -> bool:
        """Whether resamples were explained."""
        return math.isfinite(self.low)

    @property
    def sign(self) -> int:
        """1 or -1 if the value is clearly positive or negative, 0 if its interval holds zero."""
        low, high = (self.low, self.high) if self.has_interval else (self.value, self.value)
        return int(low > 0) - int(high < 0)

    @property
    def size(self) -> float:
        """The largest absolute value that the interval allows."""
        return max(abs(self.low), abs(self.high)) if self.has_interval else abs(self.value)


class Judgement(NamedTuple):
    """A check of the surrogate: its value, its level and an advice."""

    value: float
    level: str
    advice: str


@dataclass(frozen=True)
class Answer:
    """What the sentences are made of; each number is one of a frame or of its attrs.

    Attributes
    ----------
    names : sequence of str
        The hyperparameters, in space order.
    metric, direction : str
        What the scores measure, and which are better.
    n_trials, n_failed, n_measured : int
        Trials of the source with a score, those without, and those that the explainer added.
    n_baselines : int
        How many configurations the baseline stands for.
    baseline_measured, best_measured : float
        Measured scores of the baseline (NaN if it was not measured) and of the best trial.
    baseline_claimed, best_claimed : float
        Predicted scores of the baseline and of the best configuration.
    rows : sequence of Row
        Hyperparameters and pairs in the tunability game, by order and then by |value|.
    subsets : sequence of tuple
        The best hyperparameters of each size, and their share of the claimed gain.
    checks : dict of str to Judgement
        The diagnostics.
    budget : int or None
        Number of coalitions that values were approximated from; None where they are exact.
    can_measure : bool
        Whether the search can run configurations itself.
    constant : bool
        Whether all trials have the same score.
    """

    names: Sequence[str]
    metric: str
    direction: str
    n_trials: int
    best_measured: float
    baseline_claimed: float
    best_claimed: float
    n_failed: int = 0
    n_measured: int = 0
    n_baselines: int = 1
    baseline_measured: float = math.nan
    rows: Sequence[Row] = ()
    subsets: Sequence[tuple[tuple[str, ...], float]] = ()
    checks: Mapping[str, Judgement] = field(default_factory=dict)
    budget: int | None = None
    can_measure: bool = False
    constant: bool = False

    @property
    def measured_gain(self) -> float:
        """Gain of the best trial over the baseline, NaN if the baseline was not measured."""
        return self._gain(self.baseline_measured, self.best_measured)

    @property
    def claimed_gain(self) -> float:
        """Gain that the surrogate claims; zero where it is an error of rounding."""
        return self._gain(self.baseline_claimed, self.best_claimed)

    def _gain(self, start: float, end: float) -> float:
        gain = end - start if self.direction == "maximize" else start - end
        return 0.0 if abs(gain) <= ROUNDING * max(abs(start), abs(end)) else gain

    @property
    def metric_text(self) -> str:
        """The metric in a sentence; some sources call it no more than "score"."""
        return "the score" if self.metric == "score" else self.metric

    @property
    def baseline_text(self) -> str:
        """The baseline, or the mean of several."""
        return "baseline" if self.n_baselines == 1 else f"mean of the {self.n_baselines} baselines"

    @property
    def clear_rows(self) -> list[Row]:
        """Values that are clearly not zero and not negligible."""
        return [row for row in self.rows if row.sign and not self.is_negligible(row)]

    @property
    def unclear_rows(self) -> list[Row]:
        """Values that may be zero, and may be large."""
        return [row for row in self.rows if not row.sign and not self.is_negligible(row)]

    def is_negligible(self, row: Row) -> bool:
        """Whether a value is small beside the claimed gain, wherever in its interval it is."""
        return row.size <= NEGLIGIBLE * self.claimed_gain

    def level(self, check: str) -> str:
        """The level of a check."""
        return self.checks[check].level if check in self.checks else UNKNOWN


def sentences(answer: Answer) -> list[str]:
    """The sentences, in the order in which one asks."""
    said = _what_was_tuned(answer)
    if answer.constant:
        return said + _nothing_varies(answer)
    parts: list[Callable[[Answer], list[str]]] = [_measured, _claimed]
    if answer.claimed_gain > 0:
        parts += [_which_matter, _which_interact, _which_hardly_matter, _too_uncertain]
    for part in [*parts, _trust, _next]:
        said += part(answer)
    return said


def _what_was_tuned(answer: Answer) -> list[str]:
    names = f" ({list_text(answer.names)})" if len(answer.names) <= MOST_LISTED else ""
    better = "higher" if answer.direction == "maximize" else "lower"
    meaning = "1 where a trial failed, 0 where not; " if answer.metric == FAILED else ""
    said = [
        f"{_count(answer.n_trials, 'trial')} of {_count(len(answer.names), 'hyperparameter')}{names}, "
        f"judged by {answer.metric_text} ({meaning}{better} is better)."
    ]
    if answer.n_failed:
        said.append(
            f"{_count(answer.n_failed, 'more trial')} failed and {_has(answer.n_failed)} no score."
        )
    if answer.n_measured:
        said.append(
            f"{_count(answer.n_measured, 'more trial')} {_was(answer.n_measured)} measured afterwards."
        )
    return said


def _nothing_varies(answer: Answer) -> list[str]:
    score = number_text(answer.best_measured, 4)
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
    start, end = _ends(answer.baseline_measured, answer.best_measured)
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
    start, end = _ends(answer.baseline_claimed, answer.best_claimed)
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
    less = f"; {_count(more, 'other')} {'gains' if more == 1 else 'gain'} less" if more > 0 else ""
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


def _ends(start: float, end: float) -> tuple[str, str]:
    """Two scores with as many decimals as their difference needs."""
    return rounded_text(start, end - start), rounded_text(end, end - start)


def _count(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")


def _has(number: int) -> str:
    return "has" if number == 1 else "have"


def _was(number: int) -> str:
    return "was" if number == 1 else "were"
