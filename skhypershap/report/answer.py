"""What the sentences of a summary are made of: plain values of the frames."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from skhypershap.report.words import UNKNOWN

NEGLIGIBLE = 0.05  # of the claimed gain: what is surely smaller hardly matters
ROUNDING = 1e-12  # of the scores: smaller gains are errors of rounding


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


class More(NamedTuple):
    """What further random trials of the whole space are expected to bring, and how long they take."""

    n_trials: int
    expected: float
    seconds: float


class Other(NamedTuple):
    """What the best trial gains over the baseline in another metric, and what most of it is due to."""

    metric: str
    gain: float
    name: str
    part: float


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
    verdict : str
        Whether the answer has settled, in words; empty where this was not computed.
    more : More or None
        What further trials may bring.
    others : sequence of Other
        The other metrics of the source.
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
    verdict: str = ""
    more: More | None = None
    others: Sequence[Other] = ()

    @property
    def measured_gain(self) -> float:
        """Gain of the best trial over the baseline, NaN if the baseline was not measured."""
        return self._gain(self.baseline_measured, self.best_measured)

    @property
    def claimed_gain(self) -> float:
        """Gain that the surrogate claims; zero where it is an error of rounding."""
        return self._gain(self.baseline_claimed, self.best_claimed)

    @property
    def further_gain(self) -> float:
        """Gain over the best trial that further trials are expected to bring; NaN where unknown."""
        return math.nan if self.more is None else self._gain(self.best_measured, self.more.expected)

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
