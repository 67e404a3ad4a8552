"""How the answer has grown with the trials, and what more of them may bring."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from skhypershap.advice.good_ranges import good_ranges
from skhypershap.advice.next_trials import (
    draws_of_ranges,
    draws_of_space,
    draws_of_subset,
    expected_best,
    seconds_of_trials,
)
from skhypershap.advice.settling import Point, in_words, judged
from skhypershap.advice.subsets import best_subsets
from skhypershap.errors import MOST, check_integer, check_name
from skhypershap.explainer.base import ExplainerBase, game_context
from skhypershap.frames import explanation_frame, history_frame, next_trials_frame, summarize
from skhypershap.games.setting import GAMES
from skhypershap.games.value_function import value_function
from skhypershap.interactions.growth import explained_growth
from skhypershap.interactions.indices import IndexSpec
from skhypershap.trials import unwrap

if TYPE_CHECKING:
    import pandas as pd

SHARE = 0.95  # of the gain, that the best subset and good ranges keep
N_RESAMPLES = 20
HISTORIC = tuple(game for game in GAMES if game != "optimizer_bias")


class Growing(ExplainerBase):
    """The methods of `HyperSHAPExplainer` about the number of trials."""

    def history(
        self,
        n_points: int = 8,
        game: str = "tunability",
        *,
        order: int = 1,
        n_bootstrap: int = 20,
    ) -> pd.DataFrame:
        check_integer("n_points", n_points, 2, MOST, what=", how many numbers of trials to explain")
        check_name("game", game, HISTORIC)
        what = ", the number of resamples for each interval"
        check_integer("n_bootstrap", n_bootstrap, 1, MOST, what=what)
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

    def next_trials(self, n: int) -> pd.DataFrame:
        n_trials = check_integer("n", n, 1, MOST, what=", how many further trials")
        context, fitted = game_context(self), self.fitted_
        (game_spec,) = fitted.game_specs(["tunability"])
        subsets = best_subsets(value_function(game_spec, context), self.max_exact).best
        subset = next(one for one in subsets if one.gain >= SHARE * subsets[-1].gain)
        coalition = np.isin(np.arange(context.n_players), subset.members)
        ranges = good_ranges(context, fitted.baselines, fitted.incumbent, SHARE).ranges
        everywhere = draws_of_space(context)
        spaces = {
            "all": everywhere,
            "best subset": draws_of_subset(context, everywhere, fitted.baselines, coalition),
            "good ranges": draws_of_ranges(context, everywhere, ranges),
        }
        found = expected_best(
            context, list(spaces.values()), n_trials, fitted.incumbent_measured, N_RESAMPLES
        )
        seconds = n_trials * seconds_of_trials(unwrap(getattr(self, "search_", self.search)))
        attrs = {
            **fitted.attrs_for(fitted.baselines),
            "hyperparameters": tuple(np.array(list(context.players))[coalition].tolist()),
        }
        return next_trials_frame(list(spaces), n_trials, found, seconds, attrs)


def _point(n_trials: int, table: pd.DataFrame, names: list[str], gain: float) -> Point:
    """The values of single hyperparameters, in the order of the names."""
    rows = table[table["order"] == 1]
    rows = rows.set_index(rows["hyperparameters"].str[0]).loc[names]
    values, low, high = (rows[column].to_numpy(float) for column in ("value", "low", "high"))
    return Point(n_trials, values, low, high, gain)
