"""What resamples of a bootstrap cost, and what they miss if they share candidates and optima."""

from __future__ import annotations

import time

import numpy as np

from benchmarks.common import Table, explainer, problem, seconds, short
from skhypershap.explainer.base import game_context
from skhypershap.games.coalition_scores import coalition_scores
from skhypershap.games.shared_candidates import with_shared_candidates

SHAPES = ((4, 60), (8, 300), (10, 500))
N_DRAWS = 6
TOLERANCE = 1e-3  # of the gain


def tables(quick):
    shapes = ((3, 30),) if quick else SHAPES
    return [shared(shapes, 2 if quick else N_DRAWS), whole(((3, 30),) if quick else ((8, 300),))]


def shared(shapes, n_draws):
    rows = []
    for d, n_trials in shapes:
        for baseline in ("default", "worst"):
            rows.append([d, n_trials, baseline, *compared(d, n_trials, baseline, n_draws)])
    return Table(
        "Resamples: shared candidates",
        "Tunability on resamples of noisy trials, default surrogate, one thread, alternately with all "
        "10,000 candidates and with those that resamples share. Gain: of all coalitions but the empty "
        "one, new over old; in how many of them the new one is lower by more than a thousandth of the "
        "full gain, and lower than the best of 10,000 candidates.",
        [
            *("d", "trials", "baseline", "old, s", "new, s", "ratio"),
            *("gain, mean", "gain, least", "lower", "below candidates"),
        ],
        rows,
    )


def compared(d, n_trials, baseline, n_draws):
    task = problem(d, n_trials, noise=0.25)
    fitted = explainer(task, surrogate=None, baseline=baseline, n_jobs=1)
    context = game_context(fitted)
    (game_spec,) = fitted.fitted_.game_specs(["tunability"])
    old = context.with_samples(["tunability"]).alone()
    new = with_shared_candidates([game_spec], old, max_exact=16)
    baselines = context.filled(game_spec.baselines)

    def gains(setting, draw):
        start = time.process_time()
        values = coalition_scores("tunability", setting.resampled(draw), baselines, {})
        return time.process_time() - start, values[1:] - values[0]

    gains(new, 0)  # compiles
    pairs = [(gains(old, draw), gains(new, draw)) for draw in range(1, n_draws + 1)]
    before, after = (np.array([pair[i][1] for pair in pairs]) for i in (0, 1))
    plain = np.array(
        [gains(old._replace(optimizer="random"), draw)[1] for draw in range(1, min(n_draws, 3) + 1)]
    )
    times = np.array([(one[0], other[0]) for one, other in pairs]).mean(axis=0)
    full = before[:, -1:]
    share = after.mean(axis=1) / before.mean(axis=1)
    return [
        *(short(number) for number in times),
        f"**{times[1] / times[0]:.2f}**",
        *(f"{number:.4f}" for number in (share.mean(), share.min())),
        f"{np.mean(after < before - TOLERANCE * full):.1%}",
        f"{np.mean(after[: len(plain)] < plain - TOLERANCE * full[: len(plain)]):.1%}",
    ]


def whole(shapes):
    rows = []
    for d, n_trials in shapes:
        task = problem(d, n_trials, noise=0.25)
        fitted = explainer(task, surrogate=None, n_jobs=1)
        fitted.explain("tunability", n_bootstrap=1)
        alone, _ = seconds(lambda fitted=fitted: fitted.explain("tunability"))
        drawn, _ = seconds(lambda fitted=fitted: fitted.explain("tunability", n_bootstrap=50))
        rows.append([d, n_trials, short(alone), short(drawn)])
    return Table(
        "Resamples: 50 of them",
        'Seconds of explain("tunability") without and with n_bootstrap=50; default surrogate, one '
        "thread, warmed up. At most 15 s at d = 8 is what we ask.",
        ["d", "trials", "without, s", "with, s"],
        rows,
    )
