"""Several data sets together: v is aggregated over them for each coalition, and then explained."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from numbers import Real
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from sklearn.exceptions import NotFittedError

from skhypershap.errors import MOST_JOBS, check_bool, check_integer, unknown_name
from skhypershap.explainer.base import ExplainerBase, as_it_is_now, game_context
from skhypershap.explainer.explanations import games_of
from skhypershap.frame_libraries import in_chosen_library
from skhypershap.frames import datasets_frame, explanation_frame
from skhypershap.games.setting import GameContext
from skhypershap.games.value_function import GameSpec, ValueFunction, value_function
from skhypershap.interactions.bootstrap import check_n_bootstrap
from skhypershap.interactions.branched import APPROXIMATOR as BRANCHES
from skhypershap.interactions.branched import by_branches
from skhypershap.interactions.indices import IndexSpec
from skhypershap.interactions.solve import Explained, explained, solve
from skhypershap.parallel import in_parallel
from skhypershap.space.encoding import differences
from skhypershap.trials.inferred_clauses import with_shared

if TYPE_CHECKING:
    import pandas as pd

ALL = "all"
AGGREGATES: dict[str, Callable[..., np.ndarray]] = {
    "mean": np.mean,
    "median": np.median,
    "min": np.min,
    "max": np.max,
}


@in_chosen_library
def explain_jointly(
    explainers: Mapping[str, ExplainerBase],
    game: str | Sequence[str] = "tunability",
    *,
    aggregate: str | float = "mean",
    index: str = "FSII",
    order: int = 2,
    baseline: Any = None,
    config: Mapping[str, Any] | None = None,
    groups: Mapping[str, Sequence[str]] | str | None = None,
    n_bootstrap: int | None = None,
    per_dataset: bool = False,
    n_jobs: int | None = None,
    verbose: int = 0,
) -> pd.DataFrame:
    """Explain the same search on several data sets together: what is worth tuning in general?

    The multi-data game of HyperSHAP [1]_: for each coalition v is aggregated over the data sets,
    and the aggregate is explained.

    Parameters
    ----------
    explainers : dict of str to HyperSHAPExplainer
        Fitted explainers by the name of their data set, over the same hyperparameters, metric and
        direction.
    game : str or list of str, default="tunability"
        As in `HyperSHAPExplainer.explain`, except for "optimizer_bias".
    aggregate : {"mean", "median", "min", "max"} or float, default="mean"
        How v(S), the score that `coalition_values` shows, is aggregated; a float from 0 to 1 is a
        quantile. Scores of different data sets should be comparable: for all but "mean" their level
        matters.
    index, order, baseline, config, groups, n_bootstrap : optional
        As in `HyperSHAPExplainer.explain`; defaults of baseline and config are those of each data
        set. What always failed is forbidden where it did on all data sets. A draw resamples the
        trials of each data set, but not the data sets.
    per_dataset : bool, default=False
        Whether to add the rows of each data set by itself.
    n_jobs : int, default=None
        How many data sets (and draws of them) are explained at a time, by joblib and the backend
        that `joblib.parallel_config` chooses. Results do not depend on it.
    verbose : int, default=0
        1 shows a progress bar.

    Returns
    -------
    DataFrame
        As that of `explain`, in units of the metric, with a column `dataset` after `game`: "all"
        for the aggregate, whose rows come first. `attrs` are those of the aggregate, except for
        "surrogate_score" and "rank_correlation", dicts keyed by data set, and, with draws,
        "dataset_calibration", the "calibration" of each.

    Raises
    ------
    ValueError
        If spaces, metrics or directions differ (the message lists the differences); for an unknown
        aggregate, game, index, baseline or hyperparameter; if there is no explainer, or one is
        called "all".
    TypeError
        If `explainers` is not a dict of explainers.
    sklearn.exceptions.NotFittedError
        If one is not fitted.

    See Also
    --------
    HyperSHAPExplainer.explain : The explanation of one data set.
    skhypershap.summarize : Intervals from `n_bootstrap` resamples.

    References
    ----------
    .. [1] M. Wever, M. Muschalik, F. Fumagalli, M. Lindauer (2025). HyperSHAP: Shapley Values and
       Interactions for Explaining Hyperparameter Optimization. Multi-data games.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer, load_wine
    >>> from sklearn.model_selection import GridSearchCV
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from skhypershap import HyperSHAPExplainer, explain_jointly
    >>> grid = {"max_depth": [1, 2, 3, 4, 5], "min_samples_leaf": [1, 5, 20, 40]}
    >>> search = GridSearchCV(DecisionTreeClassifier(random_state=0), grid)
    >>> fitted = {
    ...     name: HyperSHAPExplainer(search, baseline="worst", random_state=0).fit(*data)
    ...     for name, data in {
    ...         "cancer": load_breast_cancer(return_X_y=True), "wine": load_wine(return_X_y=True)
    ...     }.items()
    ... }
    >>> explain_jointly(fitted, per_dataset=True)["dataset"].unique().tolist()
    ['all', 'cancer', 'wine']
    """
    explainers = checked_explainers(explainers)
    reduce = reduction_of(aggregate)
    check_n_bootstrap(n_bootstrap)
    check_flags(per_dataset, n_jobs, verbose)
    games, stacked = games_of(game)
    first = next(iter(explainers.values()))
    tasks = tasks_of(explainers, games, baseline, config, groups)
    players = next(iter(tasks.values())).context.players
    max_exact = max_exact_of(explainers)
    index_spec = IndexSpec.checked(index, order, n_players=len(players), max_exact=max_exact)
    run = functools.partial(in_parallel, n_jobs=n_jobs, verbose=verbose, unit="data set")
    draws = range((n_bootstrap or 0) + 1)
    if len(players) <= max_exact:
        found = _from_all_coalitions(tasks, reduce, draws, index_spec, run)
    else:
        of_draw = functools.partial(
            _from_some_coalitions, reduce=reduce, index_spec=index_spec, run=run
        )
        found = {}
        for draw in draws:
            drawn = _resampled_tasks(tasks, draw, run)
            for name, games_of_draw in of_draw(drawn, linear=aggregate == "mean").items():
                found.setdefault(name, []).extend(games_of_draw)
    scores = {name: one.surrogate_score_ for name, one in explainers.items()}
    ranks = {name: one.fitted_.attrs["rank_correlation"] for name, one in explainers.items()}
    attrs = {**first.fitted_.attrs, "surrogate_score": scores, "rank_correlation": ranks}
    shown = {
        name: explanation_frame(parts, list(players), attrs, stacked=stacked)
        for name, parts in found.items()
        if per_dataset or name == ALL
    }
    return datasets_frame(shown)


class JointTask(NamedTuple):
    """The games of one data set, and what they share."""

    game_specs: list[GameSpec]
    context: GameContext


Found = dict[str, list[list[Explained]]]  # by data set, for each draw, for each game


def tasks_of(
    explainers: Mapping[str, ExplainerBase],
    games: Sequence[str],
    baseline: Any = None,
    config: Mapping[str, Any] | None = None,
    groups: Any = None,
) -> dict[str, JointTask]:
    """The games of each data set, with the same players, clauses and, where they can, candidates."""
    first = next(iter(explainers.values()))
    players = game_context(first, groups).players
    contexts = _with_shared_clauses([game_context(one) for one in explainers.values()])
    tasks = {
        name: JointTask(
            one.fitted_.game_specs(games, baseline, config),
            context._replace(players=players).alone(),
        )
        for (name, one), context in zip(explainers.items(), contexts, strict=True)
    }
    return _with_shared_samples(tasks, games)


def checked_explainers(explainers: Any) -> dict[str, Any]:
    """Explainers that can be explained jointly, each with the fit that it has now.

    Raises
    ------
    TypeError
        If it is not a dict of explainers by name.
    sklearn.exceptions.NotFittedError
        If one is not fitted.
    ValueError
        If it is empty, a name is "all", or spaces, metrics or directions differ.
    """
    if not isinstance(explainers, Mapping):
        raise TypeError(
            "explainers must be a dict from names of data sets to fitted explainers; got "
            f"{type(explainers).__name__}."
        )
    if not explainers:
        raise ValueError("explainers is empty; pass at least one, by the name of its data set.")
    held = {name: as_it_is_now(one) for name, one in explainers.items()}
    for name, one in held.items():
        if not isinstance(name, str) or not isinstance(one, ExplainerBase):
            hint = "" if isinstance(name, str) else f" Names must be text: {str(name)!r}."
            raise TypeError(
                "explainers must be a dict from names of data sets to fitted explainers; it has "
                f"{name!r}: {type(one).__name__}.{hint}"
            )
        if name == ALL:
            raise ValueError(f"A data set cannot be called {ALL!r}, which stands for all of them.")
        if not one.__sklearn_is_fitted__():
            raise NotFittedError(f"explainers[{name!r}] is not fitted yet: call its fit first.")
    _check_metrics(held)
    names = list(held)
    first = held[names[0]]
    for name in names[1:]:
        # What always failed on one data set only does not make spaces differ.
        spaces = [one.fitted_.trials.searched_space for one in (first, held[name])]
        found = differences(*spaces)
        values = [one.fitted_.trials.direction for one in (first, held[name])]
        if values[0] != values[1]:
            raise ValueError(
                f"explainers[{names[0]!r}] and explainers[{name!r}] cannot be explained jointly: "
                f"direction is {values[0]!r} in the first and {values[1]!r} in the second. Pass the "
                "same direction= to each."
            )
        if found:
            raise ValueError(
                f"explainers[{names[0]!r}] and explainers[{name!r}] cannot be explained jointly: "
                f"{'; '.join(found)}. Search the same space on each data set, or pass it as space=."
            )
    return held


def max_exact_of(explainers: Mapping[str, ExplainerBase]) -> int:
    """Up to how many players all coalitions are evaluated on every data set."""
    return min(one.max_exact for one in explainers.values())


def check_flags(per_dataset: Any, n_jobs: Any, verbose: Any) -> None:
    """Refuse values of the wrong kind."""
    check_bool("per_dataset", per_dataset)
    if n_jobs is not None:
        check_integer("n_jobs", n_jobs, -MOST_JOBS, MOST_JOBS, what=" other than 0, or None")
        if n_jobs == 0:
            raise ValueError("n_jobs must not be 0; None means 1, and -1 all processors.")
    if not isinstance(verbose, (bool, np.bool_)):
        check_integer("verbose", verbose, 0, what=", or a bool")


def _check_metrics(explainers: Mapping[str, ExplainerBase]) -> None:
    """There must be one metric; the "score" of a search without scoring= may be any metric."""
    metrics = {name: one.fitted_.trials.metric for name, one in explainers.items()}
    distinct = set(metrics.values()) - {"score"}
    if len(distinct) > 1:
        raise ValueError(
            f"explainers are of several metrics and cannot be explained jointly: {metrics}. Choose one "
            "with metric=."
        )


def reduction_of(aggregate: Any) -> Callable[[np.ndarray], np.ndarray]:
    """The function that aggregates the first axis, data sets."""
    if isinstance(aggregate, str) and aggregate in AGGREGATES:
        return functools.partial(AGGREGATES[aggregate], axis=0)
    is_number = isinstance(aggregate, Real) and not isinstance(aggregate, (bool, np.bool_))
    if is_number and 0 <= aggregate <= 1:
        return functools.partial(np.quantile, q=float(aggregate), axis=0)
    if is_number:
        raise ValueError(f"aggregate as a quantile must be from 0 to 1; got {aggregate!r}.")
    raise unknown_name("aggregate", aggregate, [*AGGREGATES, "a quantile from 0 to 1"])


def _with_shared_clauses(contexts: Sequence[GameContext]) -> list[GameContext]:
    """Of clauses that were inferred from failures only those that all data sets have."""
    trials = with_shared([context.trials for context in contexts])
    return [context.with_trials(own) for context, own in zip(contexts, trials, strict=True)]


def _with_shared_samples(tasks: dict[str, JointTask], games: Sequence[str]) -> dict[str, JointTask]:
    """Let data sets share candidates that are sampled alike; sampling takes longer than a game."""
    shared: dict[Any, Any] = {}
    found: dict[str, JointTask] = {}
    for name, task in tasks.items():
        context, space = task.context, task.context.trials.space
        key = context.seed, context.n_samples, tuple(space)
        if not space.conditions and not space.forbidden_clauses:
            if key not in shared:
                shared[key] = context.with_samples(games).sampled
            context = context._replace(sampled=shared[key])
        found[name] = task._replace(context=context)
    return found


def _from_all_coalitions(
    tasks: Mapping[str, JointTask],
    reduce: Callable[[np.ndarray], np.ndarray],
    draws: range,
    index_spec: IndexSpec,
    run: Callable[..., list[Any]],
) -> Found:
    """Explain from the values of all coalitions on each data set and draw."""
    first = next(iter(tasks.values()))
    shape = len(tasks), len(draws), len(first.game_specs), -1
    arguments = [(task, draw) for task in tasks.values() for draw in draws]
    values = np.reshape(run(values_of, arguments, what="all coalitions"), shape)
    by_name = {ALL: reduce(values), **dict(zip(tasks, values, strict=True))}
    functions = [value_function(game_spec, first.context) for game_spec in first.game_specs]

    def explained_games(games: np.ndarray) -> list[Explained]:
        return [
            explained(replace(v, scores=functools.partial(_known, values)), index_spec)
            for v, values in zip(functions, games, strict=True)
        ]

    return {name: [explained_games(games) for games in parts] for name, parts in by_name.items()}


def values_of(task: JointTask, draw: int) -> list[np.ndarray]:
    """Values of all coalitions for each game, on one data set or on a resample of its trials."""
    context = task.context if draw == 0 else task.context.resampled(draw)
    return [value_function(game_spec, context).all_scores() for game_spec in task.game_specs]


def _resampled_tasks(
    tasks: Mapping[str, JointTask], draw: int, run: Callable[..., list[Any]]
) -> Mapping[str, JointTask]:
    """The same games with surrogates of one draw; draw 0 is of all trials."""
    if draw == 0:
        return tasks
    drawn = run(_resampled, [(task, draw) for task in tasks.values()], what="resamples")
    return dict(zip(tasks, drawn, strict=True))


def _resampled(task: JointTask, draw: int) -> JointTask:
    return task._replace(context=task.context.resampled(draw))


def _from_some_coalitions(
    tasks: Mapping[str, JointTask],
    reduce: Callable[[np.ndarray], np.ndarray],
    index_spec: IndexSpec,
    run: Callable[..., list[Any]],
    *,
    linear: bool,
) -> Found:
    """Explain each data set by itself, and the aggregate by the same coalitions on each."""
    alone = run(_explained, [(task, index_spec) for task in tasks.values()], what="each data set")
    found: Found = {ALL: [[]], **{name: [parts] for name, parts in zip(tasks, alone, strict=True)}}
    for position, parts in enumerate(zip(*alone, strict=True)):
        if linear and all(part.exact or part.approximator == BRANCHES for part in parts):
            found[ALL][0].append(_mean_of(parts))  # every index is linear in v
            continue
        each = [
            _with_branches(task.game_specs[position], task.context, index_spec.max_exact)
            for task in tasks.values()
        ]

        def scores(coalitions: np.ndarray | None, each: Any = each) -> np.ndarray:
            arguments = [(v, coalitions) for v in each]
            return reduce(np.array(run(scores_at, arguments, what="some coalitions")))

        found[ALL][0].append(explained(replace(each[0], scores=scores), index_spec))
    return found


def _explained(task: JointTask, index_spec: IndexSpec) -> list[Explained]:
    return [solve(game_spec, task.context, index_spec) for game_spec in task.game_specs]


def _with_branches(game_spec: GameSpec, context: GameContext, max_exact: int) -> ValueFunction:
    """The value function of one data set, from its branches if its space has some."""
    return by_branches(value_function(game_spec, context), game_spec, context, max_exact)


def _mean_of(parts: Sequence[Explained]) -> Explained:
    """Of several data sets; errors do not cancel out, as coalitions are the same ones."""
    errors: list[Any] = [part.error for part in parts]
    approximate = [part for part in parts if not part.exact]
    return replace(
        (approximate or parts)[0],
        interactions={
            members: float(np.mean([part.interactions[members] for part in parts]))
            for members in parts[0].interactions
        },
        baseline_score=float(np.mean([part.baseline_score for part in parts])),
        full_score=float(np.mean([part.full_score for part in parts])),
        gain=float(np.mean([part.gain for part in parts])),
        error=None if any(error is None for error in errors) else float(np.mean(errors)),
    )


def _known(values: np.ndarray, _: np.ndarray | None) -> np.ndarray:
    return values


def scores_at(v: ValueFunction, coalitions: np.ndarray) -> np.ndarray:
    """Module-level so that it can be pickled."""
    return v.scores(coalitions)
