"""Sentences about other metrics, whether the answer has settled, and what more trials may bring."""

from __future__ import annotations

import math

from skhypershap.report.answer import Answer
from skhypershap.report.words import UNKNOWN, count_text, duration_text, ends_text, number_text


def other_metrics(answer: Answer) -> list[str]:
    """What the best trial gains or costs in the other metrics of the source."""
    said = []
    for metric, gain, name, part in answer.others:
        begin = f"Another metric, {metric}: by its surrogate the best trial"
        baseline = f"against the {answer.baseline_text}"
        if gain == 0:
            said.append(f"{begin} changes nothing {baseline}.")
            continue
        does = "gains" if gain > 0 else "costs"
        most = f", most of it through {name} ({number_text(abs(part))})" if part * gain > 0 else ""
        if len(answer.names) == 1:
            most = ""
        said.append(f"{begin} {does} {number_text(abs(gain))} {baseline}{most}.")
    return said


def settled(answer: Answer) -> list[str]:
    """The verdict of the history, or that there is none."""
    if not answer.verdict:
        return [
            "Whether more trials would change this answer was not checked; history() checks it."
        ]
    return [answer.verdict]


def more_trials(answer: Answer) -> list[str]:
    """What as many random trials of the whole space are expected to bring."""
    if answer.more is None or math.isnan(answer.further_gain) or answer.level("r2") == UNKNOWN:
        return []
    trials = count_text(answer.more.n_trials, "more random trial")
    are = "is" if answer.more.n_trials == 1 else "are"
    long = duration_text(answer.more.seconds)
    takes = "It takes" if answer.more.n_trials == 1 else "They take"
    time = "" if not answer.more.seconds >= 1 else f" {takes} about {long}, one after the other."
    if answer.further_gain <= 0:
        return [f"{trials} {are} expected to gain nothing over the best trial.{time}"]
    start, end = ends_text(answer.best_measured, answer.more.expected)
    changes = "raise" if answer.direction == "maximize" else "lower"
    return [
        f"{trials} {are} expected to {changes} the best {_plain(answer)} from {start} to {end}, a "
        f"gain of {number_text(answer.further_gain)}.{time}"
    ]


def _plain(answer: Answer) -> str:
    return "score" if answer.metric == "score" else answer.metric
