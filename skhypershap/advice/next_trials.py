"""What further random trials may bring: the best of n draws, on the surrogate and on its resamples."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, NamedTuple

import numpy as np

from skhypershap.advice.good_ranges import GoodRange
from skhypershap.arrays import Booleans, Coalition, Floats, Scores, Vectors
from skhypershap.games.setting import GameContext
from skhypershap.parallel import in_parallel
from skhypershap.space.encoding import Config
from skhypershap.space.sampling import enumerate_vectors

LEVEL = 0.9  # of the interval
NEAR = 0.1  # of the trials, whose errors are those of a draw with a similar prediction
FEWEST_NEAR = 8
N_RESAMPLED = 3_000  # draws that resamples score, of more


class Draws(NamedTuple):
    """What random trials would run.

    Attributes
    ----------
    vectors : ndarray of shape (n_vectors, n_columns)
        Legal and filled.
    weights : ndarray of shape (n_vectors,)
        How likely each is; they sum to 1.
    """

    vectors: Vectors
    weights: Floats


class HeldOut(NamedTuple):
    """How far held-out predictions were from measured scores, larger being better.

    Attributes
    ----------
    predicted : ndarray of shape (n_trials,)
        Ascending.
    errors : ndarray of shape (n_trials,)
        What measured scores were above them.
    """

    predicted: Floats
    errors: Floats

    def near(self, predicted: Scores) -> Floats:
        """Errors of the trials with the most similar predictions, of shape (n_values, n_near)."""
        n_near = min(len(self.errors), max(FEWEST_NEAR, round(NEAR * len(self.errors))))
        middle = np.searchsorted(self.predicted, predicted)
        first = np.clip(middle - n_near // 2, 0, len(self.errors) - n_near)
        near: Floats = self.errors[first[:, None] + np.arange(n_near)]
        return near


class Expected(NamedTuple):
    """The best score after further trials: its mean, and the ends of its interval."""

    mean: float
    low: float
    high: float


def draws_of_space(context: GameContext) -> Draws:
    """Random trials of the whole space; all configurations where these are few."""
    legality = context.surrogate.legality
    enumerated = enumerate_vectors(context.trials.space, context.n_samples)
    if enumerated is None:
        return _equally_likely(legality.fill(context.samples()))
    vectors, probabilities = enumerated
    return Draws(legality.fill(vectors), probabilities)


def draws_of_subset(
    context: GameContext, draws: Draws, baselines: Sequence[Config], coalition: Coalition
) -> Draws:
    """The same draws with everything but a coalition at the baseline, at any of several."""
    taken = np.append(coalition, False)[context.player_of_column]  # -1, no player, is the last
    starts = context.filled(baselines)
    vectors = np.vstack([np.where(taken, draws.vectors, start) for start in starts])
    return _allowed(context, Draws(vectors, np.tile(draws.weights, len(starts)) / len(starts)))


def draws_of_ranges(context: GameContext, draws: Draws, ranges: Sequence[GoodRange]) -> Draws:
    """Draws within good ranges: each hyperparameter is drawn anew from its values that are kept.

    One of which nothing is kept, as it is inactive where the others are good, keeps all values.
    """
    generator = np.random.default_rng(context.seed)
    legality = context.surrogate.legality
    vectors, legal = draws.vectors.copy(), legality.legal(draws.vectors)
    narrow = {one.name: one for one in ranges if one.keeps_some and one.width < 1}
    for column, name in enumerate(context.trials.space):
        active = ~np.isnan(legal[:, column])
        held = active & narrow[name].holds(legal[:, column]) if name in narrow else active
        if held.any() and not held.all():
            rows = np.flatnonzero(held)
            chances = draws.weights[rows] / draws.weights[rows].sum()
            vectors[:, column] = legal[generator.choice(rows, len(vectors), p=chances), column]
        elif name in narrow and not held.any():  # narrower than the gaps between draws
            one = narrow[name]
            ends = one.kept if one.ends is None else np.array(one.ends)
            vectors[:, column] = generator.choice(ends, len(vectors))
    return _allowed(context, _equally_likely(legality.fill(legality.legal(vectors))))


def _equally_likely(vectors: Vectors) -> Draws:
    return Draws(vectors, np.full(len(vectors), 1 / len(vectors)))


def _allowed(context: GameContext, draws: Draws) -> Draws:
    """The draws that no clause forbids; all of them where all are forbidden."""
    allowed = ~context.surrogate.legality.forbidden(draws.vectors)
    if allowed.all() or not allowed.any():
        return draws
    weights = draws.weights[allowed]
    return Draws(draws.vectors[allowed], weights / weights.sum())


def expected_best(
    context: GameContext,
    spaces: Sequence[Draws],
    n_trials: int,
    best: float,
    held_out: HeldOut,
    n_bootstrap: int,
    bound: float = np.inf,
) -> list[Expected]:
    """The best score after further random trials of some spaces, the best so far included.

    Parameters
    ----------
    context : GameContext
        With the surrogate of all trials.
    spaces : sequence of Draws
        What the trials may run.
    n_trials : int
        How many further trials.
    best : float
        The best measured score.
    held_out : HeldOut
        The mean and the upper end count on errors like these.
    n_bootstrap : int
        How many resamples of the trials; without any the ends of the interval are NaN.
    bound : float
        No score is better than it; infinite, of any sign, where none is known.

    Returns
    -------
    list of Expected
        For each space the mean, with errors, on the surrogate of all trials, and quantiles of the best
        score over resamples and over the luck of the draws. A surrogate hardly predicts scores above
        those that it has seen, so without errors both would nearly always be too low.
    """
    sign = 1.0 if context.trials.maximize else -1.0
    most = sign * bound if np.isfinite(bound) else np.inf
    worker = context.alone()
    some = [_some_of(draws, context.seed) for draws in spaces]
    tasks = [
        (worker, [draws.vectors for draws in some], draw) for draw in range(1, n_bootstrap + 1)
    ]
    resampled = in_parallel(
        _scores_on,
        tasks,
        context.n_jobs,
        what="next trials",
        unit="draw",
        verbose=context.verbose,
    )
    found = []
    ran = _vectors_that_ran(context)
    for position, draws in enumerate(spaces):
        new = _are_new(draws, ran)
        predicted = sign * context.surrogate.predict(draws.vectors[new])
        measured, likely = with_errors(predicted, draws.weights[new], held_out)
        mean = expected_maximum(np.minimum(measured, most), likely, n_trials, sign * best)
        if not resampled:
            found.append(Expected(sign * mean, np.nan, np.nan))
            continue
        new = _are_new(some[position], ran)
        gains = [
            np.where(new, np.minimum(sign * one[position], most), -np.inf) for one in resampled
        ]
        weights, start = some[position].weights, sign * best
        low = quantile_of_maximum(gains, weights, n_trials, start, (1 - LEVEL) / 2)
        lucky = [np.minimum(one + _drawn(held_out.near(one), context.seed), most) for one in gains]
        high = quantile_of_maximum(lucky, weights, n_trials, start, (1 + LEVEL) / 2)
        ends = sign * np.array([min(low, mean), max(high, mean)])
        found.append(Expected(sign * mean, float(ends.min()), float(ends.max())))
    return found


def _vectors_that_ran(context: GameContext) -> set[bytes]:
    """The vectors of all trials; none where they ran with different resources."""
    trials = context.trials
    if trials.fidelity is not None:
        return set()
    return {vector.tobytes() for vector in np.ascontiguousarray(context.filled(trials.configs))}


def _are_new(draws: Draws, ran: set[bytes]) -> Booleans:
    """Which draws are no trials yet: a configuration that runs again brings nothing new."""
    vectors = np.ascontiguousarray(draws.vectors)
    return np.array([vector.tobytes() not in ran for vector in vectors], dtype=bool)


def _some_of(draws: Draws, seed: int) -> Draws:
    """At most so many of the draws, as likely among themselves as they were."""
    if len(draws.vectors) <= N_RESAMPLED:
        return draws
    rows = np.random.default_rng(seed).choice(len(draws.vectors), N_RESAMPLED, replace=False)
    weights = draws.weights[rows]
    return Draws(draws.vectors[rows], weights / weights.sum())


def _scores_on(context: GameContext, spaces: Sequence[Vectors], draw: int) -> list[Scores]:
    """Scores of vectors by the surrogate of a resample."""
    context = context.resampled(draw)
    return [context.surrogate.predict(vectors) for vectors in spaces]


def expected_maximum(scores: Scores, weights: Floats, n_draws: int, best: float) -> float:
    """Mean of the larger of a best score and of the largest of some independent draws.

    Parameters
    ----------
    scores : ndarray of shape (n_values,)
        What a draw may score.
    weights : ndarray of shape (n_values,)
        How likely each is; they sum to 1, or to less where other draws are no better than `best`.
    n_draws : int
        How many draws.
    best : float
        What is known already.

    Examples
    --------
    Of two throws of a die:

    >>> import numpy as np
    >>> from skhypershap.advice.next_trials import expected_maximum
    >>> bool(np.isclose(expected_maximum(np.arange(1, 7), np.full(6, 1 / 6), 2, 0), 161 / 36))
    True
    """
    order = np.argsort(scores, kind="stable")
    above = np.cumsum(weights[order][::-1])[::-1]  # of this score or better
    below = np.append(1.0 - np.minimum(above, 1.0), 1.0)
    chances = np.diff(below**n_draws)
    return float(best + chances @ np.maximum(scores[order] - best, 0.0))


def with_errors(predicted: Scores, weights: Floats, held_out: HeldOut) -> tuple[Scores, Floats]:
    """What draws may really score: each prediction with errors of trials with similar predictions.

    Errors are not alike everywhere: they are often large where scores are bad, which promises
    nothing at the best.

    Parameters
    ----------
    predicted, weights : ndarray of shape (n_values,)
        What a draw is predicted to score, and how likely it is.
    held_out : HeldOut
        Those that are near are equally likely.

    Examples
    --------
    >>> import numpy as np
    >>> from skhypershap.advice.next_trials import HeldOut, with_errors
    >>> held_out = HeldOut(np.array([1.0, 2.0]), np.array([0.0, 0.5]))
    >>> scores, weights = with_errors(np.array([1.0, 2.0]), np.array([0.4, 0.6]), held_out)
    >>> scores.tolist(), weights.tolist()
    ([1.0, 1.5, 2.0, 2.5], [0.2, 0.2, 0.3, 0.3])
    """
    near = held_out.near(predicted)
    scores: Scores = (predicted[:, None] + near).ravel()
    return scores, np.repeat(weights / near.shape[1], near.shape[1])


def quantile_of_maximum(
    scored: Sequence[Scores], weights: Floats, n_draws: int, best: float, level: float
) -> float:
    """A quantile of the same maximum, where each of several lists of scores is as likely.

    Parameters
    ----------
    scored : sequence of ndarray of shape (n_values,)
        For each resample what a draw may score.
    weights, n_draws, best
        As in `expected_maximum`.
    level : float
        Which quantile.
    """
    values, chances = [], []
    for scores in scored:
        order = np.argsort(scores, kind="stable")
        below = np.minimum(np.cumsum(weights[order]), 1.0)
        below[-1] = 1.0
        values.append(np.maximum(scores[order], best))
        chances.append(np.diff(below**n_draws, prepend=0.0) / len(scored))
    together, likely = np.concatenate(values), np.concatenate(chances)
    order = np.argsort(together, kind="stable")
    reached = np.cumsum(likely[order])
    row = min(int(np.searchsorted(reached, level)), len(together) - 1)
    return float(together[order][row])


def held_out_errors(scores: Scores, held_out: Scores, *, maximize: bool) -> HeldOut:
    """Errors of held-out predictions; none are known where no trial has one."""
    sign = 1.0 if maximize else -1.0
    known = np.isfinite(held_out) & np.isfinite(scores)
    if not known.any():
        return HeldOut(np.zeros(1), np.zeros(1))
    predicted = sign * held_out[known]
    order = np.argsort(predicted, kind="stable")
    return HeldOut(predicted[order], (sign * scores[known] - predicted)[order])


def _drawn(near: Floats, seed: int) -> Scores:
    """One of the errors of each draw, at random."""
    chosen = np.random.default_rng(seed).integers(near.shape[1], size=len(near))
    drawn: Scores = near[np.arange(len(near)), chosen]
    return drawn


def seconds_of_trials(search: Any) -> float:
    """Mean time of a trial of a fitted search or of a study, NaN where it is unknown."""
    results = getattr(search, "cv_results_", None)
    if isinstance(results, dict):
        n_splits = getattr(search, "n_splits_", np.nan)
        times = np.asarray(results.get("mean_fit_time", [np.nan]), dtype=float)
        times = times + np.asarray(results.get("mean_score_time", 0.0), dtype=float)
        return _mean(times * float(n_splits))
    durations = [getattr(one, "duration", None) for one in _trials_of(search)]
    known = [one.total_seconds() for one in durations if isinstance(one, timedelta)]
    return _mean(np.array(known))


def _trials_of(search: Any) -> Sequence[Any]:
    trials = getattr(search, "trials", ())
    return trials if isinstance(trials, (list, tuple)) else ()


def _mean(times: Floats) -> float:
    """Mean of the finite times, NaN for none."""
    finite = times[np.isfinite(times)]
    return float(finite.mean()) if len(finite) else float("nan")
