"""Curves: how the score changes along a hyperparameter or a pair."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from skhypershap.effect_frames import Curve, effects_frame
from skhypershap.errors import check_integer, check_name
from skhypershap.explainer.base import ExplainerBase, game_context, of_one_fit
from skhypershap.frame_libraries import in_chosen_library
from skhypershap.games.effects import HELD, Effects, bootstrap_effects, effects_of
from skhypershap.interactions.bootstrap import check_n_bootstrap
from skhypershap.space.axes import axis_of, own_positions, scale_of
from skhypershap.space.encoding import Config, encode, player_names

if TYPE_CHECKING:
    import pandas as pd
    from ConfigSpace import ConfigurationSpace

MOST_POINTS = 10**5  # of a curve; more would fill the memory
LEVEL = 0.9  # of the draws that lie between low and high


class EffectCurves(ExplainerBase):
    """The methods of `HyperSHAPExplainer` that show how the score changes along hyperparameters."""

    @in_chosen_library
    @of_one_fit
    def effects(
        self,
        hyperparameters: Any = None,
        *,
        held: str | Sequence[str] = ("baseline", "incumbent", "best", "average"),
        n_points: int = 50,
        n_bootstrap: int | None = None,
    ) -> pd.DataFrame:
        """How the predicted score changes along a hyperparameter, or two.

        Parameters
        ----------
        hyperparameters : str, pair of str, or list of those, default=None
            Names; a pair is a tuple of two. None: all hyperparameters that vary, one by one.
        held : str or sequence of str
            What all others do. "baseline", "incumbent": they stay at that configuration; "best": they
            are tuned, so that the curve is the best score that is left (the profile); "average":
            they vary over the candidates of the sensitivity game (partial dependence [1]_).
        n_points : int, default=50
            How many values of each hyperparameter, at least 2. All of them if it has no more, or if they
            have no order; otherwise a grid on its own scale, in which the values of the baseline, the
            incumbent and, with the profile, the best configuration replace their neighbours.
        n_bootstrap : int, optional
            Number of resamples of the trials, on each of which the surrogate is refitted.

        Returns
        -------
        DataFrame
            One row per hyperparameter as asked, `held` as asked, and value: `hyperparameter`, `value`
            (as typed), `held`, `score` (in units of the metric, at the largest fidelity), and
            `position` (where it lies on the axis: in [0, 1] on its own scale, or the index of a
            choice). Pairs also have `hyperparameter_2`, `value_2` and `position_2`. With `n_bootstrap`
            there are `low` and `high`, which span the score and 90 % of the resamples.

            `attrs` are those of `explain`, and "full_score" (the best score of all, NaN without the
            profile), "incumbent_score", "baseline" and "incumbent" (configurations),
            "baseline_position" and "incumbent_position" (for each hyperparameter that is active), and
            "scale" ("linear", "log", "choices" or "quantiles", for each hyperparameter).

        Raises
        ------
        ValueError
            For an unknown hyperparameter or one with a single value, an unknown `held`, `n_points` below
            2, or `n_bootstrap` below 1.
        TypeError
            If `hyperparameters` or `held` is of another type.
        sklearn.exceptions.NotFittedError
            Before fit.

        See Also
        --------
        good_ranges : The values whose profile keeps most of the gain.

        Notes
        -----
        The profile is found by a line search from the best candidates, the trials and all other curves,
        so that it is nowhere below these. Its best value is the full score.

        A hyperparameter with conditions has its curves where it is active. Where the baseline or the
        incumbent has it inactive, the hyperparameters that it depends on take the nearest values that
        activate it; the average is over the candidates in which it is active. Values at which the space
        forbids everything are left out.

        References
        ----------
        .. [1] J. H. Friedman (2001). Greedy Function Approximation: A Gradient Boosting Machine.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from sklearn.model_selection import GridSearchCV
        >>> from sklearn.tree import DecisionTreeClassifier
        >>> from skhypershap import HyperSHAPExplainer
        >>> grid = {"max_depth": [1, 2, 3, 4, 5], "min_samples_leaf": [1, 5, 20, 40]}
        >>> search = GridSearchCV(DecisionTreeClassifier(random_state=0), grid)
        >>> explainer = HyperSHAPExplainer(search, baseline="worst", random_state=0)
        >>> explainer.fit(*load_iris(return_X_y=True)).effects("max_depth", held="best").round(2)
          hyperparameter  value  held  score  position
        0      max_depth      1  best   0.67       0.0
        1      max_depth      2  best   0.93       1.0
        2      max_depth      3  best   0.96       2.0
        3      max_depth      4  best   0.96       3.0
        4      max_depth      5  best   0.96       4.0
        """
        context = game_context(self)
        space, fitted = context.trials.space, self.fitted_
        names = _names(hyperparameters, space)
        held = _held(held)
        check_n_points(n_points)
        check_n_bootstrap(n_bootstrap)
        found = effects_of(context, fitted.baselines, fitted.incumbent, names, held, int(n_points))
        draws = []
        if n_bootstrap is not None:
            lines = [effect.line for effect in found.effects]
            draws = bootstrap_effects(
                context, fitted.baselines, fitted.incumbent, lines, held, n_bootstrap
            )
        return effects_frame(self._curves(found, draws), self._effect_attrs(found.full_score))

    def _curves(self, found: Effects, draws: Sequence[Effects]) -> list[Curve]:
        """Curves with the values and positions of their points, and intervals where there are draws."""
        space, fitted = self.fitted_.trials.space, self.fitted_
        own = [*fitted.baselines, fitted.incumbent]
        curves = []
        for index, (line, scores) in enumerate(found.effects):
            axes = [
                axis_of(space, column, numbers, own)
                for column, numbers in zip(line.columns, line.numbers.T, strict=True)
            ]
            of_draws = [draw.effects[index].scores for draw in draws]
            curves.append(Curve(axes, scores, *_intervals(scores, of_draws)))
        return curves

    def _effect_attrs(
        self, full_score: float, baselines: Sequence[Config] | None = None
    ) -> dict[str, Any]:
        """What the attrs of curves, ranges and paths hold."""
        fitted = self.fitted_
        space = fitted.trials.space
        baselines = [dict(config) for config in (baselines or fitted.baselines)]
        own = fitted.trials.defaults.legality(fitted.trials.searched_space).fill(
            encode(fitted.trials.searched_space, [*baselines, fitted.incumbent], unknown=True)
        )
        scores = fitted.surrogate.predict_filled(own)
        positions = [own_positions(space, config) for config in baselines]
        one = len(baselines) == 1
        return {
            "baseline_score": float(np.mean(scores[:-1])),
            "full_score": full_score,
            "incumbent_score": float(scores[-1]),
            **fitted.attrs_for(baselines),
            "baseline": baselines[0] if one else baselines,
            "incumbent": dict(fitted.incumbent),
            "baseline_position": positions[0] if one else positions,
            "incumbent_position": own_positions(space, fitted.incumbent),
            "scale": {name: scale_of(space[name]) for name in space},
        }


def check_n_points(n_points: Any) -> None:
    """Raise a ValueError for anything but an integer from 2 to what a machine can hold."""
    check_integer("n_points", n_points, 2, MOST_POINTS)


def _names(hyperparameters: Any, space: ConfigurationSpace) -> list[tuple[str, ...]]:
    """What is asked for, as tuples of one or two names, each once."""
    if hyperparameters is None:
        return [(name,) for name in player_names(space)]
    asked = hyperparameters
    is_pair = (
        isinstance(asked, tuple) and len(asked) == 2 and all(isinstance(n, str) for n in asked)
    )
    if isinstance(asked, str) or is_pair:
        asked = [asked]
    is_list = isinstance(asked, (list, tuple)) or (
        hasattr(asked, "__array__") and np.ndim(asked) > 0
    )
    if not is_list:
        raise TypeError(
            "hyperparameters must be a name, a pair of names as a tuple, or a list of those; got "
            f"{type(hyperparameters).__name__}."
        )
    if not len(asked):
        raise ValueError("hyperparameters is empty; name at least one, or pass None for all.")
    return list(dict.fromkeys(_members(one, space) for one in asked))


def _members(asked: Any, space: ConfigurationSpace) -> tuple[str, ...]:
    members = (asked,) if isinstance(asked, str) else asked
    if not isinstance(members, (tuple, list)) or not all(isinstance(n, str) for n in members):
        raise TypeError(
            "hyperparameters must hold names, or pairs of names as tuples; one of them is "
            f"{asked!r}."
        )
    for name in members:
        check_name("hyperparameter", name, space)
        if space[name].size <= 1:
            raise ValueError(f"{name!r} has a single value, so that nothing changes along it.")
    if len(members) not in (1, 2) or len(set(members)) < len(members):
        raise ValueError(
            f"A pair is a tuple of two different names; got {asked!r}. Pass several "
            "hyperparameters as a list."
        )
    return tuple(members)


def _held(held: Any) -> list[str]:
    names = [held] if isinstance(held, str) else held
    if not isinstance(names, (list, tuple)):
        raise TypeError(f"held must be a name or a list of names; got {type(held).__name__}.")
    if not names:
        raise ValueError(f"held is empty; name at least one of {', '.join(map(repr, HELD))}.")
    for name in names:
        check_name("held:", name, HELD)
    return list(dict.fromkeys(names))


def _intervals(scores: Any, draws: Sequence[Any]) -> tuple[Any, Any]:
    """What spans the score and 90 % of the draws, for each `held`; None twice without draws."""
    if not draws:
        return None, None
    low, high = {}, {}
    for held, own in scores.items():
        resampled = np.array([draw[held] for draw in draws])
        known = np.where(np.isnan(resampled), own, resampled)
        ends = np.quantile(known, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
        low[held], high[held] = np.minimum(ends[0], own), np.maximum(ends[1], own)
    return low, high
