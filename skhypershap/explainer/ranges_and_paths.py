"""Good values of each hyperparameter, and the way from the baseline to the best configuration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from skhypershap.advice.ablation_path import ablation_path, gains_of
from skhypershap.advice.good_ranges import good_ranges
from skhypershap.advice.subsets import check_share
from skhypershap.effect_frames import path_frame, ranges_frame
from skhypershap.explainer.base import game_context, of_one_fit
from skhypershap.explainer.effects import EffectCurves
from skhypershap.frame_libraries import in_chosen_library
from skhypershap.frames import interaction_name
from skhypershap.games.setting import sign_of_gain

if TYPE_CHECKING:
    import pandas as pd


class RangesAndPaths(EffectCurves):
    """The methods of `HyperSHAPExplainer` about good values and the way to them."""

    @in_chosen_library
    @of_one_fit
    def good_ranges(self, share: float = 0.95) -> pd.DataFrame:
        """Find for each hyperparameter the values with which tuning the rest still gains most.

        Parameters
        ----------
        share : float, default=0.95
            Share of the gain of tuning everything, above 0 and at most 1.

        Returns
        -------
        DataFrame of n_hyperparameters rows
            `hyperparameter`, `low` and `high` (ends of the interval around the best value in which the
            profile keeps the share; None for choices), `choices` (list of those that keep it; None for
            an interval), and `width` (the part of the range on its own scale, or of the values,
            that is kept). A hyperparameter that is active in no good configuration has width 0.
            `attrs` are those of `effects`, and "share".

        Raises
        ------
        ValueError
            If `share` is out of range.
        sklearn.exceptions.NotFittedError
            Before fit.

        See Also
        --------
        effects : The profile itself, with `held="best"`.
        reduced_search : A search within the ranges, with `ranges=True`.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from sklearn.model_selection import GridSearchCV
        >>> from sklearn.tree import DecisionTreeClassifier
        >>> from skhypershap import HyperSHAPExplainer
        >>> grid = {"max_depth": [1, 2, 3, 4, 5], "min_samples_leaf": [1, 5, 20, 40]}
        >>> search = GridSearchCV(DecisionTreeClassifier(random_state=0), grid)
        >>> explainer = HyperSHAPExplainer(search, baseline="worst", random_state=0)
        >>> explainer.fit(*load_iris(return_X_y=True)).good_ranges()
             hyperparameter   low  high    choices  width
        0         max_depth  None  None  [3, 4, 5]   0.60
        1  min_samples_leaf  None  None        [1]   0.25
        """
        context = game_context(self)
        check_share(share)
        found = good_ranges(context, self.fitted_.baselines, self.fitted_.incumbent, share)
        rows = [
            {
                "hyperparameter": one.name,
                "low": one.low,
                "high": one.high,
                "choices": one.choices,
                "width": one.width,
            }
            for one in found.ranges
        ]
        return ranges_frame(rows, {**self._effect_attrs(found.full_score), "share": float(share)})

    @in_chosen_library
    @of_one_fit
    def ablation_path(
        self, config: Mapping[str, Any] | None = None, *, baseline: Any = None
    ) -> pd.DataFrame:
        """Go from the baseline to a configuration, one change after the other.

        At each step the hyperparameter changes whose value in the configuration gains most (Fawcett and
        Hoos [1]_). What the change switches on takes its value in the same step. Steps that the space
        forbids are put off, or made together.

        Parameters
        ----------
        config : dict, optional
            Where the path ends; what it lacks is taken from the incumbent, which is the default.
        baseline : optional
            As in the constructor, for this call; a single configuration.

        Returns
        -------
        DataFrame of n_changes + 1 rows
            `step` (0 is the baseline), `hyperparameter` (None at step 0; of changes made together
            "a × b", with tuples as values), `from`, `to`, `score` (predicted, after the step) and `gain`
            (of the step, positive is better). Gains sum to that of the ablation game. `attrs` are those
            of `effects`, and `configurations`: a dict per row, after the step.

        Raises
        ------
        ValueError
            For an unknown hyperparameter or baseline, a value outside the space, or several baselines.
        TypeError
            If `config` or `baseline` is of another type.
        sklearn.exceptions.NotFittedError
            Before fit.

        See Also
        --------
        explain : The game "ablation" splits the same gain without an order.

        References
        ----------
        .. [1] C. Fawcett, H. H. Hoos (2016). Analysing Differences between Algorithm Configurations
           through Ablation.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from sklearn.model_selection import GridSearchCV
        >>> from sklearn.tree import DecisionTreeClassifier
        >>> from skhypershap import HyperSHAPExplainer
        >>> grid = {"max_depth": [1, 2, 3, 4, 5], "min_samples_leaf": [1, 5, 20, 40]}
        >>> search = GridSearchCV(DecisionTreeClassifier(random_state=0), grid)
        >>> explainer = HyperSHAPExplainer(search, baseline="worst", random_state=0)
        >>> path = explainer.fit(*load_iris(return_X_y=True)).ablation_path()
        >>> path[["step", "hyperparameter", "from", "to", "score"]].round(2)
           step hyperparameter  from    to  score
        0     0           None  None  None   0.67
        1     1      max_depth     1     4   0.96
        """
        context = game_context(self)
        (game_spec,) = self.fitted_.game_specs(["ablation"], baseline, config)
        if len(game_spec.baselines) > 1:
            raise ValueError(
                f"There are {len(game_spec.baselines)} baselines, and a path begins at one. Pass "
                "it: baseline=."
            )
        steps = ablation_path(game_spec, context)
        gains = gains_of(steps, sign_of_gain("ablation", context.trials))
        rows = []
        for step, gain in zip(steps, gains, strict=True):
            several = len(step.names) > 1
            before, after = tuple(step.before), tuple(step.after)
            rows.append(
                {
                    "hyperparameter": interaction_name(step.names) if step.names else None,
                    "from": before if several else next(iter(before), None),
                    "to": after if several else next(iter(after), None),
                    "score": step.score,
                    "gain": gain,
                    "configuration": dict(step.config),
                }
            )
        own = self._effect_attrs(steps[-1].score, game_spec.baselines)
        return path_frame(rows, own)
