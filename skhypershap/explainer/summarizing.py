"""The summary of a fitted explainer: collects frames for the answer in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from skhypershap.advice.measuring import can_measure
from skhypershap.explainer.base import game_context, of_one_fit
from skhypershap.explainer.explanations import Explanations
from skhypershap.explainer.next_steps import NextSteps
from skhypershap.explainer.true_numbers import TrueNumbers
from skhypershap.frame_libraries import in_chosen_library
from skhypershap.frames import summarize

if TYPE_CHECKING:
    import pandas as pd

    from skhypershap.report import Answer, Summary

GAME = "tunability"  # that the sentences are about
N_BOOTSTRAP = 20


class Summarizing(Explanations, NextSteps, TrueNumbers):
    """The method of `HyperSHAPExplainer` that answers in words."""

    @in_chosen_library
    @of_one_fit
    def summary(self) -> Summary:
        """Answer in a few sentences: what tuning gained, what matters, what to do next.

        They say what was tuned; from where to where the score went, measured and claimed; which
        hyperparameters matter, and which work together or stand in for each other; what is too
        uncertain to say; how far to trust it; and what to do next. Every number is one of
        `explain(n_bootstrap=20)`, `best_subsets()` or `diagnostics()`, and a value is called one
        only if its 90 % interval does not include zero.

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
        from skhypershap.report import Summary, sentences

        game_context(self)
        explanation = self._explained([GAME], N_BOOTSTRAP)
        return Summary(
            sentences(self._answer(explanation, self.best_subsets(), self.diagnostics()))
        )

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
            )
        )

    def _answer(
        self, explanation: pd.DataFrame, subsets: pd.DataFrame, diagnostics: pd.DataFrame
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
        )


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
