"""The summary of a fitted explainer: collects frames for the answer in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from skhypershap.advice.measuring import can_measure
from skhypershap.explainer.base import game_context, of_one_fit
from skhypershap.explainer.compromise import compromise
from skhypershap.explainer.explanations import Explanations
from skhypershap.explainer.growing import Growing
from skhypershap.explainer.next_steps import NextSteps
from skhypershap.explainer.true_numbers import TrueNumbers
from skhypershap.frame_libraries import in_chosen_library
from skhypershap.frames import summarize

if TYPE_CHECKING:
    import pandas as pd

    from skhypershap.report import Answer, More, Summary

GAME = "tunability"  # that the sentences are about
N_BOOTSTRAP = 20
ROUNDING = 1e-12  # of the largest part of a gain: smaller sums are errors of rounding


class Outlook(NamedTuple):
    """Frames about more trials and other metrics; None where they were not computed."""

    history: pd.DataFrame | None
    next_trials: pd.DataFrame | None
    metrics: pd.DataFrame | None


class Summarizing(Explanations, NextSteps, TrueNumbers, Growing):
    """The method of `HyperSHAPExplainer` that answers in words."""

    @in_chosen_library
    @of_one_fit
    def summary(self) -> Summary:
        """Answer in a few sentences: what tuning gained, what matters, what to do next.

        They say what was tuned; from where to where the score went, measured and claimed; which
        hyperparameters matter, and which work together or stand in for each other; what is too
        uncertain to say; what it costs in other metrics of the source; how far to trust it; whether
        the answer has settled, where `history()` or `report()` was called; what as many random trials
        again are expected to gain; and what to do next. Every number is one of
        `explain(n_bootstrap=20)`, `best_subsets()`, `diagnostics()`, `next_trials()` or an ablation by
        `explain_metrics`, and a value is called one only if its 90 % interval does not include zero.

        Returns
        -------
        Summary
            `str()` has one sentence per line, `sentences` is the list of them, and a notebook shows
            it.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            Before fit.

        See Also
        --------
        explain : The values as a DataFrame.
        report : Everything in one interactive file, with these sentences on top.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from sklearn.model_selection import GridSearchCV
        >>> from sklearn.tree import DecisionTreeClassifier
        >>> from skhypershap import HyperSHAPExplainer
        >>> grid = {"max_depth": [1, 2, 3, 4, 5], "min_samples_leaf": [1, 5, 20, 40]}
        >>> search = GridSearchCV(DecisionTreeClassifier(random_state=0), grid)
        >>> explainer = HyperSHAPExplainer(search, baseline="worst", random_state=0)
        >>> summary = explainer.fit(*load_iris(return_X_y=True)).summary()
        >>> print(summary.sentences[1])
        Measured: the score rises from 0.667 at the baseline to 0.967 in the best trial, a gain of 0.3.
        """
        from skhypershap.report import Summary

        game_context(self)
        explanation = self._explained([GAME], N_BOOTSTRAP)
        return Summary(self._sentences(explanation, N_BOOTSTRAP))

    def _explained(self, games: Sequence[str], n_bootstrap: int | None) -> pd.DataFrame:
        """Hyperparameters and pairs, with draws if asked."""
        order = min(2, len(self.hyperparameter_names_))
        return self.explain(list(games), order=order, n_bootstrap=n_bootstrap)

    def _sentences(
        self,
        explanation: pd.DataFrame,
        n_bootstrap: int | None,
        subsets: pd.DataFrame | None = None,
        diagnostics: pd.DataFrame | None = None,
        outlook: Outlook | None = None,
    ) -> list[str]:
        """The answer in words, of frames that may be there already.

        `explanation` is of a list of games; if it has no tunability, that is explained as well.
        """
        from skhypershap.report import sentences

        if GAME not in explanation.attrs["baseline_score"]:
            explanation = self._explained([GAME], n_bootstrap)
        return sentences(
            self._answer(
                explanation,
                self.best_subsets() if subsets is None else subsets,
                self.diagnostics() if diagnostics is None else diagnostics,
                self._quick_outlook() if outlook is None else outlook,
            )
        )

    def _quick_outlook(self) -> Outlook:
        """What takes no resamples."""
        n_trials = len(self.fitted_.source.scores)
        expected = self._next_trials(n_trials, 0, everywhere_only=True)
        return Outlook(self._last_history(), expected, compromise(self))

    def _answer(
        self,
        explanation: pd.DataFrame,
        subsets: pd.DataFrame,
        diagnostics: pd.DataFrame,
        outlook: Outlook,
    ) -> Answer:
        """What the sentences are made of."""
        from skhypershap.report import Answer, Judgement
        from skhypershap.report.words import name_text

        attrs, fitted = explanation.attrs, self.fitted_
        return Answer(
            names=list(map(name_text, self.hyperparameter_names_)),
            metric=name_text(str(attrs["metric"])),
            direction=str(attrs["direction"]),
            n_trials=len(fitted.source.scores),
            n_failed=len(fitted.source.failed),
            n_measured=len(fitted.trials.scores) - len(fitted.source.scores),
            n_baselines=len(fitted.baselines),
            baseline_measured=float(attrs["baseline_measured"]),
            best_measured=float(attrs["incumbent_measured"]),
            baseline_claimed=float(attrs["baseline_score"][GAME]),
            best_claimed=float(attrs["full_score"][GAME]),
            rows=_rows(explanation),
            subsets=[
                (tuple(map(name_text, names)), float(share))
                for names, share in zip(subsets["hyperparameters"], subsets["share"], strict=True)
            ],
            checks={
                row["check"]: Judgement(row["value"], row["level"], row["advice"])
                for row in diagnostics.to_dict("records")
            },
            budget=_budget(attrs),
            can_measure=hasattr(self, "search_") and can_measure(self.search_),
            constant=bool(np.ptp(fitted.trials.scores) == 0),
            verdict=_verdict(outlook.history),
            more=_more(outlook.next_trials),
            others=_others(outlook.metrics),
        )


def _verdict(history: pd.DataFrame | None) -> str:
    """On one line, whatever hyperparameters are called."""
    return "" if history is None else " ".join(str(history.attrs["verdict"]).split())


def _more(table: pd.DataFrame | None) -> More | None:
    from skhypershap.report import More

    if table is None:
        return None
    row = table.iloc[0]
    return More(int(row["n_trials"]), float(row["expected"]), float(row["seconds"]))


def _others(table: pd.DataFrame | None) -> list[Any]:
    """The metrics of a trade-off but the first, and the hyperparameter with the largest part."""
    from skhypershap.report import Other
    from skhypershap.report.words import name_text

    if table is None:
        return []
    columns = [name for name in table if name not in ("interaction", "game", "dominated")]
    found = []
    for metric, column in list(zip(table.attrs["metric"], columns, strict=True))[1:]:
        gains = table[column].to_numpy(dtype=float)
        total = float(gains.sum())
        if abs(total) <= ROUNDING * np.abs(gains).max(initial=0.0):
            total = 0.0
        largest = int(np.argmax(np.sign(total) * gains))
        name = name_text(str(table["interaction"].iloc[largest]))
        found.append(Other(name_text(str(metric)), total, name, float(gains[largest])))
    return found


def _rows(explanation: pd.DataFrame) -> list[Any]:
    from skhypershap.report import Row
    from skhypershap.report.words import name_text

    table = summarize(explanation) if "draw" in explanation else explanation
    table = table[(table["game"] == GAME) & (table["order"] <= 2)]
    intervals = (
        zip(table["low"], table["high"], strict=True)
        if "low" in table
        else [(np.nan, np.nan)] * len(table)
    )
    return [
        Row(tuple(map(name_text, names)), float(value), float(low), float(high))
        for names, value, (low, high) in zip(
            table["hyperparameters"], table["value"], intervals, strict=True
        )
    ]


def _budget(attrs: Mapping[Any, Any]) -> int | None:
    """The number of coalitions of an approximation; None where values are exact."""
    return None if attrs["exact"][GAME] else int(attrs["budget"][GAME])
