"""Numbers, values and facts as text: what a report says in words, but for its summary."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from numbers import Integral, Real
from typing import Any

from skhypershap.errors import UNSEEN, printable

GOOD, FAIR, POOR, UNKNOWN = "good", "fair", "poor", "unknown"
LEVELS = (POOR, FAIR, UNKNOWN, GOOD)
"""From what one must know first to what one may skip."""

MISSING = "–"
LONGEST_VALUE = 120  # characters of a value's text
ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")

QUESTIONS = {
    "tunability": "What would the best choice gain over the baseline?",
    "ablation": "What did each hyperparameter bring to the best trial?",
    "sensitivity": "How much does the score vary when these vary at random?",
    "mistunability": "What can a bad choice cost?",
}

ALONE, LOSS, TOGETHER, OVERLAP = "alone", "loss", "together", "overlap"
UNCLEAR, NOTHING = "unclear", "nothing"

MEANINGS = {
    "tunability": {
        ALONE: "Tuning {a} gains {value}, not counting what its pairs gain or lose.",
        TOGETHER: "Tuned together, {a} and {b} gain {value} more than the sum of both.",
        OVERLAP: "{a} and {b} overlap: together they gain {value} less than the sum of both. One can "
        "stand in for the other.",
    },
    "ablation": {
        ALONE: "The value of {a} in the best trial changes the score by {value} for the better.",
        TOGETHER: "The values of {a} and {b} in the best trial gain {value} more together than the sum "
        "of both.",
        OVERLAP: "The values of {a} and {b} in the best trial overlap: together they gain {value} less "
        "than the sum of both.",
    },
    "sensitivity": {
        ALONE: "{a} alone makes the score vary by {value} (a variance).",
        TOGETHER: "{a} and {b} make the score vary by {value} more (a variance) when both vary.",
        OVERLAP: "{a} and {b} make the score vary by {value} less (a variance) than the sum of both.",
    },
    "mistunability": {
        ALONE: "A good choice of {a} even where the rest is bad is worth {value}.",
        TOGETHER: "Bad choices of {a} and {b} cost {value} less than the sum of both.",
        OVERLAP: "Bad choices of {a} and {b} cost {value} more together than the sum of both.",
    },
}
LOSSES = {
    "tunability": "{a} lowers what tuning gains by {value}, not counting its pairs.",
    "ablation": "The value of {a} in the best trial changes the score by {value} for the worse.",
    "sensitivity": "{a} alone makes the score vary by {value} less (a variance).",
    "mistunability": "A bad choice of {a} costs {value}.",
}
COMMON = {
    UNCLEAR: "The interval from {low} to {high} holds zero: this may be nothing.",
    NOTHING: "It makes no difference to the score.",
}


def number_text(value: Any, digits: int = 3) -> str:
    """A number with few digits, such as "0.0721", "12", "1.2e-07"; a dash where there is none."""
    if value is None or not math.isfinite(value):
        return MISSING
    if value == 0:
        return "0"
    text = f"{float(value):.{digits}g}"
    if "e" not in text:
        return text
    if 1 <= abs(value) < 1e6:
        return f"{float(value):.0f}"
    mantissa, exponent = text.split("e")
    return f"{mantissa}e{int(exponent)}"


def rounded_text(score: float, difference: float) -> str:
    """A score with as many digits as a difference needs that is told with it, such as "0.972"."""
    if score == 0 or difference == 0 or not math.isfinite(difference):
        return number_text(score, 4)
    decimals = 2 - math.floor(math.log10(abs(difference)))
    if abs(score) >= 1e6 or decimals > 6:
        digits = math.floor(math.log10(abs(score))) + decimals + 1
        return number_text(score, min(max(digits, 4), 15))
    text = f"{score:.{max(decimals, 0)}f}"
    if float(text) == 0:
        return "0"
    return text.rstrip("0").rstrip(".") if "." in text else text


def ends_text(start: float, end: float) -> tuple[str, str]:
    """Two scores with as many decimals as their difference needs."""
    return rounded_text(start, end - start), rounded_text(end, end - start)


def count_text(number: int, what: str) -> str:
    """A number of things, such as "1 trial" or "2 trials"."""
    return f"{number} {what}" + ("" if number == 1 else "s")


def name_text(name: str) -> str:
    """A hyperparameter's name in a sentence: quoted where it would break the line or not be seen."""
    seen = name and name == " ".join(name.split()) and not UNSEEN.search(name)
    return name if seen else repr(name)


def interval_text(low: Any, high: Any) -> str:
    """An interval, such as "0.01 to 0.03"; a dash where there is none."""
    if finite(low) is None or finite(high) is None:
        return MISSING
    return f"{number_text(low)} to {number_text(high)}"


def duration_text(seconds: Any) -> str:
    """A time, such as "12 s", "3.5 min" or "2 h"; a dash where there is none."""
    if finite(seconds) is None:
        return MISSING
    for size, unit in ((86400, "days"), (3600, "h"), (60, "min")):
        if seconds >= 1.5 * size:
            return f"{number_text(seconds / size, 2)} {unit}"
    return f"{number_text(seconds, 2)} s"


def value_text(value: Any) -> str:
    """A hyperparameter's value as one would type it, without the address of an object in memory."""
    if isinstance(value, str):
        text = printable(value)
    elif value is None or isinstance(value, bool):
        text = str(value)
    elif isinstance(value, Integral):
        text = str(int(value))
    elif isinstance(value, Real):
        text = number_text(float(value), digits=4) if math.isfinite(value) else str(float(value))
    elif isinstance(value, type) or hasattr(value, "__qualname__"):
        text = getattr(value, "__qualname__", None) or repr(value)
    else:
        text = ADDRESS.sub("", " ".join(repr(value).split()))
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"


def config_text(config: Mapping[str, Any]) -> str:
    """A configuration on one line: "C = 10, kernel = rbf"."""
    return ", ".join(f"{name_text(name)} = {value_text(value)}" for name, value in config.items())


def list_text(names: Sequence[str]) -> str:
    """Names as a sentence has them: "a", "a and b", "a, b and c"."""
    if len(names) < 2:
        return "".join(names)
    return ", ".join(names[:-1]) + " and " + names[-1]


def finite(value: Any) -> float | None:
    """A float, or None for NaN and infinity, which JSON does not have."""
    if value is None:
        return None
    number = float(value)
    return number if math.isfinite(number) else None


def kind_of(members: Sequence[int], value: float, low: float | None, high: float | None) -> str:
    """What a value says, as far as its interval allows."""
    if value == 0 and not low and not high:
        return NOTHING
    if low is not None and high is not None and low <= 0 <= high:
        return UNCLEAR
    if len(members) == 1:
        return ALONE if value > 0 else LOSS
    return TOGETHER if value > 0 else OVERLAP


def meanings_of(game: str) -> dict[str, str]:
    """The sentence for each kind of value in a game; `{a}`, `{b}` and `{value}` are to be filled in."""
    return {**MEANINGS[game], LOSS: LOSSES[game], **COMMON}


def unit_text(game: str, metric: str, direction: str) -> str:
    """The unit of a game's values."""
    if game == "sensitivity":
        return f"variance of {metric}"
    lower = ", which is minimised; positive is better" if direction == "minimize" else ""
    return f"gain in {metric}{lower}"


def verdict(checks: Sequence[Mapping[str, Any]]) -> tuple[str, str]:
    """A level and one sentence on whether the surrogate can be trusted, of the diagnostics."""
    by_level = {level: [row["name"] for row in checks if row["level"] == level] for level in LEVELS}
    if by_level[POOR]:
        return POOR, f"Take care: {_count(by_level[POOR], 'poor')}. Read the advice below first."
    if by_level[FAIR]:
        return FAIR, f"Mostly: {_count(by_level[FAIR], 'fair only')}, the others are not worse."
    if by_level[GOOD] and by_level[UNKNOWN]:
        return GOOD, f"Yes, as far as it was checked; {_count(by_level[UNKNOWN], 'unknown')}."
    if by_level[GOOD]:
        return GOOD, "Yes: every check is good."
    return UNKNOWN, "Unknown: nothing could be checked."


def _count(names: Iterable[str], level: str) -> str:
    names = list(names)
    return f"{list_text(names)} {'is' if len(names) == 1 else 'are'} {level}"


GOOD_VALUES = "values that keep 95 % of the gain"

CHECK_NAMES = {
    "r2": "R² on held-out trials",
    "rank_correlation": "rank correlation",
    "r2_without_outliers": "R² without outliers",
    "near_optimum_error": "error near the optimum",
    "baseline_error": "error at the baseline",
    "incumbent_error": "error at the best trial",
    "claimed_gain": "claimed gain",
    "measured_gain": "measured gain",
    "n_outliers": "number of outliers",
    "n_failed": "number of failed trials",
}

CURVES = {
    "best": "the rest tuned as well as possible",
    "incumbent": "the rest as in the best trial",
    "baseline": "the rest at the baseline",
    "average": "average over all others",
}
"""The curves of an effect and what is held, the most telling first."""
