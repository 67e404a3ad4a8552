"""Advice from many data sets for the next one: what to tune, and within which ranges."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from skhypershap.advice.good_ranges import GoodRange, good_ranges
from skhypershap.advice.joint_ranges import joint_range
from skhypershap.advice.joint_subsets import JointSubset, smallest_reaching
from skhypershap.advice.narrowing import narrowed_space
from skhypershap.advice.subsets import check_share
from skhypershap.errors import check_bool, check_name
from skhypershap.explainer.base import ExplainerBase
from skhypershap.explainer.fitted import BIAS
from skhypershap.explainer.joint import (
    JointTask,
    check_flags,
    checked_explainers,
    max_exact_of,
    reduction_of,
    tasks_of,
)
from skhypershap.explainer.joint_coalitions import subsets_of_tasks
from skhypershap.frame_libraries import in_chosen_library
from skhypershap.games.setting import GAMES
from skhypershap.joint_frames import joint_subsets_frame
from skhypershap.parallel import in_parallel
from skhypershap.space.encoding import Config
from skhypershap.trials.baselines import baseline_configs
from skhypershap.trials.trials import Trials

if TYPE_CHECKING:
    import pandas as pd
    from ConfigSpace import ConfigurationSpace

TUNABILITY = "tunability"


@in_chosen_library
def best_subsets_jointly(
    explainers: Mapping[str, ExplainerBase],
    game: str = TUNABILITY,
    *,
    aggregate: str | float = "mean",
    normalize: bool = False,
    baseline: Any = None,
    per_dataset: bool = False,
    n_jobs: int | None = None,
    verbose: int = 0,
) -> pd.DataFrame:
    """Find for each size the best hyperparameters to tune on the next data set.

    For each coalition v is aggregated over the data sets, as in `explain_jointly`, and the best subset
    of each size is chosen by the aggregate. With more than `max_exact` hyperparameters subsets are grown
    greedily, adding the one with the largest gain. The choice is judged by leaving one data set out: the
    others choose a subset, and what is missed by tuning it on the one left out is its regret.

    Parameters
    ----------
    explainers : dict of str to HyperSHAPExplainer
        As in `explain_jointly`.
    game : str, default="tunability"
        As in `HyperSHAPExplainer.explain`, except for "optimizer_bias".
    aggregate : {"mean", "median", "min", "max"} or float, default="mean"
        As in `explain_jointly`.
    normalize : bool, default=False
        Whether the gain of each data set is divided by that of tuning everything there, so that all
        data sets count the same; `gain` is then a share.
    baseline : optional
        As in `explain_jointly`.
    per_dataset : bool, default=False
        Whether to add the rows of each data set, left out.
    n_jobs : int, default=None
        How many data sets are evaluated at a time, as in `explain_jointly`.
    verbose : int, default=0
        1 shows a progress bar.

    Returns
    -------
    DataFrame
        One row per size k from 1, for the data set "all": `size`, `hyperparameters` (tuple of str),
        `gain` (of the aggregate over the baseline, in units of the metric, positive is better), `share`
        (of the gain of tuning everything, NaN where that is not positive), `dataset`, and means over the
        data sets, each left out of the choice: `left_out_share` (of the gain of tuning everything there
        that the subset of the others reaches), `regret` (against tuning everything) and `regret_own`
        (against the data set's own best subset of this size), both in units of the metric. NaN with a
        single data set. With `per_dataset` the rows of each data set follow: the subset that the others
        choose, and what it gains there. `attrs` hold "metric", "direction" and "n_datasets".

    Raises
    ------
    ValueError
        As `explain_jointly`.
    TypeError
        If `explainers` is not a dict of explainers.
    sklearn.exceptions.NotFittedError
        If one is not fitted.

    See Also
    --------
    default_space : The space to search on the next data set.
    explain_jointly : Values of single hyperparameters and interactions.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer, load_wine
    >>> from sklearn.model_selection import GridSearchCV
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from skhypershap import HyperSHAPExplainer, best_subsets_jointly
    >>> grid = {"max_depth": [1, 2, 3, 4, 5], "min_samples_leaf": [1, 5, 20, 40]}
    >>> search = GridSearchCV(DecisionTreeClassifier(random_state=0), grid)
    >>> fitted = {
    ...     name: HyperSHAPExplainer(search, baseline="worst", random_state=0).fit(*data)
    ...     for name, data in {
    ...         "cancer": load_breast_cancer(return_X_y=True), "wine": load_wine(return_X_y=True)
    ...     }.items()
    ... }
    >>> best_subsets_jointly(fitted)["hyperparameters"].tolist()
    [('max_depth',), ('max_depth', 'min_samples_leaf')]
    """
    explainers = checked_explainers(explainers)
    reduce = reduction_of(aggregate)
    check_flags(per_dataset, n_jobs, verbose)
    check_bool("normalize", normalize)
    check_name("game", game, [name for name in GAMES if name != BIAS])
    tasks = tasks_of(explainers, [game], baseline)
    names = list(next(iter(tasks.values())).context.players)
    found = subsets_of_tasks(
        tasks,
        reduce,
        max_exact=max_exact_of(explainers),
        normalize=bool(normalize),
        n_jobs=n_jobs,
        verbose=verbose,
    )
    return joint_subsets_frame(
        found, names, list(explainers), _attrs(explainers), per_dataset=per_dataset
    )


def default_space(
    explainers: Mapping[str, ExplainerBase],
    share: float = 0.95,
    *,
    baseline: Any = None,
    n_jobs: int | None = None,
    verbose: int = 0,
) -> ConfigurationSpace:
    """Make the space to search on the next data set, from those that were searched before.

    It has the smallest subset of hyperparameters that reaches a share of the gain, as the mean over the
    data sets, within the values that were good there; everything else is constant.

    Parameters
    ----------
    explainers : dict of str to HyperSHAPExplainer
        As in `explain_jointly`.
    share : float, default=0.95
        Above 0 and at most 1. Of the mean gain of tuning everything, for the subset. A value is good on
        a data set if with it tuning the rest of the subset keeps this share there (see
        `HyperSHAPExplainer.good_ranges`), and it is kept if it is good on at least 1 - `share` of the
        data sets; so one data set in twenty may want something else. Of numbers everything between
        those is kept.
    baseline : optional
        As in `HyperSHAPExplainer`, for this call.
    n_jobs : int, default=None
        How many data sets are evaluated at a time, as in `explain_jointly`.
    verbose : int, default=0
        1 shows a progress bar.

    Returns
    -------
    ConfigSpace.ConfigurationSpace
        Held hyperparameters are constants at the baseline (where baselines differ among data sets, at
        their median or most frequent value). Defaults of the others are typical best values.

    Raises
    ------
    ValueError
        If `share` is out of range, tuning gains nothing, a data set has several baselines, and as
        `best_subsets_jointly`.
    TypeError
        If `explainers` is not a dict of explainers.
    sklearn.exceptions.NotFittedError
        If one is not fitted.

    See Also
    --------
    best_subsets_jointly : The subsets, judged on data sets that are left out.
    HyperSHAPExplainer.reduced_search : The same for one data set.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer, load_wine
    >>> from sklearn.model_selection import GridSearchCV
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from skhypershap import HyperSHAPExplainer, default_space
    >>> grid = {"max_depth": [1, 2, 3, 4, 5], "min_samples_leaf": [1, 5, 20, 40]}
    >>> start = {"max_depth": 1, "min_samples_leaf": 1}
    >>> search = GridSearchCV(DecisionTreeClassifier(random_state=0), grid)
    >>> fitted = {
    ...     name: HyperSHAPExplainer(search, baseline=start, random_state=0).fit(*data)
    ...     for name, data in {
    ...         "cancer": load_breast_cancer(return_X_y=True), "wine": load_wine(return_X_y=True)
    ...     }.items()
    ... }
    >>> space = default_space(fitted)
    >>> [name for name in space if space[name].size > 1]
    ['max_depth']
    """
    explainers = checked_explainers(explainers)
    check_share(share)
    check_flags(False, n_jobs, verbose)
    tasks = tasks_of(explainers, [TUNABILITY], baseline)
    names = list(next(iter(tasks.values())).context.players)
    for name, task in tasks.items():
        n_baselines = len(task.game_specs[0].baselines)
        if n_baselines > 1:
            raise ValueError(
                f"explainers[{name!r}] has {n_baselines} baselines, and the space holds one value. Pass "
                "a single one as baseline=."
            )
    trials = next(iter(tasks.values())).context.trials
    subsets = subsets_of_tasks(
        tasks,
        reduction_of("mean"),
        max_exact=max_exact_of(explainers),
        judged=False,
        n_jobs=n_jobs,
        verbose=verbose,
    )
    subset = smallest_reaching(subsets, float(share))
    ranges = _ranges(explainers, tasks, subset, float(share), n_jobs, verbose)
    tuned = [names[player] for player in subset.members]
    space = trials.space
    merged = [
        joint_range(space[own[0].name], own, float(share)) for own in zip(*ranges, strict=True)
    ]
    held = {**trials.defaults.values, **_held(explainers, tasks)}
    return narrowed_space(space, tuned, held, merged)


def _ranges(
    explainers: Mapping[str, ExplainerBase],
    tasks: Mapping[str, JointTask],
    subset: JointSubset,
    share: float,
    n_jobs: int | None,
    verbose: int,
) -> list[list[GoodRange]]:
    """Good ranges of the subset's hyperparameters on each data set."""
    arguments = [
        (task, explainers[name].fitted_.incumbent, share, subset.members)
        for name, task in tasks.items()
    ]
    return in_parallel(
        _ranges_of, arguments, n_jobs, what="good ranges", unit="data set", verbose=verbose
    )


def _ranges_of(
    task: JointTask, incumbent: Config, share: float, members: tuple[int, ...]
) -> list[GoodRange]:
    """Module-level so that it can be pickled."""
    coalition = np.isin(np.arange(task.context.n_players), members)
    baselines = task.game_specs[0].baselines
    return good_ranges(task.context, baselines, incumbent, share, coalition).ranges


def _held(explainers: Mapping[str, ExplainerBase], tasks: Mapping[str, JointTask]) -> Config:
    """The baseline that all data sets have, or a typical one."""
    baselines = [task.game_specs[0].baselines[0] for task in tasks.values()]
    if all(one == baselines[0] for one in baselines[1:]):
        return baselines[0]
    first = next(iter(explainers.values())).fitted_.source
    return baseline_configs("median", _with_configs(first, baselines), first.defaults)[0]


def _with_configs(trials: Trials, configs: list[Config]) -> Trials:
    """Trials of other configurations, of which only values are read."""
    return replace(
        trials,
        configs=configs,
        scores=np.zeros(len(configs)),
        fidelity=None,
        standard_errors=None,
    )


def _attrs(explainers: Mapping[str, ExplainerBase]) -> dict[str, Any]:
    trials = next(iter(explainers.values())).fitted_.trials
    return {
        "metric": trials.metric,
        "direction": trials.direction,
        "n_datasets": len(explainers),
    }
