"""How the answer has grown with the trials, and what more of them may bring."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from skhypershap.advice.good_ranges import good_ranges
from skhypershap.advice.next_trials import (
    Draws,
    draws_of_ranges,
    draws_of_space,
    draws_of_subset,
    expected_best,
    held_out_errors,
    seconds_of_trials,
)
from skhypershap.advice.settling import Point, in_words, judged
from skhypershap.advice.subsets import best_subsets
from skhypershap.advice_frames import next_trials_frame
from skhypershap.errors import MOST, check_integer, check_name
from skhypershap.explainer.base import ExplainerBase, game_context, of_one_fit
from skhypershap.frame_libraries import in_chosen_library
from skhypershap.frames import explanation_frame, history_frame, summarize
from skhypershap.games.setting import GAMES, GameContext
from skhypershap.games.value_function import value_function
from skhypershap.interactions.growth import explained_growth
from skhypershap.interactions.indices import IndexSpec
from skhypershap.trials import unwrap
from skhypershap.trials.metric_bounds import best_possible, scored_as

if TYPE_CHECKING:
    import pandas as pd

SHARE = 0.95  # of the gain, that the best subset and good ranges keep
N_RESAMPLES = 20
HISTORIC = tuple(game for game in GAMES if game != "optimizer_bias")


class Growing(ExplainerBase):
    """The methods of `HyperSHAPExplainer` about the number of trials."""

    @in_chosen_library
    @of_one_fit
    def history(
        self,
        n_points: int = 8,
        game: str = "tunability",
        *,
        order: int = 1,
        n_bootstrap: int = 20,
    ) -> pd.DataFrame:
        """Explain the first trials, then more and more of them: has the answer settled?

        Each number of trials gets a surrogate of its own, which learns from the first trials of the
        source alone, in the order in which they ran, from those of the baseline and from measured ones.
        The space, the baseline, the configuration of an ablation and the candidates are those of all
        trials. 8 points take at most 6 times as long as one `explain` with the same `n_bootstrap`.

        The answer has settled if from some number of trials on, at most half of them, the
        hyperparameters whose interval excludes 5 % of the gain stay the same, in the same order, and
        their values stay within the intervals that they had there; and if neither of the two largest
        values is open: above 5 % of the gain, in an interval that does not exclude that.

        Parameters
        ----------
        n_points : int, default=8
            How many numbers of trials, at least 2; evenly spaced, the last is all trials of the source.
            Fewer than 5 trials, and what the surrogate refuses, are left out.
        game : str, default="tunability"
            As in `explain`, except for "optimizer_bias".
        order : int, default=1
            As in `explain`. The verdict is about single hyperparameters.
        n_bootstrap : int, default=20
            Resamples for the intervals of all trials, three quarters as many for the second half of
            the points and a quarter for the first.

        Returns
        -------
        DataFrame of at most n_points * n_interactions rows
            The columns of `explain`, `low` and `high` (as `summarize` has them, for 90 %), and
            `n_trials` after `game`. Sorted by `n_trials`; within one in the order of all trials, whose
            rows are those of `explain` with the same `order` and `n_bootstrap`. `attrs` are those of
            `explain` for all trials, "settled" (bool) and "verdict" (str: since when, or how many more
            trials it may take, or that this is unknown).

        Raises
        ------
        ValueError
            For an unknown game, an order out of range, or numbers that are none.
        sklearn.exceptions.NotFittedError
            Before fit.

        See Also
        --------
        next_trials : What further trials may bring.
        skhypershap.plotting.plot_history : Lines of the values.
        skhypershap.integrations.optuna.StopWhenSettled : Ends a study whose answer has settled.

        Examples
        --------
        >>> import numpy as np
        >>> from ConfigSpace import ConfigurationSpace
        >>> from skhypershap import HyperSHAPExplainer
        >>> space = ConfigurationSpace({"alpha": (0.0, 1.0), "beta": (0.0, 1.0)}, seed=0)
        >>> configs = space.sample_configuration(60)
        >>> scores = [2 * config["alpha"] + config["beta"] for config in configs]
        >>> explainer = HyperSHAPExplainer(space, random_state=0).fit(configs, scores)
        >>> history = explainer.history(n_bootstrap=10)
        >>> history.attrs["verdict"]
        'Settled: from 15 to 60 trials the same matters, in the same order: alpha, then beta.'
        """
        check_integer("n_points", n_points, 2, MOST, what=", how many numbers of trials to explain")
        check_name("game", game, HISTORIC)
        what = ", the number of resamples for each interval"
        check_integer("n_bootstrap", n_bootstrap, 1, MOST, what=what)
        found = self._history(n_points, game, order, n_bootstrap)
        if game == "tunability":
            self.fitted_.histories["whole"] = found.copy()  # for the summary and the report
        return found

    def _history(self, n_points: int, game: str, order: int, n_bootstrap: int) -> pd.DataFrame:
        """As `history`, of checked arguments."""
        context = game_context(self)
        index_spec = IndexSpec.checked(
            "FSII", order, n_players=context.n_players, max_exact=self.max_exact
        )
        (game_spec,) = self.fitted_.game_specs([game])
        grown = explained_growth(game_spec, context, index_spec, n_points, n_bootstrap)
        names, attrs = list(context.players), self.fitted_.attrs_for(game_spec.baselines)
        tables = [
            summarize(
                explanation_frame([[part] for part in one.draws], names, attrs, stacked=False)
            )
            for one in grown
        ]
        counts = [one.n_trials for one in grown]
        points = [
            _point(n, table, names, one.draws[0].gain)
            for n, table, one in zip(counts, tables, grown, strict=True)
        ]
        verdict = judged(points)
        return history_frame(tables, counts, verdict.settled, in_words(verdict, points, names))

    @in_chosen_library
    @of_one_fit
    def next_trials(self, n: int) -> pd.DataFrame:
        """Expect the best score after further random trials, and the time that they take.

        Parameters
        ----------
        n : int
            How many further trials, drawn from the distribution of the space, at least 1.

        Returns
        -------
        DataFrame of 3 rows
            `space`: "all"; "best subset" (the smallest of `best_subsets` that reaches 95 % of the gain,
            the rest at the baseline); "good ranges" (each hyperparameter within those of
            `good_ranges`). `n_trials`. `expected`: the mean of the best score of all trials so far
            and `n` more, in units of the metric: predictions, with errors of held-out
            trials with similar predictions, none beyond what a metric of this name can be (an
            accuracy of 1, an error of 0). `low` and `high`: where it lies with 90 %, over 20 resamples
            of the trials, the luck of the draws and, at the better end, those errors. `seconds`: `n`
            times the mean time of a trial, all folds one after the other; NaN where no times are known.
            `attrs` are those of `explain`, and "hyperparameters", those of the best subset.

        Raises
        ------
        ValueError
            If `n` is not an integer of at least 1.
        sklearn.exceptions.NotFittedError
            Before fit.

        See Also
        --------
        reduced_search : The search over the best subset, and within good ranges.
        history : Whether more trials would change the explanation.

        Examples
        --------
        >>> import numpy as np
        >>> from ConfigSpace import ConfigurationSpace
        >>> from skhypershap import HyperSHAPExplainer
        >>> space = ConfigurationSpace({"alpha": (0.0, 1.0), "beta": (0.0, 1.0)}, seed=0)
        >>> configs = space.sample_configuration(60)
        >>> scores = [2 * config["alpha"] + config["beta"] for config in configs]
        >>> explainer = HyperSHAPExplainer(space, random_state=0).fit(configs, scores)
        >>> explainer.next_trials(20)[["space", "expected"]].round(2)
                 space  expected
        0          all      2.67
        1  best subset      2.67
        2  good ranges      2.74
        """
        n_trials = check_integer("n", n, 1, MOST, what=", how many further trials")
        return self._next_trials(n_trials, N_RESAMPLES)

    def _last_history(self) -> pd.DataFrame | None:
        """The last history of this fit, or else the quick one of a report."""
        known = self.fitted_.histories
        return known.get("whole", known.get("quick"))

    def _next_trials(
        self, n_trials: int, n_resamples: int, *, everywhere_only: bool = False
    ) -> pd.DataFrame:
        """As `next_trials`; without resamples `low` and `high` are NaN.

        `everywhere_only` leaves out the best subset and good ranges.
        """
        context, fitted = game_context(self), self.fitted_
        spaces = {"all": draws_of_space(context)}
        subset: tuple[str, ...] = ()
        if not everywhere_only:
            further, subset = self._narrower_draws(context, spaces["all"])
            spaces.update(further)
        errors = held_out_errors(
            fitted.source.scores, fitted.held_out, maximize=fitted.trials.maximize
        )
        search, trials = unwrap(getattr(self, "search_", self.search)), fitted.trials
        bound = best_possible(
            scored_as(search, trials.metric), trials.scores, maximize=trials.maximize
        )
        best, draws = fitted.incumbent_measured, list(spaces.values())
        found = expected_best(context, draws, n_trials, best, errors, n_resamples, bound)
        seconds = n_trials * seconds_of_trials(search)
        attrs = {**fitted.attrs_for(fitted.baselines), "hyperparameters": subset}
        return next_trials_frame(list(spaces), n_trials, found, seconds, attrs)

    def _narrower_draws(
        self, context: GameContext, everywhere: Draws
    ) -> tuple[dict[str, Draws], tuple[str, ...]]:
        """Draws of the best subset and of good ranges, and the names of the former."""
        fitted = self.fitted_
        (game_spec,) = fitted.game_specs(["tunability"])
        subsets = best_subsets(value_function(game_spec, context), self.max_exact).best
        subset = next(one for one in subsets if one.gain >= SHARE * subsets[-1].gain)
        coalition = np.isin(np.arange(context.n_players), subset.members)
        ranges = good_ranges(context, fitted.baselines, fitted.incumbent, SHARE).ranges
        draws = {
            "best subset": draws_of_subset(context, everywhere, fitted.baselines, coalition),
            "good ranges": draws_of_ranges(context, everywhere, ranges),
        }
        return draws, tuple(np.array(list(context.players))[coalition].tolist())


def _point(n_trials: int, table: pd.DataFrame, names: list[str], gain: float) -> Point:
    """The values of single hyperparameters, in the order of the names."""
    rows = table[table["order"] == 1]
    rows = rows.set_index(rows["hyperparameters"].str[0]).loc[names]
    values, low, high = (rows[column].to_numpy(float) for column in ("value", "low", "high"))
    return Point(n_trials, values, low, high, gain)
