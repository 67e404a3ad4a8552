"""Several metrics of one search: the same games for each, and the Pareto game of all together."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

import numpy as np

from skhypershap.errors import check_name, shown, unknown_name
from skhypershap.explainer.base import ExplainerBase, game_context
from skhypershap.explainer.explainer import HyperSHAPExplainer
from skhypershap.frame_libraries import in_chosen_library
from skhypershap.frames import explanation_frame
from skhypershap.games.hypervolume import ParetoGame, pareto_game, pareto_scores
from skhypershap.games.pareto_front import MOST_OBJECTIVES, check_library
from skhypershap.games.setting import GAMES
from skhypershap.games.value_function import ValueFunction
from skhypershap.interactions.bootstrap import check_n_bootstrap
from skhypershap.interactions.indices import IndexSpec
from skhypershap.interactions.solve import Explained, explained
from skhypershap.metric_frames import metrics_frame
from skhypershap.parallel import in_parallel
from skhypershap.surrogate.regressors import check_surrogate
from skhypershap.trials.baselines import check_baseline, check_baseline_score
from skhypershap.trials.scores_by_metric import NOTHING_GIVEN, GivenResults
from skhypershap.trials.several_metrics import trials_of_metrics
from skhypershap.trials.trials import DIRECTIONS, Trials

if TYPE_CHECKING:
    import pandas as pd

HYPERVOLUME = "hypervolume"


@in_chosen_library
def explain_metrics(
    source: Any,
    metrics: Sequence[str | int],
    game: str | Sequence[str] = "tunability",
    *,
    index: str = "FSII",
    order: int = 2,
    baseline: Any = "default",
    config: Mapping[str, Any] | None = None,
    groups: Mapping[str, Sequence[str]] | str | None = None,
    n_bootstrap: int | None = None,
    reference: Mapping[str, float] | None = None,
    configs: Any = None,
    scores: Any = None,
    fidelity: Any = None,
    space: Any = None,
    surrogate: Any = None,
    direction: Mapping[Any, str] | str | None = None,
    baseline_score: Any = "auto",
    infer_failures: bool = True,
    n_samples: int = 10_000,
    optimizer: str = "refine",
    max_exact: int = 16,
    n_jobs: int | None = None,
    random_state: Any = None,
    verbose: int = 0,
    optimizer_of_interest: Any = None,
    optimizer_ensemble: Sequence[Any] | None = None,
    n_trials: int = 100,
) -> pd.DataFrame:
    """Explain several metrics of one search: what gains in one, and what costs in another?

    One surrogate for each metric is fitted on the trials that have all of them. Baselines, sampled
    candidates and resamples are the same for all.

    Parameters
    ----------
    source : object
        A fitted search, study, table or address, as in `HyperSHAPExplainer`; or a ConfigurationSpace
        with `configs` and `scores`.
    metrics : list of str or int
        As `metric` of `HyperSHAPExplainer`, each: `["accuracy", "fit_time"]`. Columns of a table that
        are named here are scores, not hyperparameters. A metric that is named twice counts once.
    game : str or list of str, default="tunability"
        As in `HyperSHAPExplainer.explain`, and "hypervolume" for two or three metrics together: v(S) is
        the hypervolume of the compromises that tuning S can reach (Zitzler and Thiele [1]_). Three need
        moocore (`pip install "skhypershap[pareto]"`).
    index, order, groups, n_bootstrap, optimizer_of_interest, optimizer_ensemble, n_trials : optional
        As in `HyperSHAPExplainer.explain`.
    baseline : str, dict or list of those, default="default"
        As in `HyperSHAPExplainer`, the same for all metrics; "worst" and "best" are those of the first.
    config : dict, optional
        The configuration that an ablation explains, the same for all metrics. What it lacks is taken
        from the incumbent of the first metric, which is also the default: an ablation shows what the
        best of the first metric gains or costs in the others.
    reference : dict of str to float, optional
        For "hypervolume" the score of each metric beyond which a compromise is worth nothing, as far as
        they are named; by default the worst of the trials.
    configs : DataFrame, list of dict or list of Configuration, optional
        The configurations that ran, where the source is a ConfigurationSpace.
    scores : DataFrame, dict, list of dict, or array of shape (n_trials, n_metrics), optional
        Their scores, a column for each metric; those of an array are in the order of `metrics`.
    fidelity : array-like of shape (n_trials,), optional
        The resource of each of them, where trials had different ones.
    direction : dict or str, optional
        {"maximize", "minimize"} by metric, or one for all; by default that of the source.
    space, surrogate, baseline_score, infer_failures, n_samples, optimizer : optional
        As in `HyperSHAPExplainer`. `baseline_score` may be a dict by metric.
    max_exact, n_jobs, random_state, verbose : optional
        As in `HyperSHAPExplainer`.

    Returns
    -------
    DataFrame
        As that of `explain`, with a column `metric` after `game`; rows of the first metric come first.
        Values are gains in the units of each metric, positive is better in its own direction. Those of
        "hypervolume" come last; their metric is the names joined by ", ". They are on a scale on which
        1 is the area from the reference point to the ideal point, where each metric is as good as in
        its best trial. `attrs` are those of `explain`, each a dict keyed by metric (with a list of
        games, those that differ by game are keyed by game and then by metric), except for "metric", the
        list of names, and for "hypervolume" "reference_point" and "ideal_point", dicts keyed by metric.

    Raises
    ------
    ValueError
        For an unknown metric (the message lists those that are known), one without a finite score,
        where no trial has all metrics, for too few or too many metrics of a hypervolume or one without
        differences, and as `HyperSHAPExplainer` and `explain`.
    TypeError
        If `metrics` is not a list of names or positions, `direction` is neither a word nor a dict, or a
        ConfigurationSpace has no results.
    ImportError
        If the hypervolume of three metrics is asked for, and moocore is not installed.

    See Also
    --------
    trade_off : What each hyperparameter gains in one metric and costs in another.
    trade_off_coalitions : The same for all subsets of them.

    References
    ----------
    .. [1] E. Zitzler, L. Thiele (1998). Multiobjective Optimization Using Evolutionary Algorithms: A
       Comparative Case Study.

    Examples
    --------
    >>> import pandas as pd
    >>> from skhypershap import explain_metrics
    >>> rows = [(depth, rate, 2 * depth + rate, 10 * depth) for depth in range(4) for rate in range(4)]
    >>> table = pd.DataFrame(rows, columns=["depth", "rate", "score", "seconds"])
    >>> space = {"depth": [0, 1, 2, 3], "rate": [0, 1, 2, 3]}
    >>> found = explain_metrics(
    ...     table, ["score", "seconds"], "ablation", order=1, space=space, random_state=0,
    ...     direction={"score": "maximize", "seconds": "minimize"}, baseline={"depth": 0, "rate": 0},
    ... )
    >>> found[["interaction", "metric"]].values.tolist()
    [['depth', 'score'], ['rate', 'score'], ['depth', 'seconds'], ['rate', 'seconds']]
    """
    games, stacked = _games_of(game)
    names = check_metrics(metrics)
    if HYPERVOLUME in games:
        _check_number(names)
    check_n_bootstrap(n_bootstrap)
    parameters = {
        "space": space,
        "surrogate": surrogate,
        "baseline": baseline,
        "baseline_score": baseline_score,
        "infer_failures": infer_failures,
        "n_samples": n_samples,
        "optimizer": optimizer,
        "max_exact": max_exact,
        "n_jobs": n_jobs,
        "random_state": random_state,
        "verbose": verbose,
    }
    results = GivenResults(configs, scores, fidelity)
    explainers = fitted_by_metric(source, names, direction, parameters, results)
    own = {
        "index": index,
        "order": order,
        "groups": groups,
        "n_bootstrap": n_bootstrap,
        "optimizer_of_interest": optimizer_of_interest,
        "optimizer_ensemble": optimizer_ensemble,
        "n_trials": n_trials,
    }
    if HYPERVOLUME in games:
        points = _reference_and_ideal(explainers, reference)
    elif reference is not None:
        raise ValueError(f"reference is for the game {HYPERVOLUME!r}; got {', '.join(games)}.")
    single = [name for name in games if name != HYPERVOLUME]
    if config is not None and "ablation" not in single:
        raise ValueError(
            "config is what the game 'ablation' explains; leave it out, or add the game."
        )
    tables: dict[str, pd.DataFrame] = {}
    if single:
        config = _config_for_all(explainers, single, config)
        for name, one in explainers.items():
            tables[name] = one.explain(single, config=config, **own)
    if HYPERVOLUME in games:
        label = ", ".join(explainers)
        tables[label] = _hypervolume_table(explainers, points, groups, index, order, n_bootstrap)
    return metrics_frame(tables, list(explainers), stacked=stacked)


def fitted_by_metric(
    source: Any,
    metrics: Sequence[str | int],
    direction: Mapping[Any, str] | str | None,
    parameters: Mapping[str, Any],
    results: GivenResults = NOTHING_GIVEN,
) -> dict[str, HyperSHAPExplainer]:
    """An explainer for each metric, fitted on the same trials with the same baselines and seed.

    Parameters
    ----------
    source, metrics, direction
        As in `explain_metrics`.
    parameters : mapping
        Of the constructor of `HyperSHAPExplainer`, without metric and direction.
    results : GivenResults
        Configurations and scores, where the source is a ConfigurationSpace.
    """
    _check_direction(direction)
    if isinstance(source, ExplainerBase):
        source = getattr(source, "search_", source.search)
    score = parameters.get("baseline_score", "auto")
    first = HyperSHAPExplainer(source, **{**parameters, "baseline_score": "auto"})
    first._validate_params()
    check_surrogate(first.surrogate)
    trials = trials_of_metrics(
        source,
        metrics,
        space=first.space,
        direction=direction,
        infer_failures=first.infer_failures,
        results=results,
    )
    check_baseline(first.baseline, next(iter(trials.values())).space)
    seed, baseline = first._seed(), first.baseline
    scores = _by_metric(score, trials)
    found: dict[str, HyperSHAPExplainer] = {}
    for name, one in trials.items():
        check_baseline_score(scores[name], baseline)
        fixed = {"baseline": baseline, "baseline_score": scores[name], "random_state": seed}
        explainer = HyperSHAPExplainer(source, metric=name, **{**parameters, **fixed})
        explainer._fit_read(one, source if hasattr(source, "fit") else None)
        found[name] = explainer
        baseline = explainer.baseline_  # "worst" and "best" are those of the first metric
    return found


def _by_metric(given: Any, trials: Mapping[str, Trials]) -> dict[str, Any]:
    if not isinstance(given, Mapping):
        return dict.fromkeys(trials, given)
    for name in given:
        check_name("metric of baseline_score", name, trials)
    return {name: given.get(name, "auto") for name in trials}


def _check_direction(direction: Any) -> None:
    if isinstance(direction, (list, tuple)):
        raise TypeError(
            "direction must be a dict by metric, such as {'accuracy': 'maximize', 'seconds': "
            f"'minimize'}}, or one word for all; got {shown(direction)}."
        )
    given = list(direction.values()) if isinstance(direction, Mapping) else [direction]
    for one in given:
        if one is not None:
            check_name("direction", one, DIRECTIONS)


def _games_of(game: Any) -> tuple[list[str], bool]:
    """Names of the games that are asked for, each once, and whether they came as a list."""
    stacked = isinstance(game, (list, tuple))
    names = list(game) if stacked else [game]
    if not names:
        raise ValueError("game is an empty list; name at least one game.")
    for name in names:
        check_name("game", name, [*GAMES, HYPERVOLUME])
    return list(dict.fromkeys(names)), stacked


def check_metrics(metrics: Any) -> list[str | int]:
    """Names or positions of metrics, each once.

    Raises
    ------
    TypeError
        If it is not a list of those.
    ValueError
        If it is empty.
    """
    if isinstance(metrics, str) or not isinstance(metrics, Sequence):
        raise TypeError(
            "metrics must be a list of names or positions, such as ['accuracy', 'fit_time']; got "
            f"{shown(metrics)}."
        )
    if not len(metrics):
        raise ValueError("metrics is empty; name at least one.")
    for one in metrics:
        if isinstance(one, bool) or not isinstance(one, (str, Integral)):
            raise TypeError(f"metrics must be names or positions; it has {shown(one)}.")
    return list(dict.fromkeys(metrics))


def _config_for_all(
    explainers: Mapping[str, HyperSHAPExplainer],
    games: Sequence[str],
    config: Mapping[str, Any] | None,
) -> Mapping[str, Any] | None:
    """What an ablation explains, completed by the incumbent of the first metric."""
    if "ablation" not in games:
        return None
    first = next(iter(explainers.values()))
    (game_spec,) = first.fitted_.game_specs(["ablation"], None, config)
    return game_spec.config


def _check_number(metrics: Sequence[str | int]) -> None:
    """Refuse a hypervolume of one metric, or of more than can be computed."""
    if not 2 <= len(metrics) <= MOST_OBJECTIVES:
        raise ValueError(
            f"The game {HYPERVOLUME!r} is for two or three different metrics; got "
            f"{', '.join(map(repr, metrics))}."
        )
    check_library(len(metrics))


def _reference_and_ideal(
    explainers: Mapping[str, HyperSHAPExplainer], given: Mapping[str, float] | None
) -> dict[str, tuple[float, float]]:
    """The reference and the ideal score of each metric."""
    _check_number(list(explainers))
    if given is not None and not isinstance(given, Mapping):
        raise TypeError(f"reference must be a dict from metrics to scores; got {shown(given)}.")
    for name in given or ():
        if name not in explainers:
            raise unknown_name("metric of reference", name, explainers)
    found: dict[str, tuple[float, float]] = {}
    for name, one in explainers.items():
        trials = one.fitted_.trials
        ideal, worst = (float(trials.scores[row]) for row in (trials.incumbent, trials.worst))
        if ideal == worst:
            raise ValueError(
                f"All trials have the same {name!r} score, {ideal:.4g}, so there is no hypervolume. "
                "Leave this metric out."
            )
        reference = (given or {}).get(name, worst)
        if isinstance(reference, bool) or not isinstance(reference, Real):
            raise TypeError(f"reference[{name!r}] must be a number; got {shown(reference)}.")
        worse = ideal - reference if trials.maximize else reference - ideal
        if not (np.isfinite(float(reference)) and worse > 0):
            raise ValueError(
                f"The reference of {name!r} must be worse than the best trial, {ideal:.4g}; "
                f"got {shown(reference)}."
            )
        found[name] = float(reference), ideal
    return found


def _hypervolume_table(
    explainers: Mapping[str, HyperSHAPExplainer],
    points: Mapping[str, tuple[float, float]],
    groups: Any,
    index: str,
    order: int,
    n_bootstrap: int | None,
) -> pd.DataFrame:
    """The explanation of the Pareto game."""
    first = next(iter(explainers.values()))
    contexts = tuple(game_context(one, groups) for one in explainers.values())
    players = contexts[0].players
    spec = IndexSpec.checked(index, order, n_players=len(players), max_exact=first.max_exact)
    reference, ideal = np.array(list(points.values())).T
    baselines = first.fitted_.baselines
    exact = len(players) <= first.max_exact
    game = pareto_game(contexts, baselines, reference, ideal, all_coalitions=exact)
    draws = [[_explained(game, spec)]]
    if n_bootstrap is not None:
        tasks = [(game, spec, draw) for draw in range(1, n_bootstrap + 1)]
        found = in_parallel(
            _explained, tasks, first.n_jobs, what="bootstrap", unit="draw", verbose=first.verbose
        )
        draws += [[one] for one in found]
    attrs = {
        "reference_point": {name: point[0] for name, point in points.items()},
        "ideal_point": {name: point[1] for name, point in points.items()},
        "direction": "maximize",
    }
    return explanation_frame(draws, list(players), attrs, stacked=True)


def _explained(game: ParetoGame, spec: IndexSpec, draw: int = 0) -> Explained:
    """Explain a Pareto game, or its resample; module-level so that it can be pickled."""
    if draw:
        game = game.resampled(draw)
    scores = functools.partial(pareto_scores, game)
    seed = game.contexts[0].seed
    # What holds for tunability holds here: more is better, and a larger coalition has no less.
    v = ValueFunction("tunability", game.n_players, 1.0, True, seed, scores)
    return replace(explained(v, spec), game=HYPERVOLUME)
