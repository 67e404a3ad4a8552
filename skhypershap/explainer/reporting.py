"""The report of a fitted explainer: collects its frames and facts for one interactive file."""

from __future__ import annotations

import math
import os
import platform
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skhypershap.errors import shown
from skhypershap.explainer.base import game_context, of_one_fit
from skhypershap.explainer.compromise import compromise
from skhypershap.explainer.explanations import games_of
from skhypershap.explainer.ranges_and_paths import RangesAndPaths
from skhypershap.explainer.summarizing import GAME, Outlook, Summarizing
from skhypershap.frame_libraries import in_chosen_library
from skhypershap.games.setting import GAMES
from skhypershap.interactions.bootstrap import check_n_bootstrap
from skhypershap.space.encoding import columns_of
from skhypershap.trials import unwrap
from skhypershap.writing import check_target

if TYPE_CHECKING:
    import pandas as pd

    from skhypershap.report import Report

TITLE = "What mattered in this search"
REPORTED = tuple(game for game in GAMES if game != "optimizer_bias")
SETTINGS = ("baseline_score", "infer_failures", "n_samples", "optimizer", "max_exact")
"""Parameters that numbers depend on; their number of jobs does not matter."""
QUICK_POINTS = 4  # numbers of trials in the history of a report
FEWER = 4  # so many times fewer resamples for it, and for what further trials may bring
LIBRARIES = ("ConfigSpace", "numpy", "pandas", "scikit-learn", "shapiq")


class Reporting(Summarizing, RangesAndPaths):
    """The method of `HyperSHAPExplainer` that shows everything in one file."""

    @in_chosen_library
    @of_one_fit
    def report(
        self,
        path: str | os.PathLike[str] | None = None,
        *,
        title: str | None = None,
        games: Sequence[str] = ("tunability", "ablation", "sensitivity", "mistunability"),
        n_bootstrap: int | None = 20,
        history: bool | None = None,
    ) -> Report:
        """Show the explanation in one interactive file, which needs no server and no network.

        It has the answer in words, bars with intervals, a graph of interactions that can be dragged,
        a map of pairs, the score along each hyperparameter, the path from the baseline to the best
        trial, the best subsets, whether the answer has settled, what more trials would gain, other
        metrics of the source, predicted against measured scores with the checks of the surrogate, a
        table of all values to sort, search and download, and how it was made. Words and tables are
        readable without JavaScript.

        Parameters
        ----------
        path : str or path, optional
            Where to save it, such as "report.html"; by default it is not saved.
        title : str, optional
            The heading.
        games : sequence of str
            The games to explain, except for "optimizer_bias"; the first is shown first.
        n_bootstrap : int or None, default=20
            As in `explain`: resamples for the intervals. None: without intervals, many times faster.
        history : bool or None, default=None
            Whether the answer has settled. None: by the last `history()` of this fit, or else by a quick
            one of 4 numbers of trials with a quarter of the resamples, and not at all without
            resamples. True: by `history()`, which takes longer than the rest. False: not shown.

        Returns
        -------
        Report
            `save(path)` writes it, `to_dict()` returns its data, and a notebook shows it.

        Raises
        ------
        ValueError
            For an unknown game or `n_bootstrap` below 1.
        TypeError
            If `title` is not text.
        OSError
            If the file cannot be written; a missing folder, or a folder of that name, is
            noticed before anything is computed.
        sklearn.exceptions.NotFittedError
            Before fit.

        See Also
        --------
        summary : The answer in words alone.
        explain : The values as a DataFrame.
        diagnostics : The checks of the surrogate.

        Notes
        -----
        The same explainer makes the same file, byte for byte: there is no date in it.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from sklearn.model_selection import GridSearchCV
        >>> from sklearn.tree import DecisionTreeClassifier
        >>> from skhypershap import HyperSHAPExplainer
        >>> grid = {"max_depth": [1, 2, 3, 4, 5], "min_samples_leaf": [1, 5, 20, 40]}
        >>> search = GridSearchCV(DecisionTreeClassifier(random_state=0), grid)
        >>> explainer = HyperSHAPExplainer(search, baseline="worst", random_state=0)
        >>> report = explainer.fit(*load_iris(return_X_y=True)).report(n_bootstrap=None)
        >>> report.to_dict()["subsets"][0]["label"]
        'max_depth'
        """
        game_context(self)
        names = _checked_games(games)
        check_n_bootstrap(n_bootstrap)
        if history is not None and not isinstance(history, bool):
            raise TypeError(f"history must be True, False or None; got {shown(history)}.")
        if title is not None and not isinstance(title, str):
            raise TypeError(f"title must be text; got {type(title).__name__}.")
        check_target(path)
        made = self._report_of(self._explained(names, n_bootstrap), title, n_bootstrap, history)
        if path is not None:
            made.save(path)
        return made

    def _report_of(
        self,
        explanation: pd.DataFrame,
        title: str | None,
        n_bootstrap: int | None,
        history: bool | None = None,
    ) -> Report:
        """The report of an explanation of a list of games."""
        from skhypershap.report import Findings, Report

        fitted, players = self.fitted_, self.hyperparameter_names_
        columns = columns_of(list(fitted.trials.space))
        subsets, diagnostics = self.best_subsets(), self.diagnostics()
        outlook = self._outlook(n_bootstrap, history)
        findings = Findings(
            title=TITLE if title is None else title,
            subtitle=self._what_was_tuned(),
            names=list(players),
            explanation=explanation,
            sentences=self._sentences(explanation, n_bootstrap, subsets, diagnostics, outlook),
            trials=self.trials_,
            columns={name: columns[name] for name in players},
            baselines=[dict(config) for config in fitted.baselines],
            incumbent=dict(fitted.incumbent),
            predictions=self.predictions(),
            diagnostics=diagnostics,
            subsets=subsets,
            path=self._path(),
            effects=self.effects(),
            ranges=self.good_ranges(),
            history=outlook.history,
            next_trials=outlook.next_trials,
            metrics=outlook.metrics,
            settings=self._settings(n_bootstrap),
        )
        return Report(findings)

    def _outlook(self, n_bootstrap: int | None, history: bool | None) -> Outlook:
        """What concerns more trials and other metrics; all of it is little beside the games."""
        fewer = 0 if n_bootstrap is None else math.ceil(n_bootstrap / FEWER)
        n_trials = len(self.fitted_.source.scores)
        return Outlook(
            self._known_history(fewer, history),
            self._next_trials(n_trials, fewer),
            compromise(self),
        )

    def _known_history(self, n_resamples: int, asked: bool | None) -> pd.DataFrame | None:
        """The history to show: the last one, a whole one or a quick one, as asked."""
        if asked is False:
            return None
        if asked and "whole" not in self.fitted_.histories:
            return self.history()
        known = self._last_history()
        if known is None and n_resamples:
            known = self._history(QUICK_POINTS, GAME, 1, n_resamples)
            known.attrs["quick"] = n_resamples
            self.fitted_.histories["quick"] = known
        return known

    def _what_was_tuned(self) -> str:
        """The kind of search and what it searched, the number of trials, the metric."""
        source = unwrap(getattr(self, "search_", self.search))
        estimator = getattr(source, "estimator", None)
        what = type(source).__name__
        if isinstance(source, (str, os.PathLike)):  # an address may hold a password
            what = Path(source).name
        if estimator is not None:
            steps = getattr(estimator, "steps", None)
            model = steps[-1][1] if steps else estimator
            what += f" of {type(model).__name__}" + (" in a pipeline" if steps else "")
        trials = self.fitted_.trials
        return f"{what}, {len(trials.scores)} trials, {trials.metric} ({trials.direction})"

    def _path(self) -> pd.DataFrame | None:
        """The ablation path; from several baselines there is not one path."""
        return self.ablation_path() if len(self.fitted_.baselines) == 1 else None

    def _settings(self, n_bootstrap: int | None) -> list[tuple[str, str]]:
        """How the report was made, as names and texts."""
        from skhypershap import __version__
        from skhypershap.report.words import value_text

        fitted = self.fitted_
        surrogate = "auto" if self.surrogate is None else self.surrogate
        baseline = fitted.baseline if isinstance(fitted.baseline, str) else "as given"
        settings = [
            ("skhypershap", __version__),
            ("random_state", value_text(self.random_state)),
            ("seed", str(fitted.seed)),
            ("surrogate", surrogate if isinstance(surrogate, str) else type(surrogate).__name__),
            ("baseline", baseline),
            ("n_bootstrap", value_text(n_bootstrap)),
            *((name, value_text(getattr(self, name))) for name in SETTINGS),
            ("Python", platform.python_version()),
        ]
        return settings + [(name, metadata.version(name)) for name in LIBRARIES]


def _checked_games(games: Any) -> list[str]:
    """The names of the games to report."""
    names, _ = games_of(games)
    if "optimizer_bias" in names:
        raise ValueError(
            "A report does not show 'optimizer_bias', which needs optimizers: use explain(). Allowed: "
            f"{', '.join(map(repr, REPORTED))}."
        )
    return names
